"""Numbers as text: shapes, sizes, the marks of missing ones, and how other countries write them."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

Shape = Literal["integer", "odd_integer", "whole", "odd_whole", "fraction", "text"]
"""`integer`: `17`; `odd_integer`: a second spelling of one, `017`, `+17`; `whole`: `17.0`;
`odd_whole`: a second spelling of it, `17.`, `17.00`; `fraction`: any other number."""

MISSING_MARKS = frozenset(
    {"NA", "N/A", "n/a", "na", "#N/A", "<NA>", "NaN", "nan", "NAN"}
    | {"NULL", "null", "Null", "None", "none", "?", "-", "--", ".", "\\N"}
)
"""Cells that mean missing in a column of numbers, where they can mean nothing else."""

FLOAT32_MAX = 3.4028234663852886e38
FLOAT32_WHOLE = 2**24
"""Up to this, a 32-bit float holds every whole number; beyond, it merges neighbours."""
FLOAT64_WHOLE = 2**53
"""The same of a 64-bit float, as a served model takes whole numbers."""
INT64 = range(-(2**63), 2**63)

_SHAPES = re.compile(
    r"(?P<integer>-?[1-9][0-9]*|0)|(?P<odd_integer>[+-]?[0-9]+)"
    r"|(?P<whole>(?:-?[1-9][0-9]*|0)\.0)|(?P<odd_whole>[+-]?[0-9]+\.0*)"
    r"|(?P<fraction>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
)
_INTEGERS = re.compile(r"(?:(?:-?[1-9][0-9]*|0)\n)+")
_WHOLES = re.compile(r"(?:(?:-?[1-9][0-9]*|0)\.0\n)+")
# One way to read each number: with two, `[0-9]+[0-9]*`, a word behind n numbers takes 2**n steps.
_NUMBERS = re.compile(r"(?:[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\n)+")
_EXACT = re.compile(r"-?(?:[1-9][0-9]*|0)\.[0-9]*[1-9]")
_INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
_LONG = 400


def shape_of(text: str) -> Shape:
    """Tell how a cell is written; unlike Python's `int`, which also takes `1_0` and `٣`."""
    match = _SHAPES.fullmatch(text)
    return match.lastgroup if match else "text"  # type: ignore[return-value]


def shape_of_all(joined: str) -> Shape | None:
    """Tell the shape of many cells, each followed by a line feed; None: more than one, or none."""
    if _INTEGERS.fullmatch(joined):
        return "integer"
    return "whole" if _WHOLES.fullmatch(joined) else None


def are_numbers(joined: str) -> bool:
    """Tell whether many cells, each followed by a line feed, are all finite numbers."""
    return _NUMBERS.fullmatch(joined) is not None


def is_exact_fraction(text: str) -> bool:
    """Tell whether a fraction is written as it can be had back from a 32-bit float."""
    return bool(_EXACT.fullmatch(text)) and len(text.strip("-").replace(".", "")) <= 6


def is_infinite(text: str) -> bool:
    """Tell whether a cell is written as an infinite number."""
    return _INFINITE.fullmatch(text) is not None


def size_of(digits: str) -> float:
    """Give the size of a whole number; Python makes no integer of more than 4,300 digits."""
    return abs(int(digits)) if len(digits) < _LONG else math.inf


def largest_of(values: Collection[str]) -> float:
    """Give the size of the largest of whole numbers, `17` or `17.0`."""
    if max(map(len, values)) >= _LONG:
        return max(size_of(value.partition(".")[0]) for value in values)
    try:
        return max(map(abs, map(int, values)))
    except ValueError:  # some have a point
        return max(abs(int(value.partition(".")[0])) for value in values)


@dataclass(frozen=True)
class NumberStyle:
    """How numbers are written: the mark before the fraction, and that between groups of digits."""

    decimal: str = "."
    thousands: str = ""
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        mark, point = re.escape(self.thousands), re.escape(self.decimal)
        fraction = rf"(?:{point}[0-9]*)?"
        # No group begins with a zero, so `0.125` is never 125.
        grouped = rf"[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}})+|" if mark else ""
        if self.thousands == ",":  # as India writes: 12,34,567
            grouped += rf"[1-9][0-9]?(?:{mark}[0-9]{{2}})+{mark}[0-9]{{3}}|"
        number = rf"[+-]?(?:(?:{grouped}[0-9]+){fraction}|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?"
        object.__setattr__(self, "_pattern", re.compile(rf"(?:{number}\n)+"))

    def reads(self, joined: str) -> bool:
        """Tell whether many cells, each followed by a line feed, are all written so."""
        return self._pattern.fullmatch(joined) is not None

    def plain(self, text: str) -> str:
        """Write a cell of this style as Python has it."""
        return text.replace(self.thousands, "").replace(self.decimal, ".")

    def contradicts(self, other: NumberStyle) -> bool:
        """Tell whether cells that both read may have another value in each."""
        return self.decimal == other.thousands or self.thousands == other.decimal

    def in_words(self) -> str:
        """Say what is not as usual."""
        parts = ["a decimal comma"] if self.decimal == "," else []
        if self.decimal not in ".,":
            parts.append(f"the decimal mark {self.decimal!r}")
        if self.thousands:
            parts.append(f"{self.thousands!r} between thousands")
        return " and ".join(parts)


PLAIN = NumberStyle()
_GROUPS = (" ", "\u00a0", "\u202f", "'", "’")
STYLES = (
    PLAIN,
    *(NumberStyle(".", thousands) for thousands in (",", *_GROUPS)),
    *(NumberStyle(",", thousands) for thousands in ("", ".", *_GROUPS)),
)


class StyleSearch:
    """Finds the styles in which all cells of a column are numbers.

    Attributes:
        styles: those that are left.
    """

    def __init__(self) -> None:
        self.styles = list(STYLES)

    def add(self, joined: str, *, plain: bool) -> None:
        """Take in cells, each followed by a line feed; `plain`: `are_numbers` took them all."""
        if plain:  # a style with the usual decimal mark reads these as they are
            self.styles = [x for x in self.styles if x.decimal == "." or x.reads(joined)]
        else:
            self.styles = [x for x in self.styles if x != PLAIN and x.reads(joined)]

    @property
    def may_be_german(self) -> bool:
        """Whether each point could as well stand between thousands."""
        return any(x.decimal == "," and x.thousands == "." for x in self.styles)

    def readings(self) -> Sequence[NumberStyle]:
        """Give one style for each value that the cells may have."""
        if PLAIN in self.styles:
            return [PLAIN]
        others = [style for style in self.styles if style.contradicts(self.styles[0])]
        return [*self.styles[:1], *others[:1]]
