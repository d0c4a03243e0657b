"""Run as a program: ``shuffled.py SEED FOLDER`` reads FOLDER's ledgers, the codebook, the indexes
and the schemes with the keys of every packaged YAML mapping in another order (SEED 0: as they stand), and prints what came out.

Modules read their YAML when they are imported, so the reader is replaced before any of them is.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from evalkit.world import yaml

Path_ = tuple[str, ...]

# Where the order of keys is meaning, with the reason; `*` stands for any key. The files say so themselves.
KEPT: dict[str, dict[Path_, str]] = {
    "headings.yml": {
        ("headings", "forms"): "of two forms that fit as well the first is taken",
        (
            "headings",
            "forms",
            "*",
            "columns",
        ): "templates and lists of missing columns follow it, the "
        "first required column makes a row a record, the first of two columns with one synonym has it",
    },
    "province.yml": {("*",): "the seed draws in this order"},
    # schemes: 每档都写 from，由小到大
    **{
        f"{scheme}.yml": {("components", "*"): "tiers are written from small to large"}
        for scheme in ("blank", "fuyang-2015")
    },
}


def _kept(file: str, path: Path_) -> bool:
    return any(
        len(pattern) == len(path)
        and all(want in ("*", part) for want, part in zip(pattern, path, strict=True))
        for pattern in KEPT.get(file, {})
    )


def shuffled(content: Any, file: str, rng: random.Random, path: Path_ = ()) -> Any:
    if isinstance(content, list):
        return [shuffled(one, file, rng, path) for one in content]
    if not isinstance(content, dict):
        return content
    keys = list(content)
    if not _kept(file, path):
        rng.shuffle(keys)
    return {key: shuffled(content[key], file, rng, (*path, str(key))) for key in keys}


def replace_reader(seed: int) -> None:
    given = yaml.parse_cached

    def parse_cached(path: Path, text: str) -> tuple[Any, Any]:
        content, problems = given(path, text)
        rng = random.Random(f"{seed} {path.name}")
        return shuffled(content, path.name, rng) if seed else content, problems

    yaml.parse_cached = parse_cached


def plain(value: Any) -> Any:
    """Anything as what JSON can say, without the order of keys and of sets."""
    import pandas as pd
    from pydantic import BaseModel

    if isinstance(value, pd.DataFrame):
        rows = value[sorted(value.columns)].astype("string").fillna("").to_dict("records")
        return sorted(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows)
    if isinstance(value, BaseModel):
        return plain({name: getattr(value, name) for name in type(value).model_fields})
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def read(folder: Path) -> dict[str, Any]:
    import evalkit as ek
    from evalkit.ledgers.headings import loosened
    from evalkit.ledgers.headings import plain as plain_word
    from evalkit.ledgers.persons import heading_kind
    from evalkit.scoring.index import load_index
    from evalkit.world.yaml import read_yaml

    words = {
        word
        for form in read_yaml(Path(ek.__file__).parent / "codebook" / "headings.yml")["headings"][
            "forms"
        ].values()
        for column in form["columns"].values()
        for word in column["names"]
    }
    found: dict[str, Any] = {
        "words": {word: [heading_kind(word), loosened(plain_word(word))] for word in words}
    }
    for path in sorted(folder.glob("*/*")):
        ledger = ek.read_ledger(path)
        found[f"{path.parent.name} {path.name}"] = plain(ledger.tables) | {
            "problems": sorted(json.dumps(plain(p), ensure_ascii=False) for p in ledger.problems)
        }
    book = ek.load_codebook()
    found["codebook"] = plain(book)
    known = {
        code: {"name": one.name, "better": one.better, "target": 1.0}
        for code, one in book.indicators.items()
    }
    rooms = Path(ek.__file__).parent
    for code in read_yaml(rooms / "scoring" / "index.yml"):
        index = load_index(code, known)
        leaves = {leaf.code: (leaf.points, leaf.rule, plain(leaf)) for leaf in index.leaves}
        found[f"index {code}"] = plain(leaves | {"needs": str(index.needs), "grades": index.grades})
    for name in sorted(path.stem for path in (rooms / "subsidy" / "schemes").glob("*.yml")):
        found[f"scheme {name}"] = plain(ek.load_scheme(name))
    return found


if __name__ == "__main__":
    replace_reader(int(sys.argv[1]))
    print(json.dumps(read(Path(sys.argv[2])), ensure_ascii=False, sort_keys=True))
