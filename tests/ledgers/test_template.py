"""Templates read back without a problem, empty and filled; nobody's own file is written over."""

from __future__ import annotations

from pathlib import Path

import pytest
from written import members, sheets_of

from evalkit.codebook import load_codebook
from evalkit.codebook.dictionary import in_words
from evalkit.ledgers import read_ledger
from evalkit.ledgers.items import Items
from evalkit.ledgers.template import Filled, example_of, forms_of, template, whole, write_templates
from evalkit.ledgers.template_items import item_rows
from evalkit.ledgers.template_pages import definition_of
from evalkit.problems import InputError

BOOK = load_codebook()
FORMS = forms_of(BOOK)


def marked(code: str) -> list[str]:
    return [
        c
        for c, s in FORMS[code]["columns"].items()
        if not s.get("person") and (s.get("required") or s.get("wanted"))
    ]


def example(code: str) -> dict[str, object]:
    return {c: v for c in marked(code) if (v := example_of(code, c)) is not None}


def test_all_empty_templates_read_back_without_a_problem(tmp_path: Path) -> None:
    written = write_templates(tmp_path, None, BOOK)
    assert [p.stem for p in written] == [form["name"] for form in FORMS.values()]
    ledger = read_ledger(tmp_path, codebook=BOOK)
    assert ledger.problems == ()
    assert all(len(table) == 0 for table in ledger.tables.values())


@pytest.mark.parametrize("code", list(FORMS))
def test_a_filled_template_reads_back_without_a_problem(tmp_path: Path, code: str) -> None:
    form = FORMS[code]
    path = tmp_path / f"{form['name']}.xlsx"
    path.write_bytes(template(code, form, BOOK, [example(code)]))
    ledger = read_ledger(path, codebook=BOOK, area="演示省/演示01区", period="2025")
    assert ledger.problems == ()
    table = ledger.tables[form["table"]]
    assert len(table) and set(table["source_row"]) == {4}  # the example sheet is not counted


def test_marked_columns_come_first_and_are_at_most_fifteen() -> None:
    for code, form in FORMS.items():
        sheets = sheets_of(template(code, form, BOOK))
        head = sheets[form["name"]][2]
        first = [form["columns"][c]["names"][0] for c in marked(code)]
        assert len(first) <= 15
        if code == "work_report":  # the group of an item stands before it, its definition behind
            assert [h for h in head if h in first] == first
            continue
        assert [h.split("（元）")[0].split("（万元）")[0] for h in head[: len(first)]] == first
        assert not any(
            s["names"][0] in head
            for s in form["columns"].values()
            if s.get("person") and s["names"][0] not in first
        )
        assert list(sheets)[:3] == [form["name"], "填表说明", "示例"]
        assert list(sheets)[3:] == (["选项"] if code == "figures" else [])


def test_optional_columns_are_folded_and_lists_offered() -> None:
    inside = members(template("units", FORMS["units"], BOOK))
    xml = inside["xl/worksheets/sheet1.xml"].decode()
    assert 'outlineLevel="1"' in xml and 'hidden="1"' in xml and 'collapsed="1"' in xml
    assert 'type="list"' in xml and "正常,停业,注销" in xml
    assert 'state="frozen"' in xml and 'type="whole"' in xml


def test_a_year_and_place_typed_above_the_headings_are_read(tmp_path: Path) -> None:
    import xlsxwriter

    rows = sheets_of(template("units", FORMS["units"], BOOK, [example("units")]))["组织台账"]
    rows[1][0] = "填报单位：演示省演示01区城关镇　　统计时间：2025年"
    with xlsxwriter.Workbook(str(tmp_path / "组织台账.xlsx")) as book:
        page = book.add_worksheet("组织台账")
        for i, row in enumerate(rows):
            page.write_row(i, 0, row)
    units = read_ledger(tmp_path / "组织台账.xlsx", codebook=BOOK).tables["units"]
    assert (units["area"].item(), units["period"].item()) == ("演示省/演示01区/城关镇", "2025")


def test_same_bytes_twice_and_a_filled_file_is_kept(tmp_path: Path) -> None:
    [path] = write_templates(tmp_path, ["组织台账"], BOOK)
    again = write_templates(tmp_path, ["units"], BOOK)
    assert again == [path]  # the same content: nothing beside it
    path.write_bytes(b"filled by the office")
    [beside] = write_templates(tmp_path, ["units"], BOOK)
    assert beside.name == "组织台账（2）.xlsx"
    assert path.read_bytes() == b"filled by the office"


def test_an_unknown_form_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="经费台账"):
        forms_of(BOOK, ["经费帐"])


