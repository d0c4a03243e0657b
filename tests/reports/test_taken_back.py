"""Texts of the office go into Word and come back as they were changed there; nothing else comes back."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from typer.testing import CliRunner

import evalkit as ek
from evalkit.cli import app
from evalkit.documents import Block
from evalkit.documents.write import write
from evalkit.problems import InputError
from evalkit.reports.taken_back import take_back

TEXT = """一是抓覆盖。**压实责任**，逐户摸排。

## 建强组织

二是抓规范：第一，*不*漏一户；第二，3_4月完成。

1. 甲街道先行
2. 乙镇跟进

| 做法 | 单位 |
| --- | --- |
| 联建 | 甲镇 |

最后一段。
"""
Edit = Callable[[docx.document.Document], None]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "data" / "raw").mkdir(parents=True)
    folder = tmp_path / "texts" / "2025"
    folder.mkdir(parents=True)
    (folder / "主要做法.md").write_text(TEXT, encoding="utf-8")
    return tmp_path


def report(project: Path, form: str = "docx") -> Path:
    """A report with two texts of the office, one of them still to be written, and generated words around them."""
    blocks = [
        Block.heading("演示省2025年度两新组织党建工作评估报告", 1),
        Block.heading("工作情况", 2),
        Block.paragraph("程序写的一段。"),
        Block.heading("主要做法", 3),
        ek.slot("主要做法", "2025", project),
        Block.heading("典型经验", 3),
        ek.slot("典型经验", "2025", project),
        Block.paragraph("程序写的又一段。"),
    ]
    path = project / f"报告-{form}.docx"
    write(blocks, path, form)
    return path


def states(project: Path, path: Path) -> dict[str, str]:
    return {taken.name: taken.state for taken in take_back(path, project)}


def changed(path: Path, edit: Edit) -> Path:
    document = docx.Document(str(path))
    edit(document)
    document.save(str(path))
    return path


def paragraph(document: docx.document.Document, text: str) -> docx.text.paragraph.Paragraph:
    return next(p for p in document.paragraphs if text in p.text)


def text_of(project: Path, name: str = "主要做法") -> str:
    return (project / "texts" / "2025" / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["docx", "official"])
def test_an_unchanged_report_changes_nothing(project: Path, form: str) -> None:
    assert states(project, report(project, form)) == {"主要做法": "same", "典型经验": "empty"}
    assert text_of(project) == TEXT
    assert not (project / "texts" / "2025" / "典型经验.md").exists()


def test_what_was_changed_comes_back_and_goes_out_again_alike(project: Path) -> None:
    def edit(document: docx.document.Document) -> None:
        paragraph(document, "一是抓覆盖").add_run("新加一句。")
        last = paragraph(document, "最后一段")
        last.insert_paragraph_before("插在最后一段之前。")
        pending = paragraph(document, "【待补充】典型经验")
        pending.runs[0].text = "甲镇的经验：*楼宇*联盟。"
        for run in pending.runs[1:]:
            run.text = ""

    path = changed(report(project), edit)
    taken = {one.name: one for one in take_back(path, project)}
    assert {one.state for one in taken.values()} == {"written"}
    assert taken["主要做法"].former is not None
    assert taken["主要做法"].former.read_text(encoding="utf-8") == TEXT  # a copy is kept
    assert taken["典型经验"].former is None
    said = text_of(project)
    assert "一是抓覆盖。**压实责任**，逐户摸排。新加一句。" in said
    assert "插在最后一段之前。" in said and "程序写" not in said
    assert text_of(project, "典型经验") == "甲镇的经验：\\*楼宇\\*联盟。\n"
    again = report(project)
    words = [p.text for p in docx.Document(str(again)).paragraphs]
    assert words == [p.text for p in docx.Document(str(path)).paragraphs]
    assert states(project, again) == {"主要做法": "same", "典型经验": "same"}


def test_the_tables_of_an_official_text_stay(project: Path) -> None:
    """They stand in its annex: what comes back without them keeps them."""
    path = changed(report(project, "official"), lambda d: paragraph(d, "最后一段").add_run("改。"))
    [taken, _] = take_back(path, project)
    assert taken.state == "written" and "1张表" in taken.words()
    assert "最后一段。改。" in text_of(project) and "| 联建 | 甲镇 |" in text_of(project)


def test_a_paragraph_typed_behind_the_last_one_belongs_to_the_text(project: Path) -> None:
    def edit(document: docx.document.Document) -> None:
        last = paragraph(document, "最后一段")
        new = OxmlElement("w:p")
        last._p.addnext(new)
        docx.text.paragraph.Paragraph(new, last._parent).add_run("又加了一段。")

    take_back(changed(report(project), edit), project)
    assert text_of(project).endswith("最后一段。\n\n又加了一段。\n")


def test_a_text_whose_mark_was_written_over_is_found_by_its_heading(project: Path) -> None:
    def edit(document: docx.document.Document) -> None:
        for mark in list(document.element.body.iter(qn("w:bookmarkStart"))):
            if str(mark.get(qn("w:name"))).startswith("_Slot_"):
                mark.getparent().remove(mark)
        paragraph(document, "一是抓覆盖").runs[0].text = "改了开头。"

    take_back(changed(report(project), edit), project)
    assert text_of(project).startswith("改了开头。")


def test_tracked_changes_count_and_comments_and_authors_do_not(project: Path) -> None:
    path = report(project)

    def tracked(xml: str) -> str:
        inserted = '<w:ins w:id="901" w:author="欧阳建国"><w:r><w:t>补一句。</w:t></w:r></w:ins>'
        deleted = '<w:del w:id="902" w:author="欧阳建国"><w:r><w:delText>删掉的话</w:delText></w:r></w:del>'
        mark = '<w:commentRangeStart w:id="3"/><w:r><w:commentReference w:id="3"/></w:r>'
        at = xml.index("</w:p>", xml.index("最后一段。"))
        return xml[:at] + inserted + deleted + mark + xml[at:]

    rewritten(path, tracked)
    take_back(path, project)
    said = text_of(project)
    assert said.endswith("最后一段。补一句。\n") and "建国" not in said and "删掉" not in said


def rewritten(path: Path, change: Callable[[str], str]) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {info: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, content in parts.items():
            if info.filename == "word/document.xml":
                content = change(content.decode()).encode()
            archive.writestr(info, content)


def test_styles_and_lists_of_another_program(project: Path) -> None:
    """WPS numbers styles anew and makes lists of its own; a picture is told, not taken."""

    def renamed(xml: str) -> str:
        return re.sub(r'w:pStyle w:val="Heading(\d)"', r'w:pStyle w:val="\g<1>9"', xml)

    path = report(project)
    rewritten(path, renamed)
    with zipfile.ZipFile(path) as archive:
        parts = {info: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, content in parts.items():
            if info.filename == "word/styles.xml":
                content = re.sub(rb'w:styleId="Heading(\d)"', rb'w:styleId="\g<1>9"', content)
            archive.writestr(info, content)
    assert states(project, path) == {"主要做法": "same", "典型经验": "empty"}


def test_a_text_that_is_emptied_is_left_as_it_was(project: Path) -> None:
    def edit(document: docx.document.Document) -> None:
        body = document.element.body
        start = paragraph(document, "一是抓覆盖")._p
        stop = next(
            p
            for p in document.paragraphs
            if p.text.endswith("典型经验") and p.style.name.lower().startswith("heading")
        )._p
        for element in list(body)[list(body).index(start) : list(body).index(stop)]:
            if element.tag != qn("w:bookmarkStart") and element.tag != qn("w:bookmarkEnd"):
                body.remove(element)

    assert states(project, changed(report(project), edit))["主要做法"] == "empty"
    assert text_of(project) == TEXT


@pytest.mark.parametrize(
    "text",
    [
        "1. 甲\n2. 乙\n\n后面。\n",
        "# 一\n\n正文\n",
        "3\\. 不是列表\n",
        "A | B 与 `C`，<不是标签>\n".replace("|", "\\|")
        .replace("`", "\\`")
        .replace("<", "\\<")
        .replace(">", "\\>"),
        "\\# 不是标题\n\n\\- 不是条目\n",
        "**全部加粗**\n",
        "第一行<br>第二行\n",
    ],
)
def test_texts_come_back_as_they_print(project: Path, text: str) -> None:
    (project / "texts" / "2025" / "主要做法.md").write_text("先写别的\n", encoding="utf-8")
    before = report(project)
    (project / "texts" / "2025" / "主要做法.md").write_text(text, encoding="utf-8")
    path = report(project)
    words = [p.text for p in docx.Document(str(path)).paragraphs]
    (project / "texts" / "2025" / "主要做法.md").write_text("先写别的\n", encoding="utf-8")
    assert states(project, path)["主要做法"] == "written"
    assert [p.text for p in docx.Document(str(report(project))).paragraphs] == words
    assert before.exists()


def test_what_is_no_report_is_refused(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "别的.docx"
    docx.Document().save(str(other))
    with pytest.raises(InputError, match="标记"):
        take_back(other, project)
    (tmp_path / "坏.docx").write_bytes(b"PK\x03\x04broken")
    with pytest.raises(InputError, match="不是 Word 文档"):
        take_back(tmp_path / "坏.docx", project)
    with pytest.raises(InputError):
        take_back(tmp_path / "没有.docx", project)


def test_the_command(project: Path) -> None:
    path = changed(report(project), lambda d: paragraph(d, "最后一段").add_run("改。"))
    done = CliRunner().invoke(app, ["texts", "--from", str(path), "--project", str(project)])
    assert done.exit_code == 0
    assert (
        "主要做法：已写入" in done.stdout and "原来的在" in done.stdout and "不带回" in done.stdout
    )
