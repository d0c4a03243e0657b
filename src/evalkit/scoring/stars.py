"""Stars of party organisations by a declared scheme: a check beside the office's own stars, with every difference."""

from __future__ import annotations

import dataclasses
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from evalkit.documents import Block
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.scoring.index import Faults, cut_offs, declared
from evalkit.scoring.scores import _points, _refuse_persons, show

OPERATORS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
SCHEME = {"name", "note", "points", "base", "cap", "score", "dimensions", "star_when", "cut_offs", "items", "tables", "not_rated", "veto", "at_most_up", "rectify", "cycle", "targets", "quota_within", "ties"}  # fmt: skip
ITEM = {"name", "heading", "points", "domain", "steps", "off", "add", "per", "cap", "bonus", "minus", "items", "note"}
MORE = frozenset({"also", "quota", "label"})


def condition(text: Any) -> tuple[Any, float, bool]:
    """``">= 85%"`` as operator, number and whether it is a percentage."""
    found = re.fullmatch(r"\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)\s*(%?)\s*", str(text))
    if not found:
        raise ValueError(str(text))
    return OPERATORS[found[1]], float(found[2]), bool(found[3])


def holds(frame: pd.DataFrame, where: Mapping[str, Any]) -> pd.Series:
    """Rows that meet all conditions of a filter: value, [values], ">= 3", present, missing. A null meets none but missing."""
    good = pd.Series(True, index=frame.index)
    for column, wanted in where.items():
        values = frame[column]
        if wanted in ("present", "missing"):
            good &= values.notna() == (wanted == "present")
        elif isinstance(wanted, str) and wanted[:1] in "<>":
            compare, number, _ = condition(wanted)
            good &= compare(pd.to_numeric(values, errors="coerce"), number)
        else:
            options = [w for w in wanted] if isinstance(wanted, list) else [wanted]
            good &= values.astype(object).where(values.notna(), None).isin(options)
    return good


def load_scheme(given: Any) -> tuple[str, dict[str, Any]]:
    """A checked scheme; all faults at once in one `InputError`."""
    code, raw, faults = declared(given, "stars")
    faults.keys(raw, SCHEME, (code,))
    for table, path in _tables(raw, (code,)):
        for kind in ("dimensions", "items"):
            total = _check_items(table.get(kind) or {}, (*path, kind), faults)
            if raw.get("points") and total > float(raw["points"]) + 1e-9:
                faults.add("value_invalid", (*path, kind), f"各项合计 {total:g}", f"不超过 {raw['points']:g}")
    cuts = cut_offs(raw.get("cut_offs"), "stars", (code, "cut_offs"), faults, MORE)
    for cut in cuts:
        faults.number(cut.more, "quota", (code, "cut_offs"), 1.0, 0, 1)
    if sorted(({c.value for c in cuts}), reverse=True) != [c.value for c in cuts]:
        faults.add("value_invalid", (code, "cut_offs"), "、".join(f"{c.value}星自{c.start:g}分" for c in cuts), "星级越高，下限越高，每级一行")
    for key in ("star_when", "rectify", *({"targets"} & raw.keys())):
        for text in [*raw[key], *raw[key].values()] if key == "targets" else [raw[key]] if key in raw else []:
            try:
                condition(text)
            except ValueError:
                faults.add("value_invalid", (code, key), text, ">= 85%、<= 2 这样的写法")
    faults.choice(raw, "ties", ("out", "in"), (code,), "out")
    if "dimensions" in raw and "star_when" not in raw:
        faults.add("key_missing", (code, "star_when"), "", "得星线，例如 >= 85%")
    if not raw.keys() & {"dimensions", "items", "tables", "score"}:
        faults.add("key_missing", (code,), "、".join(raw), "dimensions、items、tables、score 之一")
    faults.stop()
    return code, raw | {"cut_offs": cuts}


