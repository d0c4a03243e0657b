"""PDF, and pictures of one page, through Typst: the template page.typ reads the items as JSON, so no text is markup.

Faces come from `fonts` (the system's, else the bundled ones); nothing else is searched, and a character that none of
them has is a `Problem` and stands as 〓. No date is written: the same input gives the same bytes.
"""

from __future__ import annotations

import base64
import json
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache, lru_cache, partial
from itertools import count
from pathlib import Path
from typing import Any

from evalkit.documents import fonts
from evalkit.documents.cover import Cover
from evalkit.documents.layout import COMPACT, COMPACT_PAGES, DEMO, LINE, Item, summary_scale
from evalkit.documents.typeset import MAIN, typeset, typst_fonts
from evalkit.problems import Problem

ROLES = {"body": "仿宋", "hei": "黑体", "kai": "楷体", "title": "小标宋", "song": "宋体"}
LOWER = 3.5 * 18.5  # points: three lines and a half of small type
PLACES = 30  # of missing characters that are listed: without any Chinese face every line is one
LOST = "〓"  # the printers' mark for a character that is not there
_TEXTS = {
    "text",
    "title",
    "label",
    "unit",
    "feet",
    "subtitle",
    "office",
    "date",
    "period",
    "mark",
    "note",
}


@dataclass(frozen=True)
class Spot:
    """Where an item begins, or ends: its page, and how far down (points from the top of the paper)."""

    n: int
    end: bool
    page: int
    y: float


def report(
    items: Sequence[Item],
    summary: Sequence[Item],
    title: str,
    cover: Cover | None,
    demo: bool,
    scale: float = 0.0,
) -> tuple[bytes, list[Problem]]:
    """The report as PDF, in the order and styles of the Word form, and the glyphs that are missing.

    `scale`: that of a document in small type (`compact_scale`), 0 for the type of a report.
    """
    data, problems = _data(items, summary, title, cover, demo)
    if scale:
        data |= {"compact": True, "scale": scale}
    return _compile(data, "pdf")[0], problems


def pages(
    items: Sequence[Item], summary: Sequence[Item], title: str, cover: Cover | None, demo: bool
) -> list[str]:
    """The page numbers of the headings of rank 1 and 2, for Word's contents; empty where there are under two."""
    data, _ = _data(items, summary, title, cover, demo)
    if not data["contents"]:
        return []
    places = json.loads(_compile(data, "places")[0])
    return [str(place) for place in places]


def compact_scale(items: Sequence[Item], title: str, demo: bool) -> float:
    """The largest small type in which two pages hold a document, with room for what takes more in Word."""
    data, _ = _data(items, (), title, None, demo)
    for scale in COMPACT:
        data |= {"compact": True, "loose": True, "scale": scale, "shorter": LOWER * scale}
        if len(re.findall(rb"/Type/Page\b", _compile(data, "pdf")[0])) <= COMPACT_PAGES:
            return scale
    return COMPACT[-1]


def spots(
    items: Sequence[Item], loose: bool = False, lower: float = 0.0, shorter: float = 0.0
) -> list[Spot]:
    """Where the items stand that bear a number ``n``: ends of words, begin and end of tables and figures.

    `loose`: with lines that hold a character less, as in programs that leave punctuation its full width; `lower`: with
    so many points above all, for what else takes more room there; `shorter`: with so many points less on every page.
    """
    data, _ = _data(items, (), "", None, False, spots=True)
    data |= {"loose": loose, "lower": lower, "shorter": shorter}
    found = json.loads(_compile(data, "spots")[0])
    return [Spot(int(n), bool(end), int(page), float(y)) for n, end, page, y in found]


def onepage(
    items: Sequence[Item],
    title: str,
    cover: Cover | None,
    demo: bool,
    draw: bool = True,
    form: str = "png",
) -> tuple[bytes, float, list[Problem]]:
    """One A4 page as PNG (200 dpi) or PDF (`form`), its scale, problems; without `draw` the scale that holds in Word too.

    Type shrinks to seven tenths before one says: too much.
    """
    data, problems = _data(items, (), title, cover, demo, small=True)
    for scale in (1.2, 1.1, 1.0, 0.9, 0.8, 0.7):
        data["scale"] = scale
        if not draw:  # lines that break earlier, and what else takes more room there
            data |= {"loose": True, "shorter": LOWER * scale}
        page = _compile(data, "pdf")[0]  # pictures take far longer
        if (n := len(re.findall(rb"/Type/Page\b", page))) == 1:
            break
    else:
        advice = "一页纸只放一张表、三句话、两幅图，请删减"
        problems.append(
            Problem(
                "page_overflow",
                "warning",
                found=f"内容排成{n}页",
                read="图片只有第1页",
                advice=advice,
            )
        )
    if not draw:
        return b"", scale, problems
    return page if form == "pdf" else _compile(data, form)[0], scale, problems


def pairs(items: Sequence[Item]) -> list[list[Item]]:
    """Items of one page in rows: two figures that follow each other stand side by side."""
    rows: list[list[Item]] = []
    for item in items:
        beside = (
            item["kind"] == "figure"
            and rows
            and rows[-1][0]["kind"] == "figure"
            and len(rows[-1]) == 1
        )
        if beside:
            rows[-1].append(item)
        else:
            rows.append([item])
    return rows


