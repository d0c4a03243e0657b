"""测算.html: a plan as one page that reckons by itself, without Python and without a network.

The page holds the plan as data (`subsidy.serial`) and plain JavaScript of ours, which knows the nodes of a rule and no rule
of a payment. Nothing may be fetched: everything is in the file, and its policy lets only our own script and style run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evalkit.pages.page import COMMON_WORDS, Page, made
from evalkit.subsidy.notes import notes as plan_notes
from evalkit.subsidy.plan import Plan
from evalkit.subsidy.question import member_standard
from evalkit.subsidy.serial import as_data
from evalkit.subsidy.words import WORDS, lists

FOLDER = Path(__file__).with_name("calculator")
SCRIPTS = (
    "fraction.js",
    "rule.js",
    "plan.js",
    "page.js",
)  # in the order in which they need each other
REASONING = SCRIPTS[:3]  # what reckons, without a page


def calculator(plan: Plan, base: str = "") -> str:
    """The page as text.

    Parameters
    ----------
    base
        The scheme that a downloaded scenario names: its packaged name or file.
    """
    words = WORDS["page"]
    about = WORDS.say(
        "page.about", scheme=plan.scheme.name, source=plan.scheme.source, year=plan.source.years[-1]
    )
    return made(
        Page(
            FOLDER,
            "page.html",
            title=(words["title"], words["title"]),
            mark=COMMON_WORDS["demo" if plan.source.is_demo else "internal"],
            styles=("page.css",),
            scripts=SCRIPTS,
            words={},
            data=page_data(plan, base),
            facts={
                "about": about,
                "notes": list(dict.fromkeys([*plan_notes(plan), *words["notes"]])),
            },
        )
    )


def page_data(plan: Plan, base: str = "") -> dict[str, Any]:
    """What the page reckons with: the plan, names of payers, where nothing can be reckoned."""
    data = as_data(plan)
    cells = data["cells"]
    reckoned = {
        year: [
            any(of_area)
            for of_area in zip(*(one["known"] for one in of_year.values()), strict=True)
        ]
        for year, of_year in cells.items()
    }
    return data | {
        "cells": _once(cells),
        "reckoned": reckoned,
        "base": base or plan.scheme.scheme,
        "first": member_standard(plan.scheme),
        "words": {"payers": lists()["payer"]},
    }


def _once(cells: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Cells that a year has as an earlier one has them: named by that year."""
    seen: dict[str, str] = {}
    found: dict[str, dict[str, Any]] = {}
    for year, of_year in cells.items():
        found[year] = {}
        for code, one in of_year.items():
            text = code + json.dumps(one)
            found[year][code] = seen.get(text, one)
            seen.setdefault(text, year)
    return found
