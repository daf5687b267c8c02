from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.serving.versions.lifecycle import config_of, managing, served, states, until
from tfx_pipeline.serving.batching.direct import DirectRunner, ModelThreads
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.loader import load_model
from tfx_pipeline.serving.models.model_files import WARMUP_FILE, write_warmup
from tfx_pipeline.serving.types import Model, ModelSpec, Servable
from tfx_pipeline.serving.versions.warmup import warm_up

pytestmark = pytest.mark.slow


class Counting:
    """A model that remembers what it was run with."""

    def __init__(self, model: Model) -> None:
        self.signatures, self.signature_defs = model.signatures, model.signature_defs
        self.runs: list[Mapping[str, Any]] = []
        self.results: list[list[Any]] = []
        self._model = model

    def run(self, inputs: Any, outputs: Any, timeout_s: Any = None) -> list[Any]:
        self.runs.append(inputs)
        self.results.append(self._model.run(inputs, outputs, timeout_s))
        return self.results[-1]

    def close(self) -> None:
        self._model.close()


@pytest.fixture(scope="module")
def loaded(half_plus_two: Path, many_signatures: Path) -> Any:
    models = {path: load_model(path, ["serve"], False) for path in (half_plus_two, many_signatures)}
    yield models
    for model in models.values():
        model.close()


@pytest.fixture
def half(half_plus_two: Path, loaded: Any) -> Counting:
    return Counting(loaded[half_plus_two])


@pytest.fixture
def many(many_signatures: Path, loaded: Any) -> Counting:
    return Counting(loaded[many_signatures])


def record(text: str) -> bytes:
    from google.protobuf import text_format
    from tensorflow_serving.apis import prediction_log_pb2

    return text_format.Parse(text, prediction_log_pb2.PredictionLog()).SerializeToString()


def write_records(folder: Path, *records: bytes) -> Path:
    import tensorflow as tf

    path = folder / WARMUP_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for each in records:
            writer.write(each)
    return path


def failure(model: Model, folder: Path) -> str:
    with pytest.raises(ServingError) as caught:
        warm_up(model, folder)
    return str(caught.value)


def one_value(value: float) -> dict[str, Any]:
    return {"x": np.array([value], np.float32)}


EXAMPLE = (
    'input { example_list { examples { features { feature { key: "x" '
    "value { float_list { value: 0.25 } } } } } } }"
)


def test_warm_up_plays_what_write_warmup_wrote(tmp_path: Path, many: Counting) -> None:
    inputs = {
        "a": np.array([[1], [2]], np.float32),
        "n": np.array([10, 20]),
        "s": np.array([b"x", "\u00e9"], object),
    }
    path = write_warmup(tmp_path, [("", inputs), ("scalars", {"v": np.array(3, np.float32)})])
    assert path == tmp_path / "assets.extra" / "tf_serving_warmup_requests"
    assert [each.name for each in path.parent.iterdir()] == ["tf_serving_warmup_requests"]
    played = warm_up(many, tmp_path)
    assert played is not None
    assert played.records == 2
    assert 0 < played.seconds < 10
    by_value = sorted(result.tolist() for result in many.results[0] if result.dtype == np.float32)
    assert by_value == [[11.0, 22.0]]
    texts = [result.tolist() for result in many.results[0] if result.dtype == object]
    assert [b"x!", "\u00e9!".encode()] in texts
    assert many.results[1][0] == 6.0


def test_write_warmup_file_is_what_tensorflow_serving_documents(tmp_path: Path) -> None:
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    path = write_warmup(tmp_path, [("serving_default", one_value(1.5))])
    (data,) = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    request = prediction_log_pb2.PredictionLog.FromString(data).predict_log.request
    assert request.model_spec.signature_name == "serving_default"
    assert tf.make_ndarray(request.inputs["x"]).tolist() == [1.5]


def test_write_warmup_more_than_a_server_takes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1,001 warm-up requests; a model server refuses more"):
        write_warmup(tmp_path, 1001 * [("", one_value(1))])
    assert not (tmp_path / WARMUP_FILE).exists()


def test_write_warmup_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_warmup(tmp_path, [("", one_value(1))])
    old = path.read_bytes()
    with pytest.raises(TypeError):
        write_warmup(tmp_path, [("", {"x": object()})])
    assert path.read_bytes() == old
    assert len(list(path.parent.iterdir())) == 1


def test_warm_up_without_a_file_plays_nothing(tmp_path: Path, half: Counting) -> None:
    assert warm_up(half, tmp_path) is None
    assert half.runs == []


@pytest.mark.parametrize(("iterations", "runs"), [(0, 2), (1, 2), (3, 6)])
def test_warm_up_iterations_repeat_each_record(
    tmp_path: Path, half: Counting, iterations: int, runs: int
) -> None:
    write_warmup(tmp_path, [("", one_value(1)), ("", one_value(2))])
    played = warm_up(half, tmp_path, iterations)
    assert played is not None
    assert (played.records, len(half.runs)) == (2, runs)


def test_warm_up_1000_records_are_played_and_one_more_fails(tmp_path: Path, half: Counting) -> None:
    path = write_warmup(tmp_path, 1000 * [("", one_value(1))])
    assert warm_up(half, tmp_path).records == 1000
    one = record(
        "predict_log { request { inputs { key: 'x' value {"
        " dtype: DT_FLOAT tensor_shape { dim { size: 1 } } float_val: 1 } } } }"
    )
    write_records(tmp_path, *1001 * [one])
    assert failure(half, tmp_path) == (
        f"INVALID_ARGUMENT: Number of warmup records exceeds the maximum (1000) at {path}"
    )


