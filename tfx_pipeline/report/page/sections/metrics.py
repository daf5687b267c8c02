"""The metrics with their intervals, beside the models that the candidate is compared with."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tfx_pipeline.evaluation.evaluation_facts import Change, EvaluationFacts
from tfx_pipeline.evaluation.metric_names import BETTER
from tfx_pipeline.report.facts.run_facts import RunFacts
from tfx_pipeline.report.page.blocks import (
    Block,
    Cell,
    Mark,
    Plot,
    Plots,
    Row,
    Section,
    Table,
    Text,
)
from tfx_pipeline.report.page.drawing.rows import Dot, dot_rows
from tfx_pipeline.report.page.drawn import Drawn
from tfx_pipeline.report.page.sections.absence import absent
from tfx_pipeline.report.page.sections.costs import costs
from tfx_pipeline.report.page.wording import (
    NOTHING,
    ends,
    number,
    signed,
)
from tfx_pipeline.wording import counted, percent

_ANSWERS: dict[str, Mark] = {"better": "good", "not worse": "good", "worse": "bad"}
_SHORT = {"last blessed": "blessed", "linear model": "linear", "trivial answer": "trivial"}
_WAYS = {"higher": "↑ more is better", "lower": "↓ less is better", "near": "→ near an ideal"}


def metrics(facts: RunFacts, drawn: Drawn) -> Section:
    """Show each metric of the candidate, of the last blessed, a linear and the trivial model."""
    evaluation, blocks = facts.evaluation, list(_gate(facts))
    if evaluation is None:
        if facts.metrics:
            blocks.append(_plain_table(facts))
        blocks.append(absent(facts, "Evaluator", "The evaluation", "Evaluator.evaluation"))
        return _section(blocks)
    blocks.append(Text(_rows(facts, evaluation.rows)))
    if evaluation.metrics:
        blocks.append(_table(evaluation))
    blocks += [
        Text(f"`{name}` does not exist: {why}.", "note") for name, why in evaluation.missing.items()
    ]
    if plot := _changes_plot(evaluation, drawn):
        blocks.append(Plots([plot]))
    if evaluation.costs:
        blocks += costs(evaluation.costs, drawn)
    blocks += [Text(note, "note") for note in evaluation.notes if note not in facts.run.notes]
    return _section(blocks)


def _section(blocks: list[Block]) -> Section:
    return Section("metrics", "Metrics", blocks)


def _gate(facts: RunFacts) -> Iterator[Block]:
    gate = facts.gate
    if gate.gate:
        yield Text(f"Asked for: {gate.gate}.")
    for note in gate.notes:
        if note not in facts.run.notes:  # which stand beside the verdict
            yield Text(note, "note")


def _rows(facts: RunFacts, rows: int) -> str:
    words = f"Measured on {rows:,} eval rows, which nothing was fitted to."
    if judged := facts.gate.judged_models:
        words += f" These rows have judged {counted(judged, 'model')} so far, this one included."
    return words


def _plain_table(facts: RunFacts) -> Table:
    rows = [
        (name, number(value), number(facts.baseline_metrics.get(name)))
        for name, value in facts.metrics.items()
    ]
    return Table("Metrics of all eval rows", ("Metric", "this model", "last blessed"), rows, (1, 2))


def _table(evaluation: EvaluationFacts) -> Table:
    others = [
        (title, values)
        for title, values in (
            ("last blessed", {name: x.value for name, x in evaluation.baseline.items()}),
            ("linear model", {name: x.value for name, x in evaluation.linear.items()}),
            ("trivial answer", dict(evaluation.trivial)),
        )
        if values
    ]
    rows: list[Row] = [
        (
            Cell(name),
            number(found.value),
            ends(found),
            *(number(values.get(name)) for _, values in others),
            _better(name),
        )
        for name, found in evaluation.metrics.items()
    ]
    columns = (
        "Metric",
        "this model",
        f"{percent(evaluation.confidence)} interval",
        *(title for title, _ in others),
        "better",
    )
    numbers = tuple(range(1, len(columns) - 1))
    return Table("Metrics of all eval rows", columns, rows, numbers)


def _better(name: str) -> str:
    known = BETTER.get(name)  # type: ignore[call-overload]
    return _WAYS[known.direction] if known else NOTHING


def _compared(evaluation: EvaluationFacts) -> Iterator[tuple[str, Change, float]]:
    """Give each change, against whom it is, and the figure that it is a change of."""
    linear = {name: x.value for name, x in evaluation.linear.items()}
    blessed = {name: x.value for name, x in evaluation.baseline.items()}
    for against, changes, values in (
        ("last blessed", evaluation.changes, blessed),
        ("linear model", evaluation.against_linear, linear),
        ("trivial answer", evaluation.against_trivial, evaluation.trivial),
    ):
        for name, change in changes.items():
            yield against, change, values.get(name, math.nan)


def _changes_plot(evaluation: EvaluationFacts, drawn: Drawn) -> Plot | None:
    dots = []
    for against, change, then in _compared(evaluation):
        if not then or not math.isfinite(then) or not math.isfinite(change.loss.value):
            continue
        scale, loss = 100 / abs(then), change.loss
        has_ends = math.isfinite(loss.low) and math.isfinite(loss.high)
        low, high = (loss.low * scale, loss.high * scale) if has_ends else (None, None)
        label = f"{change.metric}, {_SHORT[against]}"
        dots.append(Dot(label, loss.value * scale, low, high, _dot_mark(change)))
    if not dots:
        return None
    figure = dot_rows(dots, "worse by, % of the other's value", line=0)
    description = (
        f"{counted(len(dots), 'comparison')}, one a row: how much worse than the other model this"
        " one is, in per cent of the other's value; left of zero it is better. A cross: it is"
        " worse; a hollow square: the rows cannot tell."
    )
    others = list(dict.fromkeys(f"the {against}" for against, _, _ in _compared(evaluation)))
    title = f"Against {', '.join([*others[:-2], ' and '.join(others[-2:])])}"
    return drawn.plot(title, description, figure, _changes_table(evaluation), is_open=True)


def _dot_mark(change: Change) -> str:
    return {"worse": "bad", "cannot tell": "unsure"}.get(change.answer, "good")


def _changes_table(evaluation: EvaluationFacts) -> Table:
    compared = [*_compared(evaluation)]
    has_margin = any(change.margin is not None for _, change, _ in compared)
    rows = [
        (
            change.metric,
            against,
            signed(change.loss.value),
            ends(change.loss),
            *((number(change.margin),) if has_margin else ()),
            Cell(change.answer, _ANSWERS.get(change.answer, "warn")),
        )
        for against, change, _ in compared
    ]
    interval = f"{percent(evaluation.confidence)} interval"
    allowed = ("allowed",) if has_margin else ()
    columns = ("Metric", "against", "worse by", interval, *allowed, "this model is")
    numbers = tuple(range(2, len(columns) - 1))
    return Table("Worse by, on the same rows (below 0: better)", columns, rows, numbers)
