"""The `evalkit` command: thin verbs over the rooms, and the only place that prints."""

from __future__ import annotations

import difflib
import gc
import os
import re
import signal
import sys
import threading
import traceback
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer._click.exceptions import ClickException, NoArgsIsHelpError
from typer.core import TyperGroup

import evalkit
from evalkit.problems import visible
from evalkit.runner.marks import drop_mark


class Verbs(TyperGroup):
    """The commands; Ctrl-C and a request to end (see `end_with_a_word`) end each of them with one line."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            say("已停止；再次运行同一命令即从这里接着做", err=True)
            raise typer.Exit(1) from None


MOST_YEARS = 30  # of one command


@contextmanager
def collected_seldom() -> Iterator[None]:
    """For a command that lives a few seconds: the collector of garbage does not walk again and again what it loads."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


app = typer.Typer(
    cls=Verbs,
    name="evalkit",
    help="两新组织党建评估研究工作台：从台账到评估报告。",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    add_completion=False,
)
_given: list[
    Path
] = []  # the project that the command names: an error of the program is noted there


def _noted(project: Path | None) -> Path | None:
    _given[:] = [project] if project else []
    return project


ProjectOption = Annotated[
    Path | None,
    typer.Option("--project", help="项目文件夹；默认从当前文件夹往上找", callback=_noted),
]
DatasetOption = Annotated[
    str | None,
    typer.Option("--dataset", help="raw、demo 或 published；默认有台账用 raw，否则用 demo"),
]
JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", min=1, help="同时运行几个；默认按处理器核数，内存不够时少一些"),
]


def say(text: str = "", err: bool = False) -> None:
    """Print a line; a console that knows no Chinese shows what it can, and one that is gone never stops the work."""
    stream = sys.stderr if err else sys.stdout
    text = visible(text)
    try:
        print(text, file=stream, flush=True)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        print(text.encode(encoding, errors="replace").decode(encoding), file=stream, flush=True)
    except OSError:
        if not ending.is_set():  # else the window was closed, and with it the console
            raise


ending = threading.Event()  # set when we were asked to end


def in_fork_hook(frame: Any) -> bool:
    """Whether Python is about to fork or has just forked: the locks of its own modules are being taken or given back."""
    hooks = {"_acquireLock", "_releaseLock", "_after_at_fork_child_reinit_locks", "_after_fork"}
    return frame is not None and frame.f_code.co_name in hooks and hasattr(signal, "SIGALRM")


def end_with_a_word() -> None:
    """SIGTERM (of a system that shuts down) and SIGHUP (of a window that is closed) end the work as Ctrl-C does."""

    def end(_number: int, frame: Any) -> None:
        if in_fork_hook(frame):  # whatever is raised there is ignored: ask again in a moment
            signal.signal(signal.SIGALRM, end)
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            return
        for number in heard:
            signal.signal(number, signal.SIG_IGN)  # once is enough: what runs is being put in order
        ending.set()
        raise KeyboardInterrupt

    names = (name for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
    known = [getattr(signal, name) for name in names]
    heard = [
        number for number in known if signal.getsignal(number) == signal.SIG_DFL
    ]  # not what nohup ignores
    for number in heard:
        signal.signal(number, end)


def bar(label: str) -> tuple[Callable[[int, int, str], None], Callable[[], None]]:
    """A progress bar on a terminal, a plain line every tenth elsewhere."""
    if sys.stderr and sys.stderr.isatty():  # None where a program without a console calls
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[name]}"),
            console=Console(stderr=True, legacy_windows=False),
        )
        progress.start()
        task = progress.add_task(label, total=None, name="")
        return lambda done, total, name: progress.update(
            task, completed=done, total=total, name=name
        ), progress.stop
    last = [0]

    def line(done: int, total: int, name: str) -> None:
        step = max(1, total // 10)
        if total and (done == total or done - last[0] >= step):
            last[0] = done
            say(f"{label} {done}/{total} {name}", err=True)

    return line, lambda: None


@app.command()
def demo(
    districts: Annotated[int, typer.Option(min=2, help="区县个数")] = 24,
    periods: Annotated[str, typer.Option(help="年份，如 2021-2025")] = "2021-2025",
    seed: Annotated[int, typer.Option(help="随机种子")] = 7,
    out: Annotated[Path | None, typer.Option(help="写到哪里；默认 data/demo")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="只要6个区县2年")] = False,
    project: ProjectOption = None,
) -> None:
    """生成演示台账（演示省，全部虚构）。"""
    from evalkit import demo as room
    from evalkit.indicators.project import find_project

    folder = out or find_project(project).data / "demo"
    update, stop = bar("生成演示台账")
    years = _years(periods)
    try:
        summary = room.write(
            folder, districts=districts, periods=years, seed=seed, quick=quick, progress=update
        )
    finally:
        stop()
    say(f"已生成演示台账：{folder}（{summary['workbooks']} 个工作簿）。演示数据全部虚构。")


