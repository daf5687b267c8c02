"""Why the labels of a table cannot be used, once all of them are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.columns.cells import LISTED, Cell, Place, cell_problem
from tfx_pipeline.ingestion.needs import LabelNeeds
from tfx_pipeline.modules.label_rule.rule import LabelRule
from tfx_pipeline.wording import counted, listed

_CHECK = "check label.column and label.rule, or give rows with other labels"


@dataclass
class LabelFaults:
    """What is wrong with single rows.

    Attributes:
        differing: the first rows whose label changes when their numbers are stored; of
            `differing_rows`.
        outside: how often each label stands there that is none of the classes; `first_outside`
            says where first.
    """

    differing: list[Cell] = field(default_factory=list)
    differing_rows: int = 0
    outside: Counter[str] = field(default_factory=Counter)
    first_outside: dict[str, Cell] = field(default_factory=dict)


def label_problems(
    needs: LabelNeeds, counts: Counter[Any], faults: LabelFaults, place: Place
) -> list[Problem]:
    """Say why the labels cannot be used: of single rows first, then of all together.

    `counts` are rows of each label; under None, those outside of the classes.
    """
    problems = [*_outside(needs, faults, place), *_differing(needs, faults, place)]
    return problems or list(_of_all(needs, counts))


def absent_classes(needs: LabelNeeds, counts: Counter[Any]) -> list[str]:
    """Note which classes no row has; a rule names none that could be misspelled."""
    absent = [name for name in needs.names if name not in counts]
    if not absent or needs.rule or len(counts.keys() - {None}) < 2:
        return []
    return [f"no row has the label {listed([f'`{x}`' for x in absent])}"]


def _outside(needs: LabelNeeds, faults: LabelFaults, place: Place) -> Iterator[Problem]:
    for value, count in list(faults.outside.items())[:LISTED]:
        step = "mend it, list it in label.classes, or in data.csv.missing_values to leave it out"
        if value in needs.names:
            step = "list the classes without a point, as whole numbers of the schema's type INT"
        elif near := [x for x in needs.names if x.strip().lower() == value.strip().lower()]:
            step = f"blanks and case count: write it as {near[0]!r}, or change label.classes"
        what = f"a label that is none of the classes, in {counted(count, 'row')}"
        allowed = ", ".join(map(repr, needs.names))
        yield cell_problem(what, faults.first_outside[value], place, allowed, step)
    if (more := len(faults.outside) - LISTED) > 0:
        are = "are" if more > 1 else "is"
        yield Problem(f"{counted(more, 'more label')} {are} none of the classes")


def _differing(needs: LabelNeeds, faults: LabelFaults, place: Place) -> Iterator[Problem]:
    if not faults.differing:
        return
    rows = counted(faults.differing_rows, "row")
    what = f"32-bit floats change the label of {rows} by `label.rule`"
    step = "write these numbers as integers, e.g. cents in place of dollars"
    if needs.rule and LabelRule.parse(needs.rule).text_columns:
        what = f"numbers lose their spelling, which changes the label of {rows}"
        step = "compare numbers without quotes, or let their type in the schema be BYTES"
    received = ", ".join(cell.value for cell in faults.differing[:LISTED])
    yield Problem(what, place(faults.differing[0]), received, next_step=step)


def _of_all(needs: LabelNeeds, counts: Counter[Any]) -> Iterator[Problem]:
    labels = list(counts)
    if not labels:
        what = f"no row has a label: `{needs.rule or needs.column}` has no value in any"
        yield Problem(what, needs.place, next_step=_CHECK)
    elif len(labels) == 1:
        count = counts[labels[0]]
        rows = (
            f"all {count:,} rows with a label have"
            if count > 1
            else "the only row with a label has"
        )
        what = f"{rows} the label `{labels[0]}`: there is nothing to learn"
        yield Problem(what, needs.place, next_step=_CHECK)
