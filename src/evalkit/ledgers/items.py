"""Items of a 工作报表: the measure that a typed item names, and those it may mean where it names none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import cached_property
from typing import Any

from evalkit.ledgers.findings import RULES
from evalkit.ledgers.headings import loosened, plain

_IN_BRACKETS = re.compile(r"[(（].*?[)）]")
_SAME = [(re.compile(one["words"]), one["means"]) for one in RULES["shapes"]["same"]]
_CHINESE = re.compile(r"[\u3400-\u9fff]")
LEAST_LIKE = 0.55  # below it two names have nothing to do with each other
MOST_OFFERED = 3


def bare_count(key: str) -> str:
    """A key with one word for each thing and no word for counting: 非公有制企业建立党组织企业数 is 非公企业已建党组织."""
    for words, means in _SAME:
        key = words.sub(means, key)
    return key


def counted_words(measures: Mapping[str, Any]) -> dict[str, str]:
    """What may stand for a measure (its names, `counts` in rules.yml), bare; only words of one measure alone."""
    found: dict[str, set[str]] = {}
    words = [(code, word) for code, some in RULES["shapes"]["counts"].items() for word in some]
    words += [(code, word) for code, one in measures.items() for word in (one.name, *one.also)]
    for code, word in words:
        if code in measures:
            found.setdefault(bare_count(plain(word)), set()).add(code)
    return {word: next(iter(codes)) for word, codes in found.items() if len(codes) == 1}


class Items:
    """The measures by everything that may stand for them: code, name, other names."""

    def __init__(self, measures: Mapping[str, Any]):
        self._names: dict[str, str] = {}
        self._loose: dict[str, set[str]] = {}
        self._labels = {code: str(measure.name) for code, measure in measures.items()}
        for code, measure in measures.items():
            for word in (code, measure.name, *measure.also):
                self._names.setdefault(plain(word), code)
                self._loose.setdefault(loosened(plain(word)), set()).add(code)
        for code, words in RULES["shapes"]["counts"].items():
            for word in words if code in measures else ():
                self._names.setdefault(plain(word), code)
        self._bare = counted_words(measures)

    def look(self, said: str) -> str | None:
        """The measure of an item: as it stands, without its brackets, or without what changes nothing.

        当年发展党员数 is 发展党员, where no other measure answers to it.
        """
        key = plain(_IN_BRACKETS.sub("", said))
        if found := self._names.get(plain(said)) or self._names.get(key):
            return found
        close = self._loose.get(loosened(key), set())
        return next(iter(close)) if len(close) == 1 else self._bare.get(bare_count(key))

    def nearest(self, said: str) -> list[str]:
        """Names of the measures that an unknown item is most like, best first."""
        key = loosened(plain(_IN_BRACKETS.sub("", said)))
        if not key:
            return []
        best: dict[str, float] = {}
        for word, code in self._chinese:
            best[code] = max(best.get(code, 0.0), _likeness(key, word))
        order = sorted(best, key=lambda code: -best[code])
        return [self._labels[code] for code in order[:MOST_OFFERED] if best[code] >= LEAST_LIKE]

    @cached_property
    def _chinese(self) -> list[tuple[str, str]]:
        """The Chinese names, without what changes nothing, and their measures."""
        names = self._names.items()
        return [(loosened(word), code) for word, code in names if _CHINESE.search(word)]

    def advice(self, said: str) -> str:
        """What to do with an unknown item: the names that it may mean, or where the names stand."""
        if close := self.nearest(said):
            return f"是不是指：{'、'.join(f'“{name}”' for name in close)}？改成这个名称"
        return "名称见空白表（python start.py template --form 工作报表）；本地的指标在 codebook 里加上名称或别名"


def _likeness(one: str, other: str) -> float:
    """How much alike two names are: in the order of their characters, and in what the shorter has of the longer.

    0 where they share too few characters to be alike enough in any order: the order, which takes long, is not asked.
    """
    shared = sum((Counter(one) & Counter(other)).values())
    of_shorter = shared / min(len(one), len(other))
    at_most = (2 * shared / (len(one) + len(other)) + of_shorter) / 2
    if at_most < LEAST_LIKE - 1e-9:
        return 0.0
    return (SequenceMatcher(None, one, other).ratio() + of_shorter) / 2
