"""A study as a document: from the question to a paragraph for those who decide; tables and figures in every form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit import charts
from evalkit.documents import Block
from evalkit.effects.matching import multiple
from evalkit.effects.panel import Panel
from evalkit.effects.result import Effect, interval, number
from evalkit.effects.study import Findings
from evalkit.reports.journal import balance, columns, descriptive, regression, three_line
from evalkit.world.number import fixed, p_value, percent, plain

STATUS = {"pre_registered": "预先登记", "exploratory": "探索性分析"}


def in_words(
    main: Effect,
    others: Sequence[Effect] = (),
    unit: str = "",
    exploratory: bool = True,
    who: str = "地区",
) -> Block:
    """The paragraph for policy makers: how much, how sure, compared with what, what to be careful about. No jargon."""
    row, f = main.row, main.facts
    scale, unit = (100, "个百分点") if f["rate"] else (1, unit)
    digits = 1 if f["rate"] or abs(row["estimate"]) >= 1 else 3

    def size(value: float) -> str:
        return f"{fixed(abs(value), digits, scale=scale)}{unit}"

    def way(value: float) -> str:
        return "提高" if value > 0 else "下降"

    what, on = f["treatment_label"], f["outcome_label"]
    low, high = float(row["ci_low"]), float(row["ci_high"])
    closed = bool(np.isfinite([low, high]).all())
    p = float(np.fmax(row["p"], row["p_small"]))
    sure = closed and low * high > 0 and not p > 0.05
    since, against, level = (
        f"实施{what}的{who}",
        f"与同一时期没有实施的{who}相比",
        "没有政策时的水平",
    )
    if main.design == "rd":
        since, against, level = f"{what}的单位", "与刚好没有达到的单位相比", "线下附近的水平"
    elif not f["treated_entities"]:  # a dose: no entity begins at a date
        since, against = f"{what}每高1的{who}", f"与同一时期{what}较低的{who}相比"
    if sure:
        ends = sorted((abs(low), abs(high)))
        text = [
            f"{since}，{on}平均多{way(row['estimate'])}约{size(row['estimate'])}；考虑到偶然因素，"
            f"多半在{size(ends[0])}至{size(ends[1])}之间。"
        ]
    elif not closed or low * high > 0:  # few places, or none of the errors is known
        chance = (
            f"把实施的换成别的{who}，碰巧也有{percent(p, 0)}的可能出现这么大的差别，"
            if np.isfinite(p)
            else ""
        )
        text = [
            f"{since}，{on}看起来多{way(row['estimate'])}了约{size(row['estimate'])}，但可比的{who}太少，定不出可信的范围：{chance}"
            f"还不能当作{what}的作用。"
        ]
    else:
        text = [
            f"现有数据看不出{what}使{on}有明确变化：估计{way(row['estimate'])}约{size(row['estimate'])}，但考虑到偶然因素，"
            f"从{way(low)}{size(low)}到{way(high)}{size(high)}都有可能。看不出不等于没有效果。"
        ]
    text.append(
        f"这是{against}多出来的"
        + (f"，{level}约为{percent(f['mean_outcome'])}。" if f["rate"] else "。")
    )
    values = [e.row["estimate"] for e in others]
    if values:
        same = sum(v * row["estimate"] > 0 for v in values)
        spread = sorted([*values, row["estimate"]])
        agree = f"方向都一致，大小在{size(spread[0])}至{size(spread[-1])}之间。"
        differ = f"有{len(values) - same}种方向相反，结论要谨慎。"
        text.append(f"换用另外{len(values)}种算法，" + (agree if same == len(values) else differ))
    careful = dict.fromkeys(note.plain for note in main.notes if note.tone == "warning")
    if careful:
        text.append("需要留意：" + "；".join(careful) + "。")
    known = "这项分析事先没有登记，只作参考；" if exploratory else "这项分析的算法事先已登记；"
    text.append(f"{known}结论只适用于这些{who}和这段时间。")
    return Block.paragraph("".join(text), "summary")


def in_article(
    main: Effect, others: Sequence[Effect] = (), checks: Mapping[str, Effect] | None = None
) -> Block:
    """The paragraph for an article's section of results: estimate, error, test of trends, other designs, checks."""
    row, f, tests = main.row, main.facts, checks or {}
    scale, unit, digits = (100, "个百分点", 2) if f["rate"] else (1, "", 3)

    def p_of(value: float) -> str:
        return p_value(value, name="p", below="＜")

    size, se, low, high = (
        fixed(row[c], digits, scale=scale) for c in ("estimate", "se", "ci_low", "ci_high")
    )
    sample = f.get("sample") or f"观测值{f['n']:,}，聚类{f['clusters']:,}"
    few = (
        f"聚类较少，标准误、p值和区间出自{f['p_small_method']}：" if f.get("p_small_method") else ""
    )
    known = [
        f"标准误{se}" if pd.notna(row["se"]) else "",
        p_of(row["p"]) if pd.notna(row["p"]) else "没有p值",
    ]
    closed = bool(np.isfinite(row[["ci_low", "ci_high"]].astype(float)).all())
    known.append(f"95%置信区间[{low}, {high}]" if closed else "95%置信区间不封闭")
    text = [
        f"{main.name}的估计显示，{f['treatment_label']}对{f['outcome_label']}的效应为{size}{unit}"
        f"（{few}{'，'.join(filter(None, known))}；{sample}{'；按权重估计' if f.get('weights') else ''}）。"
    ]
    if trend := f.get("pretrend"):
        verdict = "拒绝" if trend["p"] < 0.05 else "不能拒绝"
        statistic = f"F({fixed(trend['k'])}, {fixed(trend['df'])})={fixed(trend['statistic'], 2)}"
        text.append(f"预趋势联合检验{verdict}平行趋势（{statistic}，{p_of(trend['p'])}）。")
    if "density" in main.details:
        density = main.details["density"]
        told = "、".join(
            f"{t}{p_of(p)}" for t, p in zip(density["test"], density["p"], strict=True) if p == p
        )
        text.append(
            f"带宽{fixed(f['bandwidth'], 2)}（{f['bandwidth_rule']}）；临界值处的密度：{told}。"
        )
    if others:
        values = "、".join(
            f"{e.name}{fixed(e.row['estimate'], digits, scale=scale)}" for e in others
        )
        text.append(f"改用其他设计的估计{f'（{unit}）' if unit else ''}：{values}。")
    tested = [
        f"{tests[k].name}{p_of(tests[k].row['p'])}"
        for k in ("randomisation", "wild_bootstrap", "placebo")
        if k in tests
    ]
    text += [f"{'，'.join(tested)}。"] if tested else []
    if "honest" in tests and not pd.isna(limit := tests["honest"].facts["breakdown"]):
        least = tests["honest"].table["at"].max() if limit == float("inf") else limit
        text.append(
            f"诚实DiD：趋势斜率逐期变化不超过{fixed(least, digits + 1, scale=scale)}{unit}时区间都不含零。"
        )
    return Block.paragraph("".join(text))


