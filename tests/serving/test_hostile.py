"""What a client can make the server keep: measured in a process of its own."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import psutil
import pytest

from tests.serving.grpc_running import GrpcRunning, failure, predict_request
from tests.serving.running import RunningServer
from tfx_pipeline.serving.memory import GIVE_BACK_EVERY_S

pytestmark = [pytest.mark.slow, pytest.mark.once]

_MB = 2**20
_BODY = b"z" * _MB
_BOMB = gzip.compress(b" " * (90 * _MB), 9)
_NINES, _QS = "9" * 60_000, "q" * 60_000
_PREDICT = "/v1/models/m:predict"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model `m`: `x` `[-1] float32` gives twelve outputs, `y0` to `y11`."""
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def give(x: Any) -> dict[str, Any]:
        return {f"y{index}": x / 2 + index for index in range(12)}

    folder = tmp_path_factory.mktemp("hostile") / "m"
    tf.saved_model.save(tf.Module(), str(folder / "1"), signatures={"serving_default": give})
    return folder


class Attacked:
    """A server, and what has been sent to it."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.process = psutil.Process(server.process.pid)
        no_limit = [(f"grpc.max_{way}_message_length", -1) for way in ("send", "receive")]
        self.grpc = GrpcRunning(f"127.0.0.1:{server.grpc_port}")
        self.grpc.channel = grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}", no_limit)
        self.connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=60)
        for size in (1, 1000, 100_000):  # what is prepared once, and buffers of the usual size
            self.rest("POST", _PREDICT, json.dumps({"instances": [1.5] * size}).encode())
            self.call("Predict", predict_request(x=np.ones(size, np.float32)).SerializeToString())

    def rest(self, method: str, path: str, body: bytes = b"", **headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, body, named)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status

    def call(self, method: str, body: bytes, service: str = "PredictionService") -> str:
        path = f"/tensorflow.serving.{service}/{method}"
        try:
            self.grpc.channel.unary_unary(path)(body, timeout=60)
        except grpc.RpcError as error:
            return str(error.code().name)
        return "OK"

    @property
    def memory(self) -> int:
        return int(self.process.memory_info().rss)

    def keeps(self, before: int, most: int) -> int:
        """Tell by how much the memory has grown, once what is free has been given back."""
        until = time.monotonic() + 4 * GIVE_BACK_EVERY_S
        while self.memory - before >= most and time.monotonic() < until:
            time.sleep(0.1)
        return self.memory - before


@pytest.fixture(scope="module")
def attacked(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with RunningServer.of_model(tmp_path_factory.mktemp("log") / "log", base) as server:
        yield Attacked(server)
        assert "Traceback" not in server.output


@pytest.fixture(scope="module")
def locked(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    folder = tmp_path_factory.mktemp("locked")
    (folder / "token").write_text("secret")
    flag = f"--bearer_token_file={folder / 'token'}"
    with RunningServer.of_model(folder / "log", base, flag) as server:
        yield Attacked(server)


def _asking(**spec: str) -> bytes:
    request = predict_request(x=np.ones(1, np.float32))
    for field, value in spec.items():
        setattr(request.model_spec, field, value)
    return bytes(request.SerializeToString())


def _long(number: int) -> str:
    return f"{number}{'k' * _MB}"


def _fields(number: int) -> bytes:
    return predict_request(
        **{f"a{number}_{index}": 1.0 for index in range(800)}
    ).SerializeToString()


def _filtered(number: int) -> bytes:
    request = predict_request(x=np.ones(3, np.float32))
    rng = random.Random(number)
    request.output_filter.extend(rng.sample([f"y{index}" for index in range(12)], 6))
    return bytes(request.SerializeToString())


def _status_request(number: int) -> bytes:
    from tensorflow_serving.apis import get_model_status_pb2

    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = f"{number}{'k' * 500_000}"
    return bytes(request.SerializeToString())


def _reload_request(number: int) -> bytes:
    from tensorflow_serving.apis import model_management_pb2

    request = model_management_pb2.ReloadConfigRequest()
    name = f"{number}{'k' * 500_000}"
    request.config.model_config_list.config.add(
        name=name, base_path="relative", model_platform="tensorflow"
    )
    request.metric_names.append(name)
    return bytes(request.SerializeToString())


_TEXTS = json.dumps({"instances": ["a" * 10] * 80_000}).encode()
_ATTACKS: dict[str, tuple[int, Any, Callable[[Attacked, int], Any]]] = {
    # name: how often, what each must get, what to do
    "no such method": (200, 400, lambda a, i: a.rest("POST", "/v1/models/x:foo", _BODY)),
    "long targets": (512, 404, lambda a, i: a.rest("GET", f"/v1/models/{i}{'q' * 60_000}")),
    "long foreign targets": (512, 404, lambda a, i: a.rest("GET", f"/{i}{'q' * 60_000}")),
    "malformed targets": (512, 400, lambda a, i: a.rest("GET", f"/v1/{i}{'q' * 60_000}")),
    "long versions": (300, 400, lambda a, i: a.rest("GET", f"/v1/models/m/versions/{_NINES}")),
    "long labels": (
        300, 400, lambda a, i: a.rest("POST", f"/v1/models/m/labels/{i}{_QS}:predict", b"{}")
    ),
    "long names": (
        400, 400, lambda a, i: a.rest("POST", f"/v1/models/{i}{'q' * 40_000}:predict", b"")
    ),
    "no JSON": (200, 400, lambda a, i: a.rest("POST", _PREDICT, _BODY)),
    "texts for numbers": (100, 400, lambda a, i: a.rest("POST", _PREDICT, _TEXTS)),
    "no examples": (200, 400, lambda a, i: a.rest("POST", "/v1/models/m:classify", _BODY)),
    "no gzip": (200, 400, lambda a, i: a.rest("POST", _PREDICT, _BODY, content_encoding="gzip")),
    "bombs": (10, 400, lambda a, i: a.rest("POST", _PREDICT, _BOMB, content_encoding="gzip")),
    "gRPC, long names": (
        200, "NOT_FOUND", lambda a, i: a.call("Predict", _asking(name=_long(i)))
    ),
    "gRPC, long signatures": (
        200, "FAILED_PRECONDITION", lambda a, i: a.call("Predict", _asking(signature_name=_long(i)))
    ),
    "gRPC, long labels": (
        200, "INVALID_ARGUMENT", lambda a, i: a.call("Predict", _asking(version_label=_long(i)))
    ),
    "gRPC, no message": (200, "INTERNAL", lambda a, i: a.call("Predict", b"\xff" * _MB)),
    "gRPC, many fields": (100, "INVALID_ARGUMENT", lambda a, i: a.call("Predict", _fields(i))),
    "gRPC, filters": (700, "OK", lambda a, i: a.call("Predict", _filtered(i))),
    "gRPC, methods": (300, "UNIMPLEMENTED", lambda a, i: a.call(f"{i}{'p' * 3000}", b"")),
    "gRPC, states": (
        200, "NOT_FOUND", lambda a, i: a.call("GetModelStatus", _status_request(i), "ModelService")
    ),
    "gRPC, configurations": (
        200,
        "INVALID_ARGUMENT",
        lambda a, i: a.call("HandleReloadConfigRequest", _reload_request(i), "ModelService"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("attack", _ATTACKS)
def test_requests_that_fail_leave_nothing_behind(attacked: Attacked, attack: str) -> None:
    count, expected, send = _ATTACKS[attack]
    for index in range(count // 4):  # what is kept once, however often it is sent
        assert send(attacked, -index) == expected
    before = attacked.memory
    for index in range(count):
        assert send(attacked, index) == expected
    # The least of what was seen: 200 bodies of 1 MiB grew it by 201 MiB, 512 targets by 136.
    assert attacked.keeps(before, 40 * _MB) < 40 * _MB


@pytest.mark.parametrize("path", [_PREDICT, "/v1/models/x:foo", "/v1/models/" + "q" * 60_000])
def test_requests_without_the_token_leave_nothing_behind(locked: Attacked, path: str) -> None:
    before = locked.memory
    for index in range(200):
        assert locked.rest("POST", path, _BODY) == 401
        assert locked.rest("POST", f"{path}{index}", b"") == 401
        assert locked.call("Predict", _BODY) == "UNAUTHENTICATED"
    assert locked.keeps(before, 40 * _MB) < 30 * _MB


def test_body_without_the_token_is_not_kept_while_it_comes(locked: Attacked) -> None:
    before, clients = locked.memory, []
    for _ in range(8):
        client = socket.create_connection(("127.0.0.1", locked.server.rest_port), 30)
        client.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n")
        for _ in range(20):
            client.sendall(_BODY)
        clients.append(client)
    assert locked.keeps(before, 40 * _MB) < 30 * _MB
    assert locked.rest("GET", "/v1/models/m", authorization="Bearer secret") == 200
    for client in clients:
        client.close()


def test_bombs_at_the_same_time_stay_within_the_budget(attacked: Attacked) -> None:
    peak, done, found = [attacked.memory], threading.Event(), set()

    def watch() -> None:
        while not done.wait(0.01):
            peak[0] = max(peak[0], attacked.memory)

    def send() -> None:
        client = http.client.HTTPConnection("127.0.0.1", attacked.server.rest_port, timeout=60)
        client.request("POST", _PREDICT, _BOMB, {"content-encoding": "gzip"})
        found.add(client.getresponse().status)
        client.close()

    watching = threading.Thread(target=watch)
    watching.start()
    before = attacked.memory
    with ThreadPoolExecutor(60) as clients:
        for sent in [clients.submit(send) for _ in range(60)]:
            sent.result()
    done.set()
    watching.join()
    assert found <= {400, 429}
    budget = psutil.virtual_memory().total // 16
    assert peak[0] - before < budget + 200 * _MB  # and 60 of them are 5.4 GB
    attacked.connection.close()  # where all that took long, the server has closed it by now
    assert attacked.rest("POST", _PREDICT, b'{"instances": [1.0]}') == 200


def test_metrics_of_models_that_are_served_survive_any_number_of_strangers() -> None:
    from tfx_pipeline.serving.errors import Code
    from tfx_pipeline.serving.metrics.metrics import Metrics

    metrics = Metrics()
    for index in range(5000):
        metrics.observe_request(f"stranger {index}", "", "REST", Code.NOT_FOUND, 0.0)
        metrics.observe_request("n" * 10_000 + str(index), "", "GRPC", Code.NOT_FOUND, 0.0)
    metrics.observe_request("real", "predict", "REST", Code.OK, 0.001)
    metrics.observe_request("real", "predict", "REST", Code.INVALID_ARGUMENT, 0.001)
    page = metrics.render().decode()
    assert 'request_count{model_name="real",status="OK"} 1\n' in page
    assert 'request_count{model_name="real",status="INVALID_ARGUMENT"} 1\n' in page
    assert 'request_count{model_name="stranger 99",status="NOT_FOUND"} 1\n' in page
    assert 'request_count{model_name="other",status="NOT_FOUND"} 9900\n' in page
    assert len(page) < 50_000


def test_message_beyond_the_flag_is_refused_and_others_are_not(base: Path, tmp_path: Path) -> None:
    limit = "--grpc_channel_arguments=grpc.max_receive_message_length=1000000"
    with RunningServer.of_model(tmp_path / "log", base, limit) as server:
        client = GrpcRunning(f"127.0.0.1:{server.grpc_port}")
        with client.channel:
            large = predict_request(x=np.ones(500_000, np.float32))
            code, text = failure(client.prediction.Predict, large, timeout=20)
            assert (code, "larger than max" in text) == ("RESOURCE_EXHAUSTED", True)
            assert client.predict(x=np.ones(2, np.float32))["y0"].tolist() == [0.5, 0.5]


class Stalling:
    """A way to a server that lets the first bytes of each connection pass, and then no more."""

    def __init__(self, port: int, most: int) -> None:
        self._port, self._most = port, most
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self._port))
                for source, target, most in ((client, server, self._most), (server, client, 2**40)):
                    arguments = (source, target, most)
                    threading.Thread(target=self._pass, args=arguments, daemon=True).start()

    @staticmethod
    def _pass(source: socket.socket, target: socket.socket, most: int) -> None:
        with contextlib.suppress(OSError):
            while most > 0 and (data := source.recv(min(most, 65536))):
                target.sendall(data)
                most -= len(data)

    def close(self) -> None:
        self._listener.close()


def test_messages_that_do_not_end_are_limited_in_number_and_hinder_no_small_ones(
    attacked: Attacked,
) -> None:
    stalling = Stalling(attacked.server.grpc_port, 300_000)
    request = predict_request(x=np.ones(500_000, np.float32))
    request.output_filter.append("y0")
    body = bytes(request.SerializeToString())
    own = ("grpc.use_local_subchannel_pool", 1)  # a connection for each
    channels = [grpc.insecure_channel(f"127.0.0.1:{stalling.port}", [own]) for _ in range(20)]
    before = attacked.memory
    method = "/tensorflow.serving.PredictionService/Predict"
    calls = [channel.unary_unary(method).future(body, timeout=30) for channel in channels]
    until = time.monotonic() + 15
    while sum(call.done() for call in calls) < 4:  # 20, of which 16 may go on
        assert time.monotonic() < until
        time.sleep(0.05)
        assert attacked.call("Predict", _filtered(1)) == "OK"
    refused = [call for call in calls if call.done()]
    assert {call.code().name for call in refused} == {"RESOURCE_EXHAUSTED"}
    assert "are large or come slowly" in refused[0].details()
    assert attacked.memory - before < 60 * _MB
    for channel in channels:
        channel.close()
    stalling.close()
    whole = attacked.grpc.channel.unary_unary(method)
    assert whole(body, timeout=30)  # large, and in one go


def test_shorthand_tensors_at_the_same_time_stay_within_the_budget(attacked: Attacked) -> None:
    request = predict_request(x=np.ones(1, np.float32))
    del request.inputs["x"].tensor_shape.dim[:]
    request.inputs["x"].tensor_shape.dim.add(size=20_000_000)  # 80 MB in 40 bytes
    request.output_filter.append("y0")
    body = bytes(request.SerializeToString())
    method = attacked.grpc.channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
    calls = [method.future(body, timeout=60) for _ in range(12)]
    codes = set()
    for call in calls:
        with contextlib.suppress(grpc.RpcError):
            call.result()
        codes.add(call.code().name)
    assert codes <= {"OK", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "CANCELLED"}
    assert "RESOURCE_EXHAUSTED" in codes
    assert attacked.call("Predict", _filtered(0)) == "OK"
