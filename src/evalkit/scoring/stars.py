"""Stars of party organisations by a declared scheme: a check beside the office's own stars, with every difference."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.scoring.cut_offs import levels
from evalkit.scoring.finding import find
from evalkit.scoring.models import Cycle, Item, StarsFile, StarTable
from evalkit.scoring.points import no_persons
from evalkit.scoring.tree import NEAR
from evalkit.scoring.words import WORDS, points
from evalkit.world.condition import Comparison, mask, parse
from evalkit.world.declared import At, Faults
from evalkit.world.number import fixed, plain
from evalkit.world.showing import Showing
from evalkit.world.summary import Summarised, Summary, listed


def number(values: Any) -> Any:
    """A column as float64 with NaN."""
    return (
        pd.to_numeric(values, errors="coerce")
        .astype("Float64")
        .to_numpy(dtype=float, na_value=np.nan)
    )


def condition(text: str) -> Comparison:
    """``">= 85%"`` as a comparison; schemes are checked when they are read."""
    found = Comparison.parse(text)
    assert found is not None, text
    return found


def holds(frame: pd.DataFrame, where: Mapping[str, Any] | None) -> Any:
    """Rows that meet all conditions: value, [values], ">= 3", present, missing. A null meets none but missing."""
    return mask(parse(where or {}), frame)


def load_scheme(given: Any) -> tuple[str, dict[str, Any]]:
    """A checked scheme; all faults at once in one `InputError`."""
    declared = find(given, "stars")
    code, faults = declared.code, declared.faults
    read = faults.fitting(StarsFile, declared.content, (code,))
    scheme = read.given()
    most = scheme.get("points", np.inf)
    for table, path in _tables_read(read, (code,), faults):
        for kind, items in (("dimensions", table.dimensions), ("items", table.items)):
            total = _check_items(items, (*path, kind), faults)
            if total > most + NEAR:
                allowed = f"不超过 {plain(most)}"
                faults.invalid((*path, kind), f"各项合计 {plain(total)}", allowed)
    cuts = levels(read.cut_offs, (code, "cut_offs"), faults)
    if sorted((cut.value for cut in cuts), reverse=True) != [cut.value for cut in cuts]:
        found = "、".join(f"{cut.value}星自{plain(cut.start)}分" for cut in cuts)
        faults.invalid((code, "cut_offs"), found, "星级越高，下限越高，每级一行")
    if "cycle" in scheme:
        faults.model(Cycle, read.cycle, (code, "cycle"))
    if "dimensions" in scheme and "star_when" not in scheme:
        faults.missing((code, "star_when"), "得星线，例如 >= 85%")
    if not scheme.keys() & {"dimensions", "items", "tables", "score"}:
        faults.missing((code,), "dimensions、items、tables、score 之一", "、".join(scheme))
    faults.stop()
    return code, scheme | {"cut_offs": cuts}


def _tables_read(
    read: StarsFile, path: At, faults: Faults
) -> list[tuple[StarTable | StarsFile, At]]:
    """The tables of a scheme with their paths; the scheme itself where it has only one."""
    if not read.tables:
        return [(read, path)]
    places = [(table, (*path, "tables", key)) for key, table in read.tables.items()]
    return [(faults.fitting(StarTable, table, place), place) for table, place in places]


def _tables(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(raw.get("tables", {}).values()) or [raw]


def _check_items(items: Mapping[str, Any], path: At, faults: Faults) -> float:
    """Faults of the items; the sum of their points without the bonus."""
    total = 0.0
    for key, raw in items.items():
        here = (*path, key)
        item = faults.fitting(Item, raw, here)
        given = item.given()
        if path[-1] == "dimensions" and "points" not in given:
            faults.missing((*here, "points"), "这个维度的满分")
        inner = _check_items(item.items, (*here, "items"), faults)
        highest = max([inner, 0.0, *item.steps.values()])
        points = item.points if "points" in given else highest
        if highest > points + NEAR:
            found = f"下级合计或最高档 {plain(highest)}"
            faults.invalid(here, found, f"不超过 {plain(points)}")
        if bool(given.keys() & {"off", "add"}) != ("per" in given):
            faults.missing(here, "off 或 add 与 per（计数的列）同写", "、".join(given))
        total += 0.0 if item.bonus or item.minus else points
    return total


def _column(frame: pd.DataFrame, key: str, item: Mapping[str, Any]) -> str | None:
    return next(
        (n for n in (item.get("per"), key, item.get("heading"), item.get("name")) if n in frame),
        None,
    )


def _item(frame: pd.DataFrame, key: str, item: Mapping[str, Any]) -> Any:
    """Points of one item; NaN where what it needs is not known."""
    top = np.inf if item.get("points") is None else float(item["points"])
    if "items" in item:
        return np.minimum(sum(_item(frame, k, i) for k, i in item["items"].items()), top)
    values = frame[_column(frame, key, item)]
    if "steps" in item:
        return values.map(
            lambda v: float(item["steps"].get(v, np.nan)) if isinstance(v, str) else np.nan
        ).to_numpy(dtype=float)
    count = number(values)
    if "off" in item:
        return (
            np.maximum(top - item["off"] * count, 0) if np.isfinite(top) else -item["off"] * count
        )
    if "add" in item:
        return np.minimum(item["add"] * count, item.get("cap", top))
    return np.clip(count, 0, top) * (-1 if item.get("minus") else 1)


def rate(frame: pd.DataFrame, scheme: Any, period: str | int = "") -> pd.DataFrame:
    """Stars of every row by a scheme: adds score, by_rule, stars_rule (Int64, null = not rated), label and reason.

    Parameters
    ----------
    frame
        One row per party organisation: the scheme's items and the columns of its conditions, stars_previous where
        stars may only rise by so many a year, area where quotas hold within areas.
    scheme
        As for `stars`, or a pair (code, checked scheme) of `load_scheme`.
    """
    no_persons(frame, keyed=False)
    _, raw = scheme if isinstance(scheme, tuple) else load_scheme(scheme)
    _need(frame, raw)
    out = frame.reset_index(drop=True).copy()
    n, by_star = len(out), "star_when" in raw
    before = number(out["stars_previous"]) if "stars_previous" in out else np.full(n, np.nan)
    if _off_cycle(raw, period):
        why = np.full(n, WORDS.say("say.off_cycle"), dtype=object)
        return _finished(out, np.full(n, np.nan), before, before, why, raw)
    score, passed, why = np.full(n, np.nan), np.full(n, np.nan), np.full(n, "", dtype=object)
    for table in _tables(raw):
        here, marks = holds(out, table.get("when")), _marks(out, table, raw)
        score[here] = marks.score[here]
        why[here] = marks.lacking[here]
        if by_star:
            passed[here] = _stars_earned(marks, condition(raw["star_when"]))[here]
    known = ~np.isnan(passed if by_star else score)
    skip, vetoed = (
        holds(out, raw[key]) if raw.get(key) else np.zeros(n, dtype=bool)
        for key in ("not_rated", "veto")
    )
    use = known & ~skip & ~vetoed
    stars, said = (
        (passed, [WORDS.say("say.passed", n=p) for p in passed])
        if by_star
        else _by_cuts(out, score, use, raw)
    )
    why = np.where(known, np.array(said, dtype=object), why)
    by_rule, most = np.where(use, stars, np.nan), before + float(raw.get("at_most_up", np.inf))
    held = use & (stars > most)
    why[held] = [
        WORDS.say("say.held", why=w, before=b, most=raw["at_most_up"])
        for w, b in zip(why[held], before[held], strict=True)
    ]
    why[vetoed], why[skip] = WORDS.say("say.vetoed"), WORDS.say("say.not_rated")
    final = np.where(skip, np.nan, np.where(vetoed, 0.0, np.where(held, most, by_rule)))
    return _finished(out, score, by_rule, final, why, raw)


def _off_cycle(raw: Mapping[str, Any], period: str | int) -> bool:
    """Whether a year stands between two ratings, so that the stars of the last one hold."""
    cycle = raw.get("cycle")
    if not cycle or not str(period).isdigit():
        return False
    return bool((int(period) - int(cycle["first"])) % int(cycle["years"]))


@dataclass(frozen=True, eq=False)
class _Marks:
    """What organisations get by one table of a scheme: points of each item (organisations x items), their total, and
    a sentence on the items that are not known."""

    items: Mapping[str, Any]
    values: Any
    score: Any
    lacking: Any


def _marks(frame: pd.DataFrame, table: Mapping[str, Any], raw: Mapping[str, Any]) -> _Marks:
    items = table.get("dimensions") or table.get("items") or {}
    if _total(frame, raw):
        values, total = np.zeros((len(frame), 0)), number(frame[raw["score"]])
    else:
        points_of = [_item(frame, key, item) for key, item in items.items()]
        values = np.stack(points_of, 1) if points_of else np.zeros((len(frame), 0))
        total = values.sum(1) + float(raw.get("base", 0))
    names = [str(item.get("name", key)) for key, item in items.items()]
    lacking = []
    for row in np.isnan(values):
        gaps = "、".join(name for name, gap in zip(names, row, strict=False) if gap)
        lacking.append(WORDS.say("say.lacking", items=f"：{gaps}" if gaps else ""))
    score = np.minimum(total, float(raw.get("cap", np.inf)))
    return _Marks(items, values, score, np.array(lacking, dtype=object))


def _stars_earned(marks: _Marks, asked: Comparison) -> Any:
    """How many dimensions reach the line; NaN where one is not known."""
    most = [float(item["points"]) for item in marks.items.values()]
    lines = [asked.limit / 100 * points if asked.percent else asked.limit for points in most]
    reached = asked.against(np.round(marks.values, 9), np.round(np.array(lines), 9)).sum(1)
    return np.where(np.isnan(marks.values).any(1), np.nan, reached)


def _finished(
    out: pd.DataFrame, score: Any, by_rule: Any, stars: Any, why: Any, raw: Mapping[str, Any]
) -> pd.DataFrame:
    labels = {c.value: c.label or f"{c.value}星" for c in raw["cut_offs"]}
    out["score"], out["reason"] = score, why
    out["by_rule"], out["stars_rule"] = (
        pd.array(v, dtype="Float64").astype("Int64") for v in (by_rule, stars)
    )
    return out.assign(
        label=[None if s != s else labels.get(int(s), f"{fixed(s)}星") for s in stars]
    )


def _total(frame: pd.DataFrame, raw: Mapping[str, Any]) -> bool:
    """Whether the ledger's own total stands for the items."""
    return raw.get("score") in frame and "dimensions" not in raw


