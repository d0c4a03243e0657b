"""From a frame of indicators to scored areas: what an index may name, which rows count, gaps filled, outliers treated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evalkit.codebook import Codebook
from evalkit.indicators.project import nearest_codebook
from evalkit.problems import InputError, Problem
from evalkit.scoring.impute import impute
from evalkit.scoring.index import load_index
from evalkit.scoring.points import no_persons, reports_enough, units_of, wide
from evalkit.scoring.scored import Scored
from evalkit.scoring.treat import treat
from evalkit.scoring.tree import Index
from evalkit.stats.arrays import Floats
from evalkit.world.frame import asked_of
from evalkit.world.number import plain
from evalkit.world.period import in_time

ENTITIES = ("area", "party_org")  # what may be scored


def make(
    indicators: pd.DataFrame,
    index: Any,
    codebook: Codebook | None = None,
    previous: pd.DataFrame | None = None,
    expected: pd.DataFrame | None = None,
) -> Scored:
    """See `evalkit.scoring.scores.score`."""
    asked_of(indicators, ("indicator", "value"), "indicators", empty=True)
    no_persons(indicators)
    known = _known(indicators, nearest_codebook() if codebook is None else codebook)
    checked = load_index(index, known)
    codes = [leaf.code for leaf in checked.leaves]
    key = "party_org" if "party_org" in indicators else "area"
    rows = indicators.loc[indicators["indicator"].isin(codes)]
    problems = [*_persons(codes, known), *_mixed(rows)]
    if not problems and rows.duplicated([*dict.fromkeys(["area", key]), "indicator"]).any():
        found, allowed = "同一地区同一指标有多行", "每个地区每个指标一行"
        problems.append(Problem("row_duplicate", where="indicators", found=found, allowed=allowed))
    if not len(rows):
        found, advice = "没有这个指数的任何指标", "需要：" + "、".join(codes)
        problems.append(Problem("data_missing", where="indicators", found=found, advice=advice))
    if problems:
        raise InputError(problems)
    missing = _missing(indicators, expected, key)
    units = units_of(pd.concat([indicators, missing]) if len(missing) else indicators, key)
    silent = ~units["area"].isin(_reporting(indicators)) if key == "area" else units["area"] == ""
    raw, past = wide(rows, units, codes), _past(previous, units, codes)
    groups = units["peer_group"].fillna("").to_numpy() if checked.impute == "group" else None
    x, filled = impute(raw, checked.impute, groups, past)
    filled &= reports_enough(checked, raw)[:, None]  # what is absent is not made up
    x = np.where(filled, x, raw)
    return Scored(
        index=checked,
        units=units,
        rows=rows,
        raw=raw,
        x=treat(x, checked.treat).x,
        filled=filled,
        previous=None if past is None else past[-1],
        absent=frozenset(units.loc[silent, "area"]),
        goals=_own_lines(rows, units, checked),
    )


def _own_lines(rows: pd.DataFrame, units: pd.DataFrame, index: Index) -> Floats | None:
    """The full-score lines of single areas (units x indicators) where goals differ; None where none do.

    Raises
    ------
    InputError
        A goal that cannot be a full-score line: not above nought, or not on the better side of the line of no points.
    """
    if "area" not in rows or not any(leaf.aim == "own" for leaf in index.leaves):
        return None
    codes = [leaf.code for leaf in index.leaves]
    lines = wide(rows.assign(own_goal=_aims(rows)), units, codes, "own_goal")
    problems = []
    for leaf, goals in zip(index.leaves, lines.T, strict=True):
        if leaf.aim != "own":
            goals[:] = np.nan
            continue
        zero = 0.0 if np.isnan(leaf.zero_at) else leaf.zero_at
        falls = leaf.better == "lower" and not np.isnan(leaf.zero_at)
        wrong = goals >= zero if falls else goals <= zero
        for n in np.flatnonzero(wrong):
            who = f"{units['area_name'].iloc[n]}{leaf.name}"
            side = "小于" if falls else "大于"
            found, allowed = f"{who}的目标{plain(goals[n])}", f"{side}零分线{plain(zero)}"
            advice = "改 goals.yml 的目标，或改指数的 zero_at"
            problems.append(
                Problem(
                    "value_invalid", where=leaf.code, found=found, allowed=allowed, advice=advice
                )
            )
    if problems:
        raise InputError(problems)
    return lines


def _missing(indicators: pd.DataFrame, expected: pd.DataFrame | None, key: str) -> pd.DataFrame:
    """The rows of the expected areas that have none in the frame of indicators."""
    if expected is None or key != "area":
        return pd.DataFrame({"area": []})
    missing = expected.loc[~expected["area"].isin(indicators["area"])].drop_duplicates("area")
    return missing[[c for c in ("area", "area_name", "peer_group", "sort_order") if c in missing]]


def _reporting(indicators: pd.DataFrame) -> pd.Series:
    """The areas with any value, of whatever indicator."""
    known = indicators["value"].notna() if "value" in indicators else indicators["area"].notna()
    return indicators.loc[known, "area"].astype(str)


def known_to(codebook: Codebook) -> dict[str, dict[str, Any]]:
    """Name, direction, target and entity of every indicator of the codebook: what an index may name."""
    known: dict[str, dict[str, Any]] = {}
    for code, indicator in codebook.indicators.items():
        reference = codebook.references.get(indicator.target or "")
        known[code] = {
            "name": indicator.name,
            "better": indicator.better,
            "target": float(reference.value) if reference else np.nan,
            "entity": indicator.entity,
        }
    return known


def _known(indicators: pd.DataFrame, codebook: Codebook) -> dict[str, dict[str, Any]]:
    """Those of the codebook and of the frame; the frame's own win."""
    known = known_to(codebook)
    for row in indicators.drop_duplicates("indicator").to_dict("records"):
        code = str(row["indicator"])
        usual = known.get(code, {"name": code, "better": "higher", "target": np.nan})
        about = {
            key: row[key]
            for key in ("name", "better", "target")
            if key in row and not pd.isna(row[key])
        }
        known[code] = usual | about
    aims = _aims(indicators)
    for code in indicators.loc[aims.notna(), "indicator"].astype(str).unique():
        mine = indicators["indicator"] == code
        reference = known_to(codebook).get(code, {}).get("target", np.nan)
        known[code] |= _one_aim(aims[mine], float(reference))
    return known


