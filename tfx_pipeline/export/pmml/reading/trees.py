"""Trees: https://dmg.org/pmml/v4-4-1/TreeModel.html, of two children a node, the second `True`."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.pmml.reading.batches import Batch
from tfx_pipeline.export.pmml.reading.elements import (
    UnknownConstructError,
    attributes,
    children,
    only,
    tag,
)

_SETTINGS = {
    "functionName": "regression",
    "missingValueStrategy": "none",
    "splitCharacteristic": "binarySplit",
}


class RegressionTree:
    """A tree of numbers."""

    def __init__(self, element: Element) -> None:
        attributes(element, **_SETTINGS)
        _, root = children(element, "MiningSchema", "Node")
        self._questions: list[tuple[str, str, NDArray[np.float64]]] = []
        self._children: list[tuple[int, int]] = []
        self._scores: list[float] = []
        self._read(root)

    def __call__(self, batch: Batch) -> NDArray[np.float64]:
        """Give the score of the leaf that each row falls into."""
        scores = np.zeros(batch.rows)
        pending = [(0, np.arange(batch.rows))]
        while pending:
            node, rows = pending.pop()
            first, second = self._children[node]
            if first == 0:
                scores[rows] = self._scores[node]
            elif len(rows):
                is_first = _asked(self._questions[node], batch, rows)
                pending += [(first, rows[is_first]), (second, rows[~is_first])]
        return scores

    def _read(self, root: Element) -> None:
        """Read nodes, each behind the one that it hangs on."""
        open_ = [(root, 0, 0)]
        while open_:
            element, parent, side = open_.pop()
            place = len(self._scores)
            score = attributes(element, "score").get("score")
            _, *below = children(element, "True", "SimplePredicate", "SimpleSetPredicate", "Node")
            self._scores.append(float(score or 0.0))
            self._children.append((0, 0))
            self._questions.append(("", "", np.zeros(0)))
            if place:
                pair = list(self._children[parent])
                pair[side] = place
                self._children[parent] = pair[0], pair[1]
            if score is not None:
                continue
            first, second = below
            if tag(second[0]) != "True":
                raise UnknownConstructError("a second child's predicate", tag(second[0]), ["True"])
            self._questions[place] = _question(first[0])
            open_ += [(second, place, 1), (first, place, 0)]


def _question(element: Element) -> tuple[str, str, NDArray[np.float64]]:
    """Read a predicate: a field, an operator, and what it is compared with."""
    if tag(element) == "SimplePredicate":
        said = attributes(element, "field", "operator", "value")
        if said["operator"] not in ("greaterThan", "lessOrEqual"):
            raise UnknownConstructError("an operator", said["operator"])
        return said["field"], said["operator"], np.array([float(said["value"])])
    if tag(element) != "SimpleSetPredicate":
        raise UnknownConstructError("a predicate", tag(element))
    field = attributes(element, "field", booleanOperator="isIn")["field"]
    array = only(element, "Array")
    attributes(array, "n", type="int")
    return field, "isIn", np.array([float(x) for x in (array.text or "").split()])


def _asked(
    question: tuple[str, str, NDArray[np.float64]], batch: Batch, rows: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Tell of which rows a predicate is true; of none whose value is missing."""
    field, operator, others = question
    values = batch[field][rows]
    if operator == "isIn":
        return np.isin(values, others)
    if batch.types[field] == "float":
        others = others.astype(np.float32).astype(float)
    return values > others[0] if operator == "greaterThan" else values <= others[0]
