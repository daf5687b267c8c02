"""A neural network of PMML: inputs, and layers of neurons that may read any earlier one.

https://dmg.org/pmml/v4-4-1/NeuralNetwork.html knows few activation functions and no product of two
neurons; the others are made of those:
    clip(x, a, b) = a + relu(x - a) - relu(x - b)
    selu, elu     = p relu(x) + n (exp(-relu(-x)) - 1)
    x g           = ((x + g)^2 - (x - g)^2) / 4, for silu, gelu and mish, g from -1 to 1
    mish          : g = tanh(log(1 + exp x)) = 1 - 2 / ((1 + exp x)^2 + 1)
    gelu          : g = 1/2 + x / sqrt(2 pi) times the integral of exp(-(x u)^2 / 2) over u from 0
                    to 1, by 12 points of Gauss and Legendre, right to 1e-9 up to |x| = 6.5, from
                    where on g stays as it is
In float64 that costs less than a float32 can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import Problem
from tfx_pipeline.export.errors import NotExportableError
from tfx_pipeline.export.pmml.writing.expressions import ref
from tfx_pipeline.export.pmml.writing.fields import Fields
from tfx_pipeline.export.pmml.writing.xml import element, number, numbers

Link = tuple[str, float]
"""The id of a neuron or an input, and a weight."""

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805
_FAR = 40.0  # where silu and mish are 0, or x, to the last digit of a float64
_GAUSS_POINTS, _GAUSS_FAR = 12, 6.5
_NATIVE = {"relu": "rectifier", "tanh": "tanh", "linear": "identity"}


class Neurons:
    """The inputs and layers of a network.

    Attributes:
        inputs, layers: XML, in their order.
        fields: that are read.
    """

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self.inputs: list[str] = []
        self.layers: list[str] = []
        self.fields: dict[str, None] = {}
        self._known: dict[str, str] = {}
        self._count = 0

    def input(self, field: str, expression: str) -> str:
        """Read an expression of a field; return the id."""
        self.fields[field] = None
        if expression not in self._known:
            self._known[expression] = self._id()
            derived = element("DerivedField", expression, optype="continuous", dataType="double")
            self.inputs.append(element("NeuralInput", derived, id=self._known[expression]) + "\n")
        return self._known[expression]

    def softmax(self, ids: Sequence[str]) -> list[str]:
        """Add the softmax of neurons, less the largest: one evaluator's overflows by itself."""
        largest = [ids[0]]
        for each in ids[1:]:
            more = self.layer("rectifier", [(0.0, [(each, 1.0), (largest[0], -1.0)])])
            largest = self.added((largest, 1.0), (more, 1.0))
        rest = [(0.0, [(each, 1.0), (largest[0], -1.0)]) for each in ids]
        return self.layer("identity", rest, "softmax")

    def layer(
        self,
        activation: str,
        neurons: Iterable[tuple[float, Sequence[Link]]],
        normalization: str | None = None,
    ) -> list[str]:
        """Add neurons, each of a bias and its links; return their ids."""
        content = []
        ids = []
        for bias, links in neurons:
            ids.append(self._id())
            links = links or [(self._nothing(), 0.0)]
            cons = "".join(f'<Con from="{each}" weight="{number(w)}"/>' for each, w in links)
            content.append(f'<Neuron id="{ids[-1]}" bias="{number(bias)}">{cons}</Neuron>\n')
        self._add(activation, content, normalization)
        return ids

    def dense(
        self,
        activation: str,
        sources: Sequence[Sequence[str]],
        kernels: Sequence[NDArray[Any]],
        biases: Sequence[NDArray[Any]],
    ) -> list[list[str]]:
        """Add blocks side by side, each of all its sources times `[sources, units]`."""
        content: list[str] = []
        ids = []
        for block, kernel, bias in zip(sources, kernels, biases, strict=True):
            if not block:
                block, kernel = [self._nothing()], np.zeros((1, kernel.shape[1]), np.float32)
            ids.append([self._id() for _ in range(kernel.shape[1])])
            starts = [f'<Con from="{each}" weight="' for each in block]
            for name, at_0, column in zip(ids[-1], numbers(bias), kernel.T, strict=True):
                weights = numbers(column)
                cons = "".join([f'{a}{b}"/>' for a, b in zip(starts, weights, strict=True)])
                content.append(f'<Neuron id="{name}" bias="{at_0}">{cons}</Neuron>\n')
        self._add(activation, content)
        return ids

    def activated(
        self,
        activation: str,
        sources: Sequence[Sequence[str]],
        kernels: Sequence[NDArray[Any]],
        biases: Sequence[NDArray[Any]],
    ) -> list[list[str]]:
        """Add blocks with an activation as Keras calls it.

        Raises:
            NotExportableError: it cannot be made.
        """
        if activation in _NATIVE:
            return self.dense(_NATIVE[activation], sources, kernels, biases)
        if activation not in _MADE:
            raise _unknown(activation)
        blocks = self.dense("identity", sources, kernels, biases)
        flat = _MADE[activation](self, [each for block in blocks for each in block])
        ends = np.cumsum([len(block) for block in blocks])[:-1]
        return [part.tolist() for part in np.split(np.array(flat, object), ends)]

    def mapped(
        self, activation: str, ids: Sequence[str], weight: float = 1.0, bias: float = 0.0
    ) -> list[str]:
        """Add activation(weight x + bias) of each neuron x."""
        return self.layer(activation, ((bias, [(each, weight)]) for each in ids))

    def added(self, *terms: tuple[Sequence[str], float], bias: float = 0.0) -> list[str]:
        """Add sums of neurons one by one, each row of ids times its weight."""
        weights = [weight for _, weight in terms]
        rows = zip(*(ids for ids, _ in terms), strict=True)
        return self.layer(
            "identity", ((bias, list(zip(row, weights, strict=True))) for row in rows)
        )

    def clipped(self, ids: Sequence[str], low: float, high: float) -> list[str]:
        """Keep neurons between two numbers."""
        above_low = self.mapped("rectifier", ids, bias=-low)
        above_high = self.mapped("rectifier", ids, bias=-high)
        return self.added((above_low, 1.0), (above_high, -1.0), bias=low)

    def times(self, one: Sequence[str], other: Sequence[str]) -> list[str]:
        """Multiply neurons one by one."""
        pairs = list(zip(one, other, strict=True))
        plus = self.layer("square", ((0.0, [(a, 1.0), (b, 1.0)]) for a, b in pairs))
        minus = self.layer("square", ((0.0, [(a, 1.0), (b, -1.0)]) for a, b in pairs))
        return self.added((plus, 0.25), (minus, -0.25))

    def _nothing(self) -> str:
        """Read what is always 0: a neuron has a link, also where there is nothing to read."""
        zero = self._fields.zero()
        return self.input(zero, ref(zero))

    def _add(self, activation: str, content: list[str], normalization: str | None = None) -> None:
        self.layers.append(
            element(
                "NeuralLayer",
                "\n",
                *content,
                activationFunction=activation,
                normalizationMethod=normalization,
            )
            + "\n"
        )

    def _id(self) -> str:
        self._count += 1
        return np.base_repr(self._count, 36).lower()


