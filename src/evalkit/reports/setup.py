"""Settings without YAML: questions in Chinese, answers checked at once, a commented ``evalkit.yml``; and their page.

``python -m evalkit.reports.setup > docs/settings.md`` writes the page. Questions, page and the comments of the file are made of
the model (`evalkit.indicators.settings.Settings`) and of ``settings.yml`` beside it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from evalkit.codebook import load_codebook
from evalkit.files import put
from evalkit.indicators import settings as model
from evalkit.indicators.project import Project, find_project
from evalkit.indicators.settings import FILE, Settings
from evalkit.problems import InputError, Problem
from evalkit.reports.estimate import scenario_of
from evalkit.reports.grading import index_of
from evalkit.scoring.index import load_index
from evalkit.scoring.making import known_to
from evalkit.world.declared import Faults, Source
from evalkit.world.yaml import parse_mapping, read_text, read_yaml

Ask = Callable[[str], str]
KEEP, CLEAR = "", ("-", "－", "—", "空", "默认")
YES, NO = ("是", "y", "yes", "true", "1"), ("否", "n", "no", "false", "0")
HEAD = """# 本项目的设置。重新回答：python start.py setup；也可以用记事本改（存成 UTF-8）。
# 前面有 # 的一行不起作用，用的是默认值；要改，去掉 # 再写值。全部设置的说明见 docs/settings.md。
"""
_SPLIT = re.compile(r"[;；\n]+")


@dataclass(frozen=True)
class Setting:
    """A setting as people meet it: what it is called, what it does, its default, and how an answer may look."""

    key: str
    name: str
    effect: str
    default: Any
    choices: Mapping[str, str]
    example: str
    form: str

    @property
    def default_words(self) -> str:
        return self.words(self.default)

    def words(self, value: Any) -> str:
        """A value as the questions and the page show it."""
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, Mapping):
            return "；".join(_pairs(value)) or "空"
        return self.choices.get(str(value), str(value)) or "空"

    @property
    def hint(self) -> str:
        """What an answer may be, in a few words."""
        if self.choices:
            return "；".join(f"{n} {words}" for n, words in enumerate(self.choices.values(), 1))
        if isinstance(self.default, bool):
            return "是、否"
        return f"例如 {self.example}" if self.example else ""


def _pairs(value: Mapping[Any, Any]) -> Iterator[str]:
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from (f"{name} {period} {number}" for period, number in inner.items())
        else:
            yield f"{name} {inner}"


def settings() -> tuple[Setting, ...]:
    """All settings, in the order of asking.

    Raises
    ------
    LookupError
        Model and ``settings.yml`` do not name the same keys, or not the same choices.
    """
    told = read_yaml(Path(model.__file__).with_name("settings.yml"))
    fields = Settings.model_fields
    if {one["key"] for one in told} != set(fields):
        raise LookupError(f"settings.yml: {sorted({one['key'] for one in told} ^ set(fields))}")
    found = []
    for one in told:
        field = fields[one["key"]]
        choices = one.get("choices", {})
        allowed = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
        if set(choices) != set(allowed):
            raise LookupError(f"settings.yml: choices of {one['key']}")
        found.append(
            Setting(
                key=one["key"],
                name=one["name"],
                effect=one["effect"],
                default=field.default,
                choices=choices,
                example=one.get("example", ""),
                form=one.get("form", ""),
            )
        )
    return tuple(found)


# Answers


def read_answer(setting: Setting, answer: str, project: Project, given: Mapping[str, Any]) -> Any:
    """The value that an answer means, checked with what is set already.

    Raises
    ------
    InputError
        It cannot be read, or the project cannot follow it (an index or a file that is not there).
    """
    value = _coded(setting, _plain(setting, answer.strip()))
    check({**given, setting.key: value}, project, setting.key)
    return value


def _coded(setting: Setting, value: Any) -> Any:
    """A value as the file keeps it: levels by their code (said by their usual word too), years as texts."""
    if not isinstance(value, Mapping):
        return value
    words = load_codebook().lists["level"].items() if setting.key == "levels" else ()
    codes = {word: code for code, word in words}
    return {codes.get(str(name), str(name)): _coded(setting, v) for name, v in value.items()}


def read_answers(file: Path) -> dict[str, Any]:
    """The settings of a file of answers: by key or by Chinese name, each as the file or as the questions have it.

    Raises
    ------
    InputError
        An answer cannot be read. A name that no setting has stays, for the model to tell what is meant.
    """
    named = {name: one for one in settings() for name in (one.key, one.name)}
    found: dict[str, Any] = {}
    for name, value in dict(Faults.read_mapping(file).source.content or {}).items():
        one = named.get(str(name).strip())
        if one is None:
            found[str(name)] = value
            continue
        if isinstance(value, dt.date):  # YAML reads 2026-01-15 as a day
            value = f"{value.year}年{value.month}月{value.day}日"
        if isinstance(value, str):
            value = _plain(one, value.strip() or CLEAR[0])
        found[one.key] = one.default if value is None else _coded(one, value)
    return found


def _plain(setting: Setting, answer: str) -> Any:
    if answer in CLEAR:
        return setting.default
    if setting.choices:
        return _choice(setting, answer)
    if isinstance(setting.default, bool):
        said = answer.lower()
        if said in YES or said in NO:
            return said in YES
        raise _wrong(setting, answer, "是 或 否")
    if isinstance(setting.default, int):
        if answer.isdecimal():
            return int(answer)
        raise _wrong(setting, answer, "不小于0的整数")
    if setting.form:
        return _mapping(setting, answer)
    return answer


def _choice(setting: Setting, answer: str) -> str:
    codes = list(setting.choices)
    if answer.isdecimal() and 1 <= int(answer) <= len(codes):
        return codes[int(answer) - 1]
    for code, words in setting.choices.items():
        if answer in (code, words):
            return code
    raise _wrong(setting, answer, setting.hint)


def _mapping(setting: Setting, answer: str) -> dict[str, Any]:
    """``名称 值；名称 值`` or ``指标 年份 数值；……`` as a mapping."""
    found: dict[str, Any] = {}
    for part in filter(None, (text.strip() for text in _SPLIT.split(answer))):
        words = re.split(r"[\s:：=]+", part)
        if setting.form == "mapping" and len(words) == 2:
            found[words[0]] = words[1]
        elif setting.form == "targets" and len(words) == 3:
            found.setdefault(words[0], {})[words[1]] = _number(words[2])
        else:
            shape = "名称 值" if setting.form == "mapping" else "指标 年份 数值"
            raise _wrong(setting, part, f"{shape}，几项用分号隔开，{setting.hint}")
    return found


def _number(text: str) -> Any:
    if re.fullmatch(r"\d+", text):
        return int(text)
    return float(text) if re.fullmatch(r"\d+\.\d+", text) else text


def _wrong(setting: Setting, answer: str, allowed: str) -> InputError:
    return InputError(
        Problem(
            "value_invalid", where=f"{setting.name}（{setting.key}）", found=answer, allowed=allowed
        )
    )


def check(
    values: Mapping[str, Any], project: Project, key: str = "", file: str | Path = FILE
) -> None:
    """Whether a project can follow some settings (all of them, or what `key` says) of a file.

    Raises
    ------
    InputError
        With every fault: of the model, of indicators and references, an index or a scenario that is not there.
    """
    faults = Faults(Source(dict(values), str(file)))
    chosen = faults.model(Settings, dict(values))
    faults.stop()
    tried = dataclasses.replace(project, trying=chosen)
    book = tried.codebook  # indicators of targets and references
    if key in ("", "index") and tried.settings["index"]:
        load_index(index_of(tried), known_to(book))
    if key in ("", "whatif"):
        scenario_of(tried)


# The file


def written(text: str, values: Mapping[str, Any]) -> str:
    """The text of an ``evalkit.yml`` with some settings changed: comments, own keys and their order stay.

    A key that stands there is replaced where it stands; one that is only a comment of ours (``# key: default``) is put
    into its place; any other one comes at the end, under its comment.
    """
    known = {one.key: one for one in settings()}
    for key, value in values.items():
        lines = text.splitlines(keepends=True)
        new = _entry(key, value)
        span = _span(lines, key)
        commented = _commented(lines, key)
        if span:
            new = new[:-1] + _remark(lines[span[0]]) + "\n" if span[1] - span[0] == 1 else new
            lines[span[0] : span[1]] = [new]
        elif commented is not None:
            lines[commented : commented + 1] = [new]
        else:
            if lines and not lines[-1].endswith("\n"):
                lines[-1] += "\n"
            lines += [_comment(known[key]), new]
        text = "".join(lines)
    return text


def _entry(key: str, value: Any) -> str:
    if not isinstance(value, Mapping):
        return f"{key}: {_scalar(value)}\n"
    if not value:
        return f"{key}: {{}}\n"
    lines = [f"{key}:\n"]
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            pairs = ", ".join(f"{_scalar(str(p))}: {_scalar(v)}" for p, v in inner.items())
            lines.append(f"  {_scalar(str(name))}: {{{pairs}}}\n")
        else:
            lines.append(f"  {_scalar(str(name))}: {_scalar(inner)}\n")
    return "".join(lines)


def _scalar(value: Any) -> str:
    """A value as YAML 1.2 writes it; texts in quotes, so that 2025 stays a text."""
    return json.dumps(value, ensure_ascii=False)


def _span(lines: list[str], key: str) -> tuple[int, int] | None:
    """The lines of a key of the top level: its own, and those below it that are indented."""
    heads = (re.compile(rf"{re.escape(form)}\s*:") for form in (key, f'"{key}"', f"'{key}'"))
    patterns = tuple(heads)
    first = next((i for i, line in enumerate(lines) if any(p.match(line) for p in patterns)), None)
    if first is None:
        return None
    last = first + 1
    for i in range(first + 1, len(lines)):
        if lines[i][:1] in (" ", "\t") and lines[i].strip():
            last = i + 1
        elif lines[i].strip() and not lines[i].startswith("#"):
            break
    return first, last


def _remark(line: str) -> str:
    """The comment at the end of a line, as it stands."""
    found = re.search(r"\s+#.*$", re.sub(r"\"[^\"]*\"|'[^']*'", lambda m: "x" * len(m[0]), line))
    return line[found.start() :].rstrip("\n") if found else ""


def _commented(lines: list[str], key: str) -> int | None:
    return next((i for i, line in enumerate(lines) if re.match(rf"#\s?{key}\s*:", line)), None)


def _comment(one: Setting) -> str:
    hint = f"可写：{'、'.join(one.choices)}。" if one.choices else one.hint and f"{one.hint}。"
    return f"\n# {one.name}：{one.effect}。默认：{one.default_words}。{hint}\n"


def fresh() -> str:
    """An ``evalkit.yml`` in which nothing is set: every setting a comment with what it does and its default."""
    return HEAD + "".join(_comment(one) + f"# {one.key}: {_default(one)}\n" for one in settings())


def _default(one: Setting) -> str:
    return "{}" if isinstance(one.default, Mapping) else _scalar(one.default)


def save(project: Project, changed: Mapping[str, Any]) -> Path:
    """Write what was changed into the project's ``evalkit.yml``, in one step.

    Raises
    ------
    InputError
        The file is laid out in a way in which it cannot be changed without loss; it stays as it is.
    """
    path = project.root / FILE
    old = read_text(path) if path.exists() else ""
    text = written(old or fresh(), changed)
    before, after = parse_mapping(old, FILE)[0], parse_mapping(text, FILE)
    if after[1] or after[0] != {**before, **changed}:
        advice = "请用记事本照 docs/settings.md 改这一项；文件没有改动"
        raise InputError(
            Problem("value_invalid", file=FILE, where="、".join(changed), advice=advice)
        )
    return path if text == old else put(path, text)


# Asking


def run(
    project: str | Path | None,
    ask: Ask | None,
    say: Callable[[str], None],
    answers: Path | None = None,
    patient: bool = True,
) -> Path:
    """Ask, check and write; the file that was written.

    Parameters
    ----------
    ask
        Gives the answer to a question; None keeps everything as it is (``--yes``).
    answers
        A YAML file with settings in place of answers (`read_answers`).
    patient
        Ask again after an answer that does not fit; else (answers from a pipe) stop.
    """
    found = _project(project)
    path = found.root / FILE
    now: dict[str, Any] = parse_mapping(read_text(path), FILE)[0] if path.exists() else {}
    check(now, found)  # what stands there already is told before anything is asked
    changed: dict[str, Any] = {}
    if answers is not None:
        changed = read_answers(answers)
        check({**now, **changed}, found, file=answers)
    elif ask is not None:
        say(f"设置写在 {path}。直接按回车保留方括号里的值，写 - 恢复默认。")
        for one in settings():
            value = _asked(one, found, {**now, **changed}, ask, say, patient)
            if value != now.get(one.key, one.default):
                changed[one.key] = value
    return save(found, changed)


def _project(project: str | Path | None) -> Project:
    """The project, or this folder, which becomes one."""
    try:
        return find_project(project)
    except InputError:
        if project:
            raise
        return Project(Path.cwd())


def _asked(
    one: Setting,
    project: Project,
    given: Mapping[str, Any],
    ask: Ask,
    say: Callable[[str], None],
    patient: bool,
) -> Any:
    now = given.get(one.key, one.default)
    say(f"\n{one.name}：{one.effect}" + (f"（{one.hint}）" if one.hint else ""))
    while True:
        try:
            answer = ask(f"[{one.words(now)}] ").strip()
        except EOFError:
            return now
        if answer == KEEP:
            return now
        try:
            return read_answer(one, answer, project, given)
        except InputError as error:
            if not patient:
                raise
            for problem in error.problems:
                say(problem.text("zh"))


# The page


def page() -> str:
    """docs/settings.md."""
    lines = [
        "# 设置",
        "",
        "设置写在项目文件夹的 `evalkit.yml` 里，都可以不写。不用自己写 YAML：运行 `python start.py setup`，逐项回答即可；",
        "以后再运行一次就能改，文件里自己写的注释和其他内容都保留。答案也可以放在一个 YAML 文件里：",
        "`python start.py setup --answers 答案.yml`；`--yes` 不提问，只写出带说明的文件。",
        "",
        "有期限的目标（到2027年底达到90%、每年增长20%）写在项目文件夹的 `goals.yml` 里，见[有期限的目标](goals.md)。",
        "",
        "本页由 `python -m evalkit.reports.setup > docs/settings.md` 生成。",
        "",
        "| 设置 | 写法 | 作用 | 默认 | 可写 |",
        "|---|---|---|---|---|",
    ]
    for one in settings():
        allowed = "；".join(f"`{code}` {words}" for code, words in one.choices.items()) or one.hint
        cells = [one.name, f"`{one.key}`", one.effect, one.default_words, allowed]
        lines.append("| " + " | ".join(cell.replace("|", "／") for cell in cells) + " |")
    lines += [
        "",
        "一份全部用默认值的 `evalkit.yml`：",
        "",
        "```yaml",
        fresh().rstrip("\n"),
        "```",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.buffer.write(page().encode("utf-8"))
