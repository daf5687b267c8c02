"""What came of a step, written and read."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from tfx_pipeline.errors import Problem
from tfx_pipeline.runners.steps.step_outcome import Attempt, StepOutcome, outcome_place

BEGAN = datetime(2026, 11, 29, 12, 0, 0, 250_000, tzinfo=timezone.utc)
REFUSED = StepOutcome(
    node_id="Pusher",
    run_id="11111111-2222",
    state="refused",
    attempts=(
        Attempt("taxi-1", BEGAN, None, None, None, 4 << 30),
        Attempt("taxi-2", BEGAN, BEGAN, 3, 1 << 30, 4 << 30),
    ),
    title="nothing was pushed",
    problems=(Problem("auc is 0.71", "evaluation.metrics.auc", "0.71", ">= 0.8", "look at it"),),
    facts="ö",
    command="tfx-pipeline node --node-id Pusher",
    max_attempts=3,
)


def test_outcome_is_read_as_it_was_written() -> None:
    assert StepOutcome.from_json(REFUSED.to_json()) == REFUSED


def test_outcome_of_a_newer_release_is_read_without_what_is_not_known() -> None:
    values = json.loads(REFUSED.to_json())
    values["weather"] = values["attempts"][0]["weather"] = values["problems"][0]["weather"] = "fine"
    assert StepOutcome.from_json(json.dumps(values)) == REFUSED


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"attempts": 1, "problems": []}'])
def test_outcome_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not what came of a step|Expecting value"):
        StepOutcome.from_json(text)


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        (None, "state", "odd"),
        (None, "state", ["done"]),
        (None, "max_attempts", "3"),
        (None, "title", None),
        ("attempts", "began", "2026-01-01T00:00:00"),
        ("attempts", "ended", 0.5),
        ("attempts", "pod", None),
        ("attempts", "exit_status", "1"),
        ("problems", "what", 3),
        ("problems", "next_step", ["look"]),
    ],
)
def test_outcome_with_a_value_of_another_kind_is_refused(
    part: str | None, field: str, value: object
) -> None:
    values = json.loads(REFUSED.to_json())
    (values[part][0] if part else values)[field] = value
    with pytest.raises(ValueError, match=r"not what came of a step|Invalid isoformat"):
        StepOutcome.from_json(json.dumps(values))


def test_outcome_place_is_beside_the_artifacts() -> None:
    assert outcome_place("s3://b/taxi", "r-1", "Trainer") == "s3://b/taxi/runs/r-1/Trainer.json"
    assert outcome_place("/mnt/p/taxi", "r-1", "Trainer") == "/mnt/p/taxi/runs/r-1/Trainer.json"
