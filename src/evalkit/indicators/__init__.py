"""Views, measures, indicators, comparisons and checks; ledgers to stored numbers, and back to their cells."""

from evalkit.indicators.build import Manifest, build
from evalkit.indicators.compare import compare
from evalkit.indicators.evaluate import evaluate
from evalkit.indicators.figures import check
from evalkit.indicators.load import Data, load, read_ledger
from evalkit.indicators.project import Project, find_project, nearest_codebook
from evalkit.indicators.trace import trace

__all__ = [
    "Data",
    "Manifest",
    "Project",
    "build",
    "check",
    "compare",
    "evaluate",
    "find_project",
    "load",
    "nearest_codebook",
    "read_ledger",
    "trace",
]
