"""Scored batches become one split; memory grows by the numbers of a row, not by its bytes.

A row of one model, with one slice column and no key: 8 bytes of label, 4 of the answer, 4 of the
linear model's, 8 of its hash and 4 of its slice; of a multi-class task 4 a class in place of 4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.components.evaluator.raw_columns import Entries, Kind, text_of
from tfx_pipeline.components.evaluator.scoring import (
    BASELINE,
    CANDIDATE,
    LINEAR,
    ScoredBatch,
    ScoringPlan,
)
from tfx_pipeline.evaluation.scored_rows import ScoredRows
from tfx_pipeline.evaluation.scored_split import ScoredSplit, SliceColumn
from tfx_pipeline.evaluation.trivial_answer import TrivialAnswer
from tfx_pipeline.processes.progress import progress_adds
from tfx_pipeline.wording import listed

_MOST_VALUES = 100_000
"""Of a slice column: the largest slices are among those that come first."""


def gather(
    batches: Iterable[ScoredBatch],
    plan: ScoringPlan,
    thresholds: Mapping[str, float],
    trivial: TrivialAnswer,
    notes: Sequence[str] = (),
) -> ScoredSplit:
    """Put batches together, in their order.

    Args:
        batches: all of the split's.
        plan: by which they were scored.
        thresholds: by model, from which probability on it answers the second class.
        trivial: the trivial answer.
        notes: what a reader must know besides.
    """
    parts = _Parts(plan)
    for batch in batches:
        parts.add(batch)
        progress_adds(len(batch.ids))
    told = (*notes, *parts.notes())
    labels = _joined(parts.labels, np.zeros(0))
    ids, known = _joined(parts.ids, np.zeros(0, np.uint64)), _joined(parts.known, np.zeros(0, bool))
    digest = hashlib.sha256(np.sort(ids).tobytes()).hexdigest()
    shape = (0, len(plan.classes)) if plan.task == "multiclass" else (0,)
    models: dict[str, ScoredRows] = {}
    for name in list(parts.answers):
        answers = _joined(parts.answers.pop(name), np.zeros(shape, np.float32))
        if len(answers) == len(labels):  # else it could not answer some rows
            threshold = thresholds.get(name, 0.5)
            models[name] = ScoredRows(plan.task, len(plan.classes), labels, answers, threshold)
    slices = {name: column.column() for name, column in parts.slices.items()}
    return ScoredSplit(
        candidate=models[CANDIDATE],
        trivial=trivial,
        eval_rows=digest,
        baseline=models.get(BASELINE),
        linear=models.get(LINEAR),
        slices=slices,
        clusters=_joined(parts.clusters, np.zeros(0, np.int64)) if plan.cluster_columns else None,
        ids=ids[known],
        notes=told,
    )


class _Parts:
    """Arrays of the batches so far."""

    def __init__(self, plan: ScoringPlan) -> None:
        self.ids: list[NDArray[Any]] = []
        self.known: list[NDArray[Any]] = []
        self.labels: list[NDArray[Any]] = []
        self.clusters: list[NDArray[Any]] = []
        self.answers: dict[str, list[NDArray[Any]]] = {name: [] for name in plan.models}
        if plan.linear is not None:
            self.answers[LINEAR] = []
        self.slices = {name: _Codes() for name in plan.slice_columns}
        self._fault = ""
        self._lacks: frozenset[str] | None = None

    def add(self, batch: ScoredBatch) -> None:
        self.ids.append(batch.ids)
        self.known.append(batch.known)
        self.labels.append(batch.labels)
        if batch.clusters is not None:
            self.clusters.append(batch.clusters)
        lacks = batch.baseline_lacks
        self._lacks = lacks if self._lacks is None else self._lacks & lacks
        self._fault = self._fault or batch.baseline_fault
        if self._fault:
            self.answers.pop(BASELINE, None)
        for name, parts in self.answers.items():
            parts.append(batch.answers[name])
        for name, codes in self.slices.items():
            codes.add(batch.slices[name], len(batch.labels))

    def notes(self) -> list[str]:
        notes = []
        if self._fault:
            notes.append(
                "nothing is compared with the last blessed model: it does not answer these rows:"
                f" {self._fault}"
            )
        elif self._lacks and any(map(len, self.labels)):
            names = listed([f"`{name}`" for name in sorted(self._lacks)])
            notes.append(
                f"the last blessed model also takes {names}, of which no eval row has a value: it"
                " answered as if that were missing, and may be better than it looks here"
            )
        for name, codes in self.slices.items():
            if not codes.values and any(map(len, self.labels)):
                notes.append(f"there are no slices by `{name}`: no row has such a column")
            if codes.left_out:
                notes.append(
                    f"`{name}` has more than {_MOST_VALUES:,} different values: {codes.left_out:,}"
                    " rows with others are in none of its slices"
                )
        return notes


class _Codes:
    """The codes of a slice column so far."""

    def __init__(self) -> None:
        self.values: dict[Any, int] = {}
        self.left_out = 0
        self._kind: Kind = "text"
        self._codes: list[NDArray[Any]] = []
        self._further: list[NDArray[Any]] = []
        self._rows = 0

    def add(self, entries: Entries, rows: int) -> None:
        if entries.values:
            self._kind = entries.kind
        code_of = np.array([self._code(value) for value in entries.values], np.int32)
        codes = code_of[entries.codes] if len(code_of) else np.zeros(0, np.int32)
        is_known = codes >= 0
        self.left_out += len(codes) - int(is_known.sum())
        at, codes = entries.rows[is_known], codes[is_known]
        is_first = np.ones(len(at), bool)
        is_first[1:] = at[1:] != at[:-1]
        firsts = np.full(rows, -1, np.int32)
        firsts[at[is_first]] = codes[is_first]
        self._codes.append(firsts)
        if not is_first.all():
            others = ~is_first
            self._further.append(np.stack([at[others] + self._rows, codes[others]], 1))
        self._rows += rows

    def _code(self, value: Any) -> int:
        if len(self.values) >= _MOST_VALUES:
            return self.values.get(value, -1)
        return self.values.setdefault(value, len(self.values))

    def column(self) -> SliceColumn:
        return SliceColumn(
            _joined(self._codes, np.zeros(0, np.int32)),
            tuple(text_of(value, self._kind) for value in self.values),
            _joined(self._further, np.zeros((0, 2), np.int64)),
            self._kind,
        )


def _joined(parts: list[NDArray[Any]], nothing: NDArray[Any]) -> NDArray[Any]:
    """Put arrays together, and let go of them."""
    joined = np.concatenate(parts) if parts else nothing
    parts.clear()
    return joined
