"""One front for every form: `write` and `ek.export`; locked, unwritable and full places."""

import itertools
import json
import os
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from document_samples import COVER, HOSTILE, blocks, hostile, key_table, png

import evalkit as ek
from evalkit.documents import FORMS, MIME, Block, write
from evalkit.problems import InputError


def cells(*members):
    found = []
    for block in members:
        data = {k: v for k, v in block._repr_mimebundle_().items() if k != "text/html"}
        found.append(
            {
                "cell_type": "code",
                "source": "x",
                "metadata": {},
                "execution_count": 1,
                "outputs": [{"output_type": "display_data", "data": data, "metadata": {}}],
            }
        )
    return found


def notebook(*members, text="# 标题\n\n**引言**"):
    head = {"cell_type": "markdown", "source": text, "metadata": {}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [head, *cells(*members)]}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_any_executed_notebook(tmp_path, form):
    path = tmp_path / "评估.ipynb"
    path.write_text(
        json.dumps(
            notebook(
                key_table(),
                Block.figure("覆盖率", png(), "图"),
                Block.slide("覆盖率", Block.paragraph("一句话。")),
            )
        ),
        encoding="utf-8",
    )
    made = ek.export(path, form)
    assert made.parent == tmp_path and made.suffix == FORMS[form] and made.stat().st_size > 1000
    ends = {
        "official": "-公文",
        "annex": "-公文附件",
        "onepage": "-一页纸",
        "onepage_png": "-一页纸",
        "appendix": "-附录",
        "appendix_pdf": "-附录",
        "appendix_html": "-附录",
        "pptx": "-汇报",
    }
    assert made.stem == "评估" + ends.get(form, "")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([path.name, made.name])


def test_export_into_a_folder_or_a_file_from_content(tmp_path):
    content = notebook(key_table(), Block.figure("覆盖率", png(), "图"))
    assert ek.export(content, "html", tmp_path).name == "notebook.html"
    assert (
        ek.export(content, "pdf", tmp_path / "neu" / "a.pdf", title="别的题目")
        == tmp_path / "neu" / "a.pdf"
    )
    with pytest.warns(UserWarning, match="没有这个名称"):
        ek.export(notebook(key_table()), "html", tmp_path)  # 图：覆盖率 is not there


def test_what_cannot_be_exported_is_said(tmp_path):
    empty, broken = notebook(), notebook(key_table())
    empty["cells"].append({"cell_type": "code", "source": "1", "outputs": []})
    broken["cells"][1]["outputs"].append(
        {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}
    )
    (tmp_path / "a.ipynb").write_text("no json")
    for content, code, word in (
        (empty, "notebook_invalid", "没有运行结果"),
        (broken, "notebook_failed", "运行出错"),
        (tmp_path / "a.ipynb", "notebook_invalid", "读不出来"),
        (tmp_path / "b.ipynb", "notebook_invalid", "读不出来"),
        ({"x": 1}, "notebook_invalid", "读不出来"),
    ):
        with pytest.raises(InputError, match=word) as caught:
            ek.export(content, "docx", tmp_path / "x.docx")
        assert [p.code for p in caught.value.problems] == [code]
    with pytest.raises(InputError, match="docx"):
        ek.export(notebook(key_table()), "dokx")
    with pytest.raises(InputError, match="gb2312、windows"):
        write([], tmp_path / "a.docx", fonts="mac")
    assert not (tmp_path / "x.docx").exists()


def test_a_plain_picture_and_the_text_beside_it(tmp_path):
    import base64

    data = {"image/png": base64.b64encode(png()).decode(), "text/plain": "<Figure size 1x1>"}
    content = notebook()
    content["cells"].append(
        {
            "cell_type": "code",
            "source": "",
            "outputs": [{"output_type": "display_data", "data": data}],
        }
    )
    assert "第2个单元格的图" in ek.export(content, "html", tmp_path / "a.html").read_text("utf-8")


def locked(monkeypatch, *names):
    """os.replace as Windows does it where a file is open in WPS."""
    real = os.replace

    def replace(source, target):
        if Path(target).name in names and Path(target).exists():
            raise PermissionError(13, "open elsewhere")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)


@pytest.mark.parametrize("form", ["docx", "pdf", "xlsx", "html"])
def test_a_file_open_elsewhere_is_kept_and_the_new_one_stands_beside(tmp_path, monkeypatch, form):
    path = tmp_path / f"报告.{form}"
    path.write_bytes(b"old")
    locked(monkeypatch, path.name)
    (problem,) = write([Block.paragraph("新")], path)
    beside = tmp_path / f"报告（2）.{form}"
    assert (
        problem.code == "output_locked"
        and problem.read == str(beside)
        and path.read_bytes() == b"old"
    )
    assert beside.stat().st_size > 300 and len(list(tmp_path.iterdir())) == 2
    with pytest.warns(UserWarning, match="（2）"):
        assert ek.export(notebook(Block.note("甲"), Block.paragraph("乙")), form, path) == beside


def test_a_full_disk_leaves_the_old_file_and_no_half(tmp_path, monkeypatch):
    path = tmp_path / "报告.docx"
    path.write_bytes(b"old")

    def full(file, content):
        with file.open("wb") as stream:
            stream.write(content[:100] if file.parent == tmp_path else content)
        if file.parent == tmp_path:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="磁盘空间") as caught:
        write(blocks(), path, cover=COVER)
    assert (
        len(caught.value.problems) == 1
        and path.read_bytes() == b"old"
        and list(tmp_path.iterdir()) == [path]
    )