def known_effect(panel: Panel, truth: Mapping[str, Any]) -> float:
    """The demonstration's true mean effect over the treated rows of a panel (truth.json: by years since the start)."""
    effects = truth["reform"]["effect"][panel.outcome]
    rows = panel.complete.loc[panel.complete["treated"] == 1]
    since = (rows["time"] - rows["first_treated"]).astype(int)
    known = since.map(lambda years: effects[min(years, len(effects) - 1)]).to_numpy(float)
    return float(np.average(known, weights=rows["weight"]))


def recovered(data: Any, panel: Panel, effects: Sequence[Effect]) -> Block:
    """On the demonstration: every estimate beside the effect that was built in; elsewhere a note that none is known."""
    path = data.project.data / "demo" / "truth.json"
    truth = json.loads(path.read_text(encoding="utf-8")) if data.is_demo and path.exists() else {}
    if (
        panel.outcome not in truth.get("reform", {}).get("effect", {})
        or panel.treatment != truth["reform"]["policy"]
    ):
        return Block.note("真实的效果没有人知道；只有演示数据里埋设了已知的效果，可以对照。")
    known = known_effect(panel, truth)
    rows = [
        [
            e.name,
            number(e.row["estimate"]),
            interval(e.row["ci_low"], e.row["ci_high"]),
            number(known),
            "是" if e.row["ci_low"] <= known <= e.row["ci_high"] else "否",
        ]
        for e in effects
    ]
    notes = [
        "真实效果是演示数据埋设的，按实施后第几年计，这里对实施过的各区县各年取平均；95%的区间平均二十次有一次不包含它。"
    ]
    return three_line(
        "与埋设的真实效果对照",
        columns("设计", "估计值", "95%置信区间", "真实效果", "包含"),
        rows,
        panel,
        notes,
    )


