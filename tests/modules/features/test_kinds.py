from __future__ import annotations

from typing import get_args

from tfx_pipeline.config.sections.features import Feature
from tfx_pipeline.modules.features.kinds import KINDS, transformed_names


def test_kinds_are_those_of_the_configuration() -> None:
    union, *_ = get_args(Feature)
    configured = {get_args(each.model_fields["kind"].annotation)[0] for each in get_args(union)}
    assert set(KINDS) == configured


def test_transformed_names_of_a_timestamp_are_one_a_part() -> None:
    feature = {"kind": "timestamp", "parts": ["hour", "weekday"]}
    assert transformed_names("t", feature) == ["t_hour_part", "t_weekday_part"]
    assert transformed_names("x", {"kind": "bucketized"}) == ["x_bucket"]
