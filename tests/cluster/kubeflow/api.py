"""Kubeflow Pipelines' API as its clients see it, from inside the cluster's network."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.kubeflow.running import api_address
from tests.cluster.node.processes import ClusterError, inside, told

ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELED", "SKIPPED"})


def asked(method: str, path: str, content: Any = None) -> dict[str, Any]:
    """Ask the API, and return what it answers.

    Raises:
        ClusterError: it does not answer, or answers with a mistake.
    """
    words = ["curl", "-sS", "--max-time", "60", "-X", method, f"{api_address()}{path}"]
    words += ["-H", "Content-Type: application/json", "--data", "@-"] if content else []
    text = told(inside(words), given=json.dumps(content) if content else None).stdout
    found: dict[str, Any] = json.loads(text or "{}")
    if "error" in found and "run_id" not in found:
        raise ClusterError(f"{method} {path}: {text[:2000]}")
    return found


def started(file: Path, name: str, **parameters: Any) -> str:
    """Start a run of a compiled pipeline; return its id."""
    spec, *platform = yaml.safe_load_all(file.read_text(encoding="utf-8"))
    given = {"pipeline_spec": spec, "platform_spec": platform[0]} if platform else spec
    run = {
        "display_name": name,
        "pipeline_spec": given,
        "runtime_config": {"parameters": parameters},
    }
    return str(asked("POST", "/apis/v2beta1/runs", run)["run_id"])


def ended(run_id: str, *, within_s: float = 600) -> dict[str, Any]:
    """Wait until a run has ended, and return it."""
    end = time.monotonic() + within_s
    while True:
        run = asked("GET", f"/apis/v2beta1/runs/{run_id}")
        if run.get("state") in ENDED:
            return run
        if time.monotonic() > end:
            raise ClusterError(f"run {run_id} is {run.get('state')} after {within_s:g} s")
        time.sleep(2)


def run_ids(name: str = "") -> list[str]:
    """Return the ids of all runs, or of those of a name, the newest first."""
    found = asked("GET", "/apis/v2beta1/runs?page_size=100&sort_by=created_at%20desc")
    return [
        one["run_id"] for one in found.get("runs", ()) if not name or one["display_name"] == name
    ]
