"""The structure of a sheet: which rows are titles, headings, records, totals and notes.

Pure functions over a `RawSheet`'s grid; what a column means is `headings`' business, what a cell says `values`'.
A sheet becomes blocks: a block is a run of records under one heading, with one set of units.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from evalkit.ledgers import persons
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.findings import finding
from evalkit.ledgers.headings import MONEY_UNITS, Headings, plain, squeeze
from evalkit.problems import Problem

_NOTE = re.compile(r"^[(\[【]?(注|说明|备注|填表说明|填报说明|数据来源|附注|备注说明)\d*[\])】]?[::.、)]|^(注|说明|备注)$")
_SIGNED = re.compile(r"(填表人|填报人|制表人?|审核人?|负责人|联系人|联系电话|电话|复核人?|经办人|主管领导|签字|盖章|领导)[::]")
_UNIT_ROW = re.compile(r"(?:单位|金额单位|计量单位|货币单位)[::]?[(\[]?((?:[人名家个户次场]|人次|[/、,,]|百万元|亿元|万元|千元|元)+)")
_PLACE_ROW = re.compile(
    r"(填报单位|上报单位|报送单位|填表单位|编制单位|单位(名称)?|填报时间|填表日期|填报日期|统计时间|截止日期|截止时间)[::]"
)
_SKIP_NAME = re.compile(r"字典|下拉|选项|代码表|填报说明|填表说明|使用说明|^说明$|封面|目录|示例|样例|样表|Sheet_?dict", re.I)
# a name that can be neither heading nor total nor note: most of them are, so they are let through at once
_NAME = re.compile(
    r"(?!注|说明|备注|附注|填|制表|审核|复核|负责|联系|单位|金额|计量|上报|报送|编制|数据).{3,}(?:公司|厂|店|院|校|园|社|中心|事务所|基金会|协会|商会|学会|党支部|联合支部)$"
)
_RENAME = "改用规定的表头，或在 mapping.yml 里写明它是哪一列"
_AMOUNT = re.compile(r"^\s*[约近逾]?[\d,.，]+(余|多)?[百千万亿]*元?\s*$")
_SUMMARY_NAME = re.compile(r"汇总|总表|统计分析|透视|合计|一览")


@dataclass(frozen=True)
class Block:
    """Records of one sheet under one heading."""

    sheet: RawSheet
    form: str
    columns: dict[str, tuple[int, str | None]]  # canonical column -> (index, unit in its heading)
    headings: dict[str, str]  # canonical column -> heading as written
    money_unit: str | None  # of the unit row above
    titles: tuple[str, ...]  # texts above the heading
    section: str  # a title row between records
    rows: list[int]  # indices into sheet.rows
    totals: list[tuple[int, str]]  # (index, label), in order, each after the rows it may sum
    notes: list[str] = field(default_factory=list)  # 注 below, shared by the blocks of a sheet


@dataclass
class Structure:
    """What became of a sheet's rows; every non-blank row is in exactly one count."""

    blocks: list[Block] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    reason: str = ""  # why nothing of it is counted


def letter(index: int) -> str:
    """Excel's letters of a column, from 0."""
    text, index = "", index + 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text


def is_total(cell: object, words: Iterable[str]) -> bool:
    """小计, 合计, 总计 ... alone, with a name before it (城关镇小计) or in brackets after it."""
    if not isinstance(cell, str) or len(cell) > 24:
        return False
    text = re.sub(r"[(\[].*?[)\]]|[::]$", "", squeeze(cell))
    return len(text) <= 14 and any(text == w or (text.endswith(w) and not text.endswith(("会计", "统计"))) for w in words)


def _blank(cell: object) -> bool:
    return cell is None or cell == "" or (isinstance(cell, str) and not cell.strip())


def _texts(row: list[object]) -> list[tuple[int, str]]:
    return [(i, str(c)) for i, c in enumerate(row) if not _blank(c)]


def _is_heading(row: list[object], headings: Headings) -> bool:
    filled = hits = 0
    for cell in row:
        if type(cell) is str:
            if cell and not cell.isspace():
                filled += 1
                hits += headings.known(cell)
        elif cell is not None:
            return False
    return hits >= 2 and hits * 2 >= filled


