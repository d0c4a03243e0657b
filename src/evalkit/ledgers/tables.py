"""Forms as offices keep them become the tables of tables.yml.

One function a table, each pure: typed frames in, table out, findings added to a list. A ledger row that holds a unit
and its party organisation is split into `units`, `party_organisations` and `covers`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from evalkit.ledgers import persons
from evalkit.ledgers.findings import finding
from evalkit.ledgers.forms import TEXT, Form, name_key, sheet_month, split_names
from evalkit.ledgers.headings import plain
from evalkit.ledgers.place import district_of
from evalkit.problems import Problem, near

PLACE = ["area", "period", "source_file", "source_sheet", "source_row"]
_SUFFIX = {"committee": "党委", "general_branch": "党总支", "branch": "党支部"}
_KINDS = {"总支": "general_branch", "支部": "branch", "党委": "committee", "委员会": "committee"}
_MODES = {"联": "joint", "挂靠": "attached", "单独": "single", "功能": "functional"}
_DTYPES = {"text": "string", "int": "Int64", "money": "Int64", "number": "Float64", "bool": "boolean", "date": "datetime64[s]"}
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)])


def credit_codes(texts: pd.Series) -> np.ndarray:
    """Which texts are valid 18-character unified social credit codes (GB 32100-2015, check digit mod 31), at once."""
    upper = texts.fillna("").to_numpy(dtype=object)
    good = np.zeros(len(upper), dtype=bool)
    at = np.flatnonzero([len(t) == 18 and t.isascii() for t in upper])
    if len(at):
        table = np.full(128, -1)
        table[[ord(c) for c in _ALPHABET]] = np.arange(31)
        letters = np.frombuffer("".join(upper[at]).encode("ascii"), dtype=np.uint8).reshape(-1, 18)
        digits = table[letters]
        check = (31 - (digits[:, :17] * _WEIGHTS).sum(axis=1) % 31) % 31
        good[at] = (digits >= 0).all(axis=1) & (check == digits[:, 17])
    return good


def keys_of(names: pd.Series) -> pd.Series:
    """`name_key` of a column of names, each different name once."""
    codes, uniques = pd.factorize(names)
    pool = np.array([*(name_key(u) for u in uniques), None], dtype=object)
    return pd.Series(pool[codes], index=names.index, dtype=TEXT)


def joined(*columns: pd.Series) -> pd.Series:
    """Several text columns as one key a row (one flat look-up instead of a MultiIndex of texts)."""
    arrays = [c.fillna("").to_numpy(dtype=object) if c.hasnans else c.to_numpy(dtype=object) for c in columns]
    key = arrays[0]
    for other in arrays[1:]:
        key = key + "\x1f" + other
    return pd.Series(key, index=columns[0].index, dtype=object)


def places_of(frame: pd.DataFrame) -> pd.Series:
    """District and period of every row: within them the names of organisations and units are unique."""
    codes, uniques = pd.factorize(frame["area"])
    pool = np.array([*(district_of(u) for u in uniques), ""], dtype=object)
    return joined(pd.Series(pool[codes], index=frame.index, dtype=object), frame["period"])


def shape(frame: pd.DataFrame, spec: Any) -> pd.DataFrame:
    """Columns, order and types of a table as tables.yml says; missing columns are null."""
    out: dict[str, Any] = {}
    size = len(frame)
    for column in PLACE:
        dtype = "Int64" if column == "source_row" else "string"
        out[column] = frame[column].astype(dtype).array if column in frame else pd.array([pd.NA] * size, dtype=dtype)
    for column, about in spec.columns.items():
        dtype = _DTYPES.get(about.type, "string")
        names = [column, f"{column}_low", f"{column}_high"] if about.interval else [column]
        for name in names:
            if name in frame:
                out[name] = frame[name].astype(dtype).array
            elif dtype == "datetime64[s]":
                out[name] = np.full(size, np.datetime64("NaT"), dtype=dtype)
            else:
                out[name] = pd.array([pd.NA] * size, dtype=dtype)
    return pd.DataFrame(out)


def _col(form: Form, column: str, dtype: Any = TEXT) -> pd.Series:
    if column in form.data:
        return form.data[column]
    return pd.Series(pd.array([pd.NA] * len(form.data), dtype=dtype), index=form.data.index)


def _date(form: Form, column: str) -> pd.Series:
    if column in form.data:
        return form.data[column]
    return pd.Series(np.full(len(form.data), np.datetime64("NaT"), dtype="datetime64[s]"), index=form.data.index)


def _taken(links: pd.Series, known: pd.DataFrame, column: str) -> pd.Series:
    """`column` of the row of `known` with the same link, null where there is none; the type stays."""
    at = pd.Index(known["link"]).get_indexer(links)
    return pd.Series(pd.api.extensions.take(known[column].array, at, allow_fill=True), index=links.index)


def _coalesce(*columns: pd.Series) -> pd.Series:
    first, *rest = columns
    for other in rest:
        first = first.fillna(other)
    return first


def units(form: Form, problems: list[Problem]) -> pd.DataFrame:
    """The units of a form, one row a unit: keys, duplicates out, status and legal person by rule."""
    data = form.data.copy(deep=False)
    code = _col(form, "unit")
    if code.notna().any():
        code = pd.Series(
            pd.array(
                [
                    c
                    if not isinstance(c, str) or (c.isalnum() and c.isupper() and c.isascii())
                    else re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", c)).upper()
                    for c in code.to_numpy(dtype=object)
                ],
                dtype=TEXT,
            )
        )
    good = credit_codes(code)
    named = keys_of(data["unit_name"])
    data["key"] = code.where(good, named).astype(TEXT)
    data["place_key"] = places_of(data)
    data["name_key"] = named
    bad = np.flatnonzero(code.notna().to_numpy() & ~good)
    if len(bad) > 20:
        row = int(bad[0])
        problems.append(form.problem("code_invalid", "unit", row, f"{len(bad)}个统一社会信用代码位数或校验位不对"))
    else:
        problems += [form.problem("code_invalid", "unit", int(r), persons.scrub(str(code.iloc[r]))[0][:20]) for r in bad]
    blank = np.flatnonzero(data["key"].fillna("") == "")
    problems += [form.problem("column_missing", "unit_name", int(r), "空白") for r in blank]

    if "sector" not in data:
        kinds = _col(form, "kind")
        social = kinds.isin(["社会团体", "社会服务机构", "基金会"])
        data["sector"] = pd.Series("enterprise", index=data.index, dtype=TEXT).mask(social, "social").mask(kinds.isna())
    kind = _col(form, "kind")
    if not form.has("kind").all():
        _once(form, problems, "kind", "kind", "没有“单位类型”一列，都按法人单位计")
    data["legal_person"] = ~kind.isin(["分支机构", "个体工商户"]).astype("boolean").fillna(False)
    status = _col(form, "status")
    has_status = form.has("status")
    if not has_status.all():
        _once(form, problems, "status", "status", "没有“状态”一列，都按正常经营计")
    ended = _date(form, "ended_on")
    data["status"] = status.where(
        status.notna(), pd.Series(np.where(ended.notna(), "cancelled", "operating"), index=data.index).astype(TEXT)
    )

    _member_parts(form, data)
    data["employees"] = _col(form, "employees", "Int64")
    codes = _col(form, "instructor_codes")
    has = _col(form, "has_instructor", "boolean")
    if "instructor_codes" in data:
        by_code = pd.Series(np.where(form.has("instructor_codes"), codes.notna(), None), index=data.index).astype("boolean")
        has = _coalesce(has, by_code)
    data["has_instructor"] = has
    data["responsible_body"] = _coalesce(_col(form, "responsible_body"), _col(form, "supervising_unit"), _col(form, "affiliation"))

    data["link"] = joined(data["place_key"], data["key"])
    same = data["link"].duplicated()
    # one row with its code and one without it: the name decides, unless both carry different codes
    by_name = joined(data["place_key"], named)
    again = by_name.duplicated() & ~same
    double = same
    if again.any():
        with_code = pd.Series(np.where(good, code.fillna(""), ""), index=data.index)
        first_code = with_code.groupby(by_name).transform("first")
        double = same | (again & ((with_code == "") | (first_code == "")))
    _duplicates(form, problems, data, double, "unit_name", "key", "name_key")
    data["kept"] = ~double & (data["key"].fillna("") != "")
    return data


def _once(form: Form, problems: list[Problem], column: str, key: str, read: str) -> None:
    """One warning a sheet that lacks a column which a rule stands in for."""
    for block in {(b.sheet.file, b.sheet.name): b for b in form.blocks if column not in b.columns}.values():
        problems.append(
            finding("column_missing", block.sheet.file, f"{block.sheet.name}!A1", "", read, advice="有这一列时请补上", severity="warning")
        )


def _duplicates(form: Form, problems: list[Problem], data: pd.DataFrame, double: pd.Series, column: str, *keys: str) -> None:
    """Rows that count an earlier row's unit or organisation again, with the place of that row."""
    rows = np.flatnonzero(double.to_numpy())
    if not len(rows):
        return
    firsts = []
    for key in keys:
        link = joined(data["place_key"], data[key])
        codes, uniques = pd.factorize(link)
        first = np.full(len(uniques) + 1, len(link))
        np.minimum.at(first, codes, np.arange(len(link)))
        firsts.append(first[codes])
    earliest = np.minimum.reduce(firsts)
    for row in rows:
        read = f"与{form.where(column, int(earliest[row]))}重复，只计前一行"
        problems.append(form.problem("row_duplicate", column, int(row), str(data[column].iat[row]), read))


