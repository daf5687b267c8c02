"""Runtime parameters: which fields may be declared, and which values a run may give."""

from __future__ import annotations

import pytest

from tests.runners.cluster.kubeflow.fixtures import load
from tfx_pipeline.config.loader import parse_override, validated
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.runners.cluster.runtime_parameters import (
    RuntimeParameter,
    check_parameters,
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


def test_runtime_parameters_have_the_kind_of_their_field() -> None:
    assert declared("model.epochs", "model.dropout", "model.family", "model.hidden_units") == (
        RuntimeParameter("model.epochs", "model_epochs", "integer", 60),
        RuntimeParameter("model.dropout", "model_dropout", "double", 0.0),
        RuntimeParameter("model.family", "model_family", "text", "dnn"),
        RuntimeParameter("model.hidden_units", "model_hidden_units", "text", "[16]"),
    )


def test_runtime_parameters_reach_into_entries() -> None:
    (found,) = declared("evaluation.thresholds.accuracy.min")
    assert (found.kind, found.default) == ("text", "0.9")  # a number or nothing


@pytest.mark.parametrize(("field", "expected"), [
    ("model.epoch", "did you mean `epochs`?"),
    ("modell.epochs", "did you mean `model`?"),
    ("model.epochs.more", "a field of a section that is there"),
    ("evaluation.thresholds.acuracy.min", "did you mean `accuracy`?"),
    ("data.path", "`data.path` is fixed when compiled"),
    ("environment.cache", "is fixed when compiled"),
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


def test_check_parameters_gives_values_of_the_fields_kind() -> None:
    words = [
        "model.epochs=5",
        "model_optimizer_learning_rate=1e-4",
        "model.hidden_units=[32, 16]",
        "model.family=linear",
        "model.early_stopping=null",
    ]
    assert check_parameters(load(DECLARED), words) == {
        "model_epochs": 5,
        "model_optimizer_learning_rate": 0.0001,
        "model_hidden_units": "[32, 16]",
        "model_family": "linear",
        "model_early_stopping": "null",
    }


@pytest.mark.parametrize(("words", "expected"), [
    (["model.epochs=0"], "greater than or equal to 1"),
    (["model.epochs=many"], "a whole number"),
    (["model.epochs="], "`model.epochs` cannot have this value"),
    (["model.epoch=1"], "did you mean `model.epochs`?"),
    (["model.seed=1"], "no such runtime parameter"),
    (["model.epochs"], "no such runtime parameter"),
    (["model.hidden_units=[1"], "not valid YAML"),
    (["model.family=liner"], "'linear', 'dnn' or 'wide_deep'"),
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
