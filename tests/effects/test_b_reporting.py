"""The adviser's cases, journal tables in every form, study files, the command, what policy makers read."""

from __future__ import annotations

import inspect
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import evalkit as ek
from evalkit.documents import Block
from evalkit.documents.latex import escape, latex_document, latex_table
from evalkit.effects.designs import CHECKS, DESIGNS
from evalkit.effects.words import WORDS
from evalkit.problems import InputError
from evalkit.reports import study as reports

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "question": "有效果吗？",
    "status": "exploratory",
    "outcome": "org_coverage",
    "treatment": "subsidy_reform",
}


def world(
    starts: list[int],
    periods: int = 6,
    effect: float = 0.05,
    seed: int = 1,
    ends: float = 0.0,
    parents: int = 1,
    **more,
) -> ek.effects.Panel:
    """One entity for every start (0: never); a share `ends` of outcomes is 0 or 1."""
    rng = np.random.default_rng(seed)
    rows = []
    for i, start in enumerate(starts):
        level = rng.normal(0.6, 0.05)
        for t in range(2020, 2020 + periods):
            y = (
                level
                + 0.01 * (t - 2020)
                + effect * bool(start and t >= start)
                + rng.normal(0, 0.01)
            )
            y = float(rng.random() < 0.5) if rng.random() < ends else y
            rows.append(
                {
                    "area": f"省/市{i % parents}/区{i}",
                    "year": t,
                    "y": y,
                    "from": start,
                    "kind": "城区" if i % 2 else "县域",
                }
            )
    options = {"rate": True, "keep": ["kind"], "labels": {"y": "覆盖率", "policy": "改革"}} | more
    return ek.effects.Panel.from_frame(
        pd.DataFrame(rows), "y", "area", "year", treated_from="from", **options
    )


# the adviser


@pytest.mark.parametrize(
    ("panel", "main", "fits", "careful", "unfit"),
    [
        (
            world([2023] * 15 + [0] * 15),
            "event_study",
            {"twfe", "did2s", "honest", "callaway_santanna"},
            {"fractional", "psm_did", "sun_abraham"},
            {"bacon", "synthetic_control", "rd"},
        ),
        (
            world([2022] * 6 + [2024] * 6 + [0] * 12),
            "callaway_santanna",
            {"sun_abraham", "bacon"},
            {"twfe", "event_study"},
            {"synthetic_control"},
        ),
        (
            world([2023] + [0] * 15),
            "synthetic_control",
            {"randomisation"},
            {"synthetic_did"},
            {"twfe", "event_study", "wild_bootstrap", "multilevel"},
        ),
        (
            world([2023] * 4 + [0] * 20),
            "event_study",
            {"randomisation"},
            {"twfe", "multilevel"},
            {"psm_did", "bacon"},
        ),
        (
            world([2020] * 8 + [0] * 12),
            "",
            {"randomisation"},
            set(),
            {"twfe", "callaway_santanna", "honest", "placebo"},
        ),
        (
            world([2022] * 8 + [2024] * 8),
            "callaway_santanna",
            {"honest"},
            {"callaway_santanna", "did2s"},
            {"randomisation", "synthetic_did", "placebo"},
        ),
        (world([2023] * 15 + [0] * 15, ends=0.3), "event_study", {"fractional"}, set(), set()),
    ],
    ids=[
        "textbook",
        "staggered",
        "one treated",
        "few treated",
        "always treated",
        "all treated in the end",
        "zeros and ones",
    ],
)
def test_adviser(panel, main, fits, careful, unfit):
    advice = ek.effects.advise(panel)
    got = advice.table.set_index("design")["verdict"].to_dict()
    assert advice.main == main, advice.table.to_string()
    wanted = (
        dict.fromkeys(fits, "适合")
        | dict.fromkeys(careful, "慎用")
        | dict.fromkeys(unfit, "不适合")
    )
    assert {d: got[d] for d in wanted} == wanted
    assert set(got) == set(WORDS["names"]) and "{" not in advice.block.plain()


def test_the_always_treated_are_set_apart():
    made = world([2020] * 3 + [2023] * 12 + [0] * 12)
    advice = ek.effects.advise(made)
    assert (
        advice.facts["pre"] == 3
        and advice.facts["always"] == 3
        and "一开始就已实施" in "".join(advice.notes)
    )
    assert (
        ek.effects.psm_did(made).facts["treated_entities"] <= 12
        and "2023" in ek.tables.balance(made).content["notes"][0]
    )


