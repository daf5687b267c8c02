"""Runs a compiled pipeline as Kubeflow Pipelines and Argo do, without Kubernetes."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.emulators.kfp import pods
from tests.emulators.kfp.api_server import Template, checked_parameters, read_template
from tests.emulators.kfp.compiler import Retry, Task, Workflow, compile_workflow
from tests.emulators.kfp.driver import Driven, Run, drive
from tests.emulators.kfp.launcher import launched, pod_status
from tests.emulators.kfp.refusals import NotKnown, Refused
from tests.emulators.kfp.versions import VERSIONS

RunCommand = Callable[[list[str], Mapping[str, str], Path], int]
"""Runs a container's command with more environment, its output in a file; gives its status, or
raises `PodLost`."""

_ARGO = re.compile(r"\{\{(?!\$)")


class PodLost(Exception):  # noqa: N818 - nobody's mistake
    """A pod vanished with its machine, or was deleted by force: Argo's `Error`."""


def as_subprocess(command: list[str], environment: Mapping[str, str], log: Path) -> int:
    """Run a command as a process of its own."""
    with log.open("ab") as stream:
        return subprocess.run(
            command, env={**os.environ, **environment}, stdout=stream, stderr=stream, check=False
        ).returncode


def compiled(file: Path, version: str = "2.17") -> Template:
    """Read a compiled pipeline as the back end does, and refuse what it or Argo would."""
    template = read_template(file.read_text(encoding="utf-8"))
    defaults = template.spec["root"].get("inputDefinitions", {}).get("parameters", {})
    parameters = {name: each.get("defaultValue") for name, each in defaults.items()}
    _checked(compile_workflow(template, parameters, "0", VERSIONS[version]))
    assert set(template.kubernetes) <= {template.executor(name) for name in template.tasks}
    return template


def _checked(workflow: Workflow) -> Workflow:
    """Refuse what Kubernetes does of the Workflow's own name, and Argo of its tasks.

    Names of tasks become names of templates, and of pods; Argo's workflow/validate/validate.go.
    """
    if not pods.DNS_SUBDOMAIN.fullmatch(workflow.pipeline):
        raise Refused("kubernetes", f'metadata.generateName: Invalid value: "{workflow.pipeline}-"')
    for name, task in workflow.tasks.items():
        if not pods.DNS_LABEL.fullmatch(name):
            raise Refused("argo", f"name: {name!r} is invalid")
        if unknown := sorted(task.upstream - set(workflow.tasks)):
            raise Refused("argo", f"dependency '{unknown[0]}' not defined")
    return workflow


