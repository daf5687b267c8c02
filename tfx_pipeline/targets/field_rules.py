"""Rules on fields that only some targets read, or that they read in another form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tfx_pipeline.config.sections.environment import EnvironmentConfig
from tfx_pipeline.config.sections.kubernetes import LABEL_KEY, NAME
from tfx_pipeline.config.sections.section import TextForm
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

_ACCOUNT_OF_GOOGLE = TextForm(
    r"[a-z0-9-]+@[a-z0-9.-]+\.(gserviceaccount\.com|google\.com)",
    "name@project.iam.gserviceaccount.com",
)
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
_ignored(
    "config_maps",
    (_ENV, "config_maps"),
    VERTEX,
    "Vertex AI has none of Kubernetes",
    "variables of the image",
    HERE,
)
_ignored(
    "image_pull_secrets",
    (_ENV, "image_pull_secrets"),
    VERTEX,
    "Vertex AI asks with its own account",
    "a right of the service account",
    HERE,
)


@RULES.add(
    "fuse",
    on(Level.IGNORED, "vertex-native"),
    "`environment.vertex.rendering: generic`",
    HERE,
)
def _fuse(situation: Situation) -> Iterator[Finding]:
    if situation.config.environment.fuse != "none":
        what = "`environment.fuse` is ignored: TFX's own runner makes a container a step"
        next_step = "say environment.vertex.rendering: generic, or leave it out"
        yield Finding((_ENV, "fuse"), what, next_step=next_step)


@RULES.add(
    "umask",
    on(Level.IGNORED, "local", "ir", "vertex-native"),
    "`umask` of the shell; `ir`: `tfx-pipeline node --umask`",
)
def _umask(situation: Situation) -> Iterator[Finding]:
    if situation.config.environment.umask != EnvironmentConfig.model_fields["umask"].default:
        what = "`environment.umask` is ignored: no command is written here that could set it"
        yield Finding((_ENV, "umask"), what, next_step="leave it out")


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
        fits = _is_resource(step.accelerator) if situation.target == "kfp" else not is_resource
        if step.gpus == 0 or fits:
            continue
        path: KeyPath = ("environment", "steps", name, "accelerator")
        what = f"`environment.steps.{name}.accelerator` is none of this target"
        allowed = "e.g. nvidia.com/gpu" if situation.target == "kfp" else "e.g. NVIDIA_TESLA_T4"
        yield Finding(path, what, step.accelerator, allowed)


def _is_resource(name: str) -> bool:
    """Tell an extended resource of Kubernetes: `IsExtendedResourceName` of its validation."""
    domain, slash, _ = name.partition("/")
    return (
        bool(slash)
        and LABEL_KEY.fits(f"requests.{name}")
        and not (domain.endswith("kubernetes.io") or domain.startswith("requests."))
    )


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
    form = NAME if situation.target == "kfp" else _ACCOUNT_OF_GOOGLE
    if not form.fits(account):
        what = "`environment.service_account` is none of this target"
        yield Finding(("environment", "service_account"), what, account, form.words)


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
