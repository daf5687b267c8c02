"""Domains of columns by schema, rows and marks."""

from __future__ import annotations

import numpy as np
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

pytestmark = pytest.mark.slow

SCHEMA = text_format.Parse(
    """
    feature {
      name: "fare" type: FLOAT float_domain { min: 0 max: 500 } presence { min_fraction: 1 }
    }
    feature { name: "area" type: INT int_domain { min: 10 } }
    feature { name: "size" type: BYTES domain: "sizes" }
    feature { name: "old" type: BYTES lifecycle_stage: DEPRECATED }
    string_domain { name: "sizes" value: "S" value: "XL" }
    """,
    schema_pb2.Schema(),
)


def test_domain_of_numbers_is_the_range_of_rows_widened_by_the_schema() -> None:
    from tfx_pipeline.components.model_risk.domains import domain_of, features_by_name

    features = features_by_name(SCHEMA)
    assert "old" not in features
    fare = domain_of(features["fare"], np.array([3.0, np.nan, 700.0]), "numeric", SCHEMA)
    assert (fare.low, fare.high, fare.whole, fare.required) == (0.0, 700.0, False, True)
    area = domain_of(features["area"], np.array([3.0, 7.0]), "categorical", SCHEMA)
    assert (area.low, area.high, area.whole, area.required) == (3.0, 7.0, True, False)
    nothing = domain_of(features["area"], np.array([np.nan]), "numeric", SCHEMA)
    assert (nothing.low, nothing.high) == (10.0, np.inf)


def test_domain_of_texts_has_the_most_frequent_first_and_then_those_of_the_schema() -> None:
    from tfx_pipeline.components.model_risk.domains import domain_of, features_by_name

    column = np.array(["M", "L", "L", ""], object)
    size = domain_of(features_by_name(SCHEMA)["size"], column, "ordinal", SCHEMA)
    assert size.values == ("L", "M", "S", "XL")
    assert size.feature_kind == "ordinal"
