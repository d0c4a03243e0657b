"""Measures: the codebook's conditions over the views, added up by area.

Every condition is read three ways: as printed, for every value that the ledger allows (``low``), for some value
(``high``). A row whose condition cannot be decided because a cell is empty counts in ``n_missing`` and in none of
the three. A measure whose column is empty in a whole area has no value there: missing is not zero.

`measure_blocks` is a loop over blocks; within a block everything is a function of that block alone. What a block gives
is a tally: numbers that add up over areas. One step looks over all blocks: a unit whose code stands in two areas counts
once in every area above both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from evalkit.codebook import Codebook, Measure
from evalkit.codebook.kept import BY_PARTS, COUNTED
from evalkit.indicators.areas import home_of
from evalkit.indicators.blocks import blocks_of
from evalkit.indicators.columns import View, coded, text_codes
from evalkit.indicators.extent import ancestors, districts_of, with_extent
from evalkit.indicators.views import (
    TABLE_OF,
    THROUGH_TIME,
    VIEWS,
    CountyBlock,
    kept_by,
    lineage,
    null_speaks,
)
from evalkit.indicators.views import view as view_table
from evalkit.world.area import ABOVE_DISTRICTS, Area
from evalkit.world.condition import BoolArray, Reading, Test, columns_of, three
from evalkit.world.period import places
from evalkit.world.unit_key import UnitKey, is_credit_code

COLUMNS = [
    "area",
    "period",
    "level",
    "measure",
    "value",
    "low",
    "high",
    "n_missing",
    "unit",
    "base",
    "source",
]
OVERLAPPING = "跨区县重复计数"
Floats = np.ndarray[Any, np.dtype[np.float64]]


# --- one measure over one view ---------------------------------------------------------------------------------------


def reading_of(view: View, measure: Measure) -> Reading:
    """The three readings of a measure's whole condition over the rows of its view."""
    return three(measure.condition, view, null_speaks(view_of(measure)))


def view_of(measure: Measure) -> str:
    """The view that a measure counts or sums over; empty for a typed figure."""
    return measure.view or ""


def through_time(codebook: Codebook) -> Codebook:
    """The codebook with those measures alone for which units must have been linked over the years."""
    linked = {
        code: measure
        for code, measure in codebook.measures.items()
        if THROUGH_TIME.get(view_of(measure), frozenset()) & set(columns_of(measure.condition))
    }
    return codebook.model_copy(update={"measures": linked})


def tables_behind(codebook: Codebook) -> frozenset[str]:
    """The tables on which the columns rest that measures ask for."""
    stored = (
        one
        for measure in codebook.measures.values()
        for column in [
            *columns_of(measure.condition),
            *([measure.column] if measure.column else []),
        ]
        for one in lineage(view_of(measure), column)
    )
    return frozenset(one.partition(".")[0] for one in stored)


def needed_columns(measure: Measure) -> tuple[list[str], list[list[str]]]:
    """Columns that must hold something for the measure to exist: all of the first list, one of the groups.

    A condition ``present`` or ``missing`` asks for the gap itself; a column that is empty everywhere cannot decide it:
    nobody keeps it, so that nothing is known, and nothing is zero.
    """
    flags, says = kept_by(view_of(measure)), null_speaks(view_of(measure))

    def needs(tests: Iterable[Test]) -> list[str]:
        tests = list(tests)
        filled = [test.column for test in tests if test.column not in says]
        return filled + [flags[test.column] for test in tests if test.column in flags]

    always = needs(measure.tests)
    if measure.column:
        always.append(flags.get(measure.column, measure.column))
    return always, [needs(tests) for tests in measure.alternatives]


def tally(view: View, measures: Sequence[Measure]) -> pd.DataFrame:
    """What each area of a view adds to each measure: a row an area, columns ``code__part``.

    Parts: ``value``, ``low``, ``high`` (sums or counts in the three readings), ``n``, ``n_low``, ``n_high`` (how many
    amounts they hold), ``open`` (amounts without an upper end), ``missing`` (undecided rows). Beside them
    ``has__column``: how many rows hold something in a column that some measure needs.
    """
    found: dict[str, Floats] = {}
    needed: set[str] = set()
    for measure in measures:
        parts = _summed(view, measure) if measure.column else _counted(view, measure)
        found |= {f"{measure.code}__{part}": numbers for part, numbers in parts.items()}
        always, groups = needed_columns(measure)
        needed.update(always, *groups)
    for column in sorted(needed):
        found[f"has__{column}"] = view.counts(view[column].known)
    return pd.DataFrame(found, index=pd.Index(view.areas, name="area", dtype=object))


