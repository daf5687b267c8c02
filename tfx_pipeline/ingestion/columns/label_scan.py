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
from tfx_pipeline.ingestion.columns.cells import Cell, Place
from tfx_pipeline.ingestion.columns.label_problems import (
    LabelFaults,
    absent_classes,
    label_problems,
)
from tfx_pipeline.ingestion.columns.number_text import MISSING_MARKS, shape_of
from tfx_pipeline.ingestion.columns.types import ColumnPlan
from tfx_pipeline.ingestion.needs import LabelNeeds
from tfx_pipeline.modules.label_rule.arithmetic import as_decimals
from tfx_pipeline.modules.label_rule.rule import LabelRule

Numbers: TypeAlias = NDArray[Any]


@dataclass
class Labels:
    """What the labels of a table are.

    Attributes:
        without: per file, the indices of records without a label: a value that it needs is missing.
        dropped: per file, those whose rule gives no finite number.
        first_without, first_dropped: the first of each.
        counts: rows of each class, of regression of each value; under None, those outside of the
            classes.
        problems: why the labels cannot be used.
        notes: what is worth knowing.
    """

    without: dict[Path, set[int]] = field(default_factory=dict)
    dropped: dict[Path, set[int]] = field(default_factory=dict)
    first_without: Cell | None = None
    first_dropped: Cell | None = None
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

    def left_out(self, path: Path) -> set[int]:
        """Give the indices of the records of a file that the pipeline does not get."""
        return self.without.get(path, set()) | self.dropped.get(path, set())


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
        self._blocks: list[tuple[Path, Sequence[int], dict[str, Sequence[str]]]] = []

    def add(self, columns: Sequence[Sequence[str]], path: Path, indices: Sequence[int]) -> None:
        """Take in successive records of a file, by column."""
        cells = {name: columns[position] for name, position in self._positions.items()}
        self._blocks.append((path, indices, cells))

    def labels(self, plans: Mapping[str, ColumnPlan], place: Place) -> Labels:
        """Compute all labels, with the types that the columns will have."""
        found, faults = Labels(), LabelFaults()
        for path, indices, texts in self._blocks:
            cells = {name: _present(texts[name], plans[name]) for name in texts}
            missing = np.any([np.array(x) == "" for x in cells.values()], axis=0)
            if self._rule:
                known, labels, differs = self._by_rule(cells, plans)
                faults.differing += _cells(path, indices, cells, known & differs)
            else:
                known, labels = ~missing, self._by_column(cells, plans)
            if None in labels:
                is_outside = known.copy()
                is_outside[known] = [label is None for label in labels]
                for cell in _cells(path, indices, cells, is_outside):
                    faults.outside[cell.value] += 1
                    faults.first_outside.setdefault(cell.value, cell)
            found.counts.update(labels)
            without = _cells(path, indices, cells, missing)
            first = _note_rows(found.without, without)
            found.first_without = found.first_without or first
            dropped = _cells(path, indices, cells, ~known & ~missing)
            first = _note_rows(found.dropped, dropped)
            found.first_dropped = found.first_dropped or first
        if self._blocks:  # else there is no row, which is said otherwise
            found.problems = label_problems(self._needs, found.counts, faults, place)
        found.notes = absent_classes(self._needs, found.counts)
        return found

    def _by_rule(
        self, cells: Mapping[str, Sequence[str]], plans: Mapping[str, ColumnPlan]
    ) -> tuple[NDArray[Any], list[Any], NDArray[Any]]:
        """Give where labels are known, those that are, and where storing numbers changes one."""
        assert self._rule is not None
        written, stored = {}, {}
        for name, texts in cells.items():
            if name in self._rule.text_columns:
                plan = plans[name]
                names = [_as_name(x, plan) if x and plan.type != "string" else x for x in texts]
                stored[name] = np.array(names, dtype=object)
                # Of a number the spelling says nothing; a category is what it is spelled as.
                written[name] = stored[name] if plan.is_number else np.array(texts, dtype=object)
            else:
                written[name] = _numbers(texts, plans[name])
                stored[name] = _as_stored(written[name], plans[name])
        whole = [name for name, plan in plans.items() if plan.type == "int64"]
        label, known = self._rule.evaluate(written, whole)
        label_stored, known_stored = self._rule.evaluate(stored, whole)
        differs = known_stored != known
        if self._rule.is_boolean:
            differs |= label_stored != label
            return known, [str(int(x)) for x in label[known]], differs
        if self._needs.task == "regression":
            return known, [float(x) for x in label[known]], differs
        return known, [self._class(float(x)) for x in label[known]], differs

    def _by_column(
        self, cells: Mapping[str, Sequence[str]], plans: Mapping[str, ColumnPlan]
    ) -> list[Any]:
        """Give the labels that are known; None: outside of the classes."""
        (texts,) = cells.values()
        known = [text for text in texts if text]
        plan = plans[self._needs.column]
        if self._needs.classes:
            classes = set(self._needs.classes)
            if plan.type != "string":
                known = [x[:-2] if shape_of(x) == "whole" else x for x in known]
            return [text if text in classes else None for text in known]
        numbers = _numbers(known, plan)
        if self._needs.task == "regression":
            return [float(x) for x in numbers]
        return [self._class(float(x)) for x in numbers]

    def _class(self, number: float) -> str | None:
        """Name the class with this id."""
        classes = self._needs.names
        return classes[int(number)] if number in range(len(classes)) else None


