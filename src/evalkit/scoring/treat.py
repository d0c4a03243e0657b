"""Outliers: winsorising by skewness and kurtosis, then logarithm or Box-Cox where that was not enough."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalkit.stats.arrays import Floats, array, one_of, refuse, scalar, whole

METHODS = ("none", "winsorise", "log", "box_cox", "winsorise_then_log", "winsorise_then_box_cox")
SKEWNESS, KURTOSIS, POINTS = 2.0, 3.5, 5  # COINr's defaults (GII practice)
BLOCK = 30_000  # numbers treated at once: what stays in the first caches


class Treatment(NamedTuple):
    """Treated data; what was done to each indicator (a word of done, "" = nothing); winsorised points of each."""

    x: Floats
    done: NDArray[np.str_]
    points: NDArray[np.int64]


def moments(x: ArrayLike) -> tuple[Floats, Floats]:
    r"""Sample skewness and excess kurtosis (type 2, as Excel, SAS and COINr) of every column; units on axis -2.

    .. math:: G_1 = \frac{\sqrt{n(n-1)}}{n-2}\frac{m_3}{m_2^{3/2}}, \quad
              G_2 = \frac{(n-1)\left((n+1)(m_4/m_2^2 - 3) + 6\right)}{(n-2)(n-3)}

    NaN below 3 (skewness) or 4 (kurtosis) known values and for a constant column.

    References
    ----------
    Joanes and Gill (1998), The Statistician 47, 183-189.
    """
    values = array("x", x)
    if values.ndim < 2:
        raise refuse("x", f"{values.ndim} 维", "单位 × 指标")
    return _moments(np.ascontiguousarray(np.swapaxes(values, -1, -2)))


def _moments(rows: Floats) -> tuple[Floats, Floats]:
    """Skewness and kurtosis along the last axis."""
    n: Any = float(rows.shape[-1])
    total = rows.sum(-1)
    if holes := bool(np.isnan(total).any()):
        n, total = (~np.isnan(rows)).sum(-1), np.nansum(rows, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / n
        d = rows - mean[..., None]
        return _shape(n, mean, *_sums(np.nan_to_num(d) if holes else d)[1:])


def _sums(d: Floats) -> Floats:
    """Sums of the first four powers along the last axis."""
    square = d * d
    return np.stack([d.sum(-1), np.vecdot(d, d), np.vecdot(square, d), np.vecdot(square, square)])


def _shape(n: Any, mean: Floats, s2: Floats, s3: Floats, s4: Floats) -> tuple[Floats, Floats]:
    """Skewness and kurtosis from sums of powers of the deviations."""
    m2 = s2 / n
    varies = m2 > 1e-24 * mean * mean
    with np.errstate(divide="ignore", invalid="ignore"):
        skew = s3 / n / (m2 * np.sqrt(m2)) * np.sqrt(n * (n - 1.0)) / (n - 2)
        kurtosis = ((n + 1) * (s4 / n / m2**2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3.0))
    known = np.asarray(n)
    return np.where(varies & (known > 2), skew, np.nan), np.where(
        varies & (known > 3), kurtosis, np.nan
    )


def outlying(
    x: ArrayLike, skewness: float = SKEWNESS, kurtosis: float = KURTOSIS
) -> NDArray[np.bool_]:
    """Columns that need treatment: |skewness| and kurtosis both at or above their thresholds."""
    return _fails(*moments(x), skewness, kurtosis)


def _fails(skew: Floats, kurt: Floats, skewness: float, kurtosis: float) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(skew) >= skewness) & (kurt >= kurtosis))


def treat(
    x: ArrayLike,
    method: str = "winsorise_then_log",
    skewness: float = SKEWNESS,
    kurtosis: float = KURTOSIS,
    max_points: int | None = POINTS,
    power: float | None = None,
) -> Treatment:
    r"""Treat the indicators that fail the check of `outlying`; the others stay untouched.

    Winsorising sets the outermost value (the highest where the skewness is positive, else the lowest) to the next
    one, again and again, until the check is passed or `max_points` values are set. If the check still fails,
    ``..._then_log`` or ``..._then_box_cox`` transform the **original** column:
    :math:`\ln(x - \min + a)` with a = 1% of the range; Box-Cox :math:`((x - \min + a)^\lambda - 1)/\lambda` with
    `power` or else the maximum-likelihood lambda. A column skewed to the left is reflected first and back after,
    since a logarithm would only make it worse (here COINr differs).

    Parameters
    ----------
    x
        Units x indicators, with any leading axes. Missing values stay missing.

    References
    ----------
    Becker, Caperna, Del Sorbo et al. (2022), COINr, JOSS 7(78), 4567; Box and Cox (1964), JRSS B 26, 211-252.
    """
    one_of("method", method, *METHODS)
    values = array("x", x)
    if values.ndim < 2:
        raise refuse("x", f"{values.ndim} 维", "单位 × 指标")
    skewness, kurtosis = (
        scalar("skewness", skewness, 0, said="不小于 0"),
        scalar("kurtosis", kurtosis),
    )
    max_points = None if max_points is None else whole("max_points", max_points, 0)
    power = None if power is None else scalar("power", power)
    shape = (*values.shape[:-2], values.shape[-1])
    done, points = np.zeros(shape, dtype="<U22"), np.zeros(shape, dtype=np.int64)
    if method == "none":
        return Treatment(values, done, points)
    for start in range(
        0, shape[-1], step := max(1, BLOCK // max(1, values.size // max(1, shape[-1])))
    ):
        part = slice(start, start + step)
        blocks = values[..., part], done[..., part], points[..., part]
        _treat_part(*blocks, method, (skewness, kurtosis), max_points, power)
    return Treatment(values, done, points)


def _treat_part(
    x: Floats,
    done: Any,
    points: Any,
    method: str,
    limits: tuple[float, float],
    most: int | None,
    power: float | None,
) -> None:
    """Treat some columns in place."""
    columns = np.ascontiguousarray(np.swapaxes(x, -1, -2))
    skew, kurt = _moments(columns)
    bad = _fails(skew, kurt, *limits)
    if not bad.any():
        return
    original = columns[bad]
    result, words, counts = (
        original,
        np.full(len(original), "winsorise", dtype="<U22"),
        np.zeros(len(original), int),
    )
    failing = np.ones(len(original), dtype=bool)
    first, _, then = method.rpartition("_then_")
    if "winsorise" in (first, then):
        result, counts, failing = _winsorise(original, limits, most)
    if then != "winsorise" and failing.any():
        result[failing] = _transform(
            original[failing], np.where(skew[bad][failing] >= 0, 1.0, -1.0), then, power
        )
        words[failing], counts[failing] = then, 0
    columns[bad], done[bad], points[bad] = result, words, counts
    x[...] = np.swapaxes(columns, -1, -2)


def _winsorise(
    rows: Floats, limits: tuple[float, float], most: int | None
) -> tuple[Floats, Any, Any]:
    """Winsorised rows, points at their winsorised ends, and which rows still fail.

    Winsorising is clipping, so that only the few outermost values matter; the powers of the middle are summed once.
    """
    known = ~np.isnan(rows)
    if not known.all():
        result, counts, failing = (
            rows.copy(),
            np.zeros(len(rows), dtype=int),
            np.zeros(len(rows), dtype=bool),
        )
        for r, here in enumerate(known):
            result[r, here], counts[r], failing[r] = (
                v[0] for v in _winsorise(rows[r : r + 1, here], limits, most)
            )
        return result, counts, failing
    n = rows.shape[1]
    size = n // 2 if most is None else min(most + 1, n // 2)
    ordered = np.partition(rows, [size - 1, n - size], axis=1)
    tails, middle = (
        np.concatenate([ordered[:, :size], ordered[:, n - size :]], axis=1),
        ordered[:, size : n - size],
    )
    centre = middle.mean(1, keepdims=True) if middle.shape[1] else rows.mean(1, keepdims=True)
    base = _sums(middle - centre)
    bounds = np.stack([rows.min(1), rows.max(1)])
    ends = np.zeros((2, len(rows)), dtype=int)
    failing, active = np.ones(len(rows), dtype=bool), np.arange(len(rows))
    while True:
        c = np.clip(tails[active], bounds[0, active, None], bounds[1, active, None])
        s1, s2, s3, s4 = base[:, active] + _sums(c - centre[active])
        m = s1 / n
        m2 = np.where(s2 - m * s1 > 1e-12 * s2, s2 - m * s1, 0.0)
        m3, m4 = s3 - 3 * m * s2 + 2 * n * m**3, s4 - 4 * m * s3 + 6 * m**2 * s2 - 3 * n * m**4
        skew, kurt = _shape(n, m + centre[active, 0], m2, m3, m4)
        failing[active] = _fails(skew, kurt, *limits)
        go_on = failing[active] & (most is None or ends[:, active].sum(0) < most)  # type: ignore[operator]
        active, side = active[go_on], (skew[go_on] >= 0).astype(int)
        if not len(active):
            return rows.clip(bounds[0, :, None], bounds[1, :, None]), ends.sum(0), failing
        sign = np.where(side, 1.0, -1.0)[:, None]
        outer = sign * bounds[side, active][:, None]
        turned = sign * tails[active]
        count: Any = (turned >= outer).sum(1)
        inner = np.where(turned < outer, turned, -np.inf).max(1)
        for r in np.flatnonzero(count >= size).tolist():  # ties reach into the middle
            whole = sign[r] * rows[active[r]]
            inner[r], count[r] = whole[whole < outer[r]].max(), (whole >= outer[r]).sum()
        bounds[side, active], ends[side, active] = sign[:, 0] * inner, count


def _transform(rows: Floats, sign: Floats, method: str, power: float | None) -> Floats:
    turned = sign[:, None] * rows
    low, high = np.nanmin(turned, axis=1, keepdims=True), np.nanmax(turned, axis=1, keepdims=True)
    positive = turned - low + 0.01 * (high - low)
    if method == "log":
        return np.asarray(sign[:, None] * np.log(positive))
    from scipy import special, stats

    powers = [
        power if power is not None else stats.boxcox_normmax(r[~np.isnan(r)], method="mle")
        for r in positive
    ]
    return np.asarray(
        sign[:, None] * special.boxcox(positive, np.array(powers, dtype=float)[:, None])
    )


def treatment_table(before: ArrayLike, after: Treatment) -> dict[str, Any]:
    """Columns of the before / after table, one entry for each indicator (`before` units x indicators)."""
    names = (
        "skewness_before",
        "kurtosis_before",
        "treatment",
        "points",
        "skewness_after",
        "kurtosis_after",
        "passes",
    )
    columns = *moments(before), after.done, after.points, *moments(after.x), ~outlying(after.x)
    return dict(zip(names, columns, strict=True))
