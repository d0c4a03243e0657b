r"""Blocks as LaTeX: three-line tables by booktabs, every text escaped, one standalone ctex document.

A journal takes the table alone (`latex_table`); `latex_document` compiles by ``xelatex`` as it is (packages ctex, array,
booktabs, adjustbox, amssymb, float, graphicx). Figures are named files beside it. Not threeparttable: its hooks into
``tabular`` break inside adjustbox, which wide tables need.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from evalkit.documents.blocks import Block, flat, shown, side

_PIECE = re.compile(r"[^\s\u2013\u2e80-\uffff]+\u2013?")  # what no line breaks inside
_SPECIAL = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
            "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
            "▲": r"$\blacktriangle$", "●": r"$\bullet$", "■": r"$\blacksquare$", "≤": r"$\le$", "≥": r"$\ge$", "×": r"$\times$",
            "²": r"$^2$", "\u00a0": "~", "–": r"–\allowbreak{}"}  # fmt: skip
# em: a page's width (46 is made smaller by a fifth), a text that stands across the table, names that are not broken
_PAGE, _LONG, _NAME = 46.0, 18.0, 10.0


def escape(text: str) -> str:
    """A text for LaTeX: nothing in it is a command; line ends become blanks."""
    return "".join(_SPECIAL.get(c, c) for c in re.sub(r"\s+", " ", text))


def _cell(text: str) -> str:
    """A cell: minus signs and stars of numbers as a journal prints them; nothing that \\\\ would take for its option."""
    if (number := re.fullmatch(r"(▲ ?)?([-−]?)(\d[\d,.]*%?)(\**)", text)) is not None:
        mark, minus, digits, stars = number.groups()
        mark, stars = escape(mark or "").replace(" ", "~"), f"\\textsuperscript{{{stars}}}" if stars else ""
        return mark + ("$-$" if minus else "") + escape(digits) + stars
    made = escape(text)
    made = re.sub(r"(?<![A-Za-z0-9.])-(?=\d)", "$-$", made)
    return f"{{}}{made}" if made[:1] in "[*" else made


def _ems(text: str) -> float:
    return sum(1.0 if ord(c) > 0x2000 else 0.5 for c in text)


def latex_table(block: Block, label: str = "") -> str:
    """A table block as a floating three-line table with its notes."""
    if block.kind != "table":
        raise ValueError(f"only a table becomes a LaTeX table; this is a {block.kind}")
    content = block.content
    columns: Sequence[Mapping[str, Any]] = content["columns"]
    texts = [[shown(cell, column) for cell, column in zip(row, columns, strict=True)] for row in content["rows"]]
    kinds = _kinds(content, texts)
    totals = content.get("total_rows", 0)
    body = []
    for place, row in enumerate(texts):
        if totals and place == len(texts) - totals:
            body.append(r"\midrule")
        if all(text in ("", "—") for text in row[1:]) and _ems(row[0]) > _LONG:  # a remark that stands across the table
            body.append(rf"\multicolumn{{{len(columns)}}}{{p{{0.9\textwidth}}}}{{{_cell(row[0])}}} \\")
        else:
            body.append(" & ".join(map(_cell, row)) + r" \\")
    notes = [*content.get("notes", ()), *([f"来源：{content['source'].removeprefix('来源：')}"] if content.get("source") else [])]
    unit = f"（单位：{content['unit']}）" if content.get("unit") else ""
    lines = [
        r"\begin{table}", r"\centering",
        rf"\caption{{{escape(content['title'] + unit)}}}", *([rf"\label{{{label}}}"] if label else []),
        r"\begin{adjustbox}{max width=\textwidth, max totalheight=0.8\textheight}", rf"\begin{{tabular}}{{{''.join(kinds)}}}",
        r"\toprule", *_head(columns), r"\midrule", *body, r"\bottomrule", r"\end{tabular}", r"\end{adjustbox}",
    ]  # fmt: skip
    if notes:
        told = "\\par\n".join(escape(note) for note in notes)
        lines += [r"\par\medskip", rf"\begin{{minipage}}{{\textwidth}}\footnotesize {told}\end{{minipage}}"]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def _kinds(content: Mapping[str, Any], texts: Sequence[Sequence[str]]) -> list[str]:
    """The kind of every column; where all together are wider than the page, the widest break their lines."""
    columns, three = content["columns"], content.get("form") == "three_line"
    body = [row for row in texts if any(text not in ("", "—") for text in row[1:])]
    alone = [group if group and len(members) == 1 else "" for group, members in _groups(columns) for _ in members]
    whole = [[column["label"], alone[n], *(row[n] for row in body)] for n, column in enumerate(columns)]
    natural = [max(map(_ems, column)) for column in whole]
    # what no line breaks inside
    least = [max((_ems(p) for text in column for p in _PIECE.findall(text.replace("▲ ", "▲▲"))), default=0.0) for column in whole]
    least[0] = max(least[0], min(natural[0], _NAME))
    left, widths = _PAGE - len(columns), dict.fromkeys(range(len(columns)), 0.0)
    for place, n in enumerate(sorted(widths, key=lambda n: natural[n])):
        widths[n] = min(natural[n], max(left / (len(columns) - place), least[n]))
        left -= widths[n]
    kinds = []
    for n, column in enumerate(columns):
        align = "c" if three and n else side(column, [row[n] for row in content["rows"]])
        how = {"c": r">{\centering\arraybackslash}", "r": r">{\raggedleft\arraybackslash}", "l": r">{\raggedright\arraybackslash}"}[align]
        kinds.append(f"{how}p{{{widths[n] + 0.3:.1f}em}}" if widths[n] < natural[n] else align)
    return kinds


def _groups(columns: Sequence[Mapping[str, Any]]) -> list[tuple[str | None, list[Mapping[str, Any]]]]:
    return [(group, list(members)) for group, members in groupby(columns, lambda c: c.get("group"))]


def _head(columns: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line of headings, or two with rules under the groups."""
    labels = " & ".join(_cell(c["label"]) for c in columns) + r" \\"
    if not any(c.get("group") for c in columns):
        return [labels]
    cells, rules, at = [], [], 1
    for group, members in _groups(columns):
        n = len(members)
        one = escape(group or "") if n == 1 else rf"\multicolumn{{{n}}}{{c}}{{{escape(group or '')}}}"
        cells.append(one if group else " & " * (n - 1))
        rules += [rf"\cmidrule(lr){{{at}-{at + n - 1}}}"] if group else []
        at += n
    return [" & ".join(cells) + r" \\", "".join(rules), labels]


