"""What heads are written from: transformed columns, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass

from tfx_pipeline.export.tflite.features.cells import Cells
from tfx_pipeline.export.tflite.features.clocks import Clocks
from tfx_pipeline.export.tflite.graph import Tensor
from tfx_pipeline.export.tflite.heads.layers import Layers
from tfx_pipeline.export.tflite.writer import Writer
from tfx_pipeline.modules.description.operations import Operation


@dataclass(frozen=True)
class HeadInputs:
    """What a head reads, and is written by.

    Attributes:
        writer: that writes.
        layers: that write what can be quantised.
        numbers: `[rows, width] float32`; None: there are none.
        ids: `[rows, columns] int32`, in the numbering that all share; likewise.
        origins: of each place in `numbers`, the operation that made it.
        cells: the raw columns.
        clocks: what moments are computed by.
    """

    writer: Writer
    layers: Layers
    numbers: Tensor | None
    ids: Tensor | None
    origins: tuple[Operation, ...]
    cells: Cells
    clocks: Clocks
