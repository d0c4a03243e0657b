"""The sample that a visitor sees: results without times, paths and what only programs read."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

import pytest

from evalkit.problems import InputError
from evalkit.reports import sample
from evalkit.reports import sample_pictures as pictures

SAMPLE = Path(__file__).resolve().parents[2] / "docs" / "sample"
LARGEST = 3_000_000  # bytes


def notebook() -> dict[str, Any]:
    picture = base64.b64encode(b"a picture").decode()
    data = {"application/vnd.evalkit.block+json": {}, "image/png": picture, "text/plain": "图"}
    given = {"tags": ["injected-parameters"], "papermill": {"start_time": "2026"}}
    return {
        "cells": [
            {
                "cell_type": "code",
                "id": "random",
                "metadata": given,
                "source": 'period = "2025"\nproject = "/home/somebody"\n',
                "outputs": [],
            },
            {
                "cell_type": "code",
                "id": "other",
                "metadata": {},
                "source": "ek.charts.dumbbell(now)",
                "outputs": [{"output_type": "display_data", "data": data, "metadata": {"x": 1}}],
            },
        ],
        "metadata": {"papermill": {"duration": 1.0}, "kernelspec": {"name": "python3"}},
    }


def test_results_stay_and_what_is_of_a_run_goes() -> None:
    text = sample.shown(notebook())
    for gone in ("somebody", "papermill", "2026", "random", "vnd.evalkit"):
        assert gone not in text, gone
    assert "image/png" in text and 'period = \\"2025\\"' in text
    assert sample.picture(notebook(), sample.CHART) == b"a picture"
    with pytest.raises(InputError):
        sample.picture(notebook(), "no such chart")


def test_lines_break_and_stand_as_in_a_terminal() -> None:
    told = pictures.wrapped("  甲乙丙丁", 6)
    assert told == ["  甲乙", "  丙丁"] and all(sum(map(pictures.wide, t)) <= 6 for t in told)
    size = [struct.unpack(">II", pictures.terminal([t] * 2)[16:24]) for t in ("甲乙", "abcd")]
    assert size[0] == size[1]  # a Chinese character takes two columns


def test_the_committed_sample_is_small_marked_and_names_no_machine() -> None:
    files = {path.name: path.read_bytes() for path in SAMPLE.iterdir()}
    assert set(files) == {
        "README.md",
        "comparison.ipynb",
        "check.png",
        "comparison.png",
        "index.png",
        "one-page.png",
        "pages.png",
        "report.pdf",
    }
    assert sum(map(len, files.values())) < LARGEST
    told = json.loads(files["comparison.ipynb"])
    assert "papermill" not in told["metadata"] and "演示数据" in files["comparison.ipynb"].decode()
    assert all('project = "/' not in "".join(cell["source"]) for cell in told["cells"])
