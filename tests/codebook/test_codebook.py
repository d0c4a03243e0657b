# ruff: noqa: E501, UP031  (one case a line)
"""The packaged codebook, what a project may change, and every error with its path, line, limit and near match."""

from __future__ import annotations

import csv
import textwrap
from pathlib import Path

import pytest

from evalkit.codebook import load_codebook, loader, read_yaml
from evalkit.problems import InputError

RULES = Path(__file__).parents[1] / "data" / "rules.csv"


def project(tmp_path: Path, text: str, name: str = "own.yml") -> Path:
    folder = tmp_path / "codebook"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


def errors(tmp_path: Path, text: str):
    with pytest.raises(InputError) as caught:
        load_codebook(project(tmp_path, text))
    return caught.value.problems


NEW = "{name: 新指标, dimension: coverage, kind: proportion, numerator: units_covered, denominator: units, base: 全部, better: higher}"


# --- the packaged one ---


def test_names_that_others_rely_on():
    book = load_codebook()
    assert {
        "units",
        "units_covered",
        "units_worked",
        "members",
        "funds",
        "activity_funds",
        "subsidy_due",
        "admissions",
        "quota",
    } <= set(book.measures)
    headline = [code for code, i in book.indicators.items() if i.headline]
    assert 14 <= len(headline) <= 20
    assert {book.indicators[code].dimension for code in headline} == {
        c for c, d in book.dimensions.items() if d.radar
    }
    assert all(
        book.measures[f"funds_{payer}"].sum == "funds.amount_fen" for payer in book.lists["payer"]
    )


def test_every_rule_is_an_indicator_or_left_out_with_a_reason():
    book = load_codebook()
    with RULES.open(encoding="utf-8") as file:
        rules = {row["id"] for row in csv.DictReader(file)}
    built = {i.rule for i in book.indicators.values() if i.rule}
    assert built | set(book.rules_left_out) == rules
    assert not built & set(book.rules_left_out)
    assert {"R18", "R21", "R46"} <= set(book.rules_left_out)


def test_definitions_that_change_the_answer():
    book = load_codebook()
    measures, indicators = book.measures, book.indicators
    base = {"status": "operating", "legal_person": True}
    assert measures["units"].where == base
    assert measures["units_covered"].where == {
        **base,
        "covered_by": ["single", "joint", "attached"],
    }  # a working branch is no cover
    assert (
        measures["units_due"].where["full_members"] == ">= 3"
    )  # 以上 includes 3; full members decide
    assert (
        measures["orgs_low"].where["stars"] == "<= 2"
    )  # 两星及以下 includes two; not rated is not zero
    assert measures["members"].where == {"functional": False}
    assert indicators["single_setup"].denominator == "units"
    assert indicators["effective_coverage"].numerator == "units_effective"
    assert indicators["fund_per_member"].denominator_period == "previous"
    assert indicators["member_admission_growth"].denominator_period == "previous"
    assert "dues_return" not in measures["funds_fiscal"].where["source"]
    assert (indicators["instructor_load"].numerator, indicators["instructor_load"].denominator) == (
        "units_served",
        "instructors",
    )


def test_a_measure_without_source_appears_nowhere(tmp_path):
    book = load_codebook()
    assert "member_posts_met" in book.no_source
    assert not set(book.no_source) & (set(book.measures) | set(book.indicators))
    assert book.measure_of("每月留言达标的党员") is None
    own = load_codebook(
        project(
            tmp_path,
            """
        measures: {chat_groups: {name: 群数, unit: 个, no_source: true}}
        indicators: {chat: {name: 每群党员, dimension: context, kind: rate, numerator: members, denominator: chat_groups, base: 群, better: none}}
    """,
        )
    )
    assert "chat" not in own.indicators and {"chat", "chat_groups"} <= set(own.no_source)


def test_a_figure_is_found_by_code_name_or_other_name():
    book = load_codebook()
    assert book.measure_of("party_building_funds") == "funds"
    assert book.measure_of("六有达标党组织") == "orgs_six_haves"
    assert book.measure_of(" 发展党员指标 ") == "quota"
    assert (
        book.measure_of("enterprises_with_managed_members") is None
    )  # 583 is another base than 19000余


