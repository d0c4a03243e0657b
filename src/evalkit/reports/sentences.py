"""The facts of a report, and what a sentence may ask of them: amounts, rates, changes, distances to a reference, intervals.

The sentences themselves are templates (`evalkit.reports.templates`, files in ``texts``); what is not known is not told.
Changes, attainment and order are always stated; 优于, 差于 and 差异不明显 only where `evalkit.indicators.compare` says so.
A sentence tells all its amounts of money in one unit. No minus sign ever stands in running text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.codebook import Codebook
from evalkit.indicators.compare import CHANGE, MINIMUM_BASE, compare
from evalkit.indicators.extent import Figures, seen_in_both, together
from evalkit.indicators.load import Data
from evalkit.problems import Problem
from evalkit.reports.templates import Teller, Told, UnknownName
from evalkit.reports.voice import Voice, packaged
from evalkit.reports.words import (
    MISSING,
    baseline_words,
    change_words,
    cut_off,
    fixed,
    large,
    light,
    money_size,
    period_words,
    shown,
    step_words,
    this_period,
    whole_period,
)
from evalkit.world.area import Area
from evalkit.world.extent import Extent, named, split
from evalkit.world.number import minus, percent, quotient
from evalkit.world.yaml import read_yaml

PENDING = "【待补充】"
MONEY = "元"
MOST = 3  # names in a row of the best or the last


@cache
def declared() -> dict[str, Any]:
    """What the report counts and compares (prose.yml)."""
    return dict(read_yaml(Path(__file__).with_name("prose.yml")))


@dataclass(frozen=True)
class Fact:
    """One value with its roles."""

    area: str
    code: str  # of a measure or an indicator
    name: str
    unit: str
    value: float
    before: float | None = None
    common: float | None = None  # the value over the areas of which `before` is the sum
    n_common: int | None = None  # how many districts those are
    left_out: tuple[str, ...] = ()  # who is not among them
    lacking: tuple[str, ...] = ()  # who is left out of the value, for what it is told together with
    rank: tuple[int, int] | None = None  # place and of how many
    mark: str | None = None  # good, middle or bad against the reference
    extent: Extent | None = None  # the areas on which it rests, where that is known


@dataclass(frozen=True)
class Silent:
    """Who is missing from the whole report.

    Attributes
    ----------
    now, before
        Districts of which nothing at all came this period and at the baseline, and townships missing from a district.
    in_one
        Who reported in one of the two periods only, so that changes leave them out.
    expected, common
        How many districts should have reported, and how many reported in both periods.
    """

    now: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    in_one: tuple[str, ...] = ()
    expected: int = 0
    common: int = 0

    @classmethod
    def of(
        cls, rows: pd.DataFrame, figures: Figures, area: str, period: str, baseline: str | None
    ) -> Silent:
        """From the measures of an area (`evalkit.indicators.extent`)."""
        if "absent" not in rows:
            return cls()

        def absent(when: str) -> tuple[str, ...]:
            mine = rows.loc[(rows["period"] == when) & (rows["source"] != "figures")]
            lost = [set(split(text)) for text in mine["absent"]]
            return tuple(sorted(set.intersection(*lost))) if lost else ()

        expected = rows.loc[rows["period"] == period, "n_expected"].max()
        expected = 0 if pd.isna(expected) else int(expected)
        if baseline is None or not figures.reported(baseline):
            return cls(absent(period), (), (), expected, 0)
        shared = seen_in_both(figures, area, period, baseline)
        return cls(absent(period), absent(baseline), shared.left_out, expected, len(shared.areas))

    @property
    def districts(self) -> int:
        """How many districts are missing this period."""
        return sum(_is_district(path) for path in self.now)


def _is_district(path: str) -> bool:
    return Area.of(path).district().path == path


@dataclass(frozen=True)
class Facts:
    """What is known of one area in one period, and of the baseline.

    `now` and `before` hold values of measures by code; `rows` and `earlier` the rows of indicators by code. What was
    before is told over the areas that reported in both periods; `rows` hold `value_common`, the value over the same.
    """

    area: str
    period: str
    codebook: Codebook
    now: Mapping[str, float]
    before: Mapping[str, float]
    rows: Mapping[str, Any]
    earlier: Mapping[str, float]
    baseline: str | None = None
    folder: Path | None = None  # of the project's own templates
    path: str = ""
    figures: Figures | None = None
    place: str = "地区"  # what the districts are called
    silent: Silent = Silent()
    extents: Mapping[str, Extent] = field(default_factory=dict)  # of measures

    @property
    def voice(self) -> Voice:
        return Voice(self.codebook, self.folder)

    @property
    def since(self) -> str:
        """What the baseline is called: 上年, or its own name; with 同口径 where a whole district is in one of the two only."""
        name = self.baseline_name
        return self.voice.say("on_same_areas", name) if self.silent.in_one else name

    @property
    def baseline_name(self) -> str:
        """上年, or the baseline's own name."""
        return baseline_words(self.period, self.baseline, self.voice)

    def measure(self, code: str) -> Fact | None:
        """A measure with its roles; None where it is not known."""
        return self.together(code)[0]

    def together(self, *codes: str, parts: Sequence[str] = ()) -> list[Fact | None]:
        """Measures that are told together, on the same areas; None for each that is not known there.

        `parts`: further ones over the same areas, though not every area has something of them.
        """
        for code in (*codes, *parts):
            if code not in self.codebook.measures:
                raise UnknownName(code, self.codebook.measures)
        if self.figures is None:
            return [
                self._fact(code, self.now.get(code), self.before.get(code), self.now.get(code))
                for code in (*codes, *parts)
            ]
        found = together(self.figures, self.path, codes, self.period, self.baseline, parts)
        return [
            self._fact(
                code,
                found.now.get(code),
                found.before.get(code),
                found.now_common.get(code),
                len(found.areas),
                found.left_out,
                found.lacking,
            )
            for code in (*codes, *parts)
        ]

    def _fact(
        self,
        code: str,
        value: float | None,
        before: float | None,
        common: float | None,
        n_common: int | None = None,
        left_out: tuple[str, ...] = (),
        lacking: tuple[str, ...] = (),
    ) -> Fact | None:
        if value is None:
            return None
        about = self.codebook.measures[code]
        return Fact(
            self.area,
            code,
            about.name,
            about.unit,
            value,
            before,
            common,
            n_common,
            left_out,
            lacking,
            extent=self.extents.get(code),
        )

    def indicator(self, code: str) -> Fact | None:
        """An indicator with its roles; None where it is not known."""
        if (row := self.row(code)) is None:
            return None
        value, old = float(row["value"]), self.earlier.get(code)
        return Fact(
            self.area,
            code,
            self.voice.short(row),
            str(row["unit"]),
            value,
            old,
            mark=light(row),
            extent=extent_of(row),
        )

    def row(self, code: str) -> Any:
        """The row of an indicator, as tables have it; None where it is not known."""
        if code not in self.codebook.indicators:
            raise UnknownName(code, self.codebook.indicators)
        return self.rows.get(code)

    def change(self, code: str) -> float | None:
        row, old = self.rows.get(code), self.earlier.get(code)
        if row is None or old is None or pd.isna(old):
            return None
        return float(minus(row.get("value_common", row["value"]), old))

    def lacking(self, *told: Fact | None) -> str:
        """Who is missing from measures told together, beyond those who are missing from the whole report."""
        facts_ = [fact for fact in told if fact is not None]
        absent = {path for fact in facts_ if fact.extent for path in fact.extent.absent}
        return self._lacking(absent | {path for fact in facts_ for path in fact.lacking})

    def lacking_words(self, row: Any) -> str:
        """Who is missing from an indicator, beyond those who are missing from the whole report."""
        return self._lacking(set(split(row.get("absent"))))

    def _lacking(self, lost: set[str]) -> str:
        beyond = sorted(lost - set(self.silent.now))
        return self.voice.say("lacking", named(beyond)) if beyond else ""

    def on_common(self, told: str | None, n_common: Any, left_out: Any) -> str | None:
        """A change with the areas it is made over, where those are not the ones of the whole report."""
        lost = left_out if isinstance(left_out, tuple) else split(left_out)
        if not told or set(lost) <= set(self.silent.in_one):
            return told
        districts = any(map(_is_district, lost))
        n = int(n_common) if districts and n_common is not None and pd.notna(n_common) else None
        return self.voice.say("on_common", told, n=n, place=self.place, left_out=named(lost))