def _member_parts(form: Form, data: pd.DataFrame) -> None:
    """党员总数 from its parts and, where a cell says 4(含预备1), the parts from the cell."""
    for column in ("members", "full_members", "probationary_members"):
        for suffix in ("", "_low", "_high"):
            data[column + suffix] = _col(form, column + suffix, "Int64")
    for row, parts in form.parts.get("members", {}).items():
        for word, number in parts:
            if word.startswith("预备") and pd.isna(data["probationary_members"].iat[row]):
                for suffix in ("", "_low", "_high"):
                    data.loc[row, "probationary_members" + suffix] = int(number)
                    if pd.isna(form.data.get("full_members", pd.Series(dtype="Int64")).get(row, pd.NA)):
                        data.loc[row, "full_members" + suffix] = data["members" + suffix].iat[row] - int(number)
    empty = data["members"].isna()
    if empty.any():
        for suffix in ("", "_low", "_high"):
            total = data["full_members" + suffix] + data["probationary_members" + suffix].fillna(0)
            data["members" + suffix] = data["members" + suffix].where(~empty, total)


def covers(form: Form, data: pd.DataFrame) -> pd.DataFrame:
    """Rows (unit, organisation, mode) from a unit ledger, with what the row says of the organisation."""
    own = _col(form, "party_org_name")
    joint = _col(form, "joint_org_name")
    mode = _col(form, "setup_mode")
    has = _col(form, "has_org", "boolean")
    if "coverage" in data:
        mode = _by_name(mode, _col(form, "coverage"), _mode)
    shared = mode.isin(["joint", "attached"])
    name = _coalesce(joint.where(shared, own), own, joint)
    kind = _col(form, "org_kind")
    unnamed = name.isna() & has.fillna(False).astype(bool)
    name = name.where(~unnamed, data["unit_name"] + kind.fillna("branch").map(_SUFFIX).astype(TEXT))
    mode = mode.mask(mode.isna() & own.isna() & joint.notna(), "joint")
    out = data[[*PLACE, "place_key", "key"]].rename(columns={"key": "unit"}).assign(
        name=name, party_org=keys_of(name), mode=mode, org_kind=kind,
        founded_on=_date(form, "founded_on"), ended_on=_date(form, "org_ended_on"), parent=_col(form, "affiliation"),
    )  # fmt: skip
    out = out[data["kept"] & name.notna() & ~(has.eq(False).fillna(False) & own.isna() & joint.isna())]
    out["link"] = joined(out["place_key"], out["party_org"])
    several = out["link"].duplicated(keep=False).to_numpy()  # every unit stands once in `out`
    denied = has[out.index].eq(False).fillna(False).to_numpy(dtype=bool)
    out["mode"] = out["mode"].fillna(pd.Series(np.where(several | denied, "joint", "single"), index=out.index).astype(TEXT))
    return out


