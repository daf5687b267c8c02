"""What a pipeline needs of its input table; plain values, made from the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Use = Literal["number", "moment", "category", "spelling", "text", "unused"]
"""`number`: used by its size; `moment`: seconds or milliseconds since 1970; `category`: a name that
equals or differs from others; `spelling`: one that the label compares as it is written, so that
`1.0` is not `1`; `text`: words; `unused`: in no feature, label, lookup or slice."""

SPLITS = ("train", "eval", "test")
"""Names of the splits, in the order in which they are shown."""

SchemaType = Literal["INT", "FLOAT", "BYTES"]
"""Type of a column in a curated schema, by TensorFlow Metadata's names."""


@dataclass(frozen=True)
class CsvFormat:
    """How text files are written; None: found out from the first lines of each file.

    Attributes:
        delimiter: one character between cells.
        quote: one character around a cell that holds delimiters or line breaks.
        encoding: name of a codec.
        decimal: one character before the fraction of a number.
        thousands: one character between groups of digits; "" for none.
        missing_values: cells that count as missing in every column, beside the empty one.
        comment: what a line begins with that is no row.
        names: of the columns, when the first line is a row already.
    """

    delimiter: str | None = None
    quote: str = '"'
    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    missing_values: tuple[str, ...] | None = None
    comment: str | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class LabelNeeds:
    """What the label must be.

    Attributes:
        column: its column.
        task: `binary`, `multiclass` or `regression`.
        rule: how it follows from columns; none: it is the column.
        classes: names of the classes, in the order of their ids.
        place: where the configuration says so.
    """

    column: str
    task: str
    rule: str | None = None
    classes: tuple[str, ...] = ()
    place: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes, those that nobody gave included; regression has none."""
        return () if self.task == "regression" else self.classes or ("0", "1")


@dataclass(frozen=True)
class SplitNeeds:
    """How rows are divided.

    Attributes:
        weights: of the splits by name, in their order; by them only where nothing else says.
        seed: salt of the hash.
        by: what divides them: a hash of the whole `row`, of a `key` of one or more columns, the
            order in `time`, or what a `column` says.
        columns: of the key, of the time, or that one.
        starts: of a division by time, the first moment of each split but the first; empty: their
            weights say how many rows they get.
        values: of a division by column, per split its values.
    """

    weights: Mapping[str, int] = field(default_factory=dict)
    seed: int = 0
    by: Literal["row", "key", "time", "column"] = "row"
    columns: tuple[str, ...] = ()
    starts: Mapping[str, int | float | str] = field(default_factory=dict)
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class TableNeeds:
    """All that a pipeline needs of its table.

    Attributes:
        csv: how text files are written.
        uses: per column that is used, what for; of several uses, the first.
        places: per column that is used, where the configuration says so.
        label: what the label must be; none: it is not looked at.
        schema: types that a curated schema gives.
        split: how its rows are divided; without weights nothing is said of that.
        numbers: per column that some use, and be it not the first, takes as a number, where the
            configuration says so.
    """

    csv: CsvFormat = CsvFormat()
    uses: Mapping[str, Use] = field(default_factory=dict)
    places: Mapping[str, str | None] = field(default_factory=dict)
    label: LabelNeeds | None = None
    schema: Mapping[str, SchemaType] = field(default_factory=dict)
    split: SplitNeeds = SplitNeeds()
    numbers: Mapping[str, str] = field(default_factory=dict)
