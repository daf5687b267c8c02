"""Heads as parts of one neural network: networks, and linear ones beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.pmml.writing.expressions import ref
from tfx_pipeline.export.pmml.writing.fields import Fields
from tfx_pipeline.export.pmml.writing.linear import encoded_number, shares
from tfx_pipeline.export.pmml.writing.neurons import Neurons
from tfx_pipeline.export.pmml.writing.operations import vector
from tfx_pipeline.export.pmml.writing.xml import element
from tfx_pipeline.modules.description.heads import (
    LinearHead,
    MlpHead,
    MlpIds,
    MlpNumbers,
    NetworkHead,
)

Floats: TypeAlias = NDArray[np.float32]


def network(fields: Fields, neurons: Neurons, head: NetworkHead) -> list[str]:
    """Add the families dnn and wide_deep; return the ids of the logits."""
    kept, places = _varying(fields, neurons, head)
    logits: list[tuple[list[str], Floats]] = []
    if head.wide_numbers is not None:
        logits.append((kept, head.wide_numbers.kernel[places]))
    outputs = head.last.kernel.shape[1]
    if head.wide_ids is not None:
        logits += _weights(fields, neurons, head.wide_ids, "wide")
    sources = list(kept)
    blocks = [np.asarray(places, int)]
    if head.embeddings is not None:
        embedded = _vectors(fields, neurons, head.embeddings, list(fields.id_columns), "embedding")
        sources += embedded
        blocks.append(fields.width + np.arange(len(embedded)))
    rows = np.concatenate(blocks)
    for layer in head.hidden:
        (sources,) = neurons.activated(
            head.activation, [sources], [layer.kernel[rows]], [layer.bias]
        )
        rows = np.arange(len(sources))
    logits.append((sources, head.last.kernel[rows]))
    bias = head.last.bias + (head.wide_numbers.bias if head.wide_numbers is not None else 0)
    return _summed(neurons, logits, np.reshape(bias, [outputs]))


def mlp(fields: Fields, neurons: Neurons, head: MlpHead) -> list[str]:
    """Add the family mlp; return the ids of the logits."""
    sources, kept = _encoded(fields, neurons, head)
    members = len(head.last.kernel)
    factors = head.factors[kept, np.newaxis]
    blocks = [sources] * members
    for place, layer in enumerate(head.hidden):
        # What is read is the encoding times its factors.
        kernels = layer.kernel[:, kept] * factors if place == 0 else layer.kernel
        biases = layer.bias.reshape(members, -1)
        blocks = neurons.activated(head.activation, blocks, list(kernels), list(biases))
    kernels = head.last.kernel if head.hidden else head.last.kernel[:, kept] * factors
    parts = [(block, kernel / members) for block, kernel in zip(blocks, kernels, strict=True)]
    bias = head.last.bias.reshape(members, -1).mean(axis=0)
    logits = _summed(neurons, parts, bias)
    return neurons.clipped(logits, *head.limits) if head.limits else logits


def linear(fields: Fields, neurons: Neurons, head: LinearHead) -> list[str]:
    """Add the family linear; return the ids of the logits."""
    pieces = [neurons.input(field, ref(field)) for field in shares(fields, head)]
    parts = [(pieces, head.rises), *_weights(fields, neurons, head.weights, "linear")]
    return _summed(neurons, parts, head.intercept)


def _varying(fields: Fields, neurons: Neurons, head: NetworkHead) -> tuple[list[str], list[int]]:
    """Read the numbers that vary; also return their places."""
    ids, places = [], []
    for place in range(fields.width):
        if head.varies is not None and not head.varies[place]:
            continue
        field = fields.number(place)
        if field is not None:
            ids.append(neurons.input(field, ref(field)))
            places.append(place)
    return ids, places


def _encoded(fields: Fields, neurons: Neurons, head: MlpHead) -> tuple[list[str], list[int]]:
    """Read the encoding, before its factors; also return the places that are not always 0."""
    ids: list[str | None] = []
    if head.numbers is not None:
        ids += _numbers(fields, neurons, head.numbers)
    if head.ids is not None:
        ids += _ids(fields, neurons, head.ids)
    places = [place for place, each in enumerate(ids) if each is not None]
    return [each for each in ids if each is not None], places


def _numbers(fields: Fields, neurons: Neurons, numbers: MlpNumbers) -> list[str | None]:
    scaled = []
    for place, median, factor in zip(
        numbers.places.tolist(), numbers.medians, numbers.factors, strict=True
    ):
        field = encoded_number(fields, place, float(median), float(factor), numbers.farthest)
        scaled.append(neurons.input(field, ref(field)))
    periodic = numbers.periodic
    if periodic is None:
        return list(scaled)
    many = [scaled[i] for i in numbers.many.tolist()]
    turn = 2 * np.pi
    waves = neurons.dense(
        "cosine",
        [[each] for each in many],
        [turn * x[np.newaxis].astype(np.float64) for x in periodic.frequencies],
        [turn * x.astype(np.float64) for x in periodic.phases],
    )
    embedded = neurons.dense("identity", waves, list(periodic.weights), list(periodic.biases))
    return [*scaled, *(each for block in embedded for each in block)]


def _ids(fields: Fields, neurons: Neurons, ids: MlpIds) -> list[str | None]:
    inputs: list[str | None] = []
    for column, id_ in ids.one_hot.tolist():
        field = fields.id(column)
        local = id_ - fields.ids_of(column).start
        inputs.append(neurons.input(field, element("NormDiscrete", field=field, value=local)))
    if ids.table is not None:
        table = ids.table[ids.rows]
        inputs += _vectors(fields, neurons, table, ids.embedded.tolist(), "vector")
    return inputs


def _vectors(
    fields: Fields, neurons: Neurons, table: Floats, columns: Sequence[int], hint: str
) -> list[str]:
    """Read the vectors of the ids of some columns; `table` is of all ids."""
    inputs = []
    for column in columns:
        own = table[fields.ids_of(column)]
        for field in vector(fields, column, own, own[-1], f"{fields.id(column)} ({hint})"):
            inputs.append(neurons.input(field, ref(field)))
    return inputs


def _weights(
    fields: Fields, neurons: Neurons, table: Floats, hint: str
) -> list[tuple[list[str], Floats]]:
    """Read a weight for each output of the ids of all columns, with the kernels to add them by."""
    outputs = table.shape[1]
    parts = []
    for column in fields.id_columns:
        ids = _vectors(fields, neurons, table, [column], hint)
        parts.append((ids, np.eye(outputs, dtype=np.float32)))
    return parts


def _summed(
    neurons: Neurons, parts: Sequence[tuple[Sequence[str], Floats]], bias: Floats
) -> list[str]:
    """Add the products of ids and kernels, and a bias."""
    sources = [each for ids, _ in parts for each in ids]
    kernel = np.concatenate([np.zeros((0, len(bias)), np.float32), *(x for _, x in parts)])
    return neurons.layer(
        "identity",
        (
            # Of an identity matrix most weights are 0.
            (at_0, [link for link in zip(sources, column, strict=True) if link[1]])
            for at_0, column in zip(bias, kernel.T, strict=True)
        ),
    )
