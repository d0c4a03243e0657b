"""Titles, columns and headings of what tells a plan, from one file."""

from __future__ import annotations

from evalkit.world.words import Words

TOLD = Words.beside(__file__, "plans.yml")
