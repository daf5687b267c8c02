from __future__ import annotations

from typing import get_args

from tfx_pipeline.config.sections.features import Feature
from tfx_pipeline.modules.features.kinds import KINDS, transformed_names, use_of


def test_kinds_are_those_of_the_configuration() -> None:
    union, *_ = get_args(Feature)
    configured = {get_args(each.model_fields["kind"].annotation)[0] for each in get_args(union)}
    assert set(KINDS) == configured


def test_transformed_names_of_a_timestamp_are_one_a_part() -> None:
    feature = {"kind": "timestamp", "parts": ["hour", "weekday"]}
    assert transformed_names("t", feature) == ["t_hour_part", "t_weekday_part"]
    more = {"linear": True, "periodic": True}
    assert transformed_names("t", {**feature, **more})[2:] == ["t_scaled", "t_periodic"]
    assert transformed_names("x", {"kind": "bucketized"}) == ["x_bucket"]
    assert transformed_names("x", {"kind": "ordinal"}) == ["x_scaled"]


def test_use_of_a_column_that_is_parsed_is_text() -> None:
    assert use_of({"kind": "numeric", "parse": "$1.50"}) == "text"
    assert use_of({"kind": "numeric", "parse": None}) == "number"
    assert use_of({"kind": "timestamp"}) == "moment"


def test_transformed_names_of_a_category_are_its_id_and_what_encodes_the_label() -> None:
    feature = {"kind": "categorical", "id": True, "target": False}
    assert transformed_names("x", feature) == ["x_id"]
    assert transformed_names("x", {**feature, "target": True}) == ["x_id", "x_target"]
    assert transformed_names("x", {**feature, "id": False, "target": True}) == ["x_target"]
