"""The forms of one executed notebook: called by the runner in the warm process, right after the notebook."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from evalkit import charts
from evalkit.codebook import load_codebook
from evalkit.codebook.dictionary import formula
from evalkit.documents import FORMS, Block, Cover, tree, write
from evalkit.indicators import find_project, load
from evalkit.indicators.load import Data
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.reports import annual  # noqa: F401  # what the notebooks need, imported once in the warm parent
from evalkit.reports.findings import internal_workbook
from evalkit.reports.prose import declared
from evalkit.reports.words import period_words
from evalkit.scoring.words import words

ANNUAL = "评估报告"
INTERNAL = "问题清单（内部资料）.xlsx"
SUFFIX = {"official": "-公文", "onepage": "-一页纸", "onepage_png": "-一页纸"}
NAMES = {"html": "网页", "docx": "Word", "official": "Word（公文正文版）", "pdf": "PDF", "xlsx": "Excel数据表", "onepage": "一页纸（Word）",
         "onepage_png": "一页纸（图片）"}  # fmt: skip
ROWS = 10  # of the table on the one page
BLANK_DATE = "　　年　　月　　日"


def warm() -> None:
    """What every run needs, read once in the warm parent process of the runner, which imports this module."""
    load_codebook()
    declared()
    for section in ("say", "rules", "combines", "tables"):
        words(section)
    with suppress(Exception):  # fonts, words and marks of the figures
        two = {"area": ["甲", "乙"], "period": "2025", "indicator": "x", "name": "x", "unit": "%", "base": "", "value": [0.1, 0.2]}
        charts.bars(pd.DataFrame(two), "x")
    with suppress(Exception), TemporaryDirectory() as folder:  # a fault in a library shows itself in the run that needs it
        write([Block.heading("预热", 1), Block.paragraph("文字"), Block.table("表", ["甲"], [[1]])], Path(folder, "a.docx"))


def checked(forms: Sequence[str]) -> tuple[str, ...]:
    """Known forms, each once, in the order of the documents room; an unknown one is an `InputError`."""
    problems = [
        Problem("value_invalid", where="--format", found=f, allowed="、".join(FORMS), advice=did_you_mean(f, FORMS))
        for f in forms if f not in FORMS
    ]  # fmt: skip
    if problems:
        raise InputError(problems)
    return tuple(f for f in FORMS if f in forms)


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
    blocks = tree(notebook)
    project = find_project(parameters.get("project"))
    settings, period, area = project.settings, parameters.get("period"), parameters.get("area")
    public = bool(parameters.get("publish"))
    first = next((b.content["text"] for b in blocks if b.kind == "heading"), path.stem)
    place = str(area or "").rpartition("/")[2]
    title = first if place in first else f"{place}：{first}"
    full = path.stem == ANNUAL
    demo = parameters.get("dataset") == "demo"
    cover = Cover(
        title=title, office=settings["office"] if full else "", date=settings["date"] or (BLANK_DATE if full else ""),
        period=f"{period_words(period)}{'' if 'Q' in str(period) else '度'}" if period and full else "", addressee=settings["addressee"],
        lead=f"现将{title.removesuffix('报告')}情况报告如下。" if full else "", demo=demo,
    )  # fmt: skip
    nav = [("返回目录", "../index.html" if area else "index.html")]
    faces = "windows" if settings["fonts"] == "windows" else "gb2312"
    problems: list[Problem] = []
    for form in forms:
        if form == "figures":
            for n, figure in enumerate(figures(blocks), start=1):
                (path.parent / f"{path.stem}-图{n:02d}.png").write_bytes(figure.png)
            continue
        target = path.with_name(f"{path.stem}{SUFFIX.get(form, '')}{FORMS[form]}")
        here = one_page(blocks) if form.startswith("onepage") else blocks
        with_cover = cover if full or form == "html" else None
        notes = definitions(project) if form == "xlsx" else ()
        problems += write(here, target, form, cover=with_cover, fonts=faces, nav=nav, footer="由 Evalkit 从笔记本生成", notes=notes)
    if full and not public:
        data = load(project, periods=[period] if period else None, dataset=parameters.get("dataset"))
        (path.parent / INTERNAL).write_bytes(internal(data, parameters))
    if problems:
        notebook["metadata"]["evalkit_problems"] = list(dict.fromkeys(p.text() for p in problems))
        path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")


def internal(data: Data, parameters: dict[str, Any]) -> bytes:
    return internal_workbook(data, data.last, parameters.get("within"))


def definitions(project: Any) -> list[tuple[str, str]]:
    """Definitions and sources for the notes sheet of a workbook."""
    book = project.codebook
    return [(i.name, f"{formula(i, book)}；口径：{i.base}；出处：{book.source_name(i.source) or '—'}") for i in book.indicators.values()]


def figures(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        if block.kind == "group":
            yield from figures(block.blocks)
        elif block.kind == "figure":
            yield block


def one_page(blocks: Sequence[Block]) -> list[Block]:
    """一页纸: title, the three summary sentences, the first table and the first two figures."""
    flat = [b for block in blocks for b in (block.blocks if block.kind == "group" else [block])]
    told = [b for b in flat if b.kind == "paragraph" and b.content.get("style") == "summary"][:3]
    heads = [b for b in flat if b.kind == "heading"][:1]
    return [*heads, *told, *[_short(b) for b in flat if b.kind == "table"][:1], *[b for b in flat if b.kind == "figure"][:2]]


def _short(table: Block) -> Block:
    """The first rows of a table, without its notes: what one page holds beside two figures."""
    content = table.content
    return Block("table", {**content, "rows": content["rows"][:ROWS], "total_rows": 0, "notes": []})


warm()
