"""`evalkit sql`: the stored tables answer in SQL; nothing else can be reached, and faults are told in Chinese."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest
from rich.cells import cell_len

from evalkit.building.query import lines, query, tables_of
from evalkit.indicators import load
from evalkit.problems import InputError


@pytest.fixture(scope="module")
def data(demo_project):
    return load(demo_project)


def test_tables_and_numbers_of_the_build_answer(data):
    units = query(data, "select area, period, count(*) n from units group by all order by all")
    expected = data.frame("units").groupby(["area", "period"]).size()
    assert units.set_index(["area", "period"])["n"].to_dict() == expected.to_dict()
    assert query(data, "from Indicators select count(*) n")["n"].item() == len(data.indicators)
    joined = "with a as (select area, name from areas) select count(*) n from measures join a using (area)"
    placed = data.measures["area"].isin(data.areas["area"]).sum()
    assert query(data, joined)["n"].item() == placed > 0
    assert len(query(data, "show tables")) == len(tables_of(data))
    assert "members" in set(query(data, "describe party_organisations")["column_name"])


def test_nothing_beyond_the_tables_can_be_read_or_changed(data, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n", encoding="utf-8")
    variable = pd.DataFrame({"a": [1]})
    for statement in (
        f"select * from '{secret}'",
        f"select * from read_csv('{secret}')",
        f"select * from read_text('{secret}')",
        f"select * from glob('{tmp_path}/*')",
        f"copy units to '{tmp_path}/out.csv'",
        f"attach '{tmp_path}/x.db'",
        "install httpfs",
        "set enable_external_access = true",
        "create table x as select 1",
        "delete from units",
        "select 1; select 2",
        "select * from variable",
        "",
    ):
        with pytest.raises(InputError, match="查询语句有误"):
            query(data, statement)
    assert variable["a"].item() == 1 and [p.name for p in tmp_path.iterdir()] == ["secret.csv"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("select * from unitz", r"没有这张表：unitz(?s:.*)units"),
        ("select employes from units", r"没有这一列：employes(?s:.*)employees"),
        ("selec 1", "syntax error"),
        ("select 1 + from units", "syntax error"),
        ("select area + 1 from units", "No function"),
    ],
)
def test_faults_say_what_is_wrong(data, statement, said):
    with pytest.raises(InputError, match=said):
        query(data, statement)


def test_the_table_stands_in_columns_though_characters_are_two_wide():
    frame = pd.DataFrame(
        {
            "area": ["甲市/乙区", "丙"],
            "n": [1, 1234567],
            "share": [0.5, None],
            "long": ["长" * 60, "a\nb"],
        }
    )
    head, rule, *rows, count = lines(frame)
    assert rows[0].startswith("甲市/乙区        1") and "1234567" in rows[1] and "0.5" in rows[0]
    assert "…" in rows[0] and "a b" in rows[1] and count == "（2 行）"
    assert cell_len(rows[0]) <= cell_len(rule) and head.split() == ["area", "n", "share", "long"]
    assert "全部用 --csv" in lines(pd.DataFrame({"a": range(201)}))[-1]


def evalkit(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evalkit.cli", *words]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300)


def test_the_command_prints_saves_and_says_what_is_wrong(demo_project, tmp_path):
    where = ("--project", str(demo_project))
    made = evalkit("sql", "select count(*) as n from units", *where)
    assert made.returncode == 0 and made.stdout.splitlines()[0].strip() == "n"
    saved = tmp_path / "答.csv"
    made = evalkit("sql", "select area, unit_name from units", "--csv", str(saved), *where)
    assert made.returncode == 0 and "已写出" in made.stdout
    assert list(pd.read_csv(saved).columns) == ["area", "unit_name"]
    wrong = evalkit("sql", "select * from unitz", *where)
    assert wrong.returncode == 2 and "没有这张表" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_published_figures_answer_too(demo_project):
    from evalkit.building import build

    build(demo_project, dataset="published")
    data = load(demo_project, dataset="published")
    assert query(data, "select count(*) n from figures")["n"].item() > 100
