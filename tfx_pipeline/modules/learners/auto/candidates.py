"""Families as candidates: fitted to divided rows, and once more, to all of them.

Terms:
    settings: values of a family's section that were found while it was fitted, such as the number
        of rounds: given, they are not looked for again, and no held-out row is needed.
"""

from __future__ import annotations

import dataclasses
import math
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.learners.auto.blend import BlendScorer
from tfx_pipeline.modules.learners.division import Division
from tfx_pipeline.modules.learners.families import learner_of, unrefitted
from tfx_pipeline.modules.learners.learner import Fitted, LearningRows
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.tasks import Task

_REFITTED = {"linear": "l2", "trees": "rounds"}
"""Families that are fitted once more; and the setting that their section takes and notes tell."""


@dataclasses.dataclass
class Candidate:
    """A family, and what is known of it.

    Attributes:
        family: its name.
        logits: `[judged, outputs]`, of rows that it was not fitted to, in the order in which the
            divisions hold them out.
        fits: what each fit to divided rows gave.
        seconds: spent on it.
    """

    family: str
    logits: NDArray[np.float32] = dataclasses.field(default_factory=lambda: np.zeros(0, np.float32))
    fits: list[Fitted] = dataclasses.field(default_factory=list)
    seconds: float = 0.0


class Fitter:
    """Fits candidates, all to the same rows."""

    def __init__(
        self,
        learning: LearningRows,
        inputs: ModelInputs,
        task: Task,
        config: Mapping[str, Any],
        directory: str,
    ) -> None:
        """Take what a learner does."""
        self._learning, self._inputs, self._task = learning, inputs, task
        self._config, self._directory = unrefitted(config), directory
        self._seed, self._fits = int(learning.random.integers(2**31)), dict[str, int]()

    def judge(self, candidate: Candidate, divisions: Sequence[Division]) -> None:
        """Fit to the rows of each division, and ask it for those that are held out there."""
        began = time.perf_counter()
        rows = self._learning.rows
        settings: dict[str, Any] = {}
        if len(divisions) > 1 and candidate.family == "linear":
            # It divides all rows itself, in turn, which is not to be done in each fold again.
            settings = self._settings(
                [self.fit(candidate.family, self._everything(), {})], "linear"
            )
        logits = []
        for division in divisions:
            fitted = self.fit(candidate.family, self._learning.redivided(division), settings)
            candidate.fits.append(fitted)
            logits.append(fitted.scorer.logits_of(rows.inputs, division.held_out))
        candidate.logits = np.concatenate(logits)
        candidate.seconds += time.perf_counter() - began

    def last(self, candidate: Candidate, *, refit: bool) -> Fitted:
        """Give the model of a candidate that was chosen.

        With `refit`, trees and linear models are fitted to all rows, with the settings that were
        found. A network is the mean of those of all folds, for how long it is to be trained is not
        the same for other rows: of seven tables, the mean was better on all, by 5 % of the loss.
        """
        began = time.perf_counter()
        if candidate.family in _REFITTED and refit:
            settings = self._settings(candidate.fits, candidate.family)
            fitted = self.fit(candidate.family, self._everything(), settings)
        elif len(candidate.fits) == 1:
            fitted = candidate.fits[0]
        else:
            scorers = [fit.scorer for fit in candidate.fits]
            notes = {"networks": len(scorers), "folds": [dict(fit.notes) for fit in candidate.fits]}
            wait = max(fit.input_wait for fit in candidate.fits)
            fitted = Fitted(BlendScorer(scorers, [1 / len(scorers)] * len(scorers)), notes, wait)
        candidate.seconds += time.perf_counter() - began
        return fitted

    def fit(self, family: str, learning: LearningRows, settings: Mapping[str, Any]) -> Fitted:
        """Fit a family, never to held-out rows; what is random in it depends on no other family."""
        self._fits[family] = self._fits.get(family, 0) + 1
        seeds = [self._seed, self._fits[family], *family.encode()]
        learning = dataclasses.replace(learning, random=np.random.default_rng(seeds))
        keras.utils.set_random_seed(int(learning.random.integers(2**31)))
        config = {**self._config, "family": family}
        if settings:
            config[family] = {**self._config[family], **settings}
        directory = os.path.join(self._directory, family)
        return learner_of(family)(learning, self._inputs, self._task, config, directory)

    def _everything(self) -> LearningRows:
        everything = np.arange(len(self._learning.rows.label), dtype=np.int32)
        return self._learning.redivided(Division(everything, everything[:0]))

    def _settings(self, fits: Sequence[Fitted], family: str) -> dict[str, Any]:
        """Take the geometric mean of what the fits found; whole numbers stay whole."""
        name = _REFITTED[family]
        found = [fit.notes[name] for fit in fits if fit.notes.get(name)]
        if not found:
            return {}
        mean = math.exp(float(np.mean(np.log(found))))
        return {name: max(1, round(mean)) if isinstance(found[0], int) else mean}
