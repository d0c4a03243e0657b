"""A table of one's own: from a frame or a stranger's file to indicators, index, chart, Word and panel."""

from __future__ import annotations

from importlib.util import find_spec

import pandas as pd
import pytest

import evalkit as ek
from evalkit.reports.own import example

INDICATORS = {"覆盖率（%）": "已建 / 应建", "人均经费（元）": "经费/人数", "满意度(分)": "满意度"}
TABLE = pd.DataFrame(
    {
        "县": ["甲县", "乙县", "甲县", "乙县"],
        "年份": ["2024年", "2024年", 2025, 2025],
        "应建": [40, 50, 40, "50"],
        "已建": [20, 30, 30, "20"],
        "经费": ["12,000", 9000, 13500, 8800],
        "人数": [120, 90, 135, 80],
        "满意度": [81.5, 79.0, 84.0, None],
    }
)


@pytest.fixture(scope="module")
def mine():
    return ek.own(TABLE, "县", INDICATORS, period="年份")


def value(mine, area, period, indicator):
    row = mine.indicators.query("area == @area and period == @period and indicator == @indicator")
    return row.iloc[0]


def test_values_units_and_intervals_are_those_of_the_columns(mine):
    first = value(mine, "甲县", "2025", "覆盖率")
    assert (first["value"], first["numerator"], first["denominator"]) == (0.75, 30, 40)
    assert (first["ci_low"], first["ci_high"]) == pytest.approx(ek.stats.wilson(30, 40))
    assert (first["unit"], first["scale"], first["base"]) == ("%", 100, "应建")
    money = value(mine, "甲县", "2024", "人均经费")
    assert money["value"] == 100 and money["unit"] == "元" and pd.isna(money["ci_low"])
    assert value(mine, "乙县", "2024", "满意度")["value"] == 79
    rest = mine.indicators.query("area == '乙县' and period == '2025'")["indicator"]
    assert "满意度" not in set(rest)  # absent is not zero


def test_a_quotient_above_one_is_no_share():
    table = TABLE.assign(已建=[50, 30, 30, 20])
    row = ek.own(table, "县", {"完成率（%）": "已建 / 应建"}, period="年份").indicators.iloc[0]
    assert row["value"] == 1.25 and row["kind"] == "ratio" and pd.isna(row["ci_low"])


@pytest.mark.parametrize(
    ("cells", "shown"),
    [(["38.5%", "40％"], [38.5, 40]), ([0.385, 0.4], [38.5, 40]), ([38.5, 40], [38.5, 40])],
)
def test_a_column_of_percentages_is_shown_as_it_is_meant(cells, shown):
    table = pd.DataFrame({"县": ["甲县", "乙县"], "率": cells})
    found = ek.own(table, "县", {"覆盖率（%）": "率"}).indicators
    assert (found["value"] * found["scale"]).tolist() == pytest.approx(shown)


def test_numbers_beside_typed_percentages_are_asked():
    table = pd.DataFrame({"县": ["甲县", "乙县"], "率": ["38.5%", 40]})
    with pytest.raises(ek.InputError, match="B3") as caught:
        ek.own(table, "县", {"覆盖率（%）": "率"})
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("ending", ["xlsx", "csv", "gbk.csv", "dta", "sav"])
def test_files_give_what_the_frame_gives(mine, tmp_path, ending):
    path = tmp_path / f"数据.{ending}"
    plain = TABLE.assign(年份=["2024", "2024", "2025", "2025"]).infer_objects()
    plain = plain.assign(
        **{
            c: pd.to_numeric(plain[c].astype(str).str.replace(",", ""))
            for c in ("应建", "已建", "经费")
        }
    )
    plain = plain.assign(满意度=plain["满意度"].astype(float))
    if ending == "xlsx":
        TABLE.to_excel(path, index=False)
    elif ending == "dta":
        plain.to_stata(path, write_index=False, version=118)
    elif ending == "sav":
        pytest.importorskip("pyreadstat").write_sav(plain, path)
    else:
        TABLE.to_csv(path, index=False, encoding="gb18030" if "gbk" in ending else "utf-8-sig")
    found = ek.own(path, "县", INDICATORS, period="年份").indicators
    told = ["area", "period", "indicator", "value", "ci_low"]
    pd.testing.assert_frame_equal(found[told], mine.indicators[told], check_dtype=False)
    assert set(found["stated_source"]) == {path.name}


