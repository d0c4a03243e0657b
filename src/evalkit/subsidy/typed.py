"""Values of standards as somebody types them: +20%, ×1.2, 300/月, 1:0.5, 2026:170，2027:190, 2026-2028每年+5%; amounts: 500万."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from pydantic_core import PydanticCustomError

from evalkit.problems import InputError, Problem, meant
from evalkit.subsidy.dated import ALWAYS, LARGEST, Dated, by_day, number, value_on
from evalkit.subsidy.values import MONTHS_OF_A_YEAR, Parameter
from evalkit.subsidy.words import WORDS, lists
from evalkit.world.number import plain as plainly

_NUMBER = r"\d+(?:\.\d+)?"
_BY_SHARE = re.compile(rf"([+\-−])({_NUMBER})%")
_TIMES = re.compile(rf"[×xX*]({_NUMBER})")
_MORE = re.compile(rf"\+({_NUMBER})元?")
_PER_TIME = re.compile(
    rf"(?:每(?P<every>月|年))?(?P<number>{_NUMBER})(?P<large>万)?元?(?:/|每)?(?:[个人名]?[·/]?)?(?P<per>月|年)?"
)
_PERCENT = re.compile(rf"({_NUMBER})%")
_RATIO = re.compile(rf"({_NUMBER})[:比]({_NUMBER})")
_STEP = re.compile(rf"(\d{{4}}(?:年|[-./]\d{{1,2}}[-./]\d{{1,2}})?)[:=：]?({_NUMBER})元?")
_EVERY_YEAR = re.compile(
    rf"(\d{{4}})[-~至到](\d{{4}})年?每年(?:递增|增加|提高|\+)?({_NUMBER})(%?)元?"
)
_AMOUNT = re.compile(rf"({_NUMBER})(万|亿)?元?")
ONCE = "/个"  # the unit of what is paid once knows no time
MOST_STEPS = 30  # years of a standard that rises every year
_LARGE = {None: 1, "万": 10_000, "亿": 100_000_000}


@dataclass(frozen=True)
class Step:
    """A value relative to what holds now."""

    times: Decimal = Decimal(1)
    plus: Decimal = Decimal(0)

    def of(self, now: Decimal, one: Parameter) -> Decimal:
        """What it makes of a value, to the smallest unit of the standard, half up."""
        return _in_units(now * self.times + self.plus, one)


def normal(text: str) -> str:
    """Full-width figures and marks as the others, without blanks and thousands marks."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"(?<=\d),(?=\d{3}(\D|$))", "", plain)


def standard(one: Parameter, given: Any) -> Dated:
    """What a change makes of a standard: a number, one relative to what holds (+20%, ×1.2), or several by day.

    A relative value starts from what the scheme says for that day, not from another step of the change.
    """
    if isinstance(given, str) and (rising := _every_year(one, given)):
        return rising
    if isinstance(given, str) and (steps := _steps(given)):
        given = steps
    if isinstance(given, Mapping):
        return _by_day(one, given)
    step = _step(one, given)
    if step is None:
        return ((ALWAYS, _plain_number(one, given)),)
    if len(one.values) == 1:
        return ((ALWAYS, step.of(one.values[0][1], one)),)
    return tuple((when, step.of(value, one)) for when, value in one.values)


def _by_day(one: Parameter, given: Mapping[Any, Any]) -> Dated:
    def meant(when: date, value: Any) -> Decimal:
        step = _step(one, value)
        return (
            step.of(value_on(one.values, when) or Decimal(0), one)
            if step
            else _plain_number(one, value)
        )

    return by_day(given, meant)


def _steps(text: str) -> dict[str, Any] | None:
    """2026:170，2027:190: a value for each day (or year) from which it holds; None where the text is none of these."""
    parts = [part for part in re.split(r"[,，;；、]", normal(text)) if part]
    found = [_STEP.fullmatch(part) for part in parts]
    if not parts or not all(found):
        return None
    return {step[1]: _as_number(step[2]) for step in found if step}


