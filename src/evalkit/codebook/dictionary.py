"""The data dictionary in Chinese: ``python -m evalkit.codebook.dictionary > docs/dictionary.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from evalkit.codebook.loader import load_codebook
from evalkit.codebook.models import Codebook, Indicator, Measure

TYPES = {"text": "文字", "int": "整数", "money": "金额（分）", "number": "数字", "date": "日期", "bool": "是否"}
VIEWS = {
    "units": "单位",
    "party_orgs": "党组织",
    "funds": "经费",
    "activities": "活动",
    "instructor_counts": "指导员人数",
}
# columns of the views that are derived and so stand in no table
DERIVED = {
    "covered_by": "覆盖方式", "org_activities": "所属党组织活动次数", "units_covered": "覆盖单位数", "joint": "联合",
    "single": "单独", "star_change": "星级变化", "founded_in_period": "当年新建", "activities": "活动次数",
    "activity_months": "有活动的月数", "theme_months": "有主题党日的月数", "months": "存续月数",
    "has_activity": "有活动", "stars": "星级", "stars_previous": "上年星级", "rectification": "整转",
    "vetoed": "一票否决", "functional": "功能型", "area": "地区", "period": "时期",
}  # fmt: skip
TABLE_OF = {"party_orgs": "party_organisations"}


def markdown(codebook: Codebook) -> str:
    """The whole dictionary: tables, lists, measures, indicators, references, sources, rules that were left out."""
    parts = [
        "# 数据字典",
        "本文由码本（`src/evalkit/codebook/*.yml`）生成，请勿手改；改了码本后运行 "
        "`python -m evalkit.codebook.dictionary > docs/dictionary.md`。"
        "金额在表中以分存放，显示为元；比例存原值，显示时乘以100。"
        "每张表另有 地区（area）、时期（period）、来源文件、工作表和行号；标“区间”的列另有下限 `_low` 和上限 `_high`。",
        "## 表",
        *_tables(codebook),
        "## 选项",
        _grid(
            ("名称", "代码", "含义"),
            ((f"`{n}`", f"`{k}`", v) for n, keys in codebook.lists.items() for k, v in keys.items()),
        ),
        "## 计量",
        "计量是对一个视图的计数或求和，或工作报表中填报的一个数。",
        _grid(
            ("代码", "名称", "单位", "怎样得到", "别名", "说明"),
            (_measure_row(m, codebook) for m in codebook.measures.values()),
        ),
        "## 指标",
        *_indicators(codebook),
        "## 参照值",
        _grid(
            ("代码", "名称", "值", "单位", "来源", "说明"),
            (
                (f"`{c}`", r.name, f"{r.value:g}", r.unit, r.source + (f"（{r.year}）" if r.year else ""), r.note)
                for c, r in codebook.references.items()
            ),
        ),
        "## 一致性核对",
        _grid(("代码", "名称", "类型", "编号"), ((f"`{c}`", k.name, k.kind, k.id) for c, k in codebook.checks.items())),
        "## 未作为指标的规则",
        _grid(("规则", "原因"), codebook.rules_left_out.items()),
        "## 资料来源",
        _grid(
            ("代码", "名称", "出处", "日期", "说明"),
            ((f"`{c}`", s.name, s.publisher, s.date, s.note) for c, s in codebook.sources.items()),
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _tables(codebook: Codebook) -> Iterable[str]:
    for name, table in codebook.tables.items():
        yield f"### {table.name} `{name}`"
        yield f"一行是{table.row}。"
        rows = (
            (
                f"`{c}`",
                k.name,
                TYPES.get(k.type, f"选项 `{k.type}`"),
                "是" if k.required else "",
                "是" if k.interval else "",
            )
            for c, k in table.columns.items()
        )
        yield _grid(("列", "名称", "类型", "必填", "区间"), rows)


def _indicators(codebook: Codebook) -> Iterable[str]:
    for code, dimension in codebook.dimensions.items():
        found = [i for i in codebook.indicators.values() if i.dimension == code]
        if found:
            yield f"### {dimension.name}"
            head = ("代码", "名称", "英文名", "怎样计算", "口径", "方向", "参照", "规则", "来源", "说明")
            yield _grid(head, (_indicator_row(i, codebook) for i in found))


def formula(indicator: Indicator, codebook: Codebook) -> str:
    """The formula in words: 有党的组织的单位 ÷ 实体运营的法人单位 × 100%."""
    top, bottom = codebook.measures[indicator.numerator], codebook.measures[indicator.denominator]
    before = "上年" if indicator.denominator_period == "previous" else ""
    factor = "" if indicator.scale == 1 else " × 100%" if indicator.unit == "%" else f" × {indicator.scale:g}"
    return f"{top.name} ÷ {before}{bottom.name}{factor}"


def _indicator_row(indicator: Indicator, codebook: Codebook) -> Sequence[str]:
    target = codebook.references[indicator.target].name if indicator.target else ""
    better = codebook.term(f"better_{indicator.better}")
    name = f"**{indicator.name}**" if indicator.headline else indicator.name
    return (
        f"`{indicator.code}`", name, indicator.name_en, f"{formula(indicator, codebook)}（{indicator.unit}）",
        indicator.base, better, target, indicator.rule or "", codebook.source_name(indicator.source), indicator.note,
    )  # fmt: skip


def _measure_row(measure: Measure, codebook: Codebook) -> Sequence[str]:
    return (
        f"`{measure.code}`",
        measure.name,
        measure.unit,
        in_words(measure, codebook),
        "、".join(measure.also),
        measure.note,
    )


def in_words(measure: Measure, codebook: Codebook) -> str:
    """What a measure counts: 单位：状态为正常，且法人单位为是."""
    if measure.view is None:
        return "工作报表填报"
    what = VIEWS[measure.view] + (
        "计数" if measure.count else f"的{_column(measure.view, (measure.sum or '').partition('.')[2], codebook)}合计"
    )
    tests = [_test(measure.view, column, test, codebook) for column, test in measure.where.items()]
    some = ["且".join(_test(measure.view, c, t, codebook) for c, t in one.items()) for one in measure.any]
    tests += ["（" + "，或".join(some) + "）"] if some else []
    return what + ("：" + "，且".join(tests) if tests else "")


def _column(view: str, column: str, codebook: Codebook) -> str:
    table = codebook.tables.get(TABLE_OF.get(view, view))
    known = table.columns.get(column) if table else None
    return known.name if known else DERIVED.get(column, column)


def _test(view: str, column: str, test: Any, codebook: Codebook) -> str:
    name, kind = _column(view, column, codebook), codebook.views[view][column]
    if test in ("present", "missing"):
        return f"{name}{'有' if test == 'present' else '无'}"
    labels = codebook.lists.get(kind, {})
    said = [
        ("是" if v else "否") if isinstance(v, bool) else labels.get(str(v), str(v))
        for v in (test if isinstance(test, list) else [test])
    ]
    sign = str(said[0])
    for mark, word in ((">=", "不少于"), ("<=", "不多于"), (">", "多于"), ("<", "少于")):
        if sign.startswith(mark):
            return f"{name}{word}{sign[len(mark) :].strip()}"
    return f"{name}为{'、'.join(map(str, said))}"


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(str(c).replace("|", "／").replace("\n", " ") for c in cells) + " |"

    return "\n".join([line(head), line(["---"] * len(head)), *map(line, rows)])


if __name__ == "__main__":
    sys.stdout.buffer.write(markdown(load_codebook()).encode("utf-8"))
