"""What a plan gathers of a build is kept, and read again only where nothing else would be found."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from evalkit.indicators.blocks import blocks_of, with_home
from evalkit.indicators.load import load
from evalkit.indicators.views import VIEW_TABLES, VIEWS, columns_read, view
from evalkit.subsidy import stored
from evalkit.subsidy.plan import plan


@pytest.fixture(scope="module")
def project(counties: Path, tmp_path_factory: Any) -> Path:
    root = tmp_path_factory.mktemp("kept")
    shutil.copytree(counties, root, dirs_exist_ok=True)
    return root


def kept_files(project: Path) -> list[Path]:
    return sorted((project / ".evalkit" / "whatif").glob("*.arrow"))


def never(*_: Any) -> Any:
    raise AssertionError("gathered again")


def test_the_second_plan_reads_what_the_first_has_gathered(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = load(project)
    first = plan(data)
    assert len(kept_files(project)) == 1
    monkeypatch.setattr(stored, "_gathered", never)
    again = plan(load(project))
    for name in ("orgs", "money"):
        pd.testing.assert_frame_equal(getattr(again.source, name), getattr(first.source, name))
    counts = "instructor_counts"
    pd.testing.assert_frame_equal(again.source.tables[counts], first.source.tables[counts])
    assert again.source.empty == first.source.empty and again.source.years == first.source.years
    inside = plan(load(project), within=first.source.names[0])
    assert inside.source.homes == first.source.homes[:1]


def test_what_is_not_whole_is_gathered_again(project: Path) -> None:
    plan(load(project))
    (path,) = kept_files(project)
    content = path.read_bytes()
    path.write_bytes(content[:-7] + b"damaged")
    assert len(plan(load(project)).source.orgs)
    assert path.read_bytes() == content


def test_another_build_other_periods_and_other_code_are_other_keys(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(load(project))
    before = set(kept_files(project))
    data = load(project)
    data.manifest["fingerprint"] = "of another build"
    plan(data)
    plan(load(project, periods=data.periods[-1:]))
    monkeypatch.setattr(stored, "_MADE_BY", (*stored._MADE_BY, "evalkit.subsidy.year"))
    plan(load(project))
    assert len(set(kept_files(project)) - before) == 3


def test_a_view_reads_all_the_columns_that_it_needs(project: Path) -> None:
    data = load(project)
    whole = {name: with_home(data.arrow(name)) for name in VIEW_TABLES}
    for name in VIEWS:
        some = {
            table: with_home(data.arrow(table, columns=columns))
            for table, columns in columns_read([name]).items()
        }
        for all_of, part in zip(
            blocks_of(whole, data.periods), blocks_of(some, data.periods), strict=True
        ):
            assert decoded(view(part, name)).equals(decoded(view(all_of, name)))


def decoded(table: pa.Table) -> pd.DataFrame:
    return table.to_pandas()
