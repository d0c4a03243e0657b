"""Forms as offices keep them become the tables of tables.yml.

One function a table, each pure: typed frames in, table out, findings added to a list. A ledger row that holds a unit
and its party organisation is split into `units`, `party_organisations` and `covers`. While tables are made a row's
`sheet` is the number of its sheet, `place_key` its district and period (within them names of organisations and units
are unique) and `link` place and name in one text; `shape` leaves what tables.yml names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from evalkit.ledgers import persons, totals
from evalkit.ledgers.findings import RULES, finding
from evalkit.ledgers.forms import IGNORED, SUFFIXES, TEXT, Form, absent, name_key, split_names
from evalkit.ledgers.headings import squeeze
from evalkit.ledgers.items import Items
from evalkit.ledgers.numerals import NOTES, PROBATIONARY, UNCOUNTED
from evalkit.ledgers.regions import row_at
from evalkit.problems import Problem, near

PLACE = ["area", "period", "sheet", "source_row", "place_key"]
FEW_COLUMNS = (
    "years",
    "overview",
    "matrix",
    "account",
)  # shapes that have no further columns to lack
_ORGANISATIONS: dict[str, Any] = RULES["organisations"]
_SUFFIX: dict[str, str] = _ORGANISATIONS["suffix"]
_JOINT: str = _ORGANISATIONS["joint_name"]
DATE = "datetime64[s]"
_DTYPES = {"int": "Int64", "money": "Int64", "number": "Float64", "bool": "boolean", "date": DATE}
_OF_ORG = (
    "org_kind",
    "founded_on",
    "ended_on",
    "parent",
)  # what unit rows and an organisation's own row may both say

_MEMBERS = tuple("members" + suffix for suffix in SUFFIXES)


def keys_of(names: pd.Series, rule: Callable[[str], Any] = name_key) -> pd.Series:
    """`name_key` (or another rule) of a column of names, each different name once."""
    codes, uniques = pd.factorize(names.to_numpy(dtype=object))
    pool = np.array([*map(rule, uniques), None], dtype=object)
    return pd.Series(pool[codes], index=names.index, dtype=TEXT)


def joined(*columns: pd.Series) -> pd.Series:
    """Several text columns as one key a row (one flat look-up instead of a MultiIndex of texts)."""
    first, *rest = (
        c.fillna("").to_numpy(dtype=object) if c.hasnans else c.to_numpy(dtype=object)
        for c in columns
    )
    for other in rest:
        first = first + ("\x1f" + other)
    return pd.Series(first, index=columns[0].index, dtype=object)


_OVER = re.compile(r"[(（]((?:已)?(?:注销|吊销|撤销|迁出|搬离|停业|歇业|停产|关停))[)）]$")


def _sector(block: Any) -> str | None:
    """What a block without a column for it says of its units: a sheet 社会组织 beside a sheet 非公企业."""
    said = "".join((block.sheet.name, *block.titles))
    return (
        None
        if ("社会组织" in said) == ("企业" in said)
        else "social"
        if "社会组织" in said
        else "enterprise"
    )


def _blank(size: int, dtype: Any) -> Any:
    if dtype == DATE:
        return np.full(size, np.datetime64("NaT"), dtype=dtype)
    return pd.array([None] * size, dtype=dtype)


def _strings(column: Any) -> Any:
    """A column as pandas' string type; of a categorical each text once."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy()
        texts = pa.array(column.cat.categories.to_numpy(dtype=object), type=pa.large_string())
        array = pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), texts).cast(
            pa.large_string()
        )
    else:
        array = pa.array(column.to_numpy(dtype=object), type=pa.large_string(), from_pandas=True)
    return pd.array(array, dtype="string")


def shape(frame: pd.DataFrame, spec: Any, sheets: Sequence[Any]) -> pd.DataFrame:
    """Columns, order and types of a table as tables.yml says; missing columns are null."""
    size = len(frame)
    number = frame["sheet"].to_numpy(dtype=int) if size else np.zeros(0, dtype=int)
    columns: Any = frame
    out: dict[str, Any] = {
        column: _strings(frame[column]) if size else _blank(0, "string")
        for column in ("area", "period")
    }
    for column, attribute in (("source_file", "file"), ("source_sheet", "name")):
        said = [getattr(sheet, attribute) for sheet in sheets]
        at = {text: n for n, text in enumerate(dict.fromkeys(said))}
        codes = np.array([at[text] for text in said], dtype=int)[number]
        out[column] = _strings(
            pd.Series(pd.Categorical.from_codes(cast(Any, codes), pd.Index(list(at))))
        )
    wanted = {"source_row": "Int64"}
    for column, about in spec.columns.items():
        for suffix in SUFFIXES if about.interval else ("",):
            wanted[column + suffix] = _DTYPES.get(about.type, "string")
    for column, dtype in wanted.items():
        if column not in frame:
            out[column] = _blank(size, dtype)
        else:
            out[column] = (
                _strings(frame[column])
                if dtype == "string"
                else columns[column].astype(dtype).array
            )
    if any(sheet.shaped for sheet in sheets) and size:
        rows = zip(number, out["source_row"], strict=True)
        out["source_row"] = pd.array([row_at(sheets[n], row) for n, row in rows], dtype="Int64")
    return pd.DataFrame(out)


def _col(form: Form, column: str, dtype: Any = TEXT) -> pd.Series:
    return (
        form.data[column]
        if column in form.data
        else pd.Series(_blank(len(form.data), dtype), index=form.data.index)
    )


def _at(links: pd.Series, known: pd.DataFrame) -> np.ndarray:
    """Where in `known` the same link stands, -1 where it does not."""
    return pd.Index(known["link"]).get_indexer(links)


def _taken(at: np.ndarray, column: pd.Series, index: pd.Index) -> pd.Series:
    """A column of the rows at `at`, null at -1; the type stays."""
    return pd.Series(pd.api.extensions.take(column.array, at, allow_fill=True), index=index)


def _coalesce(first: pd.Series, *rest: pd.Series) -> pd.Series:
    for other in rest:
        first = first.fillna(other)
    return first


