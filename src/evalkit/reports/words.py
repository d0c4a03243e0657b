"""How numbers are written: values, changes, arrows, targets and the words around them."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from evalkit.world import number

MISSING = number.MISSING
HIDDEN = "*"  # not printed in the public version (evalkit.reports.disclosure)
NOTHING_HIDDEN = "经检查，本表没有需要隐去的数字。"
HIDDEN_NOTE = "“*”为人数过少或个别单位占比过大、不予公开的数字，以及为防止由合计推出而一并略去的数字。"
MARKS = {"good": "●", "middle": "▲", "bad": "■"}
LIGHT_RULE = (
    "● 达到参照值，▲ 达到参照值的九成，■ 不足九成；以低为好的指标，● 不高于参照值，▲ 超出不到一成，■ 超出更多；"
    "无参照值、或以接近参照值为好的指标不作标记"
)
NEAR_TARGET = 0.9


def fixed(value: float | None, decimals: int = 0, grouped: bool = True, scale: float = 1, over: float = 1) -> str:
    """``value / over * scale`` rounded half up, with thousands marks; nothing known is ``—``."""
    if value is None or pd.isna(value):
        return MISSING
    if math.isinf(value):
        return "不限"
    return number.fixed(value, decimals, over=over, scale=scale, grouped=grouped)


def is_zero(text: str) -> bool:
    """Whether a printed number shows nothing but zeros: the change behind it is below half a printed unit."""
    return not text.strip("0.")


def large(value: float | None, unit: str) -> str:
    """An amount or count with 万 and 亿 where it is large: 2,346.5万元, 1.23亿元, 812元."""
    if value is None or pd.isna(value):
        return MISSING
    for size, word in ((10**8, "亿"), (10**4, "万")):
        if abs(value) >= size and (unit == "元" or abs(value) >= 1e5):
            return f"{fixed(value, 2, over=size)}{word}{unit}"
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


def change_words(row: Any, difference: float | None, since: str = "上年") -> str:
    """``比上年提高1.2个百分点``, ``与上年持平``; empty where nothing is known."""
    if difference is None or pd.isna(difference):
        return ""
    size = fixed(abs(difference), int(row["decimals"]), scale=row["scale"])
    if is_zero(size):
        return f"与{since}持平"
    if row["unit"] == "%":
        return f"比{since}{'提高' if difference > 0 else '下降'}{size}个百分点"
    return f"比{since}{'增加' if difference > 0 else '减少'}{size}{str(row['unit']).split('/')[0]}"


def light(row: Any) -> str | None:
    """good, middle or bad against the named target; nothing without a target or a direction."""
    value, target, better = row["value"], row["target"], row["better"]
    if pd.isna(value) or pd.isna(target) or better not in ("higher", "lower") or target <= 0:
        return None
    reached = value / target if better == "higher" else 2 - value / target  # lower is better: a tenth above is near
    return "good" if reached >= 1 else "middle" if reached >= NEAR_TARGET else "bad"


def hidden_notes(frame: Any, gone: Any) -> list[str]:
    """What a table of the public version says of hidden numbers; nothing in any other version."""
    return [HIDDEN_NOTE] if gone else [NOTHING_HIDDEN] if "hidden" in frame else []


def cell(value: Any, text: str) -> dict[str, Any]:
    """A table cell: what it shows, and the number behind it for those who reckon with it."""
    return {"v": None if value is None or pd.isna(value) else float(value), "t": text}


def stepped(row: Any, difference: Any) -> dict[str, Any]:
    """A table cell: a change with its arrow."""
    return cell(difference, change(row, difference))


def marked(row: Any) -> dict[str, Any]:
    """A table cell: the value with its traffic light."""
    tone = light(row)
    return cell(row["value"], shown(row, unit=False)) | ({"mark": MARKS[tone], "tone": tone} if tone else {})


def right(group: str = "", /, **labels: str) -> list[dict[str, Any]]:
    """Columns of numbers by key, under one heading where `group` names it."""
    return [{"key": key, "label": label, "align": "right"} | ({"group": group} if group else {}) for key, label in labels.items()]


def cut_off(period: str | int) -> str:
    """The date at which the figures of a period stand: 2025年12月31日, or the end of a quarter."""
    year, _sep, quarter = str(period).partition("Q")
    return f"{year}年" + {"1": "3月31日", "2": "6月30日", "3": "9月30日"}.get(quarter, "12月31日")


def period_words(period: str | int) -> str:
    year, _sep, quarter = str(period).partition("Q")
    return f"{year}年第{'一二三四'[int(quarter) - 1]}季度" if quarter else f"{year}年"


def source_line(period: str | int, demo: bool, what: str = "报送台账") -> str:
    """The line under every table: where the figures come from and at what date they stand."""
    return f"{what}，截至{cut_off(period)}" + ("；演示数据，非真实情况" if demo else "")