def test_headings_mark_persons_and_few_required_columns():
    book = load_codebook()
    types = {"text", "int", "money", "number", "date", "bool", "codes", *book.lists}
    for form in book.headings["forms"].values():
        assert {c["type"] for c in form["columns"].values()} <= types
        assert (
            sum(1 for c in form["columns"].values() if c.get("required") or c.get("wanted")) <= 15
        )
        names = [n for c in form["columns"].values() for n in c["names"]]
        assert len(names) == len(set(names))
        assert form["table"] in book.tables
    for form, column in [
        ("units", "legal_representative"),
        ("units", "phone"),
        ("funds", "secretary_allowance"),
        ("instructors", "grade"),
        ("instructors", "allowance"),
        ("instructors", "person_name"),
    ]:
        assert book.headings["forms"][form]["columns"][column]["person"] is True


def test_terms_hold_labels_and_the_code_itself_where_unknown():
    book = load_codebook()
    assert book.term("verdict_better") == "优于"
    assert book.term("verdict_better", "en") == "better"
    assert book.term("payer.enterprise") == "企业配套"
    assert book.term("no.such") == "no.such"
    labels = [t.zh for t in book.terms.values()]
    assert len(labels) == len(set(labels))


def test_loading_twice_costs_nothing(monkeypatch):
    first = load_codebook()
    monkeypatch.setattr(loader, "read_file", lambda *_: pytest.fail("read again"))
    assert load_codebook() is first


# --- a project's own ---


def test_a_new_indicator_is_a_few_lines(tmp_path):
    book = load_codebook(
        project(
            tmp_path,
            """
        measures:
          units_party_place: {name: 有阵地的规上单位, unit: 家, count: units, where: {above_scale: true, place: true, employees: ">= 50"}}
        indicators:
          place_rate:
            name: 规上阵地率
            dimension: standardisation
            kind: proportion
            numerator: units_party_place
            denominator: units_above_scale
            base: 规上单位
            better: higher
            target: full
    """,
        )
    )
    indicator = book.indicators["place_rate"]
    assert (indicator.scale, indicator.unit, indicator.decimals, indicator.entity) == (
        100,
        "%",
        1,
        "area",
    )
    assert book.replaced == ()
    assert "place_rate" not in load_codebook().indicators


def test_replacing_needs_to_be_said_and_is_listed(tmp_path):
    text = "references:\n  fuyang_2015: {name: 本市标准, value: 180, unit: 元/人·年, source: 本市文件, year: 2025%s}\n"
    (problem,) = errors(tmp_path, text % "")
    assert (
        problem.code == "key_duplicate"
        and "replace: true" in problem.advice
        and "第2行" in problem.where
    )
    book = load_codebook(project(tmp_path, text % ", replace: true"))
    assert book.references["fuyang_2015"].value == 180
    assert book.replaced == ("references.fuyang_2015",)
    assert load_codebook().references["fuyang_2015"].value == 150


def test_a_changed_file_is_read_again(tmp_path):
    folder = project(tmp_path, "terms: {own_word: {zh: 甲}}")
    assert load_codebook(folder).term("own_word") == "甲"
    project(tmp_path, "terms: {own_word: {zh: 乙乙}}")
    assert load_codebook(folder).term("own_word") == "乙乙"


def test_synonyms_are_added(tmp_path):
    book = load_codebook(
        project(
            tmp_path,
            """
        headings:
          forms: {units: {columns: {employees: {names: [在册用工]}}, titles: [两新底账]}}
          values: {status: {suspended: [半停产]}}
    """,
        )
    )
    assert "在册用工" in book.headings["forms"]["units"]["columns"]["employees"]["names"]
    assert "半停产" in book.headings["values"]["status"]["suspended"]
    assert (
        "在册用工"
        not in load_codebook().headings["forms"]["units"]["columns"]["employees"]["names"]
    )


def test_hashes_follow_what_they_stand_for(tmp_path):
    plain = load_codebook()
    measure = load_codebook(project(tmp_path, f"indicators: {{extra: {NEW}}}"))
    assert measure.hash() != plain.hash() and measure.reading_hash() == plain.reading_hash()
    heading = load_codebook(
        project(tmp_path, "headings: {forms: {units: {columns: {employees: [在册用工]}}}}")
    )
    assert heading.reading_hash() != plain.reading_hash()


# --- errors ---


