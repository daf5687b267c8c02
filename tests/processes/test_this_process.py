"""This program's own commands, the memory it may use, and what it writes, sent elsewhere.

Of Python's streams, see `test_console`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil
import pytest

from tfx_pipeline.processes import this_process
from tfx_pipeline.processes.this_process import memory_bytes, program, redirected, run_words


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


@pytest.mark.parametrize(("text", "expected"), [("1000", 1000), ("max", None), ("9" * 30, None)])
def test_memory_is_that_of_the_container_if_it_has_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: int | None
) -> None:
    (tmp_path / "limit").write_text(text)
    monkeypatch.setattr(this_process, "_CONTAINER_LIMIT", tmp_path / "limit")
    machine = psutil.virtual_memory().total
    assert memory_bytes() == pytest.approx(expected or machine, rel=0.01)


def test_redirected_takes_what_is_written_within_and_nothing_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    os.write(1, b"before\n")
    with (tmp_path / "log").open("wb") as log, redirected(1, 2, to=log.fileno()) as (out, _):
        log.close()
        os.write(1, b"noise on stdout\n")
        os.write(2, b"noise on stderr\n")
        os.write(out, b"meanwhile\n")
    os.write(1, b"after\n")
    assert capfd.readouterr() == ("before\nmeanwhile\nafter\n", "")
    logged = (tmp_path / "log").read_text(encoding="utf-8")
    assert logged == "noise on stdout\nnoise on stderr\n"


def test_redirected_leads_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    def write_and_fail() -> None:
        os.write(1, b"a log\n")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), redirected(1, to=2):
        write_and_fail()
    os.write(1, b"an answer\n")
    assert capfd.readouterr() == ("an answer\n", "a log\n")
