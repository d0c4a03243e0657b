"""What stands below the fields of a plan: the answer, and blocks that are made anew when the question changes."""

from __future__ import annotations

import os
from collections.abc import Callable
from html import escape
from typing import Any, Protocol

from evalkit.documents import Block, fragment
from evalkit.problems import InputError
from evalkit.reports import plan_report as report
from evalkit.reports.plan_words import TOLD
from evalkit.subsidy.asking import Answered
from evalkit.subsidy.coverage import remarks
from evalkit.subsidy.result import Result

REFUSED = TOLD["shown"]["refused"]
WAITING = TOLD.say("shown.waiting", again=TOLD["shown"]["again"])


class Asking(Protocol):
    """Whatever holds a scenario: a form."""

    result: Result | None


def answer(result: Result) -> str:
    """The sentence and the table by district as HTML; the first year's change in fen stands in ``data-fen``."""
    change = int(result.cost([])["change_fen"].iloc[0])
    return _head([result.sentence], change) + _noted(result) + _table(report.by_area(result))


def told(found: Answered) -> str:
    """The answer to a question as HTML: its sentences, and the table that belongs to it.

    ``data-fen`` has the change of the first year, the sum that is shared out, or what one organisation gets.
    """
    assert isinstance(found.result, Result)
    one, shared = found.organisation, found.envelope
    if one is not None:
        return _head(found.lines, one.after)
    if shared is not None:
        return _head(found.lines, shared.given) + _table(report.by_share(shared, found.result))
    change = int(found.result.cost([])["change_fen"].iloc[0])
    return _head(found.lines, change) + _noted(found.result) + _table(report.by_area(found.result))


def _head(lines: list[str], fen: int) -> str:
    *opening, last = lines
    before = "".join(f"{escape(text)}<br>" for text in opening)
    return f'<p class="ek-answer" data-fen="{fen}">{before}<b>{escape(last)}</b></p>'


def _noted(result: Result) -> str:
    notes = "".join(f"<li>{escape(text)}</li>" for text in remarks(result))
    return f'<ul class="ek-told">{notes}</ul>' if notes else ""


def _table(block: Block) -> str:
    return fragment(block, styled=True)


class View:
    """What `Form.follow` gives a cell to show: a block of the form's scenario, made anew when the form changes."""

    def __init__(self, form: Asking, make: Callable[[Result], Block], slow: bool) -> None:
        self.form, self.make, self.slow = form, make, slow
        self.block = self._made()
        self._handle: Any = None
        self._live: Any = None

    def _made(self) -> Block:
        result = self.form.result
        if result is None:
            return Block.paragraph(REFUSED, "pending")
        try:
            return self.make(result)
        except InputError as error:
            text = "；".join(problem.text() for problem in error.problems)
            return Block.paragraph(text, "pending")

    def renew(self, *, asked: bool = False) -> None:
        """Show the scenario that the form holds now; what takes long only says that it waits, until asked."""
        waits = self.slow and not asked and self.form.result is not None
        self.block = Block.paragraph(WAITING, "pending") if waits else self._made()
        if self._live is not None:
            self._live.value = fragment(self.block, styled=True)
        if self._handle is not None:
            self._handle.update(self._bundle(), raw=True)

    def _bundle(self) -> dict[str, Any]:
        bundle = self.block._repr_mimebundle_()
        if self._live is not None:
            view = {"version_major": 2, "version_minor": 0, "model_id": self._live.model_id}
            bundle["application/vnd.jupyter.widget-view+json"] = view
        return bundle

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if os.environ.get("SERVER_SOFTWARE", "").startswith("voila"):  # only its widgets are live
            import ipywidgets as w

            self._live = w.HTML(fragment(self.block, styled=True))
        self._handle = display(self._bundle(), raw=True, display_id=True)