def _mode(coverage: str) -> str | None:
    return next((mode for word, mode in _MODES.items() if word in coverage), None)


def party_orgs(form: Form | None, cover: pd.DataFrame | None, problems: list[Problem]) -> pd.DataFrame:
    """Party organisations of their own ledger, then those that only unit rows name; one row an organisation."""
    frames = []
    if form is not None:
        data = form.data.copy(deep=False)
        data["name"] = data["party_org"]
        data["party_org"] = keys_of(data["name"])
        data["place_key"] = places_of(data)
        data["link"] = joined(data["place_key"], data["party_org"])
        functional = _col(form, "functional", "boolean")
        by_mode = _col(form, "setup_mode").eq("functional").astype("boolean")
        data["functional"] = _by_name(_coalesce(functional, by_mode.where(by_mode)), data["name"], _working)
        double = data["link"].duplicated()
        _duplicates(form, problems, data, double, "name", "party_org")
        data["org_kind"] = _by_name(_col(form, "org_kind"), data["name"], _kind)
        data["own_row"] = True
        frames.append(data[~double])
    if cover is not None and len(cover):
        made = cover.drop_duplicates("link").drop(columns=["unit", "mode"])
        formal = set(cover.loc[cover["mode"] != "functional", "link"])
        made["functional"] = pd.array([k not in formal for k in made["link"]], dtype="boolean")
        for column in ("org_kind", "founded_on", "ended_on", "parent"):
            if made[column].isna().any():  # not said in the first row of this organisation, but in another
                known = cover.loc[cover[column].notna(), ["link", column]].drop_duplicates("link")
                made[column] = made[column].fillna(_taken(made["link"], known, column))
        made["org_kind"] = _by_name(made["org_kind"], made["name"], _kind)
        made["own_row"] = False
        if frames:  # what the organisation's own ledger leaves open, the unit rows may know
            own = frames[0]
            for column in ("org_kind", "founded_on", "ended_on", "parent"):
                said = _taken(own["link"], made, column)
                own[column] = own[column].fillna(said) if column in own else said
            made = made[~made["link"].isin(own["link"])]
        frames.append(made)
    if not frames:
        return pd.DataFrame()
    return pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0].reset_index(drop=True)


