"""Any YAML file of ours or of a user: read safely, checked by a pydantic model, every fault at once, in Chinese.

Codebook, index, stars, scheme, reform, study, evalkit.yml and mapping.yml all come through here::

    source = Source.read(path)                  # or Source.of(mapping)
    faults = Faults(source)
    scheme = faults.model(Scheme, source.content)    # None where it does not fit; the faults are collected
    faults.unknown(("components", "x"), "brnach", known)
    faults.stop()                               # one InputError with everything, or nothing

A fault names file, path and line, what stands there, what is allowed, and the nearest name.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world.number import fill
from evalkit.world.words import Words
from evalkit.world.yaml import Lines, parse_file, parse_mapping, parse_yaml, read_text, where

At = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)
LONGEST_FOUND = 300  # characters of a value that a message repeats
MOST_ALLOWED = 40  # names that a message lists


WORDS = Words.beside(__file__, "declared.yml")


@dataclass(frozen=True)
class Source:
    """A declared thing: its content, and where it stands.

    Attributes
    ----------
    content
        What the YAML says; any plain value.
    file
        Name of the file, empty for a mapping given in Python.
    lines
        Gives the line of a path; None without a file.
    inside
        Where in the file the content stands: a file may hold several indexes under their names.
    """

    content: Any
    file: str = ""
    lines: Lines | Callable[[At], int | None] | None = None
    inside: At = ()

    @classmethod
    def of(cls, content: Any) -> Source:
        """A mapping given in Python."""
        return cls(content)

    @classmethod
    def read(cls, path: Path) -> Source:
        """A YAML file; what cannot be parsed at all is an `InputError`."""
        text = read_text(path)
        return cls._made(parse_file(path, text), text, path.name)

    @classmethod
    def parse(cls, text: str, file: str) -> Source:
        """The same of a text."""
        return cls._made(parse_yaml(text, file), text, file)

    @classmethod
    def _made(cls, parsed: tuple[Any, list[Problem]], text: str, file: str) -> Source:
        content, problems = parsed
        if problems:
            raise InputError(problems)
        return cls(content, file, Lines(text))

    def under(self, key: str) -> Source:
        """What stands under a key of the mapping."""
        return Source(self.content[key], self.file, self.lines, (*self.inside, key))

    def place(self, path: At) -> str:
        """Path and line, as a message names them."""
        whole = (*self.inside, *path)
        return where(whole if not self.file else path, self.lines(whole) if self.lines else None)


@dataclass
class Faults:
    """Collects what is wrong with one declared thing; nothing is raised before `stop`."""

    source: Source = field(default_factory=lambda: Source({}))
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def read_mapping(cls, path: Path) -> Faults:
        """Those of a YAML file that holds ``名称: 内容`` (or nothing): what its text has wrong, keys that stand twice too."""
        text = read_text(path)
        content, problems = parse_mapping(text, path.name)
        return cls(Source(content, path.name, Lines(text)), problems)

    def add(
        self, code: str, path: At, found: object = "", allowed: str = "", advice: str = ""
    ) -> None:
        self.problems.append(
            Problem(
                code,
                file=self.source.file,
                where=self.source.place(path),
                found="（空）" if found is None else str(found)[:LONGEST_FOUND],
                allowed=allowed,
                advice=advice,
            )
        )

    def invalid(self, path: At, found: object, allowed: str, advice: str = "") -> None:
        """A value that does not fit."""
        self.add("value_invalid", path, found, allowed, advice)

    def missing(self, path: At, allowed: str, found: object = "") -> None:
        """Something that must stand there."""
        self.add("key_missing", path, found, allowed)

    def unknown(
        self,
        path: At,
        word: object,
        known: Iterable[object],
        code: str = "key_unknown",
        allowed: str = "",
    ) -> None:
        """A name that is not among those known: those (or `allowed`, which says what they are), and the nearest."""
        names = [str(name) for name in known]
        listed = "、".join(names[:MOST_ALLOWED]) + ("…" if len(names) > MOST_ALLOWED else "")
        self.add(code, path, word, allowed or listed, did_you_mean(str(word), names))

    def mapping(self, path: At, given: Any) -> Mapping[Any, Any]:
        """`given` where it is a mapping; else a fault and an empty one."""
        if isinstance(given, Mapping):
            return given
        self.invalid(path, "没有内容" if given is None else given, WORDS["shapes"]["mapping"])
        return {}

    def model(self, model: type[M], given: Any, path: At = ()) -> M | None:
        """The checked model; None, with every fault told, where `given` does not fit."""
        try:
            return model.model_validate(given)
        except ValidationError as errors:
            for error in errors.errors():
                self._tell(error, model, path)
            return None

    def fitting(self, model: type[M], given: Any, path: At = ()) -> M:
        """The model of what fits: every fault is told, and the entry that has it is left out.

        For a mapping whose parts are checked further (a tree, say), so that the faults below it come at once too.
        Every field of the model has a default.
        """
        entries = self.mapping(path, given)
        try:
            return model.model_validate(entries)
        except ValidationError as errors:
            found = errors.errors()
        for error in found:
            self._tell(error, model, path)
        bad = {error["loc"][0] for error in found}
        fits = {k: v for k, v in entries.items() if isinstance(k, str) and k not in bad}
        return model.model_validate(fits)

    def _tell(self, error: ErrorDetails, model: type[BaseModel], path: At) -> None:
        """A pydantic error in the words of the person who wrote the file."""
        loc = tuple(part for part in error["loc"] if not _is_branch(part))
        at, kind, found = (*path, *loc), error["type"], error.get("input")
        if kind == "missing":
            self.missing(at, f"{loc[-1]}: …")
        elif kind in ("extra_forbidden", "invalid_key"):
            self.unknown((*path, *loc[:-1], str(loc[-1])), loc[-1], fields_at(model, loc[:-1]))
        elif kind == "literal_error":
            self.unknown(at, found, choices_at(model, loc), code="value_invalid")
        elif kind == ONE_OF:
            self.unknown(at, found, error["ctx"]["choices"], code="value_invalid")
        else:
            self.invalid(at, found, in_chinese(error))

    def stop(self) -> None:
        """Raise everything that was collected, if anything was."""
        if self.problems:
            raise InputError(self.problems)


ONE_OF = "one_of"  # the kind of a fault whose context holds the `choices`
_PYDANTIC = frozenset(get_args(ErrorType))


def in_chinese(error: Mapping[str, Any]) -> str:
    """What a value must be where it is not, from an error of pydantic or of a validator of ours.

    Ours speak Chinese already: a ``PydanticCustomError`` by its message, a ``ValueError`` by its text.
    """
    kind, context = error["type"], error.get("ctx", {})
    if kind not in _PYDANTIC:
        return str(error["msg"])
    if kind in ("value_error", "assertion_error"):
        return str(context["error"])
    words = WORDS["errors"]
    return fill(str(words.get(kind, words["other"])), **context)


def checked(model: type[M], source: Source) -> M:
    """A declared thing by its model alone; every fault in one `InputError`."""
    faults = Faults(source)
    made = faults.model(model, source.content)
    faults.stop()
    assert made is not None
    return made


def fields_at(model: type[BaseModel], path: At) -> list[str]:
    """The keys that may stand at a path of a model, by their written names (none where nothing can stand there)."""
    found: Any = model
    for part in path:
        found = next(_steps(found, part), None)
        if found is None:
            return []
    return [key for one in _models_in(found) for key in _keys_of(one)]


def _keys_of(model: type[BaseModel]) -> list[str]:
    """The keys of a model as they are written; a model whose reader gives or takes some says so in `written_keys`."""
    keys = [info.alias or name for name, info in model.model_fields.items()]
    written: Callable[[list[str]], list[str]] | None = getattr(model, "written_keys", None)
    return written(keys) if written else keys


def choices_at(model: type[BaseModel], path: At) -> list[str]:
    """The words that may stand at a path of a model whose type there is a ``Literal``."""
    found: Any = model
    for part in path:
        found = next(_steps(found, part), None)
    return [
        str(choice)
        for one in _alternatives(found)
        if get_origin(one) is Literal
        for choice in get_args(one)
    ]


def _steps(annotation: Any, part: str | int) -> Iterator[Any]:
    """What stands under a key or index of a type."""
    for one in _models_in(annotation):
        for name, info in one.model_fields.items():
            if part in (name, info.alias):
                yield info.annotation
    for one in _alternatives(annotation):
        origin, arguments = get_origin(one), get_args(one)
        if origin in (dict, Mapping) and len(arguments) == 2:
            yield arguments[1]
        elif origin in (list, tuple, Sequence) and arguments and isinstance(part, int):
            yield arguments[0]


def _alternatives(annotation: Any) -> Iterator[Any]:
    """The types of a union, without Annotated around them."""
    while hasattr(annotation, "__metadata__"):
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        for one in get_args(annotation):
            yield from _alternatives(one)
    else:
        yield annotation


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    for one in _alternatives(annotation):
        if isinstance(one, type) and issubclass(one, BaseModel):
            yield one


def _is_branch(part: str | int) -> bool:
    """Whether pydantic put the name of a union's branch into the path; no key of ours looks so."""
    return isinstance(part, str) and ("[" in part or part in _BRANCHES)


_BRANCHES = frozenset(
    {"function-before", "function-after", "function-wrap", "str", "int", "float", "bool"}
)
