"""The units of a 组织台账, one row a unit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evalkit.ledgers import persons
from evalkit.ledgers.findings import RULES, finding
from evalkit.ledgers.forms import SUFFIXES, TEXT, Form, absent, name_key
from evalkit.ledgers.making.members import member_parts
from evalkit.ledgers.making.once import add_columns, first_rows, tell_duplicates
from evalkit.ledgers.making.verbs import DATE, column_of, filled_from, joined, keys_of
from evalkit.problems import Problem

FEW_COLUMNS = (
    "years",
    "overview",
    "across",
    "matrix",
    "months",
    "kinds",
    "quarters",
    "quarter_funds",
    "quarter_activities",
    "stars",
    "account",
)  # shapes that have no further columns to lack


_OVER = re.compile(r"[(（]((?:已)?(?:注销|吊销|撤销|迁出|搬离|停业|歇业|停产|关停))[)）]$")


def _sector(block: Any) -> str | None:
    """What a block without a column for it says of its units: 二、社会组织 above it, or its sheet."""
    for said in (block.section, "".join((block.sheet.name, *block.titles))):
        if ("社会组织" in said) != ("企业" in said):
            return "social" if "社会组织" in said else "enterprise"
    return None


def _code(text: str) -> str:
    plain_code = text.isalnum() and text.isupper() and text.isascii()
    return (
        text if plain_code else re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text)).upper()
    )


def _by_code(form: Form) -> pd.Series:
    """Whether an instructor is named: the codes themselves go no further."""
    codes = column_of(form, "instructor_codes")
    named = codes.notna() & ~codes.map(absent, na_action="ignore").fillna(True).astype(bool)
    return pd.Series(named, dtype="boolean").where(
        pd.Series(form.has("instructor_codes"), named.index) | codes.notna()
    )


def _sectors(form: Form, kind: pd.Series) -> pd.Series:
    """非公企业 or 社会组织 where the row's own table has no column for it: by its kind, else by its sheet's words."""
    by_kind = kind.map(
        {k: sector for sector, kinds in RULES["sectors"]["kinds"].items() for k in kinds}
    ).astype(TEXT)
    by_sheet = pd.Series(form.of_block(map(_sector, form.blocks)), index=kind.index, dtype=TEXT)
    usual = kind.map(RULES["sectors"]["usual"]).astype(TEXT)
    said = filled_from(by_kind, by_sheet, usual).mask(form.has("sector"))
    return filled_from(column_of(form, "sector"), said)


def _statuses(form: Form, over: pd.Series) -> pd.Series:
    """The column of the status, else what the name or the columns 是否停产 and 是否注销 say, else the day it ended."""
    by_name = (
        over.str.contains("停|歇").map({True: "suspended", False: "cancelled"}).astype(TEXT)
        if over.notna().any()
        else over
    )
    flags = [
        flag.where(flag.ne("operating"))
        for flag in (column_of(form, "cancelled"), column_of(form, "suspended"))
    ]
    by_date = pd.Series(
        np.where(column_of(form, "ended_on", DATE).notna(), "cancelled", "operating"),
        index=over.index,
        dtype=TEXT,
    )
    return filled_from(column_of(form, "status"), by_name, *flags, by_date)


def units(form: Form, problems: list[Problem]) -> pd.DataFrame:
    """The units of a form, one row a unit (`kept`): keys, duplicates out, status and legal person by rule."""
    data = form.data.copy(deep=False)
    ended = (
        data["unit_name"].str.endswith((")", "）")).fillna(False)
    )  # 甲公司（已注销）; the pattern is slow
    over = (
        data["unit_name"].where(ended).str.extract(_OVER)[0]
        if ended.any()
        else pd.Series(pd.NA, data.index, TEXT)
    )
    for r in np.flatnonzero(over.notna()):
        problems.append(
            form.problem(
                "value_noted",
                "unit_name",
                r,
                f"（{over.iloc[r]}）",
                "按此定状态",
                advice="状态另设一列",
            )
        )
        data.loc[data.index[r], "unit_name"] = _OVER.sub("", data["unit_name"].iloc[r])
    data["name_key"] = named = keys_of(data["unit_name"])
    code = column_of(form, "unit")
    code = pd.Series(
        [_code(c) if isinstance(c, str) else None for c in code.to_numpy(dtype=object)], dtype=TEXT
    )
    good = persons.credit_codes(code)
    data["unit"] = code.where(good, named)
    bad = np.flatnonzero(code.notna().to_numpy() & ~good)
    if len(bad) > 20:
        problems.append(
            form.problem(
                "code_invalid", "unit", bad[0], f"{len(bad)}个统一社会信用代码位数或校验位不对"
            )
        )
    else:
        problems += [
            form.problem("code_invalid", "unit", r, persons.scrub(str(code.iloc[r]))[0][:20])
            for r in bad
        ]
    nameless = data["unit"].fillna("").eq("").to_numpy(dtype=bool)
    problems += [
        form.problem("column_missing", "unit_name", r, "空白") for r in np.flatnonzero(nameless)
    ]
    form.said |= dict.fromkeys(np.flatnonzero(nameless).tolist(), "name_missing")

    data["link"] = joined(data["place_key"], data["unit"])
    double = data["link"].duplicated()
    # one row with its code and one without it: the name decides, unless both carry different codes
    by_name = joined(data["place_key"], named)
    if (again := by_name.duplicated() & ~double).any():
        with_code = pd.Series(np.where(good, code.fillna(""), ""), index=data.index)
        double |= again & (with_code.eq("") | with_code.groupby(by_name).transform("first").eq(""))
    org = keys_of(column_of(form, "party_org_name"))
    data["further"] = (
        double & org.notna() & joined(data["link"], data["sheet"].astype(str)).duplicated()
    )
    data["further"] &= ~joined(data["link"], org).duplicated() & ~form.extracts
    again = double & ~data["further"]
    firsts = first_rows(again, data["link"], by_name)
    tell_duplicates(form, problems, "unit_name", firsts)
    for r in np.flatnonzero(data["further"]):
        said = (str(data["unit_name"].iat[r]), "同一单位的又一个党组织：单位只计一次，党组织另计")
        problems.append(
            form.problem(
                "row_duplicate",
                "unit_name",
                r,
                *said,
                advice="核对是否同一单位",
                severity="question",
            )
        )
    for name in add_columns(form, firsts, problems):
        if name not in ("unit_name", "unit"):
            data[name] = form.data[name]

    data["former_name"] = _former_names(form, data)
    data["kind"] = kind = column_of(form, "kind")
    data["sector"] = _sectors(form, kind)
    data["legal_person"] = ~kind.isin(["分支机构", "个体工商户"]).astype("boolean")
    data["status"] = _statuses(form, over.fillna(_ended_by_remark(form, over, problems)))
    for name, read in (
        ("kind", "没有“单位类型”一列，都按法人单位计"),
        ("status", "没有“状态”一列，都按正常经营计"),
    ):
        problems += column_lacking(form, {name: ""}, read)
    member_parts(form, data, problems)
    for suffix in SUFFIXES:
        data["employees" + suffix] = column_of(form, "employees" + suffix, "Int64")
    data["has_instructor"] = filled_from(
        column_of(form, "has_instructor", "boolean"), _by_code(form)
    )
    bodies = (column_of(form, c) for c in ("responsible_body", "supervising_unit", "affiliation"))
    data["responsible_body"] = filled_from(*bodies)
    data["kept"] = ~double & ~nameless
    here = joined(data["link"], data["sheet"].astype(str)).duplicated() | data["further"]
    same_sheet = {
        row for row, first in firsts.items() if data["sheet"].iat[row] == data["sheet"].iat[first]
    }
    data["repeated"] = here | data.index.isin(same_sheet) | nameless
    return data


def _former_names(form: Form, data: pd.DataFrame) -> pd.Series:
    """原名, and where it says nothing what remarks tell: 由甲厂、乙厂合并, or 已并入丙公司 in the row of another unit."""
    former = column_of(form, "former_name").copy()
    if not form.changes:
        return former
    by_name = {
        key: row for row, key in reversed(list(joined(data["place_key"], data["name_key"]).items()))
    }
    for row, change in form.changes.items():
        if change.came and pd.isna(former.iat[row]):
            former.iat[row] = "、".join(change.came)
    for row, change in form.changes.items():
        key = f"{data['place_key'].iat[row]}\x1f{name_key(change.into)}" if change.into else ""
        into = by_name.get(key)
        if into is not None and into != row:
            before = former.iat[into]
            names = [] if pd.isna(before) else str(before).split("、")
            former.iat[into] = "、".join(dict.fromkeys([*names, str(data["unit_name"].iat[row])]))
    return former


def _ended_by_remark(form: Form, over: pd.Series, problems: list[Problem]) -> pd.Series:
    """已注销 or 已并入… in the remark of a row whose table has no status: that decides, and is said."""
    told = pd.Series(pd.NA, index=over.index, dtype=TEXT)
    rows = [row for row, change in sorted(form.changes.items()) if change.ended]
    open_rows = ~(form.has("status") | form.has("cancelled") | form.has("ended_on"))
    for row in (row for row in rows if open_rows[row] and pd.isna(over.iat[row])):
        told.iat[row] = "注销"
        said = ("备注写已注销或并入其他单位", "按此定状态")
        problems.append(form.problem("value_noted", "unit_name", row, *said, advice="状态另设一列"))
    return told


def counted(unit_rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of units without those that count a unit again."""
    return unit_rows if unit_rows["kept"].all() else unit_rows[unit_rows["kept"]]


def column_lacking(form: Form, wanted: Mapping[str, str], read: str) -> list[Problem]:
    """One warning for every sheet that lacks some of these columns, with their names; an extract may lack them."""
    have: dict[tuple[str, str], set[str]] = {}
    for block, place, month in zip(form.blocks, form.places, form.sheet_months, strict=True):
        if block.extract or block.sheet.shaped in FEW_COLUMNS:
            continue
        told: dict[str, Any] = {
            "period": place.period,
            "township": any(level == 4 for level, _ in place.levels),
            "month": month or "date" in block.columns,
            "status": block.columns.keys() & {"suspended", "cancelled"},
        }
        columns = have.setdefault(
            (block.sheet.file, block.sheet.name), {c for c, said in told.items() if said}
        )
        columns.update(block.columns)
    more: Any = {"advice": "有这些列时请补上", "severity": "warning"}
    said = {
        at: [name for c, name in wanted.items() if c not in columns] for at, columns in have.items()
    }
    return [
        finding(
            "column_missing",
            file,
            f"{sheet}!A1",
            f"缺少：{'、'.join(names)}" if all(names) else "",
            read,
            **more,
        )
        for (file, sheet), names in said.items()
        if names
    ]
