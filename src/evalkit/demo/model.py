"""How a district lives from year to year: its units, who covers them, and the party organisations.

Units persist (about 5% enter and 4% leave in a year), have log-normal sizes, and are covered in a lasting order until
the district's share for the year is reached, so that coverage rises without units falling in and out of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.demo.names import INDUSTRIES, KIND_NAMES, KINDS, WORDS, credit_code, unit_name
from evalkit.demo.province import CEILING, EFFECT_COVERAGE, TREND_COVERAGE, District

Array = NDArray[Any]
OPERATING, SUSPENDED, CANCELLED, GONE = range(4)
KIND_SHARES = np.array([KINDS[k][0] for k in KIND_NAMES])
SOLE, OFFSHOOT = KIND_NAMES.index("个体工商户"), KIND_NAMES.index("分支机构")
ENTERPRISE_KINDS = [i for i, k in enumerate(KIND_NAMES) if KINDS[k][2] == "非公企业"]
FORMAL = ["single", "joint", "attached"]
MODES = {"single": "单独", "joint": "联合", "attached": "挂靠", "functional": "功能型"}
TOWNSHIP_SHARES = np.array([20, 16, 13, 12, 11, 9, 9, 10]) / 100
JOINT_USUAL, JOINT_MOST = 8, 12


@dataclass
class Org:
    """A party organisation in one year; `units` are positions in the year's arrays."""

    key: tuple[Any, ...]
    name: str
    kind: str  # branch | general_branch | committee
    township: int
    units: list[int]
    members: int
    founded: date
    parent: str = ""
    functional: bool = False
    leaf: bool = True  # its members are its own, not the total of its branches
    own: bool = True  # stands in the units' ledger; branches of a company committee do not
    converted: date | None = None
    ended: date | None = None
    quality: float = 0.0
    scores: list[float] = field(default_factory=list)  # five dimensions of 20 points, then bonus and deduction
    vetoed: bool = False
    stars: int | None = None  # by the rule
    stars_office: int | None = None  # as the office put it down
    stars_previous: int | None = None

    @property
    def rated(self) -> bool:
        """Stands in the star ledger: formal, alive, with units of its own or part of a company's."""
        return not self.functional and self.ended is None and self.key != ("p",)


@dataclass
class Year:
    """One year of one district."""

    district: District
    period: str
    units: dict[str, Array]
    mode: Array  # "" or a key of MODES, by unit
    org_of: list[Org | None]  # the organisation in the units' ledger, by unit
    orgs: list[Org] = field(default_factory=list)

    @property
    def base(self) -> Array:
        """Operating legal persons: the base of coverage."""
        base: Array = (self.units["status"] == OPERATING) & ~np.isin(self.units["kind"], [SOLE, OFFSHOOT])
        return base


@dataclass
class _Life:
    """What an organisation keeps over the years."""

    founded: date
    quality: float
    stars: int | None = None
    converted: date | None = None


def simulate(district: District, periods: tuple[str, ...], rng: np.random.Generator) -> Iterator[Year]:
    """The years of a district in order, one after the other."""
    units = _new_units(district, district.units, 0, int(periods[0]), rng, first=True)
    _change_status(units, int(periods[0]), rng)
    lives: dict[tuple[Any, ...], _Life] = {}
    conversion = {g: int(rng.integers(2020, 2034)) for g in range(8 + 4)}  # functional branches that become formal ones
    before = np.full(len(units["kind"]), "", object)
    previous: list[Org] = []
    for i, period in enumerate(periods):
        if i:
            units, before = _age(district, units, before, int(period), rng)
        target = district.coverage + TREND_COVERAGE * i + rng.normal(0, 0.003)
        target = min(CEILING, target + district.effect(period, EFFECT_COVERAGE))
        year = _cover(district, period, units, before, target, conversion)
        _register(year, lives, previous, rng, first=i == 0)
        before = year.mode
        previous = [o for o in year.orgs if o.ended is None]
        yield year


