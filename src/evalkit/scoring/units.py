"""Frames of indicators as units x indicators; persons are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.problems import InputError, Problem
from evalkit.stats.intervals import Floats

PERSONAL = {"person", "person_id", "person_name", "member_name", "id_card", "phone", "姓名", "身份证号", "手机号"}
ENTITIES = {"area", "party_org"}


def refuse_persons(frame: pd.DataFrame, keyed: bool = True) -> None:
    """Areas and party organisations only; `keyed` asks for a column that says which."""
    found = sorted(PERSONAL & set(map(str, frame.columns)))
    found += sorted(set(frame["entity"].dropna().astype(str)) - ENTITIES) if "entity" in frame else []
    if found or (keyed and not ENTITIES & set(frame.columns)):
        what = "、".join(found) or "既没有地区也没有党组织"
        raise InputError(Problem("person_refused", where="indicators", found=what, allowed="地区、党组织", advice="只对地区和党组织计分"))


def _names(frame: pd.DataFrame) -> pd.Series:
    area = frame["area"].astype(str) if "area" in frame else pd.Series("", index=frame.index)
    return area + "/" + frame["party_org"].astype(str) if "party_org" in frame else area


def units_of(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    units = frame.assign(_unit=_names(frame)).drop_duplicates("_unit")
    units = (units.sort_values("sort_order", kind="stable") if "sort_order" in units else units).reset_index(drop=True)
    named = "area_name" in units and key == "area"
    out = pd.DataFrame({"area": units["_unit"], "area_name": units["area_name"] if named else units["_unit"].str.rpartition("/")[2]})
    out["peer_group"] = units.get("peer_group")
    out["sort_order"] = units["sort_order"] if "sort_order" in units else range(1, len(out) + 1)
    return out


def wide(rows: pd.DataFrame, units: pd.DataFrame, codes: list[str], column: str = "value") -> Floats:
    """A column of the indicators frame as units x indicators, NaN where there is none."""
    values = pd.to_numeric(rows[column], errors="coerce") if column in rows else np.nan
    table = pd.DataFrame({"u": _names(rows), "i": rows["indicator"], "v": values}).pivot(index="u", columns="i", values="v")
    return np.array(table.reindex(index=units["area"], columns=codes).to_numpy(dtype=float, na_value=np.nan))
