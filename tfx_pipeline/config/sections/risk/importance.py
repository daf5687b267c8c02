"""Configuration of the risk check `importance`."""

from __future__ import annotations

from pydantic import Field

from tfx_pipeline.config.sections.risk.check import RiskCheck


class ImportanceCheck(RiskCheck):
    """Which features the answers come from, and whether one explains too much."""

    sample_rows: int = Field(default=2_000, ge=100)
    """Rows of the eval split whose features are shuffled."""
    correlated_from: float = Field(default=0.7, gt=0, le=1)
    """Features that are associated so strongly (1: each tells the other) are shuffled together:
    alone, each would look as if it did not matter."""
    max_explained: float | None = Field(default=None, gt=0, le=1)
    """Share of the label's variance that one feature may explain through the model with all other
    features at random; none: 0.7 of a binary task, 0.9 of others. Beyond it may be a leak:
    something known only after the label."""
    max_ignored_gain: float = Field(default=0.01, gt=0, le=1)
    """Share of the squared error that could be explained by features without any effect on the
    answers."""
    explained_rows: int = Field(default=3, ge=0, le=50)
    """How many single answers are explained: of the lowest, the middle and the highest, evenly."""
