"""What a person sees in JupyterLab: how things show themselves, and what is said when a cell goes wrong."""

from __future__ import annotations

import sys
from typing import Any


def settle_in(shell: Any = None) -> None:
    """Have a shell of IPython (the one that runs, if none is given) speak to its reader; a second call changes nothing."""
    from evalkit.workbench.errors import explain_in
    from evalkit.workbench.frames import head_frames_in

    shell = sys.modules["IPython"].get_ipython() if shell is None else shell
    if shell is not None:
        explain_in(shell)
        head_frames_in(shell)
