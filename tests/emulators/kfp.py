"""Executes a compiled pipeline as Kubeflow Pipelines does, on this machine, without Kubernetes.

Implemented: schema check, order with parallel tasks, parameters and their defaults, placeholders as
the launcher of Kubeflow Pipelines 2 replaces them, secrets as environment, retries, and Argo's end
of a run: after a task failed for good, running ones end and no other starts. Not: artifacts,
caching, conditions, loops; `compiled` refuses a pipeline that has them.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

RunCommand = Callable[[list[str], Mapping[str, str], Path], int]
"""Runs a container's command with more environment, its output in a file; gives its status."""

# What Kubernetes and Argo allow for names of templates, tasks and labels.
DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_PLACEHOLDER = re.compile(r"\{\{\$\.inputs\.parameters\['([^']+)'\]\}\}")
_RUN_ID = "{{workflow.uid}}"  # all over the Workflow: `ReplaceUID` in workflow.go
_PYTHON_TYPES = {"NUMBER_INTEGER": int, "NUMBER_DOUBLE": float, "BOOLEAN": bool, "STRING": str}


def as_subprocess(command: list[str], environment: Mapping[str, str], log: Path) -> int:
    """Run a command as a process of its own."""
    with log.open("ab") as stream:
        return subprocess.run(
            command, env={**os.environ, **environment}, stdout=stream, stderr=stream, check=False
        ).returncode


@dataclass
class Compiled:
    """A compiled pipeline: the pipeline spec, and the platform spec's part for Kubernetes."""

    spec: dict[str, Any]
    kubernetes: dict[str, Any]

    @property
    def tasks(self) -> dict[str, Any]:
        """Tasks by name."""
        tasks: dict[str, Any] = self.spec["root"]["dag"]["tasks"]
        return tasks

    def executor(self, task: str) -> str:
        """Name the executor of a task."""
        component = self.spec["components"][self.tasks[task]["componentRef"]["name"]]
        return str(component["executorLabel"])

    def container(self, task: str) -> dict[str, Any]:
        """Give the container of a task."""
        executors = self.spec["deploymentSpec"]["executors"]
        container: dict[str, Any] = executors[self.executor(task)]["container"]
        return container


def compiled(file: Path) -> Compiled:
    """Read a compiled pipeline as strictly as the back end does."""
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2

    documents = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    json_format.ParseDict(documents[0], pipeline_spec_pb2.PipelineSpec())
    platform = documents[1] if len(documents) > 1 else {"platforms": {}}
    json_format.ParseDict(platform, pipeline_spec_pb2.PlatformSpec())
    assert len(documents) <= 2 and set(platform["platforms"]) <= {"kubernetes"}
    kubernetes = platform["platforms"].get("kubernetes", {})
    found = Compiled(documents[0], kubernetes.get("deploymentSpec", {}).get("executors", {}))
    assert found.spec["schemaVersion"] == "2.1.0"
    assert DNS_LABEL.fullmatch(found.spec["pipelineInfo"]["name"])
    for name, task in found.tasks.items():
        assert DNS_LABEL.fullmatch(name), name
        assert set(task.get("dependentTasks", ())) <= set(found.tasks), name
        assert not {"iterator", "triggerPolicy", "parameterIterator"} & set(task), name
        assert not task.get("cachingOptions", {}).get("enableCache"), name
        assert not task.get("inputs", {}).get("artifacts"), name
        assert not found.spec["components"][task["componentRef"]["name"]].get("outputDefinitions")
        assert found.container(name)["image"], name
    assert set(found.kubernetes) <= {found.executor(name) for name in found.tasks}
    return found


