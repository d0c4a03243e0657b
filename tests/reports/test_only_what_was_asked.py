"""A real project without settings prints no demo word, weight, rule of another place or estimate; what is chosen is heard."""

from __future__ import annotations

import re
from pathlib import Path

import county_holes as holes
import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.building import build
from evalkit.codebook import load_codebook
from evalkit.indicators import find_project, load
from evalkit.problems import InputError
from evalkit.reports import annual
from evalkit.reports.estimate import scenario_of
from evalkit.reports.grading import index_of, index_table, spread_words
from evalkit.scoring.spread import spread

PLACES = "演示 富阳 济南 丽水 合肥 成都 楚雄 红河 安徽 杭州".split()


def test_other_places_rules_are_no_reference_unless_chosen(tmp_path: Path) -> None:
    holes.copied(tmp_path)
    book, packaged = find_project(tmp_path).codebook, load_codebook()
    local = {code for code, one in packaged.references.items() if one.local}
    assert "fuyang_2015" in local and "full" not in local
    assert not [c for c, one in book.indicators.items() if one.target in local]
    assert not [
        c
        for c, one in book.indicators.items()
        if any(p in book.source_name(one.source) for p in PLACES)
    ]
    assert book.indicators["work_coverage"].target == "full"
    holes.chosen(tmp_path)
    chosen = find_project(tmp_path).codebook
    assert chosen.indicators["activity_fund_per_member"].target == "fuyang_2015"
    assert (
        packaged.indicators["activity_fund_per_member"].target == "fuyang_2015"
    )  # the demonstration's


def test_a_projects_own_codebook_is_a_choice(tmp_path: Path) -> None:
    holes.copied(tmp_path)
    (tmp_path / "codebook").mkdir()
    (tmp_path / "codebook" / "own.yml").write_text(
        "indicators:\n  instructor_load: {replace: true, name: 负担, dimension: instructors, kind: rate, numerator: units_served,"
        " denominator: instructors, base: 指导员, scale: 1, unit: 家/名, decimals: 1, better: lower, target: joint_hefei}\n",
        encoding="utf-8",
    )
    assert find_project(tmp_path).codebook.indicators["instructor_load"].target == "joint_hefei"


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> tuple[Path, str]:
    """What the blocks of report and profile of a real project without settings say, all of them."""
    folder = tmp_path_factory.mktemp("unasked")
    holes.copied(folder)
    build(folder)
    data = load(folder)
    areas = annual.areas_of(data, "2025")
    rows = annual.rows_of(data, areas, "district")
    now = rows[(rows["level"] == "district") & (rows["period"] == "2025")]
    blocks = [
        ek.prose.summary(data, "2025", "2024", None, rows),
        annual.basis(data, "2025", "2024", areas),
        ek.prose.funding(data, "2025", "2024"),
        ek.prose.instructors(data, "2025", "2024"),
        ek.prose.coverage(data, "2025", "2024"),
        ek.tables.overview(rows, "2025", against="2024", codebook=data.codebook),
        annual.definitions(data),
        annual.targets(data, "2025", "2024", "district"),
        annual.comparisons(rows, "2025", "2024"),
        annual.scored(now, index_of(data), "full", data.codebook),
        annual.score_basis(now, index_of(data), "full", data.codebook),
        annual.score_words(now, areas[0], index_of(data), "full", data.codebook),
        annual.goal_words(data, "2025"),
        annual.goal_table(data, "2025"),
        annual.estimate(data, "2025"),
    ]
    return folder, "".join(str(block.content) for block in blocks)


def test_nothing_of_others_is_printed_unasked(told) -> None:
    _folder, text = told
    assert "组织覆盖率" in text
    assert not [place for place in PLACES if place in text]
    assert "150元" not in text and "补助标准测算" not in text and "综合得分和等级" not in text


def test_an_estimate_is_made_only_where_asked(told, tmp_path: Path) -> None:
    folder, _text = told
    project = find_project(folder)
    assert scenario_of(project) is None
    with pytest.raises(InputError) as error:
        scenario_of(project, "没有.yml")
    assert "没有这个文件" in error.value.problems[0].text()
    file = tmp_path / "提高标准.yml"
    file.write_text(
        "title: 提高活动经费\nbase: fuyang-2015\nchanges: {activity.per_member: {2026-01-01: 200}}\n",
        encoding="utf-8",
    )
    made = annual.estimate(load(folder), "2025", file)
    assert "提高活动经费" in str(made.content) and "调整内容" in str(made.content)


# targets


def targets(folder: Path, text: str) -> None:
    (folder / "evalkit.yml").write_text(text, encoding="utf-8")


