"""Indicators: one measure over another, with both parts, base, method and two kinds of interval.

``low`` to ``high`` says what the data leave open (约, 余, 近); ``ci_low`` to ``ci_high`` is the 95% sampling interval for
research: Wilson for proportions, Byar for rates (exact Poisson below 10 events), none for amounts and ratios.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
import pandas as pd

from evalkit.codebook import Codebook, Indicator
from evalkit.indicators.course import (
    REMARK,
    base_before,
    grows_with_time,
    in_course,
    in_words_of,
    is_of_a_year,
    is_part_of_year,
    periods_of_base,
)
from evalkit.indicators.extent import NUMBERS, Figures, ancestors, common
from evalkit.indicators.goals import goal_by_period
from evalkit.indicators.measures import OVERLAPPING
from evalkit.indicators.project import nearest_codebook
from evalkit.problems import InputError, unknown
from evalkit.world.area import Area
from evalkit.world.extent import joined, split
from evalkit.world.frame import MEASURES, asked_of
from evalkit.world.number import plain, quotient, times
from evalkit.world.period import Period

COLUMNS = [
    "area",
    "period",
    "level",
    "indicator",
    "value",
    "low",
    "high",
    "ci_low",
    "ci_high",
    "numerator",
    "denominator",
    "n_missing",
    "base",
    "method",
    "name",
    "name_en",
    "short_name",
    "dimension",
    "kind",
    "better",
    "target",
    "target_name",
    "target_own",
    "scale",
    "unit",
    "decimals",
    "minimum_base",
    "area_name",
    "peer_group",
    "sort_order",
    "is_demo",
    "n_areas",
    "n_expected",
    "absent",
]
EXTENT = ["n_areas", "n_expected", "absent"]
SIDES = ("n", "d")
FEW_EVENTS = 10
METHODS = {
    "proportion": "Wilson 95%区间",
    "rate": "Byar 95%区间（不足10件用精确泊松）",
    "amount": "金额不是抽样，不计抽样区间",
    "ratio": "两类不同事物之比，不计抽样区间",
}


def previous_period(period: str) -> str:
    """The period a year before: 2025 -> 2024, 2025Q3 -> 2024Q3."""
    found = Period.read(period)
    return str(found.year_before) if found else period


def evaluate(
    measures: pd.DataFrame,
    only: Iterable[str] | None = None,
    confidence: float = 0.95,
    codebook: Codebook | None = None,
) -> pd.DataFrame:
    """Indicators of all areas and periods in a frame of measures.

    Parameters
    ----------
    measures
        Tidy measures: area, period, measure, value, low, high and, where known, level, n_missing, base, source, place.
    only
        Indicator codes; all of the codebook by default.
    confidence
        Of the sampling interval.
    codebook
        The packaged one merged with the nearest project's, by default.

    Raises
    ------
    InputError
        No frame of measures; an indicator that the codebook does not have.

    Returns
    -------
    One row per area, period and indicator (columns of `COLUMNS`). Proportion: low = n_low / max(d_high, n_low),
    high = min(1, n_high / d_low); other kinds n_low / d_high to n_high / d_low. A zero denominator gives no value.
    """
    if codebook is None:
        codebook = nearest_codebook()
    frame = _prepared(asked_of(measures, MEASURES, "measures", empty=True))
    codes = list(codebook.indicators) if only is None else list(only)
    if unlisted := [code for code in codes if code not in codebook.indicators]:
        raise InputError([unknown("only", code, codebook.indicators) for code in unlisted])
    here = set(frame["measure"].unique())
    chosen = [
        i
        for i in map(codebook.indicators.__getitem__, codes)
        if {i.numerator, i.denominator} <= here
    ]
    both = _paired(frame, chosen, codebook)
    both = both.loc[both["value_n"].notna() & both["value_d"].notna()]
    if not len(both):
        return pd.DataFrame(columns=COLUMNS)
    return _filled(
        both.sort_values("which", kind="stable", ignore_index=True), chosen, codebook, confidence
    )


def _prepared(measures: pd.DataFrame) -> pd.DataFrame:
    frame = measures.copy()
    for column, default in (
        ("level", None),
        ("n_missing", 0),
        ("base", ""),
        ("source", ""),
        ("place", None),
        ("n_areas", None),
        ("n_expected", None),
        ("absent", None),
        ("home", False),
    ):
        if column not in frame:
            frame[column] = default
    for column in ("value", "low", "high"):
        if column not in frame:
            frame[column] = frame["value"]
        frame[column] = frame[column].astype("float64")
    frame["home"] = frame["home"].fillna(False).astype(bool)
    frame["low"] = frame["low"].fillna(frame["value"])
    frame["high"] = frame["high"].fillna(np.inf).where(frame["value"].notna(), frame["high"])
    return frame


def _paired(frame: pd.DataFrame, chosen: Sequence[Indicator], codebook: Codebook) -> pd.DataFrame:
    """Numerators beside their denominators (columns ``_n`` and ``_d``); `which` is the place of the indicator in `chosen`."""
    tops, placed = dict(tuple(frame.groupby("measure", sort=False))), frame["place"].notna()
    printed = set(frame.loc[placed, "measure"]) if placed.any() else set()
    counted = [(n, i) for n, i in enumerate(chosen) if i.numerator not in printed]
    parts = [_pair(frame, counted, codebook)]
    for n, i in enumerate(chosen):
        if i.numerator in printed:
            parts.append(_pair_published(tops[i.numerator], tops[i.denominator], i).assign(which=n))
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


def _filled(
    both: pd.DataFrame, chosen: Sequence[Indicator], codebook: Codebook, confidence: float
) -> pd.DataFrame:
    which = both["which"].to_numpy()

    def said(tell: Callable[[Indicator], Any]) -> np.ndarray:
        """What the codebook says of the indicator of each row."""
        return np.array([tell(indicator) for indicator in chosen], dtype=object)[which]

    def number(tell: Callable[[Indicator], float]) -> np.ndarray:
        return np.array([tell(indicator) for indicator in chosen], dtype=float)[which]

    references = {
        i.target: codebook.references[i.target] for i in chosen if i.target in codebook.references
    }
    kind, n, d = said(lambda i: i.kind), both["value_n"].to_numpy(), both["value_d"].to_numpy()
    d_safe = np.where(d > 0, d, np.nan)
    value = quotient(n, d)
    low, high = _bounds(kind == "proportion", both)
    ci_low, ci_high, method = _sampling(kind, n, d_safe, confidence)
    out = pd.DataFrame(
        {
            "area": both["area"],
            "period": both["period"],
            "level": both["level_n"],
            "indicator": said(attrgetter("code")),
            **{
                column: said(attrgetter(column))
                for column in ("name", "name_en", "dimension", "better", "unit")
            },
            "value": value,
            "low": np.where(np.isnan(value), np.nan, low),
            "high": np.where(np.isnan(value), np.nan, high),
            "ci_low": ci_low,
            "ci_high": ci_high,
            "numerator": n,
            "denominator": d,
            "n_missing": both["n_missing_n"].fillna(0).astype(int)
            + both["n_missing_d"].fillna(0).astype(int),
            "base": _bases(_in_words(said(lambda i: i.base), both), both),
            "method": method + both["remark"].to_numpy(dtype=object),
            "short_name": said(lambda i: i.short_name or i.name),
            "kind": kind,
            "target": number(
                lambda i: references[i.target].value if i.target in references else np.nan
            ),
            "target_name": said(
                lambda i: references[i.target].name if i.target in references else ""
            ),
            "target_own": False,
            "scale": number(lambda i: i.scale),
            "decimals": number(lambda i: i.decimals).astype(int),
            "minimum_base": codebook.minimum_base,
            "area_name": both["area"].map(
                lambda a: a.rpartition("/")[2] if isinstance(a, str) else a
            ),
            "peer_group": None,
            "sort_order": both.groupby("which").cumcount() + 1,
            "is_demo": False,
            **{column: both.get(column) for column in EXTENT},
        }
    )
    _without_yearly_target(out, chosen, which, codebook)
    _set_own_targets(out, codebook)
    extra = [column for column in ("place", "locator") if column in both]
    return pd.concat([out[COLUMNS], both[extra]], axis=1)


def _without_yearly_target(
    out: pd.DataFrame, chosen: Sequence[Indicator], which: np.ndarray, codebook: Codebook
) -> None:
    """What a rule asks for a year is no reference of a quarter's or month's course."""
    parts = {p for p in out["period"].dropna().unique() if is_part_of_year(p)}
    if not parts:
        return
    grows = [n for n, one in enumerate(chosen) if grows_with_time(one, codebook)]
    yearly = out["period"].isin(parts).to_numpy() & np.isin(which, grows)
    out.loc[yearly, "target"] = np.nan
    out.loc[yearly, "target_name"] = ""


def _set_own_targets(out: pd.DataFrame, codebook: Codebook) -> None:
    """What the project set itself to reach in a period, or by its end, stands before any reference."""
    for code, by_period in codebook.own_targets.items():
        for period, value in by_period.items():
            mine = (out["indicator"] == code) & (out["period"] == period)
            _set_target(out, mine, value, codebook)
    for goal in codebook.goals:
        if goal.counts:
            continue
        mine = out.loc[out["indicator"] == goal.code]
        for area, rows in mine.groupby("area", dropna=False):
            if goal.areas and area not in goal.areas:
                continue
            series = dict(zip(rows["period"], rows["value"], strict=True))
            for period, value in goal_by_period(goal, series).items():
                if is_of_a_year(goal.code, period, codebook):
                    continue
                _set_target(out, rows.index[rows["period"] == period], value, codebook)


def _set_target(out: pd.DataFrame, rows: Any, value: float, codebook: Codebook) -> None:
    name = codebook.term("own_target")
    out.loc[rows, ["target", "target_name", "target_own"]] = [value, name, True]


def _pair(
    frame: pd.DataFrame, chosen: Sequence[tuple[int, Indicator]], codebook: Codebook
) -> pd.DataFrame:
    """Pairs within one area and period (or with the period a year before), by one look-up for all indicators."""
    (area, _areas), (period, periods) = (
        pd.factorize(frame[c], use_na_sentinel=False) for c in ("area", "period")
    )
    before = _Before(periods, codebook)
    slot, (measure, codes) = area * len(periods) + period, pd.factorize(frame["measure"])
    rows = {code: np.flatnonzero(measure == n) for n, code in enumerate(codes)}
    at = np.full(len(_areas) * len(periods), -1)
    tops, bottoms, seconds = ([np.zeros(0, dtype=int)] for _ in range(3))
    for _, indicator in chosen:
        top, bottom = rows[indicator.numerator], rows[indicator.denominator]
        at[slot[bottom]] = bottom
        now = period[top]
        when = now if indicator.denominator_period == "same" else before.of(indicator)[now]
        found = np.where(when < 0, -1, at[area[top] * len(periods) + when])
        again = np.full(len(top), -1)  # the second denominator of a mean
        if indicator.denominator_period == "mean":
            again = at[area[top] * len(periods) + now]
            found = np.where(again < 0, -1, found)
        at[slot[bottom]] = -1
        tops.append(top[found >= 0])
        bottoms.append(found[found >= 0])
        seconds.append(again[found >= 0])
    which = np.repeat([n for n, _ in chosen] or [0], [len(t) for t in tops[1:]] or [0])
    columns = ["level", "value", "low", "high", "n_missing", "base", "home", *EXTENT]
    top, bottom = np.concatenate(tops), np.concatenate(bottoms)
    both = pd.concat(
        [
            frame[["area", "period", *({"place", "locator"} & {*frame.columns})]]
            .iloc[top]
            .reset_index(drop=True),
            *(
                frame[columns].iloc[rows].reset_index(drop=True).add_suffix(end)
                for rows, end in ((top, "_n"), (bottom, "_d"))
            ),
        ],
        axis=1,
    )
    both = _with_mean_base(both, frame[columns], np.concatenate(seconds))
    overlapping = both["base_n"].eq(OVERLAPPING) | both["base_d"].eq(OVERLAPPING)
    remark = _remarks(both["period"], which, dict(chosen), codebook)
    both["remark"] = remark + np.where(overlapping, "；跨区县合计含重复计数", "").astype(object)
    both = both.assign(which=which)
    return _on_the_same_areas(both, frame, dict(chosen), codebook)


class _Before:
    """Where among the periods that of a base a year back is, -1 where it is not."""

    def __init__(self, periods: Any, codebook: Codebook) -> None:
        self.periods, self.codebook = pd.Index(periods), codebook
        self._known: dict[tuple[str, ...], np.ndarray] = {}

    def of(self, indicator: Indicator) -> np.ndarray:
        wanted = tuple(base_before(str(p), indicator, self.codebook) for p in self.periods)
        if wanted not in self._known:
            self._known[wanted] = self.periods.get_indexer(list(wanted))
        return self._known[wanted]


def _remarks(
    periods: pd.Series, which: np.ndarray, chosen: Mapping[int, Indicator], codebook: Codebook
) -> np.ndarray:
    """What is said of the base of every row, and of what a year has more of than a quarter or month."""
    usual = {n: _REMARKS[one.denominator_period] for n, one in chosen.items()}
    said = np.array([*map(usual.__getitem__, which.tolist()), ""], dtype=object)[:-1]
    parts = {p: Period.parse(p).words() for p in periods.unique() if is_part_of_year(p)}
    if not parts:
        return said
    grows = {n for n, one in chosen.items() if grows_with_time(one, codebook)}
    of_part = usual | {
        n: _REMARKS_OF_COURSE[one.denominator_period]
        for n, one in chosen.items()
        if in_course(codebook.measures[one.denominator])
    }
    for row, (n, period) in enumerate(zip(which.tolist(), periods, strict=True)):
        if period in parts:
            said[row] = of_part[n] + (REMARK.format(period=parts[period]) if n in grows else "")
    return said


_REMARKS = {"same": "", "previous": "；分母取上年末数", "mean": "；分母取上年末与本年末数的平均"}
_REMARKS_OF_COURSE = _REMARKS | {"previous": "；分母取上年同期数"}  # of a part of a year


def _with_mean_base(both: pd.DataFrame, frame: pd.DataFrame, second: np.ndarray) -> pd.DataFrame:
    """Denominators with the mean of two periods where a row of `frame` is the second one (else -1)."""
    twice = second >= 0
    if not twice.any():
        return both
    other = frame.iloc[second[twice]]
    for column in ("value", "low", "high"):
        mean = (both.loc[twice, column + "_d"].to_numpy() + other[column].to_numpy()) / 2
        both.loc[twice, column + "_d"] = mean
    missing = both.loc[twice, "n_missing_d"].fillna(0).to_numpy() + other["n_missing"].fillna(0)
    both.loc[twice, "n_missing_d"] = missing.to_numpy()
    return both


def _on_the_same_areas(
    both: pd.DataFrame,
    frame: pd.DataFrame,
    chosen: Mapping[int, Indicator],
    codebook: Codebook,
) -> pd.DataFrame:
    """Both sides of every ratio from the same areas; who has only one side is left out of both and named.

    A side that an upper area typed itself cannot be cut to fewer areas: where the other side is not whole, the ratio has
    no value.
    """
    both = both.assign(
        n_areas=both["n_areas_n"], n_expected=both["n_expected_n"], absent=both["absent_n"]
    )
    if not frame["home"].any():
        return both
    figures = Figures(frame)
    above = {up for path in frame.loc[frame["home"], "area"].unique() for up in ancestors(path)}
    candidates = _may_differ(both, figures, chosen, codebook)
    for place in np.flatnonzero(candidates):
        row, path = both.loc[place], str(both.at[place, "area"])
        typed = [path in above and pd.isna(row[f"n_areas_{side}"]) for side in SIDES]
        if any(typed):
            cut = any(pd.notna(row[f"absent_{side}"]) for side in SIDES)
            if cut and not all(typed):
                both.loc[place, [f"{part}_{side}" for part in NUMBERS for side in SIDES]] = np.nan
            continue
        parts = _parts_of(chosen[row["which"]], str(row["period"]), codebook)
        shared = common(figures, path, [((code,), period) for code, period in parts])
        if not shared.left_out:
            continue
        rest = [
            figures.without(code, period, path, left_out)
            for (code, period), left_out in zip(parts, shared.without, strict=True)
        ]
        known = [numbers for numbers in rest if numbers is not None]
        empty = len(known) < len(rest) or (
            path in figures.known_districts | above and not shared.areas
        )
        top = np.nan if empty else known[0]
        bottom = np.nan if empty else np.mean(known[1:], axis=0)
        both.loc[place, [f"{part}_n" for part in NUMBERS]] = top
        both.loc[place, [f"{part}_d" for part in NUMBERS]] = bottom
        if path not in above:
            continue
        lost = {area for side in SIDES for area in split(row[f"absent_{side}"])}
        lost |= set(shared.left_out)
        districts = {area for area in lost if Area.of(area).district().path == area}
        both.loc[place, "n_areas"] = len(shared.areas)
        both.loc[place, "n_expected"] = len(shared.areas | districts)
        both.loc[place, "absent"] = joined(sorted(lost))
        both.loc[place, "remark"] = (
            f"{row['remark']}；只含两项都有数的{len(shared.areas)}个地区（另{len(districts)}个缺报）"
        )
    return both


def _parts_of(indicator: Indicator, period: str, codebook: Codebook) -> list[tuple[str, str]]:
    """The measures of a ratio with their periods: the numerator, then the denominator (two where a mean is taken)."""
    base = periods_of_base(period, indicator, codebook)
    return [(indicator.numerator, period), *((indicator.denominator, when) for when in base)]


def _may_differ(
    both: pd.DataFrame, figures: Figures, chosen: Mapping[int, Indicator], codebook: Codebook
) -> np.ndarray:
    """The rows whose parts can rest on different areas."""

    def same(column: str) -> pd.Series:
        one, other = both[f"{column}_n"], both[f"{column}_d"]
        return (one == other).fillna(False) | (one.isna() & other.isna())

    differ = ~(same("n_areas") & same("absent")).to_numpy(dtype=bool)
    reported = {p: figures.reported(p) for p in both["period"].dropna().unique()}
    moved = {
        (n, period)
        for n, one in chosen.items()
        if one.denominator_period != "same"
        for period, here in reported.items()
        if here != figures.reported(base_before(period, one, codebook))
    }
    over_two = [key in moved for key in zip(both["which"], both["period"], strict=True)]
    return differ | np.array(over_two, dtype=bool)


def _pair_published(top: pd.DataFrame, bottom: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """Published figures pair within one source and place; an undated one goes with any period, and that is said."""
    columns = [
        "area",
        "period",
        "level",
        "value",
        "low",
        "high",
        "n_missing",
        "base",
        "source",
        "place",
    ]
    if indicator.numerator == indicator.denominator:  # a figure is never its own previous year
        bottom = bottom.loc[bottom["period"].notna()]
        top = top.loc[top["period"].notna()]
    both = top.merge(bottom[columns], on=["source", "place"], suffixes=("_n", "_d"))
    both = both.assign(area=both["area_n"])
    dated = both["period_n"].notna() & both["period_d"].notna()
    wanted = both["period_n"]
    if indicator.denominator_period == "previous":
        wanted = both["period_n"].map(
            lambda p: previous_period(str(p)) if isinstance(p, str) else p
        )
    same = (both["period_d"] == both["period_n"]) & (indicator.numerator != indicator.denominator)
    both = both.loc[~dated | (both["period_d"] == wanted) | same]
    base_n, base_d = both["base_n"].fillna(""), both["base_d"].fillna("")
    # a stated base on both sides must be the same one: rates on different bases are never formed
    both = both.loc[(base_n == "") | (base_d == "") | (base_n == base_d)]
    undated = both["period_n"].isna() | both["period_d"].isna()
    same_year = (both["period_n"] == both["period_d"]) & (indicator.denominator_period != "same")
    remark = np.where(undated, "；其中未注明年份的数字按同一来源同一地方配对", "").astype(object)
    remark = remark + np.where(same_year, "；分母为同年数", "")
    return both.assign(period=both["period_n"].fillna(both["period_d"]), remark=remark)


def _bounds(proportion: np.ndarray, both: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    n_low, n_high, d_low, d_high = (
        both[name].to_numpy() for name in ("low_n", "high_n", "low_d", "high_d")
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(proportion, n_low / np.maximum(d_high, n_low), n_low / d_high)
        high = np.where(proportion, np.minimum(1.0, n_high / d_low), n_high / d_low)
    return np.nan_to_num(low, nan=0.0, posinf=np.inf), high


def _sampling(
    kinds: np.ndarray, n: np.ndarray, d: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from evalkit.stats import byar, poisson_exact, wilson

    low, high, method = (
        np.full(len(n), np.nan),
        np.full(len(n), np.nan),
        np.full(len(n), "", dtype=object),
    )
    for kind, text in METHODS.items():
        method[kinds == kind] = text.replace("95%", f"{plain(times(confidence, 100))}%")
    if (at := np.flatnonzero((kinds == "proportion") & (n >= 0) & (n <= d))).size:
        low[at], high[at] = wilson(n[at], d[at], confidence)
    rate = kinds == "rate"
    if (at := np.flatnonzero(rate & (n >= FEW_EVENTS))).size:
        low[at], high[at] = (limit / d[at] for limit in byar(n[at], confidence))
    if (at := np.flatnonzero(rate & ~(n >= FEW_EVENTS))).size:
        low[at], high[at] = (
            limit / d[at] for limit in poisson_exact(np.maximum(n[at], 0), confidence)
        )
    return low, high, method


def _in_words(bases: np.ndarray, both: pd.DataFrame) -> np.ndarray:
    """What the bases are called in their periods; those of years as they stand."""
    periods = both["period"].fillna("").astype(str)
    if not any(is_part_of_year(period) for period in periods.unique()):
        return bases
    told = [in_words_of(text, period) for text, period in zip(bases, periods, strict=True)]
    return np.array(told, dtype=object)


def _bases(usual: np.ndarray, both: pd.DataFrame) -> list[str]:
    if "place" not in both or not both["place"].notna().any():
        return usual.tolist()
    stated = (
        both["base_d"].fillna("").where(both["base_d"].fillna("") != "", both["base_n"].fillna(""))
    )
    printed = both.groupby("which")["place"].transform(lambda place: place.notna().any())
    told = (
        text or f"原文未注明口径（按{base}理解）" for text, base in zip(stated, usual, strict=True)
    )
    return [text if paper else base for text, base, paper in zip(told, usual, printed, strict=True)]
