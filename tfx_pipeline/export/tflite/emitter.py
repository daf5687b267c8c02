"""A model written as TFLite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfx_pipeline.errors import Problem
from tfx_pipeline.export.errors import NotExportableError, hash_problem
from tfx_pipeline.export.facts import ExportFacts
from tfx_pipeline.export.tflite.answers import write_answers
from tfx_pipeline.export.tflite.facts_text import facts_text
from tfx_pipeline.export.tflite.features.cells import Cells
from tfx_pipeline.export.tflite.features.clocks import Clocks
from tfx_pipeline.export.tflite.features.transformed import write_columns
from tfx_pipeline.export.tflite.heads.inputs import HeadInputs
from tfx_pipeline.export.tflite.heads.layers import Kind, Layers, Ranges
from tfx_pipeline.export.tflite.heads.table import write_head
from tfx_pipeline.export.tflite.writer import Writer
from tfx_pipeline.modules.description.columns import MomentParse, NumberParse
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.modules.description.operations import Operation, Words

LACKS: Mapping[type[Operation], str] = {
    Words: (
        "TFLite has no operation that takes a text apart into words: leave the feature out, use"
        " another kind (`kind: categorical`), or export to onnx"
    ),
}
"""What cannot be said, by the type of operation: the reason, and what to do."""

LACKS_OF_COLUMNS: Mapping[type[Any], str] = {
    NumberParse: (
        "TFLite has no operation that reads a number out of a text: let the table hold numbers and"
        " leave `parse` out"
    ),
    MomentParse: (
        "TFLite has no operation that reads a date or time out of a text: let the table hold"
        " seconds since 1970 and leave `parse` out"
    ),
}
"""The same of what columns are read by."""


def emit(
    description: ModelDescription,
    facts: ExportFacts,
    kind: Kind = "float32",
    ranges: Ranges | None = None,
) -> bytes:
    """Write the model; the same description and facts give the same bytes.

    Args:
        description: of the model.
        facts: are written beside it; `facts_text.read_facts` reads them.
        kind: of the numbers of its network, see `kinds`.
        ranges: that `int8` needs, see `calibration`.

    Raises:
        NotExportableError: it holds what TFLite cannot say.
    """
    writer, _ = write_model(description, kind, ranges)
    return writer.written(facts_text(description, facts, kind))


def write_model(
    description: ModelDescription, kind: Kind = "float32", ranges: Ranges | None = None
) -> tuple[Writer, Layers]:
    """Write all of the model but its bytes; raises as `emit`."""
    _check(description)
    writer = Writer()
    cells = Cells(writer, description.columns)
    clocks = Clocks(writer, cells)
    numbers, ids = write_columns(writer, cells, clocks, description)
    origins = {each.output: each for each in description.operations}
    layers = Layers(writer, kind, ranges)
    inputs = HeadInputs(
        writer,
        layers,
        numbers,
        ids,
        tuple(origins[x] for x, width in description.widths.items() for _ in range(width)),
        cells,
        clocks,
    )
    write_answers(writer, write_head(description.head, inputs), description.answer)
    return writer, layers


def _check(description: ModelDescription) -> None:
    """Refuse what cannot be said, all at once."""
    problems = []
    for each in description.operations:
        reason = LACKS.get(type(each))
        if reason is not None:
            problems.append(_problem(f"feature {each.output!r}", None, reason))
        elif problem := hash_problem(each, "TFLite"):
            problems.append(problem)
    for column in description.columns:
        parse = column.parse
        if isinstance(parse, NumberParse | MomentParse):
            written = parse.example if isinstance(parse, NumberParse) else parse.pattern
            reason = LACKS_OF_COLUMNS[type(parse)]
            problems.append(_problem(f"column {column.name!r}", f"parse: {written!r}", reason))
    if problems:
        raise NotExportableError(problems, "the model cannot be exported to tflite")


def _problem(place: str, received: str | None, reason: str) -> Problem:
    what, _, next_step = reason.partition(": ")
    return Problem(what, place=place, received=received, next_step=next_step)
