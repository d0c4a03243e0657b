"""Area and period of a ledger: column, sheet title, sheet name, file name, folder, in this order.

An area is a path of names (演示省/演示01区/城关镇). Each source may tell some levels of it; the first source in the
order wins for its level, and a different word further down is a question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from evalkit.ledgers.headings import squeeze

# level of a name by its ending; 4 stands for 镇街, 园区 and industry committees alike
_ENDINGS = (
    (1, ("自治区", "省")),
    (2, ("自治州", "地区", "盟", "市", "州")),
    (3, ("自治县", "新区", "高新区", "开发区", "区", "县", "旗")),
    (4, ("街道办事处", "街道", "产业园区", "工业园区", "产业园", "工业园", "园区", "集聚区", "镇", "乡", "行业党委", "行业综合党委")),
)
_LEVEL = {ending: level for level, endings in _ENDINGS for ending in endings}
_ALL = sorted(_LEVEL, key=len, reverse=True)
_NAME = re.compile(r"[\u4e00-\u9fffA-Za-z]*?\d{0,3}[\u4e00-\u9fff]*?(?:" + "|".join(_ALL) + r")")
_NOISE = re.compile(
    r"中共|中国共产党|盖章|(?<!\d)(?:19|20)?\d{2}年度?|(?<!\d)(?:19|20)\d{2}(?!\d)|\d{1,2}月\d{1,2}日|\d{1,2}月份?|截[至止]|填报单位|上报单位|报送单位|填表单位|编制单位|单位名称|单位"
    r"|[一二三四五六七八九十]{1,3}、|上半年|下半年|全年|第[一二三四]季度|附件\d*|附表\d*|表\d+|最终版?|终稿|定稿|修改稿|副本|新版|v\d+",
    re.I,
)
_STOP = re.compile(
    r"两新|非公|新兴领域|社会组织|党组织|党建|组织台账|经费|指导员|活动|星级|工作报表|台账|各|全|区县|镇街|县市|市县|乡镇|乡镇街道|园区党"
)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)|(?<!\d)(\d{2})年|(?<!\d)((?:19|20)\d{2})(?=(?:0[1-9]|1[0-2])(?:[0-3]\d)?(?!\d))")


@lru_cache(maxsize=100_000)
def area_names(text: str) -> tuple[tuple[int, str], ...]:
    """(level, name) of the areas named in a text, from the top.

    >>> area_names("演示省演示01区2025年度两新组织台账")
    ((1, '演示省'), (3, '演示01区'))
    """
    word = squeeze(text)
    if not word:
        return ()
    found: list[tuple[int, str]] = []
    for piece in re.split(r"[-_·/\\()\[\]【】,,。;:\s]+", _NOISE.sub(" ", word.replace("(", " ").replace(")", " "))):
        if stop := _STOP.search(piece):
            piece = piece[: stop.start()]
        while piece:
            match = _NAME.match(piece)
            if not match:
                break
            name = match[0]
            rest = piece[len(name) :]
            # 杭州|市, 新市|镇, 工业|园区: an ending right after an ending belongs to the name
            for ending in _ALL:
                if rest.startswith(ending) and (
                    len(rest) == len(ending) or _NAME.match(rest[len(ending) :]) or ending in ("镇", "街道", "市")
                ):
                    name, rest = name + ending, rest[len(ending) :]
                    break
            ending = next(e for e in _ALL if name.endswith(e))
            if len(name) <= len(ending) or len(name) > 15:
                break
            found.append((_level(ending, found), name))
            piece = rest
    return tuple(found)


def _level(ending: str, above: Sequence[tuple[int, str]]) -> int:
    level = _LEVEL[ending]
    taken = {lv for lv, _ in above}
    if ending == "市" and 2 in taken:
        return 3  # a county-level city
    if level == 3 and 3 in taken:
        return 4  # 开发区, 高新区 inside a district
    return level


def year_of(text: str, strict: bool = False) -> str | None:
    """The year that a title, name or folder tells: 2024年度, 24年, 2024, 20241231.

    >>> year_of("截至2024年12月31日"), year_of("24年台账"), year_of("台账最终版2")
    ('2024', '2024', None)
    """
    word = squeeze(text)
    if strict and not re.fullmatch(r"(?:(?:19|20)\d{2}|\d{2}年).{0,12}", word):
        return None
    match = _YEAR.search(word)
    if not match:
        return None
    return match[1] or match[3] or f"20{match[2]}"


def month_of(text: str) -> int | None:
    """The month that a sheet name or title tells: 1月, 2024年3月份, 十二月."""
    word = squeeze(text)
    if match := re.search(r"(?<!\d)(1[0-2]|0?[1-9])月(?!\d{1,2}日)", word):
        return int(match[1])
    if match := re.search(r"(十一|十二|[一二三四五六七八九十])月份?$", word):
        return ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"].index(match[1]) + 1
    return None


@dataclass(frozen=True)
class Place:
    """Area and period of a block, with what disagreed."""

    area: str | None
    period: str | None
    levels: tuple[tuple[int, str], ...]
    conflicts: tuple[tuple[str, str, str], ...]  # (code, found, read)


def locate(sources: Sequence[tuple[str, str]], *, area: str | None = None, period: str | None = None) -> Place:
    """Area and period from named sources in order of trust: (标题, text), (工作表名, text), (文件名, text), (文件夹, path)."""
    path: dict[int, str] = {}
    told: dict[int, str] = {}
    conflicts: list[tuple[str, str, str]] = []
    year, year_told = period, "参数"
    for label, text in sources:
        names = area_names(text) if area is None else ()
        for level, name in names:
            if level not in path:
                if level == 4 and any(n == name for n in path.values()):
                    continue
                path[level], told[level] = name, label
            elif not _same(path[level], name) and name not in path.values():
                conflicts.append(("area_conflict", f"{told[level]}写“{path[level]}”，{label}写“{name}”", path[level]))
        this = year_of(text, strict=label == "文件夹")
        if this and year is None:
            year, year_told = this, label
        elif this and this != year and year_told != "参数":
            conflicts.append(("period_conflict", f"{year_told}写“{year}”，{label}写“{this}”", str(year)))
    levels = tuple(sorted(path.items()))
    if area is not None:
        return Place(area, year, tuple((0, n) for n in area.split("/")), tuple(conflicts))
    return Place("/".join(n for _, n in levels) or None, year, levels, tuple(dict.fromkeys(conflicts)))


def _same(a: str, b: str) -> bool:
    """城关 and 城关镇 are one name."""
    return a == b or a.startswith(b) or b.startswith(a)


def below(place: Place, value: str) -> tuple[str | None, str | None]:
    """The area of a row whose own column says `value` (镇街, 区县 ...), and the word it contradicts, if any.

    >>> below(locate([("文件夹", "演示省/演示01区")]), "城关镇")
    ('演示省/演示01区/城关镇', None)
    """
    word = re.sub(r"\s", "", squeeze(value)).strip("/")
    if not word:
        return place.area, None
    names = list(area_names(word))
    if "/" in word and not names:
        names = [(4, word.rpartition("/")[2])]
    if not names:
        names = [(4, word)]
    explicit = bool(place.levels) and place.levels[0][0] == 0
    if explicit:  # a path given by the caller: only what lies below it
        base = [n for _, n in place.levels]
        rest = [n for _, n in names if not any(_same(n, b) for b in base)]
        return "/".join([*base, *rest[-1:]] if names[-1][1] not in base else base), None
    path, against = dict(place.levels), None
    for level, name in names:
        have = path.get(level)
        if have is not None and _same(have, name):
            continue
        if name in path.values():
            continue
        if have is not None:
            against = have
            path = {lv: n for lv, n in path.items() if lv < level}
        path[level] = name
    return "/".join(n for _, n in sorted(path.items())), against


@lru_cache(maxsize=100_000)
def district_of(area: str | None) -> str:
    """The district (or what stands for it) of an area's path: without its 镇街, 园区; "" where it is not told.

    >>> district_of("演示省/演示01区/城关镇"), district_of("演示省/演示01区"), district_of("城关镇")
    ('演示省/演示01区', '演示省/演示01区', '')
    """
    if not area:
        return ""
    head, _, last = area.rpartition("/")
    names = area_names(last)
    if not head:
        return "" if names and names[0][0] == 4 else area
    upper = area_names(head.rpartition("/")[2])
    return head if not names or names[0][0] == 4 or (upper and upper[0][0] >= 3) else area
