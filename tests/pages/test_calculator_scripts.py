"""Each script that reckons, by itself: numbers, nodes of a rule, a scenario, the budget backwards, who gains."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "subsidy"))
from subsidy_cases import PER_MEMBER, PER_ORG, parameter, scheme_of  # noqa: E402
from test_oracle import frames  # noqa: E402

from evalkit.pages.calculator import FOLDER, REASONING, page_data  # noqa: E402
from evalkit.pages.page import scripts, texts  # noqa: E402
from evalkit.subsidy import plan  # noqa: E402
from evalkit.subsidy.distribution import groups  # noqa: E402
from evalkit.subsidy.loading import load_reform  # noqa: E402

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="没有 node，页面的计算在浏览器测试里核对")
PLAIN = '(_, value) => (typeof value === "bigint" ? Number(value) : value)'
SCHEME = scheme_of({
    "o": PER_ORG,
    "m": PER_MEMBER | {"floor": parameter(300), "cap": parameter(9000)},
    "k": {"name": "配套", "of": ["o"], "reading": "each_equals_district", "payers": ["fiscal_township", "enterprise"],
          "ratio": parameter(0.5, "倍")},
})  # fmt: skip


def told(names: tuple[str, ...], asked: str, given: Any = None) -> Any:
    """What an expression comes to after the scripts named, with `given` at hand."""
    tail = f"\nconst given = JSON.parse(require('fs').readFileSync(0, 'utf8'));\nconsole.log(JSON.stringify({asked}, {PLAIN}));"
    done = subprocess.run(
        [str(NODE), "-e", scripts(texts(FOLDER, names)) + tail],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert not done.stderr, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def made() -> Any:
    orgs, _ = frames(random.Random(4))
    return plan(orgs, SCHEME, [2026, 2027])


def test_numbers_are_exact() -> None:
    asked = """[halfUp(readFraction("2.5"), 1n), halfUp(readFraction("-2.5"), 1n), halfUp(readFraction("149.5"), 100n),
      shownFraction(readFraction("0.30")), shownFraction(readFraction("7/2")), floorDiv(-7n, 2n),
      joined({top: [1n, 2n], bottom: 3n}, {top: [1n], bottom: 6n}, (x, y) => x + y)]"""
    wanted = [3, -2, 100, "0.3", "3.5", -4, {"top": [3, 5], "bottom": 6}]
    assert told(("fraction.js",), asked) == wanted


def test_every_node_of_a_rule_has_its_meaning() -> None:
    leaves = """const leaves = {weights: [1n, 3n], unit: 10n, standard: (key, piece) => forAll(fraction(piece ? 8n : 4n)),
      numbers: {Quantity: {top: [1n, 6n], bottom: 2n}}};"""
    number = lambda text: ["Number", text]  # noqa: E731
    quantity = ["Quantity"]
    trees = {
        "Sum": ["Sum", [quantity, number("1/2"), number("1")]],
        "Less": ["Less", quantity, number("1")],
        "Product": ["Product", quantity, number("3/2")],
        "Divided": ["Divided", quantity, number("2")],
        "AtLeast": ["AtLeast", quantity, number("1")],
        "AtMost": ["AtMost", quantity, number("1")],
        "Mean": ["Mean", ["Product", ["Standard", ""], quantity]],
        "Rounded": ["Rounded", ["Product", quantity, number("10")]],
        "Estimated": ["Estimated", ["Rounded", number("20")], 1.5],
    }
    asked = f"""(() => {{ {leaves} return Object.fromEntries(Object.entries(given).map(([name, tree]) => {{
      const found = treeValue(tree, leaves); return [name, found.top.map((one) => Number(one) / Number(found.bottom))]; }})); }})()"""
    assert told(("fraction.js", "rule.js"), asked, trees) == {
        "Sum": [2, 4.5], "Less": [-0.5, 2], "Product": [0.75, 4.5], "Divided": [0.25, 1.5], "AtLeast": [1, 3],
        "AtMost": [0.5, 1], "Mean": [3.5, 21], "Rounded": [10, 30], "Estimated": [30],
    }  # fmt: skip


def test_what_may_be_written_and_what_is_refused(made: Any) -> None:
    one = {"range": ["0", "1000"], "unit": "元", "smallest": 100}
    asked = """given.texts.map((text) => { try { return checkedValue(given.one, "标准", text); } catch (error) { return error.key; } })"""
    texts_ = ["２００", "1,000元", " 150.50 ", "1000.01", "-1", "很多", "0.001", ""]
    wanted = ["200", "1000", "150.5", "fault.range", "fault.range", "fault.number", "fault.decimals", "fault.number"]  # fmt: skip
    assert told(REASONING, asked, {"one": one, "texts": texts_}) == wanted
    disorder = "[given.a, given.b].map((changes) => outOfOrder(new Plan(given.data), changes))"
    given = {
        "data": page_data(made),
        "a": {"o.branch": [["2026-07-01", "12000"]]},
        "b": {"m.floor": [["", "9000"]]},
    }
    found = told(REASONING, disorder, given)
    assert (found[0]["lower"], found[0]["higher"], found[0]["day"]) == (
        "o.branch",
        "o.general_branch",
        "2026-07-01",
    )
    assert found[1] is None


def test_a_scenario_with_names_that_mean_harm_is_the_scenario(made: Any, tmp_path: Path) -> None:
    data = page_data(made)
    data["standards"]["o.branch"]["label"] = "标准\nchanges: {}\u2028# 支部"
    changes = {"o.branch": [["2026-07-01", "3500"]], "m.per_member": [["", "200"]]}
    asked = "scenarioFile(given.data, {title: given.title, question: given.title, changes: given.changes})"
    hostile = 'a"\nbase: x # ]{'
    text = told(REASONING, asked, {"data": data, "title": hostile, "changes": changes})
    path = tmp_path / "方案.yml"
    path.write_text(text, encoding="utf-8")
    reform = load_reform(path, made.scheme)
    assert (
        reform.changes
        == made.scheme.reform({"o.branch": {"2026-07-01": 3500}, "m.per_member": 200}).changes
    )
    assert reform.title == hostile.replace("\n", " ") and reform.ask.periods == "2026-2027"
    names = "['a/b:c', '..', ' x. ', 'CON\\u202e', '长'.repeat(90)].map(fileName)"
    assert told(REASONING, names) == ["a b c", "", "x", "CON", "长" * 60]


@pytest.mark.parametrize("extra", [0, 1_000, 12_345.67, 10_000_000])
def test_the_budget_backwards_is_what_the_plan_solves(made: Any, extra: float) -> None:
    asked = "highest(new Plan(given.data), given.path, {}, BigInt(given.fen), 2026)"
    for path in ("o.branch", "m.per_member", "k.ratio"):
        given = {"data": page_data(made), "path": path, "fen": round(extra * 100)}
        found, wanted = told(REASONING, asked, given), made.solve(path, extra=extra, year=2026)
        assert float(found["best"]["value"]) == wanted.value, path
        assert found["best"]["more"] == wanted.result
        assert (found["next"] or {}).get("more") == wanted.next_result


@pytest.mark.parametrize("seed", range(4))
def test_who_gains_is_what_the_plan_says(seed: int) -> None:
    """Organisations and members that gain and lose, in all and in one district."""
    rng = random.Random(seed)
    orgs, _ = frames(rng)
    made = plan(orgs, SCHEME | {"members": rng.choice(("year_end", "mean"))}, [2026, 2027])
    changes = {
        "o.branch": [["2026-07-01", "2500"]],
        "m.per_member": [["", "230"]],
        "k.ratio": [["", "1"]],
    }
    result = made.run({"o.branch": {"2026-07-01": 2500}, "m.per_member": 230, "k.ratio": 1})
    asked = "[-1, 0].map((place) => gains(new Plan(given.data), given.changes, 2026, place))"
    whole, first = told(REASONING, asked, {"data": page_data(made), "changes": changes})
    of_areas = groups(result, "area", 2026).set_index("area")
    for found, wanted in (
        (whole, groups(result, [], 2026).iloc[0]),
        (first, of_areas.loc[made.source.homes[0]]),
    ):
        for side in ("gain", "lose"):
            assert found[side]["organisations"] == wanted[side]
            assert found[side]["members"] == int(wanted[f"{side}_members"] + 0.5)
