"""Scores by the annual index: hand-checked points, reasons, other weights, other years, and every fault at once."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import evalkit as ek
from evalkit.problems import InputError
from evalkit.scoring.index import load_index


def two(**more):
    """A small index over two indicators."""
    items = {
        "org_coverage": {"points": 60, "full_at": 0.8},
        "single_setup": {"points": 40, "full_at": 0.4},
    }
    return {"name": "两项", "tree": items} | more


def test_points_of_the_example_by_hand(indicators):
    table = ek.score(indicators).table.set_index("area_name")
    assert table.loc["甲区", "score"] == pytest.approx(100)
    # 10 x .30/.40 + 15 x .68/.85 + 15 x .90 + 20 x 75/150 + 10 x .80 + 20 x .5 + 10 x (6.5 - 10)/(3 - 10)
    assert table.loc["乙区", "score"] == pytest.approx(7.5 + 12 + 13.5 + 10 + 8 + 10 + 5)
    # load 12 is beyond zero_at: no points, never less than none; arrival above 1 wins nothing
    assert table.loc["丁区", "score"] == pytest.approx(10 + 9 + 12 + 16 + 5 + 12 + 0)
    assert table.loc["丙区", "score"] == pytest.approx(5 + 15 + 14.25 + 20 + 10 + 15 + 10)
    assert table["grade"].tolist()[:4] == ["好", "一般", "较好", "一般"]
    assert table.loc["甲区", "rank"] == 1 and list(table.index) == [
        "甲区",
        "乙区",
        "丙区",
        "丁区",
        "戊区",
        "己区",
        "庚区",
        "辛区",
    ]


def test_contributions_add_up_to_the_score_under_every_rule(indicators):
    for combine in ("arithmetic", "geometric", "harmonic", "power", "median", "copeland"):
        tree = {
            "a": {
                "combine": combine,
                "items": {"org_coverage": {"full_at": 0.85}, "work_coverage": {"full_at": 1}},
            },
            "instructor_load": {"full_at": 3, "zero_at": 14},
        }
        scores = ek.score(
            indicators,
            {"tree": tree, "combine": "geometric" if combine != "copeland" else "arithmetic"},
        )
        sums = scores.contributions.groupby("area", sort=False)["earned"].sum()
        assert np.allclose(sums, scores.table["score"]), combine
    plain = ek.score(indicators)
    parts = plain.contributions
    assert np.allclose(parts["earned"] + parts["lost"], parts["points"])


def test_levels_may_be_skipped_and_points_are_equal_where_none_are_declared(indicators):
    index = ek.score(
        indicators,
        {
            "tree": {
                "org_coverage": {"full_at": 1},
                "group": {
                    "items": {"single_setup": {"full_at": 1}, "work_coverage": {"full_at": 1}}
                },
            }
        },
    ).index
    assert [(leaf.code, leaf.points) for leaf in index.leaves] == [
        ("org_coverage", 50),
        ("single_setup", 25),
        ("work_coverage", 25),
    ]


def test_a_comparison_matrix_may_stand_for_points(indicators):
    tree = {
        "g": {
            "ahp": [[1, 3], ["1/3", 1]],
            "items": {"org_coverage": {"full_at": 1}, "single_setup": {"full_at": 1}},
        }
    }
    assert [
        leaf.points for leaf in ek.score(indicators, {"tree": tree}).index.leaves
    ] == pytest.approx([75, 25])
    tree["g"] = {
        "ahp": [[1, 2, "1/4"], ["1/2", 1, 2], [4, "1/2", 1]],
        "items": tree["g"]["items"] | {"work_coverage": {"full_at": 1}},
    }
    with pytest.raises(InputError, match=r"tree.g.ahp.*一致性比率.*single_setup.*改为"):
        ek.score(indicators, {"tree": tree})
    for wrong, word in (([[1, 3], ["1/3", 1]], "2 阶"), ([[1, "x"], [1, 1]], "tree.g.ahp")):
        tree["g"]["ahp"] = wrong
        with pytest.raises(InputError, match=word):
            ek.score(indicators, {"tree": tree})


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(8)), factor=st.floats(0.01, 1000))
def test_scores_do_not_depend_on_order_or_unit(order, factor, make, values):
    once = ek.score(make(values), two()).table.set_index("area_name")["score"]
    shuffled = (
        make(values)
        .set_index("area_name")
        .loc[[make(values)["area_name"].unique()[i] for i in order]]
        .reset_index()
    )
    assert np.allclose(
        ek.score(shuffled, two()).table.set_index("area_name")["score"].reindex(once.index), once
    )
    scaled = make(values).assign(value=lambda f: f["value"] * factor)
    index = copy.deepcopy(two())
    for item in index["tree"].values():
        item["full_at"] *= factor
    assert np.allclose(ek.score(scaled, index).table["score"], once)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(0, 7), gain=st.floats(0, 0.5))
def test_more_is_never_worse_and_moves_nobody_else(at, gain, make, values):
    before = ek.score(make(values)).table["score"]
    better = copy.deepcopy(values)
    better["org_coverage"][at] = min(1.0, better["org_coverage"][at] + gain)
    after = ek.score(make(better)).table["score"]
    assert after[at] >= before[at] - 1e-9
    assert np.allclose(np.delete(after.to_numpy(), at), np.delete(before.to_numpy(), at))


def test_missing_points_are_shared_by_siblings_and_too_few_give_no_score(make, values):
    values["subsidy_arrival"][0] = np.nan
    values["above_scale_instructor"][1] = values["org_coverage"][1] = np.nan
    scores = ek.score(make(values))
    table = scores.table.set_index("area_name")
    assert table.loc["甲区", "known"] == pytest.approx(0.9) and table.loc[
        "甲区", "score"
    ] == pytest.approx(100)
    assert table.loc["乙区", "known"] == pytest.approx(0.65) and np.isnan(
        table.loc["乙区", "score"]
    )
    assert (
        pd.isna(table.loc["乙区", "rank"])
        and pd.isna(table.loc["乙区", "grade"])
        and "不计分" in table.loc["乙区", "losses"]
    )
    assert table["n_ranked"].iloc[0] == 7
    assert "缺报" in scores.lost("甲区").plain() and "不计分" in scores.lost("乙区").plain()


def test_imputed_values_are_flagged_up_to_the_score(make, values):
    values["org_coverage"][2] = np.nan
    scores = ek.score(make(values), two(impute="median", needs=0.4))
    assert scores.imputed[["area_name", "indicator"]].to_numpy().tolist() == [
        ["丙区", "org_coverage"]
    ]
    assert (
        scores.table["n_imputed"].tolist() == [0, 0, 1, 0, 0, 0, 0, 0]
        and "估算值" in scores.lost("丙区").plain()
    )
    past = make({"org_coverage": [0.5] * 8}, period="2024")
    assert ek.score(make(values), two(impute="panel", needs=0.4), previous=past).imputed[
        "used"
    ].tolist() == [0.5]


def test_lost_points_are_said_in_words_that_can_be_checked(indicators):
    text = ek.score(indicators).lost("乙区").plain()
    assert "above_scale_instructor50.0%，满分线100.0%：满分20分，得10分，失10分" in text
    assert text.index("activity_fund") < text.index("single_setup")  # largest loss first
    assert "nan" not in text.lower()
    assert "长处" in ek.score(indicators).explain("甲区").plain()
    with pytest.raises(InputError, match="是否想写“甲区”"):
        ek.score(indicators).lost("甲曲")


def test_no_strength_is_behind_the_others(make):
    frame = make({"org_coverage": [0.82, 0.95, 0.9, 0.93, 0.94, 0.2]})
    grades = [{"grade": "好", "from": 60}, {"grade": "差", "from": 0}]
    scores = ek.score(frame, {"tree": {"org_coverage": {"full_at": 0.8}}, "grades": grades})
    areas = list(scores.units["area"])
    assert "长处" not in scores.explain(areas[0]).plain()  # full points, and fifth of six
    assert "长处" in scores.explain(areas[1]).plain() and "短板" in scores.explain(areas[5]).plain()
    assert "60以上为好，不足60为差" in scores.method and "YAML" not in scores.method


def test_grades_and_ties_follow_the_printed_score(make):
    frame = make({"org_coverage": [0.79996, 0.80, 0.6, 0.6]})
    index = {
        "tree": {"org_coverage": {"full_at": 0.8}},
        "grades": [
            {"grade": "优", "above": 99.99},
            {"grade": "良", "from": 75},
            {"grade": "差", "from": 0},
        ],
    }
    table = ek.score(frame, index).table
    assert table["grade"].tolist() == ["优", "优", "良", "良"]  # 99.995 is printed as 100.00
    assert table["rank"].tolist() == [1, 1, 3, 3]


def test_reweigh_without_and_compare(indicators):
    scores = ek.score(indicators)
    other = scores.reweigh({"coverage": 50, "funding": 20})
    assert [round(n.points, 6) for n in other.index.root.children] == [50, 20, 30]
    assert [round(leaf.points, 3) for leaf in other.index.leaves[:3]] == [12.5, 18.75, 18.75]
    assert [
        n.points for n in scores.reweigh({"coverage": 70}).index.root.children
    ] == pytest.approx([70, 15, 15])
    assert [
        leaf.points for leaf in scores.reweigh({"single_setup": 16}).index.leaves[:3]
    ] == pytest.approx([16, 12, 12])
    both = scores.reweigh({"coverage": 50, "funding": 20, "single_setup": 20})
    assert [leaf.points for leaf in both.index.leaves[:3]] == pytest.approx([20, 15, 15])
    assert [n.points for n in scores.reweigh({"coverage": 0}).index.root.children] == pytest.approx(
        [0, 50, 50]
    )
    assert np.isfinite(scores.reweigh({"coverage": 0}).table["score"]).all()
    fewer = scores.without("subsidy_arrival")
    assert (
        sum(leaf.points for leaf in fewer.index.leaves) == pytest.approx(100)
        and len(fewer.index.leaves) == 6
    )
    shift = other.compare(scores)
    assert shift.table["shift"].sum() == 0 and -1 <= shift.kendall <= shift.spearman <= 1
    assert scores.compare(scores).spearman == pytest.approx(1)
    with pytest.raises(InputError) as caught:
        scores.reweigh({"covrage": 50, "funding": -1})
    assert len(caught.value.problems) == 2 and "coverage" in str(caught.value)
    with pytest.raises(InputError):
        scores.reweigh({"coverage": 80, "funding": 40})


def test_changes_are_own_data_alone_under_fixed_targets(make, values, indicators):
    last = make({code: [v * 0.9 for v in column] for code, column in values.items()}, period="2024")
    moved = ek.score(indicators).changes(last)
    assert np.allclose(moved["change"], moved["own"]) and np.allclose(
        moved[["others", "method"]], 0
    )


def test_changes_split_own_data_others_and_method_and_add_up(make, values, indicators):
    index = two(rule="minmax")
    for item in index["tree"].values():
        del item["full_at"]
    last = make(
        {
            code: [v * f for v, f in zip(column, (0.9, 1, 0.7, 1.1, 1, 1, 1, 1), strict=True)]
            for code, column in values.items()
        },
        period="2024",
    )
    old = ek.score(
        last, index | {"tree": {"org_coverage": {"points": 50}, "single_setup": {"points": 50}}}
    )
    moved = ek.score(indicators, index).changes(old).set_index("area_name")
    assert np.allclose(moved[["own", "others", "method"]].sum(axis=1), moved["change"])
    assert moved["others"].abs().max() > 0.1 and moved["method"].abs().max() > 0.1
    assert moved.loc["乙区", "own"] == pytest.approx(0)  # its own data did not change


def test_every_fault_of_an_index_comes_at_once(indicators):
    index = {
        "tree": {
            "coverage": {
                "points": 40,
                "items": {
                    "org_coverge": {"points": 20, "full_at": 1},
                    "work_coverage": {"points": 10, "full_at": 1},
                },
            },
            "funding": {
                "points": 30,
                "combine": "geometric",
                "items": {"activity_fund_per_member": {"rule": "zscore"}},
            },
            "instructors": {
                "points": 35,
                "items": {
                    "instructor_load": {"full_at": 3, "zero_at": 1},
                    "above_scale_instructor": {"full_att": 1},
                },
            },
        },
        "needs": 1.5,
        "grades": [{"grade": "好", "from": 90, "to": 100}],
    }
    with pytest.raises(InputError) as caught:
        load_index(
            index,
            {
                c: {
                    "name": c,
                    "better": "lower" if c == "instructor_load" else "higher",
                    "target": np.nan,
                }
                for c in indicators["indicator"].unique()
            },
        )
    text = str(caught.value)
    for part in (
        "org_coverage",
        "合计 30",
        "合计 105",
        "geometric（zscore）",
        "zero_at 1",
        "full_at",
        "0 至 1",
        "needs",
        "只写下限",
        "grades",
    ):
        assert part in text, part
    assert "index.tree.coverage.items.org_coverge" in text and len(caught.value.problems) >= 9


def test_a_tree_that_holds_itself_is_refused(tmp_path, indicators):
    loop: dict = {"name": "环"}
    loop["items"] = {"again": loop}
    with pytest.raises(InputError, match="树不能有环"):
        ek.score(indicators, {"tree": {"a": loop}})
    file = tmp_path / "mine.yml"
    file.write_text("mine:\n  tree:\n    a: &a\n      items:\n        b: *a\n", encoding="utf-8")
    with pytest.raises(InputError, match="引用了自己"):  # the reader of YAML refuses it before
        ek.score(indicators, file)


def test_own_files_names_and_their_lines(tmp_path, indicators):
    file = tmp_path / "own.yml"
    file.write_text(
        "one:\n  tree:\n    org_coverage: {full_at: 0.8}\ntwo:\n  tree:\n    org_coverage: {full_at: 0.8, pints: 3}\n",
        encoding="utf-8",
    )
    assert ek.score(indicators, f"{file}#one").table["score"].iloc[0] == 100
    with pytest.raises(InputError, match=r"own.yml two.tree.org_coverage.pints（第6行）"):
        ek.score(indicators, f"{file}#two")
    with pytest.raises(InputError, match="one、two"):
        ek.score(indicators, file)
    with pytest.raises(InputError, match="annual"):
        ek.score(indicators, "anual")


def test_persons_are_not_scored(indicators):
    for bad in (
        indicators.assign(person="x"),
        indicators.assign(姓名="x"),
        indicators.assign(entity="person"),
        indicators.drop(columns="area"),
    ):
        with pytest.raises(InputError) as caught:
            ek.score(bad)
        assert caught.value.problems[0].code == "person_refused"


@pytest.mark.parametrize("entity", ["person", "activity", "unit"])
def test_an_index_names_indicators_of_areas_and_party_organisations_only(indicators, entity):
    codebook = ek.load_codebook()
    other = codebook.indicators["org_coverage"].model_copy(update={"entity": entity})
    codebook = codebook.model_copy(
        update={"indicators": {**codebook.indicators, "org_coverage": other}}
    )
    with pytest.raises(InputError) as caught:
        ek.score(indicators, two(), codebook)
    problem = caught.value.problems[0]
    assert (problem.code, problem.where, problem.found) == (
        "person_refused",
        "org_coverage",
        entity,
    )


def test_party_organisations_can_be_scored(indicators):
    frame = indicators.assign(party_org=indicators["area_name"] + "支部")
    assert ek.score(frame).table["area_name"].iloc[0] == "甲区支部"


def test_one_period_and_one_level_and_no_double_rows(indicators):
    for bad, word in (
        (pd.concat([indicators, indicators.assign(period="2024")]), "混有 2025、2024"),
        (pd.concat([indicators, indicators]), "多行"),
    ):
        with pytest.raises(InputError, match=word):
            ek.score(bad)
    with pytest.raises(InputError, match="没有这个指数的任何指标"):
        ek.score(indicators.iloc[:0])


def test_one_area_constant_columns_and_all_missing_give_defined_results(make):
    one = ek.score(make({"org_coverage": [0.5], "single_setup": [0.4]}), two())
    assert one.table[["score", "rank"]].to_numpy().tolist() == [[77.5, 1]]
    same = ek.score(
        make({"org_coverage": [0.5] * 4, "single_setup": [0.4] * 4}),
        two(rule="minmax", tree={"org_coverage": {}, "single_setup": {}}),
    )
    assert same.table["score"].tolist() == [50] * 4 and same.weights["entropy"].isna().all()
    assert np.isnan(one.compare(one).spearman)
    zero = make({"org_coverage": [0.0, 0.5], "single_setup": [0.1, 0.2]})
    assert ek.score(zero, two(combine="geometric")).table["score"].iloc[0] == 0


def test_weights_side_by_side(indicators):
    weights = ek.score(indicators).weights
    assert np.allclose(
        weights[["declared", "equal", "entropy", "critic", "deviation", "pca"]].sum(), 1
    )


def test_results_show_themselves_and_say_how_they_were_made(indicators):
    scores = ek.score(indicators)
    block = scores.block
    assert (
        block.is_demo
        and "演示权重" in block.content["notes"][0]
        and "text/html" in scores._repr_mimebundle_()
    )
    assert "text/html" in scores.compare(scores)._repr_mimebundle_()
    assert "nan" not in block.plain().lower()


def test_published_places_get_no_score_for_want_of_data(demo_project):
    facts = ek.load(demo_project, dataset="published")
    table = ek.score(
        facts.indicators.assign(period="公开数字", level="公开"), codebook=facts.codebook
    ).table
    assert table["score"].isna().all() and table["losses"].str.contains("不计分").all()