def _tables(raw: Mapping[str, Any], path: tuple[Any, ...]) -> list[tuple[Mapping[str, Any], tuple[Any, ...]]]:
    return [(t, (*path, "tables", k)) for k, t in (raw.get("tables") or {}).items()] or [(raw, path)]


def _check_items(items: Mapping[str, Any], path: tuple[Any, ...], faults: Faults) -> float:
    """Faults of the items; the sum of their points without the bonus."""
    total = 0.0
    for key, item in items.items():
        here = (*path, key)
        faults.keys(item, ITEM, here)
        inner = _check_items(item["items"], (*here, "items"), faults) if "items" in item else 0.0
        steps = [faults.number(item["steps"], word, (*here, "steps"), 0.0) for word in item.get("steps") or ()]
        points = faults.number(item, "points", here, max([inner, 0.0, *steps]), 0)
        if inner > points + 1e-9 or (steps and max(steps) > points + 1e-9):
            faults.add("value_invalid", here, f"下级合计或最高档 {max([inner, *steps]):g}", f"不超过 {points:g}")
        if bool(item.keys() & {"off", "add"}) != ("per" in item):
            faults.add("key_missing", here, "、".join(item), "off 或 add 与 per（计数的列）同写")
        total += 0.0 if item.get("bonus") or item.get("minus") else points
    return total


def _column(frame: pd.DataFrame, key: str, item: Mapping[str, Any]) -> str | None:
    return next((n for n in (item.get("per"), key, item.get("heading"), item.get("name")) if n in frame), None)


def _item(frame: pd.DataFrame, key: str, item: Mapping[str, Any]) -> pd.Series:
    """Points of one item; null where what it needs is not known."""
    if "items" in item:
        parts = [_item(frame, k, i) for k, i in item["items"].items()]
        points = pd.concat(parts, axis=1).sum(axis=1, skipna=False)
        return points.clip(upper=item.get("points"))
    values = frame[_column(frame, key, item)]
    if "steps" in item:
        return values.map(lambda v: float(item["steps"].get(v, np.nan)) if isinstance(v, str) else np.nan).astype(float)
    number = pd.to_numeric(values, errors="coerce").astype("Float64").astype(float)
    top = item.get("points")
    if "off" in item:
        return (top - item["off"] * number).clip(lower=0) if top is not None else -item["off"] * number
    if "add" in item:
        return (item["add"] * number).clip(upper=item.get("cap", top))
    number = number.clip(lower=0, upper=top)
    return -number if item.get("minus") else number


