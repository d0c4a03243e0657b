"""Sentences made from data, as an official would write them; nothing is said of what is missing.

The sentences stand in ``prose.yml``; this module fills them. Changes, attainment and order are always stated; 优于, 低于 and
差异不明显 only where `evalkit.indicators.compare` says so. No minus sign ever stands in running text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.codebook import Codebook, load_codebook
from evalkit.codebook.reading import read_yaml
from evalkit.documents import Block
from evalkit.indicators.compare import MINIMUM_BASE, compare, half_unit
from evalkit.indicators.load import Data
from evalkit.reports.words import MISSING, change_words, cut_off, fixed, large, light, period_words, shown

FIELD = re.compile(r"\{([^{}]+)\}")
PENDING = "【待补充】"
MOST = 3  # names in a row of the best or the last


@cache
def declared() -> dict[str, Any]:
    """Sentences, problems and turns of phrase (prose.yml)."""
    return dict(read_yaml(Path(__file__).with_name("prose.yml")))


@dataclass(frozen=True)
class Facts:
    """What is known of one area in one period, and of the period before it.

    `now` and `before` hold values of measures by code; `rows` and `earlier` the rows of indicators by code.
    """

    area: str
    period: str
    codebook: Codebook
    now: Mapping[str, float]
    before: Mapping[str, float]
    rows: Mapping[str, Any]
    earlier: Mapping[str, float]

    def amount(self, code: str, value: float | None = None) -> str:
        measure = self.codebook.measures[code]
        return large(self.now[code] if value is None else value, measure.unit)

    def change(self, code: str) -> float | None:
        row, old = self.rows.get(code), self.earlier.get(code)
        return None if row is None or old is None or pd.isna(old) else float(row["value"] - old)


def facts(data: Data, period: str | int, baseline: str | int | None = None, area: str | None = None) -> Facts:
    """The facts of an area; by default of the one that holds all others, or of all together where there is no such one."""
    known: dict[Any, Facts] = data.__dict__.setdefault("_facts", {})  # each paragraph asks for the same
    if (key := (str(period), str(baseline), area)) in known:
        return known[key]
    root = data.find_area(area) if area else top_area(data.indicators)
    numbers, rows = _of(data.measures, root, "measure"), _of(data.indicators, root, "indicator")

    def at(frame: pd.DataFrame, key: str, when: Any) -> dict[str, Any]:
        mine = frame.loc[(frame["period"] == str(when)) & frame["value"].notna()]
        return dict(zip(mine[key], mine["value"], strict=True))

    current = rows.loc[(rows["period"] == str(period)) & rows["value"].notna()].to_dict("records")
    name = root.rpartition("/")[2] or data.project.settings["area"] or "全部地区"
    known[key] = Facts(name, str(period), data.codebook, at(numbers, "measure", period), at(numbers, "measure", baseline),
                       {r["indicator"]: r for r in current}, at(rows, "indicator", baseline))  # fmt: skip
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
    value = sums["numerator"] / sums["denominator"].where(sums["denominator"] > 0)
    return first.assign(value=value, low=value, high=value, **sums).reset_index()


def top_area(frame: pd.DataFrame) -> str:
    """The area that holds all others; "" where there is none."""
    paths = [str(a) for a in frame["area"].dropna().unique()]
    root = min(paths, key=lambda a: (a.count("/"), a), default="")
    return root if all(a == root or a.startswith(f"{root}/") for a in paths) else ""


def word(key: str, **values: Any) -> str:
    return str(declared()["words"][key]).format(**values)


@cache
def _packaged() -> Codebook:
    return load_codebook()


def short_names(rows: pd.DataFrame) -> dict[str, str]:
    return {r["indicator"]: short(r) for r in rows.drop_duplicates("indicator").to_dict("records")}


def short(row: Any) -> str:
    """The one name of an indicator in running text: the short one of a headline indicator, which every reader has met."""
    known = _packaged().indicators.get(row["indicator"])
    return str(row["name"] if known is not None and not known.headline else row["short_name"] or row["name"])


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
        parts = [_clause(c, known) for c in clauses]
        if parts and parts[0] is not None:
            text = parts[0]
            for part in parts[1:]:
                text += "" if not part else part if part[0] in "（；" else f"，{part}"
            told.append(f"{text}。")
    return "".join(told)


def _clause(clause: Any, known: Facts) -> str | None:
    if isinstance(clause, str):
        values = {name: _field(name, known) for name in FIELD.findall(clause)}
        return None if None in values.values() else FIELD.sub(lambda m: str(values[m[1]]), clause)
    return _each(clause, known) if "each" in clause else _part(clause, known)


def _field(name: str, known: Facts) -> str | None:
    if name in ("area", "date", "year"):
        return {"area": known.area, "date": cut_off(known.period), "year": period_words(known.period)}[name]
    if name.startswith("@"):
        return _rate(name[1:], known)
    for sign in "/-":
        top, mark, bottom = name.removesuffix("~").partition(sign)
        if mark:
            a, b = known.now.get(top), known.now.get(bottom)
            if name.endswith("~"):
                more, less = known.before.get(top), known.before.get(bottom)
                if a is None or b is None or more is None or less is None or a < b:
                    return None
                return moved(a - b, max(more - less, 0.0), known.codebook.measures[top].unit)
            if a is None or b is None or (b <= 0 if sign == "/" else a <= b):
                return None
            return f"{fixed(100 * a / b, 1)}%" if sign == "/" else known.amount(top, a - b)
    code, changed, growth = name.partition("~")
    if code not in known.now:
        return None
    if not changed:
        return known.amount(code)
    return moved(known.now[code], known.before.get(code), known.codebook.measures[code].unit, bool(growth))


def moved(now: float, before: float | None, unit: str, growth: bool = False) -> str | None:
    """``比上年增加342家``, ``与上年持平``; with `growth` also its per cent, unless it started from a tiny base."""
    if before is None or pd.isna(before):
        return None
    if large(now, unit) == large(before, unit):
        return "与上年持平"
    up = now > before
    text = f"比上年{'增加' if up else '减少'}{large(abs(now - before), unit)}"
    if not growth or before < MINIMUM_BASE:
        return text
    return f"{text}、{'增长' if up else '下降'}{fixed(100 * abs(now - before) / before, 1)}%"


def _rate(name: str, known: Facts) -> str | None:
    code, kind = (name[:-1], name[-1]) if name[-1] in "~=!#" else (name, "")
    row = known.rows.get(code)
    if row is None:
        return None
    if kind == "~":
        return change_words(row, known.change(code)) or None
    if kind == "#":
        return shown(row, unit=False)
    if kind:
        return attainment(row) if kind == "=" else interval(row, known.earlier.get(code))
    return spoken(row) + _small(row)


def _small(row: Any) -> str:
    small = row["kind"] == "proportion" and row["denominator"] < MINIMUM_BASE
    return word("small") if small else ""


def distance(row: Any, difference: float) -> str:
    """The size of a difference in words: 8.5个百分点, 15元."""
    size = fixed(abs(difference) * row["scale"], int(row["decimals"]))
    return size + ("个百分点" if row["unit"] == "%" else str(row["unit"]).split("/")[0])


def apart(row: Any, a: float, b: float) -> float:
    """a - b as a reader reckons it from the two numbers that the sentence prints."""
    first, second = (float(fixed(v * row["scale"], int(row["decimals"]), grouped=False)) for v in (a, b))
    return (first - second) / float(row["scale"])


def attainment(row: Any) -> str | None:
    """How a value stands to its named reference; None without one, or where being near is what counts."""
    target, better = row.get("target"), row["better"]
    if target is None or pd.isna(target) or better not in ("higher", "lower"):
        return None
    gap = apart(row, row["value"], target)
    full = target == 1 and row["unit"] == "%" and better == "higher"
    aim = {"value": re.sub(r"\.0+(?!\d)", "", spoken(row, target)), "target": row["target_name"]}
    if round(gap * row["scale"], 6) == 0:
        unit = "不到" + distance(row, 10.0 ** -row["decimals"] / row["scale"])
        if full:
            return word("full") if row["value"] >= target else word("short_full", gap=unit)
        return word("reached" if better == "lower" and row["value"] <= target else "same_as", **aim)
    if full:
        return word("full" if gap > 0 else "short_full", gap=distance(row, gap))
    if better == "lower":
        return word("over" if gap > 0 else "reached", gap=distance(row, gap), **aim)
    return word("above" if gap > 0 else "short", gap=distance(row, gap), **aim)


def interval(row: Any, before: float | None = None) -> str:
    """The data's interval in brackets where it matters: it could turn the sentence, or is a point (or 1%) wide; else empty."""
    low, high, target = row.get("low"), row.get("high"), row.get("target")
    if low is None or high is None or pd.isna(low) or pd.isna(high) or shown(row, low) == shown(row, high):
        return ""
    if math.isinf(high):
        return word("open", low=spoken(row, low))
    ends = {"low": spoken(row, low), "high": spoken(row, high)}
    if before is not None and pd.notna(before) and (low - before) * (high - before) < 0:
        return word("unsure", **ends, what="比上年是升是降")
    if target is not None and pd.notna(target) and low < target <= high and row["better"] in ("higher", "lower"):
        return word("unsure", **ends, what="是否达到参照值")
    wide = (high - low) * row["scale"] >= 1 if row["unit"] == "%" else high - low >= 0.01 * abs(row["value"])
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
        return f"{total}，{clause['zero']}" if whole and "zero" in clause else word("none", lead=lead, say=say)
    tail = "" if row is None else f"{short(row)}{spoken(row)}{_small(row)}"
    moved_ = change_words(row, known.change(rate)) if row is not None else ""
    tail = "，".join(filter(None, (tail, moved_)))
    if n == all_:
        return "，".join(filter(None, (word("all", whole=f"{total}，" if whole else name, say=say), tail)))
    head = word("some", lead=lead, say=say, n=known.amount(part))
    before, step = known.before.get(part), known.change(rate)
    if row is not None and step and before is not None and (n - before) * step < 0 and not moved_.endswith("持平"):
        fewer = word("fewer") if n < before and known.before.get(under, 0) > all_ else ""  # else both changes speak for themselves
        return f"{head}，{moved(n, before, known.codebook.measures[part].unit)}；{tail.replace('比上年', fewer)}"
    return "，".join(filter(None, (head, tail)))


