"""Raw files to checked tables: scan, read, cell values, headings, checks, persons."""

from evalkit.ledgers.ledger import Ledger, from_sheets, read_ledger

__all__ = ["Ledger", "from_sheets", "read_ledger"]
