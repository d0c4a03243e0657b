"""What is asked beside the changes: how far a budget goes, what reaches a share of the organisations, a sum to share out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Ask:
    """As written; "" is not asked.

    Attributes
    ----------
    budget, item
        The most that may be added in a year (500万), and the standard that is looked for.
    reach, standard
        The share of the organisations that should get `standard` yuan a member (90%).
    cap, by, floor, most
        A sum for everything (3000万), what it is shared by (党员数, or 党员数70%+党组织数30%), what no organisation is below
        and none above.
    org
        The name of one party organisation.
    periods, within
        The years to reckon (2026-2027), the area.
    """

    budget: str = ""
    item: str = ""
    reach: str = ""
    standard: str = ""
    cap: str = ""
    by: str = ""
    floor: str = ""
    most: str = ""
    org: str = ""
    periods: str = ""
    within: str = ""

    def as_dict(self) -> dict[str, str]:
        """What is asked, as a file has it."""
        every = {one.name: str(getattr(self, one.name)) for one in fields(self)}
        return {key: text for key, text in every.items() if text}

    def override(self, other: Mapping[str, Any]) -> Ask:
        """The same where the other says nothing."""
        return replace(
            self, **{key: str(value) for key, value in other.items() if value not in (None, "")}
        )


NOTHING_ASKED = Ask()
KEYS = tuple(one.name for one in fields(Ask))
