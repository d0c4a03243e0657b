"""The structure of a sheet: which rows are titles, headings, records, totals and notes.

Pure functions over a `RawSheet`'s grid; what a column means is `headings`' business, what a cell says `values`'.
A sheet becomes blocks: a block is a run of records under one heading, with one set of units.
"""

from __future__ import annotations

import re
from dataclasses import replace

from evalkit.ledgers import persons
from evalkit.ledgers.cells import (
    BODY,
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
from evalkit.ledgers.findings import RULES, finding
from evalkit.ledgers.headings import Headings, plain, squeeze
from evalkit.ledgers.heads import (
    fill_down,
    is_card,
    is_group,
    is_heading,
    is_lower,
    is_units,
    known_cells,
    levels_of,
    same_lowest,
)
from evalkit.ledgers.matching import Matching, personal, unit_or_unit
from evalkit.ledgers.regions import ColumnAt, Levels, Region, Structure, where


def skip_reason(sheet: RawSheet) -> str:
    """Why a sheet is left out by its name alone: dictionary, cover, example; '' where it is not."""
    return "名称表明是字典、封面、说明或示例" if ROWS.skip_name.search(squeeze(sheet.name)) else ""


def is_summary(sheet: RawSheet) -> bool:
    return bool(ROWS.summary_name.search(squeeze(sheet.name)))


def structure(sheet: RawSheet, headings: Headings, announced: str | None = None) -> Structure:
    """Split a sheet into blocks.

    Parameters
    ----------
    announced
        The form that the file's name tells, used where neither sheet title nor sheet name tells one.
    """
    fill_down(sheet)
    return _Reading(sheet, headings, announced).run()


class _Reading:
    """One sheet from the top down; `block` is the one that takes records, `pending` the texts above the next heading."""

    def __init__(self, sheet: RawSheet, headings: Headings, announced: str | None):
        self.sheet, self.headings, self.told = sheet, headings, announced
        self.out = Structure(
            counts=dict.fromkeys(("heading", "total", "note", "title", "kept", "reported"), 0)
        )
        self.pending: list[tuple[int, str]] = []
        self.block: Region | None = None
        self.key = -1
        self.money: str | None = None
        self.cards = 0  # rows of a form filled for one unit
        self.empty: Region | None = None  # the last block under whose heading a row says 无
        self.said: tuple[int, str] = (0, "")
        self.headed: Region | None = None  # the block of the last heading
        self.levels: Levels = {}  # its texts

    def run(self) -> Structure:
        i, out = 0, self.out
        while (i := self._records(i)) < len(self.sheet.rows):
            row = self.sheet.rows[i]
            if (texts := texts_of(row)) and is_heading(row, self.headings):
                i = self._heading(i)
                continue
            self.cards += is_card(known_cells(row, self.headings))
            if texts:
                self._other(i, row, texts)
            i += 1
        self._close()
        out.titles = out.titles or [t for _, t in self.pending]
        out.counts["kept"] = sum(len(b.rows) for b in out.blocks)
        self._stated()
        if out.counts["kept"]:
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

    def _stated(self) -> None:
        """Whether the sheet says that this ledger has nothing to list: by a row, a title or a note, and no record."""
        out = self.out
        if out.counts["kept"] or any(self._amount(i) for b in out.blocks for i, _ in b.totals):
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

    def _row_says_nothing(self, row: list[object]) -> str:
        """The words of a row that says 无 in place of a record; '' of any other."""
        assert self.block is not None
        aside = {
            self.block.columns[c].index
            for c in ("row_number", "area_name", "township", "period", "remark")
            if c in self.block.columns
        }
        words = [t for i, t in texts_of(row) if says_nothing(t)]
        rest = [t for i, t in texts_of(row) if i not in aside and not says_nothing(t)]
        empty = all(squeeze(t) in ("0", "0.0", "0.00", "-", "—", "——", "/") for t in rest)
        return words[0] if words and empty else ""

    def _records(self, i: int) -> int:
        """Take the rows that their key alone makes records; the index of the first row that needs a look."""
        if self.block is None:
            return i
        memo: dict[object, bool] = {}  # decided once for each different text in the key column
        rows, key, totals, take = (
            self.sheet.rows,
            self.key,
            self.headings.total_words,
            self.block.rows.append,
        )
        lone = (
            key == 0 and len(self.block.columns) > 3
        )  # a text alone in the first column is no record
        for at in range(i, len(rows)):
            row = rows[at]
            cell = row[key] if key < len(row) else ""
            ordinary = memo.get(cell)
            if ordinary is None:
                ordinary = memo[cell] = self._ordinary(cell)
            first = row[0] if key else None
            if (
                not ordinary
                or (lone and len(row) - row.count("") == 1)
                or (type(first) is str and aside(first, totals))
            ):
                return at
            take(at)
        return len(rows)

    def _ordinary(self, cell: object) -> bool:
        if type(cell) is not str:
            return cell is not None
        if ROWS.name.match(cell):
            return True
        text = squeeze(cell)
        special = (
            ROWS.note.search,
            ROWS.signed.search,
            ROWS.unit_row.match,
            ROWS.place_row.match,
        )
        known = (
            self.headings.known(cell)
            or is_total(cell, self.headings.total_words)
            or is_derived(cell)
            or says_nothing(cell)
        )
        return bool(text) and not known and not any(looks(text) for looks in special)

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
            out.counts["title"] -= 1
        while (
            bottom + 1 < len(rows) and bottom - top < 2 and is_lower(rows[bottom], rows[bottom + 1])
        ):
            bottom += 1
        out.counts["heading"] += bottom - top + 1
        levels = levels_of(rows[top : bottom + 1])
        if self._printed_again(levels):
            return bottom + 1
        self._close()
        if self.levels and same_lowest(levels, self.levels):
            levels = dict(self.levels)  # printed again on the next page, without the groups
        self.levels = dict(levels)
        if bottom + 1 < len(rows) and is_units(rows[bottom + 1]):
            bottom += 1
            out.counts["heading"] += 1
            for index, unit in texts_of(rows[bottom]):
                if index in levels:
                    levels[index] = (
                        *levels[index][:-1],
                        f"{levels[index][-1]}（{unit.strip('()（）[] ')}）",
                    )
        unit_or_unit(self.sheet, levels, bottom + 1)
        above = tuple(t for _, t in self.pending)
        self.pending = []
        out.titles += above
        form, missing = headings.best_form(
            levels.values(),
            RULES["shapes"]["forms"].get(self.sheet.shaped)
            or headings.announced(*above, self.sheet.name)
            or self.told,
        )
        self.money = money_unit(above) or (None if above else self.money)
        if form is None:
            out.reason, out.lack = "表头里认识的列太少", ""
            for index, texts in levels.items():  # a roster of persons is said as such
                if kind := persons.heading_kind(texts[-1]):
                    self.personal(top, index, kind)
        elif missing:
            wanted = "、".join(headings.label(form, c) for c in headings.required(form))
            out.reason = f"像是{headings.forms[form]['name']}，但缺少必要的列（{wanted}）"
            out.lack = "columns"
        else:
            matching = Matching(self.sheet, headings, form, levels, top, bottom + 1, out.problems)
            chosen = matching.run()
            columns = {c: ColumnAt(one.index, one.unit) for c, one in chosen.items()}
            head = range(top, bottom + 1)
            self.block = Region(
                self.sheet,
                form,
                columns,
                {c: one.heading for c, one in chosen.items()},
                self.money,
                above,
                "",
                head,
                [],
                [],
                ticks=matching.ticks,
                presence=matching.presence,
            )
            self.headed = self.block
            self.key = columns[headings.key(form, columns)].index
        return bottom + 1

    def _printed_again(self, levels: Levels) -> bool:
        """Whether the open block goes on below a heading that the next page says again, with nothing new above it."""
        if self.block is None or self.pending or not self.levels:
            return False
        same = {i: [*map(plain, texts)] for i, texts in levels.items()}
        before = {i: [*map(plain, texts)] for i, texts in self.levels.items()}
        return same == before or same_lowest(levels, self.levels)

    def _of_page(self, texts: list[tuple[int, str]]) -> str:
        """What a row says of the printed page alone: its number (note), or the titles once more (title); else ''."""
        said = [squeeze(text) for _, text in texts]
        if len(said) <= 3 and all(ROWS.page.fullmatch(text) for text in said):
            return "note"
        known = {squeeze(text) for text in self.block.titles} if self.block is not None else set()
        return "title" if known and set(said) <= known else ""

    def _other(self, i: int, row: list[object], texts: list[tuple[int, str]]) -> None:
        """A row that is neither blank nor heading nor plainly a record."""
        count, block, words = self.out.counts, self.block, self.headings.total_words
        if printed := self._of_page(texts):
            count[printed] += 1
            return
        if block is not None and (said := self._row_says_nothing(row)):
            count["note"] += 1
            self.empty, self.said = block, (i, said)
            return
        items = block is not None and "layout" in self.headings.forms[block.form]
        named = block is not None and not blank(cell_at(row, self.key))
        # every row with a name is an item: 党员总数 sums nothing up
        label = (
            None if items and named else next((t for _, t in texts[:4] if is_total(t, words)), None)
        )
        first = squeeze(texts[0][1])
        single = len({t for _, t in texts}) == 1
        remark = ROWS.note.search(first) or (
            len(texts) <= 6 and any(ROWS.signed.search(squeeze(t)) for _, t in texts)
        )
        unit = money_unit(t for _, t in texts) if len(texts) <= 3 else None
        if items and named and not ROWS.unit_row.match(first):
            unit = None  # 党建经费总额（单位：万元） is an item
            single = single and bool(SECTION.match(first) or self._merged_across(i))
        derived = next((str(c) for c in (texts[0][1], cell_at(row, self.key)) if is_derived(c)), "")
        if block is not None and derived and not items:
            count["total"] += 1
            if derived.startswith("其中"):
                as_part = ("其中……", "按其他行的一部分，未计入")
                place, advice = self.where(i, self.key), "是单独的一行时，去掉“其中”"
                self.out.problems.append(
                    finding("value_noted", self.sheet.file, place, *as_part, advice=advice)
                )
        elif block is not None and label is not None:
            block.totals.append((i, squeeze(label)))
            count["total"] += 1
        elif remark:
            self._signed(i, texts)
            count["note"] += 1
            if block is not None:
                block.notes.extend(t for _, t in texts)
        elif block is not None and not named and self._goes_on(row):
            block.rows.append(i)
        elif unit or block is None or single or (len(texts) <= 2 and ROWS.place_row.search(first)):
            count["title"] += 1
            self.pending += [(i, t) for _, t in texts if not ROWS.signed.search(squeeze(t))]
            self._signed(i, texts)
            self.money = unit or self.money
            if unit or single:
                self._name_alone(i, first)
                self._close(reopen=True, section="" if unit else texts[0][1])
        elif self.headings.forms[block.form]["table"] in ("funds", "activities") or not blank(
            cell_at(row, self.key)
        ):
            block.rows.append(i)
        else:
            count["reported"] += 1
            advice = f"补填{self.headings.label(block.form, self.headings.required(block.form)[0])}，或删去这一行"
            self.out.problems.append(
                finding(
                    "column_missing",
                    self.sheet.file,
                    self.where(i, self.key),
                    "空白",
                    advice=advice,
                )
            )

    def _goes_on(self, row: list[object]) -> bool:
        """Whether a row without a name belongs to the instructor of the row above: it has units, and no number of its own."""
        assert self.block is not None
        columns = self.block.columns
        if (
            self.headings.forms[self.block.form]["table"] != "instructor_counts"
            or not self.block.rows
        ):
            return False
        number, served = (
            columns[c].index if c in columns else None for c in ("row_number", "served_units")
        )
        numbered = number is not None and not blank(cell_at(row, number))
        return served is not None and not blank(cell_at(row, served)) and not numbered

    def _merged_across(self, i: int) -> bool:
        return any(r1 <= i + 1 <= r2 and c2 > c1 for r1, c1, r2, c2 in self.sheet.merges)

    def _name_alone(self, i: int, first: str) -> None:
        """A row with nothing but a unit's name is taken for the title of a section: said, for it may be a unit."""
        if (
            self.block is not None
            and self.block.form == "units"
            and BODY.search(first)
            and not self._merged_across(i)
        ):
            said = (persons.shown(first), "只有名称、其余各列空白，按分节标题看待，未计入")
            place, advice = self.where(i, self.key), "是单位的，补填其他列"
            self.out.problems.append(
                finding(
                    "value_noted", self.sheet.file, place, *said, advice=advice, severity="question"
                )
            )

    def where(self, i: int, index: int) -> str:
        return where(self.sheet, i + 1, index)

    def personal(self, i: int, index: int, kind: str) -> None:
        self.out.problems.append(personal(self.sheet, i, index, kind))

    def _signed(self, i: int, texts: list[tuple[int, str]]) -> None:
        """A row with 填表人, 审核人 ... or with personal data in its text: reported by place and kind only."""
        for j, text in texts:
            word = squeeze(text)
            named = ROWS.signed.search(word) and not re.fullmatch(r"\S{2,6}[::]", word)
            if kind := "name" if named else persons.cell_kind(text):
                self.personal(i, j, kind)