def test_adviser_on_continuous_treatment_and_gaps():
    frame = world([2023] * 6 + [0] * 6).frame.assign(
        dose=lambda f: f["treated"] * np.arange(len(f)) % 7
    )
    frame = frame[["entity", "period", "y", "dose"]]
    made = ek.effects.Panel.from_frame(frame, "y", "entity", "period", treatment="dose")
    advice = ek.effects.advise(made)
    assert (
        advice.main == "twfe"
        and advice.verdict("event_study") == "不适合"
        and "连续" in advice.reason("event_study")
    )


def test_adviser_tells_of_spill_overs_gaps_and_attrition():
    made = world([2023, 2023, 2023, 0, 0, 0, 0, 0] * 3, parents=4)
    said = "".join(ek.effects.advise(made, pd.DataFrame([["省/市3/区3", "省/市0/区0"]])).notes)
    assert "上级地区里有实施的" in said and "1个未实施的个体与实施的相邻" in said
    gone = (
        made.frame["first_treated"].notna()
        & (made.frame["time"] > 2023)
        & (made.frame["entity"] < "省/市1")
    )
    missing = replace(made, frame=made.frame.assign(y=made.frame["y"].mask(gone)))
    said = "".join(ek.effects.advise(missing).notes)
    assert "缺失" in said and "流失" in said


# journal tables


@pytest.fixture(scope="module")
def results():
    made = world([2022] * 6 + [2024] * 6 + [0] * 12)
    first, *rest = (ek.effects.estimate(made, d) for d in ("twfe", "sun_abraham", "fractional"))
    return made, [first.with_notes(ek.effects.Note("warning", "有负权重。")), *rest]


def test_a_regression_table_has_what_a_journal_wants(results):
    _panel, effects = results
    table = ek.tables.regression(*effects)
    rows = {row[0]: row[1:] for row in table.texts() if row[0]}
    assert table.content["form"] == "three_line" and [
        c["label"] for c in table.content["columns"]
    ] == ["变量", "(1)", "(2)", "(3)"]
    assert [c.get("group") for c in table.content["columns"]][1] == "双向固定效应"
    for n, effect in enumerate(effects):
        assert f"{effect.row['estimate']:.4f}***" in rows["改革"][n]
        assert ("▲" in rows["改革"][n]) == bool(effect.warnings)
        assert table.texts()[1][n + 1] == f"({effect.row['se']:.4f})"
    assert (
        rows["观测值"] == ["144"] * 3
        and rows["聚类数"] == ["24"] * 3
        and rows["个体固定效应"][2].startswith("均值")
    )
    notes = "".join(table.content["notes"])
    assert (
        "10%、5%、1%" in notes
        and "pyfixest" in notes
        and notes.index("▲") < notes.index("圆括号")
        and "负权重" in notes
    )


def test_the_stars_of_few_clusters_follow_the_permutation():
    one = ek.effects.twfe(world([2023] + [0] * 9))
    table = ek.tables.regression(one)
    assert "*" not in table.texts()[0][1] and table.texts()[0][1].startswith("▲")
    assert ["少聚类p值", "[0.100]"] in table.texts()


def test_small_and_large_numbers_keep_two_figures_of_the_error(results):
    effect = results[1][0]
    for factor, shown in ((1e-4, r"^▲? ?0\.0000\d{2}"), (1000, r"^▲? ?\d+\.\d{2}\*")):
        table = effect.table.assign(
            estimate=effect.table["estimate"] * factor, se=effect.table["se"] * factor
        )
        assert re.search(shown, ek.tables.regression(replace(effect, table=table)).texts()[0][1])


def test_outcomes_head_the_columns_where_the_design_is_one(results):
    effect = results[1][0]
    other = replace(effect, facts={**effect.facts, "outcome_label": "工作覆盖率"})
    table = ek.tables.regression(effect, other)
    assert [c.get("group") for c in table.content["columns"]][1:] == ["覆盖率", "工作覆盖率"]
    with pytest.raises(InputError):
        ek.tables.regression()


def test_descriptive_and_balance_tables(results):
    panel, _ = results
    table, both = ek.tables.descriptive(panel), ek.tables.balance(panel)
    assert table.texts()[0][:3] == ["覆盖率", "144", f"{panel.frame['y'].mean():.4f}"]
    assert both.content["rows"][0][0] == "覆盖率" and "2022" in both.content["notes"][0]


