"""The forms of one executed notebook: called by the runner in the warm process, right after the notebook."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evalkit import charts
from evalkit.codebook import load_codebook
from evalkit.codebook.dictionary import formula
from evalkit.documents import FORMS, Block, Cover, tree, write
from evalkit.documents.blocks import flat, opened
from evalkit.documents.numbering import number
from evalkit.documents.official import length
from evalkit.documents.write import file_name
from evalkit.files import put
from evalkit.indicators import find_project, load
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.reports import (
    annual,
    templates,
)  # what the notebooks need, imported once in the warm parent
from evalkit.reports.appendix import OWN
from evalkit.reports.lists import internal_workbook
from evalkit.reports.rectify import rectification, register_bytes
from evalkit.reports.scores import WORDS as TABLE_WORDS
from evalkit.reports.sentences import declared
from evalkit.reports.supervision import FOLDER as NOTICES
from evalkit.reports.supervision import write_notices
from evalkit.reports.tables import headline
from evalkit.reports.voice import voice_of
from evalkit.reports.words import period_words
from evalkit.scoring.words import WORDS as SCORING_WORDS

ANNUAL = "评估报告"
INTERNAL = "问题清单（内部资料）.xlsx"
REGISTER = "整改台账（内部资料）.xlsx"
NAMES = {
    "html": "网页",
    "docx": "Word",
    "official": "Word（公文正文版）",
    "annex": "Word（公文附件）",
    "pdf": "PDF",
    "xlsx": "Excel数据表",
    "onepage": "一页纸（Word）",
    "onepage_png": "一页纸（图片）",
    "appendix": "附录（Word）",
    "appendix_pdf": "附录（PDF）",
    "appendix_html": "附录（网页）",
    "pptx": "汇报（PowerPoint）",
    "ods": "ODS数据表",
}
ASKED = ("ods",)  # forms of the annual report that are made only where they are asked for
WHOLE = ("pptx",)  # forms that only the annual report has
AREAS = 10  # in a figure of the one page
MORE_ON_PAGE = "其余数字和口径见同名网页。"
BLANK_DATE = "　　年　　月　　日"


def __warm_up__() -> None:
    """What every run needs, read once in the warm parent process of the runner, which calls this."""
    load_codebook()
    declared()
    templates.packaged().compile_all()
    for words in (SCORING_WORDS, TABLE_WORDS):
        len(words)  # read now
    with (
        suppress(Exception),
        TemporaryDirectory() as folder,
    ):  # a fault in a library shows itself in the run that needs it
        write(
            [Block.heading("预热", 1), Block.paragraph("文字"), Block.table("表", ["甲"], [[1]])],
            Path(folder, "a.docx"),
        )


def checked(forms: Sequence[str]) -> tuple[str, ...]:
    """Known forms, each once, in the order of the documents room; an unknown one is an `InputError`."""
    problems = [
        Problem(
            "value_invalid",
            where="--format",
            found=f,
            allowed="、".join(FORMS),
            advice=did_you_mean(f, FORMS),
        )
        for f in forms
        if f not in FORMS
    ]
    if problems:
        raise InputError(problems)
    return tuple(f for f in FORMS if f in forms)


def annual_forms(extra: Sequence[str] = ()) -> tuple[str, ...]:
    """The forms of the annual report: all but those of `ASKED` that are not among the `extra` ones."""
    return tuple(form for form in FORMS if form not in ASKED or form in extra)


def post(forms: Sequence[str], figures: bool = False) -> str:
    """The runner's after-step for these forms: they stand in its name, so that other forms make the job due."""
    return f"{__name__}:" + "__".join([*forms, *(["figures"] if figures else [])])


