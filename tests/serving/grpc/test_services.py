from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.free_ports import free_port
from tests.serving.grpc_running import GrpcRunning, asking, failure, model_folder, predict_request

pytestmark = pytest.mark.slow
INVALID = "INVALID_ARGUMENT"
CLASSIFY, REGRESS = "tensorflow/serving/classify", "tensorflow/serving/regress"


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory, half_plus_two: Path) -> Iterator[GrpcRunning]:
    with asking(model_folder(tmp_path_factory.mktemp("half"), half_plus_two)) as client:
        yield client


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, many_signatures: Path) -> Iterator[GrpcRunning]:
    base = model_folder(tmp_path_factory.mktemp("many"), many_signatures)
    with asking(base, rest_api_port=0) as client:
        yield client


def example_list(*values: float) -> Any:
    from tensorflow_serving.apis import input_pb2

    message = input_pb2.Input()
    for value in values:
        example = message.example_list.examples.add()
        example.features.feature["x"].float_list.value.append(value)
    return message


def example_request(kind: str, signature_name: str, given: Any) -> Any:
    from tensorflow_serving.apis import classification_pb2, regression_pb2

    module = classification_pb2 if kind == "Classification" else regression_pb2
    request = getattr(module, f"{kind}Request")(input=given)
    request.model_spec.name = "m"
    request.model_spec.signature_name = signature_name
    return request


def multi_request(*tasks: tuple[str, str], given: Any) -> Any:
    from tensorflow_serving.apis import inference_pb2

    request = inference_pb2.MultiInferenceRequest(input=given)
    for signature_name, method_name in tasks:
        task = request.tasks.add(method_name=method_name)
        task.model_spec.name, task.model_spec.signature_name = "m", signature_name
    return request


def test_predict_of_a_vector_fills_outputs_and_model_spec(half: GrpcRunning) -> None:
    answer = half.prediction.Predict(predict_request(x=np.float32([1, 2, 5])))

    assert answer.outputs["y"].float_val == [2.5, 3.0, 4.5]  # a typed field, not tensor_content
    assert not answer.outputs["y"].tensor_content
    spec = answer.model_spec
    assert (spec.name, spec.version.value, spec.signature_name) == ("m", 1, "serving_default")


def test_predict_of_several_types_gives_each(many: GrpcRunning) -> None:
    outputs = many.predict(
        a=np.float32([[0.5], [1.5]]), n=np.int64([1, -2]), s=np.array([b"x", b"\xff"], object)
    )

    assert outputs["sum"].tolist() == [1.5, -0.5]
    assert outputs["text"].tolist() == [b"x!", b"\xff!"]
    assert outputs["raw_bytes"].tolist() == [b"x", b"\xff"]


def test_predict_with_an_output_filter_gives_only_that(many: GrpcRunning) -> None:
    request = predict_request(a=np.float32([[1]]), n=np.int64([1]), s=np.array([b"x"], object))
    request.output_filter.append("sum")
    assert list(many.prediction.Predict(request).outputs) == ["sum"]


def test_predict_of_a_shorthand_repeats_the_last_value(half: GrpcRunning) -> None:
    request = predict_request(x=np.float32([1]))
    request.inputs["x"].tensor_shape.dim[0].size = 3
    assert half.prediction.Predict(request).outputs["y"].float_val == [2.5, 2.5, 2.5]


def test_predict_with_another_shape_than_the_signature_runs(half: GrpcRunning) -> None:
    assert half.predict(x=np.float32([[2], [4]]))["y"].tolist() == [[3.0], [4.0]]


def _spec(**fields: Any) -> Callable[[Any], None]:
    def change(request: Any) -> None:
        if "version" in fields:
            request.model_spec.version.value = fields.pop("version")
        for name, value in fields.items():
            setattr(request.model_spec, name, value)

    return change


