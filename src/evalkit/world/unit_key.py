"""What makes a unit one unit: its credit code, which holds everywhere, else its name, which holds within its district."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from operator import mul

CODE_LENGTH = 18
_VALUE = {character: value for value, character in enumerate("0123456789ABCDEFGHJKLMNPQRTUWXY")}
_WEIGHTS = [3**place % 31 for place in range(CODE_LENGTH - 1)]


@dataclass(frozen=True)
class UnitKey:
    """A unit.

    Attributes
    ----------
    unit
        A valid unified social credit code, or the normalised name.
    district
        The path of the district within which a name is unique; "" for a code, which needs none.

    Examples
    --------
    >>> UnitKey.of("便民超市", "某市/甲区") == UnitKey.of("便民超市", "某市/乙区")
    False
    >>> UnitKey.of("91110000100000009M", "某市/甲区") == UnitKey.of("91110000100000009M", "某市/乙区")
    True
    """

    unit: str
    district: str = ""

    @classmethod
    def of(cls, unit: str, district: str) -> UnitKey:
        """The key of a unit of a ledger."""
        return cls(unit) if is_credit_code(unit) else cls(unit, district)

    @property
    def has_code(self) -> bool:
        """Whether the unit is known by its code."""
        return not self.district

    def __str__(self) -> str:
        return self.unit if self.has_code else f"{self.district}\n{self.unit}"


def is_credit_code(text: str) -> bool:
    """Whether a text is a valid unified social credit code (GB 32100-2015) as it stands.

    Length, characters and check character are asked. python-stdnum's `uscc.validate` wants eight digits in front as well:
    that refuses registrars with a letter (A 中央军委改革和编制办公室, N 农业农村, Y 其他 ...), whose codes are valid.
    """
    if len(text) != CODE_LENGTH:
        return False
    return _is_checked(text)


@lru_cache(maxsize=200_000)
def _is_checked(text: str) -> bool:
    """Whether characters and check character of a text of this length are those of a code."""
    try:
        *values, check = [_VALUE[character] for character in text]
    except KeyError:  # I, O, S, V and Z stand in no code
        return False
    return (sum(map(mul, values, _WEIGHTS)) + check) % 31 == 0
