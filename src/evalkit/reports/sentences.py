"""Single sentences filled from data: places, rates, changes, distances to a reference, intervals.

The sentences stand in ``prose.yml``; what is missing drops its clause. Changes, attainment and order are always stated; 优于, 差于 and
差异不明显 only where `evalkit.indicators.compare` says so.
A sentence tells all its amounts of money in one unit. No minus sign ever stands in running text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.codebook import Codebook
from evalkit.documents import Block
from evalkit.documents.blocks import changed
from evalkit.indicators.compare import MINIMUM_BASE
from evalkit.indicators.load import Data
from evalkit.reports.voice import Voice
from evalkit.reports.words import (
    LEVEL,
    MISSING,
    baseline_words,
    change_words,
    cut_off,
    fixed,
    large,
    money_size,
    period_words,
    shown,
    step_words,
)
from evalkit.world.number import minus, percent, quotient
from evalkit.world.yaml import read_yaml

FIELD = re.compile(r"\{([^{}]+)\}")
PENDING = "【待补充】"
MONEY = "元"
MOST = 3  # names in a row of the best or the last


@cache
def declared() -> dict[str, Any]:
    """Sentences, problems and turns of phrase (prose.yml)."""
    return dict(read_yaml(Path(__file__).with_name("prose.yml")))


@dataclass(frozen=True)
class Facts:
    """What is known of one area in one period, and of the baseline.

    `now` and `before` hold values of measures by code; `rows` and `earlier` the rows of indicators by code. `money` is
    the unit of the sentence that is being told, `amounts` the amounts of yuan that it has told so far.
    """

    area: str
    period: str
    codebook: Codebook
    now: Mapping[str, float]
    before: Mapping[str, float]
    rows: Mapping[str, Any]
    earlier: Mapping[str, float]
    baseline: str | None = None
    money: tuple[float, str] | None = None
    amounts: list[float] = field(default_factory=list, compare=False)

    @property
    def voice(self) -> Voice:
        return Voice(self.codebook)

    @property
    def since(self) -> str:
        """What the baseline is called: 上年, or its own name."""
        return baseline_words(self.period, self.baseline)

    def amount(self, code: str, value: float | None = None) -> str:
        value = self.now[code] if value is None else value
        unit = self.codebook.measures[code].unit
        self.told(value, unit)
        return large(value, unit, self.money)

    def moved(
        self, code: str, now: float, before: float | None, growth: bool = False
    ) -> str | None:
        """The change of a measure (or of a difference of two) against the baseline, in words."""
        unit = self.codebook.measures[code].unit
        if before is not None and pd.notna(before) and large(now, unit) != large(before, unit):
            self.told(now - before, unit)
        return moved(now, before, unit, growth, self.since, self.money)

    def told(self, value: float, unit: str) -> None:
        if unit == MONEY:
            self.amounts.append(value)

    def change(self, code: str) -> float | None:
        row, old = self.rows.get(code), self.earlier.get(code)
        return (
            None if row is None or old is None or pd.isna(old) else float(minus(row["value"], old))
        )


def facts(
    data: Data, period: str | int, baseline: str | int | None = None, area: str | None = None
) -> Facts:
    """The facts of an area; by default of the one that holds all others, or of all together where there is no such one."""
    known: dict[Any, Facts] = data.__dict__.setdefault(
        "_facts", {}
    )  # each paragraph asks for the same
    if (key := (str(period), str(baseline), area)) in known:
        return known[key]
    root = data.find_area(area) if area else top_area(data.indicators)
    numbers, rows = _of(data.measures, root, "measure"), _of(data.indicators, root, "indicator")

    def at(frame: pd.DataFrame, key: str, when: Any) -> dict[str, Any]:
        mine = frame.loc[(frame["period"] == str(when)) & frame["value"].notna()]
        return dict(zip(mine[key], mine["value"], strict=True))

    current = rows.loc[(rows["period"] == str(period)) & rows["value"].notna()].to_dict("records")
    name = root.rpartition("/")[2] or data.project.settings["area"] or "全部地区"
    known[key] = Facts(
        name,
        str(period),
        data.codebook,
        at(numbers, "measure", period),
        at(numbers, "measure", baseline),
        {r["indicator"]: r for r in current},
        at(rows, "indicator", baseline),
        None if baseline is None else str(baseline),
    )
    return known[key]


def _of(frame: pd.DataFrame, root: str, key: str) -> pd.DataFrame:
    """The rows of an area; of "" (no area holds the others) the sums over the topmost areas."""
    if root:
        return frame.loc[frame["area"] == root]
    tops = frame.loc[~frame["area"].astype(str).str.contains("/")]
    groups = tops.groupby(["period", key], sort=False)
    first = groups.head(1).set_index(["period", key])
    if key == "measure":
        return first.assign(value=groups["value"].sum(min_count=1)).reset_index()
    sums = groups[["numerator", "denominator"]].sum(min_count=1)
    value = quotient(sums["numerator"], sums["denominator"])
    return first.assign(value=value, low=value, high=value, **sums).reset_index()


def top_area(frame: pd.DataFrame) -> str:
    """The area that holds all others; "" where there is none."""
    paths = [str(a) for a in frame["area"].dropna().unique()]
    root = min(paths, key=lambda a: (a.count("/"), a), default="")
    return root if all(a == root or a.startswith(f"{root}/") for a in paths) else ""


def word(key: str, **values: Any) -> str:
    return str(declared()["words"][key]).format(**values)


# Where 地区 and 区县 are our own words for areas: at the beginning, behind a mark, or behind one of the characters that stand
# before them in our texts. Behind any other character they end a name (喀什地区), which stays as it is.
_OWN_WORD = r"(?:^|(?<=[^\u4e00-\u9fff0-9A-Za-z])|(?<=[个的各类他些分按一级别部给点映好后到写]))"
DISTRICTS = f"{_OWN_WORD}区县(?!财政|之内|级|拨付)"


def placed(block: Block, place: str, general: str) -> Block:
    """The block with the level's own word for its areas (`general`) in titles, headings and notes, as the sentences have it."""

    def said(value: Any) -> Any:
        if isinstance(value, str):
            return re.sub(general, place, value)
        if isinstance(value, Mapping):
            return {
                key: said(entry) if key in ("label", "group", "text") else entry
                for key, entry in value.items()
            }
        return [said(entry) for entry in value]

    def one(b: Block) -> Block:
        told: dict[str, Any] = {
            key: said(b.content[key])
            for key in ("title", "columns", "notes", "text", "runs")
            if key in b.content
        }
        return Block(b.kind, {**b.content, **told})

    return changed(block, one)


