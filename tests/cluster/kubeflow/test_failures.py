"""What goes wrong on a cluster: `submit --wait` says each, with the object and a next step."""

from __future__ import annotations

import re
import threading
import time

import pytest

from tests.cluster.kubeflow import api
from tests.cluster.kubeflow.installation import SPACE, Installation
from tests.cluster.kubeflow.steps import pods, running_pod
from tests.cluster.node import kubectl
from tests.cluster.node.processes import wait_for

_PENGUINS = "--config=configs/penguins.yaml"


def test_refused_gate_ends_with_3_and_its_reason(installation: Installation) -> None:
    words = ("--set=evaluation.thresholds={accuracy: {min: 0.9999}}", "--wait")
    status, text = installation.submit(_PENGUINS, *words)
    assert status == 3, text
    assert "accuracy" in text and "0.9999" in text
    assert "tfx-pipeline status" in text


@pytest.mark.parametrize("how", [(), ("--grace-period=0", "--force")], ids=["plain", "forced"])
def test_step_whose_pod_is_deleted_is_tried_again(
    how: tuple[str, ...], installation: Installation
) -> None:
    seed = str(int(time.time()) % 100000)  # nothing of it is cached
    known = set(api.run_ids())
    long = ("--set=model.epochs=1500", "--set=model.early_stopping=null")  # to be met at work
    process = installation.started(_PENGUINS, f"--set=model.seed={seed}", *long, "--wait")
    wait_for("the run", lambda: bool(set(api.run_ids()) - known), within_s=300, every_s=1)
    (run_id,) = set(api.run_ids()) - known
    pod = running_pod("Trainer", run_id)
    time.sleep(4)
    kubectl.kubectl(SPACE, "delete", "pod", pod["metadata"]["name"], *how)
    text, _ = process.communicate(timeout=1200)
    assert process.returncode == 0, text
    uids = {one["metadata"]["uid"] for one in pods("Trainer", run_id)}
    assert uids and pod["metadata"]["uid"] not in uids


def _said_by(installation: Installation, *words: str) -> tuple[int, str]:
    """Submit, and stop the run when it has not ended by itself."""
    return installation.submit(_PENGUINS, "--wait", *words, timeout_s=900)


def test_image_that_does_not_exist_is_named(installation: Installation) -> None:
    with _terminated_after(100):
        status, text = _said_by(
            installation, "--set=environment.image=registry.example.com/absent:1"
        )
    assert status == 1, text
    assert "registry.example.com/absent:1" in text
    assert re.search("ErrImagePull|ImagePullBackOff", text)


def test_secret_that_is_missing_is_named(installation: Installation) -> None:
    secret = "{name: absent-secret, key: password, env: TFX_METADATA_PASSWORD}"
    with _terminated_after(100):
        status, text = _said_by(installation, f"--set=environment.secrets=[{secret}]")
    assert status == 1, text
    assert "absent-secret" in text


def test_step_without_enough_memory_is_named_with_its_limit(installation: Installation) -> None:
    steps = "{default: {cpu: 0.2, memory: 200Mi, retries: 0}}"
    status, text = _said_by(installation, f"--set=environment.steps={steps}")
    assert status == 1, text
    assert "memory" in text and "200" in text
    assert re.search("OOMKilled|out of memory", text)


def test_step_that_runs_into_its_deadline_is_named(installation: Installation) -> None:
    words = ("--set=model.epochs=100000", "--set=model.early_stopping=null")
    limit = "--set=environment.steps.Trainer={retries: 0, timeout_s: 60}"
    status, text = _said_by(installation, limit, *words)
    assert status == 1, text
    assert "environment.steps.Trainer.timeout_s" in text and "60 s" in text


def test_step_that_no_node_can_hold_is_said_while_it_waits(installation: Installation) -> None:
    steps = "{default: {cpu: 64, memory: 2Gi, retries: 0}}"
    with _terminated_after(100):
        status, text = _said_by(installation, f"--set=environment.steps={steps}")
    assert status == 1, text
    assert "Insufficient cpu" in text
    assert "stopped" in text  # a run that somebody ended is not called failed


def test_image_without_the_package_is_named(installation: Installation, shell_image: str) -> None:
    status, text = _said_by(
        installation, f"--set=environment.image={shell_image}", "--set=environment.steps={}"
    )
    assert status == 1, text
    assert "tfx-pipeline" in text and shell_image in text
    assert re.search("not found|no such file|StartError", text)


def test_claim_that_is_not_bound_is_named(installation: Installation) -> None:
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    names = {"name": "unbound", "namespace": "kubeflow"}
    spec = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": names, "spec": claim}
    kubectl.applied([spec])
    mounts = "{claim: pipeline-artifacts, mount_path: /mnt/pipeline}"
    volumes = f"[{mounts}, {{claim: unbound, mount_path: /mnt/other}}]"
    with _terminated_after(100):
        status, text = _said_by(installation, f"--set=environment.volumes={volumes}")
    kubectl.tried(SPACE, "delete", "pvc", "unbound", "--wait=false")
    assert status == 1, text
    assert "unbound" in text and "PersistentVolumeClaim" in text


def test_api_that_is_away_for_a_minute_is_waited_for(installation: Installation) -> None:
    known = set(api.run_ids())
    process = installation.started(_PENGUINS, "--wait")
    wait_for("the run", lambda: bool(set(api.run_ids()) - known), within_s=300, every_s=1)
    kubectl.kubectl(SPACE, "scale", "deployment/ml-pipeline", "--replicas=0")
    time.sleep(60)
    kubectl.kubectl(SPACE, "scale", "deployment/ml-pipeline", "--replicas=1")
    kubectl.kubectl(SPACE, "rollout", "status", "deployment/ml-pipeline", "--timeout=120s")
    # Kubeflow's own agent, which tells the API how runs get on, would wait for minutes by now.
    kubectl.kubectl(SPACE, "rollout", "restart", "deployment/ml-pipeline-persistenceagent")
    text, _ = process.communicate(timeout=1200)
    assert process.returncode == 0, text
    assert re.search("does not answer|cannot be reached|not there", text)
    assert "succeeded" in text


def test_second_run_of_one_name_is_refused_while_the_first_goes_on(
    installation: Installation,
) -> None:
    steps = "--set=environment.steps={default: {cpu: 64, memory: 2Gi}}"  # it waits for ever
    status, text = installation.submit(_PENGUINS, steps, "--run-name=twice")
    assert status == 0, text
    (first,) = api.run_ids("twice")
    status, text = installation.submit(_PENGUINS, steps, "--run-name=twice")
    api.asked("POST", f"/apis/v2beta1/runs/{first}:terminate")
    assert status == 2, text
    assert first in text and "has not ended" in text
    assert api.run_ids("twice") == [first]


class _terminated_after:  # noqa: N801
    """While the block runs: end the newest run when it lasts longer than so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._known = set(api.run_ids())
        self._timer = threading.Timer(seconds, self._terminate)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _terminate(self) -> None:
        for run_id in set(api.run_ids()) - self._known:
            api.asked("POST", f"/apis/v2beta1/runs/{run_id}:terminate")
