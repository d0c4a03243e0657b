"""Blocks, the document tree of an executed notebook, and its forms (HTML now; the others build on the same tree)."""

from evalkit.documents.blocks import MIME, Block, shown, tree
from evalkit.documents.html import fragment, page

__all__ = ["MIME", "Block", "fragment", "page", "shown", "tree"]
