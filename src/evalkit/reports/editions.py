"""The public editions so far: what each printed and what it withheld, in one file that anybody may read.

``reports/公开记录.json`` holds nothing that was not public: the values printed, and the names of the cells withheld. A new
edition takes them in, so that no difference of two editions gives a withheld number away (`evalkit.reports.withholding`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.files import put, regular_bytes
from evalkit.indicators.project import Project
from evalkit.problems import InputError, Problem

RECORD = "公开记录.json"
LARGEST = 200_000_000  # bytes
ABOUT = (
    "每次 report --publish 印出了哪些数、哪些没有公开。下一次公开稿据此隐去数字，使人不能用两稿相减推出没有公开的数。",
    "没有公开的数只记名称，不记数值。请随 reports 文件夹一起保存。",
    "某一稿确实没有对外发出的，可以把“公开稿”里那一段删去，再重新生成公开稿。",
)
Key = tuple[str, str, str]  # period, area, measure


@dataclass(frozen=True)
class Edition:
    """A public edition: what anybody may know from it, and what it kept back.

    Attributes
    ----------
    name
        Of its folder.
    period, level, within
        What it was about: the period judged, the areas compared (as they are called), the area inside which they lie.
    told
        Values printed.
    withheld
        Cells that were not.
    beyond_recall
        Cells withheld though an earlier edition had told them.
    made_on
        The day.
    """

    name: str
    period: str
    level: str
    within: str | None
    told: Mapping[Key, float]
    withheld: frozenset[Key]
    beyond_recall: tuple[Key, ...] = ()
    made_on: str = ""

    @property
    def areas(self) -> frozenset[str]:
        return frozenset(area for _, area, _ in (*self.told, *self.withheld))

    def says_the_same(self, other: Edition) -> bool:
        """Whether it tells and withholds what another one does."""
        return dict(self.told) == dict(other.told) and self.withheld == other.withheld


def record_path(project: Project) -> Path:
    return project.reports / RECORD


def read_editions(project: Project) -> tuple[Edition, ...]:
    """The editions so far, in their order; none where there is no record.

    Raises
    ------
    InputError
        A record that cannot be read: without it nobody knows what the next edition must not give away.
    """
    path = record_path(project)
    if not path.exists():
        return ()
    try:
        record = json.loads(regular_bytes(path, LARGEST))
        return tuple(_edition(entry) for entry in record["公开稿"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            Problem(
                "file_unreadable",
                file=str(path),
                found="以前各次公开稿的记录读不出来",
                allowed="report --publish 写成的公开记录",
                advice="请从备份恢复；以前从未对外公开过的，删去这个文件再运行",
            )
        ) from error


def _edition(entry: Any) -> Edition:
    told = {
        (period, area, measure): float(value)
        for period, areas in entry["印出"].items()
        for area, values in areas.items()
        for measure, value in values.items()
    }
    within = entry["范围"]
    return Edition(
        name=str(entry["名称"]),
        period=str(entry["时期"]),
        level=str(entry["层级"]),
        within=None if within is None else str(within),
        told=told,
        withheld=frozenset(_cells(entry["未公开"])),
        beyond_recall=tuple(_cells(entry.get("已印出收不回", {}))),
        made_on=str(entry.get("写于", "")),
    )


def _cells(named: Mapping[str, Mapping[str, Sequence[str]]]) -> list[Key]:
    return [
        (str(period), str(area), str(measure))
        for period, areas in named.items()
        for area, measures in areas.items()
        for measure in measures
    ]


def add_edition(
    project: Project, edition: Edition, earlier: Sequence[Edition], names: Mapping[str, str]
) -> bool:
    """Write an edition down, unless the last one of its name says the same; whether it was written.

    `names`: what the measures are called, for the reader of the file.
    """
    last = next((one for one in reversed(earlier) if one.name == edition.name), None)
    if last is not None and last.says_the_same(edition):
        return False
    every = [*earlier, edition]
    used = {measure for one in every for _, _, measure in (*one.told, *one.withheld)}
    record = {
        "说明": list(ABOUT),
        "指标名称": {code: names.get(code, code) for code in sorted(used)},
        "公开稿": [_entry(one) for one in every],
    }
    put(record_path(project), f"{_written(record)}\n")
    return True


def _entry(edition: Edition) -> dict[str, Any]:
    told: dict[str, dict[str, dict[str, float]]] = {}
    for (period, area, measure), value in sorted(edition.told.items()):
        told.setdefault(period, {}).setdefault(area, {})[measure] = value
    return {
        "名称": edition.name,
        "时期": edition.period,
        "层级": edition.level,
        "范围": edition.within,
        "写于": edition.made_on or time.strftime("%Y-%m-%d"),
        "印出": told,
        "未公开": _named(edition.withheld),
        "已印出收不回": _named(edition.beyond_recall),
    }


def _named(cells: Iterable[Key]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for period, area, measure in sorted(cells):
        found.setdefault(period, {}).setdefault(area, []).append(measure)
    return found


ONE_LINE = 4  # levels below which an entry stands in one line: the measures of an area


def _written(value: Any, level: int = 0) -> str:
    """JSON with a line an area, so that a file of thousands of numbers can be read."""
    pad, inner = " " * level, " " * (level + 1)
    if isinstance(value, dict) and value and level <= ONE_LINE:
        rows = [
            f"{inner}{json.dumps(key, ensure_ascii=False)}: {_written(item, level + 1)}"
            for key, item in value.items()
        ]
        return "{\n" + ",\n".join(rows) + f"\n{pad}}}"
    if isinstance(value, list) and value and level <= ONE_LINE:
        rows = [f"{inner}{_written(item, level + 1)}" for item in value]
        return "[\n" + ",\n".join(rows) + f"\n{pad}]"
    return json.dumps(value, ensure_ascii=False)
