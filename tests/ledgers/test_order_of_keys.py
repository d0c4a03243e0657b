"""No code depends on the order of the keys of a YAML mapping: what is read is the same in every order.

Where order is meaning the file has a list, or is named in `shuffled.KEPT` with the reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import dirty
import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three offices' ledgers, each in a folder."""
    folder = tmp_path_factory.mktemp("ledgers")
    for seed in (1, 2, 3):
        (folder / str(seed)).mkdir()
        dirty.write_xlsx(dirty.case(seed), folder / str(seed))
    return folder


def read(seed: int, ledgers: Path) -> dict[str, Any]:
    command = [sys.executable, str(HERE / "shuffled.py"), str(seed), str(ledgers)]
    done = subprocess.run(command, capture_output=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("seeds", [(1,), pytest.param((2, 3, 4), marks=pytest.mark.slow)])
def test_shuffled_yaml_reads_the_same(ledgers: Path, seeds: tuple[int, ...]) -> None:
    usual = read(0, ledgers)
    assert len(usual) > 20 and all(usual.values())
    for seed in seeds:
        other = read(seed, ledgers)
        assert usual.keys() == other.keys()
        for name, content in usual.items():
            assert content == other[name], f"{name} with the keys in order {seed}"
