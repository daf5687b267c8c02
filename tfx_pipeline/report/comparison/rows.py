"""The eval rows that two runs share, with what each run's model answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.evaluation_facts import EvaluationFacts
from tfx_pipeline.evaluation.kept_rows import KeptRows
from tfx_pipeline.evaluation.scored_rows import ScoredRows


@dataclass(frozen=True)
class JudgedRows:
    """What a run kept of its evaluation."""

    facts: EvaluationFacts
    kept: KeptRows


@dataclass(frozen=True)
class SharedRows:
    """Rows that two runs kept, in one order.

    Attributes:
        first: labels, and answers of the first run's model.
        other: the same labels, and answers of the other's.
        slices: by column that both slice by: `[rows]` texts.
        clusters: as `KeptRows.clusters`, of the other run.
        note: why these are not all eval rows of both; empty: they are.
    """

    first: ScoredRows
    other: ScoredRows
    slices: dict[str, NDArray[Any]]
    clusters: NDArray[Any] | None
    note: str = ""


def shared_rows(first: JudgedRows, other: JudgedRows) -> SharedRows | str:
    """Find the rows that both kept; a text: why there are none that could be compared."""
    if first.facts.task != other.facts.task or first.facts.classes != other.facts.classes:
        return "its label is another one: task or classes differ"
    places = _places(first.kept.ids, other.kept.ids)
    if not len(places[0]):
        return "no eval row is in both splits"
    labels, labels_then = other.kept.labels[places[1]], first.kept.labels[places[0]]
    if differing := int((labels != labels_then).sum()):
        return f"{differing:,} of {len(labels):,} common rows have another label: its rule changed"
    common = [name for name in other.kept.slices if name in first.kept.slices]
    clusters = other.kept.clusters
    return SharedRows(
        _scored(first, places[0]),
        _scored(other, places[1]),
        {name: other.kept.slices[name][places[1]] for name in common},
        None if clusters is None else clusters[places[1]],
        _note(len(labels), first.kept, other.kept),
    )


def _places(first: NDArray[Any], other: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Find the rows of equal ids; equal rows of one split, which share an id, in their order."""
    if np.array_equal(first, other):
        return np.arange(len(first)), np.arange(len(other))
    found = np.intersect1d(_numbered(first), _numbered(other), True, return_indices=True)
    return found[1], found[2]


def _numbered(ids: NDArray[Any]) -> NDArray[Any]:
    """Tell equal ids, which stand side by side, apart by a number: `[rows]` pairs."""
    begins = np.append(True, ids[1:] != ids[:-1]) if len(ids) else np.zeros(0, bool)
    starts = np.flatnonzero(begins)
    number = np.arange(len(ids)) - np.repeat(starts, np.diff(np.append(starts, len(ids))))
    pairs = np.empty(len(ids), [("id", np.uint64), ("number", np.int64)])
    pairs["id"], pairs["number"] = ids, number
    return pairs


def _scored(run: JudgedRows, places: NDArray[Any]) -> ScoredRows:
    facts, kept = run.facts, run.kept
    count = 0 if facts.task == "regression" else len(facts.classes)
    answers = kept.answers["candidate"][places]
    return ScoredRows(facts.task, count, kept.labels[places], answers, facts.threshold)


def _note(shared: int, first: KeptRows, other: KeptRows) -> str:
    if shared == first.of == other.of:
        return ""
    return f"{shared:,} rows that both runs kept, of {first.of:,} and {other.of:,} eval rows"
