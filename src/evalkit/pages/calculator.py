"""测算.html: a plan as one page that reckons by itself, without Python and without a network.

The page holds the plan as data (`subsidy.serial`) and plain JavaScript of ours, which knows the nodes of a rule and no rule
of a payment. The public edition is made of published totals alone (`published_plan`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit.pages.labels import English
from evalkit.pages.page import COMMON_WORDS, Page, made
from evalkit.pages.published_plan import Published, published_plan
from evalkit.subsidy.checks import pairs_in_order
from evalkit.subsidy.dated import ALWAYS
from evalkit.subsidy.notes import notes as plan_notes
from evalkit.subsidy.plan import Plan
from evalkit.subsidy.question import member_standard
from evalkit.subsidy.scheme import Reform
from evalkit.subsidy.serial import as_data
from evalkit.world.number import plain
from evalkit.world.words import Words

FOLDER = Path(__file__).with_name("calculator")
PAGE_WORDS = Words(FOLDER / "words.yml")
# in the order in which they need each other; the first ones reckon, without a page
REASONING = ("fraction.js", "rule.js", "plan.js", "gains.js", "budget.js", "scenario.js")
SHOWING = (
    "state.js", "amounts.js", "sentence.js", "tables.js", "chart.js", "beside.js", "downloads.js",
    "sliders.js", "fields.js", "backwards.js", "start.js",
)  # fmt: skip
NOTES = ("note.missing", "note.organisations", "note.file", "note.rounding")
PUBLIC_NOTES = ("note.public_totals", "note.public_withheld", "note.rounding")


def calculator(
    plan: Plan,
    base: str = "",
    reform: Reform | None = None,
    english: English | None = None,
) -> str:
    """The internal page as text: exact, for who may see the plan.

    Parameters
    ----------
    base
        The scheme that a downloaded scenario names: its packaged name or file.
    reform
        What stands in the fields at first.
    english
        Names for the English page; by default those of the packaged codebook.
    """
    wide = plan.wide_enough(reform) if reform else plan
    data = page_data(wide, base, reform, english)
    return _written(wide, data, NOTES, english, notes=list(dict.fromkeys(plan_notes(plan))))


def public_calculator(
    plan: Plan,
    measures: pd.DataFrame,
    base: str = "",
    english: English | None = None,
) -> str:
    """The public page as text: standards whose effect follows from published totals, and why the others are not there.

    Parameters
    ----------
    measures
        Measures as they are published: area, period, measure, value; what is withheld is null.
    """
    found = published_plan(plan, measures)
    data = _page_data(plan, found.data, base, None, english)
    return _written(plan, data, PUBLIC_NOTES, english, found)


def page_data(
    plan: Plan,
    base: str = "",
    reform: Reform | None = None,
    english: English | None = None,
) -> dict[str, Any]:
    """What the internal page reckons with: the plan, and organisations counted by what they are paid by."""
    data = _page_data(plan, as_data(plan), base, reform, english)
    profiles = {str(year): {"": _profiles(plan, int(year))} for year in data["years"]}
    return data | {"profiles": {year: one[""] for year, one in _once(profiles).items()}}


# --- the file ---


def _written(
    plan: Plan,
    data: Mapping[str, Any],
    told: Sequence[str],
    english: English | None,
    public: Published | None = None,
    notes: Sequence[str] = (),
) -> str:
    """The page of some data."""
    edition = "public" if public else "internal"
    words: dict[str, Any] = {**PAGE_WORDS, "about": _filled(PAGE_WORDS["about"][edition], plan)}
    absent = list(public.absent.items()) if public else []
    if public and data["components"]:
        key = "public_only" if absent else "public_all"
        words["note"] = {**words["note"], key: _listing(words["note"][key], data)}
        told = (f"note.{key}", *told)
    labels = english or English()
    words |= {
        "absent_label": {
            str(n): labels.pair(plan.scheme.label(path)) for n, (path, _) in enumerate(absent)
        }
    }
    page = Page(
        FOLDER,
        "page.html",
        title=words["public_title" if public else "title"],
        mark=_mark(edition, plan.source.is_demo),
        styles=("page.css",),
        scripts=(*REASONING, *SHOWING),
        words={key: words[key] for key in words if key not in ("english", "units")},
        data=data,
        facts={
            "told": told,
            "notes": notes,
            "absent": [
                {"label": f"absent_label.{n}", "reason": f"reason.{why}"}
                for n, (_, why) in enumerate(absent)
            ],
        },
    )
    return made(page)


def _mark(edition: str, demo: bool) -> list[str]:
    """What edition it is; invented data say so besides."""
    pairs = [COMMON_WORDS[edition], *([COMMON_WORDS["demo"]] if demo else [])]
    return [" · ".join(texts) for texts in zip(*pairs, strict=True)]


def _listing(pair: Sequence[str], data: Mapping[str, Any]) -> list[str]:
    """A sentence on the components of a page."""
    zh = [one["name"] for one in data["components"].values()]
    en = [one["name_en"] or one["name"] for one in data["components"].values()]
    return [
        pair[0].format(components="、".join(zh)),
        pair[1].format(components=", ".join(en)),
    ]


def _filled(pair: Sequence[str], plan: Plan) -> list[str]:
    facts = {
        "scheme": plan.scheme.name,
        "source": plan.scheme.source,
        "year": plan.source.years[-1],
    }
    return [text.format(**facts) for text in pair]


# --- the data ---


def _page_data(
    plan: Plan,
    data: Mapping[str, Any],
    base: str,
    reform: Reform | None,
    english: English | None,
) -> dict[str, Any]:
    """The data of a plan with what a page needs beside them."""
    scheme, labels = plan.scheme, english or English()
    homes = plan.source.homes
    standards = {
        path: one
        | {
            "label_en": labels.of(scheme.label(path)),
            "unit_en": labels.unit(one["unit"]),
            "smallest": scheme.parameters[path].smallest,
        }
        for path, one in data["standards"].items()
    }
    components = {
        code: one
        | {
            "name_en": labels.of(one["name"]),
            "rests": [] if scheme.components[code].matches_booked_money else one["of"],
        }
        for code, one in data["components"].items()
    }
    reckoned = {
        year: [
            any(of_area)
            for of_area in zip(*(one["known"] for one in of_year.values()), strict=True)
        ]
        for year, of_year in data["cells"].items()
    }
    first = member_standard(scheme)
    return {
        **data,
        "standards": standards,
        "components": components,
        "cells": _once(data["cells"]),
        "reckoned": reckoned,
        "in_order": [
            [f"{code}.{lower}", f"{code}.{higher}"]
            for code in components
            for lower, higher in pairs_in_order(scheme.components[code])
        ],
        "areas_en": [labels.areas.get(home, "") for home in homes],
        "whole_en": labels.of(data["whole"]),
        "payers": {code: labels.payer(code) for code in labels.payers},
        "base": _base(base or scheme.scheme),
        "first": first if first in standards else next(iter(standards), ""),
        "since": f"{plan.years[0]}-01-01",
        **_opened_with(scheme.parameters, reform, scheme),
    }


def _opened_with(
    parameters: Mapping[str, Any], reform: Reform | None, scheme: Any
) -> dict[str, Any]:
    """The changes that stand in the fields at first, and what of a reform the page cannot reckon."""
    changes, left = {}, []
    for path, value in reform.changes if reform else ():
        if path in parameters and isinstance(value, tuple):
            changes[path] = [[_day(day), plain(one)] for day, one in value]
        else:
            left.append(scheme.label(path))
    return {"changes": changes, "left": left}


def _day(day: date) -> str:
    return "" if day == ALWAYS else day.isoformat()


def _base(base: str) -> str:
    """The scheme that a downloaded scenario names: of a file elsewhere its name, which stands beside the scenario then."""
    path = Path(base)
    return path.stem if path.is_absolute() else base


def _profiles(plan: Plan, year: int) -> dict[str, Any]:
    """Organisations counted by district, members and kind in every component that pays organisations: none can be told."""
    scheme, reduction = plan.scheme, plan.reduction
    listed = [code for code, part in scheme.components.items() if not part.counted]
    twice = reduction.members(year, scheme.members).twice
    kinds = [reduction.cells(scheme, code, year).inverse for code in listed]
    columns = np.column_stack([reduction.places(year), twice, *kinds])
    paid = np.any([one >= 0 for one in kinds], axis=0) if kinds else np.zeros(len(twice), bool)
    distinct, number = np.unique(columns[paid], axis=0, return_counts=True)
    return {
        "area": distinct[:, 0].tolist(),
        "twice": distinct[:, 1].tolist(),
        "number": number.tolist(),
        "kinds": {code: distinct[:, 2 + n].tolist() for n, code in enumerate(listed)},
    }


def _once(given: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What a year has as an earlier one has it: named by that year."""
    seen: dict[str, str] = {}
    found: dict[str, dict[str, Any]] = {}
    for year, of_year in given.items():
        found[year] = {}
        for code, one in of_year.items():
            text = code + json.dumps(one)
            found[year][code] = seen.get(text, one)
            seen.setdefault(text, year)
    return found
