"""The briefing: seven slides behind a cover, from the facts of the summary and the stored indicators.

Verdict and axes, a chart for each axis, strengths and problems, who leads, next steps with who is responsible. The
sentences are those of the summary's phrases (``texts/briefing.md``); the notes of a slide tell base and source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evalkit.charts.frames import with_absent
from evalkit.codebook.dictionary import formula
from evalkit.documents import Block, Cell
from evalkit.indicators.course import in_words_of
from evalkit.indicators.load import Data
from evalkit.reports import judgement, tables
from evalkit.reports.findings import Found
from evalkit.reports.prose import Judged, judged
from evalkit.reports.rectify import Rectification
from evalkit.reports.scope import Scope
from evalkit.reports.sentences import PENDING, declared, small, tell
from evalkit.reports.words import (
    HIDDEN_NOTE,
    MISSING,
    hidden,
    period_words,
    right,
    shown,
    source_line,
    valued,
)

MOST_BARS = 30  # of more areas the first and the last are drawn
ENDS = 12
BODIES = 3  # named in a cell


def briefing(
    data: Data,
    period: str | int,
    baseline: str | int | None,
    rows: pd.DataFrame,
    *,
    within: str | None = None,
    level: str = "district",
    ranking: str = "full",
    index: Any = None,
    told: Rectification | None = None,
) -> Block:
    """The slides of the period, for ``评估报告-汇报.pptx``; no other form of the report holds them.

    Parameters
    ----------
    rows
        Of the areas evaluated and of the whole (`rows_of`).
    told
        The 整改台账, which knows the responsible bodies; None (the public version) leaves their columns out.
    """
    scope = Scope.about(data, period, baseline, level, within, ranking)
    deck = Deck(scope, rows, judged(scope, rows, index), told)
    axes = [code for code in declared()["axes"] if code in scope.voice.codebook.indicators]
    return Block.group(
        deck.verdict(),
        *(deck.axis(code) for code in axes),
        deck.strengths_and_problems(),
        deck.ahead(axes),
        deck.next_steps(),
    )


@dataclass(frozen=True, eq=False)
class Deck:
    """What the slides are made of."""

    scope: Scope
    rows: pd.DataFrame
    judged: Judged
    register: Rectification | None

    @property
    def period(self) -> str:
        return self.scope.period

    @property
    def source(self) -> str:
        return source_line(self.period, self.scope.told.is_demo)

    def told(self, slide: str, **more: Any) -> list[str]:
        """The sentences of a slide (``texts/briefing.md``)."""
        facts = {"code": "", "axis": "", **self.judged.facts, **more, "slide": slide}
        return list(tell("briefing", self.scope.facts, **facts).sentences)

    def table(self, title: str, columns: Sequence[Any], rows: Sequence[Any], **more: Any) -> Block:
        demo = self.scope.told.is_demo
        return Block.table(title, columns, rows, source=self.source, demo=demo, **more)

    def verdict(self) -> Block:
        """总体判断: how many indicators became better and worse, and the axes."""
        scope = self.scope
        title = "；".join(["总体判断", *self.told("judged")]).replace("；", "：", 1)
        axes = tables.axes(self.rows, self.period, scope.baseline, scope.level, scope.ranking)
        return Block.slide(title, _points(self.told("verdict")), axes)

    def axis(self, code: str) -> Block:
        """One axis: its value and change as the title, a bar for each area, and what stands behind it."""
        book, voice = self.scope.voice.codebook, self.scope.voice
        about = book.indicators[code]
        name = voice.named(about)
        title = "；".join(self.told("heading", code=code, axis=name))
        if not title:
            why = voice.say("withheld" if self._withheld(code) else "unknown")
            title = voice.say("nothing", name=name, why=why).rstrip("。")
        sentences = self.told("axis", code=code, axis=name)
        notes = [
            f"{name}：{formula(about, book)}；口径：{in_words_of(about.base, self.scope.period)}。"
        ]
        chart, more = self._chart(code, name)
        return Block.slide(title, _points(sentences), *chart, notes=[*notes, *more])

    def _withheld(self, code: str) -> bool:
        here = self.rows.loc[self.rows["indicator"] == code]
        return "hidden" in here and bool(here["hidden"].any())

    def _areas(self, code: str) -> pd.DataFrame:
        """The rows of an axis by area, an empty one for each that should have reported."""
        scope, rows = self.scope, self.rows
        mine = rows.loc[
            (rows["indicator"] == code)
            & (rows["level"] == scope.level)
            & (rows["period"] == self.period)
        ]
        return with_absent(mine, scope.told.expected(self.period, scope.level, scope.within))

    def _chart(self, code: str, name: str) -> tuple[list[Block], list[str]]:
        """The bars of an axis, and what the notes say of them."""
        scope, place = self.scope, self.scope.place
        frame = self._areas(code).sort_values("sort_order", kind="stable")
        if not frame["value"].notna().any():
            why = scope.voice.say("withheld" if self._withheld(code) else "unknown")
            return [Block.paragraph(scope.voice.say("nothing", name=name, why=why), "pending")], []
        title, notes, every = f"{period_words(self.period)}各{place}{name}", list[str](), len(frame)
        if scope.ranking == "full":
            rising = bool(frame["better"].eq("lower").all())
            frame = frame.sort_values("value", ascending=rising, kind="stable", na_position="last")
        if every > MOST_BARS:
            if scope.ranking != "full":
                return [self._whole_alone(code)], [f"{place}较多，分{place}的数见评估报告附录。"]
            known = frame.loc[frame["value"].notna()]
            frame = pd.concat([known.head(ENDS), known.tail(ENDS)]).drop_duplicates("area")
            title += f"（共{every}个，画出最前和最后的各{ENDS}个）"
        told = frame.to_dict("records")
        first = next(row for row in told if pd.notna(row["value"]))
        unit = str(first["unit"])
        target = pd.notna(first["target"]) and first["better"] in ("higher", "lower")
        columns: list[Any] = [{"key": "area", "label": place}]
        columns += right(value=f"{name}（{unit}）")
        if target:
            word = "目标" if first.get("target_own") else "参照值"
            of = f"（{first['target_name']}）" if first["target_name"] else ""
            columns += right(target=f"{word}{shown(first, first['target'])}{of}")
        cells = []
        for row in told:
            percent = unit == "%"
            lacking: dict[str, Any] = (
                {} if pd.notna(row["value"]) or hidden(row) else {"text": "缺报"}
            )
            line: list[Any] = [
                Cell(str(row["area_name"]), area=str(row["area"])),
                valued(row, unit=percent, **lacking),
            ]
            cells.append([*line, valued(first, first["target"], unit=percent)] if target else line)
        few = [str(r["area_name"]) for r in told if pd.notna(r["value"]) and small(r)]
        notes += [f"基数小、仅供参考的{place}：{'、'.join(few)}。"] if few else []
        notes += [HIDDEN_NOTE] if self._withheld(code) else []
        absent = [str(r["area_name"]) for r in told if pd.isna(r["value"]) and not hidden(r)]
        notes += [f"缺报：{'、'.join(absent)}。"] if absent else []
        keys = {"values": "value"} | ({"target": "target"} if target else {})
        return [self.table(title, columns, cells, chart=keys)], notes

    def _whole_alone(self, code: str) -> Block:
        """Of many areas without an order: the row of the axis alone."""
        scope = self.scope
        mine = self.rows.loc[self.rows["indicator"] == code]
        axes = tables.axes(mine, self.period, scope.baseline, scope.level, scope.ranking)
        at = [code for code in declared()["axes"] if code in scope.voice.codebook.indicators]
        rows = [axes.content["rows"][at.index(code)]]
        return Block("table", {**axes.content, "rows": rows, "title": axes.content["title"]})

    def strengths_and_problems(self) -> Block:
        """三项长处, 三个问题 with where they are concentrated, side by side."""
        say, facts = self.scope.voice.say, self.judged.facts
        strengths = [say("strength", one) for one in facts["strengths"]]
        problems = [say("shortfall", one) for one in facts["problems"]]
        n = max(len(strengths), len(problems))
        if not n:
            return Block.slide("主要长处和问题", Block.paragraph(say("uncounted"), "pending"))
        rows = [
            [
                strengths[k] if k < len(strengths) else "",
                problems[k] if k < len(problems) else "",
            ]
            for k in range(n)
        ]
        columns = ["主要长处", "主要问题（集中在哪里）"]
        title = "主要长处和问题"
        return Block.slide(title, self.table(title, columns, rows), notes=[self.source])

    def ahead(self, axes: Sequence[str]) -> Block:
        """Who leads and who is behind: by the index, else by the number of indicators, with the axes beside."""
        title = f"各{self.scope.place}情况：居前和靠后"
        told, facts = self.told("ahead"), self.judged.facts
        index, most = facts["index"], facts["most"]
        if index:
            ends = [(word, index[key]) for word, key in (("居前", "first"), ("靠后", "last"))]
            label = "综合得分"
        else:
            sides = (("优于合计", "better"), ("差于合计", "worse"))
            ends, label = [(word, most.get(key) or ()) for word, key in sides], "指标项数"
        lines = [
            [
                word,
                one["area"],
                one["value"] if index else f"{one['n']}项",
                *self._axes_of(one, axes),
            ]
            for word, members in ends
            for one in members
        ]
        blocks = [_points(told)] if told else []
        if lines:
            named = [self.scope.voice.codebook.indicators[code] for code in axes]
            columns = ["位置", self.scope.place, {"key": "score", "label": label, "align": "right"}]
            columns += [
                {
                    "key": one.code,
                    "label": f"{self.scope.voice.named(one)}（{one.unit}）",
                    "align": "right",
                }
                for one in named
            ]
            blocks.append(self.table(title, columns, lines))
        if not blocks:
            why = f"本报告不印发各{self.scope.place}的得分和位次。"
            if self.scope.ranking == "full":
                why = f"没有可以排出先后的{self.scope.place}。"
            blocks = [Block.paragraph(why)]
        return Block.slide(title, *blocks, notes=[self.source])

    def _axes_of(self, one: Any, axes: Sequence[str]) -> list[Any]:
        """The values of the axes of an area that is named; — where its name is not its alone."""
        rows = self.rows
        mine = rows.loc[
            (rows["area_name"] == one["area"])
            & (rows["level"] == self.scope.level)
            & (rows["period"] == self.period)
        ]
        if mine["area"].nunique() != 1:
            return [MISSING] * len(axes)
        by_code = {row["indicator"]: row for row in mine.to_dict("records")}
        return [valued(by_code[code], unit=False) if code in by_code else MISSING for code in axes]

    def next_steps(self) -> Block:
        """下一步: what to do first, where most of it is, and who is responsible for it, as far as that is entered."""
        about = declared()["problems"]
        found = [one for one in self.judged.found if about[one.key]["advice"]]
        title = f"下一步先抓{'一两三'[len(found) - 1]}件事" if found else "下一步"
        if not found:
            words = self.scope.voice.say("keep_it_up")
            return Block.slide(title, Block.paragraph(words), notes=[self.source])
        rows = []
        for step, one in zip(judgement.next_steps(found), found, strict=True):
            where = judgement.concentrated(one) if self.scope.ranking == "full" else {}
            names = [where["only"]] if where.get("only") else list(where.get("areas", ()))
            rows.append([step, "、".join(names) or MISSING, *self._bodies(one)])
        columns = ["工作", f"最多的{self.scope.place}"]
        columns += ["责任单位", "时限"] if self.register is not None else []
        notes = ["责任单位和时限取自整改台账；没有登记的待补充。"] if self.register else []
        return Block.slide(
            title, self.table(title, columns, rows, notes=notes), notes=[self.source]
        )

    def _bodies(self, one: Found) -> list[str]:
        """Who is responsible for the cases of a problem, and until when, as the 整改台账 has it."""
        if self.register is None:
            return []
        cases = [case for case in self.register.followed.cases if case.problem == one.name]
        entries = [self.register.entry(case) for case in cases]
        bodies = Counter(entry.responsible for entry in entries if entry.responsible)
        named = [name for name, _ in bodies.most_common(BODIES)]
        told = "、".join(named) + (f"等{len(bodies)}个单位" if len(bodies) > BODIES else "")
        due = [entry.due for entry in entries if entry.due]
        until = f"{max(due).year}年{max(due).month}月{max(due).day}日" if due else ""
        return [told or PENDING, until or PENDING]


def _points(sentences: Sequence[str]) -> Block:
    return Block.bullets([f"{sentence}。" for sentence in sentences])


__all__ = ["Deck", "briefing"]
