"""The public edition as its reader has it: blocks, figures and every format are searched for what is withheld."""

from __future__ import annotations

import ast
import html
import json
import re
import zipfile
from functools import cache
from pathlib import Path

import county_holes
import numpy as np
import pandas as pd
import pypdfium2
import pytest
from attacker import Seen, given_away
from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from python_calamine import CalamineWorkbook

import evalkit as ek
from evalkit.charts import style
from evalkit.documents.blocks import flat
from evalkit.problems import InputError
from evalkit.reports.disclosure import settle
from evalkit.reports.editions import read_editions
from evalkit.reports.report import make_report

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
THRESHOLD = 300  # so that the numbers withheld are long enough to be told from others
HIGH = f"disclosure: {{threshold: {THRESHOLD}}}\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The three counties, under a threshold that leaves little to print of persons."""
    root = tmp_path_factory.mktemp("public")
    county_holes.copied(root)
    (root / "codebook").mkdir()
    (root / "codebook" / "own.yml").write_text(HIGH, encoding="utf-8")
    return root


def run(name, **parameters):
    """The values that the cells of a notebook show, its figures not yet pictures."""
    notebook = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))
    known, shown = {}, []
    for n, cell in enumerate(c for c in notebook["cells"] if c["cell_type"] == "code"):
        *body, last = ast.parse("".join(cell["source"])).body
        tree = ast.Module(body if isinstance(last, ast.Expr) else [*body, last], [])
        exec(compile(tree, name, "exec"), known)
        if n == 0:
            known |= parameters
        elif isinstance(last, ast.Expr):
            shown.append(eval(compile(ast.Expression(last.value), name, "eval"), known))
    return known, [block for one in shown if one is not None for block in flat([one])]


def numbers_in(content):
    """All numbers of a block, as values."""
    if isinstance(content, dict):
        return [n for item in content.values() for n in numbers_in(item)]
    if isinstance(content, list | tuple):
        return [n for item in content for n in numbers_in(item)]
    value = getattr(content, "value", content)
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return [float(value)]
    return []


def tokens(text):
    """The numbers of a text as they are printed."""
    found = re.findall(r"(?<![A-Za-z_\d.-])\d[\d,]*(?:\.\d+)?(?![A-Za-z_\d])", text)
    return {number.rstrip(",").replace(",", "") for number in found}


def artists(figure):
    """Every number that places something in a figure, and all of its words."""
    values, words = [], []
    for item in figure.findobj():
        if isinstance(item, Rectangle):
            values += [*item.get_xy(), item.get_width(), item.get_height()]
            values += [item.get_x() + item.get_width(), item.get_y() + item.get_height()]
        elif isinstance(item, Line2D):
            values += [*np.ravel(item.get_xdata(orig=True)), *np.ravel(item.get_ydata(orig=True))]
        elif isinstance(item, PathCollection):
            values += list(np.ravel(item.get_offsets()))
        elif isinstance(item, Text):
            words.append(item.get_text())
    kept = [float(v) for v in values if isinstance(v, int | float | np.number)]
    return np.array(kept), " ".join(words)


def secret_values(project, level="district"):
    """Values that may stand nowhere: of measures as printed, of indicators as drawn; none that is a number told too."""
    data = ek.load(project)
    shown = ek.annual.published(data, level)
    told, as_stored, gone = set(), set(), set()
    for plain, public, key in (
        (data.measures, shown.measures, "measure"),
        (data.indicators, shown.indicators, "indicator"),
    ):
        hidden = public.loc[public["hidden"]].set_index(["period", "area", key]).index
        shows = public.loc[~public["hidden"]].set_index(["period", "area", key]).index
        cells = pd.MultiIndex.from_frame(plain[["period", "area", key]])
        values = (plain["value"] * plain.get("scale", 1.0)).to_numpy(float)
        values = pd.Series(values, index=cells).dropna()
        gone |= set(values[values.index.isin(hidden)])
        told |= set(values[values.index.isin(shows)])
        raw = pd.Series(plain["value"].to_numpy(float), index=cells).dropna()
        as_stored |= set(raw[raw.index.isin(shows)])  # the very number that another cell may hold
    return {
        v
        for v in gone - told - as_stored
        if v not in range(100) and all(abs(v - t) > 0.05 for t in told)
    }


def test_nothing_withheld_stands_in_a_block_or_a_figure(project, monkeypatch):
    figures = []
    plain = style.Sheet.block
    monkeypatch.setattr(
        style.Sheet, "block", lambda self, alt: (figures.append(self.figure), plain(self, alt))[1]
    )
    settle(ek.load(project), "2025-公开稿", "2025", "district")
    secret = secret_values(project)
    assert len(secret) > 20
    common = {"project": str(project), "period": "2025", "baseline": "2024", "publish": True}
    _, annual = run("annual", **common)
    _, profile = run("district", **common, area="临山县")
    blocks = [*annual, *profile]
    assert len(blocks) > 60 and len(figures) > 3
    printed = [n for block in blocks for n in numbers_in(block.content)]
    close = {v for v in secret if np.isclose(printed, v, rtol=1e-9, atol=0).any()}
    assert not close, close
    text = " ".join(block.plain() for block in blocks)
    long = {f"{v:.0f}" for v in secret if v == int(v) and v >= 100}
    assert "公开范围：不足300名的人数" in text and long
    assert not long & tokens(text)
    for figure in figures:
        values, words = artists(figure)
        drawn = {v for v in secret if np.isclose(values, v, rtol=1e-9, atol=0).any()}
        assert not drawn, (words[:60], drawn)
        assert not long & tokens(words)


# every format of two editions, read back


