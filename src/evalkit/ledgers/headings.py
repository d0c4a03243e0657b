"""Column headings as offices write them, and the canonical columns they stand for.

A heading is compared after NFKC, without blanks, line breaks, leading numbers and a unit in brackets; a two-level
heading as ``group + lower`` and by its parts. A user's mapping wins over the codebook's synonyms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from evalkit.ledgers import persons
from evalkit.problems import near

UNIT_WORDS = ("万元", "千元", "百万元", "亿元", "元", "人次", "家次", "人", "名", "家", "个", "户", "次", "场", "分", "星", "岁", "%", "㎡")
MONEY_UNITS = ("百万元", "亿元", "万元", "千元", "元")
_UNIT = re.compile(r"(?:单位[::]?)?(" + "|".join(sorted(UNIT_WORDS, key=len, reverse=True)) + r")(?:/?年)?")
_BRACKET = re.compile(r"[(\[{【〔〈《]([^)\]}】〕〉》]*)[)\]}】〕〉》]")
_LEAD = re.compile(r"^(?:\d{1,2}[.、)]|[*※★]+)+|[*※★::]+$")
_PUNCTUATION = re.compile(r"[()\[\]{}【】〔〕《》<>“”\"'、,.;:/\\|_\-—~·*]")


def squeeze(text: object) -> str:
    """NFKC without any blank, line break or zero-width character."""
    folded = unicodedata.normalize("NFKC", str(text))
    return re.sub(r"[\s\u200b\ufeff\u3000]+", "", folded)


def plain(text: object) -> str:
    """A heading or a synonym for comparison: squeezed, without brackets, punctuation and a leading number."""
    return _PUNCTUATION.sub("", _LEAD.sub("", squeeze(text))).upper()


# words that change nothing, and words that mean the same, in headings: 所属乡镇 = 乡镇, 经营状况 = 经营状态
_LOOSE = re.compile(r"^(?:所属|所在|其中|现有|目前|本年度?|当年|全年|年度|本单位|单位现有)|(?:情况|人数|数量|个数|总数|数|名称|金额)$")
_SAME = (
    ("时间", "日期"),
    ("状况", "状态"),
    ("职工", "员工"),
    ("乡镇街道", "街道乡镇"),
    ("镇街道", "街道乡镇"),
    ("企业社会组织", "单位"),
    ("企业组织", "单位"),
)


def loosened(key: str) -> str:
    """A key without what changes nothing; only used where no exact synonym fits and one column alone answers to it."""
    for word, other in _SAME:
        key = key.replace(word, other)
    while (shorter := _LOOSE.sub("", key)) != key and len(shorter) >= 2:
        key = shorter
    return key


@lru_cache(maxsize=20_000)
def heading_keys(text: object) -> tuple[tuple[str, ...], str | None]:
    """The ways in which a heading may be looked up, most exact first, and the unit in its brackets."""
    word = squeeze(text)
    unit: str | None = None
    keys = [plain(word)]
    for inside in _BRACKET.findall(word):
        if found := _UNIT.fullmatch(inside):
            unit = found[1]
    bare = _BRACKET.sub("", word)
    if bare != word:
        keys.append(plain(bare)) if unit is None else keys.insert(0, plain(bare))
    tail = re.fullmatch(r"(.+?)[,,/::](?:单位[::]?)?(" + "|".join(UNIT_WORDS) + r")", word)
    if tail and unit is None:
        unit = tail[2]
        keys.append(plain(tail[1]))
    return tuple(dict.fromkeys(k for k in keys if k)), unit


_MADE: dict[tuple[int, tuple[tuple[str, str], ...]], tuple[object, Headings]] = {}


def headings_of(codebook: Any, mapping: Mapping[str, str] | None) -> Headings:
    """The index for a codebook and a user's mapping, made once a process."""
    key = (id(codebook), tuple(sorted((mapping or {}).items())))
    if key not in _MADE or _MADE[key][0] is not codebook:
        if len(_MADE) > 8:
            _MADE.clear()
        _MADE[key] = (codebook, Headings(codebook.headings, mapping))
    return _MADE[key][1]


@dataclass(frozen=True)
class Found:
    """What one heading cell stands for in one form."""

    column: str
    rank: int
    unit: str | None


