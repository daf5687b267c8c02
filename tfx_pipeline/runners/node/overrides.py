"""Values that a run gives to fields of the configuration which were declared for that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfx_pipeline.config.loader import parse_override, validated
from tfx_pipeline.config.yaml_source import YamlSource
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.runners.node.ir_file import IrFile
from tfx_pipeline.wording import nearest

_PLACE = "environment.runtime_parameters"


def overridden(ir: IrFile, overrides: Sequence[str]) -> IrFile:
    """Give the pipeline with these values; the same object when they are the compiled ones.

    Raises:
        ConfigError: a field is not declared, or cannot have the value.
    """
    if not overrides:
        return ir
    if ir.config is None:
        what = "this IR holds no configuration that could be changed"
        raise ConfigError([Problem(what, ir.place)], "--set cannot be used")
    declared = ir.config.environment.runtime_parameters
    problems = [
        _undeclared(word, field, declared)
        for word in overrides
        if (field := word.partition("=")[0]) not in declared
    ]
    if problems:
        raise ConfigError(problems, "--set cannot be used")
    values: dict[str, Any] = ir.config.model_dump(mode="json", exclude_unset=True)
    source = YamlSource(values, {})
    for word in overrides:
        source = source.overlay(parse_override(word))
    config = validated(source, ir.place)
    config._root = ir.config.root
    if config == ir.config:
        return ir
    return ir.with_config(config)


def _undeclared(word: str, field: str, declared: Sequence[str]) -> Problem:
    return Problem(
        f"`{field}` is not a runtime parameter of this pipeline",
        f"--set {word}",
        allowed=", ".join(declared) or f"nothing: {_PLACE} is empty",
        next_step=nearest(field, declared) or f"declare it in {_PLACE}, and compile again",
    )
