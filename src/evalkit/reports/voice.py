"""How a project speaks: the names that its codebook gives, and the words of its templates.

A report of a project asks its own codebook, never only the packaged one. Frames of rows that came from a project
(`Rows`) remember it, so that a table or a sentence made of rows alone speaks as the project does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from evalkit.codebook import Codebook, Indicator, load_codebook
from evalkit.indicators.project import Project
from evalkit.reports.templates import Texts, Told, texts_of

NO_WORD = "地区"  # areas of a level for which no word is known


class Rows(pd.DataFrame):
    """Rows of indicators that know the project they come from, whatever is chosen of them, and all rows of the data."""

    _metadata: ClassVar[list[str]] = ["project", "whole"]
    project: Project | None = None
    whole: pd.DataFrame | None = None

    @property
    def _constructor(self) -> type[Rows]:
        return Rows

    @classmethod
    def of(cls, frame: pd.DataFrame, project: Project, whole: pd.DataFrame | None = None) -> Rows:
        """The frame as rows of a project; `whole`: the rows of all areas, over which changes are made."""
        rows = cls(frame)
        rows.project, rows.whole = project, whole
        return rows


def whole_of(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of all areas of the data that some rows come from; the rows themselves where they do not know it."""
    whole = getattr(rows, "whole", None)
    return rows if whole is None else whole


@dataclass(frozen=True)
class Voice:
    """The words of one project: its codebook, and the folder of its own templates."""

    codebook: Codebook
    folder: Path | None = None

    @classmethod
    def of(cls, project: Project) -> Voice:
        return cls(project.codebook, project.root / "texts" / "templates")

    @property
    def texts(self) -> Texts:
        return texts_of(self.folder)

    def say(self, phrase: str, /, *args: Any, **facts: Any) -> str:
        """A turn of phrase (``texts/phrases.md``) with its facts."""
        return self.texts.say(phrase, *args, **facts)

    def term(self, code: str) -> str:
        """A term of the codebook: 合计, 上年."""
        return self.codebook.term(code)

    def tell(self, text: str, **facts: Any) -> Told:
        """A text (``texts/<text>.md``) that needs nothing but these facts."""
        return self.texts.tell(text, facts)

    def place(self, level: str) -> str:
        """What the areas of a level are called (区县); 地区 where no word is known."""
        code = f"level.{level}"
        name = self.codebook.term(code)
        return NO_WORD if name == code else name

    def short(self, row: Any) -> str:
        """The one name of an indicator in running text: the short one of a headline indicator, which every reader has met."""
        known = self.codebook.indicators.get(row["indicator"])
        if known is not None and not known.headline:
            return str(row["name"])
        return str(row["short_name"] or row["name"])

    @property
    def headline(self) -> list[str]:
        """Codes of the main indicators, by dimension in the order of the codebook."""
        order = list(self.codebook.dimensions)
        known = self.codebook.indicators
        codes = [code for code, indicator in known.items() if indicator.headline]
        return sorted(codes, key=lambda code: order.index(known[code].dimension))

    def named(self, one: Indicator) -> str:
        """The same name, of a definition."""
        return one.short_name or one.name if one.headline else one.name

    def short_names(self, rows: pd.DataFrame) -> dict[str, str]:
        """The names of `short` by the code of the indicator."""
        first = rows.drop_duplicates("indicator").to_dict("records")
        return {row["indicator"]: self.short(row) for row in first}


@cache
def packaged() -> Voice:
    """The voice where no project is known."""
    return Voice(load_codebook())


def voice_of(source: Any) -> Voice:
    """The voice of a project, or of what knows its project (`Data`, `Rows`); the packaged one for anything else."""
    project = source if isinstance(source, Project) else getattr(source, "project", None)
    if not isinstance(project, Project):
        return packaged()
    return Voice(getattr(source, "codebook", project.codebook), Voice.of(project).folder)
