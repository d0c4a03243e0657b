"""The what-if notebook in JupyterLab, driven in real headless Chromium: Chinese menus, all cells, a slider by keyboard."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from test_ten_questions import with_kinds

from evalkit.building import build

ROOT = Path(__file__).resolve().parents[2]
BROWSER = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]
pytestmark = pytest.mark.slow


def chromium(driver: Any) -> Any:
    """The system's Chromium, else the one that ``playwright install chromium`` has brought; without either it is skipped."""
    try:
        return driver.chromium.launch(executable_path=BROWSER, args=FLAGS)
    except Exception as error:
        if BROWSER is None and "Executable doesn't exist" in str(error):
            pytest.skip("这台机器没有 Chromium，浏览器测试跳过")
        raise


@contextmanager
def lab_of(project: Path, notebook: Path, folder: Path) -> Iterator[str]:
    """JupyterLab in Chinese over a copy of a notebook, for a project; its address."""
    settings = folder / "settings" / "@jupyterlab" / "translation-extension"
    settings.mkdir(parents=True)
    (settings / "plugin.jupyterlab-settings").write_text(
        json.dumps({"locale": "zh_CN"}), encoding="utf-8"
    )
    work = folder / "notebooks"
    work.mkdir()
    shutil.copy(notebook, work)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    import evalkit

    source = str(Path(evalkit.__file__).parents[1])
    environment = os.environ | {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "EVALKIT_PROJECT": str(project),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "PYTHONPATH": source + os.pathsep + os.environ.get("PYTHONPATH", ""),
    }
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        str(work),
        "--no-browser",
        f"--port={port}",
        "--ip=127.0.0.1",
        "--allow-root",
        "--IdentityProvider.token=",
        f"--LabApp.workspaces_dir={folder / 'spaces'}",
    ]
    with (folder / "lab.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=2)
                break
            except OSError:
                time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.wait(120)


@pytest.fixture
def lab(demo_project: Path, tmp_path: Path) -> Iterator[str]:
    with lab_of(demo_project, ROOT / "notebooks" / "whatif.ipynb", tmp_path) as address:
        yield address


def test_whatif_in_a_real_browser(lab: str, demo_project: Path, tmp_path: Path) -> None:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="没有安装 playwright，浏览器测试跳过"
    )
    import evalkit as ek

    plan = ek.plan(ek.load(demo_project), "fuyang-2015", ["2026", "2027"])
    first = int(
        plan.run({"activity.per_member": {"2026-07-01": 200}}).cost([])["change_fen"].iloc[0]
    )
    with playwright.sync_playwright() as driver:
        browser = chromium(driver)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        try:
            page.goto(f"{lab}/lab/tree/whatif.ipynb", wait_until="domcontentloaded")
            page.get_by_role("menuitem", name=re.compile("运行")).first.wait_for(
                timeout=240_000
            )  # the menus are Chinese
            page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=240_000)
            ready = page.get_by_text(
                re.compile(r"Python 3.*\|\s*(空闲|Idle)")
            )  # in the status bar: connected, not only named
            ready.first.wait_for(state="attached", timeout=240_000)
            page.get_by_role("menuitem", name=re.compile("运行")).first.click()
            page.get_by_role("menuitem", name=re.compile("运行(所有|全部)单元格$")).first.click()
            answer, choose = (
                page.locator(".ek-answer").first,
                page.locator(".jp-Dialog .jp-mod-accept"),
            )
            answer.or_(choose).first.wait_for(timeout=240_000)
            if choose.count():  # JupyterLab asks for a kernel where it was not yet connected: at any moment until here
                choose.first.click()
            answer.wait_for(timeout=240_000)
            assert answer.get_attribute("data-fen") == str(first)
            page.wait_for_function(
                "document.querySelectorAll('.ek-answer').length >= 2", timeout=240_000
            )
            slider = page.locator(".widget-slider").filter(has_text="每名党员").first
            slider.scroll_into_view_if_needed()
            handle = slider.locator(".noUi-handle")
            handle.focus()
            for _ in range(5):
                page.keyboard.press("ArrowRight")
            wanted = int(
                plan.run({"activity.per_member": {"2026-01-01": 200}})
                .cost([])["change_fen"]
                .iloc[0]
            )
            page.wait_for_function(
                f"document.querySelectorAll('.ek-answer')[1].dataset.fen === '{wanted}'",
                timeout=120_000,
            )
        finally:
            page.screenshot(
                path=str(Path(os.environ.get("EVALKIT_SCREENSHOTS") or tmp_path) / "whatif.png")
            )
            browser.close()


