"""Indexes, star schemes, subsidy schemes and reforms broken at random: an `InputError`, or something that runs."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import evalkit as ek
from evalkit.problems import InputError
from evalkit.scoring.stars import rate
from evalkit.subsidy import load_reform, load_scheme, plan, read_scenario
from evalkit.world.yaml import parse_yaml, read_text

PACKAGE = Path(ek.__file__).parent
JUNK: list[Any] = [
    None,
    "",
    -1,
    0,
    1.5,
    1e308,
    float("nan"),
    float("inf"),
    "abc",
    ">= x",
    [],
    {},
    [1, 2],
    {"a": 1},
    True,
    "2026-13-45",
    [{}],
    [None],
    {1: 2},
    "1:1",
    {"2026-01-01": -5},
    10**30,
    [[1, 2], [3]],
    ">= 85%",
]
ORGS = pd.DataFrame(
    {
        "area": list("aab"),
        "party_org": list("xyz"),
        "period": "2025",
        "members": [3, 4, None],
        "stars": [1, 2, None],
        "org_kind": ["branch", "committee", None],
        "functional": [False, True, None],
        "vetoed": [False, True, None],
        "founded_in_period": [True, False, None],
        "employees": [1, None, 7],
        "sector": ["enterprise", "social", None],
    }
).assign(
    **{
        c: [90, None, 20]
        for c in ("team", "public", "growth", "score_final", "party", "service", "parts", "bonus")
    }
)
REFORM = {
    "title": "试",
    "changes": {
        "activity.per_member": {"2026-07-01": 200},
        "organisation.branch": 4000,
        "members": "mean",
        "activity.basis": "top_up",
        "eligible.stars": ">= 3",
    },
}


def packaged(path: str) -> Any:
    return parse_yaml(read_text(PACKAGE / path), path)[0]


def nodes(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, value in (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    ):
        yield from nodes(value, (*path, key))


def broken(content: Any, rng: random.Random) -> Any:
    """The content with up to three entries replaced, taken out, added or misspelt."""
    content = copy.deepcopy(content)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        *path, last = rng.choice([p for p in nodes(content) if p] or [("",)])
        place, way = content, rng.random()
        for key in path:
            place = place[key]
        if way < 0.6 or not isinstance(place, dict):
            place[last] = copy.deepcopy(rng.choice(JUNK))
        elif way < 0.75:
            del place[last]
        elif way < 0.9:
            place[
                rng.choice(["x", "from", "points", "to", "items", "off", "per", 7, None, True])
            ] = rng.choice(JUNK)
        else:
            place[f"{last}x"] = place.pop(last)
    return content


def indicators() -> pd.DataFrame:
    codes = [
        c
        for one in packaged("scoring/index.yml").values()
        for group in one["tree"].values()
        for c in group["items"]
    ]
    return pd.DataFrame(
        [
            {"area": a, "period": "2025", "indicator": c, "value": 0.5}
            for c in dict.fromkeys(codes)
            for a in "ab"
        ]
    )


@pytest.mark.parametrize("kind", ["index", "stars", "scheme", "reform"])
def test_a_broken_file_is_told_in_words(kind: str) -> None:
    base = load_scheme("fuyang-2015")
    orgs, frame, codebook = (
        ORGS.drop(columns="score_final"),
        indicators(),
        ek.codebook.load_codebook(),
    )
    made = plan(orgs, base, 2026)
    pool, run = {
        "index": (
            [*packaged("scoring/index.yml").values()],
            lambda raw: ek.score(frame, raw, codebook).table,
        ),
        "stars": ([*packaged("scoring/stars.yml").values()], lambda raw: rate(ORGS, raw, 2025)),
        "scheme": (
            [packaged(f"subsidy/schemes/{n}.yml") for n in ("blank", "fuyang-2015", "jinan-2018")],
            lambda raw: plan(orgs, raw, 2025).run(),
        ),
        "reform": ([REFORM], lambda raw: made.run(load_reform(raw, base))),
    }[kind]
    rng, refused = random.Random(20261122), 0
    for _ in range(150):
        raw = broken(rng.choice(pool), rng)
        try:
            run(raw)
        except InputError as error:
            refused += 1
            assert all(p.text("zh") and p.text("en") for p in error.problems)
    assert refused > 60


def test_a_reform_file_without_changes_or_with_unknown_words_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "方案.yml"
    path.write_text("titel: 试\nchange:\n  activity.per_member: 200\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    told = [(p.code, p.where, p.advice) for p in caught.value.problems]
    assert ("key_unknown", "titel（第1行）", "是否想写“title”、“item”？") in told
    assert [code for code, where, _ in told if where.startswith("change")] == [
        "key_unknown",
        "key_missing",
    ]
