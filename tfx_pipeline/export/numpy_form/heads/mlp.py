"""The family mlp."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.numpy_form.heads.activations import ACTIVATIONS
from tfx_pipeline.export.numpy_form.heads.inputs import HeadInputs
from tfx_pipeline.modules.description.heads import (
    Dense,
    MlpHead,
    MlpIds,
    MlpNumbers,
    PeriodicEmbedding,
)

Floats: TypeAlias = NDArray[np.float32]


def mlp_logits(head: MlpHead, inputs: HeadInputs) -> Floats:
    """See `MlpHead`."""
    parts = [np.zeros((len(inputs.numbers), 0), np.float32)]
    if head.numbers is not None:
        parts += _numbers(head.numbers, inputs.numbers)
    if head.ids is not None:
        parts += _ids(head.ids, inputs.ids)
    values = (np.concatenate(parts, 1) * head.factors)[np.newaxis]
    for layer in head.hidden:
        values = ACTIVATIONS[head.activation](_through(layer, values))
    logits = _through(head.last, values).mean(axis=0)
    return logits if head.limits is None else np.clip(logits, *map(np.float32, head.limits))


def _through(layer: Dense, values: Floats) -> Floats:
    """Map `[members or 1, rows, inputs]` to `[members, rows, units]`."""
    return np.asarray(values @ layer.kernel + layer.bias[:, np.newaxis], np.float32)


def _numbers(part: MlpNumbers, numbers: Floats) -> list[Floats]:
    scaled = (numbers[:, part.places] - part.medians) * part.factors
    scaled = scaled / np.sqrt(1 + np.square(scaled / np.float32(part.farthest)))
    if part.periodic is None:
        return [scaled]
    return [scaled, _embedded(part.periodic, scaled[:, part.many])]


def _embedded(periodic: PeriodicEmbedding, scaled: Floats) -> Floats:
    angles = scaled[:, :, np.newaxis] * periodic.frequencies + periodic.phases
    waves = np.cos(np.float32(2 * math.pi) * angles)
    embedded = np.einsum("bcw,cwd->bcd", waves, periodic.weights) + periodic.biases
    return embedded.reshape(len(scaled), periodic.biases.size)


def _ids(part: MlpIds, ids: NDArray[np.int32]) -> list[Floats]:
    parts = [(ids[:, part.one_hot[:, 0]] == part.one_hot[:, 1]).astype(np.float32)]
    if part.table is not None:
        vectors = part.table[part.rows[ids[:, part.embedded]]]
        parts.append(vectors.reshape(len(ids), len(part.embedded) * part.table.shape[1]))
    return parts
