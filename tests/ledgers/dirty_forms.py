"""The other forms of offices from a seed, dirty: a truth, and a file that writes it down in one of the forms.

What `dirty` is for lists of records, this is for forms that are none: cards, printed pages, a row or column a township, a
column a month, a running account, an organisation's own ledger, stars by stage, tables side by side; in every container.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from dirty import count, date
from office_writer import Document, Sheet, docx, mht, separated, xls, xlsx, xml_spreadsheet

Values = dict[tuple[Any, ...], Any]
YEAR = 2024
TOWNS = ("城关镇", "河口镇", "石桥乡", "青山街道", "柳林镇")
N = None


@dataclass(frozen=True)
class Made:
    """A seed's file, the form that it has, and the values that stand in it."""

    form: str
    path: Path
    values: Values


def made(seed: int, folder: Path) -> Made:
    rng = np.random.default_rng([seed, 15])
    name = list(FORMS)[int(rng.integers(len(FORMS)))]
    sheets, values = FORMS[name](rng)
    return Made(name, _written(rng, folder, sheets), values)


def _pick(rng: np.random.Generator, *words: Any) -> Any:
    return words[int(rng.integers(len(words)))]


def _written(rng: np.random.Generator, folder: Path, sheets: dict[str, Sheet]) -> Path:
    """The sheets in a container that holds so many of them."""
    many = len(sheets) > 1
    plain = {name: Sheet([[_plain(c) for c in row] for row in s.rows], s.merges)
             for name, s in sheets.items()}  # fmt: skip
    sheet = next(iter(plain.values()))
    kind = _pick(rng, "xlsx", "xls", "xml") if many else _pick(
        rng, "xlsx", "xlsx", "xls", "xml", "mht", "docx", "csv"
    )  # fmt: skip
    if kind == "xlsx":
        return xlsx(folder / "台账.xlsx", sheets)
    if kind == "xls":
        return xls(folder / "台账.xls", plain)
    if kind == "xml":
        return xml_spreadsheet(folder / "台账.xls", plain)
    if kind == "mht":
        return mht(folder / "台账.xls", sheet)
    if kind == "docx":
        return docx(folder / "台账.docx", Document((sheet,)))
    return separated(folder / "台账.csv", sheet.rows, _pick(rng, "gb18030", "utf-8-sig"), "\t")


def _plain(cell: Any) -> Any:
    """Dates as text, where the container has none; blanks stay blanks."""
    return f"{cell:%Y-%m-%d}" if isinstance(cell, dt.date) else cell


def _number(rng: np.random.Generator, value: int, of_persons: bool = True) -> Any:
    """An exact number as somebody may write it (no line break: some containers join lines)."""
    cell, _ = count(rng, value, said=False)
    if not isinstance(cell, str):
        return cell
    return cell.strip("\n") if of_persons else cell.strip("\n").replace("人", "")


def _note(rng: np.random.Generator, width: int) -> list[list[Any]]:
    """What stands below a table."""
    notes = ("注：本表截至年底。", "填表人：王小明", "说明：空白为无", "备注：数字以年报为准")
    return [[notes[int(rng.integers(4))], *[N] * (width - 1)]] if rng.random() < 0.5 else []


@dataclass(frozen=True)
class Unit:
    name: str
    town: str
    social: bool
    employees: int
    full: int
    trial: int
    org: str | None
    joint: bool


def _units(rng: np.random.Generator, towns: Sequence[str]) -> list[Unit]:
    out = []
    for at, town in enumerate(towns):
        for n in range(int(rng.integers(2, 5))):
            social = bool(rng.random() < 0.25)
            name = f"演示{'甲乙丙丁戊'[at]}{n + 1}号{'协会' if social else '有限公司'}"
            has, joint = rng.random() < 0.6, bool(rng.random() < 0.4)
            org = (f"{town}联合党支部" if joint else f"{name}党支部") if has else N
            full, trial = int(rng.integers(0, 12)), int(rng.integers(0, 3))
            out.append(Unit(name, town, social, int(rng.integers(1, 900)), full, trial, org, joint))
    return out