def _years(text: str) -> tuple[str, ...]:
    from evalkit.problems import InputError, Problem

    plain = unicodedata.normalize("NFKC", text).replace("—", "-").replace("–", "-")
    found = re.fullmatch(r"\s*(\d{4})\s*(?:-\s*(\d{4})\s*)?", plain, re.ASCII)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if not first <= last < first + MOST_YEARS:
        allowed = f"2021-2025 或 2025，由早到晚，最多{MOST_YEARS}年"
        raise InputError(Problem("value_invalid", where="--periods", found=text, allowed=allowed))
    return tuple(str(year) for year in range(first, last + 1))


@app.command()
def build(
    project: ProjectOption = None,
    dataset: DatasetOption = None,
    force: Annotated[bool, typer.Option("--force", help="全部重新读取")] = False,
    jobs: JobsOption = None,
) -> None:
    """读取台账，整理成数据和指标（只读改动过的文件）。"""
    from evalkit import building

    update, stop = bar("读取台账")
    try:
        made = building.build(project, dataset=dataset, force=force, jobs=jobs, progress=update)
    finally:
        stop()
    if made.damaged:
        say(f"存下的数据有损坏（{'、'.join(made.damaged)}），已从台账重新整理")
    if not made.changed:
        say(f"没有变化，数据已是最新：{made.folder}")
        _say_who_is_absent(project, made)
        return
    if made.moved is not None:
        what = f"有 {made.moved} 个数与以前不同" if made.moved else "各项数字与以前相同"
        how = "，明细和原因见 python start.py doctor" if made.moved else ""
        say(f"程序已更新，台账重新读取：{what}{how}")
    counts = "，".join(f"{label}{made.n_problems.get(key, 0)}条" for key, label in _SEVERITY)
    say(
        f"已整理 {len(made.files)} 个文件，时期：{'、'.join(made.periods) or '未注明'}；{counts}。数据在 {made.folder}"
    )
    _say_who_is_absent(project, made)


def _say_who_is_absent(project: Path | None, made: Any) -> None:
    """A line for each of the last periods from which an expected area or ledger is missing."""
    if made.dataset == "published":
        return
    from evalkit import indicators
    from evalkit.building.checking import PERIODS_TOLD

    data = indicators.load(project, dataset=made.dataset)
    for period in made.periods[-PERIODS_TOLD:]:
        if line := data.submitted(period).words():
            say(line)


_SEVERITY = (("error", "错误"), ("warning", "提醒"), ("question", "待核"))


@app.command()
def link(
    project: ProjectOption = None,
    dataset: DatasetOption = None,
    jobs: JobsOption = None,
) -> None:
    """跨年度对应单位：改名、合并、分立、迁移、新成立、退出；拿不准的列成单位对照表。"""
    from evalkit import building
    from evalkit.reports.units import linked_units

    update, stop = bar("读取台账")
    try:
        made = building.build(project, dataset=dataset, jobs=jobs, progress=update)
    finally:
        stop()
    for line in linked_units(project, made.dataset):
        say(line)


@app.command()
def sql(
    statement: Annotated[str, typer.Argument(help="一句查询，如 select * from units limit 5")],
    csv: Annotated[Path | None, typer.Option("--csv", help="结果存成这个文件")] = None,
    project: ProjectOption = None,
    dataset: DatasetOption = None,
) -> None:
    """用 SQL 查询整理好的数据：各台账表、measures、indicators、areas、problems；只读。"""
    from evalkit import indicators, parts

    parts.need("sql")
    from evalkit.building.query import lines, query

    found = query(indicators.load(project, dataset=dataset), statement)
    if csv is None:
        for line in lines(found):
            say(line)
        return
    from evalkit.documents.workbook import csv_bytes
    from evalkit.files import put

    say(f"已写出 {len(found)} 行：{put(csv, csv_bytes(found))}")


