"""Sheets that are no list of records become one: tables side by side, a column a year, a row a township, a page a unit ...

Offices keep the same facts in other shapes. Each shape is a function that knows its sheet or answers None, and gives
sheets whose cells remember where they stand (`RawSheet.origin`); what is read from them goes the usual way. The words
that the shapes go by are declared (``shapes`` in rules.yml).
"""

from evalkit.ledgers.shapes.reshape import shaped
from evalkit.ledgers.shapes.shaping import Shaping

__all__ = ["Shaping", "shaped"]
