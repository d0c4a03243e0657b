"""绩效自评表 of a project: its own numbers, what is missing, and Word and Excel as issued."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from decimal import Decimal
from pathlib import Path

import county_holes as holes
import pypdfium2
import pytest
from docx import Document
from python_calamine import CalamineWorkbook

import evalkit as ek
from evalkit.building import build
from evalkit.problems import InputError
from evalkit.reports.selfeval import PENDING, laid_out, notes
from evalkit.reports.selfeval_command import told, write_example
from evalkit.reports.selfeval_filling import EXAMPLE, forms_of, self_evaluate, stamps
from evalkit.reports.verify import FORMS, amend, recorded, self_evaluations_due

FORM = """\
project: 两新组织党建经费
year: 2025
department: 云州市委社会工作部
unit: 云州市委两新工委
goal: {expected: 提高覆盖, actual: 基本完成}
funds: {fiscal: {start: {measure: 财政投入}, year: {measure: 财政投入}, spent: {measure: 财政投入}}}
indicators:
  - {kind: 数量, name: 党员数, target: ≥1000, measure: 党员, points: 20}
  - {kind: 质量, name: 组织覆盖率, target: ≥95%, indicator: 组织覆盖率, points: 30}
  - {kind: 社会效益, name: 作用, target: 明显, grade: 达成, percent: 90, points: 30, reason: 原因}
  - {kind: 满意度, name: 满意度, target: ≥90%, actual: 95, unit: "%", points: 10}
