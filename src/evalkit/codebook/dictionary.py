"""The data dictionary in Chinese: ``python -m evalkit.codebook.dictionary > docs/dictionary.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from evalkit.codebook.loader import load_codebook
from evalkit.codebook.models import Codebook, Indicator, Measure
from evalkit.world import condition as conditions
from evalkit.world.number import plain

TABLE_OF = {"party_orgs": "party_organisations"}


def markdown(codebook: Codebook) -> str:
    """The whole dictionary: tables, lists, measures, indicators, references, sources, rules that were left out."""
    book = codebook
    rows: dict[str, Iterable[Iterable[str]]] = {
        "lists": (
            (f"`{n}`", f"`{k}`", v) for n, keys in book.lists.items() for k, v in keys.items()
        ),
        "measures": (
            (f"`{m.code}`", m.name, m.unit, in_words(m, book), "、".join(m.also), m.note)
            for m in book.measures.values()
        ),
        "references": (
            (
                f"`{c}`",
                r.name,
                f"{plain(r.value)}",
                r.unit,
                r.source + (f"（{r.year}）" if r.year else ""),
                r.note,
            )
            for c, r in book.references.items()
        ),
        "checks": ((f"`{c}`", k.name, k.kind, k.id) for c, k in book.checks.items()),
        "rules": book.rules_left_out.items(),
        "sources": (
            (f"`{c}`", s.name, s.publisher, s.date, s.note) for c, s in book.sources.items()
        ),
    }
    parts = {name: _grid(book.labels["heads"][name], of) for name, of in rows.items()}
    parts |= {"tables": "\n\n".join(_tables(book)), "indicators": "\n\n".join(_indicators(book))}
    return book.labels["texts"]["dictionary"].format(**parts)


def _tables(codebook: Codebook) -> Iterator[str]:
    kinds = codebook.labels["kinds"]
    for name, table in codebook.tables.items():
        yield f"### {table.name} `{name}`"
        yield f"一行是{table.row}。"
        rows = (
            (
                f"`{c}`",
                k.name,
                kinds.get(k.type, f"选项 `{k.type}`"),
                "是" * k.required,
                "是" * k.interval,
            )
            for c, k in table.columns.items()
        )
        yield _grid(codebook.labels["heads"]["tables"], rows)


def _indicators(codebook: Codebook) -> Iterator[str]:
    for code, dimension in codebook.dimensions.items():
        found = [i for i in codebook.indicators.values() if i.dimension == code]
        if found:
            yield f"### {dimension.name}"
            yield _grid(
                codebook.labels["heads"]["indicators"], (_indicator_row(i, codebook) for i in found)
            )


def formula(indicator: Indicator, codebook: Codebook) -> str:
    """The formula in words: 有党的组织的单位 ÷ 实体运营的法人单位 × 100%."""
    top, bottom = codebook.measures[indicator.numerator], codebook.measures[indicator.denominator]
    before = {"same": "", "previous": "上年", "mean": "上年与本年平均"}[
        indicator.denominator_period
    ]
    factor = (
        ""
        if indicator.scale == 1
        else " × 100%"
        if indicator.unit == "%"
        else f" × {plain(indicator.scale)}"
    )
    return f"{top.name} ÷ {before}{bottom.name}{factor}"


def _indicator_row(indicator: Indicator, codebook: Codebook) -> tuple[str, ...]:
    target = codebook.references[indicator.target].name if indicator.target else ""
    name = f"**{indicator.name}**" if indicator.headline else indicator.name
    return (
        f"`{indicator.code}`",
        name,
        indicator.name_en,
        f"{formula(indicator, codebook)}（{indicator.unit}）",
        indicator.base,
        codebook.term(f"better_{indicator.better}"),
        target,
        indicator.rule or "",
        codebook.source_name(indicator.source),
        indicator.note,
    )


def in_words(measure: Measure, codebook: Codebook) -> str:
    """What a measure counts: 单位：状态为正常，且法人单位为是."""
    view = measure.view
    if view is None:
        return "工作报表填报"
    how = f"的{_column(view, measure.column, codebook)}合计" if measure.column else "计数"

    def value_name(column: str, value: Any) -> str:
        return codebook.lists.get(codebook.views[view][column], {}).get(str(value), str(value))

    tests = conditions.in_words(
        measure.condition, lambda column: _column(view, column, codebook), value_name
    )
    return codebook.labels["views"][view] + how + ("：" + "，且".join(tests) if tests else "")


def _column(view: str, column: str, codebook: Codebook) -> str:
    table = codebook.tables.get(TABLE_OF.get(view, view))
    if table and column in table.columns:
        return table.columns[column].name
    return codebook.labels["columns"].get(column, column)


def _grid(head: str, rows: Iterable[Iterable[str]]) -> str:
    names = head.split()
    lines = ([str(c).replace("|", "／").replace("\n", " ") for c in row] for row in rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [names, ["---"] * len(names), *lines])


if __name__ == "__main__":
    sys.stdout.buffer.write(markdown(load_codebook()).encode("utf-8"))
