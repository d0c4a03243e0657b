"""`plan(data, scheme, periods)` reduces once; `Plan.run` and the searches answer from the reduction."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.problems import InputError, Problem
from evalkit.subsidy import comparing, notes, search, sharing
from evalkit.subsidy import uncertainty as drawing
from evalkit.subsidy.dated import Dated
from evalkit.subsidy.engine import Engine
from evalkit.subsidy.gathering import columns_used, from_frame, require, table_file
from evalkit.subsidy.loading import load_scheme
from evalkit.subsidy.memory import remembered
from evalkit.subsidy.projection import Projection
from evalkit.subsidy.reduction import Reduction
from evalkit.subsidy.result import Result
from evalkit.subsidy.scheme import Scheme
from evalkit.subsidy.simulation import PlanData, simulate
from evalkit.subsidy.source import Source
from evalkit.subsidy.stored import from_data
from evalkit.subsidy.uncertainty import Range, Uncertainty
from evalkit.subsidy.year import Values, whole_year
from evalkit.world.note import Note
from evalkit.world.number import wan
from evalkit.world.showing import shown
from evalkit.world.summary import Summarised, Summary, listed, sentences


class Plan(Summarised, PlanData):
    """A scheme over the organisations of some years; made by `plan`."""

    @property
    def summary(self) -> Summary:
        """Years, components, what the standards in force cost in the last year, what was assumed."""
        last = self.years[-1]
        facts = {
            "years": listed(self.years),
            "components": listed(one.name for one in self.scheme.components.values()),
            "total": f"{last}年{wan(self.total(self.values, last))}",
            "notes": sentences(self.notes),
        }
        return Summary.of("plan", facts, name=self.scheme.name)

    def run(self, reform: Any = None, title: str = "") -> Result:
        """The result of a reform (a `Reform`, or ``{"activity.per_member": {"2026-07-01": 200}}``) beside the baseline."""
        return simulate(self, reform, Result, title)

    @property
    def notes(self) -> list[str]:
        """What was assumed on the way, and what of the baseline cannot be reckoned and where."""
        return notes.notes(self)

    @property
    def assumptions(self) -> list[str]:
        """What was assumed on the way; stands under every table."""
        return [str(note) for note in self.assumed]

    @property
    def assumed(self) -> list[Note]:
        """The same as codes with numbers."""
        return notes.assumed(self)

    def whole_year(self, values: Values, year: int) -> dict[str, Dated]:
        """The values in force at the end of a year, as if they had held through it."""
        return whole_year(values, year)

    @remembered
    def within(self, area: str) -> Plan:
        """The same plan for one district."""
        return comparing.within(self, area)

    def compare(self, reforms: Mapping[str, Any], year: int | None = None) -> pd.DataFrame:
        """Scenarios side by side: cost, change, relative change, share of organisations gaining, Gini."""
        return comparing.compare(self, reforms, year)

    def bases(self, reform: Any = None) -> pd.DataFrame:
        """Both readings of every component with a floor: 全额 and 补差, side by side, over the same districts."""
        return comparing.bases(self, reform)

    def solve(
        self,
        parameter: str,
        *,
        extra: float | None = None,
        reach: float | None = None,
        standard: float | None = None,
        start: Any = None,
        year: int | None = None,
        component: str | None = None,
    ) -> search.Solution:
        """The highest step within `extra` yuan, or the lowest at which `reach` of organisations get `standard` (see `search.solve`)."""
        return search.solve(
            self,
            parameter,
            extra=extra,
            reach=reach,
            standard=standard,
            start=start,
            year=year,
            component=component,
        )

    def sweep(
        self, grid: Mapping[str, Iterable[Any]], *, start: Any = None, year: int | None = None
    ) -> pd.DataFrame:
        """Full factorial of standards: cost and change in fen by payer, every row exact; the order is the grid's."""
        return search.sweep(self, grid, start=start, year=year)

    def pareto(
        self,
        grid: Mapping[str, Iterable[Any]],
        standard: float,
        *,
        start: Any = None,
        year: int | None = None,
        component: str | None = None,
    ) -> pd.DataFrame:
        """A sweep with Gini and adequacy, and which points are efficient (see `search.pareto`)."""
        return search.pareto(self, grid, standard, start=start, year=year, component=component)

    def split(self, reform: Any, year: int | None = None) -> pd.DataFrame:
        """A reform's cost by provision, whatever the order: Shapley values over the changes (see `search.split`)."""
        return search.split(self, reform, year)

    def unused_parameters(self) -> list[str]:
        """Parameters that change nothing from one end of their range to the other, in these years and data."""
        return search.unused_parameters(self)

    @staticmethod
    def share_out(scores: Any, total: float, floor: Any = 0, cap: Any = None) -> pd.DataFrame:
        """总额包干: a fixed sum shared out by scores between floor and cap, to the fen (see `sharing.share_out`)."""
        return sharing.share_out(scores, total, floor, cap)

    def uncertainty(
        self,
        reforms: Mapping[str, Any],
        *,
        n: int = 200,
        seed: int = 7,
        organisations: Range = (0.0, 0.05),
        members: Range = (0.0, 0.05),
        take_up: Range = (0.9, 1.0),
        budget: float | None = None,
        year: int | None = None,
        confidence: float = 0.95,
    ) -> Uncertainty:
        """Intervals of the difference to the baseline under common random numbers, and regret (see `uncertainty`)."""
        return drawing.uncertainty(
            self,
            reforms,
            n=n,
            seed=seed,
            organisations=organisations,
            members=members,
            take_up=take_up,
            budget=budget,
            year=year,
            confidence=confidence,
        )

    def form(
        self,
        item: str | None = None,
        new: float | str | None = None,
        since: str | date | None = None,
        scope: str | None = None,
        folder: str | Path | None = None,
    ) -> Any:
        """项目, 由, 调到, 自何日起, 范围 and all other questions as fields of a notebook; the answer changes with each.

        Scenarios are kept in `folder` (by default ``scenarios`` of the nearest project).
        """
        return shown(self, "form", item, new, since, scope, folder)

    def sliders(self, folder: str | Path = "方案") -> Any:
        """A slider for every parameter, presets, 保存方案 and 写测算说明; ``.result()`` is the last `Result`."""
        return shown(self, "sliders", folder)


