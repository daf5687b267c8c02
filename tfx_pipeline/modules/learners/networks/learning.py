"""Networks as a family: built, fitted, and made a scorer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.description.heads import Dense, NetworkHead
from tfx_pipeline.modules.learners.learner import Fitted, LearningRows, Scorer
from tfx_pipeline.modules.learners.networks.fitting import Fitting, Plan
from tfx_pipeline.modules.learners.networks.network import build_network
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.tasks import Task


class NetworkScorer(Scorer):
    """A Keras model, of which only the weights are exported, not all that Keras keeps with them."""

    def __init__(self, network: keras.Model, varies: NDArray[np.bool_] | None) -> None:
        """Take what `build_network` made, and what it was told of the numbers."""
        super().__init__()
        self._varies = varies
        self._network: Callable[[], keras.Model] = lambda: network  # hidden from tracking
        self._weights = [weight.value for weight in network.weights]

    def __call__(self, inputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """See `Scorer`."""
        return self._network()(inputs, training=False)

    def describe(self) -> NetworkHead:
        """See `Scorer`."""
        layers = {layer.name: layer for layer in self._network().layers}
        hidden = [layer for name, layer in layers.items() if name.startswith("hidden_")]
        return NetworkHead(
            None if self._varies is None else self._varies.astype(np.float32),
            _dense(layers["wide_numbers"]) if "wide_numbers" in layers else None,
            _table(layers.get("wide_ids")),
            _table(layers.get("deep_ids")),
            tuple(map(_dense, hidden)),
            keras.activations.serialize(hidden[0].activation) if hidden else "linear",
            _dense(layers["deep"]),
        )


def _dense(layer: keras.layers.Dense) -> Dense:
    return Dense(np.asarray(layer.kernel), np.asarray(layer.bias))


def _table(layer: keras.layers.Embedding | None) -> NDArray[np.float32] | None:
    return None if layer is None else np.asarray(layer.embeddings)


def learn(
    learning: LearningRows,
    inputs: ModelInputs,
    task: Task,
    config: Mapping[str, Any],
    directory: str,
) -> Fitted:
    """Fit a network; see `Learner`."""
    varies = learning.rows.varying_numbers()
    network = build_network(inputs, config, task.outputs, varies)
    fitting = Fitting(network, optimizer_of(network, config), task, plan_of(config), learning)
    epochs = fitting.run(directory)
    return Fitted(NetworkScorer(network, varies), {"epochs": epochs}, fitting.input_wait)


def optimizer_of(network: keras.Model, config: Mapping[str, Any]) -> keras.Optimizer:
    """Make the optimiser that the section `model` names, for this network."""
    name, rate = config["optimizer"]["name"], config["optimizer"]["learning_rate"]
    optimizer = keras.optimizers.get({"class_name": name, "config": {"learning_rate": rate}})
    optimizer.build(network.trainable_variables)
    return optimizer


def plan_of(config: Mapping[str, Any]) -> Plan:
    """Read the plan from the section `model`."""
    stopping = config["early_stopping"] or {"patience": config["epochs"], "min_delta": 0.0}
    return Plan(
        batch_size=config["batch_size"],
        epochs=config["epochs"],
        patience=stopping["patience"],
        min_delta=stopping["min_delta"],
        keeps_best=bool(config["early_stopping"]),
        advice=(
            "lower model.optimizer.learning_rate (received"
            f" {config['optimizer']['learning_rate']}), or scale the features"
        ),
    )