@app.command()
def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="台账文件或文件夹；不写则检查项目里的台账")
    ] = None,
    project: ProjectOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="问题清单写到这个文件，如 problems.xlsx 或 .ods；每个地区一张表"
        ),
    ] = None,
    annotate: Annotated[
        Path | None, typer.Option("--annotate", help="标注过的台账写到这个文件夹")
    ] = None,
    feedback: Annotated[
        Path | None, typer.Option("--feedback", help="给每个地区打一个反馈包，写到这个文件夹")
    ] = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="逐行逐列说明按哪条规则读的，读不对的可在 mapping.yml 里改"),
    ] = False,
    parcel: Annotated[
        bool,
        typer.Option(
            "--parcel", help="读不出来的台账做成样张：版式照旧，内容全部换掉，可以发给维护的人"
        ),
    ] = False,
    keep_headings: Annotated[
        bool,
        typer.Option("--keep-headings", help="与 --parcel 连用：不认识的表头照原样保留"),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """检查台账：列出发现的问题和怎么改。不需要任何设置，不改动原文件。"""
    import json

    from evalkit.building.checking import check_paths, check_project, folder_of

    if explain and not paths:
        paths = [folder_of(project)]
    if parcel:
        _write_parcel(paths, project, out, keep_headings)
        return
    found = check_paths(paths) if paths else check_project(project)
    if explain and not as_json:
        for line in found.explained():
            say(line)
    if as_json:
        told = found.as_json() | (found.explained_as_json() if explain else {})
        say(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        for line in found.lines():
            say(line)
    if out or annotate or feedback:
        from evalkit.reports import feedback as room

        if out:
            written = room.write_problems(found, out)
            say(
                _written("问题清单", out if out.suffix == written.suffix else written, written),
                err=as_json,
            )
        if annotate:
            say(
                f"标注过的台账：{annotate}（{len(room.write_copies(found, annotate))}个文件）",
                err=as_json,
            )
        if feedback:
            say(f"反馈包：{feedback}（{len(room.write_parcels(found, feedback))}个）", err=as_json)
    raise typer.Exit(1 if found.n_errors else 0)


MOST_HEADINGS_SHOWN = 30


def _write_parcel(
    paths: list[Path] | None, project: Path | None, out: Path | None, keep_headings: bool
) -> None:
    """A parcel of each path; unknown headings are shown before somebody agrees to keep them."""
    from evalkit.building.checking import parcels_of

    for written, made in parcels_of(paths, project, out, keep_headings):
        say(f"样张：{written}（{len(made.names)}个文件；内容已全部换掉，发出前可打开看一遍）")
        if made.unknown and not keep_headings:
            shown = "、".join(made.unknown[:MOST_HEADINGS_SHOWN])
            more = "……" if len(made.unknown) > MOST_HEADINGS_SHOWN else ""
            say(f"有{len(made.unknown)}个不认识的表头也换掉了：{shown}{more}")
            say("这些字可以发出去的，加 --keep-headings 再做一次，更容易看出原因")


def _folder(out: Path | None) -> Path | None:
    """Where a command of many files writes; a name that ends as a file's does is an error."""
    if out is None:
        return None
    from evalkit.documents.spreadsheet import only_a_folder

    return only_a_folder(out)


def _written(what: str, wanted: Path, written: Path) -> str:
    return f"{what}：{written}" + (
        ""
        if written.name == wanted.name
        else f"（{wanted.name} 正被其他程序打开，或是台账本身，没有覆盖）"
    )


@app.command()
def template(
    out: Annotated[Path, typer.Option("--out", help="空表写到这个文件夹")],
    form: Annotated[
        list[str] | None, typer.Option("--form", help="只要这几种，如 组织台账；默认全部")
    ] = None,
    filled: Annotated[
        Path | None,
        typer.Option(
            "--for", help="按这个项目预填：每个区县一本，带地区、名单、上年数；填好原样放回即可"
        ),
    ] = None,
    level: Annotated[
        str | None, typer.Option(help="与 --for 连用：哪一级各一本，district 或 township")
    ] = None,
    period: Annotated[
        str | None, typer.Option(help="与 --for 连用：填哪一年；默认已有数据的下一年")
    ] = None,
    project: ProjectOption = None,
) -> None:
    """生成空白台账：带下拉选项和填写检查，填好即可读入。不要求换用，原有台账照样能读。"""
    from evalkit.indicators.project import find_project, nearest_codebook
    from evalkit.ledgers.template import write_templates

    if filled is not None:
        from evalkit.building.blanks import write_for

        written = write_for(filled, out, form, level, period)
        say(f"已写出 {len(written)} 本预填的空表：{out}")
        return
    codebook = find_project(project).codebook if project else nearest_codebook()
    for path in write_templates(out, form, codebook):
        say(f"已写出空表：{path}")


@app.command()
def texts(
    source: Annotated[
        Path,
        typer.Option(
            "--from", help="改过的评估报告或公文（Word 文件），如 reports/2025/年度报告.docx"
        ),
    ],
    project: ProjectOption = None,
) -> None:
    """把在 Word 里改过的文字（主要做法、典型经验、下步建议等自己写的部分）收回 texts/，下次生成报告照用。"""
    from evalkit.reports.taken_back import take_back

    for taken in take_back(source, project):
        say(taken.words())
    say("程序写的部分由台账重新生成，在 Word 里改的不带回；要改写法见 docs/templates.md")


@app.command()
def setup(
    project: ProjectOption = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="不提问：保留已有的设置，其余用默认值，写出带说明的文件")
    ] = False,
    answers: Annotated[
        Path | None, typer.Option("--answers", help="不提问：答案在这个 YAML 文件里（设置: 值）")
    ] = None,
) -> None:
    """用问答写设置文件 evalkit.yml：办公室、主送机关、日期、叫法、字体、目标、印什么；可以反复运行。"""
    from evalkit.reports.setup import run as asked

    patient = bool(sys.stdin and sys.stdin.isatty())
    ask = None if yes else input
    try:
        path = asked(project, ask, say, answers, patient)
    except KeyboardInterrupt:
        say("\n没有写，原来的设置不变", err=True)
        raise typer.Exit(1) from None
    say(f"设置已写在 {path}；现在可以运行 python start.py report")


