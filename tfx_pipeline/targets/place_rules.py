"""Rules on places: of artifacts and of pushed models."""

from __future__ import annotations

from collections.abc import Iterator

from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.targets.rules import (
    BUCKETS,
    HERE,
    IN_CLUSTER,
    OTHER_BUCKETS,
    VERTEX,
    Finding,
    Level,
    Rules,
    Situation,
    dotted,
    on,
    scheme,
)

_ROOT: KeyPath = ("environment", "pipeline_root")
_PUSH: KeyPath = ("push", "base_directory")

RULES = Rules()


def _places(situation: Situation) -> Iterator[tuple[KeyPath, str, str]]:
    """Give path of the field, what the user wrote, and the place that it means."""
    config = situation.config
    for path, said in (
        (_ROOT, config.environment.pipeline_root),
        (_PUSH, config.push.base_directory),
    ):
        yield path, said, config.uri(said)


@RULES.add(
    "artifacts or models in a folder of this machine",
    on(Level.ERROR, *IN_CLUSTER),
    "a bucket; `kfp`: or a path below a volume of `environment.volumes`",
)
def _unshared(situation: Situation) -> Iterator[Finding]:
    allowed, next_step = "gs://…", "give a bucket"
    if situation.target == "kfp":
        allowed = "gs://…, s3://…, abfs://…, or a path below the mount_path of a volume"
        next_step = "give a bucket, or a volume in environment.volumes and a path below it"
    for path, said, place in _places(situation):
        if not situation.is_shared(place):
            what = f"`{dotted(path)}` is a folder of one machine, and each step runs on another"
            yield Finding(path, what, said, allowed, next_step)


@RULES.add(
    "artifacts or models at a URI",
    on(Level.ERROR, "local"),
    "`tfx-pipeline node` runs single steps with it",
)
def _elsewhere(situation: Situation) -> Iterator[Finding]:
    for path, said, place in _places(situation):
        if scheme(place):
            what = f"`{dotted(path)}` is a URI, and a run on this machine keeps what it makes"
            next_step = (
                "give a folder; for places elsewhere: tfx-pipeline compile and tfx-pipeline node"
            )
            yield Finding(path, what, said, "a folder", next_step)


@RULES.add(
    "artifacts or models at other schemes than " + ", ".join(f"`{x}://`" for x in BUCKETS),
    on(Level.ERROR, "ir", *IN_CLUSTER),
    "one of these",
    ("local",),
)
def _unknown_scheme(situation: Situation) -> Iterator[Finding]:
    for path, said, place in _places(situation):
        if scheme(place) and scheme(place) not in BUCKETS:
            what = f"`{dotted(path)}`: nothing here reads `{scheme(place)}://`"
            allowed = "a path, or " + ", ".join(f"{x}://" for x in BUCKETS)
            yield Finding(path, what, said, allowed)


@RULES.add(
    "artifacts on `s3://`, `abfs://`", on(Level.ERROR, *VERTEX), "`gs://` on Vertex", ("local",)
)
def _not_google(situation: Situation) -> Iterator[Finding]:
    said = situation.config.environment.pipeline_root
    if scheme(said) in OTHER_BUCKETS:
        what = "`environment.pipeline_root`: Vertex AI takes a bucket of Cloud Storage only"
        yield Finding(_ROOT, what, said, "gs://…")


@RULES.add(
    "models pushed to `s3://`, `abfs://`: credentials",
    on(Level.WARNING, *VERTEX),
    "Vertex AI knows no secrets of Kubernetes",
    ("local",),
)
def _push_without_credentials(situation: Situation) -> Iterator[Finding]:
    said = situation.config.push.base_directory
    if scheme(said) in OTHER_BUCKETS:
        what = "`push.base_directory`: Vertex AI gives steps no credentials for this place"
        next_step = "give gs://…, or an image whose steps find credentials"
        yield Finding(_PUSH, what, said, "gs://…", next_step)


@RULES.add(
    "models pushed to `s3://`, `abfs://`: served from there",
    on(Level.WARNING, *IN_CLUSTER),
    "mount the bucket where TensorFlow Serving runs",
    ("local",),
)
def _not_served(situation: Situation) -> Iterator[Finding]:
    said = situation.config.push.base_directory
    if scheme(said) in OTHER_BUCKETS:
        what = "`push.base_directory`: TensorFlow Serving's image reads gs:// and folders only"
        next_step = "let the server mount this bucket as a volume (CSI)"
        yield Finding(_PUSH, what, said, "gs://…, or a shared volume", next_step)


@RULES.add(
    "a bucket, and neither secrets nor a service account",
    on(Level.WARNING, "kfp"),
    "`environment.secrets`, `environment.service_account`",
    (*HERE, *VERTEX),
)
def _no_secret_for_bucket(situation: Situation) -> Iterator[Finding]:
    environment = situation.config.environment
    if environment.secrets or environment.service_account:
        return
    for path, said, _ in _places(situation):
        if scheme(said) in BUCKETS:
            what = f"`{dotted(path)}`: no step is given credentials for this bucket"
            next_step = "name environment.service_account, or environment.secrets"
            yield Finding(path, what, said, next_step=next_step)
            return
