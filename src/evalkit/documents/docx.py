"""Word: the report with cover, summary and contents, and the text for the office's own red-head template.

Page and type after GB/T 9704-2012: A4, text block 156 x 225 mm, 22 lines of 28 characters, body 三号仿宋. Only what Word
and WPS both keep: named styles, fields with their results filled in, inline pictures. The contents are a real field with
pages from the Typst rendering; the field is not marked ``w:dirty``, since Word then asks on opening: F9 or printing
refreshes it.
"""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from evalkit.codebook import read_yaml
from evalkit.documents.blocks import SLOT
from evalkit.documents.cover import Cover
from evalkit.documents.layout import BODY, DEMO, Item, em, runs, summary_scale
from evalkit.documents.workbook import FIXED

_FIELD = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
SMALL_LINE = 370  # twips: a line of small type (12 pt)
LINE = 579  # twips: 225 mm over 22 lines
TIGHT = -5  # twentieths of a point: 28 characters of 16 pt need 448 pt, the line has 442; a grid of characters
# (linesAndChars) would say the same, but LibreOffice then gives each of them two cells and tears numbers apart
_XML: dict[str, Any] = read_yaml(Path(__file__).with_name("docx.yml"))
_FLUSH = '<w:ind w:firstLineChars="0" w:firstLine="0"/>'
_CLOSE = '<w:snapToGrid w:val="0"/><w:spacing w:line="{}" w:lineRule="exact"/>'
# so low that it stays on the page that it ends
_PAGE_BREAK = (
    '<w:p><w:pPr><w:snapToGrid w:val="0"/><w:spacing w:line="20" w:lineRule="exact"/></w:pPr>'
    '<w:r><w:br w:type="page"/></w:r></w:p>'
)
_TONES = {"good": "145A32", "middle": "7A4B00", "bad": "9B1C1C"}
BEGINS, AFTER = "_Slot_", "_After_"  # bookmarks before a text of the office and behind it
LONGEST_MARK = 40  # characters that Word allows the name of a bookmark
_EAST = re.compile(r"[“”‘’…—·●▲■○△□°×÷±①-⑳Ⅰ-Ⅻ]")  # Word would take these from the Latin face


