"""A small truth from a seed, and the same truth as an office would write it down: practice.md section 6.

`case` makes both. What a cell may mean is known here without reading Evalkit's code: every number carries the truth
and whether it was written exactly; a cell that says nothing (—, /, blank) has no truth.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import xlsxwriter

YEAR = 2025
DISTRICT = "江州市临湖区"
TOWNSHIPS = ("湖东街道", "湖西镇", "石桥乡", "临湖经济开发区")
PERSONS = ("王小明", "李建国", "欧阳雪梅", "赵春燕", "孙丽华", "周志强", "吴海霞")
PHONES = ("13800138000", "13912345678", "0571-88886666")
IDENTITY = "11010519491231002X"
SECRETS = (*PERSONS, *PHONES, IDENTITY, "19491231002")
ENCODINGS = ("utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16")
_DIGITS, _CAPITALS = "零一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖"
_WIDE = {ord(a): b for a, b in zip("0123456789.,-", "０１２３４５６７８９．，－", strict=True)}


@dataclass(frozen=True)
class Known:
    """The truth of a cell: ``value`` None where nothing is said; ``exact`` where no word makes it an interval."""

    value: int | None
    exact: bool = True


@dataclass
class Page:
    name: str
    rows: list[list[Any]]
    merges: list[tuple[int, int, int]] = field(
        default_factory=list
    )  # first row, last row, column (from 0)
    hidden: bool = False
    counted: bool = True


@dataclass
class Case:
    """One office's year: workbooks by file name, and what is in them."""

    seed: int
    encoding: str
    books: dict[str, list[Page]] = field(default_factory=dict)
    units: dict[str, dict[str, Any]] = field(
        default_factory=dict
    )  # name -> Known, status, organisation
    funds: dict[tuple[str, str], list[Known]] = field(
        default_factory=dict
    )  # organisation, kind of money -> fen
    activities: list[dict[str, Any]] = field(default_factory=list)
    instructors: int = 0
    visits: int = 0
    stars: dict[str, int] = field(default_factory=dict)
    wrong_totals: set[str] = field(default_factory=set)  # sheets with a wrong 小计 or 合计
    right_totals: set[str] = field(default_factory=set)  # sheets whose totals are all right
    duplicates: int = 0


# --- cells ------------------------------------------------------------------------------------------------------------


def chinese(n: int, capital: bool = False) -> str:
    digits, small = (
        (_CAPITALS, ("", "拾", "佰", "仟")) if capital else (_DIGITS, ("", "十", "百", "千"))
    )
    if n == 0:
        return digits[0]

    def below(n: int) -> str:
        out, gap = "", False
        for place in (3, 2, 1, 0):
            d = n // 10**place % 10
            if d:
                out += (digits[0] if gap and out else "") + digits[d] + small[place]
                gap = False
            else:
                gap = True
        return out

    text = ""
    for scale, name in ((100_000_000, "亿"), (10_000, "万"), (1, "")):
        part, n = divmod(n, scale)
        if part:
            text += (digits[0] if text and part < 1000 else "") + below(part) + name
    return text[1:] if text.startswith("一十") else text


def count(
    rng: np.random.Generator, t: int, said: bool = True, *, top: bool = True
) -> tuple[Any, Known]:
    """A count of persons; `said` allows words that make an interval, `top` those without an upper end."""
    exact = [
        t,
        float(t),
        str(t),
        f" {t} ",
        str(t).translate(_WIDE),
        chinese(t),
        f"{t}人",
        f"共{t}人",
        f"{t}\n",
        f"{t}．０".translate(_WIDE),
    ]
    if t == 0:
        exact += ["无", "零", "0人"]
    if t >= 1000:
        exact += [f"{t:,}", f"{t:,}".replace(",", " "), f"{t:,}".translate(_WIDE), f"{t:,}人"]
    if t == 0 or not said or rng.random() < 0.7:
        return exact[int(rng.integers(len(exact)))], Known(t)
    unit = 10 ** (len(str(t)) - 1)
    floor, up = t // unit * unit, -(-t // unit) * unit
    near = up if t > 0.9 * up else t
    words = [f"约{t}", f"{t}左右", f"约 {t} 人", f"近{near}", f"近{near}人", f"大约{chinese(t)}人"]
    words += (
        [f"{floor}余", f"{floor}多人", f"{chinese(floor)}余人", f"逾{floor}"] if unit >= 10 else []
    )
    words += [f"{floor}以上", f"不少于{floor}人", f"≥{floor}"] if top else []
    return words[int(rng.integers(len(words)))], Known(t, False)


