"""Personal data are recognised; codes of units, dates, amounts and names of units are not taken for them.

Identity numbers here are made up: a region, a day of birth, a serial and the computed check digit. Card and credit
codes are the examples of the standards' descriptions.
"""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.ledgers import persons as p

CREDIT = "91350100M000100Y43"  # the worked example of the check character in GB 32100-2015


def identity(first17: str) -> str:
    return first17 + "10X98765432"[sum(int(c) * 2 ** (17 - i) for i, c in enumerate(first17)) % 11]


ID = identity("11010119900307123")


def test_check_digits() -> None:
    assert identity("11010519491231002") == "11010519491231002X"  # worked example of GB 11643-1999
    assert p.credit_code_valid(CREDIT) and p.credit_code_valid(f" {CREDIT.lower()} ")
    assert (
        not p.credit_code_valid(CREDIT[:-1] + "4")
        and not p.credit_code_valid("")
        and not p.credit_code_valid(None)
    )


CREDIT_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z


def credit_code(first17: str) -> str:
    """With the check character as the standard describes it: 31 less the weighted sum, modulo 31."""
    total = sum(CREDIT_CHARACTERS.index(c) * 3**i for i, c in enumerate(first17))
    return first17 + CREDIT_CHARACTERS[-total % 31]


@given(st.text(CREDIT_CHARACTERS, min_size=17, max_size=17), st.sampled_from(CREDIT_CHARACTERS))
def test_a_credit_code_is_known_by_its_check_character_whoever_registered_it(
    first17: str, last: str
) -> None:
    """Registrars and regions with letters too: python-stdnum alone would refuse them."""
    code = credit_code(first17)
    assert p.credit_code_valid(code) and p.credit_code_valid(f" {code[:9].lower()}-{code[9:]}")
    assert p.credit_code_valid(first17 + last) == (first17 + last == code)
    assert p.credit_codes(pd.Series([code, code.lower(), "I" + code[1:], None])).tolist() == [
        *(True, code.isdigit(), False, False)
    ]


@given(st.text("0123456789", min_size=15, max_size=18), st.sampled_from("34569"))
def test_a_card_is_known_by_its_luhn_digit(rest: str, first: str) -> None:
    """ISO/IEC 7812-1: every second digit from the right doubled, tens and ones added, the sum a multiple of ten."""
    number = first + rest
    doubled = [int(d) * (1 + at % 2) for at, d in enumerate(reversed(number))]
    a_card = sum(d // 10 + d % 10 for d in doubled) % 10 == 0
    kind = p.cell_kind(int(number))  # a text of so many digits is left out in any case
    born = kind == "identity"
    code = len(number) == 18 and number == credit_code(number[:17])
    assert (kind == "bank_card") == (a_card and not born and not code)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2020, 1, 1)), st.integers(0, 999))
def test_an_identity_number_is_known_whatever_its_check_digit(born: dt.date, serial: int) -> None:
    """GB 11643-1999; one that is mistyped is somebody's all the same."""
    first17 = f"110105{born:%Y%m%d}{serial:03d}"
    for last in "0123456789X":
        code = first17 + last == credit_code(first17)
        right = first17 + last == identity(first17)
        assert (p.cell_kind(first17 + last) == "identity") == (right or not code)


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        (ID, "identity"),
        (f"身份证{ID}", "identity"),
        (ID.translate({ord("1"): "１"}), "identity"),
        ("11010519491231002x", "identity"),
        (f"{ID[:6]} {ID[6:14]} {ID[14:]}", "identity"),
        ("110105491231002", "identity"),
        (float(ID[:15] + "000"), "identity"),
        (ID[:-1] + ("0" if ID[-1] != "0" else "1"), "identity"),
        ("13800138000", "phone"),
        (13800138000.0, "phone"),
        (13800138000, "phone"),
        ("138 0013 8000", "phone"),
        ("138-0013-8000", "phone"),
        ("+8613800138000", "phone"),
        ("电话：13800138000（张三）", "phone"),
        ("0578-2123456", "phone"),
        ("010-62345678", "phone"),
        ("(0578)2123456", "phone"),
        ("4111111111111111", "bank_card"),
        ("4111 1111 1111 1111", "bank_card"),
        (4111111111111111, "bank_card"),
        ("a.b@example.com", "email"),
        (CREDIT, None),
        (CREDIT.lower(), None),
        ("2015-07-01", None),
        ("20150701", None),
        ("2015.7.1-2016.4.30", None),
        ("2024-01-01 10:20:30", None),
        (1234567.0, None),
        ("12,345,678.90", None),
        ("123456789.12", None),
        (45000, None),
        ("示范公司", None),
        ("第13800138000001号", None),
        ("", None),
        (None, None),
        (True, None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_cells(cell: object, kind: str | None) -> None:
    assert p.cell_kind(cell) == kind


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("书记姓名", "name"),
        ("姓 名", "name"),
        ("联系人", "name"),
        ("法定代表人", "name"),
        ("单位负责人", "name"),
        ("党组织书记", "name"),
        ("责任人", "name"),
        ("联系电话", "phone"),
        ("手机号码", "phone"),
        ("身份证号", "identity"),
        ("出生年月", "birth"),
        ("家庭住址", "address"),
        ("年度考核等次", "grade"),
        ("书记津贴", "allowance"),
        ("指导员编号", "code"),
        ("银行卡号", "bank_card"),
        ("备注", "remark"),
        ("学历", "personal"),
        ("党组织名称", None),
        ("单位名称", None),
        ("责任单位", None),
        ("联系单位（可多选）", None),
        ("书记人数", None),
        ("负责人数", None),
        ("是否配备指导员", None),
        ("书记培训人数", None),
        ("党员总数", None),
        ("成立日期", None),
        ("创办时间", None),
        ("上级下拨", None),
        ("补贴(元)", None),
        ("走访次数", None),
        ("专职/兼职", None),
        ("拟定星级", None),
        ("统一社会信用代码", None),
        ("党员活动经费", None),
    ],
)
def test_headings(heading: str, kind: str | None) -> None:
    assert p.heading_kind(heading) == kind


