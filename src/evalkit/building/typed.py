"""Totals that an office types in its 工作报表 against what its own ledgers give: told where they differ, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evalkit.codebook import Codebook, Measure
from evalkit.codebook.kept import COUNTED
from evalkit.indicators.areas import home_of
from evalkit.indicators.views import TABLE_OF
from evalkit.problems import Problem
from evalkit.world.number import plain

ROWS = ["area", "period", "source_file", "source_sheet", "source_row"]
TYPED = [*ROWS, "measure", "value", "status", "locator"]
HALF = 0.5
ROUNDED = 0.005  # of an amount: what rounding it to whole 百元, 千元 may take away at most
RowsOf = Callable[[str], pd.DataFrame]  # the rows of a table, in the columns ROWS


@dataclass(frozen=True)
class _Pair:
    """A typed total and what the ledgers of its area and period give."""

    typed: Mapping[str, Any]
    measure: Measure
    low: float
    high: float
    value: float
    listed: float | None

    @property
    def fits(self) -> bool:
        number = float(self.typed["value"])
        slack = HALF if self.measure.unit != "元" else _rounding(number)
        return self.low - slack <= number <= self.high + slack


def typed_totals(figures: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The typed figures whose measure ledgers count as well, of a district or below."""
    if not len(figures):
        return figures
    counted = {code for code, one in codebook.measures.items() if one.view is not None}
    told = figures["measure"].isin(counted) & figures["value"].notna()
    told &= figures["area"].notna() & figures["period"].notna()
    if "status" in figures:
        told &= ~figures["status"].isin(COUNTED).fillna(False).astype(bool)
    return figures[told.to_numpy(dtype=bool)]


def differing(
    figures: pd.DataFrame,
    measures: pd.DataFrame,
    rows_of: RowsOf,
    codebook: Codebook,
    told: Iterable[tuple[str, str]] = (),
) -> list[Problem]:
    """One finding a typed total that does not fit its ledgers, with both places and both numbers.

    Parameters
    ----------
    figures
        Rows of the table of figures, areas written out as in `measures`.
    measures
        What the ledgers give (`evalkit.indicators.measures.all_measures`).
    rows_of
        The rows of a table of ledgers: where the counted ones stand.
    told
        File and place of totals of which something is said already.
    """
    typed = typed_totals(figures, codebook)
    if not len(typed):
        return []
    known = set(told)
    counts = _counts(measures, typed)
    problems = []
    for row in typed.astype("object").to_dict("records"):
        pair = _pair(row, counts, codebook)
        place = str(row["locator"] or f"{row['source_sheet']}!A{row['source_row']}")
        if pair is None or pair.fits or (str(row["source_file"]), place) in known:
            continue
        ledger = _where(pair, rows_of)
        if ledger:
            problems.append(_said(pair, place, ledger))
    return problems


def _counts(measures: pd.DataFrame, typed: pd.DataFrame) -> dict[tuple[str, str, str], Any]:
    wanted = {*typed["measure"], "units_listed"}
    some = measures[measures["measure"].isin(wanted) & measures["value"].notna()]
    some = some[some["source"].ne("figures") & some["area"].isin(set(typed["area"]))]
    return {
        (str(row["measure"]), str(row["area"]), str(row["period"])): row
        for row in some.to_dict("records")
    }


def _pair(
    row: Mapping[str, Any], counts: Mapping[tuple[str, str, str], Any], codebook: Codebook
) -> _Pair | None:
    place = (str(row["area"]), str(row["period"]))
    counted = counts.get((str(row["measure"]), *place))
    if counted is None or home_of(place[0]) not in (place[0], place[0].rpartition("/")[0]):
        return None  # above a district a ledger of another one may be lacking
    low, high = (counted["value"] if pd.isna(counted[c]) else counted[c] for c in ("low", "high"))
    listed = counts.get(("units_listed", *place))
    return _Pair(
        row,
        codebook.measures[str(row["measure"])],
        float(low),
        float(high),
        float(counted["value"]),
        None if listed is None else float(listed["value"]),
    )


def _rounding(number: float) -> float:
    """Half a unit of the last digit of an amount that is not zero: 678,000 may be 678,012 in thousands."""
    digits = str(int(abs(number)))
    unit = 10.0 ** (len(digits) - len(digits.rstrip("0")))
    return max(HALF, min(unit / 2, ROUNDED * abs(number)))


def _where(pair: _Pair, rows_of: RowsOf) -> str:
    """The rows of the ledgers that were counted: 组织台账.xlsx 组织!第2至4行."""
    rows = rows_of(TABLE_OF[str(pair.measure.view)])
    area, period = str(pair.typed["area"]), str(pair.typed["period"])
    areas = rows["area"].fillna("").astype(str)
    mine = rows[(areas.eq(area) | areas.str.startswith(area + "/")) & rows["period"].eq(period)]
    mine = mine[mine["source_file"].notna()]
    if not len(mine):
        return ""
    groups = list(mine.groupby(["source_file", "source_sheet"], sort=False)["source_row"])
    (file, sheet), first = groups[0]
    start, end = int(first.min()), int(first.max())
    lines = f"第{start}行" if start == end else f"第{start}至{end}行"
    more = f"等{len(groups)}张表" if len(groups) > 1 else ""
    return f"{file} {sheet}!{lines}{more}"


def _said(pair: _Pair, place: str, ledger: str) -> Problem:
    number, unit = float(pair.typed["value"]), pair.measure.unit
    found = f"填报{pair.measure.name}{plain(number)}{unit}"
    read = f"按台账计为{plain(pair.value)}{unit}（{ledger}）"
    file = str(pair.typed["source_file"])
    if (
        pair.measure.code == "units"
        and pair.listed is not None
        and abs(number - pair.listed) <= HALF
    ):
        read += f"，台账共列{plain(pair.listed)}{unit}"
        advice = "填报数含停业、注销或个体工商户、分支机构的，注明口径"
        return Problem("inactive_in_total", "question", file, place, found, read, advice=advice)
    advice = "核对填报数和台账"
    return Problem("total_differs", "warning", file, place, found, read, advice=advice)
