"""The index of a report: failures first, the key table of all areas, years at a glance, links to every form, provenance."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import evalkit
from evalkit import charts
from evalkit.codebook.dictionary import formula, in_words
from evalkit.documents import FORMS, Block, Cell, Format, html
from evalkit.documents.write import file_name
from evalkit.files import put
from evalkit.indicators import load
from evalkit.indicators.load import Data
from evalkit.indicators.project import Project
from evalkit.problems import SEVERITIES, InputError
from evalkit.reports import tables
from evalkit.reports.annual import rows_of
from evalkit.reports.appendix import OWN
from evalkit.reports.disclosure import as_public, published
from evalkit.reports.explore import EXPLORER
from evalkit.reports.goals_dated import dated_words
from evalkit.reports.publish import INTERNAL, NAMES, NOTICES, REGISTER
from evalkit.reports.quality import files_of
from evalkit.reports.scope import Scope
from evalkit.reports.selfeval import Filled
from evalkit.reports.sentences import declared, facts
from evalkit.reports.voice import voice_of
from evalkit.reports.words import (
    MISSING,
    cell,
    light_rule,
    marked,
    period_words,
    right,
    source_line,
    span,
    valued,
    with_something,
)
from evalkit.runner import Outcome
from evalkit.runner.jobs import stamped
from evalkit.world.period import precedes

PROVENANCE = "provenance.html"
BESIDE = "（2）"  # in the name of a file that stands beside an open one
READY = ("done", "up_to_date")
MANY = 4  # forms of one report that stand below each other, since its neighbours have few


@dataclass(frozen=True)
class Made:
    """What a report run has made: data, areas that reported and that did not, file names, outcomes."""

    project: Project
    data: Data
    parameters: dict[str, Any]
    areas: list[str]
    silent: list[str]
    names: dict[str, str]
    folder: Path
    outcomes: tuple[Outcome, ...]
    filled: tuple[Filled, ...] = ()  # 绩效自评表 with their files
    forms: Mapping[str, str] = field(default_factory=dict)  # the forms with their hashes

    @property
    def period(self) -> str:
        return self.scope.period

    @cached_property
    def scope(self) -> Scope:
        """What the report is about; of the public version the data without small numbers."""
        told = self.parameters
        level, public = str(told["level"]), bool(told["publish"])
        data = published(self.data, level, told.get("within")) if public else self.data
        return Scope.about(
            data,
            told["period"],
            told["baseline"],
            level,
            told.get("within"),
            told.get("ranking", "full"),
            public,
        )

    @cached_property
    def records(self) -> dict[str, list[str]]:
        """The files of every notebook that is whole, by its key, as they are written (seen from the report's folder)."""
        found = {}
        for o in self.outcomes:
            home = o.output.parent.relative_to(self.folder.absolute()).as_posix()
            files = stamped(o.output).get("files", ()) if o.state in READY else ()
            found[o.key] = [name if home == "." else f"{home}/{name}" for name in files]
        return found

    @cached_property
    def _said(self) -> dict[str, dict[str, Any]]:
        """What `publish` left in the metadata of every notebook that is whole."""
        whole = [o for o in self.outcomes if o.state in READY and o.output.is_file()]
        return {o.key: json.loads(o.output.read_text(encoding="utf-8"))["metadata"] for o in whole}

    @property
    def problems(self) -> list[str]:
        """What the writing of the forms had to say, each once."""
        return list(
            dict.fromkeys(
                text for said in self._said.values() for text in said.get("evalkit_problems", ())
            )
        )

    @property
    def length(self) -> int | None:
        """字数 of the official text, tables and figures apart."""
        return next(
            (said["evalkit_length"] for said in self._said.values() if "evalkit_length" in said),
            None,
        )

    @cached_property
    def stale(self) -> list[str]:
        """Files that are not of this run: open elsewhere while the new one was written, or of a notebook that failed."""
        found = [
            f.replace(BESIDE, "") for files in self.records.values() for f in files if BESIDE in f
        ]
        found += [name for names in self.kept.values() for name in names]
        return [f for f in dict.fromkeys(found) if (self.folder / f).exists()]

    @cached_property
    def kept(self) -> dict[str, list[str]]:
        """What an earlier run made of every notebook that is not whole now, by its key: it stays until a newer one is."""
        found = {}
        for o in self.outcomes:
            if o.state not in READY:
                old = [o.output.parent / name for name in stamped(o.output).get("files", ())]
                found[o.key] = [
                    p.relative_to(self.folder.absolute()).as_posix() for p in old if p.is_file()
                ]
        return {key: names for key, names in found.items() if names}

    def made_on(self, key: str) -> str:
        """When the kept files of a notebook were written, in words."""
        when = time.localtime(max((self.folder / name).stat().st_mtime for name in self.kept[key]))
        return (
            f"{when.tm_year}年{when.tm_mon}月{when.tm_mday}日{when.tm_hour:02d}:{when.tm_min:02d}"
        )

    def form(self, key: str, form: str) -> str | None:
        """The address of a form of a notebook, where it was made."""
        end = file_name("", form)
        longer = [e for e in (file_name("", f) for f in FORMS) if e != end and e.endswith(end)]
        stems = {o.key: o.output.stem for o in self.outcomes}
        names = [
            name
            for name in self.records.get(key) or self.kept.get(key, [])
            if name.rpartition("/")[2].startswith(stems[key])
        ]
        plain = {name: name.replace(BESIDE, "") for name in names}
        return next(
            (
                name
                for name, p in plain.items()
                if p.endswith(end) and not p.endswith(tuple(longer))
            ),
            None,
        )


def write_index(made: Made) -> tuple[Path, Path]:
    """``index.html`` and the page of provenance, as they could be written."""
    scope = made.scope
    data = scope.told
    subject = made.project.settings["name"] or made.project.settings["field"] + "党建"
    since = f"比较基期：{period_words(scope.baseline)}" if scope.baseline else "无比较基期"
    foot = source_line(made.period, data.is_demo)
    back = [("返回目录", "index.html")]
    blocks = list(_provenance(made, data))
    place = html.page(
        blocks,
        f"指标出处（{period_words(made.period)}）",
        subtitle=since,
        nav=back,
        footer=foot,
        demo=data.is_demo,
    )
    provenance = put(made.folder / PROVENANCE, place)
    title = f"{subject}评估报告（{period_words(made.period)}）"
    search = Path(__file__).with_name("search.js").read_text(encoding="utf-8").replace("\r\n", "\n")
    page = html.page(
        list(index_blocks(made, data)),
        title,
        subtitle=since,
        nav=_nav(made),
        footer=foot,
        demo=data.is_demo,
        scripts=[search],
        links=_links(made, data),
    )
    return put(made.folder / "index.html", page), provenance


def _nav(made: Made) -> list[tuple[str, str]]:
    pages = [(o.key, made.form(o.key, "html")) for o in made.outcomes if o.key not in made.names]
    found = [*((key, href) for key, href in pages if href), ("指标出处", PROVENANCE)]
    return [*found, ("指标探索", EXPLORER)] if made.project.settings["explorer"] else found


def index_blocks(made: Made, data: Data) -> Iterator[Block]:
    """The page in order: what went wrong, documents, the key table, small fields, data quality, provenance."""
    place = made.scope.place
    failed = []
    for o in made.outcomes:
        if o.state not in READY:
            still = f"（仍保留{made.made_on(o.key)}生成的文件）" if o.key in made.kept else ""
            failed.append(f"{o.key.rpartition('/')[2]}：{o.reason}{still}")
    if failed:
        yield Block.note("以下各项没有生成，其余不受影响：\n" + "\n".join(failed), tone="warning")
    if made.stale:
        text = "以下文件不是最新的：正被其他程序打开的，最新内容在同名带（2）的文件里，关闭后再运行一次即可；这次没有生成的，仍是以前的：\n"
        yield Block.note(text + "\n".join(made.stale), tone="warning")
    if made.silent and data.submitted(made.period, made.parameters.get("within")).full:
        names = "、".join(a.rpartition("/")[2] for a in made.silent)
        yield Block.note(
            f"没有报送{period_words(made.period)}台账的{place}：{names}", tone="warning"
        )
    yield from _who_is_absent(made, data)
    yield Block.heading("报告文件", 2)
    yield from _documents(made)
    yield Block.heading(f"各{place}主要指标", 2)
    yield _key_table(made, data)
    yield from _goals(made)
    years = [figure for code in declared()["yearly"] if (figure := _years(made, code)) is not None]
    if years:
        yield Block.heading("逐年变化", 2)
        yield from years
    yield Block.heading("数据质量", 2)
    files, problems = files_of(data, made.period, made.scope.within)
    counts = problems["severity"].value_counts()
    words = "、".join(
        f"{label}{counts[key]:,}条" for key, (label, _en) in SEVERITIES.items() if counts.get(key)
    )
    found = f"导入时发现{words}，详见“数据质量”页。" if words else "导入时没有发现问题。"
    yield Block.paragraph(f"{period_words(made.period)}共读入台账文件{len(files)}个；{found}")
    if made.problems:
        yield Block.bullets(made.problems)
    yield Block.heading("出处与运行记录", 2)
    what = made.scope.voice.term("demo_invented") if data.is_demo else f"各{place}台账"
    lines = [
        f"数据：{what}，指纹 {data.manifest['fingerprint'][:16]}；程序 Evalkit {evalkit.__version__}。",
        "每个指标的计算方法、分子分母和台账文件见“指标出处”。",
        "运行时间、参数、各文件的校验值见 run.json，用 python start.py verify 复核。",
    ]
    if data.manifest["replaced"]:
        lines.append("项目改写的定义：" + "、".join(data.manifest["replaced"]))
    yield Block.bullets(lines)


def _goals(made: Made) -> Iterator[Block]:
    """How the goals with dates stand, of the area that the report is about."""
    told = made.scope.told
    if told.codebook.goals:
        known = facts(told, made.period, made.parameters["baseline"], made.parameters.get("within"))
        for text in dated_words(known, told):
            yield Block.paragraph(text)


def _who_is_absent(made: Made, data: Data) -> Iterator[Block]:
    """A note for each period compared from which an expected area or ledger is missing."""
    within = made.parameters.get("within")
    periods = (made.period, made.parameters["baseline"])
    said = [data.submitted(period, within) for period in periods if period]
    lines = [one.words() for one in said if not one.full]
    if lines:
        yield Block.note("\n".join(f"{line}。" for line in lines), tone="warning")


def _key_table(made: Made, data: Data) -> Block:
    """Headline indicators of all areas, with links to each profile and each number's provenance."""
    place = made.scope.place
    frame = rows_of(data, [*made.areas, *made.silent], made.scope.level, made.scope.within)
    now = frame.loc[(frame["period"] == made.period) & (frame["level"] == made.scope.level)]
    codes = [c for c in tables.headline(data.codebook) if (now["indicator"] == c).any()]
    cells = {
        (r["area"], r["indicator"]): r
        for r in now.loc[now["indicator"].isin(codes)].to_dict("records")
    }
    heads = {r["indicator"]: r for r in now.drop_duplicates("indicator").to_dict("records")}
    forms = [f for f in FORMS if f != "html" and any(made.form(a, f) for a in made.areas)]
    columns: list[Any] = [{"key": "area", "label": place}]
    columns += right(**{c: f"{heads[c]['short_name']}（{heads[c]['unit']}）" for c in codes})
    columns += [{"key": f, "label": NAMES[f], "align": "center"} for f in forms]
    rows = []
    for area in [*made.areas, *made.silent]:
        name = Cell(area.rpartition("/")[2], area=area)
        values = [marked(cells[area, c]) if (area, c) in cells else "缺报" for c in codes]
        rows.append([name, *values, *(_opened(made.form(area, f)) for f in forms)])
    whole = tables.above(frame, made.period, made.scope.level).set_index("indicator")
    if len(whole):
        total = [marked(whole.loc[c]) if c in whole.index else MISSING for c in codes]
        rows.append([made.scope.voice.term("total"), *total, *[MISSING] * len(forms)])
    title = f"各{place}主要指标（{period_words(made.period)}；点表头排序，点{place}名看详情，点数字看出处）"
    return Block.table(
        title,
        columns,
        rows,
        total_rows=int(len(whole) > 0),
        notes=[light_rule(now)],
        source=source_line(made.period, data.is_demo),
        demo=data.is_demo,
    )


def _opened(href: str | None) -> Cell:
    """A cell that opens a file, where there is one."""
    return Cell("打开", href=href) if href else Cell()


def _links(made: Made, data: Data) -> dict[str, dict[str, str]]:
    """Where cells of the index lead: an indicator to its provenance, an area to its page."""
    pages = {area: made.form(area, "html") for area in made.areas}
    return {
        "indicator": {code: f"{PROVENANCE}#{code}" for code in tables.headline(data.codebook)},
        "area": {area: href for area, href in pages.items() if href},
    }


def _years(made: Made, code: str) -> Block | None:
    """One indicator over all years, a small field for each area; nothing for a single year."""
    data = load(made.project, dataset=made.data.dataset)
    data = as_public(data, made.scope.told) if made.scope.public else data
    frame = rows_of(data, made.areas, made.scope.level)
    after = {one for one in frame["period"].unique() if precedes(made.period, one)}
    later = frame["period"].isin(after)
    rows = frame.loc[frame["area"].isin(made.areas) & (frame["indicator"] == code) & ~later]
    try:
        return charts.trend(rows, code) if rows["period"].nunique() > 1 else None
    except InputError:
        return None


def _documents(made: Made) -> Iterator[Block]:
    """The files in tables of like ones, each with the columns that its rows have: what has many forms lists them downwards."""
    rows: list[list[Any]] = []
    for o in made.outcomes:
        if o.key in made.names:
            continue
        earlier = (
            f"这次没有生成，所列是{made.made_on(o.key)}的" if o.key in made.kept else "没有生成"
        )
        note = "" if o.state in READY else earlier
        found = {f: href for f in FORMS if (href := made.form(o.key, f))}
        if len(found) > MANY:
            yield _downwards(o.key, found, note)
        else:
            rows.append(_files(o.key, found, note))
    if made.scope.public:
        yield from _beside_each_other("其他报告", rows)
    else:
        for name, file in (("问题清单", INTERNAL), ("整改台账", REGISTER)):
            if (made.folder / file).exists():
                use = "，填写后放回 data/raw" if file == REGISTER else "，注意保存"
                rows.append(_files(f"{name}（内部资料{use}）", {"xlsx": file}))
        yield from _beside_each_other("其他报告和清单", rows)
        yield from _beside_each_other("督办单（内部资料）", _notices(made))
    yield from _beside_each_other("绩效自评表", _self_evaluations(made))


def _files(name: str, found: Mapping[str, str], note: str = "") -> list[Any]:
    """A row of files that belong together: a cell for every form."""
    return [name, *[_opened(found.get(form)) for form in FORMS], note]


def _downwards(name: str, found: Mapping[str, str], note: str) -> Block:
    columns: list[Any] = ["格式", {"key": "file", "label": "文件", "align": "center"}]
    rows = [[NAMES[form], _opened(href)] for form, href in found.items()]
    return Block.table(
        f"{name}的各种格式", columns, rows, sortable=False, notes=[note] * bool(note)
    )


def _beside_each_other(title: str, rows: list[list[Any]]) -> Iterator[Block]:
    """A table of files, without the forms that none of them has; none where there is no file."""
    if not rows:
        return
    columns: list[Any] = [
        "文件",
        *({"key": form, "label": NAMES[form], "align": "center"} for form in FORMS),
        {"key": "note", "label": "说明"},
    ]
    columns, rows = with_something(columns, rows, FORMS)
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    yield Block.table(title, columns, rows, sortable=False)


def _self_evaluations(made: Made) -> list[list[Any]]:
    """Rows of the 绩效自评表, of the whole and of every district, with what is still missing."""
    rows: list[list[Any]] = []
    several = len({one.evaluation.form.name for one in made.filled}) > 1
    for one in made.filled:
        told = one.evaluation
        files = {path.suffix[1:]: f"{path.parent.name}/{path.name}" for path in one.files}
        which = f"{told.form.project}，{told.place}" if several else told.place
        rows.append(_files(f"绩效自评表：{which}", files, told.brief))
    return rows


def _notices(made: Made) -> list[list[Any]]:
    """Rows of the 督办单 of every county, each with the 整改台账 to fill in."""
    ends = {"docx": "督办单.docx", "pdf": "督办单.pdf", "xlsx": "整改台账.xlsx"}
    rows = []
    for path in sorted((made.folder / NOTICES).glob("*督办单.pdf")):
        stem = path.name.removesuffix("督办单.pdf")
        found = {form: f"{NOTICES}/{stem}{end}" for form, end in ends.items()}
        rows.append(_files(stem, found))
    return rows


def _provenance(made: Made, data: Data) -> Iterator[Block]:
    """Every headline indicator: formula, what is counted, and each area's numerator and denominator; then the files."""
    book, frame = (
        data.codebook,
        rows_of(data, made.areas, made.scope.level, made.scope.within),
    )
    whole = tables.above(frame, made.period, made.scope.level)["area"]
    now = frame.loc[
        (frame["period"] == made.period)
        & frame["value"].notna()
        & frame["area"].isin([*made.areas, *whole])
    ]
    labels = ("数值", "分子", "分母", "数据区间", "空白单元格")
    voice = voice_of(data)
    place = voice.place(made.scope.level)
    columns: list[Any] = [
        {"key": "area", "label": place},
        *right(**dict(zip(labels, labels, strict=True))),
    ]
    for code in [c for c in tables.headline(book) if (now["indicator"] == c).any()]:
        one = book.indicators[code]
        top, bottom = book.measures[one.numerator], book.measures[one.denominator]
        yield Block.heading(voice.named(one), 2)
        told = [
            f"计算方法：{formula(one, book)}；口径：{one.base}",
            f"分子（{top.name}）：{in_words(top, book)}",
        ]
        told += [
            f"分母（{bottom.name}）：{in_words(bottom, book)}",
            f"出处：{book.source_name(one.source) or OWN}",
        ]
        yield Block.bullets(told)
        rows = [
            [
                Cell(r["area_name"], area=r["area"]),
                valued(r),
                cell(r["numerator"], Format(0, grouped=True)),
                cell(r["denominator"], Format(0, grouped=True)),
                span(r),
                int(r["n_missing"]),
            ]
            for r in now.loc[now["indicator"] == code].sort_values("sort_order").to_dict("records")
        ]
        source = source_line(made.period, data.is_demo)
        table = Block.table(
            f"{voice.named(one)}的分子和分母", columns, rows, source=source, demo=data.is_demo
        )
        yield Block("table", {**table.content, "anchor": code})
    if not made.scope.public:
        yield Block.heading("台账文件", 2)
        names = {code: table.name for code, table in book.tables.items()}
        used = [
            [
                f["file"],
                "、".join(f"{names.get(t, t)}{n:,}行" for t, n in f["rows"].items() if n),
                f["sha256"][:16],
            ]
            for f in data.manifest["files"]
        ]
        yield Block.table("读入的台账文件", ["文件", "内容", "校验值"], used)
