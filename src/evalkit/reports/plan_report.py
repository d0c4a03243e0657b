"""A result as blocks and files: difference first, the sentence, tables, figures, 测算说明, 测算底稿."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.charts import plans as charts
from evalkit.documents import Block
from evalkit.documents import write as write_document
from evalkit.documents.workbook import csv_bytes
from evalkit.files import put
from evalkit.reports.plan_words import TOLD
from evalkit.reports.plan_workbook import workbook
from evalkit.reports.voice import NO_WORD
from evalkit.subsidy.comparing import bases
from evalkit.subsidy.coverage import SIDES as SIDE_WORDS
from evalkit.subsidy.coverage import (
    coverage,
    functional_words,
    left_out,
    remarks,
    touched,
    why_words,
)
from evalkit.subsidy.envelope import Envelope
from evalkit.subsidy.money import moved, one_unit
from evalkit.subsidy.notes import assumed
from evalkit.subsidy.notes import notes as plan_notes
from evalkit.subsidy.one import FEWEST
from evalkit.subsidy.result import Result
from evalkit.subsidy.simulation import FEN
from evalkit.subsidy.words import WORDS, lists
from evalkit.world.note import Note
from evalkit.world.number import MISSING, plain, quotient

COLUMNS, TITLES, CHAPTERS = TOLD["columns"], TOLD["tables"], TOLD["chapters"]
SAID, FILES, WAN = TOLD["said"], TOLD["files"], TOLD["unit"]
SIDE_OF_ROW = {"baseline": SIDE_WORDS[0], "reform": SIDE_WORDS[1]}
AMOUNT = 2  # decimals of an amount in the unit of its table


def _money(label: str, key: str, decimals: int = AMOUNT) -> dict[str, Any]:
    form = {"decimals": decimals, "grouped": True}
    return {"key": key, "label": label, "format": form, "align": "right"}


RECORD = f"{FILES['record']}.json"  # in the folder: which files the last scenario wrote into it
NOTES = WORDS["report"]
ROUNDED = NOTES["rounded"]
CHANGE = tuple(
    _money(head, key)
    for head, key in zip((*SIDE_WORDS, COLUMNS["change"]), ("old", "new", "change"), strict=True)
)


def _named(*keys: str) -> list[str]:
    """Columns of text."""
    return [COLUMNS[key] for key in keys]


def _right(*keys: str) -> list[dict[str, Any]]:
    """Columns of numbers as they stand."""
    return [{"key": COLUMNS[key], "label": COLUMNS[key], "align": "right"} for key in keys]


def _share(key: str, label: str) -> dict[str, Any]:
    return {"key": key, "label": label, "percent": True}


def _year(year: int) -> str:
    return TOLD.say("said.year", year=year)


def _wan(row: Any) -> list[float]:
    return [float(row[c]) / 1e6 for c in FEN]


def _block(
    result: Result,
    title: str,
    columns: list[Any],
    rows: list[list[Any]],
    total: int = 0,
    unit: str = WAN,
    notes: Any = (),
    **more: Any,
) -> Block:
    """A table with its source; what the source already says, no note says again."""
    told = [str(note) for note in notes if note and not _in_the_source(note)]
    return Block.table(
        title,
        columns,
        rows,
        unit=unit,
        total_rows=total,
        source=result.source_line,
        sortable=False,
        notes=told,
        demo=result.plan.source.is_demo,
        **more,
    )


def _in_the_source(note: str | Note) -> bool:
    """Whether a note says what the line of the source says already."""
    return isinstance(note, Note) and note.code == "source.demo"


def difference(result: Result) -> Block:
    """What the reform changes against the baseline; the first table of every report."""
    rows = [
        [r["item"], r["old"], r["new"], r["unit"], r["since"]]
        for r in result.reform.difference(result.plan.scheme)
    ]
    columns = [
        COLUMNS["item"],
        *_right("from", "to"),
        COLUMNS["unit"],
        COLUMNS["since"],
    ]
    return _block(
        result,
        TITLES["difference"],
        columns,
        rows or [[SAID["no_change"], None, None, "", ""]],
        unit="",
        notes=[result.plan.scheme.note, result.reform.note],
    )


def by_payer(result: Result, named: bool = True) -> Block:
    """Cost by payer and year before and after, with the full year (翘尾); without `named` no area is named."""
    names, rows = lists()["payer"], []
    for year, part in result.cost("payer").groupby("year"):
        rows += [[_year(year), names[r["payer"]], *_wan(r)] for r in part.to_dict("records")]
        rows.append([_year(year), SAID["total"], *_wan(part[FEN].sum())])
    return _block(
        result,
        TITLES["by_payer"],
        [COLUMNS["year"], COLUMNS["payer"], *CHANGE],
        rows,
        notes=[
            _carried_over(result),
            NOTES["dues"],
            ROUNDED,
            *remarks(result, named=named),
        ],
    )


def _carried_over(result: Result) -> str:
    """What the change would be in a full year, of the years in which it does not hold through."""
    over = result.carry_over()
    over = over[over["carry_over_fen"] != 0]
    said = one_unit([*over["whole_year_fen"], *over["carry_over_fen"]])
    return "；".join(
        WORDS.say(
            "report.carried_over",
            year=r["year"],
            whole=moved(r["whole_year_fen"], said),
            rest=moved(r["carry_over_fen"], said),
        )
        for r in over.to_dict("records")
    )


def by_area(result: Result, year: int | None = None, place: str = NO_WORD) -> Block:
    """One row a district: cost before and after, money per member, organisations that gain, stay or lose.

    What cannot be reckoned in a district is not a zero: the cell is empty, and a note says what is missing.
    """
    year = year or result.plan.years[0]
    gaps = left_out(result, year).groupby("area")["component"].agg(set).to_dict()
    moving, everything = set(touched(result)), set(result.scheme.components)
    grouped = result.groups("area", year)[["area", "gain", "same", "lose"]]
    counts = {area: each for area, *each in grouped.itertuples(index=False, name=None)}
    frame = result.change("area", year)
    change = int(frame["change_fen"].sum())
    rows = [
        _area_row(r, counts, change, gaps.get(r["area"], set()), moving, everything)
        for r in frame.to_dict("records")
    ]
    total = {**frame.sum(numeric_only=True).to_dict(), "area": "", "area_name": SAID["total"]}
    counts[""] = [sum(column) for column in zip(*counts.values(), strict=True)]
    rows.append(_area_row(total, counts, change, set(), moving, everything))
    if gaps:  # members of districts whose money is not known
        rows[-1][6:8] = [None, None]
    columns = [
        {"key": "area", "label": place},
        _money(COLUMNS["members"], "members", 0),
        *CHANGE,
        _share("share", COLUMNS["share"]),
        _money(COLUMNS["per_old"], "per_old", 0),
        _money(COLUMNS["per_new"], "per_new", 0),
        *(one | {"group": COLUMNS["organisations"]} for one in _right("gain", "same", "lose")),
    ]
    notes = [*remarks(result, [year]), *assumed(result.plan), ROUNDED]
    return _block(
        result, TOLD.say("tables.by_area", year=year, place=place), columns, rows, 1, notes=notes
    )


def _area_row(
    row: dict[str, Any],
    counts: dict[str, list[int]],
    change: int,
    gap: set[str],
    moving: set[str],
    everything: set[str],
) -> list[Any]:
    """The cells of a district; `gap` are the components that cannot be reckoned there."""
    money: list[float | None] = list(_wan(row))
    members = row["members"]
    per = [quotient(row[c], 100 * members) if members and not gap else None for c in FEN[:2]]
    share = row["change_fen"] / change if change else None
    groups: list[int | None] = [int(number) for number in counts.get(row["area"]) or (0, 0, 0)]
    if gap >= everything:
        money[:2] = None, None
        members = members or None
    if gap & moving:
        groups = [None] * 3
        if gap >= moving:
            money[2] = share = None
    return [row["area_name"], members, *money, share, *per, *groups]


def by_areas(result: Result) -> Block:
    """`by_area` of every year asked for."""
    return Block.group(*(by_area(result, year) for year in result.plan.years))


def reached(result: Result) -> Block:
    """计发 and 未计发 by component and year, with the reasons; before and after where the reform changes who is in."""
    rows = []
    for year in result.plan.years:
        before, after = (coverage(result, year, side).to_dict("records") for side in (0, 1))
        for old, new in zip(before, after, strict=True):
            same = all(old[key] == new[key] for key in ("paid", "unpaid", "reasons"))
            sides = (
                [(SAID["both_sides"], new)]
                if same
                else list(zip(SIDE_WORDS, (old, new), strict=True))
            )
            for word, row in sides:
                why = why_words(row["reasons"], row["unit"])
                rows.append(
                    [_year(year), row["name"], word, row["paid"], row["unpaid"], row["unit"], why]
                )
    columns = [
        *_named("year", "item", "side"),
        *_right("paid", "unpaid"),
        *_named("unit", "why"),
    ]
    functional = max(
        (int(coverage(result, year)["functional"].max()) for year in result.plan.years), default=0
    )
    notes = [NOTES["reached"], functional_words(functional)]
    return _block(result, TITLES["reached"], columns, rows, unit="", notes=notes)


def not_reckoned(result: Result) -> Block | None:
    """Districts whose money cannot be reckoned and what is missing; None where there is none."""
    rows = []
    for year in result.plan.years:
        for r in left_out(result, year).to_dict("records"):
            full = [None if pd.isna(r[c]) else r[c] / 1e6 for c in ("full_old_fen", "full_new_fen")]
            rows.append([_year(year), r["area_name"], r["name"], r["reason"], *full])
    if not rows:
        return None
    columns = [
        *_named("year", "area", "item", "lacks"),
        *(_money(COLUMNS[key], key) for key in ("full_old", "full_new")),
    ]
    return _block(result, TITLES["not_reckoned"], columns, rows, notes=[NOTES["not_reckoned"]])


def by_basis(result: Result) -> Block:
    """全额 and 补差 of the components with a floor, side by side."""
    rows, parts = [], result.scheme.components
    for r in bases(result.plan, result.reform).to_dict("records"):
        part = parts[r["component"]]
        own = SAID["own_basis"] if r["basis"] == part.basis else ""
        rows.append([_year(r["year"]), part.name, WORDS["values"][r["basis"]] + own, *_wan(r)])
    plan = result.plan
    floors = {f"{n}.basis": "top_up" for n, part in parts.items() if part.basis}
    top_up = plan.scheme.under(plan.scheme.reform(floors))
    given = [plan.reduction.not_given(top_up, n) for n, part in parts.items() if part.basis]
    notes = [NOTES["by_basis"], *given, *remarks(result)]
    return _block(
        result, TITLES["by_basis"], [*_named("year", "item", "basis"), *CHANGE], rows, notes=notes
    )


def fairness(result: Result, standard: float) -> Block:
    """Adequacy (of the money by member, where there is such a component) and inequality before and after, by year."""
    of = next((n for n, p in result.scheme.components.items() if p.per == "member"), None)
    rows = []
    for year in result.plan.years:
        reach, unequal = result.reach(standard, year, of), result.inequality(year)
        for side, word in SIDE_OF_ROW.items():
            shares = reach.loc[side, ["share", "member_share"]].tolist()
            rows.append([_year(year), word, *shares, *unequal.loc[side].tolist()])
    name = result.scheme.components[of].name if of else ""
    columns = [
        *_named("year", "side"),
        _share("o", TOLD.say("columns.enough", component=name, standard=plain(standard))),
        _share("m", COLUMNS["enough_members"]),
        *(_money(COLUMNS[key], COLUMNS[key], 3) for key in ("gini", "theil", "between", "within")),
    ]
    notes = [
        *NOTES["fairness"],
        *remarks(result),
    ]
    return _block(result, TITLES["fairness"], columns, rows, unit="", notes=notes)


def summary(result: Result) -> Block:
    """The answer in one sentence."""
    return Block.paragraph(result.sentence, "summary")


def whom(result: Result) -> Block:
    """`reached`, and the districts that cannot be reckoned where there are any."""
    gaps = not_reckoned(result)
    return Block.group(reached(result), *([gaps] if gaps else []))


def basis(result: Result) -> Block:
    """What was assumed, whom nothing is due to, what is missing, and where the standards come from."""
    told = dict.fromkeys([*plan_notes(result.plan), *remarks(result)])
    return Block.bullets([*told, WORDS.say("report.from_where", source=result.plan.scheme.source)])


def further(result: Result) -> Block:
    """What one more yuan of each standard costs in a full year, from the reform's values on."""
    rows = [
        [
            r["label"],
            r["value"],
            TOLD.say("said.raised", step=plain(r["step"])),
            r["cost_fen"] / 1e6,
        ]
        for r in result.further().to_dict("records")
    ]
    columns = [
        COLUMNS["standard"],
        _money(SIDE_WORDS[1], "value", 1),
        COLUMNS["step"],
        _money(COLUMNS["cost"], "cost"),
    ]
    return _block(result, TITLES["further"], columns, rows)