BAD_REQUESTS = [
    (lambda r: r.ClearField("model_spec"), INVALID, "Missing ModelSpec"),
    (_spec(name=""), INVALID, "ModelSpec has no name specified."),
    (_spec(name="z"), "NOT_FOUND", "Servable not found for request: Latest(z)"),
    (_spec(version=9), "NOT_FOUND", "Servable not found for request: Specific(m, 9)"),
    (_spec(version_label="canary"), INVALID, "Unrecognized servable version label: canary"),
    (_spec(signature_name="s"), "FAILED_PRECONDITION", 'Serving signature key "s" not found.'),
    (
        lambda r: r.inputs.clear(),
        INVALID,
        "input size does not match signature: 0!=1 len({}) != len({x}). "
        "Sent extra: {}. Missing but required: {x}.",
    ),
    (
        lambda r: r.inputs["z"].CopyFrom(r.inputs["x"]),
        INVALID,
        "input size does not match signature: 2!=1 len({x,z}) != len({x}). "
        "Sent extra: {z}. Missing but required: {}.",
    ),
    (lambda r: r.inputs["x"].ClearField("dtype"), INVALID, "tensor parsing error: x"),
    (
        lambda r: setattr(r.inputs["x"], "tensor_content", b"123"),
        INVALID,
        "tensor parsing error: x",
    ),
    (
        lambda r: r.output_filter.append("z"),
        INVALID,
        "output tensor alias not found in signature: z Outputs expected to be in the set {y}.",
    ),
    (lambda r: r.output_filter.extend(["y", "y"]), INVALID, "duplicate output tensor alias: y"),
]


@pytest.mark.parametrize(("change", "code", "text"), BAD_REQUESTS)
def test_predict_of_a_bad_request_gives_the_contracts_code_and_text(
    half: GrpcRunning, change: Callable[[Any], None], code: str, text: str
) -> None:
    request = predict_request(x=np.float32([1, 2]))
    change(request)
    assert failure(half.prediction.Predict, request) == (code, text)


def test_predict_of_another_dtype_gives_the_sessions_text(half: GrpcRunning) -> None:
    assert failure(half.predict, x=np.int32([1, 2])) == (
        INVALID,
        "Expects arg[0] to be float but int32 is provided",
    )


def test_predict_that_fails_in_the_graph_names_the_node(many: GrpcRunning) -> None:
    request = predict_request(x=np.float32([-1]))
    request.model_spec.signature_name = "fail"
    code, text = failure(many.prediction.Predict, request)
    assert code == INVALID
    assert text.startswith("assertion failed: [negative]\n\t [[{{")
    assert text.endswith("{{node Assert/Assert}}]]")


def test_error_text_of_more_than_1024_bytes_is_cut(half: GrpcRunning) -> None:
    request = predict_request(x=np.float32([1]))
    request.model_spec.signature_name = "ä" * 1000
    code, text = failure(half.prediction.Predict, request)
    assert (code, text) == (
        "FAILED_PRECONDITION",
        'Serving signature key "' + "ä" * 500 + "...TRUNCATED",
    )


def test_body_that_is_no_request_is_an_internal_error(half: GrpcRunning) -> None:
    call = half.channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
    assert failure(call, b"\xff\xff") == (
        "INTERNAL",
        "Failed to parse the request as a PredictRequest",
    )


def test_method_that_there_is_not_is_unimplemented(half: GrpcRunning) -> None:
    call = half.channel.unary_unary("/tensorflow.serving.SessionService/SessionRun")
    assert failure(call, b"")[0] == "UNIMPLEMENTED"


def test_classify_gives_labels_and_scores(many: GrpcRunning) -> None:
    request = example_request("Classification", "classify", example_list(0.25, 1.0))
    answer = many.prediction.Classify(request)

    rows = answer.result.classifications
    assert [[(c.label, c.score) for c in row.classes] for row in rows] == [
        [("no", 0.75), ("yes", 0.25)],
        [("no", 0.0), ("yes", 1.0)],
    ]
    spec = answer.model_spec
    assert (spec.name, spec.version.value, spec.signature_name) == ("m", 1, "classify")


def test_regress_with_a_context_puts_it_before_each_example(many: GrpcRunning) -> None:
    from tensorflow_serving.apis import input_pb2

    given = input_pb2.Input()
    context = given.example_list_with_context.context
    context.features.feature["x"].float_list.value.append(3)
    given.example_list_with_context.examples.add()
    own = given.example_list_with_context.examples.add()
    own.features.feature["x"].float_list.value.append(0.5)

    answer = many.prediction.Regress(example_request("Regression", "regress", given))
    assert [each.value for each in answer.result.regressions] == [30.0, 5.0]


