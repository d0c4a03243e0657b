"""How many more instructors it takes, and where new ones do most."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
import pandas as pd


def instructors(
    data: Any, period: str | int | None = None, load: int = 3, new: int = 0
) -> pd.DataFrame:
    """By district: uncovered units, those without an instructor, and how many more instructors are needed.

    Parameters
    ----------
    load
        Most units to one instructor (published caps: 3 in Hefei, 2 to 3 in Shuozhou).
    new
        New instructors to place, each where it serves most units that still have none.

    Returns
    -------
    area, uncovered, without (uncovered units without instructor), instructors, served, spare (places left under the
    load), more_for_units (so that each uncovered unit has one), more_for_load (so that none has more than `load`),
    more (both), placed (of `new`), gained (units newly served). In an area from which no ledger of instructors has
    come these are missing, and nobody is placed.
    """
    period = str(period or data.last)
    units = data.view_frame("units")
    units = units[
        (units["period"] == period)
        & (units["status"] == "operating")
        & units["legal_person"].fillna(True).astype(bool)
    ]
    home = dict(zip(data.areas["area"], data.areas["home"], strict=True))
    bare = units[units["covered_by"].isna() | units["covered_by"].eq("functional")]
    without = bare[~bare["has_instructor"].fillna(False).astype(bool)]
    counts = data.frame("instructor_counts")
    counts = (
        counts[counts["period"] == period]
        .assign(home=lambda f: f["area"].map(home))
        .groupby("home")[["count", "units_served"]]
        .sum()
    )
    order = data.areas.loc[data.areas["area"].isin(set(home.values()))].sort_values("sort_order")
    order = order[order["area"].isin(units["area"].map(home))]
    out = pd.DataFrame({"area": order["area"].to_numpy(), "area_name": order["name"].to_numpy()})
    for name, frame in (("uncovered", bare), ("without", without)):
        out[name] = out["area"].map(frame["area"].map(home).value_counts()).fillna(0).astype(int)
    for name, column in (("instructors", "count"), ("served", "units_served")):
        out[name] = out["area"].map(counts[column]).fillna(0).astype(int)
    out["spare"] = np.maximum(0, load * out["instructors"] - out["served"])
    out["more_for_units"] = -(-np.maximum(0, out["without"] - out["spare"]) // load)
    out["more_for_load"] = np.maximum(0, -(-out["served"] // load) - out["instructors"])
    out["more"] = np.maximum(0, -(-(out["served"] + out["without"]) // load) - out["instructors"])
    known = (
        out["area"].isin(counts.index).to_numpy()
    )  # no ledger of instructors is not none of them
    left = [
        (-min(load, w), i, int(w))
        for i, w in enumerate(np.maximum(0, out["without"] - out["spare"]))
        if known[i]
    ]
    heapq.heapify(left)
    placed, gained = np.zeros(len(out), int), np.zeros(len(out), int)
    for _ in range(new):
        if not left or left[0][2] <= 0:
            break
        gain, i, rest = heapq.heappop(left)
        placed[i], gained[i] = placed[i] + 1, gained[i] - gain
        heapq.heappush(left, (-min(load, rest + gain), i, rest + gain))
    out = out.assign(placed=placed, gained=gained)
    if not known.all():
        rest_on_it = out.columns[out.columns.get_loc("instructors") :]
        out[rest_on_it] = out[rest_on_it].astype("Int64")
        out.loc[~known, rest_on_it] = pd.NA
    return out
