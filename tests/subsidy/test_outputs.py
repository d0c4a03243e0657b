"""Files: 测算说明, 测算表, 测算底稿 recalculated by LibreOffice, the command, the notebook under plain papermill."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from subsidy_cases import PER_MEMBER, PER_ORG, parameter, scheme_of

import evalkit as ek
from evalkit.reports.plan_report import write
from evalkit.reports.plan_workbook import workbook
from evalkit.subsidy import Projection, plan
from evalkit.subsidy.simulation import Item

ROOT = Path(__file__).resolve().parents[2]
OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
ALWAYS = """<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>"""


def recalculated(path: Path, tmp_path: Path) -> dict[str, pd.DataFrame]:
    """The sheets of a workbook after LibreOffice has calculated every formula again."""
    if OFFICE is None:
        pytest.skip("没有安装 LibreOffice，底稿公式的复算跳过")
    profile = tmp_path / "office" / "user"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "registrymodifications.xcu").write_text(ALWAYS, encoding="utf-8")
    out = tmp_path / f"out{len(list(tmp_path.iterdir()))}"
    command = [
        OFFICE,
        f"-env:UserInstallation={(tmp_path / 'office').as_uri()}",
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(out),
        str(path),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=900)
    return pd.read_excel(out / path.name, sheet_name=None, engine="calamine")


def without_values(path: Path, target: Path, change: tuple[float, float] | None = None) -> Path:
    """The workbook with every stored result of a formula removed and, if asked, one value of a yellow cell changed."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            if name.startswith("xl/worksheets/"):
                body = re.sub(r"(</f>)<v>[^<]*</v>", r"\1<v>0</v>", text.decode())
                if change and name.endswith("sheet2.xml"):
                    body = re.sub(
                        rf'(<c r="F\d+" s="\d+"><v>){change[0]:g}(</v>)',
                        rf"\g<1>{change[1]:g}\g<2>",
                        body,
                    )
                text = body.encode()
            new.writestr(name, text)
    return target


def test_workbook_equals_run_and_follows_its_yellow_cells(orgs, funds, tmp_path) -> None:
    """All kinds of component in one workbook; floors, caps, brackets, matching, dues, top-up, growth, halves of a year."""
    brackets = {
        "name": "分段",
        "per": "member",
        "payer": "fiscal_city",
        "by": "members",
        "marginal": True,
        "a": parameter(20, **{"from": 0}),
        "b": parameter(10, **{"from": 5}),
    }
    scheme = scheme_of(
        {
            "o": PER_ORG,
            "m": PER_MEMBER
            | {
                "basis": "top_up",
                "floor": parameter(600),
                "cap": parameter(15000),
                "base": parameter(7.5),
            },
            "k": {
                "name": "配套",
                "of": ["o", "g"],
                "reading": "together_equal_district",
                "payers": ["fiscal_township", "enterprise"],
                "ratio": parameter(0.3333, "倍"),
            },
            "t": {
                "name": "乡镇",
                "of": ["o"],
                "reading": "town_equals_enterprise",
                "payers": ["fiscal_township", "enterprise"],
                "ratio": parameter(1, "倍"),
            },
            "g": brackets,
            "d": {
                "name": "返还",
                "per": "dues",
                "payer": "dues_return",
                "lag": 0,
                "share": parameter(0.5, "比例"),
            },
        },
        members="mean",
    )
    orgs = pd.concat(
        [orgs, orgs.assign(period="2025", members=[4, 7, 121, 0])], ignore_index=True
    ).replace("一支部", "=1+1")
    funds = funds.replace("一支部", "=1+1")
    changes = {
        "m.per_member": {"2026-07-01": 200},
        "o.branch": {"2026-03-01": 3500.5},
        "k.reading": "each_equals_district",
        "rounding": "ten_yuan",
    }  # the baseline keeps its own rounding
    for projection in (Projection(), Projection(organisations=0.03, members=0.05, take_up=0.95)):
        made = plan(orgs, scheme, ["2026", "2027"], tables={"funds": funds}, projection=projection)
        result = made.run(changes)
        path = workbook(result, tmp_path / "底稿.xlsx")
        found = recalculated(without_values(path, tmp_path / "空.xlsx"), tmp_path)
        stored = pd.read_excel(path, sheet_name=None, engine="calamine")
        for year in (2026, 2027):
            last = found[f"分地区{year}"].iloc[-1]
            cost = result.cost([], year).iloc[0]
            got = [
                round(float(last[c]) * 100)
                for c in ("现行合计（元）", "调整后合计（元）", "增加（元）")
            ]
            assert got == [cost["baseline_fen"], cost["amount_fen"], cost["change_fen"]]
            pd.testing.assert_frame_equal(
                found[f"分地区{year}"], stored[f"分地区{year}"], check_dtype=False
            )
    dearer = recalculated(without_values(path, tmp_path / "改.xlsx", (200, 260)), tmp_path)
    again = made.run(changes | {"m.per_member": {"2026-07-01": 260}})
    got = round(float(dearer["分地区2027"].iloc[-1]["调整后合计（元）"]) * 100)
    assert (
        got
        == again.cost([], 2027)["amount_fen"].iloc[0]
        != result.cost([], 2027)["amount_fen"].iloc[0]
    )


