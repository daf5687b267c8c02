"""Labels that no model can learn from, told by name before any time is spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.features.columns import RawColumns
from tfx_pipeline.modules.features.label import NO_CLASS
from tfx_pipeline.modules.features.parsing import parse_rows
from tfx_pipeline.modules.model.training_notes import too_coarse
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.modules.model.transformed_rows import serialized_rows


def refuse_foreign_labels(
    labels: NDArray[Any], patterns: Sequence[str], graph: TransformGraph, config: Mapping[str, Any]
) -> None:
    """Raise a ValueError that names the values of the label that are no class."""
    if NO_CLASS not in labels:
        return
    count = int(np.sum(labels == NO_CLASS))
    classes = list(config["classes"]) or ["0", "1"]
    if config["rule"]:
        raise ValueError(
            f"label.rule {config['rule']!r} gives no class id for {count} training rows; allowed:"
            f" whole numbers from 0 to {len(classes) - 1}, the places of {classes}"
        )
    column = config["column"]
    spec = {column: graph.raw_spec[column]}
    found: set[str] = set()
    for serialized in serialized_rows(patterns).batch(4096):
        texts = RawColumns(parse_rows(serialized, spec)).texts(column)
        found |= {x.decode() for x in texts.numpy()[:, 0].tolist()}
    raise ValueError(
        f"{count} training rows have a label that is no class: column {column!r} holds"
        f" {sorted(found - {'', *classes})[:10]}; allowed: {classes}. Add them to label.classes,"
        " or write a label.rule"
    )


def refuse_coarse_labels(labels: NDArray[np.float32], config: Mapping[str, Any]) -> None:
    """Raise a ValueError where float32, which labels and answers are, hides how labels differ."""
    if step := too_coarse(labels):
        rule = config["rule"] or config["column"]
        raise ValueError(
            f"the label {rule!r} runs from {labels.min():.0f} to {labels.max():.0f} and is kept in"
            f" steps of {step:g} only: predict how far it is from a constant, which is computed in"
            f" float64: label.rule: ({rule}) - {labels.min():.0f}"
        )
