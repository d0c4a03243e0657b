"""The letters of a column of a sheet, as Excel writes them."""

from __future__ import annotations

from functools import reduce


def letter(index: int) -> str:
    """The letters of a column counted from 0.

    >>> letter(0), letter(25), letter(26), letter(702)
    ('A', 'Z', 'AA', 'AAA')
    """
    return ("" if index < 26 else letter(index // 26 - 1)) + chr(65 + index % 26)


def column_number(letters: str | bytes) -> int:
    """The number of a column, from 1.

    >>> column_number("A"), column_number("Z"), column_number(b"aa")
    (1, 26, 27)
    """
    upper = (letters if isinstance(letters, bytes) else letters.encode()).upper()
    return reduce(lambda n, c: n * 26 + c - 64, upper, 0)
