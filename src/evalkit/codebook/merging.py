"""One YAML file at a time, merged into a draft: sections, entries, synonyms; problems are collected, never raised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from evalkit.codebook.models import DEFAULTS, SECTIONS, Entity, Entry
from evalkit.codebook.reading import Lines, parse_cached, parse_yaml, read_text, where
from evalkit.problems import InputError, Problem, did_you_mean

PACKAGED_ONLY = ("tables", "lists", "views")
PLAIN = ("forbidden", "rules_left_out", "headings")
PERSON_WORDS = (
    "person", "member", "secretary", "cadre", "instructor", "个人", "党员", "书记", "人员", "指导员", "干部", "人",
)  # fmt: skip


@dataclass
class File:
    """One YAML file: its content, and a way to say where in it something stands."""

    path: Path
    content: dict[str, Any]
    lines: Lines
    packaged: bool

    def problem(
        self, code: str, path: tuple[str | int, ...], found: str = "", allowed: str = "", advice: str = ""
    ) -> Problem:
        place = where(path, self.lines(path))
        return Problem(code, file=self.path.name, where=place, found=found, allowed=allowed, advice=advice)

    def unknown(self, path: tuple[str | int, ...], word: object, known: Iterable[str], what: str = "") -> Problem:
        """A name that is not among those known: what is allowed, and the nearest ones."""
        known = list(known)
        return self.problem("key_unknown", path, str(word), what + "、".join(known), did_you_mean(str(word), known))


@dataclass
class Draft:
    """What has been merged so far, and from which file each entry came."""

    entries: dict[str, dict[str, Any]] = field(default_factory=lambda: {name: {} for name in SECTIONS})
    files: dict[tuple[str, str], File] = field(default_factory=dict)
    seen: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in SECTIONS})
    plain: dict[str, Any] = field(default_factory=lambda: {"forbidden": [], "rules_left_out": {}, "headings": {}})
    fixed: dict[str, dict[str, Any]] = field(default_factory=lambda: {name: {} for name in PACKAGED_ONLY})
    replaced: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_file(path: Path, packaged: bool, draft: Draft) -> None:
    try:
        text = read_text(path)
    except InputError as error:
        draft.problems += error.problems
        return
    content, problems = parse_cached(path, text) if packaged else parse_yaml(text, path.name)
    draft.problems += problems
    if content is None:
        return
    file = File(path, content, Lines(text), packaged)
    if not isinstance(content, dict):
        draft.problems.append(
            Problem(
                "value_invalid",
                file=path.name,
                found=str(content)[:40],
                allowed="分节的内容：" + "、".join([*SECTIONS, *PLAIN]),
            )
        )
        return
    for section, body in content.items():
        if section in SECTIONS:
            _section(section, body, file, draft)
        elif section in PLAIN and isinstance(body, list if section == "forbidden" else dict):
            _plain_section(section, body, file, draft)
        elif section in PACKAGED_ONLY and packaged:
            draft.fixed[section] |= body
        elif section in PACKAGED_ONLY:
            draft.problems.append(
                file.problem(
                    "value_invalid", (section,), found=section, advice="表、选项和视图只能用程序自带的，项目里不能改"
                )
            )
        elif section in PLAIN:
            draft.problems.append(
                file.problem(
                    "value_invalid",
                    (section,),
                    found=str(body)[:40],
                    allowed="列表" if section == "forbidden" else "名称: 内容",
                )
            )
        else:
            draft.problems.append(file.unknown((section,), section, [*SECTIONS, *PLAIN]))


def _section(section: str, body: Any, file: File, draft: Draft) -> None:
    if not isinstance(body, dict):
        draft.problems.append(file.problem("value_invalid", (section,), found=str(body)[:40], allowed="代码: {各项}"))
        return
    for code, raw in body.items():
        at = (section, code)
        if not isinstance(raw, dict):
            draft.problems.append(
                file.problem("value_invalid", at, found=str(raw)[:40], allowed="{各项}，例如 name: …")
            )
            continue
        raw = dict(raw)
        replace = raw.pop("replace", False)
        exists = code in draft.entries[section]
        if code in draft.seen[section] or (exists and replace is not True):
            advice = (
                f"{code} 已经有了；确要替换，请在这一项里写 replace: true"
                if code not in draft.seen[section]
                else f"{code} 在另一个文件里已经写过"
            )
            draft.problems.append(file.problem("key_duplicate", at, found=str(code), advice=advice))
            continue
        if replace is True and not exists and not file.packaged:
            advice = did_you_mean(str(code), draft.entries[section]) or "新增的不必写 replace"
            draft.problems.append(file.problem("key_unknown", (*at, "replace"), found=str(code), advice=advice))
            continue
        draft.seen[section].add(code)
        entry = _entry(section, str(code), raw, file, draft)
        draft.files[section, code] = file
        if entry is not None:
            draft.entries[section][code] = entry
            if exists:
                draft.replaced.append(f"{section}.{code}")


def _entry(section: str, code: str, raw: dict[str, Any], file: File, draft: Draft) -> Entry | None:
    model = SECTIONS[section]
    if section == "indicators" and isinstance(raw.get("kind"), str) and raw["kind"] in DEFAULTS:
        scale, unit, decimals = DEFAULTS[raw["kind"]]
        raw = {"scale": scale, "unit": unit, "decimals": decimals} | raw
    entity = raw.get("entity")
    if (
        section == "indicators"
        and isinstance(entity, str)
        and entity not in get_args(Entity)
        and any(w in entity.lower() for w in PERSON_WORDS)
    ):
        problem = file.problem(
            "person_refused",
            (section, code, "entity"),
            found=entity,
            allowed="、".join(get_args(Entity)),
            advice="只评价地区、单位、党组织和活动",
        )
        draft.problems.append(problem)
        raw["entity"] = "area"
    try:
        return model.model_validate({**raw, "code": code})
    except ValidationError as error:
        fields = [name for name in model.model_fields if name != "code"]
        for one in error.errors():
            draft.problems.append(_translated(one, (section, code), fields, file))
        return None


def _translated(error: Mapping[str, Any], at: tuple[str, str], fields: Iterable[str], file: File) -> Problem:
    """A pydantic error in the words of the person who wrote the file."""
    path = (*at, *error["loc"])
    found, kind, context = str(error.get("input"))[:60], error["type"], error.get("ctx", {})
    if kind == "missing":
        return file.problem("key_missing", path, allowed=f"每一项都要有 {error['loc'][-1]}")
    if kind == "extra_forbidden":
        known = [*fields, "replace"]
        word = str(error["loc"][-1])
        return file.unknown(path, word, known)
    if kind == "literal_error":
        allowed = str(context["expected"]).replace("'", "").replace(" or ", "、").replace(", ", "、")
        return file.problem(
            "value_invalid", path, found=found, allowed=allowed, advice=did_you_mean(found, allowed.split("、"))
        )
    words = {
        "string_type": "文字", "bool_type": "true 或 false", "int_type": "整数", "float_type": "数字",
        "list_type": "列表 […]", "dict_type": "{列: 值}", "string_too_short": "不能空着",
        "string_pattern_mismatch": "R01 这样的规则编号",
        "greater_than": f"大于{context.get('gt')}", "less_than_equal": f"不大于{context.get('le')}",
        "greater_than_equal": f"不小于{context.get('ge')}",
    }  # fmt: skip
    return file.problem("value_invalid", path, found=found, allowed=words.get(kind, str(error["msg"])))


def _plain_section(section: str, body: Any, file: File, draft: Draft) -> None:
    if section == "forbidden":
        draft.plain["forbidden"] += [w for w in map(str, body) if w not in draft.plain["forbidden"]]
    elif section == "rules_left_out":
        draft.plain["rules_left_out"] |= body
    elif file.packaged:
        draft.plain["headings"] = body
        draft.files["headings", ""] = file
    else:
        _merge_headings(body, file, draft)


def _merge_headings(body: dict[str, Any], file: File, draft: Draft) -> None:
    """Synonyms of a project are added to a form's columns and to the entries of closed lists."""
    target, top = draft.plain["headings"], ("headings",)

    def part(raw: Any, path: tuple[str, ...], known: Mapping[str, Any], *keys: str) -> Iterator[tuple[str, Any]]:
        """The items of a mapping whose names are known; the others become problems."""
        if not isinstance(raw, dict):
            if raw is not None:
                draft.problems.append(file.problem("value_invalid", path, found=str(raw)[:40], allowed="名称: 内容"))
            return
        for key, value in raw.items():
            if str(key) in known or str(key) in keys:
                yield str(key), value
            else:
                allowed = [*known, *keys]
                draft.problems.append(file.unknown((*path, key), key, allowed))

    def words(raw: Any, path: tuple[str, ...]) -> list[str]:
        if isinstance(raw, list):
            return [str(word) for word in raw]
        draft.problems.append(file.problem("value_invalid", path, found=str(raw)[:40], allowed="[写法, …]"))
        return []

    for key, value in part(body, top, target):
        at = (*top, key)
        if key in ("totals", "blanks"):
            target[key] += [w for w in words(value, at) if w not in target[key]]
        elif key == "values":
            for name, entries in part(value, at, target["values"]):
                for entry, more in part(entries, (*at, name), target["values"][name]):
                    known = target["values"][name][entry]
                    known += [w for w in words(more, (*at, name, entry)) if w not in known]
        else:
            for form, spec in part(value, at, target["forms"]):
                columns = target["forms"][form]["columns"]
                for what, more in part(spec, (*at, form), {}, "titles", "columns"):
                    if what == "titles":
                        target["forms"][form]["titles"] += words(more, (*at, form, what))
                        continue
                    for column, one in part(more, (*at, form, what), columns):
                        path = (*at, form, what, column)
                        for word in words(one.get("names") if isinstance(one, dict) else one, path):
                            other = next((c for c, s in columns.items() if c != column and word in s["names"]), None)
                            if other:
                                draft.problems.append(
                                    file.problem(
                                        "key_duplicate", path, found=word, advice=f"“{word}”已经是 {other} 列的表头"
                                    )
                                )
                            elif word not in columns[column]["names"]:
                                columns[column]["names"].append(word)
