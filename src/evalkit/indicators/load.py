"""Processed data, as notebooks use it: lazy tables, stored measures and indicators."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from evalkit.codebook import Codebook
from evalkit.codebook.kept import HEADING_COLUMNS, LINKED, SHEET_COLUMNS
from evalkit.indicators.areas import find_area
from evalkit.indicators.blocks import blocks_of, plain, views_of, with_home
from evalkit.indicators.columns import View
from evalkit.indicators.kept_cover import (
    BEFORE,
    CoveredBefore,
    former_homes,
    with_home_of,
    year_before,
)
from evalkit.indicators.project import Project, find_project
from evalkit.indicators.punctuality import COLUMNS as PUNCTUALITY
from evalkit.indicators.reporting import COLUMNS as EXTENTS
from evalkit.indicators.store import (
    TABLES,
    StoredBatch,
    nullable,
    read_frame,
    read_manifest,
    read_table,
    schema,
    stored_path,
    with_full_areas,
)
from evalkit.indicators.submitted import Submitted
from evalkit.indicators.views import VIEW_TABLES, VIEWS, CountyBlock, columns_read
from evalkit.indicators.views import view as view_table
from evalkit.problems import MOST_NAMES, SEVERITIES, InputError, Problem, did_you_mean, unknown
from evalkit.world.extent import named
from evalkit.world.period import Period
from evalkit.world.summary import Summarised, Summary, listed, sentences

DATASETS = ("raw", "demo", "published")


@dataclass(frozen=True, repr=False)
class Data(Summarised):
    """One dataset of a project, in the chosen periods.

    ``data.units``, ``data.funds`` and the other tables are lazy DuckDB relations; ``measures``, ``indicators``,
    ``areas`` and ``problems`` are pandas frames that `build` has stored.
    """

    project: Project
    dataset: str
    periods: tuple[str, ...]
    manifest: dict[str, Any]
    notes: tuple[str, ...] = ()
    _blocks: dict[tuple[str, str], CountyBlock] = field(
        default_factory=dict, repr=False, compare=False
    )
    _views: dict[tuple[str, str, str], View] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def folder(self) -> Path:
        return self.project.processed(self.dataset)

    @property
    def codebook(self) -> Codebook:
        return self.project.codebook

    @property
    def summary(self) -> Summary:
        """What is in it: periods, areas, who is missing, what was found in the ledgers."""
        facts = {
            "periods": listed(self.periods),
            "areas": listed(self._areas_by_level()),
            "notes": sentences(self.notes),
        }
        if self.dataset == "published":
            return Summary.of("published", facts)
        found = self.manifest.get("problems", {})
        silent = (self.submitted(period) for period in self.periods)
        facts |= {
            "absent": listed(
                f"{Period.parse(one.period).words()}{named([area])}"
                for one in silent
                for area in one.silent
            ),
            "problems": listed(
                f"{words[0]}{found[kind]}条" for kind, words in SEVERITIES.items() if kind in found
            ),
        }
        return Summary.of(self.dataset, facts, last=self.last)

    def _areas_by_level(self) -> list[str]:
        """24个区县, 110个乡镇: how many areas there are at every level."""
        counts = self.areas["level"].value_counts(sort=False)
        return [f"{n}个{self.codebook.term(f'level.{level}')}" for level, n in counts.items()]

    @property
    def is_demo(self) -> bool:
        return self.dataset == "demo"

    @property
    def last(self) -> str:
        """The last of the chosen periods."""
        return self.periods[-1]

    @cached_property
    def looked_up(self) -> dict[str, Any]:
        """What others work out once for these data, by their room; `dataclasses.replace` begins with nothing."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "looked_up"}

    def _frame(self, name: str) -> pd.DataFrame:
        path = self.folder / f"{name}.parquet"
        frame = read_frame(path, self.manifest.get("stored", {}).get(path.name))
        if "period" in frame and self.dataset != "published":
            frame = frame.loc[frame["period"].isin(self.periods) | frame["period"].isna()]
        return frame.reset_index(drop=True)

    @cached_property
    def measures(self) -> pd.DataFrame:
        return self._frame("measures").assign(is_demo=self.is_demo)

    @cached_property
    def indicators(self) -> pd.DataFrame:
        return self._frame("indicators")

    @cached_property
    def areas(self) -> pd.DataFrame:
        return self._frame("areas")

    @cached_property
    def problems(self) -> pd.DataFrame:
        return self._frame("problems")

    @cached_property
    def extents(self) -> pd.DataFrame:
        """Who sent which ledger: area, period, ledger and state (已报, 缺报, 报无); see `evalkit.indicators.reporting`."""
        if not (self.folder / "extents.parquet").exists():
            return pd.DataFrame(columns=EXTENTS)
        return self._frame("extents")

    @cached_property
    def punctuality(self) -> pd.DataFrame:
        """Which ledgers came in time, where days are set (`evalkit.indicators.punctuality`); else empty."""
        if "punctuality.parquet" not in self.manifest.get("stored", {}):
            return pd.DataFrame(columns=PUNCTUALITY)
        return self._frame("punctuality")

    def submitted(self, period: str | int | None = None, within: str | None = None) -> Submitted:
        """What is missing from a period (the last one by default), of areas inside one where that is given."""
        inside = self.find_area(within) if within else None
        return Submitted.of(self.extents, str(period or self.last), self.codebook, inside)

    def expected(
        self,
        period: str | int | None = None,
        level: str = "district",
        within: str | None = None,
    ) -> pd.DataFrame:
        """The areas of a level that should have reported in a period, in all chosen ones where none is given.

        Columns: area, area_name, peer_group, sort_order, level, period.
        """
        rows = self.extents.loc[self.extents["level"] == level]
        rows = rows if period is None else rows.loc[rows["period"] == str(period)]
        wanted = rows[["area", "period"]].drop_duplicates()
        about = self.areas[["area", "name", "peer_group", "sort_order", "level"]]
        found = about.merge(wanted, on="area").rename(columns={"name": "area_name"})
        if within:
            root = f"{self.find_area(within)}/"
            found = found.loc[found["area"].str.startswith(root)]
        return found.reset_index(drop=True)

    @cached_property
    def baseline(self) -> pd.DataFrame:
        """Last year's printed numbers beside those of the ledgers; empty where none were given."""
        return (
            self._frame("baseline")
            if (self.folder / "baseline.parquet").exists()
            else pd.DataFrame()
        )

    @cached_property
    def unit_links(self) -> pd.DataFrame:
        """Which unit every row of ``units`` is through the years (``thread``), by what it is known and how surely."""
        return self._linked("unit_links")

    @cached_property
    def unit_events(self) -> pd.DataFrame:
        """Units that came, went, changed name or place, merged or split (``evalkit.linkage.events``)."""
        return self._linked("unit_events")

    @cached_property
    def unit_questions(self) -> pd.DataFrame:
        """Pairs of rows that may be one unit, on which the office has not decided."""
        return self._linked("unit_questions")

    def _linked(self, name: str) -> pd.DataFrame:
        if not (self.folder / f"{name}.parquet").exists():
            return pd.DataFrame(columns=LINKED[name])  # of one period, or figures without units
        return self._frame(name)

    @cached_property
    def sources(self) -> pd.DataFrame:
        """The ledger files (file, hash, rows); of the published figures, the publications."""
        return (
            self._frame("sources")
            if self.dataset == "published"
            else pd.DataFrame(self.manifest["files"])
        )

    def frame(self, table: str, columns: Collection[str] | None = None) -> pd.DataFrame:
        """A table (or some columns of it) as pandas, without DuckDB."""
        return plain(self.arrow(table, columns=columns)).to_pandas(types_mapper=nullable)

    @cached_property
    def batches(self) -> list[StoredBatch]:
        """The batches that the build stored."""
        return StoredBatch.of_manifest(self.manifest)

    def stored(self, table: str, area: str | None = None) -> list[Path]:
        """The files of a table that may hold rows of the chosen periods (and of an area), in the order of ledgers."""
        chosen = {*self.periods, ""}
        return [
            stored_path(self.folder, table, period, batch.name)
            for batch in self.batches
            if batch.meets(area or "", chosen)
            for period in batch.periods_of(table)
            if period in chosen
        ]

    def about(self, name: str, area: str | None = None) -> pd.DataFrame:
        """What is kept of the ledgers themselves: ``headings`` (column to heading) or ``sheets`` (what became of each)."""
        columns = HEADING_COLUMNS if name == "headings" else SHEET_COLUMNS
        return plain(
            read_table(self.stored(name, area), pa.schema([(c, pa.string()) for c in columns]))
        ).to_pandas()

    def arrow(
        self, name: str, area: str | None = None, columns: Collection[str] | None = None
    ) -> pa.Table:
        """A table in the chosen periods as Arrow, its text as codes (rows of other areas may be left out).

        Of `columns` only those are read that the table has; ``area`` is always among them.
        """
        wanted = schema(self.codebook, name)
        if columns is not None:
            kept = [one for one in wanted if one.name in columns or one.name == "area"]
            wanted = pa.schema(kept)
        full_areas = self.manifest.get("full_areas", {})
        read = None if columns is None else wanted.names
        return with_full_areas(read_table(self.stored(name, area), wanted, read), full_areas)

    def table(self, name: str, area: str | None = None) -> Any:
        """The same as a lazy DuckDB relation: ``data.units.filter("employees >= 50").df()``."""
        import duckdb  # only notebooks ask for it

        return duckdb.from_arrow(plain(self.arrow(name, area)))

    def __getattr__(self, name: str) -> Any:
        if name in ("figures", "places") and self.dataset == "published":
            return self._frame(name)
        if name in TABLES:
            return self.table(name)
        raise AttributeError(f"'Data' object has no attribute {name!r}")

    def find_area(self, text: str) -> str:
        """The path of an area for its path, name or short name; an unknown one is an `InputError`."""
        found = find_area(self.areas, text)
        if found is None:
            advice = did_you_mean(text, [*self.areas["name"], *self.areas["area"]])
            names = list(self.areas.sort_values("sort_order")["name"])
            allowed = "、".join(names[:MOST_NAMES]) + ("" if len(names) <= MOST_NAMES else " 等")
            raise InputError(
                Problem("area_unknown", where="area", found=text, allowed=allowed, advice=advice)
            )
        return found

    @cached_property
    def views(self) -> dict[str, pa.Table]:
        """The five views that measures filter, in all chosen periods."""
        return self.arrow_views()

    def view_frame(self, name: str) -> pd.DataFrame:
        """A view as pandas, with nullable types."""
        return plain(self.view(name)).to_pandas(types_mapper=nullable)

    def view(self, name: str) -> pa.Table:
        """A view, its text as codes; only this one is made where they were not asked for yet."""
        known: dict[str, pa.Table] | None = self.__dict__.get("views")
        return known[name] if known else self.arrow_views(names=(name,))[name]

    def arrow_views(
        self, area: str | None = None, names: Sequence[str] = tuple(VIEWS)
    ) -> dict[str, pa.Table]:
        """The five views (or those named); of an area only its parts are read."""
        tables = {
            table: with_home(self.arrow(table, area, columns))
            for table, columns in columns_read(names).items()
        }
        asked = self.periods if "units" in names else ()
        before = {period: self.covered_before(period) for period in asked}
        return views_of(tables, self.periods, names, before)

    def covered_before(self, period: str) -> CoveredBefore | None:
        """Which units of a period were covered a year before; None where there is no such year, or none was linked."""
        earlier = year_before(period)
        known = earlier is not None and earlier in self.manifest["periods"]
        if earlier is None or not known or not len(self.unit_links):
            return None
        rows = dataclasses.replace(self, periods=(earlier,))
        units, covers = (
            with_home_of(plain(rows.arrow(table, columns=columns)).to_pandas())
            for table, columns in BEFORE.items()
        )
        links = dataclasses.replace(self, periods=(earlier, period)).unit_links
        return CoveredBefore.of(period, units, covers, links, former_homes(self.areas))

    def block(self, area: str, period: str) -> CountyBlock:
        """One period of the counties of an area, joined; kept, since many numbers are traced to the same rows."""
        if (area, period) not in self._blocks:
            one = dataclasses.replace(self, periods=(period,) if period in self.periods else ())
            tables = {name: with_home(one.arrow(name, area)) for name in VIEW_TABLES}
            before = {period: self.covered_before(period)}
            self._blocks[area, period] = next(blocks_of(tables, [period], before=before))
        return self._blocks[area, period]

    def view_of_block(self, name: str, area: str, period: str) -> View:
        """A view of `block`, kept."""
        if (name, area, period) not in self._views:
            self._views[name, area, period] = View(view_table(self.block(area, period), name))
        return self._views[name, area, period]

    def figures_view(self, area: str, period: str) -> View:
        """The typed figures of an area and period, kept."""
        if ("figures", area, period) not in self._views:
            one = dataclasses.replace(self, periods=(period,) if period in self.periods else ())
            self._views["figures", area, period] = View(one.arrow("figures", area))
        return self._views["figures", area, period]