@app.command()
def report(
    when: Annotated[
        str | None,
        typer.Argument(help="时期，如 2025、2025Q3、2025-07；默认最近一期", metavar="时期"),
    ] = None,
    period: Annotated[str | None, typer.Option(help="时期，如 2025；默认最近一期")] = None,
    baseline: Annotated[
        str | None, typer.Option(help="比较基期，如 2022；默认此前最近的一期")
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(
            help="比较哪一级：district、township ...；默认有区县比区县，否则比地区最多的一级"
        ),
    ] = None,
    within: Annotated[str | None, typer.Option(help="只比较这个地区以内的")] = None,
    project: ProjectOption = None,
    dataset: DatasetOption = None,
    out: Annotated[Path | None, typer.Option(help="写到哪里；默认 reports/<时期>")] = None,
    jobs: JobsOption = None,
    force: Annotated[bool, typer.Option("--force", help="全部重新生成")] = False,
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            help="地区概况等另要的格式，如 pdf,xlsx；年度报告总是各种格式都有，只有 ods 要写明才生成",
        ),
    ] = "",
    ranking: Annotated[
        str, typer.Option(help="位次怎样印：none 不印，bands 只印档次，full 印位次")
    ] = "full",
    publish: Annotated[
        bool,
        typer.Option(
            "--publish",
            help="这一次只出公开稿：隐去人数过少和个别单位占比过大的数字，图片单独成文件",
        ),
    ] = False,
    whatif: Annotated[
        Path | None,
        typer.Option("--whatif", help="报告里另写补助标准测算：调整方案文件（YAML）；不写就不测算"),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="这一期应报的地区、台账有缺的，以1结束（报告照样生成）"),
    ] = False,
) -> None:
    """生成评估报告：年度报告（网页、Word、公文和附件、PDF、Excel、一页纸）、区县比较、数据质量和每个区县一份。"""
    from evalkit.reports.report import make_report

    update, stop = bar("生成报告")

    def progress(event: Any) -> None:
        if event.kind in ("plan", "finished"):
            update(event.done, event.total, str(event.key).rpartition("/")[2])

    try:
        made = make_report(
            period or when,
            baseline=baseline,
            level=level,
            within=within,
            project=project,
            dataset=dataset,
            out=_folder(out),
            jobs=jobs,
            force=force,
            formats=[f.strip() for f in formats.replace("，", ",").split(",") if f.strip()],
            ranking=ranking,
            public=publish,
            whatif=whatif,
            progress=progress,
            note=lambda text: say(text, err=True),
        )
    finally:
        stop()
    for outcome in made.failed:
        say(f"没有生成：{outcome.key}：{outcome.reason}", err=True)
    if len(made.failed) == len(made.outcomes):
        say(
            f"报告没有生成：{len(made.outcomes)} 项全部失败，原因见上面和 {made.index}；以前生成的文件没有动"
        )
    elif made.failed:
        n = len(made.outcomes) - len(made.failed)
        say(
            f"报告没有全部生成：{n} 项完成，{len(made.failed)} 项失败（原因见上面和目录）：{made.index}"
        )
    elif not made.changed:
        say(f"没有变化，报告已是最新：{made.index}")
    else:
        say(f"报告已生成：{made.index}")
    for line in made.absent:
        say(line)
    stopped = strict and not made.complete
    if stopped:
        say("应报的没有报齐（--strict），以1结束；报告里缺的都写作缺报", err=True)
    raise typer.Exit(1 if made.failed or stopped else 0)