Periods = Sequence[str | int] | str | int | None
MOST_YEARS = 30


def years_asked(text: str, where: str = "--periods") -> tuple[str, ...]:
    """2026 or 2026-2027 as years, early to late."""
    plain = unicodedata.normalize("NFKC", str(text))
    found = re.fullmatch(r"\s*(\d{4})年?\s*(?:[-~—–至到]\s*(\d{4})年?\s*)?", plain, re.ASCII)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if not first <= last < first + MOST_YEARS:
        allowed = f"2026-2027 或 2026，由早到晚，最多{MOST_YEARS}年"
        raise InputError(Problem("value_invalid", where=where, found=str(text), allowed=allowed))
    return tuple(str(year) for year in range(first, last + 1))


def plan(
    data: Any,
    scheme: str | Path | Mapping[str, Any] | Scheme = "fuyang-2015",
    periods: Periods = None,
    *,
    tables: Mapping[str, pd.DataFrame] | None = None,
    within: str | None = None,
    projection: Projection | None = None,
) -> Plan:
    """Reduce the party organisations for a scheme.

    Parameters
    ----------
    data
        `Data` with the years of the ledgers; or a plain frame, a row a party organisation (and year), with ``area``,
        ``party_org``, ``period`` (one year where it is missing: the first of `periods`) and the columns that the scheme
        names: ``members``, ``org_kind``, ``functional``, ``stars``, ``units_covered`` ... No project is needed for it.
    scheme
        A packaged name, a YAML file, a mapping or a `Scheme`.
    periods
        Years to reckon; later ones than the ledgers' are projected. By default the last year of the ledgers.
    tables
        User's tables by name: with ``party_org`` they add columns, with ``count`` they are counts by grade; for a
        frame, ``funds`` holds the money paid (area, party_org, flow, source, purpose, amount_fen).
    within
        Only this area.
    projection
        Growth and take-up after the last ledger.

    Returns
    -------
    Plan
        ``.run(reform)``, ``.solve``, ``.sweep``, ``.share_out``, ``.split``, ``.pareto``.

    Raises
    ------
    InputError
        A fault of the scheme; columns that it looks at and the frame lacks, each with what it is used for; years
        without data.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {
    ...         "area": ["甲区", "甲区", "乙区"],
    ...         "party_org": ["一支部", "二总支", "三支部"],
    ...         "period": 2026,
    ...         "org_kind": ["branch", "general_branch", "branch"],
    ...         "members": [10, 60, 20],
    ...         "functional": False,
    ...     }
    ... )
    >>> result = plan(frame, "fuyang-2015", 2026).run({"activity.per_member": 200})
    >>> int(result.cost("component").set_index("component").at["activity", "change_fen"]) // 100
    4500
    """
    declared = load_scheme(scheme)
    years = _years(periods)
    given = _tables(data, scheme, declared, tables or {})
    if isinstance(data, pd.DataFrame):
        if not years and "period" not in data:
            raise _no_year("没有写年份，党组织表也没有 period 列")
        found = from_frame(data, given, years[0] if years else None)
    else:
        found = from_data(data, given, within)
    if not len(found.orgs):
        problem = Problem(
            "data_missing", where=str(within or ""), found="没有党组织", allowed="年份，如 2026"
        )
        raise InputError(problem)
    require(found.orgs.columns, columns_used(declared))
    made = _reduced(declared, years or (found.years[-1],), found, projection or Projection())
    return made.within(within) if within and isinstance(data, pd.DataFrame) else made


def _reduced(scheme: Scheme, years: tuple[int, ...], source: Source, growth: Projection) -> Plan:
    """The plan, its baseline reckoned."""
    for year in years:
        source.data_year(year)
    made = Plan(scheme, years, Engine(Reduction(source), growth))
    for year in years:
        made.money(scheme, made.values, year)
    return made


def _years(periods: Periods) -> tuple[int, ...]:
    """The years asked for, in order; none where nobody asked."""
    asked = [periods] if isinstance(periods, str | int) else periods or ()
    bad = [str(one) for one in asked if not re.fullmatch(r"[12]\d{3}", str(one), re.ASCII)]
    if bad:
        raise _no_year("、".join(bad))
    return tuple(sorted({int(one) for one in asked}))


def _no_year(found: str) -> InputError:
    return InputError(
        Problem("period_unknown", where="periods", found=found, allowed="年份，如 2026")
    )


def _tables(
    data: Any, scheme: Any, declared: Scheme, tables: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """The user's tables: those given, and those that the scheme names as files, beside it or among the ledgers."""
    given = dict(tables)
    wanted = {name: file for name, file in declared.tables.items() if name not in given}
    if wanted:
        folder = _folder_of(data, scheme)
        given |= {name: table_file(name, folder / file) for name, file in wanted.items()}
    return given


def _folder_of(data: Any, scheme: Any) -> Path:
    """Where the files that a scheme names stand: beside its own file, else among the ledgers."""
    if isinstance(scheme, str | Path) and Path(scheme).exists():
        return Path(scheme).parent
    if isinstance(data, pd.DataFrame):
        return Path()
    return Path(data.project.data) / "raw"
