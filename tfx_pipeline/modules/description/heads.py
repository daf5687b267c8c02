"""Heads: what makes logits of transformed columns.

Terms:
    numbers: `[batch, width] float32`: the transformed columns of numbers side by side.
    ids: `[batch, columns] int32`: the columns of ids, each moved into one numbering that all share.
    logits: `[batch, outputs] float32`.

All arrays are float32 or int32 where nothing else is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class LinearHead:
    """Piecewise linear functions of numbers, and a weight for each id.

    share = clip((numbers[columns] - lows) / widths, 0, 1); logits = share @ rises +
    sum of weights[ids] + intercept.

    Attributes:
        columns, lows, widths: `[pieces]`; there may be none.
        rises: `[pieces, outputs]`.
        weights: `[all ids, outputs]`.
        intercept: `[outputs]`.
    """

    columns: Array
    lows: Array
    widths: Array
    rises: Array
    weights: Array
    intercept: Array


@dataclass(frozen=True)
class Dense:
    """values @ kernel + bias: `[inputs, units]` and `[units]`; of members, one axis more before."""

    kernel: Array
    bias: Array


@dataclass(frozen=True)
class PeriodicEmbedding:
    """cos(2 pi (x frequencies + phases)) of each column x, then a linear map of its own.

    Attributes:
        frequencies, phases: `[columns, waves]`.
        weights: `[columns, waves, width]`.
        biases: `[columns, width]`.
    """

    frequencies: Array
    phases: Array
    weights: Array
    biases: Array


@dataclass(frozen=True)
class MlpNumbers:
    """Numbers as the mlp encodes them, and beside them the embeddings of those at `many`.

    x = (numbers[places] - medians) * factors is encoded as x / sqrt(1 + (x / farthest)^2).
    """

    places: Array
    medians: Array
    factors: Array
    farthest: float
    many: Array
    periodic: PeriodicEmbedding | None


@dataclass(frozen=True)
class MlpIds:
    """Ids as the mlp encodes them: 1 where a column has an id, then vectors.

    Attributes:
        one_hot: columns of ids, and ids, `[…, 2]`.
        embedded: columns whose id's vector is taken, `[columns]`.
        rows: of each of all ids, its row of `table`.
        table: `[rows, width]`; None where nothing is embedded.
    """

    one_hot: Array
    embedded: Array
    rows: Array
    table: Array | None


@dataclass(frozen=True)
class MlpHead:
    """The family mlp: encoded rows times `factors`, hidden layers, the mean over members.

    Attributes:
        numbers, ids: what is encoded; of both None the encoding has no columns.
        factors: `[encoded]`.
        hidden: kernels `[members, inputs, units]`, which include the layer's scale.
        activation: selu, mish, relu, gelu (of erf) or silu.
        last: as `hidden`, without activation.
        limits: lowest and highest logit; None: there are none.
    """

    numbers: MlpNumbers | None
    ids: MlpIds | None
    factors: Array
    hidden: tuple[Dense, ...]
    activation: str
    last: Dense
    limits: tuple[float, float] | None


@dataclass(frozen=True)
class NetworkHead:
    """The families dnn and wide_deep: numbers times `varies` and embedded ids through layers.

    Attributes:
        varies: `[width]`, 1 or 0; None: all do.
        wide_numbers: None for dnn, or without numbers.
        wide_ids: a weight for each of all ids `[all ids, outputs]`; likewise.
        embeddings: `[all ids, width]`; None without ids.
        hidden: of what `varies` leaves, then the vectors of all columns of ids, side by side.
        activation: as Keras calls it.
        last: adds to the wide part.
    """

    varies: Array | None
    wide_numbers: Dense | None
    wide_ids: Array | None
    embeddings: Array | None
    hidden: tuple[Dense, ...]
    activation: str
    last: Dense


@dataclass(frozen=True)
class TreeColumns:
    """What trees see of a row: see `learners.trees.columns`.

    Numbers: those at `places`, NaN where the number at `missing` (of the first of them) is above
    0.5; then the `ordered` columns of ids, each less where its ids begin. Codes: `codes[id]` of
    the columns of ids at `categories`.

    Attributes:
        places, missing, categories: `[…]`.
        ordered: column and first id, `[…, 2]`.
        codes: of all ids.
    """

    places: Array
    missing: Array
    ordered: Array
    categories: Array
    codes: Array


@dataclass(frozen=True)
class Conditions:
    """What nodes ask; true: the row goes right. Those on numbers come first, then those on codes.

    Attributes:
        number_columns, fills, thresholds: right where the number, or the fill (-inf, inf or 0)
            where it is NaN, is above the threshold, a float32.
        code_columns: right where the code of this column is none of
        left_codes: these.
    """

    number_columns: Array
    fills: Array
    thresholds: Array
    code_columns: Array
    left_codes: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Tree:
    """A tree; node 0 is its root, where there is a node at all.

    Attributes:
        conditions: of each node, `[nodes]`.
        right, left: the node where it goes on, or, below 0, the leaf -1 - this.
        values: of the leaves, `[leaves] float64`.
    """

    conditions: Array
    right: Array
    left: Array
    values: Array


@dataclass(frozen=True)
class TreesHead:
    """Grown trees: an output's logit is the sum of the values of the leaves, in float64.

    Attributes:
        trees: those of the first output, then those of the next, as many each.
        outputs: how many there are.
    """

    columns: TreeColumns
    conditions: Conditions
    trees: tuple[Tree, ...]
    outputs: int


@dataclass(frozen=True)
class BlendHead:
    """The weighted sum of the members' logits."""

    members: tuple[Head, ...]
    weights: tuple[float, ...]


Head: TypeAlias = LinearHead | MlpHead | NetworkHead | TreesHead | BlendHead
