"""Columns of a plain frame as a panel needs them: codes, numbers, times and treatment, every fault with its rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from evalkit.effects.words import note
from evalkit.problems import InputError, Problem
from evalkit.world.note import Note
from evalkit.world.number import plain
from evalkit.world.period import KIND_WORDS, Kind, Period, parse_column

NEVER = {
    "",
    "0",
    "inf",
    "never",
    "nan",
    "none",
    "<na>",
    "na",
    "n/a",
    "nat",
    ".",
    "-",
    "—",
    "无",
    "从未",
    "未实施",
}
MOST_NAMED = 10


@dataclass
class Reader:
    """Reads the columns of a frame and collects every fault with its rows."""

    frame: pd.DataFrame
    entity: str
    times_of: str
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def rows(self, bad: pd.Series | np.ndarray) -> str:
        """``第3行（演示01区，2024）、…共12行``: the first is row 1."""
        places = np.flatnonzero(np.asarray(bad, bool))
        names = [
            f"第{n + 1}行（{self.frame[self.entity].iloc[n]}，{self.frame[self.times_of].iloc[n]}）"
            for n in places[:MOST_NAMED]
        ]
        return "、".join(names) + (f" 等，共{len(places)}行" if len(places) > MOST_NAMED else "")

    def add(self, code: str, bad: Any, found: str, advice: str = "", allowed: str = "") -> None:
        self.problems.append(
            Problem(code, where=self.rows(bad), found=found, allowed=allowed, advice=advice)
        )

    def codes(self, column: str) -> pd.Series:
        """Text codes without the blanks around them; an empty one is a fault, blanks taken off are a note."""
        try:
            code, values = pd.factorize(self.frame[column], use_na_sentinel=False)
        except TypeError:  # lists and the like
            code, values = pd.factorize(self.frame[column].astype("string"), use_na_sentinel=False)
        given = pd.Series(values)
        if pd.api.types.is_datetime64_any_dtype(given):
            given = given.dt.strftime("%Y-%m-%d")
        whole = pd.api.types.is_float_dtype(given) and bool((given.dropna() % 1 == 0).all())
        text = (given.astype("Int64") if whole else given).astype("string")
        # full-width and zero-width blanks are blanks too
        clean = text.str.replace(
            r"^[\s\u3000\u200b\ufeff]+|[\s\u3000\u200b\ufeff]+$", "", regex=True
        )
        changed, empty = (
            mask.fillna(True).to_numpy(bool)[code]
            for mask in ((clean != text) & text.notna(), clean.isna() | (clean == ""))
        )
        if changed.any():
            rows = self.rows(changed)
            self.notes.append(
                note("panel.stripped", column=column, n=int(changed.sum()), rows=rows)
            )
        if empty.any():
            self.add(
                "panel_invalid", empty, f"“{column}”为空或只有空格", "请补上代码，或删去这些行"
            )
        return clean.fillna("").take(code).reset_index(drop=True)

    def periods(self, column: str) -> tuple[pd.Series, pd.Series]:
        """Canonical texts and integer times of the periods; what cannot be read is a fault with its rows."""
        written = self.codes(column)
        code, values = pd.factorize(written, use_na_sentinel=False)
        kept = self.frame[column].iloc[[int(np.argmax(code == n)) for n in range(len(values))]]
        asked = pd.Series(
            [v if isinstance(v, float | date) else t for v, t in zip(kept, values, strict=True)],
            dtype=object,
        )
        try:
            texts = read_periods(asked)
            numbers = times(texts)
        except InputError as error:
            for problem in error.problems:
                bad = asked.map(lambda v: Period.read(v) is None and str(v) != "").to_numpy(bool)
                same = bad & asked.astype(str).map(
                    lambda t, p=problem: f"“{t}”" == p.found
                ).to_numpy(bool)
                if problem.code == "period_unreadable":
                    self.add(
                        "period_unreadable",
                        same[code],
                        f"“{column}”的{problem.found}读不成时期",
                        problem.advice,
                    )
                else:
                    self.add(
                        problem.code,
                        np.ones(len(code), bool),
                        f"“{column}”：{problem.found}",
                        problem.advice,
                    )
            return written, pd.Series(pd.factorize(written)[0], written.index, dtype="int64")
        changed = [(old, new) for old, new in zip(values, texts, strict=True) if old and old != new]
        if changed:
            first, read = changed[0]
            self.notes.append(note("panel.periods", column=column, first=first, read=read))
        return texts.take(code).set_axis(written.index), numbers.take(code).set_axis(written.index)

    def numbers(self, column: str) -> pd.Series:
        given = self.frame[column].reset_index(drop=True)
        if given.dtype == "float64" and not np.isinf(given.to_numpy()).any():
            return given
        blank = given.astype("string").str.strip().fillna("") == ""
        if given.dtype.kind in "mMc":  # a date or a complex number is no number here
            given = given.astype(str).astype(object)
        found = pd.to_numeric(given.where(~blank), errors="coerce").astype("float64")
        if (bad := (found.isna() & ~blank & given.notna()) | np.isinf(found)).any():
            first = given[bad].iloc[0]
            self.add(
                "value_unreadable",
                bad,
                f"“{column}”不是数：{str(first)!r}",
                "请改为数字；没有的留空",
            )
        return found.where(np.isfinite(found))

    def weights(self, column: str) -> pd.Series:
        """Weights above zero; a row of weight zero counts as one with a gap."""
        found = self.numbers(column)
        if (bad := found < 0).any():
            self.add(
                "value_invalid",
                bad,
                f"权重“{column}”为{plain(found[bad].iloc[0])}",
                "请核对权重",
                "大于0",
            )
        if n := int((found == 0).sum()):
            self.notes.append(note("panel.weightless", column=column, n=n))
        return found.where(found > 0)

    def constant(self, out: pd.DataFrame, column: str, found: str) -> None:
        values = pd.Series(pd.factorize(out[column], use_na_sentinel=False)[0])
        varies = values != values.groupby(pd.factorize(out["entity"])[0]).transform("first")
        if varies.any():
            self.add("panel_invalid", varies, found, "同一个体各期应相同")

    def treatment(self, out: pd.DataFrame, treated_from: str | None, treatment: str | None) -> str:
        """Fill `first_treated` and `treated`; returns the kind."""
        if treated_from is not None:
            code, values = pd.factorize(self.frame[treated_from], use_na_sentinel=False)
            given = pd.Series(values)
            text = given.astype("string").str.strip().str.removesuffix(".0").fillna("")
            never = text.str.lower().isin(NEVER)
            scale = Scale.of(out["period"])
            first = pd.Series(
                [np.nan if no else scale.first_from(v) for no, v in zip(never, given, strict=True)],
                dtype="float64",
            )
            if (bad := ~never & first.isna()).any():
                self.add(
                    "value_unreadable",
                    bad.to_numpy()[code],
                    f"开始时期“{text[bad].iloc[0]}”读不成面板的时期（{scale.said}）",
                    "写法请与时期一致；从未实施的留空、填0或 never",
                )
            if (zero := text.eq("0")).any() and 0 in scale.numbers and scale.counted:
                self.add(
                    "value_unreadable",
                    zero.to_numpy()[code],
                    "时期里有第0期，开始时期“0”分不清是从第0期开始还是从未实施",
                    "从未实施的留空或写 never；从第0期开始的写 +0",
                )
            if (late := (first > out["time"].max()).to_numpy()[code]).any():
                self.notes.append(note("panel.late", n=out.loc[late, "entity"].nunique()))
            out["first_treated"] = first.where(first <= out["time"].max()).to_numpy()[code]
            self.constant(out, "first_treated", "同一个体有几个开始时期")
            out["treated"] = (out["time"] >= out["first_treated"]).astype(float)
            return "binary"
        assert treatment is not None
        truth = pd.api.types.is_bool_dtype(self.frame[treatment])
        value = (
            self.frame[treatment].reset_index(drop=True).astype(float)
            if truth
            else self.numbers(treatment)
        )
        if value.isna().any():
            self.add("panel_invalid", value.isna(), f"政策变量“{treatment}”为空", "请填0或1")
        if not value.dropna().isin([0, 1]).all():
            out["first_treated"], out["treated"] = np.nan, value
            return "continuous"
        order = out.assign(value=value).sort_values(["entity", "time"], kind="stable")
        back = (order.groupby("entity")["value"].diff() < 0).reindex(out.index)
        if back.any():
            self.add(
                "treatment_reversed",
                back,
                "由1变回0",
                "这些设计要求政策一旦实施就持续；请按首次实施的时期用 treated_from，或只取取消之前的时期",
            )
        out["first_treated"] = (
            out["time"].where(value == 1).groupby(out["entity"]).transform("min").astype("float64")
        )
        out["treated"] = value.fillna(0)
        return "binary"

    def shape(self, out: pd.DataFrame, kind: str) -> None:
        """Repeated rows, one period, no variation, nobody to compare with."""
        if (
            twice := out.duplicated(["entity", "period"], keep=False) & (out["entity"] != "")
        ).any():
            self.add("panel_duplicate", twice, "同一个体同一时期有几行", "请先核实并只留一行")
        first = out[~out["entity"].duplicated()].set_index("entity")["first_treated"]
        if len(out) > 1 and out["cluster"].nunique() < 2:
            advice = "标准误按聚类计算，至少要两个：请把 cluster 设为更低的层级"
            self.problems.append(
                Problem("panel_invalid", where="cluster", found="只有一个聚类", advice=advice)
            )
        if out["time"].nunique() < 2:
            found = f"只有一个时期（{'、'.join(out['period'].unique())}）"
            self.problems.append(
                Problem("panel_invalid", where=self.times_of, found=found, advice="至少要两个时期")
            )
        elif out["treated"].nunique() < 2:
            every = "所有行都已实施" if out["treated"].any() else "没有一行实施政策"
            found = every if kind == "binary" else "政策取值处处相同"
            advice = "请核对政策名称与开始时期；没有差别就无从比较"
            self.problems.append(
                Problem("treatment_unvaried", where=f"共{len(out)}行", found=found, advice=advice)
            )
        elif kind == "binary" and first.notna().all() and first.nunique() == 1:
            found = "全部个体在同一时期实施，没有对照"
            self.problems.append(
                Problem(
                    "treatment_unvaried",
                    where=f"共{len(first)}个个体",
                    found=found,
                    advice="请加入未实施的地区",
                )
            )
        elif kind == "binary":
            if first.notna().all():
                self.notes.append(note("panel.all_treated"))
            if n := int((always := first <= out["time"].min()).sum()):
                named = "、".join(first.index[always][:5]) + ("等" if n > 5 else "")
                self.notes.append(note("panel.always", n=n, named=named))


@dataclass(frozen=True)
class Scale:
    """The integer times of a panel's periods: consecutive numbers of their kind; days by their rank.

    Times are above zero (0 stands for never in a cohort), so that periods counted from a start are moved: -4 becomes 1.
    """

    kind: Kind
    plain: bool  # bare numbers: positions, whatever their size
    numbers: tuple[int, ...] = ()

    @classmethod
    def of(cls, periods: pd.Series) -> Scale:
        """Of written periods that can be read."""
        texts = list(dict.fromkeys(periods.astype("string").dropna()))
        found = parse_column(t for t in texts if t)
        kind = found[0].kind if found else "year"
        numbers = tuple(sorted({p.number for p in found}))
        return cls(kind, kind in ("wave", "relative") and all(map(_is_number, texts)), numbers)

    @property
    def shift(self) -> int:
        """What is added to numbers so that the first is above zero."""
        return max(1 - min(self.numbers, default=1), 0)

    @property
    def counted(self) -> bool:
        return self.kind in ("wave", "relative")

    @property
    def said(self) -> str:
        return KIND_WORDS[self.kind]

    def number(self, value: Any) -> int | None:
        """The number of one written period on this scale; a day lies in the year, quarter or month around it."""
        if self.plain and _is_number(value):
            return int(float(value))
        found = Period.read(value)
        if found is None:
            return None
        if self.counted and not found.in_calendar:
            return found.number if found.kind == self.kind or _is_number(value) else None
        if found.kind == "day" and self.kind != "day":
            found = _around(found, self.kind)
        return found.number if found is not None and found.kind == self.kind else None

    def time(self, value: Any) -> int | None:
        """The integer time of a written period; None where it is none of this kind, or a day that no row has."""
        number = self.number(value)
        if number is None or self.kind != "day":
            return number if number is None else number + self.shift
        return self.numbers.index(number) + 1 if number in self.numbers else None

    def first_from(self, value: Any) -> float:
        """The integer time from which something that starts then is in force; NaN where it cannot be read.

        What started before the first period of all is in force from time 1 at the latest.
        """
        number = self.number(value)
        if number is None:
            return np.nan
        if self.kind == "day":
            return float(np.searchsorted(self.numbers, number) + 1)
        return float(max(number + self.shift, 1))


def _is_number(value: Any) -> bool:
    text = str(value).strip().removesuffix(".0").lstrip("+-−")
    return text.isascii() and text.isdigit()


def _around(day: Period, kind: Kind) -> Period | None:
    """The year, half, quarter or month that a day lies in."""
    first = day.bounds[0]
    size = {"year": 1, "half": 2, "quarter": 4, "month": 12}.get(kind)
    return Period(kind, first.year * size + (first.month - 1) * size // 12) if size else None


def _coarse(days: list[Period]) -> list[Period]:
    """Days that stand for years (all New Year's days) or months (all first, or all last days) as these."""
    dates = [day.bounds[0] for day in days]
    if all((d.month, d.day) == (1, 1) for d in dates):
        kind: Kind = "year"
    elif all(d.day == 1 for d in dates) or all((d + timedelta(1)).day == 1 for d in dates):
        kind = "month"
    else:
        return days
    return [made for day in days if (made := _around(day, kind)) is not None]


def read_periods(values: pd.Series) -> pd.Series:
    """The canonical text of written periods (plain numbers stay as they are); empty ones stay empty.

    Raises
    ------
    InputError
        Texts that say no period, or periods of several kinds.
    """
    some = values.notna() & values.astype("string").str.strip().fillna("").ne("")
    given = list(values[some])
    found = parse_column(given)
    if found and found[0].kind == "day":
        found = _coarse(found)
    plain = all(map(_is_number, given))
    texts = [str(int(float(v))) if plain else str(p) for v, p in zip(given, found, strict=True)]
    return pd.Series("", values.index, dtype="string").mask(
        some, pd.Series(texts, values.index[some], dtype="string")
    )


def times(periods: pd.Series) -> pd.Series:
    """Integer times of written periods: years, quarters, months and positions as their numbers, days by rank."""
    code, values = pd.factorize(periods, use_na_sentinel=False)
    texts = read_periods(pd.Series(values))
    scale = Scale.of(texts)
    found = [scale.time(text) if text else -1 for text in texts]
    return pd.Series(found, dtype="int64").take(code).set_axis(periods.index)