def _by_name(column: pd.Series, names: pd.Series, rule: Callable[[str], Any]) -> pd.Series:
    """Where a column says nothing, what the organisation's name says."""
    empty, dtype = names[column.isna() & names.notna()], cast(Any, column.dtype)
    said = pd.array([rule(name) for name in empty.to_numpy(dtype=object)], dtype=dtype)
    return column.fillna(pd.Series(said, index=empty.index)) if len(empty) else column


def _kind_in(name: str) -> str | None:
    """The kind of an organisation that its name tells."""
    return next((one["kind"] for one in _ORGANISATIONS["kinds"] if one["word"] in name), None)


def _mode_in(text: str) -> str | None:
    """The mode of covering that a cell of 覆盖情况 tells."""
    return next((one["mode"] for one in _ORGANISATIONS["modes"] if one["word"] in text), None)


def _working(name: str) -> bool:
    return any(word in name for word in ("功能型", "工作支部", "临时党支部"))


def _code(text: str) -> str:
    plain_code = text.isalnum() and text.isupper() and text.isascii()
    return (
        text if plain_code else re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text)).upper()
    )


def _by_code(form: Form) -> pd.Series:
    """Whether an instructor is named: the codes themselves go no further."""
    codes = _col(form, "instructor_codes")
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
    said = _coalesce(by_kind, by_sheet, usual).mask(form.has("sector"))
    return _coalesce(_col(form, "sector"), said)


def _statuses(form: Form, over: pd.Series) -> pd.Series:
    """The column of the status, else what the name or the columns 是否停产 and 是否注销 say, else the day it ended."""
    by_name = (
        over.str.contains("停|歇").map({True: "suspended", False: "cancelled"}).astype(TEXT)
        if over.notna().any()
        else over
    )
    flags = [
        flag.where(flag.ne("operating"))
        for flag in (_col(form, "cancelled"), _col(form, "suspended"))
    ]
    by_date = pd.Series(
        np.where(_col(form, "ended_on", DATE).notna(), "cancelled", "operating"),
        index=over.index,
        dtype=TEXT,
    )
    return _coalesce(_col(form, "status"), by_name, *flags, by_date)


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
    code = _col(form, "unit")
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
    org = keys_of(_col(form, "party_org_name"))
    data["further"] = (
        double & org.notna() & joined(data["link"], data["sheet"].astype(str)).duplicated()
    )
    data["further"] &= ~joined(data["link"], org).duplicated() & ~form.extracts
    again = double & ~data["further"]
    firsts = _first_rows(again, data["link"], by_name)
    _duplicates(form, problems, "unit_name", firsts)
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
    for name in _add_columns(form, firsts, problems):
        if name not in ("unit_name", "unit"):
            data[name] = form.data[name]

    data["kind"] = kind = _col(form, "kind")
    data["sector"] = _sectors(form, kind)
    data["legal_person"] = ~kind.isin(["分支机构", "个体工商户"]).astype("boolean")
    data["status"] = _statuses(form, over)
    for name, read in (
        ("kind", "没有“单位类型”一列，都按法人单位计"),
        ("status", "没有“状态”一列，都按正常经营计"),
    ):
        problems += column_lacking(form, {name: ""}, read)
    _member_parts(form, data, problems)
    for suffix in SUFFIXES:
        data["employees" + suffix] = _col(form, "employees" + suffix, "Int64")
    data["has_instructor"] = _coalesce(_col(form, "has_instructor", "boolean"), _by_code(form))
    bodies = (_col(form, c) for c in ("responsible_body", "supervising_unit", "affiliation"))
    data["responsible_body"] = _coalesce(*bodies)
    data["kept"] = ~double & ~nameless
    here = joined(data["link"], data["sheet"].astype(str)).duplicated() | data["further"]
    same_sheet = {
        row for row, first in firsts.items() if data["sheet"].iat[row] == data["sheet"].iat[first]
    }
    data["repeated"] = here | data.index.isin(same_sheet) | nameless
    return data


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


def _first_rows(double: pd.Series, *links: pd.Series) -> dict[int, int]:
    """For every row that counts something again, the first row that counts it."""
    rows: list[Any] = np.flatnonzero(double).tolist()
    firsts: list[tuple[Any, dict[Any, Any]]] = []
    for link in links if rows else ():
        firsts.append(
            (link, {key: at for at, key in link[link.isin(link.iloc[rows])].iloc[::-1].items()})
        )
    return {row: min(first[link.iat[row]] for link, first in firsts) for row in rows}


def _duplicates(
    form: Form, problems: list[Problem], column: str, firsts: Mapping[int, int]
) -> None:
    """Rows that count an earlier row's unit or organisation again, with the place of that row; extracts are said once."""
    for row, first in firsts.items():
        form.said[row] = "row_in_extract" if form.extracts[row] else "row_duplicate"
        if not form.extracts[row]:
            read = f"与{form.where(column, first)}重复，只计前一行"
            problems.append(
                form.problem("row_duplicate", column, row, str(form.data[column].iat[row]), read)
            )


def _add_columns(form: Form, firsts: Mapping[int, int], problems: list[Problem]) -> list[str]:
    """What a row of another sheet says of a unit or organisation beyond the columns of the sheet that counts it.

    Only a column that the counting row's own table lacks is taken; where both have it and an extract says otherwise, that
    is asked. Returns the columns of `form.data` that changed.
    """
    sheets = form.data["sheet"].to_numpy()
    pairs = [
        (row, first)
        for row, first in firsts.items()
        if sheets[row] != sheets[first] or form.extracts[row]
    ]
    if not pairs:
        return []
    rows, counting = (
        np.array(some) for some in zip(*reversed(pairs), strict=True)
    )  # of several the first one stays
    changed: list[str] = []
    for column in dict.fromkeys(
        c for b in form.blocks for c in b.columns if c in form.data and c not in IGNORED
    ):
        here, there = form.has(column)[counting], form.has(column)[rows]
        filled = form.data[column].notna().to_numpy()
        add = ~here & there & filled[rows]
        for name in (column, *(column + s for s in (*SUFFIXES[1:], "_note"))) if add.any() else ():
            if name in form.data:
                values = form.data[name].copy()
                values.iloc[counting[add]] = values.iloc[rows[add]].array
                form.data[name] = values
                changed.append(name)
        known = form.parts.get(column, {})
        known.update(
            {
                int(c): known[int(r)]
                for c, r in zip(counting[add], rows[add], strict=True)
                if int(r) in known
            }
        )
        both = (
            here
            & there
            & filled[rows]
            & filled[counting]
            & form.extracts[rows]
            & (column in form.numbers)
        )
        texts = form.data[column].to_numpy(dtype=object)
        differ = [
            int(r)
            for r, c, use in zip(rows, counting, both, strict=True)
            if use and texts[r] != texts[c]
        ]
        if differ:
            found = f"{len(differ)}处与全台账不同"
            problems.append(
                form.problem(
                    "ledger_extract",
                    column,
                    min(differ),
                    found,
                    "按全台账",
                    advice="核对后改成一致",
                )
            )
    deeper = [
        (c, r) for r, c in zip(rows, counting, strict=True) if _lies_below(form, int(r), int(c))
    ]
    if deeper:
        area = form.data["area"].copy()
        for first, row in deeper:
            area.iat[first] = area.iat[row]
        form.data["area"] = area
        changed.append("area")
    return changed


