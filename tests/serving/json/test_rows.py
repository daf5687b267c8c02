"""Rows of several requests that become arrays together, and one row by the short way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.serving.fakes import batch_answers, specs
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.json.request import predict_inputs
from tfx_pipeline.serving.json.rows import JsonRows, arrays_of_row
from tfx_pipeline.serving.types import Signature

FLOAT, DOUBLE, INT32, STRING, INT64 = 1, 2, 3, 7, 9
SIGNATURE = Signature(
    "serving_default",
    "tensorflow/serving/predict",
    specs(x=FLOAT, s=STRING),
    specs(y=FLOAT),
)


class Adding:
    """Adds the length of the string to the number; notes how many rows each run has."""

    def __init__(self) -> None:
        self.runs: list[int] = []

    def run(self, inputs: Any, outputs: Any, timeout_s: Any = None) -> list[Any]:
        self.runs.append(len(inputs["x:0"]))
        lengths = np.array([len(text) for text in inputs["s:0"]])
        x = inputs["x:0"]
        return [x.reshape(len(x), -1).sum(1) + lengths for _ in outputs]


def answers(model: Adding, requests: Sequence[list[Any]], **options: Any) -> list[Any]:
    return batch_answers(model, [JsonRows(rows, SIGNATURE) for rows in requests], **options)


def row(x: Any, s: Any) -> dict[str, Any]:
    return {"x": x, "s": s}


def test_rows_of_requests_run_as_one_batch_and_come_back_to_each() -> None:
    model = Adding()
    requests = [[row(1, "a")], [row(2.5, "bc"), row(3, "")], [row(4, "def")]]
    assert answers(model, requests) == [[2.0], [4.5, 3.0], [7.0]]
    assert model.runs == [4]


def test_rows_are_filled_up_to_an_allowed_size() -> None:
    model = Adding()
    options = {"max_batch_size": 8, "allowed_batch_sizes": (4, 8), "max_execution_batch_size": 8}
    assert answers(model, [[row(1, "a")], [row(2, "b")]], **options) == [[2.0], [3.0]]
    assert model.runs == [4]


WRONG = [
    (
        [row(1, "a"), row("one", "a")],
        "element: 1 key: x of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: \"one\"",
    ),
    ([{"x": 1}], "keys must be equal to: "),
    ([7], "instances is a plain list, but expecting list of objects"),
]


@pytest.mark.parametrize(("bad", "message"), WRONG)
def test_rows_that_are_wrong_fail_their_own_request_alone(bad: list[Any], message: str) -> None:
    good, wrong, other = answers(Adding(), [[row(1, "a")], bad, [row(2, "b")]])
    assert (good, other) == ([2.0], [3.0])
    assert isinstance(wrong, ServingError)
    assert wrong.code is Code.INVALID_ARGUMENT
    assert message in wrong.message


def test_rows_that_are_wrong_by_themselves_raise() -> None:
    (wrong,) = answers(Adding(), [[row("one", "a")]])
    assert isinstance(wrong, ServingError) and wrong.code is Code.INVALID_ARGUMENT


def test_rows_of_other_shapes_run_apart() -> None:
    model = Adding()
    requests = [[row([1, 2], "a")], [row(3, "b")], [row([4, 5, 6], "")]]
    assert answers(model, requests) == [[4.0], [4.0], [15.0]]
    assert sorted(model.runs) == [1, 1, 1]


def test_rows_beyond_the_largest_batch_are_refused() -> None:
    options = {"max_batch_size": 2, "max_execution_batch_size": 2}
    (found,) = answers(Adding(), [[row(1, "a")] * 3], **options)
    assert isinstance(found, ServingError)
    assert found.message == "Task size 3 is larger than maximum input batch size 2"


def test_rows_of_a_large_request_are_split() -> None:
    model = Adding()
    options = {
        "max_batch_size": 8,
        "max_execution_batch_size": 2,
        "enable_large_batch_splitting": True,
    }
    rows = [row(number, "a") for number in range(5)]
    assert answers(model, [rows], **options) == [[1.0, 2.0, 3.0, 4.0, 5.0]]
    assert sorted(model.runs) == [1, 2, 2]


def taking(**dtypes: int) -> Signature:
    return Signature("serving_default", "tensorflow/serving/predict", specs(**dtypes), {})


MIXED = taking(f=FLOAT, g=FLOAT, d=DOUBLE, i=INT64, s=STRING)
ONE = taking(x=FLOAT)

values = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=4),
    st.booleans(),
    st.none(),
    st.just([1.0]),
    st.just({"b64": "AA=="}),
    st.just("\udc80"),  # a byte that is no UTF-8
)
likely = {
    "f": st.floats(width=32) | values,
    "g": st.integers(-9, 9) | values,
    "d": st.floats() | values,
    "i": st.integers(-(2**63), 2**63 - 1) | values,
    "s": st.text(max_size=4) | values,
}


def usual(row: Any, made_for: Signature) -> dict[str, Any] | None:
    try:
        arrays, _ = predict_inputs({"instances": [row]}, made_for.inputs)
    except ServingError:
        return None
    return {made_for.inputs[alias].name: array for alias, array in arrays.items()}


@settings(max_examples=200, deadline=None)
@given(st.fixed_dictionaries(likely, optional={"more": values}))
def test_arrays_of_row_are_those_of_the_usual_way(row: dict[str, Any]) -> None:
    found, expected = arrays_of_row(row, MIXED), usual(row, MIXED)
    if found is None:
        return
    assert expected is not None
    assert found.keys() == expected.keys()
    for name, array in found.items():
        assert (array.dtype, array.shape) == (expected[name].dtype, expected[name].shape)
        np.testing.assert_array_equal(array, expected[name])


@pytest.mark.parametrize(
    "row",
    [{"f": 1.5, "g": 2, "d": 1e300, "i": -5, "s": "ä"}, {"i": 0, "s": "", "f": 0, "g": 1, "d": 2}],
)
def test_arrays_of_row_takes_plain_rows(row: dict[str, Any]) -> None:
    assert arrays_of_row(row, MIXED) is not None


@pytest.mark.parametrize("row", [1.0, [1.0], {}, {"x": True}, {"x": "1"}, {"y": 1}, {"x": 10**400}])
def test_arrays_of_row_leaves_everything_else(row: Any) -> None:
    assert arrays_of_row(row, ONE) is None


def test_arrays_of_row_leaves_types_with_limits_and_bytes_by_name() -> None:
    assert arrays_of_row({"x": 1}, taking(x=INT32)) is None
    assert arrays_of_row({"b64": "AA=="}, taking(b64=STRING)) is None