def _is_lower(upper: list[object], row: list[object]) -> bool:
    """Whether `row` is the second level of the heading `upper`: it fills only what a group of `upper` spans."""
    spans = open_group = False
    for i, cell in enumerate(row):
        above = upper[i] if i < len(upper) else ""
        after = upper[i + 1] if i + 1 < len(upper) else "x"
        if not _blank(above):
            open_group = _blank(after)
        if _blank(cell) or cell == above:
            continue
        if type(cell) is not str or not open_group or (re.search(r"\d{2}", cell) and not re.search(r"\d{4}年", cell)):
            return False
        spans = spans or _blank(above)
    return spans


def _levels(rows: list[list[object]]) -> dict[int, tuple[str, ...]]:
    """Heading texts of every column from the top; a group's text runs right until the next one."""
    width = max(map(len, rows))
    result: dict[int, tuple[str, ...]] = {}
    group = ""
    for i in range(width):
        texts = [str(r[i]) if i < len(r) and not _blank(r[i]) else "" for r in rows]
        if len(rows) > 1:
            if texts[0]:
                group = texts[0]
            elif any(texts[1:]):
                texts[0] = group
            for level in range(1, len(texts) - 1):  # a middle level runs right as well
                if not texts[level] and texts[-1] and i - 1 in result and len(result[i - 1]) == len(texts):
                    texts[level] = result[i - 1][level]
        if any(texts):
            result[i] = tuple(t for j, t in enumerate(texts) if t and (j == 0 or t != texts[j - 1]))
    return result


def _money_unit(texts: Iterable[str]) -> str | None:
    for text in texts:
        for found in _UNIT_ROW.findall(squeeze(text)):
            for unit in MONEY_UNITS:
                if unit in found:
                    return unit
    return None


def skip_reason(sheet: RawSheet) -> str:
    """Why a sheet is left out by its name alone: dictionary, cover, example; '' where it is not."""
    return "名称表明是字典、封面、说明或示例" if _SKIP_NAME.search(squeeze(sheet.name)) else ""


def is_summary(sheet: RawSheet) -> bool:
    return bool(_SUMMARY_NAME.search(squeeze(sheet.name)))


def fill_down(sheet: RawSheet) -> list[list[object]]:
    """The rows, in place: vertical merges carry their text or date to every row; a merged number stays one number."""
    rows, base = sheet.rows, sheet.first_row
    for r1, c1, r2, _ in sheet.merges:
        first, last, column = r1 - base, min(r2 - base, len(rows) - 1), c1 - 1
        if r2 <= r1 or first < 0 or first > last or column >= len(rows[first]):
            continue
        value = rows[first][column]
        if isinstance(value, int | float) or (isinstance(value, str) and _AMOUNT.match(value)):
            continue
        for i in range(first + 1, last + 1):
            if column < len(rows[i]) and _blank(rows[i][column]):
                rows[i][column] = value
    return rows


