"""Running a command in a fresh process, and measuring what it takes.

Terms:
    wall seconds: from the start of the process to its end, interpreter and imports included.
    CPU seconds: user and system time of the process and of all its descendants that it waited for,
        as the operating system counts them.
    peak memory: the largest sum, over all processes alive at one moment, of proportional set size:
        what is resident, with a page that several processes share divided between them. A plain
        sum would count libraries, and the pages of a forked process, once a process. Sampled every
        `SAMPLE_S` seconds or more rarely; of resident memory where the system does not tell more.
"""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_S = 0.1


@dataclass(frozen=True)
class Measured:
    """One run of a command; `status` is its exit status, negative for a signal."""

    status: int
    wall_s: float
    cpu_s: float
    peak_mb: float


def run_measured(
    command: Sequence[str],
    folder: Path,
    log: Path,
    environment: Mapping[str, str],
    on_line: Callable[[float, str], None] = lambda seconds, line: None,
) -> Measured:
    """Run a command to its end, its output in a log; the environment is added to this process's.

    `on_line` is called with the seconds since the start and each line of output, as it comes.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    memory = _PeakMemory(process.pid)
    memory.start()
    try:
        assert process.stdout is not None
        with open(log, "wb") as copy:
            for line in process.stdout:
                on_line(time.perf_counter() - started, line.decode(errors="replace"))
                copy.write(line)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
    except BaseException:
        process.kill()
        raise
    finally:
        memory.stop()
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu_s = usage.ru_utime + usage.ru_stime
    return Measured(process.returncode, wall_s, cpu_s, memory.peak_bytes / 2**20)


class _PeakMemory(threading.Thread):
    """Samples the memory of a process and its descendants until stopped."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process(pid)
        self._done = threading.Event()
        self.peak_bytes = 0

    def run(self) -> None:
        """Sample, for a twentieth of the time at most: a large process takes long to look at."""
        pause = SAMPLE_S
        while not self._done.wait(pause):
            began = time.perf_counter()
            try:
                family = [self._process, *self._process.children(recursive=True)]
                held = sum(map(_held_bytes, family))
            except psutil.NoSuchProcess:  # it ended meanwhile
                continue
            self.peak_bytes = max(self.peak_bytes, held)
            pause = max(SAMPLE_S, 20 * (time.perf_counter() - began))

    def stop(self) -> None:
        """End sampling."""
        self._done.set()
        self.join()


def free_port() -> int:
    """Give a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def server_environment() -> dict[str, str]:
    """Give the environment of a server: the package of this checkout, and a quiet TensorFlow."""
    checkout = str(Path(__file__).resolve().parents[1])
    return {**os.environ, "PYTHONPATH": checkout, "TF_CPP_MIN_LOG_LEVEL": "3"}


def _held_bytes(process: psutil.Process) -> int:
    try:
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
    except ProcessLookupError as error:
        raise psutil.NoSuchProcess(process.pid) from error
    except OSError:  # not Linux
        return process.memory_info().rss
    sizes = [int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")]
    return sum(sizes)
