"""What the source of a notebook tells before it runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from evalkit.runner.notebook import inspect

from .conftest import Maker


def test_imports(make: Maker) -> None:
    found = inspect(
        make(
            "a",
            "import evalkit as ek\nfrom pandas import DataFrame\nek.charts.bars(1)",
            "import os.path",
        )
    )
    assert found.imports == ("evalkit", "pandas", "os.path")
    assert found.group == ("evalkit", "os", "pandas")
    assert not found.kernel_reason and not found.problems


@pytest.mark.parametrize(
    "cell",
    [
        "import ipywidgets as w",
        "from tqdm.auto import tqdm",
        "import asyncio",
        "await work()",
        "x = [i async for i in stream()]",
        "async with a: pass",
        "%matplotlib widget",
        "%gui qt",
        "get_ipython().kernel.comm_manager",
    ],
)
def test_what_needs_a_kernel(make: Maker, cell: str) -> None:
    assert inspect(make("a", cell)).kernel_reason


@pytest.mark.parametrize(
    "cell",
    [
        "async def f():\n    await g()",
        "%matplotlib inline\nimport os",
        "!ls\nx = !pwd",
        "%%bash\nif [ 1 ]; then echo 1; fi",
        "%%time\nimport os",
        "print?",
        "x = 5 % 3",
    ],
)
def test_what_does_not(make: Maker, cell: str) -> None:
    found = inspect(make("a", cell))
    assert not found.kernel_reason and not found.problems


def test_parameters_by_syntax_tree(make: Maker) -> None:
    text = "period: str = '2025'\nn = 3\nshare = .5\nwithin = None\narea: str\nkey = ...\nmade = len('abc')"
    found = inspect(make("a", parameters=text)).parameters
    assert found is not None
    assert {name: p.default for name, p in found.items()} == {
        "period": "2025",
        "n": 3,
        "share": 0.5,
        "within": None,
        "area": None,
        "key": None,
        "made": None,
    }
    assert [p.name for p in found.values() if p.required] == ["area", "key"]


def test_files_that_are_no_notebooks(make: Maker, tmp_path: Path) -> None:
    assert "语法错误" in inspect(make("a", "if :")).problems[0]
    broken = tmp_path / "b.ipynb"
    broken.write_text("{")
    assert "不是有效的笔记本" in inspect(broken).unreadable
    assert "找不到" in inspect(tmp_path / "none.ipynb").unreadable
    assert inspect(make("c", parameters=None)).parameters is None


def test_importing_the_room_loads_nothing_heavy() -> None:
    names = "papermill IPython pandas numpy nbformat psutil filelock"
    script = f"import sys, evalkit.runner, evalkit.runner.jobs; print([m for m in '{names}'.split() if m in sys.modules])"
    assert (
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True
        ).stdout.strip()
        == "[]"
    )
