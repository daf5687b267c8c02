"""The family linear."""

from __future__ import annotations

import numpy as np

from tfx_pipeline.export.tflite.graph import Tensor
from tfx_pipeline.export.tflite.heads.inputs import HeadInputs
from tfx_pipeline.modules.description.heads import LinearHead


def write_linear(head: LinearHead, inputs: HeadInputs) -> Tensor:
    """Write the head; see `LinearHead`."""
    writer = inputs.writer
    intercept = np.asarray(head.intercept, np.float32)
    parts = []
    if len(head.columns) and inputs.numbers is not None:
        values = writer.taken(inputs.numbers, head.columns.tolist())
        away = writer.two("SUB", values, head.lows[np.newaxis])
        share = writer.clipped(
            writer.two("DIV", away, head.widths[np.newaxis]), np.zeros(()), np.ones(())
        )
        rises = writer.constant(head.rises.T, np.float32)
        parts.append(writer.product(share, rises, writer.constant(intercept, np.float32)))
    if inputs.ids is not None:
        weights = writer.constant(head.weights, np.float32)
        parts.append(writer.summed(writer.gathered(weights, inputs.ids), 1))
        if len(parts) == 1:
            parts.append(writer.constant(intercept[np.newaxis], np.float32))
    if not parts:
        return writer.repeated(intercept)
    return parts[0] if len(parts) == 1 else writer.two("ADD", *parts)