def _each(clause: Mapping[str, Any], known: Facts) -> str | None:
    """An enumeration with shares: entries of zero are left out, a single entry that is everything is 均为."""
    whole = known.now.get(clause["of"]) if "of" in clause else None
    there = [(code, known.now[code]) for code in clause["each"] if known.now.get(code, 0) > 0]
    if not there or ("of" in clause and not whole):
        return None
    names = known.codebook.measures
    if len(there) == 1 and whole == there[0][1]:
        return f"均为{names[there[0][0]].name}"
    share = [f"（占{fixed(100 * value / whole, 1)}%）" if whole else "" for _, value in there]
    return clause.get("lead", "") + "、".join(f"{names[c].name}{known.amount(c)}{s}" for (c, _), s in zip(there, share, strict=True))


# paragraphs


def summary(
    data: Data, period: Any, baseline: Any = None, area: str | None = None, rows: pd.DataFrame | None = None,
    level: str = "district", ranking: str = "full",
) -> Block:  # fmt: skip
    """The sentences that stand before the contents and on the one page; with `rows` also who leads and who is last."""
    known = facts(data, period, baseline, area)
    told = [tell([sentence], known) for sentence in declared()["sections"]["summary"]["sentences"]]
    first = declared()["compared"][0]
    ends = _extremes(rows, first, period, level) if rows is not None and ranking == "full" else ""
    fell = declines(data, period, baseline, area, MOST)
    told.append("。".join(filter(None, (ends, fell))) + "。" if ends or fell else "")
    return Block.group(*(Block.paragraph(text, "summary") for text in told if text))


