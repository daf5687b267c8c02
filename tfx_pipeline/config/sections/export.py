"""Configuration of the exports: the model in other formats, pushed beside its version."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from tfx_pipeline.config.sections.section import Named, OneOrMore, Section

FormatName = Literal["onnx", "tflite", "pmml"]
TfliteKind = Literal["float32", "float16", "dynamic", "int8"]


class BudgetConfig(Section):
    """What a TFLite model may cost: of its kinds the smallest is chosen that fits, or none."""

    bytes: int | None = Field(default=None, ge=1)
    """Largest file, in bytes."""
    p50_ms: float | None = Field(default=None, gt=0)
    """Longest median time of one row on one thread, in milliseconds, on the machine of the step."""
    rss_mb: float | None = Field(default=None, gt=0)
    """Most memory of a process that has the small runtime and no TensorFlow, in megabytes."""
    max_loss: float | None = Field(default=None, ge=0)
    """Largest loss of AUC, or of the task's main metric, that the upper end of its interval may
    show against the SavedModel."""

    @property
    def is_set(self) -> bool:
        """Whether anything is asked for."""
        return any(value is not None for value in self.model_dump().values())


class TfliteConfig(Section):
    """The kinds of numbers that a TFLite model is made of."""

    kinds: Annotated[tuple[TfliteKind, ...], OneOrMore(",")] = ()
    """`float32` answers as the SavedModel does; `float16`, `dynamic` and `int8`, which is
    calibrated on training rows, are smaller, and judged by the change of the metric. None:
    `float32`; with an `export.budget`, all of them, and the smallest that fits."""


class ExportConfig(Section):
    """The model in other formats, each proven to answer as the model itself does."""

    formats: Annotated[tuple[FormatName, ...], OneOrMore(",")] = ()
    """Formats that are written and pushed to `<base_directory>/<model_name>/formats/<version>/`;
    none: nothing is. A model whose export does not answer as it does is not pushed."""
    tflite: Annotated[TfliteConfig, Named("kinds")] = TfliteConfig()
    """What `tflite` is made of."""
    budget: BudgetConfig = BudgetConfig()
    """What a TFLite model may cost; none: any."""
    eval_rows: int = Field(default=10_000, ge=1, le=1_000_000)
    """Rows of the eval split, at most, that each export must answer as the model does."""
    hurting_rows: int = Field(default=2_000, ge=0, le=100_000)
    """Rows made to hurt that it must answer so, too: missing, unseen, infinite, on boundaries."""

    @property
    def tflite_kinds(self) -> tuple[str, ...]:
        """The kinds of TFLite that one is chosen of."""
        return self.tflite.kinds or (get_args(TfliteKind) if self.budget.is_set else ("float32",))

    @model_validator(mode="after")
    def _check_formats(self) -> ExportConfig:
        if len(set(self.formats)) < len(self.formats):
            raise ValueError(f"`formats` names one twice: {', '.join(self.formats)}")
        if self.formats and "tflite" not in self.formats and self.budget.is_set:
            raise ValueError("`budget` is of TFLite, which `formats` does not name")
        return self
