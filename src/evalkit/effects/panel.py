"""A clean panel with treatment timing: what every design takes, from processed data or from a plain frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from evalkit.documents import Block
from evalkit.effects.columns import Reader, Scale
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world.note import Note
from evalkit.world.number import plain
from evalkit.world.showing import shown
from evalkit.world.summary import Summarised, Summary, listed, sentences

# the columns of Panel.frame before outcome, controls and kept ones
KEYS = ("entity", "period", "time", "cluster", "first_treated", "treated", "dose", "weight")
KEY_NAMES = {
    "entity": "个体",
    "period": "时期",
    "time": "时期序号",
    "cluster": "聚类",
    "first_treated": "开始实施的时期（空为从未实施）",
    "treated": "是否已实施政策",
    "dose": "政策取值",
    "weight": "权重",
    "policy": "政策",
    "peer_group": "地区类型",
}


@dataclass(frozen=True, repr=False)
class Panel(Summarised):
    """One row an entity and period; made by `panel` (processed data) or `Panel.from_frame` (any frame).

    Parameters
    ----------
    frame
        `KEYS`, then the outcome, the controls and the kept columns under their own names, sorted by entity and time.
        ``time`` is an integer (year; 4 year + quarter - 1; 12 year + month - 1; else the rank), ``first_treated`` on
        that scale and NaN for the never treated, ``treated`` 1 from then on (the treatment itself where it is
        continuous), ``dose`` the policy's value where it is in force, else 0.
    outcome, treatment, controls
        Names of columns of `frame`; `treatment` is the policy's name where it comes from the table of policies.
    kind
        ``binary``: absorbing, from `first_treated` on. ``continuous``: a regressor, for two-way fixed effects only.
    labels
        Chinese name of every column; `label` reads it. `english`: the English ones that are known.
    rate
        The outcome is bounded by 0 and 1.
    weighted
        `weight` is given (else it is 1).
    findings
        What was decided on the way: always-treated entities, blanks taken off, movers; `notes` are their words.
    """

    frame: pd.DataFrame = field(repr=False)
    outcome: str
    treatment: str
    controls: tuple[str, ...] = ()
    entity: str = "entity"
    kind: Literal["binary", "continuous"] = "binary"
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)
    english: Mapping[str, str] = field(default_factory=dict, repr=False)
    keep: tuple[str, ...] = ()
    rate: bool = False
    weighted: bool = False
    is_demo: bool = False
    source: str = ""
    findings: tuple[Note | str, ...] = ()

    @property
    def summary(self) -> Summary:
        """Outcome, policy, how many entities and periods, how many of them were treated."""
        frame = self.frame
        treated = frame.loc[frame["first_treated"].notna(), "entity"].nunique()
        facts = {
            "outcome": self.label(self.outcome),
            "treatment": self.label(self.treatment),
            "entities": frame["entity"].nunique(),
            "treated": treated if self.kind == "binary" else "",
            "periods": listed(frame.sort_values("time")["period"].unique()),
            "controls": listed(map(self.label, self.controls)),
            "notes": sentences(self.notes),
        }
        return Summary.of("panel", facts, rows=len(frame))

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        outcome: str,
        entity: str,
        time: str,
        *,
        treated_from: str | None = None,
        treatment: str | None = None,
        controls: Sequence[str] = (),
        cluster: str | None = None,
        weights: str | None = None,
        labels: Mapping[str, str] | None = None,
        rate: bool = False,
        keep: Sequence[str] = (),
        is_demo: bool = False,
        source: str = "",
        dose: str | None = None,
    ) -> Panel:
        """A panel of any frame, one row an entity and period.

        Parameters
        ----------
        outcome, controls, keep, weights, dose
            Names of columns; numbers, except the kept ones.
        entity, time, cluster
            Names of columns; clusters are the entities by default, an entity stays in its cluster.
        treated_from
            Column with the first treated period of the entity; 0, empty, infinite or ``never`` is never.
        treatment
            Or a column of 0 and 1 by period (it may not switch back), or of other numbers (a continuous regressor).
        rate
            Refuse an outcome outside 0 to 1.
        dose
            Column with the policy's value (it is taken where the policy is in force).

        Raises
        ------
        InputError
            Every fault at once, with its rows: unknown or unreadable columns, empty or repeated entity and period,
            one period, no variation in treatment, all treated at once, a treatment that switches back, a rate
            outside 0 to 1.

        Examples
        --------
        ``Panel.from_frame(mpdta, "lemp", "countyreal", "year", treated_from="first.treat", controls=["lpop"])`` is
        the panel of county minimum wages of Callaway and Sant'Anna (2021); California's Proposition 99 is
        ``Panel.from_frame(smoking, "PacksPerCapita", "State", "Year", treatment="treated")``.
        """
        if not isinstance(frame, pd.DataFrame):
            found = f"不是数据表（{type(frame).__name__}）"
            raise InputError(
                Problem(
                    "panel_invalid", where="from_frame", found=found, allowed="pandas.DataFrame"
                )
            )
        controls, keep = (
            [*dict.fromkeys([c] if isinstance(c, str) else c)] for c in (controls, keep)
        )
        needed = {"outcome": outcome, "entity": entity, "time": time}
        unknown = [
            Problem("key_missing", where=f"from_frame {k}", advice="请给出列名")
            for k, c in needed.items()
            if c is None or c == ""
        ]
        if frame.empty:
            unknown.append(
                Problem(
                    "panel_invalid",
                    where="from_frame",
                    found="一行也没有",
                    advice="请核对数据和筛选条件",
                )
            )
        given = [
            c
            for c in (
                outcome,
                entity,
                time,
                treated_from,
                treatment,
                cluster,
                weights,
                dose,
                *controls,
                *keep,
            )
            if c
        ]
        unknown += [
            Problem(
                "key_duplicate",
                where="from_frame",
                found=str(c),
                advice="数据表里有几列同名，请改列名",
            )
            for c in dict.fromkeys(given)
            if (frame.columns == c).sum() > 1
        ]
        unknown += [
            Problem(
                "key_unknown",
                where="from_frame",
                found=str(c),
                advice=did_you_mean(str(c), map(str, frame.columns)),
            )
            for c in dict.fromkeys(given)
            if c not in frame
        ]
        if (treated_from is None) == (treatment is None):
            unknown.append(
                Problem(
                    "key_missing",
                    where="from_frame",
                    advice="treated_from（开始时期）与 treatment（按期取值）只给一个",
                )
            )
        taken = [c for c in (outcome, *controls, *keep) if c in KEYS]
        unknown += [
            Problem(
                "key_duplicate",
                where="from_frame",
                found=c,
                advice="请改列名；这些名称留给面板的键：" + "、".join(KEYS),
            )
            for c in taken
        ]
        if outcome in controls:
            unknown.append(
                Problem(
                    "key_duplicate",
                    where="from_frame",
                    found=outcome,
                    advice="结果变量不能又作控制变量",
                )
            )
        if unknown:
            raise InputError(unknown)
        check = Reader(frame, entity, time)
        out = pd.DataFrame({"entity": check.codes(entity)})
        out["period"], out["time"] = check.periods(time)
        if any(
            p.code in ("period_unreadable", "period_mixed") for p in check.problems
        ):  # without times nothing more can be read
            raise InputError(check.problems)
        out["cluster"] = check.codes(cluster) if cluster else out["entity"]
        check.constant(out, "cluster", "个体换了聚类")
        kind = check.treatment(out, treated_from, treatment)
        values = check.numbers(dose).fillna(0) if dose else pd.Series(1.0, out.index)
        out["dose"] = (
            out["treated"] if kind == "continuous" else values.where(out["treated"] == 1, 0.0)
        )
        out["weight"] = check.weights(weights) if weights else 1.0
        for column in dict.fromkeys((outcome, *controls)):
            out[column] = check.numbers(column)
        for column in keep:
            out[column] = frame[column].to_numpy()
        if rate and (bad := (out[outcome] < -1e-12) | (out[outcome] > 1 + 1e-12)).any():
            found = f"“{outcome}”为{plain(out.loc[bad, outcome].iloc[0])}"
            check.add("value_invalid", bad, found, "请核对分子分母；百分数先除以100", "0至1")
        check.shape(out, kind)
        whole = out[[outcome, *controls, "weight"]].notna().all(axis=1)
        if not check.problems and out.loc[whole, "treated"].nunique() < 2:
            found = "变量齐全的行里政策没有差别" if whole.any() else "没有一行的变量是齐全的"
            advice, code = (
                "请核对结果变量、控制变量和权重有没有缺失",
                "treatment_unvaried" if whole.any() else "panel_invalid",
            )
            check.problems.append(
                Problem(
                    code,
                    where=f"共{len(out)}行，齐全的{int(whole.sum())}行",
                    found=found,
                    advice=advice,
                )
            )
        if check.problems:
            raise InputError(check.problems)
        order = np.lexsort((out["time"], pd.factorize(out["entity"], sort=True)[0]))
        out = out if (np.diff(order) == 1).all() else out.take(order).reset_index(drop=True)
        return cls(
            out,
            outcome,
            treatment or "policy",
            tuple(controls),
            entity,
            kind,  # type: ignore[arg-type]
            KEY_NAMES | dict(labels or {}),
            {},
            tuple(keep),
            rate,
            bool(weights),
            is_demo,
            source,
            tuple(check.notes),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided on the way, in words."""
        return tuple(map(str, self.findings))

    def label(self, name: str) -> str:
        return str(self.labels.get(name, name))

    @cached_property
    def complete(self) -> pd.DataFrame:
        """The rows on which designs run: outcome, controls and weight all known."""
        return self.frame.dropna(subset=[self.outcome, *self.controls, "weight"]).reset_index(
            drop=True
        )

    @cached_property
    def work(self) -> pd.DataFrame:
        """`complete` with short names for formulas: y, d, x0, x1 ..., i (entity), t, c (cluster), g (0 is never), w."""
        used = self.complete
        if used.empty:  # the compiled routines behind the designs end the whole process on no rows
            raise InputError(
                Problem(
                    "panel_invalid",
                    where=self.outcome,
                    found="没有一行的变量是齐全的",
                    advice="请核对变量和时期",
                )
            )
        return pd.DataFrame(
            {
                "y": used[self.outcome],
                "d": used["treated"],
                "i": pd.factorize(used["entity"])[0],
                "t": used["time"],
                "c": pd.factorize(used["cluster"])[0],
                "g": used["first_treated"].fillna(0).astype("int64"),
                "w": used["weight"],
                **{f"x{n}": used[c] for n, c in enumerate(self.controls)},
            }
        )

    @property
    def xs(self) -> list[str]:
        """Names of the controls in `work`."""
        return [f"x{n}" for n in range(len(self.controls))]

    @property
    def periods(self) -> dict[int, str]:
        """Integer time -> the period as it is written, in order."""
        seen = self.frame.drop_duplicates("time").sort_values("time")
        return dict(zip(seen["time"].astype(int), seen["period"].astype(str), strict=True))

    def period(self, time: float) -> str:
        return self.periods.get(int(time), str(int(time)))

    def time_of(self, period: Any) -> int | None:
        """The integer time of a period written in any usual way; None where no row has it."""
        found = Scale.of(self.frame["period"]).time(period)
        return found if found in self.periods else None

    @property
    def cohorts(self) -> dict[int, int]:
        """First treated time -> number of entities, the never treated left out."""
        once = ~pd.Series(pd.factorize(self.frame["entity"])[0]).duplicated()
        first = self.frame.loc[once.to_numpy(), "first_treated"].dropna()
        return {int(g): int(n) for g, n in first.value_counts().sort_index().items()}

    @property
    def balanced(self) -> bool:
        return len(self.work) == self.work["i"].nunique() * self.work["t"].nunique()

    @property
    def staggered(self) -> bool:
        return len(self.cohorts) > 1

    def having(self, keep: pd.Series | np.ndarray, note: Note | str = "") -> Panel:
        """The same panel on the rows where `keep` holds; `note` says what was left out."""
        frame = self.frame.loc[np.asarray(keep, bool)].reset_index(drop=True)
        return replace(self, frame=frame, findings=(*self.findings, *([note] if note else [])))

    @property
    def missing(self) -> pd.DataFrame:
        """Per variable: rows missing, their share, and the share among treated and untreated entities."""
        gaps, ever = (
            self.frame[[self.outcome, *self.controls]].isna(),
            self.frame["first_treated"].notna(),
        )
        shares = {
            "share": gaps.mean(),
            "share_treated": gaps[ever].mean(),
            "share_never": gaps[~ever].mean(),
        }
        made = pd.DataFrame(
            {"label": [self.label(c) for c in gaps], "n": gaps.sum()} | shares, index=gaps.columns
        )
        return made.rename_axis("variable").reset_index()

    @property
    def attrition(self) -> dict[str, float]:
        """Share of entities (of those seen in the first period) not complete in the last one, by treatment."""
        work = self.work
        first = work[work["t"] == work["t"].min()]
        stayed, ever = first["i"].isin(work.loc[work["t"] == work["t"].max(), "i"]), first["g"] > 0
        share = lambda group: float(1 - stayed[group].mean()) if group.any() else 0.0  # noqa: E731
        return {"all": share(ever | True), "treated": share(ever), "never": share(~ever)}

    @property
    def report(self) -> Block:
        """Balance and missingness, as a table."""
        made: Block = shown(self, "report")
        return made

    def dictionary(self) -> Block:
        """变量说明表: name, Chinese name, type, rows, missing, minimum, mean and maximum of every column."""
        made: Block = shown(self, "dictionary")
        return made

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return self.report._repr_mimebundle_(include, exclude)

    def export(self, path: str | Path) -> list[Path]:
        """Write the panel as ``.dta`` (Stata 14 and later), ``.sav``, ``.parquet``, ``.xlsx`` or ``.ods``.

        Returns
        -------
        list of Path
            The file and ``<name>_变量说明.xlsx`` (a sheet of the same workbook for ``.xlsx`` and ``.ods``).
        """
        written: list[Path] = shown(self, "export", Path(path))
        return written
