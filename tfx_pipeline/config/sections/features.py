"""Configuration of the features: the kind of each column and how it is transformed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from tfx_pipeline.config.sections.section import ColumnName, Named, OneOrMore, Section
from tfx_pipeline.modules.features.moment_style import read_pattern
from tfx_pipeline.modules.features.number_style import read_style
from tfx_pipeline.modules.features.time_zone import find_zone


def _example(text: str) -> str:
    read_style(text)
    return text


def _pattern(text: str) -> str:
    read_pattern(text)
    return text


def _zone(name: str) -> str:
    find_zone(name)
    return name


NumberExample = Annotated[str, AfterValidator(_example)]
Part = Literal["minute", "hour", "weekday", "month_day", "week", "month", "quarter", "year_day"]
Marks = Annotated[tuple[str, ...], OneOrMore()]


class ColumnFeature(Section):
    """What holds for a feature of any kind."""

    missing: Marks = ()
    """Cells that mean missing, as the table writes them: `?`, `N/A`, `9999`, `-3.4e38`. Numbers are
    compared as numbers, texts exactly; what callers send, too."""


class NumericFeature(ColumnFeature):
    """A number. Missing values become the mean, and an indicator column says so."""

    kind: Literal["numeric"]
    """A number used by its size."""
    scale: Literal["zscore", "log_zscore", "minmax", "none"] = "zscore"
    """Scaling; `log_zscore` takes log(1 + max(x, 0)) first, for long tails."""
    buckets: int = Field(default=0, ge=0, le=1000)
    """Also a categorical view by this many quantile buckets; 0: none."""
    parse: NumberExample | None = None
    """How the table writes it, by an example: `$1,234.50`, `1.234,50 €`, `12,5 %`, `(1,234)`,
    `10+ years`. The column stays text, callers send the same text, and the model reads it; the
    currency or unit may be left out. A cell that is no such number is missing."""


class BucketizedFeature(ColumnFeature):
    """A number used only by the bucket that it falls into."""

    kind: Literal["bucketized"]
    """A number used by its bucket."""
    buckets: int = Field(default=10, ge=2, le=1000)
    """Number of quantile buckets, when no boundaries are given."""
    boundaries: Annotated[
        tuple[float, ...], OneOrMore(doubtful="a list of numbers, e.g. [1.5, 4]")
    ] = ()
    """Fixed ascending boundaries, in the column's unit; n boundaries make n + 1 buckets."""
    parse: NumberExample | None = None
    """How the table writes it, by an example, see `numeric`."""

    @model_validator(mode="after")
    def _boundaries_ascend(self) -> BucketizedFeature:
        pairs = zip(self.boundaries, self.boundaries[1:])  # noqa: B905 - the shorter ends it
        if any(low >= high for low, high in pairs):
            raise ValueError("boundaries must ascend strictly")
        return self


class CategoricalFeature(ColumnFeature):
    """A string or an integer that names a category. Missing is a category of its own."""

    kind: Literal["categorical"]
    """A name, not a size."""
    id: bool = True
    """Give the model the category itself."""
    target: bool = False
    """Also give it the average label of the category's training rows (of several classes, the share
    of each), for columns of many categories; frozen with the model. A training row's is made
    without its own fold, as that of a lookup. Averages of few rows are drawn towards that of all
    rows (empirical Bayes; formula and sources: `modules/features/names/smoothing.py`)."""
    max_vocabulary: int = Field(default=1000, ge=1, le=10_000_000)
    """At most this many categories have an id, the most frequent first; `target` has all."""
    min_frequency: int = Field(default=1, ge=1)
    """A category seen in fewer training rows than this is treated as unknown."""
    oov_buckets: int = Field(default=1, ge=1, le=10_000)
    """Ids shared, by hash, among the unknown categories."""

    @model_validator(mode="after")
    def _gives_something(self) -> CategoricalFeature:
        if not self.id and not self.target:
            raise ValueError("without an id and without target it gives nothing: set one of them")
        return self


class TextFeature(ColumnFeature):
    """Free text, used as a bag of words: a dense vector, of 4 bytes an entry and row."""

    kind: Literal["text"]
    """Words in any order."""
    max_vocabulary: int = Field(default=1000, ge=1, le=100_000)
    """At most this many words are kept; also the width of the dense vector, less one."""
    hash_buckets: int = Field(default=0, ge=0, le=100_000)
    """In the place of a vocabulary: the vector is this wide, and words share entries by hash, those
    never seen too. 0: a vocabulary."""
    ngrams: int = Field(default=1, ge=1, le=3)
    """Up to this many words that follow one another count as one, beside the words themselves."""
    weights: Literal["occurs", "tfidf"] = "occurs"
    """`occurs`: 1 where a word occurs; `tfidf`: how often it occurs, times how rare it is, and the
    vector has length 1 (formula: `modules/features/names/words.py`)."""
    lower_case: bool = True
    """Fold ASCII upper case before words are counted."""

    @model_validator(mode="after")
    def _vocabulary_or_buckets(self) -> TextFeature:
        if self.hash_buckets and "max_vocabulary" in self.model_fields_set:
            raise ValueError("max_vocabulary and hash_buckets exclude each other")
        return self


class OrdinalFeature(ColumnFeature):
    """Words that have an order. Missing values become the mean, and an indicator says so."""

    kind: Literal["ordinal"]
    """A word used by its place in a list."""
    values: Annotated[tuple[str, ...], OneOrMore(",")]
    """The words, ascending, as the table writes them; any other is missing."""

    @model_validator(mode="after")
    def _values_differ(self) -> OrdinalFeature:
        if len(set(self.values)) != len(self.values):
            raise ValueError("values must differ from one another")
        if len(self.values) < 2:
            raise ValueError("needs at least two values, in ascending order")
        return self


class TimestampFeature(ColumnFeature):
    """A moment, used by its calendar parts, its place in time, or its turn of day, week, year."""

    kind: Literal["timestamp"]
    """Seconds or milliseconds since 1970-01-01 00:00 UTC, or text that is parsed."""
    unit: Literal["s", "ms"] = "s"
    """Unit of a column of numbers."""
    parse: Annotated[str, AfterValidator(_pattern)] | None = None
    """How the table writes it: a pattern of strptime, e.g. `%d/%m/%Y %H:%M`, with English names, or
    `iso8601`. The column stays text, and callers send the same text. A cell that is no such moment,
    and a date that does not exist, is missing."""
    zone: Annotated[str, AfterValidator(_zone)] | None = None
    """Time zone that the parts are in, and texts without an offset, e.g. `Europe/Berlin`; none:
    UTC."""
    parts: Annotated[
        tuple[Part, ...],
        OneOrMore(","),
    ] = ("hour", "weekday")
    """Categorical parts; `weekday` counts from Monday = 0, the others from 0 too; `week` as in
    ISO 8601."""
    linear: bool = False
    """Also a number: how far it is from the others in time."""
    periodic: bool = False
    """Also six numbers: sine and cosine of the turn of day, week and year."""

    @model_validator(mode="after")
    def _is_used(self) -> TimestampFeature:
        if not (self.parts or self.linear or self.periodic):
            raise ValueError("needs `parts`, or `linear: true`, or `periodic: true`")
        if self.parse and "unit" in self.model_fields_set:
            raise ValueError("`unit` is of a column of numbers, and `parse` of one of text")
        return self


Feature = Annotated[
    NumericFeature
    | BucketizedFeature
    | CategoricalFeature
    | OrdinalFeature
    | TextFeature
    | TimestampFeature,
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
