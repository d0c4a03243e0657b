"""What an index and a star scheme may hold: a pydantic model for every mapping of index.yml and stars.yml.

A tree is read level by level (`evalkit.scoring.index`), so what lies below a key is ``Any`` here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from evalkit.scoring.aggregate import METHODS as COMBINE_METHODS
from evalkit.scoring.impute import METHODS as IMPUTE
from evalkit.scoring.normalise import METHODS as RULE_METHODS
from evalkit.scoring.treat import METHODS as TREAT
from evalkit.scoring.tree import NAN
from evalkit.world.kinds import (
    Comparing,
    Conditions,
    NotNegative,
    Number,
    Share,
    Strict,
    Text,
    number_or,
    one_of,
)

Rule = Annotated[str, one_of(*RULE_METHODS)]
Combine = Annotated[str, one_of(*COMBINE_METHODS)]
Entries = dict[Any, Any]
TARGET = "target"  # instead of a number: the indicator's own


class IndexFile(Strict):
    """An index as it is written."""

    name: Text = ""
    note: Text = ""
    rule: Rule = "share_of_target"
    points: NotNegative = 100
    combine: Combine = "arithmetic"
    power: Number = 2.0
    tree: Entries = Field(default={})
    grades: list[Any] = Field(default=[])
    needs: Share = 0.75
    impute: Annotated[str, one_of(*IMPUTE)] = "none"
    treat: Annotated[str, one_of(*TREAT)] = "none"


class Group(Strict):
    """A node of the tree that holds others."""

    name: Text = ""
    note: Text = ""
    rule: Rule = "share_of_target"
    points: NotNegative = 0
    combine: Combine = "arithmetic"
    power: Number = 2.0
    items: Entries = Field(default={})
    ahp: list[Any] = Field(default=[])


class Leaf(Strict):
    """An indicator in the tree."""

    name: Text = ""
    note: Text = ""
    rule: Rule = "share_of_target"
    points: NotNegative = 0
    better: Text = ""
    full_at: Annotated[Any, number_or(TARGET)] = NAN
    zero_at: Number = NAN
    low: Number = NAN
    high: Number = NAN


class Ends(Strict):
    """A cut-off: from (the number belongs to it) or above (it does not)."""

    start: Annotated[Number, Field(alias="from")] = 0
    above: Number = 0

    @property
    def strict(self) -> bool:
        return "above" in self.model_fields_set

    @property
    def lower(self) -> float:
        return float(self.above if self.strict else self.start)


class Grade(Ends):
    """A grade and its lower end."""

    grade: Text = ""


class StarLevel(Ends):
    """A number of stars, its lower end, and what it asks besides."""

    stars: int = 0
    label: Text = ""
    also: Conditions = Field(default={})
    quota: Share = 1.0


class Cycle(Strict):
    """Stars are given every so many years, beginning with one."""

    years: Annotated[Number, Field(ge=1)]
    first: int


class Item(Strict):
    """A dimension or an item of a star scheme; without items of its own it is a column."""

    name: Text = ""
    note: Text = ""
    heading: Text = ""
    domain: Text = ""
    points: NotNegative = 0
    steps: dict[Any, Number] = Field(default={})
    off: NotNegative = 0
    add: NotNegative = 0
    per: Text = ""
    cap: NotNegative = 0
    bonus: bool = False
    minus: bool = False
    items: Entries = Field(default={})


class StarTable(Strict):
    """The items of one domain."""

    name: Text = ""
    note: Text = ""
    when: Conditions = Field(default={})
    dimensions: Entries = Field(default={})
    items: Entries = Field(default={})


class StarsFile(Strict):
    """A star scheme as it is written."""

    name: Text = ""
    note: Text = ""
    points: NotNegative = 0
    base: NotNegative = 0
    cap: NotNegative = 0
    score: Text = ""
    dimensions: Entries = Field(default={})
    star_when: Comparing = ""
    cut_offs: list[Any] = Field(default=[])
    items: Entries = Field(default={})
    tables: Entries = Field(default={})
    not_rated: Conditions = Field(default={})
    veto: Conditions = Field(default={})
    at_most_up: NotNegative = 0
    rectify: Comparing = ""
    cycle: Entries = Field(default={})
    targets: dict[Comparing, Comparing] = Field(default={})
    quota_within: Literal["area", "all"] = "all"
    ties: Literal["out", "in"] = "out"
