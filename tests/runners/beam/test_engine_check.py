"""Whether Beam's engine is there is known, and said, before anything relies on it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent import futures
from importlib import metadata
from pathlib import Path

import grpc
import pytest
from apache_beam.runners.worker.worker_pool_main import BeamFnExternalWorkerPoolServicer

from tests.free_ports import free_port
from tests.runners.beam.job_service import job_service
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError, StepError
from tfx_pipeline.runners.beam import engine_check
from tfx_pipeline.runners.beam.engine_check import check_engine, check_job_service


@pytest.fixture
def nobody() -> str:
    """An address at which nothing listens."""
    port = free_port()
    return f"localhost:{port}"


@pytest.fixture
def stranger() -> Iterator[str]:
    """A server of gRPC that is neither."""
    server = grpc.server(futures.ThreadPoolExecutor(1))
    port = server.add_insecure_port("localhost:0")
    server.start()
    yield f"localhost:{port}"
    server.stop(0).wait()


def configured(repository: Path, engine: str, jobs: str, pool: str) -> PipelineConfig:
    beam = f"{{engine: {engine}, job_endpoint: '{jobs}', worker_pool: '{pool}'}}"
    words = [f"environment.beam={beam}"]
    return load_config(repository / "configs/penguins.yaml", None, words).config


def test_check_engine_that_is_there_says_nothing(repository: Path) -> None:
    pool, server = BeamFnExternalWorkerPoolServicer.start()
    try:
        with job_service() as jobs:
            check_engine(configured(repository, "prism", jobs.address, pool))
            assert jobs.prepared == []
    finally:
        server.stop(0).wait()


def test_check_engine_that_is_away_names_service_pool_release_and_command(
    repository: Path, nobody: str
) -> None:
    began = time.monotonic()
    with pytest.raises(ConfigError, match="Beam's engine is not there") as caught:
        check_engine(configured(repository, "prism", nobody, nobody))
    assert time.monotonic() - began < 2 * engine_check.TIMEOUT_S
    jobs, pool = caught.value.problems
    assert (jobs.place, jobs.received) == ("environment.beam.job_endpoint", nobody)
    assert jobs.next_step is not None and metadata.version("apache-beam") in jobs.next_step
    assert pool.place == "environment.beam.worker_pool"
    assert pool.next_step is not None and "worker_pool_main --service_port" in pool.next_step


def test_check_engine_at_another_service_says_that_something_else_listens(
    repository: Path, stranger: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        check_engine(configured(repository, "prism", stranger, stranger))
    assert ["something else listens there" in x.what for x in caught.value.problems] == [True] * 2


@pytest.mark.parametrize("engine", ["flink", "spark"])
def test_check_engine_asks_no_pool_that_stands_beside_the_engines_workers(
    engine: str, repository: Path, nobody: str
) -> None:
    with job_service() as jobs:
        check_engine(configured(repository, engine, jobs.address, nobody))


def test_check_job_service_of_a_step_may_be_tried_again(nobody: str) -> None:
    with pytest.raises(StepError, match="not there"):
        check_job_service(["--runner=PortableRunner", f"--job_endpoint={nobody}"])
    check_job_service(["--runner=DirectRunner", f"--job_endpoint={nobody}"])
    check_job_service(["--runner=DataflowRunner"])
