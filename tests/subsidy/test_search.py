"""Searches: solve on a step function, sweeps equal to naive recomputation, shares of a fixed sum, attribution, regret."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from subsidy_cases import PER_MEMBER, PER_ORG, parameter, scheme_of

from evalkit.problems import InputError
from evalkit.subsidy import Plan, plan, readings, share_out


@pytest.fixture
def made(orgs: pd.DataFrame) -> Plan:
    limits = {"range": [0, 1000]}
    return plan(
        orgs,
        scheme_of({"o": PER_ORG, "m": PER_MEMBER | {"per_member": {**parameter(150), **limits}}}),
        ["2026"],
    )


def test_solve_for_a_budget(made: Plan) -> None:
    """130 members: 10 yuan more cost 1,300; 5,000 yuan buy three steps."""
    found = made.solve("m.per_member", extra=5_000)
    assert (found.value, found.result, found.next_value, found.next_result) == (
        180,
        3900_00,
        190,
        5200_00,
    ) and found.reached
    assert (
        made.solve("m.per_member", extra=1_300).value == 160
        and made.solve("m.per_member", extra=1_299.99).value == 150
    )
    late = made.solve("m.per_member", extra=5_000, start="2026-07-01")
    assert late.result <= 5_000_00 < (late.next_result or 0)


def test_solve_says_when_the_range_cannot_reach_it(made: Plan) -> None:
    far = made.solve("m.per_member", extra=10_000_000)
    assert far.value == 1000 and far.ends == (-19500_00, 850 * 130_00) and "上限" in far.message
    short = made.solve("m.per_member", extra=-30_000)
    assert (
        not short.reached
        and "达不到" in short.message
        and "两端" in short.message
        and short.value == 0
    )


def test_solve_for_adequacy(made: Plan) -> None:
    """The money by member alone reaches 300 for all at 300; with the organisation's own, all but the committee from 0."""
    found = made.solve("m.per_member", reach=0.9, standard=300, component="m")
    assert found.value == 300 and found.result == 1 and found.next_result == 0
    assert made.solve("m.per_member", reach=0.6, standard=400).value == 0
    with pytest.raises(InputError, match="standard"):
        made.solve("m.per_member", reach=0.9)
    with pytest.raises(InputError, match=r"m\.per_member"):
        made.solve("m.per_membr", extra=1)


