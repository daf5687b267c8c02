"""Executes a PipelineJob as Vertex AI does, on this machine: what its own containers would do.

Implemented: the order of tasks, constant parameters, artifacts handed on with their metadata,
`{{$}}`, drivers (`preCacheCheck`), `executor_output.json`, and resolvers with TFX's queries. Not:
caching, conditions, iterators, retries.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

RunCommand = Callable[[list[str], Path], int]
"""Runs a command with its output in a file; gives its exit status."""

Artifact = dict[str, Any]
"""A RuntimeArtifact in JSON: name, uri, type, metadata."""

_TERM = re.compile(r'(?P<key>[\w.]+)=(?P<value>"[^"]*"|[\w.]+)')
_METADATA = re.compile(r"\{\{\$\.inputs\.artifacts\['(\w+)'\]\.metadata\['(\w+)'\]\}\}")


class TaskFailedError(Exception):
    """A container ended with another status than 0."""


@dataclass
class VertexEmulator:
    """One project of Vertex AI: its artifacts outlive the jobs.

    Attributes:
        folder: stands in for the bucket.
        run_command: how a container's command is run.
        bucket: the URI that the jobs call the folder by.
        artifacts: all that was ever made, in order.
    """

    folder: Path
    run_command: RunCommand
    bucket: str
    artifacts: list[Artifact] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def run(self, job: dict[str, Any], job_id: str, only: tuple[str, ...] = ()) -> Job:
        """Run the tasks in their order.

        Args:
            job: the PipelineJob.
            job_id: name of the run.
            only: the tasks to run; none: all. Others must have run before in this project.

        Raises:
            TaskFailedError: with the end of the task's log.
        """
        text = json.dumps(job).replace(self.bucket, str(self.folder))
        running = Job(self, json.loads(text), job_id)
        for task in running.order():
            if not only or task in only:
                running.run_task(task)
        return running

    def new_name(self) -> str:
        """Name an artifact as Vertex AI's metadata does."""
        return f"projects/1/locations/x/metadataStores/default/artifacts/{next(self._ids)}"

    def find(self, query: str) -> list[Artifact]:
        """Give the newest artifact that a resolver's filter describes, or none."""
        terms = {m["key"]: m["value"].strip('"') for m in _TERM.finditer(query)}
        state = terms.pop("state")
        assert state == "LIVE"
        found = [a for a in self.artifacts if all(_matches(a, *term) for term in terms.items())]
        return found[-1:]


def _matches(artifact: Artifact, key: str, value: str) -> bool:
    if key == "schema_title":
        return bool(yaml.safe_load(artifact["type"]["instanceSchema"])["title"] == value)
    if key == "name":
        return bool(artifact["name"] == value)
    _, name, kind = key.split(".")
    assert kind == "number_value", key
    return bool(artifact["metadata"].get(name) == float(value))


