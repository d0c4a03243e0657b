"""Processed data, as notebooks use it: lazy tables, stored measures and indicators."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.codebook import Codebook
from evalkit.indicators.areas import build_areas, find_area
from evalkit.indicators.evaluate import evaluate
from evalkit.indicators.project import Project, find_project, nearest_codebook
from evalkit.indicators.store import SCHEMA_VERSION, nullable, read_table, schema, to_arrow, with_full_areas
from evalkit.ledgers import Ledger
from evalkit.ledgers import read_ledger as read_tables
from evalkit.problems import InputError, Problem, did_you_mean

TABLES = (
    "units", "party_organisations", "covers", "funds", "instructor_counts", "activities", "visits", "ratings",
    "stars", "policies", "figures",
)  # fmt: skip


@dataclass(frozen=True)
class Data:
    """One dataset of a project, in the chosen periods.

    ``data.units``, ``data.funds`` and the other tables are lazy Ibis tables on DuckDB; ``measures``, ``indicators``,
    ``areas`` and ``problems`` are pandas frames that `build` has stored.
    """

    project: Project
    dataset: str
    periods: tuple[str, ...]
    manifest: dict[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        return self.project.processed(self.dataset)

    @property
    def codebook(self) -> Codebook:
        return self.project.codebook

    @property
    def is_demo(self) -> bool:
        return self.dataset == "demo"

    @property
    def last(self) -> str:
        """The last of the chosen periods."""
        return self.periods[-1]

    def _frame(self, name: str) -> pd.DataFrame:
        frame = pd.read_parquet(self.folder / f"{name}.parquet")
        if "period" in frame and self.dataset != "published":
            frame = frame.loc[frame["period"].isin(self.periods) | frame["period"].isna()]
        return frame.reset_index(drop=True)

    @cached_property
    def measures(self) -> pd.DataFrame:
        return self._frame("measures")

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
    def sources(self) -> pd.DataFrame:
        """The ledger files (file, hash, rows); of the published figures, the publications."""
        return self._frame("sources") if self.dataset == "published" else pd.DataFrame(self.manifest["files"])

    def frame(self, table: str) -> pd.DataFrame:
        """A whole table as pandas, without DuckDB."""
        frame = self._arrow(table).to_pandas(types_mapper=nullable)
        return frame.loc[frame["period"].isin(self.periods) | frame["period"].isna()].reset_index(drop=True)

    def _arrow(self, name: str, area: str | None = None) -> Any:
        found = read_table(self.parts(name, area), schema(self.codebook, name))
        return with_full_areas(found, self.manifest.get("full_areas", {}))

    def parts(self, table: str, area: str | None = None) -> list[Path]:
        """The Parquet parts of a table that may hold rows of the chosen periods (and of an area), in the order of files."""

        def meets(home: str) -> bool:
            return not area or not home or f"{home}/".startswith(f"{area}/") or f"{area}/".startswith(f"{home}/")

        chosen = {*self.periods, ""}
        used = [
            item["part"] for item in self.manifest["parts"]
            if not item["places"] or any(period in chosen and meets(home) for home, period in item["places"])
        ]  # fmt: skip
        paths = (self.folder / "parts" / part / f"{table}.parquet" for part in used)
        return [path for path in paths if path.exists()]

    def table(self, name: str, area: str | None = None) -> Any:
        """A table as a lazy Ibis expression, in the chosen periods (rows of other areas may be left out)."""
        from evalkit.indicators.views import in_memory

        table = in_memory(self._arrow(name, area))
        return table.filter(table["period"].isin(list(self.periods)) | table["period"].isnull())

    def __getattr__(self, name: str) -> Any:
        if self.dataset == "published" and name in ("figures", "places"):
            return self._frame(name)
        if name in TABLES:
            return self.table(name)
        raise AttributeError(f"'Data' object has no attribute {name!r}")

    def find_area(self, text: str) -> str:
        """The path of an area for its path, name or short name; an unknown one is an `InputError`."""
        found = find_area(self.areas, text)
        if found is None:
            advice = did_you_mean(text, [*self.areas["name"], *self.areas["area"]]) or "请用 evalkit check 看有哪些地区"
            raise InputError(Problem("area_unknown", where="area", found=text, advice=advice))
        return found

    @cached_property
    def views(self) -> dict[str, Any]:
        """The five views that measures filter, as lazy Ibis tables."""
        return self.views_of()

    def views_of(self, area: str | None = None) -> dict[str, Any]:
        """The same; of an area only its parts are read."""
        from evalkit.indicators.build import views_of

        return views_of({name: self.table(name, area) for name in TABLES}, list(self.periods))


def load(
    project: str | Path | Project | None = None,
    periods: Sequence[str | int | None] | str | int | None = None,
    dataset: str | None = None,
) -> Data:
    """Processed data of a project.

    Parameters
    ----------
    project
        Folder; by default EVALKIT_PROJECT or the nearest one upwards.
    periods
        Periods in order, the last being the one judged; all by default. Numbers are accepted (``2025``). An earlier
        period without data is left out and stands in `Data.notes`; the last one must have data.
    dataset
        ``raw``, ``demo`` or ``published``; by default raw where the user has ledgers, else demo.

    Raises
    ------
    InputError
        No data yet, data of another version (with the command to type), or a period without data.
    """
    found = find_project(project)
    dataset = dataset or found.dataset
    path = found.processed(dataset) / "manifest.json"
    if not path.exists():
        advice = "请先运行：evalkit build" + (" --dataset published" if dataset == "published" else "")
        if dataset == "demo":
            advice = "请先运行：evalkit demo，再运行：evalkit build（或直接 evalkit report）"
        raise InputError(Problem("data_missing", file=str(path.parent), found="还没有整理好的数据", advice=advice))
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if manifest.get("schema_version") != SCHEMA_VERSION:
        raise InputError(Problem("schema_outdated", file=str(path), advice="请重新运行：evalkit build --force"))
    known = manifest["periods"]
    if periods is None:
        return Data(found, dataset, tuple(known), manifest)
    given = [periods] if isinstance(periods, str | int) else list(periods)
    wanted = [str(p) for p in given if p is not None]
    if wanted and wanted[-1] not in known and dataset != "published":
        advice = "有数据的时期：" + "、".join(known)
        raise InputError(Problem("period_unknown", where="period", found=wanted[-1], advice=advice))
    absent = [p for p in wanted if p not in known]
    notes = tuple(f"{p}年没有数据，不作比较" for p in absent)
    return Data(found, dataset, tuple(dict.fromkeys(p for p in wanted if p in known)), manifest, notes)


def read_ledger(path: str | Path, **options: Any) -> Ledger:
    """A ledger file or folder, read without a project: tables, problems and measures.

    Parameters
    ----------
    path
        A file or a folder; area and period come from it where they stand in it, else they are null.
    **options
        ``area``, ``period``, ``codebook``, ``mapping`` as in `evalkit.ledgers.read_ledger`.
    """
    ledger = read_tables(path, **options)
    codebook = options.get("codebook") or nearest_codebook()
    return dataclasses.replace(ledger, measures=measures_of(ledger, codebook))


def measures_of(ledger: Ledger, codebook: Codebook) -> pd.DataFrame:
    """Measures of a lone ledger; an unknown area or period is an empty text inside and null outside."""
    from evalkit.indicators.build import all_measures
    from evalkit.indicators.views import in_memory

    tables = {}
    for name in TABLES:
        frame = ledger.tables.get(name, pd.DataFrame())
        if "area" in frame:
            frame = frame.assign(area=frame["area"].fillna(""), period=frame["period"].fillna(""))
        tables[name] = in_memory(to_arrow(frame, schema(codebook, name)))
    paths = [path for name in TABLES for path in ledger.tables.get(name, pd.DataFrame({"area": []}))["area"].dropna()]
    areas = build_areas(dict.fromkeys(paths))
    periods = sorted({p for t in ledger.tables.values() if "period" in t for p in t["period"].dropna()} | {""})
    figures = ledger.tables.get("figures", pd.DataFrame())
    measures = all_measures(tables, figures, areas, periods, codebook)
    measures["period"] = measures["period"].replace("", None)
    return measures


__all__ = ["TABLES", "Data", "evaluate", "load", "measures_of", "read_ledger"]
