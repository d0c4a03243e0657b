"""Units and party organisations behind the counted problems, with names: a workbook for internal use."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd

from evalkit.documents.workbook import book_bytes, list_sheet
from evalkit.indicators.areas import home_of
from evalkit.indicators.blocks import plain
from evalkit.indicators.columns import View
from evalkit.indicators.load import Data
from evalkit.indicators.measures import reading_of, view_of
from evalkit.indicators.store import nullable
from evalkit.reports.sentences import declared
from evalkit.reports.words import period_words

SMALLEST = 3  # lists show no number of members below this
FEW = f"不足{SMALLEST}名"
PLACE = ["source_file", "source_sheet", "source_row"]


def lists(data: Data, period: str | int, area: str | None = None) -> dict[str, pd.DataFrame]:
    """Units and party organisations behind the counted problems, by problem: place, name, rule, members, ledger row."""
    book, data, out = data.codebook, dataclasses.replace(data, periods=(str(period),)), {}
    for about in declared()["problems"].values():
        if not about["list"] or about["measure"] not in book.measures:
            continue
        rows = _rows(data, about["measure"])
        if "less" in about and len(rows):
            less = pd.MultiIndex.from_frame(_rows(data, about["less"])[PLACE])
            rows = rows.loc[~pd.MultiIndex.from_frame(rows[PLACE]).isin(less)]
        if area:
            path = data.find_area(area)
            rows = rows.loc[(rows["area"] == path) | rows["area"].str.startswith(path + "/")]
        out[about["name"]] = rows.assign(rule=about["rule"]).sort_values(
            ["area", *PLACE], ignore_index=True
        )
    return out


def _rows(data: Data, code: str) -> pd.DataFrame:
    measure = data.codebook.measures[code]
    view = View(data.views[view_of(measure)])
    name, members = (
        ("unit_name", "members") if "unit_name" in view else ("name", "members_reported")
    )
    kept = view.table.select(["area", *PLACE, name, members]).filter(
        reading_of(view, measure).printed.true
    )
    rows = (
        plain(kept)
        .to_pandas(types_mapper=nullable)
        .rename(columns={name: "name", members: "members"})
    )
    return rows.fillna({"area": "地区不明"})


def internal_workbook(data: Data, period: str | int, area: str | None = None) -> bytes:
    """The lists as a workbook, 内部资料 注意保存 at the head of every sheet and page; no member count below three."""
    mark, widths = (
        data.codebook.term("internal"),
        (16.0, 16.0, 40.0, 36.0, 9.0, 36.0, 18.0, 14.0, 24.0),
    )
    names = (
        "地区",
        "乡镇街道",
        "名称",
        "问题",
        "党员数",
        "台账位置",
        "责任单位",
        "整改时限",
        "整改情况",
    )
    columns = list(zip(names, widths, strict=True))
    demo = data.codebook.term("demo_invented") + "。" if data.is_demo else ""

    def fill(book: Any) -> None:
        about = book.add_worksheet("说明")
        use = "只供整改使用，不随报告公开、转发；责任单位、整改时限、整改情况由使用单位填写，整改后请在台账里更新。"
        small = f"党员数不足{SMALLEST}名的只写“{FEW}”；空白为台账没有填报。"
        for n, line in enumerate((mark, f"{period_words(period)}存在问题清单", use, small, demo)):
            about.write_string(n, 0, line)
        for name, frame in lists(data, period, area).items():
            rows = []
            for r in frame.itertuples():
                home = home_of(r.area)
                members = (
                    None if pd.isna(r.members) else int(r.members) if r.members >= SMALLEST else FEW
                )
                place = f"{r.source_file} {r.source_sheet} 第{r.source_row}行"
                rows.append(
                    [
                        home.rpartition("/")[2],
                        r.area[len(home) + 1 :],
                        r.name,
                        r.rule,
                        members,
                        place,
                        "",
                        "",
                        "",
                    ]
                )
            sheet = list_sheet(book, name, columns, rows or [["没有"]])
            sheet.set_header(f"&C{mark}&R{period_words(period)}")
            sheet.set_footer(f"&L{demo}&C第&P页")

    return book_bytes(fill)
