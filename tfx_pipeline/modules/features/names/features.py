"""All features that are made from names, with what they look up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import tensorflow as tf
import tensorflow_transform as tft

from tfx_pipeline.modules.features.columns import RawColumns
from tfx_pipeline.modules.features.names.averages import Averages
from tfx_pipeline.modules.features.names.categories import Categories
from tfx_pipeline.modules.features.names.lookup_tables import LookupTable
from tfx_pipeline.modules.features.names.targets import Targets
from tfx_pipeline.modules.features.names.token_tables import Column
from tfx_pipeline.modules.features.names.token_totals import TokenTotals
from tfx_pipeline.modules.features.names.words import Words

Specs = Mapping[str, Mapping[str, Any]]


class _NameFeature(Protocol):
    """Features that are made from names.

    Attributes:
        columns: what the analyzer keeps of the names; empty: it does not need them.
        tokens: names with their column, of any shape, `string`.
        values: what the analyzer adds up, of that shape, float64; NaN: the token does not count.
    """

    columns: list[Column]
    tokens: tf.Tensor
    values: tf.Tensor

    def outputs(self, ids: LookupTable, averages: LookupTable) -> dict[str, tf.Tensor]:
        """Make the features of the tables that the analysis gave."""


def name_features(
    raw: RawColumns,
    features: Mapping[str, Specs],
    lookups: Specs,
    label: Mapping[str, tf.Tensor],
    classes: int,
) -> dict[str, tf.Tensor]:
    """Make features of names.

    Args:
        raw: the columns.
        features: by kind: `categorical`: per column, `id` and `target`, `max_vocabulary` (of ids),
            `min_frequency` and `oov_buckets`; `text`: `max_vocabulary` or `hash_buckets`,
            `lower_case`, `ngrams` and `weights`.
        lookups: per name, the columns `key` and `value`, and `min_rows`.
        label: as `label_features` makes it.
        classes: of the label, where there are more than two; else 0.

    Returns:
        `<name>_id` `[batch, 1] int64`: 0 missing, then the categories, then `oov_buckets` ids that
        the unknown ones share by hash. `<name>_target` `[batch, classes or 1] float32`: the label
        encoded (see `smoothing`), in standard deviations from the overall average; 0 for an
        unknown category. `<name>_words` `[batch, max_vocabulary + 1] float32`, or `hash_buckets`
        wide: 1 where a word occurs or its weight (see `words`); 1 last for unknown words.
        `<lookup>_average` `[batch, 1] float32`: the average of `value` over the training rows with
        this key, in standard deviations from the overall average; 0 for a key that is missing,
        unknown or too rare.
    """
    categorical, texts = features["categorical"], features["text"]
    with_ids = {name: spec for name, spec in categorical.items() if spec["id"]}
    encoded = {name: spec for name, spec in categorical.items() if spec["target"]}
    made: list[_NameFeature] = [Words(raw, *text) for text in texts.items()]
    if with_ids:
        made.append(Categories(raw, with_ids))
    if encoded:
        made.append(Targets(raw, encoded, label, classes))
    if lookups:
        made.append(Averages(raw, lookups))
    if not made:
        return {}
    paths = _analyze([feature for feature in made if feature.columns])
    tables = LookupTable(paths[0], tf.int64, -1), LookupTable(paths[1], tf.float64, float("nan"))
    outputs: dict[str, tf.Tensor] = {}
    for feature in made:
        outputs |= feature.outputs(*tables)
    return outputs


def _analyze(features: Sequence[_NameFeature]) -> Sequence[tf.Tensor]:
    """Return the paths of the tables of ids and of averages."""
    if not features:
        return tf.constant(""), tf.constant("")  # and nothing will be looked up
    return tft.experimental.ptransform_analyzer(
        [
            tf.concat([tf.reshape(x.tokens, [-1]) for x in features], 0),
            tf.concat([tf.reshape(x.values, [-1]) for x in features], 0),
        ],
        TokenTotals([column for x in features for column in x.columns]),
        output_dtypes=[tf.string, tf.string],
        output_shapes=[[], []],
        # What stands in the files until the analysis is done: they must parse.
        output_asset_default_values=[b"none\t0", b"none\t0"],
    )