@pytest.mark.parametrize(
    ("text", "code", "where", "says"),
    [
        (
            "indicators: {x: %s}" % NEW.replace("units_covered", "units_coverd"),
            "key_unknown",
            "indicators.x.numerator",
            "units_covered",
        ),
        (
            "indicators: {x: %s}" % NEW.replace("coverage", "covrage"),
            "key_unknown",
            "indicators.x.dimension",
            "coverage",
        ),
        (
            "indicators: {x: %s}" % NEW.replace("}", ", target: fuyang_2051}"),
            "key_unknown",
            "indicators.x.target",
            "fuyang_2015",
        ),
        (
            "indicators: {x: %s}" % NEW.replace("proportion", "propotion"),
            "value_invalid",
            "indicators.x.kind",
            "proportion",
        ),
        (
            "indicators: {x: %s}" % NEW.replace("better", "beter"),
            "key_unknown",
            "indicators.x.beter",
            "better",
        ),
        (
            "indicators: {x: %s}" % NEW.replace(", base: 全部", ""),
            "key_missing",
            "indicators.x.base",
            "base",
        ),
        (
            "indicators: {x: %s}" % NEW.replace("}", ", decimals: 9}"),
            "value_invalid",
            "indicators.x.decimals",
            "6",
        ),
        (
            "indicators: {x: %s}" % NEW.replace("}", ", rule: 3}"),
            "value_invalid",
            "indicators.x.rule",
            "文字",
        ),
        (
            "indicators: {x: %s}" % NEW.replace("}", ", entity: township}"),
            "value_invalid",
            "indicators.x.entity",
            "area",
        ),
        (
            "measures: {x: {name: 甲, unit: 家, count: unit}}",
            "key_unknown",
            "measures.x.count",
            "units",
        ),
        (
            "measures: {x: {name: 甲, unit: 家, sum: funds.amount}}",
            "key_unknown",
            "measures.x.sum",
            "amount_fen",
        ),
        (
            "measures: {x: {name: 甲, unit: 家, sum: units.industry}}",
            "key_unknown",
            "measures.x.sum",
            "units.employees",
        ),
        ("measures: {x: {name: 甲, unit: 家}}", "value_invalid", "measures.x", "四者选一"),
        (
            "measures: {x: {name: 甲, unit: 家, count: units, figure: true}}",
            "value_invalid",
            "measures.x",
            "四者选一",
        ),
        (
            "measures: {x: {name: 甲, unit: 家, figure: true, where: {a: 1}}}",
            "value_invalid",
            "measures.x.where",
            "count",
        ),
        (
            "measures: {x: {name: 甲, unit: 家, count: units, where: {employes: 3}}}",
            "key_unknown",
            "measures.x.where.employes",
            "employees",
        ),
        (
            "measures: {x: {name: 甲, unit: 家, count: units, where: {covered_by: [singel]}}}",
            "value_invalid",
            "measures.x.where.covered_by",
            "single",
        ),
        (
            'measures: {x: {name: 甲, unit: 家, count: units, where: {employees: ">3人"}}}',
            "value_invalid",
            "measures.x.where.employees",
            ">= 3",
        ),
        (
            "measures: {x: {name: 甲, unit: 家, count: units, where: {legal_person: 1}}}",
            "value_invalid",
            "measures.x.where.legal_person",
            "true",
        ),
        (
            "measures: {x: {name: 甲, unit: 家, count: units, where: {started_on: 2020}}}",
            "value_invalid",
            "measures.x.where.started_on",
            "present",
        ),
        (
            "measures: {x: {name: 甲, unit: 家, count: units, any: [{industri: 工业}]}}",
            "key_unknown",
            "measures.x.any[1].industri",
            "industry",
        ),
        (
            "measures: {x: {name: 甲, unit: 家, figure: true, also: [party_building_funds]}}",
            "key_duplicate",
            "measures.x.also",
            "funds",
        ),
        ("measure: {x: {name: 甲}}", "key_unknown", "measure", "measures"),
        ("measures: [a, b]", "value_invalid", "measures", "代码"),
        ("measures: {x: 3}", "value_invalid", "measures.x", "各项"),
        ("tables: {units: {}}", "value_invalid", "tables", "不能改"),
        (
            "references: {new: {name: 甲, value: 一百, unit: 元, source: 乙}}",
            "value_invalid",
            "references.new.value",
            "数字",
        ),
        (
            "references: {fuyang_2051: {name: 甲, value: 1, unit: 元, source: 乙, replace: true}}",
            "key_unknown",
            "references.fuyang_2051.replace",
            "fuyang_2015",
        ),
        (
            "checks: {x: {name: 甲, kind: parts_sum, stated: a}}",
            "key_missing",
            "checks.x.follows",
            "follows",
        ),
        (
            "checks: {x: {name: 甲, kind: rate, stated: a, follows: {quotient: [b, c]}}}",
            "value_invalid",
            "checks.x.follows",
            "ratio",
        ),
        ("headings: {forms: {unit: {}}}", "key_unknown", "headings.forms.unit", "units"),
        (
            "headings: {forms: {units: {columns: {employes: [甲]}}}}",
            "key_unknown",
            "headings.forms.units.columns.employes",
            "employees",
        ),
        (
            "headings: {forms: {units: {columns: {employees: [党员总数]}}}}",
            "key_duplicate",
            "headings.forms.units.columns.employees",
            "members",
        ),
        ("headings: {forms: 3}", "value_invalid", "headings.forms", "名称"),
    ],
)
def test_each_error_has_path_line_limit_and_near_match(tmp_path, text, code, where, says):
    found = errors(tmp_path, text)
    problem = next(p for p in found if p.where.startswith(where))
    assert problem.code == code and "第1行" in problem.where
    assert problem.file == "own.yml"
    assert says in problem.allowed + problem.advice


