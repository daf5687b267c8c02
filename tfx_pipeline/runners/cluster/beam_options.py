"""Options of Apache Beam for steps that run in containers."""

from __future__ import annotations

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.patches.beam_tuning import BEAM_OPTIONS
from tfx_pipeline.targets.beam_rules import beam_engine, beam_options


def default_beam_options(config: PipelineConfig) -> tuple[str, ...]:
    """Give the options that go before those of the configuration.

    Without a runner named there, Beam works inside each step, as on one machine. With Dataflow,
    what the configuration knows already need not be said again; its workers run the image of the
    steps, which holds this package and therefore needs Beam's `/opt/apache/beam/boot` as well.
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
    return tuple(
        f"--{name}={value}" for name, value in defaults.items() if value and name not in said
    )
