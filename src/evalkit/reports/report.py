"""The report of a period: notebooks run side by side, a page each, an index over everything."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

import evalkit
from evalkit.building import build
from evalkit.documents.official import LIMIT
from evalkit.files import safe_name
from evalkit.indicators import find_project, load
from evalkit.indicators.goals import GOALS
from evalkit.indicators.load import Data
from evalkit.indicators.project import Project
from evalkit.problems import InputError, Problem
from evalkit.reports.annual import areas_of, make_slots
from evalkit.reports.disclosure import settle
from evalkit.reports.estimate import scenario_of
from evalkit.reports.explore import EXPLORER, write_explorer
from evalkit.reports.index import BESIDE, Made, write_index
from evalkit.reports.publish import ANNUAL, WHOLE, annual_forms, checked, post
from evalkit.reports.ready import ensure_ledgers
from evalkit.reports.register import read_register
from evalkit.reports.scope import Scope
from evalkit.reports.selfeval import MADE as SELF_EVALUATIONS
from evalkit.reports.selfeval import Filled, check_forms, write_all
from evalkit.reports.selfeval_filling import stamps
from evalkit.reports.sentences import faults
from evalkit.reports.verify import (
    RECORD,
    all_current,
    clear,
    record_of,
    recorded,
    self_evaluations_due,
    set_aside,
    write_record,
)
from evalkit.reports.voice import voice_of
from evalkit.runner import Job, Outcome, run
from evalkit.world.period import Period, precedes

PAGES: tuple[tuple[str, str, str], ...] = (  # notebook, title, name of its files
    ("annual", "评估报告", ANNUAL),
    ("comparison", "{place}比较", "comparison"),
    ("published", "公开数字", "published"),
    ("quality", "数据质量", "quality"),
)
PUBLIC = ("annual", "published")  # what has no rows of ledgers and knows how to hide small numbers
PROFILE = ("html", "docx")
SLOTS = ("评估依据", "主要做法", "典型经验", "原因分析", "上年问题整改", "下步建议")


@dataclass(frozen=True)
class Report:
    """What a report run made: its index, the outcome of every notebook, whether anything was done, who is absent."""

    index: Path
    outcomes: tuple[Outcome, ...]
    changed: bool
    problems: tuple[Problem, ...] = ()
    absent: tuple[str, ...] = ()  # a line for each period compared from which something is missing
    complete: bool = True  # whether everything expected of the period judged is there

    @property
    def failed(self) -> tuple[Outcome, ...]:
        return tuple(o for o in self.outcomes if o.state == "failed")


def notebook_path(project: Project, name: str) -> Path:
    """A notebook of the project, else the one that comes with the program."""
    for folder in (project.root / "notebooks", Path(evalkit.__file__).parents[2] / "notebooks"):
        if (folder / f"{name}.ipynb").is_file():
            return folder / f"{name}.ipynb"
    raise InputError(
        Problem(
            "data_missing",
            file=f"{name}.ipynb",
            found="找不到笔记本",
            advice="请恢复 notebooks 文件夹",
        )
    )


def make_report(
    period: str | None = None,
    *,
    baseline: str | None = None,
    level: str | None = None,
    within: str | None = None,
    project: str | Path | None = None,
    dataset: str | None = None,
    out: str | Path | None = None,
    jobs: int | None = None,
    force: bool = False,
    formats: Sequence[str] = (),
    ranking: str = "full",
    public: bool = False,
    whatif: str | Path | None = None,
    only: Sequence[str] | None = None,
    progress: Callable[[Any], None] | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> Report:
    """Build what changed, run the notebooks of the period, write their forms, the index and ``run.json``.

    Parameters
    ----------
    period
        The last one with data by default.
    baseline
        The period that it is compared with; by default the last one before it of the same kind (year, quarter, month)
        that has data. Everything that is compared calls it by its name: 上年 only where it is the year before.
    level, within
        Level of the areas compared (districts where there are any, else the level with most areas), and the area inside
        which they lie.
    out
        Folder; ``reports/<period>`` of the project by default (``<period>-公开稿`` with `public`).
    formats
        Forms of the profiles and pages beside HTML and Word; the annual report is made in all but those that are only
        made where they are asked for (``ods``).
    ranking
        ``full`` prints ranks, ``bands`` thirds and grades, ``none`` neither.
    public
        The version to be forwarded: small numbers of persons and dominated amounts hidden, pictures as files, no
        lists, no pages that show rows of ledgers.
    whatif
        A scenario that the report reckons (补助标准测算); by default that of ``evalkit.yml``, else none.
    only
        Pages to make, by the name of their notebook, without the profiles; all by default.
    progress, note
        Called with the runner's events, and with one Chinese line per step.

    Returns
    -------
    Report; a notebook that fails leaves an entry, the others are written.
    """
    started = time.time()
    extra = checked(formats)
    if ranking not in ("none", "bands", "full"):
        raise InputError(
            Problem("value_invalid", where="--ranking", found=ranking, allowed="none、bands、full")
        )
    found = find_project(project)
    if problems := faults(voice_of(found)):
        raise InputError(problems)
    scenario = scenario_of(found, whatif)
    dataset = dataset or found.dataset
    ensure_ledgers(found, dataset, note, _lines("生成演示台账", note))
    manifest = build(found, dataset=dataset, progress=_lines("读取台账", note))
    published = build(found, dataset="published")
    if lost := [*manifest.damaged, *published.damaged]:
        note(f"存下的数据有损坏（{'、'.join(lost)}），已从台账重新整理")
    data = load(found, dataset=dataset)
    period = str(Period.read(period) or period) if period else data.last
    baseline = None if baseline is None else str(Period.read(baseline) or baseline)
    if period not in data.periods:
        advice = "有数据的时期：" + "、".join(data.periods) + _unfinished(data, period)
        raise InputError(Problem("period_unknown", where="--period", found=period, advice=advice))
    baseline = _baseline(data, period, baseline)
    level = level or _usual_level(data, period, within)
    areas, silent = _areas(data, period, level, within)
    folder = Path(out) if out else found.reports / (f"{period}-公开稿" if public else period)
    writable(folder)
    before = recorded(folder)
    for old, new in set_aside(folder, before):
        note(f"{old} 生成后有人改动过，改动稿另存为 {new}，没有覆盖")
    make_slots(found, period, SLOTS)
    depends = (
        manifest.folder / "manifest.json",
        manifest.folder / "indicators.parquet",
        manifest.folder / "measures.parquet",
        found.root / "evalkit.yml",
        found.root / GOALS,
        found.root / "texts" / "templates",
        found.root / "index.yml",
        *([scenario] if scenario else []),
        *found.registers(),
    )
    for problem in read_register(found, period).problems:
        note(problem.text())
    check_forms(found, dataset)
    scope = Scope.about(data, period, baseline, level, within, ranking, public)
    depends = (*depends, *_withheld(data, scope, folder.name, note))
    common = {**scope.parameters(), "project": str(found.root), "dataset": dataset}
    common["whatif"] = str(scenario) if scenario else None
    place = scope.place
    work = []
    for name, heading, file in _pages(found, public, only):
        title = heading.format(place=place)
        source = notebook_path(found, name)
        more = (
            (found.root / "texts" / period,)
            if name == "annual"
            else (published.folder / "manifest.json",)
        )
        of_page = checked(("html", *(form for form in extra if form not in WHOLE)))
        forms = annual_forms(extra) if name == "annual" else of_page
        work.append(
            Job(
                title,
                source,
                folder / f"{file}.ipynb",
                _only(source, common),
                (*depends, *more),
                post(forms, public),
            )
        )
    district, names = notebook_path(found, "district"), _file_names(areas)
    each = post(checked((*PROFILE, *(form for form in extra if form not in WHOLE))), public)
    work += [
        Job(
            area,
            district,
            folder / "district" / f"{names[area]}.ipynb",
            _only(district, common | {"area": area}),
            depends,
            each,
        )
        for area in (areas if only is None else ())
    ]
    note(f"运行 {len(work)} 个笔记本（{len(areas)} 个{place}）")
    outcomes = run(
        work,
        workers=jobs,
        state=found.cache / "runs" / safe_name(str(folder.name)),
        force=force,
        progress=progress,
    )
    made = Made(found, data, common, areas, silent, names, folder, tuple(outcomes))
    index = folder / "index.html"
    changed = (
        any(o.state != "up_to_date" for o in outcomes)
        or not index.exists()
        or record_of(folder).name != RECORD
        or (folder / EXPLORER).exists() != bool(found.settings["explorer"])
    )
    changed = changed or not (folder / RECORD).exists() or any(BESIDE in name for name in before)
    changed = changed or not all_current(folder)  # what failed then is put back, and made already
    evaluated = {} if public or only is not None else stamps(found, dataset)
    changed = changed or self_evaluations_due(folder, evaluated)
    if public and stamps(found, dataset):
        note("绩效自评表不在公开稿里：各地各项的数没有遮盖。要公开的，由本单位审定后另发")
    if changed:
        if evaluated:
            filled = _self_evaluations(made, folder, note)
            made = replace(made, filled=filled, forms=evaluated)
        for text in [*made.problems, *notes_of(outcomes)]:
            note(text)
        if made.length is not None:
            left = LIMIT - made.length
            note(
                f"公文正文{made.length:,}字（限{LIMIT:,}字），{'还可写' if left >= 0 else '超出'}{abs(left):,}字"
            )
        explorer = [write_explorer(made.scope, folder)] if found.settings["explorer"] else []
        pages = [*write_index(made), *explorer]
        for path in (*pages, write_record(made, pages, time.time() - started)):
            if BESIDE in path.name:
                note(
                    f"{path.name.replace(BESIDE, '')} 正被其他程序打开，新的写在 {path.name}；关闭后再运行一次即可"
                )
        index = pages[0]
        clear(folder, before)
    submitted = [data.submitted(time, within) for time in (period, baseline) if time is not None]
    absent = tuple(one.words() for one in submitted if not one.full)
    return Report(index, tuple(outcomes), changed, absent=absent, complete=submitted[0].full)


def _self_evaluations(made: Made, folder: Path, note: Callable[[str], None]) -> tuple[Filled, ...]:
    """The 绩效自评表 of the year; one that cannot be filled is told, and the report stands without it."""
    target, within = folder / SELF_EVALUATIONS, made.parameters.get("within")
    try:
        return tuple(write_all(made.data, made.period, target, within))
    except InputError as error:
        for problem in error.problems:
            note(problem.text())
        return ()


def _unfinished(data: Data, period: str) -> str:
    """Why there is no year though there are quarters of it; nothing for any other period."""
    whole = Period.read(period)
    parts = [Period.parse(one) for one in data.periods]
    inside = [one for one in parts if whole and one != whole and whole.contains(one)]
    if not inside:
        return ""
    return (
        f"；{period}年要等最后一期（四季度、下半年或12月）报齐才汇总，现在报到{inside[-1].words()}"
    )


def _withheld(data: Data, scope: Scope, name: str, note: Callable[[str], None]) -> tuple[Path, ...]:
    """Of a public version the file that says what it withholds, decided before anything is made; none of any other."""
    if not scope.public:
        return ()
    path, lines = settle(data, name, scope.period, scope.level, scope.within)
    for line in lines:
        note(line)
    return (path,)


def _pages(
    project: Project, public: bool, only: Sequence[str] | None
) -> list[tuple[str, str, str]]:
    """The pages to make: those asked for, of a public version what may be public, published figures where wanted."""
    return [
        page
        for page in PAGES
        if (only is None or page[0] in only)
        and (not public or page[0] in PUBLIC)
        and (page[0] != "published" or _wants_published(project))
    ]


def _wants_published(project: Project) -> bool:
    """Whether figures of other places belong to the report: to the demonstration, else where the project says so."""
    return project.dataset == "demo" or bool(project.settings["published"])


def notes_of(outcomes: Sequence[Outcome]) -> list[str]:
    """What the runner noted, each once: with the notebook where it is of one, else of how many."""
    keys: dict[str, list[str]] = {}
    for outcome in outcomes:
        for note in filter(None, outcome.note.split("；")):
            keys.setdefault(note, []).append(outcome.key.rpartition("/")[2])
    return [
        f"{of[0]}：{note}" if len(of) == 1 else f"{note}（{len(of)} 项）"
        for note, of in keys.items()
    ]


def _baseline(data: Data, period: str, wanted: str | None) -> str | None:
    """The period compared with: the one asked for, else the last one before of the same kind; None where there is none."""
    kind = Period.parse(period).kind
    earlier = [p for p in data.periods if precedes(p, period) and Period.parse(p).kind == kind]
    if wanted is None:
        return earlier[-1] if earlier else None
    if str(wanted) not in earlier:
        allowed = "、".join(earlier) or f"没有早于{period}的同类时期"
        raise InputError(
            Problem("period_unknown", where="--baseline", found=str(wanted), allowed=allowed)
        )
    return str(wanted)


def writable(folder: Path) -> None:
    """Stop before any work where nothing can be written."""
    probe = folder / f".{os.getpid()}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"0" * 4096)
    except OSError as error:
        advice = "请检查文件夹的写权限和磁盘空间，或用 --out 换一个文件夹"
        raise InputError(
            Problem("output_unwritable", file=str(folder), found=str(error), advice=advice)
        ) from error
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)


def _lines(what: str, note: Callable[[str], None]) -> Callable[[int, int, str], None]:
    """Progress as a line at every fifth of the way."""
    said = [0]

    def progress(done: int, total: int, name: str) -> None:
        if total > 1 and done * 5 // total > said[0]:
            said[0] = done * 5 // total
            note(f"{what} {done}/{total}")

    return progress


def _reporting(data: Data, period: str) -> pd.DataFrame:
    """The indicators of a period that have a value."""
    return data.indicators.loc[
        (data.indicators["period"] == period) & data.indicators["value"].notna()
    ]


def _usual_level(data: Data, period: str, within: str | None) -> str:
    """District where there is one with data, else the level with most areas that reported."""
    root = f"{data.find_area(within)}/" if within else ""
    frame = _reporting(data, period).drop_duplicates("area")
    counts = frame.loc[frame["area"].str.startswith(root), "level"].value_counts()
    return "district" if "district" in counts or not len(counts) else str(counts.index[0])


def _areas(data: Data, period: str, level: str, within: str | None) -> tuple[list[str], list[str]]:
    """The areas that reported in the period, and those that did not, both in administrative order."""
    frame = _reporting(data, period)
    here = set(frame.loc[frame["level"] == level, "area"])
    wanted = areas_of(data, period, level, within)
    if not here & set(wanted):
        levels = "、".join(sorted(set(frame["level"].dropna())))
        advice = "请换一个层级或检查 --within"
        raise InputError(
            Problem("area_unknown", where="--level", found=level, allowed=levels, advice=advice)
        )
    return [a for a in wanted if a in here], [a for a in wanted if a not in here]


def _file_names(areas: list[str]) -> dict[str, str]:
    """A safe file name per area: its name, or its whole path where two areas share a name; never one name twice."""
    last = [safe_name(area.rpartition("/")[2]) for area in areas]
    plain = [name.casefold() for name in last]
    names: dict[str, str] = {}
    for area, name in zip(areas, last, strict=True):
        found = name if plain.count(name.casefold()) == 1 else safe_name(area.replace("/", "-"))
        taken, n, stem = {v.casefold() for v in names.values()}, 1, found
        while found.casefold() in taken:
            n += 1
            found = f"{stem[:56]}-{n}"
        names[area] = found
    return names


def _only(notebook: Path, parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters that the notebook's own parameters cell names."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    source = next(
        ("".join(c["source"]) for c in cells if "parameters" in c["metadata"].get("tags", [])), ""
    )
    known = set(re.findall(r"^(\w+)\s*(?::[^=]+)?=", source, flags=re.M))
    return {key: value for key, value in parameters.items() if key in known}
