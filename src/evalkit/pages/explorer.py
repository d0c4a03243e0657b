"""探索.html: indicators, areas and years to choose from, as one page that needs no Python and no network.

The page holds numerators and denominators as whole numbers, a column an indicator's side and period (columns that are equal
stand once), and divides exactly. One rule decides what is printed: numerator over denominator, in the indicator's unit, half
up. Where a stored value is not that quotient (a printed rate without its sides), the value itself is in the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache, cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit.codebook import Codebook
from evalkit.codebook.dictionary import formula
from evalkit.indicators.compare import compare
from evalkit.pages.page import COMMON_WORDS, Page, made
from evalkit.world import number
from evalkit.world.area import Area
from evalkit.world.extent import named, split
from evalkit.world.period import Period, day_words
from evalkit.world.words import Words

FOLDER = Path(__file__).with_name("explorer")
WORDS = Words(FOLDER / "words.yml")
# in the order in which they need each other
SCRIPTS = (
    "numbers.js",
    "cells.js",
    "state.js",
    "rows.js",
    "drawing.js",
    "sheet.js",
    "bars.js",
    "change.js",
    "line.js",
    "scatter.js",
    "tiles.js",
    "spine.js",
    "answer.js",
    "reading.js",
    "listing.js",
    "saving.js",
    "page.js",
)
VIEWS = ("bars", "change", "line", "scatter", "tiles", "spine", "compare")
REASONING = SCRIPTS[:2]  # what reckons, without a page
LARGEST = 3_000_000  # bytes of the page, where what is left out can make it smaller
MOST_PERIODS = 8
DIGITS_OF_A_PRODUCT = 34  # a value of 17 digits times a scale of as many
FEN = 100  # sides of money, and means of two years, are whole numbers of hundredths
TOLERANCE = 1e-9
SIDES = ("numerator", "denominator")
LEVELS = ("national", "province", "city", "district", "township", "park", "industry_committee")


@dataclass(frozen=True)
class Explored:
    """What the page may show.

    Attributes
    ----------
    frame
        Rows of indicators of all levels and periods shown; a column ``hidden`` where small numbers are withheld.
    areas
        The table of areas.
    expected
        Area and period of whoever should have reported.
    codebook, names
        What the indicators are, and what they are called by their codes, in the order of the page.
    headline
        Codes of the main indicators.
    subject
        What the whole is called in the title.
    period, baseline, level, ranking
        What stands there at first; without full ranking nothing is ordered by value.
    whole
        The path of the area that holds all others; None where there is none.
    detailed
        Periods whose numerators and denominators may be seen; all where None.
    """

    frame: pd.DataFrame
    areas: pd.DataFrame
    expected: frozenset[tuple[str, str]]
    codebook: Codebook
    names: Mapping[str, str]
    headline: Sequence[str]
    subject: str
    period: str
    baseline: str | None
    level: str
    ranking: str = "full"
    whole: str | None = None
    demo: bool = False
    public: bool = False
    detailed: frozenset[str] | None = None
    left_out: tuple[str, ...] = field(default=())

    @cached_property
    def periods(self) -> list[str]:
        return sorted(map(str, self.frame["period"].unique()), key=_order)


def explorer(told: Explored, largest: int = LARGEST) -> str:
    """The page as text; what would make it too large is left out, and the page says so."""
    page = _page(told)
    for smaller in _smaller(told):
        if len(page.encode("utf-8")) <= largest:
            break
        page = _page(smaller)
    return page


def _page(told: Explored) -> str:
    year = Period.parse(told.period).words()
    mark = "demo" if told.demo else "public" if told.public else "internal"
    return made(
        Page(
            FOLDER,
            "page.html",
            title=(
                WORDS.say("title", subject=told.subject, year=year),
                WORDS.say("title", lang="en", year=told.period),
            ),
            mark=COMMON_WORDS[mark],
            styles=("page.css",),
            scripts=SCRIPTS,
            words=WORDS["page"],
            data=page_data(told),
            facts={"views": VIEWS},
        )
    )


def _smaller(told: Explored) -> list[Explored]:
    """The same with less and less: without the lower levels, then the main indicators alone, then two periods."""
    found = []
    order = [level for level in LEVELS if (told.frame["level"] == level).any()]
    lower = order[order.index(told.level) + 1 :] if told.level in order else []
    while lower:
        away = lower.pop()
        kept = told.frame.loc[told.frame["level"] != away]
        name = told.codebook.term(f"level.{away}")
        told = replace(told, frame=kept, left_out=(*told.left_out, name))
        found.append(told)
    main = told.frame.loc[told.frame["indicator"].isin(list(told.headline))]
    told = replace(told, frame=main, left_out=(*told.left_out, WORDS.say("other_indicators")))
    two = main.loc[main["period"].isin([told.period, str(told.baseline)])]
    fewer = (*told.left_out, WORDS.say("other_periods"))
    return [*found, told, replace(told, frame=two, left_out=fewer)]


# --- data ---


def page_data(told: Explored) -> dict[str, Any]:
    """What the page reckons with; see `explorer/cells.js` for what each part means."""
    places = _Places.of(told)
    columns = _Columns()
    cells: dict[str, Any] = {}
    for (level, code, period), group in _groups(told, places).items():
        of_code = cells.setdefault(level, {}).setdefault(code, {})
        of_code[period] = group.packed(columns, len(places.paths[level]))
    codes = [c for c in told.names if any(c in of_level for of_level in cells.values())]
    return {
        "period": told.period,
        "baseline": told.baseline,
        "level": told.level,
        "ranking": told.ranking,
        "public": told.public,
        "demo": told.demo,
        "headline": [c for c in told.headline if c in codes],
        "periods": [_period(p) for p in told.periods],
        "levels": [
            {"key": level, "name": _level_name(told.codebook, level), "areas": paths}
            for level, paths in places.paths.items()
        ],
        "areas": places.about(),
        "whole": told.whole,
        "dimensions": {k: [d.name, d.name_en] for k, d in told.codebook.dimensions.items()},
        "indicators": {c: _indicator(told, c) for c in codes},
        "columns": columns.lists,
        "cells": cells,
        "gone": places.gone(),
        "moved": _moved(told, places),
        "left_out": list(told.left_out),
    }


@dataclass(frozen=True)
class _Places:
    """Areas by level in administrative order, and where each stands in its level."""

    told: Explored
    paths: dict[str, list[str]]

    @classmethod
    def of(cls, told: Explored) -> _Places:
        levels = dict(zip(told.frame["area"], told.frame["level"], strict=True))
        expected = {area for area, _ in told.expected}
        known = told.areas.sort_values("sort_order", kind="stable")
        for area, level in zip(known["area"], known["level"], strict=True):
            if area in expected and level == told.level:
                levels.setdefault(area, level)
        order = {area: at for at, area in enumerate(known["area"])}
        paths: dict[str, list[str]] = {level: [] for level in LEVELS}
        for area in sorted(levels, key=lambda path: (order.get(path, len(order)), path)):
            paths.setdefault(str(levels[area]), []).append(str(area))
        return cls(told, {level: found for level, found in paths.items() if found})

    @cached_property
    def at(self) -> dict[str, dict[str, int]]:
        return {
            level: {path: n for n, path in enumerate(paths)} for level, paths in self.paths.items()
        }

    def about(self) -> dict[str, Any]:
        """What is known of each area by its path: its names, its group, where it stands in a map of squares."""
        rows = self.told.areas.set_index("area")
        english, group = _texts(rows, "name_en"), _texts(rows, "peer_group")
        short, row, column = (
            _texts(rows, "short_name"),
            _wholes(rows, "tile_row"),
            _wholes(rows, "tile_column"),
        )
        found = {}
        for path in (path for paths in self.paths.values() for path in paths):
            one: dict[str, Any] = {"name": [named([path]), english.get(path, "")]}
            one["short"] = short.get(path) or path.rpartition("/")[2]
            if path in group:
                one["group"] = group[path]
            if path in row and path in column:
                one["tile"] = [row[path], column[path]]
            found[path] = one
        return found

    def gone(self) -> dict[str, dict[str, list[int]]]:
        """By level and period the areas that were not there: without a value, not expected, in no area that is silent."""
        rows = self.told.frame.loc[self.told.frame["value"].notna()]
        sent = set(zip(rows["area"], rows["period"], strict=True))
        silent = self.told.expected - sent
        found: dict[str, dict[str, list[int]]] = {}
        for level, paths in self.paths.items():
            for period in self.told.periods:
                lost = [
                    n
                    for n, path in enumerate(paths)
                    if (path, period) not in sent
                    and not any((above.path, period) in silent for above in Area.of(path).lineage())
                ]
                if lost:
                    found.setdefault(level, {})[period] = lost
        return found


class _Columns:
    """Columns of whole numbers, each once, with the factor that makes them whole."""

    def __init__(self) -> None:
        self.lists: list[list[Any]] = []
        self._known: dict[tuple[Any, ...], int] = {}

    def put(self, column: tuple[int, list[int | None]]) -> int:
        factor, numbers = column
        key = (factor, tuple(numbers))
        if key not in self._known:
            self._known[key] = len(self.lists)
            self.lists.append([factor, numbers])
        return self._known[key]


@dataclass
class _Group:
    """What is known of an indicator in a level and period, by place: sides in hundredths, and what else is said."""

    tops: dict[int, int] = field(default_factory=dict)
    bottoms: dict[int, int] = field(default_factory=dict)
    values: dict[int, str] = field(default_factory=dict)  # where the value is not the quotient
    extents: dict[int, list[Any]] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)
    targets: set[tuple[str, str, bool]] = field(default_factory=set)
    goals: dict[int, list[str]] = field(default_factory=dict)
    base: str = ""

    def packed(self, columns: _Columns, size: int) -> list[Any]:
        """[column of numerators, column of denominators, what else is said]."""
        put: list[Any] = [
            columns.put(_whole(side, size)) if side else None for side in (self.tops, self.bottoms)
        ]
        more: dict[str, Any] = {"v": self.values, "e": self.extents, "h": self.hidden}
        more |= {"t": self._target, "g": self.goals, "base": self.base}
        kept = {key: value for key, value in more.items() if value}
        return [*put, kept] if kept else put

    @property
    def _target(self) -> tuple[str, str, bool] | None:
        """What all have to reach; not the rule of another place where somebody has a goal of its own."""
        told = next(iter(self.targets)) if len(self.targets) == 1 else None
        return None if told and self.goals and not told[2] else told


def _whole(side: Mapping[int, int], size: int) -> tuple[int, list[int | None]]:
    """Hundredths as whole numbers, where they all are; the factor says which."""
    factor = 1 if all(one % FEN == 0 for one in side.values()) else FEN
    over = FEN // factor
    return factor, [side[n] // over if n in side else None for n in range(size)]


def _groups(told: Explored, places: _Places) -> dict[tuple[str, str, str], _Group]:
    """The rows by level, indicator and period."""
    found: dict[tuple[str, str, str], _Group] = {}
    frame, book = told.frame, told.codebook.indicators
    sides = zip(*(_hundredths(frame[side]) for side in SIDES), strict=True)
    columns = ["level", "indicator", "period", "area", "value", "base"]
    columns += ["n_areas", "n_expected", "absent", "target", "target_name", "target_own"]
    goals = _goals(frame)
    rows = zip(
        *(_plain(frame, column) for column in (*columns, "hidden")),
        _printed(frame),
        sides,
        goals,
        strict=True,
    )
    for (
        level,
        code,
        period,
        area,
        value,
        base,
        n,
        of,
        lost,
        target,
        name,
        own,
        hid,
        units,
        two,
        goal,
    ) in rows:
        place, one = places.at[level][area], book[code]
        group = found.setdefault((level, code, period), _Group())
        if of is not None or lost is not None:
            group.extents[place] = [n, of, named(split(lost))]
        if target is not None:
            text = number.fixed(target, one.decimals, scale=one.scale)
            group.targets.add((text, str(name or ""), bool(own)))
        if goal:
            group.goals[place] = goal
        if base is not None and base != one.base:
            group.base = str(base)
        if hid:
            group.hidden.append(place)
            continue
        top, bottom = two
        if told.detailed is not None and period not in told.detailed:
            if value is not None:
                group.values[place] = number.fixed(value, one.decimals, scale=one.scale)
            continue
        if top is not None and bottom is not None:
            group.tops[place], group.bottoms[place] = top, bottom
        if value is not None and units != _units(top, bottom, one.scale, one.decimals):
            group.values[place] = _shown(value, one.scale)
    return found


def _goals(frame: pd.DataFrame) -> list[list[str]]:
    """Of every row the goal in force as it is printed, nothing without one.

    Goal, its day in Chinese and English, what is due now, state, distance in the better direction, pace so far and
    needed a year.
    """
    if "goal" not in frame:
        return [[]] * len(frame)
    columns = ("value", "goal", "goal_day", "goal_due", "goal_state", "goal_pace", "goal_need")
    told = {one: _plain(frame, one) for one in (*columns, "better", "scale", "decimals")}
    return [
        _goal(dict(zip(told, cells, strict=True))) for cells in zip(*told.values(), strict=True)
    ]


def _goal(row: Mapping[str, Any]) -> list[str]:
    if row["goal"] is None or row["goal_day"] is None:
        return []

    def shown(column: str, sign: bool = False) -> str:
        if row[column] is None:
            return ""
        return number.fixed(row[column], row["decimals"], scale=row["scale"], sign=sign)

    gap = ""
    if row["value"] is not None:  # of the printed numbers, as in the report
        apart = Decimal(shown("goal")) - Decimal(shown("value"))
        apart = {"higher": apart, "lower": -apart}.get(row["better"], abs(apart))
        gap = number.fixed(apart, row["decimals"])
    course = [shown("goal_due"), row["goal_state"] or "", gap]
    paces = [shown(column, sign=True) for column in ("goal_pace", "goal_need")]
    return [shown("goal"), day_words(row["goal_day"]), row["goal_day"], *course, *paces]


def _plain(frame: pd.DataFrame, column: str) -> list[Any]:
    """A column as a list, None where nothing is known."""
    if column not in frame:
        return [None] * len(frame)
    values = frame[column].astype(object)
    return values.where(values.notna(), None).tolist()


def _hundredths(side: pd.Series) -> list[int | None]:
    """Numerators or denominators in hundredths; None where they are no whole ones."""
    values = side.to_numpy(dtype=float, na_value=np.nan)
    hundred = np.rint(values * FEN)
    fits = np.abs(values * FEN - hundred) < TOLERANCE * np.maximum(1.0, np.abs(hundred))
    return [int(n) if fit else None for n, fit in zip(hundred.tolist(), fits.tolist(), strict=True)]


def _printed(frame: pd.DataFrame) -> list[float]:
    """The values in units of the last printed digit, as the reports print them."""
    scale = frame["scale"].to_numpy(dtype=float)
    power = 10.0 ** frame["decimals"].to_numpy(dtype=float)
    values = frame["value"].to_numpy(dtype=float, na_value=np.nan)
    units = number.half_up(number.times(number.times(values, scale), power), 0)
    return list(np.atleast_1d(units).tolist())


def _units(top: int | None, bottom: int | None, scale: float, decimals: int) -> int | None:
    """The same of a quotient, exactly: what `explorer/numbers.js` reckons."""
    if top is None or not bottom:
        return None
    above, below = _scale(scale)
    size = 2 * 10**decimals * above
    units = (abs(top) * size + bottom * below) // (2 * bottom * below)
    return units if top >= 0 else -units


@cache
def _scale(scale: float) -> tuple[int, int]:
    return Decimal(repr(float(scale))).as_integer_ratio()


def _shown(value: float, scale: float) -> str:
    """A stored value in the indicator's unit, every digit of it."""
    return number.plain(
        Decimal(repr(float(value))) * Decimal(repr(float(scale))), DIGITS_OF_A_PRODUCT
    )


