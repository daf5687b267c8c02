"""Rules on fields that only some targets read, or that they read in another form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.targets.rules import (
    HERE,
    IN_CLUSTER,
    VERTEX,
    Finding,
    Level,
    Rules,
    Situation,
    Target,
    dotted,
    on,
)

_ACCOUNT_OF_KUBERNETES = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_ACCOUNT_OF_GOOGLE = re.compile(r"[a-z0-9-]+@[a-z0-9.-]+\.(gserviceaccount\.com|google\.com)")
_ENV = "environment"

RULES = Rules()


def _ignored(
    feature: str,
    path: KeyPath,
    targets: tuple[Target, ...],
    why: str,
    instead: str,
    absent: tuple[Target, ...] = (),
) -> None:
    """Add the rule of a field that these targets do nothing with."""

    def find(situation: Situation) -> Iterator[Finding]:
        value: Any = situation.config
        for name in path:
            value = getattr(value, str(name))
        if value not in (None, (), {}, 0, ""):
            what = f"`{dotted(path)}` is ignored: {why}"
            yield Finding(path, what, next_step=instead)

    RULES.add(feature, on(Level.IGNORED, *targets), instead, absent)(find)


_ignored(
    "secrets",
    (_ENV, "secrets"),
    VERTEX,
    "Vertex AI has none of Kubernetes",
    "the image's own",
    HERE,
)
_ignored("volumes", (_ENV, "volumes"), VERTEX, "Vertex AI mounts no claim", "`gs://`", HERE)


@RULES.add(
    "steps: node_selector",
    on(Level.IGNORED, *VERTEX),
    "cpu, memory and gpus choose the machine",
    HERE,
)
def _node_selector(situation: Situation) -> Iterator[Finding]:
    for name, step in situation.config.environment.steps.items():
        if step.node_selector:
            path: KeyPath = ("environment", "steps", name, "node_selector")
            what = f"`{dotted(path)}` is ignored: Vertex AI chooses the machine"
            yield Finding(path, what, next_step="say cpu, memory and gpus")


@RULES.add(
    "steps: accelerator of another target",
    on(Level.ERROR, *IN_CLUSTER),
    "`kfp`: nvidia.com/gpu; Vertex: NVIDIA_TESLA_T4",
    HERE,
)
def _accelerator(situation: Situation) -> Iterator[Finding]:
    environment = situation.config.environment
    for name in environment.steps:
        step = environment.step(name)
        is_resource = "/" in step.accelerator
        if step.gpus == 0 or is_resource == (situation.target == "kfp"):
            continue
        path: KeyPath = ("environment", "steps", name, "accelerator")
        what = f"`environment.steps.{name}.accelerator` is none of this target"
        allowed = "e.g. nvidia.com/gpu" if situation.target == "kfp" else "e.g. NVIDIA_TESLA_T4"
        yield Finding(path, what, step.accelerator, allowed)


@RULES.add(
    "service account of another target",
    on(Level.ERROR, *IN_CLUSTER),
    "of Kubernetes, or an address of Google's",
    HERE,
)
def _account(situation: Situation) -> Iterator[Finding]:
    account = situation.config.environment.service_account
    if account is None:
        return
    form, allowed = (
        (_ACCOUNT_OF_KUBERNETES, "the name of a ServiceAccount, e.g. tfx-pipeline")
        if situation.target == "kfp"
        else (_ACCOUNT_OF_GOOGLE, "name@project.iam.gserviceaccount.com")
    )
    if not form.fullmatch(account):
        what = "`environment.service_account` is none of this target"
        yield Finding(("environment", "service_account"), what, account, allowed)


_ignored(
    "runtime parameters",
    (_ENV, "runtime_parameters"),
    ("vertex-native",),
    "their values are compiled in",
    "say environment.vertex.rendering: generic, which takes them",
    ("local",),
)
_ignored(
    "Vertex Training",
    (_ENV, "vertex", "training"),
    ("local", "ir", "kfp", "vertex-generic"),
    "the Trainer trains in its own step",
    "say environment.steps.Trainer",
)
_ignored(
    "push to Vertex AI's Model Registry and Endpoint",
    (_ENV, "vertex", "push"),
    ("local", "ir", "kfp", "vertex-generic"),
    "the model is pushed to push.base_directory only",
    "say environment.vertex.rendering: native, or leave it out",
)
