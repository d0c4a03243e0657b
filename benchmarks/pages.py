"""测算.html at 24 districts and at 2,844 synthetic areas: the first view, and a change until everything is shown anew.

    python benchmarks/pages.py [areas ...]

Needs Chromium; opens the page from a file without a network. A change is a slider that is moved, with all that is shown
anew and the layout after it: processor time of the page's thread, and beside it by the clock, which other work on the
machine makes longer. Wanted: first view under 1,000 ms, a change under 100 ms at 24 areas and under 300 ms at 2,844.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright

from evalkit.pages.calculator import calculator
from evalkit.subsidy import plan

SIZES = (24, 2_844)
ORGANISATIONS = 40  # of an area
CHANGES = 15
# a slider is moved, everything is shown, and the layout is asked for so that it is made
CHANGE = """([path, value]) => { const slider = sliderOf[path].slider; const start = performance.now();
  slider.value = value; slider.dispatchEvent(new Event("input")); document.body.offsetHeight; return performance.now() - start; }"""


class Thread:
    """Processor time of a page's own thread, in milliseconds."""

    def __init__(self, page: Any) -> None:
        self.session = page.context.new_cdp_session(page)
        self.session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent(self) -> float:
        found = self.session.send("Performance.getMetrics")["metrics"]
        return next(one["value"] for one in found if one["name"] == "TaskDuration") * 1000


def synthetic(areas: int, seed: int = 7) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Party organisations of invented areas with what has been spent and what townships have paid."""
    rng, count = np.random.default_rng(seed), areas * ORGANISATIONS
    orgs = pd.DataFrame(
        {
            "area": np.repeat([f"演示{n:04d}县" for n in range(areas)], ORGANISATIONS),
            "party_org": [f"组织{n}" for n in range(count)],
            "period": "2026",
            "org_kind": rng.choice(
                ["branch", "general_branch", "committee"], count, p=[0.9, 0.07, 0.03]
            ),
            "members": rng.poisson(rng.choice([4, 9, 30], count)),
            "functional": False,
        }
    )
    funds = [
        orgs[["area", "party_org", "period"]].assign(flow=flow, source=source, purpose=purpose, amount_fen=amount)
        for flow, source, purpose, amount in (
            ("spending", None, "activity", rng.integers(0, 3_000_00, count)),
            ("income", "fiscal_township", None, rng.integers(0, 2_000, count) * 100),
        )
    ]  # fmt: skip
    return orgs, pd.concat(funds, ignore_index=True)


def measured(areas: int, folder: Path) -> None:
    """A line for the page of so many areas."""
    orgs, funds = synthetic(areas)
    start = time.process_time()
    made = plan(orgs, "fuyang-2015", [2026, 2027], tables={"funds": funds})
    text = calculator(made)
    spent = time.process_time() - start
    path = folder / f"{areas}.html"
    path.write_text(text, encoding="utf-8")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page()
        thread, clock = Thread(page), time.perf_counter()
        page.goto(path.as_uri())
        page.evaluate("document.body.offsetHeight")
        waited = (time.perf_counter() - clock) * 1000
        print(
            f"{areas:,} areas, {len(text.encode()) / 1e6:.2f} MB, made in {spent:.1f} s: "
            f"first view {thread.spent():.0f} ms of processor ({waited:.0f} ms by the clock)"
        )
        steps = range(CHANGES)
        for name, moves in {
            "activity": [("activity.per_member", str(160 + 10 * n)) for n in steps],
            "organisation": [("organisation.branch", str(3500 + 500 * n)) for n in steps],
            "matching": [("matching.ratio", str(round(1.1 + 0.1 * n, 1))) for n in steps],
        }.items():
            before = thread.spent()
            times = sorted(page.evaluate(CHANGE, list(move)) for move in moves)
            each = (thread.spent() - before) / len(times)
            print(
                f"  {name}: a change {each:.0f} ms of processor ({times[len(times) // 2]:.0f} ms)"
            )
        chromium.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        for size in map(int, sys.argv[1:] or SIZES):
            measured(size, Path(scratch))
