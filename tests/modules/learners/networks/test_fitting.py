from __future__ import annotations

import logging

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.modules.tables import make_config
from tfx_pipeline.modules.learners.learner import LearningRows
from tfx_pipeline.modules.learners.networks.fitting import Fitting
from tfx_pipeline.modules.learners.networks.learning import optimizer_of, plan_of
from tfx_pipeline.modules.learners.networks.network import build_network
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.tasks import Binary, Multiclass, Regression
from tfx_pipeline.modules.model.transformed_rows import TransformedRows

pytestmark = pytest.mark.slow
INPUTS = ModelInputs({"x": 2}, {"a": 3, "b": 4})


def model_config(**values):
    label = {"column": "y", "task": "binary"}
    features = {"x": {"kind": "numeric"}}
    config = make_config(label=label, features=features, model=values)
    return config.model_dump(mode="json")["model"]


def make_rows(count, labels=None):
    random = np.random.default_rng(1)
    ids = np.stack([random.integers(0, 3, count), random.integers(3, 7, count)], 1)
    numbers = random.normal(size=(count, 2)).astype(np.float32)
    if labels is None:  # learnable from both kinds of inputs, exactly
        labels = (numbers[:, 0] + 2 * (ids[:, 0] == 1) - 1 > 0).astype(np.int64)
    return TransformedRows({"numbers": numbers, "ids": ids.astype(np.int32)}, labels)


def divided(rows, config):
    stopping = config["early_stopping"]
    share = stopping and (stopping["validation_share"] or 0.1)
    return LearningRows.divided(rows, share, config["seed"])


def fitting_of(config, rows, task=None, inputs=INPUTS):
    task = task or Binary(("0", "1"))
    keras.utils.set_random_seed(config["seed"])
    network = build_network(inputs, config, task.outputs)
    optimizer = optimizer_of(network, config)
    return network, Fitting(network, optimizer, task, plan_of(config), divided(rows, config))


def fit(config, rows, log_directory, task=None, inputs=INPUTS):
    network, fitting = fitting_of(config, rows, task, inputs)
    fitting.run(str(log_directory))
    return network


def losses_of(caplog, name):
    lines = [record.getMessage() for record in caplog.records if "loss" in record.getMessage()]
    return [float(line.split(f"{name} loss ")[1].split(",")[0]) for line in lines]


@pytest.mark.parametrize(
    ("family", "task"),
    [
        ("dnn", Binary(("0", "1"))),
        ("wide_deep", Binary(("0", "1"))),
        ("wide_deep", Multiclass(("a", "b", "c"))),
        ("wide_deep", Regression(0.5, 0.5)),
    ],
)
def test_run_every_family_and_task_learns(family, task, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    config = model_config(
        family=family,
        hidden_units=[8],
        epochs=10,
        batch_size=50,
        optimizer={"learning_rate": 0.05},
    )
    network = fit(config, make_rows(300), tmp_path, task)
    losses = losses_of(caplog, "train")
    assert losses[-1] < 0.6 * losses[0]
    assert network.output_shape == (None, task.outputs)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "rmsprop", "adagrad", "ftrl"])
def test_run_every_optimizer_lowers_the_loss(name, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    optimizer = {"name": name, "learning_rate": 0.1}
    config = model_config(epochs=4, batch_size=20, optimizer=optimizer)
    fit(config, make_rows(100), tmp_path)
    losses = losses_of(caplog, "train")
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    "inputs", [ModelInputs({"x": 2}, {}), ModelInputs({}, {"a": 3, "b": 4})], ids=["numbers", "ids"]
)
def test_run_without_numbers_or_without_ids_works(inputs, tmp_path):
    rows = make_rows(40)
    kept = {name: x for name, x in rows.inputs.items() if (name == "ids") == bool(inputs.sizes)}
    config = model_config(epochs=1, dropout=0.5, l2=0.01, hidden_units=[4, 3])
    network = fit(config, TransformedRows(kept, rows.label), tmp_path, inputs=inputs)
    assert set(network.input) == set(kept)


def test_run_same_seed_gives_the_same_weights_another_does_not(tmp_path):
    first, again, other = (
        fit(model_config(seed=seed, epochs=3, dropout=0.2, batch_size=16), make_rows(200), tmp_path)
        for seed in (3, 3, 4)
    )
    for weights, same in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, same)
    assert not np.array_equal(first.get_weights()[-2], other.get_weights()[-2])


