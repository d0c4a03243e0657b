"""Checks on what was read: totals, identities, dates, sizes, versions, founding rules. They report; they change no value.

What is checked is data (`IDENTITIES`, `DATES`, ``total_of`` in headings.yml); how it is checked stands in one function each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from evalkit.ledgers import values
from evalkit.ledgers.findings import finding
from evalkit.ledgers.forms import Form, name_key
from evalkit.ledgers.grid import Block, letter
from evalkit.ledgers.headings import Headings, squeeze
from evalkit.ledgers.place import Place
from evalkit.ledgers.tables import places_of
from evalkit.problems import Problem

IDENTITIES: dict[str, dict[str, list[str]]] = {"units": {"members": ["full_members", "probationary_members"]}}
DATES = {
    "units": [("started_on", "ended_on"), ("founded_on", "org_ended_on")],
    "party_orgs": [("founded_on", "converted_on"), ("founded_on", "ended_on")],
}
NOT_MORE = {"units": [("members", "employees")], "activities": [("present", "due")]}
JOINT_LIMIT = 5  # a joint branch covers at most five units as a rule (national reference)
DUE_MEMBERS, DUE_EMPLOYEES, MEMBERS_EMPLOYEES = 3, 100, 50  # founding rules R01, R05, R04
_MIXED = "是否把万元填成了元（或相反）"
_INACTIVE = ("suspended", "cancelled")


def run(
    forms: Mapping[str, Form],
    unit_rows: pd.DataFrame | None,
    cover: pd.DataFrame | None,
    made: Mapping[str, pd.DataFrame],
    headings: Headings,
    problems: list[Problem],
) -> None:
    """Every check that one reading allows."""
    for name, form in forms.items():
        columns = headings.forms[name]["columns"]
        problems += _wanted(form, columns)
        problems += _totals(form, columns, unit_rows if name == "units" else None)
        declared = IDENTITIES.get(name, {}) | {c: s["total_of"] for c, s in columns.items() if "total_of" in s}
        for total, parts in declared.items():
            problems += _identity(form, columns, total, parts)
        for first, second in DATES.get(name, ()):
            problems += _backwards(form, columns, first, second)
        for less, more in NOT_MORE.get(name, ()):
            problems += _more_than(form, columns, less, more)
    if "funds" in forms:
        problems += _factor(forms["funds"], headings.forms["funds"]["columns"])
    if "activities" in forms:
        problems += _activity_dates(forms["activities"])
    if unit_rows is not None:
        problems += _due(forms["units"], unit_rows, made["covers"])
    problems += _joint_size(made)
    problems += between_periods(made)


def _wanted(form: Form, columns: Mapping[str, Any]) -> Iterator[Problem]:
    have: dict[tuple[str, str], set[str]] = {}
    for block in form.blocks:
        have.setdefault((block.sheet.file, block.sheet.name), set()).update(block.columns)
    for (file, sheet), found in have.items():
        missing = [s["names"][0] for c, s in columns.items() if s.get("wanted") and c not in found]
        if missing:
            yield finding(
                "column_missing",
                file,
                f"{sheet}!A1",
                "缺少：" + "、".join(missing),
                "有关指标按缺报处理",
                advice="有这些列时请补上",
                severity="warning",
            )


def _number(cell: object, unit: str, kind: str) -> float | None:
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return float(cell) * values.split_unit(unit)[0]
    if not isinstance(cell, str) or not cell.strip():
        return None
    read = values.parse(cell, unit=unit, kind=kind)
    return read.value if read.low == read.high else None


def _totals(form: Form, columns: Mapping[str, Any], unit_rows: pd.DataFrame | None) -> Iterator[Problem]:
    """小计 against the rows since the last total, 合计 and 总计 against all rows of the sheet so far."""
    if not any(b.totals for b in form.blocks):
        return
    ends = np.cumsum([len(b.rows) for b in form.blocks])
    summed = [c for c, s in columns.items() if s["type"] in ("int", "money") and c in form.data and c != "month" and not s.get("person")]
    arrays = {c: tuple(form.data[c + suffix].to_numpy(dtype=float, na_value=np.nan) for suffix in ("", "_low", "_high")) for c in summed}
    inactive = unit_rows["status"].isin(_INACTIVE).to_numpy(dtype=bool) if unit_rows is not None else np.zeros(len(form.data), dtype=bool)
    if unit_rows is not None and not unit_rows["kept"].all():  # a row that counts a unit again is in no right total
        again = ~unit_rows["kept"].to_numpy(dtype=bool)
        arrays = {c: tuple(np.where(again, 0.0, a) for a in three) for c, three in arrays.items()}
    sheet_start, last_sheet = 0, None
    for number, block in enumerate(form.blocks):
        start, stop = int(ends[number] - len(block.rows)), int(ends[number])
        if last_sheet is not block.sheet:
            sheet_start, last_sheet = start, block.sheet
        since = start
        rows = np.asarray(block.rows)
        for index, label in block.totals:
            at = start + int(np.searchsorted(rows, index))
            part = label.endswith("小计")
            spans = [(since, at)] if part else [(sheet_start, at), (start, at), (since, at)]
            since = at
            spans = [s for s in dict.fromkeys(spans) if s[1] > s[0]]
            if not spans or at > stop:
                continue
            for column in summed:
                yield from _one_total(form, block, index, label, column, columns[column], arrays[column], spans, inactive)


def _one_total(
    form: Form,
    block: Block,
    index: int,
    label: str,
    column: str,
    spec: Mapping[str, Any],
    arrays: Sequence[np.ndarray],
    spans: Sequence[tuple[int, int]],
    inactive: np.ndarray,
) -> Iterator[Problem]:
    if column not in block.columns:
        return
    at, heading_unit = block.columns[column]
    money = spec["type"] == "money"
    unit = heading_unit or (block.money_unit if money else None) or spec.get("unit") or ""
    cell = block.sheet.rows[index][at] if at < len(block.sheet.rows[index]) else None
    given = _number(cell, unit, "money" if money else "count")
    if given is None:
        return
    scale = 100.0 if money else 1.0
    given *= scale
    tolerance = 0.5
    point, low, high = arrays
    where = f"{block.sheet.name}!{letter(at)}{block.sheet.first_row + index}"
    for first, last in spans:
        bottom, top = np.nansum(low[first:last]), np.nansum(high[first:last])
        if bottom - tolerance <= given <= top + tolerance:
            closed = inactive[first:last] & (np.nan_to_num(point[first:last]) != 0)
            if closed.any():
                right = np.nansum(point[first:last][~inactive[first:last]])
                yield finding(
                    "inactive_in_total",
                    block.sheet.file,
                    where,
                    f"{label}{_plain(given, scale, unit)}",
                    f"不含停业、注销的{int(closed.sum())}家应为{_plain(right, scale, unit)}",
                )
            return
    if any(abs(np.nansum(point[a:b][~inactive[a:b]]) - given) <= tolerance for a, b in spans):
        return
    first, last = spans[0]
    right = np.nansum(point[first:last])
    unsure = bool(np.isnan(point[first:last]).any())
    yield finding(
        "total_differs",
        block.sheet.file,
        where,
        f"{label}{_plain(given, scale, unit)}",
        f"按明细相加为{_plain(right, scale, unit)}" + ("（有空缺或读不懂的行）" if unsure else ""),
        advice="核对合计或明细",
        severity="question" if unsure else "warning",
    )


def _plain(number: float, scale: float, unit: str) -> str:
    """A sum in the unit of its column: 12.5万元."""
    factor, _ = values.split_unit(unit)
    return f"{number / scale / factor:.12g}{unit}"


def _identity(form: Form, columns: Mapping[str, Any], total: str, parts: Sequence[str]) -> Iterator[Problem]:
    """A total beside its parts in one row; blank parts count as nothing only where another part is given."""
    here = [p for p in parts if p in form.data]
    if total not in form.data or not here:
        return
    nested = [p for p in here if set(columns[p].get("total_of", ())) & set(here)]  # 上级下拨 beside its own parts
    use = np.zeros(len(form.data), dtype=bool)
    low, high = np.zeros(len(form.data)), np.zeros(len(form.data))
    for part in here:
        skip = np.zeros(len(form.data), dtype=bool)
        if part in nested:
            skip = np.logical_or.reduce([form.has(p) for p in columns[part]["total_of"]])
        bottom = form.data[part + "_low"].to_numpy(dtype=float, na_value=np.nan)
        top = form.data[part + "_high"].to_numpy(dtype=float, na_value=np.nan)
        known = ~np.isnan(bottom) & ~skip
        open_end = known & np.isnan(top)
        use |= known
        low += np.where(known, bottom, 0)
        high += np.where(open_end, np.inf, np.where(known, np.nan_to_num(top), 0))
    given_low = form.data[total + "_low"].to_numpy(dtype=float, na_value=np.nan)
    given_high = form.data[total + "_high"].to_numpy(dtype=float, na_value=np.inf)
    unread = np.logical_or.reduce([(form.data[p + "_note"].to_numpy() & values.NOTES["value_unreadable"]) > 0 for p in here])
    if total in IDENTITIES.get(form.name, {}):  # every part must be there
        use &= np.logical_and.reduce([form.data[p].notna().to_numpy() for p in parts]) if len(here) == len(parts) else False
    wrong = use & ~unread & ~np.isnan(given_low) & ((given_low > high + 0.5) | (given_high < low - 0.5))
    names = "＋".join(columns[p]["names"][0] for p in here if p not in nested or len(here) == 1)
    scale = 100 if columns[total]["type"] == "money" else 1
    unit = "元" if scale == 100 else ""
    for row in np.flatnonzero(wrong):
        found = f"{columns[total]['names'][0]}{form.data[total].iat[row] / scale:.12g}{unit}"
        yield form.problem("identity_differs", total, int(row), found, f"{names}＝{low[row] / scale:.12g}{unit}")


def _backwards(form: Form, columns: Mapping[str, Any], first: str, second: str) -> Iterator[Problem]:
    if first not in form.data or second not in form.data:
        return
    early, late = form.data[first], form.data[second]
    for row in np.flatnonzero((early.notna() & late.notna() & (early > late)).to_numpy()):
        found = f"{columns[first]['names'][0]}{early.iat[row]:%Y-%m-%d}，{columns[second]['names'][0]}{late.iat[row]:%Y-%m-%d}"
        yield form.problem("date_backwards", second, int(row), found)


def _more_than(form: Form, columns: Mapping[str, Any], less: str, more: str) -> Iterator[Problem]:
    if less not in form.data or more not in form.data:
        return
    wrong = (form.data[less + "_low"] > form.data[more + "_high"]).fillna(False).to_numpy(dtype=bool)
    for row in np.flatnonzero(wrong):
        found = f"{columns[less]['names'][0]}{form.data[less].iat[row]}，{columns[more]['names'][0]}{form.data[more].iat[row]}"
        yield form.problem("value_implausible", less, int(row), found)


def _factor(form: Form, columns: Mapping[str, Any]) -> Iterator[Problem]:
    """An amount some 10,000 times the usual one of its column and sheet: 万元 and 元 mixed up."""
    spans: dict[int, tuple[int, int]] = {}
    stop = 0
    for block in form.blocks:  # the blocks of a sheet stand beside each other
        start, stop = stop, stop + len(block.rows)
        spans[id(block.sheet)] = (spans.get(id(block.sheet), (start, 0))[0], stop)
    for column, spec in columns.items():
        if spec["type"] != "money" or column not in form.data:
            continue
        amounts = form.data[column].to_numpy(dtype=float, na_value=np.nan)
        for first, last in spans.values():
            some = amounts[first:last]
            given = some[(some > 0) & ~np.isnan(some)]
            if len(given) < 5:
                continue
            middle = float(np.median(given))
            for row in first + np.flatnonzero((some >= 2000 * middle) | ((some > 0) & (some <= middle / 2000))):
                found = f"{amounts[row] / 100:.12g}元，本列多为{middle / 100:.6g}元左右"
                yield form.problem("value_implausible", column, int(row), found, advice=_MIXED)


def _activity_dates(form: Form) -> Iterator[Problem]:
    if "date" not in form.data:
        return
    date = form.data["date"]
    year = pd.to_numeric(form.data["period"].str[:4], errors="coerce")
    for row in np.flatnonzero((date.notna() & year.notna() & (date.dt.year != year)).fillna(False).to_numpy(dtype=bool)):
        yield form.problem(
            "period_conflict",
            "date",
            int(row),
            f"{date.iat[row]:%Y-%m-%d}",
            f"计入{form.data['period'].iat[row]}",
            advice="核对活动日期或所属年度",
        )
    if "month" in form.data:
        differs = (date.notna() & form.data["month"].notna() & (date.dt.month != form.data["month"])).fillna(False)
        for row in np.flatnonzero(differs.to_numpy(dtype=bool)):
            yield form.problem(
                "value_implausible",
                "month",
                int(row),
                f"月份{form.data['month'].iat[row]}，日期{date.iat[row]:%Y-%m-%d}",
                "按月份列",
                advice="核对月份和日期",
            )


def founding_actions(units: pd.DataFrame, covers: pd.DataFrame) -> pd.DataFrame:
    """Units that break a founding rule: area, period, unit, unit_name, rule, found, suggestion, responsible_body.

    R01: 3 or more full members and no organisation of its own. R05: 100 or more employees and no organisation, single
    or joint. R04: 50 or more employees and no member. Operating legal persons only; 以上 includes the number itself;
    a number said with a word breaks a rule only where its lowest reading does.
    """
    base_rows = (units["status"].eq("operating").fillna(False) & units["legal_person"].fillna(False)).to_numpy(dtype=bool)
    base = units[base_rows]
    place = ["area", "period", "unit"]
    keyed = covers[[*place, "mode"]].fillna({"area": "", "period": ""})
    at = pd.MultiIndex.from_frame(base[place].fillna({"area": "", "period": ""}))
    single = at.isin(pd.MultiIndex.from_frame(keyed.loc[keyed["mode"] == "single", place]))
    covered = at.isin(pd.MultiIndex.from_frame(keyed.loc[keyed["mode"] != "functional", place]))

    def low(column: str) -> np.ndarray:
        return base[column + "_low"].to_numpy(dtype=float, na_value=np.nan)

    rules = [
        ("R01", (low("full_members") >= DUE_MEMBERS) & ~single, "full_members", "正式党员{}名，没有单独组建党组织", "单独组建党组织"),
        ("R05", (low("employees") >= DUE_EMPLOYEES) & ~covered, "employees", "从业人员{}人，没有党组织覆盖", "单独或联合组建党组织"),
        (
            "R04",
            (low("employees") >= MEMBERS_EMPLOYEES) & (base["members_high"].to_numpy(dtype=float, na_value=np.nan) == 0),
            "employees",
            "从业人员{}人，没有党员",
            "发展党员，选派指导员",
        ),
    ]
    pieces = []
    for rule, broken, column, text, suggestion in rules:
        rows = base.loc[broken, ["area", "period", "unit", "unit_name", "responsible_body", "source_file", "source_sheet", "source_row"]]
        rows = rows.assign(position=units.index.to_numpy()[base_rows][broken])
        # the lowest count a list may show is three: below it the member count is not told
        pieces.append(
            rows.assign(rule=rule, column=column, found=[text.format(n) for n in base.loc[broken, column]], suggestion=suggestion)
        )
    return pd.concat(pieces, ignore_index=True)


def _due(form: Form, unit_rows: pd.DataFrame, covers: pd.DataFrame) -> Iterator[Problem]:
    listed = founding_actions(unit_rows[unit_rows["kept"]].drop(columns="unit", errors="ignore").rename(columns={"key": "unit"}), covers)
    listed = listed[listed["rule"].isin(["R01", "R05"])].drop_duplicates(["area", "period", "unit"])
    columns = ["position", "column", "unit_name", "found", "responsible_body", "suggestion"]
    for at, column, name, found, body, suggestion in zip(*(listed[c].tolist() for c in columns), strict=True):
        advice = f"由{body}督促，{suggestion}" if isinstance(body, str) else suggestion
        yield form.problem("due_not_founded", column, at, f"{name}：{found}", advice=advice)


def _joint_size(made: Mapping[str, pd.DataFrame], limit: int = JOINT_LIMIT) -> Iterator[Problem]:
    joint = made["covers"][made["covers"]["mode"].isin(["joint", "attached"])]
    if not len(joint):
        return
    joint = joint.assign(place=places_of(joint))
    sizes = joint.groupby(["place", "party_org"], sort=False).agg(
        n=("unit", "nunique"), file=("source_file", "first"), sheet=("source_sheet", "first"), row=("source_row", "first")
    )
    for key, row in sizes[sizes["n"] > limit].iterrows():
        yield finding(
            "joint_too_large", row["file"], f"{row['sheet']}!A{row['row']}", f"{key[1]}覆盖{row['n']}家单位", allowed=f"一般不超过{limit}家"
        )


def between_periods(made: Mapping[str, pd.DataFrame]) -> Iterator[Problem]:
    """Units that appear without being new, or vanish without being cancelled, and revenues 10,000 times last year's."""
    units = made["units"]
    periods = sorted(p for p in units["period"].dropna().unique() if re.fullmatch(r"\d{4}", p))
    if len(periods) < 2:
        return
    units = units.assign(district=[place.partition("\x1f")[0] for place in places_of(units)])
    by = {key: rows for key, rows in units.groupby(["district", "period"])}
    for district in units["district"].unique():
        for period in periods[1:]:
            before, now = by.get((district, str(int(period) - 1))), by.get((district, period))
            if before is None or now is None:
                continue
            # a unit whose credit code is missing in one of the years is found again by its name
            fresh = _absent(now, before)
            fresh = fresh[fresh["started_on"].dt.year < int(period) - 1]
            gone = _absent(before, now)
            gone = gone[gone["status"] == "operating"]
            for code, rows, text in (
                ("unit_appeared", fresh, f"上年台账没有、{period}年出现的老单位"),
                ("unit_vanished", gone, f"上年正常、{period}年台账里没有的单位"),
            ):
                if len(rows):
                    names = "、".join(rows["unit_name"].head(5)) + ("等" if len(rows) > 5 else "")
                    yield finding(code, str(now["source_file"].iat[0]), f"{now['source_sheet'].iat[0]}!A1", f"{text}{len(rows)}家：{names}")
            both = now[["unit", "unit_name", "revenue_fen", "source_file", "source_sheet", "source_row"]].merge(
                before[["unit", "revenue_fen"]], on="unit", suffixes=("", "_before")
            )
            ratio = both["revenue_fen"].astype("Float64") / both["revenue_fen_before"].replace(0, pd.NA)
            mixed = (ratio.between(5000, 20000) | ratio.between(1 / 20000, 1 / 5000)).fillna(False)
            for row in both[mixed].itertuples():
                where, found = f"{row.source_sheet}!A{row.source_row}", f"{row.unit_name}营业收入与上年相差约一万倍"
                yield finding("value_implausible", str(row.source_file), where, found, advice=_MIXED)