def _lies_below(form: Form, row: int, counting: int) -> bool:
    """Whether a row of an extract tells the 镇街 that the counting row's table does not."""
    area, wider = form.data["area"].iat[row], form.data["area"].iat[counting]
    return isinstance(area, str) and isinstance(wider, str) and area.startswith(wider + "/")


def _member_parts(form: Form, data: pd.DataFrame, problems: list[Problem]) -> None:
    """党员总数 from its parts and, where a cell says 4(含预备1), the parts from the cell.

    Under 正式党员 as well such a cell holds both kinds: its number is the sum, and 正式党员 is what is left.
    """
    three = ("members", "full_members", "probationary_members")
    said = {column: _on_probation(form, column) for column in three[:2]}
    lacks = {column: _col(form, column, "Int64").isna() for column in three}
    inside = _coalesce(said["full_members"], said["members"])
    own = _col(form, "probationary_members", "Int64")
    for row in np.flatnonzero((inside.notna() & own.notna() & inside.ne(own)).fillna(False)):
        found = f"单元格里写预备党员{inside.iat[row]}名，预备党员一列写{own.iat[row]}名"
        problems.append(
            form.problem(
                "identity_differs",
                "probationary_members",
                row,
                found,
                "按预备党员一列",
                severity="question",
            )
        )
    unread = pd.Series(
        _col(form, "probationary_members_note", "Int64").fillna(0).to_numpy(dtype=int)
        > NOTES["missing"],
        index=data.index,
    )
    unread &= lacks["probationary_members"]
    unknown = (
        pd.Series([_uncounted(form, row) for row in range(len(data))], index=data.index)
        if form.parts
        else lacks["members"] & False
    )
    for suffix in SUFFIXES:
        members, full, probationary = (_col(form, column + suffix, "Int64") for column in three)
        whole = full.mask(~unknown)  # 4（含预备）: nobody says how many
        full = full.mask(said["full_members"].notna(), full - said["full_members"]).mask(unknown)
        full = full.mask(lacks["full_members"] & inside.notna(), members - inside)
        probationary = probationary.mask(lacks["probationary_members"] & inside.notna(), inside)
        members = members.mask(lacks["members"], full + probationary.fillna(0).mask(unread)).fillna(
            whole
        )
        for column, numbers in zip(three, (members, full, probationary), strict=True):
            data[column + suffix] = numbers


def _on_probation(form: Form, column: str) -> pd.Series:
    """How many of a cell's number are on probation, as the cell itself says."""
    found = {
        row: int(number)
        for row, parts in form.parts.get(column, {}).items()
        for word, number in parts
        if word.startswith(PROBATIONARY) and word != UNCOUNTED and number == number
    }
    return pd.Series(found, dtype="Int64").reindex(form.data.index)


def _uncounted(form: Form, row: int) -> bool:
    return any(word == UNCOUNTED for word, _ in form.parts.get("full_members", {}).get(row, ()))


def covers(form: Form, data: pd.DataFrame, problems: list[Problem]) -> pd.DataFrame:
    """Rows (unit, organisation, mode) from a unit ledger, with what the row says of the organisation.

    A unit stands in several rows of a sheet where it has several organisations (a committee and its branches).
    """
    own, joint = _col(form, "party_org_name"), _col(form, "joint_org_name")
    has = _col(form, "has_org", "boolean")
    mode = _coalesce(_col(form, "setup_mode"), keys_of(_col(form, "coverage"), _mode_in))
    name = _coalesce(joint.where(mode.isin(["joint", "attached"]), own), own, joint)
    kind = _col(form, "org_kind")
    unnamed = name.isna() & has.fillna(False).astype(bool)
    name = name.fillna(
        data["unit_name"][unnamed] + kind[unnamed].fillna("branch").map(_SUFFIX).astype(TEXT)
    )
    mode = mode.mask(mode.isna() & own.isna() & joint.notna(), "joint")
    mode = mode.mask(
        mode.isna() & keys_of(name, lambda n: "y" if _working(n) else None).notna(), "functional"
    )
    by_name = name.str.contains(_JOINT).map({True: "joint"}).astype(TEXT)
    problems += [
        form.problem("setup_differs", "setup_mode", r, str(name.iat[r]), "按组建方式计为单独组建")
        for r in np.flatnonzero((mode.eq("single") & by_name.notna()).fillna(False))
    ]
    mode = mode.fillna(by_name)
    out = data[[*PLACE, "unit"]].assign(
        name=name,
        party_org=keys_of(name),
        mode=mode,
        org_kind=kind,
        founded_on=_col(form, "founded_on", DATE),
        ended_on=_col(form, "org_ended_on", DATE),
        parent=keys_of(_col(form, "affiliation")),
        **{"members" + s: _col(form, "org_members" + s, "Int64") for s in SUFFIXES},
    )
    denied = has.eq(False).fillna(False).astype(bool)
    out = out[
        (data["kept"] | data["further"]) & name.notna() & ~(denied & own.isna() & joint.isna())
    ]
    out["link"] = joined(out["place_key"], out["party_org"])
    _members_told_apart(form, out, problems)
    several = (
        out["link"].duplicated(keep=False) | denied[out.index]
    )  # a unit stands once beside each organisation
    out["mode"] = out["mode"].fillna(
        pd.Series(np.where(several, "joint", "single"), index=out.index, dtype=TEXT)
    )
    return out


