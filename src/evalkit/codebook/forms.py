"""A form of ledger that a project adds to the packaged ones (``headings.forms``): what it may say of itself and its columns.

The keys are explained at the head of headings.yml. A column with ``series: 12`` stands for twelve (1月 ... 12月): in its names
``{n}`` is the number, ``{zh}`` the same in Chinese.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from evalkit.world.kinds import Strict, Text

MADE = ("funds", "activities", "figures", "stars")  # the tables that a project's form may fill
LONGEST_SERIES = 31
ZH = "零一二三四五六七八九十"

Column = Annotated[str, Field(min_length=1)]


class LedgerColumn(Strict):
    """A column of a form: how it may be headed, what its cells are, what it does."""

    names: list[Text] = Field(min_length=1)
    type: Text = "text"
    unit: Text | None = None
    required: bool = False
    wanted: bool = False
    person: bool = False
    in_memory: bool = False
    only_read: bool = False
    item: bool = False
    fills: Column | None = None
    to: Column | None = None
    flow: Literal["income", "spending", "dues_paid"] | None = None
    source: Text | None = None
    purpose: Text | None = None
    total_of: list[Column] | None = None
    pattern: Text | None = None
    range: list[float] | None = Field(default=None, min_length=2, max_length=2)
    stands_for: Column | None = None
    present_for: Column | None = None
    rows_for: Column | None = None
    words: Text | None = None
    role: Text | None = None
    as_total: Literal["always"] | None = None
    blank: Literal["nothing", "missing"] | None = None
    series: int | None = Field(default=None, ge=2, le=LONGEST_SERIES)


class LedgerForm(Strict):
    """A form of ledger."""

    name: Text
    table: Literal["funds", "activities", "figures", "stars"]
    titles: list[Text] = Field(default_factory=list)
    recognise: list[Column] = Field(default_factory=list)
    layout: Literal["items"] | None = None
    nameless: bool = False
    pairs: dict[str, list[Column]] = Field(default_factory=dict)
    columns: dict[Column, LedgerColumn] = Field(min_length=2)

    def written(self) -> dict[str, Any]:
        """As the readers of headings.yml expect it: only what was said, series as their columns."""
        columns = {
            name: spec
            for column, said in self.columns.items()
            for name, spec in _columns(column, said, self.columns)
        }
        return self.given() | {"columns": columns, "own": True}


def in_chinese(n: int) -> str:
    """1 to 31 as months and days are written: 一, 十二, 三十一."""
    tens, ones = divmod(n, 10)
    head = "" if not tens else "十" if tens == 1 else ZH[tens] + "十"
    return head + (ZH[ones] if ones or not tens else "")


def _columns(
    column: str, said: LedgerColumn, all_columns: Mapping[str, LedgerColumn]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """A column, or those that a series stands for; totals of a series are totals of its columns."""
    spec = {"type": said.type} | {k: v for k, v in said.given().items() if k != "series"}
    if "total_of" in spec:
        spec["total_of"] = [
            name for part in said.total_of or () for name in series_of(part, all_columns)
        ]
    if said.series is None:
        yield column, spec
        return
    for n, name in enumerate(series_of(column, all_columns), start=1):
        names = [word.replace("{n}", str(n)).replace("{zh}", in_chinese(n)) for word in said.names]
        yield name, spec | {"names": names}


def series_of(column: str, columns: Mapping[str, LedgerColumn]) -> list[str]:
    """The columns that a name stands for."""
    size = columns[column].series if column in columns else None
    return [column] if size is None else [f"{column}_{n}" for n in range(1, size + 1)]
