"""Comparisons: an area against the mean, its peers, a target or another area, with a verdict and its reason.

Changes, attainment and order are always stated; a word of judgement needs more than noise (see `compare`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evalkit.indicators.areas import find_area
from evalkit.indicators.extent import NUMBERS, Figures, ancestors, common, districts_among
from evalkit.indicators.succession import Groups, with_groups
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world import number
from evalkit.world.area import Area
from evalkit.world.extent import joined, split
from evalkit.world.frame import asked_of
from evalkit.world.period import in_time

MINIMUM_BASE = 30
MARGIN = 0.05  # amounts and ratios carry no sampling interval: a difference below 5% of the reference stays unjudged
VERDICTS = {
    "better": "优于",
    "worse": "差于",
    "same": "持平",
    "unclear": "差异不明显",
    "none": "不作评价",
}
CHANGE = [
    "previous",
    "value_common",
    "n_common",
    "left_out",
    "as_one",
]  # what `_on_common_areas` gives
SIDES = ("\nnumerator", "\ndenominator")
COLUMNS = [
    "area",
    "area_name",
    "period",
    "level",
    "indicator",
    "name",
    "dimension",
    "kind",
    "better",
    "scale",
    "unit",
    "decimals",
    "value",
    "numerator",
    "denominator",
    "reference",
    "reference_name",
    "difference",
    "low",
    "high",
    "against",
    "previous",
    "value_common",
    "change",
    "n_common",
    "left_out",
    "as_one",
    "course",
    "verdict",
    "falling",
    "rank",
    "n_ranked",
    "tied",
    "ranked",
    "sort_order",
]

WHOLE = "各地区合计"  # the reference `to="mean"`


WHOLE = "各地区合计"  # the reference `to="mean"`


def half_unit(frame: pd.DataFrame) -> pd.Series:
    """Half a printed unit of each value, on the scale of the value: below it a change is 持平."""
    return 1 / (2 * 10.0 ** frame["decimals"].astype(float) * frame["scale"].astype(float))


def small_base(rows: pd.DataFrame) -> pd.Series | int:
    """The denominator of each row below which a proportion is shown, not ranked."""
    return rows["minimum_base"].fillna(MINIMUM_BASE) if "minimum_base" in rows else MINIMUM_BASE


def compare(
    indicators: pd.DataFrame,
    period: str | int,
    to: str = "mean",
    against: str | int | None = None,
    minimum_base: int | None = None,
    whole: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Each area of each level against a reference.

    Parameters
    ----------
    indicators
        Frame of `evaluate` (one or several levels and periods).
    period, against
        The period judged, and the earlier one for the change.
    to
        ``"mean"`` (pooled over the areas of the level: sum of numerators over sum of denominators), ``"peers"`` (the
        same over the other areas of the peer group), ``"target"``, or an area.
    minimum_base
        Below this denominator a proportion is shown, not ranked (基数小); by default what the project's evalkit.yml says
        (the column `minimum_base`), else 30.
    whole
        A frame with the rows of the areas below those compared (all of `Data.indicators`), where `indicators` itself
        does not hold them: a change is made over the areas that reported in both periods. By default what the frame
        bears as its attribute ``whole`` (rows chosen for a report do), else the frame.

    Returns
    -------
    COLUMNS; `difference` = value - reference with its interval from the data and, for proportions and rates, from
    sampling; `verdict` better / worse when that interval excludes zero (amounts and ratios: data interval, and at
    least 5% of the reference), same below half a printed unit, unclear otherwise, none where no direction is better;
    `change` = `value_common` - `previous`, both over the areas that reported both numerator and denominator in both
    periods (同口径): `n_common` districts, without those in `left_out`; none where nothing is common; a district that
    was split, merged or renamed is compared together with the others of the change, `as_one`
    (`evalkit.indicators.succession`);
    `course`: how it moved since the earlier period `against` (see `course`), `falling` where that is worse; `rank` by the printed
    value, with `tied` for a shared place; no rank where fewer than two areas are ordered, or where all are equal.
    """
    period, against = str(period), None if against is None else str(against)
    indicators = asked_of(indicators, where="indicators")
    if whole is None:
        whole = getattr(indicators, "whole", None)
    whole = indicators if whole is None else whole
    now = indicators.loc[(indicators["period"] == period) & indicators["value"].notna()].copy()
    if not len(now):
        known = in_time(indicators["period"].dropna())
        advice = "可用的时期：" + "、".join(known)
        raise InputError(Problem("period_unknown", where="period", found=period, advice=advice))
    reference, name = _reference(now, to)
    out = now.assign(reference=reference, reference_name=name)
    out["difference"] = number.minus(out["value"], out["reference"])
    side_low = out[["low", "ci_low"]].min(axis=1)
    side_high = out[["high", "ci_high"]].max(axis=1)
    out["low"], out["high"] = side_low - out["reference"], side_high - out["reference"]
    out["verdict"] = _verdict(out)
    out["against"] = against
    out[CHANGE] = _on_common_areas(whole, out, against)
    out["change"] = number.minus(out["value_common"], out["previous"])
    out["course"] = course(out.assign(value=out["value_common"]), out["previous"])
    out["falling"] = out["course"] == "worse"
    least = small_base(out) if minimum_base is None else minimum_base
    out["ranked"] = (out["kind"] != "proportion") | (out["denominator"] >= least)
    out["rank"] = _rank(out)
    out["n_ranked"] = out.groupby(["level", "indicator"], dropna=False)["rank"].transform("count")
    out["tied"] = out["rank"].notna() & out.duplicated(["level", "indicator", "rank"], keep=False)
    return out[COLUMNS].sort_values(["indicator", "sort_order"], kind="stable", ignore_index=True)


