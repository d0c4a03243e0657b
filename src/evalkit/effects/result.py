"""What every design returns: one table, the facts beside it, and the notes that must not be overlooked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from evalkit.documents import Block
from evalkit.world.note import Note
from evalkit.world.number import fixed, p_value
from evalkit.world.showing import shown
from evalkit.world.summary import Summarised, Summary, listed, sentences

# the columns of every Effect.table; `at` is the place on the axis of a figure (event time, period, group), else NaN;
# `p_small` is p once more where clusters are few and everything in the row is of another method (facts["p_small_method"])
COLUMNS = (
    "term",
    "label",
    "estimate",
    "se",
    "statistic",
    "p",
    "p_small",
    "ci_low",
    "ci_high",
    "at",
)
PARTS = {
    "group_time": "各批各期",
    "dynamic": "按实施后时长",
    "group": "按批次",
    "calendar": "按时期",
}
STARS = ((0.01, "***"), (0.05, "**"), (0.1, "*"))
STAR_RULE = "*、**、*** 分别表示在10%、5%、1%的水平上显著"


@dataclass(frozen=True, repr=False)
class Effect(Summarised):
    """The result of a design.

    Parameters
    ----------
    design, name
        Key (``twfe``) and Chinese name (双向固定效应).
    table
        `COLUMNS`; estimates in the outcome's own scale (a rate of 1 is 100%), p two-sided.
    facts
        ``outcome``, ``outcome_label``, ``treatment``, ``treatment_label``, ``controls`` (labels), ``n``,
        ``entities``, ``clusters``, ``treated_clusters``, ``treated_entities``, ``mean_outcome`` (untreated
        observations; all where none is), ``base_period``, ``method``, ``paper``, ``package`` (name and version),
        ``covariance``, ``level`` (0.95), ``is_demo``, ``rate`` (bounded by 0 and 1) and what the design adds.
    notes
        Guard rails, by code with their numbers; the warnings come first, and mark the main estimate.
    main
        The ``term`` of the row that answers the question: journal tables and specification plots show it.
    details
        Further tables by name (``group_time``, ``dynamic``, ``draws``, ``weights`` ...).
    chart
        Which figure `plot` draws: ``event_study``, ``placebo``, ``bacon``, ``synthetic`` or ``coefficients``.
    """

    design: str
    name: str
    table: pd.DataFrame
    facts: dict[str, Any]
    notes: tuple[Note, ...] = ()
    main: str = ""
    details: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    chart: str = "coefficients"

    @property
    def summary(self) -> Summary:
        """The main estimate with its interval, p and sample, and the warnings."""
        row, facts = self.row, self.facts
        low, high = fixed(row["ci_low"], 4), fixed(row["ci_high"], 4)
        counts = {"条观测": facts.get("n"), "个聚类": facts.get("clusters")}
        told = {
            "outcome": facts.get("outcome_label", facts.get("outcome")),
            "estimate": f"{row['label']} {fixed(row['estimate'], 4)}",
            "interval": f"[{low}, {high}]" if pd.notna(row["ci_low"]) else "",
            "p": p_value(row["p"]),
            "sample": listed(f"{n}{word}" for word, n in counts.items() if n is not None),
            "warnings": sentences(self.warnings),
        }
        return Summary.of("effect", told, name=self.name)

    @property
    def row(self) -> pd.Series:
        """The main estimate: a row of `table`."""
        found = self.table.loc[self.table["term"] == self.main] if self.main else self.table
        return found.iloc[0]

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(note.text for note in self.notes if note.tone == "warning")

    def with_notes(self, *notes: Note) -> Effect:
        """The same result with more notes, warnings first, none twice."""
        once: dict[tuple[str, str], Note] = {}
        for note in (*self.notes, *notes):
            once.setdefault((note.tone, note.text), note)
        ordered = sorted(once.values(), key=lambda note: note.tone != "warning")
        return replace(self, notes=tuple(ordered))

    def part(self, name: str) -> Effect:
        """One of the detail tables that are rows like `table` (``group_time``, ``dynamic``, ``group``, ``calendar``) as a result."""
        return replace(
            self, name=f"{self.name}（{PARTS.get(name, name)}）", table=self.details[name], main=""
        )

    def plot(self, lang: str = "zh") -> Block:
        """The figure that belongs to the design."""
        made: Block = shown(self, "plot", lang)
        return made

    def block(self, decimals: int = 4) -> Block:
        """The table as a three-line table; every warning marks the main estimate and stands as a row of the table."""
        made: Block = shown(self, "block", decimals)
        return made

    @property
    def caption(self) -> str:
        """Sample, covariance and method in one sentence, as it stands under the table."""
        return str(shown(self, "caption"))

    @property
    def source(self) -> str:
        return (
            "演示数据，全部虚构" if self.facts.get("is_demo") else str(self.facts.get("source", ""))
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return self.block()._repr_mimebundle_(include, exclude)


def rows(
    terms: Any,
    labels: Any,
    estimate: Any,
    se: Any,
    *,
    df: float = np.inf,
    level: float = 0.95,
    at: Any = np.nan,
    p_small: Any = np.nan,
    **given: Any,
) -> pd.DataFrame:
    """A table with `COLUMNS`; statistic, p and limits by t with `df` degrees of freedom where they are not `given`."""
    from scipy.stats import t

    estimate = np.atleast_1d(np.asarray(estimate, float))
    se = np.broadcast_to(np.asarray(se, float), estimate.shape)
    z, reach = estimate / np.where(se > 0, se, np.nan), t.ppf(0.5 + level / 2, df) * se
    values = {
        "term": terms,
        "label": labels,
        "estimate": estimate,
        "se": se,
        "statistic": z,
        "p": 2 * t.sf(np.abs(z), df),
        "p_small": p_small,
        "ci_low": estimate - reach,
        "ci_high": estimate + reach,
        "at": at,
    } | given
    filled = {key: [v] * len(estimate) if np.ndim(v) == 0 else list(v) for key, v in values.items()}
    return pd.DataFrame(filled, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[2:], "float64"))


def stars(p: float) -> str:
    """``***`` below 0.01, ``**`` below 0.05, ``*`` below 0.1 (`STAR_RULE`)."""
    return next((mark for limit, mark in STARS if p < limit), "") if pd.notna(p) else ""


def number(value: Any, decimals: int = 4) -> str:
    """A number as text, — where there is none."""
    return fixed(value, decimals)


def interval(low: Any, high: Any, decimals: int = 4) -> str:
    return (
        "—"
        if pd.isna(low) or pd.isna(high)
        else f"[{number(low, decimals)}, {number(high, decimals)}]"
    )
