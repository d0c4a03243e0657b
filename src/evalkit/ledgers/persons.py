"""Persons stay out: personal data recognised by heading and by content, reported by kind only.

What is recognised never travels on: no function here returns or logs a personal datum. Codes of units are no persons:
a valid unified social credit code (GB 32100) is let through, and so are dates, amounts and names of units.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from evalkit.ledgers.findings import FULL, RULES, WORDS, listed

KIND_NAMES: dict[str, str] = WORDS["kinds"]

_PROVINCES = frozenset(listed("provinces"))
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)])
_ID_WEIGHTS = [pow(2, 17 - i, 11) for i in range(17)]
_SURNAMES, _DOUBLE = frozenset("".join(listed("surnames"))), tuple(listed("double_surnames"))
_WORDS = frozenset(listed("no_names"))
_PLACE, _SAFE = re.compile(WORDS["place"]), re.compile(WORDS["no_persons"])
_HEADINGS = tuple((kind, re.compile(pattern)) for kind, pattern in WORDS["headings"].items())
_NO_PERSON = re.compile(f"{WORDS['counted']}|{WORDS['organisation']}")
_LONG, _MOBILE, _LANDLINE, _NINE_DIGITS, _NAME = map(re.compile, RULES["persons"]["patterns"])
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_CALLED = re.compile(RULES["persons"]["called"].replace("TITLES", WORDS["titles"]))
_TITLED = re.compile(rf"(?P<name>[{''.join(sorted(_SURNAMES))}][一-鿿]{{1,2}})(?=同志|先生|女士|书记|主任)")


_PHONES = ((_MOBILE, "phone"), (_LANDLINE, "phone"))
_SCRUBBED = ((_LONG, ""), *_PHONES, (_EMAIL, "email"), (_CALLED, "name"), (_TITLED, "name"))
_BRACKETS = re.compile(r"[(（]([^()（）]*[一-鿿]{2,}[^()（）]*)[)）]")
_OF_PERSONS = frozenset({"name", "code", "grade", "personal", "birth"})
_INSTRUCTORS = {"allowance": "补[贴助]", "grade": "考核|等次|评定", "code": "^(?:(?:党建)?指导员|编号|指导员名称)$"}


def credit_codes(texts: pd.Series) -> np.ndarray:
    """Which texts are valid 18-character unified social credit codes (GB 32100-2015), all at once.

    Check: ``31 - sum(value_i * 3^i) mod 31`` over the first 17 characters, values in 0-9A-Y without I, O, S, V, Z.
    """
    upper = texts.fillna("").to_numpy(dtype=object)
    good = np.zeros(len(upper), dtype=bool)
    at = np.flatnonzero([len(t) == 18 and t.isascii() for t in upper])
    if len(at):
        table = np.full(128, -1)
        table[[ord(c) for c in _CREDIT]] = np.arange(31)
        digits = table[np.frombuffer("".join(upper[at]).encode("ascii"), dtype=np.uint8).reshape(-1, 18)]
        check = (31 - (digits[:, :17] * _CREDIT_WEIGHTS).sum(axis=1) % 31) % 31
        good[at] = (digits >= 0).all(axis=1) & (check == digits[:, 17])
    return good


def credit_code_valid(text: Any) -> bool:
    """Whether a text, blanks and width aside, is such a code."""
    return bool(credit_codes(pd.Series([_compact(text)]))[0])


def _compact(text: Any) -> str:
    if isinstance(text, float):
        text = str(int(text)) if text == text and abs(text) < 1e20 and text == int(text) else ""
    return re.sub(r"[\s-]", "", str(text).translate(FULL)).upper().strip("'\"‘’")


def _born(digits: str) -> bool:
    try:
        return dt.date(1890, 1, 1) < dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) < dt.date(2100, 1, 1)
    except ValueError:
        return False


def id_check(s: str) -> bool:
    """Whether the check digit of an 18-digit identity number fits (GB 11643-1999, ISO 7064 MOD 11-2)."""
    return "10X98765432"[sum(int(c) * w for c, w in zip(s, _ID_WEIGHTS, strict=False)) % 11] == s[17]


def _number_kind(s: str) -> str | None:
    """Kind of a run of digits: identity card (GB 11643, ISO 7064 MOD 11-2), or bank card (16 to 19 digits, Luhn).

    A mistyped identity number (region and day of birth right, check digit wrong) is still somebody's: it counts as one
    unless it is a credit code.
    """
    born = len(s) == 18 and s[:17].isdigit() and s[:2] in _PROVINCES and _born(s[6:14])
    if born and (id_check(s) or not credit_code_valid(s)):
        return "identity"
    if len(s) == 15 and s.isdigit() and s[:2] in _PROVINCES and _born("19" + s[6:12]):
        return "identity"
    if s.isdigit() and 16 <= len(s) <= 19 and s[0] in "34569" and not credit_code_valid(s):
        double = [int(c) for c in reversed(s)]
        if sum(d if i % 2 == 0 else d * 2 - 9 * (d > 4) for i, d in enumerate(double)) % 10 == 0:
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
        if kind != "allowance" or instructors or re.search(r"津贴|工资|薪|报酬|书记|指导员|个人|人员", s):
            return kind
    said = (kind for kind, pattern in _INSTRUCTORS.items() if instructors and re.search(pattern, s))
    return next(said, None)


@lru_cache(maxsize=65_536)
def _text_kind(text: str) -> str | None:
    s = text.translate(FULL)
    if "@" in s and _EMAIL.search(s):
        return "email"
    if not _NINE_DIGITS.search(s):
        return None
    for m in _LONG.finditer(s):
        if kind := _number_kind(_compact(m[0])):
            return kind
    return "phone" if _MOBILE.search(s) or _LANDLINE.search(s) else None


def cell_kind(text: Any) -> str | None:
    """The kind of personal number in a cell (identity, phone, bank_card, email), or None.

    Looks at text and at numbers: an identity number stored as a number has lost its last digits and is known by
    region and day of birth.
    """
    if isinstance(text, str):
        return _text_kind(text)
    if isinstance(text, (int, float)) and not isinstance(text, bool) and 1e10 <= text < 1e19 and text == int(text):
        s = str(int(text))
        if len(s) == 18 and s[:2] in _PROVINCES and _born(s[6:14]):
            return "identity"
        return _number_kind(s) or ("phone" if re.fullmatch(r"1[3-9]\d{9}", s) else None)
    return None


def name_like(text: Any) -> bool:
    """Whether a text can be the name of a person, or several; only a column of them is evidence (see `columns`)."""
    pieces = [p for p in re.split(r"[、,，;；/\n]", str(text).strip()) if p.strip()]
    return 0 < len(pieces) <= 12 and all(_one_name(p) for p in pieces)


def _one_name(piece: str) -> bool:
    s = re.sub(r"\s", "", piece)
    s = re.sub(r"[(（][男女代兼]{1,2}[)）]$", "", s)
    if not _NAME.fullmatch(s) or _PLACE.fullmatch(s) or any(s.startswith(w) and (len(w) > 1 or s == w) for w in _WORDS):
        return False
    return "·" in s or (s[0] in _SURNAMES and len(s) <= 3) or (s.startswith(_DOUBLE) and len(s) >= 3)


def columns(frame: Mapping[str, Sequence[Any]], *, table: str = "") -> dict[str, str]:
    """Headings of the columns that hold personal data -> kind: by heading, else by what most cells are.

    Numbers: at least half of the filled cells. Names: at least two different ones and 60% of the filled cells look
    like names, in a column whose heading does not speak of units, places or classes.
    """
    found: dict[str, str] = {}
    for heading, cells in frame.items():
        kind = heading_kind(heading, table=table)
        filled = [c for c in cells if c is not None and c == c and str(c).strip()] if kind is None else []
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


def scrub(text: str) -> tuple[str, tuple[str, ...]]:
    """A text without personal numbers and without names that are announced (书记张某, 联系人：…): (text, kinds).

    Each place taken out becomes ``〔略〕``. A name that nothing announces cannot be told from other words: free text
    is dropped from tables for that reason, and this function serves only for what must be quoted.
    """
    s, kinds = str(text), []
    spans: list[tuple[int, int]] = []
    for pattern, kind in _SCRUBBED:
        for m in pattern.finditer(s.translate(FULL)):
            here = kind or _number_kind(_compact(m[0]))
            a, b = m.span("name" if kind == "name" else 0)
            if here and (kind != "name" or _one_name(m["name"])) and not any(c < b and a < d for c, d in spans):
                spans.append((a, b))
                kinds.append(here)
    for a, b in sorted(spans, reverse=True):
        s = f"{s[:a]}〔略〕{s[b:]}"
    return s, tuple(dict.fromkeys(kinds))


def shown(cell: Any, limit: int = 40) -> str:
    """How a cell may be quoted in a problem: nothing of a person, at most ``limit`` characters."""
    if cell_kind(cell) and not isinstance(cell, str):
        return "〔略〕"
    s = re.sub(r"\s+", " ", scrub(str(cell))[0]).strip()
    s = _BRACKETS.sub(lambda m: "（…）" if any(map(_one_name, re.split(r"[、,，;；:： /]", m[1]))) else m[0], s)
    if name_like(s) or name_like(s.replace("〔略〕", "")):
        return "〔略〕"
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
    surnames = (i for i, c in enumerate(s) if c in _SURNAMES)
    return not scrub(s)[1] and all(any(s.startswith(w, i) for w in _WORDS if len(w) > 1) for i in surnames)
