"""Blocks as HTML: fragments for Jupyter and one self-contained, offline, printable page."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from evalkit.documents.blocks import PENDING, Block, Mark, flat, heading_words, marks, opened, parts
from evalkit.documents.cells import Cell, head, is_remark, printed, side

Links = Mapping[str, Mapping[str, str]]  # role -> code -> address
_TONES = {"good": "较好", "middle": "一般", "bad": "较差", "pending": "待补充"}
_DEMO = (
    "演示数据：本页数字均为虚构，不代表任何真实地区。",
    "Demonstration data: every figure here is invented.",
)


@cache
def _asset(name: str) -> str:
    """A style sheet or script that is written into the page."""
    return Path(__file__).with_name(name).read_text("utf-8").replace("\r\n", "\n")


WIDE = 14  # columns of a table that needs the whole window
PX = 96 / 2.54  # pixels of CSS in a centimetre
TURNED = 9  # more columns than this are printed on a landscape page


def page(
    blocks: Iterable[Block],
    title: str,
    *,
    subtitle: str = "",
    footer: str = "",
    lang: str = "zh-CN",
    nav: Sequence[tuple[str, str]] = (),
    demo: bool = False,
    scripts: Sequence[str] = (),
    links: Links | None = None,
) -> str:
    """One self-contained HTML file: no network, no file beside it; the same input gives the same text.

    Parameters
    ----------
    blocks
        The document in order. A demonstration block brings the banner 演示数据.
    title, subtitle, footer
        Head and foot of the page. `title` also is the first heading, unless the first block already is it.
    lang
        ``zh-CN`` or ``en``: language of the page and of its fixed words.
    nav
        Links above the contents: (label, relative address).
    demo
        Demonstration data, also where no block says so.
    scripts
        Further scripts of the page, which run in this order when it has been read.
    links
        ``{"indicator": {code: address}, "area": {path: address}}``: where cells lead that stand for one.

    Notes
    -----
    The page runs its own scripts and styles only, each known by its hash (Content Security Policy 3): text that slipped
    into it as a script, a style or a handler of an event does nothing.
    """
    members = list(opened(blocks))
    if members and members[0].kind == "heading" and members[0].content["text"] == title:
        members = members[1:]
    english = lang.startswith("en")
    body: list[str] = []
    contents: list[str] = []
    level = 1
    for block in members:
        anchor = ""
        if block.kind == "heading":
            anchor = block.content.get("anchor") or f"s{len(contents) + 1}"
        if anchor:
            level, text = (
                min(max(2, block.content["level"]), level + 1),
                escape(heading_words(block.content)),
            )  # none left out
            block = Block("heading", {**block.content, "level": level})
            contents.append(f'<li class="n{level}"><a href="#{anchor}">{text}</a></li>')
        body.append(fragment(block, anchor=anchor, lang=lang, links=links))
    demo = demo or any(block.is_demo for block in members)
    tables = [
        len(b.content["columns"]) for block in members for b in block.blocks if b.kind == "table"
    ]
    opening = f"<body{' class=ek-wide' if max(tables, default=0) > WIDE else ''}>"
    pages = "".join(f'<li><a href="{_href(href)}">{escape(label)}</a></li>' for label, href in nav)
    words = ("Contents", "Skip to the text", "Pages") if english else ("目录", "跳到正文", "页面")
    toc = (
        (
            f'<nav class="ek-toc" aria-label="{words[0]}"><details open><summary>{words[0]}</summary>'
            f"<ul>{''.join(contents)}</ul></details></nav>"
        )
        if len(contents) > 1
        else ""
    )
    styles = _asset("block.css") + _asset("page.css")
    scripts = [*([_asset("sort.js")] if "data-sort" in "".join(body) else []), *scripts]
    parts = [
        f'<!DOCTYPE html>\n<html lang="{escape(lang, quote=True)}">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy([styles], scripts)}">',
        f"<title>{escape(title)}</title>\n<style>{styles}</style>\n</head>\n{opening}",
        f'<a class="ek-skip" href="#main">{words[1]}</a>',
        f'<p class="ek-demo" role="note">{_DEMO[english]}</p>' if demo else "",
        f"<header><h1>{escape(title)}</h1>"
        + (f"<p>{escape(subtitle)}</p>" if subtitle else "")
        + "</header>",
        f'<nav aria-label="{words[2]}"><ul class="ek-links">{pages}</ul></nav>' if pages else "",
        toc,
        '<main id="main">',
        *body,
        _notes(members),
        "</main>",
        f"<footer>{escape(footer)}</footer>" if footer else "",
        *(f"<script>{script}</script>" for script in scripts),
        "</body>\n</html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """What the page may load: pictures within it, and these styles and scripts."""

    def hashes(texts: Sequence[str]) -> str:
        found = (
            base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts
        )
        return " ".join(f"'sha256-{one}'" for one in found) or "'none'"

    rules = [
        "default-src 'none'",
        "img-src data:",
        f"style-src {hashes(styles)}",
        f"script-src {hashes(scripts)}",
    ]
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def fragment(
    block: Block,
    *,
    anchor: str = "",
    lang: str = "zh-CN",
    styled: bool = False,
    links: Links | None = None,
) -> str:
    """The block alone as HTML; `styled` adds the style sheet, for a notebook's output."""
    content, kind = block.content, block.kind
    if kind == "heading":
        level = (
            content["level"] if styled else max(2, content["level"])
        )  # a page has one h1, its title
        html = f"<h{level}{f' id={chr(34)}{anchor}{chr(34)}' if anchor else ''}>{escape(heading_words(content))}</h{level}>"
    elif kind == "paragraph":
        style = content.get("style", "body")
        inner = _runs(parts(block)[0][1])
        html = (
            f'<pre class="ek-code">{inner}</pre>'
            if style == "code"
            else f'<p class="ek-text{"" if style in ("body", "detail") else f" ek-{style}"}">{inner}</p>'
        )
    elif kind == "note":
        html = f'<div class="ek-note {content.get("tone", "info")}" role="note">{_runs(parts(block)[0][1])}</div>'
    elif kind == "list":
        html = _list([_runs(runs) for _, runs in parts(block)], marks(content))
    elif kind == "page_break":
        html = '<div class="ek-break"></div>'
    elif kind == "group":
        html = f'<div class="ek-group">{"".join(fragment(b, lang=lang, links=links) for b in block.blocks)}</div>'
    elif kind == "slide":
        inner = "".join(fragment(b, lang=lang, links=links) for b in block.blocks)
        html = f'<section class="ek-group"><h3>{escape(content["title"])}</h3>{inner}</section>'
    elif kind == "figure":
        # title and source stand in the picture, which must stand alone; the caption does not say them twice
        width = content.get("width_cm", 16.0)
        label = content.get("label", "")
        told = label if content.get("titled") else f"{label}　{content['title']}"
        caption = f"<figcaption>{escape(told)}</figcaption>" if label else ""
        html = (
            f'<figure class="ek-figure"{_id(content)}><img alt="{escape(content["alt"], quote=True)}" width="{round(width * PX)}" '
            f'src="data:image/png;base64,{escape(content["png"], quote=True)}">{caption}</figure>'
        )
    else:
        html = _table(block, lang, links or {})
    return (
        f"<style>{_asset('block.css')}</style>{html}"
        if styled and kind not in {"heading", "page_break"}
        else html
    )


