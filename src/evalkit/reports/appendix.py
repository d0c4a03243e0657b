"""Tables of the annual report: sources of funds, key indicators against their references, definitions, counts by area."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evalkit.codebook import Measure
from evalkit.codebook.dictionary import formula
from evalkit.documents import Block, Cell, Format
from evalkit.indicators.load import Data
from evalkit.reports.sentences import (
    Facts,
    attainment,
    declared,
    facts,
    top_area,
)
from evalkit.reports.voice import Voice, packaged, voice_of
from evalkit.reports.words import (
    HIDDEN,
    MARKS,
    MISSING,
    cell,
    hidden_notes,
    light,
    now_words,
    period_words,
    right,
    sized,
    source_line,
    stepped,
    valued,
    which_of,
    with_something,
)
from evalkit.world.extent import named
from evalkit.world.number import minus, quotient

MONEY, WAN = "元", 1e4
STATES = {"good": "达到", "middle": "接近", "bad": "未达到"}
OWN = "本方案定义"
SECTIONS = (  # the texts that tell of indicators
    "summary",
    "overview",
    "coverage",
    "funding",
    "instructors",
    "standardisation",
    "activities",
)


def step_cell(step: float | None, decimals: int = 0) -> Cell:
    """A difference as in every table: ↑12.3, ↓0.5, → where nothing is left after rounding."""
    return cell(step, Format(decimals, grouped=True, sign="arrow"))


def counts(
    data: Data, period: str | int, table: str, areas: Sequence[str], area: str | None = None
) -> Block:
    """An appendix table of prose.yml: measures by area with 合计; money in 万元; an area that reported nothing is 缺报."""
    about, book = declared()["tables"][table], data.codebook.measures
    here = data.measures.loc[
        (data.measures["period"] == str(period)) & data.measures["measure"].isin(about["codes"])
    ]
    wide = here.drop_duplicates(["area", "measure"]).pivot(
        index="area", columns="measure", values="value"
    )
    codes = [code for code in about["codes"] if code in wide and wide[code].notna().any()]
    gone = (
        set(here.loc[here["hidden"], ["area", "measure"]].itertuples(index=False, name=None))
        if "hidden" in here
        else set()
    )
    money = {code: book[code].unit == MONEY for code in codes}
    levels = data.areas.loc[data.areas["area"].isin(areas), "level"]
    place = voice_of(data).place(str(levels.iloc[0]) if len(levels) else "")
    root, known_of = (
        data.find_area(area) if area else top_area(data.indicators),
        facts(data, period, area=area),
    )
    total = known_of.now

    def cells(path: str, values: Any) -> list[Any]:
        found = [
            None if v is None or pd.isna(v) else v / (WAN if money[c] else 1)
            for c, v in zip(codes, values, strict=True)
        ]
        return [HIDDEN if (path, c) in gone else v for c, v in zip(codes, found, strict=True)]

    rows: list[list[Any]] = []
    for path in areas:
        known = path in wide.index and wide.loc[path, codes].notna().any()
        rows.append(
            [
                Cell(path.rpartition("/")[2], area=path),
                *(cells(path, wide.loc[path, codes]) if known else ["缺报"] * len(codes)),
            ]
        )
    rows.append([voice_of(data).term("total"), *cells(root, [total.get(code) for code in codes])])
    columns: list[Any] = [{"key": "area", "label": place}]
    for code in codes:
        label = f"{book[code].name}（{'万元' if money[code] else book[code].unit}）"
        columns.append(
            {
                "key": code,
                "label": label,
                "align": "right",
                "format": Format(2 if money[code] else 0, grouped=True),
            }
        )
    notes = [f"{book[c].name}：{book[c].note}。" for c in codes if len(book[c].note) > 8][:4]
    notes += hidden_notes(here, any(HIDDEN in row for row in rows))
    notes += _lacking_notes(known_of, codes)
    source = source_line(period, data.is_demo)
    return Block.table(
        about["name"].format(place=place),
        columns,
        rows,
        total_rows=1,
        notes=notes,
        source=source,
        demo=data.is_demo,
    )


def _lacking_notes(known: Facts, codes: Sequence[str]) -> list[str]:
    """Whom the total of each column lacks; columns that lack the same areas in one note."""
    lacking = [
        (named(extent.absent), known.codebook.measures[code].name)
        for code in codes
        if (extent := known.extents.get(code)) and not extent.full
    ]
    total = known.voice.term("total")
    return [
        known.voice.say("total_lacks", total, which, who)
        for who, which in which_of(lacking, len(codes))
    ]


def funds_table(
    data: Data, period: str | int, baseline: str | int | None = None, area: str | None = None
) -> Block:
    """党建经费来源构成表: every source with its share and last year's."""
    known, names = facts(data, period, baseline, area), data.codebook.measures
    codes = [
        c for p in data.codebook.lists["payer"] if (c := f"funds_{p}") in names and known.now.get(c)
    ]
    whole, rows = known.now.get("funds"), list[list[Any]]()
    told = dict(zip(["funds", *codes], known.together("funds", parts=codes), strict=True))
    for code in [*codes, "funds"] if whole else []:
        fact = told[code]
        if fact is None:
            continue
        value = fact.value / WAN
        past = None if fact.before is None else fact.before / WAN
        name = known.voice.term("total") if code == "funds" else names[code].name
        now = fact.common / WAN if fact.common is not None else value
        growth = minus(now, past) / past if past else None
        grown = cell(growth, Format.percent(grouped=True, sign="arrow"))
        step = step_cell(None if past is None else minus(now, past), 2)
        rows.append([name, value, quotient(fact.value, whole), past, step, grown])
    since, funds = known.since, told["funds"]
    notes = [
        "实缴党费不是经费来源；返还党费不属于财政资金。",
        *_lacking_notes(known, ["funds"]),
    ]
    if funds and funds.before is not None and funds.left_out:
        notes.append(
            known.voice.say("compared_on_common", since=since, left_out=named(funds.left_out))
        )
    columns: list[Any] = [
        "来源",
        {
            "key": "value",
            "label": now_words(period, known.voice),
            "format": Format(2, grouped=True),
        },
        {"key": "share", "label": "占比", "percent": True},
        {"key": "before", "label": since, "format": Format(2, grouped=True)},
        *right(change="增减", growth="增长"),
    ]
    columns, rows = with_something(columns, rows, ("before", "change", "growth"))
    title = f"{period_words(period)}党建经费来源构成"
    if not rows:
        why = voice_of(data).say("withheld" if "hidden" in data.measures else "unknown")
        return Block.paragraph(
            f"{title}：{why}。",
            "pending",
        )
    return Block.table(
        title,
        columns,
        rows,
        unit="万元",
        total_rows=1,
        sortable=False,
        notes=notes,
        source=source_line(period, data.is_demo),
        demo=data.is_demo,
    )