@app.command()
def sample(
    out: Annotated[Path | None, typer.Option("--out", help="写到哪里；默认 docs/sample")] = None,
    project: ProjectOption = None,
) -> None:
    """用演示数据做一份样品：报告 PDF、一页纸、运行过的比较笔记本（docs/sample）。"""
    from evalkit.indicators.project import find_project
    from evalkit.reports.sample import make_sample

    folder = _folder(out) or find_project(project).root / "docs" / "sample"
    for path in make_sample(folder, lambda text: say(text, err=True)):
        say(f"已写出：{path}")


@app.command()
def verify(folder: Annotated[Path, typer.Argument(help="报告文件夹，如 reports/2025")]) -> None:
    """复核报告：重新计算各文件的校验值，与 run.json 比较，说出哪些不同。"""
    from evalkit.reports.verify import verify as compare

    found, others, n = compare(folder)
    for line in found:
        say(line)
    if others:
        say("文件夹里另有不是这次生成的文件：" + "、".join(others))
    say(f"核对了{n}个文件，" + (f"{len(found)}处不符。" if found else "全部相符。"))
    raise typer.Exit(1 if found else 0)


@app.command()
def run(
    notebook: Annotated[Path, typer.Argument(help="笔记本（.ipynb），其中要有 parameters 单元格")],
    over: Annotated[
        Path,
        typer.Option(
            "--over", help="参数表（CSV）：第一行写参数名，下面每行运行一次；第一列作结果的文件名"
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="结果写到这个文件夹")],
    jobs: JobsOption = None,
    depends: Annotated[
        list[Path] | None,
        typer.Option("--depends", help="结果依赖的文件或文件夹，改了就重做；可写多次"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="全部重新运行")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只说哪些要运行、为什么，不运行")
    ] = False,
    executor: Annotated[
        str, typer.Option("--executor", help="auto、fork、pool 或 dask://主机:端口")
    ] = "auto",
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="每次运行最多多少秒")] = 600,
) -> None:
    """把一个笔记本对参数表的每一行运行一次；停下以后，再次运行同一命令即接着做。"""
    from evalkit.runner import fan_out

    update, stop = bar("运行笔记本")

    def progress(event: Any) -> None:
        if event.kind == "plan" and event.up_to_date:
            say(f"{event.up_to_date} 项已是最新，不再运行", err=True)
        if event.kind == "finished":
            update(event.done, event.total, event.key)
            if event.outcome.state == "failed":
                say(f"失败：{event.key}：{event.outcome.reason}", err=True)

    try:
        made = fan_out(
            notebook,
            over=over,
            out=out,
            jobs=jobs,
            depends=depends or (),
            force=force,
            dry_run=dry_run,
            executor=executor,
            timeout=timeout,
            progress=progress,
        )
    finally:
        stop()
    for line in (*made.notes, *(f"{key}：{why}" for key, why in made.plan if why)):
        say(line)
    if made.failures:
        say(
            f"出错的笔记本保存在 {out / '.evalkit' / 'failed'}，运行记录在 {out / 'run.json'}",
            err=True,
        )
    say(made.message)
    raise typer.Exit(made.exit_code)


