"""Figures of effects: every one with a title, an alternative text, no missing glyph, equal bytes."""

from __future__ import annotations

import pytest
from effect_worlds import panel, staggered

import evalkit as ek
from evalkit.documents import Block
from evalkit.effects import (
    bacon,
    callaway_santanna,
    did2s,
    event_study,
    honest,
    placebo,
    randomisation,
    sun_abraham,
    synthetic_control,
    twfe,
)


@pytest.fixture(scope="module")
def figures() -> dict[str, Block]:
    made = panel(staggered(1, effect=0.5), labels={"y": "活动经费", "policy": "补助改革"})
    effects = [callaway_santanna(made), twfe(made), sun_abraham(made), did2s(made)]
    study = event_study(made)
    return {
        "one": effects[0].plot(),
        "several": ek.charts.event_study(study, *effects[2:]),
        "english": effects[0].plot(lang="en"),
        "specifications": ek.charts.specifications(*effects),
        "placebo": placebo(made, draws=99).plot(),
        "bacon": bacon(made).plot(),
        "randomisation": randomisation(made, draws=99).plot(),
        "honest": honest(study, m=[0, 0.1]).plot(),
        "synthetic": synthetic_control(panel(staggered(2, {0: 12, 5: 1})), placebo=False).plot(),
    }


def test_every_figure_says_what_it_shows(figures: dict[str, Block]) -> None:
    for name, figure in figures.items():
        assert (
            figure.kind == "figure" and figure.content["title"] and len(figure.content["alt"]) > 10
        ), name
        assert not figure.content.get("missing_glyphs"), name
        assert figure.png.startswith(b"\x89PNG")
    assert (
        "活动经费" in figures["one"].content["alt"]
        and "Event study" in figures["english"].content["title"]
    )


def test_figures_are_equal_byte_by_byte(figures: dict[str, Block]) -> None:
    made = panel(staggered(1, effect=0.5), labels={"y": "活动经费", "policy": "补助改革"})
    assert callaway_santanna(made).plot().png == figures["one"].png


def test_results_without_event_times_are_refused() -> None:
    with pytest.raises(ek.InputError):
        ek.charts.event_study(twfe(panel(staggered(3)), guard=False))
