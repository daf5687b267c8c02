"""The clients, against servers that answer as the contract says, letter for letter."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tfx_pipeline.deployment.client import DataType, RestClient, Security, UnreachableError
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import (
    DEFAULT_SIGNATURE,
    ModelSpec,
    Signature,
    StateName,
    TensorSpec,
    VersionState,
)

STATUS = (
    '{"model_version_status":[{"version":"124","state":"END","status":{"error_code":"NOT_FOUND",'
    '"error_message":"gone"}},{"version":"123","state":"AVAILABLE","status":{"error_code":"OK",'
    '"error_message":""}}]}'
)
METADATA = """{"model_spec":{"name":"m","signature_name":"","version":"123"},
"metadata":{"signature_def":{"signature_def":{"serving_default":{
"inputs":{"x":{"dtype":"DT_FLOAT","tensor_shape":{"dim":[{"size":"-1","name":""}],
"unknown_rank":false},"name":"x:0"}},
"outputs":{"y":{"dtype":"DT_STRING","tensor_shape":{"dim":[],"unknown_rank":true},"name":"y:0"}},
"method_name":"tensorflow/serving/predict","defaults":{}}}}}}"""
ONE = Signature("serving_default", "", {}, {"y": TensorSpec("y:0", 1, None)})
TWO = Signature("serving_default", "", {}, {name: TensorSpec(name, 1, None) for name in "ab"})


@dataclass
class Fake:
    """A server that answers each request with the next of `answers`: status and body."""

    url: str = ""
    answers: list[tuple[int, str]] = field(default_factory=list)
    requests: list[tuple[str, str, str, str | None]] = field(default_factory=list)
    hang_up: bool = False
    connections: int = 0


@pytest.fixture
def fake() -> Iterator[Fake]:
    known = Fake()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            known.connections += 1
            super().setup()

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            token = self.headers.get("authorization")
            known.requests.append((self.command, self.path, body, token))
            status, answer = known.answers.pop(0)
            self.send_response(status)
            self.send_header("content-length", str(len(answer.encode())))
            self.end_headers()
            self.wfile.write(answer.encode())
            self.close_connection = known.hang_up

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    known.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield known
    server.shutdown()
    server.server_close()


def asked(fake: Fake, question: Callable[[RestClient], Any], *answers: tuple[int, str]) -> Any:
    fake.answers.extend(answers)
    with contextlib.closing(RestClient(fake.url)) as client:
        return question(client)


def test_states_reads_numbers_states_and_errors(fake: Fake) -> None:
    states = asked(fake, lambda client: client.states("my model"), (200, STATUS))
    assert states == [
        VersionState(124, StateName.END, Code.NOT_FOUND, "gone"),
        VersionState(123, StateName.AVAILABLE),
    ]
    assert fake.requests == [("GET", "/v1/models/my%20model", "", None)]


def test_metadata_reads_version_types_and_shapes(fake: Fake) -> None:
    spec = ModelSpec("m", version_label="stable")
    metadata = asked(fake, lambda client: client.metadata(spec), (200, METADATA))
    signature = metadata.signatures["serving_default"]
    assert metadata.version == 123
    assert signature.inputs == {"x": TensorSpec("x:0", DataType.DT_FLOAT, (-1,))}
    assert signature.outputs == {"y": TensorSpec("y:0", DataType.DT_STRING, None)}
    assert fake.requests[0][1] == "/v1/models/m/labels/stable/metadata"


def test_predict_names_the_only_output(fake: Fake) -> None:
    spec = ModelSpec("m", version=3, signature_name="other")
    rows = [{"x": 1.0}, {"x": float("nan")}]
    answers = asked(
        fake, lambda client: client.predict(spec, ONE, rows), (200, '{"predictions": [2.5, NaN]}')
    )
    assert answers[0] == {"y": 2.5}
    assert math.isnan(answers[1]["y"])
    body = '{"signature_name": "other", "instances": [{"x": 1.0}, {"x": NaN}]}'
    assert fake.requests == [("POST", "/v1/models/m/versions/3:predict", body, None)]


def test_predict_of_several_outputs_decodes_bytes(fake: Fake) -> None:
    answer = '{"predictions": [{"b": {"b64": "aGkg/w=="}, "a": [1, 2]}]}'
    answers = asked(fake, lambda client: client.predict(ModelSpec("m"), TWO, [{}]), (200, answer))
    assert [list(answer.items()) for answer in answers] == [[("a", [1, 2]), ("b", "hi \\xff")]]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, Code.INVALID_ARGUMENT),
        (401, Code.UNAUTHENTICATED),
        (404, Code.NOT_FOUND),
        (409, Code.ALREADY_EXISTS),
        (429, Code.RESOURCE_EXHAUSTED),
        (503, Code.UNAVAILABLE),
        (504, Code.DEADLINE_EXCEEDED),
        (500, Code.UNKNOWN),
        (418, Code.UNKNOWN),
    ],
)
def test_error_of_the_server_brings_its_text_and_code(fake: Fake, status: int, code: Code) -> None:
    answer = (status, '{"error": "Servable not found for request: Latest(m)"}')
    with pytest.raises(ServingError) as caught:
        asked(fake, lambda client: client.states("m"), answer)
    assert (caught.value.code, caught.value.message) == (
        code,
        "Servable not found for request: Latest(m)",
    )


def test_answer_that_is_not_json_is_shown(fake: Fake) -> None:
    with pytest.raises(ServingError, match="HTTP 502, and not JSON: <html>"):
        asked(fake, lambda client: client.states("m"), (502, "<html>Bad gateway</html>"))


def test_client_keeps_its_connection_and_renews_a_closed_one(fake: Fake) -> None:
    def ask_twice(client: RestClient) -> None:
        client.states("m")
        client.states("m")

    asked(fake, ask_twice, (200, STATUS), (200, STATUS))
    assert fake.connections == 1
    fake.hang_up = True
    asked(fake, ask_twice, (200, STATUS), (200, STATUS))
    assert fake.connections == 3


def test_client_sends_its_token_and_keeps_a_path_before_v1(fake: Fake) -> None:
    fake.answers.append((200, STATUS))
    client = RestClient(f"{fake.url}/behind/", security=Security(token="secret"))
    client.states("m")
    client.close()
    assert fake.requests == [("GET", "/behind/v1/models/m", "", "Bearer secret")]


def test_client_without_a_server_says_so() -> None:
    with pytest.raises(
        UnreachableError, match=r"no server answers at http://127\.0\.0\.1:9: Connection refused"
    ):
        RestClient("127.0.0.1:9").states("m")


@pytest.mark.parametrize("url", ["ftp://host", "http://", "http://host:port"])
def test_client_of_a_bad_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL|[Pp]ort"):
        RestClient(url)


@pytest.fixture
def grpc_server() -> Iterator[tuple[str, list[Any]]]:
    """A gRPC server with the official stubs: `y = x / 2 + 2`, and the requests that it got."""
    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import (
        get_model_metadata_pb2,
        get_model_status_pb2,
        model_service_pb2_grpc,
        predict_pb2,
        prediction_service_pb2_grpc,
    )

    requests: list[Any] = []

    class Service(
        prediction_service_pb2_grpc.PredictionServiceServicer,
        model_service_pb2_grpc.ModelServiceServicer,
    ):
        def Predict(self, request: Any, context: Any) -> Any:
            requests.append((request, dict(context.invocation_metadata())))
            answer = predict_pb2.PredictResponse()
            values = tf.make_ndarray(request.inputs["x"]) / 2 + 2
            answer.outputs["y"].CopyFrom(tf.make_tensor_proto(values))
            answer.outputs["name"].CopyFrom(tf.make_tensor_proto([b"\xff"] * len(values)))
            return answer

        def GetModelMetadata(self, request: Any, context: Any) -> Any:
            if request.model_spec.version_label:
                text = "Unrecognized servable version label: blue"
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, text)
            answer = get_model_metadata_pb2.GetModelMetadataResponse()
            answer.model_spec.version.value = request.model_spec.version.value or 3
            definitions = get_model_metadata_pb2.SignatureDefMap()
            info = definitions.signature_def[DEFAULT_SIGNATURE].inputs["x"]
            info.name, info.dtype = "x:0", DataType.DT_FLOAT
            info.tensor_shape.dim.add().size = -1
            answer.metadata["signature_def"].Pack(definitions)
            return answer

        def GetModelStatus(self, request: Any, context: Any) -> Any:
            answer = get_model_status_pb2.GetModelStatusResponse()
            answer.model_version_status.add(version=3, state=50).status.error_code = 5
            return answer

    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Service(), server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(Service(), server)
    server.start()
    yield f"127.0.0.1:{port}", requests
    server.stop(None).wait()


@pytest.mark.slow
def test_grpc_client_speaks_the_official_protocol(grpc_server: tuple[str, list[Any]]) -> None:
    from tfx_pipeline.deployment.grpc_client import GrpcClient

    address, requests = grpc_server
    with contextlib.closing(GrpcClient(address, security=Security("secret"))) as client:
        metadata = client.metadata(ModelSpec("m", version=7))
        signature = metadata.signatures[DEFAULT_SIGNATURE]
        assert metadata.version == 7
        assert signature.inputs == {"x": TensorSpec("x:0", DataType.DT_FLOAT, (-1,))}
        answers = client.predict(ModelSpec("m"), signature, [{"x": 1.0}, {"x": 0.2}])
        assert answers == [{"name": "\\xff", "y": 2.5}, {"name": "\\xff", "y": 2.1}]
        assert client.states("m") == [VersionState(3, StateName.END, Code.NOT_FOUND)]
        with pytest.raises(ServingError) as caught:
            client.metadata(ModelSpec("m", version_label="blue"))
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert caught.value.message == "Unrecognized servable version label: blue"
    (request, headers) = requests[0]
    assert request.inputs["x"].dtype == DataType.DT_FLOAT
    assert not request.model_spec.HasField("version")
    assert headers["authorization"] == "Bearer secret"


@pytest.mark.slow
def test_grpc_client_without_a_server_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from tfx_pipeline.deployment import grpc_client

    monkeypatch.setattr(grpc_client, "_CONNECT_S", 0.2)
    refusal = r"no server answers at 127\.0\.0\.1:9: no connection within 0\.2 s"
    with (
        contextlib.closing(grpc_client.GrpcClient("127.0.0.1:9")) as client,
        pytest.raises(UnreachableError, match=refusal),
    ):
        client.states("m")