@dataclass
class _LookedUp:
    """What is looked up once for a set of data: its figures, its changes and the facts of its areas."""

    figures: Figures
    changes: dict[tuple[str, str], dict[tuple[str, str], dict[str, Any]]] = field(
        default_factory=dict
    )
    facts: dict[tuple[str, str, str | None], Facts] = field(default_factory=dict)


def _known_of(data: Data) -> _LookedUp:
    if "sentences" not in data.looked_up:
        data.looked_up["sentences"] = _LookedUp(Figures(data.measures))
    found: _LookedUp = data.looked_up["sentences"]
    return found


def changes_of(
    data: Data, period: str, baseline: str | int | None
) -> dict[tuple[str, str], dict[str, Any]]:
    """By area and indicator the columns of `compare` that tell its change on the areas of both periods."""
    if baseline is None or not (data.indicators["period"] == period).any():
        return {}
    known = _known_of(data).changes
    if (key := (period, str(baseline))) not in known:
        seen = compare(data.indicators, period, against=baseline)
        keys = zip(seen["area"], seen["indicator"], strict=True)
        known[key] = dict(zip(keys, seen[CHANGE].to_dict("records"), strict=True))
    return known[key]


def facts(
    data: Data, period: str | int, baseline: str | int | None = None, area: str | None = None
) -> Facts:
    """The facts of an area; by default of the one that holds all others, or of all together where there is no such one."""
    known = _known_of(data).facts
    if (key := (str(period), str(baseline), area)) not in known:
        known[key] = _facts(data, str(period), baseline, area)
    return known[key]