def _counted(view: View, measure: Measure) -> dict[str, Floats]:
    reading = reading_of(view, measure)
    parts = {
        "value": view.counts(reading.printed.true),
        "missing": view.counts(~reading.printed.known),
    }
    if not reading.exact:
        parts["low"] = view.counts(reading.sure.true)
        parts["high"] = view.counts(reading.possible.true)
    return parts


def _summed(view: View, measure: Measure) -> dict[str, Floats]:
    assert measure.column is not None
    reading, column = reading_of(view, measure), view[measure.column]

    def total(values: Any, where: BoolArray) -> tuple[Floats, Floats]:
        return view.sums(values, where), view.counts(where)

    parts: dict[str, Floats] = {}
    parts["value"], parts["n"] = total(column.values, reading.printed.true & column.known)
    has_interval = f"{measure.column}_low" in view
    if has_interval or not reading.exact:
        low = view[f"{measure.column}_low"] if has_interval else column
        high = view[f"{measure.column}_high"] if has_interval else column
        parts["low"], parts["n_low"] = total(low.values, reading.sure.true & low.known)
        parts["high"], parts["n_high"] = total(high.values, reading.possible.true & high.known)
        parts["open"] = view.counts(reading.possible.true & column.known & ~high.known)
    undecided = ~reading.printed.known | (reading.printed.true & ~column.known)
    return parts | {"missing": view.counts(undecided)}


# --- one block ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BlockTally:
    """What a block adds to all measures.

    Attributes
    ----------
    by_view
        For every view a tally by area (see `tally`), with the period.
    repeated
        Rows of ``units`` whose unit stands in more than one row, each with its own tally, its key and its area.
    """

    by_view: dict[str, pd.DataFrame]
    repeated: pd.DataFrame


def measured(codebook: Codebook, view: str) -> list[Measure]:
    """The measures over a view."""
    return [measure for measure in codebook.measures.values() if view_of(measure) == view]


def tally_block(
    block: CountyBlock, codebook: Codebook, repeated_codes: frozenset[str] = frozenset()
) -> BlockTally:
    """The tallies of one block.

    Parameters
    ----------
    repeated_codes
        Credit codes that stand in more than one row of this period, in this block or another (see `repeated_codes_of`).
    """
    by_view: dict[str, pd.DataFrame] = {}
    repeated = pd.DataFrame()
    for name in VIEWS:
        measures = measured(codebook, name)
        if not measures:
            continue
        table = view_table(block, name)
        found = tally(View(table), measures).reset_index()
        found = pd.concat([found, _stated_nothing(block, name, found)], ignore_index=True)
        by_view[name] = found.assign(period=block.period)
        if name == "units":
            repeated = _repeated_rows(block, table, measures, repeated_codes)
    return BlockTally(by_view, repeated)


def _stated_nothing(block: CountyBlock, view: str, found: pd.DataFrame) -> pd.DataFrame:
    """A tally of noughts for every area that says to have nothing in the ledger of a view (无).

    Its columns count as held, so that a measure is 0 there and not missing; where its district has rows of the view,
    only those that these hold: a column that the district does not keep stays unknown.
    """
    stated = block.stated_nothing(TABLE_OF[view])
    if not stated:
        return found.iloc[:0]
    holds = [c for c in found if re.search(r"^has__|__n(_low|_high)?$", str(c))]
    homes = found["area"].map(lambda area: home_of(area) if area else "")
    rows = []
    for area, home in dict.fromkeys(stated):
        row = dict.fromkeys(found.columns, 0.0) | {"area": area}
        mine = found.loc[homes == home, holds]
        kept = (mine > 0).any() if len(mine) else pd.Series(True, index=holds)
        rows.append(row | {c: float(kept[c]) for c in holds})
    return pd.DataFrame(rows, columns=found.columns)


