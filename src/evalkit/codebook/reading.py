"""YAML in, plain mapping out: YAML 1.2 (``1:1`` stays text), every duplicate key at once, line numbers for errors."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evalkit.files import put
from evalkit.problems import InputError, Problem

Path_ = Sequence[str | int]


class Lines:
    """The line of any path in a YAML text; the text is parsed for it only when an error asks."""

    def __init__(self, text: str):
        self._text = text
        self._root: Any = None

    def __call__(self, path: Path_) -> int | None:
        """The line of ``path``, or of its nearest ancestor that stands in the file."""
        if self._root is None:
            from ruamel.yaml import YAML

            self._root = YAML(typ="safe", pure=True).compose(self._text)
        node, line = self._root, None
        for part in path:
            children = node.value if node is not None and isinstance(node.value, list) else []
            if isinstance(part, int):
                pairs = [(child, child) for child in children[part : part + 1]]
            else:
                pairs = [kv for kv in children if isinstance(kv, tuple) and kv[0].value == part]
            if not pairs:
                break
            line, node = pairs[0][0].start_mark.line + 1, pairs[0][1]
        return line


def where(path: Path_, line: int | None = None) -> str:
    """``indicators.org_coverage.numerator（第12行）``."""
    dotted = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    return f"{dotted}（第{line}行）" if line else dotted


def parse_yaml(text: str, file: str) -> tuple[Any, list[Problem]]:
    """The content of a YAML text and its problems; (None, problem) where it cannot be parsed at all."""
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import SafeConstructor
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    duplicates: list[tuple[str, int]] = []

    class Constructor(SafeConstructor):
        """Collects duplicate keys instead of stopping at the first one; the first value stays."""

        def check_mapping_key(self, node: Any, key_node: Any, mapping: Any, key: Any, value: Any) -> bool:
            if key in mapping:
                duplicates.append((str(key), key_node.start_mark.line + 1))
            return key not in mapping

    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = Constructor
    try:
        content = yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"第{mark.line + 1}行第{mark.column + 1}列" if mark else ""
        found = text.splitlines()[mark.line].strip()[:60] if mark and mark.line < len(text.splitlines()) else ""
        advice = "请检查缩进、冒号后的空格、引号和括号是否成对，不要用Tab缩进"
        return None, [Problem("yaml_unreadable", file=file, where=place, found=found, advice=advice)]
    except (YAMLError, ValueError) as error:
        return None, [Problem("yaml_unreadable", file=file, found=str(error).splitlines()[0][:80])]
    advice = "同一处不能写两次，请删去一个"
    return content, [
        Problem("key_duplicate", file=file, where=f"{key}（第{line}行）", found=key, advice=advice)
        for key, line in duplicates
    ]


def read_text(path: Path) -> str:
    """A YAML file's text (UTF-8, with or without BOM); another encoding is an `InputError`."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        advice = "请另存为UTF-8编码"
        raise InputError(Problem("yaml_unreadable", file=path.name, found="不是UTF-8编码", advice=advice)) from None
    except OSError as error:
        raise InputError(Problem("file_unreadable", file=path.name, found=str(error))) from error


_PACKAGE = Path(__file__).parents[1]


def read_yaml(path: str | Path) -> Any:
    """The content of one YAML file; malformed YAML and duplicate keys are an `InputError` with the line."""
    path, text = Path(path), read_text(path)
    content, problems = parse_cached(path, text) if _PACKAGE in path.parents else parse_yaml(text, path.name)
    if problems:
        raise InputError(problems)
    return content


def parse_cached(path: Path, text: str) -> tuple[Any, list[Problem]]:
    """`parse_yaml` of a packaged file, remembered as JSON beside its compiled modules (parsing takes half a second)."""
    stamp = [path.stat().st_mtime_ns, len(text)]
    cache = path.parent / "__pycache__" / f"{path.name}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(cache.read_text(encoding="utf-8"))
        if known["stamp"] == stamp:
            return known["content"], []
    content, problems = parse_yaml(text, path.name)
    with contextlib.suppress(InputError, TypeError, ValueError):
        kept = json.dumps({"stamp": stamp, "content": content}, ensure_ascii=False)
        if not problems and not sys.dont_write_bytecode and json.loads(kept)["content"] == content:  # JSON can keep it
            put(cache, kept)
    return content, problems
