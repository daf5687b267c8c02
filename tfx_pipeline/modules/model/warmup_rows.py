"""Real rows as warm-up requests: what a model server replays before a version takes requests."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.model.signature_names import SERVING_EXAMPLES
from tfx_pipeline.modules.model.signatures import INSTANCE_DTYPES
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.serving.models.model_files import write_warmup
from tfx_pipeline.serving.types import DEFAULT_SIGNATURE
from tfx_pipeline.storage import fileio

_BATCH_SIZES = (1, 32)


def write_warmup_rows(
    model_directory: str, graph: TransformGraph, columns: Mapping[str, Sequence[Any]]
) -> None:
    """Write requests of one row, and of 32 where there are as many, for each signature served.

    Only what a caller sends is in them: no label, and no other column.

    Args:
        model_directory: folder or URI of the exported model, whose signatures are asked.
        graph: knows the kinds of the columns.
        columns: raw features by name, as JSON values: NaN or "" where missing.
    """
    instances = {
        name: _tensor(values, INSTANCE_DTYPES[graph.raw_spec[name].dtype])
        for name, values in columns.items()
    }
    examples = _examples(graph, columns)
    rows = len(examples)
    requests: list[tuple[str, dict[str, NDArray[Any]]]] = []
    for size in sorted({min(size, rows) for size in _BATCH_SIZES}):
        requests.append((DEFAULT_SIGNATURE, {name: x[:size] for name, x in instances.items()}))
        requests.append((SERVING_EXAMPLES, {"examples": examples[:size]}))
    if not fileio.is_uri(model_directory):
        write_warmup(Path(model_directory), requests)
        return
    with tempfile.TemporaryDirectory(prefix="tfx-warmup-") as folder:
        file = write_warmup(Path(folder), requests)
        fileio.upload_files(Path(folder), model_directory, [file.relative_to(folder).as_posix()])


def _tensor(values: Sequence[Any], dtype: tf.DType) -> NDArray[Any]:
    if dtype == tf.string:
        return np.array([value.encode() for value in values], object)
    return np.array(values, dtype.as_numpy_dtype)


def _examples(graph: TransformGraph, columns: Mapping[str, Sequence[Any]]) -> NDArray[Any]:
    """Serialize rows as tf.Example; a missing value has no feature."""
    rows = zip(*columns.values(), strict=True)
    return np.array([_example(graph, dict(zip(columns, row, strict=True))) for row in rows], object)


def _example(graph: TransformGraph, row: Mapping[str, Any]) -> bytes:
    example = tf.train.Example()
    for name, value in row.items():
        feature = example.features.feature[name]
        if isinstance(value, str):
            feature.bytes_list.value.extend([value.encode()] if value else [])
        elif value == value:  # NaN is missing
            whole = graph.raw_spec[name].dtype.is_integer
            values = feature.int64_list.value if whole else feature.float_list.value
            values.append(int(value) if whole else value)
    return example.SerializeToString(deterministic=True)
