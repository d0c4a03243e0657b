"""报送及时率: the day that a form states against the day set in evalkit.yml."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.building import build
from evalkit.indicators import load
from evalkit.indicators.due import due_of
from evalkit.indicators.load import Data
from evalkit.problems import InputError
from evalkit.reports.punctuality import punctuality_table


def form(raw: Path, county: str, when: str, foot: str) -> None:
    raw.mkdir(parents=True, exist_ok=True)
    rows = [f"云州市{county}{when}工作报表,,", "指标,数值,单位", "发展党员,3,名", f"{foot},,"]
    (raw / f"{county}{when}工作报表.csv").write_text("\n".join(rows), encoding="utf-8")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    project = tmp_path_factory.mktemp("due")
    raw = project / "data" / "raw" / "云州市"
    form(raw, "甲县", "2025年三季度", "报送日期：2025年10月10日")
    form(raw, "乙县", "2025年三季度", "报送日期：2025年10月25日")
    form(raw, "丙县", "2025年三季度", "")
    form(raw, "丁县", "2025年二季度", "报送日期：2025年7月1日")
    (project / "evalkit.yml").write_text("due:\n  季报: 10\n  2025Q2: 2025-07-20\n", "utf-8")
    build(project, jobs=1)
    return load(project)


def test_the_states_of_a_quarter(data: Data) -> None:
    rows = data.punctuality.set_index(["area_name", "period"])
    third = {name: rows.loc[(name, "2025Q3")] for name in ("甲县", "乙县", "丙县", "丁县")}
    assert [one["state"] for one in third.values()] == ["按时", "迟报", "日期不详", "缺报"]
    assert (third["乙县"]["days_late"], third["乙县"]["due"]) == (15, "2025-10-10")
    assert rows.loc[("丁县", "2025Q2")]["due"] == "2025-07-20"


def test_a_late_form_is_a_question_with_its_days(data: Data) -> None:
    late = data.problems[data.problems["code"] == "report_late"]
    assert late["found"].tolist() == [
        "乙县2025年第三季度迟报：工作报表迟15天（2025年10月25日报，限2025年10月10日）"
    ]


def test_the_day_below_a_form_is_no_item(data: Data) -> None:
    assert "measure_unknown" not in set(data.problems["code"])


def test_the_table_counts_what_is_known(data: Data) -> None:
    block = punctuality_table(data, "2025Q3")
    total = block.content["rows"][-1]
    values = [one["v"] for one in total[1:6]]
    assert values == [4, 1, 1, 1, pytest.approx(1 / 3)]  # due, in time, late, missing, rate
    assert "按文件" not in "".join(block.content["notes"])


def test_without_a_setting_nothing_is_due(tmp_path: Path) -> None:
    assert not due_of({})
    assert str(due_of({"年报": "15天"}).of(2025)) == "2026-01-15"
    (tmp_path / "evalkit.yml").write_text("due:\n  周报: 3\n  季报: 早些\n", "utf-8")
    form(tmp_path / "data" / "raw", "甲县", "2025年三季度", "")
    with pytest.raises(InputError) as wrong:
        build(tmp_path, jobs=1)
    assert len(wrong.value.problems) == 2
