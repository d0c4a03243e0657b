"""Scores of areas (or party organisations) by an index: points, ranks, grades, and where the points went."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evalkit.codebook import Codebook, load_codebook
from evalkit.documents import Block, shown
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.scoring import weights as ways
from evalkit.scoring.aggregate import aggregate
from evalkit.scoring.impute import impute
from evalkit.scoring.index import Index, Node, load_index
from evalkit.scoring.normalise import ABSOLUTE, normalise, over_units
from evalkit.scoring.ranks import rank
from evalkit.scoring.treat import treat
from evalkit.stats.intervals import Floats

PERSONAL = {"person", "person_id", "person_name", "member_name", "id_card", "phone", "姓名", "身份证号", "手机号"}
ENTITIES = ("area", "party_org")
PERCENT = {"linear_60_100", "percentile"}
COMBINES = {"arithmetic": "加权算术平均", "geometric": "加权几何平均", "harmonic": "加权调和平均", "power": "幂平均", "median": "加权中位数", "copeland": "Copeland两两比较"}
RULE_WORDS = {
    "share_of_target": "与满分线相比，达到满分线得满分", "goalposts": "固定上下限之间按比例", "minmax": "最好与最差之间按比例",
    "linear_60_100": "功效系数60至100", "percentile": "位次百分比", "zscore": "标准分", "distance": "与目标的距离", "ratio_best": "与最好者之比",
}  # fmt: skip


def show(frame: pd.DataFrame, title: str, columns: Mapping[str, Any], notes: Any = (), source: str = "", demo: bool = False) -> Block:
    """A frame as a table; columns: key -> label, or (label, decimals) for numbers."""
    heads, digits = [], {key: label[1] for key, label in columns.items() if isinstance(label, tuple)}
    for key, label in columns.items():
        heads.append({"key": key, "label": label[0], "align": "right", "decimals": digits[key]} if key in digits else {"key": key, "label": label})
    rows = [[None if value is None or pd.isna(value) else value for value in row] for row in frame[list(columns)].astype(object).to_numpy()]
    return Block.table(title, heads, rows, notes=list(notes), source=source, demo=demo)


class Shift(NamedTuple):
    """Two sets of scores side by side, and how alike their orders are (both as rank correlations)."""

    table: pd.DataFrame
    spearman: float
    kendall: float

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        columns = {"area_name": "地区", "score_other": ("原得分", 2), "score": ("得分", 2), "difference": ("增减", 2), "rank_other": ("原位次", 0),
                   "rank": ("位次", 0), "shift": ("位次升降", 0), "grade_other": "原等级", "grade": "等级"}  # fmt: skip
        notes = [f"位次相关：Spearman {self.spearman:.3f}，Kendall {self.kendall:.3f}；位次升降为正表示前移。"]
        return show(self.table, "两种计分的比较", columns, notes)._repr_mimebundle_()


def leaf_shares(index: Index, x: Floats, rule: str | None = None) -> Floats:
    """Share of its points that every indicator earns (units x indicators, leading axes allowed); 0 to 1 but for z-scores.

    `rule` takes the place of all declared ones.
    """
    leaves = index.leaves
    out = np.full(x.shape, np.nan)
    for way in dict.fromkeys(rule or leaf.rule for leaf in leaves):
        at = [j for j, leaf in enumerate(leaves) if (rule or leaf.rule) == way]
        own = [leaves[j] for j in at]
        if way == "minmax" and rule:
            bounds: dict[str, Any] = {}
        else:
            named = {"share_of_target": ("target", "zero_at"), "distance": ("target",)}.get(way, ("low", "high") if way in ("goalposts", "minmax", "linear_60_100") else ())
            bounds = {key: np.array([leaf.full_at if key == "target" else getattr(leaf, key) for leaf in own]) for key in named}
        capped = {"cap": True} if way in ("distance", "minmax", "linear_60_100", "goalposts") else {}
        part = slice(None) if len(at) == len(leaves) else at
        done = normalise(x[..., part], way, [leaf.better for leaf in own], **bounds, **capped)  # type: ignore[arg-type]
        out[..., part] = done / 100 if way in PERCENT else done
    return out


def combine(node: Node, share: Floats, points: Floats, method: str | None = None) -> Floats:
    """Value of a node for every unit; `points` are those of the leaves (with leading axes where they vary).

    A missing item leaves its weight to its siblings, a missing group to the other groups.
    """
    if not node.children:
        return share[..., 0]
    whole = all((method or n.combine) == "arithmetic" for n in _groups(node)) and not np.isnan(share.sum())
    if whole:
        return aggregate(share, points)
    at, values, weights = 0, [], []
    for child in node.children:
        width = sum(1 for _ in child.leaves())
        values.append(combine(child, share[..., at : at + width], points[..., at : at + width], method))
        weights.append(points[..., at : at + width].sum(-1))
        at += width
    rule = method or node.combine
    value = aggregate(np.stack(values, -1), np.stack(weights, -1), rule, power=node.power, needs=0.0, node=node.code)
    n = max(value.shape[-1] - 1, 1)
    return (value / n + 1) / 2 if rule == "copeland" else value


def _groups(node: Node) -> list[Node]:
    return [node, *(g for c in node.children if c.children for g in _groups(c))] if node.children else []


def points_of(index: Index) -> Floats:
    return np.array([leaf.points for leaf in index.leaves])


def total_scores(index: Index, x: Floats) -> tuple[Floats, Floats]:
    """Scores and shares of the points known; below `needs` there is no score."""
    points = points_of(index)
    share = leaf_shares(index, x)
    known = (~np.isnan(share)).astype(float) @ points / index.root.points
    value = combine(index.root, share, points) * index.root.points
    return np.where(known >= index.needs - 1e-9, value, np.nan), known


def printed(score: Any) -> Floats:
    """Scores as they are printed, two decimals rounded half up: grades and ranks follow what a reader sees."""
    return np.asarray(np.floor(np.asarray(score) * 100 + 0.5 + 1e-6) / 100)


@dataclass(frozen=True, eq=False)
class Scores:
    """What an index says of every area in one period; nothing in it changes, every verb gives a new one.

    `units` holds area, area_name, peer_group, sort_order; `rows` the indicators' rows used; `x` the values
    (units x indicators, after imputation and treatment); `filled` the imputed cells.
    """

    index: Index
    units: pd.DataFrame
    rows: pd.DataFrame
    raw: Floats
    x: Floats
    filled: Any
    treated: Any
    period: str
    is_demo: bool
    previous: Any = None

    # the points

    @cached_property
    def shares(self) -> Floats:
        return leaf_shares(self.index, self.x)

    @cached_property
    def _scored(self) -> tuple[Floats, Floats]:
        return total_scores(self.index, self.x)

    @property
    def when(self) -> str:
        return f"{self.period}年" if self.period.isdigit() else self.period

    @property
    def score(self) -> Floats:
        return self._scored[0]

    def grade(self, score: Floats) -> Any:
        """Index of the grade of every score (printed with two decimals), -1 where there is none."""
        found = np.full(np.shape(score), -1, dtype=np.int8)
        value = printed(score)
        for g in reversed(range(len(self.index.grades))):
            found[self.index.grades[g].holds(value)] = g
        return found

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per area in administrative order: score, grade, rank, share of the points known, largest losses."""
        score, known = self._scored
        out = self.units.copy()
        names = [cut.value for cut in self.index.grades]
        out["score"] = score
        out["grade"] = pd.array([names[g] if g >= 0 else None for g in self.grade(score)], dtype="string")
        ranks = rank(printed(score))
        out["rank"] = pd.array([None if np.isnan(r) else int(r) for r in ranks], dtype="Int64")
        out["n_ranked"], out["known"] = int((~np.isnan(score)).sum()), known
        out["n_imputed"] = self.filled.sum(1)
        losses = self.contributions.sort_values("lost", ascending=False).groupby("area", sort=False)
        said = {a: [f"{r.name_}失{shown(r.lost, {'decimals': 1})}分" for r in g.head(3).itertuples() if r.lost >= 0.05] for a, g in losses}
        out["losses"] = ["；".join(said.get(a, [])) if not np.isnan(s) else f"有数指标只占{k:.0%}分值，不计分" for a, s, k in zip(out["area"], score, known, strict=True)]
        return out

    @cached_property
    def contributions(self) -> pd.DataFrame:
        """Points of every area and indicator: `earned` adds up to the score, `lost` to what is missing to the total.

        Under a rule other than the arithmetic mean, a node's value is shared among its items in proportion to
        weight times value.
        """
        n, k = self.x.shape
        earned, full = np.full((n, k), np.nan), np.full((n, k), np.nan)
        self._split(self.index.root, 0, np.full(n, self.index.root.points), np.ones(n), earned, full)
        earned[np.isnan(self.score)] = np.nan
        frame = pd.DataFrame(
            {
                "area": np.repeat(self.units["area"].to_numpy(), k),
                "area_name": np.repeat(self.units["area_name"].to_numpy(), k),
                "indicator": np.tile([leaf.code for leaf in self.index.leaves], n),
                "name_": np.tile([leaf.name for leaf in self.index.leaves], n),
                "dimension": np.tile([group.name for group in self.index.root.children for _ in group.leaves()], n),
                "points": np.tile(points_of(self.index), n),
                "value": self.raw.ravel(),
                "used": self.x.ravel(),
                "share": self.shares.ravel(),
                "earned": earned.ravel(),
                "imputed": self.filled.ravel(),
            }
        )
        frame["lost"] = full.ravel() - frame["earned"]
        return frame

    def _split(self, node: Node, at: int, points: Floats, factor: Floats, earned: Floats, full: Floats) -> None:
        """Hand a node's points (those of missing items shared out) and the factor of its rule down to the leaves."""
        if not node.children:
            share = self.shares[:, at]
            earned[:, at], full[:, at] = points * share * factor, np.where(np.isnan(share), np.nan, points)
            return
        starts, values = [], []
        for child in node.children:
            width = sum(1 for _ in child.leaves())
            part = slice(at, at + width)
            starts.append(at)
            values.append(combine(child, self.shares[:, part], points_of(self.index)[part]))
            at += width
        value, weight = np.stack(values, -1), np.array([c.points for c in node.children])
        known = ~np.isnan(value)
        w = known * weight / np.maximum((known * weight).sum(-1, keepdims=True), 1e-300)
        plain = np.nansum(w * value, -1)
        first = starts[0]
        own = combine(node, self.shares[:, first:at], points_of(self.index)[first:at])
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(plain > 0, own / plain, 1.0) if node.combine != "arithmetic" else np.ones(len(w))
        for c, child in enumerate(node.children):
            self._split(child, starts[c], points * w[:, c], factor * ratio, earned, full)

    # words

    def _area(self, area: str) -> int:
        for column in ("area", "area_name"):
            hits = np.flatnonzero((self.units[column] == area).to_numpy())
            if len(hits) == 1:
                return int(hits[0])
        advice = did_you_mean(area, self.units["area_name"]) or "可写：" + "、".join(self.units["area_name"].head(5))
        raise InputError(Problem("area_unknown", where="area", found=area, advice=advice))

    def _value(self, j: int, value: float) -> str:
        about = self.rows.loc[self.rows["indicator"] == self.index.leaves[j].code]
        if not len(about) or np.isnan(value):
            return "缺报" if np.isnan(value) else f"{value:g}"
        row = about.iloc[0]
        return shown(float(value * row["scale"]), {"decimals": int(row["decimals"])}) + str(row["unit"])

    def _reason(self, j: int, r: Any) -> str:
        leaf = self.index.leaves[j]
        if np.isnan(r.share):
            who = "各地都没有数据" if np.isnan(self.x[:, j]).all() else "缺报"
            return f"{leaf.name}：{who}，不计分，{_points(leaf.points)}分由同组其他指标分担"
        text = f"{leaf.name}{self._value(j, r.used)}" + ("（估算值）" if r.imputed else "")
        if leaf.rule == "share_of_target":
            text += f"，满分线{self._value(j, leaf.full_at)}" + (f"、零分线{self._value(j, leaf.zero_at)}" if leaf.zero_at == leaf.zero_at else "")
        else:
            text += f"，{RULE_WORDS.get(leaf.rule, leaf.rule)}得{r.share:.0%}" if leaf.rule != "zscore" else f"，标准分{r.share:.2f}"
        if r.share >= 1 - 1e-9 and r.lost >= 0.005:
            text += "（本项已满分，随整组的短板折算）"
        return f"{text}：满分{_points(r.earned + r.lost)}分，得{_points(r.earned)}分，失{_points(r.lost)}分"

    def lost(self, area: str) -> Block:
        """Where the points of an area went, in words, largest loss first."""
        i, k = self._area(area), self.x.shape[1]
        mine = list(self.contributions.iloc[i * k : (i + 1) * k].itertuples())
        row = self.table.iloc[i]
        if np.isnan(row["score"]):
            return Block.bullets([f"{row['area_name']}：{row['losses']}", *(self._reason(j, r) for j, r in enumerate(mine) if np.isnan(r.share))])
        order = sorted(range(k), key=lambda j: -np.nan_to_num(mine[j].lost, nan=0.0))
        grade = "" if pd.isna(row["grade"]) else f"，等级“{row['grade']}”"
        head = f"{row['area_name']}{self.when}得{_points(row['score'])}分（满分{_points(self.index.root.points)}分）{grade}，第{row['rank']}位（共{row['n_ranked']}个）"
        return Block.bullets([head, *(self._reason(j, mine[j]) for j in order if np.isnan(mine[j].share) or mine[j].lost >= 0.005)])

    def explain(self, area: str, most: int = 3) -> Block:
        """Strengths and weaknesses: where an area earns clearly more or less of an indicator's points than the mean."""
        i = self._area(area)
        mean = over_units("mean", self.shares)
        gap = (self.shares - mean) * points_of(self.index)
        order = [j for j in np.argsort(-np.nan_to_num(gap[i])) if abs(np.nan_to_num(gap[i, j])) >= 0.05]
        name = self.units["area_name"].iloc[i]
        best, worst = [j for j in order if gap[i, j] > 0][:most], [j for j in reversed(order) if gap[i, j] < 0][:most]
        lines = [
            f"{name}{word}：" + "；".join(f"{self.index.leaves[j].name}{self._value(j, self.x[i, j])}（比各地平均多{_points(gap[i, j])}分）".replace("多-", "少") for j in js)
            for word, js in (("长处", best), ("短板", worst)) if js
        ]  # fmt: skip
        return Block.bullets(lines or [f"{name}各项与各地平均相差不到0.05分"])

    @cached_property
    def imputed(self) -> pd.DataFrame:
        """The values that were filled in, with what they became; empty where nothing was."""
        hit = self.contributions.loc[self.contributions["imputed"], ["area", "area_name", "indicator", "name_", "used", "points"]]
        return hit.assign(method=self.index.impute).reset_index(drop=True)

    @cached_property
    def method(self) -> str:
        """How the scores were made, in words."""
        index, root = self.index, self.index.root
        groups = "、".join(f"{c.name}{_points(c.points)}分" for c in root.children)
        rules = "；".join(f"{RULE_WORDS.get(r, r)}" for r in dict.fromkeys(leaf.rule for leaf in index.leaves))
        unlike = [f"{g.name}用{COMBINES[g.combine]}" for g in _groups(root) if g.combine != "arithmetic"]
        parts = [
            f"{index.name}：满分{_points(root.points)}分，{groups}。分值为演示权重，可在YAML中改",
            f"指标得分规则：{rules}",
            "汇总：" + ("、".join(unlike) + "，其余" if unlike else "") + COMBINES["arithmetic"],
            f"有数指标的分值不足{index.needs:.0%}的不计分；缺报指标的分值由同组指标分担" + ("" if index.impute == "none" else f"；缺报先以{index.impute}法补值"),
            "得分保留两位小数，等级和位次按保留后的得分确定，同分同位",
        ]
        if index.grades:
            parts.append("等级：" + "，".join(f"{'高于' if c.strict else ''}{c.start:g}{'' if c.strict else '以上'}为{c.value}" for c in index.grades))
        return "。".join([*parts, *([index.note] if index.note else [])]) + "。"

    @property
    def block(self) -> Block:
        columns = {"area_name": "地区", "score": ("得分", 2), "grade": "等级", "rank": ("位次", 0), "known_percent": ("有数分值（%）", 0), "losses": "主要失分"}
        source = "各地区报送台账" + ("；演示数据，非真实情况" if self.is_demo else "")
        frame = self.table.assign(known_percent=self.table["known"] * 100)
        return show(frame, f"{self.when}{self.index.name}得分", columns, [self.method], source, self.is_demo)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return self.block._repr_mimebundle_()

    # other weights, fewer indicators, another year

    def _with(self, index: Index) -> Scores:
        kept = [leaf.code for leaf in index.leaves]
        at = [[leaf.code for leaf in self.index.leaves].index(code) for code in kept]
        past = None if self.previous is None else self.previous[:, at]
        return dataclasses.replace(self, index=index, raw=self.raw[:, at], x=self.x[:, at], filled=self.filled[:, at], treated=self.treated[at], previous=past)

    def reweigh(self, changes: Mapping[str, float]) -> Scores:
        """Other points for named dimensions or indicators; siblings that are not named share what is left."""
        known = [n.code for g in _groups(self.index.root) for n in g.children]
        problems = [Problem("key_unknown", where="reweigh", found=c, allowed="、".join(known), advice=did_you_mean(c, known)) for c in changes if c not in known]
        problems += [Problem("value_invalid", where=f"reweigh.{c}", found=str(p), allowed="不小于 0 的分值") for c, p in changes.items() if not p >= 0]
        root = None if problems else self.index.root.replaced(dict(changes))
        if root is None or abs(root.points - self.index.root.points) > 1e-6 or min(leaf.points for leaf in root.leaves()) < 0:
            found = "、".join(f"{c} {p:g}" for c, p in changes.items())
            raise InputError(problems or [Problem("value_invalid", where="reweigh", found=found, allowed=f"同组合计 {self.index.root.points:g} 或其上一级的分值", advice="少写一项，由其余各项分担")])
        return self._with(dataclasses.replace(self.index, root=root, name=f"{self.index.name}（改权重）"))

    def without(self, indicator: str) -> Scores:
        """The index without one indicator; its points go to its siblings in proportion."""
        codes = [leaf.code for leaf in self.index.leaves]
        if indicator not in codes or len(codes) == 1:
            raise InputError(Problem("key_unknown", where="without", found=indicator, allowed="、".join(codes), advice=did_you_mean(indicator, codes)))
        root = self.index.root.replaced({indicator: None})
        assert root is not None
        root = root.scaled(self.index.root.points)
        return self._with(dataclasses.replace(self.index, root=root, name=f"{self.index.name}（不含{indicator}）"))

    def compare(self, other: Scores) -> Shift:
        """These scores beside others of the same areas; a positive shift is a better place here."""
        from scipy import stats

        both = self.table.merge(other.table[["area", "score", "rank", "grade"]], on="area", suffixes=("", "_other"))
        both["difference"] = both["score"] - both["score_other"]
        both["shift"] = both["rank_other"] - both["rank"]
        known = both.dropna(subset=["score", "score_other"])
        pair = known["score"].round(2), known["score_other"].round(2)
        enough = min((p.nunique() for p in pair), default=0) > 1
        rho, tau = (float(f(*pair).statistic) if enough else np.nan for f in (stats.spearmanr, stats.kendalltau))
        return Shift(both, rho, tau)

    def changes(self, last: Scores | pd.DataFrame) -> pd.DataFrame:
        """What moved every area's score since last time: own data, the others' data, the method (index and targets).

        `last` is the earlier `Scores` or the earlier period's indicators (then under this index). Each part is the
        mean over the six orders in which the three can change (Shapley), so that they add up to the change.
        """
        old = last if isinstance(last, Scores) else score(last, self.index)
        mine = self.units.merge(old.units[["area"]].assign(_at=range(len(old.units))), on="area")
        here = [self._area(a) for a in mine["area"]]
        codes = [leaf.code for leaf in self.index.leaves]
        columns = list(dict.fromkeys([*codes, *(leaf.code for leaf in old.index.leaves)]))
        tables = [pd.DataFrame(s.x, columns=[leaf.code for leaf in s.index.leaves]).reindex(columns=columns).to_numpy() for s in (old, self)]
        data = [tables[0][mine["_at"].to_numpy()], tables[1][here]]
        n = len(mine)
        values: dict[tuple[int, int, int], Floats] = {}
        for own, others, method in np.ndindex(2, 2, 2):
            index = (old.index, self.index)[method]
            at = [columns.index(leaf.code) for leaf in index.leaves]
            absolute = all(leaf.rule in ABSOLUTE for leaf in index.leaves) and all(g.combine != "copeland" for g in _groups(index.root))
            if absolute or own == others:
                values[own, others, method] = total_scores(index, data[own][:, at])[0]
                continue
            found = np.empty(n)
            for i in range(n):
                mixed = data[others][:, at].copy()
                mixed[i] = data[own][i, at]
                found[i] = total_scores(index, mixed)[0][i]
            values[own, others, method] = found
        parts = np.zeros((3, n))
        for order in permutations(range(3)):
            state = [0, 0, 0]
            for which in order:
                before = values[tuple(state)]  # type: ignore[index]
                state[which] = 1
                parts[which] += (values[tuple(state)] - before) / 6  # type: ignore[index]
        out = mine[["area", "area_name"]].assign(before=values[0, 0, 0], after=values[1, 1, 1])
        out["change"], out["own"], out["others"], out["method"] = out["after"] - out["before"], *parts
        shared = [c for c in codes if c in [leaf.code for leaf in old.index.leaves]]
        earned = [s.contributions.pivot(index="area", columns="indicator", values="earned").reindex(index=out["area"], columns=shared) for s in (old, self)]
        moved = (earned[1] - earned[0]).to_numpy()
        largest = np.argmax(np.abs(np.nan_to_num(moved)), axis=1)
        names = {leaf.code: leaf.name for leaf in self.index.leaves}
        out["mainly"] = [f"{names[shared[j]]}{'增' if moved[i, j] > 0 else '减'}{_points(abs(moved[i, j]))}分" if abs(np.nan_to_num(moved[i, j])) >= 0.05 else "" for i, j in enumerate(largest)]
        return out

    # research

    @cached_property
    def weights(self) -> pd.DataFrame:
        """Declared weights beside those the data give (equal, entropy, CRITIC, deviation, principal components)."""
        out = pd.DataFrame({"indicator": [n.code for n in self.index.leaves], "name": [n.name for n in self.index.leaves]})
        out["declared"] = points_of(self.index) / self.index.root.points
        scaled = normalise(self.x, "minmax", [leaf.better for leaf in self.index.leaves])
        with np.errstate(invalid="ignore"):
            varies = np.nan_to_num(over_units("max", self.x) - over_units("min", self.x))[0] > 0
        full = scaled[:, varies][~np.isnan(scaled[:, varies]).any(axis=1)]
        for name, way in (("equal", ways.equal), ("entropy", ways.entropy), ("critic", ways.critic), ("deviation", ways.deviation), ("pca", lambda v: ways.pca(v).weights)):
            try:
                out.loc[varies, name] = way(full) if len(full) > 1 else np.nan
            except InputError:  # too few areas for this way: its column stays empty
                out[name] = np.nan
        return out

    def robustness(self, n: int = 1000, seed: int = 7, vary: Any = None) -> Any:
        """Monte Carlo over data error and method choices; see `evalkit.scoring.robustness.robustness`."""
        from evalkit.scoring.robustness import FACTORS, robustness

        return robustness(self, n, seed, FACTORS if vary is None else vary)


