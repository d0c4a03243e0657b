"""Sentences as templates in files that an official can read and change.

A text (``texts/coverage.md``) is a Jinja2 template with a grammar of lines above it::

    # 组织覆盖                                    what the text is called
    - 有单位{{ amount("units") }}                 a sentence begins with a dash
      {{ moved("units") }}                        its clauses stand below, indented, one a line
      ；其中企业{{ amount("units_enterprise") }}
                                                  a blank line begins a new paragraph
    ---                                           what stands above is told in a short version too

Clauses are joined by ，, unless one begins with a mark of its own (；（), and a full stop closes the sentence. A clause
whose facts are not known falls out, and with its first clause the whole sentence. Lines that hold nothing but a tag
(``{% if ... %}``) are Jinja's.

``texts/phrases.md`` holds turns of phrase as macros (``{% macro full() %}已达到100%{% endmacro %}``).

A project's ``texts/templates/<name>.md`` stands for the packaged file of the same name. Templates run in a sandbox; facts
are values, never templates: braces in a name stay what they are.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from numbers import Integral
from pathlib import Path
from typing import Any, NoReturn

from jinja2 import BaseLoader, Environment, StrictUndefined, Template, nodes
from jinja2.exceptions import (
    SecurityError,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.ext import Extension
from jinja2.meta import find_undeclared_variables
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world.number import count
from evalkit.world.yaml import read_text

PACKAGED = Path(__file__).with_name("texts")
PHRASES = "phrases"
OWN_MARKS = "；（"  # a clause that begins with one of these needs no comma before it
LONGEST = 200_000  # characters of a text
TELLER = "_teller"  # the name of the teller inside a template


class Unknown(Exception):
    """A fact that a clause needs is not known: the clause is not told."""


class UnknownName(Exception):
    """A template names a measure, an indicator or the like that there is not."""

    def __init__(self, name: str, known: Any) -> None:
        super().__init__(name)
        self.name, self.known = name, tuple(known)


class _NotThere(StrictUndefined):
    """A name that a template uses and nobody knows: any use of it says which."""

    def _told(self, *args: Any, **options: Any) -> NoReturn:
        raise UnknownName(str(self._undefined_name), ())

    __str__ = __iter__ = __len__ = __eq__ = __ne__ = __bool__ = __hash__ = __contains__ = _told
    __call__ = __getitem__ = __add__ = __radd__ = __lt__ = __le__ = __gt__ = __ge__ = _told

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        self._told()


def no_unit(amounts: list[float]) -> None:
    """The common unit of money where nobody chooses one."""


def no_functions(teller: Teller) -> dict[str, Any]:
    """The functions of a text that needs none."""
    return {}


@dataclass
class Teller:
    """What a text has told so far. Functions of a template ask it for the unit of money of the present sentence."""

    size_of: Callable[[list[float]], Any] = no_unit
    amounts: list[float] = field(default_factory=list)
    money: Any = None
    name: str = ""
    paragraphs: list[list[str]] = field(default_factory=lambda: [[]])
    brief: int | None = None  # how many sentences a short version takes
    _clauses: list[str] | None = None
    _silent: bool = False

    def sentence(self, caller: Callable[[], str]) -> str:
        """A sentence; told again where it has amounts of money, now that their common unit is known."""
        self.amounts, self.money = [], None
        clauses = self._told(caller)
        if self.amounts:
            self.money = self.size_of(self.amounts)
            clauses = self._told(caller)
        if clauses:
            self.paragraphs[-1].append(_joined(clauses))
        return ""

    def _told(self, caller: Callable[[], str]) -> list[str]:
        self._clauses, self._silent = [], False
        caller()
        told, self._clauses = self._clauses, None
        return told

    def clause(self, caller: Callable[[], str], first: bool) -> str:
        if self._silent or self._clauses is None:
            return ""
        try:
            text = caller().strip()
        except Unknown:
            self._silent = first
            return ""
        if text:
            self._clauses.append(text)
        return ""

    def paragraph(self) -> None:
        if self.paragraphs[-1]:
            self.paragraphs.append([])

    def end_of_brief(self) -> None:
        self.brief = sum(map(len, self.paragraphs))


def _joined(clauses: list[str]) -> str:
    first, *rest = clauses
    text = first[1:] if first[0] == "；" else first
    return text + "".join(clause if clause[0] in OWN_MARKS else f"，{clause}" for clause in rest)


@dataclass(frozen=True)
class Told:
    """A text as told: sentences without their full stop, by paragraph."""

    name: str
    paragraphs: tuple[tuple[str, ...], ...]
    brief: int | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(sentence for paragraph in self.paragraphs for sentence in paragraph)

    @property
    def texts(self) -> list[str]:
        """The paragraphs, each a text."""
        return ["".join(f"{s}。" for s in paragraph) for paragraph in self.paragraphs]

    @property
    def text(self) -> str:
        """All sentences in one text."""
        return "".join(self.texts)

    @property
    def short(self) -> str:
        """The sentences of the short version."""
        return "".join(f"{s}。" for s in self.sentences[: self.brief])


# the grammar of lines


class _NoSentence(TemplateSyntaxError):
    """A line that belongs to no sentence, told in Chinese."""


_COMMENT = re.compile(r"\{#.*?#\}", re.S)
_TAG = re.compile(r"\{%(?:(?!%\}).)*%\}")
_WORD = re.compile(r"\{%-?\s*(\w+)")
_MACRO = re.compile(r"\{%-?\s*macro\b")
_END_OF_MACRO = re.compile(r"\{%-?\s*endmacro\s*-?%\}")


def _lines(source: str) -> str:
    """The same template with tags for sentences and clauses; every line stays on its line."""
    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), source.replace("\r\n", "\n"))
    out: list[str] = []
    inside = False  # a sentence is open
    within = False  # a macro over several lines
    last = -1  # the last line of the open sentence

    tags = _OpenTags()

    def close() -> None:
        nonlocal inside
        if inside:
            tags.end_of_sentence()
            out[last] += "{% endsentence %}"
            inside = False

    for number, line in enumerate(text.split("\n"), start=1):
        plain, indented = line.strip(), line[:1] in (" ", "\t")
        if not (indented and inside) and not within:
            close()
        if within or (_MACRO.match(plain) and not inside):
            within = not _END_OF_MACRO.search(plain)
            out.append(plain)
            continue
        if not plain:
            out.append("{% paragraph %}" if out else "")
            continue
        is_tag = _TAG.fullmatch(plain) is not None
        if is_tag:
            tags.meet(plain, number)
        if indented and inside:
            out.append(plain if is_tag else _clause(plain))
        elif plain == "-" or line.startswith("- "):
            rest = plain[1:].strip()
            tags.sentence()
            out.append("{% sentence %}" + (_clause(rest, first=True) if rest else ""))
            inside = True
        elif plain == "---":
            out.append("{% brief %}")
        elif line.startswith("# "):
            out.append(f"{{% title %}}{plain[1:].strip()}{{% endtitle %}}")
        elif is_tag:
            out.append(plain)
        else:
            raise _NoSentence("这一行不在句子里：句子以“- ”开头，接着的分句另起一行并缩进", number)
        if inside:
            last = len(out) - 1
    close()
    tags.end()
    return "\n".join(out)


class _OpenTags:
    """The tags that wait for their end: a sentence closes all that were opened in it."""

    def __init__(self) -> None:
        self._open: list[tuple[str, int]] = []
        self._outside = 0  # opened before the sentence

    def meet(self, tag: str, line: int) -> None:
        word = _WORD.match(tag)
        name = word[1] if word else ""
        if name in ("if", "for"):
            self._open.append((name, line))
        elif name in ("endif", "endfor"):
            if len(self._open) <= self._outside or self._open[-1][0] != name[3:]:
                raise _NoSentence(f"{{% {name} %}} 前面没有与它成对的 {{% {name[3:]} %}}", line)
            self._open.pop()

    def sentence(self) -> None:
        self._outside = len(self._open)

    def end_of_sentence(self) -> None:
        self._check(self._outside)
        self._outside = 0

    def end(self) -> None:
        self._check(0)

    def _check(self, depth: int) -> None:
        if len(self._open) > depth:
            name, line = self._open[-1]
            raise _NoSentence(f"{{% {name} %}} 没有与它成对的 {{% end{name} %}}", line)


def _clause(text: str, first: bool = False) -> str:
    tag = "opening" if first else "clause"
    return f"{{% {tag} %}}{text}{{% end{tag} %}}"


class Lines(Extension):
    """Sentences, clauses, paragraphs, the title of a text and the end of its short version."""

    tags = {"sentence", "clause", "opening", "paragraph", "brief", "title"}  # noqa: RUF012

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _lines(source)

    def parse(self, parser: Parser) -> nodes.Node:
        token = next(parser.stream)
        tag, context = token.value, nodes.ContextReference()
        if tag in ("paragraph", "brief"):
            call = self.call_method(f"_{tag}", [context], lineno=token.lineno)
            return nodes.Output([call], lineno=token.lineno)
        body = parser.parse_statements((f"name:end{tag}",), drop_needle=True)
        call = self.call_method(f"_{tag}", [context], lineno=token.lineno)
        return nodes.CallBlock(call, [], [], body).set_lineno(token.lineno)

    def _sentence(self, context: Context, caller: Callable[[], str]) -> str:
        told: str = context[TELLER].sentence(caller)
        return told

    def _opening(self, context: Context, caller: Callable[[], str]) -> str:
        told: str = context[TELLER].clause(caller, first=True)
        return told

    def _clause(self, context: Context, caller: Callable[[], str]) -> str:
        told: str = context[TELLER].clause(caller, first=False)
        return told

    def _title(self, context: Context, caller: Callable[[], str]) -> str:
        context[TELLER].name = caller()
        return ""

    def _paragraph(self, context: Context) -> str:
        if TELLER in context:
            context[TELLER].paragraph()
        return ""

    def _brief(self, context: Context) -> str:
        context[TELLER].end_of_brief()
        return ""


def _finalize(value: Any) -> Any:
    """What stands in a text: a whole number with its thousands marked, as in every table; years are words already."""
    if value is None:
        raise Unknown
    if isinstance(value, Integral) and not isinstance(value, bool):
        return count(value)
    return value


# the texts of a project


def names() -> list[str]:
    """The texts there are."""
    return sorted(path.stem for path in PACKAGED.glob("*.md"))


class _Sandbox(ImmutableSandboxedEnvironment):
    """A sandbox in which nothing can grow without end either."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or not all(isinstance(side, int | float) for side in (left, right)):
            raise SecurityError(operator)
        return super().call_binop(context, operator, left, right)


