"""One front for every form: a tree and a path in, a file and what is to be said about it out."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalkit.documents import docx, flow, html, ods, official, pdf, pptx, xlsx
from evalkit.documents.blocks import MIME, Block, flat, freeze
from evalkit.documents.cover import Cover
from evalkit.documents.layout import items
from evalkit.documents.numbering import Document, number
from evalkit.documents.tree import tree
from evalkit.files import put
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world.showing import Showing

# form -> ending of its file
WHAT_IS_WRITTEN = "表、图、段落（Block），如 ek.tables、ek.charts 的结果"
TABLE_OF_FRAME = '数据表先变成文档的表：ek.tables.plain(表, "标题")'
FORMS = {
    "docx": ".docx",
    "official": ".docx",
    "annex": ".docx",
    "pdf": ".pdf",
    "html": ".html",
    "xlsx": ".xlsx",
    "onepage": ".docx",
    "onepage_png": ".png",
    "appendix": ".docx",
    "appendix_pdf": ".pdf",
    "appendix_html": ".html",
    "pptx": ".pptx",
    "ods": ".ods",
}
ENDS = {
    "official": "-公文",
    "annex": "-公文附件",
    "onepage": "-一页纸",
    "onepage_png": "-一页纸",
    "appendix": "-附录",
    "appendix_pdf": "-附录",
    "appendix_html": "-附录",
    "pptx": "-汇报",
}  # of its name, before that


def write(
    blocks: Iterable[Block],
    path: str | Path,
    form: str | None = None,
    *,
    title: str = "",
    cover: Cover | None = None,
    fonts: str = "gb2312",
    notes: Sequence[tuple[str, str]] = (),
    nav: Sequence[tuple[str, str]] = (),
    footer: str = "",
    links: Mapping[str, Mapping[str, str]] | None = None,
    apart: bool | str = False,
    compact: bool = False,
) -> list[Problem]:
    """Write a document tree as one file.

    Parameters
    ----------
    blocks
        The tree, as `tree` reads it from a notebook or as the caller makes it.
    path
        The file. Where it is open in another program, the new one stands beside it as ``名称（2）`` and a problem
        ``output_locked`` says so (`read` is the path).
    form
        ``docx`` (评估报告), ``official`` (公文正文), ``annex`` (its 附件), ``pdf``, ``html``, ``xlsx`` (all tables), ``onepage`` and
        ``onepage_png`` (一页纸), ``appendix``, ``appendix_pdf`` and ``appendix_html`` (the appendices as a file of their own),
        ``pptx`` (the blocks of kind ``slide`` as a briefing, which no other form holds), ``ods`` (all tables); by default
        the ending of `path`.
    title
        Instead of the first heading, where there is no cover.
    cover
        With a cover, `docx` and `pdf` have cover, summary and contents; without, the title stands above the text.
    fonts
        Word's faces: ``gb2312`` (方正小标宋, 仿宋_GB2312 ...) or ``windows`` (宋体, 仿宋 ...).
    notes
        Rows (term, words) of the workbook's sheet 说明: definitions and sources.
    nav, footer
        Links above and words below the HTML page.
    links
        ``{"indicator": {code: address}, "area": {path: address}}``: where the cells of the HTML page lead that stand
        for an indicator or an area.
    apart
        `docx`, `pdf` and `html` without the appendices, which stand in a file of their own beside it; their names close
        the text, or these words.
    compact
        `docx` and `pdf` in small type with lower figures, for a document of two pages; type as small as that asks for.

    Returns
    -------
    Warnings: missing glyphs, references without target, an official text above 5,000 characters, a locked file.

    Raises
    ------
    InputError
        Unknown form or fonts; a folder that cannot be written, a full disk (nothing half-written stays).
    """
    blocks = _blocks(blocks)
    target = Path(path)
    wanted = form or target.suffix.lstrip(".").lower()
    _known(wanted, tuple(FORMS), "form")
    _known(fonts, ("gb2312", "windows"), "fonts")
    cover = cover and Cover(**freeze(vars(cover)))  # without control characters
    if cover and cover.period and cover.period.removesuffix("度") in (cover.title or title):
        cover = replace(cover, period="")  # the title says it
    title, footer, notes = freeze((title, footer, notes))
    document = number(
        blocks, title or (cover.title if cover else ""), headings=not wanted.startswith("onepage")
    )
    problems = list(document.problems)
    for block in document.blocks:
        if lost := block.content.get("missing_glyphs"):
            where = block.content.get("label") or "图"
            problems.append(
                Problem(
                    "glyph_missing",
                    "warning",
                    where=where,
                    found="、".join(lost),
                    read="图里印成方框",
                )
            )
    if apart or wanted.startswith("appendix"):
        page = file_name(target.stem, "appendix_html") if wanted == "html" else ""
        words = apart if isinstance(apart, str) else official.APART
        document, cover = _parted(document, wanted, cover, page, words)
    content, said = _made(document, wanted, cover, fonts, notes, nav, footer, links, compact)
    problems += said
    written = put(target, content)
    if written != target:
        read, advice = str(written), "请关闭打开着的旧文件后再运行一次"
        problems.append(
            Problem("output_locked", "warning", file=str(target), read=read, advice=advice)
        )
    return problems


def _blocks(given: Any) -> list[Block]:
    """What is to be written, if it is all blocks; things that show themselves as a block are taken as it."""
    found = [given] if isinstance(given, Block | str) or hasattr(given, "columns") else list(given)
    blocks = [one.block if isinstance(one, Showing) else one for one in found]
    problems = [
        Problem(
            "frame_unfit",
            where=f"blocks[{n}]",
            found=type(one).__name__,
            allowed=WHAT_IS_WRITTEN,
            advice=TABLE_OF_FRAME if hasattr(one, "columns") else "",
        )
        for n, one in enumerate(blocks)
        if not isinstance(one, Block)
    ]
    if problems:
        raise InputError(problems)
    return blocks


def write_one_page(
    blocks: Sequence[Block],
    path: Path,
    title: str,
    fonts: str = "gb2312",
    demo: bool = False,
) -> tuple[float, list[Problem]]:
    """One A4 page as Word and as PDF of the same size of type: ``path.docx`` and ``path.pdf``.

    Returns the scale of the type (1 is that of an official text; below seven tenths it does not fit: a problem says so)
    and what is to be said.
    """
    document = number(blocks, title, headings=False)
    small = items([*flat(document.summary), *document.blocks], small=True)
    is_demo = demo or document.is_demo
    page, scale, problems = pdf.onepage(small, document.title, None, is_demo, form="pdf")
    word = docx.onepage(pdf.pairs(small), document.title, None, is_demo, scale, fonts)
    for target, content in ((path.with_suffix(".docx"), word), (path.with_suffix(".pdf"), page)):
        written = put(target, content)
        if written != target:
            advice = "请关闭打开着的旧文件后再运行一次"
            problems.append(
                Problem(
                    "output_locked",
                    "warning",
                    file=str(target),
                    read=str(written),
                    advice=advice,
                )
            )
    return scale, [*document.problems, *problems]


def export(
    notebook: str | Path | Mapping[str, Any],
    form: str,
    out: str | Path | None = None,
    **options: Any,
) -> Path:
    """Write an executed notebook in a form of `write`; findings come as Python warnings.

    Parameters
    ----------
    notebook
        Path of an executed ``.ipynb``, or its content (nbformat 4).
    out
        File or folder; beside the notebook by default.
    options
        `title`, `cover`, `fonts`, `notes` ... of `write`.

    Returns
    -------
    The file that was written.

    Raises
    ------
    InputError
        Not a notebook, not executed, a cell that failed, or a form nobody knows.
    """
    source = Path(notebook) if isinstance(notebook, str | Path) else None
    name = source.name if source else "notebook"
    try:
        content = (
            notebook
            if isinstance(notebook, Mapping)
            else json.loads(Path(notebook).read_text("utf-8-sig"))
        )
        outputs = [o for cell in content["cells"] for o in cell.get("outputs", ())]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        advice = "请给出运行过的 .ipynb 文件"
        raise InputError(
            Problem(
                "notebook_invalid",
                file=name,
                found=f"读不出来（{type(error).__name__}）",
                advice=advice,
            )
        ) from error
    advice = "请先运行：在 JupyterLab 里“运行全部”并保存，或用 python start.py run"
    if any(o.get("output_type") == "error" for o in outputs):
        raise InputError(
            Problem("notebook_failed", file=name, found="有单元格运行出错", advice=advice)
        )
    if not any({MIME, "image/png"} & set(o.get("data") or ()) for o in outputs):
        raise InputError(
            Problem("notebook_invalid", file=name, found="没有运行结果", advice=advice)
        )
    _known(str(form), tuple(FORMS), "form")
    plain = (source or Path(name)).with_name(file_name(source.stem if source else name, form))
    target = plain if out is None else Path(out) / plain.name if os.path.isdir(out) else Path(out)
    for problem in (found := write(tree(content), target, form, **options)):
        warnings.warn(problem.text(), stacklevel=2)
    return next((Path(p.read) for p in found if p.code == "output_locked"), target)


def _known(value: str, known: Sequence[str], where: str) -> None:
    if value not in known:
        raise InputError(
            Problem(
                "value_invalid",
                where=where,
                found=value,
                allowed="、".join(known),
                advice=did_you_mean(value, known),
            )
        )


def file_name(stem: str, form: str) -> str:
    """The name of the file in this form of the notebook called `stem`."""
    return f"{stem}{ENDS.get(form, '')}{FORMS[form]}"


def _parted(
    document: Document, form: str, cover: Cover | None, page: str, words: str
) -> tuple[Document, Cover | None]:
    """The document without its appendices, or these alone; `page`: where they stand, for links, `words`: what says so."""
    if form.startswith("appendix"):
        cover = cover and replace(cover, title=official.annex_title(cover.title))
        return official.appendices_alone(document), cover
    if form in ("docx", "pdf", "html"):
        return official.without_appendices(document, page, words), cover
    return document, cover


def _made(
    document: Document,
    form: str,
    cover: Cover | None,
    fonts: str,
    notes: Any,
    nav: Any,
    footer: str,
    links: Mapping[str, Mapping[str, str]] | None,
    compact: bool,
) -> tuple[bytes, list[Problem]]:
    """The content of the file, and what its form has to say."""
    demo = document.is_demo or bool(cover and cover.demo)
    front = [*map(Block.paragraph, cover.summary if cover else ()), *flat(document.summary)]
    body, title = [*document.blocks], document.title
    if form in ("html", "appendix_html"):
        return _html(document, front, cover or Cover(), nav, footer, links), []
    if form in ("xlsx", "ods"):
        book = xlsx.book if form == "xlsx" else ods.book
        return book([b for b in [*front, *body] if b.kind == "table"], title, notes, demo), []
    if form == "pptx":
        return _briefing(document, cover, demo), []
    if form == "official":
        made = docx.official(
            items(official.text(document)),
            official.titles(document),
            title,
            cover or Cover(),
            demo,
            fonts,
        )
        return made, official.too_long(document, cover or Cover())
    if form == "annex":
        pieces = items(official.annexes(document)) or items([Block.paragraph("本文没有附件。")])
        pieces = flow.settled(pieces, pdf.IN_WORD[0], pdf.IN_WORD[1:])  # there is no PDF of it
        return docx.report(pieces, (), "", None, demo, fonts=fonts), []
    if form.startswith("onepage"):
        small = items([*front, *body], small=True)
        picture, scale, found = pdf.onepage(small, title, cover, demo, draw=form == "onepage_png")
        if form == "onepage_png":
            return picture, found
        told = [p for p in found if p.code == "page_overflow"]
        return docx.onepage(pdf.pairs(small), title, cover, demo, scale, fonts), told
    pieces, ahead = items(body, compact=compact), items(front)
    if cover:
        pieces = flow.settled(pieces, pdf.spots, pdf.IN_WORD)
    scale = pdf.compact_scale([*ahead, *pieces], title, demo) if compact else 0.0
    if form in ("pdf", "appendix_pdf"):
        return pdf.report(pieces, ahead, title, cover, demo, scale)
    pages = pdf.pages(pieces, ahead, title, cover, demo) if cover else ()
    return docx.report(pieces, ahead, title, cover, demo, pages, fonts, scale), []


def _briefing(document: Document, cover: Cover | None, demo: bool) -> bytes:
    """The slides of a document; a document without slides has no briefing.

    Raises
    ------
    InputError
        There is no slide.
    """
    slides = document.slides
    if not slides:
        advice = "汇报幻灯片由 ek.annual.briefing 生成，年度评估报告的笔记本里有"
        raise InputError(
            Problem("data_missing", where="pptx", found="没有汇报幻灯片", advice=advice)
        )
    told = demo or any(slide.is_demo for slide in slides)
    return pptx.briefing(slides, document.title or "汇报", cover, told)


def _html(
    document: Document,
    front: Sequence[Block],
    cover: Cover,
    nav: Sequence[tuple[str, str]],
    footer: str,
    links: Mapping[str, Mapping[str, str]] | None,
) -> bytes:
    summary = [
        Block.paragraph(b.content["text"], "summary") if b.kind == "paragraph" else b for b in front
    ]
    subtitle = "　".join(filter(None, (cover.mark, cover.subtitle, cover.period)))
    foot = footer or "　".join(filter(None, (cover.office, cover.date)))
    members = [*summary, *document.body, *document.appendices]
    return html.page(
        members,
        document.title or "报告",
        subtitle=subtitle,
        footer=foot,
        nav=nav,
        demo=cover.demo,
        links=links,
    ).encode("utf-8")
