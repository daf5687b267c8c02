"""Models: regressions, and chains and sums of others.

https://dmg.org/pmml/v4-4-1/Regression.html and …/MultipleModels.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.pmml.reading.batches import Batch
from tfx_pipeline.export.pmml.reading.elements import (
    UnknownConstructError,
    attributes,
    children,
    tag,
)
from tfx_pipeline.export.pmml.reading.networks import Network

Floats: TypeAlias = NDArray[np.float64]
Result: TypeAlias = dict[str | None, Floats]
"""The number, by None, or the probability of each class."""
Model = Callable[[Batch], Result]

SURROUNDINGS = ("MiningSchema", "Output", "ModelVerification")
"""What a model has beside what it computes by."""


def model(element: Element, compiled: dict[Element, Any]) -> Model:
    """Read a model; `compiled` are elements that have been read and emptied already.

    Raises:
        UnknownConstructError: it is none that is known.
    """
    if tag(element) not in MODELS:
        raise UnknownConstructError("a model", tag(element), MODELS)
    return MODELS[tag(element)](element, compiled)


def parts(element: Element, *known: str) -> list[Element]:
    """Give what a model computes by."""
    found = children(element, *SURROUNDINGS, *known)
    return [each for each in found if tag(each) not in SURROUNDINGS]


def _regression(element: Element, compiled: dict[Element, Any]) -> Model:
    said = attributes(element, "functionName", "normalizationMethod")
    method = said.get("normalizationMethod")
    if method not in (None, "logit", "softmax"):
        raise UnknownConstructError("a normalization", str(method), ["logit", "softmax"])
    tables = {
        each.get("targetCategory"): _table(each) for each in parts(element, "RegressionTable")
    }

    def compute(batch: Batch) -> Result:
        sums = {name: table(batch) for name, table in tables.items()}
        if method is None:
            return dict(sums)
        if method == "logit":
            second, first = sums
            power = np.exp(-np.abs(sums[second]))
            share = np.where(sums[second] < 0, power, 1.0) / (1 + power)
            return {second: share, first: 1 - share}
        matrix = np.stack(list(sums.values()), 1)
        powers = np.exp(matrix - matrix.max(axis=1, keepdims=True, initial=-np.inf))
        shares = powers / powers.sum(axis=1, keepdims=True)
        return dict(zip(sums, shares.T, strict=True))

    return compute


def _table(element: Element) -> Callable[[Batch], Floats]:
    intercept = float(attributes(element, "intercept", "targetCategory")["intercept"])
    numbers, steps = list[tuple[str, float]](), list[tuple[str, float, float]]()
    for each in children(element, "NumericPredictor", "CategoricalPredictor"):
        said = attributes(each, "name", "value", "coefficient")
        if tag(each) == "NumericPredictor":
            numbers.append((said["name"], float(said["coefficient"])))
        else:
            steps.append((said["name"], float(said["value"]), float(said["coefficient"])))

    def compute(batch: Batch) -> Floats:
        total = np.full(batch.rows, intercept)
        for name, coefficient in numbers:
            total = total + coefficient * batch[name]
        for name, value, coefficient in steps:
            total += np.where(batch[name] == value, coefficient, 0.0)
        if np.isnan(total).any():
            raise ValueError("a regression is given a missing value")
        return total

    return compute


def _network(element: Element, compiled: dict[Element, Any]) -> Model:
    known = ("NeuralInputs", "NeuralLayer", "NeuralOutputs")
    return Network(element, parts(element, *known), compiled)


def _mining(element: Element, compiled: dict[Element, Any]) -> Model:
    attributes(element, "functionName")
    (segmentation,) = parts(element, "Segmentation")
    method = attributes(segmentation, "multipleModelMethod")["multipleModelMethod"]
    segments = [_segment(each, compiled) for each in children(segmentation, "Segment")]
    if method == "sum":
        return lambda batch: {None: _added(batch, [member for _, member in segments])}
    if method != "modelChain":
        raise UnknownConstructError("a method of models", method, ["sum", "modelChain"])

    def compute(batch: Batch) -> Result:
        result: Result = {}
        for names, member in segments:
            result = member(batch)
            for name in names:
                batch[name] = result[None]
        return result

    return compute


def _added(batch: Batch, members: list[Model]) -> Floats:
    total = np.zeros(batch.rows)
    for member in members:
        total += member(batch)[None]
    return total


def _segment(element: Element, compiled: dict[Element, Any]) -> tuple[list[str], Model]:
    """Read a segment that takes part always; also return what later ones call its number."""
    attributes(element, "id")
    condition, inner = element
    if tag(condition) != "True":
        raise UnknownConstructError("a predicate of a segment", tag(condition), ["True"])
    output = next((each for each in inner if tag(each) == "Output"), None)
    names = []
    for each in children(output, "OutputField") if output is not None else []:
        said = attributes(
            each,
            "name",
            "optype",
            dataType="double",
            feature="predictedValue",
            isFinalResult="false",
        )
        names.append(said["name"])
    return names, model(inner, compiled)


def _tree(element: Element, compiled: dict[Element, Any]) -> Model:
    tree = compiled[element]
    return lambda batch: {None: tree(batch)}


MODELS: dict[str, Callable[[Element, dict[Element, Any]], Model]] = {
    "RegressionModel": _regression,
    "NeuralNetwork": _network,
    "MiningModel": _mining,
    "TreeModel": _tree,
}
"""By name of the element, what reads it."""
