"""The public edition: small counts of persons and dominated amounts are hidden, and enough else that nothing gives them back.

What is withheld is decided once an edition (`evalkit.reports.withholding`), over all levels, totals, parts and years that
it prints and against the editions before it (`evalkit.reports.editions`); `published` applies it to the frames of measures
and indicators, so that tables, figures and sentences made of them agree.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import evalkit
from evalkit.files import put, safe_name
from evalkit.indicators.course import periods_of_base
from evalkit.indicators.load import Data
from evalkit.reports.editions import Edition, Key, add_edition, read_editions
from evalkit.reports.voice import voice_of
from evalkit.reports.withholding import Decision, decide, printed_areas
from evalkit.runner.local import locked
from evalkit.stats.suppression import attack, dominated, margins, suppress
from evalkit.world.number import plain
from evalkit.world.period import Period, precedes

PRINTED = "上年公布数"
NAMED = 8  # cells that a line of the console names
WAIT = 600  # seconds for another edition that is being settled
VALUES = ("value", "low", "high", "ci_low", "ci_high", "numerator", "denominator")
PLAIN_STATES = ("reached", "missed")  # of a goal: what a number and its goal say by themselves


@dataclasses.dataclass(frozen=True)
class Withheld:
    """What public data hold back, and what they are about."""

    level: str
    within: str | None
    cells: frozenset[Key]


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class PublicData(Data):
    """Data as a public edition may print them; a copy of them in other periods hides the same cells.

    Attributes
    ----------
    source
        The data of which they are the public version.
    """

    source: Data = dataclasses.field(repr=False)
    withheld: Withheld

    @classmethod
    def of(cls, source: Data, withheld: Withheld) -> PublicData:
        given = {one.name: getattr(source, one.name) for one in dataclasses.fields(source)}
        return cls(**given, source=source, withheld=withheld)

    @cached_property
    def measures(self) -> pd.DataFrame:
        rows = self._printed(self.source.measures)
        keys = zip(rows["period"], rows["area"], rows["measure"], strict=True)
        return _blank(rows, [key in self.withheld.cells for key in keys])

    @cached_property
    def indicators(self) -> pd.DataFrame:
        rows, book = self._printed(self.source.indicators), self.codebook
        before = {str(p): _periods_before(self.source, str(p)) for p in rows["period"].unique()}
        flags = []
        for row in rows.itertuples():
            one, period = book.indicators[row.indicator], str(row.period)
            under = {p for earlier in before[period] for p in one.periods_of_base(period, earlier)}
            under |= {*periods_of_base(period, one, book)}
            used = {(row.period, one.numerator), *((p, one.denominator) for p in under)}
            flags.append(any((p, row.area, m) in self.withheld.cells for p, m in used))
        # what grows from a base tells the base
        grown = {goal.code for goal in book.goals if goal.growth is not None}
        told = rows["indicator"].isin(grown) & rows["target_own"].fillna(False).astype(bool)
        rows.loc[told, "target"] = np.nan
        rows = _without_bases(rows, grown) if "goal" in rows else rows
        return _blank(rows, flags)

    def _printed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of the areas that the edition prints."""
        areas = printed_areas(self.source, self.withheld.level, self.withheld.within)
        shown = frame["area"].isin(areas) | frame["level"].eq(self.withheld.level)
        return frame.loc[shown & frame["period"].isin(self.periods)].reset_index(drop=True)


def _without_bases(rows: pd.DataFrame, grown: set[str]) -> pd.DataFrame:
    """Rows whose goals tell no number of another period: neither course nor pace, and of those that grow nothing."""
    rows = rows.copy()
    of_base = ["goal_due", "goal_pace", "goal_need"]
    rows[of_base] = np.nan
    rows.loc[~rows["goal_state"].isin(PLAIN_STATES), "goal_state"] = pd.NA
    growing = rows["indicator"].isin(grown)
    rows.loc[growing, ["goal", "goal_next"]] = np.nan
    rows.loc[growing, ["goal_day", "goal_state"]] = pd.NA
    return rows


