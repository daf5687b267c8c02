"""What Beam sends to a job service for the engines of a configuration, field by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import apache_beam
import pytest
from apache_beam.internal import cloudpickle_pickler
from apache_beam.portability.api import beam_job_api_pb2, beam_runner_api_pb2
from google.protobuf import json_format

from tests.runners.beam.beam_step import BeamStep
from tests.runners.beam.job_service import JobService, job_service
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.pipeline.beam_options import all_beam_options

pytestmark = pytest.mark.slow

EXTERNAL = "beam:env:external:v1"
PROCESS = "beam:env:process:v1"


def request_of(
    env: str, *overrides: str, repository: Path
) -> tuple[beam_job_api_pb2.PrepareJobRequest, JobService]:
    """Run a step by a shipped overlay, whose job service is ours."""
    with job_service() as jobs:
        names = ("job_endpoint", "artifact_endpoint")
        addresses = [f"environment.beam.{name}={jobs.address}" for name in names]
        config = load_config(
            repository / "configs/penguins.yaml",
            str(repository / f"configs/env/{env}.yaml"),
            [*addresses, *overrides],
        ).config
        BeamStep.run(all_beam_options(config))
    (request,) = jobs.prepared
    return request, jobs


def options_of(request: beam_job_api_pb2.PrepareJobRequest) -> dict[str, Any]:
    """Give the options by their names, without the URN around them."""
    prefix, suffix = "beam:option:", ":v1"
    options = json_format.MessageToDict(request.pipeline_options)
    assert all(name.startswith(prefix) and name.endswith(suffix) for name in options)
    return {name[len(prefix) : -len(suffix)]: value for name, value in options.items()}


def environment_of(
    request: beam_job_api_pb2.PrepareJobRequest,
) -> beam_runner_api_pb2.Environment:
    """Give the only environment, in which all functions run."""
    components = request.pipeline.components
    ((name, environment),) = components.environments.items()
    functions = [
        x for x in components.transforms.values() if x.spec.urn == "beam:transform:pardo:v1"
    ]
    assert functions and {x.environment_id for x in functions} == {name}
    return environment


@pytest.mark.parametrize(("env", "parallelism"), [("flink", "4"), ("spark", "-1")])
def test_job_request_names_workers_and_options(
    env: str, parallelism: str, repository: Path
) -> None:
    request, jobs = request_of(env, repository=repository)
    assert request.job_name == "job"  # Beam names none; the engine takes the option below
    options = options_of(request)
    said = {
        "job_name": "penguins",
        "job_endpoint": jobs.address,
        "artifact_endpoint": jobs.address,
        "environment_type": "EXTERNAL",
        "environment_config": "localhost:50000",
        "parallelism": parallelism,
        # The job service puts its own --flink-master and --spark-master-url for these defaults.
        "flink_master": "[auto]",
        "spark_master_url": "local[4]",
        "streaming": False,
        "save_main_session": False,
    }
    assert {name: options.get(name) for name in said} == said
    # Java would look for a class of this name; and the job service knows what it is.
    assert "runner" not in options
    environment = environment_of(request)
    assert environment.urn == EXTERNAL
    payload = beam_runner_api_pb2.ExternalPayload.FromString(environment.payload)
    assert payload.endpoint.url == "localhost:50000"
    assert not payload.params
    assert not environment.dependencies  # nothing is staged: the image has it all
    version = apache_beam.__version__
    assert any(x.endswith(f"_sdk:{version}") for x in environment.capabilities)


def test_job_request_is_staged_and_run_as_prepared(repository: Path) -> None:
    _, jobs = request_of("flink", repository=repository)
    assert jobs.staged == ["token"]
    assert [x.preparation_id for x in jobs.run] == ["first"]


def test_job_request_holds_the_pipeline_with_functions_that_workers_can_read(
    repository: Path,
) -> None:
    request, _ = request_of("flink", repository=repository)
    transforms = request.pipeline.components.transforms
    assert {"Words", "Pair", "Sum"} <= {x.unique_name for x in transforms.values()}
    pardo = next(
        x
        for x in transforms.values()
        if "Pair" in x.unique_name and x.spec.urn == "beam:transform:pardo:v1"
    )
    payload = beam_runner_api_pb2.ParDoPayload.FromString(pardo.spec.payload)
    assert payload.do_fn.urn == "beam:dofn:pickled_python_info:v1"
    function, *_ = cloudpickle_pickler.loads(payload.do_fn.payload)
    assert [*function.process("x")] == [("x", 1)]


def test_job_request_by_process_names_the_program(repository: Path) -> None:
    program = "/opt/venv/bin/tfx-beam-worker"
    words = [
        "environment.beam.worker_pool=null",
        f"environment.beam.worker_command={program}",
    ]
    request, _ = request_of("spark", *words, repository=repository)
    environment = environment_of(request)
    assert environment.urn == PROCESS
    payload = beam_runner_api_pb2.ProcessPayload.FromString(environment.payload)
    assert (payload.command, dict(payload.env)) == (program, {})
    options = options_of(request)
    assert json.loads(options["environment_config"]) == {"command": program}