def test_the_instructors_ledger_pays_persons() -> None:
    assert p.heading_kind("补贴(元)", table="instructor_counts") == "allowance"
    assert p.heading_kind("考核", table="instructor_counts") == "grade"
    assert p.heading_kind("走访次数", table="instructor_counts") is None


def test_columns_by_content() -> None:
    frame = {
        "指导员": ["张伟", "李 娜", "", "欧阳小明"],
        "甲": ["张三、李四", "王五"],
        "乙": ["13800138000", "", 13900139000.0],
        "行业": ["金融", "石化", "江苏"],
        "状态": ["正常", "停业"],
        "镇街": ["高桥镇", "周庄镇"],
        "单位名称": ["华为", "万达", "金蝶"],
        "丙": ["金融", "方案", "高新"],
        "代码": [CREDIT, CREDIT],
        "人数": [3.0, 5.0],
        "日期": ["2015.7.1", "20150701"],
        "丁": ["向阳社区", "白云街道"],
        "组建方式": ["单独", "联合", "单独"],
        "有无": ["有", "无"],
    }
    assert p.columns(frame) == {"指导员": "name", "甲": "name", "乙": "phone"}


def test_scrub_takes_out_what_is_announced() -> None:
    text, kinds = p.scrub(f"书记张伟，电话13800138000，身份证{ID}，由李明同志联系")
    assert text == "书记〔略〕，电话〔略〕，身份证〔略〕，由〔略〕同志联系" and set(kinds) == {
        "identity",
        "phone",
        "name",
    }
    for plain in (
        "企业13家，2015年成立，共12345678.00元",
        f"代码{CREDIT}",
        "常务副书记1名",
        "应建未建，责任单位：城关镇",
    ):
        assert p.scrub(plain) == (plain, ())


def test_shown_quotes_no_person() -> None:
    for cell in (
        "张三",
        "4(张三、李四)",
        "3人（王五等）",
        "张三13800138000",
        13800138000.0,
        ID,
        float(ID),
    ):
        quoted = p.shown(cell)
        assert not any(w in quoted for w in ("张三", "李四", "王五", "138", ID[:14])), quoted
    assert [p.shown(c) for c in ("约三百", "5(8)", 3.5, "三五")] == [
        "约三百",
        "5(8)",
        "3.5",
        "三五",
    ]
    assert len(p.shown("长" * 100)) == 40


def test_kind_names_cover_every_kind() -> None:
    assert {k for k, _ in p._HEADINGS} | {"identity", "phone", "bank_card", "email"} <= set(
        p.KIND_NAMES
    )


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["110101", "330702", "652901"]),
    st.dates(dt.date(1900, 1, 1), dt.date(2030, 1, 1)),
    st.integers(0, 999),
    st.sampled_from(["{}", "证号{}。", "{} ", "(见{})"]),
)
def test_no_identity_number_slips_through(
    region: str, day: dt.date, serial: int, form: str
) -> None:
    number = identity(f"{region}{day:%Y%m%d}{serial:03}")
    assert p.cell_kind(form.format(number)) == "identity"
    assert number[:14] not in p.scrub(form.format(number))[0]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789Xx-() +@.张伟书记电话：，", max_size=40))
def test_scrub_is_stable(text: str) -> None:
    once, _ = p.scrub(text)
    assert p.cell_kind(once) in (None, p.cell_kind(once)) and isinstance(p.shown(text), str)
    assert p.cell_kind(once) is None
