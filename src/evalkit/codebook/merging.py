"""One YAML file at a time, merged into a draft: sections, entries, synonyms; problems are collected, never raised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from evalkit.codebook.models import DEFAULTS, SECTIONS, Entity, Entry
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world.yaml import Lines, parse_cached, parse_yaml, read_text, where

PACKAGED_ONLY = ("tables", "lists", "views", "labels", "lineage")
PLAIN = ("forbidden", "rules_left_out", "headings", "disclosure")
PERSON_WORDS = "person member secretary cadre instructor 个人 党员 书记 人员 指导员 干部 人".split()
At = tuple[str | int, ...]


@dataclass
class File:
    """A YAML file, and how to say where in it something stands."""

    path: Path
    lines: Lines

    def problem(
        self, code: str, path: At, found: object = "", allowed: str = "", advice: str = ""
    ) -> Problem:
        place = where(path, self.lines(path))
        return Problem(
            code,
            file=self.path.name,
            where=place,
            found=str(found)[:60],
            allowed=allowed,
            advice=advice,
        )

    def invalid(self, path: At, found: object, allowed: str, advice: str = "") -> Problem:
        return self.problem("value_invalid", path, found, allowed, advice)

    def unknown(
        self, path: At, word: object, known: Iterable[str], allowed: str = "", code: str = ""
    ) -> Problem:
        """A name that is not among those known: what is allowed (all of them, if not said), and the nearest ones."""
        known, word = list(known), str(word)
        return self.problem(
            code or "key_unknown",
            path,
            word,
            allowed or "、".join(known),
            did_you_mean(word, known),
        )


@dataclass
class Draft:
    """What has been merged so far, and from which file each entry came."""

    entries: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {name: {} for name in SECTIONS}
    )
    files: dict[tuple[str, str], File] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    plain: dict[str, Any] = field(
        default_factory=lambda: {
            "forbidden": [],
            "rules_left_out": {},
            "headings": {},
            "disclosure": {},
        }
    )
    fixed: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {name: {} for name in PACKAGED_ONLY}
    )
    replaced: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_file(path: Path, packaged: bool, draft: Draft) -> Iterator[Problem]:
    """Merge a file into the draft; the problems on the way."""
    try:
        text = read_text(path)
    except InputError as error:
        yield from error.problems
        return
    content, problems = parse_cached(path, text) if packaged else parse_yaml(text, path.name)
    yield from problems
    if content is not None and not isinstance(content, dict):
        allowed = "分节的内容：" + "、".join([*SECTIONS, *PLAIN])
        yield Problem("value_invalid", file=path.name, found=str(content)[:40], allowed=allowed)
        return
    file = File(path, Lines(text))
    for section, body in (content or {}).items():
        if section in SECTIONS:
            yield from _section(section, body, file, draft)
        elif section in PACKAGED_ONLY and packaged:
            draft.fixed[section] |= body
        elif section in PACKAGED_ONLY:
            yield file.invalid(
                (section,), section, "", "表、选项和视图只能用程序自带的，项目里不能改"
            )
        elif section not in PLAIN:
            yield file.unknown((section,), section, [*SECTIONS, *PLAIN])
        elif not isinstance(body, list if section == "forbidden" else dict):
            yield file.invalid((section,), body, "列表" if section == "forbidden" else "名称: 内容")
        elif section == "forbidden":
            draft.plain[section] += [w for w in map(str, body) if w not in draft.plain[section]]
        elif section == "rules_left_out":
            draft.plain[section] |= body
        elif section == "disclosure":
            yield from _disclosure(dict(body), draft.plain[section], file, packaged)
        elif packaged:
            draft.plain["headings"] = body
        else:
            yield from _add_synonyms(body, draft.plain["headings"], ("headings",), file, {})


def _disclosure(
    body: dict[str, Any], known: dict[str, Any], file: File, packaged: bool
) -> Iterator[Problem]:
    """The numbers of what is hidden: a project may set those that there are."""
    for key, value in body.items():
        if not packaged and key not in known:
            yield file.unknown(("disclosure", key), key, known)
        elif key in ("threshold", "n", "k", "p") and (
            isinstance(value, bool) or not isinstance(value, int | float) or value <= 0
        ):
            yield file.invalid(("disclosure", key), value, "大于0的数")
        else:
            known[key] = value


def _section(section: str, body: Any, file: File, draft: Draft) -> Iterator[Problem]:
    if not isinstance(body, dict):
        yield file.invalid((section,), body, "代码: {各项}")
        return
    for code, raw in body.items():
        at, exists, known = (
            (section, str(code)),
            code in draft.entries[section],
            draft.entries[section],
        )
        if not isinstance(raw, dict):
            yield file.invalid(at, raw, "{各项}，例如 name: …")
            continue
        raw = dict(raw)
        replace = raw.pop("replace", False) is True
        if at in draft.seen or (exists and not replace):
            here = f"{code} 已经有了；确要替换，请在这一项里写 replace: true"
            advice = f"{code} 在另一个文件里已经写过" if at in draft.seen else here
            yield file.problem("key_duplicate", at, code, advice=advice)
        elif replace and not exists:
            advice = did_you_mean(str(code), known) or "新增的不必写 replace"
            yield file.problem("key_unknown", (*at, "replace"), code, advice=advice)
        else:
            draft.seen.add(at)
            draft.files[at] = file
            try:
                yield from _read_entry(at, raw, file, known)
                draft.replaced += [f"{section}.{code}"] if exists else []
            except ValidationError as errors:
                words, model = draft.fixed["labels"]["errors"], SECTIONS[section]
                yield from (_translated(one, at, model, file, words) for one in errors.errors())


def _read_entry(
    at: tuple[str, str], raw: dict[str, Any], file: File, entries: dict[str, Entry]
) -> Iterator[Problem]:
    if at[0] == "indicators":
        if isinstance(raw.get("kind"), str) and raw["kind"] in DEFAULTS:
            raw = dict(zip(("scale", "unit", "decimals"), DEFAULTS[raw["kind"]], strict=True)) | raw
        entity, known = raw.get("entity"), get_args(Entity)
        if (
            isinstance(entity, str)
            and entity not in known
            and any(w in entity.lower() for w in PERSON_WORDS)
        ):
            advice = "只评价地区、单位、党组织和活动"
            yield file.problem("person_refused", (*at, "entity"), entity, "、".join(known), advice)
            raw["entity"] = "area"
    entries[at[1]] = SECTIONS[at[0]].model_validate({**raw, "code": at[1]})


def _translated(
    error: Mapping[str, Any], at: At, model: type[Entry], file: File, words: dict[str, str]
) -> Problem:
    """A pydantic error in the words of the person who wrote the file."""
    path, found, kind, context = (
        (*at, *error["loc"]),
        error.get("input"),
        error["type"],
        error.get("ctx", {}),
    )
    if kind == "missing":
        return file.problem("key_missing", path, allowed=f"每一项都要有 {path[-1]}")
    if kind == "extra_forbidden":
        return file.unknown(
            path, path[-1], [name for name in model.model_fields if name != "code"] + ["replace"]
        )
    if kind == "literal_error":
        allowed = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        return file.unknown(path, found, allowed, code="value_invalid")
    return file.invalid(
        path, found, words[kind].format(**context) if kind in words else str(error["msg"])
    )


def _add_synonyms(
    raw: Any, target: Any, path: At, file: File, taken: dict[str, At]
) -> Iterator[Problem]:
    """A project's words are added to the lists of the packaged headings; `taken`: to which column a word belongs."""
    if isinstance(target, list):
        if not isinstance(raw, list):
            yield file.invalid(path, raw, "[写法, …]")
        for word in map(str, raw if isinstance(raw, list) else ()):
            if taken.get(word, path) != path:
                yield file.problem(
                    "key_duplicate", path, word, advice=f"“{word}”已经是 {taken[word][-2]} 列的表头"
                )
            elif word not in target:
                target.append(word)
                taken[word] = path
        return
    if "names" in target and isinstance(raw, list):  # a column whose names are given at once
        raw = {"names": raw}
    if not isinstance(raw, dict | None):
        yield file.invalid(path, raw, "名称: 内容")
        return
    places: dict[str, Any] = {
        k: v for k, v in target.items() if isinstance(v, list | dict) and k != "recognise"
    }
    for key, more in (raw or {}).items():
        at = (*path, str(key))
        if key == "columns" and key in places:
            taken = {
                word: (*at, c, "names") for c, spec in places[key].items() for word in spec["names"]
            }
        if str(key) in places:
            yield from _add_synonyms(more, places[str(key)], at, file, taken)
        else:
            yield file.unknown(at, key, places)
