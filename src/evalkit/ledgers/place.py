"""Area and period of a ledger: column, sheet title, sheet name, file name, folder, in this order.

An area is a path of names (演示省/演示01区/城关镇). Each source may tell some levels of it; the first source in the
order wins for its level, and a different word further down is a question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from evalkit.ledgers.findings import RULES
from evalkit.ledgers.headings import squeeze
from evalkit.ledgers.part_of_year import WHOLE_YEAR, Part, part_in
from evalkit.world.area import WHOLE_NAMES, Area
from evalkit.world.period import Period

_WORDS = RULES["place"]
_LEVEL: dict[str, int] = {
    ending: int(level) for level, endings in _WORDS["endings"].items() for ending in endings
}
_ALL = sorted(_LEVEL, key=len, reverse=True)
ENDINGS = tuple(ending for ending in _ALL if _LEVEL[ending] < 5)
_NAME = re.compile(r"[\u4e00-\u9fffA-Za-z]*?\d{0,3}[\u4e00-\u9fff]*?(?:" + "|".join(_ALL) + r")")
_ZONE = re.compile(r"(?:新区|高新区|开发区|管委会)$")
_COMMUNITY = re.compile(f"(?:{'|'.join(e for e, level in _LEVEL.items() if level > 4)})$")
LOWEST = ("township", "park", "community")
_PROSE = 60  # characters of a text that tells more than where and when
_LONGEST = 20  # characters of a name: 双江拉祜族佤族布朗族傣族自治县 has 15
_NOISE = re.compile("|".join(_WORDS["noise"]), re.I)
_STOP = re.compile("|".join(_WORDS["stop"]))
_ORDINAL = re.compile(
    r"^\(?(?:\d{1,3}|[A-Za-z])[).、_\-]*(?=[\u4e00-\u9fff](?<![区县市州镇乡街旗盟年月度级号师团]))"
)  # 03青石街道.xlsx
_BETWEEN = re.compile(r"[-_·/\\()\[\]【】:\s]+")
_YEAR = re.compile(
    r"(?<!\d)((?:19|20)\d{2})(?:(?!\d)|(?=(?:0[1-9]|1[0-2])(?:[0-3]\d)?(?!\d)))|(?<!\d)(\d{2})年"
)
_MONTHS = "一 二 三 四 五 六 七 八 九 十 十一 十二".split()


@lru_cache(maxsize=100_000)
def area_names(text: str) -> tuple[tuple[int, str], ...]:
    """(level, name) of the areas named at the start of a title or of its parts, from the top; of a sentence, the first clause.

    >>> area_names("演示省演示01区2025年度两新组织台账")
    ((1, '演示省'), (3, '演示01区'))
    """
    found: list[tuple[int, str]] = []
    word = _ORDINAL.sub("", squeeze(text))
    clause = next((c for c in re.split("[,。;!?]", _NOISE.sub(" ", word)) if c.strip()), "")
    for piece in _BETWEEN.split(clause):
        if stop := _STOP.search(piece):
            piece = piece[: stop.start()]
        while match := _NAME.match(piece):
            name, rest = match[0], piece[match.end() :]
            # 杭州|市, 新市|镇, 工业|园区: an ending right after an ending belongs to the name
            for ending in (e for e in _ALL if _LEVEL[e] < 5):
                after = rest[len(ending) :]
                if rest.startswith(ending) and (
                    not after or _NAME.match(after) or ending in ("镇", "街道", "市")
                ):
                    name, rest = name + ending, after
                    break
            ending = next(e for e in _ALL if name.endswith(e))
            is_bare_ending = name == ending and name not in WHOLE_NAMES
            if is_bare_ending or len(name) > _LONGEST:
                break
            level = _level(ending, above := {upper for upper, _ in found})
            if level < 5 or 4 not in above:
                found.append((min(level, 4), name))
            piece = rest
    return tuple(found)


def _level(ending: str, above: set[int]) -> int:
    if ending == "市" and 2 in above:
        return 3  # a county-level city
    return (
        4 if _LEVEL[ending] == 3 and 3 in above else _LEVEL[ending]
    )  # 开发区, 高新区 inside a district


def year_of(text: str, strict: bool = False) -> str | None:
    """The year that a title, name or folder tells: 2024年度, 24年, 2024, 20241231.

    >>> year_of("截至2024年12月31日"), year_of("24年台账"), year_of("台账最终版2")
    ('2024', '2024', None)
    """
    word = squeeze(text)
    if strict and not re.fullmatch(r"(?:(?:19|20)\d{2}|\d{2}年).{0,12}", word):
        return None
    match = _YEAR.search(word)
    return (match[1] or f"20{match[2]}") if match else None


def month_of(text: str) -> int | None:
    """The month that a sheet name or title tells: 1月, 2024年3月份, 十二月."""
    word = squeeze(text)
    if match := re.search(r"(?<!\d)(1[0-2]|0?[1-9])月(?!\d{1,2}日)", word):
        return int(match[1])
    match = re.search(r"(十一|十二|[一二三四五六七八九十])月份?$", word)
    return _MONTHS.index(match[1]) + 1 if match else None


@dataclass(frozen=True)
class Place:
    """Area and period of a block, with what disagreed.

    Attributes
    ----------
    since
        Words that count from the beginning of the year (前三季度, 1—9月): no period is that of what they count.
    """

    area: str | None
    period: str | None
    levels: tuple[tuple[int, str], ...] = ()
    conflicts: tuple[tuple[str, str, str], ...] = ()  # (code, found, read)
    since: str = ""


@dataclass
class _When:
    """The part of the year that the sources tell, the first of them that tells one."""

    part: Part | None = None
    told: str = ""
    whole: str = ""  # which source says that it is of the whole year (年度)
    since: str = ""

    def hear(self, label: str, text: str, year: str | None) -> tuple[str, str, str] | None:
        """Take in what a source says; a conflict with what was said before, if any.

        Parameters
        ----------
        year
            What the sources up to this one tell.
        """
        if len(text) > _PROSE:
            return None
        said = part_in(text)
        if said is not None and said.year and year and said.year != year:
            return None  # 2025年四季度, in a file of January 2026
        if said is None:
            if year and self.part is None and WHOLE_YEAR.search(text):
                self.whole = self.whole or label
            return None
        if said.kind == "since":
            self.since = self.since or said.said
            return None
        if self.part is None:
            if self.whole and said.kind == "month":
                return None  # 2025年度, in a file that bears the month in which it was made
            self.part, self.told = said, label
            if self.whole:
                return (
                    "period_conflict",
                    f"{self.whole}写“年度”，{label}写“{said.said}”",
                    said.said,
                )
        elif (said.kind, said.number) != (self.part.kind, self.part.number):
            if year is not None and _inside(said, self.part, year):
                self.part, self.told = said, label  # 7月 below a folder 三季度
            elif year is None or not _inside(self.part, said, year):
                found = f"{self.told}写“{self.part.said}”，{label}写“{said.said}”"
                return ("period_conflict", found, self.part.said)
        return None


def _inside(part: Part, other: Part, year: str) -> bool:
    """Whether the one part of a year lies in the other."""
    one, around = part.of(year), other.of(year)
    return (
        one is not None and around is not None and Period.parse(around).contains(Period.parse(one))
    )


def locate(
    sources: Sequence[tuple[str, str]], *, area: str | None = None, period: str | None = None
) -> Place:
    """Area and period from named sources in order of trust: (标题, text), (工作表名, text), (文件名, text), (文件夹, path)."""
    path: dict[int, str] = {}
    told: dict[int, str] = {}
    conflicts: list[tuple[str, str, str]] = []
    year, year_told = period, "参数"
    when = _When()
    for label, text in sources:
        for level, name in area_names(text) if area is None else ():
            if level not in path:
                if level != 4 or name not in path.values():
                    path[level], told[level] = name, label
            elif level == 3 and 4 not in path and _lies_inside(path[3], name):
                path[4], told[4] = path[3], told[3]  # 经济开发区 in the folder of 云台县
                path[3], told[3] = name, label
            elif not _same(path[level], name) and name not in path.values():
                conflicts.append(
                    (
                        "area_conflict",
                        f"{told[level]}写“{path[level]}”，{label}写“{name}”",
                        path[level],
                    )
                )
        this = year_of(text, strict=label == "文件夹")
        if this and year is None:
            year, year_told = this, label
        elif this and this != year and year_told != "参数":
            conflicts.append(
                ("period_conflict", f"{year_told}写“{year}”，{label}写“{this}”", str(year))
            )
        if period is None and (odd := when.hear(label, text, year)):
            conflicts.append(odd)
    if when.part is not None and year is not None:
        year = when.part.of(year)
    if area is not None:
        levels = tuple((0, n) for n in area.split("/"))
        return Place(area, year, levels, tuple(conflicts), when.since)
    levels = tuple(sorted(path.items()))
    return Place(
        "/".join(n for _, n in levels) or None,
        year,
        levels,
        tuple(dict.fromkeys(conflicts)),
        when.since,
    )


def _same(a: str, b: str) -> bool:
    """城关 and 城关镇 are one name, and so are 经济开发区 and 开发区."""
    inside = any(x.endswith(y) and y in WHOLE_NAMES for x, y in ((a, b), (b, a)))
    return a.startswith(b) or b.startswith(a) or inside


def _lies_inside(name: str, other: str) -> bool:
    """Whether a name that may be a county's or a county's zone (经济开发区) is a zone of the other one (云台县)."""
    return bool(_ZONE.search(name)) and not _ZONE.search(other) and not _same(name, other)


def below(place: Place, value: str, lowest: int = 4) -> tuple[str | None, str | None]:
    """The area of a row whose own column says `value` (镇街, 区县 ...), and the word it contradicts, if any.

    `lowest` is the level of a name that does not tell its own: that of the column.

    >>> below(locate([("文件夹", "演示省/演示01区")]), "城关镇")
    ('演示省/演示01区/城关镇', None)
    """
    word = squeeze(value).strip("/")
    if not word:
        return place.area, None
    names = list(area_names(word)) or [(lowest, word.rpartition("/")[2])]
    if (
        place.levels and place.levels[0][0] == 0
    ):  # a path given by the caller: only what lies below it
        base = [n for _, n in place.levels]
        rest = [n for _, n in names if not any(_same(n, b) for b in base)]
        return "/".join([*base, *rest[-1:]] if names[-1][1] not in base else base), None
    path, against = dict(place.levels), None
    for level, name in names:
        have = path.get(level)
        if have is not None and _COMMUNITY.search(name):
            continue
        if name in path.values() or (have is not None and _same(have, name)):
            continue
        if have is not None:
            against = have
            path = {lv: n for lv, n in path.items() if lv < level}
        path[level] = name
    return "/".join(n for _, n in sorted(path.items())), against


def levels_of(area: str | None) -> tuple[tuple[int, str], ...]:
    """The levels of a path's parts, by their endings, else by their order."""
    parts = area.split("/") if area else []
    return tuple(
        (names[0][0] if (names := area_names(part)) else i + 1, part)
        for i, part in enumerate(parts)
    )


@lru_cache(maxsize=100_000)
def district_of(area: str | None) -> str:
    """The district (or what stands for it) of an area's path: without its 镇街, 园区; "" where it is not told.

    >>> district_of("演示省/演示01区/城关镇"), district_of("演示省/演示01区"), district_of("城关镇")
    ('演示省/演示01区', '演示省/演示01区', '')
    """
    if not isinstance(area, str) or not area:
        return ""
    home = Area.of(area).district()
    # a 镇街 or 园区 alone does not tell its district
    return "" if home.depth == 1 and home.level in LOWEST else home.path
