"""An exported model asked for answers and transformed features, a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.core.protobuf import saved_model_pb2

from tfx_pipeline.modules.label_rule.rule import LABEL, LABEL_KNOWN
from tfx_pipeline.modules.model.signature_names import (
    CLASS,
    CLASSIFY,
    PREDICTION_KEYS,
    SERVING_EXAMPLES,
    TRANSFORM_FEATURES,
)

_BATCH = 8192
"""Rows at once: with more, a network's layers take much memory; with fewer, calls take time."""


class AnsweringModel:
    """The signatures of a SavedModel that take serialized tf.Examples.

    Attributes:
        columns: what a caller sends by name; empty: the model takes tf.Examples alone.
    """

    def __init__(self, folder: str, task: str, classes: Sequence[str]) -> None:
        """Load it; `classes` are those of the task, see `Gates`."""
        self._model = tf.saved_model.load(folder)  # its variables live as long as it does
        self._task, self._classes = task, tuple(classes)
        self._order_is_known = task == "regression"
        self.columns = _columns_of(folder)

    def answers(self, rows: Sequence[bytes]) -> NDArray[Any]:
        """Answer: `[rows]`, or `[rows, classes]` of a multi-class task, see `ScoredRows`.

        Raises:
            ValueError: the model has no such signature, or answers something else.
        """
        key = PREDICTION_KEYS[self._task]
        outputs = self._call(SERVING_EXAMPLES, rows, (key, CLASS))
        if key not in outputs:
            given = sorted(self._model.signatures[SERVING_EXAMPLES].structured_outputs)
            raise ValueError(f"{SERVING_EXAMPLES!r} gives no {key!r}; it gives {given}")
        self._check_classes(outputs.get(CLASS))
        self._check_order(rows)
        values = outputs[key]
        width = len(self._classes) if self._task == "multiclass" else 1
        if values.size != len(rows) * width:
            raise ValueError(
                f"the model answers {values.size} numbers for {len(rows)} rows; a {self._task}"
                f" model answers {width} a row in its signature `{SERVING_EXAMPLES}`"
            )
        return values.reshape((-1, width) if self._task == "multiclass" else -1)

    def features(self, rows: Sequence[bytes]) -> dict[str, NDArray[Any]]:
        """Transform: dense features by name, `[rows, …]`, the label among them.

        Raises:
            ValueError: the model has no such signature, or it gives no label.
        """
        features = self._call(TRANSFORM_FEATURES, rows)
        if LABEL not in features:
            raise ValueError(
                f"{TRANSFORM_FEATURES!r} gives no {LABEL!r}; it gives {sorted(features)}"
            )
        return features

    @property
    def feature_kinds(self) -> dict[str, tf.TensorSpec]:
        """Say which dense features `features` gives; none where there is no such signature."""
        call = self._model.signatures.get(TRANSFORM_FEATURES)
        outputs = {} if call is None else call.structured_outputs
        return {name: x for name, x in outputs.items() if isinstance(x, (tf.Tensor, tf.TensorSpec))}

    def _call(
        self, signature: str, rows: Sequence[bytes], wanted: Sequence[str] | None = None
    ) -> dict[str, NDArray[Any]]:
        call = self._model.signatures.get(signature)
        if call is None:
            raise ValueError(
                f"the model has no signature {signature!r}; it has"
                f" {sorted(self._model.signatures)}. A run_fn must export it, as"
                " tfx_pipeline.modules.model.signatures does"
            )
        argument = next(iter(call.structured_input_signature[1]))
        parts: dict[str, list[NDArray[Any]]] = {}
        for start in range(0, max(1, len(rows)), _BATCH):
            outputs = call(**{argument: tf.constant(rows[start : start + _BATCH], tf.string)})
            for name, tensor in outputs.items():
                # A sparse feature is neither label nor answer.
                if isinstance(tensor, tf.Tensor) and (wanted is None or name in wanted):
                    parts.setdefault(name, []).append(tensor.numpy())
        return {name: np.concatenate(x) if len(x) > 1 else x[0] for name, x in parts.items()}

    def _check_classes(self, answered: NDArray[Any] | None) -> None:
        """Refuse a model of other classes, as the last blessed one may be."""
        if answered is None or self._task == "regression":
            return
        names = {name.decode() for name in np.unique(answered.reshape(-1)[:_BATCH]).tolist()}
        if foreign := sorted(names - set(self._classes)):
            raise ValueError(f"it answers {foreign}, which are none of {list(self._classes)}")

    def _check_order(self, rows: Sequence[bytes]) -> None:
        """Refuse a model whose classes have another order: its probabilities are of others."""
        if self._order_is_known or not rows or CLASSIFY not in self._model.signatures:
            return
        outputs = self._call(CLASSIFY, rows[:1], ("classes",))
        found = [name.decode() for name in outputs.get("classes", np.zeros(0)).reshape(-1).tolist()]
        if sorted(found) == sorted(self._classes) and tuple(found) != self._classes:
            raise ValueError(f"its classes are {found}, in another order than {[*self._classes]}")
        self._order_is_known = True


def _columns_of(folder: str) -> frozenset[str]:
    """Read the names from the file: what TensorFlow loads has them changed, see `input_names`."""
    saved = saved_model_pb2.SavedModel()
    saved.ParseFromString(Path(folder, tf.saved_model.SAVED_MODEL_FILENAME_PB).read_bytes())
    default = tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY
    return frozenset(
        name for graph in saved.meta_graphs for name in graph.signature_def[default].inputs
    )


def known_labels(features: Mapping[str, NDArray[Any]]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give label, float64, and whether it is known of each row: `[rows]`."""
    label = features[LABEL].reshape(-1)
    known = features.get(LABEL_KNOWN, np.ones(len(label)))
    return label.astype(np.float64), known.reshape(-1) > 0
