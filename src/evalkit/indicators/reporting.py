"""Who sent which ledger (报送情况): every expected area and ledger of a period, sent, stated empty (无) or absent.

Areas are expected as `evalkit.indicators.extent.Expected` says; a ledger is expected of all of them as soon as one of
them sent it for that period. An area that sent nothing is absent with every ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from evalkit.codebook import Codebook
from evalkit.indicators.extent import Expected
from evalkit.indicators.submitted import ABSENT, NOTHING, SENT
from evalkit.world.area import Area
from evalkit.world.period import in_time

LEDGER_OF = {  # the ledger that a table comes from; covers and visits stand in ledgers of other tables
    "units": "units",
    "party_organisations": "party_organisations",
    "funds": "funds",
    "instructor_counts": "instructor_counts",
    "activities": "activities",
    "stars": "stars",
    "ratings": "stars",
    "figures": "figures",
}
COLUMNS = ["area", "area_name", "level", "period", "ledger", "ledger_name", "state"]
Places = frozenset[tuple[str, str]]  # of a district and a period


def extents(
    sent: Mapping[str, Places],
    nothing: Mapping[str, Places],
    expected: Expected,
    codebook: Codebook,
    levels: Mapping[str, str],
) -> pd.DataFrame:
    """A row for each period, expected area and expected ledger (`COLUMNS`).

    Parameters
    ----------
    sent, nothing
        By ledger the districts and periods that have rows of it, and those that say to have none (无).
    expected
        Who should report.
    levels
        Level by area.

    Returns
    -------
    Districts with every ledger, and areas below a reporting district that are missing from it, as one row without a
    ledger. An area that sent nothing at all has its ledgers as absent too.
    """
    ledgers = [one for one in dict.fromkeys(LEDGER_OF.values()) if one in {**sent, **nothing}]
    told = {*expected.districts, *(time for places in sent.values() for _, time in places if time)}
    rows: list[list[str | None]] = []
    for period in in_time(told):
        here = {ledger: _homes(sent, ledger, period) for ledger in ledgers}
        empty = {ledger: _homes(nothing, ledger, period) for ledger in ledgers}
        wanted = expected.districts.get(period, frozenset())
        due = [ledger for ledger in ledgers if (here[ledger] | empty[ledger]) & wanted]
        for area in sorted(wanted):
            for ledger in due:
                state = NOTHING if area in empty[ledger] else ABSENT
                state = SENT if area in here[ledger] else state
                rows.append([area, period, ledger, state])
        rows += [[area, period, None, ABSENT] for area in sorted(expected.silent_parts(period))]
    frame = pd.DataFrame(rows, columns=["area", "period", "ledger", "state"], dtype="string")
    names = {ledger: ledger_name(ledger, codebook) for ledger in ledgers}
    frame["ledger_name"] = frame["ledger"].map(names).astype("string")
    frame["area_name"] = frame["area"].map(lambda path: Area.of(path).name).astype("string")
    known = (levels.get(path) or Area.of(path).level for path in frame["area"])
    frame["level"] = pd.array(list(known), dtype="string")
    return frame[COLUMNS]


def _homes(places: Mapping[str, Places], ledger: str, period: str) -> frozenset[str]:
    return frozenset(home for home, time in places.get(ledger, frozenset()) if time == period)


def ledger_name(ledger: str, codebook: Codebook) -> str:
    """What a ledger is called: as its first form, else as its table."""
    forms: Iterable[Mapping[str, Any]] = codebook.headings.get("forms", {}).values()
    called = (str(form["name"]) for form in forms if form.get("table") == ledger)
    return next(called, codebook.tables[ledger].name)
