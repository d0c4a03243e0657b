"""YAML files of indexes, star schemes and reforms: what they may hold, where they stand, what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world import number
from evalkit.world.condition import Comparison, ConditionError, parse
from evalkit.world.yaml import Lines, parse_yaml, read_text, read_yaml, where

BODY = {"index": {"tree"}, "stars": {"dimensions", "cut_offs", "items", "tables"}}
KINDS: dict[str, tuple[Any, str]] = {
    "text": (str | int | float, "文字"),
    "map": (Mapping, "名称: 内容"),
    "list": (list, "一行一项，以 - 开头"),
    "condition": (str, ">= 85%、<= 2 这样的写法"),
    "conditions": (Mapping, "列: 值、[值, …]、>= 3、present 或 missing"),
    "flag": (bool, "true 或 false"),
    "whole": (int, "整数"),
    "number": (int | float, "数字"),
    "any": (object, ""),
}
LARGEST = 1e12


def condition(text: str) -> Comparison:
    """``">= 85%"`` as a comparison; schemes are checked when they are read."""
    found = Comparison.parse(text)
    assert found is not None, text
    return found


@cache
def shapes() -> dict[str, dict[str, Any]]:
    return dict(read_yaml(Path(__file__).with_name("shapes.yml")))


def misfit(value: Any, kind: Any) -> str:
    """What a value of a kind (see shapes.yml) must be, where it is not; else nothing."""
    if isinstance(kind, list):
        return "" if value in kind else "、".join(kind)
    word, *ends = kind.split()
    type_, said = KINDS[word]
    if (
        value is None
        or not isinstance(value, type_)
        or (isinstance(value, bool) and word not in ("flag", "any"))
    ):
        return said or "写上内容，或删去这一项"
    if word == "condition":
        return "" if Comparison.parse(value) else said
    if word == "conditions":
        try:
            parse(value)
        except ConditionError:
            return said
        return ""
    if word != "number":
        return ""
    low, high = ([float(end) for end in ends] + [LARGEST])[:2] if ends else (-LARGEST, LARGEST)
    span = (
        f"{number.plain(low)} 至 {number.plain(high)}"
        if len(ends) == 2
        else f"不小于 {number.plain(low)}"
        if ends
        else said
    )
    return "" if low <= value <= high else span


class Cut(NamedTuple):
    """A cut-off given by its lower end; `strict` leaves the end itself out."""

    start: float
    strict: bool
    value: Any
    more: Mapping[str, Any]

    def holds(self, score: Any) -> Any:
        return (score > self.start + 1e-9) if self.strict else (score >= self.start - 1e-9)


@dataclass
class Faults:
    """Collects problems with their path (and line, where a file stands behind it)."""

    file: str = ""
    lines: Callable[[tuple[Any, ...]], int | None] | None = None
    problems: list[Problem] = field(default_factory=list)

    def add(
        self, code: str, path: tuple[Any, ...], found: Any = "", allowed: str = "", advice: str = ""
    ) -> None:
        place = where(path, self.lines(path) if self.lines else None)
        self.problems.append(
            Problem(
                code,
                file=self.file,
                where=place,
                found=str(found)[:300],
                allowed=allowed,
                advice=advice,
            )
        )

    def mapping(self, raw: Any, shape: str, path: tuple[Any, ...]) -> dict[str, Any]:
        """The entries that the shape knows and that are of their kind; every other one is told."""
        allowed = shapes()[shape]
        if not isinstance(raw, Mapping):
            self.add("value_invalid", path, raw, KINDS["map"][1])
            return {}
        for key in [k for k in raw if k not in allowed]:
            self.add(
                "key_unknown",
                (*path, key),
                key,
                "、".join(allowed),
                did_you_mean(str(key), allowed),
            )
        known = {key: value for key, value in raw.items() if key in allowed}
        bad = {key: said for key, value in known.items() if (said := misfit(value, allowed[key]))}
        for key, said in bad.items():
            self.add(
                "value_invalid", (*path, key), "（空）" if raw[key] is None else raw[key], said
            )
        return {key: value for key, value in known.items() if key not in bad}

    def choice(
        self, raw: Mapping[str, Any], key: str, allowed: Any, path: tuple[Any, ...], default: str
    ) -> str:
        word = str(raw.get(key, default))
        if word not in allowed:
            self.add(
                "value_invalid", (*path, key), word, "、".join(allowed), did_you_mean(word, allowed)
            )
            return default
        return word

    def stop(self) -> None:
        if self.problems:
            raise InputError(self.problems)


def declared(given: Any, kind: str) -> tuple[str, dict[str, Any], Faults]:
    """Code, content and faults of an index or star scheme: a mapping, a YAML file (``file.yml#name``) or a name."""
    faults, known = Faults(), list[str]()
    if isinstance(given, Mapping):
        return _one(dict(given), "", kind, faults)
    path, _, name = str(given).partition("#")
    if path.lower().endswith((".yml", ".yaml")):
        return _one(read_mapping(Path(path), faults), name, kind, faults)
    files = [Path(__file__).with_name(f"{kind}.yml")]
    with suppress(InputError):  # outside a project there are the packaged ones
        from evalkit.indicators.project import find_project

        files = [p for p in [find_project().root / files[0].name] if p.is_file()] + files
    for file in files:
        if str(given) in (content := read_mapping(file, faults)):
            return _one(content, str(given), kind, faults)
        known += content
    raise InputError(unknown(kind, str(given), known, more="或写一个 YAML 文件的路径"))


def unknown(
    place: str, found: str, known: Sequence[str], code: str = "key_unknown", more: str = ""
) -> Problem:
    """The problem of a name that is not among those known, with the nearest one, or some of them."""
    return Problem(
        code,
        where=place,
        found=found,
        allowed="、".join(known[:20]),
        advice=did_you_mean(found, known) or more,
    )


def read_mapping(path: Path, faults: Faults, prepare: Callable[[str], str] = str) -> dict[str, Any]:
    """A YAML file as a mapping; `faults` will know its lines."""
    text = prepare(read_text(path))
    content, problems = parse_yaml(text, path.name)
    if not problems and not isinstance(content, dict):
        problems = [Problem("yaml_unreadable", file=path.name, found="不是“名称: 内容”的形式")]
    if problems:
        raise InputError(problems)
    faults.file, faults.lines = path.name, Lines(text)
    return dict(content)


def _one(
    raw: dict[str, Any], name: str, kind: str, faults: Faults
) -> tuple[str, dict[str, Any], Faults]:
    if raw.keys() & BODY[kind]:  # the file is the one: its lines stand under no name
        if lines := faults.lines:
            faults.lines = lambda path: lines(path[1:])
        return name or kind, raw, faults
    name = name or (next(iter(raw)) if len(raw) == 1 else "")
    if not isinstance(raw.get(name), dict):
        faults.add(
            "key_unknown",
            (kind,),
            name or "（没有写名称）",
            "、".join(map(str, raw)),
            "写成 文件.yml#名称",
        )
        faults.stop()
    return name, raw[name], faults


def cut_offs(raw: Any, shape: str, path: tuple[Any, ...], faults: Faults) -> tuple[Cut, ...]:
    """Cut-offs by their lower ends, highest first: no gap and no overlap can be written. The shape names the label first."""
    cuts: list[Cut] = []
    label, *more = (key for key in shapes()[shape] if key not in ("from", "above"))
    for n, given in enumerate(raw or ()):
        here, entry = (*path, n), dict(given) if isinstance(given, Mapping) else given
        for word in (
            [w for w in ("to", "below", "upto", "until", "max") if w in entry]
            if isinstance(entry, dict)
            else ()
        ):
            faults.add(
                "value_invalid",
                (*here, word),
                entry.pop(word),
                "只写下限（from 或 above）",
                "上一档的下限就是本档的上限",
            )
        entry = faults.mapping(entry, shape, here)
        ends = [key for key in ("from", "above") if key in entry]
        if len(ends) != 1 or label not in entry:
            faults.add(
                "key_missing", here, "、".join(map(str, entry)), f"{label} 和 from、above 之一"
            )
            continue
        start = float(entry[ends[0]])
        if any(c.start == start for c in cuts):
            faults.add("key_duplicate", (*here, ends[0]), start, "每个下限只用一次")
        cuts.append(
            Cut(start, ends[0] == "above", entry[label], {k: entry[k] for k in more if k in entry})
        )
    return tuple(sorted(cuts, key=lambda c: -c.start))