class Headings:
    """The codebook's forms, indexed for look-up; one per reading."""

    def __init__(self, headings: Mapping[str, Any], mapping: Mapping[str, str] | None = None):
        body = headings.get("headings", headings)
        self.forms: dict[str, Any] = {name: dict(form) for name, form in body["forms"].items()}
        self.values: Mapping[str, Any] = body.get("values", {})
        self.total_words: tuple[str, ...] = tuple(body.get("totals", ("合计", "总计", "小计", "共计", "累计")))
        self.mapping = {plain(k): str(v) for k, v in (mapping or {}).items()}
        self._index: dict[str, dict[str, tuple[str, int]]] = {}
        self._loose: dict[str, dict[str, str]] = {}
        for name, form in self.forms.items():
            index: dict[str, tuple[str, int]] = {}
            for column, spec in form["columns"].items():
                for rank, word in enumerate(spec["names"]):
                    for key in heading_keys(word)[0]:
                        index.setdefault(key, (column, rank))
            self._index[name] = index
            loose: dict[str, set[str]] = {}
            for key, (column, _) in index.items():
                loose.setdefault(loosened(key), set()).add(column)
            self._loose[name] = {key: next(iter(columns)) for key, columns in loose.items() if len(columns) == 1}
        self._titles = {n: [plain(t) for t in (f["name"], *f.get("titles", ()))] for n, f in self.forms.items()}
        self._known: dict[object, bool] = {}
        self._looked: dict[tuple[str, tuple[str, ...]], Found | None] = {}

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(key for index in self._index.values() for key in index) | frozenset(self.mapping)

    def known(self, cell: object) -> bool:
        """Whether a cell's text is a heading of any form (remembered: called for many cells)."""
        try:
            return self._known[cell]
        except KeyError:
            pass
        answer = False
        if isinstance(cell, str) and 0 < len(cell) <= 40:
            keys, _ = heading_keys(cell)
            answer = any(key in self.words for key in keys)
        if len(self._known) < 50_000:
            self._known[cell] = answer
        return answer

    def look(self, form: str, levels: tuple[str, ...]) -> Found | None:
        """The column of `form` under a heading of one or more levels (from the top); remembered."""
        if (form, levels) not in self._looked:
            self._looked[form, levels] = self._look(form, levels)
        return self._looked[form, levels]

    def _look(self, form: str, levels: tuple[str, ...]) -> Found | None:
        parts = [heading_keys(level) for level in levels if squeeze(level)]
        if not parts:
            return None
        unit = next((u for _, u in reversed(parts) if u), None)
        keys: list[str] = []
        if len(parts) > 1:
            group, lower = parts[-2][0], parts[-1][0]
            stems = [*group, *(g.removesuffix(end) for g in group for end in ("人数", "总数", "情况", "来源", "数"))]
            keys += [a + b for a in stems for b in lower] + [b + a for a in stems for b in lower]
        keys += parts[-1][0]
        for key in keys:
            if (column := self._mapped(form, key)) is not None:
                return Found(column, -1, unit) if column else None
        for key in keys:
            if hit := self._index[form].get(key):
                return Found(hit[0], hit[1], unit)
        for key in keys:
            column = self._loose[form].get(loosened(key))
            if column is None:
                continue
            counts = self.forms[form]["columns"][column]["type"] in ("int", "number")
            if counts or not re.search(r"数量?$", key):  # 单位数 is a count, never 单位
                return Found(column, 99, unit)
        return None

    def _mapped(self, form: str, key: str) -> str | None:
        """The user's own word for a heading: a column, its Chinese name, or '' for a column to be left out."""
        wanted = self.mapping.get(key)
        if wanted is None:
            return None
        if wanted in ("", "-", "忽略", "不用"):
            return ""
        column = wanted.rpartition(".")[2]
        if column in self.forms[form]["columns"]:
            return column
        hit = self._index[form].get(plain(wanted))
        return hit[0] if hit else None

    def person(self, form: str, column: str) -> bool:
        return bool(self.forms[form]["columns"][column].get("person"))

    def best_form(self, columns: Iterable[tuple[str, ...]], announced: str | None) -> tuple[str | None, int]:
        """The form that most headings of a row belong to; a title that announces one counts as three headings.

        A form needs its required columns, and its `recognise` columns where no title announces it.
        """
        columns = list(columns)
        best: tuple[float, str | None, int] = (0.0, None, 0)
        for name, form in self.forms.items():
            found = {hit.column: hit.rank for levels in columns if (hit := self.look(name, levels))}
            count = sum(1 for c in found if not form["columns"][c].get("person"))
            sure = name == announced or all(c in found for c in form.get("recognise", ())) or count >= 6
            if count < 2 or not sure:
                continue
            specs = form["columns"]
            missing = [c for c, s in specs.items() if s.get("required") and c not in found]
            # a first synonym is the form's own word: it decides between forms that share their synonyms
            score = count + 0.2 * sum(1 for c, rank in found.items() if rank <= 0) - 4.0 * len(missing)
            score += 3.0 if name == announced else 0.0
            score += 0.5 * sum(1 for c in form.get("recognise", ()) if c in found)
            if score > best[0]:
                best = (score, name, len(missing))
        return best[1], best[2]

    def announced(self, *texts: str) -> str | None:
        """The form that the first telling of these texts (sheet title, sheet name, file name) names."""
        for text in texts:
            word = plain(text)
            hits = [(len(t), name) for name, titles in self._titles.items() for t in titles if t and t in word]
            if hits:
                return max(hits)[1]
        return None

    def nearest(self, form: str, heading: str) -> list[str]:
        """First names of the columns whose headings look most like this one."""
        names = {w: s["names"][0] for s in self.forms[form]["columns"].values() if not s.get("person") for w in s["names"]}
        return list(dict.fromkeys(names[w] for w in near(squeeze(heading), names, n=5)))[:3]

    def person_kind(self, heading: str) -> str | None:
        """The kind of personal datum that a heading announces (姓名, 电话 ...), if any."""
        return persons.heading_kind(heading)
