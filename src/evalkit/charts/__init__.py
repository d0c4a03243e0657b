"""Figures: one function a figure, frame in, Block out. See `evalkit.charts.style` for the look they share."""

from evalkit.charts.areas import bars, dumbbell, load_heat
from evalkit.charts.effects import (
    bacon,
    coefficients,
    discontinuity,
    event_study,
    placebo,
    specifications,
    synthetic,
)
from evalkit.charts.frames import with_absent
from evalkit.charts.funnels import control, funnel, lorenz_curve
from evalkit.charts.points import intervals, radar, scatter
from evalkit.charts.profile import spine
from evalkit.charts.scores import grades, lost_points, rank_intervals, sensitivity, weights
from evalkit.charts.shares import sources, stars
from evalkit.charts.trend import trend
from evalkit.documents.fonts import Face, font_report, missing_glyphs

__all__ = [
    "Face",
    "bacon",
    "bars",
    "coefficients",
    "control",
    "discontinuity",
    "dumbbell",
    "event_study",
    "font_report",
    "funnel",
    "grades",
    "intervals",
    "load_heat",
    "lorenz_curve",
    "lost_points",
    "missing_glyphs",
    "placebo",
    "radar",
    "rank_intervals",
    "scatter",
    "sensitivity",
    "sources",
    "specifications",
    "spine",
    "stars",
    "synthetic",
    "trend",
    "weights",
    "with_absent",
]
