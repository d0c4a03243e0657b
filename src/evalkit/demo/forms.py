"""The seven forms of a district and year: units, instructors, organisations, funds, activities, stars, typed counts.

Each function adds to the year's tables the columns that its form shows and that the totals of the truth need.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from evalkit.demo.model import FORMAL, Year
from evalkit.demo.names import INVENTED
from evalkit.demo.province import TREND_FUND
from evalkit.demo.sheet import Array, Row, Sheet, Table, Truth, choose, make_sheet, take, texts

TIERS = {
    "党支部": 3000,
    "党总支": 10000,
    "党委": 20000,
}  # Fuyang's amounts; who gets which is assumed
MONEY: list[str] = INVENTED["money"]
INCOME, FISCAL, GIVEN, SPENDING = MONEY[1:8], MONEY[2:5], MONEY[6:8], MONEY[8:]

JOINT_FORMS = ["片区联建", "同业共建", "派驻帮建", "龙头带建"]
JOINT_FORM_SHARES = [0.5, 0.25, 0.15, 0.1]
FURTHER_KINDS = ["开放式组织生活", "志愿服务", "志愿服务", "其他"]

RECRUITED = ["退二线干部", "机关选拔", "社会招聘", "组织推荐"]  # 人员来源 of instructors
RECRUITED_SHARES = [0.28, 0.42, 0.06, 0.24]


def units_sheet(year: Year, rng: np.random.Generator, more: np.random.Generator) -> Sheet:
    """One row a unit. Approximate head-counts are rounded down to tens, so that no threshold is crossed.

    `more` draws what was added to the ledgers later, so that no other number moves.
    """
    u, n, name = year.units, len(year.units["kind"]), year.district.name
    staff, full, operating, here = (
        u["employees"],
        u["full"],
        u["status"] == "正常",
        u["town"] + "党（工）委",
    )
    u["number"], u["superior"], u["enterprise"] = (
        np.arange(1, n + 1),
        here,
        u["sector"] == "非公企业",
    )
    u["formal"], functional, u["instructed"] = (
        np.isin(u["mode"], FORMAL),
        u["mode"] == "功能型",
        u["instructor"] != "",
    )
    u["registrar"] = choose(u["enterprise"], f"{name}市场监督管理局", f"{name}民政局")
    u["supervisor"] = choose(u["enterprise"], "", "行业主管部门")
    u["above"] = (staff >= 50) & (u["revenue"] >= 2000) & (u["kind"] == "法人企业")
    u["activists"] = rng.poisson(0.02 * staff * operating)
    u["candidates"], u["applicants"] = (
        rng.binomial(u["activists"], 0.3),
        u["activists"] + rng.poisson(0.5, n),
    )
    union, youth = (
        (staff >= m) & (rng.random(n) < p) & operating for m, p in ((25, 0.62), (40, 0.3))
    )
    u["mass"] = np.select([union & youth, union, youth], ["工会、团组织", "工会", "团组织"], "无")
    u["worked"] = u["formal"] | functional | u["instructed"] | union | youth
    u["place"] = u["formal"] & (rng.random(n) < 0.8)
    u["place_text"] = choose(u["place"], "有", "无")
    reason = np.select([full >= 3, full >= 1], ["应建未建", "有党员但不足3名"], "无党员")
    u["reason"] = choose(operating & ~u["formal"], reason, "")
    u["cover"] = np.select([u["formal"], functional], ["组织覆盖", "工作覆盖"], "未覆盖")
    place = {key: i for i, key in enumerate(year.orgs["key"])}
    at = np.array([place.get(key, -1) for key in u["org"]])
    u |= {
        f"org_{column}": choose(at >= 0, year.orgs[column][at], None)
        for column in ("name", "kind", "founded")
    }
    u["key_unit"] = u["above"] & (more.random(n) < 0.6)
    form = more.choice(JOINT_FORMS, n, p=JOINT_FORM_SHARES)
    shared = u["formal"] & (u["mode"] != "单独")
    u["joint_form"] = choose(shared, choose(u["mode"] == "挂靠", "挂靠组建", form), "")
    u["joint_name"] = choose(year.orgs["company"][at] | ~u["formal"], "", u["org_name"])
    lost = (rng.random(n) < 0.006) & (staff < 50)
    about = (rng.random(n) < 0.015) & (staff >= 20) & ~lost
    u["read"] = np.where(lost, 0, np.where(about, staff // 10 * 10, staff))
    u["written"] = choose(
        about, texts((f"约{x}", f"{x}余人")[i % 2] for i, x in enumerate(u["read"])), staff
    )
    sheet = make_sheet("组织台账", u)
    sheet.mark(about, "从业人员总数", "approximate", staff)
    sheet.mark(u["ended"] < year.start, "状态", "cancelled_before", np.full(n, None))
    _spoil(sheet, np.flatnonzero(lost), rng)
    return sheet


def _spoil(sheet: Sheet, no_staff: Array, rng: np.random.Generator) -> None:
    """Empty cells, two rows twice (in brackets of the other width) and a blank row."""
    rows, n = sheet.rows, len(sheet.rows)
    no_code, no_start = (rng.choice(n, k, replace=False) for k in (2, max(1, n // 150)))
    for column, places in (
        ("从业人员总数", no_staff),
        ("统一社会信用代码", no_code),
        ("创办时间", no_start),
    ):
        for i in places:
            true = rows[i][sheet.headings.index(column)]
            sheet.odd(i, column, "missing", str(true) if isinstance(true, date) else true, None)
    spoilt = {id(row) for row, _ in sheet.oddities}
    bracketed = [row for row in rows if "（" in row[2] and id(row) not in spoilt]
    for at in rng.permutation(len(bracketed))[:2]:
        i = min(rows.index(bracketed[at]) + 2, len(rows))
        rows.insert(i, list(bracketed[at]))
        sheet.odd(
            i, "单位名称", "duplicate", rows[i][2], rows[i][2].replace("（", "(").replace("）", ")")
        )
    rows.insert(len(rows) // 2, [])


def instructors_sheet(
    year: Year, rng: np.random.Generator, origins: np.random.Generator
) -> tuple[Sheet, Table]:
    """Instructors by code, one to six units each; ``units["instructor"]`` becomes the code of a unit's instructor."""
    u, n, number = year.units, len(year.units["kind"]), year.district.number
    usual = min(0.97, 0.6 + 0.05 * (number % 8) + 0.01 * (int(year.period) - 2021))
    wanted = np.where(np.isin(u["mode"], FORMAL), 0.15, usual)
    wanted = np.where(u["employees"] >= 80, 0.7 + 0.035 * (number % 9), wanted) * (
        u["status"] == "正常"
    )
    places = np.flatnonzero(rng.random(n) < wanted)
    places = places[np.argsort(u["township"][places], kind="stable")]
    load = 1 + rng.binomial(5, 0.25 + 0.06 * (number % 6), len(places))
    who = np.repeat(np.arange(len(places)), load)[: len(places)]
    served, first = np.bincount(who), np.searchsorted(who, np.unique(who))
    m = len(served)
    code = texts(f"Z{i + 1:03d}" for i in range(m + 1))
    u["instructor"] = texts([""] * n)
    u["instructor"][places] = code[who]
    draw, bodies = (
        rng.random(m),
        "区委组织部 区委社会工作部 区市场监督管理局 区税务局 区工商联".split(),
    )
    ranks = [draw < 0.06, draw < 0.42]
    them: Table = {
        "code": code[:m],
        "names": texts("、".join(x) for x in np.split(u["name"][places], first[1:])),
        "served": served,
        "level": np.select(ranks, ["市级", "区县"], "镇街"),
        "origin": np.select(
            ranks, ["市委社会工作部", rng.choice(bodies, m)], u["town"][places[first]]
        ),
        "full_time": rng.random(m) < 0.15,
        "visits": rng.poisson(5, m) + served,
        "courses": rng.integers(0, 5, m),
        "way": texts(["实地走访"] * m),
        "state": texts(["启用"] * m),
        "recruited": origins.choice(RECRUITED, m, p=RECRUITED_SHARES),
    }
    them["duty"] = choose(them["full_time"], "专职", "兼职")
    sheet = make_sheet("指导员台账", them)
    if number % 2 == 0:  # one who no longer serves
        sheet.rows.append(
            [code[m], "区委组织部", "区县", "兼职", None, 0, None, 0, "停用", None, "机关选拔"]
        )
        sheet.odd(m, "启用/停用", "instructor_inactive")
    return sheet, them


