from __future__ import annotations

import json
import logging

import numpy as np
import pytest
import tensorflow as tf

from tfx_pipeline.config.sections.mlp import MlpConfig
from tfx_pipeline.modules.learners.learner import LearningRows
from tfx_pipeline.modules.learners.mlp.learning import learn
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.tasks import Binary, Multiclass, Regression
from tfx_pipeline.modules.model.transformed_rows import TransformedRows

pytestmark = [pytest.mark.slow, pytest.mark.once]
INPUTS = ModelInputs({"x": 2}, {"a": 3, "b": 14})
BINARY = Binary(("0", "1"))
SMALL = {"hidden_units": (32, 32), "epochs": 12}


def make_rows(count, labels=None):
    random = np.random.default_rng(1)
    ids = np.stack([random.integers(0, 3, count), random.integers(3, 16, count)], 1)
    numbers = random.normal(size=(count, 2)).astype(np.float32)
    if labels is None:  # from both kinds of inputs, by their product
        labels = (numbers[:, 0] * np.where(ids[:, 0] == 1, -1, 1) > 0).astype(np.int64)
    return TransformedRows({"numbers": numbers, "ids": ids.astype(np.int32)}, labels)


def fit(rows, folder, task=BINARY, inputs=INPUTS, share=0.2, seed=0, **section):
    config = {"mlp": MlpConfig(**(SMALL | section)).model_dump()}
    return learn(LearningRows.divided(rows, share, seed), inputs, task, config, str(folder))


def losses(fitted, rows, task=BINARY):
    logits = fitted.scorer.logits_of(rows.inputs)
    return task.loss(tf.constant(task.encoded_labels(rows.label)), tf.constant(logits)).numpy()


@pytest.mark.parametrize(
    "task", [BINARY, Multiclass(("a", "b", "c")), Regression(0.5, 0.5)], ids=lambda x: type(x)
)
def test_learn_every_task_learns_what_is_not_linear(task, tmp_path) -> None:
    rows = make_rows(1000)
    fitted = fit(rows, tmp_path, task, members=2, learning_rate=0.03)
    assert losses(fitted, rows, task).mean() < 0.25
    notes = json.loads(json.dumps(fitted.notes))
    assert 1 <= notes["epochs"] <= notes["planned_epochs"] == 12
    assert len([*tmp_path.glob("events.out.tfevents.*")]) == 1


def test_learn_restores_the_best_epoch_of_all_and_tells_its_loss(tmp_path, caplog) -> None:
    caplog.set_level(logging.INFO)
    rows = make_rows(200, np.random.default_rng(0).integers(0, 2, 200))  # noise
    fitted = fit(rows, tmp_path, learning_rate=0.05)
    lines = [x.getMessage() for x in caplog.records if "held_out loss" in x.getMessage()]
    found = [float(line.split()[-1]) for line in lines]
    assert fitted.notes["epochs"] == np.argmin(found) + 1 < 12
    assert len(found) == min(fitted.notes["epochs"] + 4, 12)
    held_out = LearningRows.divided(rows, 0.2, 0).held_out
    loss = losses(fitted, rows)[held_out].mean()
    assert loss == pytest.approx(min(found), abs=1e-5)
    assert fitted.notes["held_out_loss"] == pytest.approx(loss, abs=1e-5)


def test_learn_without_held_out_rows_trains_all_epochs(tmp_path) -> None:
    rows = make_rows(300)
    fitted = fit(rows, tmp_path, share=None, epochs=50, learning_rate=0.03)
    assert fitted.notes["epochs"] == 50
    assert losses(fitted, rows).mean() < 0.3


