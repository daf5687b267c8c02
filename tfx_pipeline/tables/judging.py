"""What the model is judged by: metrics, slices of the rows, groups that must be treated alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfx_pipeline.evaluation.metric_names import DEFAULT_METRICS
from tfx_pipeline.tables.kinds import names
from tfx_pipeline.tables.labels import LabelPlan
from tfx_pipeline.tables.plan import ColumnPlan, Decision
from tfx_pipeline.tables.table_sample import TableSample

_METRICS = {
    "binary": ("auc", "pr_auc", "log_loss", "accuracy", "calibration"),
    "multiclass": ("accuracy", "log_loss", "f1"),
    "regression": ("rmse", "mae", "r2", "mse"),
}
_WHY = {
    "binary": "order of the rows (auc, pr_auc), probabilities (log_loss, calibration), answers",
    "multiclass": "answers (accuracy), probabilities (log_loss), each class as much (f1)",
    "regression": "in the label's unit (rmse, mae), and as a share of its variance (r2)",
}
_PERSONAL = names.words("sex gender race ethnicity age agegroup country region nationality")
_PROTECTED = names.words(
    "sex gender race ethnicity ethnic religion nationality citizenship disability disabled marital"
)
"""Words for what people are, by which a model should not tell them apart unseen."""
_AGE, _OF_AGE = "age", names.words("age group band range class years person applicant client")
"""A column is a person's age if its name has no word but these: a house has an age, too."""
_FEWEST_ROWS = 60
_MOST_VALUES = 10
_MOST_SLICES = 2


def plan_metrics(label: LabelPlan) -> Decision:
    """Choose the metrics of a task."""
    default = ", ".join(DEFAULT_METRICS[label.task])
    return Decision(list(_METRICS[label.task]), f"{_WHY[label.task]}; unsaid: {default}")


def plan_fairness(columns: Sequence[ColumnPlan]) -> Decision | None:
    """Name the columns whose groups are to be compared, by their names; None: there are none."""
    found = [
        plan.name
        for plan in columns
        if plan.feature is not None and plan.distinct > 1 and _is_protected(plan.name)
    ]
    if not found:
        return None
    reason = "what people are, by their names: gaps between these groups warn"
    return Decision(found, reason)


def _is_protected(name: str) -> bool:
    found = {*names.words_of(name)}
    return not _PROTECTED.isdisjoint(found) or (_AGE in found and found <= _OF_AGE)


def plan_slices(columns: Sequence[ColumnPlan], sample: TableSample) -> Decision | None:
    """Choose columns whose values are looked at each: few values, each with enough rows."""
    found: list[tuple[bool, float, str, int]] = []
    for plan in columns:
        if plan.feature is None or plan.feature.setting["kind"] not in ("categorical", "ordinal"):
            continue
        column = sample.by_name[plan.name]
        if column.numbers is not None or not 2 <= plan.distinct <= _MOST_VALUES:
            continue
        counts = column.counted[1]
        if counts.min() < max(_FEWEST_ROWS, 0.02 * column.rows):
            continue
        shares = counts / counts.sum()
        evenness = float(-(shares * np.log(shares)).sum() / np.log(len(shares)))
        personal = not _PERSONAL.isdisjoint(names.words_of(plan.name))
        found.append((personal, round(evenness, 2), plan.name, int(counts.min())))
    if not found:
        return None
    found.sort(key=lambda entry: (not entry[0], -entry[1]))
    chosen = found[:_MOST_SLICES]
    said = ", ".join(f"{rows:,} of `{name}`" for _, _, name, rows in chosen)
    reason = f"few values with enough rows each: at least {said}"
    return Decision([[name] for _, _, name, _ in chosen], reason)
