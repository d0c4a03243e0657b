"""Filled forms that offices published are reproduced; where a printed number does not follow, the file says so."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from evalkit.codebook import load_codebook
from evalkit.reports.selfeval import OF_RATE, laid_out
from evalkit.reports.selfeval_filling import filled
from evalkit.reports.sentences import Facts
from evalkit.selfeval import read_form
from evalkit.world.yaml import read_yaml

BOOK = load_codebook()
PUBLISHED: dict[str, Any] = read_yaml(Path(__file__).with_name("published.yml"))


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_form_is_reproduced(name: str) -> None:
    case = PUBLISHED[name]
    form = read_form(case["form"], BOOK)
    one = filled(form, Facts("甲区", form.year, BOOK, {}, {}, {}, {}))
    printed = case["printed"]
    if "rate" in printed:
        assert one.rate is not None and OF_RATE.text(float(one.rate)) == printed["rate"]
    if "executed" in printed:
        assert one.executed == Decimal(str(printed["executed"]))
    for line, score in zip(one.lines, printed.get("scores", ()), strict="scores" in printed):
        assert line.score == (None if score is None else Decimal(score)), line.item.name
    if "total" in printed:
        assert one.total == Decimal(str(printed["total"]))
        assert not one.missing
    if not case.get("money_only"):
        assert one.unexplained == case.get("unexplained", [])
    for told in case.get("missing", ()):
        assert told in one.missing
    assert (one.total is None) == bool(one.missing)
    laid_out(one).check()


def test_what_is_said_of_the_forms_is_true() -> None:
    """Every case names where it stands; a printed number that is not reproduced is said to differ."""
    assert len(PUBLISHED) == 8
    for case in PUBLISHED.values():
        assert case["source"].startswith("http")
        if "total" not in case["printed"] and not case.get("money_only"):
            assert case["differs"]
