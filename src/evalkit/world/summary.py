"""How things show themselves in a few lines: what is in them, and what to call next.

A value says its `summary`; `Summarised` makes text and HTML of it for the prompt and for JupyterLab:

    class Data(Summarised):
        @property
        def summary(self) -> Summary:
            return Summary.of("data", {"periods": "2024、2025"}, name="demo")

The words stand in summaries.yml: a title, the labels of the rows, the calls that come next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from unicodedata import east_asian_width

from evalkit.problems import InputError
from evalkit.world.number import fill
from evalkit.world.words import Words

WORDS = Words.beside(__file__, "summaries.yml")
MOST = 8  # names that a row lists


@dataclass(frozen=True)
class Summary:
    """A title, rows of label and value, and what to call next with the reason."""

    title: str
    rows: tuple[tuple[str, str], ...] = ()
    calls: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, kind: str, facts: Mapping[str, Any], **names: Any) -> Summary:
        """The summary of a kind of thing.

        Parameters
        ----------
        kind
            A key of summaries.yml.
        facts
            Values of the rows, by the key of their label; those that are empty are left out.
        names
            What fills the places of the title and of the calls.
        """
        words = WORDS[kind]
        given = {label: str(facts[key]) for key, label in words["rows"].items() if facts.get(key)}
        calls = [(fill(call, **names), why) for call, why in words.get("calls", {}).items()]
        return cls(fill(words["title"], **names), tuple(given.items()), tuple(calls))

    @property
    def text(self) -> str:
        """As lines of text."""
        lines = [self.title, *(f"  {label}：{value}" for label, value in self.rows)]
        if self.calls:
            width = max(_width(call) for call, _ in self.calls)
            lines.append(f"  {WORDS['next']}：")
            lines += [
                f"    {call}{' ' * (width - _width(call))}  {why}" for call, why in self.calls
            ]
        return "\n".join(lines)

    @property
    def html(self) -> str:
        """As a small table; every text of it is escaped."""
        rows = [
            f"<tr><td>{escape(label)}</td><td style='text-align:left'>{escape(value)}</td></tr>"
            for label, value in self.rows
        ]
        rows += [
            f"<tr><td>{escape(WORDS['next']) if n == 0 else ''}</td><td style='text-align:left'>"
            f"<code>{escape(call)}</code> {escape(why)}</td></tr>"
            for n, (call, why) in enumerate(self.calls)
        ]
        return f"<p><strong>{escape(self.title)}</strong></p><table>{''.join(rows)}</table>"


class Summarised:
    """A value that shows itself by its `summary`: never more than a few lines."""

    @property
    def summary(self) -> Summary:
        raise NotImplementedError

    def __repr__(self) -> str:
        return self._shown().text

    def _repr_html_(self) -> str:
        return self._shown().html

    def _shown(self) -> Summary:
        try:
            return self.summary
        except (InputError, OSError):  # what is stored is gone or of another version
            return Summary(type(self).__name__)


def _width(text: str) -> int:
    """How many columns of a fixed-width font a text takes: two a Chinese character."""
    return sum(2 if east_asian_width(mark) in "WF" else 1 for mark in text)


def sentences(said: Iterable[Any], most: int = 3) -> str:
    """The first of several sentences in a row."""
    return str(WORDS["then"]).join([str(one) for one in said][:most])


def listed(names: Iterable[Any], most: int = MOST) -> str:
    """Names in a row, shortened: 甲、乙等24个."""
    known = [str(name) for name in names]
    more = fill(WORDS["more"], n=len(known)) if len(known) > most else ""
    return WORDS["between"].join(known[:most]) + more
