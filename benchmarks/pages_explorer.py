"""How fast 探索.html is: made, first seen, and changed, at the districts of the demonstration and at 2,844 invented areas.

python benchmarks/pages_explorer.py PROJECT        # a built project; Chromium and playwright are needed for the page
"""

from __future__ import annotations

import dataclasses
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit.indicators import load
from evalkit.pages.explorer import VIEWS, Explored, explorer
from evalkit.reports.explore import explored
from evalkit.reports.scope import Scope

MANY = 2_844
CHANGED = "v => { choose(v); document.body.offsetHeight; }"
FIRST = "performance.getEntriesByType('paint').map(p => p.startTime)"


def main(folder: str) -> None:
    data = load(folder)
    baseline = data.periods[-3] if len(data.periods) > 2 else data.periods[0]
    started = time.process_time()
    told = explored(Scope.about(data, data.last, baseline))
    page = explorer(told)
    made = time.process_time() - started
    print(f"made: {made:.2f} s of processor, {len(page.encode()) / 1e6:.2f} MB")
    measure("districts", page, told)
    many = enlarged(told, MANY)
    started = time.process_time()
    page = explorer(many)
    made = time.process_time() - started
    print(f"{MANY} areas made: {made:.2f} s of processor, {len(page.encode()) / 1e6:.2f} MB")
    measure(f"{MANY} areas", page, many)


def enlarged(told: Explored, n: int) -> Explored:
    """The same with n invented districts: the numerators of the known ones, a little moved."""
    rows = told.frame.loc[
        (told.frame["level"] == told.level) & told.frame["indicator"].isin(list(told.headline))
    ]
    known, rng = list(rows["area"].unique()), np.random.default_rng(2844)
    frames, areas = [told.frame.loc[told.frame["area"] == told.whole]], []
    about = told.areas.set_index("area", drop=False)
    for at in range(-(-n // len(known))):
        names = {path: f"{path}{at:03d}" for path in known[: n - at * len(known)]}
        copy = rows.loc[rows["area"].isin(list(names))].copy()
        copy["numerator"] = (copy["numerator"] * rng.uniform(0.7, 1, len(copy))).round()
        copy["value"] = copy["numerator"] / copy["denominator"]
        frames.append(copy.assign(area=copy["area"].map(names)))
        more = about.loc[list(names)].copy()
        areas.append(more.assign(area=list(names.values()), name=more["name"] + f"{at:03d}"))
    table = pd.concat([about.loc[[told.whole]], *areas], ignore_index=True)
    table["sort_order"] = range(1, len(table) + 1)
    frame = pd.concat(frames, ignore_index=True)
    return dataclasses.replace(told, frame=frame, areas=table, expected=frozenset())


def measure(what: str, page: str, told: Explored) -> None:
    """First view and changes in headless Chromium, in milliseconds of processor of the page's thread (the wall says what
    else the machine does)."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("no playwright: the page itself is not measured")
        return
    path = Path(tempfile.mkdtemp(prefix="explorer-")) / "探索.html"
    path.write_text(page, encoding="utf-8")
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        tab: Any = browser.new_page(viewport={"width": 1280, "height": 900})
        clock = tab.context.new_cdp_session(tab)
        clock.send("Performance.enable", {"timeDomain": "threadTicks"})

        def busy() -> float:
            told = clock.send("Performance.getMetrics")["metrics"]
            return float(next(one["value"] for one in told if one["name"] == "TaskDuration")) * 1e3

        before = busy()
        tab.goto(path.as_uri())
        tab.wait_for_timeout(300)
        wall = max(tab.evaluate(FIRST))
        print(f"{what}: first view {busy() - before:.0f} ms (wall {wall:.0f})")
        areas = list(told.frame.loc[told.frame["level"] == told.level, "area"].unique()[:3])
        for view in VIEWS:
            tab.evaluate(CHANGED, {"view": view, "areas": areas})
            codes = list(told.headline)[:5]
            spent = []
            for code in codes:
                before = busy()
                tab.evaluate(CHANGED, {"view": view, "code": code})
                spent.append(busy() - before)
            print(f"  {view}: {sorted(spent)[len(spent) // 2]:.0f} ms, at most {max(spent):.0f}")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
