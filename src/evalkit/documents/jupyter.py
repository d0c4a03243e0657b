"""A block as the output of a notebook's cell: HTML, or PNG for a figure, with its content beside it as JSON."""

from __future__ import annotations

from typing import Any

from evalkit.documents.blocks import MIME, Block
from evalkit.documents.html import fragment
from evalkit.world.showing import shows


@shows(Block, "mimebundle")
def mimebundle(block: Block) -> dict[str, Any]:
    """The forms of one output by their MIME types."""
    bundle: dict[str, Any] = {MIME: block.to_json(), "text/plain": block.plain()}
    if block.kind == "figure":
        return bundle | {"image/png": block.content["png"], "text/plain": block.content["alt"]}
    return bundle | {"text/html": fragment(block, styled=True)}
