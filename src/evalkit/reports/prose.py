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

from evalkit.codebook import Codebook
from evalkit.codebook.reading import read_yaml
from evalkit.documents import Block
from evalkit.indicators.compare import MINIMUM_BASE, compare, half_unit
from evalkit.indicators.load import Data
from evalkit.reports.words import MISSING, change_words, cut_off, fixed, large, period_words, shown

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
        top, mark, bottom = name.partition(sign)
        if mark:
            a, b = known.now.get(top), known.now.get(bottom)
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


def attainment(row: Any) -> str | None:
    """How a value stands to its named reference; None without one, or where being near is what counts."""
    target, better = row.get("target"), row["better"]
    if target is None or pd.isna(target) or better not in ("higher", "lower"):
        return None
    gap = float(row["value"] - target)
    full = target == 1 and row["unit"] == "%" and better == "higher"
    name = f"{row['target_name']}"
    if abs(gap) < float(half_unit(pd.DataFrame([row])).iloc[0]):
        unit = "不到" + distance(row, 10.0 ** -row["decimals"] / row["scale"])
        return word("same_as", target=name) if not full else word("full") if gap >= 0 else word("short_full", gap=unit)
    if better == "lower":
        return word("over", target=name, gap=distance(row, gap)) if gap > 0 else word("reached", target=name)
    if gap > 0:
        return word("above", target=name, gap=distance(row, gap))
    return word("short_full" if full else "short", target=name, gap=distance(row, gap))


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
    name = known.codebook.measures[under].name
    total = f"{name}{known.amount(under)}" if whole else ""
    lead = f"{total}，其中" if whole else str(clause.get("lead", ""))
    if whole and all_ == 1:
        return f"{total}，{'已' if n else '尚未'}{say}"
    if n == 0:
        return f"{total}，{clause['zero']}" if whole and "zero" in clause else word("none", lead=lead, say=say)
    tail = "" if row is None else f"{row['name']}{spoken(row)}{_small(row)}"
    moved_ = change_words(row, known.change(rate)) if row is not None else ""
    tail = "，".join(filter(None, (tail, moved_)))
    if n == all_:
        return "，".join(filter(None, (word("all", whole=f"{total}，" if whole else name, say=say), tail)))
    head = word("some", lead=lead, say=say, n=known.amount(part))
    before, step = known.before.get(part), known.change(rate)
    if row is not None and step and before is not None and (n - before) * step < 0 and not moved_.endswith("持平"):
        return f"{head}，虽{moved(n, before, known.codebook.measures[part].unit)}，但{tail}"
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


def summary(data: Data, period: Any, baseline: Any = None, area: str | None = None) -> Block:
    """The three sentences that stand before the contents and on the one page."""
    known = facts(data, period, baseline, area)
    told = [tell([sentence], known) for sentence in declared()["sections"]["summary"]["sentences"]]
    return Block.group(*(Block.paragraph(text, "summary") for text in told if text))


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


def tally(data: Data, period: Any, baseline: Any = None, area: str | None = None) -> Block:
    """How many headline indicators became better, stayed or became worse, and how many reach their reference."""
    known = facts(data, period, baseline, area)
    book, sides, reached, aimed = data.codebook, {"变好": [], "持平": [], "变差": []}, 0, 0  # type: ignore[var-annotated]
    for code, row in known.rows.items():
        better, step = row["better"], known.change(code)
        if not book.indicators[code].headline or better not in ("higher", "lower"):
            continue
        if pd.notna(row["target"]):
            aimed += 1
            reached += row["value"] >= row["target"] if better == "higher" else row["value"] <= row["target"]
        if step is not None:
            flat = change_words(row, step).endswith("持平")
            sides["持平" if flat else "变好" if (step > 0) == (better == "higher") else "变差"].append(row["short_name"] or row["name"])
    parts = []
    if total := sum(map(len, sides.values())):
        told = "，".join(f"{side}的{len(names)}项" for side, names in sides.items() if names)
        worse = f"（{'、'.join(sides['变差'])}）" if sides["变差"] else ""
        parts.append(f"有上年数可比、有优劣方向的{total}项主要指标中，{told}{worse}")
    if aimed:
        told = f"中，达到参照值的{reached}项" if reached else "均未达到参照值"
        parts.append(f"有参照值的{aimed}项主要指标{told}")
    text = "；".join(parts) + "。" if parts else f"{known.area}没有可作评价的主要指标。"
    return Block.paragraph(text, "body" if parts else "pending")


