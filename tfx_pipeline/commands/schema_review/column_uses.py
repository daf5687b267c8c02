"""Which steps of a pipeline a column touches, and by what in the configuration."""

from __future__ import annotations

from collections.abc import Iterator

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.modules.label_rule.rule import LabelRule

UNUSED = "DataGate alone: nothing in the configuration uses it"


def touched_steps(config: PipelineConfig, column: str) -> list[str]:
    """List steps in their order, each with what uses the column there."""
    steps: dict[str, list[str]] = {}
    for step, use in _uses(config, column):
        steps.setdefault(step, []).append(use)
    order = ("Transform", "Trainer", "Evaluator", "served signature")
    return [
        f"{step} ({', '.join(dict.fromkeys(filter(None, steps[step])))})".replace(" ()", "")
        for step in order
        if step in steps
    ] or [UNUSED]


def _uses(config: PipelineConfig, column: str) -> Iterator[tuple[str, str]]:
    if column in config.features:
        yield "Transform", f"features.{column}"
        yield "Trainer", ""
        yield "served signature", ""
    for name, lookup in config.lookups.items():
        if column == lookup.key:
            yield "Transform", f"lookups.{name}.key"
            yield "Trainer", ""
            yield "served signature", ""
        if column == lookup.value:
            yield "Transform", f"lookups.{name}.value"
            yield "Trainer", ""
    label = config.label
    rule = LabelRule.parse(label.rule).columns if label.rule else ()
    if column == label.column or column in rule:
        use = "label.rule" if column in rule else "label.column"
        for step in ("Transform", "Trainer", "Evaluator"):
            yield step, use
    if column == label.weight_column:
        yield "Transform", "label.weight"
        yield "Trainer", "label.weight"
    if any(column in group for group in config.evaluation.slices):
        yield "Evaluator", "evaluation.slices"
