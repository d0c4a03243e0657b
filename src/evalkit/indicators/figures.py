"""Published and typed figures: words become intervals, figures become measures, and declared checks compare them.

Checks are data (``codebook/checks.yml``); this module only knows how to add, multiply and divide intervals.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evalkit.codebook import Check, Codebook
from evalkit.indicators.measures import COLUMNS
from evalkit.indicators.project import nearest_codebook
from evalkit.world.number import fixed, percent, plain, times
from evalkit.world.period import places

COUNTED = ("个", "家", "名", "人", "项", "条")  # whole things
CHECK_COLUMNS = [
    "check",
    "name",
    "kind",
    "grade",
    "area",
    "place",
    "period",
    "source",
    "text",
    "stated",
    "low",
    "high",
    "figures",
    "id",
]
MEASURE_COLUMNS = [*COLUMNS, "place", "locator"]
AGREE = "figures_agree"


def published_measures(figures: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The figures that are measures of the codebook (by code or ``also``), in the shape of the measures frame.

    Rules (规定) and events (事件) are no measures. ``base`` is kept as printed: a rate is formed only within one source
    and place, and where both sides state a base only if it is the same one, so 19000余家 never meets 583家.
    """
    found = figures.loc[~figures["status"].isin(["规定", "事件"])]
    found = found.assign(measure=found["measure"].map(codebook.measure_of), n_missing=0)
    found = found.loc[found["measure"].notna() & found["value"].notna()]
    return found[MEASURE_COLUMNS].reset_index(drop=True)


# --- checks -------------------------------------------------------------------------------------------------------


class _Figures:
    """Figures as plain rows, by measure; ``home`` keeps places of one name apart."""

    def __init__(self, figures: pd.DataFrame, codebook: Codebook):
        frame = figures.reset_index(drop=True).astype("object")
        texts = ("place", "name", "printed", "source", "source_key", "unit", "base", "locator")
        frame = frame.reindex(
            columns=["measure", "area", "period", "value", "low", "high", "step", *texts]
        )
        frame = frame.loc[frame["value"].notna()]
        for column in frame.columns:
            empty = (
                math.nan if column in ("low", "high", "step") else "" if column in texts else None
            )
            frame[column] = frame[column].where(frame[column].notna(), empty)
        names = {code: measure.name for code, measure in codebook.measures.items()}
        frame["home"] = [
            place or area for place, area in zip(frame["place"], frame["area"], strict=True)
        ]
        frame["place"] = [str(home or "").rpartition("/")[2] for home in frame["home"]]
        frame["name"] = [
            n or names.get(code, code)
            for n, code in zip(frame["name"], frame["measure"], strict=True)
        ]
        plain = (
            _shown(v, u, 2 if u == "%" else 0)
            for v, u in zip(frame["value"], frame["unit"], strict=True)
        )
        frame["printed"] = [
            printed or text for printed, text in zip(frame["printed"], plain, strict=True)
        ]
        self.rows = list(frame.itertuples(index=False))
        self.by_measure: dict[str, list[Any]] = {}
        for row in self.rows:
            self.by_measure.setdefault(row.measure, []).append(row)

    def of(self, one: Check, *codes: str) -> list[Any]:
        """The rows that a check may speak of, of these measures (of all where none is named)."""
        rows = (
            [row for code in codes for row in self.by_measure.get(code, [])] if codes else self.rows
        )
        rows = [row for row in rows if one.place in (None, row.place)]
        return [row for row in rows if one.source in (None, row.source_key, row.source)]

    def operand(self, name: str, anchor: Any, one: Check) -> Any:
        """The row of ``code`` or ``code@place`` that goes with the anchor: its place and source, its period or none."""
        code, _, place = name.partition("@")
        rows = [
            r
            for r in self.by_measure.get(code, [])
            if (r.place == place if place else r.home == anchor.home)
        ]
        same = [row for row in rows if row.source == anchor.source]
        rows = same if same or not one.across else rows
        rows = [row for row in rows if anchor.period is None or row.period in (None, anchor.period)]
        when = {"": -1, **places(row.period for row in rows if row.period)}
        return max(rows, key=lambda row: when[row.period or ""]) if rows else None


