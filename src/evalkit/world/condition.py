"""Conditions: ``{column: value | [values] | ">= 3" | present | missing}``, with ``all`` and ``any``; written once, read here.

One parser and four readers:

- `three`: three readings over the columns of a block (as printed; for every value that the ledger allows; for some);
- `mask`: rows of a pandas frame that meet it;
- `in_words`: what it says, in Chinese;
- `columns_of`: the columns that it touches.

There is no negation, so a row with an empty cell is either undecided (`three`) or left out (`mask`), and both readers
give the same rows where no cell carries an interval.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Protocol

import numpy as np
import pandas as pd

from evalkit.world.number import plain

BoolArray = np.ndarray[Any, np.dtype[np.bool_]]

PRESENT, MISSING, ONE_OF = "present", "missing", "in"
_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_SIGN_IN_WORDS = {">=": "不少于", "<=": "不多于", ">": "多于", "<": "少于"}
_COMPARISON = re.compile(r"(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)\s*(%?)")
_OPEN_END = 2**62  # an upper end that the ledger leaves open: larger than any number of a ledger
_NUMERIC_KINDS = ("int", "money", "number")
ALLOWED = '值、[值, …]、">= 3" 这样的比较、present 或 missing'


@dataclass(frozen=True)
class Comparison:
    """``>= 3`` or ``>= 85%``: a sign and a limit, the end included or not as the sign says."""

    sign: str
    limit: float
    percent: bool = False

    @classmethod
    def parse(cls, text: object) -> Comparison | None:
        """The comparison that a text writes (full-width signs and ≥ ≤ too), None where it is none.

        >>> Comparison.parse(">= 85%"), Comparison.parse("≤2"), Comparison.parse("三个")
        (Comparison(sign='>=', limit=85, percent=True), Comparison(sign='<=', limit=2, percent=False), None)
        """
        if not isinstance(text, str):
            return None
        plain = unicodedata.normalize("NFKC", text).replace("≥", ">=").replace("≤", "<=").strip()
        found = _COMPARISON.fullmatch(plain)
        if found is None:
            return None
        limit = float(found[2])
        return cls(found[1], int(limit) if limit.is_integer() else limit, bool(found[3]))

    def holds(self, values: Any) -> Any:
        """Where `values` meet it; an unknown number (NaN) does not."""
        return self.against(values, self.limit)

    def against(self, values: Any, limits: Any) -> Any:
        """The same with other limits: a share of each item's points, where the comparison is in percent."""
        return _SIGNS[self.sign](values, limits)

    def __str__(self) -> str:
        return f"{self.sign} {plain(self.limit)}{'%' if self.percent else ''}"


@dataclass(frozen=True)
class Test:
    """One column and what is asked of it.

    Parameters
    ----------
    column
        Name of the column.
    kind
        ``in`` (one of `values`), ``present``, ``missing``, or the sign of `comparison`.
    """

    column: str
    kind: str
    values: tuple[Any, ...] = ()
    comparison: Comparison | None = None