def _mode(rng: np.random.Generator, unit: Unit) -> str:
    if unit.org is None:
        return str(_pick(rng, "未建", "未组建"))
    return str(_pick(rng, "联合", "联合组建") if unit.joint else _pick(rng, "单独", "单独组建"))


def _of_units(units: Sequence[Unit], columns: Sequence[str]) -> Values:
    out: Values = {("rows", "units"): len(units)}
    for unit in units:
        said = {
            "area": unit.town,
            "sector": "social" if unit.social else "enterprise",
            "employees": unit.employees,
            "full_members": unit.full,
            "probationary_members": unit.trial,
        }
        out |= {("unit", unit.name, column): said[column] for column in columns}
        if unit.org is not None:
            out["cover", unit.name, unit.org] = "joint" if unit.joint else "single"
    out["rows", "covers"] = sum(unit.org is not None for unit in units)
    return out


Form = tuple[dict[str, Sheet], Values]


def _cards(rng: np.random.Generator) -> Form:
    units = _units(rng, TOWNS[:1])
    sheets = {}
    for n, unit in enumerate(units):
        rows = [
            [f"{YEAR}年城关镇两新组织登记表", *[N] * 5],
            ["单位名称", unit.name, N, N, "单位类别", "社会组织" if unit.social else "非公企业"],
            ["法定代表人", "王小明", N, N, "联系电话", "13800138000"],
            ["从业人员数", _number(rng, unit.employees), "正式党员数", _number(rng, unit.full),
             "预备党员数", _number(rng, unit.trial)],
            ["党组织名称", unit.org, N, N, "组建方式", _mode(rng, unit)],
        ]  # fmt: skip
        sheets[f"第{n + 1}户"] = Sheet(
            rows, [(0, 0, 0, 5), (1, 1, 1, 3), (2, 1, 2, 3), (4, 1, 4, 3)]
        )
    columns = ("area", "sector", "employees", "full_members", "probationary_members")
    return sheets, _of_units(units, columns)


def _printed_pages(rng: np.random.Generator) -> Form:
    units = _units(rng, TOWNS[: int(rng.integers(2, 5))])
    title = [f"{YEAR}年云台县两新组织党建台账", *[N] * 7]
    head = [
        "乡镇",
        "单位名称",
        "类别",
        "职工人数",
        "正式党员",
        "预备党员",
        "党组织名称",
        "组建方式",
    ]
    rows: list[list[Any]] = [title, head]
    size, page, before = int(rng.integers(3, 6)), 1, ""
    for n, unit in enumerate(units):
        if n and n % size == 0:
            rows += [[f"第{page}页", *[N] * 7], title, head]
            page += 1
        town = unit.town if unit.town != before else _pick(rng, N, N, "〃", "同上")
        town = N if town is not N and unit.town == before and page < 0 else town
        before = unit.town
        rows.append([town, unit.name, "社会组织" if unit.social else "非公企业",
                     _number(rng, unit.employees), _number(rng, unit.full), _number(rng, unit.trial),
                     unit.org, _mode(rng, unit)])  # fmt: skip
    total = [sum(getattr(u, c) for u in units) for c in ("employees", "full", "trial")]
    rows.append(["合计", f"{len(units)}家", N, *total, N, N])
    columns = ("area", "sector", "employees", "full_members", "probationary_members")
    return {"台账": Sheet([*rows, *_note(rng, 8)])}, _of_units(units, columns)


_COUNTED = {
    "units_enterprise": "非公企业数", "units_social": "社会组织数", "party_orgs": "党组织数",
    "members": "党员总数", "instructors": "党建指导员数",
}  # fmt: skip


def _counts(rng: np.random.Generator) -> dict[str, list[int]]:
    towns = TOWNS[: int(rng.integers(2, 6))]
    return {town: [int(rng.integers(0, 400)) for _ in _COUNTED] for town in towns}


def _of_counts(table: dict[str, list[int]]) -> Values:
    return {
        ("figure", town, str(YEAR), code): value
        for town, row in table.items()
        for code, value in zip(_COUNTED, row, strict=True)
    }