def _members_told_apart(form: Form, cover: pd.DataFrame, problems: list[Problem]) -> None:
    """党组织党员数 of one organisation that its units' rows tell differently: asked, the first one holds."""
    told = cover[cover["members"].notna()]
    first = told.groupby("link")["members"].transform("first") if len(told) else told["members"]
    for row in told.index[(told["members"] != first).to_numpy(dtype=bool)]:
        found = f"{cover['name'][row]}：{told['members'][row]}名，前面的行写{first[row]}名"
        said: dict[str, Any] = {"advice": "各行写成一致", "severity": "question"}
        read = f"按{first[row]}名"
        problems.append(form.problem("identity_differs", "org_members", row, found, read, **said))


def party_orgs(
    form: Form | None, cover: pd.DataFrame | None, problems: list[Problem]
) -> pd.DataFrame:
    """Party organisations of their own ledger, then those that only unit rows name; one row an organisation."""
    own = made = None
    if form is not None:
        links = joined(form.data["place_key"], keys_of(form.data["party_org"]))
        _add_columns(form, _first_rows(links.duplicated(), links), problems)
        own = form.data.assign(
            name=form.data["party_org"], party_org=keys_of(form.data["party_org"]), own_row=True
        )
        own["link"] = joined(own["place_key"], own["party_org"])
        own["parent"] = keys_of(_col(form, "parent"))
        by_mode = _col(form, "setup_mode").eq("functional").astype("boolean")
        own["functional"] = _by_name(
            _coalesce(_col(form, "functional", "boolean"), by_mode.where(by_mode)),
            own["name"],
            _working,
        )
        own["org_kind"] = _by_name(_col(form, "org_kind"), own["name"], _kind_in)
        double = own["link"].duplicated()
        firsts = _first_rows(double, own["link"])
        _duplicates(form, problems, "party_org", firsts)
        own = own[~double]
    if cover is not None and len(cover):
        made = cover.drop_duplicates("link").drop(columns=["unit", "mode"]).assign(own_row=False)
        formal = set(cover.loc[cover["mode"] != "functional", "link"])
        made["functional"] = pd.array([k not in formal for k in made["link"]], dtype="boolean")
        for column in (*_OF_ORG, *_MEMBERS):  # not said in the first row of it, but in another
            if made[column].isna().any():
                told = cover[cover[column].notna()].drop_duplicates("link")
                made[column] = made[column].fillna(
                    _taken(_at(made["link"], told), told[column], made.index)
                )
        made["org_kind"] = _by_name(made["org_kind"], made["name"], _kind_in)
        if (
            own is not None
        ):  # what the organisation's own ledger leaves open, the unit rows may know
            at = _at(own["link"], made)
            for column in (*_OF_ORG, *_MEMBERS):
                said = _taken(at, made[column], own.index)
                own[column] = own[column].fillna(said) if column in own else said
            made = made[~made["link"].isin(own["link"])]
    frames = [frame for frame in (own, made) if frame is not None]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def complete(
    orgs: pd.DataFrame, links: pd.DataFrame, unit_rows: pd.DataFrame | None
) -> pd.DataFrame:
    """What the covered units say of their organisations: the 镇街 where all of them lie, and the members.

    Members are the organisation's own column, else 正式 + 预备 of the units it covers directly; functional ones have
    none. Where one of those units leaves its members blank the sum is a lower limit: its high end is open (null). Members
    of a unit with several organisations belong to the first; what the others have of them is not known.
    """
    for suffix in SUFFIXES:
        if "members" + suffix not in orgs:
            orgs["members" + suffix] = _blank(len(orgs), "Int64")
    if not len(links) or unit_rows is None:
        return orgs
    # where all its units lie in one 镇街; one known from unit rows alone and spread over several belongs to the district
    one = links[["link", "area"]].drop_duplicates().drop_duplicates("link", keep=False)
    deeper = _taken(_at(orgs["link"], one), one["area"], orgs.index)
    district = keys_of(orgs["place_key"], lambda place: place.partition("\x1f")[0])
    area = orgs["area"].where(orgs["own_row"].astype(bool), district.where(district != ""))
    orgs["area"] = area.mask(area.fillna("").eq(district), deeper.fillna(area))

    kept = counted(unit_rows)
    position = pd.Index(kept["link"]).get_indexer(joined(links["place_key"], links["unit"]))
    use = (position >= 0) & (links["mode"] != "functional").to_numpy(dtype=bool)
    sums: dict[str, Any] = {}
    for suffix in SUFFIXES:
        number = (kept["full_members" + suffix] + kept["probationary_members" + suffix]).fillna(
            kept["members" + suffix]
        )
        own = number.to_numpy(dtype=float, na_value=np.nan)[position[use]]
        sums[suffix] = np.where(pd.Series(position[use]).duplicated(), np.nan, own)
    grouped = (
        pd.DataFrame(sums)
        .assign(blank=np.isnan(sums[""]))
        .groupby(links["link"].to_numpy()[use], sort=False)
    )
    total = grouped[list(SUFFIXES)].sum(min_count=1)
    total["_high"] = total["_high"].where(~grouped["blank"].max())
    empty = orgs["members"].isna() & ~orgs["functional"].fillna(False).astype(bool)
    found = total.reindex(orgs["link"]).set_axis(orgs.index)
    for suffix in SUFFIXES:
        orgs["members" + suffix] = orgs["members" + suffix].mask(
            empty, found[suffix].astype("Int64")
        )
    return orgs


