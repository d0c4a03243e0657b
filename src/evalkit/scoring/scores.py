"""Scores of areas (or party organisations) by an index: points, ranks, grades, and where the points went."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd

from evalkit.codebook import Codebook
from evalkit.documents import Block, shown
from evalkit.problems import InputError, Problem
from evalkit.scoring import weights as ways
from evalkit.scoring.declared import unknown
from evalkit.scoring.impute import impute
from evalkit.scoring.index import Index, Node, load_index
from evalkit.scoring.normalise import normalise, over_units
from evalkit.scoring.points import (
    combine,
    leaf_shares,
    mix,
    no_persons,
    printed,
    settled,
    total_scores,
    units_of,
    wide,
)
from evalkit.scoring.ranks import rank
from evalkit.scoring.treat import treat
from evalkit.scoring.words import Showing, points, say, show, words
from evalkit.stats.arrays import Floats, refuse
from evalkit.world.number import fixed, plain
from evalkit.world.period import in_time


@dataclass(frozen=True, eq=False)
class Shift(Showing):
    """Two sets of scores side by side, and how alike their orders are (both as rank correlations)."""

    table: pd.DataFrame
    spearman: float
    kendall: float
    names: tuple[str, str] = ("", "")
    is_demo: bool = False

    @property
    def block(self) -> Block:  # type: ignore[override]
        notes = [say("correlation", spearman=self.spearman, kendall=self.kendall)]
        return show(
            "shift",
            self.table,
            notes,
            say("reports"),
            self.is_demo,
            index=self.names[0],
            other=self.names[1],
        )


@dataclass(frozen=True, eq=False)
class Scores(Showing):
    """What an index says of every area in one period; nothing in it changes, every verb gives a new one.

    `units` holds area, area_name, peer_group, sort_order; `rows` the indicators' rows used; `raw` the values
    (units x indicators), `x` the same after imputation and treatment, `filled` the imputed cells.
    """

    index: Index
    units: pd.DataFrame
    rows: pd.DataFrame
    raw: Floats
    x: Floats
    filled: Any
    previous: Any = None

    @cached_property
    def shares(self) -> Floats:
        return leaf_shares(self.index, self.x)

    @cached_property
    def _scored(self) -> tuple[Floats, Floats]:
        value, known = total_scores(self.index, self.shares)
        return settled(value), known

    @property
    def score(self) -> Floats:
        return self._scored[0]

    @property
    def period(self) -> str:
        found = self.rows["period"].dropna().tolist() if "period" in self.rows else []
        return str(found[0]) if found else ""

    @property
    def when(self) -> str:
        return f"{self.period}年" if self.period.isdigit() else self.period

    @property
    def is_demo(self) -> bool:
        return bool(self.rows["is_demo"].any()) if "is_demo" in self.rows else False

    def grade(self, score: Floats) -> Any:
        """Number of the grade of every score, -1 where there is none."""
        found, value = np.full(np.shape(score), -1, dtype=np.int8), printed(score)
        for g in reversed(range(len(self.index.grades))):
            found[self.index.grades[g].holds(value)] = g
        return found

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per area in administrative order: score, grade, rank, share of the points known, largest losses."""
        (score, known), out = self._scored, self.units.copy()
        names = [cut.value for cut in self.index.grades]
        out["score"] = score
        out["grade"] = pd.array(
            [names[g] if g >= 0 else None for g in self.grade(score)], dtype="string"
        )
        out["rank"] = pd.Series(rank(printed(score))).astype("Int64")
        out["n_ranked"], out["known"], out["n_imputed"] = (
            int((~np.isnan(score)).sum()),
            known,
            self.filled.sum(1),
        )
        said: dict[str, list[str]] = {}
        for r in self.contributions.sort_values("lost", ascending=False).itertuples():
            if r.lost >= 0.05 and len(said.setdefault(r.area, [])) < 3:
                said[r.area].append(
                    say("lost_short", name=r.name_, lost=shown(r.lost, {"decimals": 1}))
                )
        unscored = [
            "" if s == s else say("unscored" if k else "unknown_all", known=k)
            for s, k in zip(score, known, strict=True)
        ]
        out["losses"] = [
            no or "；".join(said.get(a, ())) for a, no in zip(out["area"], unscored, strict=True)
        ]
        return out

    @cached_property
    def contributions(self) -> pd.DataFrame:
        """Points of every area and indicator: `earned` adds up to the score, `lost` to what is missing to the total.

        Under a rule other than the arithmetic mean, a node's value is shared among its items in proportion to
        weight times value.
        """
        n, k = self.x.shape
        earned, full = np.full((n, k), np.nan), np.full((n, k), np.nan)
        self._split(
            self.index.root,
            slice(0, k),
            np.full(n, self.index.root.points),
            np.ones(n),
            earned,
            full,
        )
        earned[np.isnan(self.score)] = np.nan
        earned, lost = settled(earned), settled(full - earned)
        leaves, top = (
            self.index.leaves,
            [c.name for c in self.index.root.children for _ in c.leaves()],
        )
        of_area = {c: np.repeat(self.units[c].to_numpy(), k) for c in ("area", "area_name")}
        names = {"indicator": [n.code for n in leaves], "name_": [n.name for n in leaves]}
        of_leaf = names | {"dimension": top, "points": self.index.points}
        cells = {
            "value": self.raw,
            "used": self.x,
            "share": self.shares,
            "earned": earned,
            "lost": lost,
            "imputed": self.filled,
        }
        return pd.DataFrame(
            of_area
            | {c: np.tile(v, n) for c, v in of_leaf.items()}
            | {c: v.ravel() for c, v in cells.items()}
        )

    def _split(
        self, node: Node, at: slice, full: Floats, factor: Floats, earned: Floats, most: Floats
    ) -> None:
        """Hand a node's points (those of missing items shared out) and the factor of its rule down to the leaves."""
        share = self.shares[:, at]
        if not node.children:
            earned[:, at.start], most[:, at.start] = (
                full * share[:, 0] * factor,
                np.where(np.isnan(share[:, 0]), np.nan, full),
            )
            return
        spans = [(child, slice(at.start + s.start, at.start + s.stop)) for child, s in node.spans()]
        value = np.stack(
            [combine(c, self.shares[:, s], self.index.points[s]) for c, s in spans], -1
        )
        w = ~np.isnan(value) * np.array([c.points for c, _ in spans])
        w = w / np.maximum(w.sum(-1, keepdims=True), 1e-300)
        if node.combine != "arithmetic":
            mean, own = np.nansum(w * value, -1), combine(node, share, self.index.points[at])
            factor = factor * np.divide(own, mean, out=np.ones(len(w)), where=mean > 0)
        for c, (child, span) in enumerate(spans):
            self._split(child, span, full * w[:, c], factor, earned, most)

    @property
    def ordered(self) -> bool:
        """Whether there is an order: two areas at least, and not all with the same printed score."""
        return len(np.unique(printed(self.score[~np.isnan(self.score)]))) > 1

    # words

    def find(self, area: str) -> int:
        """Row of an area given by path or name."""
        for column in ("area", "area_name"):
            hits = np.flatnonzero((self.units[column] == area).to_numpy())
            if len(hits) == 1:
                return int(hits[0])
        raise InputError(unknown("area", area, list(self.units["area_name"]), "area_unknown"))

    def _value(self, j: int, value: float) -> str:
        about = (
            self.rows.loc[self.rows["indicator"] == self.index.leaves[j].code]
            .head(1)
            .to_dict("records")
        )
        if not about or np.isnan(value):
            return say("missing") if np.isnan(value) else plain(value)
        return fixed(float(value), int(about[0]["decimals"]), scale=about[0]["scale"]) + str(
            about[0]["unit"]
        )

    def _reason(self, j: int, r: Any) -> str:
        leaf = self.index.leaves[j]
        if np.isnan(r.share):
            who = say("nobody" if np.isnan(self.x[:, j]).all() else "missing")
            return say("absent", name=leaf.name, who=who, points=points(leaf.points))
        text = f"{leaf.name}{self._value(j, r.used)}" + (say("estimate") if r.imputed else "")
        if leaf.rule == "share_of_target":
            text += say("full_at", full=self._value(j, leaf.full_at))
            text += (
                say("zero_at", zero=self._value(j, leaf.zero_at))
                if leaf.zero_at == leaf.zero_at
                else ""
            )
        else:
            text += say(
                "z" if leaf.rule == "zscore" else "share",
                rule=words("rules")[leaf.rule],
                share=r.share,
            )
        if r.share >= 1 - 1e-9 and r.lost >= 0.005:
            text += say("whole_group")
        return say(
            "reason",
            text=text,
            full=points(r.earned + r.lost),
            earned=points(r.earned),
            lost=points(r.lost),
        )

    def lost(self, area: str, place: bool = True) -> Block:
        """Where the points of an area went, in words, largest loss first; its place (where there is an order) only on demand."""
        i, k = self.find(area), self.x.shape[1]
        mine, row = (
            list(self.contributions.iloc[i * k : (i + 1) * k].itertuples()),
            self.table.iloc[i],
        )
        if np.isnan(row["score"]):
            gaps = [self._reason(j, r) for j, r in enumerate(mine) if np.isnan(r.share)]
            return Block.bullets([f"{row['area_name']}：{row['losses']}", *gaps])
        order = sorted(range(k), key=lambda j: -np.nan_to_num(mine[j].lost, nan=0.0))
        grade = "" if pd.isna(row["grade"]) else say("grade", grade=row["grade"])
        head = say(
            "head",
            name=row["area_name"],
            when=self.when,
            score=points(row["score"]),
            full=points(self.index.root.points),
            grade=grade,
            place=self._place(row) if place else "",
        )
        return Block.bullets(
            [head, *(self._reason(j, mine[j]) for j in order if not mine[j].lost < 0.005)]
        )

    def _place(self, row: Any) -> str:
        if not self.ordered:
            return ""
        tied = int((self.table["rank"] == row["rank"]).sum()) > 1
        return say("place_tied" if tied else "place", rank=row["rank"], n=row["n_ranked"])

    def explain(self, area: str, most: int = 3) -> Block:
        """Strengths and weaknesses: where an area earns clearly more or less of an indicator's points than the mean.

        Full points do not make a strength of a value that is behind the mean or in the last third of the areas.
        """
        i, name = self.find(area), self.units["area_name"].iloc[self.find(area)]
        gap = np.nan_to_num((self.shares - over_units("mean", self.shares)) * self.index.points)[i]
        best = np.where([leaf.better == "lower" for leaf in self.index.leaves], -self.x, self.x)
        ahead, known = (best > best[i]).sum(axis=0), (~np.isnan(best)).sum(axis=0)
        behind = (best[i] < over_units("mean", best)[0]) | (ahead >= known * 2 / 3)
        gap = np.where(behind, np.minimum(gap, 0.0), gap)
        gap, lines = settled(gap), []
        for kind, word, sign in (
            ("strengths", "better_than_mean", 1),
            ("weaknesses", "worse_than_mean", -1),
        ):
            at = [j for j in np.argsort(-sign * gap) if sign * gap[j] >= 0.05][:most]
            parts = [
                say(
                    word,
                    name=self.index.leaves[j].name,
                    value=self._value(j, self.x[i, j]),
                    gap=points(abs(gap[j])),
                )
                for j in at
            ]
            lines += [say(kind, name=name, parts="；".join(parts))] if parts else []
        alone = int((~np.isnan(self.score)).sum()) < 2
        return Block.bullets(lines or [say("alone" if alone else "like_the_mean", name=name)])

    @cached_property
    def imputed(self) -> pd.DataFrame:
        """The values that were filled in, with what they became; empty where nothing was."""
        hit = self.contributions.loc[
            self.contributions["imputed"],
            ["area", "area_name", "indicator", "name_", "used", "points"],
        ]
        return hit.assign(method=self.index.impute).reset_index(drop=True)

    @cached_property
    def method(self) -> str:
        """How the scores were made, in words."""
        index, root, rules = self.index, self.index.root, words("combines")
        unlike = [
            say("combine", name=g.name, rule=rules[g.combine])
            for g in root.groups()
            if g.combine != "arithmetic"
        ]
        text = say(
            "method",
            index=index.name,
            full=points(root.points),
            needs=index.needs,
            groups="、".join(
                say("group", name=c.name, points=points(c.points)) for c in root.children
            ),
            rules="；".join(
                words("rules")[r] for r in dict.fromkeys(leaf.rule for leaf in index.leaves)
            ),
            combine="，其余".join(["、".join(unlike)] * bool(unlike) + [rules["arithmetic"]]),
            impute="" if index.impute == "none" else say("impute", way=index.impute),
        )
        cuts = [
            say("grade_above" if c.strict else "grade_from", start=c.start, grade=c.value)
            for c in index.grades
        ]
        if len(cuts) > 1 and index.grades[-1].start <= 0:
            above = index.grades[-2]
            cuts[-1] = say(
                "grade_to" if above.strict else "grade_below",
                start=above.start,
                grade=index.grades[-1].value,
            )
        return (
            text
            + (say("grades", parts="，".join(cuts)) if cuts else "")
            + (f"{index.note}。" if index.note else "")
        )

    @property
    def block(self) -> Block:  # type: ignore[override]
        public = "place" in self.rows and self.rows["place"].notna().any()
        frame = self.table.assign(known_percent=self.table["known"] * 100)
        if not self.ordered:
            frame["rank"] = pd.NA
        source = say("public" if public else "reports")
        return show(
            "scores",
            frame,
            [self.method],
            source,
            self.is_demo,
            when=self.when,
            index=self.index.name,
        )

    # other weights, fewer indicators, another year

    def _with(self, root: Node | None, name: str) -> Scores:
        assert root is not None
        index, codes = (
            dataclasses.replace(self.index, root=root, name=name),
            [leaf.code for leaf in self.index.leaves],
        )
        at = [codes.index(leaf.code) for leaf in index.leaves]
        past = None if self.previous is None else self.previous[:, at]
        return dataclasses.replace(
            self,
            index=index,
            raw=self.raw[:, at],
            x=self.x[:, at],
            filled=self.filled[:, at],
            previous=past,
        )

    def reweigh(self, changes: Mapping[str, float]) -> Scores:
        """Other points for named dimensions or indicators; siblings that are not named share what is left."""
        known = [n.code for g in self.index.root.groups() for n in g.children]
        problems = [unknown("reweigh", c, known) for c in changes if c not in known]
        low = {c: str(p) for c, p in changes.items() if not p >= 0}
        problems += [
            Problem("value_invalid", where=f"reweigh.{c}", found=p, allowed="不小于 0 的分值")
            for c, p in low.items()
        ]
        root = None if problems else self.index.root.replaced(dict(changes))
        total = self.index.root.points
        if root is not None and (
            abs(root.points - total) > 1e-6 or min(leaf.points for leaf in root.leaves()) < 0
        ):
            found, allowed = (
                "、".join(f"{c} {plain(p)}" for c, p in changes.items()),
                f"同组合计为上一级的分值（总分 {plain(total)}）",
            )
            problems = [refuse("reweigh", found, allowed, "少写一项，由其余各项分担").problems[0]]
        if problems:
            raise InputError(problems)
        return self._with(root, say("reweighed", name=self.index.name))

    def without(self, indicator: str) -> Scores:
        """The index without one indicator; its points go to its siblings in proportion."""
        codes = [leaf.code for leaf in self.index.leaves]
        if indicator not in codes or len(codes) == 1:
            raise InputError(unknown("without", indicator, codes))
        root = self.index.root.replaced({indicator: None})
        return self._with(
            root and root.scaled(self.index.root.points),
            say("reduced", name=self.index.name, indicator=indicator),
        )

    def compare(self, other: Scores) -> Shift:
        """These scores beside others of the same areas; a positive shift is a better place here."""
        from scipy import stats

        both = self.table.merge(
            other.table[["area", "score", "rank", "grade"]], on="area", suffixes=("", "_other")
        )
        both["difference"] = settled(both["score"] - both["score_other"])
        both["shift"] = both["rank_other"] - both["rank"]
        known = both.dropna(subset=["score", "score_other"])
        pair = printed(known["score"]), printed(known["score_other"])
        enough = all(len(np.unique(p)) > 1 for p in pair)
        rho, tau = (
            float(f(*pair).statistic) if enough else np.nan
            for f in (stats.spearmanr, stats.kendalltau)
        )
        return Shift(both, rho, tau, (self.index.name, other.index.name), self.is_demo)

    def changes(self, last: Scores | pd.DataFrame) -> pd.DataFrame:
        """What moved every area's score since last time: own data, the others' data, the method (index and targets).

        `last` is the earlier `Scores` or the earlier period's indicators (then under this index). Each part is the
        mean over the six orders in which the three can change (Shapley), so that they add up to the change.
        """
        old = last if isinstance(last, Scores) else score(last, self.index)
        mine = self.units.merge(old.units[["area"]].assign(_at=range(len(old.units))), on="area")
        codes = [[leaf.code for leaf in s.index.leaves] for s in (old, self)]
        columns = list(dict.fromkeys(codes[1] + codes[0]))
        sides = (old, codes[0], mine["_at"]), (self, codes[1], [self.find(a) for a in mine["area"]])
        data = [
            pd.DataFrame(s.x, columns=own).reindex(columns=columns).to_numpy()[at]
            for s, own, at in sides
        ]
        values: dict[tuple[int, ...], Floats] = {}
        for own, others, method in np.ndindex(2, 2, 2):
            index = (old.index, self.index)[method]
            at = [columns.index(code) for code in codes[method]]
            values[own, others, method] = mix(index, data[own][:, at], data[others][:, at])
        parts = np.zeros((3, len(mine)))
        for order in permutations(range(3)):
            state = [0, 0, 0]
            for which in order:
                before = values[tuple(state)]
                state[which] = 1
                parts[which] += (values[tuple(state)] - before) / 6
        out = mine[["area", "area_name"]].assign(before=values[0, 0, 0], after=values[1, 1, 1])
        out["change"], out["own"], out["others"], out["method"] = (
            out["after"] - out["before"],
            *parts,
        )
        earned = [
            s.contributions.pivot(index="area", columns="indicator", values="earned").reindex(
                out["area"]
            )
            for s in (old, self)
        ]
        moved = (earned[1] - earned[0]).fillna(0.0).apply(settled)
        names = {leaf.code: leaf.name for leaf in (*old.index.leaves, *self.index.leaves)}
        top = [
            (names[code], moved.loc[area, code])
            for area, code in moved.abs().idxmax(axis=1).items()
        ]
        out["mainly"] = [
            say("up" if m > 0 else "down", name=name, points=points(abs(m)))
            if abs(m) >= 0.05
            else ""
            for name, m in top
        ]
        return out

    # research

    @cached_property
    def weights(self) -> pd.DataFrame:
        """Declared weights beside those the data give (equal, entropy, CRITIC, deviation, principal components)."""
        leaves = self.index.leaves
        out = pd.DataFrame(
            {
                "indicator": [n.code for n in leaves],
                "name": [n.name for n in leaves],
                "declared": self.index.points / self.index.root.points,
            }
        )
        scaled = normalise(self.x, "minmax", [leaf.better for leaf in leaves])
        varies = np.nan_to_num(over_units("max", self.x) - over_units("min", self.x))[0] > 0
        full = scaled[:, varies][~np.isnan(scaled[:, varies]).any(axis=1)]
        for name in ("equal", "entropy", "critic", "deviation", "pca"):
            out[name] = np.nan
            with suppress(InputError):  # too few areas for this way: its column stays empty
                if len(full) > 1 and varies.any():
                    found = getattr(ways, name)(full)
                    out.loc[varies, name] = found.weights if name == "pca" else found
        return out

    def robustness(self, n: int = 1000, seed: int = 7, vary: Any = None) -> Any:
        """Monte Carlo over data error and method choices; see `evalkit.scoring.robustness.robustness`."""
        from evalkit.scoring.robustness import FACTORS, robustness

        return robustness(self, n, seed, FACTORS if vary is None else vary)


