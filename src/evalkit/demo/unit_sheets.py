"""组织台账 and 指导员台账: the units of a district, who covers them and who looks after them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.demo.model import FORMAL, Year
from evalkit.demo.sheet import Sheet, choose, make_sheet


def units_sheet(year: Year, rng: np.random.Generator) -> Sheet:
    """One row a unit. Approximate head-counts are rounded down to tens, so that no threshold is crossed."""
    u, n, name = year.units, len(year.units), year.district.name
    staff, full, mode = u["employees"].to_numpy(), u["full"], u["mode"]
    u["number"], u["operating"], u["sole"] = range(1, n + 1), u["status"] == "正常", u["kind"] == "个体工商户"
    u["enterprise"], u["formal"], u["instructed"] = u["sector"] == "非公企业", mode.isin(FORMAL), u["instructor"] != ""
    u["single"], u["joint"], u["functional"] = mode == "单独", mode.isin(FORMAL[1:]), mode == "功能型"
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
    u["due"], u["few"], u["has_members"] = full >= 3, (full >= 1) & (full <= 2), u["members"] > 0
    reason = np.select([u["due"], u["few"]], ["应建未建", "有党员但不足3名"], "无党员")
    u["reason"] = choose(u["operating"] & ~u["formal"], reason, "")
    u["cover"] = np.select([u["formal"], u["functional"]], ["组织覆盖", "工作覆盖"], "未覆盖")
    for column in ("name", "kind", "founded"):
        u[f"org_{column}"] = u["org"].map(year.orgs[column])
    u["joint_name"] = u["org_name"].where(~u["org"].isin(year.orgs.index[year.orgs["company"]]) & ~u["functional"])
    lost = (rng.random(n) < 0.006) & (staff < 50)
    about = (rng.random(n) < 0.015) & (staff >= 20) & ~lost
    u["read"] = np.where(lost, 0, np.where(about, staff // 10 * 10, staff))
    u["fifty"], u["hundred"] = u["read"] >= 50, u["read"] >= 100
    words = [(f"约{x}", f"{x}余人")[i % 2] for i, x in enumerate(u["read"])]
    u["written"] = choose(about, words, staff)
    sheet = make_sheet("组织台账", u)
    for i in np.flatnonzero(about):
        sheet.odd(i, "从业人员总数", "approximate", int(staff[i]))
    for i in np.flatnonzero(u["ended"] < pd.Timestamp(int(year.period), 1, 1)):
        sheet.odd(i, "状态", "cancelled_before")
    _spoil(sheet, np.flatnonzero(lost), rng)
    return sheet


def _spoil(sheet: Sheet, no_staff: np.ndarray, rng: np.random.Generator) -> None:
    """Empty cells, two rows twice (in brackets of the other width) and a blank row."""
    rows, n = sheet.rows, len(sheet.rows)
    no_code, no_start = (rng.choice(n, k, replace=False) for k in (2, max(1, n // 150)))
    for column, places in (("从业人员总数", no_staff), ("统一社会信用代码", no_code), ("创办时间", no_start)):
        for i in places:
            true = rows[i][sheet.headings.index(column)]
            sheet.odd(i, column, "missing", f"{true:%Y-%m-%d}" if isinstance(true, pd.Timestamp) else true, None)
    spoilt = {id(row) for row, _ in sheet.oddities}
    bracketed = [row for row in rows if "（" in row[2] and id(row) not in spoilt]
    for at in rng.permutation(len(bracketed))[:2]:
        i = min(rows.index(bracketed[at]) + 2, len(rows))
        rows.insert(i, list(bracketed[at]))
        sheet.odd(i, "单位名称", "duplicate", rows[i][2], rows[i][2].replace("（", "(").replace("）", ")"))
    rows.insert(len(rows) // 2, [])


def instructors_sheet(year: Year, rng: np.random.Generator) -> tuple[Sheet, pd.DataFrame]:
    """Instructors by code, one to six units each; ``units.instructor`` becomes the code of a unit's instructor."""
    u, n, number = year.units, len(year.units), year.district.number
    usual = min(0.97, 0.6 + 0.05 * (number % 8) + 0.01 * (int(year.period) - 2021))
    wanted = np.where(u["mode"].isin(FORMAL), 0.15, usual)
    wanted = np.where(u["employees"] >= 80, 0.7 + 0.035 * (number % 9), wanted) * (u["status"] == "正常")
    mine = u[rng.random(n) < wanted].sort_values("township", kind="stable")
    load = 1 + rng.binomial(5, 0.25 + 0.06 * (number % 6), len(mine))
    codes = pd.Series([f"Z{i + 1:03d}" for i in np.repeat(np.arange(len(mine)), load)[: len(mine)]], mine.index)
    u["instructor"] = codes.reindex(u.index).fillna("")
    grouped = mine.groupby(codes)
    them = grouped.agg(names=("name", "、".join), served=("name", "size"), town=("town", "first")).reset_index(names="code")
    m = len(them)
    draw, bodies = rng.random(m), "区委组织部 区委社会工作部 区市场监督管理局 区税务局 区工商联".split()
    them["level"] = np.select([draw < 0.06, draw < 0.42], ["市级", "区县"], "镇街")
    them["origin"] = np.select([draw < 0.06, draw < 0.42], ["市委社会工作部", rng.choice(bodies, m)], them["town"])
    them["full_time"], them["serves"] = rng.random(m) < 0.15, True
    them["visits"], them["courses"], them["way"] = rng.poisson(5, m) + them["served"], rng.integers(0, 5, m), "实地走访"
    if number % 2 == 0:  # one who no longer serves
        last = {"code": f"Z{m + 1:03d}", "origin": "区委组织部", "level": "区县", "full_time": False, "serves": False}
        them = pd.concat([them, pd.DataFrame([last | {"served": 0, "visits": 0, "courses": 0}])], ignore_index=True)
    them["duty"], them["state"] = choose(them["full_time"], "专职", "兼职"), choose(them["serves"], "启用", "停用")
    sheet = make_sheet("指导员台账", them)
    if number % 2 == 0:
        sheet.odd(m, "启用/停用", "instructor_inactive")
    return sheet, them