class Writer:
    """Body of one document under way: XML pieces and the relations they need."""

    def __init__(self, part: Any, above: Writer | None = None):
        self.part = part
        self.xml: list[str] = []
        self.ids: Iterator[int] = above.ids if above else count(1)  # of bookmarks and pictures
        self.notes: list[str] = above.notes if above else []  # the words of the footnotes
        self.slot = ""  # the text of the office that is under way

    def paragraph(self, style: str, inner: str, properties: str = "") -> None:
        self.xml.append(f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{inner}</w:p>')

    def text(self, style: str, text: str, properties: str = "") -> None:
        self.paragraph(style, run(text), properties)

    def runs(self, pieces: Sequence[Mapping[str, Any]], size: int = 0, bold: bool = False) -> str:
        """Runs as XML; links, references and footnotes work in Word."""
        found = []
        for piece in pieces:
            if piece.get("note"):
                found.append(self.footnote(piece["note"]))
                continue
            inner = run(
                piece["text"],
                bold=bold or piece.get("bold"),
                pending=piece.get("pending"),
                tone=piece.get("tone"),
                size=size,
            )
            href = piece.get("href") or ""
            if piece.get("ref"):
                inner = field(f" REF _Ref_{piece['ref']} \\h ", inner)
            elif piece.get("place"):
                name = f"_Toc_{piece['place']}"
                inner = f'<w:hyperlink w:anchor="{name}" w:history="1">{inner}</w:hyperlink>'
            elif re.match(r"https?://", href):
                rid = self.part.relate_to(href, _HYPERLINK, is_external=True)
                linked = inner.replace("<w:rPr>", '<w:rPr><w:rStyle w:val="Hyperlink"/>')
                inner = f'<w:hyperlink r:id="{rid}" w:history="1">{linked}</w:hyperlink>'
            found.append(inner)
        return "".join(found)

    def footnote(self, words: str) -> str:
        """The mark of a footnote, which Word numbers."""
        self.notes.append(words)
        raised = '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
        return f'<w:r>{raised}<w:footnoteReference w:id="{len(self.notes)}"/></w:r>'

    def bookmark(self, name: str, inner: str) -> str:
        mark = next(self.ids)
        return (
            f'<w:bookmarkStart w:id="{mark}" w:name="{name}"/>{inner}<w:bookmarkEnd w:id="{mark}"/>'
        )

    def enter(self, slot: str) -> str:
        """Marks before an item: where a text of the office begins, and what stands behind one.

        `evalkit.documents.docx_reading` looks for them.
        """
        if slot == self.slot:
            return ""
        names = [(AFTER, self.slot), (BEGINS, slot)]
        self.slot = slot
        return "".join(
            self.bookmark(f"{before}{name}"[:LONGEST_MARK], "") for before, name in names if name
        )

    def placed(self, item: Item) -> str:
        """The words of a heading, at a place that contents and references find."""
        words = run(item["text"])
        return self.bookmark(f"_Toc_{item['id']}", words) if item["id"] else words

    def caption(self, item: Item, properties: str = "") -> None:
        if item["label"]:
            sort, n = item["label"][0], item["label"][1:]
            label = run(sort) + field(f" SEQ {sort} \\* ARABIC ", run(n))
            self.paragraph(
                "Caption",
                self.bookmark(f"_Ref_{item['id']}", label) + run("　" + item["title"]),
                properties,
            )

    def item(self, item: Item, scale: float = 1.0) -> None:
        """An item; `scale`: type of words smaller than that of the text."""
        marks, start = self.enter(item.get(SLOT, "")), len(self.xml)
        self._item(item, scale)
        if marks and start < len(self.xml):
            # inside the paragraph: LibreOffice moves what stands between two to the end of the first
            inside, end, rest = self.xml[start].partition("</w:pPr>")
            if inside.startswith("<w:p>"):
                self.xml[start] = f"{inside}{end}{marks}{rest}"
            else:
                self.xml.insert(start, marks)

    def _item(self, item: Item, scale: float) -> None:
        kind = item["kind"]
        if kind == "heading":
            before = "<w:pageBreakBefore/>" if item["new_page"] else ""
            if item["annex"]:
                self.text(
                    "Heading1",
                    item["annex"],
                    f'{before}<w:ind w:firstLineChars="0" w:firstLine="0"/>',
                )
                self.paragraph("Title", self.placed(item), "<w:keepNext/>")
                return
            self.paragraph(f"Heading{min(item['rank'], 4)}", self.placed(item), before)
        elif kind in ("paragraph", "note"):
            code = item.get("style") == "code"
            small = scale < 1
            self.paragraph(
                "Note" if kind == "note" else "BodyText",
                self.runs(item["runs"], round(2 * BODY * scale) if small else 0),
                (_CLOSE.format(round(LINE * scale)) if small else "")
                + (_FLUSH if code else "")
                + _unspread(item["runs"]),
            )
        elif kind == "list":
            for pieces, level in zip(item["items"], item["levels"], strict=True):
                deeper = f'<w:ind w:leftChars="{200 * level}" w:left="{640 * level}"/>'
                self.paragraph(
                    "BodyText",
                    self.runs(pieces),
                    (deeper if level else "") + _unspread(pieces),
                )
        elif kind == "page_break":
            self.xml.append(_PAGE_BREAK)
        elif kind == "figure":
            self.paragraph("Figure", self.picture(item))
            self.caption(item)
        else:
            self.table(item)

    def picture(self, item: Item) -> str:
        rid, _ = self.part.get_or_add_image(io.BytesIO(base64.b64decode(item["png"])))
        x, y = round(item["width"] * 36000), round(item["height"] * 36000)  # EMU
        n = next(self.ids)
        name, alt = f'id="{n}" name="图片 {n}"', quoteattr(item["alt"])
        top = round(item["crop"] * 100_000)  # thousandths of a per cent
        crop = f'<a:srcRect t="{top}"/>' if top else ""
        return _XML["picture"].format(x=x, y=y, name=name, alt=alt, rid=rid, crop=crop)

    def table(self, item: Item) -> None:
        """Title and unit above, heading rows repeated, rows never split; a table of one page keeps together."""
        self.caption(item, "<w:keepNext/>")
        if item["unit"]:
            self.text("TableUnit", f"单位：{item['unit']}")
        widths = [round(width * 20) for width in item["widths"]]
        three, size = item["form"] == "three_line", round(item["size"] * 2)
        last = (
            len(item["rows"]) - 4
        )  # of a longer one the first three rows stay together, and the last three with 合计
        around = 10 if item["dense"] else 40
        lines = f'<w:spacing w:before="{around}" w:after="{around}" w:line="{round(item["size"] * 25)}" w:lineRule="exact"/>'
        columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        parts = [
            _XML["table"].format(
                style="ThreeLine" if three else "TableGrid", width=sum(widths), columns=columns
            )
        ]
        heads = item["head"]
        for n, row in enumerate(heads):
            cells = {cell["at"]: cell for cell in row}
            spanned = {} if n == 0 else {cell["at"]: cell for cell in heads[0] if cell["rows"] == 2}
            line = '<w:bottom w:val="single" w:sz="6" w:space="0" w:color="000000"/>'
            edge = f"<w:tcBorders>{line}</w:tcBorders>" if three and n == len(heads) - 1 else ""
            inner = []
            for at in range(len(widths)):
                cell = cells.get(at) or spanned.get(at)
                if cell is None:
                    continue
                span = f'<w:gridSpan w:val="{cell["cols"]}"/>' if cell["cols"] > 1 else ""
                merge = (
                    "<w:vMerge/>"
                    if at in spanned
                    else '<w:vMerge w:val="restart"/>'
                    if cell["rows"] == 2
                    else ""
                )
                width = sum(widths[at : at + cell["cols"]])
                below = edge or (
                    f"<w:tcBorders>{line}</w:tcBorders>"
                    if three and (cell["rows"] == 2 or span)
                    else ""
                )
                words = "" if at in spanned else run(cell["text"], bold=True, size=size)
                inner.append(_cell(width, span + merge + below, words, "center", True, lines))
            parts.append(
                f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{''.join(inner)}</w:tr>"
            )
        for place, line_ in enumerate(item["rows"]):
            inner, keep = [], item["whole"] or place < 2 or place >= last
            for width, cell in zip(widths, line_["cells"], strict=False):
                span = f'<w:gridSpan w:val="{cell["cols"]}"/>' if cell["cols"] > 1 else ""
                words = self.runs(cell["runs"], size, line_["total"])
                side = {"r": "right", "c": "center"}.get(cell["side"], "left")
                inner.append(_cell(sum(widths) if span else width, span, words, side, keep, lines))
            parts.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(inner)}</w:tr>")
        self.xml += [*parts, "</w:tbl>"]
        feet = item["feet"] or [""]
        for n, foot in enumerate(feet, 1):
            self.text("TableNote", foot, "<w:keepNext/>" if n < len(feet) else "")


