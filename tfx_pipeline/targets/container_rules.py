"""Rules on what a step's container holds: the image, the server of a gate, the user's code."""

from __future__ import annotations

from collections.abc import Iterator

from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.targets.rules import (
    HERE,
    IN_CLUSTER,
    VERTEX,
    Finding,
    Level,
    Rules,
    Situation,
    on,
)

_IMAGE: KeyPath = ("environment", "image")
_SERVER: KeyPath = ("push", "infra_check", "server")

RULES = Rules()


@RULES.add("no image", on(Level.ERROR, *IN_CLUSTER), "deploy/image", HERE)
def _no_image(situation: Situation) -> Iterator[Finding]:
    if situation.config.environment.image is None:
        what = "`environment.image` is missing: each step runs in a container"
        next_step = "build deploy/image/Dockerfile, push it, and name it here"
        yield Finding(_IMAGE, what, allowed="<registry>/<name>:<tag>", next_step=next_step)


@RULES.add(
    "an image without a tag, or `latest`",
    on(Level.WARNING, *IN_CLUSTER),
    "a tag of your own, or a digest",
    HERE,
)
def _moving_image(situation: Situation) -> Iterator[Finding]:
    image = situation.config.environment.image
    if image is None or "@" in image:
        return
    _, colon, tag = image.rpartition("/")[2].partition(":")
    if not colon:
        what = "`environment.image` has no tag: what it names changes"
    elif tag == "latest":
        what = "`environment.image`: what `latest` names changes, and nodes may keep an old one"
    else:
        return
    yield Finding(_IMAGE, what, image, next_step="give a tag of your own, or a digest: @sha256:…")


@RULES.add(
    "an image on `localhost`",
    on(Level.WARNING, *IN_CLUSTER),
    "a registry that the cluster reaches",
    HERE,
)
def _image_of_one_machine(situation: Situation) -> Iterator[Finding]:
    image = situation.config.environment.image or ""
    registry = image.partition("/")[0] if "/" in image else ""
    if registry.partition(":")[0] in ("localhost", "127.0.0.1"):
        what = "`environment.image` is in a registry of one machine"
        yield Finding(_IMAGE, what, image, next_step="push it to one that the cluster reaches")


@RULES.add(
    "infrastructure check by `docker`",
    on(Level.ERROR, *IN_CLUSTER),
    "`embedded`; `local`: where Docker answers",
)
def _docker(situation: Situation) -> Iterator[Finding]:
    if situation.config.push.infra_check.server == "docker":
        what = "`push.infra_check.server`: there is no Docker engine in a container"
        yield Finding(_SERVER, what, "docker", "auto, embedded, none", "use embedded")


@RULES.add(
    "infrastructure check by `binary`",
    on(Level.WARNING, *IN_CLUSTER),
    "an image with tensorflow_model_server",
)
def _binary(situation: Situation) -> Iterator[Finding]:
    if situation.config.push.infra_check.server == "binary":
        what = (
            "`push.infra_check.server`: the image must hold tensorflow_model_server; ours does not"
        )
        yield Finding(_SERVER, what, "binary", next_step="use embedded, or an image with it")


@RULES.add(
    "infrastructure check by `kubernetes`",
    {**on(Level.ERROR, "local", "ir", *VERTEX), **on(Level.WARNING, "kfp")},
    "`embedded`",
)
def _kubernetes(situation: Situation) -> Iterator[Finding]:
    if situation.config.push.infra_check.server != "kubernetes":
        return
    if situation.target == "kfp":
        what = "`push.infra_check.server`: TFX starts a pod for it"
        next_step = "let the service account make pods, and give KFP_NAMESPACE; or use embedded"
    else:
        what = "`push.infra_check.server`: TFX starts pods only from a pod of Kubeflow Pipelines"
        next_step = "use embedded"
    yield Finding(_SERVER, what, "kubernetes", next_step=next_step)


@RULES.add("hooks: your own code", on(Level.WARNING, *IN_CLUSTER), "in the image")
def _hooks(situation: Situation) -> Iterator[Finding]:
    for field in ("preprocessing_fn", "run_fn"):
        dotted = getattr(situation.config.hooks, field)
        if dotted is not None:
            what = f"`hooks.{field}` is your own code, and must be in the image"
            next_step = "build it in: deploy/image/README.md"
            yield Finding(("hooks", field), what, dotted, next_step=next_step)
