"""Checks of a configuration against the columns of its table and against itself.

They run before TensorFlow is imported, and report everything at once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence

from tfx_pipeline.config.data_test_checks import tested_column_problems
from tfx_pipeline.config.evaluation_checks import evaluation_problems
from tfx_pipeline.config.export_checks import export_problems
from tfx_pipeline.config.function_file import function_problem
from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.path_checks import near_name
from tfx_pipeline.config.risk_checks import risk_problems
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.label import BALANCED
from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.deployment.launch import BINARY, docker_obstacle
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.modules.label_rule.rule import LabelRule
from tfx_pipeline.wording import counted, listed, nearest


def check_config(loaded: LoadedConfig, columns: Sequence[str]) -> None:
    """Compare the configuration with the table's columns and with itself.

    Raises:
        ConfigError: with all problems found.
    """
    config = loaded.config
    problems = [
        *_unknown_columns(loaded, columns),
        *tested_column_problems(loaded, columns),
        *_label_problems(loaded, columns),
        *_lookup_problems(loaded),
        *evaluation_problems(loaded),
        *_file_problems(loaded),
        *_hook_problems(loaded),
        *_server_problems(loaded),
        *risk_problems(loaded),
        *export_problems(loaded),
    ]
    if problems:
        count = counted(len(problems), "problem", separator="")
        raise ConfigError(
            problems, f"{loaded.name} cannot be used with {config.data.name}: {count}"
        )


def _named_columns(config: PipelineConfig) -> Iterator[tuple[KeyPath, str]]:
    """Give each column that the configuration names, outside of rules, and where it does."""
    yield ("label", "column"), config.label.column
    if config.label.weight_column:
        yield ("label", "weight"), config.label.weight_column
    for position, name in enumerate(config.data.split.columns):
        yield ("data", "split", "columns", position), name
    for name in config.features:
        yield ("features", name), name
    for name, lookup in config.lookups.items():
        yield ("lookups", name, "key"), lookup.key
        yield ("lookups", name, "value"), lookup.value
    for name in config.data.checks.columns:
        yield ("data", "checks", "columns", name), name
    if config.data.checks.leaks.label_time:
        yield ("data", "checks", "leaks", "label_time"), config.data.checks.leaks.label_time
    for position, group in enumerate(config.evaluation.slices):
        for index, name in enumerate(group):
            yield ("evaluation", "slices", position, index), name
    for position, name in enumerate(config.risk.fairness.columns):
        yield ("risk", "fairness", "columns", position), name


def _unknown_columns(loaded: LoadedConfig, columns: Sequence[str]) -> Iterator[Problem]:
    for path, column in _named_columns(loaded.config):
        if column not in columns:
            yield _no_column(column, "", loaded.source.place(path), columns)


def _no_column(column: str, where: str, place: str | None, columns: Sequence[str]) -> Problem:
    allowed = listed(columns, 20, joint=", and ")
    what = f"`{column}`{where} is not a column of the table"
    return Problem(what, place, None, allowed, nearest(column, columns))


def _label_problems(loaded: LoadedConfig, columns: Sequence[str]) -> Iterator[Problem]:
    label = loaded.config.label
    if label.column in loaded.config.features:
        yield Problem(
            f"`{label.column}` is the label and also a feature",
            loaded.source.place(("features", label.column)),
            next_step="remove it from the features: a served model never knows its label",
        )
    if label.column in loaded.config.data.split.columns:
        yield Problem(
            f"`{label.column}` is the label and also divides the splits",
            loaded.source.place(("data", "split", "columns")),
            next_step="divide by another column: each split needs rows of all labels",
        )
    yield from _weight_problems(loaded)
    if label.rule is None:
        return
    place = loaded.source.place(("label", "rule"))
    try:
        rule = LabelRule.parse(label.rule)
    except ValueError as error:
        yield Problem("`label.rule` cannot be read", place, label.rule, str(error))
        return
    if rule.is_boolean != (label.task == "binary"):
        gives = "true or false" if rule.is_boolean else "a number"
        fits = "a comparison" if label.task == "binary" else "a number"
        yield Problem(f"`label.rule` gives {gives}", place, label.rule, f"{fits} for {label.task}")
    if label.column not in rule.columns:
        yield Problem(f"`label.rule` does not use the label's column `{label.column}`", place)
    for column in sorted(rule.columns - set(columns)):
        yield _no_column(column, " in `label.rule`", place, columns)
    for column in sorted(rule.columns - rule.text_columns):
        if getattr(loaded.config.features.get(column), "parse", None):
            yield Problem(
                f"`label.rule` computes with `{column}`, which is text (features.{column}.parse)",
                place,
                next_step="compute with a column of numbers; only features are parsed",
            )


def _weight_problems(loaded: LoadedConfig) -> Iterator[Problem]:
    config = loaded.config
    column, place = config.label.weight_column, loaded.source.place(("label", "weight"))
    bounds = config.evaluation.thresholds.values()
    is_bounded = any(each.min is not None or each.max is not None for each in bounds)
    if config.label.weight == BALANCED and not (is_bounded or config.hooks.run_fn):
        yield Problem(
            "balanced weights move the probabilities away from the shares of the classes, and"
            " without a threshold a model is judged by its log_loss against just these",
            place,
            BALANCED,
            next_step="say what the model must reach, e.g. evaluation.thresholds:"
            " {auc: {min: 0.7}} of a binary task, or {accuracy: {min: 0.7}}",
        )
    if column is None:
        return
    if column == config.label.column:
        yield Problem(f"`{column}` is the label and also its weight", place)
    if column in config.raw_features:
        what = "a feature" if column in config.features else "the key of a lookup"
        yield Problem(
            f"`{column}` is the weight of the rows and also {what}",
            place,
            next_step="remove one of the two: a caller of the model is not asked for weights",
        )


def _lookup_problems(loaded: LoadedConfig) -> Iterator[Problem]:
    config = loaded.config
    for name, lookup in config.lookups.items():
        place = loaded.source.place(("lookups", name))
        if name in config.features:
            yield Problem(f"`{name}` is both a feature and a lookup", place)
        if lookup.key == config.label.column:
            yield Problem(
                f"lookup `{name}` is looked up by the label's column `{lookup.key}`",
                place,
                next_step="choose a key that a caller of the model knows",
            )


def _file_problems(loaded: LoadedConfig) -> Iterator[Problem]:
    schema_file = loaded.config.data.schema_file
    if schema_file and not loaded.config.path(schema_file).is_file():
        yield Problem(
            "no such schema file",
            loaded.source.place(("data", "schema_file")),
            schema_file,
            next_step=near_name(loaded.config.path(schema_file))
            or "remove data.schema_file to use the inferred schema",
        )


def _hook_problems(loaded: LoadedConfig) -> Iterator[Problem]:
    if loaded.config.model.budget and loaded.config.hooks.run_fn:
        yield Problem(
            "`model.budget` is for the families of models here, and `hooks.run_fn` trains another",
            loaded.source.place(("model", "budget")),
            loaded.config.model.budget,
            next_step="remove one of them",
        )
    for field in ("preprocessing_fn", "run_fn"):
        dotted = getattr(loaded.config.hooks, field)
        if dotted is None:
            continue
        place = loaded.source.place(("hooks", field))
        problem = function_problem(loaded.config.root, dotted, f"`hooks.{field}`", place)
        if problem:
            yield problem


def _server_problems(loaded: LoadedConfig) -> Iterator[Problem]:
    """Say why the server of the infrastructure check cannot be started where the run is."""
    wanted = loaded.config.push.infra_check.server
    if loaded.config.environment.runner != "local":
        return
    obstacle = None
    if wanted == "binary" and shutil.which(BINARY) is None:
        obstacle = f"{BINARY} is not on the PATH"
    elif wanted == "docker":
        obstacle = docker_obstacle()
    elif wanted == "kubernetes":
        obstacle = "TFX's InfraValidator starts pods only from within a cluster"
    if obstacle:
        place = loaded.source.place(("push", "infra_check", "server"))
        yield Problem(obstacle, place, wanted, next_step="use auto, or embedded")
