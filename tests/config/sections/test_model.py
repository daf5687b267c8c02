from __future__ import annotations

import pytest
from pydantic import ValidationError

from tfx_pipeline.config.sections.budget import budget_seconds
from tfx_pipeline.config.sections.model import ModelConfig


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), ("1.5h", 5400), (" 2 m ", 120)]
)
def test_budget_is_a_number_and_a_unit(text, seconds) -> None:
    budget = ModelConfig(budget=text).budget
    assert budget is not None
    assert budget_seconds(budget) == seconds


@pytest.mark.parametrize("text", ["10", "m", "0s", "-1m", "8d", "200h", "10 minutes"])
def test_budget_of_another_form_is_refused(text) -> None:
    with pytest.raises(ValidationError, match="a time with its unit"):
        ModelConfig(budget=text)


def test_budget_for_a_linear_model_is_refused() -> None:
    with pytest.raises(ValidationError, match="chooses its strength by itself"):
        ModelConfig(family="linear", budget="10m")
    with pytest.raises(ValidationError, match="chooses its strength by itself"):
        ModelConfig(family="auto", auto={"candidates": ["linear"]}, budget="10m")
    assert ModelConfig(family="auto", budget="10m").budget == "10m"
