"""A ledger read without a project: its tables, problems and measures."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.building.whole_periods import with_whole_periods, years_that_differ
from evalkit.codebook import Codebook
from evalkit.indicators.areas import build_areas
from evalkit.indicators.blocks import with_home
from evalkit.indicators.measures import all_measures
from evalkit.indicators.project import nearest_codebook
from evalkit.indicators.store import TABLES, schema, to_arrow
from evalkit.ledgers import Ledger
from evalkit.ledgers import read_ledger as read_tables
from evalkit.ledgers.persons import told
from evalkit.world.period import in_time


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
    ledger = with_years(ledger, codebook)
    return dataclasses.replace(ledger, measures=measures_of(ledger, codebook))


def with_years(ledger: Ledger, codebook: Codebook) -> Ledger:
    """The ledger with the quarters and years that its parts make (`whole_periods`)."""
    tables, said = with_whole_periods(ledger.tables, codebook)
    differing = years_that_differ(tables.get("figures", pd.DataFrame()), codebook)
    problems = (*ledger.problems, *told([*said, *differing]))
    return dataclasses.replace(ledger, tables=tables, problems=problems)


def measures_of(ledger: Ledger, codebook: Codebook) -> pd.DataFrame:
    """Measures of a lone ledger; an unknown area or period is an empty text inside and null outside."""
    tables = {}
    for name in TABLES:
        frame = ledger.tables.get(name, pd.DataFrame())
        if "area" in frame:
            frame = frame.assign(area=frame["area"].fillna(""), period=frame["period"].fillna(""))
        tables[name] = with_home(to_arrow(frame, schema(codebook, name)))
    paths = [
        path
        for name in TABLES
        for path in ledger.tables.get(name, pd.DataFrame({"area": []}))["area"].dropna()
    ]
    areas = build_areas(dict.fromkeys(paths))
    said = (p for t in ledger.tables.values() if "period" in t for p in t["period"].dropna() if p)
    periods = ["", *in_time(said)]
    figures = ledger.tables.get("figures", pd.DataFrame())
    measures = all_measures(tables, figures, areas, periods, codebook)
    measures["period"] = measures["period"].replace("", None)
    return measures