def structure(sheet: RawSheet, headings: Headings, announced: str | None = None) -> Structure:
    """Split a sheet into blocks.

    Parameters
    ----------
    announced
        The form that the file's name tells, used where neither sheet title nor sheet name tells one.
    """
    out = Structure(counts={"heading": 0, "total": 0, "note": 0, "title": 0, "kept": 0, "reported": 0})
    rows, total_words = fill_down(sheet), headings.total_words
    pending: list[tuple[int, str]] = []  # texts of rows that belong above the next heading
    levels: dict[int, tuple[str, ...]] = {}
    block: Block | None = None
    key, nullable, money, section = -1, False, None, ""
    memo: dict[object, bool] = {}
    count = out.counts
    i, size = 0, len(rows)

    def close() -> None:
        nonlocal block
        if block is not None and (block.rows or block.totals):
            out.blocks.append(block)
        block = None

    def open_block() -> Block:
        old = block
        assert old is not None
        return Block(sheet, old.form, old.columns, old.headings, money, old.titles, section, [], [], old.notes)

    while i < size:
        row = rows[i]
        if block is not None and key < len(row):
            cell = row[key]
            ordinary = memo.get(cell)
            if ordinary is None:  # decided once for each different text in the key column
                ordinary = memo[cell] = (type(cell) is str and _NAME.match(cell) is not None) or not (
                    _blank(cell) or headings.known(cell) or (isinstance(cell, str) and (is_total(cell, total_words) or _special(cell)))
                )
            first = row[0]
            alone = key == 0 and len(block.columns) > 3 and len(row) - row.count("") == 1
            if ordinary and not alone and not (type(first) is str and "计" in first and is_total(first, total_words)):
                block.rows.append(i)
                i += 1
                continue
        texts = _texts(row)
        if not texts:
            i += 1
            continue
        if _is_heading(row, headings):
            top = i
            if i and pending and pending[-1][0] == i - 1 and _is_group(rows[i - 1], row):
                top = i - 1
                pending = [p for p in pending if p[0] != top]
                count["title"] -= 1
            bottom = i
            while bottom + 1 < size and bottom - top < 2 and _is_lower(rows[bottom], rows[bottom + 1]):
                bottom += 1
            close()
            levels = _levels(rows[top : bottom + 1])
            above = tuple(t for _, t in pending)
            out.titles += above
            told = headings.announced(*above, sheet.name) or announced
            form, missing = headings.best_form(levels.values(), told)
            money = _money_unit(above) or (money if not above else None)
            section = ""
            count["heading"] += bottom - top + 1
            i = bottom + 1
            pending = []
            if form is None:
                out.reason = "表头里认识的列太少"
                for index, heading_texts in levels.items():  # a roster of persons is said as such
                    if kind := headings.person_kind(heading_texts[-1]):
                        out.problems.append(personal(sheet.file, f"{sheet.name}!{letter(index)}{sheet.first_row + top}", kind))
                continue
            if missing:
                required = [s["names"][0] for s in headings.forms[form]["columns"].values() if s.get("required")]
                out.reason = f"像是{headings.forms[form]['name']}，但缺少必要的列（{'、'.join(required)}）"
                continue
            block, found_problems = _columns(sheet, form, levels, headings, top, above, money)
            out.problems += found_problems
            required_here = [c for c, s in headings.forms[form]["columns"].items() if s.get("required")]
            key = block.columns[required_here[0]][0]
            nullable = headings.forms[form]["table"] in ("funds", "activities")
            memo = {}
            continue
        label = next((t for j, t in texts[:4] if is_total(t, total_words)), None)
        if block is not None and label is not None:
            block.totals.append((i, squeeze(label)))
            count["total"] += 1
        elif _remark(texts):
            out.problems += _signed(sheet, i, texts)
            count["note"] += 1
            if block is not None:
                block.notes.extend(t for _, t in texts)
        elif (unit := _money_unit(t for _, t in texts)) and len(texts) <= 3:
            money = unit
            count["title"] += 1
            pending += [(i, t) for _, t in texts if not _SIGNED.search(squeeze(t))]
            if block is not None:
                nxt = open_block()
                close()
                block = nxt
        elif block is None or len({t for _, t in texts}) == 1 or (len(texts) <= 2 and _PLACE_ROW.search(squeeze(texts[0][1]))):
            count["title"] += 1
            pending += [(i, t) for _, t in texts if not _SIGNED.search(squeeze(t))]
            out.problems += _signed(sheet, i, texts)
            if block is not None and len({t for _, t in texts}) == 1:
                section = texts[0][1]
                nxt = open_block()
                close()
                block = nxt
        elif nullable or not (key >= len(row) or _blank(row[key])):
            block.rows.append(i)
        else:
            count["reported"] += 1
            advice = f"补填{headings.forms[block.form]['columns'][required_here[0]]['names'][0]}，或删去这一行"
            where = f"{sheet.name}!{letter(key)}{sheet.first_row + i}"
            out.problems.append(finding("column_missing", sheet.file, where, "空白", advice=advice))
        i += 1
    close()
    out.titles += [t for _, t in pending] if not out.titles else []
    count["kept"] = sum(len(b.rows) for b in out.blocks)
    if out.blocks:
        out.reason = ""
    elif not out.reason:
        out.reason = "没有找到表头" if out.titles or pending else "空表"
    return out


