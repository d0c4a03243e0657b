"""Column headings as offices write them, and the canonical columns they stand for.

A heading is compared after NFKC, without blanks, line breaks, leading numbers and a unit in brackets; a two-level
heading as ``group + lower`` and by its parts. A user's mapping wins over the codebook's synonyms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from evalkit.ledgers.findings import RULES
from evalkit.problems import near

_WORDS = RULES["headings"]
MONEY_UNITS: tuple[str, ...] = tuple(_WORDS["money"])
_ANY_UNIT = "|".join(sorted(_WORDS["units"], key=len, reverse=True))
_UNIT = re.compile(rf"(?:单位[::]?)?({_ANY_UNIT})(?:/?年)?")
_TAIL = re.compile(rf"(.+?)[,,/::](?:单位[::]?)?({_ANY_UNIT})")
_BRACKET = re.compile(r"[(\[{【〔〈《]([^)\]}】〕〉》]*)[)\]}】〕〉》]")
_PAIR = re.compile(r"\(([^()/]{2,})/([^()/]{2,})\)$")
_LEAD = re.compile(r"^(?:\d{1,2}[.、)]|[*※★]+)+|[*※★::]+$")
_PUNCTUATION = re.compile(r"[()\[\]{}【】〔〕《》<>“”\"'、,.;:/\\|_\-—~·*]")
_BLANKS = re.compile(r"[\s\u200b\ufeff\u3000]+")
_LOOSE = re.compile(f"^(?:{'|'.join(_WORDS['start'])})|(?:{'|'.join(_WORDS['end'])})$")
_EARLIER = re.compile(_WORDS["earlier"])
_NO_PATTERN = re.compile(_WORDS["no_pattern"])
_OTHER_SIDE = {flow: re.compile(words) for flow, words in _WORDS["other_side"].items()}
_COUNTED = ("int", "number")
LEFT_OUT = ("", "-", "忽略", "不用")  # what a user's mapping says of a column that is not wanted


def squeeze(text: object) -> str:
    """NFKC without any blank, line break or zero-width character."""
    return _squeezed(text if type(text) is str else str(text))


@lru_cache(maxsize=50_000)
def _squeezed(text: str) -> str:
    word = unicodedata.normalize("NFKC", text)
    return word if word.isalnum() else _BLANKS.sub("", word)


def plain(text: object) -> str:
    """A heading or a synonym for comparison: squeezed, without brackets, punctuation and a leading number."""
    return _plain(text if type(text) is str else str(text))


@lru_cache(maxsize=50_000)
def _plain(text: str) -> str:
    word = _squeezed(text)
    return (word if word.isalnum() else _PUNCTUATION.sub("", _LEAD.sub("", word))).upper()


def loosened(key: str) -> str:
    """A key without what changes nothing; only used where no exact synonym fits and one column alone answers to it."""
    for same in _WORDS["same"]:
        key = key.replace(same["word"], same["means"])
    while (shorter := _LOOSE.sub("", key)) != key and len(shorter) >= 2:
        key = shorter
    return key


_WHOLE = frozenset(map(plain, RULES["shapes"]["heads"]["whole"]))


@lru_cache(maxsize=20_000)
def heading_keys(text: object) -> tuple[tuple[str, ...], str | None]:
    """The ways in which a heading may be looked up, most exact first, and the unit in its brackets or at its end."""
    word = squeeze(text)
    unit = next(
        (
            found[1]
            for inside in reversed(_BRACKET.findall(word))
            if (found := _UNIT.fullmatch(inside))
        ),
        None,
    )
    keys = [plain(word)]
    if (bare := _BRACKET.sub("", word)) != word:
        keys.insert(0 if unit else 1, plain(bare))
    if unit is None and (tail := _TAIL.fullmatch(word)):
        unit = tail[2]
        keys.append(plain(tail[1]))
    return tuple(dict.fromkeys(k for k in keys if k)), unit


class Found(NamedTuple):
    """What one heading cell stands for in one form."""

    column: str
    rank: int
    unit: str | None
    rule: str = "synonym"  # of `columns` in grammar.yml: how it was found


class Headings:
    """The codebook's forms, indexed for look-up; one per reading."""

    def __init__(self, headings: Mapping[str, Any], mapping: Mapping[str, Any] | None = None):
        body = headings.get("headings", headings)
        self.forms: dict[str, Any] = body["forms"]
        self.values: Mapping[str, Any] = body.get("values", {})
        self.total_words: tuple[str, ...] = tuple(body.get("totals", ()))
        words = {k: v for k, v in (mapping or {}).items() if not isinstance(v, list | dict)}
        self.mapping = {plain(k): str(v) for k, v in words.items()}
        self._index: dict[str, dict[str, tuple[str, int]]] = {}
        self._loose: dict[str, dict[str, set[str]]] = {}
        for name, form in self.forms.items():
            index = self._index[name] = {}
            loose = self._loose[name] = {}
            for column, spec in form["columns"].items():
                for rank, word in enumerate(spec["names"]):
                    for key in heading_keys(word)[0]:
                        index.setdefault(key, (column, rank))
            for key, (column, _) in index.items():
                loose.setdefault(loosened(key), set()).add(column)
        self._patterns = {
            name: {
                column: re.compile(spec["pattern"])
                for column, spec in form["columns"].items()
                if "pattern" in spec
            }
            for name, form in self.forms.items()
        }
        self._titles = [
            (plain(t), n) for n, f in self.forms.items() for t in (f["name"], *f.get("titles", ()))
        ]
        self._words = frozenset(self.mapping).union(*self._index.values())
        self._known: dict[object, bool] = {}
        self._listed: dict[str, dict[str, dict[str, str]]] = {}
        self._looked: dict[tuple[str, tuple[str, ...]], Found | None] = {}

    def known(self, cell: object) -> bool:
        """Whether a cell's text is a heading of any form (remembered: called for many cells)."""
        if (answer := self._known.get(cell)) is None:
            answer = (
                isinstance(cell, str)
                and 0 < len(cell) <= 40
                and (
                    not self._words.isdisjoint(heading_keys(cell)[0])
                    or any(self._fitting(form, heading_keys(cell)[0]) for form in self._patterns)
                )
            )
            if len(self._known) < 50_000:
                self._known[cell] = answer
        return answer

    def _fitting(self, form: str, keys: Iterable[str]) -> str | None:
        """The column whose pattern one of these keys fits: the one that tells more than the others."""
        for key in keys:
            if len(key) < 13 and not _NO_PATTERN.search(key):
                found = [c for c, p in self._patterns[form].items() if p.fullmatch(key)]
                if found:
                    return max(found, key=lambda c: c.startswith("stars"))
        return None

    def look(self, form: str, levels: tuple[str, ...]) -> Found | None:
        """The column of `form` under a heading of one or more levels (from the top); remembered."""
        if (form, levels) not in self._looked:
            self._looked[form, levels] = self._look(form, levels)
        return self._looked[form, levels]

    def _look(self, form: str, levels: tuple[str, ...]) -> Found | None:
        parts = [heading_keys(level) for level in levels if squeeze(level)]
        unit = next((u for _, u in reversed(parts) if u), None)
        keys: list[str] = []
        if len(parts) > 1:
            group, lower = parts[-2][0], parts[-1][0]
            stems = [
                *group,
                *(
                    g.removesuffix(end)
                    for g in group
                    for end in ("人数", "总数", "情况", "来源", "数")
                ),
                *(g.removeprefix(of) for g in group for of in _WORDS["of_money"]),
                *(word for g in group for word in _WORDS["of_group"] if word in g),
            ]
            keys = [a + b for a in stems for b in lower] + [b + a for a in stems for b in lower]
        whole = frozenset(
            keys
        )  # a lower heading alone does not count below 上年 or below the other side of the account
        keys += parts[-1][0] if parts else ()
        for key in keys:
            if (column := self._mapped(form, key)) is not None:
                return Found(column, -1, unit, "mapped") if column else None
        above = "".join(key for group in parts[:-1] for key in group[0])

        def fits(column: str, key: str) -> bool:
            flow = self.forms[form]["columns"][column].get("flow")
            return key in whole or not (
                _EARLIER.search(above) or (flow in _OTHER_SIDE and _OTHER_SIDE[flow].search(above))
            )

        own = self._fitting(form, parts[-1][0]) if parts else None
        for some in (sorted(whole, key=keys.index), keys):
            for key in some:
                if (hit := self._index[form].get(key)) and fits(hit[0], key):
                    return Found(*hit, unit, "group" if key in whole else "synonym")
            # 得分 below 乡镇初评 is a score of this stage; 自评星级 below 星级评定 tells its own
            if (column := own or self._fitting(form, some)) is not None and (
                some is keys or not own
            ):
                return Found(column, 99, unit, "pattern")
        if len(parts) > 1 and not _WHOLE.isdisjoint(parts[-1][0]):  # 小计 below 党员数
            for key in parts[-2][0]:
                hit = self._index[form].get(key)
                counts = hit and self.forms[form]["columns"][hit[0]]["type"] in _COUNTED
                if hit and counts and fits(hit[0], "") and not _EARLIER.search(key):
                    return Found(hit[0], 99, unit, "group")
        for key in keys:
            columns = {c for c in self._loose[form].get(loosened(key), set()) if fits(c, key)}
            if len(columns) == 1:
                (column,) = columns
                counts = self.forms[form]["columns"][column]["type"] in ("int", "number")
                if counts or not key.endswith(("数", "数量")):  # 单位数 is a count, never 单位
                    return Found(column, 99, unit, "loose")
        return None

    def _mapped(self, form: str, key: str) -> str | None:
        """The user's own word for a heading: a column, its Chinese name, or '' for a column to be left out."""
        wanted = self.mapping.get(key)
        if wanted is None or wanted in LEFT_OUT:
            return None if wanted is None else ""
        column = wanted.rpartition(".")[2]
        return (
            column
            if column in self.forms[form]["columns"]
            else self._index[form].get(plain(wanted), (None,))[0]
        )

    def written(self, word: str) -> str:
        """How a column that a user names (by its name or any heading) would be headed."""
        column = word.rpartition(".")[2]
        forms = (form for form in self.forms if column in self.forms[form]["columns"])
        return next((self.label(form, column) for form in forms), word)

    def leads_nowhere(self, heading: str) -> bool:
        """Whether the user's mapping gives this heading a column that no form has."""
        return all(self._mapped(form, plain(heading)) is None for form in self.forms)

    def left_out(self, levels: Iterable[str]) -> bool:
        return any(self.mapping.get(plain(text)) in LEFT_OUT for text in levels)

    def pair(self, form: str, heading: str) -> list[str]:
        """The columns of the two numbers under a heading such as 实到/应到 or 党员数（正式/预备）, if it is one."""
        declared = {
            plain(said): columns for said, columns in self.forms[form].get("pairs", {}).items()
        }
        return declared.get(plain(heading), []) or self.pair_in_brackets(form, heading)

    def pair_in_brackets(self, form: str, heading: str) -> list[str]:
        """党员数（正式/预备）: the two columns of numbers that its brackets name."""
        found = _PAIR.search(squeeze(heading))
        hits = [self._index[form].get(plain(word)) for word in found.groups()] if found else []
        columns = [hit[0] for hit in hits if hit]
        specs = self.forms[form]["columns"]
        counts = all(specs[c]["type"] in _COUNTED and not specs[c].get("person") for c in columns)
        return columns if len(set(columns)) == 2 and counts else []

    def besides(self, form: str, column: str, all_levels: Iterable[tuple[str, ...]]) -> str | None:
        """金额 beside 支出金额: the column of what came in, where another heading tells from where it came."""
        origin, twin = self.forms[form]["columns"][column].get("beside", (None, None))
        return (
            twin
            if any(
                (hit := self.look(form, levels)) and hit.column == origin for levels in all_levels
            )
            else None
        )

    def right_of(
        self, form: str, column: str, levels: tuple[str, ...], left: Container[str]
    ) -> str:
        """成立时间 to the right of 党组织名称 is the day of the organisation: what a word means behind other columns."""
        rule = self.forms[form]["columns"][column].get("right_of")
        if not rule or len(levels) > 1 or plain(levels[-1]) not in rule["words"]:
            return column
        behind = any(other in left for other in rule["columns"])
        return str(rule["means"]) if behind and rule["means"] not in left else column

    def person(self, form: str, column: str) -> bool:
        return bool(self.forms[form]["columns"][column].get("person"))

    def required(self, form: str) -> list[str]:
        return [c for c, s in self.forms[form]["columns"].items() if s.get("required")]

    def stand_ins(self, form: str, column: str) -> set[str]:
        """Columns that will do where a required one is lacking: 姓名 for 编号 (rows can be counted), 单位名称 for 党组织名称."""
        specs = self.forms[form]["columns"]
        return {
            c
            for c, spec in specs.items()
            if column in (spec.get("rows_for"), spec.get("stands_for"))
        }

    def key(self, form: str, columns: Container[str]) -> str:
        """The column that makes a row a record: the first required one, or what stands in for it."""
        first = self.required(form)[0]
        return (
            first
            if first in columns
            else next(c for c in self.stand_ins(form, first) if c in columns)
        )

    def listed(self, form: str) -> dict[str, dict[str, str]]:
        """Columns of a closed list of this form -> how entries may be written -> the entry as one would write it."""
        if form not in self._listed:
            self._listed[form] = self._entries(form)
        return self._listed[form]

    def _entries(self, form: str) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for column, spec in self.forms[form]["columns"].items():
            entries = self.values.get(spec["type"])
            if entries and "words" not in spec:
                found[column] = {
                    plain(w) or str(w): str(w)
                    for key, some in entries.items()
                    for w in (key, *some)
                }
        return found

    def label(self, form: str, column: str) -> str:
        return str(self.forms[form]["columns"][column]["names"][0])

    def best_form(
        self, columns: Iterable[tuple[str, ...]], announced: str | None
    ) -> tuple[str | None, int]:
        """The form that most headings of a row belong to, and how many required columns it lacks.

        A title that announces a form counts as three headings; otherwise its `recognise` columns must be there.
        """
        columns = list(columns)
        return max(
            self._scores(columns, announced), default=(0.0, None, 0), key=lambda one: one[0]
        )[1:]

    def _scores(
        self, columns: list[tuple[str, ...]], announced: str | None
    ) -> Iterator[tuple[float, str, int]]:
        for name, form in self.forms.items():
            found = {hit.column: hit.rank for levels in columns if (hit := self.look(name, levels))}
            count = sum(not self.person(name, c) for c in found)
            sign = [c in found for c in form.get("recognise", ())]
            missing = sum(
                c not in found and not self.stand_ins(name, c) & found.keys()
                for c in self.required(name)
            )
            # a first synonym is the form's own word: it decides between forms that share their synonyms
            score = (
                count
                + 0.2 * sum(rank <= 0 for rank in found.values())
                - 4.0 * missing
                + 0.5 * sum(sign)
            )
            score += 3.0 if name == announced else 0.0
            if score > 0 and count >= 2 and (name == announced or all(sign) or count >= 6):
                yield score, name, missing

    def rivals(self, form: str, columns: Iterable[str]) -> list[tuple[str, str]]:
        """类型, 性质 ...: columns found whose heading may mean another one as well (`or`) that was not found."""
        specs = self.forms[form]["columns"]
        return [
            (c, specs[c]["or"])
            for c in columns
            if "or" in specs[c] and specs[c]["or"] not in columns
        ]

    def more_of(self, form: str, column: str, than: str, cells: Iterable[object]) -> bool:
        """Whether more of the cells stand in the closed list of `column` than in that of another column."""
        keys = [plain(c) for c in cells if isinstance(c, str)]
        lists = [self.values[self.forms[form]["columns"][c]["type"]] for c in (column, than)]
        words = [
            {plain(word) for key, some in entries.items() for word in (key, *some)}
            for entries in lists
        ]
        return sum(k in words[0] for k in keys) > sum(k in words[1] for k in keys)

    def announced(self, *texts: str) -> str | None:
        """The form that the first telling of these texts (sheet title, sheet name, file name) names.

        Of several the longest word decides, then the earliest: 党建指导员联系两新组织情况统计表 is of instructors. That a
        table counts (情况统计表) says less than what it counts: 党费返还情况统计表 is of funds.
        """
        for word in map(plain, texts):
            if hits := [
                (*self._weight(name, title), -word.index(title), name)
                for title, name in self._titles
                if title and title in word
            ]:
                return max(hits)[-1]
        return None

    def _weight(self, form: str, title: str) -> tuple[bool, int, bool]:
        """What of several titles decides: more than items, the longer one, the project's own form."""
        spec = self.forms[form]
        return spec.get("layout") != "items", len(title), bool(spec.get("own"))

    def nearest(self, form: str, heading: str) -> list[str]:
        """First names of the columns whose headings look most like this one."""
        specs = self.forms[form]["columns"].values()
        names = {w: s["names"][0] for s in specs if not s.get("person") for w in s["names"]}
        return list(dict.fromkeys(names[w] for w in near(squeeze(heading), names, n=5)))[:3]
