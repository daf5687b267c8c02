"""Configuration of boosted trees."""

from __future__ import annotations

from pydantic import Field

from tfx_pipeline.config.sections.section import Section


class TreesConfig(Section):
    """How `family: trees` grows; what is left out is chosen by the number of rows."""

    rounds: int | None = Field(default=None, ge=1, le=10_000)
    """Trees, for several classes of each class: at most so many, or exactly without
    `model.early_stopping`."""
    leaves: int | None = Field(default=None, ge=2, le=256)
    """Leaves of a tree, at most; up to 16 a graph computes fastest."""
    learning_rate: float | None = Field(default=None, gt=0, le=1)
    """Share of each tree's answer that is added."""
    min_rows_per_leaf: int | None = Field(default=None, ge=1)
    """Training rows that a leaf must have, and a category that is told from the others."""