def _by_name(column: pd.Series, names: pd.Series, rule: Callable[[str], Any]) -> pd.Series:
    """Where a column says nothing, what the organisation's name says."""
    empty = column.isna()
    if not empty.any():
        return column
    said = [rule(n) if isinstance(n, str) else None for n in names[empty]]
    return column.where(~empty, pd.Series(pd.array(said, dtype=column.dtype), index=names.index[empty]).reindex(column.index))


def _kind(name: str) -> str | None:
    return next((kind for word, kind in _KINDS.items() if word in name), None)


def _working(name: str) -> bool:
    return "功能型" in name or "工作支部" in name or "临时党支部" in name


def _district(place: str) -> str:
    return place.partition("\x1f")[0]


def complete(orgs: pd.DataFrame, links: pd.DataFrame, unit_rows: pd.DataFrame | None) -> pd.DataFrame:
    """What the covered units say of their organisations: the 镇街 where all of them lie, and the members.

    Members are the organisation's own column, else 正式 + 预备 of the units it covers directly; functional ones have
    none. Where one of those units leaves its members blank the sum is a lower limit: its high end is open (null).
    """
    suffixes = ("", "_low", "_high")
    for suffix in suffixes:
        if "members" + suffix not in orgs:
            orgs["members" + suffix] = pd.array([pd.NA] * len(orgs), dtype="Int64")
    if not len(links) or unit_rows is None:
        return orgs
    codes, areas = pd.factorize(links["area"])  # first and last of the codes are equal where all areas are one
    spread = pd.Series(codes).groupby(links["link"].to_numpy(), sort=False).agg(["min", "max"])
    one = spread["min"].where(spread["min"] == spread["max"]).reindex(orgs["link"])
    deeper = pd.Series(np.array([*areas, None], dtype=object)[one.fillna(-1).astype(int)], index=orgs.index).astype(TEXT)
    own, district = orgs["area"].fillna(""), orgs["place_key"].map(_district).astype(TEXT)
    several = spread["min"].ne(spread["max"]).reindex(orgs["link"]).fillna(False).to_numpy(dtype=bool)
    orgs["area"] = orgs["area"].where(~(own.eq(district) & deeper.notna()), deeper)
    # known from unit rows alone and spread over several 镇街: it belongs to the district
    orgs["area"] = orgs["area"].mask(several & ~orgs["own_row"], district.where(district != "")).astype(TEXT)

    kept = unit_rows[unit_rows["kept"]]
    position = pd.Index(kept["link"]).get_indexer(joined(links["place_key"], links["unit"]))
    use = (position >= 0) & (links["mode"] != "functional").to_numpy(dtype=bool)
    sums: dict[str, Any] = {}
    for suffix in suffixes:
        number = (kept["full_members" + suffix] + kept["probationary_members" + suffix]).fillna(kept["members" + suffix])
        sums["sum" + suffix] = number.to_numpy(dtype=float, na_value=np.nan)[position[use]]
    direct = pd.DataFrame(sums).assign(blank=np.isnan(sums["sum"]))
    grouped = direct.groupby(links["link"].to_numpy()[use], sort=False)
    total = grouped[["sum", "sum_low", "sum_high"]].sum(min_count=1)
    total["sum_high"] = total["sum_high"].where(~grouped["blank"].max())
    found = total.reindex(orgs["link"])
    empty = orgs["members"].isna() & ~orgs["functional"].fillna(False).astype(bool)
    for suffix in suffixes:
        orgs["members" + suffix] = orgs["members" + suffix].where(
            ~empty, pd.Series(found["sum" + suffix].to_numpy(), index=orgs.index).astype("Int64")
        )
    return orgs


