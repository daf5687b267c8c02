"""Rules on the pods of Kubeflow Pipelines: what the API server of Kubernetes would refuse later.

The driver of Kubeflow Pipelines makes the pods (`extendPodSpecPatch`, in `driver.go` of 2.4.1 and
`k8s.go` of 2.17, below `backend/src/v2/driver`). A volume is named there after its claim or secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tfx_pipeline.config.sections.kubernetes import VOLUME_NAME, quantity_bytes
from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.targets.rules import (
    HERE,
    IN_CLUSTER,
    VERTEX,
    Finding,
    Level,
    Rules,
    Situation,
    dotted,
    is_below,
    on,
)

# What the image itself has there; see deploy/image/Dockerfile.
_FOLDERS_OF_THE_IMAGE = ("/bin", "/etc", "/home", "/lib", "/opt", "/pipeline", "/usr")
# `backend/src/v2/compiler/argocompiler/container.go` mounts these, and Argo's executor the last.
_FOLDERS_OF_KUBEFLOW = (
    *("/kfp-launcher", "/gcs", "/s3", "/minio", "/.local", "/.cache", "/.config", "/var/run/argo"),
)
_VOLUMES_OF_KUBEFLOW = (
    *("kfp-launcher", "gcs-scratch", "s3-scratch", "minio-scratch", "dot-local-scratch"),
    *("dot-cache-scratch", "dot-config-scratch", "ca-bundle", "ca-secret", "kfp-workspace"),
    *("var-run-argo", "tmp-dir-argo", "input-artifacts", "argo-staging", "tfx-scratch"),
)
# argocompiler's `commonEnvs`, which is not heeded where the step has one of its own.
_VARIABLES_OF_KUBEFLOW = ("KFP_POD_NAME", "KFP_POD_UID")
_KEYS_OF_KUBEFLOW = ("workflows.argoproj.io/", "pipelines.kubeflow.org/", "pipeline/")
_ANNOTATION_BYTES = 256 * 1024  # k8s.io/apimachinery, `TotalAnnotationSizeLimitB`
_OF_KUBERNETES = (
    *("node_selector", "node_affinity", "tolerations", "annotations", "image_pull_policy"),
    "ephemeral_storage",
)
_READS_AFFINITY = (2, 14)  # first version whose driver asks for `GetNodeAffinity()`

RULES = Rules()


def _rooms(situation: Situation) -> Iterator[tuple[KeyPath, str]]:
    """Give the path of each `ephemeral_storage` in the configuration, and where it appears."""
    for name, step in situation.config.environment.steps.items():
        if step.ephemeral_storage:
            path: KeyPath = ("environment", "steps", name, "ephemeral_storage")
            yield path, step.ephemeral_storage.mount_path


def _mounts(situation: Situation) -> Iterator[tuple[KeyPath, str, str, str]]:
    """Give path in the configuration, field of its name, that name, and where it appears."""
    environment = situation.config.environment
    for position, volume in enumerate(environment.volumes):
        yield ("environment", "volumes", position), "claim", volume.claim, volume.mount_path
    for position, secret in enumerate(environment.secrets):
        if secret.mount_path is not None:
            yield ("environment", "secrets", position), "name", secret.name, secret.mount_path


@RULES.add(
    "two values or volumes at one place",
    on(Level.ERROR, "kfp"),
    "each variable and path once",
    (*HERE, *VERTEX),
)
def _same_place(situation: Situation) -> Iterator[Finding]:
    environment = situation.config.environment
    places: list[tuple[KeyPath, str]] = [
        ((*path, "mount_path"), place.rstrip("/")) for path, _, _, place in _mounts(situation)
    ]
    for section in ("secrets", "config_maps"):
        for position, value in enumerate(getattr(environment, section)):
            if value.env is not None:
                places.append((("environment", section, position, "env"), value.env))
    seen: set[str] = set()
    for path, place in places:
        if place in seen:
            what = f"`environment.{path[1]}`: {path[-1]} is given twice"
            yield Finding(path, what, place)
        seen.add(place)
    for path, place in _rooms(situation):
        if place.rstrip("/") in seen:
            yield Finding(path, f"`{dotted(path)}`: there is a volume at its mount_path", place)


@RULES.add(
    "a variable that Kubeflow Pipelines sets itself",
    on(Level.ERROR, "kfp"),
    "names of your own",
    (*HERE, *VERTEX),
)
def _own_variable(situation: Situation) -> Iterator[Finding]:
    for section in ("secrets", "config_maps"):
        for position, value in enumerate(getattr(situation.config.environment, section)):
            if value.env in _VARIABLES_OF_KUBEFLOW:
                what = f"`environment.{section}`: Kubeflow Pipelines sets this variable itself"
                yield Finding(("environment", section, position, "env"), what, value.env)


@RULES.add(
    "a claim, or a secret as files, at two places",
    on(Level.ERROR, "kfp"),
    "once, and paths below it",
    (*HERE, *VERTEX),
)
def _same_volume(situation: Situation) -> Iterator[Finding]:
    seen = set(_VOLUMES_OF_KUBEFLOW)
    for path, field, name, _ in _mounts(situation):
        if name in seen:
            what = f"`{dotted((*path, field))}`: Kubeflow Pipelines names the volume after it,"
            what += " and has one of this name already"
            if name in _VOLUMES_OF_KUBEFLOW:
                next_step = "give it another name"
            else:
                next_step = "mount it once, and use folders below"
            yield Finding((*path, field), what, name, next_step=next_step)
        seen.add(name)


@RULES.add(
    "a claim, or a secret as files, whose name no volume can have",
    on(Level.ERROR, "kfp"),
    "no `.`, 63 letters at most",
    (*HERE, *VERTEX),
)
def _no_volume_name(situation: Situation) -> Iterator[Finding]:
    for path, field, name, _ in _mounts(situation):
        if not VOLUME_NAME.fits(name):
            what = f"`{dotted((*path, field))}`: Kubeflow Pipelines names the volume after it"
            next_step = "make one whose name is shorter and without dots"
            yield Finding((*path, field), what, name, VOLUME_NAME.words, next_step)


@RULES.add(
    "a volume over a folder of the image", on(Level.WARNING, "kfp"), "below /mnt", (*HERE, *VERTEX)
)
def _covering(situation: Situation) -> Iterator[Finding]:
    for path, _, _, place in _mounts(situation):
        first = "/" + place.strip("/").partition("/")[0]
        if first == "/" or (first in _FOLDERS_OF_THE_IMAGE and place.count("/") < 3):
            what = f"`environment.{path[1]}`: this hides a folder of the image"
            next_step = "mount it below /mnt, e.g. /mnt/pipeline"
            yield Finding((*path, "mount_path"), what, place, next_step=next_step)


@RULES.add(
    "a volume over a folder of Kubeflow Pipelines",
    on(Level.ERROR, "kfp"),
    "below /mnt",
    (*HERE, *VERTEX),
)
def _covering_kubeflow(situation: Situation) -> Iterator[Finding]:
    places = [((*path, "mount_path"), place) for path, _, _, place in _mounts(situation)]
    for path, place in (*places, *_rooms(situation)):
        hidden = [x for x in _FOLDERS_OF_KUBEFLOW if is_below(x, place) or is_below(place, x)]
        if hidden:
            what = f"`{dotted(path)}`: Kubeflow Pipelines has a folder of its own there"
            yield Finding(path, what, place, f"not {', '.join(hidden)}", "mount it below /mnt")


@RULES.add(
    "steps: a limit below what is asked for",
    on(Level.ERROR, *IN_CLUSTER),
    "a limit as high at least",
    HERE,
)
def _low_limit(situation: Situation) -> Iterator[Finding]:
    environment = situation.config.environment
    for name in environment.steps:
        step = environment.step(name)
        path: KeyPath = ("environment", "steps", name)
        if step.cpu and step.cpu_limit and step.cpu_limit < step.cpu:
            what = f"`environment.steps.{name}.cpu_limit` is below `cpu`"
            yield Finding((*path, "cpu_limit"), what, f"{step.cpu_limit:g}", f"≥ {step.cpu:g}")
        limit, memory = step.memory_limit, step.memory
        if memory and limit and quantity_bytes(limit) < quantity_bytes(memory):
            what = f"`environment.steps.{name}.memory_limit` is below `memory`"
            yield Finding((*path, "memory_limit"), what, limit, f"≥ {memory}")


@RULES.add(
    "steps: " + ", ".join(_OF_KUBERNETES),
    on(Level.IGNORED, *VERTEX),
    "cpu, memory and gpus choose the machine",
    HERE,
)
def _of_kubernetes(situation: Situation) -> Iterator[Finding]:
    for name, step in situation.config.environment.steps.items():
        for field in _OF_KUBERNETES:
            if getattr(step, field):
                path: KeyPath = ("environment", "steps", name, field)
                what = f"`{dotted(path)}` is ignored: Vertex AI chooses the machine and its pod"
                yield Finding(path, what, next_step="say cpu, memory and gpus")


@RULES.add(
    "steps: node_affinity, and Kubeflow Pipelines before 2.14",
    on(Level.ERROR, "kfp"),
    "`environment.kubeflow.version: '2.14'`, or node_selector",
    (*HERE, *VERTEX),
)
def _affinity(situation: Situation) -> Iterator[Finding]:
    environment = situation.config.environment
    version = environment.kubeflow.version
    if tuple(map(int, version.split(".")))[:2] >= _READS_AFFINITY:
        return
    for name, step in environment.steps.items():
        if step.node_affinity:
            path: KeyPath = ("environment", "steps", name, "node_affinity")
            what = f"`{dotted(path)}`: Kubeflow Pipelines {version} does nothing with it"
            next_step = (
                "say node_selector; or environment.kubeflow.version: '2.14', if yours is as new"
            )
            yield Finding(path, what, next_step=next_step)


@RULES.add(
    "labels and annotations that Kubeflow Pipelines sets itself, or cannot set",
    on(Level.ERROR, "kfp"),
    "keys of your own",
    (*HERE, *VERTEX),
)
def _own_keys(situation: Situation) -> Iterator[Finding]:
    environment = situation.config.environment
    kept: list[tuple[KeyPath, Mapping[str, str]]] = [
        (("environment", "job", "labels"), environment.job.labels)
    ]
    for name, step in environment.steps.items():
        path: KeyPath = ("environment", "steps", name, "annotations")
        kept.append((path, step.annotations))
        if sum(len(f"{k}{v}".encode()) for k, v in step.annotations.items()) > _ANNOTATION_BYTES:
            what = f"`{dotted(path)}`: Kubernetes takes 256 KiB of annotations"
            yield Finding(path, what, next_step="shorten them")
    for path, values in kept:
        for key, value in values.items():
            if key.startswith(_KEYS_OF_KUBEFLOW):
                what = f"`{dotted(path)}`: Kubeflow Pipelines needs this key itself"
                yield Finding((*path, key), what, key, next_step="take a domain of your own")
            elif "{{" in value:
                what = f"`{dotted(path)}`: Argo Workflows would replace what begins with `{{{{`"
                yield Finding((*path, key), what, value, next_step="leave `{{` out")