def _unspread(pieces: Sequence[Mapping[str, Any]]) -> str:
    """A line that ends in a break is not drawn out to the edge."""
    broken = any("\n" in piece["text"] for piece in pieces)
    return '<w:jc w:val="left"/>' if broken else ""


def _cell(width: int, properties: str, inner: str, side: str, keep: bool, lines: str) -> str:
    kept = "<w:keepNext/>" if keep else ""
    return _XML["cell"].format(
        width=width, properties=properties, keep=kept, lines=lines, side=side, inner=inner
    )


def run(
    text: str, bold: Any = False, pending: Any = False, tone: str | None = None, size: int = 0
) -> str:
    """A run; line feeds become breaks."""
    look = '<w:rFonts w:hint="eastAsia"/>' if _EAST.search(text) else ""
    look += "<w:b/>" if bold else ""
    look += f'<w:color w:val="{_TONES[tone]}"/>' if tone in _TONES else ""
    look += f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>' if size else ""
    look += '<w:highlight w:val="yellow"/>' if pending else ""
    lines = '</w:t><w:br/><w:t xml:space="preserve">'.join(map(escape, text.split("\n")))
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{lines}</w:t></w:r>'


def field(code: str, result: str) -> str:
    """A field with its result."""
    return _opened(code) + result + _FIELD.format("end")


