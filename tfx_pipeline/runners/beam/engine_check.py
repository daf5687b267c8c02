"""Ask Beam's job service and worker pool whether they are there, before a step relies on them.

Beam itself waits a minute for a job service that is away, and says nothing then; Prism ends when
a worker pool is away. Both are asked here in their own protocols, without importing Beam.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import metadata

import grpc

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.deployment.loopback import is_loopback, keep_off_proxies
from tfx_pipeline.errors import ConfigError, Problem, StepError
from tfx_pipeline.pipeline.beam_options import all_beam_options, beam_engine, beam_options

TIMEOUT_S = 5.0
"""How long each is waited for."""

_JOB_SERVICE = "/org.apache.beam.model.job_management.v1.JobService/DescribePipelineOptions"
_WORKER_POOL = "/org.apache.beam.model.fn_execution.v1.BeamFnExternalWorkerPool/StopWorker"
_POOL_COMMAND = "python -m apache_beam.runners.worker.worker_pool_main --service_port"


def check_engine(config: PipelineConfig) -> None:
    """Refuse to begin a run whose engine of Beam is not there.

    A worker pool is asked for Prism alone, which calls it itself: that of another engine stands
    beside the engine's own workers, and is not seen from here.

    Raises:
        ConfigError: the job service, or the worker pool, does not answer as such.
    """
    beam = config.environment.beam
    problems = [*_no_job_service(all_beam_options(config), "environment.beam.job_endpoint")]
    pool = beam.worker_pool
    # Prism on another machine has another `localhost`.
    is_seen = pool and not (is_loopback(pool) and not is_loopback(beam.job_endpoint or ""))
    if beam.engine == "prism" and pool and is_seen and (fault := _fault(pool, _WORKER_POOL)):
        start = f"start one in the project's folder: {_POOL_COMMAND}={pool.rpartition(':')[2]}"
        what = f"no worker pool of Beam answers: {fault}"
        problems.append(Problem(what, "environment.beam.worker_pool", pool, next_step=start))
    if problems:
        raise ConfigError(problems, "Beam's engine is not there")


def check_job_service(words: Iterable[str]) -> None:
    """Refuse to run a step with these options of Beam while its job service is away.

    Raises:
        StepError: it does not answer as such; it may be back later.
    """
    problems = [*_no_job_service(words, "--job_endpoint")]
    if problems:
        raise StepError(problems, "Beam's engine is not there")


def _no_job_service(words: Iterable[str], place: str) -> Iterator[Problem]:
    options = beam_options(words := [*words])
    address = options.get("job_endpoint", "")
    if not beam_engine(words) or address in ("", "embed"):
        return
    if fault := _fault(address, _JOB_SERVICE):
        version = metadata.version("apache-beam")
        next_step = f"start one of Beam {version}, the version that is installed here"
        yield Problem(f"no job service of Beam answers: {fault}", place, address, None, next_step)


def _fault(address: str, method: str) -> str | None:
    """Say why a service does not answer a call that changes nothing; none: it does."""
    keep_off_proxies()
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_unary(method)
        try:
            call(b"", timeout=TIMEOUT_S, wait_for_ready=False)
        except grpc.RpcError as error:
            code = error.code()
            if code is grpc.StatusCode.UNIMPLEMENTED:
                return "something else listens there"
            if code is grpc.StatusCode.DEADLINE_EXCEEDED:
                return f"nothing came within {TIMEOUT_S:.0f} s"
            return str(error.details() or code.name)
    return None
