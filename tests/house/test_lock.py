"""pyproject.toml, requirements.lock and environment.yml say the same, and the lock can be trusted."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
CONDA_NAMES = {"matplotlib-base": "matplotlib"}
CARD = {
    "jupyterlab",
    "pandas",
    "numpy",
    "scipy",
    "statsmodels",
    "matplotlib",
    "papermill",
    "pytest",
}


def normal(requirement: str) -> str:
    """The package's name as PEP 503 writes it: no extras, version or marker."""
    name = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", requirement.strip())
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name.group()).lower()


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def wanted(project: dict) -> set[str]:
    return {normal(r) for r in [*project["dependencies"], *project["optional-dependencies"]["dev"]]}


@pytest.fixture(scope="module")
def conda() -> dict[str, set[str]]:
    listed = YAML(typ="safe").load((ROOT / "environment.yml").read_text(encoding="utf-8"))[
        "dependencies"
    ]
    pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    names = {normal(entry) for entry in listed if isinstance(entry, str)}
    return {
        "conda": {CONDA_NAMES.get(n, n) for n in names} - {"python", "pip"},
        "pip": {normal(n) for n in pip},
    }


@pytest.fixture(scope="module")
def lock() -> str:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_conda_lists_the_cards_packages_and_pip_the_rest(
    wanted: set[str], conda: dict[str, set[str]]
) -> None:
    assert conda["conda"] >= CARD
    assert conda["conda"] | conda["pip"] == wanted
    assert not conda["conda"] & conda["pip"]


def test_conda_asks_for_the_same_python(project: dict) -> None:
    assert f"python{project['requires-python']}" in (ROOT / "environment.yml").read_text(
        encoding="utf-8"
    )


def test_everything_wanted_is_in_the_lock(wanted: set[str], lock: str) -> None:
    locked = {
        normal(name) for name in re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", lock, re.MULTILINE)
    }
    assert wanted <= locked


def test_an_extra_outside_the_lock_says_so(project: dict, lock: str) -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    locked = {
        normal(name) for name in re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", lock, re.MULTILINE)
    }
    for extra, requirements in project["optional-dependencies"].items():
        said = re.search(rf"^# outside requirements\.lock: .+\n{extra} = ", text, re.MULTILINE)
        assert bool(said) != ({normal(r) for r in requirements} <= locked), extra


def test_every_locked_package_has_a_version_and_hashes(lock: str) -> None:
    blocks = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert len(blocks) > 100
    for block in blocks:
        assert re.match(r"[A-Za-z0-9._-]+==[0-9][^\s;]*( ; .+)? \\$", block.splitlines()[0]), (
            block.splitlines()[0]
        )
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block.splitlines()[0]


def test_the_lock_names_no_index_and_no_address(lock: str) -> None:
    for line in lock.splitlines():
        option = line.startswith("-") or re.search(r"\s--(?!hash=sha256:)\S", line.split("#")[0])
        assert not option, line
        assert "://" not in line and " @ " not in line, line


def test_windows_and_macos_have_their_markers(lock: str) -> None:
    heads = {normal(head): head for head in re.findall(r"^[A-Za-z0-9].*$", lock, re.MULTILINE)}
    assert "os_name == 'nt'" in heads["pywinpty"]  # JupyterLab's terminal on Windows
    assert "win32" in heads["pexpect"]
    assert "darwin" in heads["appnope"]


def test_files_whose_hash_counts_are_the_same_in_every_clone() -> None:
    """Git for Windows turns line ends round (core.autocrlf); the lock, notebooks, codebook and figures are hashed."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("no clone of git")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    command = ["git", "check-attr", "-z", "--stdin", "text", "eol", "binary"]
    told = (
        subprocess.run(command, cwd=ROOT, input=listed, capture_output=True, check=True)
        .stdout.decode()
        .split("\0")
    )
    attributes: dict[str, dict[str, str]] = {}
    for name, attribute, value in zip(told[::3], told[1::3], told[2::3], strict=False):
        attributes.setdefault(name, {})[attribute] = value
    crlf = {name for name, has in attributes.items() if has["eol"] == "crlf"}
    assert crlf == {"开始.bat", "docs/no-python.txt"}
    for name, has in attributes.items():
        assert has["eol"] in ("lf", "crlf") or has["binary"] == "set", name
    for name in (
        "requirements.lock",
        "pyproject.toml",
        "notebooks/annual.ipynb",
        "data/published/figures.csv",
    ):
        assert attributes[name]["eol"] == "lf" and attributes[name]["text"] in ("set", "auto"), name
        assert b"\r\n" not in (ROOT / name).read_bytes(), name
