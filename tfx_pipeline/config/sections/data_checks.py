"""Configuration of the checks that the data must pass before anything is trained."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tfx_pipeline.config.sections.section import ColumnName, Named, Section

Severity = Literal["error", "warn", "off"]


class ShiftCheck(Section):
    """When a column's distribution has moved; see `tfx_pipeline/evaluation/distances`."""

    severity: Severity = "warn"
    """`error` refuses the data, `warn` says it in the run's output, `off` says nothing. Distances
    are recorded in any case."""
    min_distance: float = Field(default=0.05, ge=0, le=1)
    """Smallest distance (Jensen-Shannon's, 0 to 1), beyond what chance makes, that matters. A
    normal distribution that moves by 0.12 of its deviation has 0.05; so has a value that is missing
    in 0.5 % of the rows and never was."""
    alpha: float = Field(default=0.01, gt=0, lt=0.5)
    """Probability of a false alarm in a run, all columns together."""


class LeakCheck(Section):
    """When a feature seems to know the label."""

    severity: Severity = "warn"
    """`error` refuses the data, `warn` says it in the run's output, `off` says nothing."""
    max_single_feature_power: float | None = Field(default=None, gt=0, le=1)
    """What one feature alone may tell of the label of other rows. Unsaid: binary, AUC 0.995;
    multi-class, 0.99 of the errors avoided that the majority class makes; regression, R² 0.99 of
    the label's ranks."""
    label_time: ColumnName | None = None
    """Column of the moment at which the label is known: no feature of the kind `timestamp` may be
    later."""
    label_time_unit: Literal["s", "ms"] = "s"
    """Unit of that column, since 1970-01-01 00:00 UTC."""


class ColumnChecks(Section):
    """Severities of one column, where they differ from those of all."""

    anomalies: Severity | None = None
    """What breaks the schema."""
    drift: Severity | None = None
    """Differences to the last run's data."""
    skew: Severity | None = None
    """Differences between the splits."""
    leaks: Severity | None = None
    """Knowledge of the label."""


class DataChecksConfig(Section):
    """What is checked of the data, and what happens when a check finds something."""

    anomalies: Severity = "error"
    """What breaks the schema: `error` refuses the data, `warn` says it in the run's output, `off`
    says nothing. What TFDV itself calls a warning is said, unless `data.refuse_warnings`."""
    drift: Annotated[ShiftCheck, Named("severity")] = ShiftCheck()
    """Columns of the training split against those of the last run with other data that passed."""
    skew: Annotated[ShiftCheck, Named("severity")] = ShiftCheck()
    """Columns of each other split against those of the training split, but for those that divide
    the splits."""
    leaks: Annotated[LeakCheck, Named("severity")] = LeakCheck()
    """Features that know the label, ids among the features, rows that are in two splits."""
    columns: dict[ColumnName, ColumnChecks] = {}
    """Severities of single columns."""
    sample_rows: int = Field(default=50_000, ge=100, le=1_000_000)
    """At most so many rows of a split are looked at, chosen at random from all of them; fewer of
    a table of more than 100 columns."""
