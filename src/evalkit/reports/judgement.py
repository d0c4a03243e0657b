"""The judgement that opens a report: strengths, problems and where they are concentrated, who leads, what comes next.

Facts only, by rules that stand here; the sentences are templates (``texts/summary.md``). Nothing is said that missing data
could make untrue: a share is told only where the parts add up to the whole that the sentence names, a place only where no
tie makes it chance, a strength only where the data's interval does not leave open whether it is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evalkit.indicators.compare import compare
from evalkit.indicators.course import in_words_of
from evalkit.indicators.load import Data
from evalkit.problems import InputError
from evalkit.reports.findings import Found, Share, found_problems
from evalkit.reports.grading import NAMED
from evalkit.reports.scope import Scope
from evalkit.reports.sentences import MONEY, MOST, Asking, Facts, attainment, declared, small
from evalkit.reports.templates import Teller
from evalkit.reports.words import large, light, money_size
from evalkit.scoring.scores import Scores, score
from evalkit.world.number import fixed, percent, times

AGREES = 0.005  # parts that add up to the whole, but for what money loses to floats
TWICE = 2.0  # as often as an even spread would have it: concentrated
MANY = 6  # areas from which on a spread can be called even
ABOVE_EVEN = 1.75  # less than that above an even spread is scattered
ABOVE_BASE = 1.5  # half as often again as the base would have it: concentrated too


def step_size(row: Any, step: float, old: float) -> float:
    """How large a change is: points of a rate, per cent of any other value."""
    if row["unit"] == "%":
        return times(abs(step), 100)
    return times(abs(step) / old if old else 0.0, 100)


def clearness(row: Any, step: float, old: float) -> float:
    """A change as a multiple of what prose.yml calls clear, so that points and per cents have one order."""
    limit = declared()["clear"]["points" if row["unit"] == "%" else "share"]
    return step_size(row, step, old) / float(limit)


def strengths(
    known: Facts, courses: Mapping[str, str], doubts: Sequence[str] = ()
) -> list[dict[str, str]]:
    """Up to three strengths: what became better most clearly, then what reaches its reference and did not become worse.

    Left out: small bases, values below nine tenths of their reference, `doubts`, and what the data's interval leaves open.
    """
    asking = Asking(known, Teller())
    fit = {
        code: row
        for code, row in known.rows.items()
        if known.codebook.indicators[code].headline
        and code not in doubts
        and not small(row)
        and light(row) != "bad"
    }
    improved: list[tuple[float, str]] = []
    for code, row in fit.items():
        step, old = known.change(code), known.earlier.get(code)
        if courses.get(code) == "better" and step is not None and not _open(row, old):
            improved.append((clearness(row, step, float(old or 0)), code))
    chosen = [code for _, code in sorted(improved, key=lambda one: -one[0])[:MOST]]
    reached = [
        code
        for code, row in fit.items()
        if code not in chosen
        and courses.get(code) != "worse"
        and light(row) == "good"
        and not _open(row, row["target"])
    ]
    told = [
        {
            "name": known.voice.short(known.rows[code]),
            "value": asking.rate(code) or "",
            "how": asking.rate_moved(code) or "",
        }
        for code in chosen
    ]
    for code in reached[: MOST - len(chosen)]:
        row = known.rows[code]
        how = attainment(row, known.voice) or ""
        told.append({"name": known.voice.short(row), "value": asking.rate(code) or "", "how": how})
    return told


def _open(row: Any, mark: Any) -> bool:
    """Whether the data's interval has the mark inside, so that the value could lie on either side of it."""
    low, high = row.get("low"), row.get("high")
    if any(end is None or pd.isna(end) for end in (low, high, mark)):
        return False
    return bool((low - mark) * (high - mark) < 0)


def shortfalls(
    data: Data, period: str, baseline: str | None, area: str | None, level: str
) -> list[Found]:
    """The three problems of the summary: those of the axes first, then those that weigh most against their base."""
    about = declared()["shortfalls"]
    found = found_problems(data, period, baseline, area, level)
    there = {one.key: one for one in found if one.n > 0 and one.key not in about["parts_of"]}
    first = [there[key] for key in about["first"] if key in there]
    rest = [one for key, one in there.items() if key not in about["first"]]
    rest.sort(key=lambda one: -_weight(one))
    return [*first, *rest][:MOST]


def _weight(one: Found) -> float:
    known = [share for share in one.shares if share.of]
    whole = sum(share.of or 0.0 for share in known)
    return sum(share.n for share in known) / whole if whole else 0.0


NOWHERE: dict[str, Any] = {
    "only": "",
    "areas": [],
    "share": "",
    "base": "",
    "concentrated": False,
    "scattered": False,
}


def concentrated(one: Found) -> dict[str, Any]:
    """Where a problem is: its largest areas, their share of it, and their share of its base.

    Nowhere where the areas do not add up to the number told, where one area is all there is, and where ties leave nobody
    ahead.
    """
    shares = sorted(one.shares, key=lambda share: -share.n)
    total = sum(share.n for share in shares)
    if len(shares) < 2 or not total or abs(total - one.n) > max(AGREES, 1e-9 * total):
        return NOWHERE
    if shares[1].n <= 0:
        return {**NOWHERE, "only": shares[0].area}
    top = _ahead(shares)
    if not top:
        return NOWHERE
    part = sum(share.n for share in top) / total
    base = _part_of_base(top, shares)
    even = len(top) / len(shares)
    much = part >= TWICE * even or (base is not None and part >= ABOVE_BASE * base)
    return {
        **NOWHERE,
        "areas": [share.area for share in top],
        "share": percent(part),
        "base": "" if base is None else percent(base),
        "concentrated": much,
        "scattered": not much and len(shares) >= MANY and part < ABOVE_EVEN * even,
    }