areas:
  新泽区: {indicators: {党员数: {target: 100, reason: 名册核对后增加}}}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three counties with a form."""
    folder = tmp_path_factory.mktemp("selfeval")
    holes.copied(folder)
    (folder / "selfeval").mkdir()
    (folder / "selfeval" / "经费.yml").write_text(FORM, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def data(project: Path):
    return ek.load(project)


def number(data, frame: str, name: str, area: str) -> float:
    rows = getattr(data, frame)
    key = {"measures": "measure", "indicators": "indicator"}[frame]
    mine = rows.loc[(rows["period"] == "2025") & (rows["area"] == area) & (rows[key] == name)]
    return float(mine["value"].iloc[0])


def test_the_whole_takes_its_numbers_from_the_ledgers(data) -> None:
    one = self_evaluate(data)
    members, coverage, effect, pleased = one.lines
    assert members.actual == Decimal(int(number(data, "measures", "members", "云州市")))
    share = number(data, "indicators", "org_coverage", "云州市")
    printed = Decimal(ek.number.fixed(share, 1, scale=100))
    assert coverage.actual == printed
    by_hand = Decimal(ek.number.fixed(min(printed / 95, Decimal(1)) * 30, 2))
    assert coverage.score == by_hand and coverage.deviates == (by_hand < 30)
    assert (effect.score, effect.deviates, effect.reason) == (27, True, "原因")
    assert (pleased.score, one.executed, one.rate) == (10, 10, 1)
    assert one.total == one.executed + sum(line.score for line in one.lines)
    assert one.missing == [] and repr(one).startswith(
        "<SelfEvaluation 两新组织党建经费 2025 云州市"
    )
    fiscal = number(data, "measures", "funds_fiscal", "云州市")
    assert one.whole.spent == Decimal(ek.number.fixed(fiscal / 10_000, 2))
    frame = one.table
    assert list(frame["得分"]) == [10.0, *(float(line.score) for line in one.lines)]
    assert one.block.kind == "table" and "<table" in one._repr_mimebundle_()["text/html"]


def test_what_is_typed_of_the_whole_is_not_said_of_a_district(data) -> None:
    """A count's target, a typed value and a grade are those of the whole; a rate's target holds for all."""
    mine = self_evaluate(data, area="清河县")
    members, coverage, effect, pleased = mine.lines
    assert (members.why, members.score) == ("没有年度指标值", None)
    assert members.actual is not None and coverage.score is not None
    assert effect.why == "没有填完成档次" and pleased.why == "没有实际完成值"
    assert mine.total is None and "总分" not in mine.state and "未评" in mine.state
    assert mine.points_missing == 60 and mine.judged == mine.executed + coverage.score
    text = "".join(notes(mine))
    assert "缺数3项" in text and "共60分没有评" in text and "不是总分" in text
    local = self_evaluate(data, "经费", "新泽区").lines[0]
    assert local.aim.text == "≥100名" and local.reason == "名册核对后增加"


def test_a_missing_ledger_is_no_nought_and_no_total(tmp_path: Path) -> None:
    raw = holes.copied(tmp_path)
    for path in holes.county(raw, 2025).glob("*经费*"):
        path.unlink()
    build(tmp_path, jobs=1)
    (tmp_path / "selfeval").mkdir()
    (tmp_path / "selfeval" / "经费.yml").write_text(FORM, encoding="utf-8")
    data = ek.load(tmp_path)
    whole = self_evaluate(data)
    assert whole.executed is None and whole.rate is None and whole.total is None
    assert whole.whole.year is None and holes.HOLE in whole.missing[0]
    assert whole.missing[0].startswith("预算执行率（财政投入")
    hole = self_evaluate(data, area=holes.HOLE)
    assert hole.executed is None and "缺报" in hole.missing[0]
    texts = [spot.text for spot in laid_out(whole).spots]
    assert texts.count("未评") == 2 and "0.00" not in texts  # the execution, the total
    assert texts.count("缺数") == 6  # of the row and of the sum above it


def test_a_goal_gives_target_and_value(project: Path, tmp_path: Path) -> None:
    holes.copied(tmp_path)
    goals = "- {indicator: 组织覆盖率, value: 96, date: 2025}\n- {indicator: 党员, value: 900, date: 2025, from: 2024}\n"
    (tmp_path / "goals.yml").write_text(goals, encoding="utf-8")
    build(tmp_path, jobs=1)
    data = ek.load(tmp_path)
    form = {
        "project": "甲",
        "year": 2025,
        "funds": {"points": 0},
        "indicators": [
            {"kind": "质量", "name": "覆盖", "goal": "组织覆盖率", "points": 50},
            {"kind": "数量", "name": "党员", "goal": "党员", "points": 50},
        ],
    }
    members, coverage = self_evaluate(data, form).lines
    assert coverage.aim.text == "≥96%" and members.aim.text == "≥900名"
    assert coverage.score is not None and members.score is not None


def test_faults_that_need_the_areas_and_the_numbers(data, project: Path) -> None:
    wrong = FORM.replace("新泽区", "新择区")
    path = project / "selfeval" / "坏.yml"
    path.write_text(wrong, encoding="utf-8")
    try:
        with pytest.raises(InputError, match=r"areas.新择区（第13行）[\s\S]*新泽区"):
            self_evaluate(data, "坏")
    finally:
        path.unlink()
    with pytest.raises(InputError, match="经费"):
        self_evaluate(data, "不存在")
    high = ek.load_codebook() and {
        "project": "甲",
        "year": 2025,
        "funds": {"points": 0},
        "indicators": [
            {"kind": "数量", "name": "乙", "target": 10, "actual": 5, "score": 60, "points": 100}
        ],
    }
    with pytest.raises(InputError, match=r"按规则计算的50分"):
        self_evaluate(data, high)


def test_word_and_excel_as_issued(data, tmp_path: Path) -> None:
    one = self_evaluate(data, "经费", "新泽区")
    word, book, page = one.write(tmp_path)
    rows = [[cell.text for cell in row.cells] for row in Document(str(word)).tables[0].rows]
    flat = ["".join(dict.fromkeys(row)) for row in rows]
    assert flat[0] == "项目名称两新组织党建经费" and "主管部门云州市委社会工作部实施单位" in flat[1]
    heads = ["年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分"]
    assert [cell for cell in rows[2] if cell in heads] == heads
    assert [row[2] for row in rows[3:7]] == [
        "年度资金总额",
        "其中：当年财政拨款",
        "上年结转资金",
        "其他资金",
    ]
    assert "预期目标" in flat[7] and "实际完成情况" in flat[7]
    assert rows[9][3:9] == [
        "三级指标",
        "年度\n指标值",
        "实际\n完成值",
        "分值",
        "得分",
        "偏差原因分析\n及改进措施",
    ]
    assert rows[-1][0] == "总分" and rows[-1][6:8] == ["100", "未评"]
    assert ("名册核对后增加" in flat[10] and PENDING in "".join(flat)) or not one.unexplained
    xml = zipfile.ZipFile(word).read("word/document.xml").decode()
    yellow = sum(spot.pending for spot in laid_out(one).spots)
    assert xml.count('w:fill="FFFF00"') == yellow > 0
    assert (
        'w:w="11906" w:h="16838"' in xml
        and word.read_bytes() == one.write(tmp_path)[0].read_bytes()
    )
    read = pypdfium2.PdfDocument(page)
    assert len(read) == 1  # the form is one page, as issued
    text = "".join(read[0].get_textpage().get_text_bounded().split())
    for spot in laid_out(one).spots:
        for part in spot.text.split():  # text beside a cell of many rows stands between its lines
            assert part in text
    assert page.read_bytes() == one.write(tmp_path)[2].read_bytes()
    sheet = zipfile.ZipFile(book).read("xl/worksheets/sheet1.xml").decode()
    formulas = re.findall(r"<f>([^<]+)</f>", sheet)
    assert any(text.startswith("IF(COUNT(") for text in formulas)
    assert sum("ROUND(" in text for text in formulas) == 1 + sum(
        line.score is not None for line in one.lines
    )


def test_the_command_writes_all_and_the_report_lists_them(project: Path, tmp_path: Path) -> None:
    lines = told(project=project, out=tmp_path)
    assert [line.partition("：")[0] for line in lines[:4]] == [
        "云州市",
        "新泽区",
        "清河县",
        "临山县",
    ]
    for form in ("docx", "xlsx", "pdf"):
        assert len(list(tmp_path.glob(f"*.{form}"))) == 4
    with pytest.raises(InputError, match="经费"):
        told("无", project=project)
    path = write_example(project, "新的")
    try:
        assert path.read_bytes() == EXAMPLE.read_bytes()
        with pytest.raises(InputError, match="已有同名文件"):
            write_example(project, "新的")
    finally:
        path.unlink()


def test_a_changed_form_makes_the_report_due(project: Path, tmp_path: Path) -> None:
    found = ek.load(project).project
    assert [path.stem for path in forms_of(found)] == ["经费"] and forms_of(found, "demo")
    forms = stamps(found)
    (tmp_path / "绩效自评表").mkdir()
    file = tmp_path / "绩效自评表" / "甲.docx"
    file.write_bytes(b"1")
    record = {"files": {}, FORMS: forms}
    (tmp_path / "run.json").write_text(json.dumps(record), encoding="utf-8")
    assert not self_evaluations_due(tmp_path, forms)
    amend(tmp_path, [file])
    assert "绩效自评表/甲.docx" in recorded(tmp_path) and not self_evaluations_due(tmp_path, forms)
    file.unlink()
    assert self_evaluations_due(tmp_path, forms) and self_evaluations_due(
        tmp_path, {"经费.yml": "0"}
    )


RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>"""