def _facts(data: Data, period: str, baseline: str | int | None, area: str | None) -> Facts:
    root = data.find_area(area) if area else top_area(data.indicators)
    numbers, rows = _of(data.measures, root, "measure"), _of(data.indicators, root, "indicator")

    def at(frame: pd.DataFrame, key: str, when: Any) -> dict[str, Any]:
        mine = frame.loc[(frame["period"] == str(when)) & frame["value"].notna()]
        return dict(zip(mine[key], mine["value"], strict=True))

    current = rows.loc[(rows["period"] == period) & rows["value"].notna()].to_dict("records")
    counted = numbers.loc[(numbers["period"] == period) & numbers["value"].notna()]
    extents = {row["measure"]: extent_of(row) for row in counted.to_dict("records")}
    moves = changes_of(data, period, baseline)
    for row in current:
        row |= moves.get((root, row["indicator"]), {})
    voice = Voice.of(data.project)
    return Facts(
        area=root.rpartition("/")[2] or data.project.settings["area"] or "全部地区",
        period=period,
        codebook=data.codebook,
        now=at(numbers, "measure", period),
        before=at(numbers, "measure", baseline),
        rows={r["indicator"]: r for r in current},
        earlier={r["indicator"]: r["previous"] for r in current if "previous" in r}
        if root
        else at(rows, "indicator", baseline),
        baseline=None if baseline is None else str(baseline),
        folder=voice.folder,
        path=root,
        figures=_known_of(data).figures,
        place=voice.place("district"),
        extents={code: extent for code, extent in extents.items() if extent is not None},
        silent=Silent.of(
            numbers,
            _known_of(data).figures,
            root,
            period,
            None if baseline is None else str(baseline),
        ),
    )


