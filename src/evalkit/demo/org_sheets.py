"""The ledgers kept by party organisation: 党组织台账, 经费台账, 活动台账, 星级评定表, and the typed 工作报表."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evalkit.demo.model import SCORES, Year
from evalkit.demo.names import INVENTED
from evalkit.demo.province import EFFECT_FUND, TREND_FUND
from evalkit.demo.sheet import Sheet, Truth, choose, make_sheet

TIERS = {"党支部": 3000, "党总支": 10000, "党委": 20000}  # Fuyang's amounts; who gets which is assumed
MONEY: list[str] = INVENTED["money"]
FISCAL, INCOME, SPENDING = MONEY[2:5], MONEY[1:8], MONEY[8:]


def party_orgs_sheet(year: Year) -> Sheet:
    """One row an organisation. A committee's figure is the total of its branches; the ended ones have no members."""
    orgs, start = year.orgs, pd.Timestamp(int(year.period), 1, 1)
    orgs["number"], orgs["formal"], orgs["new"] = range(1, len(orgs) + 1), ~orgs["functional"], orgs["founded"] >= start
    for flag, kind in (("committee", "党委"), ("general_branch", "党总支"), ("branch", "党支部")):
        orgs[flag] = orgs["kind"] == kind
    orgs["has_converted"] = orgs["converted"].notna()
    orgs["working"], orgs["subsidy"] = orgs["functional"] | orgs["has_converted"], orgs["kind"].map(TIERS)
    orgs["first_month"] = orgs["founded"].dt.month.where(orgs["new"], 1)
    orgs["months"] = 13 - orgs["first_month"]
    sheet = make_sheet("党组织台账", orgs)
    for i in np.flatnonzero(orgs["n_units"] > 5):
        sheet.odd(i, "覆盖单位", "joint_over_five", int(orgs["n_units"].iloc[i]))
    return sheet


def funds_sheet(year: Year, rng: np.random.Generator, members_before: int) -> tuple[Sheet, pd.DataFrame]:
    """One row an organisation, in yuan; and the amounts as a right reading has them.

    Activity money of the district = (its own level + trend + the reform's effect, in yuan a head) x members at the end
    of last year, shared out by members with log-normal luck.
    """
    district, since = year.district, int(year.period) - 2021
    orgs = year.orgs[year.orgs["formal"] & year.orgs["ended"].isna()].sort_values("township", kind="stable")
    n, members = len(orgs), (orgs["members"] * orgs["leaf"]).to_numpy(float)
    weight = members * np.exp(rng.normal(0, 0.35, n))
    per_head = district.fund + TREND_FUND * since + district.effect(year.period, EFFECT_FUND) + rng.normal(0, 3)
    activity = per_head * members_before * weight / max(weight.sum(), 1)
    new, own = orgs["new"].to_numpy(), orgs["company"].to_numpy()
    paid = orgs["subsidy"] * np.where(rng.random(n) < 0.75, 1.0, rng.uniform(0.2 + 0.1 * (district.number % 7), 1.0, n))
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
    money = pd.DataFrame(dict(zip(MONEY, columns, strict=True)), orgs.index)
    true, odd = money.copy(), []
    for column, share in (("企业配套", 0.015), ("党员活动经费", 0.004), ("返还党费", 0.01)):
        empty = (rng.random(n) < share) & (money[column] > 0)
        money.loc[empty, column] = 0
        odd += [(i, column, "missing", None) for i in np.flatnonzero(empty)]
    large = np.argwhere((money >= 10**4) & (money % 100 == 0))  # shown in 万元 with the unit in the cell
    for i, c in rng.permutation(large)[:3]:
        odd.append((i, MONEY[c], "ten_thousands", f"{money.iloc[i, c] / 10000:g}万元"))
    days = pd.Timestamp(int(year.period), 1, 1) + pd.to_timedelta(rng.integers(80, 360, 2 * n), unit="D")
    purpose = choose(rng.random(n) < 0.85, "党组织工作经费", "书记培训")
    first = {"序号": range(1, n + 1), "党组织名称": orgs["name"], "年份": int(year.period)}
    lines = _with_sums(money).assign(**first, 返还日期=days[:n], 支出项目=purpose, 拨付日期=days[n:])
    sheet = make_sheet("经费台账", lines, unit="元")
    for i, column, kind, written in odd:
        sheet.odd(i, column, kind, float(true[column].iloc[i]), written)
    if district.number % 3 == 0:  # offices that give a subtotal by township, the first of them wrong
        towns = orgs["township"].to_numpy()
        rows, sheet.rows = sheet.rows, []
        for town, part in _with_sums(money.groupby(towns).sum()).assign(序号="小计").groupby(level=0):
            sheet.rows += [*(rows[i] for i in np.flatnonzero(towns == town)), *make_sheet("经费台账", part).rows]
            if town == towns[0]:
                right = float(part["区县拨付"].iloc[0])
                sheet.odd(-1, "区县拨付", "wrong_subtotal", right, right + 1000)
    total = _with_sums(money.sum().to_frame().T).assign(序号="合计")
    sheet.rows += [[], *make_sheet("经费台账", total).rows]
    return sheet, total.assign(income=total[INCOME].sum(axis=1), given=total[MONEY[6:8]].sum(axis=1))


