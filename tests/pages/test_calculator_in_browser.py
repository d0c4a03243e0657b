"""测算.html as its reader has it: every number the plan's, by keyboard, in two languages, with names that mean harm."""

from __future__ import annotations

import csv
import io
import json
import random
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "subsidy"))
from subsidy_cases import PER_MEMBER, PER_ORG, parameter, scheme_of  # noqa: E402
from test_oracle import frames  # noqa: E402

from evalkit.pages.calculator import calculator, public_calculator  # noqa: E402
from evalkit.problems import InputError  # noqa: E402
from evalkit.subsidy import plan  # noqa: E402
from evalkit.subsidy.loading import load_reform  # noqa: E402

YEARS = [2026, 2027]
SETTINGS = 10_000
HOSTILE = (
    "<img src=x onerror=alert(1)><script>alert(1)",
    "=cmd|' C calc'!A0",
    "\u202e甲\"&'<b>区",
    "长" * 200,
)


@pytest.fixture(scope="module")
def orgs() -> pd.DataFrame:
    rows = [("一支部", "branch", 3), ("联合支部", "branch", 7), ("委员会", "committee", 120), ("空支部", "branch", 0)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["party_org", "org_kind", "members"])
    return frame.assign(area=list(HOSTILE), period="2026", functional=False)


@pytest.fixture(scope="module")
def made(orgs: pd.DataFrame) -> Any:
    """Four areas whose names mean harm (a name holds no slash), in a scheme whose names do too."""
    organisation = PER_ORG | {"name": "<b>组织</b>"}
    scheme = scheme_of(
        {"m": PER_MEMBER, "o": organisation}, name="</script><script>alert(2)</script>"
    )
    return plan(orgs, scheme, YEARS)


def text_of(page: Any, name: str) -> str:
    return str(page.locator(f"#{name}").inner_text())


def write(page: Any, name: str, text: str) -> None:
    field = page.locator(f"#{name}")
    field.fill(text)
    field.blur()


def downloaded(page: Any, button: str, folder: Path) -> Path:
    with page.expect_download() as got:
        page.locator(f"#{button}").click()
    path = folder / got.value.suggested_filename
    got.value.save_as(path)
    return path


def test_a_question_from_the_fields_to_the_files(opened: Any, made: Any, tmp_path: Path) -> None:
    """150 to 200: the sentence, the tables, the budget backwards, a scenario that Evalkit runs, a table for a spreadsheet."""
    page = opened(calculator(made, "test")).page
    write(page, "to", "２００元")
    result = made.run({"m.per_member": {"2026-01-01": 200}})
    assert result.cost([])["change_fen"].tolist() == [6500_00, 6500_00]
    told = text_of(page, "answer")
    assert "2026年增加支出6,500元，全部为区县财政支出" in told and "增加的地区3个" in told
    assert "惠及3个党组织130名党员" in told
    write(page, "budget", "0.5")
    solved = made.solve("m.per_member", extra=5000)
    assert f"最高可定为{solved.value:g}元" in text_of(page, "most")
    page.locator("#adopt").click()
    assert f"调到{solved.value:g}元/人·年，全部时期" in text_of(page, "changes")
    page.locator("#keep").click()
    page.locator('[id="slider-o.branch"]').focus()
    page.keyboard.press("ArrowRight")
    assert "组织</b>·标准由3000调到3010" in text_of(page, "changes")
    assert page.locator("#beside thead th").count() == 4  # what of, in force, kept, current
    write(page, "name", "提/到..")
    write(page, "question", 'a"b: #?')
    scenario = downloaded(page, "save", tmp_path)
    assert scenario.name == "提 到.yml"
    changes = {"m.per_member": solved.value, "o.branch": 3010}
    reform = load_reform(scenario, made.scheme)
    assert (
        dict(reform.changes)["m.per_member"]
        == dict(made.scheme.reform(changes).changes)["m.per_member"]
    )
    again, wanted = (
        made.run(reform),
        made.run({"m.per_member": solved.value, "o.branch": {"2026-01-01": 3010}}),
    )
    assert again.table.equals(wanted.table) and reform.ask.periods == "2026-2027"
    lines = downloaded(page, "csv", tmp_path).read_bytes()
    assert lines.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(lines.decode("utf-8-sig"))))
    fen = wanted.cost("area", 2026)["change_fen"] / 1_000_000
    assert [float(row[3]) for row in rows[1:5]] == pytest.approx(list(fen), abs=0.0051)
    assert rows[2][0] == "'" + HOSTILE[1] and not any(
        cell[:1] in "=+@" for row in rows for cell in row if cell
    )
    write(page, "to", "很多")
    assert "请写数字" in text_of(page, "fault")
    page.locator("#language").click()
    assert (
        "spending rises by" in text_of(page, "answer")
        and page.locator("html").get_attribute("lang") == "en"
    )