FORM_ONLY = """
import evalkit as ek
data = ek.load()
plan = ek.plan(data, "fuyang-2015", [2026, 2027])
asked = plan.form(folder=data.project.root / "scenarios")
asked
"""
ITEM = "党员活动经费·每名党员"
# the fields that are filled, and the same on the command line
QUESTIONS: tuple[tuple[str, dict[str, str], list[str]], ...] = (
    ("1", {"调到": "200", "自何日起": "2026-07-01"},
     ["--set", "activity.per_member=200", "--from", "2026-07-01"]),
    ("2", {"问什么": "budget", "一年最多增加": "500万"}, ["--budget", "500万"]),
    ("3", {"项目": "党组织补助（各档一起）", "调到": "+20%"}, ["--set", "党组织补助=+20%"]),
    ("4", {"项目": "镇企配套·配套比例", "调到": "1:0.5"}, ["--set", "matching.ratio=1:0.5"]),
    ("5", {"项目": "启动经费（新增）·新建党组织", "调到": "5000"}, ["--set", "启动经费=5000"]),
    ("6", {"项目": "指导员补贴（新增）·每名指导员", "调到": "300/月"}, ["--set", "指导员补贴=300/月"]),
    ("7", {"测算年份": "2026-2028", "调到": "2026:170，2027:190，2028:210"},
     ["--set", "activity.per_member=2026:170,2027:190,2028:210", "--periods", "2026-2028"]),
    ("8", {"调到": "200", "增加部分由谁出": "3:3:4"},
     ["--set", "activity.per_member=200", "--share", "3:3:4"]),
    ("9", {"问什么": "cap", "总额": "3000万", "每个不少于": "2000", "调到": ""},
     ["--cap", "3000万", "--by", "members", "--floor", "2000"]),
    ("10", {"只发给": "三星以上", "调到": ""}, ["--only", "三星以上"]),
    ("11", {"问什么": "reach", "多大比例的党组织": "90%", "人均达到（元）": "200"},
     ["--reach", "90%", "--standard", "200"]),
    ("12", {"调到": "+10%", "只对": "三星以上"}, ["--set", "activity.per_member@三星以上=+10%"]),
    ("山区", {"项目": "党组织补助（各档一起）", "只对": "山区", "调到": "+10%"},
     ["--set", "党组织补助@山区=+10%"]),
    ("只发给园区", {"只发给": "园区", "调到": ""}, ["--only", "园区"]),
    ("最低", {"项目": "党员活动经费·每个最低", "调到": "2000"}, ["--set", "党员活动经费·每个最低=2000"]),
    ("最高", {"项目": "镇企配套·每个最高", "调到": "3000"}, ["--set", "镇企配套·每个最高=3000"]),
    ("定额", {"项目": "党组织补助·每个定额", "调到": "500"}, ["--set", "党组织补助·每个定额=500"]),
    ("农村与园区", {"只对": "农村", "调到": "200", "加一项": "", "2 只对": "园区", "2 调到": "180"},
     ["--set", "activity.per_member@农村=200", "--set", "activity.per_member@园区=180"]),
)  # fmt: skip
CLEAR = {
    "问什么": "cost", "测算年份": "2026-2027", "项目": ITEM, "自何日起": "", "只对": "", "只发给": "",
    "增加部分由谁出": "", "调到": "150",
}  # fmt: skip