def covers_by_list(
    form: Form, orgs: pd.DataFrame, unit_rows: pd.DataFrame | None, cover: pd.DataFrame | None, problems: list[Problem]
) -> pd.DataFrame:
    """覆盖单位 of the organisations' own ledger: rows that the unit ledger does not already hold."""
    lists = _col(form, "covered_units")
    at = np.flatnonzero(lists.notna())
    if not len(at):
        return pd.DataFrame()
    names = [split_names(text) for text in lists.to_numpy(dtype=object)[at]]
    rows = np.repeat(at, [len(n) for n in names])
    out = form.data.iloc[rows][PLACE].reset_index(drop=True)
    party_org = keys_of(form.data["party_org"])
    out["row"] = rows
    out["party_org"] = party_org.array[rows]
    out["place_key"] = places_of(out)
    out["link"] = joined(out["place_key"], out["party_org"])
    out["said"] = pd.array([n for some in names for n in some], dtype=TEXT)
    out["unit"] = keys_of(out["said"])
    if unit_rows is not None and len(unit_rows):
        kept = unit_rows[unit_rows["kept"]]
        wanted = joined(out["place_key"], out["unit"])
        by_name = kept.assign(name=joined(kept["place_key"], kept["name_key"])).drop_duplicates("name")
        at_name = pd.Index(by_name["name"]).get_indexer(wanted)
        at_key = pd.Index(kept["link"]).get_indexer(wanted)
        for column, source in (("unit", "key"), ("area", "area")):
            values = np.where(at_name >= 0, by_name[source].to_numpy(dtype=object)[at_name], out[column].to_numpy(dtype=object))
            values = np.where((at_name < 0) & (at_key >= 0), kept[source].to_numpy(dtype=object)[at_key], values)
            out[column] = pd.array(values, dtype=TEXT)
        lost = out["place_key"].isin(set(kept["place_key"])).to_numpy() & (at_name < 0) & (at_key < 0)
        for i in np.flatnonzero(lost):
            problems.append(form.problem("unit_unknown", "covered_units", int(rows[i]), str(out["said"].iat[i])[:40]))
        out = out[~lost]
    is_functional = _taken(out["link"], orgs, "functional").fillna(False).to_numpy(dtype=bool)
    mode = _col(form, "setup_mode").to_numpy(dtype=object)[out["row"]]
    size = out["row"].map(out["row"].value_counts()).to_numpy()
    out["mode"] = pd.array(
        np.where(is_functional, "functional", np.where(~pd.isna(mode), mode, np.where(size > 1, "joint", "single"))), dtype=TEXT
    )
    pair = joined(out["link"], out["unit"])
    fresh = ~pair.duplicated().to_numpy()
    if cover is not None and len(cover):
        fresh &= ~pair.isin(joined(cover["link"], cover["unit"])).to_numpy()
    return out[fresh]


