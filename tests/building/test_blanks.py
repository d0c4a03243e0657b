"""Workbooks filled with what a project knows come back without a question, and every value with them."""

from __future__ import annotations

import sys
from pathlib import Path

import county_holes
import pytest
from python_calamine import CalamineWorkbook

from evalkit.building import build
from evalkit.building.blanks import write_for
from evalkit.building.checking import check_paths
from evalkit.codebook import load_codebook
from evalkit.indicators.load import load
from evalkit.ledgers.template import example_of, forms_of
from evalkit.ledgers.template_items import TYPED, item_rows
from evalkit.problems import InputError

sys.path.insert(0, str(Path(__file__).parents[1] / "ledgers"))
from test_template import refilled

BOOK = load_codebook()
FORMS = forms_of(BOOK)
LEDGERS = ("units", "party_orgs", "funds", "instructors", "activities", "stars")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("blanks")
    county_holes.copied(root)
    return root


@pytest.fixture(scope="module")
def blanks(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    written = write_for(project, tmp_path_factory.mktemp("blank"))
    return {path.parent.name: path for path in written}


def test_a_workbook_a_county_in_the_folders_of_the_next_year(blanks: dict[str, Path]) -> None:
    assert set(blanks) == {"新泽区", "清河县", "临山县"}
    path = blanks["临山县"]
    assert path.parts[-4:] == ("2026", "云州市", "临山县", "临山县填报表（2026）.xlsx")
    book = CalamineWorkbook.from_path(path)
    forms = [FORMS[code]["name"] for code in LEDGERS]
    assert book.sheet_names == [*forms, "工作报表", "填表说明", "选项"]
    rows = book.get_sheet_by_name("组织台账").to_python()
    assert (
        rows[0][0] == "临山县组织台账" and "云州市临山县" in rows[1][0] and "2026年" in rows[1][0]
    )


def test_last_years_values_and_names_stand_in_it(project: Path, blanks: dict[str, Path]) -> None:
    data = load(project)
    measures = data.measures.query("area == '云州市/临山县' and period == '2025'")
    known = dict(zip(measures["measure"], measures["value"], strict=True))
    book = CalamineWorkbook.from_path(blanks["临山县"])
    rows = book.get_sheet_by_name("工作报表").to_python()
    at = {name: rows[2].index(name) for name in ("指标", "上年参考数")}
    shown = {
        BOOK.measure_of(row[at["指标"]]): row[at["上年参考数"]]
        for row in rows[3:]
        if row[at["上年参考数"]] != ""
    }
    assert len(shown) > 40
    assert shown == {code: pytest.approx(known[code]) for code in shown}
    assert {code for code, value in known.items() if value == value} == set(shown)
    lists = book.get_sheet_by_name("选项").to_python()
    units = data.frame("units").query("period == '2025' and area.str.contains('临山县')")
    named = {row[lists[1].index("单位名称")] for row in lists[2:]} - {""}
    assert named == set(units.loc[units["status"] != "cancelled", "unit_name"])
    towns = {row[lists[1].index("乡镇街道")] for row in lists[2:]} - {""}
    assert towns == {area.rpartition("/")[2] for area in units["area"]} - {"临山县"}


def test_empty_they_ask_nothing_and_count_as_nothing(blanks: dict[str, Path]) -> None:
    found = check_paths([blanks["临山县"].parents[3]])
    assert found.problems == () and all(not tables for tables in found.rows.values())
    assert found.absent == []


def test_filled_they_come_back_through_check_and_build_without_a_question(
    project: Path, blanks: dict[str, Path], tmp_path: Path
) -> None:
    items = item_rows(BOOK)
    typed = {3 + n: {"数值": 100 + n} for n, item in enumerate(items) if item["how"] == TYPED}
    raw = tmp_path / "data" / "raw"
    for number, (name, path) in enumerate(blanks.items()):
        place = raw / "2026" / "云州市" / name
        place.mkdir(parents=True)
        filled = {
            FORMS[code]["name"]: {
                3: {
                    head: value
                    for column in FORMS[code]["columns"]
                    if (value := _typed(code, column, number)) is not None
                    and (head := _head(path, FORMS[code]["name"], column, code))
                }
            }
            for code in LEDGERS
        }
        refilled(path.read_bytes(), place / path.name, filled | {"工作报表": typed})
    found = check_paths([raw])
    assert [str(problem) for problem in found.problems] == []
    made = build(tmp_path, jobs=1)
    assert made.n_problems.get("question", 0) == made.n_problems.get("warning", 0) == 0
    data = load(tmp_path)
    figures = data.measures.query("source == 'figures' and area == '云州市/临山县'")
    assert dict(zip(figures["measure"], figures["value"], strict=True)) == {
        BOOK.measure_of(item["measure"]): 100.0 + n
        for n, item in enumerate(items)
        if item["how"] == TYPED
    }
    units = data.measures.query("measure == 'units' and level == 'district'")
    assert units["value"].tolist() == [1, 1, 1]


def _typed(code: str, column: str, number: int) -> object:
    spec = FORMS[code]["columns"][column]
    if not (spec.get("required") or spec.get("wanted")) or column == "period":
        return None
    value = example_of(code, column)
    if column == "township":
        return None
    if column == "date":
        return "2026-03-05"
    return value.replace("一号", f"{'甲乙丙'[number]}号") if isinstance(value, str) else value


def _head(path: Path, sheet: str, column: str, code: str) -> str:
    spec = FORMS[code]["columns"][column]
    heads = CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python(nrows=3)[2]
    return next((h for h in heads if h.split("（")[0] == spec["names"][0].split("（")[0]), "")


def test_townships_get_their_own_where_they_are_asked_for(project: Path, tmp_path: Path) -> None:
    written = write_for(project, tmp_path, ["工作报表"], level="township", period="2025Q4")
    assert len(written) == len(load(project).areas.query("level == 'township'"))
    assert all(path.parts[-5] == "2025Q4" for path in written)


@pytest.mark.parametrize("wrong", [{"level": "village"}, {"period": "明年"}])
def test_what_is_not_there_is_refused(project: Path, tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(InputError):
        write_for(project, tmp_path, **wrong)