@pytest.mark.slow
def test_names_stay_names(opened: Any, made: Any) -> None:
    """Markup, formulas, turned writing and 200 letters are letters; the page is not wider than a telephone."""
    page = opened(calculator(made, "test"), width=390).page
    assert HOSTILE[0] in page.locator("#areas tbody th").nth(0).inner_text()
    assert page.locator("script").count() == 3 and page.locator("main b").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    direction = "getComputedStyle(document.querySelectorAll('#areas tbody th')[2]).unicodeBidi"
    assert page.evaluate(direction) == "isolate"


@pytest.mark.slow
def test_keyboard_reaches_everything_and_shows_where_it_is(opened: Any, made: Any) -> None:
    page = opened(calculator(made, "test")).page
    wanted = page.evaluate(
        "[...document.querySelectorAll('a, button, input, select, [tabindex=\"0\"]')]"
        ".filter((one) => !one.disabled && one.offsetParent !== null || one.className === 'skip').length"
    )
    seen: set[str] = set()
    for _ in range(3 * wanted):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "(() => { const one = document.activeElement; if (one === document.body) return null;"
            "const all = [...document.querySelectorAll('*')]; const look = getComputedStyle(one);"
            "return [String(all.indexOf(one)), look.outlineStyle, parseFloat(look.outlineWidth)]; })()"
        )
        if here is None:
            continue
        seen.add(here[0])
        assert here[1] != "none" and here[2] >= 2, here
    assert len(seen) == wanted
    page.locator("#item").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("4000")
    page.keyboard.press("Enter")
    assert "调到4000" in text_of(page, "changes")


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_a_checker_of_accessibility_finds_nothing_serious(
    opened: Any, made: Any, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(calculator(made, "test"), width=width, bypass_csp=True).page
    write(page, "to", "200")
    page.locator("#keep").click()
    for _ in ("zh", "en"):
        found = axe.Axe().run(page).response["violations"]
        serious = [one for one in found if one["impact"] in ("serious", "critical", "moderate")]
        assert not serious, [(one["id"], one["nodes"][0]["html"]) for one in serious]
        page.locator("#language").click()


@pytest.mark.slow
def test_a_day_alone_is_no_change(opened: Any, made: Any) -> None:
    """A standard at the value that is in force is no change, whatever the day; names in braces stay as they are."""
    page = opened(calculator(made, "test")).page
    write(page, "since", "2026-07-01")
    assert text_of(page, "changes") == "没有调整"
    write(page, "to", "200")
    assert "2026-07-01起" in text_of(page, "changes")
    write(page, "to", "150")
    assert text_of(page, "changes") == "没有调整"
    assert page.evaluate("say('about', {})") and page.evaluate(
        "'{x}' === (allWords.zh.x = '{x}', say('x'))"
    )


@pytest.mark.slow
def test_a_public_page_without_a_standard_says_why(opened: Any, made: Any) -> None:
    nothing = pd.DataFrame({"area": [], "period": [], "measure": [], "value": []})
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(public_calculator(made, nothing), bypass_csp=True).page
    found = axe.Axe().run(page).response["violations"]
    assert not [one["id"] for one in found if one["impact"] != "minor"]
    assert page.locator("#nothing").is_visible() and not page.locator("#item").is_visible()
    assert "公开表里没有" in page.locator("footer").inner_text()


# --- ten thousand settings ---


def everything() -> dict[str, Any]:
    """A scheme with every kind of rule: tiers, grades, floors, caps, top-up, guarantee, months, a matching, shares."""
    payer = {"fiscal_city": 0.3333, "fiscal_district": 0.6667}
    base = {"payer": payer, "ordered": False}
    tiers = {
        key: parameter(value)
        for key, value in (("branch", 3000), ("general_branch", 10000.5), ("committee", 20000))
    }
    graded = {
        key: parameter(value, **{"from": start})
        for key, value, start in (("a", 90, 0), ("b", 60, 5), ("c", 33.33, 20))
    }
    return scheme_of(
        {
            "t": base | {"name": "分类", "per": "party_org", "by": "org_kind", "guarantee": 0.8, **tiers},
            "g": base | {"name": "累进", "per": "member", "by": "members", "marginal": True, **graded},
            "m": base | {"name": "活动", "per": "member", "basis": "top_up", "purpose": "activity", "rate": parameter(150),
                         "floor": parameter(300), "cap": parameter(9000)},
            "s": base | {"name": "星级", "per": "party_org", "by": "stars", "eligible": {"stars": ">= 3"},
                         **{str(n): parameter(n * 500) for n in (3, 4, 5)}},
            "e": base | {"name": "月补", "per": "party_org", "amount": parameter(99.99, "元/个·月")},
            "k": {"name": "配套", "of": ["t", "m"], "reading": "together_equal_district", "payers": ["fiscal_township", "enterprise"],
                  "ratio": parameter(1, "倍")},
        },
        rounding="yuan", members="mean",
    )  # fmt: skip


def random_setting(standards: Any, rng: random.Random) -> dict[str, list[list[str]]]:
    found = {}
    for path, one in standards.items():
        if rng.random() < 0.3:
            steps = min(int((one.range[1] - one.range[0]) / one.step), 2500)
            value = one.range[0] + rng.randint(0, steps) * one.step
            since = rng.choice(("", "2026-01-01", "2026-07-01", "2026-11-30", "2027-03-15"))
            found[path] = [[since, f"{value:f}"]]
    return found


ALL_IN_ONE_GO = """(settings) => settings.map((changes) => data.asked.map((year) => Object.values(plan.money(changes, year))
  .flatMap((paid) => Object.values(paid).flatMap((fen) => fen.map(Number)))))"""


@pytest.mark.slow
def test_ten_thousand_settings_inside_the_page_to_the_fen(opened: Any) -> None:
    """One page, one call: every component, payer, district and year of every setting is what the plan says."""
    rng = random.Random(18)
    organisations, funds = frames(rng)
    made = plan(organisations, everything(), YEARS, tables={"funds": funds})
    settings = [random_setting(made.scheme.parameters, rng) for _ in range(SETTINGS)]
    answers = opened(calculator(made)).page.evaluate(ALL_IN_ONE_GO, settings)
    refused = 0
    for setting, by_year in zip(settings, answers, strict=True):
        changes = {
            path: {since: float(value)} if since else float(value)
            for path, ((since, value),) in setting.items()
        }
        try:
            result = made.run(changes)
        except InputError:  # a floor above its cap, a guarantee without a day
            refused += 1
            continue
        for year, found in zip(YEARS, by_year, strict=True):
            wanted = [int(fen) for money in result.new[year].values() for fen in money]
            assert found == wanted, (setting, year)
    assert refused < SETTINGS / 2
    assert json.dumps(settings[0]) != json.dumps(settings[1])
