"""TFMA carries no more columns along than labels, weights and slices need."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.slow

MODEL = {"label_key": "label", "example_weight_key": "label_known", "model_type": "tf_generic"}
SLICES = [{}, {"feature_keys": ["city"]}, {"feature_values": {"year": "1"}}]


def extractors_of(slices: list[Any], **more: Any) -> dict[str, Any]:
    import tensorflow_model_analysis as tfma
    from google.protobuf import json_format

    from tfx_pipeline.components.evaluator.narrow_extracts import narrow_extractors

    settings = {"model_specs": [MODEL], "slicing_specs": slices, **more}
    config = json_format.ParseDict(settings, tfma.EvalConfig())
    model = tfma.types.EvalSharedModel(model_path="", model_type="tf_generic")
    return {each.stage_name: each.ptransform for each in narrow_extractors(model, config, None)}


def check(ptransform: Any, extracts: dict[str, Any], key: str, expected: list[Any]) -> None:
    """Send one batch of extracts through, and compare the names that are left under a key."""
    import apache_beam as beam
    from apache_beam.testing.util import assert_that, equal_to

    with beam.Pipeline(runner="DirectRunner") as pipeline:
        batches = pipeline | beam.Create([extracts]) | ptransform
        assert_that(batches | beam.Map(lambda batch: names_of(batch[key])), equal_to([expected]))


def names_of(value: Any) -> list[Any]:
    if isinstance(value, dict):
        nested = (isinstance(x, dict) for x in value.values())
        return (
            [[k, names_of(v)] for k, v in sorted(value.items())] if any(nested) else sorted(value)
        )
    return sorted(value.schema.names)


def test_columns_that_no_label_weight_or_slice_needs_are_dropped() -> None:
    import pyarrow as pa

    names = ["city", "fare", "label", "year", "__raw_record__"]
    batch = pa.RecordBatch.from_arrays([pa.array([[b"x"]])] * len(names), names)
    extracts = {"arrow_record_batch": batch}
    keep = extractors_of(SLICES)["KeepColumns"]
    check(keep, extracts, "arrow_record_batch", ["__raw_record__", "city", "label", "year"])
    keep = extractors_of([{}])["KeepColumns"]
    check(keep, extracts, "arrow_record_batch", ["__raw_record__", "label"])


def test_transformed_features_are_dropped_of_one_model_and_of_each_of_two() -> None:
    features = {"label": 1, "label_known": 1, "city": 2, "fare_scaled": 3}
    left = ["city", "label", "label_known"]
    keep = extractors_of(SLICES)["KeepTransformed"]
    key = "transformed_features"
    check(keep, {key: features}, key, left)
    both = {"candidate": features, "baseline": features}
    check(keep, {key: both}, key, [["baseline", left], ["candidate", left]])


def test_everything_is_kept_where_slices_are_chosen_by_a_query() -> None:
    stages = extractors_of([{"slice_keys_sql": "SELECT STRUCT(fare) FROM example.features"}])
    assert not {"KeepColumns", "KeepTransformed"} & set(stages)
