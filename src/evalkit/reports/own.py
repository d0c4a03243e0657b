"""One's own table as indicators, without the field's codebook: `ek.own`.

    mine = ek.own(
        "我的数据.xlsx", area="县", period="年份",
        indicators={"覆盖率（%）": "已建 / 应建", "人均经费（元）": "经费 / 人数", "满意度（分）": "满意度"},
    )
    ek.charts.bars(mine.indicators.query("period == '2025'"), "覆盖率")

An indicator is a column, or one column over another; its unit stands in brackets behind its name. From there on it is like
those of the field: intervals, comparison, index, charts, tables, Word.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit.building.derive import place_areas
from evalkit.codebook import Codebook, Indicator, Measure, load_codebook
from evalkit.effects.panel import Panel
from evalkit.indicators import evaluate
from evalkit.ledgers import persons
from evalkit.problems import MOST_NAMES, InputError, Problem, unknown
from evalkit.scoring.points import no_persons
from evalkit.world.columns import letter
from evalkit.world.number import half_up
from evalkit.world.period import Period
from evalkit.world.summary import Summarised, Summary, listed, sentences
from evalkit.world.words import Words

WORDS = Words.beside(__file__, "own.yml")
ENDINGS = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".dta", ".sav")
LEVEL = "district"
WHOLE = "each area"  # the denominator of an indicator that is a column by itself
HEAD = 1  # rows of a sheet above the first row of data
UNIT = re.compile(r"(?P<name>.+?)\s*[（(](?P<unit>[^（）()]+)[）)]\s*")


@dataclass(frozen=True, repr=False)
class Own(Summarised):
    """A table of one's own and what follows from it.

    Attributes
    ----------
    frame
        The table as it was read: one row an area and period, numbers as numbers.
    indicators
        As `evaluate` gives them, for charts, `compare`, `score` and tables.
    measures
        The columns that were used, one row an area, period and column.
    codebook
        Names, units and directions of the indicators; `score` takes it.
    area, period
        The columns of `frame` that name areas and periods.
    is_demo
        It is the invented example.
    notes
        What was left out on the way.
    """

    frame: pd.DataFrame
    indicators: pd.DataFrame
    measures: pd.DataFrame
    codebook: Codebook
    area: str
    period: str | None = None
    is_demo: bool = False
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> Summary:
        """Rows, areas, periods, indicators, what was left out."""
        facts = {
            "indicators": listed(self.codebook.indicators),
            "areas": listed(self.indicators["area_name"].unique()),
            "periods": listed(self.indicators["period"].unique()),
            "notes": sentences(self.notes),
        }
        return Summary.of("own", facts, rows=len(self.frame))

    @property
    def wide(self) -> pd.DataFrame:
        """`frame` with a column more for every indicator, in its plain scale (a rate of 1 is 100%)."""
        rows = self.indicators.pivot(index=["area", "period"], columns="indicator", values="value")
        keys = [self.frame[self.area]]
        keys.append(
            self.frame[self.period] if self.period else [WORDS["one_period"]] * len(keys[0])
        )
        found = rows.reindex(pd.MultiIndex.from_arrays(keys)).set_axis(self.frame.index)
        return self.frame.drop(columns=[c for c in found if c in self.frame]).join(found)

    def panel(
        self,
        outcome: str,
        treated_from: str | None = None,
        treatment: str | None = None,
        controls: Sequence[str] = (),
    ) -> Panel:
        """A panel for `ek.effects`: an indicator (or column) as outcome, the policy by its start or by period.

        Parameters
        ----------
        outcome, controls
            Indicators or columns of `frame`.
        treated_from, treatment
            The column with the first period of the policy (empty: never), or one of 0 and 1 by period.
        """
        if self.period is None:
            raise InputError(Problem("key_missing", where="period", advice=WORDS["panel_periods"]))
        return Panel.from_frame(
            self.wide,
            outcome,
            self.area,
            self.period,
            treated_from=treated_from,
            treatment=treatment,
            controls=controls,
            is_demo=self.is_demo,
            source=str(self.indicators["stated_source"].iloc[0]),
        )


@dataclass(frozen=True)
class _Asked:
    """An indicator as it was asked for."""

    name: str
    unit: str
    top: str
    bottom: str | None

    @classmethod
    def of(cls, name: str, formula: str) -> _Asked:
        found = UNIT.fullmatch(name)
        top, _, bottom = formula.partition("/")
        plain, unit = (found["name"], found["unit"]) if found else (name, "")
        return cls(plain.strip(), unit.strip(), top.strip(), bottom.strip() or None)

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.top,) if self.bottom is None else (self.top, self.bottom)


def own(
    table: pd.DataFrame | str | Path | None,
    area: str,
    indicators: Mapping[str, str],
    *,
    period: str | None = None,
    group: str | None = None,
    lower: Collection[str] = (),
    sheet: str | int = 0,
    source: str = "",
) -> Own:
    """Indicators of one's own table, one row an area and period.

    Parameters
    ----------
    table
        A frame, or a file: Excel (headings in the first row), CSV (UTF-8 or GBK), Stata or SPSS. None is `example`.
    area
        The column that names the areas (or schools, firms: whatever is compared, never persons).
    indicators
        Name with its unit in brackets, and the column it is, or one column over another:
        ``{"覆盖率（%）": "已建 / 应建", "满意度（分）": "满意度"}``. With the unit % a quotient is shown as a percentage, with
        Wilson's interval where the first is a part of the second everywhere.
    period
        The column of years, quarters or months; without one all rows are of one period.
    group
        The column that says which areas are alike (peers).
    lower
        Names of the indicators of which less is better.
    sheet
        Name or number of the sheet of a workbook.
    source
        Where the numbers come from, as it stands under figures; by default the name of the file.

    Raises
    ------
    InputError
        Every fault at once: columns that are not there (with the nearest names), cells that are no number or no period
        (with their place), an area twice in a period, rows that are persons.
    """
    frame, file = (example(), "") if table is None else _read(table, sheet)
    asked = [_Asked.of(name, formula) for name, formula in indicators.items()]
    _columns_there(frame, asked, {"area": area, "period": period, "group": group}, file, lower)
    frame, notes = _without_persons(frame, area, file)
    keys = {"area": area} | ({"period": period} if period else {})
    frame = _checked(frame, keys, asked, file)
    measures = _measures(frame, area, period, asked)
    book = _codebook(asked, measures, set(lower))
    areas = _areas(frame, area, group)
    is_demo = table is None
    found = place_areas(evaluate(measures, codebook=book), areas, is_demo)
    found["stated_source"] = source or file or WORDS["invented" if is_demo else "own_table"]
    return Own(frame, found, measures, book, area, period, is_demo, tuple(notes))


def example(seed: int = 7) -> pd.DataFrame:
    """An invented table: twelve counties in seven years, five of which began a policy in 2023."""
    draw = np.random.default_rng(seed)
    rows = []
    for county in range(1, 13):
        started = 2023 if county <= 5 else None
        due, people = int(draw.integers(40, 90)), int(draw.integers(300, 600))
        for year in range(2019, 2026):
            later = started is not None and year >= started
            share = min(1.0, 0.5 + 0.03 * (year - 2019) + 0.1 * later + draw.normal(0, 0.02))
            rows.append(
                (
                    f"演示{county:02d}县",
                    str(year),
                    "平原" if county % 2 else "山区",
                    due,
                    int(due * share),
                    people * 250 + int(draw.normal(0, 3000)),
                    people,
                    half_up(80 + draw.normal(0, 4), 1),
                    int(draw.integers(0, 20)),
                    started,
                )
            )
    return pd.DataFrame(rows, columns=WORDS["example_columns"])


# --- reading -----------------------------------------------------------------------------------------------------------


def _read(table: pd.DataFrame | str | Path, sheet: str | int) -> tuple[pd.DataFrame, str]:
    if isinstance(table, pd.DataFrame):
        return table.reset_index(drop=True), ""
    path = Path(table)
    if path.suffix.lower() not in ENDINGS:
        raise _refused(path.name, path.suffix or path.name, "、".join(ENDINGS))
    if not path.is_file():
        raise _refused(path.name, WORDS["no_file"], advice=WORDS.say("look", folder=Path.cwd()))
    if path.suffix.lower() == ".sav" and find_spec("pyreadstat") is None:
        raise _refused(path.name, WORDS["no_reader"], advice=WORDS["get_reader"])
    try:
        frame = _of_file(path, sheet)
    except (OSError, ValueError, KeyError, UnicodeError) as error:
        raise _refused(path.name, WORDS.say("unreadable", reason=error)) from error
    frame.columns = [str(column).strip() for column in frame.columns]
    return frame.dropna(how="all").reset_index(drop=True), path.name


def _of_file(path: Path, sheet: str | int) -> pd.DataFrame:
    ending = path.suffix.lower()
    if ending == ".dta":
        return pd.read_stata(path, convert_categoricals=True)
    if ending == ".sav":
        return pd.read_spss(path)
    if ending == ".csv":
        try:
            return pd.read_csv(path, encoding="utf-8-sig")
        except UnicodeDecodeError:
            return pd.read_csv(path, encoding="gb18030")
    return pd.read_excel(path, sheet_name=sheet, engine="calamine")


def _refused(file: str, found: str, allowed: str = "", advice: str = "") -> InputError:
    return InputError(
        Problem("file_unreadable", file=file, found=found, allowed=allowed, advice=advice)
    )


# --- what cannot be used -------------------------------------------------------------------------------------------------


def _columns_there(
    frame: pd.DataFrame,
    asked: list[_Asked],
    keys: Mapping[str, str | None],
    file: str,
    lower: Collection[str],
) -> None:
    """Refuse names of columns that the table does not have, and of indicators that were not asked for."""
    known = list(map(str, frame.columns))
    wanted = [(key, name) for key, name in keys.items() if name is not None]
    wanted += [(f"indicators.{one.name}", column) for one in asked for column in one.columns]
    problems = [unknown(where, name, known) for where, name in wanted if name not in known]
    names = [one.name for one in asked]
    problems += [unknown("lower", name, names) for name in lower if name not in names]
    if not asked:
        example = WORDS["example"]
        problems.append(Problem("key_missing", where="indicators", advice=example))
    if not len(frame):
        problems.append(Problem("rows_none", file=file, found="0行", advice=WORDS["no_rows"]))
    if problems:
        raise InputError(problems)


def _without_persons(frame: pd.DataFrame, area: str, file: str) -> tuple[pd.DataFrame, list[str]]:
    """The table without columns that hold personal data; refused where its rows are persons."""
    texts = {c: list(frame[c]) for c in frame.columns}
    found = persons.columns(texts, table=WORDS["kind"])
    if area in found:
        allowed, advice = WORDS["areas_only"], WORDS["no_row_a_person"]
        raise InputError(
            Problem("person_refused", file=file, where=area, allowed=allowed, advice=advice)
        )
    notes = [WORDS.say("left_out", columns=listed(found))] if found else []
    kept = frame.drop(columns=list(found))
    no_persons(kept, keyed=False)
    return kept, notes


def _checked(
    frame: pd.DataFrame, keys: Mapping[str, str], asked: list[_Asked], file: str
) -> pd.DataFrame:
    """The table with numbers as numbers, periods and areas as texts; every cell that is none is named."""
    problems: list[Problem] = []
    used = dict.fromkeys(column for one in asked for column in one.columns)
    out = frame.copy()
    at = {str(column): letter(n) for n, column in enumerate(frame.columns)}
    for column in used:
        numbers = pd.to_numeric(frame[column].map(_plain), errors="coerce")
        for n in frame.index[numbers.isna() & frame[column].notna() & (frame[column] != "")]:
            problems.append(_cell(file, at[column], n, column, frame[column][n], WORDS["number"]))
        typed = frame[column].map(_is_percent)
        for n in frame.index[~typed & (numbers > 1)] if typed.any() else ():  # 38 beside 38%
            problems.append(_cell(file, at[column], n, column, frame[column][n], WORDS["percent"]))
        out[column] = numbers.astype(float)
    periods = []
    if name := keys.get("period"):
        for n, value in enumerate(frame[name]):
            if (one := Period.read(value)) is None:
                problems.append(_cell(file, at[name], n, name, value, WORDS["period"]))
            periods.append(str(one))
        out[name] = periods
    area = keys["area"]
    for n in frame.index[frame[area].isna() | frame[area].astype(str).str.strip().eq("")]:
        problems.append(_cell(file, at[area], n, area, "", WORDS["area"]))
    out[area] = frame[area].astype(str).str.strip().str.replace("/", "／")
    twice = out[out.duplicated(list(keys.values()), keep="first")]
    problems += [
        Problem(
            "row_duplicate",
            file=file,
            where=f"{at[area]}{n + HEAD + 1}",
            found=" ".join(str(row[column]) for column in keys.values()),
            allowed=WORDS["one_row"],
        )
        for n, row in twice.iterrows()
    ]
    if problems:
        raise InputError(problems[:MOST_NAMES])
    return out


def _plain(value: Any) -> Any:
    """A typed number without separators; 38.5% is 0.385, as Excel keeps it."""
    if not isinstance(value, str):
        return value
    text = value.replace(",", "").replace("，", "").strip()
    if not _is_percent(text):
        return text
    number = pd.to_numeric(text.rstrip("%％"), errors="coerce")
    return text if pd.isna(number) else number / 100


def _is_percent(value: Any) -> bool:
    """Whether a cell is typed as a percentage."""
    return isinstance(value, str) and value.strip().endswith(("%", "％"))


def _cell(file: str, column: str, row: Any, name: str, value: Any, allowed: str) -> Problem:
    return Problem(
        "value_invalid",
        file=file,
        where=f"{column}{row + HEAD + 1}",
        found=f"{name}：{persons.shown(value)}",
        allowed=allowed,
    )


# --- measures and indicators ---------------------------------------------------------------------------------------------


def _measures(
    frame: pd.DataFrame, area: str, period: str | None, asked: list[_Asked]
) -> pd.DataFrame:
    """One row an area, period and column that an indicator uses."""
    used = dict.fromkeys(column for one in asked for column in one.columns)
    values = {column: frame[column] for column in used} | {WHOLE: 1.0}
    keys = {
        "area": frame[area],
        "period": frame[period] if period else WORDS["one_period"],
        "level": LEVEL,
    }
    rows = [
        pd.DataFrame({**keys, "measure": code, "value": value}, index=frame.index)
        for code, value in values.items()
    ]
    long = pd.concat(rows, ignore_index=True)
    return long.assign(low=long["value"], high=long["value"])


def _codebook(asked: list[_Asked], measures: pd.DataFrame, lower: set[str]) -> Codebook:
    """The packaged codebook with these measures and indicators instead of the field's."""
    wide = measures.pivot_table(index=["area", "period"], columns="measure", values="value")
    units = {WHOLE: "个"} | {one.top: one.unit or "个" for one in asked}
    columns = dict.fromkeys([*(c for one in asked for c in one.columns), WHOLE])
    return load_codebook().model_copy(
        update={
            "measures": {
                code: Measure(
                    code=code,
                    name=WORDS["each"] if code == WHOLE else code,
                    unit=units.get(code, "个"),
                    figure=True,
                )
                for code in columns
            },
            "indicators": {one.name: _indicator(one, wide, one.name in lower) for one in asked},
            "references": {},
            "own_targets": {},
            "goals": (),
        }
    )


