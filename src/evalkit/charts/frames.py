"""What charts read out of the frames of measures and indicators: one row per area, shown values, the words around."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit.codebook import read_yaml
from evalkit.problems import InputError, Problem, did_you_mean, unknown
from evalkit.world import number
from evalkit.world.frame import asked_of
from evalkit.world.period import day_words, in_time

NUMBERS = ("value", "low", "high", "ci_low", "ci_high", "numerator", "denominator")
SMALL_BASE = 30  # units: a rate on fewer is shown, not ranked (practice.md section 7)


@cache
def _words() -> dict[str, Any]:
    return dict(read_yaml(Path(__file__).with_name("words.yml")))


def say(lang: str, key: str, /, **values: object) -> str:
    """The words of `key` in `words.yml`, Chinese or English, with its places filled in."""
    if lang not in ("zh", "en"):
        raise refuse("value_invalid", lang, 'lang="zh" 或 lang="en"')
    text = str(_words()[key][lang == "en"])
    return text.format(**values) if values else text


def refuse(code: str, found: str, advice: str = "") -> InputError:
    return InputError(Problem(code, found=found, advice=advice))


@dataclass(frozen=True)
class Info:
    """What is said of an indicator: the plain columns of its rows, in the reader's language."""

    code: str
    name: str
    unit: str
    scale: float
    decimals: int
    better: str
    base: str
    period: str
    lang: str
    demo: bool
    target: float | None = None
    target_name: str = ""
    mean: float | None = None
    pooled: bool = True
    goal: float | None = None  # of the last period, where all areas have the same
    goal_day: str = ""
    stated: str = ""  # where a table of one's own says that it comes from

    def text(self, value: float, sign: bool = False) -> str:
        """A shown value (already times scale), rounded half up; % stays with it, other units stand in the subtitle."""
        if sign:
            return number.fixed(value, self.decimals, sign=True).replace("-", "−")
        return number.fixed(value, self.decimals, grouped=True) + ("%" if self.unit == "%" else "")

    def full(self, value: float) -> str:
        """A value with its unit, for running text."""
        return self.text(value) + (
            "" if self.unit == "%" else " " * (self.lang == "en") + self.unit
        )

    @property
    def axis(self) -> str:
        return say(self.lang, "axis", name=self.name, unit=self.unit) if self.unit else self.name

    @property
    def mean_text(self) -> str:
        kind = say(self.lang, "mean_overall" if self.pooled else "mean_areas")
        return "" if self.mean is None else f"{kind} {self.text(self.mean)}"

    @property
    def target_text(self) -> str:
        text = say(self.lang, "reference", value=self.text(self.target or 0))
        return f"{text}（{self.target_name}）" if self.target_name and self.lang == "zh" else text

    @property
    def goal_text(self) -> str:
        """目标 90.0%（2027年底）."""
        day = day_words(self.goal_day) if self.lang == "zh" else self.goal_day
        return say(self.lang, "goal", value=self.text(self.goal or 0), day=day)

    def head(self, *more: str) -> dict[str, Any]:
        """Subtitle, demonstration mark and language, for `style.sheet`."""
        unit = say(self.lang, "unit", unit=self.unit) if self.unit else ""
        parts = [years(self.period, self.lang), unit, *more]
        return {"subtitle": join(self.lang, "blank", parts), "demo": self.demo, "lang": self.lang}

    def source(self, given: str | None) -> str:
        return source_line(self.lang, self.period, self.demo, given or self.stated, self.base)


def join(lang: str, mark: str, parts: Sequence[str]) -> str:
    return say(lang, mark).join(part for part in parts if part)


def years(period: str, lang: str = "zh") -> str:
    """``2024、2025年``, ``2021—2025年``; quarters and other periods stay as they are."""
    parts = period.split("、")
    period = say(lang, "span", first=parts[0], last=parts[-1]) if len(parts) > 2 else period
    return say(lang, "year", period=period) if all(map(str.isdigit, parts)) else period


def source_line(lang: str, period: str, demo: bool, given: str | None, base: str = "") -> str:
    """Source, base and date of the data; never today's date, so that bytes do not change."""
    where = given or say(lang, "source_demo" if demo else "source_ledgers")
    parts = [
        say(lang, "source", source=where),
        say(lang, "base", base=base) if base else "",
        say(lang, "date", period=years(period, lang)) if period else "",
    ]
    return join(lang, "separator", parts)


