"""From what stands in a cell to a number with its interval, unit and note. Pure: knows no file and no table.

Two layers. `_lex` reads a text once, whatever the column: number, scale, noun, the word beside it (约, 余 ...).
`_settle` gives it the meaning of the column: kind, unit, interval. What cannot be read is null with a note.

Intervals (DESIGN, "A number said with a word"); X the number, u the unit of its last non-zero digit,
p the unit of its last printed digit; counts are whole numbers, so their open ends move to the next whole one:

=====================  =======================  ======================
word                   counts                   money, numbers, shares
=====================  =======================  ======================
余, 多, 逾             [X, X + u - 1]           [X, X + u]
近                     (0.9 X, X]               [0.9 X, X]
约, 左右               X -+ p / 2 (outwards)    X -+ p / 2
以上, 不少于           [X, open)                [X, open)
超过                   [X + 1, open)            [X, open)
以下, 不超过           [0, X]                   [0, X]
不足                   [0, X - 1]               [0, X]
=====================  =======================  ======================
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evalkit.ledgers.words import FULL, WORDS, listed

# value_noted: the cell says more than the number (含预备1, a footnote), which is certain; amount_fraction: more than two
# decimals of a yuan
_NAMES = "missing value_unreadable value_approximate unit_mismatch value_implausible value_noted amount_fraction"
NOTES = {name: 1 << bit for bit, name in enumerate(_NAMES.split())}
MISSING, UNREADABLE, APPROXIMATE, MISMATCH, IMPLAUSIBLE, NOTED, FRACTION = NOTES.values()
KINDS = ("count", "money", "number", "percent", "ratio_pair")


@dataclass(frozen=True, slots=True)
class Value:
    """One cell. ``high`` is ``inf`` where open; all three are None where nothing can be read.

    ``note`` is empty or names of `NOTES` joined by a blank; ``parts`` holds what stands beside the number:
    ``4(含预备1)`` gives ``(("预备", 1.0),)``, ``8/10`` as a pair gives ``(("of", 10.0),)``.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    note: str = ""
    parts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of cells: float64 with NaN for null, ``high`` inf where open, ``note`` sums of `NOTES` (int8)."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    note: np.ndarray
    unit: str
    parts: dict[int, tuple[tuple[str, float], ...]] = field(default_factory=dict)


# --- characters -----------------------------------------------------------------------------------------------

_WIDE = FULL | {ord(c): same for same, written in WORDS["characters"].items() for c in written}
_QUOTES = " \t\r\n'\"‘’“”`"
_DASHES = frozenset("—–―─ー_…-")
_DIGIT = {c: i for i, c in enumerate("〇一二三四五六七八九")}
_ASCII = {ord(c): str(i) for c, i in _DIGIT.items()}
_SCALES = "亿万千百十"
_SCALE = dict(zip(_SCALES, (100_000_000, 10_000, 1000, 100, 10), strict=True))
_NOT_PAID, _ABSENT = frozenset(listed("not_paid")), frozenset(listed("absent"))
_ZERO = _NOT_PAID.union(listed("zero"))
_HOLDERS = frozenset("x×✕✖*?#□■△▲○●")
_FEET = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳⁰¹²³⁴⁵⁶⁷⁸⁹*"
_WORDS = {word: meaning for meaning, words in WORDS["beside"].items() for word in words.split()}


def _any(words: Sequence[str]) -> str:
    return "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))


