"""The answers in the examples that BulkInferrer wrote, put back in the order of the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.export.rows import Answers

_AT_ONCE = 1 << 14


class AnswerTable:
    """Answers of so many rows, filled in any order.

    Attributes:
        columns: by the model's output, `[rows]` or `[rows, classes]`.
        is_there: which rows have theirs, `[rows]`.
    """

    def __init__(self, like: Answers, rows: int) -> None:
        """Take answers of no row, whose types and widths it has."""
        self.columns = {name: np.empty((rows, *x.shape[1:]), x.dtype) for name, x in like.items()}
        self.is_there = np.zeros(rows, bool)

    def put(self, answers: Answers, rows: NDArray[np.int64]) -> None:
        """Put answers into these rows."""
        for name, values in answers.items():
            self.columns[name][rows] = values
        self.is_there[rows] = True

    def check(self) -> None:
        """Refuse to go on where a row has no answer.

        Raises:
            PipelineError: Beam lost some.
        """
        if lost := int((~self.is_there).sum()):
            step = "go on with --resume"
            what = "rows that went to BulkInferrer did not come back"
            problem = Problem(what, None, f"{lost:,} of {len(self.is_there):,}", next_step=step)
            raise PipelineError([problem], "Beam did not answer the rows")


def read_answers(
    folder: Path, row_name: str, names: Mapping[str, str], like: Answers
) -> Iterator[tuple[Answers, NDArray[np.int64]]]:
    """Yield some answers, and the numbers of their rows.

    Args:
        folder: of the files.
        row_name: feature with the number of a row.
        names: feature of each answer, by the model's output.
        like: answers of no row.
    """
    import tensorflow as tf
    from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

    kinds = {row_name: "INT"}
    for key, values in like.items():
        kinds[names[key]] = "BYTES" if values.dtype == object else "FLOAT"
    decoder = ExamplesToRecordBatchDecoder(_schema(kinds))
    files = sorted(str(file) for file in folder.iterdir() if file.name.endswith(".gz"))
    for records in tf.data.TFRecordDataset(files, "GZIP").batch(_AT_ONCE).as_numpy_iterator():
        batch = decoder.DecodeBatch(records.tolist())
        answers = {}
        for key, values in like.items():
            column = batch.column(batch.schema.get_field_index(names[key])).flatten()
            found = column.to_numpy(zero_copy_only=False).astype(values.dtype)
            answers[key] = found.reshape(-1, *values.shape[1:])
        rows = batch.column(batch.schema.get_field_index(row_name)).flatten()
        yield answers, rows.to_numpy(zero_copy_only=False)


def _schema(kinds: Mapping[str, str]) -> Any:
    from google.protobuf import text_format
    from tensorflow_metadata.proto.v0 import schema_pb2

    schema = schema_pb2.Schema()
    for name, kind in kinds.items():
        feature = schema.feature.add(name=name)
        text_format.Parse(f"type: {kind}", feature)
    return schema.SerializeToString()