def test_every_fault_is_named_at_once_and_at_its_cell(tmp_path):
    path = tmp_path / "表.xlsx"
    TABLE.assign(已建=[20, "三十", 30, 20], 年份=["2024", "去年", "2024", "2025"]).to_excel(
        path, index=False
    )
    with pytest.raises(ek.InputError) as caught:
        ek.own(path, "县", INDICATORS, period="年份")
    told = {(problem.where, problem.found) for problem in caught.value.problems}
    assert told == {("D3", "已建：三十"), ("B3", "年份：去年"), ("A4", "甲县 2024")}
    assert {problem.file for problem in caught.value.problems} == {"表.xlsx"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"area": "县名"}, "县名"),
        ({"indicators": {"覆盖率（%）": "已建 / 应建数"}}, "“应建”"),
        ({"lower": ["投诉"]}, "lower"),
        ({"indicators": {}}, "已建 / 应建"),
        ({"table": "没有.xlsx"}, "没有这个文件"),
        ({"table": "数据.pdf"}, ".xlsx"),
    ],
)
def test_what_cannot_be_used_says_what_to_write(change, said):
    given = {"table": TABLE, "area": "县", "indicators": INDICATORS, "period": "年份"} | change
    with pytest.raises(ek.InputError, match=said):
        ek.own(**given)


@pytest.mark.skipif(find_spec("pyreadstat") is not None, reason="SPSS can be read here")
def test_a_file_of_spss_says_what_is_lacking(tmp_path):
    (tmp_path / "数据.sav").write_bytes(b"$FL2")
    with pytest.raises(ek.InputError, match="pyreadstat"):
        ek.own(tmp_path / "数据.sav", "县", INDICATORS)


def test_persons_stay_out():
    people = TABLE.assign(姓名=["张伟", "李娜", "王芳", "刘洋"], 联系电话="13800138000")
    mine = ek.own(people, "县", INDICATORS, period="年份")
    assert "姓名" not in mine.frame and "联系电话" not in mine.frame
    assert "姓名" in mine.notes[0] and "张伟" not in repr(mine)
    with pytest.raises(ek.InputError, match="不能是一个人"):
        ek.own(people, "姓名", INDICATORS)


def test_from_the_table_to_index_word_and_panel(tmp_path):
    mine = ek.own(
        None, "县", INDICATORS | {"投诉（件）": "投诉"}, period="年份", group="类型", lower=["投诉"]
    )
    now = mine.indicators.query("period == '2025'")
    index = {
        "name": "我的指数",
        "tree": {
            "覆盖率": {"points": 60, "full_at": 0.9},
            "投诉": {"points": 40, "rule": "minmax"},
        },
    }
    scores = ek.score(now, index, codebook=mine.codebook)
    fewest = now.query("indicator == '投诉'").sort_values("value")["area"].iloc[0]
    lost = scores.contributions.set_index(["area", "indicator"])["lost"]
    assert lost[fewest, "投诉"] == 0
    assert set(ek.compare(mine.indicators, "2025", to="peers")["reference_name"]) != {""}
    chart = ek.charts.bars(now, "覆盖率")
    assert "演示数据" in str(chart.content)
    ek.write([scores, chart], tmp_path / "结果.docx", title="自己的数据")
    assert (tmp_path / "结果.docx").exists()
    panel = mine.panel("覆盖率", treated_from="实施")
    effect = ek.effects.estimate(panel, "twfe")
    assert effect.row["estimate"] == pytest.approx(0.1, abs=0.03) and panel.is_demo


def test_the_example_is_the_same_every_time():
    pd.testing.assert_frame_equal(example(), example())
    assert list(example().columns)[:2] == ["县", "年份"]
