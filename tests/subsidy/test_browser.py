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
from pathlib import Path

import pytest

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


@pytest.fixture
def lab(demo_project: Path, tmp_path: Path) -> Iterator[str]:
    """JupyterLab in Chinese over a copy of the notebook; its address."""
    settings = tmp_path / "settings" / "@jupyterlab" / "translation-extension"
    settings.mkdir(parents=True)
    (settings / "plugin.jupyterlab-settings").write_text(
        json.dumps({"locale": "zh_CN"}), encoding="utf-8"
    )
    work = tmp_path / "notebooks"
    work.mkdir()
    shutil.copy(ROOT / "notebooks" / "whatif.ipynb", work)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    import evalkit

    source = str(Path(evalkit.__file__).parents[1])
    environment = os.environ | {
        "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"),
        "EVALKIT_PROJECT": str(demo_project),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
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
        f"--LabApp.workspaces_dir={tmp_path / 'spaces'}",
    ]
    with (tmp_path / "lab.log").open("w") as log:
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


def test_whatif_in_a_real_browser(lab: str, demo_project: Path, tmp_path: Path) -> None:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="没有安装 playwright，浏览器测试跳过"
    )
    if BROWSER is None:
        pytest.skip("这台机器没有 Chromium，浏览器测试跳过")
    import evalkit as ek

    plan = ek.plan(ek.load(demo_project), "fuyang-2015", ["2026", "2027"])
    first = int(
        plan.run({"activity.per_member": {"2026-07-01": 200}}).cost([])["change_fen"].iloc[0]
    )
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=FLAGS)
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
