"""The columns of tables that no form fills: what is kept of the ledgers themselves, and of units through the years."""

from __future__ import annotations

HEADINGS, SHEETS = "headings", "sheets"  # the names of the two tables
# `status` of a figure that nobody typed: counted from a ledger of visits, of activities, of instructors. Where several
# tell of an area they tell of the same visits: the first of them counts, and none where the district typed the figure.
BY_VISITS, BY_ACTIVITIES, BY_INSTRUCTORS = "按走访台账计数", "按活动台账计数", "按指导员台账计数"
# of a year's figure that its quarters give (a row each, which add up; of what stands at a time the last one alone)
BY_PARTS = "按各期的数"
COUNTED = (BY_PARTS, BY_VISITS, BY_ACTIVITIES, BY_INSTRUCTORS)
# of a sheet: what became of its rows, and on which day it was handed in, by what (`STATED`, `SAVED`)
STATED, SAVED = "表里的报送日期", "文件的修改日期"
COUNTS = ["kept", "total", "heading", "title", "note", "reported"]
SHEET_COLUMNS = [
    "source_file",
    "source_sheet",
    "state",
    "form",
    "area",
    "period",
    *COUNTS,
    "reason",
    "handed_in",
    "handed_in_by",
]
# of a column of a sheet: what stands in it, and in which rows
HEADING_COLUMNS = [
    "source_file",
    "source_sheet",
    "table",
    "column",
    "heading",
    "letter",
    "first_row",
    "last_row",
]
# which unit a row of ``units`` is through the years, by what that is known (code, name, told, model, decided)
LINK_COLUMNS = ["area", "period", "unit", "unit_name", "thread", "how", "probability"]
# what became of units, with what was before
EVENT_COLUMNS = [
    "period",
    "area",
    "event",
    "unit",
    "unit_name",
    "thread",
    "before_period",
    "before_area",
    "before_unit",
    "before_name",
]
# pairs that may be one unit, as the office is asked
QUESTION_COLUMNS = (
    "前期",
    "前期地区",
    "前期单位名称",
    "前期信用代码",
    "后期",
    "后期地区",
    "后期单位名称",
    "后期信用代码",
    "相同与不同之处",
    "可能性",
    "判断",
)
LINKED = {
    "unit_links": LINK_COLUMNS,
    "unit_events": EVENT_COLUMNS,
    "unit_questions": list(QUESTION_COLUMNS),
}
