"""How a district lives from year to year: its units, who covers them, and the party organisations.

Units persist (about 5% enter and 4% leave in a year), have log-normal sizes, and are covered in a lasting order until
the district's share for the year is reached, so that coverage rises without units falling in and out of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.demo.names import INVENTED, KINDS, credit_code, unit_name
from evalkit.demo.province import CEILING, EFFECT_COVERAGE, TREND_COVERAGE, District
from evalkit.demo.sheet import Array, choose

FORMAL = ["单独", "联合", "挂靠"]
TOWNSHIP_SHARES = np.array([20, 16, 13, 12, 11, 9, 9, 10]) / 100
PARK = 7  # the last township is the industrial park
WORKING_USUAL, JOINT_MOST = 8, 12
SCORES = [f"s{i}" for i in range(7)]  # five dimensions of 20 points, then bonus and deduction


@dataclass
class Year:
    """One year of one district: a row a unit, and a row an organisation, by its lasting key.

    ``units.org`` is the key of the organisation that covers a unit ("" for none) and ``units.mode`` how; the base of
    coverage is ``units.base``, operating legal persons. Organisations that ended in the year stand last, with the day.
    """

    district: District
    period: str
    units: pd.DataFrame
    orgs: pd.DataFrame


def simulate(district: District, periods: tuple[str, ...], rng: np.random.Generator) -> Iterator[Year]:
    """The years of a district in order, one after the other."""
    units = _new_units(district, district.units, 0, int(periods[0]), rng, first=True)
    units = _change_status(units, int(periods[0]), rng)
    conversion = np.append(rng.integers(2020, 2034, 12), 9999)  # when working branches become formal; -1: none
    known: pd.DataFrame | None = None
    for i, period in enumerate(periods):
        if i:
            units = _age(district, units, int(period), rng)
        target = district.coverage + TREND_COVERAGE * i + rng.normal(0, 0.003)
        target = min(CEILING, target + district.effect(period, EFFECT_COVERAGE))
        _cover(district, units, target, conversion[units["work_branch"]] <= int(period))
        orgs = _register(_organisations(district, units), known, pd.Timestamp(int(period), 1, 1), rng)
        known = orgs[orgs["ended"].isna()]
        yield Year(district, period, units.copy(), orgs)


def _days(rng: np.random.Generator, low: int, high: int, n: int) -> pd.TimedeltaIndex:
    return pd.to_timedelta(rng.integers(low, high, n), unit="D")


def _new_units(
    district: District, n: int, serial: int, year: int, rng: np.random.Generator, first: bool = False
) -> pd.DataFrame:
    u = KINDS.iloc[rng.choice(len(KINDS), n, p=KINDS["share"] / KINDS["share"].sum())].reset_index(drop=True)
    sole = u["kind"] == "个体工商户"
    employees = (np.exp(rng.normal(2.85, 1.2, n) + u["larger"]) + 2).astype(int)
    u["employees"] = employees.where(~sole, rng.integers(1, 10, n))
    age = np.minimum(rng.exponential(6, n), 30) if first else rng.uniform(0, 0.8, n)
    end = pd.Timestamp(year - 1, 12, 31) if first else pd.Timestamp(year, 10, 30)
    u["started"], u["ended"], u["status"] = end - pd.to_timedelta((age * 365).astype(int), unit="D"), pd.NaT, "正常"
    u["ended"] = pd.to_datetime(u["ended"])
    u["township"] = rng.choice(8, n, p=TOWNSHIP_SHARES)
    u["town"] = np.array(district.townships, object)[u["township"]]
    u["industry"] = u["industry"].where(u["industry"] != "", rng.choice(list(INVENTED["trades"]), n))
    u["serial"] = range(serial + 1, serial + n + 1)
    named = zip(u["industry"], u["ending"], u["town"], rng.integers(0, len(INVENTED["words"]), n), u["serial"], strict=True)
    u["name"] = [unit_name(*facts) for facts in named]
    u["code"] = [credit_code(p, district.code, s) for p, s in zip(u["prefix"], u["serial"], strict=True)]
    u["full"] = rng.binomial(u["employees"], rng.beta(1.6, 13, n))
    u["revenue"] = (u["employees"] * np.exp(rng.normal(3.2, 0.7, n))).round(2)  # 万元
    u["level"] = choose(u["sector"] == "非公企业", "", choose(rng.random(n) < 0.12, "市级", "区县级"))
    u["order"] = rng.random(n)  # who is covered first
    u["stubborn"] = rng.random(n) < 0.03  # due, but not founded yet
    u["alone"] = rng.random(n) > 0.06  # founds its own branch when it may
    u["attaches"] = rng.random(n) < 0.13
    u["slot"] = rng.integers(0, 10**6, n)
    second = 8 * ((rng.random(n) < 0.5) & (u["township"] < 4))
    u["work_branch"] = np.where(rng.random(n) < 0.22, u["township"] + second, -1)
    u["mode"] = u["org"] = ""
    return _members(u, rng)


def _members(u: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Probationary and floating members anew for the year; the full ones are kept within the staff."""
    u["full"] = u[["full", "employees"]].min(axis=1)
    u["probationary"] = np.minimum(rng.binomial(u["full"], 0.05), u["employees"] - u["full"])
    u["members"] = u["full"] + u["probationary"]
    u["floating"] = rng.poisson(0.02 * u["employees"])
    return u