def rate(frame: pd.DataFrame, scheme: Any, period: str | int = "") -> pd.DataFrame:
    """Stars of every row by a scheme: adds score, earned, by_rule, stars (Int64, null = not rated), label and reason.

    Parameters
    ----------
    frame
        One row per party organisation: the scheme's items and the columns of its conditions, stars_previous where
        stars may only rise by so many a year, area where quotas hold within areas.
    """
    _refuse_persons(frame)
    _, raw = load_scheme(scheme) if not (isinstance(scheme, tuple) and len(scheme) == 2) else scheme
    _need(frame, raw)
    out = frame.reset_index(drop=True).copy()
    n = len(out)
    score, passed, unknown = np.full(n, np.nan), np.full(n, np.nan), np.full(n, "", dtype=object)
    for table, _ in _tables(raw, ()):
        here = holds(out, table.get("when") or {}).to_numpy()
        items = table.get("dimensions") or table.get("items") or {}
        columns = {k: _item(out, k, i).to_numpy() for k, i in items.items()}
        values = np.stack(list(columns.values()), 1) if items else np.zeros((n, 0))
        own = pd.to_numeric(out[raw["score"]], errors="coerce").to_numpy(dtype=float, na_value=np.nan) if "score" in raw and raw["score"] in out and not table.get("dimensions") else values.sum(1) + float(raw.get("base", 0))
        score[here] = np.minimum(own, float(raw.get("cap", np.inf)))[here]
        names = np.array([str(i.get("name", k)) for k, i in items.items()])
        unknown[here] = ["、".join(names[np.isnan(row)]) for row in values[here]]
        if "star_when" in raw and items:
            compare, line, percent = condition(raw["star_when"])
            full = np.array([float(i["points"]) for i in items.values()])
            got = compare(np.round(values, 9), np.round(line / 100 * full if percent else line, 9))
            passed[here] = np.where(np.isnan(values).any(1), np.nan, got.sum(1))[here]
    rated = ~np.isnan(passed if "star_when" in raw else score)
    skip = holds(out, raw["not_rated"]).to_numpy() if raw.get("not_rated") else np.zeros(n, dtype=bool)
    vetoed = holds(out, raw["veto"]).to_numpy() if raw.get("veto") else np.zeros(n, dtype=bool)
    use = rated & ~skip & ~vetoed
    stars, why = (passed.copy(), np.full(n, "", dtype=object)) if "star_when" in raw else _by_cuts(out, score, use, raw)
    cuts = raw["cut_offs"]
    if "star_when" in raw:
        why[:] = [f"{p:.0f}个维度达到得星线" if p == p else "" for p in passed]
    out["by_rule"] = pd.array(np.where(use, stars, np.nan), dtype="Float64").astype("Int64")
    before = pd.to_numeric(out["stars_previous"], errors="coerce").to_numpy(dtype=float, na_value=np.nan) if "stars_previous" in out else np.full(n, np.nan)
    if raw.get("at_most_up") is not None:
        most = before + float(raw["at_most_up"])
        held = use & (stars > most)
        why[held] = [f"{w}，上年{b:.0f}星，一年最多升{raw['at_most_up']}星" for w, b in zip(why[held], before[held], strict=True)]
        stars = np.where(held, most, stars)
    cycle = raw.get("cycle")
    if cycle and str(period).isdigit() and (int(period) - int(cycle["first"])) % int(cycle["years"]):
        stars, why, use, vetoed, skip = before.copy(), np.full(n, "非评定年，沿用上次星级", dtype=object), ~np.isnan(before), vetoed & False, skip & False
    why[vetoed] = "一票否决"
    why[skip] = "按规定本年不参评"
    lacking = ~rated & ~vetoed & ~skip & (why != "非评定年，沿用上次星级")
    why[lacking] = ["缺评分：" + u if u else "缺评分" for u in unknown[lacking]]
    stars = np.where(vetoed & ~skip, 0.0, np.where(use, stars, np.nan))
    out["score"], out["stars_rule"], out["reason"] = score, pd.array(stars, dtype="Float64").astype("Int64"), why
    labels = {c.value: str(c.more.get("label", f"{c.value}星")) for c in cuts}
    out["label"] = [None if s != s else labels.get(int(s), f"{s:.0f}星") for s in stars]
    return out


def _need(frame: pd.DataFrame, raw: Mapping[str, Any]) -> None:
    problems = []
    items: list[tuple[str, Mapping[str, Any]]] = []
    todo = [pair for t, _ in _tables(raw, ()) for pair in (t.get("dimensions") or t.get("items") or {}).items()]
    while todo:
        key, item = todo.pop()
        todo += list(item["items"].items()) if "items" in item else []
        items += [] if "items" in item else [(key, item)]
    whole = "score" in raw and raw["score"] in frame
    wanted = [str(i.get("per", k)) for k, i in items if _column(frame, k, i) is None and not whole]
    conditions = [raw.get("not_rated"), raw.get("veto"), *(t.get("when") for t, _ in _tables(raw, ())), *(c.more.get("also") for c in raw["cut_offs"])]
    wanted += [column for c in conditions for column in c or () if column not in frame]
    wanted += [raw["score"]] if "score" in raw and not whole and not items else []
    for column in dict.fromkeys(wanted):
        problems.append(Problem("column_missing", where="stars", found=column, allowed="方案要用的列", advice=did_you_mean(column, map(str, frame.columns)) or "在台账中补充这一列，或在方案中去掉"))
    if problems:
        raise InputError(problems)


