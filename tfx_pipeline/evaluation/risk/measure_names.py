"""What the check `fairness` measures of a group of rows."""

from __future__ import annotations

from typing import Literal, get_args

MeasureName = Literal[
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "positive_predictive_value",
    "calibration",
    "error",
    "mean_error",
    "mean_absolute_error",
]
ALL_MEASURES: tuple[MeasureName, ...] = get_args(MeasureName)

MEANINGS: dict[MeasureName, str] = {
    "selection_rate": "share of rows with the answer",
    "true_positive_rate": "share with the answer, of rows whose label it is",
    "false_positive_rate": "share with the answer, of rows whose label it is not",
    "positive_predictive_value": "share whose label it is, of rows with the answer",
    "calibration": "mean probability less the share whose label it is",
    "error": "share of rows with a wrong answer",
    "mean_error": "mean of answer less label",
    "mean_absolute_error": "mean distance of answer and label",
}
"""In which *the answer* is the second class, or the class that is named."""
