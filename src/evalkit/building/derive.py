"""Stored tables to measures and indicators: block by block, so that memory grows with a block and not with the country."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

import evalkit
from evalkit.building import baseline
from evalkit.building.batches import Batch
from evalkit.building.reading import Stored
from evalkit.building.sources import SourceFile, corrected_by
from evalkit.codebook import Codebook
from evalkit.indicators.areas import build_areas, full_paths, home_of
from evalkit.indicators.blocks import plain, with_home
from evalkit.indicators.evaluate import evaluate
from evalkit.indicators.measures import measure_blocks, repeated_codes_of, whole_measures
from evalkit.indicators.project import Project
from evalkit.indicators.store import (
    SCHEMA_VERSION,
    read_table,
    schema,
    stored_path,
    with_full_areas,
    written_out,
)
from evalkit.indicators.views import TABLE_OF, Block
from evalkit.indicators.views import TABLES as VIEW_TABLES
from evalkit.ledgers import corrections
from evalkit.ledgers.persons import told
from evalkit.problems import Problem
from evalkit.world.period import in_time, places

ROWS_OF_A_BLOCK = 150_000  # of all tables: about 200 MB while it is measured
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

    def blocks(self, periods: Sequence[str]) -> Iterator[Block]:
        """The blocks, period after period, each of as many batches as `ROWS_OF_A_BLOCK` allows."""
        for period in periods:
            for some in _packed(self.batches, period):
                yield Block(
                    period,
                    {
                        table: with_home(
                            self._read(
                                [p for batch in some for p in self._paths(batch, table, period)],
                                table,
                                needed_columns(self.codebook, table),
                            )
                        )
                        for table in VIEW_TABLES
                    },
                )

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
    project: Project, dataset: str, sources: Sequence[SourceFile], stored: Stored
) -> Derived:
    """Measures, indicators, areas, differences to last year's printed numbers and problems of the stored tables."""
    codebook = project.codebook
    root = project.data / dataset
    known = {path: None for one in stored.files for path in one.areas}
    full = full_paths(home_of(path) for path in known)
    tables = Tables(project.processed(dataset), stored.batches, codebook, full)
    areas = build_areas(sorted({written_out(path, full) for path in known}), tables.whole("areas"))
    periods = in_time(time for one in stored.files for time in one.periods)

    fixes, wrong = corrections.read_corrections(corrected_by(root), root)
    printed, misread = baseline.read_printed(root, areas, codebook)
    unmatched = corrections.unmatched(fixes, [source.file for source in sources])

    repeated = {period: tables.repeated_codes(period) for period in periods}
    counted = measure_blocks(tables.blocks(periods), areas, codebook, repeated)
    measures = whole_measures(counted, tables.whole("figures"), areas, codebook)
    last = periods[-1] if periods else ""
    measures, used_measures = baseline.overlay(measures, printed, "measure", last)
    indicators = place_areas(evaluate(measures, codebook=codebook), areas, dataset == "demo")
    indicators, used_indicators = baseline.overlay(indicators, printed, "indicator", last)
    differences, questions = baseline.differences([used_measures, used_indicators])

    found = [problem for part in stored.parts for problem in part.problems]
    found += told([*wrong, *unmatched, *misread, *questions])
    problems = problem_table(found)
    severities = problems["severity"].value_counts().to_dict() if len(problems) else {}
    return Derived(
        {
            "measures": measures,
            "indicators": indicators,
            "areas": areas,
            "baseline": differences,
            "problems": problems,
        },
        {
            "schema_version": SCHEMA_VERSION,
            "evalkit": evalkit.__version__,
            "dataset": dataset,
            "periods": in_time([*periods, *differences["period"]]),
            "problems": {str(name): int(n) for name, n in sorted(severities.items())},
            "replaced": list(codebook.replaced),
            "files": _files(sources, stored, full),
            "batches": [_entry(batch, full) for batch in stored.batches],
            "full_areas": dict(full),
        },
    )


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
    ):
        out[column] = out["area"].map(known[source])
    out["is_demo"] = is_demo
    out["level"] = out["area"].map(known["level"])
    out["_time"] = out["period"].map(places(out["period"].dropna().unique()))
    return out.sort_values(
        ["indicator", "_time", "sort_order"], kind="stable", ignore_index=True
    ).drop(columns="_time")
