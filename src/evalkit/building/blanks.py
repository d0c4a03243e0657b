"""`evalkit template --for`: one workbook a county or township, filled with what the project knows of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from evalkit.files import put
from evalkit.indicators.load import Data, load
from evalkit.indicators.project import Project, find_project
from evalkit.ledgers.template import Filled, forms_of, whole
from evalkit.problems import InputError, Problem, unknown
from evalkit.world.period import Period

OF_AN_AREA = ("units", "party_orgs", "funds", "instructors", "activities", "stars", "work_report")
LEVELS = ("district", "township", "park", "city")
GONE = "cancelled"  # units that are offered no more


def write_for(
    project: str | Path | Project,
    folder: Path,
    wanted: Sequence[str] | None = None,
    level: str | None = None,
    period: str | None = None,
) -> list[Path]:
    """Workbooks below `folder`, in folders of year and area as ``data/raw`` has them; nobody's file is written over.

    Parameters
    ----------
    wanted
        Forms by code or name; by default all that an area sends.
    level
        Areas of which level; by default counties, where the project has some.
    period
        The year to be filled; by default the one after the last that the project holds.
    """
    found = find_project(project)
    data = load(found)
    forms = forms_of(found.codebook, wanted or OF_AN_AREA)
    new = _period(period, data.last)
    written = []
    for path in _areas(data, level)["area"]:
        filled = _filled(data, str(path), new, found)
        place = folder / new / str(path) / f"{filled.name}填报表（{new}）.xlsx"
        written.append(put(place, whole(forms, found.codebook, filled), keep=True))
    return written


def _period(given: str | None, last: str) -> str:
    if given is None:
        after = Period.read(last)
        assert after is not None  # a period of stored data
        return str(after.previous(-1))
    read = Period.read(given)
    if read is None:
        raise InputError(
            Problem(
                "period_unreadable",
                where="--period",
                found=given,
                allowed="2026、2026Q1 这样的时期",
            )
        )
    return str(read)


def _areas(data: Data, level: str | None) -> pd.DataFrame:
    """The areas that get a workbook, in administrative order."""
    areas = data.areas.loc[data.areas["level"].isin(LEVELS)]
    held = [one for one in LEVELS if areas["level"].eq(one).any()]
    if level is not None and level not in held:
        raise InputError(unknown("--level", level, held))
    chosen = level or (held[0] if held else "")
    mine = areas.loc[areas["level"].eq(chosen)]
    if not len(mine):
        raise InputError(
            Problem(
                "data_missing",
                file=data.project.root.name,
                found="项目里还没有区县或乡镇",
                advice="先运行 build 读入一次台账，或在 data/raw/areas.xlsx 里列出地区",
            )
        )
    return mine


def _filled(data: Data, area: str, period: str, project: Project) -> Filled:
    name = str(data.areas.set_index("area").at[area, "name"])
    inside = data.areas["area"].str.startswith(f"{area}/")
    below = data.areas.loc[inside & data.areas["level"].isin(["township", "park"]), "name"]
    measures = data.measures
    mine = measures.loc[
        (measures["area"] == area) & (measures["period"] == data.last) & measures["value"].notna()
    ]
    lists = {
        "areas": [area],
        "townships": list(dict.fromkeys(below)),
        "units": _names(data, "units", "unit_name", area),
        "party_orgs": _names(data, "party_organisations", "name", area),
    }
    return Filled(
        area=area,
        name=name,
        period=period,
        office=project.settings["office"],
        last=dict(zip(mine["measure"], mine["value"].astype(float), strict=True)),
        lists={kind: names for kind, names in lists.items() if names},
    )


def _names(data: Data, table: str, column: str, area: str) -> list[str]:
    """Names of the last period in the order of the ledgers, without those that have ended."""
    frame = data.frame(table)
    here = (frame["area"] == area) | frame["area"].str.startswith(f"{area}/").fillna(False)
    mine = frame.loc[here & (frame["period"] == data.last)]
    if "status" in mine:
        mine = mine.loc[~mine["status"].eq(GONE).fillna(False)]
    if "ended_on" in mine and "status" not in mine:
        mine = mine.loc[mine["ended_on"].isna()]
    return [str(name) for name in dict.fromkeys(mine[column].dropna())]
