"""Rules on the place of ML Metadata."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.targets.rules import (
    OWN_METADATA,
    VERTEX,
    Finding,
    Level,
    Rules,
    Situation,
    is_below,
    on,
    scheme,
)

_METADATA: KeyPath = ("environment", "metadata")

RULES = Rules()


@RULES.add(
    "SQLite metadata in a folder of this machine",
    on(Level.ERROR, *OWN_METADATA),
    "a database: deploy/kubeflow has one",
    ("vertex-native",),
)
def _sqlite_of_one_machine(situation: Situation) -> Iterator[Finding]:
    metadata = situation.config.environment.metadata
    if metadata.kind == "sqlite" and not _on_volume(situation, metadata):
        what = (
            "`environment.metadata`: an SQLite file of one machine, and each step runs on another"
        )
        next_step = "give the database: kind, host, user (deploy/kubeflow has one)"
        path: KeyPath = (*_METADATA, "kind")
        yield Finding(path, what, "sqlite", "mysql, postgresql, grpc", next_step)


@RULES.add(
    "SQLite metadata on a shared volume",
    on(Level.WARNING, "kfp"),
    "a database, or a volume with POSIX locks",
    ("local", *VERTEX),
)
def _sqlite_on_volume(situation: Situation) -> Iterator[Finding]:
    metadata = situation.config.environment.metadata
    if metadata.kind == "sqlite" and _on_volume(situation, metadata):
        what = "`environment.metadata`: SQLite on a shared volume is as safe as that volume's locks"
        next_step = "use mysql or postgresql, unless the volume keeps POSIX locks (NFS 4, CephFS)"
        yield Finding((*_METADATA, "path"), what, metadata.path, next_step=next_step)


def _on_volume(situation: Situation, metadata: MetadataConfig) -> bool:
    return situation.is_shared(str(situation.config.path(metadata.path)))


@RULES.add(
    "SQLite metadata at a URI",
    on(Level.ERROR, "local", "ir", *OWN_METADATA),
    "a path, or a database",
    ("vertex-native",),
)
def _file_in_uri(situation: Situation) -> Iterator[Finding]:
    said = situation.config.environment.metadata.path
    if situation.config.environment.metadata.kind == "sqlite" and scheme(said):
        what = "`environment.metadata.path`: SQLite is a file, and this is a URI"
        yield Finding((*_METADATA, "path"), what, said, "a path", "give a path, or a server")


def _is_loopback(host: str) -> bool:
    bare = host.strip("[]").rstrip(".").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@RULES.add(
    "metadata in a database, or behind ML Metadata's server",
    {**on(Level.ERROR, "local"), **on(Level.IGNORED, "vertex-native")},
    "`vertex.rendering: generic` takes it",
)
def _kept_elsewhere(situation: Situation) -> Iterator[Finding]:
    metadata = situation.config.environment.metadata
    if situation.target != "local":
        if metadata != MetadataConfig():
            what = "`environment.metadata`: Vertex AI keeps its own metadata"
            next_step = "leave it out, or say environment.vertex.rendering: generic"
            yield Finding(_METADATA, what, next_step=next_step)
    elif metadata.kind != "sqlite":
        what = "`environment.metadata.kind`: a run on this machine keeps its metadata in SQLite"
        next_step = "leave it out; for a server: tfx-pipeline compile and tfx-pipeline node"
        yield Finding((*_METADATA, "kind"), what, metadata.kind, "sqlite", next_step)


def _is_private(host: str) -> bool:
    bare = host.strip("[]").rstrip(".").lower()
    try:
        return ipaddress.ip_address(bare).is_private
    except ValueError:
        return "." not in bare or bare.endswith((".svc", ".local", ".internal"))


@RULES.add(
    "metadata on `localhost`",
    on(Level.ERROR, *OWN_METADATA),
    "the server's name in the cluster",
    ("local", "vertex-native"),
)
def _host_of_one_machine(situation: Situation) -> Iterator[Finding]:
    metadata = situation.config.environment.metadata
    if metadata.kind != "sqlite" and metadata.host and _is_loopback(metadata.host):
        what = "`environment.metadata.host`: in a container this is the container itself"
        next_step = "give the name under which the cluster finds the server, e.g. tfx-metadata"
        yield Finding((*_METADATA, "host"), what, metadata.host, next_step=next_step)


@RULES.add(
    "metadata on a private host, and no `vertex.network`",
    on(Level.WARNING, "vertex-generic"),
    "`environment.vertex.network`",
    ("local", "vertex-native"),
)
def _host_of_cluster(situation: Situation) -> Iterator[Finding]:
    environment = situation.config.environment
    metadata, host = environment.metadata, environment.metadata.host or ""
    if metadata.kind == "sqlite" or environment.vertex.network or _is_loopback(host):
        return
    if _is_private(host):
        what = "`environment.metadata.host` is private, and the steps' machines join no network"
        next_step = "give environment.vertex.network, or a host that Vertex AI reaches"
        yield Finding((*_METADATA, "host"), what, host, next_step=next_step)


@RULES.add(
    "metadata whose password no step is given",
    on(Level.WARNING, *OWN_METADATA),
    "`kfp`: `environment.secrets`",
    ("local", "vertex-native"),
)
def _password_that_no_step_has(situation: Situation) -> Iterator[Finding]:
    environment = situation.config.environment
    metadata = environment.metadata
    if metadata.kind not in ("mysql", "postgresql"):
        return
    if situation.target == "kfp":
        mounts = [x.mount_path for x in environment.volumes]
        mounts += [x.mount_path for x in environment.secrets if x.mount_path is not None]
        file = metadata.password_file
        has_file = file and any(is_below(file, mount) for mount in mounts)
        if has_file or metadata.password_env in [x.env for x in environment.secrets]:
            return
        next_step = f"add to environment.secrets one with `env: {metadata.password_env}`"
    else:
        next_step = "let the image hold password_file, or use a server that takes no password"
    what = f"`environment.metadata`: no step is given the password of `{metadata.user}`"
    yield Finding((*_METADATA, "password_env"), what, metadata.password_env, next_step=next_step)