def _new_units(
    district: District, n: int, serial: int, year: int, rng: np.random.Generator, first: bool = False
) -> dict[str, Array]:
    kind = rng.choice(len(KIND_NAMES), n, p=KIND_SHARES / KIND_SHARES.sum())
    employees = np.exp(rng.normal(2.85, 1.2, n) + 0.35 * np.isin(kind, [7, 8])) + 2
    employees[kind == SOLE] = rng.integers(1, 10, (kind == SOLE).sum())
    employees = employees.astype(int)
    rate = rng.beta(1.6, 13, n)
    full = rng.binomial(employees, rate)
    age = rng.exponential(6, n) if first else rng.uniform(0, 0.8, n)
    end = date(year - 1, 12, 31) if first else date(year, 10, 30)
    started = [end - timedelta(days=int(min(a, 30) * 365)) for a in age]
    township = rng.choice(8, n, p=TOWNSHIP_SHARES)
    word, industry = rng.integers(0, len(WORDS), n), rng.integers(0, len(INDUSTRIES), n)
    numbers = range(serial + 1, serial + n + 1)
    industries = [KINDS[KIND_NAMES[k]][4] or INDUSTRIES[i] for k, i in zip(kind, industry, strict=True)]
    facts = list(zip([KIND_NAMES[k] for k in kind], industries, township, word, numbers, strict=True))
    return {
        "kind": kind,
        "industry": np.array(industries, object),
        "township": township,
        "name": np.array([unit_name(k, i, district.townships[t], w, s) for k, i, t, w, s in facts], object),
        "code": np.array([credit_code(KINDS[k][1], district.code, s) for k, _, _, _, s in facts], object),
        "started": np.array(started, object),
        "status": np.zeros(n, int),
        "ended": np.full(n, None, object),
        "employees": employees,
        "full": full,
        "probationary": np.minimum(rng.binomial(full, 0.05), employees - full),
        "floating": rng.poisson(0.02 * employees),
        "revenue": np.round(employees * np.exp(rng.normal(3.2, 0.7, n)), 2),  # 万元
        "level": np.where(np.isin(kind, ENTERPRISE_KINDS), "", np.where(rng.random(n) < 0.12, "市级", "区县级")),
        "order": rng.random(n),  # who is covered first
        "stubborn": rng.random(n) < 0.03,  # due, but not founded yet
        "alone": rng.random(n) > 0.06,  # founds its own branch when it may
        "attaches": rng.random(n) < 0.13,
        "slot": rng.integers(0, 10**6, n),
        "work_branch": np.where(rng.random(n) < 0.22, township + 8 * (rng.random(n) < 0.5) * (township < 4), -1),
    }


def _age(
    district: District, units: dict[str, Array], mode: Array, year: int, rng: np.random.Generator
) -> tuple[dict[str, Array], Array]:
    """One year on: some leave, some come back, some enter; sizes and members drift."""
    units = {k: v.copy() for k, v in units.items()}
    n = len(units["kind"])
    keep = (units["status"] != CANCELLED) | (rng.random(n) < 0.05)  # a few cancelled units stay in the list
    _change_status(units, year, rng)
    units["employees"] = np.maximum(1, np.round(units["employees"] * np.exp(rng.normal(0.01, 0.08, n)))).astype(int)
    units["revenue"] = np.round(units["revenue"] * np.exp(rng.normal(0.02, 0.10, n)), 2)
    admitted = units["probationary"]
    full = units["full"] + admitted - rng.binomial(units["full"], 0.04) + rng.poisson(0.012 * units["full"] + 0.01)
    units["full"] = np.minimum(full, units["employees"])
    units["probationary"] = np.minimum(rng.binomial(units["full"], 0.05), units["employees"] - units["full"])
    units["floating"] = rng.poisson(0.02 * units["employees"])
    units["stubborn"] = (units["stubborn"] & (rng.random(n) < 0.65)) | (rng.random(n) < 0.01)
    serial = max(int(code[10:16]) for code in units["code"])
    fresh = _new_units(district, int(rng.poisson(0.052 * n)), serial, year, rng)
    both = {k: np.concatenate([v[keep], fresh[k]]) for k, v in units.items()}
    return both, np.concatenate([mode[keep], np.full(len(fresh["kind"]), "", object)])


