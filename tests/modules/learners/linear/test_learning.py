from __future__ import annotations

import dataclasses
import json
import logging

import numpy as np
import pytest
import tensorflow as tf

from tfx_pipeline.modules.learners.learner import LearningRows
from tfx_pipeline.modules.learners.linear import rows as linear_rows
from tfx_pipeline.modules.learners.linear.learning import learn
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.tasks import Binary, Multiclass, Regression
from tfx_pipeline.modules.model.transformed_rows import TransformedRows

pytestmark = pytest.mark.slow
INPUTS = ModelInputs({"x": 2}, {"a": 3, "b": 4})
BINARY = Binary(("0", "1"))


def make_rows(count, labels=None, weight=None):
    random = np.random.default_rng(1)
    ids = np.stack([random.integers(0, 3, count), random.integers(3, 7, count)], 1)
    numbers = random.normal(size=(count, 2)).astype(np.float32)
    if labels is None:  # from both kinds of inputs, and bent
        labels = (np.abs(numbers[:, 0]) + 2 * (ids[:, 0] == 1) > 1.3).astype(np.int64)
    return TransformedRows({"numbers": numbers, "ids": ids.astype(np.int32)}, labels, weight)


def fit(rows, task=BINARY, inputs=INPUTS, share=0.2, **section):
    return fit_divided(LearningRows.divided(rows, share, 0), task, inputs, **section)


def fit_divided(divided, task=BINARY, inputs=INPUTS, **section):
    config = {"linear": {"l2": None, "refit": True, **section}}
    return learn(divided, inputs, task, config, "")


def losses(fitted, rows, task):
    logits = fitted.scorer.logits_of(rows.inputs)
    return task.loss(tf.constant(task.encoded_labels(rows.label)), tf.constant(logits)).numpy()


@pytest.mark.parametrize(
    ("task", "most"),
    [(BINARY, 0.15), (Multiclass(("a", "b", "c")), 0.15), (Regression(0.5, 0.5), 0.4)],
    ids=["binary", "multiclass", "regression"],
)
def test_learn_every_task_learns_what_bends(task, most) -> None:
    rows = make_rows(2000)
    fitted = fit(rows, task)
    assert fitted.scorer(rows.inputs).shape == (2000, task.outputs)
    assert losses(fitted, rows, task).mean() < most
    assert json.loads(json.dumps(fitted.notes))["rows"] == 2000


@pytest.mark.parametrize(
    "inputs", [ModelInputs({"x": 2}, {}), ModelInputs({}, {"a": 3, "b": 4})], ids=["numbers", "ids"]
)
def test_learn_without_numbers_or_without_ids_works(inputs) -> None:
    rows = make_rows(300)
    kept = {name: x for name, x in rows.inputs.items() if (name == "ids") == bool(inputs.sizes)}
    fitted = fit(TransformedRows(kept, rows.label), inputs=inputs)
    assert losses(fitted, TransformedRows(kept, rows.label), BINARY).mean() < 0.66


@pytest.mark.parametrize("count", [1, 2, 6, 11])
def test_learn_of_a_few_rows_works(count) -> None:
    fitted = fit(make_rows(count))
    assert np.isfinite(fitted.scorer.logits_of(make_rows(20).inputs)).all()


def test_learn_of_constant_columns_gives_the_share_of_the_class() -> None:
    rows = make_rows(40, (np.arange(40) % 4 == 0).astype(np.int64))
    rows.inputs["numbers"][:] = 3
    rows.inputs["ids"][:] = [1, 5]
    logits = fit(rows).scorer.logits_of(rows.inputs)
    np.testing.assert_allclose(logits, np.log(1 / 3), atol=1e-3)


def test_learn_with_refit_fits_to_the_held_out_rows_without_it_does_not() -> None:
    rows = make_rows(200)
    divided = LearningRows.divided(rows, 0.2, 0)
    other = rows.label.copy()
    other[divided.held_out] = 1 - other[divided.held_out]
    changed = dataclasses.replace(divided, rows=rows._replace(label=other))

    def logits(refit):
        both = [fit_divided(x, l2=1.0, refit=refit).scorer for x in (divided, changed)]
        return [scorer.logits_of(rows.inputs) for scorer in both]

    np.testing.assert_array_equal(*logits(refit=False))
    first, second = logits(refit=True)
    assert np.abs(first - second).max() > 0.5


def test_learn_chooses_among_strengths_and_says_so(caplog) -> None:
    caplog.set_level(logging.INFO)
    fitted = fit(make_rows(500))
    lines = [x.getMessage() for x in caplog.records if "held_out loss" in x.getMessage()]
    best = min(lines, key=lambda line: float(line.split()[-1]))
    assert best == f"l2 {fitted.notes['l2']:g}: held_out loss {fitted.notes['held_out_loss']:.5f}"


def test_learn_same_seed_gives_the_same_answers() -> None:
    rows = make_rows(300)
    first, again = (fit(rows).scorer.logits_of(rows.inputs) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_learn_of_rows_that_count_nothing_is_that_of_the_others() -> None:
    rows = make_rows(300)
    weight = (np.arange(300) < 200).astype(np.float32)
    few = TransformedRows({k: x[:200] for k, x in rows.inputs.items()}, rows.label[:200])
    logits = [
        fit(x, share=None, l2=1.0).scorer.logits_of(few.inputs)
        for x in (rows._replace(weight=weight, label=np.where(weight, rows.label, 1)), few)
    ]
    # Knots and the mean weight differ, so only about.
    assert np.corrcoef(logits[0][:, 0], logits[1][:, 0])[0, 1] > 0.98


def test_learn_of_rows_in_files_reads_as_many_as_there_is_room_for(tmp_path, monkeypatch) -> None:
    rows = make_rows(3000)
    inputs = {}
    for name, values in rows.inputs.items():
        values.tofile(tmp_path / name)
        inputs[name] = np.memmap(tmp_path / name, values.dtype, "r+", shape=values.shape)
    streamed = TransformedRows(inputs, rows.label)
    logits = [fit(x).scorer.logits_of(rows.inputs) for x in (rows, streamed)]
    np.testing.assert_array_equal(*logits)
    monkeypatch.setattr(linear_rows, "_MOST_CELLS", 6 * 1000)
    fitted = fit(streamed)
    assert fitted.notes["rows"] == 1000 + 600
    assert losses(fitted, rows, BINARY).mean() < 0.15


def test_scorer_of_an_id_that_no_row_has_says_nothing() -> None:
    rows = make_rows(300)
    rows.inputs["ids"][rows.inputs["ids"] == 2] = 0
    scorer = fit(rows).scorer
    weights = scorer._weights.numpy()[:, 0]
    assert weights[2] == 0
    assert (weights[[0, 1, 3, 4, 5, 6]] != 0).all()


def test_scorer_beyond_the_training_rows_stays_where_these_end() -> None:
    rows = make_rows(300)
    scorer = fit(rows).scorer
    ends = {"numbers": rows.inputs["numbers"].max(axis=0, keepdims=True), "ids": [[1, 4]]}
    far = {"numbers": np.full((1, 2), 1e6, np.float32), "ids": [[1, 4]]}
    inputs = [{name: tf.constant(x) for name, x in each.items()} for each in (ends, far)]
    np.testing.assert_allclose(scorer(inputs[0]), scorer(inputs[1]), rtol=1e-5)