def targets(
    data: Data, period: str | int, baseline: str | int | None, level: str, area: str | None = None
) -> Block:
    """重点指标完成情况统计表: parts, value, reference, gap, and how many areas reach it."""
    known, rows, voice = facts(data, period, baseline, area), list[list[Any]](), voice_of(data)
    here = data.indicators.loc[
        (data.indicators["period"] == str(period)) & (data.indicators["level"] == level)
    ]
    here = (
        here.loc[here["area"].astype(str).str.startswith(f"{data.find_area(area)}/")]
        if area
        else here
    )
    for code in data.codebook.indicators:
        row = known.rows.get(code)
        if row is None or pd.isna(row["target"]):
            continue
        mine = here.loc[(here["indicator"] == code) & here["value"].notna()].to_dict("records")
        tone, step = light(row), known.change(code)
        state = Cell(STATES[tone], mark=MARKS[tone], tone=tone) if tone else MISSING
        done = f"{sum(light(r) == 'good' for r in mine)}/{len(mine)}" if tone else MISSING
        rows.append(
            [
                voice.short(row),
                *(_count(data, code, side, row[side]) for side in ("numerator", "denominator")),
                valued(row),
                valued(row, row["target"]),
                row["target_name"],
                attainment(row, voice) or MISSING,
                stepped(row, step),
                state,
                done,
            ]
        )
    columns: list[Any] = [
        "指标",
        *right(numerator="分子", denominator="分母", value="实际", target="参照值"),
        "参照值说明",
        "完成情况",
        *right(change=f"较{known.since}"),
        "结论",
        *right(areas=f"达到{voice.place(level)}"),
    ]
    columns, rows = with_something(columns, rows, ("change",))
    notes = ["参照值来自公开文件，不等于下达本地区的任务数；以接近参照值为好的指标不判断是否达到。"]
    if any(known.rows[code].get("target_own", False) for code in known.rows):
        notes.append(f"标“{data.codebook.term('own_target')}”的是本单位设定的目标，不是参照值。")
    source = source_line(period, data.is_demo)
    title = f"{period_words(period)}重点指标完成情况统计表"
    return Block.table(
        title, columns, rows, sortable=False, demo=data.is_demo, notes=notes, source=source
    )


