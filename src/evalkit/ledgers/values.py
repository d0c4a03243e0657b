"""From what stands in a cell to a number with its interval, unit and note. Pure: knows no file and no table.

What a text says by itself is read by `numerals.lex`; here it gets the meaning of its column: kind, unit, interval. What
cannot be read is null with a note.

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
from typing import Any

import numpy as np
import pandas as pd

from evalkit.ledgers.numerals import (
    ALIKE,
    MISSING,
    NOT_PAID,
    NOTED,
    NOTES,
    NOUNS,
    PROBATIONARY,
    QUOTES,
    SCALE,
    UNREADABLE,
    WIDE,
    ZERO,
    Read,
    lex,
)

APPROXIMATE = NOTES["value_approximate"]
MISMATCH = NOTES["unit_mismatch"]
IMPLAUSIBLE = NOTES["value_implausible"]
FRACTION = NOTES["amount_fraction"]
KINDS = ("count", "money", "number", "percent", "ratio_pair", "members")


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


@lru_cache(maxsize=1024)
def split_unit(unit: str) -> tuple[int, str]:
    """``万元`` -> (10000, 元); ``人`` -> (1, 人); an empty unit -> (1, "")."""
    s = unit.translate(WIDE).strip(QUOTES + "()单位:")
    m = re.fullmatch(r"([十百千万亿]*)(.*)", s)
    assert m is not None
    return math.prod(SCALE[c] for c in m[1]), m[2]


def _compatible(own: str, column: str) -> bool:
    kin = [
        ALIKE.get(noun, noun) for noun in (own, column, column.removesuffix("次"))
    ]  # 3人 in a column of 人次
    alike = kin[0] in kin[1:] or (column == "次" and own.endswith("次"))
    return alike or "个" in (own, column) or column not in NOUNS


def _interval(
    x: float, word: str, last: float, printed: float, whole: bool
) -> tuple[float, float, float] | None:
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


_NAN, _WHOLE = math.nan, ("count", "ratio_pair", "members")
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class _Cell:
    """A text in a column of a unit and kind; ``mark`` where the row decides what it says (全体, —)."""

    value: float
    low: float
    high: float
    bits: int
    unit: str
    parts: tuple[tuple[str, float], ...] = ()
    mark: str = ""


@dataclass(frozen=True, slots=True)
class _Scale:
    """By what a number is multiplied in a column, in which unit it then is, and what is to be noted of that."""

    factor: Decimal
    unit: str
    bits: int = 0


def _null(bits: int, unit: str, mark: str = "") -> _Cell:
    return _Cell(_NAN, _NAN, _NAN, bits, unit, (), mark)


def _settle(read: Read, scale: int, noun: str, kind: str) -> _Cell:
    """What was read of a text, by the column's unit and kind."""
    base = "元" if kind == "money" else noun
    whole = kind in _WHOLE
    if read.mark == "zero":
        said = kind == "money" or (whole and read.last)  # 未拨 says something of money only
        return _Cell(0.0, 0.0, 0.0, 0, base) if said else _null(MISSING, base)
    bits = _read_as(read, kind)
    if bits & (MISSING | UNREADABLE):
        return _null(bits, base, read.mark)
    scaled = _scale(read, scale, noun, kind)
    if scaled is None:
        return _null(UNREADABLE | MISMATCH, base)
    value, bits = read.value * scaled.factor, bits | scaled.bits
    x = low = high = float(value)
    if abs(x) >= 1e15:  # an identity or account number, no amount
        return _null(UNREADABLE, scaled.unit)
    if read.word:
        last, printed = float(read.last * scaled.factor), float(read.printed * scaled.factor)
        found = _interval(x, read.word, last, printed, whole and x == int(x))
        if found is None:
            return _null(UNREADABLE, scaled.unit)
        x, low, high = found
        bits |= APPROXIMATE
    if whole and (x < 0 or x != int(x)):
        bits |= IMPLAUSIBLE
    if kind == "money" and not read.word and value * 100 != int(value * 100):
        bits |= FRACTION
    return _Cell(x, low, high, bits, scaled.unit, read.parts)


def _read_as(read: Read, kind: str) -> int:
    """The notes of a text in a column of a kind: 8/10 is readable as a pair, 3+1 as members."""
    if read.bits == UNREADABLE and read.parts:
        beside = read.parts[0][0]
        if kind == "ratio_pair" and beside == "of":
            return 0
        if kind == "members" and beside == PROBATIONARY:
            return NOTED
    return read.bits


