"""From raw rows to answers: see `modules.description.model_description`."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.numpy_form.answer import answers_of
from tfx_pipeline.export.numpy_form.cells import Cells
from tfx_pipeline.export.numpy_form.heads.inputs import HeadInputs
from tfx_pipeline.export.numpy_form.heads.table import head_logits
from tfx_pipeline.export.numpy_form.operations.table import OPERATIONS
from tfx_pipeline.export.rows import Answers, Rows
from tfx_pipeline.modules.description.model_description import ModelDescription

Transformed: TypeAlias = Mapping[str, NDArray[Any]]


def answers(description: ModelDescription, rows: Rows) -> Answers:
    """Answer rows, as `export.rows` says; the rows may hold other columns as well."""
    found = logits(description, transformed(description, rows))
    return answers_of(description.answer, found)


def transformed(description: ModelDescription, rows: Rows) -> dict[str, NDArray[Any]]:
    """Make each transformed column: `[rows, width] float32`, or ids `[rows, 1] int64`."""
    cells = Cells(description.columns, rows)
    return {x.output: OPERATIONS[type(x)](x, cells) for x in description.operations}


def logits(description: ModelDescription, columns: Transformed) -> NDArray[np.float32]:
    """Make logits of transformed columns: `[rows, outputs]`."""
    rows = len(next(iter(columns.values())))
    numbers = [columns[name] for name in description.widths]
    starts = itertools.accumulate(description.sizes.values(), initial=0)
    ids = [columns[name] + start for name, start in zip(description.sizes, starts, strict=False)]
    inputs = HeadInputs(
        np.concatenate([np.zeros((rows, 0), np.float32), *numbers], 1),
        np.concatenate([np.zeros((rows, 0), np.int64), *ids], 1).astype(np.int32),
    )
    with np.errstate(over="ignore"):  # what is too large is infinite, as in the exported model
        return head_logits(description.head, inputs)
