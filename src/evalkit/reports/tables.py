"""Tables of reports: frames in, blocks out. Rows stand in administrative order with 合计; a rank is a column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from evalkit.codebook import Codebook
from evalkit.documents import Block, Cell
from evalkit.documents.latex import latex_table as latex
from evalkit.indicators.compare import VERDICTS, WHOLE, compare
from evalkit.reports.journal import balance, descriptive, regression
from evalkit.reports.quality import (
    baseline,
    extents,
    missing,
    problem_list,
    problem_summary,
    submissions,
    widest,
)
from evalkit.reports.scope import Scope
from evalkit.reports.sentences import MOST, declared, place_of, spoken
from evalkit.reports.voice import Voice, packaged, voice_of, whole_of
from evalkit.reports.words import (
    HIDDEN,
    MISSING,
    baseline_words,
    change_unit,
    fixed,
    hidden_notes,
    large,
    light,
    light_rule,
    marked,
    now_words,
    period_words,
    right,
    shown,
    source_line,
    span,
    stepped,
    valued,
    which_of,
    with_something,
)
from evalkit.world.area import Area
from evalkit.world.extent import Extent, named, split
from evalkit.world.number import half_up, times

SMALL_BASE = "基数小,不参与排序"


def headline(codebook: Codebook | None = None) -> list[str]:
    """Codes of the main indicators, by dimension in the order of the codebook."""
    return (Voice(codebook) if codebook else packaged()).headline


def main_codes(rows: pd.DataFrame) -> list[str]:
    """Codes of the main indicators among rows that say so (`rows_of`), else of the packaged codebook."""
    if "headline" not in rows:
        return headline()
    return list(dict.fromkeys(rows.loc[rows["headline"].astype(bool), "indicator"]))


def overview(
    indicators: pd.DataFrame,
    period: str | int,
    against: str | int | None = None,
    level: str = "district",
    only: Sequence[str] | None = None,
    codebook: Codebook | None = None,
    ranking: str = "full",
    part: str = "all",
) -> Block:
    """主要指标一览表: the whole area first, then every area by family of indicators.

    Each cell holds the value with its traffic light; beside it the change against the earlier period and the rank
    (`ranking` full), its third (bands: 前, 中, 后) or neither (none). `part`: all, whole or areas.
    """
    voice = Voice(codebook) if codebook else voice_of(indicators)
    codes = list(only) if only is not None else voice.headline
    frame = indicators.loc[indicators["indicator"].isin(codes)]
    frame = frame.assign(name=frame["indicator"].map(voice.short_names(frame)))
    compared = against is not None and bool((frame["period"] == str(against)).any())
    scope = Scope.about(frame, period, str(against) if compared else None, level, None, ranking)
    if (indicators["period"] == scope.period).any() and not (
        (frame["period"] == scope.period) & (frame["level"] == level)
    ).any():
        return Block.paragraph("主要指标一览表：台账里没有可以计算主要指标的数据。")
    areas = frame.loc[frame["level"] == level]
    now = compare(areas, scope.period, against=scope.baseline, whole=whole_of(frame))
    now = now.merge(_extra(frame, scope.period), on=["area", "indicator"], how="left")
    view = _View(scope, frame, now, voice)
    blocks = [_whole(view, codes)] if part != "areas" else []
    dimensions = (
        frame.drop_duplicates("indicator")
        .set_index("indicator")
        .reindex(codes)["dimension"]
        .dropna()
    )
    known = voice.codebook.dimensions
    for dimension in dict.fromkeys(dimensions) if part != "whole" else ():
        wanted = [c for c in codes if dimensions.get(c) == dimension]
        name = known[dimension].name if dimension in known else str(dimension)
        blocks.append(_family(view, wanted, name))
    return blocks[0] if part == "whole" else Block.group(*blocks)


@dataclass(frozen=True, eq=False)
class _View:
    """What a table of main indicators is made of: its rows, the areas compared, and what these are called."""

    scope: Scope
    frame: pd.DataFrame
    now: pd.DataFrame
    voice: Voice

    @property
    def place(self) -> str:
        return self.voice.place(self.scope.level)

    @property
    def since(self) -> str:
        return baseline_words(self.scope.period, self.scope.baseline, self.voice)

    def total(self, period: str | None) -> pd.DataFrame:
        """The whole area in a period, by indicator; empty without one."""
        rows = (
            above(self.frame, period, self.scope.level)
            if period is not None
            else self.frame.iloc[:0]
        )
        return rows.set_index("indicator")


def _place(row: Any, ranking: str) -> int | str:
    """Rank, or third of the order (ties together), of a row of `compare`."""
    if pd.isna(row["rank"]):
        return MISSING if row["ranked"] else "基数小"
    if ranking == "full":
        return int(row["rank"])
    if row["n_ranked"] == 2:  # of two there is none in the middle
        return "前" if row["rank"] == 1 else "后"
    return "前中后"[min(2, int(3 * (row["rank"] - 1) / row["n_ranked"]))]


def _ends(mine: pd.DataFrame, place: str) -> list[str]:
    """The best and the last area of an indicator with their values; ties together, nobody where nobody is ahead."""
    ranked = mine.loc[mine["rank"].notna()].sort_values(["rank", "sort_order"], kind="stable")
    if not len(ranked):
        same = {shown(r, unit=False) for _, r in mine.iterrows()}
        return [f"各{place}相同" if len(same) == 1 and len(mine) > 1 else MISSING, MISSING]
    told = []
    for rank in (ranked["rank"].min(), ranked["rank"].max()):
        tied = ranked.loc[ranked["rank"] == rank]
        names = "、".join(tied["area_name"]) if len(tied) <= MOST else f"{len(tied)}个"
        told.append(f"{names}{'并列' * (len(tied) > 1)} {shown(tied.iloc[0], unit=False)}")
    return told


def _extra(frame: pd.DataFrame, period: str) -> pd.DataFrame:
    now = frame.loc[frame["period"] == period]
    now = now if "target_own" in now else now.assign(target_own=False)
    return now[
        [
            "area",
            "indicator",
            "target",
            "target_name",
            "target_own",
            "short_name",
            "is_demo",
            "ci_low",
            "ci_high",
            "base",
            "method",
        ]
    ]


def above(frame: pd.DataFrame, period: str, level: str) -> pd.DataFrame:
    """The rows of the topmost area that holds all areas of the level, where there is such an area (a county of townships too)."""
    inside, known = frame.loc[frame["level"] == level, "area"].unique(), set(frame["area"])
    names = str(inside[0]).split("/")[:-1] if len(inside) else []
    homes = ["/".join(names[: n + 1]) for n in range(len(names))]
    root = next(
        (a for a in homes if a in known and all(i.startswith(f"{a}/") for i in inside)), None
    )
    return frame.loc[(frame["period"] == period) & (frame["area"] == root)]


def _whole(view: _View, codes: list[str]) -> Block:
    scope, now, place = view.scope, view.now, view.place
    period, against, ranking = scope.period, scope.baseline, scope.ranking
    total = view.total(period)
    moves = _moves_of_total(view.frame, total, period, against)
    rows, every = [], int(now["area"].nunique())
    for code in codes:
        mine = now.loc[(now["indicator"] == code) & now["value"].notna()]
        if not len(mine) and code not in total.index:
            continue
        row = total.loc[code] if code in total.index else mine.iloc[0]
        whole = code in total.index
        ends = _ends(mine, place)
        told: list[Any] = [MISSING] * 2
        if whole and code in moves.index and pd.notna(moves.at[code, "previous"]):
            old = valued(row, moves.at[code, "previous"], unit=False)
            told = [old, stepped(row, moves.at[code, "change"])]
        few = f"（{n}个{place}有数）" if 0 < (n := mine["area"].nunique()) < every else ""
        target = MISSING if pd.isna(row["target"]) else _reference(row)
        rows.append(
            [
                f"{row['name']}（{row['unit']}）{few}",
                marked(row) if whole else MISSING,
                *told,
                target,
                *(ends if ranking == "full" else []),
            ]
        )
    name = str(total["area_name"].iloc[0]) if len(total) else f"各{place}"
    heads = right(
        value=f"{name}{period_words(period)}",
        previous=period_words(against) if against else view.since,
        change="增减",
    )
    ends_ = [f"最好{place}", f"靠后{place}"] if ranking == "full" else []
    columns: list[Any] = [
        "指标",
        *heads,
        {"key": "target", "label": _target_head(view.frame), "align": "left"},
        *ends_,
    ]
    columns, rows = with_something(columns, rows, ("previous", "change", *ends_))
    notes = [light_rule(view.frame), "比率的增减以百分点计；箭头表示数值升降，不表示好坏。"]
    notes += extent_notes(total.reindex(codes).dropna(subset=["name"]), moves, place, scope.voice)
    title, demo = f"{period_words(period)}主要指标一览表", bool(view.frame["is_demo"].any())
    return Block.table(
        title,
        columns,
        rows,
        notes=notes,
        source=source_line(period, demo),
        sortable=False,
        demo=demo,
    )


def axes(
    indicators: pd.DataFrame,
    period: str | int,
    against: str | int | None = None,
    level: str = "district",
    ranking: str = "full",
) -> Block:
    """The axes of the judgement (prose.yml): this year, the baseline, the highest and the lowest area.

    An axis that the ledgers do not give keeps its row and says so. With `ranking` full the ends have their names.
    """
    voice, codes = voice_of(indicators), declared()["axes"]
    frame = indicators.loc[indicators["indicator"].isin(codes)]
    compared = against is not None and bool((frame["period"] == str(against)).any())
    scope = Scope.about(frame, period, str(against) if compared else None, level, None, ranking)
    view = _View(scope, frame, frame.iloc[:0], voice)
    total = view.total(scope.period)
    moves = _moves_of_total(frame, total, scope.period, scope.baseline)
    rows, silent, small = [], list[str](), False
    for code in codes:
        about = voice.codebook.indicators.get(code)
        if about is None:
            continue
        mine = frame.loc[
            (frame["indicator"] == code)
            & (frame["level"] == level)
            & (frame["period"] == scope.period)
        ]
        told = mine.loc[mine["value"].notna()]
        whole = total.loc[code] if code in total.index else None
        if whole is None and not len(told):
            silent.append(voice.named(about))
        value = MISSING if whole is None else marked(whole)
        change: list[Any] = [MISSING, MISSING]
        if whole is not None and code in moves.index and pd.notna(moves.at[code, "previous"]):
            old = moves.at[code, "previous"]
            change = [valued(whole, old, unit=False), stepped(whole, moves.at[code, "change"])]
        ends, few = _highest_and_lowest(mine, scope.period, ranking)
        small |= few
        rows.append([f"{voice.named(about)}（{about.unit}）", value, *change, *ends])
    place = view.place
    before = period_words(scope.baseline) if scope.baseline else view.since
    columns: list[Any] = [
        "指标",
        *right(
            value=period_words(scope.period),
            previous=before,
            change="增减",
            highest=f"最高{place}",
            lowest=f"最低{place}",
        ),
    ]
    notes = [light_rule(frame)]
    notes += (
        ["分母不足30的，有两个以上基数够大的地区时不参与最高、最低，否则仅供参考。"]
        if small
        else []
    )
    notes += [f"{'、'.join(silent)}：台账没有报送所需的数字。"] if silent else []
    notes += hidden_notes(frame, hidden_cells(frame, scope.period))
    notes += extent_notes(
        total.reindex([c for c in codes if c in total.index]), moves, place, voice
    )
    demo = bool(indicators["is_demo"].any())
    return Block.table(
        f"{period_words(scope.period)}三项主要指标",
        columns,
        rows,
        notes=notes,
        source=source_line(scope.period, demo),
        sortable=False,
        demo=demo,
    )


def _highest_and_lowest(mine: pd.DataFrame, period: str, ranking: str) -> tuple[list[str], bool]:
    """The ends of an indicator over the areas, and whether there are areas with a small base.

    These stand back where two others are left. No ends where fewer than two areas have a value, or where hidden values
    could be one of them.
    """
    hidden = "hidden" in mine and bool(mine["hidden"].any())
    known = mine.loc[mine["value"].notna()]
    if hidden or known["area"].nunique() < 2:
        return [HIDDEN if hidden else MISSING] * 2, False
    seen = compare(known, period)
    few = not bool(seen["ranked"].all())
    if seen["ranked"].sum() > 1:
        seen = seen.loc[seen["ranked"]]
    seen = seen.sort_values("sort_order", kind="stable")
    texts = seen.apply(lambda row: shown(row, unit=False), axis=1)
    told = []
    for value in (seen["value"].max(), seen["value"].min()):
        end = shown(seen.iloc[0], value, unit=False)
        names = list(seen.loc[texts == end, "area_name"])
        if ranking != "full":
            told.append(end)
        elif len(names) == len(seen):
            told.append(f"各地相同 {end}")
        else:
            who = "、".join(names) if len(names) <= MOST else f"{len(names)}个"
            told.append(f"{who} {end}")
    return told, few


def _moves_of_total(
    frame: pd.DataFrame, total: pd.DataFrame, period: str, against: str | None
) -> pd.DataFrame:
    """By indicator how the total moved, over the areas that reported in both periods."""
    if against is None or not len(total):
        return pd.DataFrame()
    rows = frame.loc[frame["area"] == total["area"].iloc[0]]
    return compare(rows, period, against=against, whole=whole_of(frame)).set_index("indicator")


def _in_order(frame: pd.DataFrame, now: pd.DataFrame, total: pd.DataFrame) -> pd.DataFrame:
    """Area and name of the lines of a table: the areas with a value, and those that should have reported."""
    known = now[["area", "area_name", "sort_order"]].drop_duplicates("area")
    places = whole_of(frame).drop_duplicates("area").set_index("area")
    absent = {area for text in total.get("absent", ()) for area in split(text)}
    level = Area.of(str(known["area"].iloc[0])).level if len(known) else ""
    lost = sorted(a for a in absent - set(known["area"]) if Area.of(a).level == level)
    added = pd.DataFrame(
        {
            "area": lost,
            "area_name": [Area.of(area).name for area in lost],
            "sort_order": [places["sort_order"].get(area, len(places)) for area in lost],
        }
    )
    return pd.concat([known, added]).sort_values("sort_order", kind="stable")[["area", "area_name"]]


def extent_notes(total: pd.DataFrame, moves: pd.DataFrame, place: str, voice: Voice) -> list[str]:
    """On which areas the numbers of a total rest, and its changes, where those are not all.

    Parameters
    ----------
    total
        Rows of `evaluate` by indicator.
    moves
        Rows of `compare` by indicator.
    """
    rests: list[tuple[str, str]] = []
    changes: list[tuple[str, str]] = []
    for code, row in total.iterrows():
        name = str(row["name"])
        extent = Extent.read(row.get("n_areas"), row.get("n_expected"), row.get("absent"))
        if extent and not extent.full:
            rests.append((extent.words(place), name))
        lost = split(moves.at[code, "left_out"]) if code in moves.index else ()
        if lost and pd.notna(moves.at[code, "change"]):
            changes.append((named(lost), name))
    whole, every = voice.term("total"), len(total)
    return [
        *(
            voice.say("total_rests", whole, which, place, extent)
            for extent, which in which_of(rests, every)
        ),
        *(
            voice.say("total_moved", whole, which, place, lost)
            for lost, which in which_of(changes, every)
        ),
    ]


def _target_head(frame: pd.DataFrame) -> str:
    """What the column of references is called; with targets of the project's own it names them first."""
    own = "target_own" in frame and bool(frame["target_own"].fillna(False).any())
    return "目标或参照值" if own else "参照值（说明）"


