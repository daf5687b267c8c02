"""Wait for a run on Vertex AI, and show what its steps do."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.runners.cluster.submit_options import Status
from tfx_pipeline.runners.cluster.vertex.api import VertexApi

POLL_S = 10.0
"""Seconds between two looks at a run."""

_ENDS: dict[str, Status] = {
    "PIPELINE_STATE_SUCCEEDED": "succeeded",
    "PIPELINE_STATE_FAILED": "failed",
    "PIPELINE_STATE_CANCELLED": "cancelled",
    "PIPELINE_STATE_PAUSED": "cancelled",
}
_MARKS = {"SUCCEEDED": "✓", "SKIPPED": "=", "FAILED": "✗", "CANCELLED": "✗"}
_SHOWN = ("RUNNING", *_MARKS)
_GATE_REFUSED = re.compile(r"non-zero (?:exit )?(?:status|code)(?: of)?:? 3\b")


@dataclass(frozen=True)
class End:
    """How a run ended; see `submission.Submitted`."""

    status: Status
    message: str | None = None


def wait_for(api: VertexApi, run_id: str, url: str, say: Callable[[str], None]) -> End:
    """Wait until the run ends; show each step when it begins and when it ends.

    Raises:
        PipelineError: Vertex AI answers no more; the run goes on.
    """
    name = f"{api.parent}/pipelineJobs/{run_id}"
    shown: set[tuple[str, str]] = set()
    while True:
        try:
            job = api.call(api.pipelines.get_pipeline_job, {"name": name})
        except PipelineError as error:
            what = f"{error.problems[0].what}; the run goes on"
            problem = Problem(what, name, error.problems[0].received, next_step=f"look at {url}")
            raise type(error)([problem], "the run's state is not known") from error
        tasks = sorted(job.job_detail.task_details, key=_start_s)
        for task in tasks:
            line = _task_line(task, shown)
            if line:
                say(line)
        status = _ENDS.get(job.state.name)
        if status:
            return _end(status, job, tasks)
        time.sleep(POLL_S)


def _start_s(task: Any) -> float:
    return float(task.start_time.timestamp()) if task.start_time else 0.0


def _task_line(task: Any, shown: set[tuple[str, str]]) -> str | None:
    """Describe a step whose state is new."""
    key = (task.task_name, task.state.name)
    if task.state.name not in _SHOWN or key in shown:
        return None
    shown.add(key)
    if task.state.name == "RUNNING":
        return f"  … {task.task_name}"
    seconds = ""
    if task.start_time and task.end_time:
        seconds = f"  {(task.end_time - task.start_time).total_seconds():.0f} s"
    error = f"  {task.error.message}" if task.state.name == "FAILED" else ""
    return f"  {_MARKS[task.state.name]} {task.task_name}{seconds}{error}"


def _end(status: Status, job: Any, tasks: list[Any]) -> End:
    if status == "succeeded":
        return (
            End("refused", "a gate refused: nothing was pushed")
            if _not_pushed(tasks)
            else End(status)
        )
    failed = [task for task in tasks if task.state.name == "FAILED"]
    reasons = [f"{task.task_name}: {task.error.message}" for task in failed]
    message = "; ".join(reasons) or job.error.message or None
    if failed and all(_GATE_REFUSED.search(task.error.message) for task in failed):
        return End("refused", message)
    return End(status, message)


def _not_pushed(tasks: list[Any]) -> bool:
    """Tell whether TFX's Pusher ran and marked its artifact as not pushed."""
    for task in tasks:
        if task.task_name == "Pusher" and "pushed_model" in task.outputs:
            artifacts = task.outputs["pushed_model"].artifacts
            return any(artifact.metadata.get("pushed") == 0 for artifact in artifacts)
    return False
