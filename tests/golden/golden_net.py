"""The net: which projects and documents it holds, how they are made, written down and compared."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import golden_places as places
import golden_read as read

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PERIOD = "2025"
PROJECTS = {
    "quick": "the quick demonstration (evalkit demo --quick), six districts",
    "three": "three counties of an invented city (tests/data/three_counties), complete",
    "full": "the demonstration of 24 districts (evalkit demo); only in the campaign",
}
SHORT = ["quick", "three"]
FORMS = {
    "H": "网页",
    "W": "Word",
    "G": "公文",
    "F": "附件",
    "Y": "一页纸",
    "X": "Excel",
    "C": "CSV",
    "S": "屏幕",
    "P": "PDF",
}
# Left out of the 24 districts, so that all is under 3 MB: lists of units, the origin of each number, and published
# figures, which are the same in every project.
NOT_IN_FULL = ["问题清单", "指标出处", "公开数字"]
# A project with ledgers of its own has no index, no reference of another place and no page of public figures unless it
# chooses them: the three counties choose what the demonstration has, so that the net holds those numbers too.
CHOSEN = """\
whatif: 方案.yml
index: annual
published: true
references:
  activity_fund_per_member: fuyang_2015
  instructor_load: load_hefei
  matching_ratio: matching_1_1
  dues_return_rate: dues_full
  dues_return_rate_lag: dues_full
  member_admission_growth: admission_growth_lishui
"""
MANY = 400  # a table with more rows is kept by its areas: number of rows and sum of each column

Place = tuple[str, str, str, str]  # document, section, row, column
Net = dict[tuple[Place, str], str]  # place and form -> value


# making

ASKED = 'changes: {activity.per_member: {2026-01-01: 200}}\nperiods: "2026"\n'


def build(kind: str, folder: Path, jobs: int = 1) -> None:
    """A project in an empty folder, with all that a user makes of it, by the command line."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evalkit.yml").write_text(CHOSEN if kind == "three" else "", encoding="utf-8")
    if kind == "three":
        shutil.copytree(ROOT / "tests" / "data" / "three_counties" / "raw", folder / "data" / "raw")
        (folder / "方案.yml").write_text(ASKED, encoding="utf-8")
    else:
        (folder / "data" / "raw").mkdir(parents=True)
        _run(folder, "demo", *(["--quick"] if kind == "quick" else []))
    said = {
        "report": _run(folder, "report", "--period", PERIOD, "--jobs", str(jobs)),
        "whatif": _run(
            folder, "whatif", "--set", "activity.per_member=200", "--from", "2026-07-01", "--files"
        ),
        "score": _run(folder, "score", "--period", PERIOD, "--stars", "demo_five"),
    }
    for name, text in said.items():
        (folder / f"{name}.said").write_text(text, encoding="utf-8", newline="\n")


