"""Load the codebook: the packaged files, a project's own merged over them, everything checked at once."""

from __future__ import annotations

import copy
from functools import lru_cache
from pathlib import Path

from evalkit.codebook.cross import cross_check
from evalkit.codebook.merging import Draft, read_file
from evalkit.codebook.models import Codebook
from evalkit.problems import InputError

PACKAGED = Path(__file__).parent


def load_codebook(folder: str | Path | None = None) -> Codebook:
    """The packaged codebook, with the YAML files of a project's ``codebook/`` folder merged over it by code.

    Parameters
    ----------
    folder
        A folder of ``*.yml`` files, or None for the packaged one alone. An entry whose code exists needs
        ``replace: true``; what was replaced stands in `Codebook.replaced`. Synonyms of headings are added.

    Raises
    ------
    InputError
        With every problem of every file: path, line, what was found, what is allowed, the nearest name.
    """
    paths = [] if folder is None else _yaml_files(Path(folder))
    return _load(tuple((str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in paths))


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(
        p
        for p in folder.iterdir()
        if p.suffix in (".yml", ".yaml") and not p.name.startswith((".", "~"))
    )


@lru_cache(maxsize=32)
def _load(stamps: tuple[tuple[str, int, int], ...]) -> Codebook:
    draft = copy.copy(_packaged())
    draft.problems = [*draft.problems]
    if stamps:
        draft.entries = {name: dict(entries) for name, entries in draft.entries.items()}
        draft.sources, draft.seen, draft.replaced = dict(draft.sources), set(), []
        draft.plain = copy.deepcopy(draft.plain)
    for path, _, _ in stamps:
        read_file(Path(path), packaged=False, draft=draft)
    return _finish(draft)


@lru_cache(maxsize=1)
def _packaged() -> Draft:
    draft = Draft()
    for path in _yaml_files(PACKAGED):
        read_file(path, packaged=True, draft=draft)
    return draft


def _finish(draft: Draft) -> Codebook:
    cross_check(draft)
    if draft.problems:
        raise InputError(draft.problems)
    measures, indicators = draft.entries["measures"], draft.entries["indicators"]
    absent = {code for code, measure in measures.items() if measure.no_source}
    lost = {code for code, i in indicators.items() if {i.numerator, i.denominator} & absent}
    present = {
        "measures": {code: m for code, m in measures.items() if code not in absent},
        "indicators": {code: i for code, i in indicators.items() if code not in lost},
        "no_source": sorted(absent | lost),
        "replaced": draft.replaced,
    }
    return Codebook(**{**draft.fixed, **draft.entries, **draft.plain, **present})
