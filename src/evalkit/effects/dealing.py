r"""Randomisation by cluster: the treatment dates are dealt anew to the clusters, the sizes of the cohorts kept.

Every linear design is a sum over cohorts of the mean of a contrast of its clusters' periods,
:math:`b = \sum_k \bar Z_k,\ Z_{kc} = \sum_t u_{kt} Y_{ct}`, so that one engine serves all of them. Its variance is taken cohort by
cohort (:math:`V = \sum_k s_k^2/n_k`, as Welch's), because treated and untreated clusters need not be equally noisy: dealing
plain estimates rejects a true null in a third of all panels where the few treated clusters are three times as noisy.
What is dealt is :math:`t = b/\sqrt V` as the normal deviate that it is under t with the degrees of freedom of Satterthwaite
(Chung and Romano 2013; prepivoting: Beran 1988, Cohen and Fogarty 2022): exact where clusters can be exchanged, close to its
level where variances or sizes differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import factorial, prod

import numpy as np
import pandas as pd

from evalkit.effects.refusals import unfit
from evalkit.effects.words import note
from evalkit.problems import InputError, Problem
from evalkit.world.note import Note

EXACT = 5_000  # assignments up to which all are gone through
LEVEL = 0.05
APART = 2.0  # variances or sizes that differ by this factor are worth a warning


def cells(work: pd.DataFrame) -> pd.DataFrame:
    """Weighted means of y by cluster, cohort and period, with the sum of weights."""
    by = (
        work.assign(wy=work["w"] * work["y"])
        .groupby(["c", "g", "t"], as_index=False)[["w", "wy"]]
        .sum()
    )
    return by.assign(y=by["wy"] / by["w"])


class Clusters:
    """Cluster-period means as a matrix, with the cohorts that are dealt anew.

    Parameters
    ----------
    work
        Rows with y, i, t, c (cluster), g (cohort, 0 is never) and w; clusters not seen in every period are left out.

    Attributes
    ----------
    y, w, t, g
        Means (clusters x periods), mean sum of weights, periods, cohort of every cluster.
    cohorts, sizes, mass
        The different cohorts, their numbers of clusters and sums of weights.
    """

    def __init__(self, work: pd.DataFrame) -> None:
        found = cells(work)
        if (found.groupby("c")["g"].nunique() > 1).any():
            why = "同一聚类内的个体开始时期不同，不能按聚类重新分派"
            raise unfit(
                "randomisation", why, "请把 cluster 设为政策所定的层级，或用 wild_bootstrap"
            )
        wide = found.pivot(index="c", columns="t", values=["y", "w"])
        whole = wide["y"].notna().all(axis=1)
        self.work, self.names = work, wide.index[whole]
        partly = int((~whole).sum())
        self.notes = [note("clusters.gaps", n=partly)] if partly else []
        self.y, self.t = wide["y"][whole].to_numpy(), wide["y"].columns.to_numpy()
        self.w = wide["w"][whole].to_numpy().mean(axis=1)
        self.g = (
            found.drop_duplicates("c").set_index("c")["g"].reindex(wide.index[whole]).to_numpy()
        )
        self.cohorts, self.sizes = np.unique(self.g, return_counts=True)
        if len(self.cohorts) < 2:
            raise unfit(
                "randomisation", "各聚类的开始时期都一样，重新分派没有差别", "请加入未实施的地区"
            )
        self.mass = np.array([self.w[self.g == k].sum() for k in self.cohorts])

    def means(self, column: str) -> np.ndarray:
        """Weighted means of another column of the rows, clusters x periods."""
        part = self.work.assign(v=self.work["w"] * self.work[column])
        wide = part.groupby(["c", "t"])[["v", "w"]].sum().unstack("t").loc[self.names]
        return np.asarray(wide["v"].to_numpy() / wide["w"].to_numpy())

    @property
    def on(self) -> np.ndarray:
        """The treatment, 0 or 1, by cohort and period."""
        return ((self.cohorts[:, None] > 0) & (self.t >= self.cohorts[:, None])).astype(float)

    @property
    def since(self) -> np.ndarray:
        """Periods since the start by cohort and period; NaN for the never treated."""
        return np.where(self.cohorts[:, None] > 0, self.t - self.cohorts[:, None], np.nan)

    @property
    def codes(self) -> np.ndarray:
        """The place of every cluster's cohort in `cohorts`."""
        return np.searchsorted(self.cohorts, self.g)

    @property
    def count(self) -> int:
        """Number of different assignments: n! / (n_0! n_1! ...)."""
        return factorial(len(self.g)) // prod(factorial(int(n)) for n in self.sizes)

    def all(self) -> Iterator[np.ndarray]:
        def deal(left: tuple[int, ...], cohort: int) -> Iterator[dict[int, int]]:
            if cohort == len(self.cohorts) - 1:
                yield dict.fromkeys(left, cohort)
                return
            for chosen in combinations(left, int(self.sizes[cohort])):
                for rest in deal(tuple(n for n in left if n not in chosen), cohort + 1):
                    yield dict.fromkeys(chosen, cohort) | rest

        for found in deal(tuple(range(len(self.g))), 0):
            yield np.array([found[n] for n in range(len(self.g))])

    def deals(self, draws: int, seed: int, exact: int = EXACT) -> Deals:
        """All assignments where they are at most `exact`, else random ones."""
        if self.count <= exact:
            return Deals(np.array(list(self.all())), True, seed)
        return Deals(self.random(draws, seed), False, seed)

    def random(self, draws: int, seed: int) -> np.ndarray:
        if draws < 19:
            raise InputError(
                Problem(
                    "value_invalid",
                    where="draws",
                    found=str(draws),
                    allowed="不小于19：再少就达不到5%的水平",
                )
            )
        rng = np.random.default_rng([seed, *b"randomisation"])
        return rng.permuted(np.tile(self.codes, (draws, 1)), axis=1)

    def paired(self, ever: np.ndarray) -> Clusters:
        """The same clusters in two cohorts: those of the cohorts in `ever` (1) and the others (0)."""
        made = copy(self)
        made.g, made.cohorts = ever[self.codes].astype(int), np.array([0, 1])
        made.sizes = np.array([(made.g == k).sum() for k in made.cohorts])
        made.mass = np.array([self.w[made.g == k].sum() for k in made.cohorts])
        return made

    def unequal(self) -> Note | None:
        """What treated and untreated clusters differ in: noise before the first start, and size.

        Noise is the variance within clusters over the periods before the first start, common moves taken out; it counts
        where it differs by `APART` and more than F allows at 5%.
        """
        on = self.g > 0
        if on.all():
            on = self.g == self.cohorts[0]
        noise = self._noise(on)
        ratio = float(self.w[on].mean() / self.w[~on].mean())
        size = None
        if max(ratio, 1 / ratio) >= APART:
            code = "clusters.size_treated" if ratio > 1 else "clusters.size_untreated"
            size = note(code, ratio=max(ratio, 1 / ratio))
        return note("clusters.both", noise=noise, size=size) if noise and size else noise or size

    def _noise(self, on: np.ndarray) -> Note | None:
        """Whether the clusters `on` move more, or less, than the others before the first start."""
        from scipy.stats import f

        before = self.y[:, self.t < self.cohorts[self.cohorts > 0].min()]
        if before.shape[1] < 2:
            return None
        moves = before - before.mean(axis=1, keepdims=True)
        spread, freedom = [], []
        for side in (on, ~on):
            own = moves[side]
            # one cluster has nothing to take its common moves from but the others
            own = own - (own if len(own) > 1 else moves[~side]).mean(axis=0)
            freedom.append(max(len(own) - 1, 1) * (before.shape[1] - 1))
            spread.append(float((own**2).sum()) / freedom[-1])
        if min(spread) <= 1e-18:
            return None
        ratio = spread[0] / spread[1]
        tail = f.sf(max(ratio, 1 / ratio), *(freedom if ratio > 1 else freedom[::-1]))
        if max(ratio, 1 / ratio) < APART or tail >= LEVEL / 2:
            return None
        code = "clusters.noise_treated" if ratio > 1 else "clusters.noise_untreated"
        return note(code, ratio=max(ratio, 1 / ratio))


