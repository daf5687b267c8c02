from __future__ import annotations

import os
from pathlib import Path

import pytest

from tfx_pipeline.serving.versions.source import (
    ModelSource,
    PollError,
    VersionPolicy,
    parse_version,
    poll,
)

ALL = VersionPolicy(latest=None)


def children(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).mkdir(parents=True)
    return folder


def aspired(folder: Path, policy: VersionPolicy = ALL) -> dict[int, str]:
    found = poll([ModelSource("m", folder, policy)])["m"].versions
    assert all(path.parent == folder for path in found.values())
    return {number: path.name for number, path in found.items()}


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("1", 1),
        ("00000123", 123),
        ("0", 0),
        ("-5", -5),
        ("+5", 5),
        (" 7 ", 7),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", None),
        ("9" * 5000, None),
        ("", None),
        ("1.0", None),
        ("1_000", None),
        ("0x10", None),
        ("٣", None),  # a digit, and not one of ASCII
        ("v1", None),
        ("1.tmp", None),
        ("1\udcff", None),
        ("--1", None),
    ],
)
def test_parse_version_name_is_read_as_simple_atoi_does(name: str, version: int | None) -> None:
    assert parse_version(name) == version


def test_poll_latest_takes_the_highest_numbers_and_passes_over_other_names(tmp_path: Path) -> None:
    children(tmp_path, "9", "10", "00000123", "tmp", ".staging", "11.partial")
    assert aspired(tmp_path, VersionPolicy()) == {123: "00000123"}
    assert aspired(tmp_path, VersionPolicy(latest=2)) == {123: "00000123", 10: "10"}
    assert aspired(tmp_path, VersionPolicy(latest=9)) == {123: "00000123", 10: "10", 9: "9"}


def test_poll_all_takes_files_and_symbolic_links_too(tmp_path: Path) -> None:
    base = children(tmp_path / "base", "1")
    (base / "2").write_text("a file: it is a version, and will fail to load")
    (base / "3").symlink_to(children(tmp_path / "elsewhere"), target_is_directory=True)
    link = tmp_path / "link"
    link.symlink_to(base, target_is_directory=True)
    assert aspired(link) == {1: "1", 2: "2", 3: "3"}


def test_poll_specific_takes_those_that_are_there_whatever_their_names(tmp_path: Path) -> None:
    children(tmp_path, "1", "002", "3")
    source = ModelSource("m", tmp_path, VersionPolicy(specific=frozenset({1, 2, 4})))
    found = poll([source])["m"]
    assert {number: path.name for number, path in found.versions.items()} == {1: "1", 2: "002"}
    assert found.warnings == ("Version 4 of servable m is asked for and is not there",)


def test_poll_specific_without_versions_aspires_none_and_warns(tmp_path: Path) -> None:
    children(tmp_path, "1")
    found = poll([ModelSource("m", tmp_path, VersionPolicy(specific=frozenset()))])["m"]
    assert found.versions == {}
    assert found.warnings == ("No specific versions requested for m.",)


def test_poll_two_names_of_one_version_takes_one_and_warns(tmp_path: Path) -> None:
    children(tmp_path, "01", "1")
    found = poll([ModelSource("m", tmp_path, ALL)])["m"]
    assert found.versions == {1: tmp_path / "1"}
    assert found.warnings == (
        "Duplicate version directories detected. "
        "Version 1 will be loaded from 1, 01 will be ignored.",
    )


def test_poll_folder_without_versions_aspires_none_and_warns(tmp_path: Path) -> None:
    found = poll([ModelSource("m", children(tmp_path, "saved"), ALL)])["m"]
    assert found.versions == {}
    assert found.warnings == (
        f"No versions of servable m found under base path {tmp_path}. "
        "Did you forget to name your leaf directory as a number (eg. '/1/')?",
    )


def test_poll_missing_base_path_of_one_model_skips_all(tmp_path: Path) -> None:
    there = ModelSource("there", children(tmp_path / "there", "1"))
    with pytest.raises(PollError) as caught:
        poll([there, ModelSource("gone", tmp_path / "gone")])
    assert str(caught.value).startswith(
        f"Could not find base path {tmp_path}/gone for servable gone with error "
    )


def test_poll_base_path_with_a_nul_is_skipped(tmp_path: Path) -> None:
    with pytest.raises(PollError, match="Could not find base path"):
        poll([ModelSource("m", Path("/a\0b"))])


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(5, "I/O")])
def test_poll_folder_that_cannot_be_listed_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def refuse(path: object) -> list[str]:
        raise error

    monkeypatch.setattr(os, "listdir", refuse)  # root may read everything
    with pytest.raises(PollError, match=rf"Could not list {tmp_path} .*{error.strerror}"):
        poll([ModelSource("m", tmp_path)])


def test_poll_base_path_that_is_a_file_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PollError, match="Not a directory"):
        poll([ModelSource("m", tmp_path / "file")])
