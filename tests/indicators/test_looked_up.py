"""What is worked out once for a set of data belongs to these data alone."""

from __future__ import annotations

import dataclasses
import pickle

from evalkit.indicators import load
from evalkit.reports.sentences import facts


def test_what_was_worked_out_belongs_to_these_data_alone(demo_project):
    data = load(demo_project)
    told = facts(data, "2025", "2024")
    assert facts(data, 2025, "2024") is told
    other = dataclasses.replace(data, periods=("2024",))
    assert not other.looked_up
    assert facts(other, "2024").now != told.now
    again = load(demo_project)
    again.measures["value"] *= 2  # other numbers in data of the same name
    assert facts(again, "2025").now["units"] == 2 * told.now["units"]


def test_data_are_packed_without_what_was_worked_out(demo_project):
    data = load(demo_project)
    facts(data, "2025")
    packed = pickle.loads(pickle.dumps(data))
    assert packed == data and not packed.looked_up
