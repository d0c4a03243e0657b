"""How numbers are written: values, changes, arrows, targets and the words around them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from evalkit.documents.cells import Cell, Format, is_empty
from evalkit.reports.voice import Voice, packaged
from evalkit.world import number
from evalkit.world.period import Period

MISSING = number.MISSING
WHOLE = Format(0, grouped=True)  # counts in a table bear their thousands, as in sentences

HIDDEN = "*"  # not printed in the public version (evalkit.reports.disclosure)
NOTHING_HIDDEN = "经检查，本表没有需要隐去的数字。"
HIDDEN_NOTE = (
    "“*”为人数过少或个别单位占比过大、不予公开的数字，以及为防止由合计推出而一并略去的数字。"
)
MARKS = {"good": "●", "middle": "▲", "bad": "■"}
LIGHT_RULE = (
    "● 达到参照值，▲ 达到参照值的九成，■ 不足九成；以低为好的指标，● 不高于参照值，▲ 超出不到一成，■ 超出更多；"
    "无参照值、或以接近参照值为好的指标不作标记"
)
GOAL_RULE = "设有本年目标的，参照值为目标"
NEAR_TARGET = 0.9
PARTS_OF_YEAR = {"half": "本半年", "quarter": "本季度", "month": "本月"}
LEVEL = "持平"
MONEY_SIZES = ((1e8, "亿"), (1e4, "万"), (1.0, ""))


def fixed(
    value: float | None, decimals: int = 0, grouped: bool = True, scale: float = 1, over: float = 1
) -> str:
    """``value / over * scale`` rounded half up, with thousands marks; nothing known is ``—``."""
    if value is None or pd.isna(value):
        return MISSING
    if math.isinf(value):
        return "不限"
    return number.fixed(value, decimals, over=over, scale=scale, grouped=grouped)


def is_zero(text: str) -> bool:
    """Whether a printed number shows nothing but zeros: the change behind it is below half a printed unit."""
    return not text.strip("0.")


def money_size(amounts: Iterable[float | None]) -> tuple[float, str]:
    """The one unit in which a sentence tells its amounts of yuan: (1e4, "万") for 万元.

    That of the largest amount, unless the smallest would then be printed as nothing: then a smaller one.
    """
    known = [abs(float(a)) for a in amounts if a is not None and pd.notna(a) and a != 0]
    for size, word in MONEY_SIZES[:-1]:
        if known and max(known) >= size and min(known) >= 0.005 * size:
            return size, word
    return MONEY_SIZES[-1]


def money(value: float, size: tuple[float, str]) -> str:
    """An amount of yuan in a unit of `money_size`: 2,346.50万元, 812元."""
    return f"{fixed(value, 2 if size[1] else 0, over=size[0])}{size[1]}元"


def large(value: float | None, unit: str, size: tuple[float, str] | None = None) -> str:
    """An amount or count with 万 and 亿 where it is large: 2,346.5万元, 1.23亿元, 812元; money in `size` where one is given."""
    if value is None or pd.isna(value):
        return MISSING
    if unit == "元" and size is not None:
        return money(value, size)
    for whole, word in ((10**8, "亿"), (10**4, "万")):
        if abs(value) >= whole and (unit == "元" or abs(value) >= 1e5):
            return f"{fixed(value, 2, over=whole)}{word}{unit}"
    return f"{fixed(value)}{unit}"


def shown(row: Any, value: float | None = None, unit: bool = True) -> str:
    """The value of an indicator row in its own unit: 82.3%, 843元/人, 1.43名/个."""
    value = row["value"] if value is None else value
    if hidden(row) and (value is None or pd.isna(value)):
        return HIDDEN
    text = fixed(value, int(row["decimals"]), scale=row["scale"])
    return text if text in (MISSING, "不限") or not unit else text + str(row["unit"])


def hidden(row: Any) -> bool:
    """Whether a row of measures or indicators is hidden in the public version."""
    return bool(row.get("hidden", False))


def span(row: Any, low: str = "low", high: str = "high") -> str:
    """An interval of a row, as printed; a single number where both ends agree; nothing where none is known."""
    a, b = row[low], row[high]
    if pd.isna(a) or pd.isna(b):
        return MISSING
    first, last = shown(row, a, unit=False), shown(row, b, unit=False)
    if first == last:
        return first
    if math.isinf(b):
        return f"不低于{first}"
    return f"{first} 至 {last}" if a > 0 else f"至多 {last}"


def change_unit(row: Any) -> str:
    return "百分点" if row["unit"] == "%" else str(row["unit"])


def change(row: Any, difference: float | None) -> str:
    """An arrow and the size of a change: ↑1.2, ↓0.3, → (below half a printed unit)."""
    if difference is None or pd.isna(difference):
        return MISSING
    text = fixed(abs(difference), int(row["decimals"]), scale=row["scale"])
    if is_zero(text):
        return "→"
    return ("↑" if difference > 0 else "↓") + text


def step_words(row: Any, difference: float | None, voice: Voice | None = None) -> str:
    """``提高1.2个百分点``, ``减少12元``, ``持平``; empty where nothing is known."""
    speak = (voice or packaged()).say
    if difference is None or pd.isna(difference):
        return ""
    size = fixed(abs(difference), int(row["decimals"]), scale=row["scale"])
    if is_zero(size):
        return speak("level")
    if row["unit"] == "%":
        return speak("higher" if difference > 0 else "lower", size)
    return speak("more" if difference > 0 else "less", size + str(row["unit"]).split("/")[0])


def change_words(
    row: Any, difference: float | None, since: str = "上年", voice: Voice | None = None
) -> str:
    """``比上年提高1.2个百分点``, ``与2022年持平``; empty where nothing is known."""
    voice = voice or packaged()
    if difference is None or pd.isna(difference):
        return ""
    if is_zero(fixed(abs(difference), int(row["decimals"]), scale=row["scale"])):
        return voice.say("unchanged", since=since)
    return voice.say("than", since=since, step=step_words(row, difference, voice))


def light(row: Any) -> str | None:
    """good, middle or bad against the named target; nothing without a target or a direction."""
    value, target, better = row["value"], row["target"], row["better"]
    if pd.isna(value) or pd.isna(target) or better not in ("higher", "lower") or target <= 0:
        return None
    reached = (
        value / target if better == "higher" else 2 - value / target
    )  # lower is better: a tenth above is near
    return "good" if reached >= 1 else "middle" if reached >= NEAR_TARGET else "bad"


def light_rule(rows: pd.DataFrame) -> str:
    """What the traffic lights of a table stand for; with targets of the project's own it says so."""
    own = "target_own" in rows and bool(rows["target_own"].fillna(False).any())
    return f"{LIGHT_RULE}；{GOAL_RULE}" if own else LIGHT_RULE


