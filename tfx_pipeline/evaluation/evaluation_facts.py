"""All that was measured of a candidate on the eval rows, as plain values: `evaluation.json`.

It lies in the folder of the `evaluation` artifact, beside what TFMA's viewers read. Its size does
not depend on the number of rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.storage.local_files import write_json

EVALUATION_FILE = "evaluation.json"

Answer = Literal["better", "not worse", "worse", "cannot tell"]


@dataclass(frozen=True)
class Change:
    """How much worse than the last blessed model the candidate is, on the same rows.

    Attributes:
        metric: which one.
        loss: in the metric's own unit, in the direction that is worse; negative: it is better.
        margin: the largest loss that is accepted; None: none is configured.
        answer: what the interval of the loss says.
    """

    metric: str
    loss: Interval
    margin: float | None
    answer: Answer


@dataclass(frozen=True)
class SliceFigures:
    """What was measured of the rows that share the values of some columns.

    Attributes:
        columns: which ones.
        values: theirs, as text.
        rows: how many.
        metrics: by name; intervals hold for all slices at once.
        changes: by metric, against the last blessed model.
        note: why there are no figures (too few rows); else empty.
    """

    columns: tuple[str, ...]
    values: tuple[str, ...]
    rows: int
    metrics: Mapping[str, Interval] = field(default_factory=dict)
    changes: Mapping[str, Change] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class EvaluationFacts:
    """What was measured.

    Attributes:
        task: its task.
        classes: their names.
        rows: that have a label.
        threshold: from which probability on the second class is answered.
        eval_rows: digest of the eval split: judgements of the same rows share it.
        metrics: of the candidate, by name.
        missing: by name, why a metric does not exist.
        confidence: of the intervals.
        has_baseline: whether a model was blessed before.
        baseline: the same metrics of the last blessed model; empty: there is none.
        baseline_missing: by name, why a metric of that does not exist.
        linear: of a linear model that was fitted to the same training rows.
        trivial: of the trivial answer.
        trivial_words: what that is.
        changes: against the last blessed model, by metric.
        against_linear: against the linear model, in the main metric.
        against_trivial: against the trivial answer, likewise.
        classes_figures: by class: rows, precision, recall, f1, auc.
        confusion: `[classes][classes]`: rows by label (first) and answered class.
        at_thresholds: of a binary task, by each of `evaluation.at_thresholds` and the threshold of
            the model: `threshold`, the counts of the confusion, and the rates with their intervals.
        costs: of errors, where `evaluation.costs` says what they cost.
        slices: largest first.
        slices_left_out: how many more there are.
        curves: `roc`, `precision_recall`, `calibration`, `answers` (histograms by label), or
            `residuals`: points by name, as `report` draws them.
        notes: what a reader must know.
    """

    task: str
    classes: tuple[str, ...]
    rows: int
    threshold: float
    eval_rows: str
    metrics: Mapping[str, Interval] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    confidence: float = 0.95
    has_baseline: bool = False
    baseline: Mapping[str, Interval] = field(default_factory=dict)
    baseline_missing: Mapping[str, str] = field(default_factory=dict)
    linear: Mapping[str, Interval] = field(default_factory=dict)
    trivial: Mapping[str, float] = field(default_factory=dict)
    trivial_words: str = ""
    changes: Mapping[str, Change] = field(default_factory=dict)
    against_linear: Mapping[str, Change] = field(default_factory=dict)
    against_trivial: Mapping[str, Change] = field(default_factory=dict)
    classes_figures: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    confusion: tuple[tuple[int, ...], ...] = ()
    at_thresholds: tuple[Mapping[str, float | None], ...] = ()
    costs: Mapping[str, Any] = field(default_factory=dict)
    slices: tuple[SliceFigures, ...] = ()
    slices_left_out: int = 0
    curves: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write it; NaN is written as null."""
        write_json(folder / EVALUATION_FILE, asdict(self))
