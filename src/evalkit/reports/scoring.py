"""What `evalkit score` writes: tables (xlsx, csv) and figures of an index and of the star check, without a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from evalkit import charts
from evalkit.documents.spreadsheet import names_a_workbook, of_frames
from evalkit.documents.workbook import csv_bytes, frames_bytes
from evalkit.files import put
from evalkit.indicators import load
from evalkit.problems import InputError, unknown
from evalkit.reports.grading import index_of, not_chosen
from evalkit.reports.scores import WORDS
from evalkit.scoring.scores import score
from evalkit.scoring.stars import stars
from evalkit.world.number import half_up
from evalkit.world.period import precedes

STARS_OF_THE_DEMO = "demo_five"


def write_scores(
    period: str | None,
    index: str | None = None,
    scheme: str | None = None,
    level: str = "district",
    project: Any = None,
    dataset: str | None = None,
    out: Path | None = None,
    n: int = 1000,
    seed: int = 7,
) -> tuple[Path, list[str]]:
    """Write everything into a folder, beside what is open elsewhere; the folder, and what could not be made and why.

    `out`: the folder, or a workbook (.xlsx, .ods), which then is all that is written.

    `index`: by default the one that the project chose. `scheme` of stars: none by default, ``none`` too; of the
    demonstration the packaged one.
    """
    alone = out if names_a_workbook(out) else None
    data = load(project, dataset=dataset)
    chosen = index_of(data.project, index)
    if chosen is None:
        raise not_chosen()
    scheme = scheme or (STARS_OF_THE_DEMO if data.is_demo else "none")
    if period is not None:
        data = load(
            project,
            periods=[*(p for p in data.periods if precedes(p, period)), period],
            dataset=dataset,
        )
    if level not in (known := data.indicators["level"].dropna().unique().tolist()):
        raise InputError(unknown("level", level, known))
    at_level = data.indicators.loc[data.indicators["level"] == level]
    now, expected = at_level.loc[at_level["period"] == data.last], data.expected(data.last, level)
    scores = score(now, chosen, data.codebook, expected=expected)
    robust = scores.robustness(n, seed)
    tables = {
        "得分": scores.table,
        "得失分明细": scores.contributions,
        "权重": scores.weights,
        "位次区间": robust.ranks,
        "等级概率": robust.grades,
        "因素": robust.factors,
    }
    figures: dict[str, tuple[Any, Any]] = {
        "失分构成": (charts.lost_points, scores),
        "权重": (charts.weights, scores),
        "位次区间": (charts.rank_intervals, robust),
        "等级概率": (charts.grades, robust),
    }
    notes: list[str] = []
    if scores.absent:
        notes.append(
            "缺报，不计分：" + "、".join(a.rpartition("/")[2] for a in sorted(scores.absent))
        )
    if len(data.periods) > 1:
        tables["得分变动"] = scores.changes(at_level.loc[at_level["period"] == data.periods[-2]])
    folder = out or data.project.reports / data.last / "评分"

    def keep(name: str, content: bytes) -> None:
        if (path := put(folder / name, content)).name != name:
            notes.append(f"{name} 正被其他程序打开，没有改动；新的内容写在 {path.name}")

    try:
        checked = stars(data, scheme) if scheme != "none" else None
    except InputError as error:
        checked = None
        notes.append("没有核对星级：" + "；".join(p.text() for p in error.problems))
    if checked is not None:
        tables |= {
            "星级核对": checked.differences,
            "星级分布": checked.by_area,
            "整转": checked.rectification,
        }
        told = checked.block.content["notes"]
        notes += [str(told[0]), *(str(told[1]) for _ in checked.absent[:1])]
    for name, (chart, result) in figures.items() if alone is None else ():
        try:
            picture = chart(result).png
        except InputError as error:
            notes.append(
                f"没有画出{name}：" + "；".join(p.found or p.title for p in error.problems)
            )
            continue
        keep(f"{name}.png", picture)
    tables["说明"] = pd.DataFrame(
        {
            "说明": [
                *scores.block.content["notes"],
                *robust.notes,
                *notes,
                *(["演示数据，全部虚构，非真实情况。"] if scores.is_demo else []),
            ]
        }
    )
    for name, table in tables.items():
        flags = {
            c: table[c].map({True: "是", False: "否"})
            for c in table.select_dtypes(["bool", "boolean"])
        }
        numbers = {c: half_up(table[c], 4) for c in table.select_dtypes("floating")}
        tables[name] = table.assign(**flags, **numbers).rename(columns=WORDS["files"])
        if alone is None:
            keep(f"{name}.csv", csv_bytes(tables[name]))
    if alone is not None:
        return put(alone, of_frames(alone, tables)), notes
    keep("评分.xlsx", frames_bytes(tables))
    return folder, notes
