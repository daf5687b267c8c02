"""The label file: what TensorFlow Serving reads, and what it remembers."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from tests.deployment.conftest import add_versions, listed_versions
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.serving.errors import ServingError


@pytest.fixture
def file(base: Path) -> VersionLabelFile:
    return VersionLabelFile(base, "taxi")


def parsed(file: VersionLabelFile) -> Any:
    """What TensorFlow Serving's own message makes of the file."""
    text = file.path.read_text(encoding="utf-8")
    return text_format.Parse(text, model_server_config_pb2.ModelServerConfig())


def model_of(file: VersionLabelFile) -> Any:
    (model,) = parsed(file).model_config_list.config
    return model


def test_follow_without_labels_asks_for_the_newest_version(
    file: VersionLabelFile, base: Path
) -> None:
    file.follow()
    model = model_of(file)
    assert (model.name, model.base_path, model.model_platform) == ("taxi", str(base), "tensorflow")
    assert model.model_version_policy.WhichOneof("policy_choice") is None
    assert file.path == base.parent / "taxi.config"
    assert (file.version_labels(), listed_versions(file), file.history()) == ({}, [], {})


def test_move_lists_the_labelled_the_previous_and_the_newest_version(
    file: VersionLabelFile, base: Path
) -> None:
    add_versions(base, 4, 5)
    file.move("stable", 1)
    assert listed_versions(file) == [1, 5]
    file.move("stable", 2)
    file.move("canary", 3)
    assert dict(model_of(file).version_labels) == {"stable": 2, "canary": 3}
    assert listed_versions(file) == [1, 2, 3, 5]
    assert file.history() == {"canary": [3], "stable": [1, 2]}


def test_follow_after_a_push_lists_the_new_version(file: VersionLabelFile, base: Path) -> None:
    assert not file.follow_if_used()
    file.move("stable", 3)
    add_versions(base, 4)
    assert file.follow_if_used()
    assert (listed_versions(file), file.version_labels()) == ([3, 4], {"stable": 3})


def test_load_too_lists_a_version_and_moves_nothing(file: VersionLabelFile) -> None:
    file.move("stable", 3)
    file.load_too(1)
    assert (listed_versions(file), file.version_labels()) == ([1, 3], {"stable": 3})
    file.follow()
    assert listed_versions(file) == [3]


def test_move_back_forgets_what_came_after(file: VersionLabelFile) -> None:
    for version in (1, 2, 1, 3):
        file.move("stable", version)
    file.move_back("stable", 2)
    assert file.history() == {"stable": [1, 2]}
    file.move_back("stable", 3)
    assert file.history() == {"stable": [3]}


def test_labels_of_a_file_edited_by_hand_are_kept_with_the_other_models(
    file: VersionLabelFile, base: Path
) -> None:
    file.move("stable", 1)
    config = parsed(file)
    config.model_config_list.config[0].version_labels["stable"] = 2
    other = config.model_config_list.config.add(name="ames", base_path="/models/ames")
    other.model_version_policy.all.SetInParent()
    file.path.write_text(text_format.MessageToString(config), encoding="utf-8")
    assert file.history() == {"stable": [1, 2]}
    file.move("canary", 3)
    assert file.version_labels() == {"stable": 2, "canary": 3}
    assert parsed(file).model_config_list.config[1] == other


@pytest.mark.parametrize("policy", ["all {}", "latest { num_versions: 2 }"])
def test_follow_keeps_a_policy_chosen_by_hand(
    file: VersionLabelFile, base: Path, policy: str
) -> None:
    file.path.write_text(
        f'model_config_list {{ config {{ name: "taxi" base_path: "{base}" '
        f"model_version_policy {{ {policy} }} }} }}",
        encoding="utf-8",
    )
    before = model_of(file).model_version_policy
    file.follow()
    assert model_of(file).model_version_policy == before


def test_move_with_the_policy_all_leaves_it(file: VersionLabelFile) -> None:
    file.follow()
    config = parsed(file)
    config.model_config_list.config[0].model_version_policy.all.SetInParent()
    file.path.write_text(text_format.MessageToString(config), encoding="utf-8")
    file.move("stable", 1)
    policy = model_of(file).model_version_policy
    assert (policy.WhichOneof("policy_choice"), file.version_labels()) == ("all", {"stable": 1})


def test_labels_of_a_broken_file_says_so_and_leaves_it(file: VersionLabelFile) -> None:
    file.path.write_text("model_config_list {", encoding="utf-8")
    with pytest.raises(ServingError, match="Invalid protobuf file"):
        file.move("stable", 1)
    assert file.path.read_text(encoding="utf-8") == "model_config_list {"


def test_move_of_many_labels_at_once_loses_none(file: VersionLabelFile, base: Path) -> None:
    names = [f"label{number}" for number in range(12)]
    threads = [
        threading.Thread(target=VersionLabelFile(base, "taxi").move, args=(name, 1))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(file.version_labels()) == sorted(names)
    assert [x.name for x in base.parent.iterdir() if x.name.startswith(".")] == []


def test_load_too_without_labels_keeps_the_newest(file: VersionLabelFile) -> None:
    file.load_too(1)
    assert (listed_versions(file), file.version_labels()) == ([1, 3], {})
    file.follow()
    assert listed_versions(file) == []


@pytest.mark.parametrize("action", ["move", "move_back", "load_too"])
def test_labels_are_not_moved_to_a_version_that_went_meanwhile(
    file: VersionLabelFile, base: Path, action: str
) -> None:
    file.move("stable", 1)
    shutil.rmtree(base / "3")
    with pytest.raises(ConfigError, match="no such version") as error:
        getattr(file, action)(*(["stable"] if action != "load_too" else []), 3)
    assert "allowed  1, 2" in str(error.value)
    assert (file.version_labels(), listed_versions(file)) == ({"stable": 1}, [1, 3])  # as it was


def test_follow_moves_labels_off_versions_that_are_gone(file: VersionLabelFile, base: Path) -> None:
    for version in (1, 2, 3):
        file.move("stable", version)
    file.move("canary", 3)
    shutil.rmtree(base / "3")
    file.follow()
    assert (file.version_labels(), listed_versions(file)) == ({"stable": 2}, [1, 2])
    assert file.history() == {"stable": [1, 2]}


def test_follow_where_no_version_is_there_keeps_the_labels(
    file: VersionLabelFile, base: Path
) -> None:
    file.move("stable", 2)
    base.rename(base.with_name("away"))
    base.mkdir()
    file.follow()
    assert file.version_labels() == {"stable": 2}
    base.rmdir()
    base.with_name("away").rename(base)
    file.follow()
    assert (file.version_labels(), listed_versions(file)) == ({"stable": 2}, [2, 3])


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "1", '{"stable": 3}', '{"stable": ["1", null]}', '{"stable": [true]}']
)
def test_history_that_is_none_is_begun_anew(file: VersionLabelFile, text: str) -> None:
    file.move("stable", 2)
    file.history_path.write_text(text, encoding="utf-8")
    assert file.history() == {"stable": [2]}


def test_follow_removes_what_killed_writers_left(file: VersionLabelFile, base: Path) -> None:
    for name in (".taxi.config.7-ab", ".taxi.labels.json.7-ab", ".taxi2.config.7-ab"):
        (base.parent / name).touch()
    file.follow()
    assert sorted(x.name for x in base.parent.iterdir()) == [
        ".taxi2.config.7-ab",
        "taxi",
        "taxi.config",
        "taxi.labels.json",
    ]
