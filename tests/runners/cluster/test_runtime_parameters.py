"""Runtime parameters: which fields may be declared, and which values a run may give."""

from __future__ import annotations

import functools
import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.runners.cluster.kubeflow.fixtures import load
from tfx_pipeline.config.loader import LoadedConfig, parse_override, validated
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.runners.cluster.runtime_parameters import (
    RuntimeParameter,
    check_parameters,
    parameter_text,
    runtime_parameters,
)

DECLARED = (
    "environment.runtime_parameters=[model.epochs, model.optimizer.learning_rate,"
    " model.hidden_units, model.family, evaluation.thresholds.accuracy.min, model.early_stopping]"
)


def declared(*fields: str) -> tuple[RuntimeParameter, ...]:
    return runtime_parameters(load(f"environment.runtime_parameters=[{','.join(fields)}]").config)


def problem_of(*fields: str) -> str:
    with pytest.raises(ConfigError) as caught:
        declared(*fields)
    return str(caught.value)


def test_runtime_parameters_are_texts_with_the_compiled_value() -> None:
    assert declared("model.epochs", "model.dropout", "model.family", "model.hidden_units") == (
        RuntimeParameter("model.epochs", "model_epochs", "60"),
        RuntimeParameter("model.dropout", "model_dropout", "0.0"),
        RuntimeParameter("model.family", "model_family", "dnn"),
        RuntimeParameter("model.hidden_units", "model_hidden_units", "[16]"),
    )


def test_runtime_parameters_reach_into_entries() -> None:
    (found,) = declared("evaluation.thresholds.accuracy.min")
    assert found.default == "0.9"


@pytest.mark.parametrize(("field", "expected"), [
    ("model.epoch", "did you mean `epochs`?"),
    ("modell.epochs", "did you mean `model`?"),
    ("model.epochs.more", "a field of a section that is there"),
    ("evaluation.thresholds.acuracy.min", "did you mean `accuracy`?"),
    ("data.path", "`data.path` is fixed when compiled"),
    ("environment.cache", "is fixed when compiled"),
    ("push.infra_check.server", "is fixed when compiled"),
    ("push.infra_check", "`push.infra_check` holds `push.infra_check.server`"),
    ("push.base_directory", "--set push.base_directory=…"),
])  # fmt: skip
def test_runtime_parameters_that_cannot_be_are_refused(field: str, expected: str) -> None:
    assert expected in problem_of(field)


def test_runtime_parameters_of_one_name_are_refused() -> None:
    config = load(
        "features.Island={kind: numeric}",
        "environment.runtime_parameters=[features.island.kind, features.Island.kind]",
    ).config
    with pytest.raises(ConfigError, match="would be one parameter, `features_island_kind`"):
        runtime_parameters(config)


def test_check_parameters_gives_texts_as_the_compiled_ones_are_written() -> None:
    words = [
        "model.epochs=5",
        "model_optimizer_learning_rate=1e-4",
        "model.hidden_units=[32, 16]",
        "model.family=linear",
        "model.early_stopping=null",
    ]
    assert check_parameters(load(DECLARED), words) == {
        "model_epochs": "5",
        "model_optimizer_learning_rate": "0.0001",
        "model_hidden_units": "[32, 16]",
        "model_family": "linear",
        "model_early_stopping": "null",
    }