def published(data: Data, level: str = "district", within: str | None = None) -> Data:
    """The data as they may be printed: measures and indicators of `level`, of the whole and of `within`, hidden cells null.

    Both frames get a column ``hidden``. Thresholds are the codebook's section ``disclosure``. Data that are public already
    stay as they are.
    """
    if isinstance(data, PublicData):
        return data
    return PublicData.of(data, Withheld(level, within, _decided(data, level, within)))


def as_public(data: Data, like: Data) -> Data:
    """Other periods of a public edition, by what that edition withholds."""
    assert isinstance(like, PublicData)
    return PublicData.of(data, like.withheld)


def withheld_facts(data: Data) -> dict[str, Any] | None:
    """What a public report says of what it withholds: how many numbers, of which measures, from which count of persons on.

    None of any other version.
    """
    if not isinstance(data, PublicData):
        return None
    areas = set(data.measures["area"])
    cells = [key for key in data.withheld.cells if key[0] in data.periods and key[1] in areas]
    gone, book = {code for _, _, code in cells}, data.codebook
    names = [measure.name for code, measure in book.measures.items() if code in gone]
    return {"n": len(cells), "names": names, "threshold": plain(book.disclosure["threshold"])}


def _periods_before(data: Data, period: str) -> tuple[str, ...]:
    """The year before a period, of the chosen ones and of all that there are: these data may leave it out."""
    found = []
    for periods in (data.periods, _all_periods(data)):
        earlier = [p for p in periods if _same_kind(p, period) and precedes(p, period)]
        found.append(earlier[-1] if earlier else "")
    return tuple(dict.fromkeys(found))


def _all_periods(data: Data) -> tuple[str, ...]:
    return tuple(map(str, data.manifest.get("periods") or data.periods))


def _same_kind(a: str, b: str) -> bool:
    return Period.parse(a).kind == Period.parse(b).kind


def _blank(frame: pd.DataFrame, flags: list[bool]) -> pd.DataFrame:
    columns = [c for c in VALUES if c in frame]
    out = frame.assign(hidden=flags)
    out.loc[out["hidden"], columns] = np.nan
    if "goal_state" in out:
        out.loc[out["hidden"], "goal_state"] = pd.NA
    return out


# decided once an edition


def _decided(data: Data, level: str, within: str | None) -> frozenset[Key]:
    """What an edition withholds: as the report that is being made has settled it, else decided now."""
    editions = earlier_editions(data)
    settled = _settled(data, level, within, editions)
    return decide(_whole(data), level, within, editions).withheld if settled is None else settled


def _settled(
    data: Data, level: str, within: str | None, editions: Sequence[Edition]
) -> frozenset[Key] | None:
    """What was settled for just these data, rules and editions; None where nothing was, or what was kept is not whole."""
    path = _settled_path(data, level, within)
    try:
        if path.with_suffix(".key").read_text(encoding="utf-8") != _key(data, editions):
            return None
        cells = json.loads(path.read_text(encoding="utf-8"))
        return frozenset((str(p), str(area), str(code)) for p, area, code in cells)
    except (OSError, ValueError, TypeError):
        return None


def earlier_editions(data: Data) -> tuple[Edition, ...]:
    """The editions so far, and before them what the office says that it printed last year (上年公布数)."""
    rows, book = _whole(data).baseline, data.codebook.measures
    told = {
        (str(row["period"]), str(row["area"]), str(row["code"])): float(row["printed"])
        for row in rows.to_dict("records")
        if row["code"] in book and pd.notna(row["printed"])
    }
    first = (Edition(PRINTED, "", "", None, told, frozenset()),) if told else ()
    return (*first, *read_editions(data.project))


def _whole(data: Data) -> Data:
    """The same data in all periods: an edition is decided as a whole."""
    every = _all_periods(data)
    if set(every) == set(data.periods):
        return data
    return dataclasses.replace(data, periods=every, _blocks={}, _views={})


