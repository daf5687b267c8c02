"""Rows of several requests that become arrays together, in a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from tests.serving import batches
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.json.rows import JsonRows
from tfx_pipeline.serving.types import Signature, TensorSpec

FLOAT, STRING = 1, 7
SIGNATURE = Signature(
    "serving_default",
    "tensorflow/serving/predict",
    {"x": TensorSpec("x:0", FLOAT, (-1,)), "s": TensorSpec("s:0", STRING, (-1,))},
    {"y": TensorSpec("y:0", FLOAT, (-1,))},
)


class Adding:
    """Adds the length of the string to the number; notes how many rows each run has."""

    def __init__(self) -> None:
        self.runs: list[int] = []

    def run(
        self, inputs: Mapping[str, Any], outputs: Sequence[str], timeout_s: float | None = None
    ) -> list[Any]:
        self.runs.append(len(inputs["x:0"]))
        lengths = np.array([len(text) for text in inputs["s:0"]])
        x = inputs["x:0"]
        return [x.reshape(len(x), -1).sum(1) + lengths for _ in outputs]


def answers(model: Adding, requests: Sequence[list[Any]], **options: Any) -> list[Any]:
    return batches.answers(model, [JsonRows(rows, SIGNATURE) for rows in requests], **options)


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


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            [row(1, "a"), row("one", "a")],
            "element: 1 key: x of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: \"one\"",
        ),
        ([{"x": 1}], "keys must be equal to: "),
        ([7], "instances is a plain list, but expecting list of objects"),
    ],
)
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
