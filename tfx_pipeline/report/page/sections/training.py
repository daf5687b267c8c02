"""How the model was trained, and what its answers come from."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tfx_pipeline.evaluation.leaks import POWER_NAMES
from tfx_pipeline.report.facts.model_facts import TrainingCurve
from tfx_pipeline.report.facts.run_facts import RunFacts
from tfx_pipeline.report.page.blocks import (
    Block,
    Code,
    Folded,
    Pairs,
    Plot,
    Plots,
    Section,
    Table,
    Text,
)
from tfx_pipeline.report.page.drawing.lines import training_lines
from tfx_pipeline.report.page.drawing.rows import Bar, bar_rows
from tfx_pipeline.report.page.drawn import Drawn
from tfx_pipeline.report.page.sections.absence import absent
from tfx_pipeline.report.page.sections.risk_plots import EXPLAINING, check_plots, figures_tables
from tfx_pipeline.report.page.wording import minus, number, sentence

_TABLE_POINTS, _MOST_PLOTS, _DRAWN = 12, 4, 20
_POWERS = {"binary": "AUC", "multiclass": "errors avoided", "regression": "R² of ranks"}
"""Short names of what `POWER_NAMES` names."""


def training(facts: RunFacts, drawn: Drawn) -> Section:
    """Draw the losses over the training, and say what was learned."""
    found = facts.training
    blocks: list[Block] = []
    if found.learned:
        plain = {
            name.replace("_", " "): _short(value)
            for name, value in found.learned.items()
            if not isinstance(value, (dict, list))
        }
        blocks.append(Pairs(plain))
    else:
        blocks.append(absent(facts, "Trainer", "The training", "Trainer.model"))
    plots = [*_curve_plots(found.curves, drawn)][:_MOST_PLOTS]
    if plots:
        blocks.append(Plots(plots))
    elif found.learned:
        blocks.append(
            Text("This family of models learns without rounds: there are no curves.", "note")
        )
    blocks += [Text(note, "note") for note in found.notes]
    if any(isinstance(value, (dict, list)) for value in found.learned.values()):
        text = json.dumps(found.learned, indent=1, ensure_ascii=False)
        blocks.append(Folded("All that was learned", [Code(text[:20_000], "What was learned")]))
    return Section("training", "Training", blocks)


def _short(value: Any) -> str:
    return number(value) if isinstance(value, float) else str(value)


def _curve_plots(curves: Sequence[TrainingCurve], drawn: Drawn) -> Iterator[Plot]:
    """Draw curves of one group together: those whose names begin alike."""
    groups: dict[str, list[TrainingCurve]] = defaultdict(list)
    for curve in curves:
        groups[curve.name.rpartition("/")[0]].append(curve)
    for name, found in groups.items():
        title = f"Training: {name.replace('_', ' ') or 'loss'}"
        last = {curve.name.rpartition("/")[2]: curve.values[-1] for curve in found if curve.values}
        ends = ", ".join(f"{x.replace('_', ' ')} ends at {number(y)}" for x, y in last.items())
        description = f"The loss over the epochs or rounds of the training; {ends}."
        yield drawn.plot(
            title, description, training_lines(found, x="epoch or round"), _points(title, found)
        )


def _points(title: str, curves: Sequence[TrainingCurve]) -> Table:
    rows = []
    for curve in curves:
        stride = max(1, len(curve.steps) // _TABLE_POINTS)
        for place in range(0, len(curve.steps), stride):
            name = curve.name.rpartition("/")[2].replace("_", " ")
            rows.append((name, f"{curve.steps[place]:,}", number(curve.values[place])))
    return Table(title, ("Curve", "epoch or round", "loss"), rows, (1, 2))


def explanations(facts: RunFacts, drawn: Drawn) -> Section:
    """Show which features the answers come from, and what each alone tells of the label."""
    blocks: list[Block] = []
    check = (
        next((x for x in facts.risk.checks if x.check == EXPLAINING), None) if facts.risk else None
    )
    plots = []
    if check and check.figures:
        blocks.append(Text(sentence(check.summary)))
        plots += [*check_plots(check, drawn)]
    if powers := facts.data.powers:
        task = facts.evaluation.task if facts.evaluation else ""
        plots.append(_powers_plot(powers, task, drawn))
    if plots:
        blocks.append(Plots(plots))
    if check and check.figures:
        if tables := figures_tables(check):
            blocks.append(Folded("Single rows explained, and all else", tables))
    else:
        blocks.append(
            absent(
                facts,
                "ModelRiskAssessor",
                "An explanation of the model's answers",
                "ModelRiskAssessor.risk",
            )
        )
    return Section("explanations", "Explanations", blocks)


def _powers_plot(powers: Mapping[str, float], task: str, drawn: Drawn) -> Plot:
    most = sorted(powers.items(), key=lambda each: -each[1])
    bars = [Bar(name, max(0.0, value), minus(f"{value:.3f}")) for name, value in most[:_DRAWN]]
    title = "What each feature alone tells of the label"
    nothing = "0.5" if task == "binary" else "0"
    description = (
        f"The {POWER_NAMES.get(task, 'power')} of {len(bars)} of {len(most)} features, each alone:"
        f" {nothing} or less tells nothing of the label, 1 all of it. Measured on the data, without"
        " the model: a feature near 1 may hold the label."
    )
    table = Table(
        title, ("Feature", "power"), [(name, number(value)) for name, value in most], (1,)
    )
    return drawn.plot(title, description, bar_rows(bars, _POWERS.get(task, "power")), table)
