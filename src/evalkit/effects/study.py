"""A study as a small YAML file: the question and the designs are written down before the numbers are seen.

`read_study` checks the whole file at once; `run_study` gives panel, advice, main result, robustness, checks and groups.
What cannot be estimated is named with its reason; only a main design that fails stops the study.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from evalkit.effects.advice import Advice
from evalkit.effects.advise import advise
from evalkit.effects.designs import CHECKS, DESIGNS, PANELS
from evalkit.effects.estimating import check, estimate, rd
from evalkit.effects.multilevel import pool_effects
from evalkit.effects.panel import Panel
from evalkit.effects.rd import UNIT_OUTCOMES
from evalkit.effects.refusals import reason, side, unfit
from evalkit.effects.result import Effect
from evalkit.effects.source import panel
from evalkit.effects.words import name as design_name
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world.declared import Faults, Source
from evalkit.world.period import Period


def _as_text(value: Any) -> Any:
    """2024 and 2024-01-01 are no texts in YAML."""
    return str(value) if isinstance(value, int | date) else value


def _first_and_last(periods: tuple[str, ...]) -> tuple[str, ...]:
    if len(periods) > 2:
        raise PydanticCustomError("first_and_last", "最多两项：起、止")
    return periods


Text = Annotated[str, Field(min_length=1)]
DateText = Annotated[str, BeforeValidator(_as_text)]
FirstAndLast = Annotated[tuple[DateText, ...], AfterValidator(_first_and_last)]


class Study(BaseModel):
    """The file. `design: auto` takes the adviser's; `periods` are first and last; `further` are more outcomes of the same
    policy, whose p-values are corrected together with the main one (`adjust`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    question: Text
    status: Literal["pre_registered", "exploratory"]
    registration: DateText = ""
    outcome: Text
    outcome_label: str = ""
    treatment: str = ""
    treatment_label: str = ""
    entity: Literal["area", "unit", "party_org"] = "area"
    level: str = "district"
    controls: tuple[str, ...] = ()
    periods: FirstAndLast = ()
    design: str = "auto"
    robustness: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    groups: str = ""
    running: str = "employees"
    cutoff: float | None = None
    bandwidth: float | None = Field(default=None, gt=0)
    adjust: Literal["holm", "bonferroni", "sidak", "fdr_bh", "fdr_by"] = "holm"
    seed: int = Field(default=7, ge=0)
    draws: int = Field(default=499, ge=19, le=99_999)


@dataclass(frozen=True)
class Findings:
    """What a study found; `failed` are designs and checks that could not be run, with the reason."""

    study: Study
    main: Effect
    panel: Panel | None = None
    advice: Advice | None = None
    others: tuple[Effect, ...] = ()
    further: tuple[Effect, ...] = ()
    checks: dict[str, Any] = field(default_factory=dict)
    groups: pd.DataFrame | None = None
    failed: tuple[str, ...] = ()


def read_study(source: str | Path | dict[str, Any]) -> Study:
    """A checked study of a file or a mapping; every fault at once, with line and near match."""
    declared = Source.of(source) if isinstance(source, dict) else Source.read(Path(source))
    faults = Faults(declared)
    given = {str(key): value for key, value in faults.mapping((), declared.content).items()}
    faults.stop()
    study = faults.model(Study, given)
    _unknown_designs(given, faults)
    _what_the_design_wants(given, faults)
    if given.get("status") == "pre_registered" and not given.get("registration"):
        faults.missing(("registration",), "预先登记的日期和地方；没有登记的写 status: exploratory")
    faults.stop()
    assert study is not None
    return study


def _unknown_designs(given: dict[str, Any], faults: Faults) -> None:
    """Designs and checks that do not exist."""
    allowed = {"design": ["auto", *DESIGNS], "robustness": PANELS, "checks": [*CHECKS]}
    for key, known in allowed.items():
        value = given.get(key)
        if isinstance(value, str) and value and value not in known:
            faults.unknown((key,), value, known)
        for place, name in enumerate(value if isinstance(value, list | tuple) else ()):
            if isinstance(name, str) and name not in known:
                faults.unknown((key, place), name, known)


def _what_the_design_wants(given: dict[str, Any], faults: Faults) -> None:
    """A discontinuity needs a cut-off and what units can have; every other design needs a policy."""
    if given.get("design") != "rd":
        if not given.get("treatment"):
            faults.missing(("treatment",), "政策.xlsx 里的政策名称")
        return
    if given.get("cutoff") is None:
        faults.missing(("cutoff",), "断点回归要写临界值，如 cutoff: 50")
    outcome = given.get("outcome")
    if isinstance(outcome, str) and outcome not in UNIT_OUTCOMES:
        faults.unknown(("outcome",), outcome, UNIT_OUTCOMES)
    for key in ("robustness", "further", "checks", "groups", "controls"):
        if given.get(key):
            faults.invalid(
                (key,), given[key], "空", "断点回归自带圆环、带宽和安慰剂临界值，不用写这一项"
            )


def study_panel(
    data: Any,
    outcome: str,
    treatment: str,
    controls: Sequence[str] = (),
    *,
    entity: Any = "area",
    level: str = "district",
    periods: Sequence[str | int] = (),
    outcome_label: str = "",
    treatment_label: str = "",
    keep: Sequence[str] = (),
) -> Panel:
    """`panel` from the first to the last of `periods`, with the names that a reader should see in place of codes."""
    names = {
        key: label
        for key, label in ((outcome, outcome_label), (treatment, treatment_label))
        if label
    }
    made = panel(data, outcome, treatment, controls, entity, level=level, labels=names, keep=keep)
    given, known = [str(p) for p in periods if p is not None], list(made.periods.values())
    at = {p: made.time_of(p) for p in given}
    if unknown := [p for p, time in at.items() if time is None]:
        raise InputError(
            [
                Problem("period_unknown", where="periods", found=p, allowed="、".join(known))
                for p in unknown
            ]
        )
    if not given:
        return made
    inside = made.frame["time"].between(at[given[0]], at[given[-1]])
    if (
        made.frame.loc[inside, "treated"].nunique() < 2
        or made.frame.loc[inside, "time"].nunique() < 2
    ):
        advice = "这段时间里要有两期以上，而且有实施和没有实施的"
        raise InputError(
            Problem("treatment_unvaried", where="periods", found="—".join(given), advice=advice)
        )
    return made.having(inside)


def by_group(source: Panel, column: str, design: str) -> pd.DataFrame:
    """The effect by kind of entity: treated of one group against all untreated ones; drawn together by `pool_effects`.

    Columns: group, treated, estimate, se, low, high, pooled, reason (why a group has no estimate).
    """
    if column not in source.frame:
        known = list(source.keep)
        raise InputError(
            Problem(
                "key_unknown",
                where="groups",
                found=column,
                allowed="、".join(known),
                advice=did_you_mean(column, known),
            )
        )
    if source.kind != "binary":
        raise unfit("groups", "政策是连续变量", "分组比较要求有开始实施的时期")
    ever, kind = (
        source.frame["first_treated"].notna(),
        source.frame[column].astype("string").fillna("未分组"),
    )
    rows: list[dict[str, Any]] = []
    for group in sorted(kind[ever].unique()):
        own = source.having(~ever | (kind == group))
        row: dict[str, Any] = {
            "group": group,
            "treated": own.frame.loc[own.frame["first_treated"].notna(), "entity"].nunique(),
        }
        try:
            main = estimate(own, design).row
            row |= {
                "estimate": main["estimate"],
                "se": main["se"],
                "low": main["ci_low"],
                "high": main["ci_high"],
                "reason": "",
            }
        except InputError as error:
            row |= {"reason": "；".join(map(_why, error.problems))}
        except Exception as error:
            row |= {"reason": f"没有做成（{reason(error)}）"}
        rows.append(row)
    frame = pd.DataFrame(rows).reindex(
        columns=["group", "treated", "estimate", "se", "low", "high", "reason"]
    )
    good = frame["se"].gt(0)
    if good.sum() > 1:
        pooled, _ = side(
            "shrinkage",
            lambda: pool_effects(frame.loc[good, "estimate"], frame.loc[good, "se"])[0][
                "pooled"
            ].to_numpy(),
        )
        frame.loc[good, "pooled"] = pooled if pooled is not None else np.nan
    return frame


def _why(problem: Problem) -> str:
    return "，".join(
        part for part in (problem.found, problem.advice or problem.allowed or problem.title) if part
    )


def several(
    names: Iterable[str],
    run: Callable[[str], Any],
    say: Callable[[str], None] | None = None,
    called: Callable[[str], str] = design_name,
) -> tuple[dict[str, Any], list[str]]:
    """Results by name, and what could not be run with its reason; `called`: the name for people."""
    made, failed = dict[str, Any](), list[str]()
    for one in names:
        if say:
            say(called(one))
        try:
            made[one] = run(one)
        except InputError as error:
            failed.append(f"{called(one)}：" + "；".join(map(_why, error.problems)))
        except Exception as error:
            failed.append(f"{called(one)}：没有做成（{reason(error)}）")
    return made, failed


def _as_stored(periods: Iterable[str]) -> tuple[str, ...]:
    """Periods as the tables write them; what is none stays, to be refused by name."""
    return tuple(str(Period.read(p) or p) for p in periods)


def _known(study: Study, data: Any) -> None:
    """Codes, policy, level and periods that the data must have; all that are missing at once."""
    book, policies = data.codebook, set(data.frame("policies")["policy"].dropna())
    codes = (
        [*book.indicators, *book.measures]
        if study.entity == "area" and study.design != "rd"
        else None
    )
    lists: list[tuple[str, tuple[str, ...], Iterable[str] | None]] = [
        ("outcome", (study.outcome,), codes),
        ("controls", study.controls, codes),
        ("further", study.further, codes),
        ("treatment", (study.treatment,) if study.treatment else (), policies),
        ("periods", _as_stored(study.periods), data.periods),
        ("level", (study.level,), set(data.areas["level"].dropna())),
    ]
    bad = [
        Problem(
            "period_unknown" if where_ == "periods" else "key_unknown",
            where=where_,
            found=word,
            advice=did_you_mean(word, known),
            allowed="" if known is codes else "、".join(sorted(known)),
        )
        for where_, names, known in lists
        if known is not None
        for word in names
        if word not in known
    ]
    if bad:
        raise InputError(bad)


def run_study(study: Study, data: Any, progress: Callable[[str], None] | None = None) -> Findings:
    """Everything that the study asks for, in order, with the study's seed; `progress` hears what is being done."""
    say, book = (
        progress or (lambda text: None),
        {**data.codebook.measures, **data.codebook.indicators},
    )
    _known(study, data)
    if study.design == "rd":
        say(design_name("rd"))
        labels = {study.outcome: study.outcome_label} if study.outcome_label else None
        return Findings(
            study,
            rd(
                data,
                study.outcome,
                study.running,
                study.cutoff or 0.0,
                h=study.bandwidth,
                labels=labels,
            ),
        )

    def panel_of(outcome: str, label: str = "") -> Panel:
        return study_panel(
            data,
            outcome,
            study.treatment,
            study.controls,
            entity=study.entity,
            level=study.level,
            periods=study.periods,
            outcome_label=label,
            treatment_label=study.treatment_label,
            keep=[g for g in [study.groups] if g],
        )

    made = panel_of(study.outcome, study.outcome_label)
    advice = advise(made)
    design = advice.main if study.design == "auto" else study.design
    if not design:
        raise unfit("design", "没有适合的设计", "；".join(advice.notes[:1]))
    say(design_name(design))
    main = estimate(made, design)
    others, lost = several(
        (d for d in study.robustness if d != design), lambda d: estimate(made, d), say
    )
    further, no_panel = several(
        study.further, lambda o: estimate(panel_of(o), design), say, lambda o: book[o].name
    )
    checks, undone = several(
        study.checks, lambda c: check(made, c, study.seed, study.draws, main), say
    )
    groups, apart = several(
        [study.groups] if study.groups else [], lambda g: by_group(made, g, design)
    )
    failed = (*lost, *no_panel, *undone, *apart)
    return Findings(
        study,
        main,
        made,
        advice,
        tuple(others.values()),
        tuple(further.values()),
        checks,
        groups.get(study.groups),
        failed,
    )