def _reference(row: Any) -> Cell:
    """The reference with its name, unless the name says no more than the number (应达到100%)."""
    name = str(row["target_name"])
    if row.get("target_own", False):
        return valued(row, row["target"], unit=False, after=f"（{name}）")
    return valued(row, row["target"], unit=False, after="" if "100%" in name else f"（{name}）")


def _family(view: _View, codes: list[str], label: str) -> Block:
    scope, frame, now, place = view.scope, view.frame, view.now, view.place
    period, against, ranking = scope.period, scope.baseline, scope.ranking
    columns: list[Any] = [{"key": "area", "label": place}]
    shown_codes = [code for code in codes if (now["indicator"] == code).any()]
    cells = {(r["area"], r["indicator"]): r for r in now.to_dict("records")}
    total = view.total(period)
    order = _in_order(frame, now, total.reindex(shown_codes))
    for code in shown_codes:
        row = now.loc[now["indicator"] == code].iloc[0]
        order_column = (
            {} if ranking == "none" else {f"{code}_rank": "位次" if ranking == "full" else "档次"}
        )
        columns += right(
            f"{row['short_name']}（{row['unit']}）",
            **{code: "数值", f"{code}_change": "增减"} | order_column,
        )
    gone, rows, small = hidden_cells(frame, period), list[list[Any]](), False
    for area, name in order.itertuples(index=False):
        line: list[Any] = [Cell(str(name), area=str(area))]
        for code in shown_codes:
            one = cells.get((area, code))
            if one is None:
                line += [HIDDEN if (area, code) in gone else "缺报", MISSING, MISSING][
                    : len(columns[1:]) // len(shown_codes)
                ]
                continue
            small |= not one["ranked"]
            line += [
                marked(one),
                stepped(one, one["change"]),
                *([_place(one, ranking)] if ranking != "none" else []),
            ]
        rows.append(line)
    has_total = any(code in total.index for code in shown_codes)
    moves = _moves_of_total(frame, total, period, against)
    if has_total:
        cells_of_total: list[Any] = [view.voice.term("total")]
        for code in shown_codes:
            whole = total.loc[code] if code in total.index else None
            moved = moves.at[code, "change"] if code in moves.index else None
            cells_of_total += (
                [marked(whole), stepped(whole, moved)] if whole is not None else [MISSING] * 2
            )
            cells_of_total += [MISSING] if ranking != "none" else []
        rows.append(cells_of_total)
    notes = [light_rule(now)] + (["基数小：分母不足30，只列示，不参与排序。"] if small else [])
    notes += hidden_notes(frame, gone)
    notes += extent_notes(
        total.reindex(shown_codes).dropna(subset=["name"]), moves, place, scope.voice
    )
    tied = ranking == "full" and bool(now.loc[now["indicator"].isin(shown_codes), "tied"].any())
    notes += ["印出数值相同的，位次并列。"] if tied else []
    notes += ["档次按位次分前、中、后三档，同分同档。"] if ranking == "bands" else []
    title, demo = f"{label}：各{place}{period_words(period)}", bool(frame["is_demo"].any())
    source = source_line(period, demo)
    return Block.table(
        title, columns, rows, total_rows=int(has_total), notes=notes, source=source, demo=demo
    )


