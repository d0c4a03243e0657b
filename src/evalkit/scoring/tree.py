"""An index as a value: a tree of points, and the cut-offs of its grades."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

NAN = float("nan")
NEAR = 1e-9  # a score so close to a cut-off stands on it
OF_TARGET = "share_of_target"  # the rule for which each unit may have a full-score line of its own


@dataclass(frozen=True)
class Cut:
    """A cut-off given by its lower end; `strict` leaves the end itself out."""

    start: float
    strict: bool
    value: Any

    def holds(self, score: Any) -> Any:
        return (score > self.start + NEAR) if self.strict else (score >= self.start - NEAR)


@dataclass(frozen=True)
class Level(Cut):
    """The cut-off of a number of stars: its name, a precondition, and which share of the rated may have it."""

    label: str = ""
    also: Mapping[str, Any] = field(default_factory=dict)
    quota: float = 1.0


@dataclass(frozen=True)
class Node:
    """An indicator (no children) or a group of them; `points` add up to those of the parent."""

    code: str
    name: str
    points: float
    children: tuple[Node, ...] = ()
    combine: str = "arithmetic"
    power: float = 2.0
    rule: str = OF_TARGET
    better: str = "higher"
    full_at: float = NAN
    zero_at: float = NAN
    low: float = NAN
    high: float = NAN
    # full_at is what all areas set themselves (common), or each is measured by its own goal (own), or none is the line,
    # since they differ and the rule knows one line only (differs)
    aim: str = ""

    def leaves(self) -> Iterator[Node]:
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()

    def groups(self) -> list[Node]:
        """This node and all below it that have children."""
        if not self.children:
            return []
        return [self, *(group for child in self.children for group in child.groups())]

    def spans(self) -> Iterator[tuple[Node, slice]]:
        """The children, each with the place of its leaves among those of this node."""
        at = 0
        for child in self.children:
            width = sum(1 for _ in child.leaves())
            yield child, slice(at, at + width)
            at += width

    def scaled(self, points: float) -> Node:
        """The same node with other points, those below it in proportion."""
        factor = points / self.points if self.points else 0.0
        children = tuple(child.scaled(child.points * factor) for child in self.children)
        return dataclasses.replace(self, points=points, children=children)

    def replaced(self, changes: Mapping[str, float | None]) -> Node | None:
        """Points changed by code (None takes the node out); siblings that are not named share the rest in proportion."""
        if not self.children:
            return self
        kept = [
            child
            for child in self.children
            if changes.get(child.code, 0.0) is not None and child.replaced(changes) is not None
        ]
        if not kept:
            return None
        given: dict[str, float] = {}
        for child in kept:
            points = changes.get(child.code)
            if points is not None:
                given[child.code] = points
        free = sum(child.points for child in kept if child.code not in given)
        factor = (self.points - sum(given.values())) / free if free else 1.0
        scaled = (
            child.scaled(given.get(child.code, child.points * factor)).replaced(changes)
            for child in kept
        )
        done = tuple(child for child in scaled if child is not None)
        return dataclasses.replace(self, children=done, points=sum(c.points for c in done))


@dataclass(frozen=True)
class Index:
    """A checked index: its tree, how much must be known for a score, grades, and what happens to the data before."""

    code: str
    name: str
    root: Node
    needs: float = 0.75
    grades: tuple[Cut, ...] = ()
    impute: str = "none"
    treat: str = "none"
    note: str = ""

    @cached_property
    def leaves(self) -> list[Node]:
        return list(self.root.leaves())

    @cached_property
    def points(self) -> Any:
        return np.array([leaf.points for leaf in self.leaves])
