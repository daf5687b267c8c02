"""How long taxi takes on a real Kubeflow Pipelines, beside the same run in one process of a pod.

    python -m tests.cluster up --kubeflow 2.17
    python -m benchmarks.cluster_runs [--repeat 3] [--fuse none,light,all]

Both use the same image on the same node: the process in the toolbox, and runs whose steps have a
container each, share one where they are light, or all share one. Nothing is cached. Of each pod it
is said what it waited for: from its creation to the start of its container, from there to the
node's first record, and the step itself.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.cluster.kubeflow import api
from tests.cluster.kubeflow.installation import SPACE, TOOLBOX, Installation, install
from tests.cluster.node import kubectl

ROOT = Path(__file__).resolve().parents[1]
_ANEW = "--set=environment.cache=false"
_IN_PROCESS = (
    "run --env local --no-cache --set=environment.pipeline_root=/project/out"
    " --set=environment.metadata.path=/project/metadata.db --set=push.base_directory=/project/model"
)


@dataclass(frozen=True)
class Pod:
    """Seconds of a pod: until its container started, and how long that worked.

    `to_first_record` is from the start of the container to what the node writes first; none: it
    is one of Kubeflow's own drivers.
    """

    to_start: float
    worked: float
    to_first_record: float | None


def main() -> None:
    """Measure in turn, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--fuse", default="none,light,all", help="which of them, e.g. all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        installation = install(ROOT, Path(folder))
        walls: dict[str, list[float]] = {}
        pods: dict[str, list[Pod]] = {}
        for _ in range(options.repeat):
            walls.setdefault("in process", []).append(_seconds(_run_in_process))
            for fuse in options.fuse.split(","):
                seconds, made = _run_in_cluster(installation, fuse)
                walls.setdefault(fuse, []).append(seconds)
                pods.setdefault(fuse, []).extend(made)
    _print(walls, pods, options.repeat)


def _print(walls: dict[str, list[float]], pods: dict[str, list[Pod]], repeat: int) -> None:
    alone = statistics.median(walls["in process"])
    print(f"taxi, median of {repeat}: seconds, and times the run in one process")
    for name, values in walls.items():
        wall = statistics.median(values)
        print(f"  {name:<12}{wall:7.1f} s {wall / alone:6.2f} x")
        own = [pod for pod in pods.get(name, ()) if pod.to_first_record is not None]
        theirs = [pod for pod in pods.get(name, ()) if pod.to_first_record is None]
        for kind, some in (("steps", own), ("drivers", theirs)):
            if some:
                start = statistics.median(pod.to_start for pod in some)
                work = statistics.median(pod.worked for pod in some)
                count = len(some) / repeat
                print(f"      {count:4.0f} pods of {kind:<8}{start:5.1f} s to start, {work:5.1f} s")
        if own:
            first = statistics.median(pod.to_first_record or 0.0 for pod in own)
            print(f"      from a container's start to the node's first record {first:.1f} s")


def _seconds(action: Callable[[], object]) -> float:
    began = time.monotonic()
    action()
    return time.monotonic() - began


def _run_in_process() -> None:
    words = f"rm -rf /project/out /project/model /project/metadata.db; tfx-pipeline {_IN_PROCESS}"
    kubectl.kubectl(SPACE, "exec", TOOLBOX, "--", "sh", "-c", words, timeout_s=900)


def _run_in_cluster(installation: Installation, fuse: str) -> tuple[float, list[Pod]]:
    """Submit, and wait; give the seconds from the run's creation to its end, and its pods."""
    status, text = installation.submit(f"--set=environment.fuse={fuse}", _ANEW, "--wait")
    assert status == 0, text
    run = api.asked("GET", f"/apis/v2beta1/runs/{api.run_ids()[0]}")
    seconds = _moment(run["finished_at"]) - _moment(run["created_at"])
    folder = installation.artifacts / "taxi" / "runs" / run["run_id"]
    outcomes = [json.loads(file.read_text("utf-8")) for file in folder.glob("*.json")]
    began: dict[str, float] = {}
    for each in outcomes:
        attempt = each["attempts"][-1]
        first = _moment(attempt["began"])
        began[attempt["pod"]] = min(first, began.get(attempt["pod"], first))
    found = kubectl.got(SPACE, "pods", f"--selector=pipeline/runid={run['run_id']}")["items"]
    return seconds, [_pod(each, began) for each in found]


def _pod(pod: dict[str, Any], began: dict[str, float]) -> Pod:
    (main,) = [each for each in pod["status"]["containerStatuses"] if each["name"] == "main"]
    ended = main["state"]["terminated"]
    start = _moment(ended["startedAt"])
    first = began.get(pod["metadata"]["name"])
    return Pod(
        start - _moment(pod["metadata"]["creationTimestamp"]),
        _moment(ended["finishedAt"]) - start,
        None if first is None else first - start,
    )


def _moment(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


if __name__ == "__main__":
    main()
