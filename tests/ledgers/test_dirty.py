"""What `dirty` wrote is read back as the truth, or as an interval that holds it; nothing is lost without a word.

``EVALKIT_DIRTY=3000 python -m pytest tests/ledgers/test_dirty.py -m slow`` is the long campaign.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dirty
import numpy as np
import pandas as pd
import pytest

from evalkit.ledgers import Ledger, from_sheets, read_ledger
from evalkit.ledgers.files import read_sheets
from evalkit.ledgers.forms import name_key

SEEDS, BATCH = 40, 50
LONG = int(os.environ.get("EVALKIT_DIRTY", "2000"))
COUNTED = ["kept", "total", "heading", "title", "note", "reported"]
SOURCES = {"city": "fiscal_city", "district": "fiscal_district", "township": "fiscal_township", "dues": "dues_return", "enterprise": "enterprise"}


def holds(row: Any, column: str, known: dirty.Known) -> None:
    value, low, high = (getattr(row, column + end) for end in ("", "_low", "_high"))
    if known.value is None:
        assert pd.isna(value), (column, known, value)
        return
    assert not pd.isna(value), (column, known, "nothing was read")
    assert low <= known.value and (pd.isna(high) or known.value <= high), (column, known, value, low, high)
    if known.exact:
        assert value == low == high == known.value, (column, known, value, low, high)


def check_units(made: dirty.Case, ledger: Ledger) -> None:
    units, covers = ledger.tables["units"], ledger.tables["covers"]
    read = {name_key(row.unit_name): row for row in units.itertuples()}
    assert read.keys() == {name_key(n) for n in made.units}
    assert sum(p.code == "row_duplicate" for p in ledger.problems) == made.duplicates
    by_unit = {u: (o, m) for u, o, m in zip(covers["unit"], covers["party_org"], covers["mode"], strict=True)}
    assert len(by_unit) == len(covers)
    for name, about in made.units.items():
        row: Any = read[name_key(name)]
        holds(row, "employees", about["employees"])
        holds(row, "members", about["members"])
        holds(row, "revenue_fen", about["revenue"])
        assert (row.status == "operating", bool(row.legal_person), bool(row.above_scale)) == (about["operating"], about["legal"], about["scale"])
        org, mode = by_unit.get(name_key(name), ("", ""))
        assert org == name_key(about["org"]), name
        assert mode == {"单独": "single", "联合": "joint", "": ""}[about["mode"]]
    founded = {org: day for org, day in zip(*(ledger.tables["party_organisations"][c] for c in ("party_org", "founded_on")), strict=True)}
    for about in made.units.values():
        if about["mode"] == "单独":
            assert founded[name_key(about["org"])].date() == about["founded"]


def check_funds(made: dirty.Case, funds: pd.DataFrame) -> None:
    kind = np.where(funds["flow"] == "spending", funds["purpose"].astype(object), funds["source"].astype(object))
    read: dict[tuple[str, str], list[Any]] = {}
    for row, what in zip(funds.itertuples(), kind, strict=True):
        read.setdefault((str(row.party_org), str(what)), []).append(row)
    assert len(funds) == sum(map(len, made.funds.values()))
    for (org, column), amounts in made.funds.items():
        for row, known in zip(read[name_key(org), SOURCES.get(column, column)], amounts, strict=True):
            holds(row, "amount_fen", known)


def check_activities(made: dirty.Case, activities: pd.DataFrame) -> None:
    def of(known: dirty.Known) -> int | None:
        return known.value

    def read(value: Any) -> Any:
        return None if pd.isna(value) else value

    wanted = [(name_key(a["org"]), a["date"], of(a["due"]), of(a["present"]), a["cost"].exact and of(a["cost"])) for a in made.activities]
    exact = {i for i, a in enumerate(made.activities) if a["cost"].exact}
    found = [
        (row.party_org, None if pd.isna(row.date) else row.date.date(), read(row.due), read(row.present), read(row.cost_fen))
        for row in activities.itertuples()
    ]
    shortened = [w if i in exact else (*w[:4], None) for i, w in enumerate(wanted)]
    if len(exact) < len(wanted):  # a cost said with a word: the rest of the row is compared
        assert Counter(f[:4] for f in found) == Counter(w[:4] for w in shortened)
    else:
        assert Counter(found) == Counter(wanted)


def check_persons(ledger: Ledger) -> None:
    seen = "\n".join(t.to_csv() for t in (*ledger.tables.values(), ledger.headings, ledger.sheets)) + "\n".join(map(str, ledger.problems))
    for secret in dirty.SECRETS:
        assert secret not in seen, secret
    assert any(p.code == "personal_data" for p in ledger.problems)


def filled(rows: list[list[Any]]) -> int:
    return sum(any(not (c is None or (isinstance(c, str) and not c.strip())) for c in row) for row in rows)


def check_rows(folder: Path, ledger: Ledger) -> None:
    """Rows in = rows kept + rows accounted for; a sheet that is not counted is said by a problem."""
    said = {(p.file, p.sheet) for p in ledger.problems}
    files = {p.file for p in ledger.problems}
    for path in sorted(folder.iterdir()):
        sheets, problems = read_sheets(path)
        assert sheets or problems or not path.stat().st_size
        for sheet in sheets:
            row = ledger.sheets[(ledger.sheets["source_file"] == sheet.file) & (ledger.sheets["source_sheet"] == sheet.name)]
            if not len(row):
                assert (sheet.file, sheet.name) in said or sheet.file in files
            elif row["kept"].iat[0]:
                assert int(row[COUNTED].iloc[0].sum()) == filled(sheet.rows), (sheet.file, sheet.name, filled(sheet.rows), dict(row[COUNTED].iloc[0]))
            elif filled(sheet.rows):
                assert (sheet.file, sheet.name) in said, (sheet.file, sheet.name)
    wanting = Counter(p.file for p in ledger.problems if p.code == "column_missing" and p.found == "空白")
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
    assert tables["instructor_counts"]["count"].sum() == made.instructors and tables["visits"]["count"].sum() == made.visits
    assert dict(zip(tables["stars"]["party_org"], tables["stars"]["stars"], strict=True)) == {name_key(o): s for o, s in made.stars.items()}
    for table in tables.values():
        assert set(table["period"].dropna()) <= {"2025"} and not any("湖" not in str(a) for a in table["area"])
    differs = {p.sheet.rpartition("_")[2] for p in ledger.problems if p.code == "total_differs"}
    assert made.wrong_totals <= differs, (made.wrong_totals, differs)
    assert not made.right_totals & differs, (made.right_totals, [p for p in ledger.problems if p.code == "total_differs"])
    return ledger


def totals(ledger: Ledger) -> dict[str, Any]:
    """What a report adds up, of one reading."""
    t = ledger.tables
    out: dict[str, Any] = {"covered": len(t["covers"]), "units": len(t["units"]), "organisations": len(t["party_organisations"])}
    for table, columns in {"units": ["employees", "members", "revenue_fen"], "activities": ["due", "present", "cost_fen"], "funds": ["amount_fen"]}.items():
        out |= {f"{table} {c}{e}": int(t[table][c + e].sum()) for c in columns for e in ("", "_low", "_high")}
    return out | {f"funds {k}": int(v) for k, v in t["funds"].groupby(["flow", "source"], dropna=False)["amount_fen"].sum().items()}


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


# --- fuzzing ----------------------------------------------------------------------------------------------------------

JUNK: tuple[Any, ...] = ("", None, 0, -1, 1e300, "=cmd|' /C calc'!A0", "合计", "单位：万元", "党组织名称", "\x00\ufffd", "#REF!", "9" * 400, "，" * 50, True, "1/2/3", "注：", "月")


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
                rows.insert(r, [JUNK[int(i)] for i in rng.integers(len(JUNK), size=int(rng.integers(1, 9)))])
        page.rows = [[("" if c is None else c) for c in row] for row in page.rows]
        page.merges = [m for m in page.merges if m[1] < len(page.rows)] if rng.random() < 0.5 else []
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
                    row[:] = [c.replace("\x00", "") if isinstance(c, str) else "" if isinstance(c, float) and abs(c) > 1e200 else c for c in row]
            dirty.write_xlsx(made, Path(place))
        if seed % 2:  # and bytes of it overwritten or cut off
            data = bytearray(path.read_bytes())
            for _ in range(int(rng.integers(1, 20))):
                data[int(rng.integers(len(data)))] = int(rng.integers(256))
            path.write_bytes(data[: int(rng.integers(1, len(data) + 1))] if rng.random() < 0.3 else data)
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