@app.command()
def score(
    period: Annotated[str | None, typer.Option(help="时期，如 2025；默认最近一期")] = None,
    index: Annotated[
        str | None,
        typer.Option(
            help="指数名称，或 YAML 文件（文件.yml#名称）；默认 evalkit.yml 选定的，演示数据用演示权重"
        ),
    ] = None,
    stars: Annotated[
        str | None,
        typer.Option(help="星级方案名称或 YAML 文件；不写或写 none 则不核对（演示数据核对）"),
    ] = None,
    level: Annotated[str, typer.Option(help="给哪一级计分：district、township ...")] = "district",
    n: Annotated[int, typer.Option("-n", min=10, help="稳健性检验的重复次数")] = 1000,
    seed: Annotated[int, typer.Option(help="随机种子")] = 7,
    project: ProjectOption = None,
    dataset: DatasetOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="写到哪里：文件夹，或一个工作簿（.xlsx、.ods）；默认 reports/<时期>/评分"
        ),
    ] = None,
) -> None:
    """给地区计分、分等级，核对党组织星级：写出表格和图，不需要笔记本。"""
    from evalkit.reports.scoring import write_scores

    folder, notes = write_scores(period, index, stars, level, project, dataset, out, n, seed)
    for line in notes:
        say(line)
    say(f"评分已写到：{folder}")


@app.command()
def selfeval(
    form: Annotated[
        str | None,
        typer.Argument(help="自评表：selfeval 文件夹里的名称，或文件（YAML）；不写则全部"),
    ] = None,
    period: Annotated[str | None, typer.Option(help="只出这一年的，如 2025")] = None,
    within: Annotated[str | None, typer.Option(help="只出这个地区和它以内各区县的")] = None,
    new: Annotated[
        str | None,
        typer.Option("--new", help="写一份样子到 selfeval/名称.yml，照着改，不计算"),
    ] = None,
    project: ProjectOption = None,
    dataset: DatasetOption = None,
    out: Annotated[
        Path | None, typer.Option(help="写到哪里；默认 reports/<年度>/绩效自评表")
    ] = None,
) -> None:
    """项目支出绩效自评表（财预〔2020〕10号）：用台账的数填表计分，全地区和各区县各一份 Word、Excel、PDF。"""
    from evalkit.reports.selfeval_command import told, write_example

    if new is not None:
        say(f"已写出：{write_example(project, new)}")
        return
    for line in told(form, period, within, project, dataset, _folder(out)):
        say(line)