bars, curves, pareto = charts.changes, charts.lorenz, charts.pareto


def blocks(result: Result, standard: float = 150) -> list[Block]:
    """The 测算说明 in order."""
    title = result.title or SAID["title"]
    said = [
        TOLD.say(f"said.{key}", **{key: text})
        for key in ("author", "source")
        if (text := getattr(result.reform, key))
    ]
    out = [
        Block.heading(title, 1),
        *map(Block.paragraph, said),
        difference(result),
        Block.paragraph(result.sentence),
        Block.heading(CHAPTERS["money"], 2),
        by_payer(result),
        Block.heading(CHAPTERS["areas"], 2),
        *by_areas(result).blocks,
        bars(result),
        Block.heading(CHAPTERS["whom"], 2),
        *whom(result).blocks,
    ]
    if any(p.basis for p in result.scheme.components.values()):
        out += [Block.heading(CHAPTERS["basis"], 2), by_basis(result)]
    out += [
        Block.heading(CHAPTERS["fairness"], 2),
        fairness(result, standard),
        curves(result),
        Block.heading(CHAPTERS["further"], 2),
        further(result),
    ]
    return [
        *out,
        Block.heading(CHAPTERS["how"], 2),
        basis(result),
    ]


def _plain(frame: pd.DataFrame, result: Result) -> pd.DataFrame:
    """A frame for a file: Chinese words for headings and codes, yuan for fen."""
    names = lists() | {"component": {n: part.name for n, part in result.scheme.components.items()}}
    told = {
        c: frame[c].map(names[c]) for c in ("component", "payer", "org_kind", "level") if c in frame
    }
    yuan = {c: frame[c] / 100 for c in frame if str(c).endswith("_fen")}
    return frame.assign(**told, **yuan).rename(columns=WORDS["heads"])