def score(
    indicators: pd.DataFrame,
    index: Any = "annual",
    codebook: Codebook | None = None,
    previous: pd.DataFrame | None = None,
) -> Scores:
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

        codebook = nearest_codebook()
    no_persons(indicators)
    known: dict[str, dict[str, Any]] = {}
    for code, i in codebook.indicators.items():
        target = codebook.references[i.target].value if i.target in codebook.references else np.nan
        known[code] = {
            "name": i.name,
            "better": i.better,
            "target": float(target),
            "entity": i.entity,
        }
    for row in indicators.drop_duplicates("indicator").to_dict("records"):
        code = str(row["indicator"])
        about = {
            key: row[key]
            for key in ("name", "better", "target")
            if key in row and not pd.isna(row[key])
        }
        known[code] = (
            {"name": code, "better": "higher", "target": np.nan} | known.get(code, {}) | about
        )
    checked = load_index(index, known)
    codes = [leaf.code for leaf in checked.leaves]
    key = "party_org" if "party_org" in indicators else "area"
    rows = indicators.loc[indicators["indicator"].isin(codes)]
    persons = [
        c
        for c in codes
        if c in known and known[c].get("entity", "area") not in ("area", "party_org")
    ]
    problems = [
        Problem("person_refused", where=c, found=str(known[c]["entity"]), allowed="地区、党组织")
        for c in persons
    ]
    for column in ("period", "level"):
        found = rows[column].dropna().unique().tolist() if column in rows else []
        if len(found) > 1:
            mixed, advice = (
                "混有 " + "、".join(map(str, found)),
                f"先选定，例如 query(\"{column} == '{found[0]}'\")",
            )
            problems.append(
                Problem(
                    "value_invalid",
                    where=column,
                    found=mixed,
                    allowed="一个时期、一级",
                    advice=advice,
                )
            )
    if not problems and rows.duplicated([*dict.fromkeys(["area", key]), "indicator"]).any():
        problems.append(
            Problem(
                "row_duplicate",
                where="indicators",
                found="同一地区同一指标有多行",
                allowed="每个地区每个指标一行",
            )
        )
    if not len(rows):
        problems.append(
            Problem(
                "data_missing",
                where="indicators",
                found="没有这个指数的任何指标",
                advice="需要：" + "、".join(codes),
            )
        )
    if problems:
        raise InputError(problems)
    units = units_of(indicators, key)
    raw = wide(rows, units, codes)
    before = pd.DataFrame() if previous is None else previous.loc[previous["indicator"].isin(codes)]
    parts = (
        [before.loc[before["period"] == p] for p in in_time(before["period"].dropna())]
        if len(before)
        else []
    )
    past = np.stack([wide(part, units, codes) for part in parts]) if parts else None
    groups = units["peer_group"].fillna("").to_numpy() if checked.impute == "group" else None
    x, filled = impute(raw, checked.impute, groups, past)
    return Scores(
        checked,
        units,
        rows,
        raw,
        treat(x, checked.treat).x,
        filled,
        None if past is None else past[-1],
    )
