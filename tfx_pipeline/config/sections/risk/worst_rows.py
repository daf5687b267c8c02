"""Configuration of the risk check `worst_rows`."""

from __future__ import annotations

from pydantic import Field

from tfx_pipeline.config.sections.risk.check import RiskCheck


class WorstRowsCheck(RiskCheck):
    """Rows that the model is sure of, and wrong; and its answer to empty input."""

    confidence: float = Field(default=0.9, ge=0.5, lt=1)
    """An answer is sure from this probability on."""
    max_excess: float = Field(default=1.25, ge=1)
    """How many times as many errors as the probabilities foretell are accepted: of sure answers,
    and of the rows that share a value; of a number, the mean error of such rows, in standard
    deviations of the errors, less one half."""
    alpha: float = Field(default=0.001, gt=0, lt=0.5)
    """Chance that rows of an honest model are found by accident, over all that are looked at."""
    min_rows: int = Field(default=30, ge=5)
    """Values that fewer rows share are not looked at."""
    max_loss: float | None = Field(default=None, gt=0)
    """Largest accepted loss of a single row (log-loss, or the absolute error); none: any."""
    shown_rows: int = Field(default=10, ge=0, le=100)
    """How many of the worst rows the report shows."""
    shown_from: int = Field(default=5, ge=1)
    """A value of a shown row that fewer rows share is left out: it could name a person."""
