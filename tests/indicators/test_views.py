"""Views in memory: the same answers as the same filters on DuckDB, SQL's logic, joins by district."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from evalkit.codebook import Measure
from evalkit.indicators import load, trace
from evalkit.indicators.cells import View
from evalkit.indicators.load import TABLES
from evalkit.indicators.measures import aggregates, reading_of
from evalkit.indicators.schemas import fits, table_schema
from evalkit.indicators.store import nullable, schema, to_arrow
from evalkit.indicators.views import VIEWS, in_memory, make_views, with_home


@pytest.fixture(scope="module")
def views(small, codebook):
    tables = {name: with_home(to_arrow(small.get(name, pd.DataFrame()), schema(codebook, name))) for name in TABLES}
    return make_views(tables, ["2025"])


def both(view: pa.Table, codebook, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All measures of a view by the columns in memory and by DuckDB."""
    here, there = View(view), in_memory(view)
    ours = here.grouped(aggregates(here, codebook, name)[0])
    theirs = there.group_by(["area", "period"]).agg(**aggregates(there, codebook, name)[0]).to_pandas()
    frames = [f.sort_values(["area", "period"], ignore_index=True).set_index(["area", "period"]) for f in (ours, theirs)]
    return frames[0].astype("float64"), frames[1].astype("float64")


@pytest.mark.parametrize("name", VIEWS)
def test_measures_are_those_of_ibis(views, codebook, name):
    pd.testing.assert_frame_equal(*both(views[name], codebook, name), check_names=False)


@pytest.mark.parametrize("name", VIEWS)
def test_measures_of_the_demo_are_those_of_ibis(demo_project, codebook, name):
    view = load(demo_project).arrow_views()[name]
    pd.testing.assert_frame_equal(*both(view, codebook, name), check_names=False)


def test_unknown_and_false_is_false_and_unknown_or_true_is_true():
    three = [True, False, None]
    table = pa.table({"area": ["甲"] * 9, "period": ["2025"] * 9, "a": [a for a in three for _ in three], "b": three * 3})
    view, lazy = View(table), ibis.memtable(table)
    for how in ("__and__", "__or__"):
        ours = getattr(view["a"], how)(view["b"])
        known = [bool(v) if k else None for v, k in zip(ours.values, ours.notnull().values, strict=True)]
        theirs = lazy.mutate(x=getattr(lazy["a"], how)(lazy["b"])).to_pyarrow()["x"].to_pylist()
        assert known == theirs, how


def test_rows_without_a_place_are_in_no_measure_and_empty_is_no_sum():
    area, period = ["甲", "甲", None, "乙"], ["2025", "2025", "2025", None]
    view = View(pa.table({"area": area, "period": period, "n": pa.array([None, None, 3, 4], pa.int64())}))
    found = view.grouped({"n": view["n"].sum(), "rows": view["n"].count()})
    assert found["area"].tolist() == ["甲"] and np.isnan(found["n"].iloc[0]) and found["rows"].iloc[0] == 0


def test_an_interval_decides_only_where_it_lies_on_one_side():
    columns = {"n": [50, 50, 40, None], "n_low": [50, 45, 40, None], "n_high": [50, 55, None, None]}  # 40以上 is open
    table = pa.table({"area": ["甲"] * 4, "period": ["2025"] * 4} | {c: pa.array(v, pa.int64()) for c, v in columns.items()})
    one = reading_of(View(table), Measure(code="x", name="x", unit="家", count="units", where={"n": ">= 50"}))
    assert [r.values.tolist() for r in one.three] == [
        [True, True, False, False], [True, False, False, False], [True, True, True, False],
    ]  # fmt: skip
    assert one.printed.isnull().values.tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    ("column", "value"), [(None, None), ("status", "closed"), ("employees", -1), ("employees_low", 999), ("unit", None)]
)
def test_the_quick_look_at_a_table_agrees_with_its_schema(small, codebook, column, value):
    frame = small["units"].copy()
    if column:
        frame[column] = frame[column].astype("object")
        frame.loc[0, column] = value
    table = to_arrow(frame, schema(codebook, "units"))
    errors = pytest.importorskip("pandera.errors")
    try:
        table_schema(codebook, "units").validate(table.to_pandas(types_mapper=nullable), lazy=True)
        sound = True
    except errors.SchemaErrors:
        sound = False
    assert fits(table, "units", codebook) is sound is (column is None)


def test_trace_of_a_district_adds_up_to_its_measures(demo_project):
    data = load(demo_project)
    area = data.areas.loc[data.areas["level"] == "district", "area"].iloc[0]
    for code in ("units_covered", "members", "funds", "units"):
        stored = data.measures.query("measure == @code and area == @area and period == @data.last")["value"].iloc[0]
        assert trace(data, code, area)["value"].sum() == pytest.approx(stored), code
