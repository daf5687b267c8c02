"""The reference: the SavedModel's own answers, in the session that a model server runs it in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.rows import Answers, Rows, in_slices
from tfx_pipeline.modules.label_rule.rule import LABEL, LABEL_KNOWN
from tfx_pipeline.modules.model.signature_names import TRANSFORM_FEATURES

if TYPE_CHECKING:
    from tfx_pipeline.serving.types import Signature

_AT_ONCE = 8192
"""Rows of a call: enough that its own cost is nothing, few enough for wide tables."""
_CLASS = "class"


class SavedModel:
    """A loaded SavedModel; a call answers rows."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        """See `load`."""
        from tfx_pipeline.serving.models.saved_model import load_saved_model
        from tfx_pipeline.serving.types import DEFAULT_SIGNATURE

        self._directory = os.fspath(directory)
        self._model = load_saved_model(Path(directory))
        self._signature = self._signature_of(DEFAULT_SIGNATURE)

    def __call__(self, rows: Rows) -> Answers:
        """Answer rows by `serving_default`.

        Raises:
            ValueError: the columns are not its inputs.
        """
        inputs, outputs = self._signature.inputs, self._signature.outputs
        if rows.keys() != inputs.keys():
            raise ValueError(f"the columns are {sorted(rows)}; the model takes {sorted(inputs)}")
        tensors = {inputs[name].name: cells for name, cells in rows.items()}
        joined = self._run(tensors, [spec.name for spec in outputs.values()])
        return {
            name: _texts(values) if name == _CLASS else values
            for name, values in zip(outputs, joined, strict=True)
        }

    def labels(self, examples: Sequence[bytes]) -> NDArray[np.float64]:
        """Read the labels of serialized tf.Examples: `[rows]`, NaN where one is not known.

        Raises:
            ValueError: the model's signature `transform_features` gives none.
        """
        signature = self._signature_of(TRANSFORM_FEATURES)
        names = [LABEL, LABEL_KNOWN]
        if missing := [name for name in names if name not in signature.outputs]:
            raise ValueError(f"{TRANSFORM_FEATURES!r} of {self._directory} gives no {missing}")
        (feed,) = signature.feeds
        rows = np.empty(len(examples), object)
        rows[:] = list(examples)
        fetches = [signature.outputs[name].name for name in names]
        labels, known = (each.reshape(-1) for each in self._run({feed: rows}, fetches))
        return np.where(known > 0, labels.astype(np.float64), np.nan)

    def _signature_of(self, name: str) -> Signature:
        signatures = self._model.signatures
        if name not in signatures:
            known = sorted(signatures)
            raise ValueError(f"{self._directory} has no signature {name!r}; it has {known}")
        return signatures[name]

    def _run(self, tensors: Rows, fetches: Sequence[str]) -> list[NDArray[Any]]:
        """Run the graph, some thousand rows at a time."""

        def answer(some: Rows) -> Answers:
            return dict(zip(fetches, self._model.run(dict(some), fetches), strict=True))

        found = in_slices(answer, tensors, _AT_ONCE)
        return [found[name] for name in fetches]


def load(directory: str | os.PathLike[str]) -> SavedModel:
    """Load a SavedModel; rows go to its signature `serving_default`, columns by their own names.

    Raises:
        ServingError: the folder holds no SavedModel, or TensorFlow refuses it.
        ValueError: it has no such signature.
    """
    return SavedModel(directory)


def _texts(values: NDArray[Any]) -> NDArray[Any]:
    """Decode classes: `[rows] object` of `str`."""
    texts = np.empty(len(values), object)
    texts[:] = [value.decode() for value in values.tolist()]
    return texts
