"""Files are written whole or not at all, and an open one is never lost."""

from __future__ import annotations

import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from evalkit.problems import InputError, Problem, visible

WAITS = (
    0.05,
    0.1,
    0.2,
    0.4,
    0.8,
)  # seconds between attempts at a file that a scanner or an index has open for a moment
CLOSE_IT = "请关闭打开着这个文件的程序（如 Excel、WPS、正在运行的笔记本）后再运行；原来的内容没有动"


def safe_name(text: str) -> str:
    """A file name for an area on any system and in a link: no separators, no reserved characters, no trailing dot."""
    name = re.sub(r'[\\/:*?"<>|#%\x00-\x1f]+', "_", visible(text)).strip(" .")[:60]
    return (
        f"_{name}" if not name or re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", name) else name
    )


def files_below(folder: Path) -> list[Path]:
    """The ordinary files below a folder, links to folders followed once, in the order of their paths."""
    found: list[Path] = []
    seen: set[str] = set()
    for at, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(at)
        folders[:] = [] if real in seen else folders
        names = [] if real in seen else names
        seen.add(real)
        found += [path for path in (Path(at) / name for name in names) if path.is_file()]
    return sorted(found)


def patiently(act: Callable[[], Any]) -> Any:
    """What `act` returns; tried again for a moment where the system refuses, as Windows does with files that are open."""
    for wait in WAITS:
        try:
            return act()
        except PermissionError:
            time.sleep(wait)
    return act()


def replace(made: Path, target: Path) -> None:
    """Put a finished file or folder in the place of another; `InputError` where that one stays open in another program."""
    try:
        patiently(lambda: os.replace(made, target))
    except PermissionError as error:
        raise InputError(Problem("output_locked", file=str(target), advice=CLOSE_IT)) from error


def synced(path: Path) -> None:
    """Wait until a file is on the disk: a name must never lead to content that a power cut takes away."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def put(
    path: Path,
    content: bytes | str | Callable[[Path], Any],
    avoid: Iterable[Path] = (),
    keep: bool = False,
) -> Path:
    """Write a file in one step: a reader sees the old one or the new one.

    Parameters
    ----------
    content
        Bytes, text (UTF-8), or a function that writes the file it is given.
    avoid, keep
        As in `place`.

    Returns
    -------
    Where it stands. An unwritable folder or a full disk is an `InputError`; nothing half-written stays.
    """
    if "\0" in str(path):
        raise InputError(
            Problem(
                "output_unwritable",
                file=str(path).replace("\0", "�"),
                found="文件名里有不能用的字符",
            )
        )
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-", suffix=path.suffix)
        os.close(handle)
        temporary = Path(name)
        if callable(content):
            content(temporary)
        else:
            temporary.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        synced(temporary)
        temporary.chmod(usual_mode())
        return place(temporary, path, avoid, keep)
    except OSError as error:
        advice = "请检查文件夹的写权限和磁盘空间，或换一个文件夹"
        raise InputError(
            Problem("output_unwritable", file=str(path), found=str(error), advice=advice)
        ) from error
    finally:
        if temporary:
            temporary.unlink(missing_ok=True)


def place(made: Path, target: Path, avoid: Iterable[Path] = (), keep: bool = False) -> Path:
    """Put a finished file in its place; beside it, as ``名称（2）``, where the old one is open in another program (Windows).

    `avoid`: files that are not written over; `keep`: nor is any other content.
    """
    avoided = {Path(os.path.realpath(p)) for p in avoid}
    for n in range(1, 100):
        at = target if n == 1 else target.with_stem(f"{target.stem}（{n}）")
        kept = keep and at.exists() and at.read_bytes() != made.read_bytes()
        if at.is_dir() or Path(os.path.realpath(at)) in avoided or kept:
            continue
        try:
            patiently(lambda at=at: os.replace(made, at))  # type: ignore[misc]
            return at
        except PermissionError:
            if not at.exists():
                raise
    raise InputError(
        Problem("output_locked", file=str(target), advice="请关闭打开着的旧文件后再试")
    )


def usual_mode(folder: bool = False) -> int:
    """The mode that the user's umask gives a new file or folder: 0600 under umask 077, not readable by others."""
    mask = os.umask(
        0o077
    )  # asking means setting: what another thread makes meanwhile is too private, never too open
    os.umask(mask)
    return (0o777 if folder else 0o666) & ~mask


def is_regular(path: str | Path) -> bool:
    """Whether a path (links followed) is an ordinary file; a pipe would hang a reader and a device never end."""
    return stat.S_ISREG(os.stat(path).st_mode)


def regular_bytes(path: Path, limit: int) -> bytes:
    """The bytes of an ordinary file; anything else, or more than `limit` bytes, is an `InputError`; so is what cannot be read."""
    try:
        if not is_regular(path):
            folder = "这是文件夹" if path.is_dir() else "这是管道、设备一类，不是普通文件"
            raise InputError(
                Problem("file_unreadable", file=path.name, found=folder, advice="请给出普通文件")
            )
        if (size := path.stat().st_size) > limit:
            most = (
                f"不超过{limit // 1000:,} KB"
                if limit < 10_000_000
                else f"不超过{limit // 1_000_000} MB"
            )
            raise InputError(
                Problem(
                    "file_unreadable",
                    file=path.name,
                    found=f"文件过大（{size:,}字节）",
                    allowed=most,
                )
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            Problem("file_unreadable", file=path.name, found="没有这个文件", advice="请核对路径")
        ) from None
    except OSError as error:
        found = f"打不开（{error.strerror or error}）"
        raise InputError(
            Problem(
                "file_unreadable", file=path.name, found=found, advice="请检查权限，或换一个文件"
            )
        ) from error
