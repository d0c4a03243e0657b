"""The report of the small demonstration, through the real runner, looked at as a reader would."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pypdfium2
import pytest

from evalkit.problems import InputError
from evalkit.reports.publish import publish
from evalkit.reports.report import _file_names, make_report, safe_name
from evalkit.reports.verify import file_hash, verify


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
    for link in re.findall(r'href="([^"#]+)', index):
        assert (folder / link).exists(), link
    provenance = (folder / "provenance.html").read_text(encoding="utf-8")
    for anchor in re.findall(r'href="provenance.html#([^"]+)"', index):
        assert f'id="{anchor}"' in provenance, anchor
    assert not list(
        folder.rglob("*-图*.png")
    )  # pictures to be forwarded are made only with --publish


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
    for wanted in (
        "低于 843.4",
        "1.43 至 1.55",
        "38.07%",
        "36.75 至 39.41",
        "306",
        "203",
        "202",
        "23%",
        "17.7%",
        "20.0%",
    ):
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


def pages_of(path: Path) -> list[tuple[float, bool]]:
    """How far down the text block of each page is printed on, and whether the page lies."""
    document = pypdfium2.PdfDocument(str(path))
    found = []
    for page in document:
        wide = page.get_width() > page.get_height()
        grey = np.asarray(page.render(scale=0.5).to_pil().convert("L"))
        top, bottom = round(grey.shape[0] * 0.13), round(grey.shape[0] * 0.878)
        printed = np.flatnonzero((grey[top:bottom] < 200).any(axis=1))
        found.append(((printed.max() + 1) / (bottom - top) if len(printed) else 0.0, wide))
    document.close()
    return found


def first_words(path: Path) -> list[str]:
    """The first line of every page below the mark of the demonstration."""
    document = pypdfium2.PdfDocument(str(path))
    found = []
    for page in document:
        lines = page.get_textpage().get_text_bounded().splitlines()
        found.append(next((line for line in lines if line and "演示数据" not in line), ""))
    document.close()
    return found


def test_the_report_is_short_and_no_page_stays_empty(report, project):
    folder = project / "reports" / "2025"
    pages, words = (
        pages_of(folder / "评估报告.pdf"),
        first_words(folder / "评估报告.pdf"),
    )
    assert [word.replace("　", "") for word in words[1:3]] == ["摘要", "目录"]  # a page each
    body = [fill for fill, _ in pages[3:]]
    assert 5 <= len(body) <= 15
    assert min(body[:-1]) > 0.66, body
    annex = pages_of(folder / "评估报告-附录.pdf")
    heads = first_words(folder / "评估报告-附录.pdf")
    for n, (fill, wide) in enumerate(annex[2:-1], start=2):  # cover and contents before it
        ends = heads[n + 1].startswith("附录") or annex[n + 1][1] != wide
        assert fill > 0.66 or ends, (n + 1, fill)


def test_a_profile_has_two_pages_with_its_judgement_on_the_first(report, project):
    folder = project / "reports" / "2025" / "district"
    parameters = {"project": str(project), "period": "2025", "area": "演示02区", "dataset": "demo"}
    shutil.copy(folder / "演示02区.ipynb", folder / "试.ipynb")
    publish(folder / "试.ipynb", parameters, ("pdf",))
    document = pypdfium2.PdfDocument(str(folder / "试.pdf"))
    assert len(document) == 2
    told = (page.get_textpage().get_text_bounded() for page in document)
    first, second = ("".join(text.split()) for text in told)
    document.close()
    assert "总体评价" in first and "图1" in first and "基本情况" in first
    assert "存在问题" in second and "其余数字和口径见同名网页" in second
    for made in folder.glob("试.*"):
        made.unlink()
    page = (folder / "演示02区.html").read_text(encoding="utf-8")
    assert "更多数字" in page and "全年党建经费" in page and "口径：" in page


def test_annual_report_stands_in_every_form(report, project):
    folder = project / "reports" / "2025"
    for name in (
        ".html",
        ".docx",
        "-公文.docx",
        "-公文附件.docx",
        "-附录.docx",
        "-附录.html",
        "-附录.pdf",
        ".pdf",
        ".xlsx",
        "-一页纸.docx",
        "-一页纸.png",
    ):
        assert (folder / f"评估报告{name}").stat().st_size > 10_000, name
    for name in ("演示01区.html", "演示01区.docx"):
        assert (folder / "district" / name).exists()
    text = "".join(
        re.sub(r'src="data:[^"]*"', "", (folder / name).read_text(encoding="utf-8"))
        for name in ("评估报告.html", "评估报告-附录.html")
    )
    sections = (
        "总体情况 组织覆盖和工作覆盖 经费保障 指导员队伍 规范化建设与星级评定 活动与服务 区县情况比较 存在问题与上年问题整改 "
        "下步建议 补充图表和比较 指标定义 数据质量 各区县数据表 重点指标完成情况统计表"
    )
    for section in sections.split():
        assert section in text, section
    assert "【待补充】" in text and "〔表：" not in text and "主要指标一览表" in text


def test_lists_with_names_are_apart_and_marked(report, project):
    """Names of units stand in the internal workbook only; no member count below three."""
    import python_calamine

    folder = project / "reports" / "2025"
    book = python_calamine.CalamineWorkbook.from_path(str(folder / "问题清单（内部资料）.xlsx"))
    assert book.get_sheet_by_name("说明").to_python()[0][0] == "内部资料 注意保存"
    rows = book.get_sheet_by_name("应建未建单位").to_python()
    assert len(rows) > 10 and rows[0][:3] == ["地区", "乡镇街道", "名称"]
    unit = rows[1][2]
    for name in ("评估报告.html", "index.html", "provenance.html"):
        assert unit not in (folder / name).read_text(encoding="utf-8")
    for sheet in book.sheet_names[1:]:
        head, *body = book.get_sheet_by_name(sheet).to_python()
        if len(head) > 1 and "党员数" in head:
            at = head.index("党员数")
            assert not [r for r in body if r[at] not in ("", "不足3名") and float(r[at]) < 3]
            assert head[-3:] == ["责任单位", "整改时限", "整改情况"]


def test_the_forms_of_a_notebook_have_the_same_bytes_twice(report, project, tmp_path):
    folder = project / "reports" / "2025"
    notebook = shutil.copy(folder / "district" / "演示03区.ipynb", tmp_path)
    parameters = {
        "period": "2025",
        "project": str(project),
        "dataset": "demo",
        "area": "演示省/演示03区",
    }
    made = []
    for _ in range(2):
        publish(notebook, parameters, ("html", "docx", "pdf", "xlsx", "figures"))
        made.append({p.name: p.read_bytes() for p in tmp_path.iterdir() if p.suffix != ".ipynb"})
    assert made[0] == made[1] and len(made[0]) == 5
    assert made[0]["演示03区.html"] == (folder / "district" / "演示03区.html").read_bytes()


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes(report, project):
    again = make_report(
        "2025", project=project, jobs=2, out=project / "reports" / "again", level="district"
    )
    folders = project / "reports" / "2025", again.index.parent
    one, other = (
        json.loads((f / "run.json").read_text(encoding="utf-8"))["files"] for f in folders
    )
    assert one == other and len(one) > 20


def test_verify_says_what_differs(report, project):
    folder = project / "reports" / "2025"
    assert verify(folder)[0] == [] and verify(folder)[1] == []
    page, word = folder / "comparison.html", folder / "district" / "演示02区.docx"
    old, kept = page.read_bytes(), word.read_bytes()
    page.write_bytes(old + b" ")
    word.unlink()
    (folder / "别的.txt").write_text("x", encoding="utf-8")
    try:
        found, others, n = verify(folder)
        assert sorted(found) == [
            "comparison.html：内容与生成时不同",
            "district/演示02区.docx：文件不见了",
        ]
        assert others == ["别的.txt"] and n > 20
    finally:
        page.write_bytes(old)
        word.write_bytes(kept)
        (folder / "别的.txt").unlink()
    with pytest.raises(InputError, match="没有可用的运行记录"):
        verify(project)


def test_a_text_of_the_office_is_taken_up_and_kept(report, project):
    path = project / "texts" / "2025" / "主要做法.md"
    path.write_text("坚持“六步工作法”。", encoding="utf-8")
    notes: list[str] = []
    word = project / "reports" / "2025" / "评估报告-公文.docx"
    word.write_bytes(word.read_bytes() + b"edited")  # somebody went on writing in Word
    made = make_report("2025", project=project, jobs=2, note=notes.append)
    assert made.changed and not made.failed
    assert "坚持“六步工作法”。" in (project / "reports" / "2025" / "评估报告.html").read_text(
        encoding="utf-8"
    )
    assert path.read_text(encoding="utf-8") == "坚持“六步工作法”。"
    assert word.with_stem("评估报告-公文（改动稿）").read_bytes().endswith(b"edited") and any(
        "改动稿" in n for n in notes
    )
    assert verify(project / "reports" / "2025")[0] == []


@pytest.mark.slow
def test_the_public_version_has_pictures_and_no_lists(project):
    made = make_report("2025", project=project, jobs=2, public=True, ranking="none")
    folder = made.index.parent
    assert not made.failed, made.failed[0].reason
    assert folder.name == "2025-公开稿"
    assert (
        list(folder.glob("评估报告-图*.png"))
        and not (folder / "问题清单（内部资料）.xlsx").exists()
    )
    assert not (folder / "quality.html").exists()
    text = (folder / "评估报告.html").read_text(encoding="utf-8")
    assert "位次</th>" not in text and "居前的是" not in text


def test_unknown_form_and_ranking_are_one_message(project):
    with pytest.raises(InputError, match="docx"):
        make_report("2025", project=project, formats=["docs"])
    with pytest.raises(InputError, match="bands"):
        make_report("2025", project=project, ranking="some")


def test_a_folder_that_cannot_be_written_stops_before_any_work(project, tmp_path):
    (tmp_path / "报告").write_text("a file where the folder ought to be", encoding="utf-8")
    with pytest.raises(InputError, match="写不进去"):
        make_report("2025", project=project, out=tmp_path / "报告")


def test_every_area_gets_a_file_name_of_its_own():
    long = "长" * 70
    areas = [
        "省/A:B",
        "省/A*B",
        "省/a?b",
        f"省/{long}甲",
        f"省/{long}乙",
        "省/..",
        "省/CON",
        "甲市/城关镇",
        "乙市/城关镇",
        "省/=1+1<b>$x$",
    ]
    names = _file_names(areas)
    assert len({n.casefold() for n in names.values()}) == len(areas)
    assert not [n for n in names.values() if re.search(r'[\\/:*?"<>|]|^\.|\.$', n) or len(n) > 60]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b", "a_b"),
        ("con", "_con"),
        ("x:y*?", "x_y_"),
        ("..", "_"),
        ("甲区.", "甲区"),
        ("长" * 90, "长" * 60),
    ],
)
def test_file_names_are_safe(name, safe):
    assert safe_name(name) == safe


def test_a_notebook_that_raises_leaves_an_entry(project):
    notebooks = project / "notebooks"
    shutil.copytree(__import__("pathlib").Path(__file__).parents[2] / "notebooks", notebooks)
    text = (notebooks / "quality.ipynb").read_text(encoding="utf-8")
    (notebooks / "quality.ipynb").write_text(
        text.replace("ek.tables.submissions(data, period, within)", "1 / 0"), encoding="utf-8"
    )
    report = make_report("2025", project=project, jobs=2)
    assert [o.key for o in report.failed] == ["数据质量"]
    index = report.index.read_text(encoding="utf-8")
    assert "数据质量：" in index and "ZeroDivisionError" in index
    assert (
        "quality.html" in index.partition("不是最新的")[2]
    )  # the page of the run before is still there, and said to be old
    assert any(
        line.startswith("quality.html：不是最新的") for line in verify(report.index.parent)[0]
    )
    assert (report.index.parent / "comparison.html").exists()
    (notebooks / "quality.ipynb").write_text(text, encoding="utf-8")  # put back: made already
    again = make_report("2025", project=project, jobs=2)
    assert not again.failed and {o.state for o in again.outcomes} == {"up_to_date"}
    assert (again.index.parent / "quality.ipynb").exists(), "it tells which files are its own"
    assert "ZeroDivisionError" not in again.index.read_text(encoding="utf-8")
    assert verify(again.index.parent)[0] == []


def hashes(folder):
    return {
        p.relative_to(folder).as_posix(): file_hash(p)
        for p in folder.rglob("*")
        if p.is_file() and p.suffix != ".ipynb"
    }


def command(project, *words):
    line = [sys.executable, "-m", "evalkit.cli", *words]
    done = subprocess.run(line, cwd=project, capture_output=True, encoding="utf-8", timeout=900)
    return done.returncode, done.stdout, done.stderr


def test_a_failed_rerun_keeps_what_is_good(report, project):
    """What exists stays, marked as of its own date, until something newer is whole; also when it fails again."""
    folder, notebooks = project / "reports" / "2025", project / "notebooks"
    shutil.rmtree(notebooks, ignore_errors=True)
    assert not make_report("2025", project=project, jobs=2).failed
    before = {
        name: digest for name, digest in hashes(folder).items() if name.startswith("district/")
    }
    assert len(before) == 12
    shutil.copytree(Path(__file__).parents[2] / "notebooks", notebooks)
    text = (notebooks / "district.ipynb").read_text(encoding="utf-8")
    for attempt in ("1 / 0", "1 % 0"):
        failing = text.replace("import evalkit as ek", f"import evalkit as ek; {attempt}", 1)
        (notebooks / "district.ipynb").write_text(failing, encoding="utf-8")
        code, out, err = command(project, "report", "--period", "2025", "--jobs", "2")
        assert (
            code == 1 and "报告没有全部生成：4 项完成，6 项失败" in out and "报告已生成" not in out
        ), err
        assert before.items() <= hashes(folder).items()
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        assert before.items() <= record["earlier"].items() and set(before) <= set(
            record["not_current"]
        )
        assert not set(before) & set(record["files"])
        index = (folder / "index.html").read_text(encoding="utf-8")
        assert re.search(
            r"演示03区：[^\n<]*ZeroDivisionError[^\n<]*（仍保留\d{4}年\d+月\d+日\d\d:\d\d生成的文件）",
            index,
        )
        assert 'href="district/演示03区.html"' in index and 'href="district/演示03区.docx"' in index
        assert any(
            re.fullmatch(r"district/演示03区\.docx：不是最新的（.*生成）", line)
            for line in verify(folder)[0]
        )
    shutil.rmtree(notebooks)
    edited = folder / "district" / "演示02区.docx"
    edited.write_bytes(
        edited.read_bytes() + b"edited"
    )  # a file of an earlier run that somebody went on with
    made = make_report("2025", project=project, jobs=2)
    assert not made.failed and verify(folder)[0] == []
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["earlier"] == {}
    assert edited.with_stem("演示02区（改动稿）").read_bytes().endswith(b"edited")


def test_a_report_of_which_nothing_was_made_does_not_say_that_it_was(report, project):
    folder, notebooks = project / "reports" / "2025", project / "notebooks"
    shutil.rmtree(notebooks, ignore_errors=True)
    make_report("2025", project=project, jobs=2)
    before = hashes(folder)
    shutil.copytree(Path(__file__).parents[2] / "notebooks", notebooks)
    for path in notebooks.glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        path.write_text(
            text.replace("import evalkit as ek", "import evalkit as ek; 1 / 0", 1), encoding="utf-8"
        )
    code, out, err = command(project, "report", "--period", "2025", "--jobs", "2")
    assert code == 1 and "报告已生成" not in out and "报告没有生成：10 项全部失败" in out, err
    pages = {"index.html", "provenance.html", "run.json"}
    assert {n: d for n, d in before.items() if n not in pages} == {
        n: d for n, d in hashes(folder).items() if n not in pages
    }
    shutil.rmtree(notebooks)


def test_damaged_data_are_made_again_by_the_report(report, project):
    path = project / "data" / "processed" / "demo" / "measures.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    notes: list[str] = []
    made = make_report("2025", project=project, jobs=2, note=notes.append)
    assert not made.failed and any(
        "measures.parquet" in text and "重新整理" in text for text in notes
    )
    assert path.read_bytes() == whole