def _row_a_township(rng: np.random.Generator) -> Form:
    table = _counts(rng)
    rows: list[list[Any]] = [
        [f"{YEAR}年云台县两新组织基本情况统计表", *[N] * 6],
        ["序号", _pick(rng, "乡镇", "镇街", "乡镇（街道）"), *_COUNTED.values()],
    ]
    for n, (town, row) in enumerate(table.items(), 1):
        rows.append([n, town, *(_number(rng, value, of_persons=False) for value in row)])
    rows.append(["合计", N, *(sum(column) for column in zip(*table.values(), strict=True))])
    return {"统计表": Sheet([*rows, *_note(rng, 7)])}, _of_counts(table)


def _column_a_township(rng: np.random.Generator) -> Form:
    table = _counts(rng)
    numbers = "一二三四五六七八九"
    rows: list[list[Any]] = [
        [f"{YEAR}年云台县两新组织党建情况统计表", *[N] * (len(table) + 2)],
        [_pick(rng, "项目", "指标", "指标名称"), "单位", *table, "合计"],
    ]
    for n, name in enumerate(_COUNTED.values()):
        column = [row[n] for row in table.values()]
        label = _pick(rng, name, f"{n + 1}.{name}", f"{numbers[n]}、{name}")
        rows.append(
            [label, "个", *(_number(rng, v, of_persons=False) for v in column), sum(column)]
        )
    return {"统计": Sheet(rows)}, _of_counts(table)


def _column_a_month(rng: np.random.Generator) -> Form:
    rows: list[list[Any]] = [
        [f"{YEAR}年城关镇主题党日开展情况", *[N] * 13],
        ["序号", "党组织名称", *(f"{m}月" for m in range(1, 13))],
    ]
    values: Values = {}
    for n in range(int(rng.integers(2, 6))):
        org, mark = f"演示{n + 1}号党支部", _pick(rng, "√", "是", 1, "●", "有")
        held = rng.random(12) < 0.7
        held[0] = True
        rows.append([n + 1, org, *(mark if h else _pick(rng, N, "×", "无", "—") for h in held)])
        values["months", org, "主题党日"] = int(held.sum())
    values["rows", "activities"] = sum(v for k, v in values.items() if k[0] == "months")
    return {"主题党日": Sheet([*rows, *_note(rng, 14)])}, values


def _account(rng: np.random.Generator) -> Form:
    org = "演示流水党支部"
    rows: list[list[Any]] = [
        [f"{org}{YEAR}年经费收支明细账（单位：元）", *[N] * 4],
        ["日期", "摘要", "收入", "支出", "结余"],
    ]
    balance = int(rng.integers(0, 5000))
    rows.append([f"{YEAR}.1.1", _pick(rng, "上年结转", "期初余额"), N, N, balance])
    income = spending = 0
    for n in range(int(rng.integers(3, 10))):
        day = date(rng, dt.date(YEAR, 1 + n, int(rng.integers(1, 28))))
        amount = int(rng.integers(1, 4000))
        if rng.random() < 0.5:
            rows.append([day, "区县拨付", amount, N, balance := balance + amount])
            income += amount
        else:
            rows.append([day, "主题党日费用", N, _pick(rng, amount, f"{amount:,}.00"),
                         balance := balance - amount])  # fmt: skip
            spending += amount
    rows.append([N, "合计", income, spending, balance])
    values: Values = {}
    values |= {("total", "funds", "income"): income} if income else {}
    values |= {("total", "funds", "spending"): spending} if spending else {}
    return {"账": Sheet(rows)}, values


def _of_one(rng: np.random.Generator) -> Form:
    org = "演示活动联合党支部"
    rows: list[list[Any]] = [
        [f"{org}{YEAR}年活动台账", *[N] * 4],
        ["日期", "活动类型", "主题", "应到/实到", "走访企业"],
    ]
    values: Values = {}
    visits = 0
    for n in range(int(rng.integers(2, 9))):
        day = dt.date(YEAR, 1 + n, int(rng.integers(1, 28)))
        if rng.random() < 0.25:
            some = int(rng.integers(1, 4))
            named = "、".join(f"演示走访{n}{k}公司" for k in range(some))
            rows.append([date(rng, day), "走访企业", "走访", N, named])
            visits += some
            continue
        due = int(rng.integers(2, 60))
        present = int(rng.integers(1, due + 1))
        kind = _pick(rng, "主题党日", "党课", "志愿服务")
        rows.append([date(rng, day), kind, "学习", f"{due}/{present}", N])
        values |= {
            ("activity", org, f"{day}", "due"): due,
            ("activity", org, f"{day}", "present"): present,
        }
    values["rows", "activities"] = len(values) // 2
    if visits:
        values["visits", "count"] = visits
    return {"活动": Sheet(rows)}, values


