"""Problems as offices work on them: cases over the years, the register read back, one page a county with nothing of others."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from pathlib import Path

import county_holes as holes
import pypdfium2
import pytest
import xlsxwriter

from evalkit.building import build
from evalkit.documents import write
from evalkit.indicators import Data, find_project, load
from evalkit.reports.cases import followed, number_of
from evalkit.reports.causes import causes
from evalkit.reports.rectify import (
    LIST_COLUMNS,
    case_rows,
    case_table,
    problems_by_area,
    rectification,
    rectified_words,
    register_bytes,
    responsibilities,
)
from evalkit.reports.register import read_register
from evalkit.reports.supervision import notice, write_notices

TODAY = dt.date(2026, 3, 1)
LABELS = [label for label, _width in LIST_COLUMNS]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("right")
    holes.copied(folder)
    build(folder)
    return folder


@pytest.fixture(scope="module")
def data(project: Path) -> Data:
    return load(project)


@pytest.fixture(scope="module")
def told(data: Data):
    return rectification(data, "2025", "2024", today=TODAY)


def filled(path: Path, rows: list[list], heads: list[str] = LABELS) -> None:
    """A 整改台账 as an office sends it back: a title above the headings."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("整改")
    sheet.write(0, 0, "某市整改台账")
    for i, row in enumerate([heads, *rows], 1):
        for j, value in enumerate(row):
            if value not in (None, ""):
                sheet.write(i, j, value)
    book.close()


def words_of_file(path: Path) -> str:
    """All text of a page, a document, a workbook or a PDF, with its properties."""
    if path.suffix == ".pdf":
        document = pypdfium2.PdfDocument(path)
        pages = "".join(page.get_textpage().get_text_range() for page in document)
        return pages + str(document.get_metadata_dict())
    if path.suffix == ".html":
        return re.sub(r'src="data:[^"]*"', "", path.read_text("utf-8"))
    with zipfile.ZipFile(path) as archive:
        texts = (
            archive.read(name) for name in archive.namelist() if name.endswith((".xml", ".rels"))
        )
        return "".join(text.decode("utf-8", "replace") for text in texts)


def texts_of(block) -> str:
    return str(block.to_json() if hasattr(block, "to_json") else block.content)


def test_a_case_is_the_same_next_year_and_in_another_township() -> None:
    first = number_of("due", "某公司", "某市/甲县")
    assert first == number_of("due", "某公司", "某市/甲县") and re.fullmatch(
        "ZG[0-9A-F]{10}", first
    )
    assert first != number_of("low", "某公司", "某市/甲县")
    assert first != number_of("due", "某公司", "某市/乙县")  # a name holds within its district
    code = "91110000100000009M"
    assert number_of("due", code, "某市/甲县") == number_of("due", code, "某市/乙县")


def test_what_became_of_last_years_cases_adds_up(data: Data) -> None:
    """By hand from the lists of both years: what is gone, what is still there, what is new."""
    found = followed(data, "2025")
    before = {case.number for case in followed(load(data.project, ["2024"]), "2024").cases}
    now = {case.number for case in found.cases}
    assert {c.number for c in found.again} == before & now
    assert {c.number for c in found.gone} == before - now and not found.unknown
    assert {c.number for c in found.new} == now - before
    assert before and now and before & now and before - now
    assert all(c.since == "2024" for c in found.again)


def test_an_absent_county_is_never_solved(tmp_path: Path) -> None:
    holes.county_gone(holes.copied(tmp_path))
    build(tmp_path)
    made = rectification(load(tmp_path), "2025", "2024")
    gone = made.followed
    assert gone.unknown and all(c.district == holes.HOLE for c in gone.unknown)
    assert all(c.district != holes.HOLE for c in (*gone.cases, *gone.gone))
    assert (
        f"因缺报不能核实的{len(gone.unknown)}项"
        in rectified_words(made).content["blocks"][0]["content"]["text"]
    )
    rows = {
        str(row[0].value if hasattr(row[0], "value") else row[0]): row
        for row in problems_by_area(made).content["rows"]
    }
    line = next(row for name, row in rows.items() if holes.HOLE in name)
    assert "—" in [str(cell) for cell in line]


def test_the_register_comes_back_over_the_years(project: Path, told) -> None:
    again, other, gone = told.followed.again[0], told.followed.again[1], told.followed.gone[0]
    file = project / "texts" / "2024" / "整改台账.xlsx"

    def line(number: str, **said) -> list:
        row = [""] * len(LABELS)
        row[0] = number
        for label, value in said.items():
            row[LABELS.index(label)] = value
        return row

    filled(
        file,
        [
            line(
                again.number,
                原因="新成立",
                整改措施="单独组建",
                责任单位="县委组织部",
                整改时限="2025年12月31日",
                整改状态="整改中",
                首次发现="2022",
            ),
            line(other.number, 责任单位="县委组织部", 整改状态="已整改"),
            line(gone.number, 整改状态="已销号"),
        ],
    )
    made = rectification(load(project), "2025", "2024", today=TODAY)
    assert not made.register.problems
    entry = made.entry(again)
    assert (entry.cause, entry.measure, entry.responsible) == ("新成立", "单独组建", "县委组织部")
    assert entry.due == dt.date(2025, 12, 31) and entry.late(TODAY)
    assert made.first(again) == "2022"  # remembered beyond the ledgers
    rows = {row[0]: row for row in case_rows(made)}
    assert rows[again.number][LABELS.index("整改状态")] == "整改中"
    assert "台账仍有此问题" in rows[other.number][LABELS.index("台账情况")]
    assert gone.number not in rows  # closed and gone
    text = texts_of(rectified_words(made))
    assert "超过时限没有完成的1项" in text and "需要核实的1项" in text and "已销号1项" in text
    assert responsibilities(made).content["rows"]
    (project / "data" / "raw").mkdir(exist_ok=True)
    again_file = project / "data" / "raw" / "整改台账（县报）.xlsx"
    again_file.write_bytes(register_bytes(made))  # what the program writes is read back as it is
    assert file not in load(project).project.ledgers("raw") and again_file not in find_project(
        project
    ).ledgers("raw")
    read = read_register(find_project(project), "2025")
    assert not read.problems and read.get(again.number).responsible == "县委组织部"
    again_file.unlink()
    file.unlink()


