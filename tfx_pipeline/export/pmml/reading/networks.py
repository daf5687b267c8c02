"""Neural networks of PMML.

https://dmg.org/pmml/v4-4-1/NeuralNetwork.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.pmml.reading.batches import Batch, Compute
from tfx_pipeline.export.pmml.reading.elements import (
    UnknownConstructError,
    attributes,
    children,
    only,
)
from tfx_pipeline.export.pmml.reading.expressions import derived_field

Floats: TypeAlias = NDArray[np.float64]

ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "identity": lambda x: x,
    "rectifier": lambda x: np.maximum(x, 0.0),
    "tanh": np.tanh,
    "logistic": lambda x: 1 / (1 + np.exp(-np.maximum(x, -700.0))),
    "exponential": np.exp,
    "square": np.square,
    "reciprocal": lambda x: 1 / x,
    "cosine": np.cos,
    "Gauss": lambda x: np.exp(-np.square(x)),
}


class Neuron:
    """A neuron: its bias, and where it reads what times which weight."""

    def __init__(self, element: Element) -> None:
        said = attributes(element, "id", "bias")
        links = [attributes(link, "from", "weight") for link in children(element, "Con")]
        self.id, self.bias = said["id"], float(said["bias"])
        self.sources = tuple(link["from"] for link in links)
        self.weights = np.array([link["weight"] for link in links]).astype(float)


class Layer:
    """A layer, whose neurons that read the same are one product of matrices."""

    def __init__(self, element: Element, neurons: Sequence[Neuron], places: dict[str, int]) -> None:
        """Take neurons; `places` of all that stand before it gets those of these."""
        said = attributes(element, "activationFunction", "normalizationMethod")
        name = said["activationFunction"]
        if name not in ACTIVATIONS:
            raise UnknownConstructError("an activation function", name, ACTIVATIONS)
        self._activation = ACTIVATIONS[name]
        self.is_softmax = said.get("normalizationMethod") == "softmax"
        if said.get("normalizationMethod", "softmax") != "softmax":
            raise UnknownConstructError("a normalization", said["normalizationMethod"])
        self._bias = np.array([neuron.bias for neuron in neurons])
        groups: dict[tuple[str, ...], list[int]] = {}
        for place, neuron in enumerate(neurons):
            groups.setdefault(neuron.sources, []).append(place)
        self._blocks = [
            (
                np.array([places[source] for source in sources]),
                np.array(members),
                np.stack([neurons[member].weights for member in members], 1),
            )
            for sources, members in groups.items()
        ]
        for neuron in neurons:
            places[neuron.id] = len(places)

    def __call__(self, values: Floats) -> Floats:
        """Compute `[rows, neurons]` of all values before it, `[rows, …]`."""
        sums = np.zeros((len(values), len(self._bias)))
        for sources, members, weights in self._blocks:
            sums[:, members] = values[:, sources] @ weights
        values = self._activation(sums + self._bias)
        if not self.is_softmax:
            return values
        powers = np.exp(values - values.max(axis=1, keepdims=True, initial=-np.inf))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


class Network:
    """A `NeuralNetwork`, read from its elements, of which each `Neuron` is read already."""

    def __init__(self, element: Element, parts: Sequence[Element], compiled: dict[Element, Any]):
        attributes(element, "functionName", activationFunction="identity")
        inputs, *layers, outputs = parts
        self._places: dict[str, int] = {}
        self._inputs: list[Compute] = []
        for each in children(inputs, "NeuralInput"):
            self._inputs.append(derived_field(only(each, "DerivedField"))[1])
            self._places[attributes(each, "id")["id"]] = len(self._places)
        self._layers = []
        for layer in layers:
            neurons = [compiled[each] for each in children(layer, "Neuron")]
            self._layers.append(Layer(layer, neurons, self._places))
        self._outputs = dict(map(self._output, children(outputs, "NeuralOutput")))

    def __call__(self, batch: Batch) -> dict[str | None, Floats]:
        """Give the number, by None, or the probability of each class."""
        everyone = np.arange(batch.rows)
        values = np.stack([each(batch, everyone) for each in self._inputs], 1)
        if np.isnan(values).any():
            raise ValueError("a neural network is given a missing value")
        for layer in self._layers:
            values = np.concatenate([values, layer(values)], 1)
        return {name: values[:, place] for name, place in self._outputs.items()}

    def _output(self, element: Element) -> tuple[str | None, int]:
        field = only(element, "DerivedField")
        attributes(field, "optype", "dataType")
        said = only(field, "NormDiscrete", "FieldRef")
        category = said.get("value")
        return category, self._places[attributes(element, "outputNeuron")["outputNeuron"]]