def test_classify_and_regress_of_a_bad_request_give_the_contracts_texts(many: GrpcRunning) -> None:
    one = example_list(0.5)

    def classify(name: str, given: Any = one) -> tuple[str, str]:
        request = example_request("Classification", name, given)
        return failure(many.prediction.Classify, request)

    assert classify("s") == (INVALID, "No signature was found with the name: s")
    assert classify("classify", example_list()) == (INVALID, "Input is empty.")
    assert classify("") == (INVALID, "Expected one input Tensor.")
    assert classify("regress")[1].startswith(
        'Expected classification signature outputs to contain at least one of "classes" or '
        '"scores". Signature was: inputs {'
    )
    request = example_request("Regression", "classify", one)
    assert failure(many.prediction.Regress, request) == (INVALID, "Expected one output Tensor.")


def test_multi_inference_answers_each_task_in_order(many: GrpcRunning) -> None:
    request = multi_request(
        ("regress", REGRESS), ("classify", CLASSIFY), given=example_list(0.25, 1.0)
    )
    first, second = many.prediction.MultiInference(request).results

    assert [each.value for each in first.regression_result.regressions] == [2.5, 10.0]
    rows = second.classification_result.classifications
    assert [[c.score for c in row.classes] for row in rows] == [[0.75, 0.25], [0.0, 1.0]]
    assert (first.model_spec.signature_name, first.model_spec.version.value) == ("regress", 1)


def test_multi_inference_of_a_bad_request_gives_the_contracts_texts(many: GrpcRunning) -> None:
    def fails(*tasks: tuple[str, str], given: Any = None) -> tuple[str, str]:
        request = multi_request(*tasks, given=given or example_list(0.5))
        return failure(many.prediction.MultiInference, request)

    assert fails() == (INVALID, "ModelSpec has no name specified.")
    assert fails(("regress", REGRESS), ("regress", REGRESS)) == (
        INVALID,
        "Duplicate evaluation of signature: regress",
    )
    assert fails(("regress", "x")) == (
        "UNIMPLEMENTED",
        "Unsupported signature method_name: x",
    )
    assert fails(("s", REGRESS)) == (INVALID, "Requested signature not found in model graph: s")
    assert fails(("regress", REGRESS), given=example_list()) == (INVALID, "Input is empty.")


def test_metadata_gives_the_signatures(half: GrpcRunning) -> None:
    from tensorflow_serving.apis import get_model_metadata_pb2

    request = get_model_metadata_pb2.GetModelMetadataRequest()
    assert failure(half.prediction.GetModelMetadata, request) == (INVALID, "Missing ModelSpec")
    request.model_spec.name = "m"
    assert failure(half.prediction.GetModelMetadata, request) == (
        INVALID,
        "GetModelMetadataRequest must specify at least one metadata_field",
    )
    request.metadata_field.append("signature_def")
    answer = half.prediction.GetModelMetadata(request)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert answer.metadata["signature_def"].Unpack(signatures)
    assert list(signatures.signature_def["serving_default"].inputs) == ["x"]
    assert "__saved_model_init_op" in signatures.signature_def
    spec = answer.model_spec
    assert (spec.name, spec.version.value, spec.signature_name) == ("m", 1, "")

    request.metadata_field.append("z")
    assert failure(half.prediction.GetModelMetadata, request) == (
        INVALID,
        "Metadata field z is not supported",
    )


def test_status_lists_versions_and_knows_no_other_model(half: GrpcRunning) -> None:
    from tensorflow_serving.apis import get_model_status_pb2

    request = get_model_status_pb2.GetModelStatusRequest()
    assert failure(half.models.GetModelStatus, request)[1] == "Missing ModelSpec"
    request.model_spec.name = "m"
    (state,) = half.models.GetModelStatus(request).model_version_status
    assert (state.version, state.state, state.status.error_code) == (1, 30, 0)

    request.model_spec.version.value = 2
    assert failure(half.models.GetModelStatus, request) == (
        "NOT_FOUND",
        "Could not find version 2 of model m",
    )
    request.model_spec.ClearField("version")
    request.model_spec.name = "z"
    assert failure(half.models.GetModelStatus, request) == (
        "NOT_FOUND",
        "Could not find any versions of model z",
    )