def test_latex_is_escaped_and_whole(results):
    _panel, effects = results
    text = ek.tables.latex(ek.tables.regression(*effects))
    assert (
        text.count(r"\begin{") == text.count(r"\end{")
        and text.count(r"\toprule") == text.count(r"\bottomrule") == 1
    )
    assert (
        r"$\blacktriangle$ " in text
        and r"\textsuperscript{***}" in text
        and r"10\%、5\%、1\%" in text
        and "▲" not in text
    )
    body = text.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    assert all(line.endswith(r"\\") and line.count(" & ") == 3 for line in body), body
    assert not re.search(r"\\\\\s*\n\s*[\[*]", text)  # nothing that \\ would take for its option
    bad = Block.table(
        "a_b & c%",
        ["甲|乙", {"key": "v", "label": "[1]", "decimals": 2}],
        [["~^{}\\", -1.5], ["[x", None]],
    )
    text = latex_table(bad)
    assert (
        r"a\_b \& c\%" in text
        and "$-$1.50" in text
        and "{}[x" in text
        and r"\textbackslash{}" in text
        and "{}[1]" in text
    )
    assert escape("50%_$#") == r"50\%\_\$\#"
    with pytest.raises(ValueError, match="table"):
        latex_table(Block.paragraph("x"))


def test_a_latex_document_names_its_pictures():
    png = ek.charts.specifications(ek.effects.twfe(world([2023] * 5 + [0] * 6))).png
    blocks = [
        Block.heading("数据", 2),
        Block.figure("图", png, "图"),
        Block.bullets(["[甲"]),
        Block.note("注"),
    ]
    text = latex_document(blocks, "题", {"图": "fig1.png"})
    assert (
        r"\documentclass[UTF8" in text
        and r"\includegraphics[width=15cm]{fig1.png}" in text
        and r"\item {}[甲" in text
    )


def test_wide_and_starred_tables_survive_the_typesetter(results, tmp_path):
    """No environment that breaks inside adjustbox, no star that a line end would eat; compiled where a typesetter is installed."""
    panel, effects = results
    blocks = [
        ek.tables.regression(*effects * 3),
        effects[0].block(),
        panel.report,
        ek.effects.advise(panel).block,
    ]
    blocks.append(ek.tables.balance(panel))
    text = latex_document([Block.heading("数据", 2), Block.paragraph("差为-1.5"), *blocks], "题")
    assert (
        "threeparttable" not in text and "差为$-$1.5" in text and not re.search(r"\\\\\s*\*", text)
    )
    assert r"{1.25\textwidth}{lCC" in text and r"\blacktriangle$~" in text
    if shutil.which("xelatex"):
        (tmp_path / "x.tex").write_text(text, encoding="utf-8")
        command = ["xelatex", "-interaction=nonstopmode", "-halt-on-error", "x.tex"]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, errors="replace"
        )
        assert done.returncode == 0, done.stdout[-2000:]
        assert "Missing character" not in (tmp_path / "x.log").read_text(
            encoding="utf-8", errors="replace"
        )


# studies


def test_every_design_and_check_has_a_public_function_and_a_name():
    for key, record in {**DESIGNS, **CHECKS}.items():
        public = getattr(ek.effects, key)
        assert key == record.key == public.__name__ and public.__doc__ and key in WORDS["names"]
    assert list(inspect.signature(ek.effects.twfe).parameters) == [
        "panel",
        "entity_effects",
        "time_effects",
        "covariance",
        "guard",
    ]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks" / "studies").glob("*.yml")), ids=lambda p: p.stem
)
def test_the_examples_are_good_studies(path):
    assert ek.effects.read_study(path).status == "exploratory"


def test_every_fault_of_a_study_comes_at_once_with_its_line_and_a_near_match(tmp_path):
    path = tmp_path / "坏.yml"
    lines = [
        "question: 有效果吗",
        "status: preregistered",
        "outcom: org_coverage",
        "treatment: subsidy_reform",
        "design: twef",
        "robustness: [did2, sun_abraham]",
        "checks: [bacn]",
        "draws: 5",
        "periods: [2021, 2023, 2025]",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError) as told:
        ek.effects.read_study(path)
    said = "\n".join(p.text() for p in told.value.problems)
    assert len(told.value.problems) == 8 and said.count("第") >= 7
    for wanted in (
        "pre_registered",
        "“outcome”",
        "“twfe”",
        "“did2s”",
        "“bacon”",
        "不小于19",
        "最多两项",
    ):
        assert wanted in said, wanted


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "pre_registered"}, "registration"),
        ({"treatment": ""}, "treatment"),
        ({"design": "rd"}, "cutoff"),
        ({"design": "rd", "cutoff": 50}, "covered"),
        ({"entity": "person"}, "area、unit、party_org"),
        ({"robustness": [["twfe"]]}, "文字"),
        ({"checks": [{"a": "b"}]}, "文字"),
        ({5: "x"}, "没有这个名称"),
        ({"seed": -1}, "不小于0"),
        ({"draws": 1e9}, "不大于99999"),
        ({"draws": 19.5}, "整数"),
        ({"robustness": ["rd"]}, "没有这个名称"),
        (
            {"design": "rd", "outcome": "covered", "cutoff": 50, "checks": ["placebo"]},
            "断点回归自带",
        ),
    ],
)
def test_a_study_lacks_something(change, said):
    with pytest.raises(InputError, match=said):
        ek.effects.read_study({**GOOD, **change})


