"""Tables, figures and captions of panels, advice and results: the values ask for them, they stand above the values."""

from __future__ import annotations

from typing import Any

from evalkit import charts
from evalkit.documents import Block, Cell, Format
from evalkit.effects.advice import CAREFUL, FITS, UNFIT, Advice
from evalkit.effects.export import export
from evalkit.effects.panel import KEY_NAMES, Panel
from evalkit.effects.result import STAR_RULE, Effect, interval, number, stars
from evalkit.effects.words import name
from evalkit.world.number import p_value, percent
from evalkit.world.showing import shows

_MARKS = {FITS: ("●", "good"), CAREFUL: ("▲", "middle"), UNFIT: ("■", "bad")}


@shows(Effect, "plot")
def plot(effect: Effect, lang: str = "zh") -> Block:
    """The figure that belongs to the design."""
    drawn: Block = getattr(charts, effect.chart)(effect, lang=lang)
    return drawn


@shows(Effect, "block")
def effect_block(effect: Effect, decimals: int = 4) -> Block:
    """The table as a three-line table; every warning marks the main estimate and stands as a row of the table."""
    heads = {
        "label": "变量",
        "estimate": "估计值",
        "se": "标准误",
        "p": "p值",
        "ci": f"{percent(effect.facts['level'], 0)}置信区间",
    }
    if effect.table["p_small"].notna().any():  # all of the row is of the method for few clusters
        heads["p"] = "少聚类p值"
    columns = [
        {"key": key, "label": label, "align": "left" if key == "label" else "right"}
        for key, label in heads.items()
    ]
    rows: list[list[Any]] = []
    for row in effect.table.to_dict("records"):
        told = {
            "label": row["label"],
            "se": Cell(row["se"], Format(decimals)),
            "p": p_value(row["p"]),
            "ci": interval(row["ci_low"], row["ci_high"], decimals),
        }
        doubtful = bool(effect.warnings) and row["term"] == effect.row["term"]
        told["estimate"] = Cell(
            row["estimate"],
            Format(decimals),
            after=stars(row["p"]),
            mark="▲" if doubtful else "",
            tone="bad" if doubtful else "",
        )
        rows.append([told[key] for key in heads])
    rows += [
        [Cell(text, mark="▲", tone="bad"), *[""] * (len(heads) - 1)] for text in effect.warnings
    ]
    notes = [
        effect.caption,
        *(note.text for note in effect.notes if note.tone == "info"),
        f"{STAR_RULE}。",
    ]
    title = (
        f"{effect.name}：{effect.facts['treatment_label']}对{effect.facts['outcome_label']}的影响"
    )
    return Block.table(
        title,
        columns,
        rows,
        notes=notes,
        sortable=False,
        form="three_line",
        source=effect.source,
        demo=effect.facts["is_demo"],
    )


@shows(Effect, "caption")
def caption(effect: Effect) -> str:
    """Sample, covariance and method in one sentence, as it stands under the table."""
    facts = effect.facts
    parts = [
        facts.get("sample")
        or f"观测值{facts['n']}，个体{facts['entities']}，聚类{facts['clusters']}（其中实施政策的{facts['treated_clusters']}）",
        f"结果变量均值{number(facts['mean_outcome'], 4)}"
        if facts.get("mean_outcome") is not None
        else "",
        f"基期：{facts['base_period']}" if facts.get("base_period") else "",
        "控制变量：" + ("、".join(facts["controls"]) or "无"),
        f"标准误：{facts['covariance']}" if facts.get("covariance") else "",
        f"少聚类p值和区间：{facts['p_small_method']}" if facts.get("p_small_method") else "",
        f"按权重估计（{facts['weights']}）" if facts.get("weights") else "",
        f"方法：{facts['method']}（{facts['package']}）",
    ]
    return "；".join(part for part in parts if part) + "。"


shows(Panel, "export")(export)


@shows(Panel, "report")
def panel_report(panel: Panel) -> Block:
    """Balance and missingness, as a table."""
    frame, lost, span = panel.frame, panel.attrition, list(panel.periods.values())
    ever = frame["first_treated"].notna()
    rows: list[list[Any]] = [
        *(
            [KEY_NAMES[c], frame[c].nunique(), f"其中实施政策的 {frame.loc[ever, c].nunique()}"]
            for c in ("entity", "cluster")
        ),
        ["时期", len(span), f"{span[0]} 至 {span[-1]}"],
        [
            "行（个体×时期）",
            len(frame),
            f"变量齐全的 {len(panel.complete)}；{'' if panel.balanced else '非'}平衡面板",
        ],
        *([f"开始实施：{panel.period(g)}", n, "个体"] for g, n in panel.cohorts.items()),
        [
            "首期有、末期没有的个体",
            Cell(lost["all"], Format.percent()),
            f"实施的 {percent(lost['treated'])}，未实施的 {percent(lost['never'])}",
        ],
        *(
            [f"缺失：{gap.label}", int(gap.n), percent(gap.share)]
            for gap in panel.missing.itertuples()
        ),
    ]
    return Block.table(
        "面板的平衡与缺失",
        ["项目", "数", "说明"],
        rows,
        notes=panel.notes,
        sortable=False,
        source=panel.source,
        demo=panel.is_demo,
    )


@shows(Panel, "dictionary")
def panel_dictionary(panel: Panel) -> Block:
    """变量说明表: name, Chinese name, type, rows, missing, minimum, mean and maximum of every column."""
    numeric = panel.frame.select_dtypes("number").astype(float).agg(["min", "mean", "max"])
    rows = [
        [
            name,
            panel.label(name),
            "数值" if name in numeric else "文本",
            int(column.notna().sum()),
            int(column.isna().sum()),
            *numeric.get(name, [None] * 3),
        ]
        for name, column in panel.frame.items()
    ]
    heads = ["变量名", "名称", "类型", "有值", "缺失", "最小", "均值", "最大"]
    columns = [{"key": h, "label": h} | ({"decimals": 4} if h in heads[5:] else {}) for h in heads]
    return Block.table(
        "变量说明表", columns, rows, source=panel.source, demo=panel.is_demo, sortable=False
    )


@shows(Advice, "block")
def advice_block(advice: Advice) -> Block:
    rows = []
    for r in advice.table.to_dict("records"):
        mark, tone = _MARKS[r["verdict"]]
        rows.append([r["name"], Cell(r["verdict"], mark=mark, tone=tone), r["reason"]])
    first = f"建议先做：{name(advice.main)}。" if advice.main else "现有数据没有合适的设计。"
    return Block.table(
        "适合用什么设计",
        ["设计", "判断", "理由"],
        rows,
        notes=[first, *advice.notes],
        sortable=False,
        demo=advice.demo,
    )
