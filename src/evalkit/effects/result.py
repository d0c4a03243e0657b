"""What every design returns: one table, the facts beside it, and the notes that must not be overlooked."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import wraps
from importlib.metadata import version
from typing import Any, Literal, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from evalkit.documents import Block
from evalkit.effects.panel import Panel
from evalkit.effects.words import name
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world.number import fixed, p_value, percent

P = ParamSpec("P")
T = TypeVar("T")

# the columns of every Effect.table; `at` is the place on the axis of a figure (event time, period, group), else NaN;
# `p_small` is p once more where clusters are few and everything in the row is of another method (facts["p_small_method"])
COLUMNS = (
    "term",
    "label",
    "estimate",
    "se",
    "statistic",
    "p",
    "p_small",
    "ci_low",
    "ci_high",
    "at",
)
PARTS = {
    "group_time": "各批各期",
    "dynamic": "按实施后时长",
    "group": "按批次",
    "calendar": "按时期",
}
STARS = ((0.01, "***"), (0.05, "**"), (0.1, "*"))
STAR_RULE = "*、**、*** 分别表示在10%、5%、1%的水平上显著"


def fitted(run: Callable[P, T]) -> Callable[P, T]:
    """A design: its library's own warnings are kept back (the notes say what matters), its giving up is a fault of the input."""

    @wraps(run)
    def tried(*given: P.args, **options: P.kwargs) -> T:
        try:
            with warnings.catch_warnings(action="ignore"):
                return run(*given, **options)
        except (
            ValueError,
            ArithmeticError,
            LookupError,
            StopIteration,
            np.linalg.LinAlgError,
        ) as error:
            found = f"估计不出来（{' '.join(str(error).split())[:80] or type(error).__name__}）"
            raise unfit(
                name(run.__name__), found, "请看 advise 的判断表换一种设计，或核对数据和所给的选项"
            ) from error

    return tried


def unfit(design: str, found: str, advice: str = "请看 ek.effects.advise(panel)") -> InputError:
    """The data do not carry the design."""
    return InputError(Problem("design_unfit", where=design, found=found, advice=advice))


def binary(panel: Panel, design: str) -> None:
    """Refuse a continuous treatment."""
    if panel.kind != "binary":
        raise unfit(
            design,
            f"{panel.label(panel.treatment)}是连续变量，没有开始实施的时期",
            "连续的政策变量请用 ek.effects.twfe",
        )


def unweighted(panel: Panel, design: str, advice: str) -> None:
    """Refuse weights where the design has no place for them: nothing given is ignored."""
    if panel.weighted:
        raise unfit(design, "面板有权重，这种方法用不上", f"{advice}；或在建面板时不给 weights")


def allowed_as(option: str, given: object, allowed: Iterable[str]) -> None:
    """Refuse an option that is not one of those allowed."""
    if given not in (known := list(allowed)):
        near = did_you_mean(str(given), known)
        raise InputError(
            Problem(
                "value_invalid",
                where=option,
                found=str(given),
                allowed="、".join(known),
                advice=near,
            )
        )


@dataclass(frozen=True)
class Note:
    """A remark that stands inside the result's own table; ``warning`` marks the main estimate too."""

    tone: Literal["info", "warning"]
    text: str


