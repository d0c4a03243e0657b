"""Write the demonstration province: one workbook a district and year, policies, areas, and the truth."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xlsxwriter

from evalkit.demo import forms
from evalkit.demo.model import Year, simulate
from evalkit.demo.names import INVENTED
from evalkit.demo.province import PROVINCE, REFORM, District, make_districts
from evalkit.demo.sheet import Sheet, Truth, take, totals
from evalkit.files import put
from evalkit.problems import InputError, Problem
from evalkit.runner.machine import process_map

Progress = Callable[[int, int, str], None]
NOTE = "演示数据"
TITLES = {"组织台账": "两新组织台账", "星级评定表": "两新党组织星级评定表"}
_BOOK = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "default_date_format": "yyyy-mm-dd",
    "in_memory": True,
}


def write(
    out: Path,
    districts: int = 24,
    periods: Iterable[str | int] = ("2021", "2022", "2023", "2024", "2025"),
    seed: int = 7,
    units_per_year: int = 20000,
    quick: bool = False,
    progress: Progress | None = None,
    jobs: int = 1,
) -> dict[str, Any]:
    """Write the invented ledgers of 演示省 and ``truth.json``, the totals that a right reading of them gives.

    Parameters
    ----------
    out
        Folder: ``<period>/演示01区.xlsx`` ..., ``政策.xlsx``, ``areas.xlsx`` and ``truth.json`` (last) go there.
        Workbooks of an earlier, larger demonstration are removed, nothing else is.
    districts, periods, seed, units_per_year
        How many districts (1 to 99) and years; the units of a year are those of all districts together. The same
        four give the same bytes, whatever `jobs` is.
    quick
        Six districts, the last two of `periods`, 2,000 units a year.
    progress
        Called after each workbook with (done, total, name).
    jobs
        Processes; each writes whole districts.

    Returns
    -------
    dict
        ``out``, ``districts``, ``periods``, ``workbooks``, ``rows``, ``bytes``, ``units`` (of the last period),
        ``reform`` and ``oddities`` (number of planted ones by kind).
    """
    years = tuple(str(p) for p in periods)
    if quick:
        districts, years, units_per_year = 6, years[-2:], 2000
    _check(districts, years, units_per_year)
    out, plan, n_books = (
        Path(out),
        make_districts(districts, years, seed, units_per_year),
        districts * len(years),
    )
    one = partial(_district, out=out, periods=years, seed=seed)
    found: list[dict[str, Any]] = []
    try:
        for period in years:
            (out / period).mkdir(parents=True, exist_ok=True)
        (out / "truth.json").unlink(
            missing_ok=True
        )  # until the end there is no whole demonstration here
        with process_map(jobs) as mapped:
            for district, result in zip(plan, mapped(one, plan), strict=True):
                found.append(result)
                for i, period in enumerate(
                    years if progress else (), len(years) * (len(found) - 1) + 1
                ):
                    progress(i, n_books, f"{period}/{district.name}.xlsx")  # type: ignore[misc]
        _small_tables(out, plan)
        _remove_older(out, {(p, f"{d.name}.xlsx") for p in years for d in plan})
        reform = REFORM | {"start": {d.area: d.reform for d in plan if d.reform}}
        truth: Truth = {
            "note": f"{NOTE}，全部虚构。totals 为正确读取台账应得的各指标（金额单位：元）；oddities 为有意埋设的瑕疵",
            "seed": seed,
            "periods": years,
            "reform": reform,
            "totals": {d.area: r["totals"] for d, r in zip(plan, found, strict=True)},
            "oddities": [odd for r in found for odd in r["oddities"]],
        }
        put(out / "truth.json", json.dumps(truth, ensure_ascii=False, indent=0))
    except OSError as error:
        said, advice = (
            f"{type(error).__name__}: {error}",
            "请关闭正在打开的演示台账，或换一个可以写入的文件夹",
        )
        raise InputError(
            Problem("output_unwritable", file=str(out), found=said, advice=advice)
        ) from error
    return {
        "out": str(out),
        "districts": districts,
        "periods": years,
        "workbooks": n_books,
        "reform": reform,
        "rows": sum(r["rows"] for r in found),
        "bytes": sum(r["bytes"] for r in found),
        "units": sum(r["totals"][years[-1]]["units_listed"] for r in found),
        "oddities": dict(sorted(Counter(odd["kind"] for odd in truth["oddities"]).items())),
    }


def _check(districts: int, years: tuple[str, ...], units_per_year: int) -> None:
    in_order = list(years) == sorted(set(years)) and all(
        re.fullmatch(r"(19|20)\d\d", y) for y in years
    )
    tests = [
        (1 <= districts <= 99, "districts", str(districts), "1 至 99"),
        (bool(years) and in_order, "periods", "、".join(years), "由早到晚的年份，如 2021 至 2025"),
        (units_per_year >= 1, "units_per_year", str(units_per_year), "大于 0 的整数"),
    ]
    if problems := [
        Problem("value_invalid", where=w, found=f, allowed=a) for ok, w, f, a in tests if not ok
    ]:
        raise InputError(problems)


def year_sheets(
    year: Year,
    rng: np.random.Generator,
    more: np.random.Generator,
    origins: np.random.Generator,
    members_before: int | None,
) -> tuple[list[Sheet], Truth]:
    """All sheets of a district's year and, by measure of the codebook, what a right reading of them gives."""
    instructors, them = forms.instructors_sheet(year, rng, origins)
    units, orgs = forms.units_sheet(year, rng, more), forms.party_orgs_sheet(year)
    members = int((year.orgs["members"] * year.orgs["formal"] * year.orgs["leaf"]).sum())
    funds, money = forms.funds_sheet(year, rng, members_before or members)
    activities, held = forms.activities_sheet(year, rng, more)
    stars, alive = forms.stars_sheet(year, rng), take(year.orgs, np.isnat(year.orgs["ended"]))
    tables = {
        "units": year.units,
        "orgs": alive,
        "funds": money,
        "instructors": them,
        "activities": held,
    }
    truth = {
        code: total for name, table in tables.items() for code, total in totals(name, table).items()
    }
    report = forms.work_report_sheet(year, rng, more, truth)
    return [units, orgs, funds, instructors, activities, stars, report], truth