def _indicator(told: Explored, code: str) -> dict[str, Any]:
    one, book = told.codebook.indicators[code], told.codebook
    return {
        "name": [told.names[code], one.name_en],
        "full": one.name,
        "dimension": one.dimension,
        "unit": one.unit,
        "decimals": one.decimals,
        "scale": list(_scale(one.scale)),
        "better": one.better,
        "kind": one.kind,
        "base": one.base,
        "formula": formula(one, book),
        "sides": [
            [book.measures[m].name, book.measures[m].unit] for m in (one.numerator, one.denominator)
        ],
        "source": book.source_name(one.source) or "",
        "small": book.minimum_base,
    }


def _period(period: str) -> dict[str, Any]:
    found = Period.parse(period)
    cut = Period("day", found.bounds[1].toordinal()) if found.in_calendar else found
    return {"key": period, "name": [found.words(), period], "until": [cut.words(), str(cut)]}


def _level_name(book: Codebook, level: str) -> list[str]:
    return [book.term(f"level.{level}"), WORDS.say(f"levels.{level}", lang="en")]


def _order(period: str) -> tuple[Any, ...]:
    found = Period.parse(period)
    return (found.bounds[0], found.bounds[1]) if found.in_calendar else (period,)


def _texts(rows: pd.DataFrame, column: str) -> dict[str, str]:
    return {a: str(v) for a, v in rows[column].items() if pd.notna(v)} if column in rows else {}


