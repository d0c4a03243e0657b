"""A library that looks where it runs sees a notebook in the warm process too, and prints the same as under stock papermill."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import papermill
import pytest

from evalkit.runner import Job, run

from .conftest import Maker, normalised, printed

CELLS = [
    "import sys\nimport numpy as np, pandas as pd, rich, click\nfrom rich.console import Console\nfrom tqdm import tqdm",
    "wide = pd.DataFrame(np.arange(160).reshape(4, 40) / 7, columns=[f'指标{i}' for i in range(40)]); wide",
    "print(wide); print(repr(wide.iloc[:, :3])); wide.describe()",
    "pd.DataFrame({'文字': ['很长的文字' * 40], 'b': [1]})",
    "print({name: pd.get_option(name) for name in ('display.width', 'display.max_columns', 'display.encoding')})",
    "np.arange(400) / 3",
    "from rich.table import Table\nt = Table('甲', 'B')\nt.add_row('x' * 90, 'y' * 90)\nrich.print(t, '[bold]w[/bold]')",
    "c = Console(); print(c.is_jupyter, c.width, c.color_system, c.is_terminal)",
    "click.secho('红', fg='red')",
    "for _ in tqdm(range(2), file=sys.stdout, disable=None): pass",
    "from importlib import import_module as module\nprint('IPKernelApp' in get_ipython().config)\n"
    "print(module('ipykernel.kernelapp').IPKernelApp.initialized(), hasattr(get_ipython(), 'kernel'))",
    "print(isinstance(sys.stdout, module('ipykernel.iostream').OutStream), sys.stdout.encoding, sys.stderr.name)",
    "import shutil; print(shutil.get_terminal_size(), sys.stdin.isatty())",
    "import helper_of_this_folder as h; print(h.SEEN, '' in sys.path)",
]
HELPER = "try:\n    get_ipython()\n    SEEN = 'notebook'\nexcept NameError:\n    SEEN = 'script'\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    (tmp_path / "helper_of_this_folder.py").write_text(HELPER, "utf-8")
    return tmp_path


def both(notebook: Path, folder: Path) -> tuple[Path, Path]:
    """The notebook as the warm process and as stock papermill make it."""
    stock = folder / "stock.ipynb"
    papermill.execute_notebook(str(notebook), str(stock), {"n": 3}, progress_bar=False)
    (done,) = run([Job("a", notebook, folder / "warm.ipynb", {"n": 3})], state=folder / "state")
    assert (done.state, done.executor) == ("done", "fork"), f"{done.reason} {done.note}"
    return done.output, stock


def test_libraries_print_as_under_stock_papermill(make: Maker, folder: Path) -> None:
    warm, stock = both(make("nb", *CELLS), folder)
    for ours, theirs in zip(normalised(warm), normalised(stock), strict=True):
        assert ours == theirs
    text = printed(warm)
    assert "'display.max_columns': 20" in text and "notebook True" in text


def test_the_users_configuration_of_ipython_counts(make: Maker, folder: Path) -> None:
    profile = folder / "ipython" / "profile_default"
    (profile / "startup").mkdir(parents=True)
    (profile / "startup" / "00-mine.py").write_text("import math\nmine = 6 * 7\n", "utf-8")
    (profile / "ipython_kernel_config.py").write_text(
        "c = get_config()\nc.InteractiveShell.ast_node_interactivity = 'all'\nc.InlineBackend.figure_format = 'svg'\n"
        "c.InteractiveShellApp.exec_lines = ['line = mine + 1']\n",
        "utf-8",
    )
    cells = [
        "n\nmine, line, math.pi",
        "import matplotlib.pyplot as plt\nplt.figure(figsize=(1, 1)); plt.plot([1, 2]); None",
    ]
    warm, stock = both(make("nb", *cells), folder)
    ours, theirs = (
        [[sorted(o.get("data", ())) for o in cell["outputs"]] for cell in read_code(path)]
        for path in (warm, stock)
    )
    assert ours == theirs and ["image/svg+xml", "text/plain"] in ours[-1]
    texts = [
        [o["data"]["text/plain"] for o in read_code(path)[-2]["outputs"]] for path in (warm, stock)
    ]
    assert texts[0] == texts[1] and "".join(texts[0][1]).startswith("(42, 43, 3.14")


def read_code(path: Path) -> list[dict]:
    from .conftest import read

    return [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]


def test_who_asks_more_of_the_kernel_gets_a_real_one(make: Maker, folder: Path) -> None:
    (folder / "asks.py").write_text(
        "from IPython import get_ipython\ndef who():\n    return type(get_ipython().kernel.session).__name__\n",
        "utf-8",
    )
    (done,) = run(
        [Job("a", make("nb", "import asks; print(asks.who())"), folder / "a.ipynb")],
        state=folder / "state",
    )
    assert (done.state, done.executor) == ("done", "pool") and printed(done.output) == "Session\n"
    assert "session" in done.note


def test_the_warm_process_itself_imports_no_pandas() -> None:
    """What is imported before the shell asks where it runs, and takes a terminal for the answer."""
    code = "import sys, evalkit.runner.server; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