def _by_cuts(frame: pd.DataFrame, score: Any, use: Any, raw: Mapping[str, Any]) -> tuple[Any, Any]:
    """Level of every row by cut-offs, preconditions and quotas; who falls out of a quota goes one level down."""
    cuts = raw["cut_offs"]
    meets = np.stack([c.holds(score) & (holds(frame, c.more["also"]).to_numpy() if c.more.get("also") else True) for c in cuts] or [np.zeros(len(frame), dtype=bool)])
    level = np.where(meets.any(0), meets.argmax(0), len(cuts))
    first = np.stack([c.holds(score) for c in cuts] or [np.zeros(len(frame), dtype=bool)])
    plain = np.where(first.any(0), first.argmax(0), len(cuts))
    why = np.array([f"{_points(s)}分" + ("，不具备上一星级的前提" if a > b else "") for s, a, b in zip(score, level, plain, strict=True)], dtype=object)
    groups = frame["area"].to_numpy() if raw.get("quota_within") == "area" else np.zeros(len(frame))
    for group in pd.unique(groups):
        inside = use & (groups == group)
        for at, cut in enumerate(cuts):
            if "quota" not in cut.more:
                continue
            members = np.flatnonzero(inside & (level == at))
            room = int(np.floor(float(cut.more["quota"]) * inside.sum() + 1e-9))
            last = at == len(cuts) - 1 and at > 0
            order = members[np.argsort(score[members] if last else -score[members], kind="stable")]
            if len(order) <= room:
                continue
            edge = score[order[room]]  # the first one outside; ties with it are all out, or all in
            inner = score[order] < edge if last else score[order] > edge
            keep = inner if raw.get("ties", "out") == "out" else inner | (score[order] == edge)
            gone = order[~keep]
            level[gone] += -1 if last else 1
            why[gone] = [f"{w}，{cut.value}星限{float(cut.more['quota']):.0%}，{'升' if last else '降'}一级" for w in why[gone]]
    values = np.array([c.value for c in cuts] + [0], dtype=float)
    return values[level], why


