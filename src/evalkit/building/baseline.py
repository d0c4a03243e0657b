"""``上年公布数.xlsx``: what was printed last year stands beside what the ledgers give now, and is compared with.

The printed number is used as the value of its period; the recomputed one is kept in the table of differences and in
`method`. Only periods before the last one are touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit.codebook import Codebook, Measure
from evalkit.files import files_below
from evalkit.indicators.areas import find_area
from evalkit.ledgers import from_sheets
from evalkit.ledgers.files import read_sheets
from evalkit.ledgers.persons import label
from evalkit.problems import Problem
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


def overlay(
    frame: pd.DataFrame, printed: pd.DataFrame, column: str, last: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Printed values over those of a frame of measures or indicators, in periods before `last`.

    Parameters
    ----------
    column
        ``measure`` or ``indicator``: what `frame` holds.

    Returns
    -------
    The frame with the printed value, low and high (rows that only the print has are added, shaped like those of the
    same area and code in another period), and the rows of `printed` used, with what the ledgers gave. A difference
    below half a printed unit is none.
    """
    mine = printed["code"].str.startswith(INDICATOR) == (column == "indicator")
    used = printed.loc[
        mine & printed["period"].map(lambda p: precedes(p, last)).astype(bool)
    ].copy()
    if not len(used) or not len(frame):
        return frame, used
    out = frame.copy()
    added: list[pd.Series] = []
    for i, row in used.iterrows():
        same = (out["area"] == row["area"]) & (out[column] == row["code"].removeprefix(INDICATOR))
        at = out.index[same & (out["period"] == row["period"])]
        new = {"value": row["printed"], "low": row["low"], "high": row["high"]}
        if column == "indicator":
            new |= {"ci_low": np.nan, "ci_high": np.nan}
        if len(at):
            old = float(out.at[at[0], "value"])
            used.loc[i, "recomputed"] = old
            used.loc[i, "differs"] = abs(minus(row["printed"], old)) >= 1 / (
                2 * 10.0 ** row["decimals"] * row["scale"]
            )
            out.loc[at, list(new)] = list(new.values())
            if "method" in out:
                shown = f"{fixed(old, int(row['decimals']), scale=row['scale'])}{row['unit']}"
                out.loc[at, "method"] = f"上年公布数（按台账重算为{shown}）"
        elif same.any():
            like = out.loc[same].iloc[-1].copy()
            extra = {
                "period": row["period"],
                "n_missing": 0,
                **(
                    {"numerator": np.nan, "denominator": np.nan, "method": "上年公布数"}
                    if column == "indicator"
                    else {"source": STATUS}
                ),
            }
            for key, value in (new | extra).items():
                like[key] = value
            added.append(like)
    if added:
        out = pd.concat([out, pd.DataFrame(added).astype(out.dtypes.to_dict())], ignore_index=True)
    return out, used


def differences(used: Sequence[pd.DataFrame]) -> tuple[pd.DataFrame, list[Problem]]:
    """All printed numbers used, and a question for each that the ledgers do not give."""
    frame = pd.concat(used, ignore_index=True) if used else pd.DataFrame(columns=COLUMNS)
    problems = []
    for row in frame.loc[frame["differs"].astype(bool)].to_dict("records"):
        now, then = (
            f"{fixed(v, int(row['decimals']), scale=row['scale'])}{row['unit']}"
            for v in (row["recomputed"], row["printed"])
        )
        found = f"{row['area'].rpartition('/')[2]}{row['period']}年{row['name']}：公布{then}，按台账重算{now}"
        said = ("比较时采用公布数", "", "核对上年台账，或说明更正原因")
        problems.append(
            Problem("baseline_differs", "question", row["file"], row["locator"], found, *said)
        )
    return frame, problems
