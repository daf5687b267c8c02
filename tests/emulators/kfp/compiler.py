"""What the API server makes of a template for Argo: a task a step, with the run's id filled in.

backend/src/v2/compiler: visitor.go and argocompiler/. Implemented: one DAG of containers. Not:
artifacts, caching, conditions, loops, nested DAGs, importers; a pipeline with them is `NotKnown`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.emulators.kfp.api_server import Template
from tests.emulators.kfp.refusals import NotKnown, Refused
from tests.emulators.kfp.versions import Version

_ANNOTATIONS = {"sidecar.istio.io/inject": "false"}
_ROLE = {"pipelines.kubeflow.org/runtime-role": "launcher"}
_FIRST_LIST = (
    *("secretAsVolume", "secretAsEnv", "pvcMount", "nodeSelector", "podMetadata"),
    *("imagePullSecret", "imagePullPolicy", "configMapAsVolume", "configMapAsEnv"),
    *("activeDeadlineSeconds", "fieldPathAsEnv", "tolerations", "genericEphemeralVolume"),
    *("nodeAffinity", "podAffinity", "enabledSharedMemory", "emptyDirMounts"),
)
KUBERNETES_FIELDS = {"2.4.1": {*_FIRST_LIST}, "2.17": {*_FIRST_LIST, "securityContext"}}
"""Of KubernetesExecutorConfig (kubernetes_platform/proto/kubernetes_executor_config.proto), but
for initContainers, which we do not write."""
_LATER_PARTS = {
    "pvcMount": {"subPath", "pvcNameParameter"},
    "secretAsEnv": {"optional", "secretNameParameter"},
    "configMapAsEnv": {"optional", "configMapNameParameter"},
}
"""What 2.4.1 does not know inside those fields (its go.mod names the older proto)."""


@dataclass(frozen=True)
class Retry:
    """Argo's retryStrategy.

    Attributes:
        limit: how often a task is tried again.
        duration_s, factor: how long to wait before the first time, and how much longer each time.
        max_duration_s: since the first attempt began, after which no other does; none: for ever.
        policy: `OnFailure` (a container ended with a status), `OnError` (its pod was lost).
    """

    limit: int
    duration_s: int
    factor: int
    max_duration_s: int | None
    policy: str


@dataclass(frozen=True)
class Task:
    """What Argo, and then the driver, gets of a task: parts of the template, with its run's id."""

    name: str
    spec: dict[str, Any]
    component: dict[str, Any]
    container: dict[str, Any]
    kubernetes: dict[str, Any]
    retry: Retry | None
    labels: dict[str, str]
    annotations: dict[str, str]

    @property
    def upstream(self) -> set[str]:
        """Names the tasks that must have succeeded before (argocompiler/dag.go, depends)."""
        return set(self.spec.get("dependentTasks", ()))


@dataclass(frozen=True)
class Workflow:
    """A run as Argo gets it.

    Attributes:
        parameters: input parameters of the root, by name; an optional one without a value is
            None at 2.17 (argocompiler/argo.go, Compile), and left out at 2.4.1.
    """

    pipeline: str
    tasks: dict[str, Task]
    parameters: dict[str, Any]


def compile_workflow(
    template: Template, parameters: Mapping[str, Any], run_id: str, version: Version
) -> Workflow:
    """Compile a run, and replace `{{workflow.uid}}` wherever it stands.

    The text is replaced in the whole Workflow, spaces inside the braces being another text
    (common/util/workflow.go, Workflow.ReplaceUID).
    """
    tasks = sorted(template.tasks)
    for name in tasks:
        _check_task(template, name, version)
    found = {name: _task(template, name, version) for name in tasks}
    whole = {"parameters": parameters, "tasks": found}
    filled = json.loads(json.dumps(whole).replace("{{workflow.uid}}", run_id))
    made = {name: _made(name, parts, version) for name, parts in filled["tasks"].items()}
    declared = template.spec["root"].get("inputDefinitions", {}).get("parameters", {})
    left_out = {name for name in declared if name not in parameters}
    nulls = dict.fromkeys(left_out) if version.constants_are_filled else {}
    info = template.spec["pipelineInfo"]["name"]
    return Workflow(info, made, {**filled["parameters"], **nulls})


