"""Pages in real headless Chromium: nothing breaks their policy, the search and the sorting work."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from evalkit.documents import Block
from evalkit.documents.html import page

BROWSER = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
)
SEARCH = Path(__file__).resolve().parents[2] / "src" / "evalkit" / "reports" / "search.js"
EVIL = "<img src=x onerror=\"document.title='x'\"><script>document.title='x'</script><b style=color:red>"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(BROWSER is None, reason="no Chromium")]


def test_a_page_keeps_its_policy_and_its_scripts_work(tmp_path: Path) -> None:
    api = pytest.importorskip("playwright.sync_api")
    table = Block.table(
        "各地区主要指标",
        ["地区", {"key": "n", "label": "数", "align": "right"}],
        [["甲区", 2], ["乙区", 10], ["丙区", 1]],
    )
    text = page([table, Block.paragraph(EVIL)], "页", scripts=[SEARCH.read_text(encoding="utf-8")])
    clean, forced = tmp_path / "a.html", tmp_path / "b.html"
    clean.write_text(text, encoding="utf-8")
    forced.write_text(
        text.replace("</main>", f"{EVIL}</main>"), encoding="utf-8"
    )  # as if it had slipped in
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        tab = browser.new_page()
        said: list[str] = []
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.goto(clean.as_uri())
        assert said == []
        tab.click('th[data-col="1"]')
        rows = "[...document.querySelectorAll('tbody tr')].filter(r => !r.hidden).map(r => r.cells[0].textContent)"
        assert tab.evaluate(rows) == ["乙区", "甲区", "丙区"]
        tab.fill("input[type=search]", "丙")
        assert tab.evaluate(rows) == ["丙区"] and tab.inner_text("[role=status]") == "符合的有1个"
        tab.goto(forced.as_uri())
        assert tab.title() == "页" and any("Content Security Policy" in line for line in said)
        browser.close()