def nothing(rng: np.random.Generator) -> tuple[Any, Known]:
    return ("—", "/", "", "　", "不详", "××", "待统计")[int(rng.integers(7))], Known(None)


def money(rng: np.random.Generator, fen: int, unit: str) -> tuple[Any, Known]:
    """An amount in a column of `unit` (元 or 万元)."""
    yuan = Decimal(fen) / 100
    shown = yuan / (10_000 if unit == "万元" else 1)
    text = f"{shown.normalize():f}"
    if fen == 0:
        return (0, "0", "无", "未拨", "0.00", "未拨付")[int(rng.integers(6))], Known(0)
    if fen < 0:
        return (float(shown), text, f"({text[1:]})", f"（{text[1:]}）")[
            int(rng.integers(4))
        ], Known(fen)
    own = f"{(yuan / 10_000).normalize():f}万元"
    ways: list[Any] = [
        float(shown),
        text,
        text.translate(_WIDE),
        f"{shown:,}",
        f"{yuan.normalize():f}元",
        own,
        f"￥{yuan:,}元",
    ]
    if yuan == int(yuan):
        ways += [chinese(int(yuan), capital=True) + "元整", f"{int(yuan):,}元"]
    if rng.random() < 0.15:
        return (f"约{text}", f"{text}左右")[int(rng.integers(2))], Known(fen, False)
    return ways[int(rng.integers(len(ways)))], Known(fen)


def date(rng: np.random.Generator, day: dt.date, *, year_known: bool = False) -> Any:
    y, m, d = day.year, day.month, day.day
    ways: list[Any] = [
        f"{y}.{m}.{d}",
        f"{y}-{m:02}-{d:02}",
        f"{y}/{m}/{d}",
        f"{y}年{m}月{d}日",
        f"{y}{m:02}{d:02}",
        f"{y % 100:02}年{m}月{d}日",
        f"{y}年{m:02}月{d:02}日".translate(_WIDE),
        "".join(_DIGITS[int(c)] for c in str(y)).replace("零", "〇")
        + f"年{chinese(m)}月{chinese(d)}日",
        (day - dt.date(1899, 12, 30)).days,
        str((day - dt.date(1899, 12, 30)).days),
        day,
        f" {y}．{m}．{d} ",
        f"{y}年 {m}月 {d}日",
    ]
    if year_known:
        ways += [f"{m}月{d}日", f"{chinese(m)}月{chinese(d)}日", f"{m}月{d}号"]
    return ways[int(rng.integers(len(ways)))]


def _pick(rng: np.random.Generator, *words: Any) -> Any:
    return words[int(rng.integers(len(words)))]


def _brackets(name: str) -> str:
    return name.replace("（", "(").replace("）", ")")


# --- sheets -----------------------------------------------------------------------------------------------------------


def case(seed: int) -> Case:
    rng = np.random.default_rng([seed, *b"dirty"])
    out = Case(seed, ENCODINGS[seed % len(ENCODINGS)])
    orgs = _units(rng, out)
    _funds(rng, out, orgs)
    _activities(rng, out, orgs)
    _instructors(rng, out)
    _stars(rng, out, orgs)
    return out


