"""A whole document: fields, model, outputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np

from tfx_pipeline.export.pmml.reading.batches import Batch, Compute, Values, cast
from tfx_pipeline.export.pmml.reading.elements import (
    UnknownConstructError,
    attributes,
    children,
    tag,
)
from tfx_pipeline.export.pmml.reading.expressions import EXPRESSIONS, derived_field, expression
from tfx_pipeline.export.pmml.reading.models import MODELS, Model, Result, model
from tfx_pipeline.export.pmml.reading.networks import Neuron
from tfx_pipeline.export.pmml.reading.trees import RegressionTree


class DataField:
    """A column: its data type, and what means missing in it."""

    def __init__(self, element: Element) -> None:
        said = attributes(element, "name", "displayName", "optype", "dataType")
        self.name, self.data_type = said["name"], said["dataType"]
        self.missing: list[Any] = []
        for each in children(element, "Extension", "Interval", "Value"):
            if tag(each) == "Value" and each.get("property") == "missing":
                self.missing.append(each.get("value"))

    def read(self, cells: Values) -> Values:
        """Make values of cells.

        Raises:
            ValueError: they are of another type.
        """
        if self.data_type == "string":
            values = np.array(cells, object)
            if others := [x for x in values if not isinstance(x, str)]:
                received = type(others[0]).__name__
                raise ValueError(f"column {self.name!r} holds texts: received a {received}")
            values[np.isin(values, self.missing)] = None
            return values
        try:
            values = cast(np.asarray(cells, float), self.data_type)
        except (TypeError, ValueError) as error:
            raise ValueError(f"column {self.name!r} holds numbers: {error}") from error
        others = cast(np.array(self.missing, object), self.data_type)
        is_missing = np.isin(values, others[~np.isnan(others)])
        return np.where(is_missing, np.nan, values)


class OutputField:
    """An answer: how it is called, and made of what the model gives."""

    def __init__(self, element: Element) -> None:
        said = attributes(element, "name", "displayName", "optype", "dataType", "feature", "value")
        self.name, self.data_type, self.feature = said["name"], said["dataType"], said["feature"]
        self.answer = said.get("displayName", self.name)
        self._value = said.get("value")
        inside = children(element, *EXPRESSIONS)
        self._compute = expression(inside[0]) if inside else None

    def read(self, batch: Batch, result: Result) -> Values:
        """Give its values."""
        if self.feature == "transformedValue" and self._compute is not None:
            return cast(self._compute(batch, np.arange(batch.rows)), self.data_type)
        if self.feature == "probability":
            return cast(result[self._value], self.data_type)
        if self.feature != "predictedValue":
            raise UnknownConstructError("a feature of an output field", self.feature)
        if self.data_type != "string":
            return cast(result[None], self.data_type)
        classes = np.array(list(result), object)
        return np.asarray(classes[np.stack(list(result.values()), 1).argmax(axis=1)], object)


class Document:
    """A document, ready to answer.

    Attributes:
        columns, outputs: its fields.
    """

    def __init__(self, path: Path) -> None:
        """Read a file.

        Raises:
            ValueError: it is no PMML, or holds what this evaluator does not know.
        """
        root, compiled = _read(path)
        if tag(root) != "PMML":
            raise UnknownConstructError("a document", tag(root), ["PMML"])
        attributes(root, version="4.4")
        _, dictionary, *others = children(
            root, "Header", "DataDictionary", "TransformationDictionary", *MODELS
        )
        *transformations, inner = others
        self._target = inner.find(f"{_PREFIX}MiningSchema/{_PREFIX}MiningField[@usageType]")
        target = self._target.get("name") if self._target is not None else None
        fields = [DataField(each) for each in children(dictionary, "DataField")]
        self.columns = [field for field in fields if field.name != target]
        self._derived: dict[str, Compute] = {}
        self._types = {field.name: field.data_type for field in self.columns}
        for each in transformations:
            for field in children(each, "DerivedField"):
                name, compute = derived_field(field)
                self._derived[name] = compute
                self._types[name] = field.attrib["dataType"]
        output = next(each for each in inner if tag(each) == "Output")
        self.outputs = [OutputField(each) for each in children(output, "OutputField")]
        self._model: Model = model(inner, compiled)

    def answers(self, rows: Mapping[str, Values]) -> dict[str, Values]:
        """Answer rows: the output fields by the names of answers."""
        cells = {field.name: field.read(rows[field.name]) for field in self.columns}
        batch = Batch(cells, self._derived, self._types)
        result = self._model(batch)
        for field in self.outputs:
            batch[field.name] = field.read(batch, result)
        return {field.answer: batch[field.name] for field in self.outputs}


_PREFIX = "{http://www.dmg.org/PMML-4_4}"


def _read(path: Path) -> tuple[Element, dict[Element, Any]]:
    """Read elements; of neurons and trees, of which there are many, only what is made of them."""
    compiled: dict[Element, Any] = {}
    with open(path, "rb") as file:
        if b"<!DOCTYPE" in file.read(4096):
            raise UnknownConstructError("a document", "DOCTYPE")
        file.seek(0)
        try:
            for _, element in ElementTree.iterparse(file):
                make = {"Neuron": Neuron, "TreeModel": RegressionTree}.get(
                    element.tag.removeprefix(_PREFIX)
                )
                if make is not None:
                    compiled[element] = make(element)
                    element.clear()
        except ElementTree.ParseError as error:
            raise ValueError(f"{path} is no XML: {error}") from error
    return element, compiled