def test_faults_of_the_register_are_told_by_cell(project: Path, told) -> None:
    number = told.followed.cases[0].number
    file = project / "data" / "raw" / "2025" / "整改清单.xlsx"
    heads = ["编号", "名称", "责任单位", "整改时限", "整改状态"]
    filled(
        file,
        [
            [number, "甲", "组织部", "2026年2月30日", "整改了"],
            [number, "甲", "组织部", "", ""],
            ["ZG12", "乙", "组织部", "", ""],
            ["", "", "", "", ""],
            [told.followed.cases[1].number, "丙", "联系人张三 13812345678", "下个月", "已完成"],
        ],
        heads,
    )
    found = read_register(find_project(project), "2025").problems
    file.unlink()
    said = {(p.where, p.code) for p in found}
    assert ("整改!D3", "date_impossible") in said and ("整改!E3", "value_invalid") in said
    assert ("整改!A4", "row_duplicate") in said and ("整改!A5", "value_invalid") in said
    assert ("整改!D7", "value_unreadable") in said and ("整改!C7", "personal_data") in said
    state = next(p for p in found if p.where == "整改!E3")
    assert "整改中" in state.allowed and state.file.endswith("整改清单.xlsx")
    assert not any("13812345678" in p.text() for p in found)


def test_a_notice_holds_nothing_of_another_county(told, data: Data, tmp_path: Path) -> None:
    """One page, in both forms; names of others, of their townships, units and organisations nowhere, not in properties."""
    assert not [p for p in write_notices(told, tmp_path) if p.severity == "error"]
    areas = data.areas.loc[data.areas["level"] == "district", "area"]
    assert len(list(tmp_path.iterdir())) == 4 * len(areas)
    every = [*told.followed.cases, *told.followed.gone, *told.followed.unknown]
    for area in areas:
        name = area.rpartition("/")[2]
        own = {case.name for case in every if case.home == area}
        foreign = {case.name for case in every if case.home != area} - own
        foreign |= {other.rpartition("/")[2] for other in areas if other != area}
        foreign |= {case.number for case in every if case.home != area}
        page = tmp_path / f"{name}督办单.pdf"
        assert len(pypdfium2.PdfDocument(page)) == 1, name
        assert name in words_of_file(page).replace("\n", "")
        seen = "".join(words_of_file(file) for file in tmp_path.glob(f"{name}*"))
        plain = re.sub(r"\s|<[^>]*>", "", seen)
        assert not [one for one in foreign if one in plain or one in seen], name
        total = f"共{len(told.followed.cases)}项"
        assert total not in plain


def test_no_member_count_below_three_stands_in_a_list(told) -> None:
    at = LABELS.index("党员数")
    few = [case for case in told.followed.cases if case.members is not None and case.members < 3]
    rows = {row[0]: row for row in case_rows(told)}
    assert few and all(rows[case.number][at] == "不足3名" for case in few)
    assert all(not isinstance(row[at], int) or row[at] >= 3 for row in rows.values())


def test_lists_and_notice_are_blocks_of_every_form(told, data: Data, tmp_path: Path) -> None:
    county = data.areas.loc[data.areas["level"] == "district", "area"].iloc[0]
    mine = told.inside(county)
    listed = case_table(mine, "整改清单", most=5)
    for form in ("html", "xlsx", "pdf", "docx"):
        write([listed, *notice(mine)], tmp_path / f"清单.{form}", title="清单")
        assert (tmp_path / f"清单.{form}").stat().st_size > 1000
    heads = [column["label"] for column in listed.content["columns"]]
    assert {"名称", "问题", "不符合的规定", "责任单位", "整改时限"} <= set(heads)


def test_causes_say_what_stands_side_by_side_and_no_cause(told) -> None:
    text = texts_of(causes(told))
    assert "不说明谁是谁的原因" in text
    assert not any(word in text for word in ("导致", "因为", "造成", "由于"))
    for case in {case.problem for case in told.followed.cases}:
        assert case in text


def test_places_are_named_only_where_a_problem_is_concentrated(told) -> None:
    """Of a tie nobody, and no place with a single case."""
    sentences = [b["content"]["text"] for b in causes(told).content["blocks"]]
    for text in sentences:
        if "集中在" in text:
            named = [int(n) for n in re.findall(r"（(\d+)[家个]）", text.partition("，合占")[0])]
            assert named and min(named) > 1 and len(named) <= 3
