"""Components of schemes to put together in tests."""

from __future__ import annotations

import copy
from typing import Any


def parameter(values: Any, unit: str = "元/人·年", **more: Any) -> dict[str, Any]:
    top = 3 if "元" not in unit else 1_000_000
    return {
        "label": "标准",
        "unit": unit,
        "range": [0, top],
        "step": 10 if "元" in unit else 0.1,
        "values": values,
        **more,
    }


def scheme_of(components: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {
        "scheme": "test",
        "name": "试验方案",
        "source": "试验",
        "dates": "days",
        "members": "year_end",
        "rounding": "yuan",
    }
    return copy.deepcopy(base | {"components": components} | more)


PER_MEMBER = {
    "name": "活动",
    "per": "member",
    "payer": "fiscal_district",
    "per_member": parameter(150),
}
PER_ORG = {
    "name": "组织",
    "per": "party_org",
    "payer": "fiscal_district",
    "by": "org_kind",
    "branch": parameter(3000),
    "general_branch": parameter(10000),
    "committee": parameter(20000),
}
