"""A panel as a file for other programs, with 变量说明表 beside it."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from evalkit.documents.spreadsheet import of_frames
from evalkit.effects.panel import Panel
from evalkit.files import put
from evalkit.problems import InputError, Problem

# words of Stata's and of SPSS's own languages; Stata's writer would rename the column and lose its label
RESERVED = frozenset(
    "aggregate all and array boolean break by byte case catch class complex const continue default delegate delete do double"
    " else enum eq explicit export external float for friend function ge global goto gt if in inline int le local long lt ne"
    " not null or pragma protected quad rowvector short str to typedef typename using virtual with".split()
)


def export(panel: Panel, path: Path) -> list[Path]:
    """See `Panel.export`."""
    with (
        TemporaryDirectory() as folder
    ):  # whole or not at all, and beside a file that is open elsewhere
        return [
            put(path.with_name(made.name), made.read_bytes())
            for made in _written(panel, Path(folder) / path.name)
        ]


def _written(panel: Panel, path: Path) -> list[Path]:
    frame = _plain(panel)
    labels = {c: panel.label(c)[:80] for c in frame} | {"entity_id": "个体编号"}
    if path.suffix.lower() in (".dta", ".sav"):
        short = {c: _short(c, n) for n, c in enumerate(frame)}
        frame, labels = (
            frame.rename(columns=short),
            {short[c]: label for c, label in labels.items()},
        )
    beside = path.with_name(f"{path.stem}_变量说明.xlsx")
    sheets = {"变量说明表": panel.dictionary().frame(), "平衡与缺失": panel.report.frame()}
    match path.suffix.lower():
        case ".dta":
            from pandas.io.stata import StataWriterUTF8

            with path.open("wb") as stream:
                StataWriterUTF8(
                    stream,
                    frame,
                    write_index=False,
                    version=118,
                    variable_labels=labels,
                    data_label="Evalkit",
                    time_stamp=pd.Timestamp(2000, 1, 1).to_pydatetime(),
                ).write_file()
        case ".sav":
            if find_spec("pyreadstat") is None:
                advice = (
                    "请先运行：python -m pip install pyreadstat；或改存 .dta（SPSS 25 以后能打开）"
                )
                raise InputError(
                    Problem(
                        "output_unwritable",
                        file=path.name,
                        found="缺少写 .sav 的软件包 pyreadstat",
                        advice=advice,
                    )
                )
            import_module("pyreadstat").write_sav(
                frame, str(path), column_labels=[labels[c] for c in frame]
            )
        case ".parquet":
            frame.to_parquet(path, index=False)
        case ".xlsx" | ".ods":
            beside, sheets = path, {"数据": frame, **sheets}
        case other:
            raise InputError(
                Problem(
                    "value_invalid",
                    file=path.name,
                    found=other or "没有扩展名",
                    allowed=".dta、.sav、.parquet、.xlsx、.ods",
                )
            )
    beside.write_bytes(of_frames(beside, sheets))
    return [path] if beside == path else [path, beside]


def _short(name: str, n: int) -> str:
    """The name where Stata and SPSS both take it (32 letters and digits, 64 bytes, no word of theirs), else one with its place."""
    if (
        re.fullmatch(r"[^\W\d_]\w{0,31}", name)
        and len(name.encode()) <= 64
        and name.lower() not in RESERVED
    ):
        return name
    plain = re.sub(r"\W", "_", name).lstrip("_")[:17]
    return f"{plain if plain[:1].isalpha() else f'v{plain}'}_{n}"


def _plain(panel: Panel) -> pd.DataFrame:
    """Plain columns with a numeric identifier (xtset wants one); text stays text, gaps stay gaps."""
    frame = panel.frame.copy()
    frame.insert(0, "entity_id", pd.factorize(frame["entity"])[0] + 1)
    for column in frame:
        if not pd.api.types.is_numeric_dtype(frame[column]):
            frame[column] = frame[column].astype("string").fillna("").astype(object)
    return frame.astype(
        {
            c: "float64"
            for c in frame
            if str(frame[c].dtype) in ("Int64", "Float64", "boolean", "bool")
        }
    )
