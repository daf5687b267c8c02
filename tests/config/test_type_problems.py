"""Messages about values: in words, with the next step, never in the terms of a program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from tfx_pipeline.config.loader import load_config, validated
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.source_text import alternatives
from tfx_pipeline.config.yaml_source import YamlSource
from tfx_pipeline.errors import ConfigError

_VALID = "name: c\ndata: d\nlabel: {column: x, task: regression}\nfeatures: {f: numeric}\n"
_OF_PROGRAMS = re.compile(
    r"\^|\$|\\|\(\?|\[\w-\w|\]\{|\]\*|\]\+|\)\?|pattern|regular expression"
    r"|valid (string|tuple|dict)|Config\b|Feature\b|instance of|pydantic|ctx|tagged-union|\[key\]"
)
_WRONG: tuple[Any, ...] = (
    "", " ", "a b", "ß!", "-", ".", "a\nb", "X" * 300, -1, 0, 1.5, 10**30, float("nan"), True, None,
    [], {}, [[]], ["a b"], {"a b": "ß!"}, {"": 1}, [{"x": 1}],
)  # fmt: skip


def _paths(
    model: type[BaseModel], path: tuple[str, ...]
) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """List every field with the values that must stand beside it."""
    for name, field in model.model_fields.items():
        yield {}, (*path, name)
        for annotation in alternatives(field.annotation):
            for inner in [annotation, *get_args(annotation)]:
                for section in alternatives(inner):
                    if not (isinstance(section, type) and issubclass(section, BaseModel)):
                        continue
                    is_named = inner is not annotation and "dict" in str(annotation)
                    below = (*path, name, "n") if is_named else (*path, name)
                    kind = section.model_fields.get("kind")
                    beside = {"kind": get_args(kind.annotation)[0]} if is_named and kind else {}
                    for _, deeper in _paths(section, below):
                        yield beside, deeper


def _messages(values: dict[str, Any]) -> list[str]:
    try:
        validated(YamlSource(values, {}), "c.yaml")
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


FIELDS = [*_paths(PipelineConfig, ())]


@pytest.mark.parametrize(
    ("beside", "path"), FIELDS, ids=[f"{'.'.join(p)}-{b.get('kind', '')}" for b, p in FIELDS]
)
def test_validated_with_wrong_value_in_any_field_speaks_in_words(
    beside: dict[str, Any], path: tuple[str, ...]
) -> None:
    said: list[str] = []
    for wrong in _WRONG:
        nested: Any = {**beside, path[-1]: wrong}
        for key in reversed(path[:-1]):
            nested = {key: nested}
        valid = {
            "name": "c",
            "data": {"path": "d"},
            "label": {"column": "x", "task": "regression"},
            "features": {"f": {"kind": "numeric"}},
        }
        said += _messages(YamlSource(valid, {}).overlay(YamlSource(nested, {})).values)
    assert said, path
    for message in said:
        received = re.sub(r"received .*", "", message)
        assert not _OF_PROGRAMS.search(received), message


def test_fields_of_all_sections_are_listed() -> None:
    paths = {".".join(path) for _, path in FIELDS}
    assert len(paths) > 100
    assert {"environment.steps.n.memory", "environment.secrets.env", "features.n.parts"} <= paths
    assert {"evaluation.thresholds.n.min", "environment.vertex.push.serving_image"} <= paths


def problems(tmp_path: Path, text: str, *overrides: str) -> list[str]:
    file = tmp_path / "c.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file, None, overrides)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("name=My Model", "lower-case letters of English, digits, `_` and `-`"),
        ("push.model_name=é", "lower-case letters of English"),
        ("hooks.run_fn=nodots", "module.function, e.g. `my_module.run_fn`"),
        ("environment.image=x", "an image with its tag or digest"),
        ("push.infra_check.image=x", "an image with its tag"),
        ("environment.metadata.database=a-b", "letters, digits and `_`"),
        ("environment.metadata.password_env=1A", "the name of a variable"),
        ("environment.steps.Trainer.memory=8GB", "Mi, Gi, Ti, M, G and T, e.g. 8Gi"),
        ("environment.job.experiment=A B", "lower-case letters, digits and `-`"),
        ("environment.job.schedule=daily", "five or six fields of cron"),
        ("environment.kubeflow.host=localhost", "begins with http:// or https://"),
        ("environment.vertex.project=P", "6 to 30 lower-case letters"),
        ("environment.vertex.location=mars", "e.g. us-central1"),
        ("environment.runtime_parameters=epochs", "e.g. model.epochs"),
        ("environment.volumes={claim: x, mount_path: mnt}", "an absolute path"),
        ("environment.secrets={name: A, key: k, env: V}", "lower-case letters, digits, `-`"),
        ("environment.cache=maybe", "true or false"),
        ("model.epochs=many", "a whole number"),
        ("model.epochs=1.5", "a whole number"),
        ("model.dropout=high", "a number"),
        ("model=5", "a mapping: {family: …, hidden_units: …"),
        ("features=[f]", "a mapping of names, e.g. {name: {kind: …}}"),
        ("evaluation.thresholds={auc: 0.9}", "a mapping: {min: …, max: …"),
        ("features.f=numerical", "did you mean `numeric`?"),
        ("evaluation.metrics=acuracy", "did you mean `accuracy`?"),
        ("evaluation.slices=a,b", "[[a, b]] for both crossed"),
    ],
)
def test_load_config_with_value_of_wrong_form_says_what_is_allowed(
    tmp_path: Path, override: str, words: str
) -> None:
    assert any(words in problem for problem in problems(tmp_path, _VALID, override))


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("classes", "`label.classes`"),
        ("task", "`label.task`"),
        ("epochs", "`model.epochs`"),
        ("metrics", "`evaluation.metrics`"),
        ("slices", "`evaluation.slices`"),
        ("thresholds", "`evaluation.thresholds`"),
        ("learning_rate", "`model.optimizer.learning_rate`"),
        ("pipeline_root", "`environment.pipeline_root`"),
        ("base_directory", "`push.base_directory`"),
        ("data.classes", "`label.classes`"),
        ("label.schema_file", "`data.schema_file`"),
        ("evaluation.epochs", "`model.epochs`"),
        ("modle", "`model`"),
        ("Model", "`model`"),
    ],
)
def test_load_config_with_key_of_another_section_names_the_section(
    tmp_path: Path, key: str, meant: str
) -> None:
    (problem,) = problems(tmp_path, _VALID, f"{key}=x")
    assert f"did you mean {meant}" in problem


def test_load_config_with_name_that_cannot_be_used_shows_the_name(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, _VALID, "evaluation.thresholds.aux.min=1")
    assert "no metric is called 'aux'" in problem


def test_load_config_with_credentials_in_an_address_hides_them(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, _VALID, "environment.kubeflow.host=ftp://me:secret@host/x")
    assert "secret" not in problem and "ftp://…@host" in problem
