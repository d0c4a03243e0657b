"""`evalkit sql`: a question to the stored tables in SQL, answered by DuckDB, which may touch nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from numbers import Real
from typing import Any

import duckdb
import pandas as pd

from evalkit.indicators.blocks import plain
from evalkit.indicators.load import Data
from evalkit.indicators.store import TABLES
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world import number

FRAMES = ("measures", "indicators", "areas", "problems", "baseline", "unit_links", "unit_events")
OF_PUBLISHED = ("figures", "places", "sources", "measures", "indicators")
KINDS = ("SELECT", "EXPLAIN")  # what only reads
SETTINGS: dict[str, Any] = {
    "enable_external_access": False,  # no file, no network, no extension
    "python_enable_replacements": False,  # no variable of this program
    "lock_configuration": True,
}
EXAMPLE = '例如：evalkit sql "select area, count(*) from units group by area"'
MOST_ROWS = 200  # that are printed
WIDEST = 40  # columns of a terminal that a cell may take


def tables_of(data: Data) -> tuple[str, ...]:
    """The names that a question may use."""
    return OF_PUBLISHED if data.dataset == "published" else (*TABLES, *FRAMES)


def query(data: Data, statement: str) -> pd.DataFrame:
    """The answer to one question in SQL.

    Parameters
    ----------
    statement
        A SELECT (FROM, WITH, DESCRIBE, SUMMARIZE) over the tables of `tables_of`, in DuckDB's SQL. Only the tables that it
        names are read.

    Raises
    ------
    InputError
        The statement cannot be read, asks for another table or a column that is not there, or for anything but an answer.
    """
    with duckdb.connect(":memory:", config=SETTINGS) as connection:
        try:
            asked = connection.extract_statements(statement)
            if len(asked) != 1 or asked[0].type.name not in KINDS:
                raise _refused(statement)
            for name in _named(statement, tables_of(data)):
                connection.register(name, _table(data, name))
            return connection.execute(asked[0]).df()
        except duckdb.Error as error:
            raise _told(error, data) from error


def _named(statement: str, known: Sequence[str]) -> Sequence[str]:
    """The tables whose names stand in a statement; all where it names none, since it may list them."""
    words = set(re.findall(r"\w+", statement.lower()))
    return [name for name in known if name in words] or known


def _table(data: Data, name: str) -> Any:
    if name in FRAMES or data.dataset == "published":
        return getattr(data, name)
    return plain(data.arrow(name))


def _refused(statement: str) -> InputError:
    advice = "这里只能查询，不能改动数据或读写文件；结果可用 --csv 存下"
    return _invalid(statement[:80], advice, "一句 select")


def _invalid(found: str, advice: str, allowed: str = "") -> InputError:
    problem = Problem("query_invalid", where="SQL", found=found, allowed=allowed, advice=advice)
    return InputError(problem)


_TABLE = re.compile(r"Table with name (?P<name>.+?) does not exist")
_COLUMN = re.compile(r'Referenced column "(?P<name>[^"]*)" (?:was )?not found')


def _told(error: Exception, data: Data) -> InputError:
    """What DuckDB says of a statement, in Chinese where it is a table or a column that is not there."""
    text = str(error).strip() or type(error).__name__
    known = tables_of(data)
    if table := _TABLE.search(text):
        found, allowed = f"没有这张表：{table['name']}", "、".join(known)
        return _invalid(found, did_you_mean(table["name"], known), allowed)
    if column := _COLUMN.search(text):
        stored = [name for one in data.codebook.tables.values() for name in one.columns]
        names = [*stored, *data.measures.columns, *data.indicators.columns]
        advice = did_you_mean(column["name"], names) or "各列见：describe 表名"
        return _invalid(f"没有这一列：{column['name']}", advice)
    return _invalid(text.splitlines()[0], EXAMPLE)


def lines(frame: pd.DataFrame) -> list[str]:
    """The answer as a table for a terminal, in which a Chinese character is two wide; numbers to the right."""
    from rich.cells import cell_len, set_cell_size

    shown = frame.head(MOST_ROWS)
    right = [
        pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
        for kind in shown.dtypes
    ]
    head = [str(name) for name in shown.columns]
    rows = [[_cell(value) for value in row] for row in shown.itertuples(index=False, name=None)]
    widths = [min(WIDEST, max(cell_len(row[n]) for row in [head, *rows])) for n in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        placed = []
        for text, width, to_the_right in zip(cells, widths, right, strict=True):
            if cell_len(text) > width:
                text = set_cell_size(text, width - 2).rstrip() + "…"
            gap = " " * (width - cell_len(text))
            placed.append(gap + text if to_the_right else text + gap)
        return "  ".join(placed).rstrip()

    told = [line(head), "  ".join("-" * width for width in widths), *map(line, rows)]
    if len(frame) > len(shown):
        return [*told, f"（共 {len(frame):,} 行，只列前 {MOST_ROWS} 行；全部用 --csv 存成文件）"]
    return [*told, f"（{len(frame):,} 行）"]


def _cell(value: Any) -> str:
    """A value as the terminal shows it, on one line; nothing where it is missing."""
    if isinstance(value, list | tuple | dict) or (
        hasattr(value, "tolist") and bool(getattr(value, "ndim", 0))
    ):
        return " ".join(str(value).split())
    if pd.isna(value):
        return ""
    if isinstance(value, bool) or not isinstance(value, Real):
        return " ".join(str(value).split())
    return number.plain(float(value)) if isinstance(value, float) else str(value)