def __getattr__(name: str) -> Any:
    forms = name.split("__")
    if not set(forms) <= {*FORMS, "figures"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return partial(publish, forms=forms)


def publish(path: Path, parameters: dict[str, Any], forms: Sequence[str] = ("html",)) -> None:
    """Write the forms of the executed notebook `path` beside it.

    What `write` has to say (a glyph that no font has, an official text that is too long) goes into the notebook's
    metadata. The annual report brings the lists with unit names, except where it is for the public.
    """
    path = Path(path)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    project = find_project(parameters.get("project"))
    blocks = list(opened(tree(notebook)))
    settings, period, area = project.settings, parameters.get("period"), parameters.get("area")
    public = bool(parameters.get("publish"))
    first = next((b.content["text"] for b in blocks if b.kind == "heading"), path.stem)
    place = str(area or "").rpartition("/")[2]
    title = first if place in first else f"{place}：{first}"
    full = path.stem == ANNUAL
    demo = parameters.get("dataset") == "demo"
    cover = Cover(
        title=title,
        office=settings["office"] if full else "",
        date=settings["date"] or (BLANK_DATE if full else ""),
        period=f"{period_words(period)}{'' if 'Q' in str(period) else '度'}"
        if period and full
        else "",
        addressee=settings["addressee"],
        lead=f"现将{title.removesuffix('报告')}情况报告如下（主要图表见附件1）。" if full else "",
        demo=demo,
    )
    home = "../" if area else ""
    nav = [("返回目录", f"{home}index.html")]
    faces = "windows" if settings["fonts"] == "windows" else "gb2312"
    problems: list[Problem] = []
    sources = {code: f"{home}provenance.html#{code}" for code in headline(project.codebook)}
    told = dict[str, Any]()
    for form in forms:
        if form == "figures":
            for n, figure in enumerate((b for b in flat(blocks) if b.kind == "figure"), start=1):
                (path.parent / f"{path.stem}-图{n:02d}.png").write_bytes(figure.png)
            continue
        target = path.with_name(file_name(path.stem, form))
        here = blocks
        if form.startswith("onepage"):
            picked = (
                ()
                if public or parameters.get("ranking") != "full"
                else moved_figures(project, parameters)
            )
            here = one_page(blocks, picked)
        elif form == "official":
            told["evalkit_length"] = length(number(blocks, title), cover)
        with_cover = cover if full or form.endswith("html") else None
        if form in WHOLE and not any(block.kind == "slide" for block in flat(blocks)):
            continue  # a notebook of the project's own that has no slides
        notes = definitions(project) if form in ("xlsx", "ods") else ()
        problems += write(
            here,
            target,
            form,
            cover=with_cover,
            fonts=faces,
            nav=nav,
            footer="由 Evalkit 从笔记本生成",
            notes=notes,
            links={"indicator": sources},
            apart=_apart(full, bool(area), form),
            compact=bool(area),
        )
    if full and not public:
        data = load(
            project, periods=[period] if period else None, dataset=parameters.get("dataset")
        )
        put(path.parent / INTERNAL, internal_workbook(data, data.last, parameters.get("within")))
        problems += _what_to_put_right(path.parent, project, parameters)
    if problems:
        told["evalkit_problems"] = list(dict.fromkeys(p.text() for p in problems))
    if told:
        notebook["metadata"] |= told
        path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")


def _apart(full: bool, profile: bool, form: str) -> bool | str:
    """What a form leaves to another file: the report its appendices, a profile of two pages its further numbers."""
    return MORE_ON_PAGE if profile and form in ("docx", "pdf") else full


def _what_to_put_right(folder: Path, project: Any, parameters: Mapping[str, Any]) -> list[Problem]:
    """The 整改台账 of the whole, and for every county its 督办单, 整改清单 and 整改台账; what could not be read or written."""
    period, baseline = parameters.get("period"), parameters.get("baseline")
    data = load(
        project, periods=[p for p in (baseline, period) if p], dataset=parameters.get("dataset")
    )
    told = rectification(data, data.last, baseline, parameters.get("within"))
    put(folder / REGISTER, register_bytes(told))
    return [*told.register.problems, *write_notices(told, folder / NOTICES)]


def definitions(project: Any) -> list[tuple[str, str]]:
    """Definitions and sources for the notes sheet of a workbook."""
    book, voice = project.codebook, voice_of(project)
    return [
        (
            voice.named(i),
            f"{formula(i, book)}；口径：{i.base}；出处：{book.origin(i.source) or OWN}",
        )
        for i in book.indicators.values()
    ]


def one_page(blocks: Sequence[Block], instead: Sequence[Block] = ()) -> list[Block]:
    """一页纸: title, the summary with its table, and two figures (`instead`, else the first of the report)."""
    every = [*flat(blocks)]
    heads = [b for b in every if b.kind == "heading"][:1]
    told = [b for b in every if b.kind == "paragraph" and b.content.get("style") == "summary"]
    tables = [b for b in every if b.kind == "table"][:1]
    drawn = [b for b in every if b.kind == "figure"][:2]
    return [*heads, *told, *tables, *(instead if len(instead) == len(drawn) else drawn)]


def moved_figures(project: Any, parameters: Mapping[str, Any]) -> list[Block]:
    """Two figures for one page: the areas in which the coverages moved most; none where there are few areas or no earlier year."""
    period, baseline, level = (parameters.get(key) for key in ("period", "baseline", "level"))
    data = load(
        project, periods=[p for p in (baseline, period) if p], dataset=parameters.get("dataset")
    )
    areas = annual.areas_of(data, str(period), str(level), parameters.get("within"))
    if len(areas) <= AREAS or str(baseline) not in data.periods:
        return []
    rows, found = annual.rows_of(data, areas, str(level)), []
    frame = rows.loc[rows["area"].isin(areas)]
    for code in declared()["one_page"]:
        wide = frame.loc[frame["indicator"] == code].pivot(
            index="area", columns="period", values="value"
        )
        if not {str(period), str(baseline)} <= set(wide):
            return []
        most = (wide[str(period)] - wide[str(baseline)]).abs().nlargest(AREAS).index
        drawn = charts.dumbbell(
            frame.loc[frame["area"].isin(most)], code, str(baseline), str(period)
        )
        title = f"{drawn.content['title']}（变动最大的{AREAS}个{voice_of(data).place(str(level))}）"
        found.append(Block("figure", {**drawn.content, "title": title}))
    return found