def write(
    result: Result,
    folder: str | Path,
    standard: float = 150,
    shared: Envelope | None = None,
) -> list[Path]:
    """测算说明 as a page and for Word, 测算表.xlsx, tables as csv, figures as png, 测算底稿.xlsx and the reform itself into a folder.

    What is open in another program stays; the new one stands beside it, and the path given back is the one written.
    """
    out = Path(folder)
    all_blocks = blocks(result, standard)
    tables = {str(b.content["title"]): b for b in all_blocks if b.kind == "table"}
    written = []
    documents = (f"{FILES['told']}.html", f"{FILES['told']}.docx", f"{FILES['tables']}.xlsx")
    for path in (out / name for name in documents):
        locked = [p.read for p in write_document(all_blocks, path) if p.code == "output_locked"]
        written.append(Path(locked[0]) if locked else path)
    files = {f"{FILES['reform']}.yml": result.reform.to_yaml(result.plan.scheme).encode("utf-8")}
    files |= {f"{b.content['title']}.png": b.png for b in all_blocks if b.kind == "figure"}
    frames = {name: as_printed(b) for name, b in tables.items()}
    frames |= {FILES["items"]: _plain(result.table, result)}
    for year in result.plan.years:
        first = year == result.plan.years[0]
        name = FILES["organisations"] if first else TOLD.say("files.organisations_of", year=year)
        frames[name] = _each(result, year)
    files |= {f"{name}.csv": csv_bytes(frame) for name, frame in frames.items()}
    written += [put(out / name, content) for name, content in files.items()]
    if shared is not None:
        written += write_envelope(shared, out)
    written.append(workbook(result, out / f"{FILES['workbook']}.xlsx", shared))
    _clear(out, {path.name for path in written})
    return written


