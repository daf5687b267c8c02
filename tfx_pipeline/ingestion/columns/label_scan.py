"""The label of every row, before anything is trained: is it known, and is it one of the classes?

Labels are computed here as they will be in the transform graph, and once more from the numbers as
they are written; where the two differ, the table is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.columns.cells import LISTED, Cell, Place
from tfx_pipeline.ingestion.columns.label_cells import LabelBlock, LabelCells, read_numbers
from tfx_pipeline.ingestion.columns.label_problems import (
    LabelFaults,
    absent_classes,
    label_problems,
)
from tfx_pipeline.ingestion.columns.number_text import shape_of
from tfx_pipeline.ingestion.columns.types import ColumnPlan
from tfx_pipeline.ingestion.needs import LabelNeeds
from tfx_pipeline.modules.label_rule.rule import LabelRule

_COUNTED = 10_000
"""Values of regression that are counted: of as many there is enough to learn."""

Rows: TypeAlias = NDArray[np.int64]


@dataclass
class Labels:
    """What the labels of a table are.

    Attributes:
        without: per file, the rows without a label (the first row is 0): a value that it needs is
            missing.
        dropped: per file, those whose rule gives no finite number.
        first_without, first_dropped: the first of each.
        outside: the cells of all rows whose label is none of the classes.
        counts: rows of each class, of regression of the first values; under None, those outside of
            the classes.
        problems: why the labels cannot be used.
        notes: what is worth knowing.
    """

    without: dict[Path, Rows] = field(default_factory=dict)
    dropped: dict[Path, Rows] = field(default_factory=dict)
    first_without: Cell | None = None
    first_dropped: Cell | None = None
    outside: list[Cell] = field(default_factory=list)
    counts: Counter[Any] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def rows_without(self) -> int:
        """Number of rows without a label."""
        return sum(map(len, self.without.values()))

    @property
    def rows_dropped(self) -> int:
        """Number of rows that the rule drops."""
        return sum(map(len, self.dropped.values()))

    def left_out(self, path: Path) -> Rows:
        """Give the rows of a file that the pipeline does not get, in order."""
        none = np.array([], np.int64)
        return np.union1d(self.without.get(path, none), self.dropped.get(path, none))


class LabelScan:
    """Keeps the cells that labels follow from, while a table is read.

    Attributes:
        columns: from which they follow.
        numbers: those of them that are computed with.
        is_complete: the table has all of them.
    """

    def __init__(self, needs: LabelNeeds, header: Sequence[str]) -> None:
        self._needs = needs
        self._rule = LabelRule.parse(needs.rule) if needs.rule else None
        names = sorted(self._rule.columns) if self._rule else [needs.column]
        self._positions = {name: header.index(name) for name in names if name in header}
        self.columns = frozenset(names)
        texts = self._rule.text_columns if self._rule else names if needs.classes else ()
        self.numbers = self.columns.difference(texts)
        self.is_complete = len(self._positions) == len(names)
        self._blocks: list[LabelBlock] = []

    def add(self, texts: Mapping[int, Any], path: Path, indices: Any, start: int) -> None:
        """Take in successive rows of a file: at `positions`, Arrow's dictionaries of texts.

        `indices` are those of their records; `start` is the number of the file's rows before them.
        """
        needed = {name: texts[position] for name, position in self._positions.items()}
        self._blocks.append(LabelBlock(path, indices, start, needed))

    @property
    def positions(self) -> Sequence[int]:
        """Of the columns that it needs."""
        return list(self._positions.values())

    def labels(self, plans: Mapping[str, ColumnPlan], place: Place) -> Labels:
        """Compute all labels, with the types that the columns will have."""
        found, faults = Labels(), LabelFaults()
        without: dict[Path, list[Rows]] = {}
        dropped: dict[Path, list[Rows]] = {}
        for block in self._blocks:
            cells = LabelCells(block, plans)
            if self._rule:
                known, codes, names, differs = self._by_rule(cells, plans)
                faults.differing_rows += int(np.count_nonzero(known & differs))
                faults.differing += cells.cells(known & differs, LISTED - len(faults.differing))
            else:
                known = ~cells.missing
                codes, names = self._by_column(cells, plans)
            for cell in cells.cells(known & (codes < 0)):
                faults.outside[cell.value] += 1
                faults.first_outside.setdefault(cell.value, cell)
                found.outside.append(cell)
            _count(found.counts, codes[known], names)
            first = _note_rows(without, block, cells, cells.missing)
            found.first_without = found.first_without or first
            first = _note_rows(dropped, block, cells, ~known & ~cells.missing)
            found.first_dropped = found.first_dropped or first
        found.without = {path: np.concatenate(rows) for path, rows in without.items()}
        found.dropped = {path: np.concatenate(rows) for path, rows in dropped.items()}
        if self._blocks:  # else there is no row, which is said otherwise
            found.problems = label_problems(self._needs, found.counts, faults, place)
        found.notes = absent_classes(self._needs, found.counts)
        return found

    def _by_rule(
        self, cells: LabelCells, plans: Mapping[str, ColumnPlan]
    ) -> tuple[NDArray[Any], NDArray[Any], Sequence[Any], NDArray[Any]]:
        """Give where labels are known, their places among names, and where storing changes one."""
        assert self._rule is not None
        written, stored = {}, {}
        for name in self._positions:
            if name in self._rule.text_columns:
                stored[name] = cells.names(name)
                # Of a number the spelling says nothing; a category is what it is spelled as.
                written[name] = stored[name] if plans[name].is_number else cells.texts(name)
            else:
                written[name], stored[name] = cells.numbers(name)
        whole = [name for name, plan in plans.items() if plan.type == "int64"]
        label, known = self._rule.evaluate(written, whole)
        label_stored, known_stored = self._rule.evaluate(stored, whole)
        differs = known_stored != known
        if self._rule.is_boolean:
            differs |= label_stored != label
            return known, label.astype(np.int64), ("0", "1"), differs
        return known, *self._classes(label), differs

    def _by_column(
        self, cells: LabelCells, plans: Mapping[str, ColumnPlan]
    ) -> tuple[NDArray[Any], Sequence[Any]]:
        """Give the places of labels among names; -1: outside of the classes, or not known."""
        name = self._needs.column
        texts, codes = cells.distinct(name)
        if not self._needs.classes:
            numbers = read_numbers(texts, plans[name])
            places, names = self._classes(numbers)
            return places[codes], names
        if plans[name].type != "string":
            texts = [x[:-2] if shape_of(x) == "whole" else x for x in texts]
        known = {text: place for place, text in enumerate(self._needs.classes)}
        return np.array([known.get(text, -1) for text in texts])[codes], self._needs.classes

    def _classes(self, numbers: NDArray[Any]) -> tuple[NDArray[Any], Sequence[Any]]:
        """Give the places of labels among the classes, of regression among the values."""
        if self._needs.task == "regression":
            values, places = np.unique(numbers, return_inverse=True)
            return places.reshape(-1), values.tolist()
        classes = self._needs.names
        with np.errstate(invalid="ignore"):
            is_class = (numbers == np.floor(numbers)) & (numbers >= 0) & (numbers < len(classes))
        return np.where(is_class, numbers, -1.0).astype(np.int64), classes


def _count(counts: Counter[Any], codes: NDArray[Any], names: Sequence[Any]) -> None:
    """Add labels, given by their places among names; -1 stands for none of them."""
    for place, count in enumerate(np.bincount(codes + 1, minlength=1)):
        name = names[place - 1] if place else None
        if count and (len(counts) < _COUNTED or name in counts):
            counts[name] += int(count)


def _note_rows(
    rows: dict[Path, list[Rows]], block: LabelBlock, cells: LabelCells, where: NDArray[np.bool_]
) -> Cell | None:
    """Remember rows; give the first."""
    if not where.any():
        return None
    rows.setdefault(block.path, []).append(np.flatnonzero(where) + block.start)
    return cells.cells(where, 1)[0]
