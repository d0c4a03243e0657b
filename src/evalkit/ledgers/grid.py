"""The structure of a sheet: which rows are titles, headings, records, totals and notes.

Pure functions over a `RawSheet`'s grid; what a column means is `headings`' business, what a cell says `values`'.
A sheet becomes blocks: a block is a run of records under one heading, with one set of units.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from evalkit.ledgers import persons
from evalkit.ledgers.cells import BODY, ROWS, aside, money_unit, says_nothing, texts_of
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.findings import RULES, finding
from evalkit.ledgers.headings import LEFT_OUT, Headings, plain, squeeze
from evalkit.ledgers.heads import (
    fill_down,
    is_card,
    is_group,
    is_lower,
    is_units,
    known_cells,
    levels_of,
    same_lowest,
    written,
)
from evalkit.ledgers.matching import Matching, personal, unit_or_unit, unmatched
from evalkit.ledgers.overrides import NO_WORDS, SheetWords
from evalkit.ledgers.regions import ColumnAt, Levels, Region, Structure, where
from evalkit.ledgers.rows import (
    BELOW_A_TOLD_HEADING,
    FIRST,
    Look,
    Rule,
    lone_key,
    mapped,
    ordinary,
    rule_of,
)


def skip_reason(sheet: RawSheet) -> str:
    """Why a sheet is left out by its name alone: dictionary, cover, example; '' where it is not."""
    return "名称表明是字典、封面、说明或示例" if ROWS.skip_name.search(squeeze(sheet.name)) else ""


def is_summary(sheet: RawSheet) -> bool:
    return bool(ROWS.summary_name.search(squeeze(sheet.name)))


def structure(
    sheet: RawSheet,
    headings: Headings,
    announced: str | None = None,
    said: SheetWords = NO_WORDS,
) -> Structure:
    """Split a sheet into blocks.

    Parameters
    ----------
    announced
        The form that the file's name tells, used where neither sheet title nor sheet name tells one.
    said
        What the office's mapping.yml says of this sheet's rows and columns.
    """
    fill_down(sheet)
    return _Reading(sheet, headings, announced, said).run()


class _Reading:
    """One sheet from the top down; `block` is the one that takes records, `pending` the texts above the next heading.

    What a row is, the rules of grammar.yml say (`rows.rule_of`); what becomes of it, a function for each kind.
    """

    def __init__(
        self, sheet: RawSheet, headings: Headings, announced: str | None, said: SheetWords
    ):
        self.sheet, self.headings, self.told, self.words = sheet, headings, announced, said
        self.out = Structure(rules=[""] * len(sheet.rows))
        self.pending: list[tuple[int, str]] = []
        self.block: Region | None = None
        self.key = -1
        self.money: str | None = None
        self.refused = -1  # the row of the last heading, where it was not taken
        self.cards = 0  # rows of a form filled for one unit
        self.empty: Region | None = None  # the last block under whose heading a row says 无
        self.said: tuple[int, str] = (0, "")
        self.headed: Region | None = None  # the block of the last heading
        self.levels: Levels = {}  # its texts
        self.becomes: dict[str, Callable[[Look, Rule], None]] = {
            "blank": self._skip,
            "left_out": self._skip,
            "page": self._skip,
            "title_again": self._skip,
            "data": self._record,
            "nothing": self._says_nothing,
            "derived": self._derived,
            "total": self._total,
            "note": self._note,
            "unit": self._above,
            "unread": self._above,
            "title": self._above,
            "section": self._above,
            "place": self._above,
            "lacking": self._lacking,
        }

    def run(self) -> Structure:
        i, out = 0, self.out
        while (i := self._records(i)) < len(self.sheet.rows):
            look = Look(self.sheet, i, self.headings, self.block, self.key, self.refused >= 0)
            rule = self._rule(look)
            if rule.kind == "heading":
                i = self._heading(i)
                continue
            self.cards += is_card(known_cells(look.cells, self.headings))
            out.rules[i] = rule.name
            self.becomes[rule.kind](look, rule)
            i += 1
        self._close()
        out.titles = out.titles or [t for _, t in self.pending]
        self._stated()
        kept = sum(len(b.rows) for b in out.blocks)
        if kept:
            out.reason = ""
        elif out.stated is not None:
            out.blocks.clear()
            out.reason = "写明没有"
        elif out.blocks:
            out.blocks.clear()
            out.reason, out.lack = "只有表头和合计，没有明细", ""
        elif not out.reason:
            out.lack = "one_unit" if self.cards > 1 else ""
            out.reason = (
                "像是一张表登记一个单位"
                if self.cards > 1
                else "没有找到表头"
                if out.titles
                else "空表"
            )
        return out

    def _rule(self, look: Look) -> Rule:
        """The rule that says what a row is: the office's own word first."""
        kind = self.words.kind_of(look.index, look.texts)
        if kind is None and self.words.head is not None:
            return rule_of(look, self._without_headings(look.index))
        if kind is None:
            return rule_of(look)
        in_table = kind in ("data", "total", "derived", "nothing", "lacking")
        return mapped("title" if in_table and look.table is None else kind)

    def _without_headings(self, i: int) -> Sequence[Rule]:
        """Where the office says in which rows the heading stands, no other row is one."""
        assert self.words.head is not None
        return (mapped("heading"),) if i == self.words.head[0] else BELOW_A_TOLD_HEADING

    def _stated(self) -> None:
        """Whether the sheet says that this ledger has nothing to list: by a row, a title or a note, and no record."""
        out = self.out
        kept = any(b.rows for b in out.blocks)
        if kept or any(self._amount(i) for b in out.blocks for i, _ in b.totals):
            return
        lines = [(i, t) for i, row in enumerate(self.sheet.rows) for _, t in texts_of(row)[:1]]
        said = self.said if self.empty else next((at for at in lines if says_nothing(at[1])), None)
        block = self.empty or self.headed
        if said is None or (block is None and not out.titles):
            return
        if block is None:
            form = self.headings.announced(*out.titles, self.sheet.name) or self.told
            if form is None:
                return
            block = Region(self.sheet, form, {}, {}, None, tuple(out.titles), "", range(0), [], [])
        out.stated = replace(block, rows=[], totals=[])
        out.stated_at = said

    def _amount(self, i: int) -> bool:
        """Whether a number other than nought stands in a row."""
        return any(isinstance(c, int | float) and c != 0 for c in self.sheet.rows[i])

    def _records(self, i: int) -> int:
        """Take the rows that the first rule makes records; the index of the first row that needs a look."""
        if self.block is None:
            return i
        memo: dict[object, bool] = {}  # decided once for each different text in the key column
        set_aside: dict[str, bool] = {}  # and in the first one
        rows, key, totals = self.sheet.rows, self.key, self.headings.total_words
        lone, told = lone_key(key, self.block), self.words.tells_rows
        at = i
        for at in range(i, len(rows)):
            row = rows[at]
            cell = row[key] if key < len(row) else ""
            usual = memo.get(cell)
            if usual is None:
                usual = memo[cell] = ordinary(cell, self.headings)
            first = row[0] if key else None
            if type(first) is str and first not in set_aside:
                set_aside[first] = aside(first, totals)
            if (
                not usual
                or (lone and len(row) - row.count("") == 1)
                or (type(first) is str and set_aside[first])
                or (told and self.words.tells(at, row))
            ):
                break
        else:
            at = len(rows)
        self.block.rows.extend(range(i, at))
        self.out.rules[i:at] = [FIRST] * (at - i)
        return at

    def _close(self, reopen: bool = False, section: str = "") -> None:
        """End the block; open the next one under the same heading where a unit or a section changes."""
        old, self.block = self.block, None
        if old is not None and (old.rows or old.totals):
            self.out.blocks.append(old)
        if old is not None and reopen:
            self.block = replace(
                old, money_unit=self.money, section=section or old.section, rows=[], totals=[]
            )

    def _heading(self, i: int) -> int:
        """A heading of one to three rows; the index of the row below it."""
        rows, out, headings = self.sheet.rows, self.out, self.headings
        top = bottom = i
        if self.pending and self.pending[-1][0] == i - 1 and is_group(rows[i - 1], rows[i]):
            top = i - 1
            self.pending = [p for p in self.pending if p[0] != top]
        told = self.words.head
        while bottom + 1 < len(rows) and (
            bottom + 1 in told
            if told is not None
            else bottom - top < 2 and is_lower(rows[bottom], rows[bottom + 1])
        ):
            bottom += 1
        out.rules[top : bottom + 1] = ["heading_lower"] * (bottom - top + 1)
        out.rules[top:i] = ["heading_group"] * (i - top)
        out.rules[i] = "heading" if told is None else "mapped_heading"
        levels = levels_of(rows[top : bottom + 1])
        if self._printed_again(levels):
            out.rules[top : bottom + 1] = ["heading_again"] * (bottom - top + 1)
            return bottom + 1
        self._close()
        if self.levels and same_lowest(levels, self.levels):
            levels = dict(self.levels)  # printed again on the next page, without the groups
        self.levels = dict(levels)
        if bottom + 1 < len(rows) and is_units(rows[bottom + 1]):
            bottom += 1
            out.rules[bottom] = "heading_units"
            for index, unit in texts_of(rows[bottom]):
                if index in levels:
                    levels[index] = (
                        *levels[index][:-1],
                        f"{levels[index][-1]}（{unit.strip('()（）[] ')}）",
                    )
        unit_or_unit(self.sheet, levels, bottom + 1)
        shown = {index: written(texts) for index, texts in levels.items()}
        own = self.words.columns_of(shown)
        for index, word in own.items():
            levels[index] = (headings.written(word),) if word not in LEFT_OUT else ()
        meant = {index: texts for index, texts in levels.items() if texts}
        above = tuple(t for _, t in self.pending)
        self.pending = []
        out.titles += above
        form, missing = headings.best_form(
            meant.values(),
            RULES["shapes"]["forms"].get(self.sheet.shaped)
            or headings.announced(*above, self.sheet.name)
            or self.told,
        )
        self.money = money_unit(above) or (None if above else self.money)
        self.refused = -1
        if form is None:
            self.refused = top
            out.reason, out.lack = "表头里认识的列太少", ""
            for index, texts in meant.items():  # a roster of persons is said as such
                if kind := persons.heading_kind(texts[-1]):
                    out.problems.append(personal(self.sheet, top, index, kind))
            out.columns += unmatched(self.sheet, headings, top, meant)
        elif missing:
            self.refused = top
            wanted = "、".join(headings.label(form, c) for c in headings.required(form))
            out.reason = f"像是{headings.forms[form]['name']}，但缺少必要的列（{wanted}）"
            out.lack = "columns"
            out.columns += unmatched(self.sheet, headings, top, meant, form)
        else:
            matching = Matching(
                self.sheet, headings, form, meant, top, bottom + 1, out.problems, shown, own
            )
            chosen = matching.run()
            out.columns += matching.told()
            self.block = Region(
                self.sheet,
                form,
                {c: ColumnAt(one.index, one.unit) for c, one in chosen.items()},
                {c: one.heading for c, one in chosen.items()},
                self.money,
                above,
                "",
                range(top, bottom + 1),
                [],
                [],
                ticks=matching.ticks,
                presence=matching.presence,
                further=matching.further,
            )
            self.headed = self.block
            self.key = self.block.columns[headings.key(form, self.block.columns)].index
        return bottom + 1

    def _printed_again(self, levels: Levels) -> bool:
        """Whether the open block goes on below a heading that the next page says again, with nothing new above it."""
        if self.block is None or self.pending or not self.levels:
            return False
        same = {i: [*map(plain, texts)] for i, texts in levels.items()}
        before = {i: [*map(plain, texts)] for i, texts in self.levels.items()}
        return same == before or same_lowest(levels, self.levels)

    def _skip(self, look: Look, rule: Rule) -> None:
        """Nothing to read."""

    def _record(self, look: Look, rule: Rule) -> None:
        assert self.block is not None
        self.block.rows.append(look.index)

    def _says_nothing(self, look: Look, rule: Rule) -> None:
        self.empty, self.said = self.block, (look.index, look.nothing_said)

    def _derived(self, look: Look, rule: Rule) -> None:
        if look.derived_label.startswith("其中"):
            as_part = ("其中……", "按其他行的一部分，未计入")
            place, advice = self.where(look.index, self.key), "是单独的一行时，去掉“其中”"
            self.out.problems.append(
                finding("value_noted", self.sheet.file, place, *as_part, advice=advice)
            )

    def _total(self, look: Look, rule: Rule) -> None:
        assert self.block is not None
        self.block.totals.append((look.index, squeeze(look.total_label or look.first)))

    def _note(self, look: Look, rule: Rule) -> None:
        self._signed(look.index, look.texts)
        if self.block is not None:
            self.block.notes.extend(t for _, t in look.texts)

    def _above(self, look: Look, rule: Rule) -> None:
        """A text above a heading or between records; a unit or a section begins a new block."""
        i = look.index
        self.pending += [(i, t) for _, t in look.texts if not ROWS.signed.search(squeeze(t))]
        self._signed(i, look.texts)
        unit = look.money_unit if rule.kind == "unit" else None
        self.money = unit or self.money
        if rule.kind in ("unit", "section"):
            self._name_alone(look)
            self._close(reopen=True, section="" if unit else look.texts[0][1])

    def _lacking(self, look: Look, rule: Rule) -> None:
        assert self.block is not None
        form = self.block.form
        required = self.headings.label(form, self.headings.required(form)[0])
        self.out.problems.append(
            finding(
                "column_missing",
                self.sheet.file,
                self.where(look.index, self.key),
                "空白",
                advice=f"补填{required}，或删去这一行",
            )
        )

    def _name_alone(self, look: Look) -> None:
        """A row with nothing but a unit's name is taken for the title of a section: said, for it may be a unit."""
        if (
            self.block is not None
            and self.block.form == "units"
            and BODY.search(look.first)
            and not look.merged_across
        ):
            said = (persons.shown(look.first), "只有名称、其余各列空白，按分节标题看待，未计入")
            place, advice = self.where(look.index, self.key), "是单位的，补填其他列"
            self.out.problems.append(
                finding(
                    "value_noted", self.sheet.file, place, *said, advice=advice, severity="question"
                )
            )

    def where(self, i: int, index: int) -> str:
        return where(self.sheet, i + 1, index)

    def _signed(self, i: int, texts: list[tuple[int, str]]) -> None:
        """A row with 填表人, 审核人 ... or with personal data in its text: reported by place and kind only."""
        for j, text in texts:
            word = squeeze(text)
            named = ROWS.signed.search(word) and not re.fullmatch(r"\S{2,6}[::]", word)
            if kind := "name" if named else persons.cell_kind(text):
                self.out.problems.append(personal(self.sheet, i, j, kind))
