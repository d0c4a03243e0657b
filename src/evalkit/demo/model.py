"""How a district lives from year to year: its units, who covers them, and the party organisations.

Units persist (about 5% enter and 4% leave in a year), have log-normal sizes, and are covered in a lasting order until
the district's share for the year is reached, so that coverage rises without units falling in and out of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from evalkit.demo.names import INVENTED, KINDS, credit_code, unit_name
from evalkit.demo.province import CEILING, TREND_COVERAGE, District
from evalkit.demo.sheet import Array, Table, choose, joined, take, texts

FORMAL = ["单独", "联合", "挂靠"]
LEVELS, ENDINGS = (
    texts(["党支部", "党总支", "党委"]),
    texts(["支部委员会", "总支部委员会", "委员会"]),
)
TOWNSHIP_SHARES = np.array([20, 16, 13, 12, 11, 9, 9, 10]) / 100
PARK = 7  # the last township is the industrial park
WORKING_USUAL, JOINT_MOST = 8, 12
NEVER = np.datetime64("NaT", "D")


@dataclass
class Year:
    """One year of one district: units and organisations, by column.

    ``units["org"]`` is the lasting key of the organisation that covers a unit ("" for none), ``units["mode"]`` how;
    ``units["base"]``, operating legal persons, is the base of coverage. Organisations that ended stand last.
    """

    district: District
    period: str
    units: Table
    orgs: Table

    @property
    def start(self) -> Any:
        return np.datetime64(f"{self.period}-01-01")


def simulate(
    district: District, periods: tuple[str, ...], rng: np.random.Generator
) -> Iterator[Year]:
    """The years of a district in order, one after the other."""
    units = _new_units(district, district.units, 0, int(periods[0]), rng, first=True)
    _change_status(units, int(periods[0]), rng)
    conversion = np.append(
        rng.integers(2020, 2034, 12), 9999
    )  # when working branches become formal; -1: none
    known: Table = {}
    for i, period in enumerate(periods):
        if i:
            units = _age(district, units, int(period), rng)
        target = district.coverage + TREND_COVERAGE * i + rng.normal(0, 0.003)
        target = min(CEILING, target + district.effect(period, "org_coverage"))
        _cover(district, units, target, conversion[units["work_branch"]] <= int(period))
        year = Year(district, period, dict(units), _organisations(district, units))
        _register(year, known, rng)
        known = take(year.orgs, np.isnat(year.orgs["ended"]))
        yield year


def _new_units(
    district: District,
    n: int,
    serial: int,
    year: int,
    rng: np.random.Generator,
    first: bool = False,
) -> Table:
    u = take(KINDS, rng.choice(len(KINDS["kind"]), n, p=KINDS["share"] / KINDS["share"].sum()))
    employees = (np.exp(rng.normal(2.85, 1.2, n) + u["larger"]) + 2).astype(int)
    u["employees"] = np.where(u["kind"] == "个体工商户", rng.integers(1, 10, n), employees)
    age = np.minimum(rng.exponential(6, n), 30) if first else rng.uniform(0, 0.8, n)
    u["started"] = np.datetime64(f"{year - 1}-12-31" if first else f"{year}-10-30") - (
        age * 365
    ).astype(int)
    u["status"], u["ended"] = texts(["正常"] * n), np.full(n, NEVER)
    u["township"], u["serial"] = (
        rng.choice(8, n, p=TOWNSHIP_SHARES),
        np.arange(serial + 1, serial + n + 1),
    )
    u["town"] = texts(district.townships)[u["township"]]
    u["industry"] = choose(
        u["industry"] == "", rng.choice(list(INVENTED["trades"]), n), u["industry"]
    )
    named = zip(
        u["industry"],
        u["ending"],
        u["town"],
        rng.integers(0, 14, n),
        u["serial"].tolist(),
        strict=True,
    )
    u["name"] = texts(unit_name(*facts) for facts in named)
    u["code"] = texts(
        credit_code(p, district.code, s) for p, s in zip(u["prefix"], u["serial"], strict=True)
    )
    u["full"] = rng.binomial(u["employees"], rng.beta(1.6, 13, n))
    u["revenue"] = np.round(u["employees"] * np.exp(rng.normal(3.2, 0.7, n)), 2)  # 万元
    u["level"] = choose(
        u["sector"] == "非公企业", "", choose(rng.random(n) < 0.12, "市级", "区县级")
    )
    u["order"], u["slot"] = (
        rng.random(n),
        rng.integers(0, 10**6, n),
    )  # who is covered first; which joint branch
    # due, but not founded yet; founds no branch of its own when it may; joins another unit's branch
    u["stubborn"], u["hesitant"], u["attaches"] = (rng.random((3, n)).T < (0.03, 0.06, 0.13)).T
    second = 8 * ((rng.random(n) < 0.5) & (u["township"] < 4))
    u["work_branch"] = np.where(rng.random(n) < 0.22, u["township"] + second, -1)
    u["mode"] = u["org"] = texts([""] * n)
    return _count_members(u, rng)


def _count_members(u: Table, rng: np.random.Generator) -> Table:
    """The full members are kept within the staff; probationary and floating ones are new every year."""
    u["full"] = np.minimum(u["full"], u["employees"])
    u["probationary"] = np.minimum(rng.binomial(u["full"], 0.05), u["employees"] - u["full"])
    u["members"], u["floating"] = u["full"] + u["probationary"], rng.poisson(0.02 * u["employees"])
    return u


def _age(district: District, u: Table, year: int, rng: np.random.Generator) -> Table:
    """One year on: some leave, some come back, some enter; sizes and members drift."""
    n = len(u["kind"])
    keep = (u["status"] != "注销") | (
        rng.random(n) < 0.05
    )  # a few cancelled units stay in the list
    _change_status(u, year, rng)
    u["employees"] = np.maximum(
        1, np.round(u["employees"] * np.exp(rng.normal(0.01, 0.08, n)))
    ).astype(int)
    u["revenue"] = np.round(u["revenue"] * np.exp(rng.normal(0.02, 0.10, n)), 2)
    u["full"] = u["members"] - rng.binomial(u["full"], 0.04) + rng.poisson(0.012 * u["full"] + 0.01)
    u["stubborn"] = (u["stubborn"] & (rng.random(n) < 0.65)) | (rng.random(n) < 0.01)
    fresh = _new_units(district, int(rng.poisson(0.052 * n)), int(u["serial"].max()), year, rng)
    return joined(
        take(_count_members(u, rng), keep), fresh | {"base": np.zeros(len(fresh["kind"]), bool)}
    )


def _change_status(u: Table, year: int, rng: np.random.Generator) -> None:
    """In a year about 2% of the operating units cancel and as many suspend; of the suspended some come back."""
    n, operating, suspended = len(u["kind"]), u["status"] == "正常", u["status"] == "停业"
    draw, day = rng.random(n), np.datetime64(f"{year}-01-01") + rng.integers(20, 340, n)
    gone = (operating & (draw < 0.022)) | (suspended & (draw < 0.45))
    stops, returns = operating & (draw > 0.982), suspended & (draw > 0.80)
    u["status"] = np.select([gone, stops, returns], ["注销", "停业", "正常"], u["status"])
    u["ended"] = np.where(gone, day, u["ended"])


def _cover(district: District, u: Table, target: float, converted: Array) -> None:
    """Who is covered this year, how and by the organisation of which key; last year's cover has weight."""
    full, before, operating = u["full"], u["mode"], u["status"] == "正常"
    base = u["base"] = operating & ~np.isin(u["kind"], ["个体工商户", "分支机构"])
    score = u["order"] + 0.40 * (full >= 3) + 0.15 * (full >= 1) + 0.3 * (u["employees"] >= 100)
    score += 0.6 * np.isin(before, FORMAL) + 5.0 * (converted & base) - 3.0 * u["stubborn"]
    chosen = np.zeros(len(full), bool)
    for group, share in ((base, target), (operating & ~base, 0.3 * target)):
        places = np.flatnonzero(group)
        chosen[places[np.argsort(-score[places], kind="stable")[: round(share * len(places))]]] = (
            True
        )
    single = (
        chosen & ~u["hesitant"] & (full >= np.where(before == "单独", 2, 3))
    )  # a branch outlives a lost member
    u["mode"], u["org"] = choose(single, "单独", ""), choose(single, "中共" + u["name"], "")
    rest = chosen & ~single
    free = (u["work_branch"] >= 0) & np.where(converted, rest, operating & ~chosen)
    key = u["town"] + choose(u["work_branch"] < 8, "第1商圈工作支部", "第2商圈工作支部")
    _together(u, free, key, choose(converted, "联合", "功能型"), WORKING_USUAL, 0)
    slots = np.maximum(1, (0.07 * TOWNSHIP_SHARES * district.units).round()).astype(
        int
    )  # a unit keeps its slot
    number = texts(f"第{s + 1:02d}联合支部委员会" for s in u["slot"] % slots[u["township"]])
    free = rest & ~u["attaches"] & (u["mode"] == "")
    _together(u, free, "中共" + u["town"] + number, choose(free, "联合"), JOINT_MOST, 3)
    branches = np.flatnonzero((u["mode"] == "联合") | (single & (u["members"] < 50)))
    hosts, first = np.unique(u["org"][branches], return_index=True)
    for township in range(8) if len(hosts) else ():
        places = np.flatnonzero(rest & (u["mode"] == "") & (u["township"] == township))
        near = hosts[u["township"][branches[first]] == township]
        near = near if len(near) else hosts
        u["org"][places], u["mode"][places] = near[u["slot"][places] % len(near)], "挂靠"