def test_reload_adds_a_model_and_waits_for_it(tmp_path: Path, half_plus_two: Path) -> None:
    from tensorflow_serving.apis import model_management_pb2

    base = model_folder(tmp_path / "m", half_plus_two)
    request = model_management_pb2.ReloadConfigRequest(
        metric_names=["/tensorflow/serving/request_count"]
    )
    with asking(base) as client:
        assert failure(client.models.HandleReloadConfigRequest, request) == (
            INVALID,
            "ServerModelConfig type not supported by HandleReloadConfigRequest."
            " Only ModelConfigList is currently supported",
        )
        for name in ("m", "other"):
            request.config.model_config_list.config.add(
                name=name, base_path=str(base), model_platform="tensorflow"
            )
        answer = client.models.HandleReloadConfigRequest(request, timeout=20)
        assert answer.status.error_code == 0
        assert [(each.name, each.int64_value_increase) for each in answer.metric] == [
            ("/tensorflow/serving/request_count", 0)
        ]
        asked = predict_request(x=np.float32([2]))
        asked.model_spec.name = "other"
        assert client.prediction.Predict(asked).outputs["y"].float_val == [3.0]


def test_predict_with_tensor_content_asked_for_has_it(tmp_path: Path, half_plus_two: Path) -> None:
    base = model_folder(tmp_path / "m", half_plus_two)
    with asking(base, enable_serialization_as_tensor_content=True) as client:
        output = client.prediction.Predict(predict_request(x=np.float32([2]))).outputs["y"]
    assert (output.tensor_content, list(output.float_val)) == (b"\0\0\x40\x40", [])


def test_method_name_check_refuses_what_tensorflow_2_writes(
    tmp_path: Path, many_signatures: Path
) -> None:
    base = model_folder(tmp_path / "m", many_signatures)
    with asking(base, enable_signature_method_name_check=True) as client:
        request = example_request("Regression", "regress", example_list(0.5))
        assert failure(client.prediction.Regress, request) == (
            INVALID,
            "Expected regression signature method_name to be tensorflow/serving/regress. "
            "Was: tensorflow/serving/predict",
        )


def test_predict_by_64_callers_with_batching_gives_each_its_own(
    tmp_path: Path, half_plus_two: Path
) -> None:
    base = model_folder(tmp_path / "m", half_plus_two)
    with asking(base, enable_batching=True) as client, ThreadPoolExecutor(16) as pool:
        values = np.arange(64, dtype=np.float32)
        answers = pool.map(lambda value: client.predict(x=value[None])["y"][0], values)
    assert list(answers) == (values / 2 + 2).tolist()


def test_metrics_count_predictions_of_grpc(tmp_path: Path, half_plus_two: Path) -> None:
    import urllib.request

    base = model_folder(tmp_path / "m", half_plus_two)
    monitoring = tmp_path / "monitoring.txt"
    monitoring.write_text("prometheus_config { enable: true }")
    port = free_port()
    flags = {"rest_api_port": port, "monitoring_config_file": str(monitoring)}
    with asking(base, **flags) as client:
        for _ in range(3):
            client.predict(x=np.float32([2]))
        failure(client.predict, z=np.float32([2]))
        url = f"http://127.0.0.1:{port}/monitoring/prometheus/metrics"
        page = urllib.request.urlopen(url).read().decode()
    for line in (
        ':tensorflow:serving:request_count{model_name="m",status="OK"} 3',
        ':tensorflow:serving:request_count{model_name="m",status="INVALID_ARGUMENT"} 1',
        ':tensorflow:serving:request_latency_count{model_name="m",API="Predict",'
        'entrypoint="GRPC"} 3',
        ':tensorflow:serving:runtime_latency_count{model_name="m",API="Predict",runtime="TF1"} 3',
    ):
        assert line in page, list(itertools.islice(page.splitlines(), 20))
