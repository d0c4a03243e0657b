"""Problems of the year: counted for the report, listed with names in a file of their own for internal use."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from evalkit.documents import Block, Format
from evalkit.documents.workbook import book_bytes, list_sheet
from evalkit.indicators.areas import home_of
from evalkit.indicators.blocks import plain
from evalkit.indicators.columns import View
from evalkit.indicators.load import Data
from evalkit.indicators.measures import reading_of, view_of
from evalkit.indicators.store import nullable
from evalkit.reports.appendix import MONEY, WAN, step_cell
from evalkit.reports.sentences import MOST, declared, facts, moved
from evalkit.reports.voice import Voice, packaged, voice_of
from evalkit.reports.words import (
    cell,
    large,
    money_size,
    now_words,
    period_words,
    right,
    source_line,
    with_something,
)
from evalkit.world.number import minus, percent

SMALLEST = 3  # lists show no number of members below this
FEW = f"不足{SMALLEST}名"
PLACE = ["source_file", "source_sheet", "source_row"]


@dataclasses.dataclass(frozen=True)
class Share:
    """An area with so many of a problem: how many, and of how many (None where the base is unknown or too small)."""

    area: str
    n: float
    of: float | None = None

    @property
    def rate(self) -> float:
        return self.n / self.of if self.of else math.nan


@dataclasses.dataclass(frozen=True)
class Found:
    """One kind of problem: how many, at the baseline, in how many areas, and every area's share of it."""

    key: str
    name: str
    unit: str
    n: float
    before: float | None
    areas: int
    place: str = "地区"  # what the areas are called
    since: str = "上年"  # what the baseline is called
    shares: tuple[Share, ...] = ()  # of all areas that reported; empty where some are hidden
    voice: Voice = dataclasses.field(default_factory=packaged, compare=False, repr=False)

    @property
    def amount(self) -> str:
        return large(self.n, self.unit)

    @property
    def most(self) -> tuple[Share, ...]:
        """The areas with the largest numbers."""
        return _ahead(self.shares, lambda share: share.n, lambda share: large(share.n, self.unit))

    @property
    def worst(self) -> tuple[Share, ...]:
        """The areas with the highest rates."""
        return _ahead(
            self.shares, lambda share: share.rate, lambda share: percent(share.n, over=share.of)
        )


