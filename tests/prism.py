"""Prism, Beam's portable engine in Go, and Beam's worker pool, in processes of their own."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import grpc
import psutil
import pytest

from tests.serving.running import free_ports

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = "github.com/apache/beam/sdks/v2/go/cmd/prism"


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
                [go, "install", f"{PACKAGE}@v{version}"],
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
            if each.is_running():
                each.kill()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def prism(folder: Path, log: Path) -> Iterator[Running]:
    """Run Prism, in the project's folder."""
    (port,) = free_ports(1)
    words = [str(prism_binary()), f"--job_port={port}", "--serve_http=false", "--log_kind=text"]
    running = Running(words, folder, log, f"localhost:{port}")
    try:
        yield running
    finally:
        running.end()


@contextmanager
def worker_pool(folder: Path, log: Path) -> Iterator[Running]:
    """Run Beam's worker pool, in the project's folder, as docs/beam.md says it."""
    (port,) = free_ports(1)
    words = [sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main"]
    running = Running([*words, f"--service_port={port}"], folder, log, f"localhost:{port}")
    try:
        yield running
    finally:
        running.end()


def killed_worker(running: Running, timeout_s: float = 60) -> int:
    """Kill the next worker as soon as it works for a pipeline, and give its process id."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        for worker in running.workers():
            # It has called Beam's engine, and imports what the pipeline needs.
            if [x for x in worker.net_connections("tcp") if x.status == "ESTABLISHED"]:
                worker.kill()
                return worker.pid
        time.sleep(0.02)
    raise AssertionError(f"no worker within {timeout_s} s: {running.log.read_text()}")
