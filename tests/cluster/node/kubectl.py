"""kubectl, as one who may do everything."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from typing import Any

import yaml

from tests.cluster.node import places
from tests.cluster.node.processes import ClusterError, inside, told, wait_for


def command(*words: str) -> list[str]:
    """Return the command line of kubectl with these words."""
    program = str(places.programs() / "kubectl")
    return inside([program, f"--kubeconfig={places.kubeconfig()}", *words])


def kubectl(*words: str, given: str | None = None, timeout_s: float = 300) -> str:
    """Run kubectl and return what it wrote.

    Raises:
        ClusterError: it refused, with its words.
    """
    return told(command(*words), given=given, timeout_s=timeout_s).stdout


def tried(
    *words: str, given: str | None = None, timeout_s: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run kubectl and return how it ended, whatever that is."""
    return told(command(*words), given=given, timeout_s=timeout_s, check=False)


def got(*words: str) -> dict[str, Any]:
    """Return an object, or a list of them, as `kubectl get` tells it."""
    found: dict[str, Any] = json.loads(kubectl("get", *words, "--output=json"))
    return found


def there(*words: str) -> bool:
    """Tell whether `kubectl get` finds something."""
    done = tried("get", *words, "--output=name")
    return done.returncode == 0 and bool(done.stdout.strip())


def applied(resources: Iterable[dict[str, Any]], *words: str) -> str:
    """Apply resources as the server itself merges them, and return what was said."""
    text = yaml.safe_dump_all(resources)
    return kubectl("apply", "--server-side", "--force-conflicts", *words, "-f", "-", given=text)


def built(folder: os.PathLike[str] | str) -> list[dict[str, Any]]:
    """Return what kubectl's kustomize makes of a folder."""
    done = told([str(places.programs() / "kubectl"), "kustomize", str(folder)])
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def until(*words: str, within_s: float = 120) -> None:
    """Wait as `kubectl wait` does, also for what is not there yet."""

    def holds() -> bool:
        return tried("wait", *words, "--timeout=5s").returncode == 0

    wait_for(f"kubectl wait {' '.join(words)}", holds, within_s=within_s)


def namespace(name: str, **labels: str) -> None:
    """Make a namespace, or set its labels."""
    metadata = {"name": name, "labels": labels}
    applied([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])


def removed_namespace(name: str, *, within_s: float = 180) -> None:
    """Delete a namespace with all in it, and the volumes that were bound there."""
    tried(f"--namespace={name}", "delete", "deployment,statefulset,job", "--all", "--wait=false")
    tried(f"--namespace={name}", "delete", "pods", "--all", "--grace-period=0", "--force")
    tried("delete", "namespace", name, "--wait=true", f"--timeout={within_s:g}s")
    if there("namespace", name):
        raise ClusterError(f"namespace {name} is still there after {within_s:g} s")
    for volume in got("persistentvolumes")["items"]:
        if volume["spec"].get("claimRef", {}).get("namespace") == name:
            tried("delete", "persistentvolume", volume["metadata"]["name"])
