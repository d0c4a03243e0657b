"""Both executors and plain papermill give the same notebook; nothing passes from one run to the next."""

from __future__ import annotations

from pathlib import Path

import papermill
import pytest
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError

from evalkit.runner import Job, run
from evalkit.runner.engine import EvalkitEngine

from .conftest import Maker, normalised, printed, read

papermill_engines.register("evalkit", EvalkitEngine)

RICH = [
    "# md # 标题",
    "import sys, os, warnings, random\nimport numpy as np\nimport pandas as pd\nprint(n)",
    "print('e', file=sys.stderr)  # apart: a real kernel does not promise an order between the two streams",
    "df = pd.DataFrame({'a': [n, 2.5], 'b': ['x', '中']}); df",
    "df.style.format({'a': '{:.2f}'}).set_uuid('u')",
    "import matplotlib.pyplot as plt\nfig, ax = plt.subplots(figsize=(3, 2))\nax.plot([1, 2, n])\nplt.show()\n1 + 1",
    "plt.figure(figsize=(2, 2)); plt.plot([3, 1]); None",
    "from IPython.display import display, HTML, clear_output\nh = display(HTML('1'), display_id=True)\nprint('x')",
    "h.update(HTML('<b>2</b>'))",
    "print('gone'); clear_output(); print('stay')",
    "for i in range(3):\n    clear_output(wait=True); print(i)",
    "!echo sub",
    "import subprocess; _ = subprocess.run(['echo', 'raw'])",
    "x = 5\nx;",
    "warnings.warn('careful')",
    "%%time\nprint('timed')",
    "%%capture c\nprint('hidden')",
    "class B:\n  def _repr_mimebundle_(self, **k): return {'text/html': 'b', 'application/vnd.x+json': {'v': 1}}\nB()",
    "%config InlineBackend.figure_format = 'svg'\n%matplotlib inline",
    "print(In[2][:5], __name__, get_ipython().__class__.__name__, sys.stdout.isatty())",
    "print(os.environ.get('OMP_NUM_THREADS'), os.environ.get('MPLBACKEND'), os.environ.get('TERM'))",
    "print(pd.get_option('display.max_rows'), plt.rcParams['figure.dpi'], plt.get_backend(), os.getcwd())",
    "",
    "_",
]


def test_same_output_everywhere(
    make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # ipykernel then leaves the descriptors alone
    notebook = make("rich", *RICH)
    made = {}
    for executor in ("fork", "pool"):
        path = tmp_path / f"{executor}.ipynb"
        (outcome,) = run(
            [Job("a", notebook, path, {"n": 3})], state=tmp_path / executor, executor=executor
        )
        assert (outcome.state, outcome.executor) == ("done", executor), outcome
        made[executor] = path
    for name in (None, "evalkit"):
        made[str(name)] = tmp_path / f"papermill-{name}.ipynb"
        papermill.execute_notebook(
            str(notebook),
            str(made[str(name)]),
            {"n": 3},
            engine_name=name,
            progress_bar=name == "evalkit",
        )
    plain = normalised(made["None"])
    for name in ("fork", "pool", "evalkit"):
        for ours, stock in zip(normalised(made[name]), plain, strict=True):
            assert ours == stock
    metadata = read(made["fork"])["metadata"]
    assert metadata["papermill"]["parameters"] == {"n": 3} and metadata["papermill"][
        "output_path"
    ] == str(made["fork"])
    assert set(metadata) == {*read(made["None"])["metadata"], "evalkit"}


def test_engine_fails_as_papermill_does(make: Maker, tmp_path: Path) -> None:
    notebook = make("nb", "print(n)", "def f():\n    return {}['k']\nf()", "print('never')")
    for name in (None, "evalkit"):
        with pytest.raises(PapermillExecutionError, match="KeyError"):
            papermill.execute_notebook(
                str(notebook), str(tmp_path / f"{name}.ipynb"), {"n": 2}, engine_name=name
            )
    assert normalised(tmp_path / "evalkit.ipynb") == normalised(tmp_path / "None.ipynb")
    crash = make(
        "crash",
        "import os\nif os.environ.get('JPY_PARENT_PID') is None: os.abort()\nprint('kernel')",
    )
    papermill.execute_notebook(str(crash), str(tmp_path / "c.ipynb"), engine_name="evalkit")
    assert printed(tmp_path / "c.ipynb") == "kernel\n"


LEAK = """
import os, random, sys
import numpy as np, pandas as pd, matplotlib.pyplot as plt
print(pd.get_option('display.max_rows'), plt.rcParams['lines.linewidth'], os.environ.get('LEAK'), os.getcwd(),
      'leak' in sys.modules, hasattr(np, 'leak'), len(plt.get_fignums()), sys.path.count('/leak'))
pd.set_option('display.max_rows', n); plt.rcParams['lines.linewidth'] = n; os.environ['LEAK'] = 'x'; os.chdir('/')
sys.modules['leak'] = np; np.leak = 1; plt.figure(); sys.path.insert(0, '/leak')
"""


@pytest.mark.parametrize("executor", ["fork", "pool"])
def test_nothing_leaks(make: Maker, tmp_path: Path, executor: str) -> None:
    notebook = make("leak", LEAK, "print(random.random(), np.random.rand())")
    parameters = [7, 8, 7] if executor == "pool" else [7, 8, 7, 8, 7, 8]
    jobs = [
        Job(str(i), notebook, tmp_path / f"{i}.ipynb", {"n": n}) for i, n in enumerate(parameters)
    ]
    outcomes = run(jobs, state=tmp_path / "state", workers=1, executor=executor)
    assert {o.state for o in outcomes} == {"done"}
    texts = [printed(o.output).splitlines() for o in outcomes]
    assert len({text[0] for text in texts}) == 1
    draws = {
        n: {text[1] for text, m in zip(texts, parameters, strict=True) if m == n} for n in (7, 8)
    }
    assert len(draws[7]) == len(draws[8]) == 1 and draws[7] != draws[8]
    assert texts[0][0] == f"60 1.5 None {Path.cwd()} False False 0 0"
