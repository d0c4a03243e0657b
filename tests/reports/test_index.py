"""The index where something went wrong: files open elsewhere, areas that sent nothing, notebooks that failed."""

from __future__ import annotations

import json
import os

import pytest

import evalkit as ek
from evalkit.documents import Cell
from evalkit.reports.index import Made, index_blocks
from evalkit.reports.verify import clear, file_hash, recorded, set_aside, verify, write_record
from evalkit.runner import Outcome


@pytest.fixture
def made(demo_project, tmp_path):
    """A report whose Word file was open in WPS: the new one stands beside it."""
    data = ek.load(demo_project, periods=["2024", "2025"])
    output = tmp_path / "评估报告.ipynb"
    stamp = {
        "files": ["评估报告.ipynb", "评估报告.html", "评估报告（2）.docx", "评估报告-公文.docx"]
    }
    output.write_text(
        json.dumps(
            {"cells": [], "metadata": {"evalkit_problems": ["[提醒] 字体缺字"], "evalkit": stamp}}
        ),
        encoding="utf-8",
    )
    for name in (
        "评估报告.html",
        "评估报告.docx",
        "评估报告（2）.docx",
        "评估报告-公文.docx",
        "index.html",
        "provenance.html",
    ):
        (tmp_path / name).write_text(name, encoding="utf-8")
    outcomes = (
        Outcome("评估报告", "done", output),
        Outcome("演示省/演示02区", "failed", tmp_path / "district" / "x.ipynb", reason="出错"),
    )
    parameters = {"period": "2025", "baseline": "2024", "level": "district", "publish": False}
    areas = ["演示省/演示01区", "演示省/演示02区"]
    names = {"演示省/演示01区": "演示01区", "演示省/演示02区": "演示02区"}
    return Made(data.project, data, parameters, areas, ["演示省/无数区"], names, tmp_path, outcomes)


def test_a_file_that_was_open_is_listed_as_not_current(made, tmp_path):
    assert made.stale == ["评估报告.docx"]
    assert (
        made.form("评估报告", "docx") == "评估报告（2）.docx"
        and made.form("评估报告", "official") == "评估报告-公文.docx"
    )
    text = "\n".join(block.plain() for block in index_blocks(made, made.data))
    assert "评估报告.docx" in text.partition("不是最新的")[2][:120]
    assert (
        "演示02区：出错" in text
        and "没有报送2025年台账的区县：无数区" in text
        and "字体缺字" in text
    )
    assert "无数区\t缺报" in text
    write_record(made, [tmp_path / "index.html", tmp_path / "provenance.html"], 1.0)
    found, others, _ = verify(tmp_path)
    assert found == ["评估报告.docx：不是最新的"] and others == []


def test_a_record_that_was_open_stands_beside_and_counts(made, tmp_path, monkeypatch):
    """``run.json`` open in an editor: the new record is the one that verify and the next run read, and it is said."""
    pages = [tmp_path / "index（2）.html", tmp_path / "provenance.html"]
    pages[0].write_text("neu", encoding="utf-8")
    assert write_record(made, pages, 1.0).name == "run.json"
    (tmp_path / "评估报告.html").write_text("made again", encoding="utf-8")
    real = os.replace

    def replace(source, target):
        if str(target).endswith("run.json"):
            raise PermissionError(13, "open elsewhere")
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        assert write_record(made, pages, 1.0).name == "run（2）.json"
    found, others, _ = verify(tmp_path)
    assert (
        found == ["评估报告.docx：不是最新的", "index.html：不是最新的", "run.json：不是最新的"]
        and others == []
    )
    assert recorded(tmp_path)["评估报告.html"] == file_hash(
        tmp_path / "评估报告.html"
    )  # else the next run would set it aside
    assert (
        write_record(made, pages, 1.0).name == "run.json"
        and not (tmp_path / "run（2）.json").exists()
    )


def test_only_what_is_of_another_question_is_taken_away(made, tmp_path):
    """An area that is not asked for any more goes; what a notebook that failed made earlier stays, with its old hash."""
    home = tmp_path / "district"
    home.mkdir()
    for name in ("x.html", "x.docx", "别的区.html"):
        (home / name).write_text(name, encoding="utf-8")
    stamp = {"files": ["x.ipynb", "x.html", "x.docx"]}
    (home / "x.ipynb").write_text(
        json.dumps({"cells": [], "metadata": {"evalkit": stamp}}), encoding="utf-8"
    )
    before = {
        f"district/{name}": file_hash(home / name) for name in ("x.html", "x.docx", "别的区.html")
    }
    (tmp_path / "run.json").write_text(json.dumps({"files": before}), encoding="utf-8")
    (home / "x.docx").write_text("somebody went on with it", encoding="utf-8")
    for _ in range(2):
        write_record(made, [tmp_path / "index.html", tmp_path / "provenance.html"], 1.0)
        known = recorded(tmp_path)
        assert all(known[name] == before[name] for name in ("district/x.html", "district/x.docx"))
        clear(tmp_path, before)
        assert sorted(path.name for path in home.iterdir()) == ["x.docx", "x.html", "x.ipynb"]
    assert made.form("演示省/演示02区", "html") == "district/x.html"


def test_the_next_run_takes_away_what_stood_beside_and_keeps_what_was_edited(made, tmp_path):
    before = {
        n: file_hash(tmp_path / n)
        for n in ("评估报告（2）.docx", "评估报告-公文.docx", "评估报告.html")
    }
    (tmp_path / "评估报告-公文.docx").write_text("改过的", encoding="utf-8")
    (tmp_path / "评估报告.html").write_text("changed pages are simply made again", encoding="utf-8")
    assert set_aside(tmp_path, before) == [("评估报告-公文.docx", "评估报告-公文（改动稿）.docx")]
    assert (tmp_path / "评估报告.docx").read_text(
        encoding="utf-8"
    ) == "评估报告（2）.docx"  # the newest has the name
    assert not (tmp_path / "评估报告（2）.docx").exists() and (tmp_path / "评估报告.html").exists()
    assert (tmp_path / "评估报告-公文（改动稿）.docx").read_text(encoding="utf-8") == "改过的"


def test_counts_are_the_periods_and_the_key_table_ends_with_the_whole(made):
    """Five years of ledgers stand in the project; the page speaks of one."""
    blocks = list(index_blocks(made, made.data))
    text = "\n".join(block.plain() for block in blocks)
    files, problems = ek.annual.files_of(made.data, "2025")
    assert (
        0 < len(files) < len(made.data.manifest["files"])
        and f"2025年共读入台账文件{len(files)}个" in text
    )
    assert f"提醒{(problems['severity'] == 'warning').sum():,}条" in text
    key = next(
        b for b in blocks if b.kind == "table" and b.content["title"].startswith("各区县主要指标")
    )
    assert (
        key.content["total_rows"] == 1
        and key.content["rows"][-1][0] == "合计"
        and key.content["rows"][-1][1]["v"] > 0
    )
    files = [b for b in blocks if b.kind == "table" and b.content["columns"][0]["label"] == "文件"]
    assert files
    for table in files:  # the failed one is an area: no word on it
        labels = [column["label"] for column in table.content["columns"]]
        assert "说明" not in labels
        rows = [[Cell.read(cell) for cell in row] for row in table.content["rows"]]
        for at in range(1, len(labels)):  # no column that opens nothing
            assert any(row[at].href for row in rows), labels[at]
