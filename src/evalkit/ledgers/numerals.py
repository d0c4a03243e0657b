"""What a text says of a number by itself, whatever the column: number, scale, noun, the word beside it (约, 余 ...).

`lex` reads a text once and remembers it; what it means for a column is `evalkit.ledgers.values`' business.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from evalkit.ledgers.findings import FULL, WORDS, listed

# value_noted: the cell says more than the number (含预备1, a footnote), which is certain; amount_fraction: more than two
# decimals of a yuan
_NAMES = "missing value_unreadable value_approximate unit_mismatch value_implausible value_noted amount_fraction"
NOTES = {name: 1 << bit for bit, name in enumerate(_NAMES.split())}
MISSING = NOTES["missing"]
UNREADABLE = NOTES["value_unreadable"]
NOTED = NOTES["value_noted"]

WIDE = FULL | {ord(c): same for same, written in WORDS["characters"].items() for c in written}
QUOTES = " \t\r\n'\"‘’“”`"
DASHES = frozenset("—–―─ー_…-")
_DIGIT = {c: i for i, c in enumerate("〇一二三四五六七八九")}
DIGITS = {ord(c): str(i) for c, i in _DIGIT.items()}
_SCALES = "亿万千百十"
SCALE = dict(zip(_SCALES, (100_000_000, 10_000, 1000, 100, 10), strict=True))
NOT_PAID, ABSENT = frozenset(listed("not_paid")), frozenset(listed("absent"))
ZERO = NOT_PAID.union(listed("zero"))
_HOLDERS = frozenset("x×✕✖*?#□■△▲○●")
_FEET = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳⁰¹²³⁴⁵⁶⁷⁸⁹*"
_WORDS = {word: meaning for meaning, words in WORDS["beside"].items() for word in words.split()}


def _any(words: Sequence[str]) -> str:
    return "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))


_PERSON, _BODY = listed("persons"), listed("bodies")
NOUNS = (*_PERSON, *_BODY, *listed("others"))
ALIKE = dict.fromkeys(_PERSON, "人") | dict.fromkeys(_BODY, "家") | {"星级": "星", "颗星": "星"}
_LABELS, _OUTSIDE = WORDS["groups"], listed("outside")
_NUMBER = r"[0-9〇一二三四五六七八九十百千万亿廿卅][0-9.,〇一二三四五六七八九十百千万亿廿卅]*"
_ONE_DIGIT = "[0-9〇一二三四五六七八九]"
_GRAMMAR = re.compile(
    rf"(?:共计|合计|总计|共有|共|计|现有|有|为|人民币|rmb|cny)*:?"
    rf"(?P<q1>{_any([w for w in _WORDS if w not in '余多几有余+'])})?"
    rf"(?:人民币)?[¥$]?(?P<neg>-|负)?[¥]?(?P<num>{_NUMBER}|\.\d+)(?:e(?P<exp>[-+]?\d{{1,2}}))?"
    rf"(?P<q2>余|多|来|几|\+)?(?P<scale>[十百千万亿]*)(?P<q3>余|多|来)?"
    rf"(?P<noun>{_any(NOUNS)}|%|‰|个?百分点)?(?:(?P<jiao>{_ONE_DIGIT})角)?(?:(?P<fen>{_ONE_DIGIT})分)?"
    rf"(?:{WORDS['after_noun']})?(?:整|正|钱)?(?P<q4>{_any([w for w in _WORDS if w not in '上超逾近约'])})?"
)
_QUICK = re.compile(WORDS["quick"], re.ASCII)
_UNIT = re.compile(rf"[十百千万亿]*(?:{_any(NOUNS)})")
_INNER_NUMBER = re.compile(r"[-+]?[\d.,]+(?:人|名|个|家|元|万元)?")
_HUNDREDTHS = re.compile(rf"(?P<q>约|近)?百分之(?P<n>{_NUMBER}(?:点[〇一二三四五六七八九]+)?)")
_GAPS = re.compile(r"(?<=[\d,.])[ \t]+(?=[\d,.])")
_THOUSANDS = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,4}(?:,\d{4})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+", re.ASCII
)
PROBATIONARY = "预备"
# 5（1）, 35家（11家）: two whole texts of numbers; only a heading can tell what the second one is
BRACKETED_PAIR = re.compile(
    r"\s*(?P<whole>[\d,.]*\d)\s*[人名个家户次]?\s*[（(]\s*(?P<part>[\d,.]*\d)\s*[人名个家户次]?\s*[)）]\s*"
)
UNCOUNTED = "预备?"  # 4（含预备）: some of them, nobody says how many
_COUNT = "[0-9〇一二三四五六七八九十百]+"
_LABELLED = re.compile(
    rf"(?P<a>{_LABELS})(?:党员|人员)?(?:有|为|是|:)?(?P<b>{_COUNT})|"
    rf"(?P<c>{_COUNT})(?:名|人|个|位)?(?:为|是|系)?(?:中共)?(?P<d>{_LABELS})"
)
_EACH = "(?:名|人|个|位)?"
_FULL = rf"(?:正式?(?:党员)?:?)?(?P<full>{_COUNT}){_EACH}"
_JOINED = r"(?:\+|、|,|;|和|及|与|另有?|外加|加)"
_MEMBERS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_FULL}(?:党员)?\+(?P<more>{_COUNT}){_EACH}",
        rf"{_FULL}(?:正式?)?(?:党员)?{_JOINED}?预备?(?:党员)?:?(?P<more>{_COUNT}){_EACH}",
        rf"{_FULL}(?:正式?)?(?:党员)?{_JOINED}?(?P<more>{_COUNT}){_EACH}\(?预备?\)?(?:党员)?",
        rf"{_FULL}(?:正式?)?(?:党员)?\((?:另有?|另外|外加|还有|不含|\+)(?:预备?(?:党员)?:?)?(?P<more>{_COUNT}){_EACH}(?:预备?)?(?:党员)?\)",
    )
)
_APART = re.compile(r"正|\+|、|,|;|和|及|与|另|外加|加|还有|不含")
_PLUS = re.compile(
    rf"(\d+)(?:名|人|个|位)?(?:党员)?\+(\d+)(?:名|人|个|位)?\(?({_LABELS})\)?(?:党员)?"
)
_PAIR = re.compile(r"(?:实到)?(\d+)(?:人|名|个)?[/|](?:应到)?(\d+)(?:人|名|个)?")
_SHORT_INSIDE = re.compile(
    r"[百千万][一二三四五六七八九][万亿]"
)  # 一百二万: 1,020,000 or 1,200,000
_ONE = Decimal(1)
_POWER = {k: _ONE.scaleb(k) for k in range(-40, 60)}


class Read(NamedTuple):
    """What a text says by itself. ``unit_scale`` 0 = no scale of its own; ``mark`` for what needs the row."""

    bits: int
    value: Decimal = Decimal(0)
    last: Decimal = Decimal(1)  # unit of the last non-zero digit
    printed: Decimal = Decimal(1)  # unit of the last printed digit
    word: str = ""
    unit_scale: int = 0
    chinese: bool = False
    noun: str = ""
    parts: tuple[tuple[str, float], ...] = ()
    mark: str = ""


_NOTHING, _CANNOT = Read(MISSING), Read(UNREADABLE)
_SPECIAL = {
    **dict.fromkeys(ABSENT, _NOTHING),
    **{w: Read(0, last=Decimal(w not in NOT_PAID), mark="zero") for w in ZERO},
    **dict.fromkeys(listed("whole"), Read(UNREADABLE, mark="whole")),
}


def _place(digits: str) -> tuple[Decimal, Decimal]:
    """Units of the last non-zero and of the last printed digit of plain digits: 1200 -> 100, 1; 1.50 -> 0.1, 0.01."""
    whole, _, part = digits.partition(".")
    bare = (whole + part).rstrip("0")
    printed = -len(part)
    return _POWER[printed + len(whole) + len(part) - len(bare) if bare else printed], _POWER[
        printed
    ]


def numeral(
    text: str, bare: bool, scales: str = _SCALES
) -> tuple[Decimal, Decimal, Decimal, int] | None:
    """Arabic digits, Chinese digits and scales in any mixture -> (value, last, printed, trailing scale).

    ``bare`` allows a scale without a number (近万); ``scales`` are those that may stand in the text.
    """
    if text[0] < ":" and _THOUSANDS.fullmatch(text):
        digits = text.replace(",", "")
        return Decimal(digits), *_place(digits), 0
    text = text.replace("廿", "二十").replace("卅", "三十")
    char = next((c for c in scales if c in text), "")
    if len(text) > 40 or not (char or _DIGIT.keys() >= set(text)) or _SHORT_INSIDE.search(text):
        return None
    if not char:  # 二〇二四: digits in a row; 三五 may be 3 to 5: not read
        if len(text) > 1 and (scales != _SCALES or (len(text) < 4 and "〇" not in text)):
            return None
        digits = text.translate(DIGITS)
        return Decimal(digits), *_place(digits), 0
    scale, smaller = SCALE[char], scales.partition(char)[2]
    head, _, tail = text.lstrip("〇").partition(char)
    rest = tail.lstrip("〇")
    said = (_ONE, _ONE, _ONE, 0) if bare or char == "十" else None
    said = numeral(head, bare, smaller if scale > 1000 else "") if head else said
    more = (
        numeral(rest, False, smaller)
        if rest
        else (_ONE - 1, _ONE, said[2] * scale if said else _ONE, scale)
    )
    if said is None or more is None or more[0] >= scale:
        return None
    value, last, printed, trailing = more
    if rest and rest == tail and scale >= 100 and value < 10 and value == int(value):
        if rest not in _DIGIT:  # 3万5: thirty-five thousand or 30,005
            return None
        value, last, printed = (d * (scale // 10) for d in (value, last, printed))  # 一百二 is 120
    return said[0] * scale + value, last if value else said[1] * scale, printed, trailing or 1


@lru_cache(maxsize=65_536)
def lex(text: str) -> Read:
    """What `text` says; MISSING where it says nothing, UNREADABLE where it is no single number."""
    if quick := _QUICK.fullmatch(
        text
    ):  # nine in ten texts of a ledger; the rest of the way reads them just the same
        before, digits, between, noun, behind = quick.groups("")
        word = before or between or behind
        if len(word) == len(before + between + behind):
            digits = digits.replace(",", "")
            last = _POWER[len(digits) - len(digits.rstrip("0"))] if word and int(digits) else _ONE
            return Read(
                0, Decimal(digits), last, _ONE, _WORDS[word] if word else "", 0, False, noun
            )
    return lex_slowly(text)


def lex_slowly(text: str) -> Read:
    s = text if text.isascii() else text.translate(WIDE)
    s = s.strip(QUOTES).rstrip("。；;，,.")
    if not s:
        return _NOTHING
    if s[0] < ":" and _THOUSANDS.fullmatch(s[1:] if s[0] in "+-" else s):
        return Read(0, Decimal(s.replace(",", "")))
    if len(s.split(None, 1)) > 1:
        if re.search(r"\d\s*[\r\n]\s*\d", s):
            return _CANNOT
        gaps = [len(g) for g in re.split(r"[^\d]+", s) if g] if _GAPS.search(s) else [1]
        if max(gaps) > 1 and not re.search(r"(?<!\d)\d{1,3}(?: \d{3})+(?!\d)|\d ?[,.] ?\d", s):
            return _CANNOT  # 8 10 may be two numbers; 1 234 and 1 2 are one
        s = re.sub(r"\s+", "", s)
    s = s.lower()
    if "★" in s and not s.strip("★☆"):
        s = f"{s.count('★')}星"
    if special := _SPECIAL.get(s):
        return special
    if DASHES.issuperset(s):
        return Read(MISSING, mark="dash")
    if s[0] in _HOLDERS and (s[0] == "#" or _HOLDERS.issuperset(s)):
        return _CANNOT  # a placeholder, or an error of a formula
    return _phrase(s)


def _small(text: str) -> float:
    """A count in Arabic or Chinese digits; NaN where it is none."""
    number = numeral(text, False)
    return float(number[0]) if number else math.nan


def _two_kinds(s: str) -> Read | None:
    """Full members and those on probation in one cell: 3+1, 正式3、预备1, 3正1预, 3（另有预备1名）.

    Only a column of members takes it (see `evalkit.ledgers.values`): their sum, with those on probation in ``parts``.
    """
    if not _APART.search(s):
        return None
    found = next(filter(None, (pattern.fullmatch(s) for pattern in _MEMBERS)), None)
    numbers = [_small(found[name]) for name in ("full", "more")] if found else [math.nan]
    if any(number != number for number in numbers):
        return None
    full, more = numbers
    return Read(UNREADABLE, Decimal(int(full + more)), noun="人", parts=((PROBATIONARY, more),))


def _phrase(s: str) -> Read:
    """What a text says that is no plain number: it is tried as two numbers, then without what stands beside the number."""
    if (read := _two_numbers(s)) is not None:
        return read
    said: Read | _Beside = _brackets(s) if s[-1] == ")" and "(" in s else _Beside(s)
    if isinstance(said, Read):
        return said
    s, bits, parts = _as_percent(said.text), said.bits, said.parts
    if (bare := s.rstrip(_FEET)) and bare != s:
        s, bits = bare, bits | NOTED
    if s[0] < ":" and _THOUSANDS.fullmatch(s):
        return Read(bits, Decimal(s.replace(",", "")), parts=parts)
    found = _GRAMMAR.fullmatch(s)
    return _by_grammar(found, bits, parts) if found else _CANNOT


Parts = tuple[tuple[str, float], ...]


class _Beside(NamedTuple):
    """A text without what stands in brackets beside its number, and what that says."""

    text: str
    bits: int = 0
    parts: Parts = ()


def _two_numbers(s: str) -> Read | None:
    """3+1 members, 5+2群众, 8/10: two numbers in one cell, None where there is one."""
    if ("+" in s or "预" in s or "另" in s or "不含" in s) and (read := _two_kinds(s)):
        return read
    if "+" in s and (m := _PLUS.fullmatch(s)):
        if m[3] not in _OUTSIDE:
            return _CANNOT
        return Read(NOTED, Decimal(m[1]), noun="人", parts=((m[3], float(m[2])),))
    if ("/" in s or "|" in s) and (m := _PAIR.fullmatch(s)):
        return Read(UNREADABLE, Decimal(m[1]), parts=(("of", float(m[2])),))
    return None


def _brackets(s: str) -> Read | _Beside:
    """A text that ends with brackets: 4(含预备1), 12(万元), 50(约), (300); 5(8) cannot be read."""
    head, _, inner = s[:-1].partition("(")
    if not head:  # an accountant's negative
        read = lex(inner) if inner and inner[0] not in "(-" else _CANNOT
        return _CANNOT if read.bits or read.mark or read.word else read._replace(value=-read.value)
    if _UNIT.fullmatch(inner) and not head.endswith(NOUNS):
        return _Beside(head + inner)
    if _WORDS.get(inner) == "about" or inner in WORDS["estimated"].split():
        return _Beside("约" + head)
    if inner in _WORDS:
        return _Beside(head + inner)
    if _INNER_NUMBER.fullmatch(inner):
        return _CANNOT  # 5(8): which of them?
    parts = tuple((m["a"] or m["d"], _small(m["b"] or m["c"])) for m in _LABELLED.finditer(inner))
    if PROBATIONARY in inner and not any(label.startswith(PROBATIONARY) for label, _ in parts):
        parts = (*parts, (UNCOUNTED, 0.0))
    return _Beside(head, NOTED, parts)


def _as_percent(s: str) -> str:
    """百分之五点二 as 5.2%."""
    if "百分之" not in s or not (m := _HUNDREDTHS.fullmatch(s)):
        return s
    whole, _, part = m["n"].partition("点")
    share = numeral(whole, False)
    return f"{m['q'] or ''}{share[0]}{part and '.' + part.translate(DIGITS)}%" if share else s


def _by_grammar(found: re.Match[str], bits: int, parts: Parts) -> Read:
    """A number with the words and the noun beside it, as `_GRAMMAR` takes them apart."""
    part = {name: text or "" for name, text in found.groupdict().items()}
    word = _one_word(_WORDS[w] for w in (part["q1"], part["q2"], part["q3"], part["q4"]) if w)
    number = numeral(part["num"], bool(part["q1"]))
    if word is None or number is None:
        return _CANNOT
    value, last, printed, scale = number
    noun, down = part["noun"], _ONE
    if part["scale"]:
        scale = math.prod(SCALE[c] for c in part["scale"])
        down *= scale
    if part["exp"] or noun in ("%", "‰", "角"):
        smaller = {"%": 2, "‰": 3, "角": 1}.get(noun, 0)
        down = down.scaleb(int(part["exp"] or 0) - smaller)
    if down != 1:
        value, last, printed = value * down, last * down, printed * down
    if (part["jiao"] or part["fen"]) and noun not in ("元", "块"):
        return _CANNOT
    for small, step in ((part["jiao"], _POWER[-1]), (part["fen"], _POWER[-2])):
        if small:
            value, last, printed = value + step * int(small.translate(DIGITS)), step, step
    return Read(
        bits,
        -value if part["neg"] else value,
        last,
        printed,
        word,
        scale,
        not part["num"][0].isascii(),
        {"‰": "%", "角": "元", "块": "元"}.get(noun, noun),
        parts,
    )


def _one_word(said: Iterable[str]) -> str | None:
    """The one meaning of the words beside a number; None where they contradict each other (近1200余)."""
    meanings = set(said)
    if len(meanings) > 1:
        return "over" if meanings == {"about", "over"} else None
    return next(iter(meanings), "")