class _Loader(BaseLoader):
    """A project's file where it has one, else the packaged."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        if name != Path(name).name:
            raise TemplateNotFound(name)
        own = self.folder / f"{name}.md" if self.folder else None
        return own if own and own.is_file() else PACKAGED / f"{name}.md"

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        path = self.path(template)
        if not path.is_file():
            raise TemplateNotFound(template)
        stamp = path.stat().st_mtime_ns
        text = read_text(path)
        if len(text) > LONGEST:
            raise _NoSentence(f"文件太长，最多{LONGEST:,}字", 1)

        def fresh() -> bool:
            return (
                self.path(template) == path and path.is_file() and path.stat().st_mtime_ns == stamp
            )

        return text, str(path), fresh


@dataclass(frozen=True)
class Texts:
    """The texts of a project: its own files where it has them, else the packaged ones."""

    folder: Path | None = None

    @cached_property
    def _environment(self) -> _Sandbox:
        found = _Sandbox(
            loader=_Loader(self.folder),
            undefined=_NotThere,
            finalize=_finalize,
            autoescape=False,
            auto_reload=self.folder is not None,
            extensions=[Lines],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        return found

    def _template(self, name: str) -> Template:
        try:
            return self._environment.get_template(name)
        except TemplateSyntaxError as error:
            self._faulty(name, error.lineno, _in_chinese(error))

    def compile_all(self) -> None:
        """Every text and phrase made ready, so that the processes that follow need not."""
        for name in names():
            self._template(name)
        self._template(PHRASES).module  # noqa: B018

    def tell(
        self,
        name: str,
        facts: Mapping[str, Any],
        size_of: Callable[[list[float]], Any] = no_unit,
        functions: Callable[[Teller], Mapping[str, Any]] = no_functions,
    ) -> Told:
        """A text with its facts.

        Parameters
        ----------
        name
            Of the file, without ``.md``.
        facts
            What the template may name.
        size_of
            The common unit of the amounts of money of a sentence.
        functions
            What the template may call, made for the teller.

        Raises
        ------
        InputError
            A fault in the template, with file and line.
        """
        template, teller = self._template(name), Teller(size_of)
        callables = {key: partial(self.say, key) for key in self.phrases} | dict(functions(teller))
        if clash := callables.keys() & facts.keys():
            raise AssertionError(f"facts named as functions: {sorted(clash)}")
        try:
            template.render({**callables, **facts, TELLER: teller})
        except FAULTS as error:
            self._failed(name, error)
        paragraphs = tuple(tuple(told) for told in teller.paragraphs if told)
        return Told(teller.name, paragraphs, teller.brief)

    @cached_property
    def phrases(self) -> tuple[str, ...]:
        """The names of all phrases."""
        tree = self._environment.parse(read_text(PACKAGED / f"{PHRASES}.md"))
        return tuple(node.name for node in tree.find_all(nodes.Macro))

    def say(self, key: str, /, *args: Any, **facts: Any) -> str:
        """A phrase with its facts; the packaged one where a project's ``phrases.md`` does not have it."""
        template = self._template(PHRASES)
        macro = getattr(template.module, key, None)
        if macro is None and self.folder is not None:
            return packaged().say(key, *args, **facts)
        try:
            return str(macro(*args, **facts)).strip()  # type: ignore[misc]
        except FAULTS as error:
            self._failed(PHRASES, error, template)

    def constants(self, name: str) -> set[str]:
        """The texts in quotes that a template passes to functions: codes of measures and indicators among them."""
        source = self._environment.loader.get_source(self._environment, name)[0]  # type: ignore[union-attr]
        tree = self._environment.parse(source)
        values: list[nodes.Expr] = []
        for call in tree.find_all(nodes.Call):
            values += [*call.args, *(named.value for named in call.kwargs)]
        return {code for value in values for code in _constants(value)}

    def _failed(self, name: str, error: Exception, compiled: Template | None = None) -> NoReturn:
        """A fault that shows itself only when the template runs.

        The engine gives the line of the template itself, but of a macro called from outside that of the `compiled` one.
        """
        path = self._path(name)
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
        if not frames:
            raise error
        line = frames[-1].lineno or 0
        if compiled is not None:
            line = compiled.get_corresponding_lineno(line)
        self._faulty(name, line, _in_chinese(error), _advice(error))

    def _path(self, name: str) -> Path:
        loader = self._environment.loader
        assert isinstance(loader, _Loader)
        return loader.path(name)

    def _faulty(self, name: str, line: int | None, found: str, advice: str = "") -> NoReturn:
        raise InputError(self._fault(name, line, found, advice)) from None

    def _fault(self, name: str, line: int | None, found: str, advice: str = "") -> Problem:
        path = self._path(name)
        own = self.folder is not None and path.parent == self.folder
        return Problem(
            "template_invalid",
            file=f"texts/templates/{path.name}" if own else path.name,
            where=f"第{line}行" if line else "",
            found=found,
            advice=advice or "改好这一行，或删去这个文件改用原来的文字",
        )

    def faults(self, functions: Iterable[str], codes: Iterable[str]) -> Iterator[Problem]:
        """What is wrong with a project's own files before anything is told.

        Names of files, syntax, names of facts, functions and phrases, codes of measures and indicators.

        Parameters
        ----------
        functions
            What a text with the facts of an area may call or name besides the facts of its packaged file.
        codes
            Measures and indicators there are.
        """
        if self.folder is None or not self.folder.is_dir():
            return
        every = names()
        for path in sorted(self.folder.glob("*.md")):
            if path.stem not in every:
                yield Problem(
                    "key_unknown",
                    file=f"texts/templates/{path.name}",
                    found=path.stem,
                    advice=did_you_mean(path.stem, every) or "可用的名称：" + "、".join(every),
                )
                continue
            try:
                tree = self._environment.parse(read_text(path), path.stem, str(path))
            except TemplateSyntaxError as error:
                yield self._fault(path.stem, error.lineno, _in_chinese(error))
                continue
            yield from self._unknown(path.stem, tree, frozenset(functions), frozenset(codes))

    def _unknown(
        self, name: str, tree: nodes.Template, functions: frozenset[str], codes: frozenset[str]
    ) -> Iterator[Problem]:
        """Names in a text that nobody knows."""
        usual = self._environment.parse(read_text(PACKAGED / f"{name}.md"))
        known = find_undeclared_variables(usual) | functions | {*self.phrases}
        for one in sorted(find_undeclared_variables(tree) - known - {*self._environment.globals}):
            lines = [node.lineno for node in tree.find_all(nodes.Name) if node.name == one]
            advice = did_you_mean(one, known)
            yield self._fault(name, min(lines, default=None), f"没有“{one}”", advice)
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in functions and call.args:
                for code in _constants(call.args[0]):
                    if code not in codes:
                        advice = did_you_mean(code, codes)
                        yield self._fault(name, call.lineno, f"没有“{code}”", advice)
        if name == PHRASES:
            used = {node.name for node in tree.find_all(nodes.Name)}
            for macro in tree.find_all(nodes.Macro):
                if macro.name not in {*self.phrases} | used:
                    advice = did_you_mean(macro.name, self.phrases)
                    yield self._fault(name, macro.lineno, f"没有“{macro.name}”这条说法", advice)


