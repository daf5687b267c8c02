"""The multi-layer network as a family: made for the rows, fitted, and a scorer at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from tfx_pipeline.modules.learners.learner import Fitted, LearningRows
from tfx_pipeline.modules.learners.mlp.columns import find_ids, find_numbers
from tfx_pipeline.modules.learners.mlp.encoding import Encoding, Ids, Numbers
from tfx_pipeline.modules.learners.mlp.network import MlpScorer
from tfx_pipeline.modules.learners.mlp.optimizer import ScheduledAdam
from tfx_pipeline.modules.learners.mlp.recipe import Recipe
from tfx_pipeline.modules.learners.networks.fitting import Fitting, Plan
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.tasks import Regression, Task


def learn(
    learning: LearningRows,
    inputs: ModelInputs,
    task: Task,
    config: Mapping[str, Any],
    directory: str,
) -> Fitted:
    """Fit the network; see `Learner`.

    The weights are those of the best epoch by held-out rows, after which a third of the epochs
    were no better; without such rows they are those of the last.
    """
    began = time.perf_counter()
    recipe = Recipe.of(config["mlp"], len(learning.fitted), task)
    network = _network(learning, inputs, task, recipe)
    steps = recipe.epochs * -(-len(learning.fitted) // recipe.batch_size)
    variables, factors = network.trainable_variables, network.rate_factors()
    optimizer = ScheduledAdam(variables, factors, recipe.learning_rate, recipe.schedule, steps)
    advice = f"lower model.mlp.learning_rate (here {recipe.learning_rate}), or scale the features"
    plan = Plan(recipe.batch_size, recipe.epochs, recipe.patience, advice=advice)
    fitting = Fitting(network, optimizer, task, plan, learning)
    best = fitting.run(directory)
    notes = {
        "epochs": best,
        "planned_epochs": recipe.epochs,
        "batch_size": recipe.batch_size,
        "seconds": round(time.perf_counter() - began, 2),
        **{f"{name}_loss": loss for name, loss in fitting.losses.items()},
    }
    return Fitted(network, notes, fitting.input_wait)


def _network(learning: LearningRows, inputs: ModelInputs, task: Task, recipe: Recipe) -> MlpScorer:
    """Make the network for what varies in the rows."""
    random = learning.random
    numbers, ids = find_numbers(learning), find_ids(learning, inputs)
    limits = None
    if isinstance(task, Regression):
        labels = task.encoded_labels(learning.rows.label[learning.fitted])
        limits = float(labels.min()), float(labels.max())
    return MlpScorer(
        Encoding(
            None if numbers is None else Numbers(numbers, recipe.waves, recipe.wave_width, random),
            None if ids is None else Ids(ids, recipe.id_width, random),
        ),
        recipe.hidden_units,
        recipe.activation,
        recipe.members,
        recipe.dropout,
        limits,
        task.outputs,
        random,
    )
