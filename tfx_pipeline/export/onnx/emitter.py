"""Writes a fitted model as ONNX, opset 17 and ai.onnx.ml 3: see `graph`, `transformed`, `heads`."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

from tfx_pipeline.export.facts import ExportFacts
from tfx_pipeline.export.onnx.answer import end_with_answers, outputs_of
from tfx_pipeline.export.onnx.columns.cells import Cells
from tfx_pipeline.export.onnx.graph import Graph, onnx_module
from tfx_pipeline.export.onnx.heads.logits import logits
from tfx_pipeline.export.onnx.metadata import PRODUCER, description_text, properties
from tfx_pipeline.export.onnx.refusals import refuse_what_is_lacking
from tfx_pipeline.export.onnx.transformed import transformed, uses_of
from tfx_pipeline.export.rows import CELL_DTYPES
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.modules.description.operations import Operation

LACKS: Mapping[type[Operation], str] = {}
"""There is no operation that ONNX cannot say at all; what some hold may be refused, see
`refusals`."""


def emit(description: ModelDescription, facts: ExportFacts) -> bytes:
    """Write the model.

    Raises:
        NotExportableError: it holds what ONNX cannot say.
        ModuleNotFoundError: the package `onnx` is not installed.
    """
    refuse_what_is_lacking(description)
    outputs = outputs_of(description.answer)
    inputs = input_names([x.name for x in description.columns], [name for name, *_ in outputs])
    types = [(inputs[x.name], CELL_DTYPES[x.type]) for x in description.columns]
    graph = Graph(types, [name for name, *_ in outputs])
    cells = Cells(graph, description.columns, inputs, uses_of(description.operations))
    rows = transformed(graph, cells, description)
    end_with_answers(graph, description.answer, logits(graph, description.head, rows))
    model = graph.model(outputs, producer_name=PRODUCER, doc_string=description_text(facts, inputs))
    onnx_module("helper").set_model_props(model, properties(facts, inputs))
    onnx_module("checker").check_model(model, full_check=True)
    written: bytes = model.SerializeToString(deterministic=True)
    return written


def input_names(columns: Iterable[str], outputs: Iterable[str]) -> dict[str, str]:
    """Name an input as its column, or `input_<n>` where an output has that name, or it has none."""
    columns = list(columns)
    taken = {*columns, *outputs}
    free = (x for x in map("input_{}".format, itertools.count()) if x not in taken)
    not_free = {"", *outputs}  # "" is no input at all
    return {column: next(free) if column in not_free else column for column in columns}
