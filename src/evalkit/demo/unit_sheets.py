"""组织台账 and 指导员台账: the units of a district, who covers them and who looks after them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from evalkit.demo.model import CANCELLED, FORMAL, MODES, OPERATING, SUSPENDED, Year
from evalkit.demo.names import KIND_NAMES, KINDS
from evalkit.demo.sheet import ORG_KINDS, Row, Sheet, Truth, choose, day, words

STATUS = {OPERATING: "正常", SUSPENDED: "停业", CANCELLED: "注销"}


def units_sheet(year: Year, rng: np.random.Generator, truth: Truth, served: list[str | None]) -> Sheet:
    """One row a unit. Approximate head-counts are rounded down to tens, so that no threshold is crossed."""
    u, n, orgs, district = year.units, len(year.mode), year.org_of, year.district
    staff, full, operating, base = u["employees"], u["full"], u["status"] == OPERATING, year.base
    kinds, townships = [KIND_NAMES[k] for k in u["kind"]], [district.townships[t] for t in u["township"]]
    enterprise = np.array([KINDS[k][2] == "非公企业" for k in kinds])
    above = (staff >= 50) & (u["revenue"] >= 2000) & np.array([k == "法人企业" for k in kinds])
    activists = rng.poisson(0.02 * staff * operating)
    union, youth = ((staff >= m) & (rng.random(n) < p) & operating for m, p in ((25, 0.62), (40, 0.3)))
    formal = np.isin(year.mode, FORMAL)
    place = formal & (rng.random(n) < 0.8)
    reason = np.where(full >= 3, "应建未建", np.where(full >= 1, "有党员但不足3名", "无党员")).tolist()
    lost = np.flatnonzero((rng.random(n) < 0.006) & (staff < 50))
    about = np.setdiff1d(np.flatnonzero((rng.random(n) < 0.015) & (staff >= 20)), lost)
    read, written = staff.copy(), staff.tolist()
    read[lost] = 0
    for i in about.tolist():
        read[i] = staff[i] // 10 * 10
        written[i] = f"约{read[i]}" if i % 2 else f"{read[i]}余人"
    columns: list[list[Any]] = [
        list(range(1, n + 1)),
        townships,
        u["name"].tolist(),
        u["code"].tolist(),
        choose(enterprise, "非公企业", "社会组织"),
        kinds,
        u["industry"].tolist(),
        choose(enterprise, f"{district.name}市场监督管理局", f"{district.name}民政局"),
        [level or None for level in u["level"].tolist()],
        choose(~enterprise, "行业主管部门", None),
        [day(d) for d in u["started"]],
        [STATUS[s] for s in u["status"].tolist()],
        written,
        u["revenue"].tolist(),
        choose(above),
        (full + u["probationary"]).tolist(),
        full.tolist(),
        u["probationary"].tolist(),
        u["floating"].tolist(),
        rng.binomial(activists, 0.3).tolist(),
        activists.tolist(),
        (activists + rng.poisson(0.5, n)).tolist(),
        choose(formal),
        [o.name if o else None for o in orgs],
        [ORG_KINDS[o.kind] if o else None for o in orgs],
        [MODES.get(m) for m in year.mode.tolist()],
        [o.name if o and o.key[0] in "jf" and not o.functional else None for o in orgs],
        [day(o.founded) if o else None for o in orgs],
        [f"{t}党（工）委" for t in townships],
        [r if flag else None for r, flag in zip(reason, operating & ~formal, strict=True)],
        [
            ("工会、团组织" if b else "工会") if a else "团组织" if b else "无"
            for a, b in zip(union, youth, strict=True)
        ],
        choose(place, "有", "无"),
        served,
        np.where(formal, "组织覆盖", np.where(year.mode == "functional", "工作覆盖", "未覆盖")).tolist(),
        [day(d) for d in u["ended"]],
        [None] * n,
    ]
    sheet = Sheet("组织台账", [list(r) for r in zip(*columns, strict=True)])
    for i in about.tolist():
        sheet.odd(sheet.rows[i], "从业人员总数", "approximate", int(staff[i]))
    for i, ended in enumerate(u["ended"]):
        if ended and ended.year < int(year.period):
            sheet.odd(sheet.rows[i], "状态", "cancelled_before")
    _spoil(sheet, lost.tolist(), rng)

    instructed = np.array([s is not None for s in served])
    due, few = full >= 3, (full >= 1) & (full <= 2)
    joint, functional = np.isin(year.mode, ["joint", "attached"]), year.mode == "functional"
    firm, members = enterprise & base, full + u["probationary"]
    counts = {
        "units": base,
        "units_self_employed": operating & np.array([k == "个体工商户" for k in kinds]),
        "units_inactive": ~operating,
        "units_covered": base & formal,
        "units_single": base & (year.mode == "single"),
        "units_joint": base & joint,
        "units_functional": base & functional,
        "units_unfounded": base & ~formal,
        "units_worked": base & (formal | functional | instructed | union | youth),
        "units_due": base & due,
        "units_due_founded": base & due & (year.mode == "single"),
        "units_due_unfounded": base & due & (year.mode != "single"),
        "units_few": base & few,
        "units_few_joint": base & few & joint,
        "units_50plus": firm & (read >= 50),
        "units_50plus_members": firm & (read >= 50) & (members > 0),
        "units_100plus": firm & (read >= 100),
        "units_100plus_covered": firm & (read >= 100) & formal,
        "units_enterprise": firm,
        "units_enterprise_covered": firm & formal,
        "units_social": base & ~enterprise,
        "units_social_covered": base & ~enterprise & formal,
        "units_above_scale": base & above,
        "units_above_scale_instructed": base & above & instructed,
        "units_instructed": base & instructed,
        "units_with_place": base & place,
    }
    truth |= {"units_listed": n} | {code: int(flags.sum()) for code, flags in counts.items()}
    sums = {"employees": read, "floating_members": u["floating"], "activists": activists}
    truth |= {code: int(values[base].sum()) for code, values in sums.items()}
    return sheet


def _spoil(sheet: Sheet, no_staff: list[int], rng: np.random.Generator) -> None:
    """Empty cells, two rows twice (in brackets of the other width) and a blank row."""
    rows, n = sheet.rows, len(sheet.rows)
    empty = {
        "从业人员总数": no_staff,
        "统一社会信用代码": rng.choice(n, 2, replace=False).tolist(),
        "创办时间": rng.choice(n, max(1, n // 150), replace=False).tolist(),
    }
    for column, places in empty.items():
        at = sheet.headings.index(column)
        for i in places:
            true, rows[i][at] = rows[i][at], None
            sheet.odd(rows[i], column, "missing", f"{true:%Y-%m-%d}" if isinstance(true, datetime) else true)
    spoilt = {id(row) for row, _ in sheet.oddities}
    bracketed = [r for r in rows if "（" in r[2] and id(r) not in spoilt]
    for i in rng.choice(len(bracketed), min(2, len(bracketed)), replace=False).tolist() if bracketed else []:
        twin = list(bracketed[i])
        twin[2] = twin[2].replace("（", "(").replace("）", ")")
        rows.insert(rows.index(bracketed[i]) + 2, twin)
        sheet.odd(twin, "单位名称", "duplicate", bracketed[i][2])
    rows.insert(len(rows) // 2, [])


def instructors_sheet(year: Year, rng: np.random.Generator, truth: Truth) -> tuple[list[str | None], Sheet]:
    """Instructors by code, one to six units each; and, by unit, the code of its instructor."""
    u, n, number = year.units, len(year.mode), year.district.number
    formal = np.isin(year.mode, FORMAL)
    wanted = np.where(formal, 0.15, min(0.97, 0.6 + 0.05 * (number % 8) + 0.01 * (int(year.period) - 2021)))
    wanted = np.where(u["employees"] >= 80, 0.7 + 0.035 * (number % 9), wanted) * (u["status"] == OPERATING)
    places = np.flatnonzero(rng.random(n) < wanted)
    places = places[np.argsort(u["township"][places], kind="stable")].tolist()
    load = (1 + rng.binomial(5, 0.25 + 0.06 * (number % 6), len(places))).tolist()
    bodies = words("区委组织部 区委社会工作部 区市场监督管理局 区税务局 区工商联")
    served: list[str | None] = [None] * n
    rows: list[Row] = []
    at = 0
    while at < len(places):
        mine = places[at : at + load[len(rows)]]
        at += len(mine)
        code, draw = f"Z{len(rows) + 1:03d}", rng.random()
        level = "市级" if draw < 0.06 else "区县" if draw < 0.42 else "镇街"
        home = year.district.townships[int(u["township"][mine[0]])]
        origin = {"市级": "市委社会工作部", "区县": bodies[int(rng.integers(5))], "镇街": home}[level]
        full_time = "专职" if rng.random() < 0.15 else "兼职"
        visits = int(rng.poisson(5)) + len(mine)
        names = "、".join(u["name"][mine])
        rows.append([code, origin, level, full_time, names, visits, "实地走访", int(rng.integers(0, 5)), "启用", None])
        for i in mine:
            served[i] = code
    sheet = Sheet("指导员台账", rows)
    truth |= {
        "instructors": len(rows),
        "instructors_full_time": sum(r[3] == "专职" for r in rows),
        "units_served": len(places),
        "visits": sum(r[5] for r in rows),
    }
    if number % 2 == 0:  # one who no longer serves
        rows.append([f"Z{len(rows) + 1:03d}", "区委组织部", "区县", "兼职", None, 0, None, 0, "停用", None])
        sheet.odd(rows[-1], "启用/停用", "instructor_inactive")
    return served, sheet