def covers_by_list(
    form: Form,
    orgs: pd.DataFrame,
    unit_rows: pd.DataFrame | None,
    cover: pd.DataFrame | None,
    problems: list[Problem],
) -> pd.DataFrame:
    """覆盖单位 of the organisations' own ledger: rows that the unit ledger does not already hold."""
    said = _each(form, "covered_units")
    if not len(said):
        return pd.DataFrame()
    out = form.data.assign(
        party_org=keys_of(form.data["party_org"]),
        mode=_col(form, "setup_mode"),
        row=form.data.index,
    )
    out = out[[*PLACE, "party_org", "mode", "row"]].loc[said.index].reset_index(drop=True)
    out["link"] = joined(out["place_key"], out["party_org"])
    out["unit"] = keys_of(said).array
    if unit_rows is not None and len(unit_rows):
        kept = counted(unit_rows)[["place_key", "name_key", "link", "unit", "area"]]
        wanted = joined(out["place_key"], out["unit"])
        first = kept.assign(link=joined(kept["place_key"], kept["name_key"])).drop_duplicates(
            "link"
        )
        known = pd.concat([first, kept[~kept["link"].isin(first["link"])]])
        at = _at(wanted, known)
        for column in ("unit", "area"):
            out[column] = _taken(at, known[column], out.index).where(at >= 0, out[column])
        lost = (at < 0) & out["place_key"].isin(kept["place_key"])
        for i in np.flatnonzero(lost).tolist():
            problems.append(
                form.problem("unit_unknown", "covered_units", said.index[i], str(said.iat[i])[:40])
            )
        out = out[~lost]
    functional = (
        _taken(_at(out["link"], orgs), orgs["functional"], out.index)
        .fillna(False)
        .to_numpy(dtype=bool)
    )
    by_size = pd.Series(
        np.where(out["row"].map(out["row"].value_counts()) > 1, "joint", "single"),
        index=out.index,
        dtype=TEXT,
    )
    by_name = (
        form.data["party_org"]
        .str.contains(_JOINT)
        .map({True: "joint"})
        .astype(TEXT)
        .reindex(out["row"])
        .set_axis(out.index)
    )
    out["mode"] = _coalesce(out["mode"], by_name, by_size).mask(functional, "functional")
    pair = joined(out["link"], out["unit"])
    known_pairs: Any = (
        joined(cover["link"], cover["unit"]) if cover is not None and len(cover) else []
    )
    return out[~pair.duplicated() & ~pair.isin(known_pairs)]


_OF_ORGANISATION = re.compile(RULES["organisations"]["named"])


def name_organisations(
    form: Form,
    orgs: pd.DataFrame,
    links: pd.DataFrame | None,
    unit_rows: pd.DataFrame | None,
    problems: list[Problem],
) -> None:
    """Where a ledger is kept by 单位名称, the organisation of the unit takes the place of 党组织名称 (in `form.data`).

    What stands there may be an organisation already; else it is the one that covers the unit, its own before a joint one;
    else, where nothing tells of another, 甲公司 has 甲公司党支部. Several that fit are asked: the row then belongs to none.
    """
    own, named = _col(form, "party_org"), _col(form, "unit_name")
    todo = np.flatnonzero(own.isna() & named.notna())
    if not len(todo):
        form.data["party_org"] = own
        return
    names: dict[str, dict[str, str]] = {}
    for place, key, name in (
        zip(orgs["place_key"], orgs["party_org"], orgs["name"], strict=True) if len(orgs) else ()
    ):
        names.setdefault(place, {})[key] = name
    units_of: dict[tuple[str, str], set[str]] = {}
    if unit_rows is not None:
        for place, key, unit in zip(
            unit_rows["place_key"], unit_rows["name_key"], unit_rows["unit"], strict=True
        ):
            units_of.setdefault((place, key), set()).add(unit)
    covering: dict[tuple[str, str], dict[str, str]] = {}
    if links is not None and len(links):
        for place, unit, org, mode in zip(
            links["place_key"], links["unit"], links["party_org"], links["mode"], strict=True
        ):
            covering.setdefault((place, unit), {})[org] = mode

    def of_unit(place: str, name: str) -> list[str]:
        key, known = name_key(name), names.get(place, {})
        if key in known or _OF_ORGANISATION.search(name):
            return [known.get(key, name)]
        found: dict[str, str] = {}
        for unit in units_of.get((place, key), {key}):
            found |= covering.get((place, unit), {})
        formal = [org for org, mode in found.items() if mode != "functional"] or list(found)
        single = [org for org in formal if found[org] == "single"]
        fit = single if len(single) == 1 else formal
        fit = fit or [org for org in known if org.startswith(key) and _OF_ORGANISATION.search(org)]
        return [known.get(org, org) for org in fit] or [name + _SUFFIX["branch"]]

    memo: dict[tuple[str, str], list[str]] = {}
    out = own.copy()
    for row in todo:
        at = (form.data["place_key"].iat[row], str(named.iat[row]))
        first = at not in memo
        fit = memo.setdefault(at, of_unit(*at)) if first else memo[at]
        if len(fit) == 1:
            out.iat[row] = fit[0]
        elif first:
            said = (at[1][:40], "金额、活动等保留，不归任何一个党组织")
            allowed = "、".join(fit[:5])
            problems.append(
                form.problem(
                    "organisation_unknown",
                    "unit_name",
                    row,
                    *said,
                    allowed=allowed,
                    advice="写明是哪个党组织",
                    severity="question",
                )
            )
    form.data["party_org"] = out


def attach(form: Form, orgs: pd.DataFrame, problems: list[Problem]) -> pd.DataFrame:
    """Key and area of the organisation that a fund, activity or rating names; unknown ones are reported and kept."""
    names: Any = form.data["party_org"]
    data = form.data.assign(party_org=keys_of(names))
    if not len(orgs):
        return data
    at = _at(joined(data["place_key"], data["party_org"]), orgs)
    own = orgs["area"].to_numpy(dtype=object)[at]
    data["area"] = pd.array(
        np.where((at >= 0) & ~pd.isna(own), own, data["area"].to_numpy(dtype=object)), dtype=TEXT
    )
    lost = data[(at < 0) & data["party_org"].notna() & data["place_key"].isin(orgs["place_key"])]
    for n, (row, place) in enumerate(
        lost.drop_duplicates(["place_key", "party_org"])["place_key"].items()
    ):  # once a place
        close = (
            near(names.iat[row], orgs.loc[orgs["place_key"] == place, "name"]) if n < 100 else []
        )
        problems.append(
            form.problem(
                "organisation_unknown",
                "party_org",
                row,
                str(names.iat[row])[:40],
                allowed="、".join(close),
            )
        )
    return data


