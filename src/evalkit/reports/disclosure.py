"""Disclosure control: small counts of persons and dominated amounts are hidden, and enough else that no sum gives them back.

The pure part knows cells (a vector), the sums that everybody can reckon (a matrix E with E x = 0) and what to protect;
`published` applies it to the frames of measures and indicators, so that tables, figures and sentences made of them agree.

Methods: threshold rule, (n, k) dominance and p% rule, secondary cells by mixed integer programming, one sensitive cell after
the other (Hundepool et al. 2012, Statistical Disclosure Control, ch. 4; Fischetti and Salazar 2001).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_matrix, diags_array, hstack, identity, vstack

from evalkit.codebook import Measure
from evalkit.indicators.load import Data
from evalkit.reports.sentences import top_area
from evalkit.world import condition as conditions

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
TOTAL_COST = 20.0  # a total is worth so many cells of its size
TOLERANCE = 1e-6


def margins(rows: int, columns: int) -> Floats:
    """The equations of a table (row by row) whose last row and last column are totals."""
    size = np.arange(rows * columns).reshape(rows, columns)
    found = []
    for line in (*size, *size.T):
        equation = np.zeros(rows * columns)
        equation[line[:-1]], equation[line[-1]] = 1.0, -1.0
        found.append(equation)
    return np.array(found)


def dominated(
    contributions: Sequence[float] | Floats, n: int = 2, k: float = 85.0, p: float = 10.0
) -> bool:
    """Whether an amount tells of one of its contributors.

    (n, k): the n largest hold more than k per cent. p%: total - x1 - x2 < p/100 x1, so that the second largest could
    reckon the largest to within p per cent. Nothing to share is nothing to hide.
    """
    x = np.sort(np.abs(np.asarray(contributions, float)))[::-1]
    total = x.sum()
    return bool(
        total > 0 and (x[:n].sum() > k / 100 * total or total - x[:2].sum() < p / 100 * x[0])
    )


def attack(
    x: Floats, equations: Floats, hidden: Flags, cells: Iterable[int] | None = None
) -> tuple[Floats, Floats]:
    """What anybody can find out: least and greatest value of each hidden cell, given all others, the sums and x >= 0.

    Two linear programmes a hidden cell (of `cells`, all by default); the others have their value on both sides.
    """
    low, high, at = x.astype(float).copy(), x.astype(float).copy(), np.flatnonzero(hidden)
    if not len(at):
        return low, high
    used = (
        np.abs(equations[:, at]).sum(1) > 0
    )  # what the hidden cells of a sum come to, everybody can reckon
    given = (
        {"A_eq": equations[used][:, at], "b_eq": equations[used][:, at] @ x[at]}
        if used.any()
        else {}
    )
    for n, cell in enumerate(map(int, at)):
        if cells is not None and cell not in cells:
            continue
        goal = np.zeros(len(at))
        goal[n] = 1.0
        ends = [linprog(sign * goal, **given, bounds=(0, None), method="highs") for sign in (1, -1)]
        low[cell] = float(ends[0].fun or 0.0) if ends[0].status == 0 else 0.0
        high[cell] = -float(ends[1].fun or 0.0) if ends[1].status == 0 else np.inf
    return low, high


def suppress(
    x: Floats,
    equations: Floats,
    primary: Flags,
    up: Floats,
    down: Floats,
    cost: Floats | None = None,
) -> Flags:
    """The cells to hide.

    Parameters
    ----------
    x, equations
        Cells (>= 0) and the sums among them, ``equations @ x = 0``; totals have negative coefficients.
    primary
        Cells that must be hidden; `up` and `down` say how far above and below its value each must remain possible.
    cost
        Price of hiding each cell; by default its value plus one, totals twenty times as dear.

    Returns
    -------
    Flags: the primary cells and the secondary ones. For every primary cell the interval of `attack` then holds
    ``[x - down, x + up]``.

    Notes
    -----
    For each primary cell not yet safe: min sum c z, subject to E u = 0, u_p = up, E d = 0, d_p = -down, and
    -x_i z_i <= u_i, d_i <= B z_i with z binary; cells hidden already are free.
    """
    size = len(x)
    if cost is None:
        cost = (x + 1) * np.where((equations < 0).any(0), TOTAL_COST, 1.0)
    hidden = primary.copy()
    big = float(np.abs(x).sum() + up[primary].sum() + 1)
    e = csr_matrix(equations)
    empty, eye = csr_matrix(e.shape), identity(size, format="csr")
    none, diagonal = csr_matrix((size, size)), diags_array(x, format="csr")
    balance = vstack([hstack([e, empty, empty]), hstack([empty, e, empty])])
    bound = [  # flows only through hidden cells
        LinearConstraint(hstack(parts), lb=lb, ub=ub)
        for parts, lb, ub in (
            ((eye, none, diagonal), 0, np.inf),
            ((eye, none, -big * eye), -np.inf, 0),
            ((none, eye, diagonal), 0, np.inf),
            ((none, eye, -big * eye), -np.inf, 0),
        )
    ]
    for cell in sorted(np.flatnonzero(primary), key=lambda i: -up[i]):
        low, high = attack(x, equations, hidden, {int(cell)})
        if (
            low[cell] <= x[cell] - down[cell] + TOLERANCE
            and high[cell] >= x[cell] + up[cell] - TOLERANCE
        ):
            continue
        lower, upper = (
            np.r_[np.full(2 * size, -big), hidden.astype(float)],
            np.r_[np.full(2 * size, big), np.ones(size)],
        )
        lower[cell] = upper[cell] = up[cell]
        lower[size + cell] = upper[size + cell] = -down[cell]
        found = milp(
            np.r_[np.zeros(2 * size), np.where(hidden, 0.0, cost)],
            integrality=np.r_[np.zeros(2 * size), np.ones(size)],
            bounds=Bounds(lower, upper),
            constraints=[LinearConstraint(balance, lb=0, ub=0), *bound],
            options={"mip_rel_gap": 0.05, "node_limit": 500},
        )
        if found.x is not None:
            hidden |= found.x[2 * size :] > 0.5
        else:  # no pattern found in the nodes allowed: everything that shares a sum with it
            hidden |= (equations[np.abs(equations[:, cell]) > 0] != 0).any(0)
    low, high = attack(x, equations, hidden, set(map(int, np.flatnonzero(hidden & ~primary))))
    return hidden & (
        primary | (high - low > TOLERANCE)
    )  # what can be reckoned anyway hides nothing


# frames


def published(data: Data, level: str = "district") -> Data:
    """The data as they may be printed: measures and indicators of `level` and of the whole, hidden cells null.

    Both frames get a column ``hidden``. Thresholds are the codebook's section ``disclosure``.
    """
    rules, book = data.codebook.disclosure, data.codebook
    root = top_area(data.indicators)
    measures = data.measures.loc[
        (data.measures["level"] == level) | (data.measures["area"] == root)
    ].reset_index(drop=True)
    indicators = data.indicators.loc[
        (data.indicators["level"] == level) | (data.indicators["area"] == root)
    ].reset_index(drop=True)
    both = {
        (i.numerator, i.denominator) for i in book.indicators.values() if i.kind == "proportion"
    }
    parts = {
        pair for pair in both if {book.measures[m].unit for m in pair} <= set(rules["persons"])
    }
    money = _contributions(data, measures, rules) if (measures["unit"] == "元").any() else {}
    hidden: set[tuple[str, str, str]] = set()
    for period, here in measures.groupby("period"):
        value = {
            (r.area, r.measure): float(r.value) for r in here.itertuples() if pd.notna(r.value)
        }
        areas = [a for a in here["area"].unique() if a != root]
        for codes in _groups(
            [m for m in here["measure"].unique() if m in book.measures], parts, rules["relations"]
        ):
            found = _cells(
                value,
                areas,
                root,
                codes,
                parts,
                rules,
                book,
                {k: v for k, v in money.items() if k[0] == period},
            )
            hidden |= {(str(period), area, code) for area, code in found}
    flags = [
        (p, a, m) in hidden
        for p, a, m in zip(measures["period"], measures["area"], measures["measure"], strict=True)
    ]
    measures = _blank(measures, flags)
    flags = []
    earlier = {p: o for o, p in zip(data.periods, data.periods[1:], strict=False)}
    for r in indicators.itertuples():
        one = book.indicators[r.indicator]
        under = one.periods_of_base(r.period, earlier.get(r.period, ""))
        keys = {
            (r.period, one.numerator),
            *((period, one.denominator) for period in under),
            (r.period, f"{one.numerator}÷{one.denominator}"),
        }
        flags.append(any((p, r.area, m) in hidden for p, m in keys))
    out = dataclasses.replace(data)
    out.__dict__.update(
        measures=measures, indicators=_blank(indicators, flags)
    )  # the cached frames of the copy
    return out


def _blank(frame: pd.DataFrame, flags: list[bool]) -> pd.DataFrame:
    columns = [
        c
        for c in ("value", "low", "high", "ci_low", "ci_high", "numerator", "denominator")
        if c in frame
    ]
    out = frame.assign(hidden=flags)
    out.loc[out["hidden"], columns] = np.nan
    return out


def _groups(
    codes: list[str], parts: Iterable[tuple[str, str]], relations: Mapping[str, Sequence[str]]
) -> list[list[str]]:
    """Measures that hang together by sums or as part and whole."""
    home = {code: {code} for code in codes}
    links = [{a, b} for a, b in parts] + [{whole, *some} for whole, some in relations.items()]
    for link in links:
        joined: set[str] = set().union(*(home[c] for c in link if c in home))
        for code in joined:
            home[code] = joined
    return [sorted(group) for group in {id(g): g for g in home.values()}.values()]


def _cells(
    value: Mapping[tuple[str, str], float],
    areas: Sequence[str],
    root: str,
    codes: Sequence[str],
    parts: Iterable[tuple[str, str]],
    rules: Mapping[str, Any],
    book: Any,
    money: Mapping[Any, float],
) -> set[tuple[str, str]]:
    """The cells of one group of measures to be hidden; ``a÷b`` stands for what is left of b beside a."""
    pairs = [(a, b) for a, b in parts if a in codes and b in codes]
    known = dict(value)
    for a, b in pairs:
        there = [area for area in (*areas, root) if {(area, a), (area, b)} <= known.keys()]
        known |= {(area, f"{a}÷{b}"): known[area, b] - known[area, a] for area in there}
    columns = [*codes, *(f"{a}÷{b}" for a, b in pairs)]
    keys = [(area, c) for area in (*areas, root) for c in columns if (area, c) in known]
    at = {key: n for n, key in enumerate(keys)}
    x = np.array([max(known[key], 0.0) for key in keys])
    persons = np.array(
        [book.measures[c.partition("÷")[0]].unit in rules["persons"] for _, c in keys], dtype=bool
    )
    amounts = np.array(
        [max((v for k, v in money.items() if k[1:] == key), default=0.0) for key in keys]
    )
    small = persons & (x > 0) & (x < rules["threshold"])
    primary = small | (amounts > 0)
    if not primary.any():
        return set()
    sums: list[tuple[Any, list[Any]]] = [((root, c), [(a, c) for a in areas]) for c in columns]
    for area in (*areas, root):
        sums += [((area, b), [(area, a), (area, f"{a}÷{b}")]) for a, b in pairs]
        sums += [
            ((area, whole), [(area, c) for c in some]) for whole, some in rules["relations"].items()
        ]
    equations = []
    for whole, some in sums:
        addends = [at[key] for key in some if key in at]
        near = (
            max(0.005, rules["p"] / 100 * x[at[whole]]) if whole in at else 0.0
        )  # typed figures may be off by rounding
        if (
            whole in at and addends and abs(x[at[whole]] - x[addends].sum()) <= near
        ):  # a sum that does not hold tells nothing
            row = np.zeros(len(keys))
            row[addends], row[at[whole]] = 1.0, -1.0
            equations.append(row)
    scale = max(1.0, float(x.max()) / 1e4)  # yuan by the million would be ill-conditioned
    up = np.where(small, rules["threshold"] - x, amounts) / scale
    down = np.where(small, x, np.minimum(amounts, x)) / scale
    matrix = np.array(equations).reshape(-1, len(keys))
    hidden = suppress(x / scale, matrix, primary, up, down) if len(matrix) else primary
    return {keys[n] for n in np.flatnonzero(hidden)}


def _contributions(
    data: Data, measures: pd.DataFrame, rules: Mapping[str, Any]
) -> dict[tuple[str, str, str], float]:
    """Dominated amounts: (period, area, measure) -> how far they must stay unknown, in yuan."""
    found: dict[tuple[str, str, str], float] = {}
    orgs = measures.loc[measures["measure"] == "party_orgs"].set_index(["period", "area"])["value"]
    few = set(orgs.index[orgs <= rules["n"]])  # what a form says of so few is said of each of them
    for r in measures.loc[(measures["unit"] == "元") & (measures["value"] > 0)].itertuples():
        if (r.period, r.area) in few:
            found[str(r.period), str(r.area), str(r.measure)] = rules["p"] / 100 * float(r.value)
    printed = list(measures["area"].dropna().unique())
    for code in measures["measure"].unique():
        measure = data.codebook.measures.get(code)
        if measure is None or not measure.column or not measure.column.endswith("_fen"):
            continue
        for (period, home), amounts in _by_contributor(data, measure, printed).groupby(
            level=[0, 1]
        ):
            x = amounts.to_numpy(float)
            if dominated(x, rules["n"], rules["k"], rules["p"]):
                found[str(period), str(home), str(code)] = rules["p"] / 100 * float(np.abs(x).max())
    return found


def _by_contributor(data: Data, measure: Measure, areas: list[str]) -> pd.Series:
    """The yuan of a measure by period, printed area and contributor: the rows that its own condition takes."""
    frame = data.view_frame(str(measure.view))
    who = "party_org" if "party_org" in frame else "unit"
    mine = frame.loc[
        conditions.mask(measure.condition, frame), ["area", "period", who, str(measure.column)]
    ]
    above = {
        area: [home for home in areas if f"{area}/".startswith(f"{home}/")]
        for area in mine["area"].dropna().unique()
    }
    mine = mine.assign(home=mine["area"].map(above)).explode("home").dropna(subset=["home"])
    return mine.groupby(["period", "home", who], dropna=False)[measure.column].sum() / 100
