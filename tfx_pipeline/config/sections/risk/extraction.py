"""Configuration of the risk check `extraction`."""

from __future__ import annotations

from pydantic import Field

from tfx_pipeline.config.sections.risk.check import RiskCheck


class ExtractionCheck(RiskCheck):
    """How many questions it takes to copy the model."""

    max_agreement: float | None = Field(default=None, gt=0, le=1)
    """Share of rows to which a copy may answer the same class after `queries` questions (of
    regression its R²); surely more is a finding. None: the curve is shown, and finds nothing."""
    queries: int = Field(default=1_000, ge=100, le=30_000)
    """Questions after which `max_agreement` is asked for."""
    max_queries: int = Field(default=3_000, ge=100, le=30_000)
    """Questions at which the curve ends."""
