"""JupyterLab as we start it asks nobody: neither for news nor for a newer version nor for extensions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from evalkit.cli import LAB_WITHOUT_NETWORK

pytestmark = pytest.mark.slow


@pytest.mark.skipif(
    sys.platform != "linux", reason="the calls of a process are watched as Linux shows them"
)
def test_lab_opens_no_connection_of_its_own(tmp_path: Path) -> None:
    spy = "import socket, sys\n"
    spy += "real = socket.socket.connect\n"
    spy += "def connect(self, address):\n"
    spy += "    if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(('127.', '::1', 'localhost')):\n"
    spy += f"        open({str(tmp_path / 'asked.txt')!r}, 'a').write(repr(address) + chr(10))\n"
    spy += "        raise OSError('no network')\n"
    spy += "    return real(self, address)\n"
    spy += "def look_up(host, *a, **k):\n"
    spy += "    if host not in (None, '', 'localhost', '127.0.0.1', '::1', b'localhost'):\n"
    spy += f"        open({str(tmp_path / 'asked.txt')!r}, 'a').write(repr(host) + chr(10))\n"
    spy += "    return found(host, *a, **k)\n"
    spy += "found = socket.getaddrinfo\n"
    spy += "socket.socket.connect = connect; socket.getaddrinfo = look_up\n"
    (tmp_path / "sitecustomize.py").write_text(spy, encoding="utf-8")
    home = {
        "HOME": str(tmp_path),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "c"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "r"),
    }
    port = 18_000 + os.getpid() % 1000
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--IdentityProvider.token=x",
        f"--ServerApp.port={port}",
    ]
    environment = os.environ | home | {"PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(
        [*command, *LAB_WITHOUT_NETWORK], cwd=tmp_path, env=environment, stderr=subprocess.PIPE
    ) as lab:
        try:
            answers = {}
            for page in ("lab", "lab/api/news", "lab/api/update", "lab/api/extensions"):
                for _ in range(120):
                    try:
                        with urllib.request.urlopen(
                            f"http://127.0.0.1:{port}/{page}?token=x", timeout=20
                        ) as answer:
                            answers[page] = answer.read()
                        break
                    except urllib.error.HTTPError as error:
                        answers[page] = error.read()
                        break
                    except OSError:
                        time.sleep(0.5)
        finally:
            lab.terminate()
            lab.wait(20)
    assert set(answers) == {"lab", "lab/api/news", "lab/api/update", "lab/api/extensions"}
    assert json.loads(answers["lab/api/news"]) == {"news": []}
    assert not (tmp_path / "asked.txt").exists(), (tmp_path / "asked.txt").read_text()
