"""YAML in, plain mapping out: YAML 1.2 (``1:1`` stays text), every duplicate key at once, line numbers for errors."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from evalkit.files import put, regular_bytes
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
    dotted = "".join(
        f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path
    ).lstrip(".")
    return f"{dotted}（第{line}行）" if line else dotted


MAX_TEXT = (
    1_000_000  # bytes of a YAML file: the packaged codebook, the largest of ours, is a tenth of it
)
MAX_DEPTH = 40  # of entries within entries
MAX_NODES = 50_000  # entries, those that an alias stands for counted each time
_SHORTER = "请把文件写短；重复的内容直接写出，不要用“*名称”层层引用"


class _TooMuch(Exception):
    """A text that is nested too deeply, too long, or that grows without end: (what was found, what is allowed, line)."""


def _limited(composer: type[Any]) -> type[Any]:
    """The composer that stops at `MAX_DEPTH` and `MAX_NODES`, and at an alias of something that contains it."""
    from ruamel.yaml.events import AliasEvent

    class Limited(composer):  # type: ignore[misc]
        levels = size = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            event = self.parser.peek_event()
            line = event.start_mark.line + 1
            sizes: dict[str, int] = self.__dict__.setdefault("sizes", {})
            if isinstance(event, AliasEvent) and event.anchor in self.anchors:
                if event.anchor not in sizes:
                    raise _TooMuch(f"*{event.anchor} 引用了自己", "不能引用自己", line)
                self.size += sizes[event.anchor]
                self._check(line)
                return super().compose_node(parent, index)
            before = self.size
            self.size += 1
            self.levels += 1
            self._check(line)
            node = super().compose_node(parent, index)
            self.levels -= 1
            if event.anchor is not None:
                sizes[event.anchor] = self.size - before
            return node

        def _check(self, line: int) -> None:
            if self.levels > MAX_DEPTH:
                raise _TooMuch(f"层层嵌套超过{MAX_DEPTH}层", f"最多{MAX_DEPTH}层", line)
            if self.size > MAX_NODES:
                raise _TooMuch(f"展开后超过{MAX_NODES:,}项", f"最多{MAX_NODES:,}项", line)

    return Limited


def parse_yaml(text: str, file: str) -> tuple[Any, list[Problem]]:
    """The content of a YAML text and its problems; (None, problem) where it cannot be parsed at all.

    The one way from a user's YAML to a value: size, depth and aliases are limited here (`MAX_TEXT`, `MAX_DEPTH`,
    `MAX_NODES`), so that no file can hang or exhaust what reads it.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.composer import Composer
    from ruamel.yaml.constructor import SafeConstructor
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    duplicates: list[tuple[str, int]] = []

    class Constructor(SafeConstructor):
        """Collects duplicate keys instead of stopping at the first one; the first value stays. Numbers are finite.

        A day that does not exist (2026-02-30) stays the text that was written: what reads the file says so.
        """

        def construct_yaml_int(self, node: Any) -> int:
            if abs(number := int(super().construct_yaml_int(node))) >= 2**63:
                raise OverflowError
            return number

        def construct_yaml_float(self, node: Any) -> float:
            if not math.isfinite(number := float(super().construct_yaml_float(node))):
                raise OverflowError
            return number

        def construct_yaml_timestamp(self, node: Any, values: Any = None) -> Any:
            try:
                return super().construct_yaml_timestamp(node, values)
            except ValueError:
                return self.construct_scalar(node)

        def check_mapping_key(
            self, node: Any, key_node: Any, mapping: Any, key: Any, value: Any
        ) -> bool:
            if key in mapping:
                duplicates.append((str(key), key_node.start_mark.line + 1))
            return key not in mapping

    if len(text) > MAX_TEXT:
        found, allowed = f"文件过长（{len(text):,}字）", f"不超过{MAX_TEXT:,}字"
        return None, [
            Problem("yaml_unreadable", file=file, found=found, allowed=allowed, advice=_SHORTER)
        ]
    for kind in ("int", "float", "timestamp"):
        Constructor.add_constructor(
            f"tag:yaml.org,2002:{kind}", getattr(Constructor, f"construct_yaml_{kind}")
        )
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = Constructor
    yaml.Composer = _limited(Composer)
    try:
        content = yaml.load(text)
    except _TooMuch as error:
        found, allowed, line = error.args
        return None, [
            Problem(
                "yaml_unreadable",
                file=file,
                where=f"第{line}行",
                found=found,
                allowed=allowed,
                advice=_SHORTER,
            )
        ]
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"第{mark.line + 1}行第{mark.column + 1}列" if mark else ""
        found = (
            text.splitlines()[mark.line].strip()[:60]
            if mark and mark.line < len(text.splitlines())
            else ""
        )
        advice = "请检查缩进、冒号后的空格、引号和括号是否成对，不要用Tab缩进"
        return None, [
            Problem("yaml_unreadable", file=file, where=place, found=found, advice=advice)
        ]
    except YAMLError as error:
        place = (
            f"第{text.count(chr(10), 0, error.position) + 1}行"
            if hasattr(error, "position")
            else ""
        )
        found, advice = (
            "含有不能用的字符，或开头的声明有误",
            "请另存为 UTF-8 编码的普通文本，删去控制字符",
        )
        return None, [
            Problem("yaml_unreadable", file=file, where=place, found=found, advice=advice)
        ]
    except Exception:  # a tag or value that no type can hold makes the reader raise almost anything
        found, advice = (
            "有一个值读不出来，例如太大的数、.inf 或 .nan",
            "请把值写成普通的文字或数，不要用“!!类型”",
        )
        return None, [Problem("yaml_unreadable", file=file, found=found, advice=advice)]
    advice = "同一处不能写两次，请删去一个"
    return content, [
        Problem("key_duplicate", file=file, where=f"{key}（第{line}行）", found=key, advice=advice)
        for key, line in duplicates
    ]