def _repeated_rows(
    block: CountyBlock, table: pa.Table, measures: Sequence[Measure], repeated_codes: frozenset[str]
) -> pd.DataFrame:
    """The rows of units that stand in several rows, a tally a row. A code holds everywhere, a name in its district."""
    key = block.unit["units"]
    in_district = pd.Series(key).duplicated(keep=False).to_numpy() & (key >= 0)
    if not repeated_codes and not in_district.any():
        return pd.DataFrame()
    (codes,), words = text_codes(table["unit"])
    (area_codes,), areas = text_codes(table["area"])
    is_repeated = np.array([word in repeated_codes for word in [*words, ""]])[codes]
    rows = np.flatnonzero((is_repeated | in_district) & (area_codes >= 0))
    if not len(rows):
        return pd.DataFrame()
    homes = table["home"].cast(pa.string()).take(pa.array(rows)).to_pylist()
    names = [words[code] for code in codes[rows]]
    keys = [str(UnitKey.of(name, home)) for name, home in zip(names, homes, strict=True)]
    # a view whose "areas" are the rows themselves: the same tally, a row each
    one_by_one = table.take(pa.array(rows)).drop_columns(["area"])
    one_by_one = one_by_one.append_column("area", pa.array([str(row) for row in rows], pa.string()))
    found = tally(View(one_by_one), measures).reset_index(drop=True)
    areas_of_rows = [areas[code] for code in area_codes[rows]]
    return found.assign(key=keys, area=areas_of_rows, period=block.period)


def repeated_codes_of(units: Iterable[pa.Table]) -> frozenset[str]:
    """Credit codes that stand in more than one row of one period.

    Parameters
    ----------
    units
        The ``units`` tables of all blocks of the period; only the column ``unit`` is read.
    """
    tables = [table["unit"] for table in units]
    codes, words = coded(*tables)
    flat = np.concatenate([np.zeros(0, dtype=np.int32), *codes])
    counts = np.bincount(flat[flat >= 0], minlength=len(words))
    again = [words[int(n)].as_py() for n in np.flatnonzero(counts > 1)]
    return frozenset(word for word in again if is_credit_code(word))


# --- all blocks --------------------------------------------------------------------------------------------------------


def measure_blocks(
    blocks: Iterable[CountyBlock],
    areas: pd.DataFrame,
    codebook: Codebook,
    repeated: Mapping[str, frozenset[str]],
) -> pd.DataFrame:
    """All measures that ledgers can give, at every level of area.

    Parameters
    ----------
    blocks
        One after the other; none is kept.
    areas
        The table of areas (area, level).
    repeated
        By period the credit codes that stand in more than one row (`repeated_codes_of`).

    Returns
    -------
    One row per area, period and measure; amounts in yuan; no row where a column is empty in the whole area.
    """
    return add_up(
        (tally_block(block, codebook, repeated.get(block.period, frozenset())) for block in blocks),
        areas,
        codebook,
    )


