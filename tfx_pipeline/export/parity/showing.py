"""Heads whose one output is a transformed column: where its numbers stand in windows, or its id.

Terms:
    window: of a number of the column: it begins at `lows` and is `widths` wide, `[width]` each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.description.heads import Dense, LinearHead, NetworkHead
from tfx_pipeline.modules.description.model_description import ModelDescription

Numbers: TypeAlias = NDArray[np.float64]


class _Shown(NamedTuple):
    """What is looked at: places in `numbers`, their rises, and weights of all ids."""

    places: NDArray[np.int32]
    rises: NDArray[np.float32]
    weights: NDArray[np.float32]


def shown_by_pieces(
    description: ModelDescription, name: str, lows: Numbers, widths: Numbers
) -> LinearHead:
    """Show a column by pieces of a linear head: what is outside the window stands at its end."""
    shown = _shown(description, name)
    count = len(shown.places)
    return LinearHead(
        shown.places,
        np.asarray(lows[:count], np.float32),
        np.asarray(widths[:count], np.float32),
        shown.rises[:, np.newaxis],
        shown.weights,
        np.zeros(1, np.float32),
    )


def shown_by_a_layer(
    description: ModelDescription, name: str, lows: Numbers, widths: Numbers
) -> NetworkHead:
    """Show a column by the wide part of a network without layers."""
    shown = _shown(description, name)
    count, inputs = len(shown.places), sum(description.widths.values())
    kernel = np.zeros((inputs, 1), np.float32)
    kernel[shown.places, 0] = shown.rises / widths[:count]
    bias = -float(np.sum(shown.rises * lows[:count] / widths[:count]))
    has_ids = bool(description.sizes)
    return NetworkHead(
        varies=None,
        wide_numbers=Dense(kernel, np.array([bias], np.float32)) if inputs else None,
        wide_ids=shown.weights if has_ids else None,
        embeddings=np.zeros((len(shown.weights), 1), np.float32) if has_ids else None,
        hidden=(),
        activation="relu",
        last=Dense(
            np.zeros((inputs + len(description.sizes), 1), np.float32), np.zeros(1, np.float32)
        ),
    )


def _shown(description: ModelDescription, name: str) -> _Shown:
    weights = np.zeros((sum(description.sizes.values()), 1), np.float32)
    if name in description.sizes:
        place = _start(description.sizes, name)
        size = description.sizes[name]
        weights[place : place + size, 0] = np.arange(size)
        return _Shown(np.zeros(0, np.int32), np.zeros(0, np.float32), weights)
    width, place = description.widths[name], _start(description.widths, name)
    # Different rises, so that places of a vector cannot make up for each other.
    rises = 1 + np.arange(width) / width
    places = np.arange(place, place + width)
    return _Shown(places.astype(np.int32), rises.astype(np.float32), weights)


def _start(lengths: Mapping[str, int], name: str) -> int:
    """Say where a column begins, of columns one after the other."""
    names = list(lengths)
    return sum(lengths[each] for each in names[: names.index(name)])
