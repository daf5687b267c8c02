"""The tests of the data, as the reading of tables wants them; the user's functions imported."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from tfx_pipeline.config.data_test_checks import parsed_expression
from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.sections.data_tests import DataTestConfig
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.ingestion.data_tests.freshness import in_words
from tfx_pipeline.ingestion.needs import (
    DataTest,
    Holds,
    IsFresh,
    IsInFile,
    IsUnique,
    OwnFunction,
)
from tfx_pipeline.patches.process_settings import find_user_modules


def data_tests(loaded: LoadedConfig, now_s: float) -> tuple[DataTest, ...]:
    """Give the tests of a configuration; one whose expression cannot be read is left out.

    Raises:
        ConfigError: a function of the user cannot be imported.
    """
    found = []
    for position, test in enumerate(loaded.config.data.tests):
        place = loaded.source.place(("data", "tests", position))
        known = _known(loaded, test, place, now_s)
        if known:
            text, check, columns = known
            is_error = test.severity == "error"
            found.append(DataTest(text, check, columns, place, is_error, test.max_bad_share))
    return tuple(found)


def _known(
    loaded: LoadedConfig, test: DataTestConfig, place: str | None, now_s: float
) -> tuple[str, Holds | IsUnique | IsFresh | IsInFile | OwnFunction, tuple[str, ...]] | None:
    if test.expression is not None:
        rule = parsed_expression(test.expression)
        columns = tuple(sorted(rule.columns | rule.asked_columns)) if rule else ()
        return (test.expression, Holds(rule), columns) if rule else None
    if test.unique:
        return f"unique: {', '.join(test.unique)}", IsUnique(), test.unique
    if fresh := test.fresh:
        check = IsFresh(fresh.max_age_s, fresh.unit, now_s)
        text = f"{fresh.column} no older than {in_words(fresh.max_age_s)}"
        return text, check, (fresh.column,)
    if inside := test.in_file:
        key = inside.key or inside.column
        text = f"{inside.column} stands in {key} of {inside.file}"
        return text, IsInFile(loaded.config.path(inside.file), key), (inside.column,)
    assert test.function is not None  # the section lets nothing else through
    name = test.function.name
    call = _imported(loaded, name, place)
    return (
        f"{name}({', '.join(test.function.columns)})",
        OwnFunction(name, call),
        (test.function.columns),
    )


def _imported(loaded: LoadedConfig, dotted: str, place: str | None) -> Callable[[Any], Any]:
    module, _, name = dotted.rpartition(".")
    find_user_modules(loaded.config.root)
    try:
        function: Callable[[Any], Any] = getattr(importlib.import_module(module), name)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        problem = Problem(f"`{dotted}` cannot be imported", place, reason)
        raise ConfigError([problem], f"{loaded.name} cannot be used") from error
    return function
