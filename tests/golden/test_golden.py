"""Every printed number stands where it stood. A change that moves one says so: see README.md in this folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import golden_net as net
import golden_places as places
import golden_read as read
import pytest
from filelock import FileLock
from test_golden_reader import numbers_of_blocks, numbers_on_the_page

HERE = Path(__file__).resolve().parent
KINDS = [*net.SHORT, pytest.param("full", marks=pytest.mark.slow)]


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Gives the folder of a project of the net with its report, plan and scores; made once for all workers."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def folder(kind: str) -> Path:
        project = shared / f"golden {kind}"
        with FileLock(f"{project}.lock"):
            if not (project / "ready").exists():
                shutil.rmtree(project, ignore_errors=True)
                net.build(kind, project)
                (project / "ready").touch()
        return project

    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_stands_where_it_stood(kind, built):
    moves = net.compare(net.load(HERE / kind), net.read_project(built(kind), kind))
    if moves:
        how = "python tests/golden/make.py" + (" --only full" if kind == "full" else "")
        says = f"{kind}: {net.told(moves, limit=60)}\nIf this is meant: {how}, and the moved cells with their cause into the commit"
        pytest.fail(says, pytrace=False)


@pytest.mark.parametrize("kind", KINDS)
def test_the_net_leaves_out_no_number_of_a_document(kind, built):
    """What a page shows is all read (against its bare text), and what is read becomes a cell."""
    project = built(kind)
    areas = net.areas_of(project)
    for document in net.documents(project):
        blocks = document.reader(document.path)
        if document.path.suffix != ".said":
            lost = numbers_on_the_page(document.path) - numbers_of_blocks(blocks)
            assert not lost, (
                f"{document.name} {document.form}: not read {dict(lost.most_common(20))}"
            )
        for block in blocks:
            lost = numbers_of_blocks([block], tidy=True) - _numbers_in_cells(block, areas)
            assert not lost, f"{document.name} {document.form}: in no cell {dict(lost)}, {block}"


def _numbers_in_cells(block: read.Block, areas: list[str]):
    cells = places.all_cells([block], areas)
    texts = [cell.value for cell in cells]
    if (
        block.kind == "table"
    ):  # names of rows and columns are places: they hold their numbers themselves
        texts += [text for row in block.head for text in row]
        body = [[places.tidy(text) for text in row] for row in block.body]
        columns = [
            " · ".join(dict.fromkeys(places.tidy(t) for t in c if t))
            for c in zip(*block.head, strict=True)
        ]
        texts += [row[c] for c in places.key_columns(body, columns) for row in body]
        texts += [cell.column for cell in cells]
    return places.counted(texts)


@pytest.mark.parametrize("kind", list(net.PROJECTS))
def test_the_files_of_the_net_are_as_the_command_writes_them(kind, tmp_path):
    kept = {path.name: path.read_text(encoding="utf-8") for path in (HERE / kind).glob("*.txt")}
    assert kept or kind == "full"
    net.write(net.load(HERE / kind), tmp_path / kind)
    assert {
        path.name: path.read_text(encoding="utf-8") for path in (tmp_path / kind).glob("*.txt")
    } == kept


def test_the_net_stays_small():
    assert sum(path.stat().st_size for path in HERE.rglob("*.txt")) < 3_000_000
