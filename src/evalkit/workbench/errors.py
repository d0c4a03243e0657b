"""Errors of people: what is wrong in a cell and what to write instead, in Chinese, the traceback folded.

`explain_in` hangs into a shell of IPython, where every error of a cell is shown. An `InputError` says itself what is wrong;
of what beginners run into (Chinese punctuation, names that are not there, indentation, files that are not found) `explained`
knows the cause. Any other error looks as it always does.

Only notebooks that use Evalkit are touched: others are none of our business.
"""

from __future__ import annotations

import builtins
import inspect
import linecache
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from evalkit.problems import InputError, near
from evalkit.world.words import Words

WORDS = Words.beside(__file__, "errors.yml")
PACKAGES = {
    "ek": "import evalkit as ek",
    "evalkit": "import evalkit as ek",
    "pd": "import pandas as pd",
    "np": "import numpy as np",
    "plt": "import matplotlib.pyplot as plt",
}
VALUES = {"true": "True", "false": "False", "none": "None", "null": "None"}
PUNCTUATION = {
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "＂": '"',
    "＇": "'",
    "，": ",",
    "、": ",",
    "。": ".",
    "：": ":",
    "；": ";",
    "（": "(",
    "）": ")",
    "【": "[",
    "】": "]",
    "［": "[",
    "］": "]",
    "｛": "{",
    "｝": "}",
    "＝": "=",
    "＋": "+",
    "－": "-",
    "—": "-",
    "＊": "*",
    "×": "*",
    "÷": "/",
    "／": "/",
    "＜": "<",
    "＞": ">",
    "％": "%",
    "！": "!",
    "\u3000": " ",
    "\u00a0": " ",
}
MOST = 12  # names that a message lists
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Place:
    """A line of a cell."""

    line: int | None = None
    text: str = ""


@dataclass(frozen=True)
class Explained:
    """What is said of an error: a sentence, and the line as it should stand where that can be told."""

    said: str
    write: str = ""


# --- in a shell ----------------------------------------------------------------------------------------------------------


def explain_in(shell: Any) -> None:
    """Have a shell of IPython show errors in the reader's words; a second call changes nothing."""
    if getattr(shell, "_evalkit_explains", False):
        return
    show = shell._showtraceback

    def show_explained(kind: type, error: BaseException, lines: list[str]) -> None:
        told = lines_of(error, shell.user_ns) if _uses_evalkit(shell.user_ns) else []
        if told and getattr(shell, "kernel", None) is not None:
            shell.display_pub.publish(folded(lines))
        show(kind, error, told or lines)

    shell._showtraceback = show_explained
    shell._evalkit_explains = True


def folded(lines: Iterable[str]) -> dict[str, str]:
    """A traceback as it is folded away: HTML that opens at a click."""
    text = ANSI.sub("", "\n".join(lines))
    summary = escape(WORDS["details"])
    return {
        "text/html": f"<details><summary>{summary}</summary><pre>{escape(text)}</pre></details>",
        "text/plain": WORDS["details"],
    }


def lines_of(error: BaseException, names: Mapping[str, Any]) -> list[str]:
    """What is shown of an error of a cell: Chinese first, what Python says below; nothing where the cause is not known.

    Parameters
    ----------
    error
        As it was raised, with its traceback.
    names
        The names of the notebook; the frames of its cells have them as globals.
    """
    place = place_of(error, names)
    if isinstance(error, InputError):
        return [*([_at(place, place.text.strip())] if place.line else []), str(error)]
    found = explained(error, names, place)
    if found is None:
        return []
    said = [_at(place, found.said)]
    if place.text.strip():
        said.append(f"    {place.text.strip()}")
    if found.write:
        said.append(WORDS.say("write", write=found.write))
    return [*said, f"{type(error).__name__}: {error}"]


def _at(place: Place, said: str) -> str:
    return WORDS.say("at", line=place.line, said=said) if place.line else said


def _uses_evalkit(names: Mapping[str, Any]) -> bool:
    return any(
        (
            value.__name__
            if isinstance(value, ModuleType)
            else getattr(value, "__module__", None) or ""
        ).partition(".")[0]
        == "evalkit"
        for value in list(names.values())
        if isinstance(value, ModuleType | type) or callable(value)
    )


def place_of(error: BaseException, names: Mapping[str, Any]) -> Place:
    """The line of the cell that an error comes from: the innermost one."""
    if isinstance(error, SyntaxError):
        return Place(error.lineno, (error.text or "").rstrip("\n"))
    found = Place()
    for frame, line in _frames(error.__traceback__):
        if frame.f_globals is names:
            found = Place(line, linecache.getline(frame.f_code.co_filename, line).rstrip("\n"))
    return found


