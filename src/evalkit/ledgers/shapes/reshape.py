"""Every sheet as lists of records: the shapes in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.grid import skip_reason
from evalkit.ledgers.headings import Headings
from evalkit.ledgers.heads import fill_down
from evalkit.ledgers.overrides import SheetEntry, words_for
from evalkit.ledgers.shapes.beside import beside
from evalkit.ledgers.shapes.bracketed import brackets_apart
from evalkit.ledgers.shapes.card import card
from evalkit.ledgers.shapes.crossed import across, by_kinds, by_months, by_stars
from evalkit.ledgers.shapes.matrix import matrix
from evalkit.ledgers.shapes.of_one import of_one
from evalkit.ledgers.shapes.overview import overview
from evalkit.ledgers.shapes.part_groups import part_groups
from evalkit.ledgers.shapes.quarters import by_quarters
from evalkit.ledgers.shapes.running_account import running_account
from evalkit.ledgers.shapes.shaping import Shaping, lines_above
from evalkit.ledgers.shapes.stages import by_stages
from evalkit.ledgers.shapes.top import Top, top_of
from evalkit.ledgers.shapes.year_groups import year_groups
from evalkit.ledgers.shapes.years import by_years

Shape = Callable[[RawSheet, Top, Shaping], list[RawSheet] | None]
SHAPES: tuple[Shape, ...] = (
    by_years,
    matrix,
    by_months,
    by_quarters,
    by_kinds,
    by_stars,
    by_stages,
    running_account,
    card,
    overview,
    across,
    of_one,
)


def shaped(
    sheets: Sequence[RawSheet], shaping: Shaping, entries: Sequence[SheetEntry] = ()
) -> list[RawSheet]:
    """The sheets, those of another shape as lists of records; one whose rows an office names is a list."""
    out: list[RawSheet] = []
    for sheet in sheets:
        a_list = words_for(entries, sheet.file, sheet.name).tells_rows
        if skip_reason(sheet) or sheet.state != "visible" or not sheet.rows or a_list:
            out.append(sheet)
            continue
        fill_down(sheet)
        sheet = brackets_apart(sheet)
        for part in beside(sheet, shaping) or [sheet]:
            out += _one(part, shaping) or [part]
    return out


def _one(sheet: RawSheet, shaping: Shaping) -> list[RawSheet] | None:
    """A sheet as the first shape that knows it gives it."""
    top = top_of(sheet)
    if _is_own_form(top, shaping.headings) or _is_of_project(top, shaping.headings):
        return None
    years = year_groups(sheet, top, shaping)
    if years is not None:
        return [piece for part in years for piece in _one(part, shaping) or [part]]
    by_year = part_groups(sheet, top, shaping)
    if by_year is not None:
        return _one(by_year, shaping) or [by_year]
    made = (shape(sheet, top, shaping) for shape in SHAPES)
    return next((found for found in made if found), None)


OWN_FORM = {"measure", "value", "how"}  # columns by which our own empty 工作报表 is known
FIRST_ROWS = 6


def _is_own_form(top: Top, headings: Headings) -> bool:
    """Whether a sheet is our own 工作报表: its items (有指导员的单位, 有活动场所的单位 ...) are no matrix to be ticked."""
    for row, facts in zip(top.sheet.rows, top.rows[:FIRST_ROWS], strict=False):
        if "item" not in facts.words:
            continue
        words = [cell for cell in row if isinstance(cell, str) and cell.strip()]
        found = (headings.look("work_report", (word,)) for word in words)
        if {hit.column for hit in found if hit} >= OWN_FORM:
            return True
    return False


def _is_of_project(top: Top, headings: Headings) -> bool:
    """Whether a sheet is announced as a form that the project itself declares, and has the columns that it needs."""
    own = {name for name, form in headings.forms.items() if form.get("own")}
    if not own:
        return False
    for i, row in enumerate(top.sheet.rows[: len(top.rows)]):
        words = [(cell,) for cell in row if isinstance(cell, str) and cell.strip()]
        if len(words) > 1 and not top.rows[i].counts:
            told = headings.announced(*lines_above(top.sheet, i))
            if told in own:
                return headings.best_form(words, told) == (told, 0)
    return False
