"""探索.html of a report: what of its data the page may show, and where it stands."""

from __future__ import annotations

from pathlib import Path

from evalkit.files import put
from evalkit.indicators.load import Data
from evalkit.pages.explorer import MOST_PERIODS, Explored, explorer
from evalkit.reports.scope import Scope
from evalkit.reports.tables import above
from evalkit.reports.voice import voice_of
from evalkit.world.period import Period, in_time, precedes

EXPLORER = "探索.html"


def write_explorer(scope: Scope, folder: Path) -> Path:
    """The page beside the index, as it could be written."""
    return put(folder / EXPLORER, explorer(explored(scope)))


def explored(scope: Scope) -> Explored:
    """The rows, areas and periods that the page of a report may show.

    All levels inside the area of the report, its periods and the ones before of the same kind. The public version: the
    level of the report and the whole, the main indicators, numerators and denominators of the period alone; what is
    withheld there stands in no row.
    """
    data, voice = scope.told, voice_of(scope.told)
    frame = data.indicators
    root = data.find_area(scope.within) if scope.within else None
    if root:
        frame = frame.loc[(frame["area"] == root) | frame["area"].str.startswith(f"{root}/")]
    kind = Period.parse(scope.period).kind
    fit = [
        p
        for p in in_time(data.periods)
        if Period.parse(p).kind == kind and not precedes(scope.period, p)
    ]
    codes = voice.headline if scope.public else list(data.codebook.indicators)
    known = frame.loc[
        frame["period"].isin(fit[-MOST_PERIODS:])
        & frame["indicator"].isin(codes)
        & frame["area"].notna()
    ]
    top = above(known, scope.period, scope.level)["area"]
    order = list(data.codebook.dimensions)
    indicators = data.codebook.indicators
    names = {
        code: voice.named(indicators[code])
        for code in sorted(codes, key=lambda c: order.index(indicators[c].dimension))
    }
    return Explored(
        frame=known,
        areas=data.areas,
        expected=_expected(data, root, frozenset(fit)),
        codebook=data.codebook,
        names=names,
        headline=voice.headline,
        subject=data.project.settings["name"] or f"{data.project.settings['field']}党建",
        period=scope.period,
        baseline=scope.baseline if scope.baseline in fit else None,
        level=scope.level,
        ranking=scope.ranking,
        whole=str(top.iloc[0]) if len(top) else None,
        demo=data.is_demo,
        public=scope.public,
        detailed=frozenset({scope.period}) if scope.public else None,
    )


def _expected(data: Data, root: str | None, periods: frozenset[str]) -> frozenset[tuple[str, str]]:
    """Who should have reported when, inside the area of the report."""
    rows = data.extents[["area", "period"]].drop_duplicates()
    return frozenset(
        (str(area), str(period))
        for area, period in zip(rows["area"], rows["period"], strict=True)
        if period in periods and (root is None or str(area).startswith(f"{root}/"))
    )
