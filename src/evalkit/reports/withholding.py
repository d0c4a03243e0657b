"""What a public edition must withhold, over everything that a reader can add up or subtract.

The cells of a year are measures that hang together (`Links.groups`), by area and period: those that this edition prints
and those that earlier ones told or withheld. What a reader can reckon among them is one system of equations: an area is
the sum of the areas of every level below it, a whole the sum of its parts, a year the sum of its quarters or what its last
one says, and what an earlier edition leaves over of a sum once its printed cells are taken off. `evalkit.stats.suppression`
then chooses the cells; what an earlier edition told with the same value protects nothing any more, and what it withheld
stays withheld unless the rules let all of it be told now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from evalkit.building.whole_periods import FINER, tiled
from evalkit.codebook import Codebook, Measure
from evalkit.indicators.load import Data
from evalkit.reports.editions import Edition, Key
from evalkit.reports.sentences import top_area
from evalkit.stats.suppression import TOTAL_COST, Flags, Floats, dominated, suppress, unsafe
from evalkit.world import condition as conditions
from evalkit.world.period import PER_YEAR, Period

MONEY = "元"
CENT = 0.005  # what two numbers that print alike may differ by
TOLD_OTHERWISE = 100.0  # a cell told before with another value is a cover so many times as dear
# A cell is a period, an area and a measure (`Key`); a measure "a÷b" is what is left of b beside its part a.


@dataclass(frozen=True)
class Decision:
    """What an edition withholds.

    Attributes
    ----------
    withheld
        Period, area and measure of every cell that must not be printed.
    beyond_recall
        Those of them that earlier editions gave away, or that what they told leaves no way to protect.
    kept
        Those withheld because an earlier edition did.
    """

    withheld: frozenset[Key] = frozenset()
    beyond_recall: tuple[Key, ...] = ()
    kept: frozenset[Key] = frozenset()


def printed_areas(data: Data, level: str, within: str | None = None) -> list[str]:
    """The areas whose numbers an edition prints: those of its level, the topmost ones, and the one it is about."""
    frame = data.measures
    root = top_area(data.indicators)
    top = (
        frame["area"].eq(root)
        if root
        else ~frame["area"].astype(str).str.contains("/", regex=False)
    )
    about = frame["area"].eq(data.find_area(within)) if within else False
    shown = frame.loc[frame["level"].eq(level) | top | about, "area"]
    return [str(area) for area in shown.dropna().unique()]


def decide(
    data: Data, level: str, within: str | None = None, editions: Sequence[Edition] = ()
) -> Decision:
    """What an edition at a level withholds, in all periods of the data, after the editions so far."""
    rules, book = data.codebook.disclosure, data.codebook
    shown = printed_areas(data, level, within)
    told_of = {area for one in editions for area in one.areas}
    measures = data.measures
    here = measures.loc[
        measures["area"].isin({*shown, *told_of}) & measures["measure"].isin(list(book.measures))
    ]
    money = contributions(data, here, rules) if (here["unit"] == MONEY).any() else {}
    links = Links.of(book, here, rules)
    levels = dict(zip(here["area"], here["level"].astype(str), strict=True))
    withheld, lost, kept = set[Key](), list[Key](), set[Key]()
    for periods in _within_years(here["period"].astype(str).unique()):
        rows = here[here["period"].isin(periods)]
        value = {
            (str(r.period), str(r.area), str(r.measure)): float(r.value)
            for r in rows.itertuples()
            if pd.notna(r.value)
        }
        earlier = [_Told.of(one, periods) for one in editions]
        for codes in links.groups(sorted(rows["measure"].unique())):
            system = _System(value, codes, levels, set(shown), links, rules, book, money, earlier)
            found = system.decided()
            withheld |= found.withheld
            lost += found.beyond_recall
            kept |= found.kept
    return Decision(frozenset(withheld), tuple(lost), frozenset(kept))


def _within_years(periods: Iterable[str]) -> list[list[str]]:
    """Periods of one calendar year together: a year tells of its quarters. Waves stand alone."""
    years: dict[object, list[str]] = {}
    for text in sorted(periods):
        period = Period.read(text)
        year = period.year if period and period.in_calendar else text
        years.setdefault(year, []).append(text)
    return list(years.values())


# what measures say of each other


@dataclass(frozen=True)
class Links:
    """Sums of measures, and pairs of which one counts a part of what the other counts."""

    sums: tuple[tuple[str, tuple[str, ...]], ...]  # whole and its parts
    pairs: tuple[tuple[str, str], ...]  # part and whole

    @classmethod
    def of(cls, book: Codebook, rows: pd.DataFrame, rules: Mapping[str, Any]) -> Links:
        """Those of the codebook (``relations``, proportions of persons), and those that conditions say.

        A measure whose condition is that of another and more is a part of it. Parts that differ in one column are a sum
        where they come to the whole in every area.
        """
        there = [code for code in rows["measure"].unique() if code in book.measures]
        sensitive = [c for c in there if book.measures[c].unit in (*rules["persons"], MONEY)]
        sums = {(whole, tuple(sorted(some))) for whole, some in rules["relations"].items()}
        parts = {(a, b) for a in sensitive for b in sensitive if a != b and _is_part(book, a, b)}
        wide = rows.loc[rows["measure"].isin(sensitive)].pivot_table(
            index=["period", "area"], columns="measure", values="value"
        )
        for whole in sensitive:
            mine = [a for a, b in parts if b == whole]
            sums |= {(whole, family) for family in _families(book, mine, whole, parts, wide)}
        same = {(some[0], (whole,)) for whole, some in sums if len(some) == 1}
        reached = _reached(sums | same)
        pairs = {
            (i.numerator, i.denominator)
            for i in book.indicators.values()
            if i.kind == "proportion"
            and {book.measures[m].unit for m in (i.numerator, i.denominator)}
            <= set(rules["persons"])
        }
        pairs |= {
            (a, b)
            for a, b in parts
            if a not in reached.get(b, ()) and not any(_between(parts, a, c, b) for c in sensitive)
        }
        return cls(tuple(sorted(sums)), tuple(sorted(pairs)))

    def groups(self, codes: Sequence[str]) -> list[list[str]]:
        """Measures that hang together by sums or as part and whole."""
        home = {code: {code} for code in codes}
        for link in [*map(set, self.pairs), *({whole, *some} for whole, some in self.sums)]:
            joined: set[str] = set().union(*(home[c] for c in link if c in home))
            for code in joined:
                home[code] = joined
        return [sorted(group) for group in {id(g): g for g in home.values()}.values()]


def _between(parts: set[tuple[str, str]], part: str, middle: str, whole: str) -> bool:
    """Whether a measure stands between a part and its whole, and is neither of them under another name."""
    inside = (part, middle) in parts and (middle, whole) in parts
    return inside and (middle, part) not in parts and (whole, middle) not in parts


def _is_part(book: Codebook, part: str, whole: str) -> bool:
    """Whether a measure sums the same column as another, over rows of which the other asks less."""
    a, b = book.measures[part], book.measures[whole]
    if a.column is None or (a.view, a.column) != (b.view, b.column):
        return False
    if b.alternatives and a.alternatives != b.alternatives:
        return False
    return all(any(_says(mine, theirs) for mine in a.tests) for theirs in b.tests)


def _says(mine: conditions.Test, theirs: conditions.Test) -> bool:
    """Whether a test that holds makes another one hold."""
    if mine == theirs:
        return True
    if mine.column != theirs.column or theirs.comparison is not None:
        return False
    if theirs.kind == conditions.PRESENT:
        return mine.kind != conditions.MISSING
    same_kind = mine.kind == theirs.kind == conditions.ONE_OF
    return same_kind and set(mine.values) <= set(theirs.values)


def _families(
    book: Codebook,
    mine: Sequence[str],
    whole: str,
    parts: set[tuple[str, str]],
    wide: pd.DataFrame,
) -> Iterator[tuple[str, ...]]:
    """Parts of a whole that come to it in every area: equal to it, or apart from each other by one column."""
    by_column: dict[str, dict[str, frozenset[Any]]] = {}
    for code in mine:
        if (whole, code) in parts and code < whole:
            yield (code,)  # the same under another name
        measure = book.measures[code]
        more = [test for test in measure.tests if test not in book.measures[whole].tests]
        if len(more) == 1 and more[0].kind == conditions.ONE_OF:
            by_column.setdefault(more[0].column, {})[code] = frozenset(more[0].values)
    for values in by_column.values():
        least = [c for c in values if not any(values[o] < values[c] for o in values)]
        most = [c for c in values if not any(values[o] > values[c] for o in values)]
        for family in {tuple(sorted(least)), tuple(sorted(most))}:
            apart = sum(len(values[c]) for c in family) == len(
                frozenset[Any]().union(*(values[c] for c in family))
            )
            if len(family) > 1 and apart and _comes_to(wide, whole, family):
                yield family


def _comes_to(wide: pd.DataFrame, whole: str, family: Sequence[str]) -> bool:
    there = wide[[whole, *family]].dropna()
    return bool(len(there)) and bool(
        ((there[list(family)].sum(axis=1) - there[whole]).abs() <= CENT).all()
    )


def _reached(sums: Iterable[tuple[str, Sequence[str]]]) -> dict[str, set[str]]:
    """What every whole is made of, parts of parts included."""
    below: dict[str, set[str]] = {}
    for whole, some in sums:
        below.setdefault(whole, set()).update(some)
    for _ in range(len(below)):
        for found in below.values():
            found |= set().union(*(below.get(code, set()) for code in found))
    return below


# what is known of a year


@dataclass(frozen=True)
class _Told:
    """What an edition told and withheld of the periods of a year."""

    told: Mapping[Key, float]
    withheld: frozenset[Key]

    @classmethod
    def of(cls, edition: Edition, periods: Sequence[str]) -> _Told:
        return cls(
            {key: v for key, v in edition.told.items() if key[0] in periods},
            frozenset(key for key in edition.withheld if key[0] in periods),
        )

    @property
    def cells(self) -> set[Key]:
        return {*self.told, *self.withheld}


@dataclass(frozen=True)
class _Found:
    withheld: set[Key] = field(default_factory=set)
    beyond_recall: list[Key] = field(default_factory=list)
    kept: set[Key] = field(default_factory=set)


Sum = tuple[Key, list[Key]]


def sums_over(
    cells: Iterable[Key],
    levels: Mapping[str, str],
    codes: Sequence[str],
    links: Links,
    book: Codebook,
    there: Callable[[Key], bool],
) -> list[Sum]:
    """Every whole with its parts: an area and the areas of a level below it, a measure and its parts, part and rest, a
    year and its quarters.
    """
    places: dict[str, set[str]] = {}
    for period, area, _ in cells:
        places.setdefault(period, set()).add(area)
    found: list[Sum] = []
    for period, areas in sorted(places.items()):
        below = _below(areas, levels)
        for area in sorted(areas):
            for inside in below[area].values():
                found += [((period, area, c), [(period, a, c) for a in inside]) for c in codes]
            for whole, some in links.sums:
                found.append(((period, area, whole), [(period, area, c) for c in some]))
            for a, b in links.pairs:
                found.append(((period, area, b), [(period, area, a), (period, area, f"{a}÷{b}")]))
    found += _sums_over_time(places, codes, book)
    kept = [(whole, [cell for cell in some if there(cell)]) for whole, some in found]
    return [(whole, some) for whole, some in kept if some and there(whole)]


def _below(areas: set[str], levels: Mapping[str, str]) -> dict[str, dict[str, list[str]]]:
    """The areas below each of them, by level."""
    below: dict[str, dict[str, list[str]]] = {area: {} for area in areas}
    for area in sorted(areas):
        names = area.split("/")
        for n in range(1, len(names)):
            if (above := "/".join(names[:n])) in below:
                below[above].setdefault(levels.get(area, ""), []).append(area)
    return below


def _sums_over_time(
    places: Mapping[str, set[str]], codes: Sequence[str], book: Codebook
) -> Iterator[Sum]:
    """A longer period and those that make it: what happens adds up, what stands is that of the last one."""
    there = frozenset(p for text in places if (p := Period.read(text)) and p.kind in PER_YEAR)
    for whole in sorted(p for p in there if p.kind in FINER):
        longest = tiled(whole, there)
        ways = [longest.used] if longest.whole else []
        for kind in sorted({p.kind for p in there if PER_YEAR[p.kind] > PER_YEAR[whole.kind]}):
            finer = whole.parts(kind)
            ways += [tuple(finer)] if there.issuperset(finer) else []
        ends = [(p,) for p in sorted(there) if p != whole and p.bounds[1] == whole.bounds[1]]
        for code in (code for code in codes if code in book.measures):
            for parts in ways if book.measures[code].adds_up else ends:
                names = [str(p) for p in parts]
                for area in sorted(places[str(whole)].intersection(*(places[n] for n in names))):
                    yield (str(whole), area, code), [(n, area, code) for n in names]


class _System:
    """The cells of one group of measures in one year, and what can be reckoned among them."""

    def __init__(
        self,
        value: Mapping[Key, float],
        codes: Sequence[str],
        levels: Mapping[str, str],
        shown: set[str],
        links: Links,
        rules: Mapping[str, Any],
        book: Codebook,
        amounts: Mapping[Key, float],
        earlier: Sequence[_Told],
    ) -> None:
        self.codes, self.levels, self.links = codes, levels, links
        self.rules, self.book = rules, book
        self.earlier = [one for one in earlier if one.cells]
        here = {key: v for key, v in value.items() if key[2] in codes}
        places = dict.fromkeys((period, area) for period, area, _ in here)
        rest = {
            (*place, f"{a}÷{b}"): here[*place, b] - here[*place, a]
            for a, b in links.pairs
            for place in places
            if (*place, a) in here and (*place, b) in here
        }
        self.cells = [*here, *rest]
        self.at = {cell: n for n, cell in enumerate(self.cells)}
        self.x: Floats = np.array([max(v, 0.0) for v in (*here.values(), *rest.values())])
        is_rest = np.array([cell in rest for cell in self.cells], dtype=bool)
        self.mine: Flags = ~is_rest & np.array(
            [area in shown for _, area, _ in self.cells], dtype=bool
        )
        persons = [
            book.measures[c.partition("÷")[0]].unit in rules["persons"] for _, _, c in self.cells
        ]
        self.small: Flags = (
            np.array(persons, dtype=bool) & (self.x > 0) & (self.x < rules["threshold"])
        )
        self.amounts: Floats = np.array([amounts.get(cell, 0.0) for cell in self.cells])
        told = [{one.told[cell] for one in self.earlier if cell in one.told} for cell in self.cells]
        same = [
            any(abs(old - x) <= CENT for old in olds) for olds, x in zip(told, self.x, strict=True)
        ]
        otherwise = np.array([bool(olds) for olds in told]) & ~np.array(same, dtype=bool)
        # of an area that this edition leaves out, an outdated value is all that anybody has
        self.known: Flags = np.array(same, dtype=bool) | (otherwise & ~self.mine)
        self.dear: Flags = otherwise & self.mine
        self.free: Flags = is_rest | (~self.mine & ~self.known)

    @property
    def sensitive(self) -> Flags:
        return self.small | (self.amounts > 0)

    def decided(self) -> _Found:
        if not len(self.cells):
            return _Found()
        kept, left_over = self._from_earlier()
        if not self.sensitive.any() and not kept.any():
            return _Found()
        rows = [*self._equations(), *left_over]
        matrix = np.array(rows).reshape(-1, len(self.cells))
        scale = max(1.0, float(self.x.max()) / 1e4)  # yuan by the million would be ill-conditioned
        x = self.x / scale
        up = np.where(self.small, self.rules["threshold"] - self.x, self.amounts) / scale
        down = np.where(self.small, self.x, np.minimum(self.amounts, self.x)) / scale
        primary = self.sensitive & (self.mine | self.free)
        cost = (x + 1) * np.where((matrix < 0).any(0), TOTAL_COST, 1.0)
        cost = cost * np.where(self.dear, TOLD_OTHERWISE, 1.0)
        start = (kept & ~self.known) | self.free
        hidden = suppress(x, matrix, primary, up, down, cost, start, self.known)
        told = primary & self.known & self.mine
        protect = set(map(int, np.flatnonzero(primary & ~self.known)))
        lost = [*np.flatnonzero(told), *unsafe(x, matrix, hidden, up, down, protect)]
        out = (hidden | told) & self.mine
        gone = sorted({self._named(int(n)) for n in lost})
        return _Found(
            {self.cells[n] for n in np.flatnonzero(out)}
            | {cell for cell in gone if self.mine[self.at[cell]]},
            gone,
            {self.cells[n] for n in np.flatnonzero(kept & self.mine)},
        )

    def _named(self, n: int) -> Key:
        """A cell as it is told of: the part itself, where what is left beside it is meant."""
        period, area, code = self.cells[n]
        return period, area, code.partition("÷")[0]

    def _equations(self) -> Iterator[Floats]:
        """The sums that hold: one that does not tells nothing."""
        links = Links(self.links.sums, tuple(p for p in self.links.pairs if p[0] in self.codes))
        for whole, some in sums_over(
            self.at, self.levels, self.codes, links, self.book, self.at.__contains__
        ):
            addends = [self.at[cell] for cell in some]
            total = self.x[self.at[whole]]
            near = max(CENT, self.rules["p"] / 100 * total)  # typed figures may be off by rounding
            if abs(total - self.x[addends].sum()) <= near:
                row = np.zeros(len(self.cells))
                row[addends], row[self.at[whole]] = 1.0, -1.0
                yield row

    def _from_earlier(self) -> tuple[Flags, list[Floats]]:
        """The cells that stay withheld because they were, and what sums of earlier editions say of their withheld cells.

        All withheld cells of an edition may be told where the rules ask to withhold none of them today, and its sums show
        that none has changed since: else two values of one number would lie side by side.
        """
        kept, rows = np.zeros(len(self.cells), dtype=bool), list[Floats]()
        sensitive = {self.cells[n] for n in np.flatnonzero(self.sensitive)}
        for one in self.earlier:
            gone = {cell for cell in one.withheld if cell[2] in self.codes}
            if not gone:
                continue
            fits = True
            told = {**dict.fromkeys(gone, 0.0), **one.told}
            for whole, some in sums_over(
                one.cells,
                self.levels,
                self.codes,
                Links(self.links.sums, ()),
                self.book,
                told.__contains__,
            ):
                signs = [(whole, -1.0), *((cell, 1.0) for cell in some)]
                open_ = [(cell, sign) for cell, sign in signs if cell in gone]
                if not open_:
                    continue
                left = -sum(sign * told[cell] for cell, sign in signs)
                if any(cell not in self.at for cell, _ in open_):
                    fits = False
                    continue
                now = sum(sign * self.x[self.at[cell]] for cell, sign in open_)
                near = max(CENT, self.rules["p"] / 100 * max(abs(told[c]) for c, _ in signs))
                exact = abs(now - left) <= CENT
                fits = fits and exact
                if exact or abs(now - left) <= near:
                    row = np.zeros(len(self.cells))
                    for cell, sign in open_:
                        row[self.at[cell]] = sign
                    rows.append(row)
            if not fits or gone & sensitive:
                kept[[self.at[cell] for cell in gone if cell in self.at]] = True
        return kept, rows


# money of few


def contributions(data: Data, measures: pd.DataFrame, rules: Mapping[str, Any]) -> dict[Key, float]:
    """Dominated amounts: (period, area, measure) -> how far they must stay unknown, in yuan."""
    found: dict[Key, float] = {}
    orgs = measures.loc[measures["measure"] == "party_orgs"].set_index(["period", "area"])["value"]
    few = set(orgs.index[orgs <= rules["n"]])  # what a form says of so few is said of each of them
    for r in measures.loc[(measures["unit"] == MONEY) & (measures["value"] > 0)].itertuples():
        if (r.period, r.area) in few:
            found[str(r.period), str(r.area), str(r.measure)] = rules["p"] / 100 * float(r.value)
    printed = list(measures["area"].dropna().unique())
    for code in measures["measure"].unique():
        measure = data.codebook.measures.get(code)
        if measure is None or not measure.column or not measure.column.endswith("_fen"):
            continue
        for (period, home), amounts in _by_contributor(data, measure, printed).groupby(
            level=[0, 1]
        ):
            x = amounts.to_numpy(float)
            if dominated(x, rules["n"], rules["k"], rules["p"]):
                key = (str(period), str(home), str(code))
                far = rules["p"] / 100 * float(np.abs(x).max())
                found[key] = max(found.get(key, 0.0), far)
    return found


def _by_contributor(data: Data, measure: Measure, areas: list[str]) -> pd.Series:
    """The yuan of a measure by period, printed area and contributor: the rows that its own condition takes."""
    frame = data.view_frame(str(measure.view))
    who = "party_org" if "party_org" in frame else "unit"
    mine = frame.loc[
        conditions.mask(measure.condition, frame), ["area", "period", who, str(measure.column)]
    ]
    above = {
        area: [home for home in areas if f"{area}/".startswith(f"{home}/")]
        for area in mine["area"].dropna().unique()
    }
    mine = mine.assign(home=mine["area"].map(above)).explode("home").dropna(subset=["home"])
    return mine.groupby(["period", "home", who], dropna=False)[measure.column].sum() / 100
