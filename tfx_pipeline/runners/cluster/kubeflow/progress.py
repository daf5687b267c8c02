"""Look at a run of Kubeflow Pipelines: its API, what its steps wrote, and its pods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.runners.cluster.compiled_tasks import ir_place, planned_tasks
from tfx_pipeline.runners.cluster.following import follow
from tfx_pipeline.runners.cluster.kubeflow import pod_reasons
from tfx_pipeline.runners.cluster.kubeflow.connection import Connection
from tfx_pipeline.runners.cluster.kubeflow.pods import RUN_LABEL, Pods
from tfx_pipeline.runners.cluster.kubeflow.requests import body_message
from tfx_pipeline.runners.cluster.kubeflow.runs import find_run
from tfx_pipeline.runners.cluster.kubeflow.tasks import run_end, spec_of, tasks_now
from tfx_pipeline.runners.cluster.outcome_files import OutcomeFiles
from tfx_pipeline.runners.cluster.run_report import (
    RunReport,
    StepReport,
    Task,
    run_message,
    run_status,
)
from tfx_pipeline.runners.cluster.step_reports import step_reports
from tfx_pipeline.runners.cluster.submission import Say, Submitted
from tfx_pipeline.runners.node.artifacts_root import root_above
from tfx_pipeline.runners.steps.step_outcome import StepOutcome

POLL_S = 5.0
"""Seconds between two looks at a run."""


def wait_for(
    config: PipelineConfig, there: Connection, submitted: Submitted, say: Say
) -> Submitted:
    """Look at the run until it has ended; show what is new.

    Raises:
        PipelineError: the service answers no more; the run goes on.
    """
    run = RunOfKubeflow(config, there, submitted.run_id)
    report = follow(run.look, say, POLL_S, submitted.url)
    return replace(submitted, status=report.status, message=report.message or None)


def report_of(config: PipelineConfig, there: Connection, wanted: str) -> RunReport:
    """Look once at the run that has this id or name.

    Raises:
        ConfigError: there is none, or there are several.
        PipelineError: the service does not answer, or refuses.
    """
    return RunOfKubeflow(config, there, find_run(there, wanted)).look()


class RunOfKubeflow:
    """One run, which can be looked at again and again."""

    def __init__(self, config: PipelineConfig, there: Connection, run_id: str) -> None:
        self._config, self._client = config, there.client
        self._run_id, self._url = run_id, there.url_of(run_id)
        self._planned: dict[str, Task] | None = None
        self._outcomes: OutcomeFiles | None = None
        self._pods = Pods(config.environment.kubeflow.namespace, run_id)
        self._seen_canceling = False

    def look(self) -> RunReport:
        """Say what is known of it now.

        Raises:
            PipelineError: the service does not answer, or refuses.
        """
        run = self._client.get_run(self._run_id)
        self._seen_canceling |= str(run.state or "").upper() in ("CANCELING", "CANCELLING")
        status = run_end(run, seen_canceling=self._seen_canceling)
        planned, files = self._plan(run)
        tasks = tasks_now(planned, run)
        outcomes = files.read(node_id for task in tasks.values() for node_id in task.node_ids)
        if status == "submitted" and not any(task.state for task in tasks.values()):
            tasks = self._not_begun(tasks, outcomes)
        tasks = self._with_pods(tasks, outcomes, ended=status != "submitted")
        now = datetime.now(timezone.utc)
        steps = step_reports([*tasks.values()], outcomes, now, stopped=status == "stopped")
        own = body_message(run.error.message) if run.error else ""
        if not own and self._seen_canceling and status == "submitted":
            own = "it is being stopped"
        message = run_message(steps, own) if status != "succeeded" else ""
        return RunReport(
            self._run_id,
            str(run.display_name or ""),
            self._url,
            run_status(status, steps),
            steps,
            message,
            self._hints(files, steps),
        )

    def _plan(self, run: Any) -> tuple[dict[str, Task], OutcomeFiles]:
        """Read once what the run does, and where its steps write."""
        if self._planned is None or self._outcomes is None:
            spec = spec_of(run) or self._uploaded_spec(run)
            self._planned = planned_tasks(spec)
            root = root_above(ir_place(spec)) or self._config.root_uri
            self._outcomes = OutcomeFiles(self._config, root, self._run_id)
        return self._planned, self._outcomes

    def _uploaded_spec(self, run: Any) -> dict[str, Any]:
        """Ask for a pipeline that the run only refers to."""
        reference = run.pipeline_version_reference
        if reference is None:
            return {}
        try:
            return spec_of(
                self._client.get_pipeline_version(
                    reference.pipeline_id, reference.pipeline_version_id
                )
            )
        except PipelineError:
            return {}

    def _with_pods(
        self, tasks: Mapping[str, Task], outcomes: Mapping[str, StepOutcome], *, ended: bool
    ) -> dict[str, Task]:
        """Add why tasks wait, or failed without a word, as far as pods say it."""
        silent = {name: task for name, task in tasks.items() if _is_silent(task, outcomes)}
        needed = {"FAILED"} if ended else {"FAILED", "PENDING", "RUNNING"}
        pods = self._pods.look() if {task.state for task in silent.values()} & needed else []
        found = dict(tasks)
        for pod in pods:
            name = pod_reasons.task_of(pod)
            if name in silent:
                found[name] = self._with_pod(found[name], pod)
        if self._pods.hint and not ended:
            found = {name: self._unseen(task, outcomes) for name, task in found.items()}
        return found

    def _not_begun(
        self, tasks: Mapping[str, Task], outcomes: Mapping[str, StepOutcome]
    ) -> dict[str, Task]:
        """Say of a run of which Argo knows nothing yet where to look; of its first step."""
        there = self._pods.namespace
        look = (
            f"kubectl describe workflows -n {there} -l {RUN_LABEL}={self._run_id}; is its"
            f" controller well? kubectl get pods -n {there} -l app=workflow-controller"
        )
        waits = Problem("Kubeflow has begun no step yet", self._run_id, next_step=look)
        first = next(iter(tasks), None)
        if first is None or outcomes:
            return {**tasks}
        return {**tasks, first: replace(tasks[first], waits=waits)}

    def _with_pod(self, task: Task, pod: Mapping[str, Any]) -> Task:
        name, step, there = pod_reasons.name_of(pod), task.node_ids[0], self._pods.namespace
        waits = pod_reasons.why_it_waits(pod, there, step, lambda: self._pods.warnings(name))
        if waits is not None and task.state != "FAILED":
            return replace(task, waits=waits)
        problems = pod_reasons.why_it_failed(pod, there, step, lambda: self._pods.log(name))
        return replace(task, problems=problems or task.problems)

    def _unseen(self, task: Task, outcomes: Mapping[str, StepOutcome]) -> Task:
        """Say of a task that seems not to have begun how to see why."""
        begun = any(each in outcomes for each in task.node_ids)
        known = self._outcomes is not None and not self._outcomes.hint
        if begun or not (task.state == "PENDING" or (known and task.state == "RUNNING")):
            return task
        look = f"{self._pods.command}; kubectl describe pod -n {self._pods.namespace} NAME"
        unseen = self._pods.hint or None
        return replace(task, waits=Problem("it has not begun", task.name, unseen, next_step=look))

    def _hints(self, files: OutcomeFiles, steps: tuple[StepReport, ...]) -> tuple[str, ...]:
        """Say what cannot be seen from here, once it would be of use."""
        hints: list[str] = []
        bad = any(step.status in ("failed", "refused") for step in steps)
        if bad:
            hints += files.hints
        if self._pods.hint and any(step.status == "failed" and not step.problems for step in steps):
            hints.append(self._pods.hint)
        return tuple(hints)


def _is_silent(task: Task, outcomes: Mapping[str, StepOutcome]) -> bool:
    """Tell a task whose steps do not say themselves how they are."""
    known = [outcomes[each] for each in task.node_ids if each in outcomes]
    if any(each.problems for each in known):
        return False
    lost = any(attempt.ended is None for each in known for attempt in each.attempts[:-1])
    return not known or lost or task.state == "FAILED"
