"""Configuration of the features: the kind of each column and how it is transformed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tfx_pipeline.config.sections.section import ColumnName, Named, OneOrMore, Section


class NumericFeature(Section):
    """A number. Missing values become the mean, and an indicator column says so."""

    kind: Literal["numeric"]
    """A number used by its size."""
    scale: Literal["zscore", "log_zscore", "minmax", "none"] = "zscore"
    """Scaling; `log_zscore` takes log(1 + max(x, 0)) first, for long tails."""
    buckets: int = Field(default=0, ge=0, le=1000)
    """Also a categorical view by this many quantile buckets; 0: none."""


class BucketizedFeature(Section):
    """A number used only by the bucket that it falls into."""

    kind: Literal["bucketized"]
    """A number used by its bucket."""
    buckets: int = Field(default=10, ge=2, le=1000)
    """Number of quantile buckets, when no boundaries are given."""
    boundaries: Annotated[
        tuple[float, ...], OneOrMore(doubtful="a list of numbers, e.g. [1.5, 4]")
    ] = ()
    """Fixed ascending boundaries, in the column's unit; n boundaries make n + 1 buckets."""

    @model_validator(mode="after")
    def _boundaries_ascend(self) -> BucketizedFeature:
        pairs = zip(self.boundaries, self.boundaries[1:])  # noqa: B905 - the shorter ends it
        if any(low >= high for low, high in pairs):
            raise ValueError("boundaries must ascend strictly")
        return self


class CategoricalFeature(Section):
    """A string or an integer that names a category. Missing is a category of its own."""

    kind: Literal["categorical"]
    """A name, not a size."""
    max_vocabulary: int = Field(default=1000, ge=1, le=10_000_000)
    """At most this many categories are kept, the most frequent first."""
    min_frequency: int = Field(default=1, ge=1)
    """A category seen in fewer training rows than this is treated as unknown."""
    oov_buckets: int = Field(default=1, ge=1, le=10_000)
    """Ids shared, by hash, among the unknown categories."""


class TextFeature(Section):
    """Free text, used as a bag of words."""

    kind: Literal["text"]
    """Words in any order."""
    max_vocabulary: int = Field(default=1000, ge=1, le=100_000)
    """At most this many words are kept; also the width of the dense vector, less one."""
    lower_case: bool = True
    """Fold ASCII upper case before words are counted."""


class TimestampFeature(Section):
    """A moment, used by its calendar parts (UTC)."""

    kind: Literal["timestamp"]
    """Seconds or milliseconds since 1970-01-01 00:00 UTC."""
    unit: Literal["s", "ms"] = "s"
    """Unit of the column."""
    parts: Annotated[
        tuple[Literal["hour", "weekday", "month_day", "year_day"], ...],
        Field(min_length=1),
        OneOrMore(","),
    ] = ("hour", "weekday")
    """Categorical parts; `weekday` counts from Monday = 0, the day parts from 0."""


Feature = Annotated[
    NumericFeature | BucketizedFeature | CategoricalFeature | TextFeature | TimestampFeature,
    Field(discriminator="kind"),
    Named("kind"),
]


class LookupConfig(Section):
    """An average per key, learned from the training rows and frozen with the model.

    For callers who know the key (an area) and not the average that belongs to it. Where callers do
    not send the value either (the label, say), a training row gets the average of its key over the
    rows of the four other of five folds, so that it does not read its own value; evaluation and
    serving use the frozen table (cross fitting, as in scikit-learn's `TargetEncoder`; see
    `modules/model/out_of_fold.py` for formula and sources).
    """

    key: ColumnName
    """Column that is looked up."""
    value: ColumnName
    """Numeric column that is averaged per key over the training split; the label's will do."""
    min_rows: int = Field(default=1, ge=1)
    """A key with fewer training rows than this gets the overall average, as unknown keys do; in
    training, a key with fewer rows in the other folds."""
