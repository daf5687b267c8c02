"""run_kubeflow.py typed with any Python: it compiles or submits, or hands over to .venv."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def checkout(tmp_path: Path, repository: Path) -> Path:
    """A checkout whose package prints the words that it is started with."""
    for name in ("run_local.py", "run_kubeflow.py"):
        shutil.copy(repository / name, tmp_path)
    package = tmp_path / "tfx_pipeline"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "cli.py").write_text("def program(words): print(*words, sep='\\n')\n")
    return tmp_path


@pytest.mark.parametrize(("words", "expected"), [
    ([], ["compile", "--env=kubeflow"]),
    (["--env", "vertex", "-o", "x"], ["compile", "--env", "vertex", "-o", "x"]),
    (["--env=vertex", "--submit", "--wait"], ["submit", "--env=vertex", "--wait"]),
    (["--submit"], ["submit", "--env=kubeflow"]),
])  # fmt: skip
def test_run_kubeflow_compiles_or_submits(
    checkout: Path, words: list[str], expected: list[str]
) -> None:
    command = [sys.executable, "run_kubeflow.py", *words]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=30)
    assert done.stdout.splitlines() == expected, done.stderr


def test_run_kubeflow_without_venv_says_make_setup(checkout: Path) -> None:
    command = [sys.executable, "-S", "run_kubeflow.py"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert done.stderr.startswith("run_kubeflow.py: Python ")
    assert done.stderr.endswith("  next   make setup, then the same command again\n")


def test_run_kubeflow_with_venv_hands_over_its_own_name_and_words(checkout: Path) -> None:
    python = checkout / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nprintf "<%s>" "$@"\nexit 3\n')
    python.chmod(0o755)
    command = [sys.executable, "-S", "run_kubeflow.py", "--submit", "--set", "a.b=1 2"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=30)
    assert done.stdout == f"<{checkout}/run_kubeflow.py><--submit><--set><a.b=1 2>"
    assert done.returncode == 3
