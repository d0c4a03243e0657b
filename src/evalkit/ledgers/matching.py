"""The headings of one table and the columns of its form that they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from evalkit.ledgers import dates, names, persons
from evalkit.ledgers.cells import BRACKETED_UNIT, blank, cell_at, is_total, says_nothing, tick
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.findings import RULES, finding
from evalkit.ledgers.headings import Headings, plain, squeeze
from evalkit.ledgers.heads import written
from evalkit.ledgers.regions import Chosen, ColumnSaid, Levels, where
from evalkit.ledgers.values import counts
from evalkit.problems import Problem, Severity
from evalkit.world.columns import letter


def _entry_of(text: str, words: Mapping[str, str]) -> str:
    """The entry of a closed list that a heading to be ticked stands for; '' where it is none."""
    word = plain(text)
    inside = max((w for w in words if len(w) > 1 and w in word), key=len, default="")
    return words.get(word) or words.get(inside, "")


def _neighbours(some: list[tuple[int, str]]) -> bool:
    return some[-1][0] - some[0][0] == len(some) - 1


def cells_below(sheet: RawSheet, index: int, below: int) -> list[object]:
    """The first cells of a column below its heading."""
    return [cell_at(row, index) for row in sheet.rows[below : below + 200]]


def personal(sheet: RawSheet, row: int, index: int, kind: str) -> Problem:
    """A finding with place and kind, never the datum."""
    found = persons.KIND_NAMES.get(kind, kind)
    return finding("personal_data", sheet.file, where(sheet, row + 1, index), found)


def unit_or_unit(sheet: RawSheet, levels: Levels, below: int) -> None:
    """单位 over names of bodies is 单位名称; over 万元, 家 ... it is what is counted in."""
    for index, texts in levels.items():
        if squeeze(texts[-1]) != "单位":
            continue
        said = {
            squeeze(cell)
            for cell in cells_below(sheet, index, below)
            if isinstance(cell, str) and cell.strip()
        }
        if said and not any(BRACKETED_UNIT.fullmatch(t) or counts(t) or len(t) < 3 for t in said):
            levels[index] = (*texts[:-1], "单位名称")


def heading_shown(heading: str, headings: Headings) -> str:
    """A heading as it may be printed: what in it may be somebody's is left out."""
    said = persons.scrub(heading)[0]
    for text in heading.split("/"):
        if names.bare(text) and not headings.known(text):  # 应缴 has the shape of a name alone
            said = said.replace(text, "〔略〕")
    return said


def bare(sheet: RawSheet, levels: Levels, below: int) -> list[int]:
    """Columns without a heading below which something stands."""
    rows = sheet.rows[below : below + 50]
    width = max(map(len, rows), default=0)
    without = [index for index in range(width) if index not in levels]
    return [i for i in without if any(not blank(cell_at(row, i)) for row in rows)]


def unmatched(
    sheet: RawSheet, headings: Headings, top: int, levels: Levels, form: str | None = None
) -> list[ColumnSaid]:
    """The columns of a heading that was not taken: what each would mean in the form that is nearest."""
    out = []
    for index, texts in levels.items():
        hit = headings.look(form, texts) if form else None
        column = hit.column if hit and form and not headings.person(form, hit.column) else ""
        shown = heading_shown(written(texts), headings)
        out.append(ColumnSaid(top, index, shown, form or "", column, "refused"))
    return out


