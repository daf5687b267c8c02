"""Naming the feature by which a server and the training differ, with a server of one function."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from tfx_pipeline.components.infra_check.differing_feature import differing_feature, differing_input
from tfx_pipeline.deployment.client import ModelMetadata
from tfx_pipeline.modules.smoke_rows import Mismatch, SmokeRows
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import ModelSpec, Signature, TensorSpec

pytestmark = pytest.mark.slow

INSTANCE = {"miles": 2.0, "hour": 7, "city": "Ulm"}
WRONG = Mismatch(0, "value", 9.0, 8.0, 0.125)
TRANSFORMED = {"city_length": [3], "miles_scaled": [0.5]}


def serialized(values: Mapping[str, Any]) -> bytes:
    import tensorflow as tf

    example = tf.train.Example()
    for name, value in values.items():
        feature = example.features.feature[name]
        if isinstance(value, str):
            feature.bytes_list.value.append(value.encode())
        elif isinstance(value, int):
            feature.int64_list.value.append(value)
        else:
            feature.float_list.value.append(value)
    return example.SerializeToString()


def parsed(example: bytes) -> dict[str, Any]:
    import tensorflow as tf

    features = tf.train.Example.FromString(example).features.feature
    found: dict[str, Any] = {"miles": math.nan, "hour": math.nan, "city": ""}
    for name, feature in features.items():
        kind = feature.WhichOneof("kind")
        (value,) = getattr(feature, kind).value
        found[name] = value.decode() if kind == "bytes_list" else value
    return found


def value_of(row: Mapping[str, Any]) -> float:
    numbers = [row["miles"], row["hour"]]
    return sum(x for x in numbers if not math.isnan(x)) + len(row["city"])


class FakeClient:
    """A server whose signatures are functions of a row."""

    address = "fake"

    def __init__(self, **functions: Callable[[Any], dict[str, Any]]) -> None:
        self._functions = functions

    def metadata(self, spec: ModelSpec) -> ModelMetadata:
        example = {"examples": TensorSpec("examples:0", 7, (-1,))}
        return ModelMetadata(1, {x: Signature(x, "", example, {}) for x in self._functions})

    def predict(
        self, spec: ModelSpec, signature: Signature, rows: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        name = spec.signature_name or "serving_default"
        return [self._functions[name](row) for row in rows]

    def states(self, name: str) -> list[Any]:
        return []

    def close(self) -> None:
        """Nothing is open."""


def explain(client: FakeClient, rows: SmokeRows | None = None) -> str:
    rows = rows or SmokeRows([INSTANCE], [{"value": 8.0}], [TRANSFORMED])
    return differing_feature(WRONG, rows, [serialized(INSTANCE)], client, "trips")


def by_example(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"value": value_of(parsed(row["examples"]))}


def test_differing_feature_transformed_otherwise_is_named_with_both_values() -> None:
    client = FakeClient(transform_features=lambda _: {**TRANSFORMED, "miles_scaled": [0.75]})
    assert explain(client) == (
        "first differing feature `miles_scaled`, transformed to [0.75] here and to [0.5] in"
        " training"
    )


def test_differing_feature_read_otherwise_in_instances_is_named() -> None:
    client = FakeClient(
        transform_features=lambda _: TRANSFORMED,
        serving_examples=by_example,
        serving_default=lambda row: {"value": value_of(row | {"hour": row["hour"] * 1.5})},
    )
    assert explain(client) == (
        "first differing feature `hour`: 7 in an instance and the same value in a tf.Example are"
        " not read alike"
    )


def test_differing_feature_none_says_that_the_network_differs() -> None:
    client = FakeClient(
        transform_features=lambda _: TRANSFORMED,
        serving_examples=by_example,
        serving_default=lambda row: {"value": value_of(row)},
    )
    assert "so the network itself differs" in explain(client)


def test_differing_feature_of_a_model_without_the_signatures_says_so() -> None:
    assert "cannot be asked" in explain(FakeClient())


def test_differing_feature_of_a_model_that_refuses_missing_values_says_so() -> None:
    def refuse(row: Mapping[str, Any]) -> dict[str, Any]:
        raise ServingError(Code.INVALID_ARGUMENT, "no missing values")

    rows = SmokeRows([INSTANCE], [{"value": 8.0}])
    client = FakeClient(serving_examples=by_example, serving_default=refuse)
    assert "cannot be asked" in explain(client, rows)


def test_differing_feature_without_the_example_of_the_row_says_so() -> None:
    rows = SmokeRows([INSTANCE], [{"value": 8.0}], [TRANSFORMED])
    assert "not those of the eval split" in differing_feature(WRONG, rows, [], FakeClient(), "x")


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        (("miles", "hour", "city"), None),
        (("miles", "city"), "first differing feature `hour`, which the model has no input for"),
        (
            ("miles", "hour", "city", "fare"),
            "first differing feature `fare`, an input that the rows do not give",
        ),
    ],
)
def test_differing_input_compares_names(inputs: tuple[str, ...], text: str | None) -> None:
    spec = {name: TensorSpec(f"{name}:0", 1, (-1,)) for name in inputs}
    assert differing_input(SmokeRows([INSTANCE], []), Signature("d", "", spec, {})) == text