def _opened(code: str) -> str:
    instruction = f'<w:r><w:instrText xml:space="preserve">{escape(code)}</w:instrText></w:r>'
    return _FIELD.format("begin") + instruction + _FIELD.format("separate")


def section(
    wide: bool = False,
    references: str = "",
    first: bool = False,
    kind: str = "nextPage",
    numbers: str = "",
    line: int = LINE,
) -> str:
    """Properties of a section; the binding edge of a landscape page is its top, `line` the grid of its lines (twips)."""
    size = 'w:w="16838" w:h="11906" w:orient="landscape"' if wide else 'w:w="11906" w:h="16838"'
    top, right, bottom, left = (1588, 1984, 1474, 2098) if wide else (2098, 1474, 1984, 1588)
    return _XML["section"].format(
        references=references,
        kind=kind,
        size=size,
        top=top,
        right=right,
        bottom=bottom,
        left=left,
        footer=900 if wide else 1400,
        numbers=numbers,
        first="<w:titlePg/>" if first else "",
        line=line,
    )


def break_section(writer: Writer, properties: str) -> None:
    """End a section with an empty line of no height, so that a table may stand before it."""
    writer.xml.append(
        f'<w:p><w:pPr><w:snapToGrid w:val="0"/><w:spacing w:line="20" w:lineRule="exact"/>{properties}</w:pPr></w:p>'
    )


def report(
    items: Sequence[Item],
    summary: Sequence[Item],
    title: str,
    cover: Cover | None,
    demo: bool,
    pages: Sequence[str] = (),
    fonts: str = "gb2312",
    small: float = 0.0,
) -> bytes:
    """The report: cover, summary and contents where there is a cover, then the body.

    `pages` are the page numbers of the items that are headings of rank 1 and 2, in order; `small`: the scale of a
    document in small type (`pdf.compact_scale`).
    """
    document, writer = _new(fonts, title, small)
    references = _frame(document, demo)
    given, kind = references, "nextPage"
    if cover:
        _cover_page(writer, title, cover)
        break_section(writer, section(references=references, first=True))
        given = ""
        if summary:
            writer.text("TOCHeading", "摘　要")
            scale = summary_scale(summary)
            for item in summary:
                writer.item(item, scale)
        if pages:
            # a break before, not a paragraph after: behind a full page that would be a page of its own
            before = "<w:pageBreakBefore/>" if summary else ""
            headings = [i for i in items if i["kind"] == "heading" and i["rank"] <= 2]
            _contents(writer, headings, pages, before)
        if summary or pages:
            break_section(writer, section(numbers='<w:pgNumType w:fmt="upperRoman" w:start="1"/>'))
    else:
        if title:
            writer.text("Title", title)
        for item in summary:
            writer.item(item)
    numbers = '<w:pgNumType w:fmt="decimal" w:start="1"/>'
    turned = bool(
        items and items[0].get("wide")
    )  # a title stands on the page of what it is the title of
    line = round(SMALL_LINE * small) if small else LINE
    for item in items:
        if bool(item.get("wide")) != turned:
            break_section(writer, section(turned, given, kind=kind, numbers=numbers, line=line))
            given = numbers = ""
            turned = not turned
        writer.item(item)
    last = section(turned, given, kind=kind, numbers=numbers, line=line)
    return _finish(document, writer, last)


