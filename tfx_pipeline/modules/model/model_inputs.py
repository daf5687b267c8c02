"""Which transformed features feed the model, read from the transformed schema.

So a user's own `preprocessing_fn` works with our `run_fn`: it returns dense columns, float32
numbers of any fixed width, or int64 ids with a domain (`tft.compute_and_apply_vocabulary` and
`tft.bucketize` record one), and the `label`.

Terms:
    numbers: `[batch, width] float32`: all columns of numbers side by side, sorted by name.
    ids: `[batch, columns] int32`: all columns of ids side by side, sorted by name; each column has
        its own range of one common numbering, so that one table holds the weights of all.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.modules.label_rule.rule import LABEL, LABEL_KNOWN, LABEL_WEIGHT


@dataclass(frozen=True)
class ModelInputs:
    """The transformed features that feed the model.

    Attributes:
        widths: numbers per row of each column of numbers.
        sizes: number of ids of each column of ids.
    """

    widths: Mapping[str, int]
    sizes: Mapping[str, int]

    @classmethod
    def from_schema(cls, schema: schema_pb2.Schema) -> ModelInputs:
        """Read the columns of a transformed schema, but for the label.

        Raises:
            ValueError: a column is neither numbers nor ids, or there is none at all.
        """
        widths, sizes = {}, {}
        for feature in sorted(schema.feature, key=lambda feature: feature.name):
            if feature.name in (LABEL, LABEL_KNOWN, LABEL_WEIGHT):
                continue
            if feature.type == schema_pb2.FLOAT and feature.HasField("shape"):
                widths[feature.name] = _width(feature)
            elif _is_ids(feature):
                sizes[feature.name] = feature.int_domain.max + 1
            else:
                kind = schema_pb2.FeatureType.Name(feature.type)
                raise ValueError(
                    f"transformed feature {feature.name!r} cannot feed the model: received {kind}"
                    " without a fixed shape or id range; allowed: dense float32 of a fixed width,"
                    " or int64 ids `[batch, 1]` with a domain from 0; cast it, or leave it out in"
                    " preprocessing_fn"
                )
        if not widths and not sizes:
            raise ValueError("preprocessing_fn returns no feature besides the label")
        return cls(widths, sizes)

    @property
    def names(self) -> tuple[str, ...]:
        """All columns."""
        return (*self.widths, *self.sizes)

    @property
    def width(self) -> int:
        """Numbers per row."""
        return sum(self.widths.values())

    @property
    def size(self) -> int:
        """Number of ids of all columns."""
        return sum(self.sizes.values())

    def place(self, name: str) -> int:
        """Tell where a column of numbers begins in `numbers`."""
        before = itertools.takewhile(lambda other: other != name, self.widths)
        return sum(self.widths[other] for other in before)

    def assemble(self, features: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Put transformed features, `[batch, width]` or `[batch, 1]`, side by side.

        Returns:
            `numbers` and `ids`, without the one that has no columns.
        """
        assembled = {}
        if self.widths:
            columns = [_matrix(features[x], width) for x, width in self.widths.items()]
            assembled["numbers"] = tf.concat(columns, 1)
        if self.sizes:
            starts = list(itertools.accumulate(self.sizes.values(), initial=0))[:-1]
            ids = tf.concat([_matrix(features[name], 1) for name in self.sizes], 1)
            assembled["ids"] = tf.cast(ids + tf.constant(starts, tf.int64), tf.int32)
        return assembled


def _matrix(values: tf.Tensor, width: int) -> tf.Tensor:
    """Make `[batch, width]` of values of another shape; a reshape a column costs much to trace."""
    if values.shape.rank == 2 and values.shape[1] == width:
        return values
    return tf.reshape(values, [-1, width])


def _width(feature: schema_pb2.Feature) -> int:
    return math.prod(dimension.size for dimension in feature.shape.dim)


def _is_ids(feature: schema_pb2.Feature) -> bool:
    return (
        feature.type == schema_pb2.INT
        and feature.HasField("shape")
        and _width(feature) == 1
        and feature.int_domain.min == 0
        and feature.int_domain.max > 0
    )
