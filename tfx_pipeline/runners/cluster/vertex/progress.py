"""Wait for a run on Vertex AI, and show what its steps do."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.runners.cluster.submission import ENDS, MARKS, Say, Status, Submitted, is_refusal
from tfx_pipeline.runners.cluster.vertex.api import VertexApi

POLL_S = 10.0
"""Seconds between two looks at a run."""

_ENDS: dict[str, Status] = {**ENDS, "PAUSED": "cancelled"}


def wait_for(api: VertexApi, submitted: Submitted, say: Say) -> Submitted:
    """Wait until the run ends; show each step when it begins and when it ends.

    Raises:
        PipelineError: Vertex AI answers no more; the run goes on.
    """
    name = f"{api.parent}/pipelineJobs/{submitted.run_id}"
    shown: set[tuple[str, str]] = set()
    while True:
        try:
            job = api.call(api.pipelines.get_pipeline_job, {"name": name})
        except PipelineError as error:
            what = f"{error.problems[0].what}; the run goes on"
            problem = Problem(
                what, name, error.problems[0].received, next_step=f"look at {submitted.url}"
            )
            raise type(error)([problem], "the run's state is not known") from error
        tasks = sorted(job.job_detail.task_details, key=_start_s)
        for task in tasks:
            line = _task_line(task, shown)
            if line:
                say(line)
        status = _ENDS.get(job.state.name.removeprefix("PIPELINE_STATE_"))
        if status:
            status, message = _end(status, job, tasks)
            return replace(submitted, status=status, message=message)
        time.sleep(POLL_S)


def _start_s(task: Any) -> float:
    return float(task.start_time.timestamp()) if task.start_time else 0.0


def _task_line(task: Any, shown: set[tuple[str, str]]) -> str | None:
    """Describe a step whose state is new."""
    key = (task.task_name, task.state.name)
    if task.state.name not in ("RUNNING", *MARKS) or key in shown:
        return None
    shown.add(key)
    if task.state.name == "RUNNING":
        return f"  … {task.task_name}"
    seconds = ""
    if task.start_time and task.end_time:
        seconds = f"  {(task.end_time - task.start_time).total_seconds():.0f} s"
    error = f"  {task.error.message}" if task.state.name == "FAILED" else ""
    return f"  {MARKS[task.state.name]} {task.task_name}{seconds}{error}"


def _end(status: Status, job: Any, tasks: list[Any]) -> tuple[Status, str | None]:
    """Give the run's status, and what there is to say of it."""
    if status == "succeeded":
        if _not_pushed(tasks):
            return "refused", "a gate refused: nothing was pushed"
        return status, None
    failed = [task for task in tasks if task.state.name == "FAILED"]
    reasons = [f"{task.task_name}: {task.error.message}" for task in failed]
    message = "; ".join(reasons) or job.error.message or None
    if failed and all(is_refusal(task.error.message) for task in failed):
        status = "refused"
    return status, message


def _not_pushed(tasks: list[Any]) -> bool:
    """Tell whether TFX's Pusher ran and marked its artifact as not pushed."""
    for task in tasks:
        if task.task_name == "Pusher" and "pushed_model" in task.outputs:
            artifacts = task.outputs["pushed_model"].artifacts
            return any(artifact.metadata.get("pushed") == 0 for artifact in artifacts)
    return False
