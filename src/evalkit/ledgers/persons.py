"""Persons stay out: personal data recognised by heading and by content, reported by kind only.

What is recognised never travels on: no function here returns or logs a personal datum. Codes of units are no persons:
a valid unified social credit code (GB 32100) is let through, and so are dates, amounts and names of units.

`gate` is the one way of a text into a table, a list of problems, a heading, a report: whatever is stored or printed of
what somebody typed has gone through it. Names are known by `names`.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any, Literal

import numpy as np
import pandas as pd
from stdnum import luhn
from stdnum.cn import ric

from evalkit.ledgers import names
from evalkit.ledgers.findings import FULL, RULES, WORDS, listed
from evalkit.ledgers.names import name_like
from evalkit.problems import Problem, visible
from evalkit.world.unit_key import is_credit_code

KIND_NAMES: dict[str, str] = WORDS["kinds"]
LEFT_OUT = "〔略〕"
Span = tuple[int, int, str]

_PROVINCES = frozenset(listed("provinces"))
_SAFE = re.compile(WORDS["no_persons"])
_HEADINGS = tuple((one["kind"], re.compile(one["words"])) for one in WORDS["headings"])
_NO_PERSON = re.compile(f"{WORDS['counted']}|{WORDS['organisation']}")
_RULES: dict[str, Any] = RULES["persons"]
_BETWEEN: str = _RULES["between"]
_DATE = re.compile(_RULES["date"])
_GROUPS = frozenset(map(tuple, _RULES["phones"]))
_OTHERS = tuple(
    (one["kind"], re.compile(pattern.replace("SEP", _BETWEEN).replace("DATE", _RULES["date"])))
    for one in _RULES["others"]
    for pattern in one["patterns"]
)
_RUN = re.compile(rf"\d(?:{_BETWEEN}{{0,3}}\d){{9,}}(?:{_BETWEEN}?[Xx](?![A-Za-z]))?")
_BRACKETS = re.compile(r"[(（]([^()（）]*[一-鿿]{2,}[^()（）]*)[)）]")
_OF_PERSONS = frozenset({"name", "code", "grade", "personal", "birth"})
_INSTRUCTORS = {
    "allowance": "补[贴助]",
    "grade": "考核|等次|评定",
    "code": "^(?:(?:党建)?指导员|编号|指导员名称)$",
}
# Fewer than five digits are somebody's only beside one of these words, in an address or on the plate of a car. Apart,
# because a pattern is fast where each of its alternatives begins with a character of its own.
_CONTACT = re.compile("住|户|室|房|微信|薇信|抖音|微博|支付宝|钉钉|护照|证件|出生|生日|生于")
_ACCOUNT = re.compile(r"(?i)[wv](?:echat|eixin|x\b|信)")
_BORN_THEN = re.compile(r"\d\D{0,3}生")
_SPELLED = re.compile("[零〇○一二三四五六七八九幺][零〇○一二三四五六七八九幺]{10}")
_PLATE = re.compile(r"(?i)[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z]")
_MANY_DIGITS = re.compile(
    r"\d(?:[^\w㐀-鿿]{0,3}\d){4}|[^\x00-\x7f㐀-鿿\u3000-\u303f\uff00-\uff0f\uff1a-\uffef·“”‘’—…]"
)
_CHINESE_DIGITS = re.compile("[零〇○一二三四五六七八九幺]{11,}")
_DIGIT_OF = str.maketrans("零〇○一二三四五六七八九幺", "0001234567891")
_LONGEST_NUMBER = 15  # digits: no amount or count of a ledger has more


def credit_codes(texts: pd.Series) -> np.ndarray:
    """Which texts are valid unified social credit codes as they stand (`evalkit.world.unit_key`)."""
    return np.fromiter(map(is_credit_code, texts.fillna("")), dtype=bool, count=len(texts))


def credit_code_valid(text: Any) -> bool:
    """Whether a text, blanks and width aside, is such a code."""
    return is_credit_code(_compact(text))


def _compact(text: Any) -> str:
    if isinstance(text, float):
        text = str(int(text)) if text == text and abs(text) < 1e20 and text == int(text) else ""
    return re.sub(r"[\s-]", "", str(text).translate(FULL)).upper().strip("'\"‘’")


def _born(digits: str) -> bool:
    try:
        return (
            dt.date(1890, 1, 1)
            < dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
            < dt.date(2100, 1, 1)
        )
    except ValueError:
        return False


def _number_kind(s: str) -> str | None:
    """Kind of a run of digits: identity card (GB 11643, ISO 7064 MOD 11-2), or bank card (16 to 19 digits, Luhn).

    A mistyped identity number (region and day of birth right, check digit wrong) is still somebody's: it counts as one
    unless it is a credit code.
    """
    born = len(s) == 18 and s[:17].isdigit() and s[:2] in _PROVINCES and _born(s[6:14])
    if born and (ric.calc_check_digit(s) == s[17] or not credit_code_valid(s)):
        return "identity"
    if len(s) == 15 and s.isdigit() and s[:2] in _PROVINCES and _born("19" + s[6:12]):
        return "identity"
    like_a_card = s.isdigit() and 16 <= len(s) <= 19 and s[0] in "34569"
    if like_a_card and luhn.is_valid(s) and not credit_code_valid(s):
        return "bank_card"
    return None


def heading_kind(heading: str, *, table: str = "") -> str | None:
    """The kind of personal data a heading announces, or None.

    ``table`` is the table the sheet was recognised as: 补贴 and 考核 are a person's in a ledger of instructors and an
    organisation's in a ledger of funds. Counts (书记人数), yes-or-no columns and units are no persons.
    """
    s = re.sub(r"\s", "", str(heading).translate(FULL))
    s = re.sub(r"\([^)]*\)", "", s) or s
    instructors = table.startswith("instructor")
    for kind, pattern in _HEADINGS:
        if not pattern.search(s) or (kind in _OF_PERSONS and _NO_PERSON.search(s)):
            continue
        if (
            kind != "allowance"
            or instructors
            or re.search(r"津贴|工资|薪|报酬|书记|指导员|个人|人员", s)
        ):
            return kind
    said = (kind for kind, pattern in _INSTRUCTORS.items() if instructors and re.search(pattern, s))
    return next(said, None)


def _level(text: str) -> str:
    """The same text, character by character, with every digit as 0 to 9 and every width as ASCII: places stay places."""
    s = text.translate(FULL)
    if not s.isascii():
        s = "".join(
            c if c.isascii() else str(d) if (d := unicodedata.digit(c, -1)) >= 0 else c for c in s
        )
        s = _CHINESE_DIGITS.sub(lambda m: m[0].translate(_DIGIT_OF), s)
    return s


def _credit_token(text: str, a: int, b: int) -> bool:
    """Whether these digits are a part, not the whole, of a valid credit code."""
    digits = b - a
    while a > 0 and text[a - 1].isascii() and text[a - 1].isalnum():
        a -= 1
    while b < len(text) and text[b].isascii() and text[b].isalnum():
        b += 1
    return b - a == 18 > digits and credit_code_valid(text[a:b])


def _of_groups(groups: Sequence[str]) -> str | None:
    """The kind of number that some groups of digits give together."""
    digits, sizes = "".join(groups), tuple(map(len, groups))
    if 15 <= len(digits) <= 19 and (kind := _number_kind(digits.upper())):
        return kind
    for code in ("", "86", "086", "0086"):
        rest = digits.removeprefix(code)
        if (
            len(digits) == 11 + len(code)
            and digits.startswith(code)
            and re.fullmatch(r"1[3-9]\d{9}", rest)
        ):
            inner = (sizes[0] - len(code), *sizes[1:])
            inner = inner[1:] if inner[0] == 0 else inner
            if inner in _GROUPS or (max(inner) <= 2 and len(inner) >= 6) or len(code) > 1:
                return "phone"
    return None


def _in_run(run: str) -> list[Span]:
    """Personal numbers in a run of digits with marks between them: ``12 110105...`` holds one from its third place on."""
    places = [m.span() for m in re.finditer(r"\d+", run)]
    groups = [run[a:b] for a, b in places]
    if run[-1] in "Xx":
        places[-1], groups[-1] = (places[-1][0], len(run)), groups[-1] + "X"
    ends = [0, *accumulate(map(len, groups))]
    found: list[Span] = []
    first = 0
    while first < len(groups):
        step = first + 1
        for last in range(min(len(groups), first + 20), first, -1):
            n = ends[last] - ends[first]
            if 11 <= n <= 19 and (kind := _of_groups(groups[first:last])):
                found.append((places[first][0], places[last - 1][1], kind))
                step = last
                break
        else:
            if kind := _in_long(groups[first]):
                found.append((*places[first], kind))
        first = step
    return found


def _in_long(digits: str) -> str | None:
    """What a single group of more digits than any amount has may be: somebody's number, joined to others or mistyped."""
    if len(digits) > 19:
        digits = digits.rstrip("X")
        inside = (digits[i : i + 18] for i in range(len(digits) - 17))
        return "identity" if any(_number_kind(one) == "identity" for one in inside) else "bank_card"
    like_a_unit = len(digits) == 18 and re.match(r"9[1239]", digits)  # a mistyped credit code
    return None if len(digits) <= _LONGEST_NUMBER or like_a_unit else "bank_card"


