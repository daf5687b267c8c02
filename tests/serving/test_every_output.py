"""Every data type and rank that a signature may return, over REST in both forms and over gRPC.

What is right is TensorFlow Serving's: util/json_tensor.cc there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.serving.grpc_running import GrpcRunning, failure, model_folder, predict_request
from tests.serving.running import RunningServer

pytestmark = pytest.mark.slow

_VALUES: dict[str, list[Any]] = {
    "float32": [0.5, -2.0, 3.0],
    "float64": [0.1, 1e300, -3.0],
    "int8": [-128, 0, 127],
    "int16": [-32768, 0, 32767],
    "int32": [-(2**31), 0, 2**31 - 1],
    "int64": [-(2**63), 0, 2**63 - 1],
    "uint8": [0, 1, 255],
    "uint32": [0, 1, 2**32 - 1],
    "uint64": [0, 1, 2**64 - 1],
    "bool": [True, False, True],
    "string": ["ab", "", 'q"\u00e9'],
}
_NO_JSON = {
    "uint16": "uint16",
    "float16": "half",
    "bfloat16": "bfloat16",
    "complex64": "complex64",
    "complex128": "complex128",
    "qint8": "qint8",
    "quint8": "quint8",
    "qint32": "qint32",
}
_SHAPES: dict[str, tuple[int, ...]] = {
    "scalar": (),
    "vector": (3,),
    "matrix": (3, 1),
    "rank3": (3, 1, 1),
    "rank4": (3, 1, 1, 1),
    "norows": (0,),
    "nocolumns": (3, 0),
    "hollow": (0, 2, 0),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with a signature for each type and shape: `x` `[-1] float32` gives `out`."""
    import tensorflow as tf

    signatures = {}
    for dtype in (*_VALUES, *_NO_JSON):
        for name, shape in _SHAPES.items():
            signatures[f"{dtype}_{name}"] = _returning(tf, dtype, shape)
    signatures["join"] = tf.function(
        lambda s: {"joined": tf.strings.reduce_join(s)},
        input_signature=[tf.TensorSpec([None], tf.string, name="s")],
    )
    signatures["joined_bytes"] = tf.function(
        lambda s: {"joined_bytes": tf.strings.reduce_join(s), "n": tf.size(s)},
        input_signature=[tf.TensorSpec([None], tf.string, name="s")],
    )
    module = tf.Module()
    base = tmp_path_factory.mktemp("every")
    tf.saved_model.save(module, str(base / "made"), signatures=signatures)
    return model_folder(tmp_path_factory.mktemp("served") / "m", base / "made")


def _returning(tf: Any, dtype: str, shape: tuple[int, ...]) -> Any:
    kind = tf.dtypes.as_dtype(dtype)
    values = _VALUES.get(dtype, [1, 2, 3])
    count = int(np.prod(shape))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def give(x: Any) -> dict[str, Any]:
        if kind.is_quantized:
            made = tf.constant(values[:count], tf.float32)
            out = tf.quantization.quantize(made, 0.0, 255.0, kind)[0]
        else:
            made = np.array(values[:count], object if dtype == "string" else kind.as_numpy_dtype)
            out = tf.constant(made, kind)
        return {"out": tf.reshape(out, shape)}

    return give


