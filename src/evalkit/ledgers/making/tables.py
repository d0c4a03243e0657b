"""Every table of one reading, from the forms that fill it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from evalkit.codebook.kept import BY_ACTIVITIES, BY_INSTRUCTORS, BY_VISITS, COUNTED
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


@dataclass(frozen=True)
class Bodies:
    """Units and party organisations of one reading, and who covers whom."""

    tables: dict[str, pd.DataFrame]
    unit_rows: pd.DataFrame | None
    orgs: pd.DataFrame


@dataclass
class Frames:
    """The frames of each table, as forms give them."""

    of: dict[str, list[pd.DataFrame]] = field(default_factory=dict)

    def add(self, table: str, frame: pd.DataFrame) -> None:
        if len(frame):
            self.of.setdefault(table, []).append(frame)

    def whole(self, table: str) -> pd.DataFrame:
        """All frames of a table below each other; one without columns where there are none."""
        frames = self.of.get(table, [])
        if len(frames) == 1:
            return frames[0]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def build_tables(
    forms: Mapping[str, Form],
    headings: Headings,
    measures: Mapping[str, Any],
    problems: list[Problem],
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame | None]:
    """Typed forms to tables before `shape`, and all unit rows (those that count a unit again are not `kept`)."""
    bodies, frames = _bodies(forms, problems), Frames()
    covering = bodies.tables.get("covers")
    columns = {name: form["columns"] for name, form in headings.forms.items()}
    for form in _filling(("funds", "activities", "stars"), forms, headings):
        name_organisations(form, bodies.orgs, covering, bodies.unit_rows, problems)
    for form in _filling(("funds",), forms, headings):
        frames.add("funds", funds(form, bodies.orgs, columns[form.name], problems))
    for form in _filling(("stars",), forms, headings):
        scores, stars = ratings(form, bodies.orgs, columns[form.name], problems)
        frames.add("ratings", scores)
        frames.add("stars", stars)
    for form in _filling(("figures",), forms, headings):
        frames.add("figures", figures(form, measures, problems))
    _visiting(forms, headings, bodies.orgs, frames, problems)
    for form in _filling(("policies", "areas"), forms, headings):
        frames.add(headings.forms[form.name]["table"], form.data)
    return bodies.tables | {table: frames.whole(table) for table in frames.of}, bodies.unit_rows


def _bodies(forms: Mapping[str, Form], problems: list[Problem]) -> Bodies:
    """Units, organisations and covers: each ledger completes what the others leave open."""
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
    return Bodies(out, unit_rows, orgs)


def _visiting(
    forms: Mapping[str, Form],
    headings: Headings,
    orgs: pd.DataFrame,
    frames: Frames,
    problems: list[Problem],
) -> None:
    """Instructors, activities and visits; visits that ledgers list become figures that say what they were counted from."""
    heard: list[pd.DataFrame] = []
    for form in _filling(("instructor_counts",), forms, headings):
        counts, seen = instructors(form)
        frames.add("instructor_counts", counts)
        frames.add("visits", seen.assign(rank=COUNTED.index(BY_INSTRUCTORS)))
    for form in _filling(("activities",), forms, headings):
        held, seen = activities(form, orgs, problems)
        frames.add("activities", held)
        frames.add("visits", seen.assign(rank=COUNTED.index(BY_ACTIVITIES)))
    for form in _filling(("visits",), forms, headings):
        seen, told = visits(form, headings.forms[form.name]["columns"])
        frames.add("visits", seen.assign(rank=COUNTED.index(BY_VISITS)))
        heard.append(told)
    of_visits = visits_as_figures(frames.whole("visits"), frames.whole("figures"))
    for frame in (of_visits, *heard):
        frames.add("figures", frame)


def _filling(
    tables: Sequence[str], forms: Mapping[str, Form], headings: Headings
) -> Iterator[Form]:
    """The forms of this reading that fill one of these tables, table by table, in the order of headings.yml."""
    for table in tables:
        for name, form in forms.items():
            if headings.forms[name]["table"] == table:
                yield form
