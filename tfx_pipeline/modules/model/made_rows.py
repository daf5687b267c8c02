"""Rows made for an exported model of real ones: with a feature changed, and as warm-up requests.

A table in which a column is never empty has no row that shows what the served model makes of a
missing value there. So rows are made that do, as tf.Examples, which are not what a caller sends:
an absent feature and a NaN go to the transform graph by different ways, and must come to the same.
Warm-up requests are what a model server replays before a version takes requests.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.features.columns import RawColumns, RawFeature
from tfx_pipeline.modules.features.missing_marks import read_marks
from tfx_pipeline.modules.model.signature_names import SERVING_EXAMPLES
from tfx_pipeline.modules.model.signatures import INSTANCE_DTYPES
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.serving.models.model_files import write_warmup
from tfx_pipeline.serving.types import DEFAULT_SIGNATURE
from tfx_pipeline.storage import fileio

UNSEEN_TEXT = "(never seen)"
_MOST = 64  # groups of features, and rows to find one in that has a value
_BATCH_SIZES = (1, 32)


def changed_rows(
    serialized: Sequence[bytes],
    raw: Mapping[str, RawFeature],
    features: Sequence[str],
    marks: Mapping[str, Sequence[str]],
) -> Iterator[tuple[bytes, str]]:
    """Change one feature a row; several, where there are more than 64 of them.

    `serialized` are tf.Examples, at least one; `raw` the raw features of these and of more rows,
    whose range is what counts as seen; `features` those to change; `marks`, by feature, cells that
    mean missing.

    Yields:
        A serialized tf.Example, and what was changed in it: first each feature missing, then each
        as no row has it, a text or a number beyond all others, then each that has marks as one.
    """
    ranges = _ranges(raw, [name for name in features if raw[name].dtype != tf.string])
    cells = {name: _mark(raw[name].dtype, marks[name]) for name in features if name in marks}
    states: dict[str, dict[str, float | int | str | None]] = {
        "missing": dict.fromkeys(features),
        "unseen": {name: _unseen(raw[name].dtype, ranges.get(name)) for name in features},
        "marked as missing": {name: cell for name, cell in cells.items() if cell is not None},
    }
    for state, values in states.items():
        for group in [list(values)[start::_MOST] for start in range(min(_MOST, len(values)))]:
            example = tf.train.Example.FromString(_row_with(group[0], serialized))
            for name in group:
                example.features.feature.pop(name, None)
                if (value := values[name]) is not None:
                    _append(example.features.feature[name], value)
            names = ", ".join(f"`{name}`" for name in group)
            yield example.SerializeToString(deterministic=True), f"{names} {state}"


def _mark(dtype: tf.DType, cells: Sequence[str]) -> float | int | str | None:
    """Give the first mark that a column of this type can hold."""
    marks = read_marks(cells)
    held: Sequence[float | int | str] = marks.texts
    if dtype != tf.string:
        held = marks.whole if dtype.is_integer else marks.held
    return next(iter(held), None)


def _row_with(name: str, serialized: Sequence[bytes]) -> bytes:
    """Give an early row in which the feature has a value; the first of all, where none has."""
    for row in serialized[:_MOST]:
        if name in tf.train.Example.FromString(row).features.feature:
            return row
    return serialized[0]


def _ranges(raw: Mapping[str, RawFeature], names: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Find the smallest and the largest number of columns, all at once; 0 where there is none."""
    if not names:
        return {}
    numbers = RawColumns(raw).numbers(*names).numpy()
    missing = np.isnan(numbers)
    low = np.where(missing, np.inf, numbers).min(axis=0)
    high = np.where(missing, -np.inf, numbers).max(axis=0)
    low, high = (np.where(missing.all(axis=0), 0.0, x) for x in (low, high))
    return dict(zip(names, zip(low, high, strict=True), strict=True))


def _unseen(dtype: tf.DType, seen: tuple[float, float] | None) -> float | int | str:
    if dtype == tf.string or seen is None:
        return UNSEEN_TEXT
    low, high = seen
    # Far enough to be none of the rows, near enough for float32 to compute with.
    beyond = high + 2 * (high - low) + 1
    if dtype.is_integer:
        return int(beyond) if beyond < 2**53 else math.floor(low - 1)
    return float(beyond) if beyond < tf.float32.max else 0.0


def write_warmup_rows(
    model_directory: str, graph: TransformGraph, columns: Mapping[str, Sequence[Any]]
) -> None:
    """Write requests of one row, and of 32 where there are as many, for each signature served.

    Only what a caller sends is in them: no label, and no other column. `model_directory` is a
    folder or URI, `columns` are raw features as JSON values: NaN or "" where missing.
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
        if value == value and value != "":  # NaN and "" are missing
            _append(feature, int(value) if graph.raw_spec[name].dtype.is_integer else value)
    return example.SerializeToString(deterministic=True)


def _append(feature: Any, value: float | int | str) -> None:
    if isinstance(value, str):
        feature.bytes_list.value.append(value.encode())
    elif isinstance(value, int):
        feature.int64_list.value.append(value)
    else:
        feature.float_list.value.append(value)
