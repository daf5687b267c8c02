"""Which server is chosen, and the command that starts it."""

from __future__ import annotations

import csv
import json
import shlex
import sys
from pathlib import Path

import pytest

from tfx_pipeline.deployment import launch
from tfx_pipeline.deployment.launch import (
    choose_server,
    curl_command,
    docker_mount,
    plan_launch,
)
from tfx_pipeline.errors import ConfigError, PipelineError


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def install(folder: Path, name: str, script: str = "exit 0") -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def test_choose_server_prefers_the_binary_when_it_is_on_the_path(programs: Path) -> None:
    missing = "tensorflow_model_server is not on the PATH"
    assert choose_server("auto") == ("embedded", missing)
    with pytest.raises(PipelineError, match=missing):
        choose_server("binary")
    binary = install(programs, "tensorflow_model_server")
    assert choose_server("auto") == ("binary", str(binary))
    assert choose_server("embedded") == ("embedded", "by --server embedded")


def test_choose_server_docker_says_what_is_missing(programs: Path) -> None:
    with pytest.raises(PipelineError, match="docker is not on the PATH"):
        choose_server("docker")
    install(programs, "docker", "echo oh >&2; echo 'Cannot connect to the daemon.' >&2; exit 1")
    with pytest.raises(
        PipelineError, match=r"docker's engine does not answer: Cannot connect to the daemon\."
    ):
        choose_server("docker")
    install(programs, "docker", "echo 27.0")
    assert choose_server("docker") == ("docker", "by --server docker")


def test_plan_launch_embedded_names_this_python_and_absolute_paths(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    flags = {"port": "1", "model_base_path": "models/taxi", "ssl_config_file": ""}
    assert plan_launch("auto", flags).command == (
        sys.executable,
        "-m",
        "tfx_pipeline.serving.server",
        "--port=1",
        f"--model_base_path={tmp_path}/models/taxi",
        "--ssl_config_file=",
    )


def test_plan_launch_leaves_the_address_of_a_bucket(programs: Path) -> None:
    command = plan_launch("embedded", {"model_base_path": "gs://bucket/taxi"}).command
    assert command[-1] == "--model_base_path=gs://bucket/taxi"


def test_plan_launch_embedded_names_the_flag_that_was_meant(programs: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean --rest_api_port"):
        plan_launch("embedded", {"rest_api_prot": "1"})


def test_plan_launch_binary_refuses_flags_that_it_would_pass_over(programs: Path) -> None:
    binary = install(programs, "tensorflow_model_server")
    with pytest.raises(ConfigError, match="the binary server has no flag --bearer_token_file"):
        plan_launch("auto", {"bearer_token_file": "token"})
    command = plan_launch("auto", {"flag_of_tomorrow": "x"}).command
    assert command == (str(binary), "--flag_of_tomorrow=x")


def test_plan_launch_docker_mounts_folders_at_their_own_places(
    programs: Path, tmp_path: Path
) -> None:
    install(programs, "docker")
    flags = {
        "port": "9000",
        "rest_api_port": "0",
        "model_config_file": f"{tmp_path}/models/taxi.config",
        "batching_parameters_file": f"{tmp_path}/settings/batching.txt",
    }
    command = plan_launch("docker", flags, [tmp_path / "models/taxi"]).command
    assert command == (
        "docker",
        "run",
        "--rm",
        "--init",
        "--entrypoint=tensorflow_model_server",
        "--publish=127.0.0.1:9000:9000",
        f"--mount=type=bind,source={tmp_path}/models,target={tmp_path}/models,readonly",
        f"--mount=type=bind,source={tmp_path}/settings,target={tmp_path}/settings,readonly",
        launch.DOCKER_IMAGE,
        *(f"--{name}={value}" for name, value in flags.items()),
    )


def test_curl_command_survives_a_shell() -> None:
    row = {"company": "Chicago's Independents", "trip_miles": float("nan")}
    words = shlex.split(curl_command("http://localhost:8501", "taxi", row))
    assert words[:2] == ["curl", "-d"]
    assert words[3] == "http://localhost:8501/v1/models/taxi:predict"
    assert '"trip_miles": NaN' in words[2]
    assert json.loads(words[2])["instances"][0]["company"] == "Chicago's Independents"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("my models", "source={},target=/m"),
        ("it's", "source={},target=/m"),
        ("a:b", "source={},target=/m"),
        ("a,b", '"source={}",target=/m'),
        ('a"b', '"source={}",target=/m'),
        ("[v2]", "source={},target=/m"),
        ("größe #1", "source={},target=/m"),
        ("$HOME", "source={},target=/m"),
        ("a=b", "source={},target=/m"),
        ("a\\b", "source={},target=/m"),
    ],
)
def test_docker_mount_is_a_line_of_csv(name: str, expected: str) -> None:
    source = Path("/data") / name
    flag = docker_mount(source, "/m", readonly=True)
    (fields,) = csv.reader([flag.removeprefix("--mount=")])
    assert fields == ["type=bind", f"source={source}", "target=/m", "readonly"]
    assert flag.endswith(expected.format(str(source).replace('"', '""')) + ",readonly")


def test_plan_launch_docker_mounts_a_linked_folder_where_the_flags_name_it(
    programs: Path, tmp_path: Path
) -> None:
    install(programs, "docker")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    command = plan_launch("docker", {"model_base_path": f"{tmp_path}/link"}).command
    assert f"--mount=type=bind,source={tmp_path}/real,target={tmp_path}/link,readonly" in command


def test_curl_command_with_odd_model_name_keeps_one_address() -> None:
    words = shlex.split(curl_command("http://localhost:8501", "my model/[2]?", {"x": "it's"}))
    assert words[3] == "http://localhost:8501/v1/models/my%20model%2F%5B2%5D%3F:predict"
