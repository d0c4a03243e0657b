"""`evalkit whatif`: from what was typed, or stands in a scenario, to the lines that are printed and the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evalkit.indicators.load import Data, load
from evalkit.problems import InputError, Problem
from evalkit.subsidy.asking import Answered, answered
from evalkit.subsidy.changes import limited
from evalkit.subsidy.comparing import compare
from evalkit.subsidy.dated import start_day
from evalkit.subsidy.loading import parse_changes, read_scenario
from evalkit.subsidy.money import in_words
from evalkit.subsidy.plan import Plan, plan, years_asked
from evalkit.subsidy.result import Result
from evalkit.subsidy.scheme import Reform, Scheme
from evalkit.subsidy.words import WORDS
from evalkit.world.number import percent, plain

STANDARD = 150.0  # yuan a member that counts as reached, where nobody says
FEWEST, MOST = 2, 6  # scenarios side by side


@dataclass(frozen=True)
class Asked:
    """What stands on the command line."""

    scenarios: tuple[Path, ...] = ()
    compared: bool = False
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
    out: Path | None = None


def told(asked: Asked) -> list[str]:
    """The answer in lines; files are written where they are asked for."""
    if asked.standard is not None and not asked.standard > 0:
        allowed, typed = "大于0的金额（元/人）", plain(asked.standard)
        raise InputError(Problem("value_invalid", where="--standard", found=typed, allowed=allowed))
    data = load(asked.project, dataset=asked.dataset)
    if asked.compared:
        return _side_by_side(asked, data)
    reform, scheme = _scenario(asked, asked.scenarios[0] if asked.scenarios else None)
    made = _planned(asked, data, [reform], scheme)
    found = answered(made, reform, Result)
    if not asked.files:
        return [*found.lines, WORDS["command"]["no_files"]]
    return [*found.lines, *_written(asked, data, found)]


def _scenario(asked: Asked, path: Path | None) -> tuple[Reform, Scheme]:
    """The reform of a file with what was typed beside it."""
    reform, scheme = read_scenario(path, asked.scheme)
    since = start_day(asked.since, "--from").isoformat() if asked.since else None
    more = limited(asked.only, asked.share, since)
    alone = bool(asked.only) and not asked.changes
    typed = parse_changes(asked.changes, None if alone else asked.since)
    both = reform + scheme.reform(typed | more)
    standard = asked.standard
    given = dict(asked.ask) | {"standard": plain(standard) if standard is not None else None}
    return replace(both, ask=reform.ask.override(given)), scheme


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
    from evalkit.reports import plan_report  # charts and documents only where files are wanted

    folder = asked.out or data.project.reports / "测算"
    standard = float(found.result.reform.ask.standard or STANDARD)
    assert isinstance(found.result, Result)
    written = plan_report.write(found.result, folder, standard)
    if found.envelope:
        written += plan_report.write_envelope(found.envelope, folder)
    beside = [path.name for path in written if path.stem.endswith("）")]
    lines = [WORDS.say("command.open", files="、".join(beside))] if beside else []
    return [*lines, WORDS.say("command.files", folder=folder)]


def _side_by_side(asked: Asked, data: Data) -> list[str]:
    """Scenarios as a table in lines; each under its question."""
    if not FEWEST <= len(asked.scenarios) <= MOST:
        found = f"{len(asked.scenarios)}个方案"
        allowed = f"{FEWEST}到{MOST}个，每个写一次 --compare"
        raise InputError(Problem("value_invalid", where="--compare", found=found, allowed=allowed))
    read = [_scenario(asked, path) for path in asked.scenarios]
    if len({scheme.scheme for _, scheme in read}) > 1:
        found = "、".join(scheme.scheme for _, scheme in read)
        raise InputError(
            Problem(
                "scenario_conflict", where="base", found=found, advice="并列的方案要用同一个 base"
            )
        )
    reforms = {
        _name(reform, path): reform for (reform, _), path in zip(read, asked.scenarios, strict=True)
    }
    made = _planned(asked, data, list(reforms.values()), read[0][1])
    lines = []
    results = {
        name: answered(made, reform, Result).result.reform for name, reform in reforms.items()
    }
    for year in made.years:
        for row in compare(made, results, year).to_dict("records"):
            lines.append(
                WORDS.say(
                    "command.compared",
                    year=year,
                    scenario=row["scenario"],
                    amount=in_words(row["amount_fen"]),
                    change=in_words(row["change_fen"]),
                    gain=percent(row["gain_share"]),
                )
            )
    for name, reform in results.items():
        lines += [f"{name}：{text}" for text in reform.lines(made.scheme)]
    return lines


def _name(reform: Reform, path: Path) -> str:
    return reform.title or reform.question or reform.reform or path.stem