_PERSON, _BODY = listed("persons"), listed("bodies")
_NOUNS = (*_PERSON, *_BODY, *listed("others"))
_ALIKE = dict.fromkeys(_PERSON, "人") | dict.fromkeys(_BODY, "家") | {"星级": "星", "颗星": "星"}
_LABELS, _OUTSIDE = WORDS["groups"], listed("outside")
_NUMBER = r"[0-9〇一二三四五六七八九十百千万亿廿卅][0-9.,〇一二三四五六七八九十百千万亿廿卅]*"
_ONE_DIGIT = "[0-9〇一二三四五六七八九]"
_GRAMMAR = re.compile(
    rf"(?:共计|合计|总计|共有|共|计|现有|有|为|人民币|rmb|cny)*:?"
    rf"(?P<q1>{_any([w for w in _WORDS if w not in '余多几有余+'])})?"
    rf"(?:人民币)?[¥$]?(?P<neg>-|负)?[¥]?(?P<num>{_NUMBER}|\.\d+)(?:e(?P<exp>[-+]?\d{{1,2}}))?"
    rf"(?P<q2>余|多|来|几|\+)?(?P<scale>[十百千万亿]*)(?P<q3>余|多|来)?"
    rf"(?P<noun>{_any(_NOUNS)}|%|‰|个?百分点)?(?:(?P<jiao>{_ONE_DIGIT})角)?(?:(?P<fen>{_ONE_DIGIT})分)?"
    rf"(?:{WORDS['after_noun']})?(?:整|正|钱)?(?P<q4>{_any([w for w in _WORDS if w not in '上超逾近约'])})?"
)
_QUICK = re.compile(
    r" ?共?(约|近|逾|不少于|超过|不足)?(\d{1,12}|\d{1,3}(?:,\d{3}){1,3})(余|多)?(人|名|家|个|户|元|次)?(左右|以上|以下)?", re.ASCII
)
_UNIT = re.compile(rf"[十百千万亿]*(?:{_any(_NOUNS)})")
_INNER_NUMBER = re.compile(r"[-+]?[\d.,]+(?:人|名|个|家|元|万元)?")
_HUNDREDTHS = re.compile(rf"(?P<q>约|近)?百分之(?P<n>{_NUMBER}(?:点[〇一二三四五六七八九]+)?)")
_GAPS = re.compile(r"(?<=[\d,.])[ \t]+(?=[\d,.])")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,4}(?:,\d{4})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+", re.ASCII)
_LABELLED = re.compile(rf"(?P<a>{_LABELS})(?:党员|人员)?:?(?P<b>\d+)|(?P<c>\d+)(?:名|人|个|位)?(?P<d>{_LABELS})")
_PLUS = re.compile(rf"(\d+)(?:名|人|个|位)?(?:党员)?\+(\d+)(?:名|人|个|位)?\(?({_LABELS})\)?(?:党员)?")
_PAIR = re.compile(r"(?:实到)?(\d+)(?:人|名|个)?[/|](?:应到)?(\d+)(?:人|名|个)?")
_SHORT_INSIDE = re.compile(r"[百千万][一二三四五六七八九][万亿]")  # 一百二万: 1,020,000 or 1,200,000
_ONE = Decimal(1)
_POWER = {k: _ONE.scaleb(k) for k in range(-40, 60)}


class _Read(NamedTuple):
    """What a text says by itself. ``unit_scale`` 0 = no scale of its own; ``mark`` for what needs the row."""

    bits: int
    value: Decimal = Decimal(0)
    last: Decimal = Decimal(1)  # unit of the last non-zero digit
    printed: Decimal = Decimal(1)  # unit of the last printed digit
    word: str = ""
    unit_scale: int = 0
    chinese: bool = False
    noun: str = ""
    parts: tuple[tuple[str, float], ...] = ()
    mark: str = ""


_NOTHING, _CANNOT = _Read(MISSING), _Read(UNREADABLE)
_SPECIAL = {
    **dict.fromkeys(_ABSENT, _NOTHING),
    **{w: _Read(0, last=Decimal(w not in _NOT_PAID), mark="zero") for w in _ZERO},
    **dict.fromkeys(listed("whole"), _Read(UNREADABLE, mark="whole")),
}


def _place(digits: str) -> tuple[Decimal, Decimal]:
    """Units of the last non-zero and of the last printed digit of plain digits: 1200 -> 100, 1; 1.50 -> 0.1, 0.01."""
    whole, _, part = digits.partition(".")
    bare = (whole + part).rstrip("0")
    printed = -len(part)
    return _POWER[printed + len(whole) + len(part) - len(bare) if bare else printed], _POWER[printed]


