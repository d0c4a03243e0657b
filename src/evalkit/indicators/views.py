"""The five views that measures filter: tables joined once, each row still traceable to its ledger row.

Units and party organisations are joined within a district (``home``), where their keys are unique.
"""

from __future__ import annotations

from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
from ibis import _

from evalkit.indicators.areas import home_of

# a null in these columns says something (not covered, not rated, not ended): it is no missing value
NULL_SPEAKS = frozenset(
    {
        "covered_by", "org_activities", "stars", "stars_previous", "star_change", "rectification", "vetoed",
        "ended_on", "converted_on", "reason_unfounded", "units_covered", "joint", "single", "activities",
        "activity_months", "theme_months", "has_activity", "functional", "mass_organisation", "parent",
    }
)  # fmt: skip
# columns that another ledger fills: without a row of it in the district they are unknown, not zero
FILLED_BY = {
    "has_covers": ("covered_by", "units_covered", "joint", "single"),
    "has_activities": ("org_activities", "activities", "activity_months", "theme_months", "has_activity"),
    "has_stars": ("stars", "stars_previous", "star_change", "rectification", "vetoed"),
}
MODES = {"single": 1, "joint": 2, "attached": 3, "functional": 4}
THEME = "主题党日"
VIEWS = ("units", "party_orgs", "funds", "activities", "instructor_counts")
KEYS = ["home", "period"]


def period_bounds(periods: list[str]) -> pd.DataFrame:
    """First and last day of each period: ``2025`` or ``2025Q3``."""
    rows = []
    for text in periods:
        year, _sep, quarter = text.partition("Q")
        year_number = int(year) if year.isdigit() else 1900
        first = 3 * (int(quarter) - 1) + 1 if quarter.isdigit() else 1
        last = first + 2 if quarter.isdigit() else 12
        start = pd.Timestamp(year_number, first, 1)
        end = pd.Timestamp(year_number, last, 1) + pd.offsets.MonthEnd(0)
        rows.append({"period": text, "starts": start.date(), "ends": end.date(), "n_months": last - first + 1})
    return pd.DataFrame(rows, columns=["period", "starts", "ends", "n_months"])


def in_memory(table: pa.Table) -> Any:
    """An Arrow table as a lazy Ibis table, with the district (``home``) of each row."""
    homes = {area: home_of(area) if area else "" for area in table["area"].unique().to_pylist()}
    home = pa.array([homes[area] for area in table["area"].to_pylist()], pa.string())
    return ibis.memtable(table.append_column("home", home))


def make_views(tables: dict[str, Any], periods: Any) -> dict[str, Any]:
    """Ibis expressions of the five views.

    Parameters
    ----------
    tables
        Ibis tables by name, with the columns of the codebook's tables and ``home`` (see `in_memory`).
    periods
        Ibis table of `period_bounds`.
    """
    t = tables
    activity = _by_organisation(t["activities"])
    covers = t["covers"].mutate(rank=_.mode.cases(*MODES.items(), else_=1))
    reasons = t["units"].filter(_.reason_unfounded.notnull()).select(*KEYS)
    kept = {
        "has_covers": covers.select(*KEYS).union(reasons).distinct(),
        "has_activities": t["activities"].select(*KEYS).distinct(),
        "has_stars": t["stars"].select(*KEYS).distinct(),
    }
    return {
        "units": _with_ledgers(_units(t["units"], covers, activity), kept),
        "party_orgs": _with_ledgers(_party_orgs(t["party_organisations"], covers, activity, t["stars"], periods), kept),
        "funds": _funds(t["funds"], t["party_organisations"]),
        "activities": t["activities"],
        "instructor_counts": t["instructor_counts"],
    }


def _with_ledgers(view: Any, kept: dict[str, Any]) -> Any:
    """Whether the district keeps the ledgers that fill columns of the view (true or null)."""
    for flag, places in kept.items():
        marked = places.mutate(**{flag: ibis.literal(True)})
        view = view.left_join(marked, KEYS).drop(*(f"{key}_right" for key in KEYS))
    return view


def _by_organisation(activities: Any) -> Any:
    return activities.group_by([*KEYS, "party_org"]).agg(
        activities=_.count(),
        activity_months=_.month.nunique(),
        theme_months=_.month.nunique(where=_.kind == THEME),
    )


def _units(units: Any, covers: Any, activity: Any) -> Any:
    covered = (
        covers.left_join(activity, [*KEYS, "party_org"])
        .group_by([*KEYS, "unit"])
        .agg(best=_.rank.min(), org_activities=_.activities.sum(where=_.rank < MODES["functional"]))
    )
    joined = units.left_join(covered, [*KEYS, "unit"])
    names = {rank: mode for mode, rank in MODES.items()}
    return joined.mutate(covered_by=_.best.cases(*names.items(), else_=ibis.null("string"))).drop(
        "home_right", "period_right", "unit_right", "best"
    )


def _party_orgs(organisations: Any, covers: Any, activity: Any, stars: Any, periods: Any) -> Any:
    keys = [*KEYS, "party_org"]
    reach = covers.group_by(keys).agg(
        units_covered=_.unit.nunique(),
        joint=(_.rank.isin([MODES["joint"], MODES["attached"]])).any(),
        single=(_.rank == MODES["single"]).any(),
    )
    rated = stars.select(*keys, "stars", "stars_previous", "vetoed", "rectification").distinct(on=keys, keep="first")
    children = (
        organisations.filter(_.parent.notnull()).select(home=_.home, period=_.period, party_org=_.parent).distinct()
    )
    with_children = children.mutate(has_branches=True)
    view = organisations
    for other in (reach, activity, rated, with_children):
        view = view.left_join(other, keys).drop(*(f"{key}_right" for key in keys))
    view = view.left_join(periods, "period").drop("period_right")
    view = view.filter(_.ended_on.isnull() | (_.ended_on > _.ends))
    # a committee's own figure holds its branches' members, a functional branch holds no formal relations
    outside = _.functional.fill_null(False) | _.has_branches.fill_null(False)
    view = view.mutate(
        **{f"{name}_reported": _[name] for name in ("members", "members_low", "members_high")},
    )
    view = view.mutate(
        **{name: ibis.ifelse(outside, 0, _[name]) for name in ("members", "members_low", "members_high")},
        star_change=_.stars - _.stars_previous,
        founded_in_period=(_.founded_on >= _.starts) & (_.founded_on <= _.ends),
        has_activity=(_.activities > 0).fill_null(False),
        units_covered=_.units_covered.fill_null(0),
        functional=_.functional.fill_null(False),
        joint=_.joint.fill_null(False),
        single=_.single.fill_null(False),
        activities=_.activities.fill_null(0),
        activity_months=_.activity_months.fill_null(0),
        theme_months=_.theme_months.fill_null(0),
        months=ibis.ifelse(
            _.founded_on.fill_null(_.starts) <= _.starts,
            _.n_months,
            ibis.greatest(_.n_months - (_.founded_on.month() - _.starts.month()), 0),
        ),
    )
    return view.drop("starts", "ends", "n_months", "has_branches")


def _funds(funds: Any, organisations: Any) -> Any:
    keys = [*KEYS, "party_org"]
    kinds = organisations.filter(_.functional).select(*keys).distinct().mutate(functional=ibis.literal(True))
    view = funds.left_join(kinds, keys).drop(*(f"{key}_right" for key in keys))
    return view.mutate(functional=_.functional.fill_null(False))
