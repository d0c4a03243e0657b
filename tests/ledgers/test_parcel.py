"""What cannot be read can be sent: the same layout, the same reading, and nothing of what stood there."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import county_folder
import pytest
import xlsxwriter
from office_writer import Document as Word
from office_writer import Sheet, docx, mht, separated, with_dimension, xls, xlsx, xml_spreadsheet

from evalkit.building.checking import parcels_of
from evalkit.codebook import load_codebook
from evalkit.ledgers import Ledger, read_ledger
from evalkit.ledgers.headings import Headings
from evalkit.ledgers.masking import Masker, words_of
from evalkit.ledgers.parcel import DESCRIPTION, parcel_of, safe_format
from evalkit.ledgers.scan import scan
from evalkit.problems import InputError

BOOK = load_codebook()
PERSONS = ["欧阳建国", "王小明", "张丽华", "李志强", "陈晓红"]
NUMBERS = [
    "110101198503071238",
    "11010119850307123X",
    "13912345678",
    "139-1234-5678",
    "6222020200112233440",
    "0571-88776655",
    "wangxiaoming@example.com",
]
UNITS = ["滨河电子科技有限公司", "滨河电子科技", "红旗河街道", "西门里社区", "91330106MA2GKJ4N3U"]
MONEY = ["48273", "915.37", "48,273.50"]
SECRETS = [*PERSONS, *NUMBERS, *UNITS, *MONEY]
COUNTS = ["state", "form", "kept", "total", "heading", "title", "note", "reported"]


def every_text(content: bytes) -> str:
    """All that a zip holds, zips inside it opened, bytes read as UTF-8 and both UTF-16."""
    found = []
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
        found.append(content.decode(encoding, errors="replace"))
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.comment == b""
            for info in archive.infolist():
                assert info.comment == b"" and info.extra == b""
                found += [info.filename, every_text(archive.read(info))]
    return "\n".join(found)


def planted(path: Path) -> Path:
    """A workbook with secrets wherever a workbook can hold one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    person, other, third, fourth, fifth = PERSONS
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties(
            {
                "author": person,
                "manager": other,
                "company": UNITS[0],
                "title": f"{UNITS[2]}台账",
                "comments": NUMBERS[0],
                "keywords": NUMBERS[2],
            }
        )
        book.set_custom_property("联系人", third)
        book.define_name("负责人", f'="{person}{NUMBERS[2]}"')
        page = book.add_worksheet("组织台账")
        secret_format = book.add_format({"num_format": f'0"{fourth}"'})
        money_format = book.add_format({"num_format": '0!.0,"万"'})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page.write(0, 0, f"{UNITS[2]}2025年两新组织台账（{person}统计）")
        page.write(1, 0, f"填报单位：{UNITS[2]}　填表人：{other}　电话：{NUMBERS[2]}")
        heads = [
            "单位名称",
            "统一社会信用代码",
            "从业人员总数",
            "党员总数",
            "正式党员",
            f"{person}联系户数",
        ]
        heads += [
            "年营业收入（万元）",
            "书记",
            "联系电话",
            f"联系电话（{third}）",
            "状态",
            "成立日期",
            "指导员编号",
        ]
        page.write_row(2, 0, heads)
        rows = [
            [UNITS[0], UNITS[4], 48273, 12, 9, 3, 915.37, other, 13912345678, NUMBERS[3], "正常"],
            [
                f"{person}诊所",
                "",
                "约4827余人",
                5,
                5,
                "",
                "48,273.50",
                fourth,
                NUMBERS[2],
                fifth,
                "停业",
            ],
            [
                f"{UNITS[3]}商会",
                "",
                57,
                4,
                3,
                NUMBERS[0],
                61,
                f"{third}、{fifth}",
                NUMBERS[5],
                NUMBERS[6],
                "注销",
            ],
        ]
        for i, row in enumerate(rows, 3):
            page.write_row(i, 0, row)
            page.write_datetime(i, 11, dt.datetime(1985, 3, 7), day)
            page.write(i, 12, f"Z0{i}7")
        page.write_number(3, 6, 915.37, money_format)
        page.write_number(4, 3, 5, secret_format)
        page.write_formula(5, 13, f'=IF(A1="{person}","{NUMBERS[0]}",1)', None, 7)
        page.write_formula(4, 13, f'="{NUMBERS[4]}"', None, "")
        page.write(6, 0, "合计")
        page.write(6, 2, 48330)
        page.write(
            7,
            0,
            f"注：{person}负责核对，身份证号{NUMBERS[0]}，卡号{NUMBERS[4]}，住{UNITS[3]}3幢201室。",
        )
        page.write_comment(3, 0, f"{fifth}：{NUMBERS[2]}", {"author": third})
        page.data_validation(
            3, 7, 9, 7, {"validate": "list", "source": PERSONS[:3], "input_message": NUMBERS[0]}
        )
        page.set_header(f"&L{person}&R{UNITS[0]}")
        page.set_footer(f"&C{NUMBERS[2]}")
        page.write_url(8, 0, f"mailto:{NUMBERS[6]}", string=other)
        page.set_row(4, None, None, {"hidden": True})
        page.set_column(7, 8, None, None, {"hidden": True})
        page.merge_range(0, 0, 0, 12, f"{UNITS[2]}2025年两新组织台账（{person}统计）")
        hidden = book.add_worksheet(f"{person}名单")
        hidden.write_column(0, 0, SECRETS)
        hidden.hide()
        box = book.add_worksheet("说明")
        box.insert_textbox(1, 1, f"{person} {NUMBERS[2]}")
    return path