def hidden_cells(frame: pd.DataFrame, period: str) -> set[tuple[str, str]]:
    """Area and indicator of the cells that the public version hides."""
    rows = (
        frame.loc[frame["hidden"] & (frame["period"] == period)]
        if "hidden" in frame
        else frame.iloc[:0]
    )
    return set(zip(rows["area"], rows["indicator"], strict=True))


def falling(verdict: pd.DataFrame, codebook: Codebook | None = None) -> Block:
    """差于合计水平且变差: areas whose value is worse than the reference beyond noise and became worse still."""
    voice = Voice(codebook) if codebook else voice_of(verdict)
    codes, since = headline(codebook), _since(verdict, voice)
    hits = verdict.loc[
        (verdict["verdict"] == "worse") & verdict["falling"] & verdict["indicator"].isin(codes)
    ]
    place = voice.place(str(verdict["level"].iloc[0]) if len(verdict) else "")
    columns: list[Any] = [
        {"key": "area", "label": place},
        "指标",
        *right(
            value=now_words(str(verdict["period"].iloc[0]), voice),
            reference="比较基准",
            difference="差距",
            change=f"较{since}",
        ),
    ]
    rows = [
        [
            str(r["area_name"]),
            str(r["name"]),
            valued(r),
            valued(r, r["reference"]),
            *(stepped(r, r[key], change_unit(r)) for key in ("difference", "change")),
        ]
        for r in hits.sort_values(["sort_order", "indicator"]).to_dict("records")
    ]
    if not rows:
        return Block.paragraph(f"没有差于合计水平且比{since}变差的地区和指标。")
    period = str(hits["period"].iloc[0])
    reference = str(hits["reference_name"].iloc[0])
    notes = [
        f"比较基准：{f'各{place}合计' if reference == WHOLE else reference}；差距超出误差范围（比率用95%区间）才列入。箭头表示数值升降。"
    ]
    return Block.table(
        f"差于合计水平且比{since}变差的{place}（{period_words(period)}）",
        columns,
        rows,
        notes=notes,
    )


