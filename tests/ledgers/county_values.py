"""The values of a case held against what was read: right, asked or wrong, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from evalkit.ledgers import Ledger

Key = tuple[Any, ...]
#: What one value says that was read, and what was written down by hand.
ALSO = {("fiscal", "fiscal_district"), ("fiscal", "other"), ("fiscal", "fiscal_county")}
COUNTED = ("units", "covers", "party_organisations", "activities", "stars", "funds", "visits")
#: What `check` says of nearly every ledger: it tells nobody that a value was lost.
ALWAYS = {"column_missing", "personal_data"}


@dataclass
class Count:
    right: list[Key] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def line(self, name: str) -> str:
        total = len(self.right) + len(self.asked) + len(self.wrong)
        return f"{name}: {len(self.right)}/{total} right, {len(self.asked)} asked, {len(self.wrong)} wrong"


def _plain(value: Any) -> Any:
    if value is None or (not isinstance(value, (list, tuple)) and pd.isna(value)):
        return None
    return value.item() if hasattr(value, "item") else value


def _rows(ledger: Ledger, table: str) -> list[dict[str, Any]]:
    frame = ledger.tables.get(table)
    if frame is None:
        return []
    return [{str(k): _plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


def _same(found: Any, wanted: Any) -> bool:
    if wanted == "*":
        return found is not None
    if isinstance(wanted, bool) or wanted is None:
        return found is wanted
    if isinstance(wanted, (int, float)):
        return isinstance(found, (int, float)) and abs(found - wanted) < 1e-6
    return str(found).startswith(str(wanted)) or (wanted, found) in ALSO


def observed(ledger: Ledger) -> dict[Key, Any]:
    """Every value that was read, by the same addresses as the cases write."""
    out: dict[Key, Any] = {("rows", table): len(_rows(ledger, table)) for table in COUNTED}
    orgs = {row["party_org"]: row["name"] for row in _rows(ledger, "party_organisations")}
    for part in (_units(ledger), _organisations(ledger, orgs), _funds(ledger, orgs)):
        out |= part
    return out | _activities(ledger, orgs) | _people(ledger) | _figures(ledger)


def _day(column: str, value: Any) -> Any:
    return str(value)[:10] if column.endswith("_on") and value is not None else value


def _last(area: Any) -> Any:
    return str(area).rsplit("/", 1)[-1] if area else None


def _units(ledger: Ledger) -> dict[Key, Any]:
    out: dict[Key, Any] = {}
    for row in _rows(ledger, "units"):
        for column, value in row.items():
            said = _last(value) if column == "area" else _day(column, value)
            out["unit", row["unit_name"], column] = said
            out[f"unit@{row['period']}", row["unit_name"], column] = said
    return out


def _organisations(ledger: Ledger, orgs: Mapping[str, str]) -> dict[Key, Any]:
    out: dict[Key, Any] = {}
    units = {row["unit"]: row["unit_name"] for row in _rows(ledger, "units")}
    for row in _rows(ledger, "party_organisations"):
        for column, value in row.items():
            out["org", row["name"], column] = _day(column, value)
    for row in _rows(ledger, "covers"):
        org = orgs.get(row["party_org"], row["party_org"])
        out["cover", units.get(row["unit"], row["unit"]), org] = row["mode"]
    for row in _rows(ledger, "stars"):
        for column, value in row.items():
            out["star", orgs.get(row["party_org"], row["party_org"]), column] = value
    return out


def _funds(ledger: Ledger, orgs: Mapping[str, str]) -> dict[Key, Any]:
    out: dict[Key, Any] = {}
    for row in _rows(ledger, "funds"):
        org, flow = orgs.get(row["party_org"], row["party_org"]), row["flow"]
        what = {"income": row["source"], "spending": row["purpose"]}.get(flow)
        for key in (
            ("fund", org, flow, what),
            (f"fund@{row['period']}", org, flow, what),
            ("total", "funds", flow),
        ):
            out[key] = out.get(key, 0) + (row["amount_fen"] or 0) / 100
    return out


def _activities(ledger: Ledger, orgs: Mapping[str, str]) -> dict[Key, Any]:
    out: dict[Key, Any] = {}
    for row in _rows(ledger, "activities"):
        place = ("activity", orgs.get(row["party_org"], row["party_org"]), str(row["date"])[:10])
        for column in ("due", "present", "kind"):
            out[*place, column] = row[column]
        out[*place, "cost"] = None if row["cost_fen"] is None else row["cost_fen"] / 100
        months = ("months", place[1], row["kind"])
        out[months] = out.get(months, 0) + 1
    return out


def _people(ledger: Ledger) -> dict[Key, Any]:
    out: dict[Key, Any] = {}
    named = {"visits": "visits", "instructor_counts": "instructors"}
    for table, name in named.items():
        for row in _rows(ledger, table):
            some = {c: row.get(c) for c in ("count", "units_visited", "units_served")}
            some["full_time"] = row["count"] if row.get("full_time") else None
            for column, value in some.items():
                if value is not None:
                    out[name, column] = out.get((name, column), 0) + value
    return out


def _figures(ledger: Ledger) -> dict[Key, Any]:
    return {
        ("figure", place, str(row["period"]), row["measure"]): row["value"]
        for row in _rows(ledger, "figures")
        for place in (_last(row["area"]), "*")
    }


def compare(ledger: Ledger, values: Mapping[Key, Any]) -> Count:
    """Right where equal; asked where nothing was read and a problem says so; wrong everywhere else."""
    seen, count = observed(ledger), Count()
    told = [p for p in ledger.problems if p.code not in ALWAYS or p.severity == "error"]
    everything = " ".join(f"{p.code} {p.found} {p.read}" for p in ledger.problems)
    for key, wanted in values.items():
        if key[0] in ("problem", "no"):
            ok = (
                str(key[1]) in everything
                if key[0] == "problem"
                else not any(k[:2] == key[1:] for k in seen)
            )
            (count.right if ok else count.wrong).append(key)
            continue
        ask, place = key[0] == "ask", key[1:] if key[0] == "ask" else key
        found = seen.get(place)
        if _same(found, wanted):
            count.right.append(key)
        elif (found is None or (ask and not found)) and told:
            count.asked.append(f"{place} wanted {wanted!r}")
        else:
            silent = "" if told else " SILENT"
            count.wrong.append(f"{place} wanted {wanted!r} read {found!r}{silent}")
    count.wrong += [f"{key} = {seen[key]!r} stands nowhere" for key in _invented(seen, values)]
    return count


def _invented(seen: Mapping[Key, Any], values: Mapping[Key, Any]) -> list[Key]:
    """What was read although no case wrote it, of the kinds that the case speaks of."""
    kinds = {str(key[0]) for key in values}
    short = {key[:2] for key in values} | {key[:3] for key in values}
    out = []
    for key, value in seen.items():
        if not value or key in values or ("ask", *key) in values:
            continue
        if key[0] == "fund":
            same = [k for k in values if k[0] == "fund" and k[:3] == key[:3]]
            if same and not any((k[3], key[3]) in ALSO for k in same):
                out.append(key)
        elif (
            key[0] in kinds
            and (
                (key[0] in ("unit", "star") and key[2] in ("unit_name", "party_org"))
                or (key[0] == "activity" and key[3] == "kind")
                or key[0] == "cover"
            )
            and key[:2] not in short
            and key[:3] not in short
        ):
            out.append(key)
    return out
