"""The pages of an empty ledger: headings by how much they are wanted, checks and drop-downs, notes, print set-up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from evalkit.codebook import Codebook, read_yaml
from evalkit.documents.workbook import HEAD, write_cell
from evalkit.ledgers.ledger import NOT_COUNTED
from evalkit.world.columns import letter

WORDS = read_yaml(Path(__file__).with_name("template.yml"))
ROWS = 3_000  # rows with drop-down lists and checks
FIRST = 4  # Excel row of the first record: title, place and year, headings above it
ITEMS = "work_report"  # the form whose rows are items
LONGEST_LIST, LONGEST_MESSAGE = 255, 255  # characters that Excel takes inside a check
A4 = 9
LINES, WIDE = 40, 26  # empty lines of a printed form; width of a column of names
OPENED = {ITEMS: ("group", "last_year", "definition", "how")}  # shown though nobody fills them
ORDER = {ITEMS: ("group", "measure", "value", "unit", "last_year", "definition", "how", "source")}


@dataclass(frozen=True)
class Filled:
    """What a project knows of the area that a workbook is for.

    Attributes
    ----------
    area, name, period, office
        Path and name of the area, the year to be filled, the office that collects.
    last
        Measure -> value of the year before.
    lists
        Lists behind drop-downs: areas, townships, units, party_orgs.
    """

    area: str = ""
    name: str = ""
    period: str = ""
    office: str = ""
    last: Mapping[str, float] = field(default_factory=dict)
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """A ledger to be drawn: its form, the columns that it offers in their order, and the rows that stand in it.

    Attributes
    ----------
    marked
        Required and wanted columns, and those that are open though nobody need fill them.
    read_too
        Columns that are read where an office has them and that no template offers.
    """

    code: str
    form: Mapping[str, Any]
    columns: Mapping[str, Any]
    order: tuple[str, ...]
    marked: tuple[str, ...]
    read_too: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]] = ()

    @property
    def name(self) -> str:
        return str(self.form["name"])

    @property
    def listed(self) -> bool:
        """Whether its rows are the items of a 工作报表."""
        return self.code == ITEMS and bool(self.rows) and "how" in self.rows[0]


def sheet_of(code: str, form: Mapping[str, Any], rows: Sequence[Mapping[str, Any]] = ()) -> Sheet:
    """The columns of a form in the order of its template: required and wanted ones first."""
    readable = {
        column: spec
        for column, spec in form["columns"].items()
        if not spec.get("person") and column != "row_number"
    }
    columns = {column: spec for column, spec in readable.items() if not spec.get("only_read")}
    listed = code == ITEMS and bool(rows) and "how" in rows[0]
    if code == ITEMS and not listed:
        columns = {c: spec for c, spec in columns.items() if c not in OPENED[ITEMS]}
    marked = [c for c, spec in columns.items() if spec.get("required") or spec.get("wanted")]
    if listed:
        marked = list(ORDER[code])
    order = [*marked, *(c for c in columns if c not in marked)]
    read_too = {column: spec for column, spec in readable.items() if spec.get("only_read")}
    return Sheet(code, form, columns, tuple(order), tuple(marked), read_too, rows)


def example_of(form: str, column: str) -> Any:
    """The invented entry of a column; None where the example leaves it empty."""
    return WORDS["example"].get(f"{form}.{column}", WORDS["example"].get(column))


def definition_of(form: str, column: str) -> str:
    """What a column means, in the field's words; empty for a column of a project's own."""
    told = WORDS["definitions"]
    return str(told.get(f"{form}.{column}", told.get(column, "")))


class Pages:
    """The sheets of one workbook, drawn one after the other."""

    def __init__(self, book: Any, codebook: Codebook, filled: Filled):
        self.book, self.codebook, self.filled = book, codebook, filled
        looks = {
            "title": {"bold": True, "font_size": 16},
            "need": HEAD | {"bg_color": "#F8CBAD"},
            "want": HEAD | {"bg_color": "#FFE699"},
            "free": HEAD,
            "wrap": {"text_wrap": True, "valign": "top"},
            "boxed": {"text_wrap": True, "valign": "vcenter", "border": 1},
            "grey": {"text_wrap": True, "valign": "vcenter", "border": 1, "font_color": "#7F7F7F"},
            "date": {"num_format": "yyyy-mm-dd"},
            "text": {"num_format": "@"},
            "line": {"border": 1},
            "date line": {"num_format": "yyyy-mm-dd", "border": 1},
            "text line": {"num_format": "@", "border": 1},
        }
        self.style: dict[str, Any] = {name: book.add_format(look) for name, look in looks.items()}
        self._lists: dict[str, list[str]] = {}

    # --- a ledger ---

    def ledger(self, sheet: Sheet) -> None:
        """The ledger itself, with its checks and drop-downs."""
        page = self._headed(sheet, sheet.name, sheet.name)
        if sheet.listed:
            self._items(page, sheet)
        else:
            self._records(page, sheet, sheet.rows)
            last = len(sheet.marked) - 1
            key = f"$A{FIRST}:${letter(last)}{FIRST}"
            used = {
                "type": "formula",
                "criteria": f"=COUNTA({key})>0",
                "format": self.style["line"],
            }
            page.conditional_format(FIRST - 1, 0, FIRST - 2 + ROWS, last, used)
        for at, column in enumerate(sheet.order):
            for first, count, check in self._checks(sheet, column):
                page.data_validation(first - 1, at, first - 2 + count, at, check)

    def example(self, sheet: Sheet) -> None:
        """One invented row, which is not counted."""
        row = {
            column: value
            for column in sheet.marked
            if (value := example_of(sheet.code, column)) is not None
        }
        title = f"{sheet.name}{WORDS['sheets']['example']}{NOT_COUNTED}"
        page = self._headed(sheet, WORDS["sheets"]["example"], title)
        self._records(page, sheet, [row])

    def _headed(self, sheet: Sheet, tab: str, title: str) -> Any:
        page = self.book.add_worksheet(tab)
        counted = not title.endswith(NOT_COUNTED)
        filled = self.filled if counted else Filled()
        page.write_string(0, 0, f"{filled.name}{title}", self.style["title"])
        place = filled.area.replace("/", "") or "　" * 8
        year = filled.period or "　" * 4
        page.write_string(1, 0, f"填报单位：{place}　　　　统计时间：{year}年")
        for at, column in enumerate(sheet.order):
            spec = sheet.columns[column]
            page.write_string(FIRST - 2, at, _label(spec), self.style[_wanted(spec)])
            folded = {} if column in sheet.marked else {"level": 1, "hidden": True}
            width = max(10, 2.2 * len(_label(spec)))
            if sheet.listed:
                width = WORDS["widths"].get(column, width)
            elif column in WORDS["wide"]:
                width = max(width, WIDE)
            page.set_column(at, at, width, self._kind(spec), folded)
        if len(sheet.order) > len(sheet.marked):
            page.set_column(len(sheet.order), len(sheet.order), None, None, {"collapsed": True})
        page.set_row(FIRST - 2, 32)
        page.freeze_panes(FIRST - 1, 2 if sheet.listed else 1)
        self._printed(page, len(sheet.marked), FIRST - 2)
        return page

    def _printed(self, page: Any, columns: int, heading: int, first: int | None = None) -> None:
        """A4 across, as wide as the page, headings on every page, pages numbered."""
        page.set_paper(A4)
        page.set_landscape()
        page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        page.fit_to_pages(1, 0)
        page.repeat_rows(heading if first is None else first, heading)
        page.set_footer("&C第&P页 共&N页")

    def _kind(self, spec: Mapping[str, Any], lined: bool = False) -> Any:
        look = {"date": "date", "text": "text", "codes": "text"}.get(spec["type"], "")
        return self.style.get(f"{look} line".strip() if lined else look)

    def _records(self, page: Any, sheet: Sheet, rows: Sequence[Mapping[str, Any]]) -> None:
        """The rows given and, where there are fewer, empty ones with lines, so that a printed form can be written on."""
        lines = max(len(rows), LINES if not rows else 0)
        for i in range(lines):
            row = rows[i] if i < len(rows) else {}
            for at, column in enumerate(sheet.order):
                lined = column in sheet.marked
                kind = self._kind(sheet.columns[column], lined)
                if column in row or lined:
                    write_cell(page, FIRST - 1 + i, at, row.get(column), kind)

    def _items(self, page: Any, sheet: Sheet) -> None:
        """One row an item; those that ledgers give are grey. The rows are as high as their definitions."""
        width = WORDS["widths"]["definition"]
        for i, row in enumerate(sheet.rows):
            look = self.style["boxed" if row["how"] == sheet.rows[0]["how"] else "grey"]
            for at, column in enumerate(sheet.marked):
                write_cell(page, FIRST - 1 + i, at, row.get(column), look)
            page.set_row(FIRST - 1 + i, _height(_lines(row["definition"], width)))
        page.autofilter(FIRST - 2, 0, FIRST - 2 + len(sheet.rows), len(sheet.marked) - 1)

    # --- checks ---

    def _checks(self, sheet: Sheet, column: str) -> Iterator[tuple[int, int, dict[str, Any]]]:
        """(first row, number of rows, check) of a column: warnings that can be overridden, since 约120 is an answer too."""
        spec = sheet.columns[column]
        told = {"ignore_blank": True, "error_type": "warning", "error_title": _label(spec)[:32]}
        if meaning := definition_of(sheet.code, column):
            told |= {
                "input_title": _label(spec)[:32],
                "input_message": meaning[:LONGEST_MESSAGE],
            }
        if sheet.listed and column in OPENED[ITEMS]:
            return
        if sheet.listed and column == "measure":
            return
        if sheet.listed and column == "unit":
            money = WORDS["choices"]["money"]
            for i, row in enumerate(sheet.rows):
                options = money if row["unit"] in money else [row["unit"]]
                yield FIRST + i, 1, told | self._choice(options)
            return
        rows = len(sheet.rows) if sheet.listed else ROWS
        if options := self._options(sheet.code, column, spec):
            yield FIRST, rows, told | self._choice(options)
        elif name := self._named(sheet.code, column):
            # a new unit is no fault: the list is offered, nothing is asked
            yield FIRST, rows, told | self._from_list(name) | {"show_error": False}
        elif limits := _limits(spec):
            yield FIRST, rows, told | limits
        elif "input_message" in told:
            yield FIRST, rows, told | {"validate": "any"}

    def _options(self, form: str, column: str, spec: Mapping[str, Any]) -> list[str]:
        kind = spec["type"]
        if kind in self.codebook.lists:
            return list(self.codebook.lists[kind].values())
        if kind == "bool":
            heading = str(spec["names"][0])
            return heading.split("/") if "/" in heading else ["是", "否"]
        return list(WORDS["choices"].get(f"{form}.{column}", ()))

    def _choice(self, options: Sequence[str]) -> dict[str, Any]:
        said = {"validate": "list", "error_message": "请从下拉选项里选"}
        if len(",".join(options)) <= LONGEST_LIST:
            return said | {"source": list(options)}
        name = next((n for n, some in self._lists.items() if some == list(options)), "")
        if not name:
            name = f"{WORDS['sheets']['choices']}{len(self._lists) + 1}"
            self._lists[name] = list(options)
        return said | {"source": self._range(name)}

    def _named(self, form: str, column: str) -> str:
        """The list behind a column of names: measures everywhere, places and organisations where they are known."""
        wanted = {
            "measure": "measures",
            "area": "areas",
            "area_name": "",
            "township": "townships",
            "unit_name": "units",
            "party_org": "party_orgs",
            "party_org_name": "party_orgs",
        }.get(column, "")
        if wanted == "measures":
            self._lists.setdefault(WORDS["lists"][wanted], self._measures)
            return WORDS["lists"][wanted]
        if wanted and self.filled.lists.get(wanted):
            self._lists.setdefault(WORDS["lists"][wanted], list(self.filled.lists[wanted]))
            return WORDS["lists"][wanted]
        return ""

    @cached_property
    def _measures(self) -> list[str]:
        return [measure.name for measure in self.codebook.measures.values()]

    def _from_list(self, name: str) -> dict[str, Any]:
        return {"validate": "list", "source": self._range(name)}

    def _range(self, name: str) -> str:
        at = letter(list(self._lists).index(name))
        return f"={WORDS['sheets']['choices']}!${at}$3:${at}${2 + len(self._lists[name])}"

    def choices(self) -> None:
        """The lists behind the drop-downs, a column each."""
        if not self._lists:
            return
        page = self.book.add_worksheet(WORDS["sheets"]["choices"])
        page.write_string(0, 0, f"{WORDS['sheets']['choices']}{NOT_COUNTED}", self.style["title"])
        for at, (name, options) in enumerate(self._lists.items()):
            page.set_column(at, at, 34)
            page.write_string(1, at, name, self.style["free"])
            for i, option in enumerate(options, 2):
                page.write_string(i, at, option)
        self._printed(page, len(self._lists), 1)

    # --- how to fill it ---

    def notes(self, sheets: Sequence[Sheet]) -> None:
        """填表说明: every column that can be read, what it means, what may stand in it, how else it may be headed."""
        page = self.book.add_worksheet(WORDS["sheets"]["notes"])
        lines = [f"{WORDS['sheets']['notes']}{NOT_COUNTED}", *WORDS["notes"]]
        lines += [f"填好后报：{self.filled.office}"] if self.filled.office else []
        for i, line in enumerate(lines):
            page.write_string(i, 0, line, self.style["title"] if i == 0 else None)
        heads = dict(WORDS["heads"]["notes"])
        if len(sheets) == 1:
            heads.pop("表")
        top = len(lines) + 1
        for j, (label, width) in enumerate(heads.items()):
            page.set_column(j, j, width)
            page.write_string(top, j, label, self.style["free"])
        rows = [row for sheet in sheets for row in self._told(sheet)]
        for i, row in enumerate(rows, top + 1):
            for j, label in enumerate(heads):
                page.write_string(i, j, row[label], self.style["boxed"])
            page.set_row(
                i, _height(max(_lines(row[label], width) for label, width in heads.items()))
            )
        page.freeze_panes(top + 1, 0)
        self._printed(page, len(heads), top)

    def _told(self, sheet: Sheet) -> Iterator[dict[str, str]]:
        """One row of the notes a column: those offered in their order, then those that are only read."""
        offered = {column: sheet.columns[column] for column in sheet.order}
        for column, spec in (offered | dict(sheet.read_too)).items():
            if column in OPENED.get(sheet.code, ()):
                need = "不必填"
            elif column in sheet.read_too:
                need = "有的照读"
            else:
                need = {"need": "必填", "want": "请尽量填", "free": "选填"}[_wanted(spec)]
            listed = self.codebook.lists.get(spec["type"])
            options = list(listed.values()) if listed else []
            options = options or self._options(sheet.code, column, spec)
            yield {
                "表": sheet.name,
                "列": _label(spec),
                "要求": need,
                "填什么": WORDS["types"].get(spec["type"], "从可选项里选"),
                "怎样算": definition_of(sheet.code, column),
                "单位": spec.get("unit") or "",
                "可选项": "、".join(options),
                "也可以叫": "、".join(map(str, spec["names"][1:])),
            }


def _wanted(spec: Mapping[str, Any]) -> str:
    return "need" if spec.get("required") else "want" if spec.get("wanted") else "free"


def _label(spec: Mapping[str, Any]) -> str:
    """The first heading, with the unit that numbers in it have."""
    unit = spec.get("unit")
    return str(spec["names"][0]) + (f"（{unit}）" if unit in ("元", "万元") else "")


def _limits(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What a number or a date may be."""
    kind = spec["type"]
    if kind in ("int", "money", "number"):
        checked = {
            "validate": "integer" if kind == "int" else "decimal",
            "error_message": "请填数字，不带单位",
        }
        if "range" in spec:
            least, greatest = spec["range"]
            return checked | {"criteria": "between", "minimum": least, "maximum": greatest}
        return checked | {"criteria": ">=", "value": 0}
    if kind == "date":
        return {
            "validate": "date",
            "criteria": "between",
            "minimum": dt.date(1900, 1, 1),
            "maximum": dt.date(2100, 12, 31),
            "error_message": "请填日期，如 2025-07-01",
        }
    return {}


def _lines(text: str, width: float) -> int:
    """Lines that a text takes in a column of so many characters; a Chinese one is two wide."""
    wide = sum(2 if ord(c) > 0x2E80 else 1 for c in str(text))
    return max(1, -int(-wide // (width - 2)))


def _height(lines: int) -> float:
    return 4 + 15 * lines
