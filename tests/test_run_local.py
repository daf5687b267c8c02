"""run_local.py typed with any Python: it runs, hands over to .venv, or says what to do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def checkout(tmp_path: Path, repository: Path) -> Path:
    shutil.copy(repository / "run_local.py", tmp_path)
    return tmp_path


def run_bare(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it with a Python that sees no installed package."""
    command = [sys.executable, "-S", "run_local.py", *arguments]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=30)


def write_venv_python(checkout: Path, text: str, mode: int = 0o755) -> None:
    python = checkout / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(text)
    python.chmod(mode)


def test_run_local_without_venv_says_make_setup(checkout: Path) -> None:
    done = run_bare(checkout)
    assert done.returncode == 2
    assert "lacks pydantic, rich, tfx, yaml, farmhash, and there is no .venv." in done.stderr
    assert done.stderr.endswith("  next   make setup, then the same command again\n")
    assert "Traceback" not in done.stderr


def test_run_local_with_venv_hands_over_arguments_and_status(checkout: Path) -> None:
    write_venv_python(checkout, '#!/bin/sh\nshift\nprintf "<%s>" "$@"\nexit 3\n')
    done = run_bare(checkout, "--set", "model.seed=1 2", "--no-cache")
    assert done.stdout == "<--set><model.seed=1 2><--no-cache>"
    assert done.returncode == 3


def test_run_local_with_unfinished_venv_does_not_loop(checkout: Path) -> None:
    write_venv_python(checkout, f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    done = run_bare(checkout)
    assert done.returncode == 2
    assert "and .venv is unfinished." in done.stderr


def test_run_local_with_broken_venv_says_why(checkout: Path) -> None:
    write_venv_python(checkout, "not a program", mode=0o644)
    done = run_bare(checkout)
    assert done.returncode == 2
    assert "and .venv/bin/python does not run (Permission denied)." in done.stderr


def test_run_local_help_describes_run(repository: Path) -> None:
    command = [sys.executable, "run_local.py", "--help"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0
    assert "--config" in done.stdout