def _stars(rng: np.random.Generator) -> Form:
    rows: list[list[Any]] = [
        [f"{YEAR}年城关镇党组织星级评定汇总表", *[N] * 7],
        ["序号", "党组织名称", "自评", N, "乡镇初评", N, "县委审定", N],
        [N, N, "得分", "星级", "得分", "星级", "得分", "星级"],
    ]
    values: Values = {}
    for n in range(int(rng.integers(2, 8))):
        org = f"演示评星{n + 1}号党支部"
        stars = int(rng.integers(1, 6))
        said = _pick(rng, f"{'零一二三四五'[stars]}星级", f"{'零一二三四五'[stars]}星", "★" * stars)
        score = int(rng.integers(50, 101))
        rows.append(
            [
                n + 1,
                org,
                score + 2,
                "五星",
                score + 1,
                "四星",
                _pick(rng, score, f"{score}分"),
                said,
            ]
        )
        values |= {("star", org, "stars"): stars, ("star", org, "score_final"): score}
    merges = [(0, 0, 0, 7), (1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 1, 3), (1, 4, 1, 5), (1, 6, 1, 7)]
    return {"评星": Sheet([*rows, *_note(rng, 8)], merges)}, values


def _side_by_side(rng: np.random.Generator) -> Form:
    units = _units(rng, TOWNS[:1])
    left = [u for u in units if not u.social] or units
    right = [u for u in units if u.social]
    head = ["序号", "企业名称", "职工数", "正式党员", "党组织名称", "组建方式"]
    other = ["序号", "社会组织名称", "从业人员", "正式党员", "党组织名称", "组建方式"]
    rows: list[list[Any]] = [[f"城关镇{YEAR}年两新组织党建情况", *[N] * 12], [*head, N, *other]]

    def half(n: int, some: Sequence[Unit]) -> list[Any]:
        if n >= len(some):
            return [N] * 6
        u = some[n]
        return [
            n + 1,
            u.name,
            _number(rng, u.employees),
            _number(rng, u.full),
            u.org,
            _mode(rng, u),
        ]

    for n in range(max(len(left), len(right))):
        rows.append([*half(n, left), N, *half(n, right)])
    both = [*left, *(u for u in right if u not in left)]
    return {"表": Sheet(rows, [(0, 0, 0, 12)])}, _of_units(
        both, ("area", "employees", "full_members")
    )


_FLOWS = {"admissions": "发展党员", "visits": "走访企业", "opinions": "收集意见"}
_STOCKS = {"centres": "党群服务中心", "members": "党员总数"}


def _column_a_quarter(rng: np.random.Generator) -> Form:
    head = _pick(rng, "{}季度", "第{}季度")
    rows: list[list[Any]] = [
        [f"{YEAR}年云台县两新党建工作报表", *[N] * 6],
        ["指标", "单位", *(head.format(q) for q in "一二三四"), _pick(rng, "备注", "全年合计")],
    ]
    summed = rows[1][-1] == "全年合计"
    values: Values = {}
    for code, name in (_FLOWS | _STOCKS).items():
        quarters = [int(rng.integers(1, 90)) for _ in range(4)]
        if not summed:
            quarters[0] = max(quarters) + 1  # else it looks as if it went on counting
        whole = sum(quarters) if code in _FLOWS else quarters[-1]
        cells = [_number(rng, value, of_persons=False) for value in quarters]
        rows.append([name, N, *cells, whole if summed else N])
        values["figure", "云台县", str(YEAR), code] = whole
    return {"报表": Sheet([*rows, *_note(rng, 7)])}, values


