from __future__ import annotations

import pytest

from tfx_pipeline.errors import ConfigError
from tfx_pipeline.tables.writing.found_settings import with_model_settings

TEXT = """\
# mine
name: x
model: # about it
  family: auto
  optimizer: {name: adam, learning_rate: 0.002} # fine
  trees:
    leaves: 5 # few
  dropout: 0.1 # some

evaluation:
  metrics: [auc]
"""


def test_with_model_settings_changes_and_adds_and_keeps_comments() -> None:
    setting = {
        "optimizer.learning_rate": 0.01,
        "dropout": 0.3,
        "trees.leaves": 7,
        "trees.rounds": 90,
        "mlp.learning_rate": 0.1,
    }
    assert (
        with_model_settings(TEXT, setting, "x.yaml")
        == """\
# mine
name: x
model: # about it
  family: auto
  optimizer: {name: adam, learning_rate: 0.01} # fine
  trees:
    leaves: 7 # few
    rounds: 90
  mlp: {learning_rate: 0.1}
  dropout: 0.3 # some

evaluation:
  metrics: [auc]
"""
    )


def test_with_model_settings_of_a_short_form_keeps_the_name() -> None:
    text = "name: x\nmodel:\n  optimizer: sgd\n"
    changed = with_model_settings(text, {"optimizer.learning_rate": 0.5}, "x.yaml")
    assert changed == "name: x\nmodel:\n  optimizer: {name: sgd, learning_rate: 0.5}\n"


def test_with_model_settings_without_the_section_adds_it() -> None:
    changed = with_model_settings("name: x\n", {"trees.leaves": 7, "dropout": 0.5}, "x.yaml")
    assert changed == "name: x\n\nmodel:\n  trees: {leaves: 7}\n  dropout: 0.5\n"


def test_with_model_settings_between_braces_is_refused() -> None:
    with pytest.raises(ConfigError) as error:
        with_model_settings("model: {family: dnn}\n", {"dropout": 0.5}, "x.yaml")
    assert "between braces" in str(error.value)
    assert "{dropout: 0.5}" in str(error.value)
