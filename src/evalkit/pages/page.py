"""What every offline page shares: one HTML file with its data, style and script inside, which may fetch nothing.

    made(Page(folder, "page.html", styles=(...), scripts=(...), data=..., words=...))

The frame (`common/frame.html`) carries the policy, the mark of the edition, the skip link, the switch of the language and
the words; a page is a template that extends it. What both pages do is in `common/*.js`, what they look like in
`common/base.css`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evalkit.world.words import LANGUAGES, Words

COMMON = Path(__file__).with_name("common")
COMMON_WORDS = Words(COMMON / "words.yml")
COMMON_STYLES = ("base.css",)
# in the order in which they need each other
COMMON_SCRIPTS = ("element.js", "language.js", "table.js", "files.js")
STRICT = '"use strict";\n'


@dataclass(frozen=True)
class Page:
    """What a page is made of.

    Attributes
    ----------
    folder
        Where its template, styles and scripts stand.
    template
        Extends ``frame.html`` and fills its block ``main``.
    title, mark
        [Chinese, English]: the title, and what edition it is (内部资料, 演示数据, 公开版).
    styles, scripts
        Names of files in `folder`, after those of ``common``, in the order in which they need each other.
    words
        Words of the page, each a pair [Chinese, English], under dotted keys or sections; beside those of ``common``.
    data
        What the script reads with ``readData()``.
    facts
        What the template is filled with beside the words.
    libraries
        Scripts of a package, as text, before ours.
    """

    folder: Path
    template: str
    title: Sequence[str]
    mark: Sequence[str]
    styles: Sequence[str]
    scripts: Sequence[str]
    words: Mapping[str, Any]
    data: Mapping[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict)
    libraries: Sequence[str] = ()


def made(page: Page) -> str:
    """The page as text: one file that needs nothing else."""
    words = said([COMMON_WORDS, page.words, {"title": page.title, "mark": page.mark}])
    style = "\n".join([*texts(COMMON, COMMON_STYLES), *texts(page.folder, page.styles)])
    script = scripts(
        [*page.libraries, *texts(COMMON, COMMON_SCRIPTS), *texts(page.folder, page.scripts)]
    )
    environment = Environment(
        loader=FileSystemLoader([page.folder, COMMON]), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template(page.template).render(
        **page.facts,
        policy=Markup(policy(style, script)),
        style=Markup(style),
        script=Markup(script),
        words=Markup(embedded(words)),
        data=Markup(embedded(page.data)),
        zh=words["zh"],
    )


# --- words ---


def said(sources: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Pairs [Chinese, English] of several sources as one flat list a language; a later source replaces an earlier one."""
    found: dict[str, dict[str, str]] = {lang: {} for lang in LANGUAGES}
    for source in sources:
        for key, pair in _flat(source, ""):
            for lang, text in zip(LANGUAGES, pair, strict=True):
                found[lang][key] = str(text)
    return found


def _flat(source: Mapping[str, Any], before: str) -> list[tuple[str, Sequence[str]]]:
    found: list[tuple[str, Sequence[str]]] = []
    for key, value in source.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{before}{key}.")
        else:
            found.append((f"{before}{key}", value))
    return found


# --- files in the page ---


def texts(folder: Path, names: Sequence[str]) -> list[str]:
    """Files of a folder as text."""
    return [(folder / name).read_text(encoding="utf-8") for name in names]


def scripts(parts: Sequence[str]) -> str:
    """Scripts one after the other, strict from the first line on where all of them are."""
    strict = all(part.startswith(STRICT) for part in parts)
    body = "\n".join(part.removeprefix(STRICT) if strict else part for part in parts)
    return (STRICT if strict else "") + body


def embedded(data: Any) -> str:
    """JSON that ends no element of the page, whatever names stand in it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def policy(style: str, script: str) -> str:
    """Nothing but our own style and script, by their hashes; what is downloaded or drawn is a blob or data in place."""
    return (
        f"default-src 'none'; img-src data: blob:; style-src {digest(style)}; "
        f"script-src {digest(script)}; base-uri 'none'; form-action 'none'"
    )


def digest(text: str) -> str:
    """The source expression of a text between its tags, as a policy has it."""
    found = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(found).decode('ascii')}'"
