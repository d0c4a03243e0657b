"""The five views and all measures a second time, as SQL on DuckDB: what the columns in memory must equal.

The views are written as a reader of SQL would write them, with joins on text; a measure is an aggregate with a filter
in each of its three readings. Nothing is shared with the package but the codebook's YAML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from evalkit.codebook import Codebook, Measure

VIEWS = """
create view best as
  select home, period, unit, min(case mode when 'joint' then 2 when 'attached' then 3 when 'functional' then 4 else 1 end) as r
  from covers where home is not null and period is not null and unit is not null group by all;
create view held as
  select home, period, party_org, count(*) as activities, count(distinct month) as activity_months,
         count(distinct case when kind = '主题党日' then month end) as theme_months
  from activities where party_org is not null and home is not null and period is not null group by all;
create view held_of_unit as
  select c.home, c.period, c.unit, sum(h.activities) as org_activities
  from covers c join held h using (home, period, party_org)
  where c.unit is not null and coalesce(c.mode, 'single') <> 'functional' group by all;
create view reach as
  select home, period, party_org, count(distinct unit) as units_covered,
         bool_or(coalesce(mode in ('joint', 'attached'), false)) as joint,
         bool_or(coalesce(mode, 'single') not in ('joint', 'attached', 'functional')) as single
  from covers where party_org is not null and home is not null group by all;
create view rated as
  select * from (select *, row_number() over (partition by home, period, party_org order by row_number_) as n
                 from stars where party_org is not null) where n = 1;
create view keeps_covers as
  select home, period from covers where home is not null union
  select home, period from units where reason_unfounded is not null and home is not null;
create view parents as select distinct home, period, parent from party_organisations where parent is not null;
create view v_units as
  select u.* , case b.r when 1 then 'single' when 2 then 'joint' when 3 then 'attached' when 4 then 'functional' end as covered_by,
         h.org_activities, cast(null as boolean) as covered_before, case when k.home is not null then true end as has_covers,
         case when a.home is not null then true end as has_activities,
         case when m.home is not null then u.mass_organisation is not null end as has_mass_organisation,
         case when m.home is not null then coalesce(u.mass_organisation like '%工会%', false) end as has_union,
         case when m.home is not null then coalesce(regexp_matches(u.mass_organisation,
           '团(委|支部|总支|组织|工委)|共青团|团$'), false) end as has_youth_league
  from units u left join (select distinct home, period from units where mass_organisation is not null and home is not null) m
  on m.home = u.home and m.period = u.period
  left join best b on b.home = u.home and b.period = u.period and b.unit = u.unit
  left join held_of_unit h on h.home = u.home and h.period = u.period and h.unit = u.unit
  left join keeps_covers k on k.home = u.home and k.period = u.period
  left join (select distinct home, period from activities) a on a.home = u.home and a.period = u.period;
create view v_party_orgs as
  select o.* exclude (functional, members, members_low, members_high),
         coalesce(o.functional, false) as functional,
         case when out_ then 0 else o.members end as members, case when out_ then 0 else o.members_low end as members_low,
         case when out_ then 0 else o.members_high end as members_high,
         o.members as members_reported, o.members_low as members_reported_low, o.members_high as members_reported_high,
         coalesce(year(o.converted_on) = cast(o.period as int), false) as converted_in_period,
         coalesce(r.units_covered, 0) as units_covered, coalesce(r.joint, false) as joint, coalesce(r.single, false) as single,
         coalesce(h.activities, 0) as activities, coalesce(h.activity_months, 0) as activity_months,
         coalesce(h.theme_months, 0) as theme_months, coalesce(h.activities, 0) > 0 as has_activity,
         s.stars, s.stars_previous, s.stars - s.stars_previous as star_change, s.rectification, s.vetoed,
         case when o.founded_on is not null then year(o.founded_on) = cast(o.period as int) end as founded_in_period,
         12 - case when year(o.founded_on) = cast(o.period as int) then month(o.founded_on) - 1
                   when year(o.founded_on) > cast(o.period as int) then 12 else 0 end as months,
         case when k.home is not null then true end as has_covers,
         case when a.home is not null then true end as has_activities, case when z.home is not null then true end as has_stars
  from (select o.*, coalesce(o.functional, false) or p.parent is not null as out_ from party_organisations o
        left join parents p on p.home = o.home and p.period = o.period and p.parent = o.party_org) o
  left join reach r using (home, period, party_org) left join held h using (home, period, party_org)
  left join rated s using (home, period, party_org)
  left join keeps_covers k on k.home = o.home and k.period = o.period
  left join (select distinct home, period from activities) a on a.home = o.home and a.period = o.period
  left join (select distinct home, period from stars) z on z.home = o.home and z.period = o.period
  where o.ended_on is null or year(o.ended_on) > cast(o.period as int);
create view v_funds as
  select f.*, coalesce(o.functional, false) as functional from funds f
  left join (select home, period, party_org, bool_or(functional) as functional from party_organisations group by all) o
  using (home, period, party_org);
