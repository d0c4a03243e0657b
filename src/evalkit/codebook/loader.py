"""Load the codebook: the packaged files, a project's own merged over them, everything checked at once."""

from __future__ import annotations

import copy
from functools import lru_cache
from pathlib import Path

from evalkit.codebook.cross import cross_check
from evalkit.codebook.merging import Draft, read_file
from evalkit.codebook.models import SECTIONS, Codebook, Table
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
    paths = () if folder is None else _yaml_files(Path(folder))
    stamps = tuple((str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in paths)
    return _load(stamps)


def _yaml_files(folder: Path) -> tuple[Path, ...]:
    return tuple(
        sorted(p for p in folder.iterdir() if p.suffix in (".yml", ".yaml") and not p.name.startswith((".", "~")))
    )


@lru_cache(maxsize=32)
def _load(stamps: tuple[tuple[str, int, int], ...]) -> Codebook:
    if not stamps:
        return _finish(_packaged())
    draft = copy.copy(_packaged())
    draft.entries = {name: dict(entries) for name, entries in draft.entries.items()}
    draft.files, draft.fixed = dict(draft.files), dict(draft.fixed)
    draft.seen = {name: set() for name in SECTIONS}
    draft.plain, draft.problems, draft.replaced = copy.deepcopy(draft.plain), [], []
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
    problems = [*draft.problems, *cross_check(draft)]
    if problems:
        raise InputError(problems)
    entries = draft.entries
    absent = {code for code, measure in entries["measures"].items() if measure.no_source}
    lost = {code for code, i in entries["indicators"].items() if {i.numerator, i.denominator} & absent}
    tables = {
        name: Table(code=name, **{**raw, "columns": {c: {**spec, "code": c} for c, spec in raw["columns"].items()}})
        for name, raw in draft.fixed["tables"].items()
    }
    return Codebook(
        tables=tables,
        lists=draft.fixed["lists"],
        views=draft.fixed["views"],
        measures={code: m for code, m in entries["measures"].items() if code not in absent},
        indicators={code: i for code, i in entries["indicators"].items() if code not in lost},
        references=entries["references"],
        dimensions=entries["dimensions"],
        terms=entries["terms"],
        forbidden=tuple(draft.plain["forbidden"]),
        sources=entries["sources"],
        headings=draft.plain["headings"],
        checks=entries["checks"],
        rules_left_out=draft.plain["rules_left_out"],
        no_source=tuple(sorted(absent | lost)),
        replaced=tuple(draft.replaced),
    )
