"""What was found wrong, where, and what to write instead: one shape for every input.

Ledgers, codebook, schemes, studies and the command line all speak through `Problem`; several of them travel
together in one `InputError`. Nothing here ever holds a personal datum: a ``personal_data`` problem names the
place and the kind only.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "question"]

SEVERITIES: dict[str, tuple[str, str]] = {
    "error": ("错误", "error"),
    "warning": ("提醒", "warning"),
    "question": ("待核", "question"),
}

TITLES: dict[str, tuple[str, str]] = {
    # ledgers
    "file_unreadable": ("文件读不出来", "file cannot be read"),
    "file_skipped": ("文件未采用", "file not used"),
    "file_noted": ("文件有需要留意之处", "note on a file"),
    "file_empty": ("没有数据", "no data"),
    "sheet_hidden": ("隐藏的工作表", "hidden sheet"),
    "sheet_skipped": ("工作表未计入", "sheet not counted"),
    "heading_unknown": ("表头不认识", "unknown heading"),
    "column_missing": ("缺少必要的列", "column missing"),
    "area_conflict": ("地区前后不一致", "areas disagree"),
    "area_missing": ("看不出是哪个地区", "area unknown"),
    "period_missing": ("看不出是哪一年", "period unknown"),
    "period_conflict": ("年份前后不一致", "periods disagree"),
    "value_unreadable": ("内容读不懂", "value cannot be read"),
    "value_approximate": ("数字是约数", "approximate value"),
    "value_not_listed": ("不在规定的选项内", "value not in the list"),
    "unit_mismatch": ("单位不一致", "units disagree"),
    "date_impossible": ("日期不存在", "impossible date"),
    "date_range": ("日期是一段时间", "date is a range"),
    "date_backwards": ("日期前后颠倒", "dates run backwards"),
    "total_differs": ("合计与明细不符", "total differs from its rows"),
    "identity_differs": ("勾稽关系不符", "identity does not hold"),
    "row_duplicate": ("重复的行", "duplicate row"),
    "ledger_duplicate": ("同一台账有两个版本", "two versions of one ledger"),
    "inactive_in_total": ("停业或注销单位计入了合计", "inactive units inside a total"),
    "value_implausible": ("数值不合常理", "implausible value"),
    "unit_appeared": ("单位突然出现", "unit appeared"),
    "unit_vanished": ("单位突然消失", "unit vanished"),
    "joint_too_large": ("联合组织覆盖单位过多", "joint organisation covers too many units"),
    "due_not_founded": ("应建未建", "organisation due but not founded"),
    "large_not_covered": ("百人以上单位未覆盖", "100 or more employees, not covered"),
    "organisation_unknown": ("台账里没有这个党组织", "party organisation not in the ledger"),
    "personal_data": ("含个人信息，已略去", "personal data, left out"),
    "value_noted": ("数字以外另有说明", "a note beside the number"),
    "amount_fraction": ("金额小数超过两位", "more than two decimals of a yuan"),
    "measure_unknown": ("没有这个指标", "unknown measure"),
    "code_invalid": ("统一社会信用代码有误", "credit code not valid"),
    "unit_unknown": ("台账里没有这个单位", "unit not in the ledger"),
    "value_corrected": ("已按更正表改值", "value corrected by the table of corrections"),
    "correction_unused": ("更正没有用上", "correction not used"),
    "baseline_differs": ("与上年公布数不同", "differs from what was published last year"),
    # declared YAML and the command line
    "yaml_unreadable": ("YAML 写法有误", "malformed YAML"),
    "key_unknown": ("没有这个名称", "unknown name"),
    "key_missing": ("缺少必填项", "missing entry"),
    "key_duplicate": ("名称重复", "name already taken"),
    "value_invalid": ("取值不合规定", "value not allowed"),
    "area_unknown": ("没有这个地区", "unknown area"),
    "period_unknown": ("没有这个年份的数据", "no data for this period"),
    "data_missing": ("还没有数据", "no data yet"),
    "schema_outdated": ("数据是旧版本整理的", "data made by another version"),
    "output_locked": ("文件正被其他程序打开", "output is open in another program"),
    "output_unwritable": ("写不进去", "cannot write"),
    "run_locked": ("另一次运行还没有结束", "another run is still under way"),
    "glyph_missing": ("字体缺字", "glyph missing from the font"),
    "text_too_long": ("篇幅超过规定", "longer than allowed"),
    "page_overflow": ("一页放不下", "more than one page"),
    "notebook_failed": ("笔记本运行出错", "a notebook failed"),
    "notebook_invalid": ("笔记本不能批量运行", "notebook cannot be run in batch"),
    "person_refused": ("不评价个人", "persons are not evaluated"),
    "parameter_unused": ("参数没有用处", "a parameter that nothing uses"),
    "tiers_disordered": ("档次颠倒", "tiers out of order"),
    "scenario_conflict": ("调整方案互相冲突", "reforms in conflict"),
    "target_unreachable": ("在允许范围内达不到", "out of reach"),
    # panels and designs
    "panel_invalid": ("面板数据不能用", "panel cannot be used"),
    "panel_duplicate": ("同一个体同一时期重复", "repeated entity and period"),
    "treatment_unvaried": ("政策没有差别", "no variation in treatment"),
    "treatment_reversed": ("政策中途取消", "treatment switches back"),
    "design_unfit": ("这个设计不适用", "design does not fit the data"),
    # published figures
    "figures_inconsistent": ("数据不一致待核", "figures do not agree"),
    "definition_unclear": ("口径需明确", "definition to be made clear"),
    "behind_plan": ("与计划有差距", "behind plan"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding.

    Parameters
    ----------
    code
        A key of `TITLES`; a new check adds its own.
    severity
        ``error`` (the value is lost), ``warning`` (kept, but look) or ``question`` (only the office can say).
    file, where
        The file and the place in it: ``组织台账!F12`` for a cell, ``measures.units.where`` for YAML.
    found, read, allowed, advice
        What stands there, what was made of it, what is allowed, what to write instead. Chinese.
    """

    code: str
    severity: Severity = "error"
    file: str = ""
    where: str = ""
    found: str = ""
    read: str = ""
    allowed: str = ""
    advice: str = ""

    @property
    def title(self) -> str:
        return TITLES.get(self.code, (self.code, self.code))[0]

    @property
    def sheet(self) -> str:
        return self.where.rpartition("!")[0]

    @property
    def cell(self) -> str:
        return self.where.rpartition("!")[2]

    def text(self, lang: str = "zh") -> str:
        """One line: place, what is wrong, what stands there, what is allowed, what to do."""
        chinese = lang == "zh"
        title = TITLES.get(self.code, (self.code, self.code))[0 if chinese else 1]
        label = SEVERITIES[self.severity][0 if chinese else 1]
        place = " ".join(part for part in (self.file, self.where) if part)
        names = ("原文", "读作", "允许", "建议") if chinese else ("found", "read as", "allowed", "advice")
        parts = [
            f"{name}：{value}" if chinese else f"{name}: {value}"
            for name, value in zip(names, (self.found, self.read, self.allowed, self.advice), strict=True)
            if value
        ]
        head = f"[{label}] {place}：{title}" if chinese else f"[{label}] {place}: {title}"
        if not place:
            head = f"[{label}] {title}"
        return "；".join([head, *parts]) if chinese else "; ".join([head, *parts])

    def __str__(self) -> str:
        return self.text("zh")


class InputError(Exception):
    """Input that cannot be used; carries every problem found, not only the first."""

    def __init__(self, problems: Problem | Iterable[Problem]):
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(f"{p.text('zh')}\n    {p.text('en')}" for p in self.problems))


def near(word: str, candidates: Iterable[str], n: int = 3) -> list[str]:
    """The candidates most like `word`, best first; empty when none is close."""
    return difflib.get_close_matches(str(word), [str(c) for c in candidates], n=n, cutoff=0.5)


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """``是否想写“…”？`` with the nearest candidates, or an empty text."""
    close = near(word, candidates)
    return "是否想写" + "、".join(f"“{c}”" for c in close) + "？" if close else ""
