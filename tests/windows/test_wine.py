"""Evalkit under Wine, by the Windows Python and the lock's wheels for Windows: what Linux cannot show.

    bash tests/windows/setup_wine.sh HOME .
    EVALKIT_WINE=HOME python start.py test -m wine tests/windows

The quick demonstration is made, built, reported, checked and asked what-if; numbers and words of every document are
those that Linux makes of the same ledgers. `docs/windows.md` lists what Wine does not prove.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import time
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import python_calamine

from evalkit import demo
from evalkit.building import build
from evalkit.reports.report import make_report

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.wine
PAGES = 10  # notebooks of the quick demonstration: four pages, six districts


def windows(path: Path) -> str:
    return "Z:" + str(path).replace("/", "\\")


class Wine:
    """The Windows Python in a project; what it did, how long it took."""

    def __init__(self, home: Path, project: Path):
        self.python, self.project, self.log = home / "w", project, project / "wine.log"

    def __call__(self, *words: str, timeout: float = 3600, check: bool = True) -> tuple[int, str]:
        began = time.monotonic()
        done = subprocess.run(
            [str(self.python), *words],
            cwd=self.project,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
        said = done.stdout.decode("utf-8", "replace")
        with self.log.open("a", encoding="utf-8") as log:
            log.write(
                f"== {' '.join(words)}: {done.returncode}, {time.monotonic() - began:.0f} s\n{said}\n"
            )
        assert not check or done.returncode == 0, said
        return done.returncode, said

    def environment(self) -> dict[str, str]:
        own = {
            "PYTHONPATH": windows(ROOT / "src"),
            "EVALKIT_PROJECT": windows(self.project),
            "PYTHONUTF8": "1",
        }
        return os.environ | own | {"EVALKIT_FONTS": "bundled"}

    def evalkit(self, *words: str, **options: object) -> tuple[int, str]:
        return self("-m", "evalkit.cli", *words, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def wine(tmp_path_factory) -> Wine:
    home = os.environ.get("EVALKIT_WINE")
    if not home or not (Path(home) / "w").exists():
        pytest.skip("EVALKIT_WINE does not name a folder made by tests/windows/setup_wine.sh")
    project = tmp_path_factory.mktemp("wine") / "项目 一"
    (project / "data" / "raw").mkdir(parents=True)
    return Wine(Path(home), project)


@pytest.fixture(scope="module")
def made(wine) -> Path:
    """The report that Windows makes."""
    wine.evalkit("demo", "--quick")
    wine.evalkit("build", "--jobs", "2")
    _, said = wine.evalkit("report", "--jobs", "2")
    assert "报告已生成" in said and said.count("不能用 fork") == 1, said
    return wine.project / "reports" / "2025"


@pytest.fixture(scope="module")
def here(made, tmp_path_factory) -> Path:
    """The report that this system makes of the same workbooks."""
    project = tmp_path_factory.mktemp("here") / "项目 一"
    (project / "data" / "raw").mkdir(parents=True)
    shutil.copytree(made.parents[1] / "data" / "demo", project / "data" / "demo")
    build(project)
    assert not make_report("2025", project=project, jobs=2).failed
    return project / "reports" / "2025"


def test_every_notebook_is_whole_at_the_first_attempt(made):
    record = json.loads((made / "run.json").read_text(encoding="utf-8"))
    assert len(record["notebooks"]) == PAGES and {n["state"] for n in record["notebooks"]} == {
        "done"
    }
    runs = json.loads(
        next((made.parents[1] / ".evalkit" / "runs").glob("*/run.json")).read_text(encoding="utf-8")
    )["runs"]
    assert not [run["key"] for run in runs if run["earlier"]]
    assert record["not_current"] == [] and "Windows" in record["system"]


def test_the_demonstration_is_the_same(made, tmp_path):
    """The bytes of a workbook tell the system on which it was packed; what stands in it is the same."""
    demo.write(tmp_path, quick=True)
    ours, theirs = (
        json.loads((f / "truth.json").read_text(encoding="utf-8"))
        for f in (made.parents[1] / "data/demo", tmp_path)
    )
    assert ours == theirs


def test_tables_hold_the_same_numbers(made, here):
    for name in ("measures", "indicators", "areas", "problems"):
        ours, theirs = (
            pd.read_parquet(folder.parents[1] / "data/processed/demo" / f"{name}.parquet")
            for folder in (made, here)
        )
        pd.testing.assert_frame_equal(ours, theirs)


def words(path: Path) -> list[str]:
    """What a reader reads of a document, without what tells of the machine and the moment."""
    match path.suffix:
        case ".html":
            text = re.sub(
                r"(?s)<style.*?</style>|<script.*?</script>", "", path.read_text(encoding="utf-8")
            )
            text = re.sub(r"<[^>]+>", "\n", re.sub(r'="data:[^"]*"', '=""', text))
        case ".docx":
            with zipfile.ZipFile(path) as book:
                text = book.read("word/document.xml").decode("utf-8")
            text = re.sub(r"<[^>]+>", "\n", text)
        case ".xlsx":
            book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
            text = "\n".join(
                f"{name}\n{book.get_sheet_by_name(name).to_python()}" for name in book.sheet_names
            )
        case ".pdf":
            if not shutil.which("pdftotext"):
                return []
            text = subprocess.run(
                ["pdftotext", "-layout", path, "-"], capture_output=True, check=True
            ).stdout.decode("utf-8")
        case _:
            return []
    return [line.strip() for line in text.splitlines() if line.strip()]


def test_documents_say_the_same(made, here):
    ours, theirs = (
        {p.relative_to(f).as_posix(): p for p in f.rglob("*") if p.is_file()} for f in (made, here)
    )
    assert set(ours) == set(theirs) and len(ours) > 30
    for name, path in sorted(ours.items()):
        assert words(path) == words(theirs[name]), name
        assert path.suffix != ".png" or path.stat().st_size > 10_000, name


def test_a_second_report_finds_all_of_it_up_to_date(wine, made):
    _, said = wine.evalkit("report", "--jobs", "2")
    assert "没有变化，报告已是最新" in said


def test_check_whatif_and_verify(wine, made):
    _, said = wine.evalkit("check", windows(wine.project / "data" / "demo" / "2025"))
    assert "原文件没有改动" in said
    _, said = wine.evalkit(
        "whatif", "--set", "activity.per_member=200", "--from", "2026-07-01", "--files"
    )
    assert "测算说明" in said and list((wine.project / "reports" / "测算").glob("*.docx"))
    _, said = wine.evalkit("verify", windows(made))
    assert "全部相符" in said


def test_a_workbook_in_gbk_and_a_new_folder(wine, tmp_path):
    folder = tmp_path / "台账 二"
    folder.mkdir()
    text = "单位名称,组织类型,从业人数,正式党员数,党组织名称,组建方式\n甲公司,非公企业,60,5,甲党支部,单独\n"
    (folder / "甲县2025年组织台账.csv").write_bytes(text.encode("gbk"))
    code, said = wine.evalkit("check", windows(folder), check=False)
    assert code == 0 and "甲县" in said, said
    code, said = wine.evalkit("doctor", "--project", windows(folder), check=False)
    assert code == 0 and "写不进" not in said, said


HELD = """
import subprocess, sys, time
from pathlib import Path
folder, ledger = Path(sys.argv[1]) / "data" / "processed" / "demo", Path(sys.argv[1]) / "evalkit.yml"
ledger.write_text("name: " + sys.argv[2] + "\\n", encoding="utf-8")
before = (folder / "manifest.json").read_bytes()
build = [sys.executable, "-m", "evalkit.cli", "build", "--jobs", "1", "--force"]
with open(folder / "measures.parquet", "rb"):
    done = subprocess.run(build, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
print(done.stdout.decode("utf-8"), done.returncode, (folder / "manifest.json").read_bytes() == before)
done = subprocess.run(build, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
print("again", done.returncode)
"""


def test_a_file_open_elsewhere_is_said_and_costs_nothing(wine, made, tmp_path):
    """Here the system itself refuses, as it does for a workbook that is open in Excel."""
    (tmp_path / "held.py").write_text(HELD, encoding="utf-8")
    _, said = wine(windows(tmp_path / "held.py"), windows(wine.project), "甲市")
    assert "请关闭" in said and "2 True" in said and "again 0" in said, said


BARE = """
import sys
import evalkit as ek
print(len(ek.build(sys.argv[1], dataset="demo", force=True, jobs=2).files), "files")
"""


def test_a_script_without_a_guard(wine, made, tmp_path):
    (tmp_path / "bare.py").write_text(BARE, encoding="utf-8")
    _, said = wine(windows(tmp_path / "bare.py"), windows(wine.project))
    assert said.strip().splitlines() == ["14 files"], said
