"""Units and party organisations behind the counted problems, with names: a workbook for internal use."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

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
UNKNOWN = "地区不明"
FIGURES = "figures"  # the source of a number that was typed
NOT_LISTED = "缺报，未列入"
PLACE = ["source_file", "source_sheet", "source_row"]


@dataclasses.dataclass(frozen=True)
class Listed:
    """A list of units or organisations of one problem.

    Attributes
    ----------
    rows
        Place, name, rule, members, ledger row, and the key by which the unit or organisation is known.
    absent
        Areas that the list does not cover: what the rule asks for was not sent, or only as a number without names.
        Nobody of them is on the list, and nobody is said not to be.
    """

    rows: pd.DataFrame
    absent: tuple[str, ...] = ()


def lists(data: Data, period: str | int, area: str | None = None) -> dict[str, pd.DataFrame]:
    """The rows of `listed`, by the name of the problem."""
    return {name: one.rows for name, one in listed(data, period, area).items()}


def listed(data: Data, period: str | int, area: str | None = None) -> dict[str, Listed]:
    """Units and party organisations behind the counted problems, by problem, with the areas that it cannot tell of."""
    book, data = data.codebook, dataclasses.replace(data, periods=(str(period),))
    path = data.find_area(area) if area else ""
    out = {}
    told = [
        about
        for about in declared()["problems"].values()
        if about["list"] and about["measure"] in book.measures
    ]
    needed = {view_of(book.measures[about["measure"]]) for about in told}
    views = data.arrow_views(names=sorted(needed))
    for about in told:
        rows = _rows(data, about["measure"], views)
        if "less" in about and len(rows):
            less = pd.MultiIndex.from_frame(_rows(data, about["less"], views)[PLACE])
            rows = rows.loc[~pd.MultiIndex.from_frame(rows[PLACE]).isin(less)]
        covered = _covered(data, [about[key] for key in ("measure", "less") if key in about])
        unknown = ~rows["area"].map(home_of).isin(covered) & (rows["area"] != UNKNOWN)
        rows = rows.loc[~unknown]
        if path:
            rows = rows.loc[(rows["area"] == path) | rows["area"].str.startswith(path + "/")]
        rows = rows.assign(rule=about["rule"]).sort_values(["area", *PLACE], ignore_index=True)
        absent = [one for one in _expected(data) if one not in covered and within(one, path)]
        out[about["name"]] = Listed(rows, tuple(absent))
    return out


def _covered(data: Data, codes: list[str]) -> frozenset[str]:
    """The districts whose ledgers tell of all these measures."""
    rows = data.measures.loc[data.measures["value"].notna() & (data.measures["source"] != FIGURES)]
    found = [frozenset(rows.loc[rows["measure"] == code, "area"]) for code in codes]
    return frozenset.intersection(*found)


def _expected(data: Data) -> list[str]:
    """The areas of which lists should tell: districts, and what is missing from the ledgers of one."""
    rows = data.extents.loc[data.extents["period"] == data.last]
    order = {area: n for n, area in enumerate(data.areas["area"])}
    return sorted(rows["area"].unique(), key=lambda area: order.get(area, len(order)))


def within(area: str, path: str) -> bool:
    """Whether an area lies in another one; "" holds all."""
    return not path or f"{area}/".startswith(f"{path}/")


def _rows(data: Data, code: str, views: Mapping[str, pa.Table]) -> pd.DataFrame:
    measure = data.codebook.measures[code]
    view = View(views[view_of(measure)])
    name, members, key = (
        ("unit_name", "members", "unit")
        if "unit_name" in view
        else ("name", "members_reported", "party_org")
    )
    kept = view.table.select(["area", *PLACE, name, members, key]).filter(
        reading_of(view, measure).printed.true
    )
    rows = (
        plain(kept)
        .to_pandas(types_mapper=nullable)
        .rename(columns={name: "name", members: "members", key: "key"})
    )
    return rows.fillna({"area": UNKNOWN})


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
        gaps = f"标“{NOT_LISTED}”的地区没有报送有关台账，不是没有问题。"
        head = f"{period_words(period)}存在问题清单"
        for n, line in enumerate((mark, head, use, small, gaps, demo)):
            about.write_string(n, 0, line)
        for name, one in listed(data, period, area).items():
            rows: list[list[Any]] = []
            for r in one.rows.itertuples():
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
            for path in one.absent:
                home = home_of(path)
                row = [home.rpartition("/")[2], path[len(home) + 1 :], "", NOT_LISTED]
                rows.append([*row, *([""] * (len(columns) - len(row)))])
            sheet = list_sheet(book, name, columns, rows or [["没有"]])
            sheet.set_header(f"&C{mark}&R{period_words(period)}")
            sheet.set_footer(f"&L{demo}&C第&P页")

    return book_bytes(fill)
