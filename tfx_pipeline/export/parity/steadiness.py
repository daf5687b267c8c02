"""How far the model's own answer to a row hangs on rounding.

A caller may send a number that is a million deviations from all training rows. Sums of float32 are
exact only relative to their largest term: where such terms nearly cancel, in a layer, what is left
is what rounding left, and TensorFlow itself answers otherwise with another batch or processor. What
is reckoned in float32 is what exact arithmetic makes of slightly other weights (Higham, Accuracy
and stability of numerical algorithms, 2002, section 3.1: by n units in the last place for sums of n
terms). So rows that differ are asked again with these numbers, and the weights of networks, a
millionth larger or smaller, each by chance; a difference that is no larger than what this makes
says nothing about the export.

Terms:
    far number: a transformed one above 1,000, and beyond all at which a tree parts or a piece ends.
    noise: of a row, the largest difference that moving makes; 0 without a far number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export import numpy_form
from tfx_pipeline.export.numpy_form.answer import answers_of
from tfx_pipeline.export.parity.comparison import differences
from tfx_pipeline.export.parity.landmarks import transformed_landmarks
from tfx_pipeline.export.rows import Answers, Rows
from tfx_pipeline.modules.description.heads import BlendHead, Dense, Head, NetworkHead
from tfx_pipeline.modules.description.model_description import ModelDescription

_FAR = 1000.0
_MOVE = 1e-6
_TRIALS = 16
_SEED = 20_261_130


def noise_of(description: ModelDescription, rows: Rows) -> NDArray[np.float64]:
    """Give the noise of each row: `[rows]`, as a difference of `comparison`."""
    columns = numpy_form.transformed(description, rows)
    landmarks = transformed_landmarks(description)
    far = {}
    for name in description.widths:
        last = np.abs(landmarks.get(name, np.zeros(0))).max(initial=0.0)
        far[name] = np.abs(columns[name]) > max(_FAR, 2 * last)
    noise = np.zeros(len(next(iter(columns.values()))))
    is_far = np.zeros(len(noise), bool)
    for each in far.values():
        is_far |= each.any(axis=1)
    if not is_far.any():
        return noise
    steady = _answers(description, columns)
    random = np.random.default_rng(_SEED)
    for _ in range(_TRIALS):
        moved = dict(columns)
        for name, where in far.items():
            moved[name] = np.where(where, _moved(columns[name], random), columns[name])
        other = replace(description, head=_moved_head(description.head, random))
        noise = np.maximum(noise, differences(description.answer, steady, _answers(other, moved)))
    return np.where(is_far, noise, 0.0)


def _moved(values: NDArray[Any], random: np.random.Generator) -> NDArray[Any]:
    factors = 1 + _MOVE * random.choice((-1.0, 1.0), size=values.shape)
    return (values * factors).astype(values.dtype)


def _moved_head(head: Head, random: np.random.Generator) -> Head:
    """Move the weights of networks; what other heads make of a far number is bounded."""
    if isinstance(head, BlendHead):
        return replace(head, members=tuple(_moved_head(each, random) for each in head.members))
    if not isinstance(head, NetworkHead):
        return head
    return replace(
        head,
        wide_numbers=head.wide_numbers and _moved_layer(head.wide_numbers, random),
        hidden=tuple(_moved_layer(each, random) for each in head.hidden),
        last=_moved_layer(head.last, random),
    )


def _moved_layer(layer: Dense, random: np.random.Generator) -> Dense:
    return Dense(_moved(layer.kernel, random), _moved(layer.bias, random))


def _answers(description: ModelDescription, columns: Mapping[str, NDArray[Any]]) -> Answers:
    return answers_of(description.answer, numpy_form.logits(description, columns))
