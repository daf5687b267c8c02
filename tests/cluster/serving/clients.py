"""Pods that call the model server, and what they saw."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster import pipeline_image
from tests.cluster.node import kubectl

ROW = {
    "trip_miles": [3.2],
    "trip_seconds": [720],
    "fare": [12.5],
    "pickup_latitude": [41.88],
    "pickup_longitude": [-87.63],
    "dropoff_latitude": [41.9],
    "dropoff_longitude": [-87.64],
    "trip_start_hour": [9],
    "trip_start_day": [2],
    "trip_start_month": [5],
    "pickup_community_area": [8],
    "dropoff_community_area": [32],
    "payment_type": ["Cash"],
    "company": ["Blue Ribbon Taxi Association Inc."],
}
_ALLOWED = {"model-server-client": "true"}


@dataclass(frozen=True)
class Seen:
    """What callers saw: calls answered, made a second time, failed; and the last failures."""

    answered: int
    again: int
    failed: int
    failures: tuple[str, ...] = ()


def client_pod(
    name: str, namespace: str, command: list[str], *, is_allowed: bool = True
) -> dict[str, Any]:
    """Return a pod of our image that may call the server, or bears no label that says so."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": _ALLOWED if is_allowed else {},
        },
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "tolerations": [{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}],
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "client",
                    "image": pipeline_image.NAME,
                    "command": command,
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "volumeMounts": [{"name": "files", "mountPath": "/files"}],
                }
            ],
            "volumes": [{"name": "files", "configMap": {"name": "client"}}],
        },
    }


def put_files(namespace: str) -> None:
    """Put the program of the callers, and a question, where the pods find them."""
    program = Path(__file__).with_name("caller.py").read_text(encoding="utf-8")
    data = {"caller.py": program, "request.json": json.dumps({"instances": [ROW]})}
    metadata = {"name": "client", "namespace": namespace}
    kubectl.applied([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}])


@contextmanager
def callers(namespace: str, host: str, *, count: int = 4) -> Iterator[list[Seen]]:
    """Call without pause while the block runs; what they saw is in the list after it."""
    words = ["python3", "/files/caller.py", host, "8501", "taxi", "/files/request.json"]
    name = f"callers-{time.time_ns() % 10**9}"
    kubectl.applied([client_pod(name, namespace, [*words, str(count)])])
    kubectl.until("--for=condition=Ready", f"--namespace={namespace}", f"pod/{name}")
    time.sleep(3)
    seen: list[Seen] = []
    try:
        yield seen
        time.sleep(3)
        lines = kubectl.kubectl(f"--namespace={namespace}", "logs", name, "--tail=1").splitlines()
        said = json.loads(lines[-1])
        seen.append(Seen(**{**said, "failures": tuple(said["failures"])}))
    finally:
        kubectl.tried(f"--namespace={namespace}", "delete", "pod", name, "--wait=false")


def exec_in(namespace: str, pod: str, *command: str, timeout_s: float = 120) -> tuple[int, str]:
    """Run a command in a pod; return its status, and what it wrote."""
    done = kubectl.tried(
        f"--namespace={namespace}", "exec", pod, "--", *command, timeout_s=timeout_s
    )
    return done.returncode, done.stdout + done.stderr
