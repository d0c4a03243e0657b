"""From blocks to values with their places: section, row, column. A place is made of words that a reader sees.

- In a table: its title, the name of the row (as many of its first columns of words as tell the rows apart) and of the
  column.
- In a sentence: the heading it stands under, what the paragraph speaks of, and the words around the number, with `#` for
  the number itself. 提高, 下降 and their like belong to the number, so that a change of direction is a moved value.

The number of a table or heading is no part of a place, nor is the order of rows, columns, sentences or documents. Where
one place occurs twice its values stand together, sorted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from golden_read import PICTURE, Block, format_plain, plain

LEFT_OUT = [
    re.compile(line.partition("\t")[0])
    for line in (Path(__file__).parent / "left_out.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.])(?:\d{4}-\d{2}(?:-\d{2})?"
    r"|[+\-−↑↓±<>＜＞≤≥]?\s?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e-?\d+)?[%‰]?)(?![0-9A-Za-z_])"
)
NAME = re.compile(r"演示\d+区|\d+(?:人|名)以上")  # names in which digits are part of the name
DIRECTION = "提高|下降|上升|降低|增加|减少|增长|高出|低于|高|低|多|少|增|减|失|升"
RELATIVE = re.compile(rf"^(?:比|较|同比|占|距|涉及|因|(?:{DIRECTION})#|#|满分|得#|位次|第#)")
OPENING = re.compile(r"^(?:截至|其中|按|比|较|占|距|与上年|\w{1,6}图$)")
UNIT = "个百分点|百分点|万元|元/人|元|家次|人次|家/名|家/个|家|个|名|次/人|次|人|条|分|项|年|月|日|倍|星|处|行"
UNITS = re.compile(rf"[#\s%/]|{UNIT}")
SECTION_NUMBER = re.compile(
    r"^(?:[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）|附录[一二三四五六七八九十]+\s*|附件\s*\d*\s*|\d+\.(?=\D))"
)
TABLE_NUMBER = re.compile(
    r"(?:^|(?<=[\s见与和及至到由、，。；：（“]))([表图]|附件)\s?\d+(?![\d.,%个张份项年])[\s　：:]*"
)
COUNT = re.compile(
    rf"[—→\s]*|{NUMBER.pattern}(?:[^\d\s]{{0,4}})"
)  # a cell that holds a number alone
OWN_NAMES = {"名称", "党组织", "单位名称", "单位"}
MARKS = re.compile(r"[●▲■]\s?")


@dataclass(frozen=True, order=True)
class Cell:
    section: str
    row: str
    column: str
    value: str


def tidy(text: str) -> str:
    """A text without numbers of tables, without marks of colour and what left_out.txt names."""
    text = TABLE_NUMBER.sub(r"\1", MARKS.sub("", plain(text)))
    for pattern in LEFT_OUT:
        text = pattern.sub("", text)
    return text.strip()


def title(text: str) -> str:
    """A heading or the title of a table without its number."""
    return re.sub(r"^[表图]\s*", "", SECTION_NUMBER.sub("", tidy(text))) if text else ""


def numbers(text: str) -> list[str]:
    """The numbers of a text; digits in the name of an area are none."""
    return [number.strip() for number in NUMBER.findall(NAME.sub(" ", text))]


def short(text: str) -> str:
    """A long binary fraction to ten digits: its tail differs between processors."""
    return re.sub(r"-?\d+\.\d{11,}(?:e-?\d+)?", lambda m: _ten(m.group()), text)


def _ten(number: str) -> str:
    from decimal import Decimal

    return format_plain(Decimal(number))


def cells(blocks: list[Block], areas: Iterable[str] = ()) -> list[Cell]:
    """All cells with a number, one for each place."""
    return together(all_cells(blocks, areas))


def all_cells(blocks: list[Block], areas: Iterable[str] = ()) -> list[Cell]:
    """All cells with a number, as often as they stand there."""
    found: list[Cell] = []
    headings = _headings(blocks)
    table_titles = Counter(title(b.text) for b in blocks if b.kind == "table")
    areas = set(areas)
    for block, heading in zip(blocks, headings, strict=True):
        if block.kind == "heading":
            if numbers(tidy(block.text)):
                found += sentence(block.text, "标题", areas)
        elif block.kind == "text":
            for note in notes(block.text):
                found += sentence(note, heading, areas)
        else:
            name = title(block.text) or heading
            where = (
                name
                if table_titles[title(block.text)] < 2 or name == heading
                else f"{heading} / {name}"
            )
            found += table(block, where, areas)
    return found


def together(found: Iterable[Cell]) -> list[Cell]:
    """Cells of one place as one cell, its different values sorted."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for cell in found:
        places.setdefault((cell.section, cell.row, cell.column), []).append(cell.value)
    return sorted(Cell(*place, " ; ".join(sorted(set(values)))) for place, values in places.items())


