"""This program's own commands as they can be typed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tfx_pipeline.processes.own_command import program, run_words


@pytest.mark.parametrize(
    ("started_as", "expected"),
    [
        ("run_local.py", ("python", "run_local.py")),
        ("/else where/run_local.py", ("python", "/else where/run_local.py")),
        ("{here}/run_local.py", ("python", "run_local.py")),
        ("pytest", ("python", "run_local.py")),
        ("", ("python", "run_local.py")),
        ("/usr/bin/tfx-pipeline", ("tfx-pipeline", "run")),
    ],
)
def test_run_words_are_those_that_started_the_process(
    started_as: str,
    expected: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [started_as.format(here=tmp_path)])
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert run_words() == expected


def test_program_beside_this_python_is_named_with_its_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin/python"))
    assert program() == "tfx-pipeline"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/tfx-pipeline").touch()
    assert program() == f"{tmp_path}/bin/tfx-pipeline"
    monkeypatch.chdir(tmp_path)
    assert program() == "bin/tfx-pipeline"
