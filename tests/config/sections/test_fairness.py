"""What the section of the check `fairness` refuses."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tfx_pipeline.config.sections.risk.fairness import FairnessCheck


def test_fairness_takes_one_name_for_a_list() -> None:
    check = FairnessCheck.model_validate({"columns": "sex", "measures": "error,calibration"})
    assert check.columns == ("sex",) and check.measures == ("error", "calibration")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"edges": {"age": [25]}}, "add it to risk.fairness.columns"),
        ({"columns": ["age"], "edges": {"age": [45, 25]}}, "numbers that rise"),
        ({"columns": ["age"], "edges": {"age": []}}, "numbers that rise"),
        ({"columns": ["a\nb"]}, "any text in one line"),
        ({"columns": list("abcdefghijk")}, "at most 10"),
        ({"measures": ["tpr"]}, "true_positive_rate"),
        ({"max_gap": 0}, "greater than 0"),
    ],
)
def test_fairness_refuses_what_means_nothing(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        FairnessCheck.model_validate(settings)
