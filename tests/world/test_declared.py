"""Any declared file: every fault at once, with its line, what is allowed and the nearest name."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from evalkit.problems import InputError
from evalkit.world.declared import Faults, Source, checked, fields_at


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    rate: float = Field(ge=0)
    kind: Literal["branch", "committee"] = "branch"


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: str
    parts: dict[str, Part] = {}
    steps: list[Part] = []


TEXT = """\
nmae: 甲
parts:
  a:
    rate: 高
    kind: brnach
  b: 4
steps:
- rate: -1
  rat: 2
"""


def test_every_fault_comes_at_once_with_its_line() -> None:
    with pytest.raises(InputError) as caught:
        checked(Whole, Source.parse(TEXT, "甲.yml"))
    problems = {problem.where: problem for problem in caught.value.problems}
    assert problems.keys() == {
        "name",
        "nmae（第1行）",
        "parts.a.rate（第4行）",
        "parts.a.kind（第5行）",
        "parts.b（第6行）",
        "steps[1].rate（第8行）",
        "steps[1].rat（第9行）",
    }
    assert {problem.file for problem in problems.values()} == {"甲.yml"}
    assert problems["parts.a.kind（第5行）"].allowed == "branch、committee"
    assert "branch" in problems["parts.a.kind（第5行）"].advice
    assert problems["steps[1].rat（第9行）"].allowed == "rate、kind"
    assert problems["parts.a.rate（第4行）"].allowed == "数字"
    assert problems["steps[1].rate（第8行）"].allowed == "不小于0.0"
    assert problems["nmae（第1行）"].code == "key_unknown"
    assert problems["name"].code == "key_missing"


def test_what_fits_is_the_model() -> None:
    made = checked(Whole, Source.of({"name": "甲", "parts": {"a": {"rate": 1.0}}}))
    assert made.parts["a"].rate == 1.0


def test_a_thing_inside_a_file_is_told_by_its_own_path_and_the_line_of_the_file() -> None:
    source = Source.parse("annual:\n  name: 3\n", "index.yml").under("annual")
    faults = Faults(source)
    assert faults.model(Whole, source.content) is None
    assert [problem.where for problem in faults.problems] == ["name（第2行）"]


def test_faults_are_collected_and_nothing_is_raised_where_there_is_none() -> None:
    faults = Faults()
    faults.stop()
    assert faults.mapping((), "甲") == {}
    faults.unknown(("x",), "brnach", ["branch", "committee"])
    with pytest.raises(InputError, match="branch"):
        faults.stop()


def test_the_keys_that_may_stand_at_a_path() -> None:
    assert fields_at(Whole, ()) == ["name", "parts", "steps"]
    assert fields_at(Whole, ("parts", "a")) == fields_at(Whole, ("steps", 0)) == ["rate", "kind"]
    assert fields_at(Whole, ("name", "a")) == []