def _district(district: District, out: Path, periods: tuple[str, ...], seed: int) -> dict[str, Any]:
    """All workbooks of one district, with their totals and planted oddities."""
    code = district.code.encode()
    rng, dirt = np.random.default_rng([seed, *code]), np.random.default_rng([seed, 1, *code])
    more, origins = (np.random.default_rng([seed, stream, *code]) for stream in (2, 3))
    result: dict[str, Any] = {"totals": {}, "oddities": [], "rows": 0, "bytes": 0}
    before = None
    first = (
        5 if district.number % 4 == 0 else 4
    )  # a blank row above the headings in every fourth district
    for year in simulate(district, periods, rng):
        sheets, result["totals"][year.period] = year_sheets(year, dirt, more, origins, before)
        before, name = (
            result["totals"][year.period]["members"],
            f"{year.period}/{district.name}.xlsx",
        )
        titles = [
            f"{PROVINCE}{district.name}{TITLES.get(s.name, f'两新{s.name}')}（{year.period}年）"
            for s in sheets
        ]
        result["bytes"] += _write_book(out / name, sheets, titles, first, district.number)
        result["rows"] += sum(len(s.rows) for s in sheets)
        for sheet in sheets:
            row_of = {id(row): i for i, row in enumerate(sheet.rows, first)}
            place = {
                "period": year.period,
                "area": district.area,
                "file": name,
                "sheet": sheet.name,
            }
            result["oddities"] += [
                place | {"row": row_of[id(row)]} | odd for row, odd in sheet.oddities
            ]
    return result


def _write_book(
    path: Path, sheets: list[Sheet], titles: list[str], first: int = 4, number: int = 0
) -> int:
    """Title in row 1, note in row 2, headings in the row before `first` (from 1), then the rows."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, _BOOK) as book:
        book.set_properties(
            {"title": NOTE, "created": datetime(2026, 1, 1)}
        )  # the same seed gives the same bytes
        title_format = book.add_format({"bold": True, "font_size": 16, "align": "center"})
        head = book.add_format(
            {"bold": True, "border": 1, "text_wrap": True, "align": "center", "valign": "vcenter"}
        )
        other = INVENTED["other_headings"][number % 3]
        for sheet, title in zip(sheets, titles, strict=True):
            page, last = book.add_worksheet(sheet.name), len(sheet.headings) - 1
            page.set_column(0, last, 13)
            page.merge_range(0, 0, 0, last, title, title_format)
            page.write_string(
                1, 0, f"{NOTE}（全部虚构）{f'　单位：{sheet.unit}' if sheet.unit else ''}"
            )
            page.write_row(first - 2, 0, [other.get(h, h) for h in sheet.headings], head)
            page.freeze_panes(first - 1, 0)
            for i, row in enumerate(sheet.rows, first - 1):
                page.write_row(i, 0, row)
    put(path, content.getvalue())
    return len(content.getvalue())


def _small_tables(out: Path, plan: list[District]) -> None:
    areas: list[list[Any]] = [
        [PROVINCE, PROVINCE, "演示", "Demo Province", "990000", None, "省", None]
    ]
    for d in plan:
        areas.append(
            [
                d.area,
                d.name,
                d.name[:-1],
                f"Demo {d.number:02d}",
                d.code,
                PROVINCE,
                "区县",
                d.peer_group,
            ]
        )
    for d, name in ((district, name) for district in plan for name in district.townships):
        level = "园区" if name.endswith("园") else "乡镇街道"
        areas.append([f"{d.area}/{name}", name, name, None, None, d.area, level, None])
    rows, note = [[*row, i] for i, row in enumerate(areas, 1)], "党员活动经费补助标准（元/人·年）"
    policies = [
        [d.area, REFORM["policy"], d.reform, REFORM["value"], note] for d in plan if d.reform
    ]
    _write_book(out / "areas.xlsx", [Sheet("地区", rows)], [f"{PROVINCE}地区表"])
    _write_book(out / "政策.xlsx", [Sheet("政策", policies)], [f"{PROVINCE}政策清单"])


def _remove_older(out: Path, wanted: set[tuple[str, str]]) -> None:
    for path in out.glob("[12][0-9][0-9][0-9]/演示[0-9][0-9]区.xlsx"):
        if (path.parent.name, path.name) not in wanted:
            path.unlink()
            if not any(path.parent.iterdir()):
                path.parent.rmdir()
