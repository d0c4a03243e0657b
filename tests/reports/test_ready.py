"""Data that come with the program are made when they are first asked for; ledgers of one's own are not."""

from __future__ import annotations

import pytest

import evalkit as ek
from evalkit import demo
from evalkit.indicators.project import Project
from evalkit.reports import ready


def test_published_figures_are_made_when_they_are_first_asked_for(tmp_path, capsys):
    (tmp_path / "data" / "raw").mkdir(parents=True)
    first = ek.load(tmp_path, dataset="published")
    assert len(first.measures) > 100
    made = (first.folder / "manifest.json").stat().st_mtime_ns
    ek.load(tmp_path, dataset="published")
    assert (first.folder / "manifest.json").stat().st_mtime_ns == made


def test_the_demonstration_is_written_once_and_says_so(tmp_path, capsys, monkeypatch):
    asked = []

    def write(folder, jobs, progress):
        asked.append(folder)
        progress(3, 3, "x")
        folder.mkdir(parents=True)
        (folder / "truth.json").write_text("{}", encoding="utf-8")

    monkeypatch.setattr(demo, "write", write)
    project = Project(tmp_path)
    for _ in range(2):
        ready.ensure_ledgers(project, "demo", ready.say, ready.bar("生成演示台账"))
    ready.ensure_ledgers(project, "raw", ready.say, ready.bar("生成演示台账"))
    told = capsys.readouterr().err
    assert asked == [tmp_path / "data" / "demo"]
    assert told.count("先生成演示数据（演示省，全部虚构）") == 1
    assert f"生成演示台账 {'■' * 20} 3/3\n" in told


def test_ledgers_of_ones_own_wait_for_build(tmp_path):
    (tmp_path / "data" / "raw").mkdir(parents=True)
    with pytest.raises(ek.InputError, match="请先运行"):
        ek.load(tmp_path, dataset="raw")


def test_the_bar_moves_by_steps_and_ends_its_line(capsys):
    moved = ready.bar("读取台账")
    for done in range(1, 401):
        moved(done, 400, "x")
    told = capsys.readouterr().err
    assert told.count("\r") == 21 and told.endswith(f"{'■' * 20} 400/400\n")
