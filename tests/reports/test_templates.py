"""Sentences are files: what an official changes is told everywhere, and a fault is told with its line."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document
from report_probe import told

import evalkit as ek
from evalkit.codebook import load_codebook
from evalkit.problems import InputError
from evalkit.reports import templates
from evalkit.reports.sentences import COMMON, FUNCTIONS, Facts, faults
from evalkit.reports.voice import Voice
from evalkit.world.extent import Extent

BOOK = load_codebook()
KNOWN = Facts("甲区", "2025", BOOK, {"units": 5.0, "members": 8.0}, {"units": 4.0}, {}, {})
UNITS = '{{ amount("units") }}'


def voice(folder: Path, **files: str) -> Voice:
    """The voice of a project with these files of its own."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return Voice(BOOK, folder)


def wrong(own: Voice) -> list[str]:
    return [problem.text() for problem in faults(own)]


def test_clauses_sentences_and_paragraphs() -> None:
    source = f"""# 名称
{{# 说明，
- 不是句子 #}}
- 有单位{UNITS}
  {{{{ moved("units") }}}}
  ；个体工商户{{{{ amount("units_self_employed") }}}}
  {{% if area == "甲区" %}}
  （甲区）
  {{% endif %}}
- 没有{{{{ amount("visits") }}}}
  这一分句也不说
---
{{% for word in ["一", "二"] %}}
- 第{{{{ word }}}}句
{{% endfor %}}

- 另一段
"""
    name = told(source, KNOWN)
    assert name == "有单位5家，比上年增加1家（甲区）。第一句。第二句。另一段。"


def test_a_whole_number_bears_its_thousands_and_a_year_does_not() -> None:
    source = """# 名称
- {% for year in ["2025"] %}{{ year }}{% endfor %}年有问题{% for n in [1672] %}{{ n }}项{% endfor %}
"""
    assert told(source, KNOWN) == "2025年有问题1,672项。"


def test_a_title_a_short_version_and_paragraphs_are_told_apart(tmp_path: Path) -> None:
    own = voice(tmp_path, coverage="# 覆盖\n- 一\n---\n- 二\n\n- 三\n")
    found = own.tell("coverage")
    assert (found.name, found.short, found.texts) == ("覆盖", "一。", ["一。二。", "三。"])


@pytest.mark.parametrize("name", templates.names())
def test_every_packaged_text_has_no_fault(name: str, tmp_path: Path) -> None:
    shutil.copy(templates.PACKAGED / f"{name}.md", tmp_path / f"{name}.md")
    assert wrong(Voice(BOOK, tmp_path)) == []


@pytest.mark.parametrize(
    ("name", "text", "line", "said"),
    [
        (
            "coverage",
            f"# 覆盖\n- 有{UNITS}\n- 有{{{{ amont(1) }}}}\n",
            3,
            "没有“amont”；建议：是否想写",
        ),
        ("coverage", f"# 覆盖\n\n- 有{UNITS}\n- 有{{{{ amount( }}}}\n", 4, "写法不对"),
        ("coverage", "# 覆盖\n- 一\n  {% if area %}\n  二\n", 3, "没有与它成对的 {% endif %}"),
        ("coverage", "- 一\n{% endfor %}\n", 2, "{% endfor %} 前面没有"),
        ("coverage", "# 覆盖\n有单位\n", 2, "句子以“- ”开头"),
        ("coverage", '- 有{{ amount("unit") }}\n', 1, "没有“unit”；建议：是否想写"),
        ("comparison", "- {{ nme }}\n", 1, "没有“nme”；建议：是否想写"),
        ("phrases", "{% macro unchangd(since) %}平{% endmacro %}\n", 1, "没有“unchangd”这条说法"),
    ],
)
def test_a_fault_is_told_with_its_line_before_anything_is_made(
    name: str, text: str, line: int, said: str, tmp_path: Path
) -> None:
    found = wrong(voice(tmp_path, **{name: text}))
    assert len(found) == 1 and f"texts/templates/{name}.md 第{line}行" in found[0], found
    assert said in found[0], found


