"""From a dataset, or a plain frame, to what a plan needs: organisations by year, money already paid, tables of counts."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit.files import regular_bytes
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.subsidy.source import Source
from evalkit.subsidy.values import SchemeData
from evalkit.subsidy.words import KIND_COLUMN, NOTES, WORDS, column_word
from evalkit.world.area import Area
from evalkit.world.condition import columns_of, parse
from evalkit.world.note import Note
from evalkit.world.period import in_time

MAX_TABLE = 50_000_000  # bytes of a user's table
KEYS = ["home", "period", "party_org"]
LEDGER = {"town": ("income", "fiscal_township"), "dues": ("dues_paid", None)}


def from_data(data: Any, tables: Mapping[str, pd.DataFrame], within: str | None) -> Source:
    """The source of processed data: the view of party organisations, funds, instructors."""
    areas = data.areas
    home = dict(zip(areas["area"], areas["home"], strict=True))
    orgs = data.view_frame("party_orgs")
    orgs["home"] = mapped(orgs["area"], home)
    orgs["area_kinds"] = mapped(orgs["area"], _kinds_of_areas(areas))
    orgs["level"] = mapped(orgs["area"], dict(zip(areas["area"], areas["level"], strict=True)))
    tall = {
        t: data.frame(t).assign(home=lambda f: mapped(f["area"], home))
        for t in ("covers", "units", "funds", "instructor_counts")
    }
    joined = tall["covers"].merge(
        tall["units"][["home", "period", "unit", "employees", "sector"]],
        on=["home", "period", "unit"],
    )
    of_units = _of_units(joined)
    orgs = orgs.drop(columns=["employees", "sector"], errors="ignore")
    orgs = orgs.merge(of_units, on=KEYS, how="left")
    counts, funds = tall["instructor_counts"], tall["funds"]
    years = tuple(sorted({int(str(p)[:4]) for p in orgs["period"]}))
    places = tall["units"][["home", "period"]].drop_duplicates()
    with_orgs = pd.concat([orgs[["home", "period"]], tall["covers"][["home", "period"]]])
    known = set(with_orgs.drop_duplicates().itertuples(index=False, name=None))
    empty = frozenset(set(places.itertuples(index=False, name=None)) - known)
    order = areas.loc[areas["area"].isin(_expected(areas, orgs["home"]))].sort_values("sort_order")
    inside = data.find_area(within) if within else None
    if inside:
        asked = Area.of(inside)
        related = [asked.contains(a) or Area.of(a).contains(asked) for a in order["area"]]
        order, orgs = order[related], orgs[[asked.contains(a) for a in orgs["area"]]]
        funds = funds[funds["party_org"].isin(orgs["party_org"]) & funds["home"].isin(orgs["home"])]
        counts = counts[counts["home"].isin(order["area"])]
    orgs = orgs.sort_values(
        [*KEYS, "area", "members"], ignore_index=True
    )  # the view gives no order; sums of floats need one
    top = areas.set_index("area").loc[inside or min(areas["area"], key=len)]
    whole = (
        top["name"]
        if inside
        else {"province": "全省", "city": "全市", "district": "全区"}.get(str(top["level"]), "合计")
    )
    names = tuple(order["name"].astype(str))
    notes = (NOTES.note("source.demo"),) if data.is_demo else ()
    given = {**tables, "instructor_counts": counts}
    made = make(orgs, funds, given, tuple(order["area"]), names, whole, data.is_demo, notes)
    return replace(made, years=years, empty=empty)


def _of_units(covered: pd.DataFrame) -> pd.DataFrame:
    """Of every organisation the employees of its units, and the sector of most of them (enterprise where they are even)."""
    rows = covered.assign(
        of_enterprises=covered["sector"].eq("enterprise").fillna(False).astype(int),
        of_social=covered["sector"].eq("social").fillna(False).astype(int),
    )
    columns = ["employees", "of_enterprises", "of_social"]
    found = rows.groupby(KEYS, as_index=False)[columns].sum()
    known = found["of_enterprises"] + found["of_social"] > 0
    social = found["of_social"] > found["of_enterprises"]
    sector = pd.Series("enterprise", found.index).mask(social, "social").where(known)
    return found.assign(sector=sector)[[*KEYS, "employees", "sector"]]


def _expected(areas: pd.DataFrame, homes: pd.Series) -> set[str]:
    """Districts that ought to report: those with organisations, and the others of the same level without areas below."""
    found = set(homes.dropna())
    levels = set(areas.loc[areas["area"].isin(found), "level"])
    own = areas.loc[areas["area"].eq(areas["home"]) & areas["level"].isin(levels), "area"]
    homes_of_all = areas.loc[areas["area"].eq(areas["home"]), "area"]
    above = {parent.path for area in homes_of_all if (parent := Area.of(area).parent)}
    return found | {area for area in own if area not in above}


def from_frame(
    frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame], period: int | None = None
) -> Source:
    """The source of a plain frame: area, party_org and what the scheme names.

    Parameters
    ----------
    tables
        ``funds`` for the money already paid; others add columns by organisation, or are counts by area.
    period
        The year of the rows, where the frame has no column ``period``.
    """
    own = {"area": WORDS["uses"]["area"], "party_org": WORDS["uses"]["party_org"]}
    require(frame.columns, {name: [use] for name, use in own.items()})
    if "period" not in frame and period is not None:
        frame = frame.assign(period=str(period))
    home = frame["home"] if "home" in frame else frame["area"]
    orgs = frame.assign(home=home.where(home.astype(str).str.strip() != ""))
    homes = tuple(orgs["home"].dropna().unique())
    names = tuple(Area.of(str(one)).name for one in homes)
    rest = {name: _with_home(table) for name, table in tables.items() if name != "funds"}
    funds = tables.get("funds")
    return make(
        orgs, None if funds is None else _with_home(funds), rest, homes, names, WORDS["whole"]
    )


def _with_home(table: pd.DataFrame) -> pd.DataFrame:
    """A user's table with the districts of its rows, where it tells them."""
    return table.assign(home=table["area"]) if "area" in table and "home" not in table else table