def _together(u: Table, free: Array, key: Array, mode: Array, most: int, least: int) -> None:
    """The free units of one key become one organisation if they are two or more and have `least` full members."""
    places = np.flatnonzero(free)
    group = np.unique(key[places], return_inverse=True)[1]
    places, group = (a[np.argsort(group, kind="stable")] for a in (places, group))
    rank = np.arange(len(group)) - np.searchsorted(group, group)
    enough = (np.bincount(group) > 1) & (np.bincount(group, u["full"][places]) >= least)
    inside = places[enough[group] & (rank < most)]
    u["org"][inside], u["mode"][inside] = key[inside], mode[inside]


def _organisations(district: District, u: Table) -> Table:
    """The organisations of the year, without their history yet.

    A unit's own organisation is below 50 members a branch, below 100 a general branch, from 100 a committee, with
    branches below it; above those in the industrial park stands its committee, whose figure is the total of theirs.
    """
    own = take(u, u["org"] != "")
    key, first, group = np.unique(own["org"], return_index=True, return_inverse=True)
    order, n = np.argsort(group, kind="stable"), len(key)
    covers = np.split(own["name"][order], np.cumsum(np.bincount(group))[:-1])
    began = np.full(n, np.datetime64("2100-01-01"))
    np.minimum.at(began, group, np.where(own["mode"] == "挂靠", began[0], own["started"]))
    functional = own["mode"][first] == "功能型"
    members = np.bincount(group, own["members"]).astype(int) + 4 * functional
    company = np.bincount(group, own["mode"] == "单独") > 0
    rank = company * ((members >= 50).astype(int) + (members >= 100))
    orgs: Table = {
        "key": key,
        "name": key + choose(company, ENDINGS[rank], ""),
        "kind": LEVELS[rank],
        "parent": texts([""] * n),
        "township": own["township"][first],
        "members": members,
        "began": began,
        "company": company,
        "functional": functional,
        "leaf": rank == 0,
        "rated": ~functional,
        "joint": np.bincount(group, np.isin(own["mode"], FORMAL[1:])) > 0,
        "covers": texts("、".join(x) for x in covers),
        "n_units": np.bincount(group),
    }

    none = {"company": False, "joint": False, "covers": "", "n_units": 0}
    parts = np.where(rank > 0, -(-members // 32), 0)
    at = np.repeat(np.arange(n), parts)
    number, top = np.arange(len(at)) - np.searchsorted(at, at), take(orgs, at)
    names = top["key"] + texts(f"第{i + 1}支部委员会" for i in number)
    size = top["members"] // parts[at] + (number < top["members"] % parts[at])
    below = none | {
        "key": names,
        "name": names,
        "parent": top["name"],
        "kind": "党支部",
        "members": size,
        "leaf": True,
    }
    orgs = joined(orgs, _with(top, below))
    inside = (orgs["township"] == PARK) & ~orgs["functional"]
    if inside.any():
        name = f"中共{district.name}{district.townships[PARK]}综合委员会"
        orgs["parent"] = choose(inside & (orgs["parent"] == ""), name, orgs["parent"])
        park = none | {
            "key": name,
            "name": name,
            "parent": "",
            "kind": "党委",
            "leaf": False,
            "rated": False,
        }
        park["members"] = orgs["members"][inside & orgs["leaf"]].sum()
        orgs = joined(orgs, _with(take(orgs, np.flatnonzero(inside)[:1]), park))
    return orgs


def _with(table: Table, other: dict[str, Any]) -> Table:
    """The table with other values, or one other value in all rows, in some columns."""
    return {name: np.full(x.shape, other.get(name, x), x.dtype) for name, x in table.items()}


def _register(year: Year, known: Table, rng: np.random.Generator) -> None:
    """Give every organisation its history; those that are gone stay in the list with the day they ended."""
    o, n, start = year.orgs, len(year.orgs["key"]), year.start
    days = rng.integers(10, 330, (n, 2)) if known else -rng.integers(30, (4500, 300), (n, 2))
    o["founded"] = np.maximum(start + days[:, 0], o["began"] + 20)
    o["quality"], o["ended"] = rng.normal(size=n), np.full(n, NEVER)
    working = texts(key.endswith("工作支部") for key in o["key"]) & ~o["functional"]
    o["converted"] = np.where(
        working.astype(bool), np.maximum(start + days[:, 1], o["founded"]), NEVER
    )
    rated = (o["founded"] < start) & ~o["functional"] & (not known)
    o["stars_previous"] = np.where(rated, np.clip(np.round(2.6 + o["quality"]), 0, 5), np.nan)
    if known:
        place = {key: i for i, key in enumerate(known["key"])}
        at = np.array([place.get(key, -1) for key in o["key"]])
        before = take(known | {"stars_previous": known["stars_office"]}, at)
        for column in ("founded", "quality", "stars_previous"):
            o[column] = np.where(at >= 0, before[column], o[column])
        o["converted"] = np.where(
            (at >= 0) & ~np.isnat(before["converted"]), before["converted"], o["converted"]
        )
    _rate(o, start, rng)
    if known:
        gone = take(known, np.setdiff1d(np.arange(len(known["key"])), at))
        ended = start + rng.integers(10, 330, len(gone["key"]))
        now = {
            "ended": ended,
            "members": 0,
            "n_units": 0,
            "covers": "",
            "joint": False,
            "rated": False,
        }
        year.orgs = joined(o, _with(gone, now))


def _rate(o: Table, start: Any, rng: np.random.Generator) -> None:
    """Stars: one for each dimension with at least 85% of its 20 points, at most one more than last year, none under
    a veto, not rated in the year of founding. In about one case of a hundred the office gives one star too many.
    """
    n, level = len(o["key"]), 17.2 + 0.05 * (start.item().year - 2021) + 0.8 * o["quality"][:, None]
    scores = np.clip(np.round(2 * rng.normal(level, 1.2, (n, 5))) / 2, 5, 20)
    o["scores"] = np.hstack(
        [scores, rng.integers(1, 4, (n, 2)) * (rng.random((n, 2)) < 0.15)]
    )  # with bonus, deduction
    due = o["rated"] & (o["founded"] < start)
    o["vetoed"] = due & (rng.random(n) < 0.008)
    stars = np.fmin((scores >= 0.85 * 20).sum(axis=1), o["stars_previous"] + 1) * ~o["vetoed"]
    o["stars"] = np.where(due, np.minimum(stars, 5), np.nan)
    o["stars_office"] = np.minimum(5, o["stars"] + (~o["vetoed"] & (rng.random(n) < 0.01)))
