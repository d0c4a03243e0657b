"""A project's own words are heard wherever a report names areas and indicators."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import evalkit as ek
import evalkit.codebook
from evalkit.documents import Block
from evalkit.reports import research
from evalkit.reports.voice import Rows, packaged, voice_of
from evalkit.world.yaml import read_yaml


@pytest.fixture(scope="module")
def renamed(demo_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration in a project that calls its districts 县市区, and has one main indicator less."""
    root = tmp_path_factory.mktemp("renamed") / "项目"
    shutil.copytree(demo_project, root, ignore=shutil.ignore_patterns("reports", ".evalkit"))
    (root / "codebook").mkdir()
    packaged_file = Path(ek.codebook.__file__).with_name("indicators.yml")
    one = dict(read_yaml(packaged_file)["indicators"]["effective_coverage"])
    own = {
        "terms": {
            "level.district": {"zh": "县市区", "en": "county"},
            "total": {"zh": "总计", "en": "total", "replace": True},
            "previous_year": {"zh": "去年", "en": "previous year", "replace": True},
        },
        "indicators": {"effective_coverage": one | {"headline": False, "replace": True}},
    }
    (root / "codebook" / "own.yml").write_text(json.dumps(own), encoding="utf-8")
    return root


def said(block: Block) -> str:
    return str(block.content)


def test_every_table_and_sentence_calls_the_areas_as_the_project_does(renamed: Path) -> None:
    data = ek.load(renamed, periods=["2024", "2025"])
    areas = ek.annual.areas_of(data, "2025")
    rows = ek.annual.rows_of(data, areas, "district")
    among = rows[rows["level"] == "district"]
    now = ek.annual.visible(among[among["period"] == "2025"])
    verdict = ek.compare(among, "2025", to="mean", against="2024")
    problems = ek.annual.found_problems(data, "2025", "2024")
    blocks = [
        ek.prose.summary(data, "2025", "2024", None, rows, "district", "full"),
        ek.prose.standing(data, areas[0], "2025", "2024"),
        ek.annual.basis(data, "2025", "2024", areas),
        ek.annual.comparisons(rows, "2025", "2024"),
        ek.annual.falling_words(rows, "2025", "2024"),
        ek.annual.scored(now, "annual", "full", data.codebook),
        ek.annual.problem_words(problems),
        ek.annual.problem_table(problems, data, "2025"),
        ek.annual.counts(data, "2025", "units", areas),
        ek.annual.targets(data, "2025", "2024", "district"),
        ek.annual.star_figure(data, "2025", areas),
        ek.tables.overview(rows, "2025", against="2024", codebook=data.codebook),
        ek.tables.overview(rows, "2025", against="2024"),
        ek.tables.falling(verdict, data.codebook),
        ek.tables.profile(now[now["area"] == areas[0]], peers=ek.compare(rows, "2025", to="peers")),
        ek.tables.widest(now, 10),
        ek.tables.missing(now, 10),
        research.shrunken(now, "above_scale_instructor"),
        research.inequality(among, ["org_coverage"]),
    ]
    for block in blocks:
        text = said(block).replace("区县财政", "").replace("跨区县", "").replace("本地区", "")
        assert "县市区" in text, text[:300]
        assert "区县" not in text and "'label': '地区'" not in text, text[:300]


def test_the_words_for_the_total_and_the_year_before_are_terms(renamed: Path) -> None:
    data = ek.load(renamed, periods=["2024", "2025"])
    areas = ek.annual.areas_of(data, "2025")
    rows = ek.annual.rows_of(data, areas, "district")
    blocks = [
        ek.annual.counts(data, "2025", "units", areas),
        ek.annual.funds_table(data, "2025", "2024"),
        ek.tables.overview(rows, "2025", against="2024", part="areas"),
        ek.tables.submissions(data, "2025"),
    ]
    for block in blocks:
        assert "总计" in said(block), said(block)[:300]
    told = [
        ek.prose.overview(data, "2025", "2024"),
        ek.prose.tally(data, "2025", "2024"),
        ek.annual.comparisons(rows, "2025", "2024"),
        ek.annual.falling_words(rows, "2025", "2024"),
    ]
    for block in told:
        assert "去年" in said(block) and "上年" not in said(block), said(block)[:300]


def test_what_is_a_main_indicator_is_the_projects_word(renamed: Path) -> None:
    data = ek.load(renamed, periods=["2025"])
    row = data.indicators.query("indicator == 'effective_coverage'").iloc[0]
    assert voice_of(data).short(row) == row["name"]
    assert packaged().short(row) == row["short_name"]
    rows = ek.annual.rows_of(data, ek.annual.areas_of(data, "2025"), "district")
    assert not rows.loc[rows["indicator"] == "effective_coverage", "headline"].any()


def test_why_there_is_no_figure_is_told_in_the_projects_names(renamed: Path) -> None:
    data = ek.load(renamed, periods=["2025"])
    rows = ek.annual.rows_of(data, ek.annual.areas_of(data, "2025"), "district")
    few = rows[(rows["level"] == "district") & (rows["indicator"] != "effective_coverage")]
    one = data.codebook.indicators["effective_coverage"]
    text = ek.annual.figure(ek.charts.bars, few, "effective_coverage").content["text"]
    assert text == f"没有图：台账里没有计算{one.name}所需的数字。"


def test_rows_keep_their_project_whatever_is_chosen_of_them(renamed: Path) -> None:
    data = ek.load(renamed, periods=["2025"])
    rows = ek.annual.rows_of(data, ek.annual.areas_of(data, "2025"), "district")
    chosen = rows.query("level == 'district'").assign(more=1).sort_values("value").head(3)
    assert isinstance(chosen, Rows) and voice_of(chosen.copy()).place("district") == "县市区"
    assert voice_of(None).place("district") == "区县" and voice_of(chosen).place("?") == "地区"