@pytest.mark.parametrize(("words", "expected"), [
    (["model.epochs=0"], "greater than or equal to 1"),
    (["model.epochs=many"], "a whole number"),
    (["model.epochs=5.5"], "a whole number"),
    (["model.optimizer.learning_rate=.nan"], "a finite number"),
    (["model.epochs="], "`model.epochs` cannot have this value"),
    (["model.epoch=1"], "did you mean `model.epochs`?"),
    (["model.seed=1"], "no such runtime parameter"),
    (["model.epochs"], "no such runtime parameter"),
    (["model.hidden_units=[1"], "not valid YAML"),
    (["model.family=liner"], "'auto', 'linear', 'dnn', 'wide_deep', 'mlp' or 'trees'"),
    (["model.epochs=1", "model_epochs=2"], "`model.epochs` is given twice"),
])  # fmt: skip
def test_check_parameters_that_cannot_be_are_refused(words: list[str], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_parameters(load(DECLARED), words)
    assert expected in str(caught.value)


def test_check_parameters_with_nothing_declared_says_where_to_declare() -> None:
    with pytest.raises(ConfigError) as caught:
        check_parameters(load("environment.runtime_parameters=[]"), ["model.epochs=1"])
    assert "nothing: environment.runtime_parameters is empty" in str(caught.value)


CLASSES = [
    "[no, yes, on]", "[0, 1, 2]", "[1.0, 2.0, 3.0]", "[007, 7, 0x7]", "[null, x, ~]",
    "[2021-01-01, 2021-01-02, x]", "[12:30, 1e3, .5]", "['no', \"yes\", on]",
    "[<=50K, =, '>50K']", "['a  b', ' a', b]", "[y, n, N]", "['a, b', \"it's\", '#1']",
    "['[v2]', '{a}', '*x']",
]  # fmt: skip


@pytest.mark.parametrize("classes", CLASSES)
def test_text_parameter_gives_the_same_texts_compiled_submitted_and_set(classes: str) -> None:
    loaded = load(f"label.classes={classes}", "environment.runtime_parameters=label.classes")
    expected = loaded.config.label.classes
    (compiled,) = runtime_parameters(loaded.config)
    (submitted,) = check_parameters(loaded, [f"label.classes={classes}"]).values()
    for text in (compiled.default, submitted):  # as a step's command line gets it
        said = parse_override(f"label.classes={text}")
        assert validated(loaded.source.overlay(said), "").label.classes == expected


RATE, SEED, FLAG = "model.optimizer.learning_rate", "data.split.seed", "data.refuse_warnings"


@functools.cache
def loaded_with(field: str) -> LoadedConfig:
    return load(f"environment.runtime_parameters={field}")


def through(field: str, value: Any) -> Any:
    """Send a value of a field on its way: written, submitted, set by a step, read there."""
    loaded = loaded_with(field)
    text = parameter_text(value)
    (submitted,) = check_parameters(loaded, [f"{field}={text}"]).values()
    assert submitted == text
    read: Any = validated(loaded.source.overlay(parse_override(f"{field}={text}")), "")
    for key in field.split("."):
        read = getattr(read, key)
    return read


@settings(deadline=None)
@given(st.floats(min_value=0, exclude_min=True, max_value=1, allow_subnormal=True))
@example(1e-300)
@example(2.2250738585072014e-308)
@example(5e-324)
@example(0.12345678901234568)
@example(0.1 + 0.2)
@example(math.nextafter(1, 0))
def test_double_reaches_the_step_with_all_its_digits(value: float) -> None:
    read = through(RATE, value)
    assert (type(read), read.hex()) == (float, value.hex())


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=2**70))
@example(2**53)
@example(2**53 + 1)
@example(2**63 + 1)
@example(10**22)
def test_whole_number_reaches_the_step_exactly(value: int) -> None:
    read = through(SEED, value)
    assert (type(read), read) == (int, value)
    (written,) = check_parameters(loaded_with(SEED), [f"{SEED}={value}.0"]).values()
    assert written == str(value)  # and not the nearest double


@pytest.mark.parametrize("value", [True, False])
def test_truth_value_reaches_the_step(value: bool) -> None:
    assert through(FLAG, value) is value


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1))
@example("a\nb")
@example("\u2028$(HOME) $$ {{workflow.uid}} {{{{")
@example("{{$.inputs.parameters['x']}}")
@example("😀\x7f\x85\ufeff")
def test_text_reaches_the_step_letter_by_letter_on_one_line(value: str) -> None:
    text = parameter_text(value)
    assert len(text.splitlines()) == 1 and "{{" not in text and "$" not in text
    said = parse_override(f"label.rule={text}").values
    assert said == {"label": {"rule": value}}


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=("Cs",))), min_size=2, unique=True))
@example(["$1", "{{", "no"])
@example(["1.0", "null", "~"])
def test_list_of_texts_reaches_the_step(values: list[str]) -> None:
    text = parameter_text(values)
    assert len(text.splitlines()) == 1 and "{{" not in text and "$" not in text
    said = parse_override(f"label.classes={text}").values
    assert said == {"label": {"classes": values}}


def test_list_of_numbers_reaches_the_step() -> None:
    assert through("model.hidden_units", (512, 16)) == (512, 16)
    assert through("model.family", "linear") == "linear"


def test_section_with_the_same_value_twice_is_written_without_references() -> None:
    shared = {"min": 0.5}
    assert parameter_text({"a": shared, "b": shared}) == "{a: {min: 0.5}, b: {min: 0.5}}"


@pytest.mark.parametrize(
    "rule",
    ["no", "yes == 'no'", "[x]", "a > 1 # b", "it's", "'a' == b", "x: y", "~", "null", "1.0"],
)
def test_text_parameter_without_quotes_is_taken_letter_by_letter(rule: str) -> None:
    loaded = load("environment.runtime_parameters=label.rule")
    quoted = "'" + rule.replace("'", "''") + "'"
    source = loaded.source.overlay(parse_override(f"label.rule={quoted}"))
    config = validated(source, "")
    assert config.label.rule == rule
    parameters = {x.field: x for x in runtime_parameters(_with_rule(config))}
    again = parse_override(f"label.rule={parameters['label.rule'].default}")
    assert validated(loaded.source.overlay(again), "").label.rule == rule


def _with_rule(config: PipelineConfig) -> PipelineConfig:
    environment = config.environment.model_copy(update={"runtime_parameters": ("label.rule",)})
    return config.model_copy(update={"environment": environment})