def official(
    items: Sequence[Item],
    appendices: Sequence[str],
    title: str,
    cover: Cover,
    demo: bool,
    fonts: str = "gb2312",
) -> bytes:
    """公文正文: title, addressee, body, list of appendices, signature, date; no cover, red head, seal or contents."""
    document, writer = _new(fonts, title)
    references = _frame(document, demo)
    if cover.mark:
        writer.text("Normal", cover.mark, '<w:jc w:val="left"/>')
    writer.text("Title", title)
    to = cover.addressee.rstrip("：:")
    writer.paragraph("Normal", run(to + "：") if to else run("【待补充】主送机关：", pending=True))
    if cover.lead:
        writer.paragraph("BodyText", writer.runs(runs(cover.lead)))
    for item in items:
        writer.item(item)
    keep = (
        "<w:keepNext/>" if cover.office or cover.date else ""
    )  # the date never stands on a page without the rest
    if appendices:
        writer.text("Normal", "", "<w:keepNext/>")
        many = len(appendices) > 1
        for n, name in enumerate(appendices, 1):
            ahead = 5 if n == 1 else 2
            hanging = f'<w:ind w:leftChars="{500 + 100 * many}" w:left="{1600 + 320 * many}" w:hanging="{(ahead - 2 + many) * 320}"/>'
            words = ("附件：" if n == 1 else "") + (f"{n}." if many else "") + name
            writer.text(
                "Normal",
                words,
                # only the last ones stay with the signature: a long list would leave its page empty
                (keep if n > len(appendices) - 2 else "")
                + (hanging if n == 1 else hanging.replace(f"{(ahead - 2 + many) * 320}", "320")),
            )
    if keep:
        office, date = em(cover.office), em(cover.date)
        right = max(2.0, office - date)
        writer.text("Normal", "", keep)
        writer.text("Normal", "", keep)
        for words, chars in (
            (cover.office, max(2.0, right + date + 2 - office)),
            (cover.date, right),
        ):
            if words:
                place = f'<w:ind w:rightChars="{round(chars * 100)}" w:right="{round(chars * 320)}"/><w:jc w:val="right"/>'
                writer.text(
                    "Normal", words, (keep if cover.date and words is cover.office else "") + place
                )
    return _finish(
        document,
        writer,
        section(references=references, numbers='<w:pgNumType w:fmt="decimal" w:start="1"/>'),
    )


def onepage(
    rows: Sequence[Sequence[Item]],
    title: str,
    cover: Cover | None,
    demo: bool,
    scale: float,
    fonts: str = "gb2312",
) -> bytes:
    """一页纸: A4 with narrow margins and small type; items of one row (two figures) stand side by side."""
    document, writer = _new(fonts, title, scale)
    references = _frame(document, demo, numbered=False)
    writer.text("Title", title)
    if (
        below := "　".join(filter(None, (cover.subtitle, cover.period, cover.office, cover.date)))
        if cover
        else ""
    ):
        writer.text("Subtitle", below)
    for row in rows:
        if len(row) == 1:
            if row[0]["kind"] == "figure":
                row = [
                    {
                        **row[0],
                        "width": row[0]["width"] * 0.54 * scale,
                        "height": row[0]["height"] * 0.54 * scale,
                    }
                ]
            writer.item(row[0])
            continue
        cells = []
        for item in row:
            factor = min(84.0 * min(scale, 1.0) / item["width"], 1.0)  # no wider than its half
            part = Writer(writer.part, writer)
            part.item({**item, "width": item["width"] * factor, "height": item["height"] * factor})
            cells.append(
                f'<w:tc><w:tcPr><w:tcW w:w="4930" w:type="dxa"/></w:tcPr>{"".join(part.xml)}</w:tc>'
            )
        writer.xml.append(_XML["beside"].format(cells="".join(cells)))
    writer.xml.append('<w:p><w:pPr><w:spacing w:line="20" w:lineRule="exact"/></w:pPr></w:p>')
    return _finish(document, writer, _XML["one_page"].format(references=references))