def pick(
    frame: pd.DataFrame, indicator: str, lang: str = "zh", *, one: bool = False
) -> tuple[pd.DataFrame, Info]:
    """The rows of an indicator, one per area and period, in administrative order, with shown values.

    Adds ``label``, ``shown``, ``shown_low``, ``shown_high`` (times scale) and ``small`` (base below 30).

    Raises
    ------
    InputError
        No such indicator, no rows, several levels at once (or periods, where `one` is asked for), or different bases.
    """
    frame = asked_of(frame)
    rows = frame[frame["indicator"] == indicator]
    if rows.empty:
        known = sorted(map(str, frame["indicator"].dropna().unique()))
        raise InputError(unknown("indicator", indicator, known))
    for column, advice in (
        ("level", "query(\"level == 'district'\")"),
        ("period", "query(\"period == '2025'\")"),
    ):
        found = rows[column].dropna().astype(str).unique() if column in rows else ()
        if len(found) > 1 and (one or column == "level"):
            raise refuse(
                "value_invalid",
                f"{indicator}：混有 {'、'.join(found)}",
                f"先选定一个，例如 {advice}",
            )
    if rows.duplicated(["area", "period"]).any():
        raise refuse(
            "value_invalid", f"{indicator}：同一地区、同一时期有多行", "每个地区每个时期只能有一行"
        )
    if rows["base"].nunique() > 1:
        found = rows["base"].dropna().astype(str).unique()
        advice = "基数不同的比率不放在同一坐标上，请分开作图"
        raise refuse("definition_unclear", f"{indicator}：基数不同（{'；'.join(found)}）", advice)
    rows = in_order(rows).reset_index(drop=True)
    said: dict[Any, Any] = dict.fromkeys(("name", "unit", "better", "base", "target_name"), "")
    said |= {"scale": 1.0, "decimals": 1} | rows.iloc[0].dropna().to_dict()
    scale, unit = float(said["scale"]), str(said["unit"])
    for column, new in (("value", "shown"), ("low", "shown_low"), ("high", "shown_high")):
        rows[new] = number.times(floats(rows, column), scale)
    rows["label"] = labels(rows, lang)
    least = floats(rows, "minimum_base") if "minimum_base" in rows else SMALL_BASE
    rows["small"] = floats(rows, "denominator") < least
    if "kind" in rows:  # as everywhere: an amount or a load is ranked whatever its base
        rows["small"] &= rows["kind"].eq("proportion")
    last = _with_goals(rows, scale)
    pooled = float(pooled_means(rows, scale).iloc[0]) if rows["period"].nunique() == 1 else np.nan
    mean = rows["shown"].mean() if np.isnan(pooled) else pooled
    info = Info(
        indicator,
        str((lang == "en" and said.get("name_en")) or said["name"]),
        unit if lang == "zh" else _words()["units_en"].get(unit, unit),
        scale,
        int(said["decimals"]),
        str(said["better"]),
        base=str(said["base"]) if lang == "zh" else "",
        lang=lang,
        demo=is_demo(rows),
        period="、".join(in_time(p for p in rows["period"].dropna() if p)),
        target=number.times(said["target"], scale) if _target_stands(said, last) else None,
        target_name=str(said["target_name"]),
        mean=None if np.isnan(mean) else float(mean),
        pooled=not np.isnan(pooled),
        stated=str(said.get("stated_source", "")),
        **_common_goal(last),
    )
    return rows, info


def _with_goals(rows: pd.DataFrame, scale: float) -> pd.DataFrame:
    """Add the shown goals (``shown_goal``, ``shown_due``, ``state``) to rows; those of the last period are given back."""
    for column, new in (("goal", "shown_goal"), ("goal_due", "shown_due")):
        rows[new] = number.times(floats(rows, column), scale) if column in rows else np.nan
    states = rows["goal_state"] if "goal_state" in rows else pd.Series("", rows.index)
    rows["state"] = states.astype(object).where(states.notna(), "")
    last = in_time(period for period in rows["period"].dropna().astype(str))[-1:]
    return rows.loc[rows["period"].astype(str).isin(last)]


def _target_stands(said: dict[Any, Any], last: pd.DataFrame) -> bool:
    """Whether the reference is drawn: the rule of another place is not, where the project has a goal of its own."""
    return "target" in said and (
        bool(said.get("target_own")) or not last["shown_goal"].notna().any()
    )


def _common_goal(last: pd.DataFrame) -> dict[str, Any]:
    goals = last["shown_goal"]
    if (
        not len(last)
        or goals.isna().any()
        or goals.nunique() != 1
        or last["goal_day"].nunique() != 1
    ):
        return {}
    return {"goal": float(goals.iloc[0]), "goal_day": str(last["goal_day"].iloc[0])}


def with_absent(frame: pd.DataFrame, expected: pd.DataFrame) -> pd.DataFrame:
    """The rows of indicators (or measures) with an empty one for every expected area that has none.

    So that a figure draws who sent nothing as 缺报 and does not leave it out in silence.

    Parameters
    ----------
    expected
        ``data.expected(...)``: area, area_name, peer_group, sort_order, level and period.
    """
    if not len(frame) or not len(expected):
        return frame
    key = "indicator" if "indicator" in frame else "measure"
    due = expected if "period" in expected else expected.assign(period=frame["period"].iloc[0])
    due = due.loc[due["period"].isin(frame["period"])]
    same = [c for c in ("period", "level") if c in frame and c in due]
    own = [c for c in ("area", "area_name", "peer_group", "sort_order", *same) if c in frame]
    about = pd.DataFrame(frame).drop_duplicates([key, *same]).drop(columns={*own} - {*same})
    wanted = due[[c for c in own if c in due]].merge(about, on=same)
    known = pd.MultiIndex.from_frame(frame[["area", "period", key]].astype(str))
    missing = ~pd.MultiIndex.from_frame(wanted[["area", "period", key]].astype(str)).isin(known)
    empty = wanted.loc[missing].copy()
    for column in NUMBERS:
        if column in empty:
            empty[column] = np.nan
    for column, nothing in (("hidden", False), ("n_missing", 0)):
        if column in empty:
            empty[column] = nothing
    if not len(empty):
        return frame
    empty = empty.reindex(columns=frame.columns).astype(frame.dtypes.to_dict(), errors="ignore")
    whole = pd.concat([frame, empty], ignore_index=True)
    return whole.__finalize__(frame)  # with what it carries beside its columns