def test_the_keys_of_an_entry_are_told_as_people_write_them(tmp_path):
    (problem,) = errors(tmp_path, "terms: {x: {zh: 甲, replac: true}}")
    assert problem.allowed == "zh、en、replace" and "replace" in problem.advice
    (problem,) = errors(tmp_path, f"indicators: {{x: {NEW.replace('}', ', rule: R1}')}}}")
    assert problem.allowed == "R01 这样的规则编号"


@pytest.mark.parametrize(
    "entity", ["person", "party_member", "secretary", "党员", "书记", "instructor"]
)
def test_persons_are_refused(tmp_path, entity):
    (problem,) = errors(tmp_path, f"indicators: {{x: {NEW.replace('}', f', entity: {entity}}}')}}}")
    assert problem.code == "person_refused" and problem.found == entity


def test_all_errors_of_all_files_come_at_once(tmp_path):
    project(
        tmp_path,
        "measures:\n  a: {name: 甲, unit: 家, count: unitz}\n  a: {name: 乙, unit: 家, figure: true}\n",
        "a.yml",
    )
    found = errors(
        tmp_path,
        """
        measures:
          b: {name: 丙, unit: 家, count: units, where: {statas: operating, kind: 公司, full_members: some}}
        indicators:
          c: {name: 丁, kind: rate, numerator: nothing, denominator: units, better: up, dimension: coverage}
    """,
    )
    assert {(p.file, p.code) for p in found} >= {
        ("a.yml", "key_duplicate"),
        ("a.yml", "key_unknown"),
        ("own.yml", "key_unknown"),
        ("own.yml", "value_invalid"),
        ("own.yml", "key_missing"),
    }
    assert len(found) == 7
    assert any("第3行" in p.where for p in found if p.file == "a.yml")


@pytest.mark.parametrize(
    "text", ["measures: {x: {name: 甲", "a: b: c", "x:\n\t- 1", "measures:\n  - a\n b: 1"]
)
def test_malformed_yaml_has_its_line(tmp_path, text):
    (problem,) = errors(tmp_path, text)
    assert problem.code == "yaml_unreadable" and "行" in problem.where


def test_another_encoding_and_an_empty_file(tmp_path):
    folder = project(tmp_path, "")
    (folder / "gbk.yml").write_bytes("terms: {词: {zh: 词}}".encode("gbk"))
    with pytest.raises(InputError) as caught:
        load_codebook(folder)
    assert "UTF-8" in str(caught.value)


def test_yaml_12(tmp_path):
    path = tmp_path / "a.yml"
    path.write_text("ratio: 1:1\nyes_no: yes\n", encoding="utf-8")
    assert read_yaml(path) == {"ratio": "1:1", "yes_no": "yes"}