def _numbers(text: str) -> list[Span]:
    """Numbers and the like that are somebody's, with their places and kinds."""
    s = _level(text)
    found: list[Span] = []
    dates = [m.span() for m in _DATE.finditer(s)] if any(map(str.isdigit, s)) else []
    for m in _RUN.finditer(s):
        start = m.start()
        for a, b, kind in _in_run(m[0]):
            inside_dates = (
                kind == "phone"
                and any(c < start + b and start + a < d for c, d in dates)
                and " " in m[0]
            )
            if not inside_dates and not _credit_token(s, start + a, start + b):
                found.append((start + a, start + b, kind))
    for kind, pattern in _OTHERS:
        for m in pattern.finditer(s):
            group = "it" if "it" in pattern.groupindex and m["it"] is not None else 0
            if not (kind in ("identity", "bank_card") and _credit_token(s, *m.span(group))):
                found.append((*m.span(group), kind))
    return found


@lru_cache(maxsize=65_536)
def _text_kind(text: str) -> str | None:
    return (
        _numbers(text)[0][2]
        if any(c.isdigit() or c in "@零〇" for c in text) and _numbers(text)
        else None
    )


def cell_kind(text: Any) -> str | None:
    """The kind of personal number in a cell (identity, phone, bank_card, email), or None.

    Looks at text and at numbers: an identity number stored as a number has lost its last digits and is known by
    region and day of birth.
    """
    if isinstance(text, str):
        return _text_kind(text)
    if (
        isinstance(text, (int, float))
        and not isinstance(text, bool)
        and 1e10 <= text < 1e19
        and text == int(text)
    ):
        s = str(int(text))
        if len(s) == 18 and s[:2] in _PROVINCES and _born(s[6:14]):
            return "identity"
        return _number_kind(s) or ("phone" if re.fullmatch(r"1[3-9]\d{9}", s) else None)
    return None


