"""What the adviser found: a verdict and a reason for every design."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from evalkit.documents import Block
from evalkit.world.note import Note
from evalkit.world.showing import shown

FITS, CAREFUL, UNFIT = "适合", "慎用", "不适合"


@dataclass(frozen=True)
class Advice:
    """What the adviser found: ``table`` (design, name, verdict, reason), ``main`` (the design to begin with), ``facts``."""

    table: pd.DataFrame
    facts: dict[str, Any]
    main: str
    cautions: tuple[Note, ...] = ()
    demo: bool = field(default=False, repr=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What holds for every design, in words."""
        return tuple(map(str, self.cautions))

    def verdict(self, design: str) -> str:
        return str(self.table.loc[self.table["design"] == design, "verdict"].iloc[0])

    def reason(self, design: str) -> str:
        return str(self.table.loc[self.table["design"] == design, "reason"].iloc[0])

    @property
    def block(self) -> Block:
        """The table of designs with verdict and reason."""
        made: Block = shown(self, "block")
        return made

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return self.block._repr_mimebundle_(include, exclude)
