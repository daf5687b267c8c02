"""Configuration of the model and its training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tfx_pipeline.config.sections.auto import AutoConfig
from tfx_pipeline.config.sections.budget import Budget
from tfx_pipeline.config.sections.linear import LinearConfig
from tfx_pipeline.config.sections.mlp import MlpConfig
from tfx_pipeline.config.sections.section import Named, OneOrMore, Section, Switch
from tfx_pipeline.config.sections.trees import TreesConfig


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
    validation_share: float | None = Field(default=None, gt=0, lt=0.9)
    """Share of the training split that is held out for this; the eval split is never used. None: a
    tenth for `dnn` and `wide_deep`; for the others 2,000 rows, at least a tenth and at most a
    fifth."""


class ModelConfig(Section):
    """The model and how it is trained.

    `auto`, `linear`, `mlp` and `trees` have sections of their own: what stands before
    `early_stopping`, which says what is held out, is for `dnn` and `wide_deep` alone.
    """

    family: Literal["auto", "linear", "dnn", "wide_deep", "mlp", "trees"] = "wide_deep"
    """`auto`: the best of several families, or a weighted mean of them; `linear`: a penalised
    linear model of numbers, each bent at its quantiles, and categories; `mlp`: a multi-layer
    network that needs no tuning; `trees`: gradient-boosted trees; `dnn`: a multi-layer network
    that is as you say; `wide_deep`: the sum of such a one and a linear one."""
    hidden_units: Annotated[tuple[Annotated[int, Field(ge=1, le=65_536)], ...], OneOrMore(",")] = (
        64,
        32,
    )
    """Widths of the hidden layers, first to last."""
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
    auto: AutoConfig = AutoConfig()
    """The choice between families."""
    linear: LinearConfig = LinearConfig()
    """The linear model."""
    mlp: MlpConfig = MlpConfig()
    """The multi-layer network `mlp`."""
    trees: TreesConfig = TreesConfig()
    """How `trees` are grown."""
    budget: Budget = None
    """How long TFX's Tuner looks for better settings before the model is trained: `90s`, `10m`,
    `1h`; none: not at all. What it finds is never worse, on held-out training rows, than what
    stands here, and is used by the run; `tfx-pipeline tuned --write` puts it into this file."""
    seed: int = Field(default=0, ge=0)
    """Seed of the weights, the shuffling and the dropout."""

    @model_validator(mode="after")
    def _has_something_to_search(self) -> ModelConfig:
        families = self.auto.candidates if self.family == "auto" else (self.family,)
        if self.budget and set(families) == {"linear"}:
            raise ValueError("budget: a linear model chooses its strength by itself; remove it")
        return self
