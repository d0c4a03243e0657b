"""``上年公布数.xlsx``: what was printed last year stands beside what the ledgers give now, and is compared with.

Where it is used (setting ``last_year``, see `Use`), the printed number is the value of its period in the frames that
everything reads; the recomputed one is kept in the table of differences and in `method`. Only periods before the last
one are touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit.codebook import Codebook, Measure
from evalkit.files import files_below
from evalkit.indicators.areas import find_area
from evalkit.indicators.extent import ancestors
from evalkit.ledgers import from_sheets
from evalkit.ledgers.files import read_sheets
from evalkit.ledgers.persons import label
from evalkit.problems import Problem
from evalkit.world.extent import joined, split
from evalkit.world.number import fixed, minus
from evalkit.world.period import precedes

NAME, STATUS = "上年公布数.xlsx", "published_last_year"
INDICATOR = "indicator:"
COLUMNS = [
    "area",
    "period",
    "code",
    "name",
    "printed",
    "low",
    "high",
    "recomputed",
    "differs",
    "scale",
    "unit",
    "decimals",
    "base",
    "status",
    "source",
    "file",
    "locator",
]
CHOICE = ["used", "lacking"]


def printed_files(folder: Path) -> list[Path]:
    return [path for path in files_below(folder) if path.name == NAME]


def read_printed(
    folder: Path, areas: pd.DataFrame, codebook: Codebook
) -> tuple[pd.DataFrame, list[Problem]]:
    """The rows of every 上年公布数 below a folder, as COLUMNS on the plain scale (ratios, yuan); `recomputed` is empty.

    指标 may name a measure or an indicator; a percentage may stand as 82.3%, as 82.3 or as 0.823.
    """
    rates = {
        INDICATOR + c: Measure(
            code=INDICATOR + c,
            name=i.name,
            unit=i.unit or "1",
            figure=True,
            also=[c, i.short_name or i.name],
        )
        for c, i in codebook.indicators.items()
    }
    wide = codebook.model_copy(update={"measures": codebook.measures | rates})
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for path in printed_files(folder):
        name = label(path.relative_to(folder).as_posix())
        sheets, wrong = read_sheets(path, name=name)
        ledger = from_sheets(sheets, codebook=wide)
        problems += [
            *wrong,
            *(p for p in ledger.problems if p.code not in ("column_missing", "period_conflict")),
        ]
        for row in ledger.tables["figures"].astype("object").to_dict("records"):
            area = find_area(areas, str(row["area"]))
            if area is None or pd.isna(row["period"]) or pd.isna(row["value"]):
                code = "period_missing" if area else "area_unknown"
                where, found = str(row["locator"]), str(row["area"])
                problems.append(
                    Problem(
                        code,
                        "warning",
                        name,
                        where,
                        found,
                        "此行未采用",
                        "",
                        "核对地区、年份和数值",
                    )
                )
                continue
            code = row["measure"]
            known: Any = (
                codebook.indicators.get(code.removeprefix(INDICATOR))
                if code.startswith(INDICATOR)
                else None
            )
            scale = float(known.scale) if known else 1.0
            numbers = [
                np.nan if pd.isna(row[c]) else float(row[c]) for c in ("value", "low", "high")
            ]
            if known and scale == 100 and numbers[0] > 1:  # printed as 82.3: percent is display
                numbers = [n / scale for n in numbers]
            rows.append(
                {
                    "area": area,
                    "period": row["period"],
                    "code": code,
                    "name": known.name if known else codebook.measures[code].name,
                    "printed": numbers[0],
                    "low": numbers[1],
                    "high": numbers[2],
                    "recomputed": np.nan,
                    "differs": False,
                    "scale": scale,
                    "unit": known.unit if known else codebook.measures[code].unit,
                    "decimals": int(known.decimals) if known else 0,
                    "base": row["base"],
                    "status": STATUS,
                    "source": row["source"],
                    "file": name,
                    "locator": row["locator"],
                }
            )
    frame = pd.DataFrame(rows, columns=COLUMNS).drop_duplicates(
        ["area", "period", "code"], keep="last", ignore_index=True
    )
    for column in ("base", "source"):
        frame[column] = frame[column].astype("string")
    return frame, problems


@dataclass(frozen=True)
class Use:
    """Which printed numbers stand for those of the ledgers (setting ``last_year``).

    Attributes
    ----------
    setting
        ``printed``: all of them. ``ledgers``: none. ``auto``: those of a measure or an indicator that are given for the
        whole and for every district that should have reported in that period; else none of that code, so that parts
        and their total are always of one kind.
    last
        The period judged; only earlier ones have printed numbers.
    expected
        By period the districts that should have reported.
    """

    setting: str
    last: str
    expected: Mapping[str, frozenset[str]]

    def lacking(self, rows: pd.DataFrame, given: frozenset[str], period: str) -> frozenset[str]:
        """The areas for which numbers would have to be printed beside those given; `rows` are the code's own."""
        if self.setting != "auto":
            return frozenset()
        here = rows.loc[(rows["period"] == period) & rows["value"].notna(), "area"]
        due = self.expected.get(period, frozenset())
        districts = due | (frozenset(here) & frozenset[str]().union(*self.expected.values()))
        above = {up for path in districts for up in ancestors(path)} & set(here)
        return frozenset((districts | above) - given) if len(here) else frozenset()


