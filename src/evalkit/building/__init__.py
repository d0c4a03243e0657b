"""Ledgers to stored numbers: reading, building, last year's printed numbers, the bundled public figures, `check`."""

from evalkit.building.build import build
from evalkit.building.lone import read_ledger

__all__ = ["build", "read_ledger"]