class Matching:
    """Matches the heading cells of one table to the columns of its form.

    What is not matched is a problem, what is personal is left out; of some columns of persons only is read whether a
    cell is filled (`presence`), or how many rows there are.
    """

    def __init__(
        self,
        sheet: RawSheet,
        headings: Headings,
        form: str,
        levels: Levels,
        top: int,
        below: int,
        problems: list[Problem],
        shown: Mapping[int, str] | None = None,
        own: Mapping[int, str] | None = None,
    ):
        self.sheet, self.headings, self.problems = sheet, headings, problems
        self.form, self.levels, self.top, self.below = form, levels, top, below
        self.shown, self.own = shown or {}, own or {}  # headings as written; what an office says
        self.how: dict[int, str] = {}  # of every heading the rule that says what became of it
        self.chosen: dict[str, Chosen] = {}
        self.by_rows: dict[
            str, Chosen
        ] = {}  # 姓名 where 编号 is wanted: rows counted, names not read
        self.filled: dict[str, Chosen] = {}  # 指导员姓名: whether there is one, never who
        self.presence: frozenset[str] = frozenset()
        self.ticks: dict[str, list[tuple[int, str]]] = {}
        self.further: dict[str, list[int]] = {}  # more columns of a list: 联系企业1, 联系企业2

    def run(self) -> dict[str, Chosen]:
        """The columns, by their names in the form."""
        self.ticks = ticks = self._ticked()
        for column, some in ticks.items():
            index = some[0][0]
            self.chosen[column] = Chosen(index, None, -1, written(self.levels[index]))
        ticked = {index for some in ticks.values() for index, _ in some}
        self.how |= dict.fromkeys(ticked, "tick")
        for index, texts in self.levels.items():
            if index not in ticked:
                self._one(index, texts)
        self.presence = frozenset(self.filled.keys() - self.chosen.keys() - self.by_rows.keys())
        for others in (self.by_rows, self.filled):
            self.chosen |= {c: one for c, one in others.items() if c not in self.chosen}
        self._settle_rivals()
        for column, one in self.chosen.items():
            self.how[one.index] = self._rule_of(column, self.how.get(one.index, "synonym"))
        return self.chosen

    def _rule_of(self, column: str, how: str) -> str:
        """The rule of a column that was taken; of one of persons only that it was counted, or looked at."""
        return "filled" if column in self.presence else "rows" if how == "person" else how

    def told(self) -> list[ColumnSaid]:
        """What became of every column of the table; of one without a heading too, where something stands below."""
        columns: dict[int, list[str]] = {}
        for column, some in self.ticks.items():
            for index, _ in some:
                columns.setdefault(index, []).append(column)
        for column, more in self.further.items():
            for index in more:
                columns.setdefault(index, []).append(column)
        for column, one in self.chosen.items():
            if column not in self.ticks:
                columns.setdefault(one.index, []).append(column)
        out = []
        for index in sorted({*self.how, *self.own, *bare(self.sheet, self.levels, self.below)}):
            how = self.how.get(index, "no_heading")
            if index in self.own:
                how = "left_out" if index not in self.levels else "mapped"
            heading = heading_shown(self.shown.get(index, ""), self.headings)
            said = "、".join(columns.get(index, ()))
            out.append(ColumnSaid(self.top, index, heading, self.form, said, how))
        return out

    def _ticked(self) -> dict[str, list[tuple[int, str]]]:
        """Columns that stand as a group of entries to be ticked: 组建方式 over 单独 | 联合 | 挂靠 | 未建.

        A group is neighbours below one heading of a closed list, each with an entry of this list; where no heading
        stands above them, neighbours that are entries of one list and hold nothing but ticks.
        """
        form, levels = self.form, self.levels
        found: dict[str, list[tuple[int, str]]] = {}
        named: dict[
            str, bool
        ] = {}  # groups of which an entry is the name of another column too: 企业 below 单位性质
        listed = self.headings.listed(form)
        for index, texts in levels.items():
            group = self.headings.look(form, texts[-2:-1]) if len(texts) > 1 else None
            if group is None or group.column not in listed:
                continue
            own = self.headings.look(form, texts[-1:])
            other = (
                own is not None and own.column != group.column and own.rank < 99
            )  # 联合支部名称 below 组建方式
            entry = _entry_of(texts[-1], listed[group.column])
            if entry and not (other and not self._only_ticks(index)):
                found.setdefault(group.column, []).append((index, entry))
                named[group.column] = named.get(group.column, False) or other
        for column, another in named.items():
            if another and not self._drawn(found[column]):
                del found[
                    column
                ]  # 经费来源 over 企业自筹, 返还党费: amounts, if all of them are 0 or 无
        found = {column: some for column, some in found.items() if len(some) > 1}
        grouped = {index for some in found.values() for index, _ in some}
        types = [spec["type"] for spec in self.headings.forms[form]["columns"].values()]
        for column, words in listed.items():
            kind = self.headings.forms[form]["columns"][column]["type"]
            if column in found or kind == "bool" or types.count(kind) > 1:
                continue
            alone = [
                (i, words[plain(t[-1])])
                for i, t in levels.items()
                if i not in grouped and plain(t[-1]) in words
            ]
            hits = [self.headings.look(form, levels[i]) for i, _ in alone]
            another = any(hit is not None and hit.column != column for hit in hits)
            if another and not self._drawn(alone):
                continue  # 企业自筹, 返还党费: amounts, where all of them are 0 or 无 as well
            if len(alone) < 2 or not all(self._only_ticks(i) for i, _ in alone):
                continue
            marks = {tick(cell) for i, _ in alone for cell in self._cells(i)}
            if {"yes", "open"} & marks and _neighbours(alone):
                found[column] = alone
                grouped |= {index for index, _ in alone}
        return found | self._ticked_pairs(grouped)

    def _ticked_pairs(self, grouped: set[int]) -> dict[str, list[tuple[int, str]]]:
        """Columns that answer yes or no, as two neighbours to be ticked: 专职 | 兼职 of a column 专职/兼职."""
        found: dict[str, list[tuple[int, str]]] = {}
        lowest = {plain(texts[-1]): i for i, texts in self.levels.items() if i not in grouped}
        for column, spec in self.headings.forms[self.form]["columns"].items():
            pairs = (name.split("/") for name in spec["names"] if spec["type"] == "bool")
            for pair in pairs:
                some = sorted((lowest[plain(w)], w) for w in pair if plain(w) in lowest)
                if len(pair) != 2 or len(some) != 2 or not _neighbours(some):
                    continue
                rows = self.sheet.rows[self.below : self.below + 200]
                rows = [
                    row
                    for row in rows
                    if not any(is_total(c, self.headings.total_words) for c in row[:4])
                ]
                cells = [cell_at(row, i) for row in rows for i, _ in some]
                marks = {tick(cell) for cell in cells if not blank(cell)}
                if None not in marks and {"yes", "open"} & marks:
                    found[column] = some
        return found

    def _drawn(self, some: Sequence[tuple[int, str]]) -> bool:
        """Whether a mark stands below these headings that is no number and no word: √, ○."""
        cells = {cell.strip() for i, _ in some for cell in self._cells(i) if isinstance(cell, str)}
        return any(not cell.isalnum() and tick(cell) in ("yes", "open") for cell in cells if cell)

    def _only_ticks(self, index: int) -> bool:
        return all(blank(cell) or tick(cell) is not None for cell in self._cells(index))

    def _one(self, index: int, texts: tuple[str, ...]) -> None:
        """One heading: a column, a pair of columns, something of a person, not wanted, or not known."""
        heading = written(texts)
        hit = self.headings.look(self.form, texts)
        if self.headings.pair_in_brackets(self.form, heading):
            hit = None
        self.how[index] = hit.rule if hit is not None else "unknown"
        if hit is not None and not self.headings.person(self.form, hit.column):
            column = self.headings.right_of(self.form, hit.column, texts, self.chosen)
            self._take(column, Chosen(index, hit.unit, hit.rank, heading))
        elif hit is None and (pair := self.headings.pair(self.form, heading)):
            self.how[index] = "pair"
            for column in pair:  # 5/6 under 实到/应到: one cell for two columns
                self.chosen.setdefault(column, Chosen(index, None, 0, heading))
        elif hit is None and (listed := self._numbered(texts)):
            self.how[index] = "several"
            if listed in self.chosen:
                self.further.setdefault(listed, []).append(index)
            else:
                self.chosen[listed] = Chosen(index, None, 0, heading)
        elif (kind := persons.heading_kind(texts[-1])) or hit is not None:
            self.how[index] = "person"
            self._personal(index, kind or "personal")
            if hit is not None:
                self._count(hit.column, Chosen(index, None, 99, heading))
        elif self.headings.left_out(texts):
            self.how[index] = "left_out"
        else:
            self._not_known(index, heading, texts)

    def _numbered(self, texts: tuple[str, ...]) -> str:
        """The list of names of which a heading is a numbered cell: 联系企业2, 企业二 below 联系企业; '' of any other."""
        found = _NUMBERED.fullmatch(squeeze(texts[-1]))
        if found is None:
            return ""
        specs = self.headings.forms[self.form]["columns"]
        for said in ((*texts[:-1], found[1]), texts[:-1]):
            hit = self.headings.look(self.form, said) if said and said[-1] else None
            if hit is not None and specs[hit.column]["type"] == "codes":
                return "" if self.headings.person(self.form, hit.column) else hit.column
        return ""

    def _take(self, column: str, new: Chosen) -> None:
        old = self.chosen.get(column)
        if old is None:
            self.chosen[column] = new
        elif _better(new, old):
            self._second(column, loser=old, kept=new)
            self.chosen[column] = new
        else:
            self._second(column, loser=new, kept=old)

    def _second(self, column: str, loser: Chosen, kept: Chosen) -> None:
        """What becomes of the second heading that means the same column."""
        self.how[loser.index] = "second"
        if loser.heading == kept.heading and column in self.headings.required(self.form):
            right = max(loser.index, kept.index)
            self.how[loser.index] = "second_table"
            self._unknown(
                right,
                kept.heading,
                f"右边又有一组同样的表头（从{letter(right)}列起），右边各行未计入",
                advice="把右边各行移到左边各行的下面",
                severity="error",
            )
        elif "支出" in kept.heading and (income := self._income(column)):
            self.how[loser.index] = "income"
            self.chosen[income] = loser
        elif "支出" in kept.heading and column == "spending_amount":
            self.how[loser.index] = "unclear"
            self._unknown(
                loser.index,
                loser.heading,
                "看不出是收入还是支出，此列未采用",
                severity="error",
                advice="表头写成“收入金额”或“支出金额”",
            )
        elif column != "row_number":
            self._unknown(loser.index, loser.heading, f"与“{kept.heading}”同义，此列未采用")

    def _income(self, column: str) -> str | None:
        """The column of what came in, where 金额 stands beside 支出金额."""
        income = self.headings.besides(self.form, column, self.levels.values())
        return income if income not in self.chosen else None

    def _count(self, column: str, found: Chosen) -> None:
        """A column of persons: its rows may be counted, its filled cells told from its blank ones."""
        spec = self.headings.forms[self.form]["columns"][column]
        if counted := spec.get("rows_for"):
            self.by_rows.setdefault(counted, found)
        if told := spec.get("present_for"):
            self.filled[told] = found

    def _not_known(self, index: int, heading: str, texts: tuple[str, ...]) -> None:
        for kind in persons.columns({heading: self._cells(index)}).values():
            self._personal(index, kind)
        self._unknown(
            index,
            heading_shown(heading, self.headings),
            severity="warning",
            allowed="、".join(self.headings.nearest(self.form, texts[-1])),
            advice="改用规定的表头，或在 mapping.yml 里写明它是哪一列",
        )

    def _unknown(
        self,
        index: int,
        heading: str,
        read: str | None = None,
        *,
        allowed: str = "",
        advice: str | None = None,
        severity: Severity | None = None,
    ) -> None:
        place = where(self.sheet, self.top + 1, index)
        self.problems.append(
            finding(
                "heading_unknown",
                self.sheet.file,
                place,
                heading,
                read,
                allowed=allowed,
                advice=advice,
                severity=severity,
            )
        )

    def _settle_rivals(self) -> None:
        """类型, 性质: of two columns that a heading may mean the one whose closed list has more of the cells."""
        for column, other in self.headings.rivals(self.form, self.chosen):
            cells = self._cells(self.chosen[column].index)
            if self.headings.more_of(self.form, other, column, cells):
                self.chosen[other] = self.chosen.pop(column)
                self.how[self.chosen[other].index] = "content"
        specs = self.headings.forms[self.form]["columns"]
        for column in [c for c in self.chosen if "stars_in" in specs[c]]:
            stars = specs[column]["stars_in"]
            if stars not in self.chosen and _are_stars(self._cells(self.chosen[column].index)):
                self.chosen[stars] = self.chosen.pop(column)
                self.how[self.chosen[stars].index] = "content"

    def _cells(self, index: int) -> list[object]:
        return cells_below(self.sheet, index, self.below)

    def _personal(self, index: int, kind: str) -> None:
        self.problems.append(personal(self.sheet, self.top, index, kind))


