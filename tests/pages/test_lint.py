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

from evalkit.pages.calculator import FOLDER, REASONING, SHOWING
from evalkit.pages.page import COMMON, COMMON_SCRIPTS, scripts, texts

LINT = Path(__file__).with_name("lint")
TOOLS = Path(os.environ.get("EVALKIT_NODE_TOOLS", LINT)) / "node_modules"
JOINED = scripts([*texts(COMMON, COMMON_SCRIPTS), *texts(FOLDER, (*REASONING, *SHOWING))])

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (TOOLS / "eslint").is_dir() or shutil.which("node") is None,
        reason="没有 eslint：npm install --prefix tests/pages/lint",
    ),
]


def run(folder: Path, *words: str, text: str | None = None) -> str:
    done = subprocess.run(
        ["node", *words], cwd=folder, input=text, capture_output=True, text=True, timeout=300
    )
    return done.stdout + done.stderr if done.returncode else ""


def test_eslint_has_nothing_to_say(tmp_path: Path) -> None:
    shutil.copy(LINT / "eslint.config.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(TOOLS.resolve())
    eslint = str(TOOLS / "eslint" / "bin" / "eslint.js")
    assert not run(tmp_path, eslint, "--stdin", "--stdin-filename", "page.js", text=JOINED)
    assert run(
        tmp_path, eslint, "--stdin", "--stdin-filename", "page.js", text=JOINED + "eval(1);\n"
    )


def test_types_hold(tmp_path: Path) -> None:
    (tmp_path / "page.js").write_text(JOINED, encoding="utf-8")
    config = json.loads((LINT / "tsconfig.json").read_text(encoding="utf-8"))
    (tmp_path / "tsconfig.json").write_text(json.dumps(config | {"files": ["page.js"]}))
    assert not run(tmp_path, str(TOOLS / "typescript" / "bin" / "tsc"), "-p", "tsconfig.json")