def _melted(
    data: pd.DataFrame, pieces: list[tuple[str, np.ndarray, dict[str, Any]]], value: str
) -> pd.DataFrame:
    """Columns under each other: for every (column, rows, what it stands for) the organisation, place and value."""
    if not pieces:
        return data.iloc[:0]
    texts = {
        name: pd.Categorical.from_codes(*pd.factorize(data[name]))
        for name in ("area", "period", "party_org")
    }
    out = (
        data[["sheet", "source_row"]]
        .assign(**texts)
        .take(np.concatenate([rows for _, rows, _ in pieces]))
        .reset_index(drop=True)
    )
    for name in pieces[0][2]:
        pool: dict[Any, int] = {None: -1}
        codes = [
            np.broadcast_to(
                [pool.setdefault(text, len(pool) - 1) for text in np.atleast_1d(said[name])],
                len(rows),
            )
            for _, rows, said in pieces
            if len(rows)
        ]
        whole: Any = np.concatenate([*codes, np.zeros(0, dtype=int)])
        out[name] = pd.Categorical.from_codes(whole, pd.Index(list(pool)[1:], dtype=object))
    for suffix in SUFFIXES:
        out[value + suffix] = pd.concat(
            [data[column + suffix].take(rows) for column, rows, _ in pieces], ignore_index=True
        )
    return out


def funds(
    form: Form, orgs: pd.DataFrame, specs: Mapping[str, Any], problems: list[Problem]
) -> pd.DataFrame:
    """Melt the funds ledger: one row an amount. A blank in an existing column is a missing amount, not zero."""
    data = attach(form, orgs, problems)
    repeated = _repeated(form, data, problems)
    pieces = []
    for column, spec in specs.items():
        totals = "total_of" in spec
        if not ("flow" in spec or totals) or spec.get("person") or column not in data:
            continue
        use = form.has(column) & ~repeated
        said = {key: spec.get(key) for key in ("flow", "source", "purpose")}
        if totals:
            use &= _counts(form, data, column, specs, problems)
        item, payer = _col(form, "spending_item"), _col(form, "payer")
        if column == "income_amount":
            use &= (data[column].notna() | payer.notna()).to_numpy()
            said["source"] = payer.fillna("other").to_numpy()[use]
        if column == "spending_amount":
            use &= (
                data[column].notna() | item.notna() | payer.notna() & ~form.has("income_amount")
            ).to_numpy()
            # 金额 beside 经费来源, or in a ledger of 收入 only, or as the column 收支 says, is income
            income = form.of_block(
                "spending_item" not in b.columns and _of_income(b) for b in form.blocks
            )
            income = (
                _col(form, "direction")
                .str.contains("收")
                .astype("boolean")
                .fillna(pd.Series(income, form.data.index))
                .to_numpy(bool)
            )
            said["flow"] = np.where(income, "income", "spending")[use]
            said["source"] = np.where(income, payer.fillna("other"), None)[use]
            said["purpose"] = np.where(income, None, item.fillna("other"))[use]
        pieces.append((column, np.flatnonzero(use), said))
    return _melted(data, pieces, "amount_fen")


def _counts(
    form: Form, data: pd.DataFrame, column: str, specs: Mapping[str, Any], problems: list[Problem]
) -> np.ndarray:
    """For every row whether a column that may be a total is money of its own, as its name and the sums tell.

    上级下拨 is, where it stands alone or beside payers that do not add up to it. 支出合计 is where its parts are not told;
    what it has beyond parts that are told is other spending. 年度经费 is where no source is told.
    """
    spec = specs[column]
    beside = totals.present(form, [p for p in spec["total_of"] if p != column])
    alone = form.has(column) & ~beside
    if column == "upper_total":
        given = (
            data[column].notna().to_numpy()
        )  # left blank beside its parts it is no amount that is missing
        apart = form.has(column) & beside & given & ~totals.is_total(form, specs, column)
        _ask(
            form, column, apart, spec, specs, "各行的数证明不了它是合计，各按一笔收入计入", problems
        )
        return alone | apart
    if column == "spending_total":
        rest = form.has(column) & beside & ~totals.is_total(form, specs, column)
        _remainders(form, data, column, spec, rest)
        left = rest & data[column].notna().to_numpy()
        _ask(form, column, left, spec, specs, "多于分项之和，差额按其他支出计入", problems)
        personal = rest & form.of_block(_of_persons(b) for b in form.blocks)
        _ask(form, column, personal, spec, specs, "含个人津补贴，差额未计入", problems)
        return alone | left
    # 合计 of what was spent is no income
    spent = [
        c
        for c, s in specs.items()
        if s.get("flow") == "spending" and not s.get("person") and c in data
    ]
    spending = (
        totals.is_total(form, {**specs, column: {**spec, "total_of": spent}}, column)
        if spent
        else ~alone & alone
    )
    unclear = (
        alone
        & ~spending
        & form.of_block(squeeze(b.headings.get(column, "")) in _BARE for b in form.blocks)
    )
    for row in _once_a_sheet(form, unclear & data[column].notna().to_numpy()):
        said = (form.heading(column, row), "看不出是收入还是支出，此列未采用")
        problems.append(
            form.problem(
                "heading_unknown",
                column,
                row,
                *said,
                advice="表头写成“收入合计”或“支出合计”",
                severity="error",
            )
        )
    return alone & ~spending & ~unclear


_BARE = ("合计", "总额", "总计")


def _remainders(
    form: Form, data: pd.DataFrame, column: str, spec: Mapping[str, Any], rest: np.ndarray
) -> None:
    """支出合计 beside some of its parts becomes, in `data` and at these rows, what it has beyond them."""
    parts = [p for p in spec["total_of"] if p in data]
    personal = form.of_block(_of_persons(b) for b in form.blocks)
    low, high, _ = totals.summed(form, parts)
    point = np.nansum([totals.amounts(form, p)[0] for p in parts], axis=0) if parts else low
    for suffix, other in zip(SUFFIXES, (point, high, low), strict=True):
        amount = data[column + suffix].to_numpy(dtype=float, na_value=np.nan) - other
        left = np.isfinite(amount) & (amount > 0) & ~personal
        whole = pd.Series(
            np.where(left, np.rint(amount), 0).astype(np.int64), index=data.index
        ).astype("Int64")
        data[column + suffix] = data[column + suffix].mask(rest, whole.where(left))


