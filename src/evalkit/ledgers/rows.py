"""What a row is: an ordered list of declared rules (grammar.yml), the first that fits; each is a few facts.

A fact is a function below; its name stands in grammar.yml. A rule that is new for an office is a line there, a fact that
is new a function here. The name of the rule is kept for every row (`Structure.rules`), so that it can be told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from evalkit.ledgers.cells import (
    ROWS,
    SECTION,
    aside,
    blank,
    cell_at,
    is_derived,
    is_total,
    money_unit,
    says_nothing,
    texts_of,
)
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.findings import declared
from evalkit.ledgers.headings import Headings, squeeze
from evalkit.ledgers.heads import is_heading
from evalkit.ledgers.regions import Region

_GRAMMAR: dict[str, Any] = declared("grammar.yml")


@dataclass(frozen=True)
class Kind:
    """What follows from the kind of a row."""

    name: str
    zh: str
    outcome: str
    counts: str = ""


@dataclass(frozen=True)
class Rule:
    """A declared rule of rows: facts that must hold, facts of which none may."""

    name: str
    zh: str
    kind: str
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class Look:
    """A row as the rules see it: its cells, and the table that is open above it."""

    sheet: RawSheet
    index: int
    headings: Headings
    table: Region | None
    key: int
    refused: bool

    @cached_property
    def cells(self) -> list[object]:
        return self.sheet.rows[self.index]

    @cached_property
    def texts(self) -> list[tuple[int, str]]:
        return texts_of(self.cells)

    @cached_property
    def first(self) -> str:
        """The first text, squeezed."""
        return squeeze(self.texts[0][1])

    @cached_property
    def named(self) -> bool:
        """Whether the column that makes a row a record is filled."""
        return self.table is not None and not blank(cell_at(self.cells, self.key))

    @cached_property
    def form(self) -> dict[str, Any]:
        """What is declared of the form of the open table."""
        return self.headings.forms[self.table.form] if self.table is not None else {}

    @cached_property
    def total_label(self) -> str | None:
        words = self.headings.total_words
        return next((t for _, t in self.texts[:4] if is_total(t, words)), None)

    @cached_property
    def derived_label(self) -> str:
        cells = (self.texts[0][1], cell_at(self.cells, self.key))
        return next((str(c) for c in cells if is_derived(c)), "")

    @cached_property
    def money_unit(self) -> str | None:
        return money_unit(t for _, t in self.texts) if len(self.texts) <= 3 else None

    @cached_property
    def nothing_said(self) -> str:
        """The words of a row that says 无 in place of a record; '' of any other."""
        assert self.table is not None
        columns = self.table.columns
        beside = {columns[c].index for c in _BESIDE_NOTHING if c in columns}
        words = [t for i, t in self.texts if says_nothing(t)]
        rest = [t for i, t in self.texts if i not in beside and not says_nothing(t)]
        empty = all(
            squeeze(t) in ("0", "0.0", "0.00", "-", "—", "——", "―", "――", "─", "–", "/")
            for t in rest
        )
        return words[0] if words and empty else ""

    @cached_property
    def merged_across(self) -> bool:
        n = self.index + 1
        return any(r1 <= n <= r2 and c2 > c1 for r1, c1, r2, c2 in self.sheet.merges)


_BESIDE_NOTHING = ("row_number", "area_name", "township", "period", "remark")
FACTS: dict[str, Callable[[Look], bool]] = {}


def fact(says: Callable[[Look], bool]) -> Callable[[Look], bool]:
    """Makes a function of a row a fact that rules may name."""
    FACTS[says.__name__.lstrip("_")] = says
    return says


@fact
def _table(look: Look) -> bool:
    """A heading above has opened a table."""
    return look.table is not None


@fact
def _blank(look: Look) -> bool:
    """No cell is filled."""
    return not look.texts


@fact
def _ordinary_name(look: Look) -> bool:
    """The key column holds a name, or a number, that is no heading, total, note or unit."""
    return ordinary(cell_at(look.cells, look.key), look.headings)


@fact
def _alone(look: Look) -> bool:
    """A text alone in the first column of a table of more than three columns."""
    return lone_key(look.key, look.table) and len(look.texts) == 1


@fact
def _set_aside(look: Look) -> bool:
    """The first cell makes a total or a note of a row whose key column is filled."""
    cell = look.cells[0] if look.key and look.cells else None
    return type(cell) is str and aside(cell, look.headings.total_words)


@fact
def _heading(look: Look) -> bool:
    """At least two filled cells, and half of them, are known headings; no number among them; no form of one unit."""
    return bool(look.texts) and is_heading(look.cells, look.headings)


@fact
def _nothing(look: Look) -> bool:
    """无, 本年度无此项 ... stands in place of a record."""
    return bool(look.nothing_said)


@fact
def _page_number(look: Look) -> bool:
    """第3页，共5页: at most three cells, each of which numbers the printed page."""
    said = [squeeze(text) for _, text in look.texts]
    return len(said) <= 3 and all(ROWS.page.fullmatch(text) for text in said)


@fact
def _titles_again(look: Look) -> bool:
    """The titles of the open table once more, on its next page."""
    known = {squeeze(text) for text in look.table.titles} if look.table is not None else set()
    return bool(known) and {squeeze(text) for _, text in look.texts} <= known


@fact
def _derived(look: Look) -> bool:
    """平均, 占比, 其中：…… stands first, or in place of a name."""
    return bool(look.derived_label)


@fact
def _total(look: Look) -> bool:
    """合计, 小计 ... stands in one of the first four filled cells."""
    return look.total_label is not None


@fact
def _items(look: Look) -> bool:
    """The form lists figures, one a row (指标, 数值)."""
    return "layout" in look.form


@fact
def _item(look: Look) -> bool:
    """An item of such a form: 党员总数 sums nothing up."""
    return _items(look) and look.named


@fact
def _item_unfilled(look: Look) -> bool:
    """An item of which no number is given; a heading says 数值 there."""
    if look.table is None or not _item(look) or "value" not in look.table.columns:
        return False
    return blank(cell_at(look.cells, look.table.columns["value"].index))


@fact
def _item_with_unit(look: Look) -> bool:
    """An item that may tell its unit: 党建经费总额（单位：万元）."""
    return _item(look) and not ROWS.unit_row.match(look.first)


@fact
def _note(look: Look) -> bool:
    """注：, 说明： ... stands first."""
    return bool(ROWS.note.search(look.first))


@fact
def _signature(look: Look) -> bool:
    """A cell holds 填表人：, 审核人： ..."""
    return any(ROWS.signed.search(squeeze(t)) for _, t in look.texts)


@fact
def _few_cells(look: Look) -> bool:
    """At most six cells are filled."""
    return len(look.texts) <= 6


@fact
def _two_cells(look: Look) -> bool:
    """At most two cells are filled."""
    return len(look.texts) <= 2


@fact
def _place(look: Look) -> bool:
    """填报单位：, 填报时间： ... stands first."""
    return bool(ROWS.place_row.search(look.first))


@fact
def _unit(look: Look) -> bool:
    """At most three cells, one of which says a unit of money: 单位：万元."""
    return look.money_unit is not None


@fact
def _one_text(look: Look) -> bool:
    """All filled cells say the same."""
    return len({t for _, t in look.texts}) == 1


@fact
def _section_number(look: Look) -> bool:
    """（一） or 第一部分 stands first, or the row is merged across columns."""
    return bool(SECTION.match(look.first)) or look.merged_across


@fact
def _named(look: Look) -> bool:
    """The column that makes a row a record is filled."""
    return look.named


@fact
def _nameless_allowed(look: Look) -> bool:
    """The form keeps rows that name nobody (`nameless` in headings.yml): an amount, an activity of the office."""
    return bool(look.form.get("nameless"))


@fact
def _goes_on(look: Look) -> bool:
    """A row without a name that has units of the instructor above it, and no number of its own."""
    table = look.table
    if table is None or not look.form.get("goes_on") or not table.rows:
        return False
    number, served = (
        table.columns[c].index if c in table.columns else None
        for c in ("row_number", look.form["goes_on"])
    )
    numbered = number is not None and not blank(cell_at(look.cells, number))
    return served is not None and not blank(cell_at(look.cells, served)) and not numbered


@fact
def _refused_above(look: Look) -> bool:
    """The last heading was not taken: too few columns are known, or a necessary one is lacking."""
    return look.refused


def lone_key(key: int, table: Region | None) -> bool:
    """Whether a text that stands alone in the key column is no record: it is the first column of many."""
    return table is not None and key == 0 and len(table.columns) > 3


def ordinary(cell: object, headings: Headings) -> bool:
    """Whether a cell of the key column is a name, or a number: no heading, total, note or unit."""
    if type(cell) is not str:
        return cell is not None
    if ROWS.name.match(cell):
        return True
    text = squeeze(cell)
    special = (ROWS.note.search, ROWS.signed.search, ROWS.unit_row.match, ROWS.place_row.match)
    known = (
        headings.known(cell)
        or is_total(cell, headings.total_words)
        or is_derived(cell)
        or says_nothing(cell)
    )
    return bool(text) and not known and not any(looks(text) for looks in special)


def _declared(raw: dict[str, Any]) -> Rule:
    named = {"when": tuple(raw.get("when", ())), "unless": tuple(raw.get("unless", ()))}
    return Rule(raw["rule"], raw["zh"], raw["kind"], **named)


def _mapped(kind: str) -> Rule:
    return Rule(f"mapped_{kind}", str(_GRAMMAR["mapped"]), kind)


KINDS = {name: Kind(name, **about) for name, about in _GRAMMAR["kinds"].items()}
RULES: tuple[Rule, ...] = tuple(map(_declared, _GRAMMAR["rows"]))
_MAPPED = {kind: _mapped(kind) for kind in KINDS}
BY_NAME: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        *RULES,
        *(Rule(name, one["zh"], one["kind"]) for name, one in _GRAMMAR["more"].items()),
        *_MAPPED.values(),
    )
}
# the rule of nearly all rows: the reader asks it in a loop of its own (`grid._Reading._records`)
FIRST = RULES[0].name
BELOW_A_TOLD_HEADING = tuple(rule for rule in RULES if rule.kind != "heading")


def mapped(kind: str) -> Rule:
    """What an office's mapping.yml says of a row."""
    return _MAPPED[kind]


def counts_of(rules: Sequence[str]) -> dict[str, int]:
    """The rows of a sheet by what its report counts: every row that is not blank is in one count."""
    found = Counter(KINDS[BY_NAME[name].kind].counts for name in rules if name)
    names = dict.fromkeys(kind.counts for kind in KINDS.values() if kind.counts)
    return {name: found[name] for name in names} if rules else {}


def rule_of(look: Look, rules: Sequence[Rule] = RULES) -> Rule:
    """The first rule that fits a row."""
    return next(
        rule
        for rule in rules
        if all(FACTS[name](look) for name in rule.when)
        and not any(FACTS[name](look) for name in rule.unless)
    )
