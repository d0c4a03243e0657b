"""Several ledgers of one form, district and year: versions of each other, extracts of a fuller one, or parts side by side.

Of two versions the newer one is read. An extract (应建未建台账, a sheet 规上企业, a list of 重点企业) never replaces the
ledger that it was taken from: its rows only add what that ledger has no column for, and a row that the full ledger lacks
is kept and asked. Which one a ledger is follows from the words in its title, sheet name and file name and from its rows,
whatever the order of the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from evalkit.ledgers.findings import RULES, finding
from evalkit.ledgers.forms import IGNORED, name_key
from evalkit.ledgers.headings import squeeze
from evalkit.ledgers.place import Place, district_of, levels_of, month_of
from evalkit.ledgers.regions import Region
from evalkit.problems import Problem

_NARROW = re.compile(RULES["extracts"]["words"])
_SECTORS = re.compile(RULES["extracts"]["sectors"])
_REMOTE = re.compile(RULES["extracts"]["no_words"])
_KEYS = {
    "units": "unit_name",
    "party_orgs": "party_org",
    "stars": "party_org",
    "work_report": "measure",
}
"""Forms in which a name stands once: the column of it. In all others a row is known by all that stands in it."""
_IN_DISTRICT = ("units", "party_orgs", "stars", "funds", "activities")
"""Forms whose rows name something that is unique in a district, so that a township's extract meets the county's ledger."""
_SAME = 0.6
"""Two ledgers that share more than this part of the rows of the smaller one have to do with each other."""

Placed = tuple[Region, Place]
RowKey = tuple[str, ...]


@dataclass(eq=False)
class _Ledger:
    """The blocks of one sheet that its titles hold together."""

    form: str
    blocks: list[Region]
    places: list[Place]
    words: frozenset[str]
    age: float

    @property
    def file(self) -> str:
        return self.blocks[0].sheet.file

    @property
    def sheet(self) -> str:
        return self.blocks[0].sheet.name

    @property
    def place(self) -> Place:
        return self.places[0]

    @property
    def at(self) -> str:
        return f"{self.sheet}!A{self.blocks[0].head[0] + 1}"

    @property
    def name(self) -> str:
        return f"{self.file} {self.sheet}"

    @property
    def rank(self) -> int:
        """2 where its words tell of a part of the units, 1 where they tell one sector, else 0."""
        if any(not _SECTORS.fullmatch(word) for word in self.words):
            return 2
        return 1 if self.words else 0

    @cached_property
    def size(self) -> int:
        return sum(len(b.rows) for b in self.blocks)

    @cached_property
    def columns(self) -> frozenset[str]:
        """What all its blocks have a column for, what is never read aside."""
        shared = frozenset.intersection(*(frozenset(b.columns) for b in self.blocks))
        return shared - IGNORED - {"row_number", "remark"}

    @cached_property
    def months(self) -> frozenset[int]:
        told = (
            next(filter(None, map(month_of, (b.sheet.name, *b.titles))), 0) for b in self.blocks
        )
        return frozenset(told) - {0}

    @cached_property
    def marks(self) -> tuple[Any, ...]:
        """Which version the names of file and sheet tell: 最终, a number, a date; higher is newer."""
        return (*_marks(PurePosixPath(self.file).stem), *_marks(self.sheet))

    @cached_property
    def base(self) -> tuple[str, str]:
        """The names of file and sheet without what tells a version."""
        return _base(PurePosixPath(self.file).stem), _base(self.sheet)

    @cached_property
    def _read(self) -> dict[tuple[str, ...], list[tuple[Region, int, RowKey]]]:
        return {}

    def rows(self, columns: Sequence[str]) -> list[tuple[Region, int, RowKey]]:
        """Its rows with what they say under these columns (remembered: every pair of ledgers is compared)."""
        wanted = tuple(columns)
        if wanted not in self._read:
            self._read[wanted] = [
                (block, row, key) for block in self.blocks for row, key in keyed(block, wanted)
            ]
        return self._read[wanted]

    def keys(self, columns: Sequence[str]) -> set[RowKey]:
        """What its rows say under these columns; a row without a name says nothing."""
        return {key for _, _, key in self.rows(columns) if _says(self.form, key)}

    def lies_with(self, other: _Ledger) -> bool:
        """Whether two ledgers are of one area, or one of a part of the other's: two townships have nothing in common."""
        mine, theirs = (f"{one.place.area}/" if one.place.area else "" for one in (self, other))
        return mine.startswith(theirs) or theirs.startswith(mine)


def keyed(block: Region, columns: Sequence[str]) -> Iterator[tuple[int, RowKey]]:
    """Every row of a block with what it says under these columns, for comparison."""
    at = [block.columns[c].index for c in columns]
    for row in block.rows:
        cells = block.sheet.rows[row]
        yield row, tuple(name_key(_text(cells[i])) if i < len(cells) else "" for i in at)


