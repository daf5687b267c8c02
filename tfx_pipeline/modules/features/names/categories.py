"""Ids of categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tfx_pipeline.modules.features.columns import RawColumns, id_columns
from tfx_pipeline.modules.features.names.lookup_tables import LookupTable, tokens_of
from tfx_pipeline.modules.features.names.token_tables import Column


class Categories:
    """The categories of some columns."""

    def __init__(self, raw: RawColumns, specs: Mapping[str, Mapping[str, Any]]) -> None:
        self.columns = [
            Column(f"{name}_id", "ids", spec["max_vocabulary"], spec["min_frequency"])
            for name, spec in specs.items()
        ]
        self.tokens = tokens_of(self.columns, raw.texts(*specs))
        self.values = tf.zeros_like(self.tokens, tf.float64)
        self._shared = tf.constant([spec["oov_buckets"] for spec in specs.values()], tf.int64)

    def outputs(self, ids: LookupTable, averages: LookupTable) -> dict[str, tf.Tensor]:
        """Look ids up, and give unknown categories one by their hash."""
        names = [column.name for column in self.columns]
        found, known = ids[self.tokens], ids[tf.constant([x.key for x in self.columns])]
        hashes = tf.strings.to_hash_bucket_fast(self.tokens, 2**62)
        found = tf.where(found < 0, known + hashes % self._shared, found)
        return id_columns(names, found, known + self._shared)
