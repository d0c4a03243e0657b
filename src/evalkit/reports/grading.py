"""The score in a report: by which index, who has how much, and whether that tells the areas apart.

Weights and full-score lines are the office's choice: a project with ledgers of its own is scored only by an index that
it chose (``index`` in ``evalkit.yml``, or an ``index.yml`` of its own); the demonstration by the packaged one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.documents import Block
from evalkit.indicators.course import is_of_a_year
from evalkit.indicators.project import Project
from evalkit.problems import InputError, Problem
from evalkit.reports.voice import voice_of
from evalkit.reports.words import MISSING, fixed, period_words, right, source_line
from evalkit.scoring.reasons import grade_words, lines
from evalkit.scoring.scores import Scores, score
from evalkit.scoring.spread import spread
from evalkit.world.yaml import read_yaml

OF_THE_DEMO = "annual"
OF_THE_PROJECT = "index.yml"
NAMED = 6  # areas named in one sentence


def index_of(source: Any, given: Any = None) -> Any:
    """The index to score by: the one given, that of the settings, the project's own file; None where nobody chose one.

    `source`: the project, or data that know it.
    """
    project: Project = source if isinstance(source, Project) else source.project
    chosen = given or project.settings["index"]
    file = project.root / OF_THE_PROJECT
    own = read_yaml(file) if file.is_file() else {}
    if not chosen:
        if own:
            return f"{file}#{next(iter(own))}" if "tree" not in own else str(file)
        return None if project.dataset == "raw" else OF_THE_DEMO
    if isinstance(chosen, str):
        path, mark, name = chosen.partition("#")
        if path.lower().endswith((".yml", ".yaml")):
            beside = project.root / path
            return f"{beside if beside.is_file() else Path(path)}{mark}{name}"
        if chosen in own:
            return f"{file}#{chosen}"
    return chosen


def not_chosen() -> InputError:
    """What to do where a score is asked for and no index was chosen."""
    advice = "在 evalkit.yml 写 index: 指数.yml（例子见 docs/methods.md），或用 --index 指明；--index annual 是演示权重"
    return InputError(
        Problem("key_missing", where="index", found="没有选定评价指数", advice=advice)
    )


def scored(now: pd.DataFrame, index: Any, ranking: str, codebook: Any = None) -> Block:
    """得分和等级 by area in administrative order.

    The rank only where ranks are printed; nothing where none are wanted, or where nobody chose an index.
    """
    if ranking == "none":
        return Block.paragraph("本报告不印发综合得分和位次。")
    index = _index_for(now, index)
    if index is None:
        return Block.group()
    try:
        scores = score(now, index, codebook)
    except InputError as error:
        return Block.paragraph(
            "没有计算综合得分：" + "；".join(p.found or p.title for p in error.problems), "pending"
        )
    if scores.table["score"].isna().all():
        why = "、".join(
            f"{r.area_name}（{r.losses}）" for r in scores.table.head(NAMED).itertuples()
        )
        return Block.paragraph(
            f"没有计算综合得分：{why}{'等' * (len(scores.table) > NAMED)}。", "pending"
        )
    return _score_table(scores, now, ranking)


def score_basis(now: pd.DataFrame, index: Any, ranking: str, codebook: Any = None) -> Block:
    """Whether the scores tell the areas apart, and the index they rest on; nothing where no score is printed."""
    chosen = _index_for(now, index) if ranking != "none" else None
    if chosen is None:
        return Block.group()
    try:
        scores = score(now, chosen, codebook)
    except InputError:
        return Block.group()  # `scored` says why
    if scores.table["score"].isna().all():
        return Block.group()
    return Block.group(
        spread_words(scores, now, ranking), *_of_part(now, scores), index_table(scores)
    )


def _of_part(now: pd.DataFrame, scores: Scores) -> list[Block]:
    """What is said of scores of a quarter or month: which of their indicators a year has more of."""
    periods = [str(period) for period in now["period"].dropna().unique()]
    book = voice_of(now).codebook
    used = [code for code in (leaf.code for leaf in scores.index.leaves) if code in book.indicators]
    grown = [
        book.indicators[code].short_name or book.indicators[code].name
        for code in used
        if any(is_of_a_year(code, period, book) for period in periods)
    ]
    if not grown:
        return []
    text = (
        f"得分按{period_words(periods[-1])}的数计。{'、'.join(grown)}是本期的发生数，一年的会更多；"
        "指数里按全年定的分值不适用于本期，地区之间可以比，得分的高低不能与全年的比。"
    )
    return [Block.paragraph(text)]


def where_more(data: Any, index: Any, level: str, ranking: str) -> Block:
    """Where the scores (if any are printed) and the other comparisons of the areas stand."""
    voice = voice_of(data)
    is_scored = ranking != "none" and index_of(data, index) is not None
    return Block.paragraph(voice.say("where_more", voice.place(level), is_scored))


def _index_for(now: pd.DataFrame, given: Any) -> Any:
    """`index_of` for rows that know their project; for others the index that was given."""
    project = getattr(now, "project", None)
    return index_of(project, given) if isinstance(project, Project) else given


def _score_table(scores: Scores, now: pd.DataFrame, ranking: str) -> Block:
    rank = ranking == "full" and scores.ordered
    losses = scores.largest_losses
    rows = [
        [
            r.area_name,
            None if pd.isna(r.score) else float(r.score),
            r.grade if pd.notna(r.grade) else MISSING,
            *([int(r.rank) if pd.notna(r.rank) else MISSING] if rank else []),
            "；".join(f"{lost.name}{fixed(lost.points, 1)}" for lost in losses[r.area]) or r.losses,
        ]
        for r in scores.table.itertuples()
    ]
    place = _place(now)
    columns: list[Any] = [
        {"key": "area", "label": place},
        {"key": "score", "label": "得分", "decimals": 2},
    ]
    columns += [{"key": "grade", "label": "等级", "align": "center"}]
    columns += [*(right(rank="位次") if rank else []), "失分最多的指标（分）"]
    level = (
        [f"各{place}得分相同，不排位次。"]
        if ranking == "full" and len(rows) > 1 and not scores.ordered
        else []
    )
    return Block.table(
        f"{scores.when}综合得分和等级",
        columns,
        rows,
        notes=[scores.method, *level],
        demo=scores.is_demo,
        source=source_line(scores.period, scores.is_demo),
    )


def _place(now: pd.DataFrame) -> str:
    return voice_of(now).place(str(now["level"].iloc[0]))


def spread_words(scores: Scores, now: pd.DataFrame, ranking: str) -> Block:
    """Whether grades and scores tell the areas apart, and what still differs; nothing of a single area."""
    found = spread(scores)
    if found.areas < 2:
        return Block.group()
    named = ranking == "full"
    differing = [
        {
            "name": one.name,
            "lowest": one.lowest,
            "highest": one.highest,
            "lowest_area": one.lowest_area if named else "",
            "highest_area": one.highest_area if named else "",
            "points": fixed(one.points, 1),
        }
        for one in found.differing
    ]
    told = voice_of(now).tell(
        "spread",
        place=_place(now),
        areas=found.areas,
        alike=found.alike,
        grade=found.grade,
        n=found.n_grade,
        low=fixed(found.low, 2),
        high=fixed(found.high, 2),
        gap=fixed(found.high - found.low, 2),
        differing=differing,
        equal=list(found.full),
    )
    return Block.group(*map(Block.paragraph, told.texts))


def index_table(scores: Scores) -> Block:
    """评价指数: weights, rules, full-score and zero lines of every indicator, and the cut-offs of the grades."""
    told = lines(scores)
    rows = [
        [one.group, one.name, one.points, one.rule, one.full or MISSING, one.zero or MISSING]
        for one in told
    ]
    total = ["合计", "", float(scores.index.root.points), "", "", ""]
    columns: list[Any] = [
        "维度",
        "指标",
        {"key": "points", "label": "分值", "align": "right", "decimals": 1},
        "计分办法",
        *right(full="满分线", zero="零分线"),
    ]
    relative = [one.name for one in told if not one.fixed]
    notes = []
    if cuts := grade_words(scores):
        notes.append(
            "等级线："
            + "，".join(cuts)
            + "。等级线是事先写在指数里的固定分数线，不随本年得分调整。"
        )
    if relative:
        notes.append("、".join(relative) + "按各地区数据相互比较计分，没有固定的满分线。")
    return Block.table(
        f"评价指数：{scores.index.name}",
        columns,
        [*rows, total],
        total_rows=1,
        notes=notes,
        sortable=False,
        demo=scores.is_demo,
    )


def score_words(
    now: pd.DataFrame,
    area: str,
    index: Any,
    ranking: str,
    codebook: Any = None,
    part: str = "all",
) -> Block:
    """Strengths and weaknesses of an area by its score, and what would move it: where each point was lost.

    `part`: ``strengths`` for the one, ``lost`` for the other, ``all``.
    """
    index = _index_for(now, index)
    if index is None:
        return Block.paragraph(voice_of(now).say("no_index"), "detail")
    try:
        scores = score(now, index, codebook)
        blocks = [] if part == "lost" else [scores.explain(area)]
        if ranking != "none" and part != "strengths":
            items = list(scores.lost(area, place=ranking == "full").content["items"])
            head = items[0]
            most = (
                f"{head}。失分最多的依次如下，补上一项即可增加相应的分数"
                if len(items) > 1
                else f"{head}。没有失分"
            )
            blocks += [
                Block.paragraph(f"{most}。"),
                *([Block.bullets(items[1:])] if len(items) > 1 else []),
            ]
            if cuts := grade_words(scores):
                lead = f"按{scores.index.name}计分，等级线"
                blocks.append(Block.paragraph(f"{lead}：{'，'.join(cuts)}。", "detail"))
        return Block.group(*blocks)
    except InputError as error:
        return Block.paragraph(
            "没有计算综合得分：" + "；".join(p.found or p.title for p in error.problems), "pending"
        )