def place_of(row: Any) -> str:
    """The place of a row of `compare` among those in order: 2/24, 并列2/24."""
    return f"{'并列' if row['tied'] else ''}{int(row['rank'])}/{int(row['n_ranked'])}"


def spoken(row: Any, value: float | None = None) -> str:
    """The value inside a sentence, without 每人, 每名 and the like (人均…161元)."""
    text = shown(row, value, unit=False)
    return text if text in (MISSING, "不限") else text + str(row["unit"]).split("/")[0]


# one sentence


def tell(sentences: Sequence[Sequence[Any]], known: Facts) -> str:
    """The sentences for which there are facts, one after the other."""
    told = []
    for clauses in sentences:
        if clauses == "¶":
            continue
        first = replace(known, amounts=[])
        if text := _sentence(clauses, first):
            size = money_size(first.amounts)
            told.append(
                _sentence(clauses, replace(known, amounts=[], money=size))
                if first.amounts
                else text
            )
    return "".join(told)


def _sentence(clauses: Sequence[Any], known: Facts) -> str:
    parts = [_clause(c, known) for c in clauses]
    if not parts or parts[0] is None:
        return ""
    text = parts[0]
    for part in parts[1:]:
        text += "" if not part else part if part[0] in "（；" else f"，{part}"
    return f"{text}。"


def _clause(clause: Any, known: Facts) -> str | None:
    if isinstance(clause, str):
        values = {name: _field(name, known) for name in FIELD.findall(clause)}
        return None if None in values.values() else FIELD.sub(lambda m: str(values[m[1]]), clause)
    return _each(clause, known) if "each" in clause else _part(clause, known)


