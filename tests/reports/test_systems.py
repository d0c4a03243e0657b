"""docs/systems.md: every system of the field with its form, measure, indicator, place and a number, or why not."""

from __future__ import annotations

from pathlib import Path

import evalkit as ek
from evalkit.codebook import load_codebook
from evalkit.reports.systems import indicators_of, markdown, systems

DOCS = Path(__file__).resolve().parents[2] / "docs" / "systems.md"


def test_the_committed_page_is_current_and_no_cell_is_empty(demo_project):
    text = markdown(ek.load(demo_project), "2025")
    assert DOCS.read_text(encoding="utf-8") == text, (
        "run in a project with the quick demonstration: python -m evalkit.reports.systems"
    )
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) > 50 and all(cell.strip() for row in rows for cell in row)


def test_every_new_measure_belongs_to_a_system_or_an_indicator():
    book = load_codebook()
    named = {
        code
        for group in systems().values()
        for one in group["systems"]
        for code in one.get("measures", ())
    }
    assert named <= set(book.measures)
    for group in systems().values():
        for one in group["systems"]:
            assert bool(one.get("measures")) != bool(one.get("reason")), one["words"]
            if "measures" in one:
                assert all(i.numerator for i in indicators_of(book, one))


def test_the_appendix_lists_what_stands_nowhere_else(demo_project):
    data = ek.load(demo_project)
    indicators, counts = ek.annual.further(data, "2025", "2024").content["blocks"]
    names = [row[1] for row in indicators["content"]["rows"]]
    assert len(set(names)) == len(names)
    assert len(counts["content"]["rows"]) > 20
    book = data.codebook
    shown = data.indicators.query("period == '2025' and area == '演示省' and value.notna()")
    quiet = {
        code
        for code in shown["indicator"]
        if not book.indicators[code].headline
        and (
            not book.indicators[code].target or book.references[book.indicators[code].target].local
        )
    }
    assert len(quiet) > 40 and len(names) > len(quiet) - 12
