"""What ONNX cannot say of a model, and which setting helps."""

from __future__ import annotations

from collections.abc import Iterator

from tfx_pipeline.errors import Problem
from tfx_pipeline.export.errors import NotExportableError, hash_problem
from tfx_pipeline.export.onnx.columns import moment_texts, number_texts
from tfx_pipeline.modules.description.columns import Column, MomentParse, NumberParse
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.modules.features.number_style import read_style


def refuse_what_is_lacking(description: ModelDescription) -> None:
    """Raise a NotExportableError with all that is lacking."""
    problems = [
        *(problem for column in description.columns for problem in _of_column(column)),
        *filter(None, (hash_problem(each, "ONNX") for each in description.operations)),
    ]
    if problems:
        raise NotExportableError(problems, "the model cannot be written as ONNX")


def _of_column(column: Column) -> Iterator[Problem]:
    why, example = None, ""
    if isinstance(column.parse, NumberParse):
        example = column.parse.example
        why = number_texts.unreadable(read_style(example))
    elif isinstance(column.parse, MomentParse):
        example = column.parse.pattern
        why = moment_texts.unreadable(example)
    if why:
        yield Problem(
            f"texts so written cannot be taken apart by ONNX's operators: {why}",
            place=f"column {column.name!r}",
            received=f"parse: {example!r}",
            next_step="write numbers or moments without these into the table, and train again",
        )
