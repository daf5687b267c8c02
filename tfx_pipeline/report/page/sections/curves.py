"""Calibration, ROC, precision and recall; of regression, the errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from tfx_pipeline.evaluation.evaluation_facts import EvaluationFacts
from tfx_pipeline.report.facts.run_facts import RunFacts
from tfx_pipeline.report.page.blocks import Plot, Plots, Row, Section, Table
from tfx_pipeline.report.page.drawing.histograms import (
    answer_histogram,
    error_histogram,
    errors_by_answer,
)
from tfx_pipeline.report.page.drawing.lines import MOST_LINES, calibration_lines, share_lines
from tfx_pipeline.report.page.drawn import Drawn
from tfx_pipeline.report.page.sections.absence import absent
from tfx_pipeline.report.page.sections.classes import classes_table, thresholds_table
from tfx_pipeline.report.page.wording import number

_TABLE_POINTS = 12
_NAMES = {"candidate": "this model", "baseline": "last blessed", "linear": "linear model"}


def curves(facts: RunFacts, drawn: Drawn) -> Section:
    """Draw what the task has."""
    evaluation = facts.evaluation
    title = "Calibration, ROC, precision and recall"
    if evaluation is None:
        nothing = absent(facts, "Evaluator", "A curve", "Evaluator.evaluation")
        return Section("curves", title, [nothing], short="Curves")
    if evaluation.task == "regression":
        title = "Errors"
    plots = [*_plots(evaluation, drawn)]
    blocks = [Plots(plots), *classes_table(evaluation), *thresholds_table(evaluation)]
    return Section("curves", title, blocks, short="Curves")


def _plots(evaluation: EvaluationFacts, drawn: Drawn) -> Iterator[Plot]:
    found = evaluation.curves
    if lines := found.get("calibration"):
        yield _calibration(_named(lines), drawn)
    if lines := found.get("roc"):
        yield _roc(_named(lines), drawn)
    if lines := found.get("precision_recall"):
        yield _precision_recall(_named(lines), drawn)
    if (answers := found.get("answers")) and answers.get("counts"):
        yield _answers(answers, evaluation.task, drawn)
    if residuals := found.get("residuals"):
        yield from _residuals(residuals, drawn)


def _named(lines: Mapping[str, Any]) -> dict[str, Any]:
    return {_NAMES.get(name, name): points for name, points in [*lines.items()][:MOST_LINES]}


def _calibration(lines: Mapping[str, Sequence[Mapping[str, float]]], drawn: Drawn) -> Plot:
    rows = [
        (
            name,
            number(x["answer"]),
            number(x["share"]),
            f"{number(x['low'])} to {number(x['high'])}",
            f"{x['rows']:,}",
        )
        for name, bins in lines.items()
        for x in bins
    ]
    columns = ("Model", "mean answer", "came true", "95 % interval", "rows")
    table = Table("Calibration", columns, rows, (1, 2, 3, 4))
    description = (
        "What share came true over the mean answer, in bins of equally many rows; on the dotted"
        " diagonal both are the same. Bars are intervals of this model's bins."
    )
    return drawn.plot("Calibration", description, calibration_lines(lines), table)


def _roc(lines: Mapping[str, Mapping[str, Sequence[float]]], drawn: Drawn) -> Plot:
    figure = share_lines(lines, "false positive rate", "true positive rate", diagonal=True)
    description = (
        "The share of positive rows found over the share of negative rows taken for positive, at"
        f" each threshold, for {', '.join(lines)}; the dotted diagonal is chance."
    )
    columns = ("Line", "threshold", "false positive rate", "true positive rate")
    return drawn.plot("ROC", description, figure, _points("ROC", columns, lines))


def _precision_recall(lines: Mapping[str, Mapping[str, Sequence[float]]], drawn: Drawn) -> Plot:
    figure = share_lines(lines, "recall", "precision")
    description = (
        "The share of positives among the rows above a threshold over the share of all positives"
        f" that are among them, for {', '.join(lines)}."
    )
    title = "Precision and recall"
    columns = ("Line", "threshold", "recall", "precision")
    return drawn.plot(title, description, figure, _points(title, columns, lines))


def _points(
    caption: str, columns: Sequence[str], lines: Mapping[str, Mapping[str, Sequence[float]]]
) -> Table:
    """Choose some points of each line, evenly."""
    rows = []
    for name, points in lines.items():
        count = len(points["x"])
        stride = max(1, count // _TABLE_POINTS)
        for place in range(0, count, stride):
            threshold = points.get("threshold", [])
            at = number(threshold[place]) if place < len(threshold) else "–"
            rows.append((name, at, number(points["x"][place]), number(points["y"][place])))
    return Table(caption, columns, rows, (1, 2, 3))


def _answers(answers: Mapping[str, Any], task: str, drawn: Drawn) -> Plot:
    groups, edges = answers["counts"], answers["edges"]
    x = "probability" if task == "binary" else "probability of the likeliest class"
    title = "Answers by label" if task == "binary" else "Answers, right and wrong"
    rows = [
        (f"{number(low)} to {number(high)}", *(f"{counts[place]:,}" for counts in groups.values()))
        for place, (low, high) in enumerate(pairwise(edges))
    ]
    table = Table(title, (x, *groups), rows, tuple(range(1, len(groups) + 1)))
    description = f"How many rows got which {x}, in bins of equal width, for {', '.join(groups)}."
    return drawn.plot(title, description, answer_histogram(edges, groups, x), table)


def _residuals(found: Mapping[str, Any], drawn: Drawn) -> Iterator[Plot]:
    edges, counts = found["edges"], found["counts"]
    rows: list[Row] = [
        (f"{number(low)} to {number(high)}", f"{count:,}")
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
    ]
    x = "answer less label"
    description = (
        "How many rows have which error, answer less label; the outer bins hold all that is beyond."
        " A vertical line marks no error."
    )
    table = Table("Errors", (x, "rows"), rows, (0, 1))
    yield drawn.plot("Errors", description, error_histogram(edges, counts, x), table)
    bins = found.get("by_answer") or []
    if not bins:
        return
    keys = ("answer", "label", "low", "middle", "high")
    rows = [(*(number(each[key]) for key in keys), f"{each['rows']:,}") for each in bins]
    columns = (
        "mean answer",
        "mean label",
        "10 % of errors",
        "middle error",
        "90 % of errors",
        "rows",
    )
    description = (
        "The middle error over the answer, and between the dashed lines the middle 80 % of the"
        " errors, in bins of equally many rows. A horizontal line marks no error."
    )
    title = "Errors over the answer"
    table = Table(title, columns, rows, tuple(range(6)))
    yield drawn.plot(title, description, errors_by_answer(bins, "answer"), table)
