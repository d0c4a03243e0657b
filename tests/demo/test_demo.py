"""The demonstration province: reproducible, readable, without persons, and true to its truth.json."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from python_calamine import CalamineWorkbook

from evalkit import demo
from evalkit.codebook import load_codebook
from evalkit.demo.model import simulate
from evalkit.demo.names import credit_code
from evalkit.demo.write import year_sheets
from evalkit.problems import InputError

SHEETS = ["组织台账", "党组织台账", "经费台账", "指导员台账", "活动台账", "星级评定表", "工作报表"]
PERSON = re.compile(r"姓名|电话|手机|身份证|津贴|等次|法定代表人|联系人")
IDENTITY = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)")


def sheets_of(path: Path) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_path(str(path))
    return {
        name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for name in book.sheet_names
    }


def records(rows: list[list[Any]]) -> list[dict[str, Any]]:
    """Rows below the heading row as dicts; blank rows and totals left out."""
    at = next(i for i, row in enumerate(rows) if sum(cell != "" for cell in row) >= 5)
    found = [
        dict(zip(rows[at], row, strict=True))
        for row in rows[at + 1 :]
        if any(cell != "" for cell in row)
    ]
    return [row for row in found if row[rows[at][0]] not in ("合计", "小计")]


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    out = tmp_path_factory.mktemp("demo")
    result = demo.write(out, quick=True)
    return out, result, json.loads((out / "truth.json").read_text(encoding="utf-8"))


def test_same_seed_same_bytes_whatever_the_jobs(tmp_path: Path) -> None:
    a, b, c = (tmp_path / name for name in "abc")
    demo.write(a, districts=3, periods=("2022", "2023"), units_per_year=240)
    demo.write(b, districts=3, periods=("2022", "2023"), units_per_year=240, jobs=2)
    demo.write(c, districts=3, periods=("2022", "2023"), units_per_year=240, seed=8)
    files = sorted(p.relative_to(a) for p in a.rglob("*") if p.is_file())
    assert len(files) == 3 * 2 + 3
    assert all((a / f).read_bytes() == (b / f).read_bytes() for f in files)
    assert (a / "2023/演示01区.xlsx").read_bytes() != (c / "2023/演示01区.xlsx").read_bytes()


def test_a_smaller_demo_over_a_larger_one_leaves_no_old_workbook(tmp_path: Path) -> None:
    demo.write(tmp_path, districts=3, periods=("2022", "2023"), units_per_year=120)
    own = tmp_path / "2022" / "演示说明.xlsx"
    own.write_bytes(b"mine")
    seen: list[tuple[int, int, str]] = []
    demo.write(
        tmp_path, districts=1, periods=[2023], units_per_year=40, progress=lambda *a: seen.append(a)
    )
    assert sorted(p.name for p in tmp_path.rglob("*.xlsx")) == sorted(
        ["演示01区.xlsx", "areas.xlsx", "政策.xlsx", "演示说明.xlsx"]
    )
    assert own.read_bytes() == b"mine" and not list(tmp_path.rglob("*.tmp"))
    assert seen == [(1, 1, "2023/演示01区.xlsx")]


def test_workbooks_have_seven_sheets_titles_and_the_mark(quick: tuple[Path, Any, Any]) -> None:
    out, result, _ = quick
    books = sorted(out.glob("20*/*.xlsx"))
    assert len(books) == result["workbooks"] == 12
    for book in books:
        sheets = sheets_of(book)
        assert list(sheets) == SHEETS
        for rows in sheets.values():
            assert (
                rows[0][0].startswith(f"演示省{book.stem}")
                and f"（{book.parent.name}年）" in rows[0][0]
            )
            assert "演示数据" in rows[1][0]


def test_headings_are_known_to_the_codebook(quick: tuple[Path, Any, Any]) -> None:
    forms = load_codebook().headings["forms"]
    names = {
        form["name"]: {n for c in form["columns"].values() for n in c["names"]}
        for form in forms.values()
    }
    for book in quick[0].glob("2025/*.xlsx"):
        for sheet, rows in sheets_of(book).items():
            for heading in records(rows)[0]:
                assert (
                    re.sub(r"（(万?元|可多选)）", "", heading) in names[sheet]
                    or heading in names[sheet]
                ), heading


def test_typed_figures_are_measures(quick: tuple[Path, Any, Any]) -> None:
    measures = load_codebook().measures
    known = {name for m in measures.values() for name in (m.name, *m.also)}
    totals = next(iter(quick[2]["totals"].values()))["2025"]
    assert set(totals["figures"]) <= known
    assert set(totals) - {"figures"} <= set(measures)


def test_totals_are_those_of_the_truth(quick: tuple[Path, Any, Any]) -> None:
    out, _, truth = quick
    for area, years in truth["totals"].items():
        sheets = sheets_of(out / "2025" / f"{area.split('/')[1]}.xlsx")
        true = years["2025"]
        rows = {
            r["单位名称"].replace("(", "（").replace(")", "）"): r
            for r in records(sheets["组织台账"])
        }
        assert len(rows) == true["units_listed"]
        status = "经营状态" if "经营状态" in next(iter(rows.values())) else "状态"
        base = [
            r
            for r in rows.values()
            if r[status] == "正常" and r["单位类型"] not in ("个体工商户", "分支机构")
        ]
        assert len(base) == true["units"]
        formal = [r for r in base if r["组建方式"] in ("单独", "联合", "挂靠")]
        assert len(formal) == true["units_covered"] == true["units_single"] + true["units_joint"]
        assert len(base) - len(formal) == true["units_unfounded"]
        orgs = {r["党组织名称"]: r for r in records(sheets["党组织台账"])}
        parents = {r["上级党组织"] for r in orgs.values() if not r["撤销日期"]}
        leaves = [r for name, r in orgs.items() if name not in parents and r["是否功能型"] == "否"]
        assert sum(r["党员数"] for r in leaves) == true["members"]
        alive = [r for r in orgs.values() if r["是否功能型"] == "否" and not r["撤销日期"]]
        assert len(alive) == true["party_orgs"]
        funds = records(sheets["经费台账"])
        activity = [r["党员活动经费"] for r in funds if r["党员活动经费"] != ""]
        yuan = [
            float(x.removesuffix("万元")) * 10000 if isinstance(x, str) else x for x in activity
        ]
        assert sum(yuan) == pytest.approx(true["activity_funds"], abs=0.005)
        for sheet in ("经费台账", "活动台账", "星级评定表"):
            assert {r["党组织名称"] for r in records(sheets[sheet])} <= set(orgs)
        assert len(records(sheets["活动台账"])) == true["activities"]
        assert sum(r["拟定星级"] or 0 for r in records(sheets["星级评定表"])) == true["stars_total"]


def test_a_committees_members_are_the_total_of_its_branches(quick: tuple[Path, Any, Any]) -> None:
    committees = 0
    for book in quick[0].glob("2025/*.xlsx"):
        rows = [
            r
            for r in records(sheets_of(book)["党组织台账"])
            if not r["撤销日期"] and r["是否功能型"] == "否"
        ]
        below: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            below[row["上级党组织"]].append(row)
        for row in rows:
            if row["党组织名称"] in below:
                committees += 1
                assert row["党员数"] == sum(r["党员数"] for r in below[row["党组织名称"]])
    assert committees > 6


def test_oddities_stand_where_the_truth_says(quick: tuple[Path, Any, Any]) -> None:
    out, result, truth = quick
    books = {name: sheets_of(out / name) for name in {odd["file"] for odd in truth["oddities"]}}
    kinds = {
        "approximate",
        "duplicate",
        "missing",
        "ten_thousands",
        "wrong_subtotal",
        "stars_differ",
        "joint_over_five",
    }
    assert kinds <= set(result["oddities"])
    for odd in truth["oddities"]:
        rows = books[odd["file"]][odd["sheet"]]
        written = "" if odd["written"] is None else odd["written"]
        assert written in rows[odd["row"] - 1], odd


ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # the 31 characters of GB 32100-2015


def valid_credit_code(code: str) -> bool:
    """Whether the last character is the check character of the first seventeen (GB 32100-2015)."""
    values = [ALPHABET.index(c) for c in code]
    return (
        len(code) == 18
        and (sum(3**i * c for i, c in enumerate(values[:17])) + values[17]) % 31 == 0
    )


def test_credit_codes_are_valid_and_nobodys(quick: tuple[Path, Any, Any]) -> None:
    # GB 32100-2015: the published code of a real registrar's example must pass, one changed character must not
    assert valid_credit_code("91350100M000100Y43") and not valid_credit_code("91350100M000100Y44")
    assert valid_credit_code(credit_code("91", "990001", 1)) and set(
        credit_code("52", "990090", 999999)
    ) <= set(ALPHABET)
    codes = set()
    for book in quick[0].glob("2025/*.xlsx"):
        for row in records(sheets_of(book)["组织台账"]):
            code = row.get("统一社会信用代码", row.get("信用代码"))
            if code:
                assert valid_credit_code(code) and code[2:5] == "990"
                codes.add(code)
    assert len(codes) > 1900


def test_no_person_anywhere(quick: tuple[Path, Any, Any]) -> None:
    for book in quick[0].rglob("*.xlsx"):
        for rows in sheets_of(book).values():
            for text in {str(cell) for row in rows for cell in row}:
                assert not PERSON.search(text) and not IDENTITY.search(text), text


def panel(truth: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coverage, activity money per member of last year's end, and years since the reform (-99: never)."""
    periods = truth["periods"]
    years = [[t[p] for p in periods] for t in truth["totals"].values()]
    coverage = np.array([[y["units_covered"] / y["units"] for y in row] for row in years])
    money = np.array(
        [
            [now["activity_funds"] / row[max(i - 1, 0)]["members"] for i, now in enumerate(row)]
            for row in years
        ]
    )
    start = [truth["reform"]["start"].get(area) for area in truth["totals"]]
    since = np.array([[int(p) - int(s) if s else -99 for p in periods] for s in start])
    return coverage, money, since


