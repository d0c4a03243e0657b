"""Rows of a table become runs; the table is checked before anything starts."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from evalkit.problems import InputError
from evalkit.runner import Job, fan_out, perform, run
from evalkit.runner.fanout import safe_name
from evalkit.runner.jobs import fingerprints, stamped

from .conftest import Maker, printed, read

PARAMETERS = "name = 'x'\nn = 1\nshare = 0.5\nflag = False\nitems = []"


def table(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding)
    return path


def codes(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


@pytest.mark.parametrize(
    ("text", "expected", "words"),
    [
        ("", ["file_empty"], "没有数据行"),
        ("name,n\n", ["file_empty"], "没有数据行"),
        ("name,n\na,\n,2\n", ["key_missing", "key_missing"], "空白"),
        ("name,n\na,1\na,2\n", ["key_duplicate"], "重复"),
        ("name,n\na/b,1\na:b,2\n", ["key_duplicate"], "文件名相同"),
        ("name,n\nA,1\na,2\n", ["key_duplicate"], "文件名相同"),
        ("name,nn\na,1\n", ["key_unknown"], "是否想写“n”"),
        ("name,n,n\na,1,2\n", ["key_duplicate"], "n"),
        ("name,n\na,1,2\n", ["value_invalid"], "3 列"),
        ("name,n,share,flag,items\na,1.5,x,maybe,{}\n", ["value_invalid"] * 4, "整数"),
    ],
)
def test_bad_tables_are_refused_whole(
    make: Maker, tmp_path: Path, text: str, expected: list[str], words: str
) -> None:
    with pytest.raises(InputError) as error:
        fan_out(make("nb", parameters=PARAMETERS), over=table(tmp_path, text), out=tmp_path / "out")
    assert codes(error) == expected
    assert words in str(error.value)
    assert not (tmp_path / "out").exists()


def test_bad_notebooks_are_refused_with_the_table(make: Maker, tmp_path: Path) -> None:
    over = table(tmp_path, "name\n")
    with pytest.raises(InputError) as error:
        fan_out(
            make("nb", parameters=None), over=over, out=tmp_path / "out", depends=[tmp_path / "no"]
        )
    assert codes(error) == ["notebook_invalid", "data_missing", "file_empty"]
    with pytest.raises(InputError, match="语法错误"):
        fan_out(make("nb", "if :"), over=over, out=tmp_path / "out")
    with pytest.raises(InputError, match="缺少参数 area"):
        fan_out(
            make("nb", parameters="n = 1\narea: str"),
            over=table(tmp_path, "n\n1\n"),
            out=tmp_path / "out",
        )


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("甲区", "甲区"),
        ("../x", "__x"),
        ("a/b", "a_b"),
        ("con", "_con"),
        ("COM1.txt", "_COM1.txt"),
        ("x:y", "x_y"),
        ("...", None),
        ("trailing. ", "trailing"),
        ("区" * 60, "区" * 60),
        ("{n}", "{n}"),
    ],
)
def test_file_names_are_safe(key: str, name: str | None) -> None:
    made = safe_name(key)
    assert made == name or name is None
    assert made and "/" not in made and not made.startswith(".")


def test_long_names_differ_after_cutting() -> None:
    first, second = safe_name("区" * 90 + "甲"), safe_name("区" * 90 + "乙")
    assert first != second and len(first.encode()) < 200


def test_runs_skips_and_says_why(make: Maker, tmp_path: Path) -> None:
    notebook = make("nb", "print(name, n, share, flag, items)", parameters=PARAMETERS)
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.txt").write_text("1")
    rows = (
        "name,n,share,flag,items\n../x,1,1,是,[1]\n{n},2,0.25,false,[]\ncon,3,2,0,[]\n"
        + "区" * 60
        + ",4,1,1,[]\n"
    )
    over, out = table(tmp_path, rows, "gb18030"), tmp_path / "out"
    arguments = {"over": over, "out": out, "jobs": 2, "depends": [data]}
    plan = fan_out(notebook, dry_run=True, **arguments)  # type: ignore[arg-type]
    assert [why for _, why in plan.plan] == ["还没有结果"] * 4 and not out.exists()
    assert "4 项要运行" in plan.message and len(plan.notes) == 2

    first = fan_out(notebook, **arguments)  # type: ignore[arg-type]
    assert first.exit_code == 0 and [o.state for o in first.outcomes] == ["done"] * 4, (
        first.outcomes
    )
    assert printed(out / "__x.ipynb") == "../x 1 1.0 True [1]\n"
    assert printed(out / "{n}.ipynb") == "{n} 2 0.25 False []\n"
    assert printed(out / f"{'区' * 60}.ipynb").startswith("区")
    assert sorted(p.name for p in out.iterdir()) == sorted(
        [".evalkit", "run.json", "__x.ipynb", "{n}.ipynb", "_con.ipynb", f"{'区' * 60}.ipynb"]
    )
    log = json.loads((out / "run.json").read_text("utf-8"))
    assert log["runs"][0]["parameters"] == {
        "name": "../x",
        "n": 1,
        "share": 1.0,
        "flag": True,
        "items": [1],
    }
    assert all(
        r["seed"] and r["seconds"] > 0 and r["peak_memory"] > 0 and r["hash"] for r in log["runs"]
    )

    second = fan_out(notebook, **arguments)  # type: ignore[arg-type]
    assert [o.state for o in second.outcomes] == ["up_to_date"] * 4 and second.exit_code == 0
    content = read(notebook)
    content["cells"][1]["outputs"], content["cells"][1]["execution_count"] = (
        [],
        7,
    )  # looked at in JupyterLab
    notebook.write_text(json.dumps(content))
    assert not any(why for _, why in fan_out(notebook, dry_run=True, **arguments).plan)  # type: ignore[arg-type]
    (data / "a.txt").write_text("2")
    (out / "{n}.ipynb").unlink()
    over.write_text(rows.replace("con,3", "con,5"), "utf-8")
    whys = [why for _, why in fan_out(notebook, dry_run=True, **arguments).plan]  # type: ignore[arg-type]
    assert whys == ["依赖的数据改了", "还没有结果", "参数改了、依赖的数据改了", "依赖的数据改了"]
    (data / "a.txt").write_text("1")
    whys = [why for _, why in fan_out(notebook, dry_run=True, **arguments).plan]  # type: ignore[arg-type]
    assert whys == ["", "还没有结果", "参数改了", ""]
    assert [w for _, w in fan_out(notebook, dry_run=True, force=True, **arguments).plan] == [
        "要求全部重做"
    ] * 4  # type: ignore[arg-type]
    content = read(out / "__x.ipynb")
    (out / "__x.ipynb").write_text(
        json.dumps(content, sort_keys=True)
    )  # saved again in JupyterLab: still the same run
    third = fan_out(notebook, **arguments)  # type: ignore[arg-type]
    assert [o.state for o in third.outcomes] == ["up_to_date", "done", "done", "up_to_date"]


def test_thousands_up_to_date_in_two_seconds(make: Maker, tmp_path: Path) -> None:
    notebook, state, out = make("nb"), tmp_path / "state", tmp_path / "out"
    jobs = [
        Job(f"县{n}", notebook, out / f"县{n}.ipynb", {"n": n}, (tmp_path / "nb.ipynb",))
        for n in range(2844)
    ]
    for folder in (state, out):
        folder.mkdir()
    for job, facts in zip(jobs, fingerprints(jobs), strict=True):
        stamp = facts | {"files": [job.output.name]}
        job.output.write_text(
            json.dumps({"cells": ["x" * 20_000], "metadata": {"papermill": {}, "evalkit": stamp}})
        )
    began = time.process_time()
    outcomes = run(jobs, state=state)
    assert {o.state for o in outcomes} == {"up_to_date"}
    assert time.process_time() - began < 2


def test_an_open_result_keeps_its_name_and_the_new_one_stands_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows refuses to replace a file that WPS or Excel holds open; here `os.replace` refuses."""
    staged, output = tmp_path / "staging", tmp_path / "out" / "甲区.ipynb"
    for folder, text in ((staged, "new"), (output.parent, "old")):
        folder.mkdir()
        (folder / "甲区.html").write_text(text)
        (folder / "甲区.ipynb").write_text(json.dumps({"cells": [], "metadata": {"papermill": {}}}))
    replace = os.replace

    def refuse(source: Path, target: Path) -> None:
        if (
            Path(target).name in ("甲区.html", "甲区.ipynb")
            and Path(target).parent == output.parent
        ):
            raise PermissionError(13, "open elsewhere")
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    task = {"output": str(output), "hash": "h", "parts": {}, "seed": 1, "executor": "fork"}
    beside = perform.publish(task, staged / "甲区.ipynb", seconds=1.0)
    assert beside == ["甲区（2）.html", "甲区（2）.ipynb"]
    assert (output.parent / "甲区.html").read_text() == "old" and (
        output.parent / "甲区（2）.html"
    ).read_text() == "new"
    assert (
        stamped(output.with_stem("甲区（2）"))["files"] == ["甲区.ipynb", "甲区（2）.html"]
        and stamped(output) == {}
    )