def _change_status(units: dict[str, Array], year: int, rng: np.random.Generator) -> None:
    """In a year about 2% of the operating units cancel and as many suspend; of the suspended some come back."""
    n = len(units["kind"])
    status, draw = units["status"], rng.random(n)
    new = status.copy()
    new[(status == OPERATING) & (draw < 0.022)] = CANCELLED
    new[(status == OPERATING) & (draw > 0.982)] = SUSPENDED
    new[(status == SUSPENDED) & (draw < 0.45)] = CANCELLED
    new[(status == SUSPENDED) & (draw > 0.80)] = OPERATING
    just = (new == CANCELLED) & (status != CANCELLED)
    days = rng.integers(20, 340, n)
    units["ended"][just] = [date(year, 1, 1) + timedelta(days=int(d)) for d in days[just]]
    units["status"] = new


def _cover(
    district: District, period: str, units: dict[str, Array], before: Array, target: float, conversion: dict[int, int]
) -> Year:
    """Who is covered this year and by what; organisations without their history yet."""
    n = len(units["kind"])
    year = Year(district, period, units, np.full(n, "", object), [None] * n)
    full, operating, base = units["full"], units["status"] == OPERATING, year.base
    converted = np.isin(units["work_branch"], [g for g, y in conversion.items() if y <= int(period)])
    score = (
        units["order"]
        + 0.40 * (full >= 3)
        + 0.15 * (full >= 1)
        + 0.3 * (units["employees"] >= 100)
        + 0.6 * np.isin(before, FORMAL)
    )
    score += 5.0 * (converted & base) - 3.0 * units["stubborn"]
    chosen = np.zeros(n, bool)
    for group, share in ((base, target), (operating & ~base, 0.3 * target)):
        places = np.flatnonzero(group)
        chosen[places[np.argsort(-score[places], kind="stable")[: round(share * len(places))]]] = True
    single = chosen & units["alone"] & (full >= np.where(before == "single", 2, 3))  # a branch outlives a lost member
    for i in np.flatnonzero(single).tolist():
        _company(year, i)
    rest = chosen & ~single
    for g in range(12):  # working branches: formal joint ones after their conversion
        mode = "joint" if conversion[g] <= int(period) else "functional"
        free = operating & (units["work_branch"] == g) & (rest if mode == "joint" else ~chosen)
        inside = np.flatnonzero(free)[:JOINT_USUAL]
        if len(inside) > 1:
            name = f"{district.townships[g % 8]}第{g // 8 + 1}商圈工作支部"
            _place(year, ("f", g), name, inside.tolist(), mode, extra=4 if mode == "functional" else 0)
            rest[inside] = False
    _joint(year, rest & ~units["attaches"])
    hosts = [o for o in year.orgs if o.own and not o.functional and o.kind == "branch"]
    for i in np.flatnonzero(rest & (year.mode == "")).tolist():
        near = [o for o in hosts if o.township == units["township"][i] and len(o.units) < JOINT_USUAL] or hosts
        if near:
            host = near[int(units["slot"][i]) % len(near)]
            host.units.append(i)
            host.members += int(full[i] + units["probationary"][i])
            year.mode[i], year.org_of[i] = "attached", host
    _park_committee(year)
    return year


def _place(year: Year, key: tuple[Any, ...], name: str, inside: list[int], mode: str, extra: int = 0) -> None:
    members = int((year.units["full"] + year.units["probationary"])[inside].sum()) + extra
    township = int(year.units["township"][inside[0]])
    org = Org(key, name, "branch", township, inside, members, date.min, functional=mode == "functional")
    year.orgs.append(org)
    for i in inside:
        year.mode[i], year.org_of[i] = mode, org


