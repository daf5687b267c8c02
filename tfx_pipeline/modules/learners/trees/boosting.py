"""Grows trees with LightGBM, round by round, until held-out rows gain no more."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.learners.learner import LearningRows
from tfx_pipeline.modules.learners.trees.columns import MOST_CODES, TreeColumns
from tfx_pipeline.modules.learners.trees.library import lightgbm
from tfx_pipeline.modules.learners.trees.settings import TreeSettings
from tfx_pipeline.modules.model.tasks import Multiclass, Regression, Task
from tfx_pipeline.processes.progress import progress_adds, progress_begins

_LOG = logging.getLogger(__name__)
_LOG_EVERY = 10
_BLOCK_ROWS = 65_536


@dataclass(frozen=True)
class Grown:
    """What was grown.

    Attributes:
        booster: LightGBM's.
        rounds: how many of its rounds count.
        losses: of the last of them, by the rows' name.
        input_wait: share of the time that it waited for rows in files.
    """

    booster: Any
    rounds: int
    losses: Mapping[str, float]
    input_wait: float


class Boosting:
    """Grows trees on rows; see `run`."""

    def __init__(
        self,
        learning: LearningRows,
        columns: TreeColumns,
        task: Task,
        settings: TreeSettings,
        seed: int,
    ) -> None:
        self._learning, self._columns, self._settings = learning, columns, settings
        self._labels = task.encoded_labels(learning.rows.label).reshape(-1)
        self._parameters = {
            **settings.parameters(seed),
            **_objective(task),
            "max_bin": MOST_CODES + 1,
        }
        self._read_s = 0.0

    def run(self, directory: str) -> Grown:
        """Grow as many rounds as the settings say, or fewer by the loss of held-out rows.

        The losses go to the log and, for TensorBoard, to `directory`.
        """
        began = time.perf_counter()
        rows, settings = self._learning, self._settings
        fitted = self._dataset(np.sort(rows.fitted))
        booster = lightgbm().Booster(self._parameters, fitted)
        if len(rows.held_out):
            booster.add_valid(self._dataset(np.sort(rows.held_out), fitted), "held_out")
        progress_begins(len(rows.fitted) * settings.rounds)
        best, lowest, losses = settings.rounds, math.inf, dict[str, float]()
        with tf.summary.create_file_writer(directory).as_default():
            for count in range(1, settings.rounds + 1):
                is_over = booster.update()
                progress_adds(len(rows.fitted))
                last = self._report(booster, count)
                if not len(rows.held_out):
                    losses = last or losses
                elif last["held_out"] < lowest:
                    best, lowest, losses = count, last["held_out"], last
                elif count - best >= settings.patience:
                    break
                if is_over:  # no leaf of enough rows can be divided with a gain
                    break
        best = min(best, count)
        wait = self._read_s / (time.perf_counter() - began)
        return Grown(booster, best, losses, wait if rows.rows.in_files else 0.0)

    def _dataset(self, rows: NDArray[np.int32], like: Any = None) -> Any:
        """Put rows, ascending, into LightGBM's bins; those of another dataset, if there is one."""
        library, columns, learned = lightgbm(), self._columns, self._learning.rows
        codes = range(columns.numbers, columns.numbers + len(columns.categories))
        dataset = library.Dataset(
            self._sequence(rows) if learned.in_files else self._matrix(rows),
            self._labels[rows],
            weight=None if learned.weight is None else learned.weight[rows],
            reference=like,
            # Bins are those of the other dataset; to say again what they are gives a warning.
            categorical_feature="auto" if like else list(codes),
            params=like.get_params() if like else self._parameters,
        )
        return dataset.construct()

    def _matrix(self, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        began = time.perf_counter()
        inputs = self._learning.rows.inputs
        matrix = self._columns.matrix({name: x[rows] for name, x in inputs.items()})
        self._read_s += time.perf_counter() - began
        return matrix

    def _sequence(self, rows: NDArray[np.int32]) -> Any:
        """Make what LightGBM reads a block after the other, so that the rows may stay in files.

        Before that it reads a sample of rows one by one, in their order: of a block in memory.
        """
        matrix = self._matrix

        class Rows(lightgbm().Sequence):  # type: ignore[misc]
            batch_size = _BLOCK_ROWS

            def __init__(self) -> None:
                self._block, self._start = np.zeros((0, 0)), 0

            def __len__(self) -> int:
                return len(rows)

            def __getitem__(self, taken: Any) -> NDArray[np.float64]:
                if isinstance(taken, slice):
                    return matrix(rows[taken]).astype(np.float64)
                start = taken - taken % _BLOCK_ROWS
                if not len(self._block) or start != self._start:
                    self._block, self._start = self[start : start + _BLOCK_ROWS], start
                return self._block[taken - start]

        return Rows()

    def _report(self, booster: Any, count: int) -> dict[str, float]:
        """Compute the losses: of held-out rows each round, of the others every tenth."""
        losses = {}
        is_told = count % _LOG_EVERY == 0 or count == self._settings.rounds
        if is_told:
            losses["train"] = _loss(booster.eval_train())
        if len(self._learning.held_out):
            losses["held_out"] = _loss(booster.eval_valid())
        for name, loss in losses.items():
            tf.summary.scalar(f"loss/{name}", loss, count)
        if is_told:
            shown = ", ".join(f"{name} loss {loss:.5f}" for name, loss in losses.items())
            _LOG.info("round %d of %d: %s", count, self._settings.rounds, shown)
        return losses


def _loss(results: list[tuple[Any, ...]]) -> float:
    return float(results[0][2])


def _objective(task: Task) -> dict[str, Any]:
    """Name the loss; LightGBM's are those of the task, as means."""
    if isinstance(task, Regression):
        return {"objective": "regression", "metric": "l2"}
    if isinstance(task, Multiclass):
        return {
            "objective": "multiclass",
            "metric": "multi_logloss",
            "num_class": task.outputs,
        }
    return {"objective": "binary", "metric": "binary_logloss"}