def overlay(
    frame: pd.DataFrame, printed: pd.DataFrame, column: str, use: Use
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Printed values over those of a frame of measures or indicators, in periods before the one judged.

    Parameters
    ----------
    column
        ``measure`` or ``indicator``: what `frame` holds.

    Returns
    -------
    The frame with the printed value, low and high (rows that only the print has are added, shaped like those of the
    same area and code in another period), and the rows of `printed` with what the ledgers gave, whether they are
    ``used``, and for which areas a number is ``lacking``. A difference below half a printed unit is none.
    """
    mine = printed["code"].str.startswith(INDICATOR) == (column == "indicator")
    rows = printed.loc[mine & printed["period"].map(lambda p: precedes(p, use.last)).astype(bool)]
    rows = rows.assign(used=False, lacking="")
    if not len(rows) or not len(frame):
        return frame, rows
    out = frame.copy()
    added: list[pd.Series] = []
    for (code, period), of_code in rows.groupby(["code", "period"], sort=False):
        known = out.loc[out[column] == str(code).removeprefix(INDICATOR)]
        lacking = use.lacking(known, frozenset(of_code["area"]), str(period))
        used = use.setting != "ledgers" and not lacking
        rows.loc[of_code.index, ["used", "lacking"]] = [used, joined(sorted(lacking))]
        for i, row in of_code.iterrows():
            same = known.index[known["area"] == row["area"]]
            at = same[known.loc[same, "period"] == row["period"]]
            if len(at):
                old = float(known.at[at[0], "value"])
                rows.loc[i, "recomputed"] = old
                rows.loc[i, "differs"] = abs(minus(row["printed"], old)) >= 1 / (
                    2 * 10.0 ** row["decimals"] * row["scale"]
                )
                if used:
                    _put(out, at, row, column, old)
            elif len(same) and used:
                added.append(_like(out.loc[same[-1]], row, column))
    if added:
        out = pd.concat([out, pd.DataFrame(added).astype(out.dtypes.to_dict())], ignore_index=True)
    return out, rows


def _put(out: pd.DataFrame, at: pd.Index, row: pd.Series, column: str, old: float) -> None:
    """The printed number in the rows of a frame; what an area printed holds all of it."""
    new = {"value": row["printed"], "low": row["low"], "high": row["high"]}
    new |= dict.fromkeys(("n_areas", "n_expected", "absent"), pd.NA)
    if column == "indicator":
        shown = f"{fixed(old, int(row['decimals']), scale=row['scale'])}{row['unit']}"
        new |= {"ci_low": np.nan, "ci_high": np.nan}
        new["method"] = f"上年公布数（按台账重算为{shown}）"
    for name, value in new.items():
        if name in out:
            out.loc[at, name] = value


def _like(like: pd.Series, row: pd.Series, column: str) -> pd.Series:
    """A row for a number that only the print has, shaped like that of another period."""
    new = {"value": row["printed"], "low": row["low"], "high": row["high"]}
    new |= {"period": row["period"], "n_missing": 0}
    new |= dict.fromkeys(("n_areas", "n_expected", "absent"), pd.NA)
    if column == "indicator":
        new |= dict.fromkeys(("ci_low", "ci_high", "numerator", "denominator"), np.nan)
        new["method"] = "上年公布数"
    else:
        new["source"] = STATUS
    made = like.copy()
    for name, value in new.items():
        if name in made.index:
            made[name] = value
    return made


def facts_of_use(rows: pd.DataFrame, setting: str) -> dict[str, Any]:
    """What the manifest says of printed numbers: the setting, and by measure or indicator whether they are used."""
    each = rows.drop_duplicates(["code", "period"]) if len(rows) else rows
    return {
        "setting": setting,
        "codes": [
            {
                "name": row["name"],
                "period": row["period"],
                "used": bool(row["used"]),
                "lacking": list(split(row["lacking"])),
            }
            for row in each.to_dict("records")
        ],
    }


def differences(used: Sequence[pd.DataFrame]) -> tuple[pd.DataFrame, list[Problem]]:
    """All printed numbers, and a question for each that the ledgers do not give."""
    frame = (
        pd.concat(used, ignore_index=True) if used else pd.DataFrame(columns=[*COLUMNS, *CHOICE])
    )
    problems = []
    for row in frame.loc[frame["differs"].astype(bool)].to_dict("records"):
        now, then = (
            f"{fixed(v, int(row['decimals']), scale=row['scale'])}{row['unit']}"
            for v in (row["recomputed"], row["printed"])
        )
        found = f"{row['area'].rpartition('/')[2]}{row['period']}年{row['name']}：公布{then}，按台账重算{now}"
        kind = "公布数" if row["used"] else "按台账重算的数"
        said = (f"比较时采用{kind}", "", "核对上年台账，或说明更正原因")
        problems.append(
            Problem("baseline_differs", "question", row["file"], row["locator"], found, *said)
        )
    return frame, problems
