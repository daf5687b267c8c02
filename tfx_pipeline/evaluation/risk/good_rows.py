"""Rows of a subject's eval split with a label and an answer that are ones, and some of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.risk.subject import Subject
from tfx_pipeline.evaluation.scored_rows import ScoredRows


def good_rows(subject: Subject) -> NDArray[Any]:
    """Give the places of the eval rows whose label and answer are ones: `[rows] int`."""
    scored = subject.scored
    return np.flatnonzero(~(scored.label_is_bad | scored.answer_is_bad))


def scored_at(
    subject: Subject, rows: NDArray[Any], answers: NDArray[Any] | None = None
) -> ScoredRows:
    """Give the labels of these eval rows, with their answers or with others: `[rows]`."""
    given = subject.answers[rows] if answers is None else answers
    return replace(subject.scored, labels=subject.eval.labels[rows], answers=given)


def resampling_of(subject: Subject, rows: NDArray[Any], resamples: int = 1000) -> Resampling:
    """Say how intervals of these eval rows are made."""
    clusters = subject.clusters
    if clusters is not None:
        clusters = np.unique(clusters[rows], return_inverse=True)[1].reshape(-1)
    return Resampling(resamples=resamples, seed=subject.seed, clusters=clusters)
