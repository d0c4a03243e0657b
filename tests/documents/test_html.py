"""HTML: one offline file, everything escaped, the same bytes for the same blocks."""

import re
from html.parser import HTMLParser

import pytest

from evalkit.documents import Block, fragment, page
from evalkit.documents import html as html_room

EVIL = "<script>alert('x')</script>\"&'><img src=x onerror=y>"
PNG = b"\x89PNG\r\n\x1a\n"


class Tags(HTMLParser):
    """Tags in order, and whether every one is closed."""

    def __init__(self, text: str):
        super().__init__()
        self.seen: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "br", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, tag):
        return [attrs for name, attrs in self.seen if name == tag]


def blocks(text: str) -> list[Block]:
    cell = {"v": 1, "t": text, "mark": "●", "tone": "good", "href": f"a.html?{text}"}
    return [
        Block.heading(text, 1),
        Block.paragraph(text, "pending"),
        Block.note(text),
        Block.bullets([text]),
        Block.table(
            text,
            [text, {"key": "n", "label": text, "group": text}],
            [[text, cell], ["b", 2]],
            unit=text,
            notes=[text],
            source=text,
        ),
        Block.figure(text, PNG, text, source=text),
        Block.group(Block.heading(text, 3), Block.paragraph(text)),
        Block.page_break(),
    ]


def test_names_cannot_bring_markup_in():
    text = page(
        blocks(EVIL),
        EVIL,
        subtitle=EVIL,
        footer=EVIL,
        nav=[(EVIL, "javascript:alert(1)"), ("a", f"b{EVIL}")],
    )
    tags = Tags(text)
    assert not tags.open
    assert len(tags.all("script")) == 1 and len(tags.all("img")) == 1  # ours
    assert not any("onerror" in attrs for _, attrs in tags.seen)
    assert not any("javascript" in (attrs.get("href") or "") for attrs in tags.all("a"))


def test_a_page_needs_no_network_and_no_file():
    text = page(blocks("甲"), "题目")
    assert (
        not re.search(r"""(src|href)=["']?(https?:|//)""", text)
        and "@import" not in text
        and "url(" not in text
    )
    assert all(attrs["src"].startswith("data:image/png;base64,") for attrs in Tags(text).all("img"))
    assert "default-src 'none'" in text


def test_the_same_blocks_give_the_same_text():
    assert page(blocks("甲"), "题目", nav=[("首页", "index.html")]) == page(
        blocks("甲"), "题目", nav=[("首页", "index.html")]
    )
    assert "\r" not in page(blocks("甲"), "题目")


def test_accessible():
    tags = Tags(page(blocks("甲"), "题目", lang="zh-CN"))
    assert tags.all("html")[0]["lang"] == "zh-CN"
    assert len(tags.all("h1")) == 1 and tags.all("img")[0]["alt"] == "甲"
    scopes = [attrs.get("scope") for attrs in tags.all("th")]
    assert scopes.count("col") == 2 and "row" in scopes and "colgroup" in scopes
    assert {attrs["href"] for attrs in tags.all("a")} >= {"#s1", "#s2", "#main"}
    ids = [attrs["id"] for _, attrs in tags.seen if "id" in attrs]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("block", "banner"),
    [
        (Block.table("t", ["a"], [[1]]), False),
        (Block.table("t", ["a"], [[1]], demo=True), True),
        (Block.figure("t", PNG, "x", source="演示数据（虚构）", demo=True), True),
        (Block.table("演示数据", ["演示地区"], [["演示甲区"]], source="演示数据"), False),
        (Block.group(Block.figure("t", PNG, "x", demo=True)), True),
    ],
)
def test_demonstration_data_bring_the_banner(block, banner):
    assert ('class="ek-demo"' in page([block], "题目")) is banner


def test_the_title_is_not_said_twice():
    assert (
        page([Block.heading("题目", 1), Block.paragraph("甲")], "题目").count("题目") == 2
    )  # <title> and <h1>


def test_numbers_sort_by_value_and_totals_stay():
    text = fragment(
        Block.table(
            "t",
            ["a", {"key": "n", "label": "n", "decimals": 1}],
            [["甲", 2], ["合计", 2]],
            total_rows=1,
        )
    )
    assert '<td class="r" data-v="2">2.0</td>' in text and "<tr class=total>" in text
    assert "data-sort" not in text  # nothing to sort in one row
    many = Block.table("t", ["a"], [[1], [2]])
    assert "data-sort" in fragment(many) and "<script>" in page([many], "x")
    assert "<script>" not in page([Block.table("t", ["a"], [[1], [2]], sortable=False)], "x")


def test_contrast_of_the_tones():
    """WCAG 2 contrast of text colours against their ground is at least 4.5."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        lines = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * lines[0] + 0.7152 * lines[1] + 0.0722 * lines[2]

    for ink, ground in (
        ("#145a32", "#ffffff"),
        ("#7a4b00", "#ffffff"),
        ("#9b1c1c", "#ffffff"),
        ("#333333", "#ffef9e"),
        ("#4a4a4a", "#ffffff"),
        ("#4d3900", "#fff4d6"),
        ("#7d1414", "#ffffff"),
    ):
        high, low = sorted((light(ink), light(ground)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.parametrize(
    "href", ["//evil.example/x", "\\\\evil\\x", " /\\evil.example", "javascript:alert(1)"]
)
def test_a_link_to_another_machine_needs_its_scheme(href):
    assert "evil" not in page([Block.table("表", ["甲"], [[{"t": "乙", "href": href}]])], "页")


def test_cells_keep_their_side_in_jupyterlab_and_width_on_a_phone():
    """JupyterLab turns every cell to the right with two classes and a tag; a rule of ours must be stronger than that."""
    style = re.sub(r"/\*.*?\*/|@media[^{]*\{", "", html_room._asset("block.css"), flags=re.DOTALL)
    sides = {}
    for rule in re.finditer(r"([^{}]+)\{([^}]*text-align:(\w+)[^}]*)\}", style):
        for selector in (
            re.split(r",(?![^(]*\))", rule[1])
            if "table" in rule[1] and "caption" not in rule[1]
            else ()
        ):
            tags = len(re.findall(r"(?:^|\s)(?:table|thead|tbody|th|td)\b|:is\(", selector))
            sides[selector.strip()] = (selector.count("."), tags) > (2, 1)
    assert len(sides) > 3 and all(sides.values()), sides
    assert (
        re.search(
            r"@media screen and \(max-width:48rem\)\{[^}]*td\.l\{min-width:(\d+)em",
            html_room._asset("block.css"),
        )[1]
        == "10"
    )
    assert "overflow-x:auto" in style
