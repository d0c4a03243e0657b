"""`evalkit selfeval`: the 绩效自评表 of a project filled and written, and a first one to be changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalkit.files import put, safe_name
from evalkit.indicators.load import load
from evalkit.indicators.project import find_project
from evalkit.problems import InputError, Problem
from evalkit.reports.selfeval import MADE, check_forms, write_all
from evalkit.reports.selfeval_filling import EXAMPLE, FOLDER, found_form
from evalkit.reports.verify import amend, recorded, set_aside
from evalkit.selfeval.reading import read_form


def told(
    form: str | None = None,
    year: str | None = None,
    within: str | None = None,
    project: Any = None,
    dataset: str | None = None,
    out: Path | None = None,
) -> list[str]:
    """Fill and write the forms (or one); what is to be printed, a line each."""
    found = find_project(project)
    dataset = dataset or found.dataset
    forms = check_forms(found, dataset)
    if form is not None:
        forms = [read_form(found_form(found, form, dataset), found.codebook)]
    forms = [one for one in forms if year is None or one.year == year]
    if not forms:
        found_form(found, year or form, dataset)  # says what there is
    data = load(found, dataset=dataset)
    lines = []
    for one in forms:
        report = found.reports / one.year
        folder = out or report / MADE
        if out is None:
            mine = {n: h for n, h in recorded(report).items() if n.startswith(f"{MADE}/")}
            lines += [
                f"{old} 生成后有人改动过，改动稿另存为 {new}"
                for old, new in set_aside(report, mine)
            ]
        made = write_all(data, one.year, folder, within, one)
        if out is None:
            amend(report, [path for filled in made for path in filled.files])
        lines += [f"{filled.evaluation.place}：{filled.evaluation.state}" for filled in made]
        lines.append(f"{one.project}（{one.year}年度）自评表已写到：{folder}")
    return lines


def write_example(project: Any, name: str) -> Path:
    """The packaged form as a file of the project, to be changed; a file that is there stays."""
    path = find_project(project).root / FOLDER / f"{safe_name(name)}.yml"
    if path.exists():
        found, advice = "已有同名文件，没有改动", "换一个名称，或改已有的文件"
        raise InputError(Problem("output_unwritable", file=str(path), found=found, advice=advice))
    return put(path, EXAMPLE.read_bytes())
