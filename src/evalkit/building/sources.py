"""The ledgers of a project as they are read: the names under which they are printed, the user's own headings."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from evalkit.codebook import Codebook
from evalkit.indicators.project import Project, find_project
from evalkit.ledgers.headings import Headings
from evalkit.ledgers.persons import labels
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world.yaml import parse_mapping, read_text

MAPPING = "mapping.yml"


def labelled(project: Project, dataset: str) -> dict[str, Path]:
    """The ledger files by the names under which they may be printed: see `evalkit.ledgers.persons.gate`."""
    folder = project.data / dataset
    shown = labels(path.relative_to(folder).as_posix() for path in project.ledgers(dataset))
    return {name: folder / real for name, real in shown.items()}


def mapping_of(project: Project) -> dict[str, str] | None:
    """The user's own ``mapping.yml``: heading -> column; it wins over the codebook's synonyms."""
    return read_mapping(project.root / MAPPING, project.codebook)


def read_mapping(path: Path, codebook: Codebook) -> dict[str, str] | None:
    """A user's headings and the columns they stand for, None without such a file; all that is wrong in one `InputError`."""
    if not path.exists():
        return None
    content, problems = parse_mapping(read_text(path), path.name)
    if nested := [key for key, value in content.items() if isinstance(value, dict | list)]:
        advice = "每行写一条“我的表头: 规定的列”，冒号用半角，后面空一格"
        problems.append(
            Problem(
                "yaml_unreadable",
                file=path.name,
                where=str(nested[0]),
                found=str(content)[:40],
                advice=advice,
            )
        )
    if problems:
        raise InputError(problems)
    mapping = {str(k): "" if v is None else str(v) for k, v in content.items()}
    headings = Headings(codebook.headings, mapping)
    names = {
        name
        for form in headings.forms.values()
        for spec in form["columns"].values()
        for name in spec["names"][:1]
    }
    problems = [
        Problem(
            "key_unknown",
            file=path.name,
            where=key,
            found=mapping[key],
            allowed="空表里的列名；不要的列写“忽略”",
            advice=did_you_mean(mapping[key], names),
        )
        for key in mapping
        if headings.leads_nowhere(key)
    ]
    if problems:
        raise InputError(problems)
    return mapping


def nearest_mapping(folder: Path, codebook: Codebook) -> dict[str, str] | None:
    """The mapping in `folder`, else in the nearest project."""
    homes = [folder]
    with suppress(InputError):
        homes.append(find_project().root)
    return next(
        (read_mapping(home / MAPPING, codebook) for home in homes if (home / MAPPING).exists()),
        None,
    )