def _wholes(rows: pd.DataFrame, column: str) -> dict[str, int]:
    return {a: int(v) for a, v in rows[column].items() if pd.notna(v)} if column in rows else {}


# --- changes that are not those of the two values ---


def _moved(told: Explored, places: _Places) -> dict[str, Any]:
    """Changes over the areas that reported in both periods, where these are not the change of the two values.

    ``earlier>later``, level, indicator, place: [printed before, printed now, units of the change, areas, left out].
    """
    frame, found = told.frame, dict[str, Any]()
    if "hidden" in frame:
        frame = frame.loc[~frame["hidden"].astype(bool)]
    levels = [told.level, *_above(told, places)]
    for earlier, later in combinations(told.periods, 2):
        only = not told.public or (earlier, later) == (told.baseline, told.period)
        whole = frame.loc[frame["period"].isin([earlier, later])]
        if not only or not (told.public or _uneven(whole, earlier, later)):
            continue
        both = whole.loc[whole["level"].isin(levels)]
        if not (both["value"].notna() & (both["period"] == later)).any():
            continue
        seen = compare(both, later, against=earlier, whole=whole)
        for row in seen.to_dict("records"):
            told_ = _of_common(row, both, earlier, always=told.public)
            if told_ is not None:
                of_pair = found.setdefault(f"{earlier}>{later}", {})
                of_level = of_pair.setdefault(row["level"], {})
                place = places.at[row["level"]][row["area"]]
                of_level.setdefault(row["indicator"], {})[place] = told_
    return found