def _cover_page(writer: Writer, title: str, cover: Cover) -> None:
    writer.text("Normal", cover.mark, '<w:jc w:val="left"/>')
    above = '<w:spacing w:before="{}" w:line="{}" w:lineRule="exact"/>'
    writer.text("Title", title, above.format(3000, 800))
    for text in filter(None, (cover.subtitle, cover.period)):
        writer.text("Subtitle", text)
    for n, text in enumerate(filter(None, (cover.office, cover.date))):
        writer.text("Subtitle", text, "" if n else above.format(4800, LINE))


def _contents(
    writer: Writer, headings: Sequence[Item], pages: Sequence[str], properties: str = ""
) -> None:
    writer.text("TOCHeading", "目　录", properties)
    for n, (item, page) in enumerate(zip(headings, pages, strict=True)):
        name = f"_Toc_{item['id']}"
        entry = (
            run(item["text"]) + "<w:r><w:tab/></w:r>" + field(f" PAGEREF {name} \\h ", run(page))
        )
        ahead = _opened(' TOC \\o "1-2" \\h \\z \\u ') if n == 0 else ""
        after = _FIELD.format("end") if n == len(headings) - 1 else ""
        link = f'<w:hyperlink w:anchor="{name}" w:history="1">{entry}</w:hyperlink>'
        writer.paragraph(f"TOC{item['rank']}", ahead + link + after)


@cache
def _template(fonts: str, scale: float) -> bytes:
    """An empty document with our styles alone, made once a process; with a `scale` for one page, else for a report."""
    from docx import Document
    from docx.oxml import parse_xml

    document = Document()
    text = Path(__file__).with_name("styles.xml").read_text("utf-8")
    sizes = (
        [round(value * scale) for value in (24, SMALL_LINE, 0, 40, 520, 21)]
        if scale
        else [32, LINE, TIGHT, 44, 700, 24]
    )
    names = ("size", "line", "tight", "title_size", "title_line", "caption_size")
    values = {**_XML["fonts"][fonts], **dict(zip(names, sizes, strict=True))}
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", str(value))
    document.part._styles_part._element = parse_xml(text)
    document.settings.odd_and_even_pages_header_footer = True
    for relations in (
        document.part.package.rels,
        document.part.rels,
    ):  # parts of the library's own template
        for key, relation in list(relations.items()):
            if relation.reltype.endswith(
                ("/thumbnail", "/stylesWithEffects", "/customXml", "/numbering")
            ):
                del relations[key]
    return _saved(document).getvalue()


class _Dated(zipfile.ZipFile):
    """A zip whose parts all have one date: the clock of the machine may stand before 1980, which a zip cannot tell."""

    def writestr(
        self, zinfo_or_arcname: Any, data: Any, compress_type: Any = None, compresslevel: Any = None
    ) -> None:
        named = isinstance(zinfo_or_arcname, zipfile.ZipInfo)
        info = zinfo_or_arcname if named else zipfile.ZipInfo(zinfo_or_arcname, FIXED)
        info.compress_type = self.compression
        super().writestr(info, data, compress_type, compresslevel)


def _saved(document: Any) -> io.BytesIO:
    from docx.opc import phys_pkg

    vars(phys_pkg)["ZipFile"] = _Dated
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer


