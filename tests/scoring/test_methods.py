"""A method is a record: words, refusals, choices and the options of a robustness run come from it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import evalkit as ek
from evalkit import scoring
from evalkit.problems import InputError
from evalkit.scoring.index import load_index
from evalkit.scoring.methods import COMBINATIONS, RULES
from evalkit.scoring.replications import options

X = [[0.9, 6.0], [0.8, 3.0], [0.5, 12.0], [0.7, 4.0]]
LIMITS = {"target": [1, 10], "low": [0, 0], "high": [1, 20]}
METHODS = Path(__file__).parents[2] / "docs" / "methods.md"


@pytest.mark.parametrize("name", RULES)
def test_what_a_record_says_of_a_rule_is_so(name):
    rule = RULES[name]
    values = scoring.normalise(X, name, cap=True, **LIMITS)
    assert (values < 0).any() == rule.signed or name in ("above_below", "difference_worst")
    if rule.absolute:
        assert np.allclose(scoring.normalise(X[:1], name, **LIMITS), values[:1])
    if rule.top:
        assert np.nanmax(values) <= rule.top + 1e-9
    for need in rule.needs:
        with pytest.raises(InputError, match=f"{name} 需要"):
            scoring.normalise(X, name, **{**LIMITS, need: None})
    assert re.search("[一-鿿]", rule.zh)


@pytest.mark.parametrize("way", COMBINATIONS)
@pytest.mark.parametrize("name", RULES)
def test_what_has_no_meaning_is_refused_by_the_records(name, way):
    def refused(**options):
        try:
            scoring.check_combination(name, way, **options)
        except InputError:
            return True
        return False

    assert refused() == (RULES[name].signed and COMBINATIONS[way].positive)
    assert refused(to=(-1, 1)) == (
        COMBINATIONS[way].positive and (RULES[name].signed or RULES[name].onto)
    )


def test_every_record_may_stand_in_an_index_and_its_needs_are_asked():
    known = {"a": {"name": "甲", "better": "higher", "target": float("nan")}}
    for name, rule in RULES.items():
        index = {"tree": {"a": {"rule": name}}}
        if not rule.needs:
            assert load_index(index, known).leaves[0].rule == name
            continue
        with pytest.raises(InputError) as caught:
            load_index(index, known)
        assert len(caught.value.problems) == len(rule.needs)


def test_grades_are_given_only_where_something_earns_all_points():
    known = {"a": {"name": "甲", "better": "higher", "target": 1.0}}
    for name, rule in RULES.items():
        limits = {"full_at": 1, "low": 0, "high": 1}
        index = {"tree": {"a": {"rule": name, **limits}}, "grades": [{"grade": "好", "from": 0}]}
        if rule.top is None:
            with pytest.raises(InputError, match="分等级"):
                load_index(index, known)
        else:
            assert load_index(index, known).grades


def test_the_options_of_a_robustness_run_keep_their_order(indicators):
    choices = options(ek.score(indicators))
    assert choices["normalisation"] == ["", "minmax", "linear_60_100", "percentile"]
    assert choices["aggregation"] == ["", "geometric", "harmonic"]


def test_the_methods_page_names_every_record():
    page = METHODS.read_text(encoding="utf-8").lower()
    named = {name for name in [*RULES, *COMBINATIONS] if name in page}
    families = {name for name in RULES if name.startswith(("ratio_", "difference_"))}
    assert {*RULES, *COMBINATIONS} - named - families == set()
