"""What `evalkit check` says: the findings of an import, in the office's own terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.indicators.build import build
from evalkit.indicators.load import load
from evalkit.indicators.project import Project, find_project
from evalkit.problems import SEVERITIES, TITLES, InputError, Problem

SHOWN_PER_KIND = 5


@dataclass(frozen=True)
class Findings:
    """Problems of some ledgers and what was read from them: file, table -> rows."""

    problems: tuple[Problem, ...]
    rows: dict[str, dict[str, int]]
    measures: pd.DataFrame | None = None

    @property
    def n_errors(self) -> int:
        return sum(problem.severity == "error" for problem in self.problems)

    def as_json(self) -> dict[str, Any]:
        problems = [asdict(p) | {"title": p.title} for p in self.problems]
        return {"files": self.rows, "problems": problems, "errors": self.n_errors}

    def lines(self, names: dict[str, str] | None = None) -> list[str]:
        """The report for a terminal: what was read, then findings by kind, worst first."""
        names = names or {}
        out = []
        for file, tables in self.rows.items():
            said = "，".join(f"{names.get(table, table)}{n:,}行" for table, n in tables.items() if n)
            out.append(f"{file}：读入 {said}" if said else f"{file}：没有读入数据")
        order = list(SEVERITIES)
        kinds = Counter((p.severity, p.code) for p in self.problems)
        for severity, code in sorted(kinds, key=lambda kind: (order.index(kind[0]), -kinds[kind], kind[1])):
            mine = [p for p in self.problems if (p.severity, p.code) == (severity, code)]
            out.append("")
            out.append(f"【{SEVERITIES[severity][0]}】{TITLES.get(code, (code,))[0]}：{len(mine)}处")
            for problem in mine[:SHOWN_PER_KIND]:
                out.append(f"  {problem.text()}")
            if len(mine) > SHOWN_PER_KIND:
                out.append(f"  ……另有{len(mine) - SHOWN_PER_KIND}处同类问题")
        counts = Counter(p.severity for p in self.problems)
        totals = "，".join(f"{SEVERITIES[s][0]}{counts.get(s, 0)}处" for s in order)
        out += ["", f"共 {len(self.rows)} 个文件：{totals}。原文件没有改动。"]
        return out


def _names(codebook: Any) -> dict[str, str]:
    return {code: table.name for code, table in codebook.tables.items()}


def check_paths(paths: Sequence[str | Path]) -> Findings:
    """Read files or folders without a project and list what was found."""
    from evalkit.indicators.project import nearest_codebook
    from evalkit.ledgers import read_ledger

    codebook = nearest_codebook()
    problems: list[Problem] = []
    rows: dict[str, dict[str, int]] = {}
    for path in paths:
        try:
            ledger = read_ledger(path, codebook=codebook)
        except InputError as error:
            problems += error.problems
            continue
        problems += ledger.problems
        for table, frame in ledger.tables.items():
            if "source_file" not in frame:
                continue
            name = _names(codebook).get(table, table)
            for file, n in frame["source_file"].value_counts(sort=False).items():
                rows.setdefault(str(file), {})[name] = int(n)
        for file in ledger.sheets["source_file"].unique() if "source_file" in ledger.sheets else []:
            rows.setdefault(str(file), {})
    return Findings(tuple(problems), dict(sorted(rows.items())))


def check_project(project: str | Path | Project | None = None) -> Findings:
    """The findings of the project's own build."""
    found = find_project(project)
    made = build(found)
    names = _names(found.codebook)
    problems = [
        Problem(r["code"], r["severity"], r["file"] or "", "!".join(filter(None, (r["sheet"], r["cell"]))),
                *(r[c] or "" for c in ("found", "read", "allowed", "advice")))
        for r in load(found, dataset=made.dataset).problems.astype("object").where(lambda f: f.notna(), "").to_dict("records")
    ]  # fmt: skip
    rows = {item["file"]: {names.get(t, t): n for t, n in item["rows"].items()} for item in made.files}
    return Findings(tuple(problems), rows)
