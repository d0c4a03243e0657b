"""测算.html: the page reckons to the fen as the plan does, fetches nothing, and does no harm with hostile names."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "subsidy"))
from subsidy_cases import PER_MEMBER, PER_ORG, scheme_of  # noqa: E402
from test_oracle import YEARS, frames, scheme  # noqa: E402

from evalkit.pages.calculator import FOLDER, REASONING, calculator, page_data  # noqa: E402
from evalkit.pages.page import scripts, texts  # noqa: E402
from evalkit.problems import InputError  # noqa: E402
from evalkit.subsidy import plan  # noqa: E402

NODE = shutil.which("node")
SCRIPT = scripts(texts(FOLDER, REASONING))  # what reckons, without a page
LARGEST = 1_000_000  # bytes of a page
ASK = """
const input = JSON.parse(require("fs").readFileSync(0, "utf8"));
const plan = new Plan(input.data);
const text = (one) => JSON.parse(JSON.stringify(one, (_, value) => (typeof value === "bigint" ? Number(value) : value)));
console.log(JSON.stringify(input.settings.map((one) => input.data.asked.map((year) => text(plan.money(one, year))))));
"""


def reckoned(data: dict[str, Any], settings: list[dict[str, Any]]) -> Any:
    """What the scripts of the page make of settings, without a page."""
    if NODE is None:
        pytest.skip("没有 node，页面的计算在浏览器测试里核对")
    done = subprocess.run(
        [NODE, "-e", SCRIPT + ASK],
        input=json.dumps({"data": data, "settings": settings}),
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    return json.loads(done.stdout)


def random_settings(made: Any, rng: random.Random) -> dict[str, list[list[str]]]:
    """Standards as somebody moves the sliders: steps within their ranges, from some day on or always."""
    found = {}
    for path, one in made.scheme.parameters.items():
        if rng.random() < 0.5:
            top = min(int((one.range[1] - one.range[0]) / one.step), 300)
            value = one.range[0] + rng.randint(0, top) * one.step
            since = rng.choice(("", "2026-01-01", "2026-07-01", "2026-11-30", "2027-03-15"))
            found[path] = [[since, f"{value:f}"]]
    return found


def as_changes(settings: dict[str, list[list[str]]]) -> dict[str, Any]:
    return {
        path: {day: float(value) for day, value in steps} if steps[0][0] else float(steps[0][1])
        for path, steps in settings.items()
    }


def compare(made: Any, settings: list[dict[str, Any]], answers: Any) -> int:
    """How many settings the plan takes too; every fen of each is the same."""
    taken = 0
    for one, by_year in zip(settings, answers, strict=True):
        try:
            result = made.run(as_changes(one))
        except InputError:  # tiers out of order: the page shows what the plan refuses
            continue
        taken += 1
        for year, found in zip(made.years, by_year, strict=True):
            wanted: dict[str, dict[str, list[int]]] = {}
            for item, fen in result.new[year].items():
                wanted.setdefault(item.component, {})[item.payer] = [int(one) for one in fen]
            assert found == wanted, (one, year)
    return taken


@pytest.mark.parametrize("seed", range(6))
def test_random_plans_and_settings_to_the_fen(seed: int) -> None:
    rng = random.Random(seed)
    orgs, funds = frames(rng)
    made = plan(orgs, scheme(rng), YEARS, tables={"funds": funds})
    settings = [{}, *(random_settings(made, rng) for _ in range(5))]
    assert compare(made, settings, reckoned(page_data(made), settings)) >= 1


@pytest.mark.slow
def test_ten_thousand_settings_to_the_fen() -> None:
    """Fifty random plans, two hundred settings each: what node reckons from the page's scripts is what the plan says."""
    taken = 0
    for seed in range(100, 150):
        rng = random.Random(seed)
        orgs, funds = frames(rng)
        made = plan(orgs, scheme(rng), YEARS, tables={"funds": funds})
        settings = [random_settings(made, rng) for _ in range(200)]
        taken += compare(made, settings, reckoned(page_data(made), settings))
    assert taken > 9000


def hostile(orgs: pd.DataFrame) -> Any:
    """Names that would break out of a page that trusts them."""
    names = orgs.assign(
        area=["</script><script>alert(1)</script>", "甲&区", "=1+1", '"><img src=x>']
    )
    return plan(names, scheme_of({"m": PER_MEMBER, "o": PER_ORG}, name="<b>本地</b>"), [2026, 2027])


@pytest.fixture
def orgs() -> pd.DataFrame:
    rows = [("甲", "一支部", "branch", 3), ("乙", "联合支部", "branch", 7),
            ("丙", "委员会", "committee", 120), ("丁", "空支部", "branch", 0)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["area", "party_org", "org_kind", "members"])
    return frame.assign(period="2026", functional=False)


def test_one_file_with_its_own_policy_and_no_organisation(orgs: pd.DataFrame) -> None:
    text = calculator(hostile(orgs))
    assert len(text.encode()) < LARGEST
    assert "default-src 'none'" in text and "unsafe" not in text
    assert not re.search(r'(src|href)="?https?:', text)
    assert text.count("<script") == text.count("</script>") == 3  # words, data, ours
    assert "<img src=x" not in text and "<b>本地" not in text
    assert not any(name in text for name in orgs["party_org"])
    assert "eval(" not in text and "innerHTML" not in text
    assert not re.search(r"<[^>]+ (style|on[a-z]+)=", text.partition("<script")[0])


def test_a_reform_stands_in_the_fields_and_what_the_page_cannot_reckon_is_named(
    orgs: pd.DataFrame,
) -> None:
    made = plan(orgs, scheme_of({"m": PER_MEMBER, "o": PER_ORG}), [2026, 2027])
    changes = {"m.per_member": {"2026-07-01": 200, "2027-01-01": 220}, "o.branch": "+20%"}
    reform = made.scheme.reform({**changes, "members": "mean"})
    data = page_data(made, reform=reform)
    assert data["changes"]["m.per_member"] == [["2026-07-01", "200"], ["2027-01-01", "220"]]
    assert [value for _, value in data["changes"]["o.branch"]] == ["3600"]
    assert data["left"] == [made.scheme.label("members")]


def test_a_scheme_in_a_file_elsewhere_is_named_without_its_folder(orgs: pd.DataFrame) -> None:
    made = plan(orgs, scheme_of({"m": PER_MEMBER}), [2026])
    assert page_data(made, "/somewhere/本地标准.yml")["base"] == "本地标准"
    assert page_data(made, "本地标准.yml")["base"] == "本地标准.yml"


def test_no_rule_of_a_payment_stands_in_the_script() -> None:
    """Floors, caps, top-ups and matchings are words of schemes: the script knows nodes."""
    script = SCRIPT
    for word in (
        "top_up",
        "floor",
        "cap",
        "matching",
        "org_kind",
        "member",
        "stars",
        "days",
        "months",
    ):
        assert f'"{word}"' not in script, word
