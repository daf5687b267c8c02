"""TFLite models run by LiteRT, without TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import Problem
from tfx_pipeline.export.errors import NotExportableError
from tfx_pipeline.export.rows import Answers, Rows, in_slices
from tfx_pipeline.export.tflite.library import interpreter

_AT_ONCE = 1024
"""Rows of a call: more take memory and gain nothing."""
_WORDS = {
    "float32": "float32 numbers",
    "float64": "float64 numbers",
    "str": "texts (an array of object, each a str)",
}


class TfliteRuntime:
    """A loaded model."""

    def __init__(self, content: bytes, threads: int = 1) -> None:
        """Take the bytes of a file; raises as `load`."""
        module = interpreter()
        try:
            # Without the delegate that says on the console that it was made; as fast for rows of
            # tables, and no nearer.
            self._model = module.Interpreter(
                model_content=content,
                num_threads=threads,
                experimental_op_resolver_type=(
                    module.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
                ),
            )
            self._model.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise NotExportableError(
                [
                    Problem(
                        "LiteRT cannot load the model",
                        received=str(error).strip(),
                        allowed="a file that `tfx-pipeline export --to tflite` wrote",
                        next_step="export the model again",
                    )
                ],
                "no TFLite model of ours",
            ) from error
        signature = self._model.get_signature_runner("serving_default")
        self._inputs = signature.get_input_details()
        self._outputs = signature.get_output_details()
        self._rows = 1

    def __call__(self, rows: Rows) -> Answers:
        """Answer rows, of which there may be none; columns that are no input are passed over.

        Raises:
            ValueError: an input is missing, of another type, or not as long as others.
        """
        return in_slices(self._answer, self._checked(rows), _AT_ONCE)

    def _answer(self, cells: Rows) -> Answers:
        count = len(next(iter(cells.values())))
        if not count:
            return self._empty(cells)
        if count != self._rows:
            for detail in self._inputs.values():
                self._model.resize_tensor_input(detail["index"], [count])
            self._model.allocate_tensors()
            self._rows = count
        for name, detail in self._inputs.items():
            self._model.set_tensor(detail["index"], cells[name])
        self._model.invoke()
        answers = {}
        for name, detail in self._outputs.items():
            values = self._model.get_tensor(detail["index"])
            if values.dtype.kind in "OS":
                values = np.array([text.decode() for text in values.tolist()], object)
            answers[name] = values
        return answers

    def _empty(self, cells: Rows) -> Answers:
        """Answer no rows: as one, of which nothing is kept; kernels want a row."""
        one = {
            name: np.array([b""], object) if x.dtype == object else np.zeros(1, x.dtype)
            for name, x in cells.items()
        }
        return {name: values[:0] for name, values in self._answer(one).items()}

    def _checked(self, rows: Rows) -> dict[str, NDArray[Any]]:
        needed = {name: _type_of(detail) for name, detail in self._inputs.items()}
        if absent := sorted(set(needed) - set(rows)):
            raise ValueError(
                f"an input is missing: received {list(rows)}, without {absent}; needed:"
                f" {list(needed)}"
            )
        shapes = {name: np.shape(rows[name]) for name in needed}
        first = next(iter(shapes.values()))
        if len(first) != 1 or set(shapes.values()) != {first}:
            raise ValueError(
                f"inputs are not all as long: received shapes {shapes}; needed: one cell a row in"
                " each, `[rows]`"
            )
        return {name: _cells(name, np.asarray(rows[name]), needed[name]) for name in needed}


def load(path: Path) -> TfliteRuntime:
    """Load a model.

    Raises:
        NotExportableError: the file is no TFLite model, or of operations that LiteRT has not.
        OSError: it cannot be read.
    """
    return TfliteRuntime(Path(path).read_bytes())


def _type_of(detail: Any) -> str:
    dtype = np.dtype(detail["dtype"])
    return "str" if dtype.kind in "OSU" else dtype.name


def _cells(name: str, values: NDArray[Any], needed: str) -> NDArray[Any]:
    """Check the type of an input; texts become bytes."""
    wrong: list[Any] = []
    if needed == "str" and values.dtype.kind in "OU":
        texts = values.tolist()
        wrong = [x for x in texts if not isinstance(x, str)]
        if not wrong:
            encoded = np.empty(len(texts), object)
            encoded[:] = [text.encode("utf-8", "surrogateescape") for text in texts]
            return encoded
    elif values.dtype.name == needed:
        return np.ascontiguousarray(values)
    received = f"a {type(wrong[0]).__name__}" if wrong else _words(values.dtype)
    raise ValueError(
        f"input {name!r} has another type: received {received}; needed: {_WORDS[needed]}"
    )


def _words(dtype: np.dtype[Any]) -> str:
    if dtype.kind in "OU":
        return "texts"
    return f"{dtype} {'numbers' if dtype.kind in 'iuf' else 'cells'}"