def course(rows: pd.DataFrame, previous: pd.Series) -> np.ndarray:
    """How each value moved since its `previous` one: better, worse or same; none where that cannot be said.

    Of an indicator that should be high or low, by the direction; of one that should be near its reference, by the
    distance from it. Below half a printed unit it is the same. Without a previous value, a direction or (near) a
    reference nothing is said. This is the only rule of 变好 and 变差: whoever counts them, counts these.
    """
    value, before, target = (
        pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        for column in (rows["value"], previous, rows["target"])
    )
    better, half = rows["better"].to_numpy(), half_unit(rows).to_numpy(dtype=float)
    near = np.abs(value - target) - np.abs(before - target)
    loss = np.select(
        [better == "higher", better == "lower", better == "near"],
        [before - value, value - before, near],
        np.nan,
    )
    size = number.half_up(loss / half, 6)  # in half printed units, without the noise of floats
    moved = np.where(size >= 1, "worse", np.where(size <= -1, "better", "same"))
    return np.where(np.isnan(size), "none", moved)


def pooled(frame: pd.DataFrame) -> pd.Series:
    """Sum of numerators over sum of denominators, per level and indicator, on the rows of `frame`."""
    sums = frame.groupby(["level", "indicator"], dropna=False)[
        ["numerator", "denominator"]
    ].transform("sum")
    return pd.Series(number.quotient(sums["numerator"], sums["denominator"]), index=sums.index)


def _reference(now: pd.DataFrame, to: str) -> tuple[pd.Series, pd.Series | str]:
    if to == "mean":
        return pooled(now), WHOLE
    if to == "target":
        return now["target"], now["target_name"]
    if to == "peers":
        keys = ["level", "indicator", "peer_group"]
        sums = now.groupby(keys, dropna=False)[["numerator", "denominator"]].transform("sum")
        others = sums - now[["numerator", "denominator"]].to_numpy()
        value = pd.Series(
            number.quotient(others["numerator"], others["denominator"]), index=others.index
        )
        return value, now["peer_group"].fillna("全部地区").astype(str) + "其他地区合计"
    known = now[["area", "area_name"]].drop_duplicates().rename(columns={"area_name": "name"})
    path = find_area(known.assign(short_name=known["name"]), to)
    if path is None:
        advice = did_you_mean(to, [*known["name"]]) or "可写：mean、peers、target 或地区名"
        raise InputError(Problem("area_unknown", where="to", found=to, advice=advice))
    of_area = now.loc[now["area"] == path].set_index("indicator")["value"]
    return now["indicator"].map(of_area), path.rpartition("/")[2]


def _verdict(out: pd.DataFrame) -> np.ndarray:
    difference = out["difference"]
    sampled = out["kind"].isin(["proportion", "rate"])
    clear = (out["low"] > 0) | (out["high"] < 0)
    clear &= sampled | (difference.abs() >= MARGIN * out["reference"].abs())
    good = np.where(out["better"] == "lower", difference < 0, difference > 0)
    verdict = np.where(clear, np.where(good, "better", "worse"), "unclear")
    verdict = np.where(difference.abs() < half_unit(out), "same", verdict)
    return np.where(difference.isna() | ~out["better"].isin(["higher", "lower"]), "none", verdict)


