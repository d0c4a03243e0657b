"""The form, and the cells below it: after any change they show the scenario in its fields and no other."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from subsidy_cases import PER_MEMBER, PER_ORG, scheme_of
from typer.testing import CliRunner

import evalkit as ek
from evalkit.cli import app
from evalkit.documents import MIME, Block
from evalkit.problems import InputError
from evalkit.reports import plan_report as report
from evalkit.subsidy import plan, read_scenario

ROOT = Path(__file__).resolve().parents[2]
OWN = {"per_member": {"label": "每人", "unit": "元/人·年", "range": [0, 1000], "step": 10}}


@pytest.fixture
def made(orgs) -> Any:
    per_member = OWN["per_member"] | {"values": 150}
    parts = {"m": PER_MEMBER | {"per_member": per_member}, "o": PER_ORG}
    return plan(orgs, scheme_of(parts), [2026, 2027])


def fen(form: Any) -> str:
    return form.out.value.partition('data-fen="')[2].partition('"')[0]


def test_the_fields_ask_what_the_plan_answers(made) -> None:
    form = made.form(item="m.per_member", new=200, since="2026-07-01", scope="甲区")
    expected = made.within("甲区").run({"m.per_member": {"2026-07-01": 200}})
    assert fen(form) == str(expected.cost([])["change_fen"].iloc[0])
    assert expected.sentence in form.out.value and form.result.sentence == expected.sentence
    assert "未计发" in made.form(item="m.per_member", new=200).out.value


@pytest.mark.parametrize("field", ["to", "day", "where", "choice"])
def test_what_stands_below_follows_every_field(made, field) -> None:
    form = made.form(item="m.per_member", new=200, since="2026-07-01")
    makers = [
        report.difference,
        report.summary,
        report.by_areas,
        report.by_payer,
        report.whom,
        report.basis,
    ]
    views = [form.follow(make) for make in makers]
    before = [view.block.to_json() for view in views]
    new = {"to": 260, "day": date(2026, 10, 1), "where": "乙区", "choice": "o.branch"}[field]
    getattr(form, field).value = new
    if field == "choice":
        assert (
            form.new == 3000 and form.old.value == "3000元/人·年"
        )  # another item begins at its own value, not at the old one's
        form.to.value = 3500
    for make, view in zip(makers, views, strict=True):
        assert view.block.to_json() == make(form.result).to_json()
    assert [view.block.to_json() for view in views][:4] != before[:4]
    assert views[1].block.plain() in form.out.value


def test_what_takes_long_says_that_it_waits_and_never_shows_the_old(made) -> None:
    form = made.form(item="m.per_member", new=200)
    view = form.follow(report.summary, slow=True)
    old = view.block.plain()
    form.to.value = 260
    assert old not in view.block.plain() and "重算" in view.block.plain()
    form.again.click()
    assert view.block.plain() == form.result.sentence != old


def test_a_refused_value_leaves_nothing_old_below(made) -> None:
    form = made.form(item="m.per_member", new=200)
    view = form.follow(report.summary)
    old = view.block.plain()
    form.to.value = 5000
    assert form.result is None and "0 到 1000" in form.out.value
    assert old not in view.block.plain() and "不能测算" in view.block.plain()
    form.to.value = 200
    assert view.block.plain() == old


def test_a_day_after_the_years_is_said_in_the_form(made) -> None:
    form = made.form(item="m.per_member", new=200)
    form.day.value = date(2031, 7, 1)
    assert "在测算年份（2026年、2027年）之后" in form.out.value and fen(form) == "0"


@pytest.mark.parametrize(
    "given", [{"item": "m.per_membr"}, {"scope": "无此县"}, {"since": "2026-02-30"}]
)
def test_wrong_words_for_the_form_are_refused(made, given) -> None:
    with pytest.raises(InputError):
        made.form(**given)


def test_files_are_those_of_the_scenario(made, tmp_path) -> None:
    form = made.form(item="m.per_member", new=200, since="2026-07-01")
    view = form.files(tmp_path)
    for value in (200, 260):
        form.to.value = value
        assert f"调到{value}元" in view.block.plain()
        total = pd.read_excel(
            tmp_path / "测算底稿.xlsx", sheet_name="分地区2026", engine="calamine"
        )
        cost = form.result.cost([], 2026)["change_fen"].iloc[0]
        assert round(total.iloc[-1]["增加（元）"] * 100) == cost
        assert form.result.sentence in (tmp_path / "测算说明.html").read_text(encoding="utf-8")


def test_a_cell_is_shown_anew_in_its_place(made, monkeypatch) -> None:
    """The output of the cell itself is replaced (by its display id), with block, page and text of the new scenario."""
    shown: list[Any] = []

    class Handle:
        def update(self, bundle: Any, raw: bool) -> None:
            shown.append(bundle)

    def display(bundle: Any, raw: bool, display_id: bool) -> Handle:
        shown.append(bundle)
        return Handle()

    monkeypatch.setattr("IPython.display.display", display)
    form = made.form(item="m.per_member", new=200)
    form.follow(report.summary)._ipython_display_()
    form.to.value = 260
    first, second = (Block.from_json(bundle[MIME]).plain() for bundle in shown)
    assert second == form.result.sentence != first
    assert form.result.sentence in shown[1]["text/html"]


def ask(form: Any, **given: Any) -> None:
    """Type into the fields of a form; `to` and its kind into the first line, `lines` are further ones."""
    form.years.value = given.pop("years", form.years.value)
    form.kind.value = given.pop("kind", "cost")
    for row in given.pop("lines", ()):
        form._add(form.item, None)
        fill(form.lines[-1], *row)
    if "line" in given:
        fill(form.lines[0], *given.pop("line"))
    for name, text in given.items():
        field = form.asks.get(name) or getattr(form, name)
        field.value = text


def fill(row: Any, item: str, to: str = "", scope: str = "", day: date | None = None) -> None:
    row.choice.value = item
    row.day.value = day
    row.scope.value = scope
    row.to.value = to


ITEM = "activity.per_member"
IN_THE_FORM = (
    ({"line": (ITEM, "200", "", date(2026, 7, 1))}, ["--set", f"{ITEM}=200", "--from", "2026-07-01"]),
    ({"kind": "budget", "line": (ITEM,), "budget": "5万"}, ["--budget", "5万"]),
    ({"line": ("organisation", "+20%")}, ["--set", "党组织补助=+20%"]),
    ({"line": ("matching.ratio", "1:0.5")}, ["--set", "matching.ratio=1:0.5"]),
    ({"line": ("start_up.amount", "5000")}, ["--set", "启动经费=5000"]),
    ({"line": ("instructor.each", "300/月")}, ["--set", "指导员补贴=300/月"]),
    ({"line": (ITEM, "2026:170，2027:190，2028:210"), "years": "2026-2029"},
     ["--set", f"{ITEM}=2026:170,2027:190,2028:210", "--periods", "2026-2029"]),
    ({"line": (ITEM, "400"), "share": "3:3:4"}, ["--set", f"{ITEM}=400", "--share", "3:3:4"]),
    ({"kind": "cap", "line": (ITEM, ""), "cap": "60万", "floor": "2000"},
     ["--cap", "60万", "--by", "members", "--floor", "2000"]),
    ({"line": (ITEM, ""), "only": "三星以上"}, ["--only", "三星以上"]),
    ({"line": (ITEM, "+10%", "城区")}, ["--set", f"{ITEM}@城区=+10%"]),
    ({"kind": "reach", "line": (ITEM,), "reach": "90%", "standard": "200"},
     ["--reach", "90%", "--standard", "200"]),
    ({"line": ("organisation", "-20%", "", date(2026, 1, 1)),
      "lines": [("organisation.guarantee", "100%")]},
     ["--set", "党组织补助=-20%", "--from", "2026-01-01", "--set", "organisation.guarantee=100%"]),
    ({"line": ("activity.basis", "按标准全额")}, ["--set", "activity.basis=entitlement"]),
    ({"line": (ITEM, "200"), "lines": [("organisation.branch", "+500", "五星")]},
     ["--set", f"{ITEM}=200", "--set", "organisation.branch@五星=+500"]),
    ({"line": ("activity.floor", "2000"), "lines": [("activity.cap", "2万"), ("organisation.base", "500")]},
     ["--set", "党员活动经费·每个最低=2000", "--set", "党员活动经费·每个最高=2万",
      "--set", "党组织补助·每个定额=500"]),
    ({"line": ("per_unit.each", "300"), "lines": [("per_unit.cap", "1500")]},
     ["--set", "覆盖单位补助=300", "--set", "覆盖单位补助·每个最高=1500"]),
)  # fmt: skip


@pytest.fixture(scope="module")
def county_data(counties) -> Any:
    return ek.load(counties)


@pytest.fixture(scope="module")
def county_plan(county_data) -> Any:
    return ek.plan(county_data, "fuyang-2015", [2026, 2027])


@pytest.mark.parametrize(("fields", "typed"), IN_THE_FORM)
def test_every_question_in_the_fields_has_the_answer_of_the_command(
    county_data, county_plan, counties, fields: dict, typed: list, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("evalkit.reports.plan_command.load", lambda *_, **__: county_data)
    form = county_plan.form(folder=tmp_path)
    ask(form, **dict(fields))
    assert form.answered is not None, form.out.value
    periods = [] if "--periods" in typed else ["--periods", "2026-2027"]
    done = CliRunner().invoke(app, ["whatif", "--project", str(counties), *typed, *periods])
    lines = done.output.splitlines()[:-1]
    assert list(form.answered.lines) == lines and lines[-1] in form.out.value
    form.title.value = "一问"
    form.save.click()
    kept = form.reform  # what is kept asks the same, in the form and on the command line
    form.fill(read_scenario(tmp_path / "一问.yml")[0])
    assert list(form.answered.lines) == lines and form.reform.changes == kept.changes
    again = ["whatif", "--project", str(counties), str(tmp_path / "一问.yml")]
    assert CliRunner().invoke(app, again).output.splitlines()[:-1] == lines


def test_scenarios_in_the_form_stand_side_by_side(made, tmp_path) -> None:
    form = made.form(item="m.per_member", new=200, folder=tmp_path)
    form.save.click()
    assert "方案名称" in form.said.value
    for name, value in (("甲", 200), ("乙", 260)):
        form.to.value, form.title.value, form.question.value = value, name, f"提到{value}？"
        form.save.click()
    assert (tmp_path / "甲.yml").read_text(encoding="utf-8").startswith('question: "提到200？"')
    form.compare.click()
    assert "2到6个" in form.said.value
    form.stored.value = ("甲", "乙")
    form.compare.click()
    assert form.said.value == "" and "提到260？" in form.beside.value
    form.stored.value = ("甲",)
    form.open.click()
    assert form.new == 200 and form.question.value == "提到200？"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {"line": ("m.per_member", "5000")},
            "活动·每人：取值不合规定；原文：5000元/人·年；允许：0 到 1000",
        ),
        ({"kind": "budget", "line": ("m.per_member",), "budget": "很多"}, "一年最多增加：取值"),
        ({"kind": "cap", "line": ("m.per_member", ""), "cap": "1", "floor": "2000"}, "总额："),
        ({"kind": "org", "line": ("m.per_member", "200"), "org": "联合支"}, "党组织名称："),
        ({"kind": "reach", "line": ("m.per_member",), "reach": "900%"}, "多大比例的党组织"),
        ({"line": ("m.per_member", "200"), "years": "明年"}, "测算年份"),
        ({"line": ("m.per_member", "200"), "share": "全省"}, "增加部分由谁出：取值"),
    ],
)
def test_faults_are_told_in_the_words_of_the_form(made, fields: dict, told: str) -> None:
    form = made.form(item="m.per_member", new=200)
    ask(form, **dict(fields))
    assert form.result is None and told in form.out.value, form.out.value
    assert "--" not in form.out.value and "changes" not in form.out.value


def test_no_cell_of_the_notebook_keeps_its_own_scenario(demo_project) -> None:
    """Every cell below the form that shows something of the plan is run, the form changed, and looked at again."""
    notebook = json.loads((ROOT / "notebooks" / "whatif.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    asks = next(n for n, text in enumerate(cells) if "plan.form(" in text)
    space: dict[str, Any] = {"display": lambda *_: None}
    for text in cells[: asks + 1]:
        exec(text.replace("project = None", f"project = {str(demo_project)!r}", 1), space)
    form, names = space["asked"], {"item", "new", "since", "scope", "result"}
    for text in cells[asks + 1 :]:
        code = compile(text, "cell", "exec")
        free = set(code.co_names)
        assert not free & (names - {"result"}), f"a cell reads the parameters, not the form: {text}"
        exec(code, space)
    assert len(form.views) >= 12
    form.to.value = 230
    form.again.click()
    sentences = [view.block.plain() for view in form.views if view.make is report.summary]
    expected = ek.plan(ek.load(demo_project), "fuyang-2015", [2026, 2027])
    wanted = expected.run({"activity.per_member": {"2026-07-01": 230}}).sentence
    assert sentences == [wanted] and wanted in form.out.value
    for view in form.views:
        assert view.block.to_json() == view.make(form.result).to_json()


def test_every_item_begins_at_what_it_is_and_changes_nothing(made) -> None:
    form = made.form(item="m.per_member")
    for item, choice in form.choices.items():
        if item.startswith("instructor."):
            continue  # a plain frame has no table of instructors
        form.choice.value = item
        assert form.result is not None, (item, form.out.value)
        assert fen(form) == "0" and form.old.value == choice.now
        together, added, guarantee = (
            "、" in choice.now,
            item.endswith("added"),
            "没有" in choice.now,
        )
        assert form.to.value or together or added or guarantee, item


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"to": "99999"}, "活动·每人："),
        ({"to": "200.123"}, "活动·每人："),
        ({"to": "200", "share": "3:3"}, "增加部分由谁出："),
        ({"to": "200", "only": "海边"}, "只发给："),
        ({"kind": "cap", "cap": "很多"}, "总额："),
        ({"kind": "org", "org": "没有的支部"}, "党组织名称："),
    ],
)
def test_a_fault_is_told_by_the_name_of_its_field(made, fields, word) -> None:
    form = made.form(item="m.per_member", since="2026-07-01")
    for name, text in fields.items():
        field = form.asks.get(name) or getattr(form, name)
        field.value = text
    assert form.result is None and f"[错误] {word}" in form.out.value, form.out.value


def test_a_least_and_a_greatest_payment_begin_at_none_with_their_own_range(county_plan) -> None:
    form = county_plan.form(item="activity.per_member")
    for item, now, value, most in (
        ("activity.floor", "0元/个·年", "0", "0～1000000"),
        ("activity.cap", "不限", "不限", "0～不限"),
        ("matching.cap", "不限", "不限", "0～不限"),
    ):
        form.choice.value = item
        assert (form.old.value, form.to.value) == (now, value)
        assert most in form.lines[0].hint.value and "2万" in form.lines[0].hint.value
        assert fen(form) == "0" and "不限元" not in form.out.value
    offered = {one.partition(".")[0] for one in form.choices if one.endswith(".floor")}
    assert offered == {"organisation", "activity", "per_unit", "new_dues", "per_employee"}


def test_yearly_steps_need_no_day_of_their_own(made) -> None:
    form = made.form(item="m.per_member", new="2026-2027每年+10%", since="2026-01-01")
    typed = made.run({"m.per_member": "2026-2027每年+10%"})
    assert fen(form) == str(typed.cost([])["change_fen"].iloc[0]) != "0"
