"""Regression discontinuity at a threshold of a rule: does the duty that begins at 50 or 100 employees bite?

Local linear regression on both sides of the cut-off (triangular kernel), bandwidth optimal for the mean squared error
and bias-corrected inference of Calonico, Cattaneo and Titiunik (2014), Econometrica 82, 2295-2326: estimated by
diff-diff (a port of rdrobust, MIT). Ours: the second standard error clustered by value of the running variable (Lee and
Card 2008), the test of Frandsen (2017) for a discrete running variable, the heaping table, donut and placebo cut-offs.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evalkit.effects.design import Estimate
from evalkit.effects.refusals import fitted, side
from evalkit.effects.result import Effect, rows
from evalkit.effects.words import WORDS, note
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world.note import Note, Tone
from evalkit.world.number import fixed, plain

PAPER = "Calonico, Cattaneo, Titiunik (2014)"
# what a unit can have, from the view of units: key -> label; and the English labels of these and of the head-count
UNIT_OUTCOMES: dict[str, str] = WORDS["unit_outcomes"]
ENGLISH: dict[str, str] = WORDS["unit_english"]
LABELS = UNIT_OUTCOMES | {"employees": "职工人数"}
FEW_POINTS = 10  # values of the running variable inside the bandwidth, on the side with fewer


def discontinuity(
    y: ArrayLike,
    x: ArrayLike,
    cutoff: float = 0.0,
    h: float | None = None,
    b: float | None = None,
    level: float = 0.95,
) -> Any:
    r"""The jump of E[y | x] at the cut-off: :math:`\lim_{x \downarrow c} E[y|x] - \lim_{x \uparrow c} E[y|x]`.

    Local linear on each side, triangular kernel, nearest-neighbour variance (3 neighbours).

    Parameters
    ----------
    y, x
        Outcome and running variable; units at the cut-off are treated.
    h, b
        Bandwidths of the estimate and of its bias; by default optimal for the mean squared error, common to both sides.

    Returns
    -------
    diff-diff's result: ``att_conventional``, ``se_conventional`` (the usual estimate), ``att``, ``se``, ``conf_int``
    (bias-corrected, robust), ``h_left``, ``b_left``, ``n_h_left``, ``n_h_right`` ...
    """
    from diff_diff import RegressionDiscontinuity

    frame = pd.DataFrame({"y": np.asarray(y, float), "x": np.asarray(x, float)}).dropna()
    with warnings.catch_warnings(action="ignore"):  # mass points and small samples: said in notes
        return RegressionDiscontinuity(cutoff=float(cutoff), h=h, b=b, alpha=1 - level).fit(
            frame, outcome="y", running="x"
        )


def by_mass_points(y: ArrayLike, x: ArrayLike, cutoff: float, h: float) -> tuple[float, float, int]:
    """The same local linear jump with errors clustered by value of x: estimate, standard error, number of values.

    Lee and Card (2008), J. Econometrics 142, 655-674. With few values the intervals are too short (Kolesár and Rothe
    2018, AER 108, 2277-2304), hence it stands beside the other error and never alone.
    """
    import statsmodels.api as sm

    side = np.asarray(x, float) - cutoff
    weight = np.clip(1 - np.abs(side) / h, 0, None)
    keep = weight > 0
    above = (side >= 0).astype(float)
    design = np.column_stack([above, np.ones_like(side), side, side * above])[keep]
    groups = np.unique(side[keep], return_inverse=True)[1]
    fit = sm.WLS(np.asarray(y, float)[keep], design, weights=weight[keep]).fit(
        cov_type="cluster", cov_kwds={"groups": groups}
    )
    return float(fit.params[0]), float(fit.bse[0]), int(groups.max() + 1)


def density_test(x: ArrayLike, cutoff: float = 0.0, k: float = 0.02) -> pd.DataFrame:
    r"""Is the running variable manipulated at the cut-off? One row a test: ``test``, ``statistic``, ``p``, ``note``.

    Continuous x: the local polynomial density test of Cattaneo, Jansson and Ma (2020), JASA 115, 1449-1455. Integer x:
    Frandsen (2017), Advances in Econometrics 38: of the units at c - 1, c and c + 1 the share at c lies, for a density
    whose relative curvature is at most k, between (1 - k)/(3 - k) and (1 + k)/(3 + k); binomial, two-sided.
    """
    from scipy.stats import binom

    v = np.asarray(x, float)
    v = v[~np.isnan(v)]
    found = []
    if len(v) and (v == np.round(v)).all() and float(cutoff).is_integer():
        at, n = int((v == cutoff).sum()), int((np.abs(v - cutoff) <= 1).sum())
        low, high = (1 - k) / (3 - k), (1 + k) / (3 + k)
        p = (
            min(1.0, 2 * min(float(binom.sf(at - 1, n, high)), float(binom.cdf(at, n, low))))
            if n
            else np.nan
        )
        share = at / n if n else np.nan
        found.append(
            [
                "Frandsen（离散变量）",
                share,
                p,
                f"{plain(cutoff)}处{at}个，前后各一格合计{n - at}个；允许的曲率{plain(k)}",
            ]
        )
    try:
        from diff_diff import RDDensityTest

        with warnings.catch_warnings(action="ignore"):
            test = RDDensityTest(cutoff=float(cutoff)).fit(pd.DataFrame({"x": v}), "x")
        widths = f"带宽{fixed(test.h_left, 1)}和{fixed(test.h_right, 1)}"
        found.append(["局部多项式密度检验", float(test.t_stat), float(test.p_value), widths])
    except ValueError as error:  # too few values on a side
        found.append(["局部多项式密度检验", np.nan, np.nan, f"不能计算：{str(error)[:60]}"])
    return pd.DataFrame(found, columns=["test", "statistic", "p", "note"])


def heaping(x: ArrayLike, cutoff: float, width: float) -> pd.DataFrame:
    """Are counts reported in round numbers? ``base``, ``n``, ``expected``, ``p`` for multiples of 10 and of 5 (not of 10).

    Within `width` of the cut-off, the units at round values against their neighbours one and two away that are not
    round: under no heaping a share 1 / (1 + neighbours) of both, binomial, one-sided.
    """
    from scipy.stats import binom

    whole = np.asarray(x, float)
    whole = whole[~np.isnan(whole)]
    if not (whole == np.round(whole)).all():
        return pd.DataFrame(columns=["base", "n", "expected", "p"], dtype="float64")
    counts = pd.Series(whole[np.abs(whole - cutoff) <= width + 2]).round().value_counts()
    rounds: dict[int, list[int]] = {10: [], 5: []}
    for value in range(int(np.ceil(cutoff - width)), int(cutoff + width) + 1):
        if value % 5 == 0:
            rounds[10 if value % 10 == 0 else 5].append(value)
    found = []
    for base, values in rounds.items():
        near = [v + step for v in values for step in (-2, -1, 1, 2)]
        n, around = (int(counts.reindex(v).fillna(0).sum()) for v in (values, near))
        share = len(values) / max(len(values) + len(near), 1)
        p = float(binom.sf(n - 1, n + around, share)) if n + around else np.nan
        found.append([base, n, around / 4, p])
    return pd.DataFrame(found, columns=["base", "n", "expected", "p"])


def unit_frame(
    data: Any, period: str | None = None, sector: str | None = "enterprise"
) -> pd.DataFrame:
    """Operating legal persons of a period with `UNIT_OUTCOMES` and ``employees``; an unknown outcome stays missing.

    A head-count said with a word (50余人) keeps its interval in ``employees_low`` and ``employees_high``.
    """
    frame = data.view_frame("units")
    frame = frame.loc[
        (frame["period"] == (str(period) if period else data.last))
        & frame["status"].eq("operating")
    ]
    frame = frame.loc[frame["legal_person"].fillna(True)]
    frame = frame.loc[frame["sector"].eq(sector)] if sector else frame
    covered = frame["covered_by"]
    frame = frame.assign(
        covered=covered.isin(["single", "joint", "attached"]),
        single=covered.eq("single").fillna(False),
        has_members=(frame["members"] > 0),
    )
    wanted = [
        "unit",
        "area",
        "period",
        *UNIT_OUTCOMES,
        "employees",
        "employees_low",
        "employees_high",
    ]
    made = frame.reindex(columns=wanted)
    numbers = [*UNIT_OUTCOMES, "employees", "employees_low", "employees_high"]
    return made.assign(
        **{c: made[c].astype("Float64").astype("float64") for c in numbers}, is_demo=data.is_demo
    )


def _read(source: Any, outcome: str, running: str, period: str | None) -> tuple[pd.DataFrame, bool]:
    own = hasattr(source, "views")
    frame = unit_frame(source, period) if own else pd.DataFrame(source)
    problems = [
        Problem(
            "key_unknown",
            where=where,
            found=name,
            allowed="、".join(map(str, frame.columns[:20])),
            advice=did_you_mean(name, map(str, frame.columns)),
        )
        for where, name in (("outcome", outcome), ("running", running))
        if name not in frame
    ]
    for name in [
        n for n in (outcome, running) if n in frame and not pd.api.types.is_numeric_dtype(frame[n])
    ]:
        text = frame[name].astype("string").str.strip()
        values = pd.to_numeric(text, errors="coerce")
        if len(bad := np.flatnonzero(values.isna() & text.fillna("").ne(""))):
            found = "、".join(f"第{n + 1}行：{frame[name].iloc[n]!r}" for n in bad[:5])
            problems.append(
                Problem(
                    "value_unreadable",
                    where=name,
                    found=found,
                    allowed="数字",
                    advice="请改成数字或留空",
                )
            )
        frame = frame.assign(**{name: values})
    if problems:
        raise InputError(problems)
    return frame, "is_demo" in frame and bool(frame["is_demo"].any())


@dataclass(frozen=True)
class _Line:
    """A row of the table."""

    term: str
    label: str
    estimate: float
    se: float


@dataclass(frozen=True)
class _Beside:
    """A table that stands beside the estimate: its name, the check's, its columns (where it fails), how it is made."""

    table: str
    check: str
    columns: tuple[str, ...]
    run: Callable[[], pd.DataFrame]


