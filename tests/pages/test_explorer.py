"""探索.html: one file that fetches nothing; its numbers are the stored ones; what is withheld is not in its bytes."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from explorer_worlds import CODE, at_level, renamed, shown, silent

from evalkit.indicators.compare import compare
from evalkit.pages.explorer import FOLDER, LARGEST, REASONING, Explored, explorer, page_data
from evalkit.pages.page import scripts, texts
from evalkit.world import number

NODE = shutil.which("node")
EVIL = {
    "演示01区": "</script><script>document.title='x'</script>",
    "演示02区": '=HYPERLINK("x")',
    "演示03区": "<img src=x onerror=alert(1)>",
}
ASK = """
const data = JSON.parse(require("fs").readFileSync(0, "utf8"));
readPlaces();
const found = [];
for (const { key, areas } of data.levels)
  for (const code of Object.keys(data.indicators))
    for (const { key: period } of data.periods)
      areas.forEach((path, place) => {
        const cell = cellOf(key, code, period, place);
        const change = changeOf(key, code, data.baseline, period, place);
        const decimals = data.indicators[code].decimals;
        const moved = change && period === data.period ? textOfUnits(change.units, decimals) : null;
        const sides = cell.sides.map((side) => (side ? textOfRatio(side, 2) : null));
        const text = cell.value ? textOfRatio(cell.value, decimals) : cell.state;
        found.push([path, code, period, text, ...sides, moved]);
      });
