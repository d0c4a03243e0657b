"""The figure of a regression discontinuity: means by bin, fitted lines within the bandwidth, the jump at the cut-off."""

from __future__ import annotations

from typing import Any

import numpy as np

from evalkit.charts.frames import say
from evalkit.charts.style import BAR, BLUE, EDGE, INK, ORANGE, WIDTH, key, sheet
from evalkit.documents import Block


def discontinuity(effect: Any, *, lang: str = "zh", source: str | None = None) -> Block:
    """Bins (area by number of units) and the two lines; outside the bandwidth there is no line."""
    bins, f = effect.details["bins"], effect.facts
    scale, row, cutoff = 100 if f["rate"] else 1, effect.row, f["cutoff"]
    running, outcome = ((lang == "en" and f[f"{name}_en"]) or f[f"{name}_label"] for name in ("running", "outcome"))
    numbers = {name: f"{row[c] * scale:.1f}" for name, c in (("size", "estimate"), ("low", "ci_low"), ("high", "ci_high"))}
    jump = say(lang, "rd_jump_rate" if f["rate"] else "rd_jump", **numbers)
    legend = [
        (key(marker="o", color=BAR, mec=BLUE, ls="none"), say(lang, "rd_bins")),
        (key(color=ORANGE, lw=2), say(lang, "rd_lines", h=f"{f['bandwidth']:.1f}")),
        (key(color=INK, lw=1, ls="--"), say(lang, "rd_cutoff")),
    ]  # fmt: skip
    up = say(lang, "axis", name=outcome, unit="%") if f["rate"] else outcome
    title = say(lang, "rd_title", outcome=outcome, running=running, cutoff=f"{cutoff:g}")
    notes = [say(lang, "rd_note", jump=jump), *(f"▲ {text}" for text in effect.warnings if lang == "zh")]
    line = source or (say(lang, "source_demo") if f["is_demo"] else f["source"])
    with sheet(title, 3.25, legend=legend, notes=notes, demo=bool(f["is_demo"]), lang=lang,
               source=say(lang, "source", source=line) if line else "") as page:  # fmt: skip
        box = page.axes(EDGE + 0.54, 0.42, WIDTH - 2 * EDGE - 0.56, 2.8)
        box.set_xlabel(running, size=9)
        box.set_ylabel(up, size=9)
        box.tick_params(labelsize=8)
        size = 8 + 90 * bins["n"] / bins["n"].max()
        box.scatter(bins["x"], bins["y"] * scale, s=size, color=BAR, edgecolor=BLUE, lw=0.7, zorder=2)
        for side, end in ((bins["x"] < cutoff, bins["left"].iloc[0]), (bins["x"] >= cutoff, bins["right"].iloc[0])):
            line = np.vstack([bins.loc[side & bins["fitted"].notna(), ["x", "fitted"]].to_numpy(), [cutoff, end]])
            line = line[np.argsort(line[:, 0])]
            box.plot(line[:, 0], line[:, 1] * scale, color=ORANGE, lw=2, zorder=3)
        box.axvline(cutoff, color=INK, lw=1, ls="--", zorder=1)
        return page.block(say(lang, "rd_alt", outcome=outcome, running=running, n=len(bins), jump=jump))
