"""Clients of a soak: what each kind sends, and what it must get.

Terms:
    model: `m`, with `x` `[-1] float32` and `s` `[-1] string`; `y` = x / 2 + version, and `t` = s.
    floor: the newest version that was available before a request was sent; no older one may answer.
"""

from __future__ import annotations

import contextlib
import gzip
import http.client
import itertools
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import grpc
import numpy as np

_PREDICT = "/v1/models/m:predict"
_MANY = 50_000
_BOMB_BYTES = 90 << 20


@dataclass
class Soak:
    """What the clients and the swaps share.

    Attributes:
        rest_port, grpc_port: of the server.
        floor: see above.
        done: set to end the clients.
        goes_on: cleared to let them wait, see `paused`.
        counts: by kind of client and `sent`, `wrong` or `failed`.
        complaints: the first few, in words.
    """

    rest_port: int
    grpc_port: int
    floor: int = 1
    done: threading.Event = field(default_factory=threading.Event)
    goes_on: threading.Event = field(default_factory=threading.Event)
    in_flight: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Let no request be in flight for the length of a `with`."""
        self.goes_on.clear()
        while self.in_flight:
            time.sleep(0.02)
        yield
        self.goes_on.set()

    def begin(self) -> None:
        """Wait while there is a pause, and count a request in."""
        while True:
            self.goes_on.wait()
            with self._lock:
                if self.goes_on.is_set():
                    self.in_flight += 1
                    return

    def end(self) -> None:
        """Count a request out."""
        with self._lock:
            self.in_flight -= 1

    def note(self, kind: str, what: str, detail: object = "") -> None:
        """Count what became of a request."""
        with self._lock:
            self.counts[kind, what] += 1
            if what != "sent" and len(self.complaints) < 20:
                self.complaints.append(f"{kind}: {what}: {detail}"[:300])


class WrongAnswerError(Exception):
    """An answer that is not the right one."""


def run_clients(soak: Soak) -> list[threading.Thread]:
    """Start a thread for each kind of client; each asks until the soak is done."""
    kinds: dict[str, tuple[Callable[[Soak], Iterator[None]], float]] = {
        "rows": (partial(_rows, counts=(1, 1, 3, 64)), 0.01),
        "columns": (_columns, 0.02),
        "gzip": (partial(_rows, counts=(500,), packed=True), 0.05),
        "huge": (partial(_rows, counts=(_MANY,)), 2.0),
        "slow": (_slow, 0.1),
        "gRPC": (partial(_grpc, count=3), 0.01),
        "gRPC, huge": (partial(_grpc, count=1_000_000), 2.0),
        "invalid": (_invalid, 0.02),
        "gRPC, invalid": (_grpc_invalid, 0.02),
        "bombs": (_bombs, 3.0),
        "cut off": (_cut_off, 0.05),
    }
    soak.goes_on.set()
    threads = [
        threading.Thread(target=_repeat, args=(soak, kind, client, pause_s), daemon=True)
        for kind, (client, pause_s) in kinds.items()
    ]
    for thread in threads:
        thread.start()
    return threads


def _repeat(
    soak: Soak, kind: str, client: Callable[[Soak], Iterator[None]], pause_s: float
) -> None:
    asking = client(soak)
    while not soak.done.wait(pause_s):
        soak.begin()
        soak.note(kind, "sent")
        try:
            next(asking)
        except WrongAnswerError as error:
            soak.note(kind, "wrong", error)
            asking = client(soak)
        except Exception as error:
            soak.note(kind, "failed", f"{type(error).__name__}: {error}")
            asking = client(soak)
        finally:
            soak.end()


def _post(
    connection: http.client.HTTPConnection, body: bytes, path: str = _PREDICT, **headers: str
) -> tuple[int, Any]:
    connection.request("POST", path, body, {k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def _check(floor: int, x: Any, status: int, ys: Any) -> None:
    if status != 200:
        raise RuntimeError(f"status {status}: {ys}")
    versions = np.asarray(ys, float) - np.asarray(x, float) / 2
    if versions.shape != np.shape(x) or len(set(versions.tolist())) != 1 or versions[0] < floor:
        raise WrongAnswerError(
            f"versions {sorted(set(versions.ravel().tolist()))[:3]}, at least {floor}"
        )


def _row_body(x: Any) -> bytes:
    return json.dumps({"instances": [{"x": each, "s": "a\u00e9"} for each in x]}).encode()


def _rows(soak: Soak, counts: Sequence[int], packed: bool = False) -> Iterator[None]:
    connection, headers = _connection(soak), {"Content_Encoding": "gzip"} if packed else {}
    for count in itertools.cycle(counts):
        x = [float(each % 500) for each in range(count)]
        floor, body = soak.floor, _row_body(x)
        status, answer = _post(connection, gzip.compress(body, 1) if packed else body, **headers)
        rows = answer.get("predictions", answer)
        _check(floor, x, status, [each["y"] for each in rows] if status == 200 else rows)
        if any(each["t"] != "a\u00e9" for each in rows):
            raise WrongAnswerError("another text")
        yield


def _columns(soak: Soak) -> Iterator[None]:
    connection = _connection(soak)
    while True:
        floor, x = soak.floor, [1.0, 2.0, 4.0]
        status, answer = _post(
            connection, json.dumps({"inputs": {"x": x, "s": ["a", "b", "c"]}}).encode()
        )
        _check(floor, x, status, answer["outputs"]["y"] if status == 200 else answer)
        yield


def _slow(soak: Soak) -> Iterator[None]:
    while True:
        floor, body = soak.floor, _row_body([1.0])
        head = f"POST {_PREDICT} HTTP/1.1\r\nHost: h\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", soak.rest_port), 30) as client:
            for byte in head.encode() + body:
                client.sendall(bytes((byte,)))
                time.sleep(0.005)
            answer = client.recv(65536)
        status, document = int(answer[9:12]), json.loads(answer.partition(b"\r\n\r\n")[2])
        ys = [each["y"] for each in document["predictions"]] if status == 200 else document
        _check(floor, [1.0], status, ys)
        yield


def _cut_off(soak: Soak) -> Iterator[None]:
    body = _row_body([1.0] * 1000)
    head = f"POST {_PREDICT} HTTP/1.1\r\nHost: h\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    while True:
        # In the head, in the body, and before the answer is read.
        for sent in (head[:20], head + body[:9000], head + body):
            with socket.create_connection(("127.0.0.1", soak.rest_port), 30) as client:
                client.sendall(sent)
            yield


def _invalid(soak: Soak) -> Iterator[None]:
    connection, numbers = _connection(soak), itertools.count(1)
    cases = [
        (400, _PREDICT, b"z" * 1_000_000),
        (400, _PREDICT, b'{"instances": [{"x": "text", "s": "a"}]}'),
        (400, _PREDICT, b'{"instances": [{"x": 1.0}]}'),
        (400, "/v1/models/x:foo", b"z" * 1_000_000),
        (404, "/v1/models/{}:predict", _row_body([1.0])),
        (400, "/v1/models/{}" + "q" * 50_000, b""),
        (400, "/v1/models/m/labels/{}:predict", _row_body([1.0])),
        (404, "/v1/models/m/versions/99999{}:predict", _row_body([1.0])),
    ]
    while True:
        for expected, path, body in cases:
            status, _ = _post(connection, body, path.format(next(numbers)))
            if status != expected:
                raise WrongAnswerError(f"{path[:60]}: status {status}, not {expected}")
            yield


def _bombs(soak: Soak) -> Iterator[None]:
    connection = _connection(soak)
    bomb = gzip.compress(b" " * _BOMB_BYTES, 9)
    while True:
        for body in (bomb, bomb[:-9], bomb + bomb, b"\x1f\x8b" + b"\xff" * 100_000):
            status, _ = _post(connection, body, Content_Encoding="gzip")
            if status not in (400, 429):
                raise WrongAnswerError(f"status {status}, not 400 or 429")
            yield


def _grpc(soak: Soak, count: int) -> Iterator[None]:
    x = np.arange(count, dtype=np.float32) % 8
    request = _request(x)
    # After TensorFlow, as in the other clients: else the imports of two threads may deadlock.
    from tensorflow_serving.apis import prediction_service_pb2_grpc

    with _channel(soak) as channel:
        predict = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict
        while True:
            floor = soak.floor
            answer = predict(request, timeout=60)
            ys = np.asarray(answer.outputs["y"].float_val)
            _check(floor, x, 200, ys)
            if ys[0] != answer.model_spec.version.value:
                raise WrongAnswerError("another version than the answer says")
            yield


def _grpc_invalid(soak: Soak) -> Iterator[None]:
    missing = _request(np.ones(1, np.float32))
    del missing.inputs["x"]
    other = _request(np.ones(1, np.float32))
    with _channel(soak) as channel:
        raw = channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
        for number in itertools.count(1):
            other.model_spec.name = f"{number}{'n' * 100_000}"
            for code, body in (
                ("INVALID_ARGUMENT", missing.SerializeToString()),
                ("NOT_FOUND", other.SerializeToString()),
                ("INTERNAL", b"\xff" * 100_000),
            ):
                try:
                    raw(body, timeout=60)
                    raise WrongAnswerError("an answer to what is no request")
                except grpc.RpcError as error:
                    if error.code().name != code:
                        raise WrongAnswerError(f"{error.code().name}, not {code}") from error
                yield


def _request(x: Any) -> Any:
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    request.inputs["x"].CopyFrom(tf.make_tensor_proto(x))
    request.inputs["s"].CopyFrom(tf.make_tensor_proto(["a"] * len(x)))
    request.output_filter.append("y")
    return request


def _connection(soak: Soak) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", soak.rest_port, timeout=60)


def _channel(soak: Soak) -> grpc.Channel:
    no_limit = [(f"grpc.max_{way}_message_length", -1) for way in ("send", "receive")]
    return grpc.insecure_channel(f"127.0.0.1:{soak.grpc_port}", no_limit)
