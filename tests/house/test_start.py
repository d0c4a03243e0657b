"""start.py: what it decides, in which order it installs, how it recovers; pip itself is a fake here."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "start.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def start() -> ModuleType:
    spec = importlib.util.spec_from_file_location("evalkit_start", ROOT / "start.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# an office part of numpy, which asks for six, and a part more
LOCK = """jupyterlab==4.0 \\
    --hash=sha256:02
    # via evalkit (pyproject.toml)
numpy==2.0 \\
    --hash=sha256:00
    # via
    #   evalkit (pyproject.toml)
    #   jupyterlab
six==1.0 \\
    --hash=sha256:01
    # via numpy
"""
PROJECT = """[project]
dependencies = ["numpy"]
[project.optional-dependencies]
lab = ["jupyterlab"]
"""


class FakeRunner:
    """Notes every command; `python -m venv` makes the folder, pip says what it is told to say."""

    def __init__(self, start: ModuleType):
        self.start = start
        self.calls: list[list[str]] = []
        self.codes: dict[str, int] = {}
        self.pip_says: list[str] = []
        self.envs: list[dict[str, str]] = []

    def __call__(
        self, args: list[str], env: dict[str, str], cwd: Path | None = None, on_line: Any = None
    ) -> int:
        self.calls.append(args)
        self.envs.append(env)
        if args[1:3] == ["-m", "venv"]:
            venv = Path(args[3])
            python = self.start.venv_python(venv)
            python.parent.mkdir(parents=True)
            python.touch()
            (venv / "lib/python3.11/site-packages").mkdir(parents=True)
        for line in self.pip_says if on_line and "pip" in args else []:
            on_line(line)
        return next((code for word, code in self.codes.items() if word in args), 0)

    def words(self) -> list[str]:
        """The commands in short: venv, lock, project, compileall, or the word after `-m`."""
        short = []
        for call in self.calls:
            if "-c" in call:
                continue
            name = call[2]
            short.append(
                {"pip": "lock" if "--require-hashes" in call else "project"}.get(name, name)
            )
        return short


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "工作 台"
    root.mkdir()
    (root / "requirements.lock").write_text(LOCK, encoding="utf-8")
    (root / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    return root


@pytest.fixture
def go(start: ModuleType, tree: Path) -> Callable[..., tuple[int, FakeRunner]]:
    def run(*words: str, **codes: int) -> tuple[int, FakeRunner]:
        runner = FakeRunner(start)
        runner.codes = codes
        return start.main(list(words), root=tree, run=runner), runner

    return run


AGAIN = ["lock", "project", "compileall", "evalkit.cli"]
FRESH = ["venv", "lock", "project", "compileall", "evalkit.cli"]


def test_keeps_to_old_grammar_and_to_the_standard_library() -> None:
    tree = ast.parse(TEXT, feature_version=(3, 11))
    ast.parse(TEXT, feature_version=(3, 7))  # so that an old Python reaches the message
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    assert names <= set(sys.stdlib_module_names)
    check = next(i for i, node in enumerate(tree.body) if isinstance(node, ast.If))
    before = [node for node in tree.body[:check] if not isinstance(node, ast.Expr)]
    assert [ast.unparse(node) for node in before] == ["import sys"]


def test_first_run_installs_in_order_and_marks_the_end(go: Any, tree: Path) -> None:
    code, runner = go("report", "--period", "2025")
    assert code == 0
    assert runner.words() == FRESH
    assert runner.calls[-1][1:] == ["-m", "evalkit.cli", "report", "--period", "2025"]
    assert (
        json.loads((tree / ".venv/evalkit-install.json").read_text(encoding="utf-8"))["status"]
        == "complete"
    )
    settings = json.loads(
        (tree / ".venv/share/jupyter/lab/settings/overrides.json").read_text(encoding="utf-8")
    )
    assert settings["@jupyterlab/translation-extension:plugin"] == {"locale": "zh_CN"}


def test_the_path_file_holds_no_path(go: Any, tree: Path) -> None:
    go("doctor")
    (path,) = (tree / ".venv").rglob("*evalkit*.pth")
    assert path.read_text(encoding="ascii").startswith("import os, sys;")
    (tree / "src").mkdir()
    code = f"import sys; sys.prefix = {str(tree / '.venv')!r}; exec({path.read_text()!r}); print(ascii(sys.path[-1]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ascii(str(tree / "src"))


def test_second_run_installs_nothing(go: Any) -> None:
    go("report")
    assert go("check", "台账 文件夹")[1].words() == ["evalkit.cli"]


@pytest.mark.parametrize(
    ("changed", "was", "now", "expected"),
    [
        ("pyproject.toml", "lab =", "lab  =", ["project", "evalkit.cli"]),
        ("requirements.lock", "sha256:02", "sha256:03", ["project", "evalkit.cli"]),  # not here
        ("requirements.lock", "sha256:01", "sha256:03", AGAIN),
        ("pyproject.toml", '"numpy"', '"numpy", "jupyterlab"', AGAIN),
    ],
)
def test_only_what_changed_is_installed_again(
    go: Any, tree: Path, changed: str, was: str, now: str, expected: list[str]
) -> None:
    go("report")
    text = (tree / changed).read_text(encoding="utf-8")
    (tree / changed).write_text(text.replace(was, now), encoding="utf-8")
    assert go("report")[1].words() == expected
    assert go("report")[1].words() == ["evalkit.cli"]


def listed(tree: Path) -> list[str]:
    text = (tree / ".venv" / "packages.lock").read_text(encoding="utf-8")
    assert "--hash=sha256:" in text
    return [line.split("==")[0] for line in text.splitlines() if "==" in line]


def test_a_command_installs_only_the_parts_that_it_needs(go: Any, tree: Path) -> None:
    go("check", "台账")
    assert listed(tree) == ["numpy", "six"]
    assert go("effects", "--help")[1].words() == ["evalkit.cli"]  # a question needs no more
    assert go("lab")[1].words() == ["lock", "compileall", "jupyterlab"]
    assert listed(tree) == ["jupyterlab", "numpy", "six"]
    assert go("lab")[1].words() == ["jupyterlab"] and go("report")[1].words() == ["evalkit.cli"]
    state = json.loads((tree / ".venv/evalkit-install.json").read_text(encoding="utf-8"))
    assert {"office", "lab"} <= set(state["parts"])


def test_parts_that_cannot_be_had_leave_what_was_there(go: Any, tree: Path, capsys: Any) -> None:
    go("report")
    assert go("lab", pip=1)[0] == 2 and "镜像" in capsys.readouterr().out
    assert go("report")[1].words() == ["evalkit.cli"]


def test_parts_by_name(go: Any, tree: Path, capsys: Any) -> None:
    assert go("install", "sky")[0] == 2 and "JupyterLab" in capsys.readouterr().out
    assert go("install", "lab")[1].words() == FRESH[:-1]
    assert go("install", "all")[1].words() == ["lock", "compileall"]
    assert listed(tree) == ["jupyterlab", "numpy", "six"]


def test_an_installation_of_an_earlier_version_has_every_part(
    go: Any, tree: Path, start: ModuleType
) -> None:
    go("report")
    state = tree / ".venv/evalkit-install.json"
    old = {**start.fingerprint(tree), "status": "complete", "requirements.lock": "before"}
    state.write_text(json.dumps(old), encoding="utf-8")
    assert go("report")[1].words() == AGAIN
    assert set(json.loads(state.read_text(encoding="utf-8"))["parts"]) == set(start.NAMES)


def test_bundle_takes_the_parts_that_are_asked_for(go: Any, tree: Path) -> None:
    go("doctor")
    for words, names in (([], ["jupyterlab", "numpy", "six"]), (["office"], ["numpy", "six"])):
        call = go("bundle", *(["--parts", *words] if words else []))[1].calls[-1]
        assert call[2:4] == ["pip", "download"] and call[-1] == str(tree / "wheels")
        text = Path(call[call.index("-r") + 1]).read_text(encoding="utf-8")
        assert [line.split("==")[0] for line in text.splitlines() if "==" in line] == names
    assert go("bundle", "--parts", "sky")[0] == 2


def test_a_failed_or_interrupted_installation_starts_anew(go: Any, tree: Path, capsys: Any) -> None:
    code, _ = go("report", pip=1)
    assert code == 2
    said = capsys.readouterr().out
    for word in ("镜像", "代理", "bundle", "HTTPS_PROXY"):
        assert word in said
    assert json.loads((tree / ".venv/evalkit-install.json").read_text(encoding="utf-8")) == {
        "status": "installing"
    }
    assert go("report")[1].words() == FRESH
    (tree / ".venv/evalkit-install.json").write_text("{half", encoding="utf-8")
    assert go("report")[1].words() == FRESH


def test_a_broken_or_moved_venv_is_made_anew(go: Any, tree: Path, start: ModuleType) -> None:
    go("report")
    start.venv_python(tree / ".venv").unlink()
    assert go("report")[1].words() == FRESH
    runner = FakeRunner(start)
    runner.codes = {"-c": 1}  # starts no more, or finds no evalkit
    assert start.main(["report"], root=tree, run=runner) == 0
    assert runner.words() == FRESH
    moved = tree.with_name("搬家 后")
    tree.rename(moved)
    runner = FakeRunner(start)
    start.main(["report"], root=moved, run=runner)
    assert runner.words() == FRESH


def test_a_venv_made_by_hand_is_kept(go: Any, tree: Path, start: ModuleType) -> None:
    python = start.venv_python(tree / ".venv")
    python.parent.mkdir(parents=True)
    python.touch()
    (tree / ".venv/lib/python3.11/site-packages").mkdir(parents=True)
    assert go("doctor")[1].words() == ["lock", "project", "compileall", "evalkit.cli"]


def test_wheels_beside_it_are_used_without_a_network(go: Any, tree: Path) -> None:
    (tree / "wheels").mkdir()
    _, runner = go("doctor")
    lock = next(call for call in runner.calls if "--require-hashes" in call)
    assert "--no-index" in lock and str(tree / "wheels") in lock


def test_a_second_window_waits_for_the_first(
    start: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = []
    first = start.one_at_a_time(tree)
    first.__enter__()

    def waited(seconds: float) -> None:
        order.append("second waits")
        first.__exit__(None, None, None)

    monkeypatch.setattr(start.time, "sleep", waited)
    with start.one_at_a_time(tree):
        order.append("second installs")
    assert order == ["second waits", "second installs"]


def test_no_venv_module_is_said_plainly(go: Any, tree: Path, capsys: Any) -> None:
    code, runner = go("report", venv=1)
    assert code == 2 and runner.words() == ["venv"]
    assert "python3-venv" in capsys.readouterr().out
    assert not (tree / ".venv").exists()


def test_all_three_checks_run_and_the_worst_code_counts(go: Any) -> None:
    go("test")
    code, runner = go("test", "-k", "wilson", ruff=1, pytest=0)
    assert runner.words() == ["ruff", "ruff", "mypy", "pytest"]
    assert code == 1
    assert runner.calls[-1][-2:] == ["-k", "wilson"] and "-n" in runner.calls[-1]
    assert go("test", mypy=2, pytest=1)[0] == 2
    assert go("test")[0] == 0


def test_the_last_line_of_a_test_run_is_pytests(
    go: Any, capsys: Any, start: ModuleType, tree: Path
) -> None:
    go("doctor")
    capsys.readouterr()

    def run(args: list[str], env: dict[str, str], cwd: Any = None, on_line: Any = None) -> int:
        if "pytest" in args:
            print("3 passed in 0.1s")
        return 0

    start.main(["test"], root=tree, run=run)
    assert capsys.readouterr().out.splitlines()[-1] == "3 passed in 0.1s"


def test_a_check_that_failed_before_pytest_is_named_last(go: Any, capsys: Any) -> None:
    go("doctor")
    capsys.readouterr()
    go("test", mypy=1)
    assert capsys.readouterr().out.splitlines()[-1].startswith("== 未通过：mypy")


def test_lab_opens_the_tour_in_the_project(go: Any, tree: Path) -> None:
    go("doctor")
    (tree / "notebooks").mkdir()
    (tree / "notebooks/tour.ipynb").touch()
    call = go("lab", "--no-browser")[1].calls[-1]
    assert call[1:3] == ["-m", "jupyterlab"] and call[-1] == "--no-browser"
    assert f"--ServerApp.root_dir={tree}" in call
    assert "--LabApp.default_url=/lab/tree/notebooks/tour.ipynb" in call
    from evalkit.cli import LAB_WITHOUT_NETWORK

    assert set(LAB_WITHOUT_NETWORK) <= set(call)


def test_children_write_byte_code_speak_utf8_and_see_only_this_venv(
    start: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree)
    outer = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "x", "PIP_TARGET": "y", "PATH": "p"}
    outer["PYTHONIOENCODING"] = "gbk"
    env = start.child_environment(tree, tree / ".venv", outer)
    assert not {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PIP_TARGET"} & set(env)
    assert (
        env["PYTHONUTF8"] == "1"
        and env["PYTHONIOENCODING"] == "gbk:replace"
        and env["PIP_USER"] == "0"
    )
    assert env["PATH"].split(os.pathsep)[0] == str(start.venv_python(tree / ".venv").parent)
    assert env["EVALKIT_PROJECT"] == str(tree)
    (tree / "data/raw").mkdir(parents=True)
    assert "EVALKIT_PROJECT" not in start.child_environment(tree, tree / ".venv", outer)


def test_no_word_gives_help_and_installs_nothing(go: Any, capsys: Any) -> None:
    code, runner = go()
    assert code == 0 and runner.calls == []
    assert "check 文件夹" in capsys.readouterr().out


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "cp1252"])
def test_a_console_that_lacks_characters_does_not_break_it(encoding: str) -> None:
    env = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, str(ROOT / "start.py"), "--help"], capture_output=True, env=env
    )
    assert done.returncode == 0
    if encoding == "gbk":
        assert "两新组织党建评估研究工作台" in done.stdout.decode("gbk")


def test_real_commands_return_their_code_and_their_lines(start: ModuleType) -> None:
    lines: list[str] = []
    code = "import sys; print('第一行'); sys.exit(3)"
    env = {**os.environ, "PYTHONUTF8": "1"}
    assert start.run_command([sys.executable, "-c", code], env, on_line=lines.append) == 3
    assert lines == ["第一行"]


def test_bundle_keeps_the_lines_of_the_other_system(start: ModuleType, tmp_path: Path) -> None:
    out = tmp_path / "win.lock"
    args = [
        sys.executable,
        "-c",
        start.MARKERS_SCRIPT,
        str(ROOT / "requirements.lock"),
        str(out),
        "win_amd64",
        "3.12",
    ]
    subprocess.run(args, check=True)
    text = out.read_text(encoding="utf-8")
    names = [
        line.split("==")[0] for line in text.splitlines() if "==" in line and line[0].isalnum()
    ]
    assert "pywinpty" in names and "colorama" in names
    assert not {"pexpect", "appnope", "overrides"} & set(names)
    assert len(names) == len(set(names)) and " ; " not in text


def test_ci_and_make_only_call_start() -> None:
    assert "start.py test" in (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert "start.py $@" in (ROOT / "Makefile").read_text(encoding="utf-8")
