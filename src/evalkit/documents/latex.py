r"""Blocks as LaTeX: three-line tables by booktabs, every text escaped, one standalone ctex document.

A journal takes the table alone (`latex_table`); `latex_document` compiles by ``xelatex`` as it is (packages ctex and
`_PACKAGES`). Figures are named files beside it. Columns of text break their lines (tabulary) where the table is wider
than the page. Not threeparttable: its hooks into ``tabular`` break inside adjustbox, which wide tables need.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from evalkit.documents.blocks import Block, flat, heading_words
from evalkit.documents.cells import side
from evalkit.documents.layout import em

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "▲": r"$\blacktriangle$",
    "●": r"$\bullet$",
    "■": r"$\blacksquare$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "×": r"$\times$",
    "²": r"$^2$",
    "\u00a0": "~",
    "–": r"–\allowbreak{}",
}
_LONG, _NAME = (
    18.0,
    10.0,
)  # em of a text that stands across the table; up to which names are not broken
_PACKAGES = ("tabulary", "booktabs", "adjustbox", "amssymb", "float", "graphicx")


def escape(text: str) -> str:
    """A text for LaTeX: nothing in it is a command; line ends become blanks."""
    return "".join(_SPECIAL.get(c, c) for c in re.sub(r"\s+", " ", text))


def _cell(text: str) -> str:
    """A cell: minus signs and stars of numbers as a journal prints them; nothing that \\\\ would take for its option."""
    if (number := re.fullmatch(r"(▲ ?)?([-−]?)(\d[\d,.]*%?)(\**)", text)) is not None:
        mark, minus, digits, stars = number.groups()
        mark, stars = (
            escape(mark or "").replace(" ", "~"),
            f"\\textsuperscript{{{stars}}}" if stars else "",
        )
        return mark + ("$-$" if minus else "") + escape(digits) + stars
    made = re.sub(r"(?<![A-Za-z0-9.])-(?=\d)", "$-$", escape(text))
    return f"{{}}{made}" if made[:1] in "[*" else made


def latex_table(block: Block, label: str = "") -> str:
    """A table block as a floating three-line table with its notes."""
    if block.kind != "table":
        raise ValueError(f"only a table becomes a LaTeX table; this is a {block.kind}")
    content = block.content
    columns: Sequence[Mapping[str, Any]] = content["columns"]
    texts = block.texts()
    centred = content.get("form") == "three_line"
    kinds = [
        "C" if centred and n else side(c, [row[n] for row in content["rows"]]).upper()
        for n, c in enumerate(columns)
    ]
    if max((em(row[0]) for row in texts if any(row[1:])), default=0) <= _NAME:
        kinds[0] = kinds[0].lower()
    body = []
    for place, row in enumerate(texts):
        if place == len(texts) - content.get("total_rows", 0):
            body.append(r"\midrule")
        if (
            all(text in ("", "—") for text in row[1:]) and em(row[0]) > _LONG
        ):  # a remark that stands across the table
            body.append(
                rf"\multicolumn{{{len(columns)}}}{{p{{0.9\textwidth}}}}{{{_cell(row[0])}}} \\"
            )
        else:
            body.append(" & ".join(map(_cell, row)) + r" \\")
    notes = [
        *content.get("notes", ()),
        *([f"来源：{content['source'].removeprefix('来源：')}"] if content.get("source") else []),
    ]
    unit = f"（单位：{content['unit']}）" if content.get("unit") else ""
    lines = [
        r"\begin{table}",
        r"\centering",
        r"\setlength{\tymin}{5em}",
        rf"\caption{{{escape(content['title'] + unit)}}}",
        *([rf"\label{{{label}}}"] if label else []),
        r"\begin{adjustbox}{max width=\textwidth, max totalheight=0.8\textheight}",
        rf"\begin{{tabulary}}{{1.25\textwidth}}{{{''.join(kinds)}}}",
        r"\toprule",
        *_head(columns),
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabulary}",
        r"\end{adjustbox}",
    ]
    if notes:
        told = "\\par\n".join(map(escape, notes))
        lines.append(
            rf"\par\medskip\begin{{minipage}}{{\textwidth}}\footnotesize {told}\end{{minipage}}"
        )
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def _head(columns: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line of headings, or two with rules under the groups."""
    labels = " & ".join(_cell(c["label"]) for c in columns) + r" \\"
    if not any(c.get("group") for c in columns):
        return [labels]
    cells, rules, at = [], [], 1
    for group, members in groupby(columns, lambda c: c.get("group")):
        n = len(list(members))
        cells.append(
            rf"\multicolumn{{{n}}}{{c}}{{{escape(group)}}}"
            if group and n > 1
            else escape(group or "") + " & " * (n - 1)
        )
        rules += [rf"\cmidrule(lr){{{at}-{at + n - 1}}}"] if group else []
        at += n
    return [" & ".join(cells) + r" \\", "".join(rules), labels]


def latex_document(
    blocks: Iterable[Block], title: str, figures: Mapping[str, str] | None = None
) -> str:
    """Blocks as one document; `figures` names the picture file of a figure's title."""
    names, out, n = dict(figures or {}), [], 0
    for block in flat(blocks):
        content = block.content
        if block.kind == "heading":
            command = ("section", "section", "subsection", "subsubsection")[
                min(content["level"], 4) - 1
            ]
            out.append(rf"\{command}{{{escape(heading_words(content))}}}")
        elif block.kind == "paragraph":
            out.append(_cell(content["text"]) + "\n")
        elif block.kind == "note":
            out.append(rf"\begin{{quote}}{escape(content['text'])}\end{{quote}}")
        elif block.kind == "list":
            kind = "enumerate" if content.get("ordered") else "itemize"
            out.append(
                "\n".join(
                    [
                        rf"\begin{{{kind}}}",
                        *(rf"\item {_cell(i)}" for i in content["items"]),
                        rf"\end{{{kind}}}",
                    ]
                )
            )
        elif block.kind == "page_break":
            out.append(r"\clearpage")
        elif block.kind == "table":
            n += 1
            out.append(latex_table(block, f"tab:{n}"))
        elif content["title"] in names:
            width = min(content.get("width_cm", 16.0), 15.0)
            picture = rf"\includegraphics[width={width:g}cm]{{{names[content['title']]}}}"
            out.append(
                "\n".join(
                    [
                        r"\begin{figure}",
                        r"\centering",
                        picture,
                        rf"\caption{{{escape(content['title'])}}}",
                        r"\end{figure}",
                    ]
                )
            )
    packages = (
        "".join(f"\\usepackage{{{p}}}\n" for p in _PACKAGES)
        + "\\floatplacement{table}{H}\n\\floatplacement{figure}{H}\n"
    )
    return (
        "\\documentclass[UTF8,zihao=-4,a4paper]{ctexart}\n\\usepackage[margin=2.5cm]{geometry}\n"
        + packages
        + f"\\title{{{escape(title)}}}\n\\author{{}}\n\\date{{}}\n\\begin{{document}}\n\\maketitle\n\n"
        + "\n\n".join(out)
        + "\n\\end{document}\n"
    )
