"""What every family of models takes, and what it gives.

Terms:
    inputs: `numbers` `[rows, width] float32` and `ids` `[rows, columns] int32`, by name; without
        the one that has no columns (see `model_inputs`).
    logits: `[rows, outputs] float32`, what `Task.predictions` makes answers of.
    held-out rows: training rows that nothing is fitted to: they say when to stop, and which of
        several models to take. Rows of the eval split are never among them.
"""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.description.heads import Head
from tfx_pipeline.modules.learners.division import Division, hold_out
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.tasks import Task
from tfx_pipeline.modules.model.transformed_rows import TransformedRows

_SCORED_AT_ONCE = 8192


class Scorer(tf.Module):
    """A fitted model: inputs in, logits out, by operations that every TensorFlow server has.

    What it computes with are variables and constants that the module tracks, so that a SavedModel
    holds them.
    """

    @abstractmethod
    def __call__(self, inputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Give the logits of a batch, inside a graph or out of it."""

    def describe(self) -> Head | None:
        """Say as plain data what the operations compute; None: it cannot be said.

        Ask `head_of`, which knows whether it is this class whose operations they are.
        """
        return None

    def logits_of(
        self, inputs: Mapping[str, NDArray[Any]], rows: NDArray[np.int32] | None = None
    ) -> NDArray[np.float32]:
        """Give the logits of these rows, all where none are named; batch by batch."""
        count = len(next(iter(inputs.values())))
        places = np.arange(count, dtype=np.int32) if rows is None else rows
        spec = {name: tf.TensorSpec([None, *x.shape[1:]], x.dtype) for name, x in inputs.items()}
        call = tf.function(self.__call__, [spec], autograph=False)
        parts = [
            call({name: tf.constant(x[taken]) for name, x in inputs.items()}).numpy()
            for taken in np.split(places, range(_SCORED_AT_ONCE, len(places), _SCORED_AT_ONCE))
        ]
        return np.concatenate(parts)


def head_of(scorer: Any) -> Head | None:
    """Describe a fitted model; None: it is none of ours, or one that computes something else."""
    owners = {
        name: next((each for each in type(scorer).__mro__ if name in vars(each)), None)
        for name in ("__call__", "describe")
    }
    if owners["describe"] is None or owners["__call__"] is not owners["describe"]:
        return None
    head: Head | None = scorer.describe()
    return head


@dataclass(frozen=True)
class LearningRows:
    """The training rows, and which of them are held out.

    Attributes:
        rows: all training rows.
        fitted: places of those that are fitted to, `[…] int32`.
        held_out: places of the others; there may be none.
        random: the seeded source of all that is random from here on.
    """

    rows: TransformedRows
    fitted: NDArray[np.int32]
    held_out: NDArray[np.int32]
    random: np.random.Generator

    @classmethod
    def divided(cls, rows: TransformedRows, share: float | None, seed: int) -> LearningRows:
        """Hold out this share of the rows, see `division`; None: none of them."""
        random = np.random.default_rng(seed)
        everything = np.arange(len(rows.label), dtype=np.int32)
        division = Division(everything, everything[:0])
        if share is not None:
            division = hold_out(rows, share, random)
        return cls(rows, *division, random)

    def redivided(self, division: Division) -> LearningRows:
        """Give the same rows, others of which are held out."""
        return dataclasses.replace(self, fitted=division.fitted, held_out=division.held_out)


@dataclass(frozen=True)
class Unseen:
    """What a model answers to training rows that it was not fitted to.

    Attributes:
        rows: their places, `[…] int32`.
        logits: `[…, outputs] float32`; of several folds, each row's by the model of its own.
    """

    rows: NDArray[np.int32]
    logits: NDArray[np.float32]


@dataclass(frozen=True)
class Fitted:
    """What was learned.

    Attributes:
        scorer: the model.
        notes: what can be said of it, JSON-able: rounds, epochs, seconds, losses.
        input_wait: share of the fitting that it waited for rows in files, from 0 to 1.
        unseen: None: there is none but what the scorer itself says of the held-out rows, which is
            unseen unless it was refitted to them (see `families.unrefitted`).
        summary: sentences of the notes that the end of a run shows.
    """

    scorer: Scorer
    notes: Mapping[str, Any] = field(default_factory=dict)
    input_wait: float = 0.0
    unseen: Unseen | None = None
    summary: Sequence[str] = ()


Learner: TypeAlias = Callable[[LearningRows, ModelInputs, Task, Mapping[str, Any], str], Fitted]
"""Fits a model: of rows, their inputs, the task, the section `model` of the configuration, and a
folder for its log.

Raises:
    FloatingPointError: the loss became NaN or infinite.
"""
