from __future__ import annotations

import pytest

from tfx_pipeline.config.sections.mlp import MlpConfig
from tfx_pipeline.modules.learners.mlp.optimizer import coslog4
from tfx_pipeline.modules.learners.mlp.recipe import Recipe
from tfx_pipeline.modules.model.tasks import Binary, Regression

pytestmark = pytest.mark.slow
TASK = Binary(("0", "1"))


def recipe(rows, task=TASK, **section):
    return Recipe.of(MlpConfig(**section).model_dump(), rows, task)


@pytest.mark.parametrize(
    ("rows", "epochs"), [(1, 24), (6_000, 24), (150_000, 20), (270_000, 11), (10_000_000, 8)]
)
def test_recipe_epochs_take_three_million_rows_in_all_and_are_8_to_24(rows, epochs) -> None:
    assert recipe(rows).epochs == epochs


@pytest.mark.parametrize(
    ("rows", "batch"),
    [(1, 1), (10, 10), (100, 17), (1000, 63), (6000, 261), (50_000, 257), (270_000, 1023)],
)
def test_recipe_batches_grow_with_the_rows_and_are_all_about_as_large(rows, batch) -> None:
    found = recipe(rows).batch_size
    assert found == batch
    rest = rows % found
    assert rest == 0 or rest > 0.5 * found


def test_recipe_of_numbers_is_of_mish_and_faster() -> None:
    classes, numbers = recipe(1000), recipe(1000, Regression(0.0, 1.0))
    assert (classes.activation, numbers.activation) == ("selu", "mish")
    assert numbers.learning_rate / classes.learning_rate == pytest.approx(1.75)


def test_recipe_takes_what_is_configured() -> None:
    section = {"hidden_units": (8,), "members": 3, "activation": "relu", "dropout": 0.0}
    section |= {"learning_rate": 0.5, "schedule": "coslog4", "epochs": 3, "embedding": "none"}
    found = recipe(5000, **section)
    assert (found.hidden_units, found.members, found.activation) == ((8,), 3, "relu")
    assert (found.dropout, found.learning_rate, found.epochs) == (0, 0.5, 3)
    assert (found.schedule, found.waves) == (coslog4, 0)
    assert recipe(5000, batch_size=100, row_passes=100_000).batch_size == 100
    assert recipe(5000, row_passes=100_000).epochs == 20
