"""Configuration of the risk check `fairness`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from tfx_pipeline.config.sections.risk.check import RiskCheck
from tfx_pipeline.config.sections.section import ColumnName, OneOrMore
from tfx_pipeline.evaluation.risk.measure_names import MeasureName


class FairnessCheck(RiskCheck):
    """Gaps between groups of rows, such as of people: in answers, errors and calibration."""

    columns: Annotated[tuple[ColumnName, ...], Field(max_length=10), OneOrMore()] = ()
    """Columns of the table that say to which group a row belongs, such as `sex`; they need not be
    features. None: the check is not made."""
    edges: Mapping[ColumnName, tuple[float, ...]] = {}
    """By column of numbers, where one group ends and the next begins, such as
    `age: [25, 45, 65]`. A column of at most ten different numbers has a group each, any other is
    divided at its quartiles."""
    crosses: bool = True
    """Whether the groups of two columns together are compared too, such as old women."""
    min_group_rows: int = Field(default=30, ge=10)
    """Smaller groups are not compared, nor are rates of fewer rows."""
    max_gap: float = Field(default=0.1, gt=0)
    """Largest gap between two groups: of rates and probabilities as it is, of regression in
    standard deviations of the label. A finding is a gap whose whole interval is beyond it."""
    min_ratio: float | None = Field(default=None, gt=0, lt=1)
    """Smallest ratio of two groups' shares of the answer; 0.8 is the four-fifths rule of the
    employment authorities of the United States."""
    measures: Annotated[tuple[MeasureName, ...], OneOrMore(",")] = ()
    """Which may be a finding, such as `[true_positive_rate, error]`; none: all that are measured.
    A gap in `selection_rate` alone may come from the labels themselves."""
    max_proxy_auc: float = Field(default=0.9, gt=0.5, le=1)
    """How well one feature may tell a group from the other rows: the area under the ROC curve. A
    feature beyond that stands in for the column, even where the column is no feature."""

    @model_validator(mode="after")
    def _edges_are_of_columns_and_rise(self) -> FairnessCheck:
        for column, cuts in self.edges.items():
            if column not in self.columns:
                raise ValueError(f"there are edges of `{column}`: add it to risk.fairness.columns")
            if not cuts or any(low >= high for low, high in pairwise(cuts)):
                raise ValueError(f"the edges of `{column}` must be numbers that rise: [25, 45, 65]")
        return self
