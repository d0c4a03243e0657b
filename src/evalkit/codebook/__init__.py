"""WHAT is measured, as YAML: tables, measures, indicators, references, terms, sources, headings, checks."""

from evalkit.codebook.loader import load_codebook
from evalkit.codebook.models import Check, Codebook, Indicator, Measure
from evalkit.world.yaml import read_yaml

__all__ = ["Check", "Codebook", "Indicator", "Measure", "load_codebook", "read_yaml"]