def _age(district: District, u: pd.DataFrame, year: int, rng: np.random.Generator) -> pd.DataFrame:
    """One year on: some leave, some come back, some enter; sizes and members drift."""
    n, serial = len(u), int(u["serial"].max())
    keep = (u["status"] != "注销") | (rng.random(n) < 0.05)  # a few cancelled units stay in the list
    u = _change_status(u, year, rng)
    u["employees"] = (u["employees"] * np.exp(rng.normal(0.01, 0.08, n))).round().clip(lower=1).astype(int)
    u["revenue"] = (u["revenue"] * np.exp(rng.normal(0.02, 0.10, n))).round(2)
    u["full"] = u["members"] - rng.binomial(u["full"], 0.04) + rng.poisson(0.012 * u["full"] + 0.01)
    u["stubborn"] = (u["stubborn"] & (rng.random(n) < 0.65)) | (rng.random(n) < 0.01)
    fresh = _new_units(district, int(rng.poisson(0.052 * n)), serial, year, rng)
    return pd.concat([_members(u, rng)[keep], fresh], ignore_index=True)


def _change_status(u: pd.DataFrame, year: int, rng: np.random.Generator) -> pd.DataFrame:
    """In a year about 2% of the operating units cancel and as many suspend; of the suspended some come back."""
    draw, days = rng.random(len(u)), _days(rng, 20, 340, len(u))
    operating, suspended = u["status"] == "正常", u["status"] == "停业"
    gone = (operating & (draw < 0.022)) | (suspended & (draw < 0.45))
    stops, returns = operating & (draw > 0.982), suspended & (draw > 0.80)
    ended = u["ended"].where(~gone, pd.Timestamp(year, 1, 1) + days)
    return u.assign(status=np.select([gone, stops, returns], ["注销", "停业", "正常"], u["status"]), ended=ended)


