"""补助标准测算 in the report: only where somebody asked (``report --whatif FILE``, or ``whatif`` in ``evalkit.yml``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalkit import subsidy
from evalkit.documents import Block
from evalkit.indicators.load import Data
from evalkit.problems import InputError, Problem
from evalkit.reports import plan_report as costs
from evalkit.reports.disclosure import dominated
from evalkit.reports.voice import Voice, voice_of
from evalkit.subsidy.asking import answered
from evalkit.subsidy.loading import read_scenario
from evalkit.subsidy.plan import years_asked
from evalkit.subsidy.result import Result

COUNTED = ("baseline_fen", "amount_fen", "change_fen")


def scenario_of(project: Any, given: str | Path | None = None) -> Path | None:
    """The scenario that the report reckons: the file given, else that of the settings; None where nobody asked.

    Raises
    ------
    InputError
        There is no such file.
    """
    wanted = str(given or project.settings["whatif"])
    if not wanted:
        return None
    path = next((p for p in (project.root / wanted, Path(wanted)) if p.is_file()), None)
    if path is None:
        where = "--whatif" if given else "whatif"
        advice = "写调整方案的 YAML 文件；格式见 python start.py whatif --list"
        raise InputError(
            Problem("data_missing", where=where, found=f"没有这个文件：{wanted}", advice=advice)
        )
    return path


def estimate(
    data: Data,
    period: str | int,
    file: str | Path | None = None,
    within: str | None = None,
    by_area: bool = True,
) -> Block:
    """The section of the report, with its heading: what a scenario costs; nothing where nobody asked for one."""
    path = scenario_of(data.project, file)
    if path is None:
        return Block.group()
    reform, scheme = read_scenario(path)
    known = [int(str(one)[:4]) for one in data.periods]
    years = list(map(int, years_asked(reform.ask.periods))) if reform.ask.periods else []
    years = years or reform.years_from([*known, int(str(period)[:4])])
    title = reform.title or reform.question or path.stem
    made = subsidy.plan(data, scheme, years, within=within or reform.ask.within)
    result: Any = answered(made, reform, Result).result
    told = _told(data, result, years[-1], by_area)
    return Block.group(Block.heading(f"补助标准测算：{title}", 3, "unnumbered"), told)


def simulation(
    data: Data,
    period: str | int,
    scheme: Any,
    standard: dict[str, float],
    within: str | None = None,
    by_area: bool = True,
) -> Block:
    """补助标准测算: what the standards cost from next January on; who pays, and (unless published) in which areas."""
    year = int(str(period)[:4]) + 1
    try:
        result = subsidy.plan(data, scheme, [year], within=within).run(
            {k: {f"{year}-01-01": v} for k, v in standard.items()}
        )
        return _told(data, result, year, by_area)
    except InputError as error:
        return Block.paragraph(
            "没有作补助标准测算：" + "；".join(p.found or p.title for p in error.problems),
            "pending",
        )


def _told(data: Data, result: Result, year: int, by_area: bool) -> Block:
    voice: Voice = voice_of(data)
    if not by_area:
        each = result.organisations(year)
        limits = {key: data.codebook.disclosure[key] for key in "nkp"}
        if any(dominated(each[column], **limits) for column in COUNTED):
            return Block.paragraph(
                voice.say("nothing", name="补助标准测算", why=voice.say("withheld"))
            )
    text = result.sentence if by_area else result.public_sentence  # which names no area
    blocks = [
        Block.paragraph(voice.say("simulated")),
        costs.difference(result),
        Block.paragraph(text),
        costs.by_payer(result, named=by_area),
    ]
    areas = [costs.by_area(result, place=voice.place("district"))] if by_area else []
    return Block.group(*blocks, *areas)
