"""Blocks, the document tree of an executed notebook, and its forms: HTML, Word, PDF, Excel and the one page.

    write(blocks, path, form=None, *, title="", cover=None, fonts="gb2312", notes=(), nav=(), footer="") -> list[Problem]
    export(notebook, form, out=None, **options of write) -> Path

`Cover` holds title, office, date, addressee, summary ...; `numbering` tells how headings are numbered and captions are
referred to (``〔表：标题〕``). The forms load their libraries when they are first used.
"""

from evalkit.documents import jupyter as jupyter  # tells how a block shows itself
from evalkit.documents.blocks import MIME, Block
from evalkit.documents.cells import Cell, Format, shown
from evalkit.documents.cover import Cover
from evalkit.documents.html import fragment, page
from evalkit.documents.tree import tree
from evalkit.documents.write import FORMS, export, write

__all__ = [
    "FORMS",
    "MIME",
    "Block",
    "Cell",
    "Cover",
    "Format",
    "export",
    "fragment",
    "page",
    "shown",
    "tree",
    "write",
]
