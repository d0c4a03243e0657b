"""Every design through the same questions: one method for few clusters, weights, odd periods, failing side checks, size."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import pytest
from effect_worlds import staggered

import evalkit as ek
from evalkit.effects import Effect, Panel, dealing, discontinuity, randomisation
from evalkit.effects.dealing import Clusters, least_squares_contrasts
from evalkit.effects.designs import DESIGNS, PANELS
from evalkit.reports import study as reports

LINEAR = ["twfe", "event_study", "sun_abraham", "did2s", "callaway_santanna", "multilevel"]
DEALT = [*LINEAR, "fractional", "psm_did"]
FAST: dict[str, dict[str, Any]] = {
    "synthetic_did": {"draws": 60},
    "callaway_santanna": {"draws": 19},
}


def rates(
    seed: int = 3, cohorts: dict[int, int] | None = None, effect: float = 1.5, **more: Any
) -> pd.DataFrame:
    """Rates between 0 and 1 in a panel with few treated."""
    frame = staggered(seed, cohorts or {0: 15, 5: 4}, effect=effect, **more)
    weight = 1 + frame["unit"] % 3
    return frame.assign(y=1 / (1 + np.exp(-frame["y"] / 5)), wt=weight)


def made(frame: pd.DataFrame, **more: Any) -> Panel:
    return Panel.from_frame(
        frame, "y", "unit", "year", **({"treated_from": "first", "rate": True} | more)
    )


def run(panel: Panel, design: str) -> Effect:
    return ek.effects.estimate(panel, design, **FAST.get(design, {}))


def world(design: str, **more: Any) -> Panel:
    return made(rates(cohorts={0: 19, 5: 1} if design == "synthetic_control" else None, **more))


def test_the_questions_are_asked_of_every_design() -> None:
    assert {*DEALT, "synthetic_did", "synthetic_control", "rd"} == set(
        DESIGNS
    ) and "rd" not in PANELS


@pytest.mark.parametrize("effect", [0.0, 4.0], ids=["none", "large"])
@pytest.mark.parametrize("design", PANELS)
def test_few_clusters_estimate_interval_and_p_are_of_one_method_everywhere(
    design: str, effect: float
) -> None:
    got = run(world(design, effect=effect), design)
    row = got.row
    low, high, p = float(row["ci_low"]), float(row["ci_high"]), float(row["p"])
    assert p == row["p_small"] == got.facts["p_small"] if design in DEALT else p == row["p_small"]
    assert got.facts["p_small_method"] and (np.isnan(low) or low <= row["estimate"] <= high)
    assert np.isnan(low) or (p <= 0.05) == (not low <= 0 <= high), (
        "the interval holds zero exactly where the test does not reject it"
    )
    table = got.block()
    place = got.table.index[got.table["term"] == row["term"]][0]
    cells = table.texts()[place]
    ends = f"[{low:.4f}, {high:.4f}]" if np.isfinite([low, high]).all() else "—"
    assert ends in cells[-1] and cells[-2] == ("<0.001" if p < 0.001 else f"{p:.3f}")
    assert [c["label"] for c in table.content["columns"]][-2:] == ["少聚类p值", "95%置信区间"]
    journal = ek.tables.regression(got)
    assert ["少聚类p值", f"[{p:.3f}]"] in journal.texts() or p < 0.001
    stars = sum(p < limit for limit in (0.1, 0.05, 0.01))
    shown = next(r[1] for r in journal.texts() if "*" in r[1] or r[1].startswith("▲"))
    assert shown.count("*") == stars
    article, words = ek.study.in_article(got).plain(), ek.study.in_words(got).plain()
    assert got.facts["p_small_method"] in article and (
        "p＜0.001" in article if p < 0.001 else f"p={p:.3f}" in article
    )
    assert "nan" not in article + words and "inf" not in article + words
    if np.isfinite([low, high]).all():
        assert f"[{100 * low:.2f}, {100 * high:.2f}]" in article
        assert ("现有数据看不出" in words) == (p > 0.05)
    figure = ek.charts.specifications(got).content["alt"]
    if np.isfinite([low, high]).all():
        drawn = [float(v) for v in re.search(r"\[(.+), (.+)\]", figure).groups()]  # type: ignore[union-attr]
        assert drawn == pytest.approx([100 * low, 100 * high], abs=0.006)
    assert "nan" not in figure and "inf" not in figure


@pytest.mark.parametrize("design", ["event_study", "sun_abraham", "did2s", "callaway_santanna"])
def test_the_figure_shows_the_limits_of_the_same_method(design: str) -> None:
    got = run(world(design), design)
    for name in {"dynamic", "group_time", "group", "calendar"} & set(got.details):
        rows = got.details[name]
        real = rows[rows["p"].notna() & (rows["estimate"] != 0)]
        assert len(real) and "band_low" not in rows
        outside = ~((real["ci_low"] <= 0) & (real["ci_high"] >= 0))
        assert (outside == (real["p"] <= 0.05)).all() and (real["p"] == real["p_small"]).all()
    assert got.plot().content["alt"]


@pytest.mark.parametrize(
    "cohorts", [{0: 14, 5: 4}, {0: 8, 4: 3, 6: 3}], ids=["together", "staggered"]
)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("design", DEALT)
def test_what_is_dealt_is_the_designs_own_estimate(
    design: str, weighted: bool, cohorts: dict[int, int]
) -> None:
    if weighted and design == "multilevel":
        pytest.skip("refuses weights")
    got = run(made(rates(cohorts=cohorts), **({"weights": "wt"} if weighted else {})), design)
    assert got.row["estimate"] == pytest.approx(
        got.details["clustered"].iloc[0]["estimate"], abs=1e-7
    )


@pytest.mark.parametrize("design", [d for d in PANELS if d != "psm_did"])
def test_weights_are_used_or_refused_by_name(design: str) -> None:
    cohorts = {0: 19, 5: 1} if design == "synthetic_control" else {0: 15, 5: 12}
    frame = rates(cohorts=cohorts)
    plain = run(made(frame), design)
    try:
        got = run(made(frame, weights="wt", labels={"weight": "党员数"}), design)
    except ek.InputError as told:
        assert (
            "权重" in str(told)
            and "weights" in str(told)
            and design in ("multilevel", "synthetic_did", "synthetic_control")
        )
        return
    assert abs(got.row["estimate"] - plain.row["estimate"]) > 1e-4
    assert "按权重估计（党员数）" in got.caption and "按权重估计（党员数）" in "".join(
        ek.tables.regression(got).content["notes"]
    )
    assert "按权重估计" in ek.study.in_article(got).plain() and "按权重" not in plain.caption
    repeated = pd.concat(
        [
            frame[frame["wt"] > n].assign(
                unit=lambda f, n=n: f["unit"] * 10 + n, own=lambda f: f["unit"] // 10
            )
            for n in range(3)
        ]
    )
    often = run(made(repeated, cluster="own"), design)
    assert got.row["estimate"] == pytest.approx(often.row["estimate"], abs=1e-6), (
        "an entity of weight 2 counts as two"
    )


def test_weights_in_checks_tables_and_exports(tmp_path: Any) -> None:
    frame = rates(cohorts={0: 15, 5: 12})
    weighted, plain = made(frame, weights="wt"), made(frame)
    with pytest.raises(ek.InputError, match="权重"):
        ek.effects.bacon(weighted)
    for check in (ek.effects.randomisation, ek.effects.placebo, ek.effects.wild_bootstrap):
        assert (
            abs(check(weighted, draws=99).row["estimate"] - check(plain, draws=99).row["estimate"])
            > 1e-4
        )
    table = ek.tables.descriptive(weighted)
    assert table.texts()[0][2] == f"{np.average(frame['y'], weights=frame['wt']):.4f}"
    assert "按权重" in "".join(table.content["notes"])
    before = frame[frame["year"] < 2005]
    sides = [
        np.average(part["y"], weights=part["wt"])
        for part in (before[before["first"] > 0], before[before["first"] == 0])
    ]
    assert ek.tables.balance(weighted).texts()[0][1:3] == [f"{side:.4f}" for side in sides]
    idle = frame[(frame["first"] == 0) | (frame["year"] < frame["first"])]
    assert run(weighted, "twfe").facts["mean_outcome"] == pytest.approx(
        np.average(idle["y"], weights=idle["wt"])
    )
    weighted.export(tmp_path / "p.parquet")
    assert (pd.read_parquet(tmp_path / "p.parquet")["weight"] == weighted.frame["weight"]).all()
    matched = ek.effects.psm_did(weighted, k=3, caliper=2)
    assert matched.facts["weights"] and not matched.details["balance"].equals(
        ek.effects.psm_did(plain, k=3, caliper=2).details["balance"]
    )


SPELLINGS: dict[str, Callable[[int], object]] = {
    "unpadded months": lambda n: f"2010-{n + 4}",
    "months in words": lambda n: f"2010年{n + 4}月",
    "letters": lambda n: f"2010m{n + 4}",
    "waves": lambda n: f"第{n + 4}期",
    "signed": lambda n: f"{n - 5:+d}",
    "quarters": lambda n: f"Q{(n - 1) % 4 + 1}{2010 + (n - 1) // 4}",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("design", ["twfe", "callaway_santanna", "event_study", "did2s"])
def test_periods_in_any_spelling_give_the_same_estimates(design: str, spelling: str) -> None:
    frame, write = rates(cohorts={0: 15, 5: 12}), SPELLINGS[spelling]
    other = frame.assign(
        year=[write(y - 2000) for y in frame["year"]],
        first=[write(g - 2000) if g else "never" for g in frame["first"]],
    )
    a, b = run(made(frame), design), run(made(other.sample(frac=1, random_state=1)), design)
    pd.testing.assert_series_equal(
        a.row[["estimate", "se", "p"]].astype(float), b.row[["estimate", "se", "p"]].astype(float)
    )


def fails(*_: Any, **__: Any) -> Any:
    raise RuntimeError("本该算得出")


SIDES = {
    "样本流失": (Panel, "attrition", property(fails)),
    "负权重": ("evalkit.effects.guards.negative_share", fails),
    "预趋势检验": ("evalkit.effects.leads.pretrend", fails),
    "少聚类推断": ("evalkit.effects.guards.redealt", fails),
    "波动和规模": (Clusters, "unequal", fails),
}


@functools.cache
def undisturbed(design: str) -> tuple[Panel, float]:
    """The panel of the side checks and what the design estimates on it."""
    panel = (
        world(design) if design == "synthetic_control" else made(rates(cohorts={0: 8, 4: 4, 6: 3}))
    )
    return panel, run(panel, design).row["estimate"]


@pytest.mark.parametrize("what", SIDES)
@pytest.mark.parametrize("design", PANELS)
def test_a_side_check_that_fails_is_a_note_and_the_estimate_stands(
    design: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel, usual = undisturbed(design)
    monkeypatch.setattr(*SIDES[what])
    got = run(
        made(
            panel.frame.rename(columns={"entity": "unit", "period": "year"}).assign(
                first=panel.frame["first_treated"]
            )
        ),
        design,
    )
    assert got.row["estimate"] == pytest.approx(usual, abs=1e-7)
    named = {
        "样本流失": DEALT,
        "负权重": ["twfe", "fractional", "multilevel"],
        "少聚类推断": DEALT,
        "预趋势检验": ["event_study", "sun_abraham", "did2s", "callaway_santanna"],
    }.get(what, [])
    if design in named:
        said = [n.text for n in got.notes if what in n.text]
        assert said and any("没有做成（本该算得出）" in text for text in said)


@pytest.mark.parametrize(
    "check", ["density_test", "heaping", "_placebos", "_guards", "_bins", "by_mass_points"]
)
def test_a_check_of_a_discontinuity_that_fails_is_a_note(
    check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(20, 180, 2000)
    frame = pd.DataFrame(
        {"covered": 0.3 + 0.2 * (x >= 100) + rng.normal(0, 0.1, 2000), "employees": x}
    )
    usual = ek.effects.rd(frame)
    monkeypatch.setattr(
        import_module("evalkit.effects.rd"), check, fails
    )  # the package holds the function under this name
    got = ek.effects.rd(frame)
    assert got.row["estimate"] == usual.row["estimate"] and any(
        "没有做成（本该算得出）" in n.text for n in got.notes
    )
    assert got.plot().content["alt"] and reports.in_article(got).plain()
    assert float(discontinuity(frame["covered"], x, 100).att) == got.row["estimate"]


def test_one_design_or_check_that_fails_ends_no_study(monkeypatch: pytest.MonkeyPatch) -> None:
    found, failed = ek.effects.several(["a", "b"], lambda name: fails() if name == "a" else name)
    assert found == {"b": "b"} and failed == ["a：没有做成（本该算得出）"]
    panel = made(
        rates(cohorts={0: 15, 5: 12}, each=1).assign(
            kind=lambda f: np.where(f["unit"] % 2, "甲", "乙")
        ),
        keep=["kind"],
    )
    monkeypatch.setattr(import_module("evalkit.effects.study"), "pool_effects", fails)
    groups = ek.effects.by_group(panel, "kind", "twfe")
    assert groups["estimate"].notna().all() and groups["pooled"].isna().all()


def noisy(
    seed: int, cohorts: dict[int, int], factor: float, sizes: bool = False, rho: float = 0.5
) -> pd.DataFrame:
    """No effect; the treated are `factor` times as noisy, and of different sizes."""
    frame = staggered(seed, cohorts, rho=rho)
    centre = frame.groupby("year")["y"].transform("mean")
    loud = frame["first"] > 0
    frame["y"] = np.where(loud, centre + factor * (frame["y"] - centre), frame["y"])
    size = 1 + (frame["unit"] * 7) % 5
    return frame.assign(size=np.where(loud, size * 2, size) if sizes else 1)


def rejections(n: int, test: Callable[[Panel], Effect], *world: Any, start: int = 0) -> float:
    panels = (
        Panel.from_frame(
            noisy(start + s, *world), "y", "unit", "year", treated_from="first", weights="size"
        )
        for s in range(n)
    )
    return float(np.mean([test(p).row["p"] <= 0.05 for p in panels]))


def test_a_true_null_is_rejected_one_time_in_twenty_under_unequal_noise() -> None:
    """Four of 24 treated, three times as noisy: dealing plain estimates rejects a third of true nulls."""
    plain, usual = [], []
    for seed in range(200):
        panel = Panel.from_frame(
            noisy(seed, {0: 20, 5: 4}, 3.0), "y", "unit", "year", treated_from="first"
        )
        clusters = Clusters(panel.work)
        deals = clusters.deals(199, 7, 0)
        contrast = least_squares_contrasts(clusters, clusters.on[None])[0]
        found = dealing.tested(clusters, contrast, deals, interval=False)
        usual.append(found.p <= 0.05)
        plain.append(float(deals.share(np.abs(found.null) >= abs(found.estimate))) <= 0.05)
        if seed < 3:
            got = randomisation(panel, draws=199, exact=0)
            assert got.row["p"] == found.p, "what is tested here is what users get"
            assert randomisation(panel, draws=199, exact=0, studentised=False).row[
                "p"
            ] == pytest.approx(
                float(deals.share(np.abs(found.null) >= abs(found.estimate) - 1e-12))
            )
    assert np.mean(plain) > 0.2 and 0.01 <= np.mean(usual) <= 0.085


@pytest.mark.parametrize(("factor", "warned"), [(1.0, False), (4.0, True), (0.2, True)])
def test_unequal_variances_before_the_policy_are_a_warning(factor: float, warned: bool) -> None:
    panel = Panel.from_frame(
        noisy(5, {0: 20, 6: 4}, factor), "y", "unit", "year", treated_from="first"
    )
    for got in (
        randomisation(panel, draws=99),
        ek.effects.placebo(panel, draws=99),
        run(panel, "twfe"),
        run(panel, "synthetic_did"),
    ):
        assert any("波动较大" in text for text in got.warnings) == warned, got.warnings


def test_unequal_sizes_are_a_warning() -> None:
    frame = noisy(5, {0: 20, 6: 4}, 1.0).assign(size=lambda f: np.where(f["first"] > 0, 9, 1))
    got = randomisation(
        Panel.from_frame(frame, "y", "unit", "year", treated_from="first", weights="size"), draws=99
    )
    assert any("实施的聚类规模较大（平均为另一组的9.0倍）" in text for text in got.warnings)
    assert not Clusters(
        Panel.from_frame(frame, "y", "unit", "year", treated_from="first").work
    ).unequal()


def test_the_statistic_is_welchs_and_its_freedom_satterthwaites() -> None:
    from scipy.stats import ttest_ind

    frame = noisy(2, {0: 14, 5: 4}, 3.0)
    wide = frame.pivot(index="unit", columns="year", values="y")
    gap = wide.loc[:, 2005:].mean(axis=1) - wide.loc[:, :2004].mean(axis=1)
    treated = frame.drop_duplicates("unit").set_index("unit")["first"] > 0
    known = ttest_ind(gap[treated], gap[~treated], equal_var=False)
    got = randomisation(
        Panel.from_frame(frame, "y", "unit", "year", treated_from="first"), draws=99
    )
    assert got.row["estimate"] / got.row["se"] == pytest.approx(known.statistic)
    from scipy.stats import norm

    assert 2 * norm.sf(abs(got.facts["z"])) == pytest.approx(
        known.pvalue, rel=0.1
    )  # Wallace's deviate of t


def test_small_p_values_are_never_zero() -> None:
    got = run(made(rates(cohorts={0: 30, 5: 30}, effect=9.0)), "twfe")
    assert got.row["p"] < 0.0005
    assert "<0.001" in got.block().plain() and "0.000" not in "".join(
        str(r[3]) for r in got.block().content["rows"]
    )
    assert "p＜0.001" in ek.study.in_article(got).plain()
    adjusted = ek.study.adjusted([got, got]).content["rows"]
    assert adjusted[0][3] == adjusted[0][4] == "<0.001"
    drift = rates(cohorts={0: 30, 5: 30}).assign(
        y=lambda f: f["y"] / 3 + 0.05 * (f["year"] - 2000) * (f["first"] > 0)
    )
    failed = run(made(drift), "event_study")
    assert "p<0.001" in "".join(failed.warnings)


@pytest.mark.slow
@pytest.mark.parametrize(
    "world",
    [
        ({0: 20, 5: 4}, 3.0),
        ({0: 20, 5: 4}, 1 / 3),
        ({0: 12, 5: 3}, 3.0, True),
        ({0: 18, 4: 4, 6: 4}, 3.0),
        ({0: 20, 5: 2}, 3.0),
        ({0: 4, 5: 20}, 1 / 3, True),
        ({0: 20, 5: 4}, 1.0),
    ],
    ids=["loud", "quiet", "sizes", "staggered", "two", "few controls", "equal"],
)
@pytest.mark.parametrize("design", LINEAR[:5])
def test_size_of_every_design_under_unequal_noise_and_sizes(design: str, world: Any) -> None:
    size = rejections(400, lambda p: run(p, design), *world, start=1000)
    print(f"\n{design} {world}: {size:.3f}")
    assert size <= 0.085
