"""What becomes of a waiting process when the one that started it ends."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys

import pytest

from tests.live_processes import assert_ended

pytestmark = pytest.mark.slow


def hold_the_interpreter(seconds: int) -> None:
    """Do what lets no other thread of the process run."""
    ctypes.PyDLL(None).sleep(seconds)


SLEEPS = "smoke.call(time.sleep, 60)"
HOLDS = "smoke.call(hold_the_interpreter, 60)"
ANOTHER = "WaitingProcess('model server', METHOD).call(time.sleep, 60)"


@pytest.mark.parametrize(
    ("method", "task"),
    [
        ("fork", ""),
        ("fork", SLEEPS),
        ("fork", HOLDS),
        ("fork", ANOTHER),
        ("fork", f"{SLEEPS}; {ANOTHER}"),
        ("spawn", ""),
        ("spawn", HOLDS),
    ],
)
def test_waiting_process_ends_when_its_parent_is_killed(method: str, task: str) -> None:
    script = (
        "import os, psutil, signal, time\n"
        "from tests.processes.test_waiting_process import hold_the_interpreter\n"
        "from tfx_pipeline.processes.waiting_process import WaitingProcess\n"
        "if __name__ == '__main__':\n"
        f"    METHOD = {method!r}\n"
        "    smoke = WaitingProcess('smoke query', METHOD)\n"
        f"    {task}\n"
        "    time.sleep(0.5 if METHOD == 'fork' else 3)\n"
        "    print(*(x.pid for x in psutil.Process().children()), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert_ended(map(int, done.stdout.split()))
