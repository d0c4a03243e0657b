r"""Exact payments: organisations reduced once to counted cells, every scenario evaluated from the cells.

A kind is a distinct (tier, quantity), a cell the number of its organisations in a district. Quantities are whole (members
doubled where the base is a mean), so no histogram is cut off: a cap of any height is exact and nothing is extrapolated.
With the parts s of the year and their weights :math:`w_s`,

.. math:: payment = round\Big(\sum_s w_s \min(cap_s, \max(floor_s, base_s + rate_s q)) / \sum_s w_s\Big)

in whole fen, half up, at the scheme's unit. Nothing is a float until growth or take-up makes it an estimate.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.scoring.stars import holds, number
from evalkit.subsidy.checks import AMOUNTS, Dated, value_on
from evalkit.subsidy.scheme import Component, Scheme
from evalkit.subsidy.source import Source, column
from evalkit.world.number import plain

Ints = np.ndarray[Any, np.dtype[np.int64]]
Pieces = tuple[tuple[int, tuple[int, ...]], ...]
Values = Mapping[str, Dated]
BIG = 4 * 10**18
PLACE = ["home", "party_org"]


@dataclass(frozen=True)
class Projection:
    """Years after the last ledger: growth a year of organisations and members, and 落实率 (share really paid).

    With `admissions` (new members in the last year as a share of members) they grow by `admissions_growth` a year,
    Lishui's scenario being 20%, and members by them, less `leaving`.
    """

    organisations: float = 0.0
    members: float = 0.0
    admissions: float | None = None
    admissions_growth: float = 0.2
    leaving: float = 0.0
    take_up: float = 1.0

    def factor(self, per: str, years: int) -> float:
        if per not in ("member", "dues"):
            return float((1 + self.organisations) ** years)
        if self.admissions is None:
            return float((1 + self.members) ** years)
        total, new = 1.0, self.admissions
        for _ in range(years):
            new *= 1 + self.admissions_growth
            total = total * (1 - self.leaving) + new
        return total


@dataclass(frozen=True)
class Cells:
    """The sufficient statistics of a component in a year.

    `tier` and `q` describe the kinds that occur; `n` organisations of a `kind` stand in an `area`; `inverse` leads
    from an organisation to its kind (-1: not paid).
    """

    tier: Ints
    q: Ints
    area: Ints
    kind: Ints
    n: Ints
    inverse: Ints
    divisor: int = 1
    parts: tuple[Ints, ...] = ()  # of a matching: the kind in each matched component

    @cached_property
    def counts(self) -> Ints | None:
        """Areas x kinds as one matrix, where it is small."""
        areas = int(self.area.max(initial=0)) + 1
        if areas * len(self.q) > 300_000:
            return None
        matrix = np.zeros((areas, len(self.q)), np.int64)
        matrix[self.area, self.kind] = self.n
        return matrix

    def sums(self, pay: Ints, areas: int) -> Ints:
        """Money by area of a payment by kind."""
        out = np.zeros(areas, np.int64)
        if self.counts is None:
            np.add.at(out, self.area, pay[self.kind] * self.n)
        else:
            out[: len(self.counts)] = self.counts @ pay
        return out


def half_up(value: Ints, divisor: int | Ints, unit: int = 1) -> Ints:
    """``value / divisor`` rounded half up to a multiple of `unit`; whole numbers all the way."""
    return (2 * value + divisor * unit) // (2 * divisor * unit) * unit


def times(money: Ints, factor: float) -> Ints:
    """An estimate: growth or take-up, half up to the fen (binary noise goes first); a factor of 1 leaves the money exact."""
    return money if factor == 1 else np.floor(np.round(money * factor, 4) + 0.5).astype(np.int64)


def pieces(scheme: Scheme, names: list[str], values: Values, year: int) -> Pieces:
    """The parts of a year in which nothing changes: weight and values (fen, or ten-thousandths)."""
    first, whole = date(year, 1, 1), {"first_day": 1, "months": 12}.get(scheme.dates, 366 if calendar.isleap(year) else 365)
    starts = sorted({d for n in names for d, _ in values[n] if first < d <= date(year, 12, 31)})
    cuts = {0: first}
    for d in starts if scheme.dates != "first_day" else ():  # a month from itself when on its first day, else from the next
        cuts[d.month - (d.day == 1) if scheme.dates == "months" else d.timetuple().tm_yday - 1] = d
    cuts = {k: v for k, v in cuts.items() if k < whole}
    at = sorted(cuts)
    scales = {n: scheme.parameters[n].scale for n in names}
    return tuple((end - start, tuple(int((value_on(values[n], cuts[start]) or 0) * scales[n]) for n in names))
                 for start, end in zip(at, [*at[1:], whole], strict=True))  # fmt: skip


def compress(area: Ints, keys: Ints, paid: np.ndarray) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Distinct rows of `keys` (one column, or more), the cells (area, kind, n) and the way from a row to its kind."""
    inverse, rows = np.full(len(area), -1, np.int64), np.flatnonzero(paid)
    distinct, back = np.unique(keys[rows], axis=0 if keys.ndim > 1 else None, return_inverse=True)
    inverse[rows] = back.ravel()
    cells, n = np.unique(area[rows] * len(distinct) + inverse[rows], return_counts=True)
    return distinct, cells // max(1, len(distinct)), cells % max(1, len(distinct)), n.astype(np.int64), inverse