def test_nothing_planted_is_left_anywhere(tmp_path: Path) -> None:
    folder = tmp_path / f"{PERSONS[0]}报送" / "2025"
    planted(folder / f"{UNITS[0]}台账（{PERSONS[1]}）.xlsx")
    before = every_text((folder / f"{UNITS[0]}台账（{PERSONS[1]}）.xlsx").read_bytes())
    assert [s for s in (*PERSONS, NUMBERS[0], UNITS[0]) if s not in before] == []
    for keep in (False, True):
        [(written, made)] = parcels_of([tmp_path], out=tmp_path / "样张.zip", keep_headings=keep)
        told = every_text(written.read_bytes())
        assert [secret for secret in SECRETS if secret in told] == []
        assert not any(
            part in told
            for part in ("建国", "小明", "丽华", "志强", "晓红", "滨河", "红旗河", "西门里")
        )
        assert "1985" not in told and "48273" not in told and "4827" not in told
        assert not any(PERSONS[0] in heading for heading in made.unknown)
        written.unlink()


def test_what_is_known_stays_legible_and_the_rest_is_of_its_kind(tmp_path: Path) -> None:
    planted(tmp_path / "台账.xlsx")
    made = parcel_of(tmp_path / "台账.xlsx", BOOK)
    (tmp_path / "样张.zip").write_bytes(made.content)
    units = read_ledger(tmp_path / "样张.zip", codebook=BOOK).tables["units"]
    assert units["status"].tolist() == ["operating", "suspended", "cancelled"]
    # an id that is no code of a unit stayed none: the name stands for it
    assert units["unit_name"].str.endswith(("有限公司", "诊所", "商会")).all()
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        names = archive.namelist()
        text = archive.read(DESCRIPTION).decode()
    assert names == ["台账.xlsx", DESCRIPTION]
    assert "没有任何真实数据" in text and "隐藏 1行" in text and "组织台账" in text