_NUMBERED = re.compile(r"(.*?)[(（]?第?[一二三四五六七八九十\d]{1,2}[家个]?[)）]?")


_FINAL = re.compile(RULES["headings"]["final"])


_STARS = re.compile(r"[零〇一二两三四五0-5]\s*颗?星级?|[★☆]{1,5}")


def _are_stars(cells: Iterable[object]) -> bool:
    """Whether the cells of a column are stars and no scores: 三星, ★★★, or whole numbers up to five."""
    said = [c for c in cells if not blank(c) and not (isinstance(c, str) and says_nothing(c))]
    words = [isinstance(c, str) and bool(_STARS.fullmatch(squeeze(c))) for c in said]
    digits = [
        str(squeeze(c)) in ("0", "1", "2", "3", "4", "5", "1.0", "2.0", "3.0", "4.0", "5.0")
        for c in said
    ]
    return bool(said) and (2 * sum(words) >= len(said) or all(digits))


def _better(new: Chosen, old: Chosen) -> bool:
    """Whether the later one of two headings of a column is meant: the newer year (2025年/党员数 beside 2024年/党员数), else
    the more exact word."""
    before, now = (dates.parse_period(one.heading) or "" for one in (old, new))
    if now and before:
        return now > before
    last = [bool(_FINAL.search(one.heading)) for one in (old, new)]
    return last[1] if last[0] != last[1] else new.rank < old.rank
