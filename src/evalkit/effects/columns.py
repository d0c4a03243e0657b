"""Columns of a plain frame as a panel needs them: codes, numbers, times and treatment, every fault with its rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from evalkit.problems import Problem
from evalkit.world.number import plain

NEVER = {"", "0", "inf", "never", "nan", "none", "<na>", "na", "n/a", "nat", ".", "-", "—", "无", "从未", "未实施"}
MOST_NAMED = 10


@dataclass
class Reader:
    """Reads the columns of a frame and collects every fault with its rows."""

    frame: pd.DataFrame
    entity: str
    times_of: str
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def rows(self, bad: pd.Series | np.ndarray) -> str:
        """``第3行（演示01区，2024）、…共12行``: the first is row 1."""
        places = np.flatnonzero(np.asarray(bad, bool))
        names = [f"第{n + 1}行（{self.frame[self.entity].iloc[n]}，{self.frame[self.times_of].iloc[n]}）" for n in places[:MOST_NAMED]]
        return "、".join(names) + (f" 等，共{len(places)}行" if len(places) > MOST_NAMED else "")

    def add(self, code: str, bad: Any, found: str, advice: str = "", allowed: str = "") -> None:
        self.problems.append(Problem(code, where=self.rows(bad), found=found, allowed=allowed, advice=advice))

    def codes(self, column: str) -> pd.Series:
        """Text codes without the blanks around them; an empty one is a fault, blanks taken off are a note."""
        try:
            code, values = pd.factorize(self.frame[column], use_na_sentinel=False)
        except TypeError:  # lists and the like
            code, values = pd.factorize(self.frame[column].astype("string"), use_na_sentinel=False)
        given = _dates(pd.Series(values))
        whole = pd.api.types.is_float_dtype(given) and bool((given.dropna() % 1 == 0).all())
        text = (given.astype("Int64") if whole else given).astype("string")
        # full-width and zero-width blanks are blanks too
        clean = text.str.replace(r"^[\s\u3000\u200b\ufeff]+|[\s\u3000\u200b\ufeff]+$", "", regex=True)
        changed, empty = (mask.fillna(True).to_numpy(bool)[code] for mask in ((clean != text) & text.notna(), clean.isna() | (clean == "")))
        if changed.any():
            self.notes.append(f"“{column}”有{int(changed.sum())}行的代码首尾带空格，已去掉：{self.rows(changed)}")
        if empty.any():
            self.add("panel_invalid", empty, f"“{column}”为空或只有空格", "请补上代码，或删去这些行")
        return clean.fillna("").take(code).reset_index(drop=True)

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
            self.add("value_unreadable", bad, f"“{column}”不是数：{str(first)!r}", "请改为数字；没有的留空")
        return found.where(np.isfinite(found))

    def weights(self, column: str) -> pd.Series:
        """Weights above zero; a row of weight zero counts as one with a gap."""
        found = self.numbers(column)
        if (bad := found < 0).any():
            self.add("value_invalid", bad, f"权重“{column}”为{plain(found[bad].iloc[0])}", "请核对权重", "大于0")
        if n := int((found == 0).sum()):
            self.notes.append(f"“{column}”有{n}行权重为零，不参加估计")
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
            given = _dates(pd.Series(values), str(out["period"].iloc[0]))
            text = given.astype("string").str.strip().str.removesuffix(".0").fillna("")
            seen = out.drop_duplicates("period")
            known = dict(zip(seen["period"].astype(str), seen["time"], strict=True))
            never = text.str.lower().isin(NEVER)
            first = text.map(known).astype("float64").where(~never)
            outside = ~never & first.isna()
            if outside.any() and not _ranked(seen["period"]) and not _ranked(text[outside]):
                first[outside] = times(text[outside])
            if (bad := ~never & first.isna()).any():
                self.add("value_unreadable", bad.to_numpy()[code], f"开始时期“{text[bad].iloc[0]}”不在面板的时期之内",
                         "写法请与时期一致；从未实施的留空、填0或 never")
            if (late := (first > out["time"].max()).to_numpy()[code]).any():
                self.notes.append(f"{out.loc[late, 'entity'].nunique()}个个体在最后一期之后才实施，按从未实施计")
            out["first_treated"] = first.where(first <= out["time"].max()).to_numpy()[code]
            self.constant(out, "first_treated", "同一个体有几个开始时期")
            out["treated"] = (out["time"] >= out["first_treated"]).astype(float)
            return "binary"
        assert treatment is not None
        truth = pd.api.types.is_bool_dtype(self.frame[treatment])
        value = self.frame[treatment].reset_index(drop=True).astype(float) if truth else self.numbers(treatment)
        if value.isna().any():
            self.add("panel_invalid", value.isna(), f"政策变量“{treatment}”为空", "请填0或1")
        if not value.dropna().isin([0, 1]).all():
            out["first_treated"], out["treated"] = np.nan, value
            return "continuous"
        order = out.assign(value=value).sort_values(["entity", "time"], kind="stable")
        back = (order.groupby("entity")["value"].diff() < 0).reindex(out.index)
        if back.any():
            self.add("treatment_reversed", back, "由1变回0",
                     "这些设计要求政策一旦实施就持续；请按首次实施的时期用 treated_from，或只取取消之前的时期")
        out["first_treated"] = out["time"].where(value == 1).groupby(out["entity"]).transform("min").astype("float64")
        out["treated"] = value.fillna(0)
        return "binary"

    def shape(self, out: pd.DataFrame, kind: str) -> None:
        """Repeated rows, one period, no variation, nobody to compare with."""
        if (twice := out.duplicated(["entity", "period"], keep=False) & (out["entity"] != "")).any():
            self.add("panel_duplicate", twice, "同一个体同一时期有几行", "请先核实并只留一行")
        first = out[~out["entity"].duplicated()].set_index("entity")["first_treated"]
        if len(out) > 1 and out["cluster"].nunique() < 2:
            advice = "标准误按聚类计算，至少要两个：请把 cluster 设为更低的层级"
            self.problems.append(Problem("panel_invalid", where="cluster", found="只有一个聚类", advice=advice))
        if out["time"].nunique() < 2:
            found = f"只有一个时期（{'、'.join(out['period'].unique())}）"
            self.problems.append(Problem("panel_invalid", where=self.times_of, found=found, advice="至少要两个时期"))
        elif out["treated"].nunique() < 2:
            every = "所有行都已实施" if out["treated"].any() else "没有一行实施政策"
            found = every if kind == "binary" else "政策取值处处相同"
            advice = "请核对政策名称与开始时期；没有差别就无从比较"
            self.problems.append(Problem("treatment_unvaried", where=f"共{len(out)}行", found=found, advice=advice))
        elif kind == "binary" and first.notna().all() and first.nunique() == 1:
            found = "全部个体在同一时期实施，没有对照"
            self.problems.append(Problem("treatment_unvaried", where=f"共{len(first)}个个体", found=found, advice="请加入未实施的地区"))
        elif kind == "binary":
            if first.notna().all():
                self.notes.append("全部个体先后都实施了政策：只能以尚未实施的作对照，最后一批实施之后的各期不能用")
            if n := int((always := first <= out["time"].min()).sum()):
                named = "、".join(first.index[always][:5]) + ("等" if n > 5 else "")
                self.notes.append(f"{n}个个体在首期就已实施（{named}），没有实施前的数据，组别—时期估计时略去")


def _dates(given: pd.Series, like: str = "") -> pd.Series:
    """Dates as periods are written (like `like`): years where all are New Year's days, months where all are firsts."""
    if not pd.api.types.is_datetime64_any_dtype(given):
        return given
    known = given.dropna().dt
    size = len(like) or (4 if (known.day_of_year == 1).all() else 7 if (known.day == 1).all() else 10)
    return given.dt.strftime({4: "%Y", 7: "%Y-%m"}.get(size, "%Y-%m-%d"))


def _ranked(periods: pd.Series) -> bool:
    return not periods.astype("string").str.fullmatch(r"\d{1,9}(Q[1-4]|-\d{2})?").all()


def times(periods: pd.Series) -> pd.Series:
    """Integer times of written periods: years as they are, ``2025Q3`` and ``2025-07`` counted in quarters and months."""
    code, values = pd.factorize(periods, use_na_sentinel=False)
    text = pd.Series(values).astype("string").str.strip()
    found = (text.rank(method="dense") - 1).fillna(-1)
    if text.str.fullmatch(r"\d{1,9}").all():
        found = text
    for pattern, size in ((r"(\d{4})Q([1-4])", 4), (r"(\d{4})-(\d{2})", 12)):
        if text.str.fullmatch(pattern).all():
            parts = text.str.extract(pattern).astype("int64")
            found = parts[0] * size + parts[1] - 1
    return found.astype("int64").take(code).set_axis(periods.index)
