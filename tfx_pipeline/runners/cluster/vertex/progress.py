"""Look at a run on Vertex AI: its API, and what its steps wrote where they are ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import PipelineError
from tfx_pipeline.runners.cluster.compiled_tasks import ir_place, planned_tasks
from tfx_pipeline.runners.cluster.following import follow
from tfx_pipeline.runners.cluster.outcome_files import OutcomeFiles
from tfx_pipeline.runners.cluster.run_report import (
    RunReport,
    Task,
    run_message,
    run_status,
)
from tfx_pipeline.runners.cluster.step_reports import step_reports
from tfx_pipeline.runners.cluster.submission import (
    ENDS,
    Say,
    ServiceAwayError,
    Status,
    Submitted,
)
from tfx_pipeline.runners.cluster.vertex.api import VertexApi
from tfx_pipeline.runners.cluster.vertex.runs import find_run, url_of
from tfx_pipeline.runners.node.artifacts_root import root_above
from tfx_pipeline.runners.steps.step_outcome import StepOutcome

POLL_S = 10.0
"""Seconds between two looks at a run."""

_ENDS: dict[str, Status] = {**ENDS, "PAUSED": "stopped"}
_UUID_LABEL = "vertex-ai-pipelines-run-billing-id"
NOTHING_PUSHED = "a gate refused: nothing was pushed"


def wait_for(config: PipelineConfig, api: VertexApi, submitted: Submitted, say: Say) -> Submitted:
    """Look at the run until it has ended; show what is new.

    Raises:
        PipelineError: Vertex AI answers no more; the run goes on.
    """
    run = RunOfVertex(config, api, submitted.run_id, submitted.url)
    report = follow(run.look, say, POLL_S, submitted.url)
    return replace(submitted, status=report.status, message=report.message or None)


def report_of(config: PipelineConfig, api: VertexApi, wanted: str) -> RunReport:
    """Look once at the run that has this id or name.

    Raises:
        ConfigError: there is none, or there are several.
        PipelineError: Vertex AI does not answer, or refuses.
    """
    run_id = find_run(api, wanted)
    return RunOfVertex(config, api, run_id, url_of(api, run_id)).look()


class RunOfVertex:
    """One run, which can be looked at again and again."""

    def __init__(self, config: PipelineConfig, api: VertexApi, run_id: str, url: str) -> None:
        self._config, self._api = config, api
        self._run_id, self._url = run_id, url
        self._planned: dict[str, Task] | None = None
        self._outcomes: list[OutcomeFiles] = []

    def look(self) -> RunReport:
        """Say what is known of it now.

        Raises:
            PipelineError: Vertex AI does not answer, or refuses.
        """
        job = self._job()
        rows = sorted(job.job_detail.task_details, key=_start_s)
        if self._planned is None:
            self._planned = planned_tasks(_spec_of(job))
        tasks = _tasks_now(self._planned, rows)
        outcomes = self._read(job, tasks)
        state = job.state.name.removeprefix("PIPELINE_STATE_")
        status = _ENDS.get(state, "submitted")
        now = datetime.now(timezone.utc)
        steps = step_reports(tasks, outcomes, now, stopped=status == "stopped")
        message = run_message(steps, job.error.message if status != "failed" else "")
        if status == "failed" and not message:
            message = job.error.message
        if status == "succeeded":
            status, message = ("refused", NOTHING_PUSHED) if _not_pushed(rows) else (status, "")
        is_over = status != "submitted"
        hints = [hint for files in self._outcomes for hint in files.hints if is_over]
        status = run_status(status, steps)
        name = str(job.display_name)
        return RunReport(self._run_id, name, self._url, status, steps, message, tuple(hints))

    def _job(self) -> Any:
        name = f"{self._api.parent}/pipelineJobs/{self._run_id}"
        try:
            return self._api.call(self._api.pipelines.get_pipeline_job, {"name": name})
        except PipelineError as error:
            if type(error) is PipelineError:  # see `service_error`: a temporary one
                raise ServiceAwayError(error.problems, error.title) from error
            raise

    def _read(self, job: Any, tasks: list[Task]) -> Mapping[str, StepOutcome]:
        """Read what the steps wrote; TFX's own containers write nothing."""
        if self._config.environment.vertex.rendering == "native":
            return {}
        if not self._outcomes:
            ids = [self._run_id, str(job.labels.get(_UUID_LABEL, ""))]
            root = root_above(ir_place(_spec_of(job))) or self._config.root_uri
            self._outcomes = [OutcomeFiles(self._config, root, each) for each in ids if each]
        found: dict[str, StepOutcome] = {}
        for files in self._outcomes:
            found |= files.read(node_id for task in tasks for node_id in task.node_ids)
        return found


def _start_s(task: Any) -> float:
    return float(task.start_time.timestamp()) if task.start_time else 0.0


def _spec_of(job: Any) -> dict[str, Any]:
    """Take the compiled pipeline from what the API says of a run."""
    return dict(type(job).to_dict(job).get("pipeline_spec") or {})


def _tasks_now(planned: Mapping[str, Task], rows: Sequence[Any]) -> list[Task]:
    """Say of each planned task what its row says now; without a plan, of each row."""
    if not planned:
        return [_with_row(Task(row.task_name, (row.task_name,)), row) for row in rows]
    by_name = {row.task_name: row for row in rows}
    found = []
    for name, task in planned.items():
        row = by_name.get(name) or by_name.get(task.name)
        found.append(task if row is None else _with_row(task, row))
    return found


def _with_row(task: Task, row: Any) -> Task:
    state = row.state.name
    message = row.error.message if state == "FAILED" else ""
    if state in ("NOT_TRIGGERED", "STATE_UNSPECIFIED"):
        state = ""
    started, ended = row.start_time or None, row.end_time or None
    return replace(task, state=state, started=started, ended=ended, message=message)


def _not_pushed(rows: list[Any]) -> bool:
    """Tell whether TFX's Pusher ran and marked its artifact as not pushed."""
    for row in rows:
        if row.task_name == "Pusher" and "pushed_model" in row.outputs:
            artifacts = row.outputs["pushed_model"].artifacts
            return any(artifact.metadata.get("pushed") == 0 for artifact in artifacts)
    return False
