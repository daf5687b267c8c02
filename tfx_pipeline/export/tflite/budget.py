"""The smallest kind that a budget allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tfx_pipeline.errors import Problem
from tfx_pipeline.export.errors import NotExportableError
from tfx_pipeline.export.tflite.measuring import MeasuredKind

_COLUMNS = ("kind", "bytes", "p50 ms", "rss MB", "loss, upper end", "")


@dataclass(frozen=True)
class Budget:
    """What a model may cost; None: any.

    Attributes:
        bytes, p50_ms, rss_mb: see `MeasuredKind`.
        max_loss: that the upper end of no interval may pass.
    """

    bytes: int | None = None
    p50_ms: float | None = None
    rss_mb: float | None = None
    max_loss: float | None = None

    def overruns(self, kind: MeasuredKind) -> list[str]:
        """List the limits that a kind does not keep; a loss that nobody knows keeps none."""
        limits = {name: limit for name, limit in vars(self).items() if limit is not None}
        return [name for name, limit in limits.items() if not getattr(kind, name) <= limit]


def choose(kinds: Sequence[MeasuredKind], budget: Budget) -> MeasuredKind:
    """Choose the kind with the fewest bytes of those that fit.

    Without any limit that is the first: nobody asked for a smaller one that answers otherwise.

    Raises:
        NotExportableError: none fits; with the whole table.
    """
    if budget == Budget():
        return kinds[0]
    fitting = [kind for kind in kinds if not budget.overruns(kind)]
    if fitting:
        return min(fitting, key=lambda kind: kind.bytes)
    limits = {name: limit for name, limit in vars(budget).items() if limit is not None}
    problem = Problem(
        "no kind of the TFLite model fits the budget",
        "export.budget",
        "\n" + table(kinds, budget),
        ", ".join(f"{name} of {limit:,} at most" for name, limit in limits.items()),
        "raise the limit, name more kinds in export.tflite.kinds, or train a smaller model"
        " (model.hidden_units, model.embedding_dim)",
    )
    raise NotExportableError([problem], "the model cannot be exported to tflite")


def table(kinds: Sequence[MeasuredKind], budget: Budget) -> str:
    """Write what was measured, a line a kind, and which limits each does not keep."""
    lines = [
        (
            kind.kind,
            f"{kind.bytes:,}",
            f"{kind.p50_ms:.3f}",
            f"{kind.rss_mb:.1f}",
            ", ".join(f"{name} {loss.high:+.2g}" for name, loss in kind.losses.items()),
            ", ".join(f"over {name}" for name in budget.overruns(kind)) or "fits",
        )
        for kind in kinds
    ]
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (_COLUMNS, *lines)
    )