def _since(compared: pd.DataFrame, voice: Voice) -> str:
    """What the baseline of a frame of `compare` is called; 上年 where nothing is compared."""
    if not len(compared) or pd.isna(compared["against"].iloc[0]):
        return baseline_words("", None, voice)
    period, baseline = str(compared["period"].iloc[0]), str(compared["against"].iloc[0])
    return baseline_words(period, baseline, voice)


def profile(
    mine: pd.DataFrame,
    peers: pd.DataFrame,
    only: Sequence[str] | None = None,
    ranking: str = "full",
) -> Block:
    """One area beside its peers: value, change, numerator and denominator, base, the data's interval, verdict and rank."""
    codes = list(only) if only is not None else list(dict.fromkeys(mine["indicator"]))
    known, place, rows = (
        peers.set_index(["area", "indicator"]),
        {code: n for n, code in enumerate(codes)},
        [],
    )
    gone = mine["hidden"] if "hidden" in mine else pd.Series(False, index=mine.index)
    chosen = mine.loc[mine["indicator"].isin(codes) & (mine["value"].notna() | gone)]
    for r in chosen.sort_values("indicator", key=lambda c: c.map(place), kind="stable").to_dict(
        "records"
    ):
        key = (r["area"], r["indicator"])
        other = known.loc[key] if key in known.index else None
        rank = MISSING if other is None or pd.isna(other["rank"]) else place_of(other)
        if other is not None and not other["ranked"]:
            rank = "基数小"
        between = "" if span(r) in (MISSING, shown(r, unit=False)) else f"（{span(r)}）"
        rows.append(
            [
                str(r["name"]),
                replace(marked(r, unit=True), after=between),
                MISSING if other is None else stepped(r, other["change"]),
                f"{_part(r['numerator'])} / {_part(r['denominator'])}",
                MISSING if other is None else valued(r, other["reference"]),
                MISSING if other is None else VERDICTS[other["verdict"]],
                *([rank] if ranking == "full" else []),
            ]
        )
    voice = voice_of(mine)
    level_of = str(mine["level"].iloc[0]) if len(mine) else ""
    there = voice.place(level_of)
    name, period = (
        (str(mine["area_name"].iloc[0]), str(mine["period"].iloc[0])) if len(mine) else ("", "")
    )
    labels = {
        "value": "数值",
        "change": f"较{_since(peers, voice)}",
        "parts": "分子 / 分母",
        "peers": f"同类{there}",
        "verdict": "比较",
    } | ({"rank": "位次"} if ranking == "full" else {})
    columns: list[Any] = [{"key": "name", "label": "指标"}]
    columns += [
        {"key": k, "label": label, "align": "left" if k == "verdict" else "right"}
        for k, label in labels.items()
    ]
    beside = has_peers(peers, mine)
    if not beside:  # a column that judges nothing
        at = [column["key"] for column in columns].index("verdict")
        columns, rows = columns[:at] + columns[at + 1 :], [row[:at] + row[at + 1 :] for row in rows]
    columns, rows = with_something(columns, rows, ("change", "peers", "rank"))
    demo = bool(mine["is_demo"].any())
    told = (
        f"优于、差于表示与同类其他{there}合计的差距超出误差范围"
        if beside
        else f"没有同类的其他{there}，不作同类比较"
    )
    notes = [light_rule(chosen), f"数值后括号内为台账有约数时的数据区间；{told}。"]
    notes += _own_targets(chosen)
    notes += hidden_notes(mine, gone.any())
    source = source_line(period, demo)
    return Block.table(
        f"{name}{period_words(period)}指标情况",
        columns,
        rows,
        notes=notes,
        source=source,
        demo=demo,
    )


