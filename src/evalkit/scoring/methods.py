"""Methods of scoring as records: what a method is called, what it needs, what its values are.

A formula is registered where it stands::

    @RULES.add("minmax", zh="最好与最差之间按比例", onto=True)
    def _minmax(given: Given) -> Floats: ...

Everything else asks the record: which words an index may use, what is refused and why, the sentences that name a
method, and the options of a robustness run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar


@dataclass(frozen=True)
class Rule:
    """How the values of an indicator become a share of its points (a normalisation).

    Attributes
    ----------
    needs
        Parameters of `normalise` that it cannot do without.
    signed
        Whether its values can be negative.
    onto
        Whether they lie between ends that the caller may choose (so they are negative where an end is).
    absolute
        Whether a unit's value never depends on the others.
    top
        The value that earns all points; None where there is none, so that no grades can be given.
    varied
        Its place among the options of a robustness run, 0 where it is none: draws are numbered in this order.
    """

    name: str
    zh: str
    formula: Callable[..., Any]
    needs: tuple[str, ...] = ()
    signed: bool = False
    onto: bool = False
    absolute: bool = False
    top: float | None = 1.0
    varied: int = 0


@dataclass(frozen=True)
class Combination:
    """How the items of a node become one value (an aggregation).

    Attributes
    ----------
    positive
        Whether it has a meaning only for values that are not negative.
    pairwise
        Whether units are compared with each other, pair by pair, so that a unit's value depends on the others.
    varied
        As for `Rule`.
    """

    name: str
    zh: str
    formula: Callable[..., Any]
    positive: bool = False
    pairwise: bool = False
    varied: int = 0


Record = TypeVar("Record", Rule, Combination)
Formula = TypeVar("Formula", bound=Callable[..., Any])


class Registry(Mapping[str, Record], Generic[Record]):
    """The records of one kind by name, in the order of their formulas."""

    def __init__(self, kind: type[Record]) -> None:
        self._kind: type[Record] = kind
        self._records: dict[str, Record] = {}

    def add(self, name: str, **about: Any) -> Callable[[Formula], Formula]:
        """Register the decorated formula."""

        def register(formula: Formula) -> Formula:
            self._records[name] = self._kind(name=name, formula=formula, **about)
            return formula

        return register

    def __getitem__(self, name: str) -> Record:
        return self._records[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def varied(self) -> list[str]:
        """The names that a robustness run tries, in the order of its draws."""
        records = [record for record in self._records.values() if record.varied]
        return [record.name for record in sorted(records, key=lambda record: record.varied)]


RULES: Registry[Rule] = Registry(Rule)
COMBINATIONS: Registry[Combination] = Registry(Combination)
