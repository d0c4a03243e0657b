"""Where an index or a star scheme stands: a mapping, a YAML file, or a name in index.yml and stars.yml."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.indicators.project import find_project
from evalkit.problems import InputError, Problem, unknown
from evalkit.world.declared import Faults, Source

# a file with one of these keys is one index or scheme; any other holds several under their names
BODY = {"index": {"tree"}, "stars": {"dimensions", "cut_offs", "items", "tables"}}
SUFFIXES = (".yml", ".yaml")


@dataclass(frozen=True)
class Declared:
    """An index or a scheme as it is written: its name, its content, and the faults of its file."""

    code: str
    content: Mapping[str, Any]
    faults: Faults


def find(given: Any, kind: str) -> Declared:
    """An index (``kind="index"``) or star scheme (``"stars"``): a mapping, a YAML file (``file.yml#name``) or a name."""
    if isinstance(given, Mapping):
        return _inside(Source.of(dict(given)), "", kind)
    path, _, name = str(given).partition("#")
    if path.lower().endswith(SUFFIXES):
        return _inside(_read(Path(path)), name, kind)
    files = [Path(__file__).with_name(f"{kind}.yml")]
    with suppress(InputError):  # outside a project there are the packaged ones
        own = find_project().root / files[0].name
        if own.is_file():
            files.insert(0, own)
    known: list[str] = []
    for file in files:
        source = _read(file)
        if str(given) in source.content:
            return _inside(source, str(given), kind)
        known += source.content
    raise InputError(unknown(kind, given, known, advice="或写一个 YAML 文件的路径"))


def _read(path: Path) -> Source:
    source = Source.read(path)
    if not isinstance(source.content, dict):
        found = "不是“名称: 内容”的形式"
        raise InputError(Problem("yaml_unreadable", file=path.name, found=found))
    return source


def _inside(source: Source, name: str, kind: str) -> Declared:
    """The one that is asked for of all that stand in a file; every path below begins with its name."""
    content, lines = source.content, source.lines
    if content.keys() & BODY[kind]:  # the file is the one: its lines stand under no name
        if lines is not None:
            source = Source(content, source.file, lambda path: lines(path[1:]))
        return Declared(name or kind, content, Faults(source))
    faults = Faults(source)
    name = name or (next(iter(content)) if len(content) == 1 else "")
    if not isinstance(content.get(name), dict):
        names = "、".join(map(str, content))
        faults.add("key_unknown", (kind,), name or "（没有写名称）", names, "写成 文件.yml#名称")
        faults.stop()
    return Declared(name, content[name], faults)