def _every_year(one: Parameter, text: str) -> Dated | None:
    """2026-2028每年+5%: each year from its 1 January on so much above the year before, to the smallest unit, half up."""
    found = _EVERY_YEAR.fullmatch(normal(text))
    if not found or not 0 <= int(found[2]) - int(found[1]) < MOST_STEPS:
        return None
    first, last, by = int(found[1]), int(found[2]), Decimal(found[3])
    value = value_on(one.values, date(first - 1, 12, 31)) or one.values[0][1]
    steps = []
    for year in range(first, last + 1):
        value = _in_units(value * (1 + by / 100) if found[4] else value + by, one)
        steps.append((date(year, 1, 1), value))
    return tuple(steps)


def _as_number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _step(one: Parameter, given: Any) -> Step | None:
    """What a relative value does to the present one; None where the value is not relative."""
    if not isinstance(given, str):
        return None
    text = normal(given)
    if found := _BY_SHARE.fullmatch(text):
        share = Decimal(found[2]) * (1 if found[1] == "+" else -1)
        return Step(times=1 + share / 100)
    if found := _TIMES.fullmatch(text):
        return Step(times=Decimal(found[1]))
    if found := _MORE.fullmatch(text):
        return Step(plus=Decimal(found[1]))
    return None


def _in_units(value: Decimal, one: Parameter) -> Decimal:
    """To the fen, or the ten-thousandth of a share, half up."""
    return _settled(value.quantize(Decimal(1) / one.smallest, ROUND_HALF_UP))


def _settled(value: Decimal) -> Decimal:
    return value.normalize() if value % 1 else Decimal(int(value))


def _plain_number(one: Parameter, given: Any) -> Decimal:
    """An absolute value; an amount a month or a year is turned into the unit of the standard."""
    if not isinstance(given, str):
        return number(given)
    text = normal(given)
    if one.unlimited and text == WORDS["values"]["None"]:
        return one.range[1]
    if (found := _RATIO.fullmatch(text)) and not one.money and Decimal(found[1]):
        return _settled(Decimal(found[2]) / Decimal(found[1]))
    if (found := _PERCENT.fullmatch(text)) and not one.money:
        return _settled(Decimal(found[1]) / 100)
    found = _PER_TIME.fullmatch(text)
    a_time = {found["every"], found["per"]} - {None} if found else set()
    if not found or not one.money or not (a_time or found["large"] or "元" in text):
        told = str(WORDS["number" if one.money else "ratio"])
        near = meant(_as_amounts(text)) if one.money else ""
        raise PydanticCustomError("number", "；".join(filter(None, [told, near])))
    if a_time and one.unit.endswith(ONCE):
        raise PydanticCustomError("number", str(WORDS["once_only"]))
    value, monthly = Decimal(found["number"]) * _LARGE[found["large"]], "月" in a_time
    if value > LARGEST or not a_time:  # 200元, 2万: in the unit of the standard
        return number(value)
    if monthly and not one.monthly:
        return _settled(value * MONTHS_OF_A_YEAR)
    if not monthly and one.monthly:
        return _settled(value / MONTHS_OF_A_YEAR)
    return _settled(value)


def amount(given: Any, where: str) -> int:
    """An amount in fen: 500万, 3,000万元, 0.5亿, 2000."""
    found = _AMOUNT.fullmatch(normal(str(given)))
    fen = Decimal(found[1]) * _LARGE[found[2]] * 100 if found else Decimal(-1)
    if fen < 0 or fen % 1 or fen > LARGEST * 100:
        allowed, advice = WORDS["amount"], meant(_as_amounts(str(given)))
        raise InputError(
            Problem("value_invalid", where=where, found=str(given), allowed=allowed, advice=advice)
        )
    return int(fen)


