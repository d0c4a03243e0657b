"""Research tables of district comparisons: shrunken rates, inequality, association. None of them shows an effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalkit.documents import Block, Cell, Format
from evalkit.effects.result import stars
from evalkit.problems import InputError, Problem
from evalkit.reports.goals_dated import goal_chances as goal_chances
from evalkit.reports.scores import show
from evalkit.reports.voice import voice_of
from evalkit.reports.words import source_line, span, valued
from evalkit.scoring.ranks import rank
from evalkit.stats import atkinson, gini, shrink, theil_decomposition
from evalkit.stats.robust import fractional_logit, robust_least_squares
from evalkit.world import number
from evalkit.world.period import in_time

THREE, FOUR = Format(3), Format(4)
NO_EFFECT = "以上只是同一时期各地区之间的相关，不是因果关系，不能说明增加投入会使覆盖率提高多少；要估计政策效果，请用政策效果分析。"


def _right(*labels: str) -> list[dict[str, str]]:
    return [
        {"key": label, "label": label, "align": "left" if n == 0 else "right"}
        for n, label in enumerate(labels)
    ]


def _demo(frame: pd.DataFrame) -> bool:
    return bool(frame["is_demo"].any()) if "is_demo" in frame else False


def table(
    frame: pd.DataFrame,
    title: str,
    columns: Mapping[str, Any],
    notes: Sequence[str] = (),
    source: str = "",
) -> Block:
    """A frame as a table; columns: key -> label, or (label, decimals) for numbers."""
    return show(
        {"title": "{title}", "columns": columns}, frame, notes, source, _demo(frame), title=title
    )


def shrunken(frame: pd.DataFrame, indicator: str) -> Block:
    """Rates drawn towards the common rate (empirical Bayes, beta-binomial): the smaller the base, the further."""
    rows = frame.loc[(frame["indicator"] == indicator) & frame["value"].notna()].sort_values(
        "sort_order"
    )
    if not len(rows) or (rows["kind"] != "proportion").any():
        raise InputError(
            Problem(
                "value_invalid", where="indicator", found=indicator, allowed="一个时期的比例指标"
            )
        )
    value = shrink(rows["numerator"].astype(float), rows["denominator"].astype(float))
    sign = 1 if rows["better"].iloc[0] == "higher" else -1
    places = rank(sign * number.half_up(rows["value"], 4)), rank(sign * number.half_up(value, 4))
    body = [
        [
            r["area_name"],
            f"{number.fixed(r['numerator'])} / {number.fixed(r['denominator'])}",
            valued(r, unit=False),
            span(r, "ci_low", "ci_high"),
            valued(r, v, unit=False),
            int(a),
            int(b),
        ]
        for r, v, a, b in zip(rows.to_dict("records"), value, *places, strict=True)
    ]
    first = rows.iloc[0]
    heads = _right(
        voice_of(frame).place(str(first["level"])),
        "分子 / 分母",
        f"{first['name']}（{first['unit']}）",
        "95%区间",
        "收缩后",
        "位次",
        "收缩后位次",
    )
    notes = [
        "收缩后的比率向共同水平靠拢（经验贝叶斯，贝塔—二项分布），分母越小靠得越近；用于研究，不用于考核。"
    ]
    return Block.table(
        f"{first['name']}：原始比率与收缩比率",
        heads,
        body,
        notes=notes,
        source=source_line(first["period"], _demo(rows)),
        demo=_demo(rows),
    )


def inequality(frame: pd.DataFrame, indicators: Sequence[str]) -> Block:
    """Inequality between areas, weighted by the base, with the share between and within peer groups (Theil T)."""
    body, groups = [], frame.assign(g=frame["peer_group"].fillna("未分组"))
    for code in indicators:
        known = groups.loc[(groups["indicator"] == code) & groups["value"].notna()]
        for period in in_time(known["period"].dropna()):
            rows = known.loc[known["period"] == period]
            value, weight = rows["value"].to_numpy(float), rows["denominator"].to_numpy(float)
            total, between, within = theil_decomposition(value, rows["g"].to_numpy(), weight)
            top, low = value.max(), value.min()
            cells = [Cell(v, FOUR) for v in (gini(value, weight), total, between, within)]
            share = Cell(between / total, Format.percent(0)) if total > 0 else None
            body.append(
                [
                    f"{rows['name'].iloc[0]}",
                    str(period),
                    *cells,
                    share,
                    Cell(atkinson(value, 0.5, weight), FOUR),
                    Cell(top / low, Format(2)) if low > 0 else None,
                ]
            )
    heads = _right(
        "指标",
        "年份",
        "基尼系数",
        "泰尔指数",
        "组间",
        "组内",
        "组间占比",
        "阿特金森（0.5）",
        "最高/最低",
    )
    place = voice_of(frame).place(str(frame["level"].iloc[0]))
    notes = [
        f"{place}之间的差别，各{place}按指标分母加权；组别为同类{place}。组间与组内相加等于泰尔指数。{place}内部的差别不在内。"
    ]
    return Block.table(
        f"{place}之间的差距及其来源",
        heads,
        body,
        notes=notes,
        demo=_demo(frame),
        source=source_line(in_time(frame["period"].dropna())[-1], _demo(frame)),
    )


def association(frame: pd.DataFrame, outcome: str, on: Sequence[str]) -> Block:
    """Association of a proportion with other indicators: fractional logit and OLS, both with robust standard errors.

    Explaining indicators are in standard deviations. (1) `stats.robust.fractional_logit` (HC0), (2)
    `stats.robust.robust_least_squares` (HC1).
    """
    wide = (
        frame.loc[frame["indicator"].isin([outcome, *on])]
        .pivot(index="area", columns="indicator", values="value")
        .dropna()
    )
    named = frame.drop_duplicates("indicator").set_index("indicator")["name"]
    if (
        len(wide) < len(on) + 5
        or set(wide.columns) != {outcome, *on}
        or not wide[outcome].between(0, 1).all()
    ):
        advice = f"至少 {len(on) + 5} 个三项齐全的地区，因变量为比例"
        raise InputError(
            Problem("data_missing", where="association", found=f"{len(wide)} 个地区", advice=advice)
        )
    spread = wide[list(on)].std(ddof=1)
    scaled = (wide[list(on)] - wide[list(on)].mean()) / spread.where(spread > 0, 1.0)
    columns = np.column_stack([np.ones(len(wide)), scaled.to_numpy(float)])
    outcomes = wide[outcome].to_numpy(float)
    models = (fractional_logit(outcomes, columns), robust_least_squares(outcomes, columns))
    body: list[list[Any]] = []
    for name, i in [*((f"{named[code]}", on.index(code) + 1) for code in on), ("常数项", 0)]:
        values = (Cell(float(m.coefficients[i]), THREE, after=stars(m.p[i])) for m in models)
        body.append([name, *values])
        errors = (Cell(float(m.errors[i]), THREE, before="（", after="）") for m in models)
        body.append(["", *errors])
    body += [
        ["观测数", *(m.n for m in models)],
        [
            "拟合优度",
            Cell(models[0].fit, THREE, after="（离差）"),
            Cell(models[1].fit, THREE, after="（R²）"),
        ],
    ]
    notes = [
        "括号内为稳健标准误（比例模型HC0，线性模型HC1）；*、**、***表示在10%、5%、1%水平上显著；解释变量以标准差为单位。",
        f"各列只有{len(wide)}个观测，显著性仅供参考。",
        NO_EFFECT,
    ]
    period = frame["period"].iloc[0]
    return Block.table(
        f"{named[outcome]}与{'、'.join(named[c] for c in on)}的相关",
        _right("", "（1）分数Logit", "（2）OLS"),
        body,
        notes=notes,
        form="three_line",
        sortable=False,
        demo=_demo(frame),
        source=source_line(period, _demo(frame)),
    )