def attach(data: pd.DataFrame, form: Form, orgs: pd.DataFrame, problems: list[Problem]) -> pd.DataFrame:
    """Key and area of the organisation that a fund, activity or rating names; unknown ones are reported and kept."""
    data = data.copy(deep=False)
    names = data["party_org"]
    data["party_org"] = keys_of(names)
    if not len(orgs):
        return data
    place = places_of(data)
    at = pd.Index(orgs["link"]).get_indexer(joined(place, data["party_org"]))
    own = orgs["area"].to_numpy(dtype=object)[at]
    data["area"] = pd.array(np.where((at >= 0) & ~pd.isna(own), own, data["area"].to_numpy(dtype=object)), dtype=TEXT)
    lost = np.flatnonzero((at < 0) & data["party_org"].notna().to_numpy() & place.isin(orgs["place_key"]).to_numpy())
    said: set[tuple[str, str]] = set()
    for row in lost:  # each unknown name once a place
        key = (place.iat[row], data["party_org"].iat[row])
        if key not in said:
            said.add(key)
            close = near(names.iat[row], orgs.loc[orgs["place_key"] == key[0], "name"]) if len(said) <= 100 else []
            problems.append(form.problem("organisation_unknown", "party_org", int(row), str(names.iat[row])[:40], allowed="、".join(close)))
    return data


def funds(form: Form, orgs: pd.DataFrame, specs: Mapping[str, Any], problems: list[Problem]) -> pd.DataFrame:
    """Melt the funds ledger: one row an amount. A blank in an existing column is a missing amount, not zero."""
    data = attach(form.data, form, orgs, problems)
    pieces = []
    for column, spec in specs.items():
        if spec["type"] != "money" or "flow" not in spec or spec.get("person") or column not in form.data or column == "annual_total":
            continue
        use = form.has(column)
        if parts := spec.get("total_of"):
            use = use & ~np.logical_or.reduce([form.has(p) for p in parts])
        purpose: Any = spec.get("purpose")
        if column == "spending_amount":
            item = _col(form, "spending_item")
            purpose = item.fillna("other").to_numpy()
            use = use & (data[column].notna() | item.notna()).to_numpy()
        said = {"flow": spec["flow"], "source": spec.get("source"), "purpose": purpose[use] if column == "spending_amount" else purpose}
        pieces.append((column, np.flatnonzero(use), said))
    return _melted(data, pieces, "amount_fen")


def _melted(data: pd.DataFrame, pieces: list[tuple[str, np.ndarray, dict[str, Any]]], value: str) -> pd.DataFrame:
    """Columns under each other: for every (column, rows, what it stands for) the organisation, place and value."""
    if not pieces:
        return data.iloc[:0]
    out = data[[*PLACE, "party_org"]].take(np.concatenate([rows for _, rows, _ in pieces])).reset_index(drop=True)
    for name in pieces[0][2]:
        texts = [np.broadcast_to(np.array(said[name], dtype=object), len(rows)) for _, rows, said in pieces]
        out[name] = pd.array(np.concatenate(texts), dtype=TEXT)
    for suffix in ("", "_low", "_high"):
        out[value + suffix] = pd.concat([data[column + suffix].take(rows) for column, rows, _ in pieces], ignore_index=True)
    return out


