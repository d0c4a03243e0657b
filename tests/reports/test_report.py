"""The report of the small demonstration, through the real runner, looked at as a reader would."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from evalkit.problems import InputError
from evalkit.reports.report import make_report, safe_name


@pytest.fixture(scope="module")
def project(demo_project, tmp_path_factory):
    """A copy of the built demonstration that this file may write into."""
    folder = tmp_path_factory.mktemp("report") / "项目 一"
    shutil.copytree(demo_project, folder)
    return folder


@pytest.fixture(scope="module")
def report(project):
    return make_report("2025", project=project, jobs=2)


def test_report_writes_every_page(report, project):
    assert not report.failed, [o.reason for o in report.failed]
    folder = project / "reports" / "2025"
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*.html")}
    districts = {f"district/演示{n:02d}区.html" for n in range(1, 7)}
    assert {"index.html", "comparison.html", "published.html", "quality.html"} | districts <= names
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert "演示数据" in index
    for link in re.findall(r'href="([^"#]+)"', index):
        assert (folder / link).exists(), link
    assert list(folder.glob("comparison-图*.png"))


def test_every_demo_page_and_figure_says_so(report, project):
    for page in (project / "reports" / "2025").rglob("*.html"):
        if page.name != "published.html":
            assert "演示数据" in page.read_text(encoding="utf-8"), page.name


def test_pages_hold_no_code_and_no_traceback(report, project):
    for page in (project / "reports" / "2025").rglob("*.html"):
        text = re.sub(r'src="data:[^"]*"', "", page.read_text(encoding="utf-8"))
        for forbidden in ("import evalkit", "ek.load", "Traceback", "NaN", ">nan<", "None<"):
            assert forbidden not in text, (page.name, forbidden)


def test_published_page_shows_what_is_published(report, project):
    text = (project / "reports" / "2025" / "published.html").read_text(encoding="utf-8")
    for wanted in ("低于 843.4", "1.43 至 1.55", "38.07%", "36.75 至 39.41", "306", "203", "202", "23%", "17.7%", "20.0%"):
        assert wanted in text, wanted


def test_run_json_records_what_was_run(report, project):
    record = json.loads((project / "reports" / "2025" / "run.json").read_text(encoding="utf-8"))
    assert record["dataset"] == "demo" and record["parameters"]["period"] == "2025"
    assert len(record["ledgers"]) == 14 and all(len(h) == 64 for h in record["ledgers"].values())
    assert {n["state"] for n in record["notebooks"]} <= {"done", "up_to_date"}
    assert all(isinstance(n["seed"], int) for n in record["notebooks"])


def test_second_call_does_nothing_but_say_so(report, project):
    again = make_report("2025", project=project, jobs=2)
    assert not again.changed
    assert {o.state for o in again.outcomes} == {"up_to_date"}


def test_unknown_period_and_level_are_one_message(project):
    with pytest.raises(InputError, match="2024、2025"):
        make_report("1999", project=project)
    with pytest.raises(InputError, match="district"):
        make_report("2025", level="village", project=project)


def test_a_notebook_that_raises_leaves_an_entry(project):
    notebooks = project / "notebooks"
    shutil.copytree(__import__("pathlib").Path(__file__).parents[2] / "notebooks", notebooks)
    text = (notebooks / "quality.ipynb").read_text(encoding="utf-8")
    (notebooks / "quality.ipynb").write_text(text.replace("ek.tables.submissions(data)", "1 / 0"), encoding="utf-8")
    report = make_report("2025", project=project, jobs=2)
    assert [o.key for o in report.failed] == ["数据质量"]
    index = report.index.read_text(encoding="utf-8")
    assert "数据质量：" in index and "ZeroDivisionError" in index
    assert (report.index.parent / "comparison.html").exists()


@pytest.mark.parametrize(
    ("name", "safe"), [("a/b", "a_b"), ("con", "_con"), ("x:y*?", "x_y_"), ("..", "_"), ("甲区.", "甲区"), ("长" * 90, "长" * 60)]
)
def test_file_names_are_safe(name, safe):
    assert safe_name(name) == safe
