"""The exported model as a function of raw columns, run as a server runs it.

Terms:
    column, answer: see `evaluation.risk.subject`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.subject import Columns
from tfx_pipeline.modules.label_rule.rule import LABEL, LABEL_KNOWN
from tfx_pipeline.modules.model.signature_names import PREDICTION_KEYS, TRANSFORM_FEATURES
from tfx_pipeline.serving.models.saved_model import load_saved_model
from tfx_pipeline.serving.types import DEFAULT_SIGNATURE, Signature

_AT_ONCE = 16_384
"""Rows of a call: enough that its own cost is nothing, few enough for wide tables."""


class UnfitModelError(ValueError):
    """The model cannot be asked by raw columns, or gives no labels: a `run_fn` of one's own."""


class ExportedModel:
    """A SavedModel in the session that a model server would run it in.

    Attributes:
        features: the columns that a caller sends: the inputs of `serving_default`, sorted.
    """

    def __init__(self, folder: Path, task: str) -> None:
        """Load it.

        Raises:
            UnfitModelError: a signature, or the output of the task, is missing.
        """
        self._model = load_saved_model(folder)
        self._asked = self._signature(DEFAULT_SIGNATURE)
        self._answer = PREDICTION_KEYS[task]
        if self._answer not in self._asked.outputs:
            raise UnfitModelError(
                f"the signature {DEFAULT_SIGNATURE!r} gives {sorted(self._asked.outputs)}, and no"
                f" {self._answer!r}"
            )
        self._shape = (-1,) if task != "multiclass" else None
        self.features = tuple(sorted(self._asked.inputs))
        self._dtypes = {
            alias: _dtype(alias, spec.dtype) for alias, spec in self._asked.inputs.items()
        }

    def close(self) -> None:
        """Free what it holds."""
        self._model.close()

    def _signature(self, name: str) -> Signature:
        if name not in self._model.signatures:
            raise UnfitModelError(
                f"the model has no signature {name!r}; it has {sorted(self._model.signatures)}"
            )
        return self._model.signatures[name]

    def predict(self, columns: Columns) -> NDArray[Any]:
        """Answer rows as `serving_default` does: see `subject.Predict`.

        Raises:
            ValueError: a column is missing, or they are not equally long.
        """
        if missing := sorted(set(self.features) - columns.keys()):
            raise ValueError(f"columns without values: {missing}; the model takes {self.features}")
        lengths = {len(columns[name]) for name in self.features}
        if len(lengths) != 1:
            raise ValueError(f"columns of different lengths: {sorted(lengths)}")
        with np.errstate(over="ignore"):  # beyond float32 numbers become infinite: missing
            tensors = {
                self._asked.inputs[name].name: _tensor(columns[name], self._dtypes[name])
                for name in self.features
            }
        fetch = [self._asked.outputs[self._answer].name]
        (count,) = lengths
        parts = [
            self._model.run({name: x[start : start + _AT_ONCE] for name, x in tensors.items()},
                            fetch)[0]
            for start in range(0, max(count, 1), _AT_ONCE)
        ]  # fmt: skip
        answers = np.concatenate(parts)
        return answers if self._shape is None else answers.reshape(self._shape)

    def labels(self, records: Sequence[bytes]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Read the label of serialized tf.Examples, and whether it is known: `[rows]` each.

        Raises:
            UnfitModelError: the model gives none.
        """
        signature = self._signature(TRANSFORM_FEATURES)
        if LABEL not in signature.outputs:
            given = sorted(signature.outputs)
            raise UnfitModelError(f"{TRANSFORM_FEATURES!r} gives no {LABEL!r}; it gives {given}")
        wanted = [name for name in (LABEL, LABEL_KNOWN) if name in signature.outputs]
        fetches = [signature.outputs[name].name for name in wanted]
        (feed,) = signature.feeds
        labels, known = [np.zeros(0)], [np.zeros(0, bool)]
        for start in range(0, len(records), _AT_ONCE):
            batch = np.array(records[start : start + _AT_ONCE], object)
            label, *is_known = self._model.run({feed: batch}, fetches)
            labels.append(np.asarray(label, np.float64).reshape(-1))
            known.append(np.asarray(is_known[0]).reshape(-1) > 0 if is_known else
                         np.ones(len(batch), bool))  # fmt: skip
        return np.concatenate(labels), np.concatenate(known)


def _dtype(alias: str, number: int) -> np.dtype[Any]:
    import tensorflow as tf

    dtype = tf.dtypes.as_dtype(number)
    if dtype not in (tf.string, tf.float32, tf.float64):
        raise UnfitModelError(
            f"the input {alias!r} of {DEFAULT_SIGNATURE!r} is {dtype.name}; allowed: string,"
            " float32 or float64, one a row"
        )
    return np.dtype(dtype.as_numpy_dtype)


def _tensor(column: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Make a column what the signature takes."""
    return np.asarray(column, object if dtype.kind == "O" else dtype)