console.log(JSON.stringify(found));
"""


@pytest.fixture(scope="module")
def told(demo_project) -> Explored:
    return shown(demo_project)


@pytest.fixture(scope="module")
def all_reckoned(told) -> dict[tuple[str, str, str], list[Any]]:
    return reckoned(told)


def narrow(told: Explored) -> Explored:
    """One indicator."""
    return dataclasses.replace(told, frame=told.frame.loc[told.frame["indicator"] == CODE])


def reckoned(told: Explored) -> dict[tuple[str, str, str], list[Any]]:
    """What the scripts of the page make of its data: text or state, numerator, denominator, change."""
    if NODE is None:
        pytest.skip("没有 node，页面的计算在浏览器测试里核对")
    asked = scripts(texts(FOLDER, REASONING)) + ASK
    done = subprocess.run(
        [NODE, "-e", asked],
        input=json.dumps(page_data(told)),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return {(area, code, period): rest for area, code, period, *rest in json.loads(done.stdout)}


def plain(text: str) -> str:
    return text.replace(",", "")


def test_the_page_is_one_file_that_fetches_nothing(told):
    page = explorer(told)
    assert len(page.encode()) < LARGEST and page == explorer(told)
    assert "default-src 'none'" in page and "unsafe" not in page and " style=" not in page
    assert set(re.findall(r"https?://[^\"'\s]+", page)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(
        r"<(?:link|iframe|object|embed)\b|<script[^>]+src|\bfetch\(|\beval\(", page
    )


def test_every_number_is_the_stored_one(told, all_reckoned):
    found = all_reckoned
    rows = told.frame.loc[told.frame["value"].notna()]
    assert len(rows) > 1000
    for row in rows.to_dict("records"):
        text, top, bottom, _ = found[row["area"], row["indicator"], row["period"]]
        assert plain(text) == number.fixed(row["value"], row["decimals"], scale=row["scale"])
        for side, said in (("numerator", top), ("denominator", bottom)):
            assert said is None or plain(said) == number.fixed(row[side], 2)
    sides = [found[r.area, r.indicator, r.period][1] for r in rows.itertuples()]
    assert None not in sides


def test_changes_are_those_of_the_report(told, all_reckoned):
    found = all_reckoned
    seen = compare(told.frame, told.period, against=told.baseline)
    seen = seen.loc[seen["change"].notna()]
    assert len(seen) > 500
    for row in seen.to_dict("records"):
        change = number.fixed(row["change"], row["decimals"], scale=row["scale"])
        assert plain(found[row["area"], row["indicator"], told.period][3]) == change


def test_a_printed_rate_without_its_sides_is_told_as_it_is(told):
    """A value that the two sides do not give (an office typed the rate) stands in the page itself, rounded half up."""
    frame = told.frame.copy()
    here = frame.index[(frame["indicator"] == CODE) & (frame["level"] == told.level)][:2]
    frame.loc[here[0], ["value", "numerator", "denominator"]] = [0.2875, np.nan, np.nan]
    frame.loc[here[1], "value"] = 0.12345
    found = reckoned(narrow(dataclasses.replace(told, frame=frame)))
    texts_ = [found[frame.at[n, "area"], CODE, frame.at[n, "period"]][0] for n in here]
    assert texts_ == ["28.8", "12.3"]


@pytest.mark.parametrize("level", ["district", "township"])
def test_who_sent_nothing_is_missing_and_changes_rest_on_the_others(told, level):
    """缺报 is no zero and not absent; what holds others is compared over those that reported in both periods."""
    rows = told.frame.loc[told.frame["level"] == level]
    gone = str(rows["area"].iloc[0])
    holed = silent(narrow(told), gone, told.baseline or "")
    found = reckoned(holed)
    assert level == "township" or found[gone, CODE, told.baseline][0] == "missing"
    seen = compare(holed.frame, told.period, against=told.baseline)
    above = [path for path in found if gone.startswith(f"{path[0]}/") and path[2] == told.period]
    assert above and set(seen["left_out"].dropna())
    for row in seen.to_dict("records"):
        said = found[row["area"], CODE, told.period][3]
        change = number.fixed(row["change"], row["decimals"], scale=row["scale"])
        assert (said and plain(said)) == (None if change == number.MISSING else change)
    never = dataclasses.replace(holed, expected=frozenset())
    assert reckoned(never)[gone, CODE, told.baseline][0] == "gone"


def test_what_is_withheld_is_not_in_the_bytes(told):
    """Numbers of a withheld row are in no column, also where somebody forgot to blank them."""
    frame = told.frame.assign(hidden=False)
    here = frame.index[(frame["indicator"] == CODE) & (frame["level"] == told.level)]
    at = next(n for n in here if frame.at[n, "period"] == told.period)
    frame.loc[at, ["value", "numerator", "denominator"]] = [7.77123, 777123.0, 99988.0]
    frame.loc[at, "hidden"] = True
    public = dataclasses.replace(
        told,
        frame=frame.loc[frame["indicator"] == CODE],
        public=True,
        detailed=frozenset({told.period}),
    )
    page = explorer(public)
    assert not re.search(r"777123|99988|7\.771|777\.1", page.partition('id="data"')[2])
    found = reckoned(public)
    assert found[frame.at[at, "area"], CODE, told.period][:3] == ["hidden", None, None]
    earlier = [v for (_, _, period), v in found.items() if period == told.baseline]
    assert earlier and all(top is None and bottom is None for _, top, bottom, _ in earlier)


def test_hostile_names_end_no_element(told):
    page = explorer(renamed(told, EVIL))
    assert page.count("</script>") == 3 and "<img" not in page and "\\u003cimg" in page


def test_too_much_is_left_out_and_said(told):
    whole = explorer(told)
    size = len(whole.encode())
    smaller = explorer(told, largest=size - 1)
    assert len(smaller.encode()) < size and '"left_out":["' in smaller
    assert '"left_out":[]' in whole


def test_places_of_squares_come_from_the_table_of_areas(told):
    areas = told.areas.copy()
    at = areas.index[areas["area"] == at_level(told)["area"].iloc[0]][0]
    areas["tile_row"] = pd.array([pd.NA] * len(areas), dtype="Int64")
    areas["tile_column"] = areas["tile_row"]
    areas.loc[at, ["tile_row", "tile_column"]] = [3, 5]
    about = page_data(dataclasses.replace(told, areas=areas))["areas"]
    assert about[areas.at[at, "area"]]["tile"] == [3, 5]
    assert sum("tile" in one for one in about.values()) == 1


def test_no_unit_and_no_organisation_is_named(told, demo_project):
    from evalkit.indicators import load

    page = explorer(told)
    data = load(demo_project, periods=["2025"])
    names = [
        *data.frame("units")["unit_name"].dropna(),
        *data.frame("party_organisations")["name"].dropna(),
    ]
    assert len(names) > 100
    assert not [name for name in names if str(name) in page]
