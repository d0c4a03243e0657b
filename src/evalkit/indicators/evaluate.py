"""Indicators: one measure over another, with both parts, base, method and two kinds of interval.

``low`` to ``high`` says what the data leave open (约, 余, 近); ``ci_low`` to ``ci_high`` is the 95% sampling interval for
research: Wilson for proportions, Byar for rates (exact Poisson below 10 events), none for amounts and ratios.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from evalkit.codebook import Codebook, Indicator
from evalkit.stats import byar, poisson_exact, wilson

COLUMNS = [
    "area", "period", "level", "indicator", "value", "low", "high", "ci_low", "ci_high", "numerator", "denominator",
    "n_missing", "base", "method", "name", "name_en", "short_name", "dimension", "kind", "better", "target",
    "target_name", "scale", "unit", "decimals", "area_name", "peer_group", "sort_order", "is_demo",
]  # fmt: skip
FEW_EVENTS = 10
METHODS = {
    "proportion": "Wilson 95%区间",
    "rate": "Byar 95%区间（不足10件用精确泊松）",
    "amount": "金额不是抽样，不计抽样区间",
    "ratio": "两类不同事物之比，不计抽样区间",
}


def previous_period(period: str) -> str:
    """The period a year before: 2025 -> 2024, 2025Q3 -> 2024Q3."""
    match = re.match(r"(\d{4})(.*)", period)
    return f"{int(match[1]) - 1}{match[2]}" if match else period


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

    Returns
    -------
    One row per area, period and indicator (columns of `COLUMNS`). Proportion: low = n_low / max(d_high, n_low),
    high = min(1, n_high / d_low); other kinds n_low / d_high to n_high / d_low. A zero denominator gives no value.
    """
    if codebook is None:
        from evalkit.indicators.project import nearest_codebook

        codebook = nearest_codebook()
    frame = _prepared(measures)
    codes = list(codebook.indicators) if only is None else list(only)
    by_measure = dict(tuple(frame.groupby("measure", sort=False)))
    parts = [
        _one(codebook.indicators[code], by_measure, codebook, confidence)
        for code in codes
        if codebook.indicators[code].numerator in by_measure and codebook.indicators[code].denominator in by_measure
    ]
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    return pd.concat(parts, ignore_index=True)


def _prepared(measures: pd.DataFrame) -> pd.DataFrame:
    frame = measures.copy()
    for column, default in (
        ("level", None), ("n_missing", 0), ("base", ""), ("source", ""), ("place", None), ("n_areas", None), ("home", False)
    ):  # fmt: skip
        if column not in frame:
            frame[column] = default
    for column in ("value", "low", "high"):
        if column not in frame:
            frame[column] = frame["value"]
        frame[column] = frame[column].astype("float64")
    frame["low"] = frame["low"].fillna(frame["value"])
    frame["high"] = frame["high"].fillna(np.inf).where(frame["value"].notna(), frame["high"])
    return frame


def _one(
    indicator: Indicator, by_measure: dict[str, pd.DataFrame], codebook: Codebook, confidence: float
) -> pd.DataFrame:
    top, bottom = by_measure[indicator.numerator], by_measure[indicator.denominator]
    published = top["place"].notna().any()
    both = _pair_published(top, bottom, indicator) if published else _pair(top, bottom, indicator)
    both = both.loc[both["value_n"].notna() & both["value_d"].notna()].reset_index(drop=True)
    if not len(both):
        return pd.DataFrame(columns=COLUMNS)
    n, d = both["value_n"].to_numpy(), both["value_d"].to_numpy()
    d_safe = np.where(d > 0, d, np.nan)
    value = n / d_safe
    low, high = _bounds(indicator.kind, both)
    ci_low, ci_high, method = _sampling(indicator.kind, n, d_safe, confidence)
    reference = codebook.references.get(indicator.target) if indicator.target else None
    out = pd.DataFrame(
        {
            "area": both["area"],
            "period": both["period"],
            "level": both["level_n"],
            "indicator": indicator.code,
            "value": value,
            "low": np.where(np.isnan(value), np.nan, low),
            "high": np.where(np.isnan(value), np.nan, high),
            "ci_low": ci_low,
            "ci_high": ci_high,
            "numerator": n,
            "denominator": d,
            "n_missing": both["n_missing_n"].fillna(0).astype(int) + both["n_missing_d"].fillna(0).astype(int),
            "base": _bases(indicator, both),
            "method": [method + extra for extra in both["remark"]],
            "name": indicator.name,
            "name_en": indicator.name_en,
            "short_name": indicator.short_name or indicator.name,
            "dimension": indicator.dimension,
            "kind": indicator.kind,
            "better": indicator.better,
            "target": float(reference.value) if reference else np.nan,
            "target_name": "" if reference is None else reference.name,
            "scale": float(indicator.scale),
            "unit": indicator.unit,
            "decimals": int(indicator.decimals),
            "area_name": both["area"].map(lambda a: a.rpartition("/")[2] if isinstance(a, str) else a),
            "peer_group": None,
            "sort_order": range(1, len(both) + 1),
            "is_demo": False,
        }
    )
    for extra in ("place", "locator"):
        if extra in both:
            out[extra] = both[extra]
    return out