def extent_of(row: Any) -> Extent | None:
    """The extent in the columns of a row; None where it has none."""
    return Extent.read(row.get("n_areas"), row.get("n_expected"), row.get("absent"))


def _of(frame: pd.DataFrame, root: str, key: str) -> pd.DataFrame:
    """The rows of an area; of "" (no area holds the others) the sums over the topmost areas."""
    if root:
        return frame.loc[frame["area"] == root]
    tops = frame.loc[~frame["area"].astype(str).str.contains("/")]
    groups = tops.groupby(["period", key], sort=False)
    first = groups.head(1).set_index(["period", key])
    columns = ["value"] if key == "measure" else ["numerator", "denominator"]
    sums = groups[columns].sum(min_count=1)
    if "hidden" in frame:  # of a public edition a sum with a withheld addend is not told
        sums.loc[groups["hidden"].any().to_numpy(dtype=bool)] = float("nan")
    if key == "measure":
        return first.assign(value=sums["value"]).reset_index()
    value = quotient(sums["numerator"], sums["denominator"])
    return first.assign(value=value, low=value, high=value, **sums).reset_index()


def top_area(frame: pd.DataFrame) -> str:
    """The area that holds all others; "" where there is none."""
    paths = [str(a) for a in frame["area"].dropna().unique()]
    root = min(paths, key=lambda a: (a.count("/"), a), default="")
    return root if all(a == root or a.startswith(f"{root}/") for a in paths) else ""


def place_of(row: Any, voice: Voice | None = None) -> str:
    """The place of a row of `compare` among those in order: 2/24, 并列2/24."""
    return (voice or packaged()).say(
        "in_order", rank=int(row["rank"]), of=int(row["n_ranked"]), tied=bool(row["tied"])
    )


def spoken(row: Any, value: float | None = None) -> str:
    """The value inside a sentence, without 每人, 每名 and the like (人均…161元)."""
    text = shown(row, value, unit=False)
    return text if text in (MISSING, "不限") else text + str(row["unit"]).split("/")[0]


# what a template may ask


def tell(name: str, known: Facts, **more: Any) -> Told:
    """A text with the facts of an area; `more`: further facts that the template names."""
    plain = {
        "area": known.area,
        "date": cut_off(known.period),
        "year": period_words(known.period),
        "since": known.since,
        "whole_period": whole_period(known.period),
        "this_period": this_period(known.period),
        "reporting": told_extent(known),
    }

    def functions(teller: Teller) -> Mapping[str, Any]:
        return Asking(known, teller).functions()

    return known.voice.texts.tell(name, {**plain, **more}, money_size, functions)


def told_extent(known: Facts) -> dict[str, Any] | None:
    """Which districts the whole report lacks, for the templates; None where every expected one is there."""
    silent = known.silent
    if not silent.now and not silent.in_one:
        return None
    return {
        "now": named(silent.now),
        "before": named(silent.before),
        "left_out": named(silent.in_one),
        "expected": silent.expected,
        "reported": silent.expected - silent.districts,
        "common": silent.common,
        "since": baseline_words(known.period, known.baseline, known.voice)
        if known.baseline
        else "",
        "districts": known.place,
    }


