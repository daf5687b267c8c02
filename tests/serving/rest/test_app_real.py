"""The REST API in front of real models, which TensorFlow's C++ session runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving.http_running import ThreadServer, any_bodies, serving
from tfx_pipeline.serving.batching.direct import DirectRunner, ModelThreads
from tfx_pipeline.serving.config.options import ServerOptions
from tfx_pipeline.serving.loader import load_model
from tfx_pipeline.serving.metrics.metrics import Metrics
from tfx_pipeline.serving.rest.app import RestApp
from tfx_pipeline.serving.types import Servable
from tfx_pipeline.serving.versions.manager import ServableManager

pytestmark = pytest.mark.slow

_THREADS = ModelThreads(4, "test")


def load(name: str, version: int, path: Path) -> Servable:
    model = load_model(path, ["serve"], False)
    return Servable(name, version, model, DirectRunner(model, _THREADS))


@pytest.fixture(scope="module")
def server(
    half_plus_two: Path, many_signatures: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ThreadServer]:
    folder = tmp_path_factory.mktemp("models")
    for version in (1, 123):
        shutil.copytree(half_plus_two, folder / "half" / str(version))
    shutil.copytree(many_signatures, folder / "many" / "1")

    managers: list[ServableManager] = []

    async def make() -> RestApp:
        from google.protobuf import text_format
        from tensorflow_serving.config import model_server_config_pb2

        config = text_format.Parse(
            f"""model_config_list {{
              config {{ name: "half" base_path: "{folder}/half" model_platform: "tensorflow"
                        model_version_policy {{ all {{}} }}
                        version_labels {{ key: "stable" value: 1 }} }}
              config {{ name: "many" base_path: "{folder}/many" model_platform: "tensorflow" }}
            }}""",
            model_server_config_pb2.ModelServerConfig(),
        )
        options = ServerOptions(
            allow_version_labels_for_unavailable_models=True, max_num_load_retries=0
        )
        manager = ServableManager(load, options)
        await manager.start(config)
        managers.append(manager)
        return RestApp(manager, options, Metrics())

    with serving(make) as running:
        yield running
        running.run(managers[0].close())


def post(server: ThreadServer, path: str, document: Any) -> tuple[int, Any]:
    status, _, body = server.call("POST", f"/v1/models/{path}", json.dumps(document))
    return status, json.loads(body)


def get(server: ThreadServer, path: str) -> Any:
    status, headers, body = server.call("GET", f"/v1/models/{path}")
    assert (status, headers["content-type"]) == (200, "application/json")
    return json.loads(body)


@pytest.mark.parametrize("path", ["half", "half/versions/1", "half/labels/stable"])
def test_predict_runs_the_version_that_the_path_names(server: ThreadServer, path: str) -> None:
    found = post(server, f"{path}:predict", {"instances": [1.0, 2.0, 5.0]})
    assert found == (200, {"predictions": [2.5, 3.0, 4.5]})


def test_predict_makes_no_check_of_the_shape(server: ThreadServer) -> None:
    found = post(server, "half:predict", {"instances": [[1.0, 2.0], [3.0, 4.0]]})
    assert found == (200, {"predictions": [[2.5, 3.0], [3.5, 4.0]]})


def test_predict_of_several_inputs_and_outputs_names_them(server: ThreadServer) -> None:
    rows = [{"a": [1.5], "n": 2, "s": "hi"}, {"a": [0], "n": -1, "s": {"b64": "eW8="}}]
    found = post(server, "many:predict", {"instances": rows})
    assert found == (
        200,
        {
            "predictions": [
                {"sum": 3.5, "text": "hi!", "raw_bytes": {"b64": "aGk="}},
                {"sum": -1.0, "text": "yo!", "raw_bytes": {"b64": "eW8="}},
            ]
        },
    )


def test_predict_of_a_scalar_answers_a_scalar(server: ThreadServer) -> None:
    found = post(server, "many:predict", {"signature_name": "scalars", "inputs": 2.25})
    assert found == (200, {"outputs": 4.5})


def test_predict_that_the_graph_refuses_gives_its_text(server: ThreadServer) -> None:
    status, found = post(server, "many:predict", {"signature_name": "fail", "instances": [-1.0]})
    assert status == 400
    assert "negative" in found["error"]


def test_classify_gives_labels_and_scores(server: ThreadServer) -> None:
    request = {"signature_name": "classify", "examples": [{"x": 0.25}, {"x": [1.0]}]}
    found = post(server, "many:classify", request)
    expected = [[["no", 0.75], ["yes", 0.25]], [["no", 0.0], ["yes", 1.0]]]
    assert found == (200, {"results": expected})


def test_regress_takes_the_context_for_each_example(server: ThreadServer) -> None:
    request = {"signature_name": "regress", "context": {"x": 0.5}, "examples": [{}, {"x": 2.0}]}
    assert post(server, "many:regress", request) == (200, {"results": [5.0, 20.0]})


def test_regress_of_an_integer_does_not_feed_a_float_feature(server: ThreadServer) -> None:
    request = {"signature_name": "regress", "examples": [{"x": 2}]}
    status, found = post(server, "many:regress", request)
    assert status == 400
    assert "Data types don't match" in found["error"]


def test_regress_with_two_faults_reports_the_body_first(server: ThreadServer) -> None:
    status, found = post(server, "none:regress", {"examples": [{"x": [1, "a"]}]})
    assert status == 400
    status, found = post(server, "none:regress", {"examples": [{"x": 1.0}]})
    assert (status, found["error"]) == (404, "Servable not found for request: Latest(none)")


def test_status_lists_both_versions(server: ThreadServer) -> None:
    fine = {"error_code": "OK", "error_message": ""}
    states = [{"version": each, "state": "AVAILABLE", "status": fine} for each in ("123", "1")]
    assert get(server, "half") == {"model_version_status": states}
    assert get(server, "half/versions/1") == {"model_version_status": states[1:]}


def test_status_of_an_unknown_version_gives_404(server: ThreadServer) -> None:
    found = server.error("GET", "/v1/models/half/versions/7")
    assert found == (404, "Could not find version 7 of model half")


def test_metadata_prints_every_field(server: ThreadServer) -> None:
    found = get(server, "half/metadata")
    assert found["model_spec"] == {"name": "half", "signature_name": "", "version": "123"}
    signatures = found["metadata"]["signature_def"]["signature_def"]
    assert set(signatures) == {"__saved_model_init_op", "serving_default"}
    default = signatures["serving_default"]
    assert default["inputs"] == {
        "x": {
            "dtype": "DT_FLOAT",
            "tensor_shape": {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False},
            "name": "serving_default_x:0",
        }
    }
    assert default["method_name"] == "tensorflow/serving/predict"
    assert default["defaults"] == {}
    assert get(server, "half/versions/1/metadata")["model_spec"]["version"] == "1"


def test_metadata_of_an_unknown_version_gives_404(server: ThreadServer) -> None:
    found = server.error("GET", "/v1/models/half/versions/7/metadata")
    assert found == (404, "Servable not found for request: Specific(half, 7)")


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    body=any_bodies(),
    method=st.sampled_from(["predict", "classify", "regress"]),
    model=st.sampled_from(["half", "many"]),
)
def test_no_body_gives_500_or_hangs(
    server: ThreadServer, body: bytes, method: str, model: str
) -> None:
    status, _, answer = server.call("POST", f"/v1/models/{model}:{method}", body)
    assert status in (200, 400, 501), answer