def latex_document(blocks: Iterable[Block], title: str, figures: Mapping[str, str] | None = None) -> str:
    """Blocks as one document; `figures` names the picture file of a figure's title."""
    names, out, n = dict(figures or {}), [], 0
    for block in flat(blocks):
        content = block.content
        if block.kind == "heading":
            command = ("section", "section", "subsection", "subsubsection")[min(content["level"], 4) - 1]
            out.append(rf"\{command}{{{escape(content['text'])}}}")
        elif block.kind == "paragraph":
            out.append(_cell(content["text"]) + "\n")
        elif block.kind == "note":
            out.append(rf"\begin{{quote}}{escape(content['text'])}\end{{quote}}")
        elif block.kind == "list":
            kind = "enumerate" if content.get("ordered") else "itemize"
            out.append("\n".join([rf"\begin{{{kind}}}", *(rf"\item {_cell(i)}" for i in content["items"]), rf"\end{{{kind}}}"]))
        elif block.kind == "page_break":
            out.append(r"\clearpage")
        elif block.kind == "table":
            n += 1
            out.append(latex_table(block, f"tab:{n}"))
        elif content["title"] in names:
            width = min(content.get("width_cm", 16.0), 15.0)
            picture = rf"\includegraphics[width={width:g}cm]{{{names[content['title']]}}}"
            out.append("\n".join([r"\begin{figure}", r"\centering", picture,
                                  rf"\caption{{{escape(content['title'])}}}", r"\end{figure}"]))  # fmt: skip
    packages = "".join(f"\\usepackage{{{p}}}\n" for p in ("array", "booktabs", "adjustbox", "amssymb", "float", "graphicx"))
    packages += "\\floatplacement{table}{H}\n\\floatplacement{figure}{H}\n"  # a study is read in order
    return ("\\documentclass[UTF8,zihao=-4,a4paper]{ctexart}\n\\usepackage[margin=2.5cm]{geometry}\n" + packages
            + f"\\title{{{escape(title)}}}\n\\author{{}}\n\\date{{}}\n\\begin{{document}}\n\\maketitle\n\n" + "\n\n".join(out)
            + "\n\\end{document}\n")  # fmt: skip