def _check_task(template: Template, name: str, version: Version) -> None:
    """Refuse what compiler/visitor.go, pipelineDFS.dfs does."""
    task = template.tasks[name]
    reference = task["componentRef"]["name"]
    component = template.spec["components"].get(reference)
    if component is None:
        raise Refused("run", f'cannot find component ref name="{reference}"')
    if unknown := {"parameterIterator", "artifactIterator", "triggerPolicy"} & set(task):
        raise NotKnown(f"{name}: {sorted(unknown)}")
    if task.get("inputs", {}).get("artifacts") or component.get("outputDefinitions"):
        raise NotKnown(f"{name}: artifacts")
    if task.get("cachingOptions", {}).get("enableCache"):
        raise NotKnown(f"{name}: caching")
    label = component.get("executorLabel", "")
    executor = template.spec["deploymentSpec"]["executors"].get(label)
    if executor is None:
        raise Refused("run", f'executor(label="{label}") not found in deployment config')
    if "container" not in executor:
        no = "non-container and non-importer executor not implemented"
        raise Refused("run", f'executor(label="{label}"): {no}')
    if version.kubernetes_checked_at == "run":
        check_kubernetes_fields(template.kubernetes.get(label, {}), version)


def check_kubernetes_fields(config: Mapping[str, Any], version: Version) -> None:
    """Refuse a field that protobuf does not know.

    In argocompiler/spec_patch.go, unmarshalKubernetesExecutorConfig; at 2.4.1 in
    cmd/driver/main.go, parseExecConfigJson.
    """
    unknown = set(config) - KUBERNETES_FIELDS[version.name]
    for field, later in _LATER_PARTS.items() if version.name == "2.4.1" else ():
        unknown |= {part for each in config.get(field, ()) for part in later & set(each)}
    for field in sorted(unknown):
        raise Refused(version.kubernetes_checked_at, f'unknown field "{field}"')


def _task(template: Template, name: str, version: Version) -> dict[str, Any]:
    executor = template.executor(name)
    task = template.tasks[name]
    return {
        "spec": task,
        "component": template.spec["components"][task["componentRef"]["name"]],
        "container": template.container(name),
        "kubernetes": template.kubernetes.get(executor, {}),
        "metadata": template.kubernetes.get(_labelled(template, name, version), {}).get(
            "podMetadata", {}
        ),
    }


def _labelled(template: Template, name: str, version: Version) -> str:
    """Name the executor whose labels the pod of a task gets."""
    if version.labels_by_task or template.tasks[name].get("retryPolicy"):
        return template.executor(name)
    return template.executor(
        min(other for other, task in template.tasks.items() if not task.get("retryPolicy"))
    )


def _made(name: str, parts: dict[str, Any], version: Version) -> Task:
    metadata = parts.pop("metadata")
    policy = parts["spec"].get("retryPolicy")
    retry = None if policy is None else _retry(policy, version)
    role = _ROLE if version.labels_role else {}
    annotations = {**metadata.get("annotations", {}), **_ANNOTATIONS, **role}
    return Task(
        name, retry=retry, labels=metadata.get("labels", {}), annotations=annotations, **parts
    )


def _retry(policy: Mapping[str, Any], version: Version) -> Retry:
    """Give what becomes of a retryPolicy (argocompiler/container.go, getTaskRetryStrategy…)."""
    longest = policy.get("backoffMaxDuration")
    nothing = 0 if version.retries_from_inputs else None
    return Retry(
        int(policy.get("maxRetryCount", 0)),
        _seconds(policy.get("backoffDuration", "0s")),
        int(policy.get("backoffFactor", 0)),
        nothing if longest is None else _seconds(longest),
        version.retry_policy,
    )


def _seconds(duration: str) -> int:
    found = re.fullmatch(r"(\d+)(\.\d+)?s", duration)
    assert found, duration
    return int(found[1])