@dataclass(frozen=True)
class Asking:
    """The functions of a template: each gives words, or None where nothing is known (its clause is not told then)."""

    known: Facts
    teller: Teller

    def functions(self) -> dict[str, Callable[..., Any]]:
        return {name: getattr(self, name) for name in FUNCTIONS}

    def amount(
        self, code: str, less: str | None = None, beside: str | Sequence[str] = ()
    ) -> str | None:
        """A measure with its unit, and who is missing from it.

        `less`: what is left of it beside another, where anything is; `beside`: others that are told in the same sentence,
        so that all are over the same areas.
        """
        others = [beside] if isinstance(beside, str) else list(beside)
        there = [other for other in others if self.known.measure(other) is not None]
        beside_it = self.known.together(code, *there)
        fact = beside_it[0]
        if less is None:
            if fact is None:
                return None
            return self._amount(fact.value, fact.unit) + self.known.lacking(*beside_it)
        fact, other = self.known.together(code, less)
        if fact is None or other is None or fact.value <= other.value:
            return None
        return self._amount(fact.value - other.value, fact.unit)

    def some(self, code: str) -> str | None:
        """A measure with its unit, where it is above zero."""
        fact = self.known.measure(code)
        return None if fact is None or fact.value <= 0 else self._amount(fact.value, fact.unit)

    def share(self, code: str, of: str) -> str | None:
        """One measure as a share of another: 23.4%."""
        part, whole = self.known.together(code, of)
        if part is None or whole is None or whole.value <= 0:
            return None
        return percent(part.value, over=whole.value)

    def moved(self, code: str, less: str | None = None, growth: bool = False) -> str | None:
        """The change of a measure (or of what is left of it) against the baseline, also in per cent where `growth`."""
        fact = self.known.measure(code)
        if less is None:
            return None if fact is None else self._fact_moved(fact, growth)
        fact, other = self.known.together(code, less)
        if fact is None or other is None or fact.before is None or other.before is None:
            return None
        if fact.value <= other.value or fact.common is None or other.common is None:
            return None
        left, before = fact.common - other.common, max(fact.before - other.before, 0.0)
        told = self._moved(fact.unit, left, before, growth)
        return self.known.on_common(told, fact.n_common, fact.left_out)

    def rate(self, code: str, unit: bool = True) -> str | None:
        """An indicator as a sentence has it; with a word where its base is small."""
        row = self.known.row(code)
        if row is None:
            return None
        if not unit:
            return shown(row, unit=False)
        return spoken(row) + small(row, self.known.voice) + self.known.lacking_words(row)

    def rate_moved(self, code: str) -> str | None:
        """The change of an indicator against the baseline."""
        row = self.known.row(code)
        if row is None:
            return None
        told = change_words(row, self.known.change(code), self.known.since, self.known.voice)
        return self.known.on_common(told or None, row.get("n_common"), row.get("left_out"))

    def compared(self, code: str) -> str | None:
        """An indicator against its reference."""
        row = self.known.row(code)
        return None if row is None else attainment(row, self.known.voice)

    def interval(self, code: str) -> str | None:
        """The interval of the data, where it matters."""
        row, known = self.known.row(code), self.known
        return (
            None
            if row is None
            else interval(row, known.earlier.get(code), known.since, known.voice)
        )

    def extent(self, code: str) -> str | None:
        """Which areas a measure or an indicator lacks; nothing where all are there."""
        known = self.known
        measured = code in known.codebook.measures
        fact = known.measure(code) if measured else known.indicator(code)
        if fact is None or fact.extent is None:
            return None
        return fact.extent.words(known.voice.place("district")) or None

    def part(
        self,
        part: str,
        rate: str,
        say: str,
        whole: str | None = None,
        of: str | None = None,
        name: str | None = None,
        lead: str = "",
        every: str | None = None,
        zero: str | None = None,
    ) -> str | None:
        """A part of a whole with its rate and the rate's change; none, one, all and the general case are said differently.

        `whole`: the whole is told too; `of`: it is not. `say`: what the part has; `every`, `zero`: the words of the cases
        all and none, where the usual ones do not read well; `name`: what the whole is called.
        """
        known, speak = self.known, self.known.voice.say
        under = whole or of or ""
        (all_, some), row = known.together(under, part), known.row(rate)
        if all_ is None or some is None or all_.value <= 0:
            return None
        called = name or all_.name
        lacking = known.lacking(all_, some)
        total = f"{called}{self._amount(all_.value, all_.unit)}{lacking}" if whole else ""
        if whole and all_.value == 1:
            return speak("part_one", total=total, done=bool(some.value), say=say)
        if some.value == 0:
            return speak("part_none", total=total, lead=lead, say=say, zero=zero)
        moved_ = self.rate_moved(rate) or ""
        told = (
            f"{known.voice.short(row)}{spoken(row)}{small(row, known.voice)}"
            if row is not None
            else ""
        )
        behind: dict[str, Any] = {"rate": told, "moved": moved_}
        if some.value == all_.value:
            return speak("part_all", total=total, name=called, say=say, every=every, **behind)
        n = self._amount(some.value, some.unit) + ("" if whole else lacking)
        if row is not None and self._apart(some, rate):
            fewer = (some.common or 0) < (some.before or 0) and (all_.before or 0) > (
                all_.common or 0
            )
            behind |= {
                "n_moved": self._fact_moved(some),
                "moved": step_words(row, known.change(rate), known.voice),
                "fewer": fewer,
            }
            return speak("part_apart", total=total, lead=lead, say=say, n=n, **behind)
        return speak("part_some", total=total, lead=lead, say=say, n=n, **behind)

    def _apart(self, some: Fact, rate: str) -> bool:
        """Whether a count and its rate went different ways."""
        step, row = self.known.change(rate), self.known.row(rate)
        if not step or some.before is None or some.common is None:
            return False
        if not (some.common - some.before) * step < 0:
            return False
        return fixed(abs(step), int(row["decimals"]), scale=row["scale"]).strip("0.") != ""

    def each(
        self, codes: Sequence[str], of: str | None = None, lead: str = "", all: str | None = None
    ) -> str | None:
        """An enumeration with shares: entries of zero are left out, a single entry that is everything is 均为."""
        found = [self.known.measure(code) for code in codes]
        there = [fact for fact in found if fact is not None and fact.value > 0]
        whole = self.known.measure(of) if of else None
        if not there or (of and (whole is None or not whole.value)):
            return None
        speak, first = self.known.voice.say, there[0]
        if len(there) == 1 and whole is not None and whole.value == first.value:
            return speak("each_is", name=first.name)
        every = self.known.measure(all) if all else None
        if len(there) == 1 and every is not None and every.value == first.value:
            return speak("all_are", name=first.name)
        told = []
        for fact in there:
            share = (
                "" if whole is None else speak("share_of", percent(fact.value, over=whole.value))
            )
            told.append(f"{fact.name}{self._amount(fact.value, fact.unit)}{share}")
        return lead + "、".join(told)

    def _amount(self, value: float, unit: str) -> str:
        self._told(value, unit)
        return large(value, unit, self.teller.money)

    def _fact_moved(self, fact: Fact, growth: bool = False) -> str | None:
        if fact.common is None:
            return None
        told = self._moved(fact.unit, fact.common, fact.before, growth)
        return self.known.on_common(told, fact.n_common, fact.left_out)

    def _moved(
        self, unit: str, now: float, before: float | None, growth: bool = False
    ) -> str | None:
        if before is not None and pd.notna(before) and large(now, unit) != large(before, unit):
            self._told(now - before, unit)
        known = self.known
        return moved(now, before, unit, growth, known.since, self.teller.money, known.voice)

    def _told(self, value: float, unit: str) -> None:
        if unit == MONEY:
            self.teller.amounts.append(value)


