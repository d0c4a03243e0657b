"""One YAML file at a time, merged into a draft: sections, entries, synonyms; problems are collected, never raised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from evalkit.codebook.forms import LedgerForm
from evalkit.codebook.models import DEFAULTS, SECTIONS, Entity, Entry
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world.declared import At, Faults, Source
from evalkit.world.yaml import Lines, parse_cached, parse_yaml, read_text

PACKAGED_ONLY = ("tables", "lists", "views", "labels", "lineage")
PLAIN = ("forbidden", "rules_left_out", "headings", "disclosure")
POSITIVE = ("threshold", "n", "k", "p")  # numbers of the disclosure rules
PERSON_WORDS = "person member secretary cadre instructor 个人 党员 书记 人员 指导员 干部 人".split()


@dataclass
class Draft:
    """What has been merged so far, from which file each entry came, and what is wrong."""

    entries: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {name: {} for name in SECTIONS}
    )
    sources: dict[tuple[str, str], Source] = field(default_factory=dict)
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

    def faults(self, source: Source) -> Faults:
        """Collects what is wrong in a file among the problems of all."""
        return Faults(source, self.problems)

    def faults_of(self, section: str, code: str) -> Faults:
        """The same for the file in which an entry stands."""
        return self.faults(self.sources[section, code])


def read_file(path: Path, packaged: bool, draft: Draft) -> None:
    """Merge a file into the draft."""
    try:
        text = read_text(path)
    except InputError as error:
        draft.problems += error.problems
        return
    content, problems = parse_cached(path, text) if packaged else parse_yaml(text, path.name)
    draft.problems += problems
    if content is not None and not isinstance(content, dict):
        allowed = "分节的内容：" + "、".join([*SECTIONS, *PLAIN])
        draft.faults(Source(content, path.name)).invalid((), content, allowed)
        return
    source = Source(content or {}, path.name, Lines(text))
    for section, body in source.content.items():
        _read_section(section, body, source, packaged, draft)


def _read_section(section: str, body: Any, source: Source, packaged: bool, draft: Draft) -> None:
    """One section of a file: entries, something that only the program's own files hold, or something plain."""
    faults, plain = draft.faults(source), draft.plain
    fits = isinstance(body, list if section == "forbidden" else dict)
    if section in SECTIONS:
        _read_entries(section, body, source, draft)
    elif section in PACKAGED_ONLY and packaged:
        draft.fixed[section] |= body
    elif section in PACKAGED_ONLY:
        faults.invalid((section,), section, "", "表、选项和视图只能用程序自带的，项目里不能改")
    elif section not in PLAIN:
        faults.unknown((section,), section, [*SECTIONS, *PLAIN])
    elif not fits:
        allowed = "列表" if section == "forbidden" else "名称: 内容"
        faults.invalid((section,), body, allowed)
    elif section == "forbidden":
        plain[section] += [word for word in map(str, body) if word not in plain[section]]
    elif section == "rules_left_out":
        plain[section] |= body
    elif section == "disclosure":
        _read_disclosure(body, plain[section], faults, packaged)
    elif packaged:
        plain["headings"] = body
    else:
        _add_synonyms(body, plain["headings"], ("headings",), faults, {})


def _read_disclosure(
    body: Mapping[str, Any], known: dict[str, Any], faults: Faults, packaged: bool
) -> None:
    """The numbers of what is hidden: a project may set those that there are."""
    for key, value in body.items():
        at = ("disclosure", key)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not packaged and key not in known:
            faults.unknown(at, key, known)
        elif key in POSITIVE and not (is_number and value > 0):
            faults.invalid(at, value, "大于0的数")
        else:
            known[key] = value


