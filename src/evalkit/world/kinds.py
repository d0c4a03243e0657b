"""Kinds of values that declared files share, as types of pydantic models; each says in Chinese what it must be."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from evalkit.world.condition import Comparison, ConditionError, parse
from evalkit.world.declared import ONE_OF, WORDS
from evalkit.world.number import plain

LARGEST = 1e12  # of a number that anybody writes


class Strict(BaseModel):
    """A mapping of a declared file: frozen, no unknown key, nothing converted in silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def given(self) -> dict[str, Any]:
        """What the file says, by its keys; what it does not say is left out."""
        fields = type(self).model_fields
        return {fields[name].alias or name: getattr(self, name) for name in self.model_fields_set}


def _fault(kind: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "{said}", {"said": WORDS["kinds"][kind]})  # type: ignore[arg-type]


def text_of(value: Any) -> Any:
    """A number that stands where a text is asked is one: a name may be 2025."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return plain(value) if is_number else value


def between(low: float, high: float, kind: str) -> BeforeValidator:
    """A number from `low` to `high`, both included; what it must be stands in declared.yml under `kind`."""

    def check(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _fault("number")
        if not low <= value <= high or math.isnan(value):
            raise _fault(kind)
        return value

    return BeforeValidator(check)


def one_of(*choices: str) -> BeforeValidator:
    """One of some words."""

    def check(value: Any) -> Any:
        if not isinstance(value, str) or value not in choices:
            raise PydanticCustomError(ONE_OF, "{choices}", {"choices": choices})
        return value

    return BeforeValidator(check)


def number_or(word: str) -> BeforeValidator:
    """A number, or one word that stands for another one."""

    def check(value: Any) -> Any:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if value != word and not (is_number and abs(value) <= LARGEST):
            said = WORDS["kinds"]["number_or"].format(word=word)
            raise PydanticCustomError("number_or", "{said}", {"said": said})
        return value

    return BeforeValidator(check)


def _fits(reads: Callable[[Any], bool], kind: str) -> BeforeValidator:
    """A value that a reader can read; what it must be stands in declared.yml."""

    def check(value: Any) -> Any:
        if not reads(value):
            raise _fault(kind)
        return value

    return BeforeValidator(check)


def _is_condition(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    try:
        parse(value)
    except ConditionError:
        return False
    return True


Text = Annotated[str, BeforeValidator(text_of)]
Number = Annotated[int | float, between(-LARGEST, LARGEST, "number")]
NotNegative = Annotated[int | float, between(0, LARGEST, "not_negative")]
Share = Annotated[int | float, between(0, 1, "share")]
Comparing = Annotated[Any, _fits(lambda value: Comparison.parse(value) is not None, "comparison")]
Conditions = Annotated[Any, _fits(_is_condition, "conditions")]