def further(
    data: Data, period: str | int, baseline: str | int | None = None, area: str | None = None
) -> Block:
    """其他工作指标统计表: what is reported and stands in no other table of the report, by its aspect; nothing where none is.

    Indicators without a reference that are no main ones, then typed counts of which no indicator is made.
    """
    known, voice = facts(data, period, baseline, area), voice_of(data)
    book = data.codebook
    aspects = {code: dimension.name for code, dimension in book.dimensions.items()}
    rows: list[list[Any]] = []
    counted: list[str] = []
    for code, one in book.indicators.items():
        row = known.rows.get(code)
        if one.headline or row is None or pd.isna(row["value"]) or pd.notna(row["target"]):
            continue
        sides = (_count(data, code, side, row[side]) for side in ("numerator", "denominator"))
        step = stepped(row, known.change(code))
        rows.append([aspects[one.dimension], voice.short(row), *sides, valued(row), step, one.base])
        counted.append(one.numerator)
    rows.sort(key=lambda row: list(aspects.values()).index(row[0]))
    columns: list[Any] = [
        "方面",
        "指标",
        *right(numerator="分子", denominator="分母", value="实际", change=f"较{known.since}"),
        "口径",
    ]
    columns, rows = with_something(columns, rows, ("change",))
    about: dict[str, Any] = {
        "sortable": False,
        "demo": data.is_demo,
        "source": source_line(period, data.is_demo),
    }
    title = f"{period_words(period)}其他工作指标统计表"
    notes = ["没有参照值、不在正文各表中的指标；没有填报的不列。", *_lacking_notes(known, counted)]
    indicators = [Block.table(title, columns, rows, notes=notes, **about)] if rows else []
    return Block.group(
        *indicators, *_counts_table(known, f"{period_words(period)}其他合计数", about)
    )


def _counts_table(known: Facts, title: str, about: Mapping[str, Any]) -> list[Block]:
    """Counts of which no indicator is made, two in a row; nothing where none is."""
    codes = _counts_alone(known)
    found = [[known.codebook.measures[code].name, _whole(known, code)] for code in codes]
    half = (len(found) + 1) // 2
    rows = [
        [*left, *more]
        for left, more in itertools.zip_longest(found[:half], found[half:], fillvalue=["", ""])
    ]
    columns: list[Any] = ["项目", *right(value="合计"), "项目 ", *right(further="合计 ")]
    notes = _lacking_notes(known, codes)
    return [Block.table(title, columns, rows, notes=notes, **about)] if rows else []


def _counts_alone(known: Facts) -> list[str]:
    """Typed counts and kinds of activities that are known and of which no indicator is made."""
    book = known.codebook
    used = {code for one in book.indicators.values() for code in (one.numerator, one.denominator)}
    alone = (code for code, one in book.measures.items() if code not in used)
    return [
        code for code in alone if _is_told_alone(book.measures[code]) and _is_known(known, code)
    ]


def _is_told_alone(measure: Measure) -> bool:
    """A typed count, or a kind of activities."""
    return measure.figure or (measure.view == "activities" and bool(measure.where))


def _is_known(known: Facts, code: str) -> bool:
    value = known.now.get(code)
    return value is not None and not pd.isna(value)


def _whole(known: Facts, code: str) -> Cell:
    """A total in full, with its unit."""
    value = known.now[code]
    digits = 0 if float(value).is_integer() else 2
    return cell(value, Format(digits, grouped=True, unit=known.codebook.measures[code].unit))


def _count(data: Data, code: str, side: str, value: float) -> Cell:
    """A numerator or denominator in full (101,140), money with 万元."""
    unit = data.codebook.measures[getattr(data.codebook.indicators[code], side)].unit
    whole = Format(0 if float(value).is_integer() else 2, grouped=True)
    return cell(value, sized(value, unit) if unit == MONEY else whole)


def told_of(voice: Voice | None = None) -> set[str]:
    """Indicators that the texts of the report name."""
    voice = voice or packaged()
    named = {constant for name in SECTIONS for constant in voice.texts.constants(name)}
    return {*declared()["compared"], *(named & set(voice.codebook.indicators))}


def definitions(data: Data, codes: Sequence[str] | None = None) -> Block:
    """指标定义: how each indicator is made and on which base; by default those that the report shows or tells of.

    出处 names official documents only; provenance.html has all sources.
    """
    book, rows, told = data.codebook, list[list[Any]](), told_of(voice_of(data))
    used = set(data.indicators.loc[data.indicators["value"].notna(), "indicator"])
    for code in codes or [
        c for c, i in book.indicators.items() if c in used and (i.headline or i.target or c in told)
    ]:
        one = book.indicators[code]
        rows.append(
            [
                voice_of(data).named(one),
                formula(one, book),
                one.base,
                book.origin(one.source) or OWN,
            ]
        )
    return Block.table("指标定义", ["指标", "计算方法", "口径", "出处"], rows, sortable=False)
