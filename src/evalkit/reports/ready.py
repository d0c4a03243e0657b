"""Demonstration and published data make themselves when they are first asked for; one's own ledgers wait for `build`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from evalkit.indicators import load as stored
from evalkit.indicators.load import Data
from evalkit.indicators.project import Project, find_project
from evalkit.indicators.store import read_manifest
from evalkit.world.words import Words

WORDS = Words.beside(__file__, "ready.yml")
MADE_HERE = ("demo", "published")  # what comes with the program
STEPS = 20  # of the bar
Progress = Callable[[int, int, str], None]


def load(
    project: str | Path | Project | None = None,
    periods: Sequence[str | int | None] | str | int | None = None,
    dataset: str | None = None,
) -> Data:
    """Processed data of a project; the demonstration and the published figures are made first where they are not there.

    Parameters
    ----------
    project
        Folder; by default EVALKIT_PROJECT or the nearest one upwards.
    periods
        Periods in order, the last being the one judged; all by default. Numbers are accepted (``2025``). An earlier
        period without data is left out and stands in `Data.notes`; the last one must have data.
    dataset
        ``raw``, ``demo`` or ``published``; by default raw where the user has ledgers, else demo.

    Raises
    ------
    InputError
        Ledgers of one's own that were not built, or by another version (with the command to type); a period without
        data.
    """
    found = find_project(project)
    wanted = found.dataset if dataset is None else dataset
    if wanted in MADE_HERE and read_manifest(found.processed(wanted)) is None:
        from evalkit.building import build  # heavy, and mostly not needed

        ensure_ledgers(found, wanted, say, bar(WORDS["making"]))
        build(found, dataset=wanted, progress=bar(WORDS["reading"]))
    return stored(found, periods, dataset)


def ensure_ledgers(
    project: Project, dataset: str, note: Callable[[str], None], progress: Progress
) -> None:
    """The ledgers of the demonstration, where they are asked for and not there."""
    whole = project.data / "demo" / "truth.json"  # written last: else it was cut short
    if dataset != "demo" or whole.exists():
        return
    from evalkit import demo
    from evalkit.runner.machine import BATCH_OF_LEDGERS, workers_for

    note(WORDS["none"])
    demo.write(project.data / "demo", jobs=workers_for(BATCH_OF_LEDGERS), progress=progress)


def say(text: str) -> None:
    """A line for whoever waits."""
    print(text, file=sys.stderr, flush=True)


def bar(label: str) -> Progress:
    """A bar in one line, which moves a step at a time: a terminal and JupyterLab write over it."""
    last = [-1]

    def moved(done: int, total: int, _name: str) -> None:
        step = done * STEPS // total if total else 0
        if step != last[0]:
            last[0] = step
            end = "\n" if done == total else ""
            line = f"\r{label} {'■' * step}{'□' * (STEPS - step)} {done}/{total}"
            print(line, end=end, file=sys.stderr, flush=True)

    return moved
