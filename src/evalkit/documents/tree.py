"""The document of an executed notebook: its blocks and markdown cells in order.

A block's output carries its content as ``application/vnd.evalkit.block+json``, so that every form (HTML, Word, PDF,
Excel) gets numbers, not scraped HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.documents.blocks import MIME, Block
from evalkit.documents.markdown import markdown
from evalkit.problems import InputError, Problem

_APPENDIX = re.compile(r"附[录件](?:\s*(?:\d{1,2}|[一二三四五六七八九十]+))?(?:[：:、.．\s]+(.*))?")


def tree(notebook: Mapping[str, Any]) -> list[Block]:
    """Blocks of an executed notebook in order: markdown cells, block outputs and plain images; nothing else.

    Parameters
    ----------
    notebook
        nbformat v4, as a NotebookNode or plain JSON.

    Raises
    ------
    InputError
        An output says it is a block and is not (all such places at once).
    """
    found: list[Block] = []
    problems: list[Problem] = []
    for place, cell in enumerate(notebook["cells"], 1):
        if cell["cell_type"] == "markdown":
            found += [_appendix(block) for block in markdown(_joined(cell["source"]))]
        for output in cell.get("outputs", ()) if cell["cell_type"] == "code" else ():
            data = output.get("data") or {}
            png = (
                _joined(data["image/png"])
                if isinstance(data.get("image/png"), str | list)
                else None
            )
            if MIME in data:
                try:
                    found.append(Block.from_json(data[MIME], png))
                except (ValueError, TypeError, KeyError, AttributeError) as error:
                    where, advice = f"第{place}个单元格", "请重新运行笔记本"
                    problems.append(
                        Problem("value_invalid", where=where, found=str(error), advice=advice)
                    )
            elif png:
                alt = (
                    f"第{place}个单元格的图"
                    if (words := _joined(data.get("text/plain", ""))).startswith("<")
                    else words
                )
                found.append(Block.figure("", "".join(png.split()), alt or "图"))
    if problems:
        raise InputError(problems)
    return found


def _appendix(block: Block) -> Block:
    """A heading that a notebook writes as 附录 标题 is that of an appendix."""
    found = _APPENDIX.fullmatch(block.content["text"]) if block.kind == "heading" else None
    if found is None or block.content.get("role"):
        return block
    return Block("heading", {**block.content, "text": found[1] or "", "role": "appendix"})


def _joined(source: str | Sequence[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
