"""A text of one's own, told with given facts: what tests ask of single sentences."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path

from evalkit.reports.sentences import Facts, tell

FOLDER = Path(tempfile.mkdtemp(prefix="evalkit-texts-"))


def told(source: str, facts: Facts) -> str:
    """What the template `source` says of the facts."""
    name = "probe-" + hashlib.sha256(source.encode()).hexdigest()[:16]
    (FOLDER / f"{name}.md").write_text(source, encoding="utf-8")
    return tell(name, replace(facts, folder=FOLDER)).text