def _settled_path(data: Data, level: str, within: str | None) -> Path:
    name = safe_name("-".join([data.dataset, level, *((within or "").split("/"))]))
    return data.project.cache / "disclosure" / f"{name}.json"


def _key(data: Data, editions: Sequence[Edition]) -> str:
    """All that a decision depends on."""
    book = data.codebook
    asked = [
        evalkit.__version__,
        data.manifest.get("fingerprint"),
        data.manifest.get("stored"),
        book.disclosure,
        [[c, m.unit, m.sum, m.where, m.any] for c, m in book.measures.items()],
        [[sorted(one.told.items()), sorted(one.withheld)] for one in editions],
    ]
    text = json.dumps(asked, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def settle(
    data: Data, name: str, period: str, level: str, within: str | None = None
) -> tuple[Path, list[str]]:
    """Decide a public edition before anything of it is written, and write it down among the editions.

    Returns
    -------
    The file that says what it withholds (what is made of it depends on that), and lines for the console.
    """
    with locked(data.project.cache / "disclosure", wait=WAIT):
        editions, path = earlier_editions(data), _settled_path(data, level, within)
        last = next((one for one in reversed(editions) if one.name == name), None)
        if last is not None and _settled(data, level, within, editions) is not None:
            return path, _lines(data, last.beyond_recall, len(editions))
        found = decide(_whole(data), level, within, editions)
        edition = _edition(data, name, period, level, within, found)
        names = {code: measure.name for code, measure in data.codebook.measures.items()}
        add_edition(data.project, edition, read_editions(data.project), names)
        text = json.dumps(sorted(found.withheld), ensure_ascii=False)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            put(path, text)
        put(path.with_suffix(".key"), _key(data, earlier_editions(data)))
    kept = sum(key in edition.withheld for key in found.kept)
    return path, _lines(data, edition.beyond_recall, len(editions), kept)


def _edition(
    data: Data, name: str, period: str, level: str, within: str | None, found: Decision
) -> Edition:
    """What an edition tells of what the rules are about: counts of persons and money, of its year and those before."""
    rules, frame = data.codebook.disclosure, _whole(data).measures
    periods = {p for p in _all_periods(data) if p == period or precedes(p, period)}
    rows = frame.loc[
        frame["area"].isin(printed_areas(data, level, within))
        & frame["period"].isin(periods)
        & frame["unit"].isin([*rules["persons"], "元"])
        & frame["value"].notna()
    ]
    keys = zip(rows["period"], rows["area"], rows["measure"], strict=True)
    values = dict(zip(keys, rows["value"].astype(float), strict=True))
    told = {key: value for key, value in values.items() if key not in found.withheld}
    gone = frozenset(key for key in found.withheld if key[0] in periods)
    lost = tuple(key for key in found.beyond_recall if key[0] in periods)
    place = voice_of(data).place(level)
    return Edition(name, period, place, within, told, gone, lost)


def _lines(data: Data, lost: Sequence[Key], editions: int, kept: int = 0) -> list[str]:
    """What the console says of an edition: what stays withheld, and what cannot be taken back."""
    lines = []
    if editions:
        held = f"，以前没有公开的{kept}个数仍不公开" if kept else ""
        lines.append(f"已与以前{editions}稿公开稿核对{held}；记录在 reports/公开记录.json")
    if lost:
        book = data.codebook.measures
        named = [f"{p} {area.rpartition('/')[2]} {book[m].name}" for p, area, m in lost]
        more = f"等{len(named)}个数" if len(named) > NAMED else ""
        lines.append(
            f"请核对：按规则应隐去、但以前的公开稿已经印出或可由其推出，收不回来：{'、'.join(named[:NAMED])}{more}"
            "（这次不再印；那一稿没有对外发出的，见 reports/公开记录.json 的说明）"
        )
    return lines


__all__ = [
    "Decision",
    "Withheld",
    "as_public",
    "attack",
    "decide",
    "dominated",
    "margins",
    "published",
    "settle",
    "suppress",
    "withheld_facts",
]
