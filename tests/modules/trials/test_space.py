from __future__ import annotations

import pytest

from tests.modules.tables import make_config
from tfx_pipeline.modules.trials.space import (
    FAMILY,
    SPACES,
    families_tried,
    setting_of,
    tuned_model,
    with_setting,
)


def model_of(**values):
    label = {"column": "y", "task": "binary"}
    features = {"x": {"kind": "numeric"}}
    config = make_config(label=label, features=features, model=values)
    return config.model_dump(mode="json")["model"]


@pytest.mark.parametrize("family", SPACES)
def test_spaces_has_only_fields_of_the_model(family) -> None:
    model = model_of(family=family)
    for each in SPACES[family]:
        place = model
        for key in each.path.split("."):
            assert key in place, each.path
            place = place[key]
        assert each.low < each.high


@pytest.mark.parametrize("family", SPACES)
def test_spaces_bounds_are_valid_settings(family) -> None:
    for end in ("low", "high"):
        setting = {
            x.path: int(getattr(x, end)) if x.kind == "int" else getattr(x, end)
            for x in SPACES[family]
        }
        changed = with_setting(model_of(family=family), setting)
        model_of(**changed)


def test_with_setting_leaves_the_original_as_it_is() -> None:
    model = model_of(family="dnn")
    changed = with_setting(model, {"optimizer.learning_rate": 0.5, "dropout": 0.25})
    assert (changed["optimizer"]["learning_rate"], changed["dropout"]) == (0.5, 0.25)
    assert model == model_of(family="dnn")


def test_setting_of_takes_only_what_belongs_to_the_family() -> None:
    values = {FAMILY: "dnn", "dnn/dropout": 0.5, "linear/l2": 1.0}
    assert setting_of(values, "dnn") == {"dropout": 0.5}


def test_tuned_model_without_a_search_is_the_same() -> None:
    model = model_of(family="linear")
    assert tuned_model(model, None) == model


def test_tuned_model_has_what_was_found() -> None:
    model = model_of(family="dnn")
    found = {"space": [], "values": {FAMILY: "dnn", "dnn/batch_size": 77}}
    assert tuned_model(model, found) == {**model, "batch_size": 77}


def test_families_tried_of_one_family_is_itself() -> None:
    assert families_tried(model_of(family="wide_deep")) == ["wide_deep"]
