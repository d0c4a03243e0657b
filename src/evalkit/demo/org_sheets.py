"""The ledgers kept by party organisation: 党组织台账, 经费台账, 活动台账, 星级评定表, and the typed 工作报表."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from evalkit.demo.model import FORMAL, Array, Year
from evalkit.demo.names import INVENTED
from evalkit.demo.province import EFFECT_FUND, TREND_FUND
from evalkit.demo.sheet import ORG_KINDS, Row, Sheet, Truth, choose, day, words

TIERS = {"branch": 3000, "general_branch": 10000, "committee": 20000}  # Fuyang's amounts; who gets which is assumed
MONEY: dict[str, str] = INVENTED["money"]


def party_orgs_sheet(year: Year, rng: np.random.Generator, truth: Truth) -> Sheet:
    """One row an organisation. A committee's figure is the total of its branches; the ended ones have no members."""
    names, start = year.units["name"], date(int(year.period), 1, 1)
    sheet = Sheet("党组织台账", [])
    for i, o in enumerate(year.orgs, 1):
        row = [i, o.name, ORG_KINDS[o.kind], o.parent or None, "是" if o.functional else "否"]
        row += ["、".join(names[o.units]) or None, day(o.founded), day(o.converted), day(o.ended), o.members]
        sheet.rows.append(row)
        if len(o.units) > 5:
            sheet.odd(row, "覆盖单位", "joint_over_five", len(o.units))
    formal = [o for o in year.orgs if not o.functional]  # those that ended during the year included
    joint = [o for o in formal if np.isin(year.mode[o.units], ["joint", "attached"]).any()]
    kinds = Counter(o.kind for o in formal)
    truth |= {
        "party_orgs": len(formal),
        "committees": kinds["committee"],
        "general_branches": kinds["general_branch"],
        "branches": kinds["branch"],
        "joint_orgs": len(joint),
        "orgs_new": sum(o.founded >= start for o in formal),
        "working_branches": sum(o.functional or o.converted is not None for o in year.orgs),
        "working_branches_converted": sum(o.converted is not None for o in year.orgs),
        "members_joint": sum(o.members for o in joint),
        "_alive": sum(o.ended is None for o in formal),
    }
    return sheet