@fitted
def rd(
    source: Any,
    outcome: str = "covered",
    running: str = "employees",
    cutoff: float = 100,
    *,
    h: float | None = None,
    b: float | None = None,
    donut: float | None = None,
    placebos: tuple[float, ...] | None = None,
    period: str | None = None,
    level: float = 0.95,
    labels: dict[str, str] | None = None,
) -> Estimate:
    """Regression discontinuity of units at a threshold, with its checks.

    Parameters
    ----------
    source
        `Data` (operating enterprises of `period`; outcomes: `UNIT_OUTCOMES`) or any frame of units.
    cutoff
        First value to which the rule applies (50人以上 includes 50).
    h, b
        Bandwidths; by default MSE-optimal.
    donut
        Leave out units nearer than this to the cut-off in the row 圆环; by default those exactly at it, where x is discrete.
    placebos
        Cut-offs at which nothing happens; by default the medians of either side. Each uses one side only.

    Returns
    -------
    Effect
        Rows ``robust`` (main), ``conventional``, ``mass_points``, ``donut``, half and double bandwidth; details
        ``density``, ``heaping``, ``placebo``, ``bins``.
    """
    frame, demo = _read(source, outcome, running, period)
    names = {outcome: outcome, running: running} | LABELS | (labels or {})
    known = frame[[outcome, running]].astype("Float64").astype(float).dropna()
    notes: list[Note] = []
    if {f"{running}_low", f"{running}_high"} <= set(frame.columns):
        low, high = (
            frame.loc[known.index, f"{running}_{end}"].astype("Float64").astype(float)
            for end in ("low", "high")
        )
        unsure = (low < cutoff) & (high.fillna(np.inf) >= cutoff) & (low != high)
        known = known.loc[~unsure]
        if unsure.any():
            notes.append(
                note("threshold.unsure", n=int(unsure.sum()), running=names[running], cutoff=cutoff)
            )
    y, x = known[outcome].to_numpy(), known[running].to_numpy()
    if min((x < cutoff).sum(), (x >= cutoff).sum()) < 20 or np.ptp(y) == 0:
        found = f"{plain(cutoff)}以下{int((x < cutoff).sum())}个、以上{int((x >= cutoff).sum())}个单位，结果变量{len(np.unique(y))}种取值"
        raise InputError(
            Problem(
                "data_missing",
                where="rd",
                found=found,
                allowed="两边各至少20个单位，结果变量有变化",
            )
        )
    fit = discontinuity(y, x, cutoff, h, b, level)
    h_used, gone = float(fit.h_left), len(frame) - len(known)
    near = np.abs(x - cutoff) < h_used
    values = [len(np.unique(x[near & (side)])) for side in (x < cutoff, x >= cutoff)]
    discrete = bool((x == np.round(x)).all())
    lines = [
        _Line("robust", "偏差校正估计（稳健）", fit.att, fit.se),
        _Line("conventional", "常规估计", fit.att_conventional, fit.se_conventional),
    ]
    if discrete:
        by_value, failed = side("mass_points", lambda: by_mass_points(y, x, cutoff, h_used)[:2])
        label = f"常规估计，按{names[running]}的取值聚类"
        lines.append(_Line("mass_points", label, *(by_value or (np.nan, np.nan))))
        notes += failed
    donut = donut if donut is not None else (np.nextafter(0, 1) if discrete else None)
    every = np.full(len(x), True)
    widths = (("half", "减半", 0.5), ("double", "加倍", 2.0))
    variants = [
        (term, f"带宽{word}（{fixed(h_used * by, 1)}）", every, by) for term, word, by in widths
    ]
    if donut is not None:
        what = (
            f"去掉恰为{plain(cutoff)}的单位"
            if donut < 1e-9
            else f"去掉距{plain(cutoff)}不到{plain(donut)}的单位"
        )
        variants.insert(0, ("donut", f"圆环估计（{what}）", np.abs(x - cutoff) >= donut, 1.0))
    for term, label, keep, by in variants:
        one = _try(y[keep], x[keep], cutoff, h_used * by, level, float(fit.b_left) * by)
        lines.append(_Line(term, label, *((one.att, one.se) if one else (np.nan, np.nan))))
    table = rows(
        [line.term for line in lines],
        [line.label for line in lines],
        [line.estimate for line in lines],
        [line.se for line in lines],
        level=level,
    )
    beside: dict[str, pd.DataFrame] = {}
    for one in (
        _Beside(
            "density",
            "density",
            ("test", "statistic", "p", "note"),
            lambda: density_test(frame[running].astype("Float64").astype(float), cutoff),
        ),
        _Beside(
            "heaping",
            "heaping",
            ("base", "n", "expected", "p"),
            lambda: heaping(x, cutoff, max(h_used, 10)),
        ),
        _Beside(
            "placebo",
            "cutoffs",
            ("cutoff", "estimate", "se", "p"),
            lambda: _placebos(y, x, cutoff, placebos, level),
        ),
        _Beside(
            "bins",
            "bins",
            ("x", "y", "n", "fitted", "left", "right"),
            lambda: _bins(y, x, cutoff, h_used, fit),
        ),
    ):
        made, failed = side(one.check, one.run)
        beside[one.table] = (
            made
            if made is not None
            else pd.DataFrame({c: pd.Series(dtype="float64") for c in one.columns})
        )
        notes += failed
    told, failed = side(
        "threshold",
        lambda: _guards(
            fit,
            values,
            discrete,
            beside["density"],
            beside["heaping"],
            beside["placebo"],
            table,
            h_used,
            cutoff,
            names[running],
        ),
    )
    notes += [*(told or ()), *failed]
    about = {
        "outcome": outcome,
        "outcome_label": names[outcome],
        "treatment": f"{running}>={plain(cutoff)}",
        "treatment_label": f"{names[running]}达到{plain(cutoff)}",
        "controls": [],
        "fixed": {},
        "clustered": False,
        "n": len(x),
        "entities": len(x),
        "clusters": len(x),
        "treated_clusters": int((x >= cutoff).sum()),
        "treated_entities": int((x >= cutoff).sum()),
        "base_period": "",
        "mean_outcome": float(y[near & (x < cutoff)].mean()),
        "level": level,
        "is_demo": demo,
        "method": "断点回归（局部线性，三角核）",
        "paper": PAPER,
        "package": f"diff-diff {version('diff-diff')}",
        "covariance": "最近邻（3个）稳健标准误，偏差校正",
        "cutoff": cutoff,
        "missing": gone,
        "rate": bool(((y == 0) | (y == 1)).all()),
        "source": "",
        "bandwidth": h_used,
        "bandwidth_rule": "人工给定" if h else "均方误差最优（两边相同）",
        "n_left": int(fit.n_h_left),
        "n_right": int(fit.n_h_right),
        "running": running,
        "running_label": names[running],
        "running_en": ENGLISH.get(running, ""),
        "outcome_en": ENGLISH.get(outcome, ""),
        "bandwidth_bias": float(fit.b_left),
        "sample": f"{len(x)}个单位，带宽内左{fit.n_h_left}个、右{fit.n_h_right}个",
    }
    chart = "discontinuity" if len(beside["bins"]) else "coefficients"
    made = Effect("rd", "断点回归", table, about, (), "robust", beside, chart)
    return Estimate(made.with_notes(*notes))