def _above(told: Explored, places: _Places) -> list[str]:
    order = [level for level in LEVELS if level in places.paths]
    return order[: order.index(told.level)] if told.level in order else []


def _uneven(frame: pd.DataFrame, earlier: str, later: str) -> bool:
    """Whether two periods rest on different areas somewhere."""
    if any(c in frame and frame[c].notna().any() for c in ("absent", "as_one")):
        return True
    reported = {p: set(rows["area"]) for p, rows in frame.groupby("period")}
    return reported.get(earlier) != reported.get(later)


def _of_common(
    row: Mapping[str, Any], both: pd.DataFrame, earlier: str, always: bool
) -> list[Any] | None:
    plain = row["value_common"] == row["value"] and pd.isna(row["left_out"])
    plain = plain and pd.notna(row["previous"]) and pd.isna(row["as_one"])
    if plain and not always:
        return None
    decimals, scale = int(row["decimals"]), float(row["scale"])
    if pd.isna(row["previous"]) or pd.isna(row["change"]):
        before = both.loc[
            (both["area"] == row["area"])
            & (both["indicator"] == row["indicator"])
            & (both["period"] == earlier)
        ]
        if before["value"].notna().any():
            return [None, None, None, None, named(split(row["left_out"]))]
        return None
    change = number.fixed(row["change"], decimals, scale=scale)
    return [
        number.fixed(row["previous"], decimals, scale=scale),
        number.fixed(row["value_common"], decimals, scale=scale),
        int(Decimal(change).scaleb(decimals)),
        None if pd.isna(row["n_common"]) else int(row["n_common"]),
        named(split(row["left_out"])),
    ]