def _pair(top: pd.DataFrame, bottom: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    top = top.assign(_key=top["period"])
    remark = ""
    if indicator.denominator_period == "previous":
        top = top.assign(_key=top["period"].map(lambda p: previous_period(str(p))))
        remark = "；分母取上年末数"
    columns = ["area", "period", "level", "value", "low", "high", "n_missing", "base", "n_areas", "home"]
    bottom = bottom[columns].rename(columns={"period": "_key"})
    both = top.merge(bottom, on=["area", "_key"], suffixes=("_n", "_d"))
    overlapping = both["base_n"].eq("跨区县重复计数") | both["base_d"].eq("跨区县重复计数")
    both = both.assign(remark=[remark + ("；跨区县合计含重复计数" if o else "") for o in overlapping])
    return _same_areas(both)


def _same_areas(both: pd.DataFrame) -> pd.DataFrame:
    """Where fewer districts report one part of a sum than the other, both sums run over the districts with both."""
    gaps = both["n_areas_n"].notna() & both["n_areas_d"].notna() & (both["n_areas_n"] != both["n_areas_d"])
    if not gaps.any():
        return both
    homes = both.loc[both["home_n"].astype(bool) & both["value_n"].notna() & both["value_d"].notna()]
    parts = [f"{part}_{side}" for part in ("value", "low", "high") for side in ("n", "d")]
    for i in both.index[gaps]:
        row = both.loc[i]
        inside = homes.loc[(homes["period"] == row["period"]) & homes["area"].astype(str).str.startswith(f"{row['area']}/")]
        both.loc[i, parts] = inside[parts].sum() if len(inside) else np.nan
        most = max(row["n_areas_n"], row["n_areas_d"])
        both.loc[i, "remark"] = f"{row['remark']}；只含两项都有数的{len(inside)}个地区（另{most - len(inside)}个缺报）"
    return both


def _pair_published(top: pd.DataFrame, bottom: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """Published figures pair within one source and place; an undated one goes with any period, and that is said."""
    columns = ["area", "period", "level", "value", "low", "high", "n_missing", "base", "source", "place"]
    if indicator.numerator == indicator.denominator:  # a figure is never its own previous year
        bottom = bottom.loc[bottom["period"].notna()]
        top = top.loc[top["period"].notna()]
    both = top.merge(bottom[columns], on=["source", "place"], suffixes=("_n", "_d"))
    both = both.assign(area=both["area_n"])
    dated = both["period_n"].notna() & both["period_d"].notna()
    wanted = both["period_n"]
    if indicator.denominator_period == "previous":
        wanted = both["period_n"].map(lambda p: previous_period(str(p)) if isinstance(p, str) else p)
    same = (both["period_d"] == both["period_n"]) & (indicator.numerator != indicator.denominator)
    both = both.loc[~dated | (both["period_d"] == wanted) | same]
    base_n, base_d = both["base_n"].fillna(""), both["base_d"].fillna("")
    # a stated base on both sides must be the same one: rates on different bases are never formed
    both = both.loc[(base_n == "") | (base_d == "") | (base_n == base_d)]
    undated = both["period_n"].isna() | both["period_d"].isna()
    same_year = (both["period_n"] == both["period_d"]) & (indicator.denominator_period == "previous")
    remark = np.where(undated, "；其中未注明年份的数字按同一来源同一地方配对", "").astype(object)
    remark = remark + np.where(same_year, "；分母为同年数", "")
    return both.assign(period=both["period_n"].fillna(both["period_d"]), remark=remark)


def _bounds(kind: str, both: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    n_low, n_high = both["low_n"].to_numpy(), both["high_n"].to_numpy()
    d_low, d_high = both["low_d"].to_numpy(), both["high_d"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        if kind == "proportion":
            low = n_low / np.maximum(d_high, n_low)
            high = np.minimum(1.0, n_high / d_low)
        else:
            low, high = n_low / d_high, n_high / d_low
    return np.nan_to_num(low, nan=0.0, posinf=np.inf), high


def _sampling(kind: str, n: np.ndarray, d: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray, str]:
    nothing = np.full(len(n), np.nan)
    method = METHODS[kind].replace("95%", f"{100 * confidence:g}%")
    if kind == "proportion":
        fits = (n >= 0) & (n <= d)
        low, high = wilson(np.where(fits, n, 0), np.where(fits, d, 1), confidence)
        return np.where(fits, low, np.nan), np.where(fits, high, np.nan), method
    if kind == "rate":
        many = n >= FEW_EVENTS
        byar_low, byar_high = byar(np.where(many, n, FEW_EVENTS), confidence)
        few_low, few_high = poisson_exact(np.where(many, 0, np.maximum(n, 0)), confidence)
        return np.where(many, byar_low, few_low) / d, np.where(many, byar_high, few_high) / d, method
    return nothing, nothing.copy(), method


def _bases(indicator: Indicator, both: pd.DataFrame) -> list[str]:
    if "place" in both and both["place"].notna().any():
        stated = both["base_d"].fillna("").where(both["base_d"].fillna("") != "", both["base_n"].fillna(""))
        return [text or f"原文未注明口径（按{indicator.base}理解）" for text in stated]
    return [indicator.base] * len(both)