def _extremes(rows: pd.DataFrame, code: str, period: Any, level: str) -> str:
    """The first and the last area of an indicator where each stands alone and clearly off the whole."""
    mine = rows.loc[(rows["level"] == level) & (rows["indicator"] == code)]
    if not (mine["period"].eq(str(period)) & mine["value"].notna()).any():
        return ""
    seen = compare(mine, period).dropna(subset=["rank"]).merge(mine[["area", "short_name"]].drop_duplicates("area"), on="area")
    best, last = (seen.loc[seen["rank"] == place] for place in (seen["rank"].min(), seen["rank"].max()))
    if len(best) != 1 or len(last) != 1 or best["better"].iloc[0] == "lower":
        return ""
    if best["verdict"].iloc[0] != "better" or last["verdict"].iloc[0] != "worse":
        return ""
    one, other = best.iloc[0], last.iloc[0]
    return f"{place_word(level)}{short(one)}最高的是{one['area_name']}（{spoken(one)}），最低的是{other['area_name']}（{spoken(other)}）"


@cache
def place_word(level: str) -> str:
    """What the areas of a level are called (区县); 地区 where no word is known."""
    name = _packaged().term(f"level.{level}")
    return "地区" if "." in name else name


def section(
    name: str, data: Data, period: str | int, baseline: str | int | None = None, area: str | None = None, brief: bool = False
) -> Block:
    """A section of prose.yml for an area (the whole by default); `brief`: its first sentences, for a profile."""
    about = declared()["sections"][name]
    known, chosen = facts(data, period, baseline, area), about["sentences"][: about["brief"] if brief else None]
    starts = [0, *(n for n, s in enumerate(chosen) if s == "¶"), len(chosen)]
    told = [text for a, b in pairwise(starts) if (text := tell(chosen[a:b], known))]
    if not told:
        return Block.paragraph(f"{about['name']}：本期台账没有可用的数字。", style="pending")
    return Block.paragraph("".join(told)) if brief or len(told) == 1 else Block.group(*map(Block.paragraph, told))


