"""Kinds written, measured, and one of them chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tfx_pipeline.export.facts import ExportFacts
from tfx_pipeline.export.rows import Rows
from tfx_pipeline.export.tflite.budget import Budget, choose
from tfx_pipeline.export.tflite.heads.layers import Kind
from tfx_pipeline.export.tflite.kinds import emit, kinds_of
from tfx_pipeline.export.tflite.measuring import JudgedRows, MeasuredKind, measure
from tfx_pipeline.modules.description.model_description import ModelDescription


@dataclass(frozen=True)
class ChosenKind:
    """The model to export, and what was measured of all kinds."""

    content: bytes
    chosen: MeasuredKind
    measured: tuple[MeasuredKind, ...]


def export_smallest(
    description: ModelDescription,
    facts: ExportFacts,
    kinds: Sequence[Kind],
    budget: Budget,
    calibration: Rows | None,
    rows: JudgedRows,
) -> ChosenKind:
    """Write each kind, measure it, and choose by the budget.

    Raises:
        NotExportableError: the model holds what TFLite cannot say, or no kind fits.
        ConfigError: see `kinds.emit`.
        StepError: see `measuring.measure`.
    """
    contents, measured = dict[str, bytes](), []
    for kind in kinds_of(description, kinds):
        contents[kind] = emit(description, facts, kind, calibration)
        measured.append(measure(kind, contents[kind], description.answer, rows))
    chosen = choose(measured, budget)
    return ChosenKind(contents[chosen.kind], chosen, tuple(measured))