def _says(form: str, key: RowKey) -> bool:
    return bool(key[0]) if form in _KEYS else any(key)


def _text(cell: object) -> str:
    whole = isinstance(cell, float) and cell.is_integer()
    return str(int(cell)) if whole else "" if cell is None else str(cell)  # type: ignore[call-overload]


def _marks(name: str) -> tuple[int, int, str]:
    stem = squeeze(name)
    final = bool(re.search(r"最终|终稿|定稿|终版", stem)) + bool(
        re.search(r"修改|修订|更新|新版|改", stem)
    )
    number = re.search(r"(?:版|稿|[vV第改])\D{0,2}(\d{1,3})(?!\d)|[(_\-](\d{1,2})\)?$", stem)
    date = re.search(r"(20\d{2})[-.年]?(\d{2})[-.月]?(\d{2})", stem)
    return (
        final,
        int(number[1] or number[2]) if number else 1,
        "".join(date.groups()) if date else "",
    )


def _base(name: str) -> str:
    stem = re.sub(
        r"最终|终稿|定稿|终版|修改|修订|更新|新版|副本|复制|[vV第]\d+|[改版稿]", "", squeeze(name)
    )
    return re.sub(r"[\d\W_]+", "", stem)


def settle(
    form: str, placed: Sequence[Placed], ages: Mapping[str, float]
) -> tuple[list[Placed], list[Problem]]:
    """The blocks of a form that are read, extracts behind the ledgers that they were taken from, and what was found."""
    ledgers = _ledgers(form, placed, ages)
    _at_home(form, ledgers)
    groups: dict[tuple[str | None, str | None], list[_Ledger]] = {}
    for ledger in ledgers:
        area = ledger.place.area
        home = (district_of(area) or area) if form in _IN_DISTRICT else area
        groups.setdefault((home, ledger.place.period), []).append(ledger)
    dropped: set[int] = set()
    parts: dict[int, list[Region]] = {}
    problems: list[Problem] = []
    for group in (g for g in groups.values() if len(g) > 1):
        for_all = frozenset.intersection(
            *(one.words for one in group)
        )  # 示范区, in the name of the county
        for one in group:
            one.words -= for_all
        alive = _versions(form, group, problems)
        dropped |= {id(ledger) for ledger in group} - {id(ledger) for ledger in alive}
        parts |= _extracts(form, alive, problems)
    full = [one for one in ledgers if id(one) not in dropped and id(one) not in parts]
    behind = [one for one in ledgers if id(one) in parts]
    kept = [(b, p) for one in full for b, p in zip(one.blocks, one.places, strict=True)]
    kept += [(b, p) for one in behind for b, p in zip(parts[id(one)], one.places, strict=True)]
    return [(block, place) for block, place in kept if block.rows or block.totals], problems


def _ledgers(form: str, placed: Sequence[Placed], ages: Mapping[str, float]) -> list[_Ledger]:
    found: dict[tuple[Any, ...], _Ledger] = {}
    for block, place in placed:
        sheet = block.sheet
        own = "".join((*block.titles, block.section))
        said = (own, sheet.name, PurePosixPath(sheet.file).stem)
        words = frozenset(
            word for text in said for word in _NARROW.findall(_REMOTE.sub("", squeeze(text)))
        )
        area = district_of(place.area) if form in _IN_DISTRICT else place.area
        at = (sheet.file, sheet.name, area, place.period, words)
        if at not in found:
            found[at] = _Ledger(form, [], [], words, ages.get(sheet.file, 0.0))
        found[at].blocks.append(block)
        found[at].places.append(place)
    return list(found.values())


def _at_home(form: str, ledgers: Sequence[_Ledger]) -> None:
    """An extract that does not say its district or year belongs to the one full ledger that holds its names."""
    key = _KEYS.get(form)
    if key is None or form == "work_report":
        return
    for one in ledgers:
        district = district_of(one.place.area)
        if one.rank < 2 or (district and one.place.period):
            continue
        mine = one.keys([key])
        homes = {
            (district_of(other.place.area) or other.place.area, other.place.period)
            for other in ledgers
            if other.rank < one.rank
            and mine & other.keys([key])
            and district in ("", district_of(other.place.area))
            and one.place.period in (None, other.place.period)
        }
        if len(homes) != 1:
            continue
        ((home, period),) = homes
        for n, place in enumerate(one.places):
            area = place.area if district else "/".join(filter(None, (home, place.area)))
            one.places[n] = Place(area or None, period, levels_of(area))


def _columns(form: str, one: _Ledger, other: _Ledger) -> list[str]:
    """The columns by which rows of two ledgers are compared; none where they cannot be."""
    common = one.columns & other.columns
    if form in _KEYS:
        further = ("period", "area_name", "township") if form == "work_report" else ("period",)
        return [_KEYS[form], *(c for c in further if c in common)]
    if one.months != other.months and not common & {"date", "month", "paid_on"}:
        return []  # the same rows in January and in February are two months' rows
    return sorted(common) if len(common) > 1 else []