def party_orgs_sheet(year: Year) -> Sheet:
    """One row an organisation. A committee's figure is the total of its branches; the ended ones have no members."""
    o = year.orgs
    o["number"], o["formal"], o["new"] = (
        np.arange(1, len(o["key"]) + 1),
        ~o["functional"],
        o["founded"] >= year.start,
    )
    o["working"], o["subsidy"] = (
        o["functional"] | ~np.isnat(o["converted"]),
        np.array([TIERS[k] for k in o["kind"]]),
    )
    o["first_month"] = np.where(o["new"], _month(o["founded"]), 1)
    o["months"] = 13 - o["first_month"]
    sheet = make_sheet("党组织台账", o)
    sheet.mark(o["n_units"] > 5, "覆盖单位", "joint_over_five", o["n_units"])
    return sheet


def _month(days: Array) -> Array:
    return days.astype("datetime64[M]").astype(int) % 12 + 1


def funds_sheet(year: Year, rng: np.random.Generator, members_before: int) -> tuple[Sheet, Table]:
    """One row an organisation, in yuan; and the district's totals as a right reading has them.

    Activity money of the district = (its own level + trend + the reform's effect, in yuan a head) x members at the end
    of last year, shared out by members with log-normal luck.
    """
    district, since = year.district, int(year.period) - 2021
    o = take(year.orgs, year.orgs["formal"] & np.isnat(year.orgs["ended"]))
    o = take(o, np.argsort(o["township"], kind="stable"))
    n, members, new, own = (
        len(o["key"]),
        (o["members"] * o["leaf"]).astype(float),
        o["new"],
        o["company"],
    )
    weight = members * np.exp(rng.normal(0, 0.35, n))
    effect = district.effect(year.period, "activity_fund_per_member_yuan")
    per_head = district.fund + TREND_FUND * since + effect + rng.normal(0, 3)
    activity = per_head * members_before * weight / max(weight.sum(), 1)
    paid = o["subsidy"] * np.where(
        rng.random(n) < 0.75, 1.0, rng.uniform(0.2 + 0.1 * (district.number % 7), 1.0, n)
    )
    gift, dues = np.exp(rng.normal(6.5, 1.1, n)), members * np.exp(rng.normal(5.7, 0.5, n))
    columns = [
        dues.round(1),
        (dues * (0.6 + 0.4 * (district.number * 5 % 9) / 8)).round(1),
        (0.4 * activity).round(-1),
        paid.round(-2),
        (0.3 * paid * rng.random(n)).round(-2),
        (gift * own * (rng.random(n) < 0.5) * (1 + members / 20)).round(-2),
        (gift * (rng.random(n) < 0.04)).round(-2),
        (gift * (rng.random(n) < 0.05)).round(-1),
        activity.round(),
        2000.0 * new + 1000.0 * (new & own),
        (0.55 * paid + 0.2 * gift).round(-1),
    ]
    money: Table = dict(zip(MONEY, columns, strict=True))
    odd: list[Any] = []
    for column, share in (("企业配套", 0.015), ("党员活动经费", 0.004), ("返还党费", 0.01)):
        for i in np.flatnonzero((rng.random(n) < share) & (money[column] > 0)):
            odd.append((i, column, "missing", float(money[column][i]), None))
            money[column][i] = 0
    large = [
        (i, column, x[i])
        for column, x in money.items()
        for i in np.flatnonzero((x >= 10**4) & (x % 100 == 0))
    ]
    for at in rng.permutation(len(large))[:3]:  # shown in 万元 with the unit in the cell
        i, column, amount = large[at]
        odd.append((i, column, "ten_thousands", float(amount), f"{amount / 10000:g}万元"))
    dates = year.start + rng.integers(80, 360, (2, n))
    lines = {
        "序号": np.arange(1, n + 1),
        "党组织名称": o["name"],
        "年份": np.full(n, int(year.period)),
        "返还日期": dates[0],
        "拨付日期": dates[1],
        "支出项目": choose(rng.random(n) < 0.85, "党组织工作经费", "书记培训"),
    }
    sheet = make_sheet("经费台账", lines | _with_sums(money), unit="元")
    for fault in odd:
        sheet.odd(*fault)
    if (
        district.number % 3 == 0
    ):  # offices that give a subtotal by township, the first of them wrong
        parts = [np.flatnonzero(o["township"] == t) for t in np.unique(o["township"])]
        subtotals = [_total_row("小计", take(money, places)) for places in parts]
        blocks = [
            [*(sheet.rows[i] for i in part), sub]
            for part, sub in zip(parts, subtotals, strict=True)
        ]
        sheet.rows = [row for block in blocks for row in block]
        right = subtotals[0][sheet.headings.index("区县拨付")]
        sheet.odd(len(parts[0]), "区县拨付", "wrong_subtotal", right, right + 1000)
    sheet.rows += [[], _total_row("合计", money)]
    return sheet, _with_sums(money)


