"""Views in blocks: the same answers as SQL on DuckDB, joins by district, lineage to the cells."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from views_in_sql import connect
from views_in_sql import measured as measured_by_sql

from evalkit.building.schemas import fits, table_schema
from evalkit.codebook import Measure
from evalkit.indicators import load, trace
from evalkit.indicators.blocks import blocks_of, plain, with_home
from evalkit.indicators.columns import View
from evalkit.indicators.measures import (
    measure_blocks,
    measured,
    reading_of,
    repeated_codes_of,
    tally,
)
from evalkit.indicators.store import TABLES, nullable, schema, to_arrow
from evalkit.indicators.views import DERIVED, VIEW_TABLES, VIEWS, lineage
from evalkit.indicators.views import view as view_table


@pytest.fixture(scope="module")
def tables(small, codebook):
    return {
        name: with_home(to_arrow(small.get(name, pd.DataFrame()), schema(codebook, name)))
        for name in TABLES
    }


def by_columns(tables, periods, codebook, name, counties=None) -> pd.DataFrame:
    """All measures of a view by area and period, from the columns in memory, block by block."""
    parts = []
    for block in blocks_of(tables, periods, counties):
        found = tally(View(view_table(block, name)), measured(codebook, name))
        parts.append(found.assign(period=block.period).set_index("period", append=True))
    whole = pd.concat(parts).groupby(level=[0, 1]).sum().sort_index()
    for code in [column.removesuffix("__value") for column in whole if column.endswith("__value")]:
        for part in ("low", "high"):  # exact: the three readings are one
            if f"{code}__{part}" not in whole:
                whole[f"{code}__{part}"] = whole[f"{code}__value"]
    return whole


def assert_equal_to_sql(tables, periods, codebook, name, counties=None) -> None:
    theirs = measured_by_sql(
        connect({key: plain(tables[key]) for key in VIEW_TABLES}), codebook, name
    )
    ours = by_columns(tables, periods, codebook, name, counties)[theirs.columns]
    assert list(ours.index) == list(theirs.index)
    pd.testing.assert_frame_equal(
        ours.astype("float64"), theirs.astype("float64"), check_names=False, check_index_type=False
    )


@pytest.mark.parametrize("name", VIEWS)
def test_measures_are_those_of_sql(tables, codebook, name):
    assert_equal_to_sql(tables, ["2025"], codebook, name)


@pytest.mark.parametrize("counties", [None, 1, 4])
@pytest.mark.parametrize("name", VIEWS)
def test_measures_of_the_demo_are_those_of_sql_however_it_is_cut_into_blocks(
    demo_project, codebook, name, counties
):
    data = load(demo_project)
    tables = {key: with_home(data.arrow(key)) for key in VIEW_TABLES}
    assert_equal_to_sql(tables, data.periods, codebook, name, counties)


def test_every_column_of_a_view_leads_to_stored_columns(codebook):
    for name in VIEWS:
        for column in DERIVED[name]:
            for stored in lineage(name, column):
                table, _, stored_column = stored.partition(".")
                assert stored_column in schema(codebook, table).names, (name, column, stored)


def test_rows_without_an_area_are_in_no_measure():
    view = View(
        pa.table({"area": ["甲", "甲", None, "乙"], "n": pa.array([None, None, 3, 4], pa.int64())})
    )
    assert view.areas == ["甲", "乙"]
    assert view.counts(view["n"].known).tolist() == [0, 1]
    assert view.sums(view["n"].values, view["n"].known).tolist() == [0, 4]


def test_an_interval_decides_only_where_it_lies_on_one_side():
    columns = {
        "n": [50, 50, 40, None],
        "n_low": [50, 45, 40, None],
        "n_high": [50, 55, None, None],
    }  # 40以上 is open
    table = pa.table(
        {"area": ["甲"] * 4} | {c: pa.array(v, pa.int64()) for c, v in columns.items()}
    )
    one = reading_of(
        View(table), Measure(code="x", name="x", unit="家", count="units", where={"n": ">= 50"})
    )
    assert one.printed.true.tolist() == [True, True, False, False]
    assert one.sure.true.tolist() == [True, False, False, False]
    assert one.possible.true.tolist() == [True, True, True, False]
    assert (~one.printed.known).tolist() == [False, False, False, True]


CODES = ["91330100MA0000001F", "91330100MA0000002J"]
PLACES = ["甲市/甲区/一镇", "甲市/甲区/二镇", "甲市/乙区/一镇"]


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES), st.sampled_from([*CODES, "便民超市", "药店"])),
        min_size=1,
        max_size=9,
    )
)
def test_a_code_counts_once_everywhere_and_a_name_once_in_its_district(codebook, rows):
    frame = pd.DataFrame(rows, columns=["area", "unit"]).assign(
        period="2025", unit_name="某", status="operating", legal_person=True, sector="enterprise"
    )
    tables = {
        name: with_home(
            to_arrow(frame if name == "units" else pd.DataFrame(), schema(codebook, name))
        )
        for name in VIEW_TABLES
    }
    areas = pd.DataFrame({"area": pd.Series(dtype=str), "level": pd.Series(dtype=str)})
    one = codebook.model_copy(update={"measures": {"units": codebook.measures["units"]}})
    for counties in (None, 1):
        blocks = list(blocks_of(tables, ["2025"], counties))
        repeated = {"2025": repeated_codes_of(block["units"] for block in blocks)}
        found = measure_blocks(blocks, areas, one, repeated)
        counted = found.loc[found["measure"] == "units"].set_index("area")["value"]
        for area in counted.index:
            inside = [(place, unit) for place, unit in rows if f"{place}/".startswith(f"{area}/")]
            keys = {
                unit if unit in CODES else (place.rpartition("/")[0], unit)
                for place, unit in inside
            }
            assert counted[area] == len(keys), area


@pytest.mark.parametrize(
    ("column", "value"),
    [(None, None), ("status", "closed"), ("employees", -1), ("employees_low", 999), ("unit", None)],
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
        stored = data.measures.query("measure == @code and area == @area and period == @data.last")[
            "value"
        ].iloc[0]
        assert trace(data, code, area)["value"].sum() == pytest.approx(stored), code
