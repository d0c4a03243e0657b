"""What a caller may hand over, as arrays: numbers, lists, Series and frames, texts that are numbers.

A missing value (None, NaN, NA, an empty text) is NaN, and so is an infinite one, or one above 10^100: nothing is infinite
in this field, and a result of it is not known. Below 10^-100 it is 0. What is no number is refused with the name of the
argument, the place and the value.
"""

from __future__ import annotations

import math
import re
import unicodedata
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.problems import InputError, Problem
from evalkit.world.number import plain

Floats = NDArray[np.float64]
LARGEST = 1e100
NUMBERS = "数字（缺失的写 NaN 或留空）"


def refuse(where: str, found: str, allowed: str, advice: str = "") -> InputError:
    """The error that statistics and scoring raise: a value that the formula does not allow."""
    return InputError(
        Problem("value_invalid", where=where, found=found, allowed=allowed, advice=advice)
    )


def one_of(where: str, found: Any, *allowed: str) -> None:
    """Refuse a word that is not among those allowed."""
    if not isinstance(found, str) or found not in allowed:
        raise refuse(where, str(found), "、".join(allowed))


def typed(value: Any) -> float:
    """A number as it may be typed: 0.5, "0.5", "１２", "1/3", "１／３", "85%"; nothing is NaN. ValueError for the rest."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return math.nan
    if not isinstance(value, str):
        return float(value)
    text = unicodedata.normalize("NFKC", value).strip().replace("⁄", "/").replace("−", "-")
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?%?", text):
        text = text.replace(",", "")
    if not text or text in ("-", "—", "nan", "NaN", "NA"):
        return math.nan
    factor = 1
    if text.endswith("%"):
        text, factor = text[:-1], 100
    return float(Fraction(text.replace(" ", "")) / factor)


def array(where: str, value: Any) -> Floats:
    """A new array of floats; infinite values become NaN."""
    found = _converted(where, value)
    size = np.abs(found)
    found[size > LARGEST] = np.nan
    found[size < 1 / LARGEST] = 0.0
    return found


def _converted(where: str, value: Any) -> Floats:
    if value is None:
        raise refuse(where, "没有给出", NUMBERS)
    if hasattr(value, "to_numpy"):  # a Series or frame: nullable columns too
        value = value.to_numpy(dtype=object)
    try:
        raw = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise refuse(where, "各行长短不一", "每一行的个数相同") from error
    if raw.dtype.kind in "fiub":
        return np.array(raw, dtype=float)
    if raw.dtype.kind not in "OUS":
        raise refuse(where, str(value)[:60], NUMBERS)
    flat = np.empty(raw.size)
    for at, cell in enumerate(raw.ravel().tolist()):
        try:
            flat[at] = typed(cell)
        except (ValueError, TypeError, ZeroDivisionError, OverflowError) as error:
            if isinstance(cell, list | tuple | np.ndarray):
                raise refuse(where, "各行长短不一", "每一行的个数相同") from error
            place = f"第 {at + 1} 个：" if raw.size > 1 else ""
            raise refuse(where, f"{place}{cell}"[:80], NUMBERS) from error
    return flat.reshape(raw.shape)


def arrays(**values: Any) -> list[Floats]:
    """Arrays of one shape, each its own copy, in the order of their names."""
    found = {name: array(name, value) for name, value in values.items()}
    try:
        return [np.array(a) for a in np.broadcast_arrays(*found.values())]
    except ValueError as error:
        shapes = "，".join(f"{name} {_shape(a)}" for name, a in found.items())
        raise refuse("、".join(found), shapes, "个数相同，或其中一个是单个数") from error


def _shape(a: Floats) -> str:
    return "×".join(map(str, a.shape)) + " 个" if a.ndim else "1 个"


def scalar(
    where: str, value: Any, least: float = -math.inf, most: float = math.inf, said: str = "一个数字"
) -> float:
    """One finite number between two ends (both included)."""
    try:
        found = typed(value) if np.ndim(value) == 0 else math.nan
    except (ValueError, TypeError, ZeroDivisionError, OverflowError) as error:
        raise refuse(where, str(value)[:60], said) from error
    if not (math.isfinite(found) and least <= found <= most):
        raise refuse(where, plain(found) if found == found else str(value)[:60], said)
    return found


def whole(where: str, value: Any, least: int = 1, most: float = math.inf) -> int:
    """One whole number, `least` or more."""
    said = f"整数，不小于 {least}" if math.isinf(most) else f"{least} 至 {plain(most)} 的整数"
    found = scalar(where, value, least, most, said)
    if found != int(found):
        raise refuse(where, plain(found), said)
    return int(found)


def _in_order_of_appearance(numbers: NDArray[Any]) -> NDArray[np.intp]:
    """The place of each number among the different ones, in the order in which they first appear."""
    _, first, back = np.unique(numbers, return_index=True, return_inverse=True)
    place = np.empty(len(first), dtype=np.intp)
    place[np.argsort(first)] = np.arange(len(first))
    return place[back.ravel()]


def labels(where: str, groups: Any, length: int) -> NDArray[np.intp]:
    """Number of each unit's group in order of appearance, -1 where it has none; one label for every unit."""
    plain_numbers = (
        isinstance(groups, np.ndarray) and groups.dtype.kind in "iu" and groups.ndim == 1
    )
    whole_numbers = groups if plain_numbers else None
    if hasattr(groups, "to_numpy"):
        groups = groups.to_numpy(dtype=object)
    if isinstance(groups, np.ndarray) and not plain_numbers:
        groups = groups.tolist()
    said = f"每个单位一个组别，共 {length} 个"
    if groups is None or isinstance(groups, str) or not hasattr(groups, "__len__"):
        raise refuse(where, "没有给出" if groups is None else str(groups)[:60], said)
    if len(groups) != length:
        raise refuse(where, f"{len(groups)} 个", said)
    if whole_numbers is not None:
        return _in_order_of_appearance(whole_numbers)
    known: dict[Any, int] = {}
    found = np.full(length, -1, dtype=np.intp)
    for at, label in enumerate(groups):
        missing = label is None or type(label).__name__ in ("NAType", "NaTType")
        missing = (
            missing
            or (isinstance(label, float) and math.isnan(label))
            or (isinstance(label, str) and not label.strip())
        )
        if missing:
            continue
        try:
            found[at] = known.setdefault(label, len(known))
        except TypeError as error:
            raise refuse(where, f"第 {at + 1} 个：{label}"[:80], "每个单位一个名称") from error
    return found


def floats_or_arrays(*arrays_: Any) -> Any:
    """Python floats where everything was a scalar."""
    return tuple(a.item() if np.ndim(a) == 0 else a for a in map(np.asarray, arrays_))