FUNCTIONS = (
    "amount",
    "some",
    "share",
    "moved",
    "rate",
    "rate_moved",
    "compared",
    "interval",
    "extent",
    "part",
    "each",
)


COMMON = (
    "area",
    "date",
    "year",
    "since",
    "whole_period",
    "this_period",
)  # the facts that every text with an area has


def faults(voice: Voice) -> list[Problem]:
    """What is wrong with a project's own templates."""
    codes = (*voice.codebook.measures, *voice.codebook.indicators)
    return list(voice.texts.faults((*FUNCTIONS, *COMMON), codes))


def moved(
    now: float,
    before: float | None,
    unit: str,
    growth: bool = False,
    since: str = "上年",
    money: tuple[float, str] | None = None,
    voice: Voice | None = None,
) -> str | None:
    """``比上年增加342家``, ``与2022年持平``; with `growth` also its per cent, unless it started from a tiny base."""
    speak = (voice or packaged()).say
    if before is None or pd.isna(before):
        return None
    if large(now, unit, money) == large(before, unit, money):
        return speak("unchanged", since=since)
    up, size = now > before, abs(minus(now, before))
    step = speak("more" if up else "less", large(size, unit, money))
    text = speak("than", since=since, step=step)
    if not growth or before < MINIMUM_BASE:
        return text
    return speak("grown" if up else "shrunk", text, percent(size, over=before))