def _aims(indicators: pd.DataFrame) -> pd.Series:
    """What the project set itself to reach, by row: for the end of the period, else by the stage or goal that is due next."""
    none = pd.Series(np.nan, indicators.index)
    ahead = indicators["goal_next"].astype(float) if "goal_next" in indicators else none
    if "target_own" not in indicators:
        return ahead
    own = indicators["target_own"].fillna(False).astype(bool)
    return indicators["target"].astype(float).where(own, ahead)


def _one_aim(aims: pd.Series, reference: float) -> dict[str, Any]:
    """The target of an indicator with own aims: that of all areas, before any reference.

    Where they have different aims, or some have none, ``aim`` says so: each is measured by its own, and by the reference
    where it has none. The line of all is then the reference, else what lies ``between`` the aims (NaN where some have
    none).
    """
    if aims.notna().all() and aims.nunique() == 1:
        return {"target": float(aims.iloc[0]), "aim": "common"}
    between = float(aims.mean(skipna=False))
    return {"target": float(reference), "aim": "differs", "between": between}


def _persons(codes: list[str], known: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    """Indicators of something else than areas and party organisations."""
    entities = {code: known[code].get("entity", "area") for code in codes if code in known}
    return [
        Problem("person_refused", where=code, found=str(entity), allowed="地区、党组织")
        for code, entity in entities.items()
        if entity not in ENTITIES
    ]


def _mixed(rows: pd.DataFrame) -> list[Problem]:
    """Several periods or levels at once."""
    problems = []
    for column in ("period", "level"):
        found = rows[column].dropna().unique().tolist() if column in rows else []
        if len(found) > 1:
            problems.append(
                Problem(
                    "value_invalid",
                    where=column,
                    found="混有 " + "、".join(map(str, found)),
                    allowed="一个时期、一级",
                    advice=f"先选定，例如 query(\"{column} == '{found[0]}'\")",
                )
            )
    return problems


def _past(previous: pd.DataFrame | None, units: pd.DataFrame, codes: list[str]) -> Any:
    """The values of earlier periods (periods x units x indicators, oldest first), None where there are none."""
    if previous is None:
        return None
    rows = previous.loc[previous["indicator"].isin(codes)]
    if not len(rows):
        return None
    periods = in_time(rows["period"].dropna())
    return np.stack([wide(rows.loc[rows["period"] == one], units, codes) for one in periods])
