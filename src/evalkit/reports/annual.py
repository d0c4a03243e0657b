"""What only the annual report says: its head, the texts an office writes, areas side by side, what standards would cost."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from evalkit import charts
from evalkit.documents import Block
from evalkit.documents.blocks import SLOT
from evalkit.documents.markdown import markdown
from evalkit.files import regular_bytes
from evalkit.indicators.compare import compare
from evalkit.indicators.course import is_part_of_year
from evalkit.indicators.load import Data
from evalkit.indicators.project import find_project
from evalkit.ledgers.persons import KIND_NAMES, gate
from evalkit.problems import SEVERITIES, InputError, Problem
from evalkit.reports.appendix import counts, definitions, funds_table, further, targets
from evalkit.reports.beside import period_table
from evalkit.reports.briefing import briefing
from evalkit.reports.causes import causes
from evalkit.reports.disclosure import published, withheld_facts
from evalkit.reports.estimate import estimate, simulation
from evalkit.reports.findings import advice, found_problems, problem_table, problem_words
from evalkit.reports.goals import goal_table, goal_words
from evalkit.reports.grading import NAMED, index_of, score_basis, score_words, scored, where_more
from evalkit.reports.judgement import most_of
from evalkit.reports.profile import spine, verdict
from evalkit.reports.prose import compared, declines, doubtful, no_declines, withheld
from evalkit.reports.punctuality import punctuality_table
from evalkit.reports.quality import files_of, last_year_words, problem_summary
from evalkit.reports.rectify import (
    problems_by_area,
    rectification,
    rectified_words,
    responsibilities,
)
from evalkit.reports.scope import Scope
from evalkit.reports.sentences import (
    PENDING,
    declared,
    facts,
    spoken,
    tell,
)
from evalkit.reports.tables import main_codes
from evalkit.reports.voice import Rows, Voice, voice_of
from evalkit.reports.words import (
    period_words,
    step_words,
)

LONGEST_TEXT = 2_000_000  # bytes of a text of the office
SLOT_HINT = "<!-- 在这里写“{name}”，保存后重新运行 python start.py report。没有内容时报告里显示【待补充】。 -->\n"


# texts of the office


def slot(name: str, period: str | int, project: Any = None) -> Block:
    """The office's own text ``texts/<period>/<name>.md``; without one, 【待补充】. Never written over.

    What names a person is printed as 〔略〕, and a paragraph below says which lines to rewrite: the file stays as it is.
    Headings in it stand below those of the report; UTF-8 and GB18030 are read.
    """
    path = find_project(project).root / "texts" / _plain(str(period)) / f"{_plain(name)}.md"
    try:
        raw = regular_bytes(path, LONGEST_TEXT) if path.is_file() else b""
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", errors="replace")
    if text.count("\0") + text.count("\ufffd") > len(text) / 100:
        advice = "请用记事本另存为 UTF-8 编码的文本"
        raise InputError(
            Problem("file_unreadable", file=str(path), found="不是文本文件", advice=advice)
        )
    text, personal = without_persons(text)
    blocks = [
        Block("heading", {**b.content, "level": max(3, b.content["level"])})
        if b.kind == "heading"
        else b
        for b in markdown(text)
    ]
    if personal:
        blocks.append(
            Block.paragraph(
                f"{PENDING}{path.name} {personal}已略去，报告不涉及个人，请改写", "pending"
            )
        )
    if not blocks:
        wanted = f"{PENDING}{name}：请写入 texts/{period}/{path.name}"
        return of_slot(Block.paragraph(wanted, "pending"), period, name)
    return Block.group(*(of_slot(block, period, name) for block in blocks))


def of_slot(block: Block, period: str | int, name: str) -> Block:
    """The block as a piece of a text of the office, which Word documents mark (`reports/taken_back.py`)."""
    return Block(block.kind, {**block.content, SLOT: f"{period}_{name}"})


_INLINE_COMMENT = re.compile(r"(?<=\S)[ \t]*<!--.*?-->|<!--.*?-->[ \t]*(?=\S)")


def without_persons(text: str) -> tuple[str, str]:
    """A text of the office as the report may print it, and where what kind of personal data was: ``第3行的姓名``."""
    lines = [gate(_INLINE_COMMENT.sub("", line)) for line in text.splitlines()]
    places: dict[str, list[int]] = {}
    for number, line in enumerate(lines, 1):
        for kind in line.kinds:
            places.setdefault(KIND_NAMES[kind], []).append(number)
    told = (
        f"第{'、'.join(map(str, numbers[:8]))}{'等' if len(numbers) > 8 else ''}行的{kind}"
        for kind, numbers in places.items()
    )
    return "\n".join(line.text for line in lines), "，".join(told)


def _plain(name: str) -> str:
    if not name.strip() or any(c in name for c in '\\/:*?"<>|\0') or name.startswith("."):
        raise InputError(
            Problem(
                "value_invalid", where="slot", found=name, allowed='不含 \\ / : * ? " < > | 的名称'
            )
        )
    return name


def make_slots(project: Any, period: str | int, names: Sequence[str]) -> None:
    """An empty file with a hint for each slot that has none, so that the clerk finds where to write."""
    folder = find_project(project).root / "texts" / _plain(str(period))
    for name in names:
        path = folder / f"{_plain(name)}.md"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(SLOT_HINT.format(name=name), encoding="utf-8")


# head


def title(data: Data, period: str | int, area: str | None = None, what: str = "评估报告") -> Block:
    """The title of the report (or profile): area, year, field."""
    name = (
        facts(data, period, area=area).area
        if area
        else data.project.settings["name"] or facts(data, period).area
    )
    year = period_words(period) + ("" if is_part_of_year(str(period)) else "度")
    return Block.heading(f"{name}{year}{data.project.settings['field']}党建工作{what}", 1)


def basis(
    data: Data,
    period: str | int,
    baseline: str | int | None,
    areas: Sequence[str],
    level: str = "district",
    area: str | None = None,
) -> Block:
    """Object, date, definitions and sources of the evaluation."""
    scope = Scope.about(data, period, baseline, level, area)
    files, found_ = files_of(data, period, area)
    counts = found_["severity"].value_counts()
    found = [
        {"name": label, "n": f"{counts[key]:,}"}
        for key, (label, _) in SEVERITIES.items()
        if counts.get(key)
    ]
    told = tell(
        "basis",
        scope.facts,
        n=len(areas),
        place=scope.place,
        files=len(files),
        baseline=period_words(scope.baseline) if scope.baseline and scope.compares else "",
        since=scope.since,
        found=found,
        last_year=last_year_words(data).rstrip("。"),
        submitted=data.submitted(scope.period, area).words(),
        kept_back=withheld_facts(data),
    )
    first, *rest = told.paragraphs
    items = Block.bullets([f"{sentence}。" for sentence in first], ordered=True)
    marks = "".join(f"{sentence}。" for paragraph in rest for sentence in paragraph)
    return Block.group(items, *([Block.paragraph(marks, "detail")] if marks else []))


def quality(data: Data, period: str | int, within: str | None = None) -> Block:
    """Who handed in when, where days are due; findings of the import in the ledgers of the period, by kind."""
    return Block.group(
        punctuality_table(data, period, within), problem_summary(data, period, within)
    )


# areas


def areas_of(
    data: Data, period: str | int, level: str = "district", within: str | None = None
) -> list[str]:
    """The areas evaluated, in administrative order: those that ought to report, also where nothing came from them."""
    return Scope.about(data, period, level=level, within=within).areas


def rows(data: Data) -> pd.DataFrame:
    """All rows of indicators; whatever is made of them speaks as the project does."""
    return Rows.of(data.indicators, data.project)


def rows_of(
    data: Data, areas: Sequence[str], level: str, within: str | None = None
) -> pd.DataFrame:
    """The indicators of the areas evaluated and of the whole (`within`, else all other levels), by the names that the text has."""
    return Scope.about(data, data.last, level=level, within=within).rows_of(list(areas))


def star_figure(
    data: Data, period: str | int, areas: Sequence[str], level: str = "district"
) -> Block:
    """Star distribution by area, from the star ledger itself (not rated is not zero stars)."""
    frame = data.frame("stars")
    frame = frame.loc[frame["period"] == str(period)]
    homes = {
        a: next((home for home in areas if f"{a}/".startswith(f"{home}/")), None)
        for a in frame["area"].unique()
    }
    frame = frame.assign(area=frame["area"].map(homes)).dropna(subset=["area"])
    if not len(frame):
        return Block.paragraph("本期没有星级评定表。", "pending")
    rated, orgs = frame["area"].value_counts(), data.measures
    here = orgs.loc[
        (orgs["period"] == str(period))
        & (orgs["measure"] == "party_orgs")
        & orgs["area"].isin(areas)
    ]
    rest = [
        {
            "area": r.area,
            "stars": pd.NA,
            "count": r.value - rated.get(r.area, 0),
            "period": str(period),
        }
        for r in here.itertuples()
    ]
    more = pd.DataFrame(
        [r for r in rest if r["count"] > 0], columns=["area", "stars", "count", "period"]
    )  # not in the star ledger
    frame = pd.concat([frame.assign(count=1.0), more.astype({"stars": "Int64"})], ignore_index=True)
    frame = frame.assign(
        area_name=frame["area"].str.rpartition("/")[2],
        sort_order=frame["area"].map(list(areas).index),
    )
    title = f"{period_words(period)}各{voice_of(data).place(level)}党组织星级分布（占全部党组织的比例，含未评定）"
    return figure(charts.stars, frame.assign(is_demo=data.is_demo), title=title)


# areas side by side


def visible(frame: pd.DataFrame, codes: str = "") -> pd.DataFrame:
    """The rows that a figure may draw: of the public version those that are not hidden.

    `codes`: the start of the measures that a figure stacks; an area with a hidden one of them is left out.
    """
    if "hidden" not in frame:
        return frame
    gone = (
        frame.loc[frame["hidden"] & frame["measure"].str.startswith(codes), "area"] if codes else ()
    )
    return frame.loc[~frame["hidden"] & ~frame["area"].isin(gone)]


def figure(chart: Callable[..., Block], *args: Any, **options: Any) -> Block:
    """A figure, or the reason why there is none: an area without data must not cost the report."""
    if not len(args[0]):
        return Block.paragraph("没有图：没有可用的数据。", "pending")
    try:
        return chart(*args, **options)
    except InputError as error:
        lacking = [_lacking(problem, voice_of(args[0])) for problem in error.problems]
        return Block.paragraph("没有图：" + "；".join(dict.fromkeys(lacking)) + "。", "pending")


def _lacking(problem: Problem, voice: Voice) -> str:
    """Why a figure could not be drawn, in the words of a reader: the indicator that the ledgers do not give, or the rule."""
    if known := voice.codebook.indicators.get(problem.found):
        return f"台账里没有计算{voice.named(known)}所需的数字"
    rule = problem.advice if problem.code == "value_invalid" else ""
    return rule or (
        "台账里没有这张图所需的数字"
        if problem.code in ("data_missing", "rows_none")
        else problem.title
    )


def comparisons(
    rows: pd.DataFrame,
    period: str | int,
    baseline: Any = None,
    level: str = "district",
    ranking: str = "full",
    part: str = "all",
) -> Block:
    """Who leads and lags over all headline indicators, a paragraph on each that prose.yml compares, changes to be verified.

    `part`: ``main`` for what the text of the report tells, ``detail`` for what its appendix adds (the indicators of
    ``detailed``, the changes to be verified), ``all``.
    """
    scope = Scope.about(rows, period, baseline, level, None, ranking)
    voice, place = scope.voice, scope.place
    mine = rows.loc[
        (rows["level"] == level)
        & rows["indicator"].isin([*main_codes(rows), *declared()["compared"]])
    ]
    there = mine.loc[mine["period"].eq(scope.period) & mine["value"].notna(), "area_name"].unique()
    if len(there) == 1:
        if part == "detail":
            return Block.group()
        hidden = withheld(mine, period)
        return Block.paragraph(voice.say("nobody_beside", there[0], place, hidden))
    wanted = {
        "main": lambda code: code not in declared()["detailed"],
        "detail": lambda code: code in declared()["detailed"],
        "all": lambda code: True,
    }[part]
    told = (compared(scope, code) for code in declared()["compared"] if wanted(code))
    found = [block for block in told if block.content["text"]]
    if not found and part != "detail":
        return Block.paragraph("本期没有可作比较的指标。", "pending")
    seen = compare(mine, scope.period, against=baseline)
    seen = seen.sort_values("sort_order", kind="stable")
    ends = {
        verdict: most_of(seen, verdict) if ranking == "full" else []
        for verdict in ("better", "worse")
    }
    lead = voice.tell(
        "comparisons",
        place=place,
        indicators=int(seen["indicator"].nunique()),
        **ends,
        judged=ranking != "none" and bool(seen["verdict"].isin(["better", "worse"]).any()),
    )
    swings = _swings(seen, mine, scope) if ranking != "none" and part != "main" else ""
    return Block.group(
        *map(Block.paragraph, lead.texts if part != "detail" else ()),
        *found,
        *([Block.paragraph(swings, "detail")] if swings else []),
    )


def _swings(seen: pd.DataFrame, rows: pd.DataFrame, scope: Scope) -> str:
    """Rates of areas that moved so far since the baseline that the ledgers should be looked at again, indicator by indicator."""
    voice, limit = scope.voice, declared()["swing"]
    names = voice.short_names(rows)
    far = seen.loc[(seen["unit"] == "%") & seen["ranked"] & ((seen["change"] * 100).abs() >= limit)]
    told = [
        {
            "name": names[code],
            "areas": [
                {"area": r["area_name"], "step": step_words(r, r["change"], voice)}
                for r in group.to_dict("records")
            ],
        }
        for code, group in far.groupby("indicator", sort=False)
    ]
    return voice.say("swings", since=scope.since, limit=limit, indicators=told) if told else ""


def doubts(rows: pd.DataFrame, period: str | int, level: str = "district") -> list[str]:
    """Headline indicators that are so low and so alike everywhere that the ledgers come before any judgement."""
    known = voice_of(rows).short_names(rows)
    return [known[c] for c in main_codes(rows) if c in known and doubtful(rows, c, period, level)]


def worse_words(
    data: Data,
    period: str | int,
    baseline: Any,
    rows: pd.DataFrame,
    level: str = "district",
    area: str | None = None,
) -> Block:
    """Indicators of the whole that became clearly worse, and those that stand far under their reference everywhere."""
    scope = Scope.about(data, period, baseline, level, area)
    known, voice = scope.facts, scope.voice
    far_under = [
        {"name": voice.short(known.rows[code]), "value": spoken(known.rows[code]), "why": why}
        for code in voice.headline
        if code in known.rows and (why := doubtful(rows, code, period, level, voice))
    ]
    told = tell(
        "worse",
        known,
        declines=declines(data, period, baseline, area),
        far_under=far_under,
        no_declines=no_declines(data, period, baseline, area),
    )
    return Block.group(*map(Block.paragraph, told.texts))


def falling_words(
    rows: pd.DataFrame,
    period: str | int,
    baseline: Any = None,
    level: str = "district",
    ranking: str = "full",
    named: bool = True,
) -> Block:
    """Areas clearly below the whole and still getting worse; with their indicators those that have most, in administrative order.

    Without `named` only how many there are.
    """
    mine = rows.loc[(rows["level"] == level) & rows["indicator"].isin(main_codes(rows))]
    scope = Scope.about(rows, period, baseline, level, None, ranking)
    voice = scope.voice
    comparable = (
        scope.baseline is not None
        and (mine["period"] == scope.baseline).any()
        and (mine["period"] == scope.period).any()
    )
    groups: list[tuple[str, list[str]]] = []
    if comparable:
        seen = compare(mine, period, against=baseline).sort_values("sort_order", kind="stable")
        if seen["area"].nunique() < 2:
            return Block.group()
        hits = seen.loc[(seen["verdict"] == "worse") & seen["falling"]].assign(
            name=lambda f: f["indicator"].map(voice.short_names(mine))
        )
        by_area = hits.groupby("area_name", sort=False)
        groups = [(str(name), list(group["name"])) for name, group in by_area]
    most = _named_from(groups)
    told = voice.tell(
        "falling",
        place=scope.place,
        since=scope.since,
        comparable=comparable,
        areas=len(groups),
        most=most,
        named=[
            {"area": name, "indicators": names}
            for name, names in groups
            if named and len(names) >= most and ranking != "none"
        ],
    )
    return Block.paragraph(told.text)


def _named_from(groups: Sequence[tuple[str, list[str]]]) -> int:
    """From how many indicators on an area is named, so that not too many are."""
    largest = max((len(names) for _, names in groups), default=1)
    for least in range(1, largest):
        if sum(len(names) >= least for _, names in groups) <= NAMED:
            return least
    return largest


__all__ = [
    "advice",
    "areas_of",
    "basis",
    "briefing",
    "causes",
    "comparisons",
    "counts",
    "definitions",
    "doubts",
    "estimate",
    "falling_words",
    "figure",
    "found_problems",
    "funds_table",
    "further",
    "goal_table",
    "goal_words",
    "index_of",
    "make_slots",
    "period_table",
    "problem_table",
    "problem_words",
    "problems_by_area",
    "published",
    "quality",
    "rectification",
    "rectified_words",
    "responsibilities",
    "rows",
    "rows_of",
    "score_basis",
    "score_words",
    "scored",
    "simulation",
    "slot",
    "spine",
    "star_figure",
    "targets",
    "title",
    "verdict",
    "visible",
    "where_more",
    "worse_words",
]
