"""Apache Beam's options: what they say, and those of steps that run in containers."""

from __future__ import annotations

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.patches.beam_tuning import BEAM_OPTIONS

_IN_PROCESS = {"direct", "fnapi", "bundlebaseddirect", "switchingdirect", "interactive", "prism"}


def beam_options(words: tuple[str, ...]) -> dict[str, str]:
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


def beam_engine(words: tuple[str, ...]) -> str:
    """Give the engine in lower case without `runner`: `dataflow`, `flink`, …; empty: in-process."""
    said = beam_options(words).get("runner", "direct").rpartition(".")[2].lower()
    engine = said.removesuffix("runner")
    return "" if engine in _IN_PROCESS else engine


def default_beam_options(config: PipelineConfig) -> tuple[str, ...]:
    """Give the options that go before those of the configuration.

    Without a runner named there, Beam works inside each step, as on one machine. With Dataflow,
    what the configuration knows already need not be said again; its workers run the image of the
    steps, which holds this package and therefore needs Beam's `/opt/apache/beam/boot` as well, and
    start in the subnetwork, not in the network that Vertex AI gives the steps' machines (Beam's
    `WorkerOptions`: `--subnetwork`).
    """
    environment = config.environment
    said = beam_options(environment.beam_options)
    if "runner" not in said:
        return BEAM_OPTIONS
    if beam_engine(environment.beam_options) != "dataflow":
        return ()
    defaults = {
        "project": environment.vertex.project,
        "region": environment.vertex.location,
        "temp_location": f"{config.root_uri}/dataflow",
        "service_account_email": environment.service_account,
        "sdk_container_image": environment.image,
    }
    if "network" not in said:  # a subnetwork knows its own; two that differ are refused
        defaults["subnetwork"] = environment.vertex.subnetwork
    return tuple(
        f"--{name}={value}" for name, value in defaults.items() if value and name not in said
    )
