"""Wait for a run of Kubeflow Pipelines, and show how it gets on."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from tfx_pipeline.errors import PipelineError
from tfx_pipeline.runners.cluster.kubeflow.requests import body_message
from tfx_pipeline.runners.cluster.submission import ENDS, MARKS, Say, Submitted, is_refusal

POLL_S = 5.0
"""Seconds between two looks at a run."""


def wait_for(client: Any, package: Path, submitted: Submitted, say: Say) -> Submitted:
    """Look at the run until it has ended; show each step as it ends.

    The compiled pipeline, the `package`, has the names of the steps.

    Raises:
        PipelineError: the service answers no more; the run goes on.
    """
    spec = next(yaml.safe_load_all(package.read_text(encoding="utf-8")))
    tasks = spec["root"]["dag"]["tasks"]
    names = {name: task["taskInfo"]["name"] for name, task in tasks.items()}
    names |= {shown: shown for shown in names.values()}
    shown: set[tuple[str, str]] = set()
    while True:
        try:
            run = client.get_run(submitted.run_id)
        except PipelineError as error:
            title = f"{error.title}; the run goes on: {submitted.url}"
            raise PipelineError(error.problems, title) from error
        details = (run.run_details and run.run_details.task_details) or ()
        messages = _show_steps(details, names, shown, say)
        status = ENDS.get(str(run.state).upper())
        if status is not None:
            own = body_message(run.error.message) if run.error else ""
            message = "; ".join([*filter(None, [own]), *messages]) or None
            if status == "failed" and message and is_refusal(message):
                status = "refused"
            return replace(submitted, status=status, message=message)
        time.sleep(POLL_S)


def _show_steps(
    details: Any, names: dict[str, str], shown: set[tuple[str, str]], say: Say
) -> list[str]:
    """Print the steps that have ended since; give what those that failed say."""
    messages = []
    for task in details:
        step, state = names.get(task.display_name), str(task.state).upper()
        if step is None or state not in MARKS:
            continue
        if state == "FAILED":
            text = body_message(task.error.message) if task.error else ""
            messages.append(f"{step}: {text}" if text else f"{step} failed")
        if (step, state) in shown:
            continue
        shown.add((step, state))  # an attempt that failed may be followed by one that does not
        seconds = ""
        if task.start_time and task.end_time:
            seconds = f"{(task.end_time - task.start_time).total_seconds():6.1f} s"
        say(f"  {MARKS[state]} {step:<30} {seconds}".rstrip())
    return messages
