"""测算.html: a plan as one page that reckons by itself, without Python and without a network.

The page holds the plan as data (`subsidy.serial`) and plain JavaScript of ours, which knows the nodes of a rule and no rule
of a payment. Nothing may be fetched: everything is in the file, and its policy lets only our own script and style run.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

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
    style, script = _file("page.css"), scripts(SCRIPTS)
    words = WORDS["page"]
    about = WORDS.say(
        "page.about", scheme=plan.scheme.name, source=plan.scheme.source, year=plan.source.years[-1]
    )
    made = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined
    ).get_template("page.html")
    return made.render(
        policy=Markup(_policy(style, script)),
        title=words["title"],
        mark=words["demo"] if plan.source.is_demo else words["internal"],
        about=about,
        notes=list(dict.fromkeys([*plan_notes(plan), *words["notes"]])),
        style=Markup(style),
        script=Markup(script),
        data=Markup(_embedded(page_data(plan, base))),
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


def scripts(names: Sequence[str]) -> str:
    """Our scripts, one after the other."""
    return "\n".join(_file(name).replace('"use strict";\n', "", 1) for name in names)


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


def _file(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _embedded(data: dict[str, Any]) -> str:
    """JSON that ends no element of the page."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _policy(style: str, script: str) -> str:
    """Nothing but our own style and script, by their hashes; files that are downloaded are blobs."""
    return (
        f"default-src 'none'; img-src data: blob:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
