"""Folders that libraries would take for patterns, and the links by which they are reached."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.storage.plain_names import link, own_name, plain

_CONFIG = "name: c\ndata: d\nlabel: {column: x, task: regression}\nfeatures: {f: numeric}\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize(
    "name", ["a b", "it's", "#1", "50%", "ä", "-x", "{a}", "a,b", "$x", "]", "a:b"]
)
def test_plain_of_a_name_without_special_characters_is_itself(tmp_path: Path, name: str) -> None:
    place = tmp_path / name / "x"
    link(place)
    assert plain(place) == place == own_name(place)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("name", ["[v2]", "v[2", "a*", "a?b", "back\\slash", "a [b] *c?", "*"])
def test_plain_of_a_special_name_reaches_the_same_folder(tmp_path: Path, name: str) -> None:
    place = tmp_path / name / "deep" / "er"
    link(place)
    reached = plain(place)
    assert not set(str(reached.relative_to(tmp_path))) & set("[*?\\")
    reached.mkdir(parents=True)
    (reached / "file").write_text("x")
    assert (place / "file").read_text() == "x"
    assert own_name(reached / "file") == place / "file"
    assert plain(place) == reached


def test_plain_takes_the_deepest_special_folder_and_keeps_folders_apart(tmp_path: Path) -> None:
    places = [tmp_path / "[a]" / "[b]" / "c", tmp_path / "[a]" / "[c]" / "c", tmp_path / "[a]"]
    for place in places:
        link(place)
    reached = [plain(place) for place in places]
    assert len({*reached}) == 3
    assert [own_name(place) for place in reached] == places
    assert [os.path.realpath(place) for place in reached[2:]] == [str(places[2])]


def test_link_that_names_another_folder_is_made_anew(tmp_path: Path) -> None:
    place = tmp_path / "[a]"
    link(place)
    name = plain(place)
    name.unlink()
    name.symlink_to(tmp_path / "elsewhere")
    link(place)
    assert name.resolve() == place
    assert [each.name for each in name.parent.iterdir()] == [name.name]


def test_link_that_cannot_be_made_names_folder_and_characters(tmp_path: Path, cache: Path) -> None:
    cache.write_text("a file")
    with pytest.raises(ConfigError) as caught:
        link(tmp_path / "my [v2]" / "x")
    assert "`[`" in str(caught.value) and "my [v2]" in str(caught.value)
    assert "rename the folder" in str(caught.value)


def test_plain_with_a_special_cache_links_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "[cache]"))
    assert "[" not in str(plain(tmp_path / "[a]"))


def test_load_config_in_a_special_folder_gives_plain_places_and_shows_own_names(
    tmp_path: Path,
) -> None:
    root = tmp_path / "my project [v2]"
    root.mkdir()
    (root / "c.yaml").write_text(_CONFIG)
    config = load_config(root / "c.yaml").config
    for place in (config.pipeline_root, config.serving_directory, Path(config.root_uri)):
        assert "[" not in str(place)
    assert config.serving_uri == str(config.serving_directory)
    assert config.shown(config.pipeline_root / "runs") == "tfx_pipeline_output/c/runs"
    assert config.shown(config.serving_directory) == "serving_model/c"
    config.pipeline_root.mkdir(parents=True)
    assert (root / "tfx_pipeline_output/c").is_dir()


def test_load_config_for_a_cluster_makes_no_link(tmp_path: Path) -> None:
    root = tmp_path / "[a]"
    root.mkdir()
    (root / "c.yaml").write_text(_CONFIG)
    words = ["environment.runner=kfp", "environment.pipeline_root=/mnt/root"]
    config = load_config(root / "c.yaml", None, [*words, "push.base_directory=gs://b/x"]).config
    assert (config.root_uri, config.serving_uri) == ("/mnt/root", "gs://b/x/c")
    assert not (tmp_path / "cache").exists()
