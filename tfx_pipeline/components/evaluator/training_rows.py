"""What a model must be better than: the trivial answer and a linear model, of the training rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfx_pipeline.components.evaluator.answering_model import AnsweringModel, known_labels
from tfx_pipeline.components.evaluator.linear_reference import (
    LinearReference,
    fit_linear,
    rows_for,
    usable_features,
)
from tfx_pipeline.components.evaluator.split_files import sampled_rows
from tfx_pipeline.evaluation.trivial_answer import TrivialAnswer
from tfx_pipeline.evaluation.verdict import Gates


@dataclass(frozen=True)
class References:
    """What the candidate stands beside.

    Attributes:
        trivial: the constant answer that is best on the training rows.
        linear: a linear model of them; None: there is none.
        notes: why not.
    """

    trivial: TrivialAnswer
    linear: LinearReference | None
    notes: tuple[str, ...] = ()


def learn_references(asked: AnsweringModel, files: Sequence[str], gates: Gates) -> References:
    """Read some training rows as the model transforms them, and learn from them.

    At most 20,000 are read, drawn by their places: of so many, the loss of the trivial answer is
    known to one part in 20,000, a fiftieth of the margin by which a model must beat it.

    Args:
        asked: the candidate.
        files: of the training split.
        gates: what the model is asked for.

    Raises:
        ValueError: the model gives no label, or no training row has one.
    """
    chosen = usable_features(asked.feature_kinds)
    rows, _ = sampled_rows(files, rows_for(*chosen))
    if not rows:
        raise ValueError("the training split has no rows")
    features = asked.features(rows)
    labels, known = known_labels(features)
    widths, ids = chosen
    features = {name: features[name][known] for name in (*widths, *ids)}
    trivial = TrivialAnswer.of_labels(gates.task, len(gates.classes), labels[known])
    try:
        linear = fit_linear(gates.task, gates.classes, features, labels[known], chosen)
    except (ValueError, FloatingPointError, np.linalg.LinAlgError) as error:
        return References(trivial, None, (f"there is no linear model to compare with: {error}",))
    return References(trivial, linear)
