"""YAML in, plain values out."""

from __future__ import annotations

from datetime import date

import pytest

from evalkit.world.yaml import parse_yaml


@pytest.mark.parametrize("written", ["2026-02-30", "2026-13-45", "2026-07-01 25:00:00"])
def test_a_day_that_does_not_exist_stays_what_was_written(written: str) -> None:
    """The whole file could not be read, and nobody said which line."""
    content, problems = parse_yaml(f"from: {written}\nother: 2026-02-28\n", "x.yml")
    assert content == {"from": written, "other": date(2026, 2, 28)} and not problems
