"""Files of indexes and star schemes: every fault at once, with its file, line, what is allowed and the nearest name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evalkit.problems import InputError, Problem
from evalkit.scoring.index import load_index
from evalkit.scoring.stars import load_scheme

KNOWN = {
    code: {"name": code, "better": "higher", "target": 1.0} for code in ("coverage", "arrival")
}
INDEX = """\
mine:
  nmae: 我的指数
  rule: share_of_traget
  impute: 平均
  needs: 80
  grades:
  - {grade: 好, from: 九十}
  - {grade: 差, to: 60, from: 0}
  tree:
    wide:
      points: 百
      combine: geometrical
      items:
        coverage: {full_at: targte, full: 1}
    other:
      points: 0
      items:
        arival: {full_at: 1}
    5: 3
"""
STARS = """\
mine:
  star_whn: ">= 85%"
  points: 10
  ties: inn
  veto: {vetoed: }
  rectify: 两星以下
  at_most_up: true
  cycle: {years: 0.5}
  targets: {四星以上: ">= 10%"}
  cut_offs:
  - {stars: 五, from: 90}
  - {stars: 4, from: 80, quota: 30}
  items:
    a: {points: 4, steps: {全: 3, 缺: 无}}
    b: {points: 20, bonus: 是, off: 1}
"""


def faults(read, tmp_path: Path, text: str) -> dict[str, Problem]:
    """The problems of a file by the place that they name."""
    file = tmp_path / "own.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read(f"{file}#mine")
    assert {problem.file for problem in caught.value.problems} == {"own.yml"}
    return {problem.where: problem for problem in caught.value.problems}


def test_every_fault_of_a_file_of_an_index(tmp_path):
    found = faults(lambda given: load_index(given, KNOWN), tmp_path, INDEX)
    expected = {
        "mine.nmae（第2行）": "name",
        "mine.rule（第3行）": "share_of_target",
        "mine.impute（第4行）": "median",
        "mine.needs（第5行）": "0 至 1",
        "mine.grades[1].from（第7行）": "数字",
        "mine.grades[2].to（第8行）": "只写下限",
        "mine.tree.wide.points（第11行）": "数字",
        "mine.tree.wide.combine（第12行）": "geometric",
        "mine.tree.wide.items.coverage.full_at（第14行）": "target",
        "mine.tree.wide.items.coverage.full（第14行）": "full_at",
        "mine.tree.other.items.arival（第18行）": "arrival",
    }
    assert {place: said for place, said in expected.items() if place not in found} == {}
    for place, said in expected.items():
        assert said in found[place].allowed + found[place].advice, place
    assert "是否想写“name”" in found["mine.nmae（第2行）"].advice
    assert all(re.search("[一-鿿]", problem.text()) for problem in found.values())


def test_every_fault_of_a_file_of_stars(tmp_path):
    found = faults(load_scheme, tmp_path, STARS)
    expected = {
        "mine.star_whn（第2行）": "star_when",
        "mine.ties（第4行）": "in",
        "mine.veto（第5行）": "present",
        "mine.rectify（第6行）": "<= 2",
        "mine.at_most_up（第7行）": "数字",
        "mine.cycle.years（第8行）": "不小于1",
        "mine.cycle.first（第8行）": "first",
        "mine.targets.四星以上（第9行）": ">= 85%",
        "mine.cut_offs[1].stars（第11行）": "整数",
        "mine.cut_offs[2].quota（第12行）": "0 至 1",
        "mine.items.a.steps.缺（第14行）": "数字",
        "mine.items.b.bonus（第15行）": "true",
        "mine.items.b（第15行）": "per",
    }
    assert {place: said for place, said in expected.items() if place not in found} == {}
    for place, said in expected.items():
        assert said in found[place].allowed + found[place].advice, place


def test_a_file_that_is_one_scheme_needs_no_name(tmp_path):
    file = tmp_path / "one.yml"
    file.write_text("score: total\ncut_offs:\n- {stars: 5, form: 90}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"stars.cut_offs.1..form（第3行）"):
        load_scheme(file)


def test_every_packaged_scheme_is_one():
    from evalkit.world.yaml import read_yaml

    folder = Path(load_scheme.__code__.co_filename).parent
    for name in read_yaml(folder / "stars.yml"):
        assert load_scheme(name)[0] == name