def _list(items: Sequence[str], places: Sequence[Mark]) -> str:
    """A list with those that stand within its items; a list begins anew where numbers and points change."""
    html, at, before = "", 0, None
    while at < len(items):
        mark, inner, after = places[at], items[at], at + 1
        while after < len(items) and places[after].level > places[0].level:
            after += 1
        if after > at + 1:
            inner += _list(items[at + 1 : after], places[at + 1 : after])
        if before is None or not _goes_on(before, mark):
            start = f' start="{mark.number}"' if mark.number not in (None, 1) else ""
            html += (f"</{_tag(before)}>" if before else "") + f"<{_tag(mark)}{start}>"
        html += f'<li class="ek-text">{inner}</li>'
        before, at = mark, after
    return html + (f"</{_tag(before)}>" if before else "")


def _tag(mark: Mark) -> str:
    return "ul" if mark.number is None else "ol"


def _goes_on(before: Mark, mark: Mark) -> bool:
    """Whether an item stands in the same list as the one before it."""
    if before.number is None or mark.number is None:
        return before.number == mark.number
    return mark.number == before.number + 1


def _note_id(mark: str) -> str:
    return "n" + escape(mark.strip("[]"), quote=True)


def _notes(blocks: Iterable[Block]) -> str:
    """The footnotes of a page."""
    found = [
        f'<p class="ek-small" id="{_note_id(run["text"])}">{escape(run["text"])} {escape(run["note"])}</p>'
        for block in flat(blocks)
        for run in _noted(block)
    ]
    return (
        f'<section class="ek-notes" role="doc-endnotes">{"".join(found)}</section>' if found else ""
    )


def _noted(block: Block) -> list[Mapping[str, Any]]:
    if block.kind not in ("paragraph", "note", "list"):
        return []
    return [run for _, runs in parts(block) for run in runs if run.get("note")]