def _need(frame: pd.DataFrame, raw: Mapping[str, Any]) -> None:
    """All columns that the scheme asks for and the frame lacks, in one error."""
    todo = (
        []
        if _total(frame, raw)
        else [
            p for t in _tables(raw) for p in (t.get("dimensions") or t.get("items") or {}).items()
        ]
    )
    wanted = [raw["score"]] if "score" in raw and not todo and not _total(frame, raw) else []
    while todo:
        key, item = todo.pop(0)
        todo += item.get("items", {}).items()
        wanted += (
            [str(item.get("per", key))]
            if "items" not in item and _column(frame, key, item) is None
            else []
        )
    conditions = [
        raw.get("not_rated"),
        raw.get("veto"),
        *(t.get("when") for t in _tables(raw)),
        *(c.also for c in raw["cut_offs"]),
    ]
    wanted += [column for c in conditions for column in c or () if column not in frame]
    near = {
        c: did_you_mean(c, map(str, frame.columns)) or "在台账中补充这一列，或在方案中去掉"
        for c in wanted
    }
    if near:
        raise InputError(
            [
                Problem("column_missing", where="stars", found=c, advice=advice)
                for c, advice in near.items()
            ]
        )


def _by_cuts(frame: pd.DataFrame, score: Any, use: Any, raw: Mapping[str, Any]) -> tuple[Any, Any]:
    """Level of every row by cut-offs, preconditions and quotas; who falls out of a quota goes one level down."""
    cuts = raw["cut_offs"]
    reach = np.stack([c.holds(score) for c in cuts] or [np.zeros(len(frame), dtype=bool)])
    meets = reach & np.stack([holds(frame, c.also) for c in cuts] or [reach[0]])
    reached, level = (np.where(m.any(0), m.argmax(0), len(cuts)) for m in (reach, meets))
    also = ["", WORDS.say("say.precondition")]
    why = np.array(
        [
            WORDS.say("say.score", score=points(s), also=also[int(a > b)])
            for s, a, b in zip(score, level, reached, strict=True)
        ],
        dtype=object,
    )
    groups = frame["area"].to_numpy() if raw.get("quota_within") == "area" else np.zeros(len(frame))
    for group, (at, cut) in product(pd.unique(groups), enumerate(cuts)):
        inside = use & (groups == group)
        members, last = np.flatnonzero(inside & (level == at)), at == len(cuts) - 1 and at > 0
        sign = 1 if last else -1  # the lowest level is filled from below, its surplus rises
        order = members[np.argsort(sign * score[members], kind="stable")]
        room = int(np.floor(cut.quota * inside.sum() + 1e-9))
        if len(order) <= room:
            continue
        edge = (
            sign * score[order[room]]
        )  # the first one outside; ties with it are all out, or all in
        gone = (
            order[sign * score[order] >= edge]
            if raw.get("ties", "out") == "out"
            else order[sign * score[order] > edge]
        )
        level[gone] -= sign
        why[gone] = [
            WORDS.say(
                "say.over_quota",
                why=w,
                stars=cut.value,
                quota=cut.quota,
                move="升" if last else "降",
            )
            for w in why[gone]
        ]
    return np.array([*(c.value for c in cuts), 0], dtype=float)[level], why