def _points(value: float) -> str:
    return shown(float(value), {"decimals": 2}).removesuffix(".00") if value == value else "—"


def score(indicators: pd.DataFrame, index: Any = "annual", codebook: Codebook | None = None, previous: pd.DataFrame | None = None) -> Scores:
    """Scores of all areas in one period and level of a frame of indicators.

    Parameters
    ----------
    indicators
        Frame of `evaluate`, one period and one level; areas, or party organisations in a column ``party_org``.
    index
        A name in index.yml, the path of a YAML file, a mapping, or a checked `Index`.
    codebook
        Knows the indicators that have no rows; by default the nearest project's.
    previous
        Indicators of earlier periods, for ``impute: panel``.

    Raises
    ------
    InputError
        Persons, several periods or levels at once, double rows, and every fault of the index.
    """
    if codebook is None:
        from evalkit.indicators.project import nearest_codebook

        codebook = nearest_codebook() or load_codebook()
    _refuse_persons(indicators)
    known = {code: {"name": i.name, "better": i.better, "target": _target(codebook, i.target), "entity": i.entity} for code, i in codebook.indicators.items()}
    for row in indicators.drop_duplicates("indicator").to_dict("records"):
        about = known.get(str(row["indicator"]), {})
        known[str(row["indicator"])] = about | {key: row[key] for key in ("name", "better", "target") if key in row and not pd.isna(row[key])}
    checked = load_index(index, {code: {"target": np.nan, "name": code, "better": "higher"} | about for code, about in known.items()})
    codes = [leaf.code for leaf in checked.leaves]
    persons = [c for c in codes if known[c].get("entity", "area") not in ENTITIES]
    if persons:
        raise InputError(Problem("person_refused", where=c, found=str(known[c]["entity"]), allowed="地区、党组织") for c in persons)
    key = "party_org" if "party_org" in indicators else "area"
    rows = indicators.loc[indicators["indicator"].isin(codes)]
    problems = [
        Problem("value_invalid", where=column, found="混有 " + "、".join(map(str, found)), allowed="一个时期、一级", advice=f"先选定，例如 query(\"{column} == '{found[0]}'\")")
        for column in ("period", "level") if column in rows and len(found := rows[column].dropna().unique()) > 1
    ]  # fmt: skip
    if not problems and rows.duplicated([*dict.fromkeys(["area", key]), "indicator"]).any():
        problems.append(Problem("row_duplicate", where="indicators", found="同一地区同一指标有多行", allowed="每个地区每个指标一行"))
    if not len(rows):
        problems.append(Problem("data_missing", where="indicators", found="没有这个指数的任何指标", advice="需要：" + "、".join(codes)))
    if problems:
        raise InputError(problems)
    units = _units(indicators, key)
    raw = _wide(rows, units, codes, key)
    past = None if previous is None else np.stack([_wide(p, units, codes, key) for _, p in previous.loc[previous["indicator"].isin(codes)].groupby("period")])
    groups = units["peer_group"].fillna("").to_numpy() if checked.impute == "group" else None
    x, filled = impute(raw, checked.impute, groups, past)
    done = treat(x, checked.treat)
    demo = bool(rows["is_demo"].any()) if "is_demo" in rows else False
    period = str(rows["period"].dropna().iloc[0]) if "period" in rows and rows["period"].notna().any() else ""
    return Scores(checked, units, rows, raw, done.x, filled, done.done, period, demo, None if past is None else past[-1])


