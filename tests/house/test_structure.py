"""The house keeps its shape: imports go downwards, importing is cheap, notebooks are clean."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "evalkit"
ROOMS = [
    "cli",
    "reports",
    "pages",
    "effects",
    "selfeval",
    "subsidy",
    "scoring",
    "building",
    "indicators",
    "linkage",
    "demo",
    "ledgers",
    "runner",
    "workbench",
    "charts",
    "documents",
    "stats",
    "codebook",
    "world",
    "files",
    "parts",
    "problems",
]
HEAVY = [
    "pandas",
    "numpy",
    "matplotlib",
    "duckdb",
    "pydantic",
    "scipy",
    "statsmodels",
    "pandera",
    "pyarrow",
]
MODULES = sorted(SOURCE.rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))


def room(module: Path) -> str:
    return module.relative_to(SOURCE).parts[0].removesuffix(".py")


def package_of(module: Path) -> list[str]:
    return ["evalkit", *module.relative_to(SOURCE).parts[:-1]]


def imported(module: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of every import of Evalkit in a module, inside functions too."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = package_of(module)
            start = [*package[: len(package) - node.level + 1]] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            names = [
                arg.value
                for arg in node.args
                if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            ]
        else:
            continue
        for name in names:
            if name.split(".")[0] == "evalkit":
                yield node.lineno, name


def upward_imports(module: Path) -> list[str]:
    here = ROOMS.index(room(module))
    nodes = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
    used = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
    of_face = {name for name in used if re.fullmatch(r"evalkit\.\w+", name)}
    only_itself = of_face <= {"evalkit.__version__", "evalkit.__file__"}
    found = []
    for line, name in imported(module):
        parts = name.split(".")
        target = parts[1] if len(parts) > 1 else ""
        if target == "__version__" or (not target and only_itself):
            continue
        if target not in ROOMS or ROOMS.index(target) < here:
            found.append(f"{module.relative_to(ROOT)}:{line} imports {name}")
    return found


def test_every_module_is_in_a_known_room() -> None:
    assert {room(m) for m in MODULES} - {"__init__", "__main__"} <= set(ROOMS)


def test_imports_go_downwards_only() -> None:
    inner = [m for m in MODULES if room(m) not in ("__init__", "__main__")]
    found = [line for module in inner for line in upward_imports(module)]
    assert not found, "\n".join(found)


def module_name(module: Path) -> str:
    parts = ["evalkit", *module.relative_to(SOURCE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def module_graph() -> dict[str, set[str]]:
    """Every module with the modules of Evalkit that it imports, inside functions and for type checkers too."""
    modules = {module_name(module): module for module in MODULES}
    graph = {}
    for name, module in modules.items():
        targets = set()
        for _, target in imported(module):
            while target not in modules:
                target = target.rpartition(".")[0]
            targets.add(target)
        graph[name] = targets - {name, "evalkit"}
    return graph


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules of which each is reached from every other."""
    reached = {start: reachable(graph, start) for start in graph}
    groups = {
        tuple(sorted({start, *(other for other in reached[start] if start in reached[other])}))
        for start in graph
        if start in reached[start]
    }
    return [list(group) for group in sorted(groups)]


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    ahead = [start]
    while ahead:
        fresh = graph.get(ahead.pop(), set()) - found
        found |= fresh
        ahead += fresh
    return found


def test_no_modules_import_each_other_in_a_circle() -> None:
    """A value class imports nothing of its room that uses it; verbs stand above values."""
    found = [" <-> ".join(group) for group in circles(module_graph())]
    assert not found, "\n".join(found)


def test_the_circle_check_sees_a_circle_of_three() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}
    assert circles(graph) == [["a", "b", "c"]]


CORE = ("world", "codebook", "stats", "indicators", "scoring", "subsidy")