@dataclass
class KfpRun:
    """What came of a run.

    Attributes:
        states: SUCCEEDED or FAILED by task; tasks that never started are absent.
        attempts: exit statuses of each task's attempts.
        started: tasks in the order in which they began.
        most_at_once: tasks that ran at the same time.
    """

    states: dict[str, str] = field(default_factory=dict)
    attempts: dict[str, list[int]] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    most_at_once: int = 0

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
        secrets: values of Kubernetes Secrets, by name and key.
        parallel: tasks that run at once, at most.
    """

    folder: Path
    run_command: RunCommand = as_subprocess
    secrets: Mapping[tuple[str, str], str] = field(default_factory=dict)
    parallel: int = 2

    def run(self, file: Path, run_id: str, parameters: Mapping[str, Any] | None = None) -> KfpRun:
        """Run a compiled pipeline to its end."""
        pipeline, run = compiled(file), KfpRun()
        values = _root_values(pipeline, parameters or {})
        running: dict[Future[bool], str] = {}
        lock = threading.Lock()
        with ThreadPoolExecutor(self.parallel) as pool:
            while True:
                failed = "FAILED" in run.states.values()
                for name in [] if failed else _ready(pipeline, run):
                    if len(running) < self.parallel:
                        run.started.append(name)
                        task = pool.submit(self._run_task, pipeline, name, values, run_id, run)
                        running[task] = name
                with lock:
                    run.most_at_once = max(run.most_at_once, len(running))
                if not running:
                    return run
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    run.states[running.pop(done)] = "SUCCEEDED" if done.result() else "FAILED"

    def log(self, task: str) -> str:
        """Give what a task printed, in all its attempts."""
        return (self.folder / f"{task}.log").read_text(encoding="utf-8", errors="replace")

    def _run_task(
        self, pipeline: Compiled, name: str, values: Mapping[str, Any], run_id: str, run: KfpRun
    ) -> bool:
        container = pipeline.container(name)
        inputs = _task_values(pipeline, name, values)
        words = [*container.get("command", ()), *container.get("args", ())]
        command = [_replaced(word, inputs, run_id) for word in words]
        environment = {x["name"]: x["value"] for x in container.get("env", ())}
        environment |= self._secret_environment(
            pipeline.kubernetes.get(pipeline.executor(name), {})
        )
        retries = int(pipeline.tasks[name].get("retryPolicy", {}).get("maxRetryCount", 0))
        statuses = run.attempts.setdefault(name, [])
        while len(statuses) <= retries:
            statuses.append(self.run_command(command, environment, self.folder / f"{name}.log"))
            if statuses[-1] == 0:
                return True
        return False

    def _secret_environment(self, kubernetes: Mapping[str, Any]) -> dict[str, str]:
        return {
            pair["envVar"]: self.secrets[secret["secretName"], pair["secretKey"]]
            for secret in kubernetes.get("secretAsEnv", ())
            for pair in secret["keyToEnv"]
        }


def _ready(pipeline: Compiled, run: KfpRun) -> list[str]:
    """Name the tasks whose upstream tasks are done, and that have not begun."""
    done = {name for name, state in run.states.items() if state == "SUCCEEDED"}
    return [
        name
        for name, task in pipeline.tasks.items()
        if name not in run.started and set(task.get("dependentTasks", ())) <= done
    ]


def _root_values(pipeline: Compiled, given: Mapping[str, Any]) -> dict[str, Any]:
    declared = pipeline.spec["root"].get("inputDefinitions", {}).get("parameters", {})
    unknown = set(given) - set(declared)
    assert not unknown, f"no such parameters: {unknown}"
    values = {}
    for name, definition in declared.items():
        value = given.get(name, definition.get("defaultValue"))
        kind = definition["parameterType"]
        if kind == "NUMBER_DOUBLE" or (kind == "NUMBER_INTEGER" and float(value).is_integer()):
            value = _PYTHON_TYPES[kind](value)  # the file has numbers as doubles
        assert type(value) is _PYTHON_TYPES[kind], (name, value, kind)
        values[name] = value
    return values


def _task_values(pipeline: Compiled, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    sources = pipeline.tasks[name].get("inputs", {}).get("parameters", {})
    return {key: values[source["componentInputParameter"]] for key, source in sources.items()}


def _replaced(word: str, inputs: Mapping[str, Any], run_id: str) -> str:
    word = _PLACEHOLDER.sub(lambda match: _text(inputs[match[1]]), word.replace(_RUN_ID, run_id))
    assert "{{$" not in word, word
    return word


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return format(Decimal(repr(value)), "f") if isinstance(value, (int, float)) else str(value)
