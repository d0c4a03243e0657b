"""A year from its quarters, a quarter from its months: rows of the longer period, made of those of its parts.

What stands at a time (units, organisations, members, instructors, stars) is that of the last part, if that part ends the period.
What happens in its course (funds, activities, visits, typed figures that the codebook calls a ``flow``) is that of all parts
together, and only where none of them is missing: three quarters are never a year. Since rows are put together and not numbers, a
count of organisations that held an activity in the year is right too: it is neither the sum of the quarters' nor the last one's.

A ledger of the whole period stands before its parts; where the two differ it is asked, once a district.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from evalkit.codebook import Codebook
from evalkit.codebook.kept import BY_PARTS, COUNTED
from evalkit.indicators.areas import home_of
from evalkit.indicators.measures import holding
from evalkit.ledgers.findings import finding
from evalkit.problems import Problem
from evalkit.world.area import Area
from evalkit.world.number import plain
from evalkit.world.period import Kind, Period

STOCKS = ("units", "party_organisations", "covers", "instructor_counts")  # what stands at a time
ONCE = ("ratings", "stars")  # what is settled once in a year: the last time counts, whenever it was
FLOWS = ("funds", "activities", "visits")  # what happens in the course of a period
FIGURES, NOTHING = "figures", "nothing"
TYPED = "工作报表的发生数"
KINDS = ("half", "quarter", "month")
FINER: dict[str, Kind] = {"year": "half", "half": "quarter", "quarter": "month"}
MOST_NAMED = 6
HALF = 0.5
Tables = Mapping[str, pd.DataFrame]


# --- which parts a period has ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tiled:
    """The parts that fill a period, in order, and those that are missing from it."""

    used: tuple[Period, ...]
    missing: tuple[Period, ...]

    @property
    def whole(self) -> bool:
        return not self.missing


def tiled(whole: Period, there: frozenset[Period]) -> Tiled:
    """How `there` fills a period, which itself does not count: the longest parts first.

    >>> quarters = frozenset(map(Period.parse, ("2025Q1", "2025Q2", "2025Q4")))
    >>> [str(part) for part in tiled(Period.parse(2025), quarters).missing]
    ['2025Q3']
    """
    used: list[Period] = []
    missing: list[Period] = []
    for part in whole.parts(FINER[whole.kind]) if whole.kind in FINER else ():
        if part in there:
            used.append(part)
            continue
        inside = tiled(part, there)
        if inside.used:
            used += inside.used
            missing += inside.missing
        else:
            missing += _as_others(part, whole, there)
    return Tiled(tuple(used), tuple(missing))


def _as_others(part: Period, whole: Period, there: frozenset[Period]) -> list[Period]:
    """A missing half of a year as its quarters, where its sister is told by quarters or months."""
    by_halves = any(one.kind == "half" and whole.contains(one) for one in there)
    return [part] if part.kind != "half" or by_halves else part.parts("quarter")


# --- the tables of a longer period -----------------------------------------------------------------------------------


@dataclass
class _Found:
    """What is said of a district and a period that is made of its parts."""

    missing: dict[str, tuple[Period, ...]] = field(default_factory=dict)  # of what, which parts
    lost: list[str] = field(default_factory=list)  # areas that did not report in every part
    differs: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def with_whole_periods(
    tables: Tables, codebook: Codebook
) -> tuple[dict[str, pd.DataFrame], list[Problem]]:
    """The tables with the rows of quarters and years that are made of their parts, and what was found.

    Parameters
    ----------
    tables
        As ledgers make them; all ledgers of a district and year together.
    """
    if not any(period.kind in KINDS for period in _told(tables)):
        return dict(tables), []
    wholes = _wholes(tables)
    out = dict(tables)
    problems: list[Problem] = []
    for home, whole in wholes:
        found = _Found()
        added = _of_home(out, home, whole, codebook, found)
        for name, rows in added.items():
            out[name] = _below(out[name], rows)
        problems += _said(home, whole, found)
    return out, problems


def _wholes(tables: Tables) -> list[tuple[str, Period]]:
    """The districts and periods that have parts: quarters before years, so that these can be made of those."""
    found: dict[tuple[str, Period], None] = {}
    for home, period in _places(tables):
        if period.kind == "month":
            found[home, Period("quarter", period.number // 3)] = None
        if period.kind in KINDS:
            found[home, Period("year", period.year)] = None
    return sorted(found, key=lambda one: (one[1].kind == "year", one[0], one[1]))


def _told(tables: Tables) -> set[Period]:
    """All periods of the tables."""
    texts = {t for frame in tables.values() if "period" in frame for t in frame["period"].unique()}
    return {one for text in texts if not pd.isna(text) and (one := Period.read(text))}


def _places(tables: Tables) -> dict[tuple[str, Period], None]:
    found: dict[tuple[str, Period], None] = {}
    for name in (*STOCKS, *ONCE, *FLOWS, FIGURES, NOTHING):
        frame = tables.get(name)
        if frame is None or not len(frame):
            continue
        for area, period in frame[["area", "period"]].drop_duplicates().itertuples(index=False):
            when = None if pd.isna(period) else Period.read(period)
            if when is not None and when.in_calendar:
                found[_home(area), when] = None
    return found


def _home(area: Any) -> str:
    return "" if pd.isna(area) or not area else home_of(area)


def _of_home(
    tables: Tables, home: str, whole: Period, codebook: Codebook, found: _Found
) -> dict[str, pd.DataFrame]:
    """The rows that a district gets in a period."""
    mine = {name: rows for name in tables if len(rows := _inside(tables[name], home, whole))}
    there = frozenset(_periods(mine.values())) - {whole}
    all_parts = tiled(whole, there)
    own = {name: rows for name, rows in mine.items() if (rows["period"] == str(whole)).any()}
    ends = bool(all_parts.used) and all_parts.used[-1].bounds[1] == whole.bounds[1]
    if not ends and not own:
        return {}  # the period is not over: its parts speak for themselves
    reported = {part: _reporting(mine.values(), part, whole) for part in there}
    listed = [f for rows in mine.values() for f in rows["source_file"].dropna().unique()]
    found.files += dict.fromkeys(map(str, listed))
    added: dict[str, pd.DataFrame] = {}
    for name in (*STOCKS, *ONCE):
        if name in mine and not _has(own, name):
            added[name] = _last(mine[name], whole, name in ONCE)
    for name in FLOWS:
        if name in mine or _says_nothing(mine, name, None):
            added[name] = _together(mine, name, whole, own, reported, codebook, found)
    if FIGURES in mine:
        added[FIGURES] = _figures(mine[FIGURES], whole, codebook, found)
    if NOTHING in mine:
        added[NOTHING] = _nothing(mine, whole, own)
    return {
        name: rows.assign(period=pd.array([str(whole)] * len(rows), dtype="string"))
        for name, rows in added.items()
        if len(rows)
    }


def _inside(frame: pd.DataFrame, home: str, whole: Period) -> pd.DataFrame:
    """The rows of a district that lie in a period."""
    if not len(frame) or "period" not in frame or "area" not in frame:
        return frame.iloc[:0]
    periods = {text: Period.read(text) for text in frame["period"].dropna().unique()}
    wanted = {t for t, one in periods.items() if one and one.in_calendar and whole.contains(one)}
    homes = {area: _home(area) for area in frame["area"].unique()}
    return frame[frame["period"].isin(wanted) & frame["area"].map(homes).eq(home)]


def _periods(frames: Iterable[pd.DataFrame]) -> set[Period]:
    return {Period.parse(text) for rows in frames for text in rows["period"].dropna().unique()}


def _reporting(frames: Iterable[pd.DataFrame], part: Period, whole: Period) -> set[str]:
    """The areas that reported anything in a part of a period, or in a part of it or around it."""
    return {
        str(area)
        for rows in frames
        for text in rows["period"].dropna().unique()
        if (one := Period.parse(text)) != whole and (part.contains(one) or one.contains(part))
        for area in rows.loc[rows["period"] == text, "area"].dropna().unique()
    }


def _has(own: Tables, name: str) -> bool:
    """Whether there is a ledger of the whole period, or one that says 无."""
    return name in own or _says_nothing(own, name, None)


def _says_nothing(tables: Tables, name: str, part: Period | None) -> bool:
    rows = tables.get(NOTHING)
    if rows is None:
        return False
    said = rows["ledger"] == name
    return bool((said if part is None else said & (rows["period"] == str(part))).any())


def _below(frame: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    types = {column: kind for column, kind in frame.dtypes.items() if column in rows}
    return pd.concat([frame, rows.astype(types)], ignore_index=True)


def _last(rows: pd.DataFrame, whole: Period, at_any_time: bool) -> pd.DataFrame:
    """What stands at the end of the period: the rows of the part that ends it."""
    there = tiled(whole, frozenset(_periods([rows]))).used
    if not there:
        return rows.iloc[:0]
    last = there[-1]
    if last.bounds[1] != whole.bounds[1] and not at_any_time:
        return rows.iloc[:0]
    return rows[rows["period"] == str(last)]


def _together(
    mine: Tables,
    name: str,
    whole: Period,
    own: Tables,
    reported: Mapping[Period, set[str]],
    codebook: Codebook,
    found: _Found,
) -> pd.DataFrame:
    """What happened in the course of the period: the rows of all its parts, if none is missing."""
    rows = mine.get(name)
    if rows is None:
        return pd.DataFrame()
    parts = rows[rows["period"] != str(whole)]
    there = frozenset(_periods([parts])) | {p for p in reported if _says_nothing(mine, name, p)}
    tiles = tiled(whole, there)
    if not tiles.used:
        return rows.iloc[:0]
    wanted = parts[parts["period"].isin([str(part) for part in tiles.used])]
    called = codebook.tables[name].name
    if _has(own, name):
        if tiles.whole:
            found.differs += _differing_rows(name, called, rows, wanted, whole)
        return rows.iloc[:0]
    if not tiles.whole:
        found.missing[called] = tiles.missing
        return rows.iloc[:0]
    silent = _silent(wanted, tiles.used, reported)
    found.lost += [area for area in silent if area not in found.lost]
    return wanted[~wanted["area"].isin(silent)]


def _silent(
    rows: pd.DataFrame, used: Sequence[Period], reported: Mapping[Period, set[str]]
) -> list[str]:
    """Areas below the district that sent ledgers of their own, and none in some part.

    A part in which one ledger tells of several areas is told by the district: who is not in it had nothing.
    """
    of_files = rows.groupby(["period", "source_file"])["area"].nunique()
    compiled = set(of_files[of_files > 1].index.get_level_values("period"))
    silent = []
    for area in rows["area"].dropna().unique():
        above = Area.of(area).district().path
        gaps = [
            part
            for part in used
            if str(part) not in compiled
            and area not in reported.get(part, set())
            and above not in reported.get(part, set())
        ]
        if gaps:
            silent.append(str(area))
    return silent


def _differing_rows(
    name: str, called: str, rows: pd.DataFrame, parts: pd.DataFrame, whole: Period
) -> Iterator[str]:
    """Where the ledger of the whole period and those of its parts do not tell the same."""
    own = rows[rows["period"] == str(whole)]
    if name == "funds":
        fen = own["amount_fen"].sum(), parts["amount_fen"].sum()
        if fen[0] != fen[1]:
            yield f"{called}{plain(fen[0] / 100)}元（各期合计{plain(fen[1] / 100)}元）"
    elif len(own) != len(parts):
        yield f"{called}{len(own)}行（各期合计{len(parts)}行）"


# --- typed figures -----------------------------------------------------------------------------------------------------


def _figures(rows: pd.DataFrame, whole: Period, codebook: Codebook, found: _Found) -> pd.DataFrame:
    """Copies of the parts' figures that make those of the period, each with where it stands.

    They count where their area did not type the period itself (`evalkit.indicators.measures.holding`).
    """
    known = rows[rows["value"].notna() & rows["measure"].isin(codebook.measures)]
    known = known[holding(known).to_numpy(dtype=bool)]
    typed = known[known["period"] == str(whole)]
    told = set(zip(typed["area"], typed["measure"], strict=True))
    made = []
    missing: dict[Period, None] = {}
    for (area, code), some in known[known["period"] != str(whole)].groupby(
        ["area", "measure"], sort=False, dropna=False
    ):
        adds_up = codebook.measures[str(code)].adds_up
        tiles = tiled(whole, frozenset(_periods([some])))
        used = tiles.used if adds_up else tiles.used[-1:]
        if not used:
            continue
        if tiles.whole if adds_up else used[0].bounds[1] == whole.bounds[1]:
            made.append(_copied(some[some["period"].isin([str(part) for part in used])]))
        elif adds_up and (area, code) not in told:
            missing |= dict.fromkeys(tiles.missing)
    if missing:
        found.missing[TYPED] = tuple(sorted(missing))
    return pd.concat(made) if made else rows.iloc[:0]


def years_that_differ(figures: pd.DataFrame, codebook: Codebook) -> list[Problem]:
    """Figures typed for a whole period that are not what those of its parts give: one question an area and period."""
    if not len(figures) or not figures["status"].eq(BY_PARTS).any():
        return []
    of_parts = figures["status"].eq(BY_PARTS).fillna(False).astype(bool)
    typed = figures[~figures["status"].isin(COUNTED).fillna(False).astype(bool)]
    keys = ["area", "period", "measure"]
    places = {key: rows for key, rows in typed.groupby(keys, sort=False)}
    differing: dict[tuple[str, str], list[str]] = {}
    first: dict[tuple[str, str], pd.DataFrame] = {}
    for key, parts in figures[of_parts].groupby(keys, sort=False):
        if key not in places:
            continue
        area, period, code = map(str, key)
        measure = codebook.measures[code]
        said = [*_differing_figures(measure.name, measure.unit, places[key], parts)]
        if said:
            differing.setdefault((area, period), []).extend(said)
            first.setdefault((area, period), places[key])
    problems = []
    for (area, period), said in differing.items():
        row = first[area, period].iloc[-1]
        at = str(row["locator"] or f"{row['source_sheet']}!A{row['source_row']}")
        problems.append(_differs(area, Period.parse(period), said, str(row["source_file"]), at))
    return problems


def _copied(rows: pd.DataFrame) -> pd.DataFrame:
    """Figures as parts of a sum: both ends filled, an open one without an end."""
    low, high = rows["low"].fillna(rows["value"]), rows["high"]
    high = high.fillna(rows["value"]).mask(rows["low"].notna() & high.isna(), float("inf"))
    status = pd.array([BY_PARTS] * len(rows), dtype="string")
    return rows.assign(low=low, high=high, status=status)


def _differing_figures(
    name: str, unit: str, own: pd.DataFrame, parts: pd.DataFrame
) -> Iterator[str]:
    typed, rest = _copied(own.tail(1)), _copied(parts)
    slack = HALF if unit != "元" else max(HALF, 0.005 * abs(float(typed["value"].sum())))
    below = float(rest["high"].sum()) < float(typed["low"].sum()) - slack
    above = float(rest["low"].sum()) > float(typed["high"].sum()) + slack
    if below or above:
        said = float(typed["value"].sum()), float(rest["value"].sum())
        yield f"{name}{plain(said[0])}{unit}（各期{plain(said[1])}{unit}）"


def _nothing(mine: Tables, whole: Period, own: Tables) -> pd.DataFrame:
    """无 of the period: of what happens where every part says so, of what stands where the last one does."""
    rows = mine[NOTHING]
    made = []
    for name in rows["ledger"].unique():
        if _has(own, str(name)):
            continue
        some = rows[rows["ledger"] == name]
        told = mine.get(str(name))
        if told is not None and name in FLOWS:
            continue  # some part has rows: its areas have theirs
        tiles = tiled(whole, frozenset(_periods([some])))
        last = bool(tiles.used) and tiles.used[-1].bounds[1] == whole.bounds[1]
        if tiles.whole if name in FLOWS else last:
            made.append(some[some["period"] == str(tiles.used[-1])])
    return pd.concat(made) if made else rows.iloc[:0]


# --- what is said --------------------------------------------------------------------------------------------------------


def _said(home: str, whole: Period, found: _Found) -> Iterator[Problem]:
    file = next(iter(found.files), "")
    name = home.rpartition("/")[2]
    if found.missing or found.lost:
        each: dict[tuple[Period, ...], list[str]] = {}
        for what, parts in found.missing.items():
            each.setdefault(parts, []).append(what)
        said = [f"{'、'.join(what)}缺{_named(parts, whole)}" for parts, what in each.items()]
        if found.lost:
            names = [area.rpartition("/")[2] for area in found.lost]
            more = f"等{len(names)}个" if len(names) > MOST_NAMED else ""
            said.append(f"{'、'.join(names[:MOST_NAMED])}{more}有的期没有报")
        text = f"{name}{whole.words()}{'；'.join(said)}"
        kind = "全年" if whole.kind == "year" else "本季"
        yield finding(
            "period_incomplete",
            file,
            "",
            text,
            f"{kind}的发生数不计这些",
        )
    if found.differs:
        yield _differs(home, whole, found.differs, file, "")


def _differs(area: str, whole: Period, said: Sequence[str], file: str, at: str) -> Problem:
    more = f"等{len(said)}项" if len(said) > MOST_NAMED else ""
    text = f"{area.rpartition('/')[2]}{whole.words()}{'；'.join(said[:MOST_NAMED])}{more}"
    kind = "全年" if whole.kind == "year" else "整季"
    return finding("period_differs", file, at, text, f"按{kind}的表")


def _named(parts: Sequence[Period], whole: Period) -> str:
    """第三季度、第四季度: parts of one year without its name."""
    year = f"{whole.year}年"
    return "、".join(part.words().removeprefix(year) for part in parts)
