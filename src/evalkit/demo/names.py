"""Invented names and credit codes: valid in form, plainly nobody's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from stdnum.cn import uscc

from evalkit.codebook import read_yaml

_CODE_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])  # GB 11714, organisation code

INVENTED: dict[str, Any] = read_yaml(Path(__file__).with_name("province.yml"))
_KIND_FACTS = ("share", "larger", "sector", "prefix", "ending", "industry")
KINDS: dict[str, Any] = {"kind": np.array(list(INVENTED["kinds"]), object)} | {
    fact: np.array(values, object if isinstance(values[0], str) else float)
    for fact, values in zip(_KIND_FACTS, zip(*INVENTED["kinds"].values(), strict=True), strict=True)
}


def credit_code(prefix: str, area_code: str, serial: int) -> str:
    """A unified social credit code with right check characters.

    Two characters of registrar and kind, six of the area, nine of the organisation code (MA + six digits + its check
    character, GB 11714: 11 - sum(w c) mod 11), and the check character of the whole (GB 32100-2015).
    """
    body = f"MA{serial:06d}"
    rest = 11 - int(np.dot(_CODE_WEIGHTS, [int(c, 36) for c in body])) % 11
    first = f"{prefix}{area_code}{body}{'X' if rest == 10 else '0' if rest == 11 else rest}"
    return first + uscc.calc_check_digit(first)


def unit_name(industry: str, ending: str, township: str, word: int, serial: int) -> str:
    """``演示启明科技001有限公司``; every eleventh carries its township in full-width brackets."""
    trade = INVENTED["trades"][industry][serial % 3] if industry in INVENTED["trades"] else ""
    place = f"（{township}）" if serial % 11 == 0 else ""
    return f"演示{INVENTED['words'][word]}{place}{trade}{serial:03d}{ending}"
