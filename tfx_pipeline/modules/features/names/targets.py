"""The label encoded per category: how far its smoothed average is from the overall one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tfx_pipeline.modules.features.columns import RawColumns, columns_of
from tfx_pipeline.modules.features.names.lookup_tables import LookupTable, tokens_of
from tfx_pipeline.modules.features.names.token_tables import Column
from tfx_pipeline.modules.label_rule.rule import LABEL, LABEL_KNOWN


class Targets:
    """Some columns, each by the labels of the training rows with its value.

    A missing value is a category of its own. A row whose label is unknown, or none of the classes,
    does not count.
    """

    def __init__(
        self,
        raw: RawColumns,
        specs: Mapping[str, Mapping[str, Any]],
        label: Mapping[str, tf.Tensor],
        classes: int,
    ) -> None:
        """Take the columns, their configuration, and the label as `label_features` makes it.

        `classes` of the label are told apart; 0: its average is taken.
        """
        self.columns = [
            Column(f"{name}_target", "labels", None, spec["min_frequency"], classes)
            for name, spec in specs.items()
        ]
        self._texts, self._classes = raw.texts(*specs), classes
        values = tf.cast(label[LABEL], tf.float64)
        counts = label[LABEL_KNOWN] > 0
        if label[LABEL].dtype.is_integer:
            counts &= label[LABEL] >= 0
        of_class = tf.strings.as_string(label[LABEL]) + "=" if classes else ""
        self.tokens = tokens_of(self.columns, of_class + self._texts)
        values = tf.where(counts, values, tf.constant(float("nan"), tf.float64))
        self.values = tf.broadcast_to(values, tf.shape(self.tokens))

    def outputs(self, ids: LookupTable, averages: LookupTable) -> dict[str, tf.Tensor]:
        """Look encoded labels up."""
        names = [column.name for column in self.columns]
        if not self._classes:
            return columns_of(names, _known(averages[tokens_of(self.columns, self._texts)]))
        prefixes = tf.constant(
            [[f"{x.key}={label}=" for label in range(self._classes)] for x in self.columns]
        )
        values = _known(averages[prefixes + self._texts[:, :, tf.newaxis]])
        return dict(zip(names, tf.unstack(values, len(names), axis=1), strict=True))


def _known(values: tf.Tensor) -> tf.Tensor:
    """Put categories that are unknown at the overall average."""
    values = tf.cast(values, tf.float32)
    return tf.where(tf.math.is_nan(values), tf.zeros_like(values), values)
