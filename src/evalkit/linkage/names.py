"""The name of a unit, taken apart: place, brand and trade, legal form, branch, numbers, what it was called before.

One unit is written in many ways (假设省华盛机械有限责任公司, 华盛机械公司, 華盛機械有限公司); two units may differ in one
character (华盛一厂, 华盛二厂). So what says nothing is taken out, what tells units apart is set beside, and the rest is
the core that is compared. No name of a person is known or asked for here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from evalkit.world.area import Area, ending_of
from evalkit.world.yaml import read_yaml

_WORDS: dict[str, Any] = read_yaml(Path(__file__).with_name("names.yml"))


def _longest_first(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


_DIGITS = str(_WORDS["digits"])
_AS_COMPARED = str.maketrans(
    {pair[0]: pair[1] for pair in str(_WORDS["traditional"]).split()} | dict(_WORDS["variants"])
)
_CLEAR = re.compile(r"[\s·•.,，。、\"'“”‘’《》<>—_\-－*#]+")
_LISTED = re.compile(r"[、,;/\n]+")
_AND = re.compile(r"(?<=公司|中心|学校|医院)[和与及]|(?<=[厂社会院店所])[和与及](?=.{4})")
_BRACKETS = re.compile(r"[(（\[【]([^()（）\[\]【】]*)[)）\]】]?")
_FORMERLY = re.compile(rf"^(?:{_longest_first(_WORDS['formerly'])})[:：]?")
_BECAME = re.compile(rf"(?:{_longest_first(_WORDS['became'])})+(?:后)?$")
_ASIDE = frozenset(_WORDS["aside"])
_FORM = re.compile(rf"(?:{_longest_first(_WORDS['forms'])})$")
_BRANCH = re.compile(
    rf"(?P<whole>.*(?:公司|集团|事务所|合作社|学校|医院|银行))(?P<tail>.*(?:{_longest_first(_WORDS['branches'])}))$"
)
_ENDS_AS_BRANCH = re.compile(rf"(?:{_longest_first(_WORDS['branches'])})$")
_COUNTED = _longest_first(str(_WORDS["counted"]).split())
_NUMERAL = re.compile(
    rf"第([{_DIGITS}十]+|\d+)号?|([{_DIGITS}十]+)(?:号|(?={_COUNTED}))|(\d+)号?|([A-Za-z]+)(?=[座区栋厂店号])"
)
_TRADE = re.compile(rf"(?:{_longest_first(str(_WORDS['trades']).split())})$")
_KIND = re.compile(rf"(?:{_longest_first(str(_WORDS['kinds']).split())})$")
_CONTRASTS = {
    character: str(group)
    for group, characters in enumerate(_WORDS["contrasts"])
    for character in characters
}
SHORTEST_CORE = 2


@dataclass(frozen=True)
class UnitName:
    """What a written name says.

    Attributes
    ----------
    core
        Brand, trade and what the unit is, without place, legal form, branch and numbers.
    brand
        The core without trade and kind (字号); the core itself where nothing else is left.
    form
        How the legal form is compared (有限公司 and 有限责任公司 are one); "" where none stands.
    branch
        What follows a whole unit: 第2分公司, 人民路店; "" where the name is of no part.
    marks
        Numbers and characters that tell like names apart, in order.
    place
        The place that the name begins with, as it is written; "" where none does.
    ending
        What the name says the unit is (协会, 幼儿园, 厂); "" where it ends with a legal form alone.
    text
        The whole name as it is compared, without what it was called before.
    former
        Names that the written name says were before.
    """

    core: str
    brand: str
    form: str = ""
    branch: str = ""
    marks: str = ""
    place: str = ""
    ending: str = ""
    text: str = ""
    former: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """All that is compared, as one text: who has it is the same unit, as far as a name can tell."""
        return "|".join((self.core, self.form, self.branch, self.marks))


@dataclass(frozen=True)
class Places:
    """Names of places that may stand before the name of a unit.

    Attributes
    ----------
    here
        Of the unit's own path, with and without their endings, the longest first.
    elsewhere
        Names of all districts, with their endings.
    """

    here: tuple[str, ...] = ()
    elsewhere: frozenset[str] = frozenset()

    @classmethod
    def of(cls, area: str, districts: frozenset[str] = frozenset()) -> Places:
        names = [compared(name) for name in Area.of(area).names] if area else []
        return cls(_with_short(tuple(names)), districts)

    def before(self, text: str) -> str:
        """The places that a name begins with."""
        taken = ""
        while True:
            rest = text[len(taken) :]
            found = next((p for p in self.here if rest.startswith(p)), "") or self._far(rest)
            if not found or len(rest) - len(found) < SHORTEST_CORE:
                return taken
            taken += found

    def _far(self, rest: str) -> str:
        return next((rest[:n] for n in range(6, 1, -1) if rest[:n] in self.elsewhere), "")


@lru_cache(maxsize=4096)
def _with_short(names: tuple[str, ...]) -> tuple[str, ...]:
    out = set(names)
    for name in names:
        ending = ending_of(name)
        if ending and len(name) - len(ending) >= SHORTEST_CORE:
            out.add(name[: -len(ending)])
    return tuple(sorted(out, key=lambda name: (-len(name), name)))


@lru_cache(maxsize=200_000)
def compared(text: str) -> str:
    """A text as names are compared: width, blanks, stops and traditional characters make no difference.

    >>> compared("華盛（機械） １号")
    '华盛(机械)1号'
    """
    return _CLEAR.sub("", unicodedata.normalize("NFKC", text)).translate(_AS_COMPARED)


def has_brackets(text: str) -> bool:
    """Whether a name says something in brackets: a branch, or what it was called before."""
    return _BRACKETS.search(text) is not None


def number(text: str) -> str:
    """A Chinese numeral below a hundred in figures; what is none stays.

    >>> number("十二"), number("三")
    ('12', '3')
    """
    if text.isdigit():
        return str(int(text))
    tens, ten, ones = text.rpartition("十")
    if any(c not in _DIGITS for c in tens + ones) or len(tens) > 1 or (ten and len(ones) > 1):
        return text
    if not ten:
        return "".join(str(_DIGITS.index(c)) for c in ones)
    return str((_DIGITS.index(tens) if tens else 1) * 10 + (_DIGITS.index(ones) if ones else 0))


def former_names(text: str) -> tuple[str, ...]:
    """The names in a cell 原名: 由甲厂、乙厂合并 names two.

    >>> former_names("原名：华盛机械厂"), former_names("由甲山厂、乙水厂合并")
    (('华盛机械厂',), ('甲山厂', '乙水厂'))
    """
    said = _BECAME.sub("", _FORMERLY.sub("", unicodedata.normalize("NFKC", text).strip()))
    listed = [_FORMERLY.sub("", piece.strip()) for piece in _LISTED.split(said)]
    pieces = [_BECAME.sub("", piece) for one in listed for piece in _apart(one)]
    return tuple(piece for piece in pieces if len(piece) > 1)


def _apart(text: str) -> list[str]:
    """Two names that 和, 与 or 及 joins, where each is a whole name of a company or the like."""
    return _AND.split(text)


def parsed(text: str, places: Places) -> UnitName:
    """The parts of a written name.

    >>> name = parsed("假设县华盛机械有限责任公司第二分公司", Places(("假设县",)))
    >>> name.place, name.core, name.brand, name.form, name.branch, name.marks
    ('假设县', '华盛机械', '华盛', '公司', '分公司', '2')
    """
    former: list[str] = []
    shops: list[str] = []

    def bracket(match: re.Match[str]) -> str:
        inside = compared(match[1])
        if _FORMERLY.match(inside):
            former.extend(former_names(match[1]))
            return ""
        if inside in _ASIDE or not inside:
            return ""
        if _ENDS_AS_BRANCH.search(inside):
            shops.append(inside)
            return ""
        return inside

    name = compared(_BRACKETS.sub(bracket, unicodedata.normalize("NFKC", text)))
    place = places.before(name)
    rest = name[len(place) :]
    branch = "".join(shops)
    if part := _BRANCH.match(rest):
        rest, branch = part["whole"], part["tail"] + branch
    rest, marks = _numbers(rest)
    branch, more = _numbers(branch)
    form = _FORM.search(rest)
    core = rest[: form.start()] if form and form.start() >= SHORTEST_CORE else rest
    kind = _KIND.search(core)
    stem = core[: kind.start()] if kind and kind.start() >= SHORTEST_CORE else core
    trade = _TRADE.search(stem)
    brand = stem[: trade.start()] if trade and trade.start() >= SHORTEST_CORE else stem
    told_apart = "".join(f"{_CONTRASTS[c]}{c}" for c in core if c in _CONTRASTS)
    return UnitName(
        core,
        brand,
        str(_WORDS["forms"][form[0]]) if form and core != rest else "",
        branch,
        "/".join(filter(None, (*marks, *more, told_apart))),
        place,
        kind[0] if kind and stem != core else "",
        name + "".join(f"({shop})" for shop in shops),
        tuple(former),
    )


def _numbers(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without its numbers, and these in figures."""
    found: list[str] = []

    def take(match: re.Match[str]) -> str:
        found.append(number(next(filter(None, match.groups()))))
        return ""

    return _NUMERAL.sub(take, text), tuple(found)