@app.command()
def whatif(
    scenario: Annotated[
        str | None,
        typer.Argument(help="调整方案：文件（YAML），或已保存的方案名称；不写则用 --set"),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="项目=数值，如 activity.per_member=200、党组织补助=+20%、启动经费=5000；可写多次",
        ),
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="自何日起，如 2026-07-01")] = None,
    scheme: Annotated[
        str | None,
        typer.Option(help="补助方案：文件或自带名称；默认看方案文件的 base，否则 fuyang-2015"),
    ] = None,
    periods: Annotated[
        str | None, typer.Option(help="测算年份，如 2026-2027；默认从第一次调整到最后一次满一年")
    ] = None,
    within: Annotated[str | None, typer.Option(help="只算这个地区")] = None,
    standard: Annotated[
        float | None, typer.Option(help="达标线：人均多少元；默认150，与 --reach 同写")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="一年最多增加多少钱，如 500万：标准最高能提到多少")
    ] = None,
    reach: Annotated[
        str | None, typer.Option(help="多大比例的党组织达到 --standard，如 90%：标准至少定多少")
    ] = None,
    item: Annotated[
        str | None, typer.Option(help="--budget、--reach 求哪一项标准；默认每名党员的标准")
    ] = None,
    cap: Annotated[
        str | None, typer.Option(help="总额封顶，如 3000万，按 --by 分到每个党组织")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            help="封顶按什么分：党员数（默认）、党组织数、应发数、星级、覆盖单位数，或 党员数70%+党组织数30%"
        ),
    ] = None,
    floor: Annotated[str | None, typer.Option(help="封顶时每个党组织不少于多少，如 2000")] = None,
    most: Annotated[str | None, typer.Option(help="封顶时每个党组织不超过多少，如 2万")] = None,
    only: Annotated[
        str | None, typer.Option(help="只发给哪些党组织，如 三星以上、50人以上、山区、党总支")
    ] = None,
    share: Annotated[
        str | None, typer.Option(help="增加的部分由谁分担，如 3:3:4（省、市、县）或 市3县7")
    ] = None,
    org: Annotated[
        str | None, typer.Option(help="一个党组织的名称：能拿多少、为什么；重名的写 地区/名称")
    ] = None,
    compare: Annotated[
        list[str] | None, typer.Option(help="并列比较的方案（文件或名称），2到6个，每个写一次")
    ] = None,
    question: Annotated[
        str | None, typer.Option(help="这个方案要回答的问题，写在方案文件开头")
    ] = None,
    save: Annotated[
        str | None,
        typer.Option(help="把这个方案按名称存到项目的 scenarios 文件夹，以后写名称就能重算"),
    ] = None,
    scenarios: Annotated[bool, typer.Option("--scenarios", help="列出已保存的方案")] = False,
    list_: Annotated[
        bool, typer.Option("--list", help="列出能调整的项目：现行数值、允许范围、例子")
    ] = False,
    files: Annotated[
        bool, typer.Option("--files", help="写出测算说明、测算表、测算底稿和方案文件")
    ] = False,
    page: Annotated[
        bool,
        typer.Option("--page", help="写出测算.html：不装程序也能打开、改数、下载方案（内部资料）"),
    ] = False,
    publish: Annotated[
        bool,
        typer.Option(
            "--publish",
            help="与 --page 同写：另出测算（公开版）.html，只含公布的合计数推得出的标准",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="写到哪里：文件夹，或一个工作簿（.xlsx、.ods，只写表）；默认 reports/测算；写了就等于 --files"
        ),
    ] = None,
    project: ProjectOption = None,
    dataset: DatasetOption = None,
) -> None:
    """补助标准调整测算：要多花多少钱，谁出，哪些地区受益。问法见 whatif --list。"""
    with collected_seldom():
        from evalkit.reports.plan_command import Asked, told

        if list_:
            from evalkit.subsidy.listing import lines
            from evalkit.subsidy.loading import read_scenario

            for line in lines(read_scenario(scenario if scenario else None, scheme)[1]):
                say(line)
            return
        asked = Asked(
            scenarios=tuple(compare or ()) or ((scenario,) if scenario else ()),
            compared=bool(compare),
            listed=scenarios,
            save=save or "",
            question=question or "",
            changes=tuple(set_ or ()),
            since=since,
            scheme=scheme,
            only=only or "",
            share=share or "",
            standard=standard,
            ask={
                "budget": budget,
                "reach": reach,
                "item": item,
                "cap": cap,
                "by": by,
                "floor": floor,
                "most": most,
                "org": org,
                "periods": periods,
                "within": within,
            },
            project=project,
            dataset=dataset,
            files=files or (out is not None and not (page or publish)),
            page=page or publish,
            publish=publish,
            out=out,
        )
        for line in told(asked):
            say(line)


@app.command()
def effects(
    study: Annotated[
        Path,
        typer.Argument(
            help="研究文件（YAML）：问题、结果变量、政策、设计、稳健性；例子见 notebooks/studies/"
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="写到哪里；默认 reports/政策效果/<文件名>")
    ] = None,
    project: ProjectOption = None,
    dataset: DatasetOption = None,
) -> None:
    """政策有没有效果：按研究文件估计，写出报告（html、docx、tex）、表格和图。"""
    from evalkit import parts
    from evalkit.reports.study import effects_command

    parts.need("effects")

    folder, lines, whole = effects_command(
        study, project, dataset, _folder(out), lambda text: say(f"正在做：{text}", err=True)
    )
    for line in lines:
        say(line)
    say(f"研究报告、表格和图在 {folder}")
    raise typer.Exit(0 if whole else 1)


# news, newer versions and extensions are not asked for: the program stays off the network (as in start.py)
LAB_WITHOUT_NETWORK = (
    "--LabApp.extension_manager=readonly",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
)


@app.command()
def lab(project: ProjectOption = None) -> None:
    """打开 JupyterLab 工作台（中文界面）。"""
    import subprocess

    from evalkit import parts
    from evalkit.indicators.project import find_project

    parts.need("lab")
    root = find_project(project).root
    folder = root / "notebooks" if (root / "notebooks").is_dir() else root
    environment = os.environ | {"EVALKIT_PROJECT": str(root)}
    command = [sys.executable, "-m", "jupyterlab", str(folder), *LAB_WITHOUT_NETWORK]
    raise typer.Exit(subprocess.call(command, env=environment))


