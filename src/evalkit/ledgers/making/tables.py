"""Every table of one reading, from the forms that fill it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evalkit.ledgers.forms import Form
from evalkit.ledgers.headings import Headings
from evalkit.ledgers.making.events import activities, instructors, visits, visits_as_figures
from evalkit.ledgers.making.money import funds
from evalkit.ledgers.making.organisations import (
    complete,
    covers,
    covers_by_list,
    name_organisations,
    party_orgs,
)
from evalkit.ledgers.making.ratings import figures, ratings
from evalkit.ledgers.making.units import counted, units
from evalkit.ledgers.making.verbs import PLACE
from evalkit.problems import Problem


def build_tables(
    forms: Mapping[str, Form],
    headings: Headings,
    measures: Mapping[str, Any],
    problems: list[Problem],
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame | None]:
    """Typed forms to tables before `shape`, and all unit rows (those that count a unit again are not `kept`)."""
    out: dict[str, pd.DataFrame] = {}
    unit_rows = cover = None
    if "units" in forms:
        unit_rows = units(forms["units"], problems)
        cover = covers(forms["units"], unit_rows, problems)
        out["units"] = counted(unit_rows)
    orgs = party_orgs(forms.get("party_orgs"), cover, problems)
    links = [cover] if cover is not None else []
    if "party_orgs" in forms:
        links.append(covers_by_list(forms["party_orgs"], orgs, unit_rows, cover, problems))
    links = [link[[*PLACE, "link", "unit", "party_org", "mode"]] for link in links if len(link)]
    if links:
        out["covers"] = pd.concat(links, ignore_index=True)
    if len(orgs):
        out["party_organisations"] = orgs = complete(
            orgs, out.get("covers", pd.DataFrame()), unit_rows
        )
    columns = {name: form["columns"] for name, form in headings.forms.items()}
    for name in (n for n in ("funds", "activities", "stars") if n in forms):
        name_organisations(forms[name], orgs, out.get("covers"), unit_rows, problems)
    visited: list[pd.DataFrame] = []  # of instructors, of activities, of a ledger of its own
    if "funds" in forms:
        out["funds"] = funds(forms["funds"], orgs, columns["funds"], problems)
    if "instructors" in forms:
        out["instructor_counts"], seen = instructors(forms["instructors"])
        visited.append(seen)
    if "activities" in forms:
        out["activities"], seen = activities(forms["activities"], orgs, problems)
        visited.append(seen)
    heard = pd.DataFrame()
    if "visits" in forms:
        seen, heard = visits(forms["visits"], columns["visits"])
        visited.append(seen)
    ranked = [frame.assign(rank=-n) for n, frame in enumerate(visited) if len(frame)]
    out["visits"] = pd.concat(ranked, ignore_index=True) if ranked else pd.DataFrame()
    if "stars" in forms:
        out["ratings"], out["stars"] = ratings(forms["stars"], orgs, columns["stars"], problems)
    typed = [
        figures(forms[name], measures, problems)
        for name in ("work_report", "figures")
        if name in forms
    ]
    said = pd.concat(typed, ignore_index=True) if typed else pd.DataFrame()
    of_visits = visits_as_figures(out["visits"], said)
    some = [frame for frame in (*typed, of_visits, heard) if len(frame)]
    if some:
        out["figures"] = pd.concat(some, ignore_index=True)
    return out | {
        name: forms[name].data for name in ("policies", "areas") if name in forms
    }, unit_rows
