"""Units through the years for people: the list on which the office decides, and a workbook of what became of units."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from evalkit.documents.workbook import frames_bytes
from evalkit.files import put
from evalkit.indicators.load import Data, load
from evalkit.indicators.project import Project
from evalkit.ledgers.place import district_of
from evalkit.linkage.decisions import NAME, decision_files, list_bytes, read_decisions
from evalkit.linkage.events import KINDS
from evalkit.world.area import Area
from evalkit.world.unit_key import is_credit_code

EVENTS = "单位变动.xlsx"
HEADS = {
    "period": "时期",
    "area": "地区",
    "event": "变动",
    "unit_name": "单位名称",
    "unit": "信用代码",
    "before_period": "原时期",
    "before_area": "原地区",
    "before_name": "原单位名称",
}


def linked_units(project: str | Path | Project | None, dataset: str) -> list[str]:
    """Write 单位对照.xlsx beside the ledgers and 单位变动.xlsx among the reports; the lines that say so."""
    data = load(project, dataset=dataset)
    if not len(data.unit_links):
        return ["台账只有一个时期，没有可以对应的单位"]
    root = data.project.data / dataset
    answered, _ = read_decisions(root)
    existing = decision_files(root)
    questions = data.unit_questions
    lines = [_summary(data)]
    if (data.problems["code"] == "units_by_name_only").any():
        lines.append(
            "没有安装跨年单位匹配部分，只按信用代码、名称和原名对应：python start.py install linkage"
        )
    if len(questions) or answered:
        path = existing[0] if existing else root / NAME
        written = put(path, list_bytes(questions, answered))
        lines.append(f"拿不准的 {len(questions)} 对，已列入 {written}：填好“判断”一列后运行 build")
    else:
        lines.append("没有拿不准的单位")
    written = put(
        data.project.reports / EVENTS,
        frames_bytes(
            {"概况": event_counts(data.unit_events), "明细": event_rows(data.unit_events)}
        ),
    )
    lines.append(f"单位变动：{written}")
    return lines


def _summary(data: Data) -> str:
    links = data.unit_links
    ways = links["how"].value_counts()
    told = {
        "code": "按信用代码",
        "name": "按名称",
        "told": "按原名",
        "model": "按相似程度",
        "decided": "按单位对照表",
    }
    parts = "、".join(f"{zh}{ways[how]}条" for how, zh in told.items() if how in ways)
    return (
        f"{links['period'].nunique()}个时期的{len(links)}条单位记录，是{links['thread'].nunique()}家单位；"
        f"与以前时期对应：{parts or '没有'}"
    )


def event_counts(events: pd.DataFrame) -> pd.DataFrame:
    """A row a period and district, a column a kind of event."""
    if not len(events):
        return pd.DataFrame(columns=["时期", "地区", *KINDS.values()])
    homes = events["area"].map(district_of)
    counts = events.groupby(["period", homes, "event"], sort=True).size().unstack(fill_value=0)
    counts = counts.reindex(columns=list(KINDS), fill_value=0).rename(columns=KINDS)
    counts.index.names = ["时期", "地区"]
    return counts.reset_index()


def event_rows(events: pd.DataFrame) -> pd.DataFrame:
    """Every event with what was before, in Chinese."""
    rows = events[list(HEADS)].copy()
    rows["event"] = rows["event"].map(KINDS)
    rows["unit"] = [unit if is_credit_code(unit) else "" for unit in rows["unit"]]
    shown = {path: Area.of(path).name for path in rows["area"].unique()}
    rows.insert(2, "place", rows["area"].map(shown))
    return rows.rename(columns=HEADS | {"place": "镇街"})
