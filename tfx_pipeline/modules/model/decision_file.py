"""The decision that a model carries, as a file beside it: read without TensorFlow."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tfx_pipeline.modules.model.decision import UNDECIDED, Decision
from tfx_pipeline.storage import fileio

LOCATION = Path("assets.extra") / "decision.json"
"""Place of the file inside the exported model."""


def write_decision(model_directory: str | os.PathLike[str], decision: Decision) -> None:
    """Write it into a model's folder or URI, whole or not at all."""
    place = fileio.join(os.fspath(model_directory), LOCATION.as_posix())
    fileio.write_bytes(place, json.dumps(decision._asdict(), indent=1).encode())


def read_threshold(model_directory: str | os.PathLike[str]) -> float:
    """Read from which probability on a model answers the second class; 0.5 if nothing says so.

    `model_directory` is the folder or URI of the exported model.

    Raises:
        ValueError: the file is not what `write_decision` writes.
    """
    place = fileio.join(os.fspath(model_directory), LOCATION.as_posix())
    if not fileio.exists(place):
        return UNDECIDED
    try:
        return Decision(**json.loads(fileio.read_bytes(place))).threshold
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{place} does not hold a decision ({error}): train the model again"
        ) from error
