"""What a pipeline needs of its input table; plain values, made from the configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tfx_pipeline.modules.label_rule.rule import LabelRule

Use = Literal["number", "moment", "category", "spelling", "text", "unused"]
"""`number`: used by its size; `moment`: seconds or milliseconds since 1970; `category`: a name that
equals or differs from others; `spelling`: one that is compared as it is written, so that `1.0` is
not `1`; `text`: words, or what the model parses; `unused`: in no feature, label, lookup, slice."""

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
        missing_in: by column, cells that count as missing there.
        comment: what a line begins with that is no row.
        names: of the columns, when the first line is a row already.
    """

    delimiter: str | None = None
    quote: str = '"'
    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    missing_values: tuple[str, ...] | None = None
    missing_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    comment: str | None = None
    names: tuple[str, ...] = ()

    def missing_cells(self, header: Sequence[str]) -> list[frozenset[str]]:
        """Give the cells that count as missing in each column of a header, as written."""
        everywhere, own = self.missing_values or (), self.missing_in
        return [frozenset((*everywhere, *own.get(clean_name(name), ()))) for name in header]


def clean_name(name: str) -> str:
    """Take blanks, and quotes that nothing else has taken, off the name of a column."""
    return name.strip().strip('"').strip()


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
class Holds:
    """A rule that answers true in each row."""

    rule: LabelRule


@dataclass(frozen=True)
class IsUnique:
    """No two rows have the same values in the columns of the test."""


@dataclass(frozen=True)
class IsFresh:
    """The newest moment of the column is no older than `max_age_s` seconds before `now_s`.

    `unit` is that of numbers: `s` or `ms` since 1970; texts are as in ISO 8601.
    """

    max_age_s: float
    unit: Literal["s", "ms"]
    now_s: float


@dataclass(frozen=True)
class IsInFile:
    """Each value of the column stands in the column `key` of a file."""

    file: Path
    key: str


@dataclass(frozen=True)
class OwnFunction:
    """The user's function, by its name: of a record batch, it tells which rows are good."""

    name: str
    call: Callable[[Any], Any]


@dataclass(frozen=True)
class DataTest:
    """What the rows of a table must be.

    Attributes:
        text: what is required, as it is shown.
        check: how that is found out.
        columns: that it reads.
        place: where the configuration says so.
        is_error: whether rows that break it are refused, and not only noted.
        max_bad_share: share of all rows that may break it.
    """

    text: str
    check: Holds | IsUnique | IsFresh | IsInFile | OwnFunction
    columns: tuple[str, ...]
    place: str | None = None
    is_error: bool = True
    max_bad_share: float = 0.0


@dataclass(frozen=True)
class BadRowNeeds:
    """What is done with rows that cannot be used.

    Attributes:
        quarantine: they are put aside; else the table is refused.
        max_share: share of all rows that may be put aside.
        mended_at: folder of the records of rows that were mended since, a path or a URI; none:
            nobody could have.
    """

    quarantine: bool = False
    max_share: float = 0.0
    mended_at: str | None = None


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
        tests: what its rows must be.
        bad_rows: what is done with rows that cannot be used.
    """

    csv: CsvFormat = CsvFormat()
    uses: Mapping[str, Use] = field(default_factory=dict)
    places: Mapping[str, str | None] = field(default_factory=dict)
    label: LabelNeeds | None = None
    schema: Mapping[str, SchemaType] = field(default_factory=dict)
    split: SplitNeeds = SplitNeeds()
    numbers: Mapping[str, str] = field(default_factory=dict)
    tests: tuple[DataTest, ...] = ()
    bad_rows: BadRowNeeds = BadRowNeeds()