def shape_of(ledger: Ledger) -> tuple[Any, ...]:
    """What the reader made of sheets, rows and columns; no value among it."""
    sheets = ledger.sheets[COUNTS].astype("object").where(ledger.sheets[COUNTS].notna(), None)
    columns = sorted(
        (h.table, h.column, h.letter, h.first_row, h.last_row) for h in ledger.headings.itertuples()
    )
    rows = {name: len(table) for name, table in ledger.tables.items() if len(table)}
    return sheets.to_numpy().tolist(), columns, rows


def both(source: Path, folder: Path) -> tuple[Ledger, Ledger]:
    made = parcel_of(source, BOOK)
    target = folder / "parcel" / "样张.zip"
    target.parent.mkdir()
    target.write_bytes(made.content)
    return read_ledger(source, codebook=BOOK), read_ledger(target, codebook=BOOK)


ALIKE = [
    county_folder.three_row_heading,
    county_folder.one_row_a_township,
    county_folder.matrix_of_six_haves,
    county_folder.stars_by_stage,
    county_folder.running_account,
    county_folder.tables_side_by_side,
    county_folder.word_tables,
    county_folder.funds_as_xml_spreadsheet,
    county_folder.funds_as_mht,
    county_folder.funds_as_old_xls,
    county_folder.gb18030_with_tabs,
    county_folder.shown_in_another_unit,
    county_folder.joint_branch_over_merged_cells,
    county_folder.summary_beside_ledgers,
    county_folder.unfounded_with_reasons,
]


@pytest.mark.parametrize("make", ALIKE, ids=lambda make: make.__name__)
def test_the_reader_makes_the_same_of_the_parcel(
    tmp_path: Path, make: Callable[[Path], Any]
) -> None:
    make(tmp_path / "folder")
    original, masked = both(tmp_path / "folder", tmp_path)
    assert shape_of(original) == shape_of(masked)


ROWS = [
    ["滨河县2025年两新组织台账"],
    ["单位名称", "张丽华走访户数", "从业人员总数", "党员总数", "正式党员"],
    ["滨河电子科技有限公司", 3, 48273, 12, 9],
    ["红旗河纺织厂", 4, "约4827人", 5, 5],
]
CONTAINERS: dict[str, Callable[[Path], Any]] = {
    "xls": lambda path: xls(path / "a.xls", {"组织台账": Sheet(ROWS)}),
    "xml": lambda path: xml_spreadsheet(path / "a.xls", {"组织台账": Sheet(ROWS)}),
    "mht": lambda path: mht(path / "a.xls", Sheet(ROWS)),
    "csv": lambda path: separated(path / "a.csv", ROWS, "gb18030"),
    "docx": lambda path: docx(path / "a.docx", Word([("", Sheet(ROWS))])),
}


@pytest.mark.parametrize("kind", ["xls", "xml", "mht", "csv"])
def test_other_containers_come_as_the_same_grid(tmp_path: Path, kind: str) -> None:
    (tmp_path / "in").mkdir()
    CONTAINERS[kind](tmp_path / "in")
    original, masked = both(tmp_path / "in", tmp_path)
    assert shape_of(original) == shape_of(masked)
    assert [len(row) for row in (original.tables["units"], masked.tables["units"])] == [2, 2]
    told = every_text((tmp_path / "parcel" / "样张.zip").read_bytes())
    assert [s for s in (*SECRETS, "滨河", "红旗河", "丽华") if s in told] == []


def test_what_is_refused_is_refused_alike(tmp_path: Path) -> None:
    """Cells far off, a size that is none, a sheet that nobody can place: the parcel fails as the original does."""
    scattered = tmp_path / "in" / "scattered.xlsx"
    scattered.parent.mkdir()
    with xlsxwriter.Workbook(str(scattered)) as book:
        page = book.add_worksheet("台账")
        page.write_row(0, 0, ["单位名称", "从业人员总数", "党员总数"])
        page.write(1_048_575, 16_383, "滨河")
    odd = with_dimension(xlsx(tmp_path / "in" / "odd.xlsx", {"组织台账": ROWS}), "1:4")
    for path in (scattered, odd):
        made = parcel_of(path, BOOK)
        with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
            [inner] = [n for n in archive.namelist() if n != DESCRIPTION]
            mine = scan(archive.read(inner))
        theirs = scan(path)
        assert [p.found for p in mine.problems] == [p.found for p in theirs.problems]
        assert [(s.refused, s.odd_dimension) for s in mine.sheets] == [
            (s.refused, s.odd_dimension) for s in theirs.sheets
        ]