def _own_targets(rows: pd.DataFrame) -> list[str]:
    """What the project set itself for the year, as a note; a column more would turn the page."""
    if "target_own" not in rows:
        return []
    own = rows.loc[rows["target_own"].fillna(False).astype(bool)]
    told = [f"{r['name']}{spoken(r, r['target'])}" for r in own.to_dict("records")]
    return [f"本年目标：{'、'.join(told)}。"] if told else []


def has_peers(peers: pd.DataFrame, mine: pd.DataFrame) -> bool:
    """Whether an area has others of its kind to be compared with (`peers`: rows of ``compare(to="peers")``)."""
    here = peers.loc[peers["area"].isin(mine["area"].unique())]
    return bool(here["reference"].notna().any())


def bases(mine: pd.DataFrame, only: Sequence[str] | None = None) -> Block:
    """On which base each indicator of an area stands, in one paragraph."""
    chosen = mine.loc[
        mine["value"].notna() & (True if only is None else mine["indicator"].isin(only))
    ]
    told = [
        f"{base}（{'、'.join(names)}）"
        for base, names in chosen.groupby("base", sort=False)["short_name"]
    ]
    return Block.paragraph("口径：" + "；".join(told) + "。") if told else Block.group()


def _part(value: float) -> str:
    """A numerator or denominator: 2,984, 265.58万."""
    if pd.notna(value) and value >= 1e5:
        return large(value, "")
    return fixed(value, 0 if pd.isna(value) or float(value).is_integer() else 1)


