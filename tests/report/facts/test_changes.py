"""What differs from the last blessed run."""

from __future__ import annotations

from typing import Any

from tfx_pipeline.report.facts.changes import changes_between, last_blessed
from tfx_pipeline.report.facts.run_facts import Difference

BEFORE: dict[str, Any] = {
    "run_id": "one",
    "status": "pushed",
    "config": {"model": {"epochs": 3, "family": "dnn"}, "name": "made"},
    "data": {"digest": "a" * 64, "place": "data/made"},
    "rows": {"read": 10, "train": 7},
    "lineage": [{"id": "Trainer", "code": "old", "inputs": {}, "outputs": {}}],
    "surroundings": {"python": "3.10", "platform": "Linux", "libraries": {"tfx": "1.16.0"}},
    "artifacts": {"Trainer.model": "/models/1"},
}


def test_run_that_is_the_same_has_no_changes() -> None:
    changes = changes_between(BEFORE, {**BEFORE, "run_id": "two"})
    assert changes.run_id == "one"
    assert not (changes.config or changes.data or changes.code or changes.libraries)


def test_each_difference_is_named_with_both_values() -> None:
    now = {
        **BEFORE,
        "config": {"model": {"epochs": 6, "seed": 1}, "name": "made"},
        "data": {"digest": "b" * 64, "place": "data/made"},
        "rows": {"read": 1200, "train": 7},
        "lineage": [{"id": "Trainer", "code": "new", "inputs": {}, "outputs": {}}],
        "surroundings": {
            "python": "3.13",
            "platform": "Linux",
            "libraries": {"tfx": "1.16.0", "numpy": "2.2.0"},
        },
    }
    changes = changes_between(BEFORE, now)
    assert changes.config == (
        Difference("model.epochs", "3", "6"),
        Difference("model.family", "dnn", "–"),
        Difference("model.seed", "–", "1"),
    )
    assert changes.data == (
        Difference("digest", "a" * 16, "b" * 16),
        Difference("rows: read", "10", "1,200"),
    )
    assert changes.code == (Difference("Trainer", "old", "new"),)
    assert changes.libraries == (
        Difference("Python", "3.10", "3.13"),
        Difference("numpy", "–", "2.2.0"),
    )


def test_run_of_an_older_release_is_compared_as_far_as_it_is_known() -> None:
    changes = changes_between({"run_id": "old", "status": "pushed"}, BEFORE)
    assert "older release" in changes.note
    assert not changes.config


def test_last_blessed_is_the_run_that_made_the_model_compared_with() -> None:
    made = {**BEFORE, "run_id": "made"}
    same = {**BEFORE, "run_id": "same model again"}
    other = {**BEFORE, "run_id": "other", "artifacts": {"Trainer.model": "/models/2"}}
    refused = {**BEFORE, "run_id": "refused", "status": "refused"}
    now = {"artifacts": {"latest_blessed_model_resolver.model": "/models/1"}}
    assert last_blessed(now, [refused, other, same, made]) is made
    assert last_blessed({}, [refused, other, made]) is other
    assert last_blessed(now, [refused]) is None