def write_tables(result: Result, path: Path, standard: float = 150) -> list[str]:
    """The tables alone as one workbook in the format of the path's ending; what is to be said of it.

    The workbook that reckons (测算底稿) is not among them: its formulas stand in the folder of `write`.
    """
    tables = [block for block in blocks(result, standard) if block.kind == "table"]
    found = write_document(tables, path, title=FILES["tables"])
    return [*(problem.text() for problem in found), WORDS.say("command.workbook", path=path)]


def as_printed(block: Block) -> pd.DataFrame:
    """A table for a csv file: heads in words with their units, numbers with separators, nothing where nothing is known."""
    content = block.content
    heads = [_with_unit(column, content["unit"]) for column in content["columns"]]
    rows = [["" if text == MISSING else text for text in row] for row in block.texts()]
    return pd.DataFrame(rows, columns=heads, dtype=object)


def _with_unit(column: Mapping[str, Any], unit: str) -> str:
    """现行标准（万元）, 党组织·增加（个）: a file has no place for the unit but the head."""
    group, found, own = column.get("group", "").partition("（")
    label = f"{group}·{column['label']}{found}{own}" if group else str(column["label"])
    form = column.get("format") or {}
    is_amount = unit and form.get("decimals") == AMOUNT and "（" not in label
    return f"{label}（{unit}）" if is_amount else label


