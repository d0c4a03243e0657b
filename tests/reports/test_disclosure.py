"""Disclosure control: every hidden cell is attacked with linear programmes, as anybody with the published table could."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evalkit as ek
from evalkit.problems import InputError
from evalkit.reports.disclosure import attack, dominated, margins, published, suppress


def table(inner: np.ndarray) -> np.ndarray:
    """Cells of a table row by row, with totals at the right and below."""
    wide = np.c_[inner, inner.sum(1)]
    return np.r_[wide, [wide.sum(0)]].ravel().astype(float)


def protect(inner: np.ndarray, threshold: int = 5):
    x, equations = table(inner), margins(inner.shape[0] + 1, inner.shape[1] + 1)
    assert np.allclose(equations @ x, 0)
    primary = (x > 0) & (x < threshold)
    hidden = suppress(
        x, equations, primary, np.where(primary, threshold - x, 0), np.where(primary, x, 0)
    )
    return x, equations, primary, hidden


def test_a_single_small_count_takes_others_with_it():
    """One hidden cell in a row and a column is given back by the margins; a rectangle is the least that protects it."""
    inner = np.array([[3, 40, 60], [50, 20, 30], [70, 80, 25]])
    x, equations, primary, hidden = protect(inner)
    low, high = attack(x, equations, primary)
    assert low[0] == high[0] == 3  # without secondary cells anybody finds the 3
    assert (
        primary.sum() == 1 and hidden.sum() == 4 and not hidden[[3, 7, 11, 15]].any()
    )  # no total had to go
    low, high = attack(x, equations, hidden)
    assert low[0] <= 0 and high[0] >= 5


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 9), st.integers(1, 5), st.integers(0, 2**32 - 1), st.sampled_from([2, 6, 25]))
def test_no_small_count_can_be_had_back(rows, columns, seed, mean):
    """The interval of every sensitive cell, from what is published, reaches from 0 to the threshold at least."""
    inner = np.random.default_rng(seed).poisson(mean, (rows, columns))
    x, equations, primary, hidden = protect(inner)
    low, high = attack(x, equations, hidden)
    assert (hidden | ~primary).all()
    assert (low[primary] <= 1e-6).all() and (high[primary] >= 5 - 1e-6).all()
    assert (high[hidden] - low[hidden] > 1e-6).all()  # not a single cell is hidden in vain
    assert np.array_equal(low[~hidden], x[~hidden])


def test_a_sum_that_is_off_by_rounding_is_reckoned_with():
    """Typed totals differ from their parts by some yuan: what is left for the hidden cell tells it all the same."""
    x, equations = np.array([40.0, 60.0, 30.0, 130.4]), np.array([[1.0, 1.0, 1.0, -1.0]])
    low, high = attack(x, equations, np.array([True, False, False, False]))
    assert low[0] == pytest.approx(40) and high[0] == pytest.approx(40)


def test_nothing_is_hidden_where_nothing_is_small():
    _, _, primary, hidden = protect(np.array([[0, 40], [50, 20]]))  # none at all is no person
    assert not primary.any() and not hidden.any()


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([100], True),
        ([], False),
        ([0, 0], False),
        ([95, 5], True),
        ([50, 45, 5], True),
        ([10] * 20, False),
        ([40, 40, 3], True),
        ([30, 25, 20, 15, 10], False),
        ([60, 20, 10, 5, 5], False),
    ],
)
def test_dominance(parts, expected):
    """(2, 85): two hold more than 85%. p% = 10: what is left beside the two largest is under 10% of the largest."""
    assert dominated(parts, n=2, k=85, p=10) is expected


def test_the_p_rule_alone():
    assert dominated([50, 40, 4.9], n=2, k=100, p=10) and not dominated(
        [50, 40, 5.1], n=2, k=100, p=10
    )


@pytest.fixture(scope="module")
def data(demo_project):
    return ek.load(demo_project, periods=["2024", "2025"])


def raised(data, threshold):
    """The same data under a higher threshold, so that the small demonstration has something to hide."""
    book = data.codebook.model_copy(
        update={"disclosure": data.codebook.disclosure | {"threshold": threshold}}
    )
    copy = ek.load(data.project, periods=data.periods)
    project = type(data.project)(data.project.root)
    project.__dict__["codebook"] = book
    object.__setattr__(copy, "project", project)
    return copy


def test_published_frames_hide_what_the_rule_says_and_what_would_give_it_back(data):
    plain, shown = data.measures, published(raised(data, 30))
    out = shown.measures
    persons = out["unit"].isin(["名", "人"])
    assert (
        out["hidden"].any() and out.loc[out["hidden"], ["value", "low", "high"]].isna().all().all()
    )
    assert not (persons & (out["value"] > 0) & (out["value"] < 30)).any()
    assert set(out["level"]) == {"province", "district"}  # townships would give districts back
    merged = out.merge(
        plain[["area", "period", "measure", "value"]],
        on=["area", "period", "measure"],
        suffixes=("", "_true"),
    )
    for _, group in merged.loc[merged["unit"].isin(["名", "人"])].groupby(["period", "measure"]):
        total = group["level"] == "province"
        x = np.r_[group.loc[~total, "value_true"], group.loc[total, "value_true"]].astype(float)
        if np.isnan(x).any() or abs(x[:-1].sum() - x[-1]) > 0.01:
            continue
        hidden = np.r_[group.loc[~total, "hidden"], group.loc[total, "hidden"]].astype(bool)
        equation = np.r_[np.ones(len(x) - 1), -1.0][None, :]
        low, high = attack(x, equation, hidden)
        assert (
            not hidden.any() or (high[hidden] - low[hidden] > 1).all()
        )  # never a single one in a column


def test_rates_of_hidden_parts_are_hidden_too(data):
    shown = published(raised(data, 30))
    gone = {
        (r.area, r.period, r.measure)
        for r in shown.measures.loc[shown.measures["hidden"]].itertuples()
    }
    book = data.codebook.indicators
    for r in shown.indicators.itertuples():
        if (r.area, r.period, book[r.indicator].numerator) in gone:
            assert r.hidden and np.isnan(r.value) and np.isnan(r.numerator), (r.area, r.indicator)
    trained = shown.indicators.loc[shown.indicators["indicator"] == "secretary_training_rate"]
    for r in trained.loc[
        ~trained["hidden"]
    ].itertuples():  # what is left of the whole is a count of persons as well
        assert r.denominator - r.numerator == 0 or r.denominator - r.numerator >= 30


def test_tables_say_that_they_hide(data):
    shown = published(raised(data, 30))
    areas = ek.annual.areas_of(shown, "2025")
    block = ek.annual.counts(shown, "2025", "instructors", areas)
    text = block.plain()
    assert "*" in text and any("不予公开" in note for note in block.content["notes"])
    rows = ek.annual.visible(shown.indicators)
    assert (
        rows["value"].notna().sum() == shown.indicators["value"].notna().sum()
        and not rows["hidden"].any()
    )
    families = ek.tables.overview(shown.indicators, "2025", against="2024", part="areas").plain()
    assert "\t*\t" in families and "nan" not in families


def test_dominated_amounts_of_the_ledger_are_hidden(data, monkeypatch):
    """A district whose enterprise money comes from one organisation does not show it, nor what would give it back."""
    funds = data.view_frame("funds")
    district = data.areas.loc[data.areas["level"] == "district", "area"].iloc[0]
    mine = (
        (funds["source"] == "enterprise")
        & (funds["flow"] == "income")
        & funds["area"].str.startswith(district)
    )
    one = funds.loc[mine, "party_org"].iloc[0]
    changed = funds.assign(party_org=funds["party_org"].mask(mine, one))
    plain = type(data).view_frame
    monkeypatch.setattr(
        type(data),
        "view_frame",
        lambda self, view: changed if view == "funds" else plain(self, view),
    )
    out = published(data).measures
    hidden = out.loc[
        out["hidden"] & (out["period"] == "2025") & out["measure"].str.startswith("funds"),
        ["area", "measure"],
    ]
    assert (hidden == [district, "funds_enterprise"]).all(axis=1).any() and len(hidden) >= 4


def test_thresholds_are_the_codebooks(tmp_path):
    (tmp_path / "own.yml").write_text("disclosure: {threshold: 10, p: 15}\n", encoding="utf-8")
    assert (
        ek.load_codebook(tmp_path).disclosure["threshold"] == 10
        and ek.load_codebook().disclosure["threshold"] == 5
    )
    (tmp_path / "own.yml").write_text("disclosure: {treshold: 10, k: -1}\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        ek.load_codebook(tmp_path)
    assert {p.code for p in error.value.problems} == {
        "key_unknown",
        "value_invalid",
    } and "threshold" in str(error.value)
