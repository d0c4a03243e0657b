"""Templates read back without a problem, empty and filled; nobody's own file is written over."""

from __future__ import annotations

from pathlib import Path

import pytest
from written import members, sheets_of

from evalkit.codebook import load_codebook
from evalkit.ledgers import read_ledger
from evalkit.ledgers.template import example_of, forms_of, template, write_templates
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
        assert [h.split("（元）")[0].split("（万元）")[0] for h in head[: len(first)]] == first
        assert not any(
            s["names"][0] in head
            for s in form["columns"].values()
            if s.get("person") and s["names"][0] not in first
        )
        assert list(sheets) == [form["name"], "填表说明", "示例"]


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