def _money_a_part(rng: np.random.Generator) -> Form:
    """A column a quarter or a month of one kind of money, as the title tells."""
    told, flow, what = _pick(
        rng,
        ("区级两新党建经费拨付情况（单位：元）", "income", "fiscal_district"),
        ("党费收缴情况（单位：元）", "dues_paid", N),
        ("党员活动经费支出情况（单位：元）", "spending", "activity"),
    )
    parts = _pick(rng, [f"{q}季度" for q in "一二三四"], [f"{m}月" for m in range(1, 13)])
    head = ["序号", "党组织名称", *parts, "合计"]
    rows: list[list[Any]] = [[f"{YEAR}年云台县{told}", *[N] * (len(head) - 1)], head]
    values: Values = {}
    for n in range(int(rng.integers(2, 6))):
        org = f"演示拨款{n + 1}号党支部"
        amounts = [int(rng.integers(1, 9000)) for _ in parts]
        cells = [_pick(rng, a, f"{a:,}", f"{a}.00") for a in amounts]
        rows.append([n + 1, org, *cells, sum(amounts)])
        values["fund", org, flow, what] = sum(amounts)
    return {"表": Sheet([*rows, *_note(rng, len(head))])}, values


def _account_by_subject(rng: np.random.Generator) -> Form:
    org = "演示科目党支部"
    rows: list[list[Any]] = [
        [f"{org}{YEAR}年经费明细账（单位：元）", *[N] * 5],
        ["日期", _pick(rng, "科目", "会计科目", "收支项目"), "摘要", "收入", "支出", "余额"],
    ]
    balance = int(rng.integers(0, 5000))
    rows.append([N, N, _pick(rng, "上年结转", "承前页"), N, N, balance])
    subjects = {
        "党费返还": ("income", "dues_return"),
        "企业配套": ("income", "enterprise"),
        "活动费": ("spending", "activity"),
        "培训费": ("spending", "secretary_training"),
    }
    values: Values = {}
    for month in range(1, int(rng.integers(3, 12))):
        sums = {"income": 0, "spending": 0}
        for day in range(1, int(rng.integers(2, 5))):
            word = _pick(rng, *subjects)
            flow, what = subjects[word]
            amount = int(rng.integers(1, 4000))
            balance += amount if flow == "income" else -amount
            sums[flow] += amount
            money = [amount, N] if flow == "income" else [N, _pick(rng, amount, f"{amount:,}.00")]
            rows.append([f"{month}月{day + 1}日", word, "按凭证", *money, balance])
            values["fund", org, flow, what] = values.get(("fund", org, flow, what), 0) + amount
        if rng.random() < 0.7:
            rows.append([N, N, "本月合计", sums["income"], sums["spending"], balance])
    return {"账": Sheet(rows)}, values


def _matrix(rng: np.random.Generator) -> Form:
    items = ["有场所", "有设施", "有标志", "有党旗", "有书报", "有制度"]
    yes, no = _pick(rng, ("√", ("×", N, "○")), ("有", ("无", N)), ("○", ("×", N)), ("1", ("0", N)))
    rows: list[list[Any]] = [
        [f"{YEAR}年云台县党组织六有建设情况表", *[N] * 7],
        ["序号", "党组织名称", *items],
    ]
    full = 0
    for n in range(int(rng.integers(3, 9))):
        has = rng.random(6) < 0.85
        has[0] = has[0] or n == 0  # a mark of yes stands somewhere
        full += bool(has.all())
        cells = [yes if h else _pick(rng, *no) for h in has]
        rows.append([n + 1, f"演示六有{n + 1}号党支部", *cells])
    values: Values = {("figure", "云台县", str(YEAR), "orgs_six_haves"): full}
    return {"六有": Sheet([*rows, *_note(rng, 8)])}, values


