"""How an export's answers are compared with the model's."""

import numpy as np
import pytest

from tfx_pipeline.export.parity.comparison import LIMIT, differences
from tfx_pipeline.modules.description.model_description import Answer

BINARY = Answer("binary", ("no", "yes"), threshold=0.5)
MANY = Answer("multiclass", ("a", "b", "c"))


def binary(*pairs):
    numbers, classes = zip(*pairs, strict=True)
    return {"probability": np.array(numbers, np.float32), "class": np.array(classes, object)}


def many(numbers, classes):
    return {"probabilities": np.array(numbers, np.float32), "class": np.array(classes, object)}


def test_differences_of_probabilities_are_absolute():
    received = binary((0.25, "no"), (0.75, "yes"))
    sizes = differences(BINARY, binary((0.25, "no"), (0.875, "yes")), received)
    assert sizes.tolist() == [0, 0.125]


@pytest.mark.parametrize("received", [np.nan, np.inf])
@pytest.mark.parametrize("expected", [0.5, np.nan])
def test_differences_of_nan_is_infinite_whatever_the_model_answers(expected, received):
    answer = Answer("regression")
    sizes = differences(
        answer, {"value": np.float32([expected])}, {"value": np.float32([received])}
    )
    assert sizes.tolist() == [np.inf]


def test_differences_of_values_are_relative_to_value_or_deviation():
    answer = Answer("regression", mean=0.0, deviation=100.0)
    expected, received = np.float32([0, 50, 1000]), np.float32([1, 51, 1010])
    sizes = differences(answer, {"value": expected}, {"value": received})
    assert sizes == pytest.approx([0.01, 0.01, 0.01])


def test_differences_of_a_class_count_but_beside_the_threshold():
    near = 0.5 + LIMIT / 4
    expected = binary((0.6, "yes"), (near, "yes"), (near, "yes"))
    received = binary((0.6, "no"), (near, "no"), (near, "maybe"))
    sizes = differences(BINARY, expected, received)
    assert sizes.tolist() == [1, 0, 1]


def test_differences_of_the_likeliest_class_count_but_where_it_is_hardly_so():
    level = [0.4, 0.4 - LIMIT, 0.2]
    clear = [0.4, 0.4 - 4 * LIMIT, 0.2]
    sizes = differences(
        MANY,
        many([level, clear, level], ["a", "a", "a"]),
        many([level, clear, level], ["b", "b", "c"]),
    )
    assert sizes.tolist() == [0, 1, 1]


def test_differences_of_swapped_classes_are_seen():
    numbers = [[0.7, 0.2, 0.1]]
    assert differences(MANY, many(numbers, ["a"]), many(numbers, ["b"])).tolist() == [1]


@pytest.mark.parametrize(
    "received",
    [
        {"probability": np.float32([0.5])},
        {"probability": np.float32([[0.5]]), "class": np.array(["no"], object)},
        {"value": np.float32([0.5]), "class": np.array(["no"], object)},
    ],
)
def test_differences_of_other_answers_raises(received):
    with pytest.raises(ValueError, match=r"it answers|has the shape"):
        differences(BINARY, binary((0.5, "no")), received)


def test_differences_of_no_rows_are_none():
    empty = {"probability": np.zeros(0, np.float32), "class": np.zeros(0, object)}
    assert differences(BINARY, empty, empty).shape == (0,)