def _is_group(upper: list[object], row: list[object]) -> bool:
    texts = _texts(upper)
    if len(texts) < 2 or any(":" in squeeze(t) or _UNIT_ROW.fullmatch(squeeze(t)) for _, t in texts):
        return False
    return any(_blank(upper[i + 1]) and not _blank(row[i + 1]) for i, _ in texts if i + 1 < min(len(upper), len(row)))


def _special(cell: str) -> bool:
    text = squeeze(cell)
    return bool(_NOTE.search(text) or _SIGNED.search(text) or _UNIT_ROW.match(text) or _PLACE_ROW.match(text))


def _remark(texts: list[tuple[int, str]]) -> bool:
    first = squeeze(texts[0][1])
    return bool(_NOTE.search(first)) or (len(texts) <= 6 and any(_SIGNED.search(squeeze(t)) for _, t in texts))


def _signed(sheet: RawSheet, i: int, texts: list[tuple[int, str]]) -> list[Problem]:
    """A row with 填表人, 审核人 ... or with personal data in its text: reported by place and kind only."""
    found = []
    for j, text in texts:
        kind: str | None = (
            "name" if _SIGNED.search(squeeze(text)) and not re.fullmatch(r"\S{2,6}[::]", squeeze(text)) else persons.cell_kind(text)
        )
        if kind:
            found.append(personal(sheet.file, f"{sheet.name}!{letter(j)}{sheet.first_row + i}", kind))
    return found


def personal(file: str, where: str, kind: str) -> Problem:
    """A `personal_data` problem: place and kind, never the datum."""
    return finding("personal_data", file, where, persons.KIND_NAMES.get(kind, kind))


def _columns(
    sheet: RawSheet, form: str, levels: dict[int, tuple[str, ...]], headings: Headings, top: int, titles: tuple[str, ...], money: str | None
) -> tuple[Block, list[Problem]]:
    """Match heading cells to the form's columns; what is not matched is a problem, what is personal is left out."""
    chosen: dict[str, tuple[int, str | None, int]] = {}
    problems: list[Problem] = []
    written: dict[str, str] = {}

    def where(index: int) -> str:
        return f"{sheet.name}!{letter(index)}{sheet.first_row + top}"

    for index, texts in levels.items():
        heading = "/".join(re.sub(r"\s+", "", t) for t in texts)
        hit = headings.look(form, texts)
        if hit is not None and headings.person(form, hit.column):
            problems.append(personal(sheet.file, where(index), headings.person_kind(texts[-1]) or "personal"))
        elif hit is not None and (hit.column not in chosen or hit.rank < chosen[hit.column][2]):
            if hit.column in chosen:
                problems.append(_twice(sheet, where(chosen[hit.column][0]), written[hit.column], heading))
            chosen[hit.column] = (index, hit.unit, hit.rank)
            written[hit.column] = heading
        elif hit is not None:
            problems.append(_twice(sheet, where(index), heading, written[hit.column]))
        elif kind := headings.person_kind(texts[-1]):
            problems.append(personal(sheet.file, where(index), kind))
        elif any(headings.mapping.get(plain(t)) in ("", "-", "忽略", "不用") for t in texts):
            continue
        else:
            close = headings.nearest(form, texts[-1])
            more: dict[str, Any] = {"severity": "warning", "allowed": "、".join(close), "advice": _RENAME}
            problems.append(finding("heading_unknown", sheet.file, where(index), persons.scrub(heading)[0], **more))
    columns = {c: (index, unit) for c, (index, unit, _) in chosen.items()}
    return Block(sheet, form, columns, written, money, titles, "", [], []), problems


def _twice(sheet: RawSheet, where: str, heading: str, other: str) -> Problem:
    return finding("heading_unknown", sheet.file, where, heading, f"与“{other}”同义，此列未采用")
