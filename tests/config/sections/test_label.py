from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tfx_pipeline.config.sections.label import LabelConfig


def label(**fields: Any) -> LabelConfig:
    return LabelConfig.model_validate({"column": "y", "task": "binary", **fields})


@pytest.mark.parametrize(
    ("weight", "column"), [(None, None), ("balanced", None), ("rows seen", "rows seen")]
)
def test_weight_column_is_the_column_if_it_is_one(weight: Any, column: str | None) -> None:
    assert label(weight=weight).weight_column == column


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"task": "regression", "weight": "balanced"}, "regression has no classes"),
        ({"task": "regression", "decision": "f1"}, "a decision belongs to a binary task"),
        (
            {"task": "multiclass", "classes": ["a", "b", "c"], "decision": {"goal": "accuracy"}},
            "a decision belongs to a binary task",
        ),
        ({"decision": {}}, "give one of goal, min_recall, min_precision and costs"),
        ({"decision": {"goal": "f1", "min_recall": 0.8}}, "give one of goal"),
        ({"decision": {"min_precision": 1.2}}, "less than or equal to 1"),
        ({"decision": {"costs": {"false_positive": 1}}}, "false_negative"),
        ({"decision": "precision"}, "accuracy"),
    ],
)
def test_label_that_cannot_be_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        label(**fields)


def test_decision_a_text_alone_is_its_goal() -> None:
    decision = label(decision="f1").decision
    assert decision is not None and decision.goal == "f1"