def rates(rates: pd.DataFrame, places: Iterable[str] | None = None) -> Block:
    """Published rates: value, both parts, base, data interval, sampling interval, source. Never ranked."""
    frame = rates
    if places is not None:
        wanted = list(places)
        column = "place" if "place" in frame else "area_name"
        hit = (
            frame[column].isin(wanted)
            | frame["area_name"].isin(wanted)
            | frame["area"].isin(wanted)
        )
        frame = frame.loc[hit]
    rows = [
        [
            str(r.get("place") or r["area_name"]),
            str(r["period"]) if isinstance(r["period"], str) else "未注明",
            str(r["name"]),
            _stated(r),
            f"{large(r['numerator'], '')} / {large(r['denominator'], '')}",
            str(r["base"] or ""),
            span(r),
            span(r, "ci_low", "ci_high"),
            str(r["method"]),
        ]
        for r in frame.assign(
            decimals=frame["decimals"] + ~frame["kind"].isin(["rate", "ratio"])
        ).to_dict("records")
    ]
    columns: list[Any] = [
        "地方",
        {"key": "period", "label": "年份", "align": "center"},
        "指标",
        *right(value="由公开数字推得", parts="分子 / 分母"),
        "口径",
        *right(span="数据区间", ci="95%区间"),
        "方法",
    ]
    notes = [
        "数据区间由原文的约、余、近、以上等词推得；不同口径、不同年份的比率不作排序，也不放在同一条坐标轴上。"
    ]
    return Block.table(
        "由公开数字推得的比率", columns, rows, notes=notes, source="公开报道，出处见数据来源表"
    )


