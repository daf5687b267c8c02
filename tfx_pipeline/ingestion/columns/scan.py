"""What the cells of a column are, summed up block by block while a table is read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tfx_pipeline.ingestion.columns.cells import LISTED, Block, Cell
from tfx_pipeline.ingestion.columns.number_text import (
    FLOAT32_MAX,
    FLOAT32_WHOLE,
    FLOAT64_WHOLE,
    INT64,
    MISSING_MARKS,
    PLAIN,
    NumberStyle,
    Shape,
    StyleSearch,
    are_numbers,
    is_exact_fraction,
    is_infinite,
    largest_of,
    shape_of,
    shape_of_all,
    size_of,
)
from tfx_pipeline.ingestion.needs import Use


@dataclass
class ColumnScan:
    """One column of all files together, as far as it has been read.

    Attributes:
        name: from the header.
        use: what it is used for.
        style: how its numbers are written, as the configuration says; none: it is found out.
        styles: in which all its numbers can be read; only for numbers.
        rows: cells so far.
        missing: those without a value: empty, blank, or a mark.
        blank: those of blanks alone.
        marks: how often each mark of a missing number stands in it; in a category, which it is.
        shapes: of the other cells, with the first cell of each.
        first_loose: in a name, the first fraction that a 32-bit float may not give back as written.
        largest: size of the largest whole number.
        beyond: per limit, the first whole number beyond it.
        wrong: how many cells of a column of numbers are none in the usual style; `first_wrong`
            lists some.
        overflows: how many are infinite, or too large for a 32-bit float.
        foreign: what is `wrong`, summed up as numbers by each decimal mark that it may have.
        pointed: per file, the first number with a point in it.
        commas: per file, the first number that only another style reads.
        has_exponents: some number is written like `1e3`.
        is_styled: some number is not written as usual, but in the style of the configuration.
    """

    name: str
    use: Use = "unused"
    style: NumberStyle | None = None
    styles: StyleSearch = field(default_factory=StyleSearch)
    rows: int = 0
    missing: int = 0
    blank: int = 0
    marks: Counter[str] = field(default_factory=Counter)
    shapes: dict[Shape, Cell] = field(default_factory=dict)
    first_loose: Cell | None = None
    largest: float = 0
    beyond: dict[int, Cell] = field(default_factory=dict)
    wrong: int = 0
    first_wrong: list[Cell] = field(default_factory=list)
    overflows: int = 0
    first_overflow: Cell | None = None
    foreign: dict[str, ColumnScan] = field(default_factory=dict)
    pointed: dict[Path, Cell] = field(default_factory=dict)
    commas: dict[Path, Cell] = field(default_factory=dict)
    has_exponents: bool = False
    is_styled: bool = False

    @property
    def is_number(self) -> bool:
        """Whether its cells must be numbers."""
        return self.use in ("number", "moment")

    @property
    def chosen_style(self) -> NumberStyle | None:
        """The one style in which a column of numbers is read; None: there is none, or two."""
        if self.style:
            return None if self.wrong else self.style
        readings = self.styles.readings()
        return readings[0] if len(readings) == 1 else None

    def add(self, block: Block) -> None:
        """Take in the cells of successive records of a file."""
        self.rows += len(block.codes)
        self.missing += int(np.count_nonzero(block.codes < 0))
        values = set(block.values)
        if not values:
            return
        if self.is_number and self.style not in (None, PLAIN):
            self._see_mixed_numbers(block, values)
            return
        joined = "\n".join(values) + "\n"
        shape = shape_of_all(joined)
        if shape:
            self._see(shape, block, values)
            self._see_whole(block, values)
            if self.is_number:
                if shape == "whole":
                    self.styles.add(joined, plain=True)
                if self.largest > FLOAT32_MAX:
                    self._see_overflows(block, values)
        elif self.is_number and are_numbers(joined):
            self._see_numbers(block, values, joined)
        elif self.is_number:
            self._see_mixed_numbers(block, values)
        else:
            self._see_names(block, values)

    def _see(self, shape: Shape, block: Block, values: set[str]) -> None:
        if shape not in self.shapes:
            self.shapes[shape] = block.first(values)

    def _see_whole(self, block: Block, values: set[str]) -> None:
        """Take in whole numbers: their sizes."""
        largest = largest_of(values)
        if largest <= self.largest:
            return
        self.largest = largest
        for limit in (FLOAT32_WHOLE, FLOAT64_WHOLE, INT64[-1]):
            if largest > limit and limit not in self.beyond:
                beyond = {x for x in values if size_of(x.partition(".")[0]) > limit}
                self.beyond[limit] = block.first(beyond)

    def _see_numbers(self, block: Block, values: set[str], joined: str) -> None:
        """Take in plain numbers of mixed shapes."""
        self.styles.add(joined, plain=True)
        self._see_points(block, values, joined)
        if "fraction" not in self.shapes or len(self.shapes) < 2:
            self._see_shapes(block, values)
        elif whole := {x for x in values if "." not in x and "e" not in x.lower()}:
            self._see_whole(block, whole)
        self._see_overflows(block, values)

    def _see_shapes(self, block: Block, values: set[str]) -> None:
        by_shape: dict[Shape, set[str]] = {}
        for value in values:
            by_shape.setdefault(shape_of(value), set()).add(value)
        for shape, members in by_shape.items():
            self._see(shape, block, members)
            if shape == "fraction" and not self.is_number and self.first_loose is None:
                loose = {value for value in members if not is_exact_fraction(value)}
                self.first_loose = block.first(loose) if loose else None
        whole = [by_shape[shape] for shape in by_shape.keys() - {"fraction", "text"}]
        if whole:  # together, so that the first cell of all is named, whatever its shape
            self._see_whole(block, set().union(*whole))

    def _see_overflows(self, block: Block, values: set[str]) -> None:
        if sum(map(abs, map(float, values))) <= FLOAT32_MAX:
            return
        if huge := {value for value in values if not abs(float(value)) <= FLOAT32_MAX}:
            self._see_overflow(block, huge)

    def _see_overflow(self, block: Block, values: set[str]) -> None:
        self.overflows += block.count(values)
        cell, first = block.first(values), self.first_overflow
        if first is None or (first.path == cell.path and cell.index < first.index):
            self.first_overflow = cell

    def _see_mixed_numbers(self, block: Block, values: set[str]) -> None:
        """Take in numbers with marks, blanks, other styles, or what is none, among them."""
        stripped = {value: value.strip() for value in values}
        missing = {x for x, text in stripped.items() if not text or text in MISSING_MARKS}
        infinite = {x for x, text in stripped.items() if is_infinite(text)}
        style = self.style or PLAIN
        numbers = {
            x: style.plain(text)
            for x, text in stripped.items()
            if x not in missing and x not in infinite and style.reads(f"{text}\n")
        }
        self.is_styled = self.is_styled or any(numbers[x] != stripped[x] for x in numbers)
        for value in missing:
            count = block.count({value})
            self.missing += count
            if value.strip():
                self.marks[value.strip()] += count
            else:
                self.blank += count
        if infinite:
            self._see_overflow(block, infinite)
        if numbers:
            plain = block.with_values(numbers)
            texts = set(numbers.values())
            joined = "\n".join(texts) + "\n"
            self.styles.add(joined, plain=True)
            self._see_points(plain, texts, joined)
            self._see_shapes(plain, texts)
            self._see_overflows(plain, texts)
        others = values - missing - infinite - numbers.keys()
        if others:
            self.styles.add("".join(f"{stripped[value]}\n" for value in others), plain=False)
            self.wrong += block.count(others)
            self.first_wrong += block.firsts(others, LISTED - len(self.first_wrong))
            self._see_foreign(block, {value: stripped[value] for value in others})

    def _see_points(self, block: Block, values: set[str], joined: str) -> None:
        """Note what another style would read otherwise: points, and exponents."""
        self.has_exponents = self.has_exponents or "e" in joined.lower()
        if block.path not in self.pointed and "." in joined:
            self.pointed[block.path] = block.first({value for value in values if "." in value})

    def _see_foreign(self, block: Block, values: Mapping[str, str]) -> None:
        """Sum up numbers of other styles: those with one decimal mark give them one value."""
        styles = {style.decimal: style for style in reversed(self.styles.styles)}
        if styles and block.path not in self.commas:
            self.commas[block.path] = block.first(set(values))
        for mark, style in styles.items():
            reading = self.foreign.setdefault(mark, ColumnScan(self.name, self.use, PLAIN))
            plain = {value: style.plain(text) for value, text in values.items()}
            reading.add(block.only(plain))

    def settle(self) -> None:
        """Take what is written in the one style that reads all cells for the numbers it is."""
        style = self.chosen_style
        if style is None or style.decimal not in self.foreign:
            return
        reading = self.foreign[style.decimal]
        if style.decimal != ".":  # then each plain number with a point is a group of thousands
            kept: set[Shape] = {"integer", "odd_integer"}
            kept |= {"fraction"} if self.has_exponents else set()
            self.shapes = {x: cell for x, cell in self.shapes.items() if x in kept}
        self.shapes = {**reading.shapes, **self.shapes}
        self.largest = max(self.largest, reading.largest)
        self.beyond = {**reading.beyond, **self.beyond}
        self.overflows += reading.overflows
        self.first_overflow = self.first_overflow or reading.first_overflow

    def _see_names(self, block: Block, values: set[str]) -> None:
        """Take in the cells of a column that need be no numbers."""
        blank = {value for value in values if not value.strip()}
        if blank:
            count = block.count(blank)
            self.missing += count
            self.blank += count
        if self.use in ("category", "spelling") and not MISSING_MARKS.isdisjoint(values):
            self.marks.update({x: block.count({x}) for x in MISSING_MARKS & values})
        if "text" not in self.shapes and values - blank:
            self._see_shapes(block, values - blank)
