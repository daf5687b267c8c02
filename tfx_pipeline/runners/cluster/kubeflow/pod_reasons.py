"""What a pod says of itself: to which step it belongs, why it waits, and why it ended badly."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tfx_pipeline.errors import Problem
from tfx_pipeline.runners.steps.step_outcome import more_memory
from tfx_pipeline.wording import shortened

_LONGEST = 400
_NODE_NAME = "workflows.argoproj.io/node-name"  # argo: workflow/common/common.go
Pod = Mapping[str, Any]

_ADVICE = (
    (r"\b(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|RegistryUnavailable)",
     "check environment.image, and that the machines may pull it (environment.image_pull_secrets)"),
    (r"secret .* not found", "make the Secret, or correct environment.secrets"),
    (r"configmap .* not found", "make the ConfigMap, or correct environment.config_maps"),
    (r"couldn't find key", "correct the key in environment.secrets or environment.config_maps"),
    (r"persistentvolumeclaim .* not found", "make the claim, or correct environment.volumes"),
    (r"unbound immediate PersistentVolumeClaims|waiting for a volume|FailedMount|FailedAttach",
     "look at the claim: kubectl get pvc -n {namespace}; it needs a volume, or a storage class"),
    (r"Insufficient (cpu|memory|ephemeral-storage)",
     "ask for less in environment.steps.{step}, or add a machine"),
    (r"Insufficient", "ask for another accelerator in environment.steps.{step}, or add a machine"),
    (r"untolerated taint", "set environment.steps.{step}.tolerations, or add a machine"),
    (r"didn't match Pod's node (affinity|selector)",
     "correct environment.steps.{step}.node_selector, or label a machine"),
    (r"StartError|RunContainerError|ContainerCannotRun|executable file not found",
     "environment.image must hold this package: build deploy/image/Dockerfile, and name it there"),
    (r"made by another version",
     "environment.image holds another version than the one that submitted: build it anew, or submit"
     " by the version that is in it"),
)  # fmt: skip
"""What a message matches -> what to change."""


def task_of(pod: Pod) -> str:
    """Give the name of the task that a pod belongs to, as the compiled pipeline has it.

    Argo calls the node of a pod `<workflow>.root.<task>.executor`, `<workflow>.root.<task>-driver`,
    where retries count: `<task>(0)`.
    """
    name = str(pod.get("metadata", {}).get("annotations", {}).get(_NODE_NAME, ""))
    parts = [re.sub(r"\(\d+\)", "", part) for part in name.split(".")]
    if len(parts) < 3:
        return ""
    return parts[-2] if parts[-1] == "executor" else parts[-1].removesuffix("-driver")


def name_of(pod: Pod) -> str:
    """Give its own name."""
    return str(pod["metadata"]["name"])


def why_it_waits(
    pod: Pod, namespace: str, step: str, warnings: Callable[[], Sequence[Mapping[str, Any]]]
) -> Problem | None:
    """Say why a pod does not work yet; None: it does, or has ended.

    Its `warnings`, events of the cluster, are asked for only where the pod itself says nothing.
    """
    status = pod.get("status", {})
    if status.get("phase") not in ("Pending", None):
        return None
    reason, message = _stuck(status)
    if reason in ("", "ContainerCreating", "PodInitializing"):
        events = warnings()
        if events:
            last = events[-1]
            reason, message = str(last.get("reason", "")), str(last.get("message", ""))
    said = ": ".join(filter(None, ["Pending", reason, _on_one_line(message)]))
    return _problem(said, pod, namespace, step)


def _stuck(status: Mapping[str, Any]) -> tuple[str, str]:
    """Find what holds a pod up: its place on a machine, or one of its containers."""
    for container in _containers(status):
        waiting = container.get("state", {}).get("waiting") or {}
        if waiting.get("reason") not in (None, "PodInitializing", "ContainerCreating"):
            return str(waiting["reason"]), str(waiting.get("message", ""))
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") != "True":
            return "", str(condition.get("message") or condition.get("reason") or "")
    for container in _containers(status):
        waiting = container.get("state", {}).get("waiting") or {}
        if waiting:
            return str(waiting.get("reason", "")), str(waiting.get("message", ""))
    return "", ""


def why_it_failed(
    pod: Pod, namespace: str, step: str, log: Callable[[], str]
) -> tuple[Problem, ...]:
    """Say why a pod ended badly; nothing: it did not, or it is not known.

    The end of its `log` is asked for only where the step itself says nothing.
    """
    status = pod.get("status", {})
    if status.get("phase") != "Failed":
        return ()
    for container in _containers(status):
        ended = container.get("state", {}).get("terminated") or {}
        reason = str(ended.get("reason", ""))
        if reason == "OOMKilled":
            return (_out_of_memory(pod, str(container.get("name")), namespace, step),)
        if reason in ("StartError", "ContainerCannotRun"):
            said = f"{reason}: {_on_one_line(str(ended.get('message', '')))}"
            return (_problem(said, pod, namespace, step),)
    if status.get("reason"):  # DeadlineExceeded, Evicted, NodeLost …
        said = f"{status['reason']}: {_on_one_line(str(status.get('message', '')))}"
        return (_problem(said.rstrip(": "), pod, namespace, step),)
    lines = [line for line in log().splitlines() if line.strip()]
    if not lines:
        return ()
    telling = [x for x in lines if re.search("executable file not found|made by another", x)]
    said = f"its log ends with: {_on_one_line((telling or lines)[-1])}"
    return (_problem(said, pod, namespace, step, look="logs"),)


def _out_of_memory(pod: Pod, container: str, namespace: str, step: str) -> Problem:
    limits = (
        each.get("resources", {}).get("limits", {}).get("memory")
        for each in pod.get("spec", {}).get("containers", ())
        if each.get("name") == container
    )
    limit = next(limits, None) or "no limit of its own: the machine's"
    next_step = f"{more_memory(step)}; {_look('describe', pod, namespace)}"
    what = f"OOMKilled: it used up its memory, limit {limit}"
    return Problem(what, f"pod {name_of(pod)}", next_step=next_step)


def _problem(said: str, pod: Pod, namespace: str, step: str, look: str = "describe") -> Problem:
    advice = next((text for pattern, text in _ADVICE if re.search(pattern, said)), "")
    advice = advice.format(namespace=namespace, step=step)
    next_step = "; ".join(filter(None, [_look(look, pod, namespace), advice]))
    return Problem(said, f"pod {name_of(pod)}", next_step=next_step)


def _look(verb: str, pod: Pod, namespace: str) -> str:
    if verb == "logs":
        return f"kubectl logs -n {namespace} {name_of(pod)} -c main"
    return f"kubectl describe pod -n {namespace} {name_of(pod)}"


def _containers(status: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for kind in ("initContainerStatuses", "containerStatuses"):
        yield from status.get(kind) or ()


def _on_one_line(text: str) -> str:
    return shortened(" ".join(text.split()), _LONGEST)