def _read_entries(section: str, body: Any, source: Source, draft: Draft) -> None:
    faults, known = draft.faults(source), draft.entries[section]
    if not isinstance(body, dict):
        faults.invalid((section,), body, "代码: {各项}")
        return
    for code, raw in body.items():
        at, exists = (section, str(code)), code in known
        if not isinstance(raw, dict):
            faults.invalid(at, raw, "{各项}，例如 name: …")
            continue
        replace = raw.get("replace", False) is True
        if at in draft.seen or (exists and not replace):
            here = f"{code} 已经有了；确要替换，请在这一项里写 replace: true"
            advice = f"{code} 在另一个文件里已经写过" if at in draft.seen else here
            faults.add("key_duplicate", at, code, advice=advice)
        elif replace and not exists:
            advice = did_you_mean(str(code), known) or "新增的不必写 replace"
            faults.add("key_unknown", (*at, "replace"), code, advice=advice)
        else:
            draft.seen.add(at)
            draft.sources[at] = source
            entry = _read_entry(at, {k: v for k, v in raw.items() if k != "replace"}, faults)
            if entry is not None:
                known[at[1]] = entry
                draft.replaced += [f"{section}.{code}"] if exists else []


def _read_entry(at: tuple[str, str], raw: dict[Any, Any], faults: Faults) -> Entry | None:
    """The checked entry, None where it does not fit."""
    section, code = at
    if section == "indicators":
        kind, entity, known = raw.get("kind"), raw.get("entity"), get_args(Entity)
        if isinstance(kind, str) and kind in DEFAULTS:
            raw = DEFAULTS[kind] | raw
        if isinstance(entity, str) and entity not in known and _is_person(entity):
            advice = "只评价地区、单位、党组织和活动"
            faults.add("person_refused", (*at, "entity"), entity, "、".join(known), advice)
            raw = raw | {"entity": "area"}
    return faults.model(SECTIONS[section], raw | {"code": code}, at)


def _is_person(entity: str) -> bool:
    return any(word in entity.lower() for word in PERSON_WORDS)


def _add_synonyms(raw: Any, target: Any, path: At, faults: Faults, taken: dict[str, At]) -> None:
    """A project's words are added to the lists of the packaged headings; `taken`: to which column a word belongs."""
    if isinstance(target, list):
        _add_words(raw, target, path, faults, taken)
        return
    if "names" in target and isinstance(raw, list):  # a column whose names are given at once
        raw = {"names": raw}
    if not isinstance(raw, dict | None):
        faults.invalid(path, raw, "名称: 内容")
        return
    places: dict[str, Any] = {
        key: below
        for key, below in target.items()
        if isinstance(below, list | dict) and key != "recognise"
    }
    for key, more in (raw or {}).items():
        at = (*path, str(key))
        if key == "columns" and key in places:
            taken = {
                word: (*at, column, "names")
                for column, spec in places[key].items()
                for word in spec["names"]
            }
        if path == ("headings", "forms") and str(key) not in places and _is_form(more):
            _add_form(str(key), more, target, faults, at)
        elif str(key) in places:
            _add_synonyms(more, places[str(key)], at, faults, taken)
        else:
            faults.unknown(at, key, places)


def _is_form(raw: Any) -> bool:
    """Whether an entry is a form of its own, not words for a packaged one."""
    return isinstance(raw, dict) and "table" in raw


def _add_form(code: str, raw: Any, forms: Any, faults: Faults, at: At) -> None:
    """A form of ledger that the packaged codebook does not have."""
    form = faults.model(LedgerForm, raw, at)
    if form is None:
        return
    known = form.columns.keys()
    for column, said in form.columns.items():
        for key, named in (("total_of", said.total_of), ("stands_for", said.stands_for)):
            for name in [named] if isinstance(named, str) else named or ():
                if name not in known:
                    faults.unknown((*at, "columns", column, key), name, known)
    if not any(said.required for said in form.columns.values()):
        faults.missing((*at, "columns"), "至少一列写 required: true（有它才算一行数据）")
    forms[code] = form.written()


def _add_words(raw: Any, target: list[str], path: At, faults: Faults, taken: dict[str, At]) -> None:
    """Words for one list; a word that already belongs to another column is refused."""
    if not isinstance(raw, list):
        faults.invalid(path, raw, "[写法, …]")
        return
    for word in map(str, raw):
        if taken.get(word, path) != path:
            advice = f"“{word}”已经是 {taken[word][-2]} 列的表头"
            faults.add("key_duplicate", path, word, advice=advice)
        elif word not in target:
            target.append(word)
            taken[word] = path
