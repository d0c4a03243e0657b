"""Stored tables to measures and indicators: block by block, so that memory grows with a block and not with the country."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

import evalkit
from evalkit.building import baseline
from evalkit.building.batches import Batch
from evalkit.building.late import late
from evalkit.building.reading import Stored
from evalkit.building.sources import SourceFile, corrected_by
from evalkit.building.through_time import (
    ANSWERED,
    LINKED_COLUMNS,
    LinkedUnits,
    units_through_time,
)
from evalkit.building.typed import ROWS, differing
from evalkit.building.whole_periods import years_that_differ
from evalkit.codebook import Codebook
from evalkit.codebook.kept import BY_PARTS, COUNTED, SHEET_COLUMNS, SHEETS
from evalkit.indicators.areas import build_areas, full_paths, home_of
from evalkit.indicators.blocks import plain, with_home
from evalkit.indicators.due import Due, due_of
from evalkit.indicators.evaluate import evaluate
from evalkit.indicators.extent import Expected
from evalkit.indicators.goals import GOALS, placed
from evalkit.indicators.kept_cover import (
    BEFORE,
    CoveredBefore,
    former_homes,
    with_home_of,
    year_before,
)
from evalkit.indicators.measures import (
    measure_blocks,
    repeated_codes_of,
    tables_behind,
    through_time,
    whole_measures,
)
from evalkit.indicators.project import Project
from evalkit.indicators.punctuality import handed_in, punctuality
from evalkit.indicators.reporting import LEDGER_OF, extents
from evalkit.indicators.standings import with_standings
from evalkit.indicators.store import (
    SCHEMA_VERSION,
    read_table,
    schema,
    stored_path,
    with_full_areas,
    written_out,
)
from evalkit.indicators.views import TABLE_OF, VIEW_TABLES, CountyBlock
from evalkit.ledgers import corrections
from evalkit.ledgers.persons import told
from evalkit.problems import Problem
from evalkit.runner.machine import BATCH_OF_LEDGERS, FORK, process_map, workers_for
from evalkit.world.period import in_time, places

NOTHING_SAID = "nothing"  # the table of ledgers that say 无
ROWS_OF_A_BLOCK = 150_000  # of all tables: about 200 MB while it is measured
LINKED_BESIDE = 20_000  # rows of units that are worth a process of their own
PROBLEM_COLUMNS = [
    "file",
    "sheet",
    "cell",
    "severity",
    "code",
    "found",
    "read",
    "allowed",
    "advice",
]


@dataclass(frozen=True)
class Derived:
    """What a build stores besides the tables."""

    frames: dict[str, pd.DataFrame]
    manifest: dict[str, Any]


@dataclass(frozen=True)
class Tables:
    """The stored tables of a build.

    Attributes
    ----------
    full
        Short paths of districts, with the longer ones that are meant.
    """

    folder: Path
    batches: tuple[Batch, ...]
    codebook: Codebook
    full: Mapping[str, str]

    def whole(self, table: str) -> pd.DataFrame:
        """All rows of a (small) table."""
        paths = [path for batch in self.batches for path in self._paths(batch, table)]
        return plain(self._read(paths, table)).to_pandas()

    def every(self, table: str, columns: Sequence[str], period: str | None = None) -> pd.DataFrame:
        """All rows of a table (of a period) in some columns."""
        paths = [path for batch in self.batches for path in self._paths(batch, table, period)]
        return plain(self._read(paths, table, columns)).to_pandas()

    def blocks(
        self,
        periods: Sequence[str],
        only: Collection[str] = VIEW_TABLES,
        before: Callable[[str], CoveredBefore | None] = lambda _period: None,
    ) -> Iterator[CountyBlock]:
        """The blocks, period after period, each of as many batches as `ROWS_OF_A_BLOCK` allows.

        Parameters
        ----------
        only
            The tables that are read; the others have no rows.
        before
            By period what was covered a year before.
        """
        for period in periods:
            covered = before(period)
            for some in _packed(self.batches, period):
                yield CountyBlock(
                    period,
                    {
                        table: with_home(self._of_batches(some, table, period, table in only))
                        for table in VIEW_TABLES
                    },
                    covered,
                )

    def _of_batches(
        self, batches: Sequence[Batch], table: str, period: str, read: bool
    ) -> pa.Table:
        paths = [p for batch in batches for p in self._paths(batch, table, period) if read]
        return self._read(paths, table, needed_columns(self.codebook, table))

    def homes(self, table: str) -> frozenset[tuple[str, str]]:
        """The districts and periods that have rows of a table."""
        found = set()
        for batch in self.batches:
            for period in batch.tables.get(table, {}):
                paths = self._paths(batch, table, period)
                areas = self._read(paths, table, ["area"])["area"].unique().to_pylist()
                found |= {(home_of(path), period) for path in areas if path}
        return frozenset(found)

    def typed_homes(self) -> frozenset[tuple[str, str]]:
        """The districts and periods of which somebody typed figures: what a ledger counts is no 工作报表."""
        rows = self.every("figures", ["area", "period", "status"])
        rows = rows[~rows["status"].isin(set(COUNTED) - {BY_PARTS}).fillna(False).astype(bool)]
        rows = rows[rows["area"].fillna("").astype(bool) & rows["period"].notna()]
        return frozenset(zip(rows["area"].map(home_of), rows["period"], strict=True))

    def sheets(self) -> pd.DataFrame:
        """What became of every sheet, and when it was handed in."""
        paths = [path for batch in self.batches for path in self._paths(batch, SHEETS)]
        wanted = pa.schema([(column, pa.string()) for column in SHEET_COLUMNS])
        return plain(read_table(paths, wanted)).to_pandas()

    def stated_nothing(self) -> dict[str, frozenset[tuple[str, str]]]:
        """By table the districts and periods of which somebody says that there is nothing to list (无)."""
        if NOTHING_SAID not in self.codebook.tables:
            return {}
        rows = self.whole(NOTHING_SAID).dropna(subset=["area", "period"])
        return {
            str(table): frozenset(zip(some["area"].map(home_of), some["period"], strict=True))
            for table, some in rows.groupby("ledger")
        }

    def repeated_codes(self, period: str) -> frozenset[str]:
        """Credit codes that stand in more than one row of a period, in whatever block."""
        paths = [path for batch in self.batches for path in self._paths(batch, "units", period)]
        wanted = schema(self.codebook, "units")
        return repeated_codes_of(read_table([path], wanted, ["unit"]) for path in paths)

    def _paths(self, batch: Batch, table: str, period: str | None = None) -> list[Path]:
        return [
            stored_path(self.folder, table, time, batch.name)
            for time in batch.tables.get(table, {})
            if period is None or time == period
        ]

    def _read(
        self, paths: Sequence[Path], table: str, columns: Sequence[str] | None = None
    ) -> pa.Table:
        return with_full_areas(read_table(paths, schema(self.codebook, table), columns), self.full)


def _packed(batches: Sequence[Batch], period: str) -> Iterator[list[Batch]]:
    """The batches of a period in groups of at most `ROWS_OF_A_BLOCK` rows; no two of them join."""
    some: list[Batch] = []
    held = 0
    for batch in batches:
        rows = sum(batch.tables.get(table, {}).get(period, 0) for table in VIEW_TABLES)
        if some and held + rows > ROWS_OF_A_BLOCK:
            yield some
            some, held = [], 0
        if rows:
            some.append(batch)
            held += rows
    if some:
        yield some


def needed_columns(codebook: Codebook, table: str) -> list[str]:
    """The columns of a table that views and measures can ask for."""
    view = next((view for view, of in TABLE_OF.items() if of == table), table)
    known = codebook.views.get(view)
    names = [name for name in schema(codebook, table).names if not name.startswith("source_")]
    if known is None:
        return names
    bare = {name: name.removesuffix("_low").removesuffix("_high") for name in names}
    return [name for name in names if name in ("area", "period") or bare[name] in known]


def derive(
    project: Project,
    dataset: str,
    sources: Sequence[SourceFile],
    stored: Stored,
    jobs: int | None = None,
) -> Derived:
    """Measures, indicators, areas, differences to last year's printed numbers and problems of the stored tables.

    Parameters
    ----------
    jobs
        Processes; by default as many as there are cores, fewer where memory is short.
    """
    codebook = project.codebook
    root = project.data / dataset
    known = {path: None for one in stored.files for path in one.areas}
    full = full_paths(home_of(path) for path in known)
    tables = Tables(project.processed(dataset), stored.batches, codebook, full)
    areas = build_areas(sorted({written_out(path, full) for path in known}), tables.whole("areas"))
    codebook = placed(codebook, areas, project.root / GOALS)
    periods = in_time(time for one in stored.files for time in one.periods)

    fixes, wrong = corrections.read_corrections(corrected_by(root), root)
    printed, misread = baseline.read_printed(root, areas, codebook)
    unmatched = corrections.unmatched(fixes, [source.file for source in sources])

    with _linking(tables, root, jobs) as linked_units:
        repeated = {period: tables.repeated_codes(period) for period in periods}
        counted = measure_blocks(tables.blocks(periods), areas, codebook, repeated)
        linked = linked_units()
        kept = _kept_cover(tables, periods, linked, areas, codebook, repeated)
        counted = pd.concat([counted, kept], ignore_index=True) if len(kept) else counted
        figures = tables.whole("figures")
        measures = whole_measures(counted, figures, areas, codebook)
        expected = Expected.of(measures, areas)
        submitted = _submitted(tables, expected, areas, codebook)
        punctual = _punctual(tables, submitted, codebook, due_of(project.settings["due"]))
        setting = project.settings["last_year"]
        use = baseline.Use(setting, periods[-1] if periods else "", expected.districts)
        measures, of_measures = baseline.overlay(measures, printed, "measure", use)
        indicators = place_areas(evaluate(measures, codebook=codebook), areas, dataset == "demo")
        indicators, of_indicators = baseline.overlay(indicators, printed, "indicator", use)
        indicators = with_standings(indicators, codebook)
        differences, questions = baseline.differences([of_measures, of_indicators])
    found = [problem for part in stored.parts for problem in part.problems]
    if linked.frames:  # who came and who went is known: no longer a question ledger by ledger
        found = [problem for problem in found if problem.code not in ANSWERED]
    said = [(one.file, one.where) for one in found if one.code == "total_differs"]
    totals = differing(figures, counted, lambda table: tables.every(table, ROWS), codebook, said)
    years = years_that_differ(figures, codebook)
    told_late = late(punctual)
    found += told(
        [*wrong, *unmatched, *misread, *questions, *linked.problems, *totals, *years, *told_late]
    )
    problems = problem_table(found)
    severities = problems["severity"].value_counts().to_dict() if len(problems) else {}
    return Derived(
        {
            "measures": measures,
            "indicators": indicators,
            "areas": areas,
            "extents": submitted,
            **({"punctuality": punctual} if len(punctual) else {}),
            "baseline": differences,
            "problems": problems,
            **linked.frames,
        },
        {
            "schema_version": SCHEMA_VERSION,
            "evalkit": evalkit.__version__,
            "dataset": dataset,
            "periods": in_time(
                [*periods, *differences.loc[differences["used"].astype(bool), "period"]]
            ),
            "problems": {str(name): int(n) for name, n in sorted(severities.items())},
            "last_year": baseline.facts_of_use(differences, setting),
            "replaced": list(codebook.replaced),
            "files": _files(sources, stored, full),
            "batches": [_entry(batch, full) for batch in stored.batches],
            "full_areas": dict(full),
        },
    )


@contextmanager
def _linking(tables: Tables, root: Path, jobs: int | None) -> Iterator[Callable[[], LinkedUnits]]:
    """Units through the years: where they are many, another process links them while the caller measures."""
    rows = sum(sum(batch.tables.get("units", {}).values()) for batch in tables.batches)
    processes = jobs or workers_for(BATCH_OF_LEDGERS)
    beside = FORK and rows >= LINKED_BESIDE and processes > 1
    with process_map(2 if beside else 1) as mapped:
        linked = iter(mapped(functools.partial(_linked, tables), [root]))
        yield lambda: next(linked)


def _linked(tables: Tables, root: Path) -> LinkedUnits:
    return units_through_time(tables.every("units", LINKED_COLUMNS), root)


def _kept_cover(
    tables: Tables,
    periods: Sequence[str],
    linked: LinkedUnits,
    areas: pd.DataFrame,
    codebook: Codebook,
    repeated: Mapping[str, frozenset[str]],
) -> pd.DataFrame:
    """Measures of what was covered a year before: a second look at few tables, when units have been linked."""
    wanted = through_time(codebook)
    asked = [period for period in periods if year_before(period) in periods]
    if not asked or not wanted.measures or "unit_links" not in linked.frames:
        return pd.DataFrame()
    former = former_homes(areas)
    links = linked.frames["unit_links"]

    def before(period: str) -> CoveredBefore:
        earlier = year_before(period)
        units, covers = (
            with_home_of(tables.every(table, ["area", *columns], earlier))
            for table, columns in BEFORE.items()
        )
        both = links.loc[links["period"].isin([earlier, period])]
        return CoveredBefore.of(period, units, covers, both, former)

    only = {NOTHING_SAID, *BEFORE, *tables_behind(wanted)}
    return measure_blocks(tables.blocks(asked, only, before), areas, wanted, repeated)


def _submitted(
    tables: Tables, expected: Expected, areas: pd.DataFrame, codebook: Codebook
) -> pd.DataFrame:
    """Who sent which ledger (`evalkit.indicators.reporting`)."""
    sent: dict[str, frozenset[tuple[str, str]]] = {}
    nothing: dict[str, frozenset[tuple[str, str]]] = {}
    stated = tables.stated_nothing()
    for table, ledger in LEDGER_OF.items():
        homes = tables.typed_homes() if table == "figures" else tables.homes(table)
        sent[ledger] = sent.get(ledger, frozenset()) | homes
        nothing[ledger] = nothing.get(ledger, frozenset()) | stated.get(table, frozenset())
    levels = dict(zip(areas["area"], areas["level"], strict=True))
    return extents(sent, nothing, expected, codebook, levels)


def _punctual(
    tables: Tables, submitted: pd.DataFrame, codebook: Codebook, due: Due
) -> pd.DataFrame:
    """Which ledgers came in time (`evalkit.indicators.punctuality`); nothing where no day is set."""
    if not due:
        return punctuality(submitted.iloc[:0], {}, due)
    sheets = tables.sheets()
    sheets["area"] = sheets["area"].map(
        lambda area: area if pd.isna(area) else written_out(str(area), tables.full)
    )
    forms = codebook.headings.get("forms", {})
    ledgers = {
        form: LEDGER_OF[str(spec["table"])]
        for form, spec in forms.items()
        if str(spec["table"]) in LEDGER_OF
    }
    return punctuality(submitted, handed_in(sheets, ledgers), due)


def _files(
    sources: Sequence[SourceFile], stored: Stored, full: Mapping[str, str]
) -> list[dict[str, Any]]:
    """What the manifest says of each ledger file."""
    return [
        {
            "file": source.file,
            "sha256": source.sha256,
            "part": source.key,
            "rows": read.rows,
            "places": [[full.get(home, home), time] for home, time in read.places],
        }
        for source, read in zip(sources, stored.files, strict=True)
    ]


def _entry(batch: Batch, full: Mapping[str, str]) -> dict[str, Any]:
    """What the manifest says of a batch (see `evalkit.indicators.store.StoredBatch`)."""
    # rows of a file without a place (typed figures alone) can be of any
    everywhere = any(not one.places for one in batch.files)
    held = {(full.get(home, home), time) for one in batch.files for home, time in one.places}
    return {
        "name": batch.name,
        "places": [] if everywhere else [list(place) for place in sorted(held)],
        "tables": batch.tables,
    }


def problem_table(found: Sequence[Problem]) -> pd.DataFrame:
    """Problems as a table, with sheet and cell apart."""
    problems = pd.DataFrame([dataclasses.asdict(problem) for problem in found])
    if not len(problems):
        return pd.DataFrame(columns=PROBLEM_COLUMNS, dtype="string")
    place = problems["where"].fillna("").str.rpartition("!")
    problems = problems.assign(sheet=place[0], cell=place[2])
    return problems[PROBLEM_COLUMNS].astype("string")


def place_areas(indicators: pd.DataFrame, areas: pd.DataFrame, is_demo: bool) -> pd.DataFrame:
    """Names, peer groups and the administrative order of the table of areas, on the rows of indicators."""
    known = areas.set_index("area")
    out = indicators.copy()
    for column, source in (
        ("area_name", "name"),
        ("peer_group", "peer_group"),
        ("sort_order", "sort_order"),
        ("as_one", "as_one"),
    ):
        out[column] = out["area"].map(known[source])
    out["is_demo"] = is_demo
    out["level"] = out["area"].map(known["level"])
    out["_time"] = out["period"].map(places(out["period"].dropna().unique()))
    return out.sort_values(
        ["indicator", "_time", "sort_order"], kind="stable", ignore_index=True
    ).drop(columns="_time")
