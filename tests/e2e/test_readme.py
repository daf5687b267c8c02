"""The commands of the README, run as a reader would type them."""

from __future__ import annotations

import http.client
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.e2e.project import REPOSITORY, run_python
from tests.serving.running import free_ports

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    words
    for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if (words := shlex.split(line, comments=True))
]
PIPELINE_COMMANDS = [words for words in COMMANDS if words[0] == ".venv/bin/tfx-pipeline"]
CLUSTER_COMMANDS = ("compile", "submit", "status", "node")


def test_readme_names_only_targets_that_make_knows() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    named = [words[1] for words in COMMANDS if words[0] == "make"]
    assert {"run", "test"} <= set(named)
    for target in named:
        assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), target


def test_readme_names_only_files_that_are_there() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (REPOSITORY / target).exists(), target
    assert {words[0] for words in COMMANDS} <= {
        "make",
        "python",
        "docker",
        "curl",
        ".venv/bin/tfx-pipeline",
    }


def test_readme_doctor_command_runs() -> None:
    (arguments,) = [words[1:] for words in PIPELINE_COMMANDS if words[1] == "doctor"]
    done = run_python(["-m", "tfx_pipeline.cli", *arguments], REPOSITORY)
    assert "tfx" in done.stdout


@pytest.mark.e2e
def test_readme_runs_work_in_their_order(tmp_path: Path) -> None:
    for folder in ("configs", "schema", "data"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    runs = [words[2:] for words in COMMANDS if words[:2] == ["python", "run_local.py"]]
    assert ["--config", "configs/penguins.yaml"] in runs
    assert ["--only", "Evaluator"] in runs
    for arguments in runs:
        python_runs([str(REPOSITORY / "run_local.py"), *arguments], tmp_path)
    (taxi, *_) = sorted((tmp_path / "tfx_pipeline_output/taxi/runs").iterdir())
    metrics = json.loads((taxi / "summary.json").read_text(encoding="utf-8"))["metrics"]
    assert metrics["auc"] >= 0.94
    assert metrics["log_loss"] <= 0.23
    for model in ("taxi", "penguins", "ames"):
        assert list((tmp_path / "serving_model" / model).glob("[0-9]*/saved_model.pb"))
    serving_commands_work(tmp_path)


@pytest.mark.e2e
def test_readme_compiles_for_each_target_and_runs_single_steps(tmp_path: Path) -> None:
    for folder in ("configs", "schema", "data"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    kubeflow = [words[2:] for words in COMMANDS if words[:2] == ["python", "run_kubeflow.py"]]
    assert kubeflow == [[]]
    runs = [[str(REPOSITORY / "run_kubeflow.py")]]
    runs += [
        ["-m", "tfx_pipeline.cli", *words[1:]]
        for words in PIPELINE_COMMANDS
        if words[1] in ("compile", "node")
    ]
    assert [run[2:3] for run in runs[1:]] == [["compile"]] * 2 + [["node"]] * 3
    for arguments in runs:
        python_runs(arguments, tmp_path)
    compiled = tmp_path / "tfx_pipeline_output/taxi/compiled"
    assert sorted(path.name for path in compiled.iterdir()) == ["kubeflow.yaml", "vertex.json"]


def test_readme_submits_and_asks_with_options_that_are_there() -> None:
    from tfx_pipeline.cli import _parser

    shown = [words[1:] for words in PIPELINE_COMMANDS if words[1] in ("submit", "status")]
    assert [words[0] for words in shown] == ["submit", "submit", "status"]
    for words in shown:
        assert _parser().parse_args(words).env == "kubeflow"


def python_runs(arguments: Sequence[str], folder: Path) -> None:
    """Run Python with these arguments, which must end well and without a traceback."""
    done = run_python(arguments, folder)
    assert "Traceback" not in done.stdout + done.stderr


def serving_commands_work(folder: Path) -> None:
    """Run the serving section, on other ports, against the models that the runs pushed."""
    grpc_port, rest_port = free_ports(2)
    ports = [f"--port={grpc_port}", f"--rest_api_port={rest_port}"]
    others = ("doctor", "data", *CLUSTER_COMMANDS)
    shown = [words[1:] for words in PIPELINE_COMMANDS if words[1] not in others]
    names = ["serve", "predict", "models", "promote", "rollback"]
    assert [words[0] for words in shown] == names
    versions = sorted(path.name for path in (folder / "serving_model/taxi").glob("[0-9]*"))
    with subprocess.Popen(
        [sys.executable, "-m", "tfx_pipeline.cli", *shown[0], *ports],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    ) as server:
        try:
            wait_open(rest_port)
            earlier = ["promote", "--label", "stable", "--version", versions[0]]
            for arguments in (earlier, *shown[1:]):
                url = f"--url=http://localhost:{rest_port}"
                done = run_python(["-m", "tfx_pipeline.cli", *arguments, url], folder)
                if arguments[0] == "predict":
                    assert f"3 rows by taxi version {versions[-1]}" in done.stdout
            assert "does not have named input: x" in asked(rest_port, '{"instances": [{"x": 1}]}')
        finally:
            server.send_signal(signal.SIGTERM)
    assert server.returncode == 0


def asked(port: int, body: str) -> str:
    """Send what the README's curl sends; that program may not be here."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    client.request("POST", "/v1/models/taxi:predict", body)
    answer = client.getresponse().read().decode()
    client.close()
    return answer


def wait_open(port: int) -> None:
    deadline = time.monotonic() + 120
    while True:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, "the server does not open its port"
        time.sleep(0.1)