def test_run_early_stopping_restores_the_best_epoch(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    labels = np.random.default_rng(0).integers(0, 2, 120)  # noise: soon learned by heart
    rows = make_rows(120, labels)
    config = model_config(
        epochs=100,
        batch_size=8,
        optimizer={"learning_rate": 0.05},
        early_stopping={"patience": 2, "validation_share": 0.3},
    )
    _, fitting = fitting_of(config, rows)
    fitting.run(str(tmp_path))
    held_out = losses_of(caplog, "held_out")
    best = int(np.argmin(held_out))
    assert len(held_out) == best + 1 + 2 < 100
    (kept,) = fitting._feed.in_order(fitting._held_out)
    loss = float(fitting._evaluate(*kept)) / len(fitting._held_out)
    assert loss == pytest.approx(held_out[best], abs=1e-5)


def test_run_held_out_rows_are_never_trained_on(tmp_path):
    _, fitting = fitting_of(model_config(), make_rows(50))
    assert sorted([*fitting._held_out, *fitting._fitted]) == list(range(50))
    assert len(fitting._held_out) == 5


def test_run_without_early_stopping_takes_all_rows_and_epochs(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    config = model_config(epochs=4, early_stopping=None)
    fit(config, make_rows(30), tmp_path)
    lines = [record.getMessage() for record in caplog.records if "epoch" in record.getMessage()]
    assert len(lines) == 4
    assert not any("held_out" in line for line in lines)


@pytest.mark.parametrize("rows", [1, 5])
def test_run_fewer_rows_than_a_batch_works(rows, tmp_path):
    network = fit(model_config(epochs=2, batch_size=1000), make_rows(rows), tmp_path)
    assert all(np.isfinite(weights).all() for weights in network.get_weights())


def test_run_each_row_counts_once_an_epoch_also_in_the_last_batch(tmp_path, caplog):
    # With a learning rate of nearly 0, the loss of the epoch is that of the untrained network.
    caplog.set_level(logging.INFO)
    config = model_config(
        epochs=1,
        batch_size=7,
        optimizer={"learning_rate": 1e-9},
        early_stopping=None,
    )
    rows = make_rows(30)
    network = fit(config, rows, tmp_path)
    logits = network(rows.inputs)
    task = Binary(("0", "1"))
    expected = np.mean(task.loss(tf.constant(task.encoded_labels(rows.label)), logits))
    assert losses_of(caplog, "train")[0] == pytest.approx(expected, abs=2e-5)


def test_run_loss_of_nan_raises_saying_what_to_do(tmp_path):
    rows = make_rows(40)
    rows.inputs["numbers"][3, 0] = np.nan
    with pytest.raises(FloatingPointError, match=r"epoch 1.*lower model\.optimizer\.learning_rate"):
        fit(model_config(), rows, tmp_path)


def test_run_writes_losses_for_tensorboard(tmp_path):
    fit(model_config(epochs=2), make_rows(40), tmp_path)
    (file,) = tmp_path.glob("events.out.tfevents.*")
    events = [tf.compat.v1.Event.FromString(x.numpy()) for x in tf.data.TFRecordDataset(str(file))]
    found = {(value.tag, event.step) for event in events for value in event.summary.value}
    assert found == {
        ("loss/train", 1),
        ("loss/held_out", 1),
        ("loss/train", 2),
        ("loss/held_out", 2),
    }


def test_run_learns_as_much_from_files_and_knows_how_long_it_waited(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    config = model_config(epochs=5, batch_size=50)
    rows = make_rows(4000)
    is_noise = np.random.default_rng(2).random(4000) < 0.2
    rows = rows._replace(label=np.where(is_noise, 1 - rows.label, rows.label))
    fit(config, rows, tmp_path)
    from_memory = losses_of(caplog, "held_out")[-1]
    caplog.clear()
    inputs = {}
    for name, values in rows.inputs.items():
        values.tofile(tmp_path / name)
        inputs[name] = np.memmap(tmp_path / name, values.dtype, "r+", shape=values.shape)
    streamed = TransformedRows(inputs, rows.label)
    assert streamed.in_files and not rows.in_files
    _, fitting = fitting_of(config, streamed)
    fitting.run(str(tmp_path))
    assert losses_of(caplog, "held_out")[-1] == pytest.approx(from_memory, rel=0.05)
    assert 0 < fitting.input_wait < 1


def test_run_weights_count_as_so_many_rows_whatever_their_scale(tmp_path, caplog):
    # With a learning rate of nearly 0, the losses are those of the untrained network.
    caplog.set_level(logging.INFO)
    config = model_config(epochs=1, batch_size=7, optimizer={"learning_rate": 1e-9})
    rows = make_rows(60)
    weight = np.random.default_rng(0).uniform(0.1, 9, 60).astype(np.float32)
    task = Binary(("0", "1"))
    network = fit(config, rows._replace(weight=weight), tmp_path)
    losses = task.loss(tf.constant(task.encoded_labels(rows.label)), network(rows.inputs)).numpy()
    parts = divided(rows, config)
    for name, places in {"train": parts.fitted, "held_out": parts.held_out}.items():
        expected = np.average(losses[places], weights=weight[places])
        assert losses_of(caplog, name)[0] == pytest.approx(expected, abs=2e-5)
    kept = [
        fit(config | {"optimizer": {"name": "sgd", "learning_rate": 0.1}}, each, tmp_path)
        for each in (rows._replace(weight=weight), rows._replace(weight=1000 * weight), rows)
    ]
    first, scaled, plain = (network.get_weights()[0] for network in kept)
    np.testing.assert_allclose(first, scaled, rtol=1e-4, atol=1e-6)
    assert np.abs(first - plain).max() > 1e-3


def test_run_rows_of_weight_zero_are_not_learned_from(tmp_path):
    rows = make_rows(200)
    wrong = np.arange(200) % 2 == 0
    labels = np.where(wrong, 1 - rows.label, rows.label)
    weighted = rows._replace(label=labels, weight=(~wrong).astype(np.float32))
    config = model_config(epochs=40, batch_size=20, optimizer={"learning_rate": 0.02})
    network = fit(config, weighted, tmp_path)
    answers = (network(rows.inputs).numpy()[:, 0] > 0).astype(int)
    assert np.mean(answers == rows.label) > 0.9