def _as_amounts(text: str) -> list[str]:
    """What an amount in words or letters (五百万, 3千万, 500W) is as it should be typed; nothing where it is none."""
    plain = re.sub(r"[wW]", "万", normal(text)).removesuffix("元").removesuffix("整")
    found = _SPOKEN.fullmatch(plain)
    if not found:
        return []
    words, thousand, large = found.groups()
    value = Decimal(words) if words[0].isdigit() else Decimal(_in_figures(words))
    value *= {"": 1, "百": 100, "千": 1_000}[thousand or ""]
    if not 0 < value < 10_000:
        return []
    return [f"{plainly(value)}{large or ''}"]


def _in_figures(words: str) -> int:
    """A number below ten thousand in Chinese: 五百, 三千二百, 十五; 一百五 is 150, 一百零五 105."""
    total, digit, place = 0, 0, 1
    for sign in words:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
            place = place if digit else 1  # behind 零 ones follow
        else:
            place = _PLACES[sign]
            total, digit = total + (digit or 1) * place, 0
    return total + digit * (place // 10 if place > 10 else 1)


_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7,
           "八": 8, "九": 9}  # fmt: skip
_PLACES = {"十": 10, "百": 100, "千": 1_000}
_SPOKEN = re.compile(rf"({_NUMBER}|[{''.join((*_DIGITS, *_PLACES))}]+)([百千])?(万|亿)?")


def share(given: Any, where: str) -> Fraction:
    """A share of a whole: 90% or 0.9."""
    text = normal(str(given))
    found = re.fullmatch(rf"({_NUMBER})(%?)", text)
    value = Fraction(found[1]) / (100 if found[2] else 1) if found else Fraction(0)
    if not 0 < value <= 1:
        raise InputError(
            Problem("value_invalid", where=where, found=str(given), allowed=WORDS["part_of_all"])
        )
    return value


PAYERS = {
    "省": "fiscal_province",
    "市": "fiscal_city",
    "县": "fiscal_district",
    "区": "fiscal_district",
    "区县": "fiscal_district",
    "乡镇": "fiscal_township",
    "街道": "fiscal_township",
    "镇": "fiscal_township",
    "企业": "enterprise",
    "乡": "fiscal_township",
    "企": "enterprise",
}
_PART = re.compile(rf"([^\d:：]+?):?({_NUMBER})%?")


def payers(given: Any, where: str) -> dict[str, Decimal]:
    """Who pays which part: 省3市3县4, 省:市:县=3:3:4, 3:3:4 (province, city, district), or a mapping of shares."""
    weights = _weights(given)
    total = sum(weights.values())
    if not weights or not total:
        raise InputError(
            Problem("value_invalid", where=where, found=str(given), allowed=str(WORDS["payers"]))
        )
    known = list(
        lists()["payer"]
    )  # in one order, whoever is written first: the last one takes what rounding leaves
    order = sorted(weights, key=lambda one: known.index(one) if one in known else len(known))
    parts = {payer: weights[payer] / total for payer in order}
    *_, last = parts
    return parts | {
        last: 1 - sum((part for payer, part in parts.items() if payer != last), Decimal(0))
    }


def _weight(given: Any) -> Decimal:
    is_number = isinstance(given, str) and re.fullmatch(_NUMBER, given)
    return number(Decimal(given) if is_number else given)


def _weights(given: Any) -> dict[str, Decimal]:
    if isinstance(given, Mapping):
        return {PAYERS.get(str(key), str(key)): _weight(one) for key, one in given.items()}
    text = normal(str(given))
    names, equal, numbers = text.rpartition("=")
    figures = (numbers if equal else text).split(":")
    if all(re.fullmatch(_NUMBER, one) for one in figures):
        named = names.split(":") if equal else ["省", "市", "县"]
        if len(named) != len(figures):
            return {}
        parts = list(zip(named, figures, strict=True))
    else:
        parts = [(one[1].strip("，,、;"), one[2]) for one in _PART.finditer(text)]
    if any(name not in PAYERS for name, _ in parts):
        return {}
    return {PAYERS[name]: Decimal(weight) for name, weight in parts}
