"""Values that only a few rows have are hidden: they could name a person.

What is hidden: values of slices, names of classes that the configuration does not list, values
that broke a rule of the schema. A number of rows below the limit is said to be below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.evaluation_facts import EvaluationFacts, SliceFigures
from tfx_pipeline.evaluation.risk.findings import RiskVerdict

_UNEXPECTED = re.compile(r"(Examples contain values missing from the schema):.*?(?=$|: \S)")
_EVIDENCE = re.compile(r"^.*?(?= in (?:all )?[\d,]+(?: of [\d,]+)? rows?\b)", re.DOTALL)
_NAMES = ("group", "value", "values", "slice", "lower", "higher")
"""Columns of figures that hold values of the data."""
_HIDDEN = "values (shown by the console and the log of the run alone)"


def few(min_rows: int) -> str:
    """Say what stands in the place of a value."""
    return f"a value of fewer than {min_rows} rows"


def without_rare_slices(slices: Sequence[SliceFigures], min_rows: int) -> list[SliceFigures]:
    """Put one entry a column in the place of all its values that have too few rows."""
    kept = [each for each in slices if each.rows >= min_rows]
    rare: dict[tuple[str, ...], list[SliceFigures]] = {}
    for each in slices:
        if each.rows < min_rows:
            rare.setdefault(each.columns, []).append(each)
    for columns, found in rare.items():
        rows = sum(each.rows for each in found)
        words = few(min_rows)
        if len(found) > 1:
            words = f"{len(found):,} values of fewer than {min_rows} rows each"
        kept.append(SliceFigures(columns, (words,), rows, note="too few rows to be shown"))
    return kept


def without_rare_classes(
    facts: EvaluationFacts, known: Iterable[str], min_rows: int
) -> EvaluationFacts:
    """Hide the names of classes that have too few eval rows and that nobody has configured."""
    public = set(map(str, known))
    hidden = {
        name: f"class {place} ({few(min_rows)})"
        for place, name in enumerate(facts.classes)
        if name not in public
        and (rows := facts.classes_figures.get(name, {}).get("rows")) is not None
        and rows < min_rows
    }
    if not hidden:
        return facts

    def renamed(values: Mapping[str, Any]) -> dict[str, Any]:
        return {hidden.get(name, name): each for name, each in values.items()}

    curves = {
        name: renamed(each) if name in ("roc", "precision_recall") else each
        for name, each in facts.curves.items()
    }
    if answers := curves.get("answers"):
        curves["answers"] = {**answers, "counts": renamed(answers["counts"])}
    return replace(
        facts,
        classes=tuple(hidden.get(name, name) for name in facts.classes),
        classes_figures=renamed(facts.classes_figures),
        curves=curves,
    )


def without_values(problem: Problem) -> Problem:
    """Take out of a refusal of the data the values that it shows."""
    received = problem.received and _EVIDENCE.sub(_HIDDEN, problem.received)
    return replace(problem, what=unexpected_hidden(problem.what), received=received)


def unexpected_hidden(text: str) -> str:
    """Take the values out of what TFDV says of those that the schema does not know."""
    return _UNEXPECTED.sub(r"\1", text)


def without_rare_figures(verdict: RiskVerdict, min_rows: int) -> RiskVerdict:
    """Hide the names of groups of too few rows in what the risk checks measured."""
    checks = [
        replace(
            check,
            figures={
                name: [_masked(row, min_rows) for row in rows]
                for name, rows in check.figures.items()
            },
        )
        for check in verdict.checks
    ]
    return replace(verdict, checks=tuple(checks))


def _masked(row: Mapping[str, Any], min_rows: int) -> Mapping[str, Any]:
    count = next((row[name] for name in ("rows", "count") if name in row), None)
    if not isinstance(count, (int, float)) or count >= min_rows:
        return row
    return {name: few(min_rows) if name in _NAMES and each else each for name, each in row.items()}