def groups(frame: pd.DataFrame, main: Effect) -> Block:
    """Effects by kind of entity as a three-line table."""
    rows = [
        [
            r["group"],
            int(r["treated"]),
            number(r["estimate"]),
            f"({number(r['se'])})",
            interval(r["low"], r["high"]),
            number(r["pooled"]),
        ]
        for r in frame.assign(pooled=frame.get("pooled", float("nan"))).to_dict("records")
    ]
    heads = columns("类型", "实施的个体", "估计值", "标准误", "95%置信区间", "收缩后")
    notes = [
        f"每一类中实施的个体都与全部没有实施的比较（{main.name}）；收缩后的值向共同水平靠拢，个体少的靠得越近。各类之差不作检验。"
    ]
    notes += [f"{r['group']}：{r['reason']}" for r in frame.to_dict("records") if r["reason"]]
    return three_line("分类型的效果", heads, rows, main, notes)


def adjusted(effects: Sequence[Effect], method: str = "holm") -> Block:
    """P-values of several results, corrected for being several."""
    frame = multiple(*effects, method=method)
    rows = [
        [r["name"], r["outcome"], number(r["estimate"]), p_value(r["p"]), p_value(r["adjusted"])]
        for r in frame.to_dict("records")
    ]
    notes = [f"校正方法：{method}；少聚类时用少聚类p值。"]
    return three_line(
        "多重检验校正",
        columns("设计", "结果变量", "估计值", "p值", "校正后p值"),
        rows,
        effects[0],
        notes,
    )


def shown(effect: Effect) -> Block:
    """Table and figure of a result; the figure only where it shows more than one number."""
    one = effect.chart == "coefficients" and len(effect.table) == 1
    return Block.group(effect.block(), *([] if one else [effect.plot()]))


def _who(found: Findings) -> str:
    return found.panel.label("entity") if found.panel is not None else "单位"


def not_done(reasons: Sequence[str]) -> Block:
    """Designs and checks that could not be run, with the reason."""
    return Block.bullets(reasons) if reasons else Block.note("所列的设计和检验都做了。")


def blocks(found: Findings, unit: str = "") -> list[Block]:
    """The document of a study in order."""
    study, main = found.study, found.main
    every = [main, *found.others]
    status = STATUS[study.status] + (
        f"（{study.registration}）" if study.registration else "：算法没有事先登记，p值只作参考"
    )
    exploratory = study.status == "exploratory"
    out = [
        Block.heading(study.question, 1),
        in_words(main, found.others, unit, exploratory, _who(found)),
        Block.paragraph(f"{status}。"),
    ]
    if found.panel is not None and found.advice is not None:
        chosen = f"主要设计：{main.name}。" + (
            "由判断表选定。" if study.design == "auto" else "由研究者指定。"
        )
        if study.design != "auto" and found.advice.verdict(study.design) != "适合":
            chosen += f"判断表认为这一设计“{found.advice.verdict(study.design)}”，理由见表。"
        out += [
            Block.heading("数据", 2),
            found.panel.report,
            descriptive(found.panel),
            balance(found.panel),
            Block.heading("设计", 2),
            Block.paragraph(chosen),
            found.advice.block,
        ]
    out += [
        Block.heading("估计结果", 2),
        in_article(main, found.others, found.checks),
        main.block(),
        main.plot(),
    ]
    for title, key in (
        (("密度检验", "density"), ("整数扎堆", "heaping"), ("安慰剂临界值", "placebo"))
        if "density" in main.details
        else ()
    ):
        out.append(_plain(title, main.details[key], main))
    if found.others:
        out += [Block.heading("稳健性", 2), regression(*every), charts.specifications(*every)]
        out += [balance(e) for e in every if "balance" in e.details]
    if found.further:
        out += [
            Block.heading("其他结果变量", 2),
            regression(main, *found.further),
            adjusted([main, *found.further], study.adjust),
        ]
    if found.checks:
        out.append(Block.heading("检验", 2))
        out += [block for result in found.checks.values() for block in shown(result).blocks]
    if found.groups is not None:
        out += [Block.heading(f"不同类型的{_who(found)}", 2), groups(found.groups, main)]
    if found.failed:
        out += [Block.heading("没有做的", 2), not_done(found.failed)]
    methods = [f"{e.name}：{e.facts['paper']}；{e.facts['package']}。" for e in every]
    return [*out, Block.heading("方法", 2), Block.bullets(list(dict.fromkeys(methods)))]