def _run(folder: Path, command: str, *words: str) -> str:
    settings = {
        **os.environ,
        "EVALKIT_FONTS": "bundled",
        "PYTHONUTF8": "1",
        "PYTHONPATH": str(ROOT / "src"),
    }
    settings.pop("EVALKIT_PROJECT", None)
    call = [sys.executable, "-m", "evalkit.cli", command, *words, "--project", str(folder)]
    done = subprocess.run(
        call,
        env=settings,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise RuntimeError(f"evalkit {command}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout.replace(str(folder), "项目")


# reading


@dataclass(frozen=True)
class Document:
    """One produced file: the document it is a form of, the form's letter, its path, and how to read it."""

    name: str
    form: str
    path: Path
    reader: Callable[[Path], list[read.Block]]


def documents(folder: Path) -> list[Document]:
    """All documents of a built project that print numbers."""
    report = folder / "reports" / PERIOD
    annual = [
        Document("评估报告", "H", report / "评估报告.html", read.read_html),
        Document("评估报告", "W", report / "评估报告.docx", read.read_docx),
        Document("评估报告", "H", report / "评估报告-附录.html", read.read_html),
        Document("评估报告", "W", report / "评估报告-附录.docx", read.read_docx),
        Document("评估报告", "G", report / "评估报告-公文.docx", read.read_docx),
        Document("评估报告", "F", report / "评估报告-公文附件.docx", read.read_docx),
        Document("评估报告", "Y", report / "评估报告-一页纸.docx", read.read_docx),
        Document("评估报告", "X", report / "评估报告.xlsx", read.read_xlsx),
        Document("问题清单", "X", report / "问题清单（内部资料）.xlsx", read.read_xlsx),
    ]
    pages = {
        "index": "index",
        "provenance": "指标出处",
        "comparison": "区县比较",
        "quality": "数据质量",
        "published": "公开数字",
    }
    annual += [
        Document(name, "H", report / f"{stem}.html", read.read_html) for stem, name in pages.items()
    ]
    for page in sorted((report / "district").glob("*.html")):
        annual.append(Document(f"概况 {page.stem}", "H", page, read.read_html))
        annual.append(Document(f"概况 {page.stem}", "W", page.with_suffix(".docx"), read.read_docx))
    plan = folder / "reports" / "测算"
    annual += [
        Document("测算", "H", plan / "测算说明.html", read.read_html),
        Document("测算", "W", plan / "测算说明.docx", read.read_docx),
        Document("测算", "X", plan / "测算表.xlsx", read.read_xlsx),
        Document("测算底稿", "X", plan / "测算底稿.xlsx", read.read_xlsx),
    ]
    scores = report / "评分"
    annual.append(Document("评分", "X", scores / "评分.xlsx", read.read_xlsx))
    for group, where in {"测算": plan, "评分": scores}.items():
        annual += [
            Document(group, "C", path, read.read_csv) for path in sorted(where.glob("*.csv"))
        ]
    for stem, group in {"whatif": "测算", "score": "评分", "report": "评估报告"}.items():
        annual.append(Document(group, "S", folder / f"{stem}.said", _said))
    return annual


def _said(path: Path) -> list[read.Block]:
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [
        line for line in lines if not re.match(r"生成报告 \d|读取台账 \d|运行 \d", line)
    ]  # progress
    return read.read_screen("\n".join(kept), "屏幕")


def areas_of(folder: Path) -> list[str]:
    """The names of the areas that have a profile, and of the whole."""
    return sorted(page.stem for page in (folder / "reports" / PERIOD / "district").glob("*.html"))


def read_project(folder: Path, kind: str) -> Net:
    """All numbers of a built project."""
    areas = areas_of(folder)
    net: Net = {}
    headings: set[str] = set()
    for document in documents(folder):
        if kind == "full" and document.name in NOT_IN_FULL:
            continue
        blocks = [_summed(block) for block in document.reader(document.path)]
        if document.name == "评估报告":
            headings |= {places.title(b.text) for b in blocks if b.kind in ("heading", "table")}
            headings |= {places.title(b.text) for b in blocks if re.match(r"[表图]\d+", b.text)}
        _take(net, document.name, document.form, places.cells(blocks, areas))
    pages = folder / "reports" / PERIOD
    lines = read.read_pdf(pages / "评估报告.pdf") + read.read_pdf(pages / "评估报告-附录.pdf")
    _take(net, "评估报告（PDF）", "P", places.pdf_cells(lines, headings - {""}))
    return net


def _take(net: Net, document: str, form: str, cells: Iterable[places.Cell]) -> None:
    """CSV files of one command are one form: where two hold one place, both values stay."""
    for cell in cells:
        key = ((document, cell.section, cell.row, cell.column), form)
        net[key] = f"{net[key]} ; {cell.value}" if key in net else cell.value


def _summed(block: read.Block) -> read.Block:
    """A list of hundreds of organisations as one row an area: how many rows, and the sum of each column of numbers."""
    if block.kind != "table" or len(block.body) <= MANY:
        return block
    groups: dict[str, list[list[str]]] = {}
    for row in block.body:
        groups.setdefault("/".join(row[0].split("/")[:2]), []).append(row)
    body = []
    for name, rows in groups.items():
        sums = [f"{len(rows)}行"]
        for column in range(1, len(rows[0])):
            values = [_value(row[column]) for row in rows]
            sums.append(
                f"{sum(v for v in values if v is not None):.10g}"
                if any(v is not None for v in values)
                else ""
            )
        body.append([name, *sums])
    head = [["汇总", "行数", *block.head[-1][1:]]]
    return read.Block("table", block.text, head=head, body=body)


def _value(text: str) -> float | None:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


# writing down


def write(net: Net, folder: Path) -> None:
    """A file a document: sections, in them a line a cell (row, column, value, forms), all sorted."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lines: dict[str, dict[str, dict[tuple[str, str, str], str]]] = {}
    for ((document, section, row, column), form), value in net.items():
        cells = lines.setdefault(document, {}).setdefault(section, {})
        cells[row, column, value] = cells.get((row, column, value), "") + form
    for document, sections in lines.items():
        text = []
        for section in sorted(sections):
            text.append(f"## {section}")
            for (row, column, value), forms in sorted(sections[section].items()):
                text.append(
                    "\t".join([row, column, value, "".join(sorted(forms, key=list(FORMS).index))])
                )
        (folder / f"{document}.txt").write_text(
            "\n".join(text) + "\n", encoding="utf-8", newline="\n"
        )


def load(folder: Path) -> Net:
    net: Net = {}
    for path in sorted(folder.glob("*.txt")):
        section = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("## ") or line == "##":
                section = line[3:]
                continue
            row, column, value, forms = line.split("\t")
            for form in forms:
                net[(path.stem, section, row, column), form] = value
    return net


# comparing


@dataclass(frozen=True)
class Move:
    """A place whose value moved, is gone (`new` is None) or is new (`old` is None), in these forms."""

    place: Place
    forms: str
    old: str | None
    new: str | None

    def __str__(self) -> str:
        old = "（无）" if self.old is None else self.old
        new = "（无）" if self.new is None else self.new
        return f"{_place(self)}: {old} -> {new}"


def compare(old: Net, new: Net) -> list[Move]:
    """What differs, forms with the same difference together; PDF numbers only those that differ."""
    found: dict[tuple[Place, str | None, str | None], str] = {}
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if before != after:
            place, form = key
            if form == "P" and before and after:
                before, after = _differing(before, after)
            found[place, before, after] = found.get((place, before, after), "") + form
    return [Move(place, forms, before, after) for (place, before, after), forms in found.items()]


def _differing(before: str, after: str) -> tuple[str, str]:
    counts = [_counts(before), _counts(after)]
    gone, come = counts[0] - counts[1], counts[1] - counts[0]
    return " ".join(sorted(gone.elements())), " ".join(sorted(come.elements()))


def _counts(text: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for word in text.split():
        number, _, times = word.partition("×")
        counts[number] += int(times or 1)
    return counts


@dataclass(frozen=True)
class Told:
    """Moves by kind; `replaced` are pairs: gone at one place, at another with the same numbers (a reworded sentence)."""

    moved: list[Move]
    replaced: list[tuple[Move, Move]]
    gone: list[Move]
    new: list[Move]


def sorted_out(moves: list[Move]) -> Told:
    """Pairs what is gone with what is new in the same document with the same numbers, the nearest place first."""
    come = [move for move in moves if move.old is None]
    waiting: dict[tuple[str, tuple[str, ...]], list[Move]] = {}
    for move in come:
        waiting.setdefault((move.place[0], tuple(places.numbers(move.new or ""))), []).append(move)
    replaced, gone = [], []
    for move in moves:
        if move.new is not None:
            continue
        others = waiting.get((move.place[0], tuple(places.numbers(move.old or ""))), [])
        if others:
            other = max(others, key=lambda o: (_nearness(o, move), -come.index(o)))
            others.remove(other)
            replaced.append((move, other))
        else:
            gone.append(move)
    rest = {id(move) for others in waiting.values() for move in others}
    moved = [move for move in moves if move.old is not None and move.new is not None]
    return Told(moved, replaced, gone, [move for move in come if id(move) in rest])


def _nearness(one: Move, other: Move) -> int:
    """How many of section, row, column and forms two places share."""
    return sum(
        a == b for a, b in zip([*one.place, one.forms], [*other.place, other.forms], strict=True)
    )


def told(moves: list[Move], limit: int | None = None) -> str:
    """The moves as a list to read: moved values first, then what is gone, new, and the same at another place."""
    all_of = sorted_out(moves)
    head = f"{len(all_of.moved)} cells moved, {len(all_of.gone)} gone, {len(all_of.new)} new"
    head += f", {len(all_of.replaced)} with the same numbers at another place"
    listed = [*map(str, all_of.moved), *map(str, all_of.gone), *map(str, all_of.new)]
    for old, new in all_of.replaced:
        listed.append(f"{_place(old)}: {old.old} => {' | '.join(new.place[1:])}: {new.new}")
    lines = [head, *listed[:limit]]
    if limit is not None and len(listed) > limit:
        lines.append(f"... and {len(listed) - limit} more")
    return "\n".join(lines)


def _place(move: Move) -> str:
    document, *rest = move.place
    return f"{document}（{'、'.join(FORMS[form] for form in move.forms)}） | {' | '.join(rest)}"


REMOVED = HERE / "removed.txt"


def vanished(moves: list[Move]) -> list[Move]:
    """Cells that are gone though their numbers did not come up at another place of the document."""
    return sorted_out(moves).gone


def allowed(kind: str, move: Move, lines: list[str] | None = None) -> bool:
    """Whether removed.txt names the cell: project | document | section | row | column (with * and ?), tab, reason."""
    if lines is None:
        lines = REMOVED.read_text(encoding="utf-8").splitlines()
    for line in lines:
        pattern, _, reason = line.partition("\t")
        words = [word.strip() for word in pattern.split(" | ")]
        if reason.strip() and len(words) == 5 and all(map(fnmatchcase, [kind, *move.place], words)):
            return True
    return False


def make(kinds: list[str], work: Path, jobs: int = 1) -> dict[str, Net]:
    """Builds and reads the projects, side by side."""

    def one(kind: str) -> Net:
        folder = work / kind
        build(kind, folder, jobs)
        return read_project(folder, kind)

    with ThreadPoolExecutor(len(kinds)) as pool:
        return dict(zip(kinds, pool.map(one, kinds), strict=True))
