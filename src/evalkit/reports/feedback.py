"""What goes back to those who sent ledgers: the list of problems, marked copies, one parcel an area."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from evalkit.documents import Block, page
from evalkit.indicators.checking import Findings, common, file_date
from evalkit.ledgers.annotate import COLUMNS, TONES, annotated, problem_rows
from evalkit.ledgers.files import RawSheet, read_sheets
from evalkit.ledgers.headings import headings_of, squeeze
from evalkit.ledgers.workbook import book_bytes, list_sheet, put_beside
from evalkit.problems import SEVERITIES, TITLES, Problem
from evalkit.reports.words import fixed, shown, span

UNKNOWN, SUMMARY = "地区不明", "报送情况表"
_VERSION = re.compile(r"最终版?\d*|终稿\d*|定稿\d*|修改\w{0,2}|修订\w{0,2}|第[\d一二三四五]+[版稿]|[vV]\d+|[(（]\d+[)）]$")


def submissions(found: Findings) -> tuple[list[tuple[str, float]], list[list[Any]]]:
    """报送情况表: an area and period a row; rows of each form or 未报, files with their version and date, findings."""
    forms = {k: f["name"] for k, f in found.codebook.headings["forms"].items() if f["table"] not in ("areas", "policies") and k != "figures"}
    sent = found.sent.assign(area=found.sent["area"].fillna(""), period=found.sent["period"].fillna(""))
    sent = sent.loc[sent["form"].isin(list(forms))]
    older = {(p.file, p.sheet): p for p in found.problems if p.code == "ledger_duplicate"}
    severities = Counter((p.severity, found.owner(p.file, p.sheet)) for p in found.problems)
    columns = [("地区", 26.0), ("年份", 8.0), *((name, 11.0) for name in forms.values()), ("文件", 40.0), ("版本", 14.0), ("文件日期", 12.0),
               *((label, 7.0) for label, _ in SEVERITIES.values())]  # fmt: skip
    rows: list[list[Any]] = []
    for (area, period), mine in sent.groupby(["area", "period"], sort=True):
        used = mine.loc[[key not in older for key in zip(mine["file"], mine["sheet"], strict=True)]]
        counts = used.groupby("form")["rows"].sum()
        files = list(dict.fromkeys(mine["file"]))
        left = {f for f in files if not (used["file"] == f).any()}
        versions = ["；".join([*_VERSION.findall(squeeze(PurePosixPath(f).stem)), *(["旧版，未采用"] if f in left else [])]) or "—" for f in files]
        dates = [file_date(found.sources[top]) if (top := next((s for s in found.sources if f == s or f.startswith(s + "/")), None)) else "" for f in files]
        rows.append([area or UNKNOWN, period or "未注明", *(f"{int(counts[k])}行" if k in counts else "未报" for k in forms),
                     "\n".join(files), "\n".join(versions), "\n".join(dates), *(severities[s, area] for s in SEVERITIES)])  # fmt: skip
    return columns, rows


def write_problems(found: Findings, path: Path) -> Path:
    """``problems.xlsx``: 报送情况表 first, then the problems of each area on a sheet of its own."""
    if path.suffix.lower() != ".xlsx":
        path = path / "problems.xlsx"
    by_area: dict[str, list[Problem]] = {area: [] for area in sorted(found.sent["area"].dropna().unique())}
    for problem in found.problems:
        by_area.setdefault(found.owner(problem.file, problem.sheet), []).append(problem)

    def fill(book: Any) -> None:
        columns, rows = submissions(found)
        list_sheet(book, SUMMARY, columns, rows, {"未报": TONES["提醒"]})
        for area in sorted(by_area, key=lambda a: (not a, a)):
            name = area.rpartition("/")[2] or UNKNOWN
            list_sheet(book, name, COLUMNS, problem_rows(by_area[area]) or [["没有发现问题"]], TONES)

    return put_beside(path, book_bytes(fill), avoid=found.sources.values())


def _copies(found: Findings, files: Sequence[str] | None = None) -> Iterator[tuple[str, bytes]]:
    """(name of the copy, workbook) of every source file that could be read, or of those in `files`."""
    headings = headings_of(found.codebook, None)
    for source, path in found.sources.items():
        if files is not None and not any(f == source or f.startswith(source + "/") for f in files):
            continue
        books: dict[str, list[RawSheet]] = {}
        for sheet in read_sheets(path, name=source)[0]:
            books.setdefault(sheet.file, []).append(sheet)
        for file, sheets in books.items():
            if files is None or file in files:
                name = re.sub(r"\.zip(?=/)", "", file, flags=re.I)
                mine = [p for p in found.problems if p.file == file]
                yield str(PurePosixPath(name).with_suffix(".xlsx")), annotated(sheets, mine, headings, found.codebook.lists)


def write_copies(found: Findings, folder: Path) -> list[Path]:
    """Every workbook afresh below `folder`, findings coloured and commented; a source is never written over."""
    written: list[Path] = []
    for name, content in _copies(found):
        written.append(put_beside(folder / name, content, avoid=[*found.sources.values(), *written]))
    return written


def write_parcels(found: Findings, folder: Path) -> list[Path]:
    """One zip an area: its own problems, marked copies and profile; nothing of another area is in it."""
    files = list(dict.fromkeys([*found.sent["file"], *(p.file for p in found.problems if p.file in found.sources)]))
    parcels: dict[str, list[str]] = {}
    for file in files:
        area = found.owner(file)
        parcels.setdefault(area or f"{UNKNOWN}_{PurePosixPath(file).stem}", []).append(file)
    indicators = found.indicators() if found.indicators else pd.DataFrame()
    written = []
    for area, mine in parcels.items():
        problems = [p for p in found.problems if p.file in mine]

        def fill(book: Any, problems: list[Problem] = problems) -> None:
            list_sheet(book, "问题清单", COLUMNS, problem_rows(problems) or [["没有发现问题"]], TONES)

        members = {"问题清单.xlsx": book_bytes(fill), "概况.html": profile(found, area, mine, problems, indicators).encode()}
        members |= {f"批注件/{name}": content for name, content in _copies(found, mine)}
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
        path = folder / f"{area.replace('/', '_')}.zip"
        written.append(put_beside(path, buffer.getvalue(), avoid=[*found.sources.values(), *written]))
    return written


def profile(found: Findings, area: str, files: Sequence[str], problems: Sequence[Problem], indicators: pd.DataFrame) -> str:
    """One page for an area: what it sent, what was found, what its ledgers give."""
    known = not area.startswith(UNKNOWN)
    name = area.rpartition("/")[2] if known else PurePosixPath(files[0]).name
    forms = found.codebook.headings["forms"]
    sent = found.sent.loc[found.sent["file"].isin(list(files)) & found.sent["form"].notna()]
    counts = Counter(p.severity for p in problems)
    kinds = Counter((p.severity, p.code) for p in problems)
    order = list(SEVERITIES)
    blocks = [
        Block.paragraph(f"共收到{len(files)}个文件；发现" + "，".join(f"{SEVERITIES[s][0]}{counts[s]}处" for s in order) + "。逐条说明见问题清单，位置见批注件。", "summary"),
        Block.table("报送内容", ["文件", "工作表", "台账", "年份", "行数"],
                    [[r.file, r.sheet, forms[r.form]["name"], r.period or "未注明", int(r.rows)] for r in sent.itertuples()]),
        Block.table("问题分类", ["程度", "问题", "处数"],
                    [[SEVERITIES[s][0], TITLES.get(c, (c,))[0], n] for (s, c), n in sorted(kinds.items(), key=lambda k: (order.index(k[0][0]), -k[1]))]),
    ]  # fmt: skip
    mine = indicators.loc[(indicators["area"] == area) if known else indicators["area"].isna()] if len(indicators) else indicators
    if known or common(found.sent["area"].dropna()) == "" and len(found.sources) == 1:
        mine = mine.loc[(mine["period"] == mine["period"].max()) | mine["period"].isna()] if len(mine) else mine
        rows = [[r["name"], shown(r), span(r), fixed(r["numerator"]), fixed(r["denominator"]), r["base"], int(r["n_missing"])] for r in mine.to_dict("records")]
        columns: list[Any] = ["指标", *({"key": k, "label": k, "align": "right"} for k in ("数值", "数据区间", "分子", "分母")), "口径", "空白单元格"]
        period = str(mine["period"].iloc[0]) + "年" if len(mine) and isinstance(mine["period"].iloc[0], str) else ""
        blocks.append(Block.table(f"主要指标（{period or '未注明年份'}）", columns, rows) if rows else Block.paragraph("所报台账还算不出指标。"))
    return page(blocks, f"{name}：台账检查概况", footer="数字由所报台账直接计算，问题改正后会变化。空白不等于零。")
