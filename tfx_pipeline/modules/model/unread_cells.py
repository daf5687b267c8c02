"""Cells of the training rows that the configuration cannot read, and that so count as missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfx_pipeline.modules.features.columns import RawColumns
from tfx_pipeline.modules.features.conversions import as_numbers, is_read, without_marks
from tfx_pipeline.modules.features.kinds import transformed_names
from tfx_pipeline.modules.features.parsing import parse_rows
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.note_file import Note
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.modules.model.transformed_rows import serialized_rows
from tfx_pipeline.wording import counted

_BATCH = 4096


def unread_cells(
    patterns: Sequence[str],
    graph: TransformGraph,
    inputs: ModelInputs,
    features: Mapping[str, Mapping[str, Any]],
) -> Iterator[Note]:
    """Say of each feature that is read out of text how many cells are none, and name the first.

    All training rows, of the files `patterns`, are read once, if there is such a feature.
    """
    read = {
        name: feature
        for name, feature in features.items()
        if is_read(feature) and set(transformed_names(name, feature)) & set(inputs.names)
    }
    if not read:
        return
    spec = {name: graph.raw_spec[name] for name in read}

    @tf.autograph.experimental.do_not_convert
    def count(serialized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Count cells without a number, `[features]`, and give the first of each."""
        raw = without_marks(parse_rows(serialized, spec), read)
        texts = RawColumns(raw).texts(*read)
        numbers = RawColumns(as_numbers(raw, read)).numbers(*read)
        is_unread = tf.transpose((texts != "") & tf.math.is_nan(numbers))
        first = tf.argmax(tf.cast(is_unread, tf.int32), axis=1)
        counts = tf.reduce_sum(tf.cast(is_unread, tf.int64), axis=1)
        return counts, tf.gather(tf.transpose(texts), first, batch_dims=1)

    counts = np.zeros(len(read), np.int64)
    firsts: dict[int, str] = {}
    for found, cells in serialized_rows(patterns).batch(_BATCH).map(count).as_numpy_iterator():
        for place in np.flatnonzero(found):
            firsts.setdefault(int(place), cells[place].decode(errors="replace"))
        counts += found
    for place, (name, feature) in enumerate(read.items()):
        if counts[place]:
            yield Note(
                f"feature `{name}`: {counted(int(counts[place]), 'training row')} with a cell that"
                f" is {_nothing(feature)}, and counts as missing; the first is `{firsts[place]}`",
                ("features", name),
            )


def _nothing(feature: Mapping[str, Any]) -> str:
    if feature["kind"] == "ordinal":
        return f"none of {', '.join(feature['values'])}"
    what = "moment" if feature["kind"] == "timestamp" else "number"
    return f"no {what} written as `{feature['parse']}`"
