"""What a reform does: cost by payer and place, who gains, adequacy, inequality, the sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evalkit.problems import InputError
from evalkit.scoring.declared import unknown
from evalkit.stats import gini, lorenz, theil_decomposition
from evalkit.subsidy import answer, coverage
from evalkit.subsidy.checks import Dated
from evalkit.subsidy.engine import Ints
from evalkit.subsidy.scheme import Reform, Scheme
from evalkit.world import number

if TYPE_CHECKING:
    from evalkit.subsidy.plan import Plan

FEN = ["baseline_fen", "amount_fen", "change_fen"]
SIDES = (("baseline", "baseline"), ("amount", "reform"))  # column, row
Money = dict[int, dict[tuple[str, str], Ints]]


def wan(fen: float) -> str:
    """An amount in a sentence: 12.35万元 (half up), below ten thousand 8,200元."""
    size = abs(int(fen))
    text = number.wan(size) if size >= number.WAN_YUAN else number.yuan(size)
    return ("−" if fen < 0 and size >= number.WHOLE_YUAN / 2 else "") + text


@dataclass(frozen=True)
class Result:
    """A reform beside the baseline, in integer fen by year, component, payer and district."""

    plan: Plan
    reform: Reform
    scheme: Scheme
    values: dict[str, Dated]
    old: Money
    new: Money
    title: str = ""
    _known: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for year, money in self.new.items():
            if sum(int(a.sum()) for a in money.values()) != self.plan.total(
                self.values, year, self.scheme, self.plan.scheme
            ):
                raise AssertionError("the payers do not add up to the total")

    @property
    def source_line(self) -> str:
        source = self.plan.source
        what = "演示数据（虚构，不代表任何真实地区）" if source.is_demo else "各地区报送台账"
        return f"来源：{what}，{source.years[-1]}年台账；标准：{self.plan.scheme.name}"

    @property
    def sides(self) -> tuple[tuple[Scheme, dict[str, Dated]], ...]:
        """Scheme and values of the baseline and of the reform."""
        return (self.plan.scheme, self.plan.values), (self.scheme, self.values)

    @cached_property
    def table(self) -> pd.DataFrame:
        """area, area_name, year, component, payer, baseline_fen, amount_fen, change_fen: one row each."""
        source, frames = self.plan.source, []
        for year in self.plan.years:
            zero = np.zeros(len(source.homes), np.int64)
            for key in dict.fromkeys([*self.old[year], *self.new[year]]):
                old, new = self.old[year].get(key, zero), self.new[year].get(key, zero)
                frames.append(
                    pd.DataFrame(
                        {
                            "area": source.homes,
                            "area_name": source.names,
                            "year": year,
                            "component": key[0],
                            "payer": key[1],
                            "baseline_fen": old,
                            "amount_fen": new,
                            "change_fen": new - old,
                        }
                    )
                )
        return pd.concat(frames, ignore_index=True)

    def cost(self, by: str | Sequence[str] = "payer", year: int | None = None) -> pd.DataFrame:
        """Baseline, cost and change in fen by payer, component, area (or several) and year; payers add up to the total."""
        keys = ["year", *([by] if isinstance(by, str) else by)]
        keys += ["area_name"] if "area" in keys else []
        frame = self.table if year is None else self.table[self.table["year"] == year]
        found = frame.groupby(keys, sort=False)[FEN].sum().reset_index()
        whole = found.groupby("year")["change_fen"].transform("sum").astype(float)
        found["share"] = found["change_fen"] / whole.where(whole != 0)
        found["relative"] = found["change_fen"] / found["baseline_fen"].where(
            found["baseline_fen"] != 0
        )
        return found

    def change(self, by: str | Sequence[str] = "area", year: int | None = None) -> pd.DataFrame:
        """Like `cost`, by area, with members and the money per member (yuan) before and after."""
        found = self.cost(by, year)
        if by == "area":
            homes, members = self.plan.source.homes, {y: self.members(y) for y in self.plan.years}
            found["members"] = [
                members[y][homes.index(a)]
                for y, a in zip(found["year"], found["area"], strict=True)
            ]
            for column in ("baseline", "amount"):
                found[f"{column}_per_member"] = (
                    found[f"{column}_fen"] / 100 / found["members"].where(found["members"] > 0)
                )
        return found

    def members(self, year: int) -> Any:
        """Members by district, on the base of the money."""
        engine = self.plan.engine
        return np.bincount(
            engine.areas(engine.rows(year)),
            engine.members(year, self.scheme.members)[0] / 2,
            len(self.plan.source.homes),
        )

    def carry_over(self) -> pd.DataFrame:
        """翘尾: the change of each year, of the same year had the last values held from January, and the difference."""
        rows, plan = [], self.plan
        for year in plan.years:
            first = int(self.cost([], year)["change_fen"].iloc[0])
            schemes = (self.scheme, plan.scheme)
            old, new = (
                plan.total(plan.whole_year(values, year), year, scheme, beside)
                for (scheme, values), beside in zip(self.sides, schemes, strict=True)
            )
            rows.append([year, first, new - old, new - old - first])
        return pd.DataFrame(
            rows, columns=["year", "change_fen", "whole_year_fen", "carry_over_fen"]
        )

    def organisations(self, year: int | None = None, component: str | None = None) -> pd.DataFrame:
        """Every party organisation: members on the base, money before and after, in fen (unscaled by growth)."""
        year = year or self.plan.years[0]
        if (year, component) in self._known:
            return self._known[year, component].copy()  # type: ignore[no-any-return]
        if component is not None and component not in self.scheme.components:
            raise InputError(unknown("component", component, list(self.scheme.components)))
        engine = self.plan.engine
        rows = engine.rows(year)
        twice, _ = engine.members(year, self.scheme.members)
        out = pd.DataFrame(
            {"area": rows["home"], "party_org": rows["party_org"], "members": twice / 2}
        )
        out = out.join(rows[[c for c in ("org_kind", "level", "stars") if c in rows]])
        names = [n for n in self.scheme.components if component in (None, n)]
        areas = engine.areas(rows)
        known = {
            n: (coverage.missing(self, n, year) == "")[areas] for n in names if self._by_list(n)
        }
        for (word, _), (scheme, values) in zip(SIDES, self.sides, strict=True):
            each = {
                n: np.where(known[n], engine.by_organisation(scheme, n, year, values), 0)
                for n in known
            }
            out[f"{word}_fen"] = sum(each.values(), np.zeros(len(rows), np.int64))
            own = [n for n in each if scheme.components[n].basis == "top_up"]
            spent = (engine.ledger(scheme.components[n].spent_for, year) for n in own)
            out[f"{word}_spent_fen"] = sum(spent, np.zeros(len(rows), np.int64))
        out["change_fen"] = out["amount_fen"] - out["baseline_fen"]
        out["why"] = self._why(year, names)
        for column, some in (("known", names), ("change_known", coverage.touched(self))):
            own = [known[n] for n in some if n in known]
            out[column] = np.all(own, axis=0) if own else True
        out = out[self._counted(rows, out)].reset_index(drop=True)
        self._known[year, component] = out
        return out.copy()

    def _by_list(self, name: str) -> bool:
        """Whether a component pays listed organisations (instructors and grades are only counted)."""
        return self.scheme.components[name].per not in ("instructor", "count")

    def _counted(self, rows: pd.DataFrame, out: pd.DataFrame) -> Any:
        """The party organisations; a functional one is none unless the scheme pays it."""
        if "functional" not in rows:
            return np.ones(len(rows), bool)
        paid = (out["baseline_fen"] != 0) | (out["amount_fen"] != 0)
        return (~rows["functional"] | paid).to_numpy(bool)

    def _why(self, year: int, names: Sequence[str]) -> list[str]:
        """For every organisation by component why nothing is due: 党员活动经费：无党员数."""
        found = {
            self.scheme.components[n].name: coverage.reasons(self, n, year)[0]
            for n in names
            if self._by_list(n)
        }
        count = len(self.plan.engine.rows(year))
        each = (
            [f"{name}：{why[i]}" for name, why in found.items() if why[i]] for i in range(count)
        )
        return ["；".join(texts) for texts in each]

    def groups(self, by: str | Sequence[str] = "area", year: int | None = None) -> pd.DataFrame:
        """Organisations and members that gain, stay or lose (增加 / 不变 / 减少); groups are those of the baseline.

        ``by="quintile"``: fifths of the members in the order of the baseline's money per member.
        """
        rows = self.organisations(year)
        rows = rows[rows["change_known"]].reset_index(drop=True)
        if by == "quintile":
            per = (rows["baseline_fen"] / rows["members"].where(rows["members"] > 0)).to_numpy(
                float
            )
            order = np.argsort(per, kind="stable")
            place = np.empty(len(rows))
            place[order] = np.cumsum(rows["members"].to_numpy()[order]) / max(
                1, rows["members"].sum()
            )
            rows["quintile"] = pd.Series(
                np.where(np.isnan(per), np.nan, np.clip(np.ceil(place * 5 - 1e-9), 1, 5))
            ).astype("Int64")
        keys = [by] if isinstance(by, str) else list(by)
        sign = np.sign(rows["change_fen"])
        for word, value in (("gain", 1), ("same", 0), ("lose", -1)):
            rows[word] = (sign == value).astype(int)
            rows[f"{word}_members"] = rows["members"].where(sign == value, 0.0)
        words = [w + s for s in ("", "_members") for w in ("gain", "same", "lose")]
        if not keys:
            return rows[words].sum().to_frame().T
        return rows.groupby(keys, sort=False, dropna=False)[words].sum().reset_index()

    def reach(
        self, standard: float, year: int | None = None, component: str | None = None
    ) -> pd.DataFrame:
        """Adequacy: organisations and members at or above `standard` yuan per member (a top-up counts what is spent already)."""
        rows = self.organisations(year, component)
        rows = rows[rows["known"]]
        some = rows[rows["members"] > 0]
        found = {}
        for word, name in SIDES:
            enough = (some[f"{word}_fen"] + some[f"{word}_spent_fen"]) >= some[
                "members"
            ] * standard * 100
            within, whole = some.loc[enough, "members"].sum(), some["members"].sum()
            found[name] = {
                "organisations": int(enough.sum()),
                "share": float(enough.mean()) if len(some) else np.nan,
                "members": float(within),
                "without_members": len(rows) - len(some),
                "member_share": float(within / whole) if len(some) else np.nan,
            }
        return pd.DataFrame(found).T

    def _per_member(self, word: str, year: int | None) -> tuple[Any, Any, Any]:
        rows = self.organisations(year).query("members > 0 and known")
        return (
            (rows[f"{word}_fen"] / 100 / rows["members"]).to_numpy(float),
            rows["members"].to_numpy(float),
            rows["area"].to_numpy(str),
        )

    def inequality(self, year: int | None = None) -> pd.DataFrame:
        """Gini and Theil T (between and within districts) of the money per member, weighted by members."""
        found = {}
        for word, name in SIDES:
            x, w, area = self._per_member(word, year)
            total, between, within = theil_decomposition(x, area, w)
            found[name] = {"gini": gini(x, w), "theil": total, "between": between, "within": within}
        return pd.DataFrame(found).T

    def lorenz(self, year: int | None = None) -> dict[str, Any]:
        return {name: lorenz(*self._per_member(word, year)[:2]) for word, name in SIDES}

    def further(self, year: int | None = None) -> pd.DataFrame:
        """What one more yuan (or step of a share) of each parameter costs from here, in fen a year."""
        year = year or self.plan.years[-1]
        base, rows = self.plan.whole_year(self.values, year), []
        now = self.plan.total(base, year, self.scheme)
        for path, one in self.scheme.parameters.items():
            step = type(one.step)(1) if one.money else one.step
            ((start, value),) = base[path]
            if value + step <= one.range[1]:
                more = self.plan.total(base | {path: ((start, value + step),)}, year, self.scheme)
                rows.append([path, self.scheme.label(path), float(value), float(step), more - now])
        return pd.DataFrame(rows, columns=["parameter", "label", "value", "step", "cost_fen"])

    @property
    def sentence(self) -> str:
        """The answer in one sentence: cost by payer, every year, who gains or loses, whom nothing is due to and why."""
        return answer.sentence(self)

    @property
    def public_sentence(self) -> str:
        """The same without the names of areas."""
        return answer.sentence(self, named=False)

    def coverage(self, year: int | None = None) -> pd.DataFrame:
        """By component: organisations that something is due to, those that nothing is, and why (see `coverage`)."""
        return coverage.coverage(self, year or self.plan.years[0])

    def left_out(self, year: int | None = None) -> pd.DataFrame:
        """Districts that cannot be reckoned, by component, and what is missing."""
        return coverage.left_out(self, year or self.plan.years[0])

    def states(self, year: int | None = None) -> pd.Series:
        """By district 增加, 减少, 已达标, 无应发, 不变 or 缺."""
        return coverage.states(self, year or self.plan.years[0])