def _with_sums(money: dict[str, Any]) -> Table:
    income, given, fiscal, spent = (
        sum(money[c] for c in part) for part in (INCOME, GIVEN, FISCAL, SPENDING)
    )
    return money | {
        "income": income,
        "given": given,
        "上级下拨": fiscal,
        "结余": np.round(income - spent, 2),
    }


def _total_row(word: str, money: Table) -> Row:
    sums = {column: np.array([x.sum().round(2)]) for column, x in money.items()}
    return make_sheet("经费台账", {"序号": texts([word])} | _with_sums(sums)).rows[0]


def activities_sheet(
    year: Year, rng: np.random.Generator, more: np.random.Generator
) -> tuple[Sheet, Table]:
    """A theme day in most months and one or two other activities a year; 2 to 8%, by district, hold none at all."""
    o, number, quality = year.orgs, year.district.number, year.orgs["quality"]
    n, months = len(quality), np.arange(1, 13)
    idle = (rng.random(n) < 0.02 + 0.06 * (number * 7 % 11) / 10) & (quality < 1)
    last = np.where(idle, 0, np.where(np.isnat(o["ended"]), 12, _month(o["ended"])))
    there = (o["first_month"][:, None] <= months) & (months <= last[:, None])
    often = np.clip(0.64 + 0.02 * (number * 5 % 9) + 0.08 * quality, 0.4, 0.97)
    theme_days = there & (rng.random((n, 12)) < often[:, None])
    count = np.stack([theme_days, there * rng.poisson(0.13, (n, 12))])
    other, who, month = np.unravel_index(
        np.repeat(np.arange(count.size), count.ravel()), count.shape
    )
    o["theme_months"], o["active"] = theme_days.sum(axis=1), np.isin(np.arange(n), who)
    year.units["active"] = np.isin(year.units["org"], o["key"][o["active"]])
    m = len(who)
    day = (year.start.astype("datetime64[M]") + month).astype("datetime64[D]") + rng.integers(
        0, 28, m
    )
    due = np.maximum(np.where(o["leaf"], o["members"], np.minimum(o["members"], 9))[who], 3)
    present = rng.binomial(due, np.clip(0.80 + 0.05 * quality[who], 0.5, 0.97))
    kind = rng.choice("三会一课 组织生活会 民主评议 其他".split(), m, p=[0.7, 0.12, 0.1, 0.08])
    kind = choose(kind == "其他", more.choice(FURTHER_KINDS, m), kind)
    held = {
        "month": month + 1,
        "date": day,
        "name": o["name"][who],
        "kind": choose(other, kind, "主题党日"),
        "theme": rng.choice("理论学习 志愿服务 政策宣讲 安全生产 乡村振兴 红色教育".split(), m),
        "due": due,
        "present": present,
        "cost": (present * np.exp(rng.normal(3.2, 0.6, m)) * (rng.random(m) < 0.6))
        .round()
        .astype(int),
    }
    held = take(held, np.lexsort((who, day))) | {"number": np.arange(1, m + 1)}
    return make_sheet("活动台账", held), held