def _of_persons(block: Any) -> bool:
    """Whether a column of what a person is paid stands in a block: what is left of a total would tell it."""
    heads = (str(cell) for i in block.head for cell in block.sheet.rows[i])
    return any(persons.heading_kind(head) == "allowance" for head in heads)


def _ask(
    form: Form,
    column: str,
    rows: np.ndarray,
    spec: Mapping[str, Any],
    specs: Mapping[str, Any],
    read: str,
    problems: list[Problem],
) -> None:
    """One question a sheet about a column beside its possible parts."""
    for row in _once_a_sheet(form, rows):
        parts = "、".join(
            form.heading(p, row) for p in spec["total_of"] if form.has(p)[row] and p in specs
        )
        found = f"{form.heading(column, row)}与{parts}并列"
        problems.append(
            form.problem(
                "identity_differs",
                column,
                row,
                found,
                read,
                advice="核对是否包含在内",
                severity="question",
            )
        )


def _once_a_sheet(form: Form, rows: np.ndarray) -> list[int]:
    at = np.flatnonzero(rows)
    return (
        pd.Series(at, index=form.data["sheet"].to_numpy()[at])
        .groupby(level=0, sort=False)
        .first()
        .tolist()
    )


_DAYS = ("date", "paid_on", "returned_on")


def _repeated(form: Form, data: pd.DataFrame, problems: list[Problem]) -> np.ndarray:
    """Rows that say again, word for word, what an earlier row of the same sheet says; told, and not counted.

    The number of the row may differ where the row has a day of its own; without a day and with another number, or no
    number at all, the same may have happened twice: that is asked, and counted.
    """
    out = np.zeros(len(data), dtype=bool)
    columns = dict.fromkeys(c for b in form.blocks for c in b.columns if c in data)
    used = [c for c in columns if c not in ("row_number", "remark") and c not in IGNORED]
    says = (
        data[[c for c in used if c not in ("party_org", "unit_name")]]
        .notna()
        .any(axis=1)
        .to_numpy(dtype=bool)
    )
    typed = data[[*dict.fromkeys((*used, "party_org")), "sheet", "area", "period"]].assign(
        month_=form.of_block(form.sheet_months)
    )
    doubtful = np.flatnonzero(typed.duplicated(keep=False).to_numpy() & says)
    form.repeated = out
    if not len(doubtful):
        return out
    same: dict[tuple[Any, ...], int] = {}
    unsure: dict[int, list[int]] = {}
    numbers = (
        typed.iloc[doubtful]
        .groupby(list(typed.columns), dropna=False, sort=False)
        .ngroup()
        .tolist()
    )
    for row, group in zip(doubtful.tolist(), numbers, strict=True):
        number, dated, rest = _as_written(form, row, used)
        first = same.setdefault((group, rest), row)
        if first == row:
            continue
        if dated or (number and number == _as_written(form, first, used)[0]):
            out[row] = True
            form.said[row] = "row_duplicate"
            read = f"与{form.where('party_org', first)}重复，只计前一行"
            said = data["party_org"].iat[row]
            problems.append(
                form.problem(
                    "row_duplicate",
                    "party_org",
                    row,
                    str(said)[:40] if pd.notna(said) else "",
                    read,
                )
            )
        else:
            unsure.setdefault(int(data["sheet"].iat[row]), []).append(row)
    for rows in unsure.values():
        said = (f"{len(rows)}行与前面的行完全相同", "没有日期，看不出是否重复，都计入")
        problems.append(
            form.problem("row_duplicate", "party_org", rows[0], *said, severity="question")
        )
    return out


def _as_written(form: Form, row: int, used: Sequence[str]) -> tuple[str, bool, str]:
    """Of a row its number, whether it tells a day, and all cells that stand in none of these columns."""
    block, cells = form.block_of(row), form.cells_of(row)
    at = {column: one.index for column, one in block.columns.items()}
    number = (
        squeeze(cells[at["row_number"]]) if at.get("row_number", len(cells)) < len(cells) else ""
    )
    dated = any(_has_day(cells[at[c]]) for c in _DAYS if at.get(c, len(cells)) < len(cells))
    read = {
        index
        for column, index in at.items()
        if column in used or column in ("row_number", "remark")
    }
    return (
        number,
        dated,
        "\x1f".join(squeeze(cell) for index, cell in enumerate(cells) if index not in read),
    )


def _has_day(cell: object) -> bool:
    """Whether a cell tells a day, not only a month."""
    if isinstance(cell, str):
        return (
            len(re.findall(r"\d+", cell)) >= 3 or "日" in cell or len(re.sub(r"\D", "", cell)) >= 8
        )
    return cell not in (None, "")


def _of_income(block: Any) -> bool:
    """Whether the one amount of a block is money that came in."""
    told = (
        "".join((block.headings["spending_amount"], block.sheet.name, *block.titles))
        if "spending_amount" in block.columns
        else "支出"
    )
    return "支出" not in told and ("payer" in block.columns or "收入" in told)


def _each(form: Form, column: str) -> pd.Series:
    """The names in the lists of a column, one below the other, by their row."""
    lists = [split_names(cell) for cell in _col(form, column).to_numpy(dtype=object)]
    rows = np.repeat(np.arange(len(lists)), [len(names) for names in lists])
    return pd.Series([name for names in lists for name in names], index=rows, dtype=TEXT)


