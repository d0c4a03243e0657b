"""The panel: timing from policies and plain frames, faults with their rows, files for other programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from effect_worlds import panel, staggered

import evalkit as ek
from evalkit.effects import Panel
from evalkit.effects.columns import times

ONE = pd.DataFrame(
    {
        "unit": ["a", "a", "b", "b"],
        "year": [2020, 2021] * 2,
        "y": [0.1, 0.2, 0.3, 0.4],
        "d": [0, 1, 0, 0],
    }
)


def faults(frame: pd.DataFrame, **more: object) -> list[tuple[str, str]]:
    with pytest.raises(ek.InputError) as caught:
        Panel.from_frame(frame, "y", "unit", "year", **({"treatment": "d"} | more))  # type: ignore[arg-type]
    return [(p.code, f"{p.where} {p.found}") for p in caught.value.problems]


def test_timing_comes_from_the_table_of_policies(demo_project: Path) -> None:
    data = ek.load(demo_project)
    made = ek.panel(
        data,
        "org_coverage",
        "subsidy_reform",
        ["employees_per_unit"],
        labels={"subsidy_reform": "补助改革"},
    )
    assert made.cohorts == {2025: 2} and made.balanced and made.is_demo and made.rate
    assert (
        made.label("org_coverage") == "党的组织覆盖率" and made.label(made.treatment) == "补助改革"
    )
    assert set(made.frame.loc[made.frame["treated"] == 1, "dose"]) == {200.0}
    rates = data.indicators.query("indicator == 'org_coverage' and level == 'district'").set_index(
        ["area", "period"]
    )["value"]
    assert made.frame.set_index(["entity", "period"])["org_coverage"].to_dict() == pytest.approx(
        rates.to_dict()
    )


def test_units_are_rows_of_their_own_and_clustered_where_the_policy_was_decided(
    demo_project: Path,
) -> None:
    data = ek.load(demo_project)
    made = ek.panel(data, "org_coverage", "subsidy_reform", ["employees"], entity="unit")
    by = made.frame.groupby(["cluster", "period"])["org_coverage"].agg(["mean", "size"])
    rates = data.indicators.query("indicator == 'org_coverage' and level == 'district'").set_index(
        ["area", "period"]
    )
    assert by["mean"].to_dict() == pytest.approx(
        rates["value"].reindex(by.index).to_dict(), abs=1e-12
    )
    assert by["size"].to_dict() == rates["denominator"].reindex(by.index).to_dict()
    assert (
        ek.panel(data, "activities", "subsidy_reform", entity="party_org")
        .frame["activities"]
        .gt(0)
        .any()
    )


def test_persons_and_unknown_names_are_refused(demo_project: Path) -> None:
    data = ek.load(demo_project)
    for change, code in (
        ({"entity": "person"}, "person_refused"),
        ({"outcome": "org_coverag"}, "key_unknown"),
        ({"treatment": "reform"}, "key_unknown"),
    ):
        with pytest.raises(ek.InputError) as caught:
            ek.panel(data, **({"outcome": "org_coverage", "treatment": "subsidy_reform"} | change))
        assert caught.value.problems[0].code == code


def test_every_fault_names_its_rows_and_all_come_at_once() -> None:
    bad = pd.concat([ONE.assign(y=["0.1", "1.7", "x", "0.4"]), ONE.iloc[[3]]], ignore_index=True)
    found = faults(bad, rate=True)
    assert [code for code, _ in found] == ["value_unreadable", "value_invalid", "panel_duplicate"]
    assert (
        "第3行（b，2020）" in found[0][1]
        and "第2行（a，2021）" in found[1][1]
        and "第4行（b，2021）、第5行（b，2021）" in found[2][1]
    )


@pytest.mark.parametrize(
    ("frame", "code", "said"),
    [
        (ONE.assign(d=0), "treatment_unvaried", "没有一行实施政策"),
        (ONE.assign(d=1), "treatment_unvaried", "所有行都已实施"),
        (ONE.assign(d=[0, 1, 0, 1]), "treatment_unvaried", "全部个体在同一时期实施"),
        (ONE.assign(d=[1, 0, 0, 0]), "treatment_reversed", "第2行（a，2021） 由1变回0"),
        (ONE.assign(year=2020), "panel_invalid", "只有一个时期"),
        (ONE.assign(unit=["a", "a", " ", "b"]), "panel_invalid", "第3行"),
        (ONE.assign(d=[0, 1, None, 0]), "panel_invalid", "为空"),
    ],
)
def test_panels_that_cannot_say_anything_are_refused(
    frame: pd.DataFrame, code: str, said: str
) -> None:
    found = faults(frame)
    assert any(c == code and said in text for c, text in found), found


def test_blanks_around_codes_are_taken_off_and_said() -> None:
    made = Panel.from_frame(
        ONE.assign(unit=["a", " a", "b\u3000", "b"]), "y", "unit", "year", treatment="d"
    )
    assert made.frame["entity"].unique().tolist() == ["a", "b"]
    assert "2行的代码首尾带空格" in made.notes[0] and "第2行" in made.notes[0]


def test_unknown_columns_get_a_suggestion_and_reserved_names_are_refused() -> None:
    with pytest.raises(ek.InputError, match="是否想写“year”"):
        Panel.from_frame(ONE, "y", "unit", "yaer", treatment="d")
    with pytest.raises(ek.InputError, match="留给面板的键"):
        Panel.from_frame(
            ONE.assign(treated=1.0), "y", "unit", "year", treatment="d", controls=["treated"]
        )
    with pytest.raises(ek.InputError, match="只给一个"):
        Panel.from_frame(ONE, "y", "unit", "year")


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        (["2020", "2021"], [2020, 2021]),
        (["2025Q1", "2024Q4"], [8100, 8099]),
        (["2025-01", "2024-12"], [24300, 24299]),
        (["2010-10", "2010-5", "2010-9"], [24129, 24124, 24128]),
        (["2010m5", "2010M10"], [24124, 24129]),
        (["2010年5月", "2010年12月"], [24124, 24131]),
        (["2010年第3季度", "2011年第1季度"], [8042, 8044]),
        (["Q42010", "2010q1"], [8043, 8040]),
        (["第十期", "第5期"], [10, 5]),
        (["wave 2", "wave 10"], [2, 10]),
        (["-4", "-10", "3", "0"], [7, 1, 14, 11]),
        (["t-4", "t+3", "t"], [1, 8, 5]),
        (["10", "9"], [10, 9]),
        (["2010-03-31", "2010-12-31"], [24122, 24131]),
        (["2010-03-15", "2010-03-08", "2010-12-06"], [2, 1, 3]),
    ],
)
def test_periods_become_consecutive_integers(periods: list[str], expected: list[int]) -> None:
    assert times(pd.Series(periods)).tolist() == expected


def test_periods_that_cannot_be_read_or_are_of_two_kinds_are_refused_by_name() -> None:
    said = "；".join(
        text for _, text in faults(ONE.assign(year=["before", "after", "before", "after"]))
    )
    assert (
        "“before”读不成时期" in said
        and "“after”读不成时期" in said
        and "第1行（a，before）" in said
    )
    [(code, said)] = faults(ONE.assign(year=["2020", "2021Q1", "2020", "2021Q1"]))
    assert code == "period_mixed" and "2020（年份）、2021Q1（季度）" in said
    assert [code for code, _ in faults(ONE.assign(year=[2010.1, 2010.2] * 2))] == [
        "period_unreadable"
    ] * 2


def test_one_period_in_two_spellings_is_one_period() -> None:
    frame = pd.concat([ONE.assign(year=["2010-5", "2010年6月", "2010-05", "2010-6"])])
    made = Panel.from_frame(frame, "y", "unit", "year", treatment="d")
    assert list(made.periods.values()) == [
        "2010-05",
        "2010-06",
    ] and "“2010-5”记作2010-05" in "".join(made.notes)
    twice = pd.concat(
        [ONE.assign(year=["2010-5", "2010-6"] * 2), ONE.assign(year=["2010m5", "2010m6"] * 2)],
        ignore_index=True,
    )
    assert {code for code, _ in faults(twice)} == {"panel_duplicate"}


@pytest.mark.parametrize(
    ("periods", "start", "cohort"),
    [
        (["-2", "-1", "0", "1"], "+0", 3),
        (["-2", "-1", "0", "1"], 1, 4),
        (["2010-5", "2010-6", "2010-12", "2011-1"], "2010年12月", 24131),
        (["2010-5", "2010-6", "2010-12", "2011-1"], "2010m9", 24128),
        (["第8期", "第9期", "第10期", "第11期"], "第十期", 10),
        ([2008, 2009, 2010, 2011], pd.Timestamp(2010, 5, 7), 2010),
        (["Q12010", "Q22010", "Q32010", "Q42010"], "2010年第3季度", 8042),
    ],
)
def test_starts_are_read_as_the_periods_are(
    periods: list[object], start: object, cohort: int
) -> None:
    rows = [
        {"unit": u, "year": p, "y": n, "first": start if u == "a" else None}
        for u in "abc"
        for n, p in enumerate(periods)
    ]
    made = Panel.from_frame(pd.DataFrame(rows), "y", "unit", "year", treated_from="first")
    assert made.cohorts == {cohort: 1}
    assert made.frame.sort_values("time")["y"].tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    assert made.time_of(periods[2]) == list(made.periods)[2] and made.time_of("2031") is None


def test_a_start_of_another_kind_or_an_ambiguous_zero_is_refused() -> None:
    rows = [
        {"unit": u, "year": y, "y": y, "first": "2023Q3" if u == "a" else ""}
        for u in "abc"
        for y in (2021, 2022, 2023, 2024)
    ]
    with pytest.raises(ek.InputError, match="“2023Q3”读不成面板的时期（年份）"):
        Panel.from_frame(pd.DataFrame(rows), "y", "unit", "year", treated_from="first")
    rows = [
        {"unit": u, "year": y, "y": y, "first": 0 if u == "a" else None}
        for u in "abc"
        for y in (-2, -1, 0, 1)
    ]
    with pytest.raises(ek.InputError, match="从第0期开始的写 \\+0"):
        Panel.from_frame(pd.DataFrame(rows), "y", "unit", "year", treated_from="first")


def test_first_periods_may_be_empty_zero_infinite_or_words() -> None:
    wide = pd.concat(
        [
            ONE.assign(unit=u, first=f)
            for u, f in (("a", 2021), ("b", 0), ("c", np.inf), ("d", np.nan))
        ]
    ).drop_duplicates(["unit", "year"])
    made = Panel.from_frame(wide, "y", "unit", "year", treated_from="first")
    assert made.cohorts == {2021: 1}
    late = Panel.from_frame(
        wide.replace({"first": {0: 2030}}), "y", "unit", "year", treated_from="first"
    )
    assert late.cohorts == {2021: 1} and "最后一期之后才实施" in late.notes[0]
    made = Panel.from_frame(
        wide.assign(first=wide["first"].map({2021: "2021"}).fillna("never")),
        "y",
        "unit",
        "year",
        treated_from="first",
    )
    assert made.cohorts == {2021: 1}


def test_missing_values_and_attrition_are_reported_by_treatment() -> None:
    frame = staggered(1)
    frame.loc[frame["unit"].lt(4) & frame["year"].gt(2006), "y"] = np.nan
    made = panel(frame)
    assert made.missing.loc[0, "n"] == 8 and not made.balanced
    assert made.attrition == pytest.approx({"all": 0.1, "treated": 0.0, "never": 0.25})
    assert "25.0%" in made.report.plain()


def test_files_for_other_programs_carry_chinese_labels(tmp_path: Path) -> None:
    made = Panel.from_frame(
        ONE.assign(unit=["甲", "甲", "乙", "乙"]),
        "y",
        "unit",
        "year",
        treatment="d",
        labels={"y": "党组织覆盖率", "entity": "地区"},
        rate=True,
    )
    paths = [
        path
        for name in ("p.dta", "p.parquet", "p.xlsx", "p.ods")
        for path in made.export(tmp_path / name)
    ]
    assert {p.name for p in paths} == {
        "p.dta",
        "p.parquet",
        "p.xlsx",
        "p.ods",
        "p_变量说明.xlsx",
    }
    with pd.read_stata(tmp_path / "p.dta", iterator=True) as stata:
        assert stata.variable_labels()["y"] == "党组织覆盖率"
        assert stata.read()["entity"].tolist() == made.frame["entity"].tolist()
    assert pd.read_parquet(tmp_path / "p.parquet")["y"].tolist() == made.frame["y"].tolist()
    sheets = pd.read_excel(tmp_path / "p.xlsx", sheet_name=None, engine="calamine")
    same = pd.read_excel(tmp_path / "p.ods", sheet_name=None, engine="calamine")
    assert all(same[name].equals(sheet) for name, sheet in sheets.items())
    assert (
        list(sheets) == ["数据", "变量说明表", "平衡与缺失"]
        and "党组织覆盖率" in sheets["变量说明表"]["名称"].tolist()
    )
    odd = Panel.from_frame(
        ONE.rename(columns={"y": "党组织 覆盖率"}), "党组织 覆盖率", "unit", "year", treatment="d"
    )
    with pd.read_stata(odd.export(tmp_path / "odd.dta")[0], iterator=True) as stata:
        assert stata.variable_labels()["党组织_覆盖率_9"] == "党组织 覆盖率"
    again = made.export(tmp_path / "q.dta")[0]
    assert again.read_bytes() == (tmp_path / "p.dta").read_bytes()
    try:
        import pyreadstat  # noqa: F401
    except ImportError:
        with pytest.raises(ek.InputError, match="pip install pyreadstat"):
            made.export(tmp_path / "p.sav")
    with pytest.raises(ek.InputError, match=r"\.dta"):
        made.export(tmp_path / "p.csv")


NAMES = {
    "if": "if_10",
    "党组织的组织覆盖率与党的工作覆盖率之差变动值": "党组织的组织覆盖率与党的工作覆盖率_11",
    "2020年": "v2020年_12",
    "_x": "x_13",
}


@pytest.mark.parametrize("suffix", [".dta", ".sav"])
def test_names_that_other_programs_refuse_are_changed_and_keep_their_labels(
    tmp_path: Path, suffix: str
) -> None:
    frame = ONE.assign(**dict.fromkeys(NAMES, 1.5)).assign(note=["长" * 200, "", None, " 甲"])
    made = Panel.from_frame(
        frame, "y", "unit", "year", treatment="d", controls=list(NAMES), keep=["note"]
    )
    if suffix == ".sav":
        reader = pytest.importorskip("pyreadstat")
        read, about = reader.read_sav(made.export(tmp_path / "p.sav")[0])
        labels = about.column_names_to_labels
    else:
        with pd.read_stata(made.export(tmp_path / "p.dta")[0], iterator=True) as stata:
            read, labels = stata.read(), stata.variable_labels()
    assert {short: labels[short] for short in NAMES.values()} == {
        short: name for name, short in NAMES.items()
    }
    assert (
        read["y"].tolist() == made.frame["y"].tolist()
        and read["entity"].tolist() == made.frame["entity"].tolist()
    )
    assert read["first_treated"].isna().tolist() == made.frame["first_treated"].isna().tolist()


def test_importing_the_room_loads_no_estimating_library() -> None:
    import subprocess
    import sys

    code = "import sys, evalkit.effects; assert not {'pyfixest', 'diff_diff', 'statsmodels'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("frame", "more", "said"),
    [
        ([1, 2], {}, "不是数据表"),
        (ONE.assign(y=np.nan), {}, "没有一行的变量是齐全的"),
        (ONE.assign(y=[np.nan, np.nan, 0.3, 0.4]), {}, "变量齐全的行里政策没有差别"),
        (ONE.assign(y=pd.Timestamp("2020-01-01")), {}, "不是数"),
        (ONE.assign(w=-1.0), {"weights": "w"}, "权重“w”为-1"),
        (ONE.assign(w=0.0), {"weights": "w"}, "没有一行的变量是齐全的"),
        (pd.concat([ONE, ONE[["y"]]], axis=1), {}, "y"),
        (ONE.assign(unit=[[1]] * 4), {}, "同一个体同一时期有几行"),
    ],
)
def test_frames_that_would_stop_a_library_are_refused(
    frame: object, more: dict[str, str], said: str
) -> None:
    assert any(said in found for _, found in faults(frame, **more))  # type: ignore[arg-type]


def test_a_part_without_a_whole_row_is_said_before_a_compiled_routine_ends_the_process() -> None:
    made = panel(staggered(7))
    with pytest.raises(ek.InputError, match="没有一行的变量是齐全的"):
        ek.effects.twfe(made.having(np.zeros(len(made.frame), bool)))


def test_one_control_may_be_a_name_and_rows_of_weight_zero_stay_out() -> None:
    frame = ONE.assign(x=[1.0, 2.0, 2.0, 5.0], w=[1.0, 1.0, 1.0, 0.0])
    made = Panel.from_frame(frame, "y", "unit", "year", treatment="d", controls="x", weights="w")  # type: ignore[arg-type]
    assert (
        made.controls == ("x",)
        and len(made.complete) == 3
        and any("权重为零" in note for note in made.notes)
    )


def test_a_panel_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    made, real = panel(staggered(7)), os.replace
    target = tmp_path / "p.dta"
    target.write_bytes(b"old")

    def taken(source: object, to: object) -> None:
        if Path(str(to)) == target:
            raise PermissionError(13, "open")
        real(source, to)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "replace", taken)
    assert made.export(target)[0].name == "p（2）.dta" and target.read_bytes() == b"old"
    with pytest.raises(ek.InputError):
        made.export(tmp_path / "q.csv")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p.dta", "p_变量说明.xlsx", "p（2）.dta"]