overview, coverage, funding = partial(section, "overview"), partial(section, "coverage"), partial(section, "funding")
instructors, standardisation = partial(section, "instructors"), partial(section, "standardisation")
activities = partial(section, "activities")


def worsened(row: Any, step: float | None) -> bool | None:
    """Whether an indicator went the wrong way: down, up, or away from the reference it should be near; None where it stood still."""
    target, better = row["target"], row["better"]
    if step is None or change_words(row, step).endswith("持平") or better == "none" or (better == "near" and pd.isna(target)):
        return None
    if better == "near":
        return bool(abs(row["value"] - target) > abs(row["value"] - step - target))
    return bool((step < 0) == (better == "higher"))


def tally(data: Data, period: Any, baseline: Any = None, area: str | None = None) -> Block:
    """How many headline indicators became better, stayed or became worse, and how many reach their reference."""
    known = facts(data, period, baseline, area)
    book, sides, states = data.codebook, {"变好": [], "持平": [], "变差": []}, []  # type: ignore[var-annotated]
    for code, row in known.rows.items():
        if not book.indicators[code].headline or row["better"] == "none" or (row["better"] == "near" and pd.isna(row["target"])):
            continue
        if pd.notna(row["target"]):
            states.append("near" if row["better"] == "near" else light(row) == "good")
        if (step := known.change(code)) is not None:
            sides[{None: "持平", False: "变好", True: "变差"}[worsened(row, step)]].append(short(row))
    parts = []
    if total := sum(map(len, sides.values())):
        told = "，".join(f"{side}的{len(names)}项" for side, names in sides.items() if names)
        worse = f"（{'、'.join(sides['变差'])}）" if sides["变差"] else ""
        parts.append(f"与上年可比的{total}项主要指标中，{told}{worse}")
    if states:
        reached, near = states.count(True), states.count("near")
        states_told = [] if near == len(states) else [f"达到参照值的{reached}项" if reached else "没有达到参照值的"]
        states_told += [word("near", n=f"{near}项")] if near else []
        parts.append(f"有参照值的{len(states)}项主要指标中，{'，另有'.join(states_told)}")
    text = "；".join(parts) + "。" if parts else f"{known.area}没有可作评价的主要指标。"
    return Block.paragraph(text, "body" if parts else "pending")