def _ahead(shares: Sequence[Share]) -> list[Share]:
    """The first few, at most a third of the areas and three; a tie at the edge shortens them."""
    most = max(1, min(MOST, len(shares) // 3))
    while most and shares[most - 1].n == shares[most].n:
        most -= 1
    return list(shares[:most])


def _part_of_base(top: Sequence[Share], shares: Sequence[Share]) -> float | None:
    whole = [share.of for share in shares]
    if any(of is None for of in whole) or not sum(of or 0.0 for of in whole):
        return None
    return sum(share.of or 0.0 for share in top) / sum(of or 0.0 for of in whole)


def problem_facts(found: Sequence[Found], known: Facts, names: bool = True) -> list[dict[str, Any]]:
    """The problems as the summary tells them; without `names` no area is named."""
    about = declared()["problems"]
    told = []
    for one in found:
        base = known.codebook.measures[about[one.key]["of"]].name
        size = money_size([one.n]) if one.unit == MONEY else None
        told.append(
            {
                "name": one.name,
                "amount": large(one.n, one.unit, size) + one.lacking,
                "moved": one.moved or "",
                "base_name": base,
                "place": one.place,
                **(concentrated(one) if names else NOWHERE),
            }
        )
    return told


def next_steps(found: Sequence[Found]) -> list[str]:
    """What to do first: the advice on the problems told, without areas."""
    about = declared()["problems"]
    return [
        in_words_of(one.voice.say(f"advice_{one.key}", large(one.n, one.unit)), one.period)
        for one in found
        if about[one.key]["advice"]
    ]


def indicator_ends(rows: pd.DataFrame, scope: Scope) -> dict[str, Any]:
    """The areas with most main indicators clearly above and below all areas together; for where there is no index."""
    mine = rows.loc[(rows["level"] == scope.level) & rows["indicator"].isin(scope.voice.headline)]
    here = mine.loc[mine["period"].eq(scope.period) & mine["value"].notna(), "area"]
    if scope.ranking != "full" or here.nunique() < 2:
        return {}
    seen = compare(mine, scope.period, against=scope.baseline)
    seen = seen.sort_values("sort_order", kind="stable")
    most = max(1, min(MOST, here.nunique() // 3))
    return {verdict: most_of(seen, verdict, most) for verdict in ("better", "worse")}


def most_of(seen: pd.DataFrame, verdict: str, most: int = MOST) -> list[dict[str, Any]]:
    """The areas with most indicators of a verdict, and how many; nobody where that names too many.

    `most`: how many places are told; ties together.
    """
    counts = seen.loc[seen["verdict"] == verdict].groupby("area_name", sort=False).size()
    if not len(counts):
        return []
    top = counts[counts >= sorted(counts, reverse=True)[:most][-1]]
    if len(top) > NAMED:
        return []
    top = top.sort_values(ascending=False, kind="stable")
    return [{"area": str(area), "n": int(n)} for area, n in top.items()]


def index_ends(rows: pd.DataFrame, scope: Scope, index: Any) -> dict[str, Any]:
    """Who leads and who is behind in the index; empty without an index or an order, or where none is to be printed."""
    if scope.ranking == "none" or index is None:
        return {}
    now = rows.loc[(rows["level"] == scope.level) & (rows["period"] == scope.period)]
    if "hidden" in now:
        now = now.loc[~now["hidden"]]
    if now["area"].nunique() < 2:
        return {}
    try:
        scores = score(now, index, scope.voice.codebook)
    except InputError:
        return {}
    table = scores.table.dropna(subset=["score"])
    if len(table) < 2:
        return {}
    grades = [
        {"grade": cut.value, "n": int((table["grade"] == cut.value).sum())}
        for cut in scores.index.grades
    ]
    told = {
        "scored": len(table),
        "unscored": scores.unscored,
        "grades": [one for one in grades if one["n"]],
        "same": not scores.ordered,
        "first": [],
        "last": [],
    }
    if scores.ordered and scope.ranking == "full":
        told |= _first_and_last(scores, table)
    return told


def _first_and_last(scores: Scores, table: pd.DataFrame) -> dict[str, Any]:
    ordered = table.sort_values(["rank", "sort_order"], kind="stable")
    most = max(1, min(MOST, len(ordered) // 3))
    ranks = ordered["rank"].tolist()
    first = ordered.loc[ordered["rank"] <= ranks[most - 1]]
    last = ordered.loc[ordered["rank"] >= ranks[-most]]
    if len(first) > 2 * MOST or len(last) > 2 * MOST or ranks[most - 1] >= ranks[-most]:
        return {}

    def told(part: pd.DataFrame) -> list[dict[str, Any]]:
        values = part[["area_name", "score", "rank"]].to_dict("records")
        places = [one["rank"] for one in values]
        return [
            {
                "area": str(one["area_name"]),
                "value": f"{fixed(float(one['score']), 2)}分",
                "tied": places.count(one["rank"]) > 1,
            }
            for one in values
        ]

    return {"first": told(first), "last": told(last)}