def _meets(rows: pd.DataFrame, tests: Mapping[str, Any], name: str) -> np.ndarray:
    for key in tests:
        column(rows, key, f"{name}.eligible".lstrip("."))
    return np.asarray(holds(rows, tests))


@dataclass
class Engine:
    """Reductions and payments of one source, each made once."""

    source: Source
    projection: Projection = field(default_factory=Projection)
    _known: dict[Any, Any] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def once(self, key: Any, make: Any) -> Any:
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def rows(self, year: int) -> pd.DataFrame:
        period = str(self.source.data_year(year))
        orgs = self.source.orgs
        return self.once(("rows", period), lambda: orgs[orgs["period"] == period].reset_index(drop=True))

    def areas(self, rows: pd.DataFrame) -> Ints:
        """The place of each row's district in `homes`."""
        make = lambda: (rows, pd.Categorical(rows["home"], categories=list(self.source.homes)).codes.astype(np.int64))  # noqa: E731
        return self.once(("areas", id(rows)), make)[1]  # type: ignore[no-any-return]

    def members(self, year: int, base: str) -> tuple[Ints, np.ndarray]:
        """Twice the members of each organisation on the base of the money, and where they are unknown."""

        def make() -> tuple[Ints, np.ndarray]:
            rows = self.rows(year)
            now = number(rows["members"]) if "members" in rows else np.zeros(len(rows))
            wanted, last = (year if base == "year_end" else year - 1), self.source.years[-1]
            before = now
            if wanted < self.source.years[0] and base != "year_end":
                self.notes[f"没有{wanted}年末党员数，{year}年改按{self.source.data_year(year)}年末计算"] = None
            elif wanted < last or (wanted == last and year - 1 == last and self.source.data_year(year) != last):
                old, index = self.rows(wanted).set_index(PLACE)["members"], pd.MultiIndex.from_frame(rows[PLACE])
                before, new = number(old.reindex(index)), ~index.isin(old.index)
                before = np.where(new, 0, before)
                if new.any():
                    self.notes[f"{year}年有{int(new.sum())}个党组织上年末还没有，上年末党员按0计"] = None
            both = now + before if base == "mean" else 2 * (now if base == "year_end" else before)
            gone = np.isnan(both)
            if gone.any():
                self.notes[f"{year}年有{int(gone.sum())}个党组织缺党员数，按0计"] = None
            return np.where(gone, 0, both).round().astype(np.int64), gone

        return self.once(("members", year, base), make)  # type: ignore[no-any-return]

    def _booked(self, kind: str, year: int) -> pd.DataFrame:
        money = self.source.money
        return money[(money["kind"] == kind) & (money["period"] == str(min(year, self.source.years[-1])))]

    def ledger(self, kind: str, year: int, lag: int = 0) -> Ints:
        """What the ledger has for each organisation of a year, in fen; the last known year goes on."""

        def make() -> Ints:
            mine = self._booked(kind, year - lag).set_index(PLACE)["amount_fen"]
            if mine.empty and kind in ("town", "dues"):
                period = min(year - lag, self.source.years[-1])
                self.notes[f"台账里没有{period}年的{'街道（乡镇）拨付' if kind == 'town' else '实缴党费'}，按0计"] = None
            return mine.reindex(pd.MultiIndex.from_frame(self.rows(year)[PLACE])).fillna(0).to_numpy(np.int64)

        return self.once(("ledger", kind, year, lag), make)  # type: ignore[no-any-return]

    def spent(self, purpose: str, year: int) -> Ints:
        """Spending for a purpose by district, that without an organisation too."""

        def make() -> Ints:
            found = self._booked(purpose, year).groupby("home")["amount_fen"].sum()
            return found.reindex(self.source.homes).fillna(0).to_numpy(np.int64)

        return self.once(("spent", purpose, year), make)  # type: ignore[no-any-return]

    def _structure(self, scheme: Scheme, name: str, year: int) -> Any:
        part = scheme.components[name]
        inside = part.model_dump(mode="json", exclude={"params", "payer", "payers", "basis", "reading", "name", "note"})
        starts = [(k, str(p.start)) for k, p in part.params.items()]
        outer = [str(scheme.components[o].model_dump(include={"instead_of", "by"})) for o in scheme.components]
        return ("cells", name, year, scheme.members, str(scheme.eligible), str(inside), str(starts), str(outer),
                *(self._structure(scheme, o, year) for o in part.of))  # fmt: skip

    def cells(self, scheme: Scheme, name: str, year: int) -> Cells:
        def make() -> tuple[Scheme, Cells]:  # the scheme is kept, so that its id stays its own
            return scheme, self.once(self._structure(scheme, name, year), lambda: self._reduce(scheme, name, year))

        return self.once(("key", id(scheme), name, year), make)[1]  # type: ignore[no-any-return]

    def _reduce(self, scheme: Scheme, name: str, year: int) -> Cells:
        part = scheme.components[name]
        if part.of:
            return self._matching(scheme, part, year)
        counted = part.per in ("instructor", "count")
        rows = self._counts(part, year) if counted else self.rows(year)
        twice = np.zeros(len(rows), np.int64) if counted else self.members(year, scheme.members)[0]
        tests = {**({} if counted else scheme.eligible), **part.eligible, **({"founded_in_period": True} if part.once else {})}
        paid = _meets(rows, tests, name)
        quantity, divisor = np.ones(len(rows), np.int64), 1
        if part.per == "member":
            quantity, divisor = (twice // 2, 1) if scheme.members != "mean" else (twice, 2)
        elif part.per == "unit":
            quantity = column(rows, "units_covered", name).fillna(0).to_numpy(np.int64)
        elif part.per == "dues":
            quantity = self.ledger("dues", year, part.lag)
        elif counted:
            quantity = rows["count"].fillna(0).to_numpy(np.int64)
        tier = self._tiers(part, name, rows, twice / 2) if part.by and not part.marginal else np.zeros(len(rows), np.int64)
        for other, one in scheme.components.items():
            if name in one.instead_of:  # a reward in place of this subsidy
                paid &= self._tiers(one, other, rows, twice / 2) < 0
        width = int(quantity.max(initial=0)) + 1
        distinct, area, kind, n, inverse = compress(self.areas(rows), tier * width + quantity, paid & (tier >= 0))
        return Cells(distinct // width, distinct % width, area, kind, n, inverse, divisor)

    def _tiers(self, part: Component, name: str, rows: pd.DataFrame, members: np.ndarray) -> Ints:
        values = pd.Series(members) if part.by == "members" else column(rows, str(part.by), f"{name}.by")
        starts = [part.params[k].start for k in part.rates]
        if starts[0] is not None:
            numbers = number(values)
            found = np.searchsorted(np.array(starts, float), numbers, side="right") - 1
            return np.where(np.isnan(numbers), -1, found).astype(np.int64)
        codes, kinds = pd.factorize(values)  # a missing value is in no tier
        text = [v if isinstance(v, str) else str(v) if isinstance(v, bool | np.bool_) else plain(v, 17) for v in kinds]
        tiers = np.array([*(part.rates.index(t) if t in part.rates else -1 for t in text), -1], np.int64)
        return tiers[codes]

    def _counts(self, part: Component, year: int) -> pd.DataFrame:
        name = part.table or "instructor_counts"
        if name not in self.source.tables:
            advice = did_you_mean(name, self.source.tables) or "请在 plan(…, tables={…}) 里给出：area、等次、count"
            raise InputError(Problem("data_missing", where=name, found="没有这张表", advice=advice))
        table = self.source.tables[name]
        table = table.assign(home=table.get("home", table["area"]))
        if "period" in table and table["period"].notna().any():
            text = table["period"].astype(str).str[:4]
            before = [t for t in text.unique() if t <= str(year)] or [text.min()]
            table = table[text == max(before)]
        known = dict(zip(self.source.names, self.source.homes, strict=True)) | {h: h for h in self.source.homes}
        unknown = sorted(set(table["home"]) - set(known))
        if unknown:
            raise InputError([Problem("area_unknown", where=name, found=str(a), advice=did_you_mean(str(a), known)) for a in unknown])
        return table.assign(home=table["home"].map(known)).reset_index(drop=True)

    def _matching(self, scheme: Scheme, part: Component, year: int) -> Cells:
        inner = [self.cells(scheme, o, year).inverse for o in part.of]
        rows = self.rows(year)
        ledger = np.zeros(len(rows), np.int64)
        paid = np.any([i >= 0 for i in inner], axis=0)
        if part.reading == "town_equals_enterprise" and part.town_amount == "ledger":
            ledger = self.ledger("town", year)
            paid = _meets(rows, {**scheme.eligible, **part.eligible}, "")
        distinct, *cells = compress(self.areas(rows), np.column_stack([ledger, *inner]), paid)
        return Cells(np.zeros(len(distinct), np.int64), distinct[:, 0], cells[0], cells[1], cells[2], cells[3],
            parts=tuple(distinct[:, 1:].T))

    def payments(self, scheme: Scheme, name: str, year: int, values: Values) -> tuple[Ints, ...]:
        """Payment in fen for one organisation of each kind: one array, or two for the payers of a matching."""
        part, cells = scheme.components[name], self.cells(scheme, name, year)
        parts = pieces(scheme, [f"{name}.{k}" for k in part.params], values, year)
        if part.of:
            base = sum((np.append(self.payments(scheme, o, year, values)[0], 0)[i] for o, i in zip(part.of, cells.parts, strict=True)),
                       np.zeros(len(cells.q), np.int64))  # fmt: skip
            whole, names = sum(w for w, _ in parts) * 10_000, list(part.params)
            rate = {k: sum(w * v[names.index(k)] for w, v in parts) for k in names}
            if part.reading == "town_equals_enterprise":
                town = cells.q if part.town_amount == "ledger" else half_up(base * rate["share"], whole, scheme.unit)
                return town, half_up(town * rate["ratio"], whole, scheme.unit)
            both = half_up(base * rate["ratio"], whole, scheme.unit)
            if part.reading == "each_equals_district":
                return both, both
            town = half_up(both, 2, scheme.unit)
            return town, both - town
        names, starts = part.rates, [int((p.start or 0) * cells.divisor) for k, p in part.params.items() if k not in AMOUNTS]
        total, d = np.zeros(len(cells.q), np.int64), cells.divisor
        for weight, numbers in parts:
            value = dict(zip(part.params, numbers, strict=True))
            if part.marginal:
                ends = [*starts[1:], 2**62]
                pay = sum((np.clip(cells.q - a, 0, b - a) * value[k] for k, a, b in zip(names, starts, ends, strict=True)), 0 * cells.q)
            else:
                pay = np.array([value[k] for k in names], np.int64)[cells.tier] * cells.q
            pay = pay + value.get("base", 0) * d
            if "floor" in value:
                pay = np.maximum(pay, value["floor"] * d)
            if "cap" in value:
                pay = np.minimum(pay, value["cap"] * d)
            total += weight * pay
        scale = 10_000 if part.per == "dues" else 1
        return (half_up(total, sum(w for w, _ in parts) * d * scale, scheme.unit),)

    def _grown(self, scheme: Scheme, name: str, year: int) -> float:
        part = scheme.components[name]
        per = scheme.components[part.of[0]].per if part.of else part.per
        base = year - (scheme.members == "prev_year_end" and per in ("member", "dues"))
        return self.projection.factor(per, max(0, base - self.source.years[-1]))

    def amounts(self, scheme: Scheme, name: str, year: int, values: Values) -> dict[str, Ints]:
        """The money of a component by payer and district, in fen; the payers add up to it."""
        part = scheme.components[name]
        needed = [f"{c}.{k}" for c in (*part.of, name) for k in scheme.components[c].params]
        key = (id(self.cells(scheme, name, year)), name, year, part.basis, part.reading, part.payers, scheme.unit,
               tuple(part.payer.items()), pieces(scheme, needed, values, year))  # fmt: skip

        def make() -> dict[str, Ints]:
            cells, grown, areas = self.cells(scheme, name, year), self._grown(scheme, name, year), len(self.source.homes)
            sums = tuple(times(cells.sums(pay, areas), grown) for pay in self.payments(scheme, name, year, values))
            if part.basis == "top_up":
                gap = np.maximum(0, sums[0] - self.spent(part.spent_for, year))
                sums = (half_up(gap, 1, scheme.unit),)
            sums = tuple(times(s, self.projection.take_up) for s in sums)
            if part.of:
                return dict(zip(part.payers, sums, strict=True))
            rest, out = sums[0].copy(), {}
            *some, last = part.payer
            for payer in some:
                out[payer] = half_up(sums[0] * (ratio := part.payer[payer].as_integer_ratio())[0], ratio[1])
                rest -= out[payer]
            out[last] = rest
            if not np.array_equal(sum(out.values()), sums[0]) or any((v < 0).any() for v in out.values()):
                raise AssertionError(f"{name}: the payers do not add up to the total")
            return out

        return self.once(key, make)  # type: ignore[no-any-return]

    def by_organisation(self, scheme: Scheme, name: str, year: int, values: Values) -> Ints:
        """The money of a component for every organisation; a top-up is shared by entitlement, to the fen."""
        part, cells = scheme.components[name], self.cells(scheme, name, year)
        if part.per in ("instructor", "count"):
            return np.zeros(len(self.rows(year)), np.int64)
        pay = np.append(sum(self.payments(scheme, name, year, values)), 0)[cells.inverse]
        if part.basis != "top_up":
            return pay
        area = self.areas(self.rows(year))
        total = np.zeros(len(self.source.homes), np.int64)
        np.add.at(total, area, pay)
        gap = half_up(np.maximum(0, total - self.spent(part.spent_for, year)), 1, scheme.unit)
        return allocate(pay, area, gap, total)


def allocate(weights: Ints, group: Ints, totals: Ints, sums: Ints) -> Ints:
    """`totals` of the groups shared by weights in whole fen: floors first, then by largest remainder."""
    big = int(weights.max(initial=0)) * int(totals.max(initial=0)) > BIG
    w, t = (a.astype(object) if big else a for a in (weights, totals))
    below = np.maximum(sums, 1)
    out, rest = (w * t[group] // below[group]).astype(np.int64), (w * t[group] % below[group]).astype(np.int64)
    short = totals - np.bincount(group, out, len(totals)).astype(np.int64)
    order = np.lexsort((-rest, group))
    place = np.arange(len(order)) - np.searchsorted(group[order], group[order])
    out[order[(place < short[group[order]]) & (sums[group[order]] > 0)]] += 1
    return out
