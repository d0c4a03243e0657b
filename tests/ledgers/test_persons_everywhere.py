"""Planted names, identity numbers, telephones and bank cards come out nowhere: no table, log, list, copy, parcel, page."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from ledger_cases import FUNDS, INSTRUCTORS, ORGS, STARS, UNITS, clean_book, row
from stdnum.cn import ric
from written import texts, write_book

from evalkit.ledgers import persons

SOURCE = Path(__file__).resolve().parents[2] / "src"
RANDOM = random.Random(20250701)
# invented; each occurs nowhere else in these ledgers
NAMES = [a + b for a in "张王李赵刘陈杨黄周吴徐孙" for b in ("砺霆", "芷珩", "骁")]
AREAS = ["110105", "320102", "440305", "510104"]


def identity() -> str:
    head = (
        RANDOM.choice(AREAS)
        + f"{RANDOM.randint(1950, 2000)}{RANDOM.randint(1, 12):02d}{RANDOM.randint(1, 28):02d}{RANDOM.randint(0, 999):03d}"
    )
    return head + ric.calc_check_digit(head + "0")


def card() -> str:
    head = "6222" + "".join(str(RANDOM.randint(0, 9)) for _ in range(14))
    return next(head + c for c in "0123456789" if persons.cell_kind(head + c) == "bank_card")


def phone() -> str:
    return f"13{RANDOM.randint(100_000_000, 999_999_999)}"


IDS, CARDS, PHONES = ([make() for _ in range(24)] for make in (identity, card, phone))
NAME, ID, CARD, PHONE = (iter(pool) for pool in (NAMES, IDS, CARDS, PHONES))
TELLING = [*NAMES, *IDS, *CARDS, *PHONES]


def dirty() -> dict[str, list[list[object]]]:
    """A workbook with persons wherever offices put them."""
    book = clean_book()
    units = book["组织台账"]
    units[0] = [*UNITS, "法定代表人", "联系电话", "身份证号", "开户行账号", "包联领导", "其他情况"]
    for cells in units[1:]:
        cells += [
            next(NAME),
            next(PHONE),
            next(ID),
            next(CARD),
            next(NAME),
            f"联系人{NAMES[0]}电话{PHONES[0]}",
        ]
    units[1][UNITS.index("备注")] = f"书记{NAMES[1]}，{PHONES[1]}"
    units[2][UNITS.index("行业")] = IDS[2]  # in a column where nobody expects it
    units[3][UNITS.index("从业人员总数")] = f"50（{PHONES[3]}）"
    units[4][UNITS.index("单位类型")] = f"联系人：{NAMES[4]}"
    units[5][UNITS.index("指导员编号")] = NAMES[5]
    units[6][UNITS.index("统一社会信用代码")] = IDS[6]
    units[6][UNITS.index("创办时间")] = PHONES[6]
    units[:0] = [
        ["演示省演示01区两新组织台账（2025年）"],
        [f"填报单位：演示01区　填表人：{next(NAME)}　联系电话：{next(PHONE)}"],
    ]
    units += [
        ["合计", "", "", "", "", "", "", "", "", 420.0],
        ["填表人：", next(NAME), "", "审核人：" + next(NAME), float(next(PHONE))],
        [f"注：由{NAMES[7]}汇总，身份证{IDS[7]}"],
    ]
    book["党组织台账"][0] = [*ORGS, "书记", "联系方式"]
    for cells in book["党组织台账"][1:]:
        cells += [next(NAME), float(next(PHONE))]
    funds = book["经费台账"]
    funds[0] = [*FUNDS, "经办人", "银行卡号"]
    for cells in funds[1:]:
        cells += [next(NAME), next(CARD)]
    funds[1][FUNDS.index("党员活动经费")] = f"1200元（{NAMES[8]}经手）"
    book["指导员台账"][0] = [*INSTRUCTORS, "姓名", "手机号"]
    for cells in book["指导员台账"][1:]:
        cells += [next(NAME), next(PHONE)]
    book["星级评定表"].append(
        row(STARS, 党组织名称="演示001有限公司党支部", 终审分=f"{NAMES[9]}评", 拟定星级="四星")
    )
    book["党员名册"] = [
        ["姓名", "性别", "身份证号", "手机"],
        *([next(NAME), "女", next(ID), next(PHONE)] for _ in range(3)),
    ]
    book["通讯录"] = [
        ["单位名称", "联系人", "联系电话"],
        ["演示001有限公司", next(NAME), next(PHONE)],
        ["演示002有限公司", next(NAME), next(PHONE)],
    ]
    book["封面"] = [[f"填报人：{NAMES[10]}"], [IDS[10], CARDS[10]]]
    return book


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("person")
    raw = root / "data" / "raw" / "2025"
    write_book(raw / "演示01区.xlsx", dirty(), hidden=["封面"])
    rows = [
        ["单位名称", "组织类型", "从业人员总数", "党员总数", "姓名", "手机"],
        ["演示801有限公司", f"负责人：{NAMES[11]}", f"{PHONES[11]}", "3", NAMES[12], PHONES[12]],
        [
            "演示802有限公司",
            "非公企业",
            "20",
            f"2（{NAMES[13]}、{NAMES[14]}）",
            NAMES[15],
            PHONES[15],
        ],
    ]
    (raw / "演示02区组织台账.csv").write_text(
        "\n".join(",".join(map(str, r)) for r in rows), encoding="gb18030"
    )
    (raw / "损坏.xlsx").write_bytes(b"PK\x03\x04" + "、".join(NAMES).encode())
    heads = ["文件", "工作表", "单元格", "新值", "理由"]
    at = [
        ["演示01区.xlsx", "组织台账", "AB4", NAMES[16], f"书记{NAMES[17]}来电{PHONES[17]}"],
        ["演示01区.xlsx", "组织台账", "J4", 55.0, f"联系人：{NAMES[18]}"],
        ["演示01区.xlsx", "组织台账", "ZZ9", PHONES[18], ""],
        [f"{NAMES[0]}.xlsx", "", "A1", IDS[18], ""],
    ]
    write_book(raw / "更正表.xlsx", {"S": [heads, *at]})
    return root


def run(project: Path, *arguments: str) -> str:
    environment = os.environ | {
        "PYTHONPATH": str(SOURCE),
        "PYTHONUTF8": "1",
        "EVALKIT_PROJECT": str(project),
    }
    done = subprocess.run(
        [sys.executable, "-m", "evalkit.cli", *arguments],
        capture_output=True,
        env=environment,
        cwd=project,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr.decode()
    return done.stdout.decode() + done.stderr.decode()


def leaks(label: str, pieces: Iterator[str]) -> list[str]:
    everything = "\n".join(pieces)
    return [f"{label}: {word}" for word in TELLING if word in everything]


def cells(path: Path) -> Iterator[str]:
    for column in pq.read_table(path).to_pydict().values():
        yield from map(str, column)


def test_the_corpus_is_what_it_says() -> None:
    assert all(persons.cell_kind(i) == "identity" for i in IDS)
    assert all(persons.cell_kind(c) == "bank_card" for c in CARDS)
    assert all(persons.cell_kind(p) == "phone" for p in PHONES)
    assert all(persons.name_like(n) for n in NAMES)


def test_nothing_of_a_person_in_what_check_says_and_writes(project: Path) -> None:
    out = project / "out"
    raw = str(project / "data" / "raw")
    said = run(
        project,
        "check",
        raw,
        "--out",
        str(out / "problems.xlsx"),
        "--annotate",
        str(out / "copies"),
        "--feedback",
        str(out / "parcels"),
    )
    found = leaks("terminal", iter([said, run(project, "check", raw, "--json")]))
    files = [p for p in out.rglob("*") if p.is_file()]
    assert len(files) >= 5
    for path in files:
        found += leaks(path.relative_to(out).as_posix(), texts(path.read_bytes()))
    assert found == []
    assert "含个人信息，已略去" in said


def test_nothing_of_a_person_in_what_build_keeps(project: Path) -> None:
    found = leaks("terminal", iter([run(project, "build"), run(project, "check")]))
    kept = [p for p in (project / "data" / "processed").rglob("*") if p.is_file()]
    assert any("units" in p.parts for p in kept)
    for path in [*kept, *(p for p in (project / ".evalkit").rglob("*") if p.is_file())]:
        found += leaks(
            path.name, cells(path) if path.suffix == ".parquet" else texts(path.read_bytes())
        )
    assert found == []


def test_nothing_of_a_person_on_the_pages_about_quality(project: Path) -> None:
    from evalkit.documents import page
    from evalkit.indicators import load
    from evalkit.reports import quality

    run(project, "build")
    data = load(project)
    now = data.indicators
    blocks = [
        quality.submissions(data),
        quality.problem_summary(data),
        quality.problem_list(data),
        quality.widest(now),
        quality.missing(now),
        quality.baseline(data),
    ]
    assert leaks("page", iter([page(blocks, "数据质量"), *(b.plain() for b in blocks)])) == []


@pytest.mark.slow
def test_nothing_of_a_person_in_a_whole_report(project: Path) -> None:
    run(project, "report")
    files = [p for p in (project / "reports").rglob("*") if p.is_file()]
    assert any(p.name == "index.html" for p in files)
    assert [leak for p in files for leak in leaks(p.name, texts(p.read_bytes()))] == []
