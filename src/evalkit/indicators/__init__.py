"""Views, measures, indicators, comparisons and checks over frames and stored tables; nothing here reads a ledger."""

from evalkit.indicators.compare import compare
from evalkit.indicators.evaluate import evaluate
from evalkit.indicators.figures import check
from evalkit.indicators.load import Data, load
from evalkit.indicators.project import Project, find_project, nearest_codebook
from evalkit.indicators.store import Manifest
from evalkit.indicators.trace import trace

__all__ = [
    "Data",
    "Manifest",
    "Project",
    "check",
    "compare",
    "evaluate",
    "find_project",
    "load",
    "nearest_codebook",
    "trace",
]