def test_sweep_equals_naive_recomputation(orgs: pd.DataFrame, funds: pd.DataFrame) -> None:
    """2,100 random sets of parameters, to the fen, against one plain pass over the organisations for each."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "area": rng.choice(["甲区", "乙区"], 300),
            "period": "2026",
            "party_org": [str(i) for i in range(300)],
            "org_kind": rng.choice(
                ["branch", "general_branch", "committee"], 300, p=[0.9, 0.07, 0.03]
            ),
            "members": rng.negative_binomial(1.2, 0.1, 300),
        }
    )
    match = {
        "name": "配套",
        "of": ["o", "m"],
        "reading": "each_equals_district",
        "payers": ["fiscal_township", "enterprise"],
        "ratio": parameter(1, "倍"),
    }
    part = PER_MEMBER | {"basis": "top_up", "floor": parameter(300), "cap": parameter(9000)}
    one = plan(
        frame, scheme_of({"o": PER_ORG, "m": part, "k": match}), ["2026"], tables={"funds": funds}
    )
    grid = {
        "m.per_member": np.round(rng.uniform(0, 500, 15), 2).tolist(),
        "m.floor": [0, 777.77],
        "m.cap": np.round(rng.uniform(800, 15000, 7), 2).tolist(),
        "o.branch": rng.integers(0, 9000, 5).tolist(),
        "k.ratio": [0.3333, 1.25],
    }
    swept = one.sweep(grid, start="2026-05-17")
    assert len(swept) == 15 * 2 * 7 * 5 * 2 >= 2_000
    spent = {"甲区": 600_00, "乙区": 30_000_00}
    members, area = frame["members"].to_numpy(), frame["area"].to_numpy()
    org = {"branch": 3000_00, "general_branch": 10000_00, "committee": 20000_00}
    old, is_branch = frame["org_kind"].map(org).to_numpy(), frame["org_kind"].to_numpy() == "branch"

    def up(num: np.ndarray, den: int) -> np.ndarray:
        return (2 * num + den * 100) // (2 * den * 100) * 100

    for row in swept.itertuples(index=False):
        rate, low, cap, branch = (round(v * 100) for v in row[:4])
        before = np.clip(15000 * members, 300_00, 9000_00)
        after = np.minimum(cap, np.maximum(low, rate * members))
        each = up(136 * before + 229 * after, 365)
        pay = up(136 * old + 229 * np.where(is_branch, branch, old), 365)
        top = sum(max(0, int(each[area == a].sum()) - spent[a]) for a in spent)
        weighted = 136 * 10_000 + 229 * round(row[4] * 10_000)
        matched = up((pay + each) * weighted, 365 * 10_000)
        assert row.amount_fen == int(pay.sum()) + (top + 50) // 100 * 100 + 2 * int(
            matched.sum()
        ), row


def test_sweep_is_full_factorial_in_order(made: Plan) -> None:
    grid = {"m.per_member": [150, 200], "o.branch": [3000, 4000]}
    found = made.sweep(grid)
    assert found[list(grid)].to_numpy().tolist() == [
        list(p) for p in itertools.product(*grid.values())
    ]
    assert found["change_fen"].tolist() == [0, 3000_00, 6500_00, 9500_00] and made.sweep(
        grid
    ).equals(found)
    with pytest.raises(InputError, match="0 到 1000"):
        made.sweep({"m.per_member": [150, 5000]})


def test_pareto_keeps_what_nothing_beats(made: Plan) -> None:
    found = made.pareto(
        {"m.per_member": [100, 300], "o.branch": [1000, 3000]}, standard=300, component="m"
    )
    points = found[["amount_fen", "reach", "gini"]].to_numpy()
    for i, row in enumerate(points):
        beaten = any(
            p[0] <= row[0] and p[1] >= row[1] and p[2] <= row[2] and (p != row).any()
            for p in points
        )
        assert found["efficient"].iloc[i] == (not beaten)


def test_split_does_not_depend_on_the_order(orgs: pd.DataFrame) -> None:
    """Branch 3,000 to 4,000 and ratio 0 to 1 interact; each gets half of the interaction."""
    match = {
        "name": "配套",
        "of": ["o"],
        "reading": "each_equals_district",
        "payers": ["fiscal_township", "enterprise"],
        "ratio": parameter(0, "倍"),
    }
    one = plan(orgs, scheme_of({"o": PER_ORG, "k": match}), ["2026"])
    change = {"o.branch": 4000, "k.ratio": 1}
    found = one.split(change).set_index("parameter")["change_fen"]
    assert found.to_dict() == {"o.branch": 3000_00 + 3000_00, "k.ratio": 58000_00 + 3000_00}
    assert found.sum() == one.run(change).cost([])["change_fen"].iloc[0]
    assert (
        one.split(one.run(change))["change_fen"].tolist()
        == one.split(change)["change_fen"].tolist()
    )


def test_unused_parameters(made: Plan) -> None:
    assert made.unused_parameters() == ["o.general_branch"]


def test_share_out_by_hand() -> None:
    """100 between scores 1, 2, 7 with a cap of 50 and a floor of 20: 20, 30, 50."""
    found = share_out({"甲": 1, "乙": 2, "丙": 7}, 100, floor=20, cap=50)
    assert found["amount_fen"].tolist() == [2000, 3000, 5000] and found["bound"].tolist() == [
        "下限",
        "",
        "上限",
    ]
    with pytest.raises(InputError) as caught:
        share_out({"甲": 1, "乙": 2}, 100, floor=60)
    assert (
        "120元" in caught.value.problems[0].allowed and "200元" in caught.value.problems[0].allowed
    )
    with pytest.raises(InputError):
        share_out({"甲": float("nan"), "乙": 2}, 100)
    with pytest.raises(InputError):
        share_out({}, 100)
    by_area = share_out(pd.Series({"甲": 1.0, "乙": 1.0}), 100, floor={"甲": 80, "乙": 0})
    assert by_area["amount_fen"].tolist() == [8000, 2000]


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.integers(0, 10**6), st.integers(0, 10**6)),
        min_size=1,
        max_size=12,
    ),
    st.floats(0, 1),
)
@settings(max_examples=150, deadline=None)
def test_share_out_keeps_total_floors_and_caps(
    rows: list[tuple[float, int, int]], where: float
) -> None:
    low = [a for _, a, _ in rows]
    high = [a + b for _, a, b in rows]
    most = sum(h if s > 0 else lo for (s, _, _), lo, h in zip(rows, low, high, strict=True))
    total = int(sum(low) + where * (most - sum(low)))
    names = [str(i) for i in range(len(rows))]
    found = share_out(
        dict(zip(names, [r[0] for r in rows], strict=True)),
        total / 100,
        dict(zip(names, [v / 100 for v in low], strict=True)),
        dict(zip(names, [v / 100 for v in high], strict=True)),
    )
    amounts = found["amount_fen"].tolist()
    assert sum(amounts) == total and all(
        a <= x <= b for a, x, b in zip(low, amounts, high, strict=True)
    )
    free = [(x, r[0]) for x, r, a, b in zip(amounts, rows, low, high, strict=True) if a < x < b]
    for (x, s), (y, t) in itertools.combinations(free, 2):
        assert s < t or x >= y - 1  # a higher score never gets less


def test_scenarios_side_by_side_and_uncertainty(orgs: pd.DataFrame) -> None:
    frame = orgs.assign(members=pd.array([3, 7, 120, None], dtype="Int64"))
    one = plan(frame, scheme_of({"o": PER_ORG, "m": PER_MEMBER}), ["2027"])
    reforms = {"甲案": {"m.per_member": 200}, "乙案": {"m.per_member": 250}}
    side = one.compare(reforms).set_index("scenario")
    assert side.loc["甲案", "change_fen"] == 6500_00 and side.loc["现行标准", "change_fen"] == 0
    both = plan(frame, one.scheme, ["2026", "2027"]).compare(reforms)  # of several years the first
    assert both["change_fen"].tolist() == [0, 6500_00, 13000_00]
    sure = one.uncertainty(reforms, n=60, seed=1, budget=10_000)
    assert sure.draws.equals(one.uncertainty(reforms, n=60, seed=1, budget=10_000).draws)
    assert np.allclose(
        sure.draws["乙案"] / sure.draws["甲案"], 2, rtol=1e-3
    )  # common random numbers
    table = sure.table.set_index("scenario")
    assert (
        (table["low_fen"] < table["high_fen"]).all()
        and (table["mean_regret_fen"] >= 0).all()
        and table["best_share"].sum() >= 1
    )
    sharp = one.uncertainty(reforms, n=5, organisations=(0, 0), members=(0, 0), take_up=(1, 1))
    assert (sharp.draws["甲案"] >= 6500_00).all()  # the organisation without a count gets one


def test_fuyangs_total_against_the_readings_of_its_scheme() -> None:
    """8,300余 members, 近700万元 (domain: inconsistencies S6, S7): 150 a member explains 1.245 to 1.26 million."""
    found = readings().set_index(["matching", "matched", "basis"])
    each = found.loc[("各等于区", "补助", "全额")]
    assert each["subsidy_low"] == pytest.approx((6_300_000 - 1_259_850) / 3)
    assert each["subsidy_high"] == pytest.approx((7_000_000 - 1_245_000) / 3)
    assert each["compatible"] and found.loc[("两家合计等于区", "补助", "全额"), "compatible"]
    assert not found.loc[
        ("各等于区", "补助和活动经费", "全额"), "compatible"
    ]  # 1.09 million cannot pay 583 organisations 3,000 each
    assert (
        found.loc[("企业等于乡镇（乡镇数不限）", "补助", "全额"), "subsidy_high"]
        == 7_000_000 - 1_245_000
    )
    assert readings(organisations=None)["compatible"].all()
