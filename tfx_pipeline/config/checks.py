"""Checks of a configuration against the columns of its table and against itself.

They run before TensorFlow is imported, and report everything at once.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.path_checks import near_name
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.deployment.launch import BINARY, docker_obstacle
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.evaluation.metric_names import METRICS_OF_TASK
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
        *_label_problems(loaded, columns),
        *_lookup_problems(loaded),
        *_metric_problems(loaded),
        *_file_problems(loaded),
        *_hook_problems(loaded),
        *_server_problems(loaded),
    ]
    if problems:
        count = counted(len(problems), "problem", separator="")
        raise ConfigError(
            problems, f"{loaded.name} cannot be used with {config.data.name}: {count}"
        )


def _named_columns(config: PipelineConfig) -> Iterator[tuple[KeyPath, str]]:
    """Give each column that the configuration names, outside of rules, and where it does."""
    yield ("label", "column"), config.label.column
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
    for field in ("preprocessing_fn", "run_fn"):
        dotted = getattr(loaded.config.hooks, field)
        if dotted is None:
            continue
        place = loaded.source.place(("hooks", field))
        module, _, function = dotted.rpartition(".")
        file = module_file(loaded.config.root, module)
        if file is None:
            where = f"{module.replace('.', '/')}.py under {loaded.config.root}"
            yield Problem(f"`hooks.{field}`: no module `{module}`", place, dotted, where)
            continue
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
        except SyntaxError as error:
            yield Problem(f"not valid Python: {error.msg}", f"{file}:{error.lineno}")
            continue
        functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        if function not in functions:
            yield Problem(
                f"`hooks.{field}`: `{file.name}` defines no function `{function}`",
                place,
                allowed=", ".join(functions) or None,
                next_step=nearest(function, functions),
            )


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


def module_file(root: Path, module: str) -> Path | None:
    """Find the file of a module under the project's root, without importing it."""
    base = root.joinpath(*module.split("."))
    for file in (base.with_suffix(".py"), base / "__init__.py"):
        if file.is_file():
            return file
    return None
