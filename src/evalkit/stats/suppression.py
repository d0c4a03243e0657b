"""Which cells of published tables must be withheld so that no sum gives a sensitive one back, and the attack that tests it.

Pure: cells are a vector, what anybody can reckon among them a matrix E whose products E x are known, and what to protect
says how far each sensitive cell must stay unknown. Tables, totals, levels, earlier editions are rows of E alike.

Methods: threshold rule, (n, k) dominance and p% rule, secondary cells by mixed integer programming, one sensitive cell after
the other (Hundepool et al. 2012, Statistical Disclosure Control, ch. 4; Fischetti and Salazar 2001).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_matrix, diags_array, hstack, identity, vstack

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
TOTAL_COST = 20.0  # a total is worth so many cells of its size
TOLERANCE = 1e-6
UNBOUNDED = 3  # linprog's status of a programme without an end


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
        if ends[0].status == 0:  # else the programme failed: then nothing may be said to be safe
            low[cell] = float(ends[0].fun or 0.0)
        if ends[1].status in (0, UNBOUNDED):
            high[cell] = np.inf if ends[1].status == UNBOUNDED else -float(ends[1].fun or 0.0)
    return low, high


def suppress(
    x: Floats,
    equations: Floats,
    primary: Flags,
    up: Floats,
    down: Floats,
    cost: Floats | None = None,
    hidden: Flags | None = None,
    known: Flags | None = None,
) -> Flags:
    """The cells to hide.

    Parameters
    ----------
    x, equations
        Cells (>= 0) and what can be reckoned of them: every ``equations @ x`` is known. Totals have negative coefficients.
    primary
        Cells that must be hidden; `up` and `down` say how far above and below its value each must remain possible.
    cost
        Price of hiding each cell; by default its value plus one, totals twenty times as dear.
    hidden
        Cells hidden already: they cost nothing, and stay hidden.
    known
        Cells that anybody knows from elsewhere (an earlier edition): to hide them would protect nothing.

    Returns
    -------
    Flags: the primary cells and the secondary ones. For every primary cell the interval of `attack` then holds
    ``[x - down, x + up]``, unless what is known leaves no such pattern: `unsafe` tells.

    Notes
    -----
    For each primary cell not yet safe: min sum c z, subject to E u = 0, u_p = up, E d = 0, d_p = -down, and
    -x_i z_i <= u_i, d_i <= B z_i with z binary; cells hidden already are free, known ones fixed.
    """
    size = len(x)
    if cost is None:
        cost = (x + 1) * np.where((equations < 0).any(0), TOTAL_COST, 1.0)
    fixed = np.zeros(size, bool) if known is None else known
    primary = primary & ~fixed
    stays = primary if hidden is None else primary | (hidden & ~fixed)
    found = stays.copy()
    search = _Search(x, equations, up, down, cost, fixed)
    for cell in sorted(np.flatnonzero(primary), key=lambda i: -up[i]):
        if not unsafe(x, equations, found, up, down, {int(cell)}):
            continue
        found |= search.pattern(int(cell), found)
        if unsafe(x, equations, found, up, down, {int(cell)}):
            # no pattern there is, or none in the nodes allowed: everything that shares a sum with it
            found |= (equations[np.abs(equations[:, cell]) > 0] != 0).any(0) & ~fixed
    low, high = attack(x, equations, found, set(map(int, np.flatnonzero(found & ~stays))))
    return found & (stays | (high - low > TOLERANCE))  # what can be reckoned anyway hides nothing


def unsafe(
    x: Floats,
    equations: Floats,
    hidden: Flags,
    up: Floats,
    down: Floats,
    cells: Iterable[int],
) -> list[int]:
    """Those of some cells whose interval is narrower than ``[x - down, x + up]``."""
    wanted = set(cells)
    low, high = attack(x, equations, hidden, wanted)
    return [
        cell
        for cell in sorted(wanted)
        if low[cell] > x[cell] - down[cell] + TOLERANCE
        or high[cell] < x[cell] + up[cell] - TOLERANCE
    ]


class _Search:
    """The cheapest cells to hide beside those hidden already, so that one cell is safe."""

    def __init__(
        self, x: Floats, equations: Floats, up: Floats, down: Floats, cost: Floats, fixed: Flags
    ) -> None:
        self.size, self.up, self.down, self.cost, self.fixed = len(x), up, down, cost, fixed
        self.big = float(np.abs(x).sum() + up.sum() + 1)
        e = csr_matrix(equations)
        empty, eye = csr_matrix(e.shape), identity(self.size, format="csr")
        none, diagonal = csr_matrix((self.size, self.size)), diags_array(x, format="csr")
        balance = vstack([hstack([e, empty, empty]), hstack([empty, e, empty])])
        self.constraints = [LinearConstraint(balance, lb=0, ub=0)]
        self.constraints += [  # flows only through hidden cells
            LinearConstraint(hstack(parts), lb=lb, ub=ub)
            for parts, lb, ub in (
                ((eye, none, diagonal), 0, np.inf),
                ((eye, none, -self.big * eye), -np.inf, 0),
                ((none, eye, diagonal), 0, np.inf),
                ((none, eye, -self.big * eye), -np.inf, 0),
            )
        ]

    def pattern(self, cell: int, hidden: Flags) -> Flags:
        """The cells, those hidden already among them; only these where no pattern was found."""
        size, big = self.size, self.big
        lower = np.r_[np.full(2 * size, -big), hidden.astype(float)]
        upper = np.r_[np.full(2 * size, big), (~self.fixed).astype(float)]
        lower[cell] = upper[cell] = self.up[cell]
        lower[size + cell] = upper[size + cell] = -self.down[cell]
        found = milp(
            np.r_[np.zeros(2 * size), np.where(hidden, 0.0, self.cost)],
            integrality=np.r_[np.zeros(2 * size), np.ones(size)],
            bounds=Bounds(lower, upper),
            constraints=self.constraints,
            options={"mip_rel_gap": 0.05, "node_limit": 500},
        )
        return hidden if found.x is None else found.x[2 * size :] > 0.5