def _cover(district: District, u: pd.DataFrame, target: float, converted: Array) -> None:
    """Who is covered this year, how and by the organisation of which key; last year's cover has weight."""
    full, before, operating = u["full"], u["mode"], u["status"] == "正常"
    base = u["base"] = operating & ~u["kind"].isin(["个体工商户", "分支机构"])
    score = u["order"] + 0.40 * (full >= 3) + 0.15 * (full >= 1) + 0.3 * (u["employees"] >= 100)
    score += 0.6 * before.isin(FORMAL) + 5.0 * (converted & base) - 3.0 * u["stubborn"]
    chosen = np.zeros(len(u), bool)
    for group, share in ((base, target), (operating & ~base, 0.3 * target)):
        places = np.flatnonzero(group)
        chosen[places[np.argsort(-score.to_numpy()[places], kind="stable")[: round(share * len(places))]]] = True
    single = chosen & u["alone"] & (full >= np.where(before == "单独", 2, 3))  # a branch outlives a lost member
    u["mode"], u["org"] = choose(single, "单独", ""), choose(single, "中共" + u["name"], "")
    rest = chosen & ~single
    number = (u["work_branch"] // 8 + 1).astype(str)
    free = (u["work_branch"] >= 0) & np.where(converted, rest, operating & ~chosen)
    _together(u, free, u["town"] + "第" + number + "商圈工作支部", choose(converted, "联合", "功能型"), WORKING_USUAL, 0)
    slots = np.maximum(1, (0.07 * TOWNSHIP_SHARES * district.units).round()).astype(int)  # a unit keeps its slot
    number = (u["slot"] % slots[u["township"]] + 1).astype(str).str.zfill(2)
    free = rest & ~u["attaches"] & (u["mode"] == "")
    _together(u, free, "中共" + u["town"] + "第" + number + "联合支部委员会", choose(free, "联合"), JOINT_MOST, 3)
    branches = (u["mode"] == "联合") | (single & (u["members"] < 50))
    hosts, rest = u[branches].drop_duplicates("org"), rest & (u["mode"] == "")
    for township in range(8) if len(hosts) else ():
        near = hosts[hosts["township"] == township]
        places = u.index[rest & (u["township"] == township)]
        host = (near if len(near) else hosts)["org"].to_numpy()
        u.loc[places, "org"], u.loc[places, "mode"] = host[u["slot"][places] % len(host)], "挂靠"


def _together(u: pd.DataFrame, free: Any, key: pd.Series, mode: Array, most: int, least: int) -> None:
    """The free units of one key become one organisation if they are two or more and have `least` full members."""
    groups = u[free].groupby(key[free])
    fits = (groups.cumcount() < most) & (groups["full"].transform("sum") >= least) & (groups["full"].transform("size") > 1)
    places = fits.index[fits]
    u.loc[places, "org"], u.loc[places, "mode"] = key[places], mode[places]


def _organisations(district: District, u: pd.DataFrame) -> pd.DataFrame:
    """The organisations of the year, without their history yet.

    A unit's own organisation is below 50 members a branch, below 100 a general branch, from 100 a committee, with
    branches below it; above those in the industrial park stands its committee, whose figure is the total of theirs.
    """
    own = u[u["org"] != ""].assign(began=u["started"].where(u["mode"] != "挂靠"), joint=u["mode"].isin(FORMAL[1:]))
    columns = {"township": "first", "town": "first", "members": "sum", "began": "min", "joint": "any"}
    orgs = own.groupby("org", sort=False).agg(columns)
    grouped = own.groupby("org", sort=False)
    orgs["covers"], orgs["n_units"] = grouped["name"].agg("、".join), grouped.size()
    orgs["functional"] = grouped["mode"].first() == "功能型"
    orgs["members"] += 4 * orgs["functional"]
    company = orgs.index.isin(own.loc[own["mode"] == "单独", "org"])
    rank = company * ((orgs["members"] >= 50).astype(int) + (orgs["members"] >= 100))
    orgs["kind"] = np.array(["党支部", "党总支", "党委"], object)[rank]
    orgs["name"] = orgs.index + choose(company, np.array(["支部委员会", "总支部委员会", "委员会"], object)[rank], "")
    orgs["company"], orgs["leaf"], orgs["rated"], orgs["parent"] = company, rank == 0, ~orgs["functional"], ""
    top = orgs[rank > 0].assign(key=orgs.index[rank > 0], parts=lambda x: -(-x["members"] // 32))
    below = top.loc[top.index.repeat(top["parts"])]
    number = below.groupby(level=0).cumcount().to_numpy()
    below = below.assign(parent=below["name"], kind="党支部", joint=False, company=False, leaf=True, covers="", n_units=0)
    below["members"] = below["members"] // below["parts"] + (number < below["members"] % below["parts"])
    below["name"] = below["key"] + "第" + pd.Series(number + 1, below.index).astype(str) + "支部委员会"
    below = below.set_index("name", drop=False)[orgs.columns]
    orgs = pd.concat([orgs, below])
    inside = (orgs["township"] == PARK) & ~orgs["functional"]
    if inside.any():
        name = f"中共{district.name}{district.townships[PARK]}综合委员会"
        orgs["parent"] = orgs["parent"].mask(inside & (orgs["parent"] == ""), name)
        total = orgs.loc[inside & orgs["leaf"], "members"].sum()
        park = orgs[inside].iloc[:1].assign(name=name, kind="党委", members=total, joint=False, company=False, leaf=False)
        park = park.assign(rated=False, parent="", covers="", n_units=0).set_index("name", drop=False)
        orgs = pd.concat([orgs, park])
    return orgs


def _register(
    orgs: pd.DataFrame, known: pd.DataFrame | None, start: pd.Timestamp, rng: np.random.Generator
) -> pd.DataFrame:
    """Give every organisation its history; those that are gone stay in the list with the day they ended."""
    n, formal = len(orgs), ~orgs["functional"]
    fresh = start - _days(rng, 30, 4500, n) if known is None else start + _days(rng, 5, 330, n)
    turned = start - _days(rng, 10, 300, n) if known is None else start + _days(rng, 10, 330, n)
    orgs["founded"] = np.maximum(fresh, orgs["began"] + pd.Timedelta(20, "D"))
    orgs["converted"] = np.maximum(turned, orgs["founded"]).where(formal & orgs.index.str.endswith("工作支部"))
    orgs["ended"], orgs["quality"] = pd.Series(pd.NaT, orgs.index, dtype=orgs["founded"].dtype), rng.normal(size=n)
    before = (2.6 + orgs["quality"]).round().clip(0, 5)
    orgs["stars_previous"] = before.where(formal & (orgs["founded"] < start) & (known is None))
    if known is not None:
        there, known = orgs.index.isin(known.index), known.assign(stars_previous=known["stars_office"])
        for column in ("founded", "quality", "stars_previous", "converted"):
            old = known[column].reindex(orgs.index)
            orgs[column] = old.fillna(orgs[column]) if column == "converted" else orgs[column].where(~there, old)
    orgs = _rate(orgs, start, rng)
    if known is not None:
        gone = known[~known.index.isin(orgs.index)]
        gone = gone.assign(members=0, n_units=0, covers="", joint=False, rated=False)
        orgs = pd.concat([orgs, gone.assign(ended=start + _days(rng, 10, 330, len(gone)))])
    return orgs


def _rate(orgs: pd.DataFrame, start: pd.Timestamp, rng: np.random.Generator) -> pd.DataFrame:
    """Stars: one for each dimension with at least 85% of its 20 points, at most one more than last year, none under
    a veto, not rated in the year of founding. In about one case of a hundred the office gives one star too many.
    """
    n, level = len(orgs), 17.2 + 0.05 * (start.year - 2021) + 0.8 * orgs["quality"].to_numpy()[:, None]
    scores = np.clip(np.round(2 * rng.normal(level, 1.2, (n, 5))) / 2, 5, 20)
    orgs[SCORES] = np.hstack([scores, rng.integers(1, 4, (n, 2)) * (rng.random((n, 2)) < 0.15)])
    due = orgs["rated"] & (orgs["founded"] < start)
    orgs["vetoed"] = due & (rng.random(n) < 0.008)
    most = (orgs["stars_previous"] + 1).fillna(5).clip(upper=5)
    orgs["stars"] = np.minimum((scores >= 0.85 * 20).sum(axis=1), most).mask(orgs["vetoed"], 0).where(due)
    lenient = ~orgs["vetoed"] & (rng.random(n) < 0.01)
    orgs["stars_office"] = (orgs["stars"] + lenient).clip(upper=5)
    return orgs