# --- the columns that a scheme looks at ---


def columns_used(scheme: SchemeData) -> dict[str, list[str]]:
    """The columns of party organisations that a scheme looks at, each with what for, in Chinese."""
    uses: dict[str, list[str]] = {}

    def use(column: str, key: str, *facts: str) -> None:
        text = str(WORDS["uses"][key]).format(*facts)
        if text not in uses.setdefault(column, []):
            uses[column].append(text)

    listed = [part for part in scheme.components.values() if not part.counted]
    for column in columns_of(parse(scheme.eligible)) if listed else ():
        use(column, "eligible")
    for part in listed:
        for conditions in (part.eligible, *part.scopes.values()):
            for column in columns_of(parse(conditions)):
                use(column, "eligible_of", part.name)
        if part.once:
            use("founded_in_period", "once", part.name)
        if part.by and not part.of:
            use(part.by, "by", part.name)
        if quantity := _QUANTITIES.get(part.per):
            use(quantity, "per", part.name)
    return uses


_QUANTITIES = {"member": "members", "unit": "units_covered", "employee": "employees"}


def require(columns: Iterable[Any], uses: Mapping[str, list[str]]) -> None:
    """Raise one `InputError` with every column that is missing and what it is used for."""
    there = [str(name) for name in columns]
    missing = [name for name in uses if name not in there]
    if missing:
        raise InputError(
            [
                Problem(
                    "column_missing",
                    where=name,
                    found="、".join(one for one in there if one != "home"),
                    allowed=f"{column_word(name)}：{'；'.join(uses[name])}",
                    advice=did_you_mean(name, there) or WORDS["uses"]["advice"],
                )
                for name in missing
            ]
        )


def make(
    orgs: pd.DataFrame,
    funds: pd.DataFrame | None,
    tables: Mapping[str, pd.DataFrame],
    homes: tuple[str, ...],
    names: tuple[str, ...],
    whole: str,
    is_demo: bool = False,
    notes: tuple[Note, ...] = (),
) -> Source:
    periods = orgs["period"] if "period" in orgs else pd.Series(0, orgs.index)
    orgs = orgs.assign(period=periods.astype(str).str[:4])
    money = None if funds is None else _money(funds, next(reversed(in_time(orgs["period"])), ""))
    for name, table in tables.items():
        if "party_org" in table and name != "instructor_counts":  # a user's columns
            on = [c for c in KEYS if c in table and table[c].notna().all()]
            more = table.drop(columns=["area"], errors="ignore").drop_duplicates(on)
            orgs = orgs.merge(more, on=on, how="left")
    if lost := int((~orgs["home"].isin(homes)).sum()):
        notes = (*notes, NOTES.note("source.no_place", count=lost))
        orgs = orgs[orgs["home"].isin(homes)]
    if twice := int(orgs.duplicated(KEYS).sum()):
        notes = (*notes, NOTES.note("source.twice", count=twice))
        orgs = orgs.drop_duplicates(KEYS)
    orgs = _with_kinds(_formal_members(orgs.reset_index(drop=True)))
    years = tuple(sorted(int(p) for p in orgs["period"].unique()))
    return Source(orgs, money, dict(tables), homes, names, whole, is_demo, notes, years)


