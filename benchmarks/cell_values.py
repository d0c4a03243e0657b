"""Rates of reading cells, per core: typed columns (floor 1,000,000 a second) and dirty text (floor 100,000).

Run: python benchmarks/cell_values.py [number of cells]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from evalkit.ledgers import dates, numerals, values

FORMS = (
    *("{}", " {}", "{}人", "约{}", "{}余", "近{}人", "{}名", "{}左右", "{}以上"),
    *("不少于{}", "{}(含预备1)", "（{}）", "{}①", "共{}人"),
)
BATCH = 100_000


def dirty(n: int, seed: int = 1) -> list[str]:
    """Texts that are nearly all different: the worst case, since equal texts are read once."""
    rng = np.random.default_rng([seed, *b"cells"])
    numbers = rng.integers(1, 10_000_000, n)
    forms = rng.integers(0, len(FORMS), n)
    return [
        FORMS[f].format(f"{k:,}" if k % 5 == 0 else k) for f, k in zip(forms, numbers, strict=True)
    ]


def rate(call: Callable[[], Any], n: int) -> float:
    best = float("inf")
    for _ in range(3):
        numerals.lex.cache_clear()
        dates._text.cache_clear()
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return n / best


def main(n: int) -> None:
    rng = np.random.default_rng([1, *b"cells"])
    array = np.round(rng.lognormal(8, 2, n), 2)
    typed: list[Any] = array.tolist()
    gaps: list[Any] = ["" if i % 10 == 0 else x for i, x in enumerate(typed)]
    few = [("约30", "20人", "无", "1200余", "三十", "—")[i % 6] for i in range(n)]
    text = dirty(min(n, 4 * BATCH))
    days = [f"201{k % 10}.{k % 12 + 1}.{k % 28 + 1}" for k in range(n)]
    for name, size, floor, call in (
        (
            "typed, array",
            n,
            1_000_000,
            lambda: values.parse_column(array, unit="万元", kind="money"),
        ),
        ("typed, list", n, 1_000_000, lambda: values.parse_column(typed, unit="元", kind="money")),
        (
            "typed, list with blanks",
            n,
            1_000_000,
            lambda: values.parse_column(gaps, unit="元", kind="money"),
        ),
        ("dirty text, repeated", n, 100_000, lambda: values.parse_column(few, unit="人")),
        (
            "dirty text, all different",
            len(text),
            100_000,
            lambda: values.parse_column(text, unit="人"),
        ),
        ("dates as text", n, 100_000, lambda: dates.parse_dates(days)),
    ):
        got = rate(call, size)
        print(
            f"{name:28s}{got:14,.0f} a second   floor {floor:11,d}   {'ok' if got >= floor else 'BELOW'}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
