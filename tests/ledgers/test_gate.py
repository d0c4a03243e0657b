"""The one gate: what names a person does not pass, what names a unit, a place or a thing does. All names are invented."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from written import write_book

from evalkit.ledgers import names, persons, read_ledger
from evalkit.ledgers.files import list_files, read_sheets

NOT_PERSONS = [
    line
    for line in (Path(__file__).parents[1] / "data" / "names" / "not_persons.txt")
    .read_text(encoding="utf-8")
    .splitlines()
    if line and not line.startswith("#")
]
HEADS = ["镇街", "单位名称", "行业", "登记级别", "已建群团", "责任单位", "从业人员总数", "党员总数"]


def test_the_list_is_long_enough_to_measure_with() -> None:
    assert (
        len(set(NOT_PERSONS)) >= 300
        and sum(any(c in names.SURNAMES for c in n) for n in NOT_PERSONS) >= 200
    )


@pytest.mark.parametrize("sort", ["text", "body", "label"])
def test_units_places_and_things_pass_unchanged(sort: persons.Sort) -> None:
    changed = {
        n: persons.gate(n, sort) for n in NOT_PERSONS if persons.gate(n, sort) != persons.Gated(n)
    }
    assert changed == {}


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("法人张建国同意组建", "张建国"),
        ("法人岑伟同意", "岑伟"),
        ("岑文华违纪被查", "岑文华"),
        ("廉小东发展党员2名", "廉小东"),
        ("酆志强支部", "酆志强"),
        ("李伟支部", "李伟"),
        ("书记张伟带队走访企业", "张伟"),
        ("书记李明华作报告", "李明华"),
        ("诸葛明带队调研", "诸葛明"),
        ("支部书记欧阳小明带队", "欧阳小明"),
        ("张强、王丽两位同志参加", "张强 王丽"),
        ("岑溪林和诸建军两位同志", "岑溪林 诸建军"),
        ("书记张伟、李娜走访", "张伟 李娜"),
        ("上午李伟带队检查", "李伟"),
        ("活动由张建国主持", "张建国"),
        ("责任人诸志强未到", "诸志强"),
        ("我镇刘德明同志", "刘德明"),
        ("城关镇党委（张建国）", "张建国"),
        ("法人代表陆小曼缴纳党费", "陆小曼"),
        ("张建国", "张建国"),
        ("李伟、王芳", "李伟 王芳"),
        ("李和平", "李和平"),
        ("买买提·艾力", "买买提·艾力"),
    ],
)
def test_names_do_not_pass(text: str, gone: str) -> None:
    found = persons.gate(text)
    assert "name" in found.kinds and not any(name in found.text for name in gone.split()), found


@pytest.mark.parametrize(
    ("text", "kind", "gone"),
    [
        ("12 110105491231002", "identity", "110105491231002"),
        ("110105491231002 12", "identity", "110105491231002"),
        ("A11010519491231002X", "identity", "11010519491231002X"),
        ("sfz110105491231002", "identity", "110105491231002"),
        ("110105 19491231 002X", "identity", "002X"),
        ("1 1 0 1 0 5 1 9 4 9 1 2 3 1 0 0 2 X", "identity", "0 0 2 X"),
        ("110105-19491231-002X", "identity", "002X"),
        ("138.1234.0003", "phone", "0003"),
        ("138—1234—0003", "phone", "0003"),
        ("138－1234－0003", "phone", "0003"),
        ("138·1234·0003", "phone", "0003"),
        ("138/1234/0003", "phone", "0003"),
        ("1 3 8 1 2 3 4 0 0 0 3", "phone", "0 0 3"),
        ("1-3-8-1-2-3-4-0-0-0-3", "phone", "0-0-3"),
        ("5 13812340003", "phone", "13812340003"),
        ("0086 138 1234 0003", "phone", "0003"),
        ("一三八一二三四〇〇〇三", "phone", "〇〇〇三"),
        ("１３８１２３４０００３", "phone", "０００３"),
        ("138\u200b1234\u202e0003", "phone", "0003"),
        ("电话：62345678", "phone", "62345678"),
        ("0578—2123456", "phone", "2123456"),
        ("微信zhangsan88", "email", "zhangsan88"),
        ("微信号：zs_1988", "email", "zs_1988"),
        ("wx: abc_123", "email", "abc_123"),
        ("QQ 123456789", "email", "123456789"),
        ("zhang.san@example.com", "email", "zhang"),
        ("浙K12345", "personal", "12345"),
        ("京A·D12345", "personal", "12345"),
        ("护照E12345678", "identity", "12345678"),
        ("E12345678", "identity", "12345678"),
        ("1985年3月6日出生", "birth", "1985"),
        ("1985.3.6生", "birth", "1985"),
        ("出生年月：198503", "birth", "198503"),
        ("生于1985年", "birth", "1985"),
        ("卡号 6222 0212 3456 7890", "bank_card", "7890"),
        ("人民路12号3幢501室", "address", "501"),
        ("家住幸福小区3栋2单元402室", "address", "402"),
    ],
)
def test_numbers_and_addresses_do_not_pass(text: str, kind: str, gone: str) -> None:
    for sort in ("text", "body", "label"):
        found = persons.gate(f"联络：{text}", sort)  # type: ignore[arg-type]
        assert kind in found.kinds and gone not in found.text, (sort, found)


def test_what_nobody_sees_is_taken_out() -> None:
    assert persons.gate("甲\u202e公司\u200b\x07\ufeff", "body") == persons.Gated("甲公司")
    assert persons.gate("甲\udcff公司", "body").text == "甲�公司"


def ledger(
    tmp_path: Path, rows: list[list[object]], sheet: str = "组织台账", file: str = "示例县.xlsx"
):
    write_book(tmp_path / file, {sheet: [["示例县组织台账2025年"], HEADS, *rows]})
    return read_ledger(tmp_path)


def everything(found: object) -> str:
    tables = [*found.tables.values(), found.headings, found.sheets]  # type: ignore[attr-defined]
    cells = [str(cell) for table in tables for column in table for cell in table[column].dropna()]
    return "\n".join([*cells, *map(str, found.problems)])  # type: ignore[attr-defined]


def test_no_column_of_free_text_stores_a_person(tmp_path: Path) -> None:
    texts = [
        "微信lisi_88",
        "1980年5月6日出生",
        "浙K12345",
        "护照E12345678",
        "1 3 8 1 2 3 4 0 0 0 3",
        "张建国",
        "书记岑伟带队",
    ]
    rows = [
        ["城关镇", f"甲{n}有限公司", text, text, text, f"城关镇党委{text}", 20, 3]
        for n, text in enumerate(texts)
    ]
    found = ledger(tmp_path, rows)
    told = everything(found)
    for word in ("lisi", "1980", "K12345", "E12345678", "1 2 3 4 0", "张建国", "岑伟"):
        assert word not in told, word
    assert len(found.tables["units"]) == len(texts)
    assert {p.code for p in found.problems} >= {"personal_data"}


def test_a_column_with_a_closed_list_stores_only_its_list(tmp_path: Path) -> None:
    said = [
        ("市级", "工会、共青团"),
        ("区县级（民政）", "工会（主席来了）"),
        ("不清楚", "未建"),
        ("省级", "足球队"),
        ("市", "无"),
    ]
    found = ledger(
        tmp_path,
        [["城关镇", f"甲{n}公司", "制造业", a, b, "", 20, 3] for n, (a, b) in enumerate(said)],
    )
    units = found.tables["units"].set_index("unit_name")
    levels = (
        units["registration_level"]
        .astype(object)
        .where(units["registration_level"].notna(), None)
        .tolist()
    )
    bodies = (
        units["mass_organisation"]
        .astype(object)
        .where(units["mass_organisation"].notna(), None)
        .tolist()
    )
    assert levels == ["市级", "区县级", None, "省级", "市"]
    assert bodies == ["工会、共青团", "工会", None, None, None]


def test_a_name_in_the_column_of_townships_is_no_area(tmp_path: Path) -> None:
    words = ["城关镇", "城关", "张建国", "岑铄", "石岩", "13812340003", "张伟 城关镇"]
    found = ledger(
        tmp_path, [[w, f"甲{n}公司", "", "", "", "", 20, 3] for n, w in enumerate(words)]
    )
    areas = found.tables["units"]["area"].tolist()
    town = "示例县/城关镇"
    assert areas == [town, "示例县/城关", "示例县", "示例县", "示例县/石岩", "示例县", town]
    asked = [p for p in found.problems if p.code == "area_unconfirmed"]
    assert [(p.cell, p.found) for p in asked] == [("A5", "〔略〕"), ("A6", "〔略〕")]
    assert not any(word in everything(found) for word in ("张建国", "岑铄", "13812340003", "张伟"))


def test_areas_xlsx_makes_an_area_of_any_name(tmp_path: Path) -> None:
    write_book(tmp_path / "areas.xlsx", {"地区": [["地区全称", "名称"], ["示例县/岑铄", "岑铄"]]})
    found = ledger(tmp_path, [["岑铄", "甲公司", "", "", "", "", 20, 3]])
    assert found.tables["units"]["area"].tolist() == ["示例县/岑铄"]


def test_a_number_column_never_reads_or_quotes_a_person(tmp_path: Path) -> None:
    cells = ["12 110105491231002", "3 13812340003", "138.1234.0003", 20]
    found = ledger(
        tmp_path,
        [["城关镇", f"甲{n}公司", "", "", "", "", cell, 3] for n, cell in enumerate(cells)],
    )
    employees = found.tables["units"]["employees"]
    assert employees.isna().tolist() == [True, True, True, False]
    assert [p.cell for p in found.problems if p.code == "personal_data"] == ["G3", "G4", "G5"]
    assert "110105" not in everything(found) and "1234" not in everything(found)


def test_names_of_files_folders_and_sheets_are_printed_without_persons(tmp_path: Path) -> None:
    folder = tmp_path / "张建国报送"
    folder.mkdir()
    rows = [["城关镇", "甲公司", "", "", "", "", 20, 3]]
    for file, sheet in (
        ("岑文华13812340003.xlsx", "组织台账李伟"),
        ("岑文海13812340003.xlsx", "组织台账"),
    ):
        write_book(folder / file, {sheet: [["示例县组织台账2025年"], HEADS, *rows]})
    found = read_ledger(tmp_path)
    told = everything(found)
    assert not any(w in told for w in ("张建国", "岑文", "1381234", "李伟")), told
    assert len(found.sheets["source_file"].unique()) == 2  # two files stay two
    assert {p.found for p in found.problems if p.code == "personal_data"} == {"姓名", "电话号码"}


def test_a_name_in_another_code_and_hidden_marks_can_be_read(tmp_path: Path) -> None:
    raw = bytes(tmp_path) + b"/" + "甲县台账".encode("gb18030") + b".csv"
    Path(raw.decode("utf-8", "surrogateescape")).write_text(
        "单位名称,从业人员总数\n甲公司,3\n", encoding="utf-8"
    )
    (tmp_path / "乙县\u202egpj.csv").write_text(
        "单位名称,从业人员总数\n乙公司,4\n", encoding="utf-8"
    )
    listed, _ = list_files(tmp_path)
    assert {name for name, _ in listed} == {"甲县台账.csv", "乙县gpj.csv"}
    assert [s.rows[1][0] for name, file in listed for s in read_sheets(file, name=name)[0]] in (
        ["乙公司", "甲公司"],
        ["甲公司", "乙公司"],
    )
    tables = read_ledger(tmp_path).tables["units"]
    assert sorted(tables["unit_name"]) == ["乙公司", "甲公司"] and set(tables["source_file"]) == {
        "甲县台账.csv",
        "乙县gpj.csv",
    }


def test_unit_names_are_kept_whatever_surname_they_hold(tmp_path: Path) -> None:
    units = [
        n
        for n in NOT_PERSONS
        if n.endswith(("公司", "厂", "店", "学校", "协会", "商会", "医院", "事务所"))
    ]
    found = ledger(tmp_path, [["城关镇", name, "制造业", "", "", "", 20, 3] for name in units])
    assert sorted(found.tables["units"]["unit_name"]) == sorted(units) and len(units) >= 60
    assert not any(p.code == "personal_data" for p in found.problems)
    assert isinstance(found.tables["units"], pd.DataFrame)


def test_hostile_names_through_areas_xlsx_stay_names(tmp_path: Path) -> None:
    names_ = [
        "../../x",
        "<script>alert(1)</script>",
        "=cmd|calc",
        "甲\u202e乙区",
        "a" * 300,
        "..",
        "丙区\x0b",
    ]
    listed = [[f"示例市/{n}", n, n] for n in names_]
    write_book(tmp_path / "areas.xlsx", {"地区": [["地区全称", "名称", "简称"], *listed]})
    heads = ["地区", "单位名称", "从业人员总数"]
    rows = [heads, *[[name, f"甲{n}公司", 20] for n, name in enumerate(names_)]]
    write_book(tmp_path / "示例市.xlsx", {"组织台账": [["示例市组织台账2025年"], *rows]})
    found = read_ledger(tmp_path)
    areas = found.tables["units"]["area"].tolist()
    assert areas[3] == "示例市/甲乙区" and areas[6] == "示例市/丙区"
    assert areas[4] == areas[5] == "示例市"  # no name at all: asked
    for area in areas:
        assert ".." not in area.split("/") and all(
            len(part) <= 60 and part.isprintable() for part in area.split("/")
        )


@pytest.mark.parametrize(
    "name",
    [
        "某县李志强表",
        "李志强台账",
        "城关镇李志强汇总表",
        "2025年李志强上报表",
        "某区欧阳志强填报的台账",
    ],
)
def test_who_made_a_sheet_is_not_in_its_name(name: str) -> None:
    assert "志强" not in persons.gate(name, "label").text


@pytest.mark.parametrize("paper", ["表", "台账", "汇总表", "上报表"])
def test_the_name_of_a_sheet_of_a_place_or_thing_stays(paper: str) -> None:
    changed = [
        n for n in NOT_PERSONS if len(n) > 2 and persons.gate(f"某县{n}{paper}", "label").kinds
    ]
    assert changed == []


def test_a_name_beside_a_word_of_a_closed_list_is_not_quoted(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["城关镇", "甲公司", "制造业", "县级", "工会何秀英", "", 20, 1],
        ["城关镇", "乙公司", "", "", "妇联和读书会", "", 20, 1],
    ]
    found = ledger(tmp_path, rows)
    assert found.tables["units"]["mass_organisation"].tolist() == ["工会", "妇联"]
    told = [p.found for p in found.problems if p.code == "value_not_listed"]
    assert told == ["工会〔略〕", "妇联和读书会"]


SAID = st.text(
    "王李欧阳司马伟强梅园会（）()委员：住户籍微信薇wvWVxechatin抖音博支付宝钉护照证件出生日于室房"
    "零一二三四五六七八九幺京苏AZs@123 4-.:等、名位人个同志先书记主任十两",
    max_size=24,
)


@given(SAID)
def test_a_quick_look_misses_nothing(text: str) -> None:
    """Whatever the slow patterns would find, the quick look lets through to them."""
    assert persons.may_tell(text) or not persons._numbers(text)
    assert names.may_tell(text) or not names.find(text, only_told=True)
    assert names._holds_honour(text) == bool(names._HONOURS.search(text))