def _present(texts: Sequence[str], plan: ColumnPlan) -> list[str]:
    """Give cells without blanks around numbers, and "" for whatever means missing."""
    if plan.is_number:
        texts = [text.strip() for text in texts]
        return ["" if text in MISSING_MARKS else text for text in texts]
    return [text if text.strip() else "" for text in texts]


def _numbers(texts: Sequence[str], plan: ColumnPlan) -> Numbers:
    """Read numbers to 64 bits: `[rows]`, NaN where missing."""
    plain = plan.style.plain
    return np.array([float(plain(text)) if text else np.nan for text in texts], np.float64)


def _as_name(text: str, plan: ColumnPlan) -> str:
    """Write a number as the transform graph does where it is a name, see `RawColumns.texts`."""
    plain = plan.style.plain(text)
    if plan.type == "int64":
        return str(int(plain.partition(".")[0]))
    with np.errstate(over="ignore"):
        number = np.float32(plain)
    if number == np.floor(number) and abs(number) < 2.0**63:
        return str(int(number))
    shorter = (f"{float(number):.{digits}g}" for digits in range(6, 9))
    return next((x for x in shorter if np.float32(x) == number), f"{float(number):.9g}")


def _as_stored(numbers: Numbers, plan: ColumnPlan) -> Numbers:
    """Give what the transform graph takes for these numbers, see `label_rule.arithmetic`."""
    if plan.type != "float32":
        return numbers
    with np.errstate(over="ignore"):
        return np.asarray(as_decimals(numbers.astype(np.float32)))


def _cells(
    path: Path, indices: Sequence[int], cells: Mapping[str, Sequence[str]], where: NDArray[Any]
) -> list[Cell]:
    """Name the rows by what their label follows from."""
    found = []
    for row in np.flatnonzero(where):
        values = [column[row] for column in cells.values()]
        text = values[0]
        if len(values) > 1:
            text = ", ".join(f"{name} = {x}" for name, x in zip(cells, values, strict=True))
        found.append(Cell(path, indices[row], text))
    return found


def _note_rows(rows: dict[Path, set[int]], cells: Sequence[Cell]) -> Cell | None:
    """Remember rows; give the first."""
    for cell in cells:
        rows.setdefault(cell.path, set()).add(cell.index)
    return cells[0] if cells else None