def funds_sheet(year: Year, rng: np.random.Generator, truth: Truth, members_before: int) -> Sheet:
    """One row an organisation, in yuan.

    Activity money of the district = (its own level + trend + the reform's effect, in yuan a head) x members at the end
    of last year, shared out by members with log-normal luck.
    """
    district, since = year.district, int(year.period) - 2021
    orgs = sorted((o for o in year.orgs if not o.functional and o.ended is None), key=lambda o: o.township)
    n, members = len(orgs), np.array([float(o.members * o.leaf) for o in orgs])
    weight = members * np.exp(rng.normal(0, 0.35, n))
    per_head = district.fund + TREND_FUND * since + district.effect(year.period, EFFECT_FUND) + rng.normal(0, 3)
    activity = per_head * members_before * weight / max(weight.sum(), 1)
    new, own = np.array([(str(o.founded.year) == year.period, o.key[0] == "u") for o in orgs]).T
    due = np.array([TIERS[o.kind] for o in orgs])
    paid = due * np.where(rng.random(n) < 0.75, 1.0, rng.uniform(0.2 + 0.1 * (district.number % 7), 1.0, n))
    gift = np.exp(rng.normal(6.5, 1.1, n))
    dues = members * np.exp(rng.normal(5.7, 0.5, n))
    yuan = np.column_stack(
        [
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
    )
    fen = np.round(yuan * 100).astype(int)
    cells = [[x // 100 if x % 100 == 0 else x / 100 for x in line] for line in fen.tolist()]
    odd = _spoil(fen, cells, rng)
    purposes = choose(rng.random(n) < 0.85, "党组织工作经费", "书记培训")
    dates = [datetime(int(year.period), 1, 1) + timedelta(days=d) for d in rng.integers(80, 360, 2 * n).tolist()]

    def line(first: Any, name: str, c: list[Any], sums: Array, *extra: Any) -> Row:
        period, returned_on, purpose, paid_on = extra or (None,) * 4
        upper, balance = int(sums[2:5].sum()) / 100, int(sums[1:8].sum() - sums[8:].sum()) / 100
        return [first, name, period, *c[:2], returned_on, upper, *c[2:10], purpose, c[10], balance, paid_on, None]

    def total(word: str, part: Array) -> Row:
        sums = part.sum(axis=0)
        return line(word, "", [x / 100 for x in sums.tolist()], sums)

    rows = [
        line(i + 1, o.name, cells[i], fen[i], int(year.period), dates[i], purposes[i], dates[n + i])
        for i, o in enumerate(orgs)
    ]
    sheet = Sheet("经费台账", rows, unit="元")
    for i, column, kind, true in odd:
        sheet.odd(rows[i], column, kind, true)
    if district.number % 3 == 0:  # offices that give a subtotal by township, the first of them wrong
        home, at = np.array([o.township for o in orgs]), sheet.headings.index("区县拨付")
        inside = [np.flatnonzero(home == t) for t in np.unique(home)]
        subtotals = [total("小计", fen[places]) for places in inside]
        subtotals[0][at] += 1000
        sheet.odd(subtotals[0], "区县拨付", "wrong_subtotal", subtotals[0][at] - 1000)
        sheet.rows = [
            r for places, sub in zip(inside, subtotals, strict=True) for r in [*(rows[i] for i in places), sub]
        ]
    sheet.rows += [[], total("合计", fen)]
    sums = [x / 100 for x in fen.sum(axis=0).tolist()]
    truth |= {code: amount for code, amount in zip(MONEY.values(), sums, strict=True) if code}
    for code, columns in (("funds", slice(1, 8)), ("funds_fiscal", slice(2, 5)), ("funds_donation_other", slice(6, 8))):
        truth[code] = int(fen[:, columns].sum()) / 100
    truth |= {"subsidy_due": int(due.sum()), "subsidy_paid": truth["funds_fiscal_district"]}
    return sheet


def _spoil(fen: Array, cells: list[list[Any]], rng: np.random.Generator) -> list[tuple[int, str, str, Any]]:
    """Empty cells, and a few amounts in 万元 with the unit in the cell."""
    headings, odd = list(MONEY), []
    for column, share in (("企业配套", 0.015), ("党员活动经费", 0.004), ("返还党费", 0.01)):
        c = headings.index(column)
        for i in np.flatnonzero((rng.random(len(fen)) < share) & (fen[:, c] > 0)).tolist():
            odd.append((i, column, "missing", cells[i][c]))
            cells[i][c], fen[i, c] = None, 0
    large = np.argwhere((fen >= 10**6) & (fen % 10**4 == 0))  # 10,000 yuan and more, in whole hundreds
    for i, c in large[rng.permutation(len(large))[:3]].tolist():
        odd.append((i, headings[c], "ten_thousands", cells[i][c]))
        cells[i][c] = f"{cells[i][c] / 10000:g}万元"
    return odd


def activities_sheet(year: Year, rng: np.random.Generator, truth: Truth) -> Sheet:
    """Four to eight activities an organisation and year; between 2 and 8% of them, by district, hold none."""
    orgs = year.orgs
    quality = np.array([o.quality for o in orgs])
    idle = (rng.random(len(orgs)) < 0.02 + 0.06 * (year.district.number * 7 % 11) / 10) & (quality < 1)
    count = np.clip(rng.poisson(5.6 + 1.2 * quality.clip(-2, 2)), 1, 12) * ~idle
    who = np.repeat(np.arange(len(orgs)), count)
    n, first = len(who), np.array([o.founded.month if str(o.founded.year) == year.period else 1 for o in orgs])
    last = np.array([o.ended.month if o.ended else 12 for o in orgs])
    month, dom = rng.integers(first[who], last[who] + 1), rng.integers(1, 29, n)
    kind = rng.choice(words("三会一课 主题党日 组织生活会 民主评议 其他"), n, p=[0.36, 0.5, 0.06, 0.05, 0.03])
    theme = rng.choice(words("理论学习 志愿服务 政策宣讲 安全生产 乡村振兴 红色教育"), n)
    due = np.maximum(np.array([o.members if o.leaf else min(o.members, 9) for o in orgs])[who], 3)
    present = rng.binomial(due, np.clip(0.80 + 0.05 * quality[who], 0.5, 0.97))
    cost = (present * np.exp(rng.normal(3.2, 0.6, n)) * (rng.random(n) < 0.6)).round().astype(int)
    order = np.lexsort((who, dom, month))
    dates = [datetime(int(year.period), m, d) for m, d in zip(month[order].tolist(), dom[order].tolist(), strict=True)]
    names = np.array([o.name for o in orgs], object)[who]
    columns = [range(1, n + 1), month[order].tolist(), dates]
    columns += [a[order].tolist() for a in (names, kind, theme, due, present, cost)]
    held = Counter(who.tolist())
    active = {name for i in held for name in (orgs[i].name, orgs[i].parent if orgs[i].key[0] == "b" else "")}
    formal = np.isin(year.mode, FORMAL) & year.base
    branch = np.array([o.kind == "branch" and not o.functional for o in orgs])[who]
    theme_days = set(zip(who.tolist(), np.where((kind == "主题党日") & branch, month, 0).tolist(), strict=True))
    truth |= {
        "activities": n,
        "attendances": int(present.sum()),
        "attendances_due": int(due.sum()),
        "orgs_idle": sum(not o.functional for o in year.orgs) - sum(not orgs[i].functional for i in held),
        "theme_months": sum(m > 0 for _, m in theme_days),
        "units_effective": sum(bool(f and o and o.name in active) for f, o in zip(formal, year.org_of, strict=True)),
    }
    return Sheet("活动台账", [list(r) for r in zip(*columns, strict=True)])


def stars_sheet(year: Year, rng: np.random.Generator, truth: Truth) -> Sheet:
    """Five dimensions of 20 points, three stages of scoring, the office's star, and who must mend."""
    orgs = [o for o in year.orgs if o.rated]
    sheet = Sheet("星级评定表", [])
    self_more, first_more = rng.integers(0, 9, len(orgs)) / 2, rng.integers(-2, 5, len(orgs)) / 2
    forgotten, rectified = rng.random(len(orgs)) < 0.03, 0
    for i, org in enumerate(orgs):
        final, stars = sum(org.scores[:6]) - org.scores[6], org.stars_office
        low = stars is not None and stars <= 2
        mend = None if stars is None else "是" if low and not forgotten[i] else "否"
        row = [i + 1, org.name, ORG_KINDS[org.kind], org.stars_previous, *org.scores, "是" if org.vetoed else "否"]
        row += [final + float(self_more[i]), final + float(first_more[i]), final, stars, mend]
        sheet.rows.append([*row, "本年新建，不参评" if stars is None else None])
        rectified += mend == "是"
        if stars != org.stars:
            sheet.odd(sheet.rows[-1], "拟定星级", "stars_differ", org.stars)
        if low and forgotten[i]:
            sheet.odd(sheet.rows[-1], "是否整转", "not_rectified", "是")
    rated = [(o.stars_office, o.stars_previous) for o in orgs if o.stars_office is not None]
    by_star = Counter(stars for stars, _ in rated)
    truth |= {f"orgs_{name}_star": by_star[s] for s, name in ((5, "five"), (4, "four"), (3, "three"), (2, "two"))}
    truth |= {
        "orgs_rated": len(rated),
        "orgs_one_star": by_star[1] + by_star[0],
        "orgs_low": by_star[2] + by_star[1] + by_star[0],
        "orgs_low_rectified": rectified,
        "stars_total": sum(stars for stars, _ in rated),
        "orgs_rated_twice": sum(before is not None for _, before in rated),
        "orgs_promoted": sum(before is not None and stars > before for stars, before in rated),
    }
    return sheet


def work_report_sheet(year: Year, rng: np.random.Generator, truth: Truth) -> Sheet:
    """The seventh form: one typed count a row."""
    typed: dict[str, int] = {}
    end, source = datetime(int(year.period), 12, 31), f"{year.district.name}填报"
    rows: list[Row] = []
    for name, unit, of, low, high in INVENTED["figures"]:
        whole = of if isinstance(of, int) else typed[of] if of in typed else truth[of]
        typed[name] = round(whole * rng.uniform(low, high))
        rows.append([name, typed[name], unit, end, source])
    truth["figures"] = typed
    return Sheet("工作报表", rows)