def hidden_notes(frame: Any, gone: Any) -> list[str]:
    """What a table of the public version says of hidden numbers; nothing in any other version."""
    return [HIDDEN_NOTE] if gone else [NOTHING_HIDDEN] if "hidden" in frame else []


def format_of(row: Any, unit: bool = True) -> Format:
    """How the values of an indicator row are printed: 82.3%, 843元/人."""
    return Format(
        int(row["decimals"]), float(row["scale"]), True, unit=str(row["unit"]) if unit else ""
    )


def sized(value: float | None, unit: str) -> Format:
    """How an amount or count is printed, with 万 and 亿 where it is large, as `large` tells it."""
    for whole, word in ((10**8, "亿"), (10**4, "万")):
        if value is not None and abs(value) >= whole and (unit == "元" or abs(value) >= 1e5):
            return Format(2, 1 / whole, True, unit=word + unit)
    return Format(0, grouped=True, unit=unit)


def cell(value: Any, form: Format, **more: Any) -> Cell:
    """A table cell of a number; nothing known is null."""
    return Cell(None if value is None or pd.isna(value) else float(value), form, **more)


def valued(row: Any, value: float | None = None, unit: bool = True, **more: Any) -> Cell:
    """A table cell of an indicator's value (or of another `value` in its unit); hidden ones are *."""
    own = value is None
    value = row["value"] if value is None else value
    if hidden(row) and (value is None or pd.isna(value)):
        more["text"] = HIDDEN
    if own:
        more["indicator"] = str(
            row["indicator"] if "indicator" in row else getattr(row, "name", "")
        )
    return cell(value, format_of(row, unit), **more)