def _units(rng: np.random.Generator, out: Case) -> dict[str, int]:
    """Units and their organisations in one sheet; returns the organisations with their members."""
    rare = "" if out.encoding == "gbk" else "𠮷䶮"
    orgs: dict[str, int] = {}
    joint = f"{TOWNSHIPS[0]}第一联合党支部"
    heads = _unit_heads(rng)
    rows: list[list[Any]] = []
    merges: list[tuple[int, int, int]] = []
    if rng.random() < 0.8:
        rows.append([f"{DISTRICT}{_pick(rng, '非公企业', '两新组织')}党建工作台账（{YEAR}年）"])
    rows.append(
        [
            f"填报单位：{DISTRICT}两新工委",
            "",
            "",
            _pick(rng, "单位：人、万元", "单位：万元、人", "（单位：人，万元）"),
        ]
    )
    repeat = rng.random() < 0.5
    two = any(g for g, _, _ in heads)
    rows += _head_rows(heads, two)
    number, sheet_sum = 0, 0
    dated, exact_all, wrong = [c for _, c, _ in heads].index("employees"), True, False
    every: list[Known] = []
    for t in range(int(rng.integers(2, 4))):
        if t and repeat:
            rows += [[""] * len(heads)] if rng.random() < 0.5 else []
            rows += _head_rows(heads, two)
        first, part = len(rows), []
        for _ in range(int(rng.integers(2, 6))):
            number += 1
            bracket = "（临湖）" if rng.random() < 0.4 else ""
            name = f"演示{rare if rng.random() < 0.2 else ''}{chinese(number)}号{bracket}有限公司"
            about = _one_unit(rng, out, orgs, name, joint)
            cells = about.pop("cells")
            cells |= {
                "number": number,
                "township": TOWNSHIPS[t] if len(rows) == first else "",
                "unit_name": name,
            }
            rows.append([cells.get(column, "") for _, column, _ in heads])
            part.append(about["employees"])
            if rng.random() < 0.08:  # the same unit again, its name written otherwise
                again = _brackets(name) if bracket else f" {name[:4]} {name[4:]}"
                rows.append(
                    [{**cells, "unit_name": again}.get(column, "") for _, column, _ in heads]
                )
                out.duplicates += 1
            if rng.random() < 0.1:
                rows.append([""] * len(heads) + ["  "])
        if len(rows) - 1 > first:
            merges.append((first, len(rows) - 1, [c for _, c, _ in heads].index("township")))
        every += part
        if rng.random() < 0.7:
            total, sure = (
                sum(k.value or 0 for k in part),
                all(k.exact and k.value is not None for k in part),
            )
            if rng.random() < 0.2:
                total, wrong = total + 1_000_003, True
            exact_all &= sure
            rows.append(
                _total_row(
                    _pick(rng, "小计", "小  计", f"{TOWNSHIPS[t]}小计"), total, dated, len(heads)
                )
            )
    sheet_sum = sum(k.value or 0 for k in every)
    rows.append(_total_row(_pick(rng, "合计", "总计", "合 计："), sheet_sum, dated, len(heads)))
    exact_all &= all(k.exact and k.value is not None for k in every)
    rows += [
        [""],
        ["注：本表由各镇街填报。"],
        [f"填表人：{PERSONS[0]}    审核人：{PERSONS[1]}    联系电话：{PHONES[2]}"],
    ]
    page = Page(_pick(rng, "非公企业", "Sheet1", "台账"), rows, merges)
    if wrong:
        out.wrong_totals.add(page.name)
    elif exact_all:
        out.right_totals.add(page.name)
    extra = [
        Page(
            "封面", [["", f"{DISTRICT}两新组织党建工作台账"], ["二〇二五年十二月"]], counted=False
        ),
        Page("旧表", [["企业名称", "职工人数"], ["隐藏的公司", 99]], hidden=True, counted=False),
        Page("字典", [["企业类型"], ["法人企业"], ["个体工商户"]], counted=False),
    ]
    out.books[f"{DISTRICT}两新组织党建台账{YEAR}年"] = [
        *(e for e in extra if rng.random() < 0.6),
        page,
    ]
    return orgs