def _field(name: str, known: Facts) -> str | None:
    if name in ("area", "date", "year"):
        return {
            "area": known.area,
            "date": cut_off(known.period),
            "year": period_words(known.period),
        }[name]
    if name.startswith("@"):
        return _rate(name[1:], known)
    for sign in "/-":
        top, mark, bottom = name.removesuffix("~").partition(sign)
        if mark:
            a, b = known.now.get(top), known.now.get(bottom)
            if name.endswith("~"):
                more, less = known.before.get(top), known.before.get(bottom)
                if a is None or b is None or more is None or less is None or a <= b:
                    return None
                return known.moved(top, a - b, max(more - less, 0.0))
            if a is None or b is None or (b <= 0 if sign == "/" else a <= b):
                return None
            return percent(a, over=b) if sign == "/" else known.amount(top, a - b)
    code, changed, growth = name.removesuffix("+").partition("~")
    if code not in known.now or (name.endswith("+") and known.now[code] <= 0):
        return None
    if not changed:
        return known.amount(code)
    return known.moved(code, known.now[code], known.before.get(code), bool(growth))


def moved(
    now: float,
    before: float | None,
    unit: str,
    growth: bool = False,
    since: str = "上年",
    money: tuple[float, str] | None = None,
) -> str | None:
    """``比上年增加342家``, ``与2022年持平``; with `growth` also its per cent, unless it started from a tiny base."""
    if before is None or pd.isna(before):
        return None
    if large(now, unit, money) == large(before, unit, money):
        return f"与{since}{LEVEL}"
    up = now > before
    text = f"比{since}{'增加' if up else '减少'}{large(abs(minus(now, before)), unit, money)}"
    if not growth or before < MINIMUM_BASE:
        return text
    return f"{text}、{'增长' if up else '下降'}{percent(abs(minus(now, before)), over=before)}"


def _rate(name: str, known: Facts) -> str | None:
    code, kind = (name[:-1], name[-1]) if name[-1] in "~=!#" else (name, "")
    row = known.rows.get(code)
    if row is None:
        return None
    if kind == "~":
        return change_words(row, known.change(code), known.since) or None
    if kind == "#":
        return shown(row, unit=False)
    if kind:
        return (
            attainment(row) if kind == "=" else interval(row, known.earlier.get(code), known.since)
        )
    return spoken(row) + small(row)


def small(row: Any) -> str:
    least = row.get("minimum_base", MINIMUM_BASE)
    small = row["kind"] == "proportion" and row["denominator"] < least
    return word("small") if small else ""


def distance(row: Any, difference: float) -> str:
    """The size of a difference in words: 8.5个百分点, 15元."""
    size = fixed(abs(difference), int(row["decimals"]), scale=row["scale"])
    return size + ("个百分点" if row["unit"] == "%" else str(row["unit"]).split("/")[0])


def apart(row: Any, a: float, b: float) -> float:
    """a - b as a reader reckons it from the two numbers that the sentence prints."""
    first, second = (
        float(fixed(v, int(row["decimals"]), grouped=False, scale=row["scale"])) for v in (a, b)
    )
    return float(minus(first, second)) / float(row["scale"])


def attainment(row: Any) -> str | None:
    """How a value stands to its named reference; None without one, or where being near is what counts."""
    target, better = row.get("target"), row["better"]
    if target is None or pd.isna(target) or better not in ("higher", "lower"):
        return None
    gap = apart(row, row["value"], target)
    full = target == 1 and row["unit"] == "%" and better == "higher"
    aim = {"value": re.sub(r"\.0+(?!\d)", "", spoken(row, target)), "target": row["target_name"]}
    if gap == 0:
        unit = "不到" + distance(row, 10.0 ** -row["decimals"] / row["scale"])
        if full:
            return word("full") if row["value"] >= target else word("short_full", gap=unit)
        return word("reached" if better == "lower" and row["value"] <= target else "same_as", **aim)
    if full:
        return word("full" if gap > 0 else "short_full", gap=distance(row, gap))
    if better == "lower":
        return word("over" if gap > 0 else "reached", gap=distance(row, gap), **aim)
    return word("above" if gap > 0 else "short", gap=distance(row, gap), **aim)


