"""Submission to Kubeflow Pipelines, by kfp's own client and real HTTP to a fake API server."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.emulators.json_server import Answer
from tests.runners.cluster.kubeflow import fixtures as kfp_fixtures
from tests.runners.cluster.kubeflow.fake_server import EXPERIMENT_ID, RUN_ID, FakeKfp
from tests.runners.cluster.kubeflow.submitting import Lines, refusal, submit
from tfx_pipeline.runners.cluster.kubeflow import submit as kubeflow_submit
from tfx_pipeline.runners.cluster.kubeflow.connection import connect
from tfx_pipeline.runners.cluster.submission import SubmitOptions, Submitted

pytestmark = pytest.mark.slow  # they import kfp or TFX


def test_submit_sends_the_run_as_the_configuration_says(server: FakeKfp, package: Path) -> None:
    submitted = submit(server, package, run_name="first", parameters={"model_epochs": 5})
    assert submitted == Submitted(RUN_ID, "first", f"{server.url}/#/runs/details/{RUN_ID}")
    (request,) = server.sent("POST", "runs")
    spec, platform = yaml.safe_load_all(package.read_text(encoding="utf-8"))
    assert request.path == "/apis/v2beta1/runs"
    sent = request.body["pipeline_spec"]
    assert sent["pipeline_spec"]["root"] == spec["root"]
    assert sent["pipeline_spec"]["deploymentSpec"] == spec["deploymentSpec"]
    assert sent["platform_spec"] == platform
    assert {name: x for name, x in request.body.items() if name != "pipeline_spec"} == {
        "display_name": "first",
        "experiment_id": EXPERIMENT_ID,
        "runtime_config": {"parameters": {"model_epochs": 5}},
        "service_account": "tfx-pipeline",
    }


def test_submit_makes_the_experiment_that_is_not_there(server: FakeKfp, package: Path) -> None:
    submit(server, package)
    (request,) = server.sent("POST", "experiments")
    assert request.body == {"display_name": "tfx-pipeline", "namespace": ""}
    submit(server, package)
    assert len(server.sent("POST", "experiments")) == 1


def test_submit_for_several_users_names_the_namespace(package: Path) -> None:
    with FakeKfp(multi_user=True) as server:
        submit(server, package, "environment.kubeflow.namespace=team-a")
        assert server.sent("GET", "experiments")[0].query["namespace"] == "team-a"
        assert server.sent("POST", "experiments")[0].body["namespace"] == "team-a"


def test_submit_without_a_name_takes_pipeline_and_time(server: FakeKfp, package: Path) -> None:
    name = submit(server, package).run_name
    assert name.startswith("penguins 20") and len(name) == len("penguins 2026-01-01 00-00-00")


def test_submit_with_a_token_sends_it(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KF_PIPELINES_TOKEN", "s3cret\n")
    with FakeKfp(token="s3cret") as server:
        assert submit(server, package).run_id == RUN_ID


def test_submit_with_a_schedule_makes_a_recurring_run(server: FakeKfp, package: Path) -> None:
    submitted = submit(server, package, "environment.job.schedule=0 3 * * *")
    url = f"{server.url}/#/recurringrun/details/r-1"
    assert submitted == Submitted("r-1", "penguins", url, "scheduled")
    assert not server.sent("POST", "runs")
    (request,) = server.sent("POST", "recurringruns")
    assert request.body.pop("pipeline_spec")["pipeline_spec"]["pipelineInfo"]["name"] == "penguins"
    assert request.body == {
        "display_name": "penguins",
        "experiment_id": EXPERIMENT_ID,
        "max_concurrency": 1,
        "mode": "ENABLE",
        "no_catchup": True,
        "runtime_config": {"parameters": {}},
        "service_account": "tfx-pipeline",
        "trigger": {"cron_schedule": {"cron": "0 0 3 * * *"}},
    }


def test_submit_of_a_second_schedule_of_a_name_disables_the_first(
    server: FakeKfp, package: Path
) -> None:
    server.schedules = [
        {"display_name": "penguins", "recurring_run_id": "r-0", "status": "ENABLED"},
        {"display_name": "penguins", "recurring_run_id": "r-x", "status": "DISABLED"},
        {"display_name": "others", "recurring_run_id": "r-y", "status": "ENABLED"},
    ]
    lines = Lines()
    submit(server, package, "environment.job.schedule=0 3 * * *", lines=lines)
    assert [x["status"] for x in server.schedules] == ["DISABLED", "DISABLED", "ENABLED"]
    assert [x.path for x in server.sent("POST", "recurringruns")] == [
        "/apis/v2beta1/recurringruns",
        "/apis/v2beta1/recurringruns/r-0:disable",
    ]
    url = f"{server.url}/#/recurringrun/details/r-0"
    assert lines == [f"disabled the schedule penguins of before: {url}"]


def test_submit_of_a_schedule_that_is_refused_leaves_the_first(
    server: FakeKfp, package: Path
) -> None:
    server.schedules = [
        {"display_name": "penguins", "recurring_run_id": "r-0", "status": "ENABLED"}
    ]
    server.planned["POST recurringruns"] = [Answer(400, {"message": "bad cron"})]
    assert "400 bad cron" in refusal(server, package, "environment.job.schedule=0 3 * * *")
    assert server.schedules[0]["status"] == "ENABLED"


def test_submit_of_a_name_whose_run_has_not_ended_is_refused_with_its_address(
    server: FakeKfp, package: Path
) -> None:
    server.runs = [
        {"run_id": "r-1", "display_name": "first", "state": "FAILED"},
        {"run_id": "r-2", "display_name": "first", "state": "RUNNING"},
    ]
    text = refusal(server, package, run_name="first")
    assert "a run of this name has not ended: r-2, RUNNING" in text
    assert f"tfx-pipeline status r-2, or {server.url}/#/runs/details/r-2" in text
    assert not server.sent("POST", "runs")
    assert server.sent("GET", "runs")[0].query["experiment_id"] == EXPERIMENT_ID
    server.runs[1]["state"] = "SUCCEEDED"
    assert submit(server, package, run_name="first").run_id == RUN_ID


def test_submit_with_a_token_file_reads_it_for_each_request(package: Path, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n", encoding="utf-8")
    with FakeKfp(token="first") as server:
        loaded = kfp_fixtures.load(
            f"environment.kubeflow.host={server.url}", f"environment.kubeflow.token_file={file}"
        )
        connection = connect(loaded.config)
        server.token = "second"
        file.write_text("second", encoding="utf-8")
        options, lines = SubmitOptions(), Lines()
        assert (
            kubeflow_submit.submit(loaded.config, package, options, lines, connection).run_id
            == RUN_ID
        )


def test_submit_without_the_token_file_names_the_field(server: FakeKfp, package: Path) -> None:
    text = refusal(server, package, "environment.kubeflow.token_file=/no/such/file")
    assert "environment.kubeflow.token_file: no such file, or no token in it" in text
