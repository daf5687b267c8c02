"""A SavedModel as an engine, in the session in which a model server runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tfx_pipeline.errors import ConfigError, PipelineError, Problem
from tfx_pipeline.export.rows import Answers, Rows, Runtime
from tfx_pipeline.modules.description.columns import CellType
from tfx_pipeline.modules.model.signature_names import CLASS

_CELL_TYPES: dict[int, CellType] = {1: "float32", 2: "int64", 7: "string"}
"""By TensorFlow's data type of the input."""
_TITLE = "the model cannot be used"


def load(folder: Path) -> tuple[Runtime, dict[str, CellType]]:
    """Load it; rows go to `serving_default`. Give the columns that it takes, too.

    What answers raises a PipelineError where TensorFlow cannot answer.

    Raises:
        ConfigError: TensorFlow refuses it, it has no such signature, or an input of another type.
    """
    from tfx_pipeline.serving.errors import ServingError
    from tfx_pipeline.serving.models.saved_model import load_saved_model
    from tfx_pipeline.serving.types import DEFAULT_SIGNATURE

    try:
        model = load_saved_model(folder)
    except ServingError as error:
        raise ConfigError([Problem(error.message, str(folder))], _TITLE) from error
    signature = model.signatures.get(DEFAULT_SIGNATURE)
    if signature is None:
        problem = Problem(
            f"it has no signature `{DEFAULT_SIGNATURE}`", str(folder), str([*model.signatures])
        )
        raise ConfigError([problem], _TITLE)
    columns = {}
    for name, spec in signature.inputs.items():
        if spec.dtype not in _CELL_TYPES or spec.shape not in (None, (-1,), (-1, 1)):
            problem = Problem(
                f"its input `{name}` is none that a table has",
                str(folder),
                f"data type {spec.dtype}, shape {spec.shape}",
                "float, double or string, [batch] or [batch, 1]",
            )
            raise ConfigError([problem], _TITLE)
        columns[name] = _CELL_TYPES[spec.dtype]
    # A SavedModel keeps no order of its outputs.
    names = sorted(signature.outputs, key=lambda name: (name == CLASS, name))
    fetches = [signature.outputs[name].name for name in names]
    is_wide = {name: spec.shape == (-1, 1) for name, spec in signature.inputs.items()}

    def answer(rows: Rows) -> Answers:
        fed = {
            spec.name: rows[name].reshape(-1, 1) if is_wide[name] else rows[name]
            for name, spec in signature.inputs.items()
        }
        try:
            found = model.run(fed, fetches)
        except ServingError as error:
            problem = Problem(error.message, str(folder))
            raise PipelineError([problem], "the model cannot answer some rows") from error
        return {name: _flat(x) for name, x in zip(names, found, strict=True)}

    return answer, columns


def _flat(values: Any) -> Any:
    """Take an axis of one answer a row away."""
    return values.reshape(-1) if values.ndim == 2 and values.shape[1] == 1 else np.asarray(values)