def test_the_core_imports_nothing_that_stands_around_it() -> None:
    allowed = {*CORE, "files", "problems", "__version__"}
    found = [
        f"{module.relative_to(ROOT)}:{line} imports {name}"
        for module in MODULES
        if room(module) in CORE
        for line, name in imported(module)
        if name != "evalkit" and name.split(".")[1] not in allowed
    ]
    assert not found, "\n".join(found)


def test_the_import_check_sees_function_level_and_relative_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = tmp_path / "stats" / "bad.py"
    bad.parent.mkdir()
    bad.write_text(
        "from .. import charts\nfrom evalkit.problems import Problem\nfrom . import other\n"
        "def f():\n    import evalkit.ledgers.read\n    from evalkit import indicators\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(sys.modules[__name__], "SOURCE", tmp_path)
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    assert [line.split()[-1] for line in upward_imports(bad)] == [
        "evalkit.charts",
        "evalkit.ledgers.read",
        "evalkit.indicators",
    ]


@pytest.mark.parametrize("module", ["evalkit", "evalkit.problems", "evalkit.cli"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    if module != "evalkit" and not list(SOURCE.glob(module.split(".")[1] + "*")):
        pytest.skip(f"{module} is not built yet")
    code = f"import sys, {module}; print(','.join(m for m in {HEAVY!r} if m in sys.modules))"
    env = {"PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True
    )
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebooks_are_valid_clean_and_have_parameters(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in code), (
        "stored outputs"
    )
    tagged = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1, "one cell tagged `parameters`"
    for line in tagged[0].source.splitlines():
        assert re.match(r"(#.*|[a-z_]+( *:[^=]+)? *= *.+)?$", line), (
            f"one name = value per line: {line}"
        )


def tracked_files() -> list[Path]:
    """What git would publish; from a zip without git, the files of the project's own folders."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
        listed = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True
        ).stdout
        return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    folders = [".ci", "benchmarks", "data/published", "docs", "notebooks", "src", "tests"]
    files = [p for folder in folders for p in (ROOT / folder).rglob("*") if p.is_file()]
    return [
        *(p for p in files if "__pycache__" not in p.parts),
        *(p for p in ROOT.iterdir() if p.is_file()),
    ]


# In parts, so that this file does not find itself.
MACHINE_PATHS = re.compile(
    "|".join(f"/{p}" for p in ("work/", "root/", "farm/", "home/[a-z]+/", "tmp/[a-z]"))
)
HOSTS = (
    "pypi" + r"\.",
    "python" + "hosted",
    "npm" + "js",
    "deb" + r"\.debian",
    "ana" + r"conda\.",
    "mirrors" + r"\.",
)
INDEX_HOSTS = re.compile("|".join(HOSTS), re.IGNORECASE)


def test_no_machine_path_and_no_package_index_in_any_file() -> None:
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE_PATHS.search(line) or INDEX_HOSTS.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line[:100]}")
    assert not found, "\n".join(found)


def test_citation_changelog_and_package_have_one_version() -> None:
    version = re.search(
        r'__version__ = "([^"]+)"', (SOURCE / "__init__.py").read_text(encoding="utf-8")
    )
    assert version
    assert f'version = "{version[1]}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f"version: {version[1]}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## [{version[1]}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_links_between_documents_are_not_broken() -> None:
    found = []
    for page in [ROOT / "README.md", ROOT / "README.zh.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                found.append(f"{page.relative_to(ROOT)}: {target}")
    assert not found, "\n".join(found)


def test_the_documented_example_of_an_indicator_loads(tmp_path: Path) -> None:
    from evalkit.codebook import load_codebook

    page = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (example,) = [one for one in examples if one.startswith("measures:")]
    (tmp_path / "mine.yml").write_text(example, encoding="utf-8")
    assert load_codebook(tmp_path).indicators["my_place_rate"].denominator == "my_large"


def test_notebooks_name_no_kernel_of_one_machine() -> None:
    for path in NOTEBOOKS:
        kernel = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("kernelspec", {})
        assert kernel.get("name", "python3") == "python3", path
