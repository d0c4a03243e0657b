"""From a value to its printed text: exact, and exactly half up. The only way.

A binary float is not the number that a reader means: 46 of 160 is 28.75%, but 0.2875 * 100 is 28.749999999999996, and
``round`` and ``f"{x:.1f}"`` look at those digits. Here a value becomes an exact fraction first and is rounded last:

- integers, `Decimal` and `Fraction` as they are, and quotients of them by ``over``;
- a float as the shortest decimal that means it (its ``repr``). For a quotient of two whole numbers below about 10^7 that
  was divided once this decides as the fraction itself does: a tie has few digits, so that its ``repr`` is the tie, and
  everything else stays further from a tie than a float's error.

What reckons with floats before it prints takes away their noise with `minus`, `times` or `settle`.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction
from numbers import Rational, Real
from string import Formatter
from typing import Any

MISSING = "—"
WHOLE_YUAN, WAN_YUAN = 100, 1_000_000  # fen in a yuan, in 10,000 yuan
SMALL_P = Fraction(1, 1000)
DIGITS = 15  # decimal digits that a float always holds
_POWERS = [float(f"1e{n}") for n in range(23)]  # all powers of ten that a float holds exactly
_SPEC = re.compile(r"(\+?)(,?)(?:\.(\d+))?([f%g])")
_P_SPEC = re.compile(r"(=?)p")


def exact(value: Any, over: Any = 1) -> Fraction | None:
    """The value, divided by `over`, as a fraction; None where nothing (finite) is known or `over` is 0."""
    top, bottom = _terms(value), _terms(over)
    if top is None or bottom is None or not bottom[0]:
        return None
    return Fraction(top[0] * bottom[1], top[1] * bottom[0])


def _terms(value: Any) -> tuple[int, int] | None:
    """Numerator and denominator (above 0) of what a reader takes the value for."""
    if isinstance(value, float):  # numpy's float64 is one
        return Decimal(float.__repr__(value)).as_integer_ratio() if math.isfinite(value) else None
    if isinstance(value, int):
        return int(value), 1
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, Rational):  # Fraction, numpy's integers
        return int(value.numerator), int(value.denominator)
    if isinstance(value, Real | Decimal):  # numpy's other floats: their own shortest decimal
        return Decimal(str(value)).as_integer_ratio() if math.isfinite(value) else None
    raise TypeError(f"not a number: {value!r}")


def fixed(
    value: Any,
    decimals: int = 0,
    *,
    over: Any = 1,
    scale: Any = 1,
    grouped: bool = False,
    sign: bool = False,
) -> str:
    """``value / over * scale`` with so many decimals, half up (away from zero); nothing known is —.

    `grouped` sets thousands marks, `sign` a plus before what is above zero. Zero never has a minus.
    """
    parts = _terms(value), _terms(over), _terms(scale)
    if None in parts or not parts[1][0]:  # type: ignore[index]
        return MISSING
    (top, below), (base, of_base), (factor, of_factor) = parts  # type: ignore[misc]
    top, below = top * of_base * factor, below * base * of_factor
    units = (2 * abs(top) * 10**decimals + abs(below)) // (2 * abs(below))
    whole, rest = divmod(units, 10**decimals)
    text = f"{whole:,}" if grouped else str(whole)
    if decimals:
        text += "." + str(rest).zfill(decimals)
    if not units:
        return text
    return ("-" if (top < 0) != (below < 0) else "+" if sign else "") + text


def percent(value: Any, decimals: int = 1, *, over: Any = 1, sign: bool = False) -> str:
    """A plain ratio, or `value` of `over`, as a percentage: ``percent(46, over=160)`` is 28.8%."""
    text = fixed(value, decimals, over=over, scale=100, sign=sign)
    return text if text == MISSING else text + "%"


def points(difference: Any, decimals: int = 1) -> str:
    """A difference of two plain ratios in percentage points: 1.2个百分点."""
    text = fixed(difference, decimals, scale=100)
    return text if text == MISSING else text + "个百分点"


def count(value: Any) -> str:
    """A whole number with thousands marks."""
    return fixed(value, grouped=True)


def ratio(value: Any, decimals: int = 2, *, over: Any = 1) -> str:
    """A plain number, or `value` per `over`."""
    return fixed(value, decimals, over=over)


def yuan(fen: Any, decimals: int = 0) -> str:
    """An amount of fen in yuan: 8,200元."""
    text = fixed(fen, decimals, over=WHOLE_YUAN, grouped=True)
    return text if text == MISSING else text + "元"


def wan(fen: Any, decimals: int = 2) -> str:
    """An amount of fen in 10,000 yuan: 12.35万元."""
    text = fixed(fen, decimals, over=WAN_YUAN, grouped=True)
    return text if text == MISSING else text + "万元"


def p_value(p: Any, decimals: int = 3, name: str = "", below: str = "<") -> str:
    """A p-value; below .001 it is ``<0.001``, never 0.000. With a name: ``p=0.012``, ``p<0.001``."""
    found = exact(p)
    if found is None:
        return name + "=" + MISSING if name else MISSING
    if 0 <= found < SMALL_P:
        return f"{name}{below}0.001"
    return (name + "=" if name else "") + fixed(found, decimals)


def plain(value: Any, digits: int = 12) -> str:
    """A number as somebody would type it: no exponent, no needless zero; at most so many significant digits."""
    found = exact(value)
    if found is None:
        return str(value) if isinstance(value, float) and math.isinf(value) else MISSING
    if found.denominator == 1:
        return str(found.numerator)
    decimals = max(0, digits - len(str(int(abs(found)))))
    if abs(found) < 1:
        decimals = digits - 1 - math.floor(math.log10(abs(found)))
    text = fixed(found, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


class _Exact(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if named := _P_SPEC.fullmatch(format_spec):
            return p_value(value, name="p").removeprefix("p") if named[1] else p_value(value)
        spec = _SPEC.fullmatch(format_spec)
        if spec is None or isinstance(value, str):
            return str(super().format_field(value, format_spec))
        sign, grouped, decimals, kind = spec.groups()
        if kind == "g":
            return plain(value, int(decimals or 12))
        if kind == "%":
            return percent(value, int(decimals or 0), sign=bool(sign))
        return fixed(value, int(decimals or 0), grouped=bool(grouped), sign=bool(sign))


def fill(template: str, /, **values: Any) -> str:
    """A template with its places filled in; ``{x:.1f}``, ``{x:.0%}``, ``{x:g}`` are printed exactly, half up.

    ``{x:p}`` is a p-value (0.012, <0.001), ``p{x:=p}`` one with its name (p=0.012, p<0.001).
    """
    return _Exact().vformat(template, (), values)


# before printing


def settle(value: Any, size: Any = None) -> Any:
    """Numbers or arrays without the noise of float arithmetic: rounded to 15 digits of `size` (their own by default)."""
    import numpy as np

    x = np.asarray(value, dtype=float)
    size = np.abs(x if size is None else np.asarray(size, dtype=float))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        left = DIGITS - 1 - np.floor(np.log10(size))
        known = np.isfinite(x) & np.isfinite(left) & (left >= 0) & (left <= 22)
        power = np.array(_POWERS)[np.where(known, left, 0).astype(int)]
        settled = np.where(known, np.rint(x * power) / power, x)
    return settled.item() if settled.ndim == 0 else settled


def minus(a: Any, b: Any) -> Any:
    """a - b of two rates or amounts, such that 0.2875 - 0.2 is 0.0875 (plain floats: 0.08749999999999997)."""
    import numpy as np

    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return settle(a - b, np.maximum(np.abs(a), np.abs(b)))


def times(a: Any, b: Any) -> Any:
    """a * b, such that 0.2875 * 100 is 28.75."""
    import numpy as np

    return settle(np.asarray(a, dtype=float) * np.asarray(b, dtype=float))


def quotient(top: Any, bottom: Any) -> Any:
    """top / bottom, rounded once, for whole numbers and amounts with whole fen; NaN where the bottom is not above 0."""
    import numpy as np

    top, bottom = np.broadcast_arrays(np.asarray(top, dtype=float), np.asarray(bottom, dtype=float))
    with np.errstate(divide="ignore", invalid="ignore"):
        hundred = [np.rint(v * 100) for v in (top, bottom)]
        whole = np.ones(top.shape, dtype=bool)
        for v, fen in zip((top, bottom), hundred, strict=True):
            whole &= (np.abs(fen / 100 - v) <= 1e-12 * np.abs(v)) & (np.abs(fen) < 2.0**53)
        over = np.where(whole, hundred[0] / hundred[1], top / bottom)
        found = np.where(bottom > 0, over, np.nan)
    return found.item() if found.ndim == 0 else found


def half_up(value: Any, decimals: int) -> Any:
    """Numbers or arrays rounded as `fixed` prints them, to reckon with what a reader sees."""
    import numpy as np

    x = np.asarray(value, dtype=float)
    power = _POWERS[decimals]
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.abs(x) * power
        whole = np.floor(scaled + 0.5)
        near = np.isfinite(x) & (
            np.abs(scaled + 0.5 - np.rint(scaled + 0.5)) <= 1e-9 + 1e-15 * scaled
        )
    rounded = np.array(np.sign(x) * whole / power + 0.0)
    if near.any():
        rounded[near] = [float(fixed(float(v), decimals)) for v in x[near]]
    return rounded.item() if rounded.ndim == 0 else rounded
