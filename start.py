#!/usr/bin/env python3
"""The first command: makes `.venv` beside this file, installs the locked packages and does the job.

    python start.py report | test | lab | check 文件夹 | doctor | ...

Standard library only, and written in the grammar of Python 3.7 so that an old Python can still say what is wrong.
Everything else is in the package: an unknown word goes to `python -m evalkit.cli` as it stands.
"""

import sys

if sys.version_info < (3, 11):
    sys.stderr.write(
        "需要 Python 3.11 或更新的版本，现在是 %d.%d（%s）。请安装新版后再运行：新版 Python 可以与旧版并存。\n"
        "Evalkit needs Python 3.11 or newer; this is %d.%d. Install a newer one; the old one may stay.\n"
        % (
            sys.version_info[0],
            sys.version_info[1],
            sys.executable,
            sys.version_info[0],
            sys.version_info[1],
        )
    )
    sys.exit(2)

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(
    os.path.abspath(__file__)
).parent  # not resolve(): a mapped Windows drive must stay a drive
LOCKED = ("requirements.lock", "pyproject.toml")
OFFICE = "office"  # the dependencies of pyproject.toml; the other parts are its extras
PARTS = {  # what a command needs beside the office part; every other command needs no more
    "lab": ("lab", "effects", "sql", "linkage"),
    "effects": ("effects",),
    "sql": ("sql",),
    "link": ("linkage",),
    "test": ("lab", "effects", "sql", "linkage", "dev"),
    "evidence": ("lab", "effects", "sql", "linkage", "dev"),
}
NAMES = {
    OFFICE: "检查、报告、测算",
    "lab": "JupyterLab 工作台",
    "effects": "政策效果",
    "sql": "SQL 查询",
    "linkage": "跨年单位匹配",
    "dev": "程序的测试",
}
STATE = "evalkit-install.json"
WHEELS = "wheels"
SELDOM = ("pip", "setuptools", "pkg_resources", "pygments", "fontTools", "f2py")  # little is loaded
WITH_TESTS = ("matplotlib", "numpy", "pandas", "pyarrow", "scipy", "statsmodels")
PACKAGE_LINE = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)
WHO_ASKS = re.compile(r"^ +#(?: via)? +([A-Za-z0-9][A-Za-z0-9._-]*)", re.MULTILINE)
PIP_PROGRESS = re.compile(
    r"^(?:Collecting|Processing|Requirement already satisfied:|Ignoring) (?:\S.*[\\/])?([A-Za-z0-9._]+)"
)
DISK_NEEDED = 1.5  # GB: the office part takes 0.7, pip unpacks beside it
WINDOWS_ROOT_LIMIT = (
    70  # the longest path that pip writes below .venv has 188 characters, Windows allows 259
)

HELP = """两新组织党建评估研究工作台

用法：python start.py 命令

  check 文件夹     检查一个文件夹里的台账，列出需要核对的地方
  report           整理数据并生成报告（没有台账时先用演示数据）
  setup            用问答写设置：办公室、主送机关、日期、叫法、字体、目标（不用写 YAML）
  lab              打开 JupyterLab，从 notebooks 开始
  menu             用数字选择（双击 开始.bat 也是它）
  demo             生成演示省的台账
  build            只整理数据
  doctor           检查环境：版本、字体、文件夹
  test             运行代码检查与全部测试
  install 部分     预先安装某一部分：lab、effects、sql、dev，全部写 all；不写也行，用到时自动安装
  bundle           下载全部安装包到 wheels 文件夹，拷到不能上网的电脑上用
                   （给别的系统：bundle --platform win_amd64 --python 3.12；只要检查、报告、测算：--parts office）
  其他命令         原样交给 evalkit，例如 python start.py report --help

第一次运行会安装检查、报告、测算所需的软件包（需要网络，约一两分钟）；以后直接开始。
lab、effects、sql、test 第一次用时各自补装所需的部分。
"""

