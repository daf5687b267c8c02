"""What pods say of themselves, as Kubernetes' API writes it."""

from __future__ import annotations

from typing import Any

import pytest

from tfx_pipeline.runners.cluster.kubeflow.pod_reasons import (
    task_of,
    why_it_failed,
    why_it_waits,
)

NODE_NAME = "workflows.argoproj.io/node-name"


def pod(node: str = "p-x.root.trainer.executor", **status: Any) -> dict[str, Any]:
    container = {"name": "main", "resources": {"limits": {"memory": "1Gi"}}}
    return {
        "metadata": {"name": "p-1", "annotations": {NODE_NAME: node}},
        "spec": {"containers": [container]},
        "status": status,
    }


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    state = {"waiting": {"reason": reason, "message": message}}
    return pod(phase="Pending", containerStatuses=[{"name": "main", "state": state}])


def unscheduled(message: str) -> dict[str, Any]:
    condition = {"type": "PodScheduled", "status": "False", "message": message}
    return pod(phase="Pending", conditions=[condition])


def ended(**terminated: Any) -> dict[str, Any]:
    state = {"terminated": terminated}
    return pod(phase="Failed", containerStatuses=[{"name": "main", "state": state}])


@pytest.mark.parametrize(("node", "task"), [
    ("p-x.root.trainer.executor", "trainer"),
    ("p-x.root(0).trainer(0).executor(1)", "trainer"),
    ("p-x.root.trainer-driver", "trainer"),
    ("p-x.root(0).trainer-driver(0)", "trainer"),
    ("p-x", ""),
])  # fmt: skip
def test_task_of_a_pod_is_read_from_argos_name(node: str, task: str) -> None:
    assert task_of(pod(node)) == task


@pytest.mark.parametrize(("found", "said", "change"), [
    (waiting("ImagePullBackOff", 'Back-off pulling image "a:b"'),
     'Pending: ImagePullBackOff: Back-off pulling image "a:b"', "check environment.image"),
    (waiting("CreateContainerConfigError", 'secret "db" not found'),
     'Pending: CreateContainerConfigError: secret "db" not found', "environment.secrets"),
    (waiting("CreateContainerConfigError", "couldn't find key pw in Secret kubeflow/db"),
     "couldn't find key pw", "correct the key in environment.secrets"),
    (waiting("RunContainerError", 'exec: "tfx-pipeline": executable file not found in $PATH'),
     "RunContainerError", "environment.image must hold this package"),
    (unscheduled("0/1 nodes are available: 1 Insufficient cpu."),
     "Pending: 0/1 nodes are available: 1 Insufficient cpu.", "environment.steps.Trainer"),
    (unscheduled("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."),
     "unbound immediate", "kubectl get pvc -n kubeflow"),
    (unscheduled('persistentvolumeclaim "c" not found'), "not found", "make the claim"),
    (unscheduled("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."),
     "didn't match", "environment.steps.Trainer.node_selector"),
    (unscheduled("0/1 nodes are available: 1 node(s) had untolerated taint {gpu: }."),
     "untolerated taint", "environment.steps.Trainer.tolerations"),
])  # fmt: skip
def test_why_it_waits_says_reason_command_and_change(
    found: dict[str, Any], said: str, change: str
) -> None:
    problem = why_it_waits(found, "kubeflow", "Trainer", list)
    assert problem is not None and said in problem.what and problem.place == "pod p-1"
    assert problem.next_step is not None
    assert "kubectl describe pod -n kubeflow p-1" in problem.next_step
    assert change in problem.next_step


def test_why_it_waits_takes_events_where_the_pod_says_nothing() -> None:
    event = {"reason": "FailedMount", "message": 'MountVolume.SetUp failed: secret "db" not found'}
    problem = why_it_waits(waiting("ContainerCreating"), "kubeflow", "Trainer", lambda: [event])
    assert problem is not None and "FailedMount: MountVolume" in problem.what
    assert "make the Secret" in str(problem.next_step)


@pytest.mark.parametrize("phase", ["Running", "Succeeded", "Failed"])
def test_why_it_waits_of_a_pod_that_works_is_nothing(phase: str) -> None:
    assert why_it_waits(pod(phase=phase), "kubeflow", "Trainer", list) is None


def test_why_it_failed_names_memory_and_limit() -> None:
    found = ended(reason="OOMKilled", exitCode=137)
    (problem,) = why_it_failed(found, "kubeflow", "Trainer", str)
    assert problem.what == "OOMKilled: it used up its memory, limit 1Gi"
    assert "environment.steps.Trainer.memory_limit" in str(problem.next_step)


def test_why_it_failed_says_that_the_program_is_not_in_the_image() -> None:
    found = ended(reason="StartError", message='exec: "tfx-pipeline": not found', exitCode=128)
    (problem,) = why_it_failed(found, "kubeflow", "Trainer", str)
    assert problem.what.startswith("StartError: exec") and "package" in str(problem.next_step)
    log = 'I0101 launcher\nF0101 exec: "tfx-pipeline": executable file not found in $PATH\nbye\n'
    found = ended(reason="Error", exitCode=1)
    (problem,) = why_it_failed(found, "kubeflow", "Trainer", lambda: log)
    assert "executable file not found" in problem.what
    assert "kubectl logs -n kubeflow p-1 -c main" in str(problem.next_step)
    assert "environment.image must hold this package" in str(problem.next_step)


def test_why_it_failed_says_that_the_image_is_of_another_version() -> None:
    log = (
        "the IR file cannot be used\n  /ir.json: made by another version: package 1, here it is 2\n"
    )
    (problem,) = why_it_failed(ended(reason="Error"), "kubeflow", "Trainer", lambda: log)
    assert "package 1, here it is 2" in problem.what
    assert "environment.image holds another version" in str(problem.next_step)


def test_why_it_failed_names_a_deadline() -> None:
    found = pod(phase="Failed", reason="DeadlineExceeded", message="Pod was active on the node")
    (problem,) = why_it_failed(found, "kubeflow", "Trainer", str)
    assert problem.what == "DeadlineExceeded: Pod was active on the node"


def test_why_it_failed_of_a_pod_that_says_nothing_is_nothing() -> None:
    assert why_it_failed(ended(reason="Error"), "kubeflow", "Trainer", str) == ()
    assert why_it_failed(pod(phase="Running"), "kubeflow", "Trainer", str) == ()
