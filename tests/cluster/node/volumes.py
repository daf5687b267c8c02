"""Volumes: folders of this machine, since nothing in the cluster provisions any."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.cluster.node import places
from tests.cluster.node.kubectl import applied


def provide(claim: str, *, namespace: str, size: str = "100Gi", owner: int | None = None) -> Path:
    """Make a new volume that will be bound to one claim, and return its folder.

    Args:
        claim: name of the claim, which may come later.
        namespace: the claim's.
        size: at least what the claim asks for.
        owner: user and group of the folder, since a folder of this machine heeds no `fsGroup`;
            without, it belongs to root, as new volumes do.
    """
    folder = folder_of(claim, namespace=namespace)
    name = folder.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o755)
    if owner is not None:
        os.chown(folder, owner, owner)
    described = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": size},
            "accessModes": ["ReadWriteMany", "ReadWriteOnce", "ReadOnlyMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
            "hostPath": {"path": str(folder)},
            "claimRef": {"namespace": namespace, "name": claim},
        },
    }
    applied([described])
    return folder


def folder_of(claim: str, *, namespace: str) -> Path:
    """Return the folder of the volume that is bound to a claim."""
    return places.volumes() / f"{namespace}-{claim}"
