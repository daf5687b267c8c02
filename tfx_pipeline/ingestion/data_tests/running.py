"""Run the tests of a table, once the types of its columns are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.columns.cells import Cell
from tfx_pipeline.ingestion.data_tests.freshness import age_of_newest
from tfx_pipeline.ingestion.data_tests.own_function import call_own
from tfx_pipeline.ingestion.data_tests.references import values_in_file
from tfx_pipeline.ingestion.data_tests.tested_rows import TestedRows
from tfx_pipeline.ingestion.data_tests.unique_keys import repeated_keys
from tfx_pipeline.ingestion.needs import (
    CsvFormat,
    DataTest,
    Holds,
    IsFresh,
    IsInFile,
    IsUnique,
    OwnFunction,
)

SHOWN = 3
"""Rows that are shown of those that break a test."""


@dataclass(frozen=True)
class TestResult:
    """What came of one test.

    Attributes:
        test: what was required.
        rows: that were looked at.
        first: of the rows that break it, the first few, with the values that it reads.
        broken: indices of the records of all rows that break it, with their files.
        stale: of a test of freshness, how old the newest row is; else empty.
    """

    __test__ = False  # it is none of pytest's

    test: DataTest
    rows: int
    first: tuple[Cell, ...] = ()
    broken: tuple[tuple[TestedRows, NDArray[np.int64]], ...] = field(default=(), repr=False)
    stale: str = ""

    @property
    def count(self) -> int:
        """Number of rows that break it."""
        return sum(len(rows) for _, rows in self.broken)

    @property
    def share(self) -> float:
        """Share of the rows that break it."""
        return self.count / self.rows if self.rows else 0.0

    @property
    def is_kept(self) -> bool:
        """Whether no more rows break it than may."""
        return not self.stale and (not self.count or self.share <= self.test.max_bad_share)

    def cells(self, *, plain: bool = False) -> Iterator[Cell]:
        """Give the rows that break it, as `first` does; `plain`: a value alone without its name."""
        names = self.test.columns
        for block, rows in self.broken:
            for row in rows.tolist():
                is_alone = plain and len(names) == 1
                text = block.text(row, names[0]) if is_alone else block.shown(row, names)
                yield Cell(block.block.path, int(block.indices[row]), text)

    def facts(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return {
            "rule": self.test.text,
            "severity": "error" if self.test.is_error else "warn",
            "rows": self.rows,
            "broken": self.count,
            "share": self.share,
            "max_bad_share": self.test.max_bad_share,
            "kept": self.is_kept,
            **({"stale": self.stale} if self.stale else {}),
        }


def run_tests(
    tests: Sequence[DataTest], blocks: Sequence[TestedRows], csv: CsvFormat
) -> tuple[list[TestResult], list[Problem]]:
    """Run tests on all rows; give their results, and why some could not be run.

    `csv` says how the files are written with which values are compared.
    """
    results: list[TestResult] = []
    problems: list[Problem] = []
    rows = sum(map(len, blocks))
    for test in tests:
        try:
            if isinstance(test.check, IsFresh):
                results.append(
                    TestResult(test, rows, stale=age_of_newest(test, test.check, blocks))
                )
                continue
            where = [np.flatnonzero(x) for x in _broken(test, blocks, csv)]
        except DataError as error:
            problems += error.problems
            continue
        broken = tuple((x, found) for x, found in zip(blocks, where, strict=True) if len(found))
        result = TestResult(test, rows, broken=broken)
        first = tuple(cell for cell, _ in zip(result.cells(), range(SHOWN), strict=False))
        results.append(TestResult(test, rows, first, broken))
    return results, problems


def _broken(
    test: DataTest, blocks: Sequence[TestedRows], csv: CsvFormat
) -> list[NDArray[np.bool_]]:
    """Tell which rows break a test: `[rows]` of each block."""
    check = test.check
    if isinstance(check, IsUnique):
        return repeated_keys(blocks, test.columns)
    of_block: Callable[[TestedRows], NDArray[np.bool_]]
    if isinstance(check, Holds):
        of_block = _Expression(check)
    elif isinstance(check, IsInFile):
        of_block = values_in_file(test, check, blocks, csv)
    else:
        assert isinstance(check, OwnFunction)
        of_block = call_own(test, check)
    return [of_block(block) for block in blocks]


class _Expression:
    """Computes where a rule is broken."""

    def __init__(self, check: Holds) -> None:
        self._rule = check.rule

    def __call__(self, block: TestedRows) -> NDArray[np.bool_]:
        rule = self._rule
        values = {
            name: block.texts(name) if name in rule.text_columns else block.numbers(name)
            for name in rule.columns
        }
        missing = {name: block.missing(name) for name in rule.asked_columns}
        whole = [name for name in rule.columns if block.plans[name].type == "int64"]
        return np.asarray(rule.breaks(values, missing, whole), bool)
