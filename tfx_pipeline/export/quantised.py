"""TFLite of other kinds than float32: judged by how much worse a metric is than the model's.

Rounded weights answer otherwise on each row, so no row can be held against them. The same model of
float32 is proven equal first: that the features are made alike is known by then.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from tfx_pipeline.errors import Problem
from tfx_pipeline.export.errors import NotExportableError, ParityError
from tfx_pipeline.export.exported import RealRows, TfliteWish
from tfx_pipeline.export.facts import ExportFacts
from tfx_pipeline.export.parity.gate import ProvenRows
from tfx_pipeline.export.saved_model import SavedModel
from tfx_pipeline.export.tflite.budget import Budget, table
from tfx_pipeline.export.tflite.choosing import ChosenKind, export_smallest
from tfx_pipeline.export.tflite.heads.layers import Kind
from tfx_pipeline.export.tflite.measuring import JudgedRows, MeasuredKind
from tfx_pipeline.modules.description.model_description import ModelDescription

MAX_LOSS = 0.01
"""Upper end of the interval of what AUC, log-loss or, as a share, mean squared error may lose."""


def judged_rows(reference: SavedModel, rows: RealRows, proven: ProvenRows) -> JudgedRows:
    """Take the real rows whose label is known.

    Raises:
        NotExportableError: there is none.
    """
    labels = reference.labels(rows.examples) if rows.examples else np.zeros(0)
    known = np.flatnonzero(np.isfinite(labels))
    if not len(known):
        problem = Problem(
            "kinds of TFLite are judged by rows whose label is known",
            "export.tflite.kinds",
            "no such row of the eval split is on this machine",
            next_step="export where the run was, or leave export.tflite and export.budget out",
        )
        raise NotExportableError([problem], "no kind of TFLite can be chosen")
    return JudgedRows(
        {name: cells[known] for name, cells in proven.cells.items()},
        labels[known],
        {name: values[known] for name, values in proven.answers.items()},
    )


def choose_kind(
    description: ModelDescription,
    facts: ExportFacts,
    wish: TfliteWish,
    training: Any,
    rows: JudgedRows,
) -> ChosenKind:
    """Write the kinds that are wished for, and choose by the budget.

    Raises:
        NotExportableError: none fits.
        ParityError: without a word about it, the chosen one loses more than `MAX_LOSS`.
    """
    budget = Budget(wish.bytes, wish.p50_ms, wish.rss_mb, wish.max_loss)
    kinds = cast(tuple[Kind, ...], wish.kinds)
    chosen = export_smallest(description, facts, kinds, budget, training, rows)
    is_exact = chosen.chosen.kind == "float32"
    if wish.max_loss is None and not is_exact and not chosen.chosen.max_loss <= MAX_LOSS:
        problem = Problem(
            f"{chosen.chosen.kind} may lose more than {MAX_LOSS:g} of a metric",
            "tflite",
            "\n" + table(chosen.measured, Budget(max_loss=MAX_LOSS)),
            f"an upper end of the interval of {MAX_LOSS:g} at most",
            "allow more by export.budget.max_loss, or take another of export.tflite.kinds",
        )
        title = (
            f"tflite of {facts.name} {facts.version} is refused: it answers worse than the model"
        )
        raise ParityError([problem], title)
    return chosen


def as_plain(kind: MeasuredKind) -> dict[str, Any]:
    """Give what was measured of a kind as plain values."""
    return {
        "kind": kind.kind,
        "bytes": kind.bytes,
        "p50_ms": kind.p50_ms,
        "rss_mb": kind.rss_mb,
        "losses": losses_of(kind),
        "largest_difference": kind.largest_difference,
    }


def losses_of(kind: MeasuredKind) -> dict[str, tuple[float, float, float]]:
    """Give value, low and high end of each loss."""
    return {name: (x.value, x.low, x.high) for name, x in kind.losses.items()}
