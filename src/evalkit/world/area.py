"""Areas: the only code that splits, joins, shortens or levels a path of names.

In tables an area is its path (``演示省/演示01区/城关镇``), since names of townships repeat. `Area.of` gives what the path
means: its level, its district (where keys of units and party organisations are unique), what it contains.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evalkit.world.yaml import read_yaml

LEVELS = (
    "national",
    "province",
    "city",
    "district",
    "township",
    "park",
    "industry_committee",
    "community",
)
ABOVE_DISTRICTS = frozenset({"national", "province", "city"})
SEPARATOR = "/"

_DECLARED = read_yaml(Path(__file__).with_name("endings.yml"))
_KIND_OF_ENDING: dict[str, str] = {
    ending: kind for kind, endings in _DECLARED["endings"].items() for ending in endings
}
_LONGEST = max(map(len, _KIND_OF_ENDING))
COUNTY_LEVEL_CITIES: frozenset[str] = frozenset(_DECLARED["county_level_cities"])
WHOLE_NAMES: frozenset[str] = frozenset(_DECLARED["alone"])
# what a name without a telling ending is, by what stands above it
_NEXT_LEVEL: dict[str, str] = {
    "national": "province",
    "province": "city",
    "city": "district",
    "district": "township",
    "park": "township",
    "township": "community",
    "industry_committee": "community",
    "community": "community",
}


def ending_of(name: str) -> str | None:
    """The longest ending of the table that `name` bears.

    >>> ending_of("喀什地区"), ending_of("工业园区"), ending_of("甲")
    ('地区', '工业园区', None)
    """
    tails = (name[-length:] for length in range(min(_LONGEST, len(name)), 0, -1))
    return next((tail for tail in tails if tail in _KIND_OF_ENDING), None)


def kind_of_name(name: str) -> str | None:
    """What the ending alone says of a name: a key of ``endings.yml``, or None.

    >>> kind_of_name("高新区"), kind_of_name("城关镇"), kind_of_name("甲")
    ('zone', 'township', None)
    """
    ending = ending_of(name)
    return None if ending is None else _KIND_OF_ENDING[ending]


@dataclass(frozen=True, order=True)
class Area:
    """An area by the names on its path, from the top.

    Parameters
    ----------
    names
        The names, cleaned (NFKC, no blanks at the ends).
    level
        What `level_by_names` says of them, or what a user's areas.xlsx says.
    """

    names: tuple[str, ...]
    level: str

    @classmethod
    def of(cls, path: str, given: Mapping[str, str] | None = None) -> Area:
        """The area of a path.

        Parameters
        ----------
        path
            Names joined by ``/``.
        given
            Levels by path, as areas.xlsx states them; they come before any rule.

        Raises
        ------
        ValueError
            An empty path: an unknown area is no area.
        """
        plain = _by_rule(path)
        return cls(plain.names, level_by_names(plain.names, given)) if given else plain

    @property
    def path(self) -> str:
        return SEPARATOR.join(self.names)

    @property
    def name(self) -> str:
        """The last name of the path."""
        return self.names[-1]

    @property
    def depth(self) -> int:
        """How many names stand on the path."""
        return len(self.names)

    @property
    def parent(self) -> Area | None:
        """The area above, None at the top."""
        return Area.of(SEPARATOR.join(self.names[:-1])) if self.depth > 1 else None

    def lineage(self) -> Iterator[Area]:
        """Every area of the path, from the top down to this one."""
        for depth in range(1, self.depth + 1):
            yield Area.of(SEPARATOR.join(self.names[:depth]))

    def below(self, *names: str) -> Area:
        """The area that these further names lead to."""
        return Area.of(SEPARATOR.join([*self.names, *names]))

    def contains(self, other: Area | str) -> bool:
        """Whether `other` is this area or lies in it."""
        names = (Area.of(other) if isinstance(other, str) else other).names
        return names[: self.depth] == self.names

    def short_name(self, within: Area | None = None) -> str:
        """The last name, without the name of the area within which it is told (演示01区城关镇 -> 城关镇)."""
        if within is not None and self.name != within.name and self.name.startswith(within.name):
            return self.name.removeprefix(within.name)
        return self.name

    def district(self, given: Mapping[str, str] | None = None) -> Area:
        """Where a name is enough to know a unit or a party organisation by.

        The topmost area on the path that is a district (a zone beside the districts of a city counts as one). Without
        one: what directly holds a township, since a county-level city without its prefecture stands on top of its
        townships; a park or committee that reports to a city by itself; else the whole path.

        >>> Area.of("某省/某市/高新区/一街道").district().path, Area.of("义乌市/某街道").district().path
        ('某省/某市/高新区', '义乌市')
        >>> Area.of("某县/高新区").district().path, Area.of("某市/两新工委").district().path
        ('某县', '某市/两新工委')
        """
        line = [Area.of(area.path, given) for area in self.lineage()]
        for area in line:
            if area.level == "district":
                return area
        for area in line:
            if area.level not in ABOVE_DISTRICTS:
                return area.parent or area if area.level == "township" else area
        return self

    def __str__(self) -> str:
        return self.path


@lru_cache(maxsize=1_000_000)
def _by_rule(path: str) -> Area:
    names = tuple(name for name in (clean_name(part) for part in path.split(SEPARATOR)) if name)
    if not names:
        raise ValueError("an empty path names no area")
    return Area(names, level_by_names(names))


def clean_name(name: str) -> str:
    """A name as areas bear it: NFKC, without blanks around it.

    >>> clean_name("　演示０１区 ")
    '演示01区'
    """
    return unicodedata.normalize("NFKC", name).strip()


def level_by_names(names: tuple[str, ...], given: Mapping[str, str] | None = None) -> str:
    """The level of the last name: as `given` states it, else by its ending and by what stands above it.

    >>> level_by_names(("某省", "某州", "某市")), level_by_names(("某市", "高新区"))
    ('district', 'district')
    >>> level_by_names(("某县", "高新区")), level_by_names(("某市", "甲"), {"某市": "district"})
    ('park', 'township')
    """
    if given is None:
        return _level_by_rule(names)
    stated = given.get(SEPARATOR.join(names))
    if stated is not None:
        return stated
    return _level(names, level_by_names(names[:-1], given) if len(names) > 1 else None)


@lru_cache(maxsize=1_000_000)
def _level_by_rule(names: tuple[str, ...]) -> str:
    return _level(names, _level_by_rule(names[:-1]) if len(names) > 1 else None)


def _level(names: tuple[str, ...], above: str | None) -> str:
    """The level of the last name below an area of the level `above`."""
    kind = kind_of_name(names[-1])
    if kind is None or not _ending_is_meant(names[-1], names[:-1]):
        return _NEXT_LEVEL[above] if above else "district"
    if kind == "city":
        # a county-level city stands below a prefecture or another city; a few lie directly below a province
        is_county = above == "city" or (above == "province" and names[-1] in COUNTY_LEVEL_CITIES)
        return "district" if is_county else "city"
    if kind in ("zone", "park"):
        if above in ABOVE_DISTRICTS:
            return "district"
        return "district" if above is None and kind == "zone" else "park"
    if kind == "district" and above in ("district", "park"):
        return "park"
    if kind == "community":
        return "community" if above in ("township", "park", "industry_committee") else "township"
    return kind  # the remaining kinds are levels


def _ending_is_meant(name: str, above: tuple[str, ...]) -> bool:
    """Whether the one-character endings of the production corps mean it: 第八师 below 兵团, 某团 below 第八师, not 某集团."""
    if name.endswith("师"):
        return (bool(above) and above[-1].endswith("兵团")) or name.startswith("第")
    if name.endswith("团") and not name.endswith("兵团"):
        return bool(above) and ending_of(above[-1]) == "师"
    return True


def whole_paths(paths: Iterable[str]) -> dict[str, str]:
    """Short paths that are the end of exactly one longer one, with that one: 演示01区 -> 演示省/演示01区.

    Each path puts its own endings into an index, so the cost is that of the names, not of all pairs.
    """
    known = list(dict.fromkeys(path for path in paths if path))
    longer: dict[str, list[str]] = {path: [] for path in known}
    for path in known:
        names = path.split(SEPARATOR)
        for start in range(1, len(names)):
            tail = SEPARATOR.join(names[start:])
            if tail in longer:
                longer[tail].append(path)
    return {path: found[0] for path, found in longer.items() if len(found) == 1}