def _constants(argument: nodes.Expr) -> list[str]:
    """The texts in quotes of an argument: one, or a list of them."""
    try:
        given = argument.as_const()
    except nodes.Impossible:
        return []
    return [str(one) for one in (given if isinstance(given, list) else [given])]


FAULTS = (UnknownName, SecurityError, TemplateError, TypeError, ValueError, ArithmeticError)


def _in_chinese(error: Exception) -> str:
    """What is wrong in a template, in Chinese."""
    if isinstance(error, UnknownName):
        return f"没有“{error.name}”"
    if isinstance(error, SecurityError):
        return "模板里不能用这样的写法"
    if isinstance(error, _NoSentence):
        return str(error.message)
    if isinstance(error, TemplateSyntaxError):
        return "写法不对：{{ }} 和 {% %} 要成对，引号和括号也要成对"
    return f"用法不对（{error}）"


def _advice(error: Exception) -> str:
    return did_you_mean(error.name, error.known) if isinstance(error, UnknownName) else ""


@cache
def packaged() -> Texts:
    """The texts of the program."""
    return Texts()


def texts_of(folder: Path | None) -> Texts:
    """The texts of a project's folder of templates."""
    return _own(folder) if folder and folder.is_dir() else packaged()


@cache
def _own(folder: Path) -> Texts:
    return Texts(folder)
