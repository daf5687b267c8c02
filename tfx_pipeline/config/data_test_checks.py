"""Whether tests of the data can be run: told before the table is read, as far as possible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tfx_pipeline.config.function_file import function_problem
from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.path_checks import near_name
from tfx_pipeline.config.sections.data_tests import DataTestConfig
from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.errors import Problem
from tfx_pipeline.modules.features.kinds import use_of
from tfx_pipeline.modules.label_rule.rule import LabelRule
from tfx_pipeline.wording import listed, nearest

KIND = "data test"


def data_test_problems(loaded: LoadedConfig) -> Iterator[Problem]:
    """Find what is wrong with the tests themselves, whatever the table is."""
    for position, test in enumerate(loaded.config.data.tests):
        path = ("data", "tests", position)
        if test.expression is not None:
            yield from _expression_problems(loaded, test.expression, path)
        if test.in_file:
            file = loaded.config.path(test.in_file.file)
            if not file.is_file():
                place = loaded.source.place((*path, "in_file", "file"))
                step = near_name(file)
                yield Problem("no such file", place, test.in_file.file, next_step=step)
        if test.function:
            place = loaded.source.place((*path, "function", "name"))
            problem = function_problem(
                loaded.config.root, test.function.name, "the test's function", place
            )
            if problem:
                yield problem


def tested_column_problems(loaded: LoadedConfig, columns: Sequence[str]) -> Iterator[Problem]:
    """Name the columns that tests read and the table does not have."""
    for position, test in enumerate(loaded.config.data.tests):
        place = loaded.source.place(("data", "tests", position))
        for column in sorted({*_columns(test)} - set(columns)):
            yield Problem(
                f"`{column}` in a test is not a column of the table",
                place,
                None,
                listed(columns, 20, joint=", and "),
                nearest(column, columns),
            )


def parsed_expression(text: str) -> LabelRule | None:
    """Parse the expression of a test; None: it is none, and `data_test_problems` says why."""
    try:
        return LabelRule.parse(text, KIND, asks=True)
    except ValueError:
        return None


def _columns(test: DataTestConfig) -> Sequence[str]:
    if test.expression is None:
        return test.columns
    rule = parsed_expression(test.expression)
    return sorted(rule.columns | rule.asked_columns) if rule else ()


def _expression_problems(loaded: LoadedConfig, text: str, path: KeyPath) -> Iterator[Problem]:
    place = loaded.source.place((*path, "expression")) or loaded.source.place(path)
    try:
        rule = LabelRule.parse(text, KIND, asks=True)
    except ValueError as error:
        yield Problem("a test cannot be read", place, text, str(error))
        return
    if not rule.is_boolean:
        yield Problem("a test must be true or false", place, text, "a comparison: fare >= 0")
    uses = {x: use_of(y.model_dump()) for x, y in loaded.config.features.items()}
    for name in sorted(rule.columns):
        is_number = uses.get(name) in ("number", "moment")
        if is_number and name in rule.text_columns:
            what = f"`{name}` is a number (features.{name}), and a test compares it with text"
            yield Problem(what, place, text, "a number, without quotes")
        elif uses.get(name) == "text" and name not in rule.text_columns:
            what = f"`{name}` is text (features.{name}), and a test computes with it"
            yield Problem(what, place, text, "== and != with quoted text")