def test_an_unwritable_place_is_one_problem(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError) as caught:
        write([Block.paragraph("新")], tmp_path / "file" / "a.docx")
    assert [p.code for p in caught.value.problems] == ["output_unwritable"]


@pytest.mark.parametrize(
    "form", ["docx", "official", "annex", "pdf", "html", "xlsx", "onepage", "onepage_png"]
)
def test_hostile_text_breaks_no_form(tmp_path, form):
    problems = write(hostile(), tmp_path / f"a{FORMS[form]}", form, cover=COVER)
    assert not [p for p in problems if p.code not in {"page_overflow", "key_unknown"}]


class Texts(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found, self.tags = [], []
        self.feed(text)

    def handle_data(self, data):
        self.found.append(data)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_html_has_numbers_references_and_literal_text(tmp_path):
    write(blocks(), tmp_path / "a.html", cover=COVER)
    page = Texts((tmp_path / "a.html").read_text("utf-8"))
    text = "".join(page.found)
    assert (
        "一、总体情况" in text
        and "附录二　各区县数据表" in text
        and "表1　主要指标一览表" in text
        and "图1　各区县组织覆盖率" in text
    )
    targets = {a["id"] for _, a in page.tags if "id" in a}
    links = [a["href"] for t, a in page.tags if t == "a"]
    assert {"#t1", "#f1", "https://example.org/a"} <= set(links) and {
        h[1:] for h in links if h.startswith("#")
    } <= targets
    assert ("strong", {}) in page.tags and any(t == "mark" for t, _ in page.tags)
    levels = [int(t[1]) for t, _ in page.tags if len(t) == 2 and t[0] == "h" and t[1].isdigit()]
    assert (
        levels[0] == 1
        and all(b <= a + 1 for a, b in itertools.pairwise(levels))
        and levels.count(1) == 1
    )
    assert all(a.get("alt") for t, a in page.tags if t == "img") and all(
        a.get("scope") for t, a in page.tags if t == "th"
    )
    write(hostile(), tmp_path / "b.html", cover=COVER)
    found = Texts((tmp_path / "b.html").read_text("utf-8"))
    assert all(found.found.count(text) >= 3 for text in HOSTILE)


@pytest.mark.skipif(not shutil.which("chromium"), reason="a browser prints")
@pytest.mark.slow
def test_printed_tables_repeat_their_heads(tmp_path):
    import subprocess

    rows = [[f"演示{n}区", n] for n in range(120)]
    write([Block.table("表", ["地区名称", "数目"], rows)], tmp_path / "a.html")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--no-pdf-header-footer",
    ]
    subprocess.run(
        [
            "chromium",
            *options,
            f"--print-to-pdf={tmp_path / 'a.pdf'}",
            f"file://{tmp_path / 'a.html'}",
        ],
        check=True,
        capture_output=True,
    )
    pages = (
        subprocess.run(["pdftotext", tmp_path / "a.pdf", "-"], capture_output=True, check=True)
        .stdout.decode()
        .split("\f")
    )
    assert len(pages) > 3 and all("地区名称" in page for page in pages[:-1])


def test_blocks_of_a_notebook_come_back_with_their_runs(tmp_path):
    from evalkit.documents import tree

    ((_, paragraph),) = [tree(notebook(text="# 题\n\n见**重点**和[网页](https://a.cn)。"))]
    assert [dict(run) for run in paragraph.content["runs"]] == [
        {"text": "见"},
        {"text": "重点", "bold": True},
        {"text": "和"},
        {"text": "网页（https://a.cn）", "href": "https://a.cn"},
        {"text": "。"},
    ]
    assert Block.from_json(paragraph._repr_mimebundle_()[MIME]) == paragraph
    with pytest.raises(ValueError, match="runs"):
        Block("paragraph", {"text": "甲乙", "runs": [{"text": "甲"}]})


@pytest.mark.parametrize("notebook_", [None, 5, {"cells": [1]}], ids=["none", "number", "no cells"])
def test_what_is_no_notebook_is_said(tmp_path, notebook_):
    with pytest.raises(InputError, match="读不出来"):
        ek.export(notebook_, "html", tmp_path)


def test_odd_forms_names_and_outputs_are_said(tmp_path):
    good = notebook(key_table())
    with pytest.raises(InputError, match="docx、official"):
        ek.export(good, ["html"], tmp_path)
    for name in ("a\0.html", "x" * 300 + ".html"):
        with pytest.raises(InputError, match="写不进去"):
            ek.export(good, "html", f"{tmp_path}/{name}")
    empty = {
        "cell_type": "code",
        "source": "",
        "metadata": {},
        "outputs": [{"output_type": "display_data", "data": None}],
    }
    picture = {**empty, "outputs": [{"output_type": "display_data", "data": {"image/png": 5}}]}
    odd = {**good, "cells": [*good["cells"], empty, picture]}
    with pytest.warns(UserWarning, match="没有这个标题"):
        ek.export(odd, "html", tmp_path / "gut.html")
    assert [p.name for p in tmp_path.iterdir()] == ["gut.html"]


@pytest.mark.parametrize(
    "fault",
    [
        {"columns": [{"key": "a", "label": 5}]},
        {"columns": [{"key": "a", "label": "甲", "decimals": "x"}]},
        {"notes": [5]},
    ],
    ids=["label", "decimals", "notes"],
)
def test_a_block_of_another_program_names_its_cell(tmp_path, fault):
    broken = notebook(Block.table("表", ["甲"], [[1]]))
    content = broken["cells"][1]["outputs"][0]["data"][MIME]["content"]
    content |= fault
    for form in FORMS:
        with pytest.raises(InputError, match="第2个单元格"):
            ek.export(broken, form, tmp_path)