def _stated(r: dict[str, Any]) -> Cell:
    """A point where the words allow one; 低于 for a ceiling that the printed number keeps; else the range."""
    if not r["low"] < r["high"]:
        return valued(r)
    ceiling = r["high"] <= r["value"] * (1 + 1e-12)
    printed = half_up(times(r["value"], r["scale"]), int(r["decimals"]))
    if ceiling and printed > times(r["value"], r["scale"]):
        return valued(r, before="低于 ")
    return Cell(f"{span(r)}{r['unit']}")


def questions(checks: pd.DataFrame, grades: Iterable[str] | None = None) -> Block:
    """Findings of the consistency checks, politely worded, worst grade first."""
    order = ["数据不一致待核", "口径需明确", "与计划有差距", "相符"]
    wanted = list(grades) if grades is not None else order
    frame = checks.loc[checks["grade"].isin(wanted)]
    frame = frame.assign(_o=frame["grade"].map(order.index)).sort_values("_o", kind="stable")
    marks = {
        "数据不一致待核": ("■", "bad"),
        "口径需明确": ("▲", "middle"),
        "与计划有差距": ("▲", "middle"),
        "相符": ("●", "good"),
    }
    rows = [
        [
            Cell(r["grade"], mark=marks[r["grade"]][0], tone=marks[r["grade"]][1]),
            *(str(r[key]) for key in ("place", "text", "source")),
        ]
        for r in frame.to_dict("records")
    ]
    notes = ["只依据原文文字推算，供与原单位核对，不作为结论。"]
    return Block.table("公开数字的一致性检查", ["结论", "地方", "说明", "出处"], rows, notes=notes)


