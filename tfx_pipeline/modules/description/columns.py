"""Raw columns, and how their cells are read.

Terms:
    cell: what a caller sends for a column of a row. In a column of float32 a number: NaN and
        infinite ones are missing. (TensorFlow's threads take what is nearer to 0 than 2**-126 for
        0. No format needs to: such cells prove nothing.) In one of int64 a number too, float64, so
        that any number of JSON is taken: NaN and infinite ones are missing, and a fraction is
        rounded half to even; or, where `Column.is_name`, a fraction, and what is 2**53 and more or
        -2**53 and less, is an unknown name. In one of string a text: "" is missing.
    mark: a cell that means missing.
    number: what is reckoned with: float64, NaN where missing or not finite.
    name: what is looked up: the text of a cell. The number 7 is "7", and so is 7.0; a fraction of
        float32 has as few digits, at least 6, as tell it from every other float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

CellType = Literal["float32", "int64", "string"]

LARGEST_WHOLE = 2.0**63 - 2.0**10
"""Of the float64 that are an int64: where numbers beyond it stand."""
AMBIGUOUS = 2.0**53
"""From here on, two whole numbers can be the same float64."""
FARTHEST_MOMENT = 2.0**62
"""Where moments of float32, or out of texts, stand that are farther from 1970."""


@dataclass(frozen=True)
class NumberParse:
    """Texts that are numbers, written as an example is: see `features.number_style`."""

    example: str


@dataclass(frozen=True)
class MomentParse:
    """Texts that are moments: see `features.moment_style` and `features.time_zone`.

    The number is in seconds since 1970-01-01 00:00 UTC. `zone` is that of the clocks which texts
    without an offset show; None: UTC.
    """

    pattern: str
    zone: str | None


@dataclass(frozen=True)
class Ranks:
    """Texts that have an order: the number is a text's place among `values`, from 0."""

    values: tuple[str, ...]


Parse: TypeAlias = NumberParse | MomentParse | Ranks


@dataclass(frozen=True)
class Column:
    """A raw column that the model reads.

    Attributes:
        name: in the table, and of the input of each format.
        type: of its cells.
        is_name: of int64: whether numbers are names only; see the module's terms.
        marks: cells that mean missing, as the configuration writes them: `features.missing_marks`
            says how they are compared.
        parse: how texts become numbers; None: they do not. What no text of that kind is, is NaN.
    """

    name: str
    type: CellType
    is_name: bool = False
    marks: tuple[str, ...] = ()
    parse: Parse | None = None
