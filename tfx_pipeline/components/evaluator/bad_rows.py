"""Rows that cannot be judged, by name: their label or the model's answer is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.components.evaluator.answering_model import AnsweringModel, known_labels
from tfx_pipeline.components.evaluator.split_files import blocks_of
from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.scored_rows import ScoredRows
from tfx_pipeline.evaluation.verdict import Gates

_SHOWN_ROWS, _SHOWN_FEATURES = 3, 4


def name_bad_rows(
    asked: AnsweringModel, files: Sequence[str], split: str, gates: Gates
) -> list[Problem]:
    """Say which rows have a label that is none, and which the model answers with no number.

    One problem is of the labels and one of the answers, each with the first rows by number (in the
    order of the split's files, the first is 0) and some of their features. The files are read once
    more, for there are such rows.

    Args:
        asked: the candidate.
        files: of the split.
        split: its name.
        gates: what the model is asked for.
    """
    labels, answers = _BadRows(), _BadRows()
    for block in blocks_of(files):
        label, known = known_labels(asked.features(block))
        rows = ScoredRows(gates.task, len(gates.classes), label, asked.answers(block))
        labels.take(block, rows.label_is_bad & known, label)
        answers.take(block, rows.answer_is_bad & known, rows.answers)
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

    def take(self, batch: Sequence[bytes], is_bad: NDArray[Any], values: NDArray[Any]) -> None:
        """Look at the next rows of the split."""
        for place in np.flatnonzero(is_bad)[: max(0, _SHOWN_ROWS - len(self.shown))]:
            self.shown.append(f"row {self.total + place} ({_features(batch[place])})"
                              f" {_value(values[place])}")  # fmt: skip
        self.count += int(is_bad.sum())
        self.total += len(batch)

    def problems(self, split: str, what: str, allowed: str, step: str) -> Iterator[Problem]:
        """Name the first rows if there are any, and count the others; `{}` in `what`: counts."""
        more = self.count - len(self.shown)
        shown = "; ".join(self.shown) + (f"; and {more:,} more" if more else "")
        if self.count:
            what = what.format(f"{self.count:,} of {self.total:,}")
            yield Problem(what, f"split {split}", shown, allowed, step)


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