def test_own_targets_stand_before_references_in_their_year(tmp_path: Path) -> None:
    holes.copied(tmp_path)
    targets(
        tmp_path,
        "targets:\n  组织覆盖率: {2025: 85, 2026: 90%}\n  work_coverage: {2025: 99}\n  人均活动经费: {2025: 180}\n"
        "  instructor_load: {2026: 8}\n",
    )
    build(tmp_path)
    data = load(tmp_path)
    rows = data.indicators.set_index(["indicator", "period"])
    assert set(rows.loc[("org_coverage", "2025"), "target"]) == {0.85}
    assert rows.loc[("org_coverage", "2024"), "target"].isna().all()
    assert set(rows.loc[("work_coverage", "2025"), "target"]) == {0.99}
    assert set(rows.loc[("work_coverage", "2024"), "target"]) == {1.0}
    table = annual.goal_table(data, "2025", "2024")
    heads = [c["label"] if isinstance(c, dict) else c for c in table.content["columns"]]
    assert {"目标", "实际", "完成情况", "结论", "2026年目标"} <= set(heads)
    words = str(annual.goal_words(data, "2025", "2024").content)
    assert "本年设定目标" in words and "目标" in words.replace("本年设定目标", "")
    assert "参照值" not in words


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("组织复盖率: {2025: 85}", "组织覆盖率"),
        ("组织覆盖率: {2025: 0.85}", "写成 85"),
        ("组织覆盖率: {2025: 120}", "占比不超过100"),
        ("组织覆盖率: {明年: 85}", "年份"),
        ("组织覆盖率: {2025: 高}", "不小于0的数"),
        ("组织覆盖率: {2025: 85}\n  org_coverage: {2025: 86}", "一个指标只写一次"),
    ],
)
def test_what_a_target_may_not_be(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "data" / "raw").mkdir(parents=True)
    targets(tmp_path, f"targets:\n  {line}\n")
    with pytest.raises(InputError) as error:
        _ = find_project(tmp_path).codebook
    text = "".join(problem.text() for problem in error.value.problems)
    assert said in text and "evalkit.yml" in text and "targets" in text


# scores that tell nothing apart


def frame(coverage: list[float], load_of: list[float]) -> pd.DataFrame:
    rows = []
    for n, (value, load_) in enumerate(zip(coverage, load_of, strict=True)):
        for code, one in (("org_coverage", value), ("instructor_load", load_)):
            rows.append(
                {
                    "area": f"市/区{n}",
                    "area_name": f"区{n}",
                    "indicator": code,
                    "value": one,
                    "period": "2025",
                }
            )
    return pd.DataFrame(rows).assign(level="district", sort_order=1, peer_group=None, is_demo=False)


INDEX = {
    "name": "本单位指数",
    "tree": {
        "org_coverage": {"points": 60, "full_at": 0.8},
        "instructor_load": {"points": 40, "full_at": 3, "zero_at": 10},
    },
    "grades": [{"grade": "好", "from": 80}, {"grade": "一般", "from": 0}],
}


def test_grades_that_nearly_everybody_has_say_so_and_what_differs() -> None:
    now = frame([0.9, 0.85, 0.82, 0.81, 0.95, 0.8], [3, 3, 4, 5, 3, 9.5])
    scores = ek.score(now, INDEX, load_codebook())
    found = spread(scores)
    assert (found.areas, found.grade, found.n_grade, found.alike) == (6, "好", 5, True)
    assert [one.name for one in found.differing] == ["每名指导员联系单位数"] or len(
        found.differing
    ) == 1
    assert len(found.full) == 1  # everybody has all points of coverage
    text = str(spread_words(scores, now, "full").content)
    assert "6个区县中5个为“好”，等级拉不开差距" in text and "都得满分" in text and "区5" in text
    assert "区5" not in str(spread_words(scores, now, "bands").content)


def test_grades_that_tell_apart_say_how_far() -> None:
    now = frame([0.9, 0.2, 0.5, 0.3], [3, 8, 5, 9])
    found = spread(ek.score(now, INDEX, load_codebook()))
    assert not found.alike and found.high > found.low
    assert np.isclose(found.high, 100)


def test_the_index_is_printed_with_weights_lines_and_boundaries() -> None:
    table = index_table(ek.score(frame([0.9, 0.2], [3, 8]), INDEX, load_codebook()))
    text = str(table.content)
    assert "等级线：80以上为好" in text and "不随本年得分调整" in text
    rows = [[str(cell) for cell in row] for row in table.content["rows"]]
    assert any("0.8" in " ".join(row) or "80" in " ".join(row) for row in rows)
    assert re.search("60", text) and re.search("40", text)


@pytest.mark.slow
def test_the_whole_output_of_a_real_project_names_no_other_place(tmp_path: Path) -> None:
    """Every page, document and workbook of a report without settings."""
    from test_put_right import words_of_file

    from evalkit.reports.report import make_report

    holes.copied(tmp_path)
    made = make_report(project=tmp_path, jobs=1)
    assert not made.failed
    files = [
        p for p in made.index.parent.rglob("*") if p.suffix in (".html", ".docx", ".xlsx", ".pdf")
    ]
    assert len(files) > 20
    for path in files:
        text = words_of_file(path)
        assert not [place for place in PLACES if place in text], path.name
