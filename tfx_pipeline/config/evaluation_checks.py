"""Checks of the evaluation section against the task and its classes."""

from __future__ import annotations

from collections.abc import Iterator

from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.metric_names import METRICS_OF_TASK
from tfx_pipeline.wording import listed, nearest

_COSTS = ("evaluation", "costs")


def evaluation_problems(loaded: LoadedConfig) -> Iterator[Problem]:
    """Find metrics, thresholds and costs that do not fit the task."""
    yield from _metric_problems(loaded)
    yield from _cost_problems(loaded)
    task, place = loaded.config.label.task, loaded.source.place(("evaluation", "at_thresholds"))
    if loaded.config.evaluation.at_thresholds and task != "binary":
        what = f"`evaluation.at_thresholds` does not fit the task {task}"
        step = "remove it: only a binary task answers its second class from a probability on"
        yield Problem(what, place, next_step=step)


def _metric_problems(loaded: LoadedConfig) -> Iterator[Problem]:
    config = loaded.config
    fitting = METRICS_OF_TASK[config.label.task]
    for position, metric in enumerate(config.evaluation.metrics):
        if metric not in fitting:
            yield Problem(
                f"metric `{metric}` does not fit the task {config.label.task}",
                loaded.source.place(("evaluation", "metrics", position)),
                allowed=", ".join(fitting),
            )
    computed = config.evaluation.metrics or fitting
    for threshold in config.evaluation.thresholds:
        if threshold not in computed:
            yield Problem(
                f"a threshold on `{threshold}`, which is not computed",
                loaded.source.place(("evaluation", "thresholds", threshold)),
                allowed=", ".join(computed),
                next_step="add it to evaluation.metrics, or remove the threshold",
            )


def _cost_problems(loaded: LoadedConfig) -> Iterator[Problem]:
    config, costs = loaded.config, loaded.config.evaluation.costs
    decision, place = config.label.decision, loaded.source.place(_COSTS)
    if costs is None:
        wanted = {*config.evaluation.metrics, *config.evaluation.thresholds}
        if "mean_cost" in wanted and not (decision and decision.costs):
            what = "`mean_cost` needs to know what errors cost, and nothing says it"
            step = "say it: evaluation.costs: {false_positive: …, false_negative: …, unit: EUR}"
            yield Problem(what, loaded.source.place(("evaluation",)), next_step=step)
        return
    task = config.label.task
    if task == "regression":
        yield Problem(
            "`evaluation.costs` does not fit the task regression", place, next_step="remove it"
        )
    elif not costs.matrix:
        if task == "multiclass":
            what = "false_positive and false_negative are of two classes, and there are more"
            yield Problem(what, place, next_step="give evaluation.costs.matrix, by class")
    else:
        yield from _matrix_problems(loaded)


def _matrix_problems(loaded: LoadedConfig) -> Iterator[Problem]:
    """Compare the names in the matrix with the classes, and look for costs that are not named."""
    costs, place = loaded.config.evaluation.costs, loaded.source.place((*_COSTS, "matrix"))
    assert costs is not None
    classes = tuple(loaded.config.label.classes) or ("0", "1")
    named = dict.fromkeys([*costs.matrix, *(x for row in costs.matrix.values() for x in row)])
    unknown = [name for name in named if name not in classes]
    for name in unknown:
        what, allowed = f"`{name}` is not a class", listed(classes, 20, joint=", and ")
        yield Problem(what, place, None, allowed, nearest(name, classes))
    if unknown or costs.other is not None:
        return
    missing = [
        f"{label}: {{{answer}: …}}"
        for label in classes
        for answer in classes
        if label != answer and answer not in costs.matrix.get(label, {})
    ]
    if missing:
        what = f"the costs of {len(missing)} wrong answers are not named"
        step = "name them, or say what all others cost: evaluation.costs.other"
        yield Problem(what, place, listed(missing, 4), "a cost for each", step)
