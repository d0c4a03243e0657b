"""The office's own texts: put in their place on every run, never lost."""

from __future__ import annotations

import pytest

import evalkit as ek
from evalkit.problems import InputError
from evalkit.reports.annual import make_slots


@pytest.fixture
def project(tmp_path):
    (tmp_path / "data" / "raw").mkdir(parents=True)
    return tmp_path


def test_an_empty_slot_is_marked(project):
    block = ek.slot("主要做法", "2025", project)
    assert (
        block.kind == "paragraph"
        and block.content["style"] == "pending"
        and block.content["text"].startswith("【待补充】主要做法")
    )


def test_a_text_stands_below_the_headings_of_the_report(project):
    folder = project / "texts" / "2025"
    folder.mkdir(parents=True)
    (folder / "主要做法.md").write_text(
        "# 建强组织\n\n一是抓覆盖。\n\n- 甲\n- 乙\n", encoding="utf-8"
    )
    blocks = ek.slot("主要做法", 2025, project).blocks
    assert [b.kind for b in blocks] == ["heading", "paragraph", "list"] and blocks[0].content[
        "level"
    ] == 3
    assert blocks[1].content["text"] == "一是抓覆盖。"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_notepads_encodings_are_read(project, encoding):
    folder = project / "texts" / "2025"
    folder.mkdir(parents=True)
    (folder / "典型经验.md").write_bytes("红色楼宇联盟经验".encode(encoding))
    assert ek.slot("典型经验", "2025", project).plain() == "红色楼宇联盟经验"


def test_hints_are_written_once_and_texts_never_touched(project):
    make_slots(project, "2025", ["主要做法", "下步建议"])
    path = project / "texts" / "2025" / "主要做法.md"
    assert (
        ek.slot("主要做法", "2025", project).content["style"] == "pending"
    )  # the hint is a comment
    path.write_text("办公室写的内容", encoding="utf-8")
    make_slots(project, "2025", ["主要做法", "下步建议"])
    assert path.read_text(encoding="utf-8") == "办公室写的内容"


@pytest.mark.parametrize("name", ["", "../x", "a/b", "..", "x:y"])
def test_names_stay_inside_the_folder(project, name):
    with pytest.raises(InputError):
        ek.slot(name, "2025", project)


def test_what_a_text_tells_of_persons_is_left_out_and_said(project):
    folder = project / "texts" / "2025"
    folder.mkdir(parents=True)
    (folder / "主要做法.md").write_text(
        "一是抓覆盖。联系人：张伟，电话13800138000。", encoding="utf-8"
    )
    said = ek.slot("主要做法", "2025", project).plain()
    assert (
        "13800138000" not in said
        and "张伟" not in said
        and "一是抓覆盖" in said
        and "不涉及个人" in said
    )


@pytest.mark.parametrize("period", ["../..", "/etc", "..", "a/b"])
def test_periods_stay_inside_the_folder(project, period):
    with pytest.raises(InputError):
        ek.slot("主要做法", period, project)
    with pytest.raises(InputError):
        make_slots(project, period, ["主要做法"])


def test_a_file_that_is_no_text_is_refused(project):
    folder = project / "texts" / "2025"
    folder.mkdir(parents=True)
    (folder / "主要做法.md").write_bytes(bytes(range(256)) * 50)
    with pytest.raises(InputError, match="UTF-8"):
        ek.slot("主要做法", "2025", project)


def test_a_ledger_without_any_headline_indicator_gives_a_sentence(demo_project):
    """One party organisation and nothing else: the table of main indicators says so, and the report goes on."""
    data = ek.load(demo_project)
    few = data.indicators[~data.indicators["indicator"].isin(ek.tables.headline(data.codebook))]
    assert "没有可以计算主要指标" in ek.tables.overview(few, data.last).plain()
    with pytest.raises(InputError):
        ek.tables.overview(few, "1999")
