"""What a project's ``evalkit.yml`` may say, and what holds where it says nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from evalkit.codebook import Codebook, Indicator
from evalkit.codebook.models import UNION_EMPLOYEES, Measure, Term
from evalkit.indicators.due import due_of
from evalkit.indicators.targets import own_targets
from evalkit.problems import visible
from evalkit.world.declared import Faults

FILE = "evalkit.yml"
LONGEST = 200  # characters of a text


def _line(value: Any) -> str:
    fits = isinstance(value, str) and len(value) <= LONGEST and "\n" not in value
    if not fits or visible(value) != value:
        raise ValueError(f'一行文字，不超过{LONGEST}字；全是数字的要加引号，例如 "2025"')
    return value


Level = Literal[
    "national", "province", "city", "district", "township", "park", "industry_committee"
]
Line = Annotated[str, BeforeValidator(_line)]


class Settings(BaseModel):
    """The settings of a project.

    Attributes
    ----------
    name
        Of the project, in titles.
    area
        The area of all ledgers, where nothing in them says so.
    office, field
        What the office and its field call themselves.
    levels
        Level -> what its areas are called (district: 县市区), where a project's codebook does not say so.
    member_base
        Of which members money per member is reckoned: those at the end of the year before, at the end of the year, or
        the mean of both. Followed by the indicators that declare ``member_bases``.
    minimum_base
        Below this denominator a proportion is shown, not ranked.
    union_employees
        From how many employees on a unit is expected to have a union and a youth league.
    last_year
        Which numbers of earlier periods are compared with where 上年公布数.xlsx has printed ones. ``auto``: the printed
        ones of a measure or an indicator, where they are given for the whole and for every district that should have
        reported; else those of the ledgers for all of them. ``printed``: every printed one. ``ledgers``: none; they are
        only listed beside those of the ledgers.
    references
        Indicator -> the reference of the codebook that is its target here. The rule of another place is a reference
        only where it is chosen here.
    targets
        Indicator -> period -> what is to be reached (`evalkit.indicators.targets`).
    due
        By when ledgers are due: days after the end of a year, quarter or month, or the day of one period
        (`evalkit.indicators.due`).
    index
        The index that the report scores by: a name, or a YAML file of the project. Without one the report prints no
        score: no weight is anybody's but the office's.
    whatif
        A scenario (YAML file of the project) that the report reckons; none by default.
    published
        Whether the report has the page of published figures of other places.
    explorer
        Whether the report has 探索.html.
    fonts
        ``windows``: 仿宋, 楷体 ... in Word; else the faces of GB/T 9704.
    date, addressee
        Of the signed report: 2026年1月15日; 主送机关.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line = ""
    area: Line = ""
    office: Line = "两新组织党建工作机构"
    field: Line = "两新组织"
    levels: dict[Level, Line] = {}
    member_base: Literal["prev_year_end", "year_end", "mean"] = "prev_year_end"
    minimum_base: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = 30
    union_employees: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = UNION_EMPLOYEES
    last_year: Literal["auto", "printed", "ledgers"] = "auto"
    references: dict[str, Line] = {}
    targets: dict[str, dict[Any, Any]] = {}
    due: dict[Any, Any] = {}
    index: Line = ""
    whatif: Line = ""
    published: bool = False
    explorer: bool = True
    fonts: Literal["system", "windows"] = "system"
    date: Line = ""
    addressee: Line = ""


def read_settings(path: Path) -> Settings:
    """The settings of a file, the usual ones without it; every fault in one `InputError`."""
    if not path.exists():
        return Settings()
    faults = Faults.read_mapping(path)
    settings = faults.model(Settings, faults.source.content)
    faults.stop()
    assert settings is not None
    return settings


