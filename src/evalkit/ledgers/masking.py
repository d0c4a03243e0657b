"""Values masked so that nothing of them is left, in words and numbers that a reader of ledgers takes for the same kind.

What a cell is stays: a heading, an entry of a closed list, a number with a word (约120人), a date, a name of a unit, a
place or a person, an identity number. What it says goes: each digit is 1, each name a placeholder (the same name the
same placeholder, so that rows which belong together still do), each number of a person an invented one.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from stdnum import luhn

from evalkit.ledgers import persons
from evalkit.ledgers.findings import FULL, RULES, declared
from evalkit.ledgers.headings import Headings, plain, squeeze
from evalkit.ledgers.names import SURNAMES, bare, name_like
from evalkit.world.unit_key import is_credit_code

SAID: dict[str, Any] = declared("masking.yml")
FIRST_YEAR, LAST_YEAR = 2000, 2040  # years that stay: those that ledgers are of
OLD_YEAR = 2001  # stands for an earlier one, which may be somebody's year of birth
_ALPHABET = [c for c in SAID["characters"] if c not in SURNAMES]
_ENDS: dict[str, str] = SAID["ends"]
_AREA = re.compile(rf"([^\s/、,，;；]+?)({_ENDS['area']})(?![省市州县区])")
_ALL_AREAS = re.compile(rf"(?:{_AREA.pattern})+")
_NAMED = re.compile(
    rf"(?P<name>.*?)(?P<end>(?:{_ENDS['body']})?(?:第[一二三四五六七八九十]{{1,2}})?(?:{_ENDS['organisation']})|(?:{_ENDS['body']}))"
)
_SPLIT = re.compile(r"([/、,，;；\n\r\t|]+)")
_NUMBER_WORDS = re.compile(
    rf"[\d.,，%％‰·~～\-—:/+（）()\s{SAID['number']}]*\d[\d.,，%％‰·~～\-—:/+（）()\s{SAID['number']}]*"
)
_DAY = re.compile(
    r"(?P<year>\d{4})(?P<a>\s*[-./年]\s*)(?P<month>\d{1,2})(?:(?P<b>\s*[-./月]\s*)(?P<day>\d{1,2}))?"
)
_EIGHT = re.compile(r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})")
_YEAR = re.compile(r"(?<!\d)20[0-4]\d(?!\d)")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-_.]*")
_CHINESE_DIGITS = str.maketrans("二三四五六七八九", "一一一一一一一一")
_RUN = re.compile(
    r"[^\s\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\u2000-\u206f·]+"
)
_LIKE_A_CODE = re.compile(r"[0-9A-Za-z]{2}\d{6}[0-9A-Za-z]{10}")
_DIGITS = re.compile(r"[\dXx\s\-－—–.·+()（）０-９]+")
_WITH_BRACKET = re.compile(r"(.+?)[(\[【〔]([^()\[\]【】〔〕]+)[)\]】〕]")
_TO_BE_TICKED = re.compile(r"(?P<have>(?:\d[.、])?有)(?P<item>[\u3400-\u9fff（）()、]{1,14})")
_MARKS = frozenset("年月日一二三四五六七八九十表注")  # single characters that stay in a line
_CHECKS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # what a credit code may end with
LONGEST_TOTAL = 20  # characters of 小计（3家）
FAKE_REGION, FAKE_BIRTH = "110101", "19000101"  # of invented identity numbers


class Masker:
    """Masks the texts and numbers of some workbooks, the same everywhere in the same way.

    Parameters
    ----------
    headings
        The codebook's headings: their words, and those of closed lists, stay legible.
    words
        More words that stay: names of measures, labels of lists.
    kept
        Unknown headings that somebody has looked at and lets stand (see `unknown`).
    """

    def __init__(self, headings: Headings, words: Iterable[str], kept: Iterable[str] = ()):
        self.headings = headings
        self._kept = frozenset(plain(text) for text in kept)
        self._words = self._legible(headings, words)
        self._made: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        self.unknown: dict[str, None] = {}  # headings that no form knows, as they may be shown

    @staticmethod
    def _legible(headings: Headings, words: Iterable[str]) -> frozenset[str]:
        """Keys of the texts that stay as they are."""
        found: list[str] = [*words, *headings.total_words, *SAID["marks"].split()]
        found += [*RULES["shapes"]["totals"], *RULES["headings"]["start"]]
        for form in headings.forms.values():
            found += [form["name"], *form.get("titles", ())]
            found += [name for spec in form["columns"].values() for name in spec["names"]]
        for entries in headings.values.values():
            for key, some in entries.items():
                found += [str(key), *map(str, some)]
        for some in (*RULES["shapes"]["heads"].values(), *RULES["shapes"]["counts"].values()):
            found += map(str, some)
        found += [str(unit) for unit in RULES["headings"]["units"]]
        return frozenset(key for word in found if (key := plain(word)))

    @cached_property
    def _tokens(self) -> re.Pattern[str]:
        """Words that stay legible inside a line: those of titles and notes, and the longer ones of the vocabulary."""
        return _any_of({*SAID["lines"].split(), *self._longer(3)})

    @cached_property
    def _heading_tokens(self) -> re.Pattern[str]:
        """Words that stay legible inside a heading."""
        return _any_of({*SAID["lines"].split(), *SAID["short"].split(), *self._longer(2)})

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        """Texts made of known words alone."""
        words = _any_of({*SAID["lines"].split(), *self._longer(2)}).pattern
        return re.compile(rf"(?:{words}|[\s、，,/()（）:：\-—])+")

    def _longer(self, least: int) -> set[str]:
        return {word for word in self._words if len(word) >= least and not word.isascii()}

    # --- the kinds of cells ---

    def cell(self, value: object, heading: bool, line: bool, time: bool) -> object:
        """A cell of a row of values, of a heading, or of a line (a title, a note, a row with one cell)."""
        if isinstance(value, bool) or value is None or value == "":
            return value
        if isinstance(value, str):
            if heading:
                return self.heading(value)
            return self.line(value) if line else self.text(value, time)
        if isinstance(value, int | float):
            return self.number(value, time)
        if isinstance(value, dt.datetime | dt.date):
            return value.replace(year=_year(value.year), month=1, day=1)
        if isinstance(value, dt.time):
            return dt.time()
        return ""

    def heading(self, text: str) -> str:
        """A heading: a known one stays, an unknown one keeps the words that are known."""
        if self.known(text) or plain(text) in self._kept:
            return text
        if not _NUMBER_WORDS.fullmatch(text):
            self.unknown.setdefault(text if persons.free_of_names(text) else persons.LEFT_OUT)
        if items := _TO_BE_TICKED.fullmatch(text):
            return items["have"] + self._placeholder(items["item"])
        return self.line(text, self._heading_tokens)

    def known(self, text: str) -> bool:
        """Whether a text says nothing but words of the codebook, a unit or another such word in brackets with it.

        A pattern that a heading fits does not do: somebody may be named in the rest of it.
        """
        if plain(text) in self._words:
            return True
        parts = _WITH_BRACKET.fullmatch(squeeze(text))
        return parts is not None and all(plain(part) in self._words for part in parts.groups())

    def line(self, text: str, tokens: re.Pattern[str] | None = None) -> str:
        """A title, a note, a signature: known words, years and the endings of areas stay."""
        if plain(text) in self._words:
            return text
        out, at = [], 0
        for found in (tokens or self._tokens).finditer(text):
            out += [self._between(text[at : found.start()]), found[0]]
            at = found.end()
        return "".join([*out, self._between(text[at:])])

    def text(self, text: str, time: bool = False) -> str:
        """A cell of a row of values."""
        if plain(text) in self._words or not text.strip() or self._whole.fullmatch(text):
            return text
        if len(text) <= LONGEST_TOTAL and text.strip().startswith(self.headings.total_words):
            return self.line(text)
        kind = persons.cell_kind(text)
        if kind != "identity" and _LIKE_A_CODE.fullmatch(text.translate(FULL).strip()):
            return self._credit_code(text, persons.credit_code_valid(text))
        if kind:
            return self._personal(text, kind) if _DIGITS.fullmatch(text) else self._piece(text)
        if time and _YEAR.search(text):
            return self._quantity(text, years=True)
        if name_like(text):
            return self._person(text)
        if any(map(str.isdigit, text)) and _NUMBER_WORDS.fullmatch(text.translate(FULL)):
            return self._quantity(text, years="年" in text)
        return "".join(
            part if n % 2 else self._name(part) for n, part in enumerate(_SPLIT.split(text))
        )

    def number(self, value: float, time: bool = False) -> float:
        """A number: nought stays, every other digit is 1; an identity or telephone number is an invented one."""
        if time and FIRST_YEAR <= value <= LAST_YEAR and value == int(value):
            return value
        if value == 0 or value != value or abs(value) == float("inf"):
            return value
        if time and 1 <= value <= 12 and value == int(value):  # a month
            return value
        if kind := persons.cell_kind(value):
            made = self._personal(str(int(value)), kind)
            return type(value)(int(re.sub(r"\D", "", made)))
        digits = re.sub(r"\d", "1", format(Decimal(repr(abs(value))).normalize(), "f"))
        return type(value)(float(digits) * (-1 if value < 0 else 1))

    # --- parts of texts ---

    def _between(self, text: str) -> str:
        """What stands between known words of a line."""
        if not text:
            return text
        out, at = [], 0
        for found in _YEAR.finditer(text):
            out += [self._piece(text[at : found.start()]), found[0]]
            at = found.end()
        return "".join([*out, self._piece(text[at:])])

    def _piece(self, text: str) -> str:
        """Runs of characters that tell something, each masked; blanks and marks stay."""
        return _RUN.sub(lambda run: self._run(run[0]), text)

    def _run(self, run: str) -> str:
        if run in _MARKS:
            return run
        if kind := persons.cell_kind(run):
            return self._personal(run, kind)
        if run.translate(FULL).isdigit() or (
            any(map(str.isdigit, run)) and _NUMBER_WORDS.fullmatch(run.translate(FULL))
        ):
            return self._quantity(run, years=True)
        if bare(run):
            return self._person(run)
        return self._name(run)

    def _name(self, text: str) -> str:
        """A name: what it is called after is masked, its ending stays."""
        name = text.strip()
        if not _RUN.search(name) or plain(name) in self._words:
            return text
        if _ALL_AREAS.fullmatch(name):
            return _AREA.sub(lambda one: self._placeholder(one[1]) + one[2], name)
        if _CODE.fullmatch(name):
            return self._code(name)
        found = _NAMED.fullmatch(name)
        if found and found["name"]:
            return self._placeholder(found["name"]) + found["end"]
        return self._placeholder(name)

    def _placeholder(self, text: str) -> str:
        """Characters that mean nothing, as many as there were where that is enough to tell names apart."""
        if found := self._made.get(("name", text)):
            return found
        n = self._next("name")
        letters: list[str] = []
        while n or not letters:
            n, rest = divmod(n, len(_ALPHABET))
            letters.append(_ALPHABET[rest])
        made = "".join(reversed(letters)).rjust(min(max(2, len(text)), 30), _ALPHABET[0])
        return self._made.setdefault(("name", text), made)

    def _person(self, text: str) -> str:
        """An invented name that is plainly one: 赵甲乙."""
        if found := self._made.get(("person", text)):
            return found
        names = [c + d + e for c in "赵钱孙周吴郑" for d in "建志文" for e in "某甲乙丙丁"]
        return self._made.setdefault(("person", text), names[self._next("person") % len(names)])

    def _personal(self, text: str, kind: str) -> str:
        """A number of somebody, invented, in the shape of the one that stood there."""
        if found := self._made.get((kind, text)):
            return found
        n = self._next(kind) + 1
        size = sum(map(str.isdigit, text.translate(FULL)))
        if kind == "identity":
            fake = (
                f"{FAKE_REGION}{FAKE_BIRTH}{n:04d}" if size >= 17 else f"{FAKE_REGION}000101{n:03d}"
            )
        elif kind == "bank_card":
            body = f"622200{n:0{max(size - 7, 1)}d}"
            fake = body + luhn.calc_check_digit(body)
        else:
            fake = f"130{n:08d}" if size >= 11 else "1" * size
        digits = iter(fake.rjust(size, "0")[-size:] if len(fake) > size else fake.ljust(size, "1"))
        made = "".join(
            next(digits, "1")
            if c.translate(FULL).isdigit()
            else c
            if c in " -－—·.+()（）"
            else "x"
            for c in text
        )
        made = made if kind != "identity" else made.replace("x", "X")
        return self._made.setdefault((kind, text), made)

    def _credit_code(self, text: str, valid: bool) -> str:
        """An invented credit code, valid where the one that stood there was."""
        key = re.sub(r"[\s-]", "", text.translate(FULL)).upper()
        if found := self._made.get(("credit", key)):
            return found
        made = ""
        while not made:
            body = f"91000000{self._next('credit') + 1:09d}"
            made = next((body + c for c in _CHECKS if is_credit_code(body + c) == valid), "")
        return self._made.setdefault(("credit", key), made)

    def _code(self, text: str) -> str:
        """Z001 and the like: letters are Z, digits a running number, so that codes stay apart."""
        if found := self._made.get(("code", text)):
            return found
        size = sum(map(str.isdigit, text))
        number = iter(f"{self._next('code') + 7:0{size}d}"[-size:] if size else "")
        made = "".join(next(number) if c.isdigit() else "Q" if c.isalpha() else c for c in text)
        return self._made.setdefault(("code", text), made)

    def _quantity(self, text: str, years: bool = False) -> str:
        """Digits as 1, written digits as 一; what makes a date a date stays, and a year where `years` are meant."""
        level = text.translate(FULL)
        if day := _DAY.fullmatch(level.strip()) or _EIGHT.fullmatch(level.strip()):
            return _day(day)
        parts, at = [], 0
        for year in _YEAR.finditer(level) if years else ():
            parts += [_ones(text[at : year.start()]), year[0]]
            at = year.end()
        return "".join([*parts, _ones(text[at:])])

    def _next(self, kind: str) -> int:
        n = self._counts.get(kind, 0)
        self._counts[kind] = n + 1
        return n


def words_of(lists: Mapping[str, Mapping[str, str]], measures: Mapping[str, Any]) -> list[str]:
    """The words of a codebook that stay legible beside its headings."""
    listed = [label for entries in lists.values() for label in entries.values()]
    items = [word for measure in measures.values() for word in (measure.name, *measure.also)]
    return [*listed, *items]


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern of these words, the longest that fits first."""
    return re.compile("|".join(map(re.escape, sorted(words, key=lambda w: (-len(w), w)))))


def _ones(text: str) -> str:
    zero = not re.search(r"[1-9１-９]", text)
    ones = text if zero else re.sub(r"\d", "1", text)
    return ones.translate(_CHINESE_DIGITS)


def _year(year: int) -> int:
    return year if FIRST_YEAR + 15 <= year <= LAST_YEAR else OLD_YEAR


def _day(found: re.Match[str]) -> str:
    """The first of January of the year, in the same writing; an impossible day stays impossible."""
    parts = found.groupdict()
    possible = True
    try:
        dt.date(int(parts["year"]), int(parts["month"]), int(parts["day"] or 1))
    except ValueError:
        possible = False
    month, day = ("1", "1") if possible else ("9", "9")
    new = {
        "year": str(_year(int(parts["year"]))),
        "month": month.rjust(len(parts["month"]), "0" if possible else "9"),
        "day": day.rjust(len(parts["day"] or ""), "0" if possible else "9") if parts["day"] else "",
    }
    made = found[0]
    for name in ("day", "month", "year"):
        if parts.get(name):
            start, end = (place - found.start() for place in found.span(name))
            made = made[:start] + new[name] + made[end:]
    return made
