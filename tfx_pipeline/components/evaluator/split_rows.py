"""The rows of a split as the model sees them, read without TFMA: for labels, and to name rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.scored_rows import ScoredRows
from tfx_pipeline.evaluation.verdict import Gates
from tfx_pipeline.modules.label_rule.rule import LABEL, LABEL_KNOWN
from tfx_pipeline.modules.model.signature_names import (
    PREDICTION_KEYS,
    SERVING_EXAMPLES,
    TRANSFORM_FEATURES,
)
from tfx_pipeline.modules.model.transformed_rows import serialized_rows

_BATCH = 4096
_SHOWN_ROWS, _SHOWN_FEATURES = 3, 4


def labels_of(model: Path, split: Path) -> NDArray[Any]:
    """Read the known labels of a split's tf.Examples: `[rows]` class ids, or numbers.

    Raises:
        ValueError: the model has no signature `transform_features`, or it gives no label.
    """
    transform = _ExamplesSignature(model, TRANSFORM_FEATURES)
    labels = [_known_labels(transform(batch)) for batch in _batches(split)]
    return np.concatenate([label[known] for label, known in labels] or [np.zeros(0)])


def name_bad_rows(model: Path, split: Path, gates: Gates) -> list[Problem]:
    """Say which rows have a label that is none, and which the model answers with no number.

    One problem is of the labels and one of the answers, each with the first rows by number (in the
    order of the split's files, the first is 0) and some of their features.
    """
    transform = _ExamplesSignature(model, TRANSFORM_FEATURES)
    answer = _ExamplesSignature(model, SERVING_EXAMPLES)
    labels, answers = _BadRows(), _BadRows()
    for batch in _batches(split):
        label, known = _known_labels(transform(batch))
        values = answer(batch)[PREDICTION_KEYS[gates.task]]
        shape = (len(label), -1) if gates.task == "multiclass" else (-1,)
        rows = ScoredRows(gates.task, len(gates.classes), label, values.reshape(shape))
        labels.take(batch, rows.label_is_bad & known, label)
        answers.take(batch, rows.answer_is_bad & known, rows.answers)
    regression = gates.task == "regression"
    return [
        *labels.problems(
            split,
            "{} rows have a label that is"
            f" {'no finite number' if regression else 'none of the classes'}",
            "finite numbers" if regression else f"the classes {', '.join(gates.classes)}",
            "mend or remove these rows, or add what they say to label.classes",
        ),
        *answers.problems(
            split,
            "the model's answers to {} rows are no"
            f" {'finite numbers' if regression else 'probabilities'}",
            "finite numbers" if regression else "numbers from 0 to 1",
            "look for a division by 0, a logarithm or an overflow in what is computed from these"
            " features; lower model.optimizer.learning_rate",
        ),
    ]


class _BadRows:
    """Rows that are wrong: how many, and the first in words."""

    def __init__(self) -> None:
        self.count, self.total = 0, 0
        self.shown: list[str] = []

    def take(self, batch: NDArray[Any], is_bad: NDArray[Any], values: NDArray[Any]) -> None:
        """Look at the next rows of the split."""
        for place in np.flatnonzero(is_bad)[: max(0, _SHOWN_ROWS - len(self.shown))]:
            self.shown.append(f"row {self.total + place} ({_features(batch[place])})"
                              f" {_value(values[place])}")  # fmt: skip
        self.count += int(is_bad.sum())
        self.total += len(batch)

    def problems(self, split: Path, what: str, allowed: str, step: str) -> Iterator[Problem]:
        """Name the first rows if there are any, and count the others; `{}` in `what`: counts."""
        more = self.count - len(self.shown)
        shown = "; ".join(self.shown) + (f"; and {more:,} more" if more else "")
        if self.count:
            what = what.format(f"{self.count:,} of {self.total:,}")
            place = f"split {split.name.removeprefix('Split-')}"
            yield Problem(what, place, shown, allowed, step)


class _ExamplesSignature:
    """A signature of a SavedModel that takes serialized tf.Examples."""

    def __init__(self, model: Path, name: str) -> None:
        self._model = tf.saved_model.load(str(model))  # its variables live as long as it does
        if name not in self._model.signatures:
            raise ValueError(
                f"the model has no signature {name!r}; it has {sorted(self._model.signatures)}."
                " A run_fn must export it, as tfx_pipeline.modules.model.signatures does"
            )
        self._call = self._model.signatures[name]
        self._input = next(iter(self._call.structured_input_signature[1]))

    def __call__(self, serialized: NDArray[Any]) -> Mapping[str, NDArray[Any]]:
        """Compute the outputs of a batch."""
        outputs = self._call(**{self._input: tf.constant(serialized)})
        # A sparse feature is neither label nor answer.
        return {name: x.numpy() for name, x in outputs.items() if isinstance(x, tf.Tensor)}


def _batches(split: Path) -> Iterator[NDArray[Any]]:
    return serialized_rows([f"{split}/*"]).batch(_BATCH).as_numpy_iterator()


def _known_labels(features: Mapping[str, NDArray[Any]]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give label and whether it is known of each row: `[batch]`."""
    if LABEL not in features:
        raise ValueError(f"{TRANSFORM_FEATURES!r} gives no {LABEL!r}; it gives {sorted(features)}")
    label = features[LABEL].reshape(-1)
    known = features.get(LABEL_KNOWN, np.ones(len(label)))
    return label.astype(np.float64), known.reshape(-1) > 0


def _features(serialized: bytes) -> str:
    """Show the first features of a row that have a value."""
    features = tf.train.Example.FromString(serialized).features.feature
    shown = []
    for name in sorted(features):
        kind = features[name].WhichOneof("kind")
        values = getattr(features[name], kind).value if kind else ()
        if values:
            first = values[0]
            text = repr(first.decode(errors="backslashreplace")) if kind == "bytes_list" else first
            shown.append(f"{name}={text if isinstance(text, str) else f'{text:.6g}'}")
    more = ", …" if len(shown) > _SHOWN_FEATURES else ""
    return ", ".join(shown[:_SHOWN_FEATURES]) + more


def _value(value: Any) -> str:
    return "gives " + (f"[{', '.join(f'{x:.6g}' for x in value)}]" if np.ndim(value) else
                       f"{value:.6g}")  # fmt: skip