def recalculated(books: list[Path], folder: Path) -> list[list[list[object]]]:
    """The rows of workbooks whose formulas LibreOffice calculated; what we stored beside them is taken away before."""
    profile = folder / "office" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(RECALCULATE, encoding="utf-8")
    bare = folder / "bare"
    bare.mkdir()
    for book in books:
        with zipfile.ZipFile(book) as old, zipfile.ZipFile(bare / book.name, "w") as new:
            for name in old.namelist():
                text = old.read(name)
                if name.startswith("xl/worksheets/"):
                    text = re.sub(rb"</f><v>[^<]*</v>", b"</f><v>0</v>", text)
                new.writestr(name, text)
    command = ["soffice", f"-env:UserInstallation={(folder / 'office').as_uri()}", "--headless"]
    command += ["--convert-to", "xlsx", "--outdir", str(folder / "out")]
    command += [str(bare / book.name) for book in books]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    return [
        CalamineWorkbook.from_path(folder / "out" / book.name).get_sheet_by_index(0).to_python()
        for book in books
    ]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice recalculates")
def test_excel_calculates_the_same(demo_project: Path, tmp_path: Path) -> None:
    """Scores, rates and totals of the demonstration's forms, and of one with every rule, are what we print."""
    data = ek.load(demo_project)
    made = [self_evaluate(data, area=area) for area in (None, *data.expected("2025")["area"])]
    rules: list[dict[str, object]] = [
        {"target": "≤3", "actual": 4},
        {"target": "≤0", "actual": 2},
        {"target": "≥0", "actual": -2},
        {"target": "≥8", "actual": 1},
        {"target": "<5", "actual": 5},
        {"target": 10, "actual": 5, "score": 3},
        {"target": "明显", "grade": "未达成", "percent": 12.5},
        {"target": 7, "actual": 3, "points": 20},
    ]
    for lower in ("ratio", "linear"):
        form = {
            "project": lower,
            "year": 2025,
            "rules": {"lower": lower},
            "funds": {"fiscal": {"year": 3, "spent": 1}, "other": {"year": 4, "spent": 2.5}},
            "indicators": [
                {"kind": "数量", "name": f"第{n}项", "points": 10, **rule}
                for n, rule in enumerate(rules)
            ],
        }
        made.append(self_evaluate(data, form))
    made.append(self_evaluate(data, {**form, "project": "缺", "funds": {}}))
    books = [one.write(tmp_path, f"表{n}")[1] for n, one in enumerate(made)]
    for one, rows in zip(made, recalculated(books, tmp_path), strict=True):
        money = next(row for row in rows if row[2] == "年度资金总额")
        if one.rate is not None:
            assert money[7] == pytest.approx(float(one.rate)), one
            assert (money[5], money[8]) == (float(one.whole.spent), float(one.executed))
        for line in one.lines:
            row = next(row for row in rows if row[3] == line.item.name)
            assert row[7] == float(line.score), (one, line.item.name, row)
        total = next(row for row in rows if row[0] == "总分")
        assert total[6:8] == [100, "未评" if one.total is None else float(one.total)], one
