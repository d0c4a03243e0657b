"""探索.html in headless Chromium, without a network: choices draw, links restore, keys reach, nothing is fetched."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from explorer_worlds import BROWSER, CODE, at_level, fallen, renamed, shown, silent

from evalkit.indicators.compare import compare
from evalkit.pages.explorer import VIEWS, Explored, explorer
from evalkit.world import number

pytestmark = [pytest.mark.slow, pytest.mark.skipif(BROWSER is None, reason="no Chromium")]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def told(demo_project) -> Explored:
    """The districts; one fell, one sent nothing the year before."""
    plain = shown(demo_project)
    areas = list(at_level(plain)["area"].unique())
    return silent(fallen(plain, areas[2]), areas[4], plain.baseline or "")


class Tab:
    """A page that is open, with what it asked for and complained of."""

    def __init__(self, browser: Any, path: Path, size: dict[str, int]) -> None:
        context = browser.new_context(viewport=size, accept_downloads=True)
        context.set_offline(True)
        self.page = context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())

    def view(self, **chosen: str) -> None:
        """Go to a view by its address."""
        self.page.evaluate(
            "h => { location.hash = h; }", "&".join(f"{k}={quote(v)}" for k, v in chosen.items())
        )
        self.page.wait_for_timeout(50)

    def marks(self) -> int:
        return int(self.page.evaluate("document.querySelectorAll('#chart [data-path]').length"))

    def rows(self) -> list[list[str]]:
        script = "[...document.querySelectorAll('#table tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
        return list(self.page.evaluate(script))

    def quiet(self) -> bool:
        """Whether nothing was complained of, and nothing but the file (and blobs of its own) asked for."""
        own = [one for one in self.asked if not one.startswith("blob:")]
        return self.said == [] and len(own) == 1


@pytest.fixture(scope="module")
def file(told, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("explorer") / "探索.html"
    path.write_text(explorer(told), encoding="utf-8")
    return path


def test_every_choice_draws_and_nothing_is_fetched(browser, file, told):
    tab = Tab(browser, file, WIDE)
    areas = list(at_level(told, told.period)["area"].unique())[:2]
    drawn = 0
    codes = tab.page.evaluate("Object.keys(data.indicators)")
    for code in codes:
        for view in VIEWS if code in told.headline[:4] else ("bars",):
            chosen = [view, code, areas]
            tab.page.evaluate("c => choose({view: c[0], code: c[1], areas: c[2]})", chosen)
            drawn += tab.marks()
    for level in set(told.frame["level"]):
        tab.page.evaluate("l => chooseLevel(l)", level)
        tab.page.evaluate("choose({view: 'tiles'})")
    assert drawn > 500 and tab.quiet(), tab.said[:3]


def test_a_link_restores_its_view(browser, file, told):
    tab = Tab(browser, file, WIDE)
    tab.page.click("#views [data-view=change]")
    tab.page.select_option("#code", "work_coverage")
    tab.page.fill("#search", "02")
    tab.page.press("#search", "Enter")
    tab.page.click("#language")
    link = tab.page.evaluate("location.href")
    content = tab.page.inner_html("main")
    other = Tab(browser, file, WIDE)
    other.page.goto("about:blank")
    other.page.goto(link)
    assert other.page.inner_html("main") == content and "Organisation" in content
    hostile = Tab(browser, file, WIDE)
    hostile.view(v="<script>", i="__proto__", p="1", l="x", g="group:<b>", n="-3", a="x/y")
    assert hostile.marks() > 3 and hostile.quiet()


def test_the_keyboard_reaches_everything(browser, file, told):
    tab = Tab(browser, file, WIDE)
    tab.page.focus("#search")
    tab.page.keyboard.press("Tab")
    first = tab.page.evaluate("document.activeElement.dataset.path")
    told_ = tab.page.inner_text("#reading")
    assert first and "分子" in told_ and "分母" in told_ and "口径" in told_ and "报送" in told_
    tab.page.keyboard.press("ArrowDown")
    second = tab.page.evaluate("document.activeElement.dataset.path")
    tab.page.keyboard.press("Enter")
    assert second != first and tab.page.evaluate("choice.areas") == [second]
    assert tab.page.evaluate("document.activeElement.dataset.path") == second
    tab.page.keyboard.press("End")
    last = tab.page.inner_text("#reading")
    assert "缺报" in last or "分子" in last
    reached = set()
    tab.page.evaluate("document.activeElement.blur(); document.body.focus()")
    for _ in range(60):
        tab.page.keyboard.press("Tab")
        reached.add(
            tab.page.evaluate(
                "document.activeElement.id || document.activeElement.dataset.view || ''"
            )
        )
    assert {
        "code",
        "period",
        "baseline",
        "level",
        "peers",
        "order",
        "search",
        "csv",
        "svg",
        "png",
        "language",
    } <= reached
    assert set(VIEWS) <= reached


def test_an_accessibility_checker_finds_nothing_serious(browser, file, told):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for size in (WIDE, PHONE):
        tab = Tab(browser, file, size)
        areas = list(at_level(told, told.period)["area"].unique())[:3]
        for view in VIEWS:
            tab.page.evaluate("c => choose({view: c[0], areas: c[1]})", [view, areas])
            found = axe.run(tab.page).response["violations"]
            serious = [
                (one["id"], one["nodes"][0]["html"][:200])
                for one in found
                if one["impact"] in ("serious", "critical")
            ]
            assert not serious, (view, serious)
        wide = tab.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"]


def test_the_question_of_the_leader_is_answered(browser, file, told):
    """哪个区县两年来组织覆盖率下降最多，与同类比如何: in the sentence, from the numbers of the report."""
    tab = Tab(browser, file, WIDE)
    tab.page.click("#views [data-view=change]")
    seen = compare(told.frame, told.period, against=told.baseline)
    seen = seen.loc[(seen["indicator"] == CODE) & (seen["level"] == told.level)]
    worst = seen.sort_values("change").iloc[0]
    answer = tab.page.inner_text("#answer")
    size = number.fixed(-worst["change"], 1, scale=100)
    assert f"组织覆盖率下降最多的区县是{worst['area_name']}" in answer
    assert f"下降{size}个百分点" in answer
    rows = at_level(told)
    rows = rows.loc[rows["indicator"] == CODE]
    group = rows.loc[rows["area"] == worst["area"], "peer_group"].iloc[0]
    both = rows.groupby("area")["value"].transform("count") == 2
    peers = rows.loc[both & (rows["peer_group"] == group) & (rows["area"] != worst["area"])]
    sums = peers.groupby("period")[["numerator", "denominator"]].sum()
    for period in (told.baseline, told.period):
        value = number.percent(sums.loc[period, "numerator"], over=sums.loc[period, "denominator"])
        assert value in answer
    assert f"同类（{group}）其他地区{peers['area'].nunique()}个合计" in answer


def test_numbers_of_the_table_are_the_stored_ones(browser, file, told):
    tab = Tab(browser, file, WIDE)
    names = {row[0]: row for row in tab.rows()}
    now = at_level(told, told.period)
    for row in now.loc[now["indicator"] == CODE].to_dict("records"):
        line = names[row["area_name"]]
        assert line[3] == number.fixed(row["value"], 1, scale=100)
        assert line[5:7] == [number.count(row["numerator"]), number.count(row["denominator"])]
    gone = next(line for line in names.values() if "缺报" in line[2])
    assert gone[4] == "—"


def test_files_are_saved_with_marks_and_without_formulas(browser, told, tmp_path):
    path = tmp_path / "x.html"
    area = str(at_level(told)["area_name"].iloc[0])
    path.write_text(explorer(renamed(told, {area: '=HYPERLINK("a")<b>'})), encoding="utf-8")
    tab = Tab(browser, path, WIDE)
    kept = {}
    for end in ("csv", "svg", "png"):
        with tab.page.expect_download() as waiting:
            tab.page.click(f"#{end}")
        kept[end] = Path(waiting.value.path()).read_bytes()
    table = kept["csv"].decode("utf-8")
    assert table.startswith("\ufeff地区,") and "\"'=HYPERLINK(" in table
    for told_ in ("口径：", "资料来源：", "演示数据", "缺报"):
        assert told_ in table and told_ in kept["svg"].decode("utf-8")
    assert kept["png"].startswith(b"\x89PNG") and tab.quiet()


def test_print_and_phone_hold_the_view(browser, file):
    tab = Tab(browser, file, PHONE)
    tab.page.emulate_media(media="print")
    parts = ["#chart svg", "#table", "#base", "#choices", "#files"]
    script = "all => all.map((one) => !!document.querySelector(one).getClientRects().length)"
    shown_ = tab.page.evaluate(script, parts)
    assert shown_ == [True, True, True, False, False]


def test_the_public_edition_answers_from_what_it_prints(browser, told, tmp_path):
    """Sides of the earlier period are not in it: the change is the printed one, beside that of the whole."""
    detailed = frozenset({told.period})
    path = tmp_path / "public.html"
    public = dataclasses.replace(told, public=True, detailed=detailed)
    path.write_text(explorer(public), encoding="utf-8")
    tab = Tab(browser, path, WIDE)
    tab.page.click("#views [data-view=change]")
    answer = tab.page.inner_text("#answer")
    assert "下降最多的区县是" in answer and "全体合计由" in answer and tab.quiet()