@dataclass
class KfpRun:
    """What came of a run.

    Attributes:
        states: SUCCEEDED or FAILED by task; tasks that never started are absent.
        attempts: statuses of each task's commands, attempt by attempt; -1 of a pod that was lost.
        refusals: why a task failed before its command began.
        started: tasks in the order in which they began.
        most_at_once: tasks that ran at the same time.
        pods: the pod of each task, as the driver patched it.
    """

    states: dict[str, str] = field(default_factory=dict)
    attempts: dict[str, list[int]] = field(default_factory=dict)
    refusals: dict[str, Refused] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    most_at_once: int = 0
    pods: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether every task that began did its work."""
        return set(self.states.values()) == {"SUCCEEDED"}


@dataclass
class KfpEmulator:
    """A cluster.

    Attributes:
        folder: where the logs of the tasks go.
        run_command: how a container's command is run.
        secrets, config_maps: values of Kubernetes, by name and key.
        parallel: tasks that run at once, at most.
        version: of Kubeflow Pipelines, in `versions.VERSIONS`.
        clock: seconds; waits between attempts are added to it, not waited.
    """

    folder: Path
    run_command: RunCommand = as_subprocess
    secrets: pods.Values = field(default_factory=dict)
    parallel: int = 2
    version: str = "2.17"
    config_maps: pods.Values = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic

    def run(self, file: Path, run_id: str, parameters: Mapping[str, Any] | None = None) -> KfpRun:
        """Create a run of a compiled pipeline, and wait for its end.

        Raises:
            Refused: if it cannot be created.
        """
        template = read_template(file.read_text(encoding="utf-8"))
        values = checked_parameters(template, parameters or {})
        workflow = _checked(compile_workflow(template, values, run_id, VERSIONS[self.version]))
        run = KfpRun()
        running: dict[Future[bool], str] = {}
        with ThreadPoolExecutor(self.parallel) as pool:
            while True:
                failed = "FAILED" in run.states.values()  # Argo's failFast
                for name in [] if failed else _ready(workflow, run):
                    if len(running) < self.parallel:
                        run.started.append(name)
                        task = workflow.tasks[name]
                        running[pool.submit(self._run_task, workflow, task, run_id, run)] = name
                run.most_at_once = max(run.most_at_once, len(running))
                if not running:
                    return run
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    run.states[running.pop(done)] = "SUCCEEDED" if done.result() else "FAILED"

    def log(self, task: str) -> str:
        """Give what a task printed, in all its attempts."""
        return (self.folder / f"{task}.log").read_text(encoding="utf-8", errors="replace")

    def _run_task(self, workflow: Workflow, task: Task, run_id: str, run: KfpRun) -> bool:
        version = VERSIONS[self.version]
        try:
            driven = drive(workflow, task, Run(run_id), version)
            run.pods[task.name] = driven.pod
            pods.check_pod(driven.pod, task.labels)
            statuses = run.attempts.setdefault(task.name, [])
            began, waited = self.clock(), 0.0
            while True:
                statuses.append(self._attempt(task, driven, len(statuses)))
                if statuses[-1] == 0:
                    return True
                pause = _pause_s(task.retry, statuses)
                if pause is None or _is_over(task.retry, self.clock() - began + waited, pause):
                    return False
                waited += pause
        except Refused as refusal:
            run.refusals[task.name] = refusal
            return False

    def _attempt(self, task: Task, driven: Driven, number: int) -> int:
        name = f"{task.name}-{number}"
        fields = {"metadata.name": name, "metadata.uid": f"uid-{name}"}
        variables = {"KFP_POD_NAME": name, "KFP_POD_UID": fields["metadata.uid"]}
        variables |= pods.environment(driven.pod, fields, self.secrets, self.config_maps)
        given = driven.pod["containers"][0].get("args", [])
        if unknown := [word for word in given if _ARGO.search(word)]:
            raise NotKnown(f"{task.name}: what Argo makes of {unknown}")
        words = [pods.expanded(word, variables) for word in given]
        command = launched(words, task, driven.inputs)
        try:
            return self.run_command(command, variables, self.folder / f"{task.name}.log")
        except PodLost:
            return -1


def _ready(workflow: Workflow, run: KfpRun) -> list[str]:
    """Name the tasks whose upstream tasks are done, and that have not begun."""
    done = {name for name, state in run.states.items() if state == "SUCCEEDED"}
    return [
        name
        for name, task in workflow.tasks.items()
        if name not in run.started and task.upstream <= done
    ]


def _pause_s(retry: Retry | None, statuses: list[int]) -> float | None:
    """Say how long Argo waits before the next attempt; none if there is to be none.

    workflow/controller/operator.go, processNodeRetries; the step's status is not looked at.
    """
    if retry is None or len(statuses) > retry.limit:
        return None
    is_lost = statuses[-1] == -1
    assert is_lost or pod_status(statuses[-1]) == 1
    if retry.policy != "Always" and is_lost != (retry.policy == "OnError"):
        return None
    return retry.duration_s * float(retry.factor or 1) ** (len(statuses) - 1)


def _is_over(retry: Retry | None, elapsed_s: float, pause_s: float) -> bool:
    """Tell whether the next attempt would begin too long after the first one did."""
    longest = retry.max_duration_s if retry else None
    return longest is not None and elapsed_s + pause_s > longest