def _with_sums(money: pd.DataFrame) -> pd.DataFrame:
    balance = money[INCOME].sum(axis=1) - money[SPENDING].sum(axis=1)
    return money.assign(上级下拨=money[FISCAL].sum(axis=1), 结余=balance).round(2)


def activities_sheet(year: Year, rng: np.random.Generator) -> tuple[Sheet, pd.DataFrame]:
    """A theme day in most months and some two other activities a year; in 2 to 8%, by district, of organisations none."""
    orgs, number, quality = year.orgs, year.district.number, year.orgs["quality"].to_numpy()
    n, month = len(orgs), np.arange(1, 13)
    idle = (rng.random(n) < 0.02 + 0.06 * (number * 7 % 11) / 10) & (quality < 1)
    last = orgs["ended"].dt.month.fillna(12).mask(idle, 0)
    there = (orgs["first_month"].to_numpy()[:, None] <= month) & (month <= last.to_numpy()[:, None])
    often = np.clip(0.64 + 0.02 * (number * 5 % 9) + 0.08 * quality, 0.4, 0.97)
    theme_days = there & (rng.random((n, 12)) < often[:, None])
    orgs["theme_months"] = theme_days.sum(axis=1)
    count = np.stack([theme_days, there * rng.poisson(0.13, (n, 12))])
    other, who, month = np.unravel_index(np.repeat(np.arange(count.size), count.ravel()), count.shape)
    orgs["active"] = np.isin(np.arange(n), who)
    year.units["active"] = year.units["org"].map(orgs["active"]).eq(True)
    held = orgs.iloc[who].reset_index(drop=True)[["name", "members", "leaf"]].assign(who=who, month=month + 1)
    m = len(held)
    held["day"] = rng.integers(1, 29, m)
    held["date"] = pd.to_datetime(held[["month", "day"]].assign(year=int(year.period)))
    kinds = rng.choice("三会一课 组织生活会 民主评议 其他".split(), m, p=[0.7, 0.12, 0.1, 0.08])
    held["kind"] = choose(other, kinds, "主题党日")
    held["theme"] = rng.choice("理论学习 志愿服务 政策宣讲 安全生产 乡村振兴 红色教育".split(), m)
    held["due"] = held["members"].where(held["leaf"], held["members"].clip(upper=9)).clip(lower=3)
    held["present"] = rng.binomial(held["due"], np.clip(0.80 + 0.05 * quality[who], 0.5, 0.97))
    held["cost"] = (held["present"] * np.exp(rng.normal(3.2, 0.6, m)) * (rng.random(m) < 0.6)).round().astype(int)
    held = held.sort_values(["date", "who"], kind="stable").assign(number=range(1, m + 1))
    return make_sheet("活动台账", held), held


def stars_sheet(year: Year, rng: np.random.Generator) -> Sheet:
    """Five dimensions of 20 points, three stages of scoring, the office's star, and who must mend."""
    orgs = year.orgs
    stars, before = orgs["stars_office"], orgs["stars_previous"]
    names = {"five": stars == 5, "four": stars == 4, "three": stars == 3, "two": stars == 2, "least": stars <= 1}
    orgs[list(names)] = pd.DataFrame(names)
    orgs["has_stars"], orgs["low"] = stars.notna(), stars <= 2
    orgs["twice"], orgs["promoted"] = orgs["has_stars"] & before.notna(), stars > before
    orgs["mend"] = orgs["low"] & (rng.random(len(orgs)) >= 0.03)  # the others are forgotten
    rated = orgs[orgs["rated"]]
    n, final = len(rated), rated[SCORES[:6]].sum(axis=1) - rated[SCORES[6]]
    by_self, first = final + rng.integers(0, 9, n) / 2, final + rng.integers(-2, 5, n) / 2
    mend = choose(rated["has_stars"], choose(rated["mend"]), None)
    note = choose(rated["has_stars"], None, "本年新建，不参评")
    shown = rated.assign(number=range(1, n + 1), by_self=by_self, first=first, final=final, mend=mend, note=note)
    sheet = make_sheet("星级评定表", shown)
    for i in np.flatnonzero(rated["has_stars"] & (rated["stars_office"] != rated["stars"])):
        sheet.odd(i, "拟定星级", "stars_differ", float(rated["stars"].iloc[i]))
    for i in np.flatnonzero(rated["low"] & ~rated["mend"]):
        sheet.odd(i, "是否整转", "not_rectified", "是")
    return sheet


def work_report_sheet(year: Year, rng: np.random.Generator, truth: Truth) -> Sheet:
    """The seventh form: one typed count a row, a share of a total or of another typed one."""
    typed: dict[str, Any] = {}
    end, source = pd.Timestamp(int(year.period), 12, 31), f"{year.district.name}填报"
    rows: list[list[Any]] = []
    for name, unit, of, low, high in INVENTED["figures"]:
        whole = of if isinstance(of, int) else typed[of] if of in typed else truth[of]
        typed[name] = round(whole * rng.uniform(low, high))
        rows.append([name, typed[name], unit, end, source])
    truth["figures"] = typed
    return Sheet("工作报表", rows)
