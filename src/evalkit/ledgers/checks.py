"""Checks on what was read: totals, identities, dates, sizes, founding rules. They report; they change no value.

What is checked is data (`checks` in rules.yml, ``total_of`` in headings.yml); how it is checked stands in one function each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalkit.ledgers import values
from evalkit.ledgers.findings import RULES, finding
from evalkit.ledgers.forms import Form
from evalkit.ledgers.headings import Headings
from evalkit.ledgers.making.units import column_lacking
from evalkit.ledgers.making.verbs import joined, keys_of
from evalkit.ledgers.place import district_of
from evalkit.ledgers.regions import Region, where
from evalkit.ledgers.totals import adds_up, amounts, is_total
from evalkit.problems import Problem
from evalkit.world.number import plain

_RULES: dict[str, Any] = RULES["checks"]
_SECTORS = ("units_enterprise", "units_social")
_MIXED = "是否把万元填成了元（或相反）"
_ROW = ["area", "period", "unit", "unit_name", "responsible_body", "source_row"]


def run(
    forms: Mapping[str, Form],
    unit_rows: pd.DataFrame | None,
    raw: Mapping[str, pd.DataFrame],
    made: Mapping[str, pd.DataFrame],
    headings: Headings,
) -> Iterator[Problem]:
    """Every check that one reading allows."""
    for name, form in forms.items():
        columns = headings.forms[name]["columns"]
        told = ("kind", "status") if name == "units" else ()  # said apart
        wanted = {c: s["names"][0] for c, s in columns.items() if s.get("wanted") and c not in told}
        yield from column_lacking(form, wanted, "有关指标按缺报处理")
        yield from _totals(form, columns, unit_rows if name == "units" else None)
        complete = _RULES["identities"].get(name, {})
        for total, parts in (
            complete | {c: s["total_of"] for c, s in columns.items() if "total_of" in s}
        ).items():
            yield from _identity(form, columns, total, parts, every=total in complete)
        for less, more in _RULES["not_more"].get(name, ()):
            yield from _more_than(form, columns, less, more)
    if "funds" in forms:
        yield from _factor(forms["funds"], headings.forms["funds"]["columns"])
    if "activities" in forms:
        yield from _activity_dates(forms["activities"])
    if unit_rows is not None:
        yield from _due(forms["units"], raw["units"], raw.get("covers", made["covers"]))
    yield from _joint_size(made["covers"])
    if "work_report" in forms:
        yield from _summaries(forms["work_report"], made)
    yield from between_periods(made["units"])


def _rows(broken: pd.Series) -> np.ndarray:
    return np.flatnonzero(broken.fillna(False).to_numpy(dtype=bool))


def _totals(
    form: Form, columns: Mapping[str, Any], unit_rows: pd.DataFrame | None
) -> Iterator[Problem]:
    """小计 against the rows since the last total or those of the last area, 合计 and 总计 against all of the sheet so far.

    Where the first total of a block stands above its rows, each is held against the rows below it as well.
    """
    if not any(b.totals for b in form.blocks):
        return
    summed = [
        c
        for c, s in columns.items()
        if s["type"] in ("int", "money") and c in form.data and c != "month"
    ]
    arrays = {c: amounts(form, c) for c in summed}
    inactive = np.zeros(len(form.data), dtype=bool)
    again = form.repeated
    if unit_rows is not None:
        inactive = unit_rows["status"].isin(["suspended", "cancelled"]).to_numpy(dtype=bool)
        again = unit_rows["repeated"].to_numpy(dtype=bool)
    for three in (
        arrays.values() if again is not None else ()
    ):  # a row that is counted once is in no right total twice
        three[:, again] = 0.0
    depth = form.data["area"].str.count("/")  # a blank 镇街 belongs to the one above
    changes = np.flatnonzero(
        np.diff(pd.factorize(form.data["area"].where(depth == depth.max()).ffill())[0], prepend=-2)
    )
    stop, sheet_start, last_sheet = 0, 0, None
    for block in form.blocks:
        start = since = stop
        stop += len(block.rows)
        if last_sheet is not block.sheet:
            sheet_start, last_sheet = start, block.sheet
        places = [start + int(np.searchsorted(block.rows, index)) for index, _ in block.totals]
        for (index, label), at, after in zip(
            block.totals, places, [*places, stop][1:], strict=True
        ):
            part = "小计" in label
            town = max(since, changes[np.searchsorted(changes, at) - 1]) if at > since else since
            spans = [
                (a, at)
                for a in dict.fromkeys([since, town] if part else [sheet_start, start, since])
                if at > a
            ]
            if places[0] == start and at < stop:  # totals above their rows
                spans = [
                    (at, b) for b in dict.fromkeys([after] if part else [stop, after]) if b > at
                ] + spans
            since = at
            for column in summed if spans else ():
                if column in block.columns:
                    yield from _one_total(
                        block,
                        index,
                        label,
                        column,
                        columns[column],
                        arrays[column],
                        spans,
                        inactive,
                    )


def _summaries(form: Form, made: Mapping[str, pd.DataFrame]) -> Iterator[Problem]:
    """What a sheet sums up by township against the rows of the other sheets of its file."""
    sheets = {
        (b.sheet.file, b.sheet.name)
        for b in form.blocks
        if b.sheet.shaped in ("overview", "across")
    }
    for figure in made["figures"].itertuples():
        if (figure.source_file, figure.source_sheet) not in sheets or pd.isna(figure.value):
            continue
        counted = _counted(figure, made)
        if counted and not any(abs(figure.value - one) <= 0.5 for one in counted):
            place = str(figure.locator)
            said = (f"汇总{plain(figure.value)}", f"按明细相加为{plain(counted[0])}")
            yield finding(
                "total_differs", figure.source_file, place, *said, advice="核对汇总或明细"
            )


def _counted(figure: Any, made: Mapping[str, pd.DataFrame]) -> list[float]:
    """What the rows of a file give for a figure of an area: of all units, and of those in operation."""
    units = made["units"]
    inside = [
        area == figure.area or str(area).startswith(f"{figure.area}/") for area in units["area"]
    ]
    mine = units[np.array(inside, dtype=bool)]
    mine = mine[mine["source_file"].eq(figure.source_file).fillna(False)]
    mine = mine[mine["period"].eq(figure.period).fillna(False)]
    sector = {"units_enterprise": "enterprise", "units_social": "social"}.get(figure.measure)
    if not len(mine) or figure.measure not in ("units", "employees", "members", *_SECTORS):
        return []
    if sector:
        mine = mine[mine["sector"].eq(sector).fillna(False)]
    running = mine[mine["status"].eq("operating").fillna(False)]
    if figure.measure in ("units", *_SECTORS):
        return [float(len(mine)), float(len(running))]
    column = str(figure.measure)
    return [float(some[column].sum()) for some in (mine, running) if mine[column].notna().any()]


def _one_total(
    block: Region,
    index: int,
    label: str,
    column: str,
    spec: Mapping[str, Any],
    three: np.ndarray,
    spans: Sequence[tuple[int, int]],
    inactive: np.ndarray,
) -> Iterator[Problem]:
    at, row, unit = block.columns[column].index, block.sheet.rows[index], block.unit(column, spec)
    cell = row[at] if at < len(row) else ""
    if spec["type"] == "money" and isinstance(cell, int | float):
        unit = block.sheet.formats.get((index + 1, at + 1), unit)
    if cell in ("", None):
        return
    kind, scale = ("money", 100.0) if spec["type"] == "money" else ("count", 1.0)
    read = values.parse("" if isinstance(cell, bool) else cell, unit=unit, kind=kind)
    if read.value is None or read.low != read.high:
        return
    given = read.value * scale
    place = where(block.sheet, index + 1, at)

    def shown(number: float) -> str:
        return f"{plain(number / scale / values.split_unit(unit)[0])}{unit}"

    for first, last in spans:
        point, bottom, top = three[:, first:last]
        closed = inactive[first:last]
        if np.nansum(bottom) - 0.5 <= given <= np.nansum(top) + 0.5:
            counted = closed & (np.nan_to_num(point) != 0)
            if counted.any():
                right = (
                    f"不含停业、注销的{int(counted.sum())}家应为{shown(np.nansum(point[~closed]))}"
                )
                yield finding(
                    "inactive_in_total", block.sheet.file, place, f"{label}{shown(given)}", right
                )
            return
        if abs(np.nansum(point[~closed]) - given) <= 0.5:
            return
    point = three[0, slice(*spans[0])]
    unsure = bool(np.isnan(point).any())
    right = f"按明细相加为{shown(np.nansum(point))}" + ("（有空缺或读不懂的行）" if unsure else "")
    severity: Any = "question" if unsure else "warning"
    yield finding(
        "total_differs", block.sheet.file, place, f"{label}{shown(given)}", right, severity=severity
    )


def _identity(
    form: Form, columns: Mapping[str, Any], total: str, parts: Sequence[str], every: bool
) -> Iterator[Problem]:
    """A total beside its parts in one row; blank parts count as nothing where another part is given (not where `every`)."""
    here = [p for p in parts if p in form.data]
    if total not in form.data or not here or (every and len(here) < len(parts)):
        return
    nested = [
        p for p in here if set(columns[p].get("total_of", ())) & set(here)
    ]  # 上级下拨 beside its own parts
    sums, known = np.zeros((2, len(form.data))), []
    unread = np.zeros(len(form.data), dtype=bool)
    for part in here:
        low, high = amounts(form, part)[1:]
        counted = ~np.isnan(low)
        if part in nested:
            counted &= ~np.logical_or.reduce([form.has(p) for p in columns[part]["total_of"]])
        known.append(counted)
        sums += np.where(counted, (low, np.where(np.isnan(high), np.inf, high)), 0)
        unread |= form.data[part + "_note"].to_numpy() & values.NOTES["value_unreadable"] > 0
    given = amounts(form, total)
    # beside payers that do not add up to it it is money of its own, which is asked where it is counted
    if not every:
        unread |= adds_up(form, columns, total)
        sure = (
            columns[total].get("as_total") == "always"
        )  # its heading says so, whatever the sums are
        unread |= ~is_total(form, columns, total) & (not sure)
    use = (np.logical_and if every else np.logical_or).reduce(known) & ~unread & ~np.isnan(given[1])
    names = "＋".join(columns[p]["names"][0] for p in here if p not in nested or len(here) == 1)
    scale, unit = (100, "元") if columns[total]["type"] == "money" else (1, "")
    lost = (
        (given[1] > 0)
        & ~np.logical_or.reduce(known)
        & ~unread
        & np.logical_or.reduce([form.has(p) for p in here])
    )
    lost &= not every  # a sum beside blank parts is in no amount
    for row in np.flatnonzero(
        lost | (use & ((given[1] > sums[1] + 0.5) | (given[2] < sums[0] - 0.5)))
    ):
        found = f"{columns[total]['names'][0]}{plain(given[0, row] / scale)}{unit}"
        said = "都空白，未计入" if lost[row] else f"＝{plain(sums[0, row] / scale)}{unit}"
        yield form.problem("identity_differs", total, row, found, names + said)


def _more_than(form: Form, columns: Mapping[str, Any], less: str, more: str) -> Iterator[Problem]:
    """Two dates or two counts of which the first may not be the greater."""
    if less not in form.data or more not in form.data:
        return
    dates = columns[less]["type"] == "date"
    wrong = (
        form.data[less] > form.data[more]
        if dates
        else form.data[less + "_low"] > form.data[more + "_high"]
    )
    for row in _rows(wrong):
        said = "，".join(
            f"{columns[c]['names'][0]}{str(form.data[c].iat[row])[:10]}" for c in (less, more)
        )
        yield form.problem(
            "date_backwards" if dates else "value_implausible", more if dates else less, row, said
        )


def _factor(form: Form, columns: Mapping[str, Any]) -> Iterator[Problem]:
    """An amount some 10,000 times the usual one of its column and sheet: 万元 and 元 mixed up."""
    sheets = form.data["sheet"].to_numpy()
    of_sheet = [np.flatnonzero(sheets == sheet) for sheet in np.unique(sheets)]
    for column in (c for c, s in columns.items() if s["type"] == "money" and c in form.data):
        fen = form.data[column].to_numpy(dtype=float, na_value=np.nan)
        middle = np.full(len(fen), np.nan)
        for rows in of_sheet:
            given = fen[rows][fen[rows] > 0]
            if len(given) >= 5:
                middle[rows] = np.median(given)
        for row in np.flatnonzero((fen >= 2000 * middle) | ((fen <= middle / 2000) & (fen > 0))):
            found = f"{plain(fen[row] / 100)}元，本列多为{plain(middle[row] / 100, 6)}元左右"
            yield form.problem("value_implausible", column, row, found, advice=_MIXED)


def _activity_dates(form: Form) -> Iterator[Problem]:
    if "date" not in form.data:
        return
    date, period = form.data["date"], form.data["period"]
    codes, periods = pd.factorize(period)
    year = np.array([*(float(p[:4]) if p[:4].isdigit() else np.nan for p in periods), np.nan])[
        codes
    ]
    for row in _rows(date.notna() & ~np.isnan(year) & (date.dt.year != year)):
        said = (f"{date.iat[row]:%Y-%m-%d}", f"计入{period.iat[row]}")
        yield form.problem("period_conflict", "date", row, *said, advice="核对活动日期或所属年度")
    month = form.data.get("month", pd.Series(pd.NA, index=date.index, dtype="Int64"))
    for row in _rows(date.notna() & (date.dt.month != month)):
        found = f"月份{month.iat[row]}，日期{date.iat[row]:%Y-%m-%d}"
        yield form.problem(
            "value_implausible", "month", row, found, "按月份列", advice="核对月份和日期"
        )


def founding_actions(units: pd.DataFrame, covers: pd.DataFrame) -> pd.DataFrame:
    """Units that break a founding rule: area, period, unit, unit_name, rule, found, suggestion, responsible_body.

    R01: 3 or more full members and no organisation of its own. R05: 100 or more employees and no organisation, single
    or joint. R04: 50 or more employees and no member. Operating legal persons only; 以上 includes the number itself;
    a number said with a word breaks a rule only where its lowest reading does.
    """
    rules = _RULES["founding"]
    sound = units["status"].eq("operating").fillna(False) & units["legal_person"].fillna(False)
    enough = [
        sound & units[rule["column"] + "_low"].ge(rule["least"]).fillna(False) for rule in rules
    ]
    base = units[np.logical_or.reduce(enough).astype(bool)]
    place = ["area", "period", "unit"]
    near = covers[covers["unit"].isin(base["unit"])]
    at, by = (joined(*(frame[c] for c in place)) for frame in (base, near))
    modes = near["mode"].to_numpy(dtype=object)
    single, covered = (at.isin(by[wanted]) for wanted in (modes == "single", modes != "functional"))
    without = {
        "single": ~single,
        "covered": ~covered,
        "members": base["members_high"].eq(0).fillna(False),
    }
    pieces = []
    for rule, many in zip(rules, enough, strict=True):
        rows = base[(many[base.index] & without[rule["without"]]).to_numpy(dtype=bool)]
        # the lowest count a list may show is three: below it the member count is not told
        found = [rule["found"].format(n) for n in rows[rule["column"]]]
        columns = [c for c in (*_ROW, "source_file", "source_sheet") if c in rows]
        pieces.append(
            rows[columns].assign(
                position=rows.index,
                rule=rule["rule"],
                column=rule["column"],
                found=found,
                suggestion=rule["advice"],
            )
        )
    return pd.concat(pieces, ignore_index=True)


def _due(form: Form, unit_rows: pd.DataFrame, covers: pd.DataFrame) -> Iterator[Problem]:
    listed = founding_actions(unit_rows, covers)
    listed = listed[listed["rule"].isin(["R01", "R05"])].drop_duplicates(["area", "period", "unit"])
    row: Any
    for row in listed.itertuples():
        body = row.responsible_body
        advice = f"由{body}督促，{row.suggestion}" if isinstance(body, str) else row.suggestion
        code = "due_not_founded" if row.rule == "R01" else "large_not_covered"
        yield form.problem(
            code, row.column, row.position, f"{row.unit_name}：{row.found}", advice=advice
        )


def _joint_size(covers: pd.DataFrame) -> Iterator[Problem]:
    joint = covers[covers["mode"].isin(["joint", "attached"])]
    joint = joint.assign(
        district=keys_of(joint["area"], district_of).fillna(""), period=joint["period"].fillna("")
    )
    group, limit = ["district", "period", "party_org"], _RULES["joint_limit"]
    sizes = joint.groupby(group, sort=False)["unit"].nunique().rename("n").reset_index()
    for row in sizes[sizes["n"] > limit].merge(joint.drop_duplicates(group), on=group).itertuples():
        place, found = f"{row.source_sheet}!A{row.source_row}", f"{row.party_org}覆盖{row.n}家单位"
        yield finding(
            "joint_too_large", row.source_file, place, found, allowed=f"一般不超过{limit}家"
        )


def between_periods(units: pd.DataFrame) -> Iterator[Problem]:
    """Units that appear without being new, or vanish without being cancelled, and revenues 10,000 times last year's."""
    periods = {p for p in units["period"].dropna().unique() if re.fullmatch(r"\d{4}", p)}
    if len(periods) < 2:
        return
    units = units.assign(
        district=keys_of(units["area"], district_of).fillna(""),
        name_key=keys_of(units["unit_name"]),
    )
    by: dict[Any, pd.DataFrame] = dict(iter(units.groupby(["district", "period"], sort=False)))
    for (district, period), now in by.items():
        before = by.get((district, str(int(period) - 1))) if period in periods else None
        if before is None:
            continue
        # a unit whose credit code is missing in one of the years is found again by its name
        fresh, gone = _absent(now, before), _absent(before, now)
        for code, rows, text in (
            (
                "unit_appeared",
                fresh[fresh["started_on"].dt.year < int(period) - 1],
                f"上年台账没有、{period}年出现的老单位",
            ),
            (
                "unit_vanished",
                gone[gone["status"] == "operating"],
                f"上年正常、{period}年台账里没有的单位",
            ),
        ):
            if len(rows):
                names = "、".join(rows["unit_name"].head(5)) + ("等" if len(rows) > 5 else "")
                place = f"{now['source_sheet'].iat[0]}!A1"
                yield finding(
                    code, str(now["source_file"].iat[0]), place, f"{text}{len(rows)}家：{names}"
                )
        both = now.merge(before[["unit", "revenue_fen"]], on="unit", suffixes=("", "_before"))
        ratio = both["revenue_fen"].astype("Float64") / both["revenue_fen_before"].replace(0, pd.NA)
        for row in both[
            (ratio.between(5000, 20000) | ratio.between(1 / 20000, 1 / 5000)).fillna(False)
        ].itertuples():
            place, found = (
                f"{row.source_sheet}!A{row.source_row}",
                f"{row.unit_name}营业收入与上年相差约一万倍",
            )
            yield finding("value_implausible", str(row.source_file), place, found, advice=_MIXED)


def _absent(here: pd.DataFrame, there: pd.DataFrame) -> pd.DataFrame:
    known = {*there["unit"], *there["name_key"]}
    return here[~here["unit"].isin(known) & ~here["name_key"].isin(known)]
