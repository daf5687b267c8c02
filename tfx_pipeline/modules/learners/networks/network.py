"""The Keras model: a multi-layer network, or the sum of one and a linear one.

Terms:
    wide part: a weight for each number and each id, summed.
    deep part: numbers and embedded ids, through hidden layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.model.model_inputs import ModelInputs

Tensors = Mapping[str, keras.KerasTensor]


def build_network(
    inputs: ModelInputs,
    config: Mapping[str, Any],
    outputs: int,
    varies: NDArray[np.bool_] | None = None,
) -> keras.Model:
    """Build the model that `config` describes, with this many `outputs` per row.

    `varies`, `[width]`, says which of the numbers differ between training rows: all, where it is
    not given. The others have no say: their weights would stay what chance made them.

    Returns:
        A functional model of `numbers` `[batch, width] float32` and `ids` `[batch, columns] int32`
        (only those that have columns), to `[batch, outputs] float32`.
    """
    tensors = {}
    if inputs.widths:
        tensors["numbers"] = keras.Input((inputs.width,), dtype="float32", name="numbers")
    if inputs.sizes:
        tensors["ids"] = keras.Input((len(inputs.sizes),), dtype="int32", name="ids")
    given = dict(tensors)
    if "numbers" in tensors and varies is not None and not varies.all():
        tensors["numbers"] = tensors["numbers"] * varies.astype(np.float32)
    builders = {"dnn": [_deep], "wide_deep": [_wide, _deep]}
    parts = [build(tensors, inputs, config, outputs) for build in builders[config["family"]]]
    return keras.Model(given, _joined(keras.layers.Add, parts), name=config["family"])


def _wide(
    tensors: Tensors, inputs: ModelInputs, config: Mapping[str, Any], outputs: int
) -> keras.KerasTensor:
    parts = []
    if "numbers" in tensors:
        weigh = keras.layers.Dense(outputs, kernel_regularizer=_l2(config), name="wide_numbers")
        parts.append(weigh(tensors["numbers"]))
    if "ids" in tensors:
        # The same as a Dense layer on one-hot vectors, without making them.
        weights = keras.layers.Embedding(
            inputs.size, outputs, "zeros", embeddings_regularizer=_l2(config), name="wide_ids"
        )
        parts.append(keras.ops.sum(weights(tensors["ids"]), axis=1))
    return _joined(keras.layers.Add, parts)


def _deep(
    tensors: Tensors, inputs: ModelInputs, config: Mapping[str, Any], outputs: int
) -> keras.KerasTensor:
    parts = []
    if "numbers" in tensors:
        parts.append(tensors["numbers"])
    if "ids" in tensors:
        size, l2 = (inputs.size, config["embedding_dim"]), _l2(config)
        embed = keras.layers.Embedding(*size, embeddings_regularizer=l2, name="deep_ids")
        parts.append(keras.layers.Flatten()(embed(tensors["ids"])))
    hidden = _joined(keras.layers.Concatenate, parts)
    for i, units in enumerate(config["hidden_units"], start=1):
        layer = keras.layers.Dense(
            units, config["activation"], kernel_regularizer=_l2(config), name=f"hidden_{i}"
        )
        hidden = layer(hidden)
        if config["dropout"]:
            hidden = keras.layers.Dropout(config["dropout"])(hidden)
    return keras.layers.Dense(outputs, kernel_regularizer=_l2(config), name="deep")(hidden)


def _joined(layer: type[keras.layers.Layer], parts: list[keras.KerasTensor]) -> keras.KerasTensor:
    return layer()(parts) if len(parts) > 1 else parts[0]


def _l2(config: Mapping[str, Any]) -> keras.Regularizer | None:
    return keras.regularizers.L2(config["l2"]) if config["l2"] else None
