"""`evalkit whatif`: from what was typed, or stands in a scenario, to the lines that are printed and the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evalkit.indicators.load import Data, load
from evalkit.indicators.project import find_project
from evalkit.pages.labels import English
from evalkit.problems import InputError, Problem
from evalkit.reports.plan_faults import in_words_of_the_command
from evalkit.reports.plan_scenarios import FOLDER, Side, asked_lines, enough, keep, listed, path_of
from evalkit.subsidy.asking import Answered, answered
from evalkit.subsidy.changes import limited
from evalkit.subsidy.cost import cost
from evalkit.subsidy.dated import start_day
from evalkit.subsidy.loading import parse_changes, read_scenario
from evalkit.subsidy.money import in_words
from evalkit.subsidy.plan import Plan, plan, years_asked
from evalkit.subsidy.result import Result
from evalkit.subsidy.scheme import Reform, Scheme
from evalkit.subsidy.words import WORDS
from evalkit.world.number import percent, plain

STANDARD = 150.0  # yuan a member that counts as reached, where nobody says


@dataclass(frozen=True)
class Asked:
    """What stands on the command line."""

    scenarios: tuple[str, ...] = ()
    compared: bool = False
    listed: bool = False
    save: str = ""
    question: str = ""
    changes: tuple[str, ...] = ()
    since: str | None = None
    scheme: str | None = None
    only: str = ""
    share: str = ""
    standard: float | None = None
    ask: Mapping[str, Any] = field(default_factory=dict)
    project: Path | None = None
    dataset: str | None = None
    files: bool = False
    page: bool = False
    publish: bool = False
    out: Path | None = None


def told(asked: Asked) -> list[str]:
    """The answer in lines; files are written where they are asked for.

    Raises
    ------
    InputError
        What is wrong, by the names that the form has for it.
    """
    try:
        return _told(asked)
    except InputError as error:
        scheme = _scheme_of(asked)
        named = in_words_of_the_command(
            error.problems, scheme, shared=bool(asked.share), only=asked.only
        )
        raise InputError(named) from error


def _scheme_of(asked: Asked) -> Scheme | None:
    """The scheme, by which standards have their names; None where it is what is wrong."""
    try:
        return read_scenario(None, asked.scheme)[1]
    except InputError:
        return None


def _told(asked: Asked) -> list[str]:
    if asked.standard is not None and not asked.standard > 0:
        allowed, typed = WORDS["command"]["above_zero"], plain(asked.standard)
        raise InputError(Problem("value_invalid", where="--standard", found=typed, allowed=allowed))
    if asked.listed:
        return listed(_folder(asked))
    data = load(asked.project, dataset=asked.dataset)
    if asked.compared:
        return _side_by_side(asked, data)
    reform, scheme = _scenario(asked, asked.scenarios[0] if asked.scenarios else None)
    made = _planned(asked, data, [reform], scheme)
    found = answered(made, reform, Result)
    assert isinstance(found.result, Result)
    lines = list(found.lines)
    if asked.save:
        path = keep(reform, scheme, _folder(asked), asked.save)
        lines.append(WORDS.say("scenarios.saved", path=path, name=path.stem))
    if asked.page:
        lines += _pages(asked, data, made, reform)
    if asked.files:
        lines += _written(asked, data, found)
    elif not asked.page:
        lines.append(WORDS["command"]["no_files"])
    return lines


def _pages(asked: Asked, data: Data, made: Plan, reform: Reform) -> list[str]:
    """Write 测算.html: the plan as a page that reckons by itself; and its public edition where that is asked for."""
    from evalkit.documents.spreadsheet import only_a_folder
    from evalkit.files import put
    from evalkit.pages.calculator import calculator, public_calculator

    words = WORDS["page"]
    folder = only_a_folder(asked.out) or data.project.reports / WORDS["command"]["folder"]
    folder.mkdir(parents=True, exist_ok=True)
    base, english = asked.scheme or "", _english(data)
    page = calculator(made, base, reform, english)
    path = put(folder / words["file"], page.encode("utf-8"))
    lines = [WORDS.say("page.written", path=path)]
    if asked.publish:
        from evalkit.reports.disclosure import published, settle

        name = Path(words["public_file"]).stem
        lines += settle(data, name, data.last, "district")[1]
        page = public_calculator(made, published(data).measures, base, english)
        path = put(folder / words["public_file"], page.encode("utf-8"))
        lines.append(WORDS.say("page.published", path=path))
    return lines


def _english(data: Data) -> English:
    """English names: of areas where areas.xlsx has them, of everything else by the codebook."""
    areas = data.areas
    named = areas[areas["name_en"].notna()] if "name_en" in areas else areas[:0]
    return English(data.codebook, dict(zip(named["area"], named.get("name_en", ()), strict=True)))


def _folder(asked: Asked) -> Path:
    """Where the project keeps its scenarios."""
    return find_project(asked.project).root / FOLDER


def _scenario(asked: Asked, named: str | None) -> tuple[Reform, Scheme]:
    """The reform of a file, or of a scenario that the project keeps, with what was typed beside it."""
    path = path_of(_folder(asked), named) if named else None
    reform, scheme = read_scenario(path, asked.scheme)
    since = start_day(asked.since, "--from").isoformat() if asked.since else None
    more = limited(asked.only, asked.share, since)
    alone = bool(asked.only) and not asked.changes
    typed = parse_changes(asked.changes, None if alone else asked.since)
    both = reform + scheme.reform(typed | more)
    standard = asked.standard
    given = dict(asked.ask) | {"standard": plain(standard) if standard is not None else None}
    question = asked.question or both.question
    return replace(both, ask=reform.ask.override(given), question=question), scheme


def _planned(asked: Asked, data: Data, reforms: list[Reform], scheme: Scheme) -> Plan:
    known = [int(str(period)[:4]) for period in data.periods]
    periods = next((one.ask.periods for one in reforms if one.ask.periods), "")
    if periods:
        years = list(map(int, years_asked(periods)))
    else:
        every = [one.years_from(known) for one in reforms]
        years = list(range(min(y[0] for y in every), max(y[-1] for y in every) + 1))
    within = next((one.ask.within for one in reforms if one.ask.within), None)
    source: Any = scheme if asked.scheme is None else asked.scheme
    return plan(_of_years(data, years, reforms, scheme), source, years, within=within)


def _of_years(data: Data, years: list[int], reforms: list[Reform], scheme: Scheme) -> Data:
    """The data of the years that the answer rests on: those asked for, and the one before the first.

    A guarantee on last year's payment goes back to the first ledger.
    """
    schemes = [scheme, *(scheme.under(reform) for reform in reforms)]
    if any(part.guarantee is not None for one in schemes for part in one.components.values()):
        return data
    known = [int(str(period)[:4]) for period in data.periods]
    before = [year for year in known if year <= min(years)]
    first = (before[-1] if before else known[0]) - 1
    chosen = tuple(p for p, year in zip(data.periods, known, strict=True) if year >= first)
    return replace(data, periods=chosen)


def _written(asked: Asked, data: Data, found: Answered) -> list[str]:
    """Write the files; which of them could not take the place of open ones, and where they are."""
    from evalkit.charts import undocumented  # charts and documents only where files are wanted

    undocumented.load()
    from evalkit.documents.spreadsheet import names_a_workbook
    from evalkit.reports import plan_report

    folder = asked.out or data.project.reports / WORDS["command"]["folder"]
    standard = float(found.result.reform.ask.standard or STANDARD)
    assert isinstance(found.result, Result)
    if asked.out and names_a_workbook(asked.out):
        return plan_report.write_tables(found.result, asked.out, standard)
    written = plan_report.write(found.result, folder, standard, found.envelope)
    beside = [path.name for path in written if path.stem.endswith("）")]
    lines = [WORDS.say("command.open", files="、".join(beside))] if beside else []
    return [*lines, WORDS.say("command.files", folder=folder)]


def _side_by_side(asked: Asked, data: Data) -> list[str]:
    """Scenarios as lines, a file with the table where files are asked for; each under its name or question."""
    enough(len(asked.scenarios))
    read = [_scenario(asked, one) for one in asked.scenarios]
    if len({scheme.scheme for _, scheme in read}) > 1:
        found = "、".join(scheme.scheme for _, scheme in read)
        advice = WORDS["command"]["one_base"]
        raise InputError(Problem("scenario_conflict", where="base", found=found, advice=advice))
    made = _planned(asked, data, [reform for reform, _ in read], read[0][1])
    sides = [
        Side(_name(reform, one), answered(made, reform, Result))
        for (reform, _), one in zip(read, asked.scenarios, strict=True)
    ]
    lines = [line for year in made.years for line in _compared(sides, year)]
    for one in sides:
        reform = one.result.reform
        asks = "；".join(asked_lines(reform))
        told = [*reform.lines(made.scheme), *([asks] if asks else [])]
        lines += [f"{one.name}：{text}" for text in told]
    if not asked.files:
        return [*lines, WORDS["command"]["no_table"]]
    folder = asked.out or data.project.reports / WORDS["command"]["folder"]
    return [*lines, *_table_of(sides, folder)]


def _compared(sides: Sequence[Side], year: int) -> list[str]:
    """A line a scenario: what it costs in a year, 现行标准 first."""
    before = int(cost(sides[0].result, [], year)["baseline_fen"].iloc[0])
    told = [WORDS.say("command.now", year=year, amount=in_words(before))]
    for one in sides:
        opening: dict[str, Any] = {"year": year, "scenario": one.name}
        if not one.reckons(year):
            told.append(WORDS.say("command.not_shared", **opening))
            continue
        money, counts = one.money(year), one.moved(year)
        everybody = max(1, sum(counts.values()))
        way = "falls" if money.more < 0 else "rises"
        told.append(
            WORDS.say(
                "command.compared",
                **opening,
                amount=in_words(money.spent),
                change=WORDS.say(f"command.{way}", amount=in_words(abs(money.more))),
                gain=percent(counts["gain"], over=everybody),
                lose=percent(counts["lose"], over=everybody),
            )
        )
    return told


def _table_of(sides: Sequence[Side], folder: Path) -> list[str]:
    """Write the table of the scenarios as a page, for Word and for Excel."""
    from evalkit.documents import Block, write
    from evalkit.documents.spreadsheet import names_a_workbook
    from evalkit.reports.plan_beside import side_by_side

    name = WORDS["scenarios"]["file"]
    if names_a_workbook(folder):
        found = write([side_by_side(sides)], folder, title=WORDS["scenarios"]["title"])
        return [*(p.text() for p in found), WORDS.say("command.workbook", path=folder)]
    blocks = [Block.heading(WORDS["scenarios"]["title"], 1), side_by_side(sides)]
    for ending in (".html", ".docx", ".xlsx"):
        write(blocks, folder / f"{name}{ending}")
    return [WORDS.say("command.table", name=name, folder=folder)]


def _name(reform: Reform, given: str) -> str:
    """A scenario that the project keeps is called as it was asked for, a file by what it says of itself."""
    path = Path(given)
    if not path.is_file():
        return path.stem
    return reform.title or reform.question or reform.reform or path.stem