def plain(
    frame: pd.DataFrame,
    title: str,
    labels: dict[str, str] | None = None,
    limit: int | None = None,
    digits: int | None = None,
    **options: Any,
) -> Block:
    """Any small frame as a table; `labels` renames and chooses the columns, `digits` rounds numbers, half up."""
    labels = labels or {str(c): str(c) for c in frame.columns}
    shown_rows = frame if limit is None else frame.head(limit)
    rows = [[_plain_cell(row[c], digits) for c in labels] for row in shown_rows.to_dict("records")]
    notes = list(options.pop("notes", []))
    if limit is not None and len(frame) > limit:
        notes.append(f"共{len(frame):,}行，这里列出前{limit}行。")
    columns: list[Any] = [{"key": key, "label": label} for key, label in labels.items()]
    return Block.table(title, columns, rows, notes=notes, **options)


def _plain_cell(value: Any, digits: int | None) -> Any:
    if value is None or (not isinstance(value, list | dict) and pd.isna(value)):
        return None
    if digits is not None and isinstance(value, float):
        value = half_up(value, digits)
        return int(value) if value.is_integer() else value
    if not hasattr(value, "dtype"):
        return value
    return int(value) if float(value).is_integer() else float(value)


__all__ = [
    "balance",
    "baseline",
    "bases",
    "descriptive",
    "extents",
    "falling",
    "headline",
    "latex",
    "light",
    "missing",
    "overview",
    "plain",
    "problem_list",
    "problem_summary",
    "profile",
    "questions",
    "rates",
    "regression",
    "submissions",
    "widest",
]
