"""Answers rows by an ONNX file, in onnxruntime."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.onnx.metadata import INPUTS
from tfx_pipeline.export.rows import CELL_DTYPES, Answers, Rows, in_slices
from tfx_pipeline.modules.description.columns import CellType
from tfx_pipeline.wording import nearest

_NOTHING_BUT_FATAL = 4  # what fails is raised as well
_CELLS_AT_ONCE = 2**21
"""Of a call of the session: a thousand columns then need some tens of megabytes, not gigabytes."""
_NEEDED = {
    "float32": "numbers, NaN where missing",
    "int64": "numbers, NaN where missing",
    "string": 'texts, "" where missing',
}


class Input(NamedTuple):
    """An input of a model: its column, the type of the cells, and its name in the graph."""

    column: str
    type: CellType
    name: str


class OnnxRuntime:
    """A loaded model.

    Attributes:
        inputs: in their order.
        outputs: names, in theirs.
    """

    def __init__(self, model: bytes | str, threads: int = 1) -> None:
        """Load a model, of its bytes or from a path; see `load`."""
        ort = _onnxruntime()
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _NOTHING_BUT_FATAL
        try:
            self._session = ort.InferenceSession(model, options, ["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has a class of errors a code, with no common base
            raise ValueError(
                f"onnxruntime {ort.__version__} cannot read the file: {error}"
            ) from error
        metadata = self._session.get_modelmeta().custom_metadata_map
        if INPUTS not in metadata:
            raise ValueError("the file is no export of this package: its metadata has no `inputs`")
        self.inputs = tuple(
            Input(each["name"], each["type"], each["input"])
            for each in json.loads(metadata[INPUTS])
        )
        self.outputs = tuple(each.name for each in self._session.get_outputs())
        self._shapes = {each.name: each.shape[1:] for each in self._session.get_outputs()}

    def __call__(self, rows: Rows) -> Answers:
        """Answer rows.

        Raises:
            ValueError: a column is absent or unknown, or holds something else than it should, or
                their lengths differ.
        """
        return self.run(self.feeds(rows))

    def feeds(self, rows: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Make what the session takes of columns: arrays of NumPy, or of Arrow; checked."""
        self._check_names(rows)
        feeds = {each.name: _cells(each, rows[each.column]) for each in self.inputs}
        counts = {each.column: len(feeds[each.name]) for each in self.inputs}
        if len(set(counts.values())) > 1:
            raise ValueError(f"columns of one length are needed; received {counts}")
        return feeds

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> Answers:
        """Answer what `feeds` made; several threads may."""
        return in_slices(self._answer, feeds, max(1, _CELLS_AT_ONCE // len(feeds)))

    def _answer(self, feeds: Mapping[str, NDArray[Any]]) -> Answers:
        if not len(next(iter(feeds.values()))):
            # Some operators of onnxruntime take no empty batch.
            return {name: self._empty(name) for name in self.outputs}
        return dict(zip(self.outputs, self._session.run(self.outputs, dict(feeds)), strict=True))

    def _empty(self, name: str) -> NDArray[Any]:
        return np.empty((0, *self._shapes[name]), object if name == "class" else np.float32)

    def _check_names(self, rows: Mapping[str, Any]) -> None:
        known = {each.column for each in self.inputs}
        if absent := sorted(known - rows.keys()):
            raise ValueError(f"a column is absent: {absent[0]!r}; the model takes {sorted(known)}")
        if unknown := sorted(rows.keys() - known):
            hint = nearest(unknown[0], known)
            raise ValueError(
                f"the model has no input {unknown[0]!r}; it takes {sorted(known)}"
                + (f"; {hint}" if hint else "")
            )


def load(path: str | os.PathLike[str], threads: int = 1) -> OnnxRuntime:
    """Load an exported model.

    `threads` are those that one call computes with.

    Raises:
        ValueError: onnxruntime cannot read the file, or it is no export of this package.
        ModuleNotFoundError: onnxruntime is not installed.
    """
    return OnnxRuntime(os.fspath(path), threads)


def _cells(wanted: Input, values: Any) -> NDArray[Any]:
    """Make an input's array of a column."""
    if wanted.type == "string":
        return _texts(wanted, values)
    return _numbers(wanted, values)


def _numbers(wanted: Input, values: Any) -> NDArray[Any]:
    array = values.to_numpy(zero_copy_only=False) if _is_arrow(values) else np.asarray(values)
    if array.dtype.kind not in "fiub" or array.ndim != 1:
        raise _wrong(wanted, array.dtype, array.shape)
    return array.astype(CELL_DTYPES[wanted.type], copy=False)


def _texts(wanted: Input, values: Any) -> NDArray[Any]:
    """Give an array of `str`; a null of Arrow is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not _is_arrow(values):
        array = np.asarray(values)
        if array.ndim != 1 or array.dtype.kind not in "OU":
            raise _wrong(wanted, array.dtype, array.shape)
        try:
            checked = pa.array(array, pa.string())  # which tells what is no text, fast
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise _wrong(wanted, f"objects that are no texts ({error})", array.shape) from error
        if checked.null_count:  # onnxruntime would take it for a text, "None"
            raise _wrong(wanted, "objects that are no texts (None)", array.shape)
        return array.astype(object, copy=False)
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        if not pa.types.is_dictionary(values.type) or not pa.types.is_string(
            values.type.value_type
        ):
            raise _wrong(wanted, values.type, (len(values),))
        names = np.append(values.dictionary.to_numpy(zero_copy_only=False), "")
        return cast(NDArray[Any], names[pc.fill_null(values.indices, -1).to_numpy()])
    filled = pc.fill_null(values, "") if values.null_count else values
    return cast(NDArray[Any], filled.to_numpy(zero_copy_only=False))


def _is_arrow(values: Any) -> bool:
    return type(values).__module__.split(".")[0] == "pyarrow"


def _wrong(wanted: Input, received: object, shape: tuple[int, ...]) -> ValueError:
    return ValueError(
        f"input {wanted.column!r} needs {_NEEDED[wanted.type]}, [rows] of"
        f" {CELL_DTYPES[wanted.type].__name__}; received {received} of shape {list(shape)}"
    )


def _onnxruntime() -> Any:
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "to run ONNX needs the package onnxruntime: pip install 'tfx-pipeline[formats]'"
        ) from error
    return onnxruntime
