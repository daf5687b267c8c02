"""What a kind of a model costs, and what it loses against the SavedModel."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import Problem, StepError
from tfx_pipeline.evaluation.intervals.interval import Interval, Resampling
from tfx_pipeline.evaluation.intervals.of_changes import loss_intervals
from tfx_pipeline.evaluation.metrics import compute
from tfx_pipeline.evaluation.scored_rows import ScoredRows
from tfx_pipeline.export.parity.comparison import LIMIT, NUMBERS, differences
from tfx_pipeline.export.rows import Answers, Rows
from tfx_pipeline.export.tflite import measured_process
from tfx_pipeline.export.tflite.heads.layers import Kind
from tfx_pipeline.export.tflite.runtime import TfliteRuntime
from tfx_pipeline.modules.description.model_description import Answer

METRICS = {"binary": ("auc", "log_loss"), "multiclass": ("log_loss",), "regression": ("mse",)}
"""Whose loss is measured, by the task."""
_TIMEOUT_S = 120


@dataclass(frozen=True)
class JudgedRows:
    """Rows that kinds are judged by.

    Attributes:
        cells: of eval rows, whose labels are known.
        labels: `[rows] float64`: class ids, or numbers.
        reference: the SavedModel's answers.
        resampling: how intervals are made.
    """

    cells: Rows
    labels: NDArray[Any]
    reference: Answers
    resampling: Resampling = field(default_factory=Resampling)


@dataclass(frozen=True)
class MeasuredKind:
    """What was found of a kind.

    Attributes:
        kind: see `kinds`.
        bytes: of the file.
        p50_ms: median time of one row on one thread, inputs and outputs copied, in a process of
            its own.
        rss_mb: the most memory that this process had, in 10**6 bytes, without TensorFlow.
        losses: by metric, how much worse than the SavedModel it is on the same rows; of `mse`, as
            a share of the SavedModel's.
        largest_difference: of a probability, or of a number in its own unit.
    """

    kind: Kind
    bytes: int
    p50_ms: float
    rss_mb: float
    losses: Mapping[str, Interval]
    largest_difference: float

    @property
    def max_loss(self) -> float:
        """The largest upper end of the intervals; NaN where a metric has none."""
        return float(np.max([each.high for each in self.losses.values()]))


def measure(kind: Kind, content: bytes, answer: Answer, rows: JudgedRows) -> MeasuredKind:
    """Measure a model of a kind by its file's bytes.

    Raises:
        StepError: the process that runs it alone failed.
    """
    name = NUMBERS[answer.task]
    found = TfliteRuntime(content)(rows.cells)
    is_equal = differences(answer, rows.reference, found).max(initial=0.0) <= LIMIT
    footprint = footprint_of(content, {x: values[:1] for x, values in rows.cells.items()})
    return MeasuredKind(
        kind,
        len(content),
        footprint["p50_ms"],
        footprint["rss_mb"],
        # What parity calls equal has lost nothing, however few rows an interval is made of.
        losses_of(answer, rows, (rows.reference if is_equal else found)[name]),
        float(np.abs(found[name].astype(np.float64) - rows.reference[name]).max(initial=0.0)),
    )


def losses_of(
    answer: Answer, rows: JudgedRows, answers: NDArray[np.float32]
) -> dict[str, Interval]:
    """Say how much worse than the SavedModel's answers others are, with paired intervals."""

    def scored(values: NDArray[Any]) -> ScoredRows:
        threshold = 0.5 if answer.threshold is None else answer.threshold
        return ScoredRows(answer.task, len(answer.classes), rows.labels, values, threshold)

    candidate, baseline = scored(answers), scored(rows.reference[NUMBERS[answer.task]])
    losses = loss_intervals(METRICS[answer.task], candidate, baseline, rows.resampling)
    if answer.task == "regression":
        mse = compute("mse", baseline)
        losses = {name: _divided(each, mse) for name, each in losses.items()}
    return losses


def footprint_of(content: bytes, row: Rows) -> dict[str, float]:
    """Run a model alone: `p50_ms` and `rss_mb`, see `MeasuredKind`; raises as `measure`."""
    with tempfile.TemporaryDirectory(prefix="tfx-tflite-") as folder:
        model, cells = Path(folder, "model.tflite"), Path(folder, "row.npz")
        model.write_bytes(content)
        arrays = [np.asarray(x, str) if x.dtype == object else x for x in row.values()]
        np.savez(cells, np.array(list(row)), *arrays)  # arr_0 are names, arr_1 the first input …
        # -I: no folder of the caller's is in the way of imports.
        command = [sys.executable, "-I", measured_process.__file__, str(model), str(cells)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=True)
        except subprocess.SubprocessError as error:
            said = (getattr(error, "stderr", b"") or b"").decode(errors="replace")[-2000:]
            problem = Problem("the process that measures a TFLite model failed", received=said)
            raise StepError([problem]) from error
    return json.loads(done.stdout)


def _divided(loss: Interval, by: float) -> Interval:
    if not by:
        return loss
    low, value, high = (x / by for x in (loss.low, loss.value, loss.high))
    return Interval(value, low, high, loss.method, loss.rows, loss.simultaneous)