def _numeral(text: str, bare: bool, scales: str = _SCALES) -> tuple[Decimal, Decimal, Decimal, int] | None:
    """Arabic digits, Chinese digits and scales in any mixture -> (value, last, printed, trailing scale).

    ``bare`` allows a scale without a number (近万); ``scales`` are those that may stand in the text.
    """
    if text[0] < ":" and _THOUSANDS.fullmatch(text):
        digits = text.replace(",", "")
        return Decimal(digits), *_place(digits), 0
    text = text.replace("廿", "二十").replace("卅", "三十")
    char = next((c for c in scales if c in text), "")
    if len(text) > 40 or not (char or _DIGIT.keys() >= set(text)) or _SHORT_INSIDE.search(text):
        return None
    if not char:  # 二〇二四: digits in a row; 三五 may be 3 to 5: not read
        if len(text) > 1 and (scales != _SCALES or (len(text) < 4 and "〇" not in text)):
            return None
        digits = text.translate(_ASCII)
        return Decimal(digits), *_place(digits), 0
    scale, smaller = _SCALE[char], scales.partition(char)[2]
    head, _, tail = text.lstrip("〇").partition(char)
    rest = tail.lstrip("〇")
    said = (_ONE, _ONE, _ONE, 0) if bare or char == "十" else None
    said = _numeral(head, bare, smaller if scale > 1000 else "") if head else said
    more = _numeral(rest, False, smaller) if rest else (_ONE - 1, _ONE, said[2] * scale if said else _ONE, scale)
    if said is None or more is None or more[0] >= scale:
        return None
    value, last, printed, trailing = more
    if rest and rest == tail and scale >= 100 and value < 10 and value == int(value):
        if rest not in _DIGIT:  # 3万5: thirty-five thousand or 30,005
            return None
        value, last, printed = (d * (scale // 10) for d in (value, last, printed))  # 一百二 is 120
    return said[0] * scale + value, last if value else said[1] * scale, printed, trailing or 1


@lru_cache(maxsize=65_536)
def _lex(text: str) -> _Read:
    if quick := _QUICK.fullmatch(text):  # nine in ten texts of a ledger; the rest of the way reads them just the same
        before, digits, between, noun, behind = quick.groups("")
        word = before or between or behind
        if len(word) == len(before + between + behind):
            digits = digits.replace(",", "")
            last = _POWER[len(digits) - len(digits.rstrip("0"))] if word and int(digits) else _ONE
            return _Read(0, Decimal(digits), last, _ONE, _WORDS[word] if word else "", 0, False, noun)
    return _lex_slowly(text)


def _lex_slowly(text: str) -> _Read:
    s = text if text.isascii() else text.translate(_WIDE)
    s = s.strip(_QUOTES).rstrip("。；;，,.")
    if not s:
        return _NOTHING
    if s[0] < ":" and _THOUSANDS.fullmatch(s[1:] if s[0] in "+-" else s):
        return _Read(0, Decimal(s.replace(",", "")))
    if len(s.split(None, 1)) > 1:
        if re.search(r"\d\s*[\r\n]\s*\d", s):
            return _CANNOT
        gaps = [len(g) for g in re.split(r"[^\d]+", s) if g] if _GAPS.search(s) else [1]
        if max(gaps) > 1 and not re.search(r"(?<!\d)\d{1,3}(?: \d{3})+(?!\d)|\d ?[,.] ?\d", s):
            return _CANNOT  # 8 10 may be two numbers; 1 234 and 1 2 are one
        s = re.sub(r"\s+", "", s)
    s = s.lower()
    if "★" in s and not s.strip("★☆"):
        s = f"{s.count('★')}星"
    if special := _SPECIAL.get(s):
        return special
    if _DASHES.issuperset(s):
        return _Read(MISSING, mark="dash")
    if s[0] in _HOLDERS and (s[0] == "#" or _HOLDERS.issuperset(s)):
        return _CANNOT  # a placeholder, or an error of a formula
    return _phrase(s)


def _phrase(s: str) -> _Read:
    bits = 0
    parts: tuple[tuple[str, float], ...] = ()
    if "+" in s and (m := _PLUS.fullmatch(s)):
        ours = m[3] not in _OUTSIDE
        return _CANNOT if ours else _Read(NOTED, Decimal(m[1]), noun="人", parts=((m[3], float(m[2])),))
    if ("/" in s or "|" in s) and (m := _PAIR.fullmatch(s)):
        return _Read(UNREADABLE, Decimal(m[1]), parts=(("of", float(m[2])),))
    if s[-1] == ")" and "(" in s:
        head, _, inner = s[:-1].partition("(")
        if not head:  # an accountant's negative
            read = _lex(inner) if inner and inner[0] not in "(-" else _CANNOT
            return _CANNOT if read.bits or read.mark or read.word else read._replace(value=-read.value)
        if _UNIT.fullmatch(inner) and not head.endswith(_NOUNS):
            s = head + inner
        elif _WORDS.get(inner) == "about" or inner in WORDS["estimated"].split():
            s = "约" + head
        elif inner in _WORDS:
            s = head + inner
        elif _INNER_NUMBER.fullmatch(inner):
            return _CANNOT  # 5(8): which of them?
        else:
            s, bits = head, NOTED
            parts = tuple((m["a"] or m["d"], float(m["b"] or m["c"])) for m in _LABELLED.finditer(inner))
    if "百分之" in s and (m := _HUNDREDTHS.fullmatch(s)):
        whole, _, part = m["n"].partition("点")
        share = _numeral(whole, False)
        s = f"{m['q'] or ''}{share[0]}{part and '.' + part.translate(_ASCII)}%" if share else s
    if (bare := s.rstrip(_FEET)) and bare != s:
        s, bits = bare, bits | NOTED
    if s[0] < ":" and _THOUSANDS.fullmatch(s):
        return _Read(bits, Decimal(s.replace(",", "")), parts=parts)
    if not (g := _GRAMMAR.fullmatch(s)):
        return _CANNOT
    q1, neg, digits, exp, q2, factors, q3, noun, jiao, fen, q4 = g.groups("")
    said = {_WORDS[w] for w in (q1, q2, q3, q4) if w}
    if len(said) > 1 and said != {"about", "over"}:
        return _CANNOT  # 近1200余
    word = "over" if len(said) > 1 else said.pop() if said else ""
    if not (number := _numeral(digits, bool(q1))):
        return _CANNOT
    value, last, printed, scale = number
    down = _ONE
    if factors:
        scale = math.prod(_SCALE[c] for c in factors)
        down *= scale
    if exp or noun in ("%", "‰", "角"):
        down = down.scaleb(int(exp or 0) - {"%": 2, "‰": 3, "角": 1}.get(noun, 0))
    value, last, printed = (value * down, last * down, printed * down) if down != 1 else (value, last, printed)
    if jiao or fen:
        if noun not in ("元", "块"):
            return _CANNOT
        for small, step in ((jiao, _POWER[-1]), (fen, _POWER[-2])):
            if small:
                value, last, printed = value + step * int(small.translate(_ASCII)), step, step
    noun = {"‰": "%", "角": "元", "块": "元"}.get(noun, noun)
    return _Read(bits, -value if neg else value, last, printed, word, scale, not digits[0].isascii(), noun, parts)


# --- the column's meaning -------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def split_unit(unit: str) -> tuple[int, str]:
    """``万元`` -> (10000, 元); ``人`` -> (1, 人); an empty unit -> (1, "")."""
    s = unit.translate(_WIDE).strip(_QUOTES + "()单位:")
    m = re.fullmatch(r"([十百千万亿]*)(.*)", s)
    assert m is not None
    return math.prod(_SCALE[c] for c in m[1]), m[2]


def _compatible(own: str, column: str) -> bool:
    kin = [_ALIKE.get(noun, noun) for noun in (own, column, column.removesuffix("次"))]  # 3人 in a column of 人次
    alike = kin[0] in kin[1:] or (column == "次" and own.endswith("次"))
    return alike or "个" in (own, column) or column not in _NOUNS


def _interval(x: float, word: str, last: float, printed: float, whole: bool) -> tuple[float, float, float] | None:
    """(point, low, high) of X said with a word; see the table at the top of the module."""
    step = 1.0 if whole else 0.0
    if x <= 0:
        return None
    if word == "over":
        return x, x, x + last - step
    if word == "near":
        low = round(0.9 * x, 6)
        return x, (math.floor(low) + 1.0 if whole else low), x
    if word == "about":
        low, high = x - printed / 2, x + printed / 2
        return x, *((float(math.floor(low)), float(math.ceil(high))) if whole else (low, high))
    if word in ("from", "above"):
        x += step if word == "above" else 0.0
        return x, x, math.inf
    x -= step if word == "below" else 0.0
    return x, 0.0, x


_Cell = tuple[float, float, float, int, str, tuple[tuple[str, float], ...], str]
_NAN, _WHOLE = math.nan, ("count", "ratio_pair")


def _null(bits: int, unit: str, mark: str = "") -> _Cell:
    return _NAN, _NAN, _NAN, bits, unit, (), mark


def _settle(read: _Read, scale: int, noun: str, kind: str) -> _Cell:
    """(value, low, high, bits, unit, parts, mark) of what was read, by the column's unit and kind."""
    bits, value, last, printed, word, own_scale, chinese, own, parts, mark = read
    base = "元" if kind == "money" else noun
    whole = kind in _WHOLE
    if mark == "zero":
        said = kind == "money" or (whole and last)  # 未拨 says something of money only
        return (0.0, 0.0, 0.0, 0, base, (), "") if said else _null(MISSING, base)
    if kind == "ratio_pair" and bits == UNREADABLE and parts:
        bits = 0
    if bits & (MISSING | UNREADABLE):
        return _null(bits, base, mark)
    if kind == "money":
        if own == "分" and not own_scale:
            value, last, printed, own = value / 100, last / 100, printed / 100, "元"
        elif own not in ("", "元"):
            return _null(UNREADABLE | MISMATCH, base)
        unit_scale = own_scale or 1
        if own or (unit_scale > 1 and not (chinese and unit_scale < scale)):
            settled = (1, scale, unit_scale) if chinese else (unit_scale,)
            bits |= MISMATCH if scale not in settled or (chinese and scale > 1 and unit_scale != scale) else 0
            scale = 1
    elif own == "%" or noun == "%":
        if kind == "count" or own not in ("", "%"):
            return _null(UNREADABLE | MISMATCH, base)
        if not own:
            value, last, printed = value / 100, last / 100, printed / 100
    elif own and noun and not _compatible(own, noun):
        return _null(UNREADABLE | MISMATCH, base)
    elif own or own_scale > 1:
        bits |= MISMATCH if scale > 1 and (own_scale or 1) != scale else 0
        scale, base = 1, base or own
    if scale > 1:
        value, last, printed = value * scale, last * scale, printed * scale
    x = low = high = float(value)
    if abs(x) >= 1e15:  # an identity or account number, no amount
        return _null(UNREADABLE, base)
    if word:
        found = _interval(x, word, float(last), float(printed), whole and x == int(x))
        if found is None:
            return _null(UNREADABLE, base)
        x, low, high = found
        bits |= APPROXIMATE
    if whole and (x < 0 or x != int(x)):
        bits |= IMPLAUSIBLE
    if kind == "money" and not word and value * 100 != int(value * 100):
        bits |= FRACTION
    return x, low, high, bits, base, parts, ""


@np.errstate(invalid="ignore", over="ignore")
def _typed(cells: np.ndarray, scale: int, noun: str, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Typed numbers, all at once: values and notes."""
    note = np.zeros(len(cells), dtype=np.int8)
    x = cells * float(scale)
    if noun == "%":  # 38 in a column of per cent; 0.38 is what a cell in Excel's own percent format holds
        ratio = (np.abs(cells) <= 1) & (cells != 0)
        x = np.where(ratio, cells, cells / 100)
        note[ratio] = NOTED
    rounded = np.rint(x)
    tiny = np.abs(x - rounded) <= 1e-9 + 4e-16 * np.abs(x)  # 3.0000000000000004 left by a formula
    x = np.where(tiny, rounded, x)
    if kind in _WHOLE:
        note[(x < 0) | ~tiny] |= IMPLAUSIBLE
    elif kind == "money":
        fen, exact = _fen(x * 100)
        x = np.where(exact, fen / 100, x)
        note[~exact] |= FRACTION
    bad = ~(np.abs(x) < 1e15)
    note[bad] = np.where(np.isnan(x[bad]), MISSING, UNREADABLE)
    x[bad] = np.nan
    return x, note


def _fen(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whole fen, and where they are exact but for what floats lose."""
    fen = np.rint(x)
    return fen, np.abs(x - fen) <= np.maximum(1e-6, np.abs(fen) * 1e-14)


def counts(unit: str) -> bool:
    """Whether a unit is a noun of counting (人, 家次), so that its numbers are whole."""
    return split_unit(unit)[1] in _NOUNS


def parse_column(
    cells: Sequence[Any] | np.ndarray, *, unit: str = "", kind: str = "count", total: Any = None, dash: Any = None
) -> Column:
    """Read a column of cells.

    Parameters
    ----------
    cells
        Text, float, int, bool, None or datetime, as a reader of workbooks gives them.
    unit
        The column's unit: 元, 万元, 人, 万人, 家, % ... A cell's own unit wins and is noted.
    kind
        ``count`` (whole numbers), ``money`` (result in yuan), ``number``, ``percent`` (result a plain ratio) or
        ``ratio_pair`` (``8/10``: 8, with 10 in ``parts``).
    total
        What 全体 stands for, one number or one per cell (NaN where unknown).
    dash
        What ``—`` stands for by the remark (see `dash_meaning`), one number or one per cell; missing otherwise.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    scale, noun = split_unit(unit)
    base = "元" if kind == "money" else noun
    plain = isinstance(cells, np.ndarray) and cells.dtype.kind in "fiu"
    items: Any = cells.tolist() if isinstance(cells, np.ndarray) and not plain else cells
    if plain or set(map(type, items)) <= {float, int, type(None)}:
        x, note = _typed(np.array(items, dtype=np.float64), scale, noun, kind)
        return Column(x, x.copy(), x.copy(), note, base)
    numbers = np.fromiter(
        (c if type(c) is float or type(c) is int else _NAN if type(c) is str else _plain_number(c) for c in items),
        dtype=np.float64, count=len(items),
    )  # fmt: skip
    x, note = _typed(numbers, scale, noun, kind)
    low, high = x.copy(), x.copy()
    parts: dict[int, tuple[tuple[str, float], ...]] = {}
    memo: dict[str, _Cell] = {}
    where, found = [], []
    for i, cell in enumerate(items):
        if type(cell) is str:
            got = memo.get(cell)
            if got is None:
                got = memo[cell] = _settle(_lex(cell), scale, noun, kind)
            where.append(i)
            found.append(got[:4])
            if got[5]:
                parts[i] = got[5]
            if got[6] and (known := _of_row(total if got[6] == "whole" else dash, i)) is not None:
                found[-1] = (known, known, known, NOTED)
    if where:
        block = np.fromiter(chain.from_iterable(found), np.float64, 4 * len(found)).reshape(-1, 4)
        x[where], low[where], high[where] = block[:, 0], block[:, 1], block[:, 2]
        note[where] = block[:, 3].astype(np.int8)
    return Column(x, low, high, note, base, parts)


def _plain_number(cell: Any) -> float:
    """NaN where the cell is missing, infinite (which is not readable) where it is no number."""
    if isinstance(cell, (bool, np.bool_, dt.date, dt.time, dt.timedelta)) and cell is not pd.NaT:
        return math.inf
    try:
        return _NAN if isinstance(cell, str) else float(cell)
    except (TypeError, ValueError):
        return _NAN


def _of_row(given: Any, i: int) -> float | None:
    one = given if given is None or isinstance(given, (int, float)) else given[i]
    return None if one is None or one != one else float(one)


def parse(
    text: Any, *, unit: str = "", kind: str = "count", total: float | None = None, dash: float | None = None
) -> Value:
    """Read one cell; arguments as in `parse_column`.

    >>> parse("1200余", unit="人")
    Value(value=1200.0, low=1200.0, high=1299.0, unit='人', note='value_approximate', parts=())
    """
    column = parse_column([text], unit=unit, kind=kind, total=total, dash=dash)
    x, low, high, bits = (float(column.value[0]), float(column.low[0]), float(column.high[0]), int(column.note[0]))
    own = _settle(_lex(text), *split_unit(unit), kind)[4] if isinstance(text, str) else column.unit
    if x != x:
        return Value(None, unit=column.unit, note=note_names(bits))
    return Value(x, low, high, own or column.unit, note_names(bits), column.parts.get(0, ()))


def note_names(bits: int) -> str:
    """The names in a sum of `NOTES`, joined by a blank."""
    return " ".join(name for name, bit in NOTES.items() if bits & bit)


def dash_meaning(remark: Any) -> float | None:
    """What a remark or a table note says of ``—``: 0.0 (无, 未拨, 未发生), or None (nothing, so missing)."""
    s = re.sub(r"[\s“”\"'‘’()。；;，,]", "", str(remark or "").translate(_WIDE))
    if re.search(r"[—–-]+(?:表示|为|指|即|=)?(?:无数据|不详|未统计|缺)", s):
        return None
    legend = re.search(r"[—–-]+(?:表示|代表|为|指|即|=|:)(?:无|〇|0|没有|未)", s)
    return 0.0 if legend or s in _ZERO or any(w in s for w in _NOT_PAID) else None


def to_fen(yuan: Any) -> Any:
    """Yuan to whole fen, half up: a number gives int or None, an array a pandas Int64 array (NaN, inf: null)."""
    if isinstance(yuan, (np.ndarray, pd.Series)):
        x = np.asarray(yuan, dtype=np.float64)
        fine = np.isfinite(x)
        with np.errstate(invalid="ignore"):
            fen, exact = _fen(x * 100)
        for i in np.flatnonzero(fine & ~exact):  # the rare ones with parts of a fen, exactly
            fen[i] = to_fen(float(x[i]))
        return pd.arrays.IntegerArray(np.where(fine, fen, 0).astype(np.int64), ~fine)
    if yuan is None or yuan != yuan or math.isinf(yuan):
        return None
    return int((Decimal(str(yuan)) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
