"""What a column does: key, join, melt, total, pair, tick, fill, count, place, aside, drop, or value.

A column of headings.yml declares it by `role`, or by the key that says it already: `person` (drop), `flow` and `item` (melt),
`total_of` (total), `fills` (fill); `pairs` of a form, a group to be ticked and the first necessary column are roles too.
"""

from __future__ import annotations

from typing import Any

from evalkit.ledgers.findings import RULES, declared
from evalkit.ledgers.headings import Headings

ROLES: dict[str, str] = declared("grammar.yml")["roles"]
_BY_RULE = {"tick": "tick", "pair": "pair", "rows": "count", "filled": "count"}
_PLACE = ("area_name", "township", "period")
_ASIDE = ("remark", "row_number")


def role_of(headings: Headings, form: str, column: str, rule: str = "") -> str:
    """What a column of a form does; `rule` is how it was found (`columns` in grammar.yml)."""
    if not column:
        return "drop"
    spec: dict[str, Any] = headings.forms[form]["columns"].get(column, {})
    if "role" in spec:
        return str(spec["role"])
    by_key = {
        "place": column in _PLACE,
        "aside": column in _ASIDE,
        "drop": spec.get("person") or column in RULES["ignored"],
        "key": column in headings.required(form)[:1],
        "total": "total_of" in spec,
        "melt": "flow" in spec or spec.get("item"),
        "fill": "fills" in spec or "stands_for" in spec,
    }
    told = _BY_RULE.get(rule)
    return told or next((role for role, is_so in by_key.items() if is_so), "value")