def _shared(form: str, one: _Ledger, other: _Ledger) -> tuple[int, int, int]:
    """How many rows two ledgers have in common, and how many each of them has."""
    columns = _columns(form, one, other)
    mine, theirs = (ledger.keys(columns) if columns else set() for ledger in (one, other))
    return len(mine & theirs), len(mine), len(theirs)


def _versions(form: str, group: Sequence[_Ledger], problems: list[Problem]) -> list[_Ledger]:
    """The ledgers of which no newer version is there."""
    alive: list[_Ledger] = []
    for one in sorted(
        group, key=lambda k: (k.marks[:3], k.age, k.marks[3:], k.sheet), reverse=True
    ):
        newer = next((n for n in alive if _is_version(form, one, n)), None)
        if newer is None:
            alive.append(one)
            continue
        found = f"与 {newer.name} 是同一台账的两个版本（{one.size}行）"
        read = f"采用 {newer.file}，本表未计入"
        problems.append(finding("ledger_duplicate", one.file, f"{one.sheet}!A1", found, read))
    return [one for one in group if one in alive]


def _is_version(form: str, older: _Ledger, newer: _Ledger) -> bool:
    if older.words != newer.words or older.place.area != newer.place.area:
        return False
    both, n_old, n_new = _shared(form, older, newer)
    if both <= _SAME * min(n_old, n_new):
        return False
    if older.file == newer.file and older.marks == newer.marks and _complement(older, newer):
        return False
    told = older.base == newer.base and newer.marks > older.marks
    if both == n_new < n_old:  # only a name may say that what lacks rows is the newer one
        return told
    return told or min(n_old, n_new) >= _SAME * max(n_old, n_new)


def _complement(one: _Ledger, other: _Ledger) -> bool:
    """Two sheets of a workbook over the same units, each with columns that the other lacks."""
    return len(one.columns - other.columns) > 1 and len(other.columns - one.columns) > 1


def _extracts(
    form: str, group: Sequence[_Ledger], problems: list[Problem]
) -> dict[int, list[Region]]:
    """Which of these ledgers are extracts of the others, with their blocks as they are read."""
    full: list[_Ledger] = []
    found: dict[int, list[Region]] = {}
    for one in sorted(group, key=lambda k: (k.rank, -k.size, -len(k.columns))):
        known = [keys for other in full if (keys := _known(form, one, other))]
        rows = [(b, row) for b in one.blocks for row in b.rows]
        inside = {
            (id(block), row)
            for columns, keys in known
            for block, row, key in one.rows(columns)
            if key in keys
        }
        announced = one.rank == 2 and any(other.rank < 2 for other in full)
        if not inside or not (announced or len(inside) > _SAME * len(rows)):
            full.append(one)
            continue
        found[id(one)] = [_extract(form, block, inside) for block in one.blocks]
        problems.append(_told(form, one, rows, inside, full))
    return found


def _known(form: str, one: _Ledger, other: _Ledger) -> tuple[list[str], set[RowKey]] | None:
    columns = _columns(form, one, other) if one.lies_with(other) else []
    return (columns, other.keys(columns)) if columns else None


def _extract(form: str, block: Region, inside: set[tuple[int, int]]) -> Region:
    """An extract's block: rows without a name of their own that stand in the full ledger are not read again."""
    if form in _KEYS:
        return replace(block, extract=True)
    rows = [row for row in block.rows if (id(block), row) not in inside]
    totals = block.totals if len(rows) == len(block.rows) else []
    return replace(block, extract=True, rows=rows, totals=totals)


def _told(
    form: str,
    one: _Ledger,
    rows: Sequence[tuple[Region, int]],
    inside: set[tuple[int, int]],
    full: Sequence[_Ledger],
) -> Problem:
    """One finding an extract: what it is an extract of, and which of its rows the full ledger lacks."""
    names = "、".join(dict.fromkeys(other.name for other in full[:3]))
    lacking = [(block, row) for block, row in rows if (id(block), row) not in inside]
    found = f"是 {names} 的一部分（{len(rows)}行，其中{len(inside)}行已在全台账里）"
    if not lacking:
        read = "不重复计数，只补充全台账没有的列" if form in _KEYS else "不重复计入"
        return finding("ledger_extract", one.file, one.at, found, read, severity="warning")
    key = _KEYS.get(form)
    cells = (
        [_text(b.sheet.rows[row][b.columns[key].index]) for b, row in lacking[:5]] if key else []
    )
    which = "、".join(cell.strip() for cell in cells)
    more = f"：{which}" + ("等" if len(lacking) > len(cells) else "") if which else ""
    read = f"{len(lacking)}行不在全台账里，按原样计入{more}"
    advice = "核对全台账是否漏报，或改成全台账里的名称"
    return finding("ledger_extract", one.file, one.at, found, read, advice=advice)
