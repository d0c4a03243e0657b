"""On what a figure rests: of the areas that should have reported, which did (报送范围).

An area that sent nothing is not an area without anything. So every measure and indicator carries, as plain columns, how
many lower areas stand behind it (``n_areas``), how many were expected (``n_expected``) and which are absent
(``absent``); this module has the concept and its words, `evalkit.indicators.extent` finds it out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evalkit.world.area import Area

BETWEEN = "、"  # stands between areas in the column ``absent``; no name of an area holds it
MOST_NAMED = 10  # absent areas that a sentence names


@dataclass(frozen=True)
class Extent:
    """The areas behind a figure.

    Attributes
    ----------
    have, of
        How many areas reported, of how many expected.
    absent
        The paths of those that did not, townships of areas that reported in part among them.
    """

    have: int
    of: int
    absent: tuple[str, ...] = ()

    @classmethod
    def read(cls, have: object, of: object, absent: object) -> Extent | None:
        """The extent in the columns of a row; None where the row has none."""
        if not isinstance(of, int | float) or of != of or not isinstance(have, int | float):
            return None
        return cls(int(have), int(of), split(absent))

    @property
    def full(self) -> bool:
        """Whether everything expected is there."""
        return self.have >= self.of and not self.absent

    def words(self, place: str = "地区") -> str:
        """As a note tells it: 报送23/24个区县（缺某县）; empty where nothing is absent."""
        if self.full:
            return ""
        return f"报送{self.have}/{self.of}个{place}（缺{named(self.absent)}）"


def joined(paths: Iterable[str]) -> str:
    """Areas as one text for the column ``absent``."""
    return BETWEEN.join(paths)


def split(text: object) -> tuple[str, ...]:
    """The areas of the column ``absent``."""
    return tuple(part for part in text.split(BETWEEN) if part) if isinstance(text, str) else ()


def named(paths: Iterable[str], most: int = MOST_NAMED) -> str:
    """Areas by their names, a township with its district: 临山县、清河县东河乡等12个.

    >>> named(["云州市/临山县"])
    '临山县'
    """
    listed = list(paths)
    names = [_name(path) for path in listed[:most]]
    more = f"等{len(listed)}个" if len(listed) > most else ""
    return BETWEEN.join(names) + more


def _name(path: str) -> str:
    area = Area.of(path)
    district = area.district()
    return area.name if district == area else f"{district.name}{area.name}"