def _scale(read: Read, scale: int, noun: str, kind: str) -> _Scale | None:
    """How a number comes into the unit of its column; None where its own unit does not fit."""
    if kind == "money":
        return _money_scale(read, scale)
    if read.noun == "%" or noun == "%":
        if kind == "count" or read.noun not in ("", "%"):
            return None
        return _Scale(Decimal(scale) if read.noun else scale / _HUNDRED, noun)
    if read.noun and noun and not _compatible(read.noun, noun):
        return None
    if read.noun or read.unit_scale > 1:
        differs = scale > 1 and (read.unit_scale or 1) != scale
        return _Scale(Decimal(1), noun or read.noun, MISMATCH if differs else 0)
    return _Scale(Decimal(scale), noun)


def _money_scale(read: Read, scale: int) -> _Scale | None:
    """5万元 in a column of 元 is 50,000 yuan; 五千 in a column of 万元 is five thousand of them."""
    own, own_scale = read.noun, read.unit_scale or 1
    cents = own == "分" and not read.unit_scale
    if not cents and own not in ("", "元"):
        return None
    if not own and (own_scale <= 1 or (read.chinese and own_scale < scale)):
        return _Scale(Decimal(scale), "元")
    settled = (1, scale, own_scale) if read.chinese else (own_scale,)
    differs = scale not in settled or (read.chinese and scale > 1 and own_scale != scale)
    return _Scale(1 / _HUNDRED if cents else Decimal(1), "元", MISMATCH if differs else 0)


@np.errstate(invalid="ignore", over="ignore")
def _typed(cells: np.ndarray, scale: int, noun: str, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Typed numbers, all at once: values and notes."""
    note = np.zeros(len(cells), dtype=np.int8)
    x = cells * float(scale)
    if (
        noun == "%"
    ):  # 38 in a column of per cent; 0.38 is what a cell in Excel's own percent format holds
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
    return split_unit(unit)[1] in NOUNS


def parse_column(
    cells: Sequence[Any] | np.ndarray,
    *,
    unit: str = "",
    kind: str = "count",
    total: Any = None,
    dash: Any = None,
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
        ``ratio_pair`` (``8/10``: 8, with 10 in ``parts``) or ``members`` (``3+1``: 4, with 预备 1 in ``parts``).
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
        (
            c
            if type(c) is float or type(c) is int
            else _NAN
            if type(c) is str
            else _plain_number(c)
            for c in items
        ),
        dtype=np.float64,
        count=len(items),
    )
    x, note = _typed(numbers, scale, noun, kind)
    low, high = x.copy(), x.copy()
    parts: dict[int, tuple[tuple[str, float], ...]] = {}
    memo: dict[str, _Cell] = {}
    where, found = [], []
    for i, cell in enumerate(items):
        if type(cell) is str:
            got = memo.get(cell)
            if got is None:
                got = memo[cell] = _settle(lex(cell), scale, noun, kind)
            where.append(i)
            found.append((got.value, got.low, got.high, got.bits))
            if got.parts:
                parts[i] = got.parts
            if got.mark:
                known = _of_row(total if got.mark == "whole" else dash, i)
                if known is not None:
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
    text: Any,
    *,
    unit: str = "",
    kind: str = "count",
    total: float | None = None,
    dash: float | None = None,
) -> Value:
    """Read one cell; arguments as in `parse_column`.

    >>> parse("1200余", unit="人")
    Value(value=1200.0, low=1200.0, high=1299.0, unit='人', note='value_approximate', parts=())
    """
    column = parse_column([text], unit=unit, kind=kind, total=total, dash=dash)
    x, low, high, bits = (
        float(column.value[0]),
        float(column.low[0]),
        float(column.high[0]),
        int(column.note[0]),
    )
    own = _settle(lex(text), *split_unit(unit), kind).unit if isinstance(text, str) else column.unit
    if x != x:
        return Value(None, unit=column.unit, note=note_names(bits))
    return Value(x, low, high, own or column.unit, note_names(bits), column.parts.get(0, ()))


def note_names(bits: int) -> str:
    """The names in a sum of `NOTES`, joined by a blank."""
    return " ".join(name for name, bit in NOTES.items() if bits & bit)


def dash_meaning(remark: Any) -> float | None:
    """What a remark or a table note says of ``—``: 0.0 (无, 未拨, 未发生), or None (nothing, so missing)."""
    s = re.sub(r"[\s“”\"'‘’()。；;，,]", "", str(remark or "").translate(WIDE))
    if re.search(r"[—–-]+(?:表示|为|指|即|=)?(?:无数据|不详|未统计|缺)", s):
        return None
    legend = re.search(r"[—–-]+(?:表示|代表|为|指|即|=|:)(?:无|〇|0|没有|未)", s)
    return 0.0 if legend or s in ZERO or any(w in s for w in NOT_PAID) else None


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
