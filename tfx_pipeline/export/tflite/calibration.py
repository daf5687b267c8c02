"""Ranges of a network's values on training rows."""

from __future__ import annotations

from tfx_pipeline.export.rows import Rows
from tfx_pipeline.export.tflite.emitter import write_model
from tfx_pipeline.export.tflite.heads.layers import Ranges
from tfx_pipeline.export.tflite.runtime import TfliteRuntime
from tfx_pipeline.modules.description.model_description import ModelDescription


def ranges_of(description: ModelDescription, rows: Rows) -> Ranges:
    """Watch the layers of `int8` while they are still of float32, as they answer rows.

    A range is from the least to the largest: what shares of some 0.01 % at the ends would leave
    out are the rows of which a squared error is made.
    """
    writer, layers = write_model(description, "int8")
    # Names of answers never have a slash.
    writer.outputs = {f"watched/{name}": tensor for name, tensor in layers.watched.items()}
    watched = TfliteRuntime(writer.written("{}"))(rows)
    values = {name: watched[f"watched/{name}"] for name in layers.watched}
    return {name: (float(x.min()), float(x.max())) for name, x in values.items()}