def _groups_of_parts(rng: np.random.Generator) -> Form:
    """Townships as rows, the items below every part of the year (or the parts below every item)."""
    counting_on = ["1—3月", "上半年", "前三季度", "全年"]
    parts = _pick(rng, [f"{q}季度" for q in "一二三四"], ["上半年", "下半年"], counting_on)
    names = _FLOWS | _STOCKS
    codes = [str(c) for c in rng.permutation(list(names))[: int(rng.integers(2, 5))]]
    towns = list(TOWNS[: int(rng.integers(2, 6))])
    numbers: dict[tuple[str, str], list[int]] = {}
    values: Values = {}
    for town in towns:
        for code in codes:
            some = [int(rng.integers(1, 60)) for _ in parts]
            if parts == counting_on:
                some = sorted(some)
            elif code in _FLOWS:
                some[0] = max(some) + 1  # else it looks as if it went on counting
            added = code in _FLOWS and parts != counting_on
            numbers[town, code] = some
            values["figure", town, str(YEAR), code] = sum(some) if added else some[-1]
    over = bool(rng.random() < 0.6)  # parts over items, else items over parts
    pairs = [(p, c) for p in range(len(parts)) for c in codes]
    pairs = pairs if over else [(p, c) for c in codes for p in range(len(parts))]
    size = len(codes) if over else len(parts)
    upper = [parts[p] if over else names[c] for p, c in pairs]
    lower = [names[c] if over else parts[p] for p, c in pairs]
    heads = [text if k % size == 0 else N for k, text in enumerate(upper)]
    width = 2 + len(pairs)
    rows: list[list[Any]] = [
        [f"{YEAR}年云台县两新党建工作进展情况统计表", *[N] * (width - 1)],
        ["序号", _pick(rng, "乡镇", "镇街", "乡镇（街道）"), *heads],
        [N, N, *lower],
    ]
    for n, town in enumerate(towns):
        cells = [_number(rng, numbers[town, c][p], of_persons=False) for p, c in pairs]
        rows.append([n + 1, town, *cells])
    if rng.random() < 0.5:
        sums = [sum(numbers[town, c][p] for town in towns) for p, c in pairs]
        rows.append(["合计", N, *sums])
    merges = [(0, 0, 0, width - 1), (1, 0, 2, 0), (1, 1, 2, 1)]
    merges += [(1, 2 + k, 1, 1 + k + size) for k in range(0, len(pairs), size)]
    return {"进展": Sheet([*rows, *_note(rng, width)], merges)}, values


def _stages_as_rows(rng: np.random.Generator) -> Form:
    stages = _pick(rng, ["自评", "初评", "审定"], ["支部自评", "乡镇初审", "县委终评"])
    rows: list[list[Any]] = [
        [f"{YEAR}年党组织星级评定打分表", *[N] * 4],
        ["序号", "党组织名称", _pick(rng, "评定环节", "阶段"), "得分", "星级"],
    ]
    values: Values = {}
    merges = [(0, 0, 0, 4)]
    repeated = bool(rng.random() < 0.5)
    for n in range(int(rng.integers(2, 7))):
        org = f"演示分步{n + 1}号党支部"
        scores = [int(s) for s in rng.integers(40, 101, len(stages))]
        stars = [int(s) for s in rng.integers(1, 6, len(stages))]
        if not repeated:
            merges += [(len(rows), c, len(rows) + len(stages) - 1, c) for c in (0, 1)]
        for k, stage in enumerate(stages):
            said = _pick(rng, f"{'零一二三四五'[stars[k]]}星", "★" * stars[k])
            named = [n + 1, org] if repeated or k == 0 else [N, N]
            rows.append([*named, stage, scores[k], said])
        values |= {("star", org, "stars"): stars[-1], ("star", org, "score_final"): scores[-1]}
        values |= {("star", org, "score_self"): scores[0], ("star", org, "score_first"): scores[1]}
    return {"打分": Sheet(rows, merges)}, values


FORMS: dict[str, Callable[[np.random.Generator], Form]] = {
    "cards": _cards,
    "printed_pages": _printed_pages,
    "row_a_township": _row_a_township,
    "column_a_township": _column_a_township,
    "column_a_month": _column_a_month,
    "account": _account,
    "of_one": _of_one,
    "stars": _stars,
    "side_by_side": _side_by_side,
    "column_a_quarter": _column_a_quarter,
    "money_a_part": _money_a_part,
    "account_by_subject": _account_by_subject,
    "matrix": _matrix,
    "groups_of_parts": _groups_of_parts,
    "stages_as_rows": _stages_as_rows,
}
