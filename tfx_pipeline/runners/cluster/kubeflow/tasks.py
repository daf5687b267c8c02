"""The tasks of a run of Kubeflow Pipelines: what the compiled pipeline, and the API, say of them.

The API has a row for each node of Argo's workflow (backend/src/apiserver: `toModelTasks` and
`toApiPipelineTaskDetail` in server/api_converter.go, the same at 2.4.1 and 2.17.0). Only these are
of use: `<task>`, which ends when its last attempt has, and `<task>-driver`, which prepares it.
Rows `<task>(0)`, `executor`, `executor(0)` are parts and attempts; nothing in a row says of which
task an `executor` is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from tfx_pipeline.runners.cluster.kubeflow.requests import body_message
from tfx_pipeline.runners.cluster.run_report import Task
from tfx_pipeline.runners.cluster.submission import ENDS, Status

_DRIVER = "-driver"


def spec_of(run: Any) -> dict[str, Any]:
    """Take the compiled pipeline from what the API says of a run; empty: it was uploaded before.

    Beside a platform spec, the pipeline spec is a part of the document.
    """
    document = run.pipeline_spec if isinstance(run.pipeline_spec, Mapping) else {}
    return dict(document.get("pipeline_spec") or document)


def tasks_now(planned: Mapping[str, Task], run: Any) -> dict[str, Task]:
    """Say of each planned task what the API says of it now."""
    rows = {
        row.display_name: row for row in (run.run_details and run.run_details.task_details) or ()
    }
    found = {}
    for name, task in planned.items():
        row = rows.get(name) or rows.get(task.name)
        driver = rows.get(f"{name}{_DRIVER}")
        if row is not None:
            task = _with_row(task, row)
        elif driver is not None and _state(driver) == "FAILED":
            task = replace(
                _with_row(task, driver), message="its driver failed, before the step began"
            )
        elif driver is not None:
            task = replace(task, state="PENDING")
        found[name] = task
    return found


def _with_row(task: Task, row: Any) -> Task:
    started, ended = _time(row.start_time), _time(row.end_time)
    message = body_message(row.error.message) if row.error else ""
    return replace(task, state=_state(row), started=started, ended=ended, message=message)


def _state(row: Any) -> str:
    state = str(row.state or "").upper()
    return "" if state == "RUNTIME_STATE_UNSPECIFIED" else state


def _time(time: datetime | None) -> datetime | None:
    """Leave out the year 1, which the server writes for a time that has not come."""
    return time if time is not None and time.year > 1970 else None


def run_end(run: Any, *, seen_canceling: bool) -> Status:
    """Say what came of a run, by the API alone; `submitted`: it has not ended.

    Who terminates a run gets `CANCELING`, and at its end Argo's state, which is `FAILED`
    (`ReportWorkflowResource`, resource/resource_manager.go); the history keeps both. A run that
    is retried goes on below its history.
    """
    state = str(run.state or "").upper()
    if state != "FAILED":
        return ENDS.get(state, "submitted")
    states = [str(each.state or "").upper() for each in run.state_history or ()]
    working = [place for place, each in enumerate(states) if each in ("PENDING", "RUNNING")]
    since = states[working[-1] + 1 if working else 0 :]
    return "stopped" if seen_canceling or "CANCELING" in since else "failed"
