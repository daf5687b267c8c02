from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from tfx_pipeline.config.sections.features import CategoricalFeature, Feature, TextFeature

ADAPTER = TypeAdapter(Feature)


@pytest.mark.parametrize(
    ("feature", "why"),
    [
        ({"kind": "numeric", "parse": "abc"}, "an example holds no number"),
        ({"kind": "bucketized", "parse": "1.234"}, "can be read in two ways"),
        ({"kind": "ordinal", "values": ["a", "a"]}, "values must differ"),
        ({"kind": "ordinal", "values": "a"}, "at least two values"),
        ({"kind": "timestamp", "parse": "%Q"}, "it holds `%Q`"),
        ({"kind": "timestamp", "zone": "Europe/Berln"}, "did you mean `Europe/Berlin`?"),
        ({"kind": "timestamp", "parse": "%d", "unit": "ms"}, "`unit` is of a column of numbers"),
        ({"kind": "timestamp", "parts": []}, "needs `parts`, or `linear: true`"),
        ({"kind": "timestamp", "parts": "decade"}, "'quarter'"),
        ({"kind": "categorical", "id": False}, "without an id and without target it gives nothing"),
        ({"kind": "text", "hash_buckets": 9, "max_vocabulary": 9}, "exclude each other"),
    ],
)
def test_feature_that_cannot_be_read_says_why(feature, why):
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(feature)
    assert why in str(caught.value)


def test_feature_takes_one_value_for_a_list():
    assert ADAPTER.validate_python({"kind": "numeric", "missing": "?"}).missing == ("?",)
    ordinal = ADAPTER.validate_python({"kind": "ordinal", "values": "low, mid,high"})
    assert ordinal.values == ("low", "mid", "high")
    timestamp = {"kind": "timestamp", "parts": [], "linear": True}
    assert ADAPTER.validate_python(timestamp).parts == ()


def test_categorical_that_gives_neither_id_nor_target_is_refused() -> None:
    assert CategoricalFeature(kind="categorical", id=False, target=True).target
    with pytest.raises(ValidationError, match="without an id and without target it gives nothing"):
        CategoricalFeature(kind="categorical", id=False)


def test_text_with_a_vocabulary_and_with_buckets_is_refused() -> None:
    assert TextFeature(kind="text", hash_buckets=256).hash_buckets == 256
    with pytest.raises(ValidationError, match="max_vocabulary and hash_buckets exclude each other"):
        TextFeature(kind="text", hash_buckets=256, max_vocabulary=9)