def _absent(here: pd.DataFrame, there: pd.DataFrame) -> pd.DataFrame:
    known = {*there["unit"], *there["unit_name"].map(name_key)}
    return here[~here["unit"].isin(known) & ~here["unit_name"].map(name_key).isin(known)]


# --- two versions of one ledger ---------------------------------------------------------------------------------------


def _version(file: str, age: float) -> tuple[Any, ...]:
    """Newer files sort higher: 最终, 定稿 over none, then the number beside it, a date in the name, the file's time."""
    stem = squeeze(PurePosixPath(file).stem)
    final = bool(re.search(r"最终|终稿|定稿|终版", stem)) + bool(re.search(r"修改|修订|更新|新版|改", stem))
    number = re.search(r"(?:版|稿|[vV第改])\D{0,2}(\d{1,3})(?!\d)|[(_\-](\d{1,2})\)?$", stem)
    date = re.search(r"(20\d{2})[-.年]?(\d{2})[-.月]?(\d{2})", stem)
    return final, int(number[1] or number[2]) if number else 1, "".join(date.groups()) if date else "", age


def _keys(block: Block, form: str) -> set[Any]:
    """What two versions share: the names of units or organisations; whole rows where a name may stand in several."""
    rows = [block.sheet.rows[i] for i in block.rows]
    key = {"units": "unit_name", "party_orgs": "party_org", "stars": "party_org", "work_report": "measure"}.get(form)
    if key:
        index = block.columns[key][0]
        return {name_key(r[index]) for r in rows}
    used = [at[0] for c, at in block.columns.items() if c not in ("row_number", "remark")]
    return {tuple(r[i] for i in used) for r in rows}


