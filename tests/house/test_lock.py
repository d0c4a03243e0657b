"""pyproject.toml, requirements.lock and environment.yml say the same, and the lock can be trusted."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
import start  # noqa: E402

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
    """The dependencies and the extras that are parts of the lock."""
    extras = project["optional-dependencies"]
    parts = [name for part in start.NAMES if part != start.OFFICE for name in extras[part]]
    return {normal(r) for r in [*project["dependencies"], *parts]}


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


def test_the_parts_together_are_the_lock_and_the_office_part_is_the_smaller(lock: str) -> None:
    listed = re.findall(r"^[A-Za-z0-9].*$", lock, re.MULTILINE)
    everything = start.lock_of(ROOT, start.NAMES)
    assert re.findall(r"^[A-Za-z0-9].*$", everything, re.MULTILINE) == listed
    office = {normal(line) for line in start.lock_blocks(start.lock_of(ROOT, {start.OFFICE}))}
    heavy = {"jupyterlab", "playwright", "mypy", "ruff", "pytest", "statsmodels", "pyfixest"}
    assert not office & {*heavy, "diff-diff", "duckdb", "splink", "debugpy", "jedi"}
    assert {"pandas", "papermill", "ipykernel", "typst", "hatchling", "editables"} <= office
    assert "report" not in start.PARTS and "check" not in start.PARTS
    assert {part for parts in start.PARTS.values() for part in parts} | {start.OFFICE} == set(
        start.NAMES
    )


@pytest.mark.parametrize("part", ["office", "lab", "effects", "sql", "linkage"])
def test_a_part_holds_whatever_its_packages_declare(part: str, lock: str) -> None:
    """What pip is told not to look for (``--no-deps``) is asked of the installed packages here."""
    names = {normal(block) for block in start.lock_blocks(start.lock_of(ROOT, {part}))}
    left_out = {"debugpy", "jedi"} if part != "lab" else set()
    for name in sorted(names):
        try:
            declared = metadata.requires(name) or ()
        except metadata.PackageNotFoundError:  # for another system or Python
            continue
        for requirement in map(Requirement, declared):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                assert normal(requirement.name) in names | left_out, f"{name}: {requirement}"


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
