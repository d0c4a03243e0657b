"""Areas: paths of names, their level, their parents, and the district at which keys of units are unique."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from evalkit.world.area import Area, whole_paths


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
        Rows of ``areas.xlsx``: name (or path), short_name, code, parent, level, peer_group, sort_order; they win.
    """
    seen: dict[str, None] = {}
    for path in paths:
        if not path:
            continue
        names = path.split("/")
        for i in range(len(names)):
            seen.setdefault("/".join(names[: i + 1]))
    rows = pd.DataFrame({"area": list(seen)}, dtype="string")
    rows["name"] = rows["area"].str.split("/").str[-1].astype("string")
    rows["parent"] = rows["area"].map(lambda p: p.rpartition("/")[0] or pd.NA).astype("string")
    rows["level"] = rows["area"].map(level_of).astype("string")
    rows["home"] = rows["area"].map(home_of).astype("string")
    rows["short_name"] = rows["name"]
    for column in ("name_en", "code", "peer_group"):
        rows[column] = pd.Series(pd.NA, index=rows.index, dtype="string")
    rows["sort_order"] = pd.Series(range(1, len(rows) + 1), dtype="Int64")
    if given is not None and len(given):
        rows = _apply(rows, given)
    return rows.sort_values("sort_order", kind="stable", ignore_index=True)


def _apply(rows: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    if "area" in given:  # the name of a row with a path alone is the end of the path
        given = given.assign(name=given["name"].fillna(given["area"].str.rpartition("/")[2]))
    given = given.dropna(subset=["name"])
    keys = [_key(row) for row in given.to_dict("records")]
    by_key = {key: row for key, row in zip(keys, given.to_dict("records"), strict=True)}
    rows = rows.set_index("area")
    tail = (
        int(given["sort_order"].max())
        if given.get("sort_order") is not None and given["sort_order"].notna().any()
        else 0
    )
    for path in rows.index:
        name = str(rows.at[path, "name"])
        found = by_key.get(path) or by_key.get(
            name if list(rows["name"]).count(name) == 1 else path
        )
        if found is None:
            rows.at[path, "sort_order"] = tail + int(rows.at[path, "sort_order"])
            continue
        for column in ("short_name", "name_en", "code", "level", "peer_group", "sort_order"):
            value = found.get(column)
            if value is not None and not pd.isna(value):
                rows.at[path, column] = value
    return rows.reset_index()


def _key(row: dict[str, object]) -> str:
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
