"""The label: what kind of prediction it asks for, and its classes in their order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.ingestion.reading.arrow_arrays import strings
from tfx_pipeline.modules.features.number_style import NumberStyle, numbers_of, read_style
from tfx_pipeline.tables.classes import (
    check_classes,
    label_error,
    ordered_classes,
    other_labels,
)
from tfx_pipeline.tables.column_sample import ColumnSample
from tfx_pipeline.tables.kinds import names
from tfx_pipeline.tables.kinds.column_kind import guess_texts
from tfx_pipeline.tables.kinds.guess import shown_number
from tfx_pipeline.tables.label_cells import all_label_cells, label_cells
from tfx_pipeline.tables.plan import Alternative, ColumnPlan, Decision, Finding
from tfx_pipeline.tables.table_sample import TableSample
from tfx_pipeline.wording import counted, listed, percent

_MOST_NUMBERED = 10
"""Different whole numbers that are classes."""
_EITHER_WAY = re.compile(r"\s*-?\d{1,3}(,\d{3})?\s*")


@dataclass(frozen=True)
class LabelPlan:
    """What is predicted.

    Attributes:
        column: the label's.
        task: `binary`, `multiclass` or `regression`.
        decision: the section `label`.
        findings: what a person should look at.
        values: `[rows] float64`: class ids in the order of the classes, or numbers; NaN: missing.
        marks: cells that mean a missing label, beside the empty one.
        thousands: the mark between them, where cells such as `12,345` do not say which it is.
    """

    column: ColumnPlan
    task: str
    decision: Decision
    findings: tuple[Finding, ...]
    values: NDArray[np.float64]
    marks: tuple[str, ...] = ()
    thousands: str = ""


def plan_label(column: ColumnSample, sample: TableSample, task: str | None) -> LabelPlan:
    """Decide what the label is.

    Raises:
        ConfigError: it cannot be what `task` says.
        DataError: nothing can be learned from it.
    """
    if column.rows == 1:
        raise label_error(
            column, "the table has one row", allowed="a hundred rows, better thousands"
        )
    cells = label_cells(column, sample)
    if not cells.known:
        raise label_error(
            column, "the label is missing in all rows", f"{column.rows:,} empty cells"
        )
    if len(cells.texts) == 1:
        what = f"the label is `{cells.texts[0]}` in all rows"
        raise label_error(column, what, allowed="a label with two values at least")
    is_number = _is_number(column)
    found, reason = task, "as asked for"
    if found is None:
        found, reason = _task(column, cells.texts, cells.known)
    setting: dict[str, object] = {"column": column.name, "task": found}
    findings: list[Finding] = []
    alternatives: tuple[Alternative, ...] = ()
    if found == "regression":
        if not is_number:
            raise _no_number(column, cells.texts)
        meaning = f"the label: numbers{_range(column)}"
    else:
        cells = all_label_cells(column, sample)
        classes, why = ordered_classes(column, cells, found)
        findings += check_classes(column, cells, task)
        if found == "multiclass" or classes != ["0", "1"]:
            setting["classes"] = classes
        reason += why
        meaning = f"the label: {len(classes)} classes"
        alternatives = other_labels(column, classes, cells, found)
    if missing := cells.rows - cells.known:
        share = percent(missing / cells.rows)
        text = f"the label is missing in {counted(missing, 'row')} ({share}): they are left out"
        findings.insert(0, Finding((column.name,), text))
    plan = ColumnPlan(
        column.name, "label", meaning, None, reason, cells.rows, missing, len(cells.texts)
    )
    decision = Decision(setting, reason, alternatives)
    values = _as_values(column, setting.get("classes"))
    thousands = _thousands(cells.texts) if found == "regression" and column.numbers is None else ""
    return LabelPlan(plan, found, decision, tuple(findings), values, tuple(cells.marks), thousands)


def _is_number(column: ColumnSample) -> bool:
    """Tell labels that are numbers, also with a decimal comma or marks between thousands.

    Raises:
        DataError: they are amounts or moments, which must be written otherwise.
    """
    if column.numbers is not None:
        return True
    guess = guess_texts(column)
    feature = guess.feature or {}
    if feature.get("kind") == "timestamp":
        step = "let it be a number, e.g. of days, or name another column"
        raise label_error(
            column, f"the label holds {guess.meaning}", None, "classes, numbers", step
        )
    if "parse" not in feature:
        return False
    example = str(feature["parse"])
    style = read_style(example)
    if replace(style, decimal=".", thousands="") != NumberStyle():
        what = f"the label holds numbers written as `{example}`"
        step = f"write {_plain(style, example)} into the table"
        raise label_error(column, what, allowed="plain numbers", step=step)
    return True


def _as_values(column: ColumnSample, classes: object) -> NDArray[np.float64]:
    if column.numbers is not None:
        return column.numbers
    codes, texts = column.coded
    if isinstance(classes, list):
        places = {text: float(place) for place, text in enumerate(classes)}
        values = np.array([places.get(text, np.nan) for text in texts])
    else:
        feature = guess_texts(column).feature or {}
        values = numbers_of(strings(texts), read_style(str(feature["parse"])))
    return np.append(values, np.nan)[codes]


def _thousands(texts: Sequence[str]) -> str:
    """Give the comma of labels such as `12,345`, each of which might be a fraction."""
    has_comma = any("," in text for text in texts)
    return "," if has_comma and all(map(_EITHER_WAY.fullmatch, texts)) else ""


def _plain(style: NumberStyle, example: str) -> str:
    (value,) = numbers_of(strings([example]), style)
    return f"{value:.10g}"


def _range(column: ColumnSample) -> str:
    if column.numbers is None:
        return f" such as `{column.counted[0][0]}`"
    low, high = column.counted_numbers[0][[0, -1]]
    return f" from {shown_number(low)} to {shown_number(high)}"


def _task(column: ColumnSample, texts: list[str], known: int) -> tuple[str, str]:
    distinct = len(texts)
    if column.numbers is None and _is_number(column):
        return "regression", f"{distinct:,} different numbers, written in a way of their own"
    if column.numbers is None:
        task = "binary" if distinct == 2 else "multiclass"
        return task, f"text with {counted(distinct, 'different value')}"
    values = column.counted_numbers[0]
    is_whole = bool((values == np.floor(values)).all())
    if distinct == 2:
        return "binary", f"two different numbers, {texts[0]} and {texts[1]}"
    is_dense = distinct <= 4 or values[-1] - values[0] < distinct
    few = distinct <= _MOST_NUMBERED and is_dense and known >= 5 * distinct
    if is_whole and few and not names.names_a_count(column.name):
        return "multiclass", f"only {distinct} different whole numbers"
    what = "whole numbers" if is_whole else "numbers"
    return "regression", f"{distinct:,} different {what}"


def _no_number(column: ColumnSample, texts: list[str]) -> ConfigError:
    what = f"the label `{column.name}` is no number in all rows"
    step = "write plain numbers into the table, or let the task be one of classes"
    shown = listed([f"`{text}`" for text in texts[:5]])
    return ConfigError([Problem(what, "--task", shown, "numbers", step)])
