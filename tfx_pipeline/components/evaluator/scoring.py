"""What is kept of a batch of eval rows, wherever it is scored: labels, answers, codes, hashes."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.components.evaluator.answering_model import AnsweringModel, known_labels
from tfx_pipeline.components.evaluator.linear_reference import LinearReference
from tfx_pipeline.components.evaluator.raw_columns import (
    ColumnReader,
    Entries,
    clusters_of,
    hashed,
)
from tfx_pipeline.storage import fileio

_LOG = logging.getLogger(__name__)
CANDIDATE, BASELINE, LINEAR = "candidate", "baseline", "linear"


@dataclass(frozen=True)
class ScoredBatch:
    """A batch of rows; the figures of those whose label is known.

    Attributes:
        ids: `[all rows] uint64`: hash of the serialized example.
        known: `[all rows] bool`: whether the label is.
        labels: `[rows] float64`.
        answers: by model, see `ScoredRows`.
        slices: by column.
        clusters: `[rows] int64`; None: nothing ties rows together.
        baseline_fault: why the last blessed model does not answer; empty: it does.
        baseline_lacks: columns that it takes and the candidate does not, and that no row here has.
    """

    ids: NDArray[np.uint64]
    known: NDArray[np.bool_]
    labels: NDArray[np.float64]
    answers: Mapping[str, NDArray[Any]]
    slices: Mapping[str, Entries]
    clusters: NDArray[np.int64] | None = None
    baseline_fault: str = ""
    baseline_lacks: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ScoringPlan:
    """What is asked of each row; it can be sent to other processes.

    Attributes:
        task: of the models.
        classes: names of the classes; none of regression.
        models: places of the exported models: `CANDIDATE`, and perhaps `BASELINE`.
        linear: the linear reference, if there is one.
        slice_columns: raw columns that divide the rows.
        cluster_columns: raw columns of the key that the splits are divided by.
    """

    task: str
    classes: tuple[str, ...]
    models: Mapping[str, str]
    linear: LinearReference | None = None
    slice_columns: tuple[str, ...] = ()
    cluster_columns: tuple[str, ...] = ()


class BatchScorer:
    """Scores batches by a plan, with the models in memory; several threads may use one."""

    def __init__(self, plan: ScoringPlan, candidate: AnsweringModel | None = None) -> None:
        """Load the models, which may be in an object store; the candidate may be loaded already."""
        self._plan = plan
        self._candidate = candidate or _loaded(plan, CANDIDATE)
        self._columns = ColumnReader([*{*plan.slice_columns, *plan.cluster_columns}])
        self._baseline, self._fault = None, ""
        if BASELINE in plan.models:
            try:
                self._baseline = _loaded(plan, BASELINE)
            except _FAULTS as error:
                self._fault = _words(error)
        taken = self._baseline.columns if self._baseline else frozenset()
        self._only_baseline = ColumnReader(sorted(taken - self._candidate.columns))

    def score(self, rows: Sequence[bytes]) -> ScoredBatch:
        """Score serialized examples.

        Raises:
            ValueError: the candidate lacks a signature, or answers something else.
        """
        plan = self._plan
        features = self._candidate.features(rows)
        labels, known = known_labels(features)
        answers = {CANDIDATE: self._candidate.answers(rows)}
        if self._baseline is not None and not self._fault:
            try:
                answers[BASELINE] = self._baseline.answers(rows)
            except _FAULTS as error:
                self._fault = _words(error)
                _LOG.warning("the last blessed model cannot answer these rows: %s", error)
        if plan.linear is not None:
            answers[LINEAR] = plan.linear.answers(features)
        ids = hashed(rows)
        columns = self._columns.read(rows)
        clusters = None
        if plan.cluster_columns:
            key = [columns[name] for name in plan.cluster_columns]
            clusters = clusters_of(key, ids)[known]
        return ScoredBatch(
            ids,
            known,
            labels[known],
            {name: x[known] for name, x in answers.items()},
            {name: _of_known(columns[name], known) for name in plan.slice_columns},
            clusters,
            self._fault,
            frozenset(name for name, x in self._only_baseline.read(rows).items() if not x.values),
        )


_FAULTS = (tf.errors.OpError, KeyError, OSError, TypeError, ValueError)
"""What a model of another schema, or of another release, raises."""


def _words(error: Exception) -> str:
    """Give the line that says what is wrong; TensorFlow fills a page with where it was noticed."""
    text = error.message if isinstance(error, tf.errors.OpError) else str(error)
    lines = [line.strip() for line in (text or "").splitlines()]
    told = [line for line in lines if line and not line.startswith(("[[", "<", "Detected at"))]
    return (told[-1] if told else type(error).__name__)[:300]


def _loaded(plan: ScoringPlan, name: str) -> AnsweringModel:
    place = plan.models[name]
    if not fileio.is_uri(place):
        return AnsweringModel(place, plan.task, plan.classes)
    with tempfile.TemporaryDirectory(prefix="tfx-model-") as folder:
        fileio.download_tree(place, Path(folder))
        return AnsweringModel(folder, plan.task, plan.classes)


def _of_known(entries: Entries, known: NDArray[np.bool_]) -> Entries:
    """Leave out rows whose label is not known, and number the others anew."""
    if known.all():
        return entries
    kept = known[entries.rows]
    rows = (np.cumsum(known) - 1)[entries.rows[kept]]
    return Entries(rows, entries.codes[kept], entries.values, entries.kind)
