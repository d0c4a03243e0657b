"""What stands in the environment of processes, so that a run knows its own. Standard library only: every start asks."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

MARK = "EVALKIT_RUN"  # of every process that a run starts: the folder of the run
OWNER = "EVALKIT_OWNER"  # of a command which a notebook started, and of what it starts: its number


def drop_mark() -> None:
    """Make a command that a notebook started a main process of its own, which does not end with the notebook's run.

    Linux and macOS show of a process the environment with which it began, so there it begins again, under the same
    number; Windows shows the present one.
    """
    if not os.environ.pop(MARK, None):
        return
    os.environ[OWNER] = str(os.getpid())
    if os.name == "posix":
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], dict(os.environ))


def stands_alone(process: Any) -> bool:
    """Whether a process (of psutil) belongs to a command that a notebook started, of which we are not part ourselves."""
    import psutil

    with suppress(psutil.Error, OSError):
        owner = process.environ().get(OWNER)
        if owner is None:
            return is_command(process)
        return bool(owner != os.environ.get(OWNER))
    return False


def is_command(process: Any) -> bool:
    """Whether a process is an Evalkit command that has not come to `drop_mark` yet: its Python is still starting."""
    for word in process.cmdline()[:4]:
        name = Path(word).name
        if word == "evalkit.cli" or name in ("evalkit", "evalkit.exe"):
            return True
        if (
            name == "start.py"
            and Path(process.cwd(), word).with_name("requirements.lock").is_file()
        ):
            return True
    return False
