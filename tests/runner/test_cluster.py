"""Rows on a Dask cluster: a LocalCluster with two worker processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.problems import InputError
from evalkit.runner import Job, run

from .conftest import Maker, printed

try:
    import distributed
except ImportError:
    distributed = None


@pytest.mark.skipif(
    distributed is None, reason="distributed is not installed (extra: evalkit[cluster])"
)
def test_rows_on_two_workers(make: Maker, tmp_path: Path) -> None:
    notebook = make(
        "nb",
        "import os\nif n == 2: raise ValueError('坏的一行')",
        "if n == 3 and 'JPY_PARENT_PID' not in os.environ: os.abort()",
        "import time; time.sleep(.3); print(n)",
    )
    jobs = [Job(str(n), notebook, tmp_path / "out" / f"{n}.ipynb", {"n": n}) for n in range(8)]
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        address = cluster.scheduler_address.replace("tcp://", "dask://")
        outcomes = run(jobs, state=tmp_path / "state", executor=address)
        assert [o.state for o in outcomes] == ["done", "done", "failed", *["done"] * 5]
        assert "坏的一行" in outcomes[2].reason and outcomes[2].failed_notebook
        assert outcomes[3].executor == "dask/pool" and outcomes[3].attempts == 2
        assert outcomes[4].executor == "dask/fork" and printed(outcomes[4].output) == "4\n"
        (tmp_path / "out" / "5.ipynb").unlink()
        again = run(jobs, state=tmp_path / "state", executor=address)
        assert [o.state for o in again] == ["up_to_date"] * 2 + ["failed"] + ["up_to_date"] * 2 + [
            "done"
        ] + ["up_to_date"] * 2


def test_no_cluster_is_one_clear_message(make: Maker, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"distributed|调度器"):
        run(
            [Job("a", make("nb"), tmp_path / "a.ipynb")],
            state=tmp_path / "state",
            executor="dask://127.0.0.1:1",
        )
