"""The whole server: a process, real ports, versions that come and go."""

from __future__ import annotations

import functools
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import grpc
import psutil
import pytest

from tests.free_ports import free_port, free_ports
from tests.serving.running import REPOSITORY, RunningServer

pytestmark = pytest.mark.slow

HALF_PLUS_TWO = "half_plus_two:predict"


def write_config(path: Path, base_path: Path, *versions: int, **labels: int) -> Path:
    wanted = " ".join(f"versions: {version}" for version in versions)
    named = " ".join(f'version_labels {{ key: "{k}" value: {v} }}' for k, v in labels.items())
    partial = path.with_suffix(".partial")
    policy = f"model_version_policy {{ specific {{ {wanted} }} }}"
    partial.write_text(
        f'model_config_list {{ config {{ name: "half_plus_two" base_path: "{base_path}"'
        f' model_platform: "tensorflow" {policy} {named} }} }}'
    )
    partial.replace(path)
    return path


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., RunningServer]:
    """Start a server of a model, and wait until it answers."""
    return functools.partial(RunningServer.of_model, tmp_path / "log", name="half_plus_two")


@pytest.fixture(scope="module")
def version_models(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Make a model whose answer is its version, whatever `x` is."""
    import tensorflow as tf

    folder = tmp_path_factory.mktemp("versions")

    def make(version: int) -> Path:
        class Constant(tf.Module):
            @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
            def predict(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
                return {"y": 0 * x + float(version)}

        model = Constant()
        path = folder / str(version)
        tf.saved_model.save(model, str(path), signatures={"serving_default": model.predict})
        return path

    return make


def test_server_answers_rest_and_grpc_alike_and_drains_on_sigterm(
    serve: Callable[..., RunningServer], base_path: Callable[..., Path]
) -> None:
    with serve(base_path(123)) as server:
        status, answer = server.ask(HALF_PLUS_TWO, {"instances": [1.0, 2.0, 5.0]})
        assert (status, answer) == (200, {"predictions": [2.5, 3.0, 4.5]})
        status, answer = server.ask("half_plus_two/versions/123:predict", {"inputs": [0.0]})
        assert (status, answer) == (200, {"outputs": [2.0]})
        status, answer = server.ask("half_plus_two/versions/9:predict", {"inputs": [0.0]})
        assert status == 404
        assert answer == {"error": "Servable not found for request: Specific(half_plus_two, 9)"}
        assert predict_by_grpc(server.grpc_port, [1.0, 2.0, 5.0]) == (123, [2.5, 3.0, 4.5])
        assert server.stop() == 0
    assert "Exporting HTTP/REST API at:" in server.output
    assert "Traceback" not in server.output


def predict_by_grpc(port: int, values: list[float]) -> tuple[int, list[float]]:
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "half_plus_two"
    request.inputs["x"].dtype = 1
    request.inputs["x"].tensor_shape.dim.add(size=len(values))
    request.inputs["x"].float_val.extend(values)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        answer = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, 30)
    return answer.model_spec.version.value, list(answer.outputs["y"].float_val)


def test_server_opens_its_ports_only_after_the_first_load(
    tmp_path: Path, base_path: Callable[..., Path]
) -> None:
    waiting = tmp_path / "later" / "half_plus_two"
    flags = ["--model_name=half_plus_two", f"--model_base_path={waiting}"]
    with RunningServer(tmp_path / "log", *flags) as server:
        said = ("not found", "such file")
        server.wait_until(lambda: any(each in server.output.lower() for each in said))
        assert not server.is_open()
        waiting.parent.mkdir()
        base_path(1).rename(waiting)
        server.wait_open()
        assert server.ask(HALF_PLUS_TWO, {"instances": [2.0]}) == (200, {"predictions": [3.0]})


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--port=x"], "Couldn't interpret value x for flag port."),
        (
            [],
            "Failed to start server. Error: INVALID_ARGUMENT: Both server_options.model_base_path"
            " and server_options.model_config_file are empty!",
        ),
        (
            ["--model_config_file=/no/such/file"],
            "Failed to start server. Error: NOT_FOUND: /no/such/file; No such file or directory",
        ),
        (
            ["--model_base_path=/m"]
            + [
                f"--tensorflow_{each}_parallelism=2" for each in ("session", "intra_op", "inter_op")
            ],
            "Failed to start server. Error: INVALID_ARGUMENT: Either configure"
            " server_options.tensorflow_session_parallelism or ",
        ),
        (["--model_base_path=models/m"], "Failed to start server. Error: INVALID_ARGUMENT"),
    ],
)
def test_server_that_cannot_be_configured_says_why_and_exits_255(
    tmp_path: Path, flags: list[str], expected: str
) -> None:
    with RunningServer(tmp_path / "log", *flags) as server:
        assert server.process.wait(timeout=60) == 255
    assert expected in server.output


def test_server_whose_only_version_does_not_load_exits_255(tmp_path: Path) -> None:
    (tmp_path / "m/1").mkdir(parents=True)
    (tmp_path / "m/1/saved_model.pb").write_bytes(b"no model")
    flags = [f"--model_base_path={tmp_path / 'm'}", "--max_num_load_retries=0"]
    with RunningServer(tmp_path / "log", *flags) as server:
        assert server.process.wait(timeout=60) == 255
    assert "Failed to start server. Error: " in server.output


def test_server_names_an_unknown_flag_and_goes_on(
    serve: Callable[..., RunningServer], base_path: Callable[..., Path]
) -> None:
    with serve(base_path(1), "--no_such_flag=1") as server:
        assert server.ask(HALF_PLUS_TWO, {"instances": [0]})[0] == 200
    assert server.output.startswith("unknown argument: --no_such_flag=1\nusage: tfx-model-server")


def test_server_swaps_versions_under_load_without_a_failed_or_wrong_answer(
    serve: Callable[..., RunningServer], tmp_path: Path, version_models: Callable[[int], Path]
) -> None:
    base = tmp_path / "half_plus_two"
    shutil.copytree(version_models(1), base / "1")
    wrong: list[object] = []
    answered = [0]
    done = threading.Event()

    def ask_always() -> None:
        client = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=30)
        newest = 1
        while not done.is_set():
            client.request("POST", f"/v1/models/{HALF_PLUS_TWO}", '{"instances": [1, 2]}')
            answer = client.getresponse()
            body = json.loads(answer.read())
            first, second = body.get("predictions", (0, -1))
            # Never a mix, never an older version than one that has answered.
            if answer.status != 200 or first != second or first < newest:
                wrong.append((answer.status, body, newest))
            newest = max(newest, first)
            answered[0] += 1
        client.close()

    with serve(base) as server:
        clients = [threading.Thread(target=ask_always) for _ in range(4)]
        for client in clients:
            client.start()
        for version in range(2, 22):
            aside = tmp_path / f"aside-{version}"
            shutil.copytree(version_models(version), aside)
            aside.rename(base / str(version))
            server.wait_states("half_plus_two", {str(version): "AVAILABLE"})
            version_answer, _ = predict_by_grpc(server.grpc_port, [1.0])
            assert version_answer == version
        server.wait_states("half_plus_two", {"21": "AVAILABLE", "20": "END", "1": "END"})
        done.set()
        for client in clients:
            client.join()
        assert wrong == []
        assert answered[0] > 500
        assert server.stop() == 0


def test_server_keeps_what_is_loaded_when_files_break_or_vanish(
    tmp_path: Path, base_path: Callable[..., Path], version_models: Callable[[int], Path]
) -> None:
    base = base_path(1)
    flag, name = "--max_num_load_retries=0", "half_plus_two"
    with RunningServer.of_model(tmp_path / "log", base, flag, name=name) as server:
        (base / "not-a-version").mkdir()
        (base / "2").mkdir()  # half-copied: the graph, and no variables
        shutil.copy(base / "1/saved_model.pb", base / "2/saved_model.pb")
        server.wait_states("half_plus_two", {"2": "END", "1": "AVAILABLE"})
        assert server.ask(HALF_PLUS_TWO, {"instances": [2.0]}) == (200, {"predictions": [3.0]})
        base.rename(tmp_path / "gone")
        time.sleep(2.5)  # two polls
        assert server.ask(HALF_PLUS_TWO, {"instances": [2.0]}) == (200, {"predictions": [3.0]})
        _, answer = server.ask("half_plus_two")
        (broken, good) = answer["model_version_status"]
        assert broken["status"]["error_code"] != "OK" and broken["status"]["error_message"]
        assert good["state"] == "AVAILABLE"


def test_server_follows_its_config_file_with_labels(
    tmp_path: Path, base_path: Callable[..., Path]
) -> None:
    base = base_path(1, 2)
    config = write_config(tmp_path / "models.config", base, 1, 2, stable=1, canary=2)
    flags = [
        f"--model_config_file={config}",
        "--model_config_file_poll_wait_seconds=1",
        "--allow_version_labels_for_unavailable_models",
    ]
    with RunningServer(tmp_path / "log", *flags).wait_open() as server:
        asked = {"instances": [2.0]}
        # The ports open when one version of each model answers.
        server.wait_states("half_plus_two", {"1": "AVAILABLE", "2": "AVAILABLE"})
        for label in ("stable", "canary"):
            path = f"half_plus_two/labels/{label}:predict"
            assert server.ask(path, asked) == (200, {"predictions": [3.0]})
        write_config(config, base, 2, stable=2)
        server.wait_states("half_plus_two", {"1": "END", "2": "AVAILABLE"})
        status, answer = server.ask("half_plus_two/labels/canary:predict", asked)
        assert (status, answer["error"]) == (400, "Unrecognized servable version label: canary")
        config.write_text("no proto")
        time.sleep(1.5)
        assert server.ask("half_plus_two/labels/stable:predict", asked)[0] == 200


def page_of(server: RunningServer, path: str) -> str:
    url = f"http://127.0.0.1:{server.rest_port}{path}"
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


def test_server_with_workers_shares_ports_replaces_the_dead_and_adds_up(
    tmp_path: Path, base_path: Callable[..., Path]
) -> None:
    monitoring = tmp_path / "monitoring.config"
    monitoring.write_text("prometheus_config { enable: true }")
    flags = ["--workers=2", f"--monitoring_config_file={monitoring}"]
    with RunningServer.of_model(
        tmp_path / "log", base_path(1), *flags, name="half_plus_two"
    ) as server:
        server.wait_until(lambda: server.output.count("Exporting HTTP/REST API") >= 2)
        workers = psutil.Process(server.process.pid).children()
        assert len(workers) == 2
        for _ in range(40):  # each by a connection of its own: both workers get some
            assert server.ask(HALF_PLUS_TWO, {"instances": [0]})[0] == 200
        counted = ':tensorflow:serving:request_count{model_name="half_plus_two",status="OK"} 40\n'
        # They publish their counts every second.
        server.wait_until(lambda: counted in page_of(server, "/monitoring/prometheus/metrics"))
        os.kill(workers[0].pid, signal.SIGKILL)
        server.wait_until(lambda: server.output.count("Exporting HTTP/REST API") >= 3)
        for _ in range(20):
            assert server.ask(HALF_PLUS_TWO, {"instances": [0]})[0] == 200
        assert server.stop() == 0


def test_server_with_a_taken_grpc_port_exits_and_names_it(
    tmp_path: Path, base_path: Callable[..., Path]
) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        flags = [f"--model_base_path={base_path(1)}", f"--port={port}"]
        with RunningServer(tmp_path / "log", *flags) as server:
            assert server.process.wait(timeout=60) == 255
    assert f"127.0.0.1:{port}" in server.output
    assert "Failed to start server. Error: INVALID_ARGUMENT" in server.output


def test_server_with_an_unusable_certificate_exits_and_names_it(
    tmp_path: Path, base_path: Callable[..., Path]
) -> None:
    (tmp_path / "cert.pem").write_text("no certificate")
    flags = [f"--model_base_path={base_path(1)}", f"--rest_tls_cert_file={tmp_path / 'cert.pem'}"]
    flags.append(f"--rest_tls_key_file={tmp_path / 'cert.pem'}")
    with RunningServer(tmp_path / "log", *flags) as server:
        assert server.process.wait(timeout=60) == 255
    assert "Failed to start server. Error: INVALID_ARGUMENT" in server.output
    assert "cert.pem" in server.output


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("model_config_file", "tensorflow.serving.ModelServerConfig"),
        ("batching_parameters_file", "tensorflow.serving.BatchingParameters"),
        ("monitoring_config_file", "tensorflow.serving.MonitoringConfig"),
        ("ssl_config_file", "tensorflow.serving.SSLConfig"),
        ("platform_config_file", "tensorflow.serving.PlatformConfigMap"),
        ("thread_pool_factory_config_file", "tensorflow.serving.ThreadPoolFactoryConfig"),
        ("tensorflow_session_config_file", "tensorflow.ConfigProto"),
    ],
)
def test_server_with_a_text_file_that_is_broken_says_so_on_the_standard_error(
    tmp_path: Path, half_plus_two: Path, flag: str, message: str
) -> None:
    (tmp_path / "text").write_text("improperly formatted file")
    command = [sys.executable, "-m", "tfx_pipeline.serving.server", f"--{flag}={tmp_path / 'text'}"]
    grpc_port, rest_port = free_ports(2)
    command += [f"--port={grpc_port}", f"--rest_api_port={rest_port}", "--enable_batching"]
    command.append(f"--model_base_path={half_plus_two.parent}")
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert done.returncode == 255
    assert f"Error parsing text-format {message}: 1:1: " in done.stderr
    assert "Failed to start server. Error: INVALID_ARGUMENT: Invalid protobuf file: " in done.stdout
    assert "Traceback" not in done.stderr


def test_server_with_workers_that_is_killed_leaves_none(
    serve: Callable[..., RunningServer], base_path: Callable[..., Path]
) -> None:
    with serve(base_path(1), "--workers=2") as server:
        workers = psutil.Process(server.process.pid).children()
        server.process.kill()
        _, left = psutil.wait_procs(workers, timeout=30)
        assert left == []
