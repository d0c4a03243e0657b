"""What goes back to those who sent ledgers: the list of problems, marked copies, one parcel an area."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import pandas as pd

from evalkit.building.checking import PERIODS_TOLD, Findings, file_date
from evalkit.documents import Block, page
from evalkit.documents.spreadsheet import ListSheet, names_a_workbook, of_lists
from evalkit.documents.workbook import book_bytes, list_sheet
from evalkit.files import put
from evalkit.indicators.submitted import Submitted
from evalkit.ledgers.annotate import COLUMNS, TONES, annotated, problem_rows
from evalkit.ledgers.files import RawSheet, read_sheets
from evalkit.ledgers.headings import Headings, squeeze
from evalkit.problems import SEVERITIES, Problem
from evalkit.reports.quality import problem_summary
from evalkit.reports.words import fixed, right, shown, span
from evalkit.world.period import in_time, places

UNKNOWN, SUMMARY = "地区不明", "报送情况表"
_VERSION = re.compile(
    r"最终版?\d*|终稿\d*|定稿\d*|修改\w{0,2}|修订\w{0,2}|第[\d一二三四五]+[版稿]|[vV]\d+|[(（]\d+[)）]$"
)


def submissions(found: Findings) -> tuple[list[tuple[str, float]], list[list[Any]]]:
    """报送情况表: an area and period a row; rows of each form or 未报, files with their version and date, findings."""
    all_forms = found.codebook.headings["forms"]
    forms = {
        k: f["name"]
        for k, f in all_forms.items()
        if f["table"] not in ("areas", "policies") and k != "figures"
    }
    sent = found.sent.assign(
        area=found.sent["area"].fillna(""), period=found.sent["period"].fillna("")
    )
    sent = sent.loc[sent["form"].isin(list(forms))]
    older = {(p.file, p.sheet) for p in found.problems if p.code == "ledger_duplicate"}
    severities: Counter[tuple[str, str]] = Counter(
        (p.severity, found.owner(p.file, p.sheet)) for p in found.problems
    )
    columns = [("地区", 26.0), ("年份", 8.0), *((name, 11.0) for name in forms.values())]
    columns += [
        ("文件", 40.0),
        ("版本", 14.0),
        ("文件日期", 12.0),
        *((label, 7.0) for label, _ in SEVERITIES.values()),
    ]
    rows: list[list[Any]] = []
    when = {"": -1, **places(p for p in sent["period"] if p)}
    for (area, period), mine in sorted(
        sent.groupby(["area", "period"]), key=lambda item: (item[0][0], when[item[0][1]])
    ):
        used = mine.loc[[key not in older for key in zip(mine["file"], mine["sheet"], strict=True)]]
        counts = used.groupby("form")["rows"].sum()
        files = list(dict.fromkeys(mine["file"]))
        versions = []
        for file in files:
            said = _VERSION.findall(squeeze(PurePosixPath(file).stem))
            versions.append(
                "；".join(said if (used["file"] == file).any() else [*said, "旧版，未采用"]) or "—"
            )
        tops = [
            next((s for s in found.sources if f == s or f.startswith(s + "/")), "") for f in files
        ]
        dates = [file_date(found.sources[top]) if top else "" for top in tops]
        told = [f"{int(counts[k])}行" if k in counts else "未报" for k in forms]
        lists = ["\n".join(texts) for texts in (files, versions, dates)]
        rows.append(
            [
                area or UNKNOWN,
                period or "未注明",
                *told,
                *lists,
                *(severities[s, area] for s in SEVERITIES),
            ]
        )
    known = {(row[0], row[1]) for row in rows}
    for area, period in _silent(found):
        if (area, period) not in known:
            said = ["没有报送", "—", "—", *(severities[s, area] for s in SEVERITIES)]
            rows.append([area, period, *(["未报"] * len(forms)), *said])
    return columns, rows


def _silent(found: Findings) -> list[tuple[str, str]]:
    """The areas that should have reported in the last periods and sent nothing."""
    return [
        (area, period)
        for period in in_time(found.extents["period"])[-PERIODS_TOLD:]
        for area in Submitted.of(found.extents, period, found.codebook).silent
    ]


def write_problems(found: Findings, path: Path) -> Path:
    """``problems.xlsx``, or the file that is named: 报送情况表 first, then the problems of each area on a sheet of its own."""
    if not names_a_workbook(path):
        path = path / "problems.xlsx"
    by_area: dict[str, list[Problem]] = {
        area: [] for area in sorted(found.sent["area"].dropna().unique())
    }
    for problem in found.problems:
        by_area.setdefault(found.owner(problem.file, problem.sheet), []).append(problem)
    columns, rows = submissions(found)
    sheets = [ListSheet(SUMMARY, columns, rows, {"未报": TONES["提醒"]})]
    for area in sorted(by_area, key=lambda a: (not a, a)):
        told = problem_rows(by_area[area]) or [["没有发现问题"]]
        sheets.append(ListSheet(area.rpartition("/")[2] or UNKNOWN, COLUMNS, told, TONES))
    return put(path, of_lists(path, sheets), avoid=found.sources.values())


def _copies(found: Findings, files: Sequence[str] | None = None) -> Iterator[tuple[str, bytes]]:
    """(name of the copy, workbook) of every source file that could be read, or of those in `files`."""
    headings = Headings(found.codebook.headings, found.mapping)
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
                yield (
                    str(PurePosixPath(name).with_suffix(".xlsx")),
                    annotated(sheets, mine, headings, found.codebook.lists),
                )


def write_copies(found: Findings, folder: Path) -> list[Path]:
    """Every workbook afresh below `folder`, findings coloured and commented; a source is never written over."""
    written: list[Path] = []
    for name, content in _copies(found):
        written.append(put(folder / name, content, avoid=[*found.sources.values(), *written]))
    return written


def write_parcels(found: Findings, folder: Path) -> list[Path]:
    """One zip an area: its own problems, marked copies and profile; nothing of another area is in it."""
    own = set(
        found.sent.loc[found.sent["form"].isin(["areas", "policies"]), "file"]
    )  # the office's own tables
    told = [*found.sent["file"], *(p.file for p in found.problems if p.file in found.sources)]
    files = [file for file in dict.fromkeys(told) if file not in own]
    parcels: dict[str, list[str]] = {}
    for file in files:
        area = found.owner(file)
        parcels.setdefault(area or f"{UNKNOWN}_{PurePosixPath(file).stem}", []).append(file)
    indicators = found.indicators() if found.indicators else pd.DataFrame()
    written: list[Path] = []
    for area, mine in parcels.items():
        problems = [p for p in found.problems if p.file in mine]

        def fill(book: Any, problems: list[Problem] = problems) -> None:
            list_sheet(
                book, "问题清单", COLUMNS, problem_rows(problems) or [["没有发现问题"]], TONES
            )

        members = {
            "问题清单.xlsx": book_bytes(fill),
            "概况.html": profile(found, area, mine, problems, indicators).encode(),
        }
        members |= {f"批注件/{name}": content for name, content in _copies(found, mine)}
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))  # a fixed date: equal bytes
                info.external_attr = 0o644 << 16
                archive.writestr(info, content, zipfile.ZIP_DEFLATED)
        path = folder / f"{area.replace('/', '_')}.zip"
        written.append(put(path, buffer.getvalue(), avoid=[*found.sources.values(), *written]))
    return written


def profile(
    found: Findings,
    area: str,
    files: Sequence[str],
    problems: Sequence[Problem],
    indicators: pd.DataFrame,
) -> str:
    """One page for an area: what it sent, what was found, what its ledgers give."""
    known = not area.startswith(UNKNOWN)
    name = area.rpartition("/")[2] if known else PurePosixPath(files[0]).name
    forms = found.codebook.headings["forms"]
    sent = found.sent.loc[found.sent["file"].isin(list(files)) & found.sent["form"].notna()]
    counts: Counter[str] = Counter(p.severity for p in problems)
    said = "，".join(f"{label}{counts[s]}处" for s, (label, _) in SEVERITIES.items())
    told = pd.DataFrame(
        [(p.file, p.severity, p.code) for p in problems], columns=["file", "severity", "code"]
    )
    rows = [
        [r.file, r.sheet, forms[r.form]["name"], r.period or "未注明", int(r.rows)]
        for r in sent.itertuples()
    ]
    blocks = [
        Block.paragraph(
            f"共收到{len(files)}个文件；发现{said}。逐条说明见问题清单，位置见批注件。", "summary"
        ),
        Block.table("报送内容", ["文件", "工作表", "台账", "年份", "行数"], rows),
        problem_summary(SimpleNamespace(problems=told, is_demo=False)),
    ]
    mine = (
        indicators.loc[(indicators["area"] == area) if known else indicators["area"].isna()]
        if len(indicators)
        else indicators
    )
    if len(mine) and (known or len(found.sources) == 1):
        last = next(reversed(in_time(mine["period"].dropna())), None)
        mine = mine.loc[mine["period"].eq(last) if last else mine["period"].isna()]
        rows = [
            [
                r["name"],
                shown(r),
                span(r),
                fixed(r["numerator"]),
                fixed(r["denominator"]),
                r["base"],
                int(r["n_missing"]),
            ]
            for r in mine.to_dict("records")
        ]
        title = f"主要指标（{last}年）" if last else "主要指标（未注明年份）"
        blocks.append(
            Block.table(
                title,
                [
                    "指标",
                    *right(value="数值", span="数据区间", n="分子", d="分母"),
                    "口径",
                    "空白单元格",
                ],
                rows,
            )
        )
    return page(
        blocks,
        f"{name}：台账检查概况",
        footer="数字由所报台账直接计算，问题改正后会变化。空白不等于零。",
    )
