"""What every offline page shares: nothing in the data ends an element, words come in pairs, a spreadsheet takes text as text."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from evalkit.pages.page import COMMON, COMMON_WORDS, Page, digest, embedded, made, said, texts

NODE = shutil.which("node")
HOSTILE = ["</script><script>alert(1)</script>", "\u2028", '"><img src=x onerror=alert(1)>']


def page(folder: Path) -> str:
    body = '{% extends "frame.html" %}{% block main %}<h2 {{ say("heading") }}</h2>{{ about }}{% endblock %}'
    (folder / "page.html").write_text(body, encoding="utf-8")
    (folder / "page.css").write_text("h2 { color: #000; }", encoding="utf-8")
    (folder / "page.js").write_text('"use strict";\nreadData();\n', encoding="utf-8")
    return made(
        Page(
            folder,
            "page.html",
            ("试页", "A page"),
            COMMON_WORDS["internal"],
            styles=["page.css"],
            scripts=["page.js"],
            words={"heading": ["标题<b>", "Heading"]},
            data={"names": HOSTILE},
            facts={"about": HOSTILE[2]},
        )
    )


def test_one_frame_with_policy_words_and_data(tmp_path: Path) -> None:
    text = page(tmp_path)
    script = text.rpartition("<script>")[2].partition("</script>")[0]
    style = text.partition("<style>")[2].partition("</style>")[0]
    assert digest(script) in text and digest(style) in text and "unsafe" not in text
    assert script.startswith('"use strict";\n') and script.count('"use strict"') == 1
    assert text.count("<script") == text.count("</script>") == 3
    assert "<img src=x" not in text and "标题<b>" not in text.partition("<script")[0]
    data = text.partition('id="data">')[2].partition("</script>")[0]
    assert json.loads(data) == {"names": HOSTILE}


def test_data_end_no_element() -> None:
    text = embedded(HOSTILE)
    assert "<" not in text and "\u2028" not in text and json.loads(text) == HOSTILE


def test_words_are_pairs_and_later_ones_replace() -> None:
    found = said([{"a": ["甲", "A"], "b": {"c": ["丙", "C"]}}, {"a": ["乙", "B"]}])
    assert found == {"zh": {"a": "乙", "b.c": "丙"}, "en": {"a": "B", "b.c": "C"}}
    with pytest.raises(ValueError):
        said([{"a": ["只有中文"]}])


@pytest.mark.skipif(NODE is None, reason="没有 node，下载的表在浏览器测试里核对")
def test_a_spreadsheet_takes_numbers_as_numbers_and_names_as_text() -> None:
    asked = {
        "−1,234.50": "-1234.50",
        "28.8%": "28.8%",
        "=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0",
        "+1+1": "'+1+1",
        "-1+1": "'-1+1",
        "@SUM(A1)": "'@SUM(A1)",
        "  =1+1": "'  =1+1",
        "\u202e=1+1": "'\u202e=1+1",
        '甲"区,一': '"甲""区,一"',
        "一\r\n二": '"一\r\n二"',
    }
    script = "".join(texts(COMMON, ["files.js"])).replace('"use strict";', "")
    ask = "console.log(JSON.stringify(JSON.parse(process.argv[1]).map(csvCell)))"
    done = subprocess.run(
        [str(NODE), "-e", script + ask, json.dumps(list(asked))],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout) == list(asked.values())