@dataclass(frozen=True)
class _Range:
    """An interval and the rows of figures it was made from."""

    low: float
    high: float
    rows: tuple[Any, ...] = ()


def check(figures: pd.DataFrame, codebook: Codebook | None = None) -> pd.DataFrame:
    """Run the declared checks over any frame of figures.

    Parameters
    ----------
    figures
        Table `figures` (or the frame of `published`): measure, value, low, high, period, source, and place or area.
    codebook
        The packaged one merged with the nearest project's, by default.

    Returns
    -------
    One row per check and place where its figures are given: check, name, kind, grade (数据不一致待核, 口径需明确,
    与计划有差距, 相符), area, place, period, source, text (原文 ..., 按原文可推得 ...), stated (as printed), low and
    high of what follows (plain ratios and units), figures (those used, with their locators), id.

    Notes
    -----
    Intervals: sum, product and ratio of the ends (all figures are non-negative). equal: the two intervals meet;
    at_least / at_most: not contradicted for any value inside them. Half a printed unit per rounded addend.
    """
    if codebook is None:
        codebook = nearest_codebook()
    known = _Figures(figures, codebook)
    rows: list[dict[str, Any]] = []
    for one in codebook.checks.values():
        run = {"note": _notes, "series": _series}.get(one.kind, _compared)
        own: dict[str, Any] = {"check": one.code, "name": one.name, "kind": one.kind, "id": one.id}
        own |= {"stated": "", "low": math.nan, "high": math.nan, "figures": ""}
        rows += [own | row for row in run(one, known)]
    out = pd.DataFrame(rows, columns=CHECK_COLUMNS)
    out["grade"] = out["grade"].map(codebook.term)
    return out


def _compared(one: Check, known: _Figures) -> Iterator[dict[str, Any]]:
    for anchor in known.of(one, str(one.stated)):
        stated = _interval(anchor)
        follows = (
            _value(one.follows, anchor, known, one)
            if one.follows is not None
            else _Range(math.nan, math.nan)
        )
        if follows is None:
            continue
        slack = 1e-9 * max(1.0, abs(follows.high)) if math.isfinite(follows.high) else 0.0
        above, below = stated.high >= follows.low - slack, stated.low <= follows.high + slack
        holds = {"equal": above and below, "at_least": above, "at_most": below}[
            one.relation
        ] or one.kind == "implied"
        grade = AGREE if holds else one.grade or "figures_inconsistent"
        grade = one.grade or "definition_unclear" if one.kind == "definition" else grade
        used = list(dict.fromkeys([anchor, *follows.rows]))
        text = _sentence(one, anchor, used, stated, follows, grade)
        numbers = {
            "stated": anchor.printed,
            "low": follows.low,
            "high": follows.high,
            "figures": _locators(used),
        }
        yield {"grade": grade, "text": text, **numbers, **_place(anchor)}


def _place(row: Any) -> dict[str, Any]:
    return {"area": row.area, "place": row.place, "period": row.period, "source": row.source}


def _locators(rows: Iterable[Any]) -> str:
    return "；".join(
        f"{r.name} {r.printed}" + (f"（{r.locator}）" if r.locator else "") for r in rows
    )


def _interval(row: Any) -> _Range:
    """A figure's own interval: its word's, else half a printed unit where it is visibly rounded, else the point."""
    low = row.value if math.isnan(row.low) else row.low
    high = row.high if not math.isnan(row.high) else row.value if math.isnan(row.low) else math.inf
    if (
        low == high == row.value
        and not math.isnan(row.step)
        and (row.unit == "%" or row.step != 1.0)
    ):
        low, high = row.value - row.step / 2, row.value + row.step / 2
    return _Range(float(low), float(high), (row,))


def _value(expression: Any, anchor: Any, known: _Figures, one: Check) -> _Range | None:
    """The interval of an operand or of a declared sum, product or ratio; None where a figure is not given."""
    if isinstance(expression, int | float):
        return _Range(float(expression), float(expression))
    if isinstance(expression, str):
        row = known.operand(expression, anchor, one)
        return None if row is None else _interval(row)
    name, parts = next(iter(expression.items()))
    ends = [end for part in parts if (end := _value(part, anchor, known, one)) is not None]
    if len(ends) < len(parts):
        return None
    rows = tuple(row for end in ends for row in end.rows)
    lows, highs = [end.low for end in ends], [end.high for end in ends]
    if name == "sum":
        return _Range(math.fsum(lows), math.fsum(highs), rows)
    if name == "product":
        return _Range(math.prod(lows), math.prod(highs), rows)
    return (
        _Range(lows[0] / highs[1], highs[0] / lows[1] if lows[1] else math.inf, rows)
        if highs[1]
        else None
    )


