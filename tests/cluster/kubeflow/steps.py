"""The pods of a run's steps, found by the command that they run."""

from __future__ import annotations

import itertools
from typing import Any

from tests.cluster.kubeflow.installation import SPACE
from tests.cluster.node import kubectl
from tests.cluster.node.processes import wait_for


def pods(step: str, run_id: str) -> list[dict[str, Any]]:
    """Return the pods in which a step was tried, the oldest first."""
    found = kubectl.got(SPACE, "pods", f"--selector=pipeline/runid={run_id}")["items"]
    chosen = [pod for pod in found if _runs(pod, step)]
    return sorted(chosen, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))


def running_pod(step: str, run_id: str, *, within_s: float = 600) -> dict[str, Any]:
    """Wait until a step's process runs, and return its pod."""
    found: list[dict[str, Any]] = []

    def there() -> bool:
        found[:] = [pod for pod in pods(step, run_id) if _has_begun(pod)]
        return bool(found)

    wait_for(f"a pod of {step} that runs", there, within_s=within_s, every_s=1)
    return found[-1]


def _runs(pod: dict[str, Any], step: str) -> bool:
    """Tell whether the pod's own command is that of the step, and not a driver's."""
    (main,) = [one for one in pod["spec"]["containers"] if one["name"] == "main"]
    words = [*main.get("command", ()), *main.get("args", ())]
    return ("--node-id", step) in set(itertools.pairwise(words))


def _has_begun(pod: dict[str, Any]) -> bool:
    states = pod["status"].get("containerStatuses", ())
    return any(one["name"] == "main" and "running" in one["state"] for one in states)


def said(pod: dict[str, Any]) -> str:
    """Return what a step wrote."""
    name = pod["metadata"]["name"]
    return kubectl.tried(SPACE, "logs", name, "--container=main").stdout
