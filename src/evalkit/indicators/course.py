"""What happens in the course of a period, against what stands at a time; and the period of a base that is a year back.

Activity money of a quarter over the members is a quarter's money: it is not what a rule for the year asks for. So where a
period is shorter than a year, such an indicator has no reference, and says so; what has both sides in the course of the period
(activities held over those due) or neither (coverage) is compared as ever.
"""

from __future__ import annotations

from evalkit.codebook import Codebook, Indicator, Measure
from evalkit.indicators.views import lineage
from evalkit.world.period import Period

SHORTER = ("half", "quarter", "month")  # kinds of periods that are parts of a year
GROWS_WITH_TIME = frozenset({"months", "founded_in_period", "converted_in_period"})  # of views
OF_THE_COURSE = ("activities", "funds")  # tables of what happens
# what a definition says of a year, as a part of it is told: the first that fits
OF_A_YEAR = ("当年末", "全年", "当年")
OF_A_PART = {
    "half": ("本半年末", "本半年", "本半年"),
    "quarter": ("本季度末", "本季度", "本季度"),
    "month": ("本月末", "本月", "本月"),
}
REMARK = "；{period}的发生数，不折算成全年，不与全年的标准比"


def is_part_of_year(period: str) -> bool:
    """Whether a period is a half-year, quarter or month."""
    found = Period.read(period)
    return found is not None and found.kind in SHORTER


def in_words_of(text: str, period: str | int) -> str:
    """A definition of the codebook as it is told of a period: 当年 is this quarter in a quarter.

    >>> in_words_of("当年末党员；当年没有活动", "2025Q3")
    '本季度末党员；本季度没有活动'
    >>> in_words_of("当年末党员", 2025)
    '当年末党员'
    """
    found = Period.read(period)
    told = OF_A_PART.get(found.kind if found else "", OF_A_YEAR)
    for usual, here in zip(OF_A_YEAR, told, strict=True):
        text = text.replace(usual, here)
    return text


def in_course(measure: Measure) -> bool:
    """Whether a measure counts what happens in the course of its period, so that a longer one has more of it."""
    if measure.adds_up:
        return True
    if measure.view is None:
        return False
    tests = [*measure.tests, *(test for group in measure.alternatives for test in group)]
    columns = {test.column for test in tests} | ({measure.column} if measure.column else set())
    return any(
        column in GROWS_WITH_TIME
        or any(
            stored.partition(".")[0] in OF_THE_COURSE for stored in lineage(measure.view, column)
        )
        for column in columns
    )


def grows_with_time(indicator: Indicator, codebook: Codebook) -> bool:
    """Whether a year has more of an indicator than a quarter: one side happens, the other one stands."""
    sides = [codebook.measures.get(code) for code in (indicator.numerator, indicator.denominator)]
    happens = [one is not None and in_course(one) for one in sides]
    return happens[0] != happens[1]


def is_of_a_year(code: str, period: str, codebook: Codebook) -> bool:
    """Whether what a year is to reach says nothing of an indicator or measure in a period: it is a part of a year's course."""
    if not is_part_of_year(period):
        return False
    if code in codebook.indicators:
        return grows_with_time(codebook.indicators[code], codebook)
    return code in codebook.measures and in_course(codebook.measures[code])


def base_before(period: str, indicator: Indicator, codebook: Codebook) -> str:
    """The period of a base that is a year back.

    What stands is that of the end of the year before (上年末), of a quarter too; what happens, that of the same quarter of the
    year before.
    """
    found = Period.read(period)
    if found is None:
        return period
    base = codebook.measures.get(indicator.denominator)
    if found.kind in SHORTER and base is not None and not in_course(base):
        return str(found.year - 1)
    return str(found.year_before)


def periods_of_base(period: str, indicator: Indicator, codebook: Codebook) -> tuple[str, ...]:
    """Of which periods the denominator of an indicator is taken."""
    return indicator.periods_of_base(period, base_before(period, indicator, codebook))
