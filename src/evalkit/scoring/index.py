"""An index as data: YAML in, a tree of points out; every fault of it in one `InputError`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evalkit.problems import InputError, did_you_mean
from evalkit.scoring.aggregate import METHODS as COMBINE
from evalkit.scoring.aggregate import check_combination
from evalkit.scoring.ahp import ahp, inconsistent
from evalkit.scoring.declared import Faults, cut_offs, declared, misfit
from evalkit.scoring.impute import METHODS as IMPUTE
from evalkit.scoring.normalise import METHODS as RULES
from evalkit.scoring.normalise import SIGNED
from evalkit.scoring.treat import METHODS as TREAT
from evalkit.scoring.tree import NAN, Index, Node
from evalkit.world.number import plain

UNBOUNDED = SIGNED | {
    "rank",
    "ratio_mean",
    "ratio_worst",
}  # values that are no share of a full mark


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
    raw = faults.mapping(raw, "index", (code,))
    if not (tree := raw.get("tree")):
        faults.add("key_missing", (code, "tree"), "", "维度和指标组成的树")
        faults.stop()
    rule = faults.choice(raw, "rule", RULES, (code,), "share_of_target")
    total = float(raw.get("points", 100))
    root = {key: raw[key] for key in ("combine", "power") if key in raw} | {
        "name": raw.get("name", code),
        "items": tree,
    }
    node = _Builder(faults, known).node(code, root, total, rule, (code,), ())
    grades = cut_offs(raw.get("grades"), "grade", (code, "grades"), faults)
    if grades and (bad := [leaf for leaf in node.leaves() if leaf.rule in UNBOUNDED]):
        rules = "、".join(sorted({leaf.rule for leaf in bad}))
        advice = "去掉 grades，或改用 share_of_target、minmax"
        faults.add("value_invalid", (code, "grades"), rules, "分等级要求每项是满分的一部分", advice)
    ways = [
        faults.choice(raw, key, known_, (code,), "none")
        for key, known_ in (("impute", IMPUTE), ("treat", TREAT))
    ]
    faults.stop()
    return Index(
        code,
        str(raw.get("name", code)),
        node,
        float(raw.get("needs", 0.75)),
        grades,
        ways[0],
        ways[1],
        str(raw.get("note", "")),
    )


@dataclass
class _Builder:
    faults: Faults
    known: Mapping[str, Mapping[str, Any]]
    seen: dict[str, str] = field(default_factory=dict)

    def node(
        self,
        code: str,
        raw: Any,
        points: float,
        rule: str,
        path: tuple[Any, ...],
        above: tuple[int, ...],
    ) -> Node:
        if id(raw) in above:
            self.faults.add(
                "value_invalid",
                path,
                f"{code} 又包含自己",
                "树不能有环",
                "检查 YAML 的 & 和 * 引用",
            )
            return Node(code, code, points)
        if not isinstance(raw, Mapping):
            self.faults.add(
                "value_invalid", path, raw, "写成 {points: …, full_at: …} 或带 items 的一组"
            )
            return Node(code, code, points)
        if "items" not in raw:
            return self._leaf(code, raw, points, rule, path)
        above_this = (*above, id(raw))
        raw = self.faults.mapping(raw, "group", path) if above else raw
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
        node = Node(
            code, str(raw.get("name", code)), points, children, combine, float(raw.get("power", 2))
        )
        for way in dict.fromkeys(leaf.rule for leaf in node.leaves()):
            try:
                check_combination(way, combine, ".".join(map(str, path)))
            except InputError as error:
                self.faults.problems += error.problems
        return node

    def _points(
        self, raw: Mapping[str, Any], items: Mapping[str, Any], points: float, path: tuple[Any, ...]
    ) -> list[float]:
        given = [
            entry.get("points") if isinstance(entry, Mapping) else None for entry in items.values()
        ]
        if "ahp" in raw:
            try:
                weights = ahp(raw["ahp"]).weights
                found = (
                    f"{len(weights)} 阶"
                    if len(weights) != len(items)
                    else inconsistent(raw["ahp"], names=list(map(str, items)))
                )
            except InputError as error:
                found = error.problems[0].found
            if not found:
                return [float(w) * points for w in weights]
            self.faults.add(
                "value_invalid",
                (*path, "ahp"),
                found,
                f"{len(items)} 项的判断矩阵，一致性比率不超过 0.1",
            )
        if not items or all(g is None for g in given):
            return [points / max(len(items), 1)] * len(items)
        if None in given:
            missing = [key for key, g in zip(items, given, strict=True) if g is None]
            self.faults.add(
                "key_missing",
                path,
                f"{'、'.join(map(str, missing))} 没有写 points",
                "同一组里都写或都不写",
            )
        numbers = [
            0.0 if misfit(g, "number 0") else float(g or 0) for g in given
        ]  # told with the item itself
        if None not in given and abs(sum(numbers) - points) > 1e-6 * max(points, 1):
            found, advice = (
                f"各项 points 合计 {plain(sum(numbers))}",
                "改各项的分值，或改上一级的 points",
            )
            self.faults.add("value_invalid", path, found, f"合计 {plain(points)}", advice)
        return numbers

    def _leaf(
        self, code: str, raw: Mapping[str, Any], points: float, rule: str, path: tuple[Any, ...]
    ) -> Node:
        faults, here = self.faults, ".".join(map(str, path))
        raw = faults.mapping(raw, "leaf", path)
        rule = faults.choice(raw, "rule", RULES, path, rule)
        if code in self.seen:
            faults.add("key_duplicate", path, code, "一个指标只计一次", f"已在 {self.seen[code]}")
        self.seen[code] = here
        about = self.known.get(code)
        if about is None:
            faults.add("key_unknown", path, code, "指标代码", did_you_mean(code, self.known))
            return Node(code, code, points, rule=rule)
        better = str(raw.get("better", about["better"]))
        if (
            better == "near" and rule == "share_of_target"
        ):  # up to the target more is better; beyond it nothing is won
            better = "higher"
        if better not in ("higher", "lower"):
            faults.add(
                "value_invalid",
                path,
                f"{code} 的 better 是 {better}",
                "higher、lower",
                "无方向的指标不能计分，或在这里写 better",
            )
            better = "higher"
        at: dict[str, Any] = {
            key: raw.get(key, NAN) for key in ("full_at", "zero_at", "low", "high")
        }
        if at["full_at"] == "target":
            at["full_at"] = about["target"]
        elif "full_at" in raw and (said := misfit(at["full_at"], "number")):
            faults.add("value_invalid", (*path, "full_at"), at["full_at"], f"{said}，或 target")
            at["full_at"] = NAN
        needed = {
            "share_of_target": ("full_at",),
            "distance": ("full_at",),
            "goalposts": ("low", "high"),
        }.get(rule, ())
        for key in (k for k in needed if np.isnan(at[k])):
            advice = f"{code} 没有参照值，请写一个数" if raw.get(key) == "target" else ""
            faults.add("key_missing", (*path, key), raw.get(key, ""), f"{rule} 需要 {key}", advice)
        full, zero = at["full_at"], at["zero_at"]
        backwards = (better == "higher") == (zero > full) and not np.isnan(full + zero)
        if full == zero or backwards or (full <= 0 and np.isnan(zero)):
            allowed = "越高越好：zero_at 小于 full_at；越低越好：相反；full_at 大于 0"
            faults.add(
                "value_invalid", path, f"full_at {plain(full)}，zero_at {plain(zero)}", allowed
            )
        if at["low"] >= at["high"]:
            faults.add(
                "value_invalid",
                path,
                f"low {plain(at['low'])}，high {plain(at['high'])}",
                "low 小于 high",
            )
        name = str(raw.get("name") or about["name"])
        return Node(code, name, points, rule=rule, better=better, **at)