def form_notebook(folder: Path) -> Path:
    """A notebook with the form alone."""
    import nbformat

    path = folder / "form.ipynb"
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    cells = [nbformat.v4.new_code_cell(FORM_ONLY)]
    made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(made, path)
    return path


def field_of(page: Any, label: str) -> Any:
    """The field of a label; "2 调到" is that of the second line."""
    *number, word = label.split(" ")
    name = page.locator("label", has_text=re.compile(f"^{re.escape(word)}$"))
    every = page.locator(".widget-inline-hbox").filter(has=name)
    return every.nth(int(number[0]) - 1 if number else 0).locator("input, select")


def type_into(page: Any, label: str, text: str) -> None:
    if label == "加一项":
        page.get_by_role("button", name="再加一项").click()
        field_of(page, "2 调到").wait_for()
        return
    field = field_of(page, label)
    if field.evaluate("one => one.tagName") == "SELECT":
        named = label == "问什么"
        options = field.locator("option").all_inner_texts()
        kinds = ["cost", "budget", "reach", "cap", "org"]
        field.select_option(label=options[kinds.index(text)] if named else text)
        return
    field.fill(text)
    field.press("Enter")
    field.blur()


def said_by_the_command(project: Path, typed: list[str]) -> list[str]:
    from typer.testing import CliRunner

    from evalkit.cli import app

    periods = [] if "--periods" in typed else ["--periods", "2026-2027"]
    found = CliRunner().invoke(app, ["whatif", "--project", str(project), *typed, *periods])
    return found.output.splitlines()[:-1]


def values_now(project: Path) -> dict[str, str]:
    """What the field 由 holds once an item was chosen, by the item's name."""
    import evalkit as ek
    from evalkit.subsidy.question import choices

    scheme = ek.plan(ek.load(project), "fuyang-2015", [2026, 2027]).scheme
    return {one.label: one.now for one in choices(scheme, date(2026, 1, 1))}


def ask_everything(
    project: Path, folder: Path, pictures: Path, questions: Any = QUESTIONS
) -> dict[str, float]:
    """Every question in the fields of a real browser; the seconds until its answer stood there."""
    from playwright.sync_api import expect, sync_playwright

    now = values_now(project)
    expected = {n: said_by_the_command(project, typed) for n, _, typed in questions}
    seconds = {}
    with (
        lab_of(project, form_notebook(folder), folder) as address,
        sync_playwright() as driver,
    ):
        browser = chromium(driver)
        page = browser.new_page(viewport={"width": 1500, "height": 1100})
        page.set_default_timeout(240_000)
        expect.set_options(timeout=240_000)
        try:
            page.goto(f"{address}/lab/tree/form.ipynb", wait_until="domcontentloaded")
            page.get_by_text(re.compile(r"Python 3.*\|\s*(空闲|Idle)")).first.wait_for(
                state="attached"
            )
            page.get_by_role("menuitem", name=re.compile("运行")).first.click()
            page.get_by_role("menuitem", name=re.compile("运行(所有|全部)单元格$")).first.click()
            page.locator(".ek-answer").first.wait_for()
            for number, fields, _ in questions:
                for label, text in {**CLEAR, **fields}.items():
                    if label in CLEAR and label not in fields:
                        type_into(page, label, text)
                    if label == "项目" and label not in fields:
                        expect(field_of(page, "由").first).to_have_value(now[text])
                for label, text in fields.items():
                    begin = time.monotonic()
                    type_into(page, label, text)
                    if label == "项目":  # another item begins at its own value, with what it may be
                        expect(field_of(page, "由").first).to_have_value(now[text])
                whole = "".join("".join(expected[number]).split())
                page.wait_for_function(
                    "whole => document.querySelector('.ek-answer')?.innerText.replace(/\\s/g, '') === whole",
                    arg=whole,
                )
                seconds[number] = time.monotonic() - begin
                page.screenshot(path=str(pictures / f"question-{number}.png"))
            page.get_by_role("button", name="去掉").last.click()
            a_standard_and_its_faults(page)
            for name, value in (("甲", "200"), ("乙", "260")):
                for label, text in {**CLEAR, "调到": value, "方案名称": name}.items():
                    type_into(page, label, text)
                page.locator(".ek-answer", has_text=f"调到{value}元").first.wait_for()
                page.get_by_role("button", name="保存方案").click()
                page.get_by_text(f"{name}.yml").first.wait_for()
            stored = field_of(page, "已存的方案")
            stored.select_option(["甲", "乙"])
            page.get_by_role("button", name="并列比较").click()
            page.get_by_text("各方案并列").first.wait_for()
            type_into(page, "调到", "很多")
            page.get_by_text("应为数字").first.wait_for()
        finally:
            page.screenshot(path=str(pictures / "form.png"), full_page=True)
            browser.close()
    return seconds


