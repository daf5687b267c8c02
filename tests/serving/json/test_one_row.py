"""The short way for one row makes the same arrays as the one for any rows, or none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.json.request import predict_inputs
from tfx_pipeline.serving.json.rows import arrays_of_row
from tfx_pipeline.serving.types import Signature, TensorSpec

FLOAT, DOUBLE, INT32, STRING, INT64 = 1, 2, 3, 7, 9


def signature(**dtypes: int) -> Signature:
    inputs = {name: TensorSpec(f"{name}:0", dtype, (-1,)) for name, dtype in dtypes.items()}
    return Signature("serving_default", "tensorflow/serving/predict", inputs, {})


MIXED = signature(f=FLOAT, g=FLOAT, d=DOUBLE, i=INT64, s=STRING)
ONE = signature(x=FLOAT)

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


@settings(max_examples=500, deadline=None)
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
    assert arrays_of_row({"x": 1}, signature(x=INT32)) is None
    assert arrays_of_row({"b64": "AA=="}, signature(b64=STRING)) is None