PIP_HINT = """
安装没有完成。常见原因与办法：
  1. 网络慢或不通：换用单位或学校的 pip 镜像
       pip config set global.index-url 镜像地址
  2. 单位上网要经过代理：先设置代理再运行
       Windows：set HTTPS_PROXY=http://代理地址:端口      macOS、Linux：export HTTPS_PROXY=http://代理地址:端口
  3. 这台电脑不能上网：在能上网的电脑上运行  python start.py bundle ，
     把生成的 wheels 文件夹拷到本文件夹里，再运行一次
  4. 磁盘空间不足（约需 1.5 GB，全部安装约需 3 GB），或杀毒软件拦截：处理后再运行一次
Installation failed: try a pip mirror, set HTTPS_PROXY, or copy a `wheels` folder made by `python start.py bundle`.
完整记录 / full log: {log}
"""

# JupyterLab starts in Chinese and asks nothing of the network; what a user sets in its menus stays stronger.
LAB_SETTINGS = {
    "@jupyterlab/translation-extension:plugin": {"locale": "zh_CN"},
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": False,
    },
}

# JupyterLab asks its makers for news, for a newer version and for extensions: data stay here, and so does it.
LAB_WITHOUT_NETWORK = (
    "--LabApp.extension_manager=readonly",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
)

# Takes the place of the .pth file that the editable installation writes. Python < 3.13 reads .pth files in the
# system's code page: a UTF-8 path with Chinese in it would stop every Python of this .venv from starting.
SOURCE_PTH = (
    "import os, sys; p = os.path.join(os.path.dirname(sys.prefix), 'src'); "
    "sys.path.append(p) if os.path.isdir(p) and p not in sys.path else None\n"
)

# Runs inside .venv: the lock's lines whose markers hold on another platform (pip itself asks the running system only).
MARKERS_SCRIPT = """
import re, sys
from packaging.requirements import Requirement
lock, out, platform, version = sys.argv[1:]
windows, mac = platform.startswith("win"), platform.startswith("macosx")
env = {"python_version": version, "python_full_version": version + ".9", "implementation_name": "cpython",
       "platform_python_implementation": "CPython", "extra": "", "os_name": "nt" if windows else "posix",
       "sys_platform": "win32" if windows else "darwin" if mac else "linux",
       "platform_system": "Windows" if windows else "Darwin" if mac else "Linux",
       "platform_machine": "AMD64" if platform == "win_amd64" else platform.split("_", 2)[-1]}
blocks = re.split(r"^(?=[A-Za-z0-9])", open(lock, encoding="utf-8").read(), flags=re.M)
kept = []
for block in blocks:
    head = block.split("\\\\", 1)[0].strip()
    if head and not head.startswith("#"):
        marker = Requirement(head).marker
        if marker is None or marker.evaluate(env):
            kept.append(re.sub(r"^([^;\\\\]+?)\\s*;[^\\\\]*", r"\\1 ", block, count=1))
open(out, "w", encoding="utf-8").write("".join(kept))
"""

Run = Callable[..., int]


class CannotStart(Exception):
    """The work cannot begin; the message is for the user."""


def say(text: str) -> None:
    print(text, flush=True)


def prepare_console() -> None:
    """Never break on a console that lacks a character; a redirected log is UTF-8 like that of the children."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            encoding = None if stream.isatty() or os.environ.get("PYTHONIOENCODING") else "utf-8"
            stream.reconfigure(encoding=encoding, errors="replace")


def run_command(
    args: list[str],
    env: Mapping[str, str],
    cwd: Path | None = None,
    on_line: Callable[[str], None] | None = None,
) -> int:
    """Run a program to its end and return its exit code; Ctrl+C is left to the program."""
    piped = (
        {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.STDOUT,
            "encoding": "utf-8",
            "errors": "replace",
        }
        if on_line
        else {}
    )
    process = subprocess.Popen(args, env=dict(env), cwd=cwd, **piped)  # type: ignore[call-overload]
    pass_on_signals(process)
    interrupted = False
    while True:
        try:
            if on_line and process.stdout:
                for line in process.stdout:
                    on_line(line.rstrip("\n"))
            code = process.wait()
            break
        except KeyboardInterrupt:
            interrupted = True
    if interrupted and on_line:
        raise KeyboardInterrupt
    return 128 - code if code < 0 else int(code)


def pass_on_signals(process: subprocess.Popen) -> None:
    """A request to end (of a system that shuts down, of a window that is closed) is the program's to answer."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is None or signal.getsignal(number) == signal.SIG_IGN or os.name == "nt":
            continue
        with contextlib.suppress(ValueError):  # not in a thread
            signal.signal(number, lambda number, _: process.send_signal(number))