def _ahead(
    shares: Sequence[Share], value: Callable[[Share], float], printed: Callable[[Share], str]
) -> tuple[Share, ...]:
    """The first by a value, of many areas the first MOST; ties together, nobody where that names too many."""
    known = sorted((s for s in shares if value(s) >= 0), key=value, reverse=True)
    texts = [printed(s) for s in known]
    if len(set(texts)) < 2:  # one area alone, or no difference
        return ()
    first = max(1, min(MOST, len(known) // 4))
    chosen = [
        s for s, text in zip(known, texts, strict=True) if text in texts[:first] and value(s) > 0
    ]
    if len(chosen) > MOST:  # a tie is no reason to name some of those who share a place
        chosen = [s for s in chosen if printed(s) != texts[first - 1]]
    return tuple(chosen)


def found_problems(
    data: Data,
    period: str | int,
    baseline: str | int | None = None,
    area: str | None = None,
    level: str = "district",
) -> list[Found]:
    """The problems of prose.yml that can be counted, those of the whole area with the number of areas that have them."""
    known, out, voice = facts(data, period, baseline, area), [], voice_of(data)
    here = data.measures.loc[
        (data.measures["period"] == str(period)) & (data.measures["level"] == level)
    ]
    if area:
        path = data.find_area(area)
        here = here.loc[
            (here["area"] == path) | here["area"].astype(str).str.startswith(path + "/")
        ]
    for key, about in declared()["problems"].items():
        codes = [about["measure"], *([about["less"]] if "less" in about else [])]
        if any(code not in known.now for code in codes):
            continue
        wanted = list(dict.fromkeys([*codes, about["of"]]))
        mine = here.loc[here["measure"].isin(wanted)]
        wide = mine.pivot(index="area", columns="measure", values="value").reindex(columns=wanted)
        each = wide[codes[0]] - (wide[codes[1]] if len(codes) > 1 else 0)
        unit = data.codebook.measures[codes[0]].unit
        least = data.codebook.minimum_base if unit != MONEY else 0
        base = wide[about["of"]].where(wide[about["of"]] >= least)
        hidden = "hidden" in mine and bool(mine["hidden"].any())
        shares = (
            ()
            if hidden
            else tuple(
                Share(
                    str(a).rpartition("/")[2],
                    max(float(n), 0.0),
                    None if pd.isna(of) else float(of),
                )
                for a, n, of in zip(wide.index, each, base, strict=True)
                if pd.notna(n)
            )
        )
        n, old = _less([known.now[c] for c in codes]), [known.before.get(c) for c in codes]
        before = None if None in old else _less([float(v or 0) for v in old])
        out.append(
            Found(
                key,
                about["name"],
                unit,
                n,
                before,
                int((each > 0).sum()),
                voice.place(level),
                known.since,
                shares,
                voice,
            )
        )
    return out


def _less(values: Sequence[float]) -> float:
    return max(values[0] - sum(values[1:]), 0.0)


def problem_words(found: Sequence[Found]) -> Block:
    """存在的主要问题, the counts only; what is not there is not a problem, what has gone is said."""
    voice = found[0].voice if found else packaged()
    if not found:
        return Block.paragraph(voice.say("uncounted"), "pending")
    told = voice.tell(
        "problems",
        problems=[
            {
                "name": one.name,
                "amount": one.amount,
                "areas": one.areas,
                "place": one.place,
                "moved": moved(one.n, one.before, one.unit, since=one.since, voice=voice),
            }
            for one in found
            if one.n > 0
        ],
        solved=[one.name for one in found if one.n == 0 and one.before],
    )
    return Block.paragraph(told.text)


def problem_table(found: Sequence[Found], data: Data, period: str | int) -> Block:
    """存在问题统计表."""
    if not found:
        return Block.group()
    rows: list[list[Any]] = []
    for one in found:
        scale, digits, unit = (WAN, 2, "万元") if one.unit == MONEY else (1.0, 0, one.unit)
        now, old = (
            cell(v, Format(digits, grouped=True))
            for v in (one.n / scale, None if one.before is None else one.before / scale)
        )
        step = step_cell(None if one.before is None else minus(one.n, one.before) / scale, digits)
        rows.append([one.name, unit, now, old, step, one.areas])
    columns: list[Any] = ["问题", {"key": "unit", "label": "单位", "align": "center"}]
    columns += right(
        n=now_words(period), before=found[0].since, change="增减", areas=f"涉及{found[0].place}"
    )
    columns, rows = with_something(columns, rows, ("before", "change"))
    notes = ["有单位名称的清单另附（内部资料，注意保存）。同一单位可以同时属于几类问题。"]
    source = source_line(period, data.is_demo)
    title = f"{period_words(period)}存在问题统计表"
    return Block.table(
        title, columns, rows, notes=notes, sortable=False, source=source, demo=data.is_demo
    )


def advice(found: Sequence[Found], doubts: Sequence[str] = (), names: bool = True) -> Block:
    """What follows from the problems found, with the areas that have most of them and those with the highest rate.

    `doubts`: indicators to be checked first.
    """
    voice = found[0].voice if found else packaged()
    if not found and not doubts:
        return Block.paragraph(voice.say("unadvised"), "pending")
    about, lines = declared()["problems"], []
    for one in found:
        ahead = _ahead_words(one, about[one.key]["rate"]) if names else ""
        counted = [one.n, *(share.n for share in one.most if ahead)]
        size = money_size(counted) if one.unit == MONEY else None
        if one.n > 0 and about[one.key]["advice"]:
            text = voice.say(f"advice_{one.key}", large(one.n, one.unit, size))
            lines.append(f"{text}。{ahead}" if ahead else f"{text}。")
    lines += [voice.say("check", list(doubts))] if doubts else []
    return Block.bullets(lines, ordered=True) if lines else Block.paragraph(voice.say("keep_it_up"))


def _ahead_words(one: Found, rate: str) -> str:
    """Who has most of a problem, and whose rate is the highest, each said as such; "" where nobody is named."""
    size = money_size([one.n, *(share.n for share in one.most)]) if one.unit == MONEY else None
    everything = len(one.most) == 1 and one.most[0].n == one.n
    most = [{"area": s.area, "value": large(s.n, one.unit, size)} for s in one.most]
    worst = [{"area": s.area, "value": percent(s.n, over=s.of)} for s in one.worst]
    told = one.voice.tell(
        "ahead",
        money=one.unit == MONEY,
        only=one.most[0].area if everything else "",
        most=most,
        rate=rate,
        worst=worst,
    )
    return told.text


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
    demo = "演示数据，全部虚构。" if data.is_demo else ""

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