@dataclass(frozen=True)
class AllOf:
    """Every part holds; without parts always."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]


Condition = Test | AllOf | AnyOf
ALWAYS = AllOf()
_GROUPS: dict[str, type[AllOf] | type[AnyOf]] = {"all": AllOf, "any": AnyOf}


@dataclass(frozen=True)
class Fault:
    """What is wrong in a condition: where in it, what stands there, what is allowed."""

    path: tuple[str | int, ...]
    found: Any
    allowed: str
    unknown_among: tuple[str, ...] = ()  # the names that exist, where a name is unknown


class ConditionError(ValueError):
    """A condition that cannot be read; carries every fault of it."""

    def __init__(self, faults: Sequence[Fault]):
        self.faults = tuple(faults)
        super().__init__(
            "；".join(f"{fault.path}: {fault.found}（{fault.allowed}）" for fault in faults)
        )


# --- the parser -------------------------------------------------------------------------------------------------


def parse(where: Any, any_of: Sequence[Any] = ()) -> Condition:
    """A condition as it is written in YAML.

    Parameters
    ----------
    where
        Mapping of columns to tests; the keys ``all`` and ``any`` hold lists of such mappings.
    any_of
        Alternatives of which one must hold besides (the ``any:`` beside ``where:`` of a measure).

    Raises
    ------
    ConditionError
        With every fault.
    """
    faults: list[Fault] = []
    whole = _mapping(where or {}, (), faults)
    if any_of:
        alternatives = tuple(_mapping(one, ("any", n), faults) for n, one in enumerate(any_of))
        whole = AllOf((*_parts_of(whole), AnyOf(alternatives)))
    if faults:
        raise ConditionError(faults)
    return whole


def _parts_of(condition: Condition) -> tuple[Condition, ...]:
    return condition.parts if isinstance(condition, AllOf) else (condition,)


def _mapping(raw: Any, path: tuple[str | int, ...], faults: list[Fault]) -> Condition:
    if not isinstance(raw, Mapping):
        faults.append(Fault(path, raw, "列: " + ALLOWED))
        return ALWAYS
    parts: list[Condition] = []
    for key, asked in raw.items():
        here = (*path, str(key))
        if key in _GROUPS:
            if not isinstance(asked, list) or not asked:
                faults.append(Fault(here, asked, f"{key} 下一行一项，以 - 开头，至少一项"))
                continue
            inner = tuple(_mapping(one, (*here, n), faults) for n, one in enumerate(asked))
            parts.append(_GROUPS[key](inner))
        else:
            parts += _test(str(key), asked, here, faults)
    return AllOf(tuple(parts))


def _test(column: str, asked: Any, path: tuple[str | int, ...], faults: list[Fault]) -> list[Test]:
    if asked in (PRESENT, MISSING) and isinstance(asked, str):
        return [Test(column, asked)]
    comparison = Comparison.parse(asked)
    if comparison is not None:
        return [Test(column, comparison.sign, comparison=comparison)]
    values = asked if isinstance(asked, list) else [asked]
    looks_like_a_comparison = [
        v for v in values if isinstance(v, str) and v.strip()[:1] in "<>≥≤＜＞" and v.strip()
    ]
    if (
        not values
        or looks_like_a_comparison
        or any(isinstance(v, Mapping | list) or v is None for v in values)
    ):
        faults.append(Fault(path, asked, ALLOWED))
        return []
    return [Test(column, ONE_OF, tuple(values))]


def tests_of(condition: Condition) -> Iterator[tuple[tuple[str | int, ...], Test]]:
    """Every test with its path as it is written."""
    yield from _walk(condition, ())


def _walk(
    condition: Condition, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Test]]:
    if isinstance(condition, Test):
        yield (*path, condition.column), condition
    elif isinstance(condition, AllOf):
        for part in condition.parts:
            yield from _walk(part, path)
    else:
        for n, part in enumerate(condition.parts):
            yield from _walk(part, (*path, "any", n))


def columns_of(condition: Condition) -> tuple[str, ...]:
    """The columns that a condition touches, each once, in the order of writing."""
    return tuple(dict.fromkeys(test.column for _path, test in tests_of(condition)))


def misfits(
    condition: Condition, kinds: Mapping[str, str], choices: Mapping[str, Collection[str]]
) -> Iterator[Fault]:
    """What in a condition does not fit the columns.

    Parameters
    ----------
    kinds
        Kind of every column: text, int, money, number, date, bool, or the name of a closed list.
    choices
        The closed lists: their values by name.
    """
    for path, test in tests_of(condition):
        if test.column not in kinds:
            yield Fault(path, test.column, "、".join(kinds), tuple(kinds))
            continue
        kind = kinds[test.column]
        if test.kind in (PRESENT, MISSING):
            continue
        options = tuple(choices.get(kind, ()))
        for value in [test.comparison] if test.comparison else test.values:
            fault = _misfit(value, kind, options)
            if fault:
                yield Fault(path, value if test.comparison is None else str(value), fault, options)


def _misfit(value: Any, kind: str, options: tuple[str, ...]) -> str:
    """What a value of this kind of column may be, where `value` is not; else nothing."""
    if options:
        return "" if str(value) in options else "、".join(options)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "bool":
        return "" if isinstance(value, bool) else "true、false、present、missing"
    if kind == "text":
        return "" if isinstance(value, str) else "文字（数字请加引号）、present、missing"
    if kind == "date":
        return "present、missing"
    compares = isinstance(value, Comparison) and not value.percent
    return "" if is_number or compares else '数字、[数字, …]、">= 3" 这样的比较、present、missing'


# --- three readings over the columns of a block ------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Column:
    """A column of a block: its values, where a cell holds something, the words that text codes stand for.

    Attributes
    ----------
    values
        (n,) numbers, truth values, or of text the place of its word in `words`.
    known
        (n,) whether the cell holds something.
    """

    values: np.ndarray[Any, Any]
    known: BoolArray
    words: tuple[str, ...] | None = None


class Columns(Protocol):
    """Whatever gives columns by name: a view of a block."""

    def __contains__(self, name: object) -> bool: ...

    def __getitem__(self, name: str) -> Column: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True, eq=False)
class Truth:
    """Three-valued truth of every row, as in SQL: true, false, or unknown (`known` false; `true` is false there)."""

    true: BoolArray
    known: BoolArray

    def __and__(self, other: Truth) -> Truth:
        true = self.true & other.true
        return Truth(true, true | self._false | other._false)

    def __or__(self, other: Truth) -> Truth:
        true = self.true | other.true
        return Truth(true, true | (self._false & other._false))

    @property
    def _false(self) -> BoolArray:
        return self.known & ~self.true


@dataclass(frozen=True, eq=False)
class Reading:
    """A condition as printed, for every value that the ledger allows (`sure`), for some value (`possible`).

    Where no column of the condition carries an interval, all three are the same object.
    """

    printed: Truth
    sure: Truth
    possible: Truth

    @property
    def exact(self) -> bool:
        return self.sure is self.printed and self.possible is self.printed

    def joined(self, other: Reading, how: Callable[[Truth, Truth], Truth]) -> Reading:
        printed = how(self.printed, other.printed)
        if self.exact and other.exact:
            return Reading(printed, printed, printed)
        return Reading(printed, how(self.sure, other.sure), how(self.possible, other.possible))


def three(condition: Condition, block: Columns, null_speaks: Collection[str] = ()) -> Reading:
    """The three readings of a condition over a block.

    Parameters
    ----------
    block
        Columns by name; a column ``x`` with an interval has ``x_low`` and ``x_high`` beside it.
    null_speaks
        Columns whose empty cell says something (not covered, not rated): there a test is false, not undecided.
    """
    if isinstance(condition, Test):
        return _three_of_test(condition, block, null_speaks)
    readings = [three(part, block, null_speaks) for part in condition.parts]
    if not readings:
        everywhere = np.ones(len(block), dtype=bool)
        always = Truth(everywhere, everywhere)
        return Reading(always, always, always)
    how = operator.and_ if isinstance(condition, AllOf) else operator.or_
    return reduce(lambda one, other: one.joined(other, how), readings)


def _three_of_test(test: Test, block: Columns, null_speaks: Collection[str]) -> Reading:
    column = block[test.column]
    if test.kind in (PRESENT, MISSING):
        everywhere = np.ones(len(block), dtype=bool)
        found = Truth(column.known if test.kind == PRESENT else ~column.known, everywhere)
        return Reading(found, found, found)
    has_interval = f"{test.column}_low" in block
    if not has_interval:
        printed = _at(test, column)
        parts = [printed]
    else:
        low, high = _ends(test.column, block)
        printed = _at(test, column)
        sure, possible = (
            _comparison_ends(test, low, high)
            if test.comparison
            else _value_ends(test, printed, low, high)
        )
        # an end is only known where the number itself stands in the ledger
        parts = [printed, *(Truth(end & column.known, column.known) for end in (sure, possible))]
    if test.column in null_speaks:
        everywhere = np.ones(len(block), dtype=bool)
        parts = [Truth(part.true, everywhere) for part in parts]
    return Reading(parts[0], parts[0], parts[0]) if len(parts) == 1 else Reading(*parts)


def _at(test: Test, column: Column) -> Truth:
    if test.comparison:
        return Truth(
            np.asarray(test.comparison.holds(column.values), dtype=bool) & column.known,
            column.known,
        )
    if column.words is None:
        wanted: Iterable[Any] = test.values
    else:
        wanted = [n for n, word in enumerate(column.words) if word in test.values]
    hits = np.zeros(len(column.values), dtype=bool)
    for value in wanted:
        hits |= column.values == value
    return Truth(hits & column.known, column.known)


def _ends(name: str, block: Columns) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    low, high = block[f"{name}_low"], block[f"{name}_high"]
    return low.values, np.where(high.known, high.values, _OPEN_END)


def _comparison_ends(test: Test, low: Any, high: Any) -> tuple[BoolArray, BoolArray]:
    assert test.comparison is not None
    at_low, at_high = test.comparison.holds(low), test.comparison.holds(high)
    return (at_low, at_high) if test.comparison.sign.startswith(">") else (at_high, at_low)


def _value_ends(test: Test, printed: Truth, low: Any, high: Any) -> tuple[BoolArray, BoolArray]:
    first, last = min(test.values), max(test.values)
    without_gaps = last - first + 1 == len(set(test.values))
    if without_gaps:
        return (low >= first) & (high <= last), (high >= first) & (low <= last)
    return (low == high) & printed.true, printed.true | (low < high)


# --- a frame ------------------------------------------------------------------------------------------------------


def mask(condition: Condition, frame: pd.DataFrame) -> BoolArray:
    """Rows of a frame that meet a condition; an empty cell meets none but ``missing``.

    Raises
    ------
    KeyError
        A column that the frame lacks; ask `columns_of` first.
    """
    if isinstance(condition, Test):
        return _mask_of_test(condition, frame[condition.column])
    masks = [mask(part, frame) for part in condition.parts]
    if not masks:
        return np.ones(len(frame), dtype=bool)
    return (
        np.logical_and.reduce(masks)
        if isinstance(condition, AllOf)
        else np.logical_or.reduce(masks)
    )


def _mask_of_test(test: Test, values: pd.Series) -> BoolArray:
    known = values.notna().to_numpy(dtype=bool)
    if test.kind in (PRESENT, MISSING):
        return known if test.kind == PRESENT else ~known
    if test.comparison:
        numbers = (
            pd.to_numeric(values, errors="coerce")
            .astype("Float64")
            .to_numpy(dtype=float, na_value=np.nan)
        )
        return np.asarray(test.comparison.holds(numbers), dtype=bool)
    if pd.api.types.is_bool_dtype(values.dtype) and all(
        isinstance(one, bool) for one in test.values
    ):
        told = values.fillna(False).to_numpy(dtype=bool)  # where it is unknown, `known` decides
        return np.isin(told, list(test.values)) & known
    plain = values.astype(object).where(values.notna(), None)
    return plain.isin(list(test.values)).to_numpy(dtype=bool) & known


# --- words --------------------------------------------------------------------------------------------------------


def in_words(
    condition: Condition, column_name: Callable[[str], str], value_name: Callable[[str, Any], str]
) -> list[str]:
    """What a condition says, a text for each part that must hold.

    >>> where = parse({"members": ">= 3", "functional": False})
    >>> in_words(where, lambda column: column, lambda column, value: str(value))
    ['members不少于3', 'functional为否']
    """
    parts = condition.parts if isinstance(condition, AllOf) else (condition,)
    return [text for part in parts for text in _said(part, column_name, value_name)]


def _said(
    part: Condition, column_name: Callable[[str], str], value_name: Callable[[str, Any], str]
) -> list[str]:
    if isinstance(part, AllOf):
        return in_words(part, column_name, value_name)
    if isinstance(part, AnyOf):
        some = ["且".join(in_words(one, column_name, value_name)) for one in part.parts]
        return ["（" + "，或".join(some) + "）"]
    name = column_name(part.column)
    if part.kind in (PRESENT, MISSING):
        return [f"{name}{'有' if part.kind == PRESENT else '无'}"]
    if part.comparison:
        limit = plain(part.comparison.limit) + "%" * part.comparison.percent
        return [f"{name}{_SIGN_IN_WORDS[part.comparison.sign]}{limit}"]
    said = (
        "否是"[value] if isinstance(value, bool) else value_name(part.column, value)
        for value in part.values
    )
    return [f"{name}为{'、'.join(said)}"]
