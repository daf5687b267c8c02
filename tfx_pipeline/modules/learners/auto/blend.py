"""The weighted mean of what several models answer: of their logits, or of numbers.

Of classes that is the logarithmic opinion pool, p(class) ~ prod_i p_i(class)^w_i: Genest and Zidek,
Combining probability distributions, Statistical Science 1(1), 1986. On the tables that defaults are
chosen by, it has 0.5 to 2 % less log-loss than the mean of probabilities; and a temperature beside
the weights, which their sum of 1 leaves out, gave more log-loss on unseen rows, not less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.description.heads import BlendHead
from tfx_pipeline.modules.learners.learner import Scorer, head_of


class BlendScorer(Scorer):
    """Asks all its members, and gives the mean of their logits."""

    def __init__(self, members: Sequence[Scorer], weights: Sequence[float]) -> None:
        """Take members and weights above 0, whose sum is 1."""
        super().__init__()
        self._members, self._weights = list(members), list(weights)

    def __call__(self, inputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """See `Scorer`."""
        pairs = zip(self._weights, self._members, strict=True)
        return tf.add_n([weight * member(inputs) for weight, member in pairs])

    def describe(self) -> BlendHead | None:
        """See `Scorer`; None where a member cannot be described."""
        heads = [head_of(member) for member in self._members]
        members = tuple(head for head in heads if head is not None)
        if len(members) < len(heads):
            return None
        return BlendHead(members, tuple(self._weights))


def mean_logits(logits: NDArray[np.float32], weights: NDArray[np.float64]) -> NDArray[np.float32]:
    """Compute what the scorer does, of `[members, rows, outputs]` and `[members]` weights."""
    return np.tensordot(weights.astype(np.float32), logits, axes=1)