def comparison(
    indicators: pd.DataFrame, code: str, period: Any, baseline: Any = None, ranking: str = "full", level: str = "district"
) -> Block:
    """One indicator over the areas: best and last (`ranking` full), or those clearly above and below (bands), the gap, changes."""
    frame = indicators.loc[(indicators["level"] == level) & (indicators["indicator"] == code)]
    if not (frame["period"].eq(str(period)) & frame["value"].notna()).any():
        return Block.paragraph("")
    seen = compare(frame, period, against=baseline).sort_values("sort_order", kind="stable")
    first, n = seen.iloc[0], len(seen)
    parts = [f"{first['name']}合计{spoken(first, first['reference'])}"] if pd.notna(first["reference"]) and n > 1 else []
    ranked = seen.loc[seen["rank"].notna()].sort_values(["rank", "sort_order"], kind="stable")
    if len(ranked) > 1 and ranking == "full" and first["better"] in ("higher", "lower"):
        parts += _ends(ranked)
    best, worst = seen["value"].max(), seen["value"].min()
    if n > 1:
        gap = distance(first, best - worst)
        parts.append(f"最高与最低相差{gap}" if best - worst >= float(half_unit(seen).iloc[0]) else f"{n}个地区数值相同")
    changes = seen.loc[seen["change"].notna()]
    if len(changes):
        half = half_unit(changes)
        up, down = ("提高", "下降") if first["unit"] == "%" else ("增加", "减少")
        step = changes["change"]
        counts = {up: (step >= half).sum(), "持平": (step.abs() < half).sum(), down: (step <= -half).sum()}
        told = "、".join(f"{side}的{k}个" for side, k in counts.items() if k)
        parts.append(f"与上年相比，{told}" if len(changes) > 1 else f"与上年相比{told}")
    if ranking != "none":
        parts += _verdicts(seen, names=ranking == "bands")
    small = seen.loc[~seen["ranked"], "area_name"]
    if len(small):
        parts.append(f"{'、'.join(small)}基数小，不参与排序")
    alone = f"{first['name']}：只有{first['area_name']}有数（{spoken(first)}），不作比较"
    return Block.paragraph(("；".join(parts) or alone) + "。")


def _ends(ranked: pd.DataFrame) -> list[str]:
    """The first and the last of an order; ties are named together, and an order of equals is no order."""
    rows = ranked.to_dict("records")
    top, low = rows[0]["rank"], rows[-1]["rank"]
    if top == low:
        return [f"{len(rows)}个地区并列"]
    most = min(MOST, len(rows) // 2)
    first = [r for r in rows if r["rank"] <= rows[most - 1]["rank"]]
    last = [r for r in rows if r["rank"] >= rows[-most]["rank"] and r not in first]

    def listed(some: list[Any]) -> str:
        tied = [r for r in some if sum(o["rank"] == r["rank"] for o in some) > 1]
        return "、".join(f"{r['area_name']}（{spoken(r)}）" for r in some) + ("（数值相同的并列）" if tied else "")

    if len(first) > 2 * MOST or len(last) > 2 * MOST:  # so many share a place that names say nothing
        return [f"{sum(r['rank'] == top for r in rows)}个地区并列第一"]
    return [f"居前的是{listed(first)}", *([f"靠后的是{listed(last)}"] if last else [])]


def _verdicts(seen: pd.DataFrame, names: bool) -> list[str]:
    """优于, 低于 and 差异不明显 against all areas together; names (where no order is printed) in administrative order."""
    out = []
    for verdict, text in (("better", "优于合计水平的"), ("worse", "低于合计水平的")):
        mine = seen.loc[seen["verdict"] == verdict, "area_name"]
        out += [f"{text}{len(mine)}个" + (f"（{'、'.join(mine)}）" if names else "")] if len(mine) else []
    rest = int((seen["verdict"].isin(["unclear", "same"])).sum())
    if out and rest:
        out.append(f"其余{rest}个差异不明显")
    elif rest > 1:
        out.append(f"{rest}个地区与合计水平的差异均不明显")
    return out


def standing(
    data: Data, area: str, period: str | int, baseline: str | int | None = None, level: str = "district", ranking: str = "full"
) -> Block:
    """Strengths and weaknesses of one area among those of its level, only where the difference holds."""
    frame = data.indicators.loc[data.indicators["level"] == level]
    path = data.find_area(area)
    codes = [c for c, i in data.codebook.indicators.items() if i.headline]
    mine = frame.loc[frame["indicator"].isin(codes)]
    name = path.rpartition("/")[2]
    if not (mine["area"].eq(path) & mine["period"].eq(str(period)) & mine["value"].notna()).any():
        return Block.paragraph(f"{name}{period_words(period)}没有报送可用的数字，不作评价。", "pending")
    seen = compare(mine, period, against=baseline)
    mine = seen.loc[seen["area"] == path]
    better = mine.loc[mine["verdict"] == "better"].sort_values("rank").head(MOST)
    worse = mine.loc[mine["verdict"] == "worse"].sort_values("rank", ascending=False).head(MOST)
    words = [f"{name}优于各地区合计水平的主要指标有{_listed(better, ranking)}"] if len(better) else []
    words += [f"{'' if words else name}低于合计水平、需要关注的有{_listed(worse, ranking)}"] if len(worse) else []
    down = mine.loc[mine["falling"]]
    words += [f"比上年变差的有{'、'.join(down['name'])}"] if len(down) else []
    return Block.paragraph("；".join(words or [f"{name}各项主要指标与各地区合计水平差异不明显"]) + "。")


def _listed(rows: pd.DataFrame, ranking: str) -> str:
    def place(r: Any) -> str:
        return f"，位次{int(r['rank'])}/{int(r['n_ranked'])}" if ranking == "full" and pd.notna(r["rank"]) else ""

    return "、".join(f"{r['name']}（{spoken(r)}{place(r)}）" for r in rows.to_dict("records"))