@dataclass(frozen=True, eq=False, repr=False)
class Stars(Showing, Summarised):
    """Stars by the scheme beside the office's, in one period. The office decides; differences are listed.

    `absent`: districts of which no star ledger was sent. Nobody of them is rated or unrated here.
    """

    scheme: Mapping[str, Any]
    table: pd.DataFrame
    period: str
    is_demo: bool
    absent: tuple[str, ...] = ()

    @property
    def summary(self) -> Summary:
        """How many organisations, how many differ from the office's stars, which districts sent none."""
        facts = {
            "rated": f"{len(self.table)}个",
            "differs": f"{len(self.differences)}个",
            "absent": listed(self.absent),
        }
        return Summary.of("stars", facts, period=self.period)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Organisations whose stars differ from the office's, with the reason of the rule."""
        ours, theirs = number(self.table["stars_rule"]), number(self.table["stars_office"])
        keep = [
            "area",
            "district",
            "party_org",
            "score",
            "stars_previous",
            "stars_office",
            "stars_rule",
            "reason",
        ]
        return self.table.loc[
            ~((ours == theirs) | (np.isnan(ours) & np.isnan(theirs))), keep
        ].reset_index(drop=True)

    @cached_property
    def transitions(self) -> pd.DataFrame:
        """Organisations by last year's and this year's stars of the office; -1 is not rated."""
        pair = (self.table[c].fillna(-1).astype(int) for c in ("stars_previous", "stars_office"))
        return pd.crosstab(*pair).reindex(index=range(-1, 6), columns=range(-1, 6), fill_value=0)

    @cached_property
    def by_area(self) -> pd.DataFrame:
        """Distribution, mean, promotion (of those with stars in both years) and rectification by district."""
        now, before = number(self.table["stars_office"]), number(self.table["stars_previous"])
        flags = {
            "rated": ~np.isnan(now),
            "both": ~np.isnan(now + before),
            "up": now > before,
            "due": self.table["rectify"],
        }
        flags |= {"n": np.full(len(now), True)} | {f"stars_{s}": now == s for s in range(6)}
        groups = pd.DataFrame(flags).groupby(self.table["district"], sort=False)
        out = groups.sum().astype(int)
        out["mean_stars"] = sum(s * out[f"stars_{s}"] for s in range(6)) / out["rated"].where(
            out["rated"] > 0
        )
        out["promotion"] = out["up"] / out["both"].where(out["both"] > 0)
        out["rectification"] = out["due"] / out["rated"].where(out["rated"] > 0)
        names = [path.rpartition("/")[2] for path in self.absent]
        rows = out.reset_index()
        return (
            rows.merge(pd.DataFrame({"district": names}), how="outer", sort=False)
            if names
            else rows
        )

    @cached_property
    def rectification(self) -> pd.DataFrame:
        """Organisations that must mend by the scheme, and whether the office lists them."""
        due = self.table.loc[
            self.table["rectify"],
            ["area", "district", "party_org", "stars_office", "stars_rule", "rectification"],
        ]
        return due.rename(columns={"rectification": "listed"}).reset_index(drop=True)

    @cached_property
    def targets(self) -> pd.DataFrame:
        """The scheme's targets for shares of levels, and what is reached."""
        rated, rows = self.table["stars_office"].dropna().astype(float), []
        for which, goal in (self.scheme.get("targets") or {}).items():
            asked = condition(goal)
            share = float(condition(which).holds(rated).mean())
            rows.append(
                (which, goal, share, bool(asked.holds(share * (100 if asked.percent else 1))))
            )
        return pd.DataFrame(rows, columns=["stars", "target", "share", "met"])