def declines(data: Data, period: Any, baseline: Any = None, area: str | None = None, most: int = 99) -> str:
    """The indicators that became clearly worse (prose.yml, `clear`), the largest step first; "" where none did."""
    known, book, found = facts(data, period, baseline, area), data.codebook.indicators, []
    for code, row in known.rows.items():
        one, step = book[code], known.change(code)
        if not (one.headline or one.target) or not worsened(row, step) or _small(row):
            continue
        points, old = row["unit"] == "%", known.earlier[code]
        size = abs(step) * 100 if points else 100 * abs(step) / old if old else 0.0  # type: ignore[arg-type]
        if size >= declared()["clear"]["points" if points else "share"]:
            found.append((size, f"{short(row)}{change_words(row, step).removeprefix('比上年')}"))
    if not found:
        return ""
    names = [text for _, text in sorted(found, key=lambda f: -f[0])]
    lead = f"的指标有{len(names)}项{'，变差最多的是' if len(names) > most else '：'}{'、'.join(names[:most])}"
    return f"比上年变差较多{word('clear', **declared()['clear']) if most > len(names) else ''}{lead}"


def comparison(
    indicators: pd.DataFrame, code: str, period: Any, baseline: Any = None, ranking: str = "full", level: str = "district"
) -> Block:
    """One indicator over the areas: best and last (`ranking` full), or those clearly above and below (bands), the gap, changes."""
    frame = indicators.loc[(indicators["level"] == level) & (indicators["indicator"] == code)]
    if not (frame["period"].eq(str(period)) & frame["value"].notna()).any():
        return Block.paragraph("")
    seen = compare(frame, period, against=baseline).sort_values("sort_order", kind="stable")
    first, n, place = frame.loc[frame["period"].eq(str(period)) & frame["value"].notna()].iloc[0], len(seen), place_word(level)
    name, whole = short(first), seen["reference"].iloc[0]
    if n == 1:
        return Block.paragraph(f"{name}：只有{first['area_name']}有数（{spoken(first)}），不作比较。")
    told: list[str] = [f"{name}合计{spoken(first, whole)}"] if pd.notna(whole) else []
    ranked = seen.loc[seen["rank"].notna()].sort_values(["rank", "sort_order"], kind="stable")
    best, worst, clear = seen["value"].max(), seen["value"].min(), int(seen["verdict"].isin(["better", "worse"]).sum())
    level_ground = best - worst < float(half_unit(seen).iloc[0])
    judged = first["better"] in ("higher", "lower")
    flat = judged and n > MOST and clear < MOST and not level_ground  # so few differ that names would be chance
    if alike := doubtful(frame, code, period, level):
        told.append(alike)
    elif flat:
        told.append(f"各{place}在{spoken(first, worst)}至{spoken(first, best)}之间")
    else:
        ends = _ends(ranked) if len(ranked) > 1 and ranking == "full" and judged else []
        gap = distance(first, apart(first, best, worst))
        ends.append(f"{n}个{place}数值相同" if level_ground else f"最高与最低相差{gap}")
        told.append("，".join(ends))
    changes = seen.loc[seen["change"].notna()]
    if len(changes):
        half = half_unit(changes)
        up, down = ("提高", "下降") if first["unit"] == "%" else ("增加", "减少")
        step = changes["change"]
        counts = {up: (step >= half).sum(), "持平": (step.abs() < half).sum(), down: (step <= -half).sum()}
        sides = [(side, k) for side, k in counts.items() if k]
        steps = "、".join(f"{k}个{place * (not i)}{side}" for i, (side, k) in enumerate(sides))
        all_ = f"{len(changes)}个{place}均{sides[0][0]}"
        told.append(f"与上年相比，{all_ if len(sides) == 1 and len(changes) > 1 else steps}")
    if ranking != "none" and not alike:
        told += ["，".join(_verdicts(seen, ranking == "bands", place))]
    small = seen.loc[~seen["ranked"], "area_name"]
    if len(small):
        told.append(f"{'、'.join(small) if len(small) < n else f'各{place}'}基数小，不参与排序")
    return Block.paragraph("。".join(filter(None, told)) + "。")


def doubtful(rows: pd.DataFrame, code: str, period: Any, level: str = "district") -> str:
    """Said of an indicator that is far under its reference and nearly the same everywhere: rather a matter of the ledgers."""
    mine = rows.loc[(rows["level"] == level) & (rows["indicator"] == code) & (rows["period"] == str(period)) & rows["value"].notna()]
    if len(mine) <= MOST or not mine["better"].eq("higher").all() or not mine["unit"].eq("%").all():
        return ""
    low, high, limits = mine["value"].min(), mine["value"].max(), declared()["doubtful"]
    if not high < limits["below"] * mine["target"].min() or (high - low) * 100 > limits["spread"]:
        return ""
    one = mine.iloc[0]
    return word("doubtful", place=place_word(level), low=spoken(one, low), high=spoken(one, high))


