"""The public version of a report whose money comes from one organisation: no file that is written gives an amount back."""

from __future__ import annotations

import datetime as dt
import html
import re
import zipfile
from pathlib import Path

import pytest
import python_calamine
import xlsxwriter

import evalkit as ek
from evalkit.reports.report import make_report
from evalkit.reports.words import fixed, large

MONEY = range(3, 18)  # columns of the demonstration's 经费台账 that may hold amounts


def only_one(source: Path, target: Path, name: str) -> None:
    """A ledger of the demonstration in which `name` is the one party organisation; its amounts are not round."""
    book = python_calamine.CalamineWorkbook.from_path(str(source))
    target.parent.mkdir(parents=True, exist_ok=True)
    made = xlsxwriter.Workbook(str(target), {"default_date_format": "yyyy-mm-dd"})
    for sheet in book.sheet_names:
        rows = book.get_sheet_by_name(sheet).to_python()
        at = rows[2].index("党组织名称") if "党组织名称" in rows[2] else None
        if sheet == "组织台账":
            without = rows[2].index("是否建立党组织")
            rows = [*rows[:3], *(r for r in rows[3:] if r[at] == name or r[without] == "否")]
        elif at is not None:
            rows = [*rows[:3], *(r for r in rows[3:] if r[at] == name)]
        if sheet == "经费台账":
            odd = [
                [
                    round(v * 1.0371, 2) if n in MONEY and isinstance(v, float) else v
                    for n, v in enumerate(r)
                ]
                for r in rows[3:]
            ]
            rows = [*rows[:3], *odd]
        page = made.add_worksheet(sheet)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                (page.write_datetime if isinstance(value, dt.date) else page.write)(i, j, value)
    made.close()


@pytest.fixture(scope="module")
def project(demo_project, tmp_path_factory):
    """One district with one party organisation, in two years."""
    root = tmp_path_factory.mktemp("public")
    ledgers = sorted((demo_project / "data" / "demo").glob("20*/演示01区.xlsx"))
    sheets = [
        python_calamine.CalamineWorkbook.from_path(str(p))
        .get_sheet_by_name("经费台账")
        .to_python()[3:]
        for p in ledgers
    ]
    name = next(
        row[1] for row in sheets[0] if row[1] in {other[1] for other in sheets[1]} and row[13]
    )
    for path in ledgers:
        only_one(path, root / "data" / "raw" / path.parent.name / path.name, name)
    return root


def texts(folder: Path) -> dict[str, str]:
    """The words of every file: pages and documents without their marks, alternative texts of pictures included."""
    found = {}
    for path in folder.rglob("*"):
        if path.suffix == ".html":
            text = re.sub(
                r'src="data:[^"]*"|(?s:<style.*?</style>|<script.*?</script>)',
                " ",
                path.read_text(encoding="utf-8"),
            )
            found[path.name] = html.unescape(
                re.sub(
                    r'<[^>]*?alt="([^"]*)"[^>]*>|<[^>]*?data-v="([^"]*)"[^>]*>|<[^>]+>',
                    r" \1 \2 ",
                    text,
                )
            )
        elif path.suffix in (".docx", ".xlsx"):
            with zipfile.ZipFile(path) as parts:
                pages = [
                    parts.read(n).decode()
                    for n in parts.namelist()
                    if re.search(r"document\.xml|sharedStrings|worksheets/", n)
                ]
            found[path.name] = " ".join(
                re.sub(r'<[^>]*?descr="([^"]*)"[^>]*>|<[^>]+>', r" \1 ", page) for page in pages
            )
    return found


def test_no_file_of_the_public_version_gives_a_single_contributor_away(project):
    made = make_report("2025", project=project, jobs=1, public=True)
    assert not made.failed, made.failed[0].reason
    data, folder = ek.load(project, periods=["2024", "2025"]), made.index.parent
    written = texts(folder)
    pages = {"index.html", "provenance.html", "评估报告.html", "演示01区.html"}
    assert pages | {"评估报告.docx", "评估报告.xlsx", "评估报告-公文附件.docx"} <= set(written)
    assert list(folder.glob("评估报告-图*.png"))
    amounts = data.measures.loc[(data.measures["unit"] == "元") & (data.measures["value"] > 0)]
    rates = data.indicators.loc[
        data.indicators["unit"].str.startswith("元") & (data.indicators["value"] > 0)
    ]
    assert {"funds", "subsidy_due", "activity_funds"} <= set(amounts["measure"]) and len(rates)
    values = [*amounts["value"], *(rates["value"] * rates["scale"])]
    forms = {
        form
        for v in values
        for form in (
            repr(float(v)),
            repr(v / 1e4),
            fixed(v / 1e4, 2),
            fixed(v, 2),
            fixed(v),
            large(v, ""),
        )
    }
    found = [
        (name, form, text[max(0, hit.start() - 40) : hit.end() + 10])
        for name, text in written.items()
        if name != "published.html"
        for form in forms
        if len(re.sub(r"\D", "", form).lstrip("0")) > 3
        for hit in re.finditer(rf"(?<![\d.,]){re.escape(form)}(?!\d)", text)
    ]
    assert not found, found[:5]
    report = written["评估报告.html"]
    assert (
        "数字按公开规则从略" in report
        and "分出资方支出" not in report
        and "个区县有数" not in report
    )
