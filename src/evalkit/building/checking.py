"""What `evalkit check` says: the findings of an import, in the office's own terms."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from evalkit.building.build import build
from evalkit.building.explaining import explained
from evalkit.building.lone import measures_of, with_years
from evalkit.building.sources import labelled, mapping_of, nearest_mapping
from evalkit.building.typed import differing, typed_totals
from evalkit.codebook import Codebook
from evalkit.codebook.kept import COUNTED
from evalkit.files import put
from evalkit.indicators.areas import build_areas, full_paths, home_of
from evalkit.indicators.blocks import plain
from evalkit.indicators.evaluate import evaluate
from evalkit.indicators.extent import Expected
from evalkit.indicators.load import load
from evalkit.indicators.project import BESIDE, Project, find_project, nearest_codebook
from evalkit.indicators.reporting import COLUMNS as EXTENTS
from evalkit.indicators.reporting import LEDGER_OF, extents
from evalkit.indicators.store import read_table, schema, written_out
from evalkit.indicators.submitted import Submitted
from evalkit.ledgers import Ledger, corrections, from_sheets, parcel
from evalkit.ledgers.account import SheetAccount, column_table, row_table
from evalkit.ledgers.causes import STAGES, Cause
from evalkit.ledgers.causes import causes as causes_of
from evalkit.ledgers.files import RawSheet, list_files, read_sheets
from evalkit.ledgers.headings import Headings
from evalkit.ledgers.persons import label, told
from evalkit.ledgers.place import locate
from evalkit.problems import SEVERITIES, InputError, Problem
from evalkit.world.period import in_time

SHOWN_PER_KIND, FILES_SHOWN = 5, 40
UNREAD = "有{n}项送来了但没有读进来（见最前面），先处理它们，再看下面的缺报。"
FEW_FILES = 5  # of a folder without ledgers that the message names
PERIODS_TOLD = 2  # of who is absent: the one judged and the one compared with
SENT = ["file", "sheet", "form", "area", "period", "rows", "reason"]


@dataclass(frozen=True)
class Findings:
    """Problems of some ledgers and what was read from them.

    Attributes
    ----------
    rows
        File -> table -> rows.
    sent
        One row a sheet: file, sheet, form, area (its district, or what its districts have in common), period, rows.
    sources
        File -> where it lies.
    indicators
        Called for what the ledgers give.
    extents
        Of a project: who sent which ledger (`evalkit.indicators.reporting`).
    mapping
        What the office's own mapping.yml says of headings, rows and columns.
    account
        What became of every row and column (`evalkit.ledgers.account`); of a project's build none.
    """

    problems: tuple[Problem, ...]
    rows: dict[str, dict[str, int]]
    codebook: Codebook
    sent: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=SENT))
    sources: dict[str, Path] = field(default_factory=dict)
    indicators: Callable[[], pd.DataFrame] | None = None
    extents: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=EXTENTS))
    mapping: Mapping[str, Any] = field(default_factory=dict)
    account: tuple[SheetAccount, ...] = ()
    _owners: dict[tuple[str, str], str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def n_errors(self) -> int:
        return sum(problem.severity == "error" for problem in self.problems)

    @property
    def absent(self) -> list[str]:
        """A line for each of the last two periods from which an expected area or ledger is missing."""
        periods = in_time(self.extents["period"])[-PERIODS_TOLD:]
        said = (Submitted.of(self.extents, period, self.codebook) for period in periods)
        return [one.words() for one in said if not one.full]

    def explained(self) -> list[str]:
        """Which rule made every row and column what it is, a line each."""
        return explained(self.account, self.codebook)

    def explained_as_json(self) -> dict[str, Any]:
        """The same as data: runs of rows and columns."""
        tables = {"rows": row_table(self.account), "columns": column_table(self.account)}
        return {name: table.to_dict("records") for name, table in tables.items()}

    @cached_property
    def causes(self) -> list[Cause]:
        """The problems as what is to be done, one message a cause, in the order of work."""
        rows = self.sent.dropna(subset=["file", "sheet"])
        counts = {
            (str(file), str(sheet)): int(n)
            for file, sheet, n in zip(rows["file"], rows["sheet"], rows["rows"], strict=True)
            if n == n and n is not None
        }
        return causes_of(self.problems, counts, Headings(self.codebook.headings))

    def as_json(self) -> dict[str, Any]:
        problems = [asdict(p) | {"title": p.title} for p in self.problems]
        causes = [
            asdict(c.problem)
            | {"title": c.problem.title, "places": len(c.findings), "follows": len(c.follows)}
            for c in self.causes
        ]
        return {
            "files": self.rows,
            "causes": causes,
            "problems": problems,
            "errors": self.n_errors,
            "absent": self.absent,
        }

    def owner(self, file: str, sheet: str = "") -> str:
        """The area that a sheet (or a whole file) belongs to: its district, or what its districts have in common."""
        if (file, sheet) not in self._owners:
            self._owners[file, sheet] = self._owner(file, sheet)
        return self._owners[file, sheet]

    def _owner(self, file: str, sheet: str) -> str:
        mine = self.sent.loc[
            (self.sent["file"] == file) | self.sent["file"].str.startswith(file + "/")
        ]
        told = common(mine.loc[mine["sheet"] == sheet, "area"].dropna()) or common(
            mine["area"].dropna()
        )
        if told or not file:
            return told
        path = PurePosixPath(file)
        said = locate(
            [("文件名", path.stem), *(("文件夹", part) for part in reversed(path.parts[:-1]))]
        ).area
        home = home_of(said) if said else ""
        longer = (
            {a for a in self.sent["area"].dropna() if a.endswith("/" + home)} if home else set()
        )
        return longer.pop() if len(longer) == 1 else home

    def lines(self) -> list[str]:
        """The report for a terminal: what was read, findings by kind, then the findings themselves, worst first."""
        order = list(SEVERITIES)
        causes = self.causes
        # a finding inside a zip counts for the zip where that is what stands in the list
        counts = Counter[tuple[str, str]](
            (str(f), c.problem.severity)
            for c in causes
            for file in dict.fromkeys(p.file for p in c.findings)
            for f in (PurePosixPath(file) / "_").parents
        )
        rows = [["文件", *(SEVERITIES[s][0] for s in order), "读入"]]
        for file, tables in [*self.rows.items()][:FILES_SHOWN]:
            said = (
                "，".join(f"{table}{n:,}行" for table, n in tables.items() if n) or "没有读入数据"
            )
            rows.append([file, *(str(counts[file, s]) for s in order), said])
        out = aligned(rows) if self.rows else []
        if len(self.rows) > FILES_SHOWN:
            out.append(f"……另有{len(self.rows) - FILES_SHOWN}个文件")
        for stage, name in enumerate(STAGES):
            mine = [c for c in causes if c.stage == stage]
            if mine:
                out += ["", f"【{name}】{len(mine)}项", *_told(mine)]
        totals = Counter[str](c.problem.severity for c in causes)
        cells = Counter[str](c.problem.severity for c in causes for _ in c.findings)
        unread = sum(c.stage == 0 for c in causes)
        absent = self.absent
        out += [
            "",
            f"共 {len(self.rows)} 个文件："
            + "，".join(_counted(s, totals, cells) for s in order)
            + "。原文件没有改动。",
            *([UNREAD.format(n=unread)] if unread and absent else []),
            *absent,
        ]
        return out


def _told(causes: Sequence[Cause]) -> list[str]:
    """Causes of one stage, a line each and one for what follows from it; of many of a kind the first."""
    out: list[str] = []
    of_kind = Counter((c.problem.severity, c.problem.code) for c in causes)
    shown: Counter[tuple[str, str]] = Counter()
    for cause in causes:
        problem = cause.problem
        kind = (problem.severity, problem.code)
        shown[kind] += 1
        if shown[kind] <= SHOWN_PER_KIND:
            out.append(f"  {problem}")
            if cause.told:
                out.append(f"      {cause.told}")
        if shown[kind] == of_kind[kind] > SHOWN_PER_KIND:
            out.append(f"  ……另有{of_kind[kind] - SHOWN_PER_KIND}项：{problem.title}")
    return out


def _counted(severity: str, causes: Mapping[str, int], findings: Mapping[str, int]) -> str:
    """错误2项（41处）: so many things to do, so many cells."""
    n, cells = causes.get(severity, 0), findings.get(severity, 0)
    return f"{SEVERITIES[severity][0]}{n}项" + (f"（{cells}处）" if cells != n else "")


def common(areas: Iterable[str]) -> str:
    """The path that several areas share; the area itself where it is one."""
    paths = [str(a).split("/") for a in dict.fromkeys(areas)]
    shared: list[str] = []
    for names in zip(*paths, strict=False):
        if len(set(names)) > 1:
            break
        shared.append(names[0])
    return "/".join(shared)


def aligned(rows: Sequence[Sequence[str]], limit: int = 72) -> list[str]:
    """Columns under each other where a Chinese character is two wide; numbers to the right, the last column as it is."""
    from rich.cells import cell_len

    widths = [
        *(min(limit, max(cell_len(row[j]) for row in rows)) for j in range(len(rows[0]) - 1)),
        0,
    ]
    out = []
    for row in rows:
        gaps = [
            " " * max(0, width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        out.append(
            "  ".join(
                g + c if 0 < j < len(row) - 1 else c + g
                for j, (c, g) in enumerate(zip(row, gaps, strict=True))
            ).rstrip()
        )
    return [out[0], "-" * min(100, sum(widths) + 2 * len(widths) - 2), *out[1:]]


def _sent(sheets: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """The sheets with the district of their rows: `places` has source_file, source_sheet and area of all tables."""
    out = sheets.rename(
        columns={"source_file": "file", "source_sheet": "sheet", "kept": "rows"}
    ).reindex(columns=SENT)
    out = out.astype("object").where(out.notna(), None)
    paths = {home_of(a) for a in [*places["area"].dropna().unique(), *filter(None, out["area"])]}
    full = full_paths(
        paths
    )  # one sheet says 演示省/演示01区, another of the same district 演示01区 only
    homes = {
        key: common(full.get(h := home_of(a), h) for a in group["area"].dropna().unique())
        for key, group in places.groupby(["source_file", "source_sheet"])
    }
    told = [home_of(a) if a else None for a in out["area"]]
    out["area"] = [
        homes.get((f, s)) or (full.get(a, a) if a else None)
        for f, s, a in zip(out["file"], out["sheet"], told, strict=True)
    ]
    return out


def _no_path(path: Path) -> Problem:
    found, advice = "没有这个文件或文件夹", "核对路径"
    return Problem("file_unreadable", "error", label(str(path)), "", found, advice=advice)


def check_paths(paths: Sequence[str | Path]) -> Findings:
    """Read files or folders without a project and list what was found."""
    codebook = nearest_codebook()
    problems: list[Problem] = []
    rows: dict[str, dict[str, int]] = {}
    parts: list[pd.DataFrame] = []
    sources: dict[str, Path] = {}
    ledgers: list[Any] = []
    mappings: dict[str, Any] = {}
    for path in map(Path, paths):
        if not path.exists():
            problems.append(_no_path(path))
            continue
        root = path if path.is_dir() else path.parent
        listed, wrong = list_files(path)
        fixes = [file for name, file in listed if PurePosixPath(name).name == corrections.NAME]
        if path.is_file():
            fixes = corrections.correction_files(root, path.name)
        listed = (
            [(n, f) for n, f in listed if PurePosixPath(n).name not in BESIDE]
            if path.is_dir()
            else listed
        )
        known, unclear = corrections.read_corrections(fixes, root)
        sheets: list[RawSheet] = []
        for name, file in listed:
            found, unread = read_sheets(file, name=name)
            sheets += found
            wrong += unread
            sources[name] = file
            rows.setdefault(name, {})
        files = list(dict.fromkeys(s.file for s in sheets))
        mine = [c for c in known if path.is_dir() or corrections.target_of(c, files)]
        sheets, said = corrections.apply_corrections(sheets, mine)
        ages = {name: file.stat().st_mtime for name, file in listed if file.exists()}
        mapping = None
        try:
            mapping = nearest_mapping(root, codebook)
        except InputError as error:
            wrong += error.problems
        mappings |= mapping or {}
        ledger = from_sheets(
            sheets, codebook=codebook, mapping=mapping, folder=root.resolve().name, ages=ages
        )
        n_rows = {
            table: frame["source_file"].value_counts(sort=False)
            for table, frame in ledger.tables.items()
        }
        ledger = with_years(ledger, codebook)
        ledgers.append(ledger)
        wrong += _totals_differing(ledger, codebook)
        problems += [*told([*wrong, *unclear, *said]), *ledger.problems]
        for table, counts in n_rows.items():
            for key, n in counts.items():
                rows.setdefault(str(key), {})[codebook.tables[table].name] = int(n)
        places = pd.concat(
            [f[["source_file", "source_sheet", "area"]] for f in ledger.tables.values()]
        ).drop_duplicates()
        parts.append(_sent(ledger.sheets, places))
    if not sources and all(Path(path).is_dir() for path in paths):
        where = "、".join(label(Path(path).resolve().name) for path in paths)
        left = [f"{p.file}（{p.found}）" for p in problems][:FEW_FILES]
        advice = "把台账（xlsx、xls、csv、docx ……）放进这个文件夹，或核对路径"
        nothing = "文件夹里没有可读的台账" + (f"，只有{'、'.join(left)}" if left else "")
        raise InputError(Problem("data_missing", file=where, found=nothing, advice=advice))
    rows = {
        name: n for name, n in rows.items() if n or not any(k.startswith(name + "/") for k in rows)
    }

    def indicators() -> pd.DataFrame:
        return pd.concat(
            [evaluate(measures_of(one, codebook), codebook=codebook) for one in ledgers],
            ignore_index=True,
        )

    sent = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=SENT)
    tables = (
        [one.tables for one in ledgers] if all(path.is_dir() for path in map(Path, paths)) else []
    )
    return Findings(
        problems=tuple(problems),
        rows=dict(sorted(rows.items())),
        codebook=codebook,
        sent=sent,
        sources=sources,
        indicators=indicators,
        extents=_extents_of(tables, codebook),
        mapping=mappings,
        account=tuple(sheet for one in ledgers for sheet in one.account),
    )


def _totals_differing(ledger: Ledger, codebook: Codebook) -> list[Problem]:
    """Totals of a 工作报表 that do not fit the ledgers beside it; measures are made only where one is typed."""
    figures = ledger.tables.get("figures", pd.DataFrame())
    if not len(typed_totals(figures, codebook)):
        return []
    said = [(one.file, one.where) for one in ledger.problems if one.code == "total_differs"]
    measures = measures_of(ledger, codebook)
    return differing(figures, measures, lambda table: ledger.tables[table], codebook, said)


def _extents_of(ledgers: Sequence[Mapping[str, pd.DataFrame]], codebook: Codebook) -> pd.DataFrame:
    """Who sent which ledger, of the tables of whole folders; a lone file expects nobody else."""
    places: dict[str, list[tuple[str, str]]] = {}
    given = [tables["areas"] for tables in ledgers if len(tables.get("areas", ()))]
    for tables in ledgers:
        for table, ledger in LEDGER_OF.items():
            rows = tables.get(table, pd.DataFrame(columns=["area", "period"]))
            if "status" in rows:  # what a ledger counts is no 工作报表 that was sent
                rows = rows[~rows["status"].isin(COUNTED).fillna(False).astype(bool)]
            pairs = rows[["area", "period"]].dropna().drop_duplicates()
            places.setdefault(ledger, []).extend(pairs.itertuples(index=False, name=None))
    stated: dict[str, list[tuple[str, str]]] = {}  # ledgers that say 无
    for tables in ledgers:
        for row in tables.get("nothing", pd.DataFrame()).dropna().itertuples():
            stated.setdefault(row.ledger, []).append((row.area, row.period))
    everywhere = sorted({one for pairs in (*places.values(), *stated.values()) for one in pairs})
    if not everywhere:
        return pd.DataFrame(columns=EXTENTS)
    full = full_paths(home_of(area) for area, _ in everywhere)
    reported = pd.DataFrame(
        [(written_out(area, full), period, 1.0) for area, period in everywhere],
        columns=["area", "period", "value"],
    )
    areas = build_areas(reported["area"].unique(), pd.concat(given) if given else None)
    sent, nothing = (
        {
            ledger: frozenset((home_of(written_out(area, full)), period) for area, period in pairs)
            for ledger, pairs in some.items()
        }
        for some in (places, stated)
    )
    levels = dict(zip(areas["area"], areas["level"], strict=True))
    return extents(sent, nothing, Expected.of(reported, areas), codebook, levels)


def check_project(project: str | Path | Project | None = None) -> Findings:
    """The findings of the project's own build."""
    found = find_project(project)
    made = build(found)
    data = load(found, dataset=made.dataset)
    names = {code: table.name for code, table in found.codebook.tables.items()}
    problems = [
        Problem(
            r["code"],
            r["severity"],
            r["file"] or "",
            "!".join(filter(None, (r["sheet"], r["cell"]))),
            *(r[c] or "" for c in ("found", "read", "allowed", "advice")),
        )
        for r in data.problems.astype("object").where(lambda f: f.notna(), "").to_dict("records")
    ]
    rows = {
        item["file"]: {names.get(t, t): n for t, n in item["rows"].items()} for item in made.files
    }
    keys = ["source_file", "source_sheet", "area"]
    tables = [
        read_table(data.stored(t), schema(found.codebook, t), keys)
        for t in names
        if t != "problems"
    ]
    places = pd.concat([plain(table.group_by(keys).aggregate([])).to_pandas() for table in tables])
    sheets = data.about("sheets")
    sources = labelled(found, made.dataset)
    return Findings(
        problems=tuple(problems),
        rows=rows,
        codebook=found.codebook,
        sent=_sent(sheets, places),
        sources=sources,
        indicators=lambda: data.indicators,
        extents=data.extents,
        mapping=mapping_of(found) or {},
    )


