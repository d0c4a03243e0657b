"""Frames as the tables of tables.yml: columns, order and types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from evalkit.ledgers.forms import SUFFIXES
from evalkit.ledgers.making.verbs import DATE, blank_column
from evalkit.ledgers.regions import row_at

_DTYPES = {"int": "Int64", "money": "Int64", "number": "Float64", "bool": "boolean", "date": DATE}


def _strings(column: Any) -> Any:
    """A column as pandas' string type; of a categorical each text once."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy()
        texts = pa.array(column.cat.categories.to_numpy(dtype=object), type=pa.large_string())
        array = pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), texts).cast(
            pa.large_string()
        )
    else:
        array = pa.array(column.to_numpy(dtype=object), type=pa.large_string(), from_pandas=True)
    return pd.array(array, dtype="string")


def shape(frame: pd.DataFrame, spec: Any, sheets: Sequence[Any]) -> pd.DataFrame:
    """Columns, order and types of a table as tables.yml says; missing columns are null."""
    size = len(frame)
    number = frame["sheet"].to_numpy(dtype=int) if size else np.zeros(0, dtype=int)
    columns: Any = frame
    out: dict[str, Any] = {
        column: _strings(frame[column]) if size else blank_column(0, "string")
        for column in ("area", "period")
    }
    for column, attribute in (("source_file", "file"), ("source_sheet", "name")):
        said = [getattr(sheet, attribute) for sheet in sheets]
        at = {text: n for n, text in enumerate(dict.fromkeys(said))}
        codes = np.array([at[text] for text in said], dtype=int)[number]
        out[column] = _strings(
            pd.Series(pd.Categorical.from_codes(cast(Any, codes), pd.Index(list(at))))
        )
    wanted = {"source_row": "Int64"}
    for column, about in spec.columns.items():
        for suffix in SUFFIXES if about.interval else ("",):
            wanted[column + suffix] = _DTYPES.get(about.type, "string")
    for column, dtype in wanted.items():
        if column not in frame:
            out[column] = blank_column(size, dtype)
        else:
            out[column] = (
                _strings(frame[column])
                if dtype == "string"
                else columns[column].astype(dtype).array
            )
    if any(sheet.shaped for sheet in sheets) and size:
        rows = zip(number, out["source_row"], strict=True)
        out["source_row"] = pd.array([row_at(sheets[n], row) for n, row in rows], dtype="Int64")
    return pd.DataFrame(out)