def _data(
    items: Sequence[Item],
    summary: Sequence[Item],
    title: str,
    cover: Cover | None,
    demo: bool,
    small: bool = False,
    spots: bool = False,
) -> tuple[dict[str, Any], list[Problem]]:
    parts: list[dict[str, Any]] = []
    for item in items:
        wide = bool(item.get("wide"))
        if not parts or parts[-1]["wide"] != wide:
            parts.append({"wide": wide, "items": []})
        parts[-1]["items"].append(item)
    parts = parts or [{"wide": False, "items": []}]
    if small:
        parts = [{"wide": False, "items": [], "rows": pairs(items)}]
    n_headings = sum(item["kind"] == "heading" and item["rank"] <= 2 for item in items)
    data = {
        "title": title,
        "cover": asdict(cover) if cover else None,
        "demo": DEMO if demo else "",
        "small": small,
        "spots": spots,
        "compact": False,
        "loose": False,
        "lower": 0.0,
        "shorter": 0.0,
        "scale": 1.0,
        "summary": list(summary),
        "summary_scale": summary_scale(summary),
        "contents": bool(cover) and n_headings > 1,
        "parts": parts,
    }
    return _with_faces(data, "封面")


def drawn(data: dict[str, Any], template: str) -> tuple[bytes, list[Problem]]:
    """What another template of this folder makes of data of its own as PDF, and the glyphs that are missing."""
    shown, problems = _with_faces(data, str(data.get("title", "")))
    made = _typeset(json.dumps(shown, ensure_ascii=False), "pdf", _folders(), template)
    return made[0], problems


def _with_faces(data: dict[str, Any], where: str) -> tuple[dict[str, Any], list[Problem]]:
    """The data with the faces to draw it and 〓 for what none of them has; each such place is told."""
    lost: dict[str, dict[str, None]] = {}
    shown = _replaced(data, "", where, _known(), lost)
    return {**shown, "faces": _faces()}, [
        _missing(place, list(found)) for place, found in list(lost.items())[:PLACES]
    ]


def _missing(where: str, found: list[str]) -> Problem:
    advice = "请装有这些字的字体（如 Noto Sans CJK SC）后再生成，或改用规范写法"
    words = "、".join(f"{c}（U+{ord(c):04X}）" for c in found[:8]) + (
        f"等{len(found)}个字" if len(found) > 8 else ""
    )
    return Problem(
        "glyph_missing",
        "warning",
        where=where,
        found=words,
        read=f"字体里没有，印成{LOST}",
        advice=advice,
    )


def _replaced(
    value: Any, key: str, where: str, known: frozenset[int], lost: dict[str, dict[str, None]]
) -> Any:
    """The data with 〓 for what no face has; `lost` gets the characters of each place."""
    if isinstance(value, str):
        for c in dict.fromkeys(value) if key in _TEXTS else ():
            if ord(c) not in known and c.isprintable():
                value = value.replace(c, LOST)
                lost.setdefault(where, {})[c] = None
        return value
    if isinstance(value, dict):
        return {k: _replaced(v, k, where, known, lost) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        new = []
        for n, entry in enumerate(value, 1):
            place = where
            if isinstance(entry, dict) and entry.get("kind") == "heading":
                where = place = entry["text"]
            elif isinstance(entry, dict):
                place = entry.get("label") or (f"{where} 第{n}行" if key == "rows" else where)
            new.append(_replaced(entry, key, place, known, lost))
        return new
    return value


def _known() -> frozenset[int]:
    """Code points that every chain of faces can draw: the two they all end in, and what all the others share."""
    cmaps = {
        role: fonts.cmap(face.path, face.index)
        if (face := fonts.face(role)).path
        else frozenset(range(0x250))
        for role in ("图表", *ROLES.values())
    }
    return cmaps["图表"] | cmaps["宋体"] | frozenset.intersection(*cmaps.values())


def _folders() -> tuple[str, ...]:
    return tuple(
        sorted(
            {
                str(Path(face.path).parent)
                for role in ("图表", *ROLES.values())
                if (face := fonts.face(role)).path
            }
        )
    )


def _faces() -> dict[str, list[str]]:
    """Families by use, as Typst names them, each with the two that stand behind every face."""
    listed = _families(_folders())
    last = "Libertinus Serif"

    def family(role: str) -> str:
        face = fonts.face(role)
        return listed.get((str(Path(face.path)), face.index), last)

    return {
        use: list(dict.fromkeys([family(role), family("宋体"), family("图表")]))
        for use, role in ROLES.items()
    }


@cache
def _families(folders: tuple[str, ...]) -> dict[tuple[str, int], str]:
    """The families of the faces in some folders, by file and place in it."""
    return {(str(Path(f.path)), f.index): f.family for f in typst_fonts(*folders).fonts() if f.path}


IN_WORD: tuple[Callable[[Sequence[Item]], list[Spot]], ...] = (
    partial(spots, loose=True),
    partial(spots, loose=True, lower=1.5 * LINE),
    partial(spots, loose=True, shorter=LINE),
)  # where things may stand in Word, and in programs that read its files


def _compile(data: dict[str, Any], form: str) -> list[bytes]:
    """What Typst makes of the data: the same for Word, which asks where things stand, and for the PDF."""
    return [*_typeset(json.dumps(data, ensure_ascii=False), form, _folders())]


@lru_cache(maxsize=6)
def _typeset(
    data: str, form: str, folders: tuple[str, ...], template: str = "page.typ"
) -> tuple[bytes, ...]:
    """Template, data and pictures in a folder of their own, which is all that Typst may read; what it makes of them."""
    with tempfile.TemporaryDirectory() as name:
        folder, names = Path(name), count(1)

        def placed(item: dict[str, Any]) -> dict[str, Any]:
            if item.get("kind") == "figure" and "png" in item:
                item["file"] = f"{next(names)}.png"
                (folder / item["file"]).write_bytes(base64.b64decode(item.pop("png")))
            return item

        plain = json.loads(data, object_hook=placed)
        (folder / "doc.json").write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")
        (folder / MAIN).write_bytes(Path(__file__).with_name(template).read_bytes())
        return tuple(typeset(folder, form, folders))