def _headings(blocks: list[Block]) -> list[str]:
    """The heading over each block; with the one above it where the same words head two parts."""
    names = Counter(title(b.text) for b in blocks if b.kind == "heading")
    path: list[tuple[int, str]] = []
    over: list[str] = []
    for block in blocks:
        if block.kind == "heading":
            path = [(level, name) for level, name in path if level < block.level]
            path.append((block.level, title(block.text)))
        own = path[-1][1] if path else ""
        over.append(" / ".join(name for _, name in path[-2:]) if names[own] > 1 else own)
    return over


def notes(text: str) -> list[str]:
    """`注：1.…2.…` as single sentences, without their numbers."""
    text = re.sub(r"^注：", "", plain(text))
    return [part for part in re.split(r"(?:^|(?<=。))\d\.(?=\D|20\d\d年)", text) if part.strip()]


# tables


def table(block: Block, where: str, areas: set[str]) -> list[Cell]:
    width = max((len(row) for row in [*block.head, *block.body]), default=0)
    head = [[*row, *[""] * (width - len(row))] for row in block.head]
    body = [[tidy(text) for text in [*row, *[""] * (width - len(row))]] for row in block.body]
    columns = [
        " · ".join(dict.fromkeys(tidy(row[c]) for row in head if row[c])) for c in range(width)
    ]
    keys = key_columns(body, columns)
    found: list[Cell] = []
    for row in body:
        name = " | ".join(row[c] for c in keys if row[c])
        for c in range(width):
            text = short(row[c])
            if c in keys or not numbers(text):
                continue
            if len(text) > 24 or re.search(r"[；。，]", text):
                for part in sentence(text, where, areas, paragraph=False):
                    found.append(Cell(where, name, f"{columns[c]}：{part.column}", part.value))
            else:
                found.append(Cell(where, name, columns[c], text))
    return found


def key_columns(body: list[list[str]], columns: list[str]) -> list[int]:
    """The first columns of words (years too) that tell the rows apart; a column of numbers only if that one does.

    In a list of units or organisations their name always belongs to the row.
    """
    if not body:
        return []
    keys = [0]
    counts = []
    for column in range(1, len(body[0])):
        texts = [row[column] for row in body if row[column]]
        if not texts or max(map(len, texts)) > 40:
            continue
        counted = [
            text for text in texts if COUNT.fullmatch(text) and not re.fullmatch(r"20\d\d年?", text)
        ]
        if len(counted) * 2 >= len(texts):
            counts.append(column)
        elif columns[column] in OWN_NAMES or not _tell_apart(body, keys):
            keys.append(column)
    if not _tell_apart(body, keys):
        return next(
            (sorted([*keys, c]) for c in counts[:-1] if _tell_apart(body, [*keys, c])), keys
        )
    return keys


def _tell_apart(body: list[list[str]], keys: list[int]) -> bool:
    return len({tuple(row[c] for c in keys) for row in body}) == len(body)


# sentences


def sentence(text: str, where: str, areas: set[str], paragraph: bool = True) -> list[Cell]:
    """The numbers of a paragraph with the words that say what they are.

    The row is what the paragraph speaks of (its first words), the column the clause with its own subject where it has
    none: 比上年提高1.0个百分点 after 组织覆盖率80.6% is `组织覆盖率 › 比上年#个百分点`. The items of a list carry
    the words before its first item: 居前的是甲区（92.6%）、乙区（87.0%）. An order in a list is no part of a place.
    """
    found: list[Cell] = []
    subject = topic = list_head = last = ""
    text = short(tidy(text))
    picture = PICTURE if text.startswith(PICTURE) else ""
    for before, piece in _pieces(text.removeprefix(PICTURE)):
        template, values = _template(piece)
        words = _words(template)
        if before == "（":
            if values:
                found.append(_cell(where, subject, f"{last}（{template}）", values))
            continue
        if before == "。":
            topic = ""
        bare = not UNITS.sub("", template)
        head = _list_head(words, areas)
        if before == "）":
            label = last + template
        elif before == "、" and list_head and not bare and not RELATIVE.match(template):
            label, topic = list_head + template, words
        elif bare or RELATIVE.match(template):
            label = f"{topic} › {template}" if topic else template
        elif template.startswith("其中") and topic:
            label = f"{topic.partition(' › ')[0]} › {template}"
            topic = _words(label)
        else:
            label, topic = template, words.removeprefix(head)
        if before != "、" and before != "）":
            list_head = head
        last = label
        if paragraph and not subject and not bare and not OPENING.match(words):
            subject = picture + (head or words)
        if values:
            found.append(_cell(where, subject, label, values))
    return found


