"""Years after the last ledger."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Projection:
    """Years after the last ledger: growth a year of organisations and members, and 落实率 (share really paid).

    With `admissions` (new members in the last year as a share of members) they grow by `admissions_growth` a year,
    Lishui's scenario being 20%, and members by them, less `leaving`.
    """

    organisations: float = 0.0
    members: float = 0.0
    admissions: float | None = None
    admissions_growth: float = 0.2
    leaving: float = 0.0
    take_up: float = 1.0

    def factor(self, per: str, years: int) -> float:
        """By how much the quantity of a component has grown after some years."""
        if per not in ("member", "dues"):
            return float((1 + self.organisations) ** years)
        if self.admissions is None:
            return float((1 + self.members) ** years)
        total, new = 1.0, self.admissions
        for _ in range(years):
            new *= 1 + self.admissions_growth
            total = total * (1 - self.leaving) + new
        return total