def _try(
    y: Any, x: Any, cutoff: float, h: float | None, level: float, b: float | None = None
) -> Any:
    try:
        return discontinuity(y, x, cutoff, h, b, level)
    except Exception:
        return None


def _placebos(
    y: Any, x: Any, cutoff: float, at: tuple[float, ...] | None, level: float
) -> pd.DataFrame:
    sides = (x < cutoff, x >= cutoff)
    wanted = (
        at
        if at is not None
        else tuple(
            float(np.median(x[side & (np.abs(x - cutoff) < 2 * np.std(x))])) for side in sides
        )
    )
    found = []
    for place in wanted:
        side = sides[int(place >= cutoff)]
        one = _try(y[side], x[side], place, None, level)
        found.append(
            [place, one.att, one.se, one.p_value] if one else [place, np.nan, np.nan, np.nan]
        )
    return pd.DataFrame(found, columns=["cutoff", "estimate", "se", "p"])


def _guards(
    fit: Any,
    values: list[int],
    discrete: bool,
    density: pd.DataFrame,
    heaps: pd.DataFrame,
    placebo: pd.DataFrame,
    table: pd.DataFrame,
    h: float,
    cutoff: float,
    label: str,
) -> list[Note]:
    """What must be known before the estimate is believed."""
    manual = fit.bwselect == "Manual"
    code = "threshold.bandwidth_given" if manual else "threshold.bandwidth_optimal"
    notes = [note(code, h=h, left=int(fit.n_h_left), right=int(fit.n_h_right))]
    if discrete:
        few = min(values) < FEW_POINTS
        code = "threshold.discrete_few" if few else "threshold.discrete"
        left, right = values
        notes.append(note(code, running=label, left=left, right=right, enough=FEW_POINTS))
    low = density.loc[density["p"] < 0.05, "test"].tolist()
    if low:
        notes.append(note("threshold.density", cutoff=cutoff, tests=tuple(low)))
    heaped = heaps.loc[heaps["p"] < 0.01, "base"].tolist()
    if heaped:
        tone: Tone = "warning" if cutoff % max(heaped) == 0 else "info"
        multiples = tuple(note("threshold.multiple", base=base) for base in heaped)
        notes.append(note("threshold.heaping", tone, running=label, multiples=multiples))
    wrong = placebo.loc[placebo["p"] < 0.05, "cutoff"].tolist()
    if wrong:
        notes.append(note("threshold.cutoffs", cutoffs=tuple(map(plain, wrong))))
    main, ring = table.iloc[0], table.loc[table["term"] == "donut"]
    if len(ring) and not main["ci_low"] <= ring["estimate"].iloc[0] <= main["ci_high"]:
        notes.append(note("threshold.donut"))
    return notes


def _bins(y: Any, x: Any, cutoff: float, h: float, fit: Any) -> pd.DataFrame:
    """Means by value (or by twentieth of the bandwidth) within two bandwidths, and the fitted lines."""
    near = np.abs(x - cutoff) <= 2 * h
    step = max(h / 10, 1.0) if (x == np.round(x)).all() else h / 10
    place = np.floor((x[near] - cutoff) / step)
    made = (
        pd.DataFrame({"bin": place, "x": x[near], "y": y[near]})
        .groupby("bin")
        .agg(x=("x", "mean"), y=("y", "mean"), n=("y", "size"))
    )
    left, right = np.asarray(fit.beta_p_left, float), np.asarray(fit.beta_p_right, float)
    fitted = np.where(
        made["x"] < cutoff,
        left[0] + left[1] * (made["x"] - cutoff),
        right[0] + right[1] * (made["x"] - cutoff),
    )
    inside = (made["x"] - cutoff).abs() <= h
    return made.assign(
        fitted=np.where(inside, fitted, np.nan), left=left[0], right=right[0]
    ).reset_index(drop=True)