def _cell(where: str, subject: str, label: str, values: list[str]) -> Cell:
    if label.startswith(subject) and len(label) > len(subject):
        label = label.removeprefix(subject).removeprefix(" › ")
    return Cell(where, subject, label, " ".join(values))


def _words(template: str) -> str:
    """The words of a clause without its numbers and their units."""
    return re.sub(rf"#(?:{UNIT})?", "", template).strip()


def _list_head(words: str, areas: set[str]) -> str:
    """What stands before the first item of a list: up to 的是, 指标有, or the name of an area at the end."""
    listed = re.match(r"(.+?(?:的是|指标有|的有|的指标是))(?=.)", words)
    if listed:
        return listed.group(1)
    return next(
        (words.removesuffix(area) for area in areas if words.endswith(area) and words != area), ""
    )


def _pieces(text: str) -> Iterable[tuple[str, str]]:
    """Clauses with the sign before them; （ opens an aside, ） goes on with the sentence."""
    text = text.replace("(", "（").replace(")", "）")
    before = ""
    for piece in re.split(r"([。；，、：！？;!?（）])", text):
        if re.fullmatch(r"[。；，、：！？;!?（）]", piece):
            before = piece
        elif piece.strip():
            yield before, piece.strip()


def _template(piece: str) -> tuple[str, list[str]]:
    """The words of a clause with # for each number, and the numbers with the direction before them."""
    hidden = NAME.sub(
        lambda m: re.sub(r"\d", lambda d: chr(0xE000 + int(d.group())), m.group()), piece
    )
    values = [number.strip() for number in NUMBER.findall(hidden)]
    template = NUMBER.sub("#", hidden)
    found = iter(range(len(values)))
    pieces = []
    for part in re.split(rf"((?:{DIRECTION})?#)", template):
        if part.endswith("#"):
            n = next(found)
            values[n] = part[:-1] + values[n]
            part = "#"
        pieces.append(part)
    words = re.sub(r"[\ue000-\ue009]", lambda m: str(ord(m.group()) - 0xE000), "".join(pieces))
    return plain(words), values


# PDF


def pdf_cells(lines: list[str], known: set[str]) -> list[Cell]:
    """The numbers under each heading and table title, with how often each stands there.

    A PDF repeats sentences and tables of the other forms; its lines break where the paper ends, so a number is kept
    under its heading only.
    """
    section = ""
    texts: dict[str, list[str]] = {}
    for line in lines:
        line = re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f↑↓●▲■])", "", line)
        heading = title(line)
        if heading in known:
            section = heading
            if not numbers(heading):
                continue
        texts.setdefault(section, []).append(line)
    found = []
    for name, part in texts.items():
        text = re.sub(r"演\s*示\s*(\d\d)\s*区", r"演示\1区", "\n".join(part))
        counts = Counter(
            n for line in text.splitlines() for note in notes(line) for n in numbers(tidy(note))
        )
        if counts:
            words = [f"{n}×{k}" if k > 1 else n for n, k in sorted(counts.items(), key=_by_size)]
            found.append(Cell(name, "", "数字", " ".join(words)))
    return sorted(found)


def _by_size(item: tuple[str, int]) -> tuple[float, str]:
    digits = re.sub(r"[^\d.]", "", item[0])
    return (float(digits) if digits.count(".") < 2 else 0.0, item[0])


# counting


def counted(texts: Iterable[str]) -> Counter[str]:
    """How often each number stands in the texts, without sign and thousands, to see that none is lost."""
    found: Counter[str] = Counter()
    for text in texts:
        found.update(re.sub(r"[^\d.e\-]|^-|\s", "", number) for number in numbers(short(text)))
    return found