def stars(data: Any, scheme: Any = "demo_five", period: str | int | None = None) -> Stars:
    """Recompute the stars of a period's star ledger by a scheme, as a check beside the office's own.

    Parameters
    ----------
    data
        `Data` of `evalkit.load`; the last of its periods by default.
    scheme
        A name in stars.yml, the path of a YAML file, or a mapping.
    """
    code, raw = load_scheme(scheme)
    period = str(period or data.last)
    data = dataclasses.replace(
        data, periods=(period,)
    )  # the views of one year are five times faster than those of all
    home = data.areas.set_index("area")["home"]
    rated, marks = (
        f.assign(home=f["area"].map(home).fillna(f["area"]))
        for f in map(data.frame, ("stars", "ratings"))
    )
    if not len(rated):
        advice = "把星级评定表放进 data/raw 后运行 python start.py build"
        raise InputError(
            Problem("data_missing", where="stars", found=f"{period}年没有星级评定表", advice=advice)
        )
    wide = marks.drop_duplicates(["home", "party_org", "item"]).pivot(
        index=["home", "party_org"], columns="item", values="score"
    )
    frame = rated.rename(columns={"stars": "stars_office"})
    frame = frame.merge(
        wide.astype(float), how="left", left_on=["home", "party_org"], right_index=True
    )
    about = data.view_frame("party_orgs")
    extra = [c for c in about.columns if c not in frame and c not in ("stars", "name")]
    frame = frame.merge(
        about[["home", "party_org", *extra]].drop_duplicates(["home", "party_org"]),
        how="left",
        on=["home", "party_org"],
    )
    done = rate(frame, (code, raw), period)
    done["district"] = done["home"].str.rpartition("/")[2]
    done["rectify"] = condition(raw.get("rectify", "< 0")).holds(number(done["stars_rule"]))
    return Stars(raw, done, period, bool(data.is_demo), _without_star_ledger(data, done))


def _without_star_ledger(data: Any, rated: pd.DataFrame) -> tuple[str, ...]:
    """The districts of which the period has no star ledger."""
    rows = data.extents.loc[data.extents["period"] == data.last]
    missing = rows.loc[(rows["ledger"] == "stars") & ~rows["area"].isin(rated["home"]), "area"]
    return tuple(missing)