def test_warm_up_classify_regress_and_multi_inference_are_played(
    tmp_path: Path, many: Counting
) -> None:
    task = 'tasks { model_spec { name: "m" signature_name: "%s" } method_name: "%s" }'
    tasks = task % ("classify", "tensorflow/serving/classify") + task % (
        "regress",
        "tensorflow/serving/regress",
    )
    context = EXAMPLE.replace("example_list", "example_list_with_context").replace(
        "examples {", "examples {} context {"
    )
    one = 'request { model_spec { signature_name: "%s" } %s }'
    write_records(
        tmp_path,
        record("classify_log {" + one % ("classify", EXAMPLE) + "}"),
        record("regress_log {" + one % ("regress", EXAMPLE) + "}"),
        record("regress_log {" + one % ("regress", context) + "}"),
        record("multi_inference_log { request {" + tasks + EXAMPLE + "} }"),
        record("log_metadata {}"),  # without a request: passed over
    )
    assert warm_up(many, tmp_path).records == 5
    assert len(many.runs) == 4
    assert many.results[1][0].tolist() == [2.5]
    assert many.results[2][0].tolist() == [2.5]
    assert len(many.results[3]) == 3


FAILING = [
    (
        'predict_log { request { model_spec { signature_name: "none" } } }',
        'FAILED_PRECONDITION: Serving signature key "none" not found.',
    ),
    (
        "predict_log { request {} }",
        "INVALID_ARGUMENT: input size does not match signature: 0!=1 len({}) != len({x}). "
        "Sent extra: {}. Missing but required: {x}.",
    ),
    (
        "predict_log { request { inputs { key: 'x' value { dtype: DT_FLOAT "
        "tensor_shape { dim { size: -2 } } } } } }",
        "INVALID_ARGUMENT: tensor parsing error: x",
    ),
    (
        f'classify_log {{ request {{ model_spec {{ signature_name: "none" }} {EXAMPLE} }} }}',
        "INVALID_ARGUMENT: No signature was found with the name: none",
    ),
    ("session_run_log { request {} }", "UNIMPLEMENTED: Unsupported log_type for warmup: 5"),
    ("predict_streamed_log {}", "UNIMPLEMENTED: Unsupported log_type for warmup: 7"),
]


@pytest.mark.parametrize(("text", "error"), FAILING)
def test_warm_up_request_that_fails_fails_it(
    tmp_path: Path, half: Counting, text: str, error: str
) -> None:
    write_records(tmp_path, record(text))
    assert failure(half, tmp_path) == error


def test_warm_up_request_that_the_graph_refuses_fails_it(tmp_path: Path, many: Counting) -> None:
    write_warmup(tmp_path, [("fail", one_value(1)), ("fail", one_value(-1))])
    assert failure(many, tmp_path).startswith("INVALID_ARGUMENT: ")
    assert len(many.runs) == 2


def test_warm_up_record_that_is_no_prediction_log_fails_it(tmp_path: Path, half: Counting) -> None:
    path = write_records(tmp_path, b"nonsense")
    assert failure(half, tmp_path) == (
        f"INVALID_ARGUMENT: Failed to parse warmup record: nonsense from {path}"
    )


def test_warm_up_damaged_file_is_a_data_loss(tmp_path: Path, half: Counting) -> None:
    path = write_warmup(tmp_path, [("", one_value(1)), ("", one_value(2))])
    data = path.read_bytes()
    path.write_bytes(data[:-3])
    text = failure(half, tmp_path)
    assert text.startswith("DATA_LOSS: truncated record at ")
    assert text.endswith(". Please verify your warmup data is in TFRecord format.")
    assert len(half.runs) == 1
    path.write_bytes(b"these are no records")
    assert failure(half, tmp_path).startswith("DATA_LOSS: corrupted record at 0")


async def test_version_whose_warm_up_fails_is_not_offered_and_the_old_one_stays(
    tmp_path: Path, base_path: Any
) -> None:
    base = base_path(1)
    write_warmup(base / "1", [("serving_default", one_value(4))])

    def load(name: str, version: int, path: Path) -> Servable:
        model = load_model(path, ["serve"], False)
        warm_up(model, path)
        return Servable(name, version, model, DirectRunner(model, ModelThreads(1, "test")))

    async with managing(load, config_of(f"m={base}")) as manager:
        write_warmup(shutil.copytree(base / "1", tmp_path / "2"), [("none", {})])
        (tmp_path / "2").rename(base / "2")
        await until(lambda: states(manager).get(2) == "END", 20)
        failed = manager.states("m", 2)[0]
        assert (failed.code, failed.message) == (
            Code.FAILED_PRECONDITION,
            'Serving signature key "none" not found.',
        )
        assert served(manager, ModelSpec("m")) == 1
        shutil.copytree(base / "1", tmp_path / "3").rename(base / "3")
        await until(lambda: states(manager) == {3: "AVAILABLE", 2: "END", 1: "END"}, 20)
        with manager.lease(ModelSpec("m")) as servable:
            signature = servable.model.signatures["serving_default"]
            outputs = await servable.runner.run(
                {signature.inputs["x"].name: np.array([4], np.float32)},
                [signature.outputs["y"].name],
            )
        assert outputs[0].tolist() == [4.0]