def _table(block: Block, lang: str, links: Links) -> str:
    content = block.content
    columns, rows, totals = content["columns"], content["rows"], content.get("total_rows", 0)
    sides = [side(column, [row[n] for row in rows]) for n, column in enumerate(columns)]
    named = next(
        (n for n, place in enumerate(sides) if place == "l"), None
    )  # the column that names the row
    body = []
    for place, row in enumerate(rows):
        cells = [_cell(cell, columns[n], sides[n], n == named, links) for n, cell in enumerate(row)]
        if is_remark(row):
            cells = [
                _cell(row[0], columns[0], "l", False, links).replace(
                    "<td", f'<td colspan="{len(row)}"', 1
                )
            ]
        body.append(
            f"<tr{' class=total' if place >= len(rows) - totals else ''}>{''.join(cells)}</tr>"
        )
    words = ("Unit: ", "Source: ") if lang.startswith("en") else ("单位：", "来源：")
    unit = (
        f'<span class="ek-unit">{words[0]}{escape(content["unit"])}</span>'
        if content.get("unit")
        else ""
    )
    title = escape("　".join(filter(None, (content.get("label"), content["title"]))))
    caption = f"<caption>{title}{unit}</caption>" if title or unit else ""
    sort = " data-sort" if content.get("sortable") and len(rows) - totals > 1 else ""
    small = [escape(note) for note in content.get("notes", ())]
    if content.get("source"):
        small.append(words[1] + escape(content["source"]))
    feet = "".join(f'<p class="ek-small">{line}</p>' for line in small)
    turned = " ek-turn" if len(columns) > TURNED else ""
    return (
        f'<div class="ek-table ek-{content.get("form", "full")}{turned}"{_id(content)}><div class="ek-scroll"><table{sort}>{caption}'
        f"<thead>{_head(columns)}</thead><tbody>{''.join(body)}</tbody></table></div>{feet}</div>"
    )


def _head(columns: Sequence[Mapping[str, Any]]) -> str:
    """One row of headings, or two where neighbouring columns share a group."""
    rows, heads = [], head(columns)
    for n, row in enumerate(heads):
        cells = []
        for cell in row:
            own = n + cell.rows == len(heads)  # of one column, else of a group
            look = (
                f'col" data-col="{cell.at}"' + ' rowspan="2"' * (cell.rows == 2)
                if own
                else f'colgroup" colspan="{cell.cols}"'
            )
            cells.append(f'<th scope="{look}>{escape(cell.text)}</th>')
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return "".join(rows)


def _id(content: Mapping[str, Any]) -> str:
    return f' id="{escape(content["anchor"], quote=True)}"' if content.get("anchor") else ""


def _runs(runs: Iterable[Mapping[str, Any]]) -> str:
    """Inline: bold, links, references to tables and figures, what is still to be written."""
    found = []
    for run in runs:
        text = PENDING.sub(r'<mark class="ek-pending">\1</mark>', escape(run["text"]))
        text = f"<strong>{text}</strong>" if run.get("bold") else text
        inside = run.get("ref") or run.get("place")
        href = f"#{escape(inside, quote=True)}" if inside else _href(run.get("href") or "")
        if run.get("note"):
            text, href = f"<sup>{text}</sup>", f"#{_note_id(run['text'])}"
        found.append(f'<a href="{href}">{text}</a>' if href else text)
    return "".join(found)


def _cell(cell: Any, column: Mapping[str, Any], place: str, names: bool, links: Links) -> str:
    read = Cell.read(cell)
    text = _runs(read.runs) if read.runs else escape(printed(read, column))
    if read.mark:
        label = f' role="img" aria-label="{_TONES[read.tone]}"' if read.tone else ""
        text = f"<span{label}>{escape(read.mark)}</span> {text}"
    target = _target(read, links)
    if target and (href := _href(target)):
        text = f'<a href="{href}">{text}</a>'
    classes = place + (f" ek-{read.tone}" if read.tone else "")
    value = read.number
    data = f' data-v="{value!r}"' if value is not None else ""
    tag, scope = ("th", ' scope="row"') if names else ("td", "")
    return f'<{tag}{scope} class="{classes}"{data}>{text}</{tag}>'


def _target(cell: Cell, links: Links) -> str:
    """Where a cell leads: its own address, else that of the area or indicator that it stands for."""
    if cell.href or (cell.value is None and cell.text is None):
        return cell.href
    return links.get("area", {}).get(cell.area) or links.get("indicator", {}).get(
        cell.indicator, ""
    )


def _href(href: str) -> str:
    """An address fit for a page: relative, an anchor, http or mailto; anything else (scripts) is dropped."""
    if re.match(r"\s*[/\\]{2}", href):  # another machine without a scheme
        return ""
    scheme = re.match(r"\s*([a-zA-Z][\w+.-]*):", href)
    return (
        ""
        if scheme and scheme[1].lower() not in {"http", "https", "mailto"}
        else escape(href, quote=True)
    )
