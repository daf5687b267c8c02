"""Bringing Kubeflow Pipelines up on the cluster, and taking it down."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from tests.cluster.kubeflow import manifests, program_images
from tests.cluster.kubeflow.versions import VERSIONS, Version
from tests.cluster.node import places
from tests.cluster.node.kubectl import applied, got, kubectl, namespace, removed_namespace, tried
from tests.cluster.node.processes import (
    ClusterError,
    inside,
    is_started,
    start,
    stop,
    told,
    wait_for,
)

_GROUP = "kubeflow"
_OBJECT_STORE = f"http://{places.NODE_IP}:9000"


def up(version: Version) -> float:
    """Start a version, or nothing where it runs; return the seconds until it was ready.

    Raises:
        ClusterError: another version runs, or this one is not built.
    """
    current = running()
    if current == version:
        return 0.0
    if current:
        raise ClusterError(f"Kubeflow Pipelines {current.name} runs: take it down first")
    if absent := version.missing():
        raise ClusterError(f"not built for Kubeflow Pipelines {version.name}: {', '.join(absent)}")
    began = time.monotonic()
    _start_servers(version)
    _note().write_text(version.name, encoding="utf-8")
    objects = manifests.install(version)
    program_images.put(version, manifests.images(version, objects))
    labels = {"enforce": "baseline", "warn": "restricted"}
    security = {f"pod-security.kubernetes.io/{name}": level for name, level in labels.items()}
    namespace(manifests.NAMESPACE, **security)  # as upstream's manifests have it
    applied(manifests.definitions(version))
    applied(objects)
    _scale(1)
    for name in manifests.DEPLOYMENTS:
        words = ("rollout", "status", f"deployment/{name}", "--timeout=240s")
        kubectl(f"--namespace={manifests.NAMESPACE}", *words, timeout_s=300)
    return time.monotonic() - began


def down(*, everything: bool = False) -> None:
    """End the version that runs.

    Args:
        everything: forget its runs as well, and delete its namespace with all in it; another
            version can come up only then.
    """
    version = running()
    _scale(0)
    stop(_GROUP, within_s=30)
    if everything:
        for kind in ("workflows.argoproj.io", "scheduledworkflows.kubeflow.org"):
            tried("--namespace=kubeflow", "delete", kind, "--all", "--wait=false")
        removed_namespace(manifests.NAMESPACE)
        if version:
            shutil.rmtree(version.state, ignore_errors=True)
    _note().unlink(missing_ok=True)


def running() -> Version | None:
    """Return the version that runs."""
    named = _note().read_text(encoding="utf-8") if _note().exists() else ""
    return VERSIONS.get(named) if named and is_started(_GROUP) else None


def api_address() -> str:
    """Return the API's address, for processes inside the network namespace."""
    service = got(f"--namespace={manifests.NAMESPACE}", "service/ml-pipeline")
    return f"http://{service['spec']['clusterIP']}:8888"


def _note() -> Path:
    return places.running() / "kubeflow.version"


def _scale(replicas: int) -> None:
    words = ("scale", "deployment", *manifests.DEPLOYMENTS, f"--replicas={replicas}")
    tried(f"--namespace={manifests.NAMESPACE}", *words)


def _start_servers(version: Version) -> None:
    """Start the database, the object store and ML Metadata, beside the pods."""
    state, run = version.state, places.running()
    state.mkdir(parents=True, exist_ok=True)
    socket, data = f"--socket={run}/mysql.sock", f"--datadir={state}/mysql"
    if not (state / "mysql" / "mysql").is_dir():
        words = ["--no-defaults", "--user=root", "--auth-root-authentication-method=normal", data]
        told(["mariadb-install-db", *words])
    start(
        "kubeflow-mariadb",
        "mariadbd",
        "--no-defaults",
        "--user=root",
        data,
        socket,
        "--skip-name-resolve",
        f"--pid-file={run}/mysql.pid",
        f"--bind-address={places.NODE_IP}",
        "--port=3306",
        "--innodb-flush-log-at-trx-commit=0",
        group=_GROUP,
    )
    store = [sys.executable, "-m", "moto.server", "-H", places.NODE_IP, "-p", "9000"]
    start("kubeflow-objects", *store, group=_GROUP, S3_IGNORE_SUBDOMAIN_BUCKETNAME="true")
    program = str(Path(__file__).with_name("metadata_server.py"))
    address, file = f"{places.NODE_IP}:8080", f"{state}/metadata.sqlite"
    start("kubeflow-metadata", sys.executable, program, address, file, group=_GROUP)
    ping = ["mariadb", socket, "--user=root", "--execute=SELECT 1"]
    wait_for("MariaDB", lambda: not told(ping, check=False).returncode, within_s=90)
    allow = "GRANT ALL ON *.* TO root@'%' IDENTIFIED BY '' WITH GRANT OPTION"
    told(["mariadb", socket, "--user=root", f"--execute={allow}"])
    bucket = inside(["curl", "-sf", "-X", "PUT", f"{_OBJECT_STORE}/mlpipeline"])
    wait_for("the object store", lambda: not told(bucket, check=False).returncode, within_s=90)