@dataclass(frozen=True)
class Deals:
    """Assignments (rows; the place of every cluster's cohort), whether they are all, and the seed of random ones."""

    codes: np.ndarray
    every: bool
    seed: int

    @property
    def said(self) -> str:
        n = len(self.codes)
        how = f"穷尽全部{n}种分派" if self.every else f"随机{n}种分派，种子{self.seed}"
        return f"聚类随机化检验，{how}"

    def share(self, beyond: np.ndarray) -> np.ndarray:
        """Share of assignments that are at least as extreme (last axis); the actual one counts as one of them."""
        found = beyond.sum(axis=-1)
        return np.asarray(
            found / len(self.codes) if self.every else (1 + found) / (1 + len(self.codes))
        )


@dataclass(frozen=True)
class Tested:
    """One estimate with what its randomisation test says: all of one method.

    ``z``: the studentised estimate as a standard normal deviate; ``null`` and ``null_z``: those of the assignments.
    """

    estimate: float
    se: float
    df: float
    z: float
    p: float
    low: float
    high: float
    null: np.ndarray
    null_z: np.ndarray


@dataclass(frozen=True)
class _Moments:
    """Estimates b - c a of assignments and their variances by cohort, as quadratics of a constant effect c."""

    b: np.ndarray
    a: np.ndarray
    variances: np.ndarray  # assignments x cohorts x (1, c, c squared)
    freedom: np.ndarray  # assignments x cohorts

    def deviate(self, c: float = 0.0) -> np.ndarray:
        """Every assignment's studentised estimate as a normal deviate without sign, the effect c taken out."""
        se, df = self.error(c)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.abs(self.b - c * self.a) / se
        return normal_deviate(np.where(np.isnan(t), 0.0, t), df)

    @cached_property
    def polynomials(self) -> tuple[np.ndarray, np.ndarray]:
        """The variance as a quadratic of c, and Satterthwaite's sum of v^2 / freedom as one of the fourth degree."""
        v = self.variances
        square = np.stack(
            [
                v[..., 0] ** 2,
                2 * v[..., 0] * v[..., 1],
                v[..., 1] ** 2 + 2 * v[..., 0] * v[..., 2],
                2 * v[..., 1] * v[..., 2],
                v[..., 2] ** 2,
            ],
            axis=-1,
        )
        return v.sum(axis=1), (square / self.freedom[..., None]).sum(axis=1)

    def error(self, c: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Standard errors and Satterthwaite's degrees of freedom."""
        quadratic, fourth = self.polynomials
        total = np.maximum(quadratic @ np.array([1.0, c, c * c]), 0)
        spread = fourth @ np.array([1.0, c, c**2, c**3, c**4])
        with np.errstate(divide="ignore", invalid="ignore"):
            df = total**2 / spread
        # rounding where a variance vanishes at this very effect
        return np.sqrt(total), np.where(df >= 1, np.minimum(df, self.most), 1.0)

    @cached_property
    def most(self) -> np.ndarray:
        """The degrees of freedom are at most those of all cohorts together."""
        return np.asarray(self.freedom.sum(axis=1))


def normal_deviate(t: np.ndarray, df: np.ndarray) -> np.ndarray:
    r"""The normal deviate with the tail of t: :math:`\frac{8\nu+1}{8\nu+3}\sqrt{\nu\ln(1+t^2/\nu)}` (Wallace 1959)."""
    return np.asarray((8 * df + 1) / (8 * df + 3) * np.sqrt(df * np.log1p(t**2 / df)))


def _moments(
    clusters: Clusters, contrast: np.ndarray, pattern: np.ndarray, codes: np.ndarray
) -> _Moments:
    """Of assignments (rows of `codes`), for a contrast and the pattern of a constant effect (both cohorts x periods)."""
    z, a = clusters.y @ contrast.T, pattern[clusters.codes] @ contrast.T  # clusters x cohorts
    reference = int(np.argmax(clusters.sizes))
    estimate, shift = np.zeros(len(codes)), np.zeros(len(codes))
    variances = np.zeros((len(codes), len(clusters.cohorts), 3))
    freedom = np.ones((len(codes), len(clusters.cohorts)))
    for k, n in enumerate(clusters.sizes):
        share = (codes == k) * clusters.w
        share = share / share.sum(axis=1, keepdims=True)
        estimate += share @ z[:, k]
        shift += share @ a[:, k]
        if n > 1:
            variances[:, k], freedom[:, k] = _variance(share, z[:, k], a[:, k])
        elif (
            clusters.sizes[reference] > 1
        ):  # a single cluster: the same contrast varies among the largest cohort
            others = (codes == reference) * clusters.w
            others = others / others.sum(axis=1, keepdims=True)
            own, freedom[:, k] = _variance(others, z[:, k], a[:, k])
            variances[:, k] = own / (others**2).sum(axis=1)[:, None]
    return _Moments(estimate, shift, variances, freedom)


def _variance(share: np.ndarray, z: np.ndarray, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Variance of weighted means (rows of `share` add up to 1) of z - c a as a quadratic of c, and its freedom.

    HC2: :math:`\sum b_i e_i^2,\ b_i = s_i^2/(1 - s_i)`; s^2/n for equal shares. Degrees of freedom of Bell and McCaffrey (2002)
    under equal variances, :math:`(\mathrm{tr} A)^2/\mathrm{tr} A^2` with A the matrix of the form in z; n - 1 for equal shares.
    """
    b = share**2 / np.clip(1 - share, 1e-12, None)
    total = b.sum(axis=1)

    def form(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        mean_x, mean_y = share @ x, share @ y
        return np.asarray(
            b @ (x * y) - mean_x * (b @ y) - mean_y * (b @ x) + mean_x * mean_y * total
        )

    ss, ab = (share**2).sum(axis=1), (share * b).sum(axis=1)
    bb, bba, baa = (b**2).sum(axis=1), (b**2 * share).sum(axis=1), (b * share**2).sum(axis=1)
    trace = total - 2 * ab + total * ss
    square = (
        bb
        + 2 * bb * ss
        + total**2 * ss**2
        - 4 * bba
        + 2 * total * baa
        + 2 * ab**2
        - 4 * total * ab * ss
    )
    quadratic = np.stack([form(z, z), -2 * form(z, a), form(a, a)], axis=1)
    return quadratic, trace**2 / np.clip(square, 1e-300, None)


def tested(
    clusters: Clusters,
    contrast: np.ndarray,
    deals: Deals,
    lead: float | None = None,
    interval: bool = True,
) -> Tested:
    """The randomisation test of one contrast, and the constant effects that it does not reject.

    Parameters
    ----------
    contrast
        Weights on the means by cohort and period (cohorts x periods); they add up to zero in every period.
    lead
        The event time of the row; where the contrast does not move one for one with the treatment itself, a constant
        effect is one at this event time.
    """
    pattern = clusters.on
    moved = float((contrast * pattern).sum())
    if abs(moved - 1) > 1e-6 and lead is not None and np.isfinite(lead):
        pattern = (clusters.since == lead).astype(float)
        moved = float((contrast * pattern).sum())
    pattern = pattern / moved if abs(moved) > 1e-9 else pattern
    actual = _moments(clusters, contrast, pattern, clusters.codes[None, :])
    dealt = _moments(clusters, contrast, pattern, deals.codes)
    (se,), (df,) = actual.error()
    estimate = float(actual.b[0])

    def p_of(c: float) -> float:
        return float(deals.share(dealt.deviate(c) >= actual.deviate(c)[0] * (1 - 1e-9)))

    low, high = (
        (_end(p_of, estimate, float(se), side) for side in (-1, 1))
        if interval
        else (np.nan, np.nan)
    )
    return Tested(
        estimate,
        float(se) if se > 0 else np.nan,
        float(df),
        float(actual.deviate()[0] * np.sign(estimate)),
        p_of(0.0),
        low,
        high,
        dealt.b,
        dealt.deviate() * np.sign(dealt.b),
    )


STEPS = (
    0.5,
    1.0,
    1.5,
    2.0,
    2.5,
    3.0,
    4.0,
    5.0,
    6.0,
    8.0,
    12.0,
    20.0,
    40.0,
    100.0,
    1e3,
    1e5,
)  # in standard errors
FAR = 1e7


def _end(p_of: Callable[[float], float], estimate: float, se: float, side: int) -> float:
    """The furthest effect to one side that is not rejected at 5%; infinite where none is."""
    if not np.isfinite(se) or se <= 0 or p_of(estimate + side * FAR * se) > LEVEL:
        return side * np.inf
    inside, outside = 0.0, FAR
    for step in STEPS[::-1]:
        if p_of(estimate + side * step * se) > LEVEL:
            inside = step
            break
        outside = step
    for _ in range(25):
        middle = (inside + outside) / 2
        if p_of(estimate + side * middle * se) > LEVEL:
            inside = middle
        else:
            outside = middle
    return float(estimate + side * outside * se)


# contrasts of designs: weights on the means by cohort and period


def least_squares_contrasts(clusters: Clusters, terms: np.ndarray) -> np.ndarray:
    """Of regressors (terms x cohorts x periods) with two-way fixed effects: terms x cohorts x periods."""
    share = clusters.mass / clusters.mass.sum()
    x = terms - terms.mean(axis=2, keepdims=True)
    x = x - np.einsum("k,nkt->nt", share, x)[:, None, :]
    weighted = x * clusters.mass[:, None]
    return np.asarray(
        np.einsum(
            "mn,nkt->mkt",
            np.linalg.pinv(np.einsum("mkt,nkt->mn", weighted, x), hermitian=True),
            weighted,
        )
    )


def group_time_contrast(
    clusters: Clusters, cohort: int, time: int, base: int, idle: np.ndarray
) -> np.ndarray:
    """Of one cohort's change from `base` to `time` less that of the cohorts in `idle` (mask)."""
    made = np.zeros((len(clusters.cohorts), len(clusters.t)))
    at, before = (int(np.searchsorted(clusters.t, when)) for when in (time, base))
    made[clusters.cohorts == cohort, at] += 1
    made[clusters.cohorts == cohort, before] -= 1
    share = np.where(idle, clusters.mass, 0) / clusters.mass[idle].sum()
    made[:, at] -= share
    made[:, before] += share
    return made


def imputed(clusters: Clusters) -> np.ndarray:
    """What each cohort and period differs by from its fit on untreated cells, as weights: cells x cells (flattened)."""
    shape = (len(clusters.cohorts), len(clusters.t))
    rows, columns = np.indices(shape).reshape(2, -1)
    x = np.column_stack([np.eye(shape[0])[rows], np.eye(shape[1])[columns]])
    idle = 1 - clusters.on.ravel()
    weight = idle * np.repeat(clusters.mass, shape[1])
    fit = np.linalg.pinv(x * np.sqrt(weight)[:, None]) * np.sqrt(weight)
    return np.asarray(np.eye(len(rows)) - x @ fit)
