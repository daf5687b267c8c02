"""The metrics of parts of the rows, as dots with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tfx_pipeline.evaluation.evaluation_facts import EvaluationFacts, SliceFigures
from tfx_pipeline.report.facts.run_facts import RunFacts
from tfx_pipeline.report.page.blocks import Block, Plot, Plots, Section, Table, Text
from tfx_pipeline.report.page.drawing.rows import Dot, dot_rows
from tfx_pipeline.report.page.drawing.texts import one_line
from tfx_pipeline.report.page.drawn import Drawn
from tfx_pipeline.report.page.sections.absence import absent
from tfx_pipeline.report.page.sections.headline import told_first
from tfx_pipeline.report.page.wording import NBSP, NOTHING, ends, number

_DRAWN, _LISTED, _MOST_METRICS = 25, 200, 3
_SHORT = 20


def slices(facts: RunFacts, drawn: Drawn) -> Section:
    """Draw the metric that decided, and the main one, of the largest slices; list them all."""
    evaluation = facts.evaluation
    if evaluation is None:
        nothing = absent(facts, "Evaluator", "What was measured of slices", "Evaluator.evaluation")
        return _section([nothing])
    if not evaluation.slices:
        text = "No slices are configured: `evaluation.slices` names columns to divide the rows by."
        return _section([Text(text, "note")])
    names = told_first(evaluation, facts.decision.figure)
    blocks: list[Block] = [Text(_words(evaluation))]
    plots = [plot for name in names[:2] if (plot := _plot(name, evaluation, drawn))]
    blocks.append(Plots(plots))
    blocks.append(_table(evaluation, names[:_MOST_METRICS], evaluation.slices[:_LISTED]))
    return _section(blocks)


def _section(blocks: Sequence[Block]) -> Section:
    return Section("slices", "Slices", blocks)


def _words(evaluation: EvaluationFacts) -> str:
    found = [x for each in evaluation.slices for x in each.metrics.values()]
    together = max((x.simultaneous for x in found), default=1)
    words = (
        f"Each dot is a part of the {evaluation.rows:,} eval rows, the vertical line all of them."
    )
    if together > 1:
        words += f" The intervals hold for all {together:,} slices at once."
    if evaluation.slices_left_out:
        words += f" {evaluation.slices_left_out:,} smaller slices are left out."
    return words


def label_of(each: SliceFigures) -> str:
    """Write the columns and values of a slice."""
    if len(each.values) != len(each.columns):
        return f"{', '.join(each.columns)}: {', '.join(each.values)}"
    return ", ".join(
        f"{x} = {y or '(missing)'}" for x, y in zip(each.columns, each.values, strict=True)
    )


def _plot(name: str, evaluation: EvaluationFacts, drawn: Drawn) -> Plot | None:
    shown = [each for each in evaluation.slices if name in each.metrics][:_DRAWN]
    dots = []
    for each in shown:
        found = each.metrics[name]
        if math.isfinite(found.value):
            has_ends = math.isfinite(found.low) and math.isfinite(found.high)
            low, high = (found.low, found.high) if has_ends else (None, None)
            dots.append(Dot(_short_label(each), found.value, low, high))
    if not dots:
        return None
    overall = evaluation.metrics.get(name)
    line = overall.value if overall and math.isfinite(overall.value) else None
    description = f"{name} of {len(dots)} slices, one a row with its interval, largest slice first."
    if line is not None:
        description += f" A vertical line marks {number(line)}, of all rows."
    return drawn.plot(
        f"{name} by slice",
        description,
        dot_rows(dots, name, line=line),
        _table(evaluation, [name], shown),
    )


def _short_label(each: SliceFigures) -> str:
    return one_line(", ".join(value or "(missing)" for value in each.values))


def _table(
    evaluation: EvaluationFacts, names: Sequence[str], shown: Sequence[SliceFigures]
) -> Table:
    rows = [
        (
            label_of(each),
            f"{each.rows:,}",
            *(_cell(each, name) for name in names),
            *((each.note,) if _has_notes(shown) else ()),
        )
        for each in shown
    ]
    columns = ("Slice", "rows", *names, *(("note",) if _has_notes(shown) else ()))
    more = len(evaluation.slices) - len(shown) if len(shown) >= _LISTED else 0
    left_out = f"{more:,} smaller slices are not listed" if more > 0 else ""
    return Table("Slices", columns, rows, tuple(range(1, len(names) + 2)), left_out)


def _has_notes(shown: Sequence[SliceFigures]) -> bool:
    return any(each.note for each in shown)


def _together(interval: str) -> str:
    """Keep an interval on one line, unless it is too long for that."""
    return interval.replace(" ", NBSP) if len(interval) <= _SHORT else interval


def _cell(each: SliceFigures, name: str) -> str:
    found = each.metrics.get(name)
    if found is None:
        return NOTHING
    interval = ends(found)
    return number(found.value) + (f" ({_together(interval)})" if interval != NOTHING else "")
