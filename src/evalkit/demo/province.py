"""The districts of the invented province: size, coverage at the start, money a head, and who reforms when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from evalkit.demo.names import INVENTED

PROVINCE = "演示省"
REFORM: dict[str, Any] = INVENTED["reform"]
CEILING = 0.985
TREND_COVERAGE, TREND_FUND = 0.008, 5.0  # what every district gains in a year anyway


@dataclass(frozen=True)
class District:
    """One district and its hidden parameters (shares as plain ratios, money in yuan)."""

    number: int
    name: str
    peer_group: str
    units: int
    coverage: float
    fund: float
    reform: str | None

    @property
    def area(self) -> str:
        return f"{PROVINCE}/{self.name}"

    @property
    def code(self) -> str:
        """An administrative code that no place has."""
        return f"990{self.number:03d}"

    @property
    def townships(self) -> list[str]:
        return list(INVENTED["townships"][self.peer_group])

    def effect(self, period: str, on: str) -> float:
        """The reform's effect in a period, 0 before it starts and where it never does."""
        since, by_years = int(period) - int(self.reform or 9999), REFORM["effect"][on]
        return float(by_years[min(since, len(by_years) - 1)]) if since >= 0 else 0.0


def make_districts(
    districts: int, periods: tuple[str, ...], seed: int, units_per_year: int
) -> list[District]:
    """Draw the districts; ten of 24 reform in 2023 (or the second period), three a year later, none at its ceiling."""
    rng = np.random.default_rng([seed, *b"990000"])
    share = np.exp(rng.normal(0, 0.35, districts))
    # 5% below the mean, since their number grows by some 2.5% a year
    units = np.maximum(30, np.round(0.95 * share / share.sum() * units_per_year)).astype(int)
    at_ceiling = districts // 10
    coverage = rng.permutation(
        np.r_[np.linspace(0.70, 0.90, districts - at_ceiling), np.full(at_ceiling, 0.975)]
    )
    fund = rng.uniform(95, 250, districts)
    starts: dict[int, str] = {}
    if len(periods) > 1 and districts > 1:
        first = "2023" if "2023" in periods[1:] else periods[1]
        able = rng.permutation(np.flatnonzero(coverage < 0.95)).tolist()
        n_first, n_second = max(1, round(districts * 10 / 24)), round(districts * 3 / 24)
        starts = dict.fromkeys(able[:n_first], first)
        if first != periods[-1]:
            starts |= dict.fromkeys(
                able[n_first : n_first + n_second], periods[periods.index(first) + 1]
            )
    groups = ("城区", "县域", "县域", "城区", "县域", "园区")
    hidden = zip(range(districts), units.tolist(), coverage.tolist(), fund.tolist(), strict=True)
    return [
        District(i + 1, f"演示{i + 1:02d}区", groups[i % 6], n, c, f, starts.get(i))
        for i, n, c, f in hidden
    ]