def test_what_is_not_known_is_no_zero_in_the_workbook(orgs, funds, tmp_path) -> None:
    """丙区 has no ledger of funds: its top-up and its increase are 缺, and the recalculated total is the plan's."""
    more = pd.concat([orgs, orgs.iloc[[0]].assign(area="丙区", party_org="丙")], ignore_index=True)
    parts = {"o": PER_ORG, "m": PER_MEMBER | {"basis": "top_up"}}
    made = plan(more, scheme_of(parts), ["2026"], tables={"funds": funds})
    result = made.run({"m.per_member": 200})
    path = workbook(result, tmp_path / "底稿.xlsx")
    stored = pd.read_excel(path, sheet_name=None, engine="calamine")
    row = stored["分地区2026"].set_index("地区").loc["丙区"]
    assert row["活动已有支出（元）"] == row["活动调整后（元）"] == row["增加（元）"] == "缺"
    assert row["现行合计（元）"] == 3000 and "计发范围" in stored
    found = recalculated(without_values(path, tmp_path / "空.xlsx"), tmp_path)["分地区2026"]
    assert round(found.iloc[-1]["增加（元）"] * 100) == result.cost([])["change_fen"].iloc[0]


def test_a_half_in_the_workbook_is_a_half(orgs, funds, tmp_path) -> None:
    """988.75 yuan at a ratio of 2.8 is 2,768.5: 2,769 by hand, 2,768 where a spreadsheet multiplies in binary."""
    scheme = scheme_of(
        {
            "o": PER_ORG,
            "t": {
                "name": "乡镇",
                "of": ["o"],
                "reading": "town_equals_enterprise",
                "payers": ["fiscal_township", "enterprise"],
                "ratio": parameter(2.8, "倍"),
            },
        }
    )
    town = pd.DataFrame(
        {
            "area": ["甲区"],
            "party_org": [orgs["party_org"].iloc[0]],
            "flow": ["income"],
            "source": ["fiscal_township"],
            "purpose": [None],
            "amount_fen": [98_875],
            "period": ["2026"],
        }
    )
    result = plan(orgs, scheme, ["2026"], tables={"funds": town}).run({"t.ratio": 2})
    sheet = recalculated(
        without_values(workbook(result, tmp_path / "底稿.xlsx"), tmp_path / "空.xlsx"), tmp_path
    )["分组2026"]
    assert (
        2769 in sheet["现行每个（元）"].to_numpy()
        and 276_900 in result.old[2026][Item("t", "enterprise")]
    )


def test_texts_of_ledgers_are_never_formulas(orgs, tmp_path) -> None:
    orgs = orgs.replace({"甲区": "=HYPERLINK(1)", "一支部": "=1+1"})
    result = plan(orgs, scheme_of({"m": PER_MEMBER}), ["2026"]).run({"m.per_member": 200})
    for path in [p for p in write(result, tmp_path) if p.suffix == ".xlsx"]:
        with zipfile.ZipFile(path) as book:
            sheets = "".join(
                book.read(n).decode() for n in book.namelist() if n.startswith("xl/worksheets/")
            )
        assert "HYPERLINK" not in "".join(re.findall(r"<f>(.*?)</f>", sheets))