def parse_mapping(text: str, file: str) -> tuple[dict[Any, Any], list[Problem]]:
    """`parse_yaml` of a file that holds ``名称: 内容``; an empty one is an empty mapping, anything else a problem."""
    content, problems = parse_yaml(text, file)
    if not problems and content is not None and not isinstance(content, dict):
        advice = "每行写一条“名称: 内容”，冒号用半角，后面空一格"
        problems = [
            Problem(
                "yaml_unreadable",
                file=file,
                found=str(content)[:40],
                allowed="名称: 内容",
                advice=advice,
            )
        ]
    return (content if isinstance(content, dict) else {}), problems


def read_text(path: Path) -> str:
    """A YAML file's text (UTF-8, with or without BOM); another encoding, size or kind of file is an `InputError`."""
    try:
        return (
            regular_bytes(path, 4 * MAX_TEXT)
            .decode("utf-8-sig")
            .replace("\r\n", "\n")
            .replace("\r", "\n")
        )
    except UnicodeDecodeError:
        advice = "请另存为UTF-8编码"
        raise InputError(
            Problem("yaml_unreadable", file=path.name, found="不是UTF-8编码", advice=advice)
        ) from None


_PACKAGE = Path(__file__).parents[1]


def read_yaml(path: str | Path) -> Any:
    """The content of one YAML file; malformed YAML and duplicate keys are an `InputError` with the line."""
    path, text = Path(path), read_text(path)
    content, problems = parse_file(path, text)
    if problems:
        raise InputError(problems)
    return content


def parse_file(path: Path, text: str) -> tuple[Any, list[Problem]]:
    """`parse_yaml` of a file's text; of a packaged file as it is remembered."""
    packaged = _PACKAGE in path.parents
    return parse_cached(path, text) if packaged else parse_yaml(text, path.name)


def parse_cached(path: Path, text: str) -> tuple[Any, list[Problem]]:
    """`parse_yaml` of a packaged file, remembered as JSON beside its compiled modules (parsing takes up to a second).

    Also where Python is asked to write no bytecode, which this is not: every command would parse anew.
    """
    stamp = [path.stat().st_mtime_ns, len(text)]
    cache = path.parent / "__pycache__" / f"{path.name}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(cache.read_text(encoding="utf-8"))
        if known["stamp"] == stamp:
            return _unpacked(known["packed"]) if "packed" in known else known["content"], []
    content, problems = parse_yaml(text, path.name)
    with contextlib.suppress(InputError, TypeError, ValueError):
        if not problems:
            put(cache, json.dumps({"stamp": stamp, **_as_json(content)}, ensure_ascii=False))
    return content, problems


def _as_json(content: Any) -> dict[str, Any]:
    """The content as it stands where JSON gives it back the same, else packed.

    Raises
    ------
    TypeError, ValueError
        JSON cannot keep it in either way.
    """
    with contextlib.suppress(TypeError):
        if json.loads(json.dumps(content)) == content:
            return {"content": content}
    packed = _packed(content)
    if _unpacked(json.loads(json.dumps(packed))) != content:
        raise ValueError
    return {"packed": packed}


_PAIRS, _DAY = "\0pairs", "\0day"  # marks that no YAML text can hold


def _packed(content: Any) -> Any:
    """The content as JSON can keep it: days, and mappings whose keys are no texts, under a mark."""
    if type(content) is date:
        return {_DAY: content.isoformat()}
    if isinstance(content, dict):
        if all(isinstance(key, str) for key in content):
            return {key: _packed(value) for key, value in content.items()}
        return {_PAIRS: [[_packed(key), _packed(value)] for key, value in content.items()]}
    return [_packed(one) for one in content] if isinstance(content, list) else content


def _unpacked(kept: Any) -> Any:
    if isinstance(kept, list):
        return [_unpacked(one) for one in kept]
    if not isinstance(kept, dict):
        return kept
    if _DAY in kept:
        return date.fromisoformat(kept[_DAY])
    if _PAIRS in kept:
        return {_unpacked(key): _unpacked(value) for key, value in kept[_PAIRS]}
    return {key: _unpacked(value) for key, value in kept.items()}
