"""`tfx-pipeline explain`: the page of each step, and what is known of its last runs."""

from __future__ import annotations

import json

import pytest

from tests.commands.conftest import CommandLine, ServedProject
from tests.commands.test_runs import add_run
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.pipeline.step_code import STEPS
from tfx_pipeline.pipeline.step_order import RESOLVERS
from tfx_pipeline.pipeline.step_pages import STEP_PAGES


def test_step_pages_has_each_step_and_only_real_settings() -> None:
    assert STEP_PAGES.keys() == {*STEPS, *RESOLVERS} | {"InfraValidator", "VertexPusher"}
    values = {
        "name": "x",
        "data": {"path": "x.csv"},
        "label": {"column": "y", "task": "binary"},
        "features": {"a": {"kind": "numeric"}},
    }
    known = PipelineConfig.model_validate(values).model_dump()
    for page in STEP_PAGES.values():
        for key in page.settings:
            value = known
            for part in key.split("."):
                assert part in value, key
                value = value[part]


def test_explain_shows_settings_with_their_place_and_the_last_runs(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    steps = [{"id": "Trainer", "state": "ran", "seconds": 3.0, "reason": "ran: first time"}]
    add_run(project, "one", 1e9, steps=steps, artifacts={"Trainer.model": "/x/Trainer/model/7"})
    status, out, _ = tfx_pipeline("explain", "trainer")
    assert status == 0
    assert out.startswith("Trainer, step 9 of 14 of taxi\n")
    assert "  model:  # " in out and "configs/taxi.yaml:" in out
    assert "    family: wide_deep\n" in out
    assert "  takes     about 3.0 s\n" in out
    assert "  run       one: ran, 3.0 s; ran: first time\n" in out
    assert "  model: /x/Trainer/model/7\n" in out


def test_explain_as_json_has_the_same(project: ServedProject, tfx_pipeline: CommandLine) -> None:
    document = json.loads(tfx_pipeline("explain", "Evaluator", "--json")[1])
    assert document["settings"]["evaluation"]["value"]["slices"] == [["payment_type"]]
    assert document["usual_seconds"] is None
    assert document["place"] == "11 of 14"


def test_explain_unknown_step_asks_for_the_nearest(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    status, _, errors = tfx_pipeline("explain", "Transfrom")
    assert status == 2
    assert "did you mean `Transform`?" in errors


@pytest.mark.parametrize("step", ["InfraValidator", "BigQueryExampleGen"])
def test_explain_step_of_another_environment_is_not_this_pipelines(
    step: str, project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    status, _, errors = tfx_pipeline("explain", step)
    assert status == 2
    assert "no such step" in errors