def add_up(tallies: Iterable[BlockTally], areas: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The measures of all areas from the tallies of all blocks."""
    kept = list(tallies)
    districts = districts_of(areas)
    parts = []
    for name in VIEWS:
        measures = measured(codebook, name)
        lowest = [one.by_view[name] for one in kept if name in one.by_view]
        if not measures or not lowest:
            continue
        wide = rolled_up(pd.concat(lowest, ignore_index=True))
        if name == "units":
            wide = _counted_once(wide, [one.repeated for one in kept if len(one.repeated)])
        parts.append(_long(wide, measures, name, districts))
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    frame["area"] = frame["area"].replace("", None)
    levels = dict(zip(areas["area"], areas["level"], strict=True))
    frame["level"] = frame["area"].map(levels).astype("string")
    above_districts = frame["level"].isin(ABOVE_DISTRICTS)
    frame.loc[(frame["source"] == "instructor_counts") & above_districts, "base"] = OVERLAPPING
    return frame[COLUMNS]


def _with_areas_above(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The rows once for every depth of path, as rows of the area at that depth."""
    codes, paths = pd.factorize(rows["area"])
    names = [path.split("/") for path in paths]
    for depth in range(1, max(map(len, names), default=0) + 1):
        above = np.array(
            ["/".join(one[:depth]) if len(one) >= depth else None for one in names], dtype=object
        )
        here = above[codes]
        deep_enough = np.array([area is not None for area in here], dtype=bool)
        yield rows.loc[deep_enough].assign(area=here[deep_enough])


def rolled_up(lowest: pd.DataFrame) -> pd.DataFrame:
    """The sums of every area: of the rows that bear its path and of all areas below it; indexed by area and period."""
    parts = [part.groupby(["area", "period"]).sum() for part in _with_areas_above(lowest)]
    return pd.concat(parts) if parts else lowest.set_index(["area", "period"])


def _counted_once(wide: pd.DataFrame, repeated: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Without the second and further rows of a unit in every area that holds several of them."""
    if not repeated:
        return wide
    rows = pd.concat(repeated, ignore_index=True)
    for part in _with_areas_above(rows):
        again = part.loc[part.duplicated(["area", "period", "key"])]
        if len(again):
            too_much = again.drop(columns="key").groupby(["area", "period"]).sum()
            wide = wide.sub(too_much.reindex(wide.index, fill_value=0.0), fill_value=0.0)
    return wide


def _long(
    wide: pd.DataFrame, measures: Sequence[Measure], source: str, districts: frozenset[str]
) -> pd.DataFrame:
    """A row per area, period and measure that has a value there."""
    tallies = {str(name): column.to_numpy("float64") for name, column in wide.items()}
    _take_out_unknown(tallies, measures, wide.index, districts)
    known = [_known(tallies, measure, len(wide)) for measure in measures]
    ends = [_ends(tallies, measure) for measure in measures]
    which, row = np.nonzero(np.stack(known))
    about = {
        "measure": [measure.code for measure in measures],
        "unit": [measure.unit for measure in measures],
        "base": [measure.note for measure in measures],
    }
    numbers = {
        name: np.stack([end[name] for end in ends])[which, row]
        for name in ("value", "low", "high", "n_missing")
    }
    places = {
        name: wide.index.get_level_values(name).to_numpy()[row] for name in ("area", "period")
    }
    texts = {name: np.array(values, dtype=object)[which] for name, values in about.items()}
    return pd.DataFrame(places | numbers | texts | {"source": source})


def _take_out_unknown(
    tallies: dict[str, Floats],
    measures: Sequence[Measure],
    places: pd.MultiIndex,
    districts: frozenset[str],
) -> None:
    """Take a district where a measure does not exist out of the sums above it, bounds and undecided rows included."""
    paths = places.get_level_values("area")
    at_district = np.array([path in districts for path in paths], dtype=bool)
    row_of = {key: row for row, key in enumerate(places)}
    for measure in measures:
        unknown = np.flatnonzero(at_district & ~_known(tallies, measure, len(places)))
        if not len(unknown):
            continue
        parts = [name for name in tallies if name.startswith(f"{measure.code}__")]
        kept = {name: tallies[name].copy() for name in parts}
        for row in unknown:
            path, period = places[row]
            for above in ancestors(path):
                for name in parts:
                    kept[name][row_of[above, period]] -= tallies[name][row]
        tallies.update(kept)


def _known(tallies: Mapping[str, Floats], measure: Measure, n: int) -> BoolArray:
    """Where a measure exists: every column that it needs holds something, and a sum holds an amount."""

    def hold(columns: Sequence[str]) -> BoolArray:
        held = np.ones(n, dtype=bool)
        for column in columns:
            held &= tallies[f"has__{column}"] > 0
        return held

    always, groups = needed_columns(measure)
    known = hold(always)
    if groups:
        known &= np.logical_or.reduce([hold(group) for group in groups])
    if measure.column:
        # rows are there and all their amounts are empty: unknown; an empty selection is zero only if none is due
        known &= tallies[f"{measure.code}__n"] > 0
    return known


def _ends(tallies: Mapping[str, Floats], measure: Measure) -> dict[str, Any]:
    """Value, low, high (yuan for money) and the undecided rows of a measure in every area."""

    def part(name: str) -> Floats:
        return tallies[f"{measure.code}__{name}"]

    value = low = high = part("value")
    if f"{measure.code}__low" in tallies:
        low, high = part("low"), part("high")
        if measure.column:
            low = np.where(part("n_low") > 0, low, value)
            high = np.where(part("n_high") > 0, high, value)
            high = np.where(part("open") > 0, np.inf, high)
    if measure.column and measure.column.endswith("_fen"):
        value, low, high = value / 100, low / 100, high / 100
    return {"value": value, "low": low, "high": high, "n_missing": part("missing").astype("int64")}


# --- the whole ---------------------------------------------------------------------------------------------------------


def all_measures(
    tables: dict[str, pa.Table],
    figures: pd.DataFrame,
    areas: pd.DataFrame,
    periods: Sequence[str],
    codebook: Codebook,
) -> pd.DataFrame:
    """Measures from ledgers and typed figures, with the districts behind each sum (`evalkit.indicators.extent`)."""
    blocks = list(blocks_of(tables, periods))
    repeated = {block.period: repeated_codes_of([block["units"]]) for block in blocks}
    return whole_measures(
        measure_blocks(blocks, areas, codebook, repeated), figures, areas, codebook
    )


def whole_measures(
    counted: pd.DataFrame, figures: pd.DataFrame, areas: pd.DataFrame, codebook: Codebook
) -> pd.DataFrame:
    """Measures that blocks gave (`measure_blocks`) and typed figures, in the order of the codebook, of time and of areas."""
    typed = typed_measures(figures, areas, codebook)
    frame = pd.concat([counted, typed], ignore_index=True) if len(typed) else counted
    frame = with_extent(frame, areas).drop(columns="typed", errors="ignore")
    order = {code: n for n, code in enumerate(codebook.measures)}
    frame["_order"] = frame["measure"].map(order)
    frame["_time"] = frame["period"].map(places(frame["period"].dropna().unique()))
    frame = frame.sort_values(
        ["_order", "_time", "area"], kind="stable", na_position="first", ignore_index=True
    )
    return frame.drop(columns=["_order", "_time"])


def holding(rows: pd.DataFrame) -> pd.Series:
    """Which figures hold: those that somebody typed, and what ledgers count where a district typed none.

    What the quarters give of a year holds where its area did not type the year. Of ledgers of several kinds that tell of an
    area the first of `COUNTED` counts, all its files together.
    """
    rank = {status: n for n, status in enumerate(COUNTED)}
    ranks = rows["status"].map(rank) if "status" in rows else pd.Series(np.nan, rows.index)
    typed = ranks.isna()
    if typed.all():
        return typed
    district = rows["area"].map(lambda path: Area.of(path).district().path if path else "")
    of_parts = ranks.eq(rank[BY_PARTS])
    what = ["measure", "period"]
    places = rows[what].assign(district=district.mask(of_parts, rows["area"]))
    said = rows[what].assign(district=district)[typed]
    said = pd.concat([said, rows.loc[typed, what].assign(district=rows["area"])])
    known = places.merge(said.drop_duplicates(), how="left", indicator=True)["_merge"]
    counted = ~typed & (known == "left_only").to_numpy()
    groups = rows.assign(rank=ranks)[counted].groupby(["area", *what], dropna=False)["rank"]
    best = pd.Series(False, index=rows.index)
    best[counted] = ranks[counted] == groups.transform("min")
    return typed | best


def _added_up(rows: pd.DataFrame) -> pd.DataFrame:
    """The figures that hold, those that ledgers count as one row an area."""
    rows = rows[holding(rows).to_numpy(dtype=bool)]
    counted = rows["status"].isin(COUNTED) if "status" in rows else pd.Series(False, rows.index)
    counted = counted.fillna(False).astype(bool)
    if not counted.any():
        return rows
    place = ["area", "measure", "period"]
    grouped = rows[counted].groupby(place, dropna=False, sort=False)[["value", "low", "high"]]
    sums = grouped.sum(min_count=1).reset_index()
    return pd.concat([rows[~counted], sums], ignore_index=True)


def typed_measures(figures: pd.DataFrame, areas: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Typed counts of the 工作报表; an upper area without its own figure has the sum of those below it."""
    wanted = {code for code, measure in codebook.measures.items() if measure.figure}
    if not len(figures) or not wanted:
        return pd.DataFrame(columns=COLUMNS)
    rows = figures.loc[figures["measure"].isin(wanted) & figures["value"].notna()].copy()
    rows["area"] = rows["area"].fillna("")
    rows = _added_up(rows)
    rows = rows.reindex(columns=[*rows.columns.union(["low", "high"], sort=False)])
    open_end = (
        rows["low"].notna() & rows["high"].isna()
    )  # 以上: from the number on, without an upper end
    rows["low"] = rows["low"].fillna(rows["value"])
    rows["high"] = rows["high"].fillna(rows["value"]).mask(open_end, float("inf"))
    own = rows.drop_duplicates(["area", "period", "measure"], keep="last")
    own = own[["area", "period", "measure", "value", "low", "high"]]
    depth = own["area"].str.count("/")
    parts = [own.assign(typed=True)]
    for d in sorted(set(depth), reverse=True):
        for up in range(d):
            above = own.loc[depth == d].assign(
                area=own["area"].str.split("/").str[: up + 1].str.join("/")
            )
            summed = above.groupby(["area", "period", "measure"], as_index=False).sum()
            parts.append(summed.assign(typed=False))
    out = pd.concat(parts, ignore_index=True).drop_duplicates(
        ["area", "period", "measure"], keep="first"
    )
    levels = dict(zip(areas["area"], areas["level"], strict=True)) if len(areas) else {}
    units = {code: measure.unit for code, measure in codebook.measures.items()}
    out = out.assign(
        level=out["area"].map(levels),
        n_missing=0,
        unit=out["measure"].map(units),
        base="",
        source="figures",
    )
    out["area"] = out["area"].replace("", None)
    return out[[*COLUMNS, "typed"]]
