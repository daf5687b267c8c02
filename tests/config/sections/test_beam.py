"""What a configuration may say of Beam's engine, and what Beam is told then."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.patches.beam_tuning import BEAM_OPTIONS, NO_IMAGE, works_in_this_process
from tfx_pipeline.pipeline.beam_options import all_beam_options

_JOBS = "job_endpoint: 'jobs:8099'"
_POOL = "worker_pool: 'localhost:50000'"


def words(repository: Path, *overrides: str, env: str | None = None) -> tuple[str, ...]:
    overlay = str(repository / f"configs/env/{env}.yaml") if env else None
    loaded = load_config(repository / "configs/penguins.yaml", overlay, overrides)
    return all_beam_options(loaded.config)


@pytest.mark.parametrize(
    ("beam", "said"),
    [
        ("{engine: flink}", "needs `job_endpoint`"),
        (f"{{engine: spark, {_POOL}}}", "needs `job_endpoint`"),
        (f"{{engine: flink, {_JOBS}}}", "needs either `worker_pool` or `worker_command`"),
        (f"{{engine: prism, {_JOBS}, {_POOL}, worker_command: /a}}", "needs either"),
        (f"{{engine: spark, {_JOBS}, {_POOL}, workers: 2}}", "`workers` of spark are its own"),
        (f"{{engine: prism, {_JOBS}, {_POOL}, workers: 2}}", "`workers` of prism are its own"),
        (f"{{engine: flink, job_endpoint: jobs, {_POOL}}}", "host:port"),
        (f"{{engine: flink, {_JOBS}, worker_command: 'bin/boot'}}", "absolute path"),
        ("{engine: nemo}", "in_process"),
        ("{workers: 0}", "workers"),
        ("{engine: dataflow, dataflow: {region: europe}}", "region of Google Cloud"),
    ],
)
def test_beam_section_that_cannot_work_is_refused(beam: str, said: str, repository: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        words(repository, f"environment.beam={beam}")
    assert said in str(caught.value)


def test_beam_engine_beside_a_runner_in_the_options_is_refused(repository: Path) -> None:
    beam = f"environment.beam={{engine: flink, {_JOBS}, {_POOL}}}"
    with pytest.raises(ConfigError, match="beam_options"):
        words(repository, beam, "environment.beam_options=[--runner=SparkRunner]")


def test_beam_options_of_no_engine_are_those_of_one_process(repository: Path) -> None:
    assert words(repository) == BEAM_OPTIONS
    assert works_in_this_process(words(repository, "environment.beam.workers=1"))


def test_beam_options_of_workers_in_process_start_that_many(repository: Path) -> None:
    options = words(repository, "environment.beam.workers=3")
    added = ("--direct_running_mode=multi_processing", "--direct_num_workers=3")
    assert options == (*BEAM_OPTIONS, *added)
    assert not works_in_this_process(options)


def test_beam_options_of_an_engine_by_its_job_service_come_before_the_users(
    repository: Path,
) -> None:
    options = words(repository, "environment.beam_options=[--experiments=x]", env="flink")
    assert options == (
        "--runner=PortableRunner",
        "--job_name=penguins",
        "--job_endpoint=beam-job-service:8099",
        "--artifact_endpoint=beam-job-service:8098",
        "--environment_type=EXTERNAL",
        "--environment_config=localhost:50000",
        "--parallelism=4",
        NO_IMAGE,
        "--experiments=x",
    )


def test_beam_options_of_an_engine_are_not_read_by_another(repository: Path) -> None:
    one = words(repository, "environment.beam.engine=in_process", env="prism")
    assert one == BEAM_OPTIONS


def test_beam_options_of_dataflow_follow_from_the_environment(repository: Path) -> None:
    assert words(repository, env="dataflow") == (
        "--runner=DataflowRunner",
        "--project=my-project",
        "--region=us-central1",
        "--temp_location=gs://my-bucket/tfx_pipeline_output/penguins/dataflow",
        "--service_account_email=tfx-pipeline@my-project.iam.gserviceaccount.com",
        "--sdk_container_image=registry.example.com/my-project/tfx-pipeline-dataflow:0.1.0",
        "--machine_type=n2-standard-4",
        "--max_num_workers=10",
    )
