"""The families dnn, wide_deep and mlp."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.tflite.graph import ROWS, Tensor
from tfx_pipeline.export.tflite.heads.activations import activated, computed
from tfx_pipeline.export.tflite.heads.inputs import HeadInputs
from tfx_pipeline.modules.description.heads import (
    Dense,
    MlpHead,
    MlpIds,
    MlpNumbers,
    NetworkHead,
    PeriodicEmbedding,
)

_FLOAT32_MAX = float(np.finfo(np.float32).max)


def write_network(head: NetworkHead, inputs: HeadInputs) -> Tensor:
    """Write the head of dnn or wide_deep."""
    writer, layers = inputs.writer, inputs.layers
    numbers, vectors, wide = inputs.numbers, None, []
    if numbers is not None:
        if head.varies is not None and not np.all(head.varies):
            numbers = writer.two("MUL", numbers, head.varies[np.newaxis])
        if head.wide_numbers is not None:
            wide.append(layers.linear(numbers, head.wide_numbers))
    if inputs.ids is not None and head.embeddings is not None:
        width = inputs.ids.shape[1] * head.embeddings.shape[1]
        taken = layers.embedded(head.embeddings, inputs.ids)
        vectors = writer.reshape(taken, (ROWS, width))
    if inputs.ids is not None and head.wide_ids is not None:
        weights = writer.gathered(layers.held(head.wide_ids), inputs.ids)
        wide.append(writer.summed(weights, 1))
    first, *others = (*head.hidden, head.last)
    values = _first_layer(inputs, first, numbers, vectors, head.activation if others else "linear")
    for layer in others[:-1]:
        values = layers.dense(values, layer, head.activation)
        values = activated(writer, values, head.activation)
    logits = layers.linear(values, others[-1]) if others else values
    for part in wide:
        logits = writer.two("ADD", logits, part)
    return logits


def _first_layer(
    inputs: HeadInputs,
    layer: Dense,
    numbers: Tensor | None,
    vectors: Tensor | None,
    activation: str,
) -> Tensor:
    """Apply the first layer, of kinds of int8 as two: numbers reach too far for so few steps."""
    writer, layers = inputs.writer, inputs.layers
    if numbers is None or not layers.is_whole:
        values = writer.joined([x for x in (numbers, vectors) if x is not None])
        return activated(writer, layers.dense(values, layer, activation), activation)
    width = numbers.shape[1]
    values = layers.linear(numbers, Dense(layer.kernel[:width], layer.bias))
    if vectors is not None:
        rest = Dense(layer.kernel[width:], np.zeros_like(layer.bias))
        values = writer.two("ADD", values, layers.as_float(layers.dense(vectors, rest)))
    if activation == "relu":
        return writer.one("RELU", values)
    return activated(writer, values, activation)


def write_mlp(head: MlpHead, inputs: HeadInputs) -> Tensor:
    """Write the head of mlp: the first layer of all members at once, then each for itself.

    The mean over members is part of the last layer.
    """
    writer, layers = inputs.writer, inputs.layers
    parts = []
    if head.numbers is not None and inputs.numbers is not None:
        parts += _numbers(head.numbers, inputs)
    if head.ids is not None and inputs.ids is not None:
        parts += _ids(head.ids, inputs)
    members = head.last.kernel.shape[0]
    if not parts:
        return writer.repeated(_without_inputs(head))
    values = writer.two("MUL", writer.joined(parts), head.factors[np.newaxis])
    branches = [values]
    for place, layer in enumerate(head.hidden):
        if place == 0:
            joined = _side_by_side(layer)
            first = layers.dense(values, joined, head.activation)
            first = layers.as_float(activated(writer, first, head.activation))
            branches = [writer.part(first, x, members) for x in range(members)]
            continue
        for member in range(members):
            own = Dense(layer.kernel[member], layer.bias[member].ravel())
            value = layers.dense(branches[member], own, head.activation)
            branches[member] = activated(writer, value, head.activation)
    hidden = [layers.as_float(branch) for branch in branches]
    if not head.hidden:
        hidden = hidden * members
    last = Dense(
        np.concatenate(list(head.last.kernel), axis=0) / members,
        head.last.bias.reshape(members, -1).mean(axis=0),
    )
    logits = layers.linear(writer.joined(hidden), last)
    return logits if head.limits is None else writer.clipped(logits, *head.limits)


def _side_by_side(layer: Dense) -> Dense:
    return Dense(np.concatenate(list(layer.kernel), axis=1), layer.bias.reshape(-1))


def _numbers(numbers: MlpNumbers, inputs: HeadInputs) -> list[Tensor]:
    """Encode numbers; see `MlpNumbers`."""
    writer = inputs.writer
    assert inputs.numbers is not None
    taken = writer.taken(inputs.numbers, numbers.places.tolist())
    away = writer.two("SUB", taken, numbers.medians[np.newaxis])
    x = writer.two("MUL", away, numbers.factors[np.newaxis])
    share = writer.two("DIV", x, np.array(numbers.farthest))
    square = writer.two("ADD", writer.two("MUL", share, share), np.ones(()))
    # The root of what is infinite is none in some kernels; the graph of the model makes it 0.
    is_finite = writer.two("LESS_EQUAL", square, np.array(_FLOAT32_MAX))
    bounded = writer.two("MINIMUM", square, np.array(_FLOAT32_MAX))
    factor = writer.where(is_finite, writer.one("RSQRT", bounded), np.zeros(()))
    scaled = writer.two("MUL", writer.clipped(x, -_FLOAT32_MAX, _FLOAT32_MAX), factor)
    if numbers.periodic is None:
        return [scaled]
    many = writer.taken(scaled, numbers.many.tolist())
    return [scaled, _embedded(numbers.periodic, many, inputs)]


def _embedded(periodic: PeriodicEmbedding, scaled: Tensor, inputs: HeadInputs) -> Tensor:
    """Embed columns by their waves; one product of matrices that are 0 but for a column's own."""
    writer = inputs.writer
    columns, waves, width = periodic.weights.shape
    cells = writer.reshape(scaled, (ROWS, columns, 1))
    angles = writer.two("MUL", cells, periodic.frequencies[np.newaxis])
    angles = writer.two("ADD", angles, periodic.phases[np.newaxis])
    waved = writer.one("COS", writer.two("MUL", angles, np.array(2 * math.pi)))
    # [rows, columns, 1, waves] times [columns, width, waves], summed over waves
    product = writer.two(
        "MUL",
        writer.reshape(waved, (ROWS, columns, 1, waves)),
        periodic.weights.transpose(0, 2, 1)[np.newaxis],
    )
    embedded = writer.two("ADD", writer.summed(product, 3), periodic.biases[np.newaxis])
    return writer.reshape(embedded, (ROWS, columns * width))


