"""Configuration of the multi-layer network that needs no tuning."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tfx_pipeline.config.sections.section import OneOrMore, Section

Units = Annotated[int, Field(ge=1, le=65_536)]


class MlpConfig(Section):
    """The multi-layer network (`model.family: mlp`); what is None is chosen by the rows."""

    hidden_units: Annotated[tuple[Units, ...], OneOrMore(",")] | None = None
    """Widths of the hidden layers. None: 256, 256, 256."""
    members: int | None = Field(default=None, ge=1, le=64)
    """Networks that share the embeddings and answer by their mean. None: 1."""
    activation: Literal["selu", "mish", "relu", "gelu", "silu"] | None = None
    """Activation of the hidden layers. None: `selu` for classes, `mish` for numbers."""
    embedding: Literal["periodic", "none"] | None = None
    """What numbers get beside themselves: learned cosines, or nothing. None: `periodic`."""
    dropout: float | None = Field(default=None, ge=0, lt=1)
    """Share of hidden units dropped while training. None: 0.15."""
    learning_rate: float | None = Field(default=None, gt=0, le=10)
    """Largest step size. None: 0.01 for classes, 0.0175 for numbers."""
    schedule: Literal["cosine", "coslog4"] | None = None
    """How the step size changes: it falls once, or falls and rises four times. None: `cosine`."""
    batch_size: int | None = Field(default=None, ge=1, le=1_000_000)
    """Rows per gradient step. None: 256, fewer of small tables, up to 1024 of large ones."""
    row_passes: int | None = Field(default=None, ge=1)
    """Rows that training takes in all, each as often as there are epochs, which are 8 to 24. None:
    3,000,000."""
    epochs: int | None = Field(default=None, ge=1, le=100_000)
    """Passes over all training rows. None: what `row_passes` allows."""
