"""How each finding of the import is put: severity, what was made of it, what to do, where the caller says no other."""

from __future__ import annotations

from evalkit.problems import Problem, Severity

FINDINGS: dict[str, tuple[Severity, str, str]] = {
    "amount_fraction": ("warning", "", "金额保留到分"),
    "area_conflict": ("question", "", "核对地区，改成一致"),
    "code_invalid": ("question", "改按单位名称识别", "核对代码（18位，末位是校验位）"),
    "column_missing": ("error", "此行未计入", "补填单位名称"),
    "date_backwards": ("question", "按原样保留", "核对两个日期"),
    "date_impossible": ("error", "空", "写成 2024-05-31 这样的日期"),
    "date_range": ("warning", "", "写成 2024-05-31 这样的日期"),
    "due_not_founded": ("question", "应建未建", ""),
    "heading_unknown": ("question", "此列未采用", "两列只留一列，或在 mapping.yml 里写明"),
    "identity_differs": ("warning", "", "核对总数和分项"),
    "inactive_in_total": ("question", "", "合计只计正常经营单位，或注明口径"),
    "joint_too_large": ("question", "按原样计入", "核对覆盖单位，或分设联合党组织"),
    "ledger_duplicate": ("question", "", "只留一个版本"),
    "measure_unknown": ("warning", "此行未采用", "改成指标名称，或在 codebook 里加上别名"),
    "organisation_unknown": ("warning", "金额和得分保留，不新增党组织", "改成党组织台账里的名称，或在台账里补上"),
    "period_conflict": ("question", "按年份列", "核对年份，改成一致"),
    "personal_data": ("warning", "已略去", "报送前删去个人信息"),
    "row_duplicate": ("warning", "", "删去重复的行"),
    "sheet_hidden": ("question", "未计入", "需要计入的，先取消隐藏"),
    "sheet_skipped": ("warning", "未计入", "需要计入的，请加上规定的表头"),
    "total_differs": ("warning", "", "核对合计或明细"),
    "unit_appeared": ("question", "按原样计入", "核对是否漏报、改名或迁移"),
    "unit_mismatch": ("question", "", "核对单位，单元格里不再写单位"),
    "unit_unknown": ("question", "未计入覆盖", "在组织台账里补上这个单位，或改成登记名称"),
    "unit_vanished": ("question", "按原样计入", "核对是否漏报、改名或迁移"),
    "value_approximate": ("warning", "", "有准确数请改成准确数"),
    "value_implausible": ("question", "按原样保留", "核对这个数"),
    "value_not_listed": ("warning", "空", "改成规定的选项"),
    "value_noted": ("warning", "", "数字以外的说明另设一列"),
    "value_unreadable": ("error", "空", "改成数字或日期"),
}


def finding(
    code: str, file: str, where: str, found: str = "", read: str | None = None, *,
    allowed: str = "", advice: str | None = None, severity: Severity | None = None,
) -> Problem:  # fmt: skip
    """A `Problem` with what `FINDINGS` says of its code."""
    usual = FINDINGS.get(code, ("warning", "", "核对"))
    return Problem(
        code, severity or usual[0], file, where, found, usual[1] if read is None else read, allowed, usual[2] if advice is None else advice
    )  # fmt: skip
