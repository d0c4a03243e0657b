"""English beside the Chinese of schemes: by the codebook where it has the name, else by the page's own list, else none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from evalkit.codebook import Codebook, load_codebook
from evalkit.world.words import Words

_WORDS = Words(Path(__file__).parent / "calculator" / "words.yml")
_JOINT = "·"


class English:
    """English names; "" where there is none, so that a page shows the Chinese.

    Parameters
    ----------
    codebook
        By default the packaged one.
    areas
        English names of areas by path.
    """

    def __init__(
        self, codebook: Codebook | None = None, areas: Mapping[str, str] | None = None
    ) -> None:
        self.codebook = codebook or load_codebook()
        self.areas = dict(areas or {})

    @cached_property
    def _names(self) -> dict[str, str]:
        book = self.codebook
        found = {term.zh: term.en for term in book.terms.values() if term.en}
        found |= {one.name: one.name_en for one in book.indicators.values() if one.name_en}
        found |= {one.name: one.name_en for one in book.measures.values() if one.name_en}
        return found | dict(_WORDS["english"])

    @property
    def payers(self) -> list[str]:
        """Codes of those who pay."""
        return list(self.codebook.lists["payer"])

    def of(self, text: str) -> str:
        """A name; of one with a point both sides, where both are known."""
        parts = [self._names.get(part, "") for part in text.split(_JOINT)]
        return " · ".join(parts) if all(parts) else ""

    def pair(self, text: str) -> list[str]:
        """Chinese and English; the Chinese twice where there is no English."""
        return [text, self.of(text) or text]

    def payer(self, code: str) -> list[str]:
        """Who pays, as the measure of that money is called."""
        measure = self.codebook.measures.get(f"funds_{code}")
        name = self.codebook.lists["payer"][code]
        return [name, (measure.name_en if measure else "") or name]

    def unit(self, text: str) -> str:
        """元/人·年 as yuan/member·year."""
        words = _WORDS["units"]
        return re.sub(r"[\u4e00-\u9fff]+", lambda found: words.get(found[0], found[0]), text)