def instructors(form: Form) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Instructor counts by class and visits, one set per area and period of a file. Codes live only in here."""
    data = form.data.copy(deep=False)
    active = _col(form, "active", "boolean").fillna(True).astype(bool)
    data["code"] = [split_names(c) for c in _col(form, "instructor_codes")]
    data["serves"] = _col(form, "served_units")
    for column in ("level", "origin"):
        data[column] = _col(form, column)
    data["full_time"] = _col(form, "full_time", "boolean")
    place = ["area", "period", "source_file", "source_sheet"]
    classes = ["level", "origin", "full_time"]
    long = data[active].explode("code")
    long["code"] = long["code"].map(name_key, na_action="ignore").astype(TEXT)
    long = long[long["code"].notna()]
    first = long.drop_duplicates([*place[:3], "code"])
    counts = (
        first.groupby([*place, *classes], dropna=False, sort=False)
        .agg(count=("code", "size"), source_row=("source_row", "first"))
        .reset_index()
    )
    served = long[[*place[:3], "code", "serves"]].dropna(subset=["serves"])
    served = served.assign(unit=[[name_key(u) for u in split_names(s)] for s in served["serves"]]).explode("unit")
    served = served.merge(first[[*place, *classes, "code"]], on=[*place[:3], "code"])
    by_class = served.groupby([*place, *classes], dropna=False)["unit"].nunique().rename("units_served").reset_index()
    counts = counts.merge(by_class, on=[*place, *classes], how="left") if len(counts) else counts
    if len(counts):
        has = bool(form.has("served_units").any())
        counts["units_served"] = counts["units_served"].astype("Int64").fillna(0 if has else pd.NA)
        for column in ("count", "units_served"):
            for suffix in ("_low", "_high"):
                counts[column + suffix] = counts[column]
    visits = pd.DataFrame()
    if "visit_count" in data:
        data["visited"] = [
            [name_key(u) for u in split_names(s)] if n and n > 0 else []
            for s, n in zip(data["serves"], data["visit_count"].fillna(0), strict=True)
        ]
        grouped = data.groupby(place, dropna=False, sort=False)
        visits = grouped[["visit_count", "visit_count_low", "visit_count_high"]].sum(min_count=1).reset_index()
        visits.columns = [*place, "count", "count_low", "count_high"]
        visits["source_row"] = grouped["source_row"].first().to_numpy()
        if form.has("served_units").any():
            for suffix in ("", "_low", "_high"):
                visits["units_visited" + suffix] = grouped["visited"].agg(lambda lists: len({u for some in lists for u in some})).to_numpy()
    return counts, visits


def activities(form: Form, orgs: pd.DataFrame, problems: list[Problem]) -> pd.DataFrame:
    data = attach(form.data, form, orgs, problems)
    data = data.assign(**{"due" + suffix: _col(form, "due" + suffix, "Int64") for suffix in ("", "_low", "_high")})
    date = _date(form, "date")
    sheet = np.array([sheet_month(b) or 0 for b in form.blocks])[form.data["block"].to_numpy()]
    from_sheet = pd.Series(sheet, index=data.index).astype("Int64").replace(0, pd.NA)
    for row, parts in form.parts.get("present", {}).items():  # 7/9 under 实到 tells those due as well
        if pd.isna(data["due"].iat[row]) and (of := dict(parts).get("of")) is not None:
            for suffix in ("", "_low", "_high"):
                data["due" + suffix] = data["due" + suffix].where(data.index != row, int(of))
    data["month"] = _coalesce(_col(form, "month", "Int64"), date.dt.month.astype("Int64"), from_sheet)
    data["kind"] = _coalesce(_col(form, "kind"), _col(form, "activity_kind"))
    return data


def ratings(form: Form, orgs: pd.DataFrame, specs: Mapping[str, Any], problems: list[Problem]) -> tuple[pd.DataFrame, pd.DataFrame]:
    data = attach(form.data, form, orgs, problems)
    items = [c for c, spec in specs.items() if spec.get("item") and c in form.data]
    return _melted(data, [(c, np.flatnonzero(form.has(c)), {"item": c}) for c in items], "score"), data


def figures(form: Form, measures: Mapping[str, Any], problems: list[Problem]) -> pd.DataFrame:
    """Rows of a 工作报表: the item is looked up among the codes, names and other names of the measures."""
    data = form.data.loc[:, ~form.data.columns.duplicated(keep="last")].copy(deep=False)  # its own area column wins
    names: dict[str, str] = {}
    labels: list[str] = []
    for code, measure in measures.items():
        labels.append(measure.name)
        for word in (code, measure.name, *measure.also):
            names.setdefault(plain(word), code)
    found = []
    for row, said in enumerate(data["measure"].fillna("")):
        known = names.get(plain(said)) or names.get(plain(re.sub(r"[(（].*?[)）]", "", said)))
        found.append(known)
        if known is None:
            problems.append(form.problem("measure_unknown", "measure", row, str(said)[:40], allowed="、".join(near(said, labels))))
    data["measure"] = pd.array(found, dtype=TEXT)
    note = data["value_note"].to_numpy() if "value_note" in data else np.zeros(len(data), dtype=int)
    data["low"], data["high"] = data["value_low"], data["value_high"]
    data["qualifier"] = pd.Series("约数", index=data.index, dtype=TEXT).where(pd.Series(note & 4 > 0, index=data.index))
    if "value_unit" in data:
        data["unit"] = data["value_unit"].astype(TEXT)
    data["locator"] = _coalesce(
        _col(form, "locator"), pd.Series([form.where("value", i) for i in range(len(data))], index=data.index, dtype=TEXT)
    )
    return data[data["measure"].notna()]
