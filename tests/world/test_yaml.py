"""YAML in, plain values out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from evalkit.world import yaml
from evalkit.world.yaml import parse_yaml


@pytest.mark.parametrize("written", ["2026-02-30", "2026-13-45", "2026-07-01 25:00:00"])
def test_a_day_that_does_not_exist_stays_what_was_written(written: str) -> None:
    """The whole file could not be read, and nobody said which line."""
    content, problems = parse_yaml(f"from: {written}\nother: 2026-02-28\n", "x.yml")
    assert content == {"from": written, "other": date(2026, 2, 28)} and not problems


@pytest.mark.parametrize(
    "text", ["a: [1, {b: 1:1}]\n", "a: {2015-01-01: 3, x: 2026-02-30}\nb: 2026-07-01\n"]
)
def test_a_packaged_file_is_parsed_once(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.yml"
    path.write_text(text, encoding="utf-8")
    first = yaml.parse_cached(path, text)
    monkeypatch.setattr(yaml, "parse_yaml", None)  # what is remembered is not parsed again
    assert yaml.parse_cached(path, text) == first and first[0]