@dataclass
class Job:
    """A run of a PipelineJob.

    Attributes:
        outputs: by task, then by output: its artifacts.
        parameters: by task: the parameters with which its executor ran.
    """

    project: VertexEmulator
    job: dict[str, Any]
    job_id: str
    outputs: dict[str, dict[str, list[Artifact]]] = field(default_factory=dict)
    parameters: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def _spec(self) -> dict[str, Any]:
        return self.job["pipelineSpec"]

    @property
    def tasks(self) -> dict[str, Any]:
        """The tasks by name."""
        return self._spec["root"]["dag"]["tasks"]

    def order(self) -> list[str]:
        """List the tasks, each after those that it needs."""
        done: list[str] = []
        waiting = sorted(self.tasks)
        while waiting:
            ready = next(name for name in waiting if self._needs(name) <= set(done))
            waiting.remove(ready)
            done.append(ready)
        return done

    def _needs(self, name: str) -> set[str]:
        task = self.tasks[name]
        inputs = task.get("inputs", {}).get("artifacts", {}).values()
        producers = {x["taskOutputArtifact"]["producerTask"] for x in inputs}
        return producers | set(task.get("dependentTasks", ()))

    def run_task(self, name: str) -> None:
        """Run a container with its driver, or resolve."""
        task = self.tasks[name]
        component = self._spec["components"][task["componentRef"]["name"]]
        executor = self._spec["deploymentSpec"]["executors"][component["executorLabel"]]
        inputs = self._input_artifacts(task)
        if "resolver" in executor:
            queries = executor["resolver"]["outputArtifactQueries"]
            self.outputs[name] = {
                output: self._resolve(query["filter"], inputs) for output, query in queries.items()
            }
            return
        self._run_container(name, executor["container"], component, inputs)

    def _input_artifacts(self, task: dict[str, Any]) -> dict[str, list[Artifact]]:
        found = {}
        for name, source in task.get("inputs", {}).get("artifacts", {}).items():
            output = source["taskOutputArtifact"]
            found[name] = self.outputs[output["producerTask"]][output["outputArtifactKey"]]
        return found

    def _resolve(self, query: str, inputs: dict[str, list[Artifact]]) -> list[Artifact]:
        """Fill in what the query takes from an input; an absent input resolves to nothing."""
        for key, name in _METADATA.findall(query):
            if not inputs[key]:
                return []
            query = _METADATA.sub(inputs[key][0]["metadata"][name], query, count=1)
        return self.project.find(query)

    def _run_container(
        self,
        name: str,
        container: dict[str, Any],
        component: dict[str, Any],
        inputs: dict[str, list[Artifact]],
    ) -> None:
        folder = self.project.folder / "root" / self.job_id / name
        folder.mkdir(parents=True)
        output_file = folder / "executor_output.json"
        outputs = {
            output: [self._new_artifact(folder / output, definition)]
            for output, definition in component["outputDefinitions"]["artifacts"].items()
        }
        parameters = {
            key: value["runtimeValue"]["constant"]
            for key, value in self.tasks[name].get("inputs", {}).get("parameters", {}).items()
        }
        hook = container.get("lifecycle", {}).get("preCacheCheck")
        for step in (hook, container):
            if step is None:
                continue
            executor_input = {
                "inputs": {
                    "parameterValues": parameters,
                    # A resolver that found nothing leaves its consumers without the input.
                    "artifacts": {k: {"artifacts": v} for k, v in inputs.items() if v},
                },
                "outputs": {
                    "artifacts": {k: {"artifacts": v} for k, v in outputs.items()},
                    "outputFile": str(output_file),
                },
            }
            self._execute(name, step, json.dumps(executor_input), folder)
            said = json.loads(output_file.read_text(encoding="utf-8"))
            parameters |= said.get("parameterValues", {})
            _take_over(said.get("artifacts", {}), outputs)
        self.parameters[name] = parameters
        self.outputs[name] = outputs
        self.project.artifacts.extend(itertools.chain(*outputs.values()))

    def _new_artifact(self, folder: Path, definition: dict[str, Any]) -> Artifact:
        return {
            "name": self.project.new_name(),
            "uri": str(folder),
            "type": definition["artifactType"],
            "metadata": {},
        }

    def _execute(self, name: str, step: dict[str, Any], executor_input: str, folder: Path) -> None:
        words = [*step["command"], *step.get("args", ())]
        words = [word.replace("{{$}}", executor_input) for word in words]
        log = folder / "log.txt"
        status = self.project.run_command(words, log)
        if status != 0:
            end = log.read_text(encoding="utf-8", errors="replace")[-4000:]
            raise TaskFailedError(f"{name} ended with {status}:\n{end}")


def _take_over(said: dict[str, Any], outputs: dict[str, list[Artifact]]) -> None:
    """Let the artifacts have what the executor says of them; their names stay."""
    for output, artifacts in said.items():
        for artifact, words in zip(outputs[output], artifacts["artifacts"], strict=True):
            assert words.get("name", artifact["name"]) == artifact["name"]
            artifact["metadata"] |= words.get("metadata", {})
            artifact["uri"] = words.get("uri", artifact["uri"])