def stars_sheet(year: Year, rng: np.random.Generator) -> Sheet:
    """Five dimensions of 20 points, three stages of scoring, the office's star, and who must mend."""
    o, stars = year.orgs, year.orgs["stars_office"]
    o["has_stars"], o["low"], o["promoted"] = (
        ~np.isnan(stars),
        stars <= 2,
        stars > o["stars_previous"],
    )
    o["mend"] = o["low"] & (rng.random(len(stars)) >= 0.03)  # the others are forgotten
    r = take(o, o["rated"])
    n, final = len(r["key"]), r["scores"][:, :6].sum(axis=1) - r["scores"][:, 6]
    r |= {f"s{i}": r["scores"][:, i] for i in range(7)}
    r |= {
        "number": np.arange(1, n + 1),
        "final": final,
        "by_self": final + rng.integers(0, 9, n) / 2,
    }
    r |= {
        "first": final + rng.integers(-2, 5, n) / 2,
        "mend_text": choose(r["has_stars"], choose(r["mend"]), ""),
    }
    sheet = make_sheet("星级评定表", r | {"note": choose(r["has_stars"], "", "本年新建，不参评")})
    sheet.mark(
        r["has_stars"] & (r["stars_office"] != r["stars"]), "拟定星级", "stars_differ", r["stars"]
    )
    sheet.mark(r["low"] & ~r["mend"], "是否整转", "not_rectified", np.full(n, "是"))
    return sheet


def work_report_sheet(
    year: Year, rng: np.random.Generator, more: np.random.Generator, truth: Truth
) -> Sheet:
    """The seventh form: one typed count a row, a share of a total or of another typed one."""
    typed: dict[str, Any] = {}
    end, source = date(int(year.period), 12, 31), f"{year.district.name}填报"
    rows: list[list[Any]] = []
    for figures, draw in ((INVENTED["figures"], rng), (INVENTED["figures_more"], more)):
        for name, unit, of, low, high in figures:
            parts = of if isinstance(of, list) else [of]
            whole = sum(
                p if isinstance(p, int) else typed[p] if p in typed else truth[p] for p in parts
            )
            typed[name] = round(whole * draw.uniform(low, high))
            rows.append([name, typed[name], unit, end, source])
    truth["figures"] = typed
    return Sheet("工作报表", rows)
