"""A page opened as its reader opens it: from a file, in headless Chromium, without a network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

BROWSER = next((p for n in ("chromium", "google-chrome") if (p := shutil.which(n))), None)


@dataclass
class Opened:
    """A page, what it asked for (itself alone) and what went wrong in it (nothing)."""

    page: Any
    asked: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="没有安装 playwright")
    if BROWSER is None:
        pytest.skip("这台机器没有 Chromium，页面不能打开核对")
    with sync_api.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """`opened(text, width=1280)`; at the end: nothing was fetched, nothing went wrong."""
    every: list[tuple[Opened, str, Any]] = []

    def open_page(text: str, width: int = 1280, **how: Any) -> Opened:
        path = tmp_path / f"页面{len(every)}.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(
            offline=True, viewport={"width": width, "height": 900}, accept_downloads=True, **how
        )
        one = Opened(context.new_page())
        one.page.on("request", lambda asked: one.asked.append(asked.url))
        one.page.on(
            "console", lambda said: one.faults.append(said.text) if said.type == "error" else None
        )
        one.page.on("pageerror", lambda error: one.faults.append(str(error)))
        one.page.on("dialog", lambda dialog: one.faults.append(f"dialog {dialog.message}"))
        one.page.goto(path.as_uri())
        every.append((one, path.as_uri(), context))
        return one

    yield open_page
    for one, address, context in every:
        fetched = [url for url in one.asked if not url.startswith("blob:")]
        context.close()
        assert not one.faults
        assert fetched == [address]
