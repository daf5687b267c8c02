"""Rows that travel with a model, and what it answered when it was trained.

Whoever loads the model elsewhere sends the instances and compares the answers.

Terms:
    instance: raw features by name, as JSON: a number or a text; NaN and "" where missing.
    prediction: what the model answered, by name of the output; lists for vectors.
    transformed: what the network was fed, by name of the transformed feature.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tfx_pipeline.storage import fileio

LOCATION = Path("assets.extra") / "smoke_rows.json"
"""Place of the file inside the exported model."""


@dataclass(frozen=True)
class SmokeRows:
    """Instances and what became of them, one a row, in the same order.

    Attributes:
        instances: what a caller sends.
        predictions: what the model answered at training time, to float32 precision.
        transformed: what the network was fed then, for the rows that were not changed; empty when
            it was not written down.
        changes: what was changed in a row of the split (see `made_rows`), "" for a row as it is;
            those come first. Empty: no row was changed.
    """

    instances: Sequence[Mapping[str, Any]]
    predictions: Sequence[Mapping[str, Any]]
    transformed: Sequence[Mapping[str, Any]] = ()
    changes: Sequence[str] = ()

    @property
    def unchanged(self) -> int:
        """Number of the rows that are as in the split."""
        return len(self.instances) - sum(map(bool, self.changes))

    def change(self, row: int) -> str:
        """Say what was changed in a row; empty for a row as it is in the split."""
        return self.changes[row] if row < len(self.changes) else ""


def write_smoke_rows(model_directory: str | os.PathLike[str], rows: SmokeRows) -> str:
    """Write the rows into a model's folder or URI, whole or not at all; return the file's place."""
    place = fileio.join(os.fspath(model_directory), LOCATION.as_posix())
    fileio.write_bytes(place, json.dumps(asdict(rows), indent=1).encode())
    return place


def read_smoke_rows(model_directory: str | os.PathLike[str]) -> SmokeRows:
    """Read the rows of a model.

    Raises:
        FileNotFoundError: the model carries none.
        ValueError: the file is not what `write_smoke_rows` writes.
    """
    path = Path(model_directory) / LOCATION
    content = json.loads(path.read_text(encoding="utf-8"))
    try:
        rows = SmokeRows(**content)
    except TypeError as error:
        raise ValueError(f"{path} does not hold instances and predictions: {error}") from error
    if len(rows.instances) != len(rows.predictions):
        raise ValueError(
            f"{path}: {len(rows.instances)} instances, {len(rows.predictions)} predictions"
        )
    return rows