def versions(placed: Sequence[tuple[Block, Place]], ages: Mapping[str, float], problems: list[Problem]) -> list[tuple[Block, Place]]:
    """Of two ledgers of one form, area and period that share more than 60% of their rows, the newer one."""
    groups: dict[tuple[Any, ...], dict[tuple[str, str], list[Block]]] = {}
    for block, place in placed:
        groups.setdefault((place.area, place.period), {}).setdefault((block.sheet.file, block.sheet.name), []).append(block)
    dropped: set[int] = set()
    for ledgers in groups.values():
        if len(ledgers) < 2:
            continue
        ordered = sorted(ledgers, key=lambda k: (*_version(k[0], ages.get(k[0], 0.0)), k[1]), reverse=True)
        keys = {k: set().union(*(_keys(b, b.form) for b in ledgers[k])) for k in ordered}
        alive: list[tuple[str, str]] = []
        for older in ordered:
            newer = next(
                (n for n in alive if keys[n] and keys[older] and len(keys[n] & keys[older]) > 0.6 * min(len(keys[n]), len(keys[older]))),
                None,
            )
            if newer is None:
                alive.append(older)
                continue
            rows = sum(len(b.rows) for b in ledgers[older])
            dropped.update(id(b) for b in ledgers[older])
            problems.append(
                finding(
                    "ledger_duplicate",
                    older[0],
                    f"{older[1]}!A1",
                    f"与 {newer[0]} {newer[1]} 是同一台账的两个版本（{rows}行）",
                    f"采用 {newer[0]}，本表未计入",
                )
            )
    return [(b, p) for b, p in placed if id(b) not in dropped]
