"""Tables of the quality notebook: what was sent, what was found, what it does to the indicators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evalkit.documents import Block, Cell
from evalkit.indicators.load import Data
from evalkit.indicators.submitted import ABSENT, NOTHING, SENT
from evalkit.problems import SEVERITIES, TITLES
from evalkit.reports.punctuality import punctuality_table
from evalkit.reports.voice import voice_of
from evalkit.reports.words import WHOLE, period_words, right, valued
from evalkit.world.extent import named
from evalkit.world.number import quotient
from evalkit.world.period import places

MARKS = {"error": ("■", "bad"), "warning": ("▲", "middle"), "question": ("▲", "middle")}


def elsewhere(data: Data, period: str | int, within: str | None = None) -> tuple[str, ...]:
    """The files of other periods, or of areas outside `within`; where neither is known the name of the file decides."""
    root, others = (
        f"{data.find_area(within)}/" if within else "",
        {*data.manifest["periods"], *data.periods} - {str(period)},
    )

    def here(item: dict[str, Any]) -> bool:
        if not item["places"]:
            return str(period) in item["file"] or not any(time in item["file"] for time in others)
        homes = [f"{area}/" for area, time in item["places"] if time in (str(period), "")]
        return any(home.startswith(root) or root.startswith(home) for home in homes)

    return tuple(item["file"] for item in data.manifest["files"] if not here(item))


def files_of(
    data: Data, period: str | int, within: str | None = None
) -> tuple[list[str], pd.DataFrame]:
    """The ledger files read that hold a period, and what was found in them and beside them (not in those of other years)."""
    others = elsewhere(data, period, within)
    files = [
        item["file"]
        for item in data.manifest["files"]
        if item["file"] not in others and set(item["rows"]) - {"areas", "policies"}
    ]
    folders = tuple(f"{file}/" for file in others)  # a finding may lie in a file of an archive
    gone = [
        file for file in data.problems["file"].dropna().unique() if f"{file}/".startswith(folders)
    ]
    return files, data.problems.loc[~data.problems["file"].isin(gone)]


def submissions(data: Data, period: str | int | None = None, within: str | None = None) -> Block:
    """报送情况表: which file was read (of the period), what it held, how many findings."""
    others = elsewhere(data, period, within) if period else ()
    names = {code: table.name for code, table in data.codebook.tables.items()}
    found = data.problems.groupby("file")["severity"].value_counts().unstack(fill_value=0)
    rows = []
    for item in (f for f in data.manifest["files"] if f["file"] not in others):
        said = "，".join(f"{names.get(t, t)}{n:,}行" for t, n in item["rows"].items() if n)
        counts = found.loc[item["file"]] if item["file"] in found.index else {}
        note = "未采用：另有较新版本" if item.get("superseded_by") else said or "没有读入数据"
        rows.append([item["file"], note, *(int(counts.get(key, 0)) for key in SEVERITIES)])
    columns: list[Any] = [{"key": "file", "label": "文件"}, {"key": "rows", "label": "读入内容"}]
    columns += [
        {"key": key, "label": label, "align": "right", "format": WHOLE}
        for key, (label, _en) in SEVERITIES.items()
    ]
    total = [
        voice_of(data).term("total"),
        f"{len(rows)}个文件",
        *(sum(row[i] for row in rows) for i in (2, 3, 4)),
    ]
    return Block.table("报送情况表", columns, [*rows, total], total_rows=1, demo=data.is_demo)


def extents(data: Data, period: str | int | None = None, within: str | None = None) -> Block:
    """应报与实报: every expected area with each ledger, sent, absent or stated empty; the line of who is absent below."""
    period = str(period or data.last)
    frame, said = data.extents, data.submitted(period, within)
    rows = frame.loc[frame["period"] == period] if len(frame) else frame
    if within and len(rows):
        root = data.find_area(within)
        rows = rows.loc[[f"{path}/".startswith(f"{root}/") for path in rows["area"]]]
    of_ledgers = rows.loc[rows["ledger"].notna()] if len(rows) else rows
    if not len(of_ledgers):
        return Block.paragraph("没有按地区报送的台账。")
    order = {area: n for n, area in enumerate(data.areas["area"])}
    areas = sorted(of_ledgers["area"].unique(), key=lambda area: order.get(area, len(order)))
    names = dict(zip(of_ledgers["ledger"], of_ledgers["ledger_name"], strict=True))
    states = dict(
        zip(
            zip(of_ledgers["area"], of_ledgers["ledger"], strict=True),
            of_ledgers["state"],
            strict=True,
        )
    )
    table = [
        [area.rpartition("/")[2], *(_state(states.get((area, ledger))) for ledger in names)]
        for area in areas
    ]
    sent = [
        sum(states.get((area, ledger)) in (SENT, NOTHING) for area in areas) for ledger in names
    ]
    columns: list[Any] = [{"key": "area", "label": said.place}]
    columns += [{"key": key, "label": name, "align": "center"} for key, name in names.items()]
    total = ["报送", *(f"{n}/{len(areas)}" for n in sent)]
    title = f"应报与实报（{period_words(period)}）"
    notes = [f"{said.words()}。"] if not said.full else []
    sent_table = Block.table(
        title, columns, [*table, total], total_rows=1, notes=notes, demo=data.is_demo
    )
    in_time = punctuality_table(data, period, within)
    return Block.group(sent_table, in_time) if len(data.punctuality) else sent_table


def _state(state: str | None) -> Cell:
    """已报, 报无 or, marked, 缺报."""
    missing = state is None or state == ABSENT
    return Cell(ABSENT, mark="■", tone="bad") if missing else Cell(state)


def last_year_words(data: Data) -> str:
    """With which numbers of earlier periods the report compares, where some were printed; empty where none were."""
    known = data.manifest.get("last_year") or {"setting": "auto", "codes": []}
    codes = [one for one in known["codes"] if one["period"] in data.periods]
    if not codes:
        return ""
    if known["setting"] == "ledgers":
        return "与以前时期比较用按台账重算的数，公布数只列出供核对（evalkit.yml：last_year: ledgers）。"
    used = [one for one in codes if one["used"]]
    said = [f"{_of_periods(used)}与公布数比较"] if used else []
    for one in codes:
        if not one["used"]:
            said.append(
                f"{period_words(one['period'])}{one['name']}缺{named(one['lacking'])}的公布数，"
                "各地区都用按台账重算的数"
            )
    if known["setting"] == "printed":
        said.append("凡有公布数的都用公布数（evalkit.yml：last_year: printed）")
    return "；".join(said) + "。"


def _of_periods(codes: list[dict[str, Any]]) -> str:
    """Measures and indicators with their periods: 2024年组织覆盖率、党员总数."""
    by_period: dict[str, list[str]] = {}
    for one in codes:
        by_period.setdefault(one["period"], []).append(one["name"])
    return "；".join(
        f"{period_words(period)}{'、'.join(names)}" for period, names in by_period.items()
    )


def _marked(problem: Any) -> list[Any]:
    """How grave a finding is, with its mark, and what it is called."""
    severity, code = problem["severity"], problem["code"]
    mark, tone = MARKS[severity]
    return [
        Cell(SEVERITIES[severity][0], mark=mark, tone=tone),
        TITLES.get(code, (code,))[0],
    ]


def problem_summary(data: Any, period: str | int | None = None, within: str | None = None) -> Block:
    """Findings (of the period) by kind: how many, in how many files (of anything with ``problems`` and ``is_demo``)."""
    problems = files_of(data, period, within)[1] if period else data.problems
    if not len(problems):
        return Block.paragraph("导入台账时没有发现问题。")
    order = list(SEVERITIES)
    groups = (
        problems.groupby(["severity", "code"])
        .agg(n=("file", "size"), files=("file", "nunique"))
        .reset_index()
    )
    groups = groups.assign(_o=groups["severity"].map(order.index)).sort_values(
        ["_o", "n"], ascending=[True, False]
    )
    rows = [[*_marked(g), int(g["n"]), int(g["files"])] for g in groups.to_dict("records")]
    columns: list[Any] = [{"key": "severity", "label": "程度"}, {"key": "kind", "label": "问题"}]
    columns += [
        {"key": key, "label": label, "format": WHOLE}
        for key, label in (("n", "处数"), ("files", "涉及文件"))
    ]
    return Block.table("问题分类", columns, rows, demo=data.is_demo)


def problem_list(
    data: Data, limit: int = 200, period: str | int | None = None, within: str | None = None
) -> Block:
    """The findings themselves (of the period), errors first: place, what stands there, how it was read, what to do."""
    problems = (
        (files_of(data, period, within)[1] if period else data.problems)
        .astype("object")
        .where(lambda f: f.notna(), "")
    )
    if not len(problems):
        return Block.paragraph("没有需要处理的问题。")
    order = list(SEVERITIES)
    problems = problems.assign(_o=problems["severity"].map(order.index)).sort_values(
        "_o", kind="stable"
    )
    rows = []
    for p in problems.head(limit).to_dict("records"):
        mark, kind = _marked(p)
        place = " ".join(filter(None, (p["sheet"], p["cell"])))
        rows.append(
            [mark, p["file"], place, kind, p["found"], p["read"], p["advice"] or p["allowed"]]
        )
    labels = ("程度", "文件", "位置", "问题", "原文", "读作", "建议")
    more = "全部问题可用 python start.py check 文件夹 列出"
    notes = (
        [f"共{len(problems):,}处，这里列出前{limit}处；{more}。"] if len(problems) > limit else []
    )
    if rest := len(data.problems) - len(problems):
        notes.append(f"其他年度{'、其他地区' if within else ''}的台账另有{rest:,}处，不在此列。")
    return Block.table("问题清单", list(labels), rows, notes=notes, demo=data.is_demo)


def widest(now: pd.DataFrame, n: int = 20) -> Block:
    """Indicators whose data interval is widest, relative to their value."""
    frame = now.loc[np.isfinite(now["high"]) & (now["high"] > now["low"]) & (now["value"] > 0)]
    frame = frame.assign(width=(frame["high"] - frame["low"]) / frame["value"]).nlargest(
        n, "width", keep="first"
    )
    if not len(frame):
        return Block.paragraph("没有指标受约数影响。")
    rows = [
        [r["area_name"], r["name"], *_typed(r, r["value"], r["low"], r["high"]), r["width"]]
        for r in frame.to_dict("records")
    ]
    columns: list[Any] = [
        _area_column(now),
        "指标",
        *right(value="数值"),
        *right("数据区间", low="下限", high="上限"),
        {"key": "width", "label": "区间宽度占数值", "percent": True},
    ]
    return Block.table("受约数影响最大的指标", columns, rows, demo=bool(now["is_demo"].any()))


def _area_column(rows: pd.DataFrame) -> dict[str, str]:
    """The column of areas, called as those of the level are."""
    return {"key": "area", "label": voice_of(rows).place(str(rows["level"].iloc[0]))}


def _typed(row: Any, *values: float) -> list[Cell]:
    """Values of an indicator as cells with their numbers."""
    return [valued(row, value) for value in values]


def missing(now: pd.DataFrame, n: int = 30) -> Block:
    """Indicators with empty cells behind them, and the worst and best case if every gap went one way."""
    frame = now.loc[(now["n_missing"] > 0) & (now["kind"] == "proportion")]
    frame = frame.assign(
        share=frame["n_missing"] / frame["denominator"].where(frame["denominator"] > 0)
    )
    frame = frame.nlargest(n, "share", keep="first")
    if not len(frame):
        return Block.paragraph("比率类指标背后没有空白单元格。")
    rows = []
    for r in frame.to_dict("records"):
        gaps, bottom = r["n_missing"], r["denominator"]
        ends = (np.nan, np.nan)
        if bottom:
            ends = (
                quotient(r["numerator"], bottom + gaps),
                min(1.0, quotient(r["numerator"] + gaps, bottom + gaps)),
            )
        value, *ends_ = _typed(r, r["value"], *ends)
        rows.append([r["area_name"], r["name"], value, int(gaps), *ends_])
    columns: list[Any] = [
        _area_column(now),
        "指标",
        *right(value="数值"),
        {"key": "gaps", "label": "空白单元格", "format": WHOLE},
        *right("空白全按", worst="最差", best="最好"),
    ]
    return Block.table("空白单元格及其影响", columns, rows, demo=bool(now["is_demo"].any()))


def baseline(data: Data) -> Block:
    """Last year's printed numbers beside what the ledgers give now, and which of them comparisons use."""
    frame = data.baseline
    frame = frame.loc[frame["period"].isin(data.periods)] if len(frame) else frame
    if not len(frame):
        return Block.paragraph(
            "没有公布数（data/raw 里的 上年公布数.xlsx），与以前时期比较用的是按台账计算的数。"
        )
    names = dict(zip(data.areas["area"], data.areas["name"], strict=True))
    rows = []
    frame = frame.assign(time=frame["period"].map(places(frame["period"])))
    for r in frame.sort_values(["differs", "time"], ascending=[False, True], kind="stable").to_dict(
        "records"
    ):
        gap = r["printed"] - r["recomputed"]
        same = None if pd.isna(gap) else "相同"
        mark = Cell("不同", mark="▲", tone="middle") if r["differs"] else same
        rows.append(
            [
                names.get(r["area"], r["area"]),
                r["period"],
                r["name"],
                *_typed(r, r["printed"], r["recomputed"]),
                mark,
                "公布数" if r["used"] else "台账",
                r["source"],
            ]
        )
    notes = [last_year_words(data), "差异不到显示单位的一半算相同。"]
    columns: list[Any] = [
        "地区",
        "年份",
        "指标",
        *right(printed="公布数", recomputed="按台账重算"),
        "是否相同",
        "采用",
        "来源",
    ]
    return Block.table("公布数与按台账重算数", columns, rows, notes=notes, demo=data.is_demo)
