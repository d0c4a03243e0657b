"""Party organisations, and the units that they cover: from their own ledger and from rows of units."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from evalkit.ledgers.findings import RULES
from evalkit.ledgers.forms import SUFFIXES, TEXT, Form, name_key
from evalkit.ledgers.making.members import member_parts
from evalkit.ledgers.making.once import add_columns, first_rows, tell_duplicates
from evalkit.ledgers.making.units import counted
from evalkit.ledgers.making.verbs import (
    DATE,
    PLACE,
    blank_column,
    column_of,
    filled_by_name,
    filled_from,
    joined,
    keys_of,
    names_in,
    positions_of,
    taken_from,
)
from evalkit.problems import Problem

ORGANISATIONS: dict[str, Any] = RULES["organisations"]


SUFFIX: dict[str, str] = ORGANISATIONS["suffix"]


JOINT: str = ORGANISATIONS["joint_name"]


_OF_ORG = (
    "org_kind",
    "founded_on",
    "ended_on",
    "parent",
)  # what unit rows and an organisation's own row may both say


MEMBER_COLUMNS = tuple("members" + suffix for suffix in SUFFIXES)


def _kind_in(name: str) -> str | None:
    """The kind of an organisation that its name tells."""
    return next((one["kind"] for one in ORGANISATIONS["kinds"] if one["word"] in name), None)


def _mode_in(text: str) -> str | None:
    """The mode of covering that a cell of 覆盖情况 tells."""
    return next((one["mode"] for one in ORGANISATIONS["modes"] if one["word"] in text), None)


def _working(name: str) -> bool:
    return any(word in name for word in ("功能型", "工作支部", "临时党支部"))


def covers(form: Form, data: pd.DataFrame, problems: list[Problem]) -> pd.DataFrame:
    """Rows (unit, organisation, mode) from a unit ledger, with what the row says of the organisation.

    A unit stands in several rows of a sheet where it has several organisations (a committee and its branches).
    """
    own, joint = column_of(form, "party_org_name"), column_of(form, "joint_org_name")
    has = column_of(form, "has_org", "boolean")
    mode = filled_from(
        column_of(form, "setup_mode"), keys_of(column_of(form, "coverage"), _mode_in)
    )
    name = filled_from(joint.where(mode.isin(["joint", "attached"]), own), own, joint)
    kind = column_of(form, "org_kind")
    unnamed = name.isna() & has.fillna(False).astype(bool)
    name = name.fillna(
        data["unit_name"][unnamed] + kind[unnamed].fillna("branch").map(SUFFIX).astype(TEXT)
    )
    mode = mode.mask(mode.isna() & own.isna() & joint.notna(), "joint")
    mode = mode.mask(
        mode.isna() & keys_of(name, lambda n: "y" if _working(n) else None).notna(), "functional"
    )
    by_name = name.str.contains(JOINT).map({True: "joint"}).astype(TEXT)
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
        founded_on=column_of(form, "founded_on", DATE),
        ended_on=column_of(form, "org_ended_on", DATE),
        parent=keys_of(column_of(form, "affiliation")),
        **{"members" + s: column_of(form, "org_members" + s, "Int64") for s in SUFFIXES},
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
        add_columns(form, first_rows(links.duplicated(), links), problems)
        own = form.data.assign(
            name=form.data["party_org"], party_org=keys_of(form.data["party_org"]), own_row=True
        )
        if "full_members" in own:
            member_parts(form, own, problems)
        own["link"] = joined(own["place_key"], own["party_org"])
        own["parent"] = keys_of(column_of(form, "parent"))
        by_mode = column_of(form, "setup_mode").eq("functional").astype("boolean")
        own["functional"] = filled_by_name(
            filled_from(column_of(form, "functional", "boolean"), by_mode.where(by_mode)),
            own["name"],
            _working,
        )
        own["org_kind"] = filled_by_name(column_of(form, "org_kind"), own["name"], _kind_in)
        double = own["link"].duplicated()
        firsts = first_rows(double, own["link"])
        tell_duplicates(form, problems, "party_org", firsts)
        own = own[~double]
    if cover is not None and len(cover):
        made = cover.drop_duplicates("link").drop(columns=["unit", "mode"]).assign(own_row=False)
        formal = set(cover.loc[cover["mode"] != "functional", "link"])
        made["functional"] = pd.array([k not in formal for k in made["link"]], dtype="boolean")
        for column in (
            *_OF_ORG,
            *MEMBER_COLUMNS,
        ):  # not said in the first row of it, but in another
            if made[column].isna().any():
                told = cover[cover[column].notna()].drop_duplicates("link")
                made[column] = made[column].fillna(
                    taken_from(positions_of(made["link"], told), told[column], made.index)
                )
        made["org_kind"] = filled_by_name(made["org_kind"], made["name"], _kind_in)
        if (
            own is not None
        ):  # what the organisation's own ledger leaves open, the unit rows may know
            at = positions_of(own["link"], made)
            for column in (*_OF_ORG, *MEMBER_COLUMNS):
                said = taken_from(at, made[column], own.index)
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
            orgs["members" + suffix] = blank_column(len(orgs), "Int64")
    if not len(links) or unit_rows is None:
        return orgs
    # where all its units lie in one 镇街; one known from unit rows alone and spread over several belongs to the district
    one = links[["link", "area"]].drop_duplicates().drop_duplicates("link", keep=False)
    deeper = taken_from(positions_of(orgs["link"], one), one["area"], orgs.index)
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
    said = names_in(form, "covered_units")
    if not len(said):
        return pd.DataFrame()
    out = form.data.assign(
        party_org=keys_of(form.data["party_org"]),
        mode=column_of(form, "setup_mode"),
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
        at = positions_of(wanted, known)
        for column in ("unit", "area"):
            out[column] = taken_from(at, known[column], out.index).where(at >= 0, out[column])
        lost = (at < 0) & out["place_key"].isin(kept["place_key"])
        for i in np.flatnonzero(lost).tolist():
            problems.append(
                form.problem("unit_unknown", "covered_units", said.index[i], str(said.iat[i])[:40])
            )
        out = out[~lost]
    functional = (
        taken_from(positions_of(out["link"], orgs), orgs["functional"], out.index)
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
        .str.contains(JOINT)
        .map({True: "joint"})
        .astype(TEXT)
        .reindex(out["row"])
        .set_axis(out.index)
    )
    out["mode"] = filled_from(out["mode"], by_name, by_size).mask(functional, "functional")
    pair = joined(out["link"], out["unit"])
    known_pairs: Any = (
        joined(cover["link"], cover["unit"]) if cover is not None and len(cover) else []
    )
    return out[~pair.duplicated() & ~pair.isin(known_pairs)]


OF_ORGANISATION = re.compile(RULES["organisations"]["named"])


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
    own, named = column_of(form, "party_org"), column_of(form, "unit_name")
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
        if key in known or OF_ORGANISATION.search(name):
            return [known.get(key, name)]
        found: dict[str, str] = {}
        for unit in units_of.get((place, key), {key}):
            found |= covering.get((place, unit), {})
        formal = [org for org, mode in found.items() if mode != "functional"] or list(found)
        single = [org for org in formal if found[org] == "single"]
        fit = single if len(single) == 1 else formal
        fit = fit or [org for org in known if org.startswith(key) and OF_ORGANISATION.search(org)]
        return [known.get(org, org) for org in fit] or [name + SUFFIX["branch"]]

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
