"""Settings without YAML: asked in Chinese, checked at once, written with comments; what stands in the file stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evalkit.indicators.project import Project, find_project
from evalkit.problems import InputError
from evalkit.reports import setup

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "data" / "raw").mkdir(parents=True)
    return Project(tmp_path)


def answering(**given: str) -> tuple[list[str], Callable[[str], str], Callable[[str], None]]:
    """Answers by the key of the question that was said last; everything else is kept."""
    said: list[str] = []
    left: dict[str, Iterator[str]] = {k: iter(v.split("|")) for k, v in given.items()}
    key_of = {one.name: one.key for one in setup.settings()}

    def ask(_prompt: str) -> str:
        question = next(text for text in reversed(said) if text.startswith("\n"))
        return next(left.get(key_of[question.strip().split("：")[0]], iter(())), "")

    return said, ask, said.append


def test_every_setting_is_told_asked_and_on_the_page() -> None:
    assert {one.key for one in setup.settings()} == set(setup.Settings.model_fields)
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == setup.page(), (
        "python -m evalkit.reports.setup > docs/settings.md"
    )


def test_answers_are_heard_and_asked_for_again_where_they_do_not_fit(project: Project) -> None:
    said, ask, say = answering(
        office="某市委两新工委",
        member_base="2",
        minimum_base="很少|20",
        levels="区县 县市区；township 镇街",
        targets="组织复盖率 2025 85|组织覆盖率 2025 85；人均活动经费 2025 180",
        index="没有这份.yml|-",
        published="是",
    )
    setup.run(project, ask, say)
    found = find_project(project.root)
    assert found.settings["office"] == "某市委两新工委" and found.settings["published"] is True
    assert found.settings["member_base"] == "year_end" and found.settings["minimum_base"] == 20
    assert found.codebook.own_targets["org_coverage"] == {"2025": 0.85}
    assert found.codebook.term("level.district") == "县市区"
    assert found.codebook.term("level.township") == "镇街"
    for words in ("不小于0的整数", "是否想写“组织覆盖率”", "没有这份.yml"):
        assert any(words in text for text in said), words
    written = (project.root / "evalkit.yml").read_text(encoding="utf-8")
    assert '# date: ""' in written and "# 成文日期：" in written


OWN = """# 我们自己的说明
office: "甲办"   # 去年改的名
targets:
  组织覆盖率: {2025: 85}
  # 经费的明年再定

area: 甲县
"""


def test_a_file_keeps_its_comments_and_its_own_keys(project: Project) -> None:
    file = project.root / "evalkit.yml"
    file.write_text(OWN, encoding="utf-8")
    _, ask, say = answering(office="乙办", date="2026年1月15日")
    setup.run(project, ask, say)
    text = file.read_text(encoding="utf-8")
    assert text.startswith(OWN.replace('"甲办"', '"乙办"')) and "2026年1月15日" in text
    _, ask, say = answering(targets="组织覆盖率 2026 88", office="-")
    setup.run(project, ask, say)
    chosen = find_project(project.root).settings
    assert chosen["targets"] == {"组织覆盖率": {"2026": 88}} and chosen["area"] == "甲县"
    assert "# 去年改的名" in file.read_text(encoding="utf-8") and chosen["date"] == "2026年1月15日"


def test_yes_writes_what_holds_and_says_what_it_does(project: Project) -> None:
    path = setup.run(project, None, print)
    assert path.read_text(encoding="utf-8") == setup.fresh()
    assert find_project(project.root).settings == setup.Settings().model_dump()


def test_a_pipe_stops_at_what_does_not_fit_and_writes_nothing(project: Project) -> None:
    _, ask, say = answering(office="某办", minimum_base="很少")
    with pytest.raises(InputError):
        setup.run(project, ask, say, patient=False)
    assert not (project.root / "evalkit.yml").exists()


def test_answers_from_a_file(project: Project, tmp_path: Path) -> None:
    answers = tmp_path / "答案.yml"
    answers.write_text("office: 某办\nlevels: {district: 旗县}\n", encoding="utf-8")
    setup.run(project, None, print, answers)
    assert find_project(project.root).codebook.term("level.district") == "旗县"
    said = (
        "办公室名称: 乙办\n成文日期: 2026-01-15\n各级地区的叫法: 区县 县市区；乡镇街道 镇街\n"
        "Word 字体: Windows 自带的仿宋、楷体、黑体\ntargets: {组织覆盖率: {2025: 85}}\n"
    )
    answers.write_text(said, encoding="utf-8")  # by the names and in the words of the questions
    setup.run(project, None, print, answers)
    kept = find_project(project.root).settings
    assert (kept["office"], kept["date"], kept["fonts"]) == ("乙办", "2026年1月15日", "windows")
    assert kept["levels"] == {"district": "县市区", "township": "镇街"}
    assert kept["targets"] == {"组织覆盖率": {"2025": 85}}
    answers.write_text("ofice: 某办\n", encoding="utf-8")
    with pytest.raises(InputError, match="office"):
        setup.run(project, None, print, answers)


def test_a_layout_that_cannot_be_changed_without_loss_is_left_alone(project: Project) -> None:
    file = project.root / "evalkit.yml"
    file.write_text("{office: 甲办, area: 甲县}\n", encoding="utf-8")
    _, ask, say = answering(office="乙办")
    with pytest.raises(InputError, match="记事本"):
        setup.run(project, ask, say)
    assert file.read_text(encoding="utf-8") == "{office: 甲办, area: 甲县}\n"
