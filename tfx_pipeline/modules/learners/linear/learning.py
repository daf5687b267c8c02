"""The linear model as a family: the strength of its penalty chosen, fitted, made a scorer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from tfx_pipeline.modules.learners.learner import Fitted, LearningRows
from tfx_pipeline.modules.learners.linear.rows import gather
from tfx_pipeline.modules.learners.linear.strength import best_strength, trials
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.tasks import Task

_STEPS, _TOLERANCE = 500, 1e-6
_FEWEST_JUDGED = 10  # with fewer rows in all, nothing can be chosen
_USUAL_STRENGTH = 3.0


def learn(
    learning: LearningRows,
    inputs: ModelInputs,
    task: Task,
    config: Mapping[str, Any],
    directory: str,
) -> Fitted:
    """Fit a linear model; see `Learner`.

    Of more rows than 480 MB hold, it is fitted to as many, drawn at random. Held-out rows say how
    strong the penalty is, and then, with `refit`, are fitted to as well.
    """
    began = time.perf_counter()
    section = config["linear"]
    gathered = gather(learning, inputs, task)
    problem, fitted = gathered.problem, gathered.fitted
    notes: dict[str, Any] = {"l2": section["l2"]}
    start = problem.nothing(task.outputs)
    if notes["l2"] is None and len(fitted) < _FEWEST_JUDGED:
        notes["l2"] = _USUAL_STRENGTH
    elif notes["l2"] is None:
        cells = problem.rows.nnz // len(problem.labels)
        tried = trials(fitted, gathered.held_out, cells, learning.random, gathered.tie)
        notes["l2"], notes["held_out_loss"], start = best_strength(problem, task.outputs, tried)
    if not section["refit"]:
        problem = problem.of(fitted)
    weights = problem.fit(notes["l2"], start, _STEPS, _TOLERANCE)
    notes |= {"rows": len(problem.labels), "seconds": round(time.perf_counter() - began, 2)}
    return Fitted(gathered.scorer(weights), notes)
