"""From a file, a name, a mapping or a command line to a checked scheme or reform."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evalkit.problems import InputError, Problem, unknown
from evalkit.subsidy.checks import SchemeFaults, cross
from evalkit.subsidy.dated import start_day
from evalkit.subsidy.scheme import Reform, Scheme
from evalkit.subsidy.words import WORDS
from evalkit.world.declared import Faults, Source

SCHEMES = Path(__file__).with_name("schemes")
DEFAULT = "fuyang-2015"


def packaged() -> list[str]:
    """The names of the schemes that come with the package."""
    return sorted(path.stem for path in SCHEMES.glob("*.yml"))


def load_scheme(source: str | Path | Mapping[str, Any] | Scheme) -> Scheme:
    """A scheme from a YAML file, the name of a packaged one (``fuyang-2015``) or a mapping.

    Raises
    ------
    InputError
        Every fault of the file at once: path, line, value, limit and near match.
    """
    if isinstance(source, Scheme):
        return source
    if isinstance(source, Mapping):
        return _scheme(Source.of(source))
    path, name = Path(source), str(source)
    if path.exists():
        return _scheme(Source.read(path))
    if name not in packaged():
        raise InputError(unknown("scheme", name, packaged(), advice="或写一个 YAML 文件的路径"))
    return _scheme(Source.read(SCHEMES / f"{name}.yml"))


def load_reform(source: str | Path | Mapping[str, Any], scheme: Scheme) -> Reform:
    """A reform from a YAML or JSON file or a mapping, checked against its scheme."""
    read = Source.of(source) if isinstance(source, Mapping) else Source.read(Path(source))
    return Reform.of(read.content, scheme, SchemeFaults(read))


def read_scenario(
    path: str | Path | None, scheme: str | Path | None = None
) -> tuple[Reform, Scheme]:
    """A reform file with the scheme it names as its base, which stands beside it or is a packaged one."""
    read = Source.read(Path(path)) if path else Source.of({})
    faults = SchemeFaults(read)
    named = faults.mapping((), read.content).get("base")
    if not isinstance(named, str | None):
        faults.invalid(("base",), named, "补助方案的名称或 YAML 文件名")
    faults.stop()
    base = scheme or named or DEFAULT
    beside = Path(path).parent / f"{base}.yml" if path else Path(base)
    declared = load_scheme(beside if beside.is_file() else base)
    return Reform.of(read.content, declared, faults), declared


def _scheme(source: Source) -> Scheme:
    """The checked scheme; what is wrong in form is taken out, so that the faults in substance come in the same message."""
    faults = SchemeFaults(source)
    raw = faults.mapping((), source.content)
    faults.stop()
    made = faults.model(Scheme, raw)
    if made is not None:
        cross(made, faults)
    else:
        _rest(raw, faults)
    faults.stop()
    assert made is not None
    return made


def _rest(raw: Mapping[Any, Any], faults: Faults) -> None:
    """What is wrong in substance in what is left without the entries that are wrong in form."""
    rest = _without_misfits(raw)
    try:
        made = Scheme.model_validate({**WORDS["defaults"], **rest})
    except ValidationError:
        return
    others = SchemeFaults(faults.source)
    cross(made, others)
    # an entry that was taken out is neither missing nor makes another one useless
    own = ("key_missing", "parameter_unused")
    faults.problems += [problem for problem in others.problems if problem.code not in own]


def _without_misfits(raw: Mapping[Any, Any]) -> dict[str, Any]:
    """A copy without the settings and standards that do not fit the model."""
    body = _copied(raw)
    try:
        Scheme.model_validate(body)
    except ValidationError as errors:
        for error in errors.errors():
            *above, last = _entry(error["loc"])
            spot: Any = body
            for step in above:
                spot = spot.get(step) if isinstance(spot, dict) else None
            if isinstance(spot, dict):
                spot.pop(last, None)
    return body


def _copied(raw: Any) -> Any:
    return {str(key): _copied(one) for key, one in raw.items()} if isinstance(raw, Mapping) else raw


def _entry(at: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The entry of a file in which a fault lies: a setting of the scheme or of a component, or a whole standard."""
    return (*at[:2], at[3]) if at[2:3] == ("params",) and len(at) > 3 else at[:3]


def parse_changes(texts: Sequence[str], since: str | None = None) -> dict[str, Any]:
    """``["activity.per_member=200"]`` from a command line, each from a day on where one is given.

    Full-width letters, figures and marks are read like the others. Every fault has one message.
    """
    found: dict[str, Any] = {}
    first = start_day(since, "--from").isoformat() if since else None
    if first and not texts:
        advice = "--from 要与 --set 同写；方案文件里的日期写在文件中"
        raise InputError(Problem("value_invalid", where="--from", found=str(since), advice=advice))
    for text in texts:
        plain_text = unicodedata.normalize("NFKC", text)
        path, _, value = (part.strip() for part in plain_text.partition("="))
        if not path or not value:
            allowed = "项目=数值，如 activity.per_member=200"
            raise InputError(Problem("value_invalid", where="--set", found=text, allowed=allowed))
        if path in found:
            advice = "同一项只写一次 --set；分几步调整请写成方案文件"
            raise InputError(
                Problem("scenario_conflict", where=path, found="、".join(texts), advice=advice)
            )
        plain: Any = number_of(value)
        found[path] = {first: plain} if first and not _without_day(path) else plain
    return found


def _without_day(path: str) -> bool:
    """Whether a rule says how to reckon, whenever the standards beside it begin: it has no day of its own."""
    rules = ("guarantee", "dates", "rounding")
    typed = {name for name, rule in WORDS["typed"].items() if rule in rules}
    typed |= {name for name, rule in WORDS["typed_of_all"].items() if rule in rules}
    return path.rpartition(".")[2] in rules or path.rpartition("·")[2] in typed


def number_of(text: str) -> Any:
    """A number as typed (200, 0.5, 3,500); anything else as it stands."""
    grouped = re.sub(r"(?<=\d),(?=\d{3}(\D|$))", "", text)
    if re.fullmatch(r"-?\d+", grouped):
        return int(grouped)
    return float(grouped) if re.fullmatch(r"-?\d+\.\d+", grouped) else text