def small(row: Any, voice: Voice | None = None) -> str:
    """A word on a rate with a small base."""
    least = row.get("minimum_base", MINIMUM_BASE)
    few = row["kind"] == "proportion" and row["denominator"] < least
    return (voice or packaged()).say("small") if few else ""


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


def attainment(row: Any, voice: Voice | None = None) -> str | None:
    """How a value stands to its named reference; None without one, or where being near is what counts."""
    speak = (voice or packaged()).say
    target, better = row.get("target"), row["better"]
    if target is None or pd.isna(target) or better not in ("higher", "lower"):
        return None
    gap = apart(row, row["value"], target)
    own = bool(row.get("target_own", False))
    full = target == 1 and row["unit"] == "%" and better == "higher" and not own
    aim = {"value": _whole(row, target), "target": row["target_name"]}
    if gap == 0:
        unit = speak("below", distance(row, 10.0 ** -row["decimals"] / row["scale"]))
        if full:
            return speak("full") if row["value"] >= target else speak("short_full", gap=unit)
        state = "reached" if better == "lower" and row["value"] <= target else "same_as"
        return speak(f"goal_{state}" if own else state, **aim)
    if full:
        return speak("full") if gap > 0 else speak("short_full", gap=distance(row, gap))
    if better == "lower" and gap < 0:
        return speak("goal_reached" if own else "reached", **aim)
    side = "over" if better == "lower" else "above" if gap > 0 else "short"
    return speak(f"goal_{side}" if own else side, gap=distance(row, gap), **aim)


def _whole(row: Any, target: float) -> str:
    """A reference as spoken, without decimals that are nothing (3家, 120%)."""
    printed = fixed(target, int(row["decimals"]), grouped=False, scale=row["scale"])
    whole = float(printed).is_integer() if printed not in (MISSING, "不限") else False
    return spoken({**row, "decimals": 0} if whole else row, target)


def interval(
    row: Any, before: float | None = None, since: str = "上年", voice: Voice | None = None
) -> str:
    """The data's interval in brackets where it matters: it could turn the sentence, or is a point (or 1%) wide; else empty."""
    speak = (voice or packaged()).say
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
        return speak("open", low=spoken(row, low))
    ends = {"low": spoken(row, low), "high": spoken(row, high)}
    if before is not None and pd.notna(before) and (low - before) * (high - before) < 0:
        return speak("unsure", **ends, what=speak("up_or_down", since=since))
    if (
        target is not None
        and pd.notna(target)
        and low < target <= high
        and row["better"] in ("higher", "lower")
    ):
        return speak("unsure", **ends, what=speak("reached_or_not"))
    wide = (
        (high - low) * row["scale"] >= 1
        if row["unit"] == "%"
        else high - low >= 0.01 * abs(row["value"])
    )
    return speak("between", **ends) if wide else ""
