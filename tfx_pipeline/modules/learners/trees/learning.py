"""Boosted trees as a family: grown, written as a graph, and compared."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.learners.learner import Fitted, LearningRows
from tfx_pipeline.modules.learners.trees.boosting import Boosting, Grown
from tfx_pipeline.modules.learners.trees.columns import TreeColumns
from tfx_pipeline.modules.learners.trees.ensemble import Ensemble
from tfx_pipeline.modules.learners.trees.exactness import check_exactness, hurting_rows
from tfx_pipeline.modules.learners.trees.scorer import TreesScorer
from tfx_pipeline.modules.learners.trees.settings import TreeSettings
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.tasks import Task
from tfx_pipeline.processes.cores import usable_cores

_COMPARED_ROWS = 10_000


def learn(
    learning: LearningRows,
    inputs: ModelInputs,
    task: Task,
    config: Mapping[str, Any],
    directory: str,
) -> Fitted:
    """Grow trees; see `Learner`.

    Without held-out rows as many rounds are grown as `trees.rounds` says.

    Raises:
        RuntimeError: LightGBM cannot be imported.
        ArithmeticError: the graph does not compute what LightGBM does.
    """
    began = time.perf_counter()
    arrays, count = learning.rows.inputs, len(learning.fitted)
    settings = TreeSettings.chosen(
        config["trees"],
        count,
        len(inputs.names),
        task.outputs,
        stops=len(learning.held_out) > 0,
        cores=usable_cores(),
    )
    columns = TreeColumns.learned(inputs, arrays, learning.fitted, settings.min_rows_per_leaf)
    grown = Boosting(learning, columns, task, settings, config["seed"]).run(directory)
    grown_s = time.perf_counter() - began
    model = grown.booster.dump_model(num_iteration=grown.rounds)
    ensemble = Ensemble.read(model, columns.numbers)
    scorer = TreesScorer(columns, ensemble)
    difference = _compare(learning, inputs, columns, ensemble, grown, scorer)
    notes = {
        "rounds": grown.rounds,
        "leaves": settings.leaves,
        "learning_rate": settings.learning_rate,
        "min_rows_per_leaf": settings.min_rows_per_leaf,
        "conditions": len(ensemble.numbers) + len(ensemble.codes),
        "losses": {name: round(loss, 6) for name, loss in grown.losses.items()},
        "bytes": sum(x.numpy().nbytes for x in scorer.variables),
        "difference": difference,
        "grown_s": round(grown_s, 3),
        "seconds": round(time.perf_counter() - began, 3),
    }
    return Fitted(scorer, notes, grown.input_wait)


def _compare(
    learning: LearningRows,
    inputs: ModelInputs,
    columns: TreeColumns,
    ensemble: Ensemble,
    grown: Grown,
    scorer: TreesScorer,
) -> float:
    """Compare the graph with LightGBM on real rows, held-out ones if there are any, and on others.

    Returns:
        The largest difference of logits.
    """
    places = learning.held_out if len(learning.held_out) else learning.fitted
    places = np.sort(places[:_COMPARED_ROWS])
    real: dict[str, NDArray[Any]] = {
        name: np.asarray(x[places]) for name, x in learning.rows.inputs.items()
    }
    # Not of `learning.random`: what is learned after this must not depend on the comparison.
    made = hurting_rows(real, inputs, columns, ensemble, np.random.default_rng(0))
    rows = {name: np.concatenate([real[name], made[name]]) for name in real}
    return check_exactness(scorer, grown.booster, grown.rounds, columns, rows)