def instructors(form: Form) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Instructor counts by class and visits, one set per area and period of a sheet. Codes live only in here."""
    place, classes = ["area", "period", "file", "sheet"], ["level", "origin", "full_time"]
    data = form.data[["area", "period", "sheet", "source_row"]].assign(
        file=form.of_block(b.sheet.file for b in form.blocks),
        level=_col(form, "level"),
        origin=_col(form, "origin"),
        full_time=_col(form, "full_time", "boolean"),
    )
    codes, units = (keys_of(_each(form, column)) for column in ("instructor_codes", "served_units"))
    long = data[_col(form, "active", "boolean").fillna(True).astype(bool)].join(
        codes.rename("code"), how="inner"
    )
    first = long.drop_duplicates([*place[:3], "code"])
    grouped = first.groupby([*place, *classes], dropna=False, sort=False)
    counts = grouped.agg(count=("code", "size"), source_row=("source_row", "first")).reset_index()
    served = (
        long[[*place[:3], "code"]]
        .join(units.rename("unit"))
        .merge(first[[*place, *classes, "code"]], on=[*place[:3], "code"])
    )
    by_class = (
        served.groupby([*place, *classes], dropna=False)["unit"]
        .nunique()
        .rename("units_served")
        .reset_index()
    )
    counts = counts.merge(by_class, on=[*place, *classes], how="left")
    sheets = form.data["sheet"]
    listing, visiting = (
        set(sheets[form.has(column)]) for column in ("served_units", "visit_count")
    )
    served_units = counts["units_served"].astype("Int64").fillna(0)
    counts["units_served"] = served_units.where(counts["sheet"].isin(listing))
    for column in ("count", "units_served"):
        counts[column + "_low"] = counts[column + "_high"] = counts[column]
    if not visiting:
        return counts, pd.DataFrame()
    visited = form.data[[f"visit_count{suffix}" for suffix in SUFFIXES]].set_axis(
        [f"count{s}" for s in SUFFIXES], axis=1
    )
    data = data.join(visited)[sheets.isin(visiting).to_numpy()]
    per_place = data.groupby(place, dropna=False, sort=False)
    visits = (
        per_place[list(visited)]
        .sum(min_count=1)
        .join(per_place["source_row"].first())
        .reset_index()
    )
    if listing:
        seen = (
            data[data["count"].fillna(0) > 0]
            .join(units.rename("unit"))
            .groupby(place, dropna=False)["unit"]
            .nunique()
            .reset_index()
        )
        visits = visits.merge(seen.rename(columns={"unit": "units_visited"}), on=place, how="left")
        found = (
            visits["units_visited"].astype("Int64").fillna(0).where(visits["sheet"].isin(listing))
        )
        for suffix in SUFFIXES:
            visits["units_visited" + suffix] = found
    return counts, visits


def activities(
    form: Form, orgs: pd.DataFrame, problems: list[Problem]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Activities, and the visits (走访) that stand among them; what stands there twice counts once."""
    data = attach(form, orgs, problems)
    repeated = _repeated(form, data, problems)
    of = {
        row: int(number)
        for row, parts in form.parts.get("present", {}).items()
        for word, number in parts
        if word == "of"
    }
    due = pd.Series(of, dtype="Int64").reindex(data.index)  # 7/9 under 实到 tells those due as well
    by_sheet = pd.Series(form.of_block(form.sheet_months), dtype="Int64").replace(0, pd.NA)
    data = data.assign(
        **{
            "due" + suffix: _coalesce(_col(form, "due" + suffix, "Int64"), due)
            for suffix in SUFFIXES
        }
    )
    data["month"] = _coalesce(
        _col(form, "month", "Int64"), _col(form, "date", DATE).dt.month.astype("Int64"), by_sheet
    )
    data["kind"] = _col(form, "kind")
    times = _col(form, "times", "Int64").fillna(1).clip(1, None)
    visit = data["kind"].eq("visit").fillna(False).to_numpy(dtype=bool)
    visits = _visits(form, data.assign(count=times)[visit & ~repeated])
    keep = ~visit & ~repeated
    data, times = data[keep], times[keep]
    if (
        times > 1
    ).any():  # 3 under 次数 is three activities; what the row says of them together stays with the first
        data = data.loc[data.index.repeat(times)].reset_index(drop=True)
        again = data.duplicated(["sheet", "source_row"])
        for column in [
            c + s for c in ("due", "present", "cost_fen") if c in data for s in SUFFIXES
        ]:
            data[column] = data[column].mask(again)
    return data, visits


def _visits(form: Form, data: pd.DataFrame) -> pd.DataFrame:
    """Visits that a ledger of activities lists, one row an area and period of a sheet."""
    if not len(data):
        return pd.DataFrame()
    grouped = data.groupby(["area", "period", "sheet"], dropna=False, sort=False)
    out = grouped.agg(count=("count", "sum"), source_row=("source_row", "first")).reset_index()
    for suffix in SUFFIXES:
        out["count" + suffix] = out["count"].astype("Int64")
    return out


def ratings(
    form: Form, orgs: pd.DataFrame, specs: Mapping[str, Any], problems: list[Problem]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores by item, and the stars; an organisation that stands there twice counts once."""
    keys = keys_of(_col(form, "party_org"))
    links = joined(form.data["place_key"], keys)
    # two townships may have a 第一党支部 each
    here = joined(links, form.data["area"])
    double = (here.duplicated() | links.duplicated() & form.extracts) & keys.notna()
    firsts = _first_rows(double, links)
    _add_columns(form, firsts, problems)
    _duplicates(form, problems, "party_org", firsts)
    data = attach(form, orgs, problems)
    items = [c for c, spec in specs.items() if spec.get("item") and c in data]
    once = ~double.to_numpy(dtype=bool)
    return _melted(
        data, [(c, np.flatnonzero(form.has(c) & once), {"item": c}) for c in items], "score"
    ), data[once]


def figures(form: Form, measures: Mapping[str, Any], problems: list[Problem]) -> pd.DataFrame:
    """Rows of a 工作报表: the item is looked up among the codes, names and other names of the measures."""
    items = Items(measures)
    said = form.data["measure"].fillna("").astype(str)
    found = [items.look(word) for word in said]
    for row in (row for row, code in enumerate(found) if code is None):
        word = said.iat[row]
        form.said[row] = "measure_unknown"
        problems.append(
            form.problem("measure_unknown", "measure", row, word[:40], advice=items.advice(word))
        )
    data = form.data.assign(
        measure=pd.array(found, dtype=TEXT),
        unit=form.data.get("value_unit", _col(form, "unit")),
        low=form.data["value_low"],
        high=form.data["value_high"],
    )
    data["qualifier"] = pd.Series("约数", index=data.index, dtype=TEXT).where(
        data["value_note"] & 4 > 0
    )
    cells = pd.Series(
        [form.where("value", row) for row in range(len(data))], index=data.index, dtype=TEXT
    )
    data["locator"] = _coalesce(_col(form, "locator"), cells)
    again = form.extracts & data.duplicated(["area", "period", "measure"]).to_numpy()
    form.said |= dict.fromkeys(np.flatnonzero(again).tolist(), "row_in_extract")
    return data[data["measure"].notna().to_numpy() & ~again]
