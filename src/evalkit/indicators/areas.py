"""Areas: paths of names, their level, their parents, and the district at which keys of units are unique."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from evalkit.world.area import Area, whole_paths
from evalkit.world.extent import joined

STATED = ("short_name", "name_en", "code", "level", "peer_group", "kinds", "sort_order")
TILE = ("tile_row", "tile_column")


def level_of(path: str) -> str:
    """Level of an area by the ending of its name and by what stands above it (`evalkit.world.area`)."""
    return Area.of(path).level


def home_of(path: str) -> str:
    """The district of an area, where a name is enough to know a unit or an organisation by (`evalkit.world.area`)."""
    return Area.of(path).district().path


def build_areas(paths: Iterable[str], given: pd.DataFrame | None = None) -> pd.DataFrame:
    """The table of areas: every path that occurs and everything above it.

    Parameters
    ----------
    paths
        Area paths in order of appearance.
    given
        Rows of ``areas.xlsx``: name (or path), short_name, code, parent, level, peer_group, kinds, sort_order; they win.
        ``tile_row``, ``tile_column``: where an area stands in a map of squares.
        ``former``: what an area was before a split, a merger or a new name; several names with 、 between them.

    Returns
    -------
    Also ``as_one``: the areas that a split, merger or new name joins, with which an area is compared as one.
    """
    given_rows = _given_rows(given)
    seen: dict[str, None] = {}
    for path in paths:
        for area in Area.of(path).lineage() if path else ():
            seen.setdefault(area.path)
    stated = _stated(given_rows, seen)
    for path in stated:
        for area in Area.of(path).lineage():
            seen.setdefault(area.path)
    rows = pd.DataFrame({"area": list(seen)}, dtype="string")
    known = [Area.of(path) for path in seen]
    rows["name"] = pd.array([area.name for area in known], dtype="string")
    parents = [area.parent for area in known]
    rows["parent"] = pd.array([p.path if p else None for p in parents], dtype="string")
    rows["level"] = pd.array([area.level for area in known], dtype="string")
    rows["home"] = pd.array([area.district().path for area in known], dtype="string")
    rows["short_name"] = rows["name"]
    for column in ("name_en", "code", "peer_group", "kinds"):
        rows[column] = pd.Series(pd.NA, index=rows.index, dtype="string")
    rows["sort_order"] = pd.Series(range(1, len(rows) + 1), dtype="Int64")
    for column in TILE:
        rows[column] = pd.Series(pd.NA, index=rows.index, dtype="Int64")
    rows["listed"] = rows["area"].isin(stated)
    if given_rows:
        rows = _as_stated(rows, stated)
    former = {path: _former(row.get("former"), path, seen) for path, row in stated.items()}
    for column, told in (("former", former), ("as_one", _joined_by_change(former))):
        rows[column] = pd.array([joined(told.get(p, ())) or None for p in rows["area"]], "string")
    return rows.sort_values("sort_order", kind="stable", ignore_index=True)


def _given_rows(given: pd.DataFrame | None) -> list[dict[str, Any]]:
    """The rows of areas.xlsx that name an area; the name of a row with a path alone is the end of the path."""
    if given is None or not len(given):
        return []
    if "area" in given:
        given = given.assign(name=given["name"].fillna(given["area"].str.rpartition("/")[2]))
    return given.dropna(subset=["name"]).to_dict("records")


def _stated(given: Sequence[Mapping[str, Any]], seen: Mapping[str, None]) -> dict[str, Any]:
    """The rows of areas.xlsx by the path of their area.

    A row tells its path, or its parent and its name; a name alone means the one area of that name that occurs. An area
    that occurs nowhere is one that has not reported.
    """
    by_name: dict[str, list[str]] = {}
    for path in seen:
        by_name.setdefault(Area.of(path).name, []).append(path)
    keys = [_key(row) for row in given]
    whole = whole_paths([*seen, *(key for key in keys if "/" in key)])
    found: dict[str, Any] = {}
    for key, row in zip(keys, given, strict=True):
        path = whole.get(key, key)
        if "/" not in key and path not in seen:
            alike = by_name.get(key, [])
            if len(alike) != 1:
                continue
            path = alike[0]
        found[path] = row
    return found


def _as_stated(rows: pd.DataFrame, stated: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """The rows with what areas.xlsx says of them; the others stand behind them in their own order."""
    orders: list[Any] = [row.get("sort_order") for row in stated.values()]
    last = max((int(order) for order in orders if not pd.isna(order)), default=0)
    rows["sort_order"] += last * (~rows["area"].isin(stated)).astype("Int64")
    paths = rows["area"].tolist()
    for column in (*STATED, *TILE):
        values = [stated.get(path, {}).get(column) for path in paths]
        said = pd.array([None if pd.isna(value) else value for value in values], rows[column].dtype)
        rows[column] = pd.Series(said, index=rows.index).fillna(rows[column])
    return rows


def _former(told: Any, path: str, seen: Mapping[str, None]) -> list[str]:
    """The paths of what an area was: names as they occur, else beside it."""
    if not isinstance(told, str):
        return []
    found = []
    for name in re.split(r"[、，,；;\s]+", re.sub(r"[（(].*?[）)]", "", told)):
        alike = [one for one in seen if one == name or one.endswith(f"/{name}")]
        beside = f"{path.rpartition('/')[0]}/{name}".strip("/")
        where = alike[0] if len(alike) == 1 else beside
        if name and where != path:
            found.append(where)
    return found


def _joined_by_change(former: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """By area all those that changes join with it, it among them; areas without a change are not in it."""
    home: dict[str, set[str]] = {}
    for path, before in former.items():
        group = {path, *before} if before else set()
        for one in list(group):
            group |= home.get(one, set())
        home |= dict.fromkeys(group, group)
    return {path: sorted(group) for path, group in home.items()}


def _key(row: Mapping[str, Any]) -> str:
    area, name = row.get("area"), str(row["name"])
    if isinstance(area, str) and area.endswith(name):
        return area
    parent = row.get("parent")
    if isinstance(parent, str) and parent and "/" not in name:
        return f"{parent}/{name}"
    return name


full_paths = whole_paths


def find_area(areas: pd.DataFrame, text: str) -> str | None:
    """The path for a path, a name or a short name, where exactly one area bears it."""
    if text in set(areas["area"]):
        return text
    for column in ("name", "short_name"):
        hits = areas.loc[areas[column] == text, "area"]
        if len(hits) == 1:
            return str(hits.iloc[0])
    return None
