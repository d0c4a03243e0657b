"""How points are earned: the rules of 财预〔2020〕10号, exact, and rounded once to two decimals.

Quantitative: what reaches its target earns all points, what does not the share that is reached; never more than all,
never less than none. Qualitative: the share of the points that the grade allows. Execution: spent over budget.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from evalkit.selfeval.values import Aim, Lower, Rules
from evalkit.world.number import fixed

DECIMALS = 2  # of a score
GRADES = ("达成", "部分达成", "未达成")
NOTHING, ALL = Fraction(0), Fraction(1)


def reached(aim: Aim, actual: Decimal) -> bool:
    """Whether a value is as the target asks; what should be equal may be more."""
    assert aim.value is not None
    if aim.sign == ">":
        return actual > aim.value
    if aim.sign == "<":
        return actual < aim.value
    return actual <= aim.value if aim.most else actual >= aim.value


def share(aim: Aim, actual: Decimal, lower: Lower = "ratio") -> Fraction:
    """The share of the points that a value earns.

    Reached: 1. Else actual / target, and of a maximum target / actual (``ratio``) or 1 - (actual - target) / target
    (``linear``); 0 where the target is 0 or below, of which there is no share.
    """
    if reached(aim, actual):
        return ALL
    assert aim.value is not None
    wanted, is_ = Fraction(aim.value), Fraction(actual)
    if wanted <= 0:
        return NOTHING
    if not aim.most:
        found = is_ / wanted
    elif lower == "ratio":
        found = wanted / is_
    else:
        found = 1 - (is_ - wanted) / wanted
    return min(ALL, max(NOTHING, found))


def beyond(aim: Aim, actual: Decimal, over: Decimal) -> bool:
    """Whether a value is better than its target by more than `over` per cent: a deviation that needs a reason."""
    assert aim.value is not None
    if aim.value <= 0:
        return False
    step = Fraction(aim.value) * Fraction(over) / 100
    if aim.most:
        return Fraction(actual) < Fraction(aim.value) - step
    return Fraction(actual) > Fraction(aim.value) + step


def executed(budget: Decimal, spent: Decimal) -> Fraction | None:
    """预算执行率; None without a budget."""
    return Fraction(spent) / Fraction(budget) if budget > 0 else None


def interval(grade: str, rules: Rules) -> tuple[Decimal, Decimal]:
    """The per cent of the points that a grade allows: its lower end is in it, the upper end only of the best."""
    good, fair = rules.cuts
    ends = {GRADES[0]: (good, Decimal(100)), GRADES[1]: (fair, good), GRADES[2]: (Decimal(0), fair)}
    return ends[grade]


def allows(grade: str, percent: Decimal, rules: Rules) -> bool:
    """Whether a per cent lies in the interval of a grade."""
    low, high = interval(grade, rules)
    return low <= percent and (percent < high or (grade == GRADES[0] and percent == high))


def score(part: Fraction, points: Decimal) -> Decimal:
    """So many of the points, half up to two decimals."""
    return Decimal(fixed(min(ALL, max(NOTHING, part)) * Fraction(points), DECIMALS))
