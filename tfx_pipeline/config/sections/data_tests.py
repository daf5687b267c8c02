"""Configuration of the tests that a table's rows must pass before anything runs."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from tfx_pipeline.config.sections.section import (
    ColumnName,
    DottedFunction,
    OneOrMore,
    Section,
    TextForm,
)

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
Age = Annotated[
    str,
    TextForm(
        rf"[0-9]{{1,6}}(\.[0-9]+)? ({'|'.join(_UNITS)})s?",
        "a number and a unit, e.g. 7 days, 36 hours",
    ),
]


class FreshConfig(Section):
    """The newest moment of a column must not be too old."""

    column: ColumnName
    """The moments: numbers since 1970, or texts as in ISO 8601."""
    max_age: Age
    """Of the newest one, when the run begins: `7 days`, `36 hours`."""
    unit: Literal["s", "ms"] = "s"
    """Of numbers."""

    @property
    def max_age_s(self) -> float:
        """The same in seconds."""
        number, unit = re.split(" ", self.max_age)
        return float(number) * _UNITS[unit.removesuffix("s")]


class InFileConfig(Section):
    """Each value of a column must stand in a column of another file."""

    column: ColumnName
    """Of the table."""
    file: str
    """The other one, of any kind that `data.path` can be."""
    key: ColumnName | None = None
    """Its column; unsaid, it has the same name."""


class FunctionConfig(Section):
    """A function of one's own says which rows are good."""

    name: DottedFunction
    """`module.function` under the project's root: called with record batches of Arrow (strings,
    int64, float64; null is missing), it gives an array of bool, true for each good row."""
    columns: Annotated[tuple[ColumnName, ...], OneOrMore(",")] = Field(min_length=1)
    """Those that it reads."""


class DataTestConfig(Section):
    """One test: an expression, or one of the other kinds."""

    expression: str | None = None
    """True in each row: `fare >= 0`, in the language of `label.rule`, with `missing(fare)` and
    `present(fare)` as well. A row without a value that is compared passes."""
    unique: Annotated[tuple[ColumnName, ...], OneOrMore(",")] = ()
    """Columns whose values together no two rows share; a row that lacks one of them passes."""
    fresh: FreshConfig | None = None
    """How old the newest row may be."""
    in_file: InFileConfig | None = None
    """Values that must stand in another file."""
    function: FunctionConfig | None = None
    """A function of one's own."""
    severity: Literal["error", "warn"] = "error"
    """`error` refuses the table (or puts rows aside, by data.on_bad_row); `warn` only notes it."""
    max_bad_share: float = Field(default=0.0, ge=0, le=1)
    """Share of the rows that may break it; up to there they stay, and are noted."""

    @model_validator(mode="after")
    def _is_one_test(self) -> DataTestConfig:
        if len(self.kinds) != 1:
            raise ValueError(
                "a test is one of expression, unique, fresh, in_file and function:"
                f" here {' and '.join(self.kinds) or 'none'}"
            )
        if self.fresh and self.max_bad_share:
            raise ValueError("max_bad_share counts rows, and fresh looks at the newest one alone")
        return self

    @property
    def kinds(self) -> list[str]:
        """What it says: one of the kinds."""
        kinds = ("expression", "unique", "fresh", "in_file", "function")
        return [kind for kind in kinds if getattr(self, kind)]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names, outside of an expression."""
        if self.fresh or self.in_file:
            one = self.fresh or self.in_file
            return (one.column,) if one else ()
        return self.unique or (self.function.columns if self.function else ())
