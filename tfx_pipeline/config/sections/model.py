"""Configuration of the model and its training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tfx_pipeline.config.sections.section import Named, OneOrMore, Section, Switch


class OptimizerConfig(Section):
    """The optimiser."""

    name: Literal["adam", "adamw", "sgd", "rmsprop", "adagrad", "ftrl"] = "adam"
    """Keras optimiser."""
    learning_rate: float = Field(default=1e-3, gt=0, le=10)
    """Step size."""


class EarlyStoppingConfig(Section):
    """When training ends before `epochs`; the best weights are restored."""

    patience: int = Field(default=3, ge=1)
    """Epochs without improvement of the validation loss before training stops."""
    min_delta: float = Field(default=0.0, ge=0)
    """Smallest decrease of the validation loss that counts as improvement."""
    validation_share: float = Field(default=0.1, gt=0, lt=0.9)
    """Share of the training split that is held out for this; the eval split is never used."""


class ModelConfig(Section):
    """The Keras model and how it is trained."""

    family: Literal["linear", "dnn", "wide_deep"] = "wide_deep"
    """`linear`: weights on all features; `dnn`: a multi-layer network; `wide_deep`: their sum."""
    hidden_units: Annotated[tuple[Annotated[int, Field(ge=1, le=65_536)], ...], OneOrMore(",")] = (
        64,
        32,
    )
    """Widths of the hidden layers, first to last (unused by `linear`)."""
    activation: Literal["relu", "gelu", "elu", "selu", "tanh", "silu"] = "relu"
    """Activation of the hidden layers."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of hidden units dropped while training."""
    l2: float = Field(default=0.0, ge=0)
    """L2 penalty on the weights of all layers."""
    embedding_dim: int = Field(default=8, ge=1, le=1024)
    """Width of the vector that stands for a category in the deep part."""
    optimizer: Annotated[OptimizerConfig, Named("name")] = OptimizerConfig()
    """The optimiser."""
    batch_size: int = Field(default=128, ge=1, le=1_000_000)
    """Rows per gradient step."""
    epochs: int = Field(default=30, ge=1, le=100_000)
    """At most this many passes over all training rows."""
    early_stopping: Annotated[EarlyStoppingConfig | None, Switch()] = EarlyStoppingConfig()
    """None (`null` or `false`): train all epochs on all training rows."""
    seed: int = Field(default=0, ge=0)
    """Seed of the weights, the shuffling and the dropout."""
