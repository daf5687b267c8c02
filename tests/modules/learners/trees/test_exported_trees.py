"""Trees through the whole of `run_fn`: exported, loaded, and asked in raw features."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.modules.conftest import REPOSITORY, train_on
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.modules.smoke_rows import read_smoke_rows

pytestmark = [pytest.mark.slow, pytest.mark.once]


def trained(name, rows, tmp_path):
    file = REPOSITORY / f"configs/{name}.yaml"
    config = load_config(file, overrides=["model.family=trees"]).config
    return train_on(config, rows, tmp_path)


def answers(model, trained, output):
    examples = tf.constant(trained.evaluation.serialized())
    return model.signatures["serving_examples"](examples=examples)[output].numpy()


def test_exported_trees_rank_tips_and_answer_instances_as_in_training(tmp_path) -> None:
    taxi = trained("taxi", 3000, tmp_path)
    model = tf.saved_model.load(str(taxi.model))
    labels = np.array([row["tips"] > 0.2 * row["fare"] for row in taxi.evaluation.rows])
    probabilities = answers(model, taxi, "probability")
    pairs = probabilities[labels][:, np.newaxis] - probabilities[~labels]
    assert np.mean(pairs > 0) > 0.93  # area under the curve
    rows = read_smoke_rows(taxi.model)
    signature = model.signatures["serving_default"]
    specs = signature.structured_input_signature[1]
    instances = {
        name: tf.constant([row[name] for row in rows.instances], spec.dtype)
        for name, spec in specs.items()
    }
    told = [row["probability"] for row in rows.predictions]
    np.testing.assert_allclose(signature(**instances)["probability"], told, atol=1e-6)
    assert any("missing" in change for change in rows.changes)
    assert sum(x.stat().st_size for x in taxi.model.rglob("*") if x.is_file()) < 3_000_000


def test_exported_trees_tell_species_apart(tmp_path) -> None:
    penguins = trained("penguins", 344, tmp_path)
    model = tf.saved_model.load(str(penguins.model))
    species = [row["species"] for row in penguins.evaluation.rows]
    found = [name.decode() for name in answers(model, penguins, "class")]
    assert np.mean(np.array(found) == species) > 0.95


def test_exported_trees_predict_in_the_unit_of_the_label(tmp_path) -> None:
    ames = trained("ames", 1500, tmp_path)
    model = tf.saved_model.load(str(ames.model))
    prices = np.array([row["Sale_Price"] for row in ames.evaluation.rows])
    errors = np.abs(answers(model, ames, "value") - prices)
    assert errors.mean() < 0.33 * np.abs(prices - np.median(prices)).mean()
