"""Heads made by hand, of random numbers, for any transformed columns; see `descriptions`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.description.heads import (
    BlendHead,
    Conditions,
    Dense,
    Head,
    LinearHead,
    MlpHead,
    MlpIds,
    MlpNumbers,
    NetworkHead,
    PeriodicEmbedding,
    Tree,
    TreeColumns,
    TreesHead,
)

Sizes = Mapping[str, int]
_WIDTH = 3


def _normal(random: np.random.Generator, *shape: int, scale: float = 0.5) -> NDArray[np.float32]:
    return random.normal(0, scale, shape).astype(np.float32)


def linear_head(widths: Sizes, sizes: Sizes, outputs: int) -> LinearHead:
    """Three pieces of each number; nothing of very large ones, whose pieces are flat."""
    random = np.random.default_rng(1)
    width = sum(widths.values())
    columns = np.repeat(np.arange(width, dtype=np.int32), 3)
    return LinearHead(
        columns,
        np.tile(np.array([-1.5, -0.25, 0.5], np.float32), width),
        np.tile(np.array([1.25, 0.75, 2.0], np.float32), width),
        _normal(random, 3 * width, outputs),
        _normal(random, sum(sizes.values()), outputs),
        _normal(random, outputs),
    )


def _dense(random: np.random.Generator, inputs: int, units: int, *members: int) -> Dense:
    return Dense(_normal(random, *members, inputs, units), _normal(random, *members, units))


def network_head(wide: bool, activation: str, masked: bool) -> Callable[..., NetworkHead]:
    """Two layers; `masked`: the first number does not vary."""

    def make(widths: Sizes, sizes: Sizes, outputs: int) -> NetworkHead:
        random = np.random.default_rng(2)
        width, size = sum(widths.values()), sum(sizes.values())
        varies = np.ones(width, np.float32)
        varies[:1] = 0
        inputs = width + len(sizes) * _WIDTH
        return NetworkHead(
            varies if masked and width else None,
            _dense(random, width, outputs) if wide and width else None,
            _normal(random, size, outputs) if wide and size else None,
            _normal(random, size, _WIDTH) if size else None,
            (_dense(random, inputs, 5), _dense(random, 5, 4)),
            activation,
            _dense(random, 4, outputs),
        )

    return make


def mlp_head(
    activation: str, members: int, periodic: bool, limits: tuple[float, float] | None
) -> Callable[..., MlpHead]:
    """One hidden layer; the first column of ids is one-hot, the others are embedded."""

    def make(widths: Sizes, sizes: Sizes, outputs: int) -> MlpHead:
        random = np.random.default_rng(3)
        numbers = _mlp_numbers(random, sum(widths.values()), periodic=periodic)
        ids = _mlp_ids(random, sizes)
        encoded = 0
        if numbers is not None:
            encoded += len(numbers.places)
            if numbers.periodic is not None:
                encoded += numbers.periodic.biases.size
        if ids is not None:
            encoded += len(ids.one_hot) + len(ids.embedded) * _WIDTH
        return MlpHead(
            numbers,
            ids,
            1 + _normal(random, encoded, scale=0.1),
            (_dense(random, encoded, 6, members),),
            activation,
            _dense(random, 6, outputs, members),
            limits,
        )

    return make


def _mlp_numbers(random: np.random.Generator, width: int, *, periodic: bool) -> MlpNumbers | None:
    if not width:
        return None
    places = np.arange(width - 1, -1, -1, dtype=np.int32)
    many = np.arange(0, width, 2, dtype=np.int32)
    embedding = None
    if periodic:
        embedding = PeriodicEmbedding(
            _normal(random, len(many), 4, scale=0.1),
            _normal(random, len(many), 4),
            _normal(random, len(many), 4, _WIDTH),
            _normal(random, len(many), _WIDTH),
        )
    medians, factors = _normal(random, width), 1 + _normal(random, width, scale=0.2)
    return MlpNumbers(places, medians, factors, 3.0, many, embedding)


def _mlp_ids(random: np.random.Generator, sizes: Sizes) -> MlpIds | None:
    if not sizes:
        return None
    first, total = next(iter(sizes.values())), sum(sizes.values())
    one_hot = np.array([(0, each) for each in range(first - 1)], np.int32).reshape(-1, 2)
    embedded = np.arange(1, len(sizes), dtype=np.int32)
    rows = np.zeros(total, np.int32)
    rows[first + 1 :] = np.arange(1, total - first)
    table = None
    if len(embedded):
        table = _normal(random, rows.max() + 1, _WIDTH)
        table[0] = 0
    return MlpIds(one_hot, embedded, rows, table)


def trees_head(widths: Sizes, sizes: Sizes, outputs: int) -> TreesHead:
    """Seven trees an output, one of them a single leaf; all fills; ids as numbers and as codes."""
    random = np.random.default_rng(4)
    width, total = sum(widths.values()), sum(sizes.values())
    starts = np.cumsum([0, *sizes.values()])[:-1]
    missing = [0] if width > 1 else []
    ordered = [(0, 0)] if len(sizes) > 1 else []
    categories = list(range(len(ordered), len(sizes)))
    codes = np.zeros(total, np.int32)
    for place in categories:
        size = list(sizes.values())[place]
        codes[starts[place] : starts[place] + size] = random.permutation(size)
    columns = TreeColumns(
        np.arange(width - 1, -1, -1, dtype=np.int32),
        np.array(missing, np.int32),
        np.array(ordered, np.int32).reshape(-1, 2),
        np.array(categories, np.int32),
        codes,
    )
    conditions = _conditions(random, width + len(ordered), len(categories))
    count = len(conditions.number_columns) + len(conditions.code_columns)
    trees = tuple(_tree(random, count, nodes) for nodes in [0, 1, 2, 5, 7, 7, 15] * outputs)
    return TreesHead(columns, conditions, trees, outputs)


def _conditions(random: np.random.Generator, numbers: int, categories: int) -> Conditions:
    some, coded = (9 if numbers else 0), (6 if categories else 0)
    return Conditions(
        random.integers(0, max(1, numbers), some).astype(np.int32),
        random.choice(np.array([-np.inf, np.inf, 0], np.float32), some),
        _normal(random, some, scale=1.0),
        random.integers(0, max(1, categories), coded).astype(np.int32),
        tuple(tuple(sorted({*random.integers(0, 5, 3).tolist()})) for _ in range(coded)),
    )


def _tree(random: np.random.Generator, conditions: int, nodes: int) -> Tree:
    """Grow a tree by replacing random leaves by nodes."""
    right, left = [], []
    ends: list[tuple[int, str]] = []
    for node in range(nodes):
        if ends:
            parent, side = ends.pop(int(random.integers(len(ends))))
            (right if side == "right" else left)[parent] = node
        right.append(-1)
        left.append(-1)
        ends += [(node, "right"), (node, "left")]
    for leaf, (parent, side) in enumerate(ends):
        (right if side == "right" else left)[parent] = -1 - leaf
    return Tree(
        random.integers(0, conditions, nodes).astype(np.int32),
        np.array(right, np.int32),
        np.array(left, np.int32),
        random.normal(0, 0.3, nodes + 1),
    )


def blend_head(widths: Sizes, sizes: Sizes, outputs: int) -> BlendHead:
    """A linear model, a network and trees, and a blend inside it."""
    parts: list[Any] = [linear_head, network_head(True, "relu", False), trees_head]
    members = tuple(make(widths, sizes, outputs) for make in parts)
    networks = (mlp_head("silu", 1, True, None), mlp_head("gelu", 2, False, None))
    inner = BlendHead(tuple(make(widths, sizes, outputs) for make in networks), (0.5, 0.5))
    return BlendHead((*members, inner), (0.4, 0.25, 0.2, 0.15))


HEAD_MAKERS: dict[str, Callable[..., Head]] = {
    "linear": linear_head,
    "dnn": network_head(False, "relu", True),
    "dnn_gelu": network_head(False, "gelu", False),
    "dnn_elu": network_head(False, "elu", False),
    "wide_deep": network_head(True, "tanh", True),
    "wide_deep_silu": network_head(True, "silu", False),
    "mlp": mlp_head("selu", 2, True, (-1.5, 1.25)),
    "mlp_mish": mlp_head("mish", 1, False, None),
    "mlp_relu": mlp_head("relu", 1, True, None),
    "trees": trees_head,
    "blend": blend_head,
}
"""By name: widths, sizes and the number of outputs to a head."""