def _refuse_persons(frame: pd.DataFrame) -> None:
    found = sorted(PERSONAL & set(map(str, frame.columns)))
    kinds = set(frame["entity"].dropna().astype(str)) - set(ENTITIES) if "entity" in frame else set()
    if found or kinds or not {"area", "party_org"} & set(frame.columns):
        what = "、".join([*found, *sorted(kinds)]) or "既没有地区也没有党组织"
        raise InputError(Problem("person_refused", where="indicators", found=what, allowed="地区、党组织", advice="只对地区和党组织计分"))


def _target(codebook: Codebook, name: str | None) -> float:
    return float(codebook.references[name].value) if name in codebook.references else np.nan


def _units(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    units = frame.drop_duplicates([*dict.fromkeys(["area", key])] if "area" in frame else [key])
    units = units.sort_values("sort_order", kind="stable") if "sort_order" in units else units
    out = pd.DataFrame({"area": units["area"].astype(str).to_numpy() if "area" in units else ""}, index=range(len(units)))
    if key == "party_org":
        out["area"] = out["area"] + "/" + units[key].astype(str).to_numpy()
    out["area_name"] = (units["area_name"] if "area_name" in units and key == "area" else out["area"].str.rpartition("/")[2]).to_numpy()
    for column, default in (("peer_group", None), ("sort_order", None)):
        out[column] = units[column].to_numpy() if column in units else default
    out["sort_order"] = out["sort_order"].fillna(pd.Series(range(1, len(out) + 1))) if out["sort_order"].notna().any() else range(1, len(out) + 1)
    return out


def _wide(rows: pd.DataFrame, units: pd.DataFrame, codes: list[str], key: str, column: str = "value") -> Floats:
    name = rows["area"].astype(str) + "/" + rows[key].astype(str) if key == "party_org" else rows["area"].astype(str)
    wide = pd.DataFrame({"u": name, "i": rows["indicator"], "v": pd.to_numeric(rows[column], errors="coerce")}).pivot(index="u", columns="i", values="v")
    return np.array(wide.reindex(index=units["area"], columns=codes).to_numpy(dtype=float, na_value=np.nan))