def _each(result: Result, year: int) -> pd.DataFrame:
    """The organisations of a year; a list shows no count of persons below 3."""
    rows = result.organisations(year).drop(columns=["known", "change_known"])
    return _plain(rows.assign(members=rows["members"].where(rows["members"] >= 3)), result)


def _clear(folder: Path, written: set[str]) -> None:
    """Remove what the scenario before wrote into the folder and this one does not have; keep the record of this one.

    Only files that the record names go: what somebody else put into the folder stays, whatever it is called.
    """
    for name in _recorded(folder) - written:
        path = folder / name
        if path.parent == folder and path.is_file():
            path.unlink(missing_ok=True)
    put(folder / RECORD, json.dumps(sorted(written), ensure_ascii=False).encode("utf-8"))


def _recorded(folder: Path) -> set[str]:
    """The names in the record of a folder; none where there is no record that can be read."""
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    return {name for name in found if isinstance(name, str)} if isinstance(found, list) else set()


def by_share(shared: Envelope, result: Result, place: str = NO_WORD) -> Block:
    """What a fixed sum gives to each area, beside what the scheme would give."""
    heads = WORDS["envelope"]["heads"]
    rows = [
        [r["area_name"], r["organisations"], r["members"], *(r[c] / 1e6 for c in _OF_A_SHARE)]
        for r in shared.areas.to_dict("records")
    ]
    sums = shared.areas[["organisations", "members", *_OF_A_SHARE]].sum()
    total = [sums["organisations"], sums["members"], *(sums[c] / 1e6 for c in _OF_A_SHARE)]
    columns = [
        {"key": "area", "label": place},
        _money(heads["organisations"], "organisations", 0),
        _money(COLUMNS["members"], "members", 0),
        *(_money(heads[c].removesuffix("（元）"), c) for c in _OF_A_SHARE),
    ]
    title = WORDS.say("envelope.title", year=shared.year)
    return _block(result, title, columns, [*rows, [SAID["total"], *total]], 1, notes=[ROUNDED])


_OF_A_SHARE = ("need_fen", "amount_fen", "change_fen")


def write_envelope(shared: Envelope, folder: str | Path) -> list[Path]:
    """What a fixed sum gives to each area and each organisation, as csv; no number of members below 3."""
    heads = WORDS["heads"]
    each = shared.organisations
    columns = ["area", "party_org", "members", "need_fen", "amount_fen", "change_fen"]
    each = each[columns].assign(members=each["members"].where(each["members"] >= FEWEST))
    tables = {FILES["shared_areas"]: shared.areas, FILES["shared_organisations"]: each}
    written = []
    for name, table in tables.items():
        yuan = {c: table[c] / 100 for c in table if str(c).endswith("_fen")}
        told = table.assign(**yuan).rename(columns=heads | WORDS["envelope"]["heads"])
        written.append(put(Path(folder) / f"{name}.csv", csv_bytes(told)))
    return written