def _frames(trace: TracebackType | None) -> Iterable[tuple[Any, int]]:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


# --- what is wrong ---------------------------------------------------------------------------------------------------------


def explained(error: BaseException, names: Mapping[str, Any], place: Place) -> Explained | None:
    """What is wrong and what to write; None where the cause is not one of those known."""
    for kind in type(error).__mro__:
        if kind in _EXPLAIN:
            return _EXPLAIN[kind](error, names, place)
    return None


def _say(key: str, write: str = "", **facts: Any) -> Explained:
    return Explained(WORDS.say(key, **facts), write)


def _syntax(error: SyntaxError, _: Mapping[str, Any], place: Place) -> Explained:
    message, line = str(error.msg), place.text.strip()
    repaired, found = with_ascii_punctuation(line)
    if found:
        return _say("syntax.punctuation", repaired, found=found)
    if "unicodeescape" in message:
        return _say("syntax.path", re.sub(r"""(?<!\w)(["'])(?=[A-Za-z]:\\)""", r"r\1", line))
    if "string literal" in message:
        return _say("syntax.quote_open")
    if match := re.search(r"'(.)' was never closed", message):
        return _say("syntax.bracket_open", found=match[1])
    if match := re.search(r"unmatched '(.)'|closing parenthesis '(.)'", message):
        return _say("syntax.bracket_extra", found=match[1] or match[2])
    if message.startswith("expected ':'"):
        return _say("syntax.colon", f"{line}:")
    if "instead of '='" in message:
        return _say("syntax.equals", re.sub(r"(?<![=<>!])=(?!=)", "==", line, count=1))
    if "forgot a comma" in message:
        return _say("syntax.comma")
    if match := re.search(r"(?<![\w.\"'])\d[\d.]*([^\W\d_]+)", line):
        return _say("syntax.unit", found=match[1])
    if "incomplete input" in message:
        return _say("syntax.incomplete")
    if "cannot assign" in message:
        return _say("syntax.assign")
    return _say("syntax.other")


def with_ascii_punctuation(line: str) -> tuple[str, str]:
    """A line with English punctuation outside of its texts, and the first mark that was none.

    >>> with_ascii_punctuation('ek.load（“2025”）')
    ('ek.load("2025")', '（')
    """
    out, first, inside = [], "", ""
    for mark in line:
        plain = PUNCTUATION.get(mark, mark)
        if inside:
            # a text that a Chinese quote opened is closed by one, or by the plain quote that it stands for
            closes = plain == PUNCTUATION.get(inside, inside) and (
                mark == inside or inside in PUNCTUATION
            )
            out.append(plain if closes else mark)
            inside = "" if closes else inside
            continue
        if mark == "#":
            return "".join(out) + line[len(out) :], first
        if plain in "\"'":
            inside = mark
        first = first or (mark if plain != mark else "")
        out.append(plain)
    return "".join(out), first


def _indent(error: IndentationError, names: Mapping[str, Any], place: Place) -> Explained:
    message = str(error.msg)
    if "expected an indented block" in message:
        return _say("indent.missing", f"    {place.text.strip()}")
    if "unexpected indent" in message:
        return _say("indent.more", place.text.strip())
    return _say("indent.uneven")


def _name(error: NameError, names: Mapping[str, Any], place: Place) -> Explained | None:
    found = error.name or ""
    if found in PACKAGES:
        return _say("name.package", PACKAGES[found], found=found)
    if found.lower() in VALUES:
        return _say("name.value", VALUES[found.lower()], found=found)
    if any("\u4e00" <= mark <= "\u9fff" for mark in found):
        line = re.sub(
            rf"(?<![\w\"']){re.escape(found)}(?![\w\"'])", f'"{found}"', place.text.strip()
        )
        return _say("name.text", line, found=found)
    known = [name for name in (*names, *dir(builtins)) if not name.startswith("_")]
    alike = near(found, known, 1)
    if alike:
        line = re.sub(rf"\b{re.escape(found)}\b", alike[0], place.text.strip())
        return _say("name.near", line, found=found, near=_quoted(alike))
    return _say("name.other", found=found)


def _attribute(error: AttributeError, _: Mapping[str, Any], place: Place) -> Explained | None:
    found, owner = error.name or "", error.obj
    if not found:
        return None
    if owner is None:
        return _say("attribute.nothing", found=found)
    kind = owner.__name__ if isinstance(owner, ModuleType | type) else type(owner).__name__
    columns = [str(name) for name in getattr(owner, "columns", ())]
    known = [name for name in (*columns, *dir(owner)) if not name.startswith("_")]
    alike = near(found, known, 2)
    if alike:
        return _say("attribute.near", kind=kind, found=found, near=_quoted(alike))
    return _say("attribute.other", kind=kind, found=found)