@dataclass(frozen=True)
class Effect:
    """The result of a design.

    Parameters
    ----------
    design, name
        Key (``twfe``) and Chinese name (双向固定效应).
    table
        `COLUMNS`; estimates in the outcome's own scale (a rate of 1 is 100%), p two-sided.
    facts
        ``outcome``, ``outcome_label``, ``treatment``, ``treatment_label``, ``controls`` (labels), ``n``,
        ``entities``, ``clusters``, ``treated_clusters``, ``treated_entities``, ``mean_outcome`` (untreated
        observations; all where none is), ``base_period``, ``method``, ``paper``, ``package`` (name and version),
        ``covariance``, ``level`` (0.95), ``is_demo``, ``rate`` (bounded by 0 and 1) and what the design adds.
    notes
        Guard rails; the warnings come first.
    main
        The ``term`` of the row that answers the question: journal tables and specification plots show it.
    details
        Further tables by name (``group_time``, ``dynamic``, ``draws``, ``weights`` ...).
    chart
        Which figure `plot` draws: ``event_study``, ``placebo``, ``bacon``, ``synthetic`` or ``coefficients``.
    """

    design: str
    name: str
    table: pd.DataFrame
    facts: dict[str, Any]
    notes: tuple[Note, ...] = ()
    main: str = ""
    details: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    chart: str = "coefficients"

    @property
    def row(self) -> pd.Series:
        """The main estimate: a row of `table`."""
        found = self.table.loc[self.table["term"] == self.main] if self.main else self.table
        return found.iloc[0]

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(note.text for note in self.notes if note.tone == "warning")

    def with_notes(self, *notes: Note) -> Effect:
        """The same result with more notes, warnings first, none twice."""
        every = dict.fromkeys([*self.notes, *notes])
        return replace(self, notes=tuple(sorted(every, key=lambda note: note.tone != "warning")))

    def part(self, name: str) -> Effect:
        """One of the detail tables that are rows like `table` (``group_time``, ``dynamic``, ``group``, ``calendar``) as a result."""
        return replace(
            self, name=f"{self.name}（{PARTS.get(name, name)}）", table=self.details[name], main=""
        )

    def plot(self, lang: str = "zh") -> Block:
        """The figure that belongs to the design."""
        from evalkit import charts

        return getattr(charts, self.chart)(self, lang=lang)  # type: ignore[no-any-return]

    def block(self, decimals: int = 4) -> Block:
        """The table as a three-line table; every warning marks the main estimate and stands as a row of the table."""
        heads = {
            "label": "变量",
            "estimate": "估计值",
            "se": "标准误",
            "p": "p值",
            "ci": f"{percent(self.facts['level'], 0)}置信区间",
        }
        if self.table["p_small"].notna().any():  # all of the row is of the method for few clusters
            heads["p"] = "少聚类p值"
        columns = [
            {"key": key, "label": label, "align": "left" if key == "label" else "right"}
            for key, label in heads.items()
        ]
        rows: list[list[Any]] = []
        for row in self.table.to_dict("records"):
            texts = {key: number(row[key], decimals) for key in ("estimate", "se")}
            texts |= {
                "label": row["label"],
                "p": p_value(row["p"]),
                "ci": interval(row["ci_low"], row["ci_high"], decimals),
            }
            marked = (
                {"mark": "▲", "tone": "bad"}
                if self.warnings and row["term"] == self.row["term"]
                else {}
            )
            main = {"v": row["estimate"], "t": texts["estimate"] + stars(row["p"])} | marked
            rows.append([main if key == "estimate" else texts[key] for key in heads])
        rows += [
            [{"t": f"▲ {text}", "tone": "bad"}, *[""] * (len(heads) - 1)] for text in self.warnings
        ]
        notes = [
            self.caption,
            *(note.text for note in self.notes if note.tone == "info"),
            f"{STAR_RULE}。",
        ]
        title = f"{self.name}：{self.facts['treatment_label']}对{self.facts['outcome_label']}的影响"
        return Block.table(
            title,
            columns,
            rows,
            notes=notes,
            sortable=False,
            form="three_line",
            source=self.source,
            demo=self.facts["is_demo"],
        )

    @property
    def caption(self) -> str:
        """Sample, covariance and method in one sentence, as it stands under the table."""
        f = self.facts
        parts = [
            f.get("sample")
            or f"观测值{f['n']}，个体{f['entities']}，聚类{f['clusters']}（其中实施政策的{f['treated_clusters']}）",
            f"结果变量均值{number(f['mean_outcome'], 4)}"
            if f.get("mean_outcome") is not None
            else "",
            f"基期：{f['base_period']}" if f.get("base_period") else "",
            "控制变量：" + ("、".join(f["controls"]) or "无"),
            f"标准误：{f['covariance']}" if f.get("covariance") else "",
            f"少聚类p值和区间：{f['p_small_method']}" if f.get("p_small_method") else "",
            f"按权重估计（{f['weights']}）" if f.get("weights") else "",
            f"方法：{f['method']}（{f['package']}）",
        ]
        return "；".join(part for part in parts if part) + "。"

    @property
    def source(self) -> str:
        return (
            "演示数据，全部虚构" if self.facts.get("is_demo") else str(self.facts.get("source", ""))
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return self.block()._repr_mimebundle_(include, exclude)


def rows(
    terms: Any,
    labels: Any,
    estimate: Any,
    se: Any,
    *,
    df: float = np.inf,
    level: float = 0.95,
    at: Any = np.nan,
    p_small: Any = np.nan,
    **given: Any,
) -> pd.DataFrame:
    """A table with `COLUMNS`; statistic, p and limits by t with `df` degrees of freedom where they are not `given`."""
    from scipy.stats import t

    estimate = np.atleast_1d(np.asarray(estimate, float))
    se = np.broadcast_to(np.asarray(se, float), estimate.shape)
    z, reach = estimate / np.where(se > 0, se, np.nan), t.ppf(0.5 + level / 2, df) * se
    values = {
        "term": terms,
        "label": labels,
        "estimate": estimate,
        "se": se,
        "statistic": z,
        "p": 2 * t.sf(np.abs(z), df),
        "p_small": p_small,
        "ci_low": estimate - reach,
        "ci_high": estimate + reach,
        "at": at,
    } | given
    filled = {key: [v] * len(estimate) if np.ndim(v) == 0 else list(v) for key, v in values.items()}
    return pd.DataFrame(filled, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[2:], "float64"))