@pytest.fixture(scope="module")
def server(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with RunningServer.of_model(tmp_path_factory.mktemp("log") / "log", folder) as running:
        yield running


def _shaped(values: list[Any], shape: tuple[int, ...]) -> Any:
    array = np.empty(int(np.prod(shape)), object)
    array[:] = values[: len(array)]
    return array.reshape(shape).tolist()


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("dtype", _VALUES)
def test_output_of_a_type_that_json_has_is_written_in_both_forms(
    server: RunningServer, dtype: str, shape: str
) -> None:
    expected = _shaped(_VALUES[dtype], _SHAPES[shape])
    asked = {"signature_name": f"{dtype}_{shape}"}
    status, answer = server.ask("m:predict", {**asked, "inputs": [1.0]})
    assert (status, answer) == (200, {"outputs": expected})
    status, answer = server.ask("m:predict", {**asked, "instances": [1.0, 2.0, 3.0]})
    if shape == "scalar":
        assert status == 400
        assert answer == {"error": "Tensor name: out has no shape information "}
    else:
        assert (status, answer) == (200, {"predictions": expected})


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("dtype", _NO_JSON)
def test_output_of_a_type_that_json_lacks_is_named_unless_there_are_no_values(
    server: RunningServer, dtype: str, shape: str
) -> None:
    refused = (400, {"error": f"Failed to write JSON value for tensor type: {_NO_JSON[dtype]}"})
    for form, answer_name in (("inputs", "outputs"), ("instances", "predictions")):
        answer = server.ask("m:predict", {"signature_name": f"{dtype}_{shape}", form: [1.0]})
        if shape == "scalar" and form == "instances":
            assert answer == (400, {"error": "Tensor name: out has no shape information "})
        elif 0 in _SHAPES[shape]:
            assert answer == (200, {answer_name: _shaped([], _SHAPES[shape])})
        else:
            assert answer == refused


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("dtype", [*_VALUES, *_NO_JSON])
def test_output_of_any_type_and_shape_comes_over_grpc(
    server: RunningServer, dtype: str, shape: str
) -> None:
    import tensorflow as tf

    client = GrpcRunning(f"127.0.0.1:{server.grpc_port}")
    request = predict_request(x=np.ones(1, np.float32))
    request.model_spec.signature_name = f"{dtype}_{shape}"
    with client.channel:
        proto = client.prediction.Predict(request, timeout=20).outputs["out"]
    assert proto.dtype == tf.dtypes.as_dtype(dtype).as_datatype_enum
    assert tuple(dim.size for dim in proto.tensor_shape.dim) == _SHAPES[shape]
    assert not proto.tensor_content  # the typed fields, as without the flag for the other
    array = tf.make_ndarray(proto)
    assert array.shape == _SHAPES[shape]
    expected = _VALUES.get(dtype, [1, 2, 3])
    if dtype == "string":
        expected = [each.encode() for each in expected]
    if dtype not in ("qint8", "quint8", "qint32"):
        assert array.ravel().tolist() == [
            np.array(each, array.dtype).item() for each in expected[: array.size]
        ]


def test_scalar_string_is_the_answer_of_the_case(server: RunningServer) -> None:
    asked = {"signature_name": "join"}
    assert server.ask("m:predict", {**asked, "inputs": ["a", "b"]}) == (200, {"outputs": "ab"})
    status, answer = server.ask("m:predict", {**asked, "instances": ["a", "b"]})
    assert (status, answer["error"]) == (400, "Tensor name: joined has no shape information ")
    asked = {"signature_name": "joined_bytes", "inputs": ["a", "b"]}
    assert server.ask("m:predict", asked) == (
        200,
        {"outputs": {"joined_bytes": {"b64": "YWI="}, "n": 2}},
    )


def test_scalar_string_of_a_batch_is_refused_as_upstream_refuses_it(
    folder: Path, tmp_path: Path
) -> None:
    with RunningServer.of_model(tmp_path / "log", folder, "--enable_batching") as batching:
        for form in ("inputs", "instances"):
            status, answer = batching.ask("m:predict", {"signature_name": "join", form: ["a"]})
            assert (status, answer) == (400, {"error": "Batched output tensor has 0 dimensions"})
        client = GrpcRunning(f"127.0.0.1:{batching.grpc_port}")
        request = predict_request(s=np.array([b"a"], object))
        request.model_spec.signature_name = "join"
        with client.channel:
            assert failure(client.prediction.Predict, request, timeout=20) == (
                "FAILED_PRECONDITION",
                "Batched output tensor has 0 dimensions",
            )


def test_output_as_tensor_content_has_the_same_values(folder: Path, tmp_path: Path) -> None:
    import tensorflow as tf

    flag = "--enable_serialization_as_tensor_content"
    with RunningServer.of_model(tmp_path / "log", folder, flag) as server:
        client = GrpcRunning(f"127.0.0.1:{server.grpc_port}")
        with client.channel:
            for dtype in ("float32", "bfloat16", "complex64", "int64", "bool", "string"):
                request = predict_request(x=np.ones(1, np.float32))
                request.model_spec.signature_name = f"{dtype}_matrix"
                proto = client.prediction.Predict(request, timeout=20).outputs["out"]
                assert proto.tensor_content
                array = tf.make_ndarray(proto) if dtype != "string" else None
                if array is not None:
                    expected = np.array(_VALUES.get(dtype, [1, 2, 3]), array.dtype)
                    assert array.ravel().tolist() == expected.tolist()
