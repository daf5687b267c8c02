"""Configuration of the risk check `shift`."""

from __future__ import annotations

from pydantic import Field

from tfx_pipeline.config.sections.risk.check import RiskCheck


class ShiftCheck(RiskCheck):
    """The metrics, weighted as the newest rows come."""

    max_increase: float = Field(default=0.2, gt=0)
    """By what share of itself the main metric's loss may grow on rows as the newest are. A finding
    is a growth whose whole interval is beyond it."""
    max_weight: float = Field(default=20.0, gt=1)
    """A row counts at most as so many rows, so that a few do not decide."""
    min_effective_rows: int = Field(default=100, ge=20)
    """If fewer rows of the eval split are like the newest, nothing is told."""
    max_unseen: float = Field(default=0.05, gt=0, le=1)
    """By how much more of the newest rows than of the eval split's may hold a value of a feature
    that no training row has, or one beyond their range: nobody knows how well they are answered."""
