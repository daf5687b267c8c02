"""What every export says of itself, in the format's own metadata."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tfx_pipeline import __version__
from tfx_pipeline.modules.description.columns import CellType

MADE_BY = f"tfx-pipeline {__version__}"
"""This package and its version."""


@dataclass(frozen=True)
class InputFacts:
    """What a caller should know of an input.

    Attributes:
        name: of the column.
        type: of its cells.
        required: whether the schema says that each row has a value; missing ones are answered all
            the same.
        unit: "" where nobody said one.
        meaning: a line for a person; likewise.
        low, high: of the schema's domain; None: no bound.
        values: that the schema allows of a text, the first thousand; empty: any.
    """

    name: str
    type: CellType
    required: bool = False
    unit: str = ""
    meaning: str = ""
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExportFacts:
    """What an export says of its model.

    Attributes:
        name: of the model.
        version: as it is pushed, or the run that made it.
        inputs: of each column of the description.
        data_fingerprint: of the training data; "" if it is not known.
        licence: of the data, in its README's words; likewise.
        made_by: `MADE_BY`.
        example: raw cells of one row; NaN or "" is missing.
        answer: what the model answers it.
    """

    name: str
    version: str
    inputs: tuple[InputFacts, ...]
    data_fingerprint: str
    licence: str
    made_by: str
    example: Mapping[str, float | str]
    answer: Mapping[str, Any]


def json_text(value: Any) -> str:
    """Write what an export says of its model as JSON; a missing number is null."""
    plain = _plain(value)
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """Make what JSON holds, of values of NumPy too."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
