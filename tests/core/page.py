"""Run every example of docs/core.md; what differs is printed, and the exit code is 1."""

from __future__ import annotations

import doctest
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "core.md"

if __name__ == "__main__":
    done = doctest.testfile(
        str(PAGE), module_relative=False, optionflags=doctest.ELLIPSIS, encoding="utf-8"
    )
    print(f"{done.attempted} examples, {done.failed} failed")
    sys.exit(bool(done.failed or not done.attempted))
