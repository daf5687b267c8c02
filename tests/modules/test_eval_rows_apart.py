"""The eval split judges, so it has no part in training: neither stops nor chooses by it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest
import tensorflow as tf

from tests.modules.tables import Table, make_config, make_fn_args, transform_config
from tfx_pipeline.config.sections.model import ModelConfig
from tfx_pipeline.modules import training

pytestmark = [pytest.mark.slow, pytest.mark.once]
FAMILIES = get_args(ModelConfig.model_fields["family"].annotation)
KINDS = {"x": float, "y": int}
ROWS = [{"x": float(i % 17), "y": int(i % 17 > 8 or i % 5 == 0)} for i in range(80)]
MIRRORED = [{"x": -40.0 - i, "y": 1 - row["y"]} for i, row in enumerate(ROWS)]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Return the transform graph, the training rows, and two eval splits."""
    folder = tmp_path_factory.mktemp("apart")
    table = Table(KINDS, ROWS)
    return (
        table.analyze(transform_config(settings("linear")), folder),
        table.write(folder / "train.gz"),
        [table.write(folder / "same.gz"), Table(KINDS, MIRRORED).write(folder / "mirrored.gz")],
        table,
    )


def settings(family):
    stopping = {"validation_share": 0.3, "patience": 2}
    model = {"family": family, "early_stopping": stopping}
    if family in ("dnn", "wide_deep"):
        model |= {"epochs": 4, "hidden_units": [4]}
    if family in ("auto", "mlp"):
        model["mlp"] = {"epochs": 2, "hidden_units": [4], "members": 1}
    return make_config(
        label={"column": "y", "task": "binary", "decision": {"goal": "f1"}},
        features={"x": {"kind": "numeric"}},
        model=model,
    )


class _NoEvalRows(SimpleNamespace):
    """What Trainer gives to `run_fn`, but for the eval split, which nobody may ask for."""

    @property
    def eval_files(self):
        raise AssertionError("the training asked for the eval split")


@pytest.mark.parametrize("family", FAMILIES)
def test_run_fn_of_each_family_trains_without_the_eval_split(
    family, prepared, tmp_path, monkeypatch
):
    artifact, train, _, _ = prepared
    given = vars(make_fn_args(settings(family), artifact, train, "", tmp_path))
    given.pop("eval_files")
    # Those rows that travel with the model are taken from it when the model is done.
    monkeypatch.setattr(training, "write_samples", lambda *arguments: None)
    training.run_fn(_NoEvalRows(**given))
    assert (tmp_path / "model/saved_model.pb").exists()


def test_run_fn_with_another_eval_split_gives_the_same_model(prepared, tmp_path):
    artifact, train, evaluations, table = prepared
    found = []
    for number, evaluation in enumerate(evaluations):
        folder = tmp_path / str(number)
        training.run_fn(make_fn_args(settings("dnn"), artifact, train, evaluation, folder))
        model = tf.saved_model.load(str(folder / "model"))
        answers = model.signatures["serving_examples"](examples=tf.constant(table.serialized()))
        found.append(answers["probability"].numpy())
    assert np.array_equal(*found)
    assert np.ptp(found[0]) > 0.01
