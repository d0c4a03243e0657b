"""Any declared file: every fault at once, with its line, what is allowed and the nearest name."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args

import pytest
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticKnownError
from pydantic_core.core_schema import ErrorType

from evalkit.problems import InputError
from evalkit.world.declared import Faults, Source, checked, choices_at, fields_at, in_chinese
from evalkit.world.kinds import Comparing, Conditions, NotNegative, Share, Text, one_of


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
    assert problems["steps[1].rate（第8行）"].allowed == "不小于0"
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


def test_the_words_of_a_literal_at_a_path() -> None:
    assert choices_at(Whole, ("parts", "a", "kind")) == ["branch", "committee"]
    assert choices_at(Whole, ("steps", 0, "rate")) == []


# no English reaches a user

EXAMPLES: dict[str, Any] = {
    "gt": 0.0,
    "ge": 0.0,
    "lt": 1.5,
    "le": 1.0,
    "multiple_of": 5.0,
    "min_length": 1,
    "max_length": 60,
    "actual_length": 70,
    "field_type": "List",
    "max_digits": 3,
    "decimal_places": 2,
    "whole_digits": 9,
    "pattern": "R01",
    "error": "这样不行",
    "expected": "甲",
    "class": "甲",
    "class_name": "甲",
    "method_name": "甲",
    "attribute": "甲",
    "discriminator": "甲",
    "tag": "甲",
    "expected_tags": "甲",
    "expected_schemes": "甲",
    "expected_version": 4,
    "encoding": "甲",
    "encoding_error": "甲",
    "tz_expected": 0,
    "tz_actual": 1,
}
SPELT = re.compile("(true|false|examples|R01|>= 3|present|missing|target)")


@pytest.mark.parametrize("kind", get_args(ErrorType))
def test_every_kind_of_error_of_pydantic_is_told_in_chinese(kind: str) -> None:
    known = PydanticKnownError(kind, EXAMPLES)  # type: ignore[arg-type]
    told = in_chinese({"type": kind, "ctx": EXAMPLES, "msg": known.message()})
    assert re.search("[一-鿿]", told) and not re.search("[A-Za-z]{2}", SPELT.sub("", told))
    assert "{" not in told and "0.0" not in told


class Kinds(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    text: Text = ""
    amount: NotNegative = 0
    share: Share = 1.0
    way: Annotated[str, one_of("mean", "median")] = "mean"
    above: Comparing = ">= 1"
    where: Conditions = {}


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({"text": True}, "文字"),
        ({"text": None}, "文字"),
        ({"text": ["甲"]}, "文字"),
        ({"amount": -1}, "不小于 0"),
        ({"amount": "1"}, "数字"),
        ({"amount": True}, "数字"),
        ({"amount": 1e300}, "不小于 0"),
        ({"share": 1.5}, "0 至 1"),
        ({"way": "meen"}, "mean、median"),
        ({"way": None}, "mean、median"),
        ({"above": "about 2"}, ">= 85%、<= 2 这样的写法"),
        ({"above": 3}, ">= 85%、<= 2 这样的写法"),
        ({"where": {"a": None}}, "列: 值、[值, …]、>= 3、present 或 missing"),
        ({"where": 3}, "列: 值、[值, …]、>= 3、present 或 missing"),
    ],
)
def test_the_kinds_of_values_say_what_they_are(given: dict[str, Any], allowed: str) -> None:
    faults = Faults()
    fits = faults.fitting(Kinds, given | {"text ": "甲"})
    assert fits == Kinds()
    told = {problem.where: problem for problem in faults.problems}
    assert told.keys() == {*given, "text "} and told[next(iter(given))].allowed == allowed
    assert "是否想写“text”" in told["text "].advice


def test_a_number_is_a_text_where_a_text_is_asked() -> None:
    assert Kinds(text=2025).text == "2025"


def test_keys_that_are_no_text_are_unknown() -> None:
    faults = Faults()
    faults.fitting(Kinds, {1: "甲", False: "乙", None: "丙", ("a", "b"): "丁"})
    assert {problem.code for problem in faults.problems} == {"key_unknown"}
