"""The scripts of the pages under eslint and the type checker: npm packages that only these tests use.

    npm install --prefix tests/pages/lint        once; then python start.py test -m slow tests/pages/test_lint.py

EVALKIT_NODE_TOOLS names another folder that has node_modules.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from evalkit.pages import calculator, explorer
from evalkit.pages.page import COMMON, COMMON_SCRIPTS, scripts, texts

LINT = Path(__file__).with_name("lint")
TOOLS = Path(os.environ.get("EVALKIT_NODE_TOOLS", LINT)) / "node_modules"
PAGES = {
    "calculator": (calculator.FOLDER, (*calculator.REASONING, *calculator.SHOWING)),
    "explorer": (explorer.FOLDER, explorer.SCRIPTS),
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (TOOLS / "eslint").is_dir() or shutil.which("node") is None,
        reason="没有 eslint：npm install --prefix tests/pages/lint",
    ),
]


@pytest.fixture(params=PAGES)
def joined(request: pytest.FixtureRequest) -> str:
    """The scripts of a page one after the other, as the page has them."""
    folder, names = PAGES[request.param]
    return scripts([*texts(COMMON, COMMON_SCRIPTS), *texts(folder, names)])


def run(folder: Path, *words: str, text: str | None = None) -> str:
    done = subprocess.run(
        ["node", *words], cwd=folder, input=text, capture_output=True, text=True, timeout=300
    )
    return done.stdout + done.stderr if done.returncode else ""


def test_eslint_has_nothing_to_say(joined: str, tmp_path: Path) -> None:
    shutil.copy(LINT / "eslint.config.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(TOOLS.resolve())
    eslint = str(TOOLS / "eslint" / "bin" / "eslint.js")
    assert not run(tmp_path, eslint, "--stdin", "--stdin-filename", "page.js", text=joined)
    assert run(
        tmp_path, eslint, "--stdin", "--stdin-filename", "page.js", text=joined + "eval(1);\n"
    )


def test_types_hold(joined: str, tmp_path: Path) -> None:
    (tmp_path / "page.js").write_text(joined, encoding="utf-8")
    config = json.loads((LINT / "tsconfig.json").read_text(encoding="utf-8"))
    (tmp_path / "tsconfig.json").write_text(json.dumps(config | {"files": ["page.js"]}))
    assert not run(tmp_path, str(TOOLS / "typescript" / "bin" / "tsc"), "-p", "tsconfig.json")
