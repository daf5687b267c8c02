"""A model, and how many rows it may still be asked within a time."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.asking.questions import halved
from tfx_pipeline.evaluation.risk.subject import Columns, Subject

_WARM_UP, _TRIAL = 64, 512


class MeteredModel:
    """Answers rows, at a speed that was measured once.

    Attributes:
        rows_per_second: as measured.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        places = np.arange(max(_TRIAL, 1)) % len(subject.eval)
        subject.predict(subject.feature_columns(places[:_WARM_UP]))
        began = time.monotonic()
        subject.predict(subject.feature_columns(places))
        self.rows_per_second = len(places) / max(time.monotonic() - began, 1e-6)

    def affordable(self, wanted: int, runs: int, seconds: float, fewest: int) -> int:
        """Say how many rows can be asked `runs` times within so many seconds.

        `wanted` at most, else see `halved`, and `fewest` at least.
        """
        possible = self.rows_per_second * seconds / max(runs, 1)
        return max(halved(wanted, possible), min(fewest, wanted))

    def answers(self, columns: Columns) -> NDArray[Any]:
        """Give the model's answers in its own data type."""
        return self._subject.predict(columns)
