"""Raw columns of the description, by the schema of the graph and the configuration."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import tensorflow as tf

from tfx_pipeline.modules.description.columns import (
    CellType,
    Column,
    MomentParse,
    NumberParse,
    Parse,
    Ranks,
)
from tfx_pipeline.modules.model.transform_graph import TransformGraph

_TYPES: dict[tf.DType, CellType] = {
    tf.float32: "float32",
    tf.int64: "int64",
    tf.string: "string",
}


def describe_columns(
    graph: TransformGraph, config: Mapping[str, Any], names: Collection[str]
) -> tuple[Column, ...]:
    """Describe the columns that a caller sends.

    `config` are the settings of the Trainer; `names` the columns that are only names, see
    `model.signatures.only_names`.
    """
    columns = []
    for name in config["raw_features"]:
        feature = config["features"].get(name, {})
        cells = _TYPES[graph.raw_spec[name].dtype]
        is_name = cells == "int64" and name in names
        marks = tuple(feature.get("missing", ()))
        columns.append(Column(name, cells, is_name, marks, _parse(feature)))
    return tuple(columns)


def _parse(feature: Mapping[str, Any]) -> Parse | None:
    """Say how texts become numbers, as `features.conversions` does."""
    if feature.get("kind") == "ordinal":
        return Ranks(tuple(feature["values"]))
    if not feature.get("parse"):
        return None
    if feature["kind"] == "timestamp":
        return MomentParse(feature["parse"], feature.get("zone"))
    return NumberParse(feature["parse"])
