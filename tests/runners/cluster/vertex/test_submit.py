"""Submissions to a service that speaks as Vertex AI does, with Google's own client."""

from __future__ import annotations

import re

import pytest

from tests.emulators.vertex_service import Failure, VertexService
from tests.runners.cluster.vertex.submitting import (
    GENERIC,
    JOBS,
    NATIVE,
    PARENT,
    make_config,
    submit,
)
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.runners.cluster.vertex import submit as vertex_submit


def test_submit_of_native_pipeline_sends_all_that_the_overlay_says(vertex: VertexService) -> None:
    config = make_config("environment.vertex.network=projects/12/global/networks/my-network")
    submitted, lines = submit(config, run_name="Monday's run")

    (asked,) = vertex.asked(JOBS)
    assert len(asked.token.split(".")) == 3  # of a service account: signed by its own key
    assert asked.query["pipelineJobId"] == submitted.run_id
    assert re.fullmatch(r"penguins-\d{14}-[0-9a-f]{4}", submitted.run_id)
    assert asked.body == {
        "displayName": "Monday's run",
        "pipelineSpec": NATIVE["pipelineSpec"],
        "runtimeConfig": {"gcsOutputDirectory": "gs://my-bucket/tfx_pipeline_output/penguins"},
        "labels": {"tfx_runner": "kubeflow_v2", "team": "ml"},
        "serviceAccount": "tfx-pipeline@my-project.iam.gserviceaccount.com",
        "network": "projects/12/global/networks/my-network",
    }
    url = (
        "https://console.cloud.google.com/vertex-ai/locations/us-central1/pipelines/runs/"
        f"{submitted.run_id}?project=my-project"
    )
    assert (submitted.url, submitted.status) == (url, "submitted")
    assert lines == [f"submitted: {url}"]


def test_submit_of_generic_pipeline_sends_its_specification_and_the_parameters(
    vertex: VertexService,
) -> None:
    values = {"model_epochs": "5", "model_family": "dnn", "data_refuse_warnings": "true"}
    submitted, _ = submit(make_config(), GENERIC, parameters=values)

    (asked,) = vertex.asked(JOBS)
    assert asked.body["pipelineSpec"] == GENERIC
    assert asked.body["runtimeConfig"]["parameterValues"] == values
    assert asked.body["labels"] == {"team": "ml"}
    assert asked.body["displayName"] == submitted.run_id
    assert submitted.run_id.startswith("my-pipeline-")


def test_submit_with_experiment_makes_it_and_adds_the_run(vertex: VertexService) -> None:
    run_context = f"{PARENT}/metadataStores/default/contexts/run-1"
    vertex.states = [{"jobDetail": {"pipelineRunContext": {"name": run_context}}}]
    submit(make_config("environment.job.experiment=my-experiment"))

    (made,) = vertex.asked(r"POST .*/contexts$")
    assert made.query["contextId"] == "my-experiment"
    assert made.body == {
        "displayName": "my-experiment",
        "schemaTitle": "system.Experiment",
        "schemaVersion": "0.0.1",
        "metadata": {"experiment_deleted": False},
    }
    (added,) = vertex.asked("addContextChildren")
    assert added.path.endswith("/contexts/my-experiment:addContextChildren")
    assert added.body == {"childContexts": [run_context]}

    submit(make_config("environment.job.experiment=my-experiment"))
    assert len(vertex.asked(r"POST .*/contexts$")) == 1


def test_submit_when_the_experiment_fails_still_starts_the_run(
    vertex: VertexService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vertex_submit, "_CONTEXT_WAIT_S", 0.0)
    submitted, lines = submit(make_config("environment.job.experiment=mine"))
    assert submitted.status == "submitted"
    assert lines[-1] == (
        "  the run is not in the experiment mine: its metadata did not appear in time"
    )


def test_submit_when_the_name_is_no_experiment_starts_nothing(vertex: VertexService) -> None:
    name = f"{PARENT}/metadataStores/default/contexts/mine"
    vertex.resources[name] = {"name": name, "schemaTitle": "system.PipelineRun"}
    with pytest.raises(ConfigError) as caught:
        submit(make_config("environment.job.experiment=mine"))
    assert caught.value.problems[0].allowed == "not a system.PipelineRun"
    assert vertex.asked(JOBS) == []


def test_submit_with_schedule_makes_it_then_changes_it(vertex: VertexService) -> None:
    weekly, daily = "TZ=Europe/Berlin 0 6 * * 1", "0 6 * * *"
    submitted, _ = submit(make_config(f"environment.job.schedule={weekly}"))
    (made,) = vertex.asked("POST .*/schedules")
    assert made.body["cron"] == weekly
    assert made.body["displayName"] == "penguins"
    assert made.body["maxConcurrentRunCount"] == "1"
    request = made.body["createPipelineJobRequest"]
    assert request["parent"] == PARENT
    assert request["pipelineJob"]["displayName"] == "penguins"
    assert request["pipelineJob"]["pipelineSpec"] == NATIVE["pipelineSpec"]
    assert request["pipelineJob"]["serviceAccount"].startswith("tfx-pipeline@")
    assert (submitted.status, submitted.url) == (
        "scheduled",
        "https://console.cloud.google.com/vertex-ai/locations/us-central1/pipelines/schedules/1"
        "?project=my-project",
    )

    again, lines = submit(make_config(f"environment.job.schedule={daily}"))
    (changed,) = vertex.asked("PATCH .*/schedules/1")
    assert changed.body["cron"] == daily
    assert changed.query["updateMask"] == "cron,maxConcurrentRunCount,createPipelineJobRequest"
    assert again.run_id == "1"
    assert lines[0].startswith("changed the schedule 0 6 * * *: https://")
    assert vertex.asked(JOBS) == []


def test_submit_when_the_answer_to_a_schedule_is_lost_makes_one(vertex: VertexService) -> None:
    vertex.failures = [Failure("POST .*/schedules", 503, after=True)]
    submitted, _ = submit(make_config("environment.job.schedule=0 6 * * *"))
    assert len(vertex.asked("POST .*/schedules")) == 1
    assert submitted.run_id == "1"


def test_submit_with_schedule_and_wait_is_refused(vertex: VertexService) -> None:
    with pytest.raises(ConfigError, match="command line"):
        submit(make_config("environment.job.schedule=0 6 * * *"), wait=True)