def _ends(ranked: pd.DataFrame) -> list[str]:
    """The first and the last of an order; ties are named together, and an order of equals is no order."""
    rows = ranked.to_dict("records")
    top, low = rows[0]["rank"], rows[-1]["rank"]
    if top == low:
        return []
    most = min(MOST, len(rows) // 2)
    first = [r for r in rows if r["rank"] <= rows[most - 1]["rank"]]
    last = [r for r in rows if r["rank"] >= rows[-most]["rank"] and r not in first]

    def listed(some: list[Any]) -> str:
        tied = [r for r in some if sum(o["rank"] == r["rank"] for o in some) > 1]
        return "、".join(f"{r['area_name']}（{spoken(r)}）" for r in some) + ("（数值相同的并列）" if tied else "")

    if len(first) > 2 * MOST or len(last) > 2 * MOST:  # so many share a place that names say nothing
        return [f"{sum(r['rank'] == top for r in rows)}个并列第一"]
    return [f"居前的是{listed(first)}", *([f"靠后的是{listed(last)}"] if last else [])]


def _verdicts(seen: pd.DataFrame, names: bool, place: str) -> list[str]:
    """优于, 低于 and 差异不明显 against all areas together; names (where no order is printed) in administrative order."""
    out: list[str] = []
    for verdict, text in (("better", "优于合计水平"), ("worse", "低于合计水平")):
        mine = seen.loc[seen["verdict"] == verdict, "area_name"]
        told = f"{len(mine)}个{place * (not out)}{text}" + (f"（{'、'.join(mine)}）" if names else "")
        out += [told] if len(mine) else []
    rest = int((seen["verdict"].isin(["unclear", "same"])).sum())
    if out and rest:
        out.append(f"其余{rest}个差异不明显")
    elif rest > 1:
        out.append(f"{rest}个{place}与合计水平的差异均不明显")
    return out


def standing(
    data: Data, area: str, period: str | int, baseline: str | int | None = None, level: str = "district", ranking: str = "full"
) -> Block:
    """Strengths and weaknesses of one area among those of its level, only where the difference holds."""
    frame = data.indicators.loc[data.indicators["level"] == level]
    path = data.find_area(area)
    codes = [c for c, i in data.codebook.indicators.items() if i.headline]
    mine = frame.loc[frame["indicator"].isin(codes)]
    name, place = path.rpartition("/")[2], place_word(level)
    if not (mine["area"].eq(path) & mine["period"].eq(str(period)) & mine["value"].notna()).any():
        return Block.paragraph(f"{name}{period_words(period)}没有报送可用的数字，不作评价。", "pending")
    seen = compare(mine, period, against=baseline)
    mine = seen.loc[seen["area"] == path].assign(name=lambda f: f["indicator"].map(short_names(frame)))
    better = mine.loc[mine["verdict"] == "better"].sort_values("rank").head(MOST)
    worse = mine.loc[mine["verdict"] == "worse"].sort_values("rank", ascending=False).head(MOST)
    words = [f"{name}优于各{place}合计水平的主要指标有{_listed(better, ranking)}"] if len(better) else []
    words += [f"{'' if words else name}低于合计水平、需要关注的有{_listed(worse, ranking)}"] if len(worse) else []
    down = mine.loc[mine["falling"]]
    words += [f"比上年变差的有{'、'.join(down['name'])}"] if len(down) else []
    return Block.paragraph("；".join(words or [f"{name}各项主要指标与各{place}合计水平差异不明显"]) + "。")


def _listed(rows: pd.DataFrame, ranking: str) -> str:
    def place(r: Any) -> str:
        return f"，位次{int(r['rank'])}/{int(r['n_ranked'])}" if ranking == "full" and pd.notna(r["rank"]) else ""

    return "、".join(f"{r['name']}（{spoken(r)}{place(r)}）" for r in rows.to_dict("records"))
