"""Names of persons: whether a text is one, and where they stand in a running text.

Chinese writes no blanks between words, so a name is known by its surname, by the characters of the given name, by not
being a word or a place (names.yml, no_names.txt), and in a running text by what stands before and after it: a title
(书记), a way to address (同志), what only persons do (带队, 作报告, 违纪). A name that nothing of this tells stays unseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.ledgers.findings import RULES, WORDS, declared, listed

Span = tuple[int, int]

_NAMES: dict[str, Any] = declared("names.yml")


def _characters(entry: str) -> frozenset[str]:
    return frozenset("".join(str(_NAMES[entry]).split()))


SURNAMES, DOUBLE = _characters("surnames"), frozenset(str(_NAMES["double_surnames"]).split())
_PLAIN, _GIVEN, _LINKED, _ENDS = map(_characters, ("plain_surnames", "given", "linked", "ends"))
_CROSSING = frozenset(str(_NAMES["crossing"]).split())
_ANNOUNCED = re.compile(
    rf"(?:{'|'.join(sorted(_NAMES['announced'].split(), key=len, reverse=True))})[:：\s]{{0,3}}$"
)
_ANNOUNCING = re.compile("|".join(_NAMES["announced"].split()))
_FIRST = SURNAMES | {word[0] for word in DOUBLE}
_BEFORE_SURNAME = re.compile(
    rf"(?:{'|'.join(_NAMES['announced'].split())})[:：\s]{{0,3}}[{''.join(sorted(_FIRST))}]"
)
_IN_BRACKETS = re.compile(rf"[(（][{''.join(sorted(_FIRST))}]")
_BEGINS = re.compile(rf"[{''.join(sorted(_FIRST))}]")
_CHINESE_RUN = re.compile("[㐀-鿿〇]+")
_ADDRESSES = re.sub(r"\s+", "", _NAMES["honours"])
_HONOURS = re.compile(f"{_ADDRESSES}|{_NAMES['so_many']}")
# Whether a text holds any of _HONOURS, faster: alternatives that all begin with a character of their own are looked for
# by their first characters.
_ADDRESSED, _COUNTED = re.compile(_ADDRESSES), re.compile(_NAMES["a_count"])
_DOES = re.compile("|".join(sorted(_NAMES["does"].split(), key=len, reverse=True)))
_BRANCH = re.compile("(?:党)?支部")
_STARTS = frozenset(
    listed("no_names")
)  # short words of the trade; a text that begins with one is no name
_PLACE = re.compile(WORDS["place"])
_SHAPE = re.compile(RULES["persons"]["name"])
_LATE = frozenset(
    "业元年月会"
)  # ends of places and things (林业, 党费年) that also end names (李建业)
_SEPARATORS = re.compile(r"[、,，;；/／\n]")
_AND = re.compile(r"[和与及]")
_ADDRESS = re.compile(r"(?:[(（][男女代兼]{1,2}[)）]|同志|先生|女士)$")
_BRACKETED = re.compile(
    rf"[(（][{''.join(sorted(SURNAMES))}][㐀-鿿]{{0,2}}[^镇乡区县市街道园村公司店厂][)）]"
)
_LIST = frozenset("、,，和与及 ")


class _Words(NamedTuple):
    words: frozenset[str]
    places: frozenset[str]


@cache
def _no_names() -> _Words:
    """Words and places that begin with a surname (no_names.txt)."""
    lists: dict[str, list[str]] = {"words": [], "places": []}
    section = lists["words"]
    for line in Path(__file__).with_name("no_names.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            section = lists.get(line[1:].partition(":")[0].strip(), section)
        else:
            section += line.split()
    return _Words(frozenset(lists["words"]), frozenset(lists["places"]))


# what the name of a file or sheet says behind the name of who made it: 某县李志强汇总表
_PAPER = re.compile(
    r"(?:的|填|报|上报|报送|填报|负责|提供|整理|制作|修改|更新|汇总|统计|审核|核对)*"
    r"(?:表|台账|名册|名单|版|稿|份|部分|汇总|报送|上报|填报|修改)"
)


@lru_cache(maxsize=65_536)
def may_tell(text: str) -> bool:
    """Whether a text may hold a name that something tells (see `find`): a quick look, since most hold none.

    委员 in 支部委员会 announces nobody: a surname has to follow.
    """
    told = _BEFORE_SURNAME.search(text) or _IN_BRACKETS.search(text)
    return bool(told) or _holds_honour(text)


def _holds_honour(text: str) -> bool:
    return bool(_ADDRESSED.search(text) or _COUNTED.search(text))


def _chinese(c: str) -> bool:
    return "㐀" <= c <= "鿿" or c == "〇"


def _surname(text: str, at: int) -> int:
    """How many characters of a surname stand at a place of a text, 0 for none."""
    return 2 if text[at : at + 2] in DOUBLE else 1 if text[at : at + 1] in SURNAMES else 0


def is_word(name: str) -> bool:
    """Whether a text that begins with a surname is a word or a place known for itself."""
    known = _no_names()
    return name in known.words or (
        name in known.places and not (name[0] in _PLAIN and likely(name))
    )


def known_place(name: str) -> bool:
    """Whether a text is the name of a township, county or city that begins with a surname, without its ending."""
    return name in _no_names().places


def known_word(text: str) -> bool:
    """Whether a text is a word of the trade or of the dictionary."""
    return text in _STARTS or is_word(text)


@lru_cache(maxsize=65_536)
def one_name(piece: str) -> bool:
    """Whether a text can be the name of one person: a surname and one or two characters, no word, no place."""
    s = _ADDRESS.sub("", re.sub(r"\s", "", piece))
    if not _SHAPE.fullmatch(s) or is_word(s):
        return False
    if "·" in s:
        return True
    if not (size := _surname(s, 0)) or not 1 <= len(s) - size <= 2:
        size = 1 if s[0] in SURNAMES and len(s) in (2, 3) else 0  # 东方 is also 东 and 方
    if not size:
        return False
    if likely(s) and len(s) == 3 and s[-1] in _LATE:
        return True
    starts = any(s.startswith(w) and (len(w) > 1 or s == w) for w in _STARTS)
    return not _PLACE.fullmatch(s) and (
        not starts or (len(s) == 3 and likely(s) and s[0] in _PLAIN)
    )


def likely(name: str) -> bool:
    """Whether the characters after the surname are usual in given names."""
    size = _surname(name, 0) if len(name) > 2 else 1
    return len(name) > size and all(c in _GIVEN for c in name[size:])


def _pieces(text: str) -> list[str]:
    """The texts of a list of names; 和 is between two names unless it is part of one (李和平)."""
    parts = [re.sub(r"\s", "", p) for p in _SEPARATORS.split(text.strip()) if p.strip()]
    return [
        one
        for p in parts
        for one in ([p] if one_name(p) else [q for q in _AND.split(p) if q] or [p])
    ]


def name_like(text: Any) -> bool:
    """Whether a text can be the name of a person, or several; only a column of them is evidence (see `persons.columns`)."""
    pieces = _pieces(str(text))
    return 0 < len(pieces) <= 12 and all(map(one_name, pieces))


def bare(text: str) -> bool:
    """Whether a whole cell of free text is nothing but names: they look like names, and their characters are usual in names."""
    pieces = _pieces(text)
    return name_like(text) and all("·" in p or any(c in _GIVEN for c in p[1:]) for p in pieces)


def find(text: str, *, only_told: bool = False, label: bool = False) -> list[Span]:
    """Where names stand in a running text.

    Parameters
    ----------
    only_told
        Only names that a title, a way to address or a bracket of its own tells: for names of units and organisations,
        which may be called after somebody.
    label
        The text is the name of a file, a folder, a sheet or an office: a name may end it or stand between its marks.
    """
    spans: list[Span] = []
    seen = _Seen(
        text,
        only_told,
        label,
        bool(_ANNOUNCING.search(text)),
        _holds_honour(text),
        bool(_DOES.search(text) or _BRANCH.search(text)),
    )
    if only_told and not (seen.announced or seen.addressed or _BRACKETED.search(text)):
        return []
    for first in _BEGINS.finditer(text, 0, len(text) - 1):
        at = first.start()
        if spans and at < spans[-1][1]:
            continue
        if end := _name_at(seen, at):
            spans.append((at, end))
            spans += _following(text, end)
    for start, _ in list(spans):
        spans += _preceding(text, start)
    return sorted(set(spans))


class _Seen(NamedTuple):
    """A text, how it is looked at, and what it holds anywhere: titles, ways to address, what persons do."""

    text: str
    only_told: bool
    label: bool
    announced: bool
    addressed: bool
    acts: bool


def _name_at(seen: _Seen, at: int) -> int:
    """The end of the name that begins here, 0 where none does."""
    text = seen.text
    size, run = _surname(text, at), _CHINESE_RUN.match(text, at)
    if not size or run is None:
        return 0
    before = text[at - 1 : at]
    links = before in _LINKED and not _crosses(text, at)  # 同步 is one word
    opens = not before or links or not _chinese(before)
    announced = seen.announced and bool(_ANNOUNCED.search(text, max(0, at - 12), at))
    goes_on = announced or seen.addressed or seen.acts or seen.label
    for length in [size + 2, size + 1] if size == 1 else [4, 3, 2]:
        end = at + length
        closes = end == run.end()
        if end > run.end() or not (closes or goes_on):
            continue
        addressed = seen.addressed and bool(_HONOURS.match(text, end))
        acts = seen.acts and bool(_DOES.match(text, end))
        branch = seen.acts and bool(_BRANCH.match(text, end))
        paper = seen.label and bool(_PAPER.match(text, end))
        if (closes or addressed or acts or branch or announced or paper) and _told(
            seen, at, end, _Around(opens, closes, announced, addressed, acts, branch)
        ):
            return end
    return 0


class _Around(NamedTuple):
    """What stands before and after some characters: whether a piece of text begins and ends with them, a title before
    them, after them a way to address, what a person does, 支部."""

    opens: bool
    closes: bool
    announced: bool
    addressed: bool
    acts: bool
    branch: bool


def _told(seen: _Seen, at: int, end: int, around: _Around) -> bool:
    """Whether what stands before and after makes a name of these characters."""
    text = seen.text
    opens, closes, announced, addressed, acts, branch = around
    name, before = text[at:end], text[at - 1 : at]
    usual, long = likely(name), end - at >= 3
    plain = name[0] in _PLAIN or name[:2] in DOUBLE
    if is_word(name) and not (announced and (acts or addressed) and usual and plain):
        return False
    begins_word = long and not plain and name[:2] in _no_names().words
    if begins_word and not (announced and usual and (acts or addressed)):
        return False
    if announced and (closes or acts or addressed or (long and usual)):
        return one_name(name) or usual
    if addressed and (opens or usual) and (usual or one_name(name)):
        return opens or not _crosses(text, at)
    if before in ("(", "（") and text[end : end + 1] in (")", "）") and usual and (long or plain):
        return True
    if seen.only_told:
        return False
    if seen.label and closes and usual and (opens or before in _ENDS) and one_name(name):
        return long or plain or opens
    if (
        seen.label
        and long
        and plain
        and usual
        and (opens or before in _ENDS or before in "年月日")
        and _PAPER.match(text, end)
    ):
        return one_name(name)
    if acts or (branch and usual and (long or plain)):
        if opens:
            return usual or (long and any(c in _GIVEN for c in name[1:]) and one_name(name))
        return usual and (long or plain) and not _crosses(text, at)
    return opens and closes and usual and (long or plain) and one_name(name)


def _crosses(text: str, at: int) -> bool:
    """Whether the surname belongs to the word before it: 过程中 is no 程中."""
    pair = text[at - 1 : at + 1] if at else ""
    return pair in _CROSSING or is_word(pair)


def _following(text: str, at: int) -> Iterator[Span]:
    """Further names of a list that begins with a name: 书记某某、某某。"""
    while at < len(text) - 1 and text[at] in _LIST:
        start = at + 1
        for length in (4, 3, 2):
            name, end = text[start : start + length], start + length
            if len(name) < length:
                continue
            closes = end == len(text) or not _chinese(text[end]) or text[end] in _LIST
            told = closes or _HONOURS.match(text, end) or _DOES.match(text, end)
            if (
                all(map(_chinese, name))
                and told
                and one_name(name)
                and (likely(name) or length == 3)
            ):
                yield start, end
                at = end
                break
        else:
            return


def _preceding(text: str, at: int) -> Iterator[Span]:
    """Names of a list that ends with a name: 某某、某某两位同志."""
    while at > 2 and text[at - 1] in _LIST:
        end = at - 1
        for length in (4, 3, 2):
            start = end - length
            name = text[max(start, 0) : end]
            opens = start == 0 or (
                start > 0 and (not _chinese(text[start - 1]) or text[start - 1] in _LINKED)
            )
            told = opens or (start > 0 and _ANNOUNCED.search(text, 0, start))
            if len(name) == length and all(map(_chinese, name)) and told and one_name(name):
                yield start, end
                at = start
                break
        else:
            return