_HEADS = {
    "test": "检验",
    "statistic": "统计量",
    "p": "p值",
    "note": "说明",
    "base": "倍数",
    "n": "单位数",
    "expected": "应有",
    "cutoff": "临界值",
    "estimate": "估计值",
    "se": "标准误",
}


def _plain(title: str, frame: pd.DataFrame, main: Effect) -> Block:
    digits = {"n": 0, "base": 0, "expected": 1}

    def text(column: str, value: Any) -> str:
        if isinstance(value, str):
            return value
        if column == "p":
            return p_value(value)
        return plain(value) if column == "cutoff" else number(value, digits.get(column, 3))

    rows = [[text(c, v) for c, v in r.items()] for r in frame.to_dict("records")]
    return three_line(title, columns(*(_HEADS[c] for c in frame)), rows, main)


def write(found: Findings, folder: Path, unit: str = "") -> list[str]:
    """研究报告 as html, docx and tex, 表格.xlsx, figures as png, 面板.dta; what could not be written as it should, in words."""
    from evalkit.documents import write as write_document
    from evalkit.documents.blocks import flat
    from evalkit.documents.latex import latex_document
    from evalkit.files import put

    every = blocks(found, unit)
    told: list[str] = []
    pictures = {block.content["title"]: block for block in flat(every) if block.kind == "figure"}
    for n, (title, block) in enumerate(pictures.items(), 1):
        put(
            folder / f"图{n}_{''.join(c if c.isalnum() else '_' for c in title)[:40]}.png",
            block.png,
        )
        put(folder / "latex" / f"fig{n}.png", block.png)  # engines differ in what names they take
    files = {title: f"fig{n}.png" for n, title in enumerate(pictures, 1)}
    put(
        folder / "latex" / "study.tex",
        latex_document(every[1:], found.study.question, files).encode("utf-8"),
    )
    for name in ("研究报告.html", "研究报告.docx", "表格.xlsx"):
        told += [p.text() for p in write_document(every, folder / name)]
    if found.panel is not None:
        found.panel.export(folder / "面板.dta")
    return told


def effects_command(
    path: Path, project: Any, dataset: str | None, out: Path | None, progress: Any = None
) -> tuple[Path, list[str], bool]:
    """Read, run and write a study; the folder, what is to be said, and whether everything asked for was done."""
    from evalkit.effects.study import read_study, run_study
    from evalkit.indicators import load

    study = read_study(path)
    data = load(project, dataset=dataset)
    found = run_study(study, data, progress)
    known = data.codebook.indicators.get(study.outcome) or data.codebook.measures.get(study.outcome)
    folder = out or data.project.reports / "政策效果" / path.stem
    unit = known.unit if known and known.unit != "%" else ""
    told = write(found, folder, unit)
    paragraph = in_words(
        found.main, found.others, unit, study.status == "exploratory", _who(found)
    ).plain()
    lines = [
        paragraph,
        *(f"▲ {w}" for w in found.main.warnings),
        *(f"没有做：{t}" for t in found.failed),
        *told,
    ]
    return folder, lines, not found.failed


__all__ = [
    "adjusted",
    "blocks",
    "effects_command",
    "groups",
    "in_article",
    "in_words",
    "known_effect",
    "not_done",
    "recovered",
    "shown",
    "write",
]