def _indicator(one: _Asked, wide: pd.DataFrame, lower: bool) -> Indicator:
    percent = one.unit == "%"
    # a column of percentages is kept as parts of one (Excel's own way), or as numbers up to a hundred
    of_one = one.bottom is not None or not (wide[one.top] > 1).any()
    is_part = one.bottom is not None and bool(
        (wide[one.top].isna() | wide[one.bottom].isna() | (wide[one.top] <= wide[one.bottom])).all()
    )
    return Indicator(
        code=one.name,
        name=one.name,
        short_name=one.name,
        dimension="coverage",
        kind="proportion" if percent and is_part else "ratio",
        numerator=one.top,
        denominator=one.bottom or WHOLE,
        base=one.bottom or WORDS["each"],
        scale=100.0 if percent and of_one else 1.0,
        unit=one.unit,
        decimals=1 if percent else 2,
        better="lower" if lower else "higher",
    )


def _areas(frame: pd.DataFrame, area: str, group: str | None) -> pd.DataFrame:
    """The areas in the order of the table, as the table of areas has them."""
    last = frame.drop_duplicates(area, keep="last").set_index(area)
    names = list(dict.fromkeys(frame[area]))
    groups = last[group].reindex(names).astype("string") if group else pd.Series(pd.NA, index=names)
    return pd.DataFrame(
        {
            "area": names,
            "name": names,
            "level": LEVEL,
            "peer_group": groups.to_numpy(),
            "sort_order": range(1, len(names) + 1),
            "as_one": pd.NA,
        }
    )