def _notes(one: Check, known: _Figures) -> Iterator[dict[str, Any]]:
    for row in known.of(one)[:1]:
        text = f"{row.place}：{one.name}。原文：{one.text}。"
        yield {
            "grade": one.grade or "definition_unclear",
            "text": text,
            **_place(row),
            "period": None,
        }


def _series(one: Check, known: _Figures) -> Iterator[dict[str, Any]]:
    """Figures that share a subject but not a base: listed, never joined."""
    mine = known.of(one, *one.measures)
    when = places(row.period for row in mine if row.period)
    rows = sorted(mine, key=lambda row: when.get(row.period or "", len(when)))
    if len({(row.measure, row.base) for row in rows}) < 2:
        return
    said = "；".join(
        ("" if one.place else row.place)
        + (f"{row.period}年" if row.period else "未注年份")
        + row.name
        + row.printed
        + (f"（口径：{row.base}）" if row.base else "")
        for row in rows
    )
    home = _place(rows[0]) if one.place else {"area": None, "place": "各地", "source": ""}
    text = (
        f"{home['place']}：{one.name}。原文：{said}。{one.text}，不连成一条序列，也不放在一条轴上。"
    )
    yield {
        "grade": one.grade or "definition_unclear",
        "text": text,
        **home,
        "period": None,
        "figures": _locators(rows),
    }


# --- words --------------------------------------------------------------------------------------------------------


def _sentence(
    one: Check, anchor: Any, used: list[Any], stated: _Range, follows: _Range, grade: str
) -> str:
    unit = one.unit or anchor.unit
    digits = _digits(anchor, unit)
    ends = (follows.low, follows.high)
    whole = (
        (math.ceil(ends[0]), math.floor(ends[1]))
        if unit in COUNTED and math.isfinite(sum(ends))
        else (1, 0)
    )
    low, high = (
        _shown(end, unit, digits) for end in (whole if whole[0] <= whole[1] else ends)
    )  # no tenth of a branch
    what = f"{low}以上" if math.isinf(follows.high) else low if low == high else f"{low}至{high}"
    when = f"{anchor.period}年" if anchor.period else ""
    parts = [
        f"{anchor.place}{when}：{one.name}。原文："
        + "，".join(row.name + row.printed for row in used)
    ]
    if not math.isnan(follows.low):
        parts.append(f"按原文可推得{what}")
    if grade == AGREE:
        parts += [] if one.kind == "implied" else ["相符"]
    elif one.kind == "plan" and follows.high:
        parts.append(f"完成计划的{percent(anchor.value, over=follows.high)}")
    elif one.kind != "definition":
        gap = max(follows.low - stated.high, stated.low - follows.high)
        exact = stated.low == stated.high and follows.low == follows.high
        by = f"相差{_shown(gap, unit, digits)}" if exact else "不合"
        parts.append(f"与原文的{anchor.printed}{by}，请核对")
    if one.text and (grade != AGREE or one.kind == "implied"):
        parts.append(one.text.format(low=low, high=high, stated=anchor.printed))
    return "；".join(parts) + "。"


def _digits(anchor: Any, unit: str) -> int:
    if unit == "%":
        if anchor.unit != "%" or math.isnan(anchor.step):
            return 1
        return max(
            1, len(plain(times(anchor.step, 100)).partition(".")[2])
        )  # as many as the printed step has
    return int(unit not in (anchor.unit, *COUNTED))


def _shown(x: float, unit: str, digits: int) -> str:
    """A number in the unit of the sentence: 17.7%, 202个, 457.2万个."""
    if unit == "%":
        return percent(x, digits)
    if abs(x) >= 1e5:
        return fixed(x, 2, over=10_000).rstrip("0").rstrip(".") + f"万{unit}"
    return f"{fixed(x, digits if float(x).is_integer() else max(digits, 1))}{unit}"