def _new(fonts: str, title: str, scale: float = 0.0) -> tuple[Any, Writer]:
    import datetime as dt

    from docx import Document

    document = Document(io.BytesIO(_template(fonts, scale)))
    core, fixed = document.core_properties, dt.datetime(2026, 1, 1)
    core.title, core.author, core.last_modified_by, core.language, core.comments = (
        title[:255],
        "Evalkit",
        "Evalkit",
        "zh-CN",
        "",
    )
    core.created = core.modified = fixed
    core.revision = 1
    return document, Writer(document.part)


def _frame(document: Any, demo: bool, numbered: bool = True) -> str:
    """Headers (演示数据) and footers (— 1 —, odd right, even left) and the references to them."""
    from docx.oxml import parse_xml
    from lxml import etree

    first = document.sections[0]
    page = run("— ") + field(" PAGE ", run("1")) + run(" —")
    for header in (first.header, first.even_page_header, first.first_page_header):
        _fill(
            header,
            f'<w:pPr><w:pStyle w:val="Header"/></w:pPr>{run(DEMO) if demo else ""}',
            parse_xml,
        )
    for footer, side in (
        (first.footer, "right"),
        (first.even_page_footer, "left"),
        (first.first_page_footer, ""),
    ):
        inner = f'<w:pPr><w:pStyle w:val="Footer"/><w:jc w:val="{side or "right"}"/></w:pPr>{page if side and numbered else ""}'
        _fill(footer, inner, parse_xml)
    kept = [
        child
        for child in first._sectPr
        if child.tag.endswith(("}headerReference", "}footerReference"))
    ]
    return "".join(etree.tostring(child, encoding="unicode") for child in kept)


def _fill(place: Any, inner: str, parse: Any) -> None:
    place.is_linked_to_previous = False
    element = place._element
    for child in list(element):
        element.remove(child)
    element.append(parse(f"<w:p {_XML['names']}>{inner}</w:p>"))


def _add_footnotes(part: Any, notes: Sequence[str]) -> None:
    """The part of the package that holds the words of the footnotes."""
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    raised = '<w:rPr><w:sz w:val="18"/><w:vertAlign w:val="superscript"/></w:rPr>'
    small = f'<w:spacing w:line="300" w:lineRule="exact"/>{_FLUSH}'
    pieces = [
        f'<w:footnote w:type="{kind}" w:id="{n}"><w:p><w:r><w:{mark}/></w:r></w:p></w:footnote>'
        for n, kind, mark in (
            (-1, "separator", "separator"),
            (0, "continuationSeparator", "continuationSeparator"),
        )
    ]
    pieces += [
        f'<w:footnote w:id="{n}"><w:p><w:pPr>{small}</w:pPr><w:r>{raised}<w:footnoteRef/></w:r>'
        f"{run(' ' + words, size=18)}</w:p></w:footnote>"
        for n, words in enumerate(notes, 1)
    ]
    xml = f"{_HEAD}<w:footnotes {_XML['names']}>{''.join(pieces)}</w:footnotes>"
    made = Part(PackURI("/word/footnotes.xml"), _FOOTNOTES, xml.encode(), part.package)
    part.relate_to(made, _FOOTNOTES_RELATION)


def _finish(document: Any, writer: Writer, last: str) -> bytes:
    """The package with our body in it and a fixed date; the body is put in as text, which is ten times as fast."""
    if writer.notes:
        _add_footnotes(document.part, writer.notes)
    saved, buffer = _saved(document), io.BytesIO()
    part = f"<w:document {_XML['names']}><w:body>{''.join(writer.xml)}{last}</w:body></w:document>"
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, FIXED)
            packed = name.endswith(".png")  # already
            info.compress_type, info.external_attr = (
                zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED,
                0o600 << 16,
            )
            new.writestr(info, _HEAD + part if name == "word/document.xml" else old.read(name))
    return buffer.getvalue()


_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FOOTNOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_FOOTNOTES_RELATION = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
)
_HYPERLINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
