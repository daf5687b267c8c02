"""Predict requests that a batch answers: the same bytes as without batches, errors included."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from tests.serving.fakes import Lease, specs
from tests.serving.http_running import ThreadServer, serving
from tfx_pipeline.serving.batching.options import BatchingOptions
from tfx_pipeline.serving.batching.scheduler import BatchingRunner, BatchScheduler
from tfx_pipeline.serving.config.options import ServerOptions
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.json.parse import parse_document
from tfx_pipeline.serving.metrics.metrics import Metrics
from tfx_pipeline.serving.rest.app import RestApp
from tfx_pipeline.serving.rest.prediction import Prediction
from tfx_pipeline.serving.types import PREDICT_METHOD, ModelSpec, Servable, Signature

FLOAT, STRING, COMPLEX = 1, 7, 8
PREDICT = "/v1/models/m:predict"


class Doubling:
    """Doubles x; says it in other types, too. Notes how many rows each run has."""

    def __init__(self) -> None:
        x, s = specs(x=FLOAT), specs(x=FLOAT, s=STRING)
        made = {
            "serving_default": (x, specs(y=FLOAT)),
            "two": (s, specs(y=FLOAT, text_bytes=STRING)),
            "complex": (x, specs(c=COMPLEX)),
            "broken": (x, specs(bad=FLOAT)),
        }
        self.signatures = {
            name: Signature(name, PREDICT_METHOD, *sides) for name, sides in made.items()
        }
        self.signature_defs: Mapping[str, Any] = {}
        self.runs: list[int] = []

    def run(self, inputs: Any, outputs: Any, timeout_s: Any = None) -> list[Any]:
        x = inputs["x:0"]
        self.runs.append(len(x))
        if "bad:0" in outputs:
            raise ServingError(Code.INTERNAL, "the graph fails")
        texts = inputs.get("s:0")
        made = {"y:0": x * 2, "text_bytes:0": texts, "c:0": x.astype(np.complex64)}
        return [made[name] for name in outputs]


class Direct:
    def __init__(self, model: Doubling) -> None:
        self.model = model

    async def run(self, inputs: Any, outputs: Any, timeout_s: float | None = None) -> list[Any]:
        return self.model.run(inputs, outputs, timeout_s)


class Harness:
    """The application with a model behind it, in batches or not."""

    def __init__(self, batches: bool, **options: Any) -> None:
        self.model, self.metrics = Doubling(), Metrics()
        runner: Any = Direct(self.model)
        if batches:
            scheduler = BatchScheduler(1, self.metrics)
            runner = BatchingRunner(self.model, BatchingOptions(**options), scheduler)
        self.runner = runner
        self.version = Lease(Servable("m", 1, self.model, runner))
        self.app = RestApp(self, ServerOptions(rest_api_timeout_in_ms=5000), self.metrics)
        self.answer, self.takes_body = self.app.answer, self.app.takes_body

    def lease(self, spec: ModelSpec) -> Lease:
        if spec.name != "m":
            raise ServingError(Code.NOT_FOUND, f"Servable not found for request: {spec.name}")
        return self.version


@pytest.fixture(scope="module")
def direct() -> Iterator[ThreadServer]:
    with serving(lambda: Harness(False)) as running:
        yield running


@pytest.fixture
def batched() -> Iterator[ThreadServer]:
    with serving(
        lambda: Harness(True, batch_timeout_micros=30_000, max_enqueued_batches=100)
    ) as running:
        yield running


BODIES = [
    {"instances": [1.0]},
    {"instances": [1, 2.25, -3e10]},
    {"instances": [{"x": 4}]},
    {"instances": [{"x": [1, 2]}, {"x": [3, 4]}]},
    {"signature_name": "two", "instances": [{"x": 1, "s": "ä"}, {"s": {"b64": "AP8="}, "x": 2}]},
    {"signature_name": "complex", "instances": [1]},
    {"signature_name": "broken", "instances": [1]},
    {"signature_name": "none", "instances": [1]},
    {"instances": [{"x": "text"}]},
    {"instances": [{"z": 1}]},
    {"instances": [{"x": 1, "z": 1}]},
    {"instances": [1, [2]]},
    {"instances": []},
    {"inputs": [1, 2]},
    {"inputs": [1], "instances": [1]},
    {},
]


def test_answers_are_the_same_bytes_as_without_batches(
    direct: ThreadServer, batched: ThreadServer
) -> None:
    expected = [direct.call("POST", PREDICT, json.dumps(body))[::2] for body in BODIES]
    assert {status for status, _ in expected} == {200, 400, 500}
    with ThreadPoolExecutor(len(BODIES) * 3) as pool:
        found = list(
            pool.map(lambda body: batched.call("POST", PREDICT, json.dumps(body))[::2], BODIES * 3)
        )
    assert found == expected * 3
    harness = batched.app
    assert max(harness.model.runs) > 1
    assert harness.version.leases == 0
    batched.run(asyncio.wait_for(harness.runner.close(), 60))  # nothing is unanswered


def test_body_is_parsed_once_whichever_way_it_goes(
    direct: ThreadServer, batched: ThreadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[bytes] = []

    def note(body: bytes) -> dict[str, Any]:
        parsed.append(body)
        return parse_document(body)

    monkeypatch.setattr(f"{Prediction.__module__}.parse_document", note)
    bodies = [*(json.dumps(body).encode() for body in BODIES), b"no JSON"]
    for server in (direct, batched):
        for body in bodies:
            server.call("POST", PREDICT, body)
        assert parsed == bodies
        parsed.clear()


def test_metrics_count_each_request_once(batched: ThreadServer) -> None:
    for body in ('{"instances": [1, 2]}', '{"instances": [3]}', '{"instances": [{"z": 1}]}'):
        batched.call("POST", PREDICT, body)
    page = batched.app.metrics.render().decode()
    assert 'request_count{model_name="m",status="OK"} 2' in page
    assert 'request_count{model_name="m",status="INVALID_ARGUMENT"} 1' in page
    latency = 'request_latency_count{model_name="m",API="predict",entrypoint="REST"} 2'
    assert latency in page
    assert 'runtime_latency_count{model_name="m",API="Predict",runtime="TF1"} 2' in page
    assert "batching_session:input_batch_size_count{} 3" in page


def test_rows_beyond_the_largest_batch_are_refused_as_without_the_short_way() -> None:
    with serving(lambda: Harness(True, max_batch_size=2)) as server:
        status, text = server.error("POST", PREDICT, '{"instances": [1, 2, 3]}')
        assert (status, text) == (
            400,
            "Task size 3 is larger than maximum input batch size 2",
        )
        assert server.app.version.leases == 0


def test_unknown_model_is_refused(batched: ThreadServer) -> None:
    status, text = batched.error("POST", "/v1/models/n:predict", '{"instances": [1]}')
    assert (status, text) == (404, "Servable not found for request: n")
