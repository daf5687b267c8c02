"""The REST API, through sockets; the model is a few lines of NumPy, so that no TensorFlow loads."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving.fakes import Lease, signature
from tests.serving.http_running import ThreadServer, any_bodies, serving
from tfx_pipeline.serving.config.options import ServerOptions
from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.http import messages
from tfx_pipeline.serving.metrics.metrics import Metrics
from tfx_pipeline.serving.rest.app import RestApp
from tfx_pipeline.serving.types import PREDICT_METHOD, ModelSpec, Servable, StateName, VersionState
from tfx_pipeline.serving.versions.version_life import not_found


class HalfPlusTwo:
    """A model and its runner."""

    def __init__(self) -> None:
        names = ("serving_default", "slow", "broken")
        self.signatures = {name: signature(name, "x", "y", PREDICT_METHOD) for name in names}
        self.signature_defs: Mapping[str, Any] = {}
        self.timeouts: list[float | None] = []
        self.delay_s = 0.0
        self.error: Exception | None = None

    async def run(self, inputs: Any, outputs: Any, timeout_s: Any = None) -> list[Any]:
        self.timeouts.append(timeout_s)
        if self.error:
            raise self.error
        if timeout_s is not None and self.delay_s > timeout_s:
            await asyncio.sleep(timeout_s)
            raise ServingError(Code.DEADLINE_EXCEEDED, "Timed out waiting for notification")
        await asyncio.sleep(self.delay_s)
        return [inputs["x:0"] / 2 + 2]


class OneModel:
    """A manager of one version of one model; `canary` is its label."""

    def __init__(self, model: Any) -> None:
        self.version = Lease(Servable("m", 3, model, model))

    def lease(self, spec: ModelSpec) -> Lease:
        if spec.version_label is not None and spec.version_label != "canary":
            raise invalid_argument(f"Unrecognized servable version label: {spec.version_label}")
        if spec.name != "m" or spec.version not in (None, 3):
            latest, exact = f"Latest({spec.name})", f"Specific({spec.name}, {spec.version})"
            raise not_found(latest if spec.version is None else exact)
        return self.version

    def states(self, name: str, version: int | None = None) -> list[VersionState]:
        if name != "m":
            raise ServingError(Code.NOT_FOUND, f"Could not find any versions of model {name}")
        failed = VersionState(2, StateName.END, Code.NOT_FOUND, 'no "graph"')
        return [VersionState(3, StateName.AVAILABLE), failed]


class Harness:
    """The application with what is behind it."""

    def __init__(self, options: ServerOptions) -> None:
        self.model = HalfPlusTwo()
        self.manager = OneModel(self.model)
        self.metrics = Metrics()
        self.app = RestApp(self.manager, options, self.metrics)
        self.answer, self.takes_body = self.app.answer, self.app.takes_body


def harness(**options: Any) -> Any:
    return serving(lambda: Harness(ServerOptions(**options)))


@pytest.fixture(scope="module")
def shared() -> Iterator[ThreadServer]:
    with harness() as running:
        yield running


@pytest.fixture
def server() -> Iterator[ThreadServer]:
    with harness() as running:
        yield running


PREDICT = "/v1/models/m:predict"


def test_predict_of_rows_gives_predictions(shared: ThreadServer) -> None:
    status, headers, body = shared.call("POST", PREDICT, '{"instances": [1.0, 2.0, 5.0]}')
    assert (status, json.loads(body)) == (200, {"predictions": [2.5, 3.0, 4.5]})
    assert headers["content-type"] == "application/json"
    assert "access-control-allow-origin" not in headers


def test_predict_of_columns_gives_outputs(shared: ThreadServer) -> None:
    body = shared.call("POST", "/v1/models/m/labels/canary:predict", '{"inputs": {"x": [1]}}')[2]
    assert json.loads(body) == {"outputs": [2.5]}


def test_predict_with_any_content_type_is_answered(shared: ThreadServer) -> None:
    answer = shared.call("POST", PREDICT, '{"instances": [1.0]}', Content_Type="text/plain")
    assert answer[0] == 200


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (PREDICT, "", "JSON Parse error: The document is empty"),
        (PREDICT, "instances = [1]", "JSON Parse error: Invalid value. at offset: 0"),
        (PREDICT, '{"instances": [1], "signature_name": "s"}',
         'Serving signature name: "s" not found in signature def'),
        ("/v1/models/m/labels/l:predict", '{"instances": [1]}',
         "Unrecognized servable version label: l"),
        ("/v1/models/m:Predict", "{}", "Malformed request: POST /v1/models/m:Predict"),
        ("/v1/models/m/versions/9223372036854775808:predict", "{}",
         "Failed to convert version: 9223372036854775808 to numeric."),
    ],
)  # fmt: skip
def test_predict_that_is_wrong_gives_400_with_the_text_of_the_contract(
    shared: ThreadServer, path: str, body: str, expected: str
) -> None:
    assert shared.error("POST", path, body) == (400, expected)


@pytest.mark.parametrize(
    ("path", "body", "status", "expected"),
    [
        # Each request has two faults; the one that TensorFlow Serving finds first is reported.
        ("none:predict", "nonsense", 400, "JSON Parse error: Invalid value."),
        ("none:predict", '{"signature_name": 1}', 400, "'signature_name' key must be a string"),
        ("none:predict", '{"signature_name": "s", "instances": [1]}', 404, "Latest(none)"),
        ("m:predict", '{"signature_name": "s"}', 400, 'Serving signature name: "s" not found'),
        ("none:predict", "{}", 404, "Servable not found for request: Latest(none)"),
        ("m/versions/9:predict", "{}", 404, "Servable not found for request: Specific(m, 9)"),
        ("m:predict", "{}", 400, "Missing 'inputs' or 'instances' key"),
        ("none:classify", "{}", 400, "When method is classify, key 'examples' is expected"),
        ("none:regress", "nonsense", 400, "JSON Parse error: Invalid value."),
    ],
)
def test_request_with_two_faults_reports_the_one_that_is_checked_first(
    shared: ThreadServer, path: str, body: str, status: int, expected: str
) -> None:
    found, text = shared.error("POST", f"/v1/models/{path}", body)
    assert found == status
    assert expected in text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_method_is_malformed(shared: ThreadServer, method: str) -> None:
    expected = (400, f"Malformed request: {method} /v1/models/m")
    assert shared.error(method, "/v1/models/m") == expected


def test_query_is_part_of_the_path(shared: ThreadServer) -> None:
    expected = (400, "Malformed request: POST /v1/models/m:predict?verbose=1")
    assert shared.error("POST", "/v1/models/m:predict?verbose=1", "{}") == expected
    expected = (404, "Could not find any versions of model m?verbose=1")
    assert shared.error("GET", "/v1/models/m?verbose=1") == expected


def test_models_without_a_name_says_what_is_missing(shared: ThreadServer) -> None:
    assert shared.error("GET", "/v1/models") == (400, "Missing model name in request.")


def test_path_outside_the_api_gives_the_page_of_libevent(shared: ThreadServer) -> None:
    status, headers, body = shared.call("GET", "/index.html")
    assert (status, headers["content-type"]) == (404, "text/html")
    assert b"<TITLE>404 Not Found</TITLE>" in body


def test_status_lists_versions_from_the_highest(shared: ThreadServer) -> None:
    status, headers, body = shared.call("GET", "/v1/models/m/labels/whatever")
    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body) == {
        "model_version_status": [
            {
                "version": "3",
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            },
            {
                "version": "2",
                "state": "END",
                "status": {"error_code": "NOT_FOUND", "error_message": 'no "graph"'},
            },
        ]
    }


def test_status_of_an_unknown_model_gives_404(shared: ThreadServer) -> None:
    expected = (404, "Could not find any versions of model none")
    assert shared.error("GET", "/v1/models/none") == expected


def test_preflight_needs_an_http_origin(shared: ThreadServer) -> None:
    for origin, status in (("https://a.example", 200), ("http://b", 200), ("file://c", 400)):
        answer = shared.call("OPTIONS", PREDICT, Origin=origin)
        assert (answer[0], answer[2]) == (status, b"")
    assert shared.call("OPTIONS", PREDICT)[0] == 400


def test_cors_headers_come_with_every_answer_if_they_are_on() -> None:
    expected = {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "POST, GET",
        "access-control-allow-headers": "Content-Type",
    }
    with harness(rest_api_enable_cors_support=True) as server:
        for answer in (
            server.call("OPTIONS", PREDICT, Origin="http://a"),
            server.call("POST", PREDICT, '{"instances": [1.0]}'),
            server.call("POST", PREDICT, "nonsense"),
        ):
            assert expected.items() <= answer[1].items()


def test_gzip_body_is_unpacked(shared: ThreadServer) -> None:
    packed = gzip.compress(b'{"instances": [1.0]}', mtime=0)
    status, headers, body = shared.call("POST", PREDICT, packed, Content_Encoding="gzip")
    assert (status, json.loads(body)) == (200, {"predictions": [2.5]})
    assert "content-encoding" not in headers


def test_gzip_body_of_many_rows_is_unpacked(shared: ThreadServer) -> None:
    rows = list(range(200_000))
    packed = gzip.compress(json.dumps({"instances": rows}).encode(), 1)
    body = shared.call("POST", PREDICT, packed, Content_Encoding="gzip")[2]
    assert json.loads(body)["predictions"][-1] == 199_999 / 2 + 2


@pytest.mark.parametrize(
    "packed",
    [
        b'{"instances": [1.0]}',
        gzip.compress(b'{"instances": [1.0]}', mtime=0)[:-4],
        gzip.compress(b'{"instances": [1.0]}', mtime=0) + b"tail",
    ],
)
def test_body_that_is_no_whole_gzip_counts_as_empty(shared: ThreadServer, packed: bytes) -> None:
    status, _, body = shared.call("POST", PREDICT, packed, Content_Encoding="gzip")
    expected = {"error": "JSON Parse error: The document is empty"}
    assert (status, json.loads(body)) == (400, expected)


def test_gzip_body_beyond_the_limit_counts_as_empty() -> None:
    limit = messages.MOST_UNPACKED
    assert limit == 100 * 1024 * 1024
    packed = gzip.compress(b" " * limit, 1, mtime=0)
    size = messages.unpacked_size(packed)
    assert size == len(messages.unpacked(packed, size)) == limit
    assert messages.unpacked_size(gzip.compress(b" " * (limit + 1), 1)) == 0


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(b'{"instances": [1.0]}', mtime=0) * 2,  # two members
        gzip.compress(b'{"instances": [1.0]}' + b" " * 9000, mtime=0)[:-4] + b"\x14\0\0\0",
        gzip.compress(b'{"instances": [1.0]}', mtime=0)[:-4] + b"\0\0\0\x05",  # 80 MB
        gzip.compress(b'{"instances": [1.0]}', mtime=0)[:-4] + b"\0\0\0\0",
        gzip.compress(b"", mtime=0),
        b"\x1f\x8b",
        b"\x1f\x8b\x08\0" + b"\xff" * 30,
    ],
)
def test_gzip_body_that_lies_about_its_size_or_has_two_members_counts_as_empty(
    shared: ThreadServer, packed: bytes
) -> None:
    status, _, body = shared.call("POST", PREDICT, packed, Content_Encoding="gzip")
    expected = {"error": "JSON Parse error: The document is empty"}
    assert (status, json.loads(body)) == (400, expected)
    assert shared.app.app._budget.held == 0


@pytest.mark.parametrize("unpacked", [400_000, 600_000, 2_000_000, 90 * 2**20])
def test_gzip_body_counts_unpacked_in_the_budget_before_it_is_unpacked(
    server: ThreadServer, monkeypatch: pytest.MonkeyPatch, unpacked: int
) -> None:
    from tfx_pipeline.serving.rest import app as rest

    begun: list[int] = []
    real = messages.unpacked

    def note(body: bytes, size: int) -> bytes:
        begun.append(server.app.app._budget.held)
        return real(body, size)

    monkeypatch.setattr(rest, "unpacked", note)
    server.app.app._budget.most = 1_000_000
    body = b'{"instances": [1.0]}'.ljust(unpacked)
    packed = gzip.compress(body, 9, mtime=0)
    status, _, answer = server.call("POST", PREDICT, packed, Content_Encoding="gzip")
    if unpacked == 400_000:
        assert (status, begun) == (200, [2 * unpacked])  # as it is put together, it is there twice
    else:
        assert (status, begun) == (429, [])
        error = "Requests of more than 1000000 bytes are in flight"
        assert json.loads(answer) == {"error": error}
    assert server.app.app._budget.held == 0


def test_run_that_takes_too_long_gives_504() -> None:
    with harness(rest_api_timeout_in_ms=50) as server:
        server.app.model.delay_s = 1.0
        expected = (504, "Timed out waiting for notification")
        assert server.error("POST", PREDICT, '{"instances": [1.0]}') == expected
        assert server.app.model.timeouts == [0.05]


def test_timeout_of_zero_sets_no_limit() -> None:
    with harness(rest_api_timeout_in_ms=0) as server:
        assert server.call("POST", PREDICT, '{"instances": [1.0]}')[0] == 200
        assert server.app.model.timeouts == [None]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (Code.CANCELLED, 499), (Code.UNKNOWN, 500), (Code.INVALID_ARGUMENT, 400),
        (Code.DEADLINE_EXCEEDED, 504), (Code.NOT_FOUND, 404), (Code.ALREADY_EXISTS, 409),
        (Code.PERMISSION_DENIED, 403), (Code.RESOURCE_EXHAUSTED, 429),
        (Code.FAILED_PRECONDITION, 400), (Code.ABORTED, 409), (Code.OUT_OF_RANGE, 400),
        (Code.UNIMPLEMENTED, 501), (Code.INTERNAL, 500), (Code.UNAVAILABLE, 503),
        (Code.DATA_LOSS, 500), (Code.UNAUTHENTICATED, 401),
    ],
)  # fmt: skip
def test_error_of_a_run_has_the_status_of_its_code(
    server: ThreadServer, code: Code, status: int
) -> None:
    server.app.model.error = ServingError(code, 'a "text"\n\t [[{{node n}}]]')
    found = server.error("POST", PREDICT, '{"instances": [1.0]}')
    assert found == (status, 'a "text"\n\t [[{{node n}}]]')
    assert server.app.manager.version.leases == 0


def test_mistake_of_ours_gives_500_and_leaves_no_lease(server: ThreadServer) -> None:
    server.app.model.error = ZeroDivisionError("oops")
    found = server.error("POST", PREDICT, '{"instances": [1.0]}')
    assert found == (500, "ZeroDivisionError: oops")
    assert server.app.manager.version.leases == 0


def _monitoring(folder: Path, text: str) -> str:
    path = folder / "monitoring.config"
    path.write_text(text)
    return str(path)


def test_metrics_page_counts_all_calls(tmp_path: Path) -> None:
    file = _monitoring(tmp_path, "prometheus_config { enable: true }")
    with harness(monitoring_config_file=file) as server:
        server.call("POST", PREDICT, '{"instances": [1.0]}')
        server.call("POST", PREDICT, "nonsense")
        server.call("GET", "/v1/models/m")
        server.call("GET", "/v1/foo")
        server.call("GET", "/elsewhere")
        status, headers, body = server.call("GET", "/monitoring/prometheus/metrics")
        assert (status, headers["content-type"]) == (200, "text/plain")
        page = body.decode().splitlines()
        prefix = ":tensorflow:serving:"
        assert [line for line in page if line.startswith(f"{prefix}request_count")] == [
            f'{prefix}request_count{{model_name="m",status="OK"}} 2',
            f'{prefix}request_count{{model_name="m",status="INVALID_ARGUMENT"}} 1',
            f'{prefix}request_count{{model_name="",status="INVALID_ARGUMENT"}} 1',
        ]
        labels = 'model_name="m",API="predict",entrypoint="REST"'
        assert f"{prefix}request_latency_count{{{labels}}} 1" in page
        labels = 'model_name="m",API="Predict",runtime="TF1"'
        assert f"{prefix}runtime_latency_count{{{labels}}} 1" in page


def test_metrics_page_with_a_query_is_not_the_page(tmp_path: Path) -> None:
    file = _monitoring(tmp_path, 'prometheus_config { enable: true path: "/mine" }')
    with harness(monitoring_config_file=file) as server:
        assert server.call("GET", "/mine")[0] == 200
        status, headers, body = server.call("GET", "/mine?name=x")
        assert (status, headers["content-type"]) == (400, "text/plain")
        assert body == b"Unexpected path: /mine?name=x. Should be /mine"
        assert server.call("GET", "/monitoring/prometheus/metrics")[0] == 404


def test_metrics_page_is_off_unless_it_is_asked_for(shared: ThreadServer) -> None:
    assert shared.call("GET", "/monitoring/prometheus/metrics")[0] == 404


def test_bearer_token_is_asked_for_everywhere_and_shown_nowhere(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    file = _monitoring(tmp_path, "prometheus_config { enable: true }")
    options = {"bearer_token_file": str(tmp_path / "token"), "monitoring_config_file": file}
    with harness(**options) as server:
        for method, path in (
            ("POST", PREDICT),
            ("GET", "/v1/models/m"),
            ("GET", "/monitoring/prometheus/metrics"),
        ):
            body = '{"instances": [1.0]}'
            for value in ({}, {"Authorization": "Bearer s3cre"}, {"Authorization": "Basic s3cret"}):
                status, headers, answer = server.call(method, path, body, **value)
                assert (status, headers["www-authenticate"]) == (401, "Bearer")
                assert json.loads(answer) == {"error": "A valid bearer token is required"}
            assert server.call(method, path, body, Authorization="bearer s3cret")[0] == 200
        assert server.call("OPTIONS", PREDICT, Origin="http://a")[0] == 200


def test_bearer_token_file_that_is_missing_or_empty_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text(" \n")
    for name, text in (("none", "No such file"), ("empty", "there is no token in it")):
        with pytest.raises(ServingError, match=text):
            RestApp(None, ServerOptions(bearer_token_file=str(tmp_path / name)), Metrics())


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=any_bodies())
def test_no_body_gives_500_or_hangs(shared: ThreadServer, body: bytes) -> None:
    status, headers, answer = shared.call("POST", PREDICT, body)
    assert status in (200, 400, 501), answer
    assert headers["content-type"] == "application/json"
    if status != 200:
        # What is no UTF-8 in a request comes back as it was, as from TensorFlow Serving.
        assert set(json.loads(answer.decode("utf-8", "replace"))) == {"error"}


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text("/v1models:predict%?#{}.*é ", max_size=40).map(lambda each: f"/v1/models/{each}"))
def test_no_path_gives_500_or_hangs(shared: ThreadServer, path: str) -> None:
    with shared.connect() as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert client.recv(100).split(b" ")[1] in (b"200", b"400", b"404")


def test_clients_at_the_same_time_get_their_own_answers(shared: ThreadServer) -> None:
    wrong: list[Any] = []

    def ask(first: int) -> None:
        for number in range(first, first + 50):
            body = shared.call("POST", PREDICT, json.dumps({"instances": [number]}))[2]
            if json.loads(body) != {"predictions": [number / 2 + 2]}:
                wrong.append(body)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(0, 8000, 1000)))
    assert wrong == []
