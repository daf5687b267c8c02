"""What a person sees of a run, in a terminal and in a pipe."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os, sys, time
from pathlib import Path
from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.runners.steps.console import RunConsole, StepLine

console = RunConsole()
with console.others_log_to(Path(sys.argv[1])):
    with console.working("Trainer"):
        print("noise on stdout")
        print("noise on stderr", file=sys.stderr)
        os.write(2, b"noise of C++\\n")
        time.sleep(0.3)
    console.step(StepLine("Trainer", "ran", 1.25, "ran: first time", "[5] of 9"))
console.step(StepLine("Pusher", "failed", 0.0))
console.table(("metric", "this", "last"), [("auc", "0.9", "–")])
console.error(DataError([Problem("too low", "a.csv:3", "-1", "0 or more")], "refused"))
print("printed afterwards")
"""
LINES = [
    "  ✓ Trainer                           1.2 s  ran: first time                    [5] of 9",
    "  ✗ Pusher                            0.0 s",
    "  metric   this   last",
    "  auc       0.9      –",
    "refused",
    "  a.csv:3: too low",
    "      received -1",
    "      allowed  0 or more",
    "printed afterwards",
]


def output_in_a_terminal(command: list[str]) -> str:
    primary, secondary = os.openpty()
    with subprocess.Popen(command, stdout=secondary, stderr=secondary) as process:
        os.close(secondary)
        parts = []
        while True:
            try:
                part = os.read(primary, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            parts.append(part)
    os.close(primary)
    assert process.returncode == 0, b"".join(parts)
    return b"".join(parts).decode()


def command(log: Path) -> list[str]:
    return [sys.executable, "-c", SCRIPT, str(log)]


def test_console_in_a_pipe_prints_plain_lines_and_keeps_noise_in_the_log(tmp_path: Path) -> None:
    done = subprocess.run(command(tmp_path / "log"), capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == LINES
    assert done.stderr == ""
    logged = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert sorted(logged) == ["noise of C++", "noise on stderr", "noise on stdout"]


def test_console_in_a_terminal_shows_what_runs_and_no_noise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = output_in_a_terminal(command(tmp_path / "log"))
    assert "noise" not in text
    assert re.search(r"Trainer +.*0:00:00", text)
    assert "\x1b[32m✓" in text
    assert "printed afterwards" in text
