"""Panels out of processed data: indicators and measures of areas, rows of units and party organisations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from evalkit.effects.columns import MOST_NAMED
from evalkit.effects.panel import Panel
from evalkit.effects.words import note
from evalkit.indicators.areas import home_of
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world.note import Note
from evalkit.world.period import places


@dataclass(frozen=True)
class _Kind:
    """An entity that is no area: its view and key, and the measure whose filter is the base of columns and measures."""

    view: str
    key: str
    base: str


@dataclass(frozen=True)
class _Rows:
    """Rows before the policy is put on them: columns of the codes, labels, whether it is a rate, what was decided."""

    frame: pd.DataFrame
    labels: dict[str, str]
    rate: bool
    findings: tuple[Note, ...] = ()


KINDS = {
    "unit": _Kind("units", "unit", base="units"),
    "party_org": _Kind("party_orgs", "party_org", base="party_orgs"),
}
NAMES = {"area": "地区", "unit": "单位", "party_org": "党组织"}


def panel(
    data: Any,
    outcome: str,
    treatment: str,
    controls: Sequence[str] = (),
    entity: Literal["area", "party_org", "unit"] = "area",
    *,
    level: str = "district",
    keep: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    balanced: bool = False,
) -> Panel:
    """A panel of processed data with the timing of a policy.

    Parameters
    ----------
    data
        What `evalkit.load` returns.
    outcome, controls
        For areas: codes of indicators or measures. For units and party organisations: columns of their view, or
        codes, of which the filter becomes 1 or 0 per row (``org_coverage`` of a unit: covered or not, on the
        indicator's own base).
    treatment
        A policy of the table ``policies`` (area, policy, start_period, value); it holds in all places inside its area.
    entity
        ``area``, ``party_org`` or ``unit``; never persons.
    level
        Of the areas: ``district`` by default.
    keep
        Further columns, for comparisons by group (``peer_group`` of areas is always kept).
    labels
        Names to print, such as that of the policy.
    balanced
        Only what is there, with a known outcome, in every period. Units are followed through new names, codes and
        places (``data.unit_links``).

    Returns
    -------
    Panel
        Clustered by the areas in which the policy was decided.
    """
    if entity not in NAMES:
        allowed = "area（地区）、party_org（党组织）、unit（单位）；不作个人层面的评估"
        raise InputError(
            Problem("person_refused", where="entity", found=str(entity), allowed=allowed)
        )
    policies = data.frame("policies")
    own = policies.loc[policies["policy"] == treatment]
    if own.empty:
        known = list(policies["policy"].dropna().unique())
        advice = did_you_mean(treatment, known) or "有的政策：" + (
            "、".join(known) or "无，请在 政策.xlsx 中写明"
        )
        raise InputError(Problem("key_unknown", where="treatment", found=treatment, advice=advice))
    codes, kept = tuple(dict.fromkeys((outcome, *controls))), tuple(keep)
    book = {**data.codebook.measures, **data.codebook.indicators}
    rows = (
        _areas(data, book, codes, level, kept)
        if entity == "area"
        else _rows(data, book, codes, entity, kept)
    )
    if balanced:
        rows = _in_every_period(rows, outcome)
    made = Panel.from_frame(
        rows.frame.assign(**_timing(own, rows.frame["area_"])),
        outcome,
        "entity_",
        "period_",
        treated_from="from_",
        controls=controls,
        cluster="cluster_",
        dose="dose_",
        labels=rows.labels | {"entity": NAMES[entity], "policy": treatment},
        rate=rows.rate,
        keep=[c for c in dict.fromkeys(("peer_group", *kept)) if c in rows.frame],
        is_demo=data.is_demo,
        source="演示数据，全部虚构" if data.is_demo else "本项目台账",
    )
    english = {c: book[c].name_en for c in codes if c in book}
    return replace(
        made,
        entity=entity,
        treatment=treatment,
        english=english,
        labels={**made.labels, **(labels or {})},
        findings=(*rows.findings, *made.findings),
    )


def _in_every_period(rows: _Rows, outcome: str) -> _Rows:
    """The rows of what has a known outcome in every period, with a note of how many were left out."""
    frame = rows.frame
    known = frame.loc[frame[outcome].notna()]
    periods = known.groupby("entity_")["period_"].nunique()
    whole = periods.index[periods == known["period_"].nunique()]
    left_out = int(frame["entity_"].nunique()) - len(whole)
    said = note("panel.balanced", n=left_out, kept=len(whole))
    kept = frame.loc[frame["entity_"].isin(whole)].reset_index(drop=True)
    return replace(rows, frame=kept, findings=(*rows.findings, said))


def _followed(data: Any, rows: pd.DataFrame) -> pd.Series:
    """The unit of every row through the years; where nothing was linked, its district and key as they stand."""
    here = rows["home"] + "/" + rows["unit"]
    links = data.unit_links
    if not len(links):
        return here
    homes = {area: home_of(area) for area in links["area"].unique()}
    known = pd.Series(
        links["thread"].to_numpy(dtype=object),
        index=pd.MultiIndex.from_arrays([links["period"], links["area"].map(homes), links["unit"]]),
    )
    known = known.loc[~known.index.duplicated()]
    keys = pd.MultiIndex.from_frame(rows[["period", "home", "unit"]].astype(str))
    found = pd.Series(known.reindex(keys).to_numpy(dtype=object), index=rows.index)
    return found.where(found.notna(), here)


def _timing(own: pd.DataFrame, areas: pd.Series) -> dict[str, Any]:
    """First period, value and deciding area of every row: a policy holds in all places inside its area."""
    paths = own["area"].astype(str)
    if (wrong := own["start_period"].isna() | paths.duplicated(keep=False)).any():
        where = "、".join(
            f"{r.source_file}!第{r.source_row}行（{r.area}）"
            for r in own[wrong].head(MOST_NAMED).itertuples()
        )
        found, advice = (
            "政策的开始时期为空，或一个地区写了两行",
            "一个地区一项政策只写一行，并写明开始时期",
        )
        raise InputError(Problem("panel_invalid", where=where, found=found, advice=advice))
    starts = dict(zip(paths, own["start_period"].astype(str), strict=True))
    values = dict(zip(paths, own["value"].astype("float64").fillna(1.0), strict=True))
    depth = int(paths.str.count("/").min()) + 1
    ways = {area: area.split("/") for area in areas.astype(str).unique()}
    home = {
        area: next((p for n in range(len(way), 0, -1) if (p := "/".join(way[:n])) in starts), "")
        for area, way in ways.items()
    }
    found_in = areas.astype(str).map(home)
    return {
        "from_": found_in.map(starts).fillna(""),
        "dose_": found_in.map(values).fillna(0.0),
        "cluster_": areas.astype(str).map(
            {area: "/".join(way[:depth]) for area, way in ways.items()}
        ),
    }


def _areas(
    data: Any, book: dict[str, Any], codes: tuple[str, ...], level: str, keep: tuple[str, ...]
) -> _Rows:
    levels = data.areas["level"].dropna().unique()
    problems = [
        Problem("key_unknown", where="ek.panel", found=c, advice=did_you_mean(c, book))
        for c in codes
        if c not in book
    ]
    if level not in levels:
        problems.append(
            Problem("key_unknown", where="level", found=level, allowed="、".join(levels))
        )
    if problems:
        raise InputError(problems)
    indicators = data.codebook.indicators
    columns = {}
    for code in codes:
        frame, key = (
            (data.indicators, "indicator") if code in indicators else (data.measures, "measure")
        )
        mine = frame.loc[(frame["level"] == level) & (frame[key] == code)]
        columns[code] = mine.set_index(["area", "period"])["value"].astype("float64")
    wide = pd.DataFrame(columns).rename_axis(["area_", "period_"]).reset_index()
    info = data.areas.drop_duplicates("area").set_index("area")
    kept = {c: wide["area_"].map(info[c]) for c in ("peer_group", *keep) if c in info}
    known = wide.loc[wide[codes[0]].notna(), ["area_", "period_"]]
    findings = _who_is_absent(data.expected(level=level), known)
    rate = codes[0] in indicators and indicators[codes[0]].kind == "proportion"
    names = {c: book[c].name for c in codes}
    return _Rows(wide.assign(entity_=wide["area_"], **kept), names, rate, findings)


def _who_is_absent(expected: pd.DataFrame, known: pd.DataFrame) -> tuple[Note, ...]:
    """A note that names the areas and periods that should be there and are not (known: area_, period_)."""
    pairs = set(zip(known["area_"], known["period_"], strict=True))
    gone = [
        f"{row.area_name}{row.period}"
        for row in expected.itertuples()
        if (row.area, row.period) not in pairs
    ]
    more = f"等{len(gone)}处" if len(gone) > MOST_NAMED else ""
    return (note("panel.absent", named="、".join(gone[:MOST_NAMED]) + more),) if gone else ()


def _unknown(data: Any, rows: pd.DataFrame, code: str) -> np.ndarray:
    """The rows of districts and periods whose ledgers do not tell of a measure: there it is not 0, it is not known."""
    told = data.measures.loc[data.measures["measure"].eq(code) & data.measures["value"].notna()]
    known = pd.MultiIndex.from_frame(told[["area", "period"]].astype(str))
    return ~pd.MultiIndex.from_frame(rows[["home", "period"]].astype(str)).isin(known)


def _rows(
    data: Any, book: dict[str, Any], codes: tuple[str, ...], entity: str, keep: tuple[str, ...]
) -> _Rows:
    """Rows of a view; a code becomes 1 or 0 by its filter, or its sum's column, on the outcome's own base."""
    from evalkit.indicators.blocks import plain
    from evalkit.indicators.columns import View
    from evalkit.indicators.measures import reading_of, view_of
    from evalkit.indicators.store import nullable

    kind = KINDS[entity]
    view, measures = View(data.views[kind.view]), data.codebook.measures
    words = {c: t.name for table in data.codebook.tables.values() for c, t in table.columns.items()}
    numeric = [column for column in view if view[column].words is None]

    def holds(measure: Any) -> Any:
        return reading_of(view, measure).printed.true

    def amounts(column: str) -> Any:
        cells = view[column]
        return np.where(cells.known, cells.values / (100 if column.endswith("_fen") else 1), np.nan)

    base, wanted, labels, problems = measures[kind.base], {}, {}, []
    counted: dict[str, str] = {}  # the measure whose filter a column is
    for code in codes:
        found = data.codebook.indicators.get(code)
        measure = measures.get(found.numerator if found else code)
        if code in numeric:
            wanted[code] = amounts(code)
            labels[code] = words.get(code, code)
        elif measure is not None and view_of(measure) == kind.view:
            wanted[code] = holds(measure) * (amounts(measure.column) if measure.column else 1.0)
            counted[code] = found.numerator if found else code
            labels[code] = book[code].name
            if code == codes[0] and found and view_of(measures[found.denominator]) == kind.view:
                base = measures[found.denominator]
        else:
            near = did_you_mean(code, [*numeric, *book])
            advice = (
                f'这个指标不是{NAMES[entity]}层面的，请用 entity="area"'
                if measure is not None
                else near
            )
            problems.append(Problem("key_unknown", where="ek.panel", found=code, advice=advice))
    problems += [
        Problem("key_unknown", where="keep", found=column, advice=did_you_mean(column, list(view)))
        for column in keep
        if column not in view
    ]
    if problems:
        raise InputError(problems)
    rows = plain(view.table.select(["home", kind.key, "area", "period", *keep])).to_pandas(
        types_mapper=nullable
    )
    own = rows["home"] + "/" + rows[kind.key]
    rows = rows.assign(entity_=_followed(data, rows) if entity == "unit" else own, **wanted)
    for column, code in counted.items():
        rows[column] = rows[column].astype("float64").mask(_unknown(data, rows, code))
    here = rows.rename(columns={"home": "area_", "period": "period_"})
    absent = _who_is_absent(data.expected(), here.loc[here[codes[0]].notna(), ["area_", "period_"]])
    rows = rows.rename(columns={"area": "area_", "period": "period_"}).loc[holds(base)]
    out = rows[["entity_", *codes, *keep, "area_", "period_"]]
    out = out.assign(time_=out["period_"].map(places(out["period_"].dropna().unique())))
    out = out.sort_values(["entity_", "time_"], kind="stable", ignore_index=True).drop(
        columns="time_"
    )
    # a unit that moves stays where it was first seen (intention to treat); keys are unique within a district only
    first = out.groupby("entity_")["area_"].transform("first")
    moved = int(out.loc[first != out["area_"], "entity_"].nunique())
    findings = [note("panel.base", name=base.name), *absent]
    if moved:
        findings.append(note("panel.moved", n=moved, entity=NAMES[entity]))
    rate = (
        codes[0] in data.codebook.indicators
        and not measures[data.codebook.indicators[codes[0]].numerator].sum
    )
    return _Rows(out.assign(area_=first), labels, rate, tuple(findings))