@app.command()
def doctor(project: ProjectOption = None) -> None:
    """检查安装：版本、字体、文件夹，缺什么、怎么办。"""
    from evalkit.reports.doctor import examine

    lines, healthy = examine(project)
    for line in lines:
        say(line)
    raise typer.Exit(0 if healthy else 1)


@app.callback(invoke_without_command=True)
def _top(version: Annotated[bool, typer.Option("--version", help="显示版本")] = False) -> None:
    if version:
        say(f"evalkit {evalkit.__version__}")
        raise typer.Exit(0)


def main() -> None:
    """Run the command; faults of input are one message each, anything else goes to a log file."""
    drop_mark()
    end_with_a_word()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = app(prog_name="evalkit", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except ClickException as error:
        say(in_chinese(error), err=True)
        sys.exit(error.exit_code)
    except Exception as error:  # the edge: no traceback reaches a user
        from evalkit.parts import told
        from evalkit.problems import InputError

        lacking = told(error.name) if isinstance(error, ModuleNotFoundError) else None
        found = error.problems if isinstance(error, InputError) else [lacking] if lacking else []
        if found:
            for problem in found:
                say(problem.text("zh"), err=True)
                say("    " + problem.text("en"), err=True)
        else:
            say(
                f"程序内部出错，已停止：{type(error).__name__}。详情记在 {_log(error)}，请把这个文件发给维护者。",
                err=True,
            )
        sys.exit(2)


# what the parser of the command line says, and the same in Chinese; the groups of a pattern fill the places
_SAID = (
    (r"No such option: (\S+) \(Possible options: (.*)\)", "没有 {} 这个选项；是否想写 {}？"),
    (r"No such option: (\S+)", "没有 {} 这个选项"),
    (r"No such command '([^']+)'\. Did you mean '?([^'?]+)'?\?", "没有 {} 这个命令；是否想写 {}？"),
    (r"No such command '([^']+)'", "没有 {} 这个命令"),
    (r"Option '(\S+)' requires an argument", "{} 后面要写一个值"),
    (r"unexpected extra argument\S* \((.*)\)", "多写了 {}；选项前面要有 --，带空格的内容要加引号"),
    (r"Missing (?:argument|option|parameter) '([^']+)'", "缺少 {}"),
    (r"value for '([^']+)'.*greater than or equal to (\S+)", "{} 应为不小于{}的数"),
    (r"value for '([^']+)'.*valid integer", "{} 应为整数"),
    (r"value for '([^']+)'.*valid number", "{} 应为数字"),
    (r"value for '([^']+)'", "{} 的写法不对"),
)


def in_chinese(error: ClickException) -> str:
    """What is wrong with a command as it was typed, and where its options are explained."""
    said, ctx = error.format_message(), getattr(error, "ctx", None)
    found = ((re.search(pattern, said), text) for pattern, text in _SAID)
    told = next((text.format(*_nearest(*match.groups())) for match, text in found if match), said)
    return f"[错误] {told}\n用法见：{ctx.command_path if ctx else 'evalkit'} --help"


def _nearest(*typed: str) -> tuple[str, ...]:
    """What was typed and, of several names that it may mean, the one that is spelt most like it."""
    if len(typed) < 2 or ", " not in typed[1]:
        return typed
    names = typed[1].split(", ")
    return typed[0], (difflib.get_close_matches(typed[0], names, 1) or ["、".join(names)])[0]


def _log(error: Exception) -> Path:
    """The trace in ``error.log`` of the project's ``.evalkit``, without a project in the folder for passing files."""
    import tempfile

    from evalkit.files import put
    from evalkit.problems import InputError

    folders = [Path(tempfile.gettempdir())]
    try:
        from evalkit.indicators.project import find_project

        folders.insert(0, find_project(_given[0] if _given else None).cache)
    except Exception:  # without a project, or where nothing of the program can be loaded
        pass
    text = "".join(traceback.format_exception(error))
    try:
        from evalkit.ledgers.persons import scrub

        text = scrub(text)[0]
    except Exception:  # what an error quotes may be somebody's: then only where it happened
        text = "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__ + "\n"
    for folder in folders:
        try:
            return put(folder / "error.log", text)
        except InputError:
            continue
    return Path("error.log")


if __name__ == "__main__":
    main()