def load(
    project: str | Path | Project | None = None,
    periods: Sequence[str | int | None] | str | int | None = None,
    dataset: str | None = None,
) -> Data:
    """Processed data of a project as they are stored; nothing is made here (`evalkit.reports.ready.load` does).

    Its parameters, and when they are an `InputError`, are those of ``ek.load``.
    """
    found = find_project(project)
    if dataset is not None and dataset not in DATASETS:
        raise InputError(unknown("dataset", dataset, DATASETS))
    dataset = dataset or found.dataset
    path = found.processed(dataset) / "manifest.json"
    manifest = read_manifest(path.parent)
    if manifest is None and path.exists():
        raise InputError(
            Problem(
                "schema_outdated",
                file=str(path),
                advice="请重新运行：python start.py build --force",
            )
        )
    if manifest is None:
        advice = "请先运行：python start.py " + {
            "demo": "report",
            "published": "build --dataset published",
        }.get(dataset, "build")
        raise InputError(
            Problem(
                "data_missing", file=str(path.parent), found="还没有整理好的数据", advice=advice
            )
        )
    known = manifest["periods"]
    if periods is None:
        return Data(found, dataset, tuple(known), manifest)
    given = [periods] if isinstance(periods, str | int) else list(periods)
    wanted = [str(Period.read(p) or p) for p in given if p is not None]
    if wanted and wanted[-1] not in known and dataset != "published":
        advice = "有数据的时期：" + "、".join(known)
        raise InputError(Problem("period_unknown", where="period", found=wanted[-1], advice=advice))
    absent = [p for p in wanted if p not in known]
    notes = tuple(f"{p}年没有数据，不作比较" for p in absent)
    return Data(
        found, dataset, tuple(dict.fromkeys(p for p in wanted if p in known)), manifest, notes
    )