def interval(row: Any, before: float | None = None, since: str = "上年") -> str:
    """The data's interval in brackets where it matters: it could turn the sentence, or is a point (or 1%) wide; else empty."""
    low, high, target = row.get("low"), row.get("high"), row.get("target")
    if (
        low is None
        or high is None
        or pd.isna(low)
        or pd.isna(high)
        or shown(row, low) == shown(row, high)
    ):
        return ""
    if math.isinf(high):
        return word("open", low=spoken(row, low))
    ends = {"low": spoken(row, low), "high": spoken(row, high)}
    if before is not None and pd.notna(before) and (low - before) * (high - before) < 0:
        return word("unsure", **ends, what=f"比{since}是升是降")
    if (
        target is not None
        and pd.notna(target)
        and low < target <= high
        and row["better"] in ("higher", "lower")
    ):
        return word("unsure", **ends, what="是否达到参照值")
    wide = (
        (high - low) * row["scale"] >= 1
        if row["unit"] == "%"
        else high - low >= 0.01 * abs(row["value"])
    )
    return word("interval", **ends) if wide else ""


def _part(clause: Mapping[str, Any], known: Facts) -> str | None:
    """A part of a whole with its rate and the rate's change."""
    whole, part, rate, say = clause.get("whole"), clause["part"], clause["rate"], clause["say"]
    under = whole or clause["of"]
    row = known.rows.get(rate)
    if under not in known.now or part not in known.now or known.now[under] <= 0:
        return None
    n, all_ = known.now[part], known.now[under]
    name = clause.get("name") or known.codebook.measures[under].name
    total = f"{name}{known.amount(under)}" if whole else ""
    lead = f"{total}，其中" if whole else str(clause.get("lead", ""))
    if whole and all_ == 1:
        return f"{total}，{'已' if n else '尚未'}{say}"
    if n == 0:
        without = (
            word("without", say=say[1:])
            if say[0] == "有"
            else word("none", lead="其中" * bool(whole), say=say)
        )
        return (f"{total}，" if whole else str(clause.get("lead", ""))) + clause.get(
            "zero", without
        )
    tail = "" if row is None else f"{known.voice.short(row)}{spoken(row)}{small(row)}"
    step = known.change(rate)
    moved_ = change_words(row, step, known.since) if row is not None else ""
    with_change = "，".join(filter(None, (tail, moved_)))
    if n == all_:
        every = clause.get("every", word("all", say=say))
        return "，".join(filter(None, ((f"{total}，" if whole else name) + every, with_change)))
    head = word("some", lead=lead, say=say, n=known.amount(part))
    before = known.before.get(part)
    if (
        row is not None
        and step
        and before is not None
        and (n - before) * step < 0
        and not moved_.endswith(LEVEL)
    ):
        fewer = (
            word("fewer") if n < before and known.before.get(under, 0) > all_ else ""
        )  # else both changes speak for themselves
        return f"{head}，{known.moved(part, n, before)}；{tail}，{fewer}{step_words(row, step)}"
    return "，".join(filter(None, (head, with_change)))


def _each(clause: Mapping[str, Any], known: Facts) -> str | None:
    """An enumeration with shares: entries of zero are left out, a single entry that is everything is 均为."""
    whole = known.now.get(clause["of"]) if "of" in clause else None
    there = [(code, known.now[code]) for code in clause["each"] if known.now.get(code, 0) > 0]
    if not there or ("of" in clause and not whole):
        return None
    names = known.codebook.measures
    if len(there) == 1 and whole == there[0][1]:
        return f"均为{names[there[0][0]].name}"
    if len(there) == 1 and known.now.get(clause.get("all", "")) == there[0][1]:
        return f"；全部为{names[there[0][0]].name}"
    share = [f"（占{percent(value, over=whole)}）" if whole else "" for _, value in there]
    return clause.get("lead", "") + "、".join(
        f"{names[c].name}{known.amount(c)}{s}" for (c, _), s in zip(there, share, strict=True)
    )