create view v_activities as select * from activities;
create view v_instructor_counts as
  select *, case when regexp_matches(level, '^省') then 'province'
                 when regexp_matches(level, '^[市州]') and not regexp_matches(level, '[县区]') then 'city'
                 when regexp_matches(level, '^([区县旗]|县级市)') then 'district'
                 when regexp_matches(level, '^([乡镇街]|基层)') then 'township' end as sent_by,
         coalesce(case when regexp_matches(recruited, '退二线|退居二线|退出领导岗位') then 'retiring'
              when regexp_matches(recruited, '^机关|机关(选拔|选派|干部)') then 'organs'
              when regexp_matches(recruited, '招聘|公开招考') then 'hired'
              when regexp_matches(recruited, '推荐') then 'recommended' end,
         case when regexp_matches(origin, '退二线|退居二线|退出领导岗位') then 'retiring'
              when regexp_matches(origin, '^机关|机关(选拔|选派|干部)') then 'organs'
              when regexp_matches(origin, '招聘|公开招考') then 'hired'
              when regexp_matches(origin, '推荐') then 'recommended' end) as comes_from
  from instructor_counts;
"""


def connect(tables: Mapping[str, pa.Table]) -> duckdb.DuckDBPyConnection:
    """A connection with the tables (their text plain) and the views."""
    connection = duckdb.connect()
    for name, table in tables.items():
        numbered = table.append_column("row_number_", pa.array(range(len(table)), pa.int64()))
        connection.register(f"{name}_arrow", numbered)
        connection.execute(f"create table {name} as select * from {name}_arrow")
    connection.execute(VIEWS)
    return connection


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}'" if isinstance(value, str) else str(value)


def _test(column: str, asked: Any, reading: str, intervals: set[str]) -> str:
    """One line of ``where`` in a reading: printed, sure or possible."""
    if asked in ("present", "missing") and isinstance(asked, str):
        return f"({column} is {'not ' if asked == 'present' else ''}null)"
    has_interval = column in intervals
    low, high = (
        (f"{column}_low", f"coalesce({column}_high, 4e18)") if has_interval else (column, column)
    )
    compared = (
        re.fullmatch(r"(>=|<=|>|<)\s*(-?[\d.]+)", asked.strip()) if isinstance(asked, str) else None
    )
    if compared:
        sign, limit = compared.groups()
        up = sign.startswith(">")
        end = {"printed": column, "sure": low if up else high, "possible": high if up else low}[
            reading
        ]
        said = f"{end} {sign} {limit}"
    else:
        values = asked if isinstance(asked, list) else [asked]
        inside = f"{column} in ({', '.join(map(_literal, values))})"
        if not has_interval or reading == "printed":
            said = inside
        elif max(values) - min(values) + 1 == len(set(values)):
            within = f"{low} >= {min(values)} and {high} <= {max(values)}"
            said = (
                within
                if reading == "sure"
                else f"{high} >= {min(values)} and {low} <= {max(values)}"
            )
        else:
            said = (
                f"({low} = {high} and {inside})"
                if reading == "sure"
                else f"({inside} or {low} < {high})"
            )
    return (
        f"(({said}) and {column} is not null)"
        if has_interval and reading != "printed"
        else f"({said})"
    )


def _where(measure: Measure, reading: str, intervals: set[str]) -> str:
    def all_of(tests: Mapping[str, Any]) -> str:
        return (
            " and ".join(
                _test(column, asked, reading, intervals) for column, asked in tests.items()
            )
            or "true"
        )

    whole = f"({all_of(measure.where)})"
    return (
        f"{whole} and ({' or '.join(f'({all_of(one)})' for one in measure.any)})"
        if measure.any
        else whole
    )


def measured(connection: duckdb.DuckDBPyConnection, codebook: Codebook, view: str) -> pd.DataFrame:
    """Every measure of a view by area (as printed on the row) and period: value, low and high as ``code__part``."""
    columns = {row[0] for row in connection.execute(f"describe v_{view}").fetchall()}
    intervals = {name.removesuffix("_low") for name in columns if name.endswith("_low")}
    parts = []
    for measure in codebook.measures.values():
        if measure.view != view:
            continue
        for reading, part in (("printed", "value"), ("sure", "low"), ("possible", "high")):
            where = _where(measure, reading, intervals)
            if measure.column is None:
                parts.append(f"count(*) filter (where {where}) as {measure.code}__{part}")
                continue
            summed = measure.column
            if summed in intervals and part != "value":
                summed = f"{summed}_{part}"
            parts.append(
                f"coalesce(sum({summed}) filter (where {where}), 0) as {measure.code}__{part}"
            )
    sql = f"select area, period, {', '.join(parts)} from v_{view} where area is not null and period is not null group by all"
    return connection.execute(sql).df().set_index(["area", "period"]).sort_index()
