"""Results of many runs read back as one frame."""

from __future__ import annotations

import json

import nbformat
import pytest

import evalkit as ek
from evalkit.documents import Block, Cell

MIME = "application/vnd.evalkit.block+json"


def executed(path, parameters, *blocks):
    """An executed notebook with these parameters and outputs."""
    notebook = nbformat.v4.new_notebook(metadata={"papermill": {"parameters": parameters}})
    for block in blocks:
        data = block._repr_mimebundle_()
        output = nbformat.v4.new_output("display_data", data={MIME: data[MIME]})
        notebook.cells.append(nbformat.v4.new_code_cell("x", outputs=[output]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def table(title, rows):
    return Block.table(title, ["地区", {"key": "rate", "label": "覆盖率", "percent": True}], rows)


@pytest.fixture
def out(tmp_path):
    first = table("主要指标", [["甲县", 0.75], ["乙县", None]])
    second = table("主要指标", [["甲县", Cell(0.8, mark="●")]])
    executed(tmp_path / "a" / "2024.ipynb", {"period": "2024", "seed": 7}, first)
    executed(
        tmp_path / "b" / "2025.ipynb", {"period": "2025", "seed": 7}, second, table("其他", [])
    )
    return tmp_path


def test_the_rows_of_all_runs_stand_below_each_other(out):
    found = ek.gather(out, "主要指标")
    assert list(found.columns) == ["运行", "period", "地区", "覆盖率"]
    assert found["运行"].tolist() == ["2024", "2024", "2025"]
    assert found["period"].tolist() == ["2024", "2024", "2025"]  # seed is the same in all
    assert found["覆盖率"].fillna(-1).tolist() == [0.75, -1, 0.8]


def test_a_part_of_the_title_is_enough_where_one_has_it(out):
    assert len(ek.gather(out, "指标")) == 3
    assert len(ek.gather([out / "b" / "2025.ipynb"], "主要")) == 1
    executed(out / "c.ipynb", {}, table("甲指标", []), table("乙指标", []))
    with pytest.raises(ek.InputError, match="甲指标、乙指标"):
        ek.gather(out / "c.ipynb", "指标")


def test_what_is_not_there_says_what_is(out, tmp_path):
    with pytest.raises(ek.InputError, match="“主要指标”"):
        ek.gather(out, "主要指数")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ek.InputError, match="没有 "):
        ek.gather(tmp_path / "empty", "主要指标")
    (tmp_path / "broken.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(ek.InputError, match="broken"):
        ek.gather(tmp_path / "broken.ipynb", "主要指标")
