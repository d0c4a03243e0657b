"""组织台账 and 指导员台账: the units of a district, who covers them and who looks after them."""

from __future__ import annotations

from datetime import date

import numpy as np

from evalkit.demo.model import FORMAL, Year
from evalkit.demo.sheet import Array, Sheet, Table, choose, make_sheet, texts


def units_sheet(year: Year, rng: np.random.Generator) -> Sheet:
    """One row a unit. Approximate head-counts are rounded down to tens, so that no threshold is crossed."""
    u, n, name = year.units, len(year.units["kind"]), year.district.name
    staff, full, mode = u["employees"], u["full"], u["mode"]
    u["number"], u["operating"], u["sole"] = np.arange(1, n + 1), u["status"] == "正常", u["kind"] == "个体工商户"
    u["enterprise"], u["instructed"], u["has_members"] = u["sector"] == "非公企业", u["instructor"] != "", u["members"] > 0
    u["formal"], u["single"], u["joint"] = np.isin(mode, FORMAL), mode == "单独", np.isin(mode, FORMAL[1:])
    u["functional"], u["due"], u["few"] = mode == "功能型", full >= 3, (full >= 1) & (full <= 2)
    u["registrar"] = choose(u["enterprise"], f"{name}市场监督管理局", f"{name}民政局")
    u["supervisor"], u["superior"] = choose(u["enterprise"], "", "行业主管部门"), u["town"] + "党（工）委"
    u["above"] = (staff >= 50) & (u["revenue"] >= 2000) & (u["kind"] == "法人企业")
    u["activists"] = rng.poisson(0.02 * staff * u["operating"])
    u["candidates"] = rng.binomial(u["activists"], 0.3)
    u["applicants"] = u["activists"] + rng.poisson(0.5, n)
    union, youth = ((staff >= m) & (rng.random(n) < p) & u["operating"] for m, p in ((25, 0.62), (40, 0.3)))
    u["mass"] = np.select([union & youth, union, youth], ["工会、团组织", "工会", "团组织"], "无")
    u["worked"] = u["formal"] | u["functional"] | u["instructed"] | union | youth
    u["place"] = u["formal"] & (rng.random(n) < 0.8)
    u["place_text"] = choose(u["place"], "有", "无")
    reason = np.select([u["due"], u["few"]], ["应建未建", "有党员但不足3名"], "无党员")
    u["reason"] = choose(u["operating"] & ~u["formal"], reason, "")
    u["cover"] = np.select([u["formal"], u["functional"]], ["组织覆盖", "工作覆盖"], "未覆盖")
    place = {key: i for i, key in enumerate(year.orgs["key"])}
    at = np.array([place.get(key, -1) for key in u["org"]])
    for column in ("name", "kind", "founded"):
        u[f"org_{column}"] = choose(at >= 0, year.orgs[column][at], None)
    u["joint_name"] = choose(year.orgs["company"][at] | ~u["formal"], "", u["org_name"])
    lost = (rng.random(n) < 0.006) & (staff < 50)
    about = (rng.random(n) < 0.015) & (staff >= 20) & ~lost
    u["read"] = np.where(lost, 0, np.where(about, staff // 10 * 10, staff))
    u["fifty"], u["hundred"] = u["read"] >= 50, u["read"] >= 100
    u["written"] = choose(about, texts((f"约{x}", f"{x}余人")[i % 2] for i, x in enumerate(u["read"])), staff)
    sheet = make_sheet("组织台账", u)
    for i in np.flatnonzero(about):
        sheet.odd(i, "从业人员总数", "approximate", int(staff[i]))
    for i in np.flatnonzero(u["ended"] < year.start):
        sheet.odd(i, "状态", "cancelled_before")
    _spoil(sheet, np.flatnonzero(lost), rng)
    return sheet


def _spoil(sheet: Sheet, no_staff: Array, rng: np.random.Generator) -> None:
    """Empty cells, two rows twice (in brackets of the other width) and a blank row."""
    rows, n = sheet.rows, len(sheet.rows)
    no_code, no_start = (rng.choice(n, k, replace=False) for k in (2, max(1, n // 150)))
    for column, places in (("从业人员总数", no_staff), ("统一社会信用代码", no_code), ("创办时间", no_start)):
        for i in places:
            true = rows[i][sheet.headings.index(column)]
            sheet.odd(i, column, "missing", str(true) if isinstance(true, date) else true, None)
    spoilt = {id(row) for row, _ in sheet.oddities}
    bracketed = [row for row in rows if "（" in row[2] and id(row) not in spoilt]
    for at in rng.permutation(len(bracketed))[:2]:
        i = min(rows.index(bracketed[at]) + 2, len(rows))
        rows.insert(i, list(bracketed[at]))
        sheet.odd(i, "单位名称", "duplicate", rows[i][2], rows[i][2].replace("（", "(").replace("）", ")"))
    rows.insert(len(rows) // 2, [])


def instructors_sheet(year: Year, rng: np.random.Generator) -> tuple[Sheet, Table]:
    """Instructors by code, one to six units each; ``units["instructor"]`` becomes the code of a unit's instructor."""
    u, n, number = year.units, len(year.units["kind"]), year.district.number
    usual = min(0.97, 0.6 + 0.05 * (number % 8) + 0.01 * (int(year.period) - 2021))
    wanted = np.where(np.isin(u["mode"], FORMAL), 0.15, usual)
    wanted = np.where(u["employees"] >= 80, 0.7 + 0.035 * (number % 9), wanted) * (u["status"] == "正常")
    places = np.flatnonzero(rng.random(n) < wanted)
    places = places[np.argsort(u["township"][places], kind="stable")]
    load = 1 + rng.binomial(5, 0.25 + 0.06 * (number % 6), len(places))
    who = np.repeat(np.arange(len(places)), load)[: len(places)]
    served, first = np.bincount(who), np.searchsorted(who, np.unique(who))
    m = len(served)
    code = texts(f"Z{i + 1:03d}" for i in range(m + 1))
    u["instructor"] = texts([""] * n)
    u["instructor"][places] = code[who]
    draw, bodies = rng.random(m), "区委组织部 区委社会工作部 区市场监督管理局 区税务局 区工商联".split()
    names = texts("、".join(x) for x in np.split(u["name"][places], first[1:]))
    origin = np.select([draw < 0.06, draw < 0.42], ["市委社会工作部", rng.choice(bodies, m)], u["town"][places[first]])
    them: Table = {
        "code": code[:m], "names": names, "served": served, "level": np.select([draw < 0.06, draw < 0.42], ["市级", "区县"], "镇街"),
        "origin": origin, "full_time": rng.random(m) < 0.15, "visits": rng.poisson(5, m) + served,
        "way": texts(["实地走访"] * m), "courses": rng.integers(0, 5, m), "state": texts(["启用"] * m),
    }  # fmt: skip
    them["duty"] = choose(them["full_time"], "专职", "兼职")
    sheet = make_sheet("指导员台账", them)
    if number % 2 == 0:  # one who no longer serves
        sheet.rows.append([code[m], "区委组织部", "区县", "兼职", None, 0, None, 0, "停用", None])
        sheet.odd(m, "启用/停用", "instructor_inactive")
    return sheet, them