def facts(
    panel: Panel,
    *,
    package: str,
    method: str,
    paper: str,
    rows: pd.DataFrame | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The facts that every design states, read off the panel; `package` gets its installed version; `rows` are those it used."""
    work = panel.work
    used = work if rows is None else rows
    ever = used["g"] > 0
    idle = work[work["d"] == 0] if panel.kind == "binary" and (work["d"] == 0).any() else work
    own = {
        "outcome": panel.outcome,
        "outcome_label": panel.label(panel.outcome),
        "outcome_en": panel.english.get(panel.outcome, ""),
        "treatment": panel.treatment,
        "treatment_label": panel.label(panel.treatment),
        "controls": [panel.label(c) for c in panel.controls],
        "n": len(used),
        "entities": int(used["i"].nunique()),
        "clusters": int(used["c"].nunique()),
        "treated_clusters": int(used.loc[ever, "c"].nunique()),
        "treated_entities": int(used.loc[ever, "i"].nunique()),
        "mean_outcome": float(np.average(idle["y"], weights=idle["w"])),
        "base_period": "",
        "covariance": "",
        "level": 0.95,
        "is_demo": panel.is_demo,
        "rate": panel.rate,
        "weights": panel.label("weight") if panel.weighted else "",
        "method": method,
        "paper": paper,
        "package": f"{package} {version(package)}" if package else "Evalkit",
        "source": panel.source,
        "periods": panel.periods,
    }
    return own | more


def stars(p: float) -> str:
    """``***`` below 0.01, ``**`` below 0.05, ``*`` below 0.1 (`STAR_RULE`)."""
    return next((mark for limit, mark in STARS if p < limit), "") if pd.notna(p) else ""


def number(value: Any, decimals: int = 4) -> str:
    """A number as text, — where there is none."""
    return fixed(value, decimals)


def side(name: str, run: Callable[[], T]) -> tuple[T | None, tuple[Note, ...]]:
    """What a side check gives; where it fails, whatever the error, a note that names it: the estimate stands."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return run(), ()
    except Exception as error:
        return None, (Note("info", f"{name}没有做成（{reason(error)}），估计不受影响"),)


def reason(error: Exception) -> str:
    """Why something failed, in one line."""
    if isinstance(error, InputError):
        return "；".join(p.found or p.title for p in error.problems)
    return " ".join(str(error).split())[:80] or type(error).__name__


def interval(low: Any, high: Any, decimals: int = 4) -> str:
    return (
        "—"
        if pd.isna(low) or pd.isna(high)
        else f"[{number(low, decimals)}, {number(high, decimals)}]"
    )
