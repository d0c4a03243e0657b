"""A plan over a plain frame: no project, no ledgers; every number reckoned by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from subsidy_cases import PER_MEMBER, PER_ORG, parameter, scheme_of

import evalkit as ek
from evalkit.problems import InputError
from evalkit.subsidy.gathering import columns_used
from evalkit.subsidy.loading import packaged
from evalkit.subsidy.words import NOTES


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "area": ["某市/甲区", "某市/甲区", "某市/乙区"],
            "party_org": ["一支部", "二总支", "三支部"],
            "period": "2026",
            "org_kind": ["branch", "general_branch", "branch"],
            "members": [10, 60, 20],
            "functional": False,
        }
    )


def missing(frame: pd.DataFrame, scheme: object, **more: object) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        ek.plan(frame, scheme, 2026, **more)
    assert {problem.code for problem in caught.value.problems} == {"column_missing"}
    return {problem.where: problem.text() for problem in caught.value.problems}


def test_a_packaged_scheme_over_a_frame_without_a_project(
    frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Organisations 3,000 + 10,000 + 3,000; members 90 x 150 = 13,500, nothing known of what is spent."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EVALKIT_PROJECT", raising=False)
    made = ek.plan(frame, "fuyang-2015", 2026)
    by_component = made.run().cost("component").set_index("component")["amount_fen"]
    assert by_component[["organisation", "activity"]].tolist() == [16_000_00, 13_500_00]
    assert any("没有给出" in note for note in made.notes)
    assert made.run().cost("area")["area_name"].tolist() == ["甲区", "乙区"]


def test_a_reform_over_a_frame(frame: pd.DataFrame) -> None:
    """From 1 July (184 of 365 days): 1,752 + 10,512 + 3,504 = 15,768, half up, against 13,500."""
    made = ek.plan(frame, "fuyang-2015", 2026)
    result = made.run({"activity.per_member": {"2026-07-01": 200}})
    assert result.cost([])["change_fen"].iloc[0] == 2_268_00
    assert "2,268元" in result.sentence
    assert made.solve("activity.per_member", extra=900).value == 160  # 90 members, steps of 10
    assert made.sweep({"activity.per_member": [160]})["change_fen"].tolist() == [900_00]


def test_money_already_spent_is_a_table_of_the_frame(frame: pd.DataFrame) -> None:
    """甲区: 70 x 150 = 10,500 due, 5,000 spent; 乙区: 3,000 due, 4,000 spent."""
    funds = pd.DataFrame(
        {
            "area": ["某市/甲区", "某市/乙区"],
            "party_org": ["一支部", "三支部"],
            "flow": "spending",
            "source": None,
            "purpose": "activity",
            "amount_fen": [5_000_00, 4_000_00],
        }
    )
    scheme = scheme_of({"m": PER_MEMBER | {"basis": "top_up"}})
    made = ek.plan(frame, scheme, 2026, tables={"funds": funds})
    assert made.run().cost("area")["amount_fen"].tolist() == [5_500_00, 0]


def test_rows_without_a_year_are_those_of_the_first_year_asked_for(frame: pd.DataFrame) -> None:
    """They were taken for ledgers of the year 0, and every year for a projection from it."""
    made = ek.plan(frame.drop(columns="period"), scheme_of({"o": PER_ORG}), 2026)
    assert made.run().cost([])["amount_fen"].iloc[0] == 16_000_00
    assert not any("推算" in note for note in made.notes)
    with pytest.raises(InputError, match="period"):
        ek.plan(frame.drop(columns="period"), scheme_of({"o": PER_ORG}))


def test_every_missing_column_is_told_with_what_it_is_for(frame: pd.DataFrame) -> None:
    """A frame without members was reckoned as one of nobody."""
    told = missing(frame[["area", "party_org", "period"]], "fuyang-2015")
    assert set(told) == {"functional", "org_kind", "members"}
    assert "是否功能型：发放条件要看这一列" in told["functional"]
    assert "组织类型：党组织补助按这一列分档" in told["org_kind"]
    assert "党员数：党员活动经费按这一列的数量计发" in told["members"]
    assert "tables=" in told["members"]
    told = missing(frame.rename(columns={"members": "member"}), "fuyang-2015")
    assert "是否想写“member”" in told["members"]
    told = missing(frame[["org_kind"]], scheme_of({"o": PER_ORG}))
    assert set(told) == {"area", "party_org"} and "哪个地区" in told["area"]


def test_a_users_table_may_bring_the_column(frame: pd.DataFrame) -> None:
    grades = pd.DataFrame({"party_org": ["一支部", "三支部"], "grade": ["甲", "乙"]})
    part = {
        "name": "等次奖励",
        "per": "party_org",
        "by": "grade",
        "table": "grades",
        "payer": "fiscal_city",
        "甲": parameter(1000),
        "乙": parameter(200),
    }
    made = ek.plan(frame, scheme_of({"g": part}), 2026, tables={"grades": grades})
    assert made.run().cost([])["amount_fen"].iloc[0] == 1_200_00
    told = missing(frame, scheme_of({"g": part}))
    assert "等次奖励按这一列分档" in told["grade"]


def test_what_a_scheme_does_not_name_is_not_asked_for(frame: pd.DataFrame) -> None:
    few = frame[["area", "party_org", "org_kind"]]
    assert ek.plan(few, scheme_of({"o": PER_ORG}), [2026, 2027]).run().cost([])[
        "amount_fen"
    ].tolist() == [16_000_00, 16_000_00]
    again = frame[["area", "party_org", "period", "org_kind"]]
    both = pd.concat([again.assign(period="2025"), again])
    made = ek.plan(both, scheme_of({"o": PER_ORG}, members="prev_year_end"), 2026)
    assert made.run().cost([])["amount_fen"].iloc[0] == 16_000_00  # KeyError: 'members'


def test_one_area_of_a_frame(frame: pd.DataFrame) -> None:
    made = ek.plan(frame, scheme_of({"o": PER_ORG}), 2026, within="乙区")
    assert made.run().cost([])["amount_fen"].iloc[0] == 3_000_00


@pytest.mark.parametrize("name", packaged())
def test_the_columns_of_a_packaged_scheme_are_known(name: str) -> None:
    used = columns_used(ek.load_scheme(name))
    assert all(texts for texts in used.values())
    assert ("members" in used) == (name != "guiyang-2021")


def test_what_was_assumed_is_a_code_with_numbers(frame: pd.DataFrame) -> None:
    """Remarks were sentences, and what the source says already was found by its first words."""
    made = ek.plan(frame, "fuyang-2015", 2026)
    codes = {note.code: note.facts for note in made.assumed}
    assert codes["members.no_year_before"] == {"wanted": 2025, "year": 2026, "stands_for": 2026}
    assert "没有2025年末党员数，2026年改按2026年末计算" in made.assumptions
    assert made.assumptions == [str(note) for note in made.assumed]
    late = ek.plan(frame, scheme_of({"m": PER_MEMBER}), 2027)
    assert {note.code for note in late.assumed} == {"assumed.rules", "assumed.projected"}


def test_every_remark_that_is_written_down_is_said() -> None:
    room = Path(ek.subsidy.__file__).parent
    source = "".join(path.read_text(encoding="utf-8") for path in room.glob("*.py"))
    written = {f"{topic}.{name}" for topic, names in NOTES.words.items() for name in names}
    assert written == set(re.findall(r'NOTES\.note\(\s*"([a-z_.]+)"', source))
