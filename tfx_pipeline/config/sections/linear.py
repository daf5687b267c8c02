"""Configuration of the linear model."""

from __future__ import annotations

from pydantic import Field

from tfx_pipeline.config.sections.section import Section


class LinearConfig(Section):
    """The penalised linear model (`model.family: linear`)."""

    l2: float | None = Field(default=None, ge=0)
    """Strength of the penalty: half of it times the sum of the squared weights is added to the sum
    of all rows' losses. None: that of the least loss on training rows held out for it."""
    refit: bool = True
    """Whether, once the strength is chosen, the held-out rows are fitted to as well."""
