"""Kinds of numbers that a model's network is made of, from the largest file to the smallest.

    float32: as the SavedModel; answers are equal but for rounding.
    float16: weights are half as large; computed is in float32.
    dynamic: weights are int8; values are made int8 in each layer, by their own range in a batch.
    int8: weights and values are int8, whose steps are cut for the ranges of training rows.

Look-ups, scaling, linear models and trees are of float32 in all kinds: they are small, and where a
boundary lies is not to be rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.export.facts import ExportFacts
from tfx_pipeline.export.rows import Rows
from tfx_pipeline.export.tflite import emitter
from tfx_pipeline.export.tflite.calibration import ranges_of
from tfx_pipeline.export.tflite.heads.layers import Kind
from tfx_pipeline.export.tflite.heads.table import has_network
from tfx_pipeline.modules.description.model_description import ModelDescription

KINDS: tuple[Kind, ...] = get_args(Kind)


def kinds_of(description: ModelDescription, kinds: Sequence[Kind] = KINDS) -> tuple[Kind, ...]:
    """Give the kinds that differ for a model: only float32 for one without a network."""
    return tuple(kinds) if has_network(description.head) else ("float32",)


def emit(
    description: ModelDescription,
    facts: ExportFacts,
    kind: Kind = "float32",
    calibration: Rows | None = None,
) -> bytes:
    """Write a model of a kind.

    Args:
        description: of the model.
        facts: are written beside it.
        kind: see the module.
        calibration: training rows, of which a few hundred are enough; `int8` needs them.

    Raises:
        NotExportableError: the model holds what TFLite cannot say.
        ConfigError: the kind is unknown, or lacks its rows.
    """
    if kind not in KINDS:
        raise _refused("there is no such kind", str(kind), ", ".join(KINDS))
    if kind != "int8" or not has_network(description.head):
        return emitter.emit(description, facts, kind)
    if calibration is None or not len(next(iter(calibration.values()), ())):
        raise _refused("int8 is calibrated", "no training rows", "a few hundred of them")
    return emitter.emit(description, facts, kind, ranges_of(description, calibration))


def _refused(what: str, received: str, allowed: str) -> ConfigError:
    return ConfigError([Problem(what, "export.tflite.kinds", received, allowed)])