def test_the_explanation_has_the_difference_first(orgs, tmp_path) -> None:
    scheme = scheme_of({"o": PER_ORG, "m": PER_MEMBER | {"basis": "entitlement"}})
    result = plan(orgs, scheme, ["2026", "2027"]).run({"m.per_member": {"2026-07-01": 200}})
    files = {p.name for p in write(result, tmp_path)}
    assert {
        "测算说明.html",
        "测算说明.docx",
        "测算表.xlsx",
        "测算底稿.xlsx",
        "调整方案.yml",
        "党组织.csv",
    } <= files
    page = (tmp_path / "测算说明.html").read_text(encoding="utf-8")
    assert page.index("调整内容") < page.index(result.sentence)
    for words in ("翘尾", "按标准全额", "补差", "基尼系数", "来源", "再提高"):
        assert words in page
    assert "每多投" not in page
    for name in ("党组织.csv", "分项目分地区.csv"):  # what opens in Excel is Chinese, and in yuan
        frame = pd.read_csv(tmp_path / name)
        assert not frame.columns.str.contains("[a-z_]").any() and {
            "增加（元）",
            "现行标准（元）",
        } <= set(frame.columns)
        expected = result.table if "年份" in frame else result.organisations()
        assert round(frame["增加（元）"].sum(), 2) == expected["change_fen"].sum() / 100
    assert set(pd.read_csv(tmp_path / "分项目分地区.csv")["出资方"]) == {"区县财政"}
    for path in tmp_path.glob("*.csv"):
        assert not re.search("[a-z_]", path.read_text(encoding="utf-8-sig").splitlines()[0])
    by_area = pd.read_csv(tmp_path / "2026年分地区支出.csv", dtype=str)
    assert by_area.columns[2] == "现行标准（万元）"
    assert by_area.columns[-1] == "党组织·减少（个）"
    before = {n: (tmp_path / n).read_bytes() for n in files}
    write(result, tmp_path)
    assert {n: (tmp_path / n).read_bytes() for n in files} == before


def test_a_table_as_a_file_is_what_is_printed(orgs, tmp_path) -> None:
    """Separators and percent signs; a negative amount is a number and no text with an apostrophe."""
    many = pd.concat(
        [orgs.assign(party_org=[f"{one}{n}" for one in orgs["party_org"]]) for n in range(700)]
    )
    made = plan(many, scheme_of({"o": PER_ORG}), ["2026"])
    write(made.run({"o.committee": 11000}), tmp_path)
    last = pd.read_csv(tmp_path / "2026年分地区支出.csv", dtype=str).iloc[-1]
    assert last["现行标准（万元）"] == "2,030.00" and last["增加（万元）"] == "-630.00"
    assert last["占增加额"] == "100.0%" and last["党员数"] == "91,000"


def test_the_command(demo_project, tmp_path) -> None:
    from typer.testing import CliRunner

    from evalkit.cli import app

    given = [
        "whatif",
        "--set",
        "activity.per_member=200",
        "--from",
        "2026-07-01",
        "--project",
        str(demo_project),
        "--out",
        str(tmp_path),
    ]
    done = CliRunner().invoke(app, given)
    expected = ek.plan(ek.load(demo_project), "fuyang-2015", ["2026", "2027"]).run(
        {"activity.per_member": {"2026-07-01": 200}}
    )
    assert (
        done.exit_code == 0
        and expected.sentence in done.output
        and "150" in done.output.splitlines()[0]
    )
    total = pd.read_excel(
        tmp_path / "测算底稿.xlsx", sheet_name="分地区2026", engine="calamine"
    ).iloc[-1]["增加（元）"]
    assert round(total * 100) == expected.cost([], 2026)["change_fen"].iloc[0]
    again = CliRunner().invoke(
        app,
        [
            "whatif",
            str(tmp_path / "调整方案.yml"),
            "--project",
            str(demo_project),
            "--out",
            str(tmp_path / "2"),
        ],
    )
    assert expected.sentence in again.output
    table = tmp_path / "测算.ods"
    alone = CliRunner().invoke(app, [*given[:-1], str(table)])
    assert alone.exit_code == 0 and str(table) in alone.output
    sheets = pd.read_excel(table, sheet_name=None, engine="calamine", header=None)
    rows = next(rows for name, rows in sheets.items() if "2026年分地区支出" in name)
    assert "合计" in set(rows[0])


@pytest.mark.parametrize(
    "given",
    [
        ["--set", "activity.per_membr=200"],
        ["--set", "activity.per_member=9999"],
        ["--set", "activity.per_member=200", "--periods", "2019"],
    ],
)
def test_bad_commands(demo_project, given) -> None:
    command = [
        sys.executable,
        "-m",
        "evalkit.cli",
        "whatif",
        *given,
        "--project",
        str(demo_project),
    ]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=None)
    assert (
        done.returncode == 2 and "Traceback" not in done.stderr and done.stderr.startswith("[错误]")
    )
