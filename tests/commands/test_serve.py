"""`tfx-pipeline serve`: what it says, and the process that it becomes."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.conftest import CommandLine, ServedProject

FREE = ("--port=0", "--rest_api_port=0")


@pytest.fixture
def binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for TensorFlow Serving's binary that prints its flags and its process id."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "tensorflow_model_server"
    program.write_text('#!/bin/sh\necho "pid $$"\nprintf "flag %s\\n" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return program


def serve(project: ServedProject, *arguments: str) -> tuple[int, str, list[str]]:
    """Run `serve`; give its process id, what it said, and the flags that the server got."""
    command = [sys.executable, "-m", "tfx_pipeline.cli", "serve", project.config, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    said, _, rest = out.partition("pid ")
    number, *flags = rest.splitlines()
    assert int(number) == process.pid  # the same process, so signals reach the server
    return process.pid, said, [flag.removeprefix("flag ") for flag in flags]


def test_serve_becomes_the_binary_with_the_label_file(project: ServedProject, binary: Path) -> None:
    project.add_version(3)
    project.add_version(12)
    _, said, flags = serve(project, "--rest_api_port", "18501", "--port=0", "--enable_batching")
    assert flags == [
        f"--model_config_file={project.version_label_file}",
        "--model_config_file_poll_wait_seconds=1",
        "--allow_version_labels_for_unavailable_models=true",
        "--port=0",
        "--rest_api_port=18501",
        "--enable_batching=true",
    ]
    lines = {line.split()[0]: line.split(maxsplit=1)[1] for line in said.splitlines()}
    assert lines["server"] == f"binary ({binary})"
    assert lines["REST"] == "http://localhost:18501"
    assert lines["versions"] == "12, 3"
    assert "gRPC" not in lines
    question = shlex.split(lines["ask"].removeprefix("it "))
    assert question[0::3] == ["curl", "http://localhost:18501/v1/models/taxi:predict"]
    assert json.loads(question[2]) == {"instances": [{"x": 1.0, "company": "Chicago's"}]}


def test_serve_lists_new_versions_beside_the_labelled_ones(
    project: ServedProject, binary: Path, tfx_pipeline: CommandLine
) -> None:
    project.add_version(3)
    tfx_pipeline("promote", "--label=stable", "--url=127.0.0.1:9")
    project.add_version(4)
    _, said, _ = serve(project, *FREE)
    assert "stable → 3" in said
    assert "versions: 3\n" in project.version_label_file.read_text(encoding="utf-8")
    assert "versions: 4\n" in project.version_label_file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--model_base_path={base}"], ["--model_name=default", "--model_base_path={base}"]),
        (["--model_name=cab"], ["--model_name=cab", "--model_base_path={base}"]),
    ],
)
def test_serve_with_its_own_model_needs_no_label_file(
    project: ServedProject, binary: Path, arguments: list[str], expected: list[str]
) -> None:
    project.add_version(3)
    base = str(project.base)
    _, _, flags = serve(project, *FREE, *(word.format(base=base) for word in arguments))
    assert sorted(flags) == sorted([*FREE, *(word.format(base=base) for word in expected)])
    assert not project.version_label_file.exists()


def test_serve_with_a_model_config_file_names_its_models(
    project: ServedProject, binary: Path
) -> None:
    project.add_version(3)
    file = project.folder / "models.config"
    file.write_text(
        f'model_config_list {{ config {{ name: "cab" base_path: "{project.base}" '
        'model_platform: "tensorflow" version_labels { key: "blue" value: 3 } } }',
        encoding="utf-8",
    )
    _, said, flags = serve(project, *FREE, f"--model_config_file={file}")
    assert flags == [*FREE, f"--model_config_file={file}"]
    assert f"cab: {project.base}" in said
    assert "blue → 3" in said


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would have replaced this process."""
    commands: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, words: commands.append(words))
    return commands


def test_serve_where_no_file_can_be_written_names_the_folder(
    project: ServedProject, executed: list[list[str]], tfx_pipeline: CommandLine
) -> None:
    project.add_version(3)
    project.version_label_file.mkdir()  # in the way; root may write anywhere
    status, _, _ = tfx_pipeline("serve", "--server=embedded", *FREE)
    assert status == 0
    assert executed[0][3:] == ["--model_name=taxi", f"--model_base_path={project.base}", *FREE]


def test_serve_says_to_whom_it_is_open(
    project: ServedProject, executed: list[list[str]], tfx_pipeline: CommandLine
) -> None:
    project.add_version(3)
    _, out, _ = tfx_pipeline("serve", "--server=embedded", *FREE, "--bind_address=0.0.0.0")
    assert "exposed   on 0.0.0.0" in out
    _, out, _ = tfx_pipeline("serve", "--server=embedded", *FREE)
    assert "exposed" not in out
    assert executed[1][:3] == [sys.executable, "-m", "tfx_pipeline.serving.server"]


def test_serve_docker_prints_the_command_that_it_executes(
    project: ServedProject, binary: Path, executed: list[list[str]], tfx_pipeline: CommandLine
) -> None:
    binary.rename(binary.with_name("docker"))
    project.add_version(3)
    folder = project.base.parent
    _, out, _ = tfx_pipeline("serve", "--server=docker", "--port=18500", "--rest_api_port=0")
    (command,) = executed
    assert shlex.join(command) in out
    assert f"--mount=type=bind,source={folder},target={folder},readonly" in command
    assert "--publish=127.0.0.1:18500:18500" in command
    assert f"--model_config_file={project.version_label_file}" in command


def test_serve_without_a_model_says_how_to_make_one(tfx_pipeline: CommandLine) -> None:
    status, _, err = tfx_pipeline("serve")
    assert status == 2
    assert "there is no model `taxi` yet" in err
    assert "tfx-pipeline run" in err


def test_serve_on_a_taken_port_says_so(project: ServedProject, tfx_pipeline: CommandLine) -> None:
    project.add_version(3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        status, _, err = tfx_pipeline("serve", "--port=0", f"--rest_api_port={port}")
    assert (status, f"port {port} is taken" in err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--rest_api_prot=1"], "did you mean --rest_api_port?"),
        (["8501"], "not a flag"),
        (["--port"], "--port has no value"),
        (["--model_config_file=none.config"], "none.config; No such file or directory"),
    ],
)
def test_serve_with_a_bad_flag_says_what_is_allowed(
    project: ServedProject, tfx_pipeline: CommandLine, arguments: list[str], expected: str
) -> None:
    project.add_version(3)
    status, _, err = tfx_pipeline("serve", "--server=embedded", *arguments)
    assert (status, expected in err) == (2, True), err