def applied(
    settings: Settings, codebook: Codebook, path: Path, own: Codebook | None = None
) -> Codebook:
    """The codebook as a project wants it: its small base, references, targets, its member base of money, its unions.

    Parameters
    ----------
    own
        For a project with ledgers of its own the packaged codebook: what that refers to as the rule of one place
        (``local``) is no target, unless the project's codebook or settings say so.

    Raises
    ------
    InputError
        For indicators and references that the codebook does not have.
    """
    codebook = _with_unions_from(codebook, settings.union_employees)
    faults = Faults.read_mapping(path) if path.exists() else Faults()
    _check_references(settings, codebook, faults)
    targets = own_targets(settings.targets, codebook, faults)
    due_of(settings.due, faults)
    faults.stop()
    unasked = _unasked(codebook, own) if own else frozenset[str]()
    foreign = _foreign(codebook, own) if own else frozenset[str]()
    changed = {
        code: made
        for code, indicator in codebook.indicators.items()
        if (made := _as_chosen(indicator, settings, code in unasked, code in foreign))
        is not indicator
    }
    named = {
        f"level.{level}": Term(code=f"level.{level}", zh=name)
        for level, name in settings.levels.items()
    }
    if not changed and not targets and not named and settings.minimum_base == codebook.minimum_base:
        return codebook
    return codebook.model_copy(
        update={
            "minimum_base": settings.minimum_base,
            "indicators": {**codebook.indicators, **changed},
            "own_targets": targets,
            "terms": {**codebook.terms, **named},
        }
    )


def _with_unions_from(codebook: Codebook, employees: int) -> Codebook:
    """The codebook whose units with a union are those from another number of employees on, in words and in the count."""
    if employees == UNION_EMPLOYEES:
        return codebook
    usual, wanted = str(UNION_EMPLOYEES), str(employees)

    def told(one: Measure | Indicator, *texts: str) -> dict[str, str]:
        return {key: getattr(one, key).replace(usual, wanted) for key in texts}

    measures = {  # made anew: a copy would keep the condition that was parsed before
        code: Measure(
            **one.model_dump()
            | told(one, "name", "name_en")
            | {"where": {**one.where, "employees": f">= {employees}"}}
        )
        for code, one in codebook.measures.items()
        if one.union_employees
    }
    indicators = {
        code: one.model_copy(update=told(one, "name", "name_en", "short_name", "base"))
        for code, one in codebook.indicators.items()
        if one.union_employees
    }
    return codebook.model_copy(
        update={
            "measures": {**codebook.measures, **measures},
            "indicators": {**codebook.indicators, **indicators},
        }
    )


def _unasked(codebook: Codebook, packaged: Codebook) -> frozenset[str]:
    """The indicators whose reference is the rule of one place, which nobody but the packaged codebook names."""
    usual = packaged.indicators
    return frozenset(
        code
        for code, one in codebook.indicators.items()
        if one.target
        and codebook.references[one.target].local
        and code in usual
        and usual[code].target == one.target
    )


def _foreign(codebook: Codebook, packaged: Codebook) -> frozenset[str]:
    """The indicators whose definition the packaged codebook has from one place: here it is the project's own choice."""
    usual = packaged.indicators
    return frozenset(
        code
        for code, one in codebook.indicators.items()
        if one.source in codebook.sources
        and codebook.sources[one.source].local
        and code in usual
        and usual[code].source == one.source
    )


def _check_references(settings: Settings, codebook: Codebook, faults: Faults) -> None:
    for code, reference in settings.references.items():
        if code not in codebook.indicators and code not in codebook.no_source:
            faults.unknown(("references", code), code, codebook.indicators)
        if reference not in codebook.references:
            faults.unknown(
                ("references", code), reference, codebook.references, code="value_invalid"
            )


def _as_chosen(indicator: Indicator, settings: Settings, unasked: bool, foreign: bool) -> Indicator:
    change: dict[str, Any] = {"source": ""} if foreign else {}
    if indicator.code in settings.references:
        change["target"] = settings.references[indicator.code]
    elif unasked:
        change["target"] = None
    if settings.member_base in indicator.member_bases:
        change["base"] = indicator.member_bases[settings.member_base]
        change["denominator_period"] = {"year_end": "same", "mean": "mean"}[settings.member_base]
    return indicator.model_copy(update=change) if change else indicator
