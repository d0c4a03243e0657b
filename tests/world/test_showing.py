"""A value low in the house is shown by a maker that stands above it; without one it stays plain text."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evalkit.problems import InputError
from evalkit.world import showing


class Number(showing.Showing):
    """A value of a small room."""


class Larger(Number):
    """A value that inherits its makers."""


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "_makers", {})
    monkeypatch.setattr(showing, "_modules", {})


def test_a_maker_serves_a_kind_and_what_derives_from_it() -> None:
    @showing.shows(Number, "table")
    def table(value: Number, decimals: int = 0) -> str:
        return f"{type(value).__name__} {decimals}"

    assert showing.shown(Larger(), "table", decimals=2) == "Larger 2"


def test_the_module_of_makers_is_imported_at_the_first_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "makers_of_a_test.py").write_text(
        "from evalkit.world.showing import shows\n"
        f"from {Number.__module__} import Number\n"
        "shows(Number, 'table')(lambda value: 'made')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, Number.__module__, sys.modules[__name__])
    showing.made_in(".".join(Number.__module__.split(".")[:2]), "makers_of_a_test")
    assert "makers_of_a_test" not in sys.modules
    assert showing.shown(Number(), "table") == "made"


def test_without_what_it_needs_a_value_is_plain_text(tmp_path: Path) -> None:
    showing.made_in(".".join(Number.__module__.split(".")[:2]), "a_module_that_is_not_installed")
    with pytest.raises(InputError, match="全部组件"):
        showing.shown(Number(), "table")
    assert list(Number()._repr_mimebundle_()) == ["text/plain"]