def not_drawn(rows: pd.DataFrame, lang: str) -> list[str]:
    """A note that names the areas of `pick` without a value, for a figure that has no place for them."""
    gone = rows.loc[rows["shown"].isna()]
    if not len(gone):
        return []
    several = rows["period"].nunique() > 1
    marks = gone["period"].astype(str) if several else [""] * len(gone)
    names = [f"{label}{mark}" for label, mark in zip(gone["label"], marks, strict=True)]
    return [say(lang, "not_drawn", names=say(lang, "comma").join(names))]


def pooled_means(rows: pd.DataFrame, scale: float) -> pd.Series[float]:
    """Overall value per period: sum of numerators over sum of denominators of the areas that report; shown scale."""
    parts = pd.DataFrame({"n": floats(rows, "numerator"), "d": floats(rows, "denominator")})
    known = parts.where(rows["shown"].notna() & parts.notna().all(axis=1))
    sums = known.groupby(rows["period"].astype(str)).sum()
    return pd.Series(number.times(number.quotient(sums["n"], sums["d"]), scale), index=sums.index)


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Administrative order where it is known, else as they come."""
    return rows.sort_values("sort_order", kind="stable") if "sort_order" in rows else rows


def labels(rows: pd.DataFrame, lang: str = "zh") -> list[str]:
    """Names of areas; where two are the same, with the name of their parent."""
    paths = [str(path) for path in rows["area"]]
    named = [path.rpartition("/")[2] for path in paths]
    for column in ("area_name", "area_name_en") if lang == "en" else ("area_name",):
        if column in rows:
            given = rows[column].astype(object).where(rows[column].notna(), None)
            named = [
                own if one is None else str(one) for own, one in zip(named, given, strict=True)
            ]
    areas: dict[str, set[str]] = {}
    for path, name in zip(paths, named, strict=True):
        areas.setdefault(name, set()).add(path)
    return [
        f"{path.split('/')[-2]}{name}" if len(areas[name]) > 1 and "/" in path else name
        for path, name in zip(paths, named, strict=True)
    ]


def find_area(area: str, rows: pd.DataFrame) -> str:
    """The path of an area given by path, name or label, where it is unique."""
    named = pd.DataFrame(
        {"path": rows["area"].astype(str), "label": labels(rows)}
    ).drop_duplicates()
    last = named["path"].str.rsplit("/", n=1).str[-1]
    hits = named[(named["path"] == area) | (last == area) | (named["label"] == area)]
    if len(hits) != 1:
        advice = (
            "、".join(hits["path"])
            or did_you_mean(area, named["label"])
            or "请写地区全名，例如 演示省/演示01区"
        )
        raise refuse("area_unknown", area, advice)
    return str(hits["path"].iloc[0])


def is_demo(frame: pd.DataFrame, given: bool | None = None) -> bool:
    """Whether invented figures are among the rows: what is `given`, else what their column `is_demo` says."""
    if given is not None:
        return given
    return "is_demo" in frame and bool(frame["is_demo"].eq(True).any())


def floats(frame: pd.DataFrame, column: str) -> pd.Series[float]:
    """A column as float64 with NaN, whatever nulls it came with; all NaN where it is not there."""
    if column not in frame:
        return pd.Series(np.nan, index=frame.index)
    found = frame[column]
    if pd.api.types.is_float_dtype(found.dtype):
        plain = found.to_numpy(dtype=float, na_value=np.nan)
        return pd.Series(plain, index=found.index, name=column)
    return pd.to_numeric(frame[column], errors="coerce").astype("Float64").astype("float64")


@cache
def _codebook() -> Any:
    from evalkit.codebook import load_codebook

    return load_codebook()


def radar_dimensions(lang: str) -> dict[str, str]:
    """Dimensions the codebook marks for the radar, in its order, with their names."""
    found = {code: d for code, d in _codebook().dimensions.items() if d.radar}
    return {code: d.name_en or d.name if lang == "en" else d.name for code, d in found.items()}


def payer_measures(lang: str) -> dict[str, str]:
    """The measures ``funds_<source>`` of the codebook in the order of its list of payers, with their labels."""
    book = _codebook()
    known = {
        f"funds_{key}": label
        for key, label in book.lists["payer"].items()
        if f"funds_{key}" in book.measures
    }
    return {
        code: book.measures[code].name_en or label if lang == "en" else label
        for code, label in known.items()
    }
