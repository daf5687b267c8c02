"""A model server that was spawned ends with the process that spawned it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live_processes import assert_ended

pytestmark = pytest.mark.slow

SCRIPT = """
import os, psutil, signal, sys, time
from pathlib import Path
from tfx_pipeline.deployment.candidate_server import RunningServer
server = RunningServer(sys.argv[1], Path(sys.argv[2]), "taxi")
time.sleep(float(sys.argv[3]))
print(server.process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of TensorFlow Serving's name, which runs for a minute."""
    file = tmp_path / "bin/tensorflow_model_server"
    file.parent.mkdir()
    file.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{file.parent}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize("kind", ["binary", "embedded"])
@pytest.mark.parametrize("after_s", ["0", "1.5"])
def test_server_does_not_outlive_a_kill_of_its_run(
    kind: str, after_s: str, binary: None, tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    command = [sys.executable, "-c", SCRIPT, kind, str(tmp_path / "model"), after_s]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert_ended([int(done.stdout)])
