"""WHAT is measured, as YAML: tables, measures, indicators, references, terms, sources, headings, checks."""

from evalkit.codebook.loader import load_codebook
from evalkit.codebook.models import (
    Check,
    Codebook,
    Dimension,
    Indicator,
    Measure,
    Reference,
    Source,
    Table,
    TableColumn,
    Term,
)
from evalkit.codebook.reading import read_yaml

__all__ = [
    "Check", "Codebook", "Dimension", "Indicator", "Measure", "Reference", "Source", "Table", "TableColumn", "Term",
    "load_codebook", "read_yaml",
]  # fmt: skip