def _key(error: KeyError, _: Mapping[str, Any], __: Place) -> Explained | None:
    found = str(error.args[0]) if error.args else ""
    owners = [frame.f_locals.get("self") for frame, _ in _frames(error.__traceback__)]
    columns = next((one.columns for one in owners if hasattr(one, "columns")), None)
    if columns is None:
        return _say("key.unknown", found=found)
    known = [str(name) for name in columns]
    alike = near(found, known)
    if alike:
        return _say("key.column_near", found=found, near=_quoted(alike))
    return _say("key.column", found=found, known=_listed(known))


def _file(error: OSError, _: Mapping[str, Any], place: Place) -> Explained | None:
    if not error.filename:
        return None
    path = Path(str(error.filename))
    if isinstance(error, PermissionError):
        return _say("file.denied", found=path)
    if isinstance(error, IsADirectoryError):
        return _say("file.folder", found=path)
    beside = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    alike = near(path.name, beside)
    if alike:
        return _say("file.near", found=path, near=_quoted(alike))
    return _say("file.missing", found=path, folder=Path.cwd())


def _module(error: ImportError, _: Mapping[str, Any], __: Place) -> Explained | None:
    if isinstance(error, ModuleNotFoundError):
        return _say("module.missing", found=error.name)
    match = re.match(r"cannot import name '(\w+)'", str(error))
    if match is None or error.name not in sys.modules:
        return None
    alike = near(match[1], dir(sys.modules[error.name]))
    meant = f"，最像的是{_quoted(alike)}" if alike else ""
    return _say("module.name", module=error.name, found=match[1], near=meant)


def _type(error: TypeError, names: Mapping[str, Any], _: Place) -> Explained | None:
    message = str(error)
    if match := re.match(
        r"(?:[\w.]*\.)?(\w+)\(\) got an unexpected keyword argument '(\w+)'", message
    ):
        known = _parameters(match[1], names)
        return _say("call.argument", function=match[1], found=match[2], known=_listed(known))
    if match := re.match(r"(?:[\w.]*\.)?(\w+)\(\) missing \d+ required [\w -]+: (.+)", message):
        missing = re.findall(r"'(\w+)'", match[2])
        return _say("call.missing", function=match[1], found=_listed(missing))
    if match := re.match(r"(?:[\w.]*\.)?(\w+)\(\) takes .* were given", message):
        known = _parameters(match[1], names)
        return _say("call.many", function=match[1], known=_listed(known))
    if match := re.match(r"'(\w+)' object is not callable", message):
        return _say("call.brackets", kind=match[1])
    if "not supported between instances" in message:
        return _say("call.compare")
    if re.search(r"unsupported operand|can only concatenate|must be str, not", message):
        return _say("call.types")
    return None


def _parameters(function: str, names: Mapping[str, Any]) -> list[str]:
    """The parameters of the function of a name that the notebook can call: of Evalkit, or its own."""
    found = []
    for owner in (sys.modules["evalkit"], *names.values()):
        one = owner if getattr(owner, "__name__", "") == function else None
        if one is None and isinstance(owner, ModuleType) and owner.__name__.startswith("evalkit"):
            one = getattr(owner, function, None)
        if callable(one):
            found = [name for name in inspect.signature(one).parameters if not name.startswith("_")]
            break
    return found


def _value(error: ValueError, _: Mapping[str, Any], __: Place) -> Explained | None:
    match = re.match(
        r"could not convert string to float: '(.*)'|invalid literal for int.*: '(.*)'", str(error)
    )
    return _say("call.number", found=match[1] or match[2] or "") if match else None


def _quoted(names: Iterable[str]) -> str:
    return "、".join(f"“{name}”" for name in names)


def _listed(names: list[str]) -> str:
    return "、".join(names[:MOST]) + ("等" if len(names) > MOST else "")


Explainer = Callable[[Any, Mapping[str, Any], Place], Explained | None]
_EXPLAIN: dict[type[BaseException], Explainer] = {
    IndentationError: _indent,
    SyntaxError: _syntax,
    NameError: _name,
    AttributeError: _attribute,
    KeyError: _key,
    FileNotFoundError: _file,
    PermissionError: _file,
    IsADirectoryError: _file,
    ImportError: _module,
    TypeError: _type,
    ValueError: _value,
    ZeroDivisionError: lambda *_: _say("zero"),
    IndexError: lambda *_: _say("index"),
    MemoryError: lambda *_: _say("memory"),
}