def stepped(row: Any, difference: Any, unit: str = "") -> Cell:
    """A table cell: a change with its arrow."""
    return cell(difference, replace(format_of(row, False), sign="arrow", unit=unit))


def marked(row: Any, unit: bool = False) -> Cell:
    """A table cell: the value with its traffic light."""
    tone = light(row)
    return valued(row, unit=unit, mark=MARKS[tone] if tone else "", tone=tone or "")


def right(group: str = "", /, **labels: str) -> list[dict[str, Any]]:
    """Columns of numbers by key, under one heading where `group` names it."""
    return [
        {"key": key, "label": label, "align": "right"} | ({"group": group} if group else {})
        for key, label in labels.items()
    ]


def with_something(
    columns: list[Any], rows: Sequence[Sequence[Any]], optional: Collection[str]
) -> tuple[list[Any], list[list[Any]]]:
    """Columns and rows without those of the `optional` columns (keys) in which no row has anything, such as a first year's change."""

    def empty(at: int) -> bool:
        return all(is_empty(row[at]) for row in rows)

    keys = [column["key"] if isinstance(column, dict) else column for column in columns]
    kept = [n for n, key in enumerate(keys) if key not in optional or not empty(n)]
    return [columns[n] for n in kept], [[row[n] for n in kept] for row in rows]


def which_of(told: Iterable[tuple[str, str]], every: int) -> list[tuple[str, str]]:
    """What is told of some names, each thing once with the names it is told of; no names where it is all of them.

    >>> which_of([("缺甲县", "党员"), ("缺甲县", "经费"), ("缺乙县", "星级")], every=4)
    [('缺甲县', '党员、经费'), ('缺乙县', '星级')]
    """
    names: dict[str, list[str]] = {}
    for what, name in told:
        names.setdefault(what, []).append(name)
    return [(what, "" if len(of) == every else "、".join(of)) for what, of in names.items()]


def cut_off(period: str | int) -> str:
    """The date at which the figures of a period stand: 2025年12月31日, or the end of a quarter or month."""
    found = Period.read(period)
    if found is None or not found.in_calendar:
        return period_words(period)
    return Period("day", found.bounds[1].toordinal()).words()


def period_words(period: str | int) -> str:
    """2025年, 2025年第三季度, 2025年7月."""
    found = Period.read(period)
    return found.words() if found else f"{period}年"


def baseline_words(
    period: str | int, baseline: str | int | None, voice: Voice | None = None
) -> str:
    """What the baseline is called beside the period: 上年, 上年同期, 上季度 or 上月 where it is that, else its own name."""
    term = (voice or packaged()).term
    if baseline is None or str(baseline) in ("", "None"):
        return term("previous_year")  # nothing is compared
    now, old = Period.read(period), Period.read(baseline)
    if now and old and now.in_calendar and now.kind == old.kind:
        if old == now.year_before:
            return term("previous_year" if now.kind == "year" else "same_period")
        if old == now.previous() and now.kind in ("quarter", "month"):
            return term(f"previous_{now.kind}")
    return period_words(baseline)


def now_words(period: str | int, voice: Voice | None = None) -> str:
    """What the period itself is called in the head of a table: 本年, 本季度, 本月."""
    found = Period.read(period)
    kind = found.kind if found and found.kind in ("quarter", "month") else "year"
    return (voice or packaged()).term(f"this_{kind}")


def whole_period(period: str | int) -> str:
    """What happened in the whole of a period: 全年, 本季度, 本月, 半年."""
    return _course(period, "全年")


def this_period(period: str | int) -> str:
    """What happened at some time in a period: 当年, 本季度, 本月."""
    return _course(period, "当年")


def _course(period: str | int, of_year: str) -> str:
    found = Period.read(period)
    if found is None or found.kind not in PARTS_OF_YEAR:
        return of_year
    return PARTS_OF_YEAR[found.kind]


def source_line(period: str | int, demo: bool, what: str = "报送台账") -> str:
    """The line under every table: where the figures come from and at what date they stand."""
    return f"{what}，截至{cut_off(period)}" + (
        f"；{packaged().term('demo_not_real')}" if demo else ""
    )