def folder_of(project: str | Path | Project | None = None) -> Path:
    """Where the ledgers of a project lie."""
    found = find_project(project)
    return found.data / found.dataset


def parcels_of(
    paths: Sequence[Path] | None,
    project: str | Path | Project | None = None,
    out: Path | None = None,
    keep_headings: bool = False,
) -> list[tuple[Path, parcel.Parcel]]:
    """The files written and what they hold: of each path, of a project's ledgers where none is given.

    Without `out` a parcel stands in the working folder as 样张.zip; nobody's file is written over.
    """
    if paths:
        codebook, wanted = nearest_codebook(), [Path(path) for path in paths]
    else:
        found = find_project(project)
        codebook, wanted = found.codebook, [folder_of(found)]
    gone = [_no_path(path) for path in wanted if not path.exists()]
    if gone:
        raise InputError(gone)
    written = []
    for n, path in enumerate(wanted, 1):
        problems = check_paths([path]).problems
        made = parcel.parcel_of(path, codebook, problems, keep_headings)
        name = out or Path("样张.zip")
        if len(wanted) > 1:
            name = name.with_name(f"{name.stem}{n}{name.suffix}")
        written.append((put(name, made.content, avoid=wanted, keep=True), made))
    return written


def file_date(path: Path) -> str:
    """The day a file was last saved; nothing where it is gone."""
    return (
        dt.datetime.fromtimestamp(path.stat().st_mtime).strftime("%Y-%m-%d")
        if path.exists()
        else ""
    )