def _company(year: Year, i: int) -> None:
    """A unit's own organisation: below 50 members a branch, below 100 a general branch, from 100 a committee."""
    name = f"中共{year.units['name'][i]}"
    members = int(year.units["full"][i] + year.units["probationary"][i])
    level = (members >= 50) + (members >= 100)
    kind, ending = (("branch", "支部"), ("general_branch", "总支部"), ("committee", ""))[level]
    _place(year, ("u", year.units["code"][i]), f"{name}{ending}委员会", [i], "single")
    top = year.orgs[-1]
    top.kind, top.leaf = kind, kind == "branch"
    if not top.leaf:
        parts = -(-members // 32)
        for b in range(parts):
            size = members // parts + (b < members % parts)
            branch = f"{name}第{b + 1}支部委员会"
            key = ("b", year.units["code"][i], b)
            year.orgs.append(Org(key, branch, "branch", top.township, [i], size, date.min, top.name, own=False))


def _joint(year: Year, free: Array) -> None:
    """Joint branches by township: a unit keeps its slot; slots too small for a branch (3 full members) merge."""
    units = year.units
    for t, township in enumerate(year.district.townships):
        inside = np.flatnonzero(free & (units["township"] == t) & (year.mode == ""))
        slots = max(1, round(0.16 * TOWNSHIP_SHARES[t] * year.district.units))
        slot = units["slot"][inside] % slots
        bucket: list[int] = []
        first = 0
        for s in range(slots):
            first = first if bucket else s
            bucket += inside[slot == s].tolist()
            if len(bucket) > 1 and (units["full"][bucket].sum() >= 3 or len(bucket) >= JOINT_USUAL):
                name = f"中共{township}第{first + 1:02d}联合支部委员会"
                _place(year, ("j", t, first), name, bucket[:JOINT_MOST], "joint")
                bucket = []


def _park_committee(year: Year) -> None:
    """The industrial park's committee: above the organisations there; its members are the total of its branches."""
    park = len(year.district.townships) - 1
    name = f"中共{year.district.name}{year.district.townships[park]}综合委员会"
    below = [o for o in year.orgs if o.township == park and not o.functional]
    if below:
        for org in below:
            org.parent = org.parent or name
        total = sum(o.members for o in below if o.leaf)
        year.orgs.append(Org(("p",), name, "committee", park, [], total, date.min, leaf=False, own=False))


def _register(
    year: Year, lives: dict[tuple[Any, ...], _Life], previous: list[Org], rng: np.random.Generator, first: bool
) -> None:
    """Give every organisation its history; those that are gone stay in the list with the day they ended."""
    start = date(int(year.period), 1, 1)
    for org in year.orgs:
        life = lives.get(org.key)
        if life is None:
            day = start + timedelta(days=int(rng.integers(5, 330)))
            if first:
                day = start - timedelta(days=int(rng.integers(30, 4500)))
            if org.units:
                day = max(day, year.units["started"][org.units[0]] + timedelta(days=20))
            quality = float(rng.normal())
            rated = None if day >= start or org.functional else int(np.clip(round(2.6 + quality), 0, 5))
            life = lives[org.key] = _Life(day, quality, rated)
        if org.key[0] == "f" and not org.functional and life.converted is None:
            life.converted = start + timedelta(days=int(rng.integers(10, 330) if not first else -rng.integers(10, 300)))
            life.converted = max(life.converted, life.founded)
        org.founded, org.converted = life.founded, life.converted
        org.quality, org.stars_previous = life.quality, life.stars
    _rate([o for o in year.orgs if o.rated], lives, start, rng)
    alive = {o.key for o in year.orgs}
    for gone in previous:
        if gone.key not in alive:
            del lives[gone.key]
            year.orgs.append(
                replace(gone, units=[], members=0, ended=start + timedelta(days=int(rng.integers(10, 330))))
            )


def _rate(orgs: list[Org], lives: dict[tuple[Any, ...], _Life], start: date, rng: np.random.Generator) -> None:
    """Stars: one for each dimension with at least 85% of its 20 points, at most one more than last year, none under
    a veto, not rated in the year of founding. In about one case of a hundred the office gives one star too many.
    """
    n = len(orgs)
    quality = np.array([o.quality for o in orgs])[:, None]
    drift = 0.05 * (start.year - 2021)
    scores = np.clip(np.round(2 * rng.normal(17.2 + drift + 0.8 * quality, 1.2, (n, 5))) / 2, 5, 20)
    extra = rng.integers(1, 4, (n, 2)) * (rng.random((n, 2)) < 0.15)
    vetoed, lenient = rng.random(n) < 0.008, rng.random(n) < 0.01
    passed = (scores >= 0.85 * 20).sum(axis=1).tolist()
    for i, org in enumerate(orgs):
        org.scores = [*scores[i].tolist(), *extra[i].tolist()]
        if org.founded >= start:
            continue
        org.vetoed = bool(vetoed[i])
        most = 5 if org.stars_previous is None else min(5, org.stars_previous + 1)
        org.stars = 0 if org.vetoed else min(passed[i], most)
        org.stars_office = min(5, org.stars + int(lenient[i] and not org.vetoed))
        lives[org.key].stars = org.stars_office
