"""Prism, Beam's portable engine in Go, and Beam's worker pool, in processes of their own."""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path

import grpc
import psutil
import pytest

from tests.free_ports import free_port

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs/beam.md"


def commands() -> dict[str, list[str]]:
    """Give the words of the page's commands by their program, without what the shell does."""
    (block,) = re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    found = {}
    for line in block.splitlines():
        words = [x for x in shlex.split(re.sub(r"\$\(.*\)", "VERSION", line)) if x != "&"]
        while "=" in words[0]:
            del words[0]  # of the shell's environment
        found[words[0] if words[0] != "python" else words[1]] = words
    return found


def with_port(words: Sequence[str], port: int) -> list[str]:
    """Give the words of a command with another port."""
    return [re.sub(r"(_port=)\d+", rf"\g<1>{port}", word) for word in words]


def prism_binary() -> Path:
    """Give Prism of the release of Beam that is installed; it is built once a machine."""
    version = metadata.version("apache-beam")
    folder = Path(os.path.expanduser(f"~/.cache/tfx-pipeline/prism-{version}"))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "prism").exists():
            go = shutil.which("go")
            if go is None:
                pytest.skip("there is no Go to build Prism with")
            subprocess.run(
                [go, *(x.replace("VERSION", version) for x in commands()["go"][1:])],
                env={**os.environ, "GOBIN": str(folder)},
                check=True,
                timeout=800,
            )
    return folder / "prism"


class Running:
    """A program whose output goes to a file; what it started ends with it."""

    def __init__(self, words: Sequence[str], folder: Path, log: Path, address: str) -> None:
        self.address, self.log = address, log
        environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            # The pool starts `python`: that must be the one with this package.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [*words], cwd=folder, env=environment, stdout=output, stderr=output
            )
        with grpc.insecure_channel(address) as channel:
            grpc.channel_ready_future(channel).result(timeout=60)

    def workers(self) -> list[psutil.Process]:
        """List the workers of Beam that it has started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self) -> None:
        """End it and its workers."""
        workers = self.workers() if self.process.poll() is None else []
        self.process.send_signal(signal.SIGTERM)
        for each in workers:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def prism(folder: Path, log: Path) -> Iterator[Running]:
    """Run Prism, in the project's folder."""
    port = free_port()
    words = [str(prism_binary()), *with_port(commands()["prism"][1:], port), "--log_kind=text"]
    running = Running(words, folder, log, f"localhost:{port}")
    try:
        yield running
    finally:
        running.end()


@contextmanager
def worker_pool(folder: Path, log: Path) -> Iterator[Running]:
    """Run Beam's worker pool, in the project's folder, as docs/beam.md says it."""
    port = free_port()
    words = [sys.executable, *with_port(commands()["-m"][1:], port)]
    running = Running(words, folder, log, f"localhost:{port}")
    try:
        yield running
    finally:
        running.end()


def killed_worker(running: Running, timeout_s: float = 60) -> int:
    """Kill the next worker as soon as it works for a pipeline, and give its process id."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        for worker in running.workers():
            with suppress(psutil.NoSuchProcess):
                # It has called Beam's engine, and imports what the pipeline needs.
                if [x for x in worker.net_connections("tcp") if x.status == "ESTABLISHED"]:
                    worker.kill()
                    return worker.pid
        time.sleep(0.02)
    raise AssertionError(f"no worker within {timeout_s} s: {running.log.read_text()}")