def _on_common_areas(whole: pd.DataFrame, out: pd.DataFrame, against: str | None) -> pd.DataFrame:
    """The columns `CHANGE` of every row: now and before on the areas that reported in both periods."""
    made = pd.DataFrame(index=out.index, columns=CHANGE, dtype=object)
    made["value_common"] = out["value"].astype(float)
    made["previous"] = np.nan
    if against is None:
        return made
    plain = whole.loc[whole["period"] == against].drop_duplicates(["area", "indicator"])
    before = plain.set_index(["area", "indicator"])["value"]
    keys = pd.MultiIndex.from_frame(out[["area", "indicator"]])
    made["previous"] = before.reindex(keys).to_numpy(dtype=float)
    period = str(out["period"].iloc[0])
    groups = Groups.between(whole, period, against)
    figures = _sides_of_ratios(whole, {period, against}, groups)
    above = _areas_above(whole)
    concerned = above | _areas_that_changed(figures, period, against)
    for row in out.index[out["area"].isin(concerned)]:
        path, code = out.at[row, "area"], out.at[row, "indicator"]
        sides = tuple(f"{code}{side}" for side in SIDES)
        if group := groups.of(path):
            now, then = (_ratio(figures, sides, p, group, frozenset()) for p in (period, against))
            made.at[row, "previous"] = then if now == now else np.nan
            if now == now and then == then:
                made.at[row, "value_common"] = now
                made.at[row, "as_one"] = joined(groups.members[group])
            continue
        if pd.isna(made.at[row, "previous"]):
            continue
        if path in above and not _has_parts(figures, sides, against, path):
            # printed without ledgers: comparable where all of it reported now
            if "absent" in out and isinstance(out.at[row, "absent"], str):
                made.loc[row, ["previous", "left_out"]] = [np.nan, out.at[row, "absent"]]
            continue
        shared = common(figures, path, [(sides, period), (sides, against)])
        if path in above:
            made.at[row, "n_common"] = len(shared.areas) or None
        if not shared.left_out or (path in above and not figures.districts(sides[0], period, path)):
            continue  # all reported, or the area typed its own numbers
        made.at[row, "left_out"] = joined(groups.named(shared.left_out))
        if path in above and not shared.areas:
            made.at[row, "previous"] = np.nan
            continue
        made.at[row, "value_common"] = _ratio(figures, sides, period, path, shared.without[0])
        made.at[row, "previous"] = _ratio(figures, sides, against, path, shared.without[1])
    return made.astype({"value_common": float, "previous": float})


def _has_parts(figures: Figures, sides: Sequence[str], period: str, area: str) -> bool:
    """Whether numerator and denominator of an area are known, not its printed ratio alone."""
    parts = [figures.numbers(side, period, area) for side in sides]
    return all(part is not None and not np.isnan(part[0]) for part in parts)


def _sides_of_ratios(whole: pd.DataFrame, periods: set[str], groups: Groups) -> Figures:
    """Numerators and denominators of indicators as figures of their own, changed districts as one."""
    rows = whole.loc[whole["period"].isin(periods) & whole["area"].notna()]
    home = rows["area"].isin(districts_among(rows["area"].unique()))
    parts = [
        pd.DataFrame(
            {
                "area": rows["area"],
                "period": rows["period"],
                "measure": rows["indicator"] + side,
                "home": home,
            }
            | dict.fromkeys(NUMBERS, rows[column])
        )
        for side, column in zip(SIDES, ("numerator", "denominator"), strict=True)
    ]
    sides_of = pd.concat(parts, ignore_index=True)
    return Figures(with_groups(sides_of, groups, _absent(rows)) if groups.members else sides_of)


def _absent(rows: pd.DataFrame) -> dict[tuple[str, str], frozenset[str]]:
    """By side of an indicator and period who should have reported and did not, as the upper areas know it."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    if "absent" not in rows:
        return found
    for row in rows.loc[rows["absent"].notna()].itertuples():
        for side in SIDES:
            key = (f"{row.indicator}{side}", str(row.period))
            found[key] = found.get(key, frozenset()) | frozenset(split(row.absent))
    return found


def _areas_that_changed(figures: Figures, period: str, against: str) -> set[str]:
    """The areas, and their districts, that reported in one of two periods only."""
    changed = figures.reported(period) ^ figures.reported(against)
    return changed | {Area.of(path).district().path for path in changed}


def _areas_above(whole: pd.DataFrame) -> set[str]:
    """The areas that hold districts of the frame."""
    return {
        up for path in districts_among(whole["area"].dropna().unique()) for up in ancestors(path)
    }


def _ratio(
    figures: Figures, sides: tuple[str, ...], period: str, area: str, left_out: frozenset[str]
) -> float:
    """Numerator over denominator without some areas; NaN where one of them does not exist."""
    parts = [figures.without(side, period, area, left_out) for side in sides]
    if any(part is None for part in parts):
        return float("nan")
    top, bottom = (part[0] for part in parts if part is not None)
    return float(number.quotient(top, bottom))


def _rank(out: pd.DataFrame) -> pd.Series:
    """Best is 1 and ties share the better place, as the value is printed; areas on a small base have none.

    An order needs at least two areas, and an order of equals is no order: neither has a rank.
    """
    sign = np.where(out["better"] == "lower", 1, -1)
    orders = out["ranked"] & out["better"].isin(["higher", "lower"])
    printed = pd.Series(sign * _printed(out), index=out.index).where(orders)
    groups = printed.groupby([out["level"], out["indicator"]], dropna=False)
    return groups.rank(method="min").where(groups.transform("nunique") > 1).astype("Int64")


def _printed(out: pd.DataFrame) -> np.ndarray:
    """The values in printed units, half up: 84.8% of one decimal is 848."""
    units = number.times(
        number.times(out["value"], out["scale"]), 10.0 ** out["decimals"].astype(float)
    )
    return np.asarray(number.half_up(units, 0), dtype=float)
