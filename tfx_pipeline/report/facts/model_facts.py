"""What is known of the model of a run: its gate, its training, its serving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tfx_pipeline.errors import Problem


@dataclass(frozen=True)
class GateFacts:
    """What the Evaluator's gate asked for, and what came of it.

    Attributes:
        gate: what was asked for, in a sentence.
        decided: the figure that decided, in a sentence; empty: it is not known.
        blessed: whether it was reached; None: it was not asked.
        has_baseline: whether there was a last blessed model.
        refusals: why it was not.
        notes: what was not compared, and why.
        missing: by metric, why it does not exist.
        judged_models: how many models the same eval rows have judged; 0: that is not known.
    """

    gate: str = ""
    decided: str = ""
    blessed: bool | None = None
    has_baseline: bool = False
    refusals: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    judged_models: int = 0


@dataclass(frozen=True)
class TrainingCurve:
    """A figure over the course of the training: `[points]` steps (epochs, rounds) and values."""

    name: str
    steps: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class TrainingFacts:
    """How the model was trained.

    Attributes:
        family: of models.
        learned: what the family says of it: rounds, epochs, decision …
        curves: losses, at most some hundred points each.
        notes: of the training.
    """

    family: str = ""
    learned: Mapping[str, Any] = field(default_factory=dict)
    curves: tuple[TrainingCurve, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServingFacts:
    """How the model is served.

    Attributes:
        model_bytes: of all files of the version; None: it is not there.
        files: largest first: `name`, `bytes`; at most ten.
        server: that checked it, in words.
        latencies_ms: by way and percentile: `rest_p50`, `grpc_p99`; of one row, on one machine.
        rows: that were sent each way.
        largest_difference: of an answer from the one in training.
        smoke_rows: that the pushed version answered.
    """

    model_bytes: int | None = None
    files: tuple[Mapping[str, Any], ...] = ()
    server: str = ""
    latencies_ms: Mapping[str, float] = field(default_factory=dict)
    rows: int = 0
    largest_difference: float | None = None
    smoke_rows: int = 0