@pytest.mark.parametrize(
    "inputs", [ModelInputs({"x": 2}, {}), ModelInputs({}, {"a": 3, "b": 14})], ids=["no ids", "ids"]
)
def test_learn_without_numbers_or_without_ids_works(inputs, tmp_path) -> None:
    rows = make_rows(100)
    kept = {name: x for name, x in rows.inputs.items() if (name == "ids") == bool(inputs.sizes)}
    fitted = fit(TransformedRows(kept, rows.label), tmp_path, inputs=inputs, epochs=2)
    assert fitted.scorer.logits_of(kept).shape == (100, 1)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_learn_of_a_few_rows_works(count, tmp_path) -> None:
    fitted = fit(make_rows(count), tmp_path)
    assert np.isfinite(fitted.scorer.logits_of(make_rows(20).inputs)).all()


def test_learn_of_constant_columns_gives_about_the_share_of_the_class(tmp_path) -> None:
    rows = make_rows(400, (np.arange(400) % 4 == 0).astype(np.int64))
    rows.inputs["numbers"][:] = 3
    rows.inputs["ids"][:] = [1, 5]
    logits = fit(rows, tmp_path, share=None, epochs=40).scorer.logits_of(rows.inputs)
    assert logits[0, 0] == pytest.approx(np.log(1 / 3), abs=0.15)


def test_learn_of_numbers_answers_within_the_range_of_the_training_rows(tmp_path) -> None:
    rows = make_rows(300)
    task = Regression(0.5, 0.5)
    scorer = fit(rows, tmp_path, task).scorer
    logits = scorer.logits_of({"numbers": 50 * rows.inputs["numbers"], "ids": rows.inputs["ids"]})
    assert (logits.min(), logits.max()) == (-1, 1)


def test_learn_same_seed_gives_the_same_answers_another_does_not(tmp_path) -> None:
    rows = make_rows(200)
    first, again, other = (
        fit(rows, tmp_path, seed=seed, epochs=2, dropout=0.2).scorer.logits_of(rows.inputs)
        for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_learn_rows_of_weight_zero_are_not_learned_from(tmp_path) -> None:
    rows = make_rows(600)
    wrong = np.arange(600) % 3 == 0
    labels = np.where(wrong, 1 - rows.label, rows.label)
    weighted = rows._replace(label=labels, weight=(~wrong).astype(np.float32))
    fitted = fit(weighted, tmp_path, epochs=40, learning_rate=0.03)
    assert losses(fitted, rows).mean() < 0.3


def test_learn_of_rows_in_files_learns_as_much(tmp_path) -> None:
    rows = make_rows(1000)
    inputs = {}
    for name, values in rows.inputs.items():
        values.tofile(tmp_path / name)
        inputs[name] = np.memmap(tmp_path / name, values.dtype, "r+", shape=values.shape)
    fitted = fit(TransformedRows(inputs, rows.label), tmp_path)
    assert losses(fitted, rows).mean() < 0.25
    assert 0 < fitted.input_wait < 1


def test_learn_loss_of_nan_raises_saying_what_to_do(tmp_path) -> None:
    rows = make_rows(40)
    rows.inputs["numbers"][3, 0] = np.nan
    with pytest.raises(FloatingPointError, match=r"epoch 1.*lower model\.mlp\.learning_rate"):
        fit(rows, tmp_path)


def test_scorer_saved_and_loaded_gives_the_same_answers(tmp_path) -> None:
    rows = make_rows(50)
    scorer = fit(rows, tmp_path, epochs=2, members=2).scorer
    spec = {x: tf.TensorSpec([None, 2], y.dtype, x) for x, y in rows.inputs.items()}
    call = tf.function(lambda inputs: {"logits": scorer(inputs)}, [spec], autograph=False)
    tf.saved_model.save(scorer, str(tmp_path / "model"), call.get_concrete_function())
    served = tf.saved_model.load(str(tmp_path / "model")).signatures["serving_default"]
    inputs = {name: tf.constant(x) for name, x in rows.inputs.items()}
    np.testing.assert_allclose(served(**inputs)["logits"], scorer.logits_of(rows.inputs), atol=1e-6)