def test_what_cannot_be_opened_is_described(tmp_path: Path) -> None:
    (tmp_path / "滨河台账.xlsx").write_bytes(b"PK\x03\x04" + b"broken" * 50)
    (tmp_path / "名单.pdf").write_bytes(b"%PDF-1.4 " + "欧阳建国".encode() * 20)
    made = parcel_of(tmp_path, BOOK)
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        assert archive.namelist() == [DESCRIPTION]
        text = archive.read(DESCRIPTION).decode()
    assert text.count("原件打不开") == 1 and "滨河" not in text and "建国" not in text


def test_a_parcel_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="没有这个文件或文件夹"):
        parcels_of([tmp_path / "没有.xlsx"], out=tmp_path / "样张.zip")
    assert not (tmp_path / "样张.zip").exists()


def test_unknown_headings_stay_only_where_somebody_agreed(tmp_path: Path) -> None:
    heads = ["单位名称", "从业人员总数", "孵化器入驻批次", "王小明走访", "党员总数"]
    xlsx(
        tmp_path / "组织台账.xlsx",
        {"组织台账": [heads, ["甲公司", 3, 4, 5, 6], ["乙公司", 3, 4, 5, 6]]},
    )
    plain, kept = (parcel_of(tmp_path, BOOK, keep_headings=keep) for keep in (False, True))
    assert plain.unknown == kept.unknown == ("孵化器入驻批次",)
    assert "孵化器" not in every_text(plain.content)
    told = every_text(kept.content)
    assert "孵化器入驻批次" in told and "小明" not in told


def test_a_format_keeps_its_units_and_nothing_else() -> None:
    assert safe_format('0!.0,"万"') == '0!.0,"万"'
    assert safe_format('0"欧阳建国"') == "0"
    assert safe_format('[$欧阳建国-804]yyyy"年"m"月"') == 'yyyy"年"m"月"'
    assert safe_format("General") == "General"


def test_the_same_name_is_masked_alike_and_others_are_not() -> None:
    masker = Masker(Headings(BOOK.headings), words_of(BOOK.lists, BOOK.measures))
    names = [f"滨河第{n}电子科技有限公司" for n in range(400)]
    masked = [masker.text(name) for name in names]
    assert len(set(masked)) == 400 and masked == [masker.text(name) for name in names]
    assert all(name.endswith("有限公司") for name in masked)
    assert masker.text("滨河第7电子科技有限公司党支部").removesuffix("党支部") == masked[7]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("约120余人", "约111余人"),
        ("5.2万", "1.1万"),
        ("2024-02-30", "2024-99-99"),
        ("2019.7.1", "2019.1.1"),
        ("1985-03-07", "2001-01-01"),
        ("正常", "正常"),
        ("√", "√"),
        ("——", "——"),
        ("小计（3家）", "小计（1家）"),
        ("0", "0"),
    ],
)
def test_kinds_of_texts(text: str, masked: str) -> None:
    masker = Masker(Headings(BOOK.headings), words_of(BOOK.lists, BOOK.measures))
    assert masker.text(text) == masked


@pytest.mark.parametrize(
    ("value", "masked"),
    [(120, 111), (0, 0), (48273.5, 11111.1), (-7, -1), (1e15, 1111111111111111)],
)
def test_numbers(value: float, masked: float) -> None:
    masker = Masker(Headings(BOOK.headings), ())
    assert masker.number(value) == masked