def _one_unit(
    rng: np.random.Generator, out: Case, orgs: dict[str, int], name: str, joint: str
) -> dict[str, Any]:
    staff = int(_pick(rng, 3, 25, 60, 120, 300, 528, 1050, 2000)) + int(rng.integers(0, 9))
    probationary = int(rng.integers(0, 3))
    members = probationary + int(_pick(rng, 0, 1, 2, 3, 5, 12))
    status = _pick(rng, "正常", "正常", "存续", "正常经营", "注销")
    kind = _pick(rng, "法人企业", "法人企业", "有限责任公司", "个体工商户")
    mode = _pick(rng, "", "单独", "单独", "联合") if status != "注销" else ""
    org = {"单独": f"{name}党支部", "联合": joint}.get(mode, "")
    c_staff, staff_known = count(rng, staff) if rng.random() < 0.93 else nothing(rng)
    whole, parts = rng.random(), {}
    if whole < 0.25 and probationary and members > probationary:  # 4(含预备1): the parts stay blank
        c_members: Any = _pick(
            rng, f"{members}(含预备{probationary})", f"{members}（含预备党员{probationary}名）"
        )
        members_known = Known(members)
        parts = {"full": "", "probationary": ""}
    elif whole < 0.35:
        c_members, members_known = f"{members}+2（群众）", Known(members)
    else:
        c_members, members_known = count(rng, members, top=False)
    if not parts:
        parts = {
            "full": count(rng, members - probationary, False)[0],
            "probationary": count(rng, probationary, False)[0],
        }
    scale = _pick(rng, "是", "否")
    revenue = int(rng.integers(1, 50_000)) * 1_000_000
    c_revenue, revenue_known = money(rng, revenue, "万元")
    founded = dt.date(
        int(rng.integers(2001, 2024)), int(rng.integers(1, 13)), int(rng.integers(1, 29))
    )
    if org:
        if mode == "单独" or org not in orgs:
            orgs[org] = 0
        orgs[org] += members
    cells = {
        "employees": c_staff,
        "members": c_members,
        **parts,
        "status": status,
        "kind": kind,
        "scale": scale,
        "revenue": c_revenue,
        "has": _pick(rng, "是", "已建", "√") if org else _pick(rng, "否", "未建", "×"),
        "org": org,
        "mode": _pick(rng, mode, f"{mode}组建") if mode else "",
        "founded": date(rng, founded) if org else "",
        "person": _pick(rng, *PERSONS),
        "phone": _pick(rng, *PHONES),
        "identity": IDENTITY,
        "talk": _pick(rng, *PERSONS),
        "remark": f"联系人{PERSONS[0]}，电话{PHONES[0]}",
    }
    about = {
        "employees": staff_known,
        "members": members_known,
        "revenue": revenue_known,
        "org": org,
        "mode": mode,
        "founded": founded if org else None,
        "operating": status != "注销",
        "legal": kind != "个体工商户",
        "scale": scale == "是",
    }
    out.units[name] = about
    return {**about, "cells": cells}


def _unit_heads(rng: np.random.Generator) -> list[tuple[str, str, str]]:
    """(group, column, heading) in the order of the sheet."""
    grouped = rng.random() < 0.5
    party, orgs = ("党员情况", "党组织情况") if grouped else ("", "")
    heads = [
        ("", "number", "序号"),
        ("", "township", _pick(rng, "镇街", "所属镇街", "乡镇（街道）")),
        ("", "unit_name", _pick(rng, "企业名称", "单位名称", "单位\n名称", "企 业 名 称")),
    ]
    middle = [
        [("", "kind", _pick(rng, "企业类型", "单位类型"))],
        [("", "status", _pick(rng, "经营状况", "状态", "经营状态"))],
        [("", "employees", _pick(rng, "职工人数", "从业人员总数", "从业人数（人）", "员工数"))],
        [("", "revenue", _pick(rng, "年产值", "年营业收入", "营业收入(万元)"))],
        [("", "scale", _pick(rng, "是否规上", "规上企业"))],
        [
            (party, "members", _pick(rng, "党员总数", "党员数")),
            (party, "full", _pick(rng, "正式党员", "正式")),
            (party, "probationary", _pick(rng, "预备党员", "预备")),
        ],
        [
            (orgs, "has", "是否组建"),
            (orgs, "org", "党组织名称"),
            (orgs, "mode", _pick(rng, "组建方式", "组建形式")),
            (orgs, "founded", "党组织成立时间"),
        ],
        [("", "person", _pick(rng, "法定代表人", "负责人", "书记"))],
        [("", "phone", _pick(rng, "联系电话", "手机"))],
        [("", "identity", "身份证号")],
        [("", "talk", "谈话对象")],
    ]
    order = rng.permutation(len(middle))
    return [
        *heads,
        *(h for i in order for h in middle[i]),
        ("", "remark", "备注"),
        ("", "blank", ""),
    ]


def _head_rows(heads: Sequence[tuple[str, str, str]], two: bool) -> list[list[Any]]:
    if not two:
        return [[h for _, _, h in heads]]
    upper: list[Any] = []
    last = ""
    for group, _, heading in heads:
        upper.append("" if group and group == last else group or heading)
        last = group
    return [upper, [heading if group else "" for group, _, heading in heads]]


def _total_row(label: str, total: float, at: int, width: int) -> list[Any]:
    row: list[Any] = [""] * width
    row[0], row[at] = label, total
    return row


FUNDS = {
    "city": ("市级拨付", "市拨"),
    "district": ("区县拨付", "区级拨付"),
    "township": ("街道拨付", "镇街配套"),
    "dues": ("返还党费", "党费返还"),
    "enterprise": ("企业配套", "企业自筹"),
    "activity": ("党员活动经费", "活动经费"),
}