def test_a_day_may_stand_as_registration_and_units_be_compared_by_their_own_columns(
    demo_project, tmp_path
):
    path = tmp_path / "study.yml"
    lines = [
        "question: 问",
        "status: pre_registered",
        "registration: 2024-01-01",
        "outcome: org_coverage",
        "treatment: subsidy_reform",
        "entity: unit",
        "design: twfe",
        "groups: sector",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    study = ek.effects.read_study(path)
    assert study.registration == "2024-01-01"
    found = ek.effects.run_study(study, ek.load(demo_project))
    assert {"enterprise"} <= set(found.groups["group"]) and not found.failed
    assert any(b.content.get("text") == "不同类型的单位" for b in reports.blocks(found))


def test_what_a_library_gives_up_on_is_a_fault_of_the_input(demo_project, tmp_path):
    narrow = ek.effects.read_study(
        {**GOOD, "design": "rd", "outcome": "covered", "cutoff": 100, "bandwidth": 0.001}
    )
    with pytest.raises(InputError, match="估计不出来"):
        ek.effects.run_study(narrow, ek.load(demo_project))
    (tmp_path / "空.yml").write_text("")
    (tmp_path / "数.yml").write_text("5: x\n")
    for name, said in (("空.yml", "没有内容"), ("数.yml", "没有这个名称")):
        with pytest.raises(InputError, match=said):
            ek.effects.read_study(tmp_path / name)


def test_a_study_runs_and_the_reasons_of_what_failed_are_told(demo_project):
    data = ek.load(demo_project)
    study = ek.effects.read_study(
        {
            **GOOD,
            "treatment_label": "补助改革",
            "robustness": ["twfe", "psm_did"],
            "checks": ["honest"],
            "further": ["work_coverage"],
            "groups": "peer_group",
        }
    )
    found = ek.effects.run_study(study, data)
    assert found.main.design == found.advice.main and [e.design for e in found.others] == ["twfe"]
    assert len(found.further) == 1 and any("诚实区间" in text for text in found.failed)
    assert "补助改革" in ek.tables.regression(found.main).plain() and set(
        found.groups["group"]
    ) <= set(found.panel.frame["peer_group"])
    kinds = {b.kind for b in reports.blocks(found)}
    assert {"heading", "table", "figure", "paragraph", "list"} <= kinds
    wrong = {
        "periods": ("1999", "2025"),
        "outcome": "org_coverag",
        "treatment": "subsidy_refrom",
        "controls": ("nix",),
        "level": "distrit",
    }
    with pytest.raises(InputError) as told:
        ek.effects.run_study(study.model_copy(update=wrong), data)
    said = "".join(p.text() for p in told.value.problems)
    assert len(told.value.problems) == 5 and all(
        f"“{w}”" in said for w in ("org_coverage", "subsidy_reform", "district")
    )


def test_the_command_writes_every_form(demo_project, tmp_path):
    from evalkit.cli import app

    path = tmp_path / "研究.yml"
    path.write_text(
        json.dumps({**GOOD, "robustness": ["callaway_santanna"]}, ensure_ascii=False),
        encoding="utf-8",
    )
    done = CliRunner().invoke(
        app, ["effects", str(path), "--project", str(demo_project), "--out", str(tmp_path / "出")]
    )
    assert done.exit_code == 0, done.output
    names = {p.name for p in (tmp_path / "出").iterdir()}
    assert {"研究报告.html", "研究报告.docx", "表格.xlsx", "面板.dta", "latex"} <= names and any(
        n.startswith("图1_") for n in names
    )
    text = (tmp_path / "出" / "latex" / "study.tex").read_text(encoding="utf-8")
    for name in re.findall(r"\\includegraphics\[[^]]*\]\{([^}]*)\}", text):
        assert (tmp_path / "出" / "latex" / name).exists() and name.isascii()
    assert "演示数据" in (tmp_path / "出" / "研究报告.html").read_text(encoding="utf-8")
    path.write_text(
        json.dumps({**GOOD, "checks": ["honest"]}, ensure_ascii=False), encoding="utf-8"
    )
    part = CliRunner().invoke(
        app, ["effects", str(path), "--project", str(demo_project), "--out", str(tmp_path / "二")]
    )
    assert part.exit_code == 1 and "没有做：放宽平行趋势的诚实区间" in part.output


def test_a_threshold_study_runs(demo_project):
    study = ek.effects.read_study(ROOT / "notebooks" / "studies" / "threshold-100.yml")
    found = ek.effects.run_study(study, ek.load(demo_project))
    said = reports.in_words(found.main).plain()
    assert (
        found.main.design == "rd"
        and "职工人数达到100" in said
        and "带宽" in "".join(b.plain() for b in reports.blocks(found))
    )


# words for policy makers, the known effect


def words_of(low: float, high: float, p_small: float = np.nan, **more) -> str:
    made = ek.effects.twfe(world([2023] * 12 + [0] * 12))
    table = made.table.assign(estimate=(low + high) / 2, ci_low=low, ci_high=high, p_small=p_small)
    return reports.in_words(replace(made, table=table, notes=()), **more).plain()


def test_the_paragraph_for_policy_makers():
    assert "平均多提高约3.0个百分点" in words_of(
        0.02, 0.04
    ) and "2.0个百分点至4.0个百分点" in words_of(0.02, 0.04)
    assert "平均多下降约3.0个百分点" in words_of(-0.04, -0.02) and "看不出" in words_of(-0.01, 0.03)
    assert "碰巧也有20%" in words_of(0.02, 0.04, p_small=0.2)
    said = words_of(0.02, 0.04, exploratory=False)
    assert "事先已登记" in said and not re.search("标准误|聚类|显著|p值|置信", said)


def test_the_paragraph_for_an_article_has_the_numbers_of_the_tables():
    made = world([2023] * 12 + [0] * 12)
    main = ek.effects.event_study(made)
    checks = {
        c: ek.effects.check(made, c, draws=99, main=main) for c in ("randomisation", "honest")
    }
    said = ek.study.in_article(main, [ek.effects.did2s(made)], checks).plain()
    assert (
        f"{main.row['estimate'] * 100:.2f}个百分点" in said
        and f"标准误{main.row['se'] * 100:.2f}" in said
        and "p＜0.001" in said
    )
    assert (
        f"F({main.facts['pretrend']['k']}" in said
        and "两阶段双重差分" in said
        and "随机化检验p=0.010" in said
        and "斜率" in said
    )
    y = np.r_[np.zeros(30), np.ones(30)] + np.arange(60) / 50
    jump = ek.effects.rd(pd.DataFrame({"y": y, "x": np.arange(60) - 30.0}), "y", "x", 0)
    assert "带宽" in ek.study.in_article(jump).plain()


def test_groups_share_all_untreated_and_are_drawn_together():
    made = world([2023] * 12 + [0] * 12)
    found = ek.effects.by_group(made, "kind", "twfe")
    assert found["group"].tolist() == ["县域", "城区"] or found["group"].tolist() == [
        "城区",
        "县域",
    ]
    assert found["estimate"].between(0.03, 0.07).all() and np.ptp(found["pooled"]) <= np.ptp(
        found["estimate"]
    )
    with pytest.raises(InputError, match="“kind”"):
        ek.effects.by_group(made, "kimd", "twfe")


def test_on_the_demonstration_the_known_effect_stands_beside_the_estimate(demo_project):
    data = ek.load(demo_project)
    made = ek.effects.study_panel(data, "org_coverage", "subsidy_reform")
    truth = json.loads((demo_project / "data" / "demo" / "truth.json").read_text(encoding="utf-8"))
    assert reports.known_effect(made, truth) == pytest.approx(0.015)
    assert "0.0150" in ek.study.recovered(data, made, [ek.effects.twfe(made)]).plain()
    other = ek.effects.study_panel(data, "work_coverage", "subsidy_reform")
    assert "没有人知道" in ek.study.recovered(data, other, []).plain()


@pytest.mark.slow
def test_a_whole_demonstration_recovers_the_known_effect(tmp_path):
    """24 districts, five years: every design's 95% interval of the study holds the effect that was built in."""
    from evalkit import demo

    demo.write(tmp_path / "data" / "demo")
    ek.build(tmp_path, jobs=1)
    data = ek.load(tmp_path)
    study = ek.effects.read_study(ROOT / "notebooks" / "studies" / "subsidy-reform.yml")
    found = ek.effects.run_study(study, data)
    table = ek.study.recovered(data, found.panel, [found.main, *found.others])
    assert [row[-1] for row in table.content["rows"]] == ["是"] * 8 and not found.failed