def venv_python(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def child_environment(root: Path, venv: Path, base: Mapping[str, str]) -> dict[str, str]:
    """The environment of everything started from here: UTF-8, byte code kept, only this `.venv`.

    ``PYTHONDONTWRITEBYTECODE`` would make every process compile the packages anew (seconds each time); ``PYTHONPATH``
    and pip's user and target folders would let other installations in.
    """
    python = {"PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__"}
    env = {
        key: value
        for key, value in base.items()
        if key not in python | {"PIP_TARGET", "PIP_PREFIX"}
    }
    env["PYTHONUTF8"] = "1"
    if env.get("PYTHONIOENCODING") and ":" not in env["PYTHONIOENCODING"]:
        env["PYTHONIOENCODING"] += ":replace"
    env["PIP_USER"] = "0"
    env["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    env["VIRTUAL_ENV"] = str(venv)
    env["JUPYTER_PREFER_ENV_PATH"] = "1"  # else a kernel of the same name in the user's home wins
    env["PATH"] = str(venv_python(venv).parent) + os.pathsep + env.get("PATH", "")
    if "EVALKIT_PROJECT" not in env and not in_a_project(Path.cwd()):
        env["EVALKIT_PROJECT"] = str(root)
    return env


def in_a_project(folder: Path) -> bool:
    return any(
        (p / "evalkit.yml").exists() or (p / "data" / "raw").is_dir()
        for p in (folder, *folder.parents)
    )


# What is installed


def project_file(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def normal(requirement: str) -> str:
    """The name of a package as PEP 503 writes it, without extras, version and marker."""
    name = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", requirement.strip())
    return re.sub(r"[-_.]+", "-", name.group()).lower() if name else ""


def packages_of(project: Mapping, lock: str, parts: Iterable[str]) -> set[str]:
    """The packages of the lock that some parts need: what they name, and what the lock says that those ask for.

    Packages that only JupyterLab uses, though others declare them, are left out where it is not wanted.
    """
    parts, table = set(parts), project.get("project", {})
    wanted = {*table.get("dependencies", ()), *project.get("build-system", {}).get("requires", ())}
    for part in parts - {OFFICE}:
        wanted |= set(table.get("optional-dependencies", {}).get(part, ()))
    for_lab = project.get("tool", {}).get("evalkit", {}).get("only-for-lab", ())
    left_out = set() if "lab" in parts else {normal(name) for name in for_lab}
    askers: dict[str, set[str]] = {}
    for block in lock_blocks(lock):
        asks = {normal(name) for name in WHO_ASKS.findall(block)}
        askers.setdefault(normal(block), set()).update(asks)
    found = {normal(name) for name in wanted} & set(askers)
    while True:
        more = {name for name, asks in askers.items() if asks & found} - left_out - found
        if not more:
            return found
        found |= more


def lock_blocks(lock: str) -> list[str]:
    """The lock, a package a text: its line, its hashes, who asks for it."""
    return [b for b in re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE) if normal(b)]


def lock_of(root: Path, parts: Iterable[str]) -> str:
    """The lines of requirements.lock that some parts need, hashes and markers as they stand."""
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    names = packages_of(project_file(root), lock, parts)
    return "".join(block for block in lock_blocks(lock) if normal(block) in names)


def installed_parts(state: Mapping) -> set[str]:
    """The parts that the last installation left behind; one of an earlier version had everything."""
    return set(state.get("parts", NAMES))


def fingerprint(root: Path) -> dict[str, str]:
    """What an installation depends on: the lock, the project file, and the place (a moved `.venv` is of no use)."""
    files = {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in LOCKED}
    return {**files, "root": str(root)}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read_state(venv: Path) -> dict | None:
    """What the last installation left behind; None for a `.venv` that somebody made by hand."""
    try:
        state = json.loads((venv / STATE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write_state(venv: Path, state: Mapping) -> None:
    temporary = venv / (STATE + ".new")
    temporary.write_text(json.dumps(state, ensure_ascii=False, indent=1), encoding="utf-8")
    for wait in (0.1, 0.4, 1.5, 0):  # a scanner may have the old one open for a moment
        try:
            return os.replace(temporary, venv / STATE)
        except PermissionError:
            if not wait:
                raise
            time.sleep(wait)


def works(venv: Path, env: Mapping[str, str], run: Run) -> bool:
    """Whether the Python in `.venv` starts and finds pip and evalkit (some 50 ms; evalkit itself is not loaded)."""
    code = "import sys, importlib.util as u; sys.exit(not (u.find_spec('pip') and u.find_spec('evalkit')))"
    try:
        return run([str(venv_python(venv)), "-c", code], env, on_line=lambda line: None) == 0
    except OSError:
        return False


def what_to_do(
    root: Path, venv: Path, env: Mapping[str, str], run: Run, parts: Iterable[str]
) -> str:
    """`ready`, `project` (only evalkit itself), `parts` (more of the lock), `packages` (all of it) or `fresh`.

    `fresh` makes a new `.venv`, the others work in the one that is there.
    """
    if not venv_python(venv).exists():
        return "fresh"
    state, now = read_state(venv), fingerprint(root)
    if state is None:
        return "packages"
    if (
        state.get("status") != "complete"
        or state.get("root") != now["root"]
        or not works(venv, env, run)
    ):
        return "fresh"
    if any(state.get(name) != now[name] for name in LOCKED):
        same = state.get("lock") == digest(lock_of(root, installed_parts(state)))
        what = "project" if same else "packages"
    else:
        what = "ready"
    if what == "packages" or set(parts) <= installed_parts(state):
        return what
    return "parts"


@contextlib.contextmanager
def one_at_a_time(root: Path) -> Iterator[None]:
    """Two double clicks must not install into the same folder; the system frees the lock if a process dies."""
    folder = root / ".evalkit"
    folder.mkdir(exist_ok=True)
    with open(folder / "install.lock", "a+b") as handle:
        waiting = False
        while True:
            try:
                if os.name == "nt":
                    import msvcrt

                    handle.seek(0)
                    msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
                else:
                    import fcntl

                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if not waiting:
                    say("另一个窗口正在安装，等它完成……")
                waiting = True
                time.sleep(1)
        yield


# Installing


def remove_venv(venv: Path) -> None:
    """Put the old folder aside first: if a program still uses it, nothing is lost."""
    if not venv.exists() and not venv.is_symlink():
        return
    if venv.is_symlink():
        venv.unlink()
        return
    aside = venv.with_name(f".venv-old-{os.getpid()}")
    try:
        venv.rename(aside)
    except OSError as error:
        raise CannotStart(
            f"{venv} 正被其他程序使用（例如打开着的 JupyterLab），请关闭后再运行。\n{error}"
        ) from error
    shutil.rmtree(aside, ignore_errors=True)


def make_venv(venv: Path, env: Mapping[str, str], run: Run) -> None:
    base = getattr(sys, "_base_executable", None) or sys.executable
    if run([base, "-m", "venv", str(venv)], env) != 0:
        shutil.rmtree(venv, ignore_errors=True)
        raise CannotStart(
            "建不了独立环境 .venv。Debian、Ubuntu 请先安装 python3-venv：sudo apt install python3-venv\n"
            "Could not create .venv; on Debian and Ubuntu install python3-venv first."
        )


class Progress:
    """pip's output into a log; on the screen only how far it is."""

    def __init__(self, log: Path, total: int):
        self.log, self.total, self.done, self.live = log, total, 0, sys.stdout.isatty()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.handle = open(log, "a", encoding="utf-8")

    def line(self, text: str) -> None:
        self.handle.write(text + "\n")
        self.handle.flush()
        found = PIP_PROGRESS.match(text)
        if found:
            self.done += 1
            if self.live:
                print(f"\r  {self.done}/{self.total}  {found.group(1):<40}", end="", flush=True)
            elif self.done % 40 == 0:
                say(f"  {self.done}/{self.total}")
        elif self.done and text.startswith("Installing collected packages"):
            say(("\r" if self.live else "") + f"  {'下载完毕，正在安装……':<50}")

    def tail(self, n: int = 12) -> str:
        self.handle.close()
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([line for line in lines if not line.startswith("Ignoring ")][-n:])


def pip(
    args: list[str], root: Path, venv: Path, env: Mapping[str, str], run: Run, total: int = 0
) -> None:
    progress = Progress(venv / "install.log", total)
    command = [str(venv_python(venv)), "-m", "pip", *args]
    code = run(command, env, cwd=root, on_line=progress.line)
    tail = progress.tail()
    if code != 0:
        raise CannotStart(tail + "\n" + PIP_HINT.format(log=progress.log))


def site_packages(venv: Path) -> Path | None:
    places = [venv / "Lib" / "site-packages", *sorted(venv.glob("lib/python*/site-packages"))]
    return next((place for place in places if place.is_dir()), None)


def unused(packages: Path) -> list[Path]:
    """The large packages' own tests and C headers: 50 MB in 3,000 files that no command reads and every scanner would."""
    tests = [path for name in WITH_TESTS for path in (packages / name).rglob("tests")]
    return [packages / "pyarrow" / "include", *(path for path in tests if path.is_dir())]


def finish(root: Path, venv: Path, env: Mapping[str, str], run: Run, compiled: bool = True) -> None:
    """Byte code for all packages on all cores (pip would do it on one), the path to `src`, JupyterLab in Chinese."""
    packages = site_packages(venv)
    if packages is not None:
        for path in {packages / "_editable_impl_evalkit.pth", *packages.glob("*evalkit*.pth")}:
            path.write_text(SOURCE_PTH, encoding="ascii")
        for folder in unused(packages):
            shutil.rmtree(folder, ignore_errors=True)
        skip = r"[\\/](tests?|%s)[\\/]" % "|".join(SELDOM)
        args = ["-m", "compileall", "-qq", "-j", "0", "-x", skip, str(packages), str(root / "src")]
        if compiled:
            say("正在预编译……")
            run([str(venv_python(venv)), *args], env)
    settings = venv / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "overrides.json").write_text(json.dumps(LAB_SETTINGS, indent=1), encoding="utf-8")


def install(
    what: str, root: Path, venv: Path, env: Mapping[str, str], run: Run, parts: Iterable[str]
) -> None:
    """Bring `.venv` up to date; the state is `complete` only when the last step is done.

    Parts are added to what is complete: where that fails (no network), what was there goes on working.
    """
    started = time.monotonic()
    state = read_state(venv) or {}
    parts = {OFFICE, *parts}
    if what in ("project", "parts", "packages") and state:
        parts |= installed_parts(state)
    if what == "fresh":
        if os.name == "nt" and len(str(root)) > WINDOWS_ROOT_LIMIT:
            say(
                f"提醒：文件夹路径有 {len(str(root))} 个字符，Windows 可能装不下，建议移到较短的路径，例如 D:\\evalkit"
            )
        if shutil.disk_usage(root).free < DISK_NEEDED * 1e9:
            say(f"提醒：磁盘剩余空间不到 {DISK_NEEDED} GB，安装可能失败。")
        say("正在建立独立的 Python 环境（.venv）……")
        remove_venv(venv)
        make_venv(venv, env, run)
    if what != "parts":
        write_state(venv, {"status": "installing"})
    if what != "project":
        install_packages(root, venv, env, run, parts)
    if what != "parts":
        editable = ["--no-index", "--no-deps", "--no-build-isolation", "-e", str(root)]
        pip(["install", "--no-input", *editable], root, venv, env, run)
    finish(root, venv, env, run, compiled=what != "project")
    now = {**fingerprint(root), "lock": digest(lock_of(root, parts)), "parts": sorted(parts)}
    write_state(venv, {**now, "status": "complete", "python": sys.version.split()[0]})
    say(f"环境已就绪（用时 {time.monotonic() - started:.0f} 秒）。")


def install_packages(
    root: Path, venv: Path, env: Mapping[str, str], run: Run, parts: Iterable[str]
) -> None:
    """The packages of some parts, at the versions and with the hashes of the lock.

    The lock is complete, so that pip need not look for what a package declares (``--no-deps``).
    """
    offline = ["--no-index", "--find-links", str(root / WHEELS)] if (root / WHEELS).is_dir() else []
    named = "；".join(NAMES[part] for part in NAMES if part in set(parts))
    how = "（用 wheels 文件夹，不上网）" if offline else "，需要一两分钟"
    say(f"正在安装软件包（{named}）{how}……")
    lock = lock_of(root, parts)
    listed = venv / "packages.lock"
    listed.write_text(lock, encoding="utf-8", newline="\n")
    how_to = ["--no-compile", "--no-input", "--no-deps", *offline]
    command = ["install", *how_to, "--require-hashes", "-r", str(listed)]
    pip(command, root, venv, env, run, total=len(PACKAGE_LINE.findall(lock)))


def ensure(
    root: Path, venv: Path, env: Mapping[str, str], run: Run, parts: Iterable[str] = (OFFICE,)
) -> None:
    if what_to_do(root, venv, env, run, parts) == "ready":
        return
    with one_at_a_time(root):
        what = what_to_do(root, venv, env, run, parts)  # another window may have done it meanwhile
        if what != "ready":
            install(what, root, venv, env, run, parts)


# The jobs


def test(root: Path, python: str, args: list[str], env: Mapping[str, str], run: Run) -> int:
    """ruff, its formatter, mypy and pytest, always all; the worst exit code.

    pytest comes last: its line closes the output, unless a check before it failed; that one is
    named once more, since a green last line above an exit code of 1 tells nobody what to mend.
    """
    codes = {}
    checks = {
        "ruff": ["ruff", "check", "--output-format", "concise", "."],
        "format": ["ruff", "format", "--check", "."],
        "mypy": ["mypy", "src"],
    }
    for name, command in checks.items():
        say(f"== {name}")
        codes[name] = run([python, "-m", *command], env, cwd=root)
    say(
        "== "
        + "，".join(f"{name} {'通过' if code == 0 else '未通过'}" for name, code in codes.items())
        + "；pytest"
    )
    codes["pytest"] = run(
        [python, "-m", "pytest", "-n", "2", "--dist", "loadscope", *args], env, cwd=root
    )
    if any(codes[name] for name in checks):
        failed = "、".join(name for name in codes if codes[name])
        say(f"== 未通过：{failed}（原因在上面 / see above）")
    return max(codes.values())


def lab(root: Path, python: str, args: list[str], env: Mapping[str, str], run: Run) -> int:
    """JupyterLab over the project folder, opened at the tour (or at the folder of notebooks)."""
    tour = root / "notebooks" / "tour.ipynb"
    url = "/lab/tree/notebooks" + ("/tour.ipynb" if tour.exists() else "")
    say("正在打开 JupyterLab；结束时在本窗口按 Ctrl+C。")
    options = [f"--ServerApp.root_dir={root}", f"--LabApp.default_url={url}"]
    return run([python, "-m", "jupyterlab", *options, *LAB_WITHOUT_NETWORK, *args], env, cwd=root)


def bundle(root: Path, python: str, args: list[str], env: Mapping[str, str], run: Run) -> int:
    """The locked packages as wheels in `wheels/`, for a computer without a network (also of another system)."""
    options = dict(zip(args[::2], args[1::2], strict=False))
    parts = set(re.split("[,，、]", options.pop("--parts", ",".join(NAMES))))
    if len(args) % 2 or set(options) - {"--platform", "--python"} or parts - set(NAMES):
        raise CannotStart(
            "用法：python start.py bundle [--platform win_amd64] [--python 3.12] [--parts office,lab]\n"
            "部分有：" + "、".join(f"{part}（{name}）" for part, name in NAMES.items())
        )
    lock = root / ".evalkit" / "bundle.lock"
    lock.parent.mkdir(exist_ok=True)
    lock.write_text(lock_of(root, parts), encoding="utf-8", newline="\n")
    download = ["download", "--require-hashes", "--only-binary", ":all:", "--no-deps"]
    if options:
        platform = options.get("--platform", "win_amd64")
        version = options.get("--python", "%d.%d" % sys.version_info[:2])
        there = lock.with_name(f"bundle-{platform}-{version}.lock")
        code = run([python, "-c", MARKERS_SCRIPT, str(lock), str(there), platform, version], env)
        if code != 0:
            return code
        lock = there
        download += ["--platform", platform, "--python-version", version, "--implementation", "cp"]
    say("正在下载安装包到 wheels 文件夹……")
    wheels = ["-r", str(lock), "-d", str(root / WHEELS)]
    code = run([python, "-m", "pip", *download, *wheels], env, cwd=root)
    if code == 0:
        say("完成。把整个文件夹（不含 .venv）拷到目标电脑，再运行 python start.py doctor 即可。")
    return code


def install_parts(
    words: list[str], root: Path, venv: Path, env: Mapping[str, str], run: Run
) -> int:
    """Parts before a command asks for them, for a computer that will have no network later."""
    parts = set(NAMES) if words == ["all"] else set(words)
    if not words or parts - set(NAMES):
        lines = [f"  {part:<8} {name}" for part, name in NAMES.items()]
        raise CannotStart(
            "用法：python start.py install 部分，全部写 all；部分有：\n" + "\n".join(lines)
        )
    ensure(root, venv, env, run, (OFFICE, *parts))
    say("已安装：" + "；".join(NAMES[part] for part in NAMES if part in {OFFICE, *parts}))
    return 0


def evidence(root: Path, python: str, args: list[str], env: Mapping[str, str], run: Run) -> int:
    """docs/evidence.md anew: recomputed cells, published statistics, speed."""
    return run([python, str(root / "benchmarks" / "evidence.py"), *args], env, cwd=root)


JOBS = {"evidence": evidence, "test": test, "lab": lab, "bundle": bundle}


def menu(args: list[str], root: Path, run: Run, ask: Callable[[str], str] = input) -> int:
    """What a double click on 开始.bat offers; folders dropped on it are checked. Windows closes the window at the end."""
    problems = str(root / "reports" / "问题清单.xlsx")
    code = 0
    try:
        if args:
            code = main(["check", *args, "--out", problems], root, run)
            ask("按回车键关闭……")
            return code
        choices = [("检查台账", ["check"]), ("生成年度报告", ["report"]), ("打开工作台", ["lab"])]
        choices.append(("填写设置", ["setup"]))
        if (root / "notebooks" / "whatif.ipynb").exists():
            choices.append(("经费测算", ["whatif"]))
        while True:
            say("\n两新组织党建评估研究工作台\n")
            for n, (label, _) in enumerate(choices, 1):
                say(f"  {n}  {label}")
            say("  0  退出\n")
            answer = (
                ask("请输入数字，按回车：")
                .strip()
                .translate({0xFF10 + i: 48 + i for i in range(10)})
            )
            if answer in ("0", "q", "Q"):
                return code
            if answer not in [str(n) for n in range(1, len(choices) + 1)]:
                say("没有这一项。")
                continue
            command = choices[int(answer) - 1][1]
            if command == ["check"]:
                folder = (
                    ask("把台账文件夹拖到这里再按回车（直接回车则检查 data/raw）：")
                    .strip()
                    .strip("\"'")
                )
                command = ["check", folder or str(root / "data" / "raw"), "--out", problems]
            code = main(command, root, run)
    except EOFError:
        return code


def main(argv: list[str], root: Path = ROOT, run: Run = run_command) -> int:
    prepare_console()
    if not argv or argv[0] in ("-h", "--help", "help"):
        say(HELP)
        return 0
    if argv[0] == "menu":
        return menu(argv[1:], root, run)
    venv = root / ".venv"
    env = child_environment(root, venv, os.environ)
    try:
        if argv[0] == "install":
            return install_parts(argv[1:], root, venv, env, run)
        asks_only = argv[0] not in JOBS and "--help" in argv
        ensure(root, venv, env, run, (OFFICE,) if asks_only else PARTS.get(argv[0], (OFFICE,)))
        python = str(venv_python(venv))
        job = JOBS.get(argv[0])
        if job is not None:
            return job(root, python, argv[1:], env, run)
        return run([python, "-m", "evalkit.cli", *argv], env)
    except CannotStart as problem:
        say(str(problem))
        return 2
    except OSError as error:
        say(f"无法继续：{error}\n请检查这个文件夹能不能写入、磁盘是否已满：{root}")
        return 2
    except KeyboardInterrupt:
        say("\n已中断。安装若未完成，下次运行会自动重来。")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
