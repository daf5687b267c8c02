"""Heads as regressions: pieces of numbers, weights of ids, and what other models gave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.pmml.writing.expressions import apply, clipped, ref
from tfx_pipeline.export.pmml.writing.fields import Fields
from tfx_pipeline.export.pmml.writing.xml import element, number
from tfx_pipeline.modules.description.heads import LinearHead

Floats: TypeAlias = NDArray[np.float64]


class Regression:
    """A linear function of fields for each output.

    Attributes:
        intercepts: `[outputs]`.
        slopes: by field, `[outputs]`.
        steps: by field of ids and id, `[outputs]`.
    """

    def __init__(self, outputs: int) -> None:
        self.intercepts: Floats = np.zeros(outputs)
        self.slopes: dict[str, Floats] = {}
        self.steps: dict[tuple[str, int], Floats] = {}

    @property
    def fields(self) -> Mapping[str, None]:
        """The fields that are read."""
        return dict.fromkeys([*self.slopes, *(field for field, _ in self.steps)])

    def add_slope(self, field: str, slope: Floats) -> None:
        """Add a field times a number for each output."""
        self.slopes[field] = self.slopes.get(field, 0) + slope

    def add_linear(self, fields: Fields, head: LinearHead, weight: float) -> None:
        """Add a head's logits times `weight`."""
        self.intercepts = self.intercepts + weight * head.intercept.astype(float)
        for field, rise in zip(shares(fields, head), head.rises.astype(float), strict=True):
            self.add_slope(field, weight * rise)
        for column in fields.id_columns:
            steps = weight * head.weights[fields.ids_of(column)].astype(float)
            # The last id is that of the unknown ones, where there are such; it needs no step.
            self.intercepts = self.intercepts + steps[-1]
            for id_, step in enumerate(steps - steps[-1]):
                if step.any():
                    key = fields.id(column), id_
                    self.steps[key] = self.steps.get(key, 0) + step

    def tables(self, order: Mapping[str | None, int | None]) -> list[str]:
        """Write a table for each target category, of the output it stands for; None: 0."""
        return [
            element("RegressionTable", intercept="0", targetCategory=category)
            if output is None
            else self._table(category, output)
            for category, output in order.items()
        ]

    def _table(self, category: str | None, output: int) -> str:
        predictors = [
            element("NumericPredictor", name=field, coefficient=number(slope[output])) + "\n"
            for field, slope in self.slopes.items()
        ]
        predictors += [
            element("CategoricalPredictor", name=field, value=id_, coefficient=number(step[output]))
            + "\n"
            for (field, id_), step in self.steps.items()
        ]
        intercept = number(self.intercepts[output])
        return element(
            "RegressionTable", "\n", *predictors, intercept=intercept, targetCategory=category
        )


def shares(fields: Fields, head: LinearHead) -> list[str]:
    """Write how much of each piece is below a number: fields, 0 to 1."""
    names = []
    pieces = zip(head.columns.tolist(), head.lows, head.widths, strict=True)
    for piece, (place, low, width) in enumerate(pieces):
        source = fields.number(place) or fields.zero()
        share = apply("/", apply("-", ref(source), float(low)), float(width))
        key = ("share", place, float(low), float(width))
        name = f"{source} (piece {piece})"
        names.append(
            fields.field(key, lambda: fields.derived(name, clipped(share, 0.0, 1.0)))  # noqa: B023
        )
    return names


def encoded_number(
    fields: Fields, place: int, median: float, factor: float, farthest: float
) -> str:
    """Write (x - median) factor, bent so that it stays within `farthest`."""

    def write() -> str:
        source = fields.number(place) or fields.zero()
        centred = apply("*", apply("-", ref(source), median), factor)
        x = ref(fields.derived(f"{source} (centred)", centred))
        share = apply("/", x, farthest)
        bend = apply("sqrt", apply("+", 1.0, apply("*", share, share)))
        return fields.derived(f"{source} (bent)", apply("/", x, bend))

    return fields.field(("bent", place, median, factor, farthest), write)