def test_a_file_of_an_unknown_name_is_no_text(tmp_path: Path) -> None:
    (found,) = wrong(voice(tmp_path, coverge="- 一\n"))
    assert "coverge.md" in found and "coverage" in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {{ area.nothing }}", "没有“nothing”"),
        ('- {{ amount("units", mehr=1) }}', "用法不对"),
        ("- {{ area.__class__.__mro__ }}", "没有“__class__”"),
        ('- {{ "x" * 1000000000 }}', "模板里不能用这样的写法"),
        ('- {{ amount("nobody") }}', "没有“nobody”"),
    ],
)
def test_a_fault_that_shows_itself_in_the_telling_has_its_line_too(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        told(f"# 名\n{text}\n", KNOWN)
    (problem,) = caught.value.problems
    assert problem.code == "template_invalid" and problem.where == "第2行"
    assert said in problem.found


def test_no_file_outside_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("- 秘密", encoding="utf-8")
    own = voice(tmp_path / "own", coverage='{% include "../secret" %}\n')
    with pytest.raises(InputError) as caught:
        own.tell("coverage")
    assert "秘密" not in str(caught.value)


def test_a_phrase_of_ones_own_is_told_everywhere_and_the_rest_stays(tmp_path: Path) -> None:
    own = voice(tmp_path, phrases="{% macro unchanged(since) %}与{{ since }}相当{% endmacro %}\n")
    assert own.say("unchanged", since="上年") == "与上年相当"
    assert own.say("full") == "已达到100%"
    (tmp_path / "phrases.md").unlink()
    assert own.say("unchanged", since="上年") == "与上年持平"


@pytest.mark.slow
def test_a_changed_text_changes_one_sentence_in_every_form(
    demo_project: Path, tmp_path: Path
) -> None:
    """Report, one page and Word tell the new words; nothing tells the old ones; all else is as before."""
    root = tmp_path / "项目"
    shutil.copytree(demo_project, root, ignore=shutil.ignore_patterns("reports", ".evalkit"))
    own = root / "texts" / "templates"
    own.mkdir(parents=True)
    text = (templates.PACKAGED / "summary.md").read_text(encoding="utf-8")
    (own / "summary.md").write_text(text.replace("全年党建经费", "一年党建投入"), encoding="utf-8")
    from evalkit.reports.report import make_report

    made = make_report("2025", project=root, jobs=1)
    assert not made.failed
    folder = made.index.parent
    page = (folder / "评估报告.html").read_text(encoding="utf-8")
    assert page.count("一年党建投入") == 1
    for file in ("评估报告.docx", "评估报告-一页纸.docx"):
        words = "".join(p.text for p in Document(str(folder / file)).paragraphs)
        assert "一年党建投入" in words, file
    (own / "summary.md").write_text("- {{ amout('units') }}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        make_report("2025", project=root, jobs=1)
    assert "texts/templates/summary.md 第1行" in str(caught.value)


def test_a_changed_text_changes_what_the_notebooks_call(demo_project: Path, tmp_path: Path) -> None:
    root = tmp_path / "项目"
    shutil.copytree(demo_project, root, ignore=shutil.ignore_patterns("reports", ".evalkit"))
    voice_ = root / "texts" / "templates"
    voice_.mkdir(parents=True)
    (voice_ / "phrases.md").write_text(
        "{% macro than(since, step) %}较{{ since }}{{ step }}{% endmacro %}\n", encoding="utf-8"
    )
    data = ek.load(root, periods=["2024", "2025"])
    usual = ek.load(demo_project, periods=["2024", "2025"])
    for tell in (ek.prose.summary, ek.prose.overview, ek.prose.coverage):
        mine, theirs = (str(tell(some, "2025", "2024").content) for some in (data, usual))
        assert "较上年" in mine and "较上年" not in theirs
        assert mine.replace("较上年", "比上年") == theirs


def test_the_page_for_officials_names_every_text_and_function() -> None:
    page = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    assert [name for name in templates.names() if f"`{name}.md`" not in page] == []
    assert [name for name in FUNCTIONS if f"{{{{ {name}(" not in page] == []
    assert [name for name in COMMON if f"{{{{ {name} }}}}" not in page] == []


def test_a_text_may_say_on_which_areas_a_number_rests() -> None:
    source = '- 单位{{ some("units") }}\n  （{{ extent("units") }}）\n'
    lacking = {"units": Extent(23, 24, ("某市/临山县",))}
    assert told(source, replace(KNOWN, extents=lacking)) == (
        "单位5家（报送23/24个区县（缺临山县））。"
    )
    assert told(source, replace(KNOWN, extents={"units": Extent(24, 24)})) == "单位5家。"
    assert told(source, KNOWN) == "单位5家。"


def test_a_number_says_itself_whom_it_lacks() -> None:
    lacking = {"units": Extent(23, 24, ("某市/临山县",))}
    assert told(f"- 单位{UNITS}\n", replace(KNOWN, extents=lacking)) == "单位5家（缺临山县）。"


TEXT_OF_OTHERS = {  # modules that search a text, and whose text it is
    "annual.py": "what the office writes",
    "feedback.py": "names of files",
    "own.py": "names of indicators that somebody typed",
    "plan_report.py": "names of files",
    "plan_scenarios.py": "names that somebody gives to a file",
    "register.py": "numbers that the office wrote",
    "report.py": "names of files, the source of notebooks",
    "sample.py": "the source of notebooks",
    "setup.py": "what somebody typed, the lines of evalkit.yml",
    "taken_back.py": "what the office changed in Word",
    "templates.py": "the source of templates",
}


def test_no_function_of_reports_takes_our_own_text_apart() -> None:
    found = {
        path.name
        for path in Path(templates.__file__).parent.glob("*.py")
        if re.search(r"^import re$|^from re import|regex=True", path.read_text("utf-8"), re.M)
    }
    assert found <= TEXT_OF_OTHERS.keys(), found - TEXT_OF_OTHERS.keys()