def refilled(content: bytes, path: Path, values: dict[str, dict[int, dict[str, object]]]) -> None:
    """The workbook as somebody filled it: sheet -> row from 0 -> heading -> what was typed."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets_of(content).items():
            page = book.add_worksheet(name)
            head = rows[2] if len(rows) > 2 else []
            for i in range(max(len(rows), *values.get(name, {0: {}}), 0) + 1):
                row = list(rows[i]) if i < len(rows) else [""] * len(head)
                for heading, value in values.get(name, {}).get(i, {}).items():
                    row[head.index(heading)] = value
                page.write_row(i, 0, row)


def test_every_item_of_the_work_report_comes_back(tmp_path: Path) -> None:
    rows = item_rows(BOOK)
    assert {row["measure"] for row in rows} == {m.name for m in BOOK.measures.values()}
    assert all(row["unit"] and row["group"] for row in rows)
    typed = [BOOK.measure_of(row["measure"]) for row in rows if row["how"] == "请填"]
    assert typed == [c for c in typed if BOOK.measures[c].figure] and len(typed) == sum(
        m.figure for m in BOOK.measures.values()
    )
    for lot in (range(len(rows)), range(0, len(rows), 7)):  # all of them, and only some
        values = {3 + n: {"数值": 1000 + n} for n in lot}
        path = tmp_path / "工作报表.xlsx"
        empty = whole(
            {"work_report": FORMS["work_report"]},
            BOOK,
            Filled("演示省/演示01区", "演示01区", "2025"),
        )
        refilled(empty, path, {"工作报表": values})
        ledger = read_ledger(path, codebook=BOOK)
        assert ledger.problems == ()
        figures = ledger.tables["figures"].dropna(subset=["value"])
        assert dict(zip(figures["measure"], figures["value"], strict=True)) == {
            BOOK.measure_of(rows[n]["measure"]): 1000.0 + n for n in lot
        }
        assert set(figures["area"]) == {"演示省/演示01区"} and set(figures["period"]) == {"2025"}


def test_an_item_says_what_it_counts_and_what_for() -> None:
    told = {row["measure"]: row["definition"] for row in item_rows(BOOK)}
    assert told["有党的组织的单位"].startswith(in_words(BOOK.measures["units_covered"], BOOK))
    assert "功能型党支部（工作支部）不算组织覆盖" in told["有党的组织的单位"]
    assert told["当年轮训书记"] == "用于书记轮训率（当年轮训书记 ÷ 党组织书记 × 100%）"


def test_every_column_that_is_read_is_explained() -> None:
    for code, form in FORMS.items():
        readable = {
            c: s
            for c, s in form["columns"].items()
            if not s.get("person") and c not in ("row_number",)
        }
        assert [c for c in readable if not definition_of(code, c)] == []
        notes = sheets_of(template(code, form, BOOK))["填表说明"]
        listed = {str(row[0]).split("（元）")[0].split("（万元）")[0] for row in notes}
        hidden = {"group", "last_year", "definition", "how"}
        wanted = {s["names"][0] for c, s in readable.items() if c not in hidden}
        assert wanted <= listed, code


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("新发展党员人数", "发展党员"),
        ("解决的问题", "解决问题"),
        ("党群中心", "党群服务中心"),
        ("书记培训班参加人", "当年轮训书记"),
    ],
)
def test_an_unknown_item_gets_its_nearest_names(tmp_path: Path, said: str, meant: str) -> None:
    assert Items(BOOK.measures).look(said) is None
    rows = [
        {"measure": said, "value": 3, "unit": "个"},
        {"measure": "党员", "value": 9, "unit": "名"},
    ]
    path = tmp_path / "工作报表.xlsx"
    path.write_bytes(template("work_report", FORMS["work_report"], BOOK, rows))
    ledger = read_ledger(path, codebook=BOOK, area="演示省/演示01区", period="2025")
    [problem] = ledger.problems
    assert problem.code == "measure_unknown" and problem.cell == "A4"
    assert problem.advice.startswith("是不是指：") and f"“{meant}”" in problem.advice


def test_an_item_like_nothing_is_told_where_the_names_stand() -> None:
    assert Items(BOOK.measures).nearest("税收") == []
    assert "start.py template" in Items(BOOK.measures).advice("税收")


def test_a_printed_form_fits_the_width_of_a4_and_repeats_its_headings() -> None:
    inside = members(template("work_report", FORMS["work_report"], BOOK))
    for name in ("sheet1", "sheet2"):
        xml = inside[f"xl/worksheets/{name}.xml"].decode()
        assert 'fitToPage="1"' in xml and 'fitToHeight="0"' in xml and 'paperSize="9"' in xml
    names = inside["xl/workbook.xml"].decode()
    assert names.count("_xlnm.Print_Titles") == 3
