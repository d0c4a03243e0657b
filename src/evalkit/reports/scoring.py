"""What `evalkit score` writes: tables (xlsx, csv) and figures of an index and of the star check, without a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from evalkit import charts
from evalkit.indicators import load
from evalkit.problems import InputError
from evalkit.scoring.scores import score
from evalkit.scoring.stars import stars

LABELS = {
    "area": "地区路径", "area_name": "地区", "peer_group": "同类组", "score": "得分", "grade": "等级", "rank": "位次", "n_ranked": "参加排序", "known": "有数分值占比",
    "n_imputed": "补值个数", "losses": "主要失分", "indicator": "指标代码", "name_": "指标", "dimension": "维度", "points": "分值", "value": "原值", "used": "计分所用值",
    "share": "得分比例", "earned": "得分", "lost": "失分", "imputed": "是否补值", "low": "位次区间下限", "high": "位次区间上限", "median": "位次中位数", "mean": "平均位次", "mean_stars": "平均星级", "sort_order": "排列顺序",
    "failed": "没有位次的重复", "n": "个数", "name": "名称", "declared": "设定权重", "equal": "等权", "entropy": "熵权法", "critic": "CRITIC法", "deviation": "均方差法",
    "pca": "主成分法", "factor": "因素代码", "shift": "平均位次变动", "largest": "最大变动", "district": "地区", "party_org": "党组织", "stars_previous": "上年星级",
    "stars_office": "拟定星级", "stars_rule": "复算星级", "reason": "复算依据", "rated": "参评", "both": "两年都有星级", "up": "晋星", "due": "应整转", "promotion": "晋星率",
    "rectification": "整转率", "before": "上年得分", "after": "本年得分", "change": "变动", "own": "自身数据", "others": "其他地区", "method": "方法", "mainly": "主要变动", "listed": "已列入整转",
} | {f"stars_{n}": f"{n}星" for n in range(6)}  # fmt: skip


def write_scores(
    period: str | None, index: str = "annual", scheme: str | None = "demo_five", level: str = "district", project: Any = None,
    dataset: str | None = None, out: Path | None = None, n: int = 1000, seed: int = 7,
) -> tuple[Path, list[str]]:  # fmt: skip
    """Write everything into a folder; the folder, and what could not be made and why."""
    data = load(project, dataset=dataset)
    data = load(project, periods=data.periods if period is None else [*(p for p in data.periods if p < period), period], dataset=dataset)
    at_level = data.indicators.loc[data.indicators["level"] == level]
    scores = score(at_level.loc[at_level["period"] == data.last], index, data.codebook)
    robust = scores.robustness(n, seed)
    tables = {"得分": scores.table, "得失分明细": scores.contributions, "权重": scores.weights, "位次区间": robust.ranks, "等级概率": robust.grades, "因素": robust.factors}
    notes, figures = [], [("失分构成", charts.lost_points, scores), ("权重", charts.weights, scores), ("位次区间", charts.rank_intervals, robust), ("等级概率", charts.grades, robust)]
    if len(data.periods) > 1:
        tables["得分变动"] = scores.changes(at_level.loc[at_level["period"] == data.periods[-2]])
    folder = out or data.project.reports / data.last / "评分"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        checked = stars(data, scheme) if scheme else None
    except InputError as error:
        checked = None
        notes.append("没有核对星级：" + "；".join(p.text() for p in error.problems))
    if checked is not None:
        tables |= {"星级核对": checked.differences, "星级分布": checked.by_area, "整转": checked.rectification}
        notes.append(str(checked.block.content["notes"][0]))
    for name, chart, result in figures:
        try:
            (folder / f"{name}.png").write_bytes(chart(result).png)
        except InputError as error:
            notes.append(f"没有画出{name}：" + "；".join(p.found or p.title for p in error.problems))
    tables["说明"] = pd.DataFrame({"说明": [scores.method, *robust.notes, *notes, *(["演示数据，全部虚构，非真实情况。"] if scores.is_demo else [])]})
    options = {"options": {"strings_to_formulas": False, "strings_to_urls": False}}
    with pd.ExcelWriter(folder / "评分.xlsx", engine="xlsxwriter", engine_kwargs=options) as book:
        for name, table in tables.items():
            named = table.rename(columns=LABELS).round(4).replace({True: "是", False: "否"})
            named.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8-sig")
            named.to_excel(book, sheet_name=name, index=False, freeze_panes=(1, 0))
            book.sheets[name].autofit(400)
    return folder, notes