@dataclass(frozen=True, eq=False)
class Stars:
    """Stars by the scheme beside the office's, in one period. The office decides; differences are listed."""

    name: str
    note: str
    scheme: Mapping[str, Any]
    table: pd.DataFrame
    period: str
    is_demo: bool

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Organisations whose stars differ from the office's, with the reason of the rule."""
        t = self.table
        differs = (t["stars_rule"].astype("Float64") != t["stars_office"].astype("Float64")).fillna(False) | (t["stars_rule"].isna() != t["stars_office"].isna())
        keep = ["area", "district", "party_org", "score", "stars_previous", "stars_office", "stars_rule", "reason"]
        return t.loc[differs, keep].reset_index(drop=True)

    @cached_property
    def transitions(self) -> pd.DataFrame:
        """Organisations by last year's and this year's stars of the office; -1 is not rated."""
        pair = (self.table[c].astype("Float64").fillna(-1).astype(int) for c in ("stars_previous", "stars_office"))
        levels = range(-1, 6)
        return pd.crosstab(*pair).reindex(index=levels, columns=levels, fill_value=0)

    @cached_property
    def by_area(self) -> pd.DataFrame:
        """Distribution, mean, promotion (of those with stars in both years) and rectification by district."""
        t = self.table.assign(n=1)
        both = t["stars_office"].notna() & t["stars_previous"].notna()
        t["up"] = (t["stars_office"] > t["stars_previous"]).fillna(False) & both
        t["both"], t["rated"] = both, t["stars_office"].notna()
        counts = {f"stars_{s}": (t["stars_office"] == s).fillna(False) for s in range(6)}
        t = t.assign(**counts, due=t["rectify"].fillna(False).astype(bool))
        sums = t.groupby("district", sort=False)[["n", "rated", "both", "up", "due", *counts]].sum().astype(int)
        sums["mean_stars"] = t.groupby("district", sort=False)["stars_office"].mean().astype(float)
        sums["promotion"], sums["rectification"] = sums["up"] / sums["both"].where(sums["both"] > 0), sums["due"] / sums["rated"].where(sums["rated"] > 0)
        return sums.reset_index()

    @cached_property
    def rectification(self) -> pd.DataFrame:
        """Organisations that must mend by the scheme, and whether the office lists them."""
        t = self.table.loc[self.table["rectify"].fillna(False).astype(bool)]
        listed = t["rectification"].astype("boolean") if "rectification" in t else pd.Series(pd.NA, index=t.index, dtype="boolean")
        return t.assign(listed=listed)[["area", "district", "party_org", "stars_office", "stars_rule", "listed"]].reset_index(drop=True)

    @cached_property
    def targets(self) -> pd.DataFrame:
        """The scheme's targets for shares of levels, and what is reached."""
        rated = self.table["stars_office"].dropna().astype(float)
        rows = []
        for which, goal in (self.scheme.get("targets") or {}).items():
            (one, level, _), (compare, line, percent) = condition(which), condition(goal)
            share = float(one(rated, level).mean()) if len(rated) else np.nan
            rows.append({"stars": which, "target": goal, "share": share, "met": bool(compare(share * (100 if percent else 1), line))})
        return pd.DataFrame(rows, columns=["stars", "target", "share", "met"])

    @property
    def block(self) -> Block:
        t, known = self.table, self.table["stars_rule"].notna() & self.table["stars_office"].notna()
        same = int((t.loc[known, "stars_rule"].astype(int) == t.loc[known, "stars_office"].astype(int)).sum())
        head = f"{self.name}：复算{int(known.sum())}个党组织，与拟定星级相同{same}个，不同{int(known.sum()) - same}个，另有{len(self.differences) - int(known.sum()) + same}个一方未评定。星级以主管部门评定为准，此处只作核对。"
        columns = {"district": "地区", "party_org": "党组织", "stars_previous": "上年星级", "stars_office": "拟定星级", "stars_rule": "复算星级", "reason": "复算依据"}
        source = "星级评定表" + ("；演示数据，非真实情况" if self.is_demo else "")
        return show(self.differences, f"{self.period}年星级核对：不一致的党组织", columns, [head, *([self.note] if self.note else [])], source, self.is_demo)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return self.block._repr_mimebundle_()


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
    data = dataclasses.replace(data, periods=(period,))  # the views of one year are five times faster than those of all
    home = data.areas.set_index("area")["home"]
    rated, marks, orgs = data.frame("stars"), data.frame("ratings"), data.views["party_orgs"]
    if not len(rated):
        raise InputError(Problem("data_missing", where="stars", found=f"{period}年没有星级评定表", advice="把星级评定表放进 data/raw 后运行 evalkit build"))
    frame = rated.rename(columns={"stars": "stars_office"}).assign(home=rated["area"].map(home).fillna(rated["area"]))
    marks = marks.assign(home=marks["area"].map(home).fillna(marks["area"]))
    wide = marks.drop_duplicates(["home", "party_org", "item"]).pivot(index=["home", "party_org"], columns="item", values="score")
    frame = frame.merge(wide.astype(float), how="left", left_on=["home", "party_org"], right_index=True)
    about = orgs.execute()
    extra = [c for c in about.columns if c not in frame and c not in ("stars", "name")]
    frame = frame.merge(about[["home", "party_org", *extra]].drop_duplicates(["home", "party_org"]), how="left", on=["home", "party_org"])
    done = rate(frame, (code, raw), period)
    done["district"] = done["home"].str.rpartition("/")[2]
    compare, line, _ = condition(raw.get("rectify", "< 0"))
    done["rectify"] = compare(done["stars_rule"].astype(float), line)
    return Stars(str(raw.get("name", code)), str(raw.get("note", "")), raw, done, period, bool(data.is_demo))
