"""Averages of a column, looked up by the value of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tfx_pipeline.modules.features.columns import FARTHEST, RawColumns, columns_of
from tfx_pipeline.modules.features.names.lookup_tables import LookupTable, tokens_of
from tfx_pipeline.modules.features.names.token_tables import Column


class Averages:
    """The averages of some columns, each per value of another, its key."""

    def __init__(self, raw: RawColumns, specs: Mapping[str, Mapping[str, Any]]) -> None:
        self.columns = [
            Column(f"{name}_average", "averages", min_rows=spec["min_rows"])
            for name, spec in specs.items()
        ]
        keys = raw.texts(*(spec["key"] for spec in specs.values()))
        self.tokens = tokens_of(self.columns, keys)
        self.values = raw.numbers(*(spec["value"] for spec in specs.values()))

    def outputs(self, ids: LookupTable, averages: LookupTable) -> dict[str, tf.Tensor]:
        """Look averages up."""
        names = [column.name for column in self.columns]
        keys = [column.key for column in self.columns]
        found, overall = averages[self.tokens], averages[tf.constant(keys)]
        deviation = averages[tf.constant([f"{key}/deviation" for key in keys])]
        scaled = tf.math.divide_no_nan(found - overall, deviation)
        known = tf.where(tf.math.is_nan(found), tf.zeros_like(scaled), scaled)
        known = tf.cast(tf.clip_by_value(known, -FARTHEST, FARTHEST), tf.float32)
        return columns_of(names, known)
