"""Where in the table the values stand that the data gate refused.

Examples keep no line. The table is at hand in the process that started the run, so it is looked
through once more, by the very tests that the gate applied to the split.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.reading.arrow_arrays import booleans
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.processes.this_process import program
from tfx_pipeline.runners.local.run_record import RunRecord
from tfx_pipeline.schemas.evidence import SHOWN_VALUES, Evidence, shown_value
from tfx_pipeline.schemas.typed_columns import read_before

if TYPE_CHECKING:
    from tfx_pipeline.components.data_gate.anomalies import Offence
    from tfx_pipeline.components.data_gate.anomaly_problem import RefusedRule


def located(error: DataError, record: RunRecord) -> DataError:
    """Give the same refusal, with file and line of the values, and this run's configuration."""
    from tfx_pipeline.components.data_gate.anomaly_problem import AnomalyProblem

    rules = [each.rule for each in error.problems if isinstance(each, AnomalyProblem)]
    if not rules:
        return error
    evidence = iter(_evidence([rule.offence for rule in rules], record.table))
    options = configuration_options(record.options.command)
    problems = [
        _located(each.rule, next(evidence), record.table, options)
        if isinstance(each, AnomalyProblem)
        else each
        for each in error.problems
    ]
    return DataError(problems, error.title)


def _located(
    rule: RefusedRule, evidence: Evidence, table: Table, options: Sequence[str]
) -> Problem:
    places = table.places(evidence.cells)
    found = zip(evidence.cells, places, strict=True)
    values = [f"{shown_value(cell)} at {place}" for cell, place in found]
    offence: Offence = rule.offence
    return offence.to_problem(rule.split, rule.total_rows, values, options, program())


def _evidence(offences: Sequence[Offence], table: Table) -> list[Evidence]:
    """Find the first rows of the table that break each rule, among those that became examples."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = [Evidence() for _ in offences]
    rows: Counter[Path] = Counter()
    for block in read_before(table).blocks():
        begin = rows[block.path]
        rows[block.path] += block.rows
        left_out = table.labels.left_out(block.path)
        is_kept = ~np.isin(np.arange(begin, rows[block.path]), left_out)
        for offence, evidence in zip(offences, found, strict=True):
            column = block.columns.get(offence.feature)
            if column is None or len(evidence.cells) >= SHOWN_VALUES:
                continue
            is_text = pa.types.is_string(column.values.type)
            values = column.values.cast(pa.binary()) if is_text else column.values
            evidence.see(block, column, pc.and_(offence.offends(values), booleans(is_kept)))
        if all(len(evidence.cells) >= SHOWN_VALUES for evidence in found):
            break
    return found


def configuration_options(command: Sequence[str]) -> list[str]:
    """Keep the words of a command line that say which configuration it is about."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("--config", "--env"):
        parser.add_argument(name)
    parser.add_argument("--set", action="append", default=[])
    known, _ = parser.parse_known_args(list(command))
    words = ["--config", known.config] if known.config else []
    words += ["--env", known.env] if known.env else []
    return [*words, *(word for each in known.set for word in ("--set", each))]
