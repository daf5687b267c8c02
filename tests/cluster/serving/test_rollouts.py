"""What happens to a model server in production, under load: no valid request fails."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.node import kubectl, places
from tests.cluster.node.processes import wait_for
from tests.cluster.serving.clients import Seen, callers, client_pod, exec_in
from tests.cluster.serving.conftest import NAMESPACE, add_version, rolled_out

_SPACE = f"--namespace={NAMESPACE}"
_REFUSED = re.compile("ConnectionRefusedError|TimeoutError")
_CHOSEN = "--selector=app.kubernetes.io/name=model-server"


@pytest.fixture(scope="module")
def client(server: str) -> str:
    """Name of a pod that may call."""
    kubectl.applied([client_pod("client", NAMESPACE, ["sleep", "3600"])])
    kubectl.until(_SPACE, "--for=condition=Ready", "pod/client")
    return "client"


def _pods() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = kubectl.got(_SPACE, "pods", _CHOSEN)["items"]
    return found


def _ready_names() -> set[str]:
    return {
        pod["metadata"]["name"]
        for pod in _pods()
        for condition in pod["status"].get("conditions", ())
        if condition["type"] == "Ready" and condition["status"] == "True"
        if "deletionTimestamp" not in pod["metadata"]
    }


def _states(client: str, pod: dict[str, Any]) -> dict[str, str]:
    """Return what one server says of its versions."""
    address = f"http://{pod['status']['podIP']}:8501/v1/models/taxi"
    program = (
        "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=20).read().decode())"
    )
    status, text = exec_in(NAMESPACE, client, "python3", "-c", program, address)
    assert status == 0, text
    found = json.loads(text)["model_version_status"]
    return {one["version"]: one["state"] for one in found}


def _all_in(client: str, *, available: set[str]) -> bool:
    """Tell whether every pod has exactly these versions available."""
    states = [_states(client, pod) for pod in _pods()]
    return all({x for x in each if each[x] == "AVAILABLE"} == available for each in states)


def _set_models(text: str) -> None:
    """Bring a file of models, which servers read every 30 s; nodes fetch it within a minute."""
    patch = json.dumps({"data": {"models.config": text}})
    kubectl.kubectl(_SPACE, "patch", "configmap", "model-server-models", "--patch", patch)


def _assert_none_failed(seen: list[Seen]) -> None:
    (saw,) = seen
    assert saw.failed == 0, saw
    assert saw.answered > 50, saw


def test_rollout_makes_two_ready_pods_that_answer(server: str, client: str) -> None:
    assert len(_ready_names()) == 2
    words = ["predict", "--url", f"http://{server}:8501", "--model=taxi", "--json"]
    row = ["trip_miles=3.2", "fare=12.5", "payment_type=Cash", "company=Blue Ribbon"]
    status, text = exec_in(NAMESPACE, client, "tfx-pipeline", *words, *row)
    assert status == 0, text
    assert 0 <= json.loads(text.splitlines()[-1])["probability"] <= 1


def test_new_version_is_served_under_load(
    server: str, client: str, models: Path, taxi_model: Path
) -> None:
    with callers(NAMESPACE, server) as seen:
        add_version(models, taxi_model, 2)
        both = {"1", "2"}
        wait_for("version 2", lambda: _all_in(client, available=both), within_s=120, every_s=2)
    _assert_none_failed(seen)


def test_rollback_to_the_older_version_under_load(server: str, client: str) -> None:
    newest, older = "latest { num_versions: 2 }", "specific { versions: 1 }"
    config = kubectl.got(_SPACE, "configmap", "model-server-models")
    text = config["data"]["models.config"]
    assert newest in text
    with callers(NAMESPACE, server) as seen:
        _set_models(text.replace(newest, older))
        older_only = {"1"}
        wait_for(
            "the rollback", lambda: _all_in(client, available=older_only), within_s=240, every_s=3
        )
        _set_models(text)
        both = {"1", "2"}
        wait_for("both versions", lambda: _all_in(client, available=both), within_s=240, every_s=3)
    _assert_none_failed(seen)


def test_restart_of_all_pods_under_load_fails_no_request(server: str) -> None:
    before = _ready_names()
    with callers(NAMESPACE, server) as seen:
        kubectl.kubectl(_SPACE, "rollout", "restart", "deployment/model-server")
        rolled_out()
    _assert_none_failed(seen)
    assert not before & _ready_names()


def test_killed_pod_under_load_fails_no_request(server: str) -> None:
    gone = sorted(_ready_names())[0]
    with callers(NAMESPACE, server) as seen:
        kubectl.kubectl(_SPACE, "delete", "pod", gone, "--grace-period=0", "--force")
        wait_for("two pods", lambda: len(_ready_names() - {gone}) == 2, within_s=240, every_s=2)
    _assert_none_failed(seen)


def test_drain_under_load_keeps_one_pod_and_fails_no_request(server: str) -> None:
    before = _ready_names()
    words = ("drain", places.NODE, f"--pod-selector={_CHOSEN.split('=', 1)[1]}", "--timeout=100s")
    with callers(NAMESPACE, server) as seen:
        try:
            done = kubectl.tried(*words, "--delete-emptydir-data", "--force")
            left = _ready_names()
        finally:
            kubectl.kubectl("uncordon", places.NODE)
        wait_for("two pods", lambda: len(_ready_names()) == 2, within_s=240, every_s=2)
    assert done.returncode == 1
    assert "would violate the pod's disruption budget" in done.stderr
    assert len(left) == 1 and left < before
    _assert_none_failed(seen)


def test_unlabelled_pod_is_refused_by_the_network(server: str) -> None:
    address = kubectl.got(_SPACE, "service", server)["spec"]["clusterIP"]
    connect = f"import socket; socket.create_connection(('{address}', 8501), 5)"
    pod = client_pod("stranger", NAMESPACE, ["sleep", "3600"], is_allowed=False)
    kubectl.applied([pod])
    kubectl.until(_SPACE, "--for=condition=Ready", "pod/stranger")
    time.sleep(3)
    status, text = exec_in(NAMESPACE, "stranger", "python3", "-c", connect)
    assert status == 1 and _REFUSED.search(text), text
    kubectl.kubectl(_SPACE, "label", "pod", "stranger", "model-server-client=true")
    wait_for(
        "the label",
        lambda: exec_in(NAMESPACE, "stranger", "python3", "-c", connect)[0] == 0,
        within_s=60,
    )


def test_server_reaches_nothing_but_names(server: str, client: str) -> None:
    api = f"import socket; socket.create_connection(('{places.API_IP}', 443), 5)"
    names = "import socket; print(socket.gethostbyname('model-server.serving.svc.cluster.local'))"
    pod = sorted(_ready_names())[0]
    status, text = exec_in(NAMESPACE, pod, "python3", "-c", api)
    assert status == 1 and _REFUSED.search(text), text
    assert exec_in(NAMESPACE, client, "python3", "-c", api) == (0, "")  # no policy holds it back
    address = kubectl.got(_SPACE, "service", server)["spec"]["clusterIP"]
    assert exec_in(NAMESPACE, pod, "python3", "-c", names) == (0, f"{address}\n")
