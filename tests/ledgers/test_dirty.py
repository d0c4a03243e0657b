"""What `dirty` wrote is read back as the truth, or as an interval that holds it; nothing is lost without a word.

``EVALKIT_DIRTY=3000 python -m pytest tests/ledgers/test_dirty.py -m slow`` is the long campaign.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import dirty
import numpy as np
import pandas as pd
import pytest
from ledger_cases import sheet

from evalkit.ledgers import Ledger, from_sheets, read_ledger
from evalkit.ledgers.files import read_sheets
from evalkit.ledgers.forms import name_key
from evalkit.ledgers.values import parse

SEEDS, BATCH = 40, 50
LONG = int(os.environ.get("EVALKIT_DIRTY", "2000"))
COUNTED = ["kept", "total", "heading", "title", "note", "reported"]
SOURCES = {
    "city": "fiscal_city",
    "district": "fiscal_district",
    "township": "fiscal_township",
    "dues": "dues_return",
    "enterprise": "enterprise",
}


def holds(row: Any, column: str, known: dirty.Known) -> None:
    value, low, high = (getattr(row, column + end) for end in ("", "_low", "_high"))
    if known.value is None:
        assert pd.isna(value), (column, known, value)
        return
    assert not pd.isna(value), (column, known, "nothing was read")
    assert low <= known.value and (pd.isna(high) or known.value <= high), (
        column,
        known,
        value,
        low,
        high,
    )
    if known.exact:
        assert value == low == high == known.value, (column, known, value, low, high)


def check_units(made: dirty.Case, ledger: Ledger) -> None:
    units, covers = ledger.tables["units"], ledger.tables["covers"]
    read = {name_key(row.unit_name): row for row in units.itertuples()}
    assert read.keys() == {name_key(n) for n in made.units}
    assert sum(p.code == "row_duplicate" for p in ledger.problems) == made.duplicates
    by_unit = {
        u: (o, m)
        for u, o, m in zip(covers["unit"], covers["party_org"], covers["mode"], strict=True)
    }
    assert len(by_unit) == len(covers)
    for name, about in made.units.items():
        row: Any = read[name_key(name)]
        holds(row, "employees", about["employees"])
        holds(row, "members", about["members"])
        holds(row, "revenue_fen", about["revenue"])
        assert (row.status == "operating", bool(row.legal_person), bool(row.above_scale)) == (
            about["operating"],
            about["legal"],
            about["scale"],
        )
        org, mode = by_unit.get(name_key(name), ("", ""))
        assert org == name_key(about["org"]), name
        assert mode == {"单独": "single", "联合": "joint", "": ""}[about["mode"]]
    founded = {
        org: day
        for org, day in zip(
            *(ledger.tables["party_organisations"][c] for c in ("party_org", "founded_on")),
            strict=True,
        )
    }
    for about in made.units.values():
        if about["mode"] == "单独":
            assert founded[name_key(about["org"])].date() == about["founded"]


def check_funds(made: dirty.Case, funds: pd.DataFrame) -> None:
    kind = np.where(
        funds["flow"] == "spending", funds["purpose"].astype(object), funds["source"].astype(object)
    )
    read: dict[tuple[str, str], list[Any]] = {}
    for row, what in zip(funds.itertuples(), kind, strict=True):
        read.setdefault((str(row.party_org), str(what)), []).append(row)
    assert len(funds) == sum(map(len, made.funds.values()))
    for (org, column), amounts in made.funds.items():
        for row, known in zip(
            read[name_key(org), SOURCES.get(column, column)], amounts, strict=True
        ):
            holds(row, "amount_fen", known)


def check_activities(made: dirty.Case, activities: pd.DataFrame) -> None:
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row in activities.itertuples():
        day = None if pd.isna(row.date) else row.date.date()
        found.setdefault(
            (row.party_org, day, *plain((row.month, row.due, row.present))), []
        ).append(row)
    for about in made.activities:
        wanted = (
            name_key(about["org"]),
            about["date"],
            about["month"],
            about["due"].value,
            about["present"].value,
        )
        holds(found[wanted].pop(0), "cost_fen", about["cost"])
    assert not any(found.values())


def check_persons(ledger: Ledger) -> None:
    seen = "\n".join(
        t.to_csv() for t in (*ledger.tables.values(), ledger.headings, ledger.sheets)
    ) + "\n".join(map(str, ledger.problems))
    for secret in dirty.SECRETS:
        assert secret not in seen, secret
    assert any(p.code == "personal_data" for p in ledger.problems)


def filled(rows: list[list[Any]]) -> int:
    return sum(
        any(not (c is None or (isinstance(c, str) and not c.strip())) for c in row) for row in rows
    )


def check_rows(folder: Path, ledger: Ledger) -> None:
    """Rows in = rows kept + rows accounted for; a sheet that is not counted is said by a problem."""
    said = {(p.file, p.sheet) for p in ledger.problems}
    files = {p.file for p in ledger.problems}
    for path in sorted(folder.iterdir()):
        sheets, problems = read_sheets(path)
        assert sheets or problems or not path.stat().st_size
        for one in sheets:
            row = ledger.sheets[
                (ledger.sheets["source_file"] == one.file)
                & (ledger.sheets["source_sheet"] == one.name)
            ]
            if not len(row):
                assert (one.file, one.name) in said or one.file in files
            elif row["kept"].iat[0]:
                assert int(row[COUNTED].iloc[0].sum()) == filled(one.rows), (
                    one.file,
                    one.name,
                    filled(one.rows),
                    dict(row[COUNTED].iloc[0]),
                )
            elif filled(one.rows):
                assert (one.file, one.name) in said, (one.file, one.name)
    wanting = Counter(
        p.file for p in ledger.problems if p.code == "column_missing" and p.found == "空白"
    )
    for file, rows in ledger.sheets.groupby("source_file")["reported"].sum().items():
        assert wanting[str(file)] >= rows


def check(made: dirty.Case, folder: Path) -> Ledger:
    ledger = read_ledger(folder)
    check_rows(folder, ledger)
    check_units(made, ledger)
    check_funds(made, ledger.tables["funds"])
    check_activities(made, ledger.tables["activities"])
    check_persons(ledger)
    tables = ledger.tables
    assert (
        tables["instructor_counts"]["count"].sum() == made.instructors
        and tables["visits"]["count"].sum() == made.visits
    )
    read_stars = tables["stars"].fillna({"stars": -1})
    assert dict(zip(read_stars["party_org"], read_stars["stars"], strict=True)) == {
        name_key(o): s for o, s in made.stars.items()
    }
    for table in tables.values():
        assert set(table["period"].dropna()) <= {"2025"} and not any(
            "湖" not in str(a) for a in table["area"]
        )
    differs = {p.sheet.rpartition("_")[2] for p in ledger.problems if p.code == "total_differs"}
    assert made.wrong_totals <= differs, (made.wrong_totals, differs)
    assert not made.right_totals & differs, (
        made.right_totals,
        [p for p in ledger.problems if p.code == "total_differs"],
    )
    return ledger


def totals(ledger: Ledger) -> dict[str, Any]:
    """What a report adds up, of one reading."""
    t = ledger.tables
    out: dict[str, Any] = {
        "covered": len(t["covers"]),
        "units": len(t["units"]),
        "organisations": len(t["party_organisations"]),
    }
    for table, columns in {
        "units": ["employees", "members", "revenue_fen"],
        "activities": ["due", "present", "cost_fen"],
        "funds": ["amount_fen"],
    }.items():
        out |= {
            f"{table} {c}{e}": int(t[table][c + e].sum())
            for c in columns
            for e in ("", "_low", "_high")
        }
    return out | {
        f"funds {k}": int(v)
        for k, v in t["funds"].groupby(["flow", "source"], dropna=False)["amount_fen"].sum().items()
    }


TITLE = ["临湖区非公企业台账（2025年）"]


def read(rows: list[list[Any]], **more: Any) -> Ledger:
    return from_sheets([sheet(rows, file="临湖区2025年.xlsx", **more)])


def cells(ledger: Ledger, code: str) -> dict[str, str]:
    return {p.cell: f"{p.found} {p.read}" for p in ledger.problems if p.code == code}


def plain(values: Any) -> list[Any]:
    return [None if pd.isna(v) else v for v in values]


def both_forms(seed: int) -> None:
    made = dirty.case(seed)
    with tempfile.TemporaryDirectory() as place:
        book, text = Path(place, "xlsx"), Path(place, "csv")
        dirty.write_xlsx(made, book)
        dirty.write_csv(made, text)
        first, second = check(made, book), check(made, text)
    assert totals(first) == totals(second)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_dirty_ledger_reads_back_to_the_truth(seed: int) -> None:
    both_forms(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 1000 + LONG, BATCH))
def test_dirty_ledger_reads_back_over_thousands_of_seeds(start: int) -> None:
    for seed in range(start, min(start + BATCH, 1000 + LONG)):
        both_forms(seed)


# --- by hand ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heading, cell, due, present",
    [
        ("实到/应到", "5/6", 6, 5),
        ("实到人数/应到人数", "５／６", 6, 5),
        ("应到/实到", "6人/5人", 6, 5),
        ("应到人数/实到人数", "6|5", 6, 5),
        ("实到/应到", "", None, None),
        ("实到/应到", "—", None, None),
        ("实到/应到", "5", None, 5),
        ("应到/实到", "很多", None, None),
        ("实到人数", "8/10", 10, 8),
    ],
)
def test_two_numbers_in_one_cell(
    heading: str, cell: str, due: int | None, present: int | None
) -> None:
    ledger = read(
        [["党组织名称", "活动日期", "活动类型", heading], ["甲支部", "2025.2.8", "主题党日", cell]]
    )
    row = ledger.tables["activities"].iloc[0]
    assert plain(row[["due", "present"]]) == [due, present]
    assert cells(ledger, "value_unreadable").keys() == ({"D2"} if cell == "很多" else set())
    assert not cells(ledger, "heading_unknown")


def test_present_of_due_in_persons_and_turns() -> None:
    ledger = read(
        [
            ["党组织名称", "活动日期", "活动类型", "应到人数", "实到人数"],
            ["甲支部", "2025.2.8", "主题党日", "3人", "2人次"],
        ]
    )
    assert plain(ledger.tables["activities"].iloc[0][["due", "present"]]) == [3, 2]


def test_negative_amount_is_kept_and_asked() -> None:
    ledger = read(
        [
            ["单位：元"],
            ["党组织名称", "企业配套", "区级拨付", "党员活动经费"],
            ["甲支部", "(500)", -20, 3],
        ]
    )
    assert ledger.tables["funds"]["amount_fen"].tolist() == [-2000, -50000, 300]
    assert cells(ledger, "value_implausible") == {"B3": "(500) -500", "C3": "-20 -20"}


def test_upper_total_against_its_parts() -> None:
    rows = [
        ["单位：元"],
        ["党组织名称", "上级下拨", "市级拨付", "区级拨付", "党员活动经费"],
        ["甲支部", 5000, 2000, 2000, 1],
        ["乙支部", 4000, 2000, 2000, 1],
        ["丙支部", 8000, "", "", 1],
        ["丁支部", 0, "", "", 1],
        ["戊支部", 2000, "", "约2000", 1],
    ]
    assert cells(read(rows), "identity_differs") == {
        "B3": "上级下拨5000元 市级拨付＋区县拨付＝4000元",
        "B5": "上级下拨8000元 市级拨付＋区县拨付都空白，未计入",
    }


def test_upper_funds_in_two_levels() -> None:
    rows = [
        ["单位：万元"],
        ["党组织名称", "上级下拨", "", "", "企业配套"],
        ["", "市级", "区级", "街道", ""],
        ["甲支部", 0.5, 1, "0.2", "5千元"],
    ]
    funds = read(rows, name="经费台账").tables["funds"]
    assert dict(zip(funds["source"], funds["amount_fen"], strict=True)) == {
        "fiscal_city": 500_000,
        "fiscal_district": 1_000_000,
        "fiscal_township": 200_000,
        "enterprise": 500_000,
    }


@pytest.mark.parametrize("heading", ["谈话对象", "党建指导员"])
def test_column_of_names_is_personal_under_any_heading(heading: str) -> None:
    ledger = read(
        [
            TITLE,
            ["企业名称", "职工人数", heading, "党员总数"],
            ["甲公司", 12, "王小明", 1],
            ["乙公司", 3, "李建国", 1],
        ]
    )
    assert [
        p.found for p in ledger.problems if p.code == "personal_data" and p.cell in ("C2", "C3")
    ] == ["姓名"]
    check_persons(ledger)


def test_merged_number_counts_once_and_is_said() -> None:
    rows = [
        TITLE,
        ["企业名称", "职工人数", "党员总数", "镇街"],
        ["甲公司", 12, "3人", "城关镇"],
        ["乙公司", "", "", ""],
        ["丙公司", 7, 1, ""],
    ]
    ledger = read(rows, merges=[(3, 2, 4, 2), (3, 3, 4, 3), (3, 4, 5, 4)])
    units = ledger.tables["units"]
    assert plain(units["employees"]) == [12, None, 7] and plain(units["members"]) == [3, None, 1]
    assert units["area"].str.endswith("城关镇").all()
    assert cells(ledger, "value_noted").keys() == {"B3", "C3"}


def test_blank_row_inside_a_merge_stays_blank() -> None:
    rows = [
        TITLE,
        ["企业名称", "职工人数", "镇街", "党员总数"],
        ["甲公司", 12, "城关镇", 1],
        [""],
        ["乙公司", 3, "", 1],
        ["小计", 15, "", 2],
    ]
    ledger = read(rows, merges=[(3, 3, 5, 3)])
    assert ledger.sheets[COUNTED].iloc[0].tolist() == [2, 1, 1, 1, 0, 0] and not cells(
        ledger, "total_differs"
    )


def test_note_beside_the_key_column_is_no_unit() -> None:
    ledger = read(
        [
            TITLE,
            ["序号", "单位名称", "从业人员", "党员总数"],
            [1, "甲公司", 12, 1],
            ["注", "不含分支机构", "", ""],
        ]
    )
    assert ledger.tables["units"]["unit_name"].tolist() == ["甲公司"] and ledger.sheets[
        "note"
    ].tolist() == [1]


def test_sheet_of_totals_alone_is_said() -> None:
    for heads in (["企业名称", "职工人数", "党员总数"], ["党组织名称", "活动类型", "实到人数"]):
        ledger = read([heads, ["合计", 12, 3]])
        assert [p.found for p in ledger.problems if p.code == "sheet_skipped"] == [
            "只有表头和合计，没有明细"
        ]


def test_ledger_without_place_or_year_says_so() -> None:
    ledger = from_sheets(
        [sheet([["企业名称", "职工人数", "党员总数"], ["甲公司", 12, 3]], file="新建.csv")]
    )
    assert {"area_missing", "period_missing"} <= {p.code for p in ledger.problems}


def test_stars_as_offices_write_them() -> None:
    for text in ("四星级", "4颗星", "★★★★", "★★★★☆", "四星", "４"):
        assert parse(text, unit="星").value == 4, text


# --- fuzzing ----------------------------------------------------------------------------------------------------------

JUNK: tuple[Any, ...] = (
    "",
    None,
    0,
    -1,
    1e300,
    "=cmd|' /C calc'!A0",
    "合计",
    "单位：万元",
    "党组织名称",
    "\x00\ufffd",
    "#REF!",
    "9" * 400,
    "，" * 50,
    True,
    "1/2/3",
    "注：",
    "月",
)


def mangled(rng: np.random.Generator, pages: list[dirty.Page]) -> list[dirty.Page]:
    """Cells, rows and columns of a workbook taken out, doubled, moved and overwritten."""
    for page in pages:
        for _ in range(int(rng.integers(1, 8))):
            rows = page.rows
            r, what = int(rng.integers(len(rows))), int(rng.integers(6))
            if what == 0 and rows[r]:
                rows[r][int(rng.integers(len(rows[r])))] = JUNK[int(rng.integers(len(JUNK)))]
            elif what == 1 and len(rows) > 1:
                del rows[r]
            elif what == 2:
                rows.insert(int(rng.integers(len(rows) + 1)), list(rows[r]))
            elif what == 3:
                other = int(rng.integers(len(rows)))
                rows[r], rows[other] = rows[other], rows[r]
            elif what == 4:
                at = int(rng.integers(12))
                for row in rows:
                    del row[at : at + 1]
            else:
                rows.insert(
                    r, [JUNK[int(i)] for i in rng.integers(len(JUNK), size=int(rng.integers(1, 9)))]
                )
        page.rows = [[("" if c is None else c) for c in row] for row in page.rows]
        page.merges = (
            [m for m in page.merges if m[1] < len(page.rows)] if rng.random() < 0.5 else []
        )
    return pages


def fuzzed(seed: int) -> None:
    """One mutated file: read without an exception, and no row without a word."""
    rng = np.random.default_rng([seed, *b"fuzz"])
    made = dirty.case(seed % 50)
    names = list(made.books)
    name = names[seed % len(names)]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, f"{name}.xlsx")
        made.books = {name: mangled(rng, made.books[name])}
        if seed % 3 == 0:
            dirty.write_csv(made, Path(place))
            path = next(Path(place).glob("*.csv"))
            for other in set(Path(place).glob("*.csv")) - {path}:
                other.unlink()
        else:
            for page in made.books[name]:
                for row in page.rows:
                    row[:] = [
                        c.replace("\x00", "")
                        if isinstance(c, str)
                        else ""
                        if isinstance(c, float) and abs(c) > 1e200
                        else c
                        for c in row
                    ]
            dirty.write_xlsx(made, Path(place))
        if seed % 2:  # and bytes of it overwritten or cut off
            data = bytearray(path.read_bytes())
            for _ in range(int(rng.integers(1, 20))):
                data[int(rng.integers(len(data)))] = int(rng.integers(256))
            path.write_bytes(
                data[: int(rng.integers(1, len(data) + 1))] if rng.random() < 0.3 else data
            )
        ledger = read_ledger(Path(place))
        assert len(ledger.sheets) or ledger.problems
        check_rows(Path(place), ledger)


@pytest.mark.parametrize("seed", range(60))
def test_mutated_file_is_read_or_refused(seed: int) -> None:
    fuzzed(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 3000, BATCH))
def test_two_thousand_mutated_files(start: int) -> None:
    for seed in range(start, start + BATCH):
        fuzzed(seed)
