"""Rules on the machines of Vertex AI; of what else differs there, see `pipeline.vertex_part`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.targets.rules import VERTEX, Finding, Level, Rules, Situation, dotted, on
from tfx_pipeline.wording import nearest

MACHINES_OF_ACCELERATORS: Mapping[str, tuple[str, ...]] = {
    "NVIDIA_TESLA_P4": ("n1-",),
    "NVIDIA_TESLA_P100": ("n1-",),
    "NVIDIA_TESLA_V100": ("n1-",),
    "NVIDIA_TESLA_T4": ("n1-",),
    "NVIDIA_L4": ("g2-standard-",),
    "NVIDIA_TESLA_A100": ("a2-highgpu-", "a2-megagpu-"),
    "NVIDIA_A100_80GB": ("a2-ultragpu-",),
    "NVIDIA_H100_80GB": ("a3-highgpu-", "a3-edgegpu-"),
    "NVIDIA_H100_MEGA_80GB": ("a3-megagpu-",),
    "NVIDIA_H200_141GB": ("a3-ultragpu-",),
    "NVIDIA_B200": ("a4-highgpu-",),
}
"""Accelerator -> how the types of machines begin that have it, or can be given it.

Source: https://cloud.google.com/vertex-ai/docs/training/configure-compute
"""

_NETWORK = re.compile(r"projects/\d+/global/networks/[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_TRAINING: KeyPath = ("environment", "vertex", "training")

RULES = Rules()


def _accelerators(situation: Situation) -> Iterator[tuple[KeyPath, str]]:
    """Give the fields that name accelerators of Vertex AI; others are another rule's."""
    environment = situation.config.environment
    for name in environment.steps:
        step = environment.step(name)
        if step.gpus and "/" not in step.accelerator:
            yield ("environment", "steps", name, "accelerator"), step.accelerator
    training = environment.vertex.training
    if situation.target == "vertex-native" and training and training.accelerator_type:
        yield (*_TRAINING, "accelerator_type"), training.accelerator_type


@RULES.add(
    "a network by its short name",
    on(Level.ERROR, *VERTEX),
    "projects/<number>/global/networks/<name>",
)
def _network(situation: Situation) -> Iterator[Finding]:
    network = situation.config.environment.vertex.network
    if network is not None and not _NETWORK.fullmatch(network):
        path: KeyPath = ("environment", "vertex", "network")
        what = "`environment.vertex.network`: Vertex AI takes only a network's full name"
        yield Finding(path, what, network, "projects/<project number>/global/networks/<name>")


@RULES.add(
    "accelerators that Vertex AI has not", on(Level.WARNING, *VERTEX), "names as in `gcloud ai`"
)
def _unknown(situation: Situation) -> Iterator[Finding]:
    for path, said in _accelerators(situation):
        if said not in MACHINES_OF_ACCELERATORS:
            what = f"`{dotted(path)}`: no accelerator that is known here"
            allowed = ", ".join(MACHINES_OF_ACCELERATORS)
            next_step = nearest(said.upper(), MACHINES_OF_ACCELERATORS)
            yield Finding(path, what, said, allowed, next_step)


@RULES.add(
    "Vertex Training: an accelerator on a machine that cannot have it",
    on(Level.ERROR, "vertex-native"),
    "e.g. NVIDIA_L4 on g2-standard-8",
)
def _other_machine(situation: Situation) -> Iterator[Finding]:
    training = situation.config.environment.vertex.training
    machines = MACHINES_OF_ACCELERATORS.get(training.accelerator_type or "") if training else None
    if training and machines and not training.machine_type.startswith(machines):
        what = (
            f"`environment.vertex.training`: this machine cannot have {training.accelerator_type}"
        )
        allowed = " or ".join(f"{machine}…" for machine in machines)
        yield Finding((*_TRAINING, "machine_type"), what, training.machine_type, allowed)


@RULES.add(
    "accelerators of a step Trainer that only waits",
    on(Level.ERROR, "vertex-native"),
    "`environment.vertex.training`",
)
def _idle(situation: Situation) -> Iterator[Finding]:
    environment = situation.config.environment
    if environment.vertex.training and environment.step("Trainer").gpus:
        said = environment.steps.get("Trainer")
        owner = "Trainer" if said and "gpus" in said.model_fields_set else "default"
        path: KeyPath = ("environment", "steps", owner, "gpus")
        what = (
            f"`{dotted(path)}`: the step Trainer only waits for the job that trains, and these"
            " would idle"
        )
        next_step = "say environment.steps.Trainer.gpus: 0; the job has its own accelerators"
        yield Finding(path, what, str(environment.step("Trainer").gpus), next_step=next_step)
