"""A ledger written afresh for the office: its values at the same addresses, the findings coloured and commented.

Nothing of the source file itself survives (macros, links, formulas, authors). What is a person's is blank: only what the
reader knows to be no person's is copied, so that a column nobody foresaw cannot slip through.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any

from evalkit.documents.workbook import MARK, book_bytes, list_sheet, sheet_name, write_cell
from evalkit.ledgers import persons
from evalkit.ledgers.cells import ROWS, is_total
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.forms import words_of
from evalkit.ledgers.grid import skip_reason, structure
from evalkit.ledgers.headings import Headings, plain, squeeze
from evalkit.ledgers.regions import Structure
from evalkit.problems import SEVERITIES, Problem
from evalkit.world.columns import column_number

COLUMNS = (
    ("文件", 34),
    ("工作表", 16),
    ("单元格", 9),
    ("问题", 20),
    ("原文", 30),
    ("读作", 24),
    ("允许", 24),
    ("建议", 36),
    ("程度", 8),
)
TONES = {"错误": "#F8CBAD", "提醒": "#FFE699", "待核": "#DDEBF7"}
# free text and codes of persons: used while a file is read, never copied
FREE = frozenset("remark theme venue guidance coverage instructor_codes".split())
_NUMBERISH = re.compile(r"(?=.*\d)[\d\s.,，%/:\-~+约近逾余多万千百亿元人名家个户次年月日()（）]+")
_NOTE = re.compile(r"^[(（\[【]?(?:注|说明|备注|附注)")
_PLACE = re.compile(r"\$?([A-Z]{1,3})\$?(\d+)?")


def problem_rows(problems: Iterable[Problem]) -> list[list[str]]:
    """Rows of COLUMNS, worst first, in the order of files; personal data are told by place and kind only."""
    order = list(SEVERITIES)
    ranked = sorted(problems, key=lambda p: (order.index(p.severity), p.file))
    told = ((p, persons.scrub(p.found)[0], SEVERITIES[p.severity][0]) for p in ranked)
    return [
        [p.file, p.sheet, p.cell, p.title, found, p.read, p.allowed, p.advice, label]
        for p, found, label in told
    ]


def safe_rows(sheet: RawSheet, headings: Headings, lists: dict[str, Any]) -> list[list[object]]:
    """The cells of a sheet that may be copied; every other one is blank.

    Records and totals: recognised columns that are no person's; of other columns numbers and dates, unless heading or
    content says a person. Above and between them: headings, titles, units; no notes, no signatures. Of a sheet that
    could not be read: its headings only.
    """
    told = headings.announced(PurePosixPath(sheet.file).stem)
    seen = dataclasses.replace(sheet, rows=[list(row) for row in sheet.rows])
    found = (
        structure(seen, headings, told)
        if sheet.state == "visible" and not skip_reason(sheet)
        else Structure()
    )
    kinds: dict[int, dict[int, str]] = {}  # row -> column -> type of what may stand there
    spans: list[tuple[int, dict[int, str]]] = []
    titles = set(found.titles) if found.blocks else set()
    for block in found.blocks:
        specs = headings.forms[block.form]["columns"]
        known = {
            at.index: specs[c]["type"]
            for c, at in block.columns.items()
            if c not in FREE and not specs[c].get("person")
        }
        used = [*block.rows, *(i for i, _ in block.totals)]
        kinds |= dict.fromkeys(used, known | _others(sheet, block))
        spans.append((min(used), kinds[min(used)]))
        titles |= {c for i in block.head for c in sheet.rows[i] if isinstance(c, str)}
    words = {t: set(words_of(lists, headings.values, t)) for t in (*lists, "bool")}
    out: list[list[object]] = []
    for i, row in enumerate(sheet.rows):
        texts = [c for c in row if isinstance(c, str) and c.strip()]
        signed = any(ROWS.signed.search(squeeze(c)) for c in texts)
        mine = kinds.get(i)
        if mine is None and not signed and len(texts) > 2 and not _NOTE.search(squeeze(texts[0])):
            mine = next(
                (k for first, k in reversed(spans) if first < i), None
            )  # a row that was not counted
        out.append(
            [
                _safe(c, None if mine is None else mine.get(j, ""), signed, titles, words, headings)
                for j, c in enumerate(row)
            ]
        )
    return out


def _others(sheet: RawSheet, block: Any) -> dict[int, str]:
    """Columns that the form does not know and that neither heading nor content gives to persons: numbers only."""
    out, known = {}, {at.index for at in block.columns.values()}
    for j in range(max(map(len, sheet.rows))):
        said = [
            text
            for i in block.head
            if j < len(sheet.rows[i]) and (text := str(sheet.rows[i][j]).strip())
        ]
        cells = [sheet.rows[i][j] for i in block.rows if j < len(sheet.rows[i])]
        if (
            j not in known
            and said
            and not any(persons.columns({text: cells}, table="instructors") for text in said)
        ):
            out[j] = "unknown"
    return out


def _safe(
    cell: Any,
    kind: str | None,
    signed: bool,
    titles: set[str],
    words: dict[str, set[str]],
    headings: Headings,
) -> object:
    """The cell if it may be copied: `kind` is the type of its column, "" for none, None outside records."""
    if (
        cell is None
        or cell == ""
        or (kind == "" and not (isinstance(cell, str) and is_total(cell, headings.total_words)))
    ):
        return ""
    if not isinstance(cell, str):
        return "" if kind is None or persons.cell_kind(cell) else cell
    if kind is None:
        clear = (
            not signed
            and (headings.known(cell) or cell in titles)
            and not persons.scrub(cell)[1]
            and not persons.name_like(cell)
        )
        return cell if clear else ""
    if persons.cell_kind(cell):
        return ""
    if (
        plain(cell) in words.get(kind, ())
        or _NUMBERISH.fullmatch(cell)
        or is_total(cell, headings.total_words)
    ):
        return cell
    if kind == "unknown" or persons.name_like(cell):
        return ""
    return (
        persons.number_shown(cell, 200)
        if kind in ("int", "money", "number", "date")
        else persons.scrub(cell)[0]
    )


def annotated(
    sheets: Sequence[RawSheet],
    problems: Sequence[Problem],
    headings: Headings,
    lists: dict[str, Any],
) -> bytes:
    """One workbook of `sheets` (of one file) with its findings as colours and comments, and their list at the end."""

    def fill(book: Any) -> None:
        looks: dict[str, dict[str, Any]] = {"": {}} | {
            s: {"bg_color": TONES[label], "border": 1} for s, (label, _) in SEVERITIES.items()
        }
        days = {False: {}, True: {"num_format": "yyyy-mm-dd"}}
        styles = {
            (s, d): book.add_format(look | day)
            for s, look in looks.items()
            for d, day in days.items()
        }
        names: list[str] = []
        for sheet in sheets:
            names.append(sheet_name(sheet.name, names))
            page = book.add_worksheet(names[-1])
            page.set_column(0, max((len(r) for r in sheet.rows), default=1), 13)
            marks = _marks([p for p in problems if p.sheet == sheet.name])
            for i, row in enumerate(safe_rows(sheet, headings, lists)):
                for j, cell in enumerate(row):
                    severity = marks.get((i, j), ("", ""))[0]
                    day = hasattr(cell, "year")
                    if cell != "" or severity:
                        write_cell(
                            page, i, j, cell, styles[severity, day] if severity or day else None
                        )
            for (i, j), (severity, text) in marks.items():
                if not (i < len(sheet.rows) and j < len(sheet.rows[i])):
                    page.write_blank(i, j, None, styles[severity, False])
                page.write_comment(
                    i,
                    j,
                    text,
                    {"author": "Evalkit", "x_scale": 2.2, "y_scale": 1.2 + text.count("\n") / 6},
                )
        list_sheet(book, "问题清单", COLUMNS, problem_rows(problems), TONES)

    return book_bytes(fill)


def _marks(problems: Iterable[Problem]) -> dict[tuple[int, int], tuple[str, str]]:
    """Address -> (worst severity, comment); a finding without a cell stands at A1, one of a column at its top."""
    order = list(SEVERITIES)
    out: dict[tuple[int, int], tuple[str, str]] = {}
    for p in sorted(problems, key=lambda p: order.index(p.severity)):
        place = _PLACE.match(p.cell.upper())
        column = column_number(place[1] if place else "A")
        at = (int(place[2]) - 1 if place and place[2] else 0, column - 1)
        told = [
            f"{k}：{v}" for k, v in (("读作", p.read), ("允许", p.allowed), ("建议", p.advice)) if v
        ]
        text = "\n".join([f"【{SEVERITIES[p.severity][0]}】{p.title}", *told])
        severity, said = out.get(at, (p.severity, ""))
        out[at] = (severity, f"{said}\n{text}".strip()[:8_000])
    return out


__all__ = ["COLUMNS", "MARK", "TONES", "annotated", "problem_rows", "safe_rows"]
