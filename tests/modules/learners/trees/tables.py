"""Small tables whose label trees can learn, and the configuration that `learn` reads."""

from __future__ import annotations

import numpy as np

from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.tasks import Binary, Multiclass, Regression
from tfx_pipeline.modules.model.transformed_rows import TransformedRows

INPUTS = ModelInputs(
    {"words": 2, "x_missing": 1, "x_scaled": 1, "y_scaled": 1},
    {"a_id": 6, "b_id": 40, "hour_part": 25, "x_bucket": 5, "z_bucket": 4},
)
TASKS = {
    "binary": Binary(("0", "1")),
    "multiclass": Multiclass(("low", "mid", "high")),
    "regression": Regression(0.5, 1.7),
}


def config(**trees):
    """Give the section `model`, as far as trees read it."""
    chosen = dict.fromkeys(["rounds", "leaves", "learning_rate", "min_rows_per_leaf"])
    return {"trees": {**chosen, **trees}, "seed": 0}


def make_rows(count, kind="binary", seed=1):
    """Make rows of `INPUTS`; the last id of each column, the unknown, is in none of them."""
    random = np.random.default_rng(seed)
    missing = random.random(count) < 0.2
    x, y = random.normal(size=(2, count))
    words = random.random((count, 2)) < 0.1
    numbers = np.stack([*words.T, missing, np.where(missing, 0, x), y], 1).astype(np.float32)
    ids = [random.integers(0, size - 1, count) for size in INPUTS.sizes.values()]
    starts = np.cumsum([0, *INPUTS.sizes.values()])[:-1]
    score = np.where(missing, 1.5, np.sin(3 * x)) + np.array([0, 2, -2, 1, -1])[ids[0]]
    score += (ids[1] % 3 == 0) + y * (ids[2] > 12) + 0.3 * random.normal(size=count)
    labels = {
        "binary": (score > 0.3).astype(np.int64),
        "multiclass": np.digitize(score, [-0.5, 1.0]).astype(np.int64),
        "regression": score.astype(np.float32),
    }[kind]
    inputs = {"numbers": numbers, "ids": (np.stack(ids, 1) + starts).astype(np.int32)}
    return TransformedRows(inputs, labels)