def _funds(rng: np.random.Generator, out: Case, orgs: dict[str, int]) -> None:
    """Two blocks with their own unit row and their own order of columns."""
    rows: list[list[Any]] = [[f"{DISTRICT}两新党组织经费台账（{YEAR}年度）"]]
    names = list(orgs)
    half = -(-len(names) // 2)
    exact, wrong = True, False
    for unit, some in zip(
        rng.permutation(["万元", "元"]), (names[:half], names[half:]), strict=True
    ):
        if not some:
            continue
        columns = [list(FUNDS)[i] for i in rng.permutation(len(FUNDS))]
        rows += [
            ["金额单位：" + str(unit)],
            ["序号", "党组织名称", *(_pick(rng, *FUNDS[c]) for c in columns), "书记津贴", "经办人"],
        ]
        sums = dict.fromkeys(columns, Decimal(0))
        for i, org in enumerate(some):
            row: list[Any] = [i + 1, org]
            for column in columns:
                fen = int(_pick(rng, 0, 5000_00, 8000_00, 12_345_60, 20_000_00, 300_000))
                fen = -500_00 if column == "enterprise" and rng.random() < 0.1 else fen
                cell, known = (
                    money(rng, fen, str(unit))
                    if rng.random() < 0.9
                    else (_pick(rng, "", "/", "—", "　"), Known(None))
                )
                row.append(cell)
                out.funds.setdefault((org, column), []).append(known)
                sums[column] += Decimal(known.value or 0) / 100 / (10_000 if unit == "万元" else 1)
                exact &= known.exact and known.value is not None
            rows.append([*row, 300, _pick(rng, *PERSONS)])
        if rng.random() < 0.7:
            off = int(rng.random() < 0.2)
            wrong |= bool(off)
            rows.append(
                [_pick(rng, "小计", "合计"), "", *(float(sums[c]) + 777 * off for c in columns)]
            )
        rows.append([])
    page = Page("经费", rows)
    (out.wrong_totals if wrong else out.right_totals if exact else set()).add(page.name)
    out.books[f"临湖区经费台账{YEAR}"] = [page]


def _activities(rng: np.random.Generator, out: Case, orgs: dict[str, int]) -> None:
    """A sheet a month, its columns in another order each time."""
    pages = []
    for month in sorted(int(m) + 1 for m in rng.permutation(12)[:4]):
        pair = rng.random() < 0.4
        heads = {
            "org": "党组织名称",
            "kind": _pick(rng, "活动类型", "活动类别"),
            "date": _pick(rng, "活动日期", "活动时间"),
            "number": "序号",
            "host": "主持人",
        }
        heads |= (
            {"pair": _pick(rng, "实到/应到", "实到人数/应到人数", "应到/实到")}
            if pair
            else {"due": "应到人数", "present": _pick(rng, "实到人数", "实到")}
        )
        heads |= {"cost": _pick(rng, "经费(元)", "费用（元）")}
        columns = [list(heads)[i] for i in rng.permutation(len(heads))]
        rows: list[list[Any]] = [
            [f"{DISTRICT}党组织活动台账（{YEAR}年{month}月）"],
            [heads[c] for c in columns],
        ]
        for i in range(int(rng.integers(1, 5))):
            org = _pick(rng, *orgs) if orgs else "临湖区机关党支部"
            due, day = int(rng.integers(1, 60)), dt.date(YEAR, month, int(rng.integers(1, 29)))
            present = int(rng.integers(1, due + 1))
            cell: Any = date(rng, day, year_known=True)
            known: dt.date | None = day
            if rng.random() < 0.1:
                cell, known = f"{YEAR}-02-30", None
            c_due, known_due = count(rng, due, False)
            c_present, known_present = count(rng, present, False)
            first, second = (
                (due, present) if heads.get("pair", "").startswith("应到") else (present, due)
            )
            c_cost, known_cost = money(rng, int(_pick(rng, 0, 300_00, 1250_50)), "元")
            if not pair and rng.random() < 0.2:
                c_due, c_present, known_present = float(due), _pick(rng, "全体", "全部"), Known(due)
            elif not pair and rng.random() < 0.2:
                c_due, c_present = "", f"{present}/{due}"
            cells = {
                "org": org,
                "kind": _pick(rng, "主题党日", "三会一课", "组织生活会"),
                "date": cell,
                "number": i + 1,
                "host": _pick(rng, *PERSONS),
                "due": c_due,
                "present": c_present,
                "cost": c_cost,
                "pair": f"{first}{_pick(rng, '/', '／')}{second}",
            }
            rows.append([cells[c] for c in columns])
            out.activities.append(
                {
                    "org": org,
                    "date": known,
                    "month": month if known is None else known.month,
                    "due": known_due,
                    "present": known_present,
                    "cost": known_cost,
                }
            )
        pages.append(Page(_pick(rng, f"{month}月", f"{month}月份", f"{chinese(month)}月"), rows))
    out.books[f"临湖区活动{YEAR}年"] = pages


def _instructors(rng: np.random.Generator, out: Case) -> None:
    rows: list[list[Any]] = [
        [
            "指导员编号",
            "姓名",
            "选派单位",
            "驻派等级",
            "专职/兼职",
            "联系单位",
            "走访次数",
            "年度考核等次",
            "补贴（元）",
        ]
    ]
    units = list(out.units)
    for i in range(int(rng.integers(1, 5))):
        visits = int(rng.integers(0, 30))
        served = "、".join(_pick(rng, *units) for _ in range(2))
        rows.append(
            [
                f"Z{i:03}",
                _pick(rng, *PERSONS),
                "组织部",
                _pick(rng, "县级", "镇级"),
                _pick(rng, "专职", "兼职"),
                served,
                count(rng, visits, False)[0],
                "优秀",
                8000,
            ]
        )
        rows[-1][6] = str(visits) if "人" in str(rows[-1][6]) else rows[-1][6]
        out.instructors, out.visits = out.instructors + 1, out.visits + visits
    out.books[f"临湖区指导员台账{YEAR}年"] = [Page("指导员", rows)]


def _stars(rng: np.random.Generator, out: Case, orgs: dict[str, int]) -> None:
    rows: list[list[Any]] = [
        [f"{DISTRICT}党组织星级评定表（{YEAR}年）"],
        ["序号", "党组织名称", "书记", "上年星级", "拟定星级", "终审分"],
    ]
    for i, org in enumerate(orgs):
        stars = int(rng.integers(1, 6))
        cell = _pick(
            rng,
            stars,
            str(stars),
            f"{stars}星",
            f"{chinese(stars)}星",
            f"{chinese(stars)}星级",
            "★" * stars,
            "★" * stars + "☆" * (5 - stars),
            str(stars).translate(_WIDE),
        )
        rows.append([i + 1, org, _pick(rng, *PERSONS), _pick(rng, "", 3, "三星"), cell, 88.5])
        out.stars[org] = stars
    out.books[f"临湖区星级评定{YEAR}年"] = [Page("星级", rows)]


# --- files ------------------------------------------------------------------------------------------------------------


def write_xlsx(made: Case, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, pages in made.books.items():
        (folder / f"{name}.xlsx").write_bytes(xlsx_bytes(pages))


def xlsx_bytes(pages: Sequence[Page]) -> bytes:
    buffer = io.BytesIO()
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "in_memory": True,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        for page in pages:
            sheet = book.add_worksheet(page.name)
            for first, last, column in page.merges:
                sheet.merge_range(first, column, last, column, "")
            for r, row in enumerate(page.rows):
                for c, cell in enumerate(row):
                    if cell != "":
                        sheet.write(r, c, cell)
            if page.hidden:
                sheet.hide()
            elif page.counted:
                sheet.activate()  # a sheet that is active cannot be hidden, and the first one is by default
        if all(page.hidden for page in pages):
            raise ValueError("a workbook needs a sheet that can be seen")
    return buffer.getvalue()


def write_csv(made: Case, folder: Path) -> None:
    """Every counted sheet as Excel would save it: numbers as shown, only the first cell of a merge filled."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, pages in made.books.items():
        for page in (p for p in pages if p.counted):
            text = io.StringIO()
            width = max(map(len, page.rows))
            for row in page.rows:
                csv.writer(text).writerow([_shown(c) for c in row] + [""] * (width - len(row)))
            (folder / f"{name}_{page.name}.csv").write_bytes(
                text.getvalue().encode(made.encoding, errors="replace")
            )


def _shown(cell: Any) -> str:
    if isinstance(cell, float) and cell == math.floor(cell):
        return str(int(cell))
    return f"{cell:%Y-%m-%d}" if isinstance(cell, dt.date) else str(cell)
