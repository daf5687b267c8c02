from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfx_pipeline.modules.learners.learner import LearningRows
from tfx_pipeline.modules.learners.trees import exactness, scorer
from tfx_pipeline.modules.learners.trees.learning import learn
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.tasks import Binary, Multiclass, Regression
from tfx_pipeline.modules.model.transformed_rows import TransformedRows

pytestmark = pytest.mark.slow
TASKS = (Binary(("0", "1")), Multiclass(("a", "b", "c")), Regression(0.0, 1.0))


@st.composite
def tables(draw):
    """Inputs of any layout, rows with values that hurt, and a task."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(30, 400))
    numbers = draw(st.integers(0, 3))
    sizes = draw(st.lists(st.sampled_from([3, 5, 40, 300]), max_size=3))
    if not numbers and not sizes:
        sizes = [5]
    with_missing = draw(st.booleans())
    own_nans = draw(st.booleans())
    widths = {f"n{i}_scaled": 1 for i in range(numbers)}
    if with_missing:
        widths |= {f"n{i}_missing": 1 for i in range(numbers)}
    widths = dict(sorted(widths.items()))
    kinds = ["_id", "_bucket", "_part"]
    inputs = ModelInputs(widths, {f"c{i}{kinds[i]}": size for i, size in enumerate(sizes)})
    rows = {}
    if widths:
        step = draw(st.sampled_from([1e-38, 5e-36, 1e-20, 0.1, 1.0, 1e6, 1e37]))
        values = np.round(random.normal(size=(count, len(widths))) * 4) * step
        matrix = values.astype(np.float32)
        for place, name in enumerate(widths):
            if name.endswith("_missing"):
                matrix[:, place] = random.random(count) < 0.3
            elif own_nans:
                matrix[random.random(count) < 0.2, place] = np.nan
        rows["numbers"] = matrix
    if sizes:
        starts = np.cumsum([0, *sizes])[:-1]
        ids = [random.integers(0, max(1, size - 1), count) for size in sizes]  # the last: unknown
        rows["ids"] = (np.stack(ids, 1) + starts).astype(np.int32)
    task = draw(st.sampled_from(TASKS))
    signal = sum(np.nan_to_num(x.astype(float)).sum(axis=1) for x in rows.values())
    ranks = np.argsort(np.argsort(signal + random.normal(size=count)))
    labels = {
        Binary: (2 * ranks // count),
        Multiclass: (3 * ranks // count),
        Regression: (ranks / count).astype(np.float32),
    }[type(task)]
    return inputs, TransformedRows(rows, labels), task


def config(**trees):
    chosen = dict.fromkeys(["rounds", "leaves", "learning_rate", "min_rows_per_leaf"])
    return {"trees": {**chosen, **trees}, "seed": 0}


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(table=tables(), leaves=st.sampled_from([2, 7, 31]), share=st.sampled_from([None, 0.2]))
def test_learn_any_table_gives_a_graph_that_is_the_library(
    table, leaves, share, tmp_path_factory
) -> None:
    inputs, rows, task = table
    learning = LearningRows.divided(rows, share, seed=0)
    settings = config(rounds=12, leaves=leaves, learning_rate=0.3, min_rows_per_leaf=2)
    fitted = learn(learning, inputs, task, settings, str(tmp_path_factory.mktemp("log")))
    assert fitted.notes["difference"] <= 2**-24
    assert fitted.scorer.logits_of(rows.inputs).shape == (len(rows.label), task.outputs)


INPUTS = ModelInputs({"x_missing": 1, "x_scaled": 1}, {"c_id": 12})


def simple_rows(count=600):
    random = np.random.default_rng(0)
    missing = random.random(count) < 0.2
    x = np.where(missing, 0, np.round(random.normal(size=count), 1))
    ids = random.integers(0, 11, (count, 1))
    numbers = np.stack([missing, x], 1).astype(np.float32)
    label = (x + missing + (ids[:, 0] % 3) + random.normal(size=count) > 1.5).astype(np.int64)
    return TransformedRows({"numbers": numbers, "ids": ids.astype(np.int32)}, label)


def shifted_thresholds(monkeypatch):
    real = scorer._NumberConditions.__init__

    def init(self, conditions):
        real(self, conditions)
        up = np.nextafter(self._thresholds.numpy(), np.float32(np.inf))
        self._thresholds.assign(up)

    monkeypatch.setattr(scorer._NumberConditions, "__init__", init)


def missing_to_the_other_side(monkeypatch):
    real = scorer._NumberConditions.__init__

    def init(self, conditions):
        real(self, conditions)
        self._fills.assign(-self._fills)

    monkeypatch.setattr(scorer._NumberConditions, "__init__", init)


def unknown_as_the_first_category(monkeypatch):
    real = scorer._Conditions.__call__
    monkeypatch.setattr(
        scorer._Conditions, "__call__", lambda self, x, codes: real(self, x, tf.maximum(codes, 1))
    )


def values_of_less_precision(monkeypatch):
    real = scorer._in_two_parts
    monkeypatch.setattr(
        scorer, "_in_two_parts", lambda x: real(x) * np.array([[[1], [0]]], np.float32)
    )


@pytest.mark.parametrize(
    "damage",
    [
        shifted_thresholds,
        missing_to_the_other_side,
        unknown_as_the_first_category,
        values_of_less_precision,
    ],
)
def test_learn_with_a_wrong_graph_fails_and_says_where(damage, monkeypatch, tmp_path) -> None:
    damage(monkeypatch)
    learning = LearningRows.divided(simple_rows(), 0.2, seed=0)
    with pytest.raises(ArithmeticError, match=r"differs from LightGBM on \d+ of \d+ rows.*allowed"):
        learn(learning, INPUTS, TASKS[0], config(), str(tmp_path))


def test_check_exactness_of_logits_that_are_no_number_fails() -> None:
    class Booster:
        def predict(self, matrix, **_options):
            return np.zeros(len(matrix))

    class Columns:
        def matrix(self, rows):
            return rows["numbers"]

    class Broken(scorer.Scorer):
        def __call__(self, inputs):
            return inputs["numbers"] * np.float32(np.nan)

    rows = {"numbers": np.ones((3, 1), np.float32)}
    with pytest.raises(ArithmeticError, match="3 of 3 rows"):
        exactness.check_exactness(Broken(), Booster(), 1, Columns(), rows)