def a_standard_and_its_faults(page: Any) -> None:
    """Choosing an item sets value and range; a fault bears the name of the field in which it was typed."""
    from playwright.sync_api import expect

    for label, text in CLEAR.items():
        type_into(page, label, text)
    type_into(page, "项目", "党组织补助·党支部")
    page.get_by_text("允许 0～50000，每档500").first.wait_for()
    expect(field_of(page, "调到")).to_have_value("3000")
    expect(field_of(page, "由")).to_have_value("3000元/个·年")
    type_into(page, "项目", "党员活动经费·每个最高")
    page.get_by_text("允许 0～不限").first.wait_for()
    for label in ("调到", "由"):
        expect(field_of(page, label)).to_have_value("不限")
    type_into(page, "项目", "规定：党员活动经费·补助口径")
    page.get_by_text("可写 按标准全额").first.wait_for()
    expect(field_of(page, "调到")).to_have_value("补差（已有支出计入）")
    type_into(page, "项目", ITEM)
    page.get_by_text("允许 0～1000").first.wait_for()  # choosing it has set its own value
    for label, wrong in (
        ("调到", "99999"),
        ("只对", "海边"),
        ("只发给", "海边"),
        ("增加部分由谁出", "3:3"),
    ):
        type_into(page, label, wrong)
        named = "党员活动经费·每名党员" if label == "调到" else label
        page.get_by_text(f"[错误] {named}").first.wait_for()
        type_into(page, label, CLEAR.get(label, ""))
        if label == "调到":
            type_into(page, label, "200")


def of_one_organisation(project: Path) -> tuple[str, dict[str, str], list[str]]:
    """The question about a branch of three members and more, whose name stands once."""
    import evalkit as ek

    plan = ek.plan(ek.load(project), "fuyang-2015", [2026, 2027])
    rows = plan.run({}).organisations(2026)
    once = rows[~rows["party_org"].duplicated(keep=False) & (rows["members"] >= 3)]
    name = str(once["party_org"].iloc[0])
    typed = ["--org", name, "--set", "activity.per_member=200"]
    return "某党支部", {"调到": "200", "问什么": "org", "党组织名称": name}, typed


def test_all_ten_questions_in_a_real_browser(demo_project: Path, tmp_path: Path) -> None:
    pytest.importorskip("playwright.sync_api", reason="没有安装 playwright，浏览器测试跳过")
    project = tmp_path / "project"  # scenarios are written into it
    shutil.copytree(demo_project, project)
    with_kinds(project / "data" / "demo" / "areas.xlsx")
    build(project, dataset="demo", jobs=1)
    pictures = Path(os.environ.get("EVALKIT_SCREENSHOTS") or tmp_path)
    one = of_one_organisation(project)
    questions = (one, *QUESTIONS)
    assert len(ask_everything(project, tmp_path, pictures, questions)) == len(questions)
