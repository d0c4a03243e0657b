"""Which readings of a published scheme fit its published total, where nobody has said which one was meant."""

from __future__ import annotations

import pandas as pd

from evalkit.subsidy.loading import load_scheme
from evalkit.subsidy.words import WORDS

MATCHING = {
    "town_equals_enterprise": 1,
    "together_equal_district": 2,
    "each_equals_district": 3,
}  # parts of the district's sum
COLUMNS = "matching matched basis subsidy_low subsidy_high organisations_low organisations_high compatible".split()


def readings(
    members: tuple[int, int] = (8_300, 8_399),
    total: tuple[int, int] = (6_300_000, 7_000_000),
    organisations: int | None = 583,
    scheme: str = "fuyang-2015",
) -> pd.DataFrame:
    """Fuyang's 8,300余 members and 近700万元 of 2015 against every reading of 1:1, of what is matched and of 不少于.

    With activity money A (150 a member, or from 0 where spending counts), subsidies D between the lowest and highest
    tier an organisation and k times D matched, the total is A + kD (or k(A + D)). A reading is compatible where some D
    fits `organisations` organisations (583 enterprises with managed members, one each: an assumption).

    Returns
    -------
    matching, matched, basis, subsidy_low, subsidy_high (yuan that D must be), organisations_low, organisations_high
    (that such a D can pay), compatible.
    """
    values = {
        path: float(one.values[-1][1]) for path, one in load_scheme(scheme).parameters.items()
    }
    tiers = sorted(v for path, v in values.items() if path.startswith("organisation."))
    due = [values["activity.per_member"] * m for m in members]
    rows = []
    for (key, k), both, top_up in (
        (m, b, t) for m in MATCHING.items() for b in (False, True) for t in (False, True)
    ):
        if key == "town_equals_enterprise" and both:
            continue  # the township's amount is its own affair, whatever the base
        spent = (0.0 if top_up else due[0], due[1])
        low, high = (
            total[0] / k - spent[1] / (1 if both else k),
            total[1] / k - spent[0] / (1 if both else k),
        )
        low = 0.0 if key == "town_equals_enterprise" else max(0.0, low)
        fits = high >= low and (
            organisations is None
            or (low <= organisations * tiers[-1] and high >= organisations * tiers[0])
        )
        rows.append(
            [
                WORDS["values"][key],
                "补助和活动经费" if both else "补助",
                "补差" if top_up else "全额",
                low,
                high,
                low / tiers[-1],
                high / tiers[0],
                fits,
            ]
        )
    return pd.DataFrame(rows, columns=COLUMNS)
