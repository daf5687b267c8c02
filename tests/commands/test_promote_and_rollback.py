"""`tfx-pipeline promote` and `rollback` without a server; with one: `test_with_a_server.py`."""

from __future__ import annotations

import pytest

from tests.commands.conftest import SILENT, CommandLine, ServedProject
from tfx_pipeline.deployment.version_label_file import VersionLabelFile


@pytest.fixture(autouse=True)
def versions(project: ServedProject) -> None:
    for version in (1, 2, 3):
        project.add_version(version)


@pytest.fixture
def file(project: ServedProject) -> VersionLabelFile:
    return VersionLabelFile(project.base, "taxi")


def test_promote_without_a_version_takes_the_newest(
    tfx_pipeline: CommandLine, file: VersionLabelFile
) -> None:
    status, out, _ = tfx_pipeline("promote", "--label=stable", SILENT)
    assert (status, file.version_labels()) == (0, {"stable": 3})
    assert out.splitlines()[0] == "taxi: stable → 3"
    assert "no server answers at http://127.0.0.1:9; the next one reads the file" in out
    assert "file: serving_model/taxi.config" in out


def test_rollback_goes_back_step_by_step(tfx_pipeline: CommandLine, file: VersionLabelFile) -> None:
    for version in (1, 2, 3):
        tfx_pipeline("promote", "--label=stable", f"--version={version}", SILENT)
    status, out, _ = tfx_pipeline("rollback", SILENT)
    assert (status, file.version_labels()) == (0, {"stable": 2})
    assert out.splitlines()[0] == "taxi: stable → 2 (was 3)"
    tfx_pipeline("rollback", SILENT)
    assert file.version_labels() == {"stable": 1}
    status, _, err = tfx_pipeline("rollback", SILENT)
    assert status == 2
    assert "no earlier version of `stable` is known or left" in err
    assert "allowed  2, 3" in err


def test_rollback_to_a_version_and_of_another_label(
    tfx_pipeline: CommandLine, file: VersionLabelFile
) -> None:
    for version in (1, 2, 3):
        tfx_pipeline("promote", "--label=canary", f"--version={version}", SILENT)
    assert tfx_pipeline("rollback", "--label=canary", "--to=1", SILENT)[0] == 0
    assert file.history() == {"canary": [1]}


def test_rollback_passes_over_versions_that_are_gone(
    project: ServedProject, tfx_pipeline: CommandLine, file: VersionLabelFile
) -> None:
    for version in (1, 2, 3):
        tfx_pipeline("promote", "--label=stable", f"--version={version}", SILENT)
    (project.base / "2/saved_model.pb").unlink()
    tfx_pipeline("rollback", SILENT)
    assert file.history() == {"stable": [1]}


def test_promote_twice_to_the_same_version_keeps_the_way_back(
    tfx_pipeline: CommandLine, file: VersionLabelFile
) -> None:
    for version in (1, 2, 2):
        tfx_pipeline("promote", "--label=stable", f"--version={version}", SILENT)
    assert file.history() == {"stable": [1, 2]}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["promote", "--label=stable", "--version=9"], ["received 9", "allowed  1, 2, 3"]),
        (["promote", "--label=a/b"], ["not a label"]),
        (["promote", "--label=stable", "--url=ftp://x"], ["not a URL of a server"]),
        (["rollback"], ["the label `stable` names no version", "promote --label stable"]),
    ],
)
def test_a_bad_argument_changes_nothing(
    project: ServedProject, tfx_pipeline: CommandLine, arguments: list[str], expected: list[str]
) -> None:
    status, out, err = tfx_pipeline(*arguments)
    assert (status, out) == (2, "")
    assert all(text in err for text in expected), err
    assert not project.version_label_file.exists()


def test_rollback_to_an_unknown_version_names_those_there_are(tfx_pipeline: CommandLine) -> None:
    tfx_pipeline("promote", "--label=stable", SILENT)
    status, _, err = tfx_pipeline("rollback", "--to=9", SILENT)
    assert (status, "allowed  1, 2, 3" in err) == (2, True)


def test_promote_with_a_broken_file_says_where(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    project.version_label_file.write_text("{", encoding="utf-8")
    status, _, err = tfx_pipeline("promote", "--label=stable", SILENT)
    assert status == 2
    assert f"Invalid protobuf file: '{project.version_label_file}'" in err
