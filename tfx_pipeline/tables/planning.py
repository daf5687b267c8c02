"""From a table and the name of its label to all that a configuration says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tfx_pipeline.errors import ConfigError, DataError, Problem
from tfx_pipeline.ingestion.columns.header import no_header_problem
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.tables.judging import plan_fairness, plan_metrics, plan_slices
from tfx_pipeline.tables.kinds.column_kind import plan_column
from tfx_pipeline.tables.labels import plan_label
from tfx_pipeline.tables.plan import ColumnPlan, Decision, TablePlan
from tfx_pipeline.tables.reading import plan_bad_rows, plan_csv, read_any_encoding
from tfx_pipeline.tables.relations import leak_suspects, without_doubles
from tfx_pipeline.tables.splits import plan_split
from tfx_pipeline.tables.table_sample import TableSample
from tfx_pipeline.wording import listed, nearest

_FAMILY = "linear model, boosted trees and network, or their mean: what is best on held-out rows"


def plan_table(
    path: str,
    label: str,
    *,
    task: str | None = None,
    seed: int = 0,
    most_rows: int = 1_000_000,
    csv: CsvFormat = CsvFormat(),  # noqa: B008 - it is frozen
    query: SqlQuery | None = None,
) -> TablePlan:
    """Look at a table, and decide what each column is, what is predicted, and how.

    Args:
        path: file or folder, as `data.path` has it.
        label: name of the column that is predicted.
        task: `binary`, `multiclass` or `regression`; None: as the label looks.
        seed: of every choice by chance.
        most_rows: that are looked at; of wide tables fewer are.
        csv: how text files are written, as far as it is known.
        query: gives the rows instead of files.

    Raises:
        ConfigError: there is no such label, or it cannot be what `task` says.
        DataError: the table cannot be read, or nothing can be learned from it.
    """
    sample, csv = read_any_encoding(Path(path), csv, query, most_rows)
    return plan_sample(sample, csv, path, label, task=task, seed=seed)


def plan_sample(
    sample: TableSample,
    csv: CsvFormat,
    path: str,
    label: str,
    *,
    task: str | None = None,
    seed: int = 0,
) -> TablePlan:
    """Do what `plan_table` does, with rows that were read; `csv` says how."""
    bad_rows = plan_bad_rows(Path(path), sample)
    column = sample.by_name.get(label)
    if column is None:
        raise ConfigError([_no_label(path, label, sample)])
    label_plan = plan_label(column, sample, task)
    columns = [
        label_plan.column if each.name == label else plan_column(each) for each in sample.columns
    ]
    columns, doubles = without_doubles(columns, sample)
    columns, suspects = leak_suspects(columns, sample, label_plan, seed)
    split = plan_split(columns, sample, label_plan, seed)
    if not any(plan.feature for plan in split.columns):
        raise DataError([_no_feature(path, split.columns)], "nothing to learn from")
    warnings = (*label_plan.findings, *doubles, *suspects, *split.findings)
    sections = {
        **plan_csv(csv, label_plan),
        **bad_rows,
        "data.split": split.decision,
        "label": label_plan.decision,
        "model.family": Decision("auto", _FAMILY),
        "evaluation.metrics": plan_metrics(label_plan),
    }
    if slices := plan_slices(split.columns, sample):
        sections["evaluation.slices"] = slices
    if fairness := plan_fairness(split.columns):
        sections["risk.fairness.columns"] = fairness
    return TablePlan(path, sample.rows, sample.looked_at, tuple(split.columns), sections, warnings)


def _no_feature(path: str, columns: Sequence[ColumnPlan]) -> Problem:
    reasons = [f"`{plan.name}`: {plan.reason}" for plan in columns if plan.role == "dropped"]
    return Problem(
        "no column can be a feature",
        shown(Path(path)),
        listed(reasons, 8) or "no column beside the label",
        "a column that differs from row to row, and not in each",
    )


def _no_label(path: str, label: str, sample: TableSample) -> Problem:
    names = [column.name for column in sample.columns]
    if problem := no_header_problem(Path(path), names, [label]):
        return problem
    near = nearest(label, names)
    return Problem(
        f"the table has no column `{label}`",
        shown(Path(path)),
        allowed=listed(names, 30),
        next_step=near or "name one of its columns: --label",
    )
