"""Apache Beam's options: what they say, and those that follow from a configuration."""

from __future__ import annotations

import json
from collections.abc import Iterable

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.beam import BY_JOB_SERVICE, BeamConfig
from tfx_pipeline.patches.beam_tuning import BEAM_OPTIONS, NO_IMAGE

_IN_PROCESS = {"direct", "fnapi", "bundlebaseddirect", "switchingdirect", "interactive", "prism"}


def beam_options(words: Iterable[str]) -> dict[str, str]:
    """Give Beam's options by name, the last of each; `--name value` counts as `--name=value`."""
    options: dict[str, str] = {}
    name = ""
    for word in words:
        if word.startswith("--"):
            name, _, value = word[2:].partition("=")
            options[name] = value
        elif name:
            options[name] = word
    return options


def beam_engine(words: Iterable[str]) -> str:
    """Give the engine in lower case without `runner`: `dataflow`, `flink`, …; empty: in-process.

    All that is reached by the Job API is `portable`.
    """
    said = beam_options(words).get("runner", "direct").rpartition(".")[2].lower()
    engine = said.removesuffix("runner")
    return "" if engine in _IN_PROCESS else engine


def all_beam_options(config: PipelineConfig) -> tuple[str, ...]:
    """Give what a pipeline is compiled with: defaults, then the configuration's own options."""
    return (*default_beam_options(config), *config.environment.beam_options)


def default_beam_options(config: PipelineConfig) -> tuple[str, ...]:
    """Give the options that go before `environment.beam_options`.

    Without an engine, Beam works inside each step.
    """
    environment = config.environment
    beam, said = environment.beam, beam_options(environment.beam_options)
    if beam.engine in BY_JOB_SERVICE:
        return _by_job_service(beam, config.name)
    if beam.engine == "dataflow" or beam_engine(environment.beam_options) == "dataflow":
        return _on_dataflow(config, said)
    if beam_engine(environment.beam_options):
        return (NO_IMAGE,) if _has_own_workers(said) else ()
    if beam.workers in ("auto", 1):
        return BEAM_OPTIONS
    processes = f"--direct_num_workers={beam.workers}"
    return (*BEAM_OPTIONS, "--direct_running_mode=multi_processing", processes)


def _has_own_workers(said: dict[str, str]) -> bool:
    """Tell whether workers run where this package is installed: they need nothing sent."""
    return said.get("environment_type", "").upper() in ("EXTERNAL", "PROCESS", "LOOPBACK")


def _by_job_service(beam: BeamConfig, job_name: str) -> tuple[str, ...]:
    """Say to Beam's PortableRunner where job service and workers are."""
    options = {
        "runner": "PortableRunner",
        "job_name": job_name,
        "job_endpoint": beam.job_endpoint,
        "artifact_endpoint": beam.artifact_endpoint,
        "environment_type": "EXTERNAL" if beam.worker_pool else "PROCESS",
        "environment_config": beam.worker_pool or json.dumps({"command": beam.worker_command}),
        "parallelism": None if beam.workers == "auto" else beam.workers,
    }
    return (*(f"--{name}={value}" for name, value in options.items() if value), NO_IMAGE)


def _on_dataflow(config: PipelineConfig, said: dict[str, str]) -> tuple[str, ...]:
    """Say to Dataflow what the configuration knows already and `said` does not.

    Its workers run the image of the steps, which holds this package and therefore needs Beam's
    `/opt/apache/beam/boot` as well, and start in the subnetwork, not in the network that Vertex AI
    gives the steps' machines (Beam's `WorkerOptions`: `--subnetwork`).
    """
    environment = config.environment
    dataflow, vertex = environment.beam.dataflow, environment.vertex
    defaults = {
        "runner": "DataflowRunner",
        "project": dataflow.project or vertex.project,
        "region": dataflow.region or vertex.location,
        "temp_location": dataflow.temp_location or f"{config.root_uri}/dataflow",
        "service_account_email": environment.service_account,
        "sdk_container_image": environment.image,
        "machine_type": dataflow.machine_type,
    }
    if environment.beam.engine == "dataflow" and environment.beam.workers != "auto":
        defaults["max_num_workers"] = str(environment.beam.workers)
    if "network" not in said:  # a subnetwork knows its own; two that differ are refused
        defaults["subnetwork"] = vertex.subnetwork
    return tuple(
        f"--{name}={value}" for name, value in defaults.items() if value and name not in said
    )
