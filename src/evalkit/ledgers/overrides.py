"""What an office's mapping.yml says of rows and columns of its own sheets, over the rules of grammar.yml.

    按表指定:
      - 文件: 城关镇*.xlsx      # whose name fits; every file where it is left out
        工作表: 经费*           # the same of the sheet
        表头行: 3-4
        行: {12: 合计, 20-25: 不计, 以下为样例: 说明}
        列: {F: 党员总数, 拟发展: 忽略}

A row is named by its number, numbers (20-25), or a text that its first filled cell begins with; a column by its letters or
its heading. What a column is said to be is read as its heading.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from evalkit.ledgers.cells import texts_of
from evalkit.ledgers.findings import declared
from evalkit.ledgers.headings import plain, squeeze
from evalkit.world.columns import column_number
from evalkit.world.declared import ONE_OF, Source, checked
from evalkit.world.kinds import Strict, Text

KEY = "按表指定"
MOST_HEADS = 4
_GRAMMAR: dict[str, Any] = declared("grammar.yml")
ROW_KINDS: dict[str, str] = {
    word: kind for kind, words in _GRAMMAR["row_words"].items() for word in words
}
_NUMBERS = re.compile(r"(\d{1,7})(?:[-－—~～至到](\d{1,7}))?行?")
_LETTERS = re.compile(r"[A-Z]{1,3}")


def _range(written: object) -> range | None:
    """Rows from 0 of 12 or 20-25; None of anything else."""
    found = _NUMBERS.fullmatch(squeeze(written)) if isinstance(written, str | int) else None
    if found is None or isinstance(written, bool):
        return None
    first, last = int(found[1]), int(found[2] or found[1])
    return range(first - 1, last) if 0 < first <= last else None


def _text_keys(value: Any) -> Any:
    """12: 合计 has a number for its key."""
    return {str(key): said for key, said in value.items()} if isinstance(value, dict) else value


def _head(value: Any) -> Any:
    told = _range(value)
    if told is None or len(told) > MOST_HEADS:
        raise PydanticCustomError("head", "{said}", {"said": _GRAMMAR["faults"]["head"]})
    return value


def _kind(value: Any) -> Any:
    if not isinstance(value, str) or squeeze(value) not in ROW_KINDS:
        raise PydanticCustomError(ONE_OF, "{choices}", {"choices": tuple(ROW_KINDS)})
    return squeeze(value)


def _meaning(value: Any) -> Any:
    if isinstance(value, dict | list):
        raise PydanticCustomError("column", "{said}", {"said": _GRAMMAR["faults"]["column"]})
    return "" if value is None else str(value)


HeadRows = Annotated[Any, BeforeValidator(_head)]
RowKind = Annotated[str, BeforeValidator(_kind)]
Meaning = Annotated[str, BeforeValidator(_meaning)]


class SheetEntry(Strict):
    """An entry of ``按表指定``."""

    file: Text = Field(default="*", alias="文件")
    sheet: Text = Field(default="*", alias="工作表")
    head: HeadRows = Field(default=None, alias="表头行")
    rows: Annotated[dict[str, RowKind], BeforeValidator(_text_keys)] = Field(
        default_factory=dict, alias="行"
    )
    columns: Annotated[dict[str, Meaning], BeforeValidator(_text_keys)] = Field(
        default_factory=dict, alias="列"
    )

    def fits(self, file: str, sheet: str) -> bool:
        """Whether it speaks of this sheet: the file by its name or its whole path."""
        names = (file, PurePosixPath(file).name)
        return any(fnmatchcase(name, self.file) for name in names) and fnmatchcase(
            sheet, self.sheet
        )


class Entries(Strict):
    """What mapping.yml says under ``按表指定``."""

    entries: list[SheetEntry] = Field(default_factory=list, alias="按表指定")


@dataclass(frozen=True)
class SheetWords:
    """What mapping.yml says of one sheet.

    Attributes
    ----------
    head
        Rows of the heading, from 0.
    rows, texts
        Kind of a row by its number from 0, or by how its first text begins.
    letters, headings
        What a column is by its number from 0, or by its heading.
    """

    head: range | None = None
    rows: Mapping[int, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    letters: Mapping[int, str] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)

    @property
    def tells_rows(self) -> bool:
        return bool(self.rows or self.texts or self.head is not None)

    def tells(self, index: int, row: Sequence[object]) -> bool:
        """Whether a row is to be looked at, whatever its name is."""
        at_head = self.head is not None and index in self.head
        return at_head or self.kind_of(index, texts_of(list(row))) is not None

    def kind_of(self, index: int, texts: Sequence[tuple[int, str]]) -> str | None:
        """The kind that is said of a row; None of most."""
        if index in self.rows or not self.texts or not texts:
            return self.rows.get(index)
        first = squeeze(texts[0][1])
        return next((kind for word, kind in self.texts.items() if first.startswith(word)), None)

    def columns_of(self, headings: Mapping[int, str]) -> dict[int, str]:
        """What is said of the columns below these headings, by their number."""
        by_heading = {
            index: self.headings[key]
            for index, said in headings.items()
            if (key := plain(said)) in self.headings
        }
        return by_heading | dict(self.letters)


NO_WORDS = SheetWords()


def entries_of(mapping: Mapping[str, Any] | None) -> tuple[SheetEntry, ...]:
    """The entries of a mapping that was checked before."""
    if not mapping or KEY not in mapping:
        return ()
    return tuple(checked(Entries, Source.of({KEY: mapping[KEY]})).entries)


def words_for(entries: Sequence[SheetEntry], file: str, sheet: str) -> SheetWords:
    """What these entries say of a sheet; of two that speak of the same row or column the later one counts."""
    mine = [entry for entry in entries if entry.fits(file, sheet)]
    if not mine:
        return NO_WORDS
    head = None
    rows: dict[int, str] = {}
    texts: dict[str, str] = {}
    letters: dict[int, str] = {}
    headings: dict[str, str] = {}
    for entry in mine:
        head = _range(entry.head) if entry.head is not None else head
        for key, word in entry.rows.items():
            kind = ROW_KINDS[word]
            if (numbers := _range(key)) is not None:
                rows |= dict.fromkeys(numbers, kind)
            else:
                texts[squeeze(key)] = kind
        for key, word in entry.columns.items():
            if _LETTERS.fullmatch(key):
                letters[column_number(key) - 1] = word
            else:
                headings[plain(key)] = word
    return SheetWords(head, rows, texts, letters, headings)
