"""An index as data: YAML in, a tree of points out; every fault of it in one `InputError`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evalkit.problems import InputError
from evalkit.scoring.aggregate import check_combination
from evalkit.scoring.ahp import ahp, inconsistent
from evalkit.scoring.cut_offs import grades
from evalkit.scoring.finding import find
from evalkit.scoring.methods import RULES
from evalkit.scoring.models import TARGET, Group, IndexFile, Leaf
from evalkit.scoring.tree import OF_TARGET, Cut, Index, Node
from evalkit.world.declared import At, Faults
from evalkit.world.number import plain

__all__ = ["Cut", "Index", "Node", "load_index"]

WRITTEN = {"target": "full_at"}  # how an index calls what a rule needs
DIRECTIONS = ("higher", "lower")
GOALS_WITHOUT_A_LINE = {
    "own": "各地目标不同，有的没有，也没有参照值",
    "differs": "各地目标不同，也没有参照值",
}


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
    declared = find(given, "index")
    code, faults = declared.code, declared.faults
    raw = faults.fitting(IndexFile, declared.content, (code,))
    if not raw.tree:
        faults.missing((code, "tree"), "维度和指标组成的树")
        faults.stop()
    root = Group(name=raw.name or code, combine=raw.combine, power=raw.power, items=raw.tree)
    reader = _Reader(faults, known)
    place = _Place((code,), (code, "tree"), raw.rule, float(raw.points), (id(raw.tree),))
    node = reader.group(code, root, place)
    cuts = grades(raw.grades, (code, "grades"), faults)
    unbounded = sorted({leaf.rule for leaf in node.leaves() if RULES[leaf.rule].top is None})
    if cuts and unbounded:
        allowed, advice = (
            "分等级要求每项是满分的一部分",
            "去掉 grades，或改用 share_of_target、minmax",
        )
        faults.invalid((code, "grades"), "、".join(unbounded), allowed, advice)
    faults.stop()
    return Index(
        code=code,
        name=root.name,
        root=node,
        needs=float(raw.needs),
        grades=cuts,
        impute=raw.impute,
        treat=raw.treat,
        note=raw.note,
    )


@dataclass(frozen=True)
class _Place:
    """Where in a tree a node stands: its path, that of what is under it, and what comes down from above."""

    path: At
    below: At
    rule: str
    points: float
    above: tuple[int, ...]  # identities of the mappings on the way down

    @property
    def dotted(self) -> str:
        return ".".join(map(str, self.path))

    def child(self, key: Any, rule: str, points: float, raw: Any) -> _Place:
        path = (*self.below, key)
        return _Place(path, (*path, "items"), rule, points, (*self.above, id(raw)))


@dataclass
class _Reader:
    """Reads a tree from the top; collects every fault on the way."""

    faults: Faults
    known: Mapping[str, Mapping[str, Any]]
    seen: dict[str, str] = field(default_factory=dict)  # where each indicator stands

    def node(self, code: str, raw: Any, place: _Place) -> Node:
        """A group or an indicator, as it is written."""
        if id(raw) in place.above[:-1]:
            found, advice = f"{code} 又包含自己", "检查 YAML 的 & 和 * 引用"
            self.faults.invalid(place.path, found, "树不能有环", advice)
        elif not isinstance(raw, Mapping):
            allowed = "写成 {points: …, full_at: …} 或带 items 的一组"
            self.faults.invalid(place.path, raw, allowed)
        elif "items" in raw:
            return self.group(code, self.faults.fitting(Group, raw, place.path), place)
        else:
            return self.leaf(code, self.faults.fitting(Leaf, raw, place.path), place)
        return Node(code, code, place.points)

    def group(self, code: str, group: Group, place: _Place) -> Node:
        """A group with everything under it."""
        if not group.items:
            self.faults.missing((*place.path, "items"), "至少一个指标")
        rule = group.rule if "rule" in group.given() else place.rule
        shares = self._points(group, place)
        children = tuple(
            self.node(str(key), entry, place.child(key, rule, share, entry))
            for (key, entry), share in zip(group.items.items(), shares, strict=True)
        )
        name, power = group.name or code, float(group.power)
        node = Node(code, name, place.points, children, group.combine, power)
        for way in dict.fromkeys(leaf.rule for leaf in node.leaves()):
            try:
                check_combination(way, group.combine, place.dotted)
            except InputError as error:
                self.faults.problems += error.problems
        return node

    def _points(self, group: Group, place: _Place) -> list[float]:
        """The points of the items of a group: from comparisons, as written, or equal shares."""
        items, total = group.items, place.points
        if "ahp" in group.given():
            weights, found = _compared(group)
            if not found:
                return [weight * total for weight in weights]
            allowed = f"{len(items)} 项的判断矩阵，一致性比率不超过 0.1"
            self.faults.invalid((*place.path, "ahp"), found, allowed)
        given = {
            key: entry.get("points") if isinstance(entry, Mapping) else None
            for key, entry in items.items()
        }
        missing = [str(key) for key, points in given.items() if points is None]
        if len(missing) == len(items):
            return [total / max(len(items), 1)] * len(items)
        if missing:
            found = f"{'、'.join(missing)} 没有写 points"
            self.faults.missing(place.path, "同一组里都写或都不写", found)
        numbers = [_points_or_zero(points) for points in given.values()]
        if not missing and abs(sum(numbers) - total) > 1e-6 * max(total, 1):
            found, advice = (
                f"各项 points 合计 {plain(sum(numbers))}",
                "改各项的分值，或改上一级的 points",
            )
            self.faults.invalid(place.path, found, f"合计 {plain(total)}", advice)
        return numbers

    def leaf(self, code: str, leaf: Leaf, place: _Place) -> Node:
        """An indicator."""
        rule = leaf.rule if "rule" in leaf.given() else place.rule
        if code in self.seen:
            already = f"已在 {self.seen[code]}"
            self.faults.add("key_duplicate", place.path, code, "一个指标只计一次", already)
        self.seen[code] = place.dotted
        about = self.known.get(code)
        if about is None:
            self.faults.unknown(place.path, code, self.known, allowed="指标代码")
            return Node(code, code, place.points, rule=rule)
        full_at = float(about["target"] if leaf.full_at == TARGET else leaf.full_at)
        aim = str(about.get("aim", "")) if leaf.full_at == TARGET else ""
        if aim == "differs" and rule == OF_TARGET:
            aim = "own"
            full_at = float(about["between"]) if np.isnan(full_at) else full_at
        node = Node(
            code=code,
            name=leaf.name or str(about["name"]),
            points=place.points,
            rule=rule,
            better=self._better(leaf.better or str(about["better"]), code, rule, place),
            full_at=full_at,
            zero_at=leaf.zero_at,
            low=leaf.low,
            high=leaf.high,
            aim=aim,
        )
        self._limits(node, leaf, place)
        return node

    def _better(self, better: str, code: str, rule: str, place: _Place) -> str:
        """The direction of an indicator; near a target, more is better up to it and nothing is won beyond."""
        if better == "near" and rule == "share_of_target":
            return "higher"
        if better not in DIRECTIONS:
            found, advice = (
                f"{code} 的 better 是 {better}",
                "无方向的指标不能计分，或在这里写 better",
            )
            self.faults.invalid(place.path, found, "、".join(DIRECTIONS), advice)
            return "higher"
        return better

    def _limits(self, node: Node, leaf: Leaf, place: _Place) -> None:
        """Limits that the rule needs, and limits that cannot hold."""
        for key in (WRITTEN.get(need, need) for need in RULES[node.rule].needs):
            if np.isnan(getattr(node, key)):
                written = leaf.given().get(key, "")
                told = GOALS_WITHOUT_A_LINE.get(node.aim, "没有参照值")
                advice = f"{node.code} {told}，请写一个数" if written == TARGET else ""
                allowed = f"{node.rule} 需要 {key}"
                self.faults.add("key_missing", (*place.path, key), written, allowed, advice)
        full, zero = node.full_at, node.zero_at
        backwards = (node.better == "higher") == (zero > full) and not np.isnan(full + zero)
        if full == zero or backwards or (full <= 0 and np.isnan(zero)):
            found = f"full_at {plain(full)}，zero_at {plain(zero)}"
            allowed = "越高越好：zero_at 小于 full_at；越低越好：相反；full_at 大于 0"
            self.faults.invalid(place.path, found, allowed)
        if node.low >= node.high:
            found = f"low {plain(node.low)}，high {plain(node.high)}"
            self.faults.invalid(place.path, found, "low 小于 high")


def _compared(group: Group) -> tuple[list[float], str]:
    """Weights from the comparisons of a group, and what is wrong with them."""
    try:
        weights = ahp(group.ahp).weights
        if len(weights) != len(group.items):
            return [], f"{len(weights)} 阶"
        names = [str(key) for key in group.items]
        return [float(weight) for weight in weights], inconsistent(group.ahp, names=names)
    except InputError as error:
        return [], error.problems[0].found


def _points_or_zero(given: Any) -> float:
    """Points as they are written; 0 for what is no number, which is told where the item itself is read."""
    fits = isinstance(given, int | float) and not isinstance(given, bool) and given >= 0
    return float(given) if fits else 0.0
