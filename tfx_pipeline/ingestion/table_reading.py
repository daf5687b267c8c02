"""Read the files of a table once: what is in them, and what is wrong with them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.columns.cells import LISTED, block_of, file_of, first_few
from tfx_pipeline.ingestion.columns.header import (
    clean_names,
    header_difference,
    header_problems,
    left_out,
    no_names_problem,
    order_of,
)
from tfx_pipeline.ingestion.columns.label_scan import Labels, LabelScan
from tfx_pipeline.ingestion.columns.number_scan import add_numbers
from tfx_pipeline.ingestion.columns.number_text import PLAIN, NumberStyle
from tfx_pipeline.ingestion.columns.put_aside import PutAside
from tfx_pipeline.ingestion.columns.quick_scan import add_known
from tfx_pipeline.ingestion.columns.ragged_rows import RaggedRows
from tfx_pipeline.ingestion.columns.scan import ColumnScan
from tfx_pipeline.ingestion.columns.types import ColumnPlan, plan_column
from tfx_pipeline.ingestion.data_tests.failures import notes_of
from tfx_pipeline.ingestion.data_tests.running import TestResult, run_tests
from tfx_pipeline.ingestion.data_tests.tested_rows import KeptColumns
from tfx_pipeline.ingestion.needs import DataTest, TableNeeds
from tfx_pipeline.ingestion.reading.arrow_arrays import kept_rows
from tfx_pipeline.ingestion.reading.blocks import RowBlock
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.opened import Blocks, OpenBlocks, opened_blocks
from tfx_pipeline.ingestion.reading.parquet import as_texts, is_text
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.ingestion.reading.table_files import (
    TableFiles,
    os_problem,
    shown,
    table_files,
)
from tfx_pipeline.ingestion.spans.choice import Span
from tfx_pipeline.ingestion.staged_copy.writing import StagingCopy
from tfx_pipeline.ingestion.table import FileSummary, Table
from tfx_pipeline.processes.progress import progress
from tfx_pipeline.wording import counted, listed

_SHOWN = 20  # notes, and columns whose cells do not fit


def read_table(
    path: Path,
    needs: TableNeeds | None = None,
    files: Sequence[Path] | None = None,
    staging: Path | None = None,
    spans: Mapping[Path, Span] | None = None,
    aside: PutAside | None = None,
    query: SqlQuery | None = None,
) -> Table:
    """Read a file, or all files of a table in a folder, or what a query gives, once.

    Nothing is raised for a table that cannot be read: `Table.unreadable` says why.

    Args:
        path: the file or folder.
        needs: what the pipeline needs of it.
        files: those of the table, where `path` is a pattern that they match.
        staging: folder in which a copy is written on the way, for ExampleGen: `Table.staged`.
        spans: of each of the files, where they have some.
        aside: rows that are passed over, as if they were not there.
        query: gives the table instead of files; `path` is what its rows are called.

    Raises:
        PlaceError: the copy cannot be written.
    """
    needs = needs or TableNeeds()
    if query:
        found = TableFiles((path,))
    else:
        found = TableFiles(tuple(files)) if files else table_files(path)
    with contextlib.ExitStack() as stack:
        copy = stack.enter_context(StagingCopy(staging)) if staging else None
        notes = [found.note] if found.note else []
        reading = _Reading(
            needs,
            list(found.problems),
            notes,
            _sizes(found.files),
            aside or PutAside(),
            copy,
            ragged=RaggedRows(keeps_all=needs.bad_rows.quarantine),
        )
        for file, opened in opened_blocks(found.files, needs.csv, query):
            reading.read(file, opened)
        table = replace(reading.table(path), spans=spans or {}, query=query)
        goes_on = needs.bad_rows.quarantine and table.refused  # bad rows are put aside first
        if copy and not table.problems and table.header and not goes_on:
            table = replace(table, staged=copy.finish(table))
        return table


def _sizes(files: Sequence[Path]) -> dict[Path, int]:
    """Give the bytes of each file; of one that is gone, which is said later, none."""
    return {file: file.stat().st_size if file.exists() else 0 for file in files}


@dataclass
class _Reading:
    """What is known so far, file by file."""

    needs: TableNeeds
    problems: list[Problem]
    notes: list[str]
    sizes: dict[Path, int]
    aside: PutAside
    staging: StagingCopy | None = None
    written: dict[str, list[str]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    names_path: Path | None = None
    positions: tuple[int, ...] = ()
    order: list[int] = field(default_factory=list)
    files: list[FileSummary] = field(default_factory=list)
    columns: list[ColumnScan] = field(default_factory=list)
    labels: LabelScan | None = None
    tested: KeptColumns | None = None
    ragged: RaggedRows = field(default_factory=RaggedRows)
    numbered: set[Path] = field(default_factory=set)

    def read(self, path: Path, opened: OpenBlocks) -> None:
        """Take in one file."""
        try:
            table = opened()
            if not table.has_lines:
                self.numbered.add(path)
            if table.note:
                self.written.setdefault(table.note, []).append(path.name)
            if not self._take_header(path, table):
                return
            if self.staging:
                self.staging.begin(path, [self.names[i] for i in self.positions])
            rows = 0
            for block in table.blocks():
                rows += self._take_rows(path, block, rows)
                self._tell(rows, table.share, path)
            positions = tuple(self.order[i] for i in self.positions)
            self.files.append(FileSummary(path, rows, table.digest, positions))
        except UnreadableError as error:
            self.problems.append(error.problem)
        except OSError as error:  # it is gone, or its disk is
            self.problems.append(os_problem(path, error))

    def _tell(self, rows: int, share: float | None, path: Path) -> None:
        """Tell how far the reading is: rows so far, and in all if they go on as they are."""
        done = sum(file.rows for file in self.files) + rows
        before = sum(self.sizes[file.path] for file in self.files)
        read = before + (share or 0.0) * self.sizes[path]
        progress(done, done * sum(self.sizes.values()) / read if share and read else None)

    def table(self, path: Path) -> Table:
        """Decide the types, look at the labels, and put all together."""
        header = tuple(column.name for column in self.columns)
        read = Table(
            path,
            self.needs,
            tuple(self.files),
            header,
            self.positions,
            tuple(self.columns),
            numbered=frozenset(self.numbered),
            aside=self.aside.with_rows(self.ragged.rows),
        )
        is_empty = bool(self.files) and not any(file.rows for file in self.files)
        ragged: list[Problem] = []
        if is_empty or not self.needs.bad_rows.quarantine:
            width = len(self.names)
            ragged = list(self.ragged.problems(width, self.needs.csv, none_fits=is_empty))
        found = first_few(self.problems, LISTED, "problem", shown(path))
        unreadable = (*found[:LISTED], *ragged, *found[LISTED:])
        plans: list[ColumnPlan] = []
        misfits: list[Problem] = []
        notes = list(self.notes)
        notes += [f"{listed(files, 2)}: {how}" for how, files in self.written.items()]
        for column in self.columns:
            column.settle()
            # A line is found by reading up to it: those that are shown will do.
            is_shown = max(len(misfits), len(notes)) < _SHOWN
            place = read.place if is_shown else file_of
            plan, problems, remarks = plan_column(column, self.needs, place)
            plans.append(plan)
            misfits += problems
            notes += remarks
        labels = Labels()
        if self.labels and not (unreadable or misfits) and self._can_be_read(self.labels, plans):
            labels = self.labels.labels({plan.name: plan for plan in plans}, read.place)
        notes += labels.notes
        results: list[TestResult] = []
        failures: list[Problem] = []
        if self.tested and not (unreadable or misfits):
            rows = self.tested.rows(plans, self.needs.csv.decimal or ".")
            results, failures = run_tests(self._tests(plans), rows, self.needs.csv)
        if (more := len(notes) - _SHOWN) > 0:
            notes[_SHOWN:] = [f"and {counted(more, 'more note')} like these"]
        return replace(
            read,
            plans=tuple(plans),
            labels=labels,
            notes=(*notes, *notes_of(results, read.places)),
            tests=tuple(results),
            failures=tuple(failures),
            unreadable=unreadable,
            misfits=tuple(first_few(misfits, _SHOWN, "column")),
        )

    def _tests(self, plans: Sequence[ColumnPlan]) -> list[DataTest]:
        """Give the tests whose columns are there and can be read; of the others checks tell."""
        readable = {
            column.name
            for column, plan in zip(self.columns, plans, strict=True)
            if not (column.wrong and plan.style == PLAIN)
        }
        return [test for test in self.needs.tests if readable.issuperset(test.columns)]

    def _can_be_read(self, labels: LabelScan, plans: Sequence[ColumnPlan]) -> bool:
        """Tell whether all cells of the label's columns are what they must be."""
        return bool(self.files and labels.is_complete) and not any(
            (column.wrong and column.name in labels.columns and plan.style == PLAIN)
            or (plan.type == "string" and column.name in labels.numbers)
            for column, plan in zip(self.columns, plans, strict=True)
        )

    def _take_header(self, path: Path, table: Blocks) -> bool:
        if problem := no_names_problem(path, table.header):
            self.problems.append(problem)
            return False
        names = clean_names(table.header)
        if self.names_path is None:
            self.names, self.names_path = names, path
            self.order = list(range(len(names)))
            self.problems += header_problems(path, names)
            self._make_columns(names)
        elif names == self.names:
            self.order = list(range(len(names)))
        elif order := order_of(names, self.names):
            self.order = order
            self.written.setdefault(
                f"columns in another order than in {self.names_path.name}, read by their names", []
            ).append(path.name)
        else:
            self.problems.append(header_difference(path, names, self.names_path, self.names))
            return False
        return True

    def _make_columns(self, names: Sequence[str]) -> None:
        skipped = left_out(names)
        if skipped:
            index = [names[i] for i in sorted(skipped) if names[i]]
            edges = [word for i, word in ((0, "first"), (len(names) - 1, "last")) if i in skipped]
            edges = [word for word in edges if not (index and word == "last")]
            if edges:
                self.notes.append(f"the {' and the '.join(edges)} column without a name left out")
            if index:
                self.notes.append(f"{', '.join(index)} left out: the index of a pandas frame")
        self.positions = tuple(i for i in range(len(names)) if i not in skipped)
        csv = self.needs.csv
        style = None
        if csv.decimal or csv.thousands:
            style = NumberStyle(
                csv.decimal or ("," if csv.thousands == "." else "."), csv.thousands or ""
            )
        self.columns = [
            ColumnScan(names[i], self.needs.uses.get(names[i], "unused"), style)
            for i in self.positions
        ]
        if self.needs.label:
            self.labels = LabelScan(self.needs.label, [column.name for column in self.columns])
        if self.needs.tests:
            tested = {name for test in self.needs.tests for name in test.columns}
            self.tested = KeptColumns(tested, [column.name for column in self.columns])

    def _take_rows(self, path: Path, block: RowBlock, start: int) -> int:
        """Take in successive rows, before which the file has `start`; return how many."""
        aside = self.aside.by_file.get(path, {})
        for index, row in block.ragged:
            if index not in aside:
                self.ragged.add(path, index, row)
        indices = block.indices
        if not len(indices):
            return 0
        columns = [block.columns[self.order[position]] for position in self.positions]
        if aside:
            indices = np.asarray(indices, np.int64)
            kept = ~np.isin(indices, self.aside.indices(path))
            if not kept.all():
                columns, indices = [kept_rows(x, kept) for x in columns], indices[kept]
        if len(indices):
            self._take_columns(path, columns, indices, start)
        return len(indices)

    def _take_columns(self, path: Path, columns: list[Any], indices: Any, start: int) -> None:
        mark = self.needs.csv.decimal or "."
        for scan, column in zip(self.columns, columns, strict=True):
            if not is_text(column) and add_numbers(scan, column, path, indices):
                continue
            texts = as_texts(column, mark)
            if not add_known(scan, texts, path):
                scan.add(block_of(texts, path, indices))
        if self.labels and self.labels.is_complete:
            needed = {place: as_texts(columns[place], mark) for place in self.labels.positions}
            self.labels.add(needed, path, indices, start)
        if self.tested:
            self.tested.add(columns, path, indices)
        if self.staging:
            self.staging.add(columns)
