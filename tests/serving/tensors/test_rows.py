"""Requests of gRPC that become arrays in their batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from tests.serving.fakes import batch_answers, specs
from tfx_pipeline.serving.tensors.predict_body import read_request
from tfx_pipeline.serving.tensors.rows import TensorRows
from tfx_pipeline.serving.types import Signature, TensorSpec

pytestmark = pytest.mark.slow

FLOAT, STRING, INT64 = 1, 7, 9
SIGNATURE = Signature(
    "serving_default",
    "tensorflow/serving/predict",
    {"x": TensorSpec("x:0", FLOAT, (-1, 2)), **specs(s=STRING, i=INT64)},
    specs(y=FLOAT),
)


class Adding:
    """Adds up all that a row holds, the length of its string too."""

    def __init__(self) -> None:
        self.runs: list[int] = []

    def run(self, inputs: Any, outputs: Any, timeout_s: Any = None) -> list[Any]:
        self.runs.append(len(inputs["x:0"]))
        assert {name: array.dtype.kind for name, array in inputs.items()} == {
            "x:0": "f",
            "s:0": "O",
            "i:0": "i",
        }
        lengths = np.array([len(text) for text in inputs["s:0"]])
        return [inputs["x:0"].sum(1) + lengths + inputs["i:0"]]


def read(values: Mapping[str, Any]) -> Any:
    """Read a request of these inputs."""
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    request = predict_pb2.PredictRequest(
        inputs={alias: tf.make_tensor_proto(value) for alias, value in values.items()}
    )
    return read_request(request.SerializeToString()).inputs


def rows(x: Any, s: bytes, i: int, aliases: Sequence[str] = ("x", "s", "i")) -> TensorRows:
    """Make a request of one row, with its inputs in this order."""
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    values = {"x": np.float32([x]), "s": np.array([s], object), "i": np.int64([i])}
    body = b"".join(
        predict_pb2.PredictRequest(
            inputs={alias: tf.make_tensor_proto(values[alias])}
        ).SerializeToString()
        for alias in aliases
    )
    found = read_request(body).inputs
    assert isinstance(found, TensorRows)
    assert found.fits(SIGNATURE)
    found.signature = SIGNATURE
    return found


def test_requests_with_their_inputs_in_any_order_share_a_batch() -> None:
    model = Adding()
    requests = [
        rows([1, 2], b"a", 10),
        rows([0.5, 0], b"", -3, ("i", "x", "s")),
        rows([0, 0], b"four", 2**40, ("s", "i", "x")),
    ]
    assert batch_answers(model, requests) == [[14.0], [-2.5], [4.0 + 2**40]]
    assert model.runs == [3]


def test_padding_repeats_a_real_row() -> None:
    model = Adding()
    options = {"max_batch_size": 4, "allowed_batch_sizes": (4,), "max_execution_batch_size": 4}
    requests = [rows([1, 1], b"ab", 1), rows([2, 2], b"", 0)]
    assert batch_answers(model, requests, **options) == [[5.0], [4.0]]
    assert model.runs == [4]


def test_part_takes_the_rows_of_each_input() -> None:
    found = read({"a": np.float32([[1, 2], [3, 4], [5, 6]]), "b": np.float64([7, 8, 9])})
    assert isinstance(found, TensorRows)
    assert found.count == 3
    part = found.part(1, 3)
    assert list(part.values) == [
        np.float32([3, 4, 5, 6]).tobytes(),
        np.float64([8, 9]).tobytes(),
    ]
    assert part.count == 2


def test_inputs_of_different_length_or_name_do_not_fit() -> None:
    uneven = {"x": np.float32([[1, 2]]), "s": np.array([b"a"], object), "i": np.int64([1, 2])}
    assert not read(uneven).fits(SIGNATURE)
    assert not read({"x": np.float32([[1, 2]])}).fits(SIGNATURE)


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        (b"-" + np.float32(1.5).tobytes(), np.float32([1.5])),  # without a length before it
        (b"*\x04" + np.float32(-2).tobytes(), np.float32([-2])),
    ],
)
def test_sole_value_is_read_however_it_is_written(sent: bytes, value: Any) -> None:
    tensor = b"\x08\x01\x12\x04\x12\x02\x08\x01" + sent
    entry = b"\n\x01x\x12" + bytes((len(tensor),)) + tensor
    found = read_request(b"\x12" + bytes((len(entry),)) + entry).inputs
    assert isinstance(found, TensorRows)
    np.testing.assert_array_equal(found.by_alias()["x"], value)