def _ids(ids: MlpIds, inputs: HeadInputs) -> list[Tensor]:
    """Encode ids; see `MlpIds`."""
    writer, parts = inputs.writer, []
    assert inputs.ids is not None
    if len(ids.one_hot):
        taken = writer.taken(inputs.ids, ids.one_hot[:, 0].tolist())
        is_it = writer.two("EQUAL", taken, ids.one_hot[:, 1][np.newaxis])
        parts.append(writer.cast(is_it, "float32"))
    if ids.table is not None:
        taken = writer.taken(inputs.ids, ids.embedded.tolist())
        rows = writer.gathered(np.asarray(ids.rows, np.int32), taken)
        vectors = inputs.layers.embedded(ids.table, rows)
        parts.append(writer.reshape(vectors, (ROWS, len(ids.embedded) * ids.table.shape[1])))
    return parts


def _without_inputs(head: MlpHead) -> NDArray[np.float32]:
    """Compute the logits of all rows, where nothing varies."""
    values = np.zeros((head.last.kernel.shape[0], 0), np.float32)
    for layer in (*head.hidden, head.last):
        product = np.einsum("mi,miu->mu", values, layer.kernel)
        values = product + layer.bias.reshape(product.shape)
        if layer is not head.last:
            values = computed(values, head.activation)
    logits = values.mean(axis=0)
    return logits if head.limits is None else np.clip(logits, *head.limits)