def _elu(neurons: Neurons, ids: Sequence[str], alpha: float = 1.0, scale: float = 1.0) -> list[str]:
    positive = neurons.mapped("rectifier", ids)
    negative = neurons.mapped("rectifier", ids, weight=-1.0)
    powers = neurons.mapped("exponential", negative, weight=-1.0)
    return neurons.added((positive, scale), (powers, scale * alpha), bias=-scale * alpha)


def _selu(neurons: Neurons, ids: Sequence[str]) -> list[str]:
    return _elu(neurons, ids, _SELU_ALPHA, _SELU_SCALE)


def _not_below(neurons: Neurons, ids: Sequence[str]) -> list[str]:
    """Give neurons, but -40 for what is less."""
    above = neurons.mapped("rectifier", ids, bias=_FAR)
    return neurons.mapped("identity", above, bias=-_FAR)


def _silu(neurons: Neurons, ids: Sequence[str]) -> list[str]:
    return neurons.times(_not_below(neurons, ids), neurons.mapped("logistic", ids))


def _mish(neurons: Neurons, ids: Sequence[str]) -> list[str]:
    below = neurons.mapped("rectifier", ids, weight=-1.0, bias=_FAR)
    powers = neurons.mapped("exponential", below, weight=-1.0, bias=_FAR)
    squares = neurons.mapped("square", powers, bias=1.0)
    shares = neurons.mapped("reciprocal", squares, bias=1.0)
    gates = neurons.mapped("identity", shares, weight=-2.0, bias=1.0)
    return neurons.times(_not_below(neurons, ids), gates)


def _gelu(neurons: Neurons, ids: Sequence[str]) -> list[str]:
    rule: Callable[[int], Any] = np.polynomial.legendre.leggauss
    points, shares = rule(_GAUSS_POINTS)
    near = neurons.clipped(ids, -_GAUSS_FAR, _GAUSS_FAR)
    powers = [neurons.mapped("Gauss", near, weight=float((1 + point) / 8**0.5)) for point in points]
    # The points are of an interval twice as long.
    scales = (float(share) / (8 * np.pi) ** 0.5 for share in shares)
    heights = neurons.added(*zip(powers, scales, strict=True))
    gates = neurons.mapped("identity", neurons.times(near, heights), bias=0.5)
    return neurons.times(_not_below(neurons, ids), gates)


_MADE = {"elu": _elu, "selu": _selu, "gelu": _gelu, "silu": _silu, "mish": _mish}


def _unknown(activation: str) -> NotExportableError:
    return NotExportableError(
        [
            Problem(
                what="PMML's networks do not have this activation function",
                place="model.activation, or model.mlp.activation",
                received=activation,
                allowed=", ".join(sorted([*_NATIVE, *_MADE])),
                next_step="set another one and train again, or export to another format",
            )
        ]
    )
