"""From a dataset, or a plain frame, to what a plan needs: organisations by year, money already paid, tables of counts."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit.files import regular_bytes
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.subsidy.exact import Ints
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
    money = None if funds is None else booked(_with_home(funds), _last_year(orgs))
    return make(orgs, money, rest, homes, names, WORDS["whole"])


def _last_year(orgs: pd.DataFrame) -> str:
    """The year of funds that tell none: the last of the organisations'."""
    periods = orgs["period"] if "period" in orgs else pd.Series(0, orgs.index)
    return next(reversed(in_time(periods.astype(str).str[:4])), "")


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
    money: pd.DataFrame | None,
    tables: Mapping[str, pd.DataFrame],
    homes: tuple[str, ...],
    names: tuple[str, ...],
    whole: str,
    is_demo: bool = False,
    notes: tuple[Note, ...] = (),
) -> Source:
    """The source of rows of organisations, of money by organisation (see `booked`) and tables of counts."""
    periods = orgs["period"] if "period" in orgs else pd.Series(0, orgs.index)
    orgs = orgs.assign(period=periods.astype(str).str[:4])
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


def _formal_members(orgs: pd.DataFrame) -> pd.DataFrame:
    """Functional organisations marked, without members: theirs are members of another organisation already."""
    if "functional" not in orgs:
        return orgs
    functional = orgs["functional"].astype("boolean").fillna(False).astype(bool)
    if "members" in orgs:
        orgs = orgs.assign(members=orgs["members"].mask(functional, 0))
    return orgs.assign(functional=functional)


def booked(funds: pd.DataFrame, last: str = "") -> pd.DataFrame:
    """Amounts by home, period, organisation and kind; funds without a period are those of the last one.

    Added up by codes of the texts: the rows of a province are many, its words few.
    """
    periods = funds["period"] if "period" in funds else pd.Series(last, funds.index)
    told = {"home": _Coded.of(funds["home"]), "period": _Coded.of(periods).cut(4)}
    told["party_org"] = _Coded.of(funds["party_org"]).or_else("")
    told["kind"] = _kind_of_money(funds)
    amounts = funds["amount_fen"]
    known = amounts.notna().to_numpy(bool)
    for one in told.values():
        known = known & (one.codes >= 0)
    key = np.zeros(int(known.sum()), np.int64)
    for one in told.values():
        key = key * max(1, len(one.words)) + one.codes[known]
    added = amounts[known].groupby(key).sum()
    columns, left = {}, added.index.to_numpy(np.int64)
    for name, one in reversed(told.items()):
        left, code = np.divmod(left, max(1, len(one.words)))
        columns[name] = one.texts(code)
    ordered = {name: columns[name] for name in told}
    return pd.DataFrame({**ordered, "amount_fen": added.array})


@dataclass(frozen=True, eq=False)
class _Coded:
    """A column of text as codes of its words; -1 where a cell is empty."""

    codes: Ints
    words: tuple[str, ...]

    @classmethod
    def of(cls, column: pd.Series) -> _Coded:
        codes, words = pd.factorize(column)
        return cls(codes.astype(np.int64), tuple(map(str, words)))

    def cut(self, length: int) -> _Coded:
        """The same words cut to a length: 2025Q3 is of 2025."""
        short = [word[:length] for word in self.words]
        words = tuple(dict.fromkeys(short))
        place = np.array([*(words.index(word) for word in short), -1], np.int64)
        return _Coded(place[self.codes], words)

    def or_else(self, word: str) -> _Coded:
        """The same with a word where a cell is empty."""
        codes = np.where(self.codes < 0, len(self.words), self.codes)
        return _Coded(codes, (*self.words, word))

    def texts(self, codes: Ints) -> Any:
        return pd.array(self.words, dtype="str").take(codes)


def _kind_of_money(funds: pd.DataFrame) -> _Coded:
    """What each amount is: spending by its purpose, or what the ledger calls income of the township and dues."""
    nothing = np.full(len(funds), -1, np.int64)
    purpose = _Coded.of(funds["purpose"]) if "purpose" in funds else _Coded(nothing, ())
    spending = (funds["flow"] == "spending").fillna(False).to_numpy(bool)
    codes, words = np.where(spending, purpose.codes, -1), list(purpose.words)
    for name, (flow, payer) in LEDGER.items():
        hit = (funds["flow"] == flow).fillna(False).to_numpy(bool)
        if payer:
            hit = hit & (funds["source"] == payer).fillna(False).to_numpy(bool)
        if name not in words:
            words.append(name)
        codes[hit] = words.index(name)
    return _Coded(codes, tuple(words))


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
