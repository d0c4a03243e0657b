"""Cell values: the forms of practice.md section 6, one line each, and properties over generated dirt."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.ledgers import numerals
from evalkit.ledgers import values as v

INF = math.inf
APPROX, MISMATCH, NOTED = "value_approximate", "unit_mismatch", "value_noted"
UNREAD, MISSING, ODD = "value_unreadable", "missing", "value_implausible"

EXACT = {
    "5": 5,
    "０": 0,
    "１２３４": 1234,
    "1,234": 1234,
    "１，２３４": 1234,
    "1,234,567": 1234567,
    "1,2345": 12345,
    "1 234": 1234,
    "1\u3000234": 1234,
    "1 2": 12,
    " 12 ": 12,
    "12\n人": 12,
    "12.": 12,
    "12。": 12,
    "'12": 12,
    '"12"': 12,
    "‘12": 12,
    "\ufeff12": 12,
    "三十": 30,
    "廿": 20,
    "廿三": 23,
    "卅": 30,
    "十": 10,
    "十五": 15,
    "两": 2,
    "两百零三": 203,
    "一百二": 120,
    "一百二十": 120,
    "一千零五": 1005,
    "二〇二四": 2024,
    "二零二四": 2024,
    "〇": 0,
    "零": 0,
    "叁拾": 30,
    "壹佰贰拾叁": 123,
    "一万二千": 12000,
    "1.2万": 12000,
    "3千": 3000,
    "1万2千": 12000,
    "1.2e3": 1200,
    "1.2E+03": 1200,
    "20人": 20,
    "20名": 20,
    "20 位": 20,
    "20名党员": 20,
    "共12人": 12,
    "合计：12人": 12,
    "无": 0,
    "没有": 0,
    "12个": 12,
    "3.0": 3,
    "+5": 5,
}


@pytest.mark.parametrize(("text", "value"), EXACT.items())
def test_exact_counts(text: str, value: float) -> None:
    got = v.parse(text, unit="人")
    assert (got.value, got.low, got.high, got.note) == (value, value, value, "")


WORDS = {  # the table at the top of values.py; DESIGN: 1200余 = 1200 to 1299, 8300余 = 8300 to 8399
    "1200余": (1200, 1200, 1299),
    "8300余名": (8300, 8300, 8399),
    "一千二百余": (1200, 1200, 1299),
    "130多": (130, 130, 139),
    "六千多": (6000, 6000, 6999),
    "五百多人": (500, 500, 599),
    "十余": (10, 10, 19),
    "十几人": (10, 10, 19),
    "二十多人": (20, 20, 29),
    "逾300": (300, 300, 399),
    "1.2万余人": (12000, 12000, 12999),
    "12000多名": (12000, 12000, 12999),
    "约130余": (130, 130, 139),
    "近700": (700, 631, 700),
    "将近35人": (35, 32, 35),
    "近万": (10000, 9001, 10000),
    "约200": (200, 199, 201),
    "约三百": (300, 250, 350),
    "大约1.5万": (15000, 14500, 15500),
    "12人左右": (12, 11, 13),
    "12(约)": (12, 11, 13),
    "50以上": (50, 50, INF),
    "50人及以上": (50, 50, INF),
    "不少于3": (3, 3, INF),
    "至少3人": (3, 3, INF),
    "≥3": (3, 3, INF),
    "12+": (12, 12, INF),
    "超过50": (51, 51, INF),
    ">50": (51, 51, INF),
    "不足50": (49, 0, 49),
    "不到50人": (49, 0, 49),
    "50以下": (50, 0, 50),
    "不超过5": (5, 0, 5),
}


@pytest.mark.parametrize(("text", "expected"), WORDS.items())
def test_numbers_said_with_a_word(text: str, expected: tuple[float, float, float]) -> None:
    got = v.parse(text, unit="人")
    assert ((got.value, got.low, got.high), got.note) == (expected, APPROX)


MONEY = [  # text, unit of the column, value, low, high, note
    ("3.5", "万元", 35000, 35000, 35000, ""),
    ("3.5万元", "万元", 35000, 35000, 35000, ""),
    ("3.5万", "元", 35000, 35000, 35000, MISMATCH),
    ("5千元", "元", 5000, 5000, 5000, MISMATCH),
    ("12345元", "万元", 12345, 12345, 12345, MISMATCH),
    ("三十元", "万元", 30, 30, 30, MISMATCH),
    ("12(万元)", "元", 120000, 120000, 120000, MISMATCH),
    ("三十", "万元", 300000, 300000, 300000, ""),
    ("三万", "元", 30000, 30000, 30000, ""),
    ("壹万元整", "元", 10000, 10000, 10000, ""),
    ("人民币壹仟贰佰叁拾肆元伍角陆分", "元", 1234.56, 1234.56, 1234.56, ""),
    ("12元5角", "元", 12.5, 12.5, 12.5, ""),
    ("¥1,234.50", "元", 1234.5, 1234.5, 1234.5, ""),
    ("￥１，２３４.５０元", "元", 1234.5, 1234.5, 1234.5, ""),
    ("1亿2000万元", "万元", 120000000, 120000000, 120000000, ""),
    ("近700万元", "万元", 7000000, 6300000, 7000000, APPROX),
    ("200多万", "万元", 2000000, 2000000, 3000000, APPROX),
    ("10余万元", "元", 100000, 100000, 200000, f"{APPROX} {MISMATCH}"),
    ("约5万元", "万元", 50000, 45000, 55000, APPROX),
    ("超过3万元", "万元", 30000, 30000, INF, APPROX),
    ("(1,234.5)", "元", -1234.5, -1234.5, -1234.5, ""),
    ("未拨", "元", 0, 0, 0, ""),
    ("尚未拨付", "万元", 0, 0, 0, ""),
    ("无", "元", 0, 0, 0, ""),
    ("0.125", "元", 0.125, 0.125, 0.125, "amount_fraction"),
    (1e9 / 7, "元", 1e9 / 7, 1e9 / 7, 1e9 / 7, "amount_fraction"),
    (0.1 + 0.2, "元", 0.3, 0.3, 0.3, ""),
    (1.23456, "万元", 12345.6, 12345.6, 12345.6, ""),
    (0.000123, "亿元", 12300, 12300, 12300, ""),
]


@pytest.mark.parametrize(("cell", "unit", "value", "low", "high", "note"), MONEY)
def test_money(cell: object, unit: str, value: float, low: float, high: float, note: str) -> None:
    got = v.parse(cell, unit=unit, kind="money")
    assert (got.value, got.low, got.high, got.unit, got.note) == (value, low, high, "元", note)


@pytest.mark.parametrize(
    "text", ["", " ", None, "/", "—", "——", "-", "－", "不详", "未统计", "N/A", float("nan")]
)
def test_missing_is_not_zero(text: object) -> None:
    for kind in ("count", "money", "number"):
        assert v.parse(text, kind=kind) == v.Value(
            None, unit="元" if kind == "money" else "", note=MISSING
        )


def test_not_paid_says_nothing_of_persons_and_none_nothing_of_a_score() -> None:
    assert v.parse("未拨", unit="人").note == MISSING
    assert v.parse("无", kind="number").note == MISSING


UNREADABLE = [
    "X",
    "x",
    "×",
    "××",
    "**",
    "?",
    "？",
    "#REF!",
    "#DIV/0!",
    "=1+1",
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "+a",
    "-a",
    "三五",
    "3-5",
    "5~8",
    "1\n2",
    "8 10",
    "12 34",
    "1.2.3",
    "1,23",
    "3万5",
    "5(8)",
    "8/10",
    "4+2",
    "全体",
    "近1200余",
    "约",
    "多",
    "万",
    "百",
    "张三",
    "张三、李四",
    True,
    dt.date(2024, 8, 10),
    dt.datetime(2024, 8, 10),
    dt.time(1),
    float("inf"),
    3.3e17,
    "1e999",
    "①",
    "9" * 400,
    "(" * 50,
    "一" * 60,
]


@pytest.mark.parametrize("cell", UNREADABLE)
def test_what_cannot_be_read_is_null_with_a_problem(cell: object) -> None:
    got = v.parse(cell, unit="人")
    assert (got.value, got.low, got.high, got.note) == (None, None, None, UNREAD)


@pytest.mark.parametrize("text", ["20元", "3人次", "30%", "5家次"])
def test_another_unit_is_not_read_as_persons(text: str) -> None:
    assert v.parse(text, unit="人") == v.Value(None, unit="人", note=f"{UNREAD} {MISMATCH}")


def test_units_that_agree() -> None:
    assert v.parse("20户", unit="家").value == 20
    assert v.parse("9317家次", unit="次").value == 9317
    assert v.parse("20人", unit="").unit == "人"
    assert v.parse("3000人", unit="万人") == v.Value(3000, 3000, 3000, "人", MISMATCH)
    assert v.parse("1.2万人", unit="万人") == v.Value(12000, 12000, 12000, "人", "")
    assert v.parse(1.2345, unit="万人").value == 12345


@pytest.mark.parametrize(
    ("text", "value", "parts"),
    [
        ("4(含预备1)", 4, (("预备", 1),)),
        ("4（含预备党员1名）", 4, (("预备", 1),)),
        ("4人（其中正式3人，预备1人）", 4, (("正式", 3), ("预备", 1))),
        ("4+2（群众）", 4, (("群众", 2),)),
        ("4名党员+2名群众", 4, (("群众", 2),)),
        ("12①", 12, ()),
        ("12*", 12, ()),
        ("3（张三等）", 3, ()),
    ],
)
def test_more_than_a_number(text: str, value: float, parts: tuple[tuple[str, float], ...]) -> None:
    got = v.parse(text, unit="人")
    assert (got.value, got.low, got.high, got.note, got.parts) == (
        value,
        value,
        value,
        NOTED,
        parts,
    )


def test_ratio_pair_by_meaning_of_the_column() -> None:
    assert v.parse("8/10", kind="ratio_pair") == v.Value(8, 8, 8, "", "", (("of", 10),))
    assert v.parse("实到8人/应到10人", kind="ratio_pair").parts == (("of", 10),)
    assert v.parse_column(["8/10", 7.0], kind="ratio_pair").parts == {0: (("of", 10.0),)}


def test_impossible_values_are_flagged_and_kept() -> None:
    for cell in ("-3", "(5)", "（5）", 3.5, "3.5", -1.0):
        assert v.parse(cell, unit="人").note == ODD
    assert v.parse(3.0000000000000004, unit="人") == v.Value(3, 3, 3, "人", "")


def test_percent_is_a_plain_ratio() -> None:
    for cell in ("38%", "38％", "百分之三十八", "38", 38, 38.0):
        assert v.parse(cell, unit="%", kind="percent").value == 0.38
    got = v.parse("约37.8%", kind="number")
    assert (got.low, got.high) == pytest.approx((0.3775, 0.3785))
    assert v.parse(0.38, unit="%", kind="percent") == v.Value(0.38, 0.38, 0.38, "%", NOTED)


def test_all_and_dash_by_what_the_row_says() -> None:
    assert v.parse("全体", unit="人", total=12).value == 12
    assert v.parse("—", kind="money", dash=0.0).value == 0
    got = v.parse_column(["全体", "全体", "—"], total=[5, float("nan"), 1], dash=[None, None, 0.0])
    assert got.value.tolist()[::2] == [5, 0] and math.isnan(got.value[1])
    assert [v.note_names(int(b)) for b in got.note] == [NOTED, UNREAD, NOTED]


@pytest.mark.parametrize(
    ("remark", "meaning"),
    [
        ("“—”表示无", 0.0),
        ("—为未拨", 0.0),
        ("未拨付", 0.0),
        ("—表示无数据", None),
        ("", None),
        ("已拨", None),
    ],
)
def test_dash_meaning(remark: str, meaning: float | None) -> None:
    assert v.dash_meaning(remark) == meaning


def test_to_fen_is_exact_and_half_up() -> None:
    assert [v.to_fen(x) for x in (1.005, 0.125, 0.1, 1234.56, None, float("nan"))] == [
        101,
        13,
        10,
        123456,
        None,
        None,
    ]
    fen = v.to_fen(np.array([1.005, 0.125, 98765432.1, np.nan, np.inf]))
    assert (
        fen.dtype == pd.Int64Dtype()
        and list(fen)[:3] == [101, 13, 9876543210]
        and list(pd.isna(fen)) == [False] * 3 + [True] * 2
    )


def test_columns_agree_with_cells() -> None:
    cells = [
        *EXACT,
        *WORDS,
        *UNREADABLE,
        3,
        3.5,
        None,
        "",
        "约3万",
        np.float64(4),
        np.int64(4),
        pd.NaT,
    ]
    column = v.parse_column(cells, unit="人")
    for i, cell in enumerate(cells):
        one = v.parse(cell, unit="人")
        assert (
            (one.value is None) == bool(np.isnan(column.value[i])) == bool(np.isnan(column.low[i]))
        ), cell
        assert one.note == v.note_names(int(column.note[i]))
        assert one.value is None or (one.value, one.low, one.high) == (
            column.value[i],
            column.low[i],
            column.high[i],
        )
    array = v.parse_column(np.array([1.0, np.nan, 2.5]), unit="人")
    assert array.note.tolist() == [0, v.MISSING, v.IMPLAUSIBLE] and array.note.dtype == np.int8
    assert len(v.parse_column([]).value) == 0


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="count, money"):
        v.parse_column([1], kind="text")


@settings(max_examples=300, deadline=None)
@given(
    *(
        st.sampled_from(w.split("|"))
        for w in ("|约|近|逾|不少于|超过|不足", "|余|多", "|人|名|家|元|次", "|左右|以上|以下")
    ),
    st.integers(0, 10**12 - 1),
)
def test_the_quick_way_reads_like_the_slow_one(
    before: str, between: str, noun: str, behind: str, n: int
) -> None:
    text = f"{before}{n}{between}{noun}{behind}"
    quick, slow = numerals.lex(text), numerals.lex_slowly(text)
    for kind, unit in (("count", "人"), ("money", "万元"), ("number", "")):
        assert str(v._settle(quick, *v.split_unit(unit), kind)) == str(
            v._settle(slow, *v.split_unit(unit), kind)
        )


FULL = str.maketrans("0123456789,.", "０１２３４５６７８９，．")
DIGITS, CAPITALS = "零一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖"


def chinese(n: int, capital: bool) -> str:
    """n below 10^8 in Chinese, the regular way."""
    names, scales = (CAPITALS, "拾佰仟萬") if capital else (DIGITS, "十百千万")

    def group(k: int) -> str:
        out, gap = "", False
        for scale in (1000, 100, 10, 1):
            d, k = divmod(k, scale)
            if d:
                out += (
                    ("零" if gap and out else "")
                    + names[d]
                    + ({1000: scales[2], 100: scales[1], 10: scales[0], 1: ""}[scale])
                )
                gap = False
            else:
                gap = True
        return out

    high, low = divmod(n, 10_000)
    text = group(high) + scales[3] if high else ""
    return (text + ("零" if high and 0 < low < 1000 else "") + group(low)) or "零"


@st.composite
def dirty(draw: st.DrawFn) -> tuple[str, int, bool]:
    """(text, truth, whether the text is exact) for a count, as a clerk may write it."""
    n = draw(st.integers(2, 9_999_999))
    form = draw(
        st.sampled_from(
            "plain comma full chinese capital spaced 余 多 近 约 以上 不少于 不足 超过 万 人".split()
        )
    )
    tens = 10 ** draw(st.integers(0, len(str(n)) - 1))
    floor, unit = n // tens * tens, draw(st.sampled_from(["", "人", "名"]))
    shown = f"{floor:,}" if draw(st.booleans()) else str(floor)
    text = {
        "plain": str(n),
        "comma": f"{n:,}",
        "full": f"{n:,}".translate(FULL),
        "chinese": chinese(n, False),
        "capital": chinese(n, True),
        "spaced": f"{n:,}".replace(",", " "),
        "余": f"{shown}余",
        "多": f"{chinese(floor, False)}多",
        "近": f"近{n}",
        "约": f"约{n}",
        "以上": f"{shown}{unit}以上",
        "不少于": f"不少于{shown}",
        "不足": f"不足{n + 1}",
        "超过": f"超过{n - 1}",
        "万": f"{n / 10000}万",
        "人": f"{n}{unit}",
    }[form]
    if form in "余 多 约 plain comma full chinese capital".split():
        text += unit
    if draw(st.booleans()):
        text = f" {text}\n"
    return text, n, form not in "余 多 近 约 以上 不少于 不足 超过".split()


@settings(max_examples=600, deadline=None)
@given(dirty())
def test_dirty_text_holds_the_truth(case: tuple[str, int, bool]) -> None:
    text, truth, exact = case
    got = v.parse(text, unit="人")
    assert got.value is not None and got.low is not None and got.high is not None, text
    assert got.low <= truth <= got.high and got.low <= got.value <= got.high
    assert (got.note == "" and got.value == truth) if exact else got.note == APPROX


@settings(max_examples=400, deadline=None)
@given(
    st.text(
        alphabet="0123456789.,，-—+/（()）约余多近以上不足万亿千百十元人名%％ \n三五二〇壹×XＸ张①*e=@至'\"",
        max_size=14,
    )
)
def test_any_text_gives_a_value_or_a_note(text: str) -> None:
    for kind in v.KINDS:
        got = v.parse(text, unit="万元" if kind == "money" else "人", kind=kind)
        if got.value is None:
            assert MISSING in got.note or UNREAD in got.note
        else:
            assert got.low is not None and got.high is not None and got.low <= got.value <= got.high


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**13))
def test_money_is_exact_in_every_unit(fen: int) -> None:
    yuan = fen / 100
    for cell, unit in (
        (yuan, "元"),
        (f"{yuan:.2f}", "元"),
        (f"{yuan:,.2f}元", "元"),
        (f"{fen // 100}.{fen % 100:02d}", "元"),
    ):
        got = v.parse(cell, unit=unit, kind="money")
        assert v.to_fen(got.value) == fen and got.note == ""
    assert v.to_fen(v.parse(f"{fen / 1_000_000:.6f}", unit="万元", kind="money").value) == fen
    assert v.to_fen(v.parse(fen / 1_000_000, unit="万元", kind="money").value) == fen
