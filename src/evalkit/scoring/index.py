"""An index as data: YAML in, a tree of points out; every fault of it in one `InputError`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from evalkit.codebook.reading import Lines, parse_yaml, read_text, where
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.scoring.aggregate import METHODS as COMBINE
from evalkit.scoring.aggregate import check_combination
from evalkit.scoring.ahp import ahp, inconsistent
from evalkit.scoring.impute import METHODS as IMPUTE
from evalkit.scoring.normalise import METHODS as RULES
from evalkit.scoring.normalise import SIGNED
from evalkit.scoring.treat import METHODS as TREAT

UNBOUNDED = SIGNED | {"rank", "ratio_mean", "ratio_worst"}  # values that are no share of a full mark
BODY = {"index": {"tree"}, "stars": {"dimensions", "cut_offs", "items", "tables"}}
NUMBERS = ("full_at", "zero_at", "low", "high")
NAN, LARGEST = float("nan"), 1e12
KINDS: dict[str, tuple[Any, str]] = {
    "text": (str | int | float, "文字"), "map": (Mapping, "名称: 内容"), "list": (list, "一行一项，以 - 开头"),
    "flag": (bool, "true 或 false"), "whole": (int, "整数"), "any": (object, ""),
}  # fmt: skip


def kinds(**names: str) -> dict[str, str]:
    """``kinds(text="name note", map="items")``: the entries a mapping may have, each with what it holds (of `KINDS`)."""
    return {name: kind for kind, words in names.items() for name in words.split()}


COMMON = kinds(text="name note", any="rule points combine power")
TOP = COMMON | kinds(map="tree", list="grades", any="needs impute treat")
GROUP = COMMON | kinds(map="items", list="ahp")
LEAF = kinds(text="name note", any="rule points better " + " ".join(NUMBERS))


class Cut(NamedTuple):
    """A cut-off given by its lower end; `strict` leaves the end itself out."""

    start: float
    strict: bool
    value: Any
    more: Mapping[str, Any]

    def holds(self, score: Any) -> Any:
        return (score > self.start + 1e-9) if self.strict else (score >= self.start - 1e-9)


@dataclass(frozen=True)
class Node:
    """An indicator (no children) or a group of them; `points` add up to those of the parent."""

    code: str
    name: str
    points: float
    children: tuple[Node, ...] = ()
    combine: str = "arithmetic"
    power: float = 2.0
    rule: str = "share_of_target"
    better: str = "higher"
    full_at: float = NAN
    zero_at: float = NAN
    low: float = NAN
    high: float = NAN

    def leaves(self) -> Iterator[Node]:
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()

    def groups(self) -> list[Node]:
        """This node and all below it that have children."""
        return [self, *(g for c in self.children for g in c.groups())] if self.children else []

    def spans(self) -> Iterator[tuple[Node, slice]]:
        """The children, each with the place of its leaves among those of this node."""
        at = 0
        for child in self.children:
            width = sum(1 for _ in child.leaves())
            yield child, slice(at, at + width)
            at += width

    def scaled(self, points: float) -> Node:
        """The same node with other points, those below it in proportion."""
        factor = points / self.points if self.points else 0.0
        return dataclasses.replace(self, points=points, children=tuple(c.scaled(c.points * factor) for c in self.children))

    def replaced(self, changes: Mapping[str, float | None]) -> Node | None:
        """Points changed by code (None takes the node out); siblings that are not named share the rest in proportion."""
        if not self.children:
            return self
        kept = [c for c in self.children if changes.get(c.code, 0.0) is not None and c.replaced(changes) is not None]
        if not kept:
            return None
        given = {c.code: p for c in kept if (p := changes.get(c.code)) is not None}
        free = sum(c.points for c in kept if c.code not in given)
        factor = (self.points - sum(given.values())) / free if free else 1.0
        scaled = (c.scaled(given.get(c.code, c.points * factor)).replaced(changes) for c in kept)
        done = tuple(c for c in scaled if c is not None)
        return dataclasses.replace(self, children=done, points=sum(c.points for c in done))


@dataclass(frozen=True)
class Index:
    code: str
    name: str
    root: Node
    needs: float = 0.75
    grades: tuple[Cut, ...] = ()
    impute: str = "none"
    treat: str = "none"
    note: str = ""

    @cached_property
    def leaves(self) -> list[Node]:
        return list(self.root.leaves())

    @cached_property
    def points(self) -> Any:
        return np.array([leaf.points for leaf in self.leaves])


@dataclass
class Faults:
    """Collects problems with their path (and line, where a file stands behind it)."""

    file: str = ""
    lines: Callable[[tuple[Any, ...]], int | None] | None = None
    problems: list[Problem] = field(default_factory=list)

    def add(self, code: str, path: tuple[Any, ...], found: Any = "", allowed: str = "", advice: str = "") -> None:
        place = where(path, self.lines(path) if self.lines else None)
        self.problems.append(Problem(code, file=self.file, where=place, found=str(found)[:300], allowed=allowed, advice=advice))

    def mapping(self, raw: Any, allowed: Mapping[str, str], path: tuple[Any, ...]) -> dict[str, Any]:
        """The entries that are known and of their kind (`kinds`); every other one is told."""
        if not isinstance(raw, Mapping):
            self.add("value_invalid", path, raw, KINDS["map"][1])
        good: dict[str, Any] = {}
        for key, value in raw.items() if isinstance(raw, Mapping) else ():
            if key not in allowed:
                advice = did_you_mean(str(key), sorted(allowed))
                self.add("key_unknown", (*path, key), key, "、".join(sorted(allowed)), advice)
                continue
            kind, word = KINDS[allowed[key]]
            if value is None:
                self.add("value_invalid", (*path, key), "（空）", word, "写上内容，或删去这一项")
            elif not isinstance(value, kind) or (isinstance(value, bool) and allowed[key] not in ("flag", "any")):
                self.add("value_invalid", (*path, key), value, word)
            else:
                good[key] = value
        return good

    def choice(self, raw: Mapping[str, Any], key: str, allowed: Any, path: tuple[Any, ...], default: str) -> str:
        word = str(raw.get(key, default))
        if word not in allowed:
            self.add("value_invalid", (*path, key), word, "、".join(allowed), did_you_mean(word, allowed))
            return default
        return word

    def number(self, raw: Mapping[str, Any], key: str, path: tuple[Any, ...], default: float, low: float = -np.inf,
               high: float = np.inf) -> float:
        if (value := raw.get(key)) is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high or abs(value) > LARGEST:
            span = "数字" if np.isinf(low) else f"不小于 {low:g}" if np.isinf(high) else f"{low:g} 至 {high:g}"
            self.add("value_invalid", (*path, key), value, span)
            return default
        return float(value)

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
        return _one(_read(Path(path), faults), name, kind, faults)
    files = [Path(__file__).with_name(f"{kind}.yml")]
    with suppress(InputError):  # outside a project there are the packaged ones
        from evalkit.indicators.project import find_project

        files = [p for p in [find_project().root / files[0].name] if p.is_file()] + files
    for file in files:
        if str(given) in (content := _read(file, faults)):
            return _one(content, str(given), kind, faults)
        known += content
    raise InputError(unknown(kind, str(given), known, more="或写一个 YAML 文件的路径"))


def unknown(place: str, found: str, known: Sequence[str], code: str = "key_unknown", more: str = "") -> Problem:
    """The problem of a name that is not among those known, with the nearest one, or some of them."""
    return Problem(code, where=place, found=found, allowed="、".join(known[:20]), advice=did_you_mean(found, known) or more)


def _read(path: Path, faults: Faults) -> dict[str, Any]:
    text = read_text(path)
    content, problems = parse_yaml(text, path.name)
    if not problems and not isinstance(content, dict):
        problems = [Problem("yaml_unreadable", file=path.name, found="不是“名称: 内容”的形式")]
    if problems:
        raise InputError(problems)
    faults.file, faults.lines = path.name, Lines(text)
    return dict(content)


def _one(raw: dict[str, Any], name: str, kind: str, faults: Faults) -> tuple[str, dict[str, Any], Faults]:
    if raw.keys() & BODY[kind]:  # the file is the one: its lines stand under no name
        if lines := faults.lines:
            faults.lines = lambda path: lines(path[1:])
        return name or kind, raw, faults
    name = name or (next(iter(raw)) if len(raw) == 1 else "")
    if not isinstance(raw.get(name), dict):
        faults.add("key_unknown", (kind,), name or "（没有写名称）", "、".join(map(str, raw)), "写成 文件.yml#名称")
        faults.stop()
    return name, raw[name], faults


def cut_offs(raw: Any, allowed: Mapping[str, str], path: tuple[Any, ...], faults: Faults) -> tuple[Cut, ...]:
    """Cut-offs by their lower ends, highest first: no gap and no overlap can be written.

    `allowed` are the entries beside the ends (`kinds`), that of the label first.
    """
    cuts: list[Cut] = []
    label, *more = allowed
    for n, given in enumerate(raw or ()):
        here, entry = (*path, n), dict(given) if isinstance(given, Mapping) else given
        for word in [w for w in ("to", "below", "upto", "until", "max") if w in entry] if isinstance(entry, dict) else ():
            faults.add("value_invalid", (*here, word), entry.pop(word), "只写下限（from 或 above）", "上一档的下限就是本档的上限")
        entry = faults.mapping(entry, {**allowed, "from": "any", "above": "any"}, here)
        ends = [key for key in ("from", "above") if key in entry]
        if len(ends) != 1 or label not in entry:
            faults.add("key_missing", here, "、".join(map(str, entry)), f"{label} 和 from、above 之一")
            continue
        start = faults.number(entry, ends[0], here, 0.0)
        if any(c.start == start for c in cuts):
            faults.add("key_duplicate", (*here, ends[0]), start, "每个下限只用一次")
        cuts.append(Cut(start, ends[0] == "above", entry[label], {k: entry[k] for k in more if k in entry}))
    return tuple(sorted(cuts, key=lambda c: -c.start))


def load_index(given: Any, known: Mapping[str, Mapping[str, Any]]) -> Index:
    """A checked index.

    Parameters
    ----------
    given
        Name, path of a YAML file, or mapping.
    known
        name, better and target of every indicator that may be named.

    Raises
    ------
    InputError
        All faults at once: unknown keys and indicators with the nearest name, points that do not add up, a tree that
        holds itself, an indicator counted twice, targets that are missing, combinations without meaning.
    """
    if isinstance(given, Index):
        return given
    code, raw, faults = declared(given, "index")
    raw = faults.mapping(raw, TOP, (code,))
    if not (tree := raw.get("tree")):
        faults.add("key_missing", (code, "tree"), "", "维度和指标组成的树")
        faults.stop()
    rule = faults.choice(raw, "rule", RULES, (code,), "share_of_target")
    total = faults.number(raw, "points", (code,), 100.0, 0)
    root = {key: raw[key] for key in ("combine", "power") if key in raw} | {"name": raw.get("name", code), "items": tree}
    node = _Builder(faults, known).node(code, root, total, rule, (code,), ())
    grades = cut_offs(raw.get("grades"), kinds(text="grade"), (code, "grades"), faults)
    if grades and (bad := [leaf for leaf in node.leaves() if leaf.rule in UNBOUNDED]):
        rules = "、".join(sorted({leaf.rule for leaf in bad}))
        advice = "去掉 grades，或改用 share_of_target、minmax"
        faults.add("value_invalid", (code, "grades"), rules, "分等级要求每项是满分的一部分", advice)
    needs = faults.number(raw, "needs", (code,), 0.75, 0, 1)
    ways = [faults.choice(raw, key, known_, (code,), "none") for key, known_ in (("impute", IMPUTE), ("treat", TREAT))]
    faults.stop()
    return Index(code, str(raw.get("name", code)), node, needs, grades, ways[0], ways[1], str(raw.get("note", "")))


@dataclass
class _Builder:
    faults: Faults
    known: Mapping[str, Mapping[str, Any]]
    seen: dict[str, str] = field(default_factory=dict)

    def node(self, code: str, raw: Any, points: float, rule: str, path: tuple[Any, ...], above: tuple[int, ...]) -> Node:
        if id(raw) in above:
            self.faults.add("value_invalid", path, f"{code} 又包含自己", "树不能有环", "检查 YAML 的 & 和 * 引用")
            return Node(code, code, points)
        if not isinstance(raw, Mapping):
            self.faults.add("value_invalid", path, raw, "写成 {points: …, full_at: …} 或带 items 的一组")
            return Node(code, code, points)
        if "items" not in raw:
            return self._leaf(code, raw, points, rule, path)
        above_this = (*above, id(raw))
        raw = self.faults.mapping(raw, GROUP, path) if above else raw
        rule = self.faults.choice(raw, "rule", RULES, path, rule)
        combine = self.faults.choice(raw, "combine", COMBINE, path, "arithmetic")
        if not (items := raw.get("items", {})):
            self.faults.add("key_missing", (*path, "items"), "", "至少一个指标")
        shares = self._points(raw, items, points, path)
        below = (*path, "items") if above else (*path, "tree")
        children = tuple(
            self.node(str(key), entry, share, rule, (*below, key), above_this)
            for (key, entry), share in zip(items.items(), shares, strict=True)
        )
        node = Node(code, str(raw.get("name", code)), points, children, combine, self.faults.number(raw, "power", path, 2.0))
        for way in dict.fromkeys(leaf.rule for leaf in node.leaves()):
            try:
                check_combination(way, combine, ".".join(map(str, path)))
            except InputError as error:
                self.faults.problems += error.problems
        return node

    def _points(self, raw: Mapping[str, Any], items: Mapping[str, Any], points: float, path: tuple[Any, ...]) -> list[float]:
        given = [entry.get("points") if isinstance(entry, Mapping) else None for entry in items.values()]
        if "ahp" in raw:
            try:
                weights = ahp(raw["ahp"]).weights
                found = f"{len(weights)} 阶" if len(weights) != len(items) else inconsistent(raw["ahp"], names=list(map(str, items)))
            except InputError as error:
                found = error.problems[0].found
            if not found:
                return [float(w) * points for w in weights]
            self.faults.add("value_invalid", (*path, "ahp"), found, f"{len(items)} 项的判断矩阵，一致性比率不超过 0.1")
        if not items or all(g is None for g in given):
            return [points / max(len(items), 1)] * len(items)
        if None in given:
            missing = [key for key, g in zip(items, given, strict=True) if g is None]
            self.faults.add("key_missing", path, f"{'、'.join(map(str, missing))} 没有写 points", "同一组里都写或都不写")
        numbers = [0.0 if g is None else self.faults.number({"points": g}, "points", (*path, k), 0.0, 0)
                   for k, g in zip(items, given, strict=True)]  # fmt: skip
        if None not in given and abs(sum(numbers) - points) > 1e-6 * max(points, 1):
            found, advice = f"各项 points 合计 {sum(numbers):g}", "改各项的分值，或改上一级的 points"
            self.faults.add("value_invalid", path, found, f"合计 {points:g}", advice)
        return numbers

    def _leaf(self, code: str, raw: Mapping[str, Any], points: float, rule: str, path: tuple[Any, ...]) -> Node:
        faults, here = self.faults, ".".join(map(str, path))
        raw = faults.mapping(raw, LEAF, path)
        rule = faults.choice(raw, "rule", RULES, path, rule)
        if code in self.seen:
            faults.add("key_duplicate", path, code, "一个指标只计一次", f"已在 {self.seen[code]}")
        self.seen[code] = here
        about = self.known.get(code)
        if about is None:
            faults.add("key_unknown", path, code, "指标代码", did_you_mean(code, self.known))
            return Node(code, code, points, rule=rule)
        better = str(raw.get("better", about["better"]))
        if better == "near" and rule == "share_of_target":  # up to the target more is better; beyond it nothing is won
            better = "higher"
        if better not in ("higher", "lower"):
            faults.add("value_invalid", path, f"{code} 的 better 是 {better}", "higher、lower", "无方向的指标不能计分，或在这里写 better")
            better = "higher"
        target = None if np.isnan(about["target"]) else about["target"]
        numbers = raw | ({"full_at": target} if raw.get("full_at") == "target" else {})
        at: dict[str, Any] = {key: faults.number(numbers, key, path, NAN) for key in NUMBERS}
        needed = {"share_of_target": ("full_at",), "distance": ("full_at",), "goalposts": ("low", "high")}.get(rule, ())
        for key in (k for k in needed if np.isnan(at[k])):
            advice = f"{code} 没有参照值，请写一个数" if raw.get(key) == "target" else ""
            faults.add("key_missing", (*path, key), raw.get(key, ""), f"{rule} 需要 {key}", advice)
        full, zero = at["full_at"], at["zero_at"]
        backwards = (better == "higher") == (zero > full) and not np.isnan(full + zero)
        if full == zero or backwards or (full <= 0 and np.isnan(zero)):
            allowed = "越高越好：zero_at 小于 full_at；越低越好：相反；full_at 大于 0"
            faults.add("value_invalid", path, f"full_at {full:g}，zero_at {zero:g}", allowed)
        if at["low"] >= at["high"]:
            faults.add("value_invalid", path, f"low {at['low']:g}，high {at['high']:g}", "low 小于 high")
        name = str(raw.get("name") or about["name"])
        return Node(code, name, points, rule=rule, better=better, **at)
