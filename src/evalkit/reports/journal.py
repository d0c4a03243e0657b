"""Tables as a journal prints them (三线表): regressions side by side, descriptive statistics, balance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalkit.documents import Block, Cell, Format
from evalkit.effects.panel import Panel
from evalkit.effects.result import STAR_RULE, Effect, stars
from evalkit.problems import InputError, Problem
from evalkit.world.number import p_value

YES = {True: "是", False: "否"}


def columns(*heads: str, groups: Sequence[str | None] = ()) -> list[dict[str, Any]]:
    """Headings of a three-line table: the first column left, the others centred."""
    made: list[dict[str, Any]] = [
        {"key": f"c{n}", "label": h, "align": "center" if n else "left"}
        for n, h in enumerate(heads)
    ]
    for column, group in zip(made[1:], groups, strict=False):
        if group:
            column["group"] = group
    return made


def number(value: Any, decimals: int = 4, **more: Any) -> Cell:
    """A cell of a number; nothing known is null."""
    return Cell(None if value is None or pd.isna(value) else float(value), Format(decimals), **more)


def counted(n: int) -> Cell:
    """A cell of a whole number, with thousands marks."""
    return Cell(int(n), Format(0, grouped=True))


def three_line(
    title: str,
    heads: list[dict[str, Any]],
    rows: list[list[Any]],
    of: Effect | Panel,
    notes: Sequence[str] = (),
) -> Block:
    """A three-line table with the source of a result or panel."""
    demo = bool(of.facts.get("is_demo")) if isinstance(of, Effect) else of.is_demo
    return Block.table(
        title,
        heads,
        rows,
        notes=notes,
        form="three_line",
        sortable=False,
        source=of.source,
        demo=demo,
    )


def regression(
    *effects: Effect, title: str = "", names: Sequence[str] | None = None, decimals: int = 4
) -> Block:
    """Several results as one three-line table, a column each.

    Estimates with stars, standard errors in round brackets, the p-value for few clusters in square brackets where there
    is one (errors and stars are of the same method); then fixed effects, controls, observations, clusters, mean of the
    outcome, base period. Warnings mark the estimate with ▲ and stand first among the notes, with their columns.
    """
    if not effects:
        raise InputError(
            Problem(
                "data_missing", where="regression", found="没有结果", advice="至少给出一个估计结果"
            )
        )
    of = [e.facts for e in effects]
    labels = list(dict.fromkeys(f["treatment_label"] for f in of))
    lines: dict[str, list[list[Any]]] = {
        label: [[""] * len(effects), [""] * len(effects)] for label in labels
    }
    controls = list(dict.fromkeys(label for f in of for label in f["controls"]))
    lines |= {
        c: [[""] * len(effects), [""] * len(effects)]
        for c in controls
        if any((e.table["label"] == c).any() for e in effects)
    }
    few = [""] * len(effects)
    for n, effect in enumerate(effects):
        own = effect.table.loc[
            effect.table["label"].isin(controls) & (effect.table["term"] != effect.row["term"])
        ]
        for label, row in [
            (effect.facts["treatment_label"], effect.row),
            *((r["label"], r) for _, r in own.iterrows()),
        ]:
            digits = _digits(row["estimate"], row["se"], decimals)
            doubtful = bool(effect.warnings) and row["term"] == effect.row["term"]
            lines[label][0][n] = number(
                row["estimate"], digits, after=stars(row["p"]), mark="▲" if doubtful else ""
            )
            lines[label][1][n] = number(row["se"], digits, before="(", after=")")
        few[n] = "" if pd.isna(effect.row["p_small"]) else f"[{p_value(effect.row['p_small'])}]"
    rows: list[list[Any]] = []
    for label, (values, errors) in lines.items():
        rows += [[label, *values], ["", *errors]]
        if label == labels[-1] and any(few):
            rows.append(["少聚类p值", *few])
    outcomes = [f["outcome_label"] for f in of]
    shared = len(set(outcomes)) == 1
    one_design = (
        len({e.name for e in effects}) == 1 and not shared
    )  # then the outcomes head the columns
    above = list(names) if names else outcomes if one_design else [e.name for e in effects]
    facts = {
        "结果变量": [] if shared or above == outcomes else outcomes,
        "控制变量": [YES[bool(f["controls"])] for f in of],
        "个体固定效应": [_fixed(e, "个体") for e in effects],
        "时期固定效应": [_fixed(e, "时期") for e in effects],
        "观测值": [counted(f["n"]) for f in of],
        "个体数": [counted(f["entities"]) for f in of],
        "聚类数": [counted(f["clusters"]) if f.get("clustered", True) else "—" for f in of],
        "实施政策的聚类数": [
            counted(f["treated_clusters"]) if f.get("clustered", True) else "—" for f in of
        ],
        "带宽": [number(f.get("bandwidth"), 2) for f in of]
        if any("bandwidth" in f for f in of)
        else [],
        "带宽内观测值": [counted(f["n_left"] + f["n_right"]) if "n_left" in f else "—" for f in of]
        if any("n_left" in f for f in of)
        else [],
        "结果变量均值": [number(f["mean_outcome"], decimals) for f in of],
        "基期": [str(f["base_period"] or "—") for f in of]
        if any(f["base_period"] for f in of)
        else [],
    }
    rows += [[label, *values] for label, values in facts.items() if values]
    heads = [f"({n})" for n in range(1, len(effects) + 1)]
    told: dict[str, list[str]] = {}
    for head, effect in zip(heads, effects, strict=True):
        for text in effect.warnings:
            told.setdefault(text, []).append(head)
    notes = [f"▲ {''.join(where)} {text}" for text, where in told.items()]
    small = "，方括号内为少聚类p值（该列的标准误和星号与它出自同一方法）" if any(few) else ""
    notes.append(f"圆括号内为标准误{small}；{STAR_RULE}。")
    spoken: dict[str, list[str]] = {}
    for head, f in zip(heads, of, strict=True):
        small = f"；少聚类p值：{f['p_small_method']}" if f.get("p_small_method") else ""
        small += f"；按权重估计（{f['weights']}）" if f.get("weights") else ""
        spoken.setdefault(
            f"{f['method']}；标准误：{f['covariance']}{small}（{f['package']}）", []
        ).append(head)
    notes += [f"{''.join(where)} {text}。" for text, where in spoken.items()]
    title = title or f"{'、'.join(labels)}对{outcomes[0] if shared else '各结果变量'}的影响"
    return three_line(title, columns("变量", *heads, groups=above), rows, effects[0], notes)


def _digits(estimate: float, se: float, decimals: int) -> int:
    """Decimals that show two figures of the standard error: 0.0216 (0.0037), 0.000012 (0.000008), 41.52 (3.07)."""
    size = abs(se) if se == se and se != 0 else abs(estimate)
    if not size > 0:
        return decimals
    return 2 if size >= 1 else int(np.clip(1 - np.floor(np.log10(size)), decimals, 8))


def _fixed(effect: Effect, which: str) -> str:
    """What the design says of its fixed effects; differences take out the entity's and the period's."""
    known = effect.facts.get("fixed")
    return "是" if known is None else str(known.get(which, "否"))


def descriptive(panel: Panel, decimals: int = 4) -> Block:
    """Observations, mean, spread and range of outcome, treatment and controls; means of treated and untreated entities."""
    used = panel.complete
    ever = used["first_treated"].notna()
    rows = []
    for name in dict.fromkeys([panel.outcome, "treated", *panel.controls]):
        x, w = used[name].astype(float), used["weight"]
        label = (
            f"是否已实施{panel.label(panel.treatment)}" if name == "treated" else panel.label(name)
        )
        mean, middle = (
            _mean(x, w),
            weighted_quantile(x.to_numpy(), w.to_numpy(), 0.5) if panel.weighted else x.median(),
        )
        spread = np.sqrt(_mean((x - mean) ** 2, w) * len(x) / max(len(x) - 1, 1))
        stats = [
            mean,
            spread,
            x.min(),
            middle,
            x.max(),
            _mean(x[ever], w[ever]),
            _mean(x[~ever], w[~ever]),
        ]
        rows.append([label, counted(len(x)), *(number(v, decimals) for v in stats)])
    heads = columns(
        "变量",
        "观测值",
        "均值",
        "标准差",
        "最小值",
        "中位数",
        "最大值",
        "实施的均值",
        "未实施的均值",
    )
    notes = [f"变量齐全的{len(used):,}个观测值；实施的指样本期内曾实施政策的个体。"]
    notes += (
        [f"均值、标准差和中位数按权重（{panel.label('weight')}）计算。"] if panel.weighted else []
    )
    return three_line("描述性统计", heads, rows, panel, notes)


def _mean(x: pd.Series, w: pd.Series) -> float:
    """The weighted mean (all weights are 1 in a panel without weights); NaN of nothing."""
    return float(np.average(x, weights=w)) if len(x) else np.nan


def weighted_quantile(x: np.ndarray, w: np.ndarray, q: float) -> float:
    """The least value up to which the weights add up to a share q of all."""
    order = np.argsort(x, kind="stable")
    return float(x[order][np.searchsorted(np.cumsum(w[order]), q * w.sum())])


def balance(source: Effect | Panel, decimals: int = 4) -> Block:
    """Before and after matching (a PSM-DID result), or treated and untreated before the policy (a panel)."""
    if isinstance(source, Effect):
        if "balance" not in source.details:
            raise InputError(
                Problem(
                    "data_missing",
                    where="balance",
                    found=source.name,
                    allowed="倾向得分匹配的结果，或一个面板",
                )
            )
        frame = source.details["balance"]
        rows = [
            [
                r["label"],
                *(
                    number(r[f"{c}_{when}"], 2 if c in ("difference", "ratio") else decimals)
                    for when in ("before", "after")
                    for c in ("treated", "control", "difference", "ratio")
                ),
            ]
            for r in frame.to_dict("records")
        ]
        heads = columns(
            "变量",
            *["实施", "对照", "标准化差异", "方差比"] * 2,
            groups=["匹配前"] * 4 + ["匹配后"] * 4,
        )
        notes = ["标准化差异以匹配前两组的标准差计，绝对值低于0.1为平衡；方差比接近1为平衡。"]
        return three_line("匹配前后的平衡性", heads, rows, source, notes)
    from scipy import stats

    starts = source.frame["first_treated"]
    start = starts[starts > source.frame["time"].min()].min()
    if pd.isna(start):
        raise InputError(
            Problem(
                "design_unfit",
                where="balance",
                found="没有政策实施前的时期",
                advice="请看 ek.effects.advise(panel)",
            )
        )
    rows_ = source.frame.loc[source.frame["time"] < start]
    before = rows_.groupby("entity")
    first = before["first_treated"].first().notna()
    rows = []
    for name in dict.fromkeys([source.outcome, *source.controls]):
        known = rows_.loc[rows_[name].notna() & rows_["weight"].notna()]
        by = (
            known.assign(part=known["weight"] * known[name].astype(float))
            .groupby("entity")[["part", "weight"]]
            .sum()
        )
        sides = [
            (by["part"] / by["weight"], by["weight"])
            for by in (by[first.reindex(by.index)], by[~first.reindex(by.index)])
        ]
        (a, mean_a, error_a), (b, mean_b, error_b) = ((x, *_group(x, w)) for x, w in sides)
        scale = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
        p = np.nan
        if min(len(a), len(b)) > 1 and source.weighted:
            p = float(2 * stats.norm.sf(abs(mean_a - mean_b) / np.hypot(error_a, error_b)))
        elif min(len(a), len(b)) > 1:
            p = stats.ttest_ind(a, b, equal_var=False).pvalue
        rows.append(
            [
                source.label(name),
                number(mean_a, decimals),
                number(mean_b, decimals),
                number(mean_a - mean_b, decimals),
                number((mean_a - mean_b) / scale if scale else np.nan, 2),
                p_value(p),
            ]
        )
    heads = columns("变量", "实施的", "未实施的", "差", "标准化差异", "p值")
    notes = [
        f"政策首次实施（{source.period(start)}）以前各期的个体均值；"
        + (
            f"按权重（{source.label('weight')}）计算，p值为加权的不等方差检验。"
            if source.weighted
            else "p值为不等方差t检验。"
        ),
        "水平不同不等于趋势不同，双重差分要求的是趋势相同。",
    ]
    return three_line("实施前的比较", heads, rows, source, notes)


def _group(x: pd.Series, w: pd.Series) -> tuple[float, float]:
    """Weighted mean of one side and its error (HC2)."""
    if not len(x):
        return np.nan, np.nan
    share = (w / w.sum()).to_numpy()
    mean = float(share @ x.to_numpy())
    return mean, float(
        np.sqrt((share**2 * (x.to_numpy() - mean) ** 2 / np.clip(1 - share, 1e-12, None)).sum())
    )