def columns(frame: Mapping[str, Sequence[Any]], *, table: str = "") -> dict[str, str]:
    """Headings of the columns that hold personal data -> kind: by heading, else by what most cells are.

    Numbers: at least half of the filled cells. Names: at least two different ones and 60% of the filled cells look
    like names, in a column whose heading does not speak of units, places or classes.
    """
    found: dict[str, str] = {}
    for heading, cells in frame.items():
        kind = heading_kind(heading, table=table)
        filled = (
            [c for c in cells if c is not None and c == c and str(c).strip()]
            if kind is None
            else []
        )
        if filled:
            kinds = [k for c in filled if (k := cell_kind(c))]
            if len(kinds) * 2 >= len(filled):
                kind = max(sorted(set(kinds)), key=kinds.count)
            elif not _SAFE.search(str(heading)):
                names = [c for c in filled if isinstance(c, str) and name_like(c)]
                if len(set(names)) >= 2 and len(names) >= 0.6 * len(filled):
                    kind = "name"
        if kind:
            found[heading] = kind
    return found


@dataclass(frozen=True)
class Gated:
    """A text as it may be stored or printed, and the kinds of what was taken out of it."""

    text: str
    kinds: tuple[str, ...] = ()


Sort = Literal["text", "body", "label"]


@lru_cache(maxsize=200_000)
def gate(text: str, sort: Sort = "text") -> Gated:
    """What may be stored or printed of a text that somebody typed: the one gate.

    Parameters
    ----------
    sort
        ``text``: free text; a cell that is nothing but a name is left out too. ``body``: the name of a unit, an
        organisation or an area, which may be called after somebody, so that only what is told to be a person goes.
        ``label``: the name of a file, a folder or a sheet, or an office under which somebody may be named
        (城关镇党委某某); a name may end it.

    Returns
    -------
    The text without characters that nobody sees (controls, marks of direction, of no width), personal numbers,
    addresses and names each replaced by ``〔略〕``; and the kinds of what was found. What is only in brackets and in
    quotes is looked at like any other text.
    """
    s = visible(text)
    if sort != "body" and names.bare(s.rpartition(".")[0] or s if sort == "label" else s):
        return Gated(LEFT_OUT + (f".{s.rpartition('.')[2]}" if "." in s else ""), ("name",))
    found = _numbers(s) if may_tell(s) else []
    found += [
        (a, b, "name") for a, b in names.find(s, only_told=sort == "body", label=sort == "label")
    ]
    kept: list[Span] = []
    for span in sorted(found, key=lambda one: (one[0], -one[1])):
        if kept and span[0] < kept[-1][1]:  # what overlaps goes out together
            kept[-1] = (kept[-1][0], max(kept[-1][1], span[1]), kept[-1][2])
        else:
            kept.append(span)
    for a, b, _ in reversed(kept):
        s = f"{s[:a]}{LEFT_OUT}{s[b:]}"
    return Gated(s, tuple(dict.fromkeys(kind for *_, kind in found)))


