"""Configuration of the choice between families of models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tfx_pipeline.config.sections.section import OneOrMore, Section


class AutoConfig(Section):
    """The best of several families, or a weighted mean of them (`model.family: auto`).

    Weights and choice come from training rows that no candidate was fitted to. A candidate that
    gains nothing is left out of the model.
    """

    candidates: Annotated[
        tuple[Literal["linear", "trees", "mlp", "dnn", "wide_deep"], ...],
        Field(min_length=1),
        OneOrMore(","),
    ] = ("linear", "trees", "mlp")
    """Families that are fitted, each by its own section."""
    folds: int | None = Field(default=None, ge=0, le=20)
    """In how many parts the training rows are held out in turn; 0: one share of them is held out,
    once. None: 3 up to 3,000 rows, where a share would tell the better one by luck; else 0."""
    refit: bool | None = None
    """Whether the trees and the linear model, if they are chosen, are fitted to all training rows
    in the end, with the settings that were found. None: up to 100,000 rows, where it pays. With
    folds they always are; a network is then the mean of those of the folds."""

    @model_validator(mode="after")
    def _candidates_differ(self) -> AutoConfig:
        if len(set(self.candidates)) != len(self.candidates):
            raise ValueError("candidates must differ from one another")
        return self
