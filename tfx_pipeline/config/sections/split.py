"""Configuration of how rows are divided into splits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tfx_pipeline.config.sections.section import ColumnName, OneOrMore, Section
from tfx_pipeline.ingestion.needs import SplitNeeds

SplitName = Literal["train", "eval", "test"]
_NAMES: tuple[SplitName, ...] = ("train", "eval", "test")


class SplitConfig(Section):
    """How rows are divided; equal rows stay together, whatever it goes by.

    Training, early stopping and its held-out rows see `train` alone; gates, baseline comparison and
    smoke rows see `eval`. `test` is checked against a curated schema, and seen by nobody else.
    """

    by: Literal["row", "key", "time", "column"] = "row"
    """What decides: a hash of the whole `row`; of a `key`, so that all rows of a customer stay
    together; the order in `time`, oldest first; or what a `column` says."""
    columns: Annotated[tuple[ColumnName, ...], OneOrMore(",")] = ()
    """Of the key one or more; of the time (whole numbers, or text as in ISO 8601) one; or that
    which says the split."""
    train: int = Field(default=2, ge=1, le=1000)
    """Weight of the training split (its share: train / (train + eval + test))."""
    eval: int = Field(default=1, ge=1, le=1000)
    """Weight of the evaluation split."""
    test: int = Field(default=0, ge=0, le=1000)
    """Weight of the rows that are kept for the end; 0: there is no such split."""
    seed: int = Field(default=0, ge=0)
    """Salt of the hash: another seed, another split."""
    eval_from: int | float | str | None = None
    """By time: the first moment of `eval`, as the column has it; unsaid, the weights decide."""
    test_from: int | float | str | None = None
    """By time: the first moment of `test`; unsaid beside `eval_from`, there is no such split."""
    values: dict[SplitName, Annotated[tuple[str, ...], OneOrMore(",")]] = {}
    """By column: its values of each split; unsaid, `train` and `eval` (and `test`, if it has a
    weight) are named so."""

    @model_validator(mode="after")
    def _check_fields(self) -> SplitConfig:
        allowed = {"row": range(1), "key": range(1, 17)}.get(self.by, range(1, 2))
        if len(self.columns) not in allowed:
            needs = {"row": "no columns", "key": "1 to 16 columns"}.get(self.by, "one column")
            raise ValueError(f"by `{self.by}` takes {needs}")
        starts = (self.eval_from, self.test_from)
        if self.by != "time" and starts != (None, None):
            raise ValueError("eval_from and test_from belong to `by: time`")
        if self.eval_from is None and self.test_from is not None:
            raise ValueError("test_from needs eval_from")
        if self.by != "column" and self.values:
            raise ValueError("values belong to `by: column`")
        if self.values and not {"train", "eval"} <= self.values.keys():
            raise ValueError("values must say what `train` and what `eval` is")
        known = [value for values in self.values.values() for value in values]
        if len(set(known)) != len(known):
            raise ValueError("a value stands for one split")
        return self

    @property
    def names(self) -> tuple[SplitName, ...]:
        """Names of the splits, in their order."""
        has_test = self.test > 0
        if self.eval_from is not None:
            has_test = self.test_from is not None
        if self.values:
            has_test = "test" in self.values
        return _NAMES if has_test else _NAMES[:2]

    @property
    def needs(self) -> SplitNeeds:
        """Say the same to whoever divides the rows."""
        weights: dict[str, int] = {name: max(1, getattr(self, name)) for name in self.names}
        starts: dict[str, int | float | str] = {}
        values: dict[str, tuple[str, ...]] = {}
        if self.eval_from is not None:
            starts = {name: getattr(self, f"{name}_from") for name in self.names[1:]}
        if self.by == "column":
            values = {name: self.values.get(name, (name,)) for name in self.names}
        return SplitNeeds(weights, self.seed, self.by, self.columns, starts, values)