def test_reform_is_recovered_by_difference_in_differences() -> None:
    periods = ("2021", "2022", "2023", "2024", "2025")
    plan = demo.make_districts(24, periods, 7, 4800)
    totals: dict[str, dict[str, Any]] = {}
    for district in plan:  # the tables behind the workbooks, without writing them
        rng, before = np.random.default_rng([7, *district.code.encode()]), None
        more, origins = np.random.default_rng([7, 2]), np.random.default_rng([7, 3])
        totals[district.area] = {}
        for year in simulate(district, periods, rng):
            totals[district.area][year.period] = year_sheets(year, rng, more, origins, before)[1]
            before = totals[district.area][year.period]["members"]
    truth = {
        "periods": periods,
        "totals": totals,
        "reform": {"start": {d.area: d.reform for d in plan if d.reform}},
    }
    coverage, money, since = panel(truth)
    starts = list(truth["reform"]["start"].values())
    assert (starts.count("2023"), starts.count("2024")) == (10, 3)
    early, never = since[:, 2] == 0, since[:, 0] == -99
    for values, effect, tolerance in ((coverage, 0.03, 0.012), (money, 60, 12)):
        change = values[:, 3:].mean(axis=1) - values[:, :2].mean(axis=1)
        did = change[early].mean() - change[never].mean()
        assert did == pytest.approx(effect, abs=tolerance)
        before = values[:, 1] - values[:, 0]
        assert (
            abs(before[early].mean() - before[never].mean()) < tolerance
        )  # no trend of its own before it
    assert 0.66 < coverage.min() < 0.75 and 0.97 < coverage.max() < 0.995


def test_refuses_what_it_cannot_make(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        demo.write(tmp_path / "x", districts=100, periods=("2025", "二〇二四"), units_per_year=0)
    assert [p.where for p in error.value.problems] == ["districts", "periods", "units_per_year"]
    assert not (tmp_path / "x").exists()


def test_ninety_districts(tmp_path: Path) -> None:
    result = demo.write(tmp_path, districts=90, periods=("2025",), units_per_year=2700)
    assert len(list(tmp_path.glob("2025/演示*区.xlsx"))) == 90 and result["workbooks"] == 90


def test_a_folder_that_cannot_be_written_is_one_clear_problem(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("not a folder")
    with pytest.raises(InputError) as error:
        demo.write(tmp_path / "out", districts=1, periods=("2025",), units_per_year=40)
    assert [p.code for p in error.value.problems] == ["output_unwritable"]
