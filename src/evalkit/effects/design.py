"""What a design gives, and what is known of a design: one record each, in `evalkit.effects.designs`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from evalkit.effects.few import Way
from evalkit.effects.panel import Panel
from evalkit.effects.result import Effect
from evalkit.world.note import Note


@dataclass(frozen=True)
class Estimate:
    """A design's own numbers, before the guard rails have looked at them.

    Parameters
    ----------
    effect
        Table, facts and the design's own notes.
    panel
        What the guard rails look at; None where they have nothing to say (a dose, one place, units at a threshold).
    way
        How the design is tested where clusters are few; without one it keeps its own errors and p.
    closing
        Notes that stand behind those of the guard rails.
    """

    effect: Effect
    panel: Panel | None = None
    way: Way | None = None
    closing: tuple[Note, ...] = ()

    @property
    def unguarded(self) -> Effect:
        """The result without the guard rails."""
        return self.effect.with_notes(*self.closing)


@dataclass(frozen=True)
class Design:
    """What is known of a design.

    Parameters
    ----------
    run
        The function that estimates; its name is the design's key.
    compares
        Whom it compares with whom where places start one after another. ``clean``: never with those that have started.
        ``two_way``: it is a two-way regression, one effect for all, so that the treated are controls too; ``pooled``:
        it weighs as that does. ``event_study``: every event time mixes cohorts.
    takes
        A ``panel``, or ``units`` at a threshold.
    guarded
        Its result passes the guard rails; they can be left out with ``guard=False``.
    """

    run: Callable[..., Estimate]
    compares: Literal["clean", "two_way", "pooled", "event_study"] = "clean"
    takes: Literal["panel", "units"] = "panel"
    guarded: bool = True

    @property
    def key(self) -> str:
        return self.run.__name__


@dataclass(frozen=True)
class Check:
    """What is known of a check of a result: ``seeded`` takes ``seed`` and ``draws``; it takes a panel or an event study."""

    run: Callable[..., Effect]
    seeded: bool = False
    takes: Literal["panel", "event_study"] = "panel"

    @property
    def key(self) -> str:
        return self.run.__name__

    def of(self, panel: Panel, seed: int, draws: int) -> Effect:
        options: dict[str, Any] = {"seed": seed, "draws": draws} if self.seeded else {}
        return self.run(panel, **options)
