"""No number reaches a reader but through `evalkit.world.number`: no round, no format of floats in f-strings."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "evalkit"
ROUNDING = {"round", "around", "round_", "quantize"}
FORMATS = re.compile(r"(?:[^{}]|\{\})*(?:[eEfFgG%n]|\.(?:\d+|\{\}))")
TEMPLATES = re.compile(r"\{\w*:[-+<>^,.\d]*[eEfFgG%]\}")
PLACES = re.compile(r"%[-+ 0#]*\d*(?:\.\d+)?[eEfFgG]")
# module and function, or module alone: why no reader sees the rounding
ALLOWED = {
    "demo": "makes the invented ledgers, whose numbers are typed by nobody",
    "charts/style:block": "colours of a picture",
    "documents/docx:picture": "lengths in units of the page",
    "documents/docx:table": "lengths in units of the page",
    "documents/docx:official": "lengths in units of the page",
    "documents/docx:_item": "lengths in units of the page",
    "documents/docx:report": "lengths in units of the page",
    "documents/docx:_template": "sizes of type",
    "documents/pptx": "lengths and sizes of type of a slide",
    "documents/ods:_width": "widths of columns",
    "documents/ods:_styles": "widths of columns",
    "documents/html:fragment": "a length of the page",
    "documents/latex:latex_document": "a length of the page",
    "documents/layout:_fits": "widths of columns",
    "effects/rd": "asks whether values are whole; counts at whole values",
    "ledgers/dates:parse_date": "a date typed as a number of year and month",
    "ledgers/masking:number": "every digit but nought becomes 1: the number of digits is kept",
    "ledgers/parcel:_serial": "a number in the file of a workbook, exact",
    "ledgers/values:_interval": "an end of an interval, without binary noise, before it is whole",
    "ledgers/values:to_fen": "Decimal, half up: the way into the tables",
    "reports/verify": "seconds in run.json",
    "runner/crew": "seconds in run.json",
    "runner/local": "seconds in run.json",
    "runner/perform": "seconds in run.json",
    "runner/server": "warms pandas' templates",
    "scoring/points:settled": "binary noise of sums, before they are printed",
    "scoring/stars:_stars_earned": "binary noise before a comparison",
    "subsidy/envelope:_weights": "doubled members, fen, stars and units are whole",
    "subsidy/serial:_estimated": "binary noise before half up to the fen, as in exact",
    "subsidy/typed:_in_units": "a Decimal, half up: what +20% makes of a standard",
    "subsidy/exact:times": "binary noise before half up to the fen",
    "subsidy/reduction:members": "doubled members are whole",
}


def findings(tree: ast.AST) -> Iterator[tuple[str, int, str]]:
    """Function, line and what rounds there."""

    def walk(node: ast.AST, function: str) -> Iterator[tuple[str, int, str]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue  # a docstring is printed nowhere
            inner = (
                child.name
                if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
                else function
            )
            if what := rounds(child):
                yield inner, getattr(child, "lineno", 0), what
            yield from walk(child, inner)

    yield from walk(tree, "")


def rounds(node: ast.AST) -> str:
    """What a node of the syntax does to a number on its way to a text; empty where it does nothing."""
    if (
        isinstance(node, ast.FormattedValue)
        and node.format_spec is not None
        and node.conversion < 0
    ):
        assert isinstance(node.format_spec, ast.JoinedStr)
        spec = "".join(
            part.value if isinstance(part, ast.Constant) else "{}"
            for part in node.format_spec.values
        )
        return f":{spec}" if FORMATS.fullmatch(spec) else ""
    if isinstance(node, ast.Call):
        name = (
            node.func.id
            if isinstance(node.func, ast.Name)
            else node.func.attr
            if isinstance(node.func, ast.Attribute)
            else ""
        )
        if name in ROUNDING:
            return name
        if name == "format" and isinstance(node.func, ast.Name):
            return "format()"
    if (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Mod)
        and isinstance(node.left, ast.Constant)
    ):
        return str(node.left.value)[:40] if PLACES.search(str(node.left.value)) else ""
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and TEMPLATES.search(node.value)
    ):
        return node.value[:40]
    return ""


def allowed(module: str, function: str) -> str | None:
    return next(
        (key for key in (f"{module}:{function}", module, module.split("/")[0]) if key in ALLOWED),
        None,
    )


def all_findings() -> list[tuple[str, str, int, str]]:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        module = path.relative_to(SOURCE).with_suffix("").as_posix()
        for function, line, what in findings(ast.parse(path.read_text(encoding="utf-8"))):
            found.append((module, function, line, what))
    return found


def test_no_number_is_rounded_outside_the_printer() -> None:
    bad = [
        f"{m}.py:{line} in {f}: {what}"
        for m, f, line, what in all_findings()
        if allowed(m, f) is None
    ]
    assert not bad, "print with evalkit.world.number (fixed, percent, plain, fill):\n" + "\n".join(
        bad
    )


def test_every_exception_is_needed() -> None:
    used = {allowed(m, f) for m, f, _, _ in all_findings()}
    assert ALLOWED.keys() - used == set()


def test_notebooks_print_through_the_printer() -> None:
    bad = []
    for path in sorted((ROOT / "notebooks").rglob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] != "code":
                continue
            source = "".join(cell["source"])
            lines = "\n".join(
                "" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()
            )
            bad += [
                f"{path.name}: {what} in {lines[:60]!r}"
                for _, _, what in findings(ast.parse(lines))
            ]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize(
    "source",
    [
        "f'{x:.1f}'",
        "f'{x:.1%}'",
        "f'{x:g}'",
        "f'{x:,.0f}'",
        "f'{x:.{digits}f}'",
        "f'{x:.3g}'",
        "f'{x:.3}'",
        "round(x, 1)",
        "np.round(x, 1)",
        "frame.round(2)",
        "'{:.1f}'.format(x)",
        "'%.1f' % x",
        "format(x, '.1f')",
        "d.quantize(one)",
        "say['x: {value:.0%}']",
    ],
)
def test_what_rounds_is_seen(source: str) -> None:
    assert list(findings(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "f'{n:,}'",
        "f'{when:%Y-%m-%d}'",
        "f'{x:>8}'",
        "f'{x}'",
        "'100%'",
        "number.fixed(x, 1)",
        "f'{x!r}'",
        "def f():\n    'An example: {x:.1%}'",
    ],
)
def test_what_does_not_round_is_left_alone(source: str) -> None:
    assert not list(findings(ast.parse(source)))
