"""Facts as JSON: what is written is read back, and keeps to the schema that ships."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.report.made_facts import made_facts
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.report.facts.values import from_json, json_schema, plain, render_schema, to_json


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_facts_written_and_read_are_the_same_and_keep_to_the_schema(task: str) -> None:
    facts = made_facts(task)
    text = to_json(facts)
    jsonschema.validate(json.loads(text), json_schema())
    assert to_json(from_json(text)) == text
    read = from_json(text)
    assert read.evaluation is not None
    assert facts.evaluation is not None
    assert read.evaluation.metrics == facts.evaluation.metrics
    assert read.risk == facts.risk


def test_schema_that_ships_is_that_of_the_types(repository: Path) -> None:
    shipped = repository / "tfx_pipeline/report/schemas/report.schema.json"
    assert shipped.read_text(encoding="utf-8") == render_schema(), "make schema"


def test_schema_refuses_a_state_that_is_none() -> None:
    values = plain(made_facts())
    values["steps"][0]["state"] = "slept"
    with pytest.raises(jsonschema.ValidationError, match="slept"):
        jsonschema.validate(values, json_schema())


def test_figure_that_is_none_is_null_in_json_and_nan_again() -> None:
    facts = made_facts()
    assert facts.evaluation is not None
    nothing = Interval(math.nan, math.nan, math.inf, "none", 3)
    facts = replace(facts, evaluation=replace(facts.evaluation, metrics={"auc": nothing}))
    text = to_json(facts)
    values = json.loads(text, parse_constant=pytest.fail)
    jsonschema.validate(values, json_schema())
    assert values["evaluation"]["metrics"]["auc"]["high"] is None
    read = from_json(text).evaluation
    assert read is not None
    assert math.isnan(read.metrics["auc"].value)
    assert read.changes == facts.evaluation.changes if facts.evaluation else False


def test_fields_of_a_later_release_are_left_out() -> None:
    values = plain(made_facts())
    values["weather"] = "fair"
    values["run"]["mood"] = "good"
    assert from_json(json.dumps(values)).run.pipeline == "made"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("run",), None),
        (("run", "seconds"), "long"),
        (("run", "status"), "lost"),
        (("steps",), {"id": "Trainer"}),
        (("steps", 0, "seconds"), True),
        (("evaluation", "metrics"), [1, 2]),
        (("data", "rows"), 3),
    ],
)
def test_from_json_of_other_values_says_where(place: tuple[Any, ...], value: Any) -> None:
    values: Any = plain(made_facts())
    inner = values
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    with pytest.raises(ValueError, match=str(place[-1] if place[-1] != 0 else place[0])):
        from_json(json.dumps(values))


def test_from_json_without_what_a_run_always_has_is_refused() -> None:
    values: Any = plain(made_facts())
    del values["run"]["run_id"]
    with pytest.raises(ValueError, match="run_id"):
        from_json(json.dumps(values))