def pdf_text(path):
    document = pypdfium2.PdfDocument(str(path))
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def office_text(path):
    """Word, presentations and open formats: all text of the package, alternative texts of pictures too."""
    with zipfile.ZipFile(path) as parts:
        pages = [parts.read(n).decode("utf-8") for n in parts.namelist() if n.endswith(".xml")]
    return html.unescape(
        " ".join(re.sub(r'<[^>]*?descr="([^"]*)"[^>]*>|<[^>]+>', r" \1 ", page) for page in pages)
    )


def page_text(path):
    text = path.read_text(encoding="utf-8")
    text = re.sub(r'src="data:[^"]*"|(?s:<style.*?</style>)', " ", text)
    return html.unescape(re.sub(r'<[^>]*?(?:alt|data-v)="([^"]*)"[^>]*>|<[^>]+>', r" \1 ", text))


def sheets_text(path):
    book = CalamineWorkbook.from_path(str(path))
    return " ".join(
        str(value)
        for name in book.sheet_names
        for row in book.get_sheet_by_name(name).to_python()
        for value in row
    )


def notebook_text(path):
    """What the cells show, words and data; pictures apart."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    shown = json.dumps([cell.get("outputs", []) for cell in cells], ensure_ascii=False)
    return re.sub(r"[A-Za-z0-9+/=\\]{200,}", " ", shown)


READERS = {
    ".html": page_text,
    ".docx": office_text,
    ".pptx": office_text,
    ".ods": office_text,
    ".pdf": pdf_text,
    ".xlsx": sheets_text,
    ".csv": lambda path: path.read_text(encoding="utf-8-sig"),
    ".svg": lambda path: path.read_text(encoding="utf-8"),
    ".json": lambda path: path.read_text(encoding="utf-8"),
    ".ipynb": notebook_text,
}


@cache
def read(path):
    return READERS[path.suffix](path)


def cells_of(path, names, areas):
    """Counts that the tables of a workbook print: (area, measure) -> number, read by their headings."""
    found = {}
    book = CalamineWorkbook.from_path(str(path))
    for sheet in book.sheet_names:
        rows = book.get_sheet_by_name(sheet).to_python()
        heads = next(
            (r for r in rows if sum(str(c).partition("（")[0] in names for c in r) > 1), None
        )
        for row in rows if heads else []:
            name = areas[0] if row and row[0] == "合计" else str(row[0] if row else "")
            area = next((p for p in areas if name in (p, p.rpartition("/")[2])), None)
            for head, value in zip(heads, row, strict=False):
                code = names.get(str(head).partition("（")[0])
                if area and code and isinstance(value, int | float):
                    found[area, code] = float(value)
    return found


@pytest.mark.slow
def test_no_format_of_two_editions_gives_a_count_away(project, tmp_path_factory):
    """A year, then the same year corrected: all files of both, over all pairs of formats, as one attack."""
    root = tmp_path_factory.mktemp("two")
    county_holes.copied(root)
    (root / "codebook").mkdir()
    (root / "codebook" / "own.yml").write_text(HIGH, encoding="utf-8")
    folders, truths = [], []

    def edition(out):
        made = make_report("2025", project=root, jobs=1, public=True, out=root / "reports" / out)
        assert not made.failed, made.failed[0].reason
        folders.append(made.index.parent)
        truths.append(ek.load(root).measures)
        return secret_values(root)

    secret = edition("甲稿")

    def one_more(rows):
        top = county_holes.heading(rows)
        at = next(n for n, head in enumerate(rows[top]) if "党员" in str(head))
        first = next(n for n in range(top + 1, len(rows)) if isinstance(rows[n][at], int | float))
        rows[first][at] += 1
        return rows

    county_holes.rewrite(
        county_holes.county(root / "data" / "raw", 2025) / "党组织台账.xlsx", one_more
    )
    secret |= edition("乙稿")
    assert len(read_editions(ek.load(root).project)) == 2
    long = {f"{v:.0f}" for v in secret if v == int(v) and v >= 100}
    formats = set()
    for folder in folders:
        for path in (p for p in folder.rglob("*") if p.suffix in READERS and p.name != "run.json"):
            formats.add(path.suffix)
            found = long & tokens(read(path))
            assert not found, (path.name, found)
    assert {".html", ".docx", ".pdf", ".xlsx", ".ipynb"} <= formats
    book = ek.load(root).codebook
    names = {m.name: code for code, m in book.measures.items()}
    seen, small = [], set()
    for folder, measures in zip(folders, truths, strict=True):
        here = measures.loc[
            (measures["level"] != "township") & (measures["unit"].isin(["名", "人"]))
        ]
        areas = sorted(here["area"].unique(), key=len)
        told = {}
        for path in folder.rglob("*.xlsx"):
            told |= {("2025", a, c): v for (a, c), v in cells_of(path, names, areas).items()}
        rows = here.dropna(subset=["value"])
        keys = zip(rows["period"], rows["area"], rows["measure"], strict=True)
        truth = dict(zip(keys, rows["value"].astype(float), strict=True))
        told = {k: v for k, v in told.items() if k in truth}
        assert told and all(truth[k] == v for k, v in told.items())
        seen.append(Seen(told, truth))
        small |= {k for k, v in truth.items() if 0 < v < THRESHOLD and k[0] == "2025"}
    assert not set(seen[0].printed) & small
    lost = {k for one in read_editions(ek.load(root).project) for k in one.beyond_recall}
    assert not given_away(seen, small - lost, THRESHOLD, moved=1)  # the total told went up by one


def test_a_public_edition_without_its_record_is_refused(project):
    data = ek.load(project)
    path = data.project.reports / "公开记录.json"
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_text("{", encoding="utf-8")
    try:
        with pytest.raises(InputError, match="公开记录"):
            ek.annual.published(data, "district")
    finally:
        path.unlink() if before is None else path.write_text(before, encoding="utf-8")
