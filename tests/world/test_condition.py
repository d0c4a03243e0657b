"""Every form of the grammar through every reader: equal answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.world import condition as conditions
from evalkit.world.condition import Column, Comparison, ConditionError

NUMBERS = st.one_of(st.none(), st.integers(-3, 6))
WORDS = st.one_of(st.none(), st.sampled_from(["甲", "乙", "丙"]))
FLAGS = st.one_of(st.none(), st.booleans())
KINDS = {"n": "int", "w": "text", "f": "bool", "open": "int"}


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    row = st.fixed_dictionaries({"n": NUMBERS, "w": WORDS, "f": FLAGS})
    return draw(st.lists(row, min_size=1, max_size=12))


@st.composite
def written_tests(draw: st.DrawFn) -> tuple[str, Any]:
    column = draw(st.sampled_from(["n", "w", "f"]))
    if column == "n":
        sign = st.sampled_from([">=", "<=", ">", "<"])
        compared = st.builds(
            lambda s, n, blank: f"{s}{blank}{n}",
            sign,
            st.integers(-3, 6),
            st.sampled_from(["", " "]),
        )
        asked = draw(
            st.one_of(
                st.integers(-3, 6), st.lists(st.integers(-3, 6), min_size=1, max_size=3), compared
            )
        )
    elif column == "w":
        word = st.sampled_from(["甲", "乙", "丁"])
        asked = draw(st.one_of(word, st.lists(word, min_size=1, max_size=3)))
    else:
        asked = draw(st.booleans())
    return column, draw(st.one_of(st.just(asked), st.sampled_from(["present", "missing"])))


WHERE = st.lists(written_tests(), max_size=3).map(dict)
GROUPED = st.builds(
    lambda where, some, every: (
        where | ({"any": some} if some else {}) | ({"all": every} if every else {})
    ),
    WHERE,
    st.lists(WHERE, max_size=3),
    st.lists(WHERE, max_size=2),
)


class Block(dict[str, Column]):
    """The same rows as columns of a block."""

    def __init__(self, table: list[dict[str, Any]]):
        super().__init__()
        self.n = len(table)
        for name in ("n", "w", "f"):
            cells = [row[name] for row in table]
            known = np.array([cell is not None for cell in cells])
            words = (
                tuple(dict.fromkeys(cell for cell in cells if cell is not None))
                if name == "w"
                else None
            )
            plain = [
                0 if cell is None else cell if words is None else words.index(cell)
                for cell in cells
            ]
            self[name] = Column(
                np.array(plain, dtype=bool if name == "f" else np.int64), known, words
            )

    def __len__(self) -> int:
        return self.n


def frame_of(table: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "n": pd.array([row["n"] for row in table], dtype="Int64"),
            "w": pd.array([row["w"] for row in table], dtype="string"),
            "f": pd.array([row["f"] for row in table], dtype="boolean"),
        }
    )


def by_hand(asked: dict[str, Any], row: dict[str, Any]) -> bool:
    """The grammar once more, as plain as can be."""
    for key, test in asked.items():
        if key == "any":
            fits = any(by_hand(one, row) for one in test)
        elif key == "all":
            fits = all(by_hand(one, row) for one in test)
        else:
            cell = row[key]
            if test == "present" or test == "missing":
                fits = (cell is None) == (test == "missing")
            elif cell is None:
                fits = False
            elif isinstance(test, str) and test[0] in "<>":
                sign, limit = test.rstrip("0123456789-").strip(), int(test.lstrip("<>= "))
                fits = {
                    ">=": cell >= limit,
                    "<=": cell <= limit,
                    ">": cell > limit,
                    "<": cell < limit,
                }[sign]
            else:
                fits = cell in (test if isinstance(test, list) else [test])
        if not fits:
            return False
    return True


@given(rows(), GROUPED)
def test_every_reader_gives_the_same_rows(
    table: list[dict[str, Any]], asked: dict[str, Any]
) -> None:
    condition = conditions.parse(asked)
    wanted = [by_hand(asked, row) for row in table]
    assert conditions.mask(condition, frame_of(table)).tolist() == wanted
    reading = conditions.three(condition, Block(table))
    assert reading.exact
    assert reading.printed.true.tolist() == wanted


@given(rows(), GROUPED)
def test_what_is_undecided_depends_on_an_empty_cell(
    table: list[dict[str, Any]], asked: dict[str, Any]
) -> None:
    condition = conditions.parse(asked)
    reading = conditions.three(condition, Block(table)).printed
    touched = conditions.columns_of(condition)
    for n, row in enumerate(table):
        if all(row[column] is not None for column in touched):
            assert reading.known[n]


@given(GROUPED)
def test_the_columns_and_the_words_name_every_test(asked: dict[str, Any]) -> None:
    condition = conditions.parse(asked)
    said = "，且".join(
        conditions.in_words(
            condition, lambda column: f"<{column}>", lambda _column, value: str(value)
        )
    )
    assert all(f"<{column}>" in said for column in conditions.columns_of(condition))
    assert not list(conditions.misfits(condition, KINDS, {}))


def with_interval(values: list[tuple[Any, Any, Any]]) -> Block:
    block = Block([{"n": value, "w": None, "f": None} for value, _low, _high in values])
    for n, end in ((1, "low"), (2, "high")):
        cells = [row[n] for row in values]
        known = np.array([cell is not None for cell in cells])
        block[f"n_{end}"] = Column(np.array([cell or 0 for cell in cells]), known)
    return block


@pytest.mark.parametrize(
    ("asked", "printed", "sure", "possible"),
    [
        (
            ">= 3",
            [True, True, False, False],
            [True, False, False, False],
            [True, True, True, False],
        ),
        (
            "< 3",
            [False, False, True, False],
            [False, False, False, False],
            [False, True, True, False],
        ),
        (3, [True, False, False, False], [True, False, False, False], [True, True, True, False]),
        (
            [2, 3],
            [True, False, True, False],
            [True, False, False, False],
            [True, True, True, False],
        ),
        (
            [2, 4],
            [False, True, True, False],
            [False, False, False, False],
            [False, True, True, False],
        ),
        (
            "present",
            [True, True, True, False],
            [True, True, True, False],
            [True, True, True, False],
        ),
    ],
)
def test_three_readings_of_a_number_said_with_a_word(
    asked: Any, printed: list[bool], sure: list[bool], possible: list[bool]
) -> None:
    # 3, 约4 (2 to 6), 2以上 (2 to open), empty
    reading = conditions.three(
        conditions.parse({"n": asked}),
        with_interval([(3, 3, 3), (4, 2, 6), (2, 2, None), (None,) * 3]),
    )
    assert reading.printed.true.tolist() == printed
    assert reading.sure.true.tolist() == sure
    assert reading.possible.true.tolist() == possible


def test_where_an_empty_cell_says_something_a_test_is_false_not_undecided() -> None:
    block = Block([{"n": None, "w": None, "f": None}])
    asked = conditions.parse({"w": "甲"})
    assert not conditions.three(asked, block).printed.known[0]
    assert conditions.three(asked, block, null_speaks={"w"}).printed.known[0]


@pytest.mark.parametrize(
    "asked",
    [
        {"n": []},
        {"n": ">= x"},
        {"n": None},
        {"n": {"a": 1}},
        ["n"],
        {"any": []},
        {"any": "n"},
        {"n": ">3<5"},
    ],
)
def test_what_cannot_be_read_is_said(asked: Any) -> None:
    with pytest.raises(ConditionError):
        conditions.parse(asked)


def test_all_faults_come_at_once_with_their_places() -> None:
    with pytest.raises(ConditionError) as caught:
        conditions.parse({"n": [], "any": [{"w": None}, {"f": ">= x"}]})
    assert [fault.path for fault in caught.value.faults] == [
        ("n",),
        ("any", 0, "w"),
        ("any", 1, "f"),
    ]


def test_what_does_not_fit_its_column_is_said_with_what_is_allowed() -> None:
    condition = conditions.parse({"n": "三", "w": 3, "f": "是", "x": 1, "mode": "singel"})
    kinds = KINDS | {"mode": "mode"}
    faults = {
        fault.path[-1]: fault
        for fault in conditions.misfits(condition, kinds, {"mode": ["single", "joint"]})
    }
    assert faults.keys() == {"n", "w", "f", "x", "mode"}
    assert faults["mode"].unknown_among == ("single", "joint")
    assert "n" in faults["x"].unknown_among


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (">=3", Comparison(">=", 3)),
        ("≥ 3", Comparison(">=", 3)),
        ("＜＝２.5", Comparison("<=", 2.5)),
        (">= 85%", Comparison(">=", 85, True)),
        ("3", None),
        (3, None),
        ("=> 3", None),
    ],
)
def test_comparisons_as_people_write_them(text: Any, found: Comparison | None) -> None:
    assert Comparison.parse(text) == found
