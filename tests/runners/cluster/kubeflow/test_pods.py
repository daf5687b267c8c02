"""Looking at pods by Kubernetes' own client, over real HTTP to a fake API server."""

from __future__ import annotations

import http.server
import json
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from tests.emulators.json_server import Answer, Request, json_server
from tfx_pipeline.runners.cluster.kubeflow import pods as pods_module

REAL_CONNECT = pods_module._connect
COMMAND = "kubectl get pods -n team-a -l pipeline/runid=r-1"


@pytest.fixture
def _connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo what the folder's tests agree on: that there is no cluster."""
    monkeypatch.setattr(pods_module, "_connect", REAL_CONNECT)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)


def use_kubeconfig(monkeypatch: pytest.MonkeyPatch, folder: Path, url: str) -> None:
    kube_config = pytest.importorskip("kubernetes.config.kube_config")
    file = folder / "config"
    name = {"name": "c"}
    document = {
        "clusters": [{**name, "cluster": {"server": url}}],
        "users": [{**name, "user": {"token": "t"}}],
        "contexts": [{**name, "context": {"cluster": "c", "user": "c"}}],
        "current-context": "c",
    }
    file.write_text(json.dumps(document), encoding="utf-8")
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(file))


@pytest.mark.usefixtures("_connected")
def test_pods_are_listed_by_the_label_of_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Answer:
        asked.append(request)
        if request.path.endswith("/log"):
            return Answer(200, "the last line")
        items = [
            {"metadata": {"name": "b", "creationTimestamp": "2"}, "lastTimestamp": "2"},
            {"metadata": {"name": "a", "creationTimestamp": "1"}, "lastTimestamp": "1"},
        ]
        return Answer(200, {"items": items})

    with json_server(answer) as url:
        use_kubeconfig(monkeypatch, tmp_path, url)
        pods = pods_module.Pods("team-a", "r-1")
        found = pods.look()
        events = pods.warnings("p-1")
        logs = [pods.log("p-1"), pods.log("p-1")]
    assert ([pod["metadata"]["name"] for pod in found], pods.hint) == (["a", "b"], "")
    assert [event["lastTimestamp"] for event in events] == ["1", "2"]
    assert logs == ["the last line"] * 2 and len(asked) == 3
    assert asked[0].path == "/api/v1/namespaces/team-a/pods" and asked[0].token == "t"
    assert asked[0].query["labelSelector"] == "pipeline/runid=r-1"
    assert asked[1].query["fieldSelector"] == "involvedObject.name=p-1,type=Warning"
    assert asked[2].query == {"container": "main", "tailLines": "30"}


@pytest.mark.usefixtures("_connected")
@pytest.mark.parametrize(("answer", "reason"), [
    (Answer(403, {"message": "forbidden"}), "no right to list pods: 403"),
    (Answer(500, "broken"), "the cluster answered 500"),
    (Answer(0), "the cluster does not answer"),
])  # fmt: skip
def test_pods_that_cannot_be_listed_give_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: Answer, reason: str
) -> None:
    with json_server(lambda _: answer) as url:
        use_kubeconfig(monkeypatch, tmp_path, url)
        pods = pods_module.Pods("team-a", "r-1")
        assert pods.look() == []
        assert pods.warnings("p-1") == []
    assert reason in pods.hint and COMMAND in pods.hint


@pytest.mark.usefixtures("_connected")
def test_pods_of_a_cluster_whose_certificate_nobody_signed_say_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key, certificate = str(tmp_path / "key"), str(tmp_path / "certificate")
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    words += ["-keyout", key, "-out", certificate]
    subprocess.run(["openssl", *words], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with http.server.HTTPServer(("localhost", 0), http.server.BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        use_kubeconfig(monkeypatch, tmp_path, f"https://localhost:{server.server_port}")
        pods = pods_module.Pods("team-a", "r-1")
        assert pods.look() == []
        server.shutdown()
    assert "the cluster's certificate is not trusted" in pods.hint and COMMAND in pods.hint


@pytest.mark.usefixtures("_connected")
def test_pods_that_answer_with_a_page_are_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with json_server(lambda _: Answer(200, "<html>")) as url:
        use_kubeconfig(monkeypatch, tmp_path, url)
        assert pods_module.Pods("team-a", "r-1").look() == []


@pytest.mark.usefixtures("_connected")
@pytest.mark.parametrize("text", [None, "{", "[]", "current-context: none"])
def test_pods_without_a_usable_kubeconfig_give_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None
) -> None:
    kube_config = pytest.importorskip("kubernetes.config.kube_config")
    file = tmp_path / "config"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(file))
    pods = pods_module.Pods("team-a", "r-1")
    assert "there is no kubeconfig that can be used" in pods.hint and COMMAND in pods.hint
    assert pods.look() == [] and pods.log("p-1") == ""