def mapped(values: pd.Series, lookup: Mapping[str, Any]) -> pd.Series:
    """``values.map(lookup)``, each value looked up once: areas are few, rows many."""
    codes, distinct = pd.factorize(values)
    if (codes < 0).any() or not len(values):
        return values.map(dict(lookup))
    found = pd.Series(distinct).map(dict(lookup)).take(codes)
    return found.set_axis(values.index)


def _with_kinds(orgs: pd.DataFrame) -> pd.DataFrame:
    """A column for every kind of area (农村, 园区, 山区): whether an organisation's area is of it."""
    if "area_kinds" not in orgs:
        return orgs
    codes, texts = pd.factorize(orgs["area_kinds"], use_na_sentinel=False)
    of_each = [set(kinds_in(text)) for text in texts]
    kinds = dict.fromkeys(kind for some in of_each for kind in sorted(some))
    more = {
        f"{KIND_COLUMN}{kind}": np.array([kind in some for some in of_each], bool)[codes]
        for kind in kinds
    }
    return orgs.assign(**more)


def kinds_in(text: Any) -> list[str]:
    """The kinds that a cell of areas.xlsx names: 山区、农村."""
    return [] if pd.isna(text) else [one for one in re.split(r"[、，,;；\s/]+", str(text)) if one]


def _kinds_of_areas(areas: pd.DataFrame) -> dict[str, str]:
    """By area its kinds: its own, else those of the area above it; its group of alike areas and 园区 by its level."""
    own = dict(zip(areas["area"], areas.get("kinds", pd.Series(pd.NA, areas.index)), strict=True))
    groups = dict(
        zip(areas["area"], areas.get("peer_group", pd.Series(pd.NA, areas.index)), strict=True)
    )
    levels = dict(zip(areas["area"], areas["level"], strict=True))
    found = {}
    for path in areas["area"]:
        line = [one.path for one in reversed(list(Area.of(path).lineage()))]
        stated = next((kinds for one in line if (kinds := kinds_in(own.get(one)))), [])
        group = next((kinds for one in line if (kinds := kinds_in(groups.get(one)))), [])
        park = ["园区"] if any(levels.get(one) == "park" for one in line) else []
        found[path] = "、".join(dict.fromkeys([*stated, *group, *park]))
    return found


def _formal_members(orgs: pd.DataFrame) -> pd.DataFrame:
    """Functional organisations marked, without members: theirs are members of another organisation already."""
    if "functional" not in orgs:
        return orgs
    functional = orgs["functional"].astype("boolean").fillna(False).astype(bool)
    if "members" in orgs:
        orgs = orgs.assign(members=orgs["members"].mask(functional, 0))
    return orgs.assign(functional=functional)


def _money(funds: pd.DataFrame, last: str) -> pd.DataFrame:
    """Amounts by home, period, organisation and kind; funds without a period are those of the last one."""
    periods = funds["period"] if "period" in funds else pd.Series(last, funds.index)
    kind = pd.Series(pd.NA, funds.index, dtype="object")
    kind[(funds["flow"] == "spending").fillna(False)] = funds.get("purpose")
    for name, (flow, payer) in LEDGER.items():
        hit = (funds["flow"] == flow) & ((funds["source"] == payer) if payer else True)
        kind[hit.fillna(False).to_numpy(bool)] = name
    party_org = funds["party_org"].astype(object).fillna("")
    money = funds.assign(kind=kind, period=periods.astype(str).str[:4], party_org=party_org)
    money = money.dropna(subset=["kind", "amount_fen"])
    return money.groupby([*KEYS, "kind"], as_index=False)["amount_fen"].sum()


def table_file(name: str, path: Path) -> pd.DataFrame:
    """A user's table from xlsx or csv; headings in Chinese are known."""
    if not path.exists():
        advice = f"请提供 {path.name}（列：area 地区、等次、count 个数），或在 tables= 里给出"
        raise InputError(
            Problem("data_missing", file=str(path), where=f"tables.{name}", advice=advice)
        )
    content = io.BytesIO(regular_bytes(path, MAX_TABLE))
    try:
        csv = path.suffix == ".csv"
        frame = pd.read_csv(content) if csv else pd.read_excel(content, engine="calamine")
    except Exception as error:  # of mad content the readers raise almost anything
        found = f"表格读不出来（{type(error).__name__}）"
        advice = "请另存为 xlsx，或 UTF-8 编码的 csv"
        raise InputError(
            Problem(
                "file_unreadable",
                file=path.name,
                where=f"tables.{name}",
                found=found,
                advice=advice,
            )
        ) from error
    words = {
        "地区": "area",
        "等次": "grade",
        "个数": "count",
        "人数": "count",
        "年份": "period",
        "党组织名称": "party_org",
    }
    return frame.rename(columns=words)