@lru_cache(maxsize=65_536)
def may_tell(text: str) -> bool:
    """Whether a text can hold any of `_numbers`: the patterns are slow, most texts have neither digit nor @."""
    return bool(
        "@" in text
        or _CONTACT.search(text)
        or _ACCOUNT.search(text)
        or ("生" in text and _BORN_THEN.search(text))
        or _SPELLED.search(text)
        or _PLATE.search(text)
        or _MANY_DIGITS.search(text)
    )


def scrub(text: str) -> tuple[str, tuple[str, ...]]:
    """`gate` for what must be quoted: (text, kinds)."""
    found = gate(str(text))
    return found.text, found.kinds


def label(name: str) -> str:
    """The name of a file (with its folders) or of a sheet as it may be stored and printed."""
    return "/".join(gate(part, "label").text or "_" for part in readable(name).split("/"))


def labels(given: Iterable[str]) -> dict[str, str]:
    """Names of files or sheets as they may be printed -> the real ones, one to one."""
    shown: dict[str, str] = {}
    for name in given:
        plain = label(name)
        stem, dot, ending = plain.rpartition(".")
        if not dot or "/" in ending:
            stem, dot, ending = plain, "", ""
        n, free = 1, plain
        while free in shown:
            n += 1
            free = f"{stem}（{n}）{dot}{ending}"
        shown[free] = name
    return shown


def readable(name: str) -> str:
    """A name whose bytes are no UTF-8 (unpacked from a zip of Windows) as GB 18030, else with � for what cannot be read."""
    if not any("\ud800" <= c <= "\udfff" for c in name):
        return name
    raw = name.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")


def told(problems: Iterable[Problem]) -> list[Problem]:
    """Problems as they may be stored and printed: what they quote has gone through the gate."""
    return [
        replace(p, found=gate(p.found).text) if p.found and len(p.found) > 1 else p
        for p in problems
    ]


def shown(cell: Any, limit: int = 40) -> str:
    """How a cell may be quoted in a problem: nothing of a person, at most ``limit`` characters."""
    if cell_kind(cell) and not isinstance(cell, str):
        return LEFT_OUT
    s = re.sub(r"\s+", " ", scrub(str(cell))[0]).strip()
    s = _BRACKETS.sub(
        lambda m: "（…）" if any(map(names.one_name, re.split(r"[、,，;；:： /]", m[1]))) else m[0],
        s,
    )
    if name_like(s) or name_like(s.replace(LEFT_OUT, "")):
        return LEFT_OUT
    return s if len(s) <= limit else s[: limit - 1] + "…"


_NUMERIC = re.compile(WORDS["counting"])


def number_shown(cell: Any, limit: int = 40) -> str:
    """How a cell of a column of numbers or dates may be quoted: digits and words of counting; any other word is 〔略〕."""
    text = re.sub(r"\s+", " ", scrub(str(cell))[0])
    out, at = "", 0
    for m in _NUMERIC.finditer(text):
        out += ("〔略〕" if m.start() > at else "") + m[0]
        at = m.end()
    out += "〔略〕" if at < len(text) else ""
    return out if len(out) <= limit else out[: limit - 1] + "…"


def free_of_names(text: Any) -> bool:
    """Whether no part of a free text can begin a name: what may be quoted of a reason that somebody typed."""
    s = str(text)
    if scrub(s)[1]:
        return False
    at = 0
    while at < len(s):
        word = next(
            (n for n in (4, 3, 2) if at + n <= len(s) and names.known_word(s[at : at + n])), 0
        )
        if not word and s[at] in names.SURNAMES:
            return False
        at += word or 1
    return True
